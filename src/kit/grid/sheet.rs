//! The contents of a grid: column heads, rows of cells, and the totals of the rows that are counted.

use crate::domain::cell_range::CellPosition;
use crate::domain::plan::matrix::format_percent;

/// The mark of a cell: its state besides its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellMark {
    /// No mark.
    None,
    /// Changed locally and not applied yet.
    Changed,
    /// Changed both locally and on the server.
    Conflict,
    /// The server refused the change or did not take it.
    Refused,
    /// Part of the paste preview, not pasted yet.
    Preview,
    /// The change is being sent.
    Sending,
    /// The change was sent and its outcome is unknown.
    Unknown,
    /// Breaks an advisory rule.
    Warning,
    /// The server sent no valid number; the cell cannot be edited.
    Damaged,
}

impl CellMark {
    /// The character shown before the number.
    pub fn sign(self) -> char {
        match self {
            Self::None => ' ',
            Self::Changed => '*',
            Self::Conflict => '!',
            Self::Refused => '?',
            Self::Preview => '»',
            Self::Sending => '>',
            Self::Unknown => '~',
            Self::Warning => '^',
            Self::Damaged => '#',
        }
    }
}

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SheetCell {
    /// The number to show; `None` where the server has none.
    pub value: Option<u32>,
    /// The number it is compared with; `None` when there is nothing to compare.
    pub base: Option<u32>,
    /// Its sign.
    pub mark: CellMark,
}

/// The head of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnHead {
    /// Its text.
    pub text: &'static str,
    /// Whether a group of columns begins here.
    pub begins_group: bool,
}

/// A row of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetRow {
    /// Its label.
    pub label: String,
    /// One cell for each column; `None` where the server returned no counter.
    pub cells: Vec<Option<SheetCell>>,
    /// Whether the totals include it.
    pub in_totals: bool,
}

/// A total and the total it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SheetTotal {
    /// The sum of the numbers shown.
    pub value: u64,
    /// The sum of the numbers they are compared with.
    pub base: u64,
    /// Whether a number was missing, so that the sum is only a lower bound.
    pub partial: bool,
}

impl SheetTotal {
    /// The sum of some cells.
    pub fn of<'a>(cells: impl Iterator<Item = &'a Option<SheetCell>>) -> Self {
        cells.fold(Self::default(), |sum, cell| {
            let (value, base) = cell.map_or((None, None), |cell| (cell.value, cell.base));
            Self {
                value: sum.value + u64::from(value.unwrap_or(0)),
                base: sum.base + u64::from(base.unwrap_or(0)),
                partial: sum.partial || value.is_none(),
            }
        })
    }

    /// `44`, or `≥44` when a number was missing.
    pub fn text(self) -> String {
        if self.partial { format!("≥{}", self.value) } else { self.value.to_string() }
    }

    /// The difference to the base, as `+3` or `-1`; empty when there is none.
    pub fn difference(self) -> String {
        match i128::from(self.value) - i128::from(self.base) {
            0 => String::new(),
            by => format!("{by:+}"),
        }
    }
}

/// A column to the right of the totals: one text for each row and one for the totals row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraColumn {
    /// Its head.
    pub head: &'static str,
    /// A text for each row of the sheet.
    pub rows: Vec<String>,
    /// The text in the totals row.
    pub sum: String,
}

/// A table of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The heads of its columns.
    pub heads: Vec<ColumnHead>,
    /// Its rows; the ones that the totals include come first.
    pub rows: Vec<SheetRow>,
    /// The label of the totals row.
    pub total_label: &'static str,
    /// Columns shown at the right where there is room, the most important first.
    pub extras: Vec<ExtraColumn>,
    /// Whether cells are shown as percentages of their row's total.
    pub in_percent: bool,
}

impl Sheet {
    /// How many rows the totals include.
    pub fn counted(&self) -> usize {
        self.rows.iter().filter(|row| row.in_totals).count()
    }

    /// The sum of a row; 0 when there is no such row.
    pub fn row_sum(&self, row: usize) -> SheetTotal {
        self.rows.get(row).map_or_else(SheetTotal::default, |row| SheetTotal::of(row.cells.iter()))
    }

    /// The sum of a column over the rows that the totals include.
    pub fn column_sum(&self, column: usize) -> SheetTotal {
        SheetTotal::of(self.rows.iter().filter(|row| row.in_totals).filter_map(|row| row.cells.get(column)))
    }

    /// The sum over all rows that the totals include.
    pub fn total(&self) -> SheetTotal {
        SheetTotal::of(self.rows.iter().filter(|row| row.in_totals).flat_map(|row| &row.cells))
    }

    /// Formats a number: as it is, or as a percentage of `sum`.
    pub fn text(&self, number: u64, sum: SheetTotal) -> String {
        if !self.in_percent {
            return number.to_string();
        }
        match format_percent(number, sum.value) {
            whole if whole == "100.0" => "100".into(),
            share => share,
        }
    }

    /// Shows a number in place of the cell's own, so that totals include it; a number equal to the cell's own
    /// changes nothing.
    pub fn preview_number(&mut self, at: CellPosition, number: u32, mark: CellMark) {
        let cell = self.rows.get_mut(at.row).and_then(|row| row.cells.get_mut(at.column));
        if let Some(Some(cell)) = cell
            && cell.value != Some(number)
        {
            (cell.value, cell.mark) = (Some(number), mark);
        }
    }

    /// The cell at a position; `None` outside the sheet and where the server returned no counter.
    pub fn cell(&self, at: CellPosition) -> Option<SheetCell> {
        *self.rows.get(at.row)?.cells.get(at.column)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_shows_its_difference_and_whether_a_number_is_missing() {
        let cell = |value, base| Some(SheetCell { value, base, mark: CellMark::None });
        let sum = SheetTotal::of([cell(Some(9), Some(6)), cell(Some(2), Some(2))].iter());
        assert_eq!((sum.text(), sum.difference()), ("11".into(), "+3".into()));
        let sum = SheetTotal::of([cell(Some(9), Some(9)), cell(None, None), None].iter());
        assert_eq!((sum.text(), sum.difference()), ("≥9".into(), String::new()));
    }
}
