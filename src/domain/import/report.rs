//! The report of a dry run, as scripts read it.

use serde::Serialize;
use serde_json::Value as Json;

use crate::domain::file_grid::FileGrid;
use crate::domain::import::answers::{Answers, FileQuestion};
use crate::domain::import::file_rows::{PreviewRow, RowPlace, RowStanding};
use crate::domain::import::findings::FileFinding;
use crate::domain::import::preview::ImportPreview;
use crate::domain::import::row_values::RowValues;
use crate::domain::import::vocabulary::ColumnRole;
use crate::domain::record::{RecordDraft, Value};

/// The report of a dry run; its keys are a contract.
#[derive(Debug, Serialize)]
pub struct ImportReport {
    /// The file's name.
    pub file: String,
    /// The sheet that is read; null for a text file.
    pub sheet: Option<String>,
    /// All sheets that are read, if there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<String>,
    /// The number of the row of headings.
    pub heading_row: u32,
    /// How many rows stand below the headings.
    pub rows: usize,
    /// How many of them are sent.
    pub ready: usize,
    /// How many wait for a word.
    pub held: usize,
    /// How many cannot be sent.
    pub stopped: usize,
    /// How many are on the server already.
    pub existing: usize,
    /// The rows that are nobody.
    pub left_out: Vec<LeftOutRow>,
    /// The columns.
    pub columns: Vec<ReportColumn>,
    /// The words of columns that take words.
    pub values: Vec<ReportWord>,
    /// What has to be answered first.
    pub questions: Vec<FileQuestion>,
    /// Required fields that no column and no answer fills.
    pub missing: Vec<&'static str>,
    /// What the rules found.
    pub findings: Vec<ReportFinding>,
    /// The training programs that rows name.
    pub programs: Vec<ReportProgram>,
    /// The rows with people, as they would be sent.
    pub records: Vec<ReportRecord>,
}

/// A row that is left out.
#[derive(Debug, Serialize)]
pub struct LeftOutRow {
    #[serde(flatten)]
    place: ReportPlace,
    why: &'static str,
}

/// Where a row stands; the sheet only where several are read.
#[derive(Debug, Serialize)]
pub struct ReportPlace {
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet: Option<String>,
    row: u32,
}

/// A column and what it fills.
#[derive(Debug, Serialize)]
pub struct ReportColumn {
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet: Option<String>,
    heading: String,
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    inverted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    also: Option<&'static str>,
}

/// A word and what it means.
#[derive(Debug, Serialize)]
pub struct ReportWord {
    column: String,
    word: String,
    rows: u32,
    value: Json,
}

/// What a rule found.
#[derive(Debug, Serialize)]
pub struct ReportFinding {
    rule: &'static str,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet: Option<String>,
    rows: Vec<u32>,
    message: String,
}

/// A training program.
#[derive(Debug, Serialize)]
pub struct ReportProgram {
    name: String,
    category: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    distinction: String,
    participants: usize,
    exists: bool,
}

/// A row as it would be sent.
#[derive(Debug, Serialize)]
pub struct ReportRecord {
    #[serde(flatten)]
    place: ReportPlace,
    standing: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    program: Option<String>,
    body: RecordDraft,
}

impl ImportReport {
    /// The report of a preview. `grids` and `answers` are those that it was made of.
    pub fn new(file: String, preview: &ImportPreview, grids: &[FileGrid], answers: &Answers) -> Self {
        let names: Vec<Option<String>> = preview.sheets.iter().map(|sheet| sheet.name.clone()).collect();
        let has_several = names.len() > 1;
        let sheet_of = |sheet: usize| names.get(sheet).cloned().flatten().filter(|_| has_several);
        let place = |place: RowPlace| ReportPlace { sheet: sheet_of(place.sheet), row: place.number };
        let columns = preview.sheets.iter().enumerate().flat_map(|(at, sheet)| {
            let column = move |column: &crate::domain::import::columns::FileColumn| {
                report_column(&column.heading, column.role)
            };
            sheet.columns.iter().map(move |known| (at, column(known)))
        });
        let word = |word: &crate::domain::import::preview::PanelWord| ReportWord {
            column: word.heading.clone(),
            word: word.word.clone(),
            rows: word.rows,
            value: word.meaning.as_ref().map_or(Json::Null, json_value),
        };
        let record = |(row, values): (&PreviewRow, RowValues)| ReportRecord {
            place: place(row.place),
            standing: row.standing.as_str(),
            program: row.program.map(|group| preview.programs[group].name()),
            body: body(&values),
        };
        let program = |group: &crate::domain::import::program_groups::ProgramGroup| ReportProgram {
            name: group.name(),
            category: Some(group.category()).filter(|category| !category.is_empty()),
            distinction: group.distinction(),
            participants: group.participants,
            exists: group.existing.is_some(),
        };
        Self {
            file,
            sheet: names.first().cloned().flatten(),
            sheets: if has_several { names.iter().flatten().cloned().collect() } else { Vec::new() },
            heading_row: preview.sheets.first().map_or(0, |sheet| sheet.heading_row),
            rows: preview.rows_below(),
            ready: preview.count(RowStanding::Ready),
            held: preview.count(RowStanding::Held),
            stopped: preview.count(RowStanding::Stopped),
            existing: preview.count(RowStanding::Existing),
            left_out: preview
                .left_out
                .iter()
                .map(|(row, why)| LeftOutRow { place: place(*row), why: why.as_str() })
                .collect(),
            columns: columns.map(|(at, column)| ReportColumn { sheet: sheet_of(at), ..column }).collect(),
            values: preview.words.iter().map(word).collect(),
            questions: preview.questions.clone(),
            missing: preview.missing.clone(),
            findings: preview
                .findings
                .iter()
                .flat_map(|finding| report_findings(finding, &sheet_of))
                .collect(),
            programs: preview.programs.iter().map(program).collect(),
            records: preview.read_rows(grids, answers).map(record).collect(),
        }
    }
}

fn report_column(heading: &str, role: Option<ColumnRole>) -> ReportColumn {
    let plain = ReportColumn {
        sheet: None,
        heading: heading.to_owned(),
        field: role.map(ColumnRole::name),
        part: None,
        inverted: false,
        also: None,
    };
    match role {
        Some(ColumnRole::Name(part)) => {
            ReportColumn { field: Some("full_name".into()), part: Some(part.as_str()), ..plain }
        }
        Some(ColumnRole::Inverted(field)) => {
            ReportColumn { field: Some(field.name.into()), inverted: true, ..plain }
        }
        Some(ColumnRole::GenderAndRace) => {
            ReportColumn { field: Some("race".into()), also: Some("gender"), ..plain }
        }
        _ => plain,
    }
}

/// A finding, once for each sheet that it has rows of.
fn report_findings(finding: &FileFinding, sheet_of: &impl Fn(usize) -> Option<String>) -> Vec<ReportFinding> {
    let mut by_sheet: Vec<(usize, Vec<u32>)> = Vec::new();
    for row in &finding.rows {
        match by_sheet.last_mut() {
            Some((sheet, rows)) if *sheet == row.sheet => rows.push(row.number),
            _ => by_sheet.push((row.sheet, vec![row.number])),
        }
    }
    if by_sheet.is_empty() {
        by_sheet.push((usize::MAX, Vec::new()));
    }
    let report = |(sheet, rows)| ReportFinding {
        rule: finding.rule.id(),
        severity: finding.rule.severity().as_str(),
        sheet: sheet_of(sheet),
        rows,
        message: finding.message(),
    };
    by_sheet.into_iter().map(report).collect()
}

/// What would be sent of a row; what cannot be read is not in it.
fn body(values: &RowValues) -> RecordDraft {
    let readable = values.participant.iter().filter(|(_, value)| !matches!(value, Value::Unparsed(_)));
    RecordDraft::new(readable.cloned().collect())
}

fn json_value(value: &Value) -> Json {
    match value {
        Value::Flag(yes) => Json::Bool(*yes),
        Value::Integer(n) => Json::from(*n),
        value => Json::String(value.edit_text().into_owned()),
    }
}
