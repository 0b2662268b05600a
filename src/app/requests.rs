//! Requests without a final reply: what was called, and who receives the reply.

use jiff::Timestamp;

use crate::api::Call;
use crate::api::error::ApiError;
use crate::api::request::Product;
use crate::effect::Owner;

/// A request without a final reply: in flight, or waiting to retry.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingRequest {
    /// Who receives the reply.
    pub owner: Owner,
    /// What was called.
    pub call: Call,
    /// When it was made; it is first sent then, or after it has waited for its turn.
    pub made_at: Timestamp,
    /// When it was last sent; when it was made, until then.
    pub sent_at: Timestamp,
    /// Its place among all that were sent: a larger one was sent later. 0 until it is sent.
    pub sent_order: u64,
    /// Whether it is a read, which may be cancelled.
    pub is_read: bool,
    /// How often it was sent, from 1.
    pub attempts: u32,
    /// The error of an attempt that may have reached the server all the same.
    pub uncertain_error: Option<ApiError>,
    /// Whether it waits for its turn, is in flight or waits to retry.
    pub state: RequestState,
}

/// The state of a request that has no final reply yet.
#[derive(Debug, Clone, PartialEq)]
pub enum RequestState {
    /// It waits for its turn, because as many reads as allowed are in flight.
    Queued,
    /// It was sent; the response has not come.
    InFlight,
    /// It failed and is sent again after a delay.
    WaitingToRetry(WaitingToRetry),
}

impl PendingRequest {
    /// The error and the wait, if it is waiting to retry; else `None`.
    pub fn waiting(&self) -> Option<&WaitingToRetry> {
        match &self.state {
            RequestState::Queued | RequestState::InFlight => None,
            RequestState::WaitingToRetry(waiting) => Some(waiting),
        }
    }

    /// The product it is sent to.
    pub fn product(&self) -> Product {
        self.call.request().product
    }

    /// Whether it is sent to BEEtoolkit, not to the Supplier Management System.
    pub fn goes_to_toolkit(&self) -> bool {
        self.product() == Product::Toolkit
    }
}

/// A failed request's wait before its retry.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitingToRetry {
    /// The error of the last attempt.
    pub error: ApiError,
    /// The end of the wait if the server set it; `None` when the delay has random jitter.
    pub until: Option<Timestamp>,
}
