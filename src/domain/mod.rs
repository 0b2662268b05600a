//! Records and their rules: what the vendor's documents say a thing is, with no I/O and no terminal.

pub mod benchmark;
pub mod cell_range;
pub mod change;
pub mod date;
pub mod file_table;
pub mod id;
pub mod import;
pub mod plan;
pub mod record;
pub mod text;
