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
                self.status.not_stored = Some(why);
                self.desk.frozen = true;
                fx.push(Effect::After(Alarm::Journal, RETRY));
            }
            Msg::StoredAgain => {
                self.status.not_stored = None;
                self.desk.frozen = false;
            }
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
        fx.push(Effect::Cancel(id));
        let (method, template) = (crate::api::request::Method::Get, "…");
        self.reply(id, Err(ApiError { method, template, failure: Failure::Stopped }), fx);
    }

    /// A reply: what it brought goes on the desk, then its owner is told.
    fn reply(&mut self, id: RequestId, result: Result<Answer, ApiError>, fx: &mut Effects) {
        let Some(pending) = self.requests.remove(&id) else { return };
        if let Ok(Answer { expiry: Some(expiry), .. }) = &result {
            self.status.expiry = Some(expiry.clone());
        }
        let (reply, error) = match result {
            Ok(answer) => (Some(answer.reply), None),
            Err(error) => (None, Some(error)),
        };
        let found = reply.clone().map(|reply| self.take(reply)).unwrap_or_default();
        fx.store(found.entries.clone());
        match pending.owner {
            Owner::Screen(number) => {
                self.say_found(&found);
                match &error {
                    // Where there is a list or a plan on screen already, it stays, and the status line tells.
                    Some(e) => self.say(Notice::new(Tone::Error, e.to_string())),
                    None if matches!(self.status.notice, Some(Notice { tone: Tone::Error, .. })) => {
                        self.status.notice = None;
                    }
                    None => {}
                }
                self.tell_screens(number, id, error.as_ref());
            }
            Owner::Desk => self.say_found(&found),
            Owner::Apply => {
                let Some(mut apply) = self.apply.take() else { return };
                if apply.reply(reply, error, &found, &mut self.desk, fx) {
                    self.end_apply(&apply);
                } else {
                    self.apply = Some(apply);
                    self.own_calls(&Owner::Apply, fx);
                }
            }
            Owner::Watch(scorecard, phase) => self.watch_reply(scorecard, phase, reply, error, fx),
        }
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
            said.push(format!("{} of unknown outcome did not arrive and are staged again", found.back));
        }
        if found.already > 0 {
            said.push(format!("{} the server has already", count(found.already, "staged value")));
        }
        if !said.is_empty() {
            self.say(Notice::new(Tone::Plain, said.join("; ")));
        }
    }
}
