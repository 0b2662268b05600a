//! What deserves a look in a plan before it is filed. None of it is refused by the API; each is a note with its rule.

use strum::VariantArray;

use crate::domain::benchmark::{Eap, SectorTarget, Standing};
use crate::domain::counter::{Column, Gender, Level, Race};
use crate::domain::matrix::{Matrix, per_cent};
use crate::domain::target::TargetType;

/// The numbers of one year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Year {
    /// The year of the plan, from 1.
    pub number: u32,
    /// All employees, where that table could be read.
    pub all: Option<Matrix>,
    /// Those with disabilities.
    pub disabled: Option<Matrix>,
}

/// One thing that deserves a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The index of the year.
    pub year: usize,
    /// The table.
    pub table: TargetType,
    /// The level.
    pub level: Level,
    /// The column, where it is about one.
    pub column: Option<Column>,
    /// What was found, with its numbers.
    pub words: String,
    /// The rule and where it is from.
    pub rule: String,
}

/// What a plan is measured against.
#[derive(Debug, Clone, Copy, Default)]
pub struct Against<'a> {
    /// The targets of its sector, if that is known, and where they are from.
    pub sector: Option<(&'a SectorTarget, &'a str)>,
    /// The EAP.
    pub eap: Option<&'a Eap>,
    /// Whether all years of the plan could be read, so that the last of these is its last.
    pub whole: bool,
}

/// A headcount jumps when it changes by more than this many per cent.
const JUMP: u64 = 25;
/// And by at least this many people.
const JUMP_PEOPLE: u64 = 5;

/// All that deserves a look: by year, table, level and column.
pub fn findings(years: &[Year], against: &Against) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, year) in years.iter().enumerate() {
        let before = years.iter().find(|before| before.number.checked_add(1) == Some(year.number));
        let before = before.and_then(|before| before.all.as_ref());
        let is_last = against.whole && at + 1 == years.len();
        for level in Level::VARIANTS.iter().copied() {
            let mut note = |table, column, words: String, rule: String| {
                found.push(Finding { year: at, table, level, column, words, rule });
            };
            if let (Some(all), Some(disabled)) = (&year.all, &year.disabled) {
                more_disabled(all, disabled, level, &mut |column, words| {
                    let rule = "people with disabilities are counted among all employees (EEA2)";
                    note(TargetType::DisabledEmployees, Some(column), words, rule.into());
                });
            }
            let Some(all) = &year.all else { continue };
            let mut note =
                |column, words: String, rule: String| note(TargetType::AllEmployees, column, words, rule);
            let total = all.total(level);
            let others = years.iter().filter_map(|year| year.all.as_ref());
            if total == 0 && others.clone().any(|other| other.total(level) > 0) {
                let rule = "a level with people in other years has none in this one";
                note(None, "nobody at this level".into(), rule.into());
            }
            if let Some((sector, from)) = against.sector {
                for gender in [Gender::Male, Gender::Female] {
                    if let Some((words, rule)) = designated(all, before, sector, level, gender, is_last) {
                        note(None, words, format!("{rule}; {from}"));
                    }
                }
            }
            let Some(before) = before else { continue };
            if let Some(eap) = against.eap {
                raised_above(all, before, eap, level, &mut |column, words| {
                    let rule = format!(
                        "a group above its EAP is not raised further; {} {}, unverified",
                        eap.region, eap.vintage
                    );
                    note(Some(column), words, rule);
                });
            }
            let was = before.total(level);
            let by = total.abs_diff(was);
            if was > 0 && total > 0 && by >= JUMP_PEOPLE && by * 100 > was * JUMP {
                let sign = if total > was { '+' } else { '-' };
                let words = format!("headcount {was} → {total} ({sign}{} %)", per_cent(by, was));
                note(
                    None,
                    words,
                    format!("more than {JUMP} % and {JUMP_PEOPLE} people from one year to the next"),
                );
            }
        }
    }
    let column = |column: Option<Column>| Column::ALL.iter().position(|c| Some(*c) == column);
    found.sort_by_key(|f| (f.year, f.table.clone(), f.level, column(f.column)));
    found
}

fn more_disabled(all: &Matrix, disabled: &Matrix, level: Level, note: &mut dyn FnMut(Column, String)) {
    for column in Column::ALL {
        if let (Some(all), Some(disabled)) = (all.count(level, column), disabled.count(level, column))
            && disabled > all
        {
            note(column, format!("{disabled} disabled of {all} employees"));
        }
    }
}

/// A designated share that falls while it is under its target, or is under it in the last year.
fn designated(
    all: &Matrix,
    before: Option<&Matrix>,
    sector: &SectorTarget,
    level: Level,
    gender: Gender,
    is_last: bool,
) -> Option<(String, &'static str)> {
    let target = sector.level(level)?.of(Some(gender));
    let people = |matrix: &Matrix| (matrix.designated(level, Some(gender)), matrix.total(level));
    let (now, total) = people(all);
    let Standing::Short(short) = target.standing(now, total) else { return None };
    let who = if gender == Gender::Female { "women" } else { "men" };
    let was = before.map(people).filter(|(_, total)| *total > 0);
    if let Some((was, total_was)) = was.filter(|(was, total_was)| {
        u128::from(*was) * u128::from(total) > u128::from(now) * u128::from(*total_was)
    }) {
        let words = format!(
            "designated {who} fall from {} % to {} %, target {target} %: {short} more",
            per_cent(was, total_was),
            per_cent(now, total)
        );
        return Some((words, "a designated share does not fall while it is under its target"));
    }
    let words = || format!("designated {who} {} % of {target} %: {short} more", per_cent(now, total));
    is_last.then(|| (words(), "the last year meets the sector's targets"))
}

fn raised_above(
    all: &Matrix,
    before: &Matrix,
    eap: &Eap,
    level: Level,
    note: &mut dyn FnMut(Column, String),
) {
    for column in Column::ALL.into_iter().filter(|column| column.race != Race::Foreign) {
        let Some(share) = eap.share(column) else { continue };
        if let (Some(was), Some(now)) = (before.count(level, column), all.count(level, column))
            && now > was
            && share.is_exceeded(was.into(), before.total(level))
        {
            let had = per_cent(was.into(), before.total(level));
            note(column, format!("{was} → {now}, above its EAP already ({had} % against {share} %)"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::benchmark::Benchmarks;

    const AM: Column = Column { race: Race::African, gender: Gender::Male };
    const WM: Column = Column { race: Race::White, gender: Gender::Male };
    const AF: Column = Column { race: Race::African, gender: Gender::Female };

    fn matrix(level: Level, cells: &[(Column, u32)]) -> Matrix {
        let mut matrix = Matrix([[Some(0); 10]; 6]);
        for (column, count) in cells {
            matrix.put(level, *column, Some(*count));
        }
        matrix
    }

    fn said(years: &[Year]) -> Vec<String> {
        let benchmarks = Benchmarks::default();
        let against = Against {
            sector: benchmarks.sector("Construction").map(|sector| (sector, "GN 6124")),
            eap: benchmarks.regions().first(),
            whole: true,
        };
        let line = |f: Finding| {
            let column = f.column.map(Column::head).unwrap_or_default();
            format!("{} {} {column}: {}", f.year + 1, f.level.label(), f.words)
        };
        findings(years, &against).into_iter().map(line).collect()
    }

    fn years(first: &Matrix, second: &Matrix, disabled: Option<&Matrix>) -> [Year; 2] {
        [
            Year { number: 1, all: Some(*first), disabled: None },
            Year { number: 2, all: Some(*second), disabled: disabled.copied() },
        ]
    }

    #[test]
    fn more_disabled_people_than_people_an_empty_level_and_a_jump_are_found() {
        let all = matrix(Level::Unskilled, &[(AM, 4)]);
        let disabled = matrix(Level::Unskilled, &[(AM, 5)]);
        assert_eq!(said(&years(&all, &all, Some(&disabled))), ["2 Unskilled AM: 5 disabled of 4 employees"]);
        let empty = matrix(Level::Unskilled, &[]);
        assert_eq!(said(&years(&all, &empty, None)), ["2 Unskilled : nobody at this level"]);
        let white_men = |count| matrix(Level::Unskilled, &[(WM, count)]);
        let jump = |to| years(&white_men(40), &white_men(to), None);
        assert_eq!(
            said(&jump(51)),
            [
                "2 Unskilled : headcount 40 → 51 (+27.5 %)",
                "2 Unskilled WM: 40 → 51, above its EAP already (100.0 % against 4.2 %)",
            ]
        );
        assert_eq!(said(&jump(29)), ["2 Unskilled : headcount 40 → 29 (-27.5 %)"]);
        assert!(said(&jump(30)).is_empty());
    }

    #[test]
    fn a_share_under_its_target_is_found_when_it_falls_and_in_the_last_year() {
        // Construction, senior: men 38.3 %, women 27.8 %.
        let first = matrix(Level::Senior, &[(AM, 4), (AF, 2), (WM, 4)]);
        let same = said(&years(&first, &first, None));
        assert_eq!(same, ["2 Senior : designated women 20.0 % of 27.8 %: 1 more"]);
        let fallen = matrix(Level::Senior, &[(AM, 4), (AF, 1), (WM, 5)]);
        let fallen = said(&years(&first, &fallen, None));
        assert_eq!(
            fallen,
            [
                "2 Senior : designated women fall from 20.0 % to 10.0 %, target 27.8 %: 2 more",
                "2 Senior WM: 4 → 5, above its EAP already (40.0 % against 4.2 %)",
            ]
        );
    }
}
