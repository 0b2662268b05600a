//! Whether the server can be reached and lets the key in, and how much may still be repeated.

use std::time::Duration;

use jiff::Timestamp;

use crate::api::error::ApiError;
use crate::app::failure::Budget;
use crate::effect::Pause;

/// Whether the server can be reached, and lets the key in.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// The repetitions that may still be made.
    pub(super) budget: Budget,
    /// Since when it is out of reach.
    pub(super) offline: Option<Offline>,
    /// Why the key is not let in, and whether that was shown already.
    pub(super) shut: Option<(ApiError, bool)>,
}

/// The server cannot be reached.
#[derive(Debug)]
pub(super) struct Offline {
    /// Since when.
    pub(super) since: Timestamp,
    /// How often it was looked for.
    pub(super) looks: u32,
    /// Whether a look is under way that nobody asked for: its failure is no news.
    pub(super) looking: bool,
}

/// The longest pause between two looks whether the server can be reached again.
const LONGEST_LOOK: Duration = Duration::from_mins(1);

/// The pause before the server is looked for again.
pub(super) fn look_pause(looks: u32) -> Pause {
    Pause::UpTo(Duration::from_secs(2).saturating_mul(1 << looks.min(6)).min(LONGEST_LOOK))
}
