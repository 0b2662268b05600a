//! `bee-tui plans draft`: what the years of a plan have to be so that its targets are met, as a change set.

use std::io::Write;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use jiff::Timestamp;
use strum::VariantArray;

use crate::cli::account::AccountUse;
use crate::cli::check::read_plan;
use crate::cli::error::{CliError, failed, say};
use crate::cli::send::with_client;
use crate::config::Config;
use crate::domain::benchmark::Benchmarks;
use crate::domain::change::change_set;
use crate::domain::date::today;
use crate::domain::draft::plan_draft::{DraftRequest, ProfileSource, default_profile};
use crate::domain::draft::rate::{AnnualRate, RateError};
use crate::domain::draft::{LevelAssumption, Meet};
use crate::domain::id::PlanId;
use crate::domain::plan::counter::Level;
use crate::domain::refusal::Refusal;
use crate::domain::text::{Text, pluralize};
use crate::workspace::{Snapshot, Workspace};

/// A rate for one level or, for `None`, for all of them.
type LevelRate = (Option<Level>, AnnualRate);

/// The command.
pub(super) fn command() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("draft")
        .about("Draft the years of a plan so that its targets are met in the last one, as a change set for `apply`")
        .after_help(
            "The change set goes to standard output, what it rests on and what it cannot reach to standard error. Nothing \
             is sent. The method is written down in docs/drafting.md.\n\n\
             bee-tui plans draft 42 --growth 2 --turnover top_managers=5 >draft.toml\n\
             bee-tui apply draft.toml --dry-run",
        )
        .arg(Arg::new("PLAN").required(true).value_parser(|id: &str| id.parse::<PlanId>()))
        .arg(
            option("from", "YEAR|PLAN:YEAR", "The year the profile comes from, of this plan or another; the one before today's, else the first, if not given")
                .value_parser(|text: &str| text.parse::<ProfileSource>()),
        )
        .arg(
            option("growth", "PERCENT", "Growth a year, or LEVEL=PERCENT for one level; may be given again [default: 0]")
                .allow_hyphen_values(true)
                .action(ArgAction::Append)
                .value_parser(|text: &str| parse_level_rate(text, AnnualRate::as_growth)),
        )
        .arg(
            option("turnover", "PERCENT", "Turnover a year, or LEVEL=PERCENT for one level; may be given again [default: 10]")
                .action(ArgAction::Append)
                .value_parser(|text: &str| parse_level_rate(text, AnnualRate::as_turnover)),
        )
        .arg(option("region", "NAME", "The region of the EAP").default_value("National"))
        .arg(option("vintage", "NAME", "The survey the EAP is from; the newest if not given"))
        .arg(option("by", "YEAR", "The year in which the targets are to be met; the last if not given").value_parser(clap::value_parser!(u32)))
        .arg(
            option("meet", "WHAT", "What is to be met: the sector's targets, the EAP, or both")
                .default_value(Meet::Both.to_string())
                .value_parser(Meet::VARIANTS.iter().map(<&str>::from).collect::<Vec<_>>()),
        )
        .arg(option("sector", "SECTOR", "The sector of a plan that names none"))
}

/// Runs the command and returns the exit code.
pub(super) fn run(matches: &ArgMatches, config: Config) -> ExitCode {
    match try_run(matches, config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}

/// Prints the change set and what it rests on. Fails when a plan cannot be read, or nothing can be drafted from it.
fn try_run(matches: &ArgMatches, config: Config) -> Result<(), CliError> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let benchmarks = config.benchmarks.clone();
    let (region, vintage) = find_eap(&benchmarks, text("region").unwrap_or_default(), text("vintage"))?;
    let id: PlanId = *matches.get_one("PLAN").ok_or_else(|| CliError::usage("no plan is named"))?;
    let from: Option<ProfileSource> = matches.get_one("from").copied();
    let mut wanted = vec![id];
    wanted.extend(from.and_then(ProfileSource::other_plan).filter(|other| *other != id));
    let plans = with_client(config, AccountUse::Read, async |client| {
        let mut plans = Vec::new();
        for id in wanted {
            plans.push(read_plan(id, client).await?);
        }
        Ok(plans)
    })?;
    let now = Timestamp::now();
    let mut workspace = Workspace::default();
    workspace.benchmarks = benchmarks;
    for plan in plans {
        workspace.plans.insert(plan.id, Snapshot { value: plan, read_at: now });
    }
    let meet: Meet = text("meet").and_then(|meet| meet.parse().ok()).unwrap_or(Meet::Both);
    choose_sector(&mut workspace, id, text("sector"), meet)?;
    let refused = |why: Refusal| CliError::usage(why.to_string());
    let from = from.or_else(|| workspace.plan(id).and_then(|plan| default_profile(plan, today(now))));
    let from = from.ok_or_else(|| CliError::usage(format!("plan {id} has no years")))?;
    let mut assumptions = [LevelAssumption::default(); 6];
    let rates =
        |name: &str| matches.get_many::<LevelRate>(name).into_iter().flatten().copied().collect::<Vec<_>>();
    set_rates(&mut assumptions, &rates("growth"), |level| &mut level.growth);
    set_rates(&mut assumptions, &rates("turnover"), |level| &mut level.turnover);
    let request = DraftRequest {
        plan: id,
        from,
        by: matches.get_one("by").copied(),
        assumptions,
        meet,
        region,
        vintage,
    };
    let draft = workspace.draft_plan(&request, today(now)).map_err(refused)?;
    for line in &draft.assumptions {
        say(line);
    }
    let (last, unreached) = &draft.unreached;
    for unreached in unreached {
        say(format!("not reached in Year {last}: {}", unreached.words()));
    }
    let (counters, years) = (draft.counters.len(), draft.years.count());
    say(format!("draft: {} in {}", pluralize(counters, "counter"), pluralize(years, "year")));
    if counters > 0 {
        workspace.edit_counters(id, draft.counters, now).map_err(refused)?;
    }
    let set = change_set::write(&workspace.counter_changes).map_err(|why| failed(why.to_string()))?;
    let mut out = std::io::stdout().lock();
    out.write_all(set.as_bytes())?;
    Ok(out.flush()?)
}

/// Takes the sector that was given for a plan that names none with targets. Fails where one is needed and there is none.
fn choose_sector(
    workspace: &mut Workspace,
    plan: PlanId,
    given: Option<&str>,
    meet: Meet,
) -> Result<(), CliError> {
    if let Some(given) = given {
        if workspace.benchmarks.sector(given).is_none() {
            let known = workspace.benchmarks.sector_names().collect::<Vec<_>>().join("; ");
            return Err(CliError::usage(format!(
                "--sector {given}: there are no targets for it; the sectors are {known}"
            )));
        }
        workspace.sectors.insert(plan, given.to_owned());
        if let Some(own) = workspace.sector(plan).filter(|own| *own != given) {
            say(format!("the plan names its sector, {}, so --sector is not used", Text::from(own)));
        }
    }
    if workspace.sector(plan).is_none() && meet != Meet::Eap {
        let name = workspace.plan(plan).map(|plan| plan.name().to_string()).unwrap_or_default();
        let words = "it names no sector; --sector gives one whose targets are to be met";
        return Err(CliError::usage(format!("plan {plan}, {name}: {words}")));
    }
    Ok(())
}

/// The names of a region and of the vintage of its EAP, the newest unless another is given. Fails, and names those there are, when there is none.
fn find_eap(
    benchmarks: &Benchmarks,
    region: &str,
    vintage: Option<&str>,
) -> Result<(String, String), CliError> {
    let found = benchmarks.eap_of(region, vintage).and_then(|at| benchmarks.eaps().get(at));
    found.map(|eap| (eap.region.clone(), eap.vintage.clone())).ok_or_else(|| {
        let names = benchmarks.eaps().iter().map(|eap| format!("{} ({})", eap.region, eap.vintage));
        let vintage = vintage.map(|vintage| format!(" in the vintage {vintage}")).unwrap_or_default();
        let there_are = names.collect::<Vec<_>>().join(", ");
        CliError::usage(format!("there is no EAP of {region}{vintage}; there are {there_are}"))
    })
}

fn set_rates(
    levels: &mut [LevelAssumption; 6],
    rates: &[LevelRate],
    field: impl Fn(&mut LevelAssumption) -> &mut AnnualRate,
) {
    // What is said of one level stands, wherever it was said.
    let (all, single): (Vec<LevelRate>, Vec<LevelRate>) =
        rates.iter().partition(|(level, _)| level.is_none());
    for (level, rate) in all.into_iter().chain(single) {
        for (at, assumption) in levels.iter_mut().enumerate() {
            if level.is_none_or(|level| level as usize == at) {
                *field(assumption) = rate;
            }
        }
    }
}

/// `2.5`, or `top_managers=2.5`.
fn parse_level_rate(
    text: &str,
    bounds: impl Fn(AnnualRate) -> Result<AnnualRate, RateError>,
) -> Result<LevelRate, RateError> {
    let (level, rate) = match text.rsplit_once('=') {
        Some((name, rate)) => {
            let level = Level::VARIANTS.iter().find(|level| level.name() == name.trim());
            let names = || Level::VARIANTS.iter().map(|level| level.name()).collect::<Vec<_>>().join(", ");
            let unknown = || RateError::from(format!("“{name}” is no level; the levels are {}", names()));
            (Some(*level.ok_or_else(unknown)?), rate)
        }
        None => (None, text),
    };
    Ok((level, bounds(rate.parse()?)?))
}
