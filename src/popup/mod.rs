//! Popups over a screen: review, dialogs, choices, help; and the one place that forwards keys and commands to
//! them.

pub mod choice;
pub mod command_line;
pub mod confirm;
pub mod details;
pub mod review;
pub mod summary;
pub mod watch;
pub mod years;

use crate::domain::refusal::Refusal;
use jiff::Timestamp;
use ratatui::buffer::Buffer;

use crate::effect::Effects;
use crate::input::command::{Command, Scope};
use crate::input::key::Key;
use crate::nav::{Context, Nav, paste_refused, unbound_key};
use crate::popup::choice::ChoicePopup;
use crate::popup::command_line::CommandLine;
use crate::popup::confirm::{BusyDialog, ConfirmDialog};
use crate::popup::details::DetailsPopup;
use crate::popup::review::Review;
use crate::popup::summary::SummaryPopup;
use crate::popup::watch::WatchPanel;
use crate::popup::years::YearsPopup;
use crate::workspace::Workspace;

/// A popup.
#[derive(Debug)]
pub enum Popup {
    /// A command line.
    CommandLine(CommandLine),
    /// A question before something is sent.
    Confirm(ConfirmDialog),
    /// What to do after the server answered 409.
    Busy(BusyDialog),
    /// The review of staged changes.
    Review(Review),
    /// The watched recalculations.
    Watch(WatchPanel),
    /// Lines to read: details of a record, a request, the help.
    Details(DetailsPopup),
    /// A searchable choice.
    Choice(ChoicePopup),
    /// All years of one level.
    Years(YearsPopup),
    /// The targets of a plan, met or short, in all years.
    Summary(SummaryPopup),
}

/// Whether a command moves by lines.
fn is_line_movement(command: Command) -> bool {
    use Command::{Down, First, Last, PageDown, PageUp, Up};
    matches!(command, Up | Down | PageUp | PageDown | First | Last)
}

macro_rules! each {
    ($self:expr, $popup:ident => $do:expr) => {
        match $self {
            Popup::CommandLine($popup) => $do,
            Popup::Confirm($popup) => $do,
            Popup::Busy($popup) => $do,
            Popup::Review($popup) => $do,
            Popup::Watch($popup) => $do,
            Popup::Details($popup) => $do,
            Popup::Choice($popup) => $do,
            Popup::Years($popup) => $do,
            Popup::Summary($popup) => $do,
        }
    };
}

impl Popup {
    /// The scopes whose keys are active; none while every key is typed.
    pub fn scopes(&self) -> &'static [Scope] {
        match self {
            Self::CommandLine(_) | Self::Choice(_) => &[],
            Self::Confirm(confirm) => confirm.scopes(),
            Self::Busy(_) => &[Scope::Busy],
            Self::Years(_) => &[Scope::Years, Scope::Navigating, Scope::Everywhere],
            Self::Summary(_) => &[Scope::Summary, Scope::Navigating, Scope::Everywhere],
            Self::Review(_) => &[Scope::Review, Scope::Navigating, Scope::Everywhere, Scope::OutsideGrid],
            Self::Watch(_) | Self::Details(_) => &[Scope::Navigating, Scope::Everywhere, Scope::OutsideGrid],
        }
    }

    /// When it was opened, if it is a dialog waiting for an answer; else `None`.
    pub fn question_shown_at(&self) -> Option<Timestamp> {
        match self {
            Self::Confirm(confirm) => Some(confirm.opened_at()),
            Self::Busy(busy) => Some(busy.opened_at()),
            _ => None,
        }
    }

    /// The commands shown in the hint line.
    pub fn hints(&self) -> &'static [Command] {
        match self {
            Self::CommandLine(_) | Self::Choice(_) => &[],
            Self::Confirm(confirm) if confirm.requires_typed_name() => &[],
            Self::Confirm(_) => &[Command::Yes, Command::No, Command::FocusOtherButton, Command::PressButton],
            Self::Busy(_) => &[Command::WaitThenStart, Command::OnlyWatch, Command::Neither],
            Self::Review(review) => review.hints(),
            Self::Watch(_) => &[Command::ReadAgain, Command::Recalculate, Command::Back],
            Self::Details(_) => &[Command::Down, Command::PageDown, Command::Back],
            Self::Years(_) => &[Command::GoToYear, Command::Down, Command::Right, Command::Back],
            Self::Summary(_) => &[Command::GoToShortfall, Command::Down, Command::Right, Command::Back],
        }
    }

    /// Whether a command of the active scopes is available here.
    pub fn enabled(&self, command: Command, workspace: &Workspace) -> bool {
        let scope = command.entry().scope;
        match self {
            Self::CommandLine(_) | Self::Choice(_) => false,
            Self::Confirm(_) | Self::Busy(_) => self.scopes().contains(&scope),
            Self::Review(_) if matches!(command, Command::KeepMine | Command::TakeTheirs) => {
                workspace.has_undecided()
            }
            Self::Review(_) => scope == Scope::Review || is_line_movement(command),
            Self::Watch(_) => {
                matches!(command, Command::Up | Command::Down | Command::ReadAgain | Command::Recalculate)
            }
            Self::Details(_) => {
                is_line_movement(command) || matches!(command, Command::Copy | Command::CopyJson)
            }
            Self::Years(_) => matches!(scope, Scope::Years | Scope::Navigating),
            Self::Summary(_) => matches!(scope, Scope::Summary | Scope::Navigating),
        }
    }

    /// Handles a key that is bound to no command here.
    pub fn key(&mut self, key: Key, cx: &Context) -> Result<Nav, Refusal> {
        match self {
            Self::CommandLine(line) => line.key(key, cx),
            Self::Choice(choice) => choice.key(key, cx),
            Self::Confirm(confirm) => confirm.key(key, cx),
            _ => Err(unbound_key(key)),
        }
    }

    /// Inserts pasted text where text can be typed; elsewhere says why it was ignored.
    pub fn paste(&mut self, text: &str) -> Result<Nav, Refusal> {
        match self {
            Self::CommandLine(line) => line.paste(text),
            Self::Choice(choice) => choice.paste(text),
            Self::Confirm(confirm) if confirm.requires_typed_name() => confirm.paste(text),
            _ => return Err(paste_refused(text)),
        }
        Ok(Nav::Stay)
    }

    /// Runs a command and returns what the app should do next.
    pub fn command(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        each!(self, popup => popup.command(command, workspace, cx, fx))
    }

    /// Adjusts cursor and scroll position to the current workspace.
    pub fn arrange(&mut self, workspace: &Workspace, cx: &Context) {
        match self {
            Self::Review(review) => review.arrange(workspace, cx),
            Self::Choice(choice) => choice.arrange(cx),
            _ => {}
        }
    }

    /// Draws the popup over the screen below.
    pub fn view(&self, workspace: &Workspace, cx: &Context, buf: &mut Buffer) {
        each!(self, popup => popup.view(workspace, cx, buf));
    }
}
