//! The outside: the terminal, the disk, the network and time; the only layers that touch them are here and left of
//! the program's entry.

pub mod clipboard;
pub mod effects;
pub mod event_loop;
pub mod files;
pub mod input;
pub mod journal;
pub mod paths;
pub mod terminal;
mod workbook;
