//! Sending from the shell: one call, repeated where that may help, and what is said when it did not do what was asked.

use std::process::ExitCode;
use std::time::Instant;

use crate::api::client::{Client, RawAnswer};
use crate::api::error::{ApiError, Failure};
use crate::api::reply::Reply;
use crate::api::request::{Method, Request};
use crate::api::{Call, plans};
use crate::app::failure::{Budget, Made, again, told};
use crate::cli::account::profile;
use crate::cli::exit::{FAILED, UNKNOWN, USAGE, code_of, say};
use crate::config::Config;
use crate::domain::counter::Counter;
use crate::domain::target::{Reading, Target};
use crate::effect::Pause;
use crate::runtime::effects::{background, drawn};

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
            words.push("it may have been carried out all the same: look before you send it again".into());
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

/// Lets something be done with the client of the account that verbs go to, if it may do that.
pub(super) fn with_client<T>(
    config: Config,
    reads: bool,
    work: impl AsyncFnOnce(&Client) -> Result<T, End>,
) -> Result<T, End> {
    let profile = profile(config, reads).map_err(|why| End { words: vec![why], code: USAGE })?;
    let runtime = background()?;
    let done = runtime.block_on(work(&profile.client()));
    runtime.shutdown_background();
    done
}

/// Sends a request, again when it fails in a way and of a kind that allows it.
pub(super) async fn send(call: &Call, request: &Request, client: &Client) -> Result<RawAnswer, ApiError> {
    let (begun, mut budget, mut attempts, mut lost) = (Instant::now(), Budget::default(), 0, None);
    loop {
        attempts += 1;
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
        if let Pause::Exactly(pause) = pause {
            say(&format!("the server asks to wait {} s", pause.as_secs()));
        }
        tokio::time::sleep(drawn(pause)).await;
    }
}

/// A 2xx whose body is no answer: for a write, nobody knows what came of it.
pub(super) fn readable(call: &Call, body: &[u8]) -> Result<(), End> {
    let request = call.request();
    let read = call.read(body).and_then(|reply| match (call, reply) {
        (Call::Plans(plans::Call::UpdateTarget(place, _)), Reply::Target(target))
            if target.id != place.target =>
        {
            Err("the answer is of another target".into())
        }
        _ => Ok(()),
    });
    read.map_err(|why| {
        ApiError { method: request.method, template: request.template, failure: Failure::Unreadable(why) }
            .into()
    })
}
