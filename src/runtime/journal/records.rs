//! Staged changes of records in the journal.

use rusqlite::{Connection, Row, params};

use crate::domain::change::collection::Collection;
use crate::domain::change::record_change::{Hold, Intent, ReconcileReads, RecordChange, SentRequest};
use crate::domain::change::record_changes::RecordEntry;
use crate::domain::id::RecordId;
use crate::domain::record::RecordDraft;
use crate::runtime::journal::rows::{read_state, state_columns, timestamp_from_millis};

/// Writes the row of a staged change, or deletes it when the change is gone.
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
    let (state, words) = state_columns(&change.state);
    let hold = match &change.hold {
        Hold::Held(why) => Some(why.raw()),
        Hold::NotHeld | Hold::Released => None,
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
        change.intent.record_id().map(RecordId::as_str),
        base.map(RecordDraft::to_journal),
        mine.map(RecordDraft::to_journal),
        state,
        words,
        hold,
        change.hold == Hold::Released,
        change.file_row,
        change.edited_at.as_millisecond(),
        change.sent_request.map(|sent| sent.matches_before),
        change.sent_request.map(|sent| sent.matches_arrived),
        change.sent_request.and_then(|sent| read_millis(sent.reads)),
        change.sent_request.is_some_and(|sent| sent.answered_ok),
    ])?;
    Ok(())
}

/// The column `looked`: when the first read was, and 0 where one read is enough, as earlier versions wrote it.
fn read_millis(reads: ReconcileReads) -> Option<i64> {
    match reads {
        ReconcileReads::None => None,
        ReconcileReads::First(at) => Some(at.as_millisecond()),
        ReconcileReads::OneIsEnough => Some(0),
    }
}

fn reads_from_millis(millis: Option<i64>) -> ReconcileReads {
    match millis {
        Some(0) => ReconcileReads::OneIsEnough,
        millis => millis.and_then(timestamp_from_millis).map_or(ReconcileReads::None, ReconcileReads::First),
    }
}

/// Reads a row; `None` when its values make no valid change.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Option<RecordEntry>> {
    let Ok(collection) = row.get::<_, String>("collection")?.parse::<Collection>() else { return Ok(None) };
    let draft = |name| -> rusqlite::Result<Option<RecordDraft>> {
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
        Some(before) => Some(SentRequest {
            matches_before: before,
            matches_arrived: row.get::<_, Option<u32>>("arrived")?.unwrap_or(0),
            reads: reads_from_millis(row.get("looked")?),
            answered_ok: row.get("answered")?,
        }),
        None => None,
    };
    let hold = match (row.get::<_, Option<String>>("hold")?, row.get("released")?) {
        (Some(why), _) => Hold::Held(why.into()),
        (None, true) => Hold::Released,
        (None, false) => Hold::NotHeld,
    };
    let number = row.get("number")?;
    let name = row.get::<_, String>("name")?.into();
    let at = timestamp_from_millis(row.get("at")?).unwrap_or_default();
    let mut change = RecordChange::new(collection, name, intent, at);
    change.state = read_state(row)?;
    change.hold = hold;
    change.file_row = row.get("row")?;
    change.revision = number;
    change.sent_request = sent;
    Ok(Some(RecordEntry { number, change: Some(change) }))
}
