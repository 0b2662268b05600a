//! Drawing a grid.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::kit::grid::layout::{LINE, Layout};
use crate::kit::grid::select::Range;
use crate::kit::grid::sheet::{At, Cell, Mark, Row, Sheet, Sum};
use crate::kit::pen::{Pen, fit, width};
use crate::theme::Theme;

/// How a grid is shown.
pub struct Shown<'a> {
    /// The sheet.
    pub sheet: &'a Sheet,
    /// Where everything stands.
    pub layout: &'a Layout,
    /// The cell under the cursor; none in a table one cannot move in.
    pub cursor: Option<At>,
    /// The range that is taken, if one is.
    pub range: Option<Range>,
    /// What is being typed into that cell.
    pub draft: Option<&'a str>,
    /// The styles.
    pub theme: &'a Theme,
}

impl Shown<'_> {
    /// Draws the grid into an area, which is the one its layout was made for.
    pub fn draw(&self, area: Rect, buf: &mut Buffer) {
        let mut line = 0;
        self.heads(&mut Pen::new(buf, area, line));
        let counted = self.sheet.counted();
        if self.layout.rows.start > counted {
            self.sums(area, &mut line, buf);
        }
        for at in self.layout.rows.clone() {
            if at == counted {
                self.sums(area, &mut line, buf);
            }
            line += 1;
            self.row(at, &self.sheet.rows[at], &mut Pen::new(buf, area, line));
        }
        if self.layout.rows.end <= counted {
            self.sums(area, &mut line, buf);
        }
    }

    fn plain(&self) -> Style {
        if self.cursor.is_some() { self.theme.plain } else { self.theme.dim }
    }

    fn heads(&self, pen: &mut Pen<'_>) {
        let style = if self.cursor.is_some() { self.theme.title } else { self.theme.dim };
        let hidden = self.layout.columns.start > 0;
        pen.skip(self.layout.label - 1).text(if hidden { "‹" } else { " " }, self.theme.warning);
        for at in self.layout.columns.clone() {
            let head = self.sheet.heads[at];
            self.line(at, pen);
            let here = self.cursor.is_some_and(|cursor| cursor.column == at);
            let style = if here { style.add_modifier(Modifier::UNDERLINED) } else { style };
            pen.skip(self.layout.cell.saturating_sub(width(head.text))).text(head.text, style);
        }
        let hidden = self.layout.columns.end < self.sheet.heads.len();
        pen.text(if hidden { "›│" } else { " │" }, if hidden { self.theme.warning } else { self.theme.dim });
        pen.right("Total", self.layout.total, style).skip(self.layout.difference);
        for (extra, columns) in self.sheet.extras.iter().zip(&self.layout.extras) {
            pen.right(extra.head, *columns, self.theme.dim);
        }
    }

    /// The line before a column that begins a group.
    fn line(&self, column: usize, pen: &mut Pen<'_>) {
        if column > self.layout.columns.start && self.sheet.heads[column].begins_group {
            pen.text(" │", self.theme.dim);
        }
    }

    fn row(&self, at: usize, row: &Row, pen: &mut Pen<'_>) {
        let here = self.cursor.is_some_and(|cursor| cursor.row == at);
        let style = if here { self.theme.title } else { self.plain() };
        pen.skip(1).left_in(&row.label, self.layout.label - 1, style);
        for column in self.layout.columns.clone() {
            self.line(column, pen);
            let place = At { row: at, column };
            let cursor = self.cursor == Some(place);
            let taken = self.range.is_some_and(|range| range.contains(place));
            let cell = row.cells.get(column).copied().flatten();
            self.cell(cell, self.sheet.row_sum(at), cursor, taken, pen);
        }
        pen.text(" │", self.theme.dim);
        self.sum(self.sheet.row_sum(at), pen);
        for (extra, columns) in self.sheet.extras.iter().zip(&self.layout.extras) {
            pen.right(extra.rows.get(at).map_or("", String::as_str), *columns, self.theme.dim);
        }
    }

    fn cell(&self, cell: Option<Cell>, sum: Sum, cursor: bool, taken: bool, pen: &mut Pen<'_>) {
        let columns = self.layout.cell;
        if let (true, Some(draft)) = (cursor, self.draft) {
            let draft = format!("{draft}▏");
            pen.right(&fit(&draft, columns), columns, self.theme.typing);
            return;
        }
        let Some(cell) = cell else {
            let style = match (cursor, taken) {
                (true, _) => self.theme.cursor,
                (false, true) => self.theme.range,
                (false, false) => self.theme.dim,
            };
            pen.right("·", columns, style);
            return;
        };
        let number = cell.value.map_or_else(|| "–".into(), |value| self.sheet.text(value.into(), sum));
        let style = match cell.mark {
            Mark::None => self.plain(),
            Mark::Held => self.theme.ghost,
            Mark::Changed | Mark::Sending => self.theme.changed,
            Mark::Conflict | Mark::Warning | Mark::Unknown => self.theme.warning,
            Mark::Refused | Mark::Damaged => self.theme.error,
        };
        let style = match (cursor, taken) {
            (true, _) => self.theme.cursor.patch(style),
            (false, true) => style.patch(self.theme.range),
            (false, false) => style,
        };
        let text = if cell.mark == Mark::None { number } else { format!("{}{number}", cell.mark.sign()) };
        // The cursor and a range cover cells but not the gaps before them.
        let shown =
            if cursor || taken { format!("{text:>width$}", width = usize::from(columns) - 1) } else { text };
        pen.right(&shown, columns, style);
    }

    fn sum(&self, sum: Sum, pen: &mut Pen<'_>) {
        pen.right(&sum.text(), self.layout.total, self.theme.total);
        let difference = sum.difference();
        pen.text(" ", self.theme.plain).left_in(
            &difference,
            self.layout.difference.saturating_sub(1),
            self.theme.changed,
        );
    }

    fn sums(&self, area: Rect, line: &mut u16, buf: &mut Buffer) {
        *line += 1;
        let layout = self.layout;
        let lines =
            layout.columns.clone().skip(1).filter(|at| self.sheet.heads[*at].begins_group).count() as u16 + 1;
        let extras: u16 = layout.extras.iter().sum();
        let columns = layout.columns.len() as u16 * layout.cell;
        let rule = layout.label - 1 + columns + LINE * lines + layout.total + layout.difference + extras;
        Pen::new(buf, area, *line).skip(1).text(&"─".repeat(usize::from(rule)), self.theme.dim);
        *line += 1;
        let mut pen = Pen::new(buf, area, *line);
        pen.skip(1).left_in(self.sheet.sum_label, layout.label - 1, self.theme.total);
        for column in layout.columns.clone() {
            self.line(column, &mut pen);
            let sum = self.sheet.column_sum(column);
            let text =
                if self.sheet.shares { self.sheet.text(sum.value, self.sheet.total()) } else { sum.text() };
            pen.right(&text, layout.cell, self.theme.total);
        }
        pen.text(" │", self.theme.dim);
        self.sum(self.sheet.total(), &mut pen);
        for (extra, columns) in self.sheet.extras.iter().zip(&layout.extras) {
            pen.right(&extra.sum, *columns, self.theme.dim);
        }
    }
}
