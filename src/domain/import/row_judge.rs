//! Judges the rows of a file one after the other: by the rules, beside the rows above, and by what the server holds.

use rust_decimal::Decimal;

use crate::domain::change::participant_checks::{ParticipantContext, participant_findings, takes_salaries};
use crate::domain::change::rule::{Rule, RuleSeverity};
use crate::domain::file_grid::{FileGrid, column_letters};
use crate::domain::id::TrainingProgramId;
use crate::domain::import::answers::{Answers, ExistingAnswer};
use crate::domain::import::columns::FileColumn;
use crate::domain::import::file_rows::{ImportTarget, PreviewRow, PreviewSheet, RowStanding};
use crate::domain::import::findings::FindingTable;
use crate::domain::import::program_groups::{ProgramGroups, names_program};
use crate::domain::import::row_reader::RowReader;
use crate::domain::import::row_values::{OpenQuestions, RowProblem, RowValues};
use crate::domain::import::seen_people::{SeenPeople, SeenPerson, SeenRow};
use crate::domain::import::server_knowledge::ServerKnowledge;
use crate::domain::import::vocabulary::is_cost;
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::record::{Record, Requirement, SchemaField, Value};

/// What a file is judged by.
#[derive(Debug, Clone, Copy)]
pub struct JudgedBy<'a> {
    /// Where to.
    pub target: &'a ImportTarget,
    /// What was said about the file.
    pub answers: &'a Answers,
    /// What the server is known to hold.
    pub server: &'a ServerKnowledge,
}

/// A row, judged by itself.
#[derive(Debug)]
pub struct ReadRow {
    problems: Vec<RowProblem>,
    open: OpenQuestions,
    /// The fields of its training program.
    program: Vec<(&'static str, Value)>,
    /// Its costs that are not 0.
    costs: Vec<(&'static SchemaField, Decimal)>,
    person: SeenPerson,
}

impl ReadRow {
    /// Judges a row by its own values. The category of its program is not known here.
    pub fn new(mut values: RowValues, server: &ServerKnowledge) -> Self {
        let mut problems = std::mem::take(&mut values.problems);
        let judged = judge_values(&values, server.context());
        problems.extend(judged.into_iter().map(|(field, rule)| RowProblem::of(rule).about(field)));
        let cost = |(name, value): &(&'static str, Value)| match value {
            Value::Decimal(n) if !n.is_zero() => {
                Some((PARTICIPANT.field(name).filter(|field| is_cost(field))?, *n))
            }
            _ => None,
        };
        Self {
            problems,
            open: values.open,
            costs: values.participant.iter().filter_map(cost).collect(),
            person: SeenPerson::new(&values),
            program: values.program,
        }
    }
}

/// Judges rows, and gathers what it finds.
#[derive(Debug)]
pub struct RowJudge<'a> {
    readers: &'a [RowReader<'a>],
    grids: &'a [FileGrid],
    sheets: &'a [PreviewSheet],
    by: JudgedBy<'a>,
    own_program: Option<&'a Record>,
    seen: SeenPeople,
    costs: Vec<RowCost>,
    /// The programs that rows name.
    pub programs: ProgramGroups,
    /// What the rules found.
    pub findings: FindingTable,
    /// What rows leave open.
    pub open: OpenQuestions,
}

impl<'a> RowJudge<'a> {
    /// For so many rows of these sheets.
    pub fn new(
        grids: &'a [FileGrid],
        sheets: &'a [PreviewSheet],
        readers: &'a [RowReader<'a>],
        by: JudgedBy<'a>,
        programs: ProgramGroups,
        rows: usize,
    ) -> Self {
        Self {
            readers,
            grids,
            sheets,
            by,
            own_program: by.target.program().and_then(|id| by.server.program(id)),
            seen: SeenPeople::with_capacity(rows),
            // Most rows have a cost or two.
            costs: Vec::with_capacity(rows * 2),
            programs,
            findings: FindingTable::default(),
            open: OpenQuestions::default(),
        }
    }

    /// Judges the next row, the one at this index of the rows with people. Returns what becomes of it, and the index of
    /// its program where the file names several.
    pub fn judge_row(&mut self, at: usize, row: &PreviewRow, read: ReadRow) -> (RowStanding, Option<usize>) {
        let JudgedBy { target, answers, server } = self.by;
        let ReadRow { mut problems, open, program, costs, person } = read;
        let (place, sheet) = (row.place, &self.sheets[row.place.sheet]);
        let grid = &self.grids[sheet.grid];
        self.open.add(open);
        if grid.rows()[row.grid_row].is_hidden {
            problems.push(RowProblem::of(Rule::HiddenRow));
        }
        if grid.is_text && has_overflow(grid, row.grid_row, sheet) {
            problems.push(RowProblem::of(Rule::Overflow));
        }
        let group = self.group_of(sheet, &program, &mut problems);
        let program = target.program().or(group.and_then(|group| self.programs.groups[group].existing));
        let has_salary = costs.iter().any(|(field, _)| field.name == "salary_cost");
        if has_salary
            && self
                .category_of(group)
                .is_some_and(|category| !category.is_empty() && !takes_salaries(&category))
        {
            problems.push(RowProblem::of(Rule::SalaryCategory).about("salary_cost"));
        }
        let is_stopped = problems.iter().any(|problem| problem.rule.severity() == RuleSeverity::Stop);

        let on_server = server.matches(program, &person.natural_key);
        let seen_row = SeenRow { at, group, place };
        let same = self.seen.add_row(&person.natural_key, seen_row);
        let holds_values = || {
            let values = self.readers[place.sheet].read(row.grid_row, &row.filled);
            server.holds(program, &person.id, |name| values.value(name))
        };
        let is_there = || {
            same.before < on_server
                || same.before == 0 && server.has_person(program, &person.id) && holds_values()
        };
        let holds_existing = answers.existing == Some(ExistingAnswer::Hold);
        let is_there = !is_stopped && is_there();
        let exists = is_there && !holds_existing;
        if is_there && holds_existing {
            problems.push(RowProblem::of(Rule::Existing));
        } else if !is_there {
            problems.extend(beside_server(server, program, &person));
        }
        problems.extend(self.seen.add_person(&person, seen_row, same, is_there));
        let standing = standing_of(&problems, exists, answers, place.number);
        self.costs.extend(costs.into_iter().map(|(field, n)| RowCost { group, field, at: at as u32, n }));
        if standing != RowStanding::Existing {
            for problem in problems {
                let cell = problem.column.filter(|_| problem.rule.severity() == RuleSeverity::Stop);
                let cell = cell.map(|column| cell_place(grid, row.grid_row, &sheet.columns[column]));
                let subject = problem.subject(&sheet.columns);
                self.findings.add(problem.rule, subject, problem.detail, place, cell);
            }
        }
        (standing, group)
    }

    /// The program of the file that a row names, where the file is to name one.
    fn group_of(
        &mut self,
        sheet: &PreviewSheet,
        fields: &[(&'static str, Value)],
        problems: &mut Vec<RowProblem>,
    ) -> Option<usize> {
        if self.by.target.program().is_some() {
            let is_other = |program: &Record| !names_program(program, fields);
            if self.own_program.is_some_and(is_other) {
                problems.push(RowProblem::of(Rule::OtherProgram));
            }
            return None;
        }
        let (group, broken) = self.programs.group_of(&sheet.columns, fields, self.by.server, self.by.answers);
        problems
            .extend(broken.into_iter().map(|(rule, detail)| RowProblem { detail, ..RowProblem::of(rule) }));
        group
    }

    /// The category of a row's program, as far as known.
    fn category_of(&self, group: Option<usize>) -> Option<String> {
        match (group, self.own_program) {
            (Some(group), _) => Some(self.programs.groups[group].category()),
            (None, Some(program)) => Some(program.value("category").edit_text().into_owned()),
            (None, None) => None,
        }
    }

    /// Holds what only all rows together show.
    #[must_use]
    pub fn finished(mut self, rows: &mut [PreviewRow]) -> Self {
        self.seen.hold_first_rows(rows, self.by.answers, &mut self.findings);
        find_outliers(&mut self.costs, rows, self.by.answers, &mut self.findings);
        self
    }
}

/// What is odd about a person beside those that the server holds.
fn beside_server(
    server: &ServerKnowledge,
    program: Option<TrainingProgramId>,
    person: &SeenPerson,
) -> Vec<RowProblem> {
    let mut problems = Vec::new();
    if server.has_person(program, &person.id) {
        problems.push(RowProblem::of(Rule::PersonOnServer).about("id_number"));
    } else if server.has_name(program, &person.name) {
        problems.push(RowProblem::of(Rule::SameName).with_detail("on the server".into()));
    }
    if server.is_elsewhere(program, &person.id, person.period) {
        problems.push(RowProblem::of(Rule::PersonElsewhere).about("id_number"));
    }
    problems
}

/// Where a cell stands, like `D5`.
fn cell_place(grid: &FileGrid, row: usize, column: &FileColumn) -> String {
    format!("{}{}", column_letters(column.column), grid.rows()[row].number)
}

/// Whether a row of a text file has cells to the right of the last heading, blank headings counted.
fn has_overflow(grid: &FileGrid, row: usize, sheet: &PreviewSheet) -> bool {
    let last = sheet.columns.last().map_or(0, |column| column.column);
    let given = || {
        let place = grid.rows().binary_search_by_key(&sheet.heading_row, |row| row.number);
        place.map_or(0, |place| grid.rows()[place].given_cells as usize)
    };
    let width = grid.width(row);
    (last + 1..width).any(|column| !grid.cell(row, column).is_blank() && column >= given())
}

/// The rules that a row's values break, apart from what its cells break already.
fn judge_values(values: &RowValues, context: ParticipantContext<'_>) -> Vec<(&'static str, Rule)> {
    let mut found = participant_findings(|name| values.value(name), context);
    // A rounded number was found in its cell.
    found.retain(|(_, rule)| *rule != Rule::IdRounded);
    for field in PARTICIPANT.fields.iter().filter(|field| field.requirement == Requirement::Required) {
        let is_open = match field.name {
            "disabled" => values.open.disabled,
            "foreign" => values.open.foreign,
            _ => false,
        };
        if values.value(field.name).is_blank() && !is_open {
            found.push((field.name, Rule::Required));
        }
    }
    let costs =
        || PARTICIPANT.fields.iter().filter(|field| is_cost(field)).map(|field| values.value(field.name));
    if costs().any(|value| *value != Value::Absent)
        && costs().all(|value| matches!(value, Value::Absent) || is_zero(value))
    {
        found.push(("course_cost", Rule::NoCosts));
    }
    if let Some(total) = values.stated_total {
        let sum: Decimal =
            costs().filter_map(|value| if let Value::Decimal(n) = value { Some(*n) } else { None }).sum();
        let is_read = costs().all(|value| !matches!(value, Value::Unparsed(_)));
        if is_read && (total - sum).abs() >= Decimal::ONE {
            found.push(("course_cost", Rule::TotalMismatch));
        }
    }
    found
}

fn is_zero(value: &Value) -> bool {
    matches!(value, Value::Decimal(n) if n.is_zero())
}

fn standing_of(problems: &[RowProblem], exists: bool, answers: &Answers, row: u32) -> RowStanding {
    let is_stopped = problems.iter().any(|problem| problem.rule.severity() == RuleSeverity::Stop);
    let holds = |problem: &RowProblem| {
        problem.rule.severity() == RuleSeverity::Hold
            && !(problem.rule.can_be_released() && answers.releases(problem.rule.id(), row))
    };
    match () {
        () if is_stopped => RowStanding::Stopped,
        () if exists => RowStanding::Existing,
        () if problems.iter().any(holds) => RowStanding::Held,
        () => RowStanding::Ready,
    }
}

/// A cost of a row; those of rows that are there already tell what is usual.
#[derive(Debug, Clone, Copy)]
struct RowCost {
    group: Option<usize>,
    field: &'static SchemaField,
    /// The index of the row.
    at: u32,
    n: Decimal,
}

/// Holds rows with a cost of ten times the median of its program or more, where there are enough to tell.
fn find_outliers(
    costs: &mut [RowCost],
    rows: &mut [PreviewRow],
    answers: &Answers,
    findings: &mut FindingTable,
) {
    const ENOUGH: usize = 5;
    let key = |cost: &RowCost| (cost.group, cost.field.name);
    costs.sort_by_key(key);
    for own in costs.chunk_by(|one, next| key(one) == key(next)) {
        let mut values: Vec<Decimal> = own.iter().map(|cost| cost.n).collect();
        let middle = values.len() / 2;
        let median = *values.select_nth_unstable(middle).1;
        if own.len() < ENOUGH || median <= Decimal::ZERO {
            continue;
        }
        for cost in own.iter().filter(|cost| cost.n >= median * Decimal::TEN) {
            let row = &mut rows[cost.at as usize];
            if row.standing == RowStanding::Existing {
                continue;
            }
            if !answers.releases(Rule::CostOutlier.id(), row.place.number) {
                row.standing = row.standing.max(RowStanding::Held);
            }
            findings.add(Rule::CostOutlier, cost.field.label(), None, row.place, None);
        }
    }
}
