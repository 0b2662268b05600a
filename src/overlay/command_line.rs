//! A command being typed, with completion.

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::desk::Desk;
use crate::effect::Effects;
use crate::input::command::{Command, Scope, TABLE};
use crate::input::key::Key;
use crate::kit::pen::{Pen, highlight};
use crate::kit::prompt::Prompt;
use crate::nav::{Context, Nav, Place};

/// The command line, for what is open below it.
#[derive(Debug)]
pub struct CommandLine {
    prompt: Prompt,
    scopes: &'static [Scope],
}

/// How many completions are shown at once.
const SHOWN: usize = 8;

impl CommandLine {
    /// An empty line.
    pub fn new(scopes: &'static [Scope]) -> Self {
        Self { prompt: Prompt::default(), scopes }
    }

    /// The commands whose name begins with what was typed; `q` is `quit`.
    fn matches(&self) -> impl Iterator<Item = Command> {
        let typed = self.prompt.text().trim();
        let named = move |name: &str| name.starts_with(typed) || (typed == "q" && name == "quit");
        let open = |scope| scope == Scope::Places || (self.scopes.contains(&scope) && scope != Scope::Moving);
        let quit = (typed == "q").then_some(Command::Quit);
        let rest = TABLE.iter().filter(move |e| open(e.scope) && named(e.name)).map(|e| e.command);
        quit.into_iter().chain(rest.filter(move |c| quit != Some(*c)))
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key, _: &Context) -> Nav {
        match key.code {
            KeyCode::Esc => return Nav::Back,
            KeyCode::Tab => {
                let first = self.matches().next();
                if let Some(command) = first {
                    self.prompt = Prompt::with(command.entry().name);
                }
            }
            KeyCode::Enter => {
                let typed = self.prompt.text().trim().to_owned();
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
                self.prompt.key(key);
            }
        }
        Nav::Stay
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        self.prompt.insert(text);
    }

    /// Everything is typed here; no command reaches it.
    pub fn command(&mut self, _: Command, _: &mut Desk, _: &Context, _: &mut Effects) -> Nav {
        Nav::Stay
    }

    /// Draws it at the bottom, the completions above.
    pub fn view(&self, _: &Desk, cx: &Context, buf: &mut Buffer) {
        let matches: Vec<Command> = self.matches().take(SHOWN).collect();
        let height = (matches.len() as u16 + 1).min(cx.area.height);
        let area = Rect { y: cx.area.bottom() - height, height, ..cx.area }.intersection(buf.area);
        ratatui::widgets::Widget::render(ratatui::widgets::Clear, area, buf);
        for (at, command) in (0..).zip(&matches) {
            let entry = command.entry();
            let mut pen = Pen::new(buf, area, at);
            pen.skip(2).left_in(entry.name, 18, cx.theme.key).left_in(entry.help, 50, cx.theme.plain);
            pen.text(&cx.keymap.hint(*command), cx.theme.dim);
            if at == 0 {
                highlight(buf, area, at, cx.theme.title);
            }
        }
        let mut pen = Pen::new(buf, area, height.saturating_sub(1));
        pen.text(" :", cx.theme.key);
        self.prompt.draw(&mut pen, cx.theme.plain, cx.theme.cursor);
    }
}
