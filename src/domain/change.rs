//! Staged changes: what was edited and not yet saved, counter by counter, and what an apply makes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;

use crate::domain::counter::Counter;
use crate::domain::id::{MilestoneId, PlanId, TargetId};
use crate::domain::plan::Plan;
use crate::domain::target::{Count, Merge, Reading, Target, TargetType, merge};
use crate::domain::text::Text;

/// Where a target stands: the three ids of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetPlace {
    /// The plan.
    pub plan: PlanId,
    /// The milestone.
    pub milestone: MilestoneId,
    /// The target.
    pub target: TargetId,
}

/// One counter of one target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// The target.
    pub place: TargetPlace,
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
pub enum State {
    /// Edited, not sent.
    Staged,
    /// On its way; journalled before the first byte left.
    Sending,
    /// Sent, and no answer told whether it arrived. Reading decides.
    Unknown,
    /// The server refused it, in its own words.
    Refused(Text),
    /// The server answered well and kept its own value.
    NotTaken,
}

/// One counter's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The server's value when it was edited; `None` for `null`.
    pub base: Option<Count>,
    /// The value it shall have.
    pub mine: Count,
    /// How far it has come.
    pub state: State,
    /// When it was last edited.
    pub at: Timestamp,
}

/// How a change stands to the server as last read: what the grid's signs, the words and the counts all say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It can be sent.
    Staged,
    /// It is on its way.
    Sending,
    /// No answer told whether it arrived.
    Unknown,
    /// It was refused, in the server's words; it can be sent again.
    Refused(Text),
    /// The server kept its own value; it can be sent again.
    NotTaken,
    /// The server has another value than when it was edited: this one.
    Conflict(Option<Count>),
    /// The server does not return the counter any more.
    Gone,
}

impl Change {
    /// How it stands, given what the server said for its counter, if its plan has been read.
    pub fn standing(&self, read: Option<Option<Reading>>) -> Standing {
        let merged = read.map(|theirs| merge(self.base, self.mine, theirs));
        match (&self.state, merged) {
            (State::Sending, _) => Standing::Sending,
            (State::Unknown, _) => Standing::Unknown,
            (_, Some(Merge::Gone)) => Standing::Gone,
            (_, Some(Merge::Conflict(theirs))) => Standing::Conflict(theirs),
            (State::Refused(words), _) => Standing::Refused(words.clone()),
            (State::NotTaken, _) => Standing::NotTaken,
            (State::Staged, _) => Standing::Staged,
        }
    }
}

/// How it stands, in words; those of the contract stand first.
impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Staged => f.write_str("staged"),
            Self::Sending => f.write_str("sending"),
            Self::Unknown => f.write_str("unknown: no answer told whether it arrived"),
            Self::Refused(words) => write!(f, "refused: {words}"),
            Self::NotTaken => f.write_str("not taken: the server kept its own value"),
            Self::Conflict(Some(theirs)) => write!(f, "conflict: the server has {theirs} now"),
            Self::Conflict(None) => f.write_str("conflict: the server has nothing now"),
            Self::Gone => f.write_str("gone from the server"),
        }
    }
}

/// A row of the journal: the change a cell has now, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The cell.
    pub cell: Cell,
    /// What its target is called.
    pub label: TargetLabel,
    /// The change; `None` takes the cell out of the journal.
    pub change: Option<Change>,
}

/// The staged counters of one target.
#[derive(Debug, Clone, PartialEq)]
pub struct StagedTarget {
    /// What the target is called.
    pub label: TargetLabel,
    /// The changes.
    pub cells: BTreeMap<Counter, Change>,
}

/// Everything that is staged.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes(BTreeMap<TargetPlace, StagedTarget>);

/// What a reading of the plan did to the staged changes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reconciled {
    /// Rows to journal.
    pub entries: Vec<Entry>,
    /// Changes of unknown outcome that turned out to be saved.
    pub saved: usize,
    /// Staged changes whose value the server has already.
    pub already: usize,
    /// Changes of unknown outcome that did not arrive and are staged again.
    pub back: usize,
}

/// The counters to be sent in one PATCH.
pub type Counters = Vec<(Counter, Count)>;

/// What a person said yes to of counters: these cells with these numbers, and nothing else.
pub type ConfirmedCounters = BTreeMap<Cell, Count>;

impl Changes {
    /// The staged targets in order of plan, milestone and target.
    pub fn targets(&self) -> impl Iterator<Item = (&TargetPlace, &StagedTarget)> {
        self.0.iter()
    }

    /// The staged counters of one target.
    pub fn target(&self, place: &TargetPlace) -> Option<&StagedTarget> {
        self.0.get(place)
    }

    /// The change of a cell.
    pub fn change(&self, cell: &Cell) -> Option<&Change> {
        self.0.get(&cell.place)?.cells.get(&cell.counter)
    }

    /// All cells with their changes.
    pub fn cells(&self) -> impl Iterator<Item = (Cell, &TargetLabel, &Change)> {
        self.0.iter().flat_map(|(place, staged)| {
            let cell = |counter: &Counter| Cell { place: *place, counter: counter.clone() };
            staged.cells.iter().map(move |(counter, change)| (cell(counter), &staged.label, change))
        })
    }

    /// How many counters are staged.
    pub fn len(&self) -> usize {
        self.0.values().map(|t| t.cells.len()).sum()
    }

    /// Whether nothing is staged.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many counters of a plan are staged.
    pub fn len_of(&self, plan: PlanId) -> usize {
        self.0.iter().filter(|(place, _)| place.plan == plan).map(|(_, t)| t.cells.len()).sum()
    }

    /// The plans that have staged changes.
    pub fn plans(&self) -> BTreeSet<PlanId> {
        self.0.keys().map(|place| place.plan).collect()
    }

    /// Stages a number for a cell whose server value is `server`, made from `made_from`, or unstages it where the server has
    /// that number now. What is on its way cannot be edited; nothing is done then.
    pub fn set(
        &mut self,
        cell: &Cell,
        label: &TargetLabel,
        (server, made_from): (Option<Count>, Option<Count>),
        mine: Count,
        now: Timestamp,
    ) -> Result<Entry, &'static str> {
        self.free(cell)?;
        let staged = (Some(mine) != server).then_some((made_from, mine));
        Ok(self.stage(cell, label, staged, now))
    }

    /// Gives a cell this base and number, or takes it out.
    pub fn stage(
        &mut self,
        cell: &Cell,
        label: &TargetLabel,
        staged: Option<(Option<Count>, Count)>,
        now: Timestamp,
    ) -> Entry {
        let change = staged.map(|(base, mine)| Change { base, mine, state: State::Staged, at: now });
        self.put(Entry { cell: cell.clone(), label: label.clone(), change })
    }

    /// Whether a cell may be edited; the reason if not.
    pub fn free(&self, cell: &Cell) -> Result<(), &'static str> {
        match self.change(cell).map(|change| &change.state) {
            Some(State::Sending) => Err("this counter is being sent; wait for the answer"),
            Some(State::Unknown) => {
                Err("not known yet whether this counter arrived; read the plan again first")
            }
            _ => Ok(()),
        }
    }

    /// Puts a row in as it is, and hands it back to be journalled.
    pub fn put(&mut self, entry: Entry) -> Entry {
        let Entry { cell, label, change } = &entry;
        match change {
            Some(change) => {
                let staged = self
                    .0
                    .entry(cell.place)
                    .or_insert_with(|| StagedTarget { label: label.clone(), cells: BTreeMap::new() });
                staged.label = label.clone();
                staged.cells.insert(cell.counter.clone(), change.clone());
            }
            None => {
                if let Some(staged) = self.0.get_mut(&cell.place) {
                    staged.cells.remove(&cell.counter);
                    if staged.cells.is_empty() {
                        self.0.remove(&cell.place);
                    }
                }
            }
        }
        entry
    }

    /// Gives a staged cell another change or none; `None` when the cell was not staged.
    fn amend(&mut self, cell: &Cell, change: Option<Change>) -> Option<Entry> {
        let label = self.0.get(&cell.place)?.label.clone();
        self.change(cell)?;
        Some(self.put(Entry { cell: cell.clone(), label, change }))
    }

    /// Takes a cell out: the server's value stands again.
    pub fn forget(&mut self, cell: &Cell) -> Option<Entry> {
        self.amend(cell, None)
    }

    /// Decides a conflict for "mine": the server's value of now becomes the base, so that it may go.
    pub fn keep_mine(&mut self, cell: &Cell, theirs: Option<Count>) -> Option<Entry> {
        let mine = Change { base: theirs, state: State::Staged, ..self.change(cell)?.clone() };
        self.amend(cell, Some(mine))
    }

    /// Marks a cell.
    pub fn mark(&mut self, cell: &Cell, state: State) -> Option<Entry> {
        let change = Change { state, ..self.change(cell)?.clone() };
        self.amend(cell, Some(change))
    }

    /// Holds the staged changes of a plan against a fresh reading: what the server has already is taken out, what
    /// was of unknown outcome is decided; what is on its way is left alone. Changes on both sides stay as they are and show as conflicts.
    pub fn reconcile(&mut self, plan: &Plan) -> Reconciled {
        let mut found = Reconciled::default();
        let cells: Vec<_> = self.cells().filter(|(c, ..)| c.place.plan == plan.id).map(|(c, ..)| c).collect();
        for cell in cells {
            let Some(change) = self.change(&cell).cloned().filter(|c| c.state != State::Sending) else {
                continue;
            };
            let unknown = change.state == State::Unknown;
            let entry = match merge(change.base, change.mine, reading(plan, &cell)) {
                Merge::Already => {
                    *(if unknown { &mut found.saved } else { &mut found.already }) += 1;
                    self.forget(&cell)
                }
                // What is not shown is not decided.
                Merge::Gone => None,
                _ if unknown => {
                    found.back += 1;
                    self.mark(&cell, State::Staged)
                }
                _ => None,
            };
            found.entries.extend(entry);
        }
        found
    }

    /// Everything that is staged and waits for nobody, but for what is left out.
    pub fn confirmed(&self, left_out: &BTreeSet<Cell>) -> ConfirmedCounters {
        let wanted = self.cells().filter(|(cell, ..)| !left_out.contains(cell) && self.free(cell).is_ok());
        wanted.map(|(cell, _, change)| (cell, change.mine)).collect()
    }

    /// What can be sent of a plan as just read, one list of counters per target: what was confirmed, is staged
    /// with that very number still, and is neither in conflict nor gone.
    pub fn to_send(&self, plan: &Plan, confirmed: &ConfirmedCounters) -> Vec<(TargetPlace, Counters)> {
        let mut out: Vec<(TargetPlace, Counters)> = Vec::new();
        for (cell, _, change) in self.cells().filter(|(c, ..)| c.place.plan == plan.id) {
            let goes = merge(change.base, change.mine, reading(plan, &cell)) == Merge::Goes;
            if !goes || self.free(&cell).is_err() || confirmed.get(&cell) != Some(&change.mine) {
                continue;
            }
            match out.last_mut() {
                Some((place, counters)) if *place == cell.place => counters.push((cell.counter, change.mine)),
                _ => out.push((cell.place, vec![(cell.counter, change.mine)])),
            }
        }
        out
    }

    /// Compares the server's answer to a PATCH with what was sent, counter by counter: kept as sent, it is saved
    /// and leaves the journal; answered with another value, it is `not taken`; not in the answer, it is unknown.
    pub fn compare(
        &mut self,
        place: TargetPlace,
        sent: &[(Counter, Count)],
        answer: &Target,
    ) -> (usize, Vec<Entry>) {
        let (mut saved, mut entries) = (0, Vec::new());
        for (counter, mine) in sent {
            let cell = Cell { place, counter: counter.clone() };
            let said = (answer.id == place.target).then(|| answer.reading(counter)).flatten();
            entries.extend(match said {
                Some(Reading::Count(count)) if count == *mine => {
                    saved += 1;
                    self.forget(&cell)
                }
                Some(Reading::Count(count)) => {
                    self.keep_mine(&cell, Some(count));
                    self.mark(&cell, State::NotTaken)
                }
                _ => self.mark(&cell, State::Unknown),
            });
        }
        (saved, entries)
    }
}

/// What a plan says for a cell.
pub fn reading(plan: &Plan, cell: &Cell) -> Option<Reading> {
    let (_, target) = plan.target(cell.place.milestone, cell.place.target)?;
    target.reading(&cell.counter)
}
