//! What real shells offer at TAB.

#![cfg(unix)]

use std::path::Path;
use std::process::Command;

use crate::support::pty::{BINARY, Pty};

/// What is typed, and what the shell has to offer.
const ASKED: [(&str, &[&str]); 5] = [
    ("bee-tui plans ", &["list", "get", "create", "update", "delete"]),
    ("bee-tui plans create --", &["--name", "--start-date", "--scorecard-id", "--output", "--profile"]),
    ("bee-tui plans list -o ", &["table", "json", "csv"]),
    ("bee-tui --read-only training-programs ", &["list", "upsert", "delete"]),
    ("bee-tui help ", &["plans", "training-programs", "journal"]),
];
/// What is typed, and what the line becomes.
const WHOLE: [(&str, &str); 4] = [
    ("bee-tui pla", "bee-tui plans"),
    ("bee-tui plans cr", "bee-tui plans create"),
    ("bee-tui plans list -o j", "bee-tui plans list -o json"),
    ("bee-tui plans list --output=j", "bee-tui plans list --output=json"),
];

/// Whether there is such a shell; CI has them all.
fn is_there(shell: &str) -> bool {
    let there = Command::new(shell).arg("--version").output().is_ok();
    assert!(there || std::env::var_os("CI").is_none(), "apt-get install bash zsh fish");
    there
}

/// PATH with the binary in front.
fn path() -> String {
    let dir = Path::new(BINARY).parent().unwrap().display().to_string();
    format!("{dir}:{}", std::env::var("PATH").unwrap_or_default())
}

/// Types into a real terminal, with real TABs.
fn types(shell: &str, arguments: &[&str], setup: &str) {
    if !is_there(shell) {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let environment = [
        ("HOME", home.path().to_str().unwrap()),
        ("PATH", &path()),
        ("INPUTRC", "/dev/null"),
        ("LC_ALL", "C.UTF-8"),
        ("BEE_TUI_CONFIG", "/dev/null"),
    ];
    let mut pty = Pty::start_program(shell, 50, 160, arguments, &environment);
    // The text that echo prints differs from the command line that prints it, and is new each time.
    let fresh = |pty: &mut Pty, before: &str, n: usize| {
        pty.send(&format!("\x15{before}clear; echo at''{n}.\r"));
        pty.until(&format!("at{n}."));
    };
    fresh(&mut pty, &format!("{setup}; "), 0);
    for (n, (line, offered)) in (1..).zip(ASKED) {
        fresh(&mut pty, "", n);
        pty.send(&format!("{line}\t"));
        for word in offered {
            pty.until(word);
        }
    }
    for (n, (line, whole)) in (100..).zip(WHOLE) {
        fresh(&mut pty, "", n);
        pty.send(&format!("{line}\t"));
        pty.until(whole);
    }
    pty.child.kill().unwrap();
}

#[test]
fn bash_completes_verbs_and_options() {
    let setup = "bind 'set show-all-if-ambiguous on'; bind 'set enable-bracketed-paste off'; source <(bee-tui completions bash)";
    types("bash", &["--noprofile", "--norc", "-i"], setup);
}

#[test]
fn zsh_completes_verbs_and_options() {
    let setup = "autoload -Uz compinit; compinit -u -D; source <(bee-tui completions zsh)";
    types("zsh", &["-f", "-i"], setup);
}

#[test]
fn zsh_completes_at_the_first_tab_when_the_script_is_in_fpath() {
    let setup = "mkdir ~/f; bee-tui completions zsh > ~/f/_bee-tui; fpath=(~/f $fpath); \
                 autoload -Uz compinit; compinit -u -D";
    types("zsh", &["-f", "-i"], setup);
}

/// Fish prints without a terminal what it would offer.
#[test]
fn fish_completes_verbs_and_options() {
    if !is_there("fish") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let offered = |line: &str| {
        let script = "bee-tui completions fish | source; complete -C $argv[1]";
        let mut fish = Command::new("fish");
        fish.args(["--no-config", "-c", script, line]);
        let ran = fish.env("HOME", home.path()).env("PATH", path()).output().unwrap();
        assert!(ran.status.success() && ran.stderr.is_empty(), "{}", String::from_utf8_lossy(&ran.stderr));
        let text = String::from_utf8(ran.stdout).unwrap();
        text.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for (line, words) in ASKED {
        let got = offered(line);
        assert!(words.iter().all(|word| got.iter().any(|g| g == word)), "{line}: {got:?}");
    }
    for (line, whole) in WHOLE {
        let word = whole.trim_end().rsplit(' ').next().unwrap();
        assert_eq!(offered(line), [word], "{line}");
    }
}
