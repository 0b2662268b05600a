//! How states and times stand in the journal's rows.

use jiff::Timestamp;
use rusqlite::Row;

use crate::domain::change::State;

/// How a state stands in the journal.
pub(super) fn state_words(state: &State) -> (&'static str, &str) {
    match state {
        State::Staged => ("staged", ""),
        State::Sending => ("sending", ""),
        State::Unknown => ("unknown", ""),
        State::Refused(words) => ("refused", words.raw()),
        State::NotTaken => ("not taken", ""),
    }
}

/// The state of a row; what was being sent when the program ended is of unknown outcome.
pub(super) fn read_state(row: &Row<'_>) -> rusqlite::Result<State> {
    Ok(match row.get::<_, String>("state")?.as_str() {
        "staged" => State::Staged,
        "refused" => State::Refused(row.get::<_, String>("words")?.into()),
        "not taken" => State::NotTaken,
        _ => State::Unknown,
    })
}

/// A moment from its milliseconds.
pub(super) fn time(millisecond: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(millisecond).ok()
}
