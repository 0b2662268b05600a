//! The people of a file seen so far, to find the same row or the same person again.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::domain::change::collection::participant_natural_key;
use crate::domain::change::rule::Rule;
use crate::domain::import::answers::Answers;
use crate::domain::import::file_rows::{PreviewRow, RowPlace, RowStanding};
use crate::domain::import::findings::FindingTable;
use crate::domain::import::row_values::{RowProblem, RowValues};
use crate::domain::import::server_knowledge::{Period, date_of, overlap};
use crate::domain::import::vocabulary::normalize_word;
use crate::domain::record::SchemaField;
use crate::domain::record::participant::PARTICIPANT;

/// A person of the file.
pub struct SeenPerson {
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
    pub fn new(values: &RowValues) -> Self {
        Self {
            natural_key: participant_natural_key(|name| values.value(name)),
            id: values.value("id_number").raw().unwrap_or_default().to_owned(),
            name: normalize_word(values.value("full_name").raw().unwrap_or_default()),
            period: (date_of(values.value("start_date")), date_of(values.value("end_date"))),
        }
    }
}

/// Shows nothing of the person, so that names and ID numbers stay out of logs.
impl std::fmt::Debug for SeenPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SeenPerson")
    }
}

/// The row of a person.
#[derive(Debug, Clone, Copy)]
pub struct SeenRow {
    /// Its index among the rows with people.
    pub at: usize,
    /// The index of the program, where the file names several.
    pub group: Option<usize>,
    /// Where it stands in the file.
    pub place: RowPlace,
}

/// How often a row stands above, and where first.
#[derive(Debug, Clone, Copy)]
pub struct SameRows {
    /// How many rows above are the same.
    pub before: u32,
    first: RowPlace,
}

/// A text of a program, as 64 bits. Two texts of a file share them once in ten thousand million files; then a row waits
/// as the same as another one. They take less room than the text.
type TextKey = u64;

/// The people seen so far.
#[derive(Debug)]
pub struct SeenPeople {
    hasher: RandomState,
    rows: HashMap<TextKey, SameRows>,
    names: HashMap<TextKey, (RowPlace, bool)>,
    /// The first row of each ID number.
    ids: HashMap<TextKey, SeenId>,
    /// Further rows of an ID number.
    repeated_ids: HashMap<TextKey, Vec<SeenId>>,
    /// First rows of an ID number that another row has too, of another name, each with that row.
    doubled: Vec<(usize, RowPlace)>,
}

/// A row with an ID number.
#[derive(Debug)]
struct SeenId {
    row: SeenRow,
    name: TextKey,
    period: Period,
}

impl SeenPeople {
    /// Nobody yet, with room for so many rows.
    pub fn with_capacity(rows: usize) -> Self {
        Self {
            hasher: RandomState::new(),
            rows: HashMap::with_capacity(rows),
            names: HashMap::with_capacity(rows),
            ids: HashMap::with_capacity(rows),
            repeated_ids: HashMap::new(),
            doubled: Vec::new(),
        }
    }

    fn key(&self, group: Option<usize>, text: &str) -> TextKey {
        self.hasher.hash_one((group, text))
    }

    /// Adds a row by its natural key, and says how often it stands above.
    pub fn add_row(&mut self, natural_key: &str, row: SeenRow) -> SameRows {
        let key = self.key(row.group, natural_key);
        let same = self.rows.entry(key).or_insert(SameRows { before: 0, first: row.place });
        let found = *same;
        same.before += 1;
        found
    }

    /// Adds the person of a row, and says what is odd about them beside those above, unless `exists`: then the server
    /// holds the row already.
    pub fn add_person(
        &mut self,
        person: &SeenPerson,
        row: SeenRow,
        same: SameRows,
        exists: bool,
    ) -> Vec<RowProblem> {
        let mut problems = Vec::new();
        let detail = |place: RowPlace| format!("row {}", place.number);
        let is_judged = !exists && same.before == 0;
        if !exists && same.before > 0 {
            problems.push(RowProblem::of(Rule::DuplicateRow).with_detail(detail(same.first)));
        }
        let has_id = !person.id.is_empty();
        let name = self.key(row.group, &person.name);
        if has_id {
            let id = self.key(None, &person.id);
            let first = self.ids.get(&id);
            let above = || first.into_iter().chain(self.repeated_ids.get(&id).into_iter().flatten());
            let meets = |seen: &&SeenId| seen.row.group == row.group || overlap(seen.period, person.period);
            if let Some(seen) = above().find(meets).filter(|_| is_judged) {
                let is_double = seen.row.group == row.group;
                let rule = if is_double { Rule::DuplicatePerson } else { Rule::PersonElsewhere };
                problems.push(RowProblem::of(rule).about("id_number").with_detail(detail(seen.row.place)));
                // Of one person twice the first row is right; of two people nobody can tell whose number it is.
                if is_double && seen.name != name {
                    self.doubled.push((seen.row.at, row.place));
                }
            }
            let own = SeenId { row, name, period: person.period };
            if first.is_some() {
                self.repeated_ids.entry(id).or_default().push(own);
            } else {
                self.ids.insert(id, own);
            }
        }
        let above = self.names.get(&name).copied();
        if let Some((first, has_other_id)) = above
            && is_judged
            && problems.is_empty()
            && !person.name.is_empty()
            && !(has_other_id && has_id)
        {
            problems.push(RowProblem::of(Rule::SameName).with_detail(detail(first)));
        }
        self.names.entry(name).or_insert((row.place, has_id));
        problems
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
