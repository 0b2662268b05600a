//! Groups the rows of a file into training programs, by the six fields that make one.

use std::collections::{BTreeSet, HashMap};

use crate::domain::change::rule::Rule;
use crate::domain::id::TrainingProgramId;
use crate::domain::import::answers::Answers;
use crate::domain::import::columns::FileColumn;
use crate::domain::import::server_knowledge::{ServerKnowledge, program_id};
use crate::domain::import::vocabulary::{ColumnRole, normalize_word};
use crate::domain::record::training_program::{CATEGORIES, MATCHED_FIELDS, TRAINING_PROGRAM};
use crate::domain::record::{Record, RecordDraft, SchemaField, Value};

/// The fields that make a program, as they are compared; `None` for those that the file does not give.
type ProgramKey = [Option<String>; 6];

/// The heading under which it is said which category a program has that the file gives none.
pub const CATEGORY_WORDS: &str = "program.category";

/// The place of the category in a key.
const CATEGORY: usize = 1;

/// A training program that rows name.
#[derive(Debug, Clone, PartialEq)]
pub struct ProgramGroup {
    /// Its fields as the file gives them.
    pub draft: RecordDraft,
    /// The program on the server; `None` when it is new.
    pub existing: Option<TrainingProgramId>,
    /// How many rows go to it, whatever becomes of them.
    pub participants: usize,
    /// Whether the file gives it no category and it is new, so that a person has to say it.
    pub asks_category: bool,
    is_ambiguous: bool,
    /// Whether a program of nearly the same fields is there.
    has_likeness: bool,
}

impl ProgramGroup {
    /// Its name.
    pub fn name(&self) -> String {
        self.draft.value("name").edit_text().into_owned()
    }

    /// Whether several programs of the server fit.
    pub fn is_ambiguous(&self) -> bool {
        self.is_ambiguous
    }

    /// Its category, `A` to `G`; empty when the file gives none.
    pub fn category(&self) -> String {
        self.draft.value("category").edit_text().into_owned()
    }

    /// Takes the category that a person has said, where the file gives a new program none.
    fn take_said_category(&mut self, answers: &Answers) {
        let is_new = self.existing.is_none() && !self.is_ambiguous;
        self.asks_category = is_new && self.draft.value("category").is_blank();
        let said = answers.word(CATEGORY_WORDS, &self.name()).filter(|said| CATEGORIES.contains(said));
        if let (true, Some(said)) = (self.asks_category, said) {
            self.draft.set("category", Value::Text(said.into()));
        }
    }

    /// The other fields that make it, as far as given: `ABC Training · Tshwane · mandatory`.
    pub fn distinction(&self) -> String {
        let text = |name: &str| self.draft.value(name).edit_text().into_owned();
        let flag =
            |name: &'static str| (*self.draft.value(name) == Value::Flag(true)).then(|| name.to_owned());
        let parts =
            [Some(text("training_provider")), Some(text("municipality")), flag("mandatory"), flag("abet")];
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    }
}

/// The programs of a file, as they are found row by row.
#[derive(Debug, Default)]
pub struct ProgramGroups {
    /// The programs, in the order of their first rows.
    pub groups: Vec<ProgramGroup>,
    by_key: HashMap<ProgramKey, usize>,
    /// The categories that rows give for a program, by its key without the category.
    categories: HashMap<ProgramKey, BTreeSet<String>>,
    /// How many programs have a name, the programs of the server included, by the letters of the name.
    likenesses: HashMap<String, usize>,
}

impl ProgramGroups {
    /// Ready to group rows; `programs` are the program fields of all of them, so that a row without a category can take
    /// that of the others.
    pub fn new<'a>(
        columns: &[FileColumn],
        programs: impl Iterator<Item = &'a [(&'static str, Value)]>,
        server: &ServerKnowledge,
    ) -> Self {
        let mut groups = Self::default();
        for program in programs {
            if let Some(mut key) = program_key(columns, program)
                && let Some(category) = key[CATEGORY].take().filter(|category| !category.is_empty())
            {
                groups.categories.entry(key).or_default().insert(category);
            }
        }
        for record in server.programs() {
            *groups.likenesses.entry(letters(record.value("name"))).or_default() += 1;
        }
        groups
    }

    /// The group of a row, and what its program fields break; `None` when it names no program.
    pub fn group_of(
        &mut self,
        columns: &[FileColumn],
        program: &[(&'static str, Value)],
        server: &ServerKnowledge,
        answers: &Answers,
    ) -> (Option<usize>, Vec<(Rule, Option<String>)>) {
        let Some(mut key) = program_key(columns, program) else {
            return (None, vec![(Rule::ProgramMissing, None)]);
        };
        let mut category = None;
        if key[CATEGORY].as_deref().is_none_or(str::is_empty) {
            key[CATEGORY] = None;
            category = match self.categories.get(&key) {
                Some(known) if known.len() == 1 => known.first().cloned(),
                // Other rows give the program several: a person says which of them is meant.
                Some(_) => {
                    let said = answers.word(CATEGORY_WORDS, &value_of(program, "name").edit_text());
                    said.filter(|said| CATEGORIES.contains(said)).map(normalize_word)
                }
                None => None,
            };
            key[CATEGORY].clone_from(&category);
        }
        let at = match self.by_key.get(&key) {
            Some(at) => *at,
            None => {
                let mut group = self.new_group(&key, category, program, server);
                group.take_said_category(answers);
                self.groups.push(group);
                self.by_key.insert(key, self.groups.len() - 1);
                self.groups.len() - 1
            }
        };
        let group = &mut self.groups[at];
        group.participants += 1;
        let mut broken = Vec::new();
        let name = group.name();
        if group.draft.value("name") != value_of(program, "name") {
            broken.push((Rule::ProgramSpelling, Some(name.clone())));
        }
        if !name.chars().any(char::is_alphabetic) || is_placeholder(&name) {
            broken.push((Rule::NamePlaceholder, Some(format!("program `{name}`"))));
        }
        if group.is_ambiguous {
            broken.push((Rule::ProgramAmbiguous, Some(name.clone())));
        } else if group.existing.is_none() && group.draft.value("category").is_blank() {
            broken.push((Rule::CategoryMissing, Some(name.clone())));
        } else if group.existing.is_none() && group.has_likeness {
            broken.push((Rule::ProgramLike, Some(name.clone())));
        }
        for (field, value) in
            program.iter().filter(|(field, value)| !MATCHED_FIELDS.contains(field) && !value.is_blank())
        {
            let label = TRAINING_PROGRAM.field(field).map(SchemaField::label).unwrap_or_default();
            if group.existing.is_some() {
                let there =
                    group.existing.and_then(|id| server.program(id)).map(|record| record.value(field));
                if there.is_some_and(|there| !(there.is_equivalent(value) || is_no(there) && is_no(value))) {
                    broken.push((Rule::ProgramUnchanged, Some(format!("{name}, {label}"))));
                }
            } else if group.draft.value(field) != value {
                broken.push((Rule::ProgramDiffers, Some(format!("{name}, {label}"))));
            }
        }
        (Some(at), broken)
    }

    fn new_group(
        &mut self,
        key: &ProgramKey,
        category: Option<String>,
        program: &[(&'static str, Value)],
        server: &ServerKnowledge,
    ) -> ProgramGroup {
        let fits = |record: &&Record| {
            let mut fields = MATCHED_FIELDS.iter().zip(key);
            fields.all(|(name, wanted)| {
                wanted.as_ref().is_none_or(|wanted| compared_text(record.value(name)) == *wanted)
            })
        };
        let fitting: Vec<&Record> = server.programs().iter().filter(fits).collect();
        let mut draft =
            RecordDraft::new(program.iter().filter(|(_, value)| !value.is_blank()).cloned().collect());
        if let Some(category) = category {
            draft.set("category", Value::Text(category.to_uppercase().into()));
        }
        let existing = match fitting[..] {
            [record] => {
                // What the server has is what the participants go to, category included.
                for name in MATCHED_FIELDS {
                    if draft.value(name).is_blank() && !record.value(name).is_blank() {
                        draft.set(name, record.value(name).clone());
                    }
                }
                program_id(record)
            }
            _ => None,
        };
        let alike = self.likenesses.entry(letters(draft.value("name"))).or_default();
        let has_likeness = *alike > 0 && existing.is_none();
        *alike += usize::from(existing.is_none());
        ProgramGroup {
            draft,
            existing,
            participants: 0,
            is_ambiguous: fitting.len() > 1,
            has_likeness,
            asks_category: false,
        }
    }
}

/// Whether what a row says of its program fits this one.
pub fn names_program(program: &Record, said: &[(&'static str, Value)]) -> bool {
    let is_said = |(name, value): &&(&'static str, Value)| MATCHED_FIELDS.contains(name) && !value.is_blank();
    said.iter()
        .filter(is_said)
        .all(|(name, value)| compared_text(program.value(name)) == compared_text(value))
}

/// Whether a text stands for a name that is not known.
pub fn is_placeholder(name: &str) -> bool {
    /// In bytes, with a few for dots and blanks.
    const LONGEST: usize = 20;
    const WORDS: [&str; 23] = [
        "n/a",
        "na",
        "none",
        "null",
        "nan",
        "nil",
        "tbc",
        "tba",
        "tbd",
        "unknown",
        "vacant",
        "name surname",
        "to be confirmed",
        "to be advised",
        "name",
        "test",
        "x",
        "xx",
        "xxx",
        "onbekend",
        "geen",
        "vakant",
        "not applicable",
    ];
    name.len() <= LONGEST && WORDS.contains(&normalize_word(name).as_str())
}

fn value_of<'a>(program: &'a [(&'static str, Value)], name: &str) -> &'a Value {
    program.iter().find(|(known, _)| *known == name).map_or(&Value::Absent, |(_, value)| value)
}

/// The key of the program that a row names; `None` when it names none.
fn program_key(columns: &[FileColumn], program: &[(&'static str, Value)]) -> Option<ProgramKey> {
    if value_of(program, "name").is_blank() {
        return None;
    }
    Some(MATCHED_FIELDS.map(|name| {
        let is_own = |column: &FileColumn| matches!(column.role, Some(ColumnRole::Program(field)) if field.name == name);
        columns.iter().any(is_own).then(|| compared_text(value_of(program, name)))
    }))
}

fn is_no(value: &Value) -> bool {
    value.is_blank() || *value == Value::Flag(false)
}

/// A value of a field that makes a program, as it is compared: without case and doubled blanks; no is blank.
fn compared_text(value: &Value) -> String {
    if is_no(value) { String::new() } else { normalize_word(&value.edit_text()) }
}

/// The letters and digits of a name, in lower case.
fn letters(name: &Value) -> String {
    normalize_word(&name.edit_text()).chars().filter(|c| c.is_alphanumeric()).collect()
}
