//! Scorecards: six endpoints.

use crate::api::error::{ApiError, Failure};
use crate::domain::shape_error::ShapeError;
use serde_json::value::RawValue;

use crate::api::page::{check_deleted, check_not_html, read_page, read_record, single_value};
use crate::api::reply::Reply;
use crate::api::request::{Method, Product, Request};
use crate::domain::id::ScorecardId;
use crate::domain::record::RecordDraft;
use crate::domain::record::scorecard::{SCORECARD, Scorecard};

/// A call of the Scorecards page.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// List scorecards.
    List,
    /// Retrieve a scorecard; the documents list this endpoint but do not describe it.
    Read(ScorecardId),
    /// Create a scorecard.
    Create(RecordDraft),
    /// Update a scorecard: only the fields to be changed.
    Update(ScorecardId, RecordDraft),
    /// Start a recalculation; 409 while one runs.
    Recalculate(ScorecardId),
    /// Delete a scorecard.
    Delete(ScorecardId),
}

const LIST: &str = "/api/public/v1/scorecards";
const ONE: &str = "/api/public/v1/scorecards/{scorecard_id}";
const RECALCULATE: &str = "/api/public/v1/scorecards/{scorecard_id}/recalculate";

/// Whether a scorecard that could not be read by its id is to be looked for in the list of all: the documents list that
/// endpoint and do not describe it (Scorecards, "Endpoints").
pub fn is_to_be_read_from_list(error: &ApiError) -> bool {
    matches!(error.failure, Failure::NotFound | Failure::OtherStatus(400..500))
}

impl Call {
    pub(super) fn request(&self) -> Request {
        let new = |method, template, path| Request::new(Product::Toolkit, method, template, path);
        let path = |id| format!("{LIST}/{id}");
        match self {
            Self::List => new(Method::Get, LIST, LIST.into()),
            Self::Read(id) => new(Method::Get, ONE, path(id)),
            Self::Create(draft) => new(Method::Post, LIST, LIST.into()).with_body("scorecard", draft),
            Self::Update(id, draft) => new(Method::Put, ONE, path(id)).with_body("scorecard", draft),
            Self::Recalculate(id) => new(Method::Put, RECALCULATE, path(id) + "/recalculate"),
            Self::Delete(id) => new(Method::Delete, ONE, path(id)),
        }
    }

    pub(super) fn read(&self, body: &[u8]) -> Result<Reply, ShapeError> {
        Ok(match self {
            Self::List => Reply::Scorecards(read_page(body, read_scorecard)?),
            Self::Create(_) => Reply::Scorecard(read_scorecard(single_value(body)?)?),
            Self::Read(id) | Self::Update(id, _) => {
                let scorecard = read_scorecard(single_value(body)?)?;
                if scorecard.id != *id {
                    return Err("the server answered with another scorecard".into());
                }
                Reply::Scorecard(scorecard)
            }
            Self::Recalculate(_) => {
                check_not_html(body)?;
                Reply::Accepted
            }
            Self::Delete(_) => {
                check_deleted(body)?;
                Reply::Deleted
            }
        })
    }
}

fn read_scorecard(json: &RawValue) -> Result<Scorecard, ShapeError> {
    Scorecard::new(read_record(&SCORECARD, json)?)
}
