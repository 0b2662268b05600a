//! What lies on the desk: the records as last read, and what was done to them here and is not saved yet.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::api::page::Rows;
use crate::domain::change::{Cell, Changes, Entry, Reconciled, Standing, TargetLabel, TargetPlace, reading};
use crate::domain::history::{History, Turn};
use crate::domain::id::{PlanId, ScorecardId};
use crate::domain::plan::Plan;
use crate::domain::recalculation::Watch;
use crate::domain::scorecard::Scorecard;
use crate::domain::target::{Count, Reading, Target};
use crate::domain::text::Text;

/// Something with the time it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Known<T> {
    /// What was read.
    pub what: T,
    /// When.
    pub read_at: Timestamp,
}

/// What a cell shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// The server's number.
    Server(Option<Count>),
    /// A staged number, and what the server had when it was staged.
    Staged { base: Option<Count>, mine: Count },
}

/// The steps of editing one plan.
type Edits = History<Cell, Shown>;
/// One cell's turn from what it showed to what it shows.
type Turned = Turn<Cell, Shown>;

/// Said when an edit could not be saved, so that it is not taken.
const FROZEN: &str = "edits cannot be saved now, so none is taken";

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
    /// Why the journal cannot be written, if it cannot; then no edit is taken that could be lost.
    pub not_stored: Option<String>,
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

    /// How a staged cell stands to the server's value as last read; `None` when it is not staged.
    pub fn standing(&self, cell: &Cell) -> Option<Standing> {
        let read = self.plan(cell.place.plan).map(|plan| reading(plan, cell));
        Some(self.changes.change(cell)?.standing(read))
    }

    /// The number a cell shows: what is staged, else the server's.
    pub fn value(&self, cell: &Cell) -> Option<Count> {
        self.changes.change(cell).map(|c| c.mine).or_else(|| self.reading(cell).and_then(Reading::count))
    }

    fn shown(&self, cell: &Cell) -> Shown {
        match self.changes.change(cell) {
            Some(change) => Shown::Staged { base: change.base, mine: change.mine },
            None => Shown::Server(self.reading(cell).and_then(Reading::count)),
        }
    }

    /// Whether a cell may be edited now; the reason if not.
    pub fn free(&self, cell: &Cell) -> Result<(), &'static str> {
        if self.not_stored.is_some() { Err(FROZEN) } else { self.changes.free(cell) }
    }

    /// Edits cells of one plan as one step, which can be undone. Cells on their way are left alone; when nothing
    /// could be done, the reason is returned.
    pub fn edit(
        &mut self,
        plan: PlanId,
        step: Vec<(Cell, Count)>,
        now: Timestamp,
    ) -> Result<Vec<Entry>, &'static str> {
        let (mut turns, mut entries, mut refusal) = (Vec::new(), Vec::new(), None);
        for (cell, mine) in step {
            let Some(label) = self.label(&cell.place) else { continue };
            let server = self.reading(&cell).and_then(Reading::count);
            let before = self.shown(&cell);
            match self.free(&cell).and_then(|()| self.changes.set(&cell, &label, server, mine, now)) {
                Ok(entry) => {
                    let after = self.shown(&cell);
                    if before != after {
                        entries.push(entry);
                    }
                    turns.push(Turn { key: cell, before, after });
                }
                Err(why) => refusal = Some(why),
            }
        }
        if let (true, Some(why)) = (turns.is_empty(), refusal) {
            return Err(why);
        }
        self.histories.entry(plan).or_default().record(turns);
        Ok(entries)
    }

    /// Drops a staged change as a step that can be undone: the server's value stands again.
    pub fn drop_change(&mut self, cell: &Cell) -> Result<Vec<Entry>, &'static str> {
        self.free(cell)?;
        let before = self.shown(cell);
        let entry = self.changes.forget(cell).ok_or("this counter is as on the server")?;
        let turn = Turn { key: cell.clone(), before, after: self.shown(cell) };
        self.histories.entry(cell.place.plan).or_default().record(vec![turn]);
        Ok(vec![entry])
    }

    /// Decides a conflict for "mine": the server's value of now becomes the base.
    pub fn keep_mine(&mut self, cell: &Cell) -> Result<Vec<Entry>, &'static str> {
        self.free(cell)?;
        match self.standing(cell) {
            Some(Standing::Conflict(theirs)) => {
                Ok(self.changes.keep_mine(cell, theirs).into_iter().collect())
            }
            _ => Err("there is no conflict here to decide"),
        }
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
        if let Some(why) = turns.iter().find_map(|turn| self.free(&turn.key).err()) {
            put_back(self.histories.entry(plan).or_default());
            return Err(why);
        }
        let cell = turns.first().map(|turn| turn.key.clone()).ok_or("nothing to undo")?;
        let entries = turns.iter().filter_map(|turn| self.turn(turn, now)).collect();
        Ok((entries, cell))
    }

    /// Turns a cell back to what it showed, with the base it had then, so that a conflict comes back with it. Where
    /// the staged number has been saved meanwhile, what the server has is the base.
    fn turn(&mut self, turn: &Turned, now: Timestamp) -> Option<Entry> {
        let label = self.label(&turn.key.place)?;
        let server = self.reading(&turn.key).and_then(Reading::count);
        let staged_now = self.changes.change(&turn.key).is_some();
        let saved = match turn.before {
            Shown::Staged { mine, .. } => !staged_now && server == Some(mine),
            Shown::Server(_) => false,
        };
        let staged = match turn.after {
            Shown::Staged { mine, .. } if saved => Some((server, mine)),
            Shown::Staged { base, mine } => Some((base, mine)),
            Shown::Server(value) if saved => value.map(|value| (server, value)),
            Shown::Server(_) => None,
        };
        let staged = staged.filter(|(_, mine)| Some(*mine) != server);
        (staged_now || staged.is_some()).then(|| self.changes.stage(&turn.key, &label, staged, now))
    }

    /// Takes in a plan as just read, and holds what is staged against it.
    pub fn take_plan(&mut self, plan: Plan, now: Timestamp) -> Reconciled {
        let found = self.changes.reconcile(&plan);
        self.plans.insert(plan.id, Known { what: plan, read_at: now });
        found
    }

    /// Takes in a target as the answer to an update showed it; counters it left out keep what was read before.
    pub fn take_target(&mut self, place: TargetPlace, answer: &Target) {
        let Some(known) = self.plans.get_mut(&place.plan) else { return };
        known.what.update_target(place.milestone, answer);
    }

    /// How many staged changes are in conflict with the server's values as last read.
    pub fn conflicts(&self) -> usize {
        self.count(|standing| matches!(standing, Standing::Conflict(_)))
    }

    /// How many staged changes stand in a way.
    pub fn count(&self, is: fn(&Standing) -> bool) -> usize {
        self.changes
            .cells()
            .filter(|(cell, ..)| self.standing(cell).is_some_and(|standing| is(&standing)))
            .count()
    }
}
