//! The whole program without its outside: the state, where things go, one step, one frame.

pub mod apply;
pub mod failure;
pub mod model;
mod outage;
mod paging;
pub mod question;
mod reach;
mod readings;
pub mod recalculate;
pub mod requests;
pub mod route;
pub mod update;
pub mod view;
