//! A file, read and judged before anything is sent: its tables, questions, words, findings and programs.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::domain::change::collection::Collection;
use crate::domain::change::participant_checks::{ParticipantContext, participant_findings};
use crate::domain::change::record_change::{Hold, Intent, RecordChange};
use crate::domain::change::rule::{Rule, RuleSeverity};
use crate::domain::file_grid::FileGrid;
use crate::domain::id::TrainingProgramId;
use crate::domain::import::answers::{Answers, ExistingAnswer, FileQuestion};
use crate::domain::import::columns::{FileColumn, gather_facts, lay_columns};
use crate::domain::import::file_rows::{ImportTarget, PreviewRow, PreviewSheet, RowPlace, RowStanding};
use crate::domain::import::questions::open_questions;
use crate::domain::import::row_reader::{OpenQuestions, RowProblem, RowReader, RowValues};
use crate::domain::import::server_knowledge::{ServerKnowledge, date_of, program_id};
use crate::domain::import::sheet_table::{LeftOut, RowKind, choose_sheets, row_kind};
use crate::domain::import::vocabulary::{ColumnRole, is_cost, normalize_word};
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::record::training_program::MATCHED_FIELDS;
use crate::domain::record::{Record, RecordDraft, Requirement, Value};
use crate::domain::text::Text;

/// A file to be judged in the background.
#[derive(Debug, Clone, PartialEq)]
pub struct FileJudgement {
    /// Its number, by which an outdated one is told.
    pub number: u64,
    /// Where to.
    pub target: ImportTarget,
    /// The sheets of the file.
    pub grids: Arc<Vec<FileGrid>>,
    /// What was said about the file.
    pub answers: Answers,
    /// What the server is known to hold.
    pub server: ServerKnowledge,
}

impl FileJudgement {
    /// Reads and judges the file.
    pub fn preview(&self) -> ImportPreview {
        ImportPreview::new(&self.grids, &self.target, &self.answers, &self.server)
    }
}

/// What one rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFinding {
    /// The rule.
    pub rule: Rule,
    /// The field or column it is about; empty for the whole row.
    pub subject: String,
    /// What stands there, if it can be said.
    pub detail: Option<String>,
    /// The rows, in order.
    pub rows: Vec<RowPlace>,
    /// Where the cells stand, like `D5`, as far as they are few.
    pub cells: Vec<String>,
}

impl FileFinding {
    /// What was found, in words.
    pub fn message(&self) -> String {
        let mut words = String::new();
        if !self.subject.is_empty() {
            words = format!("{}: ", self.subject);
        }
        if let Some(detail) = &self.detail {
            words.push_str(&format!("`{}`: ", Text::from(detail.as_str()).printable()));
        }
        words.push_str(self.rule.words());
        if !self.cells.is_empty() {
            words.push_str(&format!(" ({})", self.cells.join(", ")));
        }
        words
    }
}

/// A word of the panel of values.
#[derive(Debug, Clone, PartialEq)]
pub struct PanelWord {
    /// The heading of its column.
    pub heading: String,
    /// The word as it stands in the file.
    pub word: String,
    /// In how many rows it stands.
    pub rows: u32,
    /// What it means; `None` when that is not known.
    pub meaning: Option<Value>,
}

/// A training program that rows name.
#[derive(Debug, Clone, PartialEq)]
pub struct ProgramGroup {
    /// Its fields as the file gives them.
    pub draft: RecordDraft,
    /// The program on the server; `None` when it is new.
    pub existing: Option<TrainingProgramId>,
    /// How many rows go to it, whatever becomes of them.
    pub participants: usize,
    /// Its key: the fields that make a program, as the file gives them.
    key: ProgramKey,
    is_ambiguous: bool,
}

/// The fields that make a program; `None` for those that the file has no column for.
type ProgramKey = [Option<String>; 6];

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
}

/// A file, read and judged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportPreview {
    /// The sheets that are read.
    pub sheets: Vec<PreviewSheet>,
    /// Sheets that look like those and are not read.
    pub sheets_alike: Vec<String>,
    /// What has to be answered before anything is sent.
    pub questions: Vec<FileQuestion>,
    /// Required fields that no column and no answer fills.
    pub missing: Vec<&'static str>,
    /// The words of columns that take words.
    pub words: Vec<PanelWord>,
    /// What the rules found.
    pub findings: Vec<FileFinding>,
    /// The rows that are nobody, in order.
    pub left_out: Vec<(RowPlace, LeftOut)>,
    /// The rows with people, in order.
    pub rows: Vec<PreviewRow>,
    /// The training programs that rows name.
    pub programs: Vec<ProgramGroup>,
}

/// Rows seen so far, to find the same one again.
#[derive(Default)]
struct SeenRows {
    natural_keys: HashMap<(Option<usize>, String), u32>,
    ids: HashMap<(Option<usize>, String), RowPlace>,
}

impl ImportPreview {
    /// Reads and judges a file. Nothing is asked of the server here: `server` is what it is known to hold.
    pub fn new(
        grids: &[FileGrid],
        target: &ImportTarget,
        answers: &Answers,
        server: &ServerKnowledge,
    ) -> Self {
        let mut preview = Self::default();
        let choice = choose_sheets(grids, answers);
        preview.questions.extend(choice.question);
        preview.sheets_alike = choice.alike;
        for (grid_at, row) in &choice.sheets {
            let grid = &grids[*grid_at];
            preview.sheets.push(PreviewSheet {
                grid: *grid_at,
                name: (!grid.is_text).then(|| grid.name.clone()),
                heading_row: grid.rows().get(row.row).map_or(1, |row| row.number),
                columns: lay_columns(grid, row, answers),
            });
            preview.classify_rows(grid, preview.sheets.len() - 1, row.row);
        }
        preview.judge(grids, target, answers, server);
        preview
    }

    /// Tells people from other rows, and finds for each person the row whose program stands for blanks.
    fn classify_rows(&mut self, grid: &FileGrid, sheet: usize, heading_row: usize) {
        let columns = &mut self.sheets[sheet].columns;
        let roles: Vec<(usize, ColumnRole)> =
            columns.iter().filter_map(|column| Some((column.column, column.role?))).collect();
        let width = columns.last().map_or(0, |column| column.column + 1);
        let mut headings = vec![String::new(); width];
        for column in columns.iter() {
            headings[column.column].clone_from(&column.heading);
        }
        let name_column = roles.iter().find(|(_, role)| is_program_name(*role)).map(|(column, _)| *column);
        let (mut program_row, mut people) = (None, Vec::new());
        for (at, row) in grid.rows().iter().enumerate() {
            let place = RowPlace { sheet, number: row.number };
            if at <= heading_row {
                // Headings in two rows are no title.
                let is_title =
                    at < heading_row && !(at + 1 == heading_row && is_upper_heading(grid, at, &headings));
                self.left_out.extend(is_title.then_some((place, LeftOut::Title)));
                continue;
            }
            let kind = row_kind(grid, at, &roles, &headings);
            let names_program = name_column.is_some_and(|column| !grid.cell(at, column).is_blank());
            if names_program && matches!(kind, RowKind::Person | RowKind::Program) {
                program_row = Some(at);
            }
            match kind {
                RowKind::Person => {
                    people.push(at);
                    self.rows.push(PreviewRow {
                        place,
                        standing: RowStanding::Ready,
                        program: None,
                        grid_row: at,
                        program_row: program_row.filter(|from| *from != at && !names_program),
                    });
                }
                RowKind::Program => self.left_out.push((place, LeftOut::Program)),
                RowKind::LeftOut(why) => self.left_out.push((place, why)),
            }
        }
        for column in columns.iter_mut() {
            gather_facts(grid, column, &people);
        }
    }

    fn judge(
        &mut self,
        grids: &[FileGrid],
        target: &ImportTarget,
        answers: &Answers,
        server: &ServerKnowledge,
    ) {
        let own_program = match target {
            ImportTarget::Program(_, id) => server.program(*id),
            ImportTarget::Scorecard(_) => None,
        };
        let into_scorecard = matches!(target, ImportTarget::Scorecard(_));
        let mut findings = FindingTable::default();
        let (mut seen, mut open) = (SeenRows::default(), OpenQuestions::default());
        let mut costs: HashMap<&'static str, Vec<(usize, Decimal)>> = HashMap::new();
        let mut groups: HashMap<ProgramKey, usize> = HashMap::new();
        let mut rows = std::mem::take(&mut self.rows);
        let mut readers: Vec<RowReader<'_>> = Vec::new();
        for sheet in &self.sheets {
            readers.push(RowReader::new(&grids[sheet.grid], &sheet.columns, answers));
        }
        let participants = match target {
            ImportTarget::Program(scorecard, id) => Collection::Participants(scorecard.clone(), *id),
            // Natural keys do not depend on the program.
            ImportTarget::Scorecard(scorecard) => match TrainingProgramId::new(1) {
                Some(id) => Collection::Participants(scorecard.clone(), id),
                None => return,
            },
        };
        let mut programs: Vec<ProgramGroup> = Vec::new();
        for (at, row) in rows.iter_mut().enumerate() {
            let sheet = &self.sheets[row.place.sheet];
            let reader = &readers[row.place.sheet];
            let values = reader.read(row.grid_row, row.program_row);
            let mut problems = values.problems.clone();
            let mut add = |rule, detail| problems.push(RowProblem { rule, column: None, detail });
            if grids[sheet.grid].rows()[row.grid_row].is_hidden {
                add(Rule::HiddenRow, None);
            }
            open.employed |= values.open.employed;
            open.disabled |= values.open.disabled;
            open.foreign |= values.open.foreign;
            if into_scorecard {
                match program_key(&sheet.columns, &values) {
                    None => add(Rule::ProgramMissing, None),
                    Some(key) => {
                        let group = *groups.entry(key.clone()).or_insert_with(|| {
                            programs.push(program_group(key, &values, server));
                            programs.len() - 1
                        });
                        row.program = Some(group);
                        let group = &mut programs[group];
                        group.participants += 1;
                        if group.draft.value("name") != program_value(&values, "name") {
                            add(Rule::ProgramSpelling, None);
                        }
                        if group.is_ambiguous {
                            add(Rule::ProgramAmbiguous, Some(group.name()));
                        } else if group.existing.is_none() && group.draft.value("category").is_blank() {
                            add(Rule::CategoryMissing, None);
                        }
                    }
                }
            } else if let Some(program) = own_program
                && !names_program(program, &values)
            {
                add(Rule::OtherProgram, None);
            }
            let existing_program = match (target, row.program) {
                (ImportTarget::Program(_, id), _) => Some(*id),
                (_, Some(group)) => programs[group].existing,
                _ => None,
            };
            let category_value = match (row.program, own_program) {
                (Some(group), _) => Some(programs[group].draft.value("category").clone()),
                (None, Some(program)) => Some(program.value("category").clone()),
                (None, None) => None,
            };
            let context = ParticipantContext {
                category: category_value.as_ref().and_then(Value::raw),
                ..server.context()
            };
            let judged = judge_values(&values, context);
            let by_field = judged.into_iter().map(|(field, rule)| (Some(field), rule));
            let mut stop = problems.iter().map(|problem| problem.rule.severity()).max();
            let mut by_field: Vec<(Option<&'static str>, Rule)> = by_field.collect();
            stop = stop.max(by_field.iter().map(|(_, rule)| rule.severity()).max());
            let is_stopped = stop == Some(RuleSeverity::Stop);

            let draft = values.draft();
            let natural_key = participants.natural_key(|name| draft.value(name));
            let id = draft.value("id_number").raw().unwrap_or_default().to_owned();
            let same_before = seen.natural_keys.entry((row.program, natural_key)).or_insert(0);
            let matches_there = server.matches(existing_program, &participants, &draft);
            let exists = *same_before < matches_there && !is_stopped;
            if exists {
                if answers.existing == Some(ExistingAnswer::Hold) {
                    by_field.push((None, Rule::Existing));
                }
            } else if *same_before > 0 {
                by_field.push((None, Rule::DuplicateRow));
            } else if !id.is_empty() {
                if seen.ids.contains_key(&(row.program, id.clone())) {
                    by_field.push((Some("id_number"), Rule::DuplicatePerson));
                }
                if server.has_person(existing_program, &id) {
                    by_field.push((Some("id_number"), Rule::PersonOnServer));
                }
                let period = (date_of(draft.value("start_date")), date_of(draft.value("end_date")));
                if server.is_elsewhere(existing_program, &id, period) {
                    by_field.push((Some("id_number"), Rule::PersonElsewhere));
                }
            }
            *same_before += 1;
            if !id.is_empty() {
                seen.ids.entry((row.program, id)).or_insert(row.place);
            }
            row.standing =
                standing_of(&problems, &by_field, exists && answers.existing != Some(ExistingAnswer::Hold));
            if row.standing != RowStanding::Existing {
                for (name, value) in draft.entries() {
                    if let Value::Decimal(n) = value
                        && PARTICIPANT.field(name).is_some_and(is_cost)
                        && !n.is_zero()
                    {
                        costs.entry(name).or_default().push((at, *n));
                    }
                }
            }
            for problem in problems {
                let subject =
                    problem.column.map(|column| sheet.columns[column].heading.clone()).unwrap_or_default();
                let cell = problem.column.filter(|_| problem.rule.severity() == RuleSeverity::Stop);
                let cell = cell.map(|column| reader.place(row.grid_row, column));
                findings.add(problem.rule, subject, problem.detail, row.place, cell);
            }
            for (field, rule) in by_field {
                let subject = field
                    .and_then(|name| PARTICIPANT.field(name))
                    .map(super::super::record::SchemaField::label)
                    .unwrap_or_default();
                findings.add(rule, subject, None, row.place, None);
            }
        }
        find_outliers(&costs, &mut rows, &mut findings);
        self.rows = rows;
        self.programs = programs;
        self.findings = findings.into_findings();
        self.words = panel_words(&self.sheets, answers);
        self.missing = missing_fields(&self.sheets, answers, open);
        let into_scorecard = matches!(target, ImportTarget::Scorecard(_));
        let asked = open_questions(grids, &self.sheets, &self.rows, into_scorecard, answers, open);
        self.questions.extend(asked);
    }

    /// How many rows have a standing.
    pub fn count(&self, standing: RowStanding) -> usize {
        self.rows.iter().filter(|row| row.standing == standing).count()
    }

    /// How many rows stand below the headings.
    pub fn rows_below(&self) -> usize {
        self.rows.len() + self.left_out.iter().filter(|(_, why)| *why != LeftOut::Title).count()
    }

    /// Whether everything that has to be answered is.
    pub fn is_answered(&self) -> bool {
        self.questions.is_empty() && self.missing.is_empty()
    }

    /// The programs on the server that rows go to.
    pub fn existing_programs(&self) -> Vec<TrainingProgramId> {
        self.programs.iter().filter_map(|group| group.existing).collect()
    }

    /// Reads a row again. `grids` and `answers` are those that the preview was made of.
    pub fn row_values(&self, grids: &[FileGrid], answers: &Answers, row: &PreviewRow) -> RowValues {
        let sheet = &self.sheets[row.place.sheet];
        RowReader::new(&grids[sheet.grid], &sheet.columns, answers).read(row.grid_row, row.program_row)
    }

    /// Reads the rows again, in order, each with its values.
    pub fn read_rows<'a>(
        &'a self,
        grids: &'a [FileGrid],
        answers: &'a Answers,
    ) -> impl Iterator<Item = (&'a PreviewRow, RowValues)> {
        let reader = |sheet: &'a PreviewSheet| RowReader::new(&grids[sheet.grid], &sheet.columns, answers);
        let readers: Vec<RowReader<'a>> = self.sheets.iter().map(reader).collect();
        self.rows.iter().map(move |row| (row, readers[row.place.sheet].read(row.grid_row, row.program_row)))
    }

    /// The rows as changes to stage, those that are on the server already left out. `collection` gives the
    /// participants of a row's program; rows without one are left out.
    pub fn changes(
        &self,
        grids: &[FileGrid],
        answers: &Answers,
        now: Timestamp,
        collection: impl Fn(&PreviewRow) -> Option<Collection>,
    ) -> Vec<RecordChange> {
        let mut reasons: HashMap<RowPlace, Vec<String>> = HashMap::new();
        // An unknown word is no value of its field, which holds the row until it is mended.
        let holds = |finding: &&FileFinding| {
            finding.rule.severity() == RuleSeverity::Hold && finding.rule != Rule::UnknownWord
        };
        for finding in self.findings.iter().filter(holds) {
            let subject =
                if finding.subject.is_empty() { String::new() } else { format!("{}: ", finding.subject) };
            for row in &finding.rows {
                reasons.entry(*row).or_default().push(format!("{subject}{}", finding.rule.words()));
            }
        }
        let mut changes = Vec::new();
        for (row, values) in self.read_rows(grids, answers) {
            if row.standing == RowStanding::Existing {
                continue;
            }
            let Some(collection) = collection(row) else { continue };
            let draft = values.draft();
            let name = collection.name_of(&draft);
            let mut change = RecordChange::new(collection, name, Intent::Create(draft), now);
            change.file_row = Some(row.place.number);
            if let Some(why) = reasons.get(&row.place) {
                change.hold = Hold::Held(why.join("; ").into());
            }
            changes.push(change);
        }
        changes
    }
}

fn is_program_name(role: ColumnRole) -> bool {
    matches!(role, ColumnRole::Program(field) if field.name == "name")
}

/// Whether the row above the headings is their upper half.
fn is_upper_heading(grid: &FileGrid, row: usize, headings: &[String]) -> bool {
    let texts = || grid.cells(row).enumerate().filter(|(_, cell)| !cell.is_blank());
    texts().count() > 1
        && texts().any(|(column, cell)| {
            headings.get(column).is_some_and(|heading| *heading == cell.to_text(grid.dates))
        })
}

/// The rules that a row's values break, apart from what its cells break already.
fn judge_values(values: &RowValues, context: ParticipantContext<'_>) -> Vec<(&'static str, Rule)> {
    let mut found = participant_findings(|name| values.value(name), context);
    // A rounded number was found in its cell.
    found.retain(|(_, rule)| *rule != Rule::IdRounded);
    for field in PARTICIPANT.fields.iter().filter(|field| field.requirement == Requirement::Required) {
        let is_open = match field.name {
            "disabled" => values.open.disabled,
            "foreign" => values.open.foreign,
            _ => false,
        };
        if values.value(field.name).is_blank() && !is_open {
            found.push((field.name, Rule::Required));
        }
    }
    let costs =
        || PARTICIPANT.fields.iter().filter(|field| is_cost(field)).map(|field| values.value(field.name));
    if costs().any(|value| *value != Value::Absent)
        && costs().all(|value| matches!(value, Value::Absent) || is_zero(value))
    {
        found.push(("course_cost", Rule::NoCosts));
    }
    if let Some(total) = values.stated_total {
        let sum: Decimal =
            costs().filter_map(|value| if let Value::Decimal(n) = value { Some(*n) } else { None }).sum();
        let is_read = costs().all(|value| !matches!(value, Value::Unparsed(_)));
        if is_read && (total - sum).abs() >= Decimal::ONE {
            found.push(("course_cost", Rule::TotalMismatch));
        }
    }
    found
}

fn is_zero(value: &Value) -> bool {
    matches!(value, Value::Decimal(n) if n.is_zero())
}

fn standing_of(
    problems: &[RowProblem],
    by_field: &[(Option<&'static str>, Rule)],
    exists: bool,
) -> RowStanding {
    let rules = problems.iter().map(|problem| problem.rule).chain(by_field.iter().map(|(_, rule)| *rule));
    match rules.map(Rule::severity).max() {
        Some(RuleSeverity::Stop) => RowStanding::Stopped,
        _ if exists => RowStanding::Existing,
        Some(RuleSeverity::Hold) => RowStanding::Held,
        _ => RowStanding::Ready,
    }
}

fn program_value<'a>(values: &'a RowValues, name: &str) -> &'a Value {
    values.program.iter().find(|(known, _)| *known == name).map_or(&Value::Absent, |(_, value)| value)
}

/// The key of the program that a row names; `None` when it names none.
fn program_key(columns: &[FileColumn], values: &RowValues) -> Option<ProgramKey> {
    if program_value(values, "name").is_blank() {
        return None;
    }
    Some(MATCHED_FIELDS.map(|name| {
        let has_column = columns
            .iter()
            .any(|column| matches!(column.role, Some(ColumnRole::Program(field)) if field.name == name));
        has_column.then(|| matched_text(program_value(values, name)))
    }))
}

/// A value of a field that makes a program, as it is compared: without case and doubled blanks; no is blank.
fn matched_text(value: &Value) -> String {
    match value {
        Value::Flag(false) => String::new(),
        value => normalize_word(&value.edit_text()),
    }
}

fn program_group(key: ProgramKey, values: &RowValues, server: &ServerKnowledge) -> ProgramGroup {
    let fits = |record: &&Record| {
        MATCHED_FIELDS.iter().zip(&key).all(|(name, wanted)| {
            wanted.as_ref().is_none_or(|wanted| matched_text(record.value(name)) == *wanted)
        })
    };
    let fitting: Vec<&Record> = server.programs().iter().filter(fits).collect();
    let mut draft =
        RecordDraft::new(values.program.iter().filter(|(_, value)| !value.is_blank()).cloned().collect());
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
    ProgramGroup { draft, existing, participants: 0, key, is_ambiguous: fitting.len() > 1 }
}

/// Whether what a row says of its program fits this one.
fn names_program(program: &Record, values: &RowValues) -> bool {
    let is_said = |(name, value): &&(&'static str, Value)| MATCHED_FIELDS.contains(name) && !value.is_blank();
    values
        .program
        .iter()
        .filter(is_said)
        .all(|(name, value)| matched_text(program.value(name)) == matched_text(value))
}

/// Holds rows with a cost of ten times the median of its column or more, where there are enough to tell.
fn find_outliers(
    costs: &HashMap<&'static str, Vec<(usize, Decimal)>>,
    rows: &mut [PreviewRow],
    findings: &mut FindingTable,
) {
    const ENOUGH: usize = 5;
    let mut names: Vec<_> = costs.keys().copied().collect();
    names.sort_unstable();
    for name in names {
        let values = &costs[name];
        let mut sorted: Vec<f64> = values.iter().filter_map(|(_, n)| n.to_f64()).collect();
        sorted.sort_by(f64::total_cmp);
        let Some(median) =
            sorted.get(sorted.len() / 2).filter(|median| sorted.len() >= ENOUGH && **median > 0.0)
        else {
            continue;
        };
        for (at, n) in values {
            if n.to_f64().is_some_and(|n| n >= median * 10.0) {
                let row = &mut rows[*at];
                row.standing = row.standing.max(RowStanding::Held);
                let label = PARTICIPANT.field(name).map(super::super::record::SchemaField::label).unwrap_or_default();
                findings.add(Rule::CostOutlier, label, None, row.place, None);
            }
        }
    }
}

/// The words of all columns that take words, with what they mean.
fn panel_words(sheets: &[PreviewSheet], answers: &Answers) -> Vec<PanelWord> {
    let mut words: Vec<PanelWord> = Vec::new();
    for column in sheets.iter().flat_map(|sheet| &sheet.columns) {
        for (word, rows) in &column.facts.words {
            let known = words.iter_mut().find(|known| {
                known.heading == column.heading && normalize_word(&known.word) == normalize_word(word)
            });
            if let Some(known) = known {
                known.rows += rows;
                continue;
            }
            let meaning = column.word_meaning(word, answers);
            words.push(PanelWord {
                heading: column.heading.clone(),
                word: word.clone(),
                rows: *rows,
                meaning,
            });
        }
    }
    words
}

/// The required fields that no column and no answer fills.
fn missing_fields(sheets: &[PreviewSheet], answers: &Answers, open: OpenQuestions) -> Vec<&'static str> {
    let fills = |sheet: &PreviewSheet, name: &str| {
        sheet.columns.iter().any(|column| match column.role {
            Some(ColumnRole::Field(field) | ColumnRole::Inverted(field)) => field.name == name,
            Some(ColumnRole::Name(_)) => name == "full_name",
            Some(ColumnRole::GenderAndRace) => matches!(name, "gender" | "race"),
            _ => false,
        })
    };
    let is_asked = |name: &str| match name {
        // A question is open, or an answer fills them.
        "disabled" => answers.disabled.is_some() || open.disabled,
        "foreign" => answers.foreign.is_some() || open.foreign,
        _ => false,
    };
    let required = PARTICIPANT.fields.iter().filter(|field| field.requirement == Requirement::Required);
    let missing = required.filter(|field| {
        !sheets.is_empty() && sheets.iter().any(|sheet| !fills(sheet, field.name)) && !is_asked(field.name)
    });
    missing.map(|field| field.name).filter(|name| !matches!(*name, "disabled" | "foreign")).collect()
}

/// Findings, gathered by rule, subject and detail.
#[derive(Default)]
struct FindingTable {
    order: Vec<FileFinding>,
    places: HashMap<(Rule, String, Option<String>), usize>,
}

/// How many cells a message names.
const NAMED_CELLS: usize = 5;

impl FindingTable {
    fn add(
        &mut self,
        rule: Rule,
        subject: String,
        detail: Option<String>,
        row: RowPlace,
        cell: Option<String>,
    ) {
        let key = (rule, subject, detail);
        let at = match self.places.get(&key) {
            Some(at) => *at,
            None => {
                self.order.push(FileFinding {
                    rule,
                    subject: key.1.clone(),
                    detail: key.2.clone(),
                    rows: Vec::new(),
                    cells: Vec::new(),
                });
                self.places.insert(key, self.order.len() - 1);
                self.order.len() - 1
            }
        };
        let finding = &mut self.order[at];
        if finding.rows.last() != Some(&row) {
            finding.rows.push(row);
        }
        if finding.cells.len() < NAMED_CELLS {
            finding.cells.extend(cell);
        } else if cell.is_some() && finding.cells.last().is_some_and(|last| last != "…") {
            finding.cells.push("…".into());
        }
    }

    /// The findings, the gravest first, then in the order in which they were found.
    fn into_findings(mut self) -> Vec<FileFinding> {
        self.order.sort_by_key(|finding| std::cmp::Reverse(finding.rule.severity()));
        self.order
    }
}
