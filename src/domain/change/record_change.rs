//! A staged change of a record: what shall be created, changed or deleted, how far that has come, and how it stands to
//! the server. The counters of plans have their own in [`change`](crate::domain::change::counter_change).

use std::fmt;

use jiff::Timestamp;

use crate::domain::change::collection::{Collection, RecordId};
use crate::domain::change::counter_change::ChangeState;
use crate::domain::change::field_finding::{FieldFinding, field_findings};
use crate::domain::record::{Record, RecordDraft, Value};
use crate::domain::text::Text;

/// The number of a staged change in the journal.
pub type ChangeNumber = u64;

/// What shall become of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Intent {
    /// A new one.
    Create(RecordDraft),
    /// Other values for some fields of one that is there.
    Update {
        /// Which.
        id: RecordId,
        /// What those fields were when it was edited.
        base: RecordDraft,
        /// What they shall be.
        mine: RecordDraft,
    },
    /// None any more.
    Delete(RecordId),
    /// A new one, and then the old one deleted: the API cannot change a participant.
    Replace {
        /// The old one.
        id: RecordId,
        /// What it was when it was edited, whole.
        base: RecordDraft,
        /// The new one, whole.
        mine: RecordDraft,
    },
}

impl Intent {
    /// The record it is about, when it is there already.
    pub fn record_id(&self) -> Option<&RecordId> {
        match self {
            Self::Create(_) => None,
            Self::Update { id, .. } | Self::Delete(id) | Self::Replace { id, .. } => Some(id),
        }
    }

    /// The fields it gives, if any.
    pub fn draft(&self) -> Option<&RecordDraft> {
        match self {
            Self::Create(mine) | Self::Update { mine, .. } | Self::Replace { mine, .. } => Some(mine),
            Self::Delete(_) => None,
        }
    }

    /// The record it makes, if it makes one.
    pub fn created_draft(&self) -> Option<&RecordDraft> {
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
    NotHeld,
    /// It does, for this reason.
    Held(Text),
    /// It did, and the word was given.
    Released,
}

/// What is kept of a request whose outcome is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentRequest {
    /// Records like it on the server before it was sent.
    pub matches_before: u32,
    /// Like ones of the same request that were found to have arrived.
    pub matches_arrived: u32,
    /// When the server was first looked at without a sign of it.
    pub first_read_at: Option<Timestamp>,
    /// Whether the server answered that all went well, only without showing it: then it is never sent again unasked.
    pub answered_ok: bool,
}

impl SentRequest {
    /// Of a request that is about to be sent.
    pub fn new(before: u32) -> Self {
        Self { matches_before: before, matches_arrived: 0, first_read_at: None, answered_ok: false }
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
    pub state: ChangeState,
    /// Whether it waits for a person's word.
    pub hold: Hold,
    /// The row of the file it came from.
    pub file_row: Option<u32>,
    /// When it was last edited.
    pub edited_at: Timestamp,
    /// Another number after each edit; what is confirmed is confirmed as it was then.
    pub revision: u64,
    /// What is to be known of its request, once it was sent.
    pub sent_request: Option<SentRequest>,
    /// Why it cannot be sent like this, worked out when it is put among the staged.
    pub(super) blocked_reason: Option<String>,
}

/// How a change stands to the server as last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordStanding {
    /// It can be sent.
    Staged,
    /// It cannot be sent like this.
    Blocked(String),
    /// It waits for a person's word.
    Held(Text),
    /// It is on its way.
    Sending,
    /// No answer told whether it arrived.
    OutcomeUnknown,
    /// It was refused, in the server's words.
    Rejected(Text),
    /// The server kept its own values.
    NotTaken,
    /// The server has other values than when it was edited: these.
    Conflict(String),
    /// The record is not there any more.
    Gone,
}

impl RecordStanding {
    /// Whether a change that stands so can be sent.
    pub fn is_sendable(&self) -> bool {
        matches!(self, Self::Staged | Self::Rejected(_) | Self::NotTaken)
    }
}

impl fmt::Display for RecordStanding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Staged => f.write_str("staged"),
            Self::Blocked(words) => write!(f, "cannot be sent: {words}"),
            Self::Held(words) => write!(f, "held: {words}"),
            Self::Sending => f.write_str("sending"),
            Self::OutcomeUnknown => f.write_str("unknown: no answer told whether it arrived"),
            Self::Rejected(words) => write!(f, "refused: {words}"),
            Self::NotTaken => f.write_str("not taken: the server kept its own values"),
            Self::Conflict(words) => write!(f, "conflict: the server has {words} now"),
            Self::Gone => f.write_str("gone from the server"),
        }
    }
}

/// What a reading of the server showed of a change's record.
#[derive(Debug, Clone, Copy)]
pub enum ServerRecord<'a> {
    /// It was not read.
    NotRead,
    /// It is not there.
    Gone,
    /// It is there, so.
    Present(&'a Record),
}

/// An update held against the server: what still has to go, and what was changed on both sides.
struct FieldMerge {
    sendable: RecordDraft,
    conflicts: Vec<(&'static str, Value)>,
}

fn merge_fields(base: &RecordDraft, mine: &RecordDraft, theirs: &Record) -> FieldMerge {
    let mut merged = FieldMerge { sendable: RecordDraft::default(), conflicts: Vec::new() };
    for (name, value) in mine.entries() {
        let now = theirs.value(name);
        if now.is_equivalent(value) {
        } else if now.is_equivalent(base.value(name)) {
            merged.sendable.set(name, value.clone());
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
            state: ChangeState::Staged,
            hold: Hold::NotHeld,
            file_row: None,
            edited_at: at,
            revision: 0,
            sent_request: None,
            blocked_reason: None,
        }
    }

    /// Why it cannot be sent like this, if it cannot.
    pub(super) fn update_blocked_reason(&mut self) {
        let stops = self.field_findings().into_iter().filter(|remark| remark.blocks_sending);
        let stops: Vec<_> = stops.map(|remark| format!("{}: {}", remark.field, remark.message)).collect();
        self.blocked_reason = (!stops.is_empty()).then(|| stops.join("; "));
    }

    /// What is to be said of the fields it gives; what an update leaves alone is the server's.
    pub fn field_findings(&self) -> Vec<FieldFinding> {
        let whole = self.intent.created_draft().is_some();
        self.intent.draft().map_or_else(Vec::new, |draft| field_findings(&self.collection, draft, whole))
    }

    /// How it stands.
    pub fn standing(&self, seen: ServerRecord<'_>) -> RecordStanding {
        match (&self.state, &self.hold) {
            (ChangeState::Sending, _) => return RecordStanding::Sending,
            (ChangeState::OutcomeUnknown, _) => return RecordStanding::OutcomeUnknown,
            (_, Hold::Held(words)) => return RecordStanding::Held(words.clone()),
            _ => {}
        }
        match (seen, &self.intent) {
            (ServerRecord::Gone, Intent::Update { .. } | Intent::Replace { .. }) => {
                return RecordStanding::Gone;
            }
            (ServerRecord::Present(theirs), Intent::Update { .. } | Intent::Replace { .. }) => {
                if let Some(field) =
                    theirs.unreadable_field().filter(|_| self.collection.sends_whole_record())
                {
                    return RecordStanding::Blocked(format!(
                        "{} cannot be read and would be lost",
                        field.label()
                    ));
                }
                let conflicts = self.conflicts(theirs);
                if !conflicts.is_empty() {
                    let words = conflicts.iter().map(|(name, value)| format!("{name} {value}"));
                    return RecordStanding::Conflict(words.collect::<Vec<_>>().join(", "));
                }
            }
            _ => {}
        }
        if let ChangeState::Rejected(words) = &self.state {
            return RecordStanding::Rejected(words.clone());
        }
        if let Some(stops) = &self.blocked_reason {
            return RecordStanding::Blocked(stops.clone());
        }
        if self.state == ChangeState::NotTaken { RecordStanding::NotTaken } else { RecordStanding::Staged }
    }

    /// The fields in which the server's record moved away from what this was based on, with what it has now. A
    /// replacement sends the whole record, so that any such field counts.
    fn conflicts(&self, theirs: &Record) -> Vec<(&'static str, Value)> {
        match &self.intent {
            Intent::Update { base, mine, .. } => merge_fields(base, mine, theirs).conflicts,
            Intent::Replace { base, mine, .. } => {
                let fields = theirs.schema().fields.iter().filter(|field| field.is_sendable());
                let moved = fields.filter(|field| {
                    let now = theirs.value(field.name);
                    !now.is_equivalent(base.value(field.name)) && !now.is_equivalent(mine.value(field.name))
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
                let base = RecordDraft::new(mine.entries().iter().map(now).collect());
                Some(Intent::Update { id: id.clone(), base, mine: mine.clone() })
            }
            Intent::Replace { id, base, mine } => {
                let edited =
                    mine.entries().iter().filter(|(name, value)| !value.is_equivalent(base.value(name)));
                let edited = RecordDraft::new(edited.cloned().collect());
                let base = theirs.sendable_fields();
                Some(Intent::Replace { id: id.clone(), mine: base.clone().with_fields_of(&edited), base })
            }
            Intent::Create(_) | Intent::Delete(_) => None,
        }
    }

    /// The fields an update would send to a record that is so now; none when there is a conflict or nothing is left.
    pub fn sendable_fields(&self, theirs: &Record) -> Option<RecordDraft> {
        let Intent::Update { base, mine, .. } = &self.intent else { return None };
        let merged = merge_fields(base, mine, theirs);
        (merged.conflicts.is_empty() && !merged.sendable.is_empty()).then_some(merged.sendable)
    }

    /// What it does, a line for each field it changes.
    pub fn describe_fields(&self) -> Vec<String> {
        let shown = |value: &Value| if value.is_blank() { "–".into() } else { value.to_string() };
        match &self.intent {
            Intent::Update { base, mine, .. } | Intent::Replace { base, mine, .. } => {
                let line = |(name, value): &(&'static str, Value)| {
                    format!("{name} {} → {}", shown(base.value(name)), shown(value))
                };
                let edited =
                    mine.entries().iter().filter(|(name, value)| !value.is_equivalent(base.value(name)));
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
    pub fn natural_key(&self) -> Option<String> {
        self.intent.created_draft().map(|draft| self.collection.natural_key(|name| draft.value(name)))
    }
}
