//! Lists what a journal holds, for scripts: takes no lock and shows no field of a record but its name.

use std::path::Path;

use rusqlite::types::Value;
use serde_json::{Map, Value as Json};

use crate::api::client::Credentials;
use crate::effect::JournalError;
use crate::runtime::journal::file::{JournalPaths, is_held_lock, open_read_only};
use crate::runtime::journal::schema::{JournalTable, SCHEMA_VERSION, STAGED};

/// A staged change: its columns by name. `state` is `staged`, `sending`, `unknown`, `refused` or `not taken`;
/// it is `damaged` when the row does not match its digest.
pub type JournalRow = Map<String, Json>;

/// The staged changes in an account's journal; empty when there is no journal. A change that was being sent
/// by a program that no longer runs has an unknown outcome. Fails with a message when the journal cannot be
/// read or has another schema version.
pub fn list_staged(dir: &Path, account: &Credentials) -> Result<Vec<JournalRow>, JournalError> {
    let names = JournalPaths::new(dir, account);
    match std::fs::metadata(&names.journal) {
        Ok(_) => {}
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(format!("{}: {e}", names.journal.display()).into()),
    }
    let running = is_held_lock(&names.lock);
    let words = |e: rusqlite::Error| {
        format!("{}: {e}; bee-tui itself sets a journal aside that it cannot use", names.journal.display())
    };
    let db = open_read_only(&names.journal).map_err(words)?;
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(words)?;
    match version {
        // The program ended while it was creating this journal.
        0 => return Ok(Vec::new()),
        3..=SCHEMA_VERSION => {}
        _ => {
            return Err(format!(
                "{} is of another version; start the program with it first",
                names.journal.display()
            )
            .into());
        }
    }
    let mut all = Vec::new();
    for JournalTable { name, listed_columns: select_columns, columns } in STAGED {
        let state = format!("CASE WHEN sum IS digest({columns}) THEN state ELSE 'damaged' END AS state");
        let select_columns = select_columns.replacen("state", &state, 1);
        let sql = format!("SELECT {select_columns} FROM {name} WHERE account = ?1 ORDER BY rowid");
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
