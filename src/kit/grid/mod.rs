//! A grid of whole numbers with frozen heads, groups of columns, live totals and in-cell typing.

pub mod layout;
pub mod selection_figures;
pub mod sheet;
pub mod view;
