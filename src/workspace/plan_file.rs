//! Exports a plan's tables to a file, and compares an imported file with the plan.

use std::collections::BTreeMap;

use crate::domain::cell_range::CellPosition;
use crate::domain::change::counter_change::{CounterRef, TargetRef};
use crate::domain::file_table::FileSheet;
use crate::domain::id::PlanId;
use crate::domain::import::pasted_block::{FoundBy, PastePlacement, PastedBlock};
use crate::domain::import::table_labels::TableLabels;
use crate::domain::plan::counter::{Counter, lowercase_words};
use crate::domain::plan::export::{
    BASE_HEADINGS, BASE_SHEET, ExportCell, ExportRow, ExportTable, PlanExport, sheet_name,
};
use crate::domain::plan::table_ref::{TableRef, YearIndex};
use crate::domain::plan::target::{Count, CounterReading, Target, TargetType};
use crate::domain::plan::target_rows::{self, TargetRow};
use crate::domain::plan::{Milestone, number};
use crate::domain::refusal::Refusal;
use crate::domain::text::{Text, pluralize};
use crate::workspace::{COUNTER_NOT_RETURNED, CounterEdit, Workspace};

/// How much of a plan to export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportScope {
    /// One table.
    Table(TableRef),
    /// All tables of a year.
    Year(YearIndex),
    /// All years.
    Plan,
}

/// What importing a file would change in a plan.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlanFileChanges {
    /// The numbers that differ.
    pub edits: Vec<CounterEdit>,
    /// Notes on the tables that change and on what was left out.
    pub notes: Vec<String>,
    /// How many tables have no differences.
    pub unchanged_tables: usize,
}

/// The numbers at the time the file was exported: the plan's id, and the base of each year, table and
/// counter.
#[derive(Debug, Default)]
struct FileBase {
    plan: Option<String>,
    numbers: BTreeMap<(String, String, String), BaseNumber>,
}

/// A counter's numbers at the time the file was exported.
#[derive(Debug, Clone, Copy)]
struct BaseNumber {
    /// The number that was exported, including a staged change.
    number: Option<Count>,
    /// The server's number at that time.
    server: Option<Count>,
}

impl Workspace {
    /// The tables of a plan with staged changes applied; `None` when the plan was not read.
    pub fn plan_export(&self, plan: PlanId, extent: &ExportScope) -> Option<PlanExport> {
        let plan = self.plan(plan)?;
        let wanted = |year: YearIndex, target: &Target| match extent {
            ExportScope::Plan => true,
            ExportScope::Year(wanted) => year == *wanted,
            ExportScope::Table(wanted) => year == wanted.year && target.target_type == wanted.table,
        };
        let mut tables = Vec::new();
        for (year, milestone) in plan.years() {
            let targets = milestone.targets.iter().filter(|target| wanted(year, target));
            tables.extend(targets.map(|target| self.export_table(plan.id, milestone, target)));
        }
        Some(PlanExport { plan: plan.id, name: plan.name(), tables })
    }

    fn export_table(&self, plan: PlanId, milestone: &Milestone, target: &Target) -> ExportTable {
        let place = TargetRef { plan, milestone: milestone.id, target: target.id };
        let row = |TargetRow { label, is_level, counters }: TargetRow| {
            let cell = |counter: Counter| {
                let cell = CounterRef { target: place, counter };
                let (number, server) =
                    (self.counter_value(&cell), self.counter_reading(&cell).and_then(CounterReading::count));
                ExportCell { counter: cell.counter, count: number, server_count: server }
            };
            ExportRow { label, is_level, cells: counters.map(|counter| counter.map(cell)) }
        };
        ExportTable {
            year: milestone.year,
            milestone: milestone.id,
            target: target.id,
            target_type: target.target_type.clone(),
            rows: target_rows::target_rows(target).into_iter().map(row).collect(),
        }
    }

    /// What the sheets of a file would change in a plan. A file with a single sheet that names no year is
    /// taken for the table shown.
    pub fn changes_in_file(&self, shown: &TableRef, sheets: &[FileSheet]) -> PlanFileChanges {
        let id = shown.plan;
        let mut returned = PlanFileChanges::default();
        let Some(plan) = self.plan(id) else { return returned };
        let mut base =
            sheets.iter().find(|sheet| sheet.name == BASE_SHEET).map(parse_base).unwrap_or_default();
        if base.plan.as_ref().is_some_and(|plan| *plan != id.to_string()) {
            let words = "this file was written of another plan: every number that differs would be taken";
            returned.notes.push(words.into());
            // The numbers of another plan are no base for this one.
            base = FileBase::default();
        }
        let sheets: Vec<&FileSheet> = sheets.iter().filter(|sheet| sheet.name != BASE_SHEET).collect();
        let tables = || plan.milestones.iter().flat_map(|m| m.targets.iter().map(move |target| (m, target)));
        let one = sheets.len() == 1;
        let mut taken = Vec::new();
        for FilePart { name, kind: of, rows } in sheets.iter().flat_map(|sheet| split_into_tables(sheet)) {
            let is_named = |(milestone, target): &(&Milestone, &Target)| {
                let sheet = sheet_name(milestone.year, &target.target_type);
                sheet.eq_ignore_ascii_case(&name) || names_table(&name, milestone.year, &target.target_type)
            };
            // Only a sheet that mentions no year or table is taken for the one shown.
            let silent = !mentions_year_or_table(&name)
                && !rows.iter().flatten().any(|cell| mentions_year_or_table(cell));
            let matching_table = tables().find(is_named).or_else(|| {
                let is_taken_for_it = of == PartKind::Sheet && one && silent;
                self.table(shown).filter(|_| is_taken_for_it)
            });
            match matching_table {
                Some((_, target)) if taken.contains(&target.id) => {
                    returned
                        .notes
                        .push(format!("“{}”: that table is in the file already; left out", Text::from(name)));
                }
                Some((milestone, target)) => {
                    taken.push(target.id);
                    self.compare_table(id, milestone, target, rows, &base, &mut returned);
                }
                None => {
                    let rows = pluralize(rows.len().saturating_sub(1), "row");
                    returned
                        .notes
                        .push(format!("“{}”: the plan has no such table; {rows} left out", Text::from(name)));
                }
            }
        }
        if base.numbers.is_empty() && !returned.edits.is_empty() {
            let words = "The file does not say what its numbers were: all that differ would be taken.";
            returned.notes.insert(0, words.into());
        }
        returned
    }

    fn compare_table(
        &self,
        plan: PlanId,
        milestone: &Milestone,
        target: &Target,
        rows: Vec<Vec<String>>,
        base: &FileBase,
        returned: &mut PlanFileChanges,
    ) {
        let table = target_rows::target_rows(target);
        let labels: Vec<&str> = table.iter().map(|row| row.label.as_str()).collect();
        let landing = PastedBlock::of(rows).place(CellPosition::default(), None, &TableLabels(&labels));
        let place = TargetRef { plan, milestone: milestone.id, target: target.id };
        let label = format!("Year {} · {}", milestone.year, target.target_type);
        if landing.found_by != FoundBy::HeadingsAndLabels || landing.cells.is_empty() {
            let words = "levels and columns are not found by their names; left out";
            returned.notes.push(format!("{label}: {words}"));
            return;
        }
        let (mut changes, mut stuck) = (0, None);
        for (at, mine) in landing.numbers() {
            let counter = table[at.row].counters[at.column].clone();
            let can = counter.ok_or_else(|| COUNTER_NOT_RETURNED.into()).and_then(|counter| {
                let cell = CounterRef { target: place, counter };
                self.check_counter_editable(&cell).map(|()| cell.counter)
            });
            let counter = match can {
                Ok(counter) => counter,
                Err(why) => {
                    stuck = Some((stuck.map_or(0, |(many, _)| many) + 1, why));
                    continue;
                }
            };
            let key = (milestone.year.to_string(), target.target_type.name().to_owned(), counter.name());
            let cell = CounterRef { target: place, counter };
            let was = base.numbers.get(&key).copied();
            // A number that was not changed in the file is not imported, even if it differs here by now.
            if was.is_some_and(|was| was.number == Some(mine)) || self.counter_value(&cell) == Some(mine) {
                continue;
            }
            changes += 1;
            let base = was.map_or_else(|| self.counter_base(&cell), |was| was.server);
            returned.edits.push(CounterEdit { counter: cell, base, mine });
        }
        let odd = placement_notes(&landing, stuck);
        match (changes, odd.is_empty()) {
            (0, true) => returned.unchanged_tables += 1,
            _ => {
                let changes = match changes {
                    0 => "nothing changes".to_owned(),
                    1 => "1 counter changes".to_owned(),
                    n => format!("{n} counters change"),
                };
                returned.notes.push(format!("{label}: {}", [vec![changes], odd].concat().join(", ")));
            }
        }
    }
}

/// Notes on the cells of a table that were left out. Blank cells and totals are expected and not mentioned.
fn placement_notes(landing: &PastePlacement, stuck: Option<(usize, Refusal)>) -> Vec<String> {
    let stuck = stuck.map(|(many, why)| format!("{many} cannot be set: {why}"));
    let odd = PastePlacement { blank: 0, sums: 0, found_by: FoundBy::Position, ..landing.clone() };
    stuck.into_iter().chain(odd.notes()).collect()
}

/// Whether a text mentions a year or a table.
fn mentions_year_or_table(text: &str) -> bool {
    lowercase_words(text).iter().any(|word| ["year", "fy", "disab"].iter().any(|hint| word.starts_with(hint)))
}

/// The year in a cell: `2`, `2.0`, `Year 2`; `None` when there is none.
fn parse_year(cell: &str) -> Option<u32> {
    let cell = cell.trim();
    let cell =
        if cell.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("year")) { &cell[4..] } else { cell };
    number::parse_spreadsheet(cell).ok()
}

/// Whether a name means the table of a year without being the exact name of an exported sheet: `Year 2 -
/// all`.
fn names_table(name: &str, year: u32, target_type: &TargetType) -> bool {
    let words = lowercase_words(name);
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

/// One table found in a file.
struct FilePart {
    name: String,
    kind: PartKind,
    rows: Vec<Vec<String>>,
}

/// How a table was found in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PartKind {
    /// A whole sheet.
    Sheet,
    /// Rows that name their year and table in columns.
    Rows,
}

/// Splits a sheet into tables: with a year column it holds several; a table column is optional.
fn split_into_tables(sheet: &FileSheet) -> Vec<FilePart> {
    let whole =
        || vec![FilePart { name: sheet.name.clone(), kind: PartKind::Sheet, rows: sheet.rows.clone() }];
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
    let mut parts: Vec<FilePart> = Vec::new();
    for row in &sheet.rows[heads + 1..] {
        let cell = |at: usize| row.get(at).map_or("", |cell| cell.trim());
        let table = table.map_or("all employees", cell);
        let name = match parse_year(cell(year)) {
            Some(year) if !table.is_empty() => format!("Year {year} {table}"),
            _ => format!("{} {table}", cell(year)),
        };
        let at = parts.iter().position(|part| part.name == name).unwrap_or_else(|| {
            parts.push(FilePart { name, kind: PartKind::Rows, rows: vec![rest(head)] });
            parts.len() - 1
        });
        parts[at].rows.push(rest(row));
    }
    parts
}

fn parse_base(sheet: &FileSheet) -> FileBase {
    let mut base = FileBase::default();
    if sheet.rows.first().is_none_or(|heads| *heads != BASE_HEADINGS) {
        return base;
    }
    for row in &sheet.rows[1..] {
        if let [plan, year, table, counter, rest @ ..] = row.as_slice() {
            base.plan = Some(plan.clone());
            let number = |at: usize| rest.get(at).and_then(|text| number::parse_spreadsheet(text).ok());
            let was = BaseNumber { number: number(0), server: number(1) };
            base.numbers.insert((year.clone(), table.clone(), counter.clone()), was);
        }
    }
    base
}
