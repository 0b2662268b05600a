//! Reads one row of a sheet into the fields of a participant and its training program.

use std::collections::HashMap;

use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::change::rule::{Rule, RuleSeverity};
use crate::domain::date::read_date;
use crate::domain::file_grid::{
    DateSystem, FileCell, FileGrid, column_letters, is_invisible, is_zero_width, number_text,
};
use crate::domain::import::answers::{Answers, EmploymentAnswer, MergedAnswer, VatAnswer};
use crate::domain::import::columns::{FileColumn, gender_and_race, province, word_value};
use crate::domain::import::fill_down::{FilledCell, is_as_above};
use crate::domain::import::program_groups::is_placeholder;
use crate::domain::import::vocabulary::{ColumnRole, NamePart, normalize_word, word_meaning};
use crate::domain::record::amount::read_amount;
use crate::domain::record::id_number::{IdReading, has_lost_zeros, read_id_number, with_zeros};
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::record::{FieldKind, RecordDraft, SchemaField, Value};

/// Something about one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowProblem {
    /// The rule that it breaks.
    pub rule: Rule,
    /// The column it is about, as an index of the columns; `None` for the whole row.
    pub column: Option<usize>,
    /// The field it is about, where no column is named.
    pub field: Option<&'static str>,
    /// What stands in the cell, where it is no person's: an error, a word.
    pub detail: Option<String>,
}

impl RowProblem {
    /// A problem of the whole row.
    pub fn of(rule: Rule) -> Self {
        Self { rule, column: None, field: None, detail: None }
    }

    /// A problem of a column.
    fn in_column(rule: Rule, column: usize) -> Self {
        Self { column: Some(column), ..Self::of(rule) }
    }

    /// The problem, about a field.
    #[must_use]
    pub fn about(self, field: &'static str) -> Self {
        Self { field: Some(field), ..self }
    }

    /// The problem, with what stands there or which row is meant.
    #[must_use]
    pub fn with_detail(self, detail: String) -> Self {
        Self { detail: Some(detail), ..self }
    }

    /// What it is about, in words: the column's heading, or the field; empty for the whole row.
    pub fn subject(&self, columns: &[FileColumn]) -> String {
        match (self.column, self.field) {
            (Some(column), _) => columns[column].heading.clone(),
            (None, Some(field)) => PARTICIPANT.field(field).map(SchemaField::label).unwrap_or_default(),
            (None, None) => String::new(),
        }
    }
}

/// What a row leaves open until a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenQuestions {
    /// Neither employment nor status.
    pub employed: bool,
    /// Whether the person is disabled.
    pub disabled: bool,
    /// Whether the person is a foreign national.
    pub foreign: bool,
}

impl OpenQuestions {
    /// Adds what another row leaves open.
    pub fn add(&mut self, other: Self) {
        self.employed |= other.employed;
        self.disabled |= other.disabled;
        self.foreign |= other.foreign;
    }
}

/// A row, read.
#[derive(Debug, Clone, Default)]
pub struct RowValues {
    /// The participant's fields, in the schema's order; what could not be read is [`Value::Unparsed`].
    pub participant: Vec<(&'static str, Value)>,
    /// The fields of its training program.
    pub program: Vec<(&'static str, Value)>,
    /// The stated total of its costs.
    pub stated_total: Option<Decimal>,
    /// What is wrong or odd about its cells.
    pub problems: Vec<RowProblem>,
    /// What it leaves open.
    pub open: OpenQuestions,
}

impl RowValues {
    /// The participant as a draft.
    pub fn draft(&self) -> RecordDraft {
        RecordDraft::new(self.participant.clone())
    }

    /// The value of a field of the participant.
    pub fn value(&self, name: &str) -> &Value {
        self.participant.iter().find(|(known, _)| *known == name).map_or(&Value::Absent, |(_, value)| value)
    }

    fn set(&mut self, name: &'static str, value: Value) {
        match self.participant.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.participant.push((name, value)),
        }
    }
}

/// Reads the rows of one sheet.
#[derive(Debug)]
pub struct RowReader<'a> {
    grid: &'a FileGrid,
    columns: &'a [FileColumn],
    answers: &'a Answers,
    /// For each cell below the first of a merged range: the index of the first row, and how many rows it spans.
    merged: HashMap<(usize, usize), MergedCell>,
}

/// Where a cell of a merged range takes its value from.
#[derive(Debug, Clone, Copy)]
struct MergedCell {
    first_row: usize,
    rows: usize,
    place: usize,
}

impl<'a> RowReader<'a> {
    /// A reader of a sheet whose columns are laid.
    pub fn new(grid: &'a FileGrid, columns: &'a [FileColumn], answers: &'a Answers) -> Self {
        let mut merged = HashMap::new();
        for range in &grid.merged {
            let column = range.columns.0 as usize;
            let rows: Vec<usize> = (0..grid.rows().len())
                .skip_while(|at| grid.rows()[*at].number < range.rows.0)
                .take_while(|at| grid.rows()[*at].number <= range.rows.1)
                .collect();
            if rows.len() < 2 || !columns.iter().any(|known| known.column == column && known.role.is_some()) {
                continue;
            }
            for (place, row) in rows.iter().enumerate() {
                merged.insert((*row, column), MergedCell { first_row: rows[0], rows: rows.len(), place });
            }
        }
        Self { grid, columns, answers, merged }
    }

    /// Whether a column has a value merged over this row and others.
    pub fn is_merged(&self, row: usize, column: usize) -> bool {
        self.merged.contains_key(&(row, column))
    }

    /// Reads only the program of a row.
    pub fn read_program(&self, row: usize, filled: &[FilledCell]) -> Vec<(&'static str, Value)> {
        let mut values = RowValues::default();
        for (at, column) in self.columns.iter().enumerate() {
            if let Some(role @ ColumnRole::Program(field)) = column.role {
                let cell = self.cell(row, column, role, filled, &mut values, at);
                let value = self.value(cell, column, field, at, &mut values);
                values.program.extend(value.map(|value| (field.name, value)));
            }
        }
        values.program
    }

    /// Reads a row. `filled` are the cells above that may stand for its blanks.
    pub fn read(&self, row: usize, filled: &[FilledCell]) -> RowValues {
        let mut values = RowValues::default();
        let mut names: [String; 5] = Default::default();
        for (at, column) in self.columns.iter().enumerate() {
            let Some(role) = column.role else { continue };
            let cell = self.cell(row, column, role, filled, &mut values, at);
            match role {
                ColumnRole::Name(part) => {
                    names[part as usize] = self.text(cell, at, &mut values).unwrap_or_default();
                }
                ColumnRole::GenderAndRace => self.read_gender_and_race(cell, at, &mut values),
                ColumnRole::StatedTotal => {
                    if let Some(Value::Decimal(n)) = self.amount(cell, column, at, &mut RowValues::default())
                    {
                        values.stated_total = Some(n);
                    }
                }
                ColumnRole::Program(field) => {
                    if let Some(value) = self.value(cell, column, field, at, &mut values) {
                        values.program.push((field.name, value));
                    }
                }
                ColumnRole::Field(field) | ColumnRole::Inverted(field) => {
                    if let Some(value) = self.value(cell, column, field, at, &mut values) {
                        let value = if role.is_cost() {
                            self.cost(row, column, value, at, &mut values)
                        } else {
                            value
                        };
                        values.set(field.name, value);
                    }
                }
            }
        }
        self.join_names(&mut values, &names);
        self.fill_employment(&mut values);
        fill_flag("disabled", self.answers.disabled.map(super::answers::YesNo::is_yes), &mut values);
        fill_flag("foreign", self.answers.foreign.map(super::answers::YesNo::is_yes), &mut values);
        self.offer_lost_zeros(row, &mut values);
        let place = |name: &str| PARTICIPANT.fields.iter().position(|field| field.name == name);
        values.participant.retain(|(_, value)| *value != Value::Absent);
        values.participant.sort_by_cached_key(|(name, _)| place(name));
        values
    }

    /// Gives an ID number back the zeros that a spreadsheet took off, once somebody has released the row.
    fn offer_lost_zeros(&self, row: usize, values: &mut RowValues) {
        let number = self.grid.rows()[row].number;
        if let Some(id) = values.value("id_number").raw()
            && self.answers.releases(Rule::IdLostZeros.id(), number)
            && has_lost_zeros(id)
        {
            values.set("id_number", Value::Text(with_zeros(id).into()));
        }
    }

    /// The cell of a column, or the one above that stands for it.
    fn cell(
        &self,
        row: usize,
        column: &FileColumn,
        role: ColumnRole,
        filled: &[FilledCell],
        values: &mut RowValues,
        at: usize,
    ) -> FileCell<'a> {
        let own = self.grid.cell(row, column.column);
        let is_ditto = is_filled_down(role) && is_as_above(own);
        if !own.is_blank() && !is_ditto {
            return own;
        }
        let may_fill = self.answers.fill_down.is_some_and(super::answers::YesNo::is_yes);
        let from = match self.merged.get(&(row, column.column)) {
            Some(merged) if role.is_cost() => match self.answers.merged {
                Some(MergedAnswer::Each | MergedAnswer::Divided) => Some(merged.first_row),
                _ => None,
            },
            Some(merged) if may_fill => Some(merged.first_row),
            Some(_) => None,
            None => {
                let of_column = filled.iter().find(|(index, _)| usize::from(*index) == at);
                of_column.filter(|_| may_fill).map(|(_, from)| *from as usize)
            }
        };
        let Some(from) = from else { return FileCell::Blank };
        let above = self.grid.cell(from, column.column);
        if !above.is_blank() && !role.is_cost() {
            values.problems.push(RowProblem::in_column(Rule::Filled, at));
        }
        above
    }

    /// What a cost is once merged costs are shared and VAT is taken off.
    fn cost(
        &self,
        row: usize,
        column: &FileColumn,
        value: Value,
        at: usize,
        values: &mut RowValues,
    ) -> Value {
        let Value::Decimal(mut n) = value else { return value };
        let mut note = |rule| values.problems.push(RowProblem::in_column(rule, at));
        if let Some(merged) = self.merged.get(&(row, column.column))
            && let Some(answer) = self.answers.merged
        {
            if answer == MergedAnswer::Divided {
                n = share_of(n, merged.rows, merged.place);
            }
            note(Rule::MergedShared);
        }
        if column.includes_vat && self.answers.vat == Some(VatAnswer::Remove) && !n.is_zero() {
            n = (n / Decimal::new(115, 2)).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
            note(Rule::VatRemoved);
        }
        Value::Decimal(n)
    }

    /// The value of a cell for a field; `None` when it is blank.
    fn value(
        &self,
        cell: FileCell<'_>,
        column: &FileColumn,
        field: &'static SchemaField,
        at: usize,
        values: &mut RowValues,
    ) -> Option<Value> {
        if cell.is_blank() {
            let is_no = column.facts.is_ticks();
            if is_no {
                values.problems.push(RowProblem::in_column(Rule::BlankIsNo, at));
                return Some(Value::Flag(matches!(column.role, Some(ColumnRole::Inverted(_)))));
            }
            return None;
        }
        if let Some(broken) = broken(cell, at, values) {
            return Some(broken);
        }
        match field.kind {
            FieldKind::Flag | FieldKind::Choice(_) => self.word(cell, column, field, at, values),
            FieldKind::Date => self.date(cell, column, at, values),
            FieldKind::Decimal => self.amount(cell, column, at, values),
            FieldKind::Integer => match self.amount(cell, column, at, values)? {
                Value::Decimal(n) => match n.normalize().to_string().parse() {
                    Ok(whole) => Some(Value::Integer(whole)),
                    Err(_) => Some(self.unreadable(cell, at, values)),
                },
                value => Some(value),
            },
            _ if field.name == "id_number" => self.id_number(cell, column, at, values),
            _ => {
                let text = self.text(cell, at, values)?;
                if let Some(said) = column.said(&text) {
                    return (!said.is_empty()).then(|| Value::Text(said.into()));
                }
                let is_province = field.name == "province";
                let known = if is_province { province(&text) } else { None };
                let known = known.or_else(|| {
                    let is_code = is_province && column.is_of_codes;
                    is_code.then(|| word_meaning("province_code", &normalize_word(&text))).flatten()
                });
                Some(Value::Text(known.map_or_else(|| text.as_str().into(), Into::into)))
            }
        }
    }

    fn unreadable(&self, cell: FileCell<'_>, at: usize, values: &mut RowValues) -> Value {
        let text = cell.to_text(self.grid.dates);
        // Short values that are no person's: a date, an amount.
        let is_plain =
            self.columns[at].role.and_then(ColumnRole::field).is_some_and(|field| !field.is_personal());
        let detail = (is_plain && text.chars().count() <= 20).then(|| format!("`{text}`"));
        values.problems.push(RowProblem { detail, ..RowProblem::in_column(Rule::Unreadable, at) });
        Value::Unparsed(cell.to_text(self.grid.dates).into())
    }

    fn word(
        &self,
        cell: FileCell<'_>,
        column: &FileColumn,
        field: &'static SchemaField,
        at: usize,
        values: &mut RowValues,
    ) -> Option<Value> {
        let number;
        let text = match cell {
            FileCell::Text(text) => text,
            FileCell::Flag(yes) if field.kind == FieldKind::Flag => {
                return Some(Value::Flag(yes != matches!(column.role, Some(ColumnRole::Inverted(_)))));
            }
            FileCell::Number(n) => {
                number = number_text(n);
                &number
            }
            _ => return Some(self.unreadable(cell, at, values)),
        };
        match word_value(column, field, text) {
            Some(Value::Absent) => None,
            Some(value) => {
                if field.name == "employed"
                    && let Some(status) = word_meaning("starting_employment_status", &normalize_word(text))
                    && *values.value("starting_employment_status") == Value::Absent
                {
                    // `Permanent` in a column of employment says both.
                    values.set("starting_employment_status", Value::Text(status.into()));
                }
                Some(value)
            }
            None => Some(unknown_word(text, at, values)),
        }
    }

    fn read_gender_and_race(&self, cell: FileCell<'_>, at: usize, values: &mut RowValues) {
        let FileCell::Text(text) = cell else {
            if let Some(broken) = broken(cell, at, values) {
                values.set("gender", broken);
            }
            return;
        };
        match gender_and_race(self.columns[at].said(text).unwrap_or(text)) {
            Some((gender, race)) => {
                values.set("gender", Value::Text(gender.into()));
                values.set("race", Value::Text(race.into()));
            }
            None if cell.is_blank() => {}
            None => {
                let word = unknown_word(text, at, values);
                values.set("gender", word.clone());
                values.set("race", word);
            }
        }
    }

    fn date(
        &self,
        cell: FileCell<'_>,
        column: &FileColumn,
        at: usize,
        values: &mut RowValues,
    ) -> Option<Value> {
        let systems = self.answers.date_system.map(DateSystem::from);
        let out_of_range = |values: &mut RowValues| {
            values.problems.push(RowProblem::in_column(Rule::DateRange, at));
            Value::Unparsed(cell.to_text(self.grid.dates).into())
        };
        match cell {
            FileCell::DateTime(serial) => match self.grid.dates.date(serial) {
                Some(date) => Some(Value::Date(date)),
                None => Some(out_of_range(values)),
            },
            FileCell::Number(n) => match date_of_number(n, self.grid.dates) {
                Some(date) => Some(Value::Date(date)),
                None => Some(out_of_range(values)),
            },
            FileCell::Text(text) => {
                if let Some(said) = column.said(text) {
                    return read_date(said).and_then(super::super::date::DateReading::only).map(Value::Date);
                }
                if let Some(reading) = read_date(text) {
                    let by_column = || column.date_order(self.answers).and_then(|order| reading.by(order));
                    // What has to be asked first is left out until then.
                    return reading.only().or_else(by_column).map(Value::Date);
                }
                if let (true, Ok(serial)) = (self.grid.is_text, text.trim().parse::<f64>())
                    && let Some(date) =
                        systems.unwrap_or_default().date(serial).filter(|_| serial >= 25_569.0)
                {
                    return systems.map(|_| Value::Date(date));
                }
                if !text.chars().any(char::is_numeric) {
                    return Some(unknown_word(text, at, values));
                }
                if is_date_of_another_century(text) {
                    Some(out_of_range(values))
                } else {
                    Some(self.unreadable(cell, at, values))
                }
            }
            _ => Some(self.unreadable(cell, at, values)),
        }
    }

    fn amount(
        &self,
        cell: FileCell<'_>,
        column: &FileColumn,
        at: usize,
        values: &mut RowValues,
    ) -> Option<Value> {
        let is_of = |name: &str| matches!(column.role, Some(ColumnRole::Field(field)) if field.name == name);
        let is_hours = is_of("man_hours");
        let hours = |days: f64| {
            number_text((days * 24.0 * 10_000.0).round() / 10_000.0).parse().ok().map(Value::Decimal)
        };
        match cell {
            FileCell::Number(n) => match number_text(n).parse() {
                Ok(n) => Some(Value::Decimal(n)),
                Err(_) => Some(self.unreadable(cell, at, values)),
            },
            FileCell::Duration(days) if is_hours => hours(days),
            // A time of day in a column of hours is a duration of less than a day.
            FileCell::DateTime(days) if is_hours && (0.0..1.0).contains(&days) => hours(days),
            FileCell::Text(text) => {
                if let Some(said) = column.said(text) {
                    return read_amount(said)
                        .and_then(super::super::record::amount::AmountReading::only)
                        .map(Value::Decimal);
                }
                let plain = match () {
                    () if is_hours => without_unit(text, &["hours", "hour", "hrs", "hr", "ure", "uur", "h"]),
                    () if is_of("age") => {
                        without_unit(text, &["years old", "years", "year", "yrs", "yr", "jaar", "y"])
                    }
                    () => text,
                };
                if let Some(reading) = read_amount(plain) {
                    let by_column = || column.decimal_mark(self.answers).and_then(|mark| reading.by(mark));
                    return reading.only().or_else(by_column).map(Value::Decimal);
                }
                if let Some(hours) = clock_hours(plain).filter(|_| is_hours) {
                    return Some(Value::Decimal(hours));
                }
                if text.chars().any(char::is_numeric) {
                    Some(self.unreadable(cell, at, values))
                } else {
                    Some(unknown_word(text, at, values))
                }
            }
            FileCell::Blank => None,
            _ => match broken(cell, at, values) {
                Some(broken) => Some(broken),
                None => Some(self.unreadable(cell, at, values)),
            },
        }
    }

    fn id_number(
        &self,
        cell: FileCell<'_>,
        column: &FileColumn,
        at: usize,
        values: &mut RowValues,
    ) -> Option<Value> {
        let rule = match read_id_number(cell) {
            None if cell.is_blank() => return None,
            None => return Some(self.unreadable(cell, at, values)),
            Some(IdReading::Id(id)) => return Some(Value::Text(id.into())),
            Some(IdReading::Word(word)) => {
                return match column.said(&word) {
                    Some(said) => (!said.is_empty()).then(|| Value::Text(said.into())),
                    None => Some(unknown_word(&word, at, values)),
                };
            }
            Some(IdReading::Rounded) => Rule::IdRounded,
            Some(IdReading::Hidden) => Rule::IdHidden,
        };
        values.problems.push(RowProblem::in_column(rule, at));
        Some(Value::Unparsed(cell.to_text(self.grid.dates).into()))
    }

    /// A text for people: line ends as blanks, nothing that cannot be seen; `None` when it is blank.
    fn text(&self, cell: FileCell<'_>, at: usize, values: &mut RowValues) -> Option<String> {
        let text = match cell {
            FileCell::Text(text) => text,
            FileCell::Blank => return None,
            FileCell::Damaged(_) | FileCell::Error(_) | FileCell::Uncalculated => {
                broken(cell, at, values);
                return None;
            }
            cell => {
                if self.columns[at].role.is_some_and(is_name_role) {
                    // A date or a truth value in a column of names.
                    values.problems.push(RowProblem::in_column(Rule::NamePlaceholder, at));
                }
                return Some(cell.to_text(self.grid.dates));
            }
        };
        let mut note = |rule| values.problems.push(RowProblem::in_column(rule, at));
        let trimmed = text.trim_matches(is_invisible);
        if trimmed.bytes().any(|b| b < b' ') {
            note(Rule::LineBreak);
        }
        let is_hidden = |c: char| is_zero_width(c) || (c.is_control() && !c.is_whitespace());
        if trimmed.contains(is_hidden) {
            note(Rule::Invisible);
        }
        if !trimmed.contains(|c: char| c.is_control() || is_zero_width(c) || c.is_whitespace() && c != ' ') {
            return (!trimmed.is_empty()).then(|| trimmed.to_owned());
        }
        let spaced: String = trimmed
            .split(|c: char| c.is_whitespace() && c != ' ')
            .map(|part| part.trim_matches(' '))
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        let clean: String = spaced.chars().filter(|c| !is_hidden(*c)).collect();
        (!clean.is_empty()).then_some(clean)
    }

    /// Joins the parts of a name, and turns `Surname, Name` round.
    fn join_names(&self, values: &mut RowValues, names: &[String; 5]) {
        let column = |role: &dyn Fn(ColumnRole) -> bool| {
            self.columns.iter().position(|column| column.role.is_some_and(role))
        };
        let reversed = &names[NamePart::Reversed as usize];
        if !reversed.is_empty() {
            let at = column(&|role| role == ColumnRole::Name(NamePart::Reversed));
            let words: Vec<&str> = reversed.split(' ').filter(|word| !word.is_empty()).collect();
            let (name, rule) = match (turned_round(reversed), &words[..]) {
                (Some(name), _) => (name, Rule::NameTurned),
                (None, [surname, first]) => (format!("{first} {surname}"), Rule::NameTurned),
                (None, _) => (reversed.clone(), Rule::NameOrder),
            };
            values.problems.push(RowProblem { column: at, ..RowProblem::of(rule) });
            values.set("full_name", Value::Text(name.into()));
            return;
        }
        let has = |part: NamePart| !names[part as usize].is_empty();
        let given = if has(NamePart::First) { NamePart::First } else { NamePart::Initials };
        let surname = &names[NamePart::Surname as usize];
        let mut first = names[given as usize].clone();
        if let Some(turned) = turned_round(&first) {
            first = turned;
        }
        let is_doubled = !surname.is_empty() && ends_with_words(&first, surname);
        let parts =
            [first.as_str(), &names[NamePart::Middle as usize], if is_doubled { "" } else { surname }];
        let joined = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        let has_surname_column = column(&|role| role == ColumnRole::Name(NamePart::Surname)).is_some();
        if joined.is_empty() {
            let at = column(&|role| matches!(role, ColumnRole::Field(field) if field.name == "full_name"));
            if let Some(name) = values.value("full_name").raw().and_then(turned_round) {
                values.problems.push(RowProblem { column: at, ..RowProblem::of(Rule::NameTurned) });
                values.set("full_name", Value::Text(name.into()));
            }
        } else {
            let is_broken = values.problems.iter().any(|problem| {
                let role = problem.column.and_then(|at| self.columns[at].role);
                matches!(role, Some(ColumnRole::Name(_))) && problem.rule.severity() == RuleSeverity::Stop
            });
            if is_doubled {
                values.problems.push(RowProblem::of(Rule::NameDoubled).about("full_name"));
            } else if has_surname_column && (first.is_empty() || surname.is_empty()) && !is_broken {
                values.problems.push(RowProblem::of(Rule::NamePart).about("full_name"));
            }
            if !is_broken {
                values.set("full_name", Value::Text(joined.into()));
            }
        }
        let is_name = |name: &str| name.chars().any(char::is_alphabetic) && !is_placeholder(name);
        if let Value::Text(name) = values.value("full_name")
            && !name.is_blank()
            && !is_name(name.raw())
        {
            values.problems.push(RowProblem::of(Rule::NamePlaceholder).about("full_name"));
        }
    }

    /// Fills employment and status from each other, then from the answer.
    fn fill_employment(&self, values: &mut RowValues) {
        let employed = match values.value("employed") {
            Value::Flag(yes) => Some(*yes),
            Value::Absent => None,
            _ => return,
        };
        let status = match values.value("starting_employment_status") {
            Value::Text(status) => Some(status.raw() == "Unemployed"),
            Value::Absent => None,
            _ => return,
        };
        let mut derive = |name: &'static str, value: Value| {
            values.set(name, value);
            let already = values.problems.iter().any(|problem| problem.rule == Rule::StatusDerived);
            if !already {
                values.problems.push(RowProblem::of(Rule::StatusDerived));
            }
        };
        let status_text = |status: &str| Value::Text(status.into());
        match (employed, status, self.answers.employed) {
            (Some(_), Some(_), _) => {}
            (None, Some(is_unemployed), _) => derive("employed", Value::Flag(!is_unemployed)),
            (Some(false), None, _) => derive("starting_employment_status", status_text("Unemployed")),
            (Some(true), None, Some(EmploymentAnswer::Permanent)) => {
                values.set("starting_employment_status", status_text("Permanent"));
            }
            (Some(true), None, Some(EmploymentAnswer::FixedTerm)) => {
                values.set("starting_employment_status", status_text("Fixed-Term"));
            }
            (Some(true), None, _) | (None, None, Some(EmploymentAnswer::Server)) => {
                values.problems.push(RowProblem::of(Rule::StatusByServer));
            }
            (None, None, Some(answer)) => {
                let (employed, status) = match answer {
                    EmploymentAnswer::Permanent => (true, "Permanent"),
                    EmploymentAnswer::FixedTerm => (true, "Fixed-Term"),
                    _ => (false, "Unemployed"),
                };
                values.set("employed", Value::Flag(employed));
                values.set("starting_employment_status", status_text(status));
            }
            (None, None, None) => values.open.employed = true,
        }
    }

    /// Where a cell stands, like `D5`.
    pub fn place(&self, row: usize, column: usize) -> String {
        format!("{}{}", column_letters(self.columns[column].column), self.grid.rows()[row].number)
    }
}

/// A cell that no field takes: an error, a formula without a result, a damaged text.
fn broken(cell: FileCell<'_>, at: usize, values: &mut RowValues) -> Option<Value> {
    let (rule, text) = match cell {
        FileCell::Error(text) => (Rule::ErrorCell, text),
        FileCell::Uncalculated => (Rule::Uncalculated, "formula"),
        FileCell::Damaged(text) => (Rule::DamagedText, text),
        _ => return None,
    };
    let detail = match rule {
        Rule::ErrorCell => Some(text.to_owned()),
        // The byte, without the rest of what may be a person's name.
        Rule::DamagedText => {
            text.split_once("byte 0x").and_then(|(_, rest)| rest.get(..2)).map(|byte| format!("0x{byte}"))
        }
        _ => None,
    };
    values.problems.push(RowProblem { detail, ..RowProblem::in_column(rule, at) });
    Some(Value::Unparsed(text.into()))
}

fn unknown_word(text: &str, at: usize, values: &mut RowValues) -> Value {
    let word = text.trim_matches(is_invisible).to_owned();
    values.problems.push(
        RowProblem::in_column(Rule::UnknownWord, at).with_detail(format!("`{}`", normalize_word(&word))),
    );
    Value::Unparsed(word.into())
}

fn fill_flag(name: &'static str, answer: Option<bool>, values: &mut RowValues) {
    match (values.value(name), answer) {
        (Value::Absent, Some(yes)) => values.set(name, Value::Flag(yes)),
        (Value::Absent, None) if name == "disabled" => values.open.disabled = true,
        (Value::Absent, None) => values.open.foreign = true,
        _ => {}
    }
}

/// Whether a blank of this role can mean "as above".
pub fn is_filled_down(role: ColumnRole) -> bool {
    match role {
        ColumnRole::Program(field) => !matches!(field.kind, FieldKind::Flag),
        ColumnRole::Field(field) => matches!(field.name, "start_date" | "end_date"),
        _ => false,
    }
}

fn is_name_role(role: ColumnRole) -> bool {
    matches!(role, ColumnRole::Name(_))
        || matches!(role, ColumnRole::Field(field) if field.name == "full_name")
}

/// Whether a name ends with the words of a surname, whatever their case.
fn ends_with_words(name: &str, surname: &str) -> bool {
    let (name, surname) = (normalize_word(name), normalize_word(surname));
    name == surname || name.strip_suffix(&surname).is_some_and(|head| head.ends_with(' '))
}

/// `Nkosi, Thandi` as `Thandi Nkosi`; `None` without exactly one comma between words.
fn turned_round(name: &str) -> Option<String> {
    let (surname, first) = name.split_once(',')?;
    let (surname, first) = (surname.trim(), first.trim().trim_end_matches(',').trim());
    let is_plain = !surname.is_empty() && !first.is_empty() && !first.contains(',');
    is_plain.then(|| format!("{first} {surname}"))
}

/// A cost divided among rows to the cent; the first rows take the cents that are over.
fn share_of(total: Decimal, rows: usize, place: usize) -> Decimal {
    let cents = (total * Decimal::ONE_HUNDRED).trunc();
    let rows_decimal = Decimal::from(rows);
    let each = (cents / rows_decimal).trunc();
    let over = cents - each * rows_decimal;
    let own = if Decimal::from(place) < over { each + Decimal::ONE } else { each };
    own / Decimal::ONE_HUNDRED
}

/// A number in a column of dates: `20240312`, or days since the workbook's first day.
fn date_of_number(n: f64, dates: DateSystem) -> Option<Date> {
    if n.fract().total_cmp(&0.0).is_eq() && (19_000_000.0..21_010_000.0).contains(&n) {
        return read_date(&number_text(n)).and_then(super::super::date::DateReading::only);
    }
    // Smaller numbers are years or counts, and no dates.
    dates.date(n).filter(|_| n >= 3_000.0)
}

/// Whether a text is a date but for its year.
fn is_date_of_another_century(text: &str) -> bool {
    let parts: Vec<&str> = text.trim().split(['/', '-', '.']).collect();
    parts.len() == 3
        && parts
            .iter()
            .all(|part| !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit()))
        && parts
            .iter()
            .any(|part| part.len() == 4 && part.parse().is_ok_and(|year: u32| !(1900..=2100).contains(&year)))
}

/// A number without its unit.
fn without_unit<'t>(text: &'t str, units: &[&str]) -> &'t str {
    let text = text.trim_matches(is_invisible);
    let lower = text.to_lowercase();
    let is_number = |rest: &&str| rest.ends_with(|c: char| c.is_ascii_digit() || c == ' ');
    let without = units.iter().find_map(|unit| lower.strip_suffix(unit).filter(is_number));
    without.and_then(|rest| text.get(..rest.len())).map_or(text, str::trim_end)
}

/// Hours and minutes: `8:30`, `08h30`.
fn clock_hours(text: &str) -> Option<Decimal> {
    let (hours, minutes) = text.split_once([':', 'h', 'H'])?;
    let minutes = minutes.split(':').next().unwrap_or_default();
    let (hours, minutes): (u32, u32) = (hours.trim().parse().ok()?, minutes.trim().parse().ok()?);
    let hundredths = Decimal::from(minutes) / Decimal::from(60);
    (minutes < 60 && hours < 10_000).then(|| (Decimal::from(hours) + hundredths).round_dp(4).normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_divided_cost_adds_up_to_the_cent() {
        let total = Decimal::new(10_000, 2);
        let shares: Vec<Decimal> = (0..3).map(|place| share_of(total, 3, place)).collect();
        assert_eq!(shares, [Decimal::new(3334, 2), Decimal::new(3333, 2), Decimal::new(3333, 2)]);
        assert_eq!(shares.iter().sum::<Decimal>(), total);
    }

    #[test]
    fn hours_are_read_with_their_unit_and_as_a_clock_shows_them() {
        let hours = |text| without_unit(text, &["hours", "hrs", "h"]);
        assert_eq!(
            (hours("40 hours"), hours("8hrs"), hours("8.5 h"), hours("5 days")),
            ("40", "8", "8.5", "5 days")
        );
        assert_eq!(clock_hours("8:30").map(|n| n.to_string()).as_deref(), Some("8.5"));
        assert_eq!(clock_hours("08h15").map(|n| n.to_string()).as_deref(), Some("8.25"));
        assert_eq!(clock_hours("8:75"), None);
    }

    #[test]
    fn a_name_is_turned_round_at_its_only_comma() {
        assert_eq!(turned_round("van der Merwe, Jan Hendrik").as_deref(), Some("Jan Hendrik van der Merwe"));
        assert_eq!((turned_round("Ann"), turned_round("Ann,"), turned_round("A, B, C")), (None, None, None));
    }

    #[test]
    fn numbers_in_a_date_column_are_dates_or_out_of_range() {
        let date = |n| date_of_number(n, DateSystem::From1900).map(|date| date.to_string());
        assert_eq!(
            (date(20_240_312.0).as_deref(), date(45_000.0).as_deref()),
            (Some("2024-03-12"), Some("2023-03-15"))
        );
        assert_eq!((date(2026.0), date(2_958_465.0), date(20_241_350.0)), (None, None, None));
        assert!(is_date_of_another_century("03/02/0026") && is_date_of_another_century("31/12/9999"));
        assert!(!is_date_of_another_century("3/2/26"));
    }
}
