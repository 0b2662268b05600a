//! The walls of the house: layers, siblings, cycles between files, purity; read off the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The layers; each imports only itself and those before it.
const LAYERS: [&str; 17] = [
    "seeded", "domain", "api", "input", "config", "theme", "effect", "kit", "desk", "nav", "screen",
    "overlay", "app", "sandbox", "runtime", "cli", "main",
];
const PURE: [&str; 10] =
    ["domain", "api", "input", "theme", "effect", "kit", "desk", "nav", "screen", "overlay"];
const IMPURE_WORDS: [&str; 9] = [
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
    "tokio::spawn",
    "std::fs",
    "std::env",
    "std::io",
    "std::net::Tcp",
];

/// A source file: its path below `src` without the ending, and its code without comments and unit tests.
struct Source {
    name: String,
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let code: String = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .map(|l| format!("{l}\n"))
            .collect();
        let name = path.strip_prefix(&root).unwrap().with_extension("");
        Source { name: name.to_string_lossy().replace('\\', "/"), code }
    };
    files.into_iter().map(read).filter(|s| s.name != "lib").collect()
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

/// Every `crate::…` path in the code, with `{…}` groups taken apart.
fn paths(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let boundary = code[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_');
        if boundary {
            take_path(&code[at + "crate::".len()..], "", &mut found);
        }
    }
    found
}

fn take_path(text: &str, prefix: &str, found: &mut BTreeSet<String>) -> usize {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    let head = format!("{prefix}{}", &text[..end]);
    if head.ends_with("::") && text[end..].starts_with('{') {
        let mut at = end + 1;
        loop {
            at += text[at..].len() - text[at..].trim_start_matches([' ', '\n', ',']).len();
            if text[at..].starts_with('}') {
                return at + 1;
            }
            let taken = take_path(&text[at..], &head, found);
            assert!(taken > 0, "cannot read the import `{head}`");
            at += taken;
        }
    }
    found.insert(head.trim_end_matches("::").to_owned());
    end
}

fn layer(path: &str) -> &str {
    path.split(['/', ':']).next().unwrap_or_default()
}

/// The file a path leads to: the longest that is one.
fn file_of(path: &str, names: &BTreeSet<&str>) -> Option<String> {
    let parts: Vec<&str> = path.split("::").collect();
    (1..=parts.len()).rev().find_map(|n| {
        let base = parts[..n].join("/");
        let module = format!("{base}/mod");
        if names.contains(base.as_str()) {
            Some(base)
        } else {
            names.contains(module.as_str()).then_some(module)
        }
    })
}

#[test]
fn each_layer_imports_only_what_stands_before_it() {
    for source in sources() {
        let own = LAYERS.iter().position(|l| *l == layer(&source.name));
        let own = own.unwrap_or_else(|| panic!("{} stands in no layer", source.name));
        for path in paths(&source.code) {
            let theirs = LAYERS.iter().position(|l| *l == layer(&path));
            let theirs = theirs.unwrap_or_else(|| panic!("{}: `{path}` stands in no layer", source.name));
            assert!(theirs <= own, "{} imports `{path}`, which stands after it", source.name);
        }
    }
}

#[test]
fn the_sandbox_shares_no_wire_shapes_with_the_client() {
    for source in sources().iter().filter(|s| layer(&s.name) == "sandbox") {
        for path in paths(&source.code) {
            let allowed = ["domain", "sandbox"].contains(&layer(&path)) || path.starts_with("api::sign");
            assert!(allowed, "{} imports `{path}`", source.name);
        }
    }
}

#[test]
fn screens_and_overlays_import_no_sibling() {
    for source in sources() {
        let parts: Vec<&str> = source.name.split('/').collect();
        let (room @ ("screen" | "overlay"), [_, own, ..]) = (parts[0], parts.as_slice()) else { continue };
        if *own == "mod" {
            continue;
        }
        for path in paths(&source.code) {
            let theirs: Vec<&str> = path.split("::").collect();
            let sibling = theirs[0] == room && theirs.get(1) != Some(own);
            assert!(!sibling, "{} imports its sibling `{path}`", source.name);
        }
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let sources = sources();
    let names: BTreeSet<&str> = sources.iter().map(|s| s.name.as_str()).collect();
    let mut imports: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for source in &sources {
        let mut theirs: BTreeSet<String> =
            paths(&source.code).iter().filter_map(|path| file_of(path, &names)).collect();
        theirs.remove(&source.name);
        imports.insert(&source.name, theirs);
    }
    for start in imports.keys() {
        let mut seen = BTreeSet::new();
        let mut todo: Vec<&str> = imports[start].iter().map(String::as_str).collect();
        while let Some(file) = todo.pop() {
            assert_ne!(file, *start, "{start} imports itself through others, {seen:?} among them");
            if seen.insert(file) {
                todo.extend(imports[file].iter().map(String::as_str));
            }
        }
    }
}

#[test]
fn pure_layers_touch_no_clock_disk_network_or_task() {
    for source in sources() {
        let pure = PURE.contains(&layer(&source.name)) || layer(&source.name) == "app";
        if !pure || source.name == "api/client" {
            continue;
        }
        for word in IMPURE_WORDS {
            assert!(!source.code.contains(word), "{} says {word}", source.name);
        }
        assert!(!source.code.contains("async fn"), "{} awaits", source.name);
    }
}

#[test]
fn every_file_says_in_its_first_line_what_lives_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//! "), "{}", file.display());
    }
}

#[test]
fn the_reader_of_imports_reads_groups_and_paths() {
    let code = "use crate::a::{b, c::{D, e}};\nfn f() { crate::g::h(); let x = mycrate::no; }";
    assert_eq!(paths(code).into_iter().collect::<Vec<_>>(), ["a::b", "a::c::D", "a::c::e", "g::h"]);
}
