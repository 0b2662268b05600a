//! Watches of recalculations in the journal.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::domain::recalculation::{self, Starter, Watch, Wish};
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

/// Reads a row; none when it names what cannot be.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Option<Watch>> {
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
