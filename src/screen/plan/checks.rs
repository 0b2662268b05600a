//! Walking through what deserves a look in a plan.

use crate::desk::Desk;
use crate::domain::finding::Finding;
use crate::screen::plan::table::Where;

/// The finding that comes after the one shown last, or after where one stands; from the end it goes on at the other one.
/// None when there is nothing to walk through.
pub(super) fn next(
    findings: &[Finding],
    last: Option<usize>,
    forward: bool,
    at: &Where,
    desk: &Desk,
) -> Option<usize> {
    let cell = at.shown(desk).and_then(|shown| shown.table.cell(at.cursor));
    // Of several at one cell it is the one that was shown last; elsewhere one has gone on by hand.
    let last = last.filter(|last| {
        findings.get(*last).is_some_and(|finding| cell.is_some() && desk.cell_of(at.plan, finding) == cell)
    });
    let key = |finding: &Finding| (finding.year, finding.table.clone(), finding.subject.row());
    let here = (at.year, at.table.clone(), at.cursor.row);
    let next = match (last, forward) {
        (Some(last), true) => (last + 1 < findings.len()).then_some(last + 1),
        (Some(last), false) => last.checked_sub(1),
        (None, true) => findings.iter().position(|finding| key(finding) >= here),
        (None, false) => findings.iter().rposition(|finding| key(finding) <= here),
    };
    let end = if forward { 0 } else { findings.len().checked_sub(1)? };
    next.or_else(|| (!findings.is_empty()).then_some(end))
}
