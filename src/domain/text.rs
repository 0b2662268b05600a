//! Text from the server, files and users: kept unchanged, printed only with control and invisible characters
//! escaped.

use std::borrow::Cow;
use std::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Text that came from the server, a file or the user.
///
/// There are only two ways to its content: [`Text::raw`], unchanged, for sending and comparing, and
/// [`Text::printable`] (also `Display`), which writes control characters in caret notation and invisible or
/// direction-changing ones as `\u{..}`, so that two different names never look the same.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text(Box<str>);

/// Combining marks allowed on one character; the printable form drops any more.
const MAX_MARKS_PER_CHAR: usize = 4;

impl Text {
    /// The text unchanged, for sending and comparing; never print it.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// The text with control and invisible characters escaped and excess combining marks dropped.
    pub fn printable(&self) -> Cow<'_, str> {
        if self.0.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            return Cow::Borrowed(&self.0);
        }
        let mut out = String::with_capacity(self.0.len() + 8);
        let mut marks = 0;
        for c in self.0.chars() {
            if is_mark(c) {
                marks += 1;
                if marks <= MAX_MARKS_PER_CHAR {
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

    /// Whether it is empty or only white space.
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
        f.pad(&self.printable())
    }
}

/// Shows only the length, so that names and ID numbers stay out of logs and panics.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

/// The characters with which a spreadsheet formula begins, and their full-width forms.
const FORMULA_SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Escapes a cell for a spreadsheet: an apostrophe goes before each character that would begin a formula.
/// Apostrophes already there are kept, negative numbers are left alone, and [`unescape_spreadsheet_cell`]
/// restores the cell.
///
/// Parts after a semicolon, tab or line end are escaped too: South African systems split CSV files at
/// semicolons, and a reader that ignores quotes ends a cell at a tab or line end.
pub fn escape_spreadsheet_cell(cell: &str) -> Cow<'_, str> {
    with_signs(cell, |apostrophes, part| {
        (apostrophes > 0 || !is_negative_number(part.trim())).then_some(apostrophes + 1)
    })
}

/// Whether a text is a minus sign and digits, with at most one decimal point between digits: a number, not a
/// formula.
fn is_negative_number(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('-') else { return false };
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    digits
        .split_once('.')
        .map_or_else(|| is_number(digits), |(whole, part)| is_number(whole) && is_number(part))
}

/// Reverses [`escape_spreadsheet_cell`]: removes one apostrophe before each sign.
pub fn unescape_spreadsheet_cell(cell: &str) -> Cow<'_, str> {
    with_signs(cell, |apostrophes, _| apostrophes.checked_sub(1))
}

/// Rewrites the apostrophes before each formula sign that begins a part of a cell. `wanted` gets their number
/// and the part from the sign on; it returns the new number, or `None` to leave the part unchanged.
fn with_signs(cell: &str, wanted: impl Fn(usize, &str) -> Option<usize>) -> Cow<'_, str> {
    if !cell.contains(FORMULA_SIGNS) && !cell.trim_start_matches('\'').starts_with(['\t', '\r']) {
        return cell.into();
    }
    let mut out = String::with_capacity(cell.len() + 2);
    for (at, part) in cell.split_inclusive([';', '\t', '\r', '\n']).enumerate() {
        let is_break = |c: char| matches!(c, '\t' | '\r' | '\n');
        // A reader that splits at semicolons starts a new cell at a quote.
        let is_before = |c: char| c == '"' || c.is_whitespace() && !is_break(c);
        let begin = part.len() - part.trim_start_matches(is_before).len();
        let (blanks, rest) = part.split_at(begin);
        let text = rest.trim_start_matches('\'');
        let apostrophes = rest.len() - text.len();
        // Spreadsheets drop a leading tab or carriage return, so what follows could be read as a formula.
        let is_sign = text.starts_with(FORMULA_SIGNS) || at == 0 && text.starts_with(['\t', '\r']);
        match wanted(apostrophes, text.trim_end_matches([';', '\t', '\r', '\n'])).filter(|_| is_sign) {
            Some(wanted) => {
                out.push_str(blanks);
                out.extend(std::iter::repeat_n('\'', wanted));
                out.push_str(text);
            }
            None => out.push_str(part),
        }
    }
    out.into()
}

/// A text folded for searching: lower case, without diacritics, curved quotes made straight.
pub fn fold_for_search(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let quotes = |c| match c {
        '‘' | '’' | '‛' | 'ʼ' | 'ʻ' | '′' | '´' | '`' => '\'',
        '“' | '”' | '„' | '″' => '"',
        c => c,
    };
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).map(quotes).collect()
}

/// A text in Unicode NFC, where a letter with a diacritic is one character. Names are compared in this form.
pub fn to_nfc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { text.into() } else { text.nfc().collect::<String>().into() }
}

/// A label from an API name: underscores to spaces, the first letter a capital, abbreviations in capitals.
pub fn label_from_api_name(name: &str) -> String {
    let word = |word: &str| match word {
        "id" | "abet" | "url" | "yes" => word.to_uppercase(),
        _ => word.to_owned(),
    };
    let mut label = name.split('_').map(word).collect::<Vec<_>>().join(" ");
    if let Some(first) = label.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    label
}

/// A number with its noun: `1 counter`, `7 counters`. The plural is always formed with `s`.
pub fn pluralize(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_in_caret_notation() {
        assert_eq!(Text::from("a\x1b[31mb\r\n\x7f").printable(), "a^[[31mb^M^J^?");
    }

    #[test]
    fn names_that_differ_only_by_an_invisible_character_look_different() {
        for hidden in ["\u{202e}", "\u{200b}", "\u{feff}", "\u{e0041}", "\u{9b}", "\u{2066}"] {
            let text = Text::from(format!("Ac{hidden}me"));
            assert_ne!(text.printable(), "Acme");
            assert!(text.printable().is_ascii(), "{hidden:?} was shown raw");
        }
    }

    #[test]
    fn ordinary_names_are_left_alone() {
        for name in ["Thandiwe Nkosi", "Café Zoë", "O'Brien", "北京", "Müller"] {
            assert_eq!(Text::from(name).printable(), name);
        }
    }

    #[test]
    fn a_pile_of_combining_marks_is_cut() {
        let text = Text::from(format!("a{}", "\u{301}".repeat(500)));
        assert_eq!(text.printable().chars().count(), 5);
    }

    #[test]
    fn a_formula_becomes_text_and_a_negative_number_stays_one() {
        let safe = ["=1+1", "@x", "-2", "+27 82", "plain", "Nkosi-Zulu"].map(escape_spreadsheet_cell);
        assert_eq!(safe, ["'=1+1", "'@x", "-2", "'+27 82", "plain", "Nkosi-Zulu"]);
    }

    #[test]
    fn a_formula_behind_a_separator_blanks_or_in_full_width_is_text_too() {
        for (cell, safe) in [
            ("Bob;=cmd|'/c calc'!A0", "Bob;'=cmd|'/c calc'!A0"),
            ("Bob; \u{a0}@x", "Bob; \u{a0}'@x"),
            (" =1", " '=1"),
            ("\u{3000}＝1", "\u{3000}'＝1"),
            ("＋1", "'＋1"),
            ("－x", "'－x"),
            ("＠x", "'＠x"),
            ("\t=1", "'\t'=1"),
            ("a\n=1", "a\n'=1"),
            ("\rx", "'\rx"),
            ("a;-2;b", "a;-2;b"),
            ("a\";\"=1;b", "a\";\"'=1;b"),
            ("-2.50", "-2.50"),
            ("-inf", "'-inf"),
            ("+27821234567", "'+27821234567"),
            ("'=1", "''=1"),
            ("it's", "it's"),
            ("'quoted'", "'quoted'"),
        ] {
            assert_eq!(escape_spreadsheet_cell(cell), safe, "{cell:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn an_escaped_cell_reads_back_unchanged(cell in "[;=+@a2'\"＝ \\t\\r\\n-]{0,12}") {
            let safe = escape_spreadsheet_cell(&cell);
            proptest::prop_assert_eq!(unescape_spreadsheet_cell(&safe), cell.as_str());
        }

        #[test]
        fn no_written_cell_begins_with_a_formula_sign_for_either_separator(
            cell in "[,;=+@ab'\"＝＠ \\t\\r\\n]{0,12}"
        ) {
            let mut file = csv::Writer::from_writer(Vec::new());
            file.write_record(["x", &escape_spreadsheet_cell(&cell), "y"]).unwrap();
            let file = file.into_inner().unwrap();
            for separator in [b',', b';', b'\t'] {
                let mut reader = csv::ReaderBuilder::new();
                reader.delimiter(separator).has_headers(false).flexible(true);
                for record in reader.from_reader(&file[..]).records() {
                    for read in record.unwrap().iter().flat_map(|read| read.split(['\t', '\r', '\n'])) {
                        proptest::prop_assert!(!read.trim_start().starts_with(FORMULA_SIGNS), "{:?}", read);
                    }
                }
            }
        }
    }

    #[test]
    fn a_search_ignores_case_diacritics_and_curved_quotes() {
        assert_eq!(fold_for_search("Nuñez"), fold_for_search("nunez"));
        assert_eq!(fold_for_search("Nun\u{303}ez"), fold_for_search("NUÑEZ"));
        assert_eq!(fold_for_search("O’Brien"), fold_for_search("o'brien"));
        assert_eq!(fold_for_search("Zoë “Z” Müller"), "zoe \"z\" muller");
    }

    #[test]
    fn composed_and_decomposed_letters_are_one_name() {
        assert_eq!(to_nfc("Nun\u{303}ez"), "Nuñez");
        assert_eq!(to_nfc("Nuñez"), "Nuñez");
    }

    #[test]
    fn debug_never_shows_the_text() {
        assert!(!format!("{:?}", Text::from("8001015009087")).contains("8001"));
    }
}
