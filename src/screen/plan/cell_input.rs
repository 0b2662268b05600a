//! What a user types into a cell: a number, or an expression that evaluates to one.

use crate::domain::cell_range::CellPosition;
use crate::domain::change::counter_change::CounterRef;
use crate::domain::plan::expression::{ExpressionTerms, ExpressionValue, evaluate};
use crate::domain::plan::matrix::format_percent;
use crate::domain::plan::number;
use crate::domain::plan::target::{Count, CounterReading};
use crate::domain::refusal::Refusal;
use crate::screen::plan::table::ShownTarget;
use crate::workspace::Workspace;

/// The character an expression starts with.
pub(super) const EXPRESSION_PREFIX: char = '=';

/// The number that the typed text stands for in a cell. Fails when it is not a number, or when the expression
/// cannot be evaluated to a valid count.
pub(super) fn evaluate_draft(
    draft: &str,
    shown: &ShownTarget,
    at: CellPosition,
    workspace: &Workspace,
) -> Result<Count, Refusal> {
    match draft.strip_prefix(EXPRESSION_PREFIX) {
        Some(expression) => {
            evaluate_expression(expression, shown, at, workspace).map(|outcome| outcome.count)
        }
        None => number::parse_typed(draft),
    }
}

fn evaluate_expression(
    expression: &str,
    shown: &ShownTarget,
    at: CellPosition,
    workspace: &Workspace,
) -> Result<ExpressionValue, Refusal> {
    let cell = shown.table.counter_at(at);
    let before = |cell: &CounterRef| {
        workspace.previous_year_counter(cell).and_then(|before| workspace.counter_value(&before))
    };
    let terms = ExpressionTerms {
        previous: cell.as_ref().and_then(before),
        server: cell
            .as_ref()
            .and_then(|cell| workspace.counter_reading(cell))
            .and_then(CounterReading::count),
        total: shown.table.sheet.row_sum(at.row).value,
    };
    evaluate(expression, &terms)
}

/// A preview of the typed expression, like `= 19.8 → 20 · then 36.4 % of 44`, or why it cannot be evaluated.
/// `None` when the text is not an expression.
pub(super) fn expression_preview(
    draft: &str,
    shown: &ShownTarget,
    at: CellPosition,
    workspace: &Workspace,
) -> Option<Result<String, Refusal>> {
    let expression = draft.strip_prefix(EXPRESSION_PREFIX)?;
    if expression.is_empty() {
        let words = "12+3, 45% of the level's total, prev (the year before), server, total";
        return Some(Ok(words.into()));
    }
    let said =
        evaluate_expression(expression, shown, at, workspace).map(|ExpressionValue { exact, count }| {
            let rounded = exact.round_dp(2);
            let number = match (exact == count.into(), exact == rounded) {
                (true, _) => format!("= {count}"),
                (false, true) => format!("= {exact} → {count}"),
                (false, false) => format!("≈ {rounded} → {count}"),
            };
            // A share of the level's total changes that total, so the preview also shows the resulting share.
            let sheet = &shown.table.sheet;
            let now = sheet.cell(at).and_then(|cell| cell.value).map_or(0, u64::from);
            let total = (sheet.row_sum(at.row).value + u64::from(count)).saturating_sub(now);
            if expression.contains('%') && total > 0 {
                format!("{number} · then {} % of {total}", format_percent(count.into(), total))
            } else {
                number
            }
        });
    Some(said)
}
