//! A key with its modifiers: read from a terminal event or a text, printed as people write it.

use crate::domain::shape_error::message_error;
use std::fmt;
use std::str::FromStr;

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

message_error! {
    /// Why a text is no key.
    KeyError
}

/// One key. For a character, Shift is part of the character itself: `U`, not Shift-`u`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// The key without its modifiers.
    pub code: KeyCode,
    /// Control, Alt and, for keys that are not characters, Shift.
    pub modifiers: KeyModifiers,
}

impl Key {
    fn new(code: KeyCode, mut modifiers: KeyModifiers) -> Self {
        modifiers &= KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT;
        let code = match code {
            KeyCode::Char(c) => {
                let shifted = modifiers.contains(KeyModifiers::SHIFT) && c.is_ascii_lowercase();
                modifiers -= KeyModifiers::SHIFT;
                // Terminals do not tell Ctrl-A and Ctrl-a apart; the lower-case form is kept.
                match (modifiers.contains(KeyModifiers::CONTROL), shifted) {
                    (true, _) => KeyCode::Char(c.to_ascii_lowercase()),
                    (false, true) => KeyCode::Char(c.to_ascii_uppercase()),
                    (false, false) => KeyCode::Char(c),
                }
            }
            KeyCode::BackTab => {
                modifiers |= KeyModifiers::SHIFT;
                code
            }
            code => code,
        };
        Self { code, modifiers }
    }

    /// The typed character; `None` when the key is not a character or has Control or Alt.
    pub fn typed_char(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        Self::new(event.code, event.modifiers)
    }
}

/// Parses `ctrl-s`, `U`, `f5`, `pageup`, `?`. Fails when the text is not a key or is more than one.
impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut chars = text.chars();
        if let (Some(c), None) = (chars.next(), chars.next()) {
            return Ok(Self::new(KeyCode::Char(c), KeyModifiers::NONE));
        }
        let combination: KeyCombination = crokey::parse(text).map_err(|_| format!("`{text}` is no key"))?;
        match combination.codes {
            crokey::OneToThree::One(code) => Ok(Self::new(code, combination.modifiers)),
            _ => Err(format!("`{text}` is more than one key").into()),
        }
    }
}

/// Formats the key as people write it: `Ctrl-S`, `U`, `PgUp`, `↑`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("Ctrl-")?;
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("Alt-")?;
        }
        if self.modifiers.contains(KeyModifiers::SHIFT) {
            f.write_str("Shift-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(c) if self.modifiers.is_empty() => write!(f, "{c}"),
            KeyCode::Char(c) => write!(f, "{}", c.to_ascii_uppercase()),
            KeyCode::F(n) => write!(f, "F{n}"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            KeyCode::Left => f.write_str("←"),
            KeyCode::Right => f.write_str("→"),
            KeyCode::BackTab => f.write_str("Tab"),
            KeyCode::Backspace => f.write_str("Backspace"),
            code => write!(f, "{code:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_is_recognised_however_the_terminal_encodes_it() {
        let event = |code, modifiers| Key::from(KeyEvent::new(code, modifiers));
        let upper: Key = "U".parse().unwrap();
        assert_eq!(event(KeyCode::Char('U'), KeyModifiers::SHIFT), upper);
        assert_eq!(event(KeyCode::Char('u'), KeyModifiers::SHIFT), upper);
        assert_eq!(event(KeyCode::Char('?'), KeyModifiers::SHIFT), "?".parse().unwrap());
        assert_eq!(event(KeyCode::Char('s'), KeyModifiers::CONTROL), "ctrl-s".parse().unwrap());
        assert_ne!(upper, "u".parse().unwrap());
    }

    #[test]
    fn keys_are_printed_as_people_write_them() {
        let printed = ["ctrl-s", "U", "f5", "ctrl-pageup", "space", "esc", "up", "|", "-"]
            .map(|key| key.parse::<Key>().unwrap().to_string());
        assert_eq!(printed, ["Ctrl-S", "U", "F5", "Ctrl-PgUp", "Space", "Esc", "↑", "|", "-"]);
    }

    #[test]
    fn an_invalid_key_name_is_refused_with_a_reason() {
        assert_eq!("ctrl-nope".parse::<Key>(), Err("`ctrl-nope` is no key".into()));
    }
}
