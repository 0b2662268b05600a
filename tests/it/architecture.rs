//! The rules of the architecture, checked in the sources: layers, siblings, import cycles, purity.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The layers; each imports only itself and the layers before it.
const LAYERS: [&str; 17] = [
    "seeded",
    "domain",
    "api",
    "input",
    "config",
    "theme",
    "effect",
    "kit",
    "workspace",
    "nav",
    "screen",
    "popup",
    "app",
    "sandbox",
    "runtime",
    "cli",
    "main",
];
/// The modules of `domain`, the shared types first; each imports only itself and those before it.
const ROOMS: [&str; 16] = [
    "text",
    "date",
    "id",
    "refusal",
    "shape_error",
    "file_grid",
    "file_table",
    "cell_range",
    "record",
    "spend",
    "plan",
    "benchmark",
    "change",
    "draft",
    "report",
    "import",
];
const PURE: [&str; 10] =
    ["domain", "api", "input", "theme", "effect", "kit", "workspace", "nav", "screen", "popup"];
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

/// Every path from the crate's root in the code of a file: `crate::…`, `super::…` and `self::…` anywhere, and
/// paths that begin with the name of a child module; `{…}` groups are expanded.
fn paths(source: &Source) -> BTreeSet<String> {
    let (code, mut found) = (source.code.as_str(), BTreeSet::new());
    let module: Vec<&str> = source.name.trim_end_matches("/mod").split('/').collect();
    let inline = inline_modules(code);
    let children = children(code);
    let starts = ["crate", "super", "self"].into_iter().chain(children.iter().map(String::as_str));
    for start in starts {
        let word = format!("{start}::");
        for (at, _) in code.match_indices(&word) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let mut rest = &code[at + word.len()..];
            let within = inline.iter().filter(|range| range.contains(&at)).count();
            let prefix = match start {
                "crate" => String::new(),
                "super" => {
                    // In a module written inside the file, the first steps up stay in the file.
                    let mut up = 1;
                    while let Some(more) = rest.strip_prefix("super::") {
                        (rest, up) = (more, up + 1);
                    }
                    let keep = module.len().saturating_sub(up - within.min(up));
                    module[..keep].iter().map(|part| format!("{part}::")).collect()
                }
                "self" => module.iter().map(|part| format!("{part}::")).collect(),
                child => module.iter().chain([&child]).map(|part| format!("{part}::")).collect(),
            };
            take_path(rest, &prefix, &mut found);
        }
    }
    found.retain(|path| !path.is_empty());
    found
}

/// The names of the modules that a file declares in files of their own.
fn children(code: &str) -> BTreeSet<String> {
    let declared = code.lines().filter_map(|line| {
        let line = line.trim().trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
        line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';')
    });
    declared.map(str::to_owned).collect()
}

/// The ranges of the modules that are written inside the file.
fn inline_modules(code: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("mod ") {
        let line_start = code[..at].rfind('\n').map_or(0, |end| end + 1);
        let head = &code[line_start..at];
        let Some(open) = code[at..].find(['{', ';']).map(|end| at + end) else { continue };
        if !["", "pub", "pub(super)", "pub(crate)"].contains(&head.trim()) || code[open..].starts_with(';') {
            continue;
        }
        let mut depth = 0;
        let close = code[open..].char_indices().find(|(_, c)| {
            depth += i32::from(*c == '{') - i32::from(*c == '}');
            depth == 0
        });
        found.push(at..close.map_or(code.len(), |(end, _)| open + end));
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

/// The file that a path leads to: the longest prefix that is a file.
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
fn each_layer_imports_only_earlier_layers() {
    for source in sources() {
        let own = LAYERS.iter().position(|l| *l == layer(&source.name));
        let own = own.unwrap_or_else(|| panic!("{} stands in no layer", source.name));
        for path in paths(&source) {
            let theirs = LAYERS.iter().position(|l| *l == layer(&path));
            let theirs = theirs.unwrap_or_else(|| panic!("{}: `{path}` stands in no layer", source.name));
            assert!(theirs <= own, "{} imports `{path}`, which stands after it", source.name);
        }
    }
}

#[test]
fn each_module_of_the_domain_imports_only_earlier_modules() {
    let room = |path: &str| {
        let name = path.split(['/', ':']).filter(|part| !part.is_empty()).nth(1)?.to_owned();
        Some((ROOMS.iter().position(|room| *room == name), name))
    };
    for source in sources().iter().filter(|s| layer(&s.name) == "domain" && s.name != "domain/mod") {
        let (own, name) = room(&source.name).unwrap();
        let own = own.unwrap_or_else(|| panic!("`domain::{name}` is no room"));
        for path in paths(source).iter().filter(|path| layer(path) == "domain") {
            let Some((theirs, name)) = room(path) else { continue };
            let theirs = theirs.unwrap_or_else(|| panic!("{}: `{name}` is no room", source.name));
            assert!(theirs <= own, "{} imports `{path}`, which stands after it", source.name);
        }
    }
}

#[test]
fn the_sandbox_shares_no_wire_types_with_the_client() {
    for source in sources().iter().filter(|s| layer(&s.name) == "sandbox") {
        for path in paths(source) {
            let allowed = ["domain", "sandbox"].contains(&layer(&path)) || path.starts_with("api::sign");
            assert!(allowed, "{} imports `{path}`", source.name);
        }
    }
}

#[test]
fn screens_and_popups_import_no_sibling() {
    for source in sources() {
        let parts: Vec<&str> = source.name.split('/').collect();
        let (room @ ("screen" | "popup"), [_, own, ..]) = (parts[0], parts.as_slice()) else { continue };
        if *own == "mod" {
            continue;
        }
        for path in paths(&source) {
            let theirs: Vec<&str> = path.split("::").collect();
            let sibling =
                ["screen", "popup"].contains(&theirs[0]) && (theirs[0] != room || theirs.get(1) != Some(own));
            assert!(!sibling, "{} imports its sibling `{path}`", source.name);
        }
    }
}

#[test]
fn no_files_import_each_other_in_a_cycle() {
    let sources = sources();
    let names: BTreeSet<&str> = sources.iter().map(|s| s.name.as_str()).collect();
    let mut imports: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for source in &sources {
        let mut theirs: BTreeSet<String> =
            paths(source).iter().filter_map(|path| file_of(path, &names)).collect();
        theirs.remove(&source.name);
        imports.insert(&source.name, theirs);
    }
    for start in imports.keys() {
        // From each file to the one that led to it, so that the circle can be reported.
        let mut led: BTreeMap<&str, &str> = BTreeMap::new();
        let mut todo: Vec<(&str, &str)> = imports[start].iter().map(|file| (file.as_str(), *start)).collect();
        while let Some((file, from)) = todo.pop() {
            if led.contains_key(file) {
                continue;
            }
            led.insert(file, from);
            if file == *start {
                let mut circle = vec![file];
                while circle.len() < 2 || circle.last() != Some(start) {
                    circle.push(led[circle.last().copied().unwrap_or(start)]);
                }
                panic!("{start} imports itself: {}", circle.join(" <- "));
            }
            todo.extend(imports[file].iter().map(|next| (next.as_str(), file)));
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
fn no_error_is_a_bare_string() {
    for source in sources() {
        for line in source.code.lines() {
            let is_string = line.split("Result<").skip(1).any(|rest| rest.contains(", String>"));
            assert!(!is_string, "{}: {}", source.name, line.trim());
        }
    }
}

#[test]
fn every_public_type_has_a_name_of_its_own() {
    // A call is always written with the page of the documents that it belongs to, like `plans::Call`.
    const QUALIFIED: [&str; 1] = ["Call"];
    let mut homes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources() {
        for line in source.code.lines() {
            let Some(rest) = line.trim().strip_prefix("pub") else { continue };
            let rest = rest.trim_start_matches("(super)").trim_start_matches("(crate)").trim_start();
            let kinds = ["struct ", "enum ", "type ", "trait "];
            let Some(rest) = kinds.iter().find_map(|kind| rest.strip_prefix(kind)) else { continue };
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            // Without a name of its own it stands in a macro, as `pub struct $name`.
            if !name.is_empty() {
                homes.entry(name).or_default().insert(source.name.clone());
            }
        }
    }
    homes.retain(|name, homes| homes.len() > 1 && !QUALIFIED.contains(&name.as_str()));
    assert!(homes.is_empty(), "one name for several types: {homes:?}");
}

#[test]
fn every_file_begins_with_a_comment_on_what_it_contains() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//! "), "{}", file.display());
    }
}

#[test]
fn the_import_parser_reads_groups_parents_and_children() {
    let code = "use crate::a::{b, c::{D, e}};\nmod kid;\nmod inner {\n use super::Own;\n use super::super::up;\n}\n\
                fn f() { crate::g::h(); super::w(); kid::K; self::s(); let x = mycrate::no; }";
    let source = Source { name: "x/y".into(), code: code.into() };
    let expected =
        ["a::b", "a::c::D", "a::c::e", "g::h", "x::up", "x::w", "x::y::Own", "x::y::kid::K", "x::y::s"];
    assert_eq!(paths(&source).into_iter().collect::<Vec<_>>(), expected);
}
