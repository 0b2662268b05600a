//! The workspace: records as last read, plus the staged changes.

use crate::domain::refusal::Refusal;
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
use crate::domain::draft::plan_draft::DraftRequest;
use crate::domain::id::VendorCode;
use crate::domain::id::{PlanId, ScorecardId, TrainingProgramId};
use crate::domain::plan::Plan;
use crate::domain::plan::table_ref::YearIndex;
use crate::domain::plan::target::{Count, CounterReading, Target};
use crate::domain::record::Record;
use crate::domain::record::recalculation::Watch;
use crate::domain::record::scorecard::Scorecard;
use crate::domain::text::{Text, pluralize};
use crate::workspace::plan_standing::Overview;
use crate::workspace::record_list::{ListContents, PageResult, RecordList};
use crate::workspace::request_log::LoggedRequest;
use crate::workspace::scorecard_spend::ScorecardSpend;

/// A value with the time it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot<T> {
    /// The value.
    pub value: T,
    /// When it was read.
    pub read_at: Timestamp,
}

/// What the user excluded from an apply.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Excluded {
    /// Excluded counters.
    pub counters: BTreeSet<CounterRef>,
    /// Excluded record changes.
    pub records: BTreeSet<ChangeNumber>,
}

/// What the user confirmed for an apply: exactly these counters with these numbers, and these record changes
/// in these revisions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConfirmedChanges {
    /// The confirmed counters with their numbers.
    pub counters: ConfirmedCounters,
    /// The confirmed record changes with their revisions.
    pub records: BTreeMap<ChangeNumber, u64>,
}

impl ConfirmedChanges {
    /// How many changes were confirmed.
    pub fn len(&self) -> usize {
        self.counters.len() + self.records.len()
    }

    /// Whether no change was confirmed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The number a cell shows, by its origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CellValue {
    /// The server's number.
    Server(Option<Count>),
    /// A staged number and its base.
    Staged { base: Option<Count>, mine: Count },
}

/// A number for a counter, with the base it was chosen from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterEdit {
    /// The counter to edit.
    pub counter: CounterRef,
    /// The base: the number the server had; `None` when it had none.
    pub base: Option<Count>,
    /// The number to stage.
    pub mine: Count,
}

/// A plan that another is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComparedPlan {
    /// The plan.
    pub plan: PlanId,
    /// The number of its year; `None` for the year with the same number as the one on screen, or else its first.
    pub year: Option<u32>,
}

impl ComparedPlan {
    /// The place and the number of its year that is compared with the year with this number.
    pub fn year_in(self, plan: &Plan, number: u32) -> (YearIndex, u32) {
        let year = plan.year_numbered(self.year.unwrap_or(number)).unwrap_or_default();
        (year, plan.milestone(year).map_or(0, |milestone| milestone.year))
    }
}

/// The undo history of one plan.
type PlanHistory = History<CounterRef, CellValue>;
/// One cell's change within an undo step.
type CounterTransition = Transition<CounterRef, CellValue>;

/// The undo history of records, across all collections.
pub(super) type RecordHistory = History<ChangeNumber, Option<RecordChange>>;

/// The message for a plan that has not been read.
pub const PLAN_UNREAD: &str = "the plan has not been read yet";
/// The message for a cell without a counter.
pub const COUNTER_NOT_RETURNED: &str = "the server returned no counter here";

/// Why edits are blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditsBlocked {
    /// The journal cannot be written, for this reason; an edit could be lost.
    JournalFailed(String),
    /// Another process, with this id, has the journal of this account open.
    OpenElsewhere(String),
}

impl EditsBlocked {
    /// The message shown when an edit is refused.
    fn reason(&self) -> &'static str {
        match self {
            Self::JournalFailed(_) => "edits cannot be saved now, so none is taken",
            Self::OpenElsewhere(_) => "READ-ONLY here: another bee-tui has this account open",
        }
    }
}

/// The records as last read, the staged changes, and their undo histories.
#[derive(Debug, Default, PartialEq)]
pub struct Workspace {
    /// The list of plans; `None` until it has been read.
    pub plan_list: Option<Snapshot<Page<Plan>>>,
    /// The plans that were opened, with their milestones.
    pub plans: BTreeMap<PlanId, Snapshot<Plan>>,
    /// The list of scorecards; `None` until it has been read.
    pub scorecard_list: Option<Snapshot<Page<Scorecard>>>,
    /// The lists of training programs and participants, as far as read.
    pub record_lists: BTreeMap<Collection, RecordList>,
    /// The lists of participants that were shown last, the latest first.
    pub recent_lists: Vec<Collection>,
    /// The collections being read now.
    pub collections_being_read: BTreeSet<Collection>,
    /// The scores of suppliers that were looked up.
    pub supplier_scores: BTreeMap<VendorCode, Snapshot<Page<Record>>>,
    /// The vendor codes that were looked up, the latest first.
    pub recent_codes: Vec<VendorCode>,
    /// The requests of this session, the latest last; the oldest are dropped when there are too many.
    pub log: VecDeque<LoggedRequest>,
    /// Names of files written in this session, so that the next export offers another name.
    pub written_files: BTreeSet<String>,
    /// The field that the user assigned to each normalized heading of an imported file, remembered for the
    /// next file.
    pub heading_fields: BTreeMap<String, String>,
    /// Staged counter changes; the journal on disk holds the same.
    pub counter_changes: CounterChanges,
    /// Staged record changes; the journal on disk holds the same.
    pub record_changes: RecordChanges,
    /// The recalculations watched now, and those that ended in this session.
    pub watches: BTreeMap<ScorecardId, Watch>,
    /// Durations of earlier recalculations started here, in seconds, the latest last.
    pub run_seconds: BTreeMap<ScorecardId, Vec<u64>>,
    /// Whether staged changes are lost when the program ends, as in the demo.
    pub is_ephemeral: bool,
    /// Why edits are blocked; `None` when they are allowed.
    pub edits_blocked: Option<EditsBlocked>,
    /// Sector targets and EAP figures that plans are compared with.
    pub benchmarks: Arc<Benchmarks>,
    /// Sectors the user chose for plans that name none with targets.
    pub sectors: BTreeMap<PlanId, String>,
    /// The region whose EAP plans are compared with, by its index in the benchmarks.
    pub region_index: usize,
    /// The plans that plans are compared with, as the user chose them.
    pub compared_plans: BTreeMap<PlanId, ComparedPlan>,
    /// How the plans that were read compare with their targets.
    pub overview: Overview,
    /// The spend of the scorecards whose participants were read for it.
    pub spend: BTreeMap<ScorecardId, ScorecardSpend>,
    /// How many programs of the spend on screen have been read, and how many there are; `None` while none is being read.
    pub spend_progress: Option<(usize, usize)>,
    /// What drafts were made from last, by plan.
    pub draft_requests: BTreeMap<PlanId, DraftRequest>,
    counter_histories: BTreeMap<PlanId, PlanHistory>,
    pub(super) record_history: RecordHistory,
}

/// What was done with a step of editing: `undone`, or `done again`.
pub(super) fn history_word(back: bool) -> &'static str {
    if back { "undone" } else { "done again" }
}

impl Workspace {
    /// Fails when edits are blocked, with the reason.
    pub fn check_edits_allowed(&self) -> Result<(), Refusal> {
        self.edits_blocked.as_ref().map_or(Ok(()), |why| Err(why.reason().into()))
    }

    /// How many changes are staged, of counters and records together.
    pub fn staged_count(&self) -> usize {
        self.counter_changes.len() + self.record_changes.len()
    }

    /// All staged changes that can be confirmed: those not excluded, not being sent, and without an unknown
    /// outcome.
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

    /// Adds a page of a list. Returns the state of the read and, once the list is complete, the
    /// reconciliation of its staged changes.
    pub fn add_page(
        &mut self,
        collection: &Collection,
        page: u32,
        rows: Page<Record>,
        now: Timestamp,
    ) -> (PageResult, RecordReconciliation) {
        let listing = self.record_lists.entry(collection.clone()).or_default();
        let page_result = listing.add_page(page, rows, now);
        let reconciliation = if page_result == PageResult::Whole {
            self.reconcile_records(collection, now)
        } else {
            RecordReconciliation::default()
        };
        (page_result, reconciliation)
    }

    /// Reconciles the staged changes of a collection with its records as just read.
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
                record_changes.reconcile(collection, rows.flat_map(ListContents::rows), complete, now)
            }
        }
    }

    /// A plan as last read; `None` when it was never read.
    pub fn plan(&self, id: PlanId) -> Option<&Plan> {
        self.plans.get(&id).map(|known| &known.value)
    }

    /// The label of a target; `None` when its plan was not read or has no such target.
    pub fn target_label(&self, place: &TargetRef) -> Option<TargetLabel> {
        let plan = self.plan(place.plan)?;
        let (milestone, target) = plan.target(place.milestone, place.target)?;
        Some(TargetLabel { plan: plan.name(), year: milestone.year, target_type: target.target_type.clone() })
    }

    /// A scorecard as last read in the list; `None` when it is not there.
    pub fn scorecard(&self, id: &ScorecardId) -> Option<&Scorecard> {
        self.scorecard_list.as_ref()?.value.rows.iter().find(|s| s.id == *id)
    }

    /// The name of a scorecard, or its id when the name is not known.
    pub fn scorecard_name(&self, id: &ScorecardId) -> Text {
        let watched = || self.watches.get(id).map(|w| w.description.clone());
        self.scorecard(id).map(Scorecard::description).or_else(watched).unwrap_or_else(|| id.as_str().into())
    }

    /// The name of a training program, or its id when the program was not read.
    pub fn program_name(&self, scorecard: &ScorecardId, program: TrainingProgramId) -> String {
        let collection = Collection::TrainingPrograms(scorecard.clone());
        let record = program.to_string().parse().map(|id| self.record(&collection, &id));
        match record {
            Ok(ServerRecord::Present(record)) => record.value("name").to_string(),
            _ => format!("Training program {program}"),
        }
    }

    /// The name of a collection, as shown to the user.
    pub fn collection_name(&self, collection: &Collection) -> String {
        match collection {
            Collection::Scorecards => "Scorecards".into(),
            Collection::Plans => "Plans".into(),
            Collection::TrainingPrograms(id) => format!("Training programs of {}", self.scorecard_name(id)),
            Collection::Participants(id, program) => {
                format!("Participants of {}", self.program_name(id, *program))
            }
            Collection::NewProgramParticipants(_, number) => {
                let program = self.record_changes.change(*number);
                let name =
                    program.map_or_else(|| "a training program".into(), |change| change.name.to_string());
                format!("Participants of {name} (new)")
            }
        }
    }

    /// The server's reading of a counter when its plan was last read; `None` when the plan was not read or
    /// lacks the counter.
    pub fn counter_reading(&self, cell: &CounterRef) -> Option<CounterReading> {
        counter_reading(self.plan(cell.target.plan)?, cell)
    }

    /// The standing of a staged counter against the server's value as last read; `None` when it is not
    /// staged.
    pub fn counter_standing(&self, cell: &CounterRef) -> Option<CounterStanding> {
        let read = self.plan(cell.target.plan).map(|plan| counter_reading(plan, cell));
        Some(self.counter_changes.change(cell)?.standing(read))
    }

    /// The number a cell shows: the staged one, else the server's; `None` when there is neither.
    pub fn counter_value(&self, cell: &CounterRef) -> Option<Count> {
        if self.plan(cell.target.plan).is_some() && self.counter_reading(cell).is_none() {
            // The server no longer returns it, so it is in no table and in no total.
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

    /// The base for a change of a counter: the base it has already, so that a second edit does not hide a
    /// conflict, else the server's number.
    pub fn counter_base(&self, cell: &CounterRef) -> Option<Count> {
        let server = || self.counter_reading(cell).and_then(CounterReading::count);
        self.counter_changes.change(cell).map_or_else(server, |change| change.base)
    }

    /// Fails when the number of a counter cannot be edited: the server did not return it or sent no valid
    /// number, edits are blocked, or its change is locked.
    pub fn check_counter_editable(&self, cell: &CounterRef) -> Result<(), Refusal> {
        match self.counter_reading(cell) {
            Some(CounterReading::Unreadable(_)) => {
                Err("the server sent no number here; it cannot be edited safely".into())
            }
            None => Err(COUNTER_NOT_RETURNED.into()),
            Some(_) => self.check_counter_unlocked(cell),
        }
    }

    /// Fails when a counter cannot be edited now: edits are blocked, or its change is locked.
    pub fn check_counter_unlocked(&self, cell: &CounterRef) -> Result<(), Refusal> {
        self.check_edits_allowed().and_then(|()| self.counter_changes.check_unlocked(cell))
    }

    /// Edits counters of one plan as one undo step and returns what to journal. Counters that cannot be
    /// edited are left unchanged. Fails when none could be edited.
    pub fn edit_counters(
        &mut self,
        plan: PlanId,
        step: Vec<(CounterRef, Count)>,
        now: Timestamp,
    ) -> Result<Vec<CounterEntry>, Refusal> {
        let step = step.into_iter().map(|(cell, mine)| CounterEdit {
            base: self.counter_base(&cell),
            counter: cell,
            mine,
        });
        self.edit_counters_from(plan, step.collect(), now).map(|(entries, _)| entries)
    }

    /// Edits counters that were changed elsewhere, each from its own base; where the server's number differs
    /// from the base, the change is a conflict. Returns what to journal and, for each counter left unchanged,
    /// why. Fails when none could be edited.
    pub fn edit_counters_from(
        &mut self,
        plan: PlanId,
        step: Vec<CounterEdit>,
        now: Timestamp,
    ) -> Result<(Vec<CounterEntry>, Vec<Refusal>), Refusal> {
        let (mut turns, mut entries, mut refusals) = (Vec::new(), Vec::new(), Vec::new());
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
                Err(why) => refusals.push(why),
            }
        }
        if let (true, Some(why)) = (turns.is_empty(), refusals.first()) {
            return Err(why.clone());
        }
        self.counter_histories.entry(plan).or_default().record(turns);
        Ok((entries, refusals))
    }

    /// Drops a staged change as one undo step, so that the server's value is shown again; returns what to
    /// journal. Fails when the counter is not staged or cannot be edited now.
    pub fn drop_counter(&mut self, cell: &CounterRef) -> Result<Vec<CounterEntry>, Refusal> {
        self.check_counter_unlocked(cell)?;
        let before = self.cell_value(cell);
        let entry = self.counter_changes.remove(cell).ok_or("this counter is as on the server")?;
        let turn = Transition { key: cell.clone(), before, after: self.cell_value(cell) };
        self.counter_histories.entry(cell.target.plan).or_default().record(vec![turn]);
        Ok(vec![entry])
    }

    /// Decides a conflict in favour of "mine": the server's current value becomes the base. Fails when there
    /// is no conflict or the counter cannot be edited now.
    pub fn keep_my_counter(&mut self, cell: &CounterRef) -> Result<Vec<CounterEntry>, Refusal> {
        self.check_counter_unlocked(cell)?;
        match self.counter_standing(cell) {
            Some(CounterStanding::Conflict(theirs)) => {
                // Undoing this step after it was saved must restore what the server had, not what was first
                // seen here.
                let history = self.counter_histories.entry(cell.target.plan).or_default();
                history.amend(cell, |shown| match shown {
                    CellValue::Server(_) => CellValue::Server(theirs),
                    CellValue::Staged { mine, .. } => CellValue::Staged { base: theirs, mine: *mine },
                });
                Ok(self.counter_changes.keep_mine(cell, theirs).into_iter().collect())
            }
            _ => Err("there is no conflict here to decide".into()),
        }
    }

    /// Undoes the last step of a plan; returns what to journal and a cell to go to. Fails when there is
    /// nothing to undo or a cell cannot be edited now.
    pub fn undo_counters(
        &mut self,
        plan: PlanId,
        now: Timestamp,
    ) -> Result<(Vec<CounterEntry>, CounterRef), Refusal> {
        let turns = self.counter_histories.entry(plan).or_default().undo().ok_or("nothing to undo")?;
        self.apply_history_step(plan, &turns, now, History::redo)
    }

    /// Redoes the step undone last; returns what to journal and a cell to go to. Fails when there is nothing
    /// to redo or a cell cannot be edited now.
    pub fn redo_counters(
        &mut self,
        plan: PlanId,
        now: Timestamp,
    ) -> Result<(Vec<CounterEntry>, CounterRef), Refusal> {
        let turns = self.counter_histories.entry(plan).or_default().redo().ok_or("nothing to redo")?;
        self.apply_history_step(plan, &turns, now, History::undo)
    }

    /// Undoes the last step of a plan, or redoes it when `back` is false; returns what to journal, a cell to
    /// go to, and a message. Fails when there is no such step or a cell cannot be edited now.
    pub fn undo_or_redo_counters(
        &mut self,
        back: bool,
        plan: PlanId,
        now: Timestamp,
    ) -> Result<(Vec<CounterEntry>, CounterRef, String), Refusal> {
        let (entries, cell) =
            if back { self.undo_counters(plan, now) } else { self.redo_counters(plan, now) }?;
        let did = history_word(back);
        let words = if entries.len() > 1 {
            format!("{did}: {} changed", pluralize(entries.len(), "cell"))
        } else {
            let shows = self.counter_value(&cell).map_or_else(|| "–".into(), |value| value.to_string());
            format!("{did}: {} shows {shows}", cell.counter)
        };
        Ok((entries, cell, words))
    }

    /// Applies a step that the history has just moved over. Fails when one of its cells cannot be edited now;
    /// `put_back` then moves the history back.
    fn apply_history_step(
        &mut self,
        plan: PlanId,
        turns: &[CounterTransition],
        now: Timestamp,
        put_back: fn(&mut PlanHistory) -> Option<Vec<CounterTransition>>,
    ) -> Result<(Vec<CounterEntry>, CounterRef), Refusal> {
        if let Some(why) = turns.iter().find_map(|turn| self.check_counter_unlocked(&turn.key).err()) {
            put_back(self.counter_histories.entry(plan).or_default());
            return Err(why.clone());
        }
        // Undo and redo both go to the first of the cells.
        let cell = turns.iter().map(|turn| &turn.key).min().cloned().ok_or("nothing to undo")?;
        let entries = turns.iter().filter_map(|turn| self.apply_transition(turn, now)).collect();
        Ok((entries, cell))
    }

    /// Restores what a cell showed, with the base it had then, so that a conflict is restored too. If the
    /// staged number was saved meanwhile, the server's number is the base.
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

    /// Stores a plan that was just read and reconciles the staged changes with it.
    pub fn update_plan(&mut self, plan: Plan, now: Timestamp) -> CounterReconciliation {
        let found = self.counter_changes.reconcile(&plan);
        self.plans.insert(plan.id, Snapshot { value: plan, read_at: now });
        found
    }

    /// Stores a target from the response to an update; counters missing in it keep their last known value.
    pub fn update_target(&mut self, place: TargetRef, answer: &Target) {
        let Some(known) = self.plans.get_mut(&place.plan) else { return };
        known.value.update_target(place.milestone, answer);
    }

    /// How many staged counters are in conflict with the server's values as last read.
    pub fn counter_conflicts(&self) -> usize {
        self.count_counters(|standing| matches!(standing, CounterStanding::Conflict(_)))
    }

    /// Whether any staged change needs a decision by the user.
    pub fn has_undecided(&self) -> bool {
        use record_change::RecordStanding::{Conflict, Held, OutcomeUnknown};
        let is_open = |change| matches!(self.record_standing(change), Conflict(_) | OutcomeUnknown | Held(_));
        self.count_counters(|standing| {
            matches!(standing, CounterStanding::Conflict(_) | CounterStanding::OutcomeUnknown)
        }) > 0
            || self.record_changes.iter().any(|(_, change)| is_open(change))
    }

    /// How many staged counters have a standing that matches.
    pub fn count_counters(&self, is: fn(&CounterStanding) -> bool) -> usize {
        self.counter_changes
            .iter()
            .filter(|(cell, ..)| self.counter_standing(cell).is_some_and(|standing| is(&standing)))
            .count()
    }
}
