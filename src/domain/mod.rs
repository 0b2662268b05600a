//! Records and their rules: what the vendor's documents say a thing is, with no I/O and no terminal.

pub mod change;
pub mod counter;
pub mod date;
pub mod history;
pub mod id;
pub mod participant;
pub mod plan;
pub mod recalculation;
pub mod record;
pub mod scorecard;
pub mod supplier_score;
pub mod target;
pub mod text;
pub mod training_program;
