//! All input and output of the program: the terminal, the disk, the network and time.

pub mod clipboard;
pub mod effects;
pub mod event_loop;
pub mod files;
pub mod input;
pub mod journal;
pub mod paths;
pub mod terminal;
mod workbook;
