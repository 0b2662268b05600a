//! Lines to be read: the fields of a record, its JSON, a request, the help.

use ratatui::buffer::Buffer;

use crate::desk::Desk;
use crate::domain::text::count;
use crate::effect::{Clip, Effect, Effects};
use crate::input::command::Command;
use crate::kit::frame::{centred, draw};
use crate::kit::pen::{Pen, width, wrap_behind};
use crate::nav::{Context, Line, Nav};

/// What is read, and how far down.
#[derive(Debug)]
pub struct Reader {
    title: String,
    lines: Vec<Line>,
    top: usize,
}

/// A line as it is broken to fit.
enum Broken<'a> {
    Title(&'a str),
    Piece(&'a str, String),
}

const WIDEST: u16 = 96;

impl Reader {
    /// Its title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Lines under a title.
    pub fn new(title: String, lines: Vec<Line>) -> Self {
        Self { title, lines, top: 0 }
    }

    /// Columns of the labels.
    fn label(&self) -> u16 {
        let label = |line: &Line| match line {
            Line::Field(label, _) => width(label),
            Line::Title(_) => 0,
        };
        let widest = self.lines.iter().map(label).max().unwrap_or(0);
        if widest == 0 { 0 } else { (widest + 2).min(34) }
    }

    /// The lines as they are broken for a screen of that width.
    fn broken(&self, columns: u16) -> Vec<Broken<'_>> {
        let room = columns.min(WIDEST).saturating_sub(self.label() + 4).max(1);
        let mut out = Vec::new();
        for line in &self.lines {
            match line {
                Line::Title(title) => out.push(Broken::Title(title)),
                Line::Field(label, text) => {
                    for (at, piece) in wrap_behind(text, ' ', room).into_iter().enumerate() {
                        out.push(Broken::Piece(if at == 0 { label.as_str() } else { "" }, piece));
                    }
                }
            }
        }
        out
    }

    /// Does a command.
    pub fn command(&mut self, command: Command, _: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        if let Command::Copy | Command::CopyJson = command {
            fx.push(Effect::Copy(self.clip(), None));
            return Nav::Stay;
        }
        let page = usize::from(cx.area.height.saturating_sub(2)).max(1);
        let last = self.broken(cx.area.width).len().saturating_sub(page);
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

    /// The lines as text, labels before a tab.
    fn clip(&self) -> Clip {
        let line = |line: &Line| match line {
            Line::Title(title) => title.clone(),
            Line::Field(label, text) if label.is_empty() => text.clone(),
            Line::Field(label, text) => format!("{label}\t{text}"),
        };
        let text = self.lines.iter().map(line).collect::<Vec<_>>().join("\n");
        Clip { text, what: format!("{} copied", count(self.lines.len(), "line")) }
    }

    /// Draws it.
    pub fn view(&self, _: &Desk, cx: &Context, buf: &mut Buffer) {
        let lines = self.broken(cx.area.width);
        let outer = centred(cx.area, WIDEST, lines.len() as u16 + 2);
        let inner = draw(buf, outer, &self.title, cx.theme.title, cx.theme.frame);
        for (at, line) in (0..inner.height).zip(lines.iter().skip(self.top)) {
            let mut pen = Pen::new(buf, inner, at);
            match line {
                Broken::Title(title) => pen.text(title, cx.theme.title),
                Broken::Piece(label, text) => {
                    pen.left_in(label, self.label(), cx.theme.key).text(text, cx.theme.plain)
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
