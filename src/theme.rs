//! Named styles; no other file names a colour. Nothing is shown by colour alone: each style comes with a sign
//! or a modifier.

use ratatui::style::{Color, Modifier, Style};

/// A set of styles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Ordinary text.
    pub plain: Style,
    /// Less important text.
    pub dim: Style,
    /// Titles and column heads.
    pub title: Style,
    /// A key in a hint.
    pub key: Style,
    /// The cell or row under the cursor.
    pub cursor: Style,
    /// A cell of a range.
    pub range: Style,
    /// A number in a paste preview.
    pub paste_preview: Style,
    /// A field or cell being edited.
    pub editing: Style,
    /// A changed value that is not applied yet.
    pub changed: Style,
    /// Totals.
    pub total: Style,
    /// Text that needs attention: conflicts, warnings.
    pub warning: Style,
    /// Errors.
    pub error: Style,
    /// Success.
    pub success: Style,
    /// The frame of a popup.
    pub frame: Style,
    /// The badge for a production profile.
    pub production: Style,
}

impl Theme {
    /// Styles in the terminal's own sixteen colours, which suit light and dark backgrounds.
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

    /// Styles without colours (`NO_COLOR`), with modifiers only.
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
