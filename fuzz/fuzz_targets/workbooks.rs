//! Workbooks of any cells: every row of the table ends in exactly one way, and judging again finds the same.

#![no_main]

use std::collections::BTreeSet;

use arbitrary::Arbitrary;
use bee_tui::domain::import::answers::Answers;
use bee_tui::domain::import::file_rows::ImportTarget;
use bee_tui::domain::import::preview::ImportPreview;
use bee_tui::domain::import::server_knowledge::ServerKnowledge;
use libfuzzer_sys::fuzz_target;
use rust_xlsxwriter::{Format, Formula, Workbook, XlsxError};

const HEADINGS: [&str; 12] = [
    "First Name *",
    "Surname",
    "Full name",
    "Gender",
    "Race",
    "ID Number",
    "Start Date",
    "Course Cost (R)",
    "Total",
    "Programme",
    "Disabled (Y/N)",
    "Remarks",
];
const WORDS: [&str; 16] = [
    "Thandi",
    "Example, Ann",
    "F",
    "African",
    "8001015009087",
    "2026/02/03",
    "3/4/2026",
    "1 500,50",
    "TOTAL",
    "e.g. John",
    "dd/mm/yyyy",
    "ditto",
    "N/A",
    "✓",
    "Excel",
    "x",
];

#[derive(Debug, Arbitrary)]
enum Cell {
    Blank,
    Word(u8),
    Text(String),
    Number(f64),
    Date(f64),
    Hours(f64),
    Flag(bool),
    Error,
    Formula(u8),
}

#[derive(Debug, Arbitrary)]
struct Sheet {
    is_hidden: bool,
    titles: u8,
    columns: Vec<u8>,
    rows: Vec<Vec<Cell>>,
    merged: Option<(u8, u8, u8)>,
    hidden_row: Option<u8>,
}

fn build(sheets: &[Sheet]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let date = Format::new().set_num_format("yyyy/mm/dd");
    let hours = Format::new().set_num_format("[h]:mm");
    for (at, data) in sheets.iter().enumerate() {
        let sheet = book.add_worksheet();
        if data.is_hidden && at > 0 {
            sheet.set_hidden(true);
        }
        let top = u32::from(data.titles % 4);
        if top > 0 {
            sheet.write(0, 0, "Acme: learners of the year")?;
        }
        for (column, heading) in (0..).zip(&data.columns) {
            sheet.write(top, column, HEADINGS[usize::from(*heading) % HEADINGS.len()])?;
        }
        for (row, cells) in (top + 1..).zip(&data.rows) {
            for (column, cell) in (0..).zip(cells) {
                match cell {
                    Cell::Blank => continue,
                    Cell::Word(word) => sheet.write(row, column, WORDS[usize::from(*word) % WORDS.len()])?,
                    Cell::Text(text) => sheet.write(row, column, text.as_str())?,
                    Cell::Number(n) => sheet.write(row, column, *n)?,
                    Cell::Date(n) => sheet.write_with_format(row, column, *n, &date)?,
                    Cell::Hours(n) => sheet.write_with_format(row, column, *n, &hours)?,
                    Cell::Flag(yes) => sheet.write(row, column, *yes)?,
                    Cell::Error => sheet.write(row, column, Formula::new("1/0").set_result("#DIV/0!"))?,
                    Cell::Formula(n) => {
                        let result = if n % 2 == 0 { String::new() } else { n.to_string() };
                        sheet.write(row, column, Formula::new("A1").set_result(result))?
                    }
                };
            }
        }
        if let Some((column, from, count)) = data.merged {
            let from = u32::from(from) + top + 1;
            let column = u16::from(column % 12);
            let to = from + 1 + u32::from(count % 4);
            sheet.merge_range(from, column, to, column, "100", &Format::new())?;
        }
        if let Some(row) = data.hidden_row {
            sheet.set_row_hidden(u32::from(row) + top)?;
        }
    }
    book.save_to_buffer()
}

fuzz_target!(|sheets: Vec<Sheet>| {
    // What the writer refuses, as a text that is too long, is no workbook.
    let Ok(bytes) = build(&sheets) else { return };
    let Ok(dir) = tempfile::tempdir() else { return };
    let path = dir.path().join("people.xlsx");
    if std::fs::write(&path, bytes).is_err() {
        return;
    }
    let Ok(grids) = bee_tui::runtime::files::read_grids(&path) else { return };
    let Ok(scorecard) = "scorecard_Y2EQKp8z1r9jeToPW6deGwo9".parse() else { return };
    let target = ImportTarget::Scorecard(scorecard);
    let judge = || ImportPreview::new(&grids, &target, &Answers::default(), &ServerKnowledge::default());
    let preview = judge();
    assert_eq!(preview, judge());
    for (at, sheet) in preview.sheets.iter().enumerate() {
        let people = preview.rows.iter().map(|row| row.place);
        let places = people.chain(preview.left_out.iter().map(|(place, _)| *place));
        let below: Vec<u32> = places
            .filter(|place| place.sheet == at && place.number > sheet.heading_row)
            .map(|place| place.number)
            .collect();
        let once: BTreeSet<u32> = below.iter().copied().collect();
        assert_eq!(once.len(), below.len(), "a row ends in one way");
        let filled = grids[sheet.grid].rows().iter().filter(|row| row.number > sheet.heading_row);
        assert!(filled.map(|row| row.number).eq(once), "each row ends in a way");
    }
});
