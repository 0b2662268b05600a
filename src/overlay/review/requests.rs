//! The exact requests an apply would make, as lines.

use crate::api::{Call, plans};
use crate::desk::sending::Step;
use crate::desk::{Confirmed, Desk};
use crate::domain::record_change::{Intent, Seen};
use crate::domain::text::Text;
use crate::kit::pen::wrap_behind;

/// A line of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Method and path.
    Head,
    /// The body.
    Body,
    /// What is said besides.
    Aside,
    /// What is said in the place of a request that is not known yet.
    Waiting,
}

/// The requests in lines of so many columns, and what kind of line each is. Of a long row of requests that only differ
/// in the people they create, the first stands whole.
pub(super) fn lines(desk: &Desk, confirmed: &Confirmed, columns: u16) -> Vec<(String, Kind)> {
    let mut lines = Vec::new();
    for id in desk.changes.plans() {
        let Some(plan) = desk.plan(id) else {
            lines.push((format!("Plan {id} is being read; then its requests stand here."), Kind::Waiting));
            continue;
        };
        for (place, counters) in desk.changes.to_send(plan, &confirmed.counters) {
            request(&Call::Plans(plans::Call::UpdateTarget(place, counters)), columns, &mut lines);
        }
    }
    for collection in desk.collections(&confirmed.records) {
        let unread = |number: &u64| {
            let change = desk.record_changes.change(*number);
            change.is_some_and(|c| {
                c.collection == collection
                    && matches!(c.intent, Intent::Update { .. })
                    && matches!(desk.seen(c), Seen::Unread)
            })
        };
        if confirmed.records.keys().any(unread) {
            let name = desk.collection_name(&collection);
            lines.push((format!("{name}: being read; then what is changed stands here."), Kind::Waiting));
        }
        let mut shown = false;
        for step in desk.steps_of(&collection, &confirmed.records) {
            if let (Step::Create(numbers), true) = (&step, shown) {
                lines.push((format!("… and the same for {} more", numbers.len()), Kind::Aside));
                continue;
            }
            if let Some((call, _)) = desk.call_of(&collection, &step, &confirmed.records) {
                shown = matches!(step, Step::Create(_)) && collection.batch() > 1;
                request(&call, columns, &mut lines);
            }
        }
    }
    if lines.is_empty() {
        let text =
            "Nothing would be sent: everything is left out, in conflict, held, not complete or on its way.";
        lines.push((text.into(), Kind::Aside));
    }
    lines
}

fn request(call: &Call, columns: u16, lines: &mut Vec<(String, Kind)>) {
    let request = call.request();
    let head = format!("{} {}", request.method.name(), request.path);
    lines.extend(wrap_behind(&head, '/', columns).into_iter().map(|line| (line, Kind::Head)));
    lines.push(("Authorization: HMAC <signature>   X-Api-Key: <key>".into(), Kind::Aside));
    let body = Text::from(request.body_text().unwrap_or_default());
    if !body.is_blank() {
        lines.extend(wrap_behind(&body.shown(), ',', columns).into_iter().map(|line| (line, Kind::Body)));
    }
    lines.push((String::new(), Kind::Body));
}
