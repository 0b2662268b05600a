//! What a grid shows: heads, rows of cells, and the sums of those rows that count.

use crate::domain::cell_range::CellPosition;
use crate::domain::plan::matrix::format_percent;

/// A cell's sign: what is to be known of it besides its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellMark {
    /// Nothing.
    None,
    /// Changed here, not saved.
    Changed,
    /// Changed on both sides.
    Conflict,
    /// Refused, or not taken.
    Refused,
    /// Held over the cell, not taken yet.
    Preview,
    /// On its way.
    Sending,
    /// Sent, outcome not known.
    Unknown,
    /// Breaks a rule that is only advised.
    Warning,
    /// No number came for it; it cannot be edited.
    Damaged,
}

impl CellMark {
    /// The sign in front of the number.
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
    /// The number to be shown; none where the server has none.
    pub value: Option<u32>,
    /// The number it is held against.
    pub base: Option<u32>,
    /// Its sign.
    pub mark: CellMark,
}

/// A head of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnHead {
    /// Its text.
    pub text: &'static str,
    /// Whether a group of columns begins here.
    pub begins_group: bool,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetRow {
    /// Its label.
    pub label: String,
    /// Its cells, one a column; none where the server returned no counter.
    pub cells: Vec<Option<SheetCell>>,
    /// Whether the totals below add it up.
    pub in_totals: bool,
}

/// A sum with its difference to the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SheetTotal {
    /// The sum of the numbers shown.
    pub value: u64,
    /// The sum of the numbers they are held against.
    pub base: u64,
    /// Whether a number was missing, so that the sum is the least it can be.
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

    /// `+3`, `-1`, or nothing.
    pub fn difference(self) -> String {
        match i128::from(self.value) - i128::from(self.base) {
            0 => String::new(),
            by => format!("{by:+}"),
        }
    }
}

/// A column to the right of the totals: a text for each row, and one for the row of sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraColumn {
    /// Its head.
    pub head: &'static str,
    /// A text for each row of the sheet.
    pub rows: Vec<String>,
    /// The text beside the sums.
    pub sum: String,
}

/// A table of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The heads of its columns.
    pub heads: Vec<ColumnHead>,
    /// Its rows; those that count stand first.
    pub rows: Vec<SheetRow>,
    /// What the row of sums is called.
    pub total_label: &'static str,
    /// What may stand to the right where there is room, the most important first.
    pub extras: Vec<ExtraColumn>,
    /// Whether cells are shown in per cent of their row's sum.
    pub in_percent: bool,
}

impl Sheet {
    /// How many rows the sums add up.
    pub fn counted(&self) -> usize {
        self.rows.iter().filter(|row| row.in_totals).count()
    }

    /// The sum of a row.
    pub fn row_sum(&self, row: usize) -> SheetTotal {
        self.rows.get(row).map_or_else(SheetTotal::default, |row| SheetTotal::of(row.cells.iter()))
    }

    /// The sum of a column over the rows that count.
    pub fn column_sum(&self, column: usize) -> SheetTotal {
        SheetTotal::of(self.rows.iter().filter(|row| row.in_totals).filter_map(|row| row.cells.get(column)))
    }

    /// The sum over all rows that count.
    pub fn total(&self) -> SheetTotal {
        SheetTotal::of(self.rows.iter().filter(|row| row.in_totals).flat_map(|row| &row.cells))
    }

    /// A number of a row as it is shown.
    pub fn text(&self, number: u64, sum: SheetTotal) -> String {
        if !self.in_percent {
            return number.to_string();
        }
        match format_percent(number, sum.value) {
            whole if whole == "100.0" => "100".into(),
            share => share,
        }
    }

    /// Puts a number over a cell's, so that sums count it already; one that is the cell's own leaves it as it is.
    pub fn preview_number(&mut self, at: CellPosition, number: u32, mark: CellMark) {
        let cell = self.rows.get_mut(at.row).and_then(|row| row.cells.get_mut(at.column));
        if let Some(Some(cell)) = cell
            && cell.value != Some(number)
        {
            (cell.value, cell.mark) = (Some(number), mark);
        }
    }

    /// The cell at a place.
    pub fn cell(&self, at: CellPosition) -> Option<SheetCell> {
        *self.rows.get(at.row)?.cells.get(at.column)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_says_its_difference_and_when_a_number_is_missing() {
        let cell = |value, base| Some(SheetCell { value, base, mark: CellMark::None });
        let sum = SheetTotal::of([cell(Some(9), Some(6)), cell(Some(2), Some(2))].iter());
        assert_eq!((sum.text(), sum.difference()), ("11".into(), "+3".into()));
        let sum = SheetTotal::of([cell(Some(9), Some(9)), cell(None, None), None].iter());
        assert_eq!((sum.text(), sum.difference()), ("≥9".into(), String::new()));
    }
}
