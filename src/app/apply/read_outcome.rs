//! What a reply did to the desk, as those who asked for it have to know.

use crate::domain::change::counter_change::CounterReconciliation;
use crate::domain::change::record_changes::RecordReconciliation;
use crate::workspace::record_list::PageResult;

/// What a reply brought, once it is on the desk.
#[derive(Debug, Default)]
pub struct ReadOutcome {
    /// What it did to staged counters.
    pub counters: CounterReconciliation,
    /// What it did to staged records.
    pub records: RecordReconciliation,
    /// What it did to the list it is a page of.
    pub page_result: Option<PageResult>,
}
