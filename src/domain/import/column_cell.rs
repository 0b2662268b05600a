//! One cell of a column that is read: what stands there, and what to say where no field takes it.

use std::borrow::Cow;

use crate::domain::change::rule::Rule;
use crate::domain::file_grid::{DateSystem, FileCell, is_invisible, is_zero_width};
use crate::domain::import::answers::Answers;
use crate::domain::import::columns::FileColumn;
use crate::domain::import::row_values::{RowProblem, RowValues};
use crate::domain::import::vocabulary::{ColumnRole, normalize_word};
use crate::domain::record::Value;

/// A cell of a column.
#[derive(Debug, Clone, Copy)]
pub struct ColumnCell<'a> {
    /// What stands in it.
    pub cell: FileCell<'a>,
    /// Its column.
    pub column: &'a FileColumn,
    /// The index of the column among the columns.
    pub at: usize,
    /// How the sheet counts its dates.
    pub dates: DateSystem,
    /// Whether the file is text, whose cells have no types.
    pub is_of_text_file: bool,
    /// What was said about the file.
    pub answers: &'a Answers,
}

impl<'a> ColumnCell<'a> {
    /// Notes a rule that the cell breaks.
    pub fn note(&self, rule: Rule, values: &mut RowValues) {
        values.problems.push(RowProblem::in_column(rule, self.at));
    }

    /// What stands in the cell, kept as no value of its field, with the rule that it breaks.
    pub fn refused(&self, rule: Rule, values: &mut RowValues) -> Value {
        self.note(rule, values);
        Value::Unparsed(self.cell.to_text(self.dates).into())
    }

    /// A value that cannot be read for its field.
    pub fn unreadable(&self, values: &mut RowValues) -> Value {
        let text = self.cell.to_text(self.dates);
        // Short values that are no person's: a date, an amount.
        let is_plain = self.column.role.and_then(ColumnRole::field).is_some_and(|field| !field.is_personal());
        let detail = (is_plain && text.chars().count() <= 20).then(|| format!("`{text}`"));
        values.problems.push(RowProblem { detail, ..RowProblem::in_column(Rule::Unreadable, self.at) });
        Value::Unparsed(text.into())
    }

    /// A word that nobody has said the meaning of.
    pub fn unknown_word(&self, text: &str, values: &mut RowValues) -> Value {
        let word = text.trim_matches(is_invisible);
        values.problems.push(
            RowProblem::in_column(Rule::UnknownWord, self.at)
                .with_detail(format!("`{}`", normalize_word(word))),
        );
        Value::Unparsed(word.into())
    }

    /// A cell that no field takes: an error, a formula without a result, a damaged text; `None` for any other.
    pub fn broken(&self, values: &mut RowValues) -> Option<Value> {
        let (rule, text) = match self.cell {
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
        values.problems.push(RowProblem { detail, ..RowProblem::in_column(rule, self.at) });
        Some(Value::Unparsed(text.into()))
    }

    /// A text for people: line ends as blanks, nothing that cannot be seen; `None` when it is blank.
    pub fn text(&self, values: &mut RowValues) -> Option<Cow<'a, str>> {
        let text = match self.cell {
            FileCell::Text(text) => text,
            FileCell::Blank => return None,
            FileCell::Damaged(_) | FileCell::Error(_) | FileCell::Uncalculated => {
                self.broken(values);
                return None;
            }
            cell => {
                if self.column.role.is_some_and(ColumnRole::is_name) {
                    // A date or a truth value in a column of names.
                    self.note(Rule::NamePlaceholder, values);
                }
                return Some(cell.to_text(self.dates).into());
            }
        };
        let trimmed = text.trim_matches(is_invisible);
        if trimmed.bytes().all(|b| matches!(b, b' '..=b'~')) {
            return (!trimmed.is_empty()).then_some(trimmed.into());
        }
        if trimmed.bytes().any(|b| b < b' ') {
            self.note(Rule::LineBreak, values);
        }
        let is_hidden = |c: char| is_zero_width(c) || (c.is_control() && !c.is_whitespace());
        if trimmed.contains(is_hidden) {
            self.note(Rule::Invisible, values);
        }
        let spaced: String = trimmed
            .split(|c: char| c.is_whitespace() && c != ' ')
            .map(|part| part.trim_matches(' '))
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        let clean: String = spaced.chars().filter(|c| !is_hidden(*c)).collect();
        (!clean.is_empty()).then_some(clean.into())
    }
}
