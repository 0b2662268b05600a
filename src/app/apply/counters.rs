//! The counter part of an apply. For each plan: read it again, merge, send one PATCH per target, compare the
//! response, and read once more if an outcome is unknown.

use std::collections::{BTreeSet, VecDeque};

use crate::api::error::{ApiError, Failure};
use crate::api::reply::Reply;
use crate::api::{Call, plans};
use crate::app::apply::halt::Halt;
use crate::domain::change::counter_change::{
    ChangeState, ConfirmedCounters, CounterEntry, CounterReconciliation, CounterRef, CounterStanding,
    TargetPatch, TargetRef,
};
use crate::domain::id::{PlanId, ScorecardId};
use crate::domain::text::pluralize;
use crate::effect::{Effects, Owner};
use crate::input::command::key;
use crate::workspace::Workspace;

/// Counters being applied.
#[derive(Debug, PartialEq)]
pub(super) struct CounterApply {
    /// The counters the user confirmed; one edited since then is not sent.
    confirmed: ConfirmedCounters,
    plans: VecDeque<PlanId>,
    stage: CounterStage,
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

/// What the apply is waiting for.
#[derive(Debug, PartialEq)]
enum CounterStage {
    /// Nothing is left to do.
    Over,
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
    /// Starts applying the counters the user confirmed.
    pub(super) fn start(confirmed: ConfirmedCounters, fx: &mut Effects) -> Self {
        let plans: BTreeSet<PlanId> = confirmed.keys().map(|cell| cell.target.plan).collect();
        let mut apply = Self {
            confirmed,
            plans: plans.into_iter().collect(),
            stage: CounterStage::Over,
            unshown_counters: BTreeSet::new(),
            tally: CounterTally::default(),
            touched_plans: BTreeSet::new(),
            failures: Vec::new(),
            halt: None,
        };
        apply.start_next_plan(fx);
        apply
    }

    /// Requests the next plan, or ends if none is left or the apply was halted.
    fn start_next_plan(&mut self, fx: &mut Effects) {
        let next = if self.halt.is_some() { None } else { self.plans.pop_front() };
        self.stage = match next {
            Some(plan) => {
                fx.call(Owner::Apply, Call::Plans(plans::Call::Read(plan)));
                CounterStage::Reading(plan)
            }
            None => CounterStage::Over,
        };
    }

    /// Records a failure. A rejected key or an unreachable server halts the whole apply; any other failure
    /// affects only its plan.
    fn record_failure(&mut self, error: ApiError) {
        if Halt::is_called_for(&error) {
            self.halt = Some(Halt::Aborted);
        }
        self.failures.push(error);
    }

    /// Handles the response to this apply's request, once the workspace is updated with it. Returns whether
    /// the counter part is over.
    pub(super) fn reply(
        &mut self,
        result: Result<Reply, ApiError>,
        reconciliation: &CounterReconciliation,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) -> bool {
        self.tally.saved += reconciliation.saved;
        self.tally.already_saved += reconciliation.already_saved;
        match (std::mem::replace(&mut self.stage, CounterStage::Over), result) {
            (CounterStage::Reading(_) | CounterStage::Verifying(_), Err(error)) => {
                self.record_failure(error);
                self.start_next_plan(fx);
            }
            (CounterStage::Reading(plan), Ok(_)) => {
                self.note_touched(plan, reconciliation.saved);
                let ready = workspace
                    .plan(plan)
                    .map(|read| workspace.counter_changes.sendable_patches(read, &self.confirmed));
                let waiting = ready.into_iter().flatten().map(|(place, _)| place).collect();
                self.send_next(waiting, false, plan, workspace, fx);
            }
            (CounterStage::Sending { place, sent, remaining: waiting, has_unknown: open }, result) => {
                let left_open = self.compare_response(place, &sent, result, workspace, fx);
                self.send_next(waiting, open || left_open, place.plan, workspace, fx);
            }
            (CounterStage::Verifying(plan), Ok(_)) => {
                self.note_touched(plan, reconciliation.saved);
                self.finish_verification(reconciliation.restaged, workspace, fx);
                self.start_next_plan(fx);
            }
            (CounterStage::Over, _) => {}
        }
        self.stage == CounterStage::Over
    }

    fn note_touched(&mut self, plan: PlanId, saved: usize) {
        if saved > 0 {
            self.touched_plans.insert(plan);
        }
    }

    /// Journals and sends the next target that still has counters to send. When no target is left, reads the
    /// plan again if `open` (an outcome is unknown), else goes on to the next plan.
    fn send_next(
        &mut self,
        mut waiting: VecDeque<TargetRef>,
        open: bool,
        plan: PlanId,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) {
        while let Some(place) = waiting.pop_front().filter(|_| self.halt.is_none()) {
            let ready = workspace
                .plan(plan)
                .map(|read| workspace.counter_changes.sendable_patches(read, &self.confirmed))
                .unwrap_or_default();
            let Some((_, sent)) = ready.into_iter().find(|(ready, _)| *ready == place) else { continue };
            fx.journal_counters(mark_counters(workspace, place, &sent, &ChangeState::Sending));
            fx.call(Owner::Apply, Call::Plans(plans::Call::UpdateTarget(place, sent.clone())));
            self.stage = CounterStage::Sending { place, sent, remaining: waiting, has_unknown: open };
            return;
        }
        if open {
            fx.call(Owner::Apply, Call::Plans(plans::Call::Read(plan)));
            self.stage = CounterStage::Verifying(plan);
        } else {
            self.start_next_plan(fx);
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

    /// Settles the counters that the second read still did not show: they were either not taken after a
    /// successful response, or did not arrive. `back` is the number staged again.
    fn finish_verification(&mut self, restaged_count: usize, workspace: &mut Workspace, fx: &mut Effects) {
        let unshown = std::mem::take(&mut self.unshown_counters);
        let not_taken: Vec<CounterEntry> = unshown
            .iter()
            .filter(|cell| {
                workspace
                    .counter_changes
                    .change(cell)
                    .is_some_and(|change| change.state == ChangeState::Staged)
            })
            .cloned()
            .collect::<Vec<_>>()
            .iter()
            .filter_map(|cell| workspace.counter_changes.set_state(cell, ChangeState::NotTaken))
            .collect();
        self.tally.not_taken += not_taken.len();
        self.tally.restaged += restaged_count.saturating_sub(not_taken.len());
        fx.journal_counters(not_taken);
    }

    /// Whether nothing is left to do.
    pub(super) fn is_over(&self) -> bool {
        self.stage == CounterStage::Over
    }

    /// Stops after the request in flight.
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
