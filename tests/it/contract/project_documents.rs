//! Checks that the documents for contributors are true, and that nothing is left behind in the tree.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The texts between backticks, outside code blocks.
fn quoted(document: &str) -> Vec<String> {
    let mut in_block = false;
    let mut found = Vec::new();
    for line in document.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if !in_block && !line.starts_with("    ") {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

#[test]
fn documents_for_contributors_name_only_files_and_code_that_exist() {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    rust_files(&root().join("tests/it/support"), &mut files);
    let code: String = files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let words: BTreeSet<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let mut wrong = Vec::new();
    for name in ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/glossary.md"] {
        for text in quoted(&fs::read_to_string(root().join(name)).unwrap()) {
            let is_command = text.contains(' ') || text.contains('<') || text.contains('←');
            let is_path = !is_command && (text.contains('/') || text.contains(".rs") || text.contains(".md"));
            // A layer is named without `src/`, and a file without its folder where that stands before it.
            let exists = |path: &str| {
                root().join(path).exists()
                    || root().join("src").join(path).exists()
                    || files.iter().any(|file| file.ends_with(path))
            };
            let is_true = if is_path {
                exists(&text)
            } else {
                is_command
                    || text.contains(['-', '+'])
                    || exists(&text)
                    || text.split("::").all(|word| {
                        let word: String =
                            word.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                        words.contains(word.as_str())
                    })
            };
            if !is_true {
                wrong.push(format!("{name}: `{text}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_layer_is_explained_in_the_architecture_document() {
    let document = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let name = entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        let is_explained =
            document.lines().any(|line| line.starts_with('|') && line.contains(&format!("`{name}`")));
        assert!(is_explained || ["lib", "main", "seeded"].contains(&name.as_str()), "{name}");
    }
}

#[test]
fn neither_a_test_nor_a_walk_leaves_a_file_at_the_top_of_the_tree() {
    let known = [
        ".ci",
        ".git",
        ".gitignore",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "Cargo.lock",
        "Cargo.toml",
        "README.md",
        "assets",
        "benches",
        "clippy.toml",
        "config.example.toml",
        "deny.toml",
        "docs",
        "fuzz",
        "justfile",
        "rustfmt.toml",
        "src",
        "target",
        "tests",
    ];
    let found =
        fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let left: Vec<_> = found.filter(|name| !known.contains(&name.as_str())).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}
