//! What lies on the desk: the records as last read, and what was done to them here and is not saved yet.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;

use crate::api::page::Page;
use crate::domain::benchmark::Benchmarks;
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::{
    ChangeState, ConfirmedCounters, CounterChanges, CounterEntry, CounterReconciliation, CounterRef,
    CounterStanding, TargetLabel, TargetRef, counter_reading,
};
use crate::domain::change::history::{History, Transition};
use crate::domain::change::record_change::{self, ChangeNumber, RecordChange, ServerRecord};
use crate::domain::change::record_changes::{RecordChanges, RecordReconciliation};
use crate::domain::id::VendorCode;
use crate::domain::id::{PlanId, ScorecardId, TrainingProgramId};
use crate::domain::plan::Plan;
use crate::domain::plan::target::{Count, CounterReading, Target};
use crate::domain::record::Record;
use crate::domain::record::recalculation::Watch;
use crate::domain::record::scorecard::Scorecard;
use crate::domain::text::{Text, pluralize};
use crate::workspace::record_list::{PageResult, RecordList};
use crate::workspace::request_log::LoggedRequest;

/// Something with the time it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot<T> {
    /// What was read.
    pub value: T,
    /// When.
    pub read_at: Timestamp,
}

/// What a person left out of an apply.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Excluded {
    /// Counters.
    pub counters: BTreeSet<CounterRef>,
    /// Records.
    pub records: BTreeSet<ChangeNumber>,
}

/// What a person said yes to: these counters with these numbers, these changes of records as they were then, and
/// nothing else.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConfirmedChanges {
    /// Counters.
    pub counters: ConfirmedCounters,
    /// Records, with the revision of the change.
    pub records: BTreeMap<ChangeNumber, u64>,
}

impl ConfirmedChanges {
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
enum CellValue {
    /// The server's number.
    Server(Option<Count>),
    /// A staged number, and what the server had when it was staged.
    Staged { base: Option<Count>, mine: Count },
}

/// A number for a cell, and what the cell was when it was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterEdit {
    /// The cell.
    pub counter: CounterRef,
    /// What it was; `None` for `null`.
    pub base: Option<Count>,
    /// What it shall be.
    pub mine: Count,
}

/// The steps of editing one plan.
type PlanHistory = History<CounterRef, CellValue>;
/// One cell's turn from what it showed to what it shows.
type CounterTransition = Transition<CounterRef, CellValue>;

/// The steps of editing records, over all collections.
pub(super) type RecordHistory = History<ChangeNumber, Option<RecordChange>>;

/// What is said where there is no table yet.
pub const PLAN_UNREAD: &str = "the plan has not been read yet";
/// What is said of a cell the server has no counter for.
pub const COUNTER_NOT_RETURNED: &str = "the server returned no counter here";

/// Why no edit is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditsBlocked {
    /// The journal cannot be written, and this is the reason: an edit could be lost.
    JournalFailed(String),
    /// Another program keeps the journal of this account; the number of its process.
    OpenElsewhere(String),
}

impl EditsBlocked {
    /// What is said to an edit.
    fn reason(&self) -> &'static str {
        match self {
            Self::JournalFailed(_) => "edits cannot be saved now, so none is taken",
            Self::OpenElsewhere(_) => "READ-ONLY here: another bee-tui has this account open",
        }
    }
}

/// What is known and what is staged.
#[derive(Debug, Default, PartialEq)]
pub struct Workspace {
    /// The list of plans.
    pub plan_list: Option<Snapshot<Page<Plan>>>,
    /// Plans with their milestones.
    pub plans: BTreeMap<PlanId, Snapshot<Plan>>,
    /// The list of scorecards.
    pub scorecard_list: Option<Snapshot<Page<Scorecard>>>,
    /// Training programs and participants, as far as they were read.
    pub record_lists: BTreeMap<Collection, RecordList>,
    /// Collections that are being read.
    pub collections_being_read: BTreeSet<Collection>,
    /// The scores of suppliers that were looked up, and the codes in the order of their last look-up.
    pub supplier_scores: BTreeMap<VendorCode, Snapshot<Page<Record>>>,
    /// Vendor codes looked up before, the latest first.
    pub recent_codes: Vec<VendorCode>,
    /// The requests of this session, the latest last; the oldest go when there are many.
    pub log: VecDeque<LoggedRequest>,
    /// The names of files that were written in this session: the next one is offered another.
    pub written_files: BTreeSet<String>,
    /// To which field a heading of a file was laid by hand, for the next file.
    pub heading_fields: BTreeMap<String, String>,
    /// What is staged of counters; the journal on disk holds the same.
    pub counter_changes: CounterChanges,
    /// What is staged of records; the journal on disk holds the same.
    pub record_changes: RecordChanges,
    /// Recalculations under watch, and those that ended in this session.
    pub watches: BTreeMap<ScorecardId, Watch>,
    /// How long earlier recalculations started here ran, in seconds, the latest last.
    pub run_seconds: BTreeMap<ScorecardId, Vec<u64>>,
    /// Whether what is staged is gone with the program, as in the demo.
    pub is_ephemeral: bool,
    /// Why no edit is taken, if none is.
    pub edits_blocked: Option<EditsBlocked>,
    /// What plans are measured against.
    pub benchmarks: Arc<Benchmarks>,
    /// Sectors that were chosen here, for plans that name none.
    pub sectors: BTreeMap<PlanId, String>,
    /// Which of the EAP's regions plans are held against, by its place in the table.
    pub region_index: usize,
    counter_histories: BTreeMap<PlanId, PlanHistory>,
    pub(super) record_history: RecordHistory,
}

impl Workspace {
    /// Whether edits are taken, or why not.
    pub fn check_edits_allowed(&self) -> Result<(), &'static str> {
        self.edits_blocked.as_ref().map_or(Ok(()), |why| Err(why.reason()))
    }

    /// How much is staged: counters and records.
    pub fn staged_count(&self) -> usize {
        self.counter_changes.len() + self.record_changes.len()
    }

    /// Everything that is staged, waits for nobody and was not left out.
    pub fn confirmable_changes(&self, left_out: &Excluded) -> ConfirmedChanges {
        let records = self.record_changes.iter().filter(|(number, change)| {
            !left_out.records.contains(number)
                && !matches!(change.state, ChangeState::Sending | ChangeState::OutcomeUnknown)
        });
        ConfirmedChanges {
            counters: self.counter_changes.confirmable(&left_out.counters),
            records: records.map(|(number, change)| (number, change.revision)).collect(),
        }
    }

    /// Takes in a page of a list that was just read; what it did to the list, and when the list is whole, to what is
    /// staged of it.
    pub fn add_page(
        &mut self,
        collection: &Collection,
        page: u32,
        rows: Page<Record>,
        now: Timestamp,
    ) -> (PageResult, RecordReconciliation) {
        let listing = self.record_lists.entry(collection.clone()).or_default();
        let grew = listing.add_page(page, rows, now);
        let found = if grew == PageResult::Whole {
            self.reconcile_records(collection, now)
        } else {
            RecordReconciliation::default()
        };
        (grew, found)
    }

    /// Holds what is staged of a collection against it as just read.
    pub fn reconcile_records(&mut self, collection: &Collection, now: Timestamp) -> RecordReconciliation {
        let complete = self.records(collection).is_some_and(|(_, complete)| complete);
        let Self { scorecard_list: scorecards, plan_list, record_lists: listings, record_changes, .. } = self;
        match collection {
            Collection::Scorecards => {
                let rows = scorecards.iter().flat_map(|known| &known.value.rows);
                record_changes.reconcile(collection, rows.map(|scorecard| &scorecard.record), complete, now)
            }
            Collection::Plans => {
                let rows = plan_list.iter().flat_map(|known| &known.value.rows);
                record_changes.reconcile(collection, rows.map(|plan| &plan.record), complete, now)
            }
            _ => {
                let rows = listings.get(collection).and_then(RecordList::whole).into_iter();
                record_changes.reconcile(collection, rows.flat_map(|read| &read.rows), complete, now)
            }
        }
    }

    /// The plan as last read.
    pub fn plan(&self, id: PlanId) -> Option<&Plan> {
        self.plans.get(&id).map(|known| &known.value)
    }

    /// What a target is called.
    pub fn target_label(&self, place: &TargetRef) -> Option<TargetLabel> {
        let plan = self.plan(place.plan)?;
        let (milestone, target) = plan.target(place.milestone, place.target)?;
        Some(TargetLabel { plan: plan.name(), year: milestone.year, target_type: target.target_type.clone() })
    }

    /// The scorecard as last read in the list.
    pub fn scorecard(&self, id: &ScorecardId) -> Option<&Scorecard> {
        self.scorecard_list.as_ref()?.value.rows.iter().find(|s| s.id == *id)
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
            Ok(ServerRecord::Present(record)) => record.value("name").to_string(),
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
    pub fn counter_reading(&self, cell: &CounterRef) -> Option<CounterReading> {
        counter_reading(self.plan(cell.target.plan)?, cell)
    }

    /// How a staged cell stands to the server's value as last read; `None` when it is not staged.
    pub fn counter_standing(&self, cell: &CounterRef) -> Option<CounterStanding> {
        let read = self.plan(cell.target.plan).map(|plan| counter_reading(plan, cell));
        Some(self.counter_changes.change(cell)?.standing(read))
    }

    /// The number a cell shows: what is staged, else the server's.
    pub fn counter_value(&self, cell: &CounterRef) -> Option<Count> {
        if self.plan(cell.target.plan).is_some() && self.counter_reading(cell).is_none() {
            // The server returns it no more: it is in no table and counts nowhere.
            return None;
        }
        self.counter_changes
            .change(cell)
            .map(|c| c.mine)
            .or_else(|| self.counter_reading(cell).and_then(CounterReading::count))
    }

    fn cell_value(&self, cell: &CounterRef) -> CellValue {
        match self.counter_changes.change(cell) {
            Some(change) => CellValue::Staged { base: change.base, mine: change.mine },
            None => CellValue::Server(self.counter_reading(cell).and_then(CounterReading::count)),
        }
    }

    /// What a change of a cell is made from: the base it has, so that a conflict outlives a second edit, else the server's
    /// number.
    pub fn counter_base(&self, cell: &CounterRef) -> Option<Count> {
        let server = || self.counter_reading(cell).and_then(CounterReading::count);
        self.counter_changes.change(cell).map_or_else(server, |change| change.base)
    }

    /// Whether a cell can be given another number; the reason if not.
    pub fn check_counter_editable(&self, cell: &CounterRef) -> Result<(), &'static str> {
        match self.counter_reading(cell) {
            Some(CounterReading::Unreadable(_)) => {
                Err("the server sent no number here; it cannot be edited safely")
            }
            None => Err(COUNTER_NOT_RETURNED),
            Some(_) => self.check_counter_unlocked(cell),
        }
    }

    /// Whether a cell may be edited now; the reason if not.
    pub fn check_counter_unlocked(&self, cell: &CounterRef) -> Result<(), &'static str> {
        self.check_edits_allowed().and_then(|()| self.counter_changes.check_unlocked(cell))
    }

    /// Edits cells of one plan as one step, which can be undone. Cells on their way are left alone; when nothing
    /// could be done, the reason is returned.
    pub fn edit_counters(
        &mut self,
        plan: PlanId,
        step: Vec<(CounterRef, Count)>,
        now: Timestamp,
    ) -> Result<Vec<CounterEntry>, &'static str> {
        let step = step.into_iter().map(|(cell, mine)| CounterEdit {
            base: self.counter_base(&cell),
            counter: cell,
            mine,
        });
        self.edit_counters_from(plan, step.collect(), now).map(|(entries, _)| entries)
    }

    /// Edits cells that were changed elsewhere, each from what it was there: where the server has another number now, it
    /// is a conflict. Returns what to journal, and why each cell that was left as it is could not be edited.
    pub fn edit_counters_from(
        &mut self,
        plan: PlanId,
        step: Vec<CounterEdit>,
        now: Timestamp,
    ) -> Result<(Vec<CounterEntry>, Vec<&'static str>), &'static str> {
        let (mut turns, mut entries, mut left) = (Vec::new(), Vec::new(), Vec::new());
        for CounterEdit { counter: cell, base, mine } in step {
            let Some(label) = self.target_label(&cell.target) else { continue };
            let server = self.counter_reading(&cell).and_then(CounterReading::count);
            let before = self.cell_value(&cell);
            let set =
                |changes: &mut CounterChanges| changes.stage_count(&cell, &label, (server, base), mine, now);
            match self.check_counter_editable(&cell).and_then(|()| set(&mut self.counter_changes)) {
                Ok(entry) => {
                    let after = self.cell_value(&cell);
                    if before != after {
                        entries.push(entry);
                    }
                    turns.push(Transition { key: cell, before, after });
                }
                Err(why) => left.push(why),
            }
        }
        if let (true, Some(why)) = (turns.is_empty(), left.first()) {
            return Err(why);
        }
        self.counter_histories.entry(plan).or_default().record(turns);
        Ok((entries, left))
    }

    /// Drops a staged change as a step that can be undone: the server's value stands again.
    pub fn drop_counter(&mut self, cell: &CounterRef) -> Result<Vec<CounterEntry>, &'static str> {
        self.check_counter_unlocked(cell)?;
        let before = self.cell_value(cell);
        let entry = self.counter_changes.remove(cell).ok_or("this counter is as on the server")?;
        let turn = Transition { key: cell.clone(), before, after: self.cell_value(cell) };
        self.counter_histories.entry(cell.target.plan).or_default().record(vec![turn]);
        Ok(vec![entry])
    }

    /// Decides a conflict for "mine": the server's value of now becomes the base.
    pub fn keep_my_counter(&mut self, cell: &CounterRef) -> Result<Vec<CounterEntry>, &'static str> {
        self.check_counter_unlocked(cell)?;
        match self.counter_standing(cell) {
            Some(CounterStanding::Conflict(theirs)) => {
                // Taken back after it was saved, the step leads to what the server had, not to what was first seen here.
                let history = self.counter_histories.entry(cell.target.plan).or_default();
                history.amend(cell, |shown| match shown {
                    CellValue::Server(_) => CellValue::Server(theirs),
                    CellValue::Staged { mine, .. } => CellValue::Staged { base: theirs, mine: *mine },
                });
                Ok(self.counter_changes.keep_mine(cell, theirs).into_iter().collect())
            }
            _ => Err("there is no conflict here to decide"),
        }
    }

    /// Takes the last step of a plan back; returns what to journal and a cell to go to.
    pub fn undo_counters(
        &mut self,
        plan: PlanId,
        now: Timestamp,
    ) -> Result<(Vec<CounterEntry>, CounterRef), &'static str> {
        let turns = self.counter_histories.entry(plan).or_default().undo().ok_or("nothing to undo")?;
        self.apply_history_step(plan, &turns, now, History::redo)
    }

    /// Does again what was undone last.
    pub fn redo_counters(
        &mut self,
        plan: PlanId,
        now: Timestamp,
    ) -> Result<(Vec<CounterEntry>, CounterRef), &'static str> {
        let turns = self.counter_histories.entry(plan).or_default().redo().ok_or("nothing to redo")?;
        self.apply_history_step(plan, &turns, now, History::undo)
    }

    /// Takes the last step of a plan back, or does it again; what to journal, a cell to go to, and what is said of it.
    pub fn undo_or_redo_counters(
        &mut self,
        back: bool,
        plan: PlanId,
        now: Timestamp,
    ) -> Result<(Vec<CounterEntry>, CounterRef, String), &'static str> {
        let (entries, cell) =
            if back { self.undo_counters(plan, now) } else { self.redo_counters(plan, now) }?;
        let did = if back { "undone" } else { "done again" };
        let words = if entries.len() > 1 {
            format!("{did}: {} changed", pluralize(entries.len(), "cell"))
        } else {
            let shows = self.counter_value(&cell).map_or_else(|| "–".into(), |value| value.to_string());
            format!("{did}: {} shows {shows}", cell.counter)
        };
        Ok((entries, cell, words))
    }

    /// Does the turns of a step that the history has just moved; moved back by `put_back` if one cannot be done.
    fn apply_history_step(
        &mut self,
        plan: PlanId,
        turns: &[CounterTransition],
        now: Timestamp,
        put_back: fn(&mut PlanHistory) -> Option<Vec<CounterTransition>>,
    ) -> Result<(Vec<CounterEntry>, CounterRef), &'static str> {
        if let Some(why) = turns.iter().find_map(|turn| self.check_counter_unlocked(&turn.key).err()) {
            put_back(self.counter_histories.entry(plan).or_default());
            return Err(why);
        }
        // Undone or done again, it is the first of the cells one goes to.
        let cell = turns.iter().map(|turn| &turn.key).min().cloned().ok_or("nothing to undo")?;
        let entries = turns.iter().filter_map(|turn| self.apply_transition(turn, now)).collect();
        Ok((entries, cell))
    }

    /// Turns a cell back to what it showed, with the base it had then, so that a conflict comes back with it. Where
    /// the staged number has been saved meanwhile, what the server has is the base.
    fn apply_transition(&mut self, turn: &CounterTransition, now: Timestamp) -> Option<CounterEntry> {
        let label = self.target_label(&turn.key.target)?;
        let server = self.counter_reading(&turn.key).and_then(CounterReading::count);
        let staged_now = self.counter_changes.change(&turn.key).is_some();
        let saved = match turn.before {
            CellValue::Staged { mine, .. } => !staged_now && server == Some(mine),
            CellValue::Server(_) => false,
        };
        let staged = match turn.after {
            CellValue::Staged { mine, .. } if saved => Some((server, mine)),
            CellValue::Staged { base, mine } => Some((base, mine)),
            CellValue::Server(value) if saved => value.map(|value| (server, value)),
            CellValue::Server(_) => None,
        };
        let staged = staged.filter(|(_, mine)| Some(*mine) != server);
        (staged_now || staged.is_some())
            .then(|| self.counter_changes.set_staged(&turn.key, &label, staged, now))
    }

    /// Takes in a plan as just read, and holds what is staged against it.
    pub fn update_plan(&mut self, plan: Plan, now: Timestamp) -> CounterReconciliation {
        let found = self.counter_changes.reconcile(&plan);
        self.plans.insert(plan.id, Snapshot { value: plan, read_at: now });
        found
    }

    /// Takes in a target as the answer to an update showed it; counters it left out keep what was read before.
    pub fn update_target(&mut self, place: TargetRef, answer: &Target) {
        let Some(known) = self.plans.get_mut(&place.plan) else { return };
        known.value.update_target(place.milestone, answer);
    }

    /// How many staged changes are in conflict with the server's values as last read.
    pub fn counter_conflicts(&self) -> usize {
        self.count_counters(|standing| matches!(standing, CounterStanding::Conflict(_)))
    }

    /// Whether a staged change waits for a person to decide it.
    pub fn has_undecided(&self) -> bool {
        use record_change::RecordStanding::{Conflict, Held, OutcomeUnknown};
        let is_open = |change| matches!(self.record_standing(change), Conflict(_) | OutcomeUnknown | Held(_));
        self.count_counters(|standing| {
            matches!(standing, CounterStanding::Conflict(_) | CounterStanding::OutcomeUnknown)
        }) > 0
            || self.record_changes.iter().any(|(_, change)| is_open(change))
    }

    /// How many staged changes stand in a way.
    pub fn count_counters(&self, is: fn(&CounterStanding) -> bool) -> usize {
        self.counter_changes
            .iter()
            .filter(|(cell, ..)| self.counter_standing(cell).is_some_and(|standing| is(&standing)))
            .count()
    }
}
