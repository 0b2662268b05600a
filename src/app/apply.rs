//! An apply: per plan read again, merge, one PATCH per target, compare, and read once more where an answer left
//! something open. It belongs to no screen, so that leaving one does not stop it.

use std::collections::{BTreeSet, VecDeque};

use crate::api::error::{ApiError, Failure};
use crate::api::reply::Reply;
use crate::api::{Call, plans};
use crate::desk::Desk;
use crate::domain::change::{Cell, Counters, Entry, Reconciled, State, TargetPlace};
use crate::domain::id::{PlanId, ScorecardId};
use crate::domain::target::Merge;
use crate::domain::text::count;
use crate::effect::Effects;
use crate::nav::{Notice, Tone};

/// An apply that is going on.
#[derive(Debug, PartialEq)]
pub struct Apply {
    left_out: BTreeSet<Cell>,
    plans: VecDeque<PlanId>,
    /// Where it stands; none once it is over.
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
    /// A target's counters are sent; the other targets of the plan wait.
    Sending {
        place: TargetPlace,
        sent: Counters,
        waiting: VecDeque<(TargetPlace, Counters)>,
        /// Whether an answer before this one left something open.
        open: bool,
    },
    /// The plan is read once more, since an answer left something open.
    Verifying,
}

impl Apply {
    /// Begins with what is staged, but for what is left out.
    pub fn start(left_out: BTreeSet<Cell>, desk: &Desk, fx: &mut Effects) -> Self {
        let wanted = desk.changes.cells().filter(|(cell, ..)| !left_out.contains(cell));
        let plans: BTreeSet<PlanId> = wanted.map(|(cell, ..)| cell.place.plan).collect();
        let mut apply = Self {
            left_out,
            plans: plans.into_iter().collect(),
            stage: None,
            saved: 0,
            not_taken: 0,
            refused: 0,
            touched: BTreeSet::new(),
            failure: None,
        };
        apply.next_plan(fx);
        apply
    }

    /// Reads the next plan, or ends.
    fn next_plan(&mut self, fx: &mut Effects) {
        let next = if self.failure.is_none() { self.plans.pop_front() } else { None };
        self.stage = next.map(|plan| {
            fx.call(Call::Plans(plans::Call::Read(plan)));
            Stage::Reading(plan)
        });
    }

    /// A reply to its call came, and what it brought is on the desk; whether that was the last.
    pub fn reply(
        &mut self,
        reply: Option<Reply>,
        error: Option<ApiError>,
        found: &Reconciled,
        desk: &mut Desk,
        fx: &mut Effects,
    ) -> bool {
        self.saved += found.saved + found.already;
        match self.stage.take() {
            Some(Stage::Reading(plan)) => {
                self.failure = error;
                let read = desk.plan(plan).filter(|_| self.failure.is_none());
                let waiting = read.map(|plan| desk.changes.to_send(plan, &self.left_out)).unwrap_or_default();
                self.send_next(waiting.into(), false, plan, desk, fx);
            }
            Some(Stage::Sending { place, sent, waiting, open }) => {
                let left_open = self.take_outcome(place, &sent, reply, error, desk, fx);
                self.send_next(waiting, open || left_open, place.plan, desk, fx);
            }
            Some(Stage::Verifying) | None => {
                self.failure = self.failure.take().or(error);
                self.next_plan(fx);
            }
        }
        self.stage.is_none()
    }

    /// Journals and sends the next target's counters; when none is left, verifies if something is open.
    fn send_next(
        &mut self,
        mut waiting: VecDeque<(TargetPlace, Counters)>,
        open: bool,
        plan: PlanId,
        desk: &mut Desk,
        fx: &mut Effects,
    ) {
        let next = if self.failure.is_none() { waiting.pop_front() } else { None };
        match next {
            Some((place, sent)) => {
                fx.store(mark(desk, place, &sent, &State::Sending));
                fx.call(Call::Plans(plans::Call::UpdateTarget(place, sent.clone())));
                self.stage = Some(Stage::Sending { place, sent, waiting, open });
            }
            None if open => {
                fx.call(Call::Plans(plans::Call::Read(plan)));
                self.stage = Some(Stage::Verifying);
            }
            None => self.next_plan(fx),
        }
    }

    /// Holds an answer against what was sent; whether something is left open.
    fn take_outcome(
        &mut self,
        place: TargetPlace,
        sent: &Counters,
        reply: Option<Reply>,
        error: Option<ApiError>,
        desk: &mut Desk,
        fx: &mut Effects,
    ) -> bool {
        if let Some(Reply::Target(answer)) = reply {
            let (saved, entries) = desk.changes.compare(place, sent, &answer);
            let are = |state: State| {
                entries.iter().filter(|e| e.change.as_ref().is_some_and(|c| c.state == state)).count()
            };
            self.saved += saved;
            self.not_taken += are(State::NotTaken);
            let open = are(State::Unknown) > 0;
            if saved > 0 {
                self.touched.insert(place.plan);
            }
            if answer.id == place.target {
                desk.take_target(place.plan, &answer);
            }
            fx.store(entries);
            return open;
        }
        let state = match &error {
            None => State::Unknown,
            Some(e) if e.outcome_unknown() => State::Unknown,
            Some(ApiError { failure: Failure::Refused(refusal), .. }) => {
                self.refused += sent.len();
                State::Refused(refusal.line())
            }
            Some(_) => State::Staged,
        };
        fx.store(mark(desk, place, sent, &state));
        if state == State::Staged {
            self.failure = error;
        }
        state == State::Unknown
    }

    /// What came of it.
    pub fn notice(&self, desk: &Desk) -> Notice {
        let unknown = desk.changes.cells().filter(|(.., c)| c.state == State::Unknown).count();
        let gone = desk.changes.cells().filter(|(cell, ..)| desk.merge(cell) == Some(Merge::Gone)).count();
        let mut said = vec![format!("{} saved", count(self.saved, "counter"))];
        for (n, words) in [
            (desk.conflicts(), "in conflict: decide with m or t, then apply again"),
            (self.not_taken, "not taken: the server kept its own value"),
            (self.refused, "refused by the server; they stay staged"),
            (unknown, "unknown: no answer told; read again"),
            (gone, "gone from the server"),
        ] {
            if n > 0 {
                said.push(format!("{n} {words}"));
            }
        }
        let tone = match (&self.failure, said.len()) {
            (Some(error), _) => {
                said.push(format!("then broken off, the rest stays staged · {error}"));
                Tone::Error
            }
            (None, 1) => Tone::Good,
            (None, _) => Tone::Warning,
        };
        Notice::new(tone, said.join(" · "))
    }

    /// The scorecards whose data was touched.
    pub fn scorecards(&self, desk: &Desk) -> BTreeSet<ScorecardId> {
        self.touched.iter().filter_map(|plan| desk.plan(*plan)?.scorecard()).collect()
    }
}

/// Marks the counters that are or were sent.
fn mark(desk: &mut Desk, place: TargetPlace, sent: &Counters, state: &State) -> Vec<Entry> {
    let cells = sent.iter().map(|(counter, _)| Cell { place, counter: counter.clone() });
    cells.filter_map(|cell| desk.changes.mark(&cell, state.clone())).collect()
}
