//! The screens, and the one place that passes things on to the one on top.

pub mod plan;
pub mod plans;
pub mod scorecards;
pub mod staged;
pub mod welcome;

use ratatui::buffer::Buffer;

use crate::api::error::ApiError;
use crate::desk::Desk;
use crate::effect::{Effects, RequestId};
use crate::input::command::{Command, Scope};
use crate::input::key::Key;
use crate::nav::table::{ListScreen, Table};
use crate::nav::{Context, Nav, Place};
use crate::screen::plan::PlanScreen;
use crate::screen::plans::Plans;
use crate::screen::scorecards::Scorecards;
use crate::screen::staged::Staged;
use crate::screen::welcome::Welcome;

/// A screen.
#[derive(Debug)]
pub enum Screen {
    /// Nothing is configured.
    Welcome(Welcome),
    /// The list of plans.
    Plans(ListScreen<Plans>),
    /// A plan's grid.
    Plan(Box<PlanScreen>),
    /// The list of scorecards.
    Scorecards(ListScreen<Scorecards>),
    /// The list of staged changes.
    Staged(ListScreen<Staged>),
}

macro_rules! each {
    ($self:expr, $screen:ident => $do:expr) => {
        match $self {
            Screen::Welcome($screen) => $do,
            Screen::Plans($screen) => $do,
            Screen::Plan($screen) => $do,
            Screen::Scorecards($screen) => $do,
            Screen::Staged($screen) => $do,
        }
    };
}

impl Screen {
    /// The screen of a place.
    pub fn open(place: &Place, desk: &Desk, cx: &Context, fx: &mut Effects) -> Self {
        match place {
            Place::Welcome => Self::Welcome(Welcome),
            Place::Plans => Self::Plans(ListScreen::open(desk, fx)),
            Place::Plan(id, cell) => Self::Plan(Box::new(PlanScreen::open(*id, cell.as_ref(), desk, cx, fx))),
            Place::Scorecards => Self::Scorecards(ListScreen::open(desk, fx)),
            Place::Staged => Self::Staged(ListScreen::open(desk, fx)),
        }
    }

    /// Its name in the breadcrumbs.
    pub fn title(&self, desk: &Desk) -> String {
        match self {
            Self::Welcome(_) => "Welcome".into(),
            Self::Plans(_) => Plans::TITLE.into(),
            Self::Plan(screen) => screen.title(desk),
            Self::Scorecards(_) => Scorecards::TITLE.into(),
            Self::Staged(_) => Staged::TITLE.into(),
        }
    }

    /// Whether it is the screen of a place that one goes to directly.
    pub fn is_at(&self, place: &Place) -> bool {
        matches!(
            (self, place),
            (Self::Plans(_), Place::Plans)
                | (Self::Scorecards(_), Place::Scorecards)
                | (Self::Staged(_), Place::Staged)
        )
    }

    /// What stands at the right of the breadcrumbs.
    pub fn headline(&self, desk: &Desk) -> String {
        match self {
            Self::Plan(screen) => screen.headline(desk),
            _ => String::new(),
        }
    }

    /// The scopes of keys that are open, the nearest first; none while everything is typed.
    pub fn scopes(&self) -> &'static [Scope] {
        each!(self, screen => screen.scopes())
    }

    /// The commands to be named in the hint line, the most useful first.
    pub fn hints(&self) -> &'static [Command] {
        match self {
            Self::Welcome(_) => &[Command::Quit],
            Self::Plans(_) => {
                &[Command::Open, Command::Filter, Command::Sort, Command::Recalculate, Command::ReadAgain]
            }
            Self::Plan(screen) => screen.hints(),
            Self::Scorecards(_) => {
                &[Command::Recalculate, Command::Watch, Command::Open, Command::Filter, Command::Sort]
            }
            Self::Staged(_) => &[Command::Open, Command::Unstage, Command::Review, Command::Filter],
        }
    }

    /// Takes a key that means no command here; a reason when it cannot be taken.
    pub fn key(&mut self, key: Key, desk: &Desk) -> Nav {
        match self {
            Self::Welcome(_) => Nav::nothing(key),
            Self::Plans(screen) => screen.key(key, desk),
            Self::Plan(screen) => screen.key(key, desk),
            Self::Scorecards(screen) => screen.key(key, desk),
            Self::Staged(screen) => screen.key(key, desk),
        }
    }

    /// Goes to a place inside itself, if the place is there.
    pub fn revisit(&mut self, place: &Place, desk: &Desk) -> bool {
        match (self, place) {
            (Self::Plan(screen), Place::Plan(plan, Some(cell))) if screen.plan() == *plan => {
                screen.go_to(cell, desk);
                true
            }
            _ => false,
        }
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str, desk: &Desk) -> Nav {
        match self {
            Self::Welcome(_) => {}
            Self::Plans(screen) => screen.paste(text, desk),
            Self::Plan(screen) => return screen.paste(text),
            Self::Scorecards(screen) => screen.paste(text, desk),
            Self::Staged(screen) => screen.paste(text, desk),
        }
        Nav::Stay
    }

    /// Does a command.
    pub fn command(&mut self, command: Command, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        each!(self, screen => screen.command(command, desk, cx, fx))
    }

    /// A reply to one of its calls came; what it brought is on the desk.
    pub fn reply(&mut self, id: RequestId, error: Option<&ApiError>, desk: &Desk, cx: &Context) {
        match self {
            Self::Welcome(_) => {}
            Self::Plans(screen) => screen.reply(id, error, desk),
            Self::Plan(screen) => screen.reply(id, error, desk, cx),
            Self::Scorecards(screen) => screen.reply(id, error, desk),
            Self::Staged(screen) => screen.reply(id, error, desk),
        }
    }

    /// Brings what it keeps in step with the desk and the window; called once after every step.
    pub fn arrange(&mut self, desk: &Desk, cx: &Context) {
        match self {
            Self::Welcome(_) => {}
            Self::Plans(screen) => screen.arrange(cx),
            Self::Plan(screen) => screen.arrange(desk),
            Self::Scorecards(screen) => screen.arrange(cx),
            Self::Staged(screen) => {
                screen.refresh(desk);
                screen.arrange(cx);
            }
        }
    }

    /// Draws it.
    pub fn view(&self, desk: &Desk, cx: &Context, buf: &mut Buffer) {
        each!(self, screen => screen.view(desk, cx, buf));
    }
}
