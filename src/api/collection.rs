//! The calls of a collection, whichever page of the documents it is from.

use crate::api::participants::{self, Ask};
use crate::api::reply::Reply;
use crate::api::request::PageWanted;
use crate::api::{Call, plans, scorecards, training_programs};
use crate::domain::collection::{Collection, RecordId};
use crate::domain::id::{ScorecardId, TrainingProgramId};
use crate::domain::record::{Draft, Need, Record, Value};

/// Lists a collection: one page of it, or all of it where it does not come in pages.
pub fn list(collection: &Collection, page: u32) -> Call {
    let wanted = PageWanted { page, per_page: PageWanted::LARGEST };
    match collection {
        Collection::Scorecards => Call::Scorecards(scorecards::Call::List),
        Collection::Plans => Call::Plans(plans::Call::List),
        Collection::TrainingPrograms(scorecard) => {
            Call::TrainingPrograms(training_programs::Call::List(scorecard.clone(), wanted))
        }
        Collection::Participants(scorecard, program) => participants(scorecard, *program, Ask::List(wanted)),
    }
}

fn participants(scorecard: &ScorecardId, program: TrainingProgramId, ask: Ask) -> Call {
    Call::Participants(participants::Call { scorecard: scorecard.clone(), program, ask })
}

/// Creates records: one, or of participants many.
pub fn create(collection: &Collection, drafts: Vec<Draft>) -> Call {
    let first = || drafts.first().cloned().unwrap_or_default();
    match collection {
        Collection::Scorecards => Call::Scorecards(scorecards::Call::Create(first())),
        Collection::Plans => Call::Plans(plans::Call::Create(first())),
        Collection::TrainingPrograms(scorecard) => {
            Call::TrainingPrograms(training_programs::Call::Upsert(scorecard.clone(), drafts))
        }
        Collection::Participants(scorecard, program) => {
            participants(scorecard, *program, Ask::Create(drafts))
        }
    }
}

/// Changes fields of a record. A training program is sent whole, since it is known by its fields, and what happens to
/// those left out is not documented. None for what cannot be changed.
pub fn update(collection: &Collection, id: &RecordId, theirs: &Record, changes: Draft) -> Option<Call> {
    Some(match collection {
        Collection::Scorecards => Call::Scorecards(scorecards::Call::Update(id.clone(), changes)),
        Collection::Plans => Call::Plans(plans::Call::Update(id.as_str().parse().ok()?, changes)),
        Collection::TrainingPrograms(_) => create(collection, vec![whole(theirs).with(&changes)]),
        Collection::Participants(..) => return None,
    })
}

/// All of a record that can be sent back. A null is sent only where the documents allow one.
fn whole(theirs: &Record) -> Draft {
    let nullable = |name| theirs.schema().field(name).is_some_and(|field| field.need == Need::Nullable);
    let fields = theirs.sendable();
    let kept = fields.entries().iter().filter(|(name, value)| *value != Value::Null || nullable(name));
    Draft::new(kept.cloned().collect())
}

/// Deletes a record; none for an id that cannot be one of the collection.
pub fn delete(collection: &Collection, id: &RecordId) -> Option<Call> {
    let number = id.as_str();
    Some(match collection {
        Collection::Scorecards => Call::Scorecards(scorecards::Call::Delete(id.clone())),
        Collection::Plans => Call::Plans(plans::Call::Delete(number.parse().ok()?)),
        Collection::TrainingPrograms(scorecard) => {
            let id = number.parse().ok()?;
            Call::TrainingPrograms(training_programs::Call::Delete(scorecard.clone(), id))
        }
        Collection::Participants(scorecard, program) => {
            participants(scorecard, *program, Ask::Delete(number.parse().ok()?))
        }
    })
}

impl Call {
    /// The scorecard that this call edits, itself or what counts in it. A recalculation is no edit.
    pub fn edits_scorecard(&self) -> Option<&ScorecardId> {
        match self {
            Self::Scorecards(scorecards::Call::Update(id, _) | scorecards::Call::Delete(id))
            | Self::TrainingPrograms(
                training_programs::Call::Upsert(id, _) | training_programs::Call::Delete(id, _),
            ) => Some(id),
            Self::Participants(participants::Call {
                scorecard,
                ask: Ask::Create(_) | Ask::Delete(_),
                ..
            }) => Some(scorecard),
            _ => None,
        }
    }

    /// The records that this call creates, with their collection.
    pub fn creates(&self) -> Option<(Collection, &[Draft])> {
        Some(match self {
            Self::Scorecards(scorecards::Call::Create(draft)) => {
                (Collection::Scorecards, std::slice::from_ref(draft))
            }
            Self::Plans(plans::Call::Create(draft)) => (Collection::Plans, std::slice::from_ref(draft)),
            Self::TrainingPrograms(training_programs::Call::Upsert(scorecard, drafts)) => {
                (Collection::TrainingPrograms(scorecard.clone()), drafts)
            }
            Self::Participants(participants::Call { scorecard, program, ask: Ask::Create(drafts) }) => {
                (Collection::Participants(scorecard.clone(), *program), drafts)
            }
            _ => return None,
        })
    }

    /// The fields that this call changes of a record.
    pub fn changes(&self) -> Option<&Draft> {
        match self {
            Self::Scorecards(scorecards::Call::Update(_, draft))
            | Self::Plans(plans::Call::Update(_, draft)) => Some(draft),
            _ => None,
        }
    }

    /// The collection and the page of it that this call lists.
    pub fn lists(&self) -> Option<(Collection, u32)> {
        Some(match self {
            Self::Scorecards(scorecards::Call::List) => (Collection::Scorecards, 1),
            Self::Plans(plans::Call::List) => (Collection::Plans, 1),
            Self::TrainingPrograms(training_programs::Call::List(scorecard, page)) => {
                (Collection::TrainingPrograms(scorecard.clone()), page.page)
            }
            Self::Participants(participants::Call { scorecard, program, ask: Ask::List(page) }) => {
                (Collection::Participants(scorecard.clone(), *program), page.page)
            }
            _ => return None,
        })
    }
}

impl Reply {
    /// The records it holds.
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
