//! A block of text from a spreadsheet, and where its cells land in a grid: by name where it names them, else by position.

use std::collections::BTreeMap;

use crate::kit::grid::select::Range;
use crate::kit::grid::sheet::At;

/// The most text that is taken as a block.
const LARGEST: usize = 1 << 20;

/// A block of cells as text, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block(Vec<Vec<String>>);

/// What a head or a label of a block means to the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// A row or column of it.
    At(usize),
    /// A sum: never pasted.
    Sum,
}

/// What the grid knows by name.
pub trait Names {
    /// What each cell of a row of heads means; `None` when it is no row of heads.
    fn heads(&self, row: &[String]) -> Option<Vec<Option<Named>>>;
    /// What the label of a row means.
    fn label(&self, text: &str) -> Option<Named>;
    /// Rows and columns of the grid.
    fn size(&self) -> (usize, usize);
    /// Reads a cell.
    fn number(&self, text: &str) -> Result<u32, String>;
}

/// Where a block lands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Landing {
    /// Numbers with their places.
    pub cells: BTreeMap<(usize, usize), u32>,
    /// Blank cells: they change nothing.
    pub blank: usize,
    /// Cells that are no numbers, as they stand there.
    pub no_number: Vec<String>,
    /// Numbers that fall outside the grid, or under a name it does not have.
    pub outside: usize,
    /// Numbers that are sums.
    pub sums: usize,
    /// Whether columns were found by their names.
    pub by_heads: bool,
    /// Whether rows were found by their names.
    pub by_labels: bool,
}

impl Block {
    /// Reads tab-separated text as spreadsheets copy it, quoted cells and all. The reason when it is no block.
    pub fn read(text: &str) -> Result<Self, String> {
        if text.len() > LARGEST {
            return Err("that is far more than a table of counters; nothing was pasted".into());
        }
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.trim_end_matches('\n');
        // An empty line is a blank cell; the reader would skip it.
        let text: Vec<&str> =
            text.split('\n').map(|line| if line.is_empty() { "\"\"" } else { line }).collect();
        let text = text.join("\n");
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.delimiter(b'\t').flexible(true).has_headers(false).from_reader(text.as_bytes());
        let rows = reader.into_records().map_while(Result::ok);
        let rows: Vec<Vec<String>> =
            rows.map(|row| row.iter().map(|cell| cell.trim().to_owned()).collect()).collect();
        if rows.iter().flatten().all(String::is_empty) {
            return Err("there is nothing to paste".into());
        }
        Ok(Self(rows))
    }

    /// Of rows that were read already.
    pub fn of(rows: Vec<Vec<String>>) -> Self {
        Self(rows)
    }

    /// The text of a block of one cell.
    pub fn single(&self) -> Option<&str> {
        match &self.0[..] {
            [row] => row.first().filter(|_| row.len() == 1).map(String::as_str),
            _ => None,
        }
    }

    /// Where it lands: at a place, or in a range, which a single number fills.
    pub fn land(&self, at: At, range: Option<Range>, names: &impl Names) -> Landing {
        let mut landing = Landing::default();
        if let (Some(text), Some(range)) = (self.single(), range) {
            range.cells().for_each(|at| landing.take(text, Some(at), names));
            return landing;
        }
        let first = range.map_or(at, Range::first);
        // Heads stand above all numbers; of several such rows the last is the one right above them.
        let above =
            self.0.iter().take_while(|row| row.iter().all(|cell| names.number(cell).is_err())).count();
        let heads =
            self.0[..above].iter().enumerate().rev().find_map(|(at, row)| Some((at, names.heads(row)?)));
        let body = &self.0[heads.as_ref().map_or(0, |(at, _)| at + 1)..];
        let label = |row: &Vec<String>| row.first().and_then(|text| names.label(text));
        landing.by_labels = body.iter().any(|row| matches!(label(row), Some(Named::At(_))));
        landing.by_heads = heads.is_some();
        let labelled = landing.by_labels
            || landing.by_heads
                && body.iter().all(|row| row.first().is_none_or(|text| names.number(text).is_err()));
        let widest = body.iter().map(Vec::len).max().unwrap_or(0) - usize::from(labelled && !body.is_empty());
        // Whole rows without heads begin where rows begin.
        let left = if landing.by_labels && widest >= names.size().1 { 0 } else { first.column };
        for (down, row) in body.iter().enumerate() {
            let at_row = if landing.by_labels { label(row) } else { Some(Named::At(first.row + down)) };
            for (right, text) in row.iter().enumerate().skip(usize::from(labelled)) {
                let at_column = match &heads {
                    Some((_, heads)) => heads.get(right).copied().flatten(),
                    None => Some(Named::At(left + right - usize::from(labelled))),
                };
                match (at_row, at_column) {
                    (Some(Named::Sum), _) | (_, Some(Named::Sum)) if !text.is_empty() => landing.sums += 1,
                    (Some(Named::At(row)), Some(Named::At(column))) => {
                        landing.take(text, Some(At { row, column }), names);
                    }
                    _ => landing.take(text, None, names),
                }
            }
        }
        landing
    }
}

impl Landing {
    fn take(&mut self, text: &str, at: Option<At>, names: &impl Names) {
        let (rows, columns) = names.size();
        match (names.number(text), at.filter(|at| at.row < rows && at.column < columns)) {
            _ if text.is_empty() => self.blank += 1,
            (Ok(number), Some(at)) => {
                self.cells.insert((at.row, at.column), number);
            }
            (Ok(_), None) => self.outside += 1,
            (Err(_), _) => self.no_number.push(text.to_owned()),
        }
    }

    /// The numbers with their places.
    pub fn numbers(&self) -> impl Iterator<Item = (At, u32)> {
        self.cells.iter().map(|((row, column), number)| (At { row: *row, column: *column }, *number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three rows a, b, c and the columns X, Y.
    struct Small;

    impl Names for Small {
        fn heads(&self, row: &[String]) -> Option<Vec<Option<Named>>> {
            let head = |text: &String| match text.as_str() {
                "Total" => Some(Named::Sum),
                text => ["X", "Y"].iter().position(|head| *head == text).map(Named::At),
            };
            let heads: Vec<_> = row.iter().map(head).collect();
            heads.iter().any(Option::is_some).then_some(heads)
        }

        fn label(&self, text: &str) -> Option<Named> {
            ["a", "b", "c"].iter().position(|label| *label == text).map(Named::At)
        }

        fn size(&self) -> (usize, usize) {
            (3, 2)
        }

        fn number(&self, text: &str) -> Result<u32, String> {
            text.parse().map_err(|_| "no number".to_owned())
        }
    }

    fn land(text: &str, row: usize, column: usize) -> Landing {
        Block::read(text).unwrap().land(At { row, column }, None, &Small)
    }

    fn cells(landing: &Landing) -> Vec<(usize, usize, u32)> {
        landing.cells.iter().map(|((row, column), number)| (*row, *column, *number)).collect()
    }

    #[test]
    fn a_block_lands_at_the_cursor_and_what_does_not_fit_is_counted() {
        let landing = land("1\t2\r\n\r\n3\tn/a\r\n5\t6\r\n", 0, 1);
        assert_eq!(cells(&landing), [(0, 1, 1), (2, 1, 3)]);
        assert_eq!((landing.blank, landing.outside, landing.no_number), (1, 3, vec!["n/a".to_owned()]));
    }

    #[test]
    fn names_win_over_positions_and_sums_are_left_out() {
        let landing = land("\tY\tX\tTotal\nc\t1\t2\t3\nz\t7\t8\t15\na\t4\t5\t9", 2, 1);
        assert_eq!(cells(&landing), [(0, 0, 5), (0, 1, 4), (2, 0, 2), (2, 1, 1)]);
        assert_eq!((landing.sums, landing.outside, landing.by_heads, landing.by_labels), (3, 2, true, true));
    }

    #[test]
    fn either_name_alone_is_enough() {
        assert_eq!(cells(&land("Y\n1\n2", 1, 0)), [(1, 1, 1), (2, 1, 2)]);
        assert_eq!(cells(&land("c\t1\nb\t2", 0, 1)), [(1, 1, 2), (2, 1, 1)]);
        assert_eq!(cells(&land("c\t1\t9\nb\t2\t9", 0, 1)), [(1, 0, 2), (1, 1, 9), (2, 0, 1), (2, 1, 9)]);
    }

    #[test]
    fn a_single_number_fills_a_range() {
        let range = Range::between(At { row: 0, column: 0 }, At { row: 1, column: 1 });
        let landing = Block::read("7\n").unwrap().land(At::default(), Some(range), &Small);
        assert_eq!(cells(&landing), [(0, 0, 7), (0, 1, 7), (1, 0, 7), (1, 1, 7)]);
    }

    #[test]
    fn a_quoted_cell_may_hold_a_line_end() {
        assert_eq!(cells(&land("\"a\"\t1\n\"long\nlabel\"\t2", 0, 0)), [(0, 0, 1)]);
    }
}
