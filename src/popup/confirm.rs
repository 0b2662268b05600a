//! Dialogs: confirmation before something is sent, and the choice after the server reports a recalculation
//! that is already running.

use crate::domain::refusal::Refusal;
use crossterm::event::KeyCode;
use jiff::Timestamp;
use ratatui::buffer::Buffer;

use crate::domain::id::ScorecardId;
use crate::domain::record::recalculation::BusyChoice;
use crate::domain::text::Text;
use crate::effect::Effects;
use crate::input::command::{Command, Scope};
use crate::input::key::Key;
use crate::kit::frame::{centred, draw};
use crate::kit::pen::{Pen, wrap};
use crate::kit::prompt::Prompt;
use crate::nav::{Context, Nav, Question, unbound_key};
use crate::workspace::Workspace;

/// For this long after a dialog opens it ignores answers: the key was meant for the screen below.
const INPUT_GRACE_MS: i64 = 300;

/// The notice when a key came too early.
const TOO_EARLY: &str = "the question has only just come up; press the key again";

fn is_too_early(opened: Timestamp, cx: &Context) -> bool {
    cx.now.as_millisecond() - opened.as_millisecond() < INPUT_GRACE_MS
}

/// A question with two buttons, the safe one focused. On a production profile the user types a name instead.
#[derive(Debug)]
pub struct ConfirmDialog {
    question: Question,
    title: String,
    lines: Vec<String>,
    opened_at: Timestamp,
    focus: Button,
    required_name: Option<TypedName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Button {
    Yes,
    No,
}

/// A name the user must type to confirm.
#[derive(Debug)]
struct TypedName {
    name: Text,
    prompt: Prompt,
}

impl ConfirmDialog {
    /// A confirmation dialog; with a name, the user confirms only by typing that name.
    pub fn new(ask: Question, title: &str, lines: Vec<String>, name: Option<Text>, now: Timestamp) -> Self {
        let typed = name.map(|name| TypedName { name, prompt: Prompt::default() });
        Self {
            question: ask,
            title: title.to_owned(),
            lines,
            opened_at: now,
            focus: Button::No,
            required_name: typed,
        }
    }

    /// The question it asks.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// When the dialog was opened.
    pub fn opened_at(&self) -> Timestamp {
        self.opened_at
    }

    /// Whether the user must type a name to confirm.
    pub fn requires_typed_name(&self) -> bool {
        self.required_name.is_some()
    }

    /// The scopes whose keys are active; none while a name is being typed.
    pub fn scopes(&self) -> &'static [Scope] {
        if self.requires_typed_name() { &[] } else { &[Scope::Dialog] }
    }

    /// Handles a key while a name is being typed; Enter confirms when the name matches.
    pub fn key(&mut self, key: Key, cx: &Context) -> Result<Nav, Refusal> {
        let Some(typed) = &mut self.required_name else { return Err(unbound_key(key)) };
        match key.code {
            KeyCode::Esc => Ok(Nav::Back),
            _ if is_too_early(self.opened_at, cx) => Err(Refusal::from(TOO_EARLY)),
            KeyCode::Enter if typed.prompt.text().trim() == typed.name.raw().trim() => {
                Ok(Nav::Confirmed(self.question.clone()))
            }
            KeyCode::Enter => Err(Refusal::from("the name does not match; Esc cancels and sends nothing")),
            _ => {
                typed.prompt.key(key);
                Ok(Nav::Stay)
            }
        }
    }

    /// Inserts pasted text into the name; confirming still takes Enter.
    pub fn paste(&mut self, text: &str) {
        if let Some(typed) = &mut self.required_name {
            typed.prompt.insert(text);
        }
    }

    /// Runs a command of the dialog.
    pub fn command(
        &mut self,
        command: Command,
        _: &mut Workspace,
        cx: &Context,
        _: &mut Effects,
    ) -> Result<Nav, Refusal> {
        // Answering no is always safe; any other early key was meant for the screen below.
        if command != Command::No && is_too_early(self.opened_at, cx) {
            return Err(Refusal::from(TOO_EARLY));
        }
        let chosen = match command {
            Command::Yes => Button::Yes,
            Command::No => Button::No,
            Command::PressButton => self.focus,
            Command::FocusOtherButton => {
                self.focus = if self.focus == Button::Yes { Button::No } else { Button::Yes };
                return Ok(Nav::Stay);
            }
            _ => return Ok(Nav::Stay),
        };
        match chosen {
            Button::No => Ok(Nav::Back),
            Button::Yes => Ok(Nav::Confirmed(self.question.clone())),
        }
    }

    /// Draws the dialog: the text, then the buttons or the input for the name.
    pub fn view(&self, _: &Workspace, cx: &Context, buf: &mut Buffer) {
        let theme = cx.theme;
        let columns = cx.area.width.min(66);
        let wrapped = |line: &str| wrap(line, columns.saturating_sub(4));
        let lines: Vec<String> = self.lines.iter().flat_map(|line| wrapped(line)).collect();
        let ask = |typed: &TypedName| wrapped(&format!("type {}, then Enter; Esc sends nothing", typed.name));
        let ask = self.required_name.as_ref().map(ask).unwrap_or_default();
        let outer = centred(cx.area, columns, (lines.len() + ask.len()) as u16 + 5);
        let inner = draw(buf, outer, &self.title, theme.title, theme.frame);
        for (at, line) in (1..).zip(&lines) {
            Pen::new(buf, inner, at).text(line, theme.plain);
        }
        for (at, line) in (lines.len() as u16 + 2..).zip(&ask) {
            Pen::new(buf, inner, at).text(line, theme.warning);
        }
        let mut pen = Pen::new(buf, inner, inner.height.saturating_sub(1));
        if let Some(typed) = &self.required_name {
            pen.text("› ", theme.warning);
            typed.prompt.draw(&mut pen, theme.plain, theme.cursor);
            return;
        }
        let style = |button| if self.focus == button { theme.cursor } else { theme.plain };
        let label = |command| format!(" {} {} ", cx.keymap.hint(command), Command::entry(command).help);
        pen.text(&label(Command::No), style(Button::No))
            .skip(3)
            .text(&label(Command::Yes), style(Button::Yes));
    }
}

/// The choice of what to do about a recalculation that was started elsewhere.
#[derive(Debug)]
pub struct BusyDialog {
    scorecard: ScorecardId,
    opened_at: Timestamp,
}

impl BusyDialog {
    /// When the dialog was opened.
    pub fn opened_at(&self) -> Timestamp {
        self.opened_at
    }

    /// The scorecard that is being recalculated.
    pub fn scorecard(&self) -> &ScorecardId {
        &self.scorecard
    }

    /// The dialog shown after the server answered 409.
    pub fn new(scorecard: ScorecardId, now: Timestamp) -> Self {
        Self { scorecard, opened_at: now }
    }

    /// Runs a command of the dialog.
    pub fn command(
        &mut self,
        command: Command,
        _: &mut Workspace,
        cx: &Context,
        _: &mut Effects,
    ) -> Result<Nav, Refusal> {
        let busy_choice = match command {
            Command::WaitThenStart => Some(BusyChoice::StartAfterwards),
            Command::OnlyWatch => Some(BusyChoice::WatchOnly),
            Command::Neither => None,
            _ => return Ok(Nav::Stay),
        };
        if busy_choice.is_some() && is_too_early(self.opened_at, cx) {
            return Err(Refusal::from(TOO_EARLY));
        }
        Ok(Nav::DecideBusy(self.scorecard.clone(), busy_choice))
    }

    /// Draws the dialog with its three answers.
    pub fn view(&self, workspace: &Workspace, cx: &Context, buf: &mut Buffer) {
        let theme = cx.theme;
        let text = format!(
            "A recalculation of {}, started elsewhere, is already running, so the server did not start yours.",
            workspace.scorecard_name(&self.scorecard)
        );
        let columns = cx.area.width.min(62);
        let lines = wrap(&text, columns.saturating_sub(4));
        let outer = centred(cx.area, columns, lines.len() as u16 + 7);
        let inner = draw(buf, outer, "Already running", theme.title, theme.frame);
        for (at, line) in (1..).zip(&lines) {
            Pen::new(buf, inner, at).text(line, theme.plain);
        }
        for (at, command) in
            (lines.len() as u16 + 2..).zip([Command::WaitThenStart, Command::OnlyWatch, Command::Neither])
        {
            let mut pen = Pen::new(buf, inner, at);
            pen.text_right(&cx.keymap.hint(command), 4, theme.key)
                .skip(1)
                .text(command.entry().help, theme.plain);
        }
    }
}
