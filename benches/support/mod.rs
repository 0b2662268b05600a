//! What the benches of imports share: a workbook of learners, and how it is read by the library alone and by the program.

use std::path::Path;

use bee_tui::domain::file_grid::FileGrid;
use bee_tui::domain::id::TrainingProgramId;
use bee_tui::domain::import::answers::Answers;
use bee_tui::domain::import::file_rows::{ImportTarget, RowStanding};
use bee_tui::domain::import::preview::ImportPreview;
use bee_tui::domain::import::server_knowledge::ServerKnowledge;
use calamine::{Reader, Xlsx, open_workbook};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

const ROWS: u32 = 20_000;

const HEADINGS: [&str; 14] = [
    "First Names *",
    "Surname *",
    "ID Number",
    "Gender",
    "Race",
    "Disabled (Y/N)",
    "Foreign National",
    "Employed",
    "Employment Status",
    "Province",
    "Start Date",
    "End Date",
    "Course Cost (R)",
    "Travel Cost",
];

/// A right ID number of a man, another one for each row: six digits of birthday, a number from 5000 on, citizen, 8, and
/// the check digit.
fn id_number(row: u32) -> String {
    let digits =
        format!("{:02}{:02}{:02}{:04}08", 60 + row % 40, 1 + row % 12, 1 + row % 28, 5000 + row / 40 % 5000);
    let sum: u32 = (0..).zip(digits.bytes()).map(|(place, digit)| (place, u32::from(digit - b'0'))).fold(
        0,
        |sum, (place, n)| {
            let n = if place % 2 == 1 { n * 2 } else { n };
            sum + n / 10 + n % 10
        },
    );
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// Writes a workbook of 20,000 learners who can all be sent.
pub(crate) fn write_workbook(path: &Path) {
    let mut book = Workbook::new();
    let date = Format::new().set_num_format("yyyy/mm/dd");
    let sheet = book.add_worksheet();
    for (column, heading) in (0..).zip(HEADINGS) {
        sheet.write(0, column, heading).unwrap();
    }
    for row in 1..=ROWS {
        let texts = [format!("Thandi {row}"), format!("Example {row}"), id_number(row)];
        let words = ["Male", "African", "N", "No", "Yes", "Permanent", "Gauteng"];
        for (column, text) in (0..).zip(texts.iter().map(String::as_str).chain(words)) {
            sheet.write(row, column, text).unwrap();
        }
        for (column, month) in [(10, 2), (11, 11)] {
            let day = ExcelDateTime::from_ymd(2026, month, 3).unwrap();
            sheet.write_with_format(row, column, &day, &date).unwrap();
        }
        sheet.write(row, 12, 1500.5 + f64::from(row % 100)).unwrap();
        sheet.write(row, 13, f64::from(row % 7) * 10.25).unwrap();
    }
    book.save(path).unwrap();
}

/// The cells as the library gives them, and nothing else.
pub(crate) fn read_bare(path: &Path) -> usize {
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    range.rows().flatten().filter(|cell| **cell != calamine::Data::Empty).count()
}

/// Judges sheets as an import into a training program does.
pub(crate) fn judge(grids: &[FileGrid]) -> ImportPreview {
    let target = ImportTarget::Program(
        "scorecard_Y2EQKp8z1r9jeToPW6deGwo9".parse().unwrap(),
        TrainingProgramId::new(32_000).unwrap(),
    );
    let preview = ImportPreview::new(grids, &target, &Answers::default(), &ServerKnowledge::default());
    assert_eq!(preview.count(RowStanding::Ready), ROWS as usize, "each row is a person and ready");
    preview
}
