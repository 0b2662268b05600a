//! Staged changes of records in the journal.

use rusqlite::{Connection, Row, params};

use crate::domain::collection::{Collection, RecordId};
use crate::domain::record::Draft;
use crate::domain::record_change::{Hold, Intent, RecordChange, Sent};
use crate::domain::record_changes::RecordEntry;
use crate::runtime::store::rows::{read_state, state_words, time};

/// Writes a row, or takes it out.
pub(super) fn write(db: &Connection, account: &str, entry: &RecordEntry) -> rusqlite::Result<()> {
    let Some(change) = &entry.change else {
        let sql = "DELETE FROM record_change WHERE account = ?1 AND number = ?2";
        db.prepare_cached(sql)?.execute(params![account, entry.number])?;
        return Ok(());
    };
    let (intent, base, mine) = match &change.intent {
        Intent::Create(mine) => ("create", None, Some(mine)),
        Intent::Update { base, mine, .. } => ("update", Some(base), Some(mine)),
        Intent::Delete(_) => ("delete", None, None),
        Intent::Replace { base, mine, .. } => ("replace", Some(base), Some(mine)),
    };
    let (state, words) = state_words(&change.state);
    let hold = match &change.hold {
        Hold::Waits(why) => Some(why.raw()),
        Hold::No | Hold::Released => None,
    };
    let sql = "INSERT OR REPLACE INTO record_change
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
                       digest(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18))";
    db.prepare_cached(sql)?.execute(params![
        account,
        entry.number,
        change.collection.to_string(),
        change.name.raw(),
        intent,
        change.intent.record().map(RecordId::as_str),
        base.map(Draft::to_journal),
        mine.map(Draft::to_journal),
        state,
        words,
        hold,
        change.hold == Hold::Released,
        change.row,
        change.at.as_millisecond(),
        change.sent.map(|sent| sent.before),
        change.sent.map(|sent| sent.arrived),
        change.sent.and_then(|sent| sent.looked).map(jiff::Timestamp::as_millisecond),
        change.sent.is_some_and(|sent| sent.answered),
    ])?;
    Ok(())
}

/// Reads a row; none when it names what cannot be.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Option<RecordEntry>> {
    let Ok(collection) = row.get::<_, String>("collection")?.parse::<Collection>() else { return Ok(None) };
    let draft = |name| -> rusqlite::Result<Option<Draft>> {
        let json = row.get::<_, Option<String>>(name)?;
        Ok(json.and_then(|json| collection.schema().from_journal(&json)))
    };
    let id = row.get::<_, Option<String>>("record")?.and_then(|id| id.parse::<RecordId>().ok());
    let intent = match (row.get::<_, String>("intent")?.as_str(), id, draft("mine")?) {
        ("create", None, Some(mine)) => Intent::Create(mine),
        ("update", Some(id), Some(mine)) => match draft("base")? {
            Some(base) => Intent::Update { id, base, mine },
            None => return Ok(None),
        },
        ("delete", Some(id), None) => Intent::Delete(id),
        ("replace", Some(id), Some(mine)) => match draft("base")? {
            Some(base) => Intent::Replace { id, base, mine },
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    let sent = match row.get("before")? {
        Some(before) => Some(Sent {
            before,
            arrived: row.get::<_, Option<u32>>("arrived")?.unwrap_or(0),
            looked: row.get::<_, Option<i64>>("looked")?.and_then(time),
            answered: row.get("answered")?,
        }),
        None => None,
    };
    let hold = match (row.get::<_, Option<String>>("hold")?, row.get("released")?) {
        (Some(why), _) => Hold::Waits(why.into()),
        (None, true) => Hold::Released,
        (None, false) => Hold::No,
    };
    let number = row.get("number")?;
    let name = row.get::<_, String>("name")?.into();
    let at = time(row.get("at")?).unwrap_or_default();
    let mut change = RecordChange::new(collection, name, intent, at);
    change.state = read_state(row)?;
    change.hold = hold;
    change.row = row.get("row")?;
    change.revision = number;
    change.sent = sent;
    Ok(Some(RecordEntry { number, change: Some(change) }))
}
