//! Positions and ranges of cells in a table.

use std::ops::RangeInclusive;

/// The position of a cell in a table, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CellPosition {
    /// The row, from 0.
    pub row: usize,
    /// The column, from 0.
    pub column: usize,
}

/// A rectangle of cells; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellRange {
    from: CellPosition,
    to: CellPosition,
}

impl CellRange {
    /// The range between two opposite corners, in any order.
    pub fn between(one: CellPosition, other: CellPosition) -> Self {
        let (top, bottom) = (one.row.min(other.row), one.row.max(other.row));
        let (left, right) = (one.column.min(other.column), one.column.max(other.column));
        Self {
            from: CellPosition { row: top, column: left },
            to: CellPosition { row: bottom, column: right },
        }
    }

    /// Its upper left cell.
    pub fn first(self) -> CellPosition {
        self.from
    }

    /// Its rows, from the top.
    pub fn rows(self) -> RangeInclusive<usize> {
        self.from.row..=self.to.row
    }

    /// Its columns, from the left.
    pub fn columns(self) -> RangeInclusive<usize> {
        self.from.column..=self.to.column
    }

    /// Whether a cell is in it.
    pub fn contains(self, at: CellPosition) -> bool {
        self.rows().contains(&at.row) && self.columns().contains(&at.column)
    }

    /// Its cells, row by row.
    pub fn cells(self) -> impl Iterator<Item = CellPosition> {
        self.rows().flat_map(move |row| self.columns().map(move |column| CellPosition { row, column }))
    }

    /// Pairs of each cell below the first row and the cell in the first row it is filled from.
    pub fn fill_down_pairs(self) -> impl Iterator<Item = (CellPosition, CellPosition)> {
        self.cells()
            .map(move |at| (at, CellPosition { row: self.from.row, ..at }))
            .filter(|(at, first)| at != first)
    }

    /// Pairs of each cell right of the first column and the cell in the first column it is filled from.
    pub fn fill_right_pairs(self) -> impl Iterator<Item = (CellPosition, CellPosition)> {
        self.cells()
            .map(move |at| (at, CellPosition { column: self.from.column, ..at }))
            .filter(|(at, first)| at != first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(row: usize, column: usize) -> CellPosition {
        CellPosition { row, column }
    }

    #[test]
    fn a_range_is_the_same_from_whichever_corner_it_starts() {
        for (one, other) in [(at(1, 2), at(3, 4)), (at(3, 4), at(1, 2)), (at(1, 4), at(3, 2))] {
            let range = CellRange::between(one, other);
            assert_eq!(range.cells().count(), 9);
            assert!(range.contains(at(2, 3)) && !range.contains(at(0, 3)) && !range.contains(at(2, 5)));
        }
    }

    #[test]
    fn a_fill_copies_the_first_row_down_and_the_first_column_right() {
        let range = CellRange::between(at(0, 0), at(1, 1));
        assert_eq!(range.fill_down_pairs().collect::<Vec<_>>(), [(at(1, 0), at(0, 0)), (at(1, 1), at(0, 1))]);
        assert_eq!(
            range.fill_right_pairs().collect::<Vec<_>>(),
            [(at(0, 1), at(0, 0)), (at(1, 1), at(1, 0))]
        );
    }
}
