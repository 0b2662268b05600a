//! A server out of reach and a key that is refused: calls that go out again, the way back after an outage, and the
//! stop of everything that nobody asked for just now.

use std::time::Duration;

use crate::api::error::{ApiError, Failure};
use crate::api::{Call, plans};
use crate::app::apply::Apply;
use crate::app::failure::{Made, again, told};
use crate::app::model::Model;
use crate::app::reach::{Offline, Shut, look_pause};
use crate::app::requests::{Owner, Pending, Waits};
use crate::domain::date::{clock, seconds_since, span};
use crate::effect::{Alarm, Effect, Effects, Pause, RequestId};
use crate::input::command::Command;
use crate::nav::{Line, Notice, Tone};
use crate::overlay::Overlay;
use crate::overlay::reader::Reader;

impl Model {
    /// Lets a call that failed go out again after a pause, until which it is still under way; gives it back when it
    /// does not.
    pub(super) fn goes_again(
        &mut self,
        id: RequestId,
        mut pending: Pending,
        error: &ApiError,
        fx: &mut Effects,
    ) -> Option<Pending> {
        let since = Duration::from_secs(seconds_since(pending.since, self.now));
        let made = Made { attempts: pending.attempts, since };
        // While the server is out of reach, the one look for it is enough.
        let of_toolkit = pending.is_of_toolkit();
        let looked_for = self.reach.offline.is_some() && pending.reads;
        if of_toolkit && (looked_for || self.reach.shut.is_some()) {
            return Some(pending);
        }
        let Some(pause) = again(&pending.call, error, made, &mut self.reach.budgets[usize::from(of_toolkit)])
        else {
            return Some(pending);
        };
        let until = match pause {
            Pause::Exactly(pause) => self.now.checked_add(pause).ok(),
            Pause::UpTo(_) => None,
        };
        if error.outcome_unknown() {
            pending.lost = Some(error.clone());
        }
        pending.waits = Some(Waits { error: error.clone(), until });
        self.requests.insert(id, pending);
        fx.push(Effect::Pause(Alarm::Again(id), pause));
        None
    }

    /// The pause of a call is over.
    pub(super) fn send_again(&mut self, id: RequestId, fx: &mut Effects) {
        if let Some(pending) = self.requests.get_mut(&id)
            && pending.waits.take().is_some()
        {
            pending.attempts += 1;
            pending.sent_at = self.now;
            fx.push(Effect::Call(id, pending.call.clone()));
        }
    }

    /// Ends the pauses: the calls failed as they did.
    pub(super) fn give_up_waiting(&mut self, fx: &mut Effects) -> bool {
        let waiting: Vec<_> =
            self.requests.iter().filter(|(_, p)| p.waits.is_some()).map(|(id, _)| *id).collect();
        for id in &waiting {
            let Some(mut pending) = self.requests.remove(id) else { continue };
            if let Some(waits) = pending.waits.take() {
                let error = told(pending.lost.take(), waits.error);
                self.settle_reply(*id, pending, Err(error), fx);
            }
        }
        !waiting.is_empty()
    }

    /// What an answer, or its absence, says of the server, before it is told to whoever asked. Whether it was a look that
    /// nobody asked for, and that brought nothing.
    pub(super) fn take_reach(&mut self, id: RequestId, error: Option<&ApiError>, fx: &mut Effects) -> bool {
        let looked = self
            .reach
            .offline
            .as_mut()
            .is_some_and(|offline| offline.look.take_if(|look| *look == id).is_some());
        match error.map(|error| &error.failure) {
            None => {
                if self.reach.shut.take().is_some() {
                    self.overlays
                        .retain(|over| !matches!(over, Overlay::Reader(read) if read.title() == NOT_LET_IN));
                    self.resume_watches(fx);
                    self.read_unknown(fx);
                }
                self.back_in_reach(fx);
            }
            // Whether a write arrived is found out by reading: that tells of the server too.
            Some(Failure::NoAnswer(_)) if !error.is_some_and(|error| error.method.is_read()) => {}
            Some(Failure::Unreachable(_) | Failure::NoAnswer(_)) if self.reach.offline.is_none() => {
                self.reach.offline = Some(Offline { since: self.now, looks: 1, look: None });
                fx.push(Effect::Pause(Alarm::Reconnect, look_pause(1)));
            }
            // A server that fails behind its door is not back yet.
            Some(
                Failure::NotSent(_)
                | Failure::Unreachable(_)
                | Failure::NoAnswer(_)
                | Failure::Untrusted(..)
                | Failure::Stopped
                | Failure::Wait(500.., _)
                | Failure::Status(500..),
            ) => {}
            Some(Failure::NotLetIn(401)) => self.reach.offline = None,
            Some(_) => self.back_in_reach(fx),
        }
        looked && error.is_some()
    }

    /// The server answers: what could not be read meanwhile is read now.
    fn back_in_reach(&mut self, fx: &mut Effects) {
        let Some(offline) = self.reach.offline.take() else { return };
        if self.overlays.is_empty() && !self.is_typing() {
            self.pass_on(Command::ReadAgain, fx);
        }
        let text = format!("back after {} out of reach", span(seconds_since(offline.since, self.now)));
        self.say(Notice::new(Tone::Good, text));
        self.resume_watches(fx);
        self.read_unknown(fx);
    }

    /// Whether a call to BEEtoolkit is under way; the other product has a host and a key of its own.
    fn is_asked(&self) -> bool {
        self.requests.values().any(Pending::is_of_toolkit)
    }

    /// It is time to try whether the server can be reached again, with the shortest list there is.
    pub(super) fn reconnect(&mut self, fx: &mut Effects) {
        let busy = self.is_asked();
        let Some(offline) = &mut self.reach.offline else { return };
        offline.looks += 1;
        fx.push(Effect::Pause(Alarm::Reconnect, look_pause(offline.looks)));
        if !busy {
            offline.look = Some(fx.call(Call::Plans(plans::Call::List)));
            self.own_calls(&Owner::Desk, fx);
        }
    }

    /// The key is not let in: nothing is sent by itself any more. What is being read is given up, what waits to go out
    /// again fails, and an apply ends with the request that is under way.
    pub(super) fn shut(&mut self, error: ApiError, fx: &mut Effects) {
        if let Some(shut) = &mut self.reach.shut {
            // Somebody has tried again.
            shut.shown = false;
            return;
        }
        let said = self.status.notice.take();
        self.reach.shut = Some(Shut { error, shown: false });
        self.apply.iter_mut().for_each(Apply::stop);
        self.give_up_waiting(fx);
        let reads = self.requests.iter().filter(|(_, pending)| pending.reads && pending.is_of_toolkit());
        for id in reads.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.stop_call(id, fx);
        }
        // What was said of the call itself says more than that others were stopped for it.
        self.status.notice = said.or(self.status.notice.take());
    }

    /// The key is tried again as it is: with a good answer, what rested goes on.
    pub(super) fn try_the_key_again(&mut self, fx: &mut Effects) {
        self.pass_on(Command::ReadAgain, fx);
        self.begin_readings(fx);
        if !self.is_asked() {
            // What is on screen is not the server's.
            fx.call(Call::Plans(plans::Call::List));
            self.own_calls(&Owner::Desk, fx);
        }
    }

    /// Whether calls that nobody asked for just now have to rest.
    pub(super) fn rests(&self) -> bool {
        self.reach.shut.is_some()
    }

    /// Shows that the key is not let in, once, where nothing else is open or typed.
    pub(super) fn show_shut(&mut self) {
        let free = self.overlays.is_empty() && !self.is_typing();
        let Some(shut) = self.reach.shut.as_mut().filter(|shut| free && !shut.shown) else { return };
        shut.shown = true;
        let why = shut.error.to_string();
        let hint = |command| self.keymap.hint(command);
        let kept = match self.desk.staged() {
            0 => "Nothing is staged, and nothing more is sent.".to_owned(),
            n => format!("{n} staged; they are kept, and nothing more is sent."),
        };
        let expired = self.status.expiry.as_ref().and_then(|expiry| expiry.at).filter(|at| *at <= self.now);
        let expired = expired.map(|_| "The key had expired by what the server last said.".to_owned());
        let profile = self.profile.as_deref().unwrap_or_default();
        let (login, again, profiles) =
            (hint(Command::Login), hint(Command::ReadAgain), hint(Command::Profile));
        let next = if self.profiles.is_empty() {
            "The key comes from the environment: set BEE_TUI_API_KEY and BEE_TUI_API_SECRET anew, and start again.".into()
        } else {
            format!(
                "{login} takes another key, as bee-tui login --profile {profile} does; {again} reads the settings and tries \
                 again; {profiles} changes to another profile. What is staged belongs to the key it was staged with."
            )
        };
        let mut lines = vec![Line::field("", why)];
        lines.extend(expired.map(|text| Line::field("", text)));
        lines.extend([Line::field("Kept", kept), Line::field("Next", next)]);
        self.overlays.push(Overlay::Reader(Reader::new(NOT_LET_IN.into(), lines)));
    }

    /// What the top line says of the server and the key.
    pub(super) fn reach_tag(&self) -> Option<&'static str> {
        match (&self.reach.shut, &self.reach.offline) {
            (Some(_), _) => Some("NOT LET IN"),
            (None, Some(_)) => Some("OFFLINE"),
            (None, None) => None,
        }
    }

    /// What the status line says of it while there is nothing else to say.
    pub(super) fn reach_words(&self) -> Option<String> {
        let again = self.keymap.hint(Command::ReadAgain);
        if self.reach.shut.is_some() {
            let login = self.keymap.hint(Command::Login);
            return Some(format!(
                "key not let in; edits are kept; {again} tries again, {login} takes another"
            ));
        }
        let offline = self.reach.offline.as_ref()?;
        Some(format!(
            "out of reach since {}; edits are kept; tried by itself, {again} now",
            clock(offline.since)
        ))
    }

    /// What the status line says of calls that wait to go out again.
    pub(super) fn waiting_words(&self) -> Option<String> {
        let waiting = self.requests.values().filter_map(|p| Some((p, p.waits.as_ref()?)));
        let (pending, waits) = waiting.max_by_key(|(_, waits)| waits.until)?;
        Some(match waits.until {
            Some(until) => {
                let seconds = seconds_since(self.now, until);
                format!("the server asks to wait: {seconds} s · {} stops", self.keymap.hint(Command::Stop))
            }
            None => format!("{}: try {} follows by itself", waits.error.kind(), pending.attempts + 1),
        })
    }
}

/// The title of what is shown when the key is not let in.
const NOT_LET_IN: &str = "The key is not let in";
