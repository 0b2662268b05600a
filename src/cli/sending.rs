//! Sending from the shell: one call, repeated where that may help, and what is said when it did not do what was asked.

use std::cell::Cell;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::api::client::{Client, RawAnswer};
use crate::api::error::{ApiError, Failure};
use crate::api::reply::KeyExpiry;
use crate::api::request::{Method, Request};
use crate::api::{Call, plans};
use crate::app::failure::{Budget, Made, again, told};
use crate::cli::account::{Purpose, profile};
use crate::cli::exit::{FAILED, UNKNOWN, USAGE, code_of, say};
use crate::config::Config;
use crate::domain::counter::Counter;
use crate::domain::date::{seconds_since, span};
use crate::domain::target::{Reading, Target};
use crate::effect::Pause;
use crate::runtime::effects::{background, drawn};

/// What is to be done about an unknown outcome.
const LOOK_FIRST: &str = "it may have been carried out all the same: look before you send it again";

/// Why a verb did not do what was asked: lines for stderr, and the exit code.
pub(super) struct End {
    pub(super) words: Vec<String>,
    pub(super) code: u8,
}

impl End {
    /// Says the words; the exit code.
    pub(super) fn tell(self) -> ExitCode {
        for line in &self.words {
            say(line);
        }
        ExitCode::from(self.code)
    }
}

impl From<ApiError> for End {
    fn from(error: ApiError) -> Self {
        let code = code_of(&error);
        let mut words = vec![error.to_string()];
        if let Failure::Refused(refusal) = &error.failure {
            let record = |record: &crate::api::error::InvalidRecord| {
                let text = |list: Vec<String>| list.join(", ");
                let fields = record.fields.iter().map(|(name, value)| format!("{name} {value}")).collect();
                let errors = record.errors.iter().map(ToString::to_string).collect();
                format!("{}: {}", text(fields), text(errors))
            };
            words.extend(refusal.records.iter().map(record));
        }
        if code == UNKNOWN {
            words.push(LOOK_FIRST.into());
        }
        Self { words, code }
    }
}

impl From<std::io::Error> for End {
    fn from(error: std::io::Error) -> Self {
        // Whoever reads has read enough.
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self { words: Vec::new(), code: 0 };
        }
        Self { words: vec![error.to_string()], code: FAILED }
    }
}

pub(super) fn failed(words: impl Into<String>) -> End {
    End { words: vec![words.into()], code: FAILED }
}

/// The counters that were sent and are not as sent in the answer: a name the server does not know is ignored with 200.
pub(super) fn not_taken(call: &Call, text: &str) -> Vec<String> {
    let Call::Plans(plans::Call::UpdateTarget(_, sent)) = call else { return Vec::new() };
    let Ok(answer) = serde_json::from_str::<Target>(text) else { return Vec::new() };
    let taken =
        |(counter, count): &&(Counter, u32)| answer.reading(counter).and_then(Reading::count) != Some(*count);
    let words = |(counter, count): &(Counter, u32)| match answer.reading(counter) {
        Some(_) => format!("not taken: {} = {count}; the server kept its own value", counter.name()),
        None => format!("not taken: {}: the server's answer knows no such counter", counter.name()),
    };
    sent.iter().filter(taken).map(words).collect()
}

/// Lets something be done with the client of the account that verbs go to, if it may be used like that.
pub(super) fn with_client<T>(
    config: Config,
    purpose: Purpose<'_>,
    work: impl AsyncFnOnce(&Client) -> Result<T, End>,
) -> Result<T, End> {
    let profile = profile(config, purpose).map_err(|why| End { words: vec![why], code: USAGE })?;
    let runtime = background()?;
    let done = runtime.block_on(work(&profile.client()));
    runtime.shutdown_background();
    done
}

/// Sends a request, again when it fails in a way and of a kind that allows it. A signal ends it: of a write that may have
/// left, with the word that its outcome is unknown.
pub(super) async fn send(call: &Call, request: &Request, client: &Client) -> Result<RawAnswer, End> {
    let may_have_left = Cell::new(false);
    // Signals are listened to before anything is sent.
    let interrupted = interrupted();
    tokio::select! {
        biased;
        answer = send_repeatedly(call, request, client, &may_have_left) => {
            let answer = answer?;
            tell_of_key_end(answer.expiry.as_ref());
            Ok(answer)
        }
        signal = interrupted => Err(signal.end(request, may_have_left.get())),
    }
}

async fn send_repeatedly(
    call: &Call,
    request: &Request,
    client: &Client,
    may_have_left: &Cell<bool>,
) -> Result<RawAnswer, ApiError> {
    let (begun, mut budget, mut attempts, mut lost) = (Instant::now(), Budget::default(), 0, None);
    loop {
        attempts += 1;
        may_have_left.set(true);
        let sent = client.send(request).await;
        let (method, template) = (request.method.name(), request.template);
        match &sent {
            Ok(answer) => tracing::info!(method, template, status = answer.status, "answered"),
            Err(error) => tracing::warn!(method, template, failure = error.kind(), "failed"),
        }
        let error = match sent {
            Ok(answer) => return Ok(answer),
            // What is absent after a deletion whose answer was lost is what that deletion took.
            Err(ApiError { method: Method::Delete, failure: Failure::NotFound, .. }) if lost.is_some() => {
                return Ok(RawAnswer { body: Vec::new(), expiry: None, status: 404, date: None });
            }
            Err(error) => error,
        };
        let Some(pause) = again(call, &error, Made { attempts, since: begun.elapsed() }, &mut budget) else {
            return Err(told(lost, error));
        };
        if error.outcome_unknown() {
            lost = Some(error);
        }
        may_have_left.set(lost.is_some());
        if let Pause::Exactly(pause) = pause {
            say(&format!("the server asks to wait {} s", pause.as_secs()));
        }
        tokio::time::sleep(drawn(pause)).await;
    }
}

/// Days before its end from which a key's end is said.
const SOON: Duration = Duration::from_hours(30 * 24);

/// Says once that the key is about to expire, or has.
fn tell_of_key_end(expiry: Option<&KeyExpiry>) {
    static SAID: AtomicBool = AtomicBool::new(false);
    let Some(at) = expiry.and_then(|expiry| expiry.at) else { return };
    let now = Timestamp::now();
    if at > now.saturating_add(SOON).unwrap_or(Timestamp::MAX) || SAID.swap(true, Ordering::Relaxed) {
        return;
    }
    say(&match key_end(at, now) {
        Some(left) => format!("the key expires in {left}; make a new one in BEEtoolkit"),
        None => "the key has expired; make a new one in BEEtoolkit".into(),
    });
}

/// How long a key is still good, in the two largest units that matter; `None` when it has expired.
pub(super) fn key_end(at: Timestamp, now: Timestamp) -> Option<String> {
    (at > now).then(|| span(seconds_since(now, at)))
}

/// A signal that ends the program.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interrupted {
    name: &'static str,
    number: u8,
}

impl Interrupted {
    /// What is said of a request that was under way, and the exit code: of a read and of what has certainly not left, that of
    /// the signal.
    fn end(self, request: &Request, may_have_left: bool) -> End {
        let what = format!("{} {}", request.method.name(), request.template);
        if request.method.is_read() {
            return End { words: Vec::new(), code: self.code() };
        }
        if !may_have_left {
            return End { words: vec![self.words(&format!("nothing was sent ({what})"))], code: self.code() };
        }
        let sent = format!("ended by {} while {what} was being sent: its outcome is unknown", self.name);
        End { words: vec![sent, LOOK_FIRST.into()], code: UNKNOWN }
    }

    /// What is said of the end, with what was done until then.
    pub(super) fn words(self, done: &str) -> String {
        format!("ended by {}: {done}", self.name)
    }

    /// The exit code of a program that a signal ended.
    pub(super) fn code(self) -> u8 {
        128 + self.number
    }
}

/// Waits for a signal that ends the program.
#[cfg(unix)]
pub(super) fn interrupted() -> impl Future<Output = Interrupted> {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [
        ("Ctrl-C", 2, SignalKind::interrupt()),
        ("SIGTERM", 15, SignalKind::terminate()),
        ("a hang-up", 1, SignalKind::hangup()),
    ];
    let mut listening: Vec<_> = kinds
        .into_iter()
        .filter_map(|(name, number, kind)| Some((Interrupted { name, number }, signal(kind).ok()?)))
        .collect();
    std::future::poll_fn(move |cx| {
        let came =
            listening.iter_mut().find_map(|(came, signal)| signal.poll_recv(cx).is_ready().then_some(*came));
        came.map_or(std::task::Poll::Pending, std::task::Poll::Ready)
    })
}

/// Waits for a signal that ends the program.
#[cfg(not(unix))]
pub(super) async fn interrupted() -> Interrupted {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    Interrupted { name: "Ctrl-C", number: 2 }
}

/// What of a write whose answer cannot be printed is to be said: nobody who reads standard output knows of it.
pub(super) fn unprinted(request: &Request, status: u16, error: &End) -> End {
    let why = error.words.first().map_or("standard output is closed", String::as_str);
    let what = format!("{} {}", request.method.name(), request.template);
    let said = format!("{what} was answered with {status}, but the answer could not be printed ({why})");
    End { words: vec![said, LOOK_FIRST.into()], code: UNKNOWN }
}

/// A 2xx whose body is no answer: for a write, nobody knows what came of it.
pub(super) fn readable(call: &Call, body: &[u8]) -> Result<(), End> {
    match call.read(body) {
        Ok(_) => Ok(()),
        Err(why) => Err(ApiError::of(&call.request(), Failure::Unreadable(why)).into()),
    }
}
