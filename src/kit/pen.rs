//! Writes into one row of the buffer: left to right, clipped, one style at a time.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns of the screen a text takes.
pub fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// The text in at most that many columns, ending in `…` where it was cut.
pub fn fit(text: &str, columns: u16) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let (mut out, mut used) = (String::new(), 1);
    for c in text.chars() {
        let w = c.width().unwrap_or(0) as u16;
        if used + w > columns {
            break;
        }
        out.push(c);
        used += w;
    }
    out.push('…');
    Cow::Owned(out)
}

/// A pen on one row of an area.
pub struct Pen<'a> {
    buf: &'a mut Buffer,
    x: u16,
    end: u16,
    y: u16,
}

impl<'a> Pen<'a> {
    /// Starts at the left of row `row` of the area; outside the area nothing is written.
    pub fn new(buf: &'a mut Buffer, area: Rect, row: u16) -> Self {
        let area = area.intersection(buf.area);
        let inside = row < area.height;
        Self { buf, x: area.x, end: if inside { area.right() } else { area.x }, y: area.y + row }
    }

    /// Columns left in the row.
    pub fn columns_left(&self) -> u16 {
        self.end.saturating_sub(self.x)
    }

    /// Writes a text, cut at the end of the row.
    pub fn text(&mut self, text: &str, style: Style) -> &mut Self {
        if self.columns_left() > 0 {
            (self.x, _) = self.buf.set_stringn(self.x, self.y, text, self.columns_left() as usize, style);
        }
        self
    }

    /// Writes a text right-aligned in that many columns; a longer text takes more.
    pub fn text_right(&mut self, text: &str, columns: u16, style: Style) -> &mut Self {
        self.skip(columns.saturating_sub(width(text))).text(text, style)
    }

    /// Writes a text left-aligned in that many columns, cut with `…` when it is longer.
    pub fn text_left(&mut self, text: &str, columns: u16, style: Style) -> &mut Self {
        let fitted = fit(text, columns);
        self.text(&fitted, style).skip(columns - width(&fitted))
    }

    /// Skips columns without writing to them.
    pub fn skip(&mut self, columns: u16) -> &mut Self {
        self.x = self.x.saturating_add(columns).min(self.end);
        self
    }

    /// Writes a text so that it ends at the end of the row; writes nothing when it does not fit.
    pub fn text_at_end(&mut self, text: &str, style: Style) -> &mut Self {
        let wanted = width(text);
        if wanted <= self.columns_left() {
            self.x = self.end - wanted;
            self.text(text, style);
        }
        self
    }
}

/// Applies a style to a whole row, on top of what is drawn there.
pub fn highlight(buf: &mut Buffer, area: Rect, row: u16, style: Style) {
    if row < area.height {
        buf.set_style(Rect { y: area.y + row, height: 1, ..area }.intersection(buf.area), style);
    }
}

/// Breaks a text into lines of at most that many columns, at spaces where possible.
pub fn wrap(text: &str, columns: u16) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut word = word.to_owned();
        while let Some(line) = lines.last_mut() {
            let gap = u16::from(!line.is_empty());
            if width(line) + gap + width(&word) <= columns {
                if gap == 1 {
                    line.push(' ');
                }
                line.push_str(&word);
                break;
            }
            if !line.is_empty() {
                lines.push(String::new());
                continue;
            }
            let mut used = 0;
            let cut = word.char_indices().find(|(_, c)| {
                used += c.width().unwrap_or(0) as u16;
                used > columns
            });
            let at = cut.map_or(word.len(), |(at, c)| at.max(c.len_utf8()));
            let rest = word.split_off(at.min(word.len()));
            line.push_str(&word);
            if rest.is_empty() {
                break;
            }
            lines.push(String::new());
            word = rest;
        }
    }
    lines
}

/// Breaks a text into lines after a given character where possible, else anywhere; no character is added or
/// dropped.
pub fn wrap_after(text: &str, behind: char, columns: u16) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in text.split_inclusive(behind) {
        if lines.last().is_some_and(|line| !line.is_empty() && width(line) + width(piece) > columns) {
            lines.push(String::new());
        }
        for c in piece.chars() {
            let wide = c.width().unwrap_or(0) as u16;
            if lines.last().is_some_and(|line| width(line) + wide > columns.max(1)) {
                lines.push(String::new());
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_by_columns_not_by_bytes() {
        assert_eq!(fit("Semi-skilled", 8), "Semi-sk…");
        assert_eq!(fit("北京北京", 5), "北京…");
        assert_eq!(fit("abc", 3), "abc");
        assert_eq!(fit("abc", 0), "");
    }

    #[test]
    fn lines_break_at_blanks_and_long_words_break_anywhere() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
        assert_eq!(wrap("北京北京", 1).concat(), "北京北京");
    }

    #[test]
    fn exact_text_is_wrapped_with_nothing_added_and_nothing_lost() {
        let text = r#"{"a":{"number_of_african_male_semi_skilled_employees":123,"b":2}}"#;
        for columns in [1, 10, 30, 80] {
            let lines = wrap_after(text, ',', columns);
            assert_eq!(lines.concat(), text);
            assert!(lines.iter().all(|line| width(line) <= columns));
        }
    }

    #[test]
    fn a_pen_never_leaves_its_area() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 4, 1));
        Pen::new(&mut buf, Rect::new(0, 0, 9, 9), 5).text("x", Style::new());
        Pen::new(&mut buf, Rect::new(0, 0, 9, 9), 0)
            .text("abcdef", Style::new())
            .text_at_end("zz", Style::new());
        assert_eq!(buf.content().iter().map(ratatui::buffer::Cell::symbol).collect::<String>(), "abcd");
    }
}
