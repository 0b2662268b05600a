//! An apply: per plan read again, merge, one PATCH per target, compare, and read once more where an answer left
//! something open. It belongs to no screen, so that leaving one does not stop it.

use std::collections::{BTreeSet, VecDeque};

use crate::api::error::{ApiError, Failure};
use crate::api::{Call, Reply, plans};
use crate::app::route::count;
use crate::app::{Model, Owner};
use crate::domain::change::{Cell, Counters, Reconciled, State, TargetPlace};
use crate::domain::id::PlanId;
use crate::domain::target::Merge;
use crate::effect::Effects;
use crate::nav::{Ask, Notice, Tone};
use crate::overlay::Overlay;

/// An apply that is going on.
#[derive(Debug, PartialEq)]
pub struct Apply {
    left_out: BTreeSet<Cell>,
    plans: VecDeque<PlanId>,
    /// Where it stands; none between two steps.
    stage: Option<Stage>,
    saved: usize,
    not_taken: usize,
    refused: usize,
    /// The plans of which something was saved.
    touched: BTreeSet<PlanId>,
    /// Why it was broken off, if it was.
    failure: Option<ApiError>,
}

/// Where it stands.
#[derive(Debug, PartialEq)]
enum Stage {
    /// A plan is read again.
    Reading(PlanId),
    /// A target's counters are sent; the others of the plan wait.
    Sending { place: TargetPlace, sent: Counters, waiting: VecDeque<(TargetPlace, Counters)>, open: bool },
    /// The plan is read once more, since an answer left something open.
    Verifying,
}

impl Model {
    /// Begins to send what is staged, but for what is left out.
    pub(super) fn start_apply(&mut self, left_out: BTreeSet<Cell>, fx: &mut Effects) {
        if self.status.not_stored.is_some() {
            self.say(Notice::new(Tone::Error, "nothing is sent while the journal cannot be written"));
            return;
        }
        let wanted = self.desk.changes.cells().filter(|(cell, ..)| !left_out.contains(cell));
        let plans: BTreeSet<PlanId> = wanted.map(|(cell, ..)| cell.place.plan).collect();
        self.apply = Some(Apply {
            left_out,
            plans: plans.into_iter().collect(),
            stage: None,
            saved: 0,
            not_taken: 0,
            refused: 0,
            touched: BTreeSet::new(),
            failure: None,
        });
        self.next_plan(fx);
    }

    /// Reads the next plan, or ends.
    fn next_plan(&mut self, fx: &mut Effects) {
        let Some(apply) = &mut self.apply else { return };
        let next = if apply.failure.is_none() { apply.plans.pop_front() } else { None };
        match next {
            Some(plan) => {
                apply.stage = Some(Stage::Reading(plan));
                fx.call(Call::Plans(plans::Call::Read(plan)));
                self.own_calls(&Owner::Apply, fx);
            }
            None => self.end_apply(),
        }
    }

    /// A reply to one of its calls.
    pub(super) fn apply_reply(
        &mut self,
        reply: Option<Reply>,
        error: Option<ApiError>,
        found: &Reconciled,
        fx: &mut Effects,
    ) {
        let Some(mut apply) = self.apply.take() else { return };
        apply.saved += found.saved + found.already;
        match apply.stage.take() {
            Some(Stage::Reading(plan)) => {
                apply.failure = error;
                let ready = self.desk.plan(plan).filter(|_| apply.failure.is_none());
                let waiting =
                    ready.map(|plan| self.desk.changes.to_send(plan, &apply.left_out)).unwrap_or_default();
                self.apply = Some(apply);
                self.send_next(waiting.into(), false, plan, fx);
            }
            Some(Stage::Sending { place, sent, waiting, open }) => {
                let still_open = self.take_outcome(&mut apply, place, &sent, reply, error, fx);
                self.apply = Some(apply);
                self.send_next(waiting, open || still_open, place.plan, fx);
            }
            Some(Stage::Verifying) | None => {
                apply.failure = apply.failure.take().or(error);
                self.apply = Some(apply);
                self.next_plan(fx);
            }
        }
    }

    /// Journals and sends the next target's counters; when none is left, verifies if something is open.
    fn send_next(
        &mut self,
        mut waiting: VecDeque<(TargetPlace, Counters)>,
        open: bool,
        plan: PlanId,
        fx: &mut Effects,
    ) {
        let Some(apply) = &mut self.apply else { return };
        let next = if apply.failure.is_none() { waiting.pop_front() } else { None };
        match next {
            Some((place, sent)) => {
                let cells = sent.iter().map(|(counter, _)| Cell { place, counter: counter.clone() });
                let entries = cells.filter_map(|cell| self.desk.changes.mark(&cell, State::Sending));
                fx.store(entries.collect());
                fx.call(Call::Plans(plans::Call::UpdateTarget(place, sent.clone())));
                apply.stage = Some(Stage::Sending { place, sent, waiting, open });
                self.own_calls(&Owner::Apply, fx);
            }
            None if open => {
                apply.stage = Some(Stage::Verifying);
                fx.call(Call::Plans(plans::Call::Read(plan)));
                self.own_calls(&Owner::Apply, fx);
            }
            None => self.next_plan(fx),
        }
    }

    /// Holds an answer against what was sent; whether something is left open.
    fn take_outcome(
        &mut self,
        apply: &mut Apply,
        place: TargetPlace,
        sent: &Counters,
        reply: Option<Reply>,
        error: Option<ApiError>,
        fx: &mut Effects,
    ) -> bool {
        if let Some(Reply::Target(target)) = reply {
            let (saved, entries) = self.desk.changes.compare(place, sent, &target);
            let state = |entry: &crate::domain::change::Entry| entry.change.as_ref().map(|c| c.state.clone());
            apply.saved += saved;
            apply.not_taken += entries.iter().filter(|e| state(e) == Some(State::NotTaken)).count();
            let open = entries.iter().any(|e| state(e) == Some(State::Unknown));
            if saved > 0 {
                apply.touched.insert(place.plan);
            }
            if target.id == place.target {
                self.desk.take_target(place.plan, &target);
            }
            fx.store(entries);
            return open;
        }
        let state = match &error {
            Some(e) if e.outcome_unknown() => State::Unknown,
            None => State::Unknown,
            Some(ApiError { failure: Failure::Refused(refusal), .. }) => {
                apply.refused += sent.len();
                State::Refused(refusal.line())
            }
            Some(_) => State::Staged,
        };
        let cells = sent.iter().map(|(counter, _)| Cell { place, counter: counter.clone() });
        let entries = cells.filter_map(|cell| self.desk.changes.mark(&cell, state.clone()));
        fx.store(entries.collect());
        if state == State::Staged {
            apply.failure = error;
        }
        state == State::Unknown
    }

    /// Says what came of it, closes the review when all is done, and offers to recalculate.
    fn end_apply(&mut self) {
        let Some(apply) = self.apply.take() else { return };
        let of =
            |state: fn(&State) -> bool| self.desk.changes.cells().filter(|(.., c)| state(&c.state)).count();
        let unknown = of(|state| *state == State::Unknown);
        let conflicts = self.desk.conflicts();
        let gone =
            self.desk.changes.cells().filter(|(cell, ..)| self.desk.merge(cell) == Some(Merge::Gone)).count();
        let mut said = vec![format!("{} saved", count(apply.saved, "counter"))];
        for (n, words) in [
            (conflicts, "in conflict: decide with m or t, then apply again"),
            (apply.not_taken, "not taken: the server kept its own value"),
            (apply.refused, "refused by the server; they stay staged"),
            (unknown, "unknown: no answer told; read again"),
            (gone, "gone from the server"),
        ] {
            if n > 0 {
                said.push(format!("{n} {words}"));
            }
        }
        let well = said.len() == 1 && apply.failure.is_none();
        if let Some(error) = &apply.failure {
            said.push(format!("then broken off, the rest stays staged · {error}"));
        }
        let tone = match (well, &apply.failure) {
            (true, _) => Tone::Good,
            (false, None) => Tone::Warning,
            (false, Some(_)) => Tone::Error,
        };
        if self.desk.changes.is_empty() {
            self.overlays.retain(|overlay| !matches!(overlay, Overlay::Review(_)));
        }
        let scorecards: BTreeSet<_> =
            apply.touched.iter().filter_map(|plan| self.desk.plan(*plan)?.scorecard()).collect();
        if let (Some(scorecard), true) = (scorecards.into_iter().next(), well) {
            self.ask(Ask::Recalculate(scorecard));
        }
        self.say(Notice::new(tone, said.join(" · ")));
    }
}
