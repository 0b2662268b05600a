//! All integration tests, linked once.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where its ground is gone")]
#![expect(unreachable_pub, reason = "the harness is shared inside this one binary")]

mod accounts;

mod architecture;
mod book;
mod completions;
mod contract;
mod day;
mod documents;
mod edits;
mod end_to_end;
mod fault_matrix;
mod fault_server;
mod faults;
mod flows;
mod harness;
mod import;
mod input;
mod journal;
mod measures;
mod outage;
mod outcomes;
mod palette;
mod paste;
mod picture;
mod properties;
mod pty;
mod ranges;
mod recalculation;
mod record_faults;
mod records;
mod screens;
mod secrets;
mod security;
#[cfg(feature = "seeded-faults")]
mod seeded;
mod shell;
mod terminal;
mod tolerance;
mod wire;
mod years;
