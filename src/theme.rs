//! Named styles; nothing else names a colour. Nothing is said by colour alone: each has a sign or a modifier.

use ratatui::style::{Color, Modifier, Style};

/// The styles of one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Ordinary text.
    pub plain: Style,
    /// What matters less.
    pub dim: Style,
    /// Names of places, heads of columns.
    pub title: Style,
    /// A key in a hint.
    pub key: Style,
    /// The cell or row under the cursor.
    pub cursor: Style,
    /// A cell of a range.
    pub range: Style,
    /// What is held over a cell and not taken yet.
    pub paste_preview: Style,
    /// A field that is typed in.
    pub editing: Style,
    /// An edited, not yet saved value.
    pub changed: Style,
    /// Sums.
    pub total: Style,
    /// What needs attention: conflicts, warnings.
    pub warning: Style,
    /// What went wrong.
    pub error: Style,
    /// What went well.
    pub success: Style,
    /// The frame of an overlay.
    pub frame: Style,
    /// PRODUCTION.
    pub production: Style,
}

impl Theme {
    /// In the terminal's own sixteen colours, so that it fits light and dark.
    pub fn colour() -> Self {
        let plain = Style::new();
        Self {
            plain,
            dim: plain.add_modifier(Modifier::DIM),
            title: plain.add_modifier(Modifier::BOLD),
            key: plain.fg(Color::Cyan).add_modifier(Modifier::BOLD),
            cursor: plain.add_modifier(Modifier::REVERSED),
            range: plain.fg(Color::Black).bg(Color::Cyan),
            paste_preview: plain.fg(Color::Green).add_modifier(Modifier::BOLD.union(Modifier::ITALIC)),
            editing: plain.fg(Color::Black).bg(Color::Yellow),
            changed: plain.fg(Color::Yellow).add_modifier(Modifier::BOLD),
            total: plain.fg(Color::Cyan),
            warning: plain.fg(Color::Magenta).add_modifier(Modifier::BOLD),
            error: plain.fg(Color::Red).add_modifier(Modifier::BOLD),
            success: plain.fg(Color::Green),
            frame: plain.fg(Color::Blue),
            production: plain.fg(Color::White).bg(Color::Red).add_modifier(Modifier::BOLD),
        }
    }

    /// Without colours (`NO_COLOR`): modifiers only.
    pub fn mono() -> Self {
        let plain = Style::new();
        let (bold, reversed) = (plain.add_modifier(Modifier::BOLD), plain.add_modifier(Modifier::REVERSED));
        Self {
            plain,
            dim: plain.add_modifier(Modifier::DIM),
            title: bold,
            key: bold,
            cursor: reversed,
            range: plain.add_modifier(Modifier::UNDERLINED),
            paste_preview: bold.add_modifier(Modifier::ITALIC),
            editing: reversed.add_modifier(Modifier::UNDERLINED),
            changed: bold,
            total: plain,
            warning: bold,
            error: bold,
            success: plain,
            frame: plain,
            production: reversed.add_modifier(Modifier::BOLD),
        }
    }
}
