//! Staged changes: edits that are not on the server yet.

pub mod change_set;
pub mod collection;
pub mod counter_change;
pub mod field_finding;
pub mod history;
pub mod natural_key;
pub mod participant_checks;
pub mod record_change;
pub mod record_changes;
pub mod rule;
