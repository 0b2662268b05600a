//! Staged changes of counters, how a read reconciles them, and what an apply sends.

use crate::domain::refusal::Refusal;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;

use crate::domain::id::{MilestoneId, PlanId, TargetId};
use crate::domain::plan::Plan;
use crate::domain::plan::counter::Counter;
use crate::domain::plan::target::{Count, CounterMerge, CounterReading, Target, TargetType, merge_counter};
use crate::domain::text::Text;

/// The three ids in the path of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetRef {
    /// The plan.
    pub plan: PlanId,
    /// The milestone.
    pub milestone: MilestoneId,
    /// The target.
    pub target: TargetId,
}

/// One counter of one target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CounterRef {
    /// The target.
    pub target: TargetRef,
    /// The counter.
    pub counter: Counter,
}

/// The names of a target, kept so that a change can be shown before its plan has been read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetLabel {
    /// The plan's name.
    pub plan: Text,
    /// The year of the plan, from 1.
    pub year: u32,
    /// Which people the target counts.
    pub target_type: TargetType,
}

/// The journalled state of a change. A conflict is not a state: it is worked out from base and server
/// ([`CounterStanding`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeState {
    /// Edited, not sent.
    Staged,
    /// Its request is in flight; this was journalled before the first byte was sent.
    Sending,
    /// Sent, and no response said whether it arrived. A read decides.
    OutcomeUnknown,
    /// The server refused it, in its own words.
    Rejected(Text),
    /// The server reported success but kept its own value.
    NotTaken,
}

/// One counter's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterChange {
    /// The server's value when it was edited; `None` for `null`.
    pub base: Option<Count>,
    /// The staged value.
    pub mine: Count,
    /// Its state in the journal.
    pub state: ChangeState,
    /// When it was last edited.
    pub edited_at: Timestamp,
}

/// How a change compares with the server as last read. The grid's signs, the messages and the counts all use
/// it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CounterStanding {
    /// It can be sent.
    Staged,
    /// Its request is in flight.
    Sending,
    /// No response said whether it arrived.
    OutcomeUnknown,
    /// It was refused, in the server's words; it can be sent again.
    Rejected(Text),
    /// The server kept its own value; it can be sent again.
    NotTaken,
    /// The server's value changed since the edit; holds it, `None` for `null`.
    Conflict(Option<Count>),
    /// The server no longer returns the counter.
    Gone,
}

impl CounterStanding {
    /// Whether an apply holds the change back: a person decides a conflict, and what is gone has nowhere to go.
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Conflict(_) | Self::Gone)
    }
}

impl CounterChange {
    /// Compares it with the server. `read` is `None` when the plan has not been read, and holds `None` when
    /// the server did not return the counter.
    pub fn standing(&self, read: Option<Option<CounterReading>>) -> CounterStanding {
        let merged = read.map(|theirs| merge_counter(self.base, self.mine, theirs));
        match (&self.state, merged) {
            (ChangeState::Sending, _) => CounterStanding::Sending,
            (ChangeState::OutcomeUnknown, _) => CounterStanding::OutcomeUnknown,
            (_, Some(CounterMerge::Gone)) => CounterStanding::Gone,
            (_, Some(CounterMerge::Conflict(theirs))) => CounterStanding::Conflict(theirs),
            (ChangeState::Rejected(words), _) => CounterStanding::Rejected(words.clone()),
            (ChangeState::NotTaken, _) => CounterStanding::NotTaken,
            (ChangeState::Staged, _) => CounterStanding::Staged,
        }
    }
}

/// In words. The fixed words scripts depend on come first.
impl fmt::Display for CounterStanding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Staged => f.write_str("staged"),
            Self::Sending => f.write_str("sending"),
            Self::OutcomeUnknown => f.write_str("unknown: no response says whether it was carried out"),
            Self::Rejected(words) => write!(f, "refused: {words}"),
            Self::NotTaken => f.write_str("not taken: the server kept its own value"),
            Self::Conflict(Some(theirs)) => write!(f, "conflict: the server has {theirs} now"),
            Self::Conflict(None) => f.write_str("conflict: the server has nothing now"),
            Self::Gone => f.write_str("gone from the server"),
        }
    }
}

/// A row to write to the journal: what has become of a cell's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterEntry {
    /// The cell.
    pub cell: CounterRef,
    /// The names of its target.
    pub label: TargetLabel,
    /// The change; `None` removes the cell from the journal.
    pub change: Option<CounterChange>,
}

/// The staged counters of one target, with its names.
#[derive(Debug, Clone, PartialEq)]
pub struct StagedTarget {
    /// The target's names.
    pub label: TargetLabel,
    /// The changes by counter.
    pub changes: BTreeMap<Counter, CounterChange>,
}

/// All staged counters, by target.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CounterChanges(BTreeMap<TargetRef, StagedTarget>);

/// What reconciling with a read of the plan changed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CounterReconciliation {
    /// Rows to write to the journal.
    pub entries: Vec<CounterEntry>,
    /// Changes of unknown outcome that turned out to be saved.
    pub saved: usize,
    /// Staged changes whose value the server has already.
    pub already_saved: usize,
    /// Changes of unknown outcome that did not arrive and are staged again.
    pub restaged: usize,
}

/// The counters to be sent in one PATCH.
pub type TargetPatch = Vec<(Counter, Count)>;

/// The cells a person confirmed, each with the number that was confirmed; nothing else may be sent.
pub type ConfirmedCounters = BTreeMap<CounterRef, Count>;

impl CounterChanges {
    /// The staged targets in order of plan, milestone and target.
    pub fn targets(&self) -> impl Iterator<Item = (&TargetRef, &StagedTarget)> {
        self.0.iter()
    }

    /// The staged counters of one target; `None` when it has none.
    pub fn target(&self, place: &TargetRef) -> Option<&StagedTarget> {
        self.0.get(place)
    }

    /// The staged change of a cell, if any.
    pub fn change(&self, cell: &CounterRef) -> Option<&CounterChange> {
        self.0.get(&cell.target)?.changes.get(&cell.counter)
    }

    /// All cells with their changes.
    pub fn iter(&self) -> impl Iterator<Item = (CounterRef, &TargetLabel, &CounterChange)> {
        self.0.iter().flat_map(cells_of)
    }

    /// The staged targets of one plan.
    fn targets_in(&self, plan: PlanId) -> impl Iterator<Item = (&TargetRef, &StagedTarget)> {
        let first = TargetRef { plan, milestone: MilestoneId::MIN, target: TargetId::MIN };
        self.0.range(first..).take_while(move |(place, _)| place.plan == plan)
    }

    /// How many counters are staged.
    pub fn len(&self) -> usize {
        self.0.values().map(|t| t.changes.len()).sum()
    }

    /// Whether nothing is staged.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many counters of a plan are staged.
    pub fn count_in_plan(&self, plan: PlanId) -> usize {
        self.targets_in(plan).map(|(_, target)| target.changes.len()).sum()
    }

    /// The plans that have staged changes.
    pub fn plans(&self) -> BTreeSet<PlanId> {
        self.0.keys().map(|place| place.plan).collect()
    }

    /// Stages `mine` for a cell whose server value is `server`, with the base `made_from`; removes the change
    /// when the server has that number. Fails, and changes nothing, while the cell's request is in flight or
    /// of unknown outcome.
    pub fn stage_count(
        &mut self,
        cell: &CounterRef,
        label: &TargetLabel,
        (server, made_from): (Option<Count>, Option<Count>),
        mine: Count,
        now: Timestamp,
    ) -> Result<CounterEntry, Refusal> {
        self.check_unlocked(cell)?;
        let staged = (Some(mine) != server).then_some((made_from, mine));
        Ok(self.set_staged(cell, label, staged, now))
    }

    /// Stages a base and number for a cell, or removes its change for `None`. Does not check whether the cell
    /// may be edited.
    pub fn set_staged(
        &mut self,
        cell: &CounterRef,
        label: &TargetLabel,
        staged: Option<(Option<Count>, Count)>,
        now: Timestamp,
    ) -> CounterEntry {
        let change = staged.map(|(base, mine)| CounterChange {
            base,
            mine,
            state: ChangeState::Staged,
            edited_at: now,
        });
        self.put(CounterEntry { cell: cell.clone(), label: label.clone(), change })
    }

    /// Fails, with the reason, when the cell cannot be edited: its request is in flight or of unknown
    /// outcome.
    pub fn check_unlocked(&self, cell: &CounterRef) -> Result<(), Refusal> {
        match self.change(cell).map(|change| &change.state) {
            Some(ChangeState::Sending) => Err("this counter is being sent; wait for the answer".into()),
            Some(ChangeState::OutcomeUnknown) => {
                Err("not known yet whether this counter arrived; read the plan again first".into())
            }
            _ => Ok(()),
        }
    }

    /// Applies a row as it is, and returns it to be journalled.
    pub fn put(&mut self, entry: CounterEntry) -> CounterEntry {
        let CounterEntry { cell, label, change } = &entry;
        match change {
            Some(change) => {
                let staged = self
                    .0
                    .entry(cell.target)
                    .or_insert_with(|| StagedTarget { label: label.clone(), changes: BTreeMap::new() });
                staged.label = label.clone();
                staged.changes.insert(cell.counter.clone(), change.clone());
            }
            None => {
                if let Some(staged) = self.0.get_mut(&cell.target) {
                    staged.changes.remove(&cell.counter);
                    if staged.changes.is_empty() {
                        self.0.remove(&cell.target);
                    }
                }
            }
        }
        entry
    }

    /// Replaces the change of a cell, or removes it for `None`; returns `None` when the cell was not staged.
    fn amend(&mut self, cell: &CounterRef, change: Option<CounterChange>) -> Option<CounterEntry> {
        let label = self.0.get(&cell.target)?.label.clone();
        self.change(cell)?;
        Some(self.put(CounterEntry { cell: cell.clone(), label, change }))
    }

    /// Removes a cell's change, so that the server's value shows again; `None` when it was not staged.
    pub fn remove(&mut self, cell: &CounterRef) -> Option<CounterEntry> {
        self.amend(cell, None)
    }

    /// Decides a conflict for "mine": the server's value now becomes the base, so that the change can be
    /// sent.
    pub fn keep_mine(&mut self, cell: &CounterRef, theirs: Option<Count>) -> Option<CounterEntry> {
        let mine = CounterChange { base: theirs, state: ChangeState::Staged, ..self.change(cell)?.clone() };
        self.amend(cell, Some(mine))
    }

    /// Sets the state of a cell's change; `None` when it was not staged.
    pub fn set_state(&mut self, cell: &CounterRef, state: ChangeState) -> Option<CounterEntry> {
        let change = CounterChange { state, ..self.change(cell)?.clone() };
        self.amend(cell, Some(change))
    }

    /// Reconciles the staged changes of a plan with a fresh read: removes those the server already has and
    /// decides unknown outcomes. Requests in flight are left alone; changes made on both sides stay and show
    /// as conflicts.
    pub fn reconcile(&mut self, plan: &Plan) -> CounterReconciliation {
        let mut reconciliation = CounterReconciliation::default();
        let cells: Vec<_> = self.targets_in(plan.id).flat_map(cells_of).map(|(cell, ..)| cell).collect();
        for cell in cells {
            let Some(change) = self.change(&cell).cloned().filter(|c| c.state != ChangeState::Sending) else {
                continue;
            };
            let unknown = change.state == ChangeState::OutcomeUnknown;
            let entry = match merge_counter(change.base, change.mine, counter_reading(plan, &cell)) {
                CounterMerge::AlreadySaved => {
                    *(if unknown { &mut reconciliation.saved } else { &mut reconciliation.already_saved }) +=
                        1;
                    self.remove(&cell)
                }
                // A counter that was not returned says nothing about the outcome.
                CounterMerge::Gone => None,
                _ if unknown => {
                    reconciliation.restaged += 1;
                    self.set_state(&cell, ChangeState::Staged)
                }
                _ => None,
            };
            reconciliation.entries.extend(entry);
        }
        reconciliation
    }

    /// All staged counters that may be sent now, except those in `left_out`, with their numbers.
    pub fn confirmable(&self, left_out: &BTreeSet<CounterRef>) -> ConfirmedCounters {
        let wanted =
            self.iter().filter(|(cell, ..)| !left_out.contains(cell) && self.check_unlocked(cell).is_ok());
        wanted.map(|(cell, _, change)| (cell, change.mine)).collect()
    }

    /// What can be sent of a plan just read, one list of counters per target.
    pub fn sendable_patches(
        &self,
        plan: &Plan,
        confirmed: &ConfirmedCounters,
    ) -> Vec<(TargetRef, TargetPatch)> {
        let patch = |place: &TargetRef| (*place, self.sendable_patch(plan, place, confirmed));
        let patches = self.targets_in(plan.id).map(|(place, _)| patch(place));
        patches.filter(|(_, counters)| !counters.is_empty()).collect()
    }

    /// What can be sent of a target of a plan just read: what was confirmed, is still staged with that very number, and is
    /// neither in conflict nor gone.
    pub fn sendable_patch(
        &self,
        plan: &Plan,
        place: &TargetRef,
        confirmed: &ConfirmedCounters,
    ) -> TargetPatch {
        let cells = self.0.get_key_value(place).into_iter().flat_map(cells_of);
        let sendable = cells.filter(|(cell, _, change)| {
            merge_counter(change.base, change.mine, counter_reading(plan, cell)) == CounterMerge::Sendable
                && self.check_unlocked(cell).is_ok()
                && confirmed.get(cell) == Some(&change.mine)
        });
        sendable.map(|(cell, _, change)| (cell.counter, change.mine)).collect()
    }

    /// Compares the response to a PATCH with what was sent, counter by counter. A counter kept as sent is
    /// saved and leaves the journal; one with another value is not taken; one that is missing has an unknown
    /// outcome. Returns the number of saved counters and the rows to journal.
    pub fn settle_response(
        &mut self,
        place: TargetRef,
        sent: &[(Counter, Count)],
        answer: &Target,
    ) -> (usize, Vec<CounterEntry>) {
        let (mut saved, mut entries) = (0, Vec::new());
        for (counter, mine) in sent {
            let cell = CounterRef { target: place, counter: counter.clone() };
            let returned = (answer.id == place.target).then(|| answer.reading(counter)).flatten();
            entries.extend(match returned {
                Some(CounterReading::Count(count)) if count == *mine => {
                    saved += 1;
                    self.remove(&cell)
                }
                Some(CounterReading::Count(count)) => {
                    self.keep_mine(&cell, Some(count));
                    self.set_state(&cell, ChangeState::NotTaken)
                }
                _ => self.set_state(&cell, ChangeState::OutcomeUnknown),
            });
        }
        (saved, entries)
    }
}

/// The staged counters of a target.
fn cells_of<'a>(
    (place, staged): (&'a TargetRef, &'a StagedTarget),
) -> impl Iterator<Item = (CounterRef, &'a TargetLabel, &'a CounterChange)> {
    let cell = |counter: &Counter| CounterRef { target: *place, counter: counter.clone() };
    staged.changes.iter().map(move |(counter, change)| (cell(counter), &staged.label, change))
}

/// What the server returned for a cell, in the plan as read; `None` when it did not return it.
pub fn counter_reading(plan: &Plan, cell: &CounterRef) -> Option<CounterReading> {
    let (_, target) = plan.target(cell.target.milestone, cell.target.target)?;
    target.reading(&cell.counter)
}
