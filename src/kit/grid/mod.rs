//! A grid of whole numbers with frozen heads, groups of columns, live totals and in-cell typing.

pub mod layout;
pub mod paste;
pub mod select;
pub mod sheet;
pub mod view;
