//! A command line with completion.

use crate::domain::refusal::Refusal;
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::effect::Effects;
use crate::input::command::Command;
use crate::input::key::Key;
use crate::kit::pen::{Pen, highlight};
use crate::kit::prompt::Prompt;
use crate::nav::{Context, Destination, Nav};
use crate::workspace::Workspace;

/// The command line for the screen or popup below it.
#[derive(Debug)]
pub struct CommandLine {
    prompt: Prompt,
    /// The commands it accepts.
    commands: Vec<Command>,
    /// What was typed before Tab, and the index of the completion shown instead.
    completion: Option<(String, usize)>,
}

/// How many completions are shown.
const MAX_COMPLETIONS: usize = 8;

impl CommandLine {
    /// An empty command line that accepts these commands.
    pub fn new(commands: Vec<Command>) -> Self {
        Self { prompt: Prompt::default(), commands, completion: None }
    }

    /// The commands whose name begins with what was typed; `q` means `quit`.
    fn matches(&self) -> impl Iterator<Item = Command> {
        let typed = self.completion.as_ref().map_or(self.prompt.text().trim(), |(typed, _)| typed);
        let quit = (typed == "q").then_some(Command::Quit);
        let named = move |command: &Command| command.entry().name.starts_with(typed);
        let rest = self.commands.iter().copied().filter(named);
        quit.into_iter().chain(rest.filter(move |c| quit != Some(*c)))
    }

    /// Replaces what was typed by its next or previous completion. Arguments are not completed.
    fn cycle_completion(&mut self, forward: bool) {
        if self.prompt.text().contains(' ') {
            return;
        }
        let matches: Vec<Command> = self.matches().collect();
        let many = matches.len();
        if many == 0 {
            return;
        }
        let (typed, at) = match self.completion.take() {
            None => (self.prompt.text().trim().to_owned(), if forward { 0 } else { many - 1 }),
            Some((typed, at)) => (typed, if forward { (at + 1) % many } else { (at + many - 1) % many }),
        };
        self.prompt = Prompt::with_text(matches[at].entry().name);
        self.completion = Some((typed, at));
    }

    /// Handles a key.
    pub fn key(&mut self, key: Key, _: &Context) -> Result<Nav, Refusal> {
        match key.code {
            KeyCode::Esc => return Ok(Nav::Back),
            KeyCode::Tab => self.cycle_completion(true),
            KeyCode::BackTab => self.cycle_completion(false),
            KeyCode::Enter => {
                let typed = self.prompt.text().trim().to_owned();
                self.completion = None;
                if let Some(code) = typed.strip_prefix("suppliers ") {
                    return match code.parse() {
                        Ok(code) => Ok(Nav::Open(Destination::Scores(code))),
                        Err(why) => Err(Refusal::from(format!("{why}"))),
                    };
                }
                let named = Command::from_name(&typed);
                let exact = self.commands.iter().copied().find(|command| Some(*command) == named);
                return match exact.or_else(|| self.matches().next()) {
                    Some(command) if !typed.is_empty() => Ok(Nav::Run(command)),
                    _ => Err(Refusal::from("there is no such command here; Esc gives up")),
                };
            }
            KeyCode::Backspace if self.prompt.text().is_empty() => return Ok(Nav::Back),
            _ => {
                self.completion = None;
                self.prompt.key(key);
            }
        }
        Ok(Nav::Stay)
    }

    /// Inserts pasted text.
    pub fn paste(&mut self, text: &str) {
        self.completion = None;
        self.prompt.insert(text);
    }

    /// Does nothing: every key is typed here, so no command reaches this popup.
    pub fn command(
        &mut self,
        _: Command,
        _: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Result<Nav, Refusal> {
        Ok(Nav::Stay)
    }

    /// Draws the command line at the bottom with its completions above.
    pub fn view(&self, _: &Workspace, cx: &Context, buf: &mut Buffer) {
        let all: Vec<Command> = self.matches().collect();
        let matches: Vec<Command> = all.iter().copied().take(MAX_COMPLETIONS).collect();
        let more = all.len() - matches.len();
        let height = (matches.len() as u16 + 1).min(cx.area.height);
        let area = Rect { y: cx.area.bottom() - height, height, ..cx.area }.intersection(buf.area);
        ratatui::widgets::Widget::render(ratatui::widgets::Clear, area, buf);
        for (at, command) in (0..).zip(&matches) {
            let entry = command.entry();
            let mut pen = Pen::new(buf, area, at);
            pen.skip(2).text_left(entry.name, 18, cx.theme.key).text_left(entry.help, 50, cx.theme.plain);
            pen.text(&cx.keymap.hint(*command), cx.theme.dim);
            if usize::from(at) == self.completion.as_ref().map_or(0, |(_, at)| *at) {
                highlight(buf, area, at, cx.theme.title);
            }
        }
        let mut pen = Pen::new(buf, area, height.saturating_sub(1));
        pen.text(" :", cx.theme.key);
        self.prompt.draw(&mut pen, cx.theme.plain, cx.theme.cursor);
        if more > 0 {
            pen.text_at_end(&format!("{more} more "), cx.theme.dim);
        }
    }
}
