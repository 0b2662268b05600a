//! A target as a sheet: its rows, what each cell shows, and which counter stands where.

use std::collections::HashMap;

use crate::desk::Desk;
use crate::domain::book::SUMS;
use crate::domain::change::{Cell, Standing, TargetPlace};
use crate::domain::counter::{Column, Counter, Gender};
use crate::domain::id::PlanId;
use crate::domain::matrix::{is_designated, per_cent};
use crate::domain::plan::{Milestone, Plan};
use crate::domain::table::{self, TableRow};
use crate::domain::target::{Count, Reading, Target, TargetType};
use crate::kit::grid::sheet::{self, At, Extra, Head, Mark, Row, Sheet};

/// How many columns a table has.
pub(super) const COLUMNS: usize = Column::ALL.len();

/// Where one stands in a plan.
#[derive(Debug)]
pub(super) struct Where {
    pub(super) plan: PlanId,
    /// The index of the year shown.
    pub(super) year: usize,
    pub(super) table: TargetType,
    pub(super) cursor: At,
}

impl Where {
    /// The target that is shown, with its year.
    pub(super) fn target<'a>(&self, desk: &'a Desk) -> Option<(&'a Milestone, &'a Target)> {
        let milestone = desk.plan(self.plan)?.milestones.get(self.year)?;
        Some((milestone, milestone.table(&self.table)?))
    }

    /// The target that is shown, with its table.
    pub(super) fn shown<'a>(&self, desk: &'a Desk) -> Option<ShownTarget<'a>> {
        ShownTarget::of(desk, self.plan, self.year, &self.table)
    }
}

/// The target that is shown, with its table.
pub(super) struct ShownTarget<'a> {
    pub(super) milestone: &'a Milestone,
    pub(super) target: &'a Target,
    pub(super) table: Table,
}

impl<'a> ShownTarget<'a> {
    pub(super) fn of(desk: &'a Desk, plan: PlanId, year: usize, target_type: &TargetType) -> Option<Self> {
        let milestone = desk.plan(plan)?.milestones.get(year)?;
        let target = milestone.table(target_type)?;
        let place = TargetPlace { plan, milestone: milestone.id, target: target.id };
        Some(Self { milestone, target, table: Table::of(desk, place, milestone, target) })
    }
}

/// The number of years a plan has, damaged ones counted.
pub(super) fn years(plan: &Plan) -> u32 {
    let all = plan.milestones.len() + plan.damaged.len();
    plan.milestones.last().map_or(0, |m| m.year).max(u32::try_from(all).unwrap_or(u32::MAX))
}

/// A target as it is shown: a sheet, and the counter of each of its cells.
pub(super) struct Table {
    pub(super) sheet: Sheet,
    place: TargetPlace,
    counters: Vec<[Option<Counter>; COLUMNS]>,
}

impl Table {
    /// The table of a target, staged changes laid over it.
    pub(super) fn of(desk: &Desk, place: TargetPlace, milestone: &Milestone, target: &Target) -> Self {
        let readings: HashMap<&Counter, Reading> =
            target.counters.iter().map(|(counter, reading)| (counter, *reading)).collect();
        let cell = |counter: &Counter| {
            let cell = Cell { place, counter: counter.clone() };
            Some(shown(desk, &cell, *readings.get(counter)?, milestone, target))
        };
        let (mut rows, mut counters) = (Vec::new(), Vec::new());
        for TableRow { label, is_level, counters: own } in table::rows(target) {
            let cells = own.iter().map(|counter| cell(counter.as_ref()?)).collect();
            rows.push(Row { label, cells, counts: is_level });
            counters.push(own);
        }
        let heads = Column::ALL.iter().map(|c| Head { text: c.head(), begins_group: c.begins_group() });
        let sheet =
            Sheet { heads: heads.collect(), rows, sum_label: SUMS, extras: Vec::new(), shares: false };
        let mut table = Self { sheet, place, counters };
        table.measure();
        table
    }

    /// Works the shares out that stand beside the totals.
    pub(super) fn measure(&mut self) {
        let shares = [("Women %", is_woman as fn(Column) -> bool), ("Designated %", is_designated)];
        self.sheet.extras = shares.map(|(head, counts)| share(&self.sheet, head, counts)).into();
    }

    /// The cell at a place, if the server returned its counter.
    pub(super) fn cell(&self, at: At) -> Option<Cell> {
        let counter = self.counters.get(at.row)?.get(at.column)?.clone()?;
        Some(Cell { place: self.place, counter })
    }

    /// Where a counter stands.
    pub(super) fn find(&self, counter: &Counter) -> Option<At> {
        let is = |c: &Option<Counter>| c.as_ref() == Some(counter);
        self.counters
            .iter()
            .enumerate()
            .find_map(|(row, counters)| counters.iter().position(is).map(|column| At { row, column }))
    }
}

fn is_woman(column: Column) -> bool {
    column.gender == Gender::Female
}

/// The share of some columns in each row that counts, in per cent with one decimal.
fn share(sheet: &Sheet, head: &'static str, counts: fn(Column) -> bool) -> Extra {
    let of = |sums: &dyn Fn(usize) -> u64, total: u64| {
        let part: u64 = (0..Column::ALL.len()).filter(|at| counts(Column::ALL[*at])).map(sums).sum();
        per_cent(part, total)
    };
    let rows = sheet.rows.iter().enumerate().map(|(at, row)| {
        let value = |column: usize| row.cells.get(column).copied().flatten().and_then(|c| c.value);
        let sums = |column: usize| u64::from(value(column).unwrap_or(0));
        if row.counts { of(&sums, sheet.row_sum(at).value) } else { String::new() }
    });
    Extra {
        head,
        rows: rows.collect(),
        sum: of(&|column| sheet.column_sum(column).value, sheet.total().value),
    }
}

/// A cell as it is shown.
fn shown(desk: &Desk, cell: &Cell, reading: Reading, milestone: &Milestone, target: &Target) -> sheet::Cell {
    let change = desk.changes.change(cell);
    let value = change.map(|c| c.mine).or(reading.count());
    let mark = match (desk.standing(cell), reading) {
        (None, Reading::Damaged(_)) | (Some(Standing::Gone), _) => Mark::Damaged,
        (Some(Standing::Sending), _) => Mark::Sending,
        (Some(Standing::Unknown), _) => Mark::Unknown,
        (Some(Standing::Refused(_) | Standing::NotTaken), _) => Mark::Refused,
        (Some(Standing::Conflict(_)), _) => Mark::Conflict,
        (Some(Standing::Staged), _) => Mark::Changed,
        (None, _) if breaks_rule(desk, cell, value, milestone, target).is_some() => Mark::Warning,
        (None, _) => Mark::None,
    };
    sheet::Cell { value, base: reading.count(), mark }
}

/// Disabled people are among all people: the two numbers when the disabled are more, as disabled and all.
pub(super) fn breaks_rule(
    desk: &Desk,
    cell: &Cell,
    value: Option<Count>,
    milestone: &Milestone,
    target: &Target,
) -> Option<(Count, Count)> {
    let other_type = match target.target_type {
        TargetType::AllEmployees => TargetType::DisabledEmployees,
        TargetType::DisabledEmployees => TargetType::AllEmployees,
        TargetType::Other(_) => return None,
    };
    let other = milestone.table(&other_type)?;
    let place = TargetPlace { target: other.id, ..cell.place };
    let other = desk.value(&Cell { place, counter: cell.counter.clone() })?;
    let (disabled, all) = match target.target_type {
        TargetType::DisabledEmployees => (value?, other),
        _ => (other, value?),
    };
    (disabled > all).then_some((disabled, all))
}
