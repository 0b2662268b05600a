//! Sending from the shell: one call, repeated where that may help, and what is said when it did not do what was asked.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::api::client::{Client, RawAnswer};
use crate::api::error::{ApiError, Failure};
use crate::api::reply::{KeyExpiry, Reply};
use crate::api::request::{Method, Request};
use crate::api::{Call, plans, scorecards};
use crate::app::failure::{Budget, Made, again, told};
use crate::cli::account::{Purpose, profile};
use crate::cli::exit::{End, FAILED, LOOK_FIRST, UNKNOWN, USAGE, say};
use crate::config::Config;
use crate::domain::counter::Counter;
use crate::domain::date::{seconds_since, span};
use crate::domain::likeness::{is_like, made_otherwise, may_be};
use crate::domain::record::{Draft, Field, Need, Record, Value};
use crate::domain::target::{Reading, Target};
use crate::effect::Pause;
use crate::runtime::effects::{background, drawn};

/// Holds the answer to a write against what was sent: the server ignores what it does not know with a good status, and
/// what an answer does not show nobody knows.
pub(super) fn taken(call: &Call, body: &[u8]) -> Result<(), End> {
    let mut lines = not_taken(call, &String::from_utf8_lossy(body));
    let mut unshown = Vec::new();
    let reply = call.read(body);
    let records = reply.as_ref().map(Reply::records).unwrap_or_default();
    if let (Some(sent), Some(record)) = (call.changes(), records.first()) {
        for (name, value) in sent.entries() {
            let label = record.schema().field(name).map_or_else(|| (*name).to_owned(), Field::label);
            match record.value(name) {
                Value::Absent => unshown.push(format!("the answer does not show {label}")),
                // A plan without a name is given one.
                now if now.says_same(value) || *name == "name" && value.is_blank() => {}
                now => lines.push(format!("not taken: {label}; the server has {}", blank_as_dash(now))),
            }
        }
    }
    if let Some((collection, sent)) = call.creates() {
        let mut records = records;
        for draft in sent {
            let like = |record: &&Record| is_like(&collection, draft, record);
            let at = records.iter().position(like);
            let at = at.or_else(|| records.iter().position(|record| may_be(&collection, draft, record)));
            let Some(record) = at.map(|at| records.remove(at)) else {
                unshown.push(format!("the answer does not show {}", collection.name_of(draft)));
                continue;
            };
            let required = collection.schema().fields.iter().filter(|field| field.need == Need::Required);
            let is_hidden = |field: &&Field| {
                *record.value(field.name) == Value::Absent && !draft.value(field.name).is_blank()
            };
            let hidden =
                required.filter(is_hidden).map(|field| format!("the answer does not show {}", field.label()));
            unshown.extend(hidden);
            let otherwise = made_otherwise(draft, record, false);
            lines.extend(otherwise.into_iter().map(|what| format!("made, but {what}; do not send it again")));
        }
    }
    match (lines.is_empty(), unshown.is_empty()) {
        (true, true) => Ok(()),
        (_, true) => Err(End { words: lines, code: FAILED }),
        (_, false) => {
            lines.extend(unshown);
            lines.push(LOOK_FIRST.into());
            Err(End { words: lines, code: UNKNOWN })
        }
    }
}

/// Whether reading shows that a write of unknown outcome was carried out. Where it does not, the write may still arrive.
pub(super) async fn is_shown(call: &Call, client: &Client) -> bool {
    let read = match call {
        Call::Plans(plans::Call::Update(id, _) | plans::Call::Delete(id)) => {
            Call::Plans(plans::Call::Read(*id))
        }
        Call::Plans(plans::Call::UpdateTarget(place, _)) => Call::Plans(plans::Call::Read(place.plan)),
        Call::Scorecards(scorecards::Call::Update(..) | scorecards::Call::Delete(_)) => {
            Call::Scorecards(scorecards::Call::List)
        }
        _ => return false,
    };
    let reply = match (client.run(&read).await, call) {
        (Ok(answer), _) => answer.reply,
        (Err(error), Call::Plans(plans::Call::Delete(_))) => return error.failure == Failure::NotFound,
        (Err(_), _) => return false,
    };
    let says = |record: &Record, sent: &Draft| {
        sent.entries().iter().all(|(name, value)| record.value(name).says_same(value))
    };
    match (call, reply) {
        (Call::Plans(plans::Call::Update(_, sent)), Reply::Plan(plan)) => says(&plan.record, sent),
        (Call::Plans(plans::Call::UpdateTarget(place, sent)), Reply::Plan(plan)) => {
            let target = plan.milestones.iter().flat_map(|year| &year.targets).find(|t| t.id == place.target);
            target.is_some_and(|target| sent.iter().all(|(counter, count)| has(target, counter, *count)))
        }
        (Call::Scorecards(scorecards::Call::Update(id, sent)), Reply::Scorecards(rows)) => {
            rows.rows.iter().any(|scorecard| scorecard.id == *id && says(&scorecard.record, sent))
        }
        (Call::Scorecards(scorecards::Call::Delete(id)), Reply::Scorecards(rows)) => {
            rows.damaged.is_empty() && rows.rows.iter().all(|scorecard| scorecard.id != *id)
        }
        _ => false,
    }
}

fn blank_as_dash(value: &Value) -> String {
    if value.is_blank() { "none".into() } else { value.to_string() }
}

/// The counters that were sent and are not as sent in the answer: a name the server does not know is ignored with 200.
pub(super) fn not_taken(call: &Call, text: &str) -> Vec<String> {
    let Call::Plans(plans::Call::UpdateTarget(_, sent)) = call else { return Vec::new() };
    let Ok(answer) = serde_json::from_str::<Target>(text) else { return Vec::new() };
    let is_kept = |(counter, count): &&(Counter, u32)| !has(&answer, counter, *count);
    let words = |(counter, count): &(Counter, u32)| match answer.reading(counter) {
        Some(_) => format!("not taken: {} = {count}; the server kept its own value", counter.name()),
        None => format!("not taken: {}: the server's answer knows no such counter", counter.name()),
    };
    sent.iter().filter(is_kept).map(words).collect()
}

/// Whether a target has a counter with this number.
fn has(target: &Target, counter: &Counter, count: u32) -> bool {
    target.reading(counter).and_then(Reading::count) == Some(count)
}

/// The write that was sent last and whose outcome was not told yet.
static SENT: Mutex<Option<String>> = Mutex::new(None);

fn sent() -> Option<String> {
    SENT.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn note_sent(what: Option<String>) {
    *SENT.lock().unwrap_or_else(PoisonError::into_inner) = what;
}

/// The outcome of what was sent is known and told: a signal need not speak of it any more.
pub(super) fn outcome_is_told() {
    note_sent(None);
}

/// How long what listens to a signal has to come to its own end, before the program is ended for it: it may be printing
/// into a pipe that nobody reads.
const GRACE: Duration = Duration::from_secs(1);

/// Lets something be done with the client of the account that verbs go to, if it may be used like that. A signal ends it,
/// whatever it waits for: with the word, where a write may have left, that its outcome is unknown.
pub(super) fn with_client<T>(
    config: Config,
    purpose: Purpose<'_>,
    work: impl AsyncFnOnce(&Client) -> Result<T, End>,
) -> Result<T, End> {
    let profile = profile(config, purpose).map_err(|why| End { words: vec![why], code: USAGE })?;
    let runtime = background()?;
    let client = profile.client();
    runtime.spawn(async {
        let end = interrupted().await.end();
        tokio::time::sleep(GRACE).await;
        let code = i32::from(end.code);
        // Standard error may be what nobody reads.
        let _ = tokio::time::timeout(GRACE, tokio::task::spawn_blocking(|| end.tell())).await;
        std::process::exit(code);
    });
    let done = runtime.block_on(async {
        // Signals are listened to before anything is sent.
        let interrupted = interrupted();
        tokio::select! {
            biased;
            done = work(&client) => done,
            signal = interrupted => Err(signal.end()),
        }
    });
    runtime.shutdown_background();
    done
}

/// Sends a request, again when it fails in a way and of a kind that allows it. A signal ends it, so that what was done
/// before can be told.
pub(super) async fn send(call: &Call, request: &Request, client: &Client) -> Result<RawAnswer, End> {
    let interrupted = interrupted();
    tokio::select! {
        biased;
        answer = send_repeatedly(call, request, client) => {
            let answer = answer?;
            tell_of_key_end(answer.expiry.as_ref());
            Ok(answer)
        }
        signal = interrupted => Err(signal.end()),
    }
}

async fn send_repeatedly(call: &Call, request: &Request, client: &Client) -> Result<RawAnswer, ApiError> {
    // A read says nothing of a write before it.
    let note = |may_have_left: bool| {
        if !request.method.is_read() {
            let what = || format!("{} {}", request.method.name(), request.template);
            note_sent(may_have_left.then(what));
        }
    };
    let (begun, mut budget, mut attempts, mut lost) = (Instant::now(), Budget::default(), 0, None);
    loop {
        attempts += 1;
        note(true);
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
            let error = told(lost, error);
            note(error.outcome_unknown());
            return Err(error);
        };
        if error.outcome_unknown() {
            lost = Some(error);
        }
        note(lost.is_some());
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
    /// What is said of the end, and the exit code: that of the signal, where no write may have left.
    fn end(self) -> End {
        let Some(what) = sent() else { return End { words: Vec::new(), code: self.code() } };
        let words = format!("ended by {} while {what} was being sent: its outcome is unknown", self.name);
        End { words: vec![words, LOOK_FIRST.into()], code: UNKNOWN }
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
    let said = format!(
        "{what} was carried out ({status}), but the answer could not be printed ({why}): do not send it again"
    );
    End { words: vec![said], code: UNKNOWN }
}

/// A 2xx whose body is no answer: for a write, nobody knows what came of it.
pub(super) fn readable(call: &Call, body: &[u8]) -> Result<(), End> {
    match call.read(body) {
        Ok(_) => Ok(()),
        Err(why) => Err(unreadable(call, why)),
    }
}

/// The end of a call whose answer could not be read.
pub(super) fn unreadable(call: &Call, why: String) -> End {
    ApiError::of(&call.request(), Failure::Unreadable(why)).into()
}
