//! What lies on the desk: the records as last read, and what was done to them here and is not saved yet.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::api::page::Rows;
use crate::domain::change::{Cell, Changes, Entry, Reconciled, TargetLabel, TargetPlace, reading};
use crate::domain::history::{History, Turn};
use crate::domain::id::{PlanId, ScorecardId};
use crate::domain::plan::Plan;
use crate::domain::recalculation::Watch;
use crate::domain::scorecard::Scorecard;
use crate::domain::target::{Count, Merge, Reading, Target, merge};
use crate::domain::text::Text;

/// Something with the time it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Known<T> {
    /// What was read.
    pub what: T,
    /// When.
    pub read_at: Timestamp,
}

/// The steps of editing one plan.
type Edits = History<Cell, Option<Count>>;
/// One cell's turn from one number to another.
type Turned = Turn<Cell, Option<Count>>;

/// What is known and what is staged.
#[derive(Debug, Default, PartialEq)]
pub struct Desk {
    /// The list of plans.
    pub plan_list: Option<Known<Rows<Plan>>>,
    /// Plans with their milestones.
    pub plans: BTreeMap<PlanId, Known<Plan>>,
    /// The list of scorecards.
    pub scorecards: Option<Known<Rows<Scorecard>>>,
    /// What is staged; the journal on disk holds the same.
    pub changes: Changes,
    /// Recalculations under watch, and those that ended in this session.
    pub watches: BTreeMap<ScorecardId, Watch>,
    /// How long earlier recalculations started here ran, in seconds, the latest last.
    pub runs: BTreeMap<ScorecardId, Vec<u64>>,
    /// Whether the journal cannot be written, so that no edit is taken that could be lost.
    pub frozen: bool,
    histories: BTreeMap<PlanId, Edits>,
}

impl Desk {
    /// The plan as last read.
    pub fn plan(&self, id: PlanId) -> Option<&Plan> {
        self.plans.get(&id).map(|known| &known.what)
    }

    /// What a target is called.
    pub fn label(&self, place: &TargetPlace) -> Option<TargetLabel> {
        let plan = self.plan(place.plan)?;
        let (milestone, target) = plan.target(place.milestone, place.target)?;
        Some(TargetLabel { plan: plan.name(), year: milestone.year, target_type: target.target_type.clone() })
    }

    /// The scorecard as last read in the list.
    pub fn scorecard(&self, id: &ScorecardId) -> Option<&Scorecard> {
        self.scorecards.as_ref()?.what.rows.iter().find(|s| s.id == *id)
    }

    /// What a scorecard is called, its id where that is all there is.
    pub fn scorecard_name(&self, id: &ScorecardId) -> Text {
        let watched = || self.watches.get(id).map(|w| w.description.clone());
        self.scorecard(id).map(Scorecard::description).or_else(watched).unwrap_or_else(|| id.as_str().into())
    }

    /// What the server said for a cell when its plan was last read.
    pub fn reading(&self, cell: &Cell) -> Option<Reading> {
        reading(self.plan(cell.place.plan)?, cell)
    }

    /// How a staged cell stands to the server's value as last read; `None` when its plan was not read yet.
    pub fn merge(&self, cell: &Cell) -> Option<Merge> {
        let change = self.changes.change(cell)?;
        let plan = self.plan(cell.place.plan)?;
        Some(merge(change.base, change.mine, reading(plan, cell)))
    }

    /// The number a cell shows: what is staged, else the server's.
    pub fn value(&self, cell: &Cell) -> Option<Count> {
        self.changes.change(cell).map(|c| c.mine).or_else(|| self.reading(cell).and_then(Reading::count))
    }

    /// Edits cells of one plan as one step, which can be undone. Cells on their way are left alone; when nothing
    /// could be done, the reason is returned.
    pub fn edit(
        &mut self,
        plan: PlanId,
        step: Vec<(Cell, Option<Count>)>,
        now: Timestamp,
    ) -> Result<Vec<Entry>, &'static str> {
        if self.frozen {
            return Err("edits cannot be saved now, so none is taken");
        }
        let (mut turns, mut refusal) = (Vec::new(), None);
        for (cell, after) in step {
            match self.changes.free(&cell) {
                Ok(()) => turns.push(Turn { before: self.value(&cell), key: cell, after }),
                Err(why) => refusal = Some(why),
            }
        }
        if let (true, Some(why)) = (turns.is_empty(), refusal) {
            return Err(why);
        }
        let entries = self.turn(&turns, now);
        self.histories.entry(plan).or_default().record(turns);
        Ok(entries)
    }

    /// Drops a staged change as a step that can be undone: the server's value stands again. What is on its way
    /// stays.
    pub fn drop_change(&mut self, cell: &Cell) -> Vec<Entry> {
        let before = self.value(cell);
        let Some(entry) = self.changes.free(cell).ok().and_then(|()| self.changes.forget(cell)) else {
            return Vec::new();
        };
        let turn = Turn { key: cell.clone(), before, after: self.value(cell) };
        self.histories.entry(cell.place.plan).or_default().record(vec![turn]);
        vec![entry]
    }

    /// Takes the last step of a plan back; returns what to journal and a cell to go to.
    pub fn undo(&mut self, plan: PlanId, now: Timestamp) -> Result<(Vec<Entry>, Cell), &'static str> {
        let turns = self.histories.entry(plan).or_default().undo().ok_or("nothing to undo")?;
        self.step(plan, &turns, now, History::redo)
    }

    /// Does again what was undone last.
    pub fn redo(&mut self, plan: PlanId, now: Timestamp) -> Result<(Vec<Entry>, Cell), &'static str> {
        let turns = self.histories.entry(plan).or_default().redo().ok_or("nothing to redo")?;
        self.step(plan, &turns, now, History::undo)
    }

    /// Does the turns of a step that the history has just moved; moved back by `put_back` if one cannot be done.
    fn step(
        &mut self,
        plan: PlanId,
        turns: &[Turned],
        now: Timestamp,
        put_back: fn(&mut Edits) -> Option<Vec<Turned>>,
    ) -> Result<(Vec<Entry>, Cell), &'static str> {
        let frozen = self.frozen.then_some("edits cannot be saved now, so none is taken");
        if let Some(why) = frozen.or_else(|| turns.iter().find_map(|turn| self.changes.free(&turn.key).err()))
        {
            put_back(self.histories.entry(plan).or_default());
            return Err(why);
        }
        let cell = turns.first().map(|turn| turn.key.clone()).ok_or("nothing to undo")?;
        Ok((self.turn(turns, now), cell))
    }

    fn turn(&mut self, turns: &[Turned], now: Timestamp) -> Vec<Entry> {
        let mut entries = Vec::new();
        for turn in turns {
            let Some(label) = self.label(&turn.key.place) else { continue };
            let server = self.reading(&turn.key).and_then(Reading::count);
            let before = self.changes.change(&turn.key).cloned();
            if let Ok(entry) = self.changes.set(&turn.key, &label, server, turn.after, now)
                && entry.change != before
            {
                entries.push(entry);
            }
        }
        entries
    }

    /// Takes in a plan as just read, and holds what is staged against it.
    pub fn take_plan(&mut self, plan: Plan, now: Timestamp) -> Reconciled {
        let found = self.changes.reconcile(&plan);
        self.plans.insert(plan.id, Known { what: plan, read_at: now });
        found
    }

    /// Takes in a target as the answer to an update showed it; counters it left out keep what was read before.
    pub fn take_target(&mut self, plan: PlanId, answer: &Target) {
        let Some(known) = self.plans.get_mut(&plan) else { return };
        known.what.update_target(answer);
    }

    /// How many staged changes are in conflict with the server's values as last read.
    pub fn conflicts(&self) -> usize {
        let conflict = |cell: &Cell| matches!(self.merge(cell), Some(Merge::Conflict(_)));
        self.changes.cells().filter(|(cell, ..)| conflict(cell)).count()
    }
}
