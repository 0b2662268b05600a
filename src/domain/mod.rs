//! Records and their rules: what the vendor's documents say a thing is, with no I/O and no terminal.

pub mod change;
pub mod check;
pub mod collection;
pub mod counter;
pub mod date;
pub mod history;
pub mod id;
pub mod import;
pub mod likeness;
pub mod participant;
pub mod plan;
pub mod recalculation;
pub mod record;
pub mod record_change;
pub mod record_changes;
pub mod scorecard;
pub mod supplier_score;
pub mod target;
pub mod text;
pub mod training_program;
pub mod typed;
