//! The journal's file: private, locked while it is open, set aside when it cannot be used, and what can be saved of it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::api::client::Credentials;
use crate::api::sign::hex;
use crate::config::permissions::open_private_file;
use crate::runtime::journal::schema::{
    JournalTable, SCHEMA_VERSION, STAGED, lay_out, register_digest_function,
};
use crate::runtime::journal::wal;

/// Why the journal was not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Another program has it open.
    #[error("another bee-tui (process {0}) has this account open; edit there, or end it first")]
    OpenElsewhere(String),
    /// It cannot be used; where and why.
    #[error("{0}")]
    Failed(String),
}

impl From<String> for OpenError {
    fn from(why: String) -> Self {
        Self::Failed(why)
    }
}

/// Why a journal could not be opened.
pub(super) enum OpenErrorKind {
    /// Corrupt, no journal at all, or of a newer version.
    Unusable,
    /// The file.
    Io(std::io::Error),
    /// The database.
    Sql(rusqlite::Error),
}

impl OpenErrorKind {
    pub(super) fn message(&self, path: &Path) -> String {
        match self {
            Self::Unusable => format!("{}: cannot be read", path.display()),
            Self::Io(e) => format!("{}: {e}", path.display()),
            Self::Sql(e) => format!("{}: {e}", path.display()),
        }
    }
}

impl From<rusqlite::Error> for OpenErrorKind {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Unusable,
            _ => Self::Sql(error),
        }
    }
}

/// The names of one account's files in the folder of the state.
pub(super) struct JournalPaths {
    pub(super) journal: PathBuf,
    pub(super) lock: PathBuf,
    /// The account's name in the journal: a digest, since the key is nobody's business there.
    pub(super) account: String,
}

impl JournalPaths {
    pub(super) fn new(dir: &Path, account: &Credentials) -> Self {
        let account = account_digest(account);
        Self {
            journal: dir.join(format!("journal-{account}.sqlite")),
            lock: dir.join(format!("{account}.lock")),
            account,
        }
    }
}

/// The account's name in the journal: a digest, since the key is nobody's business there.
pub(super) fn account_digest(account: &Credentials) -> String {
    use sha2::Digest;
    hex(&sha2::Sha256::digest(format!("{}\n{}", account.origin.as_str(), account.key)))[..32].to_owned()
}

/// Opens the database, checks that it is whole and brings it to this version's layout. Where its log of writes was damaged in
/// the midst, edits may be missing: then the place of a copy comes with it.
pub(super) fn open(path: &Path) -> Result<(Connection, Option<PathBuf>), OpenErrorKind> {
    let fresh = with_suffix(path, ".fresh");
    if !path.exists() && fresh.exists() {
        // The program ended while it put this one in the place of another.
        fs::rename(&fresh, path).map_err(OpenErrorKind::Io)?;
    }
    open_private_file(path).map_err(OpenErrorKind::Io)?;
    let written = wal::committed_frames(&with_suffix(path, "-wal")).unwrap_or(0);
    let mut db = Connection::open(path)?;
    // Nobody else writes here; whoever does must not hold up the keys.
    db.busy_timeout(std::time::Duration::from_millis(50))?;
    let sound: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(OpenErrorKind::Unusable);
    }
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version > SCHEMA_VERSION {
        return Err(OpenErrorKind::Unusable);
    }
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;")?;
    register_digest_function(&db)?;
    // What SQLite takes for the log, before anything is written: less than stands there is damage in its midst.
    let read: i64 = db.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get("log")).unwrap_or(-1);
    let lost = u64::try_from(read).is_ok_and(|read| read < written);
    let cut_log = if lost { copy_aside(path) } else { None };
    if version < SCHEMA_VERSION {
        lay_out(&mut db)?;
    }
    Ok((db, cut_log))
}

/// Copies a journal and its log aside; where the copy is.
fn copy_aside(path: &Path) -> Option<PathBuf> {
    let aside = free_aside_path(path);
    for suffix in ["", "-wal"] {
        let (from, to) = (with_suffix(path, suffix), with_suffix(&aside, suffix));
        open_private_file(&to).ok()?;
        fs::copy(from, to).ok()?;
    }
    Some(aside)
}

/// A name beside a journal that is free.
fn free_aside_path(path: &Path) -> PathBuf {
    let aside = (1..1000).map(|n| with_suffix(path, &format!(".aside-{n}"))).find(|p| !p.exists());
    aside.unwrap_or_else(|| with_suffix(path, ".aside"))
}

/// Opens a journal to look at it only: no lock, nothing is made or changed.
pub(super) fn open_read_only(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    db.busy_timeout(std::time::Duration::from_secs(1))?;
    register_digest_function(&db)?;
    Ok(db)
}

/// Puts a journal that cannot be used aside, and in its place a new one with the staged changes that are whole in it, by
/// their digests; returns where it is now, and how many they are. The new one is complete before the old one is moved, so
/// that nothing is lost if the program ends in between.
pub(super) fn set_aside_and_rebuild(path: &Path, account: &str) -> Result<(PathBuf, usize), OpenErrorKind> {
    let fresh = with_suffix(path, ".fresh");
    for suffix in ["", "-journal"] {
        let _ = fs::remove_file(with_suffix(&fresh, suffix));
    }
    open_private_file(&fresh).map_err(OpenErrorKind::Io)?;
    let mut db = Connection::open(&fresh)?;
    register_digest_function(&db)?;
    lay_out(&mut db)?;
    let filled = db.transaction()?;
    let saved = match open_read_only(path) {
        Ok(from) => STAGED.iter().map(|table| salvage_table(&from, &filled, table, account)).sum(),
        Err(_) => 0,
    };
    filled.commit()?;
    drop(db);
    let aside = free_aside_path(path);
    for suffix in ["-wal", "-shm"] {
        let _ = fs::rename(with_suffix(path, suffix), with_suffix(&aside, suffix));
    }
    fs::rename(path, &aside).map_err(OpenErrorKind::Io)?;
    fs::rename(&fresh, path).map_err(OpenErrorKind::Io)?;
    Ok((aside, saved))
}

fn salvage_table(from: &Connection, into: &Connection, table: &JournalTable, account: &str) -> usize {
    let JournalTable { name, columns, .. } = table;
    let mut saved = 0;
    // A damaged page ends a walk through the table: walked from both ends, only what lies on it is lost. An index may be
    // damaged too, so none is asked.
    for order in ["ASC", "DESC"] {
        let sql = format!(
            "SELECT {columns}, sum FROM {name} NOT INDEXED WHERE account = ?1 AND sum = digest({columns}) ORDER BY rowid {order}"
        );
        let Ok(mut statement) = from.prepare(&sql) else { continue };
        let width = statement.column_count();
        let places = (1..=width).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
        let insert = format!("INSERT OR IGNORE INTO {name} ({columns}, sum) VALUES ({places})");
        let Ok(mut rows) = statement.query([account]) else { continue };
        while let Ok(Some(row)) = rows.next() {
            let values: rusqlite::Result<Vec<rusqlite::types::Value>> =
                (0..width).map(|at| row.get(at)).collect();
            let Ok(values) = values else { break };
            saved += into.execute(&insert, rusqlite::params_from_iter(values)).unwrap_or(0);
        }
    }
    saved
}

/// A file that was opened: its place, and which file it was.
#[derive(Debug)]
pub(super) struct JournalFile {
    pub(super) path: PathBuf,
    identity: Option<(u64, u64)>,
}

impl JournalFile {
    /// The file that is at this place now.
    pub(super) fn at(path: PathBuf) -> Self {
        Self { identity: identity(&path), path }
    }

    /// Whether it is still there.
    pub(super) fn is_there(&self) -> bool {
        identity(&self.path) == self.identity
    }

    /// The file that is there now is the one.
    pub(super) fn refresh_identity(&mut self) {
        self.identity = identity(&self.path);
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let file = fs::metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}

/// Elsewhere a file that is open cannot be taken away.
#[cfg(not(unix))]
fn identity(path: &Path) -> Option<(u64, u64)> {
    path.exists().then_some((0, 0))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Whether a file of the folder of the state belongs to a journal.
pub fn is_journal_file(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let of_account = name.strip_prefix("journal-").and_then(|rest| rest.split_once(".sqlite"));
    of_account.is_some_and(|(account, _)| is_account(account)) || is_lock(path)
}

/// The journals of a folder that were set aside, each with its age in whole days where that is known. They hold what could
/// not be read, names and ID numbers among it.
pub fn journals_set_aside(dir: &Path) -> Vec<(PathBuf, Option<u64>)> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_aside = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        is_journal_file(path)
            && name.contains(".sqlite.aside")
            && !name.ends_with("-wal")
            && !name.ends_with("-shm")
    };
    let age = |path: &PathBuf| {
        let written = fs::metadata(path).and_then(|found| found.modified()).ok()?;
        Some(written.elapsed().ok()?.as_secs() / 86_400)
    };
    let mut found: Vec<_> = entries.filter(is_aside).map(|path| (path.clone(), age(&path))).collect();
    found.sort();
    found
}

fn is_lock(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    path.extension().is_some_and(|extension| extension == "lock") && stem.is_some_and(is_account)
}

/// Whether a part of a file's name is an account's: other files of the folder are not ours.
fn is_account(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether this is the lock of a program that runs.
pub fn is_held_lock(path: &Path) -> bool {
    let held = |file: fs::File| matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock));
    is_lock(path) && fs::File::open(path).is_ok_and(held)
}

/// Waits, on a thread of its own, until nobody holds an account's lock any more.
pub fn call_when_unlocked(dir: &Path, account: &Credentials, then: impl FnOnce() + Send + 'static) {
    let path = JournalPaths::new(dir, account).lock;
    std::thread::spawn(move || {
        let Ok(file) = fs::File::open(&path) else { return };
        if file.lock_shared().is_ok() {
            drop(file);
            then();
        }
    });
}

/// Takes the account's lock, or says who has it: two programs must not keep one journal.
pub(super) fn lock(path: &Path) -> Result<fs::File, OpenError> {
    let words = |e: std::io::Error| OpenError::Failed(format!("{}: {e}", path.display()));
    let mut file = open_private_file(path).map_err(words)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0).map_err(words)?;
            write!(file, "{}", std::process::id()).map_err(words)?;
            Ok(file)
        }
        Err(fs::TryLockError::WouldBlock) => {
            let holder = fs::read_to_string(path).unwrap_or_default();
            Err(OpenError::OpenElsewhere(holder))
        }
        Err(fs::TryLockError::Error(e)) => Err(words(e)),
    }
}
