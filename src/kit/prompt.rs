//! One line of editable text.

use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::style::Style;
use tui_input::{Input, InputRequest};

use crate::domain::text::Text;
use crate::input::key::Key;
use crate::kit::pen::Pen;

/// A line of text with a cursor.
#[derive(Debug, Clone, Default)]
pub struct Prompt(Input);

/// The most characters a prompt holds after a paste.
const MAX_CHARS: usize = 1000;

/// Two prompts are equal when their text and cursor are.
impl PartialEq for Prompt {
    fn eq(&self, other: &Self) -> bool {
        (self.0.value(), self.0.cursor()) == (other.0.value(), other.0.cursor())
    }
}

impl Prompt {
    /// A prompt that holds a text, with the cursor after it.
    pub fn with_text(text: &str) -> Self {
        Self(Input::new(text.to_owned()))
    }

    /// The current text.
    pub fn text(&self) -> &str {
        self.0.value()
    }

    /// Appends text, without control characters and at most until the prompt holds `MAX_CHARS`.
    pub fn insert(&mut self, text: &str) {
        let room = MAX_CHARS.saturating_sub(self.text().chars().count());
        let text: String = text.chars().filter(|c| !c.is_control()).take(room).collect();
        self.0 = Input::new(format!("{}{text}", self.text()));
    }

    /// Handles an editing key; returns whether it was one.
    pub fn key(&mut self, key: Key) -> bool {
        let control = key.modifiers == KeyModifiers::CONTROL;
        let request = match key.code {
            KeyCode::Char(c) if key.modifiers.is_empty() => InputRequest::InsertChar(c),
            KeyCode::Char('u') if control => InputRequest::DeleteLine,
            KeyCode::Char('w') if control => InputRequest::DeletePrevWord,
            KeyCode::Char('a') if control => InputRequest::GoToStart,
            KeyCode::Char('e') if control => InputRequest::GoToEnd,
            KeyCode::Backspace => InputRequest::DeletePrevChar,
            KeyCode::Delete => InputRequest::DeleteNextChar,
            KeyCode::Left => InputRequest::GoToPrevChar,
            KeyCode::Right => InputRequest::GoToNextChar,
            KeyCode::Home => InputRequest::GoToStart,
            KeyCode::End => InputRequest::GoToEnd,
            _ => return false,
        };
        self.0.handle(request);
        true
    }

    /// Draws the text and its cursor, scrolled so that the cursor is visible.
    pub fn draw(&self, pen: &mut Pen<'_>, style: Style, cursor: Style) {
        let skip = self.0.visual_scroll((pen.columns_left() as usize).saturating_sub(1));
        let (before, after) = self.0.value().split_at(
            self.0.value().char_indices().nth(self.0.cursor()).map_or(self.0.value().len(), |(at, _)| at),
        );
        let before: String = before.chars().skip(skip).collect();
        let mut after = after.chars();
        let under = after.next().unwrap_or(' ');
        pen.text(&Text::from(before).printable(), style)
            .text(&Text::from(under.to_string()).printable(), cursor)
            .text(&Text::from(after.as_str()).printable(), style);
    }
}
