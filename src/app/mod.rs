//! The program without input and output: its state, its messages, and how it updates and draws.

pub mod apply;
mod cancel;
mod connectivity;
pub mod engine;
mod engine_events;
mod file_messages;
pub mod import;
mod list_reader;
mod list_reads;
pub mod message;
pub mod model;
mod outage;
mod overview_reads;
pub mod question;
mod quit;
mod read_queue;
pub mod recalculate;
mod replies;
pub mod requests;
pub mod retry;
pub mod route;
mod spend_reads;
pub mod update;
pub mod view;
