//! The remote API: one file per page of the vendor's documents, and one place that turns a wish into a signed
//! call and bytes into a reply. Everything but `client` is pure.

pub mod client;
pub mod error;
pub mod page;
pub mod participants;
pub mod plans;
pub mod request;
pub mod scorecards;
pub mod sign;
pub mod supplier_scores;
pub mod training_programs;

use jiff::Timestamp;
use serde_json::value::RawValue;

use crate::api::page::Rows;
use crate::api::request::Request;
use crate::domain::plan::Plan;
use crate::domain::record::Record;
use crate::domain::scorecard::Scorecard;
use crate::domain::target::Target;
use crate::domain::text::Text;

/// One call of one endpoint, with all it needs.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// Scorecards.
    Scorecards(scorecards::Call),
    /// Training programs of a scorecard.
    TrainingPrograms(training_programs::Call),
    /// Participants of a training program.
    Participants(participants::Call),
    /// Employment equity plans.
    Plans(plans::Call),
    /// Supplier scores.
    SupplierScores(supplier_scores::Call),
}

/// What a call that the server took brings back.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// All scorecards.
    Scorecards(Rows<Scorecard>),
    /// One scorecard.
    Scorecard(Scorecard),
    /// A recalculation was accepted; the answer's body is not documented.
    Accepted,
    /// A record was deleted.
    Deleted,
    /// All plans, without milestones.
    Plans(Rows<Plan>),
    /// One plan with its milestones.
    Plan(Box<Plan>),
    /// One target.
    Target(Target),
    /// A page of training programs, participants or scores.
    Records(Rows<Record>),
    /// The service answers and lets us in; what it says is not documented.
    Alive,
}

impl Call {
    /// What is sent.
    pub fn request(&self) -> Request {
        match self {
            Self::Scorecards(call) => call.request(),
            Self::TrainingPrograms(call) => call.request(),
            Self::Participants(call) => call.request(),
            Self::Plans(call) => call.request(),
            Self::SupplierScores(call) => call.request(),
        }
    }

    /// What the body of a 2xx answer says; an error in words that never quote the data.
    pub fn read(&self, body: &[u8]) -> Result<Reply, String> {
        match self {
            Self::Scorecards(call) => call.read(body),
            Self::TrainingPrograms(call) => call.read(body),
            Self::Participants(call) => call.read(body),
            Self::Plans(call) => call.read(body),
            Self::SupplierScores(call) => call.read(body),
        }
    }
}

/// When the key expires, by the headers of an answer (Authentication, "Keys").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyExpiry {
    /// `X-Api-Key-Expires`.
    pub at: Option<Timestamp>,
    /// `X-Api-Key-Expires-In`, from 30 days before: `12d`, `5h`.
    pub left: Option<Text>,
}

/// A reply and what came with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The reply.
    pub reply: Reply,
    /// When the key expires, if the server said so.
    pub expiry: Option<KeyExpiry>,
}

/// The one JSON value of a body, raw.
fn one(body: &[u8]) -> Result<&RawValue, String> {
    serde_json::from_slice(body).map_err(|e| page::unreadable(body, &e))
}
