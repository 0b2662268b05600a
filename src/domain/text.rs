//! Text from outside: kept as it came, shown only in a form a terminal cannot be fooled by.

use std::borrow::Cow;
use std::fmt;

/// Text that came from the server, a file or the user.
///
/// It has no way to a `&str` but two: [`Text::raw`], for what is sent back, and [`Text::shown`] (also
/// `Display`), where control characters stand in caret notation and invisible or direction-changing ones as
/// `\u{..}`, so that two different names never look the same.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text(Box<str>);

/// Combining marks allowed on one character; more are dropped from the shown form.
const MOST_MARKS: usize = 4;

impl Text {
    /// The text as it came, to be sent or compared, never to be printed.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// The text as it may be printed.
    pub fn shown(&self) -> Cow<'_, str> {
        if self.0.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            return Cow::Borrowed(&self.0);
        }
        let mut out = String::with_capacity(self.0.len() + 8);
        let mut marks = 0;
        for c in self.0.chars() {
            if is_mark(c) {
                marks += 1;
                if marks <= MOST_MARKS {
                    out.push(c);
                }
                continue;
            }
            marks = 0;
            match c {
                '\u{0}'..='\u{1f}' => {
                    out.push('^');
                    out.push((c as u8 ^ 0x40) as char);
                }
                '\u{7f}' => out.push_str("^?"),
                c if is_hidden(c) => out.extend(c.escape_unicode()),
                c => out.push(c),
            }
        }
        Cow::Owned(out)
    }

    /// Whether nothing, or nothing but white space, stands in it.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

/// C1 controls, zero-width, bidirectional and tag characters, and other format characters a terminal hides.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.shown())
    }
}

/// Debug says only how long it is: names and ID numbers stay out of logs and panics.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

/// A cell of a CSV file: one that a spreadsheet would take for a formula is given the apostrophe that makes it text;
/// a number is not.
pub fn spreadsheet_safe(cell: &str) -> Cow<'_, str> {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
    if formula { format!("'{cell}").into() } else { cell.into() }
}

/// `1 counter`, `7 counters`.
pub fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_in_caret_notation() {
        assert_eq!(Text::from("a\x1b[31mb\r\n\x7f").shown(), "a^[[31mb^M^J^?");
    }

    #[test]
    fn names_that_differ_only_by_an_invisible_character_look_different() {
        for hidden in ["\u{202e}", "\u{200b}", "\u{feff}", "\u{e0041}", "\u{9b}", "\u{2066}"] {
            let text = Text::from(format!("Ac{hidden}me"));
            assert_ne!(text.shown(), "Acme");
            assert!(text.shown().is_ascii(), "{hidden:?} was shown raw");
        }
    }

    #[test]
    fn ordinary_names_are_left_alone() {
        for name in ["Thandiwe Nkosi", "Café Zoë", "O'Brien", "北京", "Müller"] {
            assert_eq!(Text::from(name).shown(), name);
        }
    }

    #[test]
    fn a_pile_of_combining_marks_is_cut() {
        let text = Text::from(format!("a{}", "\u{301}".repeat(500)));
        assert_eq!(text.shown().chars().count(), 5);
    }

    #[test]
    fn a_formula_becomes_text_and_a_negative_number_stays_one() {
        let safe = ["=1+1", "@x", "-2", "+27 82", "plain"].map(spreadsheet_safe);
        assert_eq!(safe, ["'=1+1", "'@x", "-2", "'+27 82", "plain"]);
    }

    #[test]
    fn debug_never_shows_the_text() {
        assert!(!format!("{:?}", Text::from("8001015009087")).contains("8001"));
    }
}
