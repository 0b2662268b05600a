//! Calls in flight: whose they are, and what they are for.

use jiff::Timestamp;

use crate::api::Call;
use crate::api::error::ApiError;
use crate::api::request::Product;
use crate::effect::Owner;

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
    /// Whether it has been sent or waits.
    pub state: RequestState,
}

/// The state of a request that has no final reply yet.
#[derive(Debug, Clone, PartialEq)]
pub enum RequestState {
    /// It was sent; the response has not come.
    InFlight,
    /// It failed and is sent again after a delay.
    WaitingToRetry(WaitingToRetry),
}

impl PendingRequest {
    /// How it failed and until when it waits, while it waits to be sent again.
    pub fn waiting(&self) -> Option<&WaitingToRetry> {
        match &self.state {
            RequestState::InFlight => None,
            RequestState::WaitingToRetry(waiting) => Some(waiting),
        }
    }

    /// The product it is a request to.
    pub fn product(&self) -> Product {
        self.call.request().product
    }

    /// Whether it goes to BEEtoolkit, not to the Supplier Management System.
    pub fn goes_to_toolkit(&self) -> bool {
        self.product() == Product::Toolkit
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
