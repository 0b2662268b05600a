//! The domain: the API's records and the rules the vendor's documents give for them. No I/O, no terminal.

pub mod benchmark;
pub mod cell_range;
pub mod change;
pub mod date;
pub mod draft;
pub mod file_grid;
pub mod file_table;
pub mod id;
pub mod import;
pub mod plan;
pub mod record;
pub mod refusal;
pub mod report;
pub mod shape_error;
pub mod spend;
pub mod text;
