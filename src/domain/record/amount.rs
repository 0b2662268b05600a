//! Reads amounts as people and spreadsheets write them. A text that can be read two ways, like `1.000`, is
//! never guessed: both readings are given.

use std::str::FromStr;

use rust_decimal::Decimal;

use crate::domain::file_grid::is_invisible;

/// The character before the decimals of an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalMark {
    /// `12.500,00`
    Comma,
    /// `12,500.00`
    Point,
}

/// An amount, read with each decimal mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmountReading {
    /// Its value if the comma is the decimal mark; `None` when it cannot be.
    pub by_comma: Option<Decimal>,
    /// Its value if the point is the decimal mark; `None` when it cannot be.
    pub by_point: Option<Decimal>,
}

impl AmountReading {
    /// The value, if there is only one.
    pub fn only(self) -> Option<Decimal> {
        match (self.by_comma, self.by_point) {
            (Some(comma), Some(point)) => (comma == point).then_some(comma),
            (comma, point) => comma.or(point),
        }
    }

    /// The value with this decimal mark.
    pub fn by(self, mark: DecimalMark) -> Option<Decimal> {
        match mark {
            DecimalMark::Comma => self.by_comma,
            DecimalMark::Point => self.by_point,
        }
    }

    /// Whether it has two values.
    pub fn is_ambiguous(self) -> bool {
        self.only().is_none()
    }

    /// The decimal mark it must have been written with; `None` when it has neither or could have either.
    pub fn mark(self) -> Option<DecimalMark> {
        match (self.by_comma, self.by_point) {
            (Some(_), None) => Some(DecimalMark::Comma),
            (None, Some(_)) => Some(DecimalMark::Point),
            _ => None,
        }
    }
}

/// Reads an amount; `None` when the text is none. A dash alone is 0, as spreadsheets show it; brackets and a
/// minus sign at either end make it negative; `R`, `ZAR` and `Rand` are read past.
pub fn read_amount(text: &str) -> Option<AmountReading> {
    let plain: String = text.trim_matches(is_invisible).chars().map(ascii_digit).collect();
    let (mut rest, mut is_negative) = (plain.as_str(), false);
    if let Some(inner) = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        (rest, is_negative) = (inner, true);
    }
    let mut saw_sign = false;
    loop {
        let before = rest.len();
        rest = rest.trim_matches(is_invisible);
        for word in ["ZAR", "RAND", "R"] {
            let head = rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
            let from = rest.len().saturating_sub(word.len());
            let tail = rest.get(from..).is_some_and(|tail| tail.eq_ignore_ascii_case(word));
            if head {
                rest = &rest[word.len()..];
            } else if tail {
                rest = &rest[..from];
            }
        }
        // `R500,-` has no cents.
        let no_cents = rest.len() > 2 && (rest.ends_with(",-") || rest.ends_with(".-"));
        if no_cents {
            rest = &rest[..rest.len() - 2];
        } else if let (Some(stripped), false) =
            (rest.strip_prefix('-').or_else(|| rest.strip_suffix('-')), saw_sign)
        {
            (rest, saw_sign) = (stripped, true);
        }
        if rest.len() == before {
            break;
        }
    }
    if rest.is_empty() {
        // Only a dash, which an accounting format shows for 0.
        return (saw_sign && !is_negative)
            .then_some(AmountReading { by_comma: Some(Decimal::ZERO), by_point: Some(Decimal::ZERO) });
    }
    is_negative |= saw_sign;
    let value = |mark, other| digits_value(rest, mark, other).map(|n| if is_negative { -n } else { n });
    let reading = AmountReading { by_comma: value(',', '.'), by_point: value('.', ',') };
    (reading.by_comma.is_some() || reading.by_point.is_some()).then_some(reading)
}

/// The value of digits with this decimal mark, groups of three divided by blanks, apostrophes or the other mark.
fn digits_value(text: &str, mark: char, other: char) -> Option<Decimal> {
    let (whole, decimals) = text.rsplit_once(mark).unwrap_or((text, ""));
    if !decimals.bytes().all(|b| b.is_ascii_digit()) || whole.is_empty() && decimals.is_empty() {
        return None;
    }
    let is_divider = |c: char| c.is_whitespace() || c == '\'' || c == '’' || c == other;
    let mut dividers =
        whole.chars().filter(|c| is_divider(*c)).map(|c| if c.is_whitespace() { ' ' } else { c });
    if let Some(first) = dividers.next() {
        let groups: Vec<&str> = whole.split(is_divider).collect();
        let is_first = (1..=3).contains(&groups[0].len()) && !groups[0].starts_with('0');
        if dividers.any(|divider| divider != first)
            || !is_first
            || groups[1..].iter().any(|group| group.len() != 3)
        {
            return None;
        }
    }
    let digits: String = whole.chars().filter(|c| !is_divider(*c)).collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = if digits.is_empty() { "0" } else { &digits };
    Decimal::from_str(&if decimals.is_empty() { digits.to_owned() } else { format!("{digits}.{decimals}") })
        .ok()
}

/// Full-width and Arabic digits as ASCII digits, and the dashes that stand for a minus as `-`.
fn ascii_digit(c: char) -> char {
    let digit = |zero: char| char::from_digit(c as u32 - zero as u32, 10).unwrap_or(c);
    match c {
        '０'..='９' => digit('０'),
        '٠'..='٩' => digit('٠'),
        '۰'..='۹' => digit('۰'),
        '−' | '–' | '—' | '‒' | '－' => '-',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(text: &str) -> String {
        match read_amount(text) {
            None => "none".into(),
            Some(reading) => match (reading.only(), reading.by_comma, reading.by_point) {
                (Some(n), ..) => n.normalize().to_string(),
                (None, Some(comma), Some(point)) => format!("{} or {}", comma.normalize(), point.normalize()),
                _ => "none".into(),
            },
        }
    }

    #[test]
    fn an_amount_with_one_reading_is_read_however_it_is_written() {
        for (text, value) in [
            ("5000", "5000"),
            ("R1,234.56", "1234.56"),
            ("R 1 234,56", "1234.56"),
            ("1.234,56", "1234.56"),
            ("12.500,00", "12500"),
            ("(500)", "-500"),
            ("R (1 200)", "none"),
            ("-", "0"),
            ("R -", "0"),
            ("R-", "0"),
            ("–", "0"),
            ("R 0.00", "0"),
            ("ZAR 500", "500"),
            ("500 ZAR", "500"),
            ("500 rand", "500"),
            ("1,234,567", "1234567"),
            ("1.234.567", "1234567"),
            ("1 234", "1234"),
            ("1\u{a0}234,56", "1234.56"),
            ("1\u{202f}234,56", "1234.56"),
            ("R1 234.56", "1234.56"),
            ("-R500", "-500"),
            ("R-500", "-500"),
            ("R 500.00-", "-500"),
            ("5000.", "5000"),
            ("1'234.50", "1234.5"),
            ("R500,-", "500"),
            ("−500", "-500"),
            ("00500", "500"),
            ("12,345.6", "12345.6"),
            ("٥٠٠", "500"),
            ("５００", "500"),
            ("0.005", "0.005"),
            ("1,2345", "1.2345"),
            ("12,5", "12.5"),
            (".5", "0.5"),
            ("5\u{200b}", "5"),
        ] {
            assert_eq!(reads(text), value, "{text}");
        }
    }

    #[test]
    fn an_amount_with_two_readings_gives_both_and_a_word_gives_none() {
        assert_eq!(reads("1,234"), "1.234 or 1234");
        assert_eq!(reads("1.000"), "1000 or 1");
        assert_eq!(reads("-12.345"), "-12345 or -12.345");
        for word in [
            "",
            "R",
            "n/a",
            "1e5",
            "500c",
            "R5k",
            "five",
            "12 50",
            "1 2345",
            "1.5 000",
            "12,34,56",
            "1,234 567",
            "5-5",
            "()",
            "1.2.3",
            "12%",
        ] {
            assert_eq!(reads(word), "none", "{word}");
        }
        assert_eq!(read_amount("12,5").and_then(AmountReading::mark), Some(DecimalMark::Comma));
        assert_eq!(read_amount("1 234").and_then(AmountReading::mark), None);
    }
}
