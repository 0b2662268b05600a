//! The six levels of one table as numbers, and the shares that are measured on them.

use strum::VariantArray;

use crate::domain::counter::{Column, Gender, Level, Race};
use crate::domain::target::Count;

/// The numbers of the six levels in the order of the law's forms: rows by level, columns in statutory order. A counter the
/// server did not return, or without a number, is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Matrix(pub [[Option<Count>; 10]; 6]);

/// Whether people of a column are designated: African, Coloured and Indian people and women, no foreign nationals. White
/// men with disabilities are designated too and are shown apart.
pub fn is_designated(column: Column) -> bool {
    column.race != Race::Foreign && (column.race != Race::White || column.gender == Gender::Female)
}

impl Matrix {
    /// The number of one counter.
    pub fn count(&self, level: Level, column: Column) -> Option<Count> {
        let at = Column::ALL.iter().position(|c| *c == column)?;
        self.0[level as usize][at]
    }

    /// Takes a number in.
    pub fn put(&mut self, level: Level, column: Column, count: Option<Count>) {
        if let Some(at) = Column::ALL.iter().position(|c| *c == column) {
            self.0[level as usize][at] = count;
        }
    }

    /// The people of some columns at a level.
    pub fn people(&self, level: Level, is: impl Fn(Column) -> bool) -> u64 {
        let row = Column::ALL.iter().zip(&self.0[level as usize]);
        row.filter(|(column, _)| is(**column)).filter_map(|(_, count)| *count).map(u64::from).sum()
    }

    /// All people at a level, white men and foreign nationals among them.
    pub fn total(&self, level: Level) -> u64 {
        self.people(level, |_| true)
    }

    /// The designated people of a gender at a level, or of both.
    pub fn designated(&self, level: Level, gender: Option<Gender>) -> u64 {
        self.people(level, |column| {
            is_designated(column) && gender.is_none_or(|gender| column.gender == gender)
        })
    }

    /// All people of the six levels.
    pub fn everyone(&self) -> u64 {
        Level::VARIANTS.iter().map(|level| self.total(*level)).sum()
    }
}

/// `43.2`, rounded half up; nothing of nothing.
pub fn per_cent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".into();
    }
    let tenths = (part * 2000 + whole) / (whole * 2);
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_one_decimal_rounded_half_up() {
        assert_eq!(per_cent(1, 3), "33.3");
        assert_eq!(per_cent(2, 3), "66.7");
        assert_eq!(per_cent(1, 8), "12.5");
        assert_eq!(per_cent(1, 16), "6.3");
        assert_eq!(per_cent(5, 5), "100.0");
        assert_eq!(per_cent(0, 0), "–");
    }

    #[test]
    fn white_men_and_foreign_nationals_are_not_designated() {
        let designated = Column::ALL.into_iter().filter(|c| is_designated(*c)).map(Column::head);
        assert_eq!(designated.collect::<Vec<_>>().join(" "), "AM CM IM AF CF IF WF");
    }
}
