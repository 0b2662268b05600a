//! A plan's tables as a workbook: a sheet for each year and table, totals as formulas, frozen headings.

use rust_xlsxwriter::{DocProperties, Format, Formula, Workbook, Worksheet, XlsxError};

use crate::domain::plan::counter::StatutoryColumn;
use crate::domain::plan::export::{BASE_SHEET, ExportTable, PlanExport, sheet_name};
use crate::effect::FileError;

/// The column of the totals, after the label and the counters.
const TOTAL_COLUMN: u16 = StatutoryColumn::ALL.len() as u16 + 1;

/// The plan as the bytes of an XLSX file. Fails with the library's message.
pub(super) fn to_xlsx(book: &PlanExport) -> Result<Vec<u8>, FileError> {
    let words = |e: XlsxError| FileError::from(e.to_string());
    let mut workbook = Workbook::new();
    workbook.set_properties(&DocProperties::new().set_title(book.name.printable().as_ref()));
    for table in &book.tables {
        sheet(workbook.add_worksheet(), table).map_err(words)?;
    }
    base(workbook.add_worksheet(), book).map_err(words)?;
    workbook.save_to_buffer().map_err(words)
}

fn sheet(sheet: &mut Worksheet, table: &ExportTable) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    sheet.set_name(sheet_name(table.year, &table.target_type))?;
    sheet.set_freeze_panes(1, 1)?;
    sheet.set_column_width(0, 16)?;
    let heads =
        ["Level"].into_iter().chain(StatutoryColumn::ALL.map(StatutoryColumn::heading)).chain(["Total"]);
    for (column, head) in (0..).zip(heads) {
        sheet.write_string_with_format(0, column, head, &bold)?;
    }
    let levels = table.rows.iter().filter(|row| row.is_level).count() as u32;
    for (row, (label, numbers, sum)) in (1..).zip(table.lines_with_sums()) {
        sheet.write_string(row, 0, label)?;
        for (column, number) in (1..TOTAL_COLUMN).zip(numbers) {
            let letter = letter(column);
            match number {
                Some(number) if row == levels + 1 => {
                    total(sheet, row, column, &format!("=SUM({letter}2:{letter}{})", levels + 1), number)?;
                }
                // Counters without a number stay blank.
                Some(number) => {
                    sheet.write_number(row, column, number as f64)?;
                }
                None => {}
            }
        }
        total(sheet, row, TOTAL_COLUMN, &format!("=SUM(B{0}:K{0})", row + 1), sum)?;
    }
    Ok(())
}

/// Writes a formula with its result, for readers that do not evaluate formulas.
pub(super) fn total(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    formula: &str,
    result: u64,
) -> Result<(), XlsxError> {
    let formula = Formula::new(formula).set_result(result.to_string());
    sheet.write_formula_with_format(row, column, formula, &Format::new().set_bold())?;
    Ok(())
}

/// The letter of a column counted from 0, at most 25.
pub(super) fn letter(column: u16) -> char {
    char::from(b'A' + column as u8)
}

/// Writes the exported numbers to a hidden sheet, as the base for a later import.
fn base(sheet: &mut Worksheet, book: &PlanExport) -> Result<(), XlsxError> {
    sheet.set_name(BASE_SHEET)?;
    sheet.set_hidden(true);
    let table = book.to_base_table();
    let lines = std::iter::once(&table.headings).chain(table.rows.iter().map(|(_, cells)| cells));
    for (row, cells) in (0..).zip(lines) {
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(row, column, cell)?;
        }
    }
    Ok(())
}
