//! The questions that a file leaves open.

use crate::domain::file_grid::FileGrid;
use crate::domain::import::answers::{
    Answers, DateOrderAnswer, DateSystemAnswer, DecimalAnswer, EmploymentAnswer, FileQuestion, MergedAnswer,
    VatAnswer, YesNo,
};
use crate::domain::import::columns::FileColumn;
use crate::domain::import::file_rows::{PreviewRow, PreviewSheet};
use crate::domain::import::row_reader::RowReader;
use crate::domain::import::row_values::OpenQuestions;
use crate::domain::import::vocabulary::ColumnRole;

/// The questions that are open, in the order in which they are asked.
pub(super) fn open_questions(
    grids: &[FileGrid],
    sheets: &[PreviewSheet],
    rows: &[PreviewRow],
    into_scorecard: bool,
    answers: &Answers,
    open: OpenQuestions,
) -> Vec<FileQuestion> {
    let mut questions = heading_questions(sheets);
    let mut ask = |name: &'static str, option: &'static str, words: &[&str], why: String| {
        let choices = words.iter().map(|word| (*word).to_owned()).collect();
        questions.push(FileQuestion { name, heading: None, option, choices, why });
    };
    let columns = || sheets.iter().flat_map(|sheet| &sheet.columns).filter(|column| column.role.is_some());
    let headings = |asks: &dyn Fn(&FileColumn) -> bool| {
        let names: Vec<&str> =
            columns().filter(|column| asks(column)).map(|column| column.heading.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };

    let names_programs = columns()
        .any(|column| matches!(column.role, Some(ColumnRole::Program(field)) if field.name == "name"));
    if into_scorecard && !names_programs && !rows.is_empty() {
        let why =
            "no column names the training programs; name it, or import the file into one program".into();
        ask("program", "--column", &[], why);
    }
    if open.employed && answers.employed.is_none() {
        ask(
            "employed",
            "--employed",
            EmploymentAnswer::WORDS,
            why_asked(sheets, &["employed", "starting_employment_status"]),
        );
    }
    if open.disabled && answers.disabled.is_none() {
        ask("disabled", "--disabled", YesNo::WORDS, why_asked(sheets, &["disabled"]));
    }
    if open.foreign && answers.foreign.is_none() {
        ask("foreign", "--foreign", YesNo::WORDS, why_asked(sheets, &["foreign"]));
    }
    if let (Some(names), None) = (headings(&|column| column.asks_date_order()), answers.date_order) {
        let why = format!(
            "dates like 03/02/2026 can be read two ways, and nothing in the column settles it: {names}"
        );
        ask("date-order", "--date-order", DateOrderAnswer::WORDS, why);
    }
    if let (Some(names), None) = (headings(&|column| column.facts.asks_decimal()), answers.decimal) {
        let why =
            format!("amounts like 1,234 can be read two ways, and nothing in the column settles it: {names}");
        ask("decimal", "--decimal", DecimalAnswer::WORDS, why);
    }
    if let (Some(names), None) = (headings(&|column| column.facts.asks_date_system()), answers.date_system) {
        let why = format!(
            "numbers stand for dates, and a text file does not say from which year they count: {names}"
        );
        ask("date-system", "--date-system", DateSystemAnswer::WORDS, why);
    }
    if let (Some(names), None) =
        (headings(&|column| column.includes_vat && column.role.is_some_and(ColumnRole::is_cost)), answers.vat)
    {
        ask("vat", "--vat", VatAnswer::WORDS, format!("the heading says that VAT is included: {names}"));
    }
    let blanks = BlankCells::find(grids, sheets, rows, answers);
    if let (false, None) = (blanks.fill_down.is_empty(), answers.fill_down) {
        let why = format!("blank cells may mean \"as above\": {}", blanks.fill_down.join(", "));
        ask("fill-down", "--fill-down", YesNo::WORDS, why);
    }
    if let (false, None) = (blanks.merged_costs.is_empty(), answers.merged) {
        let why = format!("a cost is merged over several rows: {}", blanks.merged_costs.join(", "));
        ask("merged", "--merged", MergedAnswer::WORDS, why);
    }
    questions
}

fn heading_questions(sheets: &[PreviewSheet]) -> Vec<FileQuestion> {
    let mut questions: Vec<FileQuestion> = Vec::new();
    for column in sheets.iter().flat_map(|sheet| &sheet.columns) {
        let is_asked = questions.iter().any(|known| known.heading.as_ref() == Some(&column.key));
        if column.role.is_some() || column.choices.is_empty() || is_asked {
            continue;
        }
        questions.push(FileQuestion {
            name: "heading",
            heading: Some(column.key.clone()),
            option: "--column",
            choices: column.choices.iter().map(|role| role.name()).collect(),
            why: column.ask.words().into(),
        });
    }
    questions
}

/// Why a field is asked: no column says it, or the column leaves people out.
fn why_asked(sheets: &[PreviewSheet], names: &[&str]) -> String {
    let columns = sheets.iter().flat_map(|sheet| &sheet.columns);
    let own = columns.into_iter().find(|column| {
        column.role.and_then(ColumnRole::field).is_some_and(|field| {
            names.contains(&field.name) && !matches!(column.role, Some(ColumnRole::Program(_)))
        })
    });
    match own {
        None => "no column says it".into(),
        Some(column) => format!("rows are blank in the column {}", column.heading),
    }
}

/// The headings of columns with blanks that may mean something.
#[derive(Default)]
struct BlankCells {
    fill_down: Vec<String>,
    merged_costs: Vec<String>,
}

impl BlankCells {
    fn find(grids: &[FileGrid], sheets: &[PreviewSheet], rows: &[PreviewRow], answers: &Answers) -> Self {
        let mut found = Self::default();
        for (at, sheet) in sheets.iter().enumerate() {
            let grid = &grids[sheet.grid];
            let reader = RowReader::new(grid, &sheet.columns, answers);
            for (column_at, column) in sheet.columns.iter().enumerate() {
                let has_merged = || grid.merged.iter().any(|range| range.columns.0 as usize == column.column);
                let asks = |role: &ColumnRole| {
                    matches!(role, ColumnRole::Program(_)) || role.is_filled_down() || has_merged()
                };
                let Some(role) = column.role.filter(asks) else { continue };
                for row in rows.iter().filter(|row| row.place.sheet == at) {
                    let place = row.grid_row;
                    if !grid.cell(place, column.column).is_blank()
                        && !row.filled.iter().any(|(index, _)| usize::from(*index) == column_at)
                    {
                        continue;
                    }
                    let is_merged = reader.is_merged(place, column.column);
                    let list = match (is_merged, role.is_cost()) {
                        (true, true) => &mut found.merged_costs,
                        (true, false) => &mut found.fill_down,
                        (false, _)
                            if row.filled.iter().any(|(index, _)| usize::from(*index) == column_at) =>
                        {
                            &mut found.fill_down
                        }
                        (false, _) => continue,
                    };
                    if !list.contains(&column.heading) {
                        list.push(column.heading.clone());
                    }
                    break;
                }
            }
        }
        found
    }
}
