//! The exact requests an apply would send, as lines of text.

use crate::api::{Call, plans};
use crate::domain::change::record_change::{Intent, ServerRecord};
use crate::domain::text::Text;
use crate::kit::pen::wrap_after;
use crate::workspace::record_requests::RecordRequest;
use crate::workspace::{ConfirmedChanges, Workspace};

/// The kind of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestLine {
    /// The method and path.
    Head,
    /// Part of the body.
    Body,
    /// A note on the request.
    Note,
    /// A note in place of a request that is not known yet because its data is still being read.
    Waiting,
}

/// The requests in lines of at most that many columns, each with its kind. Of a series of batches that create
/// people, only the first is shown in full.
pub(super) fn request_lines(
    workspace: &Workspace,
    confirmed: &ConfirmedChanges,
    columns: u16,
) -> Vec<(String, RequestLine)> {
    let mut lines = Vec::new();
    for id in workspace.counter_changes.plans() {
        let Some(plan) = workspace.plan(id) else {
            lines.push((
                format!("Plan {id} is being read; then its requests stand here."),
                RequestLine::Waiting,
            ));
            continue;
        };
        for (place, counters) in workspace.counter_changes.sendable_patches(plan, &confirmed.counters) {
            push_request_lines(&Call::Plans(plans::Call::UpdateTarget(place, counters)), columns, &mut lines);
        }
    }
    for collection in workspace.confirmed_collections(&confirmed.records) {
        let unread = |number: &u64| {
            let change = workspace.record_changes.change(*number);
            change.is_some_and(|c| {
                c.collection == collection
                    && matches!(c.intent, Intent::Update { .. })
                    && matches!(workspace.server_record(c), ServerRecord::NotRead)
            })
        };
        if confirmed.records.keys().any(unread) {
            let name = workspace.collection_name(&collection);
            lines.push((
                format!("{name}: being read; then what is changed stands here."),
                RequestLine::Waiting,
            ));
        }
        let mut shown = false;
        for step in workspace.record_requests(&collection, &confirmed.records) {
            if let (RecordRequest::Create(numbers), true) = (&step, shown) {
                lines.push((format!("… and the same for {} more", numbers.len()), RequestLine::Note));
                continue;
            }
            if let Some((call, _)) = workspace.call_for_request(&collection, &step, &confirmed.records) {
                shown = matches!(step, RecordRequest::Create(_)) && collection.max_batch_size() > 1;
                push_request_lines(&call, columns, &mut lines);
            }
        }
    }
    if lines.is_empty() {
        let text =
            "Nothing would be sent: everything is left out, in conflict, held, not complete or on its way.";
        lines.push((text.into(), RequestLine::Note));
    }
    lines
}

fn push_request_lines(call: &Call, columns: u16, lines: &mut Vec<(String, RequestLine)>) {
    let request = call.request();
    let head = format!("{} {}", request.method.name(), request.path);
    lines.extend(wrap_after(&head, '/', columns).into_iter().map(|line| (line, RequestLine::Head)));
    lines.push(("Authorization: HMAC <signature>   X-Api-Key: <key>".into(), RequestLine::Note));
    let body = Text::from(request.body_text().unwrap_or_default());
    if !body.is_blank() {
        lines.extend(
            wrap_after(&body.printable(), ',', columns).into_iter().map(|line| (line, RequestLine::Body)),
        );
    }
    lines.push((String::new(), RequestLine::Body));
}
