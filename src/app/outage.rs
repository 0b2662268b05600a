//! An unreachable server and a rejected key: retries, the way back online, and the stop of all requests that nobody asked
//! for just now.

use std::time::Duration;

use crate::api::error::{ApiError, Failure};
use crate::api::{Call, plans};
use crate::app::connectivity::{Offline, Unauthorized, probe_delay};
use crate::app::engine::{Engine, Event};
use crate::app::requests::{PendingRequest, RequestState, WaitingToRetry};
use crate::app::retry::{Attempts, final_error, retry_delay};
use crate::domain::date::{format_duration, seconds_since};
use crate::effect::{Delay, Effect, Effects, Owner, RequestId, Timer};
use crate::nav::{Notice, Severity};

impl Engine {
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
        let Some(pause) =
            retry_delay(&pending.call, error, made, self.connectivity.retry_budgets.of(pending.product()))
        else {
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
                    self.events.push(Event::KeyAccepted);
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
        self.events.push(Event::BackOnline);
        let text =
            format!("back after {} out of reach", format_duration(seconds_since(offline.since, self.now)));
        self.show_notice(Notice::new(Severity::Success, text));
        self.resume_watches(fx);
        self.read_unknown_outcomes(fx);
    }

    /// Whether a call to BEEtoolkit is under way; the other product has a host and a key of its own.
    pub(super) fn is_calling_toolkit(&self) -> bool {
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
        self.stop_apply();
        self.cancel_retries(fx);
        let reads = self.requests.iter().filter(|(_, pending)| pending.is_read && pending.goes_to_toolkit());
        for id in reads.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.cancel_request(id, fx);
        }
        // What was said of the call itself says more than that others were stopped for it.
        self.status.notice = said.or(self.status.notice.take());
    }

    /// Whether calls that nobody asked for just now have to rest.
    pub(super) fn is_unauthorized(&self) -> bool {
        self.connectivity.unauthorized.is_some()
    }
}
