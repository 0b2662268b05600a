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
    ListRead,
    /// Nobody: what it brings goes on the desk.
    Background,
    /// The apply.
    Apply,
    /// A watch, in some phase.
    Watch(ScorecardId, WatchPhase),
}

/// A call in flight.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingRequest {
    /// Who gets the reply.
    pub owner: Owner,
    /// What was called.
    pub call: Call,
    /// Since when, the first time it was sent.
    pub first_sent_at: Timestamp,
    /// When it was sent last.
    pub sent_at: Timestamp,
    /// Whether it only reads, so that it may be stopped.
    pub is_read: bool,
    /// How often it was sent.
    pub attempts: u32,
    /// How an attempt failed that may have arrived all the same.
    pub uncertain_error: Option<ApiError>,
    /// What it waits for before it goes out again, if it does.
    pub waiting: Option<WaitingToRetry>,
}

impl PendingRequest {
    /// Whether it goes to BEEtoolkit, not to the Supplier Management System.
    pub fn goes_to_toolkit(&self) -> bool {
        self.call.request().product == Product::Toolkit
    }
}

/// A call that failed and waits to go out again.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitingToRetry {
    /// How it failed.
    pub error: ApiError,
    /// Until when the server asks to wait; none when the pause is left to chance.
    pub until: Option<Timestamp>,
}

/// What a watch's call is for. Reading one scorecard is listed in the documents but not described, so the list
/// stands in where it is not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchPhase {
    /// `updated_at` is noted before the PUT.
    NoteUpdatedAt(ScorecardSource),
    /// The PUT.
    Start,
    /// A look whether `updated_at` has moved.
    Poll(ScorecardSource),
}

/// Which endpoint a scorecard is read through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScorecardSource {
    /// `GET …/scorecards/{id}`
    ById,
    /// `GET …/scorecards`
    List,
}
