//! Blanks that may mean "as above": of the program's columns, and of dates that several people share.

use crate::domain::file_grid::{FileCell, FileGrid};
use crate::domain::import::columns::FileColumn;
use crate::domain::import::vocabulary::{ColumnRole, normalize_word};

/// A cell that may stand for a blank one: the index of the column, and the row in the sheet's rows.
pub type FilledCell = (u16, u32);

/// Finds, row by row from the top, the cells that may stand for blanks.
#[derive(Debug)]
pub struct FillDown<'a> {
    grid: &'a FileGrid,
    columns: Vec<FillColumn>,
}

#[derive(Debug)]
struct FillColumn {
    /// Its index among the columns.
    index: u16,
    /// Its index in the sheet.
    column: usize,
    kind: FillKind,
    /// The last row with a value, and the name of that row's program.
    last: Option<(usize, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FillKind {
    ProgramName,
    Program,
    Date,
}

impl<'a> FillDown<'a> {
    /// For a sheet whose columns are laid.
    pub fn new(grid: &'a FileGrid, columns: &[FileColumn]) -> Self {
        let fillable = |(index, column): (usize, &FileColumn)| {
            let kind = match column.role? {
                ColumnRole::Program(field) if field.name == "name" => FillKind::ProgramName,
                ColumnRole::Program(_) => FillKind::Program,
                ColumnRole::Field(field) if matches!(field.name, "start_date" | "end_date") => FillKind::Date,
                _ => return None,
            };
            Some(FillColumn { index: u16::try_from(index).ok()?, column: column.column, kind, last: None })
        };
        let mut columns: Vec<FillColumn> = columns.iter().enumerate().filter_map(fillable).collect();
        // The name decides about the others.
        columns.sort_by_key(|column| column.kind != FillKind::ProgramName);
        Self { grid, columns }
    }

    /// The cells that may stand for blanks of the next row. A row of another program takes nothing from above, and dates
    /// are taken only where the row has none.
    pub fn next_row(&mut self, row: usize) -> Vec<FilledCell> {
        let grid = self.grid;
        let is_blank = |column: &FillColumn| is_as_above(grid.cell(row, column.column));
        let has_dates = self.columns.iter().any(|column| column.kind == FillKind::Date && !is_blank(column));
        let mut filled = Vec::new();
        let mut program = String::new();
        for column in &mut self.columns {
            if !is_blank(column) {
                if column.kind == FillKind::ProgramName {
                    program = normalize_word(&grid.cell(row, column.column).to_text(grid.dates));
                }
                column.last = Some((row, program.clone()));
                continue;
            }
            let Some((from, of_program)) = &column.last else { continue };
            let may_fill = match column.kind {
                FillKind::ProgramName => true,
                FillKind::Program => *of_program == program,
                FillKind::Date => *of_program == program && !has_dates,
            };
            if column.kind == FillKind::ProgramName {
                program.clone_from(of_program);
            }
            if may_fill {
                filled.push((column.index, *from as u32));
            }
        }
        filled
    }
}

/// Whether a cell is blank, or a word or mark that means "as above".
pub fn is_as_above(cell: FileCell<'_>) -> bool {
    match cell {
        FileCell::Text(text) => matches!(
            normalize_word(text).as_str(),
            "" | "\""
                | "''"
                | "\"\""
                | "〃"
                | "as above"
                | "same as above"
                | "same"
                | "ditto"
                | "do"
                | "idem"
                | "soos bo"
                | "detto"
                | "-\"-"
                | "- \" -"
        ),
        cell => cell.is_blank(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::import::answers::Answers;
    use crate::domain::import::columns::lay_columns;
    use crate::domain::import::sheet_table::choose_sheets;

    fn filled(rows: &[&[&str]]) -> Vec<Vec<FilledCell>> {
        let mut grid = FileGrid::new("S");
        for (number, cells) in (1..).zip(rows) {
            grid.push_row(number, false);
            cells.iter().enumerate().for_each(|(column, cell)| grid.push(column, FileCell::Text(cell)));
        }
        grid.finish();
        let choice = choose_sheets(std::slice::from_ref(&grid), &Answers::default());
        let columns = lay_columns(&grid, &choice.sheets[0].1, &Answers::default());
        let mut fill = FillDown::new(&grid, &columns);
        (1..grid.rows().len()).map(|row| fill.next_row(row)).collect()
    }

    #[test]
    fn a_blank_takes_what_stands_above_it_in_the_same_program() {
        let found = filled(&[
            &["Course", "Provider", "Name", "Start date"],
            &["Excel", "ABC", "Ann", "2026-01-01"],
            &["", "ditto", "Ben", ""],
            &["Excel", "", "Cleo", "2026-02-01"],
            &["Word", "", "Dan", ""],
        ]);
        assert_eq!(found, [vec![], vec![(0, 1), (1, 1), (3, 1)], vec![(1, 1)], vec![]]);
    }

    #[test]
    fn without_a_program_column_dates_are_shared_by_rows_that_have_none() {
        let found = filled(&[
            &["Name", "Start date", "End date"],
            &["Ann", "2026-01-01", "2026-01-05"],
            &["Ben", "", ""],
            &["Cleo", "2026-02-01", ""],
        ]);
        assert_eq!(found, [vec![], vec![(1, 1), (2, 1)], vec![]], "Cleo may still be in training");
    }
}
