//! What a reply changed in the workspace.

use crate::domain::change::counter_change::CounterReconciliation;
use crate::domain::change::record_changes::RecordReconciliation;
use crate::workspace::record_list::PageResult;

/// What a reply changed in the workspace, once it has been added there.
#[derive(Debug, Default)]
pub struct ReadOutcome {
    /// How staged counters were reconciled.
    pub counters: CounterReconciliation,
    /// How staged records were reconciled.
    pub records: RecordReconciliation,
    /// What became of the list the reply is a page of; `None` if it is not a page.
    pub page_result: Option<PageResult>,
}
