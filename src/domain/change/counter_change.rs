//! Staged changes: what was edited and not yet saved, counter by counter, and what an apply makes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;

use crate::domain::id::{MilestoneId, PlanId, TargetId};
use crate::domain::plan::Plan;
use crate::domain::plan::counter::Counter;
use crate::domain::plan::target::{Count, CounterMerge, CounterReading, Target, TargetType, merge_counter};
use crate::domain::text::Text;

/// Where a target stands: the three ids of its path.
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

/// What a target is called, so that a change can be shown before its plan has been read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetLabel {
    /// The plan's name.
    pub plan: Text,
    /// The year of the plan, from 1.
    pub year: u32,
    /// Which people the target counts.
    pub target_type: TargetType,
}

/// How far a change has come. A conflict is not a state: it shows whenever base and server differ
/// ([`Standing`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeState {
    /// Edited, not sent.
    Staged,
    /// On its way; journalled before the first byte left.
    Sending,
    /// Sent, and no answer told whether it arrived. Reading decides.
    OutcomeUnknown,
    /// The server refused it, in its own words.
    Rejected(Text),
    /// The server answered well and kept its own value.
    NotTaken,
}

/// One counter's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterChange {
    /// The server's value when it was edited; `None` for `null`.
    pub base: Option<Count>,
    /// The value it shall have.
    pub mine: Count,
    /// How far it has come.
    pub state: ChangeState,
    /// When it was last edited.
    pub edited_at: Timestamp,
}

/// How a change stands to the server as last read: what the grid's signs, the words and the counts all say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CounterStanding {
    /// It can be sent.
    Staged,
    /// It is on its way.
    Sending,
    /// No answer told whether it arrived.
    OutcomeUnknown,
    /// It was refused, in the server's words; it can be sent again.
    Rejected(Text),
    /// The server kept its own value; it can be sent again.
    NotTaken,
    /// The server has another value than when it was edited: this one.
    Conflict(Option<Count>),
    /// The server does not return the counter any more.
    Gone,
}

impl CounterChange {
    /// How it stands, given what the server said for its counter, if its plan has been read.
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

/// How it stands, in words; those of the contract stand first.
impl fmt::Display for CounterStanding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Staged => f.write_str("staged"),
            Self::Sending => f.write_str("sending"),
            Self::OutcomeUnknown => f.write_str("unknown: no answer told whether it arrived"),
            Self::Rejected(words) => write!(f, "refused: {words}"),
            Self::NotTaken => f.write_str("not taken: the server kept its own value"),
            Self::Conflict(Some(theirs)) => write!(f, "conflict: the server has {theirs} now"),
            Self::Conflict(None) => f.write_str("conflict: the server has nothing now"),
            Self::Gone => f.write_str("gone from the server"),
        }
    }
}

/// A row of the journal: the change a cell has now, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterEntry {
    /// The cell.
    pub cell: CounterRef,
    /// What its target is called.
    pub label: TargetLabel,
    /// The change; `None` takes the cell out of the journal.
    pub change: Option<CounterChange>,
}

/// The staged counters of one target.
#[derive(Debug, Clone, PartialEq)]
pub struct StagedTarget {
    /// What the target is called.
    pub label: TargetLabel,
    /// The changes.
    pub changes: BTreeMap<Counter, CounterChange>,
}

/// Everything that is staged.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CounterChanges(BTreeMap<TargetRef, StagedTarget>);

/// What a reading of the plan did to the staged changes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CounterReconciliation {
    /// Rows to journal.
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

/// What a person said yes to of counters: these cells with these numbers, and nothing else.
pub type ConfirmedCounters = BTreeMap<CounterRef, Count>;

impl CounterChanges {
    /// The staged targets in order of plan, milestone and target.
    pub fn targets(&self) -> impl Iterator<Item = (&TargetRef, &StagedTarget)> {
        self.0.iter()
    }

    /// The staged counters of one target.
    pub fn target(&self, place: &TargetRef) -> Option<&StagedTarget> {
        self.0.get(place)
    }

    /// The change of a cell.
    pub fn change(&self, cell: &CounterRef) -> Option<&CounterChange> {
        self.0.get(&cell.target)?.changes.get(&cell.counter)
    }

    /// All cells with their changes.
    pub fn iter(&self) -> impl Iterator<Item = (CounterRef, &TargetLabel, &CounterChange)> {
        self.0.iter().flat_map(|(place, staged)| {
            let cell = |counter: &Counter| CounterRef { target: *place, counter: counter.clone() };
            staged.changes.iter().map(move |(counter, change)| (cell(counter), &staged.label, change))
        })
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
        self.0.iter().filter(|(place, _)| place.plan == plan).map(|(_, t)| t.changes.len()).sum()
    }

    /// The plans that have staged changes.
    pub fn plans(&self) -> BTreeSet<PlanId> {
        self.0.keys().map(|place| place.plan).collect()
    }

    /// Stages a number for a cell whose server value is `server`, made from `made_from`, or unstages it where the server has
    /// that number now. What is on its way cannot be edited; nothing is done then.
    pub fn stage_count(
        &mut self,
        cell: &CounterRef,
        label: &TargetLabel,
        (server, made_from): (Option<Count>, Option<Count>),
        mine: Count,
        now: Timestamp,
    ) -> Result<CounterEntry, &'static str> {
        self.check_unlocked(cell)?;
        let staged = (Some(mine) != server).then_some((made_from, mine));
        Ok(self.set_staged(cell, label, staged, now))
    }

    /// Gives a cell this base and number, or takes it out.
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

    /// Whether a cell may be edited; the reason if not.
    pub fn check_unlocked(&self, cell: &CounterRef) -> Result<(), &'static str> {
        match self.change(cell).map(|change| &change.state) {
            Some(ChangeState::Sending) => Err("this counter is being sent; wait for the answer"),
            Some(ChangeState::OutcomeUnknown) => {
                Err("not known yet whether this counter arrived; read the plan again first")
            }
            _ => Ok(()),
        }
    }

    /// Puts a row in as it is, and hands it back to be journalled.
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

    /// Gives a staged cell another change or none; `None` when the cell was not staged.
    fn amend(&mut self, cell: &CounterRef, change: Option<CounterChange>) -> Option<CounterEntry> {
        let label = self.0.get(&cell.target)?.label.clone();
        self.change(cell)?;
        Some(self.put(CounterEntry { cell: cell.clone(), label, change }))
    }

    /// Takes a cell out: the server's value stands again.
    pub fn remove(&mut self, cell: &CounterRef) -> Option<CounterEntry> {
        self.amend(cell, None)
    }

    /// Decides a conflict for "mine": the server's value of now becomes the base, so that it may go.
    pub fn keep_mine(&mut self, cell: &CounterRef, theirs: Option<Count>) -> Option<CounterEntry> {
        let mine = CounterChange { base: theirs, state: ChangeState::Staged, ..self.change(cell)?.clone() };
        self.amend(cell, Some(mine))
    }

    /// Marks a cell.
    pub fn set_state(&mut self, cell: &CounterRef, state: ChangeState) -> Option<CounterEntry> {
        let change = CounterChange { state, ..self.change(cell)?.clone() };
        self.amend(cell, Some(change))
    }

    /// Holds the staged changes of a plan against a fresh reading: what the server has already is taken out, what
    /// was of unknown outcome is decided; what is on its way is left alone. Changes on both sides stay as they are and show as conflicts.
    pub fn reconcile(&mut self, plan: &Plan) -> CounterReconciliation {
        let mut found = CounterReconciliation::default();
        let cells: Vec<_> = self.iter().filter(|(c, ..)| c.target.plan == plan.id).map(|(c, ..)| c).collect();
        for cell in cells {
            let Some(change) = self.change(&cell).cloned().filter(|c| c.state != ChangeState::Sending) else {
                continue;
            };
            let unknown = change.state == ChangeState::OutcomeUnknown;
            let entry = match merge_counter(change.base, change.mine, counter_reading(plan, &cell)) {
                CounterMerge::AlreadySaved => {
                    *(if unknown { &mut found.saved } else { &mut found.already_saved }) += 1;
                    self.remove(&cell)
                }
                // What is not shown is not decided.
                CounterMerge::Gone => None,
                _ if unknown => {
                    found.restaged += 1;
                    self.set_state(&cell, ChangeState::Staged)
                }
                _ => None,
            };
            found.entries.extend(entry);
        }
        found
    }

    /// Everything that is staged and waits for nobody, but for what is left out.
    pub fn confirmable(&self, left_out: &BTreeSet<CounterRef>) -> ConfirmedCounters {
        let wanted =
            self.iter().filter(|(cell, ..)| !left_out.contains(cell) && self.check_unlocked(cell).is_ok());
        wanted.map(|(cell, _, change)| (cell, change.mine)).collect()
    }

    /// What can be sent of a plan as just read, one list of counters per target: what was confirmed, is staged
    /// with that very number still, and is neither in conflict nor gone.
    pub fn sendable_patches(
        &self,
        plan: &Plan,
        confirmed: &ConfirmedCounters,
    ) -> Vec<(TargetRef, TargetPatch)> {
        let mut out: Vec<(TargetRef, TargetPatch)> = Vec::new();
        for (cell, _, change) in self.iter().filter(|(c, ..)| c.target.plan == plan.id) {
            let goes = merge_counter(change.base, change.mine, counter_reading(plan, &cell))
                == CounterMerge::Sendable;
            if !goes || self.check_unlocked(&cell).is_err() || confirmed.get(&cell) != Some(&change.mine) {
                continue;
            }
            match out.last_mut() {
                Some((place, counters)) if *place == cell.target => {
                    counters.push((cell.counter, change.mine));
                }
                _ => out.push((cell.target, vec![(cell.counter, change.mine)])),
            }
        }
        out
    }

    /// Compares the server's answer to a PATCH with what was sent, counter by counter: kept as sent, it is saved
    /// and leaves the journal; answered with another value, it is `not taken`; not in the answer, it is unknown.
    pub fn settle_response(
        &mut self,
        place: TargetRef,
        sent: &[(Counter, Count)],
        answer: &Target,
    ) -> (usize, Vec<CounterEntry>) {
        let (mut saved, mut entries) = (0, Vec::new());
        for (counter, mine) in sent {
            let cell = CounterRef { target: place, counter: counter.clone() };
            let said = (answer.id == place.target).then(|| answer.reading(counter)).flatten();
            entries.extend(match said {
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

/// What a plan says for a cell.
pub fn counter_reading(plan: &Plan, cell: &CounterRef) -> Option<CounterReading> {
    let (_, target) = plan.target(cell.target.milestone, cell.target.target)?;
    target.reading(&cell.counter)
}
