//! What lies over a screen: the reviews, questions and helps, and the one place that passes things on to them.

pub mod choice;
pub mod command_line;
pub mod confirm;
pub mod reader;
pub mod review;
pub mod watch;
pub mod years;

use jiff::Timestamp;
use ratatui::buffer::Buffer;

use crate::desk::Desk;
use crate::effect::Effects;
use crate::input::command::{Command, Scope};
use crate::input::key::Key;
use crate::nav::{Context, Nav};
use crate::overlay::choice::Choice;
use crate::overlay::command_line::CommandLine;
use crate::overlay::confirm::{Busy, Confirm};
use crate::overlay::reader::Reader;
use crate::overlay::review::Review;
use crate::overlay::watch::WatchPanel;
use crate::overlay::years::Years;

/// An overlay.
#[derive(Debug)]
pub enum Overlay {
    /// A command being typed.
    CommandLine(CommandLine),
    /// A question before something is sent.
    Confirm(Confirm),
    /// What to do about a 409.
    Busy(Busy),
    /// What is staged, before it is applied.
    Review(Review),
    /// The recalculations.
    Watch(WatchPanel),
    /// Lines to be read.
    Reader(Reader),
    /// A choice among many.
    Choice(Choice),
    /// A level over the years.
    Years(Years),
}

/// Whether a command moves in lines of text.
fn moves_in_lines(command: Command) -> bool {
    use Command::{Down, First, Last, PageDown, PageUp, Up};
    matches!(command, Up | Down | PageUp | PageDown | First | Last)
}

macro_rules! each {
    ($self:expr, $overlay:ident => $do:expr) => {
        match $self {
            Overlay::CommandLine($overlay) => $do,
            Overlay::Confirm($overlay) => $do,
            Overlay::Busy($overlay) => $do,
            Overlay::Review($overlay) => $do,
            Overlay::Watch($overlay) => $do,
            Overlay::Reader($overlay) => $do,
            Overlay::Choice($overlay) => $do,
            Overlay::Years($overlay) => $do,
        }
    };
}

impl Overlay {
    /// The scopes of keys that are open; none while everything is typed.
    pub fn scopes(&self) -> &'static [Scope] {
        match self {
            Self::CommandLine(_) | Self::Choice(_) => &[],
            Self::Confirm(confirm) => confirm.scopes(),
            Self::Busy(_) => &[Scope::Busy],
            Self::Years(_) => &[Scope::Years, Scope::Moving, Scope::Everywhere],
            Self::Review(_) => &[Scope::Review, Scope::Moving, Scope::Everywhere, Scope::Places],
            Self::Watch(_) | Self::Reader(_) => &[Scope::Moving, Scope::Everywhere, Scope::Places],
        }
    }

    /// When it came up, if it is a question that waits for an answer.
    pub fn asked_at(&self) -> Option<Timestamp> {
        match self {
            Self::Confirm(confirm) => Some(confirm.opened()),
            Self::Busy(busy) => Some(busy.opened()),
            _ => None,
        }
    }

    /// The commands to be named in the hint line.
    pub fn hints(&self) -> &'static [Command] {
        match self {
            Self::CommandLine(_) | Self::Choice(_) => &[],
            Self::Confirm(confirm) if confirm.is_typed() => &[],
            Self::Confirm(_) => &[Command::Yes, Command::No, Command::Focus, Command::Press],
            Self::Busy(_) => &[Command::WaitThenStart, Command::OnlyWatch, Command::Neither],
            Self::Review(review) => review.hints(),
            Self::Watch(_) => &[Command::ReadAgain, Command::Recalculate, Command::Back],
            Self::Reader(_) => &[Command::Down, Command::PageDown, Command::Back],
            Self::Years(_) => &[Command::ToYear, Command::Down, Command::Right, Command::Back],
        }
    }

    /// Whether a command of the scopes that are open can do something here.
    pub fn enabled(&self, command: Command, desk: &Desk) -> bool {
        let scope = command.entry().scope;
        match self {
            Self::CommandLine(_) | Self::Choice(_) => false,
            Self::Confirm(_) | Self::Busy(_) => self.scopes().contains(&scope),
            Self::Review(_) if matches!(command, Command::Mine | Command::Theirs) => desk.has_to_decide(),
            Self::Review(_) => scope == Scope::Review || moves_in_lines(command),
            Self::Watch(_) => {
                matches!(command, Command::Up | Command::Down | Command::ReadAgain | Command::Recalculate)
            }
            Self::Reader(_) => {
                moves_in_lines(command) || matches!(command, Command::Copy | Command::CopyJson)
            }
            Self::Years(_) => matches!(scope, Scope::Years | Scope::Moving),
        }
    }

    /// Takes a key that means no command here.
    pub fn key(&mut self, key: Key, cx: &Context) -> Nav {
        match self {
            Self::CommandLine(line) => line.key(key, cx),
            Self::Choice(choice) => choice.key(key, cx),
            Self::Confirm(confirm) => confirm.key(key, cx),
            _ => Nav::nothing(key),
        }
    }

    /// Takes pasted text where text is typed; a reason elsewhere.
    pub fn paste(&mut self, text: &str) -> Nav {
        match self {
            Self::CommandLine(line) => line.paste(text),
            Self::Choice(choice) => choice.paste(text),
            Self::Confirm(confirm) if confirm.is_typed() => confirm.paste(text),
            _ => return Nav::no_text_here(text),
        }
        Nav::Stay
    }

    /// Does a command.
    pub fn command(&mut self, command: Command, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        each!(self, overlay => overlay.command(command, desk, cx, fx))
    }

    /// Keeps its cursor and window in step with the desk.
    pub fn arrange(&mut self, desk: &Desk, cx: &Context) {
        match self {
            Self::Review(review) => review.arrange(desk, cx),
            Self::Choice(choice) => choice.arrange(cx),
            _ => {}
        }
    }

    /// Draws it over what is below.
    pub fn view(&self, desk: &Desk, cx: &Context, buf: &mut Buffer) {
        each!(self, overlay => overlay.view(desk, cx, buf));
    }
}
