//! What was planned compared with what is there: for each level and gender, achieved or not.

use std::fmt;

use strum::VariantArray;

use crate::domain::plan::counter::{Gender, Level, Race, StatutoryColumn};
use crate::domain::plan::matrix::{Matrix, is_designated};
use crate::domain::plan::target::TargetType;

/// The people of a level that a plan wants, compared with those that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Achievement {
    /// The level.
    pub level: Level,
    /// The gender; `None` for both together.
    pub gender: Option<Gender>,
    /// How many people the plan wants, and of how many at the level.
    pub planned: (u64, u64),
    /// How many there are, and of how many at the level.
    pub actual: (u64, u64),
    /// Whether their share of the level says something: not in the table of people with disabilities, which is only a part
    /// of the level.
    has_share: bool,
}

impl Achievement {
    /// Whether there are at least as many people as planned.
    pub fn is_achieved(self) -> bool {
        self.actual.0 >= self.planned.0
    }

    /// Whether their share of the level is at least the planned one, where that says otherwise than their number; a level
    /// that became larger or smaller than planned can make the difference.
    pub fn otherwise_by_share(self) -> Option<bool> {
        let (planned, actual) = (self.planned, self.actual);
        if !self.has_share || planned.1 == 0 || actual.1 == 0 {
            return None;
        }
        let is_achieved =
            u128::from(actual.0) * u128::from(planned.1) >= u128::from(planned.0) * u128::from(actual.1);
        (is_achieved != self.is_achieved()).then_some(is_achieved)
    }
}

/// `12 of 15`, with the answer by share where that is another.
impl fmt::Display for Achievement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.actual.0, self.planned.0)?;
        match self.otherwise_by_share() {
            Some(true) => f.write_str(" (by share achieved)"),
            Some(false) => f.write_str(" (by share not)"),
            None => Ok(()),
        }
    }
}

/// Whether people of a column count towards what a table plans: designated people, and in the table of people with
/// disabilities white men too; never foreign nationals.
fn is_counted(table: &TargetType, column: StatutoryColumn) -> bool {
    match table {
        TargetType::DisabledEmployees => column.race != Race::Foreign,
        TargetType::AllEmployees | TargetType::Other(_) => is_designated(column),
    }
}

/// Every level of a table compared: men, women, then all. Missing numbers count as 0.
pub fn achievements(table: &TargetType, planned: &Matrix, actual: &Matrix) -> Vec<Achievement> {
    let mut all = Vec::new();
    for level in Level::VARIANTS.iter().copied() {
        for gender in [Some(Gender::Male), Some(Gender::Female), None] {
            let people = |matrix: &Matrix| {
                let is = |column: StatutoryColumn| {
                    is_counted(table, column) && gender.is_none_or(|gender| column.gender == gender)
                };
                (matrix.count_where(level, is), matrix.total(level))
            };
            let has_share = *table != TargetType::DisabledEmployees;
            all.push(Achievement {
                level,
                gender,
                planned: people(planned),
                actual: people(actual),
                has_share,
            });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(african_men: u32, white_men: u32, african_women: u32) -> Matrix {
        let mut matrix = Matrix::default();
        for (race, gender, count) in [
            (Race::African, Gender::Male, african_men),
            (Race::White, Gender::Male, white_men),
            (Race::African, Gender::Female, african_women),
        ] {
            matrix.set(Level::Senior, StatutoryColumn { race, gender }, Some(count));
        }
        matrix
    }

    fn senior(table: &TargetType, planned: &Matrix, actual: &Matrix) -> [String; 3] {
        let of_level: Vec<_> = achievements(table, planned, actual)
            .into_iter()
            .filter(|one| one.level == Level::Senior)
            .collect();
        [0, 1, 2].map(|at| format!("{} {}", of_level[at].is_achieved(), of_level[at]))
    }

    #[test]
    fn a_plan_is_achieved_by_numbers_and_the_share_is_said_where_it_differs() {
        let planned = matrix(6, 4, 10);
        assert_eq!(
            senior(&TargetType::AllEmployees, &planned, &matrix(6, 4, 9)),
            ["true 6 of 6", "false 9 of 10", "false 15 of 16"]
        );
        // A smaller level: fewer people, and a larger share.
        assert_eq!(
            senior(&TargetType::AllEmployees, &planned, &matrix(5, 1, 5)),
            ["false 5 of 6 (by share achieved)", "false 5 of 10", "false 10 of 16 (by share achieved)"]
        );
        assert_eq!(
            senior(&TargetType::AllEmployees, &planned, &matrix(6, 20, 10)),
            ["true 6 of 6 (by share not)", "true 10 of 10 (by share not)", "true 16 of 16 (by share not)"]
        );
        assert_eq!(senior(&TargetType::AllEmployees, &Matrix::default(), &planned)[0], "true 6 of 0");
    }

    #[test]
    fn white_men_with_disabilities_count_in_their_table() {
        let planned = matrix(1, 2, 0);
        assert_eq!(
            senior(&TargetType::DisabledEmployees, &planned, &matrix(1, 1, 0)),
            ["false 2 of 3", "true 0 of 0", "false 2 of 3"]
        );
    }
}
