//! Import and export of records as files: reads people's files, judges them, and writes tables that read back.

pub mod amount_cell;
pub mod answers;
pub mod column_cell;
pub mod columns;
pub mod date_cell;
pub mod employment;
pub mod file_rows;
pub mod fill_down;
pub mod findings;
pub mod pasted_block;
pub mod person_name;
pub mod preview;
pub mod program_groups;
pub mod questions;
pub mod report;
pub mod row_judge;
pub mod row_reader;
pub mod row_values;
pub mod seen_people;
pub mod server_knowledge;
pub mod sheet_table;
pub mod table_labels;
pub mod vocabulary;
pub mod written_tables;
