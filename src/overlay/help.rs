//! The keys that mean something, those of the screen below first; all from the table of commands.

use ratatui::buffer::Buffer;
use strum::VariantArray;

use crate::desk::Desk;
use crate::effect::Effects;
use crate::input::command::{Command, Scope, TABLE};
use crate::input::keymap::Keymap;
use crate::kit::frame::{centred, draw};
use crate::kit::pen::{Pen, width};
use crate::nav::{Context, Nav};

/// The help.
#[derive(Debug)]
pub struct Help {
    scopes: &'static [Scope],
    top: usize,
}

enum Line {
    Scope(Scope),
    Command(Command),
}

impl Help {
    /// For what is open now.
    pub fn new(scopes: &'static [Scope]) -> Self {
        Self { scopes, top: 0 }
    }

    fn lines(&self) -> Vec<Line> {
        let rest = Scope::VARIANTS.iter().filter(|scope| !self.scopes.contains(scope));
        let mut lines = Vec::new();
        for scope in self.scopes.iter().chain(rest) {
            lines.push(Line::Scope(*scope));
            lines.extend(TABLE.iter().filter(|e| e.scope == *scope).map(|e| Line::Command(e.command)));
        }
        lines
    }

    /// Does a command.
    pub fn command(&mut self, command: Command, _: &mut Desk, cx: &Context, _: &mut Effects) -> Nav {
        let page = usize::from(cx.area.height.saturating_sub(2)).max(1);
        let last = self.lines().len().saturating_sub(page);
        self.top = match command {
            Command::Down => self.top + 1,
            Command::PageDown => self.top + page,
            Command::Up => self.top.saturating_sub(1),
            Command::PageUp => self.top.saturating_sub(page),
            Command::First => 0,
            Command::Last => last,
            _ => return Nav::Back,
        }
        .min(last);
        Nav::Stay
    }

    /// Draws it.
    pub fn view(&self, _: &Desk, cx: &Context, buf: &mut Buffer) {
        let lines = self.lines();
        let outer = centred(cx.area, 84, lines.len() as u16 + 2);
        let inner = draw(buf, outer, "Keys", cx.theme.title, cx.theme.frame);
        for (at, line) in (0..inner.height).zip(lines.iter().skip(self.top)) {
            let mut pen = Pen::new(buf, inner, at);
            match line {
                Line::Scope(scope) => pen.text(scope.title(), cx.theme.title),
                Line::Command(command) => {
                    let keys = keys(cx.keymap, *command);
                    pen.skip(2).left_in(&keys, 20, cx.theme.key).text(command.entry().help, cx.theme.plain)
                }
            };
        }
        let seen = self.top + usize::from(inner.height);
        if seen < lines.len() {
            let more = format!(" {} more ↓ ", lines.len() - seen);
            let mut pen = Pen::new(buf, outer, outer.height.saturating_sub(1));
            let before = pen.left().saturating_sub(width(&more) + 2);
            pen.skip(before).text(&more, cx.theme.dim);
        }
    }
}

/// A command's keys as people write them.
fn keys(keymap: &Keymap, command: Command) -> String {
    keymap.keys(command).iter().map(ToString::to_string).collect::<Vec<_>>().join("  ")
}
