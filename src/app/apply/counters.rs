//! The counters' part of an apply: per plan read again, merge, one PATCH per target, compare, and read once more where
//! an answer left something open.

use std::collections::{BTreeSet, VecDeque};

use crate::api::error::{ApiError, Failure};
use crate::api::reply::Reply;
use crate::api::{Call, plans};
use crate::desk::Desk;
use crate::domain::change::{
    Cell, ConfirmedCounters, Counters, Entry, Reconciled, Standing, State, TargetPlace,
};
use crate::domain::id::{PlanId, ScorecardId};
use crate::domain::text::count;
use crate::effect::Effects;

/// Counters being applied.
#[derive(Debug, PartialEq)]
pub(super) struct CounterApply {
    /// What was said yes to; a counter edited since is not sent.
    confirmed: ConfirmedCounters,
    plans: VecDeque<PlanId>,
    /// Where it stands; none once it is over.
    stage: Option<Stage>,
    /// Counters that an answer with a good status did not show; only reading tells whether they took.
    unshown: BTreeSet<Cell>,
    tally: Tally,
    /// The plans of which something was saved.
    touched: BTreeSet<PlanId>,
    /// What went wrong, plan by plan.
    failures: Vec<ApiError>,
    /// Whether one of them stands in the way of everything else.
    broken_off: bool,
    /// Whether the user wants no more to be sent.
    stopped: bool,
}

/// Where it stands.
#[derive(Debug, PartialEq)]
enum Stage {
    /// A plan is read again.
    Reading(PlanId),
    /// A target's counters are sent; the other targets of the plan wait.
    Sending {
        place: TargetPlace,
        sent: Counters,
        waiting: VecDeque<TargetPlace>,
        /// Whether an answer before this one left something open.
        open: bool,
    },
    /// The plan is read once more, since an answer left something open.
    Verifying(PlanId),
}

/// How many counters came to what.
#[derive(Debug, PartialEq, Default)]
struct Tally {
    saved: usize,
    already: usize,
    not_taken: usize,
    refused: usize,
    /// Sent without an answer, and found not to have arrived.
    back: usize,
}

impl CounterApply {
    /// Begins with what was said yes to.
    pub(super) fn start(confirmed: ConfirmedCounters, fx: &mut Effects) -> Self {
        let plans: BTreeSet<PlanId> = confirmed.keys().map(|cell| cell.place.plan).collect();
        let mut apply = Self {
            confirmed,
            plans: plans.into_iter().collect(),
            stage: None,
            unshown: BTreeSet::new(),
            tally: Tally::default(),
            touched: BTreeSet::new(),
            failures: Vec::new(),
            broken_off: false,
            stopped: false,
        };
        apply.next_plan(fx);
        apply
    }

    /// Reads the next plan, or ends.
    fn next_plan(&mut self, fx: &mut Effects) {
        let next = if self.broken_off || self.stopped { None } else { self.plans.pop_front() };
        self.stage = next.map(|plan| {
            fx.call(Call::Plans(plans::Call::Read(plan)));
            Stage::Reading(plan)
        });
    }

    /// Notes a failure; a key that is not let in or a server out of reach ends everything, the rest only its plan.
    fn fail(&mut self, error: ApiError) {
        self.broken_off |= error.out_of_reach() || matches!(error.failure, Failure::NotLetIn(401));
        self.failures.push(error);
    }

    /// A reply to its call came, and what it brought is on the desk; whether that was the last.
    pub(super) fn reply(
        &mut self,
        result: Result<Reply, ApiError>,
        found: &Reconciled,
        desk: &mut Desk,
        fx: &mut Effects,
    ) -> bool {
        self.tally.saved += found.saved;
        self.tally.already += found.already;
        match (self.stage.take(), result) {
            (Some(Stage::Reading(_) | Stage::Verifying(_)), Err(error)) => {
                self.fail(error);
                self.next_plan(fx);
            }
            (Some(Stage::Reading(plan)), Ok(_)) => {
                self.note_touched(plan, found.saved);
                let ready = desk.plan(plan).map(|read| desk.changes.to_send(read, &self.confirmed));
                let waiting = ready.into_iter().flatten().map(|(place, _)| place).collect();
                self.send_next(waiting, false, plan, desk, fx);
            }
            (Some(Stage::Sending { place, sent, waiting, open }), result) => {
                let left_open = self.take_outcome(place, &sent, result, desk, fx);
                self.send_next(waiting, open || left_open, place.plan, desk, fx);
            }
            (Some(Stage::Verifying(plan)), Ok(_)) => {
                self.note_touched(plan, found.saved);
                self.verified(found.back, desk, fx);
                self.next_plan(fx);
            }
            (None, _) => {}
        }
        self.stage.is_none()
    }

    fn note_touched(&mut self, plan: PlanId, saved: usize) {
        if saved > 0 {
            self.touched.insert(plan);
        }
    }

    /// Journals and sends the next target's counters, those that still can go; when no target is left, verifies if
    /// something is open.
    fn send_next(
        &mut self,
        mut waiting: VecDeque<TargetPlace>,
        open: bool,
        plan: PlanId,
        desk: &mut Desk,
        fx: &mut Effects,
    ) {
        while let Some(place) = waiting.pop_front().filter(|_| !self.broken_off && !self.stopped) {
            let ready =
                desk.plan(plan).map(|read| desk.changes.to_send(read, &self.confirmed)).unwrap_or_default();
            let Some((_, sent)) = ready.into_iter().find(|(ready, _)| *ready == place) else { continue };
            fx.store(mark(desk, place, &sent, &State::Sending));
            fx.call(Call::Plans(plans::Call::UpdateTarget(place, sent.clone())));
            self.stage = Some(Stage::Sending { place, sent, waiting, open });
            return;
        }
        if open {
            fx.call(Call::Plans(plans::Call::Read(plan)));
            self.stage = Some(Stage::Verifying(plan));
        } else {
            self.next_plan(fx);
        }
    }

    /// Holds an answer against what was sent; whether something is left open.
    fn take_outcome(
        &mut self,
        place: TargetPlace,
        sent: &Counters,
        result: Result<Reply, ApiError>,
        desk: &mut Desk,
        fx: &mut Effects,
    ) -> bool {
        let error = match result {
            Ok(Reply::Target(answer)) => {
                let (saved, entries) = desk.changes.compare(place, sent, &answer);
                let are = |state: &State| {
                    let of = entries.iter().filter(|e| e.change.as_ref().is_some_and(|c| c.state == *state));
                    of.map(|entry| entry.cell.clone()).collect::<Vec<_>>()
                };
                self.tally.saved += saved;
                self.tally.not_taken += are(&State::NotTaken).len();
                let unshown = are(&State::Unknown);
                let open = !unshown.is_empty();
                self.unshown.extend(unshown);
                self.note_touched(place.plan, saved);
                if answer.id == place.target {
                    desk.take_target(place, &answer);
                }
                fx.store(entries);
                return open;
            }
            Ok(_) => None,
            Err(error) => Some(error),
        };
        let state = match &error {
            None => State::Unknown,
            Some(error) if error.outcome_unknown() => State::Unknown,
            Some(ApiError { failure: Failure::Refused(refusal), .. }) => State::Refused(refusal.line()),
            Some(_) => State::Staged,
        };
        fx.store(mark(desk, place, sent, &state));
        match (&state, error) {
            (State::Refused(_), _) => self.tally.refused += sent.len(),
            // Reading decides what came of it; the reason is told all the same.
            (State::Unknown, Some(error)) => self.failures.push(error),
            (_, Some(error)) => self.fail(error),
            (_, None) => {}
        }
        state == State::Unknown
    }

    /// The plan was read once more: what it does not show did not arrive, or was answered well and not taken.
    fn verified(&mut self, back: usize, desk: &mut Desk, fx: &mut Effects) {
        let unshown = std::mem::take(&mut self.unshown);
        let not_taken: Vec<Entry> = unshown
            .iter()
            .filter(|cell| desk.changes.change(cell).is_some_and(|change| change.state == State::Staged))
            .cloned()
            .collect::<Vec<_>>()
            .iter()
            .filter_map(|cell| desk.changes.mark(cell, State::NotTaken))
            .collect();
        self.tally.not_taken += not_taken.len();
        self.tally.back += back.saturating_sub(not_taken.len());
        fx.store(not_taken);
    }

    /// Whether nothing is left to be done.
    pub(super) fn is_over(&self) -> bool {
        self.stage.is_none()
    }

    /// Ends it after the request that is under way.
    pub(super) fn stop(&mut self) {
        self.stopped = true;
    }

    /// Whether something stands in the way of everything else.
    pub(super) fn is_broken_off(&self) -> bool {
        self.broken_off
    }

    /// What went wrong last.
    pub(super) fn failure(&self) -> Option<&ApiError> {
        self.failures.last()
    }

    /// What came of it, in words; nothing when there was nothing to send.
    pub(super) fn said(&self, desk: &Desk) -> Vec<String> {
        if self.confirmed.is_empty() {
            return Vec::new();
        }
        let mut said = vec![format!("{} saved", count(self.tally.saved, "counter"))];
        for (n, words) in [
            (desk.conflicts(), "in conflict: decide with m or t, then apply again"),
            (self.tally.not_taken, "not taken: the server kept its own value"),
            (self.tally.refused, "refused by the server; they stay staged"),
            (self.tally.back, "did not arrive; they stay staged"),
            (desk.count(|s| *s == Standing::Unknown), "unknown: no answer told; read again"),
            (desk.count(|s| *s == Standing::Gone), "gone from the server"),
        ] {
            if n > 0 {
                said.push(format!("{n} {words}"));
            }
        }
        said
    }

    /// How many the server had already.
    pub(super) fn already(&self) -> usize {
        self.tally.already
    }

    /// The scorecards whose data was touched.
    pub(super) fn scorecards(&self, desk: &Desk) -> BTreeSet<ScorecardId> {
        self.touched.iter().filter_map(|plan| desk.plan(*plan)?.scorecard()).collect()
    }
}

/// Marks the counters that are or were sent.
fn mark(desk: &mut Desk, place: TargetPlace, sent: &Counters, state: &State) -> Vec<Entry> {
    let cells = sent.iter().map(|(counter, _)| Cell { place, counter: counter.clone() });
    cells.filter_map(|cell| desk.changes.mark(&cell, state.clone())).collect()
}
