//! What the handlers of the sandbox share: how it was started, and its records.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::sandbox::state::World;

/// How large the sandbox is and how it behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Participants over all training programs, up to 100,000.
    pub participants: u32,
    /// How long a recalculation runs.
    pub recalculation: Duration,
    /// What is added before each answer.
    pub delay: Duration,
    /// When the key expires, from the start; never when absent.
    pub key_expires_in: Option<Duration>,
    /// `X-Api-Key` that is accepted.
    pub key: String,
    /// The secret that signs.
    pub secret: String,
    /// The fold count of the key.
    pub folds: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            participants: 400,
            recalculation: Duration::from_secs(20),
            delay: Duration::ZERO,
            key_expires_in: None,
            key: "mpk_sandbox".into(),
            secret: "sandbox-secret-not-a-real-one".into(),
            folds: crate::api::sign::FOLDS,
        }
    }
}

/// What the handlers share.
pub(super) struct Shared {
    pub(super) options: Options,
    pub(super) started: jiff::Timestamp,
    pub(super) world: Mutex<World>,
}

impl Shared {
    /// The records, with recalculations that have ended by now accounted for.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.end_recalculations(jiff::Timestamp::now());
        world
    }
}

pub(super) type App = axum::extract::State<Arc<Shared>>;
