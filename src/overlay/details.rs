//! All fields of a record, one a line.

use ratatui::buffer::Buffer;

use crate::desk::Desk;
use crate::domain::counter::label_of;
use crate::domain::record::Record;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::kit::frame::{centred, draw};
use crate::kit::pen::Pen;
use crate::nav::{Context, Nav};

/// The details of a record.
#[derive(Debug)]
pub struct Details {
    record: Box<Record>,
    top: u16,
}

impl Details {
    /// Of a record.
    pub fn new(record: Box<Record>) -> Self {
        Self { record, top: 0 }
    }

    /// Does a command.
    pub fn command(&mut self, command: Command, _: &mut Desk, _: &Context, _: &mut Effects) -> Nav {
        let last = self.record.schema().fields.len() as u16 - 1;
        self.top = match command {
            Command::Down => (self.top + 1).min(last),
            Command::PageDown => (self.top + 10).min(last),
            Command::Up => self.top.saturating_sub(1),
            Command::PageUp => self.top.saturating_sub(10),
            _ => return Nav::Back,
        };
        Nav::Stay
    }

    /// Draws it.
    pub fn view(&self, _: &Desk, cx: &Context, buf: &mut Buffer) {
        let fields = self.record.schema().fields.len() as u16;
        let outer = centred(cx.area, 84, fields + 2);
        let title = label_of(self.record.schema().name);
        let inner = draw(buf, outer, &title, cx.theme.title, cx.theme.frame);
        for (at, (field, value)) in (0..inner.height).zip(self.record.entries().skip(usize::from(self.top))) {
            let mut pen = Pen::new(buf, inner, at);
            pen.left_in(&label_of(field.name), 24, cx.theme.dim).text(&value.to_string(), cx.theme.plain);
        }
    }
}
