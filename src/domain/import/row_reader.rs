//! Reads one row of a sheet into the fields of a participant and its training program.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::domain::change::rule::Rule;
use crate::domain::file_grid::{FileCell, FileGrid, number_text};
use crate::domain::import::amount_cell::{amount_value, share_of, without_vat};
use crate::domain::import::answers::{Answers, MergedAnswer, VatAnswer, YesNo};
use crate::domain::import::column_cell::ColumnCell;
use crate::domain::import::columns::{FileColumn, gender_and_race, province, word_value};
use crate::domain::import::date_cell::date_value;
use crate::domain::import::employment::fill_employment;
use crate::domain::import::fill_down::{FilledCell, is_as_above};
use crate::domain::import::person_name::{NameParts, join_names};
use crate::domain::import::row_values::RowValues;
use crate::domain::import::vocabulary::{ColumnRole, normalize_word, word_meaning};
use crate::domain::record::id_number::{IdReading, has_lost_zeros, read_id_number, with_zeros};
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::record::{FieldKind, SchemaField, Value};

/// How many words of a column are looked up once for all rows.
const KNOWN_WORDS: usize = 12;

/// Reads the rows of one sheet.
#[derive(Debug)]
pub struct RowReader<'a> {
    grid: &'a FileGrid,
    columns: &'a [FileColumn],
    answers: &'a Answers,
    /// For each cell below the first of a merged range: the index of the first row, and how many rows it spans.
    merged: HashMap<(usize, usize), MergedCell>,
    /// The first words of each column.
    words: Vec<Vec<KnownWord<'a>>>,
}

/// Where a cell of a merged range takes its value from.
#[derive(Debug, Clone, Copy)]
struct MergedCell {
    first_row: usize,
    rows: usize,
    place: usize,
}

/// A word of a column, with its value; `None` when nobody has said what it means.
#[derive(Debug)]
struct KnownWord<'a> {
    text: &'a str,
    value: Option<Value>,
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
        let words = |column: &'a FileColumn| {
            let Some(field) = column.role.and_then(ColumnRole::field) else { return Vec::new() };
            let known = column.facts.words.iter().take(KNOWN_WORDS);
            known.map(|(text, _)| KnownWord { text, value: word_value(column, field, text) }).collect()
        };
        Self { grid, columns, answers, merged, words: columns.iter().map(words).collect() }
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
                let cell = self.cell(row, role, filled, &mut values, at);
                let value = self.value(&cell, field, &mut values);
                values.program.extend(value.map(|value| (field.name, value)));
            }
        }
        values.program
    }

    /// Reads a row. `filled` are the cells above that may stand for its blanks.
    pub fn read(&self, row: usize, filled: &[FilledCell]) -> RowValues {
        let mut values = RowValues::default();
        values.participant.reserve(self.columns.len() + 1);
        let mut names = NameParts::default();
        for (at, column) in self.columns.iter().enumerate() {
            let Some(role) = column.role else { continue };
            let cell = self.cell(row, role, filled, &mut values, at);
            match role {
                ColumnRole::Name(part) => {
                    names[part as usize] = cell.text(&mut values).unwrap_or_default();
                }
                ColumnRole::GenderAndRace => read_gender_and_race(&cell, &mut values),
                ColumnRole::StatedTotal => {
                    if let Some(Value::Decimal(n)) = amount_value(&cell, &mut RowValues::default()) {
                        values.stated_total = Some(n);
                    }
                }
                ColumnRole::Program(field) => {
                    if let Some(value) = self.value(&cell, field, &mut values) {
                        values.program.push((field.name, value));
                    }
                }
                ColumnRole::Field(field) | ColumnRole::Inverted(field) => {
                    if let Some(value) = self.value(&cell, field, &mut values) {
                        let value =
                            if role.is_cost() { self.cost(row, &cell, value, &mut values) } else { value };
                        values.set(field.name, value);
                    }
                }
            }
        }
        join_names(self.columns, &mut values, &names);
        fill_employment(self.answers.employed, &mut values);
        fill_flag("disabled", self.answers.disabled, &mut values);
        fill_flag("foreign", self.answers.foreign, &mut values);
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
        role: ColumnRole,
        filled: &[FilledCell],
        values: &mut RowValues,
        at: usize,
    ) -> ColumnCell<'a> {
        let column = &self.columns[at];
        let cell_of = |cell| ColumnCell {
            cell,
            column,
            at,
            dates: self.grid.dates,
            is_of_text_file: self.grid.is_text,
            answers: self.answers,
        };
        let own = self.grid.cell(row, column.column);
        let is_ditto = role.is_filled_down() && is_as_above(own);
        if !own.is_blank() && !is_ditto {
            return cell_of(own);
        }
        let may_fill = self.answers.fill_down.is_some_and(YesNo::is_yes);
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
        let Some(from) = from else { return cell_of(FileCell::Blank) };
        let above = cell_of(self.grid.cell(from, column.column));
        if !above.cell.is_blank() && !role.is_cost() {
            above.note(Rule::Filled, values);
        }
        above
    }

    /// What a cost is once merged costs are shared and VAT is taken off.
    fn cost(&self, row: usize, cell: &ColumnCell<'_>, value: Value, values: &mut RowValues) -> Value {
        let Value::Decimal(mut n) = value else { return value };
        if let Some(merged) = self.merged.get(&(row, cell.column.column))
            && let Some(answer) = self.answers.merged
        {
            if answer == MergedAnswer::Divided {
                n = share_of(n, merged.rows, merged.place);
            }
            cell.note(Rule::MergedShared, values);
        }
        if cell.column.includes_vat && self.answers.vat == Some(VatAnswer::Remove) && !n.is_zero() {
            n = without_vat(n);
            cell.note(Rule::VatRemoved, values);
        }
        Value::Decimal(n)
    }

    /// The value of a cell for a field; `None` when it is blank.
    fn value(
        &self,
        cell: &ColumnCell<'_>,
        field: &'static SchemaField,
        values: &mut RowValues,
    ) -> Option<Value> {
        let column = cell.column;
        if cell.cell.is_blank() {
            if !column.facts.is_ticks() {
                return None;
            }
            cell.note(Rule::BlankIsNo, values);
            return Some(Value::Flag(matches!(column.role, Some(ColumnRole::Inverted(_)))));
        }
        if let Some(broken) = cell.broken(values) {
            return Some(broken);
        }
        match field.kind {
            FieldKind::Flag | FieldKind::Choice(_) => self.word(cell, field, values),
            FieldKind::Date => date_value(cell, values),
            FieldKind::Decimal => amount_value(cell, values),
            FieldKind::Integer => match amount_value(cell, values)? {
                Value::Decimal(n) => match n.normalize().to_string().parse() {
                    Ok(whole) => Some(Value::Integer(whole)),
                    Err(_) => Some(cell.unreadable(values)),
                },
                value => Some(value),
            },
            _ if field.name == "id_number" => id_number(cell, values),
            _ => {
                let text = cell.text(values)?;
                if let Some(said) = column.said(&text) {
                    return (!said.is_empty()).then(|| Value::Text(said.into()));
                }
                if field.name != "province" {
                    return Some(Value::Text(text.as_ref().into()));
                }
                let by_code = || {
                    let is_code = column.is_of_codes;
                    is_code.then(|| word_meaning("province_code", &normalize_word(&text))).flatten()
                };
                let known = province(&text).or_else(by_code);
                if known.is_none() {
                    cell.note(Rule::OtherProvince, values);
                }
                Some(Value::Text(known.unwrap_or(&text).into()))
            }
        }
    }

    fn word(
        &self,
        cell: &ColumnCell<'_>,
        field: &'static SchemaField,
        values: &mut RowValues,
    ) -> Option<Value> {
        let text = match cell.cell {
            FileCell::Text(text) => Cow::Borrowed(text),
            FileCell::Flag(yes) if field.kind == FieldKind::Flag => {
                return Some(Value::Flag(yes != matches!(cell.column.role, Some(ColumnRole::Inverted(_)))));
            }
            FileCell::Number(n) => Cow::Owned(number_text(n)),
            _ => return Some(cell.unreadable(values)),
        };
        let known = self.words[cell.at].iter().find(|word| word.text == text);
        let value = known.map_or_else(|| word_value(cell.column, field, &text), |word| word.value.clone());
        match value {
            Some(Value::Absent) => None,
            Some(value) => {
                if cell.column.takes_crosses_as_no(&text) {
                    cell.note(Rule::CrossIsNo, values);
                }
                if field.name == "employed"
                    && *values.value("starting_employment_status") == Value::Absent
                    && let Some(status) = word_meaning("starting_employment_status", &normalize_word(&text))
                {
                    // `Permanent` in a column of employment says both.
                    values.set("starting_employment_status", Value::Text(status.into()));
                }
                Some(value)
            }
            None => Some(cell.unknown_word(&text, values)),
        }
    }
}

fn read_gender_and_race(cell: &ColumnCell<'_>, values: &mut RowValues) {
    let FileCell::Text(text) = cell.cell else {
        if let Some(broken) = cell.broken(values) {
            values.set("gender", broken);
        }
        return;
    };
    match gender_and_race(cell.column.said(text).unwrap_or(text)) {
        Some((gender, race)) => {
            values.set("gender", Value::Text(gender.into()));
            values.set("race", Value::Text(race.into()));
        }
        None if cell.cell.is_blank() => {}
        None => {
            let word = cell.unknown_word(text, values);
            values.set("gender", word.clone());
            values.set("race", word);
        }
    }
}

fn id_number(cell: &ColumnCell<'_>, values: &mut RowValues) -> Option<Value> {
    match read_id_number(cell.cell) {
        None if cell.cell.is_blank() => None,
        None => Some(cell.unreadable(values)),
        Some(IdReading::Id(id)) => Some(Value::Text(id.into())),
        Some(IdReading::Word(word)) => match cell.column.said(&word) {
            Some(said) => (!said.is_empty()).then(|| Value::Text(said.into())),
            None => Some(cell.unknown_word(&word, values)),
        },
        Some(IdReading::Rounded) => Some(cell.refused(Rule::IdRounded, values)),
        Some(IdReading::Hidden) => Some(cell.refused(Rule::IdHidden, values)),
    }
}

/// Fills a flag that the row leaves open from the answer about the whole file.
fn fill_flag(name: &'static str, answer: Option<YesNo>, values: &mut RowValues) {
    match (values.value(name), answer) {
        (Value::Absent, Some(answer)) => values.set(name, Value::Flag(answer.is_yes())),
        (Value::Absent, None) if name == "disabled" => values.open.disabled = true,
        (Value::Absent, None) => values.open.foreign = true,
        _ => {}
    }
}
