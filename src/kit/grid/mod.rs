//! A grid of whole numbers with fixed heads, column groups, live totals and in-cell editing.

pub mod layout;
pub mod selection_figures;
pub mod sheet;
pub mod view;
