//! The journal on disk: staged changes, watches, how long recalculations ran. SQLite, each commit synced.

mod records;
mod rows;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, Row, params};

use crate::api::client::Account;
use crate::api::sign::hex;
use crate::desk::Desk;
use crate::domain::change::{Cell, Change, Entry, TargetLabel, TargetPlace};
use crate::domain::counter::Counter;
use crate::domain::id::{MilestoneId, PlanId, TargetId};
use crate::domain::recalculation::{self, Starter, Watch, Wish};
use crate::domain::target::TargetType;
use crate::effect::StoreOp;
use crate::runtime::store::rows::{read_state, state_words, time};

/// The journal of one account: an origin and a key. Another key sees none of it.
#[derive(Debug)]
pub struct Store {
    db: Connection,
    account: String,
    /// Held as long as the journal is open; the system lets go of it however the program ends.
    _lock: Option<fs::File>,
}

/// What opening found.
#[derive(Debug)]
pub struct Opened {
    /// The journal.
    pub store: Store,
    /// Where a journal that could not be used was set aside.
    pub set_aside: Option<PathBuf>,
}

/// The layout this version writes; a newer one is set aside, never changed.
const VERSION: i64 = 2;

const LAYOUT: &str = "
    CREATE TABLE IF NOT EXISTS change (
        account TEXT NOT NULL, plan INTEGER NOT NULL, milestone INTEGER NOT NULL, target INTEGER NOT NULL,
        counter TEXT NOT NULL, base INTEGER, mine INTEGER NOT NULL, state TEXT NOT NULL, words TEXT NOT NULL,
        at INTEGER NOT NULL, plan_name TEXT NOT NULL, year INTEGER NOT NULL, target_type TEXT NOT NULL,
        PRIMARY KEY (account, plan, milestone, target, counter));
    CREATE TABLE IF NOT EXISTS record_change (
        account TEXT NOT NULL, number INTEGER NOT NULL, collection TEXT NOT NULL, name TEXT NOT NULL,
        intent TEXT NOT NULL, record TEXT, base TEXT, mine TEXT, state TEXT NOT NULL, words TEXT NOT NULL,
        hold TEXT, released INTEGER NOT NULL, row INTEGER, at INTEGER NOT NULL,
        before INTEGER, arrived INTEGER, looked INTEGER, answered INTEGER NOT NULL,
        PRIMARY KEY (account, number));
    CREATE TABLE IF NOT EXISTS code (
        account TEXT NOT NULL, code TEXT NOT NULL, PRIMARY KEY (account, code));
    CREATE TABLE IF NOT EXISTS heading (
        account TEXT NOT NULL, heading TEXT NOT NULL, field TEXT NOT NULL, PRIMARY KEY (account, heading));
    CREATE TABLE IF NOT EXISTS watch (
        account TEXT NOT NULL, scorecard TEXT NOT NULL, description TEXT NOT NULL, asked_at INTEGER NOT NULL,
        noted TEXT, state TEXT NOT NULL, wish TEXT NOT NULL, last_look INTEGER, turns INTEGER NOT NULL,
        PRIMARY KEY (account, scorecard));
    CREATE TABLE IF NOT EXISTS run (
        account TEXT NOT NULL, scorecard TEXT NOT NULL, seconds INTEGER NOT NULL);
    PRAGMA user_version = 2;";

/// Why the journal was not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotOpened {
    /// Another program has it open.
    #[error("another bee-tui (process {0}) has this account open; edit there, or end it first")]
    Elsewhere(String),
    /// It cannot be used; where and why.
    #[error("{0}")]
    Failed(String),
}

impl From<String> for NotOpened {
    fn from(why: String) -> Self {
        Self::Failed(why)
    }
}

impl Store {
    /// Opens or makes the journal in a folder. The folder is made 0700, the file 0600 before SQLite sees it, so
    /// that its write-ahead log is so too. A corrupt or newer journal is set aside, never deleted.
    pub fn open(dir: &Path, account: &Account) -> Result<Opened, NotOpened> {
        make_folder(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        let lock = lock(&dir.join(format!("{}.lock", account_name(account))))?;
        let path = dir.join(format!("journal-{}.sqlite", account_name(account)));
        match Self::try_open(&path, account) {
            Ok(store) => Ok(Opened { store: Self { _lock: Some(lock), ..store }, set_aside: None }),
            Err(Trouble::Unusable) => {
                let aside =
                    (1..1000).map(|n| with_suffix(&path, &format!(".aside-{n}"))).find(|p| !p.exists());
                let aside = aside.unwrap_or_else(|| with_suffix(&path, ".aside"));
                for suffix in ["-wal", "-shm"] {
                    let _ = fs::rename(with_suffix(&path, suffix), with_suffix(&aside, suffix));
                }
                fs::rename(&path, &aside).map_err(|e| format!("{}: {e}", path.display()))?;
                let store = Self::try_open(&path, account).map_err(|e| e.words(&path))?;
                Ok(Opened { store: Self { _lock: Some(lock), ..store }, set_aside: Some(aside) })
            }
            Err(trouble) => Err(trouble.words(&path).into()),
        }
    }

    /// A journal that is gone with the program: for the demo.
    pub fn in_memory(account: &Account) -> Result<Self, String> {
        let db = Connection::open_in_memory().map_err(|e| e.to_string())?;
        db.execute_batch(LAYOUT).map_err(|e| e.to_string())?;
        Ok(Self { db, account: account_name(account), _lock: None })
    }

    fn try_open(path: &Path, account: &Account) -> Result<Self, Trouble> {
        make_private(path).map_err(Trouble::Io)?;
        let db = Connection::open(path)?;
        // Nobody else writes here; whoever does must not hold up the keys.
        db.busy_timeout(std::time::Duration::from_millis(50))?;
        let sound: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if sound != "ok" {
            return Err(Trouble::Unusable);
        }
        let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version > VERSION {
            return Err(Trouble::Unusable);
        }
        db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;")?;
        if version < VERSION {
            db.execute_batch(LAYOUT)?;
        }
        Ok(Self { db, account: account_name(account), _lock: None })
    }

    /// Puts what the journal holds of this account on a desk; returns how many rows could not be read. What was
    /// being sent when the program ended is of unknown outcome now.
    pub fn load(&self, desk: &mut Desk) -> Result<usize, String> {
        self.load_rows(desk).map_err(|e| e.to_string())
    }

    fn load_rows(&self, desk: &mut Desk) -> rusqlite::Result<usize> {
        let mut damaged = 0;
        let mut rows = self.db.prepare("SELECT * FROM change WHERE account = ?1")?;
        for entry in rows.query_map([&self.account], |row| Ok(read_change(row)))? {
            match entry? {
                Ok(Some(entry)) => {
                    desk.changes.put(entry);
                }
                Ok(None) | Err(_) => damaged += 1,
            }
        }
        let mut rows = self.db.prepare("SELECT * FROM record_change WHERE account = ?1")?;
        for entry in rows.query_map([&self.account], |row| Ok(records::read(row)))? {
            match entry? {
                Ok(Some(entry)) => {
                    desk.record_changes.put(entry);
                }
                Ok(None) | Err(_) => damaged += 1,
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
        for watch in rows.query_map([&self.account], |row| Ok(read_watch(row)))? {
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
        self.write_rows(op).map_err(|e| e.to_string())
    }

    fn write_rows(&mut self, op: &StoreOp) -> rusqlite::Result<()> {
        let account = &self.account;
        let transaction = self.db.transaction()?;
        match op {
            StoreOp::Changes(entries) => {
                for entry in entries {
                    write_change(&transaction, account, entry)?;
                }
            }
            StoreOp::Records(entries) => {
                for entry in entries {
                    records::write(&transaction, account, entry)?;
                }
                transaction.commit()?;
                if entries.iter().any(|entry| entry.change.is_none()) {
                    // What was sent is gone from the disk, and from the log of writes too.
                    self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
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
            StoreOp::Watch(watch) => write_watch(&transaction, account, watch)?,
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

/// Why a journal could not be opened.
enum Trouble {
    /// Corrupt, no journal at all, or of a newer version.
    Unusable,
    Io(std::io::Error),
    Sql(rusqlite::Error),
}

impl Trouble {
    fn words(&self, path: &Path) -> String {
        match self {
            Self::Unusable => format!("{}: cannot be read", path.display()),
            Self::Io(e) => format!("{}: {e}", path.display()),
            Self::Sql(e) => format!("{}: {e}", path.display()),
        }
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Unusable,
            _ => Self::Sql(error),
        }
    }
}

/// The account's name in the journal: a digest, since the key is nobody's business there.
fn account_name(account: &Account) -> String {
    use sha2::Digest;
    hex(&sha2::Sha256::digest(format!("{}\n{}", account.origin.as_str(), account.key)))[..32].to_owned()
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn make_folder(dir: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Takes the account's lock, or says who has it: two programs must not keep one journal.
fn lock(path: &Path) -> Result<fs::File, NotOpened> {
    let words = |e: std::io::Error| NotOpened::Failed(format!("{}: {e}", path.display()));
    let mut file = make_private(path).map_err(words)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0).map_err(words)?;
            write!(file, "{}", std::process::id()).map_err(words)?;
            Ok(file)
        }
        Err(fs::TryLockError::WouldBlock) => {
            let holder = fs::read_to_string(path).unwrap_or_default();
            Err(NotOpened::Elsewhere(holder))
        }
        Err(fs::TryLockError::Error(e)) => Err(words(e)),
    }
}

/// Makes the file if it is not there, readable by its owner only.
pub fn make_private(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn write_change(db: &Connection, account: &str, entry: &Entry) -> rusqlite::Result<()> {
    let Cell { place, counter } = &entry.cell;
    let (plan, milestone, target) = (place.plan.as_u64(), place.milestone.as_u64(), place.target.as_u64());
    let Some(change) = &entry.change else {
        let sql = "DELETE FROM change
                   WHERE account = ?1 AND plan = ?2 AND milestone = ?3 AND target = ?4 AND counter = ?5";
        db.prepare_cached(sql)?.execute(params![account, plan, milestone, target, counter.name()])?;
        return Ok(());
    };
    let (state, words) = state_words(&change.state);
    let sql = "INSERT OR REPLACE INTO change VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    db.prepare_cached(sql)?.execute(params![
        account,
        plan,
        milestone,
        target,
        counter.name(),
        change.base,
        change.mine,
        state,
        words,
        change.at.as_millisecond(),
        entry.label.plan.raw(),
        entry.label.year,
        entry.label.target_type.name(),
    ])?;
    Ok(())
}

/// A row of the journal; none when it names what cannot be.
fn read_change(row: &Row<'_>) -> rusqlite::Result<Option<Entry>> {
    let place = TargetPlace {
        plan: match PlanId::new(row.get("plan")?) {
            Some(id) => id,
            None => return Ok(None),
        },
        milestone: match MilestoneId::new(row.get("milestone")?) {
            Some(id) => id,
            None => return Ok(None),
        },
        target: match TargetId::new(row.get("target")?) {
            Some(id) => id,
            None => return Ok(None),
        },
    };
    let Some(counter) = Counter::parse(&row.get::<_, String>("counter")?) else { return Ok(None) };
    let state = read_state(row)?;
    Ok(Some(Entry {
        cell: Cell { place, counter },
        label: TargetLabel {
            plan: row.get::<_, String>("plan_name")?.into(),
            year: row.get("year")?,
            target_type: TargetType::parse(&row.get::<_, String>("target_type")?),
        },
        change: Some(Change {
            base: row.get("base")?,
            mine: row.get("mine")?,
            state,
            at: time(row.get("at")?).unwrap_or_default(),
        }),
    }))
}

fn write_watch(db: &Connection, account: &str, watch: &Watch) -> rusqlite::Result<()> {
    use recalculation::State::{LostTouch, Running};
    let state = match &watch.state {
        Running(Starter::Here) | LostTouch(_, Some(Starter::Here)) => "here",
        Running(Starter::Elsewhere) | LostTouch(_, Some(Starter::Elsewhere)) => "elsewhere",
        _ => "requested",
    };
    let wish = if watch.wish == Wish::StartMine { "start mine" } else { "watch" };
    db.execute(
        "INSERT OR REPLACE INTO watch VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            account,
            watch.scorecard.as_str(),
            watch.description.raw(),
            watch.asked_at.as_millisecond(),
            watch.noted.map(|noted| noted.to_string()),
            state,
            wish,
            watch.last_look.map(Timestamp::as_millisecond),
            watch.turns,
        ],
    )?;
    Ok(())
}

fn read_watch(row: &Row<'_>) -> rusqlite::Result<Option<Watch>> {
    let Ok(scorecard) = row.get::<_, String>("scorecard")?.parse() else { return Ok(None) };
    Ok(Some(Watch {
        scorecard,
        description: row.get::<_, String>("description")?.into(),
        asked_at: time(row.get("asked_at")?).unwrap_or_default(),
        noted: row.get::<_, Option<String>>("noted")?.and_then(|noted| noted.parse().ok()),
        state: match row.get::<_, String>("state")?.as_str() {
            "here" => recalculation::State::Running(Starter::Here),
            "elsewhere" => recalculation::State::Running(Starter::Elsewhere),
            _ => recalculation::State::Requested,
        },
        wish: if row.get::<_, String>("wish")? == "start mine" { Wish::StartMine } else { Wish::Watch },
        last_look: row.get::<_, Option<i64>>("last_look")?.and_then(time),
        turns: row.get("turns")?,
    }))
}
