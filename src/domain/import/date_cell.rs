//! Reads the cells of columns of dates.

use jiff::civil::Date;

use crate::domain::change::rule::Rule;
use crate::domain::date::{DateReading, read_date};
use crate::domain::file_grid::{DateSystem, FileCell, number_text};
use crate::domain::import::column_cell::ColumnCell;
use crate::domain::import::row_values::RowValues;
use crate::domain::record::Value;

/// The serial number of 1 January 1970: smaller numbers in a text are no dates.
const FIRST_SERIAL: f64 = 25_569.0;

/// The date of a cell that is not blank; `None` while a question about it is open.
pub fn date_value(cell: &ColumnCell<'_>, values: &mut RowValues) -> Option<Value> {
    let text = match cell.cell {
        FileCell::DateTime(serial) => return Some(in_range(cell, cell.dates.date(serial), values)),
        FileCell::Number(n) => return Some(in_range(cell, date_of_number(n, cell.dates), values)),
        FileCell::Text(text) => text,
        _ => return Some(cell.unreadable(values)),
    };
    if let Some(said) = cell.column.said(text) {
        return read_date(said).and_then(DateReading::only).map(Value::Date);
    }
    if let Some(reading) = read_date(text) {
        let by_column = || cell.column.date_order(cell.answers).and_then(|order| reading.by(order));
        // What has to be asked first is left out until then.
        return reading.only().or_else(by_column).map(Value::Date);
    }
    if let (true, Ok(serial)) = (cell.is_of_text_file, text.trim().parse::<f64>()) {
        let systems = cell.answers.date_system.map(DateSystem::from);
        if let Some(date) = systems.unwrap_or_default().date(serial).filter(|_| serial >= FIRST_SERIAL) {
            return systems.map(|_| Value::Date(date));
        }
    }
    Some(if !text.chars().any(char::is_numeric) {
        cell.unknown_word(text, values)
    } else if is_date_of_another_century(text) {
        cell.refused(Rule::DateRange, values)
    } else {
        cell.unreadable(values)
    })
}

fn in_range(cell: &ColumnCell<'_>, date: Option<Date>, values: &mut RowValues) -> Value {
    date.map_or_else(|| cell.refused(Rule::DateRange, values), Value::Date)
}

/// A number in a column of dates: `20240312`, or days since the workbook's first day.
fn date_of_number(n: f64, dates: DateSystem) -> Option<Date> {
    if n.fract().total_cmp(&0.0).is_eq() && (19_000_000.0..21_010_000.0).contains(&n) {
        return read_date(&number_text(n)).and_then(DateReading::only);
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

#[cfg(test)]
mod tests {
    use super::*;

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
