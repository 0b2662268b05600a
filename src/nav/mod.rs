//! What a screen says to the app: where to go, what to say, what to ask; and what it is told of the world.

pub mod table;

use jiff::Timestamp;
use ratatui::layout::Rect;

use crate::config::Guard;
use crate::domain::change::{Cell, Confirmed, Entry};
use crate::domain::id::{PlanId, ScorecardId};
use crate::domain::recalculation::Wish;
use crate::domain::record::Record;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::input::key::Key;
use crate::input::keymap::Keymap;
use crate::theme::Theme;

/// Where one can go.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// Nothing is configured.
    Welcome,
    /// The list of plans.
    Plans,
    /// A plan's grid, at a cell if one is meant.
    Plan(PlanId, Option<Cell>),
    /// The list of scorecards.
    Scorecards,
    /// The list of staged changes.
    Staged,
}

/// How a notice is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It went well.
    Good,
    /// It is so.
    Plain,
    /// It needs a look.
    Warning,
    /// It went wrong.
    Error,
}

/// A sentence for the status line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How it is meant.
    pub tone: Tone,
    /// What is said.
    pub text: String,
}

impl Notice {
    /// A notice of that tone.
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into() }
    }
}

/// What is asked before it is done.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// Send these numbers, and nothing else.
    Apply(Confirmed),
    /// Start a recalculation of a scorecard.
    Recalculate(ScorecardId),
}

/// What a screen or an overlay says to the app.
#[derive(Debug, Clone, PartialEq)]
pub enum Nav {
    /// Nothing.
    Stay,
    /// Drill in.
    Open(Place),
    /// One step back.
    Back,
    /// Say something.
    Say(Notice),
    /// Ask first.
    Ask(Question),
    /// It was asked, and the answer was yes.
    Confirmed(Question),
    /// Do as if the command's key had been pressed.
    Do(Command),
    /// What to do about a recalculation that was started elsewhere; `None` to forget it.
    Busy(ScorecardId, Option<Wish>),
    /// Look now at a recalculation under watch.
    Look(ScorecardId),
    /// Show all fields of a record.
    Details(Box<Record>),
}

impl Nav {
    /// Why a command cannot act now.
    pub fn refuse(why: impl Into<String>) -> Self {
        Self::Say(Notice::new(Tone::Warning, why))
    }

    /// A key that means nothing here.
    pub fn nothing(key: Key) -> Self {
        Self::refuse(format!("{key} does nothing here"))
    }

    /// Journals what an edit did, or says why it could not be done.
    pub fn edited(done: Result<Vec<Entry>, &'static str>, fx: &mut Effects) -> Self {
        match done {
            Ok(entries) => {
                fx.store(entries);
                Self::Stay
            }
            Err(why) => Self::refuse(why),
        }
    }
}

/// What a screen is told besides the desk.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The time of this step.
    pub now: Timestamp,
    /// The keys, for hints.
    pub keymap: &'a Keymap,
    /// The styles.
    pub theme: &'a Theme,
    /// What the profile may do.
    pub guard: Guard,
    /// Where the screen is drawn.
    pub area: Rect,
}
