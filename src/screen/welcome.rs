//! The first screen when nothing is configured: it says so, and the two ways on.

use ratatui::buffer::Buffer;

use crate::desk::Desk;
use crate::effect::Effects;
use crate::input::command::{Command, Scope};
use crate::kit::pen::{Pen, wrap};
use crate::nav::{Context, Nav};

/// The welcome.
#[derive(Debug)]
pub struct Welcome;

const TEXT: &str = "No account is configured.

To look round without one, quit and start the demo:

    bee-tui --demo

To use your own, make a key in BEEtoolkit, quit, and take it into a profile; it is tried first, and its secret goes \
into the keyring:

    bee-tui login

Every setting is in config.example.toml, and bee-tui --help names the place. Without a file, set BEE_TUI_BASE_URL, BEE_TUI_API_KEY and BEE_TUI_API_SECRET.";

impl Welcome {
    /// The scopes of keys that are open.
    pub fn scopes(&self) -> &'static [Scope] {
        &[Scope::Everywhere, Scope::Places]
    }

    /// Only leaving is possible.
    pub fn command(&mut self, command: Command, _: &mut Desk, _: &Context, _: &mut Effects) -> Nav {
        match command {
            Command::Back => Nav::Back,
            _ => Nav::refuse("no account is configured"),
        }
    }

    /// Draws it.
    pub fn view(&self, _: &Desk, cx: &Context, buf: &mut Buffer) {
        let columns = cx.area.width.saturating_sub(4).min(76);
        let lines = TEXT
            .lines()
            .flat_map(|line| if line.starts_with(' ') { vec![line.to_owned()] } else { wrap(line, columns) });
        for (at, line) in (1..).zip(lines) {
            let style = if line.starts_with(' ') { cx.theme.key } else { cx.theme.plain };
            Pen::new(buf, cx.area, at).skip(2).text(&line, style);
        }
    }
}
