//! What the server is known to hold, as far as a file is judged by it. It owns its data, so that a file can be judged
//! in the background.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use jiff::civil::Date;

use crate::domain::change::collection::{Collection, agrees_in_natural_key};
use crate::domain::change::natural_key::NaturalKeyCounts;
use crate::domain::change::participant_checks::ParticipantContext;
use crate::domain::id::{ScorecardId, TrainingProgramId};
use crate::domain::import::vocabulary::normalize_word;
use crate::domain::record::{Record, Value};

/// What is known of a scorecard; nothing by default.
#[derive(Clone, Default, PartialEq)]
pub struct ServerKnowledge {
    /// Today.
    pub today: Option<Date>,
    period: Option<(Date, Date)>,
    charter: Option<String>,
    programs: Vec<Record>,
    people: BTreeMap<TrainingProgramId, ProgramPeople>,
}

/// Shows only how much is known, so that names and ID numbers stay out of logs.
impl fmt::Debug for ServerKnowledge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerKnowledge({} programs, {} lists)", self.programs.len(), self.people.len())
    }
}

/// The first and last day of a training, as far as known.
pub type Period = (Option<Date>, Option<Date>);

/// What is known of one program's participants.
#[derive(Clone, Default, PartialEq)]
struct ProgramPeople {
    natural_keys: NaturalKeyCounts,
    names: HashSet<String>,
    /// The participants of each ID number.
    ids: HashMap<String, Vec<Record>>,
}

impl ServerKnowledge {
    /// Notes what a scorecard says about its participants.
    pub fn add_scorecard(&mut self, scorecard: &Record) {
        self.period = date_of(scorecard.value("start_date")).zip(date_of(scorecard.value("end_date")));
        self.charter = scorecard.value("charter_id").raw().map(str::to_owned);
    }

    /// Notes a training program of the scorecard.
    pub fn add_program(&mut self, program: &Record) {
        self.programs.push(program.clone());
    }

    /// Notes the participants of a program. A program without any is known too.
    pub fn add_participants<'a>(
        &mut self,
        scorecard: &ScorecardId,
        program: TrainingProgramId,
        records: impl Iterator<Item = &'a Record>,
    ) {
        let collection = Collection::Participants(scorecard.clone(), program);
        let people = self.people.entry(program).or_default();
        for record in records {
            people.natural_keys.add(&collection, record);
            people.names.insert(normalize_word(&record.value("full_name").edit_text()));
            let id: String =
                record.value("id_number").edit_text().chars().filter(|c| !c.is_whitespace()).collect();
            if !id.is_empty() {
                people.ids.entry(id).or_default().push(record.clone());
            }
        }
    }

    /// The training programs.
    pub fn programs(&self) -> &[Record] {
        &self.programs
    }

    /// The ids of the training programs.
    pub fn program_ids(&self) -> Vec<TrainingProgramId> {
        self.programs.iter().filter_map(program_id).collect()
    }

    /// The training program with this id, if it is known.
    pub fn program(&self, id: TrainingProgramId) -> Option<&Record> {
        self.programs.iter().find(|record| program_id(record) == Some(id))
    }

    /// What the scorecard says about a participant, apart from the program's category.
    pub(super) fn context(&self) -> ParticipantContext<'_> {
        ParticipantContext {
            period: self.period,
            charter: self.charter.as_deref(),
            today: self.today,
            ..ParticipantContext::default()
        }
    }

    /// How many participants of a program have a natural key.
    pub(super) fn matches(&self, program: Option<TrainingProgramId>, natural_key: &str) -> u32 {
        self.people_of(program).map_or(0, |people| people.natural_keys.count_key(natural_key))
    }

    fn people_of(&self, program: Option<TrainingProgramId>) -> Option<&ProgramPeople> {
        self.people.get(&program?)
    }

    /// Whether a program has a participant of this name, as words are looked up.
    pub(super) fn has_name(&self, program: Option<TrainingProgramId>, name: &str) -> bool {
        self.people_of(program).is_some_and(|people| people.names.contains(name))
    }

    /// Whether a program has a participant with this ID number.
    pub(super) fn has_person(&self, program: Option<TrainingProgramId>, id: &str) -> bool {
        program
            .and_then(|program| self.people.get(&program))
            .is_some_and(|people| people.ids.contains_key(id))
    }

    /// Whether a program has a participant with this ID number in whom all that a row says is the same. `said` looks up
    /// its values by field name. A file may say less than the server knows, and write names in another case.
    pub(super) fn holds<'a>(
        &self,
        program: Option<TrainingProgramId>,
        id: &str,
        said: impl Fn(&str) -> &'a Value,
    ) -> bool {
        let is_same = |record: &Record| agrees_in_natural_key(&said, |name| record.value(name));
        self.people_of(program).and_then(|people| people.ids.get(id)).into_iter().flatten().any(is_same)
    }

    /// Whether another program has a participant with this ID number in an overlapping period.
    pub(super) fn is_elsewhere(&self, program: Option<TrainingProgramId>, id: &str, period: Period) -> bool {
        let others = self.people.iter().filter(|(other, _)| Some(**other) != program);
        others
            .filter_map(|(_, people)| people.ids.get(id))
            .flatten()
            .any(|other| overlap(period_of(other), period))
    }
}

/// The id of a training program; `None` when it is missing or cannot be used.
pub(super) fn program_id(record: &Record) -> Option<TrainingProgramId> {
    match record.value("id") {
        Value::Integer(id) => u64::try_from(*id).ok().and_then(TrainingProgramId::new),
        _ => None,
    }
}

/// The date that a value holds, if it does.
pub(super) fn date_of(value: &Value) -> Option<Date> {
    match value {
        Value::Date(date) => Some(*date),
        _ => None,
    }
}

fn period_of(record: &Record) -> Period {
    (date_of(record.value("start_date")), date_of(record.value("end_date")))
}

/// Whether two periods share a day. A period without an end is one day, one without a start cannot be compared, and two
/// courses of one day on the same day are no oddity.
pub(super) fn overlap(one: Period, other: Period) -> bool {
    match (one, other) {
        ((Some(from), to), (Some(other_from), other_to)) => {
            let (to, other_to) = (to.unwrap_or(from), other_to.unwrap_or(other_from));
            from <= other_to && other_from <= to && (from, other_from) != (to, other_to)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_overlap_when_they_share_a_day() {
        let day = |day| Some(jiff::civil::date(2026, 1, day));
        assert!(overlap((day(1), day(5)), (day(5), day(9))));
        assert!(!overlap((day(1), day(5)), (day(6), day(9))));
        assert!(overlap((day(3), None), (day(1), day(5))));
        assert!(!overlap((day(3), None), (day(3), day(3))), "two courses of one day are no oddity");
        assert!(!overlap((None, day(5)), (day(1), day(5))) && !overlap((None, None), (None, None)));
    }
}
