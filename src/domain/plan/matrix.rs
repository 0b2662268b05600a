//! The six levels of a target as a matrix of counts, with totals and percentages.

use strum::VariantArray;

use crate::domain::plan::counter::{Counter, Gender, Level, Race, Slice, StatutoryColumn};
use crate::domain::plan::target::{Count, Target};

/// Counts by level (rows, in the order of the law's forms) and by race and gender (columns, in statutory
/// order). `None` where the server returned no counter or no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Matrix(pub [[Option<Count>; 10]; 6]);

/// Whether people of a column are designated: African, Coloured and Indian people and women, but no foreign
/// nationals. White men with disabilities are designated too, but shown separately.
pub fn is_designated(column: StatutoryColumn) -> bool {
    column.race != Race::Foreign && (column.race != Race::White || column.gender == Gender::Female)
}

/// The six levels as the server returned them.
impl From<&Target> for Matrix {
    fn from(target: &Target) -> Self {
        let mut matrix = Self::default();
        for (counter, reading) in &target.counters {
            if let Counter::Cell(Slice::Level(level), column) = counter {
                matrix.set(*level, *column, reading.count());
            }
        }
        matrix
    }
}

impl Matrix {
    /// The number of one counter; `None` when there is none.
    pub fn count(&self, level: Level, column: StatutoryColumn) -> Option<Count> {
        let at = StatutoryColumn::ALL.iter().position(|c| *c == column)?;
        self.0[level as usize][at]
    }

    /// Sets the number of one counter; `None` clears it.
    pub fn set(&mut self, level: Level, column: StatutoryColumn, count: Option<Count>) {
        if let Some(at) = StatutoryColumn::ALL.iter().position(|c| *c == column) {
            self.0[level as usize][at] = count;
        }
    }

    /// The people at a level in the columns for which `is` holds; missing numbers count as 0.
    pub fn count_where(&self, level: Level, is: impl Fn(StatutoryColumn) -> bool) -> u64 {
        let row = StatutoryColumn::ALL.iter().zip(&self.0[level as usize]);
        row.filter(|(column, _)| is(**column)).filter_map(|(_, count)| *count).map(u64::from).sum()
    }

    /// All people at a level, including white men and foreign nationals.
    pub fn total(&self, level: Level) -> u64 {
        self.count_where(level, |_| true)
    }

    /// The designated people at a level, of one gender or, for `None`, of both.
    pub fn designated(&self, level: Level, gender: Option<Gender>) -> u64 {
        self.count_where(level, |column| {
            is_designated(column) && gender.is_none_or(|gender| column.gender == gender)
        })
    }

    /// All people of the six levels.
    pub fn grand_total(&self) -> u64 {
        Level::VARIANTS.iter().map(|level| self.total(*level)).sum()
    }
}

/// `part` of `whole` in per cent with one decimal, rounded half up: `43.2`; `–` when `whole` is 0.
pub fn format_percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".into();
    }
    with_decimals(part, whole, 1)
}

/// `part` of `whole` in per cent with as many decimals (one to four) as show that it is below `target`, in hundredths of
/// a per cent, if it is; `–` when `whole` is 0.
pub fn format_percent_beside(part: u64, whole: u64, target: u32) -> String {
    if whole == 0 {
        return "–".into();
    }
    let target = u128::from(target);
    let is_below = u128::from(part) * 10_000 < target * u128::from(whole);
    let shows_it = |decimals: &u32| rounded(part, whole, *decimals) * 100 < target * 10_u128.pow(*decimals);
    let decimals = if is_below { (1..4).find(shows_it).unwrap_or(4) } else { 1 };
    with_decimals(part, whole, decimals)
}

fn with_decimals(part: u64, whole: u64, decimals: u32) -> String {
    let (parts, scale) = (rounded(part, whole, decimals), 10_u128.pow(decimals));
    format!("{}.{:02$}", parts / scale, parts % scale, decimals as usize)
}

/// `part` of `whole` in per cent, counted in the last decimal, rounded half up. `whole` is not 0.
fn rounded(part: u64, whole: u64, decimals: u32) -> u128 {
    let (part, whole) = (u128::from(part), u128::from(whole));
    (part * 200 * 10_u128.pow(decimals) + whole) / (whole * 2)
}

/// Two different shares, each (part, whole), in per cent with as many decimals (one to four) as tell them
/// apart.
pub fn format_distinct_percents(one: (u64, u64), other: (u64, u64)) -> (String, String) {
    if one.1 == 0 || other.1 == 0 {
        return (format_percent(one.0, one.1), format_percent(other.0, other.1));
    }
    let both = |decimals| (with_decimals(one.0, one.1, decimals), with_decimals(other.0, other.1, decimals));
    (1..=3).map(both).find(|(one, other)| one != other).unwrap_or_else(|| both(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_one_decimal_rounded_half_up() {
        assert_eq!(format_percent(1, 3), "33.3");
        assert_eq!(format_distinct_percents((1, 3), (1, 4)), ("33.3".into(), "25.0".into()));
        assert_eq!(format_distinct_percents((443, 1000), (4429, 10_000)), ("44.30".into(), "44.29".into()));
        assert_eq!(format_percent(2, 3), "66.7");
        assert_eq!(format_percent(1, 8), "12.5");
        assert_eq!(format_percent(1, 16), "6.3");
        assert_eq!(format_percent(5, 5), "100.0");
        assert_eq!(format_percent(0, 0), "–");
    }

    #[test]
    fn white_men_and_foreign_nationals_are_not_designated() {
        let designated =
            StatutoryColumn::ALL.into_iter().filter(|c| is_designated(*c)).map(StatutoryColumn::heading);
        assert_eq!(designated.collect::<Vec<_>>().join(" "), "AM CM IM AF CF IF WF");
    }
}
