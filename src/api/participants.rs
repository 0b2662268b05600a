//! Training Program Participants: three endpoints.

use crate::api::page::{check_deleted, read_created, read_page, read_record};
use crate::api::reply::Reply;
use crate::api::request::{Method, PageQuery, Product, Request};
use crate::domain::id::{ParticipantId, ScorecardId, TrainingProgramId};
use crate::domain::record::RecordDraft;
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::shape_error::ShapeError;

/// A call of the Training Program Participants page, for one program of one scorecard.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The scorecard.
    pub scorecard: ScorecardId,
    /// Its training program.
    pub program: TrainingProgramId,
    /// What to do with its participants.
    pub action: Action,
}

/// What to do with a program's participants.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Read one page of them.
    List(PageQuery),
    /// Create some; not idempotent: repeated, it creates them again.
    Create(Vec<RecordDraft>),
    /// Delete one.
    Delete(ParticipantId),
}

const LIST: &str =
    "/api/public/v1/scorecards/{scorecard_id}/training_programs/{training_program_id}/participants";
const ONE: &str =
    "/api/public/v1/scorecards/{scorecard_id}/training_programs/{training_program_id}/participants/{id}";

impl Call {
    pub(super) fn request(&self) -> Request {
        let new = |method, template, path| Request::new(Product::Toolkit, method, template, path);
        let Self { scorecard, program, action: ask } = self;
        let path = format!("/api/public/v1/scorecards/{scorecard}/training_programs/{program}/participants");
        match ask {
            Action::List(page) => Request { query: Some(page.query()), ..new(Method::Get, LIST, path) },
            Action::Create(drafts) => new(Method::Post, LIST, path).with_body("participants", drafts),
            Action::Delete(id) => new(Method::Delete, ONE, format!("{path}/{id}")),
        }
    }

    pub(super) fn read(&self, body: &[u8]) -> Result<Reply, ShapeError> {
        Ok(match self.action {
            Action::List(_) => Reply::Records(read_page(body, |json| read_record(&PARTICIPANT, json))?),
            Action::Create(ref drafts) => {
                Reply::Records(read_created(&PARTICIPANT, drafts.len()..=drafts.len(), body)?)
            }
            Action::Delete(_) => {
                check_deleted(body)?;
                Reply::Deleted
            }
        })
    }
}
