//! What lies on the desk: the records as last read, and what was done to them here and is not saved yet.

pub mod book;
pub mod called;
pub mod listing;
pub mod log;
mod numbers;
mod records;
pub mod sending;
pub mod state;

pub use crate::desk::state::{Confirmed, Desk, Edit, Known, LeftOut, NOT_RETURNED, NoEdits, UNREAD};
