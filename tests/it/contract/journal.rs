//! The journal on disk: private, synced, and keeping what cannot be read.

use bee_tui::domain::change::collection::Collection;
use bee_tui::domain::change::counter_change::{
    ChangeState, CounterChange, CounterEntry, CounterRef, TargetLabel, TargetRef,
};
use bee_tui::domain::change::record_change::{Intent, RecordChange};
use bee_tui::domain::change::record_changes::RecordEntry;
use bee_tui::domain::plan::counter::Counter;
use bee_tui::domain::plan::target::TargetType;
use bee_tui::domain::record::{RecordDraft, Value};
use bee_tui::effect::JournalOp;
use bee_tui::runtime::journal::{Journal, JournalFileState, OpenError};
use bee_tui::workspace::Workspace;
use secrecy::SecretString;

fn account() -> bee_tui::api::client::Credentials {
    bee_tui::api::client::Credentials {
        origin: "https://www.beetoolkit.co.za".parse().unwrap(),
        key: "mpk_1234567890".into(),
        secret: SecretString::from("s3cr3t-s3cr3t".to_owned()),
        folds: 5,
    }
}

fn entry(counter: &str, state: ChangeState) -> CounterEntry {
    CounterEntry {
        cell: CounterRef {
            target: TargetRef {
                plan: "42".parse().unwrap(),
                milestone: "101".parse().unwrap(),
                target: "201".parse().unwrap(),
            },
            counter: Counter::parse(counter).unwrap(),
        },
        label: TargetLabel { plan: "FY26 EE Plan".into(), year: 1, target_type: TargetType::AllEmployees },
        change: Some(CounterChange {
            base: Some(3),
            mine: 9,
            state,
            edited_at: "2026-11-22T08:00:00Z".parse().unwrap(),
        }),
    }
}

/// The journal file in a folder that has one.
fn journal_file(dir: &std::path::Path) -> std::path::PathBuf {
    let files = std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    files.into_iter().find(|path| path.extension().is_some_and(|e| e == "sqlite")).unwrap()
}

fn load(journal: &Journal) -> Workspace {
    let mut workspace = Workspace::default();
    journal.load(&mut workspace).unwrap();
    workspace
}

#[test]
fn a_change_survives_a_restart_and_one_being_sent_becomes_unknown() {
    let dir = tempfile::tempdir().unwrap();
    let states = [
        ("number_of_african_male_top_managers", ChangeState::Staged),
        ("number_of_white_male_temporary_employees", ChangeState::Rejected("no; 'really'".into())),
        ("number_of_odd_things", ChangeState::NotTaken),
        ("number_of_indian_male_top_managers", ChangeState::OutcomeUnknown),
    ];
    let entries: Vec<CounterEntry> = states.map(|(counter, state)| entry(counter, state)).into();
    let sending = entry("number_of_white_female_top_managers", ChangeState::Sending);
    let mut journal = Journal::open(dir.path(), &account()).unwrap().journal;
    journal.write(&JournalOp::Counters(entries.clone())).unwrap();
    journal.write(&JournalOp::Counters(vec![sending.clone()])).unwrap();
    drop(journal);
    let workspace = load(&Journal::open(dir.path(), &account()).unwrap().journal);
    for entry in &entries {
        assert_eq!(workspace.counter_changes.change(&entry.cell), entry.change.as_ref());
    }
    assert_eq!(workspace.counter_changes.change(&sending.cell).unwrap().state, ChangeState::OutcomeUnknown);
    assert_eq!(workspace.counter_changes.len(), 5);
}

#[test]
fn a_removed_change_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), &account()).unwrap().journal;
    let staged = entry("number_of_african_male_top_managers", ChangeState::Staged);
    journal.write(&JournalOp::Counters(vec![staged.clone()])).unwrap();
    journal.write(&JournalOp::Counters(vec![CounterEntry { change: None, ..staged }])).unwrap();
    assert!(load(&journal).counter_changes.is_empty());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_journal_and_it_holds_no_key() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let mut journal = Journal::open(&state, &account()).unwrap().journal;
    journal.write(&JournalOp::Counters(vec![entry("number_of_things", ChangeState::Staged)])).unwrap();
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
    drop(Journal::open(dir.path(), &account()).unwrap());
    let path = journal_file(dir.path());
    std::fs::write(&path, "this is no journal, but somebody's file".repeat(100)).unwrap();
    let opened = Journal::open(dir.path(), &account()).unwrap();
    let (aside, saved) = opened.set_aside.unwrap();
    assert_eq!(saved, 0);
    assert!(std::fs::read_to_string(aside).unwrap().starts_with("this is no journal"));
    assert!(load(&opened.journal).counter_changes.is_empty());
}

#[test]
fn damage_in_the_write_ahead_log_is_reported_and_a_copy_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), &account()).unwrap().journal;
    for race in ["african", "coloured", "indian"] {
        let name = format!("number_of_{race}_male_top_managers");
        journal.write(&JournalOp::Counters(vec![entry(&name, ChangeState::Staged)])).unwrap();
    }
    // As a killed program leaves it: the write-ahead log is not merged into the journal.
    let killed = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(dir.path()).unwrap().flatten() {
        std::fs::copy(file.path(), killed.path().join(file.file_name())).unwrap();
    }
    drop(journal);
    let whole = Journal::open(killed.path(), &account()).unwrap();
    assert_eq!((load(&whole.journal).counter_changes.len(), whole.damaged_wal_copy), (3, None));
    drop(whole.journal);

    let mut journal = Journal::open(dir.path(), &account()).unwrap().journal;
    for race in ["white", "foreign"] {
        let name = format!("number_of_{race}_female_top_managers");
        journal.write(&JournalOp::Counters(vec![entry(&name, ChangeState::Staged)])).unwrap();
    }
    let damaged = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(dir.path()).unwrap().flatten() {
        std::fs::copy(file.path(), damaged.path().join(file.file_name())).unwrap();
    }
    drop(journal);
    let log = journal_file(damaged.path()).with_extension("sqlite-wal");
    let mut bytes = std::fs::read(&log).unwrap();
    // A byte of the first frame: SQLite takes everything after it for not written.
    bytes[32 + 24 + 100] ^= 0xff;
    std::fs::write(&log, &bytes).unwrap();
    let opened = Journal::open(damaged.path(), &account()).unwrap();
    let copy = opened.damaged_wal_copy.expect("the damage is noticed");
    assert_eq!(std::fs::read(copy.with_extension("aside-1-wal")).unwrap(), bytes);
    assert_eq!(load(&opened.journal).counter_changes.len(), 3, "what was before the log is whole");
}

#[test]
fn one_damaged_row_does_not_hide_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), &account()).unwrap().journal;
    let names = ["african", "coloured", "indian"].map(|race| format!("number_of_{race}_male_top_managers"));
    journal.write(&JournalOp::Counters(names.map(|name| entry(&name, ChangeState::Staged)).into())).unwrap();
    drop(journal);
    let db = rusqlite::Connection::open(journal_file(dir.path())).unwrap();
    db.execute_batch("UPDATE change SET mine = 'x' WHERE counter LIKE '%coloured%'").unwrap();
    drop(db);
    let mut workspace = Workspace::default();
    assert_eq!(Journal::open(dir.path(), &account()).unwrap().journal.load(&mut workspace), Ok(1));
    assert_eq!(workspace.counter_changes.len(), 2);
}

#[test]
fn a_journal_of_a_newer_version_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    drop(Journal::open(dir.path(), &account()).unwrap());
    let db = rusqlite::Connection::open(journal_file(dir.path())).unwrap();
    db.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(db);
    assert!(Journal::open(dir.path(), &account()).unwrap().set_aside.is_some());
}

#[test]
fn a_second_program_learns_who_holds_the_account_and_other_accounts_stay_free() {
    let dir = tempfile::tempdir().unwrap();
    let first = Journal::open(dir.path(), &account()).unwrap();
    let error = Journal::open(dir.path(), &account()).unwrap_err();
    assert_eq!(error, OpenError::OpenElsewhere(std::process::id().to_string()));
    let other = bee_tui::api::client::Credentials { key: "mpk_other".into(), ..account() };
    assert!(Journal::open(dir.path(), &other).is_ok());
    drop(first);
    assert!(Journal::open(dir.path(), &account()).is_ok());
}

#[test]
fn a_folder_that_cannot_be_written_is_named_in_the_error() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let error = Journal::open(&file.join("below"), &account()).unwrap_err();
    assert!(error.to_string().contains("a-file"), "{error}");
}

/// A counter that is staged.
pub fn staged_counter() -> CounterEntry {
    entry("number_of_african_male_top_managers", ChangeState::Staged)
}

/// A participant that is being sent.
pub fn sending_participant() -> RecordEntry {
    let collection: Collection = PARTICIPANTS.parse().unwrap();
    let draft = RecordDraft::new(vec![
        ("full_name", Value::Text("Thandiwe Nkosi".into())),
        ("id_number", Value::Text("8001015009087".into())),
    ]);
    let at = "2026-11-22T08:00:00Z".parse().unwrap();
    let mut change = RecordChange::new(collection, "Thandiwe Nkosi".into(), Intent::Create(draft), at);
    change.state = ChangeState::Sending;
    RecordEntry { number: 1, change: Some(change) }
}

/// The collection she belongs to.
const PARTICIPANTS: &str = "participants scorecard_1 7";

/// The bytes of every file of a folder.
fn bytes(dir: &std::path::Path) -> Vec<u8> {
    let files = std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    files.flat_map(|file| std::fs::read(file).unwrap()).collect()
}

#[test]
fn a_sent_participant_is_erased_from_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), &account()).unwrap().journal;
    journal.write(&JournalOp::Records(vec![sending_participant()])).unwrap();
    let holds = |text: &str| bytes(dir.path()).windows(text.len()).any(|w| w == text.as_bytes());
    assert!(holds("8001015009087"), "an unsent one is kept");
    journal.write(&JournalOp::Records(vec![RecordEntry { change: None, ..sending_participant() }])).unwrap();
    assert!(!holds("8001015009087") && !holds("Thandiwe"));
}

#[test]
fn a_sent_name_that_a_reader_keeps_on_disk_is_reported_and_erased_once_it_ends() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), &account()).unwrap().journal;
    journal.write(&JournalOp::Records(vec![sending_participant()])).unwrap();
    let holds = || bytes(dir.path()).windows(8).any(|w| w == b"Thandiwe");
    // A backup program, or somebody with a database tool, is in the middle of reading.
    let mut other = rusqlite::Connection::open(journal_file(dir.path())).unwrap();
    let reading = other.transaction().unwrap();
    let one: i64 = reading.query_row("SELECT count(*) FROM record_change", [], |row| row.get(0)).unwrap();
    assert_eq!(one, 1);
    journal.write(&JournalOp::Records(vec![RecordEntry { change: None, ..sending_participant() }])).unwrap();
    let said = journal.purge_sent_records().unwrap_err();
    assert!(said.to_string().contains("another program reads") && holds(), "{said}");
    reading.rollback().unwrap();
    journal.purge_sent_records().unwrap();
    assert!(!holds());
}

#[test]
fn intact_rows_of_a_damaged_journal_are_saved() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), &account()).unwrap().journal;
    let names: Vec<String> = (0..400).map(|n| format!("number_of_{}_male_slice_{n}", "african")).collect();
    journal
        .write(&JournalOp::Counters(names.iter().map(|name| entry(name, ChangeState::Staged)).collect()))
        .unwrap();
    drop(journal);
    // A page in the middle is overwritten: SQLite finds the file malformed.
    let path = journal_file(dir.path());
    let mut file = std::fs::read(&path).unwrap();
    let page = 4096;
    let middle = (file.len() / page / 2) * page;
    file[middle..middle + page].fill(0xA5);
    std::fs::write(&path, file).unwrap();
    let opened = Journal::open(dir.path(), &account()).unwrap();
    let (aside, saved) = opened.set_aside.unwrap();
    assert!(aside.exists());
    assert!((200..400).contains(&saved), "{saved} of 400");
    let workspace = load(&opened.journal);
    assert_eq!(workspace.counter_changes.len(), saved);
    assert!(
        workspace.counter_changes.iter().all(|(.., change)| change.mine == 9),
        "none is believed that was damaged"
    );
}

#[test]
fn a_row_that_does_not_match_its_digest_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), &account()).unwrap().journal;
    journal.write(&JournalOp::Counters(vec![staged_counter()])).unwrap();
    drop(journal);
    let db = rusqlite::Connection::open(journal_file(dir.path())).unwrap();
    db.execute_batch("UPDATE change SET mine = 7").unwrap();
    drop(db);
    let mut workspace = Workspace::default();
    assert_eq!(Journal::open(dir.path(), &account()).unwrap().journal.load(&mut workspace), Ok(1));
    assert!(workspace.counter_changes.is_empty());
}

#[test]
fn a_journal_of_the_previous_schema_is_migrated_completely() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), &account()).unwrap().journal;
    journal.write(&JournalOp::Counters(vec![staged_counter()])).unwrap();
    journal.write(&JournalOp::Records(vec![sending_participant()])).unwrap();
    drop(journal);
    let db = rusqlite::Connection::open(journal_file(dir.path())).unwrap();
    let back = "ALTER TABLE change DROP COLUMN sum; ALTER TABLE record_change DROP COLUMN sum; PRAGMA user_version = 2;";
    db.execute_batch(back).unwrap();
    drop(db);
    let mut workspace = Workspace::default();
    assert_eq!(Journal::open(dir.path(), &account()).unwrap().journal.load(&mut workspace), Ok(0));
    assert_eq!((workspace.counter_changes.len(), workspace.record_changes.len()), (1, 1));
}

#[test]
fn a_removed_lock_stops_writing_and_is_recreated_only_with_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = Journal::open(dir.path(), &account()).unwrap().journal;
    let locks = std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().path());
    let lock = locks.into_iter().find(|path| path.extension().is_some_and(|e| e == "lock")).unwrap();
    std::fs::remove_file(&lock).unwrap();
    let error = first.write(&JournalOp::Counters(vec![staged_counter()])).unwrap_err();
    assert!(error.to_string().contains("was taken away"), "{error}");
    // Somebody else may have edited meanwhile: the screen no longer shows what the journal holds.
    assert!(first.recreate_if_missing().unwrap_err().to_string().contains("start again"));
    // With the journal gone too, both are created again.
    std::fs::remove_file(journal_file(dir.path())).unwrap();
    assert_eq!(first.recreate_if_missing(), Ok(JournalFileState::Recreated));
    first.write(&JournalOp::Counters(vec![staged_counter()])).unwrap();
    assert!(Journal::open(dir.path(), &account()).is_err());
}

#[test]
fn a_removed_journal_is_reported_and_recreated() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), &account()).unwrap().journal;
    std::fs::remove_file(journal_file(dir.path())).unwrap();
    let error = journal.write(&JournalOp::Counters(vec![staged_counter()])).unwrap_err();
    assert!(error.to_string().contains("was taken away"), "{error}");
    journal.recreate_if_missing().unwrap();
    journal.write(&JournalOp::Counters(vec![staged_counter()])).unwrap();
    drop(journal);
    assert_eq!(load(&Journal::open(dir.path(), &account()).unwrap().journal).counter_changes.len(), 1);
}

#[test]
fn an_interrupted_replacement_of_the_journal_is_finished_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), &account()).unwrap().journal;
    journal.write(&JournalOp::Counters(vec![staged_counter()])).unwrap();
    drop(journal);
    // The old one was set aside already, and the program ended before the new one was renamed.
    let path = journal_file(dir.path());
    std::fs::rename(&path, path.with_extension("sqlite.fresh")).unwrap();
    assert_eq!(load(&Journal::open(dir.path(), &account()).unwrap().journal).counter_changes.len(), 1);
}

#[test]
fn a_damaged_record_is_reported_and_not_overwritten_by_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), &account()).unwrap().journal;
    journal.write(&JournalOp::Records(vec![sending_participant()])).unwrap();
    drop(journal);
    let db = rusqlite::Connection::open(journal_file(dir.path())).unwrap();
    db.execute_batch("UPDATE record_change SET name = 'Somebody else'").unwrap();
    drop(db);
    let mut journal = Journal::open(dir.path(), &account()).unwrap().journal;
    let mut workspace = load(&journal);
    assert_eq!(workspace.record_changes.iter().count(), 0);
    let mut staged = sending_participant().change.unwrap();
    staged.state = ChangeState::Staged;
    let entries = workspace.stage_records(vec![(None, staged)]).unwrap();
    journal.write(&JournalOp::Records(entries)).unwrap();
    let states: Vec<_> = bee_tui::runtime::journal::list_staged(dir.path(), &account())
        .unwrap()
        .iter()
        .map(|row| row["state"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(states, ["damaged", "staged"]);
}
