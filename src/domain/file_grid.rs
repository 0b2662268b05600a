//! Sheets of a file as they are read: typed cells, before anybody has said what they mean.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use jiff::civil::{Date, date};

/// A cell as the file holds it.
#[derive(Clone, Copy, PartialEq)]
pub enum FileCell<'a> {
    /// Nothing.
    Blank,
    /// Text.
    Text(&'a str),
    /// A number without a date or time format.
    Number(f64),
    /// A number with a date or time format: days since the workbook's first day.
    DateTime(f64),
    /// A number with an elapsed-time format: days.
    Duration(f64),
    /// A truth value.
    Flag(bool),
    /// What a formula gave instead of a result, like `#N/A`.
    Error(&'a str),
    /// A formula whose result was never worked out.
    Uncalculated,
    /// Text with a byte that does not belong to the file's encoding.
    Damaged(&'a str),
}

/// Shows only the kind, so that names and ID numbers stay out of logs.
impl fmt::Debug for FileCell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blank => "Blank",
            Self::Text(_) => "Text",
            Self::Number(_) => "Number",
            Self::DateTime(_) => "DateTime",
            Self::Duration(_) => "Duration",
            Self::Flag(_) => "Flag",
            Self::Error(_) => "Error",
            Self::Uncalculated => "Uncalculated",
            Self::Damaged(_) => "Damaged",
        })
    }
}

impl FileCell<'_> {
    /// Whether there is nothing to see in it.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Blank => true,
            Self::Text(text) => text.trim_matches(is_invisible).is_empty(),
            _ => false,
        }
    }

    /// Whether it is text.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Damaged(_))
    }

    /// The cell as text, without surrounding blanks: dates as ISO by the 1900 or 1904 system, numbers with all
    /// 15 digits that a spreadsheet keeps.
    pub fn to_text(&self, dates: DateSystem) -> String {
        match self {
            Self::Blank => String::new(),
            Self::Text(text) | Self::Damaged(text) | Self::Error(text) => {
                text.trim_matches(is_invisible).to_owned()
            }
            Self::Number(n) | Self::Duration(n) => number_text(*n),
            Self::DateTime(serial) => {
                dates.date(*serial).map_or_else(|| number_text(*serial), |day| day.to_string())
            }
            Self::Flag(yes) => if *yes { "yes" } else { "no" }.into(),
            Self::Uncalculated => "(formula without a result)".into(),
        }
    }
}

/// Whether a character is a blank or has no width of its own, as at the ends of copied text.
pub fn is_invisible(c: char) -> bool {
    c.is_whitespace() || is_zero_width(c)
}

/// Whether a character has no width: joiners, direction marks, the soft hyphen, the byte order mark.
pub fn is_zero_width(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A number as a spreadsheet shows it in full: at most 15 significant digits, so that 0.1 + 0.2 is 0.3.
pub fn number_text(n: f64) -> String {
    if n == 0.0 {
        return "0".into();
    }
    // The shortest text of most numbers has no more digits than that.
    let shortest = n.to_string();
    let digits = shortest.bytes().filter(u8::is_ascii_digit).count();
    if digits <= 15 {
        return shortest;
    }
    let rounded: f64 = format!("{n:.14e}").parse().unwrap_or(n);
    rounded.to_string()
}

/// From which day a workbook counts its dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateSystem {
    /// Day 1 is 1 January 1900, and 29 February 1900 is counted although it never was.
    #[default]
    From1900,
    /// Day 0 is 1 January 1904, as old Excel for the Mac had it.
    From1904,
}

impl DateSystem {
    /// The date with this serial number; `None` before 1900 or after 2100, and for the 29 February 1900 that
    /// never was.
    pub fn date(self, serial: f64) -> Option<Date> {
        let day = serial.floor();
        let days = match self {
            Self::From1900 if (1.0..60.0).contains(&day) => day - 1.0,
            Self::From1900 if day > 60.0 => day - 2.0,
            Self::From1904 if day >= 0.0 => day + 1460.0,
            _ => return None,
        };
        if days > 74_000.0 {
            return None;
        }
        let date = date(1900, 1, 1).checked_add(jiff::Span::new().days(days as i64)).ok()?;
        (date.year() <= 2100).then_some(date)
    }
}

/// The longest text that is kept of a cell, in bytes; a spreadsheet's cell holds 32,767 characters.
const MAX_CELL_BYTES: usize = 4 * 32_767;

/// What a cell is; what it holds stands beside it in 8 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CellKind {
    Blank,
    Text,
    Number,
    DateTime,
    Duration,
    Flag,
    Error,
    Uncalculated,
    Damaged,
}

/// Where a text stands in the grid's own string: its start and its length.
#[derive(Debug, Clone, Copy)]
struct TextPlace(u32, u32);

impl TextPlace {
    fn to_bits(self) -> u64 {
        u64::from(self.0) << 32 | u64::from(self.1)
    }

    fn from_bits(bits: u64) -> Self {
        Self((bits >> 32) as u32, bits as u32)
    }
}

/// One row of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GridRow {
    /// Its number in the file, from 1.
    pub number: u32,
    /// Whether a filter or the user hides it.
    pub is_hidden: bool,
    /// How many cells the file gives it, blank ones at its end counted.
    pub given_cells: u32,
    start: u32,
}

/// A range of merged cells; rows from 1 as in the file, columns from 0, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MergedCells {
    /// The first and last row.
    pub rows: (u32, u32),
    /// The first and last column.
    pub columns: (u32, u32),
}

/// A sheet of a file: the rows that hold anything, in order.
#[derive(Clone, Default, PartialEq)]
pub struct FileGrid {
    /// The sheet's name; the file's name when the file is text.
    pub name: String,
    /// Whether the workbook hides the sheet.
    pub is_hidden: bool,
    /// Whether the file is text, whose cells have no types.
    pub is_text: bool,
    /// How its dates are counted.
    pub dates: DateSystem,
    /// Its merged cells.
    pub merged: Vec<MergedCells>,
    /// The first and last column of each range of columns that the workbook hides.
    pub hidden_columns: Vec<(u32, u32)>,
    rows: Vec<GridRow>,
    kinds: Vec<CellKind>,
    /// For each cell the bits of its number or of the place of its text.
    contents: Vec<u64>,
    text: String,
}

/// Shows only the size, so that the cells stay out of logs.
impl fmt::Debug for FileGrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileGrid({} rows)", self.rows.len())
    }
}

impl FileGrid {
    /// An empty sheet of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Adds a row below the others; its cells follow with [`push`](Self::push).
    pub fn push_row(&mut self, number: u32, is_hidden: bool) {
        self.drop_blank_row();
        self.rows.push(GridRow { number, is_hidden, given_cells: 0, start: self.kinds.len() as u32 });
    }

    /// Adds a cell at a column of the last row. Blank cells need not be added where only values count.
    pub fn push(&mut self, column: usize, cell: FileCell<'_>) {
        let Some(row) = self.rows.last_mut() else { return };
        row.given_cells = row.given_cells.max(column as u32 + 1);
        let place = row.start as usize + column;
        if cell.is_blank() {
            return;
        }
        let (kind, content) = match cell {
            FileCell::Blank => return,
            FileCell::Text(text) => (CellKind::Text, self.keep_text(CellKind::Text, column, text)),
            FileCell::Error(text) => (CellKind::Error, self.keep_text(CellKind::Error, column, text)),
            FileCell::Damaged(text) => (CellKind::Damaged, self.keep_text(CellKind::Damaged, column, text)),
            FileCell::Number(n) => (CellKind::Number, n.to_bits()),
            FileCell::DateTime(n) => (CellKind::DateTime, n.to_bits()),
            FileCell::Duration(n) => (CellKind::Duration, n.to_bits()),
            FileCell::Flag(yes) => (CellKind::Flag, u64::from(yes)),
            FileCell::Uncalculated => (CellKind::Uncalculated, 0),
        };
        let cells = self.kinds.len().max(place + 1);
        self.kinds.resize(cells, CellKind::Blank);
        self.contents.resize(cells, 0);
        (self.kinds[place], self.contents[place]) = (kind, content);
    }

    /// Keeps a text of the last row, once where the cell above holds the same.
    fn keep_text(&mut self, kind: CellKind, column: usize, text: &str) -> u64 {
        // No spreadsheet holds more in a cell.
        let text = &text[..text.floor_char_boundary(MAX_CELL_BYTES)];
        if let [.., above, own] = &self.rows[..] {
            let place = above.start as usize + column;
            if place < own.start as usize
                && self.kinds[place] == kind
                && self.text_at(self.contents[place]) == text
            {
                return self.contents[place];
            }
        }
        let start = self.text.len() as u32;
        self.text.push_str(text);
        TextPlace(start, text.len() as u32).to_bits()
    }

    fn text_at(&self, content: u64) -> &str {
        let TextPlace(start, len) = TextPlace::from_bits(content);
        &self.text[start as usize..(start + len) as usize]
    }

    /// Ends the last row and gives back memory that is not needed. To be called after the last row.
    pub fn finish(&mut self) {
        self.drop_blank_row();
        self.kinds.shrink_to_fit();
        self.contents.shrink_to_fit();
        self.text.shrink_to_fit();
        self.rows.shrink_to_fit();
    }

    /// Marks the rows with these numbers as hidden.
    pub fn hide_rows(&mut self, numbers: &BTreeSet<u32>) {
        for row in &mut self.rows {
            row.is_hidden |= numbers.contains(&row.number);
        }
    }

    fn drop_blank_row(&mut self) {
        if self.rows.last().is_some_and(|row| row.start as usize == self.kinds.len()) {
            self.rows.pop();
        }
    }

    /// Its rows that hold anything, from the top.
    pub fn rows(&self) -> &[GridRow] {
        &self.rows
    }

    /// The number of cells of a row, up to its last one that is not blank.
    pub fn width(&self, row: usize) -> usize {
        let end = self.rows.get(row + 1).map_or(self.kinds.len(), |next| next.start as usize);
        self.rows.get(row).map_or(0, |row| end - row.start as usize)
    }

    /// The cell at an index of [`rows`](Self::rows) and a column; blank beyond the row's end.
    pub fn cell(&self, row: usize, column: usize) -> FileCell<'_> {
        if column >= self.width(row) {
            return FileCell::Blank;
        }
        self.cell_at(self.rows[row].start as usize + column)
    }

    fn cell_at(&self, place: usize) -> FileCell<'_> {
        let content = self.contents[place];
        match self.kinds[place] {
            CellKind::Blank => FileCell::Blank,
            CellKind::Text => FileCell::Text(self.text_at(content)),
            CellKind::Error => FileCell::Error(self.text_at(content)),
            CellKind::Damaged => FileCell::Damaged(self.text_at(content)),
            CellKind::Number => FileCell::Number(f64::from_bits(content)),
            CellKind::DateTime => FileCell::DateTime(f64::from_bits(content)),
            CellKind::Duration => FileCell::Duration(f64::from_bits(content)),
            CellKind::Flag => FileCell::Flag(content != 0),
            CellKind::Uncalculated => FileCell::Uncalculated,
        }
    }

    /// The cells of a row, from the left.
    pub fn cells(&self, row: usize) -> impl Iterator<Item = FileCell<'_>> {
        self.places(row).map(|place| self.cell_at(place))
    }

    /// The cells of a row that are not blank, from the left, each with its column.
    pub fn filled_cells(&self, row: usize) -> impl Iterator<Item = (usize, FileCell<'_>)> {
        let is_filled = |(_, place): &(usize, usize)| self.kinds[*place] != CellKind::Blank;
        self.places(row).enumerate().filter(is_filled).map(|(column, place)| (column, self.cell_at(place)))
    }

    fn places(&self, row: usize) -> Range<usize> {
        let start = self.rows.get(row).map_or(0, |row| row.start as usize);
        start..start + self.width(row)
    }
}

/// The letters of a column, from 0: `A`, `B`, … `AA`.
pub fn column_letters(column: usize) -> String {
    let (mut rest, mut letters) = (column, Vec::new());
    loop {
        letters.insert(0, char::from(b'A' + (rest % 26) as u8));
        if rest < 26 {
            return letters.into_iter().collect();
        }
        rest = rest / 26 - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_as_they_were_put_and_blank_rows_are_dropped() {
        let mut grid = FileGrid::new("Learners");
        grid.push_row(2, false);
        grid.push(0, FileCell::Text("Thandi"));
        grid.push(2, FileCell::Number(5.0));
        grid.push_row(3, false);
        grid.push(0, FileCell::Text(" \u{200b} "));
        grid.push_row(5, true);
        grid.push(1, FileCell::Error("#N/A"));
        grid.push_row(6, false);
        grid.finish();
        assert_eq!(grid.rows().iter().map(|row| row.number).collect::<Vec<_>>(), [2, 5]);
        assert_eq!((grid.width(0), grid.width(1), grid.width(2)), (3, 2, 0));
        assert!(grid.cell(0, 0) == FileCell::Text("Thandi") && grid.cell(0, 1) == FileCell::Blank);
        assert!(grid.cell(0, 2) == FileCell::Number(5.0) && grid.cell(0, 9) == FileCell::Blank);
        assert!(grid.cell(1, 1) == FileCell::Error("#N/A") && grid.rows()[1].is_hidden);
    }

    #[test]
    fn serial_numbers_are_dates_of_either_system_and_only_in_two_centuries() {
        let day = |system: DateSystem, serial: f64| system.date(serial).map(|day| day.to_string());
        assert_eq!(day(DateSystem::From1900, 1.0).as_deref(), Some("1900-01-01"));
        assert_eq!(day(DateSystem::From1900, 59.0).as_deref(), Some("1900-02-28"));
        assert_eq!(day(DateSystem::From1900, 61.0).as_deref(), Some("1900-03-01"));
        assert_eq!(day(DateSystem::From1900, 45000.75).as_deref(), Some("2023-03-15"));
        assert_eq!(day(DateSystem::From1904, 43538.0).as_deref(), Some("2023-03-15"));
        for none in [-1.0, 0.0, 0.5, 60.0, 80_000.0, 2_958_465.0, f64::NAN, f64::INFINITY] {
            assert_eq!(day(DateSystem::From1900, none), None, "{none}");
        }
    }

    #[test]
    fn numbers_are_shown_with_the_digits_a_spreadsheet_keeps() {
        for (number, text) in [
            (0.1 + 0.2, "0.3"),
            (8_001_015_009_087.0, "8001015009087"),
            (5000.0, "5000"),
            (-0.0, "0"),
            (-12.5, "-12.5"),
            (1234.56, "1234.56"),
        ] {
            assert_eq!(number_text(number), text);
        }
        assert_eq!(
            (column_letters(0), column_letters(26), column_letters(701)),
            ("A".into(), "AA".into(), "ZZ".into())
        );
    }
}
