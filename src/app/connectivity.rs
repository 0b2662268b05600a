//! Whether the server can be reached and accepts the key.

use std::time::Duration;

use jiff::Timestamp;

use crate::api::error::ApiError;
use crate::api::request::Product;
use crate::app::retry::{RetryBudget, backoff_delay};
use crate::effect::{Delay, RequestId};

/// Whether the server can be reached and accepts the key. Online while both options are `None`.
#[derive(Debug, Default)]
pub(super) struct Connectivity {
    /// The retries left for each product.
    pub(super) retry_budgets: RetryBudgets,
    /// The outage; `None` while the server can be reached.
    pub(super) offline: Option<Offline>,
    /// The rejection; `None` while the key is accepted.
    pub(super) unauthorized: Option<Unauthorized>,
}

/// The retries left for each product: each has its own host and key.
#[derive(Debug, Default)]
pub(super) struct RetryBudgets {
    toolkit: RetryBudget,
    suppliers: RetryBudget,
}

impl RetryBudgets {
    /// The retry budget of a product.
    pub(super) fn of(&mut self, product: Product) -> &mut RetryBudget {
        match product {
            Product::Toolkit => &mut self.toolkit,
            Product::Suppliers => &mut self.suppliers,
        }
    }
}

/// The server rejects the key.
#[derive(Debug)]
pub(super) struct Unauthorized {
    /// The server's response.
    pub(super) error: ApiError,
    /// Whether the popup with the reason has been shown.
    pub(super) shown: bool,
}

/// The server is out of reach.
#[derive(Debug)]
pub(super) struct Offline {
    /// When the outage began.
    pub(super) since: Timestamp,
    /// How often the server has been probed.
    pub(super) probes: u32,
    /// The probe in flight. The user did not ask for it, so its failure is not reported.
    pub(super) probe: Option<RequestId>,
}

/// The first and the longest delay between probes of an unreachable server.
const PROBE_BACKOFF: (Duration, Duration) = (Duration::from_secs(4), Duration::from_mins(1));

/// The delay before the next probe, after this many.
pub(super) fn probe_delay(looks: u32) -> Delay {
    backoff_delay(PROBE_BACKOFF, looks)
}
