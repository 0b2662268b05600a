//! The people of a file seen so far, to find the same row or the same person again.

use std::collections::HashMap;

use crate::domain::change::collection::participant_natural_key;
use crate::domain::change::rule::Rule;
use crate::domain::import::answers::Answers;
use crate::domain::import::file_rows::{PreviewRow, RowPlace, RowStanding};
use crate::domain::import::findings::FindingTable;
use crate::domain::import::row_reader::RowProblem;
use crate::domain::import::server_knowledge::{Period, date_of, overlap};
use crate::domain::import::vocabulary::normalize_word;
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::record::{RecordDraft, SchemaField};

/// A person of the file.
#[derive(Debug, Clone)]
pub struct SeenPerson {
    /// The index of the row among the rows with people.
    at: usize,
    /// The index of the program, where the file names several.
    group: Option<usize>,
    /// The natural key of the participant.
    pub natural_key: String,
    /// The ID number; empty for none.
    pub id: String,
    /// The name, without case.
    pub name: String,
    /// When the person is trained.
    pub period: Period,
}

impl SeenPerson {
    /// The person of a row.
    pub fn new(at: usize, group: Option<usize>, draft: &RecordDraft) -> Self {
        Self {
            at,
            group,
            natural_key: participant_natural_key(|name| draft.value(name)),
            id: draft.value("id_number").raw().unwrap_or_default().to_owned(),
            name: normalize_word(draft.value("full_name").raw().unwrap_or_default()),
            period: (date_of(draft.value("start_date")), date_of(draft.value("end_date"))),
        }
    }
}

/// How often a row stands above, and where first.
#[derive(Debug, Clone, Copy, Default)]
pub struct SameRows {
    /// How many rows above are the same.
    pub before: u32,
    first: Option<RowPlace>,
}

/// The people seen so far.
#[derive(Default)]
pub struct SeenPeople {
    rows: HashMap<(Option<usize>, String), (u32, RowPlace)>,
    names: HashMap<(Option<usize>, String), (RowPlace, bool)>,
    ids: HashMap<String, Vec<(SeenPlace, Period)>>,
    /// First rows of an ID number that another row has too, of another name, each with that row.
    doubled: Vec<(usize, RowPlace)>,
}

#[derive(Clone)]
struct SeenPlace {
    at: usize,
    name: String,
    group: Option<usize>,
    place: RowPlace,
}

/// Shows only how many, so that names and ID numbers stay out of logs.
impl std::fmt::Debug for SeenPeople {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SeenPeople({})", self.rows.len())
    }
}

impl SeenPeople {
    /// The rows above that are the same.
    pub fn same_rows(&self, person: &SeenPerson) -> SameRows {
        let known = self.rows.get(&(person.group, person.natural_key.clone()));
        SameRows { before: known.map_or(0, |(before, _)| *before), first: known.map(|(_, first)| *first) }
    }

    /// What is odd about a person beside those above.
    pub fn judge(&mut self, person: &SeenPerson, same: SameRows, place: RowPlace) -> Vec<RowProblem> {
        let row = |place: RowPlace| format!("row {}", place.number);
        if let Some(first) = same.first.filter(|_| same.before > 0) {
            return vec![RowProblem::of(Rule::DuplicateRow).with_detail(row(first))];
        }
        let mut problems = Vec::new();
        for (seen, period) in self.ids.get(&person.id).into_iter().flatten() {
            if seen.group == person.group {
                problems.push(
                    RowProblem::of(Rule::DuplicatePerson).about("id_number").with_detail(row(seen.place)),
                );
                // Of one person twice the first row is right; of two people nobody can tell whose number it is.
                if seen.name != person.name {
                    self.doubled.push((seen.at, place));
                }
                break;
            }
            if overlap(*period, person.period) {
                problems.push(
                    RowProblem::of(Rule::PersonElsewhere).about("id_number").with_detail(row(seen.place)),
                );
                break;
            }
        }
        if let Some((first, has_id)) = self.names.get(&(person.group, person.name.clone()))
            && problems.is_empty()
            && !person.name.is_empty()
            && (!*has_id || person.id.is_empty())
        {
            problems.push(RowProblem::of(Rule::SameName).with_detail(row(*first)));
        }
        problems
    }

    /// Adds a person.
    pub fn add(&mut self, person: SeenPerson, place: RowPlace) {
        self.rows.entry((person.group, person.natural_key)).or_insert((0, place)).0 += 1;
        let name = person.name.clone();
        self.names.entry((person.group, person.name)).or_insert((place, !person.id.is_empty()));
        if !person.id.is_empty() {
            let seen = SeenPlace { at: person.at, name, group: person.group, place };
            self.ids.entry(person.id).or_default().push((seen, person.period));
        }
    }

    /// Holds the first row of each ID number that another row has too: nobody can tell which of them is right.
    pub fn hold_first_rows(&self, rows: &mut [PreviewRow], answers: &Answers, findings: &mut FindingTable) {
        let label = PARTICIPANT.field("id_number").map(SchemaField::label).unwrap_or_default();
        for (at, other) in &self.doubled {
            let row = &mut rows[*at];
            if matches!(row.standing, RowStanding::Existing) {
                continue;
            }
            if !answers.releases(Rule::DuplicatePerson.id(), row.place.number) {
                row.standing = row.standing.max(RowStanding::Held);
            }
            let detail = Some(format!("row {}", other.number));
            findings.add(Rule::DuplicatePerson, label.clone(), detail, row.place, None);
        }
    }
}
