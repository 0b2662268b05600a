//! Widgets that know no domain. Each is state changed in `update` and a pure drawing of it.

pub mod form;
pub mod frame;
pub mod grid;
pub mod list;
pub mod pen;
pub mod picker;
pub mod prompt;
