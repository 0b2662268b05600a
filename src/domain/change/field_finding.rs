//! Checks a draft before it is sent: what the documents rule out, and what deserves a look.

use jiff::civil::{Date, date};

use crate::domain::change::collection::Collection;
use crate::domain::change::participant_checks::{ParticipantContext, participant_findings};
use crate::domain::change::rule::RuleSeverity;
use crate::domain::record::typed_input::{InputOrigin, expected_input};
use crate::domain::record::{FieldKind, RecordDraft, Requirement, Value};

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
            Value::Unparsed(_) if field.kind == FieldKind::Text => {
                say("it could not be read from the file; type what is meant".into());
            }
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
        && !collection.holds_participants()
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
        Collection::Participants(..) | Collection::NewProgramParticipants(..) => {
            let context = ParticipantContext::default();
            for (field, rule) in participant_findings(|name| draft.value(name), context) {
                note(field, rule.words().into(), rule.severity() == RuleSeverity::Stop);
            }
        }
        Collection::Scorecards | Collection::TrainingPrograms(_) => {}
    }
    findings
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
}
