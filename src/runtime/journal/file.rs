//! The journal's file: private, locked while open, and set aside and rebuilt from its intact rows when it
//! cannot be used.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::api::client::Credentials;
use crate::api::sign::hex;
use crate::config::permissions::open_private_file;
use crate::effect::JournalError;
use crate::runtime::journal::schema::{
    JournalTable, SCHEMA_VERSION, STAGED, lay_out, register_digest_function,
};
use crate::runtime::journal::wal;

/// Why the journal was not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Another bee-tui has this account's journal open; its process id.
    #[error("another bee-tui (process {0}) has this account open; edit there, or end it first")]
    OpenElsewhere(String),
    /// The journal cannot be used; a message that names the file and the reason.
    #[error(transparent)]
    Failed(JournalError),
}

impl From<JournalError> for OpenError {
    fn from(why: JournalError) -> Self {
        Self::Failed(why)
    }
}

impl From<String> for OpenError {
    fn from(why: String) -> Self {
        Self::Failed(why.into())
    }
}

/// Why a journal's database could not be opened or rebuilt.
pub(super) enum OpenErrorKind {
    /// The file is corrupt, is no journal at all, or is of a newer version.
    Unusable,
    /// The file system reported an error.
    Io(std::io::Error),
    /// SQLite reported an error.
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

/// The paths of one account's files in the state folder.
pub(super) struct JournalPaths {
    pub(super) journal: PathBuf,
    pub(super) lock: PathBuf,
    /// The account's name in the journal: a digest, so that the key itself is not stored there.
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

/// The account's name in the journal: 32 hex digits of a digest of origin and key, which does not reveal the key.
pub(super) fn account_digest(account: &Credentials) -> String {
    use sha2::Digest;
    hex(&sha2::Sha256::digest(format!("{}\n{}", account.origin.as_str(), account.key)))[..32].to_owned()
}

/// Opens the database, checks its integrity and migrates it to this version's schema. The path is that of a
/// copy, made when the write-ahead log was damaged in the middle and edits may be missing. Fails when the
/// journal is unusable or cannot be accessed.
pub(super) fn open(path: &Path) -> Result<(Connection, Option<PathBuf>), OpenErrorKind> {
    let fresh = with_suffix(path, ".fresh");
    if !path.exists() && fresh.exists() {
        // The program ended between setting the old journal aside and renaming the new one: finish that now.
        fs::rename(&fresh, path).map_err(OpenErrorKind::Io)?;
    }
    open_private_file(path).map_err(OpenErrorKind::Io)?;
    let written = wal::committed_frames(&with_suffix(path, "-wal")).unwrap_or(0);
    let mut db = Connection::open(path)?;
    // Nobody else should write here; if somebody does, waiting must not hold up the user's keys.
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
    // How many frames SQLite accepts, asked before anything is written: fewer than the file holds means
    // damage in the middle.
    let read: i64 = db.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get("log")).unwrap_or(-1);
    let wal_lost = u64::try_from(read).is_ok_and(|read| read < written);
    let cut_log = if wal_lost { copy_aside(path) } else { None };
    if version < SCHEMA_VERSION {
        lay_out(&mut db)?;
    }
    Ok((db, cut_log))
}

/// Copies a journal and its write-ahead log to a free path and returns that path; `None` when copying fails.
fn copy_aside(path: &Path) -> Option<PathBuf> {
    let aside = free_aside_path(path);
    for suffix in ["", "-wal"] {
        let (from, to) = (with_suffix(path, suffix), with_suffix(&aside, suffix));
        open_private_file(&to).ok()?;
        fs::copy(from, to).ok()?;
    }
    Some(aside)
}

/// A path next to a journal that does not exist yet.
fn free_aside_path(path: &Path) -> PathBuf {
    let aside = (1..1000).map(|n| with_suffix(path, &format!(".aside-{n}"))).find(|p| !p.exists());
    aside.unwrap_or_else(|| with_suffix(path, ".aside"))
}

/// Opens a journal read-only: takes no lock, creates and changes nothing.
pub(super) fn open_read_only(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    db.busy_timeout(std::time::Duration::from_secs(1))?;
    register_digest_function(&db)?;
    Ok(db)
}

/// Replaces an unusable journal by a new one with the staged changes whose digests match. Returns the path of
/// the old journal and the number of changes saved. The new journal is complete before the old one is moved,
/// so that nothing is lost if the program ends in between. Fails when a file cannot be created or renamed.
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
    // A damaged page ends a scan: scanning from both ends loses only the rows on that page. Indexes may be
    // damaged too, so none is used.
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

/// A path, and the identity (device and inode) of the file that was opened there.
#[derive(Debug)]
pub(super) struct JournalFile {
    pub(super) path: PathBuf,
    identity: Option<(u64, u64)>,
}

impl JournalFile {
    /// The file that is at this path now.
    pub(super) fn at(path: PathBuf) -> Self {
        Self { identity: identity(&path), path }
    }

    /// Whether the file that was opened is still at the path.
    pub(super) fn is_there(&self) -> bool {
        identity(&self.path) == self.identity
    }

    /// Accepts the file that is at the path now as the one that was opened.
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

/// On other systems an open file cannot be removed, so it is enough that the path exists.
#[cfg(not(unix))]
fn identity(path: &Path) -> Option<(u64, u64)> {
    path.exists().then_some((0, 0))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Whether a file in the state folder belongs to a journal or is an account's lock.
pub fn is_journal_file(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let of_account = name.strip_prefix("journal-").and_then(|rest| rest.split_once(".sqlite"));
    of_account.is_some_and(|(account, _)| is_account(account)) || is_lock(path)
}

/// The journals in a folder that were set aside, sorted, each with its age in whole days (`None` if unknown).
/// They may contain names and ID numbers.
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

/// Whether a part of a file name is an account's digest; other files in the folder are not bee-tui's.
fn is_account(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether this is an account's lock and a running program holds it.
pub fn is_held_lock(path: &Path) -> bool {
    let held = |file: fs::File| matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock));
    is_lock(path) && fs::File::open(path).is_ok_and(held)
}

/// Calls `then` on a thread of its own once nobody holds the account's lock; never when the lock cannot be opened.
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

/// Takes the account's lock, since two programs must not write one journal. Fails with the holder's process
/// id when another program has it.
pub(super) fn lock(path: &Path) -> Result<fs::File, OpenError> {
    let words = |e: std::io::Error| OpenError::Failed(format!("{}: {e}", path.display()).into());
    let mut file = open_private_file(path).map_err(words)?;
    match try_lock(&file, path) {
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

/// Takes a lock. If this process is named as its holder, a program that it is starting may have a copy of the open file
/// for a moment, so this waits for up to half a second.
fn try_lock(file: &fs::File, path: &Path) -> Result<(), fs::TryLockError> {
    let is_own = || fs::read_to_string(path).is_ok_and(|holder| holder == std::process::id().to_string());
    let mut left = 50;
    loop {
        match file.try_lock() {
            Err(fs::TryLockError::WouldBlock) if left > 0 && is_own() => {
                left -= 1;
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            result => return result,
        }
    }
}
