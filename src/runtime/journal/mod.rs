//! The journal on disk: staged changes, watches and the durations of recalculations, in SQLite; each commit is synced.

mod counters;
mod file;
mod list;
mod records;
mod rows;
mod schema;
mod wal;
mod watches;

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use crate::api::client::Credentials;
use crate::config::permissions::ensure_private_folder;
use crate::domain::draft::plan_draft::DraftRequest;
use crate::domain::id::PlanId;
use crate::domain::text::pluralize;
use crate::effect::JournalError;
use crate::effect::JournalOp;
use crate::runtime::journal::file::{JournalFile, JournalPaths, OpenErrorKind};
use crate::seeded::{SeededFault, is_planted};
use crate::workspace::Workspace;

pub use crate::runtime::journal::file::{
    OpenError, call_when_unlocked, is_held_lock, is_journal_file, journals_set_aside,
};
pub use crate::runtime::journal::list::{JournalRow, list_staged};

/// The message for a user without a folder for the journal.
const NO_STATE_DIR_MESSAGE: &str =
    "no home folder is known, so there is no place for staged changes: give --state-dir FOLDER";

/// The journal of one account, which is an origin and a key. It shows no data of other accounts.
#[derive(Debug)]
pub struct Journal {
    db: Connection,
    account: String,
    /// The journal's file; `None` for a journal in memory.
    file: Option<JournalFile>,
    /// The operation that a planted fault writes too late.
    delayed_op: Option<JournalOp>,
    /// Whether deleted records may still be in the write-ahead log, because another program was reading the journal.
    wal_holds_sent: bool,
    /// Held while the journal is open; the operating system releases it however the program ends.
    lock: Option<(JournalFile, fs::File)>,
}

/// An opened journal and what was wrong with its file.
#[derive(Debug)]
pub struct OpenedJournal {
    /// The journal.
    pub journal: Journal,
    /// Where an unusable journal was set aside, and how many staged changes were saved from it.
    pub set_aside: Option<(PathBuf, usize)>,
    /// The path of a copy of the journal, made because its write-ahead log was damaged in the middle: later
    /// edits may be missing.
    pub damaged_wal_copy: Option<PathBuf>,
}

impl OpenedJournal {
    /// Messages for the user about a journal that was set aside or damaged; empty when all is well.
    pub fn warnings(&self) -> Vec<String> {
        let aside = self.set_aside.as_ref().map(|(aside, saved)| {
            let saved = pluralize(*saved, "staged change");
            format!(
                "the journal could not be read; {saved} saved from it, all of it is in {}",
                aside.display()
            )
        });
        let cut = self.damaged_wal_copy.as_ref().map(|copy| {
            format!(
                "the journal's log of writes was damaged: the last edits may be missing, so look what is staged; a copy is {}",
                copy.display()
            )
        });
        aside.into_iter().chain(cut).collect()
    }
}

/// Whether the journal's file is still the one that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalFileState {
    /// It is the same file.
    Unchanged,
    /// The file was gone, and a new, empty journal was created.
    Recreated,
}

impl Journal {
    /// Opens or creates the account's journal in a folder. The folder gets mode 0700, and the file gets 0600
    /// before SQLite sees it, so that its write-ahead log is private too. A corrupt or newer journal is set
    /// aside, never deleted, and its intact rows are copied into a new one. Fails when another program has
    /// the account open or a file cannot be used.
    pub fn open(dir: &Path, account: &Credentials) -> Result<OpenedJournal, OpenError> {
        if dir.as_os_str().is_empty() {
            return Err(NO_STATE_DIR_MESSAGE.to_owned().into());
        }
        let names = JournalPaths::new(dir, account);
        ensure_private_folder(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        let lock = file::lock(&names.lock)?;
        let path = names.journal;
        let words = |trouble: OpenErrorKind| OpenError::Failed(trouble.message(&path).into());
        let ((db, cut_log), set_aside) = match file::open(&path) {
            Ok(opened) => (opened, None),
            Err(OpenErrorKind::Unusable) => {
                let (aside, saved) = file::set_aside_and_rebuild(&path, &names.account).map_err(words)?;
                (file::open(&path).map_err(words)?, Some((aside, saved)))
            }
            Err(trouble) => return Err(words(trouble)),
        };
        let lock = Some((JournalFile::at(names.lock), lock));
        let journal = Self {
            db,
            account: names.account,
            file: Some(JournalFile::at(path)),
            delayed_op: None,
            wal_holds_sent: false,
            lock,
        };
        Ok(OpenedJournal { journal, set_aside, damaged_wal_copy: cut_log })
    }

    /// Creates a journal in memory, which ends with the program, for the demo. Fails when SQLite cannot create it.
    pub fn in_memory(account: &Credentials) -> Result<Self, JournalError> {
        let words = |e: rusqlite::Error| e.to_string();
        let mut db = Connection::open_in_memory().map_err(words)?;
        schema::register_digest_function(&db).map_err(words)?;
        schema::lay_out(&mut db).map_err(words)?;
        Ok(Self {
            db,
            account: file::account_digest(account),
            file: None,
            delayed_op: None,
            wal_holds_sent: false,
            lock: None,
        })
    }

    /// Empties the write-ahead log, so that sent records are gone from the disk. Returns false when another
    /// program is reading the journal, which prevents that.
    fn truncate_wal(&self) -> rusqlite::Result<bool> {
        self.db
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>("busy"))
            .map(|busy| busy == 0)
    }

    /// Tries again to empty the write-ahead log if that was prevented before. Fails with a message for the
    /// user while sent records are still in it.
    pub fn purge_sent_records(&mut self) -> Result<(), JournalError> {
        if self.wal_holds_sent {
            self.wal_holds_sent = !self.truncate_wal().map_err(|e| e.to_string())?;
        }
        let Some(file) = self.file.as_ref().filter(|_| self.wal_holds_sent) else { return Ok(()) };
        Err(format!(
            "another program reads {}: records that were sent are still in its log of writes; end that program, then start \
             bee-tui once more",
            file.path.display()
        ).into())
    }

    /// Creates the journal again if somebody removed its file. Fails when that is not possible, or when only
    /// the lock was removed: another program may have edited the journal then.
    pub fn recreate_if_missing(&mut self) -> Result<JournalFileState, JournalError> {
        let folder = |path: &Path| match path.parent() {
            Some(dir) => {
                ensure_private_folder(dir).map_err(|e| JournalError::from(format!("{}: {e}", dir.display())))
            }
            None => Ok(()),
        };
        if let Some((kept, lock)) = self.lock.as_mut().filter(|(kept, _)| !kept.is_there()) {
            if self.file.as_ref().is_some_and(JournalFile::is_there) {
                let path = kept.path.display();
                return Err(format!(
                    "{path} was taken away, and another program may have edited here; start again"
                )
                .into());
            }
            folder(&kept.path)?;
            *lock = file::lock(&kept.path).map_err(|why| why.to_string())?;
            kept.refresh_identity();
        }
        let Some(kept) = self.file.as_mut().filter(|kept| !kept.is_there()) else {
            return Ok(JournalFileState::Unchanged);
        };
        folder(&kept.path)?;
        (self.db, _) = file::open(&kept.path).map_err(|trouble| trouble.message(&kept.path))?;
        kept.refresh_identity();
        Ok(JournalFileState::Recreated)
    }

    /// Loads what the journal holds of this account into the workspace and returns how many rows could not be read.
    /// Changes that were being sent when the program ended have an unknown outcome now. Fails when SQLite cannot read.
    pub fn load(&self, workspace: &mut Workspace) -> Result<usize, JournalError> {
        self.load_rows(workspace).map_err(|e| e.to_string().into())
    }

    fn load_rows(&self, workspace: &mut Workspace) -> rusqlite::Result<usize> {
        let mut damaged = 0;
        let mut rows = self.db.prepare(&schema::CHANGE.select_sql())?;
        for entry in rows.query_map([&self.account], |row| Ok(read_if_intact(row, counters::read)))? {
            match entry? {
                Ok(Some(entry)) => {
                    workspace.counter_changes.put(entry);
                }
                Ok(None) | Err(_) => damaged += 1,
            }
        }
        let mut rows = self.db.prepare(&schema::RECORD_CHANGE.select_sql())?;
        let entries = rows.query_map([&self.account], |row| {
            Ok((row.get::<_, u64>("number").unwrap_or(0), read_if_intact(row, records::read)))
        })?;
        for entry in entries {
            match entry? {
                (_, Ok(Some(entry))) => {
                    workspace.record_changes.put(entry);
                }
                (number, Ok(None) | Err(_)) => {
                    // The number stays reserved, so that the next change does not overwrite the damaged row.
                    workspace.record_changes.reserve_number(number);
                    damaged += 1;
                }
            }
        }
        let mut rows = self.db.prepare("SELECT code FROM code WHERE account = ?1 ORDER BY rowid DESC")?;
        for code in rows.query_map([&self.account], |row| row.get::<_, String>(0))? {
            workspace.recent_codes.extend(code?.parse());
        }
        let mut rows = self.db.prepare("SELECT heading, field FROM heading WHERE account = ?1")?;
        for heading in rows.query_map([&self.account], |row| Ok((row.get(0)?, row.get(1)?)))? {
            workspace.heading_fields.extend([heading?]);
        }
        let mut rows = self.db.prepare("SELECT plan, request FROM draft WHERE account = ?1")?;
        let drafts =
            rows.query_map([&self.account], |row| Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?)))?;
        for draft in drafts {
            let (plan, request) = draft?;
            // One that cannot be read is only not offered again.
            let request = PlanId::new(plan).and_then(|plan| DraftRequest::from_json(plan, &request));
            workspace.draft_requests.extend(request.map(|request| (request.plan, request)));
        }
        let mut rows = self.db.prepare("SELECT * FROM watch WHERE account = ?1")?;
        for watch in rows.query_map([&self.account], |row| Ok(watches::read(row)))? {
            match watch? {
                Ok(Some(watch)) => {
                    workspace.watches.insert(watch.scorecard.clone(), watch);
                }
                Ok(None) | Err(_) => damaged += 1,
            }
        }
        let mut rows =
            self.db.prepare("SELECT scorecard, seconds FROM run WHERE account = ?1 ORDER BY rowid")?;
        let runs =
            rows.query_map([&self.account], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?)))?;
        for run in runs {
            let (scorecard, seconds) = run?;
            if let Ok(scorecard) = scorecard.parse() {
                workspace.run_seconds.entry(scorecard).or_default().push(seconds);
            }
        }
        Ok(damaged)
    }

    /// Writes and syncs an operation, all of it or nothing. Fails when the file or its lock was removed, or
    /// SQLite cannot write.
    pub fn write(&mut self, op: &JournalOp) -> Result<(), JournalError> {
        let lock = self.lock.iter().map(|(kept, _)| kept);
        if let Some(missing_file) = self.file.iter().chain(lock).find(|kept| !kept.is_there()) {
            return Err(format!("{} was taken away", missing_file.path.display()).into());
        }
        if is_planted(SeededFault::LateJournal) {
            return self
                .delayed_op
                .replace(op.clone())
                .map_or(Ok(()), |op| self.write_rows(&op))
                .map_err(|e| e.to_string().into());
        }
        match self.write_rows(op) {
            Err(_) if is_planted(SeededFault::DeafDisk) => Ok(()),
            done => done.map_err(|e| e.to_string().into()),
        }
    }

    fn write_rows(&mut self, op: &JournalOp) -> rusqlite::Result<()> {
        let account = &self.account;
        let transaction = self.db.transaction()?;
        match op {
            JournalOp::RetryDelayed => {}
            JournalOp::Counters(entries) => {
                for entry in entries {
                    counters::write(&transaction, account, entry)?;
                }
            }
            JournalOp::Records(entries) => {
                for entry in entries {
                    records::write(&transaction, account, entry)?;
                }
                transaction.commit()?;
                if entries.iter().any(|entry| entry.change.is_none()) {
                    self.wal_holds_sent = !self.truncate_wal()?;
                }
                return Ok(());
            }
            JournalOp::VendorCode(code) => {
                let sql = "INSERT OR REPLACE INTO code VALUES (?1, ?2)";
                transaction.execute(sql, params![account, code.as_str()])?;
                let sql = "DELETE FROM code WHERE account = ?1 AND rowid NOT IN
                           (SELECT rowid FROM code WHERE account = ?1 ORDER BY rowid DESC LIMIT 50)";
                transaction.execute(sql, params![account])?;
            }
            JournalOp::Headings(headings) => {
                for (heading, field) in headings {
                    let sql = "INSERT OR REPLACE INTO heading VALUES (?1, ?2, ?3)";
                    transaction.execute(sql, params![account, heading, field])?;
                }
            }
            JournalOp::DraftRequest(request) => {
                if let Ok(text) = request.to_json() {
                    let sql = "INSERT OR REPLACE INTO draft VALUES (?1, ?2, ?3)";
                    transaction.execute(sql, params![account, request.plan.as_u64(), text])?;
                }
            }
            JournalOp::Watch(watch) => watches::write(&transaction, account, watch)?,
            JournalOp::EndWatch(id) => {
                let sql = "DELETE FROM watch WHERE account = ?1 AND scorecard = ?2";
                transaction.execute(sql, params![account, id.as_str()])?;
            }
            JournalOp::RunSeconds(id, seconds) => {
                let sql = "INSERT INTO run VALUES (?1, ?2, ?3)";
                transaction.execute(sql, params![account, id.as_str(), seconds])?;
            }
        }
        transaction.commit()
    }
}

/// Reads a row if it matches its digest; `None` for a damaged one.
fn read_if_intact<T>(
    row: &rusqlite::Row<'_>,
    read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<Option<T>>,
) -> rusqlite::Result<Option<T>> {
    if row.get("damaged")? { Ok(None) } else { read(row) }
}
