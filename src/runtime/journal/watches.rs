//! Watches of recalculations in the journal.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::domain::record::recalculation::{self, Author, BusyChoice, Observation, ObservedEdit, Watch};
use crate::domain::text::Text;
use crate::runtime::journal::rows::timestamp_from_millis;

/// Inserts or replaces the row of a watch.
pub(super) fn write(db: &Connection, account: &str, watch: &Watch) -> rusqlite::Result<()> {
    use recalculation::RecalculationState::{LostTouch, Running};
    let state = match &watch.state {
        Running(Author::Here) | LostTouch(_, Some(Author::Here)) => "here",
        Running(Author::Elsewhere) | LostTouch(_, Some(Author::Elsewhere)) => "elsewhere",
        _ => "requested",
    };
    let busy_choice = if watch.busy_choice == BusyChoice::StartAfterwards { "start mine" } else { "watch" };
    let editor = watch.last_edit.map(|edit| if edit.editor == Author::Here { "here" } else { "elsewhere" });
    // A write in flight when the program ends may have arrived: it is stored with the latest possible time.
    let unseen = watch.unseen_write_at.or((watch.writes_in_flight > 0).then_some(Timestamp::MAX));
    db.execute(
        "INSERT OR REPLACE INTO watch (account, scorecard, description, asked_at, noted, state, wish, last_look, turns,
             fields, editor, edited_at, edit_seen, unseen_write)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        params![
            account,
            watch.scorecard.as_str(),
            watch.description.raw(),
            watch.asked_at.as_millisecond(),
            watch.baseline.as_ref().and_then(|noted| noted.updated_at).map(|at| at.to_string()),
            state,
            busy_choice,
            watch.last_read_at.map(Timestamp::as_millisecond),
            watch.attempts,
            watch.baseline.as_ref().and_then(|noted| noted.fields.as_ref()).map(Text::raw),
            editor,
            watch.last_edit.map(|edit| edit.edited_at.as_millisecond()),
            watch.last_edit.map(|edit| edit.seen_at.as_millisecond()),
            unseen.map(Timestamp::as_millisecond),
        ],
    )?;
    Ok(())
}

/// Reads a row; `None` when its scorecard id is invalid.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Option<Watch>> {
    let Ok(scorecard) = row.get::<_, String>("scorecard")?.parse() else { return Ok(None) };
    let moment = |column: &str| {
        Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.and_then(timestamp_from_millis))
    };
    let updated_at = row.get::<_, Option<String>>("noted")?.and_then(|noted| noted.parse().ok());
    let fields = row.get::<_, Option<String>>("fields")?.map(Text::from);
    let by = row
        .get::<_, Option<String>>("editor")?
        .map(|by| if by == "here" { Author::Here } else { Author::Elsewhere });
    let edit = match (by, moment("edited_at")?, moment("edit_seen")?) {
        (Some(by), Some(at), Some(seen)) => Some(ObservedEdit { editor: by, edited_at: at, seen_at: seen }),
        _ => None,
    };
    Ok(Some(Watch {
        scorecard,
        description: row.get::<_, String>("description")?.into(),
        asked_at: timestamp_from_millis(row.get("asked_at")?).unwrap_or_default(),
        baseline: (updated_at.is_some() || fields.is_some()).then_some(Observation { updated_at, fields }),
        last_edit: edit,
        writes_in_flight: 0,
        unseen_write_at: moment("unseen_write")?,
        state: match row.get::<_, String>("state")?.as_str() {
            "here" => recalculation::RecalculationState::Running(Author::Here),
            "elsewhere" => recalculation::RecalculationState::Running(Author::Elsewhere),
            _ => recalculation::RecalculationState::Requested,
        },
        busy_choice: if row.get::<_, String>("wish")? == "start mine" {
            BusyChoice::StartAfterwards
        } else {
            BusyChoice::WatchOnly
        },
        last_read_at: moment("last_look")?,
        attempts: row.get("turns")?,
    }))
}
