//! Checks a draft before it is sent: what the documents rule out, and what deserves a look.

use jiff::civil::{Date, date};

use crate::domain::change::collection::Collection;
use crate::domain::record::typed_input::{InputOrigin, expected_input};
use crate::domain::record::{RecordDraft, Requirement, Value};

/// A finding about one field of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFinding {
    /// The field's API name.
    pub field: &'static str,
    /// What is wrong or odd, in words.
    pub message: String,
    /// Whether the draft must not be sent like this; otherwise it is only a note.
    pub blocks_sending: bool,
}

/// A plan begins on this day or later (Employment Equity Plans, "Notes").
pub const EARLIEST_PLAN_START: Date = date(2025, 9, 1);
/// A plan ends on this day at the latest; the server clamps it.
pub const LATEST_PLAN_END: Date = date(2030, 8, 31);

/// All findings about a draft. `whole` says that it is the complete record, as on create, so that all
/// required fields must be given.
pub fn field_findings(collection: &Collection, draft: &RecordDraft, whole: bool) -> Vec<FieldFinding> {
    let mut findings = Vec::new();
    for field in collection.schema().fields.iter().filter(|field| field.is_sendable()) {
        let value = draft.value(field.name);
        let mut say = |words: String| {
            findings.push(FieldFinding { field: field.name, message: words, blocks_sending: true });
        };
        match value {
            Value::Unparsed(_) | Value::Unreadable(_) => {
                say(format!("it takes {}", expected_input(field.kind, InputOrigin::Form)));
            }
            value
                if value.is_blank()
                    && field.requirement == Requirement::Required
                    && (whole || *value != Value::Absent) =>
            {
                say("it has to be given".into());
            }
            _ => {}
        }
    }
    let mut note = |field, words: String, blocks| {
        findings.push(FieldFinding { field, message: words, blocks_sending: blocks });
    };
    let day = |name| match draft.value(name) {
        Value::Date(day) => Some(*day),
        _ => None,
    };
    let (start, end) = (day("start_date"), day("end_date"));
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        note("end_date", "it is before the start".into(), false);
    }
    match collection {
        Collection::Plans => {
            if start.is_some_and(|start| start < EARLIEST_PLAN_START) {
                note("start_date", format!("a plan cannot start before {EARLIEST_PLAN_START}"), true);
            }
            if end.is_some_and(|end| end > LATEST_PLAN_END) {
                note(
                    "end_date",
                    format!("the server will make it {LATEST_PLAN_END}, the last day it allows"),
                    false,
                );
            }
        }
        Collection::Participants(..) => {
            let id = draft.value("id_number").edit_text().trim().to_owned();
            if is_in_scientific_notation(&id) {
                let words = "a spreadsheet has rounded this number; format its column as text there";
                note("id_number", words.into(), true);
            } else if let Some(words) = check_id_number(&id, &draft.value("gender").edit_text()) {
                note("id_number", words.into(), false);
            }
            for (name, value) in draft.entries() {
                if matches!(value, Value::Decimal(n) if n.is_sign_negative() && !n.is_zero()) {
                    note(name, "it is below 0".into(), false);
                }
            }
        }
        Collection::Scorecards | Collection::TrainingPrograms(_) => {}
    }
    findings
}

/// Whether a spreadsheet has shortened a long number: `8.00101E+12`.
fn is_in_scientific_notation(id: &str) -> bool {
    let (mantissa, exponent) = id.split_once(['E', 'e']).unwrap_or((id, ""));
    let number =
        !mantissa.is_empty() && mantissa.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',');
    number
        && exponent.strip_prefix('+').unwrap_or("x").bytes().all(|b| b.is_ascii_digit())
        && exponent.len() > 1
}

/// What is odd about a South African ID number: 13 digits, a Luhn checksum, a date of birth, a gender by the
/// seventh digit. `None` when nothing is, or when it is not all digits: foreign nationals may have a passport
/// number. For the same reason a finding never blocks sending.
pub fn check_id_number(id: &str, gender: &str) -> Option<&'static str> {
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if id.len() != 13 {
        return Some("a South African ID number has 13 digits");
    }
    let digits: Vec<u32> = id.bytes().map(|b| u32::from(b - b'0')).collect();
    let doubled =
        |(at, digit): (usize, &u32)| if at % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { *digit };
    let sum: u32 = digits.iter().rev().enumerate().map(doubled).sum();
    if !sum.is_multiple_of(10) {
        return Some("the checksum of this ID number is wrong");
    }
    let (month, day) = (digits[2] * 10 + digits[3], digits[4] * 10 + digits[5]);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return Some("this ID number begins with no date of birth");
    }
    match (digits[6] >= 5, gender) {
        (true, "Female") => Some("by this ID number it is a man"),
        (false, "Male") => Some("by this ID number it is a woman"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::record::typed_input;

    fn said(collection: &Collection, fields: &[(&str, &str)], whole: bool) -> Vec<String> {
        let schema = collection.schema();
        let value = |(name, text): &(&str, &str)| {
            let field = schema.field(name).unwrap();
            (field.name, typed_input::parse_input(field, text))
        };
        let draft = RecordDraft::new(fields.iter().map(value).collect());
        let line = |r: FieldFinding| {
            format!("{}{}: {}", if r.blocks_sending { "! " } else { "" }, r.field, r.message)
        };
        field_findings(collection, &draft, whole).into_iter().map(line).collect()
    }

    #[test]
    fn a_plan_starts_no_earlier_than_the_documents_say_and_its_end_is_clamped() {
        let plan = |start, end| said(&Collection::Plans, &[("start_date", start), ("end_date", end)], true);
        assert!(plan("2025-09-01", "2030-08-31").is_empty());
        assert_eq!(plan("2025-08-31", "2030-08-31"), ["! start_date: a plan cannot start before 2025-09-01"]);
        assert_eq!(
            plan("2026-09-01", "2031-08-31"),
            ["end_date: the server will make it 2030-08-31, the last day it allows"]
        );
        assert_eq!(plan("2026-09-01", ""), ["! end_date: it has to be given"]);
    }

    #[test]
    fn an_update_may_be_partial_but_cannot_clear_a_required_field() {
        assert!(said(&Collection::Scorecards, &[("province", "Gauteng")], false).is_empty());
        let emptied = RecordDraft::new(vec![("description", Value::Text("".into()))]);
        assert!(field_findings(&Collection::Scorecards, &emptied, false)[0].blocks_sending);
    }

    #[test]
    fn an_id_numbers_length_checksum_birthday_and_gender_are_checked() {
        // The example everyone prints: a man born on 1 January 1980.
        assert_eq!(check_id_number("8001015009087", "Male"), None);
        assert_eq!(check_id_number("8001015009087", "Female"), Some("by this ID number it is a man"));
        assert_eq!(check_id_number("8001015009088", "Male"), Some("the checksum of this ID number is wrong"));
        assert_eq!(check_id_number("800101500908", "Male"), Some("a South African ID number has 13 digits"));
        assert_eq!(check_id_number("A1234567", "Male"), None, "a passport");
        assert_eq!(check_id_number("", "Male"), None);
        assert!(is_in_scientific_notation("8.00101E+12") && is_in_scientific_notation("8,00101E+12"));
        assert!(
            !is_in_scientific_notation("8001015009087")
                && !is_in_scientific_notation("E1234567")
                && !is_in_scientific_notation("1E")
        );
    }
}
