//! Shell verbs: turns arguments into one call, and prints its response on stdout and messages on stderr.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use jiff::Timestamp;
use serde_json::value::RawValue;

use crate::api::client::Client;
use crate::api::error::{ApiError, Failure};
use crate::api::reply::Reply;
use crate::api::request::{Method, PageQuery, Request};
use crate::api::{Call, plans, scorecards};
use crate::cli::account::{self, AccountUse, dry_run};
use crate::cli::error::{CliError, ErrorKind, complain, failed, say};
use crate::cli::interactive::ConfigLoader;
use crate::cli::list_output::RawList;
use crate::cli::print::{self, Format};
use crate::cli::send::{clear_undecided_writes, send, wait_for_interrupt, with_client};
use crate::cli::verbs::{RESOURCES, VERBS, Verb, VerbBody, VerbOutput};
use crate::cli::verify::{
    check_readable, is_confirmed_by_reading, print_failure, unreadable_response, verify_write,
};
use crate::cli::{check, diff, draft, import, plan_files, request_body};
use crate::config::Config;
use crate::domain::change::counter_change::{TargetPatch, TargetRef};
use crate::domain::id::ScorecardId;
use crate::domain::plan::target::Target;
use crate::domain::record::recalculation::{RecalculationState, Watch, WatchStep};
use crate::domain::record::{FieldKind, Requirement, SchemaField};

/// The commands of all verbs, by resource.
pub(super) fn commands() -> Vec<Command> {
    let resource = |(name, about): (&'static str, &'static str)| {
        let verbs = VERBS.iter().filter(|verb| verb.resource == name).map(command);
        let import = matches!(name, "participants" | "training-programs").then(|| import::command(name));
        let alias = (name == "training-programs").then_some("training");
        let of_plans = if name == "plans" {
            [check::command(), diff::command(), draft::command()]
                .into_iter()
                .chain(plan_files::commands())
                .collect()
        } else {
            Vec::new()
        };
        Command::new(name)
            .visible_aliases(alias)
            .about(about)
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommands(verbs.chain(import).chain(of_plans))
    };
    RESOURCES.into_iter().map(resource).collect()
}

fn command(verb: &Verb) -> Command {
    let mut command = Command::new(verb.name).about(verb.about);
    for id in verb.ids {
        command = command.arg(Arg::new(*id).required(true));
    }
    let option = |name: &'static str, about: &'static str| Arg::new(name).long(name).help(about);
    for field in verb.fields() {
        let about = match (field.requirement, verb.name) {
            // A flag that is left out means no.
            (Requirement::Required, "create" | "upsert") if field.kind != FieldKind::Flag => {
                format!("{} (required)", field.description)
            }
            _ if field.is_personal() => {
                format!("{} Give a file that holds it, or - for standard input", field.description)
            }
            _ => field.description.to_owned(),
        };
        let long = field.name.replace('_', "-");
        let option = Arg::new(field.name).long(long).value_name(placeholder(field)).help(about);
        command = command.arg(option.help_heading("Fields"));
    }
    for field in verb.create_only_fields() {
        command = command.arg(Arg::new(field.name).long(field.name.replace('_', "-")).hide(true));
    }
    if verb.body == VerbBody::Counters {
        let about =
            "Counters to set, like african_male_top_managers=3; the prefix number_of_ may be left out";
        command =
            command.arg(Arg::new("counters").value_name("KEY=VALUE").action(ArgAction::Append).help(about));
    }
    if verb.body != VerbBody::None {
        command = command
            .arg(option("json", "The body in the API's own shape, root key included").value_name("JSON"))
            .arg(
                option("file", "Read that body from a file, or from standard input with -")
                    .value_name("FILE")
                    .value_hint(clap::ValueHint::FilePath),
            );
        if verb.body != VerbBody::Counters {
            command = command.arg(
                Arg::new("stdin")
                    .value_name("-")
                    .value_parser(["-"])
                    .help("Read that body from standard input"),
            );
        }
    }
    if let VerbOutput::PagedList(_) = verb.output {
        let number = clap::value_parser!(u32);
        command = command
            .arg(
                option("page", "Only this page; all pages otherwise").value_parser(number.range(1..=100_000)),
            )
            .arg(option("per-page", "Rows on a page").value_parser(number.range(1..=1000)));
    }
    if verb.name == "delete" {
        command = command.arg(option("yes", "Delete without another question").action(ArgAction::SetTrue));
    }
    if verb.name == "recalculate" {
        command = command.arg(option("wait", "Wait until it has finished").action(ArgAction::SetTrue));
    }
    if verb.writes() {
        command = command.arg(account::confirm_argument());
    }
    command
        .arg(Format::argument("Format"))
        .arg(option("dry-run", "Print the request instead of sending it").action(ArgAction::SetTrue))
}

fn placeholder(field: &SchemaField) -> &'static str {
    match field.kind {
        _ if field.is_personal() => "FILE",
        FieldKind::Date => "YYYY-MM-DD",
        FieldKind::Integer | FieldKind::Decimal => "NUMBER",
        FieldKind::Flag => "true|false",
        _ => "TEXT",
    }
}

/// Runs a verb and returns the exit code.
pub(super) fn run(resource: &str, matches: &ArgMatches, config: Config, load: ConfigLoader<'_>) -> ExitCode {
    let Some((name, matches)) = matches.subcommand() else { return ErrorKind::Usage.exit_code() };
    if name == "check" {
        return check::run(matches, config, load);
    }
    if name == "diff" {
        return diff::run(matches, config);
    }
    if name == "draft" {
        return draft::run(matches, config);
    }
    if resource == "plans" && matches!(name, "export" | "report" | "import") {
        return plan_files::run(name, matches, &config);
    }
    if name == "import" {
        return import::run(matches, config);
    }
    let Some(verb) = VERBS.iter().find(|v| v.resource == resource && v.name == name) else {
        return ErrorKind::Usage.exit_code();
    };
    let (call, request) = match request_body::build_request(verb, matches) {
        Ok(both) => both,
        Err(error) => return error.report(),
    };
    if matches.get_flag("dry-run") {
        return dry_run(&request, &config).map_or_else(CliError::report, |()| ExitCode::SUCCESS);
    }
    if verb.name == "delete" && !matches.get_flag("yes") {
        return complain("deleting needs --yes; nothing was sent", ErrorKind::Usage);
    }
    let purpose = if request.method.is_read() { AccountUse::Read } else { AccountUse::write(matches) };
    let done =
        with_client(config, purpose, async |client| perform(verb, &call, request, matches, client).await);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(end) => end.report(),
    }
}

async fn perform(
    verb: &Verb,
    call: &Call,
    request: Request,
    matches: &ArgMatches,
    client: &Client,
) -> Result<(), CliError> {
    if let Call::Scorecards(scorecards::Call::Recalculate(id)) = call {
        return recalculate(id, matches.get_flag("wait"), client).await;
    }
    if let Call::Plans(plans::Call::UpdateTarget(place, counters)) = call {
        check_counters(*place, counters, client).await?;
    }
    let answer = send(call, &request, client).await;
    // Whether a write was carried out is decided first, and that needs a readable response.
    let judged = answer.and_then(|answer| {
        if !request.method.is_read() {
            check_readable(call, &answer.body)?;
        }
        Ok(answer)
    });
    let answer = match judged {
        Err(end) if end.kind == ErrorKind::UnknownOutcome && is_confirmed_by_reading(call, client).await => {
            clear_undecided_writes();
            say(format!(
                "{}; reading shows that it was carried out",
                end.messages.first().map_or("", String::as_str)
            ));
            return Ok(());
        }
        judged => judged?,
    };
    let verification = if request.method.is_read() { Ok(()) } else { verify_write(call, &answer.body) };
    let printed = show(verb, call, &request, matches, &answer.body, client).await;
    match printed {
        Err(end) if !request.method.is_read() => {
            let mut error = print_failure(&request, answer.status, &end);
            error.messages.extend(verification.err().into_iter().flat_map(|end| end.messages));
            return Err(error);
        }
        printed => printed?,
    }
    verification
}

/// Prints a response, and of a list in pages all of them. Fails when something cannot be read or printed, or
/// when the list is incomplete.
async fn show(
    verb: &Verb,
    call: &Call,
    request: &Request,
    matches: &ArgMatches,
    body: &[u8],
    client: &Client,
) -> Result<(), CliError> {
    let format = matches.get_one::<Format>("output").copied().unwrap_or(Format::Table);
    let mut out = std::io::stdout().lock();
    let text = || std::str::from_utf8(body).map_err(|_| failed("the server's answer is not UTF-8"));
    match verb.output {
        VerbOutput::Nothing => {
            check_readable(call, body)?;
            if format == Format::Json && !body.trim_ascii().is_empty() {
                print::json(&mut out, text()?)?;
            }
        }
        VerbOutput::Target if format == Format::Json => {
            print::json(&mut out, &target_text(call, matches, text()?)?)?;
        }
        VerbOutput::Target => {
            let target: Target = serde_json::from_str(&target_text(call, matches, text()?)?)
                .map_err(|_| failed("the target is not as documented"))?;
            print::target(&mut out, format, &target)?;
        }
        VerbOutput::Record(_) if format == Format::Json => {
            check_readable(call, body)?;
            print::json(&mut out, text()?)?;
        }
        VerbOutput::Record(schema) => {
            check_readable(call, body)?;
            let raw = serde_json::from_str(text()?).map_err(|_| failed("the answer is not as documented"))?;
            print::record(&mut out, format, schema, raw)?;
        }
        VerbOutput::List(schema) | VerbOutput::PagedList(schema) => {
            let reads_on = matches!(verb.output, VerbOutput::PagedList(_)) && request.method.is_read();
            let list = if reads_on && !matches.contains_id("page") {
                let per_page = matches.get_one("per-page").copied().unwrap_or(PageQuery::MAX_PER_PAGE);
                RawList::read_all_pages(body, call, request, per_page, client).await?
            } else if request.method.is_read() {
                RawList::from_single_response(body, matches.try_get_one("page").ok().flatten().copied())?
            } else {
                RawList::from_write_response(body)?
            };
            let damaged = print::records(&mut out, format, schema, &list.rows)?;
            out.flush()?;
            list.check_complete(damaged)?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Fails when the plan's target lacks a counter to be set, since the server ignores an unknown name with a
/// good status.
async fn check_counters(place: TargetRef, counters: &TargetPatch, client: &Client) -> Result<(), CliError> {
    let call = Call::Plans(plans::Call::Read(place.plan));
    let answer = send(&call, &call.request(), client).await?;
    let plan = match call.read(&answer.body) {
        Ok(Reply::Plan(plan)) => plan,
        Ok(_) => return Err(failed("the answer is no plan; nothing was sent")),
        Err(why) => {
            let mut end = unreadable_response(&call, why);
            end.messages.push("nothing was sent".into());
            return Err(end);
        }
    };
    let milestones = plan.milestones.iter().filter(|milestone| milestone.id == place.milestone);
    let target = milestones.flat_map(|milestone| &milestone.targets).find(|target| target.id == place.target);
    let Some(target) = target else {
        let words = "the plan has no such milestone and target; nothing was sent".into();
        return Err(CliError::new(ErrorKind::NotFound, vec![words]));
    };
    let known: Vec<String> = target.counters.iter().map(|(counter, _)| counter.name()).collect();
    let unknown = counters.iter().filter(|(counter, _)| target.reading(counter).is_none());
    let words: Vec<String> = unknown
        .map(|(counter, _)| {
            let name = counter.name();
            format!(
                "{name}: this target has no such counter; nearest: {}; nothing was sent",
                nearest(&name, &known)
            )
        })
        .collect();
    if words.is_empty() { Ok(()) } else { Err(CliError::new(ErrorKind::Usage, words)) }
}

/// The three known names that are most similar to this one, the best first.
fn nearest(name: &str, known: &[String]) -> String {
    let mut ranked: Vec<(f64, &String)> =
        known.iter().map(|known| (strsim::jaro_winkler(name, known), known)).collect();
    ranked.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    ranked.into_iter().take(3).map(|(_, known)| known.as_str()).collect::<Vec<_>>().join(", ")
}

/// As much of a plan as it takes to find a target in it.
#[derive(serde::Deserialize)]
struct Plan<'a> {
    #[serde(borrow)]
    milestones: Vec<Milestone<'a>>,
}

#[derive(serde::Deserialize)]
struct Milestone<'a> {
    id: u64,
    #[serde(borrow)]
    targets: Vec<&'a RawValue>,
}

/// The JSON of one target: the whole response to an update, or a part of the plan that was read. Fails when
/// the plan is not as documented or has no such target.
fn target_text(call: &Call, matches: &ArgMatches, text: &str) -> Result<String, CliError> {
    if call.request().method != Method::Get {
        return Ok(text.to_owned());
    }
    let id = |name: &str| matches.get_one::<String>(name).and_then(|id| id.parse::<u64>().ok());
    let plan: Plan = serde_json::from_str(text).map_err(|_| failed("the plan is not as documented"))?;
    let milestone = plan.milestones.into_iter().find(|m| Some(m.id) == id("MILESTONE"));
    let is_it = |raw: &&RawValue| {
        serde_json::from_str::<Target>(raw.get()).is_ok_and(|t| Some(t.id.as_u64()) == id("TARGET"))
    };
    let found = milestone.and_then(|m| m.targets.into_iter().find(is_it));
    let missing =
        CliError::new(ErrorKind::NotFound, vec!["the plan has no such milestone and target".into()]);
    found.map(|raw| raw.get().to_owned()).ok_or(missing)
}

/// Starts a recalculation and, with `wait`, polls until it has ended. Fails when the server refuses it, or
/// when its end cannot be seen.
async fn recalculate(id: &ScorecardId, wait: bool, client: &Client) -> Result<(), CliError> {
    let mut watch = None;
    if wait {
        let read = read_scorecard(id, client).await?;
        watch = Some(Watch::new(id.clone(), read.description(), Some(read.observation()), Timestamp::now()));
    }
    let call = Call::Scorecards(scorecards::Call::Recalculate(id.clone()));
    check_readable(&call, &send(&call, &call.request(), client).await?.body)?;
    clear_undecided_writes();
    let Some(mut watch) = watch else { return Ok(()) };
    watch.mark_accepted();
    let interrupted = wait_for_interrupt();
    tokio::select! {
        biased;
        seen = watch_until_finished(&mut watch, client) => seen?,
        signal = interrupted => {
            let words = signal.message("the recalculation runs on; only the waiting has ended");
            return Err(CliError::new(signal.kind(), vec![words]));
        }
    }
    match watch.state {
        RecalculationState::Finished(_) => Ok(()),
        RecalculationState::FinishedOrEdited(_) => {
            let edit = watch.last_edit.map(|edit| format!(": {edit}")).unwrap_or_default();
            say(format!("{}{edit}", watch.state));
            Ok(())
        }
        state => Err(failed(format!("{state}: it may still run"))),
    }
}

/// Polls a scorecard until its recalculation has ended or is given up. Fails when the scorecard cannot be
/// read for another reason than being offline.
async fn watch_until_finished(watch: &mut Watch, client: &Client) -> Result<(), CliError> {
    let progress = std::io::stderr().is_terminal();
    while let WatchStep::Read(pause) | WatchStep::Start(pause) = watch.next_step() {
        if progress {
            let edit = watch.last_edit.map(|edit| format!(" · {edit}")).unwrap_or_default();
            say(format!("{}{edit} · next look in {} s", watch.state, pause.as_secs()));
        }
        tokio::time::sleep(pause).await;
        let asked = Timestamp::now();
        match read_scorecard(&watch.scorecard, client).await {
            Ok(read) => {
                watch.observe(&read.observation(), asked, Timestamp::now());
            }
            Err(error) if error.is_offline() => watch.mark_lost_touch(Timestamp::now()),
            Err(error) => {
                let mut end = CliError::from(error);
                end.messages.push("the recalculation may still run".into());
                return Err(end);
            }
        }
    }
    Ok(())
}

async fn read_scorecard(
    id: &ScorecardId,
    client: &Client,
) -> Result<crate::domain::record::scorecard::Scorecard, ApiError> {
    let call = Call::Scorecards(scorecards::Call::Read(id.clone()));
    let list = Call::Scorecards(scorecards::Call::List);
    let request = call.request();
    let missing = || ApiError::new(&request, Failure::NotFound);
    match client.send_call(&call).await {
        Ok(crate::api::reply::Response { reply: crate::api::reply::Reply::Scorecard(read), .. }) => Ok(read),
        Err(error) if scorecards::is_to_be_read_from_list(&error) => {
            match client.send_call(&list).await?.reply {
                crate::api::reply::Reply::Scorecards(rows) => {
                    rows.rows.into_iter().find(|s| s.id == *id).ok_or_else(missing)
                }
                _ => Err(missing()),
            }
        }
        Err(error) => Err(error),
        Ok(_) => Err(missing()),
    }
}
