//! Calls in flight: whose they are, and what they are for.

use jiff::Timestamp;

use crate::api::Call;
use crate::domain::id::ScorecardId;

/// Who asked for a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Owner {
    /// A screen, by its number; the review counts as the screen below it.
    Screen(u64),
    /// A reading of a collection.
    Reading,
    /// Nobody: what it brings goes on the desk.
    Desk,
    /// The apply.
    Apply,
    /// A watch, in some phase.
    Watch(ScorecardId, Phase),
}

/// A call in flight.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    /// Who gets the reply.
    pub owner: Owner,
    /// What was called.
    pub call: Call,
    /// Since when.
    pub since: Timestamp,
    /// Whether it only reads, so that it may be stopped.
    pub reads: bool,
}

/// What a watch's call is for. Reading one scorecard is listed in the documents but not described, so the list
/// stands in where it is not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// `updated_at` is noted before the PUT.
    Note(Through),
    /// The PUT.
    Put,
    /// A look whether `updated_at` has moved.
    Look(Through),
}

/// Which endpoint a scorecard is read through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// `GET …/scorecards/{id}`
    One,
    /// `GET …/scorecards`
    List,
}
