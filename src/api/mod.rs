//! The remote API: one file per page of the vendor's documents. A call becomes a signed request, and the body
//! of its response becomes a reply. Everything but `client` is pure.

pub mod client;
pub mod collection;
pub mod error;
pub mod page;
pub mod page_sequence;
pub mod participants;
pub mod plans;
pub mod raw;
pub mod reply;
pub mod request;
pub mod scorecards;
pub mod sign;
pub mod supplier_scores;
pub mod training_programs;

use crate::api::reply::Reply;
use crate::api::request::Request;
use crate::domain::shape_error::ShapeError;

/// One call of one endpoint, with all its arguments.
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
    /// One record of a list as the server sends it.
    RawRecord {
        /// The call that reads the list, or the page of it.
        list: Box<Call>,
        /// Which of its records.
        position: raw::RecordPosition,
    },
}

impl Call {
    /// The request to send, not signed yet.
    pub fn request(&self) -> Request {
        match self {
            Self::Scorecards(call) => call.request(),
            Self::TrainingPrograms(call) => call.request(),
            Self::Participants(call) => call.request(),
            Self::Plans(call) => call.request(),
            Self::SupplierScores(call) => call.request(),
            Self::RawRecord { list, .. } => list.request(),
        }
    }

    /// Parses the body of a 2xx. Fails when the body is not what the documents have for this call; the error
    /// says why without quoting the data. For a write that means an unknown outcome.
    pub fn read(&self, body: &[u8]) -> Result<Reply, ShapeError> {
        let is_undocumented = matches!(self, Self::Scorecards(scorecards::Call::Recalculate(_)));
        if !is_undocumented {
            page::check_body(body)?;
        }
        match self {
            Self::Scorecards(call) => call.read(body),
            Self::TrainingPrograms(call) => call.read(body),
            Self::Participants(call) => call.read(body),
            Self::Plans(call) => call.read(body),
            Self::SupplierScores(call) => call.read(body),
            Self::RawRecord { position, .. } => position.read(body),
        }
    }
}
