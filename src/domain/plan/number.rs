//! Whole numbers of people, as they are typed and as spreadsheets write them.

use crate::domain::plan::target::{Count, MAX_COUNT};
use crate::domain::refusal::Refusal;

/// Blanks that may group digits: space, no-break space, narrow no-break space and thin space.
const BLANKS: [char; 4] = [' ', '\u{a0}', '\u{202f}', '\u{2009}'];
/// The error for a text that is not a count.
const NOT_A_COUNT: &str = "only whole numbers from 0: people are counted";

/// Parses a count typed into a cell: a whole number, with blanks allowed between its digits. Fails when it is
/// anything else or above [`MAX_COUNT`].
pub fn parse_typed(text: &str) -> Result<Count, Refusal> {
    let digits: String = text.trim().chars().filter(|c| !BLANKS.contains(c)).collect();
    digits_of(&digits)
}

/// Parses a count from a spreadsheet cell: besides what can be typed, thousands grouped by commas or
/// apostrophes (`1,234`) and zero decimals (`1.0`, `1,00`). Fails when it is no whole number, above
/// [`MAX_COUNT`], or could be two numbers, like `1.000`.
pub fn parse_spreadsheet(text: &str) -> Result<Count, Refusal> {
    let text: String = text.trim().chars().map(|c| if BLANKS.contains(&c) { ' ' } else { c }).collect();
    let (whole, zeros) = match text.rfind(['.', ',']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text.as_str(), None),
    };
    match zeros {
        Some(zeros) if matches!(zeros.len(), 1 | 2 | 4..) && zeros.bytes().all(|b| b == b'0') => {
            grouped(whole)
        }
        _ => grouped(&text),
    }
}

/// Parses digits grouped in thousands by one kind of separator: a blank, a comma or an apostrophe.
fn grouped(text: &str) -> Result<Count, Refusal> {
    let Some(sign) = text.chars().find(|c| !c.is_ascii_digit()) else { return digits_of(text) };
    if ![' ', ',', '\'', '’'].contains(&sign) {
        return Err(NOT_A_COUNT.into());
    }
    let mut groups = text.split(sign);
    let first = groups.next().unwrap_or_default();
    if !(1..=3).contains(&first.len()) || groups.any(|group| group.len() != 3) {
        return Err(NOT_A_COUNT.into());
    }
    digits_of(&text.replace(sign, ""))
}

fn digits_of(digits: &str) -> Result<Count, Refusal> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NOT_A_COUNT.into());
    }
    let count = digits.parse::<Count>().ok().filter(|count| *count <= MAX_COUNT);
    count.ok_or_else(|| format!("{MAX_COUNT} is the largest count the server can hold").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_as_spreadsheets_write_them() {
        for (text, count) in [
            ("7", 7),
            (" 12 ", 12),
            ("1 234", 1234),
            ("1\u{a0}234\u{a0}567", 1_234_567),
            ("1,234", 1234),
            ("1'234", 1234),
            ("1.0", 1),
            ("1,00", 1),
            ("1,234.00", 1234),
            ("1 234,0", 1234),
            ("2147483647", 2_147_483_647),
        ] {
            assert_eq!(parse_spreadsheet(text), Ok(count), "{text}");
        }
    }

    #[test]
    fn text_that_is_no_count_or_is_ambiguous_is_refused() {
        for text in [
            "",
            "-1",
            "(3)",
            "1.5",
            "1,5",
            "1.000",
            "12,34",
            "1,2345",
            "1e3",
            "5%",
            "n/a",
            "2147483648",
            ",0",
        ] {
            assert!(parse_spreadsheet(text).is_err(), "{text}");
        }
        // A typed comma is refused at once: it may be the beginning of a fraction.
        assert!(parse_typed("1,234").is_err() && parse_typed("1 234") == Ok(1234));
    }
}
