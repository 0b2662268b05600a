//! The journal on disk: private, synced, and nothing is thrown away that cannot be read.

use bee_tui::desk::Desk;
use bee_tui::domain::change::{Cell, Change, Entry, State, TargetLabel, TargetPlace};
use bee_tui::domain::counter::Counter;
use bee_tui::domain::target::TargetType;
use bee_tui::effect::StoreOp;
use bee_tui::runtime::store::{NotOpened, Store};
use secrecy::SecretString;

fn account() -> bee_tui::api::client::Account {
    bee_tui::api::client::Account {
        origin: "https://www.beetoolkit.co.za".parse().unwrap(),
        key: "mpk_1234567890".into(),
        secret: SecretString::from("s3cr3t-s3cr3t".to_owned()),
        folds: 5,
    }
}

fn entry(counter: &str, state: State) -> Entry {
    Entry {
        cell: Cell {
            place: TargetPlace {
                plan: "42".parse().unwrap(),
                milestone: "101".parse().unwrap(),
                target: "201".parse().unwrap(),
            },
            counter: Counter::parse(counter).unwrap(),
        },
        label: TargetLabel { plan: "FY26 EE Plan".into(), year: 1, target_type: TargetType::AllEmployees },
        change: Some(Change { base: Some(3), mine: 9, state, at: "2026-11-22T08:00:00Z".parse().unwrap() }),
    }
}

/// The journal's file in a folder with one.
fn journal(dir: &std::path::Path) -> std::path::PathBuf {
    let files = std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    files.into_iter().find(|path| path.extension().is_some_and(|e| e == "sqlite")).unwrap()
}

fn load(store: &Store) -> Desk {
    let mut desk = Desk::default();
    store.load(&mut desk).unwrap();
    desk
}

#[test]
fn a_change_is_the_same_after_a_restart_and_one_being_sent_is_unknown() {
    let dir = tempfile::tempdir().unwrap();
    let states = [
        ("number_of_african_male_top_managers", State::Staged),
        ("number_of_white_male_temporary_employees", State::Refused("no; 'really'".into())),
        ("number_of_odd_things", State::NotTaken),
        ("number_of_indian_male_top_managers", State::Unknown),
    ];
    let entries: Vec<Entry> = states.map(|(counter, state)| entry(counter, state)).into();
    let sending = entry("number_of_white_female_top_managers", State::Sending);
    let mut store = Store::open(dir.path(), &account()).unwrap().store;
    store.write(&StoreOp::Changes(entries.clone())).unwrap();
    store.write(&StoreOp::Changes(vec![sending.clone()])).unwrap();
    drop(store);
    let desk = load(&Store::open(dir.path(), &account()).unwrap().store);
    for entry in &entries {
        assert_eq!(desk.changes.change(&entry.cell), entry.change.as_ref());
    }
    assert_eq!(desk.changes.change(&sending.cell).unwrap().state, State::Unknown);
    assert_eq!(desk.changes.len(), 5);
}

#[test]
fn what_is_taken_out_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), &account()).unwrap().store;
    let staged = entry("number_of_african_male_top_managers", State::Staged);
    store.write(&StoreOp::Changes(vec![staged.clone()])).unwrap();
    store.write(&StoreOp::Changes(vec![Entry { change: None, ..staged }])).unwrap();
    assert!(load(&store).changes.is_empty());
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_it_and_no_key_is_in_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let mut store = Store::open(&state, &account()).unwrap().store;
    store.write(&StoreOp::Changes(vec![entry("number_of_things", State::Staged)])).unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);
    let mut files = 0;
    for file in std::fs::read_dir(&state).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        let bytes = std::fs::read(&path).unwrap();
        for secret in ["mpk_1234567890", "s3cr3t"] {
            assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()));
        }
        files += 1;
    }
    assert!(files >= 2, "the write-ahead log is there too");
}

#[test]
fn a_journal_that_cannot_be_read_is_set_aside_not_deleted() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path(), &account()).unwrap());
    let path = journal(dir.path());
    std::fs::write(&path, "this is no journal, but somebody's file".repeat(100)).unwrap();
    let opened = Store::open(dir.path(), &account()).unwrap();
    let aside = opened.set_aside.unwrap();
    assert!(std::fs::read_to_string(aside).unwrap().starts_with("this is no journal"));
    assert!(load(&opened.store).changes.is_empty());
}

#[test]
fn one_damaged_row_does_not_hide_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), &account()).unwrap().store;
    let names = ["african", "coloured", "indian"].map(|race| format!("number_of_{race}_male_top_managers"));
    store.write(&StoreOp::Changes(names.map(|name| entry(&name, State::Staged)).into())).unwrap();
    drop(store);
    let db = rusqlite::Connection::open(journal(dir.path())).unwrap();
    db.execute_batch("UPDATE change SET mine = 'x' WHERE counter LIKE '%coloured%'").unwrap();
    drop(db);
    let mut desk = Desk::default();
    assert_eq!(Store::open(dir.path(), &account()).unwrap().store.load(&mut desk), Ok(1));
    assert_eq!(desk.changes.len(), 2);
}

#[test]
fn a_newer_journal_is_set_aside_too() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path(), &account()).unwrap());
    let db = rusqlite::Connection::open(journal(dir.path())).unwrap();
    db.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(db);
    assert!(Store::open(dir.path(), &account()).unwrap().set_aside.is_some());
}

#[test]
fn a_second_program_is_told_who_has_the_account_and_another_account_is_free() {
    let dir = tempfile::tempdir().unwrap();
    let first = Store::open(dir.path(), &account()).unwrap();
    let error = Store::open(dir.path(), &account()).unwrap_err();
    assert_eq!(error, NotOpened::Elsewhere(std::process::id().to_string()));
    let other = bee_tui::api::client::Account { key: "mpk_other".into(), ..account() };
    assert!(Store::open(dir.path(), &other).is_ok());
    drop(first);
    assert!(Store::open(dir.path(), &account()).is_ok());
}

#[test]
fn a_folder_that_cannot_be_written_is_said_with_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let error = Store::open(&file.join("below"), &account()).unwrap_err();
    assert!(error.to_string().contains("a-file"), "{error}");
}
