//! Keys over the real runtime and the sandbox: the server's state is the judge.

mod accounts;
pub mod day;
mod drafts;
mod edits;
mod import;
mod many_plans;
mod outage;
mod overlays;
mod overview;
mod palette;
mod paste;
mod picture;
mod plan_files;
mod plans;
pub mod ranges;
mod recalculation;
pub mod records;
mod screens;
mod spend;
mod whole_file;
mod years;
