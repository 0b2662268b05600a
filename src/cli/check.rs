//! `bee-tui plans check`: every plan measured against the targets of its sector, a row per year, level and gender.

use std::io::Write;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use futures_util::StreamExt;
use futures_util::stream;
use serde::Serialize;

use crate::api::client::Client;
use crate::api::page::Page;
use crate::api::reply::Reply;
use crate::api::{Call, plans};
use crate::cli::account::{AccountUse, profile_for};
use crate::cli::error::{CliError, ErrorKind, complain, failed, say};
use crate::cli::interactive::ConfigLoader;
use crate::cli::print::{self, Format};
use crate::cli::send::{send, with_signals};
use crate::cli::verify::unreadable_response;
use crate::config::{Config, Profile};
use crate::domain::benchmark::Benchmarks;
use crate::domain::benchmark::shortfall::{MeasuredGroup, ShareReading, measured_targets, who};
use crate::domain::id::PlanId;
use crate::domain::plan::counter::Gender;
use crate::domain::plan::matrix::Matrix;
use crate::domain::plan::target::TargetType;
use crate::domain::plan::{Milestone, Plan};
use crate::domain::text::Text;

/// How many plans are read at once.
const PLANS_AT_ONCE: usize = 8;
/// How many profiles are gone through at once.
const PROFILES_AT_ONCE: usize = 4;
/// How designated people of a level are counted (Employment Equity Act s15A).
const LEVEL_RULE: &str = "designated people among all people of the level, foreign nationals included";
/// How people with disabilities are counted.
const DISABILITY_RULE: &str = "people with disabilities among all people of the six levels";

/// A row of the check; its keys are a contract.
#[derive(Debug, Serialize)]
struct CheckRow {
    profile: String,
    plan_id: u64,
    plan: String,
    year: u32,
    target_type: &'static str,
    level: &'static str,
    gender: &'static str,
    have: u64,
    total: u64,
    share: Option<f64>,
    target: f64,
    met: bool,
    short_by_replacement: u64,
    short_by_hiring: Option<u64>,
    source: String,
    rule: &'static str,
    without_foreign: Option<OtherTotal>,
    #[serde(skip)]
    group: MeasuredGroup,
    #[serde(skip)]
    reading: ShareReading,
}

/// The same people without foreign nationals in the total, where that decides otherwise.
#[derive(Debug, Serialize)]
struct OtherTotal {
    share: Option<f64>,
    met: bool,
    short_by_replacement: u64,
}

/// The command.
pub(super) fn command() -> Command {
    Command::new("check")
        .about(
            "Measure plans against the targets of their sectors: what is met, and how many people are short",
        )
        .arg(
            Arg::new("PLAN")
                .num_args(0..)
                .value_parser(|id: &str| id.parse::<PlanId>())
                .help("All plans if none is given"),
        )
        .arg(
            Arg::new("year")
                .long("year")
                .value_name("N")
                .value_parser(clap::value_parser!(u32).range(1..))
                .help("Only this year of each plan, from 1"),
        )
        .arg(
            Arg::new("sector").long("sector").value_name("SECTOR").help("The sector of plans that name none"),
        )
        .arg(
            Arg::new("all-profiles")
                .long("all-profiles")
                .action(ArgAction::SetTrue)
                .conflicts_with("PLAN")
                .help("Go through every profile of the configuration"),
        )
        .arg(
            Arg::new("exit-code")
                .long("exit-code")
                .action(ArgAction::SetTrue)
                .help("End with 9 where something is short"),
        )
        .arg(Format::argument("Format"))
}

/// Whether the arguments of `plans` ask for a check of every profile.
pub(super) fn is_of_all_profiles(plans: &ArgMatches) -> bool {
    plans.subcommand().is_some_and(|(name, check)| name == "check" && check.get_flag("all-profiles"))
}

/// Runs the check and returns the exit code.
pub(super) fn run(matches: &ArgMatches, config: Config, load: ConfigLoader<'_>) -> ExitCode {
    let benchmarks = config.benchmarks.clone();
    let sector = matches.get_one::<String>("sector").map(String::as_str);
    if let Some(name) = sector.filter(|name| benchmarks.sector(name).is_none()) {
        let known: Vec<&str> = benchmarks.sector_names().collect();
        let words =
            format!("--sector {name}: there are no targets for it; the sectors are {}", known.join("; "));
        return complain(words, ErrorKind::Usage);
    }
    let is_of_all = matches.get_flag("all-profiles");
    let account = |name: Option<&str>| {
        let loaded = load(name).map_err(|why| CliError::usage(why.to_string()));
        loaded.and_then(|config| profile_for(config, AccountUse::Read))
    };
    let profiles: Vec<(String, Result<Profile, CliError>)> = if is_of_all && !config.profiles.is_empty() {
        config.profiles.iter().map(|name| (name.clone(), account(Some(name)))).collect()
    } else {
        // With the account of the environment there are no profiles.
        let only = if is_of_all { account(None) } else { profile_for(config, AccountUse::Read) };
        match only {
            Ok(profile) => vec![(profile.name.clone(), Ok(profile))],
            Err(error) => return error.report(),
        }
    };
    let names: Vec<String> = profiles.iter().map(|(name, _)| name.clone()).collect();
    let mut wanted: Vec<PlanId> = Vec::new();
    for plan in matches.get_many::<PlanId>("PLAN").into_iter().flatten() {
        // A plan that is named twice is measured once.
        if !wanted.contains(plan) {
            wanted.push(*plan);
        }
    }
    let check = PlanCheck { year: matches.get_one("year").copied(), sector, benchmarks: &benchmarks };
    let checked = with_signals(async || {
        let of_profile = async |(name, profile): (String, Result<Profile, CliError>)| match profile {
            Ok(profile) => check.profile(&name, &wanted, &profile.client()).await,
            Err(error) => CheckedPlans { rows: Vec::new(), errors: vec![error] },
        };
        let checked: Vec<CheckedPlans> =
            stream::iter(profiles).map(of_profile).buffered(PROFILES_AT_ONCE).collect().await;
        Ok(checked)
    });
    let checked = match checked {
        Ok(checked) => checked,
        Err(error) => return error.report(),
    };
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    for (profile, of_profile) in names.into_iter().zip(checked) {
        rows.extend(of_profile.rows);
        errors.extend(of_profile.errors.into_iter().map(|error| (profile.clone(), error)));
    }
    let format = matches.get_one::<Format>("output").copied().unwrap_or(Format::Table);
    if let Err(error) = print_rows(&rows, format, is_of_all) {
        return error.report();
    }
    if let (Some(year), true, true) = (check.year, rows.is_empty(), errors.is_empty()) {
        return complain(format!("no plan has a year {year}"), ErrorKind::Usage);
    }
    let is_short = rows.iter().any(|row| !row.met);
    let kind = errors.first().map(|(_, error)| if is_of_all { ErrorKind::Failed } else { error.kind });
    for (profile, error) in errors {
        let of = if is_of_all { format!("{profile}: ") } else { String::new() };
        error.messages.iter().for_each(|line| say(format!("{of}{line}")));
    }
    match kind {
        Some(kind) => kind.exit_code(),
        None if is_short && matches.get_flag("exit-code") => ErrorKind::Conflict.exit_code(),
        None => ExitCode::SUCCESS,
    }
}

/// What plans are measured by.
struct PlanCheck<'a> {
    year: Option<u32>,
    /// The sector of plans that name none.
    sector: Option<&'a str>,
    benchmarks: &'a Benchmarks,
}

/// The rows of some plans, and what could not be measured.
#[derive(Default)]
struct CheckedPlans {
    rows: Vec<CheckRow>,
    errors: Vec<CliError>,
}

impl PlanCheck<'_> {
    /// Reads and measures plans of a profile, all of them if none is named.
    async fn profile(&self, profile: &str, wanted: &[PlanId], client: &Client) -> CheckedPlans {
        let mut checked = CheckedPlans::default();
        let ids = if wanted.is_empty() {
            match all_plans(client).await {
                Ok((ids, unreadable)) => {
                    checked.errors.extend(unreadable.into_iter().map(failed));
                    ids
                }
                Err(error) => {
                    checked.errors.push(error);
                    Vec::new()
                }
            }
        } else {
            wanted.to_vec()
        };
        let read = stream::iter(ids).map(|id| read_plan(id, client)).buffered(PLANS_AT_ONCE);
        let plans: Vec<Result<Plan, CliError>> = read.collect().await;
        for plan in plans {
            match plan.and_then(|plan| self.plan(profile, &plan)) {
                Ok(rows) => checked.rows.extend(rows),
                Err(error) => checked.errors.push(error),
            }
        }
        checked
    }

    /// The rows of a plan. Fails when it has no sector or could not be read whole.
    fn plan(&self, profile: &str, plan: &Plan) -> Result<Vec<CheckRow>, CliError> {
        let name = plan.name();
        let own = plan.record.value("sector").raw().filter(|sector| !sector.trim().is_empty());
        let Some(sector) = own.or(self.sector) else {
            return Err(CliError::usage(format!(
                "plan {}, {name}: it names no sector; --sector gives one to measure it by",
                plan.id
            )));
        };
        let Some(targets) = self.benchmarks.sector(sector) else {
            return Err(CliError::usage(format!(
                "plan {}, {name}: there are no targets for its sector `{}`",
                plan.id,
                Text::from(sector)
            )));
        };
        let unread = plan.unreadable_milestones.iter();
        let unread = unread.chain(plan.milestones.iter().flat_map(|year| &year.unreadable_targets));
        if let Some(why) = unread.into_iter().next() {
            return Err(failed(format!("plan {}, {name}: {why}", plan.id)));
        }
        let years = plan.milestones.iter().filter(|year| self.year.is_none_or(|wanted| wanted == year.year));
        let row = |year: &Milestone, group: MeasuredGroup, reading: ShareReading| {
            let (target_type, level, gender, rule) = match group {
                MeasuredGroup::Level(level, gender) => {
                    ("all_employees", level.name(), gender_name(gender), LEVEL_RULE)
                }
                MeasuredGroup::Disability => ("disabled_employees", "disability", "all", DISABILITY_RULE),
            };
            CheckRow {
                profile: profile.to_owned(),
                plan_id: plan.id.as_u64(),
                plan: name.to_string(),
                year: year.year,
                target_type,
                level,
                gender,
                have: reading.have,
                total: reading.total,
                share: share(reading),
                target: f64::from(reading.target.hundredths()) / 100.0,
                met: reading.is_met(),
                short_by_replacement: reading.short_by_replacement(),
                short_by_hiring: reading.short_by_hiring(),
                source: self.benchmarks.targets_source.clone(),
                rule,
                without_foreign: reading.without_foreign().map(|other| OtherTotal {
                    share: share(other),
                    met: other.is_met(),
                    short_by_replacement: other.short_by_replacement(),
                }),
                group,
                reading,
            }
        };
        let mut rows = Vec::new();
        for year in years {
            let table = |wanted: TargetType| {
                let found = year.target_of_type(&wanted).map(Matrix::from);
                let missing =
                    || failed(format!("plan {}, {name}, year {}: no table of {wanted}", plan.id, year.year));
                found.ok_or_else(missing)
            };
            let (all, disabled) = (table(TargetType::AllEmployees)?, table(TargetType::DisabledEmployees)?);
            let measured = measured_targets(targets, &all, Some(&disabled));
            rows.extend(measured.into_iter().map(|(group, reading)| row(year, group, reading)));
        }
        Ok(rows)
    }
}

/// The API's name of a gender, or for `None` `all`.
pub(super) fn gender_name(gender: Option<Gender>) -> &'static str {
    match gender {
        Some(Gender::Male) => "male",
        Some(Gender::Female) => "female",
        None => "all",
    }
}

/// The share in per cent, to four decimals; `None` where there is nobody.
fn share(reading: ShareReading) -> Option<f64> {
    let ten_thousandths = |part: u64| (part as f64 * 1_000_000.0 / reading.total as f64).round();
    (reading.total > 0).then(|| ten_thousandths(reading.have) / 10_000.0)
}

/// The ids of all plans, and why rows of the list could not be read. Fails when the list cannot be read.
async fn all_plans(client: &Client) -> Result<(Vec<PlanId>, Vec<String>), CliError> {
    let call = Call::Plans(plans::Call::List);
    let answer = send(&call, &call.request(), client).await?;
    match call.read(&answer.body) {
        Ok(Reply::Plans(Page { rows, unreadable, .. })) => {
            Ok((rows.into_iter().map(|plan| plan.id).collect(), unreadable))
        }
        Ok(_) => Err(failed("the answer is no list of plans")),
        Err(why) => Err(unreadable_response(&call, why)),
    }
}

/// Reads a plan. Fails when it cannot be read.
pub(super) async fn read_plan(id: PlanId, client: &Client) -> Result<Plan, CliError> {
    let call = Call::Plans(plans::Call::Read(id));
    let answer = send(&call, &call.request(), client).await?;
    match call.read(&answer.body) {
        Ok(Reply::Plan(plan)) => Ok(*plan),
        Ok(_) => Err(failed("the answer is no plan")),
        Err(why) => Err(unreadable_response(&call, why)),
    }
}

/// Prints the rows; with the profile's column where several were gone through. Fails when they cannot be printed.
fn print_rows(rows: &[CheckRow], format: Format, with_profile: bool) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    match format {
        Format::Json => {
            let text = serde_json::to_string_pretty(rows).map_err(|why| failed(why.to_string()))?;
            print::json(&mut out, &text)?;
        }
        Format::Csv => {
            let number = |n: Option<f64>| n.map_or_else(String::new, |n| n.to_string());
            let line = |row: &CheckRow| {
                let other = row.without_foreign.as_ref();
                vec![
                    row.profile.clone(),
                    row.plan_id.to_string(),
                    row.plan.clone(),
                    row.year.to_string(),
                    row.target_type.to_owned(),
                    row.level.to_owned(),
                    row.gender.to_owned(),
                    row.have.to_string(),
                    row.total.to_string(),
                    number(row.share),
                    row.target.to_string(),
                    row.met.to_string(),
                    row.short_by_replacement.to_string(),
                    row.short_by_hiring.map_or_else(String::new, |n| n.to_string()),
                    row.source.clone(),
                    row.rule.to_owned(),
                    number(other.and_then(|other| other.share)),
                    other.map_or_else(String::new, |other| other.met.to_string()),
                    other.map_or_else(String::new, |other| other.short_by_replacement.to_string()),
                ]
            };
            let heads = [
                "profile",
                "plan_id",
                "plan",
                "year",
                "target_type",
                "level",
                "gender",
                "have",
                "total",
                "share",
                "target",
                "met",
                "short_by_replacement",
                "short_by_hiring",
                "source",
                "rule",
                "without_foreign_share",
                "without_foreign_met",
                "without_foreign_short_by_replacement",
            ];
            print::grid(&mut out, format, &heads, rows.iter().map(line).collect())?;
        }
        Format::Table => {
            let line = |row: &CheckRow| {
                let (group, who) = match row.group {
                    MeasuredGroup::Level(level, gender) => (level.label(), who(gender)),
                    MeasuredGroup::Disability => ("disability", who(None)),
                };
                let mut cells = vec![row.profile.clone()];
                cells.retain(|_| with_profile);
                cells.extend([
                    format!("{} {}", row.plan_id, row.plan),
                    row.year.to_string(),
                    group.to_owned(),
                    who.to_owned(),
                    format!("{} of {}", row.have, row.total),
                    row.reading.share(),
                    row.reading.target.to_string(),
                    row.reading.to_string(),
                ]);
                cells
            };
            let mut heads = vec!["profile"];
            heads.retain(|_| with_profile);
            heads.extend(["plan", "year", "level", "who", "have", "%", "target %", "standing"]);
            print::grid(&mut out, format, &heads, rows.iter().map(line).collect())?;
            if let Some(row) = rows.first() {
                writeln!(out, "Targets: {}; {LEVEL_RULE}.", row.source)?;
            }
        }
    }
    out.flush()?;
    Ok(())
}
