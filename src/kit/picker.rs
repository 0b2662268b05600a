//! A picker: the user types a few letters, and the best matches are listed first.

use crossterm::event::{KeyCode, KeyModifiers};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32String};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::text::fold_for_search;
use crate::input::key::Key;
use crate::kit::pen::{Pen, fit, highlight, width, wrap};
use crate::kit::prompt::Prompt;
use crate::theme::Theme;

/// An item that can be picked.
#[derive(Debug, Clone, PartialEq)]
pub struct PickerItem<T> {
    text: String,
    searched: Utf32String,
    detail: String,
    help: String,
    value: T,
}

impl<T> PickerItem<T> {
    /// An item found by `text`, with a detail shown beside it.
    pub fn new(text: String, beside: String, value: T) -> Self {
        Self { searched: fold_for_search(&text).into(), text, detail: beside, help: String::new(), value }
    }

    /// Adds a help text, shown while the cursor is on the item.
    #[must_use]
    pub fn with_help(self, about: String) -> Self {
        Self { help: about, ..self }
    }
}

/// The result of a key in a picker.
#[derive(Debug, Clone, PartialEq)]
pub enum PickerOutcome<T> {
    /// The user chose this item.
    Chosen(T),
    /// The user cancelled.
    Cancelled,
    /// The picker stays open.
    Open,
}

/// A picker with its items and what was typed.
#[derive(Debug)]
pub struct Picker<T> {
    prompt: Prompt,
    items: Vec<PickerItem<T>>,
    /// Indices of the matching items, the best first.
    matches: Vec<usize>,
    cursor: usize,
    top: usize,
    /// Whether any item has a help text, and the width of the longest row; computed once.
    has_help: bool,
    width: u16,
}

impl<T: Clone> Picker<T> {
    /// A picker of these items with the cursor on the one at that index.
    pub fn new(items: Vec<PickerItem<T>>, cursor: usize) -> Self {
        let matches = (0..items.len()).collect();
        let says = items.iter().any(|item| !item.help.is_empty());
        let row =
            |item: &PickerItem<T>| width(&item.text).saturating_add(width(&item.detail)).saturating_add(4);
        let width = items.iter().take(MAX_MEASURED_ITEMS).map(row).max().unwrap_or(0);
        Self { prompt: Prompt::default(), items, matches, cursor, top: 0, has_help: says, width }
    }

    /// How many items there are, matching or not.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Handles a key: arrows move the cursor, Enter chooses, Esc cancels, all other keys are typed.
    pub fn key(&mut self, key: Key) -> PickerOutcome<T> {
        let last = self.matches.len().saturating_sub(1);
        let control = key.modifiers == KeyModifiers::CONTROL;
        match key.code {
            KeyCode::Esc => return PickerOutcome::Cancelled,
            KeyCode::Enter => {
                let chosen = self.matches.get(self.cursor).map(|at| self.items[*at].value.clone());
                return chosen.map_or(PickerOutcome::Open, PickerOutcome::Chosen);
            }
            KeyCode::Up => self.cursor = self.cursor.saturating_sub(1),
            KeyCode::Down => self.cursor = (self.cursor + 1).min(last),
            KeyCode::Char('p') if control => self.cursor = self.cursor.saturating_sub(1),
            KeyCode::Char('n') if control => self.cursor = (self.cursor + 1).min(last),
            KeyCode::PageUp => self.cursor = self.cursor.saturating_sub(PAGE_ROWS),
            KeyCode::PageDown => self.cursor = (self.cursor + PAGE_ROWS).min(last),
            _ => {
                let before = self.prompt.text().to_owned();
                self.prompt.key(key);
                if self.prompt.text() != before {
                    self.find();
                }
            }
        }
        PickerOutcome::Open
    }

    /// Inserts pasted text into what is typed.
    pub fn paste(&mut self, text: &str) {
        self.prompt.insert(text);
        self.find();
    }

    fn find(&mut self) {
        let wanted = fold_for_search(self.prompt.text());
        let pattern = Pattern::parse(&wanted, CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let typed: Vec<&str> = wanted.split_whitespace().collect();
        // A whole word ranks above letters scattered over others: `AF` should not find `African` first. So
        // does a text that begins with what is typed: `sta` finds `staged` before `review: what is staged`.
        let whole = |text: &str| {
            let words = || text.split(|c: char| !c.is_alphanumeric());
            typed.iter().filter(|typed| words().any(|word| word.eq_ignore_ascii_case(typed))).count()
        };
        let score = |(at, item): (usize, &PickerItem<T>)| {
            let score = pattern.score(item.searched.slice(..), &mut matcher)?;
            let begins = typed.first().is_some_and(|typed| fold_for_search(&item.text).starts_with(typed));
            Some((whole(&item.text), begins, score, at))
        };
        let mut scored: Vec<_> = self.items.iter().enumerate().filter_map(score).collect();
        scored.sort_unstable_by_key(|(whole, begins, score, at)| {
            (std::cmp::Reverse((*whole, *begins, *score)), *at)
        });
        self.matches = scored.into_iter().map(|(.., at)| at).collect();
        self.cursor = 0;
    }

    /// Whether any item has a help text.
    pub fn has_help(&self) -> bool {
        self.has_help
    }

    /// Rows below the list for the help of the item under the cursor.
    fn below(&self) -> u16 {
        if self.has_help() { HELP_ROWS } else { 0 }
    }

    /// Scrolls so that the cursor is visible in that many rows.
    pub fn arrange(&mut self, rows: u16) {
        let seen = usize::from(rows.saturating_sub(1 + self.below())).max(1);
        self.cursor = self.cursor.min(self.matches.len().saturating_sub(1));
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(seen));
    }

    /// The width of the longest rows in columns of the screen.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Draws the typed text and, below it, the matching items.
    pub fn draw(&self, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let mut pen = Pen::new(buf, area, 0);
        let many = format!("{} of {}", self.matches.len(), self.items.len());
        pen.text("> ", theme.key);
        self.prompt.draw(&mut pen, theme.plain, theme.cursor);
        pen.text_at_end(&many, theme.dim);
        let end = area.height.saturating_sub(self.below());
        if let Some(at) = self.matches.get(self.cursor) {
            let lines = wrap(&self.items[*at].help, area.width.saturating_sub(2));
            for (row, line) in (end..area.height).zip(lines.iter().filter(|line| !line.is_empty())) {
                Pen::new(buf, area, row).skip(1).text(line, theme.dim);
            }
        }
        for (row, at) in (1..end).zip(self.matches.iter().enumerate().skip(self.top)) {
            let (place, item) = (at.0, &self.items[*at.1]);
            let mut pen = Pen::new(buf, area, row);
            pen.skip(1);
            let text = fit(&item.text, pen.columns_left());
            pen.text(&text, theme.plain).skip(1);
            let beside = fit(&item.detail, pen.columns_left().saturating_sub(1)).into_owned();
            pen.text_at_end(&format!("{beside} "), theme.dim);
            if place == self.cursor {
                highlight(buf, area, row, theme.cursor);
            }
        }
        if self.matches.is_empty() && area.height > 1 {
            Pen::new(buf, area, 1).skip(1).text("nothing matches", theme.dim);
        }
    }
}

/// Rows for the help of an item.
const HELP_ROWS: u16 = 2;
/// Rows a page movement covers.
const PAGE_ROWS: usize = 10;
/// How many items are measured to find the width.
const MAX_MEASURED_ITEMS: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    fn picker(texts: &[&str]) -> Picker<usize> {
        let item = |(at, text): (usize, &&str)| PickerItem::new((*text).to_owned(), String::new(), at);
        Picker::new(texts.iter().enumerate().map(item).collect(), 0)
    }

    fn typed(picker: &mut Picker<usize>, text: &str) -> PickerOutcome<usize> {
        text.chars().for_each(|c| {
            picker.key(c.to_string().parse().unwrap());
        });
        picker.key("enter".parse().unwrap())
    }

    #[test]
    fn a_few_letters_of_each_word_find_an_entry_and_the_best_match_is_first() {
        let texts = ["Senior · CF", "Senior · AF African female", "review: what is staged"];
        assert_eq!(typed(&mut picker(&texts), "senAF"), PickerOutcome::Chosen(1));
        assert_eq!(typed(&mut picker(&texts), "stgd"), PickerOutcome::Chosen(2));
        assert_eq!(
            typed(&mut picker(&["review: what is staged", "staged: go there"]), "sta"),
            PickerOutcome::Chosen(1)
        );
        assert_eq!(typed(&mut picker(&["Ann", "Seán O’Brien"]), "sean o'b"), PickerOutcome::Chosen(1));
        let cells = ["Senior AM · African male", "Senior AF · African female"];
        assert_eq!(typed(&mut picker(&cells), "senior af"), PickerOutcome::Chosen(1));
        assert_eq!(typed(&mut picker(&texts), "zzz"), PickerOutcome::Open);
    }

    #[test]
    fn arrows_move_among_the_matches_and_esc_cancels() {
        let mut few = picker(&["ab", "ac", "b"]);
        few.key("a".parse().unwrap());
        for _ in 0..9 {
            few.key("down".parse().unwrap());
        }
        few.arrange(2);
        assert_eq!(few.key("enter".parse().unwrap()), PickerOutcome::Chosen(1));
        assert_eq!(few.key("esc".parse().unwrap()), PickerOutcome::Cancelled);
    }
}
