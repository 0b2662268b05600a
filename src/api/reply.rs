//! What the response to a call holds, once it is read.

use jiff::Timestamp;

use crate::api::page::Page;
use crate::domain::plan::Plan;
use crate::domain::plan::target::Target;
use crate::domain::record::Record;
use crate::domain::record::scorecard::Scorecard;
use crate::domain::text::Text;

/// What the response to a successful call holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// All scorecards.
    Scorecards(Page<Scorecard>),
    /// One scorecard.
    Scorecard(Scorecard),
    /// A recalculation was accepted; the body is not documented.
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
    /// The service responds and accepts the key; the body is not documented.
    Alive,
    /// One record's JSON, a field per line, otherwise character for character.
    Raw(Vec<Text>),
}

/// When the key expires, from the headers of a response (Authentication, "Keys"); at least one of the two is
/// known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyExpiry {
    /// `X-Api-Key-Expires`.
    pub expires_at: Option<Timestamp>,
    /// `X-Api-Key-Expires-In`, which the server sends from 30 days before: `12d`, `5h`.
    pub expires_in: Option<Text>,
}

/// A reply with the rest of its response.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// What the body holds.
    pub reply: Reply,
    /// When the key expires; `None` if the response has no expiry header.
    pub key_expiry: Option<KeyExpiry>,
    /// The HTTP status code.
    pub status: u16,
    /// The size of the body in bytes, decompressed.
    pub body_bytes: usize,
}
