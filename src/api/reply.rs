//! What comes back of a call.

use jiff::Timestamp;

use crate::api::page::Page;
use crate::domain::plan::Plan;
use crate::domain::plan::target::Target;
use crate::domain::record::Record;
use crate::domain::record::scorecard::Scorecard;
use crate::domain::text::Text;

/// What a call that the server took brings back.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// All scorecards.
    Scorecards(Page<Scorecard>),
    /// One scorecard.
    Scorecard(Scorecard),
    /// A recalculation was accepted; the answer's body is not documented.
    Accepted,
    /// A record was deleted.
    Deleted,
    /// All plans, without milestones.
    Plans(Page<Plan>),
    /// One plan with its milestones.
    Plan(Box<Plan>),
    /// One target.
    Target(Target),
    /// A page of training programs, participants or scores.
    Records(Page<Record>),
    /// The service answers and lets us in; what it says is not documented.
    Alive,
    /// One record's JSON, a field a line, otherwise character for character.
    Raw(Vec<Text>),
}

/// When the key expires, by the headers of an answer (Authentication, "Keys").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyExpiry {
    /// `X-Api-Key-Expires`.
    pub expires_at: Option<Timestamp>,
    /// `X-Api-Key-Expires-In`, from 30 days before: `12d`, `5h`.
    pub expires_in: Option<Text>,
}

/// A reply and what came with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The reply.
    pub reply: Reply,
    /// When the key expires, if the server said so.
    pub key_expiry: Option<KeyExpiry>,
    /// The status.
    pub status: u16,
    /// Bytes of the body, decompressed.
    pub body_bytes: usize,
}
