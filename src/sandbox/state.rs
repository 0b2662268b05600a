//! What the sandbox's request handlers share: its options, its records and the faults to come.

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
    /// Whether they are all in the first training program, instead of being spread evenly.
    pub in_one_program: bool,
    /// How long a recalculation takes.
    pub recalculation: Duration,
    /// The delay before each response.
    pub delay: Duration,
    /// How long after the start the key expires; `None` for never.
    pub key_expires_in: Option<Duration>,
    /// The only `X-Api-Key` that is accepted.
    pub key: String,
    /// The secret that requests must be signed with.
    pub secret: String,
    /// Rounds of HMAC in a signature.
    pub folds: u32,
    /// Untrue answers, to test how a client copes with them.
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

/// A fault that one request will hit, to test how a client copes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InjectedFault {
    /// The method of that request.
    pub method: &'static str,
    /// A part of that request's path.
    pub path: String,
    /// What happens to it.
    pub action: FaultAction,
}

/// What a fault does to its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultAction {
    /// Nothing: the request is carried out as usual, so that the next fault hits a later one.
    Pass,
    /// Responds with this status and body, and does not carry the request out.
    Respond(u16, String),
    /// Responds with this status and this value of `Retry-After`, and does not carry the request out.
    RetryAfter(u16, String),
    /// Carries the request out, and breaks off the response.
    DropResponse,
    /// Does not carry the request out, and breaks off the response.
    DropRequest,
    /// Someone else edits this scorecard first: these fields change, and its `updated_at` moves. Then the
    /// request is carried out.
    EditFirst(String, serde_json::Map<String, serde_json::Value>),
}

impl std::fmt::Debug for SandboxState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// What the request handlers share.
pub(super) struct SandboxState {
    /// Faults to come; each hits the first request that matches it, once.
    pub(super) faults: Mutex<Vec<InjectedFault>>,
    pub(super) options: SandboxOptions,
    pub(super) started: jiff::Timestamp,
    pub(super) data: Mutex<SandboxData>,
}

impl SandboxState {
    /// Removes and returns the first fault that matches a request; `None` if none does.
    pub(super) fn take_fault(&self, method: &str, path: &str) -> Option<FaultAction> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let at = faults.iter().position(|fault| fault.method == method && path.contains(&fault.path))?;
        Some(faults.remove(at).action)
    }

    /// The records, once the recalculations whose time is up have ended.
    pub(super) fn data(&self) -> MutexGuard<'_, SandboxData> {
        let mut world = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        world.end_recalculations(jiff::Timestamp::now());
        world
    }
}

pub(super) type SharedSandbox = axum::extract::State<Arc<SandboxState>>;
