//! What the rows and columns of a plan's table are called in spreadsheets.

use strum::VariantArray;

use crate::domain::book::SUMS;
use crate::domain::counter::{Column, Level, Race};
use crate::domain::number;
use crate::domain::target::Count;
use crate::kit::grid::paste::{Named, Names};

const COLUMNS: usize = Column::ALL.len();

/// What the rows of a table are called, by their labels, and its columns.
#[derive(Debug, Clone, Copy)]
pub struct Called<'a>(pub &'a [&'a str]);

impl Names for Called<'_> {
    fn heads(&self, row: &[String], above: &[Vec<String>]) -> Option<Vec<Option<Named>>> {
        let texts: Vec<&str> = row.iter().map(String::as_str).collect();
        let place = |column: Column| Column::ALL.iter().position(|c| *c == column).map(Named::At);
        if let Some(columns) = Column::lettered(&texts, is_sum) {
            let sum = |text: &&str| is_sum(text).then_some(Named::Sum);
            // The letters are the same for both genders: which stands first is said above them.
            let women_first = above.iter().any(|row| women_stand_first(row));
            let meant = |column: Column| match column.race {
                Race::Foreign => column,
                _ if women_first => column.of_the_other_gender(),
                _ => column,
            };
            let named = |(found, text): (Option<Column>, &&str)| {
                found.map(meant).and_then(place).or_else(|| sum(text))
            };
            return Some(columns.into_iter().zip(&texts).map(named).collect());
        }
        let head = |text: &&str| match Column::named(text) {
            Some(column) => place(column),
            None => is_sum(text).then_some(Named::Sum),
        };
        let heads: Vec<_> = texts.iter().map(head).collect();
        heads.iter().any(|head| matches!(head, Some(Named::At(_)))).then_some(heads)
    }

    fn label(&self, text: &str) -> Option<Named> {
        let is = |label: &&&str| plain(label) == plain(text);
        let mut labelled = self.0.iter().enumerate().filter(|(_, label)| is(label)).map(|(at, _)| at);
        match (labelled.next(), labelled.next()) {
            (Some(at), None) => return Some(Named::At(at)),
            // Two rows of that name: which is meant cannot be known.
            (Some(_), Some(_)) => return None,
            (None, _) if is_sum(text) => return Some(Named::Sum),
            (None, _) => {}
        }
        Level::VARIANTS.iter().position(|level| Some(*level) == Level::named(text)).map(Named::At)
    }

    fn size(&self) -> (usize, usize) {
        (self.0.len(), COLUMNS)
    }

    fn sums_at(&self) -> usize {
        Level::VARIANTS.len()
    }

    fn number(&self, text: &str) -> Result<Count, String> {
        number::written(text)
    }
}

/// Whether a row names women before men.
fn women_stand_first(row: &[String]) -> bool {
    let at = |names: [&str; 2]| {
        row.iter().position(|cell| names.iter().any(|name| cell.trim().eq_ignore_ascii_case(name)))
    };
    matches!((at(["female", "women"]), at(["male", "men"])), (Some(women), Some(men)) if women < men)
}

/// A label without what people add to it: `Temporary employees` is `temporary`.
fn plain(label: &str) -> String {
    let words = label.split_whitespace().map(str::to_lowercase);
    words.filter(|word| word != "employees" && word != "workers").collect::<Vec<_>>().join(" ")
}

fn is_sum(text: &str) -> bool {
    let text = text.to_lowercase();
    text == "sum"
        || text == SUMS.to_lowercase()
        || text.split(|c: char| !c.is_alphabetic()).any(|word| word == "total")
}
