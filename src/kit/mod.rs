//! Widgets without domain knowledge. Each has a state, changed in `update`, and a drawing function without
//! side effects.

pub mod form;
pub mod frame;
pub mod grid;
pub mod list;
pub mod pen;
pub mod picker;
pub mod prompt;
