//! What a journal holds, to be told to scripts: without a lock, and without a field of any record but its name.

use std::path::Path;

use rusqlite::types::Value;
use serde_json::{Map, Value as Json};

use crate::api::client::Account;
use crate::runtime::store::file::{Names, is_open, peek};
use crate::runtime::store::layout::STAGED;

/// A staged change: its columns by name. `state` is `staged`, `sending`, `unknown`, `refused` or `not taken`.
pub type Listed = Map<String, Json>;

/// The columns that are told, table by table.
const TOLD: [&str; 2] = [
    "state, plan, plan_name, milestone, target, year, target_type, counter, base, mine, words, at",
    "state, collection, intent, record, name, row, hold, words, at",
];

/// The staged changes an account's journal holds; none when there is no journal. What was being sent by a program that
/// is no more is of unknown outcome.
pub fn list(dir: &Path, account: &Account) -> Result<Vec<Listed>, String> {
    let names = Names::new(dir, account);
    if !names.journal.exists() {
        return Ok(Vec::new());
    }
    let running = is_open(&names.lock);
    let words = |e: rusqlite::Error| format!("{}: {e}", names.journal.display());
    let db = peek(&names.journal).map_err(words)?;
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(words)?;
    if version == 0 {
        // It was only being made when the program ended.
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for (table, told) in STAGED.iter().zip(TOLD) {
        let sql = format!("SELECT {told} FROM {} WHERE account = ?1 ORDER BY rowid", table.name);
        let mut statement = db.prepare(&sql).map_err(words)?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([&names.account]).map_err(words)?;
        while let Some(row) = rows.next().map_err(words)? {
            let mut listed = Map::new();
            for (at, name) in columns.iter().enumerate() {
                let value = match row.get(at).map_err(words)? {
                    Value::Integer(at) if name == "at" => {
                        jiff::Timestamp::from_millisecond(at).map_or(Json::Null, |at| at.to_string().into())
                    }
                    Value::Integer(n) => n.into(),
                    Value::Text(text) if name == "state" && text == "sending" && !running => "unknown".into(),
                    Value::Text(text) => text.into(),
                    _ => Json::Null,
                };
                listed.insert(name.clone(), value);
            }
            all.push(listed);
        }
    }
    Ok(all)
}
