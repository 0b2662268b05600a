//! A file, read and judged before anything is sent: its tables, questions, words, findings and programs.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::domain::change::collection::Collection;
use crate::domain::change::record_change::{Hold, Intent, REASON_DIVIDER, RecordChange};
use crate::domain::change::rule::Rule;
use crate::domain::file_grid::{FileCell, FileGrid, column_letters};
use crate::domain::id::TrainingProgramId;
use crate::domain::import::answers::{Answers, FileQuestion};
use crate::domain::import::columns::{ColumnFacts, column_facts, lay_columns};
use crate::domain::import::file_rows::{ImportTarget, PreviewRow, PreviewSheet, RowPlace, RowStanding};
use crate::domain::import::fill_down::FillDown;
use crate::domain::import::findings::{FileFinding, FindingTable};
use crate::domain::import::program_groups::{CATEGORY_WORDS, ProgramGroup, ProgramGroups};
use crate::domain::import::questions::open_questions;
use crate::domain::import::row_judge::{JudgedBy, ReadRow, RowJudge};
use crate::domain::import::row_reader::RowReader;
use crate::domain::import::row_values::RowValues;
use crate::domain::import::server_knowledge::ServerKnowledge;
use crate::domain::import::sheet_table::{LeftOut, RowClassifier, RowKind, RowShape, choose_sheets};
use crate::domain::import::vocabulary::{ColumnRole, normalize, normalize_word};
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::record::{Requirement, SchemaField, Value};

/// How many rows are read before they are judged: a few, so that what they hold is soon let go.
const ROWS_AT_ONCE: usize = 4096;
/// How many rows are worth handing to another processor.
const ROWS_OF_A_TASK: usize = 128;

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
                has_headings: row.is_known(),
                columns: lay_columns(grid, row, answers),
            });
            preview.classify_rows(grid, preview.sheets.len() - 1, row.row);
        }
        preview.judge(grids, target, answers, server);
        preview
    }

    /// Tells people from other rows, and finds the cells above that may stand for their blanks.
    fn classify_rows(&mut self, grid: &FileGrid, sheet: usize, heading_row: usize) {
        let columns = &mut self.sheets[sheet].columns;
        let named: Vec<(usize, String, Option<ColumnRole>)> =
            columns.iter().map(|column| (column.column, column.heading.clone(), column.role)).collect();
        let mut classifier = RowClassifier::new(grid, &named);
        let mut fill_down = FillDown::new(grid, columns);
        let (mut people, mut hints) = (Vec::new(), Vec::new());
        let below = (heading_row + 1..grid.rows().len()).into_par_iter();
        let shapes: Vec<RowShape> = below.map(|row| classifier.shape(row)).collect();
        let mut shapes = shapes.into_iter();
        for (at, row) in grid.rows().iter().enumerate() {
            let place = RowPlace { sheet, number: row.number };
            if at <= heading_row {
                // Headings in two rows are no title.
                let is_upper_half = at + 1 == heading_row && is_upper_heading(grid, at, &named);
                self.left_out.extend((at < heading_row && !is_upper_half).then_some((place, LeftOut::Title)));
                continue;
            }
            let Some(shape) = shapes.next() else { break };
            match classifier.next_row(at, shape) {
                RowKind::Person => {
                    people.push(at);
                    let filled = fill_down.next_row(at);
                    let standing = RowStanding::Ready;
                    self.rows.push(PreviewRow { place, standing, program: None, grid_row: at, filled });
                }
                RowKind::Program => {
                    fill_down.next_row(at);
                    self.left_out.push((place, LeftOut::Program));
                }
                RowKind::LeftOut(why) => {
                    hints.extend((why == LeftOut::Hint).then_some(at));
                    self.left_out.push((place, why));
                }
            }
        }
        for column in columns.iter_mut() {
            // `dd/mm/yyyy` below a heading says as much as in it.
            let mut asked = hints.iter().filter_map(|row| match grid.cell(*row, column.column) {
                FileCell::Text(text) => normalize(text).date_order,
                _ => None,
            });
            column.heading_order = column.heading_order.or_else(|| asked.next());
        }
        let facts: Vec<ColumnFacts> =
            columns.par_iter().map(|column| column_facts(grid, column, &people)).collect();
        columns.iter_mut().zip(facts).for_each(|(column, facts)| column.facts = facts);
    }

    fn judge(
        &mut self,
        grids: &[FileGrid],
        target: &ImportTarget,
        answers: &Answers,
        server: &ServerKnowledge,
    ) {
        let into_scorecard = target.program().is_none();
        let mut rows = std::mem::take(&mut self.rows);
        let readers: Vec<RowReader<'_>> = self
            .sheets
            .iter()
            .map(|sheet| RowReader::new(&grids[sheet.grid], &sheet.columns, answers))
            .collect();
        let programs = self.program_groups(&rows, &readers, into_scorecard, server);
        let by = JudgedBy { target, answers, server };
        let mut judge = RowJudge::new(grids, &self.sheets, &readers, by, programs, rows.len());
        self.note_layout(grids, &rows, &mut judge.findings);
        let read = |rows: &[PreviewRow]| -> Vec<ReadRow> {
            let read_row = |row: &PreviewRow| {
                ReadRow::new(readers[row.place.sheet].read(row.grid_row, &row.filled), server)
            };
            rows.par_iter().with_min_len(ROWS_OF_A_TASK).map(read_row).collect()
        };
        // While some rows are judged, one after the other, the next ones are read.
        let mut parts = rows.chunks(ROWS_AT_ONCE).peekable();
        let mut outcomes = Vec::with_capacity(rows.len());
        let mut next = parts.peek().map(|rows| read(rows)).unwrap_or_default();
        while let Some(own) = parts.next() {
            let current = std::mem::take(&mut next);
            let judge_rows = || {
                for (row, read) in own.iter().zip(current) {
                    let at = outcomes.len();
                    outcomes.push(judge.judge_row(at, row, read));
                }
            };
            ((), next) = rayon::join(judge_rows, || parts.peek().map(|rows| read(rows)).unwrap_or_default());
        }
        for (row, (standing, program)) in rows.iter_mut().zip(outcomes) {
            (row.standing, row.program) = (standing, program);
        }
        let RowJudge { programs, findings, open, .. } = judge.finished(&mut rows);
        self.rows = rows;
        self.programs = programs.groups;
        self.findings = findings.into_findings();
        self.words = panel_words(&self.sheets);
        self.words.extend(category_words(&self.programs));
        self.missing = missing_fields(&self.sheets);
        let asked = open_questions(grids, &self.sheets, &self.rows, into_scorecard, answers, open);
        self.questions.extend(asked);
    }

    /// The programs of the rows, ready to be grouped.
    fn program_groups(
        &self,
        rows: &[PreviewRow],
        readers: &[RowReader<'_>],
        into_scorecard: bool,
        server: &ServerKnowledge,
    ) -> ProgramGroups {
        if !into_scorecard {
            return ProgramGroups::default();
        }
        let Some(sheet) = self.sheets.first() else { return ProgramGroups::default() };
        let said: Vec<_> =
            rows.iter().map(|row| readers[row.place.sheet].read_program(row.grid_row, &row.filled)).collect();
        ProgramGroups::new(&sheet.columns, said.iter().map(Vec::as_slice), server)
    }

    /// Notes columns and sheets that are not read although they hold something.
    fn note_layout(&self, grids: &[FileGrid], rows: &[PreviewRow], findings: &mut FindingTable) {
        for (at, sheet) in self.sheets.iter().enumerate() {
            let grid = &grids[sheet.grid];
            let own = || rows.iter().filter(|row| row.place.sheet == at);
            let is_hidden = |column: usize| {
                let column = column as u32;
                grid.hidden_columns.iter().any(|(first, last)| (*first..=*last).contains(&column))
            };
            for column in &sheet.columns {
                let rule = match column.role {
                    None if column.choices.is_empty() => Rule::UnreadColumn,
                    Some(_) if is_hidden(column.column) => Rule::HiddenColumn,
                    _ => continue,
                };
                for row in own().filter(|row| !grid.cell(row.grid_row, column.column).is_blank()) {
                    findings.add(rule, column.heading.clone(), None, row.place, None);
                }
            }
            if !grid.is_text {
                let width = own().map(|row| grid.width(row.grid_row)).max().unwrap_or(0);
                let named: BTreeSet<usize> = sheet.columns.iter().map(|column| column.column).collect();
                for column in (0..width).filter(|column| !named.contains(column)) {
                    let label = format!("column {}", column_letters(column));
                    for row in own().filter(|row| !grid.cell(row.grid_row, column).is_blank()) {
                        findings.add(Rule::NoHeading, label.clone(), None, row.place, None);
                    }
                }
            }
        }
        for name in &self.sheets_alike {
            findings.add_of_file(Rule::OtherSheet, name.clone());
        }
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
        RowReader::new(&grids[sheet.grid], &sheet.columns, answers).read(row.grid_row, &row.filled)
    }

    /// Reads the rows again, in order, each with its values.
    pub fn read_rows<'a>(
        &'a self,
        grids: &'a [FileGrid],
        answers: &'a Answers,
    ) -> impl Iterator<Item = (&'a PreviewRow, RowValues)> {
        let reader = |sheet: &'a PreviewSheet| RowReader::new(&grids[sheet.grid], &sheet.columns, answers);
        let readers: Vec<RowReader<'a>> = self.sheets.iter().map(reader).collect();
        self.rows.iter().map(move |row| (row, readers[row.place.sheet].read(row.grid_row, &row.filled)))
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
        let holds = |finding: &&FileFinding| finding.rule.can_be_released();
        for finding in self.findings.iter().filter(holds) {
            let subject =
                if finding.subject.is_empty() { String::new() } else { format!("{}: ", finding.subject) };
            for row in finding.rows.iter().filter(|row| !answers.releases(finding.rule.id(), row.number)) {
                reasons.entry(*row).or_default().push(format!("{subject}{}", finding.rule.words()));
            }
        }
        let mut changes = Vec::new();
        for (row, values) in self.read_rows(grids, answers) {
            if row.standing == RowStanding::Existing {
                continue;
            }
            let Some(collection) = collection(row) else { continue };
            let draft = values.into_draft();
            let name = collection.name_of(&draft);
            let mut change = RecordChange::new(collection, name, Intent::Create(draft), now);
            change.file_row = Some(row.place.number);
            if let Some(why) = reasons.get(&row.place) {
                change.hold = Hold::Held(why.join(REASON_DIVIDER).into());
            }
            changes.push(change);
        }
        changes
    }
}

/// Whether the row above the headings is their upper half.
fn is_upper_heading(grid: &FileGrid, row: usize, columns: &[(usize, String, Option<ColumnRole>)]) -> bool {
    let filled = || grid.filled_cells(row);
    let is_part = |(column, cell): (usize, FileCell<'_>)| {
        let heading = columns.iter().find(|(own, ..)| *own == column).map_or("", |(_, heading, _)| heading);
        heading.contains(&cell.to_text(grid.dates))
    };
    filled().count() > 1 && filled().any(is_part)
}

/// The words of all columns that take words, with what they mean.
fn panel_words(sheets: &[PreviewSheet]) -> Vec<PanelWord> {
    let mut words: Vec<PanelWord> = Vec::new();
    let mut places: HashMap<(&str, String), usize> = HashMap::new();
    for column in sheets.iter().flat_map(|sheet| &sheet.columns) {
        for (word, rows) in &column.facts.words {
            let place = places.entry((&column.key, normalize_word(word))).or_insert(words.len());
            match words.get_mut(*place) {
                Some(known) => known.rows += rows,
                None => words.push(PanelWord {
                    heading: column.key.clone(),
                    word: word.clone(),
                    rows: *rows,
                    meaning: column.word_meaning(word),
                }),
            }
        }
    }
    words
}

/// The new programs without a category, each as a word that means one.
fn category_words(programs: &[ProgramGroup]) -> Vec<PanelWord> {
    let mut words: Vec<PanelWord> = Vec::new();
    for group in programs.iter().filter(|group| group.asks_category) {
        match words.iter_mut().find(|known| normalize_word(&known.word) == normalize_word(&group.name())) {
            Some(known) => known.rows += group.participants as u32,
            None => words.push(PanelWord {
                heading: CATEGORY_WORDS.into(),
                word: group.name(),
                rows: group.participants as u32,
                meaning: Some(group.draft.value("category").clone()).filter(|value| !value.is_blank()),
            }),
        }
    }
    words
}

/// The required fields that no column fills; disabled and foreign are asked instead.
fn missing_fields(sheets: &[PreviewSheet]) -> Vec<&'static str> {
    let fills = |sheet: &PreviewSheet, name: &str| {
        sheet.columns.iter().any(|column| match column.role {
            Some(ColumnRole::Field(field) | ColumnRole::Inverted(field)) => field.name == name,
            Some(ColumnRole::Name(_)) => name == "full_name",
            Some(ColumnRole::GenderAndRace) => matches!(name, "gender" | "race"),
            _ => false,
        })
    };
    let required = PARTICIPANT.fields.iter().filter(|field| {
        field.requirement == Requirement::Required && !matches!(field.name, "disabled" | "foreign")
    });
    let is_missing = |field: &&SchemaField| sheets.iter().any(|sheet| !fills(sheet, field.name));
    required.filter(is_missing).map(|field| field.name).collect()
}
