//! From a key to a wish: keys, the one table of commands, and the keymap made from it.

pub mod command;
pub mod key;
pub mod keymap;
