//! What ends an apply before all is sent.

use crate::api::error::{ApiError, Failure};

/// Why an apply sends no further request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// The user wants it.
    Stopped,
    /// A failure stands in the way of every request.
    Aborted,
}

impl Halt {
    /// Whether a failure stands in the way of every request: the server is offline or rejects the key.
    pub(super) fn is_called_for(error: &ApiError) -> bool {
        error.is_offline() || matches!(error.failure, Failure::Unauthorized(401))
    }
}
