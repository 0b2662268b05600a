//! How states and times are stored in the journal's rows.

use jiff::Timestamp;
use rusqlite::Row;

use crate::domain::change::counter_change::ChangeState;

/// The values of the columns `state` and `words` for a state.
pub(super) fn state_columns(state: &ChangeState) -> (&'static str, &str) {
    match state {
        ChangeState::Staged => ("staged", ""),
        ChangeState::Sending => ("sending", ""),
        ChangeState::OutcomeUnknown => ("unknown", ""),
        ChangeState::Rejected(words) => ("refused", words.raw()),
        ChangeState::NotTaken => ("not taken", ""),
    }
}

/// The state of a row. A change that was being sent when the program ended has an unknown outcome.
pub(super) fn read_state(row: &Row<'_>) -> rusqlite::Result<ChangeState> {
    Ok(match row.get::<_, String>("state")?.as_str() {
        "staged" => ChangeState::Staged,
        "refused" => ChangeState::Rejected(row.get::<_, String>("words")?.into()),
        "not taken" => ChangeState::NotTaken,
        _ => ChangeState::OutcomeUnknown,
    })
}

/// A time from milliseconds since the epoch; `None` when it is out of range.
pub(super) fn timestamp_from_millis(millisecond: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(millisecond).ok()
}
