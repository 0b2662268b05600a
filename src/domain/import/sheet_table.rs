//! Finds the table of people in a file: the sheet, the row of headings, and which rows below are people.

use std::collections::{BTreeSet, HashMap};

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rust_decimal::prelude::ToPrimitive;

use crate::domain::file_grid::{FileCell, FileGrid};
use crate::domain::import::answers::{Answers, FileQuestion, heading_key};
use crate::domain::import::vocabulary::{
    ColumnRole, HeadingMeaning, heading_meaning, normalize, normalize_word,
};
use crate::domain::record::amount::read_amount;

/// How many rows of each sheet are looked at for its headings.
const HEADING_ROWS: usize = 30;

/// Where the headings of a sheet stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadingRow {
    /// Its index in the sheet's rows; of two rows of headings the lower one.
    pub row: usize,
    /// The heading of each column; blank where there is none.
    pub headings: Vec<String>,
    /// How many columns are known, weighted.
    score: u32,
}

impl HeadingRow {
    /// Whether any of its headings is known.
    pub fn is_known(&self) -> bool {
        self.score > 0
    }
}

/// The sheets that are read, and a question when that is not clear.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SheetChoice {
    /// The indices of the sheets, each with its row of headings.
    pub sheets: Vec<(usize, HeadingRow)>,
    /// The question which sheets are meant.
    pub question: Option<FileQuestion>,
    /// The names of other sheets that hold tables of people and are not read.
    pub alike: Vec<String>,
    /// Names of sheets that were asked for and are not there.
    pub unknown: Vec<String>,
}

/// Chooses the sheets to read: those asked for, else the visible one whose headings are known best.
pub fn choose_sheets(grids: &[FileGrid], answers: &Answers) -> SheetChoice {
    let mut choice = SheetChoice::default();
    if !answers.sheets.is_empty() {
        for name in &answers.sheets {
            match grids.iter().position(|grid| heading_key(&grid.name) == heading_key(name)) {
                Some(at) => choice.sheets.extend(heading_row(&grids[at], answers).map(|row| (at, row))),
                None => choice.unknown.push(name.clone()),
            }
        }
        return choice;
    }
    let visible = grids.iter().enumerate().filter(|(_, grid)| !grid.is_hidden);
    let found: Vec<(usize, HeadingRow)> =
        visible.filter_map(|(at, grid)| Some((at, heading_row(grid, answers)?))).collect();
    let Some(best) = found.iter().map(|(_, row)| row.score).max() else { return choice };
    let Some(first) = found.iter().find(|(_, row)| row.score == best) else { return choice };
    let keys =
        |row: &HeadingRow| row.headings.iter().map(|heading| heading_key(heading)).collect::<BTreeSet<_>>();
    let alike: Vec<&(usize, HeadingRow)> =
        found.iter().filter(|(_, row)| best > 0 && keys(row) == keys(&first.1)).collect();
    let names: Vec<String> = alike.iter().map(|(at, _)| grids[*at].name.clone()).collect();
    if names.len() > 1 && names.iter().all(|name| is_of_a_series(name)) {
        choice.question = Some(FileQuestion {
            name: "sheet",
            heading: None,
            option: "--sheet",
            why: format!("{} sheets look alike; give --sheet once for each that is meant", names.len()),
            choices: names,
        });
    } else {
        let others = found.iter().filter(|(at, row)| *at != first.0 && names_people(row));
        choice.alike = others.map(|(at, _)| grids[*at].name.clone()).collect();
    }
    choice.sheets = vec![first.clone()];
    choice
}

/// Whether the headings are those of a table of people.
fn names_people(row: &HeadingRow) -> bool {
    let roles: Vec<ColumnRole> = row
        .headings
        .iter()
        .filter_map(|heading| match heading_meaning(&normalize(heading).phrase)? {
            HeadingMeaning::Role(role) => Some(*role),
            HeadingMeaning::NameOrFirst => ColumnRole::named("full_name"),
            _ => None,
        })
        .collect();
    let is = |name: &str| roles.iter().any(|role| role.field().is_some_and(|field| field.name == name));
    let has_name = is("full_name") || roles.iter().any(|role| matches!(role, ColumnRole::Name(_)));
    has_name && (is("gender") || is("race") || is("id_number") || roles.contains(&ColumnRole::GenderAndRace))
}

/// Whether a sheet's name is one of a row: a month, a quarter, a week, a number.
fn is_of_a_series(name: &str) -> bool {
    const SERIES: [&str; 28] = [
        "jan", "feb", "mar", "mrt", "apr", "may", "mei", "jun", "jul", "aug", "sep", "oct", "okt", "nov",
        "dec", "des", "q1", "q2", "q3", "q4", "week", "month", "quarter", "sheet", "blad", "batch", "group",
        "intake",
    ];
    let key = heading_key(name);
    let letters = key.trim_matches(|c: char| c.is_ascii_digit());
    letters.is_empty() || SERIES.iter().any(|word| key.starts_with(word))
}

/// How much a heading counts when the row of headings is looked for, and the role it would give.
fn weight(heading: &str, answers: &Answers) -> (u32, Option<ColumnRole>) {
    match answers.column(heading) {
        Some("") => return (1, None),
        Some(name) => return (2, ColumnRole::named(name)),
        None => {}
    }
    match heading_meaning(&normalize(heading).phrase) {
        None => (0, None),
        Some(HeadingMeaning::Role(role)) => (2, Some(*role)),
        Some(HeadingMeaning::NameOrFirst) => (2, ColumnRole::named("full_name")),
        Some(HeadingMeaning::Ambiguous(_) | HeadingMeaning::Perhaps(_) | HeadingMeaning::NoField) => {
            (1, None)
        }
    }
}

/// The row of headings: the one of the first rows with the most known ones. Two rows are taken together where the
/// lower one has blanks below headings of the upper one. Without any known heading it is the first row. `None` for
/// an empty sheet.
fn heading_row(grid: &FileGrid, answers: &Answers) -> Option<HeadingRow> {
    let first_rows = (0..grid.rows().len().min(HEADING_ROWS)).into_par_iter();
    let found: Vec<Option<HeadingRow>> = first_rows.map(|row| scored_row(grid, row, answers)).collect();
    let mut best: Option<HeadingRow> = None;
    for found in found.into_iter().flatten() {
        if best.as_ref().is_none_or(|best| found.score > best.score) {
            best = Some(found);
        }
    }
    best.or_else(|| {
        (!grid.rows().is_empty()).then(|| HeadingRow { row: 0, headings: texts(grid, 0), score: 0 })
    })
}

/// A row as one of headings, alone or with the one above it; `None` when it is none.
fn scored_row(grid: &FileGrid, row: usize, answers: &Answers) -> Option<HeadingRow> {
    let typed = grid.filled_cells(row).filter(|(_, cell)| !cell.is_text()).count();
    if typed * 2 >= grid.filled_cells(row).count() {
        return None;
    }
    let above = row.checked_sub(1).filter(|above| grid.filled_cells(*above).count() > 1);
    let single = scored(row, texts(grid, row), answers);
    let double = above.map(|above| scored(row, joined_headings(grid, above, row), answers));
    let both = double.filter(|double| double.score >= single.score && double.headings != single.headings);
    Some(both.unwrap_or(single)).filter(|found| found.score >= 2)
}

fn texts(grid: &FileGrid, row: usize) -> Vec<String> {
    grid.cells(row).map(|cell| cell.to_text(grid.dates)).collect()
}

fn scored(row: usize, headings: Vec<String>, answers: &Answers) -> HeadingRow {
    let mut roles = Vec::new();
    let mut score = 0;
    for heading in headings.iter().filter(|heading| !heading.is_empty() && heading.len() < 120) {
        let (weight, role) = weight(heading, answers);
        if role.is_none_or(|role| !roles.contains(&role)) {
            score += weight;
            roles.extend(role);
        }
    }
    // A word alone, as in a title, is no row of headings unless it is a role.
    if roles.is_empty() {
        score = score.min(1);
    }
    HeadingRow { row, headings, score }
}

/// The headings of two rows: the lower one's, the upper one's where the lower is blank, or both (`Cost` over
/// `Travel`) where only that is known.
fn joined_headings(grid: &FileGrid, upper: usize, lower: usize) -> Vec<String> {
    let width = grid.width(upper).max(grid.width(lower));
    let mut group = String::new();
    let mut headings = Vec::with_capacity(width);
    for column in 0..width {
        let (top, below) =
            (grid.cell(upper, column).to_text(grid.dates), grid.cell(lower, column).to_text(grid.dates));
        if !top.is_empty() {
            group.clone_from(&top);
        }
        headings.push(match (top.is_empty(), below.is_empty()) {
            (_, true) => top,
            _ => {
                // `Course` below `Costs` is no course.
                let both = [format!("{below} {group}"), format!("{group} {below}")];
                let is_role = |heading: &&String| {
                    matches!(heading_meaning(&normalize(heading).phrase), Some(HeadingMeaning::Role(_)))
                };
                let whole = both.iter().find(is_role).filter(|_| !group.is_empty());
                let meaning = |heading: &str| heading_meaning(&normalize(heading).phrase);
                match whole {
                    Some(whole) if meaning(whole) != meaning(&below) => whole.clone(),
                    _ => below,
                }
            }
        });
    }
    headings
}

/// What a row below the headings is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowKind {
    /// A person.
    Person,
    /// Only a program, for the rows below it.
    Program,
    /// Nothing to import, for this reason.
    LeftOut(LeftOut),
}

/// Why a row is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// It stands above the headings.
    Title,
    /// It says how to fill in the columns.
    Hint,
    /// It repeats the headings.
    Headings,
    /// It adds up the rows.
    Total,
    /// It is prepared for a person, and nobody is in it.
    Empty,
    /// It names the program of the rows below.
    Program,
    /// It is a remark, such as a signature.
    Remark,
}

impl LeftOut {
    /// Its name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Hint => "hint",
            Self::Headings => "headings",
            Self::Total => "total",
            Self::Empty => "empty",
            Self::Program => "program",
            Self::Remark => "remark",
        }
    }
}

/// Tells what the rows below the headings are, one after the other.
#[derive(Debug)]
pub struct RowClassifier<'a> {
    grid: &'a FileGrid,
    /// The columns that are read.
    roles: Vec<(usize, ColumnRole)>,
    /// The heading of each column of the sheet, as it is compared.
    headings: Vec<String>,
    /// The sums of the costs so far, by column.
    sums: HashMap<usize, f64>,
}

/// What a row is, as far as its own cells tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowShape {
    kind: RowKind,
    /// Whether it is a total if its costs are the sums of those above.
    may_be_sum: bool,
}

impl From<RowKind> for RowShape {
    fn from(kind: RowKind) -> Self {
        Self { kind, may_be_sum: false }
    }
}

/// What the cells of a row hold.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is seen on its own, and any of them together")]
struct RowContent {
    /// Gender, race or age.
    has_person: bool,
    /// A name or a number of a person.
    has_name: bool,
    has_program: bool,
    /// A cost or another value that a prepared row does not hold.
    has_figure: bool,
    /// A date or a word, which no sum has.
    has_detail: bool,
}

impl<'a> RowClassifier<'a> {
    /// For a sheet whose columns are laid.
    pub fn new(grid: &'a FileGrid, columns: &[(usize, String, Option<ColumnRole>)]) -> Self {
        let width = columns.last().map_or(0, |(column, ..)| column + 1);
        let mut headings = vec![String::new(); width];
        for (column, heading, _) in columns {
            headings[*column] = heading_key(heading);
        }
        let roles = columns.iter().filter_map(|(column, _, role)| Some((*column, (*role)?))).collect();
        Self { grid, roles, headings, sums: HashMap::new() }
    }

    /// What a row is by its own cells.
    pub fn shape(&self, row: usize) -> RowShape {
        let grid = self.grid;
        let mut filled: Vec<(usize, FileCell<'_>)> = Vec::with_capacity(grid.width(row));
        filled.extend(grid.filled_cells(row));
        let texts = || {
            filled
                .iter()
                .filter_map(|(_, cell)| if let FileCell::Text(text) = cell { Some(*text) } else { None })
        };
        let repeats_heading = |(column, cell): &&(usize, FileCell<'_>)| {
            let heading = self.headings.get(*column).map_or("", String::as_str);
            matches!(cell, FileCell::Text(text) if begins_alike(text, heading) && heading_key(text) == heading)
        };
        let repeated = filled.iter().filter(repeats_heading).count();
        if repeated >= 2 && repeated * 2 >= filled.len() {
            return RowKind::LeftOut(LeftOut::Headings).into();
        }
        let content = self.content(row);
        let reads_as_value =
            |(column, role): &(usize, ColumnRole)| reads_as_value(*role, grid.cell(row, *column));
        // Most rows have a value of a person, which is the quicker to see.
        if (!self.roles.iter().any(reads_as_value) && texts().any(is_hint)) || is_counted(&filled) {
            return RowKind::LeftOut(LeftOut::Hint).into();
        }
        if !content.has_person && texts().any(is_total) {
            return RowKind::LeftOut(LeftOut::Total).into();
        }
        let is_remark_only =
            !content.has_person && !content.has_figure && filled.len() <= 3 && texts().any(is_remark);
        let kind = match content {
            _ if is_remark_only => RowKind::LeftOut(LeftOut::Remark),
            RowContent { has_name: true, .. }
            | RowContent { has_person: true, .. }
            | RowContent { has_figure: true, .. } => RowKind::Person,
            RowContent { has_program: true, .. } => RowKind::Program,
            _ if texts().any(|text| text.chars().any(char::is_alphabetic)) => {
                RowKind::LeftOut(LeftOut::Remark)
            }
            _ => RowKind::LeftOut(LeftOut::Empty),
        };
        RowShape { kind, may_be_sum: !content.has_person && !content.has_name && !content.has_detail }
    }

    /// What the next row is; `shape` is its own.
    pub fn next_row(&mut self, row: usize, shape: RowShape) -> RowKind {
        if shape.may_be_sum && self.is_sum(row) {
            return RowKind::LeftOut(LeftOut::Total);
        }
        if shape.kind == RowKind::Person {
            for (column, n) in costs(self.grid, &self.roles, row) {
                *self.sums.entry(column).or_default() += n;
            }
        }
        shape.kind
    }

    fn content(&self, row: usize) -> RowContent {
        let mut content = RowContent::default();
        for (column, role) in &self.roles {
            let cell = self.grid.cell(row, *column);
            // The label of a sum may stand in any column.
            if cell.is_blank() || matches!(cell, FileCell::Text(text) if is_total(text)) {
                continue;
            }
            match role {
                ColumnRole::Program(_) => content.has_program = true,
                role if role.identifies() => content.has_name = true,
                ColumnRole::GenderAndRace => content.has_person = true,
                ColumnRole::StatedTotal => {}
                role => match role.field().map(|field| field.name) {
                    Some("gender" | "race" | "age") => content.has_person |= !is_nothing(cell),
                    _ => {
                        content.has_figure |= !is_nothing(cell);
                        let is_number = role.is_number() || matches!(cell, FileCell::Number(_));
                        content.has_detail |= !is_nothing(cell) && !is_number;
                    }
                },
            }
        }
        content
    }

    /// Whether the costs of a row are the sums of those above it.
    fn is_sum(&self, row: usize) -> bool {
        let mut costs = costs(self.grid, &self.roles, row).peekable();
        let is_sum =
            |(column, n): (usize, f64)| self.sums.get(&column).is_some_and(|sum| (sum - n).abs() < 0.01);
        costs.peek().is_some() && costs.all(is_sum)
    }
}

/// The costs of a row, by column.
fn costs(grid: &FileGrid, roles: &[(usize, ColumnRole)], row: usize) -> impl Iterator<Item = (usize, f64)> {
    let cost = move |(column, _): &(usize, ColumnRole)| {
        let n = match grid.cell(row, *column) {
            FileCell::Number(n) => n,
            FileCell::Text(text) => {
                let reading = read_amount(text)?;
                reading.only().or(reading.by_point)?.to_f64()?
            }
            _ => return None,
        };
        Some((*column, n))
    };
    roles.iter().filter(|(_, role)| role.is_cost()).filter_map(cost).filter(|(_, n)| *n != 0.0)
}

/// Whether a text begins with the first letter or digit of a heading's key. This tells most cells from headings.
fn begins_alike(text: &str, heading: &str) -> bool {
    let first = text.chars().find(|c| c.is_alphanumeric() || *c == '#');
    !heading.is_empty() && first.and_then(|c| c.to_lowercase().next()) == heading.chars().next()
}

/// Whether the cells count the columns: `(1) (2) (3)`.
fn is_counted(filled: &[(usize, FileCell<'_>)]) -> bool {
    let number = |cell: &FileCell<'_>| match cell {
        FileCell::Number(n) => Some(*n as i64),
        FileCell::Text(text) => text.trim().trim_matches(['(', ')', '[', ']', '.']).parse().ok(),
        _ => None,
    };
    let first = filled.first().and_then(|(_, cell)| number(cell));
    filled.len() >= 4
        && first.is_some_and(|first| {
            matches!(first, 0 | 1)
                && (first..).zip(filled).all(|(wanted, (_, cell))| number(cell) == Some(wanted))
        })
}

/// Whether a cell holds what a prepared row holds for nobody: 0, no, a dash.
fn is_nothing(cell: FileCell<'_>) -> bool {
    match cell {
        FileCell::Number(n) | FileCell::Duration(n) => n == 0.0,
        FileCell::Flag(yes) => !yes,
        FileCell::Text(text) => {
            matches!(
                normalize_word(text).as_str(),
                "" | "no"
                    | "n/a"
                    | "na"
                    | "nil"
                    | "none"
                    | "n"
                    | "nee"
                    | "0"
                    | "-"
                    | "r -"
                    | "r-"
                    | "r 0.00"
                    | "r0.00"
                    | "0.00"
                    | "r 0"
                    | "false"
            )
        }
        FileCell::Uncalculated | FileCell::Blank => true,
        FileCell::DateTime(_) | FileCell::Error(_) | FileCell::Damaged(_) => false,
    }
}

/// Whether a cell says how a column is to be filled in.
fn is_hint(text: &str) -> bool {
    const WHOLE: [&str; 33] = [
        "dd/mm/yyyy",
        "yyyy-mm-dd",
        "yyyy/mm/dd",
        "mm/dd/yyyy",
        "dd-mm-yyyy",
        "ccyy/mm/dd",
        "ccyymmdd",
        "yyyymmdd",
        "yes/no",
        "yes / no",
        "y/n",
        "ja/nee",
        "m/f",
        "male/female",
        "male / female",
        "a/c/i/w",
        "13 digits",
        "13 digit",
        "a-g",
        "a to g",
        "text",
        "number",
        "numeric",
        "date",
        "compulsory",
        "required",
        "optional",
        "mandatory",
        "dropdown",
        "drop down",
        "drop-down",
        "r0.00",
        "as per id",
    ];
    const INSIDE: [&str; 15] = [
        "dropdown",
        "drop down",
        "drop-down",
        "dd/mm/yy",
        "yyyy-mm-dd",
        "yyyy/mm/dd",
        "e.g.",
        "eg.",
        "please select",
        "select from",
        "choose from",
        "kies uit",
        "use format",
        "as per id",
        "select one",
    ];
    let word = normalize_word(text);
    let bare = word.trim_matches(|c| matches!(c, '(' | ')' | '[' | ']' | '*' | '<' | '>'));
    WHOLE.contains(&bare) || INSIDE.iter().any(|part| bare.contains(part))
}

/// Whether a cell can only be a person's value, so that the row is no hint.
fn reads_as_value(role: ColumnRole, cell: FileCell<'_>) -> bool {
    let text = if let FileCell::Text(text) = cell { text } else { "" };
    if !cell.is_text() && !cell.is_blank() {
        return true;
    }
    let digits = || text.bytes().filter(u8::is_ascii_digit).count();
    let is_one_of = |known: &[&str]| known.contains(&normalize_word(text).as_str());
    match role.field().map(|field| field.name) {
        Some("gender") => is_one_of(&["m", "f", "male", "female", "man", "vrou", "v"]),
        Some("race") => is_one_of(&["african", "coloured", "indian", "white", "a", "c", "i", "w"]),
        Some("id_number") => digits() >= 6,
        Some("start_date" | "end_date") => digits() >= 4,
        _ => false,
    }
}

/// Whether a cell announces a sum.
fn is_total(text: &str) -> bool {
    const WORDS: [&str; 9] = [
        "total",
        "totals",
        "totaal",
        "subtotal",
        "subtotaal",
        "groottotaal",
        "sub-total",
        "sum",
        "subtotals",
    ];
    // All of them hold one of these; looking at bytes first spares most cells the rest.
    const PARTS: [&[u8]; 4] = [b"tot", b"sum", b" of", b"aantal"];
    let has_part = |part: &&[u8]| text.as_bytes().windows(part.len()).any(|at| at.eq_ignore_ascii_case(part));
    if text.is_ascii() && !PARTS.iter().any(has_part) {
        return false;
    }
    let word = normalize_word(text);
    let words: Vec<&str> = word.split([' ', ':']).filter(|word| !word.is_empty()).collect();
    let is_word = |word: &&str| WORDS.contains(word);
    match words[..] {
        [] => false,
        [only] => is_word(&only),
        // `Total for the year`, `Grand total`, `Excl. VAT total`, `Number of learners`.
        [first, .., last] => {
            is_word(&first) && first != "sum"
                || is_word(&last) && !text.chars().next().is_some_and(char::is_uppercase)
                || word.starts_with("grand total")
                || word.starts_with("sub total")
                || word.contains("vat total")
                || word.starts_with("number of ")
                || word.starts_with("no of ")
                || word.starts_with("no. of ")
                || word.starts_with("aantal ")
        }
    }
}

/// Whether a cell alone in its row is a remark and not a name.
fn is_remark(text: &str) -> bool {
    const BEGINS: [&str; 33] = [
        "note",
        "nota",
        "prepared by",
        "compiled by",
        "signed",
        "signature",
        "approved",
        "checked by",
        "verified by",
        "authorised",
        "authorized",
        "declaration",
        "source",
        "date:",
        "page ",
        "confidential",
        "print",
        "end of",
        "i hereby",
        "handtekening",
        "nb",
        "facilitator:",
        "trainer:",
        "assessor:",
        "course:",
        "programme:",
        "program:",
        "training:",
        "department:",
        "section:",
        "group:",
        "afdeling:",
        "kursus:",
    ];
    let word = normalize_word(text);
    word.starts_with('*')
        || word.contains("___")
        || BEGINS.iter().any(|begin| word.starts_with(begin))
        || word.split(' ').count() > 8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(name: &str, rows: &[&[&str]]) -> FileGrid {
        let mut grid = FileGrid::new(name);
        for (number, cells) in (1..).zip(rows) {
            grid.push_row(number, false);
            for (column, cell) in cells.iter().enumerate() {
                grid.push(column, cell.parse().map_or(FileCell::Text(cell), FileCell::Number));
            }
        }
        grid.finish();
        grid
    }

    fn chosen(grids: &[FileGrid], answers: &Answers) -> (Vec<String>, Vec<u32>) {
        let choice = choose_sheets(grids, answers);
        let number = |(at, row): &(usize, HeadingRow)| grids[*at].rows()[row.row].number;
        let name = |(at, _): &(usize, HeadingRow)| grids[*at].name.clone();
        (choice.sheets.iter().map(name).collect(), choice.sheets.iter().map(number).collect())
    }

    #[test]
    fn the_row_with_the_most_known_headings_is_found_in_any_visible_sheet_below_any_title() {
        let company =
            grid("Company", &[&["Company name", "Acme"], &["VAT number", "1"], &["Contact person", "Zoë"]]);
        let people = grid(
            "Skills",
            &[
                &["Skills report 2026"],
                &["", ""],
                &["No", "Learner Name *", "Race", "Gender"],
                &["1", "Ann", "African", "Female"],
            ],
        );
        let mut hidden = grid("Old", &[&["Full name", "Gender", "Race", "ID number", "Age"]]);
        hidden.is_hidden = true;
        let grids = [company, hidden, people];
        assert_eq!(chosen(&grids, &Answers::default()), (vec!["Skills".into()], vec![3]));
        let asked = Answers { sheets: vec!["old".into()], ..Answers::default() };
        assert_eq!(chosen(&grids, &asked), (vec!["Old".into()], vec![1]));
        let asked = Answers { sheets: vec!["Odl".into()], ..Answers::default() };
        assert_eq!(choose_sheets(&grids, &asked).unknown, ["Odl"]);
    }

    #[test]
    fn sheets_of_a_series_are_asked_and_others_alike_are_named() {
        let sheet = |name| grid(name, &[&["Name", "Race"], &["Ann", "A"]]);
        let months = [sheet("January"), sheet("February")];
        let question = choose_sheets(&months, &Answers::default()).question.unwrap();
        assert_eq!(question.choices, ["January", "February"]);
        let years = [sheet("Learners"), sheet("Last year")];
        let choice = choose_sheets(&years, &Answers::default());
        assert_eq!((choice.question, choice.alike), (None, vec!["Last year".into()]));
    }

    #[test]
    fn headings_in_two_rows_are_read_together() {
        let grid = grid(
            "S",
            &[
                &["Full name", "Race", "Gender", "Costs", "", ""],
                &["", "", "", "Travel", "Course", "Catering"],
                &["Ann", "A", "F", "1", "2", "3"],
            ],
        );
        let row = heading_row(&grid, &Answers::default()).unwrap();
        assert_eq!(
            (row.row, &row.headings[..]),
            (
                1,
                &["Full name", "Race", "Gender", "Travel", "Course Costs", "Catering"].map(str::to_owned)[..]
            )
        );
    }

    #[test]
    fn rows_that_are_nobody_are_told_apart() {
        let headings = ["No", "Name", "Gender", "Start date", "Cost", "Course"];
        let roles: Vec<(usize, ColumnRole)> =
            [(1, "full_name"), (2, "gender"), (3, "start_date"), (4, "course_cost"), (5, "program.name")]
                .into_iter()
                .map(|(column, name)| (column, ColumnRole::named(name).unwrap()))
                .collect();
        let columns: Vec<(usize, String, Option<ColumnRole>)> = headings
            .iter()
            .enumerate()
            .map(|(at, heading)| {
                let role = roles.iter().find(|(column, _)| *column == at).map(|(_, role)| *role);
                (at, (*heading).to_owned(), role)
            })
            .collect();
        let kind = |cells: &[&str]| {
            let grid = grid("S", &[cells]);
            let mut classifier = RowClassifier::new(&grid, &columns);
            let shape = classifier.shape(0);
            classifier.next_row(0, shape)
        };
        for (cells, wanted) in [
            (&["1", "Thandi Example", "F", "2026-01-01", "5"][..], RowKind::Person),
            (&["", "Thandi Total", "F"], RowKind::Person),
            (&["", "", "", "", "500"], RowKind::Person),
            (&["", "Ann"], RowKind::Person),
            (&["", "TOTAL", "", "", "5000"], RowKind::LeftOut(LeftOut::Total)),
            (&["Grand total:", "", "", "", "5000"], RowKind::LeftOut(LeftOut::Total)),
            (&["", "Full name", "Use dropdown", "dd/mm/yyyy"], RowKind::LeftOut(LeftOut::Hint)),
            (&["No", "Name", "Gender", "Start date", "Cost"], RowKind::LeftOut(LeftOut::Headings)),
            (&["17"], RowKind::LeftOut(LeftOut::Empty)),
            (&["17", "", "", "", "0"], RowKind::LeftOut(LeftOut::Empty)),
            (&["", "", "", "", "", "Excel"], RowKind::Program),
            (&["", "Prepared by: Zoë"], RowKind::LeftOut(LeftOut::Remark)),
            (&["(1)", "(2)", "(3)", "(4)"], RowKind::LeftOut(LeftOut::Hint)),
            (&["", "", "Total", "", "5000"], RowKind::LeftOut(LeftOut::Total)),
            (&["Excl. VAT total", "", "", "", "5000"], RowKind::LeftOut(LeftOut::Total)),
            (&["Number of learners", "12"], RowKind::LeftOut(LeftOut::Total)),
            (&["Facilitator: ____", "", "", "", "", ""], RowKind::LeftOut(LeftOut::Remark)),
            (&["Prepared by", "J Smith"], RowKind::LeftOut(LeftOut::Remark)),
            (&["Signature of the skills development facilitator"], RowKind::LeftOut(LeftOut::Remark)),
        ] {
            assert_eq!(kind(cells), wanted, "{cells:?}");
        }
    }
}
