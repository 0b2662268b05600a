//! A form on screen: one piece of code for what is typed, whatever it is about.

mod file;
mod inputs;
mod record;

use std::path::Path;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::desk::Desk;
use crate::domain::collection::Collection;
use crate::domain::id::PlanId;
use crate::domain::target::TargetType;
use crate::effect::Effects;
use crate::input::command::{Command, Scope};
use crate::input::key::Key;
use crate::kit::form::Form;
use crate::kit::pen::{Pen, wrap};
use crate::nav::{Context, Nav, Purpose, Question};
use crate::screen::form::file::FileForm;
use crate::screen::form::record::RecordForm;

/// A form on screen.
#[derive(Debug)]
pub struct FormScreen {
    subject: Subject,
    form: Form,
}

/// What the form is about.
#[derive(Debug)]
enum Subject {
    Record(Box<RecordForm>),
    File(FileForm),
}

/// The most lines said above the fields, which are what is worked on.
const MOST_ABOVE: usize = 4;

impl FormScreen {
    /// The form for a purpose; an error in words where what it is about is not there any more.
    pub fn open(purpose: &Purpose, desk: &Desk, fx: &mut Effects) -> Result<Self, &'static str> {
        let of_record = |(record, form)| Self { subject: Subject::Record(Box::new(record)), form };
        let of_file = |file: FileForm| {
            let form = file.form(desk);
            Self { subject: Subject::File(file), form }
        };
        Ok(match purpose {
            Purpose::Add(collection) => of_record(RecordForm::add(collection, desk, fx)),
            Purpose::Edit(collection, id) => of_record(RecordForm::edit(collection, id, desk, fx)?),
            Purpose::Amend(number) => of_record(RecordForm::amend(*number, desk, fx)?),
            Purpose::LookUp => of_file(FileForm::LookUp),
            Purpose::OpenFile(collection) => of_file(FileForm::OpenFile(collection.clone())),
            Purpose::Columns(collection, path, table) => {
                of_file(FileForm::Columns(collection.clone(), path.clone(), table.clone()))
            }
            Purpose::SaveFile(collection, content) => {
                of_file(FileForm::SaveFile(collection.clone(), *content))
            }
            Purpose::OpenPlan(plan, year, table) => of_file(FileForm::OpenPlan(*plan, *year, table.clone())),
            Purpose::SavePlan(plan, year, table) => of_file(FileForm::SavePlan(*plan, *year, table.clone())),
            Purpose::SaveChanges => of_file(FileForm::SaveChanges),
        })
    }

    /// Its name in the breadcrumbs.
    pub fn title(&self) -> String {
        match &self.subject {
            Subject::Record(record) => record.title(),
            Subject::File(file) => file.title().into(),
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

    /// Says beside each field what is to be said of it.
    fn remark(&mut self) {
        if let Subject::Record(record) = &self.subject {
            record.remark(&mut self.form);
        }
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
    pub fn paste(&mut self, text: &str) -> Nav {
        self.form.paste(text);
        self.remark();
        Nav::Stay
    }

    /// Whether something was typed.
    pub fn is_touched(&self) -> bool {
        self.form.is_touched()
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
            Command::Leave | Command::Back if self.is_touched() => {
                return Nav::Ask(Question::LeaveForm);
            }
            Command::Leave | Command::Back => return Nav::Back,
            _ => return Nav::refuse("that does nothing in a form; Esc leaves it"),
        }
        self.remark();
        Nav::Stay
    }

    /// Stages the form, or does what it is for; `review` opens the review then.
    fn finish(&mut self, review: bool, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        self.form.leave_all();
        self.remark();
        match &self.subject {
            Subject::Record(record) => record.stage(&mut self.form, review, desk, cx, fx),
            Subject::File(file) => file.finish(&self.form, desk, cx, fx),
        }
    }

    /// The collection that this file is being read for.
    pub fn awaits_file(&self, path: &Path) -> Option<&Collection> {
        match &self.subject {
            Subject::File(file) => file.awaits(&self.form, path),
            Subject::Record(_) => None,
        }
    }

    /// The plan that this file is being read for, with the year and table shown.
    pub fn awaits_sheets(&self, path: &Path) -> Option<(PlanId, usize, &TargetType)> {
        match &self.subject {
            Subject::File(file) => file.awaits_sheets(&self.form, path),
            Subject::Record(_) => None,
        }
    }

    /// Whether it waits for a file to be written.
    pub fn awaits_written(&self) -> bool {
        matches!(&self.subject, Subject::File(file) if file.awaits_written())
    }

    /// Keeps the cursor in sight, and what is offered in step with the desk.
    pub fn arrange(&mut self, desk: &Desk, cx: &Context) {
        if let Subject::Record(record) = &self.subject {
            record.offer(&mut self.form, desk);
        }
        let above = self.above(cx.area.width).len() as u16;
        self.form.arrange(cx.area.height.saturating_sub(above + 1));
    }

    /// What is said above the fields.
    fn above(&self, columns: u16) -> Vec<String> {
        let text = match &self.subject {
            Subject::Record(record) => record.above(),
            Subject::File(file) => file.above(&self.form),
        };
        let mut lines = if text.is_empty() { Vec::new() } else { wrap(&text, columns.saturating_sub(4)) };
        lines.truncate(MOST_ABOVE);
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
