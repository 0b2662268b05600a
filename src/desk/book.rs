//! A plan's tables as they stand here, to be written to a file; and what a file that came back would change.

use std::collections::BTreeMap;

use crate::desk::called::Called;
use crate::desk::{Desk, Edit};
use crate::domain::book::{BASE_HEADS, BASE_SHEET, Book, BookRow, BookTable};
use crate::domain::change::{Cell, TargetPlace};
use crate::domain::counter::Counter;
use crate::domain::id::PlanId;
use crate::domain::import::FileSheet;
use crate::domain::number;
use crate::domain::plan::Milestone;
use crate::domain::table::{self, TableRow};
use crate::domain::target::{Count, Target, TargetType};
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
    /// What is to be said of each table, and of what was left out.
    pub words: Vec<String>,
}

/// What the numbers were when a file was written: the plan, and a number for each year, table and counter.
#[derive(Debug, Default)]
struct Base {
    plan: Option<String>,
    numbers: BTreeMap<(String, String, String), Option<Count>>,
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
            let number = |counter: Counter| {
                let cell = Cell { place, counter };
                let number = self.value(&cell);
                (cell.counter, number)
            };
            BookRow { label, is_level, cells: counters.map(|counter| counter.map(number)) }
        };
        BookTable {
            year: milestone.year,
            milestone: milestone.id,
            target: target.id,
            target_type: target.target_type.clone(),
            rows: table::rows(target).into_iter().map(row).collect(),
        }
    }

    /// What the sheets of a file would change in a plan; a sheet that names no year is taken for the table shown.
    pub fn returned(&self, id: PlanId, shown: (usize, &TargetType), sheets: &[FileSheet]) -> Returned {
        let mut returned = Returned::default();
        let Some(plan) = self.plan(id) else { return returned };
        let base = sheets.iter().find(|sheet| sheet.name == BASE_SHEET).map(base_of).unwrap_or_default();
        if base.plan.as_ref().is_some_and(|plan| *plan != id.to_string()) {
            returned.words.push("this file was written of another plan: look twice".into());
        }
        let sheets: Vec<&FileSheet> = sheets.iter().filter(|sheet| sheet.name != BASE_SHEET).collect();
        for (name, rows) in sheets.iter().flat_map(|sheet| split(sheet)) {
            let shown_year = plan.milestones.get(shown.0).map(|m| m.year);
            let place = match named(&name) {
                Some((year, table)) => Some((year, table)),
                None if sheets.len() == 1 => shown_year.map(|year| (year, shown.1.clone())),
                None => None,
            };
            let found = place.as_ref().and_then(|(year, table)| {
                let milestone = plan.milestones.iter().find(|m| m.year == *year)?;
                Some((milestone, milestone.table(table)?))
            });
            match (found, place) {
                (Some((milestone, target)), _) => {
                    self.take_table(id, milestone, target, rows, &base, &mut returned);
                }
                (None, Some((year, table))) => {
                    returned
                        .words
                        .push(format!("Year {year} · {table}: the plan has no such table; left out"));
                }
                (None, None) => {
                    returned.words.push(format!("sheet “{}” names no year; left out", Text::from(name)));
                }
            }
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
        let (mut changes, mut stuck) = (0, 0);
        for (at, mine) in landing.numbers() {
            let Some(counter) = table[at.row].counters[at.column].clone() else {
                stuck += 1;
                continue;
            };
            let key = (milestone.year.to_string(), target.target_type.name().to_owned(), counter.name());
            let cell = Cell { place, counter };
            let was = base.numbers.get(&key).copied();
            let server = self.reading(&cell).and_then(crate::domain::target::Reading::count);
            // What the file did not change is not taken, though it be another number here by now.
            if was == Some(Some(mine)) || (was.is_none() && self.value(&cell) == Some(mine)) {
                continue;
            }
            if self.value(&cell) == Some(mine) {
                continue;
            }
            changes += 1;
            returned.edits.push(Edit { base: was.unwrap_or(server), cell, mine });
        }
        let label = format!("Year {} · {}", milestone.year, target.target_type);
        returned.words.push(format!("{label}: {}", said(&landing, changes, stuck)));
    }
}

fn said(landing: &Landing, changes: usize, stuck: usize) -> String {
    let mut said = vec![match changes {
        0 => "nothing changes".to_owned(),
        1 => "1 counter changes".to_owned(),
        n => format!("{n} counters change"),
    }];
    if let Some(first) = landing.no_number.iter().find(|text| !text.is_empty()) {
        let first: String = first.chars().take(12).collect();
        said.push(format!("{} no number (“{}”)", landing.no_number.len(), Text::from(first)));
    }
    if landing.outside + stuck > 0 {
        said.push(format!("{} outside the table", count(landing.outside + stuck, "number")));
    }
    said.join(", ")
}

/// The year and the table that a sheet's name means: `Year 2 disabled`.
fn named(name: &str) -> Option<(u32, TargetType)> {
    let words: Vec<String> = name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
    let at = words.iter().position(|word| word == "year")?;
    let year = words.get(at + 1)?.parse().ok()?;
    let disabled = words.iter().any(|word| word.starts_with("disab"));
    Some((year, if disabled { TargetType::DisabledEmployees } else { TargetType::AllEmployees }))
}

/// A sheet as its tables: one whose first columns name year and table holds several.
fn split(sheet: &FileSheet) -> Vec<(String, Vec<Vec<String>>)> {
    let is =
        |cell: Option<&String>, word: &str| cell.is_some_and(|cell| cell.trim().eq_ignore_ascii_case(word));
    let heads = sheet.rows.iter().position(|row| is(row.first(), "year") && is(row.get(1), "table"));
    let Some(heads) = heads else { return vec![(sheet.name.clone(), sheet.rows.clone())] };
    let mut tables: Vec<(String, Vec<Vec<String>>)> = Vec::new();
    for row in sheet.rows.iter().skip(heads + 1).filter(|row| row.len() > 2) {
        let name = format!(
            "Year {} {}",
            row[0].trim().trim_start_matches(['Y', 'y', 'e', 'a', 'r', ' ']),
            row[1].trim()
        );
        let known = tables.iter().position(|(known, _)| *known == name);
        let at = known.unwrap_or_else(|| {
            tables.push((name, vec![sheet.rows[heads][2..].to_vec()]));
            tables.len() - 1
        });
        tables[at].1.push(row[2..].to_vec());
    }
    tables
}

fn base_of(sheet: &FileSheet) -> Base {
    let mut base = Base::default();
    if sheet.rows.first().is_none_or(|heads| *heads != BASE_HEADS) {
        return base;
    }
    for row in &sheet.rows[1..] {
        if let [plan, year, table, counter, rest @ ..] = row.as_slice() {
            base.plan = Some(plan.clone());
            let number = rest.first().and_then(|text| number::written(text).ok());
            base.numbers.insert((year.clone(), table.clone(), counter.clone()), number);
        }
    }
    base
}
