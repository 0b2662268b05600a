//! The profiles of the configuration, to change to another.

use ratatui::buffer::Buffer;

use crate::desk::Desk;
use crate::effect::{Anew, Effects};
use crate::input::command::Command;
use crate::kit::frame::{centred, draw};
use crate::kit::pen::{Pen, highlight, width};
use crate::nav::{Context, Nav};

/// The choice of a profile.
#[derive(Debug)]
pub struct Profiles {
    names: Vec<String>,
    cursor: usize,
    /// The one in use.
    used: usize,
}

impl Profiles {
    /// The names to choose from, the cursor on the one in use.
    pub fn new(names: Vec<String>, used: Option<&str>) -> Self {
        let used = names.iter().position(|name| Some(name.as_str()) == used).unwrap_or(0);
        Self { names, cursor: used, used }
    }

    /// Does a command.
    pub fn command(&mut self, command: Command, _: &mut Desk, _: &Context, _: &mut Effects) -> Nav {
        let last = self.names.len().saturating_sub(1);
        match command {
            Command::Up => self.cursor = self.cursor.saturating_sub(1),
            Command::Down => self.cursor = (self.cursor + 1).min(last),
            Command::First | Command::PageUp => self.cursor = 0,
            Command::Last | Command::PageDown => self.cursor = last,
            Command::Open => {
                return self
                    .names
                    .get(self.cursor)
                    .cloned()
                    .map_or(Nav::Back, |name| Nav::Anew(Anew::Profile(name)));
            }
            Command::Back => return Nav::Back,
            _ => {}
        }
        Nav::Stay
    }

    /// Draws it.
    pub fn view(&self, _: &Desk, cx: &Context, buf: &mut Buffer) {
        let widest = self.names.iter().map(|name| width(name)).max().unwrap_or(0);
        let columns = (widest + 12).clamp(34, cx.area.width.max(34));
        let outer = centred(cx.area, columns, self.names.len() as u16 + 2);
        let inner = draw(buf, outer, "Change to a profile", cx.theme.title, cx.theme.frame);
        let top = (self.cursor + 1).saturating_sub(usize::from(inner.height));
        for (at, (number, name)) in (0..inner.height).zip(self.names.iter().enumerate().skip(top)) {
            let used = if number == self.used { " (now)" } else { "" };
            Pen::new(buf, inner, at).skip(1).text(name, cx.theme.plain).text(used, cx.theme.dim);
            if number == self.cursor {
                highlight(buf, inner, at, cx.theme.cursor);
            }
        }
    }
}
