//! The four collections of the API whose records can be created, changed or deleted.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use crate::domain::id::{RecordId, ScorecardId, TrainingProgramId};
use crate::domain::plan::{EDITABLE_FIELDS, PLAN};
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::record::scorecard::SCORECARD;
use crate::domain::record::training_program::{MATCHED_FIELDS, TRAINING_PROGRAM};
use crate::domain::record::{Record, RecordDraft, Schema, Value};
use crate::domain::text::{Text, to_nfc};

/// One collection of records.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Collection {
    /// The account's scorecards.
    Scorecards,
    /// The account's plans.
    Plans,
    /// The training programs of a scorecard.
    TrainingPrograms(ScorecardId),
    /// The participants of a training program that is staged and not on the server yet: the scorecard, and the number
    /// of the change that creates the program. The API has no such list; they move to
    /// [`Participants`](Self::Participants) once the program has an id.
    NewProgramParticipants(ScorecardId, u64),
    /// The participants of a training program.
    Participants(ScorecardId, TrainingProgramId),
}

impl Collection {
    /// The schema of its records.
    pub fn schema(&self) -> &'static Schema {
        match self {
            Self::Scorecards => &SCORECARD,
            Self::Plans => &PLAN,
            Self::TrainingPrograms(_) => &TRAINING_PROGRAM,
            Self::Participants(..) | Self::NewProgramParticipants(..) => &PARTICIPANT,
        }
    }

    /// The scorecard whose totals include its records; `None` for scorecards and plans.
    pub fn scorecard(&self) -> Option<&ScorecardId> {
        match self {
            Self::Scorecards | Self::Plans => None,
            Self::TrainingPrograms(id) | Self::Participants(id, _) | Self::NewProgramParticipants(id, _) => {
                Some(id)
            }
        }
    }

    /// Whether the API can update its records. Participants are deleted and created again instead.
    pub fn allows_update(&self) -> bool {
        !self.holds_participants()
    }

    /// Whether its records are participants.
    pub fn holds_participants(&self) -> bool {
        matches!(self, Self::Participants(..) | Self::NewProgramParticipants(..))
    }

    /// Whether an update sends the whole record instead of only the changed fields.
    pub fn sends_whole_record(&self) -> bool {
        matches!(self, Self::TrainingPrograms(_)) || self.holds_participants()
    }

    /// Whether its list is paginated.
    pub fn is_paged(&self) -> bool {
        matches!(self, Self::TrainingPrograms(_) | Self::Participants(..))
    }

    /// Whether creating the same record twice leaves one: the server matches training programs by six fields.
    pub fn is_idempotent(&self) -> bool {
        matches!(self, Self::TrainingPrograms(_))
    }

    /// The largest number of records one request can create.
    pub fn max_batch_size(&self) -> usize {
        if self.holds_participants() { 100 } else { 1 }
    }

    /// The field that holds a record's name.
    pub fn name_field(&self) -> &'static str {
        match self {
            Self::Scorecards => "description",
            Self::Plans | Self::TrainingPrograms(_) => "name",
            Self::Participants(..) | Self::NewProgramParticipants(..) => "full_name",
        }
    }

    /// Whether an update may send this field (Employment Equity Plans, "Editable fields").
    pub fn is_field_editable(&self, field: &str) -> bool {
        !matches!(self, Self::Plans) || EDITABLE_FIELDS.contains(&field)
    }

    /// The id of one of its records; `None` when it is missing or cannot be used.
    pub fn id_of(&self, record: &Record) -> Option<RecordId> {
        match record.value("id") {
            Value::Text(id) => id.raw().parse().ok(),
            Value::Integer(id) if *id > 0 => id.to_string().parse().ok(),
            _ => None,
        }
    }

    /// The name of a draft's record, or `a participant` (its kind) when the draft has none.
    pub fn name_of(&self, draft: &RecordDraft) -> Text {
        match draft.value(self.name_field()) {
            name if name.is_blank() => format!("a {}", self.schema().name).into(),
            name => name.edit_text().into_owned().into(),
        }
    }

    /// The fields by which two records are taken for the same when a response was lost. A plan's end is not
    /// among them because the server may clamp it.
    pub fn natural_key_fields(&self) -> &'static [&'static str] {
        match self {
            Self::Scorecards => &["description", "start_date", "end_date", "charter_id", "province"],
            Self::Plans => &["name", "start_date", "scorecard_id", "sector"],
            Self::TrainingPrograms(_) => &MATCHED_FIELDS,
            Self::Participants(..) | Self::NewProgramParticipants(..) => &PARTICIPANT_KEY,
        }
    }

    /// The natural key as one text, from a lookup of values by field name. Absent, zero and false count as
    /// equal, since the server gives absent fields a value of its own.
    pub fn natural_key<'a>(&self, value: impl Fn(&str) -> &'a Value) -> String {
        key_of_fields(self.natural_key_fields(), value)
    }
}

/// The natural key of a participant, whatever its program, from a lookup of values by field name.
pub fn participant_natural_key<'a>(value: impl Fn(&str) -> &'a Value) -> String {
    key_of_fields(&PARTICIPANT_KEY, value)
}

/// Whether all that `said` gives of a participant's natural key is what `there` has, whatever the case of letters.
pub fn agrees_in_natural_key<'a, 'b>(
    said: impl Fn(&str) -> &'a Value,
    there: impl Fn(&str) -> &'b Value,
) -> bool {
    let key = |field: &str, value: &Value| {
        let text = key_of_fields(&[field], |_| value).to_lowercase();
        text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let mut given = PARTICIPANT_KEY.iter().filter(|field| !said(field).is_blank());
    given.all(|field| key(field, said(field)) == key(field, there(field)))
}

fn key_of_fields<'a>(fields: &[&str], value: impl Fn(&str) -> &'a Value) -> String {
    let mut out = String::with_capacity(10 * fields.len());
    for field in fields {
        // Writing into a string cannot fail.
        let _ = match value(field) {
            Value::Decimal(n) if n.is_zero() => Ok(()),
            Value::Decimal(n) => write!(out, "{}", n.normalize()),
            Value::Flag(false) | Value::Absent => Ok(()),
            Value::Date(date) => write!(out, "{date}"),
            value => out.write_str(&to_nfc(value.edit_text().trim())),
        };
        out.push('\u{1f}');
    }
    out
}

/// The fields by which two participants of a program are taken for the same.
const PARTICIPANT_KEY: [&str; 16] = [
    "full_name",
    "id_number",
    "race",
    "gender",
    "start_date",
    "end_date",
    "absorption_date",
    "course_cost",
    "travel_cost",
    "catering_cost",
    "stationery_cost",
    "training_facility_cost",
    "salary_cost",
    "other_costs",
    "accommodation_cost",
    "man_hours",
];

/// The form kept in the journal: `participants scorecard_1 32000`.
impl fmt::Display for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scorecards => f.write_str("scorecards"),
            Self::Plans => f.write_str("plans"),
            Self::TrainingPrograms(scorecard) => write!(f, "training_programs {scorecard}"),
            Self::Participants(scorecard, program) => write!(f, "participants {scorecard} {program}"),
            Self::NewProgramParticipants(scorecard, change) => {
                write!(f, "participants_of_change {scorecard} {change}")
            }
        }
    }
}

impl FromStr for Collection {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.split(' ');
        let mut scorecard = || words.next().and_then(|id| id.parse().ok()).ok_or(());
        match text.split(' ').next().unwrap_or_default() {
            "scorecards" => Ok(Self::Scorecards),
            "plans" => Ok(Self::Plans),
            "training_programs" => {
                scorecard().and_then(|_: ScorecardId| scorecard()).map(Self::TrainingPrograms)
            }
            "participants" => {
                let scorecard = scorecard().and_then(|_: ScorecardId| scorecard())?;
                let program = words.next().and_then(|id| id.parse().ok()).ok_or(())?;
                Ok(Self::Participants(scorecard, program))
            }
            "participants_of_change" => {
                let scorecard = scorecard().and_then(|_: ScorecardId| scorecard())?;
                let change = words.next().and_then(|number| number.parse().ok()).ok_or(())?;
                Ok(Self::NewProgramParticipants(scorecard, change))
            }
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collections_journal_name_reads_back() {
        let program = TrainingProgramId::new(32_000).unwrap();
        let scorecard: ScorecardId = "scorecard_1".parse().unwrap();
        for collection in [
            Collection::Scorecards,
            Collection::Plans,
            Collection::TrainingPrograms(scorecard.clone()),
            Collection::NewProgramParticipants(scorecard.clone(), 7),
            Collection::Participants(scorecard, program),
        ] {
            assert_eq!(collection.to_string().parse(), Ok(collection));
        }
        for bad in ["", "people", "training_programs", "participants scorecard_1", "participants a/b 1"] {
            assert_eq!(bad.parse::<Collection>(), Err(()), "{bad}");
        }
    }
}
