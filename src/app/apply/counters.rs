//! The counters' part of an apply: per plan read again, merge, one PATCH per target, compare, and read once more where
//! an answer left something open.

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
use crate::workspace::Workspace;

/// Counters being applied.
#[derive(Debug, PartialEq)]
pub(super) struct CounterApply {
    /// What was said yes to; a counter edited since is not sent.
    confirmed: ConfirmedCounters,
    plans: VecDeque<PlanId>,
    stage: CounterStage,
    /// Counters that an answer with a good status did not show; only reading tells whether they took.
    unshown_counters: BTreeSet<CounterRef>,
    tally: CounterTally,
    /// The plans of which something was saved.
    touched_plans: BTreeSet<PlanId>,
    /// What went wrong, plan by plan.
    failures: Vec<ApiError>,
    /// Why no further request is sent, if none is.
    halt: Option<Halt>,
}

/// Where it stands.
#[derive(Debug, PartialEq)]
enum CounterStage {
    /// Nothing is left to do.
    Over,
    /// A plan is read again.
    Reading(PlanId),
    /// A target's counters are sent; the other targets of the plan wait.
    Sending {
        place: TargetRef,
        sent: TargetPatch,
        remaining: VecDeque<TargetRef>,
        /// Whether an answer before this one left something open.
        has_unknown: bool,
    },
    /// The plan is read once more, since an answer left something open.
    Verifying(PlanId),
}

/// How many counters came to what.
#[derive(Debug, PartialEq, Default)]
struct CounterTally {
    saved: usize,
    already_saved: usize,
    not_taken: usize,
    refused: usize,
    /// Sent without an answer, and found not to have arrived.
    restaged: usize,
}

impl CounterApply {
    /// Begins with what was said yes to.
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

    /// Reads the next plan, or ends.
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

    /// Notes a failure; a key that is not let in or a server out of reach ends everything, the rest only its plan.
    fn record_failure(&mut self, error: ApiError) {
        if Halt::is_called_for(&error) {
            self.halt = Some(Halt::Aborted);
        }
        self.failures.push(error);
    }

    /// A reply to its call came, and what it brought is on the desk; whether that was the last.
    pub(super) fn reply(
        &mut self,
        result: Result<Reply, ApiError>,
        found: &CounterReconciliation,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) -> bool {
        self.tally.saved += found.saved;
        self.tally.already_saved += found.already_saved;
        match (std::mem::replace(&mut self.stage, CounterStage::Over), result) {
            (CounterStage::Reading(_) | CounterStage::Verifying(_), Err(error)) => {
                self.record_failure(error);
                self.start_next_plan(fx);
            }
            (CounterStage::Reading(plan), Ok(_)) => {
                self.note_touched(plan, found.saved);
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
                self.note_touched(plan, found.saved);
                self.finish_verification(found.restaged, workspace, fx);
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

    /// Journals and sends the next target's counters, those that still can go; when no target is left, verifies if
    /// something is open.
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

    /// Holds an answer against what was sent; whether something is left open.
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
                let are = |state: &ChangeState| {
                    let of = entries.iter().filter(|e| e.change.as_ref().is_some_and(|c| c.state == *state));
                    of.map(|entry| entry.cell.clone()).collect::<Vec<_>>()
                };
                self.tally.saved += saved;
                self.tally.not_taken += are(&ChangeState::NotTaken).len();
                let unshown = are(&ChangeState::OutcomeUnknown);
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
            // Reading decides what came of it; the reason is told all the same.
            (ChangeState::OutcomeUnknown, Some(error)) => self.failures.push(error),
            (_, Some(error)) => self.record_failure(error),
            (_, None) => {}
        }
        state == ChangeState::OutcomeUnknown
    }

    /// The plan was read once more: what it does not show did not arrive, or was answered well and not taken.
    fn finish_verification(&mut self, back: usize, workspace: &mut Workspace, fx: &mut Effects) {
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
        self.tally.restaged += back.saturating_sub(not_taken.len());
        fx.journal_counters(not_taken);
    }

    /// Whether nothing is left to be done.
    pub(super) fn is_over(&self) -> bool {
        self.stage == CounterStage::Over
    }

    /// Ends it after the request that is under way.
    pub(super) fn stop(&mut self) {
        self.halt.get_or_insert(Halt::Stopped);
    }

    /// Whether something stands in the way of everything else.
    pub(super) fn is_aborted(&self) -> bool {
        self.halt == Some(Halt::Aborted)
    }

    /// What went wrong last.
    pub(super) fn last_error(&self) -> Option<&ApiError> {
        self.failures.last()
    }

    /// What came of it, in words; nothing when there was nothing to send.
    pub(super) fn summary(&self, workspace: &Workspace) -> Vec<String> {
        if self.confirmed.is_empty() {
            return Vec::new();
        }
        let mut said = vec![format!("{} saved", pluralize(self.tally.saved, "counter"))];
        for (n, words) in [
            (workspace.counter_conflicts(), "in conflict: decide with m or t, then apply again"),
            (self.tally.not_taken, "not taken: the server kept its own value"),
            (self.tally.refused, "refused by the server; they stay staged"),
            (self.tally.restaged, "did not arrive; they stay staged"),
            (
                workspace.count_counters(|s| *s == CounterStanding::OutcomeUnknown),
                "unknown: no answer told; read again",
            ),
            (workspace.count_counters(|s| *s == CounterStanding::Gone), "gone from the server"),
        ] {
            if n > 0 {
                said.push(format!("{n} {words}"));
            }
        }
        said
    }

    /// How many the server had already.
    pub(super) fn already_saved(&self) -> usize {
        self.tally.already_saved
    }

    /// The scorecards whose data was touched.
    pub(super) fn touched_scorecards(&self, workspace: &Workspace) -> BTreeSet<ScorecardId> {
        self.touched_plans.iter().filter_map(|plan| workspace.plan(*plan)?.scorecard_id()).collect()
    }
}

/// Marks the counters that are or were sent.
fn mark_counters(
    workspace: &mut Workspace,
    place: TargetRef,
    sent: &TargetPatch,
    state: &ChangeState,
) -> Vec<CounterEntry> {
    let cells = sent.iter().map(|(counter, _)| CounterRef { target: place, counter: counter.clone() });
    cells.filter_map(|cell| workspace.counter_changes.set_state(&cell, state.clone())).collect()
}
