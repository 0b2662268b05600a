//! Which field each column of a sheet fills, and what its values settle: the order of dates, the decimal mark, the
//! words.

use std::collections::HashMap;

use crate::domain::date::{DateOrder, read_date};
use crate::domain::file_grid::{FileCell, FileGrid, number_text};
use crate::domain::import::answers::{Answers, heading_key};
use crate::domain::import::sheet_table::HeadingRow;
use crate::domain::import::vocabulary::{
    ColumnRole, HeadingMeaning, NamePart, NormalizedHeading, heading_meaning, normalize, normalize_word,
    word_meaning,
};
use crate::domain::record::amount::{DecimalMark, read_amount};
use crate::domain::record::id_number::{IdReading, read_id_number};
use crate::domain::record::{FieldKind, SchemaField, Value};

/// How many rows decide whether a column's values fit a field.
const SAMPLE_ROWS: usize = 200;
/// From which serial number on a whole number is a date: 1 January 1970.
const FIRST_SERIAL: f64 = 25_569.0;

/// A column of a sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct FileColumn {
    /// Its index in the sheet, from 0.
    pub column: usize,
    /// Its heading as it stands in the file.
    pub heading: String,
    /// The name by which answers refer to it: its heading, or `heading#2` for the second column of the same heading.
    pub key: String,
    /// What it fills; `None` when it is not read.
    pub role: Option<ColumnRole>,
    /// What it could fill, if that has to be asked.
    pub choices: Vec<ColumnRole>,
    /// Why it has to be asked.
    pub ask: ColumnAsk,
    /// The order of dates that its heading asks for.
    pub heading_order: Option<DateOrder>,
    /// What was said that its words mean, by the word as it is looked up.
    said: HashMap<String, String>,
    /// Whether its heading says that VAT is included.
    pub includes_vat: bool,
    /// Whether its heading speaks of a code, as in `Province Code`.
    pub is_of_codes: bool,
    /// What its values settle.
    pub facts: ColumnFacts,
}

/// Why the field of a column has to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColumnAsk {
    /// Its heading can mean several fields.
    #[default]
    Ambiguous,
    /// Another column fills the field.
    Double,
    /// The heading names a unit, a currency or a part that the field may not have.
    Qualified,
    /// It is the only column of costs, and says total.
    LoneTotal,
}

impl ColumnAsk {
    /// The reason, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Ambiguous => "the heading can mean more than one thing",
            Self::Double => {
                "another column fills this field; say which one is meant, and leave the other out"
            }
            Self::Qualified => "the words in brackets may make it something else",
            Self::LoneTotal => "it is the only column of costs: the cost itself, or a total to compare with",
        }
    }
}

/// What the values of a column settle.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ColumnFacts {
    date_orders: Evidence<DateOrder>,
    marks: Evidence<DecimalMark>,
    /// How many whole numbers stand among its dates.
    serials: u32,
    /// Whether it has nothing but marks for yes, and blanks.
    is_ticks: bool,
    /// Whether it has a tick, so that a cross means no.
    has_ticks: bool,
    /// Its words, each with its number of rows, in order of appearance.
    pub words: Vec<(String, u32)>,
}

/// What values show of how they were written.
#[derive(Debug, Clone, PartialEq)]
struct Evidence<T> {
    seen: Option<T>,
    contradicts: bool,
    /// How many values have two readings.
    ambiguous: u32,
}

impl<T> Default for Evidence<T> {
    fn default() -> Self {
        Self { seen: None, contradicts: false, ambiguous: 0 }
    }
}

impl<T: PartialEq + Copy> Evidence<T> {
    fn add(&mut self, shown: Option<T>, is_ambiguous: bool) {
        self.ambiguous += u32::from(is_ambiguous);
        if let Some(shown) = shown {
            self.contradicts |= self.seen.is_some_and(|seen| seen != shown);
            self.seen = Some(shown);
        }
    }

    fn settled(&self) -> Option<T> {
        self.seen.filter(|_| !self.contradicts)
    }

    fn is_open(&self) -> bool {
        self.ambiguous > 0 && self.settled().is_none()
    }
}

impl ColumnFacts {
    /// Whether amounts could be read with either decimal mark.
    pub fn asks_decimal(&self) -> bool {
        self.marks.is_open()
    }

    /// Whether numbers stand for dates, in a file that does not say how they are counted.
    pub fn asks_date_system(&self) -> bool {
        self.serials > 0
    }

    /// Whether a blank means no.
    pub fn is_ticks(&self) -> bool {
        self.is_ticks
    }
}

/// Lays the columns of a sheet: by what a person said, else by the headings. Each role is laid once.
pub fn lay_columns(grid: &FileGrid, row: &HeadingRow, answers: &Answers) -> Vec<FileColumn> {
    let mut columns = named_columns(row, answers);
    let normalized: Vec<NormalizedHeading> =
        columns.iter().map(|column| normalize(&column.heading)).collect();
    let meanings: Vec<Option<&HeadingMeaning>> =
        normalized.iter().map(|heading| heading_meaning(&heading.phrase)).collect();
    let mut taken: Vec<ColumnRole> = Vec::new();
    // In a list that bee-tui has written, `id` is the record's and not the person's.
    let is_own_list = columns.iter().any(|column| column.heading == "id_number");
    let mut is_said: Vec<bool> = columns.iter().map(|column| is_own_list && column.heading == "id").collect();
    for (at, column) in columns.iter_mut().enumerate() {
        let Some(name) = answers.column(&column.key) else { continue };
        is_said[at] = true;
        match ColumnRole::named(name) {
            Some(role) if taken.contains(&role) => {
                (column.choices, column.ask) = (vec![role], ColumnAsk::Double);
            }
            role => {
                column.role = role;
                taken.extend(role);
            }
        }
    }
    let surname = ColumnRole::Name(NamePart::Surname);
    let is_surname = |meaning: Option<&HeadingMeaning>| meaning == Some(&HeadingMeaning::Role(surname));
    let has_surname = taken.contains(&surname)
        || meanings.iter().zip(&is_said).any(|(meaning, said)| !said && is_surname(*meaning));
    for (at, meaning) in meanings.iter().enumerate().filter(|(at, _)| !is_said[*at]) {
        let column = &mut columns[at];
        let role = match meaning {
            Some(HeadingMeaning::Role(role))
                if has_surname && is_first_names(*role, &normalized[at].phrase) =>
            {
                ColumnRole::Name(NamePart::First)
            }
            Some(HeadingMeaning::Role(role)) => *role,
            Some(HeadingMeaning::NameOrFirst) if has_surname => ColumnRole::Name(NamePart::First),
            Some(HeadingMeaning::NameOrFirst) => match ColumnRole::named("full_name") {
                Some(role) => role,
                None => continue,
            },
            Some(HeadingMeaning::Ambiguous(roles)) => {
                column.choices.clone_from(roles);
                continue;
            }
            Some(HeadingMeaning::Perhaps(_) | HeadingMeaning::NoField) | None => continue,
        };
        let is_filled = || !is_blank_column(grid, row.row, column.column);
        if taken.contains(&role) {
            if is_filled() {
                (column.choices, column.ask) = (vec![role], ColumnAsk::Double);
            }
        } else if normalized[at].qualifier.is_some() && is_measured(role) && is_filled() {
            (column.choices, column.ask) = (vec![role], ColumnAsk::Qualified);
        } else {
            column.role = Some(role);
            taken.push(role);
        }
    }
    for (at, meaning) in meanings.iter().enumerate().filter(|(at, _)| !is_said[*at]) {
        if let Some(HeadingMeaning::Perhaps(role)) = meaning
            && !taken.contains(role)
            && normalized[at].qualifier.is_none()
            && fits(grid, row.row, columns[at].column, *role)
        {
            columns[at].role = Some(*role);
            taken.push(*role);
        }
    }
    keep_one_way_to_the_name(&mut columns);
    ask_lone_total(&mut columns, &is_said);
    settle_by_elimination(grid, row, &mut columns, &taken);
    columns
}

/// The columns that have a heading, without roles.
fn named_columns(row: &HeadingRow, answers: &Answers) -> Vec<FileColumn> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut columns = Vec::new();
    for (column, heading) in row.headings.iter().enumerate().filter(|(_, heading)| !heading.is_empty()) {
        let times = seen.entry(heading_key(heading)).or_default();
        *times += 1;
        let key = if *times == 1 { heading.clone() } else { format!("{heading}#{times}") };
        let normalized = normalize(heading);
        columns.push(FileColumn {
            column,
            heading: heading.clone(),
            said: answers.words(&key),
            key,
            role: None,
            choices: Vec::new(),
            ask: ColumnAsk::default(),
            heading_order: normalized.date_order,
            includes_vat: normalized.includes_vat,
            is_of_codes: normalized.phrase.contains("code"),
            facts: ColumnFacts::default(),
        });
    }
    columns
}

/// Whether a unit or a currency changes what its values mean.
fn is_measured(role: ColumnRole) -> bool {
    match role.field().map(|field| field.kind) {
        Some(FieldKind::Text | FieldKind::Choice(_)) => false,
        Some(_) => true,
        None => role == ColumnRole::StatedTotal,
    }
}

/// A total without any other cost may be the cost itself.
fn ask_lone_total(columns: &mut [FileColumn], is_said: &[bool]) {
    let is_other_cost = |column: &FileColumn| {
        column.role.is_some_and(|role| role.is_cost() && role != ColumnRole::StatedTotal)
            || column.choices.iter().any(|role| role.is_cost())
    };
    if columns.iter().any(is_other_cost) {
        return;
    }
    for (column, _) in columns.iter_mut().zip(is_said).filter(|(_, said)| !**said) {
        if column.role == Some(ColumnRole::StatedTotal) {
            column.role = None;
            column.choices =
                ColumnRole::named("course_cost").into_iter().chain([ColumnRole::StatedTotal]).collect();
            column.ask = ColumnAsk::LoneTotal;
        }
    }
}

/// What another column fills already is no choice any more; the last one left is taken where the values fit it.
fn settle_by_elimination(
    grid: &FileGrid,
    row: &HeadingRow,
    columns: &mut [FileColumn],
    taken: &[ColumnRole],
) {
    for column in columns.iter_mut().filter(|column| column.choices.len() > 1) {
        column.choices.retain(|role| !taken.contains(role));
        if let [only] = column.choices[..]
            && fits(grid, row.row, column.column, only)
        {
            (column.role, column.choices) = (Some(only), Vec::new());
        }
    }
}

/// Whether a heading of full names means first names where a surname stands beside it.
fn is_first_names(role: ColumnRole, phrase: &str) -> bool {
    let names_both = ["surname", "last name", "van"]
        .iter()
        .any(|word| phrase.split(' ').any(|own| own == *word) || phrase.contains("last name"));
    matches!(role, ColumnRole::Field(field) if field.name == "full_name") && !names_both
}

/// Drops parts of names where a column holds the whole name, and initials beside first names.
fn keep_one_way_to_the_name(columns: &mut [FileColumn]) {
    let has = |columns: &[FileColumn], role| columns.iter().any(|column| column.role == Some(role));
    let whole = ColumnRole::named("full_name");
    let has_whole = columns.iter().any(|column| column.role.is_some() && column.role == whole)
        || has(columns, ColumnRole::Name(NamePart::Reversed));
    let has_first = has(columns, ColumnRole::Name(NamePart::First));
    for column in columns.iter_mut() {
        match column.role {
            Some(ColumnRole::Name(NamePart::Reversed)) => {}
            Some(ColumnRole::Name(NamePart::Initials)) if has_first || has_whole => column.role = None,
            Some(ColumnRole::Name(_)) if has_whole => column.role = None,
            _ => {}
        }
    }
}

fn is_blank_column(grid: &FileGrid, headings: usize, column: usize) -> bool {
    (headings + 1..grid.rows().len()).all(|row| grid.cell(row, column).is_blank())
}

/// Whether most of a column's first values can be read as this role's.
fn fits(grid: &FileGrid, headings: usize, column: usize, role: ColumnRole) -> bool {
    let (mut filled, mut fitting) = (0, 0);
    for row in (headings + 1..grid.rows().len()).take(SAMPLE_ROWS) {
        let cell = grid.cell(row, column);
        if cell.is_blank() {
            continue;
        }
        filled += 1;
        let text = if let FileCell::Text(text) = cell { text } else { "" };
        let is_number = matches!(cell, FileCell::Number(_) | FileCell::Uncalculated);
        fitting += u32::from(match role.field().map(|field| (field, field.kind)) {
            None | Some((_, FieldKind::Decimal | FieldKind::Integer)) => {
                is_number || read_amount(text).is_some()
            }
            Some((_, FieldKind::Date)) => matches!(cell, FileCell::DateTime(_)) || read_date(text).is_some(),
            Some((field, FieldKind::Flag | FieldKind::Choice(_))) => {
                matches!(cell, FileCell::Flag(_)) || plain_word(field, &normalize_word(text)).is_some()
            }
            Some(_) => text.chars().any(char::is_alphabetic) && read_date(text).is_none(),
        });
    }
    filled > 0 && fitting * 10 >= filled * 9
}

/// What the values of a column settle. `rows` are the rows that hold people.
pub fn column_facts(grid: &FileGrid, column: &FileColumn, rows: &[usize]) -> ColumnFacts {
    let mut facts = ColumnFacts::default();
    let Some(role) = column.role else { return facts };
    let kind = match role {
        ColumnRole::GenderAndRace => FieldKind::Flag,
        role => role.field().map_or(FieldKind::Decimal, |field| field.kind),
    };
    let mut words = WordCounts::default();
    let mut has_blank = false;
    for row in rows {
        let cell = grid.cell(*row, column.column);
        if cell.is_blank() {
            has_blank = true;
            continue;
        }
        let word = match (role, kind, cell) {
            (ColumnRole::Name(_), ..) => continue,
            (_, FieldKind::Date, FileCell::Text(text)) => match read_date(text) {
                Some(reading) => {
                    facts.date_orders.add(reading.order(), reading.only().is_none());
                    continue;
                }
                None if is_serial_text(text) => {
                    facts.serials += u32::from(grid.is_text);
                    continue;
                }
                None if has_digit(text) => continue,
                None => text,
            },
            (_, FieldKind::Decimal | FieldKind::Integer, FileCell::Text(text)) => match read_amount(text) {
                Some(reading) => {
                    facts.marks.add(reading.mark(), reading.is_ambiguous());
                    continue;
                }
                None if has_digit(text) => continue,
                None => text,
            },
            (_, FieldKind::Flag | FieldKind::Choice(_), FileCell::Text(text)) => text,
            (_, FieldKind::Flag | FieldKind::Choice(_), FileCell::Number(n))
                if role != ColumnRole::GenderAndRace =>
            {
                words.add_normalized(&number_text(n));
                continue;
            }
            (ColumnRole::Field(field), FieldKind::Text, cell) if field.name == "id_number" => {
                match read_id_number(cell) {
                    Some(IdReading::Word(_)) if cell.is_text() => match cell {
                        FileCell::Text(text) => text,
                        _ => continue,
                    },
                    _ => continue,
                }
            }
            (ColumnRole::Field(field), FieldKind::Text, FileCell::Text(text)) if field.name == "province" => {
                if province(text).is_none() {
                    continue;
                }
                text
            }
            _ => continue,
        };
        words.add(word);
    }
    facts.words = words.words;
    let normalized = || facts.words.iter().map(|(word, _)| normalize_word(word));
    let takes_words = matches!(kind, FieldKind::Flag | FieldKind::Choice(_));
    facts.has_ticks = takes_words && normalized().any(|word| is_tick(&word));
    facts.is_ticks = kind == FieldKind::Flag
        && has_blank
        && facts.words.len() == 1
        && normalized().all(|word| is_tick(&word) || is_cross(&word));
    facts
}

/// The words of a column, each with its number of rows, in order of appearance.
#[derive(Default)]
struct WordCounts<'a> {
    words: Vec<(String, u32)>,
    /// The place of each word, as it is compared.
    places: HashMap<String, usize>,
    /// The first words as they stand, which most rows repeat.
    repeated: Vec<(&'a str, usize)>,
}

impl<'a> WordCounts<'a> {
    /// How many words are compared as they stand.
    const REPEATED: usize = 12;

    fn add(&mut self, text: &'a str) {
        let known = self.repeated.iter().find(|(known, _)| *known == text).map(|(_, place)| *place);
        if let Some(place) = known {
            self.words[place].1 += 1;
        } else {
            let place = self.add_normalized(text);
            if self.repeated.len() < Self::REPEATED {
                self.repeated.push((text, place));
            }
        }
    }

    fn add_normalized(&mut self, text: &str) -> usize {
        let place = *self.places.entry(normalize_word(text)).or_insert_with(|| {
            self.words.push((text.trim().to_owned(), 0));
            self.words.len() - 1
        });
        self.words[place].1 += 1;
        place
    }
}

fn has_digit(text: &str) -> bool {
    text.chars().any(char::is_numeric)
}

/// Whether a text is a whole number as a spreadsheet counts days.
fn is_serial_text(text: &str) -> bool {
    text.trim().parse::<u32>().is_ok_and(|n| (FIRST_SERIAL..73_051.0).contains(&f64::from(n)))
}

fn is_tick(word: &str) -> bool {
    matches!(word, "✓" | "✔" | "✔️" | "☑" | "☑️" | "✅" | "🗹" | "√")
}

/// Whether a word is a cross: a mark for yes where it stands alone, for no beside ticks.
fn is_cross(word: &str) -> bool {
    word == "x" || word_meaning_is_mark(word)
}

fn word_meaning_is_mark(word: &str) -> bool {
    word_meaning("flag", word) == Some("marks")
}

/// The name of a province, by its name or abbreviation; `None` when it is not known.
pub fn province(text: &str) -> Option<&'static str> {
    word_meaning("province", &normalize_word(text))
}

/// What a word means for a field, before a person has said anything: a word of its list, `yes` or `no`.
fn plain_word(field: &SchemaField, word: &str) -> Option<&'static str> {
    let own = word_meaning(field.name, word);
    match field.kind {
        FieldKind::Flag => own.or_else(|| word_meaning("flag", word).filter(|meaning| *meaning != "marks")),
        FieldKind::Choice(values) => own
            .or_else(|| values.iter().find(|value| normalize_word(value) == word).copied())
            .or_else(|| category_letter(field, word)),
        _ => own,
    }
}

/// The category in texts that begin with its letter: `D - Learnership`, `Category D: learnerships`.
fn category_letter(field: &SchemaField, word: &str) -> Option<&'static str> {
    if field.name != "category" {
        return None;
    }
    let rest = ["category", "kategorie", "cat.", "cat", "kat"]
        .iter()
        .find_map(|prefix| word.strip_prefix(prefix))
        .unwrap_or(word);
    let rest = rest.trim_start_matches([' ', ':', '-', '.', '(']);
    let letter = rest.get(..1)?;
    let after = rest[1..].chars().next();
    let stands_alone = after.is_none_or(|c| !c.is_alphanumeric())
        && !rest[1..].trim_start().starts_with([',', '/', '&', '+']);
    // `B, C and D` or `a day` are no single category.
    let words = rest[1..].split_whitespace().count();
    let has_mark = after.is_some_and(|c| matches!(c, ':' | '-' | '.' | ')' | '–'))
        || rest[1..].trim_start().starts_with(['-', '–', ':', '(']);
    let letters = crate::domain::record::training_program::CATEGORIES;
    letters
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(letter))
        .filter(|_| stands_alone && (words == 0 || has_mark))
}

/// The value of a word for a column, by what a person said, else by the tables; `None` when it is not known, and
/// [`Value::Absent`] when it was said to mean nothing.
pub fn word_value(column: &FileColumn, field: &'static SchemaField, text: &str) -> Option<Value> {
    let is_inverted = matches!(column.role, Some(ColumnRole::Inverted(_)));
    if let Some(said) = column.said(text) {
        return said_value(field, said);
    }
    let word = normalize_word(text);
    match field.kind {
        FieldKind::Flag => {
            let is_mark = is_cross(&word);
            if is_mark || is_tick(&word) {
                // Beside ticks a cross means no; alone, with blanks, it marks.
                let yes = match (is_mark, column.facts.has_ticks) {
                    (true, true) => false,
                    (true, false) if word != "x" && !column.facts.is_ticks => return None,
                    _ => true,
                };
                return Some(Value::Flag(yes != is_inverted));
            }
            // Words of the field itself say what they say; yes and no answer the heading.
            if let Some(own) = word_meaning(field.name, &word) {
                return Some(Value::Flag(own == "yes"));
            }
            match word_meaning("flag", &word) {
                Some("yes") => Some(Value::Flag(!is_inverted)),
                Some("no") => Some(Value::Flag(is_inverted)),
                _ => None,
            }
        }
        FieldKind::Choice(_) => plain_word(field, &word).map(|value| Value::Text(value.into())),
        _ => None,
    }
}

/// The value that a person's own words for a field mean.
fn said_value(field: &'static SchemaField, said: &str) -> Option<Value> {
    if said.is_empty() {
        return Some(Value::Absent);
    }
    match crate::domain::record::typed_input::parse_input(field, said) {
        Value::Unparsed(_) => None,
        value => Some(value),
    }
}

/// The gender and race of a word for both, like `AF`.
pub fn gender_and_race(text: &str) -> Option<(&'static str, &'static str)> {
    let (race, gender) = word_meaning("gender_race", &normalize_word(text))?.split_once(' ')?;
    Some((gender, race))
}

impl FileColumn {
    /// What was said that a word of this column means: `Some("")` for nothing.
    pub fn said(&self, word: &str) -> Option<&str> {
        if self.said.is_empty() { None } else { self.said.get(&normalize_word(word)).map(String::as_str) }
    }

    /// Whether a text is a cross that means no, because the column has ticks too.
    pub fn takes_crosses_as_no(&self, text: &str) -> bool {
        self.facts.has_ticks && self.said(text).is_none() && is_cross(&normalize_word(text))
    }

    /// What a word of the panel means for this column; `None` when it is not known, [`Value::Absent`] when it was
    /// said to mean nothing.
    pub fn word_meaning(&self, word: &str) -> Option<Value> {
        match (self.role?, self.said(word)) {
            (ColumnRole::GenderAndRace, said) => {
                let (gender, race) = gender_and_race(said.unwrap_or(word))?;
                Some(Value::Text(format!("{race} {gender}").into()))
            }
            (_, Some("")) => Some(Value::Absent),
            (ColumnRole::Field(field), None) if field.name == "province" => {
                province(word).map(|name| Value::Text(name.into()))
            }
            (role, said) => {
                let field = role.field()?;
                match said {
                    Some(said) => said_value(field, said),
                    None => word_value(self, field, word),
                }
            }
        }
    }

    /// The order in which its dates are read; `None` when it has to be asked.
    pub fn date_order(&self, answers: &Answers) -> Option<DateOrder> {
        let shown = self.facts.date_orders.settled();
        let settled = match (self.heading_order, shown) {
            // The heading asks for one order, and the values show the other.
            (Some(asked), Some(shown)) if asked != shown => None,
            (asked, shown) => shown.or(asked.filter(|_| !self.facts.date_orders.contradicts)),
        };
        settled.or_else(|| answers.date_order.map(Into::into))
    }

    /// Whether it has dates that could be read in either order.
    pub fn asks_date_order(&self) -> bool {
        self.facts.date_orders.ambiguous > 0 && self.date_order(&Answers::default()).is_none()
    }

    /// The decimal mark of its amounts; `None` when it has to be asked.
    pub fn decimal_mark(&self, answers: &Answers) -> Option<DecimalMark> {
        self.facts.marks.settled().or_else(|| answers.decimal.map(Into::into))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::import::sheet_table::choose_sheets;

    fn laid(headings: &[&str], rows: &[&[&str]], answers: &Answers) -> (FileGrid, Vec<FileColumn>) {
        let mut grid = FileGrid::new("S");
        grid.is_text = true;
        for (number, cells) in
            (1..).zip(std::iter::once(&headings).chain(rows.iter().collect::<Vec<_>>().iter().copied()))
        {
            grid.push_row(number, false);
            cells.iter().enumerate().for_each(|(column, cell)| grid.push(column, FileCell::Text(cell)));
        }
        grid.finish();
        let choice = choose_sheets(std::slice::from_ref(&grid), answers);
        let mut columns = lay_columns(&grid, &choice.sheets[0].1, answers);
        let people: Vec<usize> = (1..grid.rows().len()).collect();
        for column in &mut columns {
            column.facts = column_facts(&grid, column, &people);
        }
        (grid, columns)
    }

    fn roles(headings: &[&str], rows: &[&[&str]], answers: &Answers) -> Vec<String> {
        let role = |column: &FileColumn| match (column.role, &column.choices[..]) {
            (Some(role), _) => role.name(),
            (None, []) => "-".into(),
            (None, choices) => {
                format!("? {}", choices.iter().map(|role| role.name()).collect::<Vec<_>>().join(" "))
            }
        };
        laid(headings, rows, answers).1.iter().map(role).collect()
    }

    #[test]
    fn names_in_parts_are_known_as_parts_only_beside_a_surname() {
        let none = Answers::default();
        assert_eq!(roles(&["Name", "Race"], &[], &none), ["full_name", "race"]);
        assert_eq!(
            roles(&["Name", "Surname", "Race"], &[], &none),
            ["full_name.first", "full_name.surname", "race"]
        );
        assert_eq!(roles(&["Full Names", "Van"], &[], &none), ["full_name.first", "full_name.surname"]);
        assert_eq!(
            roles(&["Name and surname", "Surname", "Initials"], &[], &none),
            ["full_name", "-", "-"],
            "the whole name is enough"
        );
        assert_eq!(roles(&["Initials", "Surname"], &[], &none), ["full_name.initials", "full_name.surname"]);
    }

    #[test]
    fn a_heading_with_two_meanings_is_asked_until_it_is_said() {
        let headings = ["Name", "Start", "Race"];
        assert_eq!(
            roles(&headings, &[], &Answers::default()),
            ["full_name", "? start_date starting_employment_status", "race"]
        );
        let said = Answers {
            columns: [("start".to_owned(), "start_date".to_owned()), ("Race".to_owned(), String::new())]
                .into(),
            ..Answers::default()
        };
        assert_eq!(roles(&headings, &[], &said), ["full_name", "start_date", "-"]);
        assert_eq!(
            roles(&["Name", "ID Number", "Identity No"], &[&["Ann", "1", "2"]], &Answers::default()),
            ["full_name", "id_number", "? id_number"],
            "two columns for one field"
        );
    }

    #[test]
    fn a_heading_of_many_uses_is_read_where_its_values_fit() {
        let none = Answers::default();
        assert_eq!(roles(&["Name", "Venue"], &[&["Ann", "Durban"]], &none), ["full_name", "-"]);
        assert_eq!(
            roles(&["Name", "Venue"], &[&["Ann", "R 500"]], &none),
            ["full_name", "training_facility_cost"]
        );
    }

    #[test]
    fn the_values_of_a_column_settle_how_all_of_them_are_read() {
        let none = Answers::default();
        let (_, columns) = laid(
            &["Name", "Start date", "End date", "Course cost", "Travel cost"],
            &[
                &["Ann", "3/2/2026", "3/2/2026", "1,234", "1,234"],
                &["Ben", "13/2/2026", "4/2/2026", "1,50", "5"],
            ],
            &none,
        );
        assert_eq!(columns[1].date_order(&none), Some(DateOrder::DayFirst));
        assert!(columns[2].asks_date_order() && columns[2].date_order(&none).is_none());
        assert_eq!(columns[3].decimal_mark(&none), Some(DecimalMark::Comma));
        assert!(columns[4].facts.asks_decimal());
    }

    #[test]
    fn marks_are_read_by_what_else_the_column_holds() {
        let value = |rows: &[&[&str]], text: &str| {
            let (_, columns) = laid(&["Name", "Disabled"], rows, &Answers::default());
            let field = columns[1].role.and_then(ColumnRole::field).unwrap();
            word_value(&columns[1], field, text).map(|value| value.to_string())
        };
        assert_eq!(value(&[&["Ann", "x"], &["Ben", ""]], "x").as_deref(), Some("yes"));
        assert_eq!(value(&[&["Ann", "x"], &["Ben", "✓"]], "x").as_deref(), Some("no"));
        assert_eq!(value(&[&["Ann", "☒"], &["Ben", ""]], "☒").as_deref(), Some("yes"));
        assert_eq!(value(&[&["Ann", "☒"], &["Ben", "n"]], "☒"), None);
        assert_eq!(value(&[&["Ann", "Ja"]], "Ja").as_deref(), Some("yes"));
        let category = crate::domain::record::training_program::TRAINING_PROGRAM.field("category").unwrap();
        for (text, letter) in [
            ("d", Some("D")),
            ("Cat. D - learnership", Some("D")),
            ("D: x", Some("D")),
            ("B, C, D", None),
            ("A day", None),
            ("Dance", None),
        ] {
            assert_eq!(plain_word(category, &normalize_word(text)), letter, "{text}");
        }
    }
}
