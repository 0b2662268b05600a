//! Reads paths as people type, paste or drop them into a terminal: with quotes, escapes, `~`, as `file://`
//! addresses, or with a Windows drive.

use std::path::{Path, PathBuf};

/// The path that a text means on this machine, made absolute so that messages show it in full.
pub fn resolve(path: &Path) -> PathBuf {
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    let system = if cfg!(windows) {
        PathStyle::Windows
    } else if Path::new("/mnt/c").is_dir() {
        PathStyle::Wsl
    } else {
        PathStyle::Unix
    };
    let read = parse(&path.to_string_lossy(), home.as_deref(), system);
    std::path::absolute(&read).unwrap_or(read)
}

/// How paths are written on a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PathStyle {
    Windows,
    Unix,
    /// Windows Subsystem for Linux: Windows drives are mounted at `/mnt/c` and so on.
    Wsl,
}

fn parse(text: &str, home: Option<&Path>, system: PathStyle) -> PathBuf {
    let text = text.trim();
    let pair = |open: char, close: char| text.strip_prefix(open).and_then(|text| text.strip_suffix(close));
    let quoted = [('"', '"'), ('\'', '\''), ('“', '”'), ('‘', '’')]
        .into_iter()
        .find_map(|(open, close)| pair(open, close));
    let text = quoted.unwrap_or(text);
    if let Some(address) =
        text.get(..7).filter(|begin| begin.eq_ignore_ascii_case("file://")).map(|_| &text[7..])
    {
        let address = address.strip_prefix("localhost").unwrap_or(address);
        let path = percent_encoding::percent_decode_str(address).decode_utf8_lossy().into_owned();
        let path = path.strip_prefix('/').filter(|path| is_drive(path)).unwrap_or(&path).to_owned();
        return on_drive(&path, system);
    }
    if is_drive(text) || text.starts_with("\\\\") {
        return on_drive(text, system);
    }
    let text =
        if quoted.is_none() && system != PathStyle::Windows { unescaped(text) } else { text.to_owned() };
    let in_home = text.strip_prefix('~').filter(|rest| {
        rest.is_empty() || rest.starts_with('/') || system == PathStyle::Windows && rest.starts_with('\\')
    });
    match (in_home, home) {
        (Some(rest), Some(home)) => home.join(rest.trim_start_matches(['/', '\\'])),
        _ => PathBuf::from(text),
    }
}

/// Whether a path begins with a Windows drive: `C:\` or `C:/`.
fn is_drive(path: &str) -> bool {
    let bytes = path.as_bytes();
    bytes.len() >= 3 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && matches!(bytes[2], b'\\' | b'/')
}

/// A path on a Windows drive or share; on WSL it is translated to where the drive is mounted.
fn on_drive(path: &str, system: PathStyle) -> PathBuf {
    if system == PathStyle::Wsl && is_drive(path) {
        let (drive, rest) = path.split_at(1);
        return PathBuf::from(format!("/mnt/{}{}", drive.to_ascii_lowercase(), rest[1..].replace('\\', "/")));
    }
    PathBuf::from(path)
}

/// The text without the backslashes that a shell or a terminal puts before blanks and special characters.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(system: PathStyle, text: &str) -> String {
        parse(text, Some(Path::new("/home/thandi")), system).to_string_lossy().into_owned()
    }

    #[test]
    fn a_path_is_read_as_people_write_it() {
        for (text, path) in [
            ("~/Plans/a b.xlsx", "/home/thandi/Plans/a b.xlsx"),
            ("~", "/home/thandi/"),
            ("~other/x", "~other/x"),
            ("/tmp/a\\ b\\(1\\).csv", "/tmp/a b(1).csv"),
            ("'/tmp/a b.csv' ", "/tmp/a b.csv"),
            ("\"~/a b.csv\"", "/home/thandi/a b.csv"),
            ("“/tmp/x.csv”", "/tmp/x.csv"),
            ("'/tmp/back\\slash.csv'", "/tmp/back\\slash.csv"),
            ("file:///tmp/a%20b.csv", "/tmp/a b.csv"),
            ("FILE://localhost/tmp/Zo%C3%AB.csv", "/tmp/Zoë.csv"),
            ("people.csv", "people.csv"),
            ("it's.csv", "it's.csv"),
            ("", ""),
        ] {
            assert_eq!(on(PathStyle::Unix, text).trim_end_matches('/'), path.trim_end_matches('/'), "{text}");
        }
    }

    #[test]
    fn a_windows_path_resolves_on_windows_and_wsl() {
        let drive = "C:\\Users\\Thandi Nkosi\\plan.xlsx";
        assert_eq!(on(PathStyle::Windows, &format!("\"{drive}\"")), drive);
        assert_eq!(on(PathStyle::Windows, "file:///C:/Users/a%20b.csv"), "C:/Users/a b.csv");
        assert_eq!(on(PathStyle::Windows, "\\\\server\\share\\x.csv"), "\\\\server\\share\\x.csv");
        assert_eq!(on(PathStyle::Wsl, drive), "/mnt/c/Users/Thandi Nkosi/plan.xlsx");
        assert_eq!(on(PathStyle::Wsl, "d:/x.csv"), "/mnt/d/x.csv");
        assert_eq!(on(PathStyle::Unix, drive), drive);
    }
}
