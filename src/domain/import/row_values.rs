//! The values of one row, and what is wrong or odd about them.

use rust_decimal::Decimal;

use crate::domain::change::rule::Rule;
use crate::domain::import::columns::FileColumn;
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::record::{RecordDraft, SchemaField, Value};

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
    pub fn in_column(rule: Rule, column: usize) -> Self {
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
    pub fn into_draft(self) -> RecordDraft {
        RecordDraft::new(self.participant)
    }

    /// The value of a field of the participant.
    pub fn value(&self, name: &str) -> &Value {
        self.participant.iter().find(|(known, _)| *known == name).map_or(&Value::Absent, |(_, value)| value)
    }

    /// Sets a field of the participant.
    pub fn set(&mut self, name: &'static str, value: Value) {
        match self.participant.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.participant.push((name, value)),
        }
    }
}
