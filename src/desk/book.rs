//! A plan's tables as they stand here, to be written to a file; and what a file that came back would change.

use std::collections::BTreeMap;

use crate::desk::called::Called;
use crate::desk::{Desk, Edit, NOT_RETURNED};
use crate::domain::book::{BASE_HEADS, BASE_SHEET, Book, BookCell, BookRow, BookTable, sheet_name};
use crate::domain::change::{Cell, TargetPlace};
use crate::domain::counter::{Counter, words_of};
use crate::domain::id::PlanId;
use crate::domain::import::FileSheet;
use crate::domain::number;
use crate::domain::plan::Milestone;
use crate::domain::table::{self, TableRow};
use crate::domain::target::{Count, Reading, Target, TargetType};
use crate::domain::text::{Text, count};
use crate::kit::grid::paste::{Block, Landing};
use crate::kit::grid::sheet::At;

/// How much of a plan is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// One table of a year, by its index.
    Table(usize, TargetType),
    /// Both tables of a year.
    Year(usize),
    /// All years.
    Plan,
}

/// What a file would change in a plan.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Returned {
    /// The numbers that differ.
    pub edits: Vec<Edit>,
    /// What is to be said of tables that change, and of what was left out.
    pub words: Vec<String>,
    /// How many tables are as they are here.
    pub unchanged: usize,
}

/// What the numbers were when a file was written: the plan, and what was known of each year, table and counter.
#[derive(Debug, Default)]
struct Base {
    plan: Option<String>,
    numbers: BTreeMap<(String, String, String), Was>,
}

/// What a counter was when a file was written.
#[derive(Debug, Clone, Copy)]
struct Was {
    /// The number that was written.
    number: Option<Count>,
    /// The number the server had.
    server: Option<Count>,
}

impl Desk {
    /// The tables of a plan as they stand here.
    pub fn book(&self, plan: PlanId, extent: &Extent) -> Option<Book> {
        let plan = self.plan(plan)?;
        let wanted = |at: usize, target: &Target| match extent {
            Extent::Plan => true,
            Extent::Year(year) => at == *year,
            Extent::Table(year, table) => at == *year && target.target_type == *table,
        };
        let mut tables = Vec::new();
        for (at, milestone) in plan.milestones.iter().enumerate() {
            let targets = milestone.targets.iter().filter(|target| wanted(at, target));
            tables.extend(targets.map(|target| self.book_table(plan.id, milestone, target)));
        }
        Some(Book { plan: plan.id, name: plan.name(), tables })
    }

    fn book_table(&self, plan: PlanId, milestone: &Milestone, target: &Target) -> BookTable {
        let place = TargetPlace { plan, milestone: milestone.id, target: target.id };
        let row = |TableRow { label, is_level, counters }: TableRow| {
            let cell = |counter: Counter| {
                let cell = Cell { place, counter };
                let (number, server) = (self.value(&cell), self.reading(&cell).and_then(Reading::count));
                BookCell { counter: cell.counter, number, server }
            };
            BookRow { label, is_level, cells: counters.map(|counter| counter.map(cell)) }
        };
        BookTable {
            year: milestone.year,
            milestone: milestone.id,
            target: target.id,
            target_type: target.target_type.clone(),
            rows: table::rows(target).into_iter().map(row).collect(),
        }
    }

    /// What the sheets of a file would change in a plan; a file of one sheet that names no year is taken for the table
    /// shown.
    pub fn returned(&self, id: PlanId, shown: (usize, &TargetType), sheets: &[FileSheet]) -> Returned {
        let mut returned = Returned::default();
        let Some(plan) = self.plan(id) else { return returned };
        let mut base = sheets.iter().find(|sheet| sheet.name == BASE_SHEET).map(base_of).unwrap_or_default();
        if base.plan.as_ref().is_some_and(|plan| *plan != id.to_string()) {
            let words = "this file was written of another plan: every number that differs would be taken";
            returned.words.push(words.into());
            // What that plan had says nothing of this one.
            base = Base::default();
        }
        let sheets: Vec<&FileSheet> = sheets.iter().filter(|sheet| sheet.name != BASE_SHEET).collect();
        let tables = || plan.milestones.iter().flat_map(|m| m.targets.iter().map(move |target| (m, target)));
        let one = sheets.len() == 1;
        let mut taken = Vec::new();
        for Part { name, of, rows } in sheets.iter().flat_map(|sheet| split(sheet)) {
            let is_named = |(milestone, target): &(&Milestone, &Target)| {
                let sheet = sheet_name(milestone.year, &target.target_type);
                sheet.eq_ignore_ascii_case(&name) || names_table(&name, milestone.year, &target.target_type)
            };
            // Only what says nothing of years and tables is taken for the one shown.
            let silent = !hints(&name) && !rows.iter().flatten().any(|cell| hints(cell));
            let found = tables().find(is_named).or_else(|| {
                let milestone = plan.milestones.get(shown.0).filter(|_| of == Of::Sheet && one && silent)?;
                Some((milestone, milestone.table(shown.1)?))
            });
            match found {
                Some((_, target)) if taken.contains(&target.id) => {
                    returned
                        .words
                        .push(format!("“{}”: that table is in the file already; left out", Text::from(name)));
                }
                Some((milestone, target)) => {
                    taken.push(target.id);
                    self.take_table(id, milestone, target, rows, &base, &mut returned);
                }
                None => {
                    let rows = count(rows.len().saturating_sub(1), "row");
                    returned
                        .words
                        .push(format!("“{}”: the plan has no such table; {rows} left out", Text::from(name)));
                }
            }
        }
        if base.numbers.is_empty() && !returned.edits.is_empty() {
            let words = "The file does not say what its numbers were: all that differ would be taken.";
            returned.words.insert(0, words.into());
        }
        returned
    }

    fn take_table(
        &self,
        plan: PlanId,
        milestone: &Milestone,
        target: &Target,
        rows: Vec<Vec<String>>,
        base: &Base,
        returned: &mut Returned,
    ) {
        let table = table::rows(target);
        let labels: Vec<&str> = table.iter().map(|row| row.label.as_str()).collect();
        let landing = Block::of(rows).land(At::default(), None, &Called(&labels));
        let place = TargetPlace { plan, milestone: milestone.id, target: target.id };
        let label = format!("Year {} · {}", milestone.year, target.target_type);
        if !landing.by_labels || !landing.by_heads || landing.cells.is_empty() {
            let words = "levels and columns are not found by their names; left out";
            returned.words.push(format!("{label}: {words}"));
            return;
        }
        let (mut changes, mut stuck) = (0, None);
        for (at, mine) in landing.numbers() {
            let counter = table[at.row].counters[at.column].clone();
            let can = counter.ok_or(NOT_RETURNED).and_then(|counter| {
                let cell = Cell { place, counter };
                self.editable(&cell).map(|()| cell.counter)
            });
            let counter = match can {
                Ok(counter) => counter,
                Err(why) => {
                    let (many, _) = stuck.unwrap_or((0, why));
                    stuck = Some((many + 1, why));
                    continue;
                }
            };
            let key = (milestone.year.to_string(), target.target_type.name().to_owned(), counter.name());
            let cell = Cell { place, counter };
            let was = base.numbers.get(&key).copied();
            // What the file did not change is not taken, though it be another number here by now.
            if was.is_some_and(|was| was.number == Some(mine)) || self.value(&cell) == Some(mine) {
                continue;
            }
            changes += 1;
            let base = was.map_or_else(|| self.base(&cell), |was| was.server);
            returned.edits.push(Edit { cell, base, mine });
        }
        let odd = said(&landing, stuck);
        match (changes, odd.is_empty()) {
            (0, true) => returned.unchanged += 1,
            _ => {
                let changes = match changes {
                    0 => "nothing changes".to_owned(),
                    1 => "1 counter changes".to_owned(),
                    n => format!("{n} counters change"),
                };
                returned.words.push(format!("{label}: {}", [vec![changes], odd].concat().join(", ")));
            }
        }
    }
}

/// What is to be said of a table of a file besides what changes. Blanks and totals are what a table has.
fn said(landing: &Landing, stuck: Option<(usize, &str)>) -> Vec<String> {
    let stuck = stuck.map(|(many, why)| format!("{many} cannot be set: {why}"));
    let odd = Landing { blank: 0, sums: 0, by_heads: false, by_labels: false, ..landing.clone() };
    stuck.into_iter().chain(odd.words()).collect()
}

/// Whether a text says something of a year or a table.
fn hints(text: &str) -> bool {
    words_of(text).iter().any(|word| ["year", "fy", "disab"].iter().any(|hint| word.starts_with(hint)))
}

/// The year in a cell: `2`, `2.0`, `Year 2`.
fn year_in(cell: &str) -> Option<u32> {
    let cell = cell.trim();
    let cell =
        if cell.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("year")) { &cell[4..] } else { cell };
    number::written(cell).ok()
}

/// Whether a name means the table of a year, in other words than the sheets that are written: `Year 2 - all`.
fn names_table(name: &str, year: u32, target_type: &TargetType) -> bool {
    let words = words_of(name);
    let Some(rest) = words.strip_prefix(&["year".to_owned(), year.to_string()]) else { return false };
    let only = |allowed: &[&str]| rest.iter().all(|word| allowed.contains(&word.as_str()));
    match target_type {
        TargetType::AllEmployees => only(&["all", "employees"]),
        TargetType::DisabledEmployees => {
            !rest.is_empty()
                && only(&["disabled", "employees", "people", "with", "disabilities"])
                && !only(&["employees"])
        }
        TargetType::Other(_) => false,
    }
}

/// A table of a file.
struct Part {
    name: String,
    of: Of,
    rows: Vec<Vec<String>>,
}

/// What a table of a file was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// A sheet.
    Sheet,
    /// Rows that name their year and table.
    Rows,
}

/// A sheet as its tables: one with a column for the year holds several, and one for the table may stand beside it.
fn split(sheet: &FileSheet) -> Vec<Part> {
    let whole = || vec![Part { name: sheet.name.clone(), of: Of::Sheet, rows: sheet.rows.clone() }];
    let at = |row: &[String], word: &str| row.iter().position(|cell| cell.trim().eq_ignore_ascii_case(word));
    let year = |row: &[String]| at(row, "year").or_else(|| at(row, "financial year"));
    let Some(heads) = sheet.rows.iter().position(|row| row.len() > 2 && year(row).is_some()) else {
        return whole();
    };
    let head = &sheet.rows[heads];
    let (Some(year), table) = (year(head), at(head, "table")) else { return whole() };
    let rest = |row: &[String]| -> Vec<String> {
        let kept = row.iter().enumerate().filter(|(at, _)| *at != year && Some(*at) != table);
        kept.map(|(_, cell)| cell.clone()).collect()
    };
    let mut parts: Vec<Part> = Vec::new();
    for row in &sheet.rows[heads + 1..] {
        let cell = |at: usize| row.get(at).map_or("", |cell| cell.trim());
        let table = table.map_or("all employees", cell);
        let name = match year_in(cell(year)) {
            Some(year) if !table.is_empty() => format!("Year {year} {table}"),
            _ => format!("{} {table}", cell(year)),
        };
        let at = parts.iter().position(|part| part.name == name).unwrap_or_else(|| {
            parts.push(Part { name, of: Of::Rows, rows: vec![rest(head)] });
            parts.len() - 1
        });
        parts[at].rows.push(rest(row));
    }
    parts
}

fn base_of(sheet: &FileSheet) -> Base {
    let mut base = Base::default();
    if sheet.rows.first().is_none_or(|heads| *heads != BASE_HEADS) {
        return base;
    }
    for row in &sheet.rows[1..] {
        if let [plan, year, table, counter, rest @ ..] = row.as_slice() {
            base.plan = Some(plan.clone());
            let number = |at: usize| rest.get(at).and_then(|text| number::written(text).ok());
            let was = Was { number: number(0), server: number(1) };
            base.numbers.insert((year.clone(), table.clone(), counter.clone()), was);
        }
    }
    base
}
