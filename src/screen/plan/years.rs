//! Carries numbers from one year of a plan to others: copying a year forward, and the ramp from the first to
//! the last year.

use std::collections::{BTreeMap, BTreeSet};
use strum::VariantArray;

use crate::domain::cell_range::CellPosition;
use crate::domain::change::counter_change::CounterRef;
use crate::domain::plan::Plan;
use crate::domain::plan::counter::{Counter, Level, Slice};
use crate::domain::plan::ramp::ramp;
use crate::domain::plan::table_ref::{TableRef, YearIndex};
use crate::domain::plan::target::{Count, TargetType};
use crate::domain::plan::target_rows::{TargetRow, target_rows};
use crate::domain::refusal::Refusal;
use crate::screen::plan::editing::CellSetting;
use crate::screen::plan::selection::GridSelection;
use crate::workspace::{PLAN_UNREAD, Workspace};

/// The counters to change, row by row: those of the range in the table shown, or else of all tables of the
/// year.
fn affected_counters(
    selection: &GridSelection,
    workspace: &Workspace,
) -> Vec<(TargetType, Vec<Vec<Counter>>)> {
    let TableRef { plan, year, .. } = selection.position.shown;
    let Some(milestone) = workspace.plan(plan).and_then(|plan| plan.milestone(year)) else {
        return Vec::new();
    };
    let Some(range) = selection.range() else {
        let row = |row: TargetRow| row.counters.into_iter().flatten().collect();
        let all = milestone.targets.iter();
        return all
            .map(|target| (target.target_type.clone(), target_rows(target).into_iter().map(row).collect()))
            .collect();
    };
    let Some(shown) = selection.position.shown_target(workspace) else { return Vec::new() };
    let counter = |at: CellPosition| shown.table.counter_at(at).map(|cell| cell.counter);
    let row =
        |row: usize| range.columns().filter_map(|column| counter(CellPosition { row, column })).collect();
    vec![(shown.target.target_type.clone(), range.rows().map(row).collect())]
}

fn cell_setting(cell: Option<CounterRef>, number: Option<Count>, workspace: &Workspace) -> CellSetting {
    let cell = cell.ok_or("a year has no such counter")?;
    workspace.check_counter_editable(&cell)?;
    Ok((cell, number.ok_or("there is no number to begin with")?))
}

/// Copies this year's numbers to the next year, or with `all` to every later year. Fails when the plan was
/// not fully read or this is its last year.
pub(super) fn copy_forward_settings(
    all: bool,
    selection: &GridSelection,
    workspace: &Workspace,
) -> Result<Vec<CellSetting>, Refusal> {
    let TableRef { plan, year, .. } = selection.position.shown;
    let (year, years) = (year.get(), readable_year_count(plan, workspace)?);
    if year + 1 >= years {
        return Err("this is the plan's last year".into());
    }
    let last = if all { years } else { year + 2 };
    let mut settings = Vec::new();
    for (table, rows) in affected_counters(selection, workspace) {
        let in_year = |year| TableRef { plan, year: YearIndex::new(year), table: table.clone() };
        for counter in rows.iter().flatten() {
            let from = workspace.counter_in(&in_year(year), counter);
            let number = from.and_then(|cell| workspace.counter_value(&cell));
            let to = (year + 1..last).map(|to| workspace.counter_in(&in_year(to), counter));
            settings.extend(to.map(|to| cell_setting(to, number, workspace)));
        }
    }
    Ok(settings)
}

/// Fills the years between the first and the last in equal steps, so that each level's total changes in equal
/// steps too. Fails when the plan was not fully read or has no year in between.
pub(super) fn ramp_settings(
    selection: &GridSelection,
    workspace: &Workspace,
) -> Result<Vec<CellSetting>, Refusal> {
    let plan = selection.position.shown.plan;
    let last = readable_year_count(plan, workspace)?.saturating_sub(1);
    if last < 2 {
        return Err("there is no year between the first and the last".into());
    }
    let mut settings = Vec::new();
    for (table, rows) in affected_counters(selection, workspace) {
        let in_year = |year| TableRef { plan, year: YearIndex::new(year), table: table.clone() };
        let value = |year: usize, counter: &Counter| {
            workspace.counter_value(&workspace.counter_in(&in_year(year), counter)?)
        };
        let mut numbers: BTreeMap<(usize, Counter), Count> = BTreeMap::new();
        for row in rows {
            let ends = |counter: Counter| match (value(0, &counter), value(last, &counter)) {
                (Some(from), Some(to)) => Ok((counter, from, to)),
                _ => Err(CellSetting::Err("the first or the last year has no number".into())),
            };
            let (good, bad): (Vec<_>, Vec<_>) = row.into_iter().map(ends).partition(Result::is_ok);
            settings.extend(bad.into_iter().filter_map(Result::err));
            let good: Vec<_> = good.into_iter().flatten().collect();
            let from: Vec<Count> = good.iter().map(|(_, from, _)| *from).collect();
            let to: Vec<Count> = good.iter().map(|(.., to)| *to).collect();
            for (year, row) in (1..).zip(ramp(&from, &to, last - 1)) {
                let of_year =
                    good.iter().zip(row).map(|((counter, ..), number)| ((year, counter.clone()), number));
                numbers.extend(of_year);
            }
        }
        keep_permanent_sums(&mut numbers, last, &value);
        for ((year, counter), number) in numbers {
            settings.push(cell_setting(
                workspace.counter_in(&in_year(year), &counter),
                Some(number),
                workspace,
            ));
        }
    }
    Ok(settings)
}

/// If temporary and permanent add up to the six levels in the first and the last year, this makes them add up
/// in the years between, where rounding each row on its own could break the sum. Permanent is adjusted.
fn keep_permanent_sums(
    numbers: &mut BTreeMap<(usize, Counter), Count>,
    last: usize,
    value: &dyn Fn(usize, &Counter) -> Option<Count>,
) {
    let of_kind = |kind: &str| -> BTreeSet<Counter> {
        let counters = numbers.keys().map(|(_, counter)| counter);
        counters.filter(|counter| is_further_slice(counter, kind)).cloned().collect()
    };
    let (permanent, temporary) = (of_kind("perm"), of_kind("temp"));
    for permanent in permanent {
        let Counter::Cell(_, column) = permanent else { continue };
        let of_column = |counter: &&Counter| matches!(counter, Counter::Cell(_, other) if *other == column);
        let Some(temporary) = temporary.iter().find(of_column) else { continue };
        let levels = Level::VARIANTS.iter().map(|level| Counter::Cell(Slice::Level(*level), column));
        let levels: Vec<Counter> = levels.collect();
        let of_levels = |at: &dyn Fn(&Counter) -> Option<Count>| levels.iter().map(at).sum::<Option<Count>>();
        let adds_up = |year| {
            let at = |counter: &Counter| value(year, counter);
            match (of_levels(&at), at(temporary), at(&permanent)) {
                (Some(all), Some(temporary), Some(permanent)) => {
                    temporary.checked_add(permanent) == Some(all)
                }
                _ => false,
            }
        };
        if !adds_up(0) || !adds_up(last) {
            continue;
        }
        for year in 1..last {
            let at = |counter: &Counter| {
                numbers.get(&(year, counter.clone())).copied().or_else(|| value(year, counter))
            };
            let rest =
                of_levels(&at).zip(at(temporary)).and_then(|(all, temporary)| all.checked_sub(temporary));
            if let Some(rest) = rest {
                numbers.insert((year, permanent.clone()), rest);
            }
        }
    }
}

/// Whether a counter is in a further slice whose name starts with `begins`.
fn is_further_slice(counter: &Counter, begins: &str) -> bool {
    matches!(counter, Counter::Cell(Slice::Further(name), _) if name.starts_with(begins))
}

fn readable_year_count(plan: crate::domain::id::PlanId, workspace: &Workspace) -> Result<usize, Refusal> {
    let plan: &Plan = workspace.plan(plan).ok_or(PLAN_UNREAD)?;
    // A missing year would make "the next year" the wrong one.
    if plan.unreadable_milestones.is_empty() {
        Ok(plan.milestones.len())
    } else {
        Err("a year of this plan could not be read".into())
    }
}

/// How many of these settings change a number.
pub(super) fn changed_cell_count(settings: &[CellSetting], workspace: &Workspace) -> usize {
    settings.iter().flatten().filter(|(cell, number)| workspace.counter_value(cell) != Some(*number)).count()
}

/// The years and tables of the settings, like `Year 3 · all employees, disabled`.
pub(super) fn years_and_tables(settings: &[CellSetting], workspace: &Workspace) -> String {
    let labels = settings.iter().flatten().filter_map(|(cell, _)| workspace.target_label(&cell.target));
    let labels: BTreeSet<(u32, TargetType)> = labels.map(|label| (label.year, label.target_type)).collect();
    let years: BTreeSet<u32> = labels.iter().map(|(year, _)| *year).collect();
    let tables: BTreeSet<String> = labels.iter().map(|(_, table)| table.to_string()).collect();
    let join = |words: Vec<String>| words.join(", ");
    let years = join(years.iter().map(u32::to_string).collect());
    format!("Year {years} · {}", join(tables.into_iter().collect()))
}
