//! The whole program without its outside: the state, where things go, one step, one frame.

pub mod apply;
mod connectivity;
mod list_reader;
mod list_reads;
pub mod model;
mod outage;
pub mod question;
pub mod recalculate;
pub mod requests;
pub mod retry;
pub mod route;
pub mod update;
pub mod view;
