//! The whole program without its outside: the state, where things go, one step, one frame.

pub mod apply;
pub mod model;
mod paging;
pub mod question;
mod readings;
pub mod recalculate;
pub mod requests;
pub mod route;
pub mod update;
pub mod view;
