//! Shell verbs: from arguments to one call, its answer on stdout, words on stderr, and an exit code.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Read};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use jiff::Timestamp;
use serde_json::value::RawValue;

use crate::api::client::Client;
use crate::api::error::{ApiError, Failure};
use crate::api::page::{Meta, Rows, read_rows};
use crate::api::request::{Method, PageWanted, Request};
use crate::api::{Call, scorecards};
use crate::cli::account::dry_run;
use crate::cli::exit::{FAILED, NOT_FOUND, USAGE, complain, say};
use crate::cli::import;
use crate::cli::print::{self, Format};
use crate::cli::sending::{End, failed, not_taken, readable, send, with_client};
use crate::cli::verbs::{Body, Brings, Given, RESOURCES, VERBS, Verb, counter};
use crate::config::Config;
use crate::domain::id::ScorecardId;
use crate::domain::recalculation::{Next, State, Watch};
use crate::domain::record::{Draft, Field, Kind, Need, Value, parse};
use crate::domain::target::Target;

/// The commands of the verbs, resource by resource.
pub(super) fn commands() -> Vec<Command> {
    let resource = |(name, about): (&'static str, &'static str)| {
        let verbs = VERBS.iter().filter(|verb| verb.resource == name).map(command);
        let import = (name == "participants").then(import::command);
        Command::new(name)
            .about(about)
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommands(verbs.chain(import))
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
        let about = match (field.need, verb.name) {
            (Need::Required, "create" | "upsert") => format!("{} (required)", field.about),
            _ => field.about.to_owned(),
        };
        let long = field.name.replace('_', "-");
        let option = Arg::new(field.name).long(long).value_name(placeholder(field)).help(about);
        command = command.arg(option.help_heading("Fields"));
    }
    if verb.body == Body::Counters {
        let about =
            "Counters to set, like african_male_top_managers=3; the prefix number_of_ may be left out";
        command =
            command.arg(Arg::new("counters").value_name("KEY=VALUE").action(ArgAction::Append).help(about));
    }
    if verb.body != Body::None {
        command = command
            .arg(option("json", "The body in the API's own shape, root key included").value_name("JSON"))
            .arg(
                option("file", "Read that body from a file, or from standard input with -")
                    .value_name("FILE"),
            );
        if verb.body != Body::Counters {
            command = command.arg(
                Arg::new("stdin")
                    .value_name("-")
                    .value_parser(["-"])
                    .help("Read that body from standard input"),
            );
        }
    }
    if let Brings::Pages(_) = verb.brings {
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
    command
        .arg(Format::argument("Format"))
        .arg(option("dry-run", "Print the request instead of sending it").action(ArgAction::SetTrue))
}

fn placeholder(field: &Field) -> &'static str {
    match field.kind {
        Kind::Date => "YYYY-MM-DD",
        Kind::Integer | Kind::Decimal => "NUMBER",
        Kind::Flag => "true|false",
        _ => "TEXT",
    }
}

/// Runs a verb.
pub(super) fn run(resource: &str, matches: &ArgMatches, config: Config) -> ExitCode {
    let Some((name, matches)) = matches.subcommand() else { return ExitCode::from(USAGE) };
    if name == "import" {
        return import::run(matches, config);
    }
    let Some(verb) = VERBS.iter().find(|v| v.resource == resource && v.name == name) else {
        return ExitCode::from(USAGE);
    };
    let (call, request) = match request(verb, matches) {
        Ok(both) => both,
        Err(why) => return complain(&why, USAGE),
    };
    if matches.get_flag("dry-run") {
        return dry_run(&request, &config);
    }
    if verb.name == "delete" && !matches.get_flag("yes") {
        return complain("deleting needs --yes; nothing was sent", USAGE);
    }
    let reads = request.method.is_read();
    let done =
        with_client(config, reads, async |client| perform(verb, &call, request, matches, client).await);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(end) => end.tell(),
    }
}

/// The call and the very request of a verb's arguments.
fn request(verb: &Verb, matches: &ArgMatches) -> Result<(Call, Request), String> {
    let text = |name: &str| matches.try_get_one::<String>(name).ok().flatten();
    let number = |name: &str| matches.try_get_one::<u32>(name).ok().flatten().copied();
    let raw = match (text("json"), text("file"), text("stdin")) {
        (None, None, None) => None,
        (Some(json), None, None) => Some(json.clone()),
        (None, Some(file), None) if file != "-" => {
            Some(std::fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?)
        }
        (None, file, stdin) if file.is_some() != stdin.is_some() => {
            let mut json = String::new();
            std::io::stdin().read_to_string(&mut json).map_err(|e| format!("standard input: {e}"))?;
            Some(json)
        }
        _ => return Err("give the body once: as --json, as --file or as -".into()),
    };
    let mut values = Vec::new();
    let mut counters = Vec::new();
    for field in verb.fields() {
        if let Some(text) = text(field.name) {
            values.push((field.name, value(field, text)?));
        }
    }
    if verb.body == Body::Counters {
        for text in matches.get_many::<String>("counters").into_iter().flatten() {
            counters.push(counter(text)?);
        }
    }
    let given_fields = !values.is_empty() || !counters.is_empty();
    match (verb.body, &raw) {
        (Body::None, _) => {}
        (_, Some(_)) if given_fields => return Err("give either options or a JSON body, not both".into()),
        (_, None) if !given_fields => {
            return Err("nothing to send: give fields as options, or a JSON body".into());
        }
        _ => {}
    }
    let page = PageWanted {
        page: number("page").unwrap_or(1),
        per_page: number("per-page").unwrap_or(PageWanted::LARGEST),
    };
    let ids = verb.ids.iter().filter_map(|id| text(id)).cloned().collect();
    let call = (verb.call)(&Given { ids, draft: Draft::new(values), counters, page })?;
    let mut request = call.request();
    if let Some(raw) = raw {
        serde_json::from_str::<&RawValue>(&raw)
            .map_err(|e| format!("the body is no JSON (line {}, column {})", e.line(), e.column()))?;
        request.body = Some(raw.trim().as_bytes().to_vec());
    }
    Ok((call, request))
}

/// An option's text as a value of its field; blank is null where null may be.
fn value(field: &Field, text: &str) -> Result<Value, String> {
    if text.is_empty() && field.need == Need::Nullable {
        return Ok(Value::Null);
    }
    parse(field.kind, text).ok_or_else(|| {
        let allowed = match field.kind {
            Kind::Choice(words) => format!("one of: {}", words.join(", ")),
            Kind::Date => "a date like 2025-09-01".into(),
            Kind::Integer => "a whole number".into(),
            Kind::Decimal => "a number like 5000.50".into(),
            Kind::Flag => "true or false".into(),
            _ => "a text".into(),
        };
        format!("--{} `{text}`: it takes {allowed}", field.name.replace('_', "-"))
    })
}

async fn perform(
    verb: &Verb,
    call: &Call,
    request: Request,
    matches: &ArgMatches,
    client: &Client,
) -> Result<(), End> {
    let format = matches.get_one::<Format>("output").copied().unwrap_or(Format::Table);
    if let Call::Scorecards(scorecards::Call::Recalculate(id)) = call {
        return recalculate(id, matches.get_flag("wait"), client).await;
    }
    let mut out = std::io::stdout().lock();
    let body = send(call, &request, client).await?.body;
    // What was sent is judged by the status; what came back still has to be readable.
    let text = std::str::from_utf8(&body).map_err(|_| failed("the answer is no text"))?;
    if !request.method.is_read() {
        readable(call, &body)?;
    }
    let not_taken = not_taken(call, text);
    match verb.brings {
        Brings::Done => readable(call, &body)?,
        Brings::Target if format == Format::Json => {
            print::json(&mut out, &target_text(call, matches, text)?)?;
        }
        Brings::Target => {
            let target: Target = serde_json::from_str(&target_text(call, matches, text)?)
                .map_err(|_| failed("the target is not as documented"))?;
            print::target(&mut out, format, &target)?;
        }
        Brings::One(_) if format == Format::Json => {
            readable(call, &body)?;
            print::json(&mut out, text)?;
        }
        Brings::One(schema) => {
            readable(call, &body)?;
            let raw = serde_json::from_str(text).map_err(|_| failed("the answer is not as documented"))?;
            print::record(&mut out, format, schema, raw)?;
        }
        Brings::List(schema) | Brings::Pages(schema) => {
            let mut rows = raw_rows(&body)?;
            if let Brings::Pages(_) = verb.brings
                && !matches.contains_id("page")
            {
                let per_page = matches.get_one("per-page").copied().unwrap_or(PageWanted::LARGEST);
                rows = all_pages(rows, call, &request, per_page, client).await?;
            }
            match format {
                Format::Json => print::json_list(&mut out, &rows.rows)?,
                _ => print::records(&mut out, format, schema, &rows.rows)?,
            }
        }
    }
    if not_taken.is_empty() { Ok(()) } else { Err(End { words: not_taken, code: FAILED }) }
}

fn raw_rows(body: &[u8]) -> Result<Rows<Box<RawValue>>, End> {
    read_rows(body, |raw| Ok(raw.to_owned())).map_err(failed)
}

/// How often a list that changes while it is read is begun anew.
const READINGS: u32 = 3;

/// Reads the pages after the first, in order, until there are no more or one brings nothing new; all of them again when
/// they are not as many rows as the server says, since then the list changed meanwhile.
async fn all_pages(
    mut first: Rows<Box<RawValue>>,
    call: &Call,
    request: &Request,
    per_page: u32,
    client: &Client,
) -> Result<Rows<Box<RawValue>>, End> {
    for reading in 1.. {
        let Some(Meta { pages: Some(pages), count, .. }) = first.meta else { break };
        let mut seen: BTreeSet<String> = first.rows.iter().filter_map(|row| id_of(row)).collect();
        for page in 2..=u32::try_from(pages).unwrap_or(u32::MAX) {
            let request = Request { query: Some(PageWanted { page, per_page }.query()), ..request.clone() };
            let mut more = raw_rows(&send(call, &request, client).await?.body)?;
            more.rows.retain(|row| id_of(row).is_none_or(|id| seen.insert(id)));
            if more.rows.is_empty() {
                break;
            }
            first.rows.extend(more.rows);
        }
        let whole = count.is_none_or(|count| count == first.rows.len() as u64);
        if whole || reading == READINGS {
            if let (false, Some(count)) = (whole, count) {
                say(&format!("the list changes while it is read: {} rows of {count}", first.rows.len()));
            }
            break;
        }
        first = raw_rows(&send(call, request, client).await?.body)?;
    }
    Ok(first)
}

/// The id of a row, as it is written.
fn id_of(row: &RawValue) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Row<'a> {
        #[serde(borrow)]
        id: &'a RawValue,
    }
    serde_json::from_str::<Row>(row.get()).ok().map(|row| row.id.get().to_owned())
}

/// As much of a plan as is needed to find a target in it.
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

/// The JSON of one target: the whole answer of an update, or a part of its plan.
fn target_text(call: &Call, matches: &ArgMatches, text: &str) -> Result<String, End> {
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
    let missing = End { words: vec!["the plan has no such milestone and target".into()], code: NOT_FOUND };
    found.map(|raw| raw.get().to_owned()).ok_or(missing)
}

/// Starts a recalculation, and with `wait` looks until its end.
async fn recalculate(id: &ScorecardId, wait: bool, client: &Client) -> Result<(), End> {
    let mut watch = None;
    if wait {
        let read = read_scorecard(id, client).await?;
        watch = Some(Watch::new(id.clone(), read.description(), read.updated_at(), Timestamp::now()));
    }
    client.run(&Call::Scorecards(scorecards::Call::Recalculate(id.clone()))).await?;
    let Some(mut watch) = watch else { return Ok(()) };
    watch.accepted();
    let progress = std::io::stderr().is_terminal();
    while let Next::Look(pause) | Next::Start(pause) = watch.next() {
        if progress {
            say(&format!("{} · next look in {} s", watch.state, pause.as_secs()));
        }
        tokio::time::sleep(pause).await;
        match read_scorecard(id, client).await {
            Ok(read) => {
                watch.looked(read.updated_at(), Timestamp::now());
            }
            Err(error) if error.out_of_reach() => watch.out_of_reach(Timestamp::now()),
            Err(error) => return Err(error.into()),
        }
    }
    match watch.state {
        State::Finished(_) => Ok(()),
        state => Err(failed(format!("{state}: updated_at has not moved in an hour; it may still run"))),
    }
}

async fn read_scorecard(
    id: &ScorecardId,
    client: &Client,
) -> Result<crate::domain::scorecard::Scorecard, ApiError> {
    let call = Call::Scorecards(scorecards::Call::Read(id.clone()));
    let list = Call::Scorecards(scorecards::Call::List);
    let request = call.request();
    let missing =
        || ApiError { method: request.method, template: request.template, failure: Failure::NotFound };
    match client.run(&call).await {
        Ok(crate::api::reply::Answer { reply: crate::api::reply::Reply::Scorecard(read), .. }) => Ok(read),
        // Listed in the documents, but not described: the list stands in where it is not there.
        Err(ApiError { failure: Failure::NotFound | Failure::Status(400..500), .. }) => {
            match client.run(&list).await?.reply {
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
