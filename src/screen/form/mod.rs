//! The form screen: one implementation for all forms.

mod draft;
mod file;
mod import;
mod inputs;
mod mend;
mod record;

use std::path::Path;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::change::collection::Collection;
use crate::domain::import::file_rows::ImportTarget;
use crate::domain::import::preview::{FileJudgement, ImportPreview};
use crate::domain::plan::table_ref::TableRef;
use crate::domain::refusal::Refusal;
use crate::effect::Effects;
use crate::input::command::key;
use crate::input::command::{Command, Scope};
use crate::input::key::Key;
use crate::kit::form::Form;
use crate::kit::pen::{Pen, wrap};
use crate::nav::{Context, FormPurpose, Nav, Question};
use crate::screen::form::draft::DraftForm;
use crate::screen::form::file::FileForm;
use crate::screen::form::import::ImportForm;
use crate::screen::form::mend::MendForm;
use crate::screen::form::record::RecordForm;
use crate::workspace::Workspace;

/// A form on screen.
#[derive(Debug)]
pub struct FormScreen {
    subject: Subject,
    form: Form,
}

/// What the form edits.
#[derive(Debug)]
enum Subject {
    Record(Box<RecordForm>),
    File(FileForm),
    Import(Box<ImportForm>),
    Mend(MendForm),
    Draft(DraftForm),
}

/// The most lines of introduction above the fields.
const MAX_INTRO_LINES: usize = 4;

impl FormScreen {
    /// Opens the form for a purpose. Fails when the record or staged change it is about no longer exists or
    /// cannot be edited.
    pub fn open(
        purpose: &FormPurpose,
        workspace: &Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Self, Refusal> {
        let of_record = |(record, form)| Self { subject: Subject::Record(Box::new(record)), form };
        let of_file = |file: FileForm| {
            let form = file.form(workspace);
            Self { subject: Subject::File(file), form }
        };
        Ok(match purpose {
            FormPurpose::Add(collection) => of_record(RecordForm::for_new(collection, workspace, cx, fx)),
            FormPurpose::Edit(collection, id) => {
                of_record(RecordForm::for_existing(collection, id, workspace, cx, fx)?)
            }
            FormPurpose::EditStaged(number) => of_record(RecordForm::for_staged(*number, workspace, cx, fx)?),
            FormPurpose::MendStaged(field, numbers) => {
                let (mend, form) = MendForm::open(field, numbers, workspace)?;
                Self { subject: Subject::Mend(mend), form }
            }
            FormPurpose::LookUpSupplier => of_file(FileForm::LookUpSupplier),
            FormPurpose::ImportFile(target) => of_file(FileForm::ImportFile(target.clone())),
            FormPurpose::ImportAnswers(target, path, grids) => {
                let import = ImportForm::open(target, path.clone(), grids, workspace, cx, fx);
                Self { subject: Subject::Import(Box::new(import)), form: Form::default() }
            }
            FormPurpose::ExportFile(collection, content) => {
                of_file(FileForm::ExportFile(collection.clone(), *content))
            }
            FormPurpose::ImportPlan(shown) => of_file(FileForm::ImportPlan(shown.clone())),
            FormPurpose::ExportPlan(shown) => of_file(FileForm::ExportPlan(shown.clone())),
            FormPurpose::ExportChanges => of_file(FileForm::ExportChanges),
            FormPurpose::ExportSpend(scorecard) => of_file(FileForm::ExportSpend(scorecard.clone())),
            FormPurpose::Draft(plan) => {
                let (draft, form) = DraftForm::open(*plan, workspace, cx)?;
                Self { subject: Subject::Draft(draft), form }
            }
        })
    }

    /// Its name in the breadcrumb.
    pub fn title(&self) -> String {
        match &self.subject {
            Subject::Record(record) => record.title(),
            Subject::File(file) => file.title().into(),
            Subject::Import(_) => "Import · answers".into(),
            Subject::Mend(_) => "Mend".into(),
            Subject::Draft(_) => "Draft".into(),
        }
    }

    /// The scopes whose keys are active.
    pub fn scopes(&self) -> &'static [Scope] {
        &[Scope::Form]
    }

    /// The commands shown in the hint line.
    pub fn hints(&self) -> &'static [Command] {
        &[
            Command::NextFieldOrStage,
            Command::Stage,
            Command::LeaveForm,
            Command::PreviousField,
            Command::NextChoice,
        ]
    }

    /// Updates the note beside each field.
    fn show_findings(&mut self) {
        if let Subject::Record(record) = &self.subject {
            record.show_findings(&mut self.form);
        }
    }

    /// Handles a typed key.
    pub fn key(&mut self, key: Key) -> Result<Nav, Refusal> {
        if self.form.key(key) {
            self.show_findings();
            return Ok(Nav::Stay);
        }
        Err(Refusal::from(format!(concat!("{} does nothing in a form; ", key!("leave"), " leaves it"), key)))
    }

    /// Inserts pasted text into the field under the cursor.
    pub fn paste(&mut self, text: &str) -> Result<Nav, Refusal> {
        self.form.paste(text);
        self.show_findings();
        Ok(Nav::Stay)
    }

    /// Whether the user typed or chose anything.
    pub fn is_touched(&self) -> bool {
        self.form.is_touched()
    }

    /// Runs a command and returns what the app should do next.
    pub fn command(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        let (at, last) = (self.form.cursor(), self.form.fields().len().saturating_sub(1));
        match command {
            Command::NextFieldOrStage if at == last => return self.submit(false, workspace, cx, fx),
            Command::NextFieldOrStage | Command::NextField => {
                self.form.go(if at == last { 0 } else { at + 1 });
            }
            Command::PreviousField => self.form.go(if at == 0 { last } else { at - 1 }),
            Command::NextChoice | Command::PreviousChoice => {
                self.form.cycle(command == Command::NextChoice);
            }
            Command::Stage => return self.submit(true, workspace, cx, fx),
            Command::LeaveForm | Command::Back if self.is_touched() => {
                return Ok(Nav::Ask(Question::LeaveForm));
            }
            Command::LeaveForm | Command::Back => return Ok(Nav::Back),
            _ => {
                return Err(Refusal::from(concat!(
                    "that does nothing in a form; ",
                    key!("leave"),
                    " leaves it"
                )));
            }
        }
        self.show_findings();
        if let Subject::Import(import) = &mut self.subject {
            import.update_answers(&self.form, workspace, cx, fx);
        }
        if let Subject::Draft(_) = &self.subject {
            DraftForm::read_profile(&self.form, workspace, cx, fx);
        }
        Ok(Nav::Stay)
    }

    /// Stages the record or carries out the form's purpose; `review` then opens the review.
    fn submit(
        &mut self,
        review: bool,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        self.form.leave_all();
        self.show_findings();
        match &mut self.subject {
            Subject::Record(record) => record.stage(&mut self.form, review, workspace, cx, fx),
            Subject::File(file) => file.submit(&self.form, workspace, cx, fx),
            Subject::Import(import) => import.submit(&mut self.form, workspace, cx, fx),
            Subject::Mend(mend) => mend.submit(&self.form, workspace, cx, fx),
            Subject::Draft(draft) => draft.submit(&mut self.form, workspace, cx, fx),
        }
    }

    /// What this file is being read to import into; `None` when it is read for something else.
    pub fn import_awaiting_file(&self, path: &Path) -> Option<&ImportTarget> {
        match &self.subject {
            Subject::File(file) => file.import_awaiting_file(&self.form, path),
            Subject::Record(_) | Subject::Import(_) | Subject::Mend(_) | Subject::Draft(_) => None,
        }
    }

    /// Whether a file is being judged in the background for this form.
    pub fn awaits_judgement(&self) -> bool {
        matches!(&self.subject, Subject::Import(import) if import.awaits_judgement())
    }

    /// Takes a judgement of the file that is imported.
    pub fn take_judgement(
        &mut self,
        judgement: &FileJudgement,
        preview: &Arc<ImportPreview>,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        match &mut self.subject {
            Subject::Import(import) => {
                import.take_judgement(judgement, preview, &mut self.form, workspace, cx, fx)
            }
            Subject::Record(_) | Subject::File(_) | Subject::Mend(_) | Subject::Draft(_) => Ok(Nav::Stay),
        }
    }

    /// Tells the form that a list was read.
    pub fn was_read(
        &mut self,
        collection: &Collection,
        workspace: &Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) {
        if let Subject::Import(import) = &mut self.subject {
            import.was_read(collection, workspace, cx, fx);
        }
    }

    /// The plan, year index and table that this file is being read for; `None` when it is read for something
    /// else.
    pub fn plan_awaiting_file(&self, path: &Path) -> Option<&TableRef> {
        match &self.subject {
            Subject::File(file) => file.plan_awaiting_file(&self.form, path),
            Subject::Record(_) | Subject::Import(_) | Subject::Mend(_) | Subject::Draft(_) => None,
        }
    }

    /// Whether this form waits for a file to be written.
    pub fn awaits_file_write(&self) -> bool {
        matches!(&self.subject, Subject::File(file) if file.awaits_file_write())
    }

    /// Keeps the cursor visible and updates the choices from the workspace.
    pub fn arrange(&mut self, workspace: &Workspace, cx: &Context) {
        if let Subject::Record(record) = &self.subject {
            record.refresh_choices(&mut self.form, workspace);
        }
        let above = self.intro_lines(cx).len() as u16;
        self.form.arrange(cx.area.height.saturating_sub(above + 1));
    }

    /// The lines of introduction above the fields.
    fn intro_lines(&self, cx: &Context) -> Vec<String> {
        let text = match &self.subject {
            Subject::Record(record) => record.intro_text(),
            Subject::File(_) => String::new(),
            Subject::Import(import) => import.intro_text(),
            Subject::Mend(mend) => mend.intro_text(),
            Subject::Draft(_) => DraftForm::intro_text(),
        };
        let text = cx.keymap.with_keys(&text);
        let columns = cx.area.width.saturating_sub(4);
        let mut lines = if text.is_empty() { Vec::new() } else { wrap(&text, columns) };
        lines.truncate(MAX_INTRO_LINES);
        lines
    }

    /// Draws the introduction and the fields.
    pub fn view(&self, _: &Workspace, cx: &Context, buf: &mut Buffer) {
        let above = self.intro_lines(cx);
        for (at, line) in (0..).zip(&above) {
            Pen::new(buf, cx.area, at).skip(2).text(line, cx.theme.dim);
        }
        let skip = above.len() as u16 + 1;
        let area = Rect { y: cx.area.y + skip, height: cx.area.height.saturating_sub(skip), ..cx.area };
        self.form.draw(cx.theme, area, buf);
    }
}
