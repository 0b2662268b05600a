//! Whether the server can be reached and accepts the key.

use std::time::Duration;

use jiff::Timestamp;

use crate::api::error::ApiError;
use crate::api::request::Product;
use crate::app::retry::{RetryBudget, backoff_delay};
use crate::effect::{Delay, RequestId};

/// Whether the server can be reached, and lets the key in.
#[derive(Debug, Default)]
pub(super) struct Connectivity {
    /// How many retries are left.
    pub(super) retry_budgets: RetryBudgets,
    /// Since when it is out of reach.
    pub(super) offline: Option<Offline>,
    /// Why the key is not let in.
    pub(super) unauthorized: Option<Unauthorized>,
}

/// The retries left of each product: they have hosts and keys of their own.
#[derive(Debug, Default)]
pub(super) struct RetryBudgets {
    toolkit: RetryBudget,
    suppliers: RetryBudget,
}

impl RetryBudgets {
    /// The budget of a product.
    pub(super) fn of(&mut self, product: Product) -> &mut RetryBudget {
        match product {
            Product::Toolkit => &mut self.toolkit,
            Product::Suppliers => &mut self.suppliers,
        }
    }
}

/// The server rejected the key.
#[derive(Debug)]
pub(super) struct Unauthorized {
    /// What the server said.
    pub(super) error: ApiError,
    /// Whether that was shown already.
    pub(super) shown: bool,
}

/// The server cannot be reached.
#[derive(Debug)]
pub(super) struct Offline {
    /// Since when.
    pub(super) since: Timestamp,
    /// How often it was looked for.
    pub(super) probes: u32,
    /// The look that is under way, which nobody asked for: its failure is no news.
    pub(super) probe: Option<RequestId>,
}

/// The first pause before the server is looked for again, and the longest.
const PROBE_BACKOFF: (Duration, Duration) = (Duration::from_secs(4), Duration::from_mins(1));

/// The pause before the server is looked for again.
pub(super) fn probe_delay(looks: u32) -> Delay {
    backoff_delay(PROBE_BACKOFF, looks)
}
