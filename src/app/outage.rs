//! An unreachable server and a rejected key: retries, returning online, and stopping all requests that the
//! user did not just ask for.

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
    /// Schedules a retry of a failed request after a delay; it stays pending until then. Returns the request
    /// when it is not retried.
    pub(super) fn schedule_retry(
        &mut self,
        id: RequestId,
        mut pending: PendingRequest,
        error: &ApiError,
        fx: &mut Effects,
    ) -> Option<PendingRequest> {
        let since = Duration::from_secs(seconds_since(pending.made_at, self.now));
        let attempts_so_far = Attempts { attempts: pending.attempts, elapsed: since };
        // While the server is offline, the probe alone finds out when it is back. A rejected key needs no
        // retry.
        let of_toolkit = pending.goes_to_toolkit();
        let is_probed = self.connectivity.offline.is_some() && pending.is_read;
        if of_toolkit && (is_probed || self.connectivity.unauthorized.is_some()) {
            return Some(pending);
        }
        let Some(pause) = retry_delay(
            &pending.call,
            error,
            attempts_so_far,
            self.connectivity.retry_budgets.of(pending.product()),
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

    /// Sends a request again after its delay; a read waits for its turn.
    pub(super) fn send_retry(&mut self, id: RequestId, fx: &mut Effects) {
        if let Some(pending) = self.requests.get_mut(&id)
            && pending.waiting().is_some()
        {
            pending.attempts += 1;
            if pending.is_read {
                pending.state = RequestState::Queued;
            } else {
                pending.state = RequestState::InFlight;
                pending.sent_at = self.now;
                fx.push(Effect::Call(id, pending.call.clone()));
            }
        }
    }

    /// Ends all waits for a retry: these requests fail with their last error. Returns whether there were any.
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

    /// Updates the connectivity by a response or a failure, before the owner of the request gets it. Returns
    /// whether the request was a probe that failed.
    pub(super) fn update_connectivity(
        &mut self,
        id: RequestId,
        error: Option<&ApiError>,
        fx: &mut Effects,
    ) -> bool {
        let was_probe = self
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
            // A write without a response is reconciled by a read, which shows whether the server can be
            // reached.
            Some(Failure::NoResponse(_)) if !error.is_some_and(|error| error.method.is_read()) => {}
            Some(Failure::Unreachable(_) | Failure::NoResponse(_)) if self.connectivity.offline.is_none() => {
                self.connectivity.offline = Some(Offline { since: self.now, probes: 1, probe: None });
                fx.push(Effect::SetTimerWithJitter(Timer::ProbeServer, probe_delay(1)));
            }
            // A gateway that answers for a failing server does not count as being back online.
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
        was_probe && error.is_some()
    }

    /// Goes back online: resumes watches and reads what could not be read meanwhile.
    fn return_online(&mut self, fx: &mut Effects) {
        let Some(offline) = self.connectivity.offline.take() else { return };
        self.events.push(Event::BackOnline);
        let text =
            format!("online again after {} offline", format_duration(seconds_since(offline.since, self.now)));
        self.show_notice(Notice::new(Severity::Success, text));
        self.resume_watches(fx);
        self.read_unknown_outcomes(fx);
    }

    /// Whether a request to BEEtoolkit is pending; the Supplier Management System has its own host and key.
    pub(super) fn is_calling_toolkit(&self) -> bool {
        self.requests.values().any(PendingRequest::goes_to_toolkit)
    }

    /// Probes the server with the shortest list, and schedules the next probe.
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

    /// Handles a rejected key: cancels reads, fails the requests waiting to retry, and stops an apply after
    /// the request in flight. Afterwards only what the user asks for is sent.
    pub(super) fn enter_unauthorized(&mut self, error: ApiError, fx: &mut Effects) {
        if let Some(unauthorized) = &mut self.connectivity.unauthorized {
            // The user tried again, so the popup is shown again.
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
        // The notice about the rejected request itself matters more than that others were cancelled.
        self.status.notice = said.or(self.status.notice.take());
    }

    /// Whether the key is rejected, so that only requests the user asks for are sent.
    pub(super) fn is_unauthorized(&self) -> bool {
        self.connectivity.unauthorized.is_some()
    }
}
