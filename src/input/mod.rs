//! From a key to a command: keys, the one table of commands, and the keymap built from it.

pub mod command;
pub mod key;
pub mod keymap;
