//! Reads the cells of columns of amounts: money, hours, ages.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::file_grid::{FileCell, is_invisible, number_text};
use crate::domain::import::column_cell::ColumnCell;
use crate::domain::import::row_values::RowValues;
use crate::domain::import::vocabulary::ColumnRole;
use crate::domain::record::Value;
use crate::domain::record::amount::{AmountReading, read_amount};

/// The amount of a cell; `None` when it is blank or a question about it is open.
pub fn amount_value(cell: &ColumnCell<'_>, values: &mut RowValues) -> Option<Value> {
    let is_of = |name: &str| matches!(cell.column.role, Some(ColumnRole::Field(field)) if field.name == name);
    let is_hours = is_of("man_hours");
    let hours =
        |days: f64| number_text((days * 24.0 * 10_000.0).round() / 10_000.0).parse().ok().map(Value::Decimal);
    let text = match cell.cell {
        FileCell::Blank => return None,
        FileCell::Number(n) => {
            return Some(number_text(n).parse().map_or_else(|_| cell.unreadable(values), Value::Decimal));
        }
        FileCell::Duration(days) if is_hours => return hours(days),
        // A time of day in a column of hours is a duration of less than a day.
        FileCell::DateTime(days) if is_hours && (0.0..1.0).contains(&days) => return hours(days),
        FileCell::Text(text) => text,
        _ => return Some(cell.broken(values).unwrap_or_else(|| cell.unreadable(values))),
    };
    if let Some(said) = cell.column.said(text) {
        return read_amount(said).and_then(AmountReading::only).map(Value::Decimal);
    }
    let plain = match () {
        () if is_hours => without_unit(text, &["hours", "hour", "hrs", "hr", "ure", "uur", "h"]),
        () if is_of("age") => without_unit(text, &["years old", "years", "year", "yrs", "yr", "jaar", "y"]),
        () => text,
    };
    if let Some(reading) = read_amount(plain) {
        let by_column = || cell.column.decimal_mark(cell.answers).and_then(|mark| reading.by(mark));
        return reading.only().or_else(by_column).map(Value::Decimal);
    }
    if let Some(hours) = clock_hours(plain).filter(|_| is_hours) {
        return Some(Value::Decimal(hours));
    }
    Some(if text.chars().any(char::is_numeric) {
        cell.unreadable(values)
    } else {
        cell.unknown_word(text, values)
    })
}

/// A cost without VAT of 15 %, to the cent.
pub fn without_vat(cost: Decimal) -> Decimal {
    (cost / Decimal::new(115, 2)).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// A cost divided among rows to the cent; the first rows take the cents that are over.
pub fn share_of(total: Decimal, rows: usize, place: usize) -> Decimal {
    let cents = (total * Decimal::ONE_HUNDRED).trunc();
    let rows_decimal = Decimal::from(rows);
    let each = (cents / rows_decimal).trunc();
    let over = cents - each * rows_decimal;
    let own = if Decimal::from(place) < over { each + Decimal::ONE } else { each };
    own / Decimal::ONE_HUNDRED
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
}
