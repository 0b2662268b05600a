//! The form of a record: its fields are checked as the cursor leaves them and staged together.

use crate::api::{Call, scorecards};
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::ChangeState;
use crate::domain::change::field_finding::{FieldFinding, field_findings};
use crate::domain::change::record_change::{
    ChangeNumber, Intent, RecordChange, RecordStanding, ServerRecord,
};
use crate::domain::id::RecordId;
use crate::domain::record::training_program::MATCHED_FIELDS;
use crate::domain::record::{self, FieldKind, RecordDraft, Requirement, Value, typed_input};
use crate::domain::refusal::Refusal;
use crate::domain::text::Text;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::input::command::key;
use crate::kit::form::{FieldInput, FieldNote, Form, FormField};
use crate::nav::{Context, Nav, NextStep, Notice, Question, Severity};
use crate::screen::form::inputs::{field_help, field_input};
use crate::workspace::Workspace;

/// The record a form edits.
#[derive(Debug)]
pub(super) struct RecordForm {
    collection: Collection,
    record: EditedRecord,
    /// Its schema fields, one for each field of the form.
    fields: Vec<&'static record::SchemaField>,
    /// The initial values; a field that was not touched still has its initial value.
    initial: RecordDraft,
    /// The server's message when it refused the last attempt.
    server_refusal: Option<Text>,
}

/// Which record is being edited.
#[derive(Debug)]
enum EditedRecord {
    /// A new record, possibly already staged, and the row of the file it was imported from.
    New { staged: Option<StagedRevision>, row: Option<u32> },
    /// A record on the server: the values its edit is based on, and its staged change, if any.
    Existing { id: RecordId, base: RecordDraft, staged: Option<StagedRevision> },
}

/// A staged change and its revision when the form was opened.
#[derive(Debug, Clone, Copy)]
struct StagedRevision {
    number: ChangeNumber,
    revision: u64,
}

impl StagedRevision {
    fn new(number: ChangeNumber, change: &RecordChange) -> Self {
        Self { number, revision: change.revision }
    }

    /// Whether the change is still staged in this revision.
    fn is_current(self, workspace: &Workspace) -> bool {
        workspace.record_changes.change(self.number).is_some_and(|change| change.revision == self.revision)
    }
}

impl RecordForm {
    /// The form for a new record.
    pub(super) fn for_new(
        collection: &Collection,
        workspace: &Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> (Self, Form) {
        let what = EditedRecord::New { staged: None, row: None };
        Self::build(collection.clone(), what, &new_draft(collection), None, workspace, cx, fx)
    }

    /// The form for a staged change. Fails when it is no longer staged, is being sent, or cannot be edited.
    pub(super) fn for_staged(
        number: ChangeNumber,
        workspace: &Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<(Self, Form), Refusal> {
        let change = workspace.record_changes.change(number).ok_or("it is not staged any more")?;
        if let Some(id) = change.intent.record_id() {
            return Self::for_existing(&change.collection, id, workspace, cx, fx);
        }
        workspace.check_record_unlocked(number)?;
        let what =
            EditedRecord::New { staged: Some(StagedRevision::new(number, change)), row: change.file_row };
        let draft = change.intent.draft().cloned().unwrap_or_default();
        let refused = refusal_text(&change.state);
        Ok(Self::build(change.collection.clone(), what, &draft, refused, workspace, cx, fx))
    }

    /// The form for a record on the server, including its staged change. Fails when the record no longer
    /// exists, cannot be edited without losing a field, is being sent, or is staged to be deleted.
    pub(super) fn for_existing(
        collection: &Collection,
        id: &RecordId,
        workspace: &Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<(Self, Form), Refusal> {
        let change = workspace.record_changes.for_record(collection, id);
        if let Some((number, change)) = change {
            workspace.check_record_unlocked(number)?;
            if let Intent::Delete(_) = change.intent {
                return Err(concat!("its deletion is staged; ", key!("unstage"), " drops that first").into());
            }
        }
        let mine = change.and_then(|(_, change)| change.intent.draft()).cloned().unwrap_or_default();
        let refused = change.and_then(|(_, change)| refusal_text(&change.state));
        let staged = change.map(|(number, change)| StagedRevision::new(number, change));
        let based = change.and_then(|(_, change)| match &change.intent {
            Intent::Update { base, .. } | Intent::Replace { base, .. } => Some(base),
            Intent::Create(_) | Intent::Delete(_) => None,
        });
        let base = match (workspace.record(collection, id), based) {
            (ServerRecord::Present(record), _)
                if collection.sends_whole_record() && record.unreadable_field().is_some() =>
            {
                return Err("a field of it could not be read, and would be lost by an edit".into());
            }
            // A field with a staged change keeps its base, so that editing again does not hide a conflict.
            (ServerRecord::Present(record), Some(base)) if collection.allows_update() => {
                record.sendable_fields().with_fields_of(base)
            }
            (_, Some(base)) => base.clone(),
            (ServerRecord::Present(record), None) => record.sendable_fields(),
            _ => return Err("the record is not there any more; read the list again".into()),
        };
        let draft = base.clone().with_fields_of(&mine);
        let what = EditedRecord::Existing { id: id.clone(), base, staged };
        Ok(Self::build(collection.clone(), what, &draft, refused, workspace, cx, fx))
    }

    fn build(
        collection: Collection,
        what: EditedRecord,
        draft: &RecordDraft,
        refused: Option<Text>,
        workspace: &Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> (Self, Form) {
        let there = !matches!(what, EditedRecord::New { .. });
        let shown = |field: &&record::SchemaField| {
            field.is_sendable() && (!there || collection.is_field_editable(field.name))
        };
        let fields: Vec<_> = collection.schema().fields.iter().filter(shown).collect();
        let typed = fields.iter().map(|field| {
            let mut own = FormField::new(
                field.label(),
                field_help(&collection, field, there),
                field_input(field, workspace),
                &draft.value(field.name).edit_text(),
            );
            own.required = field.requirement == Requirement::Required;
            own
        });
        if fields.iter().any(|field| field.name == "scorecard_id") && workspace.scorecard_list.is_none() {
            fx.call(cx.owner(), Call::Scorecards(scorecards::Call::List));
        }
        let form: Vec<FormField> = typed.collect();
        let mended = refused.is_some() || matches!(what, EditedRecord::New { staged: Some(_), .. });
        let initial = draft.clone();
        let (this, mut form) =
            (Self { collection, record: what, fields, initial, server_refusal: refused }, Form::new(form));
        if mended {
            form.leave_all();
        }
        this.show_findings(&mut form);
        let wrong = form.fields().iter().position(|field| field.note.is_some());
        if let Some(at) = wrong.filter(|_| mended) {
            form.go(at);
        }
        (this, form)
    }

    /// Its name in the breadcrumb.
    pub(super) fn title(&self) -> String {
        let noun = self.collection.schema().name;
        match self.record {
            EditedRecord::New { row: Some(row), .. } => format!("Row {row}"),
            EditedRecord::New { .. } => format!("New {noun}"),
            EditedRecord::Existing { .. } => format!("Edit {noun}"),
        }
    }

    /// Updates the scorecard choices once the scorecards have been read.
    pub(super) fn refresh_choices(&self, form: &mut Form, workspace: &Workspace) {
        let mut new = false;
        for (field, typed) in self.fields.iter().zip(form.fields_mut()) {
            if field.name == "scorecard_id" {
                new |= typed.offer(field_input(field, workspace));
            }
        }
        if new {
            self.show_findings(form);
        }
    }

    /// The text above the fields.
    pub(super) fn intro_text(&self) -> String {
        let intro = intro(&self.collection, &self.record);
        match &self.server_refusal {
            Some(words) => format!("The server refused it: {words} {intro}"),
            None => intro.to_owned(),
        }
    }

    /// The draft with the typed values.
    fn draft(&self, form: &Form) -> RecordDraft {
        let Self { fields, initial, .. } = self;
        let value = |(field, typed): (&&'static record::SchemaField, &FormField)| {
            let value = if typed.is_touched() {
                typed_input::parse_input(field, typed.value())
            } else {
                initial.value(field.name).clone()
            };
            (field.name, value)
        };
        RecordDraft::new(fields.iter().zip(form.fields()).map(value).collect())
    }

    /// The fields whose values differ from the record's. A cleared field becomes null where the API allows
    /// that, else blank.
    fn changed_values(&self, form: &Form, base: &RecordDraft) -> RecordDraft {
        let Self { fields, .. } = self;
        let draft = self.draft(form);
        let mut changed = Vec::new();
        for field in fields {
            let value = draft.value(field.name);
            if value.is_equivalent(base.value(field.name)) {
                continue;
            }
            let emptied = match (field.requirement, field.kind) {
                (Requirement::Nullable, _) => Value::Null,
                (_, FieldKind::Text) => Value::Text(Text::default()),
                // A kind without an empty value gets an unparsed blank, which is refused later.
                _ => Value::Unparsed(Text::default()),
            };
            changed.push((field.name, if *value == Value::Absent { emptied } else { value.clone() }));
        }
        RecordDraft::new(changed)
    }

    /// The findings for the record as typed.
    fn findings(&self, form: &Form) -> Vec<FieldFinding> {
        let Self { collection, record: what, fields, .. } = self;
        let off = fields.iter().zip(form.fields()).filter(|(_, typed)| typed.is_off_list());
        let off = off.map(|(field, _)| FieldFinding {
            field: field.name,
            message: "it takes one of its list".into(),
            blocks_sending: true,
        });
        // Until the scorecards are read, typed text is only accepted when it is an id.
        let unread = fields.iter().zip(form.fields()).filter(|(field, typed)| {
            let id = typed.value().trim();
            let line =
                field.name == "scorecard_id" && *typed.input() == FieldInput::Line && typed.is_touched();
            line && !id.is_empty() && !id.starts_with("scorecard_")
        });
        let off = off.chain(unread.map(|(field, _)| FieldFinding {
            field: field.name,
            message: "no scorecard has been read; type an id (scorecard_…), or leave it blank".into(),
            blocks_sending: true,
        }));
        match what {
            EditedRecord::New { .. } => {
                off.chain(field_findings(collection, &self.draft(form), true)).collect()
            }
            EditedRecord::Existing { base, .. } => {
                let changed = self.changed_values(form, base);
                let all =
                    off.chain(field_findings(collection, &base.clone().with_fields_of(&changed), false));
                // A value that was already invalid and was not changed does not block the edit.
                let own = |r: &FieldFinding| !r.blocks_sending || *changed.value(r.field) != Value::Absent;
                all.filter(own).collect()
            }
        }
    }

    /// Updates the note beside each field.
    pub(super) fn show_findings(&self, form: &mut Form) {
        let said = self.findings(form);
        let Self { collection, record: what, fields, server_refusal: refused, .. } = self;
        let server_errors: Vec<_> = refused
            .iter()
            .flat_map(|words| words.raw().split("; "))
            .filter_map(|words| Some((collection.schema().field_named_in(words)?.name, words.to_owned())))
            .filter(|(name, _)| {
                // The server's message about a value no longer applies once the value is changed.
                let mut own = fields.iter().zip(form.fields());
                own.any(|(field, typed)| field.name == *name && !typed.is_touched())
            })
            .collect();
        let second =
            matches!((collection, what), (Collection::TrainingPrograms(_), EditedRecord::Existing { .. }));
        let changed = match what {
            EditedRecord::Existing { base, .. } if second => self.changed_values(form, base),
            _ => RecordDraft::default(),
        };
        let words_of = |name: &str| {
            let own = said.iter().filter(|r| r.field == name).max_by_key(|r| r.blocks_sending);
            let own = own.map(|r| FieldNote { text: r.message.clone(), blocks_staging: r.blocks_sending });
            let server_errors = server_errors.iter().find(|(field, _)| *field == name);
            let server_errors = server_errors.map(|(_, words)| FieldNote {
                text: Text::from(words.as_str()).to_string(),
                blocks_staging: false,
            });
            let makes_second = (MATCHED_FIELDS.contains(&name) && *changed.value(name) != Value::Absent)
                .then(|| FieldNote { text: "this will make a second program".into(), blocks_staging: false });
            own.or(server_errors).or(makes_second)
        };
        let said: Vec<_> = fields.iter().map(|field| words_of(field.name)).collect();
        for (field, said) in form.fields_mut().iter_mut().zip(said) {
            field.note = said;
        }
    }

    /// Stages what was typed; `review` then opens the review.
    pub(super) fn stage(
        &self,
        form: &mut Form,
        review: bool,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        let Self { collection, record: what, .. } = self;
        let (collection, schema) = (collection.clone(), collection.schema());
        let blocking = self.findings(form).into_iter().filter(|remark| remark.blocks_sending);
        let place = |remark: &FieldFinding| schema.fields.iter().position(|field| field.name == remark.field);
        let blocking = blocking.min_by_key(place);
        // A row from a file may be corrected step by step; it is only sent once nothing blocks it.
        let of_file = matches!(what, EditedRecord::New { row: Some(_), .. });
        if let Some(remark) = blocking.filter(|_| !of_file) {
            let fields = form.fields();
            let label = schema.field(remark.field).map(record::SchemaField::label).unwrap_or_default();
            if let Some(at) = fields.iter().position(|field| field.label == label) {
                form.go(at);
            }
            return Err(Refusal::from(format!("{label}: {}", remark.message)));
        }
        let opened = match what {
            EditedRecord::New { staged, .. } | EditedRecord::Existing { staged, .. } => *staged,
        };
        if opened.is_some_and(|staged| !staged.is_current(workspace)) {
            let words =
                "what was staged here has been sent or changed since this form was opened; leave it and look";
            return Err(Refusal::from(words));
        }
        let blank = |draft: RecordDraft| {
            RecordDraft::new(draft.entries().iter().filter(|(_, value)| !value.is_blank()).cloned().collect())
        };
        let staged = opened.map(|staged| staged.number);
        let (intent, row) = match what {
            EditedRecord::New { row, .. } => (Intent::Create(blank(self.draft(form))), *row),
            EditedRecord::Existing { id, base, .. } => {
                let mine = self.changed_values(form, base);
                if mine.is_empty() {
                    return drop_unchanged(staged, workspace, fx);
                }
                let id = id.clone();
                let intent = if collection.allows_update() {
                    let before = mine.entries().iter().map(|(name, _)| (*name, base.value(name).clone()));
                    Intent::Update { id, base: RecordDraft::new(before.collect()), mine }
                } else {
                    Intent::Replace {
                        id,
                        base: base.clone(),
                        mine: blank(base.clone().with_fields_of(&mine)),
                    }
                };
                (intent, None)
            }
        };
        let name = match what {
            EditedRecord::Existing { base, .. } => collection.name_of(base),
            EditedRecord::New { .. } => collection.name_of(&self.draft(form)),
        };
        let mut change = RecordChange::new(collection.clone(), name, intent, cx.now);
        change.file_row = row;
        if let (Collection::TrainingPrograms(_), Intent::Update { mine, .. }) = (&collection, &change.intent)
            && mine.entries().iter().any(|(name, _)| MATCHED_FIELDS.contains(name))
        {
            let draft = blank(self.draft(form));
            change.name = collection.name_of(&draft);
            change.intent = Intent::Create(draft);
            return Ok(Nav::Ask(Question::SecondProgram(staged, Box::new(change))));
        }
        let words = format!("{}: {} staged", change.name, change.verb());
        match workspace.stage_records(vec![(staged, change)]) {
            Ok(entries) => {
                let open =
                    entries.first().and_then(|entry| entry.change.as_ref()).and_then(
                        |change| match workspace.record_standing(change) {
                            RecordStanding::Blocked(why) => Some(why),
                            RecordStanding::Held(why) => Some(why.to_string()),
                            _ => None,
                        },
                    );
                fx.journal_records(entries);
                if let Some(why) = open.filter(|_| of_file) {
                    let text = format!("{words}, but it cannot be sent yet: {why}");
                    return Ok(Nav::Finished(Notice::new(Severity::Warning, text), NextStep::Stay));
                }
                // Rows from a file are corrected one after the other in their own list, so the review is not
                // opened.
                let then = if review && !of_file { NextStep::Run(Command::Review) } else { NextStep::Stay };
                Ok(Nav::Finished(Notice::staged(&words, cx), then))
            }
            Err(why) => Err(why),
        }
    }
}

/// Handles a form without differences from the server: drops the staged change if there is one.
fn drop_unchanged(
    staged: Option<ChangeNumber>,
    workspace: &mut Workspace,
    fx: &mut Effects,
) -> Result<Nav, Refusal> {
    let Some(number) = staged else {
        return Err(Refusal::from(concat!("nothing was changed; ", key!("leave"), " leaves the form")));
    };
    match workspace.drop_records(&[number]) {
        Ok(entries) => {
            fx.journal_records(entries);
            let words = "everything is as on the server again; the staged change was dropped";
            Ok(Nav::Finished(Notice::new(Severity::Info, words), NextStep::Stay))
        }
        Err(why) => Err(why),
    }
}

fn refusal_text(state: &ChangeState) -> Option<Text> {
    match state {
        ChangeState::Rejected(words) => Some(words.clone()),
        _ => None,
    }
}

/// The initial values of a new record: required flags are "no", as in the documents' own example.
fn new_draft(collection: &Collection) -> RecordDraft {
    let flags = collection.schema().fields.iter().filter(|field| {
        field.is_sendable() && field.kind == FieldKind::Flag && field.requirement == Requirement::Required
    });
    RecordDraft::new(flags.map(|field| (field.name, Value::Flag(false))).collect())
}

/// The text above the fields for this kind of record.
fn intro(collection: &Collection, what: &EditedRecord) -> &'static str {
    match (collection, what) {
        (Collection::Plans, EditedRecord::New { .. }) => {
            "With a scorecard, every target is pre-filled with its workforce of now; without one, all are zero. Dates \
             are fixed once the plan is there."
        }
        (Collection::Plans, EditedRecord::Existing { .. }) => {
            "Another scorecard only changes the reference: it does not pre-fill the targets again. Dates cannot be \
             changed; for others, delete the plan and create a new one."
        }
        (Collection::TrainingPrograms(_), EditedRecord::Existing { .. }) => {
            "Name, category, ABET, mandatory, training provider and municipality are what the server knows the \
             program by: a change in any of them makes a second program."
        }
        (Collection::Participants(..), EditedRecord::Existing { .. }) => {
            "The API cannot change a participant: a new one is created with these values, and then the old one is \
             deleted. Its id changes."
        }
        _ => "",
    }
}
