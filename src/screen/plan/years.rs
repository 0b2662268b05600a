//! What carries numbers from one year of a plan to others: copying a year forward, and the ramp between first and last.

use std::collections::{BTreeMap, BTreeSet};

use strum::VariantArray;

use crate::desk::{Desk, UNREAD};
use crate::domain::change::Cell;
use crate::domain::counter::{Counter, Level, Slice};
use crate::domain::plan::Plan;
use crate::domain::ramp::ramp;
use crate::domain::table::{TableRow, rows};
use crate::domain::target::{Count, TargetType};
use crate::kit::grid::sheet::At;
use crate::screen::plan::editing::Setting;
use crate::screen::plan::moving::Stand;
use crate::screen::plan::table::Where;

/// The counters meant, row by row: those of the range in the table shown, else of all tables of the year.
fn meant(stand: &Stand, desk: &Desk) -> Vec<(TargetType, Vec<Vec<Counter>>)> {
    let Where { plan, year, .. } = stand.at;
    let Some(milestone) = desk.plan(plan).and_then(|plan| plan.milestones.get(year)) else {
        return Vec::new();
    };
    let Some(range) = stand.range() else {
        let row = |row: TableRow| row.counters.into_iter().flatten().collect();
        let all = milestone.targets.iter();
        return all
            .map(|target| (target.target_type.clone(), rows(target).into_iter().map(row).collect()))
            .collect();
    };
    let Some(shown) = stand.at.shown(desk) else { return Vec::new() };
    let counter = |at: At| shown.table.cell(at).map(|cell| cell.counter);
    let row = |row: usize| range.columns().filter_map(|column| counter(At { row, column })).collect();
    vec![(shown.target.target_type.clone(), range.rows().map(row).collect())]
}

fn setting(cell: Option<Cell>, number: Option<Count>, desk: &Desk) -> Setting {
    let cell = cell.ok_or("a year has no such counter")?;
    desk.editable(&cell)?;
    Ok((cell, number.ok_or("there is no number to begin with")?))
}

/// The numbers of this year for the next one, or for all that follow; the reason when there is none.
pub(super) fn forward(all: bool, stand: &Stand, desk: &Desk) -> Result<Vec<Setting>, &'static str> {
    let Where { plan, year, .. } = stand.at;
    let years = years_of(plan, desk)?;
    if year + 1 >= years {
        return Err("this is the plan's last year");
    }
    let last = if all { years } else { year + 2 };
    let mut settings = Vec::new();
    for (table, rows) in meant(stand, desk) {
        for counter in rows.iter().flatten() {
            let from = desk.cell_in(plan, year, &table, counter);
            let number = from.and_then(|cell| desk.value(&cell));
            let to = (year + 1..last).map(|to| desk.cell_in(plan, to, &table, counter));
            settings.extend(to.map(|to| setting(to, number, desk)));
        }
    }
    Ok(settings)
}

/// The numbers of the years between the first and the last, in equal steps; each level's sum goes in equal steps too.
pub(super) fn between(stand: &Stand, desk: &Desk) -> Result<Vec<Setting>, &'static str> {
    let plan = stand.at.plan;
    let last = years_of(plan, desk)?.saturating_sub(1);
    if last < 2 {
        return Err("there is no year between the first and the last");
    }
    let mut settings = Vec::new();
    for (table, rows) in meant(stand, desk) {
        let value = |year, counter: &Counter| desk.value(&desk.cell_in(plan, year, &table, counter)?);
        let mut numbers: BTreeMap<(usize, Counter), Count> = BTreeMap::new();
        for row in rows {
            let ends = |counter: Counter| match (value(0, &counter), value(last, &counter)) {
                (Some(from), Some(to)) => Ok((counter, from, to)),
                _ => Err(Setting::Err("the first or the last year has no number".into())),
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
            settings.push(setting(desk.cell_in(plan, year, &table, &counter), Some(number), desk));
        }
    }
    Ok(settings)
}

/// Where temporary and permanent add up to the six levels in the first and the last year, they do in those between too: each
/// row on its own would be rounded on its own. Permanent gives way.
fn keep_permanent_sums(
    numbers: &mut BTreeMap<(usize, Counter), Count>,
    last: usize,
    value: &dyn Fn(usize, &Counter) -> Option<Count>,
) {
    let of_kind = |kind: &str| -> BTreeSet<Counter> {
        let counters = numbers.keys().map(|(_, counter)| counter);
        counters.filter(|counter| is_further(counter, kind)).cloned().collect()
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

/// Whether a counter is of a further slice whose name begins like this.
fn is_further(counter: &Counter, begins: &str) -> bool {
    matches!(counter, Counter::Cell(Slice::Further(name), _) if name.starts_with(begins))
}

fn years_of(plan: crate::domain::id::PlanId, desk: &Desk) -> Result<usize, &'static str> {
    let plan: &Plan = desk.plan(plan).ok_or(UNREAD)?;
    // A year that could not be read is missing from among them: what is next would not be.
    if plan.damaged.is_empty() {
        Ok(plan.milestones.len())
    } else {
        Err("a year of this plan could not be read")
    }
}

/// What is said when something was carried over: how many cells of it changed.
pub(super) fn changed(settings: &[Setting], desk: &Desk) -> usize {
    settings.iter().flatten().filter(|(cell, number)| desk.value(cell) != Some(*number)).count()
}

/// Which years and tables the cells are in: `Year 3 · all employees, disabled`.
pub(super) fn places(settings: &[Setting], desk: &Desk) -> String {
    let labels = settings.iter().flatten().filter_map(|(cell, _)| desk.label(&cell.place));
    let labels: BTreeSet<(u32, TargetType)> = labels.map(|label| (label.year, label.target_type)).collect();
    let years: BTreeSet<u32> = labels.iter().map(|(year, _)| *year).collect();
    let tables: BTreeSet<String> = labels.iter().map(|(_, table)| table.to_string()).collect();
    let join = |words: Vec<String>| words.join(", ");
    let years = join(years.iter().map(u32::to_string).collect());
    format!("Year {years} · {}", join(tables.into_iter().collect()))
}
