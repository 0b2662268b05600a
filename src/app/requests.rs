//! Calls in flight: whose they are, and what they are for.

use jiff::Timestamp;

use crate::api::Call;
use crate::api::error::ApiError;
use crate::api::request::Product;
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
    /// Since when, the first time it was sent.
    pub since: Timestamp,
    /// When it was sent last.
    pub sent_at: Timestamp,
    /// Whether it only reads, so that it may be stopped.
    pub reads: bool,
    /// How often it was sent.
    pub attempts: u32,
    /// How an attempt failed that may have arrived all the same.
    pub lost: Option<ApiError>,
    /// What it waits for before it goes out again, if it does.
    pub waits: Option<Waits>,
}

impl Pending {
    /// Whether it goes to BEEtoolkit, not to the Supplier Management System.
    pub fn is_of_toolkit(&self) -> bool {
        self.call.request().product == Product::Toolkit
    }
}

/// A call that failed and waits to go out again.
#[derive(Debug, Clone, PartialEq)]
pub struct Waits {
    /// How it failed.
    pub error: ApiError,
    /// Until when the server asks to wait; none when the pause is left to chance.
    pub until: Option<Timestamp>,
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
