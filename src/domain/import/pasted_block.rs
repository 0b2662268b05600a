//! Text pasted from a spreadsheet, and which cells of a grid it fills: by heading and label where it has
//! them, else by position.

use crate::domain::refusal::Refusal;
use std::collections::BTreeMap;

use crate::domain::cell_range::CellPosition;
use crate::domain::cell_range::CellRange;
use crate::domain::text::{Text, pluralize};

/// The largest block accepted, in bytes, rows and columns.
const MAX_BYTES: usize = 1 << 20;
const MAX_ROWS: usize = 1000;
const MAX_COLUMNS: usize = 200;
/// The error for a larger block.
const TOO_LARGE: &str = "that is far more than a table of counters; nothing was pasted";

/// A block of cells as text, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastedBlock(Vec<Vec<String>>);

/// What a heading or row label of a block means to the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelMeaning {
    /// The row or column of the grid with this index.
    At(usize),
    /// A total, which is never pasted.
    Sum,
}

/// The names of a grid's rows and columns.
pub trait LabelLookup {
    /// What each cell of a heading row means, given the rows above it; `None` when it is no heading row.
    fn heading_meanings(&self, row: &[String], above: &[Vec<String>]) -> Option<Vec<Option<LabelMeaning>>>;
    /// What a row label means; `None` when the grid does not have it.
    fn label_meaning(&self, text: &str) -> Option<LabelMeaning>;
    /// The index of the row before which the grid shows its totals.
    fn totals_row(&self) -> usize;
    /// The numbers of rows and columns of the grid.
    fn size(&self) -> (usize, usize);
    /// Parses the number in a cell. Fails, with the reason in words, when it is no count.
    fn parse_number(&self, text: &str) -> Result<u32, Refusal>;
}

/// How the cells that a block goes into are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FoundBy {
    /// By their position from where the block is pasted.
    #[default]
    Position,
    /// Columns by the headings, rows by position.
    Headings,
    /// Rows by their labels, columns by position.
    Labels,
    /// Columns by the headings and rows by their labels.
    HeadingsAndLabels,
    /// Not at all: it has headings, or more columns than the grid, that mean nothing here. Nothing of it is placed.
    Nothing,
}

/// What a paste puts into the grid, and how many cells it leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PastePlacement {
    /// The numbers by (row, column) of the grid.
    pub cells: BTreeMap<(usize, usize), u32>,
    /// How many cells are blank and change nothing.
    pub blank: usize,
    /// The texts of the cells that are no numbers.
    pub non_numbers: Vec<String>,
    /// How many numbers fall outside the grid or under a name it does not have.
    pub outside: usize,
    /// How many numbers are totals.
    pub sums: usize,
    /// How many numbers are for a cell that already got one from further up; the first counts.
    pub duplicates: usize,
    /// How the cells of the grid were found.
    pub found_by: FoundBy,
}

impl PastedBlock {
    /// Parses tab-separated text as spreadsheets copy it, with quoted cells. Fails when it is too large or
    /// all cells are blank.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() > MAX_BYTES {
            return Err(TOO_LARGE.into());
        }
        let text = with_plain_line_ends(text);
        let text = text.trim_end_matches('\n');
        // An empty line is a blank cell, which the CSV reader would skip.
        let text: Vec<&str> =
            text.split('\n').map(|line| if line.is_empty() { "\"\"" } else { line }).collect();
        let text = text.join("\n");
        let read = |quoted: bool| -> Vec<Vec<String>> {
            let mut reader = csv::ReaderBuilder::new();
            let reader = reader.delimiter(b'\t').flexible(true).has_headers(false).quoting(quoted);
            let rows = reader.from_reader(text.as_bytes()).into_records().map_while(Result::ok);
            rows.map(|row| row.iter().map(|cell| cell.trim().to_owned()).collect()).collect()
        };
        // A quote that is never closed would swallow the rows after it, so quotes are then read as plain
        // text.
        let odd = text.bytes().filter(|b| *b == b'"').count() % 2 == 1;
        let row_inside = |cell: &String| {
            cell.contains('\n')
                && (cell.contains('\t') || cell.lines().any(|line| line.trim().parse::<u64>().is_ok()))
        };
        let mut rows = read(!odd);
        if rows.iter().flatten().any(row_inside) {
            rows = read(false);
        }
        if rows.len() > MAX_ROWS || rows.iter().any(|row| row.len() > MAX_COLUMNS) {
            return Err(TOO_LARGE.into());
        }
        if rows.iter().flatten().all(String::is_empty) {
            return Err("there is nothing to paste".into());
        }
        Ok(Self(rows))
    }

    /// A block of rows that were already split into cells.
    pub fn of(rows: Vec<Vec<String>>) -> Self {
        Self(rows)
    }

    /// The text of a block of exactly one cell; `None` for any other block.
    pub fn single(&self) -> Option<&str> {
        match &self.0[..] {
            [row] => row.first().filter(|_| row.len() == 1).map(String::as_str),
            _ => None,
        }
    }

    /// Works out which cells of the grid it fills, from the cursor `at` or in the selected `range`, which a
    /// single number fills.
    pub fn place(
        &self,
        at: CellPosition,
        range: Option<CellRange>,
        names: &impl LabelLookup,
    ) -> PastePlacement {
        let mut landing = PastePlacement::default();
        if let (Some(text), Some(range)) = (self.single(), range) {
            range.cells().for_each(|at| landing.take(text, Some(at), names));
            return landing;
        }
        let first = range.map_or(at, CellRange::first);
        let table = LabelledTable::in_block(&self.0, names);
        table.rest(&self.0).for_each(|text| landing.leave(text, names));
        landing.found_by = match (table.heads.is_some(), table.label_column.is_some()) {
            _ if table.is_unrecognized(names) => FoundBy::Nothing,
            (true, true) => FoundBy::HeadingsAndLabels,
            (true, false) => FoundBy::Headings,
            (false, true) => FoundBy::Labels,
            (false, false) => FoundBy::Position,
        };
        if landing.found_by == FoundBy::Nothing {
            table.body.iter().flatten().for_each(|text| landing.leave(text, names));
            return landing;
        }
        // Rows as wide as the grid and without headings begin at its first column.
        let whole = table.label_column.is_some() && table.columns() >= names.size().1;
        let left = if whole { 0 } else { first.column };
        let mut down = first.row;
        for (at, row) in table.body.iter().enumerate() {
            let at_row = match table.label_column {
                Some(column) => row_meaning(row, column, names),
                None if down == names.totals_row() && is_total(&table.body[..at], row, names) => {
                    Some(LabelMeaning::Sum)
                }
                None => {
                    down += 1;
                    Some(LabelMeaning::At(down - 1))
                }
            };
            row.iter().take(table.begin).for_each(|text| landing.leave(text, names));
            for (right, text) in row.iter().enumerate().skip(table.begin) {
                let at_column = match &table.heads {
                    Some(heads) => heads.get(right).copied().flatten(),
                    None => Some(LabelMeaning::At(left + right - table.begin)),
                };
                match (at_row, at_column) {
                    (Some(LabelMeaning::Sum), _) | (_, Some(LabelMeaning::Sum)) if !text.is_empty() => {
                        landing.sums += 1;
                    }
                    (Some(LabelMeaning::At(row)), Some(LabelMeaning::At(column))) => {
                        landing.take(text, Some(CellPosition { row, column }), names);
                    }
                    _ => landing.take(text, None, names),
                }
            }
        }
        landing
    }
}

/// Turns each line end into one line feed. A terminal turns LF into CR, so the CR LF of a spreadsheet may
/// arrive as two CR; that is assumed when every line ends so.
fn with_plain_line_ends(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let is_doubled = text.contains("\r\r")
        && !text.contains('\n')
        && text.split(|c| c != '\r').all(|run| run.len() % 2 == 0);
    if is_doubled { text.replace("\r\r", "\n") } else { text.replace('\r', "\n") }
}

/// The table in a block: its rows, the meaning of its columns, and where its labels and numbers are.
struct LabelledTable<'a> {
    body: &'a [Vec<String>],
    /// The rows of the block outside the table: those above its headings, and another table below.
    above: usize,
    end: usize,
    heads: Option<Vec<Option<LabelMeaning>>>,
    /// The column of its labels.
    label_column: Option<usize>,
    /// The first column of its numbers.
    begin: usize,
    /// Whether its headings cannot be matched with its columns.
    shifted: bool,
}

impl<'a> LabelledTable<'a> {
    fn in_block(rows: &'a [Vec<String>], names: &impl LabelLookup) -> Self {
        // A row that names a column is a heading row. What is above it is a title; a second heading row
        // begins another table.
        let mut headed = rows
            .iter()
            .enumerate()
            .filter_map(|(at, row)| Some((at, names.heading_meanings(row, &rows[..at])?)));
        // Of adjacent heading rows, the last one is directly above the numbers.
        let mut heads = headed.next();
        let mut end = rows.len();
        for next in headed {
            match &heads {
                Some((at, _)) if next.0 == at + 1 => heads = Some(next),
                _ => {
                    end = next.0;
                    break;
                }
            }
        }
        let (above, begin) = heads.as_ref().map_or((0, 0), |(at, _)| (*at, at + 1));
        let heads = heads.map(|(at, heads)| with_sums(heads, &rows[at], &rows[..at], names));
        let (body, shifted) = (&rows[begin..end], false);
        let mut block = Self { body, above, end, heads, label_column: None, begin: 0, shifted };
        block.find_labels(rows, names);
        block
    }

    /// The cells of the block outside the table.
    fn rest<'b>(&self, rows: &'b [Vec<String>]) -> impl Iterator<Item = &'b String> {
        rows[..self.above].iter().chain(&rows[self.end..]).flatten()
    }

    fn widest(&self) -> usize {
        self.body.iter().map(Vec::len).max().unwrap_or(0)
    }

    /// The number of columns with numbers.
    fn columns(&self) -> usize {
        self.widest().saturating_sub(self.begin)
    }

    /// Finds the column of the labels and aligns the headings with the columns.
    fn find_labels(&mut self, rows: &[Vec<String>], names: &impl LabelLookup) {
        let is_row =
            |row: &Vec<String>, column| matches!(row_meaning(row, column, names), Some(LabelMeaning::At(_)));
        // Labels may follow columns that are blank or number the rows. A first column without numbers also
        // holds labels, though none the grid knows.
        let known = (0..self.widest()).find(|column| self.body.iter().any(|row| is_row(row, *column)));
        let no_number = |row: &Vec<String>| row.first().is_none_or(|text| names.parse_number(text).is_err());
        let text = self.body.iter().any(|row| row.first().is_some_and(|text| !text.is_empty()));
        let without_numbers = self.body.iter().all(no_number);
        let unknown = self.widest() > 1 && text && without_numbers;
        self.label_column = known.or(unknown.then_some(0));
        // Behind the labels the numbers begin.
        let blank = self.heads.is_some() && self.label_column.is_none() && without_numbers;
        self.begin = self.label_column.map_or(usize::from(blank), |column| column + 1);
        // Headings without a corner cell above the labels are shifted to the left of their columns.
        if let (Some(labels), Some(heads)) = (self.label_column, &self.heads)
            && matches!(heads.get(labels), Some(Some(_)))
        {
            let missing = self.widest().saturating_sub(rows[self.above].len());
            self.shifted = !(1..=labels + 1).contains(&missing);
            let corner = vec![None; missing];
            self.heads = Some([&corner, heads.as_slice()].concat());
        }
    }

    /// Whether it has headings that are not understood, or more columns than the grid and no headings to
    /// identify them.
    fn is_unrecognized(&self, names: &impl LabelLookup) -> bool {
        let words = |row: &&Vec<String>| {
            let cells = row.iter().skip(self.begin);
            cells.filter(|text| !text.is_empty() && names.parse_number(text).is_err()).count() > 1
        };
        let numbers =
            |row: &&Vec<String>| row.iter().skip(self.begin).any(|text| names.parse_number(text).is_ok());
        let headed =
            || self.columns() > 1 && self.body.iter().take_while(|row| !numbers(row)).any(|row| words(&row));
        let wide = || self.label_column.is_some() && self.columns() > names.size().1 + 1;
        self.shifted || self.heads.is_none() && (headed() || wide())
    }
}

/// The meaning of a row's label in this column.
fn row_meaning(row: &[String], column: usize, names: &impl LabelLookup) -> Option<LabelMeaning> {
    row.get(column).and_then(|text| names.label_meaning(text))
}

/// Adds totals that only the rows above the headings name, as in the law's forms.
fn with_sums(
    mut heads: Vec<Option<LabelMeaning>>,
    row: &[String],
    above: &[Vec<String>],
    names: &impl LabelLookup,
) -> Vec<Option<LabelMeaning>> {
    let blank = |column: usize| row.get(column).is_none_or(String::is_empty);
    let is_sum = |row: &Vec<String>, column: usize| {
        row.get(column).is_some_and(|text| names.label_meaning(text) == Some(LabelMeaning::Sum))
    };
    for (column, head) in heads.iter_mut().enumerate().filter(|(_, head)| head.is_none()) {
        if blank(column) && above.iter().any(|row| is_sum(row, column)) {
            *head = Some(LabelMeaning::Sum);
        }
    }
    heads
}

/// Whether a row without a label is the total of those above it and not all zero.
fn is_total(above: &[Vec<String>], row: &[String], names: &impl LabelLookup) -> bool {
    let numbers: Vec<(usize, u32)> =
        row.iter().enumerate().filter_map(|(at, text)| Some((at, names.parse_number(text).ok()?))).collect();
    let sum = |column: usize| {
        let cells = above.iter().filter_map(|row| names.parse_number(row.get(column)?).ok());
        cells.map(u64::from).sum::<u64>()
    };
    above.len() > 1
        && numbers.iter().any(|(_, number)| *number > 0)
        && numbers.iter().all(|(column, number)| sum(*column) == u64::from(*number))
}

impl PastePlacement {
    /// Leaves a cell out; counts it when it holds a number.
    fn leave(&mut self, text: &str, names: &impl LabelLookup) {
        self.outside += usize::from(names.parse_number(text).is_ok());
    }

    fn take(&mut self, text: &str, at: Option<CellPosition>, names: &impl LabelLookup) {
        let (rows, columns) = names.size();
        match (names.parse_number(text), at.filter(|at| at.row < rows && at.column < columns)) {
            _ if text.is_empty() => self.blank += 1,
            (Ok(_), Some(at)) if self.cells.contains_key(&(at.row, at.column)) => self.duplicates += 1,
            (Ok(number), Some(at)) => {
                self.cells.insert((at.row, at.column), number);
            }
            (Ok(_), None) => self.outside += 1,
            (Err(_), _) => self.non_numbers.push(text.to_owned()),
        }
    }

    /// Notes about cells that were left out and about matching by name.
    pub fn notes(&self) -> Vec<String> {
        let mut phrases = Vec::new();
        if self.blank > 0 {
            phrases.push(format!("{} blank", self.blank));
        }
        if let Some(first) = self.non_numbers.first() {
            let first: String = first.chars().take(12).collect();
            phrases.push(format!("{} no number (“{}”)", self.non_numbers.len(), Text::from(first)));
        }
        if self.found_by == FoundBy::Nothing {
            phrases.push("its heads are not understood".into());
        }
        if self.outside > 0 {
            phrases.push(format!("{} outside the table", self.outside));
        }
        if self.duplicates > 0 {
            phrases.push(format!("{} named twice: the first counts", self.duplicates));
        }
        if self.sums > 0 {
            phrases.push(pluralize(self.sums, "total"));
        }
        match self.found_by {
            FoundBy::HeadingsAndLabels => phrases.push("by name".into()),
            FoundBy::Headings => phrases.push("columns by name".into()),
            FoundBy::Labels => phrases.push("levels by name".into()),
            FoundBy::Position | FoundBy::Nothing => {}
        }
        phrases
    }

    /// The numbers with the cells they go into.
    pub fn numbers(&self) -> impl Iterator<Item = (CellPosition, u32)> {
        self.cells
            .iter()
            .map(|((row, column), number)| (CellPosition { row: *row, column: *column }, *number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three rows a, b, c and the columns X, Y.
    struct Small;

    impl LabelLookup for Small {
        fn heading_meanings(&self, row: &[String], _: &[Vec<String>]) -> Option<Vec<Option<LabelMeaning>>> {
            let head = |text: &String| match text.as_str() {
                "Total" => Some(LabelMeaning::Sum),
                text => ["X", "Y"].iter().position(|head| *head == text).map(LabelMeaning::At),
            };
            let heads: Vec<_> = row.iter().map(head).collect();
            heads.iter().any(Option::is_some).then_some(heads)
        }

        fn label_meaning(&self, text: &str) -> Option<LabelMeaning> {
            ["a", "b", "c"].iter().position(|label| *label == text).map(LabelMeaning::At)
        }

        fn totals_row(&self) -> usize {
            2
        }

        fn size(&self) -> (usize, usize) {
            (3, 2)
        }

        fn parse_number(&self, text: &str) -> Result<u32, Refusal> {
            text.parse().map_err(|_| "no number".into())
        }
    }

    fn land(text: &str, row: usize, column: usize) -> PastePlacement {
        PastedBlock::parse(text).unwrap().place(CellPosition { row, column }, None, &Small)
    }

    fn cells(landing: &PastePlacement) -> Vec<(usize, usize, u32)> {
        landing.cells.iter().map(|((row, column), number)| (*row, *column, *number)).collect()
    }

    #[test]
    fn a_block_is_placed_at_the_cursor_and_cells_that_do_not_fit_are_counted() {
        let landing = land("1\t2\r\n\r\n3\tn/a\r\n5\t6\r\n", 0, 1);
        assert_eq!(cells(&landing), [(0, 1, 1), (2, 1, 3)]);
        assert_eq!((landing.blank, landing.outside, landing.non_numbers), (1, 3, vec!["n/a".to_owned()]));
    }

    #[test]
    fn names_take_precedence_over_positions_and_sums_are_left_out() {
        let landing = land("\tY\tX\tTotal\nc\t1\t2\t3\nz\t7\t8\t15\na\t4\t5\t9", 2, 1);
        assert_eq!(cells(&landing), [(0, 0, 5), (0, 1, 4), (2, 0, 2), (2, 1, 1)]);
        assert_eq!((landing.sums, landing.outside, landing.found_by), (3, 2, FoundBy::HeadingsAndLabels));
    }

    #[test]
    fn either_name_alone_is_enough() {
        assert_eq!(cells(&land("Y\n1\n2", 1, 0)), [(1, 1, 1), (2, 1, 2)]);
        assert_eq!(cells(&land("c\t1\nb\t2", 0, 1)), [(1, 1, 2), (2, 1, 1)]);
        assert_eq!(cells(&land("c\t1\t9\nb\t2\t9", 0, 1)), [(1, 0, 2), (1, 1, 9), (2, 0, 1), (2, 1, 9)]);
    }

    #[test]
    fn labels_are_found_after_blank_columns_and_a_cell_named_twice_keeps_the_first_number() {
        let landing = land("\t\tX\tY\n\tb\t1\t2\n\ta\t3\t4\n\tb\t8\t9", 2, 1);
        assert_eq!(cells(&landing), [(0, 0, 3), (0, 1, 4), (1, 0, 1), (1, 1, 2)]);
        assert_eq!(landing.duplicates, 2);
    }

    #[test]
    fn a_title_with_a_number_hides_no_headings_and_a_second_table_is_left_out() {
        let landing = land("Report\t2026\nl\tY\tX\na\t1\t2\nDisabled\nl\tX\tY\na\t8\t9", 2, 1);
        assert_eq!(cells(&landing), [(0, 0, 2), (0, 1, 1)]);
        assert_eq!(landing.outside, 3, "the year above and the second table");
        assert_eq!(cells(&land("2026\tY\tX\na\t1\t2", 2, 1)), [(0, 0, 2), (0, 1, 1)]);
        assert_eq!(cells(&land("X\tY\na\t1\t2", 2, 1)), [(0, 0, 1), (0, 1, 2)], "no corner above the labels");
    }

    #[test]
    fn unknown_headings_place_nothing_instead_of_going_by_position() {
        let landing = land("\tQ\tR\na\t1\t2", 0, 0);
        assert!(landing.found_by == FoundBy::Nothing && landing.cells.is_empty());
        assert_eq!(landing.outside, 2);
        let landing = land("Total\tX\tY\na\t9\t1\t2", 0, 0);
        assert_eq!((cells(&landing), landing.sums), (vec![(0, 0, 1), (0, 1, 2)], 1));
        assert_eq!(cells(&land("X\tY\n1\ta\t5\t6", 0, 0)), [(0, 0, 5), (0, 1, 6)], "two short");
        let landing = land("a\t1\t2\t3\t4", 0, 0);
        assert_eq!(landing.found_by, FoundBy::Nothing, "more columns than there are");
    }

    #[test]
    fn a_row_with_an_unknown_name_is_left_out() {
        let landing = land("q\t51\t52", 0, 0);
        assert_eq!((cells(&landing).len(), landing.outside), (0, 2));
    }

    #[test]
    fn a_total_without_a_label_is_left_out_and_the_rows_after_it_keep_their_place() {
        let landing = land("1\t2\n3\t4\n4\t6\n5\t7", 0, 0);
        assert_eq!(cells(&landing), [(0, 0, 1), (0, 1, 2), (1, 0, 3), (1, 1, 4), (2, 0, 5), (2, 1, 7)]);
        assert_eq!(landing.sums, 2);
        assert_eq!(cells(&land("1\n3\n4\n5", 0, 0)), [(0, 0, 1), (1, 0, 3), (2, 0, 5)]);
        // Elsewhere, a row that happens to be the sum is an ordinary row.
        assert_eq!(cells(&land("1\n0\n1", 1, 0)), [(1, 0, 1), (2, 0, 0)]);
    }

    #[test]
    fn an_unclosed_quote_swallows_nothing() {
        assert_eq!(cells(&land("1\n\"2\n3", 0, 0)), [(0, 0, 1), (2, 0, 3)]);
        assert_eq!(cells(&land("1\n\"2\n\"", 0, 0)), [(0, 0, 1), (1, 0, 2)], "a line end in quotes");
        assert_eq!(cells(&land("\"a\t1\t2\nb\t3\t4\n\"c\t5\t6", 0, 0)), [(1, 0, 3), (1, 1, 4)]);
    }

    #[test]
    fn a_single_number_fills_a_range() {
        let range =
            CellRange::between(CellPosition { row: 0, column: 0 }, CellPosition { row: 1, column: 1 });
        let landing = PastedBlock::parse("7\n").unwrap().place(CellPosition::default(), Some(range), &Small);
        assert_eq!(cells(&landing), [(0, 0, 7), (0, 1, 7), (1, 0, 7), (1, 1, 7)]);
    }

    #[test]
    fn a_quoted_cell_may_hold_a_line_end() {
        assert_eq!(cells(&land("\"a\"\t1\n\"long\nlabel\"\t2", 0, 0)), [(0, 0, 1)]);
    }
}
