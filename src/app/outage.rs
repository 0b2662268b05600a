//! An unreachable server and a rejected key: retries, the way back online, and the stop of all requests that nobody asked
//! for just now.

use std::time::Duration;

use crate::api::error::{ApiError, Failure};
use crate::api::{Call, plans};
use crate::app::apply::Apply;
use crate::app::connectivity::{Offline, Unauthorized, probe_delay};
use crate::app::model::Model;
use crate::app::requests::{PendingRequest, RequestState, WaitingToRetry};
use crate::app::retry::{Attempts, final_error, retry_delay};
use crate::domain::date::{format_duration, seconds_since, time_of_day};
use crate::effect::{Delay, Effect, Effects, Owner, RequestId, Timer};
use crate::input::command::Command;
use crate::nav::{DetailLine, Notice, Severity};
use crate::popup::Popup;
use crate::popup::details::DetailsPopup;

impl Model {
    /// Lets a call that failed go out again after a pause, until which it is still under way; gives it back when it
    /// does not.
    pub(super) fn schedule_retry(
        &mut self,
        id: RequestId,
        mut pending: PendingRequest,
        error: &ApiError,
        fx: &mut Effects,
    ) -> Option<PendingRequest> {
        let since = Duration::from_secs(seconds_since(pending.first_sent_at, self.now));
        let made = Attempts { attempts: pending.attempts, elapsed: since };
        // While the server is out of reach, the one look for it is enough.
        let of_toolkit = pending.goes_to_toolkit();
        let looked_for = self.connectivity.offline.is_some() && pending.is_read;
        if of_toolkit && (looked_for || self.connectivity.unauthorized.is_some()) {
            return Some(pending);
        }
        let Some(pause) = retry_delay(
            &pending.call,
            error,
            made,
            &mut self.connectivity.retry_budgets[usize::from(of_toolkit)],
        ) else {
            return Some(pending);
        };
        let until = match pause {
            Delay::Exactly(pause) => self.now.checked_add(pause).ok(),
            Delay::UpTo(_) => None,
        };
        if error.is_outcome_unknown() {
            pending.uncertain_error = Some(error.clone());
        }
        pending.state = RequestState::WaitingToRetry(WaitingToRetry { error: error.clone(), until });
        self.requests.insert(id, pending);
        fx.push(Effect::SetTimerWithJitter(Timer::Retry(id), pause));
        None
    }

    /// The pause of a call is over.
    pub(super) fn send_retry(&mut self, id: RequestId, fx: &mut Effects) {
        if let Some(pending) = self.requests.get_mut(&id)
            && pending.waiting().is_some()
        {
            pending.state = RequestState::InFlight;
            pending.attempts += 1;
            pending.sent_at = self.now;
            fx.push(Effect::Call(id, pending.call.clone()));
        }
    }

    /// Ends the pauses: the calls failed as they did.
    pub(super) fn cancel_retries(&mut self, fx: &mut Effects) -> bool {
        let waiting: Vec<_> =
            self.requests.iter().filter(|(_, p)| p.waiting().is_some()).map(|(id, _)| *id).collect();
        for id in &waiting {
            let Some(mut pending) = self.requests.remove(id) else { continue };
            if let RequestState::WaitingToRetry(waiting) = &pending.state {
                let error = final_error(pending.uncertain_error.take(), waiting.error.clone());
                self.deliver_reply(*id, pending, Err(error), fx);
            }
        }
        !waiting.is_empty()
    }

    /// What an answer, or its absence, says of the server, before it is told to whoever asked. Whether it was a look that
    /// nobody asked for, and that brought nothing.
    pub(super) fn update_connectivity(
        &mut self,
        id: RequestId,
        error: Option<&ApiError>,
        fx: &mut Effects,
    ) -> bool {
        let looked = self
            .connectivity
            .offline
            .as_mut()
            .is_some_and(|offline| offline.probe.take_if(|look| *look == id).is_some());
        match error.map(|error| &error.failure) {
            None => {
                if self.connectivity.unauthorized.take().is_some() {
                    self.popups.retain(
                        |over| !matches!(over, Popup::Details(read) if read.title() == KEY_REJECTED_TITLE),
                    );
                    self.resume_watches(fx);
                    self.read_unknown_outcomes(fx);
                }
                self.return_online(fx);
            }
            // Whether a write arrived is found out by reading: that tells of the server too.
            Some(Failure::NoResponse(_)) if !error.is_some_and(|error| error.method.is_read()) => {}
            Some(Failure::Unreachable(_) | Failure::NoResponse(_)) if self.connectivity.offline.is_none() => {
                self.connectivity.offline = Some(Offline { since: self.now, probes: 1, probe: None });
                fx.push(Effect::SetTimerWithJitter(Timer::ProbeServer, probe_delay(1)));
            }
            // A server that fails behind its door is not back yet.
            Some(
                Failure::NotSent(_)
                | Failure::Unreachable(_)
                | Failure::NoResponse(_)
                | Failure::Untrusted(..)
                | Failure::Cancelled
                | Failure::RetryLater(500.., _)
                | Failure::OtherStatus(500..),
            ) => {}
            Some(Failure::Unauthorized(401)) => self.connectivity.offline = None,
            Some(_) => self.return_online(fx),
        }
        looked && error.is_some()
    }

    /// The server answers: what could not be read meanwhile is read now.
    fn return_online(&mut self, fx: &mut Effects) {
        let Some(offline) = self.connectivity.offline.take() else { return };
        if self.popups.is_empty() && !self.is_typing() {
            self.forward_command(Command::ReadAgain, fx);
        }
        let text =
            format!("back after {} out of reach", format_duration(seconds_since(offline.since, self.now)));
        self.show_notice(Notice::new(Severity::Success, text));
        self.resume_watches(fx);
        self.read_unknown_outcomes(fx);
    }

    /// Whether a call to BEEtoolkit is under way; the other product has a host and a key of its own.
    fn is_calling_toolkit(&self) -> bool {
        self.requests.values().any(PendingRequest::goes_to_toolkit)
    }

    /// It is time to try whether the server can be reached again, with the shortest list there is.
    pub(super) fn probe_server(&mut self, fx: &mut Effects) {
        let busy = self.is_calling_toolkit();
        let Some(offline) = &mut self.connectivity.offline else { return };
        offline.probes += 1;
        fx.push(Effect::SetTimerWithJitter(Timer::ProbeServer, probe_delay(offline.probes)));
        if !busy {
            offline.probe = Some(fx.call(Owner::Background, Call::Plans(plans::Call::List)));
            self.register_requests(fx);
        }
    }

    /// The key is not let in: nothing is sent by itself any more. What is being read is given up, what waits to go out
    /// again fails, and an apply ends with the request that is under way.
    pub(super) fn enter_unauthorized(&mut self, error: ApiError, fx: &mut Effects) {
        if let Some(unauthorized) = &mut self.connectivity.unauthorized {
            // Somebody has tried again.
            unauthorized.shown = false;
            return;
        }
        let said = self.status.notice.take();
        self.connectivity.unauthorized = Some(Unauthorized { error, shown: false });
        self.apply.iter_mut().for_each(Apply::stop);
        self.cancel_retries(fx);
        let reads = self.requests.iter().filter(|(_, pending)| pending.is_read && pending.goes_to_toolkit());
        for id in reads.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.cancel_request(id, fx);
        }
        // What was said of the call itself says more than that others were stopped for it.
        self.status.notice = said.or(self.status.notice.take());
    }

    /// The key is tried again as it is: with a good answer, what rested goes on.
    pub(super) fn retry_key(&mut self, fx: &mut Effects) {
        self.forward_command(Command::ReadAgain, fx);
        self.start_list_reads(fx);
        if !self.is_calling_toolkit() {
            // What is on screen is not the server's.
            self.send(Owner::Background, Call::Plans(plans::Call::List), fx);
        }
    }

    /// Whether calls that nobody asked for just now have to rest.
    pub(super) fn is_unauthorized(&self) -> bool {
        self.connectivity.unauthorized.is_some()
    }

    /// Shows that the key is not let in, once, where nothing else is open or typed.
    pub(super) fn show_unauthorized(&mut self) {
        let free = self.popups.is_empty() && !self.is_typing();
        let Some(unauthorized) =
            self.connectivity.unauthorized.as_mut().filter(|unauthorized| free && !unauthorized.shown)
        else {
            return;
        };
        unauthorized.shown = true;
        let why = unauthorized.error.to_string();
        let hint = |command| self.keymap.hint(command);
        let kept = match self.workspace.staged_count() {
            0 => "Nothing is staged, and nothing more is sent.".to_owned(),
            n => format!("{n} staged; they are kept, and nothing more is sent."),
        };
        let expired =
            self.status.expiry.as_ref().and_then(|expiry| expiry.expires_at).filter(|at| *at <= self.now);
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
        let mut lines = vec![DetailLine::field("", why)];
        lines.extend(expired.map(|text| DetailLine::field("", text)));
        lines.extend([DetailLine::field("Kept", kept), DetailLine::field("Next", next)]);
        self.popups.push(Popup::Details(DetailsPopup::new(KEY_REJECTED_TITLE.into(), lines)));
    }

    /// What the top line says of the server and the key.
    pub(super) fn connectivity_tag(&self) -> Option<&'static str> {
        match (&self.connectivity.unauthorized, &self.connectivity.offline) {
            (Some(_), _) => Some("NOT LET IN"),
            (None, Some(_)) => Some("OFFLINE"),
            (None, None) => None,
        }
    }

    /// What the status line says of it while there is nothing else to say.
    pub(super) fn connectivity_text(&self) -> Option<String> {
        let again = self.keymap.hint(Command::ReadAgain);
        if self.connectivity.unauthorized.is_some() {
            let login = self.keymap.hint(Command::Login);
            return Some(format!(
                "key not let in; edits are kept; {again} tries again, {login} takes another"
            ));
        }
        let offline = self.connectivity.offline.as_ref()?;
        Some(format!(
            "out of reach since {}; edits are kept; tried by itself, {again} now",
            time_of_day(offline.since)
        ))
    }

    /// What the status line says of calls that wait to go out again.
    pub(super) fn retry_text(&self) -> Option<String> {
        let waiting = self.requests.values().filter_map(|p| Some((p, p.waiting()?)));
        let (pending, retry) = waiting.max_by_key(|(_, retry)| retry.until)?;
        Some(match retry.until {
            Some(until) => {
                let seconds = seconds_since(self.now, until);
                format!("the server asks to wait: {seconds} s · {} stops", self.keymap.hint(Command::Stop))
            }
            None => format!("{}: try {} follows by itself", retry.error.kind(), pending.attempts + 1),
        })
    }
}

/// The title of what is shown when the key is not let in.
const KEY_REJECTED_TITLE: &str = "The key is not let in";
