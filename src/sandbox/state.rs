//! What the handlers of the sandbox share: how it was started, and its records.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::sandbox::data::SandboxData;

/// How large the sandbox is and how it behaves.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Participants over all training programs, up to 100,000.
    pub participants: u32,
    /// Whether they are all in the first training program, instead of spread evenly.
    pub in_one_program: bool,
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
    /// Untrue answers that a client has to stand.
    pub untrue: Vec<UntrueAnswer>,
}

/// A way in which the sandbox answers untruly, for integrators to test against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum UntrueAnswer {
    /// Writes are done and answered with 200 and bytes that are no text
    NotUtf8,
    /// Writes are done and answered with 200 and JSON 10,000 levels deep
    TooDeep,
    /// Writes are done and answered with 200 and JSON of another shape
    OtherShape,
    /// Pages after the first are empty, though the count says otherwise
    EmptyPage,
    /// Writes but recalculations are answered with 409 and words about a lock
    Locked,
    /// Writes are answered with 403 and words
    Forbidden,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            port: 0,
            participants: 400,
            in_one_program: false,
            recalculation: Duration::from_secs(20),
            delay: Duration::ZERO,
            key_expires_in: None,
            key: "mpk_sandbox".into(),
            secret: "sandbox-secret-not-a-real-one".into(),
            folds: crate::api::sign::DEFAULT_FOLDS,
            untrue: Vec::new(),
        }
    }
}

/// What goes wrong with one request, for tests of what a client makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InjectedFault {
    /// The method it strikes.
    pub method: &'static str,
    /// A part of the path it strikes.
    pub path: String,
    /// What happens.
    pub action: FaultAction,
}

/// What a fault does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultAction {
    /// Nothing: the request passes, so that a later one is struck.
    Pass,
    /// Answers with this status and body, and does nothing of what was asked.
    Respond(u16, String),
    /// Answers with this status and asks to wait so long, in the words of `Retry-After`; does nothing of what was asked.
    RetryAfter(u16, String),
    /// Does what was asked, and breaks the answer off.
    DropResponse,
    /// Does nothing of what was asked, and breaks the answer off.
    DropRequest,
    /// Someone else edits this scorecard just before: these fields, and its `updated_at` moves. Then it does what was asked.
    EditFirst(String, serde_json::Map<String, serde_json::Value>),
}

impl std::fmt::Debug for SandboxState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// What the handlers share.
pub(super) struct SandboxState {
    /// Faults to come; each strikes the first request it fits, once.
    pub(super) faults: Mutex<Vec<InjectedFault>>,
    pub(super) options: SandboxOptions,
    pub(super) started: jiff::Timestamp,
    pub(super) data: Mutex<SandboxData>,
}

impl SandboxState {
    /// The fault that strikes a request, taken out.
    pub(super) fn take_fault(&self, method: &str, path: &str) -> Option<FaultAction> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let at = faults.iter().position(|fault| fault.method == method && path.contains(&fault.path))?;
        Some(faults.remove(at).action)
    }

    /// The records, with recalculations that have ended by now accounted for.
    pub(super) fn data(&self) -> MutexGuard<'_, SandboxData> {
        let mut world = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        world.end_recalculations(jiff::Timestamp::now());
        world
    }
}

pub(super) type SharedSandbox = axum::extract::State<Arc<SandboxState>>;
