//! The one form widget: fields to type into or choose from, each with a note beside it.

use std::borrow::Cow;

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::text::Text;
use crate::domain::text::fold_for_search;
use crate::input::key::Key;
use crate::kit::pen::{Pen, fit, highlight, width, wrap};
use crate::kit::prompt::Prompt;
use crate::theme::Theme;

/// One choice of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormChoice {
    /// The value it stands for.
    pub value: String,
    /// The text shown to the user.
    pub label: String,
}

impl FormChoice {
    /// A choice whose value is shown as it is.
    pub fn plain(word: &str) -> Self {
        Self { value: word.to_owned(), label: word.to_owned() }
    }
}

/// What a field accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldInput {
    /// Any text.
    Line,
    /// One of these choices only.
    OneOf(Vec<FormChoice>),
    /// Any text; these choices are suggested.
    Suggestions(Vec<FormChoice>),
}

impl FieldInput {
    fn choices(&self) -> &[FormChoice] {
        match self {
            Self::Line => &[],
            Self::OneOf(choices) | Self::Suggestions(choices) => choices,
        }
    }
}

/// A note beside a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldNote {
    /// The text of the note.
    pub text: String,
    /// Whether the form cannot be staged while this note applies.
    pub blocks_staging: bool,
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq)]
pub struct FormField {
    /// The label in front of the field.
    pub label: String,
    /// What the field is for, shown below the form while the cursor is on it.
    pub help: String,
    /// Whether a value is required.
    pub required: bool,
    /// What it accepts.
    pub input: FieldInput,
    /// The note beside it.
    pub note: Option<FieldNote>,
    prompt: Prompt,
    /// The initial value.
    initial: String,
    /// Whether the user typed into it or chose something.
    touched: bool,
    /// Whether the cursor has left it once; only then are blocking notes shown.
    visited: bool,
}

impl FormField {
    /// A field with an initial value; when that is the value of a choice, the choice's label is shown.
    pub fn new(label: String, about: String, input: FieldInput, text: &str) -> Self {
        let known = input.choices().iter().find(|choice| choice.value == text);
        let shown = known.map_or(text, |choice| choice.label.as_str());
        let prompt = Prompt::with_text(shown);
        let initial = text.to_owned();
        Self {
            label,
            help: about,
            required: false,
            input,
            note: None,
            prompt,
            initial,
            touched: false,
            visited: false,
        }
    }

    /// The value: the initial one until the user touches the field, then the value of the matching choice, or
    /// else the typed text.
    pub fn value(&self) -> &str {
        if !self.touched {
            return &self.initial;
        }
        self.exact_match().map_or(self.prompt.text(), |choice| choice.value.as_str())
    }

    /// Whether the user typed into it or chose something.
    pub fn is_touched(&self) -> bool {
        self.touched
    }

    /// What the field accepts.
    pub fn input(&self) -> &FieldInput {
        &self.input
    }

    /// Replaces the choices and returns whether they differ. If the field was visited already, text typed
    /// before they arrived is resolved to a choice, as when the cursor leaves the field.
    pub fn offer(&mut self, input: FieldInput) -> bool {
        let new = self.input != input;
        if new {
            self.input = input;
            let known = self.input.choices().iter().find(|choice| choice.value == self.initial);
            if let Some(known) = known.filter(|_| !self.touched) {
                self.prompt = Prompt::with_text(&known.label.clone());
            }
            if self.visited {
                self.resolve_typed();
            }
        }
        new
    }

    /// Whether the cursor has left the field once.
    pub fn was_visited(&self) -> bool {
        self.visited
    }

    /// Whether the user entered a text that is none of the choices although it has to be one.
    pub fn is_off_list(&self) -> bool {
        self.touched
            && matches!(self.input, FieldInput::OneOf(_))
            && !self.prompt.text().trim().is_empty()
            && self.exact_match().is_none()
    }

    fn exact_match(&self) -> Option<&FormChoice> {
        let typed = fold_for_search(self.prompt.text().trim());
        let choices = self.input.choices();
        let words = choices.iter().find(|choice| fold_for_search(&choice.label) == typed);
        words.or_else(|| choices.iter().find(|choice| fold_for_search(&choice.value) == typed))
    }

    /// The choices that match the typed text, best first; all of them when the text is empty or is exactly
    /// one of them.
    fn matches(&self) -> Vec<&FormChoice> {
        let typed = fold_for_search(self.prompt.text().trim());
        let choices = self.input.choices();
        if typed.is_empty() || self.exact_match().is_some() {
            return choices.iter().collect();
        }
        let begins = |choice: &&FormChoice| fold_for_search(&choice.label).starts_with(&typed);
        let holds = |choice: &&FormChoice| {
            fold_for_search(&choice.label).contains(&typed) || fold_for_search(&choice.value).contains(&typed)
        };
        let rest = choices.iter().filter(|c| holds(c) && !begins(c));
        choices.iter().filter(begins).chain(rest).collect()
    }

    /// Replaces the typed text by the choice it means: an exact match, or the only one that matches.
    fn resolve_typed(&mut self) {
        if !self.touched || self.prompt.text().is_empty() {
            return;
        }
        let typed = fold_for_search(self.prompt.text().trim());
        let begins = |choice: &FormChoice| fold_for_search(&choice.label).starts_with(&typed);
        let free = matches!(self.input, FieldInput::Suggestions(_));
        let chosen = match (self.exact_match(), &self.matches()[..]) {
            (Some(choice), _) => Some(choice.label.clone()),
            (None, [only]) if !free || begins(only) => Some(only.label.clone()),
            (None, [first, second, ..]) if begins(first) && !begins(second) => Some(first.label.clone()),
            _ => None,
        };
        if let Some(words) = chosen {
            self.prompt = Prompt::with_text(&words);
        }
    }

    /// Moves to the next or the previous choice.
    fn cycle(&mut self, forward: bool) {
        let choices = self.input.choices();
        let here = self.exact_match().and_then(|choice| choices.iter().position(|c| c == choice));
        let first = self.matches().first().and_then(|first| choices.iter().position(|c| c == *first));
        let next = match (here, forward) {
            (None, true) => first.unwrap_or(0),
            (None, false) => choices.len().saturating_sub(1),
            (Some(at), true) => (at + 1) % choices.len(),
            (Some(at), false) => (at + choices.len() - 1) % choices.len(),
        };
        if let Some(choice) = choices.get(next) {
            self.prompt = Prompt::with_text(&choice.label.clone());
            self.touched = true;
        }
    }
}

/// A form with its cursor.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Form {
    fields: Vec<FormField>,
    cursor: usize,
    top: usize,
    touched: bool,
}

impl Form {
    /// A form with these fields and the cursor on the first one.
    pub fn new(fields: Vec<FormField>) -> Self {
        Self { fields, ..Self::default() }
    }

    /// Its fields.
    pub fn fields(&self) -> &[FormField] {
        &self.fields
    }

    /// Its fields, to change their notes or choices.
    pub fn fields_mut(&mut self) -> &mut [FormField] {
        &mut self.fields
    }

    /// Takes the fields out, to be changed and put back.
    pub fn take_fields(&mut self) -> Vec<FormField> {
        std::mem::take(&mut self.fields)
    }

    /// Puts fields in the place of those there, with the cursor on one of them, at most the last.
    pub fn put_fields(&mut self, fields: Vec<FormField>, cursor: usize) {
        self.cursor = cursor.min(fields.len().saturating_sub(1));
        self.fields = fields;
    }

    /// The index of the field under the cursor.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Whether the user typed or chose anything in any field.
    pub fn is_touched(&self) -> bool {
        self.touched
    }

    /// Moves the cursor to a field, at most the last; the typed text of the field it leaves is resolved to a
    /// choice.
    pub fn go(&mut self, to: usize) {
        self.leave();
        self.cursor = to.min(self.fields.len().saturating_sub(1));
    }

    /// Marks the field under the cursor as visited and resolves its typed text to a choice.
    pub fn leave(&mut self) {
        if let Some(field) = self.fields.get_mut(self.cursor) {
            field.visited = true;
            field.resolve_typed();
        }
    }

    /// Marks all fields as visited and resolves their typed texts to choices.
    pub fn leave_all(&mut self) {
        for field in &mut self.fields {
            field.visited = true;
            field.resolve_typed();
        }
    }

    /// Moves the field under the cursor to its next or previous choice.
    pub fn cycle(&mut self, forward: bool) {
        if let Some(field) = self.fields.get_mut(self.cursor) {
            field.cycle(forward);
            self.touched = true;
        }
    }

    /// Handles a key typed into the field under the cursor; returns whether the form used it.
    pub fn key(&mut self, key: Key) -> bool {
        let Some(field) = self.fields.get_mut(self.cursor) else { return false };
        match key.code {
            KeyCode::Left | KeyCode::Right if !field.input.choices().is_empty() => {
                self.cycle(key.code == KeyCode::Right);
                true
            }
            _ => {
                // Typing replaces a chosen word unless the longer text begins another choice.
                if key.typed_char().is_some()
                    && matches!(field.input, FieldInput::OneOf(_))
                    && field.exact_match().is_some()
                {
                    let longer = format!("{}{}", field.prompt.text(), key.typed_char().unwrap_or_default());
                    let begins =
                        |c: &FormChoice| fold_for_search(&c.label).starts_with(&fold_for_search(&longer));
                    if !field.input.choices().iter().any(begins) {
                        field.prompt = Prompt::default();
                    }
                }
                let before = field.prompt.text().to_owned();
                let taken = field.prompt.key(key);
                let changed = field.prompt.text() != before;
                field.touched |= changed;
                self.touched |= changed;
                taken
            }
        }
    }

    /// Inserts pasted text into the field under the cursor.
    pub fn paste(&mut self, text: &str) {
        if let Some(field) = self.fields.get_mut(self.cursor) {
            field.prompt.insert(text);
            field.touched = true;
            self.touched = true;
        }
    }

    /// Scrolls so that the cursor is visible in an area of that height, in rows.
    pub fn arrange(&mut self, height: u16) {
        let page = usize::from(rows(height)).max(1);
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(page));
    }

    /// Draws the fields and, below them, the help, note and choices of the field under the cursor.
    pub fn draw(&self, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let seen = rows(area.height);
        let label = self.fields.iter().map(|field| width(&field.label)).max().unwrap_or(0).min(34);
        for (line, (at, field)) in (0..seen).zip(self.fields.iter().enumerate().skip(self.top)) {
            let here = at == self.cursor;
            let mut pen = Pen::new(buf, area, line);
            pen.text(if field.required { " *" } else { "  " }, theme.key);
            pen.text_left(&field.label, label + 2, if here { theme.title } else { theme.dim });
            let said = field.note.as_ref().filter(|said| field.visited || !said.blocks_staging);
            if here {
                let room = area.width.saturating_sub(label + 6).min(48);
                let mut inside = Pen::new(buf, Rect { x: area.x + label + 4, width: room, ..area }, line);
                field.prompt.draw(&mut inside, theme.editing, theme.cursor);
            } else {
                let text: Cow<'_, str> = Text::from(field.prompt.text()).printable().into_owned().into();
                let text = if text.is_empty() { "–".into() } else { text };
                let room = pen.columns_left();
                pen.text(&fit(&text, room.min(48)), theme.plain);
            }
            if let Some(said) = said {
                let sign = if said.blocks_staging { "✗ " } else { "· " };
                let style = if said.blocks_staging { theme.error } else { theme.warning };
                let mut pen = Pen::new(buf, area, line);
                let shown = width(&Text::from(field.prompt.text()).printable()).clamp(1, 48);
                pen.skip(label + 4 + shown + 2);
                let room = pen.columns_left();
                pen.text(&fit(&format!("{sign}{}", said.text), room), style);
            }
        }
        let below = Rect { y: area.y + seen, height: area.height.saturating_sub(seen), ..area };
        let rule = "─".repeat(usize::from(area.width));
        Pen::new(buf, below, 0).text(&rule, theme.dim);
        let more = self.fields.len().saturating_sub(self.top + usize::from(seen));
        if more > 0 {
            Pen::new(buf, below, 0).text_at_end(&format!(" {more} more ↓ "), theme.dim);
        }
        if let Some(field) = self.fields.get(self.cursor) {
            let area = Rect { y: below.y + 1, height: below.height.saturating_sub(1), ..below };
            Self::draw_field(field, theme, area, buf);
        }
    }

    fn draw_field(field: &FormField, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let mut line = 0;
        let columns = area.width.saturating_sub(4);
        let mut say = |buf: &mut Buffer, text: &str, style| {
            for text in wrap(text, columns) {
                Pen::new(buf, area, line).skip(2).text(&text, style);
                line += 1;
            }
        };
        if !field.help.is_empty() {
            say(buf, &field.help, theme.dim);
        }
        if let Some(said) = field.note.as_ref().filter(|said| field.visited || !said.blocks_staging) {
            say(buf, &said.text, if said.blocks_staging { theme.error } else { theme.warning });
        }
        let matches = field.matches();
        let room = usize::from(area.height.saturating_sub(line));
        let here = field.exact_match().and_then(|exact| matches.iter().position(|choice| *choice == exact));
        let top = (here.unwrap_or(0) + 1).saturating_sub(room).min(matches.len().saturating_sub(room));
        for (at, choice) in matches.iter().enumerate().skip(top).take(room) {
            let mut pen = Pen::new(buf, area, line);
            pen.text(if here == Some(at) { "  › " } else { "    " }, theme.key);
            pen.text(&Text::from(choice.label.as_str()).printable(), theme.plain);
            if here == Some(at) {
                highlight(buf, area, line, theme.title);
            }
            line += 1;
        }
        let more = matches.len().saturating_sub(top + room);
        if more > 0 && line > 0 {
            Pen::new(buf, area, line - 1).text_at_end(&format!("{more} more ↓ "), theme.dim);
        }
    }
}

/// Rows of an area used for fields; the rest shows the help and choices of the field under the cursor.
fn rows(height: u16) -> u16 {
    height - (height / 3).clamp(4, 10).min(height)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        let words = ["Generic", "ICT", "Specialised ICT", "Financial · banking", "Financial · other"];
        let choices = words.map(|w| FormChoice { value: format!("bravo {w}"), label: w.to_owned() }).to_vec();
        Form::new(vec![
            FormField::new("Charter".into(), String::new(), FieldInput::OneOf(choices), ""),
            FormField::new("Note".into(), String::new(), FieldInput::Line, ""),
        ])
    }

    fn typed(text: &str) -> String {
        let mut form = form();
        for c in text.chars() {
            form.key(c.to_string().parse().unwrap());
        }
        form.go(1);
        form.fields()[0].value().to_owned()
    }

    #[test]
    fn a_word_is_accepted_only_when_it_is_unambiguous() {
        assert_eq!(typed("gen"), "bravo Generic");
        assert_eq!(typed("ict"), "bravo ICT", "the word itself wins over one that holds it");
        assert_eq!(typed("special"), "bravo Specialised ICT");
        assert_eq!(typed("bank"), "bravo Financial · banking");
        assert_eq!(typed("financial"), "financial", "two begin so");
        assert_eq!(typed("xyz"), "xyz");
        assert_eq!(typed(""), "");
    }

    #[test]
    fn arrows_cycle_through_the_words_and_typing_starts_over() {
        let mut form = form();
        form.key("right".parse().unwrap());
        form.key("right".parse().unwrap());
        assert_eq!(form.fields()[0].value(), "bravo ICT");
        form.key("left".parse().unwrap());
        form.key("left".parse().unwrap());
        assert_eq!(form.fields()[0].value(), "bravo Financial · other");
        form.key("g".parse().unwrap());
        form.go(1);
        assert_eq!(form.fields()[0].value(), "bravo Generic");
    }
}
