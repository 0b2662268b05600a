//! A range of a grid: a rectangle between the cell it was begun at and the one it reaches to.

use std::ops::RangeInclusive;

use crate::kit::grid::sheet::{At, Sheet};

/// A rectangle of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    from: At,
    to: At,
}

impl Range {
    /// Between two corners, in any order.
    pub fn between(one: At, other: At) -> Self {
        let (top, bottom) = (one.row.min(other.row), one.row.max(other.row));
        let (left, right) = (one.column.min(other.column), one.column.max(other.column));
        Self { from: At { row: top, column: left }, to: At { row: bottom, column: right } }
    }

    /// Its first cell.
    pub fn first(self) -> At {
        self.from
    }

    /// Its rows.
    pub fn rows(self) -> RangeInclusive<usize> {
        self.from.row..=self.to.row
    }

    /// Its columns.
    pub fn columns(self) -> RangeInclusive<usize> {
        self.from.column..=self.to.column
    }

    /// Whether a cell is in it.
    pub fn contains(self, at: At) -> bool {
        self.rows().contains(&at.row) && self.columns().contains(&at.column)
    }

    /// Its cells, row by row.
    pub fn cells(self) -> impl Iterator<Item = At> {
        self.rows().flat_map(move |row| self.columns().map(move |column| At { row, column }))
    }

    /// Its cells, each with the one in its first row.
    pub fn down(self) -> impl Iterator<Item = (At, At)> {
        self.cells().map(move |at| (at, At { row: self.from.row, ..at })).filter(|(at, first)| at != first)
    }

    /// Its cells, each with the one in its first column.
    pub fn right(self) -> impl Iterator<Item = (At, At)> {
        self.cells()
            .map(move |at| (at, At { column: self.from.column, ..at }))
            .filter(|(at, first)| at != first)
    }

    /// What is to be known of the numbers in it.
    pub fn figures(self, sheet: &Sheet) -> Figures {
        let numbers = self.cells().filter_map(|at| sheet.cell(at)?.value);
        numbers.fold(Figures::default(), |known, number| Figures {
            count: known.count + 1,
            sum: known.sum + u64::from(number),
            least: Some(known.least.map_or(number, |least| least.min(number))),
            most: Some(known.most.map_or(number, |most| most.max(number))),
        })
    }
}

/// What is to be known of some numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// How many there are.
    pub count: usize,
    /// Their sum.
    pub sum: u64,
    /// The smallest.
    pub least: Option<u32>,
    /// The largest.
    pub most: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::grid::sheet::{Cell, Mark, Row};

    fn at(row: usize, column: usize) -> At {
        At { row, column }
    }

    #[test]
    fn a_range_is_the_same_from_whichever_corner_it_was_begun() {
        for (one, other) in [(at(1, 2), at(3, 4)), (at(3, 4), at(1, 2)), (at(1, 4), at(3, 2))] {
            let range = Range::between(one, other);
            assert_eq!(range.cells().count(), 9);
            assert!(range.contains(at(2, 3)) && !range.contains(at(0, 3)) && !range.contains(at(2, 5)));
        }
    }

    #[test]
    fn a_fill_takes_the_first_row_down_and_the_first_column_right() {
        let range = Range::between(at(0, 0), at(1, 1));
        assert_eq!(range.down().collect::<Vec<_>>(), [(at(1, 0), at(0, 0)), (at(1, 1), at(0, 1))]);
        assert_eq!(range.right().collect::<Vec<_>>(), [(at(0, 1), at(0, 0)), (at(1, 1), at(1, 0))]);
    }

    #[test]
    fn the_figures_leave_out_cells_without_a_number() {
        let cell = |value| Some(Cell { value, base: value, mark: Mark::None });
        let row = |cells: &[Option<Cell>]| Row { label: String::new(), cells: cells.to_vec(), counts: true };
        let rows = vec![row(&[cell(Some(3)), cell(None)]), row(&[None, cell(Some(9))])];
        let sheet = Sheet { heads: Vec::new(), rows, sum_label: "", extras: Vec::new(), shares: false };
        let figures = Range::between(at(0, 0), at(1, 1)).figures(&sheet);
        assert_eq!(figures, Figures { count: 2, sum: 12, least: Some(3), most: Some(9) });
    }
}
