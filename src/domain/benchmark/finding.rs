//! Findings: what deserves a look in a plan before it is filed. The API accepts all of it; each finding names
//! its rule.

use strum::VariantArray;

use crate::domain::benchmark::shortfall::{ShareReading, who};
use crate::domain::benchmark::{Eap, SectorTarget, ShareStanding};
use crate::domain::plan::counter::{Gender, Level, Race, StatutoryColumn};
use crate::domain::plan::matrix::{Matrix, format_distinct_percents, format_percent, is_designated};
use crate::domain::plan::table_ref::YearIndex;
use crate::domain::plan::target::TargetType;

/// The numbers of one year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct YearNumbers {
    /// The year of the plan, from 1.
    pub number: u32,
    /// All employees; `None` when that table could not be read.
    pub all_employees: Option<Matrix>,
    /// Employees with disabilities; `None` when that table could not be read.
    pub disabled_employees: Option<Matrix>,
    /// All temporary and all permanent employees; `None` when the server returns no such slices.
    pub contracts: Option<Contracts>,
}

/// People by their contract, over all levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contracts {
    /// Temporary employees.
    pub temporary: u64,
    /// Permanent employees.
    pub permanent: u64,
}

/// The part of a table a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingSubject {
    /// One level.
    Level(Level),
    /// All six levels together.
    AllLevels,
}

impl FindingSubject {
    /// The level's label, or `all levels`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Level(level) => level.label(),
            Self::AllLevels => "all levels",
        }
    }

    /// The index of the first row of the table it covers.
    pub fn row(self) -> usize {
        match self {
            Self::Level(level) => level as usize,
            Self::AllLevels => 0,
        }
    }
}

/// One thing that deserves a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The index of the year among the years that were checked.
    pub year: YearIndex,
    /// The table it is about.
    pub table: TargetType,
    /// The level, or the whole table.
    pub subject: FindingSubject,
    /// The column, when it is about a single one.
    pub column: Option<StatutoryColumn>,
    /// What was found, with its numbers.
    pub message: String,
    /// The rule and its source.
    pub rule: String,
}

/// The benchmarks a plan is checked with.
#[derive(Debug, Clone, Copy, Default)]
pub struct FindingBenchmarks<'a> {
    /// The targets of the plan's sector and their source; `None` when the sector has none or is not known.
    pub sector: Option<(&'a SectorTarget, &'a str)>,
    /// The EAP of the chosen region and vintage.
    pub eap: Option<&'a Eap>,
    /// Whether all years of the plan could be read: only then is the last of them the plan's last year.
    pub is_complete: bool,
}

/// A change of headcount is a finding when it is more than this many per cent …
const JUMP_PERCENT: u64 = 25;
/// … and at least this many people.
const JUMP_PEOPLE: u64 = 5;

/// All findings about a plan, sorted by year, table, level and column.
pub fn findings(years: &[YearNumbers], against: &FindingBenchmarks) -> Vec<Finding> {
    let mut all_findings = Vec::new();
    for (at, year) in years.iter().enumerate() {
        let before = years.iter().find(|before| before.number.checked_add(1) == Some(year.number));
        let before = before.and_then(|before| before.all_employees.as_ref());
        let is_last = against.is_complete && at + 1 == years.len();
        for level in Level::VARIANTS.iter().copied() {
            let mut note = |table, column, words: String, rule: String| {
                all_findings.push(Finding {
                    year: YearIndex::new(at),
                    table,
                    subject: FindingSubject::Level(level),
                    column,
                    message: words,
                    rule,
                });
            };
            if let (Some(all), Some(disabled)) = (&year.all_employees, &year.disabled_employees) {
                note_excess_disabled(all, disabled, level, &mut |column, words| {
                    let rule = "people with disabilities are counted among all employees (EEA2)";
                    note(TargetType::DisabledEmployees, Some(column), words, rule.into());
                });
            }
            let Some(all) = &year.all_employees else { continue };
            let mut note =
                |column, words: String, rule: String| note(TargetType::AllEmployees, column, words, rule);
            let total = all.total(level);
            let others = years.iter().filter_map(|year| year.all_employees.as_ref());
            if total == 0 && others.clone().any(|other| other.total(level) > 0) {
                let rule = "a level with people in other years has none in this one";
                note(None, "nobody at this level".into(), rule.into());
            }
            if let Some((sector, from)) = against.sector {
                for gender in [Gender::Male, Gender::Female] {
                    if let Some((words, rule)) =
                        designated_shortfall(all, before, sector, level, gender, is_last)
                    {
                        note(None, words, format!("{rule}; {from}"));
                    }
                }
            }
            let Some(before) = before else { continue };
            if let Some(eap) = against.eap {
                note_raised_above_eap(all, before, eap, level, &mut |column, words| {
                    let mut rule = format!(
                        "a group above its EAP is not raised further; {} {}, unverified",
                        eap.region, eap.vintage
                    );
                    if is_raised_for_sector(before, against, level, column) {
                        rule.push_str("; the sector target asks for it, and is the one that is assessed");
                    }
                    note(Some(column), words, rule);
                });
            }
            let was = before.total(level);
            let by = total.abs_diff(was);
            if was > 0 && total > 0 && by >= JUMP_PEOPLE && by * 100 > was * JUMP_PERCENT {
                let sign = if total > was { '+' } else { '-' };
                let words = format!("headcount {was} → {total} ({sign}{} %)", format_percent(by, was));
                note(
                    None,
                    words,
                    format!("more than {JUMP_PERCENT} % and {JUMP_PEOPLE} people from one year to the next"),
                );
            }
        }
    }
    for (at, year) in years.iter().enumerate() {
        let is_last = against.is_complete && at + 1 == years.len();
        for (table, words, rule) in whole_table_findings(year, against, is_last) {
            all_findings.push(Finding {
                year: YearIndex::new(at),
                table,
                subject: FindingSubject::AllLevels,
                column: None,
                message: words,
                rule,
            });
        }
    }
    if against.is_complete {
        all_findings.extend(unchanged_level_findings(years, against));
    }
    let column =
        |column: Option<StatutoryColumn>| StatutoryColumn::ALL.iter().position(|c| Some(*c) == column);
    all_findings.sort_by_key(|f| (f.year, f.table.clone(), f.subject, column(f.column)));
    all_findings
}

/// Findings about a year's six levels together, as (table, message, rule).
fn whole_table_findings(
    year: &YearNumbers,
    against: &FindingBenchmarks,
    is_last: bool,
) -> Vec<(TargetType, String, String)> {
    let mut raw_findings = Vec::new();
    let Some(all) = &year.all_employees else { return raw_findings };
    if let Some(Contracts { temporary, permanent }) = year.contracts
        && temporary + permanent != all.grand_total()
    {
        let words = format!(
            "temporary {temporary} + permanent {permanent} are {}, the six levels {}",
            temporary + permanent,
            all.grand_total()
        );
        let rule = "temporary and permanent employees add up to the grand total (EEA2, EEA13)";
        raw_findings.push((TargetType::AllEmployees, words, rule.into()));
    }
    if let (Some((sector, from)), Some(disabled), true) = (against.sector, &year.disabled_employees, is_last)
        && let Some(share) = sector.disability
        && let reading = ShareReading::new(disabled.grand_total(), all.grand_total(), share)
        && !reading.is_met()
    {
        let words = format!("{reading}: people with disabilities {} % of {share} %", reading.share());
        raw_findings.push((
            TargetType::DisabledEmployees,
            words,
            format!("the last year meets the disability target; {from}"),
        ));
    }
    raw_findings
}

/// Finds levels without a sectoral target whose numbers are the same in every year although a group is under
/// its EAP.
fn unchanged_level_findings(years: &[YearNumbers], against: &FindingBenchmarks) -> Vec<Finding> {
    let Some(eap) = against.eap else { return Vec::new() };
    let all: Option<Vec<&Matrix>> = years.iter().map(|year| year.all_employees.as_ref()).collect();
    let Some(all) = all.filter(|all| all.len() > 1) else { return Vec::new() };
    let (first, last) = (all[0], all[all.len() - 1]);
    let is_open = |level: Level| {
        let same =
            |column| all.iter().all(|matrix| matrix.count(level, column) == first.count(level, column));
        let is_short = |column| match (eap.share(column), last.count(level, column)) {
            (Some(share), Some(count)) => {
                matches!(share.standing(count.into(), last.total(level)), ShareStanding::Short(_))
            }
            _ => false,
        };
        last.total(level) > 0
            && StatutoryColumn::ALL.into_iter().all(same)
            && StatutoryColumn::ALL.into_iter().any(is_short)
    };
    let levels = [Level::SemiSkilled, Level::Unskilled].into_iter().filter(|level| is_open(*level));
    levels
        .map(|level| Finding {
            year: YearIndex::new(years.len() - 1),
            table: TargetType::AllEmployees,
            subject: FindingSubject::Level(level),
            column: None,
            message: "the same numbers in every year, with a group under its EAP".into(),
            rule: format!(
                "goals are set for every level, by the EAP where the sector has none; {} {}, unverified",
                eap.region, eap.vintage
            ),
        })
        .collect()
}

fn note_excess_disabled(
    all: &Matrix,
    disabled: &Matrix,
    level: Level,
    note: &mut dyn FnMut(StatutoryColumn, String),
) {
    for column in StatutoryColumn::ALL {
        if let (Some(all), Some(disabled)) = (all.count(level, column), disabled.count(level, column))
            && disabled > all
        {
            note(column, format!("{disabled} disabled of {all} employees"));
        }
    }
}

/// Finds a designated share under its target that falls, or that is still short in the last year; returns the
/// message and the rule.
fn designated_shortfall(
    all: &Matrix,
    before: Option<&Matrix>,
    sector: &SectorTarget,
    level: Level,
    gender: Gender,
    is_last: bool,
) -> Option<(String, &'static str)> {
    let target = sector.level(level)?.for_gender(Some(gender));
    let people = |matrix: &Matrix| (matrix.designated(level, Some(gender)), matrix.total(level));
    let (now, total) = people(all);
    let reading = ShareReading::of_level(all, level, Some(gender), target);
    if reading.is_met() {
        return None;
    }
    let who = who(Some(gender));
    let was = before.map(people).filter(|(_, total)| *total > 0);
    if let Some((was, total_was)) = was.filter(|(was, total_was)| {
        u128::from(*was) * u128::from(total) > u128::from(now) * u128::from(*total_was)
    }) {
        let (from, to) = format_distinct_percents((was, total_was), (now, total));
        let words = format!("{reading}: designated {who} fall from {from} % to {to} %, target {target} %");
        return Some((words, "a designated share does not fall while it is under its target"));
    }
    let words = || format!("{reading}: designated {who} {} % of {target} %", reading.share());
    is_last.then(|| (words(), "the last year meets the sector's targets"))
}

/// Whether the sector's target for the gender of a designated group was not met yet, so that it asked for more people.
fn is_raised_for_sector(
    before: &Matrix,
    against: &FindingBenchmarks,
    level: Level,
    column: StatutoryColumn,
) -> bool {
    let target = against.sector.and_then(|(sector, _)| sector.level(level));
    let gender = Some(column.gender);
    let reading =
        target.map(|target| ShareReading::of_level(before, level, gender, target.for_gender(gender)));
    is_designated(column) && reading.is_some_and(|reading| !reading.is_met())
}

fn note_raised_above_eap(
    all: &Matrix,
    before: &Matrix,
    eap: &Eap,
    level: Level,
    note: &mut dyn FnMut(StatutoryColumn, String),
) {
    for column in StatutoryColumn::ALL.into_iter().filter(|column| column.race != Race::Foreign) {
        let Some(share) = eap.share(column) else { continue };
        if let (Some(was), Some(now)) = (before.count(level, column), all.count(level, column))
            && now > was
            && share.is_exceeded(was.into(), before.total(level))
        {
            let had = format_percent(was.into(), before.total(level));
            note(column, format!("{was} → {now}, above its EAP already ({had} % against {share} %)"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::benchmark::Benchmarks;

    const AM: StatutoryColumn = StatutoryColumn { race: Race::African, gender: Gender::Male };
    const WM: StatutoryColumn = StatutoryColumn { race: Race::White, gender: Gender::Male };
    const AF: StatutoryColumn = StatutoryColumn { race: Race::African, gender: Gender::Female };

    fn matrix(level: Level, cells: &[(StatutoryColumn, u32)]) -> Matrix {
        let mut matrix = Matrix([[Some(0); 10]; 6]);
        for (column, count) in cells {
            matrix.set(level, *column, Some(*count));
        }
        matrix
    }

    fn said(years: &[YearNumbers]) -> Vec<String> {
        let benchmarks = Benchmarks::default();
        let against = FindingBenchmarks {
            sector: benchmarks.sector("Construction").map(|sector| (sector, "GN 6124")),
            eap: benchmarks.eaps().first(),
            is_complete: true,
        };
        let line = |f: Finding| {
            let column = f.column.map(StatutoryColumn::heading).unwrap_or_default();
            format!("{} {} {column}: {}", f.year.get() + 1, f.subject.label(), f.message)
        };
        findings(years, &against).into_iter().map(line).collect()
    }

    fn years(first: &Matrix, second: &Matrix, disabled: Option<&Matrix>) -> [YearNumbers; 2] {
        [
            YearNumbers { number: 1, all_employees: Some(*first), ..YearNumbers::default() },
            YearNumbers {
                number: 2,
                all_employees: Some(*second),
                disabled_employees: disabled.copied(),
                contracts: None,
            },
        ]
    }

    #[test]
    fn more_disabled_people_than_people_an_empty_level_and_a_jump_are_found() {
        let all = matrix(Level::Unskilled, &[(AM, 4)]);
        let disabled = matrix(Level::Unskilled, &[(AM, 5)]);
        let more = matrix(Level::Unskilled, &[(AM, 5)]);
        assert_eq!(said(&years(&more, &all, Some(&disabled))), ["2 Unskilled AM: 5 disabled of 4 employees"]);
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
    fn contracts_that_do_not_add_up_and_too_few_people_with_disabilities_are_found() {
        let all = matrix(Level::Middle, &[(AM, 100), (AF, 100)]);
        let disabled = matrix(Level::Middle, &[(AM, 4)]);
        let year = |contracts| YearNumbers {
            number: 1,
            all_employees: Some(all),
            disabled_employees: Some(disabled),
            contracts,
        };
        let about_all = |years: &[YearNumbers]| {
            said(years).into_iter().filter(|line| line.contains("all levels")).collect::<Vec<_>>()
        };
        let short =
            "1 all levels : 2 short by replacement · 3 by hiring: people with disabilities 2.0 % of 3.0 %";
        assert_eq!(about_all(&[year(Some(Contracts { temporary: 20, permanent: 180 }))]), [short]);
        assert_eq!(
            about_all(&[year(Some(Contracts { temporary: 20, permanent: 181 }))]),
            ["1 all levels : temporary 20 + permanent 181 are 201, the six levels 200", short]
        );
    }

    #[test]
    fn the_same_numbers_in_every_year_are_found_where_a_group_is_under_its_eap() {
        let white = matrix(Level::Unskilled, &[(WM, 40)]);
        let said = said(&years(&white, &white, None));
        assert!(
            said.iter().any(|line| line.starts_with("2 Unskilled : the same numbers in every year")),
            "{said:?}"
        );
    }

    #[test]
    fn a_share_under_its_target_is_found_when_it_falls_and_in_the_last_year() {
        // Construction, senior: men 38.3 %, women 27.8 %.
        let first = matrix(Level::Senior, &[(AM, 4), (AF, 2), (WM, 4)]);
        let same = said(&years(&first, &first, None));
        assert_eq!(
            same,
            ["2 Senior : 1 short by replacement · 2 by hiring: designated women 20.0 % of 27.8 %"]
        );
        let fallen = matrix(Level::Senior, &[(AM, 4), (AF, 1), (WM, 5)]);
        let fallen = said(&years(&first, &fallen, None));
        assert_eq!(
            fallen,
            [
                "2 Senior : 2 short by replacement · 3 by hiring: designated women fall from 20.0 % to 10.0 %, target 27.8 %",
                "2 Senior WM: 4 → 5, above its EAP already (40.0 % against 4.2 %)",
            ]
        );
    }
}
