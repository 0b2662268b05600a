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
use crate::domain::benchmark::{Benchmarks, Eap};
use crate::domain::change::change_set;
use crate::domain::change::counter_change::{CounterChanges, TargetLabel};
use crate::domain::date::today;
use crate::domain::draft::drafting::draft;
use crate::domain::draft::plan_draft::{
    DraftYears, ProfileSource, assumptions, default_profile, drafted_counters, year_numbered, year_tables,
};
use crate::domain::draft::rate::{AnnualRate, RateError};
use crate::domain::draft::{DraftBasis, LevelAssumption, Meet};
use crate::domain::id::PlanId;
use crate::domain::plan::Plan;
use crate::domain::plan::counter::Level;
use crate::domain::refusal::Refusal;
use crate::domain::text::{Text, pluralize};

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
                .value_parser(parse_source),
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
    let eap = find_eap(&benchmarks, text("region").unwrap_or_default(), text("vintage"))?.clone();
    let id: PlanId = *matches.get_one("PLAN").ok_or_else(|| CliError::usage("no plan is named"))?;
    let from: Option<ProfileSource> = matches.get_one("from").copied();
    let (plan, other) = with_client(config, AccountUse::Read, async |client| {
        let plan = read_plan(id, client).await?;
        let other = match from {
            Some(ProfileSource::OtherPlan(other, _)) if other != id => Some(read_plan(other, client).await?),
            _ => None,
        };
        Ok((plan, other))
    })?;
    let refused = |why: Refusal| CliError::usage(why.to_string());
    let now = Timestamp::now();
    let from = from.or_else(|| default_profile(&plan, today(now)));
    let from = from.ok_or_else(|| CliError::usage(format!("{}: the plan has no years", plan.name())))?;
    let years = DraftYears::of(&plan, from, matches.get_one("by").copied(), today(now)).map_err(refused)?;
    let (source, year) = match from {
        ProfileSource::OwnYear(year) => (&plan, year),
        ProfileSource::OtherPlan(_, year) => (other.as_ref().unwrap_or(&plan), year),
    };
    let profile = year_numbered(source, year).and_then(|year| year_tables(source, year)).map_err(refused)?;
    let meet: Meet = text("meet").and_then(|meet| meet.parse().ok()).unwrap_or(Meet::Both);
    let (sector_name, sector) = find_sector(&plan, text("sector"), meet, &benchmarks)?;
    let mut levels = [LevelAssumption::default(); 6];
    let rates =
        |name: &str| matches.get_many::<LevelRate>(name).into_iter().flatten().copied().collect::<Vec<_>>();
    set_rates(&mut levels, &rates("growth"), |level| &mut level.growth);
    set_rates(&mut levels, &rates("turnover"), |level| &mut level.turnover);
    let basis = DraftBasis { profile, years: years.count(), assumptions: levels, meet, sector, eap: &eap };
    let drafted = draft(&basis).map_err(refused)?;
    let mut changes = CounterChanges::default();
    for counter in drafted_counters(&plan, years, &drafted).map_err(refused)? {
        let place = counter.cell.target;
        let Some((milestone, target)) = plan.target(place.milestone, place.target) else { continue };
        if counter.server != Some(counter.count) {
            let label = TargetLabel {
                plan: plan.name(),
                year: milestone.year,
                target_type: target.target_type.clone(),
            };
            changes.set_staged(&counter.cell, &label, Some((counter.server, counter.count)), now);
        }
    }
    let set = change_set::write(&changes).map_err(|why| failed(why.to_string()))?;
    let last = plan.milestone(years.last).map_or(0, |milestone| milestone.year);
    let named = sector_name.map(|name| (name, benchmarks.targets_source.as_str()));
    for line in assumptions(&basis, &format!("{}, Year {year}", source.name()), last, named) {
        say(line);
    }
    for unreached in &drafted.unreached {
        say(format!("not reached in Year {last}: {}", unreached.words()));
    }
    say(format!("draft: {} in {}", pluralize(changes.len(), "counter"), pluralize(years.count(), "year")));
    let mut out = std::io::stdout().lock();
    out.write_all(set.as_bytes())?;
    Ok(out.flush()?)
}

/// The sector whose targets are to be met, with its name. Fails where there is none and one is needed.
fn find_sector<'a>(
    plan: &'a Plan,
    given: Option<&'a str>,
    meet: Meet,
    benchmarks: &'a Benchmarks,
) -> Result<(Option<&'a str>, Option<&'a crate::domain::benchmark::SectorTarget>), CliError> {
    let own = plan.record.value("sector").raw().filter(|sector| !sector.trim().is_empty());
    let Some(name) = own.filter(|own| benchmarks.sector(own).is_some()).or(given).or(own) else {
        if meet == Meet::Eap {
            return Ok((None, None));
        }
        return Err(CliError::usage(format!(
            "plan {}, {}: it names no sector; --sector gives one whose targets are to be met",
            plan.id,
            plan.name()
        )));
    };
    let known = || benchmarks.sector_names().collect::<Vec<_>>().join("; ");
    let sector = benchmarks.sector(name).ok_or_else(|| {
        CliError::usage(format!(
            "there are no targets for the sector `{}`; the sectors are {}",
            Text::from(name),
            known()
        ))
    })?;
    Ok((Some(name), Some(sector)))
}

/// The EAP of a region in a vintage, or in the newest. Fails, and names those there are, when there is none.
fn find_eap<'a>(
    benchmarks: &'a Benchmarks,
    region: &str,
    vintage: Option<&str>,
) -> Result<&'a Eap, CliError> {
    let is_asked = |eap: &&Eap| {
        eap.region.eq_ignore_ascii_case(region)
            && vintage.is_none_or(|vintage| eap.vintage.eq_ignore_ascii_case(vintage))
    };
    let found = benchmarks.eaps().iter().filter(is_asked).max_by_key(|eap| eap.quarter());
    found.ok_or_else(|| {
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

/// `3`, a year of the plan, or `42:1`, a year of another.
fn parse_source(text: &str) -> Result<ProfileSource, Refusal> {
    let bad = || Refusal::from("it is a year, such as 1, or a plan and its year, such as 42:1");
    let year = |text: &str| text.trim().parse::<u32>().map_err(|_| bad());
    Ok(match text.split_once(':') {
        Some((plan, of_plan)) => {
            ProfileSource::OtherPlan(plan.trim().parse().map_err(|_| bad())?, year(of_plan)?)
        }
        None => ProfileSource::OwnYear(year(text)?),
    })
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
