//! A staged change of a record: what it creates, changes or deletes, its state, and its standing with the
//! server. The counters of plans have their own in [`counter_change`](crate::domain::change::counter_change).

use std::fmt;

use jiff::Timestamp;

use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::ChangeState;
use crate::domain::change::field_finding::{FieldFinding, field_findings};
use crate::domain::id::RecordId;
use crate::domain::record::{Record, RecordDraft, Value};
use crate::domain::text::Text;

/// Between the reasons of one hold.
pub const REASON_DIVIDER: &str = "; ";

/// The number of a staged change in the journal.
pub type ChangeNumber = u64;

/// What a change does to a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Intent {
    /// Creates a record.
    Create(RecordDraft),
    /// Changes some fields of an existing record.
    Update {
        /// The record.
        id: RecordId,
        /// The server's values of those fields when it was edited.
        base: RecordDraft,
        /// Their staged values.
        mine: RecordDraft,
    },
    /// Deletes the record.
    Delete(RecordId),
    /// Creates a new record, then deletes the old one: the API cannot change a participant.
    Replace {
        /// The old record.
        id: RecordId,
        /// The whole old record when it was edited.
        base: RecordDraft,
        /// The whole new record.
        mine: RecordDraft,
    },
}

impl Intent {
    /// The existing record it is about; `None` for a creation.
    pub fn record_id(&self) -> Option<&RecordId> {
        match self {
            Self::Create(_) => None,
            Self::Update { id, .. } | Self::Delete(id) | Self::Replace { id, .. } => Some(id),
        }
    }

    /// The fields it sends; `None` for a deletion.
    pub fn draft(&self) -> Option<&RecordDraft> {
        match self {
            Self::Create(mine) | Self::Update { mine, .. } | Self::Replace { mine, .. } => Some(mine),
            Self::Delete(_) => None,
        }
    }

    /// The record it creates; `None` for updates and deletions.
    pub fn created_draft(&self) -> Option<&RecordDraft> {
        match self {
            Self::Create(mine) | Self::Replace { mine, .. } => Some(mine),
            Self::Update { .. } | Self::Delete(_) => None,
        }
    }

    /// Whether it deletes a record.
    pub fn deletes(&self) -> bool {
        matches!(self, Self::Delete(_) | Self::Replace { .. })
    }
}

/// Whether a change waits for a person's decision.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Hold {
    /// It does not.
    #[default]
    NotHeld,
    /// It does, for this reason.
    Held(Text),
    /// It did, and a person released it.
    Released,
}

/// The reads that have looked for a record whose creation has an unknown outcome, and have not found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReconcileReads {
    /// None yet; two are needed, since the first may come before the server has done it.
    None,
    /// One, at this time.
    First(Timestamp),
    /// None yet, and one is enough: the server has answered, so nothing is under way any more.
    OneIsEnough,
}

/// What is kept of a create request to decide an unknown outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentRequest {
    /// Records with its natural key on the server before it was sent.
    pub matches_before: u32,
    /// Records with its natural key, sent at the same time, that were found to have arrived.
    pub matches_arrived: u32,
    /// The reads that have looked for it.
    pub reads: ReconcileReads,
    /// Whether the server reported success without showing the record: then it is never sent again
    /// automatically.
    pub answered_ok: bool,
}

impl SentRequest {
    /// For a request about to be sent, with `before` records of its natural key on the server.
    pub fn new(before: u32) -> Self {
        Self { matches_before: before, matches_arrived: 0, reads: ReconcileReads::None, answered_ok: false }
    }
}

/// A staged change of one record.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordChange {
    /// The collection of the record.
    pub collection: Collection,
    /// The record's name.
    pub name: Text,
    /// What it does to the record.
    pub intent: Intent,
    /// Its state in the journal.
    pub state: ChangeState,
    /// Whether it waits for a person's decision.
    pub hold: Hold,
    /// The row of the imported file it came from; `None` when it was not imported.
    pub file_row: Option<u32>,
    /// When it was last edited.
    pub edited_at: Timestamp,
    /// Changes with each edit: a confirmation counts only for the revision it was given for.
    pub revision: u64,
    /// What is kept of its request; `None` before it is sent.
    pub sent_request: Option<SentRequest>,
    /// Why it cannot be sent as it is; updated by
    /// [`RecordChanges::put`](super::record_changes::RecordChanges::put).
    pub(super) blocked_reason: Option<String>,
}

/// How a change compares with the server as last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordStanding {
    /// It can be sent.
    Staged,
    /// It cannot be sent as it is, for this reason.
    Blocked(String),
    /// It waits for a person's decision, for this reason.
    Held(Text),
    /// It is sent once its training program is on the server; how that stands.
    Waiting(String),
    /// Its request is in flight.
    Sending,
    /// No response said whether it arrived.
    OutcomeUnknown,
    /// It was refused, in the server's words.
    Rejected(Text),
    /// The server reported success but kept its own values; it can be sent again.
    NotTaken,
    /// The server's values changed since the edit; names the fields with their values now.
    Conflict(String),
    /// The record is no longer on the server.
    Gone,
}

impl RecordStanding {
    /// Whether a change with this standing can be sent.
    pub fn is_sendable(&self) -> bool {
        matches!(self, Self::Staged | Self::Rejected(_) | Self::NotTaken)
    }

    /// Whether a change with this standing is sent by an apply, at once or after its training program.
    pub fn is_sent_by_apply(&self) -> bool {
        self.is_sendable() || matches!(self, Self::Waiting(_))
    }
}

impl fmt::Display for RecordStanding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Staged => f.write_str("staged"),
            Self::Blocked(words) => write!(f, "cannot be sent: {words}"),
            Self::Held(words) => write!(f, "held: {words}"),
            Self::Waiting(words) => write!(f, "waits for its training program: {words}"),
            Self::Sending => f.write_str("sending"),
            Self::OutcomeUnknown => f.write_str("unknown: no response says whether it was carried out"),
            Self::Rejected(words) => write!(f, "refused: {words}"),
            Self::NotTaken => f.write_str("not taken: the server kept its own values"),
            Self::Conflict(words) => write!(f, "conflict: the server has {words} now"),
            Self::Gone => f.write_str("gone from the server"),
        }
    }
}

/// What the last read showed of a change's record.
#[derive(Debug, Clone, Copy)]
pub enum ServerRecord<'a> {
    /// It was not read.
    NotRead,
    /// It is not there.
    Gone,
    /// It is there, with these values.
    Present(&'a Record),
}

/// An update merged with the server's record: the fields still to be sent, and those changed on both sides
/// with the server's values.
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
    /// A change just staged, not held, with revision 0.
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

    /// Works out again why it cannot be sent as it is.
    pub(super) fn update_blocked_reason(&mut self) {
        let blocking = self.field_findings().into_iter().filter(|remark| remark.blocks_sending);
        let blocking: Vec<_> =
            blocking.map(|remark| format!("{}: {}", remark.field, remark.message)).collect();
        self.blocked_reason = (!blocking.is_empty()).then(|| blocking.join("; "));
    }

    /// Findings about the fields it sends; fields an update leaves alone are not checked.
    pub fn field_findings(&self) -> Vec<FieldFinding> {
        let whole = self.intent.created_draft().is_some();
        self.intent.draft().map_or_else(Vec::new, |draft| field_findings(&self.collection, draft, whole))
    }

    /// Compares it with the server as read. Requests in flight and unknown outcomes come first, then holds,
    /// conflicts, rejections and findings that block sending.
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
        if let Some(reason) = &self.blocked_reason {
            return RecordStanding::Blocked(reason.clone());
        }
        if self.state == ChangeState::NotTaken { RecordStanding::NotTaken } else { RecordStanding::Staged }
    }

    /// The fields whose server value is neither the base nor mine, with that value. A replacement sends the
    /// whole record, so all its fields are compared.
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

    /// The same intent based on the server's record now: edited fields stay, the rest are the server's.
    /// `None` for creations and deletions.
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

    /// The fields an update would send, given the server's record now; `None` when there is a conflict or
    /// nothing is left to send, and for anything but an update.
    pub fn sendable_fields(&self, theirs: &Record) -> Option<RecordDraft> {
        let Intent::Update { base, mine, .. } = &self.intent else { return None };
        let merged = merge_fields(base, mine, theirs);
        (merged.conflicts.is_empty() && !merged.sendable.is_empty()).then_some(merged.sendable)
    }

    /// What it does, in words: a line for each changed field, or one line with all fields of a new record.
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

    /// The natural key of the record it creates; `None` when it creates none.
    pub fn natural_key(&self) -> Option<String> {
        self.intent.created_draft().map(|draft| self.collection.natural_key(|name| draft.value(name)))
    }
}
