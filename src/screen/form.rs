//! A form: fields of a record to be typed or chosen, checked as they are left, and staged as a whole.

use std::path::{Path, PathBuf};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::api::collection;
use crate::desk::Desk;
use crate::domain::change::State;
use crate::domain::check::{Remark, remarks};
use crate::domain::collection::{Collection, RecordId};
use crate::domain::id::VendorCode;
use crate::domain::import::{self, Content, FileTable, plain};
use crate::domain::record::{self, Draft, Kind, Need, Record, Value};
use crate::domain::record_change::{ChangeNumber, Intent, RecordChange, Seen, Standing};
use crate::domain::scorecard::{PROVINCES, charter_words};
use crate::domain::text::{Text, count};
use crate::domain::training_program::{MATCHING, category_words};
use crate::domain::typed;
use crate::effect::{Effect, Effects, StoreOp};
use crate::input::command::{Command, Scope};
use crate::input::key::Key;
use crate::kit::form::{Choice, Field, Form, Input, Said};
use crate::kit::pen::{Pen, wrap};
use crate::nav::{Context, Nav, Notice, Place, Purpose, Question, Then, Tone};

/// A form on screen.
#[derive(Debug)]
pub struct FormScreen {
    subject: Subject,
    form: Form,
}

/// What the form is about.
#[derive(Debug)]
enum Subject {
    /// A record.
    Record {
        collection: Collection,
        /// What is edited.
        what: What,
        /// Its fields, one a field of the form.
        fields: Vec<&'static record::Field>,
        /// What stood in the fields at first; a field that is not touched is still that.
        initial: Draft,
        /// The server's words on the last attempt.
        refused: Option<Text>,
    },
    /// A vendor code.
    LookUp,
    /// The file to be imported.
    OpenFile(Collection),
    /// The columns of a file.
    Columns(Collection, PathBuf, FileTable),
    /// The file to be written.
    SaveFile(Collection, Content),
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

impl FormScreen {
    /// The form for a purpose; an error in words where what it is about is not there any more.
    pub fn open(purpose: &Purpose, desk: &Desk, fx: &mut Effects) -> Result<Self, &'static str> {
        let subject = match purpose {
            Purpose::Add(collection) => {
                let what = What::New { staged: None, row: None };
                return Ok(Self::of_record(collection.clone(), what, &new_draft(collection), None, desk, fx));
            }
            Purpose::Edit(collection, id) => return Self::edit(collection, id, desk, fx),
            Purpose::Amend(number) => {
                let change = desk.record_changes.change(*number).ok_or("it is not staged any more")?;
                if let Some(id) = change.intent.record() {
                    return Self::edit(&change.collection, id, desk, fx);
                }
                desk.record_free(*number)?;
                let what = What::New { staged: Some(Staged::of(*number, change)), row: change.row };
                let draft = change.intent.draft().cloned().unwrap_or_default();
                let refused = refusal(&change.state);
                return Ok(Self::of_record(change.collection.clone(), what, &draft, refused, desk, fx));
            }
            Purpose::LookUp => Subject::LookUp,
            Purpose::OpenFile(collection) => Subject::OpenFile(collection.clone()),
            Purpose::Columns(collection, path, table) => {
                Subject::Columns(collection.clone(), path.clone(), table.clone())
            }
            Purpose::SaveFile(collection, content) => Subject::SaveFile(collection.clone(), *content),
        };
        let line = |label: &str, about: &str, text: &str| {
            vec![Field::new(label.into(), about.into(), Input::Line, text)]
        };
        let fields = match &subject {
            Subject::LookUp => line("Vendor code", "The supplier's vendor code, like T100.", ""),
            Subject::OpenFile(_) => line(
                "File",
                "A CSV or XLSX file whose first row names the columns. The delimiter (, ; or tab) and the code page \
                 (UTF-8 or Windows-1252) are found out. Nothing is sent: the rows are checked and staged first.",
                "",
            ),
            Subject::SaveFile(_, content) => line(
                "File",
                "A new file; the ending .csv or .xlsx says which kind. One that is there already is left alone.",
                match content {
                    Content::Template => "participants-template.xlsx",
                    Content::Reasons => "refused-participants.xlsx",
                    Content::List => "participants.xlsx",
                },
            ),
            Subject::Columns(collection, _, table) => column_fields(collection, table, desk),
            Subject::Record { .. } => Vec::new(),
        };
        Ok(Self { subject, form: Form::new(fields) })
    }

    fn edit(
        collection: &Collection,
        id: &RecordId,
        desk: &Desk,
        fx: &mut Effects,
    ) -> Result<Self, &'static str> {
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
            (Seen::There(record), _) if whole_is_sent(collection) && is_damaged(record) => {
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
    ) -> Self {
        let there = !matches!(what, What::New { .. });
        let shown =
            |field: &&record::Field| field.is_sent() && (!there || collection.is_editable(field.name));
        let fields: Vec<_> = collection.schema().fields.iter().filter(shown).collect();
        let form = fields.iter().map(|field| {
            let mut own = Field::new(
                field.label(),
                about(&collection, field, there),
                input(field, desk),
                &draft.value(field.name).typed(),
            );
            own.required = field.need == Need::Required;
            own
        });
        let form = Form::new(form.collect());
        if fields.iter().any(|field| field.name == "scorecard_id") && desk.scorecards.is_none() {
            fx.call(collection::list(&Collection::Scorecards, 1));
        }
        let mended = refused.is_some() || matches!(what, What::New { staged: Some(_), .. });
        let initial = draft.clone();
        let subject = Subject::Record { collection, what, fields, initial, refused };
        let mut screen = Self { subject, form };
        if mended {
            screen.form.leave_all();
        }
        screen.remark();
        if mended && let Some(at) = screen.form.fields().iter().position(|field| field.said.is_some()) {
            screen.form.go(at);
        }
        screen
    }

    /// Its name in the breadcrumbs.
    pub fn title(&self) -> String {
        match &self.subject {
            Subject::Record { collection, what, .. } => {
                let noun = collection.schema().name;
                match what {
                    What::New { row: Some(row), .. } => format!("Row {row}"),
                    What::New { .. } => format!("New {noun}"),
                    What::There { .. } => format!("Edit {noun}"),
                }
            }
            Subject::LookUp => "Look up a supplier".into(),
            Subject::OpenFile(_) => "Import".into(),
            Subject::Columns(..) => "Import · columns".into(),
            Subject::SaveFile(..) => "Export".into(),
        }
    }

    /// The scopes of keys that are open.
    pub fn scopes(&self) -> &'static [Scope] {
        &[Scope::Form]
    }

    /// The commands to be named in the hint line.
    pub fn hints(&self) -> &'static [Command] {
        &[Command::TakeField, Command::Stage, Command::Leave, Command::PreviousField, Command::NextChoice]
    }

    /// Takes a key of typing.
    pub fn key(&mut self, key: Key) -> Nav {
        if self.form.key(key) {
            self.remark();
            return Nav::Stay;
        }
        Nav::refuse(format!("{key} does nothing in a form; Esc leaves it"))
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        self.form.paste(text);
        self.remark();
    }

    /// Does a command.
    pub fn command(&mut self, command: Command, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        let (at, last) = (self.form.cursor(), self.form.fields().len().saturating_sub(1));
        match command {
            Command::TakeField if at == last => return self.finish(false, desk, cx, fx),
            Command::TakeField | Command::NextField => self.form.go(if at == last { 0 } else { at + 1 }),
            Command::PreviousField => self.form.go(if at == 0 { last } else { at - 1 }),
            Command::NextChoice | Command::PreviousChoice => {
                self.form.cycle(command == Command::NextChoice);
            }
            Command::Stage => return self.finish(true, desk, cx, fx),
            Command::Leave | Command::Back if self.form.is_touched() => {
                return Nav::Ask(Question::LeaveForm);
            }
            Command::Leave | Command::Back => return Nav::Back,
            _ => return Nav::refuse("that does nothing in a form; Esc leaves it"),
        }
        self.remark();
        Nav::Stay
    }

    /// The draft as it is typed.
    fn draft(&self) -> Draft {
        let Subject::Record { fields, initial, .. } = &self.subject else { return Draft::default() };
        let value = |(field, typed): (&&'static record::Field, &Field)| {
            let value = if typed.is_touched() {
                typed::read(field, typed.value())
            } else {
                initial.value(field.name).clone()
            };
            (field.name, value)
        };
        Draft::new(fields.iter().zip(self.form.fields()).map(value).collect())
    }

    /// What an edit changes: fields whose value is another one than the record's. What was emptied is null where that
    /// may be, else blank.
    fn changed(&self, base: &Draft) -> Draft {
        let Subject::Record { fields, .. } = &self.subject else { return Draft::default() };
        let draft = self.draft();
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
    fn remarks(&self) -> Vec<Remark> {
        let Subject::Record { collection, what, fields, .. } = &self.subject else { return Vec::new() };
        let off = fields.iter().zip(self.form.fields()).filter(|(_, typed)| typed.is_off_list());
        let off = off.map(|(field, _)| Remark {
            field: field.name,
            words: "it takes one of its list".into(),
            stops: true,
        });
        match what {
            What::New { .. } => off.chain(remarks(collection, &self.draft(), true)).collect(),
            What::There { base, .. } => {
                let changed = self.changed(base);
                let all = off.chain(remarks(collection, &base.clone().with(&changed), false));
                // What was odd before and is left alone does not stand in the way.
                let own = |r: &Remark| !r.stops || *changed.value(r.field) != Value::Absent;
                all.filter(own).collect()
            }
        }
    }

    /// Says beside each field what is to be said of it.
    fn remark(&mut self) {
        let said = self.remarks();
        let Subject::Record { collection, what, fields, refused, .. } = &self.subject else { return };
        let told: Vec<_> = refused
            .iter()
            .flat_map(|words| words.raw().split("; "))
            .filter_map(|words| Some((collection.schema().field_named_in(words)?.name, words.to_owned())))
            .filter(|(name, _)| {
                // What was said of a value that is another one now does not count any more.
                let mut own = fields.iter().zip(self.form.fields());
                own.any(|(field, typed)| field.name == *name && !typed.is_touched())
            })
            .collect();
        let second = matches!((collection, what), (Collection::TrainingPrograms(_), What::There { .. }));
        let changed = match what {
            What::There { base, .. } if second => self.changed(base),
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
        for (field, said) in self.form.fields_mut().iter_mut().zip(said) {
            field.said = said;
        }
    }

    /// Stages the form, or does what it is for; `review` opens the review then.
    fn finish(&mut self, review: bool, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        self.form.leave_all();
        self.remark();
        match &self.subject {
            Subject::Record { .. } => self.stage(review, desk, cx, fx),
            Subject::LookUp => match self.text().parse::<VendorCode>() {
                Ok(code) => {
                    let notice =
                        Notice::new(Tone::Plain, format!("looking up {}", Text::from(code.as_str())));
                    Nav::Finished(notice, Then::Open(Place::Scores(code)))
                }
                Err(why) => Nav::refuse(why.to_string()),
            },
            Subject::OpenFile(_) | Subject::SaveFile(..) if self.text().is_empty() => {
                Nav::refuse("type the name of a file")
            }
            Subject::OpenFile(_) => {
                fx.push(Effect::ReadFile(path(self.text())));
                Nav::Say(Notice::new(Tone::Plain, "reading the file…"))
            }
            Subject::SaveFile(collection, content) => {
                let table = written(collection, *content, desk);
                fx.push(Effect::WriteFile(path(self.text()), table, *content));
                Nav::Stay
            }
            Subject::Columns(collection, ..) => {
                let collection = collection.clone();
                self.stage_rows(&collection, desk, cx, fx)
            }
        }
    }

    fn text(&self) -> &str {
        self.form.fields().first().map_or("", |field| field.value().trim())
    }

    /// The collection that this file is being read for.
    pub fn awaits_file(&self, file: &Path) -> Option<&Collection> {
        match &self.subject {
            Subject::OpenFile(collection) if path(self.text()) == file => Some(collection),
            _ => None,
        }
    }

    /// Whether it waits for a file to be written.
    pub fn awaits_written(&self) -> bool {
        matches!(self.subject, Subject::SaveFile(..))
    }

    fn stage(&mut self, review: bool, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        let Subject::Record { collection, what, .. } = &self.subject else { return Nav::Stay };
        let (collection, schema) = (collection.clone(), collection.schema());
        let stops = self.remarks().into_iter().filter(|remark| remark.stops);
        let place = |remark: &Remark| schema.fields.iter().position(|field| field.name == remark.field);
        let stops = stops.min_by_key(place);
        // A row of a file may be mended bit by bit; it cannot be sent until nothing stands in the way.
        let of_file = matches!(what, What::New { row: Some(_), .. });
        if let Some(remark) = stops.filter(|_| !of_file) {
            let fields = self.form.fields();
            let label = schema.field(remark.field).map(record::Field::label).unwrap_or_default();
            if let Some(at) = fields.iter().position(|field| field.label == label) {
                self.form.go(at);
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
            What::New { row, .. } => (Intent::Create(blank(self.draft())), *row),
            What::There { id, base, .. } => {
                let mine = self.changed(base);
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
            What::New { .. } => collection.name_of(&self.draft()),
        };
        let mut change = RecordChange::new(collection.clone(), name, intent, cx.now);
        change.row = row;
        if let (Collection::TrainingPrograms(_), Intent::Update { mine, .. }) = (&collection, &change.intent)
            && mine.entries().iter().any(|(name, _)| MATCHING.contains(name))
        {
            let draft = blank(self.draft());
            change.name = collection.name_of(&draft);
            change.intent = Intent::Create(draft);
            return Nav::Ask(Question::SecondProgram(staged, Box::new(change)));
        }
        let words = format!("{}: {} staged", change.name, change.verb());
        match desk.stage_records(vec![(staged, change)]) {
            Ok(entries) => {
                fx.store_records(entries);
                // Rows of a file are mended one after the other, in their own list.
                let then = if review && !of_file { Then::Do(Command::Review) } else { Then::Stay };
                Nav::Finished(Notice::staged(&words, cx), then)
            }
            Err(why) => Nav::refuse(why),
        }
    }

    /// Stages the rows of a file by the fields its columns were laid to.
    fn stage_rows(&self, collection: &Collection, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        let Subject::Columns(_, _, table) = &self.subject else { return Nav::Stay };
        let chosen: Vec<_> = self.form.fields().iter().map(Field::value).collect();
        let mapping: import::Mapping = chosen.iter().map(|name| collection.schema().field(name)).collect();
        for (at, field) in mapping.iter().enumerate() {
            if let Some(field) = field
                && mapping[..at].contains(&Some(*field))
            {
                return Nav::refuse(format!("two columns fill {}; leave one of them out", field.label()));
            }
        }
        if mapping.iter().all(Option::is_none) {
            return Nav::refuse("no column fills a field; choose at least one");
        }
        let guessed = import::map(collection, &table.headings, &desk.headings);
        let by_hand: Vec<_> = (table.headings.iter().zip(&mapping).zip(&guessed))
            .filter(|((_, chosen), guessed)| chosen != guessed)
            .map(|((heading, chosen), _)| (plain(heading), chosen.map_or("", |f| f.name).to_owned()))
            .collect();
        let rows = desk.records(collection).into_iter().flat_map(|(rows, _)| rows);
        let changes = import::changes(collection, table, &mapping, rows, cx.now);
        if changes.is_empty() {
            return Nav::refuse("no row of the file has anything in these columns");
        }
        let words = format!("{} staged; nothing is sent yet", count(changes.len(), "row"));
        match desk.stage_records(changes.into_iter().map(|change| (None, change)).collect()) {
            Ok(entries) => {
                fx.store_records(entries);
                if !by_hand.is_empty() {
                    desk.headings.extend(by_hand.clone());
                    fx.push(Effect::Store(StoreOp::Headings(by_hand)));
                }
                let place = Place::NewParticipants(collection.clone());
                Nav::Finished(Notice::new(Tone::Good, words), Then::Open(place))
            }
            Err(why) => Nav::refuse(why),
        }
    }

    /// Keeps the cursor in sight, and offers the scorecards once they have been read.
    pub fn arrange(&mut self, desk: &Desk, cx: &Context) {
        if let Subject::Record { fields, .. } = &self.subject {
            for (field, typed) in fields.iter().zip(self.form.fields_mut()) {
                if field.name == "scorecard_id" {
                    typed.offer(input(field, desk));
                }
            }
        }
        let above = self.above(cx.area.width).len() as u16;
        self.form.arrange(cx.area.height.saturating_sub(above + 1));
    }

    /// What is said above the fields.
    fn above(&self, columns: u16) -> Vec<String> {
        let text = match &self.subject {
            Subject::Record { collection, what, refused, .. } => {
                let mut text = intro(collection, what).to_owned();
                if let Some(words) = refused {
                    text = format!("The server refused it: {words} {text}");
                }
                text
            }
            Subject::Columns(_, path, table) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let name = Text::from(name.as_ref());
                let fills = self.form.fields().iter().filter(|field| !field.value().is_empty()).count();
                let rows = count(table.rows.len(), "row");
                let filled: Vec<_> = self.form.fields().iter().map(Field::value).collect();
                let needed = [("full_name", "Full name"), ("gender", "Gender"), ("race", "Race")];
                let missing =
                    needed.iter().filter(|(name, _)| !filled.contains(name)).map(|(_, label)| *label);
                let missing: Vec<_> = missing.collect();
                let missing = if missing.is_empty() {
                    String::new()
                } else {
                    format!(" No column fills {}, which every row needs.", missing.join(", "))
                };
                format!(
                    "{name}: {rows}. {fills} of {} columns fill a field; choose for each, then Ctrl-S.{missing}",
                    table.headings.len()
                )
            }
            Subject::LookUp | Subject::OpenFile(_) | Subject::SaveFile(..) => String::new(),
        };
        let mut lines = if text.is_empty() { Vec::new() } else { wrap(&text, columns.saturating_sub(4)) };
        // The fields are what is worked on; the whole of a long refusal stands in the list.
        lines.truncate(4);
        lines
    }

    /// Draws it.
    pub fn view(&self, _: &Desk, cx: &Context, buf: &mut Buffer) {
        let above = self.above(cx.area.width);
        for (at, line) in (0..).zip(&above) {
            Pen::new(buf, cx.area, at).skip(2).text(line, cx.theme.dim);
        }
        let skip = above.len() as u16 + 1;
        let area = Rect { y: cx.area.y + skip, height: cx.area.height.saturating_sub(skip), ..cx.area };
        self.form.draw(cx.theme, area, buf);
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

/// What is written of a collection.
fn written(collection: &Collection, content: Content, desk: &Desk) -> FileTable {
    match content {
        Content::Template => import::template(collection),
        Content::List => {
            let rows = desk.records(collection).into_iter().flat_map(|(rows, _)| rows);
            import::list(collection.schema(), rows)
        }
        Content::Reasons => {
            let changes = desk.record_changes.of(collection).map(|(_, change)| change);
            let left = changes.map(|change| (change, desk.record_standing(change)));
            let left = left.filter(|(_, standing)| *standing != Standing::Staged);
            import::with_reasons(collection, left.map(|(change, standing)| (change, standing.to_string())))
        }
    }
}

/// Whether an edit sends the whole record, so that a field that could not be read would be lost.
fn whole_is_sent(collection: &Collection) -> bool {
    matches!(collection, Collection::TrainingPrograms(_) | Collection::Participants(..))
}

fn is_damaged(record: &Record) -> bool {
    record.entries().any(|(field, value)| field.is_sent() && matches!(value, Value::Damaged(_)))
}

/// A path as typed, without quotes around it.
fn path(text: &str) -> PathBuf {
    PathBuf::from(text.trim_matches(['"', '\'']))
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

/// What is said of a field.
fn about(collection: &Collection, field: &record::Field, there: bool) -> String {
    let mut about = field.about.to_owned();
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
        Kind::Date | Kind::Integer | Kind::Decimal => format!(" It takes {}.", typed::takes(field.kind)),
        _ => String::new(),
    };
    let need = match field.need {
        Need::Required => " Has to be given.",
        Need::Conditional | Need::Optional | Need::Nullable | Need::ResponseOnly => "",
    };
    format!("{about}{takes}{need}")
}

/// What a field of a record takes.
fn input(field: &record::Field, desk: &Desk) -> Input {
    let plain = |word: &&str| Choice::plain(word);
    match (field.name, field.kind) {
        ("charter_id", Kind::Choice(ids)) => {
            let words =
                |id: &&str| Choice { value: (*id).to_owned(), words: charter_words(&Text::from(*id)) };
            Input::Words(ids.iter().map(words).collect())
        }
        ("category", Kind::Choice(codes)) => {
            let words = |code: &&str| Choice {
                value: (*code).to_owned(),
                words: format!("{code} · {}", category_words(code)),
            };
            Input::Words(codes.iter().map(words).collect())
        }
        (_, Kind::Choice(words)) => Input::Words(words.iter().map(plain).collect()),
        (_, Kind::Flag) => Input::Words(["yes", "no"].iter().map(plain).collect()),
        ("scorecard_id", _) => {
            let rows = desk.scorecards.as_ref().map(|known| &known.what.rows[..]).unwrap_or_default();
            let words = |s: &crate::domain::scorecard::Scorecard| {
                let same = rows.iter().filter(|other| other.description() == s.description()).count();
                let name = s.description().to_string();
                let words = if same > 1 { format!("{name} ({})", s.id) } else { name };
                Choice { value: s.id.to_string(), words }
            };
            if rows.is_empty() { Input::Line } else { Input::Words(rows.iter().map(words).collect()) }
        }
        ("province", _) => {
            let rows = desk.scorecards.as_ref().map(|known| &known.what.rows[..]).unwrap_or_default();
            let used = rows.iter().map(|s| s.record.value("province").typed().into_owned());
            let mut used: Vec<_> = used.filter(|province| !province.is_empty()).collect();
            used.extend(PROVINCES.iter().map(|province| (*province).to_owned()));
            used.sort();
            used.dedup();
            Input::Suggestions(used.iter().map(|province| Choice::plain(province)).collect())
        }
        _ => Input::Line,
    }
}

/// A field for each column of a file, with the fields it can fill.
fn column_fields(collection: &Collection, table: &FileTable, desk: &Desk) -> Vec<Field> {
    let mut choices = vec![Choice { value: String::new(), words: "(leave out)".into() }];
    let labelled = |field: &'static record::Field| Choice { value: field.name.into(), words: field.label() };
    choices.extend(import::fields(collection).map(labelled));
    let guessed = import::map(collection, &table.headings, &desk.headings);
    let fields = table.headings.iter().zip(guessed).enumerate().map(|(at, (heading, guess))| {
        let samples =
            table.rows.iter().filter_map(|(_, cells)| cells.get(at)).filter(|cell| !cell.is_empty());
        let samples: Vec<_> = samples.take(3).map(|cell| Text::from(cell.as_str()).to_string()).collect();
        let about = if samples.is_empty() {
            "Nothing stands in this column.".to_owned()
        } else {
            format!("In the file: {}", samples.join(", "))
        };
        let text = guess.map_or("", |field| field.name);
        let label = Text::from(heading.as_str()).to_string();
        Field::new(label, about, Input::Words(choices.clone()), text)
    });
    fields.collect()
}
