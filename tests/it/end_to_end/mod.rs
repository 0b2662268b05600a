//! The real binary, in a pseudo-terminal and from a shell.

mod input;
mod outcomes;
mod plan_reports;
pub mod program;
mod questions;
mod secrets;
mod security;
pub mod shell;
mod templates;
mod terminal;
