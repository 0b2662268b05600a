//! A popup with lines to read: the fields of a record, its JSON, a request, the help.

use crate::domain::refusal::Refusal;
use ratatui::buffer::Buffer;

use crate::domain::text::pluralize;
use crate::effect::{ClipboardText, Effect, Effects};
use crate::input::command::Command;
use crate::kit::frame::{centred, draw};
use crate::kit::pen::{Pen, width, wrap_after};
use crate::nav::{Context, DetailLine, Nav};
use crate::workspace::Workspace;

/// The lines and the scroll position.
#[derive(Debug)]
pub struct DetailsPopup {
    title: String,
    lines: Vec<DetailLine>,
    top: usize,
}

/// A line wrapped to the width of the popup.
enum WrappedLine<'a> {
    Title(&'a str),
    Text(&'a str, String),
}

const MAX_COLUMNS: u16 = 96;

impl DetailsPopup {
    /// The title in its frame.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// A popup with these lines under a title.
    pub fn new(title: String, lines: Vec<DetailLine>) -> Self {
        Self { title, lines, top: 0 }
    }

    /// Width of the label column.
    fn label_width(&self) -> u16 {
        let label = |line: &DetailLine| match line {
            DetailLine::Field(label, _) => width(label),
            DetailLine::Title(_) => 0,
        };
        let widest = self.lines.iter().map(label).max().unwrap_or(0);
        if widest == 0 { 0 } else { (widest + 2).min(34) }
    }

    /// The lines, wrapped for a screen of that width.
    fn wrapped_lines(&self, columns: u16) -> Vec<WrappedLine<'_>> {
        let room = columns.min(MAX_COLUMNS).saturating_sub(self.label_width() + 4).max(1);
        let mut out = Vec::new();
        for line in &self.lines {
            match line {
                DetailLine::Title(title) => out.push(WrappedLine::Title(title)),
                DetailLine::Field(label, text) => {
                    for (at, piece) in wrap_after(text, ' ', room).into_iter().enumerate() {
                        out.push(WrappedLine::Text(if at == 0 { label.as_str() } else { "" }, piece));
                    }
                }
            }
        }
        out
    }

    /// Scrolls or copies; any other command closes the popup.
    pub fn command(
        &mut self,
        command: Command,
        _: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        if let Command::Copy | Command::CopyJson = command {
            fx.push(Effect::Copy(self.clipboard_text(), None));
            return Ok(Nav::Stay);
        }
        let page = usize::from(cx.area.height.saturating_sub(2)).max(1);
        let last = self.wrapped_lines(cx.area.width).len().saturating_sub(page);
        self.top = match command {
            Command::Down => self.top + 1,
            Command::PageDown => self.top + page,
            Command::Up => self.top.saturating_sub(1),
            Command::PageUp => self.top.saturating_sub(page),
            Command::First => 0,
            Command::Last => last,
            _ => return Ok(Nav::Back),
        }
        .min(last);
        Ok(Nav::Stay)
    }

    /// The lines as text, with a tab after each label.
    fn clipboard_text(&self) -> ClipboardText {
        let line = |line: &DetailLine| match line {
            DetailLine::Title(title) => title.clone(),
            DetailLine::Field(label, text) if label.is_empty() => text.clone(),
            DetailLine::Field(label, text) => format!("{label}\t{text}"),
        };
        let text = self.lines.iter().map(line).collect::<Vec<_>>().join("\n");
        ClipboardText { text, description: format!("{} copied", pluralize(self.lines.len(), "line")) }
    }

    /// Draws the visible lines and how many follow.
    pub fn view(&self, _: &Workspace, cx: &Context, buf: &mut Buffer) {
        let lines = self.wrapped_lines(cx.area.width);
        let outer = centred(cx.area, MAX_COLUMNS, lines.len() as u16 + 2);
        let inner = draw(buf, outer, &self.title, cx.theme.title, cx.theme.frame);
        for (at, line) in (0..inner.height).zip(lines.iter().skip(self.top)) {
            let mut pen = Pen::new(buf, inner, at);
            match line {
                WrappedLine::Title(title) => pen.text(title, cx.theme.title),
                WrappedLine::Text(label, text) => {
                    pen.text_left(label, self.label_width(), cx.theme.key).text(text, cx.theme.plain)
                }
            };
        }
        let seen = self.top + usize::from(inner.height);
        if seen < lines.len() {
            let more = format!(" {} more ↓ ", lines.len() - seen);
            let mut pen = Pen::new(buf, outer, outer.height.saturating_sub(1));
            let before = pen.columns_left().saturating_sub(width(&more) + 2);
            pen.skip(before).text(&more, cx.theme.dim);
        }
    }
}
