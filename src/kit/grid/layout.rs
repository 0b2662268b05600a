//! Where each part of a grid goes at a given size; drawing and scrolling share it.

use std::ops::Range;

use crate::domain::cell_range::CellPosition;
use crate::kit::grid::sheet::{ExtraColumn, Sheet};
use crate::kit::pen::{Pen, width};
use crate::theme::Theme;

/// The widths of a grid in columns of the screen, and which part of it is visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridLayout {
    /// Width of the row labels.
    pub label: u16,
    /// Width of a cell, including its sign.
    pub cell: u16,
    /// Width of the totals, without the line before them.
    pub total: u16,
    /// Width of the differences after the totals.
    pub difference: u16,
    /// The visible columns of the sheet.
    pub columns: Range<usize>,
    /// The widths of the visible extra columns; the others are hidden.
    pub extras: Vec<u16>,
    /// The visible rows of the sheet.
    pub rows: Range<usize>,
}

/// Columns taken by the line before a group.
pub const GROUP_LINE_WIDTH: u16 = 2;
/// Rows besides the sheet's own: the heads, the rule and the totals.
const NON_DATA_ROWS: u16 = 3;
/// The row labels are never narrower than this.
const MIN_LABEL_WIDTH: u16 = 8;

impl GridLayout {
    /// Lays out a sheet in that many columns and rows so that the cursor is visible. Totals are always shown.
    pub fn new(sheet: &Sheet, columns: u16, rows: u16, cursor: CellPosition) -> Self {
        let count = sheet.heads.len();
        let digits = sheet.rows.iter().flat_map(|row| &row.cells).flatten().filter_map(|c| c.value).max();
        let sums = (0..count).map(|at| sheet.column_sum(at).value).max().unwrap_or(0);
        let digits = digits_of(u64::from(digits.unwrap_or(0)).max(sums)).max(2);
        // Percentages such as `43.2` take four characters.
        let digits = if sheet.in_percent { 4 } else { digits };
        let total = digits_of(sheet.total().value).max(5) + 1;
        let difference = (0..sheet.rows.len())
            .map(|row| sheet.row_sum(row).difference())
            .chain([sheet.total().difference()])
            .map(|text| width(&text) + 1)
            .filter(|columns| *columns > 1)
            .max()
            .unwrap_or(0);
        let roomy = |difference: u16| difference.max(4);
        let longest = sheet.rows.iter().map(|row| width(&row.label)).max().unwrap_or(0) + 2;
        let lines =
            GROUP_LINE_WIDTH * (1 + sheet.heads.iter().skip(1).filter(|h| h.begins_group).count() as u16);
        let needed = |label: u16, cell: u16| label + cell * count as u16 + lines + total + roomy(difference);

        // Use wide cells when they fit, else tight ones in which only the sign separates two numbers.
        let extras: u16 = sheet.extras.iter().map(extra_width).sum();
        let mut wide = [(7, extras), (6, extras), (7, 0), (6, 0), (5, 0)].into_iter();
        let fits =
            |(cell, extras): &(u16, u16)| *cell > digits + 1 && needed(longest, *cell) + extras <= columns;
        let cell = wide.find(fits).map(|(cell, _)| cell);
        let cell = cell.unwrap_or((digits + 1).max(4));
        // Reserve room for differences that edits may add only where that hides no column.
        let difference =
            if needed(MIN_LABEL_WIDTH, cell) <= columns { roomy(difference) } else { difference };
        let room = columns.saturating_sub(cell * count as u16 + lines + total + difference);
        let label = longest.min(room).clamp(MIN_LABEL_WIDTH, 24);
        let fixed = label + total + difference + lines;
        let fit = usize::from(columns.saturating_sub(fixed) / cell.max(1)).clamp(1, count.max(1));
        let first = (cursor.column + 1).saturating_sub(fit).min(count.saturating_sub(fit));

        let mut left = columns.saturating_sub(fixed + cell * fit as u16);
        let extras = sheet.extras.iter().map_while(|extra| {
            let columns = extra_width(extra);
            left = left.checked_sub(columns)?;
            Some(columns)
        });
        let extras = if fit == count && cell >= 5 { extras.collect() } else { Vec::new() };

        let seen = usize::from(rows.saturating_sub(NON_DATA_ROWS)).max(1);
        let top = (cursor.row + 1).saturating_sub(seen).min(sheet.rows.len().saturating_sub(seen));
        Self {
            label,
            cell,
            total,
            difference,
            columns: first..(first + fit).min(count),
            extras,
            rows: top..(top + seen).min(sheet.rows.len()),
        }
    }

    /// Writes texts aligned under the columns of a sheet, and one under its totals.
    pub fn aligned(
        &self,
        sheet: &Sheet,
        label: &str,
        cells: &[String],
        total: &str,
        theme: &Theme,
        pen: &mut Pen<'_>,
    ) {
        pen.skip(1).text_left(label, self.label - 1, theme.plain);
        for column in self.columns.clone() {
            if column > self.columns.start && sheet.heads[column].begins_group {
                pen.text(" │", theme.dim);
            }
            pen.text_right(cells.get(column).map_or("", String::as_str), self.cell, theme.plain);
        }
        pen.text(" │", theme.dim).text_right(total, self.total, theme.total);
    }

    /// Rows needed to show the whole sheet.
    pub fn height(sheet: &Sheet) -> u16 {
        sheet.rows.len() as u16 + NON_DATA_ROWS
    }
}

fn extra_width(extra: &ExtraColumn) -> u16 {
    width(extra.head).max(6) + 2
}

fn digits_of(number: u64) -> u16 {
    number.checked_ilog10().unwrap_or(0) as u16 + 1
}
