//! Builds the calls of a collection, whichever page of the documents they are from, and tells what a call
//! lists, creates or changes.

use crate::api::participants::{self, Action};
use crate::api::reply::Reply;
use crate::api::request::PageQuery;
use crate::api::{Call, plans, scorecards, training_programs};
use crate::domain::change::collection::Collection;
use crate::domain::id::PlanId;
use crate::domain::id::RecordId;
use crate::domain::id::{ScorecardId, TrainingProgramId};
use crate::domain::record::{Record, RecordDraft, Requirement, Value};

/// Lists a collection: the given page of it (from 1), or all of it where the API has no pages. `None` for the
/// participants of a program that is not on the server yet.
pub fn list_call(collection: &Collection, page: u32) -> Option<Call> {
    let wanted = PageQuery { page, per_page: PageQuery::MAX_PER_PAGE };
    Some(match collection {
        Collection::Scorecards => Call::Scorecards(scorecards::Call::List),
        Collection::Plans => Call::Plans(plans::Call::List),
        Collection::TrainingPrograms(scorecard) => {
            Call::TrainingPrograms(training_programs::Call::List(scorecard.clone(), wanted))
        }
        Collection::Participants(scorecard, program) => {
            participants_call(scorecard, *program, Action::List(wanted))
        }
        Collection::NewProgramParticipants(..) => return None,
    })
}

fn participants_call(scorecard: &ScorecardId, program: TrainingProgramId, ask: Action) -> Call {
    Call::Participants(participants::Call { scorecard: scorecard.clone(), program, action: ask })
}

/// Creates records. Scorecards and plans take only the first draft, training programs and participants all of
/// them. `None` for the participants of a program that is not on the server yet.
pub fn create_call(collection: &Collection, drafts: Vec<RecordDraft>) -> Option<Call> {
    let first = || drafts.first().cloned().unwrap_or_default();
    Some(match collection {
        Collection::Scorecards => Call::Scorecards(scorecards::Call::Create(first())),
        Collection::Plans => Call::Plans(plans::Call::Create(first())),
        Collection::TrainingPrograms(scorecard) => {
            Call::TrainingPrograms(training_programs::Call::Upsert(scorecard.clone(), drafts))
        }
        Collection::Participants(scorecard, program) => {
            participants_call(scorecard, *program, Action::Create(drafts))
        }
        Collection::NewProgramParticipants(..) => return None,
    })
}

/// Changes fields of a record. A training program is sent whole, since the server finds it by its fields, and
/// what happens to those left out is not documented. `None` for participants, which cannot be changed, and
/// for an id that the collection cannot have.
pub fn update_call(
    collection: &Collection,
    id: &RecordId,
    theirs: &Record,
    changes: RecordDraft,
) -> Option<Call> {
    Some(match collection {
        Collection::Scorecards => Call::Scorecards(scorecards::Call::Update(id.to_scorecard(), changes)),
        Collection::Plans => Call::Plans(plans::Call::Update(id.as_str().parse().ok()?, changes)),
        Collection::TrainingPrograms(_) => {
            create_call(collection, vec![sendable_draft(theirs).with_fields_of(&changes)])?
        }
        Collection::Participants(..) | Collection::NewProgramParticipants(..) => return None,
    })
}

/// All fields of a record that can be sent back. A null is sent only where the documents allow one.
fn sendable_draft(theirs: &Record) -> RecordDraft {
    let nullable =
        |name| theirs.schema().field(name).is_some_and(|field| field.requirement == Requirement::Nullable);
    let fields = theirs.sendable_fields();
    let kept = fields.entries().iter().filter(|(name, value)| *value != Value::Null || nullable(name));
    RecordDraft::new(kept.cloned().collect())
}

/// Deletes a record; `None` for an id that the collection cannot have.
pub fn delete_call(collection: &Collection, id: &RecordId) -> Option<Call> {
    let number = id.as_str();
    Some(match collection {
        Collection::Scorecards => Call::Scorecards(scorecards::Call::Delete(id.to_scorecard())),
        Collection::Plans => Call::Plans(plans::Call::Delete(number.parse().ok()?)),
        Collection::TrainingPrograms(scorecard) => {
            let id = number.parse().ok()?;
            Call::TrainingPrograms(training_programs::Call::Delete(scorecard.clone(), id))
        }
        Collection::Participants(scorecard, program) => {
            participants_call(scorecard, *program, Action::Delete(number.parse().ok()?))
        }
        Collection::NewProgramParticipants(..) => return None,
    })
}

impl Call {
    /// The plan that this call reads; `None` for any other call.
    pub fn read_plan(&self) -> Option<PlanId> {
        match self {
            Self::Plans(plans::Call::Read(plan)) => Some(*plan),
            _ => None,
        }
    }

    /// The scorecard that this call edits, directly or through its training programs and participants; `None`
    /// if it edits none. A recalculation is no edit.
    pub fn edited_scorecard(&self) -> Option<&ScorecardId> {
        match self {
            Self::Scorecards(scorecards::Call::Update(id, _) | scorecards::Call::Delete(id))
            | Self::TrainingPrograms(
                training_programs::Call::Upsert(id, _) | training_programs::Call::Delete(id, _),
            ) => Some(id),
            Self::Participants(participants::Call {
                scorecard,
                action: Action::Create(_) | Action::Delete(_),
                ..
            }) => Some(scorecard),
            _ => None,
        }
    }

    /// The records that this call creates, with their collection; `None` if it creates none.
    pub fn created_drafts(&self) -> Option<(Collection, &[RecordDraft])> {
        Some(match self {
            Self::Scorecards(scorecards::Call::Create(draft)) => {
                (Collection::Scorecards, std::slice::from_ref(draft))
            }
            Self::Plans(plans::Call::Create(draft)) => (Collection::Plans, std::slice::from_ref(draft)),
            Self::TrainingPrograms(training_programs::Call::Upsert(scorecard, drafts)) => {
                (Collection::TrainingPrograms(scorecard.clone()), drafts)
            }
            Self::Participants(participants::Call { scorecard, program, action: Action::Create(drafts) }) => {
                (Collection::Participants(scorecard.clone(), *program), drafts)
            }
            _ => return None,
        })
    }

    /// The fields that this call changes of a scorecard or plan; `None` for any other call.
    pub fn changed_fields(&self) -> Option<&RecordDraft> {
        match self {
            Self::Scorecards(scorecards::Call::Update(_, draft))
            | Self::Plans(plans::Call::Update(_, draft)) => Some(draft),
            _ => None,
        }
    }

    /// The collection that this call lists, and which page of it (1 where the API has no pages); `None` if it
    /// lists none.
    pub fn listed_page(&self) -> Option<(Collection, u32)> {
        Some(match self {
            Self::Scorecards(scorecards::Call::List) => (Collection::Scorecards, 1),
            Self::Plans(plans::Call::List) => (Collection::Plans, 1),
            Self::TrainingPrograms(training_programs::Call::List(scorecard, page)) => {
                (Collection::TrainingPrograms(scorecard.clone()), page.page)
            }
            Self::Participants(participants::Call { scorecard, program, action: Action::List(page) }) => {
                (Collection::Participants(scorecard.clone(), *program), page.page)
            }
            _ => return None,
        })
    }
}

impl Reply {
    /// The records in the reply, in the server's order; empty if it holds none.
    pub fn records(&self) -> Vec<&Record> {
        match self {
            Self::Scorecards(rows) => rows.rows.iter().map(|scorecard| &scorecard.record).collect(),
            Self::Scorecard(scorecard) => vec![&scorecard.record],
            Self::Plans(rows) => rows.rows.iter().map(|plan| &plan.record).collect(),
            Self::Plan(plan) => vec![&plan.record],
            Self::Records(rows) => rows.rows.iter().collect(),
            Self::Accepted | Self::Deleted | Self::Target(_) | Self::Alive | Self::Raw(_) => Vec::new(),
        }
    }
}
