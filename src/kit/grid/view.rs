//! Draws a grid.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::domain::cell_range::CellPosition;
use crate::domain::cell_range::CellRange;
use crate::kit::grid::layout::{GROUP_LINE_WIDTH, GridLayout};
use crate::kit::grid::sheet::{CellMark, Sheet, SheetCell, SheetRow, SheetTotal};
use crate::kit::pen::{Pen, fit, width};
use crate::theme::Theme;

/// Everything needed to draw a grid.
pub struct GridView<'a> {
    /// The sheet.
    pub sheet: &'a Sheet,
    /// Where each part goes.
    pub layout: &'a GridLayout,
    /// The cell under the cursor; `None` in a table without a cursor.
    pub cursor: Option<CellPosition>,
    /// The selected range; `None` when there is none.
    pub range: Option<CellRange>,
    /// The text being typed into the cell under the cursor; `None` when it is not being edited.
    pub draft: Option<&'a str>,
    /// The styles.
    pub theme: &'a Theme,
}

impl GridView<'_> {
    /// Draws the grid into the area its layout was computed for.
    pub fn draw(&self, area: Rect, buf: &mut Buffer) {
        let mut line = 0;
        self.draw_headings(&mut Pen::new(buf, area, line));
        let counted = self.sheet.counted();
        if self.layout.rows.start > counted {
            self.draw_totals_row(area, &mut line, buf);
        }
        for at in self.layout.rows.clone() {
            if at == counted {
                self.draw_totals_row(area, &mut line, buf);
            }
            line += 1;
            self.draw_row(at, &self.sheet.rows[at], &mut Pen::new(buf, area, line));
        }
        if self.layout.rows.end <= counted {
            self.draw_totals_row(area, &mut line, buf);
        }
    }

    fn base_style(&self) -> Style {
        if self.cursor.is_some() { self.theme.plain } else { self.theme.dim }
    }

    fn draw_headings(&self, pen: &mut Pen<'_>) {
        let style = if self.cursor.is_some() { self.theme.title } else { self.theme.dim };
        let hidden = self.layout.columns.start > 0;
        pen.skip(self.layout.label - 1).text(if hidden { "‹" } else { " " }, self.theme.warning);
        for at in self.layout.columns.clone() {
            let head = self.sheet.heads[at];
            self.draw_group_line(at, pen);
            let here = self.cursor.is_some_and(|cursor| cursor.column == at);
            let style = if here { style.add_modifier(Modifier::UNDERLINED) } else { style };
            pen.skip(self.layout.cell.saturating_sub(width(head.text))).text(head.text, style);
        }
        let hidden = self.layout.columns.end < self.sheet.heads.len();
        pen.text(if hidden { "›│" } else { " │" }, if hidden { self.theme.warning } else { self.theme.dim });
        pen.text_right("Total", self.layout.total, style).skip(self.layout.difference);
        for (extra, columns) in self.sheet.extras.iter().zip(&self.layout.extras) {
            pen.text_right(extra.head, *columns, self.theme.dim);
        }
    }

    /// Draws the line before a column that begins a group.
    fn draw_group_line(&self, column: usize, pen: &mut Pen<'_>) {
        if column > self.layout.columns.start && self.sheet.heads[column].begins_group {
            pen.text(" │", self.theme.dim);
        }
    }

    fn draw_row(&self, at: usize, row: &SheetRow, pen: &mut Pen<'_>) {
        let here = self.cursor.is_some_and(|cursor| cursor.row == at);
        let style = if here { self.theme.title } else { self.base_style() };
        pen.skip(1).text_left(&row.label, self.layout.label - 1, style);
        for column in self.layout.columns.clone() {
            self.draw_group_line(column, pen);
            let place = CellPosition { row: at, column };
            let cursor = self.cursor == Some(place);
            let is_selected = self.range.is_some_and(|range| range.contains(place));
            let cell = row.cells.get(column).copied().flatten();
            self.draw_cell(cell, self.sheet.row_sum(at), cursor, is_selected, pen);
        }
        pen.text(" │", self.theme.dim);
        self.draw_total(self.sheet.row_sum(at), pen);
        for (extra, columns) in self.sheet.extras.iter().zip(&self.layout.extras) {
            pen.text_right(extra.rows.get(at).map_or("", String::as_str), *columns, self.theme.dim);
        }
    }

    fn draw_cell(
        &self,
        cell: Option<SheetCell>,
        sum: SheetTotal,
        cursor: bool,
        is_selected: bool,
        pen: &mut Pen<'_>,
    ) {
        let columns = self.layout.cell;
        if let (true, Some(draft)) = (cursor, self.draft) {
            let draft = format!("{draft}▏");
            pen.text_right(&fit(&draft, columns), columns, self.theme.editing);
            return;
        }
        let Some(cell) = cell else {
            let style = match (cursor, is_selected) {
                (true, _) => self.theme.cursor,
                (false, true) => self.theme.range,
                (false, false) => self.theme.dim,
            };
            pen.text_right("·", columns, style);
            return;
        };
        let number = cell.value.map_or_else(|| "–".into(), |value| self.sheet.text(value.into(), sum));
        let style = match cell.mark {
            CellMark::None => self.base_style(),
            CellMark::Preview => self.theme.paste_preview,
            CellMark::Changed | CellMark::Sending => self.theme.changed,
            CellMark::Conflict | CellMark::Warning | CellMark::Unknown => self.theme.warning,
            CellMark::Refused | CellMark::Damaged => self.theme.error,
        };
        let style = match (cursor, is_selected) {
            (true, _) => self.theme.cursor.patch(style),
            (false, true) => style.patch(self.theme.range),
            (false, false) => style,
        };
        let text = if cell.mark == CellMark::None { number } else { format!("{}{number}", cell.mark.sign()) };
        // The cursor and a range cover cells but not the gaps before them.
        let shown = if cursor || is_selected {
            format!("{text:>width$}", width = usize::from(columns) - 1)
        } else {
            text
        };
        pen.text_right(&shown, columns, style);
    }

    fn draw_total(&self, sum: SheetTotal, pen: &mut Pen<'_>) {
        pen.text_right(&sum.text(), self.layout.total, self.theme.total);
        let difference = sum.difference();
        pen.text(" ", self.theme.plain).text_left(
            &difference,
            self.layout.difference.saturating_sub(1),
            self.theme.changed,
        );
    }

    fn draw_totals_row(&self, area: Rect, line: &mut u16, buf: &mut Buffer) {
        *line += 1;
        let layout = self.layout;
        let lines =
            layout.columns.clone().skip(1).filter(|at| self.sheet.heads[*at].begins_group).count() as u16 + 1;
        let extras: u16 = layout.extras.iter().sum();
        let columns = layout.columns.len() as u16 * layout.cell;
        let rule =
            layout.label - 1 + columns + GROUP_LINE_WIDTH * lines + layout.total + layout.difference + extras;
        Pen::new(buf, area, *line).skip(1).text(&"─".repeat(usize::from(rule)), self.theme.dim);
        *line += 1;
        let mut pen = Pen::new(buf, area, *line);
        pen.skip(1).text_left(self.sheet.total_label, layout.label - 1, self.theme.total);
        for column in layout.columns.clone() {
            self.draw_group_line(column, &mut pen);
            let sum = self.sheet.column_sum(column);
            let text = if self.sheet.in_percent {
                self.sheet.text(sum.value, self.sheet.total())
            } else {
                sum.text()
            };
            pen.text_right(&text, layout.cell, self.theme.total);
        }
        pen.text(" │", self.theme.dim);
        self.draw_total(self.sheet.total(), &mut pen);
        for (extra, columns) in self.sheet.extras.iter().zip(&layout.extras) {
            pen.text_right(&extra.sum, *columns, self.theme.dim);
        }
    }
}
