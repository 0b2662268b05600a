//! Moves through the findings of a plan.

use crate::domain::benchmark::finding::Finding;
use crate::screen::plan::table::PlanPosition;
use crate::workspace::Workspace;

/// The index of the finding after (or before) the last one shown, or else after (or before) the cursor; wraps
/// around at the end. `None` when there are no findings.
pub(super) fn next_finding(
    findings: &[Finding],
    last: Option<usize>,
    forward: bool,
    at: &PlanPosition,
    workspace: &Workspace,
) -> Option<usize> {
    let cell = at.shown_target(workspace).and_then(|shown| shown.table.counter_at(at.cursor));
    // Several findings may be on one cell, so continue from the last one shown, unless the user has moved to
    // another cell since.
    let last = last.filter(|last| {
        findings.get(*last).is_some_and(|finding| {
            cell.is_some() && workspace.counter_of_finding(at.shown.plan, finding) == cell
        })
    });
    let key = |finding: &Finding| (finding.year, finding.table.clone(), finding.subject.row());
    let here = (at.shown.year, at.shown.table.clone(), at.cursor.row);
    let next = match (last, forward) {
        (Some(last), true) => (last + 1 < findings.len()).then_some(last + 1),
        (Some(last), false) => last.checked_sub(1),
        (None, true) => findings.iter().position(|finding| key(finding) >= here),
        (None, false) => findings.iter().rposition(|finding| key(finding) <= here),
    };
    let end = if forward { 0 } else { findings.len().checked_sub(1)? };
    next.or_else(|| (!findings.is_empty()).then_some(end))
}
