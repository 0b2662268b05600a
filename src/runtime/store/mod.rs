//! The journal on disk: staged changes, watches, how long recalculations ran. SQLite, each commit synced.

mod changes;
mod file;
mod layout;
mod list;
mod records;
mod rows;
mod wal;
mod watches;

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use crate::api::client::Account;
use crate::config::permissions::private_folder;
use crate::desk::Desk;
use crate::domain::text::count;
use crate::effect::StoreOp;
use crate::runtime::store::file::{Kept, Names, Trouble};
use crate::seeded::{Fault, is_planted};

pub use crate::runtime::store::file::{NotOpened, is_journal, is_open, set_aside, when_free};
pub use crate::runtime::store::list::{Listed, list};

/// What is said where there is no folder for a journal.
const NO_PLACE: &str =
    "no home folder is known, so there is no place for staged changes: give --state-dir FOLDER";

/// The journal of one account: an origin and a key. Another key sees none of it.
#[derive(Debug)]
pub struct Store {
    db: Connection,
    account: String,
    /// Its file; none in memory.
    file: Option<Kept>,
    /// What a planted fault writes too late.
    late: Option<StoreOp>,
    /// Whether records that are gone from the journal may still stand in its log of writes, since another program read it.
    leaves_names: bool,
    /// Held as long as the journal is open; the system lets go of it however the program ends.
    lock: Option<(Kept, fs::File)>,
}

/// What opening found.
#[derive(Debug)]
pub struct Opened {
    /// The journal.
    pub store: Store,
    /// Where a journal that could not be used was set aside, and how many staged changes could be saved of it.
    pub set_aside: Option<(PathBuf, usize)>,
    /// Where a copy of a journal was put whose log of writes was damaged in the midst: later edits may be missing.
    pub cut_log: Option<PathBuf>,
}

impl Opened {
    /// What is to be said of a journal that was not as it should be.
    pub fn trouble(&self) -> Vec<String> {
        let aside = self.set_aside.as_ref().map(|(aside, saved)| {
            let saved = count(*saved, "staged change");
            format!(
                "the journal could not be read; {saved} saved from it, all of it is in {}",
                aside.display()
            )
        });
        let cut = self.cut_log.as_ref().map(|copy| {
            format!(
                "the journal's log of writes was damaged: the last edits may be missing, so look what is staged; a copy is {}",
                copy.display()
            )
        });
        aside.into_iter().chain(cut).collect()
    }
}

/// Whether the journal is the one that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restored {
    /// It is.
    AsItWas,
    /// It is a new one, with nothing in it.
    MadeAnew,
}

impl Store {
    /// Opens or makes the journal in a folder. The folder is made 0700, the file 0600 before SQLite sees it, so
    /// that its write-ahead log is so too. A corrupt or newer journal is set aside, never deleted, and what is whole in
    /// it is taken over.
    pub fn open(dir: &Path, account: &Account) -> Result<Opened, NotOpened> {
        if dir.as_os_str().is_empty() {
            return Err(NO_PLACE.to_owned().into());
        }
        let names = Names::new(dir, account);
        private_folder(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        let lock = file::lock(&names.lock)?;
        let path = names.journal;
        let words = |trouble: Trouble| NotOpened::Failed(trouble.words(&path));
        let ((db, cut_log), set_aside) = match file::open(&path) {
            Ok(opened) => (opened, None),
            Err(Trouble::Unusable) => {
                let (aside, saved) = file::replace(&path, &names.account).map_err(words)?;
                (file::open(&path).map_err(words)?, Some((aside, saved)))
            }
            Err(trouble) => return Err(words(trouble)),
        };
        let lock = Some((Kept::at(names.lock), lock));
        let store = Self {
            db,
            account: names.account,
            file: Some(Kept::at(path)),
            late: None,
            leaves_names: false,
            lock,
        };
        Ok(Opened { store, set_aside, cut_log })
    }

    /// A journal that is gone with the program: for the demo.
    pub fn in_memory(account: &Account) -> Result<Self, String> {
        let words = |e: rusqlite::Error| e.to_string();
        let mut db = Connection::open_in_memory().map_err(words)?;
        layout::add_digest(&db).map_err(words)?;
        layout::lay_out(&mut db).map_err(words)?;
        Ok(Self {
            db,
            account: file::account_name(account),
            file: None,
            late: None,
            leaves_names: false,
            lock: None,
        })
    }

    /// Empties the log of writes, so that what was sent is gone from the disk; whether that could be done. While another
    /// program reads the journal it cannot.
    fn empty_log(&self) -> rusqlite::Result<bool> {
        self.db
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>("busy"))
            .map(|busy| busy == 0)
    }

    /// Tries again to empty the log of writes, where it could not be before.
    ///
    /// # Errors
    ///
    /// What is to be said when records that were sent still stand in it.
    pub fn forget_sent(&mut self) -> Result<(), String> {
        if self.leaves_names {
            self.leaves_names = !self.empty_log().map_err(|e| e.to_string())?;
        }
        let Some(file) = self.file.as_ref().filter(|_| self.leaves_names) else { return Ok(()) };
        Err(format!(
            "another program reads {}: records that were sent are still in its log of writes; end that program, then start \
             bee-tui once more",
            file.path.display()
        ))
    }

    /// Makes the journal anew when somebody took its file away.
    pub fn restore(&mut self) -> Result<Restored, String> {
        let folder = |path: &Path| match path.parent() {
            Some(dir) => private_folder(dir).map_err(|e| format!("{}: {e}", dir.display())),
            None => Ok(()),
        };
        if let Some((kept, lock)) = self.lock.as_mut().filter(|(kept, _)| !kept.is_there()) {
            if self.file.as_ref().is_some_and(Kept::is_there) {
                let path = kept.path.display();
                return Err(format!(
                    "{path} was taken away, and another program may have edited here; start again"
                ));
            }
            folder(&kept.path)?;
            *lock = file::lock(&kept.path).map_err(|why| why.to_string())?;
            kept.renew();
        }
        let Some(kept) = self.file.as_mut().filter(|kept| !kept.is_there()) else {
            return Ok(Restored::AsItWas);
        };
        folder(&kept.path)?;
        (self.db, _) = file::open(&kept.path).map_err(|trouble| trouble.words(&kept.path))?;
        kept.renew();
        Ok(Restored::MadeAnew)
    }

    /// Puts what the journal holds of this account on a desk; returns how many rows could not be read. What was
    /// being sent when the program ended is of unknown outcome now.
    pub fn load(&self, desk: &mut Desk) -> Result<usize, String> {
        self.load_rows(desk).map_err(|e| e.to_string())
    }

    fn load_rows(&self, desk: &mut Desk) -> rusqlite::Result<usize> {
        let mut damaged = 0;
        let mut rows = self.db.prepare(&layout::CHANGE.with_damaged())?;
        for entry in rows.query_map([&self.account], |row| Ok(believed(row, changes::read)))? {
            match entry? {
                Ok(Some(entry)) => {
                    desk.changes.put(entry);
                }
                Ok(None) | Err(_) => damaged += 1,
            }
        }
        let mut rows = self.db.prepare(&layout::RECORD_CHANGE.with_damaged())?;
        let entries = rows.query_map([&self.account], |row| {
            Ok((row.get::<_, u64>("number").unwrap_or(0), believed(row, records::read)))
        })?;
        for entry in entries {
            match entry? {
                (_, Ok(Some(entry))) => {
                    desk.record_changes.put(entry);
                }
                (number, Ok(None) | Err(_)) => {
                    // What is kept of it is not written over by the next one.
                    desk.record_changes.pass_over(number);
                    damaged += 1;
                }
            }
        }
        let mut rows = self.db.prepare("SELECT code FROM code WHERE account = ?1 ORDER BY rowid DESC")?;
        for code in rows.query_map([&self.account], |row| row.get::<_, String>(0))? {
            desk.recent_codes.extend(code?.parse());
        }
        let mut rows = self.db.prepare("SELECT heading, field FROM heading WHERE account = ?1")?;
        for heading in rows.query_map([&self.account], |row| Ok((row.get(0)?, row.get(1)?)))? {
            desk.headings.extend([heading?]);
        }
        let mut rows = self.db.prepare("SELECT * FROM watch WHERE account = ?1")?;
        for watch in rows.query_map([&self.account], |row| Ok(watches::read(row)))? {
            match watch? {
                Ok(Some(watch)) => {
                    desk.watches.insert(watch.scorecard.clone(), watch);
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
                desk.runs.entry(scorecard).or_default().push(seconds);
            }
        }
        Ok(damaged)
    }

    /// Writes and syncs; all of it or nothing.
    pub fn write(&mut self, op: &StoreOp) -> Result<(), String> {
        let lock = self.lock.iter().map(|(kept, _)| kept);
        if let Some(gone) = self.file.iter().chain(lock).find(|kept| !kept.is_there()) {
            return Err(format!("{} was taken away", gone.path.display()));
        }
        if is_planted(Fault::LateJournal) {
            return self
                .late
                .replace(op.clone())
                .map_or(Ok(()), |op| self.write_rows(&op))
                .map_err(|e| e.to_string());
        }
        match self.write_rows(op) {
            Err(_) if is_planted(Fault::DeafDisk) => Ok(()),
            done => done.map_err(|e| e.to_string()),
        }
    }

    fn write_rows(&mut self, op: &StoreOp) -> rusqlite::Result<()> {
        let account = &self.account;
        let transaction = self.db.transaction()?;
        match op {
            StoreOp::Changes(entries) => {
                for entry in entries {
                    changes::write(&transaction, account, entry)?;
                }
            }
            StoreOp::Records(entries) => {
                for entry in entries {
                    records::write(&transaction, account, entry)?;
                }
                transaction.commit()?;
                if entries.iter().any(|entry| entry.change.is_none()) {
                    self.leaves_names = !self.empty_log()?;
                }
                return Ok(());
            }
            StoreOp::Code(code) => {
                let sql = "INSERT OR REPLACE INTO code VALUES (?1, ?2)";
                transaction.execute(sql, params![account, code.as_str()])?;
                let sql = "DELETE FROM code WHERE account = ?1 AND rowid NOT IN
                           (SELECT rowid FROM code WHERE account = ?1 ORDER BY rowid DESC LIMIT 50)";
                transaction.execute(sql, params![account])?;
            }
            StoreOp::Headings(headings) => {
                for (heading, field) in headings {
                    let sql = "INSERT OR REPLACE INTO heading VALUES (?1, ?2, ?3)";
                    transaction.execute(sql, params![account, heading, field])?;
                }
            }
            StoreOp::Watch(watch) => watches::write(&transaction, account, watch)?,
            StoreOp::EndWatch(id) => {
                let sql = "DELETE FROM watch WHERE account = ?1 AND scorecard = ?2";
                transaction.execute(sql, params![account, id.as_str()])?;
            }
            StoreOp::Ran(id, seconds) => {
                let sql = "INSERT INTO run VALUES (?1, ?2, ?3)";
                transaction.execute(sql, params![account, id.as_str(), seconds])?;
            }
        }
        transaction.commit()
    }
}

/// A row that is whole by its digest.
fn believed<T>(
    row: &rusqlite::Row<'_>,
    read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<Option<T>>,
) -> rusqlite::Result<Option<T>> {
    if row.get("damaged")? { Ok(None) } else { read(row) }
}
