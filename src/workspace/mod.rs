//! The workspace: records as last read, plus the staged changes.

mod file_import;
mod overview;
pub mod plan_draft;
pub mod plan_file;
mod plan_numbers;
mod plan_report;
pub mod plan_standing;
pub mod record_list;
pub mod record_requests;
mod records;
pub mod request_log;
pub mod scorecard_spend;
mod spend;
pub mod staged_groups;
pub mod state;

pub use crate::workspace::state::{
    COUNTER_NOT_RETURNED, ComparedPlan, ConfirmedChanges, CounterEdit, EditsBlocked, Excluded, PLAN_UNREAD,
    Snapshot, Workspace,
};
