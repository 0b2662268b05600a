//! Sends one call for a shell verb, with retries, and reports what a signal interrupted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::api::Call;
use crate::api::client::{Client, RawResponse};
use crate::api::error::{ApiError, Failure};
use crate::api::reply::KeyExpiry;
use crate::api::request::{Method, Request};
use crate::app::retry::{Attempts, RetryBudget, final_error, retry_delay};
use crate::cli::account::{AccountUse, profile_for};
use crate::cli::error::{CliError, ErrorKind, say};
use crate::config::Config;
use crate::domain::date::{format_duration, seconds_since};
use crate::effect::Delay;
use crate::runtime::effects::{background_runtime, jittered_delay};

/// The writes that were sent, each with its number, as long as their outcomes were not reported.
static UNDECIDED_WRITES: Mutex<BTreeMap<u64, UndecidedWrite>> = Mutex::new(BTreeMap::new());

/// A write whose outcome was not reported.
struct UndecidedWrite {
    /// Its method and path.
    what: String,
    /// Whether it was answered; then the next write shows that its sender has seen the answer.
    is_answered: bool,
}

fn lock_undecided_writes() -> MutexGuard<'static, BTreeMap<u64, UndecidedWrite>> {
    UNDECIDED_WRITES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The writes that were sent and not reported, in words; `None` if there is none.
fn undecided_writes() -> Option<String> {
    let writes = lock_undecided_writes();
    let UndecidedWrite { what, .. } = writes.values().next_back()?;
    Some(match writes.len() {
        1 => what.clone(),
        several => format!("{what} (and {} more)", several - 1),
    })
}

/// Notes that the outcomes of all writes are known and reported, so that a signal need not mention them.
pub(super) fn clear_undecided_writes() {
    lock_undecided_writes().clear();
}

/// How long the work has to stop by itself after a signal before the program exits: it may be printing into a
/// pipe that nobody reads.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

/// Runs `work` with the client of the account. Fails when the account may not be used for this purpose, when
/// `work` fails, or when a signal arrives, whatever is being waited for; if a write may have been sent by
/// then, the error says that its outcome is unknown.
pub(super) fn with_client<T>(
    config: Config,
    purpose: AccountUse<'_>,
    work: impl AsyncFnOnce(&Client) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let client = profile_for(config, purpose)?.client();
    with_signals(async || work(&client).await)
}

/// Runs `work`, which sends something. Fails when `work` fails, or when a signal arrives, as [`with_client`] does.
pub(super) fn with_signals<T>(work: impl AsyncFnOnce() -> Result<T, CliError>) -> Result<T, CliError> {
    let runtime = background_runtime()?;
    runtime.spawn(async {
        let end = wait_for_interrupt().await.end();
        tokio::time::sleep(SHUTDOWN_GRACE).await;
        let code = i32::from(end.kind.code());
        // Standard error may also be a pipe that nobody reads.
        let _ = tokio::time::timeout(SHUTDOWN_GRACE, tokio::task::spawn_blocking(|| end.report())).await;
        std::process::exit(code);
    });
    let done = runtime.block_on(async {
        // Listen for signals before anything is sent.
        let interrupted = wait_for_interrupt();
        tokio::select! {
            biased;
            done = work() => done,
            signal = interrupted => Err(signal.end()),
        }
    });
    runtime.shutdown_background();
    done
}

/// Sends a request, with retries where the call and the failure allow them. Fails when the last attempt fails
/// or a signal arrives, so that the caller can still report what was done before.
pub(super) async fn send(call: &Call, request: &Request, client: &Client) -> Result<RawResponse, CliError> {
    let interrupted = wait_for_interrupt();
    tokio::select! {
        biased;
        answer = send_with_retries(call, request, client) => {
            let answer = answer?;
            warn_of_key_expiry(answer.key_expiry.as_ref());
            Ok(answer)
        }
        signal = interrupted => Err(signal.end()),
    }
}

async fn send_with_retries(call: &Call, request: &Request, client: &Client) -> Result<RawResponse, ApiError> {
    static NEXT_NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
    // A read does not change whether an earlier write is undecided.
    let note = |may_have_left: bool, is_answered: bool| {
        if request.method.is_read() {
            return;
        }
        let mut writes = lock_undecided_writes();
        writes.remove(&number);
        writes.retain(|_, write| !write.is_answered);
        if may_have_left {
            let what = format!("{} {}", request.method.name(), request.path_template);
            writes.insert(number, UndecidedWrite { what, is_answered });
        }
    };
    let (started_at, mut budget, mut attempts, mut lost) = (Instant::now(), RetryBudget::default(), 0, None);
    loop {
        attempts += 1;
        note(true, false);
        let sent = client.send(request).await;
        let (method, template) = (request.method.name(), request.path_template);
        match &sent {
            Ok(answer) => tracing::info!(method, template, status = answer.status, "answered"),
            Err(error) => tracing::warn!(method, template, failure = error.kind(), "failed"),
        }
        let error = match sent {
            Ok(answer) => {
                note(true, true);
                return Ok(answer);
            }
            // The response to an earlier attempt was lost; if the record is gone now, that attempt deleted
            // it.
            Err(ApiError { method: Method::Delete, failure: Failure::NotFound, .. }) if lost.is_some() => {
                return Ok(RawResponse {
                    body: Vec::new(),
                    key_expiry: None,
                    status: 404,
                    server_time: None,
                });
            }
            Err(error) => error,
        };
        let Some(pause) =
            retry_delay(call, &error, Attempts { attempts, elapsed: started_at.elapsed() }, &mut budget)
        else {
            let error = final_error(lost, error);
            note(error.is_outcome_unknown(), false);
            return Err(error);
        };
        if error.is_outcome_unknown() {
            lost = Some(error);
        }
        note(lost.is_some(), false);
        if let Delay::Exactly(pause) = pause {
            say(format!("the server asks to wait {} s", pause.as_secs()));
        }
        tokio::time::sleep(jittered_delay(pause)).await;
    }
}

/// A key that expires within this time is worth a warning.
const KEY_EXPIRY_NOTICE: Duration = Duration::from_hours(30 * 24);

/// Warns, once per run, that the key is about to expire or has expired.
fn warn_of_key_expiry(expiry: Option<&KeyExpiry>) {
    static WARNED: AtomicBool = AtomicBool::new(false);
    let Some(at) = expiry.and_then(|expiry| expiry.expires_at) else { return };
    let now = Timestamp::now();
    if at > now.saturating_add(KEY_EXPIRY_NOTICE).unwrap_or(Timestamp::MAX)
        || WARNED.swap(true, Ordering::Relaxed)
    {
        return;
    }
    say(&match key_time_left(at, now) {
        Some(left) => format!("the key expires in {left}; make a new one in BEEtoolkit"),
        None => "the key has expired; make a new one in BEEtoolkit".into(),
    });
}

/// How long a key is still valid, in the two largest units that matter; `None` when it has expired.
pub(super) fn key_time_left(at: Timestamp, now: Timestamp) -> Option<String> {
    (at > now).then(|| format_duration(seconds_since(now, at)))
}

/// A signal that ends the program.
#[derive(Debug, Clone, Copy)]
pub(super) struct TerminationSignal {
    name: &'static str,
    number: u8,
}

impl TerminationSignal {
    /// The error of a program that the signal ended: the signal's exit code, or an unknown outcome if a write
    /// may have been sent.
    fn end(self) -> CliError {
        let Some(what) = undecided_writes() else {
            return CliError::new(self.kind(), Vec::new());
        };
        let words = format!("ended by {} while {what} was being sent: its outcome is unknown", self.name);
        CliError::new(ErrorKind::UnknownOutcome, vec![words])
    }

    /// The message of a program that the signal ended, with what was done until then.
    pub(super) fn message(self, done: &str) -> String {
        format!("ended by {}: {done}", self.name)
    }

    /// How a program ended that the signal ended.
    pub(super) fn kind(self) -> ErrorKind {
        ErrorKind::Signal(self.number)
    }
}

/// Listens from now on for Ctrl-C, SIGTERM or a hang-up, and resolves when one arrives.
#[cfg(unix)]
pub(super) fn wait_for_interrupt() -> impl Future<Output = TerminationSignal> {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [
        ("Ctrl-C", 2, SignalKind::interrupt()),
        ("SIGTERM", 15, SignalKind::terminate()),
        ("a hang-up", 1, SignalKind::hangup()),
    ];
    let mut listening: Vec<_> = kinds
        .into_iter()
        .filter_map(|(name, number, kind)| Some((TerminationSignal { name, number }, signal(kind).ok()?)))
        .collect();
    std::future::poll_fn(move |cx| {
        let came =
            listening.iter_mut().find_map(|(came, signal)| signal.poll_recv(cx).is_ready().then_some(*came));
        came.map_or(std::task::Poll::Pending, std::task::Poll::Ready)
    })
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub(super) async fn wait_for_interrupt() -> TerminationSignal {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    TerminationSignal { name: "Ctrl-C", number: 2 }
}
