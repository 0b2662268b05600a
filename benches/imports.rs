//! A workbook of 20,000 learners: read, laid and judged, compared in the same run with the bare reading of its cells by
//! the same library; then judged again, as after each answer, and the memory that it takes.
//!
//! `cargo bench --bench imports`

#![expect(clippy::unwrap_used, reason = "a bench stops where its ground is gone")]

use std::path::Path;
use std::time::{Duration, Instant};

use bee_tui::domain::id::TrainingProgramId;
use bee_tui::domain::import::answers::Answers;
use bee_tui::domain::import::file_rows::{ImportTarget, RowStanding};
use bee_tui::domain::import::preview::ImportPreview;
use bee_tui::domain::import::server_knowledge::ServerKnowledge;
use bee_tui::runtime::files::read_grids;
use calamine::{Reader, Xlsx, open_workbook};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

const ROWS: u32 = 20_000;
const ROUNDS: usize = 7;

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

fn write_workbook(path: &Path) {
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
fn read_bare(path: &Path) -> usize {
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    range.rows().flatten().filter(|cell| **cell != calamine::Data::Empty).count()
}

fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = status.split(' ').nth(1).and_then(|n| n.parse().ok()).unwrap_or(0.0);
    pages * 4096.0 / f64::from(1 << 20)
}

fn middle(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("people.xlsx");
    write_workbook(&path);
    let target = ImportTarget::Program(
        "scorecard_Y2EQKp8z1r9jeToPW6deGwo9".parse().unwrap(),
        TrainingProgramId::new(32_000).unwrap(),
    );
    let (answers, server) = (Answers::default(), ServerKnowledge::default());
    let judge = |grids: &[_]| ImportPreview::new(grids, &target, &answers, &server);
    let before = resident();
    let grids = read_grids(&path).unwrap();
    let preview = judge(&grids);
    assert_eq!(preview.rows.len(), ROWS as usize, "each row is a person");
    let ready = preview.count(RowStanding::Ready);
    assert_eq!(
        ready,
        ROWS as usize,
        "{:?}",
        preview.findings.iter().map(|f| (f.rule, f.rows.len())).collect::<Vec<_>>()
    );
    let held = resident() - before;
    let text: usize = ROWS as usize * 150;
    println!("memory of the file, read and judged: {held:.1} MB ({:.1} MB of text)", text as f64 / 1e6);
    let (mut bare, mut whole, mut again) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        assert!(read_bare(&path) > 0);
        bare.push(begun.elapsed());
        let begun = Instant::now();
        let grids = read_grids(&path).unwrap();
        judge(&grids);
        whole.push(begun.elapsed());
        let begun = Instant::now();
        judge(&grids);
        again.push(begun.elapsed());
    }
    let (bare, whole, again) = (middle(bare), middle(whole), middle(again));
    println!("read by the library alone            {bare:8.1} ms");
    println!("read, laid and judged                {whole:8.1} ms   {:.2} × the library alone", whole / bare);
    println!("judged again after an answer         {again:8.1} ms");
}
