//! Parses values as people and spreadsheets write them, without guessing.

use jiff::civil::Date;

use crate::domain::date;
use crate::domain::record::amount::{AmountReading, read_amount};
use crate::domain::record::{FieldKind, SchemaField, Value, parse_value};

/// Parses what was typed for a field. Blank text is [`Value::Absent`]; text that does not fit the field's
/// kind is kept as [`Value::Unparsed`].
///
/// Besides the API's own forms it accepts dates as `DD/MM/YYYY` and
/// `YYYY/MM/DD`, amounts as `R 5 000,50`, flags as yes and
/// no, and words of a list in any case or by a first letter that only one of them has (`m` for Male).
pub fn parse_input(field: &SchemaField, text: &str) -> Value {
    let text = text.trim();
    if text.is_empty() {
        return Value::Absent;
    }
    let read = match field.kind {
        FieldKind::Flag => flag(text).map(Value::Flag),
        FieldKind::Choice(words) => choice(words, text).map(|word| Value::Text(word.into())),
        FieldKind::Integer => whole(text).map(Value::Integer),
        FieldKind::Decimal => read_amount(text).and_then(AmountReading::only).map(Value::Decimal),
        FieldKind::Date => typed_date(text).map(Value::Date),
        kind => parse_value(kind, text),
    };
    read.unwrap_or_else(|| Value::Unparsed(text.into()))
}

/// Who gives the input that a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputOrigin {
    /// A person in a form, in any of the forms that [`parse_input`] reads; long lists are offered there.
    Form,
    /// An option or a body of the shell, in the API's own form.
    Shell,
}

/// What a field of this kind accepts, in words: `a whole number`.
pub fn expected_input(kind: FieldKind, source: InputOrigin) -> String {
    let of_form = source == InputOrigin::Form;
    match kind {
        FieldKind::Choice(words) if of_form && words.len() <= 8 => format!("one of: {}", words.join(", ")),
        FieldKind::Choice(_) if of_form => "one of its list".into(),
        FieldKind::Choice(words) => format!("one of: {}", words.join("; ")),
        FieldKind::Date if of_form => "a date like 2025-09-01 or 01/09/2025".into(),
        FieldKind::Date => "a date like 2025-09-01".into(),
        FieldKind::Integer => "a whole number".into(),
        FieldKind::Decimal => "a number like 5000.50".into(),
        FieldKind::Flag if of_form => "yes or no".into(),
        FieldKind::Flag => "true or false".into(),
        _ => "a text".into(),
    }
}

/// A date as ISO with dashes or strokes, or day first with a year of four digits, as the forms ask for it.
fn typed_date(text: &str) -> Option<Date> {
    date::iso_date(&text.replace('/', "-")).or_else(|| date::day_first_date(text))
}

fn flag(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "y" | "true" | "t" | "1" | "x" | "ja" => Some(true),
        "no" | "n" | "false" | "f" | "0" | "nee" => Some(false),
        _ => None,
    }
}

fn choice<'a>(words: &[&'a str], text: &str) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_'], " ");
    let wanted = plain(text);
    let same = words.iter().find(|word| plain(word) == wanted);
    let mut begin = words.iter().filter(|word| text.len() == 1 && plain(word).starts_with(&wanted));
    same.or_else(|| begin.next().filter(|_| begin.next().is_none())).copied()
}

/// Parses a whole number, with or without zero decimals (`31.0`).
fn whole(text: &str) -> Option<i64> {
    let n = read_amount(text)?.only()?;
    n.is_integer().then(|| n.normalize().to_string().parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::record::participant::PARTICIPANT;

    fn reads(field: &str, text: &str) -> String {
        match parse_input(PARTICIPANT.field(field).unwrap(), text) {
            Value::Unparsed(_) => "odd".into(),
            value => value.edit_text().into_owned(),
        }
    }

    #[test]
    fn amounts_are_read_as_south_african_spreadsheets_write_them_and_never_guessed() {
        for (text, wanted) in [
            ("5000", "5000"),
            ("R 5 000,50", "5000.50"),
            ("5\u{a0}000.5", "5000.5"),
            ("1,234.50", "1234.50"),
            ("12,5", "12.5"),
            ("1 234 567", "1234567"),
            ("12 50", "odd"),
            ("1 2345", "odd"),
            ("1.5 000", "odd"),
            ("-3", "-3"),
            ("1,234", "odd"),
            ("1.234,50", "1234.50"),
            ("1.000", "odd"),
            ("12,34,56", "odd"),
            ("1e5", "odd"),
            ("five", "odd"),
            ("R", "odd"),
        ] {
            assert_eq!(reads("course_cost", text), wanted, "{text}");
        }
        assert_eq!((reads("age", "31.0"), reads("age", "31.5")), ("31".into(), "odd".into()));
    }

    #[test]
    fn dates_are_iso_or_day_first_and_must_exist() {
        assert_eq!(reads("start_date", "2026-02-03"), "2026-02-03");
        assert_eq!(reads("start_date", "03/02/2026"), "2026-02-03");
        assert_eq!(reads("start_date", "2026/02/03"), "2026-02-03");
        for bad in ["31/02/2026", "02-03-2026", "45000"] {
            assert_eq!(reads("start_date", bad), "odd", "{bad}");
        }
    }

    #[test]
    fn list_words_are_accepted_in_any_case_and_by_a_unique_first_letter() {
        assert_eq!((reads("gender", "f"), reads("race", "AFRICAN")), ("Female".into(), "African".into()));
        assert_eq!(reads("starting_employment_status", "fixed term"), "Fixed-Term");
        assert_eq!((reads("race", "Black"), reads("gender", "Malee")), ("odd".into(), "odd".into()));
        assert_eq!((reads("disabled", "Nee"), reads("disabled", "maybe")), ("no".into(), "odd".into()));
    }

    #[test]
    fn an_id_number_stays_text_with_its_leading_zero() {
        assert_eq!(reads("id_number", "0801015009087"), "0801015009087");
    }
}
