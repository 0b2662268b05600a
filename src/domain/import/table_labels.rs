//! The names spreadsheets use for the rows and columns of a plan's table.

use crate::domain::refusal::Refusal;
use strum::VariantArray;

use crate::domain::import::pasted_block::{LabelLookup, LabelMeaning};
use crate::domain::plan::counter::{Level, Race, StatutoryColumn};
use crate::domain::plan::export::SUMS_LABEL;
use crate::domain::plan::number;
use crate::domain::plan::target::Count;

const COLUMNS: usize = StatutoryColumn::ALL.len();

/// The row labels of a table, top to bottom; the columns are the ten statutory ones.
#[derive(Debug, Clone, Copy)]
pub struct TableLabels<'a>(pub &'a [&'a str]);

impl LabelLookup for TableLabels<'_> {
    fn heading_meanings(&self, row: &[String], above: &[Vec<String>]) -> Option<Vec<Option<LabelMeaning>>> {
        let texts: Vec<&str> = row.iter().map(String::as_str).collect();
        let place = |column: StatutoryColumn| {
            StatutoryColumn::ALL.iter().position(|c| *c == column).map(LabelMeaning::At)
        };
        if let Some(columns) = StatutoryColumn::from_form_headings(&texts, is_sum) {
            let sum = |text: &&str| is_sum(text).then_some(LabelMeaning::Sum);
            // The letters are the same for both genders; the rows above them say which comes first.
            let women_first = above.iter().any(|row| women_stand_first(row));
            let meant = |column: StatutoryColumn| match column.race {
                Race::Foreign => column,
                _ if women_first => column.of_the_other_gender(),
                _ => column,
            };
            let named = |(found, text): (Option<StatutoryColumn>, &&str)| {
                found.map(meant).and_then(place).or_else(|| sum(text))
            };
            return Some(columns.into_iter().zip(&texts).map(named).collect());
        }
        let head = |text: &&str| match StatutoryColumn::from_heading(text) {
            Some(column) => place(column),
            None => is_sum(text).then_some(LabelMeaning::Sum),
        };
        let heads: Vec<_> = texts.iter().map(head).collect();
        heads.iter().any(|head| matches!(head, Some(LabelMeaning::At(_)))).then_some(heads)
    }

    fn label_meaning(&self, text: &str) -> Option<LabelMeaning> {
        let is = |label: &&&str| normalized_label(label) == normalized_label(text);
        let mut labelled = self.0.iter().enumerate().filter(|(_, label)| is(label)).map(|(at, _)| at);
        match (labelled.next(), labelled.next()) {
            (Some(at), None) => return Some(LabelMeaning::At(at)),
            // Two rows have this name, so it is unclear which is meant.
            (Some(_), Some(_)) => return None,
            (None, _) if is_sum(text) => return Some(LabelMeaning::Sum),
            (None, _) => {}
        }
        Level::VARIANTS.iter().position(|level| Some(*level) == Level::from_label(text)).map(LabelMeaning::At)
    }

    fn size(&self) -> (usize, usize) {
        (self.0.len(), COLUMNS)
    }

    fn totals_row(&self) -> usize {
        Level::VARIANTS.len()
    }

    fn parse_number(&self, text: &str) -> Result<Count, Refusal> {
        number::parse_spreadsheet(text)
    }
}

/// Whether a row names women before men.
fn women_stand_first(row: &[String]) -> bool {
    let at = |names: [&str; 2]| {
        row.iter().position(|cell| names.iter().any(|name| cell.trim().eq_ignore_ascii_case(name)))
    };
    matches!((at(["female", "women"]), at(["male", "men"])), (Some(women), Some(men)) if women < men)
}

/// A label without words people add to it: `Temporary employees` becomes `temporary`.
fn normalized_label(label: &str) -> String {
    let words = label.split_whitespace().map(str::to_lowercase);
    words.filter(|word| word != "employees" && word != "workers").collect::<Vec<_>>().join(" ")
}

fn is_sum(text: &str) -> bool {
    let text = text.to_lowercase();
    text == "sum"
        || text == SUMS_LABEL.to_lowercase()
        || text.split(|c: char| !c.is_alphabetic()).any(|word| word == "total")
}
