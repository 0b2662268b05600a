//! The journal on disk: private, synced, and nothing is thrown away that cannot be read.

use bee_tui::desk::Desk;
use bee_tui::domain::change::{Cell, Change, Entry, State, TargetLabel, TargetPlace};
use bee_tui::domain::collection::Collection;
use bee_tui::domain::counter::Counter;
use bee_tui::domain::record::{Draft, Value};
use bee_tui::domain::record_change::{Intent, RecordChange};
use bee_tui::domain::record_changes::RecordEntry;
use bee_tui::domain::target::TargetType;
use bee_tui::effect::StoreOp;
use bee_tui::runtime::store::{NotOpened, Restored, Store};
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
    let (aside, saved) = opened.set_aside.unwrap();
    assert_eq!(saved, 0);
    assert!(std::fs::read_to_string(aside).unwrap().starts_with("this is no journal"));
    assert!(load(&opened.store).changes.is_empty());
}

#[test]
fn damage_in_the_log_of_writes_is_said_and_a_copy_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), &account()).unwrap().store;
    for race in ["african", "coloured", "indian"] {
        let name = format!("number_of_{race}_male_top_managers");
        store.write(&StoreOp::Changes(vec![entry(&name, State::Staged)])).unwrap();
    }
    // As a program that is killed leaves it: the log is not folded into the journal.
    let killed = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(dir.path()).unwrap().flatten() {
        std::fs::copy(file.path(), killed.path().join(file.file_name())).unwrap();
    }
    drop(store);
    let whole = Store::open(killed.path(), &account()).unwrap();
    assert_eq!((load(&whole.store).changes.len(), whole.cut_log), (3, None));
    drop(whole.store);

    let mut store = Store::open(dir.path(), &account()).unwrap().store;
    for race in ["white", "foreign"] {
        let name = format!("number_of_{race}_female_top_managers");
        store.write(&StoreOp::Changes(vec![entry(&name, State::Staged)])).unwrap();
    }
    let damaged = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(dir.path()).unwrap().flatten() {
        std::fs::copy(file.path(), damaged.path().join(file.file_name())).unwrap();
    }
    drop(store);
    let log = journal(damaged.path()).with_extension("sqlite-wal");
    let mut bytes = std::fs::read(&log).unwrap();
    // A byte of the first frame: SQLite takes all that is behind it for not written.
    bytes[32 + 24 + 100] ^= 0xff;
    std::fs::write(&log, &bytes).unwrap();
    let opened = Store::open(damaged.path(), &account()).unwrap();
    let copy = opened.cut_log.expect("the damage is noticed");
    assert_eq!(std::fs::read(copy.with_extension("aside-1-wal")).unwrap(), bytes);
    assert_eq!(load(&opened.store).changes.len(), 3, "what was before the log is whole");
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

/// A counter that is staged.
pub fn staged_counter() -> Entry {
    entry("number_of_african_male_top_managers", State::Staged)
}

/// A participant that is being sent.
pub fn sending_participant() -> RecordEntry {
    let collection: Collection = PARTICIPANTS.parse().unwrap();
    let draft = Draft::new(vec![
        ("full_name", Value::Text("Thandiwe Nkosi".into())),
        ("id_number", Value::Text("8001015009087".into())),
    ]);
    let at = "2026-11-22T08:00:00Z".parse().unwrap();
    let mut change = RecordChange::new(collection, "Thandiwe Nkosi".into(), Intent::Create(draft), at);
    change.state = State::Sending;
    RecordEntry { number: 1, change: Some(change) }
}

/// Where she takes part.
const PARTICIPANTS: &str = "participants scorecard_1 7";

/// The bytes of every file of a folder.
fn bytes(dir: &std::path::Path) -> Vec<u8> {
    let files = std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    files.flat_map(|file| std::fs::read(file).unwrap()).collect()
}

#[test]
fn what_was_sent_of_a_person_is_gone_from_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), &account()).unwrap().store;
    store.write(&StoreOp::Records(vec![sending_participant()])).unwrap();
    let holds = |text: &str| bytes(dir.path()).windows(text.len()).any(|w| w == text.as_bytes());
    assert!(holds("8001015009087"), "an unsent one is kept");
    store.write(&StoreOp::Records(vec![RecordEntry { change: None, ..sending_participant() }])).unwrap();
    assert!(!holds("8001015009087") && !holds("Thandiwe"));
}

#[test]
fn a_name_that_another_reader_keeps_on_the_disk_is_said_and_goes_when_it_ends() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), &account()).unwrap().store;
    store.write(&StoreOp::Records(vec![sending_participant()])).unwrap();
    let holds = || bytes(dir.path()).windows(8).any(|w| w == b"Thandiwe");
    // A backup, or somebody who looks in with a tool, and is in the midst of reading.
    let mut other = rusqlite::Connection::open(journal(dir.path())).unwrap();
    let reading = other.transaction().unwrap();
    let one: i64 = reading.query_row("SELECT count(*) FROM record_change", [], |row| row.get(0)).unwrap();
    assert_eq!(one, 1);
    store.write(&StoreOp::Records(vec![RecordEntry { change: None, ..sending_participant() }])).unwrap();
    let said = store.forget_sent().unwrap_err();
    assert!(said.contains("another program reads") && holds(), "{said}");
    reading.rollback().unwrap();
    store.forget_sent().unwrap();
    assert!(!holds());
}

#[test]
fn what_is_whole_in_a_journal_that_is_not_is_saved_from_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), &account()).unwrap().store;
    let names: Vec<String> = (0..400).map(|n| format!("number_of_{}_male_slice_{n}", "african")).collect();
    store.write(&StoreOp::Changes(names.iter().map(|name| entry(name, State::Staged)).collect())).unwrap();
    drop(store);
    // A page in the middle is written over: SQLite finds the file malformed.
    let path = journal(dir.path());
    let mut file = std::fs::read(&path).unwrap();
    let page = 4096;
    let middle = (file.len() / page / 2) * page;
    file[middle..middle + page].fill(0xA5);
    std::fs::write(&path, file).unwrap();
    let opened = Store::open(dir.path(), &account()).unwrap();
    let (aside, saved) = opened.set_aside.unwrap();
    assert!(aside.exists());
    assert!((200..400).contains(&saved), "{saved} of 400");
    let desk = load(&opened.store);
    assert_eq!(desk.changes.len(), saved);
    assert!(desk.changes.cells().all(|(.., change)| change.mine == 9), "none is believed that was damaged");
}

#[test]
fn a_row_that_was_changed_behind_its_digest_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), &account()).unwrap().store;
    store.write(&StoreOp::Changes(vec![staged_counter()])).unwrap();
    drop(store);
    let db = rusqlite::Connection::open(journal(dir.path())).unwrap();
    db.execute_batch("UPDATE change SET mine = 7").unwrap();
    drop(db);
    let mut desk = Desk::default();
    assert_eq!(Store::open(dir.path(), &account()).unwrap().store.load(&mut desk), Ok(1));
    assert!(desk.changes.is_empty());
}

#[test]
fn a_journal_of_the_layout_before_this_one_is_taken_over_whole() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), &account()).unwrap().store;
    store.write(&StoreOp::Changes(vec![staged_counter()])).unwrap();
    store.write(&StoreOp::Records(vec![sending_participant()])).unwrap();
    drop(store);
    let db = rusqlite::Connection::open(journal(dir.path())).unwrap();
    let back = "ALTER TABLE change DROP COLUMN sum; ALTER TABLE record_change DROP COLUMN sum; PRAGMA user_version = 2;";
    db.execute_batch(back).unwrap();
    drop(db);
    let mut desk = Desk::default();
    assert_eq!(Store::open(dir.path(), &account()).unwrap().store.load(&mut desk), Ok(0));
    assert_eq!((desk.changes.len(), desk.record_changes.len()), (1, 1));
}

#[test]
fn a_lock_that_was_taken_away_ends_the_writing_and_both_are_made_anew_together() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = Store::open(dir.path(), &account()).unwrap().store;
    let locks = std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().path());
    let lock = locks.into_iter().find(|path| path.extension().is_some_and(|e| e == "lock")).unwrap();
    std::fs::remove_file(&lock).unwrap();
    let error = first.write(&StoreOp::Changes(vec![staged_counter()])).unwrap_err();
    assert!(error.contains("was taken away"), "{error}");
    // Somebody else may have edited meanwhile: what is on screen here is no longer what is there.
    assert!(first.restore().unwrap_err().contains("start again"));
    // With the journal gone too, both are made anew.
    std::fs::remove_file(journal(dir.path())).unwrap();
    assert_eq!(first.restore(), Ok(Restored::MadeAnew));
    first.write(&StoreOp::Changes(vec![staged_counter()])).unwrap();
    assert!(Store::open(dir.path(), &account()).is_err());
}

#[test]
fn a_journal_that_was_taken_away_says_so_and_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), &account()).unwrap().store;
    std::fs::remove_file(journal(dir.path())).unwrap();
    let error = store.write(&StoreOp::Changes(vec![staged_counter()])).unwrap_err();
    assert!(error.contains("was taken away"), "{error}");
    store.restore().unwrap();
    store.write(&StoreOp::Changes(vec![staged_counter()])).unwrap();
    drop(store);
    assert_eq!(load(&Store::open(dir.path(), &account()).unwrap().store).changes.len(), 1);
}

#[test]
fn a_journal_that_was_being_put_in_anothers_place_is_taken_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), &account()).unwrap().store;
    store.write(&StoreOp::Changes(vec![staged_counter()])).unwrap();
    drop(store);
    // The old one was set aside already, and the program ended before the new one had its name.
    let path = journal(dir.path());
    std::fs::rename(&path, path.with_extension("sqlite.fresh")).unwrap();
    assert_eq!(load(&Store::open(dir.path(), &account()).unwrap().store).changes.len(), 1);
}

#[test]
fn a_damaged_record_is_told_and_kept_when_another_is_staged() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path(), &account()).unwrap().store;
    store.write(&StoreOp::Records(vec![sending_participant()])).unwrap();
    drop(store);
    let db = rusqlite::Connection::open(journal(dir.path())).unwrap();
    db.execute_batch("UPDATE record_change SET name = 'Somebody else'").unwrap();
    drop(db);
    let mut store = Store::open(dir.path(), &account()).unwrap().store;
    let mut desk = load(&store);
    assert_eq!(desk.record_changes.iter().count(), 0);
    let mut staged = sending_participant().change.unwrap();
    staged.state = State::Staged;
    let entries = desk.stage_records(vec![(None, staged)]).unwrap();
    store.write(&StoreOp::Records(entries)).unwrap();
    let states: Vec<_> = bee_tui::runtime::store::list(dir.path(), &account())
        .unwrap()
        .iter()
        .map(|row| row["state"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(states, ["damaged", "staged"]);
}
