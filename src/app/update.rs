//! One step: something happened, the state changes, wishes come out. No I/O, no clock.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use crate::api::error::{ApiError, Failure};
use crate::api::reply::{Answer, Reply};
use crate::api::{Call, plans};
use crate::app::model::{Model, Msg, Parts};
use crate::app::requests::Owner;
use crate::desk::Known;
use crate::domain::change::{Reconciled, State};
use crate::domain::text::count;
use crate::effect::{Alarm, Effect, Effects, RequestId, StoreOp};
use crate::nav::{Notice, Tone};
use crate::overlay::Overlay;

/// The pause before what could not be written is tried again.
const RETRY: Duration = Duration::from_secs(5);

impl Model {
    /// Takes a message with the time it came at.
    pub fn update(&mut self, at: Timestamp, msg: Msg, fx: &mut Effects) {
        self.now = at;
        match msg {
            // What is not seen is not steered.
            Msg::Key(_) | Msg::Paste(_) if self.too_small() => {}
            Msg::Key(key) => self.key(key, fx),
            Msg::Paste(text) => self.paste(&text, fx),
            Msg::Resize(size) => self.size = size,
            Msg::Reply(id, result) => self.reply(id, result, fx),
            Msg::Alarm(Alarm::Watch(scorecard)) => self.watch_alarm(scorecard, fx),
            Msg::Alarm(Alarm::Tick) => self.ticking = false,
            Msg::Alarm(Alarm::Journal) => fx.push(Effect::Store(StoreOp::Changes(Vec::new()))),
            Msg::NotStored(why) => {
                self.desk.not_stored = Some(why);
                fx.push(Effect::After(Alarm::Journal, RETRY));
            }
            Msg::StoredAgain => self.desk.not_stored = None,
        }
        self.settle(fx);
    }

    /// Brings cursors and windows in step, and keeps the clock ticking only while something is seen to run.
    pub(super) fn settle(&mut self, fx: &mut Effects) {
        let Parts { screens, overlays, desk, cx } = self.parts();
        if let Some((_, screen)) = screens.last_mut() {
            screen.arrange(desk, &cx);
        }
        if let Some(overlay) = overlays.last_mut() {
            overlay.arrange(desk, &cx);
        }
        self.offer_owed();
        let running = self.desk.watches.values().any(|w| !w.state.is_over());
        let watching = matches!(self.overlays.last(), Some(Overlay::Watch(_))) && running;
        if (watching || !self.requests.is_empty()) && !self.ticking {
            self.ticking = true;
            fx.push(Effect::After(Alarm::Tick, Duration::from_secs(1)));
        }
    }

    /// Reads the plans with changes of unknown outcome, so that they are decided before anything is offered again.
    pub(super) fn read_unknown(&mut self, fx: &mut Effects) {
        let unknown = self.desk.changes.cells().filter(|(.., change)| change.state == State::Unknown);
        for plan in unknown.map(|(cell, ..)| cell.place.plan).collect::<BTreeSet<_>>() {
            fx.call(Call::Plans(plans::Call::Read(plan)));
        }
        self.own_calls(&Owner::Desk, fx);
    }

    /// Gives a call up and tells its owner.
    pub(super) fn stop_call(&mut self, id: RequestId, fx: &mut Effects) {
        let Some(pending) = self.requests.get(&id) else { return };
        let request = pending.call.request();
        let error =
            ApiError { method: request.method, template: request.template, failure: Failure::Stopped };
        fx.push(Effect::Cancel(id));
        self.reply(id, Err(error), fx);
    }

    /// Whether a reply is older than what is known: a plan asked for before a later reading or writing of it.
    fn is_stale(&mut self, id: RequestId, call: &Call, answered: bool, fx: &Effects) -> bool {
        match call {
            Call::Plans(plans::Call::Read(plan)) if answered => {
                let known_by = self.known_by.entry(*plan).or_default();
                let stale = id < *known_by;
                *known_by = id.max(*known_by);
                stale
            }
            Call::Plans(plans::Call::UpdateTarget(place, _)) => {
                self.known_by.insert(place.plan, fx.last_call());
                false
            }
            _ => false,
        }
    }

    /// A reply: what it brought goes on the desk, then its owner is told.
    fn reply(&mut self, id: RequestId, result: Result<Answer, ApiError>, fx: &mut Effects) {
        let Some(pending) = self.requests.remove(&id) else { return };
        if !self.sends() {
            self.status.quit_asked = false;
        }
        let stale = self.is_stale(id, &pending.call, result.is_ok(), fx);
        let result = result.map(|answer| {
            self.status.expiry = answer.expiry;
            answer.reply
        });
        match pending.owner {
            Owner::Desk => self.read(result, stale, fx),
            Owner::Screen(number) => {
                let error = result.as_ref().err().cloned();
                self.read(result, stale, fx);
                self.tell_screens(number, id, error.as_ref());
            }
            Owner::Apply => {
                let found = self.take_copy(&result, stale, fx);
                let Some(mut apply) = self.apply.take() else { return };
                if apply.reply(result, &found, &mut self.desk, fx) {
                    self.end_apply(&apply);
                } else {
                    self.apply = Some(apply);
                    self.own_calls(&Owner::Apply, fx);
                }
            }
            Owner::Watch(scorecard, phase) => {
                self.take_copy(&result, stale, fx);
                self.watch_reply(scorecard, phase, result, fx);
            }
        }
    }

    /// What was read for a screen goes on the desk; the status line tells what it did to the staged changes, or that
    /// it failed, since a list or a plan that is on screen already stays there.
    fn read(&mut self, result: Result<Reply, ApiError>, stale: bool, fx: &mut Effects) {
        match result {
            Ok(reply) => {
                if std::mem::take(&mut self.status.read_failed) {
                    self.status.notice = None;
                }
                if !stale {
                    let found = self.take(reply);
                    self.say_found(&found);
                    fx.store(found.entries);
                }
            }
            Err(error) => {
                self.say(Notice::new(Tone::Error, error.to_string()));
                self.status.read_failed = true;
            }
        }
    }

    /// Puts a copy on the desk of what its owner goes on to look at.
    fn take_copy(&mut self, result: &Result<Reply, ApiError>, stale: bool, fx: &mut Effects) -> Reconciled {
        let found = match result {
            Ok(reply) if !stale => self.take(reply.clone()),
            _ => Reconciled::default(),
        };
        fx.store(found.entries.clone());
        found
    }

    fn tell_screens(&mut self, number: u64, id: RequestId, error: Option<&ApiError>) {
        let Parts { screens, desk, cx, .. } = self.parts();
        if let Some((_, screen)) = screens.iter_mut().find(|(n, _)| *n == number) {
            screen.reply(id, error, desk, &cx);
        }
    }

    /// Puts what a reply brought on the desk.
    fn take(&mut self, reply: Reply) -> Reconciled {
        match reply {
            Reply::Plans(rows) => self.desk.plan_list = Some(Known { what: rows, read_at: self.now }),
            Reply::Scorecards(rows) => self.desk.scorecards = Some(Known { what: rows, read_at: self.now }),
            Reply::Scorecard(scorecard) => {
                let rows = self.desk.scorecards.as_mut().map(|known| &mut known.what.rows);
                if let Some(old) = rows.and_then(|rows| rows.iter_mut().find(|s| s.id == scorecard.id)) {
                    *old = scorecard;
                }
            }
            Reply::Plan(plan) => return self.desk.take_plan(*plan, self.now),
            Reply::Target(_) | Reply::Accepted | Reply::Deleted | Reply::Records(_) | Reply::Alive => {}
        }
        Reconciled::default()
    }

    /// Says what a reading did to the staged changes.
    pub(super) fn say_found(&mut self, found: &Reconciled) {
        let mut said = Vec::new();
        if found.saved > 0 {
            said.push(format!("{} of unknown outcome turned out to be saved", count(found.saved, "change")));
        }
        if found.back > 0 {
            said.push(format!(
                "{} of unknown outcome did not arrive: staged again",
                count(found.back, "change")
            ));
        }
        if found.already > 0 {
            said.push(format!("{} the server has already", count(found.already, "staged value")));
        }
        if !said.is_empty() {
            self.say(Notice::new(Tone::Plain, said.join("; ")));
        }
    }
}
