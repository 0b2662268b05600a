//! Prints the result of a verb on stdout: as the API's own JSON, a table, or CSV.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::value::RawValue;

use crate::api::page::read_record;
use crate::domain::plan::counter::Counter;
use crate::domain::plan::target::{CounterReading, Target};
use crate::domain::record::{Schema, SchemaField};
use crate::domain::text::{Text, escape_spreadsheet_cell};
use crate::kit::pen::width;

/// How records are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Columns for people
    Table,
    /// The API's own JSON
    Json,
    /// Comma-separated values, safe to open in a spreadsheet
    Csv,
}

impl Format {
    /// The `--output` option; the default is a table.
    pub(super) fn argument(help: &'static str) -> clap::Arg {
        let format = clap::value_parser!(Self);
        clap::Arg::new("output")
            .short('o')
            .long("output")
            .value_parser(format)
            .default_value("table")
            .help(help)
    }
}

/// Prints the API's JSON character for character, except those that a terminal would act on or hide. Fails
/// when `out` cannot be written.
pub(super) fn json(out: &mut dyn Write, raw: &str) -> io::Result<()> {
    writeln!(out, "{}", escaped(raw.trim()))
}

/// Prints a JSON array of records, each as the server sent it. Fails when `out` cannot be written.
pub(super) fn json_list(out: &mut dyn Write, rows: &[Box<RawValue>]) -> io::Result<()> {
    let rows: Vec<String> = rows.iter().map(|row| escaped(row.get())).collect();
    if rows.is_empty() { writeln!(out, "[]") } else { writeln!(out, "[\n{}\n]", rows.join(",\n")) }
}

/// JSON with `\u` escapes for characters that a terminal would act on or hide. They occur only in strings,
/// where the escape means the same.
pub(super) fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        // A carriage return cannot occur inside a JSON string, and between values it has no meaning.
        if c == '\r' {
            continue;
        }
        let plain = matches!(c, '\n' | '\t') || Text::from(c.to_string()).printable().starts_with(c);
        if plain {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

/// Prints the records of a list: as JSON every row as it was sent, else the rows that are as documented.
/// Returns how many are not. Fails when `out` cannot be written.
pub(super) fn records(
    out: &mut dyn Write,
    format: Format,
    schema: &'static Schema,
    rows: &[Box<RawValue>],
) -> io::Result<usize> {
    let lines: Vec<_> = rows.iter().filter_map(|row| cells(schema, row)).collect();
    let damaged = rows.len() - lines.len();
    if format == Format::Json {
        json_list(out, rows)?;
    } else {
        let heads: Vec<&str> = schema.fields.iter().map(|field| field.name).collect();
        grid(out, format, &heads, lines)?;
    }
    Ok(damaged)
}

/// The values of a record's fields as the server wrote them, times and numbers character for character;
/// `None` if the row is no record of this schema.
fn cells(schema: &'static Schema, row: &RawValue) -> Option<Vec<String>> {
    read_record(schema, row).ok()?;
    let values: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(row.get()).ok()?;
    let cell = |field: &SchemaField| match values.get(field.name).map(|value| value.get()) {
        None | Some("null") => String::new(),
        Some(text) if text.starts_with('"') => {
            let text: String = serde_json::from_str(text).unwrap_or_default();
            Text::from(text).to_string()
        }
        Some(text) if text.starts_with(['[', '{']) => "⚠ no plain value".to_owned(),
        Some(text) => text.to_owned(),
    };
    Some(schema.fields.iter().map(cell).collect())
}

/// Prints one record, a field per line, or as one row of CSV. Fails when it is not as documented, or when
/// `out` cannot be written.
pub(super) fn record(
    out: &mut dyn Write,
    format: Format,
    schema: &'static Schema,
    row: &RawValue,
) -> io::Result<()> {
    let cells = cells(schema, row).ok_or_else(|| io::Error::other("the answer is not as documented"))?;
    if format == Format::Csv {
        let heads: Vec<&str> = schema.fields.iter().map(|field| field.name).collect();
        return grid(out, format, &heads, vec![cells]);
    }
    let lines = schema.fields.iter().zip(cells).map(|(field, cell)| vec![field.name.to_owned(), cell]);
    grid(out, format, &["field", "value"], lines.collect())
}

/// Prints the counters of a target, one per line. Fails when `out` cannot be written.
pub(super) fn target(out: &mut dyn Write, format: Format, target: &Target) -> io::Result<()> {
    let line = |(counter, reading): (&Counter, &CounterReading)| {
        let value = reading.count().map_or_else(String::new, |count| count.to_string());
        vec![Text::from(counter.name()).to_string(), value]
    };
    grid(out, format, &["counter", "value"], target.counters.iter().map(line).collect())
}

/// Prints the outcome of each of many rows, with these column headings. Fails when `out` cannot be written.
pub(super) fn outcomes(
    out: &mut dyn Write,
    format: Format,
    heads: &[&str],
    rows: Vec<Vec<String>>,
) -> io::Result<()> {
    if format != Format::Json {
        return grid(out, format, heads, rows);
    }
    let object = |cells: &Vec<String>| {
        let pairs = heads.iter().zip(cells).map(|(head, cell)| ((*head).to_owned(), cell.as_str().into()));
        serde_json::Value::Object(pairs.collect())
    };
    let rows: Vec<serde_json::Value> = rows.iter().map(object).collect();
    writeln!(out, "{}", escaped(&serde_json::Value::from(rows).to_string()))
}

/// The I/O error inside a CSV error, so that a closed pipe is recognised.
pub(super) fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

pub(super) fn grid(
    out: &mut dyn Write,
    format: Format,
    heads: &[&str],
    rows: Vec<Vec<String>>,
) -> io::Result<()> {
    if format == Format::Csv {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(heads).map_err(io_error)?;
        for row in rows {
            csv.write_record(row.iter().map(|cell| escape_spreadsheet_cell(cell).into_owned()))
                .map_err(io_error)?;
        }
        return csv.flush();
    }
    let mut widths: Vec<u16> = heads.iter().map(|head| width(head)).collect();
    for row in &rows {
        for (columns, text) in widths.iter_mut().zip(row) {
            *columns = (*columns).max(width(text));
        }
    }
    let heads = heads.iter().map(|head| (*head).to_owned()).collect();
    for row in std::iter::once(heads).chain(rows) {
        let mut line = String::new();
        for (columns, text) in widths.iter().zip(&row) {
            line.push_str(text);
            line.extend(std::iter::repeat_n(' ', usize::from(columns.saturating_sub(width(text)) + 2)));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_printed_unchanged_except_for_control_characters() {
        let raw = "{\"name\": \"Zoë ^x\", \"n\": 1.10, \"bad\": \"a\u{202e}b\u{9b}c\u{e0041}\"}";
        let shown = escaped(raw);
        assert_eq!(
            shown,
            "{\"name\": \"Zoë ^x\", \"n\": 1.10, \"bad\": \"a\\u202eb\\u009bc\\udb40\\udc41\"}"
        );
        let same = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(same(raw), same(&shown));
    }
}
