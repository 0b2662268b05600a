//! A plan as a workbook in the shape of the form EEA13: profile, numerical goals and targets, and the reasons that justify
//! what is not reached. A working paper, not the official form.

use rust_xlsxwriter::{DocProperties, Format, Workbook, Worksheet, XlsxError};
use strum::VariantArray;

use crate::domain::plan::counter::{Counter, Level, Slice, StatutoryColumn};
use crate::domain::plan::export::ExportTable;
use crate::domain::plan::target::TargetType;
use crate::domain::report::{PlanReport, ReportYear};
use crate::effect::FileError;
use crate::runtime::workbook::{letter, total};

/// The form's names of the levels (Employment Equity Regulations, EEA13).
const LEVEL_NAMES: [&str; 6] = [
    "Top management",
    "Senior management",
    "Professionally qualified and experienced specialists and mid-management",
    "Skilled technical and academically qualified workers, junior management, supervisors, foremen and superintendents",
    "Semi-skilled and discretionary decision making",
    "Unskilled and defined decision making",
];

/// The form's headings of the columns, in its order.
const COLUMN_NAMES: [&str; 10] = ["A", "C", "I", "W", "A", "C", "I", "W", "Male", "Female"];

/// The seven reasons that the report form accepts for a target that was not reached.
const REASONS: [&str; 7] = [
    "Insufficient recruitment opportunities",
    "Insufficient promotion opportunities",
    "Insufficient target individuals with the relevant qualification, prior learning, experience or capacity",
    "CCMA award or court order",
    "Transfer of business",
    "Mergers or acquisitions",
    "Impact of economic conditions",
];

/// What the first sheet says the workbook is.
const WORKING_PAPER: &str = "Working paper in the shape of EEA13. It is not the official form.";

/// How the six levels are counted, so that the totals of the form are right.
const TEMPORARY_NOTE: &str = "The six levels of the plan count permanent and temporary employees together; total permanent is \
                              what is left of them without the temporary ones.";

/// The columns of the label, of the ten groups, and of the total.
const TOTAL_COLUMN: u16 = COLUMN_NAMES.len() as u16 + 1;

/// The formats of the workbook.
struct Formats {
    bold: Format,
    heading: Format,
    wrapped: Format,
}

/// The plan as the bytes of an XLSX file. Fails with the library's message.
pub(super) fn to_xlsx(report: &PlanReport) -> Result<Vec<u8>, FileError> {
    workbook(report).map_err(|why: XlsxError| FileError::from(why.to_string()))
}

fn workbook(report: &PlanReport) -> Result<Vec<u8>, XlsxError> {
    let formats = Formats {
        bold: Format::new().set_bold(),
        heading: Format::new().set_bold().set_border_bottom(rust_xlsxwriter::FormatBorder::Thin),
        wrapped: Format::new().set_text_wrap(),
    };
    let mut book = Workbook::new();
    book.set_properties(
        &DocProperties::new().set_title(report.name.printable().as_ref()).set_comment(WORKING_PAPER),
    );
    cover(book.add_worksheet(), report, &formats)?;
    if let (Some(first), Some(last)) = (report.years.first(), report.years.last()) {
        let profile = format!("Workforce profile: Year {}", first.number);
        year(book.add_worksheet().set_name("Profile")?, first, &profile, &formats)?;
        let goals = format!("Numerical goals: Year {}, the last of the plan", last.number);
        year(book.add_worksheet().set_name("Goals")?, last, &goals, &formats)?;
    }
    for of in &report.years {
        let title = format!("Numerical targets: Year {}", of.number);
        year(book.add_worksheet().set_name(format!("Targets year {}", of.number))?, of, &title, &formats)?;
    }
    reasons(book.add_worksheet().set_name("Reasons")?, report, &formats)?;
    book.save_to_buffer()
}

fn cover(sheet: &mut Worksheet, report: &PlanReport, formats: &Formats) -> Result<(), XlsxError> {
    sheet.set_name("About")?;
    sheet.set_column_width(0, 24)?.set_column_width(1, 90)?;
    sheet.write_string_with_format(0, 0, WORKING_PAPER, &formats.bold)?;
    let period =
        report.period.map_or_else(|| "not known".to_owned(), |(first, last)| format!("{first} to {last}"));
    let sector = report.sector.as_ref().map_or_else(|| "none is named".to_owned(), ToString::to_string);
    let staged = match report.staged {
        0 => "all numbers are as on the server".to_owned(),
        some => format!("{some} of the numbers are staged and not on the server yet"),
    };
    let lines = [
        ("Plan", format!("{} ({})", report.name, report.plan)),
        ("Period", period),
        ("Sector", sector),
        ("Targets of the sector", report.targets_source.to_string()),
        ("Written", report.written_on.to_string()),
        ("Numbers", staged),
        ("Totals", TEMPORARY_NOTE.to_owned()),
    ];
    for (row, (label, text)) in (2..).zip(lines) {
        sheet.write_string(row, 0, label)?;
        sheet.write_string_with_format(row, 1, text, &formats.wrapped)?;
    }
    Ok(())
}

/// Both tables of a year, one below the other.
fn year(sheet: &mut Worksheet, of: &ReportYear, title: &str, formats: &Formats) -> Result<(), XlsxError> {
    sheet.set_column_width(0, 48)?;
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 1);
    let days = of.period.map_or_else(String::new, |(first, last)| format!(", {first} to {last}"));
    sheet.write_string_with_format(0, 0, format!("{title}{days}"), &formats.bold)?;
    let mut row = 2;
    for (table, words) in [
        (TargetType::AllEmployees, "All employees, people with disabilities included"),
        (TargetType::DisabledEmployees, "People with disabilities only"),
    ] {
        sheet.write_string_with_format(row, 0, words, &formats.bold)?;
        match of.tables.iter().find(|known| known.target_type == table) {
            Some(known) => block(sheet, row + 1, known, formats)?,
            None => {
                sheet.write_string(row + 1, 0, "This table could not be read.")?;
            }
        }
        row += 14;
    }
    Ok(())
}

/// A table in the form's order: the six levels, total permanent, temporary, grand total. The totals are formulas.
fn block(sheet: &mut Worksheet, top: u32, table: &ExportTable, formats: &Formats) -> Result<(), XlsxError> {
    for (column, words) in [(1, "Male"), (5, "Female"), (9, "Foreign nationals")] {
        sheet.write_string_with_format(top, column, words, &formats.bold)?;
    }
    let heads = ["Occupational levels"].into_iter().chain(COLUMN_NAMES).chain(["Total"]);
    for (column, head) in (0..).zip(heads) {
        sheet.write_string_with_format(top + 1, column, head, &formats.heading)?;
    }
    let first = top + 2;
    let (permanent, temporary, grand) = (first + 6, first + 7, first + 8);
    let count = |wanted: &dyn Fn(&Slice) -> bool, column: StatutoryColumn| {
        let cells = table.rows.iter().flat_map(|row| row.cells.iter().flatten());
        let is =
            |counter: &Counter| matches!(counter, Counter::Cell(slice, of) if *of == column && wanted(slice));
        cells.filter(|cell| is(&cell.counter)).find_map(|cell| cell.count)
    };
    for (row, (level, name)) in (first..).zip(Level::VARIANTS.iter().zip(LEVEL_NAMES)) {
        sheet.write_string(row, 0, name)?;
        for (at, column) in (1..TOTAL_COLUMN).zip(StatutoryColumn::ALL) {
            if let Some(count) = count(&|slice| *slice == Slice::Level(*level), column) {
                sheet.write_number(row, at, count)?;
            }
        }
    }
    for (row, name) in
        [(permanent, "TOTAL PERMANENT"), (temporary, "Temporary employees"), (grand, "GRAND TOTAL")]
    {
        sheet.write_string_with_format(row, 0, name, &formats.bold)?;
    }
    let is_temporary = |slice: &Slice| matches!(slice, Slice::Further(name) if name.starts_with("temp"));
    let mut sums = [0_u64; 3];
    for (at, column) in (1..TOTAL_COLUMN).zip(StatutoryColumn::ALL) {
        let levels =
            Level::VARIANTS.iter().filter_map(|level| count(&|slice| *slice == Slice::Level(*level), column));
        let all: u64 = levels.map(u64::from).sum();
        let passing = count(&is_temporary, column);
        if let Some(count) = passing {
            sheet.write_number(temporary, at, count)?;
        }
        let passing = passing.map_or(0, u64::from);
        let letter = letter(at);
        let of_levels =
            format!("=SUM({letter}{}:{letter}{})-{letter}{}", first + 1, first + 6, temporary + 1);
        // A wrong number of temporary employees must not become a negative total here; the formula shows what it is.
        let kept = all.saturating_sub(passing);
        total(sheet, permanent, at, &of_levels, kept)?;
        total(
            sheet,
            grand,
            at,
            &format!("={letter}{}+{letter}{}", permanent + 1, temporary + 1),
            kept + passing,
        )?;
        sums = [sums[0] + kept, sums[1] + passing, sums[2] + kept + passing];
    }
    for (row, level) in (first..).zip(Level::VARIANTS) {
        let columns = StatutoryColumn::ALL.into_iter();
        let of_row = columns
            .filter_map(|column| count(&|slice| *slice == Slice::Level(*level), column))
            .map(u64::from)
            .sum();
        total(sheet, row, TOTAL_COLUMN, &row_sum(row), of_row)?;
    }
    for (row, sum) in [permanent, temporary, grand].into_iter().zip(sums) {
        total(sheet, row, TOTAL_COLUMN, &row_sum(row), sum)?;
    }
    Ok(())
}

/// The reasons for each level and gender as columns to tick.
fn reasons(sheet: &mut Worksheet, report: &PlanReport, formats: &Formats) -> Result<(), XlsxError> {
    sheet.set_column_width(0, 48)?.set_column_width(1, 10)?;
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 1);
    let title = "Justifiable reasons for not reaching the annual targets: tick with an x";
    sheet.write_string_with_format(0, 0, title, &formats.bold)?;
    let heads = ["Occupational level", "Year"].into_iter().chain(REASONS);
    let wrapped = formats.heading.clone().set_text_wrap();
    for (column, head) in (0..).zip(heads) {
        sheet.write_string_with_format(2, column, head, &wrapped)?;
        if column > 1 {
            sheet.set_column_width(column, 20)?;
        }
    }
    let rows = report.years.iter().flat_map(|year| LEVEL_NAMES.into_iter().map(|name| (name, year.number)));
    for (row, (name, year)) in (3..).zip(rows) {
        sheet.write_string(row, 0, name)?;
        sheet.write_number(row, 1, year)?;
    }
    Ok(())
}

fn row_sum(row: u32) -> String {
    format!("=SUM(B{0}:K{0})", row + 1)
}
