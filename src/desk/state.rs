//! What lies on the desk: the records as last read, and what was done to them here and is not saved yet.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;

use crate::api::page::Rows;
use crate::desk::listing::{Grew, Listing};
use crate::desk::log::Logged;
use crate::domain::benchmark::Benchmarks;
use crate::domain::change::{
    Cell, Changes, ConfirmedCounters, Entry, Reconciled, Standing, State, TargetLabel, TargetPlace, reading,
};
use crate::domain::collection::Collection;
use crate::domain::history::{History, Turn};
use crate::domain::id::VendorCode;
use crate::domain::id::{PlanId, ScorecardId, TrainingProgramId};
use crate::domain::plan::Plan;
use crate::domain::recalculation::Watch;
use crate::domain::record::Record;
use crate::domain::record_change::{self, ChangeNumber, RecordChange, Seen};
use crate::domain::record_changes::{Found, RecordChanges};
use crate::domain::scorecard::Scorecard;
use crate::domain::target::{Count, Reading, Target};
use crate::domain::text::{Text, count};

/// Something with the time it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Known<T> {
    /// What was read.
    pub what: T,
    /// When.
    pub read_at: Timestamp,
}

/// What a person left out of an apply.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LeftOut {
    /// Counters.
    pub cells: BTreeSet<Cell>,
    /// Records.
    pub records: BTreeSet<ChangeNumber>,
}

/// What a person said yes to: these counters with these numbers, these changes of records as they were then, and
/// nothing else.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Confirmed {
    /// Counters.
    pub counters: ConfirmedCounters,
    /// Records, with the revision of the change.
    pub records: BTreeMap<ChangeNumber, u64>,
}

impl Confirmed {
    /// How much that is.
    pub fn len(&self) -> usize {
        self.counters.len() + self.records.len()
    }

    /// Whether it is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a cell shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// The server's number.
    Server(Option<Count>),
    /// A staged number, and what the server had when it was staged.
    Staged { base: Option<Count>, mine: Count },
}

/// A number for a cell, and what the cell was when it was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The cell.
    pub cell: Cell,
    /// What it was; `None` for `null`.
    pub base: Option<Count>,
    /// What it shall be.
    pub mine: Count,
}

/// The steps of editing one plan.
type Edits = History<Cell, Shown>;
/// One cell's turn from what it showed to what it shows.
type Turned = Turn<Cell, Shown>;

/// The steps of editing records, over all collections.
pub(super) type RecordSteps = History<ChangeNumber, Option<RecordChange>>;

/// What is said where there is no table yet.
pub const UNREAD: &str = "the plan has not been read yet";
/// What is said of a cell the server has no counter for.
pub const NOT_RETURNED: &str = "the server returned no counter here";

/// Why no edit is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoEdits {
    /// The journal cannot be written, and this is the reason: an edit could be lost.
    NotStored(String),
    /// Another program keeps the journal of this account; the number of its process.
    OpenElsewhere(String),
}

impl NoEdits {
    /// What is said to an edit.
    fn refusal(&self) -> &'static str {
        match self {
            Self::NotStored(_) => "edits cannot be saved now, so none is taken",
            Self::OpenElsewhere(_) => "READ-ONLY here: another bee-tui has this account open",
        }
    }
}

/// What is known and what is staged.
#[derive(Debug, Default, PartialEq)]
pub struct Desk {
    /// The list of plans.
    pub plan_list: Option<Known<Rows<Plan>>>,
    /// Plans with their milestones.
    pub plans: BTreeMap<PlanId, Known<Plan>>,
    /// The list of scorecards.
    pub scorecards: Option<Known<Rows<Scorecard>>>,
    /// Training programs and participants, as far as they were read.
    pub listings: BTreeMap<Collection, Listing>,
    /// Collections that are being read.
    pub being_read: BTreeSet<Collection>,
    /// The scores of suppliers that were looked up, and the codes in the order of their last look-up.
    pub scores: BTreeMap<VendorCode, Known<Rows<Record>>>,
    /// Vendor codes looked up before, the latest first.
    pub recent_codes: Vec<VendorCode>,
    /// The requests of this session, the latest last; the oldest go when there are many.
    pub log: VecDeque<Logged>,
    /// The names of files that were written in this session: the next one is offered another.
    pub written: BTreeSet<String>,
    /// To which field a heading of a file was laid by hand, for the next file.
    pub headings: BTreeMap<String, String>,
    /// What is staged of counters; the journal on disk holds the same.
    pub changes: Changes,
    /// What is staged of records; the journal on disk holds the same.
    pub record_changes: RecordChanges,
    /// Recalculations under watch, and those that ended in this session.
    pub watches: BTreeMap<ScorecardId, Watch>,
    /// How long earlier recalculations started here ran, in seconds, the latest last.
    pub runs: BTreeMap<ScorecardId, Vec<u64>>,
    /// Whether what is staged is gone with the program, as in the demo.
    pub forgets: bool,
    /// Why no edit is taken, if none is.
    pub no_edits: Option<NoEdits>,
    /// What plans are measured against.
    pub benchmarks: Arc<Benchmarks>,
    /// Sectors that were chosen here, for plans that name none.
    pub sectors: BTreeMap<PlanId, String>,
    /// Which of the EAP's regions plans are held against, by its place in the table.
    pub region: usize,
    histories: BTreeMap<PlanId, Edits>,
    pub(super) record_steps: RecordSteps,
}

impl Desk {
    /// Whether edits are taken, or why not.
    pub fn takes_edits(&self) -> Result<(), &'static str> {
        self.no_edits.as_ref().map_or(Ok(()), |why| Err(why.refusal()))
    }

    /// How much is staged: counters and records.
    pub fn staged(&self) -> usize {
        self.changes.len() + self.record_changes.len()
    }

    /// Everything that is staged, waits for nobody and was not left out.
    pub fn confirmed(&self, left_out: &LeftOut) -> Confirmed {
        let records = self.record_changes.iter().filter(|(number, change)| {
            !left_out.records.contains(number) && !matches!(change.state, State::Sending | State::Unknown)
        });
        Confirmed {
            counters: self.changes.confirmed(&left_out.cells),
            records: records.map(|(number, change)| (number, change.revision)).collect(),
        }
    }

    /// Takes in a page of a list that was just read; what it did to the list, and when the list is whole, to what is
    /// staged of it.
    pub fn take_page(
        &mut self,
        collection: &Collection,
        page: u32,
        rows: Rows<Record>,
        now: Timestamp,
    ) -> (Grew, Found) {
        let listing = self.listings.entry(collection.clone()).or_default();
        let grew = listing.take(page, rows, now);
        let found = if grew == Grew::Whole { self.reconcile(collection, now) } else { Found::default() };
        (grew, found)
    }

    /// Holds what is staged of a collection against it as just read.
    pub fn reconcile(&mut self, collection: &Collection, now: Timestamp) -> Found {
        let complete = self.records(collection).is_some_and(|(_, complete)| complete);
        let Self { scorecards, plan_list, listings, record_changes, .. } = self;
        match collection {
            Collection::Scorecards => {
                let rows = scorecards.iter().flat_map(|known| &known.what.rows);
                record_changes.reconcile(collection, rows.map(|scorecard| &scorecard.record), complete, now)
            }
            Collection::Plans => {
                let rows = plan_list.iter().flat_map(|known| &known.what.rows);
                record_changes.reconcile(collection, rows.map(|plan| &plan.record), complete, now)
            }
            _ => {
                let rows = listings.get(collection).and_then(Listing::whole).into_iter();
                record_changes.reconcile(collection, rows.flat_map(|read| &read.rows), complete, now)
            }
        }
    }

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

    /// What a training program is called, as its scorecard's list last said.
    pub fn program_name(&self, scorecard: &ScorecardId, program: TrainingProgramId) -> String {
        let collection = Collection::TrainingPrograms(scorecard.clone());
        let record = program.to_string().parse().map(|id| self.record(&collection, &id));
        match record {
            Ok(Seen::There(record)) => record.value("name").to_string(),
            _ => format!("Training program {program}"),
        }
    }

    /// What a collection is called, for the person.
    pub fn collection_name(&self, collection: &Collection) -> String {
        match collection {
            Collection::Scorecards => "Scorecards".into(),
            Collection::Plans => "Plans".into(),
            Collection::TrainingPrograms(id) => format!("Training programs of {}", self.scorecard_name(id)),
            Collection::Participants(id, program) => {
                format!("Participants of {}", self.program_name(id, *program))
            }
        }
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
        if self.plan(cell.place.plan).is_some() && self.reading(cell).is_none() {
            // The server returns it no more: it is in no table and counts nowhere.
            return None;
        }
        self.changes.change(cell).map(|c| c.mine).or_else(|| self.reading(cell).and_then(Reading::count))
    }

    fn shown(&self, cell: &Cell) -> Shown {
        match self.changes.change(cell) {
            Some(change) => Shown::Staged { base: change.base, mine: change.mine },
            None => Shown::Server(self.reading(cell).and_then(Reading::count)),
        }
    }

    /// What a change of a cell is made from: the base it has, so that a conflict outlives a second edit, else the server's
    /// number.
    pub fn base(&self, cell: &Cell) -> Option<Count> {
        let server = || self.reading(cell).and_then(Reading::count);
        self.changes.change(cell).map_or_else(server, |change| change.base)
    }

    /// Whether a cell can be given another number; the reason if not.
    pub fn editable(&self, cell: &Cell) -> Result<(), &'static str> {
        match self.reading(cell) {
            Some(Reading::Damaged(_)) => Err("the server sent no number here; it cannot be edited safely"),
            None => Err(NOT_RETURNED),
            Some(_) => self.free(cell),
        }
    }

    /// Whether a cell may be edited now; the reason if not.
    pub fn free(&self, cell: &Cell) -> Result<(), &'static str> {
        self.takes_edits().and_then(|()| self.changes.free(cell))
    }

    /// Edits cells of one plan as one step, which can be undone. Cells on their way are left alone; when nothing
    /// could be done, the reason is returned.
    pub fn edit(
        &mut self,
        plan: PlanId,
        step: Vec<(Cell, Count)>,
        now: Timestamp,
    ) -> Result<Vec<Entry>, &'static str> {
        let step = step.into_iter().map(|(cell, mine)| Edit { base: self.base(&cell), cell, mine });
        self.edit_from(plan, step.collect(), now).map(|(entries, _)| entries)
    }

    /// Edits cells that were changed elsewhere, each from what it was there: where the server has another number now, it
    /// is a conflict. Returns what to journal, and why each cell that was left as it is could not be edited.
    pub fn edit_from(
        &mut self,
        plan: PlanId,
        step: Vec<Edit>,
        now: Timestamp,
    ) -> Result<(Vec<Entry>, Vec<&'static str>), &'static str> {
        let (mut turns, mut entries, mut left) = (Vec::new(), Vec::new(), Vec::new());
        for Edit { cell, base, mine } in step {
            let Some(label) = self.label(&cell.place) else { continue };
            let server = self.reading(&cell).and_then(Reading::count);
            let before = self.shown(&cell);
            let set = |changes: &mut Changes| changes.set(&cell, &label, (server, base), mine, now);
            match self.editable(&cell).and_then(|()| set(&mut self.changes)) {
                Ok(entry) => {
                    let after = self.shown(&cell);
                    if before != after {
                        entries.push(entry);
                    }
                    turns.push(Turn { key: cell, before, after });
                }
                Err(why) => left.push(why),
            }
        }
        if let (true, Some(why)) = (turns.is_empty(), left.first()) {
            return Err(why);
        }
        self.histories.entry(plan).or_default().record(turns);
        Ok((entries, left))
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
                // Taken back after it was saved, the step leads to what the server had, not to what was first seen here.
                let history = self.histories.entry(cell.place.plan).or_default();
                history.amend(cell, |shown| match shown {
                    Shown::Server(_) => Shown::Server(theirs),
                    Shown::Staged { mine, .. } => Shown::Staged { base: theirs, mine: *mine },
                });
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

    /// Takes the last step of a plan back, or does it again; what to journal, a cell to go to, and what is said of it.
    pub fn step_counters(
        &mut self,
        back: bool,
        plan: PlanId,
        now: Timestamp,
    ) -> Result<(Vec<Entry>, Cell, String), &'static str> {
        let (entries, cell) = if back { self.undo(plan, now) } else { self.redo(plan, now) }?;
        let did = if back { "undone" } else { "done again" };
        let words = if entries.len() > 1 {
            format!("{did}: {} changed", count(entries.len(), "cell"))
        } else {
            let shows = self.value(&cell).map_or_else(|| "–".into(), |value| value.to_string());
            format!("{did}: {} shows {shows}", cell.counter)
        };
        Ok((entries, cell, words))
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
        // Undone or done again, it is the first of the cells one goes to.
        let cell = turns.iter().map(|turn| &turn.key).min().cloned().ok_or("nothing to undo")?;
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

    /// Whether a staged change waits for a person to decide it.
    pub fn has_to_decide(&self) -> bool {
        use record_change::Standing::{Conflict, Held, Unknown};
        let is_open = |change| matches!(self.record_standing(change), Conflict(_) | Unknown | Held(_));
        self.count(|standing| matches!(standing, Standing::Conflict(_) | Standing::Unknown)) > 0
            || self.record_changes.iter().any(|(_, change)| is_open(change))
    }

    /// How many staged changes stand in a way.
    pub fn count(&self, is: fn(&Standing) -> bool) -> usize {
        self.changes
            .cells()
            .filter(|(cell, ..)| self.standing(cell).is_some_and(|standing| is(&standing)))
            .count()
    }
}
