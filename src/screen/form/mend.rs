//! The form that gives one field of several staged participants a new value.

use crate::domain::change::record_change::ChangeNumber;
use crate::domain::record::id_number::with_zeros;
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::record::typed_input::{InputOrigin, expected_input, parse_input};
use crate::domain::record::{SchemaField, Value};
use crate::domain::refusal::Refusal;
use crate::domain::text::pluralize;
use crate::effect::Effects;
use crate::kit::form::{FieldInput, Form, FormChoice, FormField};
use crate::nav::{Context, Nav, NextStep, Notice};
use crate::screen::form::inputs::{field_help, field_input};
use crate::workspace::Workspace;

/// The choice that puts lost zeros back in front of ID numbers.
const WITH_ZEROS: &str = "(with zeros in front, to 13 digits)";
/// The choice that leaves the field without a value.
const NOTHING: &str = "(nothing)";

/// What is mended.
#[derive(Debug)]
pub(super) struct MendForm {
    field: &'static SchemaField,
    numbers: Vec<ChangeNumber>,
}

impl MendForm {
    /// The form for a field of these changes. Fails when there is no such field.
    pub(super) fn open(
        field: &str,
        numbers: &[ChangeNumber],
        workspace: &Workspace,
    ) -> Result<(Self, Form), Refusal> {
        let field = PARTICIPANT.field(field).ok_or("there is no such field")?;
        let collection = numbers.iter().find_map(|number| workspace.record_changes.change(*number));
        let collection =
            collection.map(|change| change.collection.clone()).ok_or("these rows are not staged any more")?;
        let form = Form::new(vec![FormField::new(
            field.label(),
            field_help(&collection, field, false),
            input(field, workspace),
            "",
        )]);
        Ok((Self { field, numbers: numbers.to_vec() }, form))
    }

    /// The text above the field.
    pub(super) fn intro_text(&self) -> String {
        format!(
            "The value is given to {} at once; it can be undone.",
            pluralize(self.numbers.len(), "staged row")
        )
    }

    /// Gives all of them the value.
    pub(super) fn submit(
        &self,
        form: &Form,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        let text = form.fields().first().map_or("", |field| field.value().trim());
        let typed = if text == NOTHING { Value::Absent } else { parse_input(self.field, text) };
        if text.is_empty() || matches!(typed, Value::Unparsed(_)) {
            return Err(Refusal::from(format!(
                "it takes {}",
                expected_input(self.field.kind, InputOrigin::Form)
            )));
        }
        let value = |old: &Value| match old.raw() {
            Some(id) if text == WITH_ZEROS => Value::Text(with_zeros(id).into()),
            _ => typed.clone(),
        };
        let entries = workspace.mend_records(&self.numbers, self.field.name, value, cx.now)?;
        let words = format!("{} mended", pluralize(entries.len(), "row"));
        fx.journal_records(entries);
        Ok(Nav::Finished(Notice::staged(&words, cx), NextStep::Stay))
    }
}

fn input(field: &'static SchemaField, workspace: &Workspace) -> FieldInput {
    let plain = |word: &str| FormChoice::plain(word);
    match field_input(field, workspace) {
        FieldInput::OneOf(mut choices) => {
            choices.push(plain(NOTHING));
            FieldInput::OneOf(choices)
        }
        _ if field.is_personal() => FieldInput::Suggestions(vec![plain(WITH_ZEROS), plain(NOTHING)]),
        _ => FieldInput::Suggestions(vec![plain(NOTHING)]),
    }
}
