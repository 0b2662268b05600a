//! What the status line says of the selected numbers of a grid.

use crate::domain::cell_range::CellRange;
use crate::kit::grid::sheet::Sheet;

/// How many numbers are selected, their sum and their extremes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SelectionFigures {
    /// How many there are; cells without a number are left out.
    pub count: usize,
    /// Their sum.
    pub sum: u64,
    /// The smallest; `None` when there are no numbers.
    pub least: Option<u32>,
    /// The largest; `None` when there are no numbers.
    pub most: Option<u32>,
}

impl SelectionFigures {
    /// The figures of the cells of a range.
    pub fn of(range: CellRange, sheet: &Sheet) -> Self {
        let numbers = range.cells().filter_map(|at| sheet.cell(at)?.value);
        numbers.fold(Self::default(), |known, number| Self {
            count: known.count + 1,
            sum: known.sum + u64::from(number),
            least: Some(known.least.map_or(number, |least| least.min(number))),
            most: Some(known.most.map_or(number, |most| most.max(number))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cell_range::CellPosition;
    use crate::kit::grid::sheet::{CellMark, SheetCell, SheetRow};

    fn at(row: usize, column: usize) -> CellPosition {
        CellPosition { row, column }
    }

    #[test]
    fn the_figures_leave_out_cells_without_a_number() {
        let cell = |value| Some(SheetCell { value, base: value, mark: CellMark::None });
        let row = |cells: &[Option<SheetCell>]| SheetRow {
            label: String::new(),
            cells: cells.to_vec(),
            in_totals: true,
        };
        let rows = vec![row(&[cell(Some(3)), cell(None)]), row(&[None, cell(Some(9))])];
        let sheet = Sheet { heads: Vec::new(), rows, total_label: "", extras: Vec::new(), in_percent: false };
        let figures = SelectionFigures::of(CellRange::between(at(0, 0), at(1, 1)), &sheet);
        assert_eq!(figures, SelectionFigures { count: 2, sum: 12, least: Some(3), most: Some(9) });
    }
}
