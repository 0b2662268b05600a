//! The welcome screen: says that nothing is configured, and offers the demo or a login.

use crate::domain::refusal::Refusal;
use ratatui::buffer::Buffer;

use crate::effect::{Effects, Restart};
use crate::input::command::{Command, Scope};
use crate::kit::pen::{Pen, wrap};
use crate::nav::{Context, Nav};
use crate::workspace::Workspace;

/// The welcome screen.
#[derive(Debug)]
pub struct Welcome;

const WELCOME_TEXT: &str = "No account is configured.

    Enter    try it without one: the demo, on a sandbox inside the program
    L        take a key of yours into a profile

Make a key in BEEtoolkit first; it is tried, and its secret goes into the keyring. `bee-tui login` does the same from a \
shell. Every setting is in config.example.toml, and `bee-tui --help` names the place.

Without a file, set BEE_TUI_BASE_URL, BEE_TUI_API_KEY and BEE_TUI_API_SECRET.";

impl Welcome {
    /// The scopes whose keys are active.
    pub fn scopes(&self) -> &'static [Scope] {
        &[Scope::List, Scope::Everywhere, Scope::OutsideGrid]
    }

    /// Starts the demo or goes back; the app handles the login.
    pub fn command(
        &mut self,
        command: Command,
        _: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Result<Nav, Refusal> {
        match command {
            Command::Back => Ok(Nav::Back),
            Command::Open => Ok(Nav::Restart(Restart::Demo)),
            _ => Err(Refusal::from("no account is configured")),
        }
    }

    /// Draws the welcome text.
    pub fn view(&self, _: &Workspace, cx: &Context, buf: &mut Buffer) {
        let columns = cx.area.width.saturating_sub(4).min(76);
        let lines = WELCOME_TEXT
            .lines()
            .flat_map(|line| if line.starts_with(' ') { vec![line.to_owned()] } else { wrap(line, columns) });
        for (at, line) in (1..).zip(lines) {
            let style = if line.starts_with(' ') { cx.theme.key } else { cx.theme.plain };
            Pen::new(buf, cx.area, at).skip(2).text(&line, style);
        }
    }
}
