//! Tables that are written into files: lists, templates, and rows that were not accepted, to be corrected in a
//! spreadsheet and imported again.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::domain::change::record_change::RecordChange;
use crate::domain::file_grid::FileGrid;
use crate::domain::file_table::FileTable;
use crate::domain::import::answers::Answers;
use crate::domain::import::preview::ImportPreview;
use crate::domain::import::row_values::RowValues;
use crate::domain::import::vocabulary::ColumnRole;
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::record::{Record, Schema, SchemaField, Value};

/// The fields an import can fill: all that can be sent.
pub fn importable_fields(schema: &'static Schema) -> impl Iterator<Item = &'static SchemaField> {
    schema.fields.iter().filter(|field| field.is_sendable())
}

/// A table without rows, with a heading for each importable field.
pub fn template_table(schema: &'static Schema) -> FileTable {
    let headings = importable_fields(schema).map(|field| field.name.to_owned()).collect();
    FileTable { headings, rows: Vec::new() }
}

/// Rows to be written into a file, each made when its turn comes.
#[derive(Clone, PartialEq)]
pub enum WrittenRows {
    /// A table.
    Table(FileTable),
    /// Records of a schema, with a column for every field.
    Records(&'static Schema, Arc<Vec<Record>>),
}

/// Shows only the size, so that names and ID numbers stay out of logs.
impl fmt::Debug for WrittenRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrittenRows({} x {})", self.len(), self.headings().len())
    }
}

impl WrittenRows {
    /// How many rows there are below the headings.
    pub fn len(&self) -> usize {
        match self {
            Self::Table(table) => table.rows.len(),
            Self::Records(_, records) => records.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The headings.
    pub fn headings(&self) -> Vec<String> {
        match self {
            Self::Table(table) => table.headings.clone(),
            Self::Records(schema, _) => schema.fields.iter().map(|field| field.name.to_owned()).collect(),
        }
    }

    /// The cells of each row.
    pub fn rows(&self) -> Box<dyn Iterator<Item = Cow<'_, [String]>> + '_> {
        match self {
            Self::Table(table) => Box::new(table.rows.iter().map(|(_, cells)| Cow::Borrowed(&cells[..]))),
            Self::Records(_, records) => Box::new(records.iter().map(|record| {
                Cow::Owned(record.entries().map(|(_, value)| file_text(value)).collect::<Vec<_>>())
            })),
        }
    }
}

/// Staged rows that were not accepted, with the reason and their row in the imported file, to be corrected in a
/// spreadsheet and imported again. Changes that create no record are left out.
pub fn rejected_rows_table<'a>(
    schema: &'static Schema,
    changes: impl Iterator<Item = (&'a RecordChange, String)>,
) -> FileTable {
    let fields: Vec<_> = importable_fields(schema).collect();
    let mut headings = vec!["reason".to_owned(), "row".to_owned()];
    headings.extend(fields.iter().map(|field| field.name.to_owned()));
    let mut rows = Vec::new();
    for (number, (change, reason)) in (2..).zip(changes) {
        let Some(draft) = change.intent.created_draft() else { continue };
        let mut cells = vec![reason, change.file_row.map_or_else(String::new, |row| row.to_string())];
        cells.extend(fields.iter().map(|field| file_text(draft.value(field.name))));
        rows.push((number, cells));
    }
    FileTable { headings, rows }
}

/// The rows that `reason` gives a reason for, by their index in the preview: the reason, where each row stood, its
/// program and its fields, as they were read. The table reads back to the same values.
pub fn reasons_table(
    preview: &ImportPreview,
    grids: &[FileGrid],
    answers: &Answers,
    reason: impl Fn(usize) -> Option<String>,
) -> FileTable {
    let columns = || preview.sheets.iter().flat_map(|sheet| &sheet.columns);
    let mut program_fields: Vec<&'static SchemaField> = Vec::new();
    for column in columns() {
        if let Some(ColumnRole::Program(field)) = column.role
            && !program_fields.contains(&field)
        {
            program_fields.push(field);
        }
    }
    let fields: Vec<&'static SchemaField> = importable_fields(&PARTICIPANT).collect();
    let has_total = columns().any(|column| column.role == Some(ColumnRole::StatedTotal));
    let mut headings: Vec<String> = ["reason", "sheet", "row"].map(str::to_owned).into();
    headings.extend(program_fields.iter().map(|field| format!("program {}", field.name)));
    headings.extend(fields.iter().map(|field| field.name.to_owned()));
    headings.extend(has_total.then(|| "total cost".to_owned()));
    let mut rows = Vec::new();
    for (at, (row, values)) in preview.read_rows(grids, answers).enumerate() {
        let Some(reason) = reason(at) else { continue };
        let sheet = preview.sheets[row.place.sheet].name.clone().unwrap_or_default();
        let mut cells = vec![reason, sheet, row.place.number.to_string()];
        cells.extend(program_fields.iter().map(|field| program_text(&values, field.name)));
        cells.extend(fields.iter().map(|field| file_text(values.value(field.name))));
        cells.extend(
            has_total
                .then(|| values.stated_total.map_or_else(String::new, |n| file_text(&Value::Decimal(n)))),
        );
        rows.push((rows.len() as u32 + 2, cells));
    }
    FileTable { headings, rows }
}

fn program_text(values: &RowValues, name: &str) -> String {
    values
        .program
        .iter()
        .find(|(known, _)| *known == name)
        .map_or_else(String::new, |(_, value)| file_text(value))
}

/// A value as it is written into a file: an amount never has three decimals, which could be read as thousands.
pub fn file_text(value: &Value) -> String {
    match value {
        Value::Decimal(n) => {
            let plain = n.normalize();
            if plain.scale() == 3 { format!("{plain}0") } else { plain.to_string() }
        }
        value => value.edit_text().into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::record::amount::read_amount;
    use rust_decimal::Decimal;

    #[test]
    fn a_written_amount_is_never_ambiguous() {
        for (mantissa, scale) in
            [(1_234, 3), (1_000, 3), (5_000, 0), (500_050, 2), (12_345, 4), (1_234_567, 3)]
        {
            let n = Decimal::new(mantissa, scale);
            let text = file_text(&Value::Decimal(n));
            assert_eq!(
                read_amount(&text).and_then(crate::domain::record::amount::AmountReading::only),
                Some(n),
                "{text}"
            );
        }
    }
}
