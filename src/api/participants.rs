//! Training Program Participants: three endpoints.

use crate::api::page::{deleted, read_created, read_record, read_rows};
use crate::api::reply::Reply;
use crate::api::request::{Method, PageWanted, Product, Request};
use crate::domain::id::{ParticipantId, ScorecardId, TrainingProgramId};
use crate::domain::participant::PARTICIPANT;
use crate::domain::record::Draft;

/// A call of the Training Program Participants page, for one program of one scorecard.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The scorecard.
    pub scorecard: ScorecardId,
    /// Its training program.
    pub program: TrainingProgramId,
    /// What is asked of its participants.
    pub ask: Ask,
}

/// What is asked of a program's participants.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// One page of them.
    List(PageWanted),
    /// Create some; not idempotent.
    Create(Vec<Draft>),
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
        let Self { scorecard, program, ask } = self;
        let path = format!("/api/public/v1/scorecards/{scorecard}/training_programs/{program}/participants");
        match ask {
            Ask::List(page) => Request { query: Some(page.query()), ..new(Method::Get, LIST, path) },
            Ask::Create(drafts) => new(Method::Post, LIST, path).with_body("participants", drafts),
            Ask::Delete(id) => new(Method::Delete, ONE, format!("{path}/{id}")),
        }
    }

    pub(super) fn read(&self, body: &[u8]) -> Result<Reply, String> {
        Ok(match self.ask {
            Ask::List(_) => Reply::Records(read_rows(body, |json| read_record(&PARTICIPANT, json))?),
            Ask::Create(ref drafts) => {
                Reply::Records(read_created(&PARTICIPANT, drafts.len()..=drafts.len(), body)?)
            }
            Ask::Delete(_) => {
                deleted(body)?;
                Reply::Deleted
            }
        })
    }
}
