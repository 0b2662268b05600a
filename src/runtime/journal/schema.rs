//! The schema of the journal's tables, and the digest that reveals damaged rows.

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};
use sha2::{Digest, Sha256};

/// The schema version this program writes; a journal of a newer one is set aside, never changed.
pub(super) const SCHEMA_VERSION: i64 = 4;

const SCHEMA_SQL: &str = "
    CREATE TABLE IF NOT EXISTS change (
        account TEXT NOT NULL, plan INTEGER NOT NULL, milestone INTEGER NOT NULL, target INTEGER NOT NULL,
        counter TEXT NOT NULL, base INTEGER, mine INTEGER NOT NULL, state TEXT NOT NULL, words TEXT NOT NULL,
        at INTEGER NOT NULL, plan_name TEXT NOT NULL, year INTEGER NOT NULL, target_type TEXT NOT NULL,
        sum INTEGER, PRIMARY KEY (account, plan, milestone, target, counter));
    CREATE TABLE IF NOT EXISTS record_change (
        account TEXT NOT NULL, number INTEGER NOT NULL, collection TEXT NOT NULL, name TEXT NOT NULL,
        intent TEXT NOT NULL, record TEXT, base TEXT, mine TEXT, state TEXT NOT NULL, words TEXT NOT NULL,
        hold TEXT, released INTEGER NOT NULL, row INTEGER, at INTEGER NOT NULL,
        before INTEGER, arrived INTEGER, looked INTEGER, answered INTEGER NOT NULL,
        sum INTEGER, PRIMARY KEY (account, number));
    CREATE TABLE IF NOT EXISTS code (
        account TEXT NOT NULL, code TEXT NOT NULL, PRIMARY KEY (account, code));
    CREATE TABLE IF NOT EXISTS heading (
        account TEXT NOT NULL, heading TEXT NOT NULL, field TEXT NOT NULL, PRIMARY KEY (account, heading));
    CREATE TABLE IF NOT EXISTS draft (
        account TEXT NOT NULL, plan INTEGER NOT NULL, request TEXT NOT NULL, PRIMARY KEY (account, plan));
    CREATE TABLE IF NOT EXISTS watch (
        account TEXT NOT NULL, scorecard TEXT NOT NULL, description TEXT NOT NULL, asked_at INTEGER NOT NULL,
        noted TEXT, state TEXT NOT NULL, wish TEXT NOT NULL, last_look INTEGER, turns INTEGER NOT NULL,
        fields TEXT, editor TEXT, edited_at INTEGER, edit_seen INTEGER, unseen_write INTEGER,
        PRIMARY KEY (account, scorecard));
    CREATE TABLE IF NOT EXISTS run (
        account TEXT NOT NULL, scorecard TEXT NOT NULL, seconds INTEGER NOT NULL);";

/// A table of staged changes; its rows have a digest.
pub(super) struct JournalTable {
    pub(super) name: &'static str,
    /// The columns that a row's digest covers, in order.
    pub(super) columns: &'static str,
    /// The columns that are listed for scripts: no field of a record but its name.
    pub(super) listed_columns: &'static str,
}

/// Staged changes of counters.
pub(super) const CHANGE: JournalTable = JournalTable {
    name: "change",
    columns: "account, plan, milestone, target, counter, base, mine, state, words, at, plan_name, year, target_type",
    listed_columns: "state, plan, plan_name, milestone, target, year, target_type, counter, base, mine, words, at",
};

/// Staged changes of records.
pub(super) const RECORD_CHANGE: JournalTable = JournalTable {
    name: "record_change",
    columns: "account, number, collection, name, intent, record, base, mine, state, words, hold, released, row, at, \
              before, arrived, looked, answered",
    listed_columns: "state, collection, intent, record, name, row, hold, words, at",
};

/// Both tables of staged changes.
pub(super) const STAGED: [JournalTable; 2] = [CHANGE, RECORD_CHANGE];

impl JournalTable {
    /// SQL for all rows of an account. Its column `damaged` says whether a row fails its digest; such a row
    /// is kept but not used.
    pub(super) fn select_sql(&self) -> String {
        let Self { name, columns, .. } = self;
        format!("SELECT *, sum IS NOT digest({columns}) AS damaged FROM {name} WHERE account = ?1")
    }
}

/// Creates the tables, or migrates those of an earlier version: all of it or nothing.
pub(super) fn lay_out(db: &mut Connection) -> Result<()> {
    let transaction = db.transaction()?;
    transaction.execute_batch(SCHEMA_SQL)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    for JournalTable { name, columns, .. } in STAGED {
        let sums = "SELECT count(*) FROM pragma_table_info(?1) WHERE name = 'sum'";
        if transaction.query_row(sums, [name], |row| row.get::<_, i64>(0))? == 0 {
            transaction.execute_batch(&format!(
                "ALTER TABLE {name} ADD COLUMN sum INTEGER; UPDATE {name} SET sum = digest({columns});"
            ))?;
        }
    }
    // Version 4 added columns for edits observed during a recalculation.
    for column in
        ["fields TEXT", "editor TEXT", "edited_at INTEGER", "edit_seen INTEGER", "unseen_write INTEGER"]
    {
        let (name, _) = column.split_once(' ').unwrap_or_default();
        let known = "SELECT count(*) FROM pragma_table_info('watch') WHERE name = ?1";
        if transaction.query_row(known, [name], |row| row.get::<_, i64>(0))? == 0 {
            transaction.execute_batch(&format!("ALTER TABLE watch ADD COLUMN {column};"))?;
        }
    }
    transaction.commit()
}

/// Registers the SQL function `digest(…)`: a 64-bit hash of its arguments in order.
pub(super) fn register_digest_function(db: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    db.create_scalar_function("digest", -1, flags, |row| Ok(digest(row)))
}

fn digest(row: &Context<'_>) -> i64 {
    let mut hash = Sha256::new();
    for at in 0..row.len() {
        let (kind, bytes): (u8, &[u8]) = match row.get_raw(at) {
            ValueRef::Null => (0, &[]),
            ValueRef::Integer(n) => {
                hash.update([1]);
                hash.update(n.to_le_bytes());
                continue;
            }
            ValueRef::Real(n) => {
                hash.update([2]);
                hash.update(n.to_le_bytes());
                continue;
            }
            ValueRef::Text(text) => (3, text),
            ValueRef::Blob(bytes) => (4, bytes),
        };
        hash.update([kind]);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    let digest = hash.finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_le_bytes(first)
}
