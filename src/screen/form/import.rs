//! The form of an import: what the file leaves open, what its words mean, and which field each column fills. The file is
//! judged again in the background whenever an answer changes.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::change::collection::Collection;
use crate::domain::change::record_change::{Intent, RecordChange};
use crate::domain::file_grid::FileGrid;
use crate::domain::import::answers::{
    Answers, DateOrderAnswer, DateSystemAnswer, DecimalAnswer, EmploymentAnswer, FileQuestion, MergedAnswer,
    VatAnswer, YesNo,
};
use crate::domain::import::file_rows::{ImportTarget, PreviewRow, RowStanding};
use crate::domain::import::preview::{FileJudgement, ImportPreview};
use crate::domain::import::program_groups::CATEGORY_WORDS;
use crate::domain::import::vocabulary::ColumnRole;
use crate::domain::import::written_tables::importable_fields;
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::record::training_program::TRAINING_PROGRAM;
use crate::domain::record::{FieldKind, SchemaField};
use crate::domain::refusal::Refusal;
use crate::domain::text::{Text, fold_for_search, pluralize};
use crate::effect::{Effect, Effects, JournalOp, ReadReason};
use crate::input::command::{Command, key};
use crate::kit::form::{FieldInput, FieldNote, Form, FormChoice, FormField};
use crate::nav::{Context, Destination, Nav, NextStep, Notice, Severity};
use crate::workspace::Workspace;

/// How many lists of participants are read at once.
const LISTS_AT_ONCE: usize = 4;
/// Between the names of sheets in one choice.
const SHEET_DIVIDER: char = '\u{1f}';

/// What a field of the form asks.
#[derive(Debug, Clone, PartialEq, Eq)]
enum FieldKey {
    Sheet,
    Question(&'static str),
    Word(String, String),
    Column(String),
}

impl FieldKey {
    /// Its place among the fields.
    fn rank(&self) -> usize {
        const QUESTIONS: [&str; 9] = [
            "employed",
            "disabled",
            "foreign",
            "date-order",
            "decimal",
            "date-system",
            "vat",
            "fill-down",
            "merged",
        ];
        match self {
            Self::Sheet => 0,
            Self::Question(name) => {
                1 + QUESTIONS.iter().position(|known| known == name).unwrap_or(QUESTIONS.len())
            }
            Self::Word(..) => 20,
            Self::Column(_) => 21,
        }
    }
}

/// The state of an import before its rows are staged.
#[derive(Debug)]
pub(super) struct ImportForm {
    target: ImportTarget,
    path: PathBuf,
    grids: Arc<Vec<FileGrid>>,
    /// What was said about an earlier file of the same headings.
    remembered: Answers,
    keys: Vec<FieldKey>,
    /// The latest judgement, with the answers it was made of.
    judged: Option<(Answers, Arc<ImportPreview>)>,
    /// The number of that judgement.
    judged_number: u64,
    /// The number of the judgement that was asked for last, with its answers.
    asked: (u64, Answers),
    /// Whether to stage the rows as soon as the file is judged.
    stages_when_judged: bool,
    /// Lists that are still to be read, the next one last.
    unread: Vec<Collection>,
    /// Lists that are being read.
    reading: BTreeSet<Collection>,
}

impl ImportForm {
    /// The form for a file that was just read; it is judged, and the lists it is compared with are read.
    pub(super) fn open(
        target: &ImportTarget,
        path: PathBuf,
        grids: &Arc<Vec<FileGrid>>,
        workspace: &Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Self {
        let first = vec![Collection::TrainingPrograms(target.scorecard().clone()), Collection::Scorecards];
        let mut import = Self {
            target: target.clone(),
            path,
            grids: Arc::clone(grids),
            remembered: Answers::default(),
            keys: Vec::new(),
            judged: None,
            judged_number: 0,
            asked: (0, Answers::default()),
            stages_when_judged: false,
            unread: first,
            reading: BTreeSet::new(),
        };
        import.remembered = workspace.remembered_answers(grids);
        import.read_next(workspace, fx);
        import.judge(import.remembered.clone(), workspace, cx, fx);
        import
    }

    /// The text above the fields.
    pub(super) fn intro_text(&self) -> String {
        let name = Text::from(self.path.file_name().unwrap_or_default().to_string_lossy().as_ref());
        let Some((_, preview)) = &self.judged else { return format!("{name}: reading…") };
        let sheets: Vec<String> = preview
            .sheets
            .iter()
            .map(|sheet| match &sheet.name {
                Some(name) => format!("sheet {name}, headings in row {}", sheet.heading_row),
                None => format!("headings in row {}", sheet.heading_row),
            })
            .collect();
        let of = |standing| preview.count(standing);
        let mut counts = vec![format!("{} ready", of(RowStanding::Ready))];
        let left_out = preview.rows_below() - preview.rows.len();
        for (n, words) in [
            (of(RowStanding::Held), "held"),
            (of(RowStanding::Stopped), "to mend"),
            (of(RowStanding::Existing), "on the server already"),
            (left_out, "left out"),
        ] {
            if n > 0 {
                counts.push(format!("{n} {words}"));
            }
        }
        let programs = match preview.programs.len() {
            0 => String::new(),
            n => format!(" · {}", pluralize(n, "training program")),
        };
        let open = preview.questions.len() + preview.missing.len();
        let open = match open {
            0 => concat!(" ", key!("stage"), " stages the rows; nothing is sent yet.").to_owned(),
            n => format!(" {} open, each marked below.", pluralize(n, "question")),
        };
        let is_open = self.is_reading() || self.awaits_judgement();
        let compared = if is_open { " Still comparing…" } else { "" };
        let rows = pluralize(preview.rows_below(), "row");
        format!("{name} · {} · {rows}: {}{programs}.{open}{compared}", sheets.join("; "), counts.join(", "))
    }

    /// Whether a judgement was asked for and has not come.
    pub(super) fn awaits_judgement(&self) -> bool {
        self.judged_number != self.asked.0
    }

    fn is_reading(&self) -> bool {
        !self.reading.is_empty() || !self.unread.is_empty()
    }

    /// Requests the next lists to compare with.
    fn read_next(&mut self, workspace: &Workspace, fx: &mut Effects) {
        while self.reading.len() < LISTS_AT_ONCE
            && let Some(collection) = self.unread.pop()
        {
            let is_known = workspace.records(&collection).is_some_and(|(_, whole)| whole)
                && !workspace.collections_being_read.contains(&collection);
            if !is_known {
                fx.read_list(&collection, ReadReason::Needed);
                self.reading.insert(collection);
            }
        }
    }

    /// Goes on once a list was read: reads the next ones, and judges the file again.
    pub(super) fn was_read(
        &mut self,
        collection: &Collection,
        workspace: &Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) {
        if !self.reading.remove(collection) {
            return;
        }
        if self.reading.is_empty() && self.unread.is_empty() && !collection.holds_participants() {
            self.read_participants(workspace);
        }
        self.read_next(workspace, fx);
        if !self.is_reading() {
            self.judge(self.asked.1.clone(), workspace, cx, fx);
        }
    }

    /// Chooses the lists of participants that the rows are compared with.
    fn read_participants(&mut self, workspace: &Workspace) {
        let named = self.judged.as_ref().map(|(_, preview)| preview.existing_programs()).unwrap_or_default();
        let scorecard = self.target.scorecard();
        let wanted = workspace.programs_to_compare(&self.target, &named).into_iter().rev();
        self.unread = wanted.map(|id| Collection::Participants(scorecard.clone(), id)).collect();
    }

    /// Has the file judged with these answers.
    fn judge(&mut self, answers: Answers, workspace: &Workspace, cx: &Context, fx: &mut Effects) {
        self.asked = (self.asked.0 + 1, answers.clone());
        fx.push(Effect::JudgeFile(Box::new(FileJudgement {
            number: self.asked.0,
            target: self.target.clone(),
            grids: Arc::clone(&self.grids),
            answers,
            server: workspace.server_knowledge(&self.target, cx.now),
        })));
    }

    /// Has the file judged again if an answer has changed.
    pub(super) fn update_answers(
        &mut self,
        form: &Form,
        workspace: &Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) {
        let answers = self.answers(form);
        if answers != self.asked.1 {
            self.judge(answers, workspace, cx, fx);
        }
    }

    /// Takes a judgement: updates the fields, and stages the rows if that was asked for. Judgements of other files and of
    /// earlier answers are ignored.
    pub(super) fn take_judgement(
        &mut self,
        judgement: &FileJudgement,
        preview: &Arc<ImportPreview>,
        form: &mut Form,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        if !Arc::ptr_eq(&judgement.grids, &self.grids) || judgement.number != self.asked.0 {
            return Ok(Nav::Stay);
        }
        let is_first = self.judged.is_none();
        self.judged = Some((judgement.answers.clone(), Arc::clone(preview)));
        self.judged_number = judgement.number;
        if is_first && matches!(self.target, ImportTarget::Scorecard(_)) && !self.is_reading() {
            self.read_participants(workspace);
            self.read_next(workspace, fx);
        }
        self.update_fields(form);
        if std::mem::take(&mut self.stages_when_judged) {
            return self.submit(form, workspace, cx, fx);
        }
        Ok(Nav::Stay)
    }

    /// Brings the fields in line with the judgement; fields that stay keep what was typed.
    fn update_fields(&mut self, form: &mut Form) {
        let Some((_, preview)) = &self.judged else { return };
        let wanted = wanted_fields(preview, &self.grids);
        let old: Vec<(FieldKey, FormField)> = self.keys.drain(..).zip(form.take_fields()).collect();
        let here = old.get(form.cursor()).map(|(key, _)| key.clone());
        let mut entries: Vec<(FieldKey, FormField)> = Vec::new();
        for (key, new) in wanted {
            let kept = old.iter().find(|(known, field)| *known == key && field.is_touched());
            let mut field = kept.map_or_else(|| new.clone(), |(_, field)| field.clone());
            (field.help, field.note) = (new.help, new.note);
            field.offer(new.input);
            entries.push((key, field));
        }
        // What was answered keeps its field, so that the answer counts and can be changed.
        let is_answer = |key: &FieldKey| matches!(key, FieldKey::Question(_) | FieldKey::Word(..));
        for (key, field) in &old {
            if is_answer(key) && field.is_touched() && !entries.iter().any(|(known, _)| known == key) {
                let mut field = field.clone();
                field.note = None;
                entries.push((key.clone(), field));
            }
        }
        let place = |key: &FieldKey| old.iter().position(|(known, _)| known == key).unwrap_or(usize::MAX);
        entries.sort_by_key(|(key, _)| (key.rank(), place(key)));
        let (keys, fields): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
        let cursor = here.and_then(|here| keys.iter().position(|key| *key == here));
        self.keys = keys;
        form.put_fields(fields, cursor.unwrap_or(form.cursor()));
    }

    /// What the form says, on top of what was remembered.
    fn answers(&self, form: &Form) -> Answers {
        let mut said = Answers::default();
        for (key, field) in self.keys.iter().zip(form.fields()) {
            let value = field.value().trim();
            if !field.is_touched() || field.is_off_list() {
                continue;
            }
            match key {
                FieldKey::Sheet => said.sheets = value.split(SHEET_DIVIDER).map(str::to_owned).collect(),
                FieldKey::Question(name) => answer(&mut said, name, value),
                FieldKey::Word(heading, word) if !value.is_empty() => {
                    let meaning = if value == NOTHING { "" } else { value };
                    said.values.entry(heading.clone()).or_default().insert(word.clone(), meaning.to_owned());
                }
                FieldKey::Word(..) => {}
                FieldKey::Column(heading) => {
                    said.columns.insert(heading.clone(), value.to_owned());
                }
            }
        }
        self.remembered.clone().with(said)
    }

    /// Stages the rows, or says what stands in the way and goes there.
    pub(super) fn submit(
        &mut self,
        form: &mut Form,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        self.check_fields(form)?;
        let answers = self.answers(form);
        let Some((_, preview)) =
            self.judged.clone().filter(|(judged, _)| *judged == answers && !self.is_reading())
        else {
            self.stages_when_judged = true;
            self.update_answers(form, workspace, cx, fx);
            let text = "the rows are staged as soon as the file is compared with the server";
            return Ok(Nav::Notify(Notice::new(Severity::Info, text)));
        };
        if let Some(at) =
            form.fields().iter().position(|field| field.note.as_ref().is_some_and(|note| note.blocks_staging))
        {
            form.go(at);
        }
        if let Some(question) = preview.questions.first() {
            let about =
                question.heading.as_ref().map(|heading| format!("column {heading}: ")).unwrap_or_default();
            return Err(Refusal::from(format!("nothing is staged: {about}{}", question.why)));
        }
        if !preview.missing.is_empty() {
            let missing: Vec<String> =
                preview.missing.iter().filter_map(|name| Some(PARTICIPANT.field(name)?.label())).collect();
            return Err(Refusal::from(format!(
                "nothing is staged: no column fills {}, which every row needs",
                missing.join(", ")
            )));
        }
        self.stage(&preview, &answers, workspace, cx, fx)
    }

    /// Fails, and goes to the field, when what was typed is none of its choices, or when two columns fill the same field.
    fn check_fields(&self, form: &mut Form) -> Result<(), Refusal> {
        let off_list = form.fields().iter().position(FormField::is_off_list);
        if let Some((at, key)) = off_list.and_then(|at| Some((at, self.keys.get(at)?))) {
            let field = &form.fields()[at];
            let typed = Text::from(field.value());
            let why = match key {
                FieldKey::Column(heading) => {
                    let suggestions = choices_like(field.value());
                    let why = if suggestions.is_empty() {
                        "is no field".into()
                    } else {
                        format!("could be {suggestions}")
                    };
                    format!("column {}: `{typed}` {why}", Text::from(heading.as_str()))
                }
                FieldKey::Word(heading, word) if heading == CATEGORY_WORDS => {
                    format!("`{typed}` is no category of {}", Text::from(word.as_str()))
                }
                FieldKey::Word(heading, word) => {
                    let (heading, word) = (Text::from(heading.as_str()), Text::from(word.as_str()));
                    format!("column {heading}: `{typed}` cannot be what `{word}` means")
                }
                FieldKey::Sheet | FieldKey::Question(_) => format!("`{typed}` is no answer"),
            };
            form.go(at);
            return Err(Refusal::from(format!("{why}; choose one from the list")));
        }
        let mut taken: Vec<&str> = Vec::new();
        for (key, field) in self.keys.iter().zip(form.fields()) {
            let value = field.value();
            if !matches!(key, FieldKey::Column(_)) || value.is_empty() {
                continue;
            }
            if taken.contains(&value) {
                return Err(Refusal::from(format!(
                    "two columns fill {}; leave one of them out",
                    role_label(value)
                )));
            }
            taken.push(value);
        }
        Ok(())
    }

    fn stage(
        &self,
        preview: &ImportPreview,
        answers: &Answers,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        workspace.check_edits_allowed()?;
        let scorecard = self.target.scorecard();
        let programs = Collection::TrainingPrograms(scorecard.clone());
        let is_used = |at: usize| {
            preview.rows.iter().any(|row| row.program == Some(at) && row.standing != RowStanding::Existing)
        };
        // The participants of a new program refer to the change that creates it.
        let mut new_programs = vec![None; preview.programs.len()];
        let mut changes = Vec::new();
        for (at, group) in preview.programs.iter().enumerate() {
            if group.existing.is_some() || group.is_ambiguous() || !is_used(at) {
                continue;
            }
            let number = workspace.record_changes.next_number();
            new_programs[at] = Some(number);
            let create = Intent::Create(group.draft.clone());
            changes.push((
                Some(number),
                RecordChange::new(programs.clone(), group.name().into(), create, cx.now),
            ));
        }
        let collection = |row: &PreviewRow| match &self.target {
            ImportTarget::Program(scorecard, id) => Some(Collection::Participants(scorecard.clone(), *id)),
            ImportTarget::Scorecard(scorecard) => {
                let group = row.program?;
                match (preview.programs[group].existing, new_programs[group]) {
                    (Some(id), _) => Some(Collection::Participants(scorecard.clone(), id)),
                    (None, Some(number)) => {
                        Some(Collection::NewProgramParticipants(scorecard.clone(), number))
                    }
                    (None, None) => None,
                }
            }
        };
        let created = changes.len();
        let homeless = preview
            .rows
            .iter()
            .filter(|row| row.standing != RowStanding::Existing && collection(row).is_none());
        let homeless: Vec<String> = homeless.map(|row| row.place.number.to_string()).collect();
        changes.extend(
            preview
                .changes(&self.grids, answers, cx.now, collection)
                .into_iter()
                .map(|change| (None, change)),
        );
        let people = changes.len() - created;
        let existing = preview.count(RowStanding::Existing);
        if people == 0 {
            let there =
                if existing > 0 { format!(": {existing} are on the server already") } else { String::new() };
            return Err(Refusal::from(format!("there is nothing to stage{there}")));
        }
        let entries = workspace.stage_records(changes)?;
        fx.journal_records(entries);
        if *answers != Answers::default() {
            let remembered = workspace.remember_answers(&self.grids, answers);
            fx.push(Effect::Journal(JournalOp::Headings(remembered)));
        }
        let mut words = format!("{} staged", pluralize(people, "row"));
        if created > 0 {
            words.push_str(&format!(", with {}", pluralize(created, "new training program")));
        }
        if existing > 0 {
            words.push_str(&format!("; {existing} are on the server already"));
        }
        if !homeless.is_empty() {
            let rows = homeless.join(", ");
            words.push_str(&format!("; not staged, because no program is certain: rows {rows}"));
        }
        words.push_str("; nothing is sent yet");
        let next = match &self.target {
            ImportTarget::Program(scorecard, id) => NextStep::Open(Destination::StagedParticipants(
                Collection::Participants(scorecard.clone(), *id),
            )),
            ImportTarget::Scorecard(_) => NextStep::Run(Command::Review),
        };
        let severity = if homeless.is_empty() { Severity::Success } else { Severity::Warning };
        Ok(Nav::Finished(Notice::new(severity, words), next))
    }
}

/// The value of the choice that a word means nothing.
const NOTHING: &str = "(nothing)";

fn answer(said: &mut Answers, question: &str, value: &str) {
    match question {
        "employed" => said.employed = EmploymentAnswer::from_word(value),
        "disabled" => said.disabled = YesNo::from_word(value),
        "foreign" => said.foreign = YesNo::from_word(value),
        "date-order" => said.date_order = DateOrderAnswer::from_word(value),
        "decimal" => said.decimal = DecimalAnswer::from_word(value),
        "date-system" => said.date_system = DateSystemAnswer::from_word(value),
        "fill-down" => said.fill_down = YesNo::from_word(value),
        "vat" => said.vat = VatAnswer::from_word(value),
        "merged" => said.merged = MergedAnswer::from_word(value),
        _ => {}
    }
}

/// The fields that a judgement asks for, in order: the sheet, open questions, unknown words, columns.
fn wanted_fields(preview: &ImportPreview, grids: &[FileGrid]) -> Vec<(FieldKey, FormField)> {
    let mut fields = Vec::new();
    let note = |text: &str| Some(FieldNote { text: text.into(), blocks_staging: true });
    fields.extend(sheet_field(preview, grids).map(|field| (FieldKey::Sheet, field)));
    for question in
        preview.questions.iter().filter(|question| !matches!(question.name, "heading" | "sheet" | "program"))
    {
        let choices = question
            .choices
            .iter()
            .map(|word| FormChoice { value: word.clone(), label: answer_label(question.name, word) });
        let mut why = question.why.clone();
        if let Some(first) = why.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let server = if question.name == "employed" {
            " The server writes employed and Permanent where nothing is sent."
        } else {
            ""
        };
        let mut field = FormField::new(
            question_label(question),
            format!("{why}.{server}"),
            FieldInput::OneOf(choices.collect()),
            "",
        );
        field.note = note("to be answered");
        fields.push((FieldKey::Question(question.name), field));
    }
    for word in preview.words.iter().filter(|word| word.meaning.is_none()) {
        let columns = || preview.sheets.iter().flat_map(|sheet| &sheet.columns);
        let role = match word.heading.as_str() {
            CATEGORY_WORDS => ColumnRole::named(CATEGORY_WORDS),
            heading => columns().find(|column| column.key == heading).and_then(|column| column.role),
        };
        let (of, is) = (Text::from(word.heading.as_str()), Text::from(word.word.as_str()));
        let (label, help) = if word.heading == CATEGORY_WORDS {
            let help =
                "The program is new, and the file gives it no category. It cannot be sent without one.";
            (format!("Category of {is}"), help.to_owned())
        } else {
            let help =
                format!("What `{is}` means in the column {of}. Rows with it are held until it is known.");
            (format!("{of}: {is}"), help)
        };
        let mut field = FormField::new(label, help, meaning_input(role), "");
        field.note = Some(FieldNote {
            text: format!("{}, not known", pluralize(word.rows as usize, "row")),
            blocks_staging: false,
        });
        fields.push((FieldKey::Word(word.heading.clone(), word.word.clone()), field));
    }
    let mut seen = BTreeSet::new();
    for sheet in &preview.sheets {
        for column in &sheet.columns {
            if !seen.insert(column.key.clone()) {
                continue;
            }
            let samples = samples(&grids[sheet.grid], sheet, column.column);
            let text = column.role.map(ColumnRole::name).unwrap_or_default();
            let label = Text::from(column.heading.as_str()).to_string();
            let mut field = FormField::new(label, samples, FieldInput::OneOf(role_choices()), &text);
            if column.role.is_none() && !column.choices.is_empty() {
                let could: Vec<String> = column.choices.iter().map(|role| role_label(&role.name())).collect();
                field.note = note(&format!("could be {}: {}", could.join(" or "), column.ask.words()));
            }
            fields.push((FieldKey::Column(column.key.clone()), field));
        }
    }
    fields
}

/// The choice of the sheet, where the file has several.
fn sheet_field(preview: &ImportPreview, grids: &[FileGrid]) -> Option<FormField> {
    let with_rows: Vec<&FileGrid> = grids.iter().filter(|grid| !grid.rows().is_empty()).collect();
    if with_rows.len() < 2 {
        return None;
    }
    let label = |grid: &FileGrid| {
        let hidden = if grid.is_hidden { ", hidden" } else { "" };
        format!("{} ({}{hidden})", Text::from(grid.name.as_str()), pluralize(grid.rows().len(), "row"))
    };
    let mut choices: Vec<FormChoice> =
        with_rows.iter().map(|grid| FormChoice { value: grid.name.clone(), label: label(grid) }).collect();
    let question = preview.questions.iter().find(|question| question.name == "sheet");
    let alike = question.map_or_else(
        || {
            preview
                .sheets
                .iter()
                .filter_map(|sheet| sheet.name.clone())
                .chain(preview.sheets_alike.iter().cloned())
                .collect()
        },
        |question| question.choices.clone(),
    );
    if alike.len() > 1 {
        let value = alike.join(&SHEET_DIVIDER.to_string());
        choices.push(FormChoice { value, label: format!("all alike: {}", alike.join(", ")) });
    }
    let names: Vec<String> = preview.sheets.iter().filter_map(|sheet| sheet.name.clone()).collect();
    let about = "The sheet that is read. Hidden sheets are read only when they are chosen.".to_owned();
    let text = if question.is_some() { String::new() } else { names.join(&SHEET_DIVIDER.to_string()) };
    let mut field = FormField::new("Sheet".into(), about, FieldInput::OneOf(choices), &text);
    field.note = question.map(|question| FieldNote { text: question.why.clone(), blocks_staging: true });
    Some(field)
}

fn question_label(question: &FileQuestion) -> String {
    match question.name {
        "employed" => "Employed, if not said",
        "disabled" => "Disabled, if not said",
        "foreign" => "Foreign, if not said",
        "date-order" => "Dates like 03/02/2026",
        "decimal" => "Amounts like 1,234",
        "date-system" => "Numbers as dates",
        "fill-down" => "Blanks mean \"as above\"",
        "vat" => "VAT in the costs",
        "merged" => "Costs over several rows",
        name => name,
    }
    .into()
}

fn answer_label(question: &str, word: &str) -> String {
    match (question, word) {
        ("employed", "permanent") => "employed, permanent",
        ("employed", "fixed-term") => "employed, fixed-term",
        ("employed", "server") => "leave it to the server",
        ("date-order", "dmy") => "day first: 3 February",
        ("date-order", "mdy") => "month first: 2 March",
        ("decimal", "comma") => "the comma is the decimal mark",
        ("decimal", "point") => "the point is the decimal mark",
        ("date-system", "1900") => "counted from 1900, as Excel does",
        ("date-system", "1904") => "counted from 1904, as old Excel for the Mac did",
        ("vat", "keep") => "keep it",
        ("vat", "remove") => "take it off: divided by 1.15, to the cent",
        ("merged", "each") => "each row costs as much",
        ("merged", "divided") => "the rows share it",
        ("merged", "first") => "the first row costs it, the others nothing",
        (_, word) => word,
    }
    .into()
}

/// What an unknown word of a column can be said to mean.
fn meaning_input(role: Option<ColumnRole>) -> FieldInput {
    let mut choices: Vec<FormChoice> = match role.and_then(ColumnRole::field).map(|field| field.kind) {
        Some(FieldKind::Choice(words)) => words.iter().map(|word| FormChoice::plain(word)).collect(),
        Some(FieldKind::Flag) => vec![FormChoice::plain("yes"), FormChoice::plain("no")],
        _ if role == Some(ColumnRole::GenderAndRace) => {
            let both = ["African", "Coloured", "Indian", "White"].into_iter();
            both.flat_map(|race| {
                ["Male", "Female"].map(|gender| FormChoice::plain(&format!("{race} {gender}")))
            })
            .collect()
        }
        _ => Vec::new(),
    };
    // A date, an amount or a text may mean anything.
    let is_closed = !choices.is_empty();
    choices.push(FormChoice { value: NOTHING.into(), label: NOTHING.into() });
    if is_closed { FieldInput::OneOf(choices) } else { FieldInput::Suggestions(choices) }
}

/// The first values of a column.
fn samples(grid: &FileGrid, sheet: &crate::domain::import::file_rows::PreviewSheet, column: usize) -> String {
    let below = (0..grid.rows().len()).filter(|row| grid.rows()[*row].number > sheet.heading_row);
    let cells = below.map(|row| grid.cell(row, column)).filter(|cell| !cell.is_blank());
    let samples: Vec<String> =
        cells.take(3).map(|cell| Text::from(cell.to_text(grid.dates)).to_string()).collect();
    if samples.is_empty() {
        "Nothing stands in this column.".into()
    } else {
        format!("In the file: {}", samples.join(", "))
    }
}

/// All that a column can fill.
fn role_choices() -> Vec<FormChoice> {
    let mut choices = vec![FormChoice { value: String::new(), label: "(leave out)".into() }];
    let name = |role: ColumnRole| role.name();
    let participant = importable_fields(&PARTICIPANT).map(|field| name(ColumnRole::Field(field)));
    let parts =
        ["first", "middle", "initials", "surname", "reversed"].map(|part| format!("full_name.{part}"));
    let combined = ["gender+race", "!employed", "!foreign", "check.total"].map(str::to_owned);
    let program = importable_fields(&TRAINING_PROGRAM).map(|field| name(ColumnRole::Program(field)));
    let values = participant.chain(parts).chain(combined).chain(program);
    choices.extend(values.map(|value| FormChoice { label: role_label(&value), value }));
    choices
}

/// A role in words.
fn role_label(name: &str) -> String {
    match (name, ColumnRole::named(name)) {
        ("full_name.first", _) => "Full name: first names".into(),
        ("full_name.middle", _) => "Full name: middle names".into(),
        ("full_name.initials", _) => "Full name: initials".into(),
        ("full_name.surname", _) => "Full name: surname".into(),
        ("full_name.reversed", _) => "Full name: surname first".into(),
        ("gender+race", _) => "Gender and race in one word".into(),
        ("check.total", _) => "Total of the costs (compared, not sent)".into(),
        ("!foreign", _) => "South African (the opposite of foreign)".into(),
        (_, Some(ColumnRole::Inverted(field))) => format!("Not {}", lower_label(field)),
        (_, Some(ColumnRole::Program(field))) => format!("Program: {}", lower_label(field)),
        (_, Some(ColumnRole::Field(field))) => field.label(),
        (name, _) => name.into(),
    }
}

fn lower_label(field: &SchemaField) -> String {
    let label = field.label();
    if label.chars().nth(1).is_some_and(char::is_uppercase) { label } else { fold_for_search(&label) }
}

/// The roles whose words begin with what was typed.
fn choices_like(typed: &str) -> String {
    let typed = fold_for_search(typed.trim());
    let begins = |choice: &FormChoice| fold_for_search(&choice.label).starts_with(&typed);
    role_choices().into_iter().filter(begins).map(|choice| choice.label).collect::<Vec<_>>().join(", ")
}
