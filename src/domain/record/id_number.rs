//! South African ID numbers: read as spreadsheets leave them, and checked.
//!
//! `YYMMDD SSSS C A Z`: date of birth, sequence (5000 and above are men), citizenship, an old digit, checksum.

use jiff::civil::Date;

use crate::domain::file_grid::{FileCell, is_invisible, is_zero_width, number_text};

/// How many digits an ID number has.
const DIGITS: usize = 13;

/// What a cell of a column of ID numbers holds.
#[derive(Clone, PartialEq, Eq)]
pub enum IdReading {
    /// An ID number or a passport number, without what a spreadsheet put around it.
    Id(String),
    /// A word, like `N/A`, or a text around an ID number, like `ID: 8001…`.
    Word(String),
    /// A number of which a spreadsheet has kept only the first digits: `8.00102E12`.
    Rounded,
    /// What a spreadsheet shows in a column that is too narrow: `#######`.
    Hidden,
}

/// Reads an ID number from a cell; `None` when it is blank. Blanks, dashes and commas between digits, a leading
/// apostrophe, `="…"` and decimals of zero are taken off.
pub fn read_id_number(cell: FileCell<'_>) -> Option<IdReading> {
    let text = match cell {
        FileCell::Text(text) => text,
        // More digits than a number keeps, or decimals: it never was an ID number, or is one no more.
        FileCell::Number(n) if !(0.0..1e15).contains(&n) || n.fract() != 0.0 => {
            return Some(IdReading::Rounded);
        }
        FileCell::Number(n) => return Some(number_reading(number_text(n))),
        _ => return None,
    };
    if text.len() == DIGITS && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some(number_reading(text.to_owned()));
    }
    let plain: String = text.chars().filter(|c| !is_zero_width(*c)).collect();
    let trimmed =
        plain.trim_matches(|c: char| is_invisible(c) || matches!(c, '\'' | '’' | '‘' | '"' | '=' | '`'));
    if trimmed.is_empty() {
        return plain.chars().any(|c| !is_invisible(c)).then(|| IdReading::Word(plain.trim().into()));
    }
    if trimmed.bytes().all(|b| b == b'#') {
        return Some(IdReading::Hidden);
    }
    if is_in_scientific_notation(trimmed) {
        return Some(IdReading::Rounded);
    }
    if !trimmed.contains(|c: char| c.is_ascii_digit()) {
        return Some(IdReading::Word(trimmed.into()));
    }
    let whole = trimmed
        .split_once('.')
        .filter(|(_, decimals)| decimals.bytes().all(|b| b == b'0'))
        .map_or(trimmed, |(whole, _)| whole);
    let digits: String =
        whole.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–' | ',')).collect();
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        return Some(number_reading(digits));
    }
    // A passport is letters and digits; anything else is text around a number.
    let is_passport =
        digits.len() <= 20 && digits.bytes().all(|b| b.is_ascii_alphanumeric()) && !trimmed.contains(' ');
    Some(match () {
        () if is_passport => IdReading::Id(trimmed.into()),
        () if is_spaced_passport(trimmed) => IdReading::Id(digits),
        () => IdReading::Word(trimmed.into()),
    })
}

/// Whether a text is a passport number with a blank behind its letters: `AB 123456`. A word like `ID` is no part of one.
fn is_spaced_passport(text: &str) -> bool {
    let Some((letters, number)) = text.split_once(' ') else { return false };
    let is_word = ["id", "no", "nr", "pp"].iter().any(|word| letters.eq_ignore_ascii_case(word));
    (1..=2).contains(&letters.len())
        && letters.bytes().all(|b| b.is_ascii_alphabetic())
        && !is_word
        && (6..=9).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// A number of digits only. One that ends in many zeros and has a wrong checksum was shortened to `8.001E+12` and
/// written out again.
fn number_reading(digits: String) -> IdReading {
    let is_rounded = digits.len() == DIGITS && digits.ends_with("0000") && !has_checksum(&digits);
    if is_rounded { IdReading::Rounded } else { IdReading::Id(digits) }
}

/// Whether a spreadsheet has shortened a long number: `8.00101E+12`.
pub fn is_in_scientific_notation(id: &str) -> bool {
    let Some((mantissa, exponent)) = id.split_once(['E', 'e']) else { return false };
    let digits = exponent.strip_prefix('+').unwrap_or(exponent);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_mantissa = is_number(&mantissa.replace(['.', ','], ""));
    // A passport may be `12E345`.
    let is_shortened = mantissa.contains(['.', ',']) || digits.len() < exponent.len();
    is_mantissa && is_shortened && is_number(digits)
}

/// Something odd about an ID number. Foreign nationals may have a passport number, so none of it forbids sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdOddity {
    /// It has digits only, but not 13 of them.
    Length,
    /// It would be valid with the zeros at its start that spreadsheets take off.
    LostZeros,
    /// Its last digit does not fit the others.
    Checksum,
    /// It begins with no date of birth.
    Birthday,
    /// Its digit for citizenship is neither 0, 1 nor 2.
    CitizenDigit,
    /// It is a man's, the record a woman's.
    IsMan,
    /// It is a woman's, the record a man's.
    IsWoman,
    /// It is a citizen's, the record a foreign national's.
    IsCitizen,
    /// It is not a citizen's, and the record is not a foreign national's.
    IsNoCitizen,
}

/// What the record says beside the ID number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IdContext<'a> {
    /// `Male` or `Female`, if known.
    pub gender: Option<&'a str>,
    /// Whether the person is a foreign national, if known.
    pub foreign: Option<bool>,
}

/// All that is odd about an ID number; nothing when it is not all digits.
pub fn id_oddities(id: &str, context: IdContext<'_>) -> Vec<IdOddity> {
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()) {
        return Vec::new();
    }
    if id.len() != DIGITS {
        return vec![if has_lost_zeros(id) { IdOddity::LostZeros } else { IdOddity::Length }];
    }
    let mut odd = Vec::new();
    if !has_checksum(id) {
        odd.push(IdOddity::Checksum);
    }
    if birth_dates(id).is_empty() {
        odd.push(IdOddity::Birthday);
    }
    let digits = id.as_bytes();
    if !matches!(digits[10], b'0'..=b'2') {
        odd.push(IdOddity::CitizenDigit);
    }
    match (digits[6] >= b'5', context.gender) {
        (true, Some("Female")) => odd.push(IdOddity::IsMan),
        (false, Some("Male")) => odd.push(IdOddity::IsWoman),
        _ => {}
    }
    match (digits[10], context.foreign) {
        (b'0', Some(true)) => odd.push(IdOddity::IsCitizen),
        (b'1' | b'2', Some(false)) => odd.push(IdOddity::IsNoCitizen),
        _ => {}
    }
    odd
}

/// Whether digits would be a valid ID number with zeros at their start.
pub fn has_lost_zeros(id: &str) -> bool {
    let is_short = !id.is_empty() && id.len() < DIGITS && id.bytes().all(|b| b.is_ascii_digit());
    is_short && is_valid(&with_zeros(id))
}

/// An ID number with the zeros at its start that it lost.
pub fn with_zeros(id: &str) -> String {
    format!("{id:0>DIGITS$}")
}

fn is_valid(id: &str) -> bool {
    has_checksum(id) && !birth_dates(id).is_empty() && matches!(id.as_bytes()[10], b'0'..=b'2')
}

/// Luhn's checksum.
fn has_checksum(id: &str) -> bool {
    let doubled = |(at, byte): (usize, u8)| {
        let digit = u32::from(byte - b'0');
        if at % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { digit }
    };
    id.bytes().rev().enumerate().map(doubled).sum::<u32>().is_multiple_of(10)
}

/// The dates of birth that an ID number can mean: one in each century, if they exist.
pub fn birth_dates(id: &str) -> Vec<Date> {
    let two = |at: usize| id.get(at..at + 2).and_then(|digits| digits.parse::<i16>().ok());
    let (Some(year), Some(month), Some(day)) = (two(0), two(2), two(4)) else { return Vec::new() };
    let date =
        |century: i16| Date::new(century + year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok();
    [1900, 2000].into_iter().filter_map(date).collect()
}

/// The ages on a day that an ID number can mean, in whole years; none before birth.
pub fn ages(id: &str, on: Date) -> Vec<i64> {
    let age = |birth: Date| {
        let had_birthday = (on.month(), on.day()) >= (birth.month(), birth.day());
        i64::from(on.year()) - i64::from(birth.year()) - i64::from(!had_birthday)
    };
    let is_id = id.len() == DIGITS && id.bytes().all(|b| b.is_ascii_digit());
    let dates = if is_id { birth_dates(id) } else { Vec::new() };
    dates.into_iter().map(age).filter(|age| *age >= 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(text: &str) -> String {
        match read_id_number(FileCell::Text(text)) {
            None => "blank".into(),
            Some(IdReading::Id(id)) => id,
            Some(IdReading::Word(word)) => format!("word {word}"),
            Some(IdReading::Rounded) => "rounded".into(),
            Some(IdReading::Hidden) => "hidden".into(),
        }
    }

    #[test]
    fn what_a_spreadsheet_puts_around_an_id_number_is_taken_off() {
        for text in [
            "8001015009087",
            "'8001015009087",
            "=\"8001015009087\"",
            "\t8001015009087 ",
            "800101 5009 087",
            "800101-5009-087",
            "8001015009087.0",
            "8001015009087.00",
            "8,001,015,009,087",
            "8 001 015 009 087",
            "\u{200b}8001015009087",
            "‘8001015009087",
        ] {
            assert_eq!(reads(text), "8001015009087", "{text}");
        }
        assert_eq!(reads("'0101010009085"), "0101010009085");
        for text in ["8.00102E12", "8,00102E+12", "8.001015009087E+12"] {
            assert_eq!(reads(text), "rounded", "{text}");
        }
        assert_eq!(
            (reads("#########"), reads("N/A"), reads("-"), reads(" ")),
            ("hidden".into(), "word N/A".into(), "word -".into(), "blank".into())
        );
        assert_eq!(reads("A1234567"), "A1234567", "a passport");
        assert_eq!(reads("AB 123456"), "AB123456", "a passport with a blank");
        assert_eq!(reads("ID 8001015009087"), "word ID 8001015009087");
        for text in [
            "ID: 8001015009087",
            "8001015009087 (SA)",
            "8001015009087;",
            "8001015009087/8001015009087",
            "Passport: A123",
        ] {
            assert!(reads(text).starts_with("word "), "{text}: {}", reads(text));
        }
        assert_eq!(reads("9001010000000"), "rounded", "its last digits were lost");
        let number = |n: f64| match read_id_number(FileCell::Number(n)) {
            Some(IdReading::Id(id)) => id,
            _ => "rounded".into(),
        };
        assert_eq!(
            (number(8_001_015_009_087.0), number(8.5), number(1e16)),
            ("8001015009087".into(), "rounded".into(), "rounded".into())
        );
    }

    #[test]
    fn an_id_number_is_checked_digit_by_digit() {
        let odd = |id: &str, gender: &'static str, foreign: bool| {
            id_oddities(id, IdContext { gender: Some(gender), foreign: Some(foreign) })
        };
        // The example everyone prints: a man born on 1 January 1980.
        assert_eq!(odd("8001015009087", "Male", false), []);
        assert_eq!(odd("8001015009087", "Female", false), [IdOddity::IsMan]);
        assert_eq!(odd("8001015009087", "Male", true), [IdOddity::IsCitizen]);
        assert_eq!(odd("8001015009088", "Male", false), [IdOddity::Checksum]);
        assert_eq!(odd("800101500908", "Male", false), [IdOddity::Length]);
        assert!(odd("8002305009084", "Male", false).contains(&IdOddity::Birthday), "30 February");
        assert!(odd("8001015009988", "Male", false).contains(&IdOddity::CitizenDigit));
        assert_eq!(odd("A1234567", "Male", false), [], "a passport");
        assert_eq!(odd("", "Male", false), []);
        // 1 January 2001, a woman: its two zeros are lost in a number column.
        assert_eq!(odd("0101010001085", "Female", false), []);
        assert_eq!(odd("101010001085", "Female", false), [IdOddity::LostZeros]);
        assert_eq!(with_zeros("101010001085"), "0101010001085");
    }

    #[test]
    fn an_age_is_counted_in_the_century_that_fits() {
        let on = jiff::civil::date(2026, 1, 1);
        assert_eq!(ages("8001015009087", on), [46]);
        assert_eq!(ages("8001025009087", on), [45]);
        assert_eq!(ages("0101010009085", on), [125, 25]);
        assert_eq!(ages("A1234567", on), [0; 0]);
    }
}
