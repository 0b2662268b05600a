//! What a response says about the outcome of a write: done as asked, done differently, or unknown.

use crate::api::client::Client;
use crate::api::error::{ApiError, Failure};
use crate::api::reply::Reply;
use crate::api::request::Request;
use crate::api::{Call, plans, scorecards};
use crate::cli::error::{CliError, ErrorKind};
use crate::domain::change::natural_key::{describe_differences, matches_natural_key, may_match};
use crate::domain::plan::counter::Counter;
use crate::domain::plan::target::{CounterReading, Target};
use crate::domain::record::{Record, RecordDraft, Requirement, SchemaField, Value};
use crate::domain::shape_error::ShapeError;

/// Compares the response to a write with what was sent, since the server ignores what it does not know with a
/// good status. Fails with `ErrorKind::Failed` when something was not taken, and with `ErrorKind::UnknownOutcome` when the response does
/// not show something that was sent.
pub(super) fn verify_write(call: &Call, body: &[u8]) -> Result<(), CliError> {
    let mut lines = counters_not_taken(call, &String::from_utf8_lossy(body));
    let mut unshown = Vec::new();
    let reply = call.read(body);
    let records = reply.as_ref().map(Reply::records).unwrap_or_default();
    if let (Some(sent), Some(record)) = (call.changed_fields(), records.first()) {
        for (name, value) in sent.entries() {
            let label = record.schema().field(name).map_or_else(|| (*name).to_owned(), SchemaField::label);
            match record.value(name) {
                Value::Absent => unshown.push(format!("the answer does not show {label}")),
                // The server names a plan that was sent without a name.
                now if now.is_equivalent(value) || *name == "name" && value.is_blank() => {}
                now => lines.push(format!("not taken: {label}; the server has {}", value_or_none(now))),
            }
        }
    }
    if let Some((collection, sent)) = call.created_drafts() {
        let mut records = records;
        for draft in sent {
            let like = |record: &&Record| matches_natural_key(&collection, draft, record);
            let at = records.iter().position(like);
            let at = at.or_else(|| records.iter().position(|record| may_match(&collection, draft, record)));
            let Some(record) = at.map(|at| records.remove(at)) else {
                unshown.push(format!("the answer does not show {}", collection.name_of(draft)));
                continue;
            };
            let required =
                collection.schema().fields.iter().filter(|field| field.requirement == Requirement::Required);
            let is_hidden = |field: &&SchemaField| {
                *record.value(field.name) == Value::Absent && !draft.value(field.name).is_blank()
            };
            let hidden =
                required.filter(is_hidden).map(|field| format!("the answer does not show {}", field.label()));
            unshown.extend(hidden);
            let otherwise = describe_differences(draft, record, false);
            lines.extend(otherwise.into_iter().map(|what| format!("made, but {what}; do not send it again")));
        }
    }
    match (lines.is_empty(), unshown.is_empty()) {
        (true, true) => Ok(()),
        (_, true) => Err(CliError::new(ErrorKind::Failed, lines)),
        (_, false) => {
            lines.extend(unshown);
            Err(CliError::new(ErrorKind::UnknownOutcome, lines))
        }
    }
}

/// Whether a read shows that a write of unknown outcome was carried out. False proves nothing: the write may
/// still arrive.
pub(super) async fn is_confirmed_by_reading(call: &Call, client: &Client) -> bool {
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
    let reply = match (client.send_call(&read).await, call) {
        (Ok(answer), _) => answer.reply,
        (Err(error), Call::Plans(plans::Call::Delete(_))) => return error.failure == Failure::NotFound,
        (Err(_), _) => return false,
    };
    let says = |record: &Record, sent: &RecordDraft| {
        sent.entries().iter().all(|(name, value)| record.value(name).is_equivalent(value))
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
            rows.unreadable.is_empty() && rows.rows.iter().all(|scorecard| scorecard.id != *id)
        }
        _ => false,
    }
}

fn value_or_none(value: &Value) -> String {
    if value.is_blank() { "none".into() } else { value.to_string() }
}

/// A message for each counter that the response shows otherwise than it was sent: the server ignores a name
/// that it does not know, with 200.
pub(super) fn counters_not_taken(call: &Call, text: &str) -> Vec<String> {
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
    target.reading(counter).and_then(CounterReading::count) == Some(count)
}

/// The error for a write that was carried out but whose response could not be printed: whoever reads standard
/// output does not learn of it.
pub(super) fn print_failure(request: &Request, status: u16, error: &CliError) -> CliError {
    let why = error.messages.first().map_or("standard output is closed", String::as_str);
    let what = format!("{} {}", request.method.name(), request.path_template);
    let message = format!(
        "{what} was carried out ({status}), but the answer could not be printed ({why}): do not send it again"
    );
    CliError { hint: None, ..CliError::new(ErrorKind::UnknownOutcome, vec![message]) }
}

/// Fails when the body of a 2xx cannot be read; for a write, its outcome is then unknown.
pub(super) fn check_readable(call: &Call, body: &[u8]) -> Result<(), CliError> {
    match call.read(body) {
        Ok(_) => Ok(()),
        Err(why) => Err(unreadable_response(call, why)),
    }
}

/// The error for a response that could not be read.
pub(super) fn unreadable_response(call: &Call, why: ShapeError) -> CliError {
    ApiError::new(&call.request(), Failure::Unreadable(why)).into()
}
