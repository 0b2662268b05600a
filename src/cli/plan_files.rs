//! `bee-tui plans export`, `plans report` and `plans import`: a plan's tables to a file and back, and its report.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use jiff::Timestamp;

use crate::cli::account::AccountUse;
use crate::cli::apply::{send_targets, sending_arguments};
use crate::cli::check::read_plan;
use crate::cli::error::{CliError, ErrorKind, failed, say};
use crate::cli::send::with_client;
use crate::config::Config;
use crate::domain::change::change_set;
use crate::domain::date::today;
use crate::domain::id::PlanId;
use crate::domain::plan::table_ref::TableRef;
use crate::domain::plan::target::TargetType;
use crate::effect::Document;
use crate::runtime::files::{read_sheets, write_new};
use crate::workspace::plan_file::ExportScope;
use crate::workspace::{Snapshot, Workspace};

/// The three commands.
pub(super) fn commands() -> [Command; 3] {
    let plan = || Arg::new("PLAN").required(true).value_parser(|id: &str| id.parse::<PlanId>());
    let path = clap::value_parser!(PathBuf);
    let to = |help: &'static str| {
        let to = Arg::new("to").long("to").value_name("FILE").required(true).value_parser(path.clone());
        to.value_hint(clap::ValueHint::FilePath).help(help)
    };
    let sector = Arg::new("sector").long("sector").value_name("SECTOR");
    [
        Command::new("export")
            .about("Write the tables of a plan to a new file")
            .after_help("bee-tui plans export 42 --to plan.xlsx")
            .arg(plan())
            .arg(to("A new file; its ending says which kind: .xlsx, .csv, .json or .md"))
            .arg(
                Arg::new("form")
                    .long("form")
                    .value_name("FORM")
                    .value_parser(["eea13"])
                    .help("eea13: a workbook in the shape of that form, as a working paper"),
            ),
        Command::new("report")
            .about("Write the report of a plan: one HTML file with its tables, targets, shortfalls and charts")
            .after_help("bee-tui plans report 42 --to plan.html")
            .arg(plan())
            .arg(to("A new .html file"))
            .arg(sector.help("The sector of a plan that names none")),
        Command::new("import")
            .about("Send the numbers of a file that export wrote and somebody changed, or of one of the same look")
            .after_help(
                "A workbook that export wrote holds its original numbers: only what was changed in it is sent, and nothing \
                 where the server has moved since. From any other file every number that differs is sent.\n\n\
                 bee-tui plans import 42 plan.xlsx --dry-run",
            )
            .arg(plan())
            .arg(
                Arg::new("FILE")
                    .required(true)
                    .value_parser(path.clone())
                    .value_hint(clap::ValueHint::FilePath)
                    .help("A .xlsx or .csv file"),
            )
            .args(sending_arguments()),
    ]
}

/// Runs one of the commands and returns the exit code.
pub(super) fn run(name: &str, matches: &ArgMatches, config: &Config) -> ExitCode {
    let done = match name {
        "import" => return import(matches, config).unwrap_or_else(CliError::report),
        "report" => report(matches, config),
        _ => export(matches, config),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}

/// Reads the plan that is named, into a workspace of its own.
fn read(matches: &ArgMatches, config: &Config) -> Result<(PlanId, Workspace), CliError> {
    let id: PlanId = *matches.get_one("PLAN").ok_or_else(|| CliError::usage("no plan is named"))?;
    let plan = with_client(config.clone(), AccountUse::Read, async |client| read_plan(id, client).await)?;
    let mut workspace = Workspace::default();
    workspace.benchmarks = config.benchmarks.clone();
    workspace.plans.insert(id, Snapshot { value: plan, read_at: Timestamp::now() });
    Ok((id, workspace))
}

fn write(matches: &ArgMatches, document: &Document) -> Result<(), CliError> {
    let path: &PathBuf = matches.get_one("to").ok_or_else(|| CliError::usage("--to names the file"))?;
    write_new(path, document, |_, _| {}).map_err(|why| CliError::usage(why.to_string()))?;
    say(format!("{} written to {}", document.summary(), path.display()));
    Ok(())
}

/// Writes the tables. Fails when the plan cannot be read or the file cannot be written.
fn export(matches: &ArgMatches, config: &Config) -> Result<(), CliError> {
    let (id, workspace) = read(matches, config)?;
    if matches.contains_id("form") {
        let report = workspace.plan_report(id, today(Timestamp::now()));
        let report = report.ok_or_else(|| failed("the plan was not read"))?;
        return write(matches, &Document::Eea13(Box::new(report)));
    }
    let book =
        workspace.plan_export(id, &ExportScope::Plan).ok_or_else(|| failed("the plan was not read"))?;
    write(matches, &Document::Book(book))
}

/// Writes the report. Fails when the plan cannot be read or the file cannot be written.
fn report(matches: &ArgMatches, config: &Config) -> Result<(), CliError> {
    let (id, mut workspace) = read(matches, config)?;
    if let Some(sector) = matches.get_one::<String>("sector") {
        if workspace.benchmarks.sector(sector).is_none() {
            return Err(CliError::usage(format!("--sector {sector}: there are no targets for it")));
        }
        workspace.sectors.insert(id, sector.clone());
    }
    let report =
        workspace.plan_report(id, today(Timestamp::now())).ok_or_else(|| failed("the plan was not read"))?;
    if report.years.iter().all(|year| year.measured.is_empty()) {
        say("the plan names no sector with targets; --sector gives one to measure it by");
    }
    write(matches, &Document::Report(Box::new(report)))
}

/// Sends what a file changes. Fails when it cannot be read or nothing in it belongs to the plan.
fn import(matches: &ArgMatches, config: &Config) -> Result<ExitCode, CliError> {
    let path: &PathBuf = matches.get_one("FILE").ok_or_else(|| CliError::usage("no file is named"))?;
    let sheets = read_sheets(path).map_err(|why| CliError::usage(why.to_string()))?;
    let (id, mut workspace) = read(matches, config)?;
    let now = Timestamp::now();
    let year = workspace.plan(id).map(|plan| plan.year_on(today(now))).unwrap_or_default();
    let shown = TableRef { plan: id, year, table: TargetType::AllEmployees };
    let changes = workspace.changes_in_file(&shown, &sheets);
    changes.notes.iter().for_each(say);
    if changes.edits.is_empty() {
        say("nothing in the file differs from the plan: nothing was sent");
        return Ok(if changes.unchanged_tables > 0 {
            ExitCode::SUCCESS
        } else {
            ErrorKind::Usage.exit_code()
        });
    }
    let staged = workspace.edit_counters_from(id, changes.edits, now);
    let (_, refused) = staged.map_err(|why| CliError::usage(why.to_string()))?;
    if let Some(why) = refused.first() {
        return Err(CliError::usage(format!("{} cannot be set: {why}; nothing was sent", refused.len())));
    }
    let text = change_set::write(&workspace.counter_changes).map_err(|why| failed(why.to_string()))?;
    let targets = change_set::read(&text).map_err(|why| failed(why.to_string()))?;
    Ok(send_targets(&targets, matches, config))
}
