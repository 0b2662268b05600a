//! The inputs, choices and help texts for the fields of a record form.

use std::collections::BTreeMap;

use crate::domain::change::collection::Collection;
use crate::domain::record::scorecard::{PROVINCES, Scorecard, charter_label};
use crate::domain::record::training_program::category_description;
use crate::domain::record::{self, FieldKind, Requirement, typed_input};
use crate::domain::text::Text;
use crate::kit::form::{FieldInput, FormChoice};
use crate::workspace::Workspace;

/// The help text of a field; `there` is whether the record exists on the server.
pub(super) fn field_help(collection: &Collection, field: &record::SchemaField, there: bool) -> String {
    let mut about = field.description.to_owned();
    match (collection, field.name) {
        (Collection::Plans, "start_date") => {
            about.push_str(" It fixes the financial years (1 September to 31 August).");
        }
        (Collection::Plans, "end_date") => {
            about = "Plan end date. A later one than 2030-08-31 is made 2030-08-31 by the server.".into();
        }
        (Collection::Plans, "scorecard_id") if there => about = "The scorecard the plan is bound to.".into(),
        _ => {}
    }
    let takes = match field.kind {
        FieldKind::Date | FieldKind::Integer | FieldKind::Decimal => {
            format!(" It takes {}.", typed_input::expected_input(field.kind, typed_input::InputOrigin::Form))
        }
        _ => String::new(),
    };
    let need = match field.requirement {
        Requirement::Required => " Has to be given.",
        Requirement::Conditional
        | Requirement::Optional
        | Requirement::Nullable
        | Requirement::ResponseOnly => "",
    };
    format!("{about}{takes}{need}")
}

/// What a field of a record accepts.
pub(super) fn field_input(field: &record::SchemaField, workspace: &Workspace) -> FieldInput {
    let plain = |word: &&str| FormChoice::plain(word);
    match (field.name, field.kind) {
        ("charter_id", FieldKind::Choice(ids)) => {
            let words =
                |id: &&str| FormChoice { value: (*id).to_owned(), label: charter_label(&Text::from(*id)) };
            FieldInput::OneOf(ids.iter().map(words).collect())
        }
        ("category", FieldKind::Choice(codes)) => {
            let words = |code: &&str| FormChoice {
                value: (*code).to_owned(),
                label: format!("{code} · {}", category_description(code)),
            };
            FieldInput::OneOf(codes.iter().map(words).collect())
        }
        (_, FieldKind::Choice(words)) => FieldInput::OneOf(words.iter().map(plain).collect()),
        (_, FieldKind::Flag) => FieldInput::OneOf(["yes", "no"].iter().map(plain).collect()),
        ("scorecard_id", _) => {
            let rows =
                workspace.scorecard_list.as_ref().map(|known| &known.value.rows[..]).unwrap_or_default();
            let mut times: BTreeMap<String, usize> = BTreeMap::new();
            for scorecard in rows {
                *times.entry(scorecard.description().to_string()).or_default() += 1;
            }
            let words = |s: &Scorecard| {
                let name = s.description().to_string();
                let words = if times[&name] > 1 { format!("{name} ({})", s.id) } else { name };
                FormChoice { value: s.id.to_string(), label: words }
            };
            if rows.is_empty() {
                FieldInput::Line
            } else {
                FieldInput::OneOf(rows.iter().map(words).collect())
            }
        }
        ("province", _) => {
            let rows =
                workspace.scorecard_list.as_ref().map(|known| &known.value.rows[..]).unwrap_or_default();
            let used = rows.iter().map(|s| s.record.value("province").edit_text().into_owned());
            let mut used: Vec<_> = used.filter(|province| !province.is_empty()).collect();
            used.extend(PROVINCES.iter().map(|province| (*province).to_owned()));
            used.sort();
            used.dedup();
            FieldInput::Suggestions(used.iter().map(|province| FormChoice::plain(province)).collect())
        }
        _ => FieldInput::Line,
    }
}
