//! What is typed into a cell: a number, or an expression that comes to one.

use crate::desk::Desk;
use crate::domain::change::Cell;
use crate::domain::expression::{Outcome, Terms, evaluate};
use crate::domain::matrix::per_cent;
use crate::domain::number;
use crate::domain::target::{Count, Reading};
use crate::kit::grid::sheet::At;
use crate::screen::plan::table::ShownTarget;

/// What begins an expression.
pub(super) const SIGN: char = '=';

/// The number that what was typed comes to in a cell.
pub(super) fn number_of(draft: &str, shown: &ShownTarget, at: At, desk: &Desk) -> Result<Count, String> {
    match draft.strip_prefix(SIGN) {
        Some(expression) => outcome(expression, shown, at, desk).map(|outcome| outcome.count),
        None => number::typed(draft),
    }
}

fn outcome(expression: &str, shown: &ShownTarget, at: At, desk: &Desk) -> Result<Outcome, String> {
    let cell = shown.table.cell(at);
    let before = |cell: &Cell| desk.cell_before(cell).and_then(|before| desk.value(&before));
    let terms = Terms {
        previous: cell.as_ref().and_then(before),
        server: cell.as_ref().and_then(|cell| desk.reading(cell)).and_then(Reading::count),
        total: shown.table.sheet.row_sum(at.row).value,
    };
    evaluate(expression, &terms)
}

/// What is said of an expression while it is typed: `= 19.8 → 20 · then 36.4 % of 44`, or why it comes to nothing.
pub(super) fn preview(
    draft: &str,
    shown: &ShownTarget,
    at: At,
    desk: &Desk,
) -> Option<Result<String, String>> {
    let expression = draft.strip_prefix(SIGN)?;
    if expression.is_empty() {
        let words = "12+3, 45% of the level's total, prev (the year before), server, total";
        return Some(Ok(words.into()));
    }
    let said = outcome(expression, shown, at, desk).map(|Outcome { exact, count }| {
        let rounded = exact.round_dp(2);
        let number = match (exact == count.into(), exact == rounded) {
            (true, _) => format!("= {count}"),
            (false, true) => format!("= {exact} → {count}"),
            (false, false) => format!("≈ {rounded} → {count}"),
        };
        // A share of the level moves the level's total with it: what it comes to then is said.
        let sheet = &shown.table.sheet;
        let now = sheet.cell(at).and_then(|cell| cell.value).map_or(0, u64::from);
        let total = (sheet.row_sum(at.row).value + u64::from(count)).saturating_sub(now);
        if expression.contains('%') && total > 0 {
            format!("{number} · then {} % of {total}", per_cent(count.into(), total))
        } else {
            number
        }
    });
    Some(said)
}
