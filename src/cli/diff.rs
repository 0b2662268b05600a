//! `bee-tui plans diff`: a year of a plan compared with a year of another, cell by cell, and achieved or not by level and
//! gender.

use std::io::Write;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use jiff::Timestamp;
use serde::Serialize;
use strum::VariantArray;

use crate::cli::account::AccountUse;
use crate::cli::check::{gender_name, read_plan};
use crate::cli::error::{CliError, failed};
use crate::cli::print::{self, Format};
use crate::cli::send::with_client;
use crate::config::Config;
use crate::domain::date::today;
use crate::domain::id::PlanId;
use crate::domain::plan::achievement::{Achievement, achievements};
use crate::domain::plan::counter::{Counter, Level, Slice, StatutoryColumn};
use crate::domain::plan::matrix::{Matrix, format_percent};
use crate::domain::plan::target::{Count, TargetType};
use crate::domain::plan::{Milestone, Plan};
use crate::domain::refusal::Refusal;

/// A plan, and the number of a year of it.
type PlanYear = (PlanId, Option<u32>);

/// A number of both plans; its keys are a contract.
#[derive(Debug, Serialize)]
struct CellRow {
    target_type: &'static str,
    level: &'static str,
    counter: String,
    planned: Option<Count>,
    actual: Option<Count>,
    difference: i64,
}

/// A level and gender of both plans; its keys are a contract.
#[derive(Debug, Serialize)]
struct GroupRow {
    target_type: &'static str,
    level: &'static str,
    gender: &'static str,
    planned: u64,
    planned_total: u64,
    actual: u64,
    actual_total: u64,
    achieved: bool,
    achieved_by_share: bool,
}

/// Both, as printed.
#[derive(Debug, Serialize)]
struct Comparison {
    planned: PlanName,
    actual: PlanName,
    cells: Vec<CellRow>,
    groups: Vec<GroupRow>,
}

/// Which year of which plan.
#[derive(Debug, Serialize)]
struct PlanName {
    plan_id: u64,
    plan: String,
    year: u32,
}

/// The command.
pub(super) fn command() -> Command {
    Command::new("diff")
        .about("Compare a year of a plan with a year of another: cell by cell, and achieved or not by level and gender")
        .after_help(
            "The first is what was planned, the second what is there, such as a plan prefilled from today's scorecard. A \
             year is the plan's year number; the one that holds today, else the first, if not given. A table shows the \
             cells that differ, JSON and CSV show all.\n\nbee-tui plans diff 42:1 2001:1",
        )
        .arg(Arg::new("PLANNED").value_name("PLAN[:YEAR]").required(true).value_parser(parse_plan_year))
        .arg(Arg::new("ACTUAL").value_name("PLAN[:YEAR]").required(true).value_parser(parse_plan_year))
        .arg(Format::argument("Format"))
}

/// `42`, or `42:1`.
fn parse_plan_year(text: &str) -> Result<PlanYear, Refusal> {
    let bad = || Refusal::from("it is a plan, such as 42, or a plan and its year, such as 42:1");
    let (plan, year) = text.split_once(':').map_or((text, None), |(plan, year)| (plan, Some(year)));
    let year = year.map(|year| year.parse::<u32>().map_err(|_| bad())).transpose()?;
    Ok((plan.parse().map_err(|_| bad())?, year))
}

/// Runs the command and returns the exit code.
pub(super) fn run(matches: &ArgMatches, config: Config) -> ExitCode {
    match try_run(matches, config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}

/// Prints the comparison. Fails when a plan cannot be read, has no such year, or lacks a table.
fn try_run(matches: &ArgMatches, config: Config) -> Result<(), CliError> {
    let asked = |name: &str| matches.get_one::<PlanYear>(name).copied();
    let (Some(planned), Some(actual)) = (asked("PLANNED"), asked("ACTUAL")) else {
        return Err(CliError::usage("two plans are compared"));
    };
    let plans = with_client(config, AccountUse::Read, async |client| {
        let first = read_plan(planned.0, client).await?;
        let second = if actual.0 == planned.0 { first.clone() } else { read_plan(actual.0, client).await? };
        Ok([first, second])
    })?;
    let years = [year_of(&plans[0], planned.1)?, year_of(&plans[1], actual.1)?];
    let comparison = compare([(&plans[0], years[0]), (&plans[1], years[1])])?;
    let mut out = std::io::stdout().lock();
    match matches.get_one::<Format>("output").copied().unwrap_or(Format::Table) {
        Format::Json => {
            let text = serde_json::to_string_pretty(&comparison).map_err(|why| failed(why.to_string()))?;
            print::json(&mut out, &text)?;
        }
        Format::Csv => print::grid(&mut out, Format::Csv, &HEADS, csv_rows(&comparison))?,
        Format::Table => print_table(&mut out, &comparison)?,
    }
    Ok(out.flush()?)
}

/// A year of a plan: the one with a number, or else the one that holds today.
fn year_of(plan: &Plan, number: Option<u32>) -> Result<&Milestone, CliError> {
    let year = match number {
        Some(number) => plan.year_numbered(number).map_err(|why| CliError::usage(why.to_string()))?,
        None => plan.year_on(today(Timestamp::now())),
    };
    plan.milestone(year)
        .ok_or_else(|| CliError::usage(format!("plan {}, {}: it has no years", plan.id, plan.name())))
}

/// Compares the two tables of two years. Fails where one of them is missing.
fn compare(years: [(&Plan, &Milestone); 2]) -> Result<Comparison, CliError> {
    let name = |(plan, year): (&Plan, &Milestone)| PlanName {
        plan_id: plan.id.as_u64(),
        plan: plan.name().to_string(),
        year: year.year,
    };
    let (mut cells, mut groups) = (Vec::new(), Vec::new());
    for (table, target_type) in
        [(TargetType::AllEmployees, "all_employees"), (TargetType::DisabledEmployees, "disabled_employees")]
    {
        let matrix = |(plan, year): (&Plan, &Milestone)| {
            let missing = || {
                failed(format!("plan {}, {}, year {}: no table of {table}", plan.id, plan.name(), year.year))
            };
            year.target_of_type(&table).map(Matrix::from).ok_or_else(missing)
        };
        let [planned, actual] = [matrix(years[0])?, matrix(years[1])?];
        for level in Level::VARIANTS.iter().copied() {
            for column in StatutoryColumn::ALL {
                let counts = [planned.count(level, column), actual.count(level, column)];
                let [from, to] = counts.map(|count| i64::from(count.unwrap_or(0)));
                cells.push(CellRow {
                    target_type,
                    level: level.name(),
                    counter: Counter::Cell(Slice::Level(level), column).name(),
                    planned: counts[0],
                    actual: counts[1],
                    difference: to - from,
                });
            }
        }
        let row = |one: Achievement| GroupRow {
            target_type,
            level: one.level.name(),
            gender: gender_name(one.gender),
            planned: one.planned.0,
            planned_total: one.planned.1,
            actual: one.actual.0,
            actual_total: one.actual.1,
            achieved: one.is_achieved(),
            achieved_by_share: one.otherwise_by_share().unwrap_or(one.is_achieved()),
        };
        groups.extend(achievements(&table, &planned, &actual).into_iter().map(row));
    }
    Ok(Comparison { planned: name(years[0]), actual: name(years[1]), cells, groups })
}

const HEADS: [&str; 10] = [
    "target_type",
    "level",
    "gender",
    "counter",
    "planned",
    "planned_total",
    "actual",
    "actual_total",
    "achieved",
    "achieved_by_share",
];

fn csv_rows(comparison: &Comparison) -> Vec<Vec<String>> {
    let number = |count: Option<Count>| count.map_or_else(String::new, |count| count.to_string());
    let cells = comparison.cells.iter().map(|cell| {
        let (planned, actual) = (number(cell.planned), number(cell.actual));
        let none = String::new;
        vec![
            cell.target_type.to_owned(),
            cell.level.to_owned(),
            none(),
            cell.counter.clone(),
            planned,
            none(),
            actual,
            none(),
            none(),
            none(),
        ]
    });
    let groups = comparison.groups.iter().map(|group| {
        vec![
            group.target_type.to_owned(),
            group.level.to_owned(),
            group.gender.to_owned(),
            String::new(),
            group.planned.to_string(),
            group.planned_total.to_string(),
            group.actual.to_string(),
            group.actual_total.to_string(),
            group.achieved.to_string(),
            group.achieved_by_share.to_string(),
        ]
    });
    cells.chain(groups).collect()
}

/// Prints the cells that differ, then each level and gender.
fn print_table(out: &mut dyn Write, comparison: &Comparison) -> Result<(), CliError> {
    let name = |name: &PlanName| format!("{} {}, Year {}", name.plan_id, name.plan, name.year);
    writeln!(out, "planned: {}\nactual: {}\n", name(&comparison.planned), name(&comparison.actual))?;
    let number = |count: Option<Count>| count.map_or_else(|| "–".to_owned(), |count| count.to_string());
    let cells = comparison.cells.iter().filter(|cell| cell.difference != 0).map(|cell| {
        let difference = format!("{:+}", cell.difference);
        vec![
            cell.target_type.to_owned(),
            cell.counter.clone(),
            number(cell.planned),
            number(cell.actual),
            difference,
        ]
    });
    print::grid(
        out,
        Format::Table,
        &["table", "counter", "planned", "actual", "difference"],
        cells.collect(),
    )?;
    writeln!(out)?;
    let groups = comparison.groups.iter().filter(|group| group.planned_total > 0 || group.actual_total > 0);
    let groups = groups.map(|group| {
        let share = |people, total| format!("{people} of {total} ({} %)", format_percent(people, total));
        let achieved = match (group.achieved, group.achieved_by_share) {
            (true, true) => "yes",
            (false, false) => "no",
            (true, false) => "yes; by share no",
            (false, true) => "no; by share yes",
        };
        vec![
            group.target_type.to_owned(),
            group.level.to_owned(),
            group.gender.to_owned(),
            share(group.planned, group.planned_total),
            share(group.actual, group.actual_total),
            achieved.to_owned(),
        ]
    });
    let heads = ["table", "level", "gender", "planned", "actual", "achieved"];
    print::grid(out, Format::Table, &heads, groups.collect())?;
    Ok(())
}
