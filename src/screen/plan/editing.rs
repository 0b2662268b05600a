//! Sets cells of a plan's grid, one or a whole range, always as one undo step.

use crate::domain::cell_range::{CellPosition, CellRange};
use crate::domain::change::counter_change::CounterRef;
use crate::domain::plan::target::{Count, CounterReading};
use crate::domain::refusal::Refusal;
use crate::domain::text::pluralize;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::{Context, Nav};
use crate::screen::plan::selection::GridSelection;
use crate::screen::plan::table::{PlanPosition, ShownTarget};
use crate::workspace::{COUNTER_NOT_RETURNED, PLAN_UNREAD, Workspace};

/// A cell with the number it is to be set to, or why it cannot be set.
pub(super) type CellSetting = Result<(CounterRef, Count), Refusal>;

/// The result of setting cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SettingResult {
    /// Every cell was set.
    Complete,
    /// Some cells were set; the message says how many, and why the others were not.
    Partial(Refusal),
    /// No cell was set; the message says why.
    Unchanged(Refusal),
}

impl SettingResult {
    /// The notice to show, if any.
    pub(super) fn into_nav(self) -> Result<Nav, Refusal> {
        match self {
            Self::Complete => Ok(Nav::Stay),
            Self::Partial(words) | Self::Unchanged(words) => Err(words),
        }
    }
}

/// The cell at a position and its number (`None` when it has none). Fails when the server returned no counter
/// there or the cell cannot be edited now.
pub(super) fn editable_cell(
    shown: &ShownTarget,
    at: CellPosition,
    workspace: &Workspace,
) -> Result<(CounterRef, Option<Count>), Refusal> {
    let cell = shown.table.counter_at(at).ok_or(COUNTER_NOT_RETURNED)?;
    workspace.check_counter_editable(&cell)?;
    let value = workspace.counter_value(&cell);
    Ok((cell, value))
}

/// Sets cells as one undo step; cells that cannot be set are left unchanged.
pub(super) fn set_cells(
    settings: Vec<CellSetting>,
    at: &PlanPosition,
    workspace: &mut Workspace,
    cx: &Context,
    fx: &mut Effects,
) -> SettingResult {
    let (mut good, mut left) = (Vec::new(), Vec::new());
    for setting in settings {
        match setting {
            Ok(cell) => good.push(cell),
            Err(why) => left.push(why),
        }
    }
    let done = good.len();
    if let (0, Some(why)) = (done, left.first()) {
        return SettingResult::Unchanged(why.clone());
    }
    match (workspace.edit_counters(at.shown.plan, good, cx.now), left.first()) {
        (Err(why), _) => SettingResult::Unchanged(why),
        (Ok(entries), why) => {
            fx.journal_counters(entries);
            why.map_or(SettingResult::Complete, |why| {
                let (set, left) = (pluralize(done, "cell"), left.len());
                SettingResult::Partial(format!("{set} set; {left} left as they are: {why}").into())
            })
        }
    }
}

/// Sets each selected cell to what `next` computes for it from its position and current number.
pub(super) fn set_selected_cells(
    selection: &GridSelection,
    workspace: &mut Workspace,
    cx: &Context,
    fx: &mut Effects,
    next: impl Fn(&ShownTarget, CellPosition, Option<Count>) -> Result<Count, Refusal>,
) -> SettingResult {
    let Some(shown) = selection.position.shown_target(workspace) else {
        return SettingResult::Unchanged(PLAN_UNREAD.into());
    };
    let one = |at: CellPosition| {
        let (cell, value) = editable_cell(&shown, at, workspace)?;
        Ok((cell, next(&shown, at, value)?))
    };
    let settings = selection.selected_cells().into_iter().map(one).collect();
    set_cells(settings, &selection.position, workspace, cx, fx)
}

/// Adds `by` to a number. Fails when the result is below 0 or above the largest count.
pub(super) fn step_by(
    by: i64,
) -> impl Fn(&ShownTarget, CellPosition, Option<Count>) -> Result<Count, Refusal> {
    move |_, _, value| {
        let next = Count::try_from(i64::from(value.unwrap_or(0)) + by).ok();
        let next = next.filter(|n| *n <= crate::domain::plan::target::MAX_COUNT);
        next.ok_or_else(|| "a count of people is not below 0".into())
    }
}

/// Fills the range from its first row or column, or the cell under the cursor from its neighbour.
pub(super) fn fill_range(
    command: Command,
    selection: &GridSelection,
    workspace: &mut Workspace,
    cx: &Context,
    fx: &mut Effects,
) -> Result<Nav, Refusal> {
    let CellPosition { row, column } = selection.position.cursor;
    let down = command == Command::FillDown;
    let selected_range = selection.range();
    let before = match (down, row.checked_sub(1), column.checked_sub(1)) {
        (true, Some(row), _) => CellPosition { row, column },
        (false, _, Some(column)) => CellPosition { row, column },
        _ if selected_range.is_some() => selection.position.cursor,
        (true, None, _) => return Err(Refusal::from("there is no row above to fill from")),
        (false, _, None) => return Err(Refusal::from("there is no column to the left to fill from")),
    };
    let range = selected_range.unwrap_or_else(|| CellRange::between(before, selection.position.cursor));
    let pairs: Vec<(CellPosition, CellPosition)> =
        if down { range.fill_down_pairs().collect() } else { range.fill_right_pairs().collect() };
    if pairs.is_empty() {
        return Err(Refusal::from("the range has only what it would be filled with"));
    }
    let Some(shown) = selection.position.shown_target(workspace) else {
        return Err(Refusal::from(PLAN_UNREAD));
    };
    let one = |(at, from): &(CellPosition, CellPosition)| {
        let value = shown.table.counter_at(*from).and_then(|cell| workspace.counter_value(&cell));
        let (cell, _) = editable_cell(&shown, *at, workspace)?;
        Ok((cell, value.ok_or("there is no number to fill from")?))
    };
    let settings = pairs.iter().map(one).collect();
    set_cells(settings, &selection.position, workspace, cx, fx).into_nav()
}

/// Restores the server's values in the range or in the cell under the cursor.
pub(super) fn restore_server_values(
    selection: &GridSelection,
    workspace: &mut Workspace,
    cx: &Context,
    fx: &mut Effects,
) -> Result<Nav, Refusal> {
    let Some(shown) = selection.position.shown_target(workspace) else {
        return Err(Refusal::from(PLAN_UNREAD));
    };
    if let Some(range) = selection.range() {
        let changed = range.cells().filter(|at| {
            shown.table.counter_at(*at).is_some_and(|cell| workspace.counter_changes.change(&cell).is_some())
        });
        let one = |at: CellPosition| {
            let (cell, _) = editable_cell(&shown, at, workspace)?;
            let server = workspace.counter_reading(&cell).and_then(CounterReading::count);
            Ok((cell, server.ok_or("the server has no number here")?))
        };
        let settings = changed.map(one).collect();
        return set_cells(settings, &selection.position, workspace, cx, fx).into_nav();
    }
    match shown.table.counter_at(selection.position.cursor) {
        Some(cell) => Nav::counters_edited(workspace.drop_counter(&cell), fx),
        None => Err(Refusal::from(COUNTER_NOT_RETURNED)),
    }
}
