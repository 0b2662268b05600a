//! Checks that what is documented is what the program does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use bee_tui::config::{AccountNeeds, Config, ConfigError, GlobalOptions, load};
use bee_tui::input::command::{Command, Scope, TABLE};
use bee_tui::input::keymap::Keymap;

use crate::support::harness::{App, sandbox};

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn the_readmes_key_table_matches_the_command_table() {
    let keymap = Keymap::new(&BTreeMap::new()).unwrap();
    let mut table = String::new();
    let mut scope = None;
    for entry in TABLE {
        if scope != Some(entry.scope) {
            scope = Some(entry.scope);
            table += &format!("\n**{}**\n\n| keys | command | does |\n|---|---|---|\n", entry.scope.title());
        }
        let keys: Vec<String> =
            keymap.keys(entry.command).iter().map(|key| format!("`{key}`").replace('|', "\\|")).collect();
        table += &format!("| {} | `{}` | {} |\n", keys.join(" "), entry.name, entry.help);
    }
    let readme = file("README.md");
    assert!(readme.contains(&table), "the README's keys should be:\n{table}");
}

#[test]
fn the_example_configuration_is_read_and_names_every_setting() {
    let text = file("config.example.toml");
    // As shipped it has one profile; uncommented, the program knows every setting.
    let uncommented: String = text
        .lines()
        .map(|line| line.strip_prefix("#: ").unwrap_or(line))
        .map(|line| format!("{line}\n"))
        .collect();
    // The files that settings name must exist.
    let uncommented = uncommented.replace("/etc/ssl/certs/company-root.pem", "tests/it/tls/root.pem");
    let uncommented = uncommented.replace("/home/me/sectoral_targets.csv", "assets/sectoral_targets.csv");
    let uncommented = uncommented.replace("/home/me/eap.csv", "assets/eap.csv");
    for text in [&text, &uncommented] {
        let config = load_text(text).unwrap();
        assert_eq!(config.profile.unwrap().name, "acme");
    }
    let allowed = load_text("nope = 1");
    let allowed_profile = load_text("[profiles.a]\nnope = 1");
    for error in [allowed.unwrap_err().to_string(), allowed_profile.unwrap_err().to_string()] {
        let names: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
        assert!(!names.is_empty(), "{error}");
        for name in names {
            assert!(text.contains(name), "config.example.toml does not show {name}");
        }
    }
}

#[test]
fn the_example_configuration_shows_the_default_of_each_setting_that_it_sets() {
    let shown = load_text(&file("config.example.toml")).unwrap();
    let minimal = "[profiles.acme]\napi_key = \"k\"\napi_secret = \"s\"\n";
    let default = load_text(minimal).unwrap();
    let settings = |config: &Config| {
        let profile = config.profile.clone().unwrap();
        let toolkit = profile.toolkit;
        (
            config.log_level.clone(),
            config.colour,
            config.parallel,
            profile.guard,
            toolkit.origin,
            toolkit.folds,
        )
    };
    assert_eq!(settings(&shown), settings(&default));
}

/// Loads a configuration with this text.
fn load_text(text: &str) -> Result<Config, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    fs::write(&path, text).unwrap();
    load(&GlobalOptions { config: Some(path), ..GlobalOptions::default() }, AccountNeeds::Account, &|_| None)
}

/// The help lines that the list of keys shows, page by page: whole, so that one inside another counts for itself only.
async fn listed_keys(app: &mut App) -> BTreeSet<String> {
    app.keys("?").await;
    let mut seen = BTreeSet::new();
    for _ in 0..10 {
        for line in app.screen().lines() {
            // The keys stand before a line of help, and its scope behind it, with blanks between.
            seen.extend(line.trim_matches(['│', ' ']).split("  ").map(|part| part.trim().to_owned()));
        }
        app.keys("pagedown").await;
    }
    app.keys("esc").await;
    seen
}

#[tokio::test]
async fn the_help_lists_exactly_the_keys_that_act() {
    let sandbox = sandbox().await;
    for (way, own) in [
        ("", Scope::List),
        ("2", Scope::List),
        ("2 enter", Scope::List),
        ("2 enter enter", Scope::List),
        ("3", Scope::List),
        ("4", Scope::List),
        ("!", Scope::List),
        ("enter", Scope::Grid),
    ] {
        let mut app = App::open(&sandbox).await;
        app.keys(way).await;
        let seen = listed_keys(&mut app).await;
        for entry in TABLE.iter().filter(|entry| [own, Scope::Everywhere].contains(&entry.scope)) {
            let (enabled, listed) = (app.runner.model.enabled(entry.command), seen.contains(entry.help));
            assert_eq!(enabled, listed, "{way:?}: {}\n{seen:?}", entry.name);
            let Some(key) = entry.keys.split_whitespace().next().filter(|_| !enabled) else { continue };
            // A key that cannot act says why, and nothing else happens.
            let before = app.line("acme");
            app.keys(key).await;
            assert_eq!(app.line("acme"), before, "{way:?}: {}", entry.name);
            assert!(!app.status().is_empty(), "{way:?}: {} says nothing", entry.name);
            assert_eq!(app.runner.model.workspace().staged_count(), 0, "{way:?}: {}", entry.name);
        }
    }
}

#[tokio::test]
async fn every_listed_key_acts() {
    let sandbox = sandbox().await;
    for (way, own) in
        [("", Scope::List), ("2", Scope::List), ("2 enter enter", Scope::List), ("enter", Scope::Grid)]
    {
        for entry in TABLE.iter().filter(|entry| entry.scope == own) {
            let mut app = App::open(&sandbox).await;
            app.keys(way).await;
            let Some(key) = entry.keys.split_whitespace().next() else { continue };
            if app.runner.model.enabled(entry.command) {
                app.keys(key).await;
                assert!(!app.status().contains("does nothing here"), "{way:?}: {}", entry.name);
            }
        }
    }
}

#[tokio::test]
async fn typing_filters_the_help_and_enter_runs_the_chosen_command() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("?").await.text("other way").await.shows("Sort the other way round");
    app.hides("Open");
    app.keys("esc ?").await.text("go to the scorecards").await.keys("enter").await.shows("9 scorecards");
}

#[test]
fn every_key_named_in_a_sentence_is_that_of_a_command() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut named = 0;
    while let Some(path) = folders.pop() {
        if path.is_dir() {
            folders.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let code = fs::read_to_string(&path).unwrap();
        for part in code.split("key!(\"").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(Command::from_name(name).is_some(), "{}: {name}", path.display());
            named += 1;
        }
    }
    assert!(named > 10, "they are found");
}
