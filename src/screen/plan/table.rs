//! A target as a sheet: its rows, what each cell shows, and which counter stands where.

use strum::VariantArray;

use crate::desk::Desk;
use crate::domain::change::{Cell, Standing, TargetPlace};
use crate::domain::counter::{Column, Counter, Gender, Level, Race, Slice};
use crate::domain::id::PlanId;
use crate::domain::matrix::{is_designated, per_cent};
use crate::domain::plan::{Milestone, Plan};
use crate::domain::target::{Count, Reading, Target, TargetType};
use crate::domain::text::Text;
use crate::kit::grid::sheet::{self, At, Extra, Head, Mark, Row, Sheet};

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
    counters: Vec<Vec<Option<Counter>>>,
}

impl Table {
    /// The table of a target, staged changes laid over it.
    pub(super) fn of(desk: &Desk, place: TargetPlace, milestone: &Milestone, target: &Target) -> Self {
        let (slices, others) = rows(target);
        let levels = Level::VARIANTS.len();
        let labels = slices.iter().map(|slice| Text::from(slice.label()).to_string());
        let labels = labels.chain(others.iter().map(|other| format!("Other: {other}"))).collect::<Vec<_>>();
        let mut counters: Vec<Vec<Option<Counter>>> = vec![vec![None; Column::ALL.len()]; slices.len()];
        counters.extend(others.into_iter().map(|other| vec![Some(other)]));
        let mut cells = vec![vec![None; Column::ALL.len()]; counters.len()];
        for (counter, reading) in &target.counters {
            let at = match counter {
                Counter::Cell(slice, column) => At {
                    row: slices.iter().position(|s| s == slice).unwrap_or(0),
                    column: Column::ALL.iter().position(|c| c == column).unwrap_or(0),
                },
                Counter::Other(_) => {
                    let row = counters.iter().position(|row| row[0].as_ref() == Some(counter));
                    At { row: row.unwrap_or(0), column: 0 }
                }
            };
            let cell = Cell { place, counter: counter.clone() };
            cells[at.row][at.column] = Some(shown(desk, &cell, *reading, milestone, target));
            counters[at.row][at.column] = Some(cell.counter);
        }
        let rows: Vec<Row> = labels
            .into_iter()
            .zip(cells)
            .enumerate()
            .map(|(at, (label, cells))| Row { label, cells, counts: at < levels })
            .collect();
        let heads = Column::ALL.iter().enumerate().map(|(at, column)| {
            let begins_group = at == 0 || column.race == Race::African || at == 8;
            Head { text: column.head(), begins_group }
        });
        let mut sheet = Sheet {
            heads: heads.collect(),
            rows,
            sum_label: "Six levels",
            extras: Vec::new(),
            shares: false,
        };
        sheet.extras = [("Women %", is_woman as fn(Column) -> bool), ("Designated %", is_designated)]
            .map(|(head, counts)| share(&sheet, head, counts))
            .into();
        Self { sheet, place, counters }
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

/// The rows of a target: the six levels, the further slices as they came, then counters of another form.
fn rows(target: &Target) -> (Vec<Slice>, Vec<Counter>) {
    let mut slices: Vec<Slice> = Level::VARIANTS.iter().map(|level| Slice::Level(*level)).collect();
    let mut others = Vec::new();
    for (counter, _) in &target.counters {
        match counter {
            Counter::Cell(slice, _) if !slices.contains(slice) => slices.push(slice.clone()),
            Counter::Cell(..) => {}
            Counter::Other(_) => others.push(counter.clone()),
        }
    }
    (slices, others)
}

/// The counters of a target, row by row.
pub(super) fn row_counters(target: &Target) -> Vec<Vec<Counter>> {
    let (slices, others) = rows(target);
    let in_row = |slice: &Slice| {
        let all = target.counters.iter().map(|(counter, _)| counter.clone());
        all.filter(|counter| matches!(counter, Counter::Cell(own, _) if own == slice)).collect()
    };
    slices.iter().map(in_row).chain(others.into_iter().map(|other| vec![other])).collect()
}

/// How many rows a target's table has.
pub(super) fn height(target: &Target) -> usize {
    let (slices, others) = rows(target);
    slices.len() + others.len()
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
