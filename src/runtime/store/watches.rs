//! Watches of recalculations in the journal.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::domain::recalculation::{self, Edit, Editor, Observation, Starter, Watch, Wish};
use crate::domain::text::Text;
use crate::runtime::store::rows::time;

/// Writes a row.
pub(super) fn write(db: &Connection, account: &str, watch: &Watch) -> rusqlite::Result<()> {
    use recalculation::State::{LostTouch, Running};
    let state = match &watch.state {
        Running(Starter::Here) | LostTouch(_, Some(Starter::Here)) => "here",
        Running(Starter::Elsewhere) | LostTouch(_, Some(Starter::Elsewhere)) => "elsewhere",
        _ => "requested",
    };
    let wish = if watch.wish == Wish::StartMine { "start mine" } else { "watch" };
    let editor = watch.edit.map(|edit| if edit.by == Editor::Here { "here" } else { "elsewhere" });
    // A write that is under way when the program ends may have been done.
    let unseen = watch.unseen_write.or((watch.writes_in_flight > 0).then_some(Timestamp::MAX));
    db.execute(
        "INSERT OR REPLACE INTO watch (account, scorecard, description, asked_at, noted, state, wish, last_look, turns,
             fields, editor, edited_at, edit_seen, unseen_write)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        params![
            account,
            watch.scorecard.as_str(),
            watch.description.raw(),
            watch.asked_at.as_millisecond(),
            watch.noted.as_ref().and_then(|noted| noted.updated_at).map(|at| at.to_string()),
            state,
            wish,
            watch.last_look.map(Timestamp::as_millisecond),
            watch.turns,
            watch.noted.as_ref().and_then(|noted| noted.fields.as_ref()).map(Text::raw),
            editor,
            watch.edit.map(|edit| edit.at.as_millisecond()),
            watch.edit.map(|edit| edit.seen.as_millisecond()),
            unseen.map(Timestamp::as_millisecond),
        ],
    )?;
    Ok(())
}

/// Reads a row; none when it names what cannot be.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Option<Watch>> {
    let Ok(scorecard) = row.get::<_, String>("scorecard")?.parse() else { return Ok(None) };
    let moment = |column: &str| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.and_then(time));
    let updated_at = row.get::<_, Option<String>>("noted")?.and_then(|noted| noted.parse().ok());
    let fields = row.get::<_, Option<String>>("fields")?.map(Text::from);
    let by = row
        .get::<_, Option<String>>("editor")?
        .map(|by| if by == "here" { Editor::Here } else { Editor::Elsewhere });
    let edit = match (by, moment("edited_at")?, moment("edit_seen")?) {
        (Some(by), Some(at), Some(seen)) => Some(Edit { by, at, seen }),
        _ => None,
    };
    Ok(Some(Watch {
        scorecard,
        description: row.get::<_, String>("description")?.into(),
        asked_at: time(row.get("asked_at")?).unwrap_or_default(),
        noted: (updated_at.is_some() || fields.is_some()).then_some(Observation { updated_at, fields }),
        edit,
        writes_in_flight: 0,
        unseen_write: moment("unseen_write")?,
        state: match row.get::<_, String>("state")?.as_str() {
            "here" => recalculation::State::Running(Starter::Here),
            "elsewhere" => recalculation::State::Running(Starter::Elsewhere),
            _ => recalculation::State::Requested,
        },
        wish: if row.get::<_, String>("wish")? == "start mine" { Wish::StartMine } else { Wish::Watch },
        last_look: moment("last_look")?,
        turns: row.get("turns")?,
    }))
}
