//! Why an apply stops before everything is sent.

use crate::api::error::{ApiError, Failure};

/// Why an apply sends no further request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// The user stopped it.
    Stopped,
    /// A failure that every further request would meet too.
    Aborted,
}

impl Halt {
    /// Whether every further request would fail too: the server is offline or rejects the key.
    pub(super) fn is_called_for(error: &ApiError) -> bool {
        error.is_offline() || matches!(error.failure, Failure::Unauthorized(401))
    }
}
