//! A command being typed, with completion.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::desk::Desk;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::input::key::Key;
use crate::kit::pen::{Pen, highlight};
use crate::kit::prompt::Prompt;
use crate::nav::{Context, Nav, Place};

/// The command line, for what is open below it.
#[derive(Debug)]
pub struct CommandLine {
    prompt: Prompt,
    /// The commands that can be named.
    commands: Vec<Command>,
    /// What was typed before Tab, and which of its completions stands there.
    cycle: Option<(String, usize)>,
}

/// How many completions are shown at once.
const SHOWN: usize = 8;

impl CommandLine {
    /// An empty line.
    pub fn new(commands: Vec<Command>) -> Self {
        Self { prompt: Prompt::default(), commands, cycle: None }
    }

    /// The commands whose name begins with what was typed; `q` is `quit`.
    fn matches(&self) -> impl Iterator<Item = Command> {
        let typed = self.cycle.as_ref().map_or(self.prompt.text().trim(), |(typed, _)| typed);
        let quit = (typed == "q").then_some(Command::Quit);
        let named = move |command: &Command| command.entry().name.starts_with(typed);
        let rest = self.commands.iter().copied().filter(named);
        quit.into_iter().chain(rest.filter(move |c| quit != Some(*c)))
    }

    /// Puts the next or the previous completion of what was typed there. An argument is not completed.
    fn complete(&mut self, forward: bool) {
        if self.prompt.text().contains(' ') {
            return;
        }
        let matches: Vec<Command> = self.matches().collect();
        let many = matches.len();
        if many == 0 {
            return;
        }
        let (typed, at) = match self.cycle.take() {
            None => (self.prompt.text().trim().to_owned(), if forward { 0 } else { many - 1 }),
            Some((typed, at)) => (typed, if forward { (at + 1) % many } else { (at + many - 1) % many }),
        };
        self.prompt = Prompt::with(matches[at].entry().name);
        self.cycle = Some((typed, at));
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key, _: &Context) -> Nav {
        match key.code {
            KeyCode::Esc => return Nav::Back,
            KeyCode::Tab => self.complete(true),
            KeyCode::BackTab => self.complete(false),
            KeyCode::Enter => {
                let typed = self.prompt.text().trim().to_owned();
                self.cycle = None;
                if let Some(code) = typed.strip_prefix("suppliers ") {
                    return match code.parse() {
                        Ok(code) => Nav::Open(Place::Scores(code)),
                        Err(why) => Nav::refuse(format!("{why}")),
                    };
                }
                let exact = self.matches().find(|c| c.entry().name == typed);
                return match exact.or_else(|| self.matches().next()) {
                    Some(command) if !typed.is_empty() => Nav::Do(command),
                    _ => Nav::refuse("there is no such command here; Esc gives up"),
                };
            }
            KeyCode::Backspace if self.prompt.text().is_empty() => return Nav::Back,
            _ => {
                self.cycle = None;
                self.prompt.key(key);
            }
        }
        Nav::Stay
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        self.cycle = None;
        self.prompt.insert(text);
    }

    /// Everything is typed here; no command reaches it.
    pub fn command(&mut self, _: Command, _: &mut Desk, _: &Context, _: &mut Effects) -> Nav {
        Nav::Stay
    }

    /// Draws it at the bottom, the completions above.
    pub fn view(&self, _: &Desk, cx: &Context, buf: &mut Buffer) {
        let all: Vec<Command> = self.matches().collect();
        let matches: Vec<Command> = all.iter().copied().take(SHOWN).collect();
        let more = all.len() - matches.len();
        let height = (matches.len() as u16 + 1).min(cx.area.height);
        let area = Rect { y: cx.area.bottom() - height, height, ..cx.area }.intersection(buf.area);
        ratatui::widgets::Widget::render(ratatui::widgets::Clear, area, buf);
        for (at, command) in (0..).zip(&matches) {
            let entry = command.entry();
            let mut pen = Pen::new(buf, area, at);
            pen.skip(2).left_in(entry.name, 18, cx.theme.key).left_in(entry.help, 50, cx.theme.plain);
            pen.text(&cx.keymap.hint(*command), cx.theme.dim);
            if usize::from(at) == self.cycle.as_ref().map_or(0, |(_, at)| *at) {
                highlight(buf, area, at, cx.theme.title);
            }
        }
        let mut pen = Pen::new(buf, area, height.saturating_sub(1));
        pen.text(" :", cx.theme.key);
        self.prompt.draw(&mut pen, cx.theme.plain, cx.theme.cursor);
        if more > 0 {
            pen.at_end(&format!("{more} more "), cx.theme.dim);
        }
    }
}
