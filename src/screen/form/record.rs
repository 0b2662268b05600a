//! The form of a record: its fields typed or chosen, checked as they are left, and staged as a whole.

use crate::api::collection;
use crate::desk::Desk;
use crate::domain::change::State;
use crate::domain::check::{Remark, remarks};
use crate::domain::collection::{Collection, RecordId};
use crate::domain::import;
use crate::domain::record::{self, Draft, Kind, Need, Value};
use crate::domain::record_change::{ChangeNumber, Intent, RecordChange, Seen, Standing};
use crate::domain::text::Text;
use crate::domain::training_program::MATCHING;
use crate::domain::typed;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::kit::form::{Field, Form, Input, Said};
use crate::nav::{Context, Nav, Notice, Question, Then, Tone};
use crate::screen::form::inputs::{about, input};

/// What the form of a record is about.
#[derive(Debug)]
pub(super) struct RecordForm {
    collection: Collection,
    what: What,
    /// Its fields, one a field of the form.
    fields: Vec<&'static record::Field>,
    /// What stood in the fields at first; a field that is not touched is still that.
    initial: Draft,
    /// The server's words on the last attempt.
    refused: Option<Text>,
}

/// Which record is edited.
#[derive(Debug)]
enum What {
    /// A new one; or one that is staged to be new.
    New { staged: Option<Staged>, row: Option<u32> },
    /// One that is there: what it was when it was first edited, and its staged change, if it has one.
    There { id: RecordId, base: Draft, staged: Option<Staged> },
}

/// A staged change as it was when the form was opened.
#[derive(Debug, Clone, Copy)]
struct Staged {
    number: ChangeNumber,
    revision: u64,
}

impl Staged {
    fn of(number: ChangeNumber, change: &RecordChange) -> Self {
        Self { number, revision: change.revision }
    }

    /// Whether it is still that.
    fn is_current(self, desk: &Desk) -> bool {
        desk.record_changes.change(self.number).is_some_and(|change| change.revision == self.revision)
    }
}

impl RecordForm {
    /// The form of a new record.
    pub(super) fn add(collection: &Collection, desk: &Desk, fx: &mut Effects) -> (Self, Form) {
        let what = What::New { staged: None, row: None };
        Self::of_record(collection.clone(), what, &new_draft(collection), None, desk, fx)
    }

    /// The form of what is staged.
    pub(super) fn amend(
        number: ChangeNumber,
        desk: &Desk,
        fx: &mut Effects,
    ) -> Result<(Self, Form), &'static str> {
        let change = desk.record_changes.change(number).ok_or("it is not staged any more")?;
        if let Some(id) = change.intent.record() {
            return Self::edit(&change.collection, id, desk, fx);
        }
        desk.record_free(number)?;
        let what = What::New { staged: Some(Staged::of(number, change)), row: change.row };
        let draft = change.intent.draft().cloned().unwrap_or_default();
        let refused = refusal(&change.state);
        Ok(Self::of_record(change.collection.clone(), what, &draft, refused, desk, fx))
    }

    /// The form of a record that is there, with what is staged of it.
    pub(super) fn edit(
        collection: &Collection,
        id: &RecordId,
        desk: &Desk,
        fx: &mut Effects,
    ) -> Result<(Self, Form), &'static str> {
        let change = desk.record_changes.about(collection, id);
        if let Some((number, change)) = change {
            desk.record_free(number)?;
            if let Intent::Delete(_) = change.intent {
                return Err("its deletion is staged; X drops that first");
            }
        }
        let mine = change.and_then(|(_, change)| change.intent.draft()).cloned().unwrap_or_default();
        let refused = change.and_then(|(_, change)| refusal(&change.state));
        let staged = change.map(|(number, change)| Staged::of(number, change));
        let based = change.and_then(|(_, change)| match &change.intent {
            Intent::Update { base, .. } | Intent::Replace { base, .. } => Some(base),
            Intent::Create(_) | Intent::Delete(_) => None,
        });
        let base = match (desk.record(collection, id), based) {
            (Seen::There(record), _) if collection.sends_whole() && record.unread().is_some() => {
                return Err("a field of it could not be read, and would be lost by an edit");
            }
            // What a staged field was when it was first edited stays its base, so that a conflict outlives this.
            (Seen::There(record), Some(base)) if collection.updates() => record.sendable().with(base),
            (_, Some(base)) => base.clone(),
            (Seen::There(record), None) => record.sendable(),
            _ => return Err("the record is not there any more; read the list again"),
        };
        let draft = base.clone().with(&mine);
        let what = What::There { id: id.clone(), base, staged };
        Ok(Self::of_record(collection.clone(), what, &draft, refused, desk, fx))
    }

    fn of_record(
        collection: Collection,
        what: What,
        draft: &Draft,
        refused: Option<Text>,
        desk: &Desk,
        fx: &mut Effects,
    ) -> (Self, Form) {
        let there = !matches!(what, What::New { .. });
        let shown =
            |field: &&record::Field| field.is_sent() && (!there || collection.is_editable(field.name));
        let fields: Vec<_> = collection.schema().fields.iter().filter(shown).collect();
        let typed = fields.iter().map(|field| {
            let mut own = Field::new(
                field.label(),
                about(&collection, field, there),
                input(field, desk),
                &draft.value(field.name).typed(),
            );
            own.required = field.need == Need::Required;
            own
        });
        if fields.iter().any(|field| field.name == "scorecard_id") && desk.scorecards.is_none() {
            fx.call(collection::list(&Collection::Scorecards, 1));
        }
        let form: Vec<Field> = typed.collect();
        let mended = refused.is_some() || matches!(what, What::New { staged: Some(_), .. });
        let initial = draft.clone();
        let (this, mut form) = (Self { collection, what, fields, initial, refused }, Form::new(form));
        if mended {
            form.leave_all();
        }
        this.remark(&mut form);
        let wrong = form.fields().iter().position(|field| field.said.is_some());
        if let Some(at) = wrong.filter(|_| mended) {
            form.go(at);
        }
        (this, form)
    }

    /// Its name in the breadcrumbs.
    pub(super) fn title(&self) -> String {
        let noun = self.collection.schema().name;
        match self.what {
            What::New { row: Some(row), .. } => format!("Row {row}"),
            What::New { .. } => format!("New {noun}"),
            What::There { .. } => format!("Edit {noun}"),
        }
    }

    /// Offers the scorecards once they have been read.
    pub(super) fn offer(&self, form: &mut Form, desk: &Desk) {
        let mut new = false;
        for (field, typed) in self.fields.iter().zip(form.fields_mut()) {
            if field.name == "scorecard_id" {
                new |= typed.offer(input(field, desk));
            }
        }
        if new {
            self.remark(form);
        }
    }

    /// What is said above the fields.
    pub(super) fn above(&self) -> String {
        let intro = intro(&self.collection, &self.what);
        match &self.refused {
            Some(words) => format!("The server refused it: {words} {intro}"),
            None => intro.to_owned(),
        }
    }

    /// The draft as it is typed.
    fn draft(&self, form: &Form) -> Draft {
        let Self { fields, initial, .. } = self;
        let value = |(field, typed): (&&'static record::Field, &Field)| {
            let value = if typed.is_touched() {
                typed::read(field, typed.value())
            } else {
                initial.value(field.name).clone()
            };
            (field.name, value)
        };
        Draft::new(fields.iter().zip(form.fields()).map(value).collect())
    }

    /// What an edit changes: fields whose value is another one than the record's. What was emptied is null where that
    /// may be, else blank.
    fn changed(&self, form: &Form, base: &Draft) -> Draft {
        let Self { fields, .. } = self;
        let draft = self.draft(form);
        let mut changed = Vec::new();
        for field in fields {
            let value = draft.value(field.name);
            if value.says_same(base.value(field.name)) {
                continue;
            }
            let emptied = match (field.need, field.kind) {
                (Need::Nullable, _) => Value::Null,
                (_, Kind::Text) => Value::Text(Text::default()),
                // What has no empty form of its own stands there as nothing, and is refused.
                _ => Value::Odd(Text::default()),
            };
            changed.push((field.name, if *value == Value::Absent { emptied } else { value.clone() }));
        }
        Draft::new(changed)
    }

    /// What is to be said of the record as it is typed.
    fn remarks(&self, form: &Form) -> Vec<Remark> {
        let Self { collection, what, fields, .. } = self;
        let off = fields.iter().zip(form.fields()).filter(|(_, typed)| typed.is_off_list());
        let off = off.map(|(field, _)| Remark {
            field: field.name,
            words: "it takes one of its list".into(),
            stops: true,
        });
        // Before the scorecards are read, what is typed of a description is no id yet.
        let unread = fields.iter().zip(form.fields()).filter(|(field, typed)| {
            let id = typed.value().trim();
            let line = field.name == "scorecard_id" && *typed.input() == Input::Line && typed.is_touched();
            line && !id.is_empty() && !id.starts_with("scorecard_")
        });
        let off = off.chain(unread.map(|(field, _)| Remark {
            field: field.name,
            words: "no scorecard has been read; type an id (scorecard_…), or leave it blank".into(),
            stops: true,
        }));
        match what {
            What::New { .. } => off.chain(remarks(collection, &self.draft(form), true)).collect(),
            What::There { base, .. } => {
                let changed = self.changed(form, base);
                let all = off.chain(remarks(collection, &base.clone().with(&changed), false));
                // What was odd before and is left alone does not stand in the way.
                let own = |r: &Remark| !r.stops || *changed.value(r.field) != Value::Absent;
                all.filter(own).collect()
            }
        }
    }

    /// Says beside each field what is to be said of it.
    pub(super) fn remark(&self, form: &mut Form) {
        let said = self.remarks(form);
        let Self { collection, what, fields, refused, .. } = self;
        let told: Vec<_> = refused
            .iter()
            .flat_map(|words| words.raw().split("; "))
            .filter_map(|words| Some((collection.schema().field_named_in(words)?.name, words.to_owned())))
            .filter(|(name, _)| {
                // What was said of a value that is another one now does not count any more.
                let mut own = fields.iter().zip(form.fields());
                own.any(|(field, typed)| field.name == *name && !typed.is_touched())
            })
            .collect();
        let second = matches!((collection, what), (Collection::TrainingPrograms(_), What::There { .. }));
        let changed = match what {
            What::There { base, .. } if second => self.changed(form, base),
            _ => Draft::default(),
        };
        let words_of = |name: &str| {
            let own = said.iter().filter(|r| r.field == name).max_by_key(|r| r.stops);
            let own = own.map(|r| Said { words: r.words.clone(), stops: r.stops });
            let told = told.iter().find(|(field, _)| *field == name);
            let told =
                told.map(|(_, words)| Said { words: Text::from(words.as_str()).to_string(), stops: false });
            let makes_second = (MATCHING.contains(&name) && *changed.value(name) != Value::Absent)
                .then(|| Said { words: "this will make a second program".into(), stops: false });
            own.or(told).or(makes_second)
        };
        let said: Vec<_> = fields.iter().map(|field| words_of(field.name)).collect();
        for (field, said) in form.fields_mut().iter_mut().zip(said) {
            field.said = said;
        }
    }

    /// Stages what was typed; `review` opens the review then.
    pub(super) fn stage(
        &self,
        form: &mut Form,
        review: bool,
        desk: &mut Desk,
        cx: &Context,
        fx: &mut Effects,
    ) -> Nav {
        let Self { collection, what, .. } = self;
        let (collection, schema) = (collection.clone(), collection.schema());
        let stops = self.remarks(form).into_iter().filter(|remark| remark.stops);
        let place = |remark: &Remark| schema.fields.iter().position(|field| field.name == remark.field);
        let stops = stops.min_by_key(place);
        // A row of a file may be mended bit by bit; it cannot be sent until nothing stands in the way.
        let of_file = matches!(what, What::New { row: Some(_), .. });
        if let Some(remark) = stops.filter(|_| !of_file) {
            let fields = form.fields();
            let label = schema.field(remark.field).map(record::Field::label).unwrap_or_default();
            if let Some(at) = fields.iter().position(|field| field.label == label) {
                form.go(at);
            }
            return Nav::refuse(format!("{label}: {}", remark.words));
        }
        let opened = match what {
            What::New { staged, .. } | What::There { staged, .. } => *staged,
        };
        if opened.is_some_and(|staged| !staged.is_current(desk)) {
            let words =
                "what was staged here has been sent or changed since this form was opened; leave it and look";
            return Nav::refuse(words);
        }
        let blank = |draft: Draft| {
            Draft::new(draft.entries().iter().filter(|(_, value)| !value.is_blank()).cloned().collect())
        };
        let staged = opened.map(|staged| staged.number);
        let (intent, row) = match what {
            What::New { row, .. } => (Intent::Create(blank(self.draft(form))), *row),
            What::There { id, base, .. } => {
                let mine = self.changed(form, base);
                if mine.is_empty() {
                    return nothing_changed(staged, desk, fx);
                }
                let id = id.clone();
                let intent = if collection.updates() {
                    let before = mine.entries().iter().map(|(name, _)| (*name, base.value(name).clone()));
                    Intent::Update { id, base: Draft::new(before.collect()), mine }
                } else {
                    Intent::Replace { id, base: base.clone(), mine: blank(base.clone().with(&mine)) }
                };
                (intent, None)
            }
        };
        let name = match what {
            What::There { base, .. } => collection.name_of(base),
            What::New { .. } => collection.name_of(&self.draft(form)),
        };
        let mut change = RecordChange::new(collection.clone(), name, intent, cx.now);
        change.row = row;
        if let (Collection::TrainingPrograms(_), Intent::Update { mine, .. }) = (&collection, &change.intent)
            && mine.entries().iter().any(|(name, _)| MATCHING.contains(name))
        {
            let draft = blank(self.draft(form));
            change.name = collection.name_of(&draft);
            change.intent = Intent::Create(draft);
            return Nav::Ask(Question::SecondProgram(staged, Box::new(change)));
        }
        let words = format!("{}: {} staged", change.name, change.verb());
        match desk.stage_records(vec![(staged, change)]) {
            Ok(entries) => {
                let open = entries.first().and_then(|entry| entry.change.as_ref()).and_then(|change| {
                    match desk.record_standing(change) {
                        Standing::Problem(why) => Some(why),
                        Standing::Held(why) => Some(why.to_string()),
                        _ => None,
                    }
                });
                fx.store_records(entries);
                if let Some(why) = open.filter(|_| of_file) {
                    let text = format!("{words}, but it cannot be sent yet: {why}");
                    return Nav::Finished(Notice::new(Tone::Warning, text), Then::Stay);
                }
                // Rows of a file are mended one after the other, in their own list.
                let then = if review && !of_file { Then::Do(Command::Review) } else { Then::Stay };
                Nav::Finished(Notice::staged(&words, cx), then)
            }
            Err(why) => Nav::refuse(why),
        }
    }
}

/// What is as on the server needs no change; one that was staged is dropped.
fn nothing_changed(staged: Option<ChangeNumber>, desk: &mut Desk, fx: &mut Effects) -> Nav {
    let Some(number) = staged else { return Nav::refuse("nothing was changed; Esc leaves the form") };
    match desk.drop_records(&[number]) {
        Ok(entries) => {
            fx.store_records(entries);
            let words = "everything is as on the server again; the staged change was dropped";
            Nav::Finished(Notice::new(Tone::Plain, words), Then::Stay)
        }
        Err(why) => Nav::refuse(why),
    }
}

fn refusal(state: &State) -> Option<Text> {
    match state {
        State::Refused(words) => Some(words.clone()),
        _ => None,
    }
}

/// What a new record begins with: flags that have to be given are no.
fn new_draft(collection: &Collection) -> Draft {
    let mut draft = Draft::default();
    import::required_flags(collection, &mut draft);
    draft
}

/// What is said above a record's fields.
fn intro(collection: &Collection, what: &What) -> &'static str {
    match (collection, what) {
        (Collection::Plans, What::New { .. }) => {
            "With a scorecard, every target is pre-filled with its workforce of now; without one, all are zero. Dates \
             are fixed once the plan is there."
        }
        (Collection::Plans, What::There { .. }) => {
            "Another scorecard only changes the reference: it does not pre-fill the targets again. Dates cannot be \
             changed; for others, delete the plan and create a new one."
        }
        (Collection::TrainingPrograms(_), What::There { .. }) => {
            "Name, category, ABET, mandatory, training provider and municipality are what the server knows the \
             program by: a change in any of them makes a second program."
        }
        (Collection::Participants(..), What::There { .. }) => {
            "The API cannot change a participant: a new one is created with these values, and then the old one is \
             deleted. Its id changes."
        }
        _ => "",
    }
}
