//! The counter part of an apply. For each plan: read it again, merge, send one PATCH per target, one after the other, compare
//! the response, and read once more if an outcome is unknown. Several plans are worked on at once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::api::error::{ApiError, Failure};
use crate::api::reply::Reply;
use crate::api::{Call, plans};
use crate::app::apply::halt::Halt;
use crate::domain::change::counter_change::{
    ChangeState, ConfirmedCounters, CounterChanges, CounterEntry, CounterReconciliation, CounterRef,
    CounterStanding, TargetPatch, TargetRef,
};
use crate::domain::id::{PlanId, ScorecardId};
use crate::domain::text::pluralize;
use crate::effect::{Effects, Owner, RequestId};
use crate::input::command::key;
use crate::workspace::Workspace;

/// Counters being applied.
#[derive(Debug, PartialEq)]
pub(super) struct CounterApply {
    /// The counters the user confirmed; one edited since then is not sent.
    confirmed: ConfirmedCounters,
    /// The plans that wait for their turn.
    plans: VecDeque<PlanId>,
    /// The plans that are worked on now, each with its request in flight.
    lanes: BTreeMap<RequestId, CounterLane>,
    /// How many plans are worked on at once.
    max_lanes: usize,
    /// Counters missing from a successful response; only a read tells whether the server took them.
    unshown_counters: BTreeSet<CounterRef>,
    tally: CounterTally,
    /// The plans with at least one saved counter.
    touched_plans: BTreeSet<PlanId>,
    /// The errors, in the order they occurred.
    failures: Vec<ApiError>,
    /// Why no further request is sent; `None` while requests may be sent.
    halt: Option<Halt>,
}

/// What the work on a plan is waiting for.
#[derive(Debug, PartialEq)]
enum CounterLane {
    /// The plan is being read before anything is sent to it.
    Reading(PlanId),
    /// One target's counters are in flight; the plan's other targets wait.
    Sending {
        place: TargetRef,
        sent: TargetPatch,
        remaining: VecDeque<TargetRef>,
        /// Whether an earlier response left an outcome unknown.
        has_unknown: bool,
    },
    /// The plan is being read once more, because an outcome is unknown.
    Verifying(PlanId),
}

/// How many counters ended in each outcome.
#[derive(Debug, PartialEq, Default)]
struct CounterTally {
    saved: usize,
    already_saved: usize,
    not_taken: usize,
    refused: usize,
    /// Sent, got no response, and a read showed that they did not arrive.
    restaged: usize,
}

impl CounterApply {
    /// Starts applying the counters the user confirmed, to so many plans at once.
    pub(super) fn start(confirmed: ConfirmedCounters, max_lanes: usize, fx: &mut Effects) -> Self {
        let plans: BTreeSet<PlanId> = confirmed.keys().map(|cell| cell.target.plan).collect();
        let mut apply = Self {
            confirmed,
            plans: plans.into_iter().collect(),
            lanes: BTreeMap::new(),
            max_lanes,
            unshown_counters: BTreeSet::new(),
            tally: CounterTally::default(),
            touched_plans: BTreeSet::new(),
            failures: Vec::new(),
            halt: None,
        };
        apply.fill_lanes(fx);
        apply
    }

    /// Reads the next plans, as many as may be worked on at once; none once the apply was halted.
    fn fill_lanes(&mut self, fx: &mut Effects) {
        while self.halt.is_none() && self.lanes.len() < self.max_lanes {
            let Some(plan) = self.plans.pop_front() else { return };
            let read = fx.call(Owner::Apply, Call::Plans(plans::Call::Read(plan)));
            self.lanes.insert(read, CounterLane::Reading(plan));
        }
    }

    /// Records a failure. A rejected key or an unreachable server halts the whole apply; any other failure
    /// affects only its plan.
    fn record_failure(&mut self, error: ApiError) {
        if Halt::is_called_for(&error) {
            self.halt = Some(Halt::Aborted);
        }
        self.failures.push(error);
    }

    /// Handles the response to one of this apply's requests, once the workspace is updated with it.
    pub(super) fn reply(
        &mut self,
        id: RequestId,
        result: Result<Reply, ApiError>,
        reconciliation: &CounterReconciliation,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) {
        let Some(lane) = self.lanes.remove(&id) else { return };
        self.tally.saved += reconciliation.saved;
        self.tally.already_saved += reconciliation.already_saved;
        match (lane, result) {
            (CounterLane::Reading(_) | CounterLane::Verifying(_), Err(error)) => self.record_failure(error),
            (CounterLane::Reading(plan), Ok(_)) => {
                self.note_touched(plan, reconciliation.saved);
                let ready = workspace
                    .plan(plan)
                    .map(|read| workspace.counter_changes.sendable_patches(read, &self.confirmed));
                let waiting = ready.into_iter().flatten().map(|(place, _)| place).collect();
                self.send_next(waiting, false, plan, workspace, fx);
            }
            (CounterLane::Sending { place, sent, remaining: waiting, has_unknown: open }, result) => {
                let left_open = self.compare_response(place, &sent, result, workspace, fx);
                self.send_next(waiting, open || left_open, place.plan, workspace, fx);
            }
            (CounterLane::Verifying(plan), Ok(_)) => {
                self.note_touched(plan, reconciliation.saved);
                self.finish_verification(plan, reconciliation.restaged, workspace, fx);
            }
        }
        self.fill_lanes(fx);
    }

    fn note_touched(&mut self, plan: PlanId, saved: usize) {
        if saved > 0 {
            self.touched_plans.insert(plan);
        }
    }

    /// Journals and sends the next target of a plan that still has counters to send. When no target is left, reads the
    /// plan again if `open` (an outcome is unknown), else the work on it is over.
    fn send_next(
        &mut self,
        mut waiting: VecDeque<TargetRef>,
        open: bool,
        plan: PlanId,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) {
        while let Some(place) = waiting.pop_front().filter(|_| self.halt.is_none()) {
            let sent = workspace
                .plan(plan)
                .map(|read| workspace.counter_changes.sendable_patch(read, &place, &self.confirmed))
                .unwrap_or_default();
            if sent.is_empty() {
                continue;
            }
            fx.journal_counters(mark_counters(workspace, place, &sent, &ChangeState::Sending));
            let call = fx.call(Owner::Apply, Call::Plans(plans::Call::UpdateTarget(place, sent.clone())));
            let lane = CounterLane::Sending { place, sent, remaining: waiting, has_unknown: open };
            self.lanes.insert(call, lane);
            return;
        }
        if open {
            let read = fx.call(Owner::Apply, Call::Plans(plans::Call::Read(plan)));
            self.lanes.insert(read, CounterLane::Verifying(plan));
        }
    }

    /// Compares a response with what was sent. Returns whether an outcome is unknown.
    fn compare_response(
        &mut self,
        place: TargetRef,
        sent: &TargetPatch,
        result: Result<Reply, ApiError>,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) -> bool {
        let error = match result {
            Ok(Reply::Target(answer)) => {
                let (saved, entries) = workspace.counter_changes.settle_response(place, sent, &answer);
                let cells_in_state = |state: &ChangeState| {
                    let of = entries.iter().filter(|e| e.change.as_ref().is_some_and(|c| c.state == *state));
                    of.map(|entry| entry.cell.clone()).collect::<Vec<_>>()
                };
                self.tally.saved += saved;
                self.tally.not_taken += cells_in_state(&ChangeState::NotTaken).len();
                let unshown = cells_in_state(&ChangeState::OutcomeUnknown);
                let open = !unshown.is_empty();
                self.unshown_counters.extend(unshown);
                self.note_touched(place.plan, saved);
                if answer.id == place.target {
                    workspace.update_target(place, &answer);
                }
                fx.journal_counters(entries);
                return open;
            }
            Ok(_) => None,
            Err(error) => Some(error),
        };
        let state = match &error {
            None => ChangeState::OutcomeUnknown,
            Some(error) if error.is_outcome_unknown() => ChangeState::OutcomeUnknown,
            Some(ApiError { failure: Failure::ValidationFailed(refusal), .. }) => {
                ChangeState::Rejected(refusal.summary_or_default())
            }
            Some(_) => ChangeState::Staged,
        };
        fx.journal_counters(mark_counters(workspace, place, sent, &state));
        match (&state, error) {
            (ChangeState::Rejected(_), _) => self.tally.refused += sent.len(),
            // A read decides the outcome; the error is reported all the same.
            (ChangeState::OutcomeUnknown, Some(error)) => self.failures.push(error),
            (_, Some(error)) => self.record_failure(error),
            (_, None) => {}
        }
        state == ChangeState::OutcomeUnknown
    }

    /// Settles the counters of a plan that the second read still did not show: they were either not taken after a
    /// successful response, or did not arrive. `restaged_count` is the number staged again.
    fn finish_verification(
        &mut self,
        plan: PlanId,
        restaged_count: usize,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) {
        let unshown: Vec<CounterRef> =
            self.unshown_counters.extract_if(.., |cell| cell.target.plan == plan).collect();
        let is_staged = |changes: &CounterChanges, cell: &CounterRef| {
            changes.change(cell).is_some_and(|change| change.state == ChangeState::Staged)
        };
        let changes = &mut workspace.counter_changes;
        let not_taken: Vec<CounterEntry> = unshown
            .iter()
            .filter_map(|cell| {
                is_staged(changes, cell).then(|| changes.set_state(cell, ChangeState::NotTaken)).flatten()
            })
            .collect();
        self.tally.not_taken += not_taken.len();
        self.tally.restaged += restaged_count.saturating_sub(not_taken.len());
        fx.journal_counters(not_taken);
    }

    /// Whether nothing is left to do.
    pub(super) fn is_over(&self) -> bool {
        self.lanes.is_empty()
    }

    /// How many of the confirmed counters are done, and how many there are; `None` when the work is over.
    pub(super) fn progress(&self) -> Option<(usize, usize)> {
        let CounterTally { saved, already_saved, not_taken, refused, restaged } = self.tally;
        let done = saved + already_saved + not_taken + refused + restaged;
        (!self.is_over()).then_some((done, self.confirmed.len()))
    }

    /// Stops after the requests in flight.
    pub(super) fn stop(&mut self) {
        self.halt.get_or_insert(Halt::Stopped);
    }

    /// Whether the server is offline or rejects the key, so that no request could succeed.
    pub(super) fn is_aborted(&self) -> bool {
        self.halt == Some(Halt::Aborted)
    }

    /// The most recent error, if any.
    pub(super) fn last_error(&self) -> Option<&ApiError> {
        self.failures.last()
    }

    /// The outcome in phrases for the status line; empty when there was nothing to send.
    pub(super) fn summary(&self, workspace: &Workspace) -> Vec<String> {
        if self.confirmed.is_empty() {
            return Vec::new();
        }
        let mut phrases = vec![format!("{} saved", pluralize(self.tally.saved, "counter"))];
        for (n, words) in [
            (
                workspace.counter_conflicts(),
                concat!(
                    "in conflict: decide with ",
                    key!("mine"),
                    " or ",
                    key!("theirs"),
                    ", then apply again"
                ),
            ),
            (self.tally.not_taken, "not taken: the server kept its own value"),
            (self.tally.refused, "refused by the server; they stay staged"),
            (self.tally.restaged, "did not arrive; they stay staged"),
            (
                workspace.count_counters(|s| *s == CounterStanding::OutcomeUnknown),
                "unknown: no response; read again",
            ),
            (workspace.count_counters(|s| *s == CounterStanding::Gone), "gone from the server"),
        ] {
            if n > 0 {
                phrases.push(format!("{n} {words}"));
            }
        }
        phrases
    }

    /// How many counters had the staged value on the server already.
    pub(super) fn already_saved(&self) -> usize {
        self.tally.already_saved
    }

    /// The scorecards of the plans with saved counters.
    pub(super) fn touched_scorecards(&self, workspace: &Workspace) -> BTreeSet<ScorecardId> {
        self.touched_plans.iter().filter_map(|plan| workspace.plan(*plan)?.scorecard_id()).collect()
    }
}

/// Sets the state of the counters of a target that are sent or were sent. Returns the journal entries.
fn mark_counters(
    workspace: &mut Workspace,
    place: TargetRef,
    sent: &TargetPatch,
    state: &ChangeState,
) -> Vec<CounterEntry> {
    let cells = sent.iter().map(|(counter, _)| CounterRef { target: place, counter: counter.clone() });
    cells.filter_map(|cell| workspace.counter_changes.set_state(&cell, state.clone())).collect()
}
