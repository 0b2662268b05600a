//! A staged change of a record: what shall be created, changed or deleted, how far that has come, and how it stands to
//! the server. The counters of plans have their own in [`change`](crate::domain::change).

use std::fmt;

use jiff::Timestamp;

use crate::domain::change::State;
use crate::domain::check::{Remark, remarks};
use crate::domain::collection::{Collection, RecordId};
use crate::domain::record::{Draft, Record, Value};
use crate::domain::text::Text;

/// The number of a staged change in the journal.
pub type ChangeNumber = u64;

/// What shall become of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Intent {
    /// A new one.
    Create(Draft),
    /// Other values for some fields of one that is there.
    Update {
        /// Which.
        id: RecordId,
        /// What those fields were when it was edited.
        base: Draft,
        /// What they shall be.
        mine: Draft,
    },
    /// None any more.
    Delete(RecordId),
    /// A new one, and then the old one deleted: the API cannot change a participant.
    Replace {
        /// The old one.
        id: RecordId,
        /// What it was when it was edited, whole.
        base: Draft,
        /// The new one, whole.
        mine: Draft,
    },
}

impl Intent {
    /// The record it is about, when it is there already.
    pub fn record(&self) -> Option<&RecordId> {
        match self {
            Self::Create(_) => None,
            Self::Update { id, .. } | Self::Delete(id) | Self::Replace { id, .. } => Some(id),
        }
    }

    /// The fields it gives, if any.
    pub fn draft(&self) -> Option<&Draft> {
        match self {
            Self::Create(mine) | Self::Update { mine, .. } | Self::Replace { mine, .. } => Some(mine),
            Self::Delete(_) => None,
        }
    }

    /// The record it makes, if it makes one.
    pub fn created(&self) -> Option<&Draft> {
        match self {
            Self::Create(mine) | Self::Replace { mine, .. } => Some(mine),
            Self::Update { .. } | Self::Delete(_) => None,
        }
    }

    /// Whether something is deleted by it.
    pub fn deletes(&self) -> bool {
        matches!(self, Self::Delete(_) | Self::Replace { .. })
    }
}

/// Whether a change waits for a person's word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Hold {
    /// No.
    #[default]
    No,
    /// It does, for this reason.
    Waits(Text),
    /// It did, and the word was given.
    Released,
}

/// What is kept of a request whose outcome is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Records like it on the server before it was sent.
    pub before: u32,
    /// Like ones of the same request that were found to have arrived.
    pub arrived: u32,
    /// When the server was first looked at without a sign of it.
    pub looked: Option<Timestamp>,
    /// Whether the server answered that all went well, only without showing it: then it is never sent again unasked.
    pub answered: bool,
}

impl Sent {
    /// Of a request that is about to be sent.
    pub fn new(before: u32) -> Self {
        Self { before, arrived: 0, looked: None, answered: false }
    }
}

/// A staged change of one record.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordChange {
    /// Where the record lives.
    pub collection: Collection,
    /// What the record is called.
    pub name: Text,
    /// What shall become of it.
    pub intent: Intent,
    /// How far it has come.
    pub state: State,
    /// Whether it waits for a person's word.
    pub hold: Hold,
    /// The row of the file it came from.
    pub row: Option<u32>,
    /// When it was last edited.
    pub at: Timestamp,
    /// Another number after each edit; what is confirmed is confirmed as it was then.
    pub revision: u64,
    /// What is to be known of its request, once it was sent.
    pub sent: Option<Sent>,
    /// Why it cannot be sent like this, worked out when it is put among the staged.
    pub(super) stops: Option<String>,
}

/// How a change stands to the server as last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It can be sent.
    Staged,
    /// It cannot be sent like this.
    Problem(String),
    /// It waits for a person's word.
    Held(Text),
    /// It is on its way.
    Sending,
    /// No answer told whether it arrived.
    Unknown,
    /// It was refused, in the server's words.
    Refused(Text),
    /// The server kept its own values.
    NotTaken,
    /// The server has other values than when it was edited: these.
    Conflict(String),
    /// The record is not there any more.
    Gone,
}

impl Standing {
    /// Whether a change that stands so can be sent.
    pub fn can_go(&self) -> bool {
        matches!(self, Self::Staged | Self::Refused(_) | Self::NotTaken)
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Staged => f.write_str("staged"),
            Self::Problem(words) => write!(f, "cannot be sent: {words}"),
            Self::Held(words) => write!(f, "held: {words}"),
            Self::Sending => f.write_str("sending"),
            Self::Unknown => f.write_str("unknown: no answer told whether it arrived"),
            Self::Refused(words) => write!(f, "refused: {words}"),
            Self::NotTaken => f.write_str("not taken: the server kept its own values"),
            Self::Conflict(words) => write!(f, "conflict: the server has {words} now"),
            Self::Gone => f.write_str("gone from the server"),
        }
    }
}

/// What a reading of the server showed of a change's record.
#[derive(Debug, Clone, Copy)]
pub enum Seen<'a> {
    /// It was not read.
    Unread,
    /// It is not there.
    Gone,
    /// It is there, so.
    There(&'a Record),
}

/// An update held against the server: what still has to go, and what was changed on both sides.
struct Merged {
    goes: Draft,
    conflicts: Vec<(&'static str, Value)>,
}

fn merge(base: &Draft, mine: &Draft, theirs: &Record) -> Merged {
    let mut merged = Merged { goes: Draft::default(), conflicts: Vec::new() };
    for (name, value) in mine.entries() {
        let now = theirs.value(name);
        if now.says_same(value) {
        } else if now.says_same(base.value(name)) {
            merged.goes.set(name, value.clone());
        } else {
            merged.conflicts.push((name, now.clone()));
        }
    }
    merged
}

impl RecordChange {
    /// One just staged.
    pub fn new(collection: Collection, name: Text, intent: Intent, at: Timestamp) -> Self {
        Self {
            collection,
            name,
            intent,
            state: State::Staged,
            hold: Hold::No,
            row: None,
            at,
            revision: 0,
            sent: None,
            stops: None,
        }
    }

    /// Why it cannot be sent like this, if it cannot.
    pub(super) fn work_out_stops(&mut self) {
        let stops = self.remarks().into_iter().filter(|remark| remark.stops);
        let stops: Vec<_> = stops.map(|remark| format!("{}: {}", remark.field, remark.words)).collect();
        self.stops = (!stops.is_empty()).then(|| stops.join("; "));
    }

    /// What is to be said of the fields it gives; what an update leaves alone is the server's.
    pub fn remarks(&self) -> Vec<Remark> {
        let whole = self.intent.created().is_some();
        self.intent.draft().map_or_else(Vec::new, |draft| remarks(&self.collection, draft, whole))
    }

    /// How it stands.
    pub fn standing(&self, seen: Seen<'_>) -> Standing {
        match (&self.state, &self.hold) {
            (State::Sending, _) => return Standing::Sending,
            (State::Unknown, _) => return Standing::Unknown,
            (_, Hold::Waits(words)) => return Standing::Held(words.clone()),
            _ => {}
        }
        match (seen, &self.intent) {
            (Seen::Gone, Intent::Update { .. } | Intent::Replace { .. }) => return Standing::Gone,
            (Seen::There(theirs), Intent::Update { .. } | Intent::Replace { .. }) => {
                if let Some(field) = theirs.unread().filter(|_| self.collection.sends_whole()) {
                    return Standing::Problem(format!("{} cannot be read and would be lost", field.label()));
                }
                let conflicts = self.conflicts(theirs);
                if !conflicts.is_empty() {
                    let words = conflicts.iter().map(|(name, value)| format!("{name} {value}"));
                    return Standing::Conflict(words.collect::<Vec<_>>().join(", "));
                }
            }
            _ => {}
        }
        if let State::Refused(words) = &self.state {
            return Standing::Refused(words.clone());
        }
        if let Some(stops) = &self.stops {
            return Standing::Problem(stops.clone());
        }
        if self.state == State::NotTaken { Standing::NotTaken } else { Standing::Staged }
    }

    /// The fields in which the server's record moved away from what this was based on, with what it has now. A
    /// replacement sends the whole record, so that any such field counts.
    fn conflicts(&self, theirs: &Record) -> Vec<(&'static str, Value)> {
        match &self.intent {
            Intent::Update { base, mine, .. } => merge(base, mine, theirs).conflicts,
            Intent::Replace { base, mine, .. } => {
                let fields = theirs.schema().fields.iter().filter(|field| field.is_sent());
                let moved = fields.filter(|field| {
                    let now = theirs.value(field.name);
                    !now.says_same(base.value(field.name)) && !now.says_same(mine.value(field.name))
                });
                moved.map(|field| (field.name, theirs.value(field.name).clone())).collect()
            }
            Intent::Create(_) | Intent::Delete(_) => Vec::new(),
        }
    }

    /// The same change when the server's record of now is what it is based on: what was edited stays, the rest is the
    /// server's.
    pub(super) fn rebased(&self, theirs: &Record) -> Option<Intent> {
        match &self.intent {
            Intent::Update { id, mine, .. } => {
                let now = |(name, _): &(&'static str, Value)| (*name, theirs.value(name).clone());
                let base = Draft::new(mine.entries().iter().map(now).collect());
                Some(Intent::Update { id: id.clone(), base, mine: mine.clone() })
            }
            Intent::Replace { id, base, mine } => {
                let edited = mine.entries().iter().filter(|(name, value)| !value.says_same(base.value(name)));
                let edited = Draft::new(edited.cloned().collect());
                let base = theirs.sendable();
                Some(Intent::Replace { id: id.clone(), mine: base.clone().with(&edited), base })
            }
            Intent::Create(_) | Intent::Delete(_) => None,
        }
    }

    /// The fields an update would send to a record that is so now; none when there is a conflict or nothing is left.
    pub fn to_send(&self, theirs: &Record) -> Option<Draft> {
        let Intent::Update { base, mine, .. } = &self.intent else { return None };
        let merged = merge(base, mine, theirs);
        (merged.conflicts.is_empty() && !merged.goes.is_empty()).then_some(merged.goes)
    }

    /// What it does, a line for each field it changes.
    pub fn lines(&self) -> Vec<String> {
        let shown = |value: &Value| if value.is_blank() { "–".into() } else { value.to_string() };
        match &self.intent {
            Intent::Update { base, mine, .. } | Intent::Replace { base, mine, .. } => {
                let line = |(name, value): &(&'static str, Value)| {
                    format!("{name} {} → {}", shown(base.value(name)), shown(value))
                };
                let edited = mine.entries().iter().filter(|(name, value)| !value.says_same(base.value(name)));
                edited.map(line).collect()
            }
            Intent::Create(mine) => {
                let name = self.collection.name_field();
                let given =
                    mine.entries().iter().filter(|(field, value)| *field != name && !value.is_blank());
                vec![given.map(|(field, value)| format!("{field} {value}")).collect::<Vec<_>>().join(", ")]
            }
            Intent::Delete(_) => Vec::new(),
        }
    }

    /// What is done to the record, in a word or two.
    pub fn verb(&self) -> &'static str {
        match self.intent {
            Intent::Create(_) => "new",
            Intent::Update { .. } => "change",
            Intent::Delete(_) => "delete",
            Intent::Replace { .. } => "delete and create anew",
        }
    }

    /// What its record is known by again, if it makes one.
    pub fn likeness(&self) -> Option<String> {
        self.intent.created().map(|draft| self.collection.likeness(|name| draft.value(name)))
    }
}
