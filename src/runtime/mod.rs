//! All input and output of the program: the terminal, the disk, the network and time.

pub mod clipboard;
mod csv_reader;
mod eea13;
pub mod effects;
pub mod event_loop;
mod file_kind;
pub mod files;
pub mod input;
pub mod journal;
pub mod paths;
pub mod terminal;
mod workbook;
pub mod workbook_reader;
