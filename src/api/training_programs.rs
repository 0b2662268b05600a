//! Training Programs of a scorecard: three endpoints.

use crate::api::page::{check_deleted, read_created, read_page, read_record};
use crate::api::reply::Reply;
use crate::api::request::{Method, PageQuery, Product, Request};
use crate::domain::id::{ScorecardId, TrainingProgramId};
use crate::domain::record::RecordDraft;
use crate::domain::record::training_program::TRAINING_PROGRAM;
use crate::domain::shape_error::ShapeError;

/// A call of the Training Programs page.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// One page of a scorecard's programs.
    List(ScorecardId, PageQuery),
    /// Create programs, or update those that match on the six fields of the natural key.
    Upsert(ScorecardId, Vec<RecordDraft>),
    /// Delete a program; 204 even when it does not exist.
    Delete(ScorecardId, TrainingProgramId),
}

const LIST: &str = "/api/public/v1/scorecards/{scorecard_id}/training_programs";
const ONE: &str = "/api/public/v1/scorecards/{scorecard_id}/training_programs/{id}";

impl Call {
    pub(super) fn request(&self) -> Request {
        let new = |method, template, path| Request::new(Product::Toolkit, method, template, path);
        let path = |id| format!("/api/public/v1/scorecards/{id}/training_programs");
        match self {
            Self::List(scorecard, page) => {
                Request { query: Some(page.query()), ..new(Method::Get, LIST, path(scorecard)) }
            }
            Self::Upsert(scorecard, drafts) => {
                new(Method::Post, LIST, path(scorecard)).with_body("training_programs", drafts)
            }
            Self::Delete(scorecard, id) => new(Method::Delete, ONE, format!("{}/{id}", path(scorecard))),
        }
    }

    pub(super) fn read(&self, body: &[u8]) -> Result<Reply, ShapeError> {
        Ok(match self {
            Self::List(..) => Reply::Records(read_page(body, |json| read_record(&TRAINING_PROGRAM, json))?),
            // Two drafts of a batch may match one program, so the response may hold fewer records.
            Self::Upsert(_, drafts) => {
                Reply::Records(read_created(&TRAINING_PROGRAM, 1..=drafts.len(), body)?)
            }
            Self::Delete(..) => {
                check_deleted(body)?;
                Reply::Deleted
            }
        })
    }
}
