//! A target as a sheet: its rows, what each cell shows, and the counter behind each cell.

use std::collections::HashMap;

use crate::domain::cell_range::CellPosition;
use crate::domain::change::counter_change::{CounterRef, CounterStanding, TargetRef};
use crate::domain::plan::counter::{Counter, Gender, StatutoryColumn};
use crate::domain::plan::export::SUMS_LABEL;
use crate::domain::plan::matrix::{format_percent, is_designated};
use crate::domain::plan::table_ref::TableRef;
use crate::domain::plan::target::{Count, CounterReading, Target, TargetType};
use crate::domain::plan::target_rows::{self, TargetRow};
use crate::domain::plan::{Milestone, Plan};
use crate::kit::grid::sheet::{self, CellMark, ColumnHead, ExtraColumn, Sheet, SheetRow};
use crate::workspace::Workspace;

/// How many columns a table has.
pub(super) const COLUMN_COUNT: usize = StatutoryColumn::ALL.len();

/// A position in a plan: year, table and cursor.
#[derive(Debug)]
pub(super) struct PlanPosition {
    /// The table shown.
    pub(super) shown: TableRef,
    pub(super) cursor: CellPosition,
}

impl PlanPosition {
    /// The target shown and its year; `None` when it was not read.
    pub(super) fn target<'a>(&self, workspace: &'a Workspace) -> Option<(&'a Milestone, &'a Target)> {
        workspace.table(&self.shown)
    }

    /// The target shown with its table; `None` when it was not read.
    pub(super) fn shown_target<'a>(&self, workspace: &'a Workspace) -> Option<ShownTarget<'a>> {
        ShownTarget::find(workspace, &self.shown)
    }
}

/// The target shown, with its table.
pub(super) struct ShownTarget<'a> {
    pub(super) milestone: &'a Milestone,
    pub(super) target: &'a Target,
    pub(super) table: PlanTable,
}

impl<'a> ShownTarget<'a> {
    /// The target of a table; `None` when it was not read.
    pub(super) fn find(workspace: &'a Workspace, table: &TableRef) -> Option<Self> {
        let (milestone, target) = workspace.table(table)?;
        let place = TargetRef { plan: table.plan, milestone: milestone.id, target: target.id };
        Some(Self { milestone, target, table: PlanTable::new(workspace, place, milestone, target) })
    }
}

/// The number of years in a plan, including those that could not be parsed.
pub(super) fn year_count(plan: &Plan) -> u32 {
    let all = plan.milestones.len() + plan.unreadable_milestones.len();
    plan.milestones.last().map_or(0, |m| m.year).max(u32::try_from(all).unwrap_or(u32::MAX))
}

/// A target as shown: a sheet, and the counter of each of its cells.
pub(super) struct PlanTable {
    pub(super) sheet: Sheet,
    pub(super) place: TargetRef,
    counters: Vec<[Option<Counter>; COLUMN_COUNT]>,
}

impl PlanTable {
    /// Builds the table of a target with staged changes applied.
    pub(super) fn new(
        workspace: &Workspace,
        place: TargetRef,
        milestone: &Milestone,
        target: &Target,
    ) -> Self {
        let readings: HashMap<&Counter, CounterReading> =
            target.counters.iter().map(|(counter, reading)| (counter, *reading)).collect();
        let cell = |counter: &Counter| {
            let cell = CounterRef { target: place, counter: counter.clone() };
            Some(sheet_cell(workspace, &cell, *readings.get(counter)?, milestone, target))
        };
        let (mut rows, mut counters) = (Vec::new(), Vec::new());
        for TargetRow { label, is_level, counters: own } in target_rows::target_rows(target) {
            let cells = own.iter().map(|counter| cell(counter.as_ref()?)).collect();
            rows.push(SheetRow { label, cells, in_totals: is_level });
            counters.push(own);
        }
        let heads = StatutoryColumn::ALL
            .iter()
            .map(|c| ColumnHead { text: c.heading(), begins_group: c.begins_group() });
        let sheet = Sheet {
            heads: heads.collect(),
            rows,
            total_label: SUMS_LABEL,
            extras: Vec::new(),
            in_percent: false,
        };
        let mut table = Self { sheet, place, counters };
        table.compute_shares();
        table
    }

    /// Recomputes the shares shown beside the totals.
    pub(super) fn compute_shares(&mut self) {
        let shares = [("Women %", is_woman as fn(StatutoryColumn) -> bool), ("Designated %", is_designated)];
        self.sheet.extras = shares.map(|(head, counts)| share_column(&self.sheet, head, counts)).into();
    }

    /// The counter at a position; `None` when the server returned none.
    pub(super) fn counter_at(&self, at: CellPosition) -> Option<CounterRef> {
        let counter = self.counters.get(at.row)?.get(at.column)?.clone()?;
        Some(CounterRef { target: self.place, counter })
    }

    /// The position of a counter; `None` when it is not in the table.
    pub(super) fn position_of(&self, counter: &Counter) -> Option<CellPosition> {
        let is = |c: &Option<Counter>| c.as_ref() == Some(counter);
        self.counters.iter().enumerate().find_map(|(row, counters)| {
            counters.iter().position(is).map(|column| CellPosition { row, column })
        })
    }
}

fn is_woman(column: StatutoryColumn) -> bool {
    column.gender == Gender::Female
}

/// A column with the share of some columns in each row that counts, in per cent with one decimal.
fn share_column(sheet: &Sheet, head: &'static str, counts: fn(StatutoryColumn) -> bool) -> ExtraColumn {
    let of = |sums: &dyn Fn(usize) -> u64, total: u64| {
        let part: u64 =
            (0..StatutoryColumn::ALL.len()).filter(|at| counts(StatutoryColumn::ALL[*at])).map(sums).sum();
        format_percent(part, total)
    };
    let rows = sheet.rows.iter().enumerate().map(|(at, row)| {
        let value = |column: usize| row.cells.get(column).copied().flatten().and_then(|c| c.value);
        let sums = |column: usize| u64::from(value(column).unwrap_or(0));
        if row.in_totals { of(&sums, sheet.row_sum(at).value) } else { String::new() }
    });
    ExtraColumn {
        head,
        rows: rows.collect(),
        sum: of(&|column| sheet.column_sum(column).value, sheet.total().value),
    }
}

/// The cell to show for a counter: its number and mark.
fn sheet_cell(
    workspace: &Workspace,
    cell: &CounterRef,
    reading: CounterReading,
    milestone: &Milestone,
    target: &Target,
) -> sheet::SheetCell {
    let change = workspace.counter_changes.change(cell);
    let value = change.map(|c| c.mine).or(reading.count());
    let mark = match (workspace.counter_standing(cell), reading) {
        (None, CounterReading::Unreadable(_)) | (Some(CounterStanding::Gone), _) => CellMark::Damaged,
        (Some(CounterStanding::Sending), _) => CellMark::Sending,
        (Some(CounterStanding::OutcomeUnknown), _) => CellMark::Unknown,
        (Some(CounterStanding::Rejected(_) | CounterStanding::NotTaken), _) => CellMark::Refused,
        (Some(CounterStanding::Conflict(_)), _) => CellMark::Conflict,
        (Some(CounterStanding::Staged), _) => CellMark::Changed,
        (None, _) if disabled_exceeding_all(workspace, cell, value, milestone, target).is_some() => {
            CellMark::Warning
        }
        (None, _) => CellMark::None,
    };
    sheet::SheetCell { value, base: reading.count(), mark }
}

/// People with disabilities are among all employees: returns both numbers (disabled, all) when the first
/// exceeds the second, else `None`.
pub(super) fn disabled_exceeding_all(
    workspace: &Workspace,
    cell: &CounterRef,
    value: Option<Count>,
    milestone: &Milestone,
    target: &Target,
) -> Option<(Count, Count)> {
    let other_type = match target.target_type {
        TargetType::AllEmployees => TargetType::DisabledEmployees,
        TargetType::DisabledEmployees => TargetType::AllEmployees,
        TargetType::Other(_) => return None,
    };
    let other = milestone.target_of_type(&other_type)?;
    let place = TargetRef { target: other.id, ..cell.target };
    let other = workspace.counter_value(&CounterRef { target: place, counter: cell.counter.clone() })?;
    let (disabled, all) = match target.target_type {
        TargetType::DisabledEmployees => (value?, other),
        _ => (other, value?),
    };
    (disabled > all).then_some((disabled, all))
}
