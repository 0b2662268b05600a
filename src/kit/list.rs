//! The one list widget: rows in columns, with filter, sorting and marks; only visible rows are drawn.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::domain::text::{Text, escape_spreadsheet_cell, fold_for_search};
use crate::input::command::Command;
use crate::input::key::Key;
use crate::kit::pen::{Pen, fit, highlight, width};
use crate::kit::prompt::Prompt;
use crate::theme::Theme;

/// The heading and width of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListColumn {
    /// Its heading.
    pub head: Cow<'static, str>,
    /// Its minimum width in columns of the screen.
    pub min: u16,
    /// Its share of the spare width; 0 for a fixed width.
    pub grow: u16,
    /// Whether its texts are aligned to the right, as numbers are.
    pub right: bool,
}

/// The rows a list shows, in the server's order and addressed by index.
pub trait ListSource {
    /// How many rows there are.
    fn len(&self) -> usize;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// How many columns there are; the first identifies the row and is always visible.
    fn width(&self) -> usize;
    /// The heading and width of a column.
    fn column(&self, column: usize) -> &ListColumn;
    /// The text of a cell.
    fn text(&self, row: usize, column: usize) -> Cow<'_, str>;
    /// A number that stays the same while rows are only appended; `None` when the source cannot tell.
    fn generation(&self) -> Option<u64> {
        None
    }
    /// The rows removed since a generation, one after the other, each by its place at that time; `None` when other things
    /// changed too, or it cannot tell.
    fn removed_since(&self, _: u64) -> Option<&[usize]> {
        None
    }
    /// Whether rows are still arriving, so that the filter index is built meanwhile.
    fn is_growing(&self) -> bool {
        false
    }
    /// The key that identifies a row for marks and the cursor; empty when it cannot be marked.
    fn key(&self, _: usize) -> String {
        String::new()
    }
    /// The character shown before a row; a blank for none.
    fn marker(&self, _: usize) -> char {
        ' '
    }
    /// Whether "next match" stops at this row.
    fn is_notable(&self, _: usize) -> bool {
        false
    }
}

/// How many rows are added to the filter index in one step.
const INDEX_BATCH_ROWS: usize = 2000;

/// The cursor, scroll position, filter, order and marks of a list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListState {
    cursor: usize,
    top: usize,
    /// How many columns after the first are scrolled out at the left.
    hidden_columns: usize,
    filter: Prompt,
    typing: bool,
    sort: Option<usize>,
    order: Vec<u32>,
    marks: BTreeSet<String>,
    /// The key of the row under the cursor, which the cursor stays on when rows change; empty until the
    /// cursor is moved.
    cursor_key: String,
    filter_index: FilterIndex,
    /// Whether the column just sorted by still has to be scrolled into view.
    scroll_to_sorted: bool,
    /// Whether the order is descending.
    reversed: bool,
    /// The number of rows when the list was last arranged.
    arranged_rows: usize,
    /// What the cursor stays on when the rows are sorted anew.
    stays_on: StaysOn,
    /// The generation and number of rows for which the order was computed.
    ordered_for: Option<(u64, usize)>,
}

/// What the cursor of a list stays on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum StaysOn {
    /// Its row.
    #[default]
    Row,
    /// The top: the list was opened in an order of its own, and the cursor was not moved since.
    Top,
}

/// The filter index: the cells of each row, folded for searching once when the row arrives.
#[derive(Debug, Clone, PartialEq, Default)]
struct FilterIndex {
    generation: Option<u64>,
    rows: Vec<Box<str>>,
}

impl FilterIndex {
    /// Starts over when the generation changed.
    fn discard_old(&mut self, source: &impl ListSource) {
        if source.generation().is_none()
            || self.generation != source.generation()
            || source.len() < self.rows.len()
        {
            self.rows.clear();
            self.generation = source.generation();
        }
    }

    /// Indexes new rows until `to` rows are indexed; starts over when the generation changed.
    fn extend(&mut self, source: &impl ListSource, to: usize) {
        self.discard_old(source);
        let mut line = String::new();
        for row in self.rows.len()..to.min(source.len()) {
            line.clear();
            for column in 0..source.width() {
                line.push_str(&source.text(row, column));
                line.push('\n');
            }
            self.rows.push(fold_for_search(&line).into());
        }
    }
}

impl ListState {
    /// A list sorted by a column, in descending order or not; `None` for the order of its rows.
    pub fn ordered(by: Option<(usize, bool)>) -> Self {
        let (sort, reversed) = (by.map(|(column, _)| column), by.is_some_and(|(_, reversed)| reversed));
        let stays_on = if sort.is_some() { StaysOn::Top } else { StaysOn::Row };
        Self { sort, reversed, stays_on, ..Self::default() }
    }

    /// Whether the user is typing a filter.
    pub fn is_typing(&self) -> bool {
        self.typing
    }

    /// The source's index of the row under the cursor; `None` in an empty list.
    pub fn current(&self) -> Option<usize> {
        self.order.get(self.cursor).map(|at| *at as usize)
    }

    /// The source's indices of the marked rows that are shown, or of the row under the cursor when none is
    /// marked.
    pub fn selected_rows(&self, source: &impl ListSource) -> Vec<usize> {
        if self.marks.is_empty() {
            return self.current().into_iter().collect();
        }
        let shown = self.order.iter().map(|at| *at as usize);
        shown.filter(|at| self.marks.contains(&source.key(*at))).collect()
    }

    /// Clears all marks.
    pub fn unmark(&mut self) {
        self.marks.clear();
    }

    /// Puts the cursor on the row with a key, or as soon as that row arrives.
    pub fn select(&mut self, key: String, source: &impl ListSource) {
        (self.cursor_key, self.ordered_for, self.stays_on) = (key, None, StaysOn::Row);
        self.refresh(source);
    }

    /// Remembers the key of the row under the cursor. A cursor that was not moved stays at the top of a
    /// growing list.
    fn remember_cursor_key(&mut self, source: &impl ListSource) {
        let moved = self.current().filter(|_| self.cursor > 0 || self.sort.is_some());
        self.cursor_key = moved.map(|at| source.key(at)).unwrap_or_default();
    }

    /// The source's index of the row that the cursor belongs on after rows were added or removed.
    fn cursor_row(&self, source: &impl ListSource) -> Option<usize> {
        let current = self.current().filter(|at| *at < source.len());
        if self.cursor_key.is_empty() || current.is_some_and(|at| source.key(at) == self.cursor_key) {
            return current;
        }
        let known = self.ordered_for.filter(|(generation, _)| Some(*generation) == source.generation());
        let new = known.map_or(0, |(_, rows)| rows)..source.len();
        new.into_iter().find(|at| source.key(*at) == self.cursor_key).or(current)
    }

    /// Takes rows out that were removed one after the other since a generation; the cursor stays on its row, or comes to the
    /// one that takes its place.
    fn remove_rows(&mut self, removed: &[usize], since: u64, source: &impl ListSource) {
        for removed in removed {
            let mut place = None;
            let mut shown = 0;
            self.order.retain_mut(|row| {
                let is_kept = *row as usize != *removed;
                if !is_kept {
                    place = Some(shown);
                }
                *row -= u32::from(*row as usize > *removed);
                shown += 1;
                is_kept
            });
            self.cursor -= usize::from(place.is_some_and(|place| place < self.cursor));
        }
        if self.filter_index.generation == Some(since) {
            for removed in removed {
                if *removed < self.filter_index.rows.len() {
                    self.filter_index.rows.remove(*removed);
                }
            }
            self.filter_index.generation = source.generation();
        }
        self.cursor = self.cursor.min(self.order.len().saturating_sub(1));
        self.remember_cursor_key(source);
    }

    fn move_cursor_to(&mut self, row: usize) {
        if let Some(at) = self.order.iter().position(|o| *o as usize == row) {
            self.cursor = at;
        }
    }

    /// Recomputes the order if the rows may have changed since it was last computed.
    pub fn refresh_if_changed(&mut self, source: &impl ListSource) {
        let now = source.generation().map(|generation| (generation, source.len()));
        if now.is_some() && self.ordered_for == now {
            return;
        }
        if let (Some((since, rows)), Some(_)) = (self.ordered_for, now)
            && let Some(removed) = source.removed_since(since).filter(|of| rows == source.len() + of.len())
        {
            self.remove_rows(removed, since, source);
            self.ordered_for = now;
            return;
        }
        self.refresh(source);
    }

    /// Recomputes the order after rows, filter or sorting changed, and keeps the cursor on its row.
    pub fn refresh(&mut self, source: &impl ListSource) {
        let current = self.cursor_row(source);
        self.ordered_for = source.generation().map(|generation| (generation, source.len()));
        let wanted = fold_for_search(self.filter.text());
        if self.typing || !wanted.is_empty() {
            self.filter_index.extend(source, source.len());
        }
        let all = 0..source.len() as u32;
        self.order = if wanted.is_empty() {
            all.collect()
        } else {
            let finder = |at: &u32| self.filter_index.rows[*at as usize].contains(&wanted);
            all.filter(finder).collect()
        };
        if let Some(column) = self.sort.filter(|at| *at < source.width()) {
            let mut keyed: Vec<_> =
                self.order.iter().map(|at| (SortKey::of(&source.text(*at as usize, column)), *at)).collect();
            keyed.sort_by(|a, b| {
                let order = a.0.compare(&b.0);
                // Empty cells come last in either direction.
                let empty = a.0 == SortKey::Nothing || b.0 == SortKey::Nothing;
                let order = if self.reversed && !empty { order.reverse() } else { order };
                order.then(a.1.cmp(&b.1))
            });
            self.order = keyed.into_iter().map(|(_, at)| at).collect();
        }
        self.cursor = self.cursor.min(self.order.len().saturating_sub(1));
        let moved = (self.cursor > 0 || self.sort.is_some() || !self.cursor_key.is_empty())
            && self.stays_on == StaysOn::Row;
        if let Some(current) = current.filter(|_| moved) {
            self.move_cursor_to(current);
        }
    }

    /// Handles a command for moving, filtering, marking or sorting; returns whether it was one. `page` is the
    /// number of visible rows.
    pub fn command(&mut self, command: Command, page: usize, source: &impl ListSource) -> bool {
        self.stays_on = StaysOn::Row;
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
            Command::First => 0,
            Command::Last => last,
            Command::RowStart => {
                self.hidden_columns = 0;
                self.cursor
            }
            Command::RowEnd => {
                // `arrange` limits this to the position where the last column is visible.
                self.hidden_columns = source.width();
                self.cursor
            }
            Command::Left => {
                self.hidden_columns = self.hidden_columns.saturating_sub(1);
                self.cursor
            }
            Command::Right => {
                self.hidden_columns += 1;
                self.cursor
            }
            Command::Filter => {
                self.typing = true;
                self.filter_index.extend(source, source.len());
                self.cursor
            }
            Command::Sort => {
                self.sort = match self.sort {
                    None => Some(0),
                    Some(at) if at + 1 < source.width() => Some(at + 1),
                    Some(_) => None,
                };
                self.hidden_columns = self.sort.map_or(0, |at| self.hidden_columns.min(at.saturating_sub(1)));
                self.scroll_to_sorted = true;
                self.refresh(source);
                self.cursor
            }
            Command::Reverse => {
                self.reversed = !self.reversed;
                self.refresh(source);
                self.cursor
            }
            Command::Mark => {
                let key = self.current().map(|at| source.key(at)).unwrap_or_default();
                if !key.is_empty() && !self.marks.remove(&key) {
                    self.marks.insert(key);
                }
                by(1, true)
            }
            Command::MarkAll => {
                let shown: BTreeSet<_> = self.order.iter().map(|at| source.key(*at as usize)).collect();
                let all = !shown.is_subset(&self.marks);
                self.marks = if all { shown } else { BTreeSet::new() };
                self.marks.remove("");
                self.cursor
            }
            Command::NextMatch | Command::PreviousMatch => {
                let notable = |at: &usize| source.is_notable(self.order[*at] as usize);
                let match_row = if command == Command::NextMatch {
                    (self.cursor + 1..self.order.len()).chain(0..self.cursor).find(notable)
                } else {
                    (0..self.cursor).rev().chain((self.cursor..self.order.len()).rev()).find(notable)
                };
                match_row.unwrap_or(self.cursor)
            }
            _ => return false,
        };
        self.remember_cursor_key(source);
        true
    }

    /// Handles a key while a filter is being typed: Enter keeps the filter, Esc clears it.
    pub fn key(&mut self, key: Key, source: &impl ListSource) {
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
                    // The user most likely means the first match.
                    self.cursor = 0;
                    self.refresh(source);
                    self.cursor = 0;
                    self.remember_cursor_key(source);
                }
            }
        }
    }

    /// Inserts text pasted while a filter is being typed.
    pub fn paste(&mut self, text: &str, source: &impl ListSource) {
        self.filter.insert(text);
        self.refresh(source);
    }

    /// Clears the filter; returns whether there was one.
    pub fn clear_filter(&mut self, source: &impl ListSource) -> bool {
        let had = self.typing || !self.filter.text().is_empty();
        self.typing = false;
        self.filter = Prompt::default();
        if had {
            self.refresh(source);
        }
        had
    }

    /// Scrolls so that the cursor and the column just sorted by are visible in a list of that size.
    pub fn arrange(&mut self, columns: u16, height: u16, source: &impl ListSource) {
        // The filter index is extended after new rows have been drawn, so that they are seen first, and in
        // small steps, so that no key press waits for it.
        if source.is_growing() {
            self.filter_index.discard_old(source);
            self.filter_index
                .extend(source, self.arranged_rows.min(self.filter_index.rows.len() + INDEX_BATCH_ROWS));
        }
        self.arranged_rows = source.len();
        let page = visible_rows(height);
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(page));
        self.top = self.top.min(self.order.len().saturating_sub(page));
        let most = (0..source.width()).find(|hidden| {
            visible_columns(source, *hidden, columns).last().is_none_or(|(at, ..)| *at + 1 == source.width())
        });
        self.hidden_columns = self.hidden_columns.min(most.unwrap_or(0));
        while let Some(sort) = self.sort.filter(|sort| *sort > 0 && self.scroll_to_sorted)
            && !visible_columns(source, self.hidden_columns, columns).iter().any(|(at, ..)| *at == sort)
            && self.hidden_columns + 1 < sort
        {
            self.hidden_columns += 1;
        }
        self.scroll_to_sorted = false;
    }

    /// Draws the heads and rows and, when a filter is set, a line with the filter and how many rows match.
    pub fn draw(&self, source: &impl ListSource, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let columns = visible_columns(source, self.hidden_columns, area.width);
        let mut pen = Pen::new(buf, area, 0);
        for (at, columns) in &columns {
            let column = source.column(*at);
            let sign = match (self.sort == Some(*at), self.reversed) {
                (true, false) => " ↑",
                (true, true) => " ↓",
                (false, _) => "",
            };
            let head = format!("{}{sign}", fit(&column.head, columns.saturating_sub(width(sign))));
            pen.text(
                if *at == 1 + self.hidden_columns && self.hidden_columns > 0 { "‹" } else { " " },
                theme.warning,
            );
            draw_cell(&mut pen, column.right, &head, *columns, theme.title);
        }
        if columns.last().is_some_and(|(at, _)| at + 1 < source.width()) {
            let mut pen = Pen::new(buf, area, 0);
            pen.skip(area.width.saturating_sub(1)).text("›", theme.warning);
        }
        let rows = self.order.iter().enumerate().skip(self.top).take(visible_rows(area.height));
        for (line, (at, row)) in (1..).zip(rows) {
            let row = *row as usize;
            let marked = !self.marks.is_empty() && self.marks.contains(&source.key(row));
            let (sign, style) = if marked { ('•', theme.title) } else { (source.marker(row), theme.plain) };
            let mut pen = Pen::new(buf, area, line);
            for (place, (column, columns)) in columns.iter().enumerate() {
                let gap = if place == 0 { sign } else { ' ' };
                // In the row under the cursor the sign keeps the plain style; another colour would look like
                // a block.
                let of_sign = if gap == ' ' || at == self.cursor { theme.plain } else { theme.changed };
                pen.text(gap.encode_utf8(&mut [0; 4]), of_sign);
                draw_cell(
                    &mut pen,
                    source.column(*column).right,
                    &source.text(row, *column),
                    *columns,
                    style,
                );
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
                pen.text(&Text::from(self.filter.text()).printable(), theme.plain);
            }
            let count = format!("  {} of {}", self.order.len(), source.len());
            pen.text(&count, theme.dim);
        }
    }

    /// How many rows are marked.
    pub fn marked(&self) -> usize {
        self.marks.len()
    }
}

/// The sort key of a cell: numbers by value, then texts by letters, then empty cells.
#[derive(Debug, PartialEq)]
enum SortKey {
    Number(f64),
    Letters(String),
    Nothing,
}

impl SortKey {
    fn of(text: &str) -> Self {
        match text.trim() {
            "" => Self::Nothing,
            text => text.parse().map_or_else(|_| Self::Letters(fold_for_search(text)), Self::Number),
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        let rank = |key: &Self| match key {
            Self::Number(_) => 0,
            Self::Letters(_) => 1,
            Self::Nothing => 2,
        };
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Letters(a), Self::Letters(b)) => a.cmp(b),
            (a, b) => rank(a).cmp(&rank(b)),
        }
    }
}

/// Rows as tab-separated text for a spreadsheet, with a line of column heads; a single row comes without it.
pub fn tab_separated(source: &impl ListSource, rows: &[usize]) -> String {
    let columns = 0..source.width();
    let plain = |text: &str| escape_spreadsheet_cell(&text.replace(['\t', '\n', '\r'], " ")).into_owned();
    let heads =
        || columns.clone().map(|at| source.column(at).head.to_string()).collect::<Vec<_>>().join("\t");
    let line =
        |row: &usize| columns.clone().map(|at| plain(&source.text(*row, at))).collect::<Vec<_>>().join("\t");
    let heads = (rows.len() > 1).then(heads);
    heads.into_iter().chain(rows.iter().map(line)).collect::<Vec<_>>().join("\n")
}

/// How many rows are visible in a list of that height: all except the head line and the filter line.
pub fn visible_rows(height: u16) -> usize {
    usize::from(height.saturating_sub(2)).max(1)
}

fn draw_cell(pen: &mut Pen<'_>, right: bool, text: &str, columns: u16, style: Style) {
    if right {
        pen.text_right(&fit(text, columns), columns, style);
    } else {
        pen.text_left(text, columns, style);
    }
}

/// The visible columns with their widths: the first, then those not scrolled out, as many as fit. Spare width
/// is shared out when all fit; otherwise the last one may be cut short.
fn visible_columns(source: &impl ListSource, hidden: usize, total: u16) -> Vec<(usize, u16)> {
    let mut left = total;
    let mut seen = Vec::new();
    for at in (0..source.width()).filter(|at| *at == 0 || *at > hidden) {
        let min = source.column(at).min;
        if left < min + 1 {
            // A partly readable column is better than a gap.
            if left >= 7 || seen.is_empty() {
                seen.push((at, left.saturating_sub(1)));
                left = 0;
            }
            break;
        }
        left -= min + 1;
        seen.push((at, min));
    }
    let shares: u16 = seen.iter().map(|(at, _)| source.column(*at).grow).sum();
    let spare = left;
    for (at, columns) in &mut seen {
        *columns += (spare * source.column(*at).grow).checked_div(shares).unwrap_or(0);
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    static COLUMNS: [ListColumn; 3] = [
        ListColumn { head: Cow::Borrowed("Name"), min: 6, grow: 1, right: false },
        ListColumn { head: Cow::Borrowed("Size"), min: 4, grow: 0, right: true },
        ListColumn { head: Cow::Borrowed("Place"), min: 10, grow: 0, right: false },
    ];

    struct Rows(Vec<[&'static str; 3]>);

    impl ListSource for Rows {
        fn len(&self) -> usize {
            self.0.len()
        }
        fn width(&self) -> usize {
            3
        }
        fn column(&self, column: usize) -> &ListColumn {
            &COLUMNS[column]
        }
        fn text(&self, row: usize, column: usize) -> Cow<'_, str> {
            self.0[row][column].into()
        }
        fn generation(&self) -> Option<u64> {
            Some(1)
        }
        fn key(&self, row: usize) -> String {
            self.0[row][0].into()
        }
        fn is_notable(&self, row: usize) -> bool {
            self.0[row][1] == "9"
        }
    }

    fn source() -> Rows {
        Rows(vec![["Baobab", "9", "x"], ["Acme", "110", ""], ["Karoo", "20", "ÉTÉ"], ["Acacia", "3", "y"]])
    }

    fn list() -> ListState {
        let mut list = ListState::default();
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
    fn a_filter_also_finds_rows_that_arrive_later_and_ignores_case() {
        let (mut list, mut rows) = (list(), source());
        list.command(Command::Filter, 10, &rows);
        for letter in ["é", "t"] {
            list.key(letter.parse().unwrap(), &rows);
        }
        assert_eq!(list.order, [2]);
        rows.0.push(["Été", "1", ""]);
        list.refresh(&rows);
        assert_eq!(list.order, [2, 4]);
    }

    #[test]
    fn marked_rows_are_chosen_and_without_marks_the_one_under_the_cursor() {
        let (mut list, rows) = (list(), source());
        assert_eq!(list.selected_rows(&rows), [0]);
        list.command(Command::Mark, 10, &rows);
        list.command(Command::Down, 10, &rows);
        list.command(Command::Mark, 10, &rows);
        assert_eq!(list.selected_rows(&rows), [0, 2]);
        list.command(Command::MarkAll, 10, &rows);
        assert_eq!(list.selected_rows(&rows), [0, 1, 2, 3]);
        list.command(Command::MarkAll, 10, &rows);
        assert_eq!(list.selected_rows(&rows), [3], "none is marked any more");
    }

    #[test]
    fn next_match_goes_to_the_next_row_that_needs_attention() {
        let (mut list, rows) = (list(), source());
        list.command(Command::Last, 10, &rows);
        list.command(Command::NextMatch, 10, &rows);
        assert_eq!(list.current(), Some(0));
        list.command(Command::PreviousMatch, 10, &rows);
        assert_eq!(list.current(), Some(0), "it is the only one");
    }

    #[test]
    fn every_column_can_be_scrolled_to_and_the_first_stays() {
        let (mut list, rows) = (list(), source());
        assert_eq!(visible_columns(&rows, 0, 16).iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 1]);
        for _ in 0..5 {
            list.command(Command::Right, 10, &rows);
            list.arrange(18, 10, &rows);
        }
        assert_eq!(list.hidden_columns, 1);
        assert_eq!(
            visible_columns(&rows, list.hidden_columns, 18).iter().map(|(at, _)| *at).collect::<Vec<_>>(),
            [0, 2]
        );
    }

    #[test]
    fn an_empty_list_takes_every_key() {
        let source = Rows(Vec::new());
        let mut list = ListState::default();
        list.refresh(&source);
        for command in [
            Command::Up,
            Command::Down,
            Command::Last,
            Command::PageDown,
            Command::Sort,
            Command::Mark,
            Command::NextMatch,
            Command::Right,
        ] {
            list.command(command, 10, &source);
            list.arrange(0, 0, &source);
        }
        assert_eq!(list.current(), None);
    }

    /// Rows that know which of them were removed.
    struct Shrinking {
        rows: Vec<String>,
        removed: Vec<usize>,
    }

    impl Shrinking {
        fn remove(&mut self, at: usize) {
            self.rows.remove(at);
            self.removed.push(at);
        }
    }

    impl ListSource for Shrinking {
        fn len(&self) -> usize {
            self.rows.len()
        }
        fn width(&self) -> usize {
            1
        }
        fn column(&self, _: usize) -> &ListColumn {
            &COLUMNS[0]
        }
        fn text(&self, row: usize, _: usize) -> Cow<'_, str> {
            self.rows[row].as_str().into()
        }
        fn generation(&self) -> Option<u64> {
            Some(self.removed.len() as u64)
        }
        fn removed_since(&self, generation: u64) -> Option<&[usize]> {
            self.removed.get(usize::try_from(generation).ok()?..)
        }
        fn key(&self, row: usize) -> String {
            self.rows[row].clone()
        }
    }

    proptest::proptest! {
        /// Removing rows leads to the same list as looking at all rows anew, whatever is sorted and filtered.
        #[test]
        fn rows_are_removed_as_if_the_list_were_arranged_anew(
            count in 1_usize..40, removed in proptest::collection::vec((0_usize..40, 1_usize..4), 0..12),
            sorted in 0_usize..3, filtered in proptest::bool::ANY, cursor in 0_usize..40,
        ) {
            let rows = (0..count).map(|n| format!("{:02}", n * 7 % 40)).collect();
            let mut source = Shrinking { rows, removed: Vec::new() };
            let mut list = ListState::default();
            list.refresh(&source);
            if filtered {
                list.command(Command::Filter, 10, &source);
                list.key("1".parse().unwrap(), &source);
            }
            for command in [Command::Sort, Command::Reverse].iter().take(sorted) {
                list.command(*command, 10, &source);
            }
            for _ in 0..cursor {
                list.command(Command::Down, 10, &source);
            }
            for (at, several) in removed {
                // Several rows may go before the list is drawn again.
                let (under, place) = (list.current().map(|at| source.key(at)), list.cursor);
                for _ in 0..several {
                    if at < source.len() {
                        source.remove(at);
                    }
                }
                list.refresh_if_changed(&source);
                let mut anew = list.clone();
                anew.filter_index = FilterIndex::default();
                anew.refresh(&source);
                proptest::prop_assert_eq!(&list.order, &anew.order);
                if filtered {
                    anew.filter_index.extend(&source, source.len());
                    proptest::prop_assert_eq!(&list.filter_index.rows, &anew.filter_index.rows);
                }
                match under.filter(|key| source.rows.contains(key)) {
                    Some(key) => proptest::prop_assert_eq!(list.current().map(|at| source.key(at)), Some(key)),
                    None => proptest::prop_assert!(list.cursor <= place),
                }
            }
        }
    }
}
