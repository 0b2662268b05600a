//! What the rows and columns of a plan's table are called in spreadsheets.

use strum::VariantArray;

use crate::domain::book::SUMS;
use crate::domain::counter::{Column, Level};
use crate::domain::number;
use crate::domain::target::Count;
use crate::kit::grid::paste::{Named, Names};

const COLUMNS: usize = Column::ALL.len();

/// What the rows of a table are called, by their labels, and its columns.
#[derive(Debug, Clone, Copy)]
pub struct Called<'a>(pub &'a [&'a str]);

impl Names for Called<'_> {
    fn heads(&self, row: &[String]) -> Option<Vec<Option<Named>>> {
        let texts: Vec<&str> = row.iter().map(String::as_str).collect();
        if let Some(begin) = Column::lettered(&texts) {
            let at = |at: usize| {
                at.checked_sub(begin).map(|at| if at < COLUMNS { Named::At(at) } else { Named::Sum })
            };
            return Some((0..row.len()).map(at).collect());
        }
        let head = |text: &&str| match Column::named(text) {
            Some(column) => Column::ALL.iter().position(|c| *c == column).map(Named::At),
            None => is_sum(text).then_some(Named::Sum),
        };
        let heads: Vec<_> = texts.iter().map(head).collect();
        heads.iter().any(|head| matches!(head, Some(Named::At(_)))).then_some(heads)
    }

    fn label(&self, text: &str) -> Option<Named> {
        let labelled = self.0.iter().position(|label| label.eq_ignore_ascii_case(text.trim()));
        let level = || Level::VARIANTS.iter().position(|level| Some(*level) == Level::named(text));
        labelled.or_else(level).map(Named::At).or_else(|| is_sum(text).then_some(Named::Sum))
    }

    fn size(&self) -> (usize, usize) {
        (self.0.len(), COLUMNS)
    }

    fn number(&self, text: &str) -> Result<Count, String> {
        number::written(text)
    }
}

fn is_sum(text: &str) -> bool {
    let text = text.to_lowercase();
    text == "sum"
        || text == SUMS.to_lowercase()
        || text.split(|c: char| !c.is_alphabetic()).any(|word| word == "total")
}
