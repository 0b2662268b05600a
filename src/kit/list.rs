//! The one list: a table of columns over rows, filtered as one types, sorted, drawn only where it is seen.

use std::borrow::Cow;
use std::cmp::Ordering;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::input::command::Command;
use crate::input::key::Key;
use crate::kit::pen::{Pen, highlight, width};
use crate::kit::prompt::Prompt;
use crate::theme::Theme;

/// A column of a list of `R`, whose text may also need `C`.
pub struct Column<R, C: ?Sized> {
    /// Its head.
    pub head: &'static str,
    /// The fewest columns of the screen it takes.
    pub min: u16,
    /// Its share of what is left over; 0 for a fixed width.
    pub grow: u16,
    /// Whether it stands at the right, as numbers do.
    pub right: bool,
    /// Its text.
    pub text: for<'a> fn(&'a R, &'a C) -> Cow<'a, str>,
}

/// What a list is asked about: its rows, its columns and what they need.
pub struct Source<'a, R: 'static, C: ?Sized + 'static> {
    /// All rows, in the server's order.
    pub rows: &'a [R],
    /// The columns, the first being the one rows are known by.
    pub columns: &'static [Column<R, C>],
    /// What the columns' texts need besides the row.
    pub extra: &'a C,
}

/// Where one stands in a list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct List {
    cursor: usize,
    top: usize,
    filter: Prompt,
    typing: bool,
    sort: Option<usize>,
    order: Vec<u32>,
}

impl List {
    /// Whether a filter is being typed.
    pub fn is_typing(&self) -> bool {
        self.typing
    }

    /// The index, in the source's rows, of the row under the cursor.
    pub fn current(&self) -> Option<usize> {
        self.order.get(self.cursor).map(|at| *at as usize)
    }

    /// Puts the cursor on a row of the source.
    pub fn select(&mut self, row: usize) {
        if let Some(at) = self.order.iter().position(|o| *o as usize == row) {
            self.cursor = at;
        }
    }

    /// Works the order out anew after rows, filter or sort changed, and keeps the cursor on its row.
    pub fn refresh<R, C: ?Sized>(&mut self, source: &Source<'_, R, C>) {
        let current = self.current();
        let wanted = self.filter.text().to_lowercase();
        let matches = |row: &R| {
            wanted.is_empty()
                || source.columns.iter().any(|c| (c.text)(row, source.extra).to_lowercase().contains(&wanted))
        };
        self.order = (0..source.rows.len() as u32).filter(|at| matches(&source.rows[*at as usize])).collect();
        if let Some(column) = self.sort.and_then(|at| source.columns.get(at)) {
            let mut keyed: Vec<_> = self
                .order
                .iter()
                .map(|at| ((column.text)(&source.rows[*at as usize], source.extra).to_lowercase(), *at))
                .collect();
            keyed.sort_by(|a, b| natural(&a.0, &b.0).then(a.1.cmp(&b.1)));
            self.order = keyed.into_iter().map(|(_, at)| at).collect();
        }
        self.cursor = self.cursor.min(self.order.len().saturating_sub(1));
        if let Some(current) = current {
            self.select(current);
        }
    }

    /// Takes a command of moving, filtering or sorting; whether it was one. `page` is the number of rows seen.
    pub fn command<R, C: ?Sized>(
        &mut self,
        command: Command,
        page: usize,
        source: &Source<'_, R, C>,
    ) -> bool {
        let last = self.order.len().saturating_sub(1);
        let by = |step: usize, down: bool| {
            if down { self.cursor.saturating_add(step).min(last) } else { self.cursor.saturating_sub(step) }
        };
        self.cursor = match command {
            Command::Up => by(1, false),
            Command::Down => by(1, true),
            Command::PageUp => by(page, false),
            Command::PageDown => by(page, true),
            Command::HalfUp => by(page / 2, false),
            Command::HalfDown => by(page / 2, true),
            Command::First | Command::RowStart => 0,
            Command::Last | Command::RowEnd => last,
            Command::Filter => {
                self.typing = true;
                self.cursor
            }
            Command::Sort => {
                self.sort = match self.sort {
                    None => Some(0),
                    Some(at) if at + 1 < source.columns.len() => Some(at + 1),
                    Some(_) => None,
                };
                self.refresh(source);
                self.cursor
            }
            _ => return false,
        };
        true
    }

    /// Takes a key while the filter is typed: Enter keeps it, Esc clears it.
    pub fn key<R, C: ?Sized>(&mut self, key: Key, source: &Source<'_, R, C>) {
        use crossterm::event::KeyCode;
        match key.code {
            KeyCode::Enter => self.typing = false,
            KeyCode::Esc => {
                self.clear_filter(source);
            }
            KeyCode::Down => {
                self.typing = false;
                self.command(Command::Down, 0, source);
            }
            _ => {
                if self.filter.key(key) {
                    self.refresh(source);
                }
            }
        }
    }

    /// Takes pasted text while the filter is typed.
    pub fn paste<R, C: ?Sized>(&mut self, text: &str, source: &Source<'_, R, C>) {
        self.filter.insert(text);
        self.refresh(source);
    }

    /// Shows all rows again; whether there was a filter.
    pub fn clear_filter<R, C: ?Sized>(&mut self, source: &Source<'_, R, C>) -> bool {
        let had = self.typing || !self.filter.text().is_empty();
        self.typing = false;
        self.filter = Prompt::default();
        self.refresh(source);
        had
    }

    /// Moves the window so that the cursor is seen; `height` is that of the whole list.
    pub fn arrange(&mut self, height: u16) {
        let page = page(height);
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(page));
        self.top = self.top.min(self.order.len().saturating_sub(page));
    }

    /// Draws head and rows; below, when the list is shortened, the filter and how many of how many.
    pub fn draw<R, C: ?Sized>(&self, source: &Source<'_, R, C>, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let widths = widths(source, area.width);
        let mut pen = Pen::new(buf, area, 0);
        for (at, (column, columns)) in source.columns.iter().zip(&widths).enumerate() {
            let head =
                if self.sort == Some(at) { format!("{} ↓", column.head) } else { column.head.to_owned() };
            pen.skip(1);
            cell(&mut pen, column.right, &head, *columns, theme.title);
        }
        let rows = self.order.iter().enumerate().skip(self.top).take(page(area.height));
        for (line, (at, row)) in (1..).zip(rows) {
            let row = &source.rows[*row as usize];
            let mut pen = Pen::new(buf, area, line);
            for (column, columns) in source.columns.iter().zip(&widths) {
                pen.skip(1);
                cell(&mut pen, column.right, &(column.text)(row, source.extra), *columns, theme.plain);
            }
            if at == self.cursor {
                highlight(buf, area, line, theme.cursor);
            }
        }
        if self.typing || !self.filter.text().is_empty() {
            let mut pen = Pen::new(buf, area, area.height.saturating_sub(1));
            pen.text(" / ", theme.key);
            if self.typing {
                self.filter.draw(&mut pen, theme.plain, theme.cursor);
            } else {
                pen.text(&crate::domain::text::Text::from(self.filter.text()).shown(), theme.plain);
            }
            let count = format!("  {} of {}", self.order.len(), source.rows.len());
            pen.text(&count, theme.dim);
        }
    }
}

/// Rows seen in a list of that height: all but the head and the line of the filter.
pub fn page(height: u16) -> usize {
    usize::from(height.saturating_sub(2)).max(1)
}

fn cell(pen: &mut Pen<'_>, right: bool, text: &str, columns: u16, style: ratatui::style::Style) {
    if right {
        pen.right(&crate::kit::pen::fit(text, columns), columns, style);
    } else {
        pen.left_in(text, columns, style);
    }
}

/// Widths of the columns: the fewest each, then what is left by their shares; the last ones give way first.
fn widths<R, C: ?Sized>(source: &Source<'_, R, C>, total: u16) -> Vec<u16> {
    let gaps = source.columns.len() as u16;
    let mut left = total.saturating_sub(gaps);
    let mut widths: Vec<u16> = source
        .columns
        .iter()
        .map(|column| {
            let columns = column.min.max(width(column.head)).min(left);
            left -= columns;
            columns
        })
        .collect();
    let shares: u16 = source.columns.iter().map(|c| c.grow).sum();
    for (columns, column) in widths.iter_mut().zip(source.columns) {
        *columns += (left * column.grow).checked_div(shares).unwrap_or(0);
    }
    widths
}

/// Numbers by their size, all else by its letters.
fn natural(a: &str, b: &str) -> Ordering {
    match (a.trim().parse::<f64>(), b.trim().parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static COLUMNS: [Column<(&str, u32), ()>; 2] = [
        Column { head: "Name", min: 4, grow: 1, right: false, text: |r, ()| r.0.into() },
        Column { head: "Size", min: 4, grow: 0, right: true, text: |r, ()| r.1.to_string().into() },
    ];
    static ROWS: [(&str, u32); 4] = [("Baobab", 9), ("Acme", 110), ("Karoo", 20), ("Acacia", 3)];

    fn source() -> Source<'static, (&'static str, u32), ()> {
        Source { rows: &ROWS, columns: &COLUMNS, extra: &() }
    }

    fn list() -> List {
        let mut list = List::default();
        list.refresh(&source());
        list
    }

    #[test]
    fn the_cursor_stays_on_its_row_when_the_order_changes() {
        let mut list = list();
        list.command(Command::Down, 10, &source());
        assert_eq!(list.current(), Some(1));
        list.command(Command::Sort, 10, &source());
        assert_eq!((list.current(), list.cursor), (Some(1), 1));
        list.command(Command::Sort, 10, &source());
        assert_eq!((list.current(), list.cursor), (Some(1), 3), "110 is the largest number");
    }

    #[test]
    fn a_filter_shortens_the_list_and_esc_brings_it_back() {
        let mut list = list();
        list.command(Command::Filter, 10, &source());
        for c in ["a", "c", "A"] {
            list.key(c.parse().unwrap(), &source());
        }
        assert_eq!(list.order, [3]);
        list.key("enter".parse().unwrap(), &source());
        assert!(!list.is_typing());
        assert!(list.clear_filter(&source()));
        assert_eq!(list.order.len(), 4);
        assert!(!list.clear_filter(&source()));
    }

    #[test]
    fn an_empty_list_takes_every_key() {
        let source = Source { rows: &[], columns: &COLUMNS, extra: &() };
        let mut list = List::default();
        list.refresh(&source);
        for command in [Command::Up, Command::Down, Command::Last, Command::PageDown, Command::Sort] {
            list.command(command, 10, &source);
            list.arrange(0);
        }
        assert_eq!(list.current(), None);
    }
}
