//! `bee-tui apply FILE`: sends the staged counters of a file, if none of them has changed on the server
//! since.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::api::client::Client;
use crate::api::{Call, plans};
use crate::cli::account::{AccountUse, confirm_argument, dry_run};
use crate::cli::check::read_plan;
use crate::cli::error::{CliError, ErrorKind, say};
use crate::cli::progress::Progress;
use crate::cli::send::{send, with_client};
use crate::cli::text_input::named_text;
use crate::cli::verify::{check_readable, counters_not_taken};
use crate::config::{Config, ParallelRequests};
use crate::domain::change::change_set::{self, ChangeSetTarget};
use crate::domain::change::counter_change::{TargetPatch, TargetRef, counter_reading};
use crate::domain::id::PlanId;
use crate::domain::plan::Plan;
use crate::domain::plan::target::{Count, CounterMerge, merge_counter};
use crate::domain::text::pluralize;

/// `bee-tui apply` with its options.
pub(super) fn command() -> Command {
    let file = Arg::new("file").required(true).value_name("FILE").value_hint(clap::ValueHint::FilePath);
    Command::new("apply")
        .about("Send the staged counters of a file, written with export from the list of what is staged")
        .arg(file.help("The change set, or - for standard input"))
        .args(sending_arguments())
}

/// The options of a command that sends counters.
pub(super) fn sending_arguments() -> [Arg; 3] {
    let dry = Arg::new("dry-run").long("dry-run").action(ArgAction::SetTrue);
    [
        dry.help("Read the plans and print what would be sent, but send nothing"),
        Arg::new("exit-code")
            .long("exit-code")
            .action(ArgAction::SetTrue)
            .requires("dry-run")
            .help("End a dry run with 9 when something has moved"),
        confirm_argument(),
    ]
}

/// Runs `bee-tui apply` and returns the exit code.
pub(super) fn run(matches: &ArgMatches, config: &Config) -> ExitCode {
    let file = matches.get_one::<String>("file").map_or("", String::as_str);
    let targets = match named_text(file)
        .and_then(|text| change_set::read(&text).map_err(|why| format!("{file}: {why}").into()))
    {
        Ok(targets) => targets,
        Err(error) => return error.report(),
    };
    send_targets(&targets, matches, config)
}

/// Sends counters, or with `--dry-run` prints what would be sent, and returns the exit code.
pub(super) fn send_targets(targets: &[ChangeSetTarget], matches: &ArgMatches, config: &Config) -> ExitCode {
    if targets.iter().all(|target| target.changes.is_empty()) {
        say("there is nothing to send: no counter changes");
        return ExitCode::SUCCESS;
    }
    let only_shown = matches.get_flag("dry-run");
    let purpose = if only_shown { AccountUse::Read } else { AccountUse::write(matches) };
    let done = with_client(config.clone(), purpose, async |client| {
        let checked = match compare_with_server(targets, config.parallel, client).await {
            // In a dry run a conflict is a result, not a failure; --exit-code makes it a failure.
            Err(CliError { kind: ErrorKind::Conflict, messages, .. })
                if only_shown && !matches.get_flag("exit-code") =>
            {
                return Err(CliError::new(ErrorKind::Done, messages));
            }
            checked => checked?,
        };
        if only_shown {
            for patch in &checked.to_send {
                dry_run(&patch.call().request(), config)?;
            }
            return Ok(checked.summary("", "would be sent"));
        }
        checked.send(config.parallel.writes, client).await
    });
    match done {
        Ok(words) => {
            say(&words);
            ExitCode::SUCCESS
        }
        Err(end) => end.report(),
    }
}

/// The counters to send to one target.
struct TargetPatchPlan {
    place: TargetRef,
    label: String,
    counters: TargetPatch,
}

impl TargetPatchPlan {
    fn call(&self) -> Call {
        Call::Plans(plans::Call::UpdateTarget(self.place, self.counters.clone()))
    }

    /// Sends the counters. Returns those that were not taken, in words; fails when the request does.
    async fn send(&self, client: &Client) -> Result<Vec<String>, CliError> {
        let call = self.call();
        let answer = send(&call, &call.request(), client).await?;
        check_readable(&call, &answer.body)?;
        Ok(counters_not_taken(&call, &String::from_utf8_lossy(&answer.body)))
    }
}

/// A change set that was compared with the plans on the server, without a conflict.
struct CheckedChangeSet {
    to_send: Vec<TargetPatchPlan>,
    /// How many counters have the wanted number on the server already.
    already_set: usize,
}

/// Reads the plans, several at a time, and compares each counter with its base. Fails when a plan cannot be read, and with
/// `ErrorKind::Conflict` when a counter has changed or is gone: then nothing is sent, and each line names a counter and
/// the change.
async fn compare_with_server(
    targets: &[ChangeSetTarget],
    parallel: ParallelRequests,
    client: &Client,
) -> Result<CheckedChangeSet, CliError> {
    let ids: BTreeSet<PlanId> = targets.iter().map(|target| target.target.plan).collect();
    let read = stream::iter(ids).map(|id| read_plan(id, client)).buffered(parallel.reads);
    let plans: BTreeMap<PlanId, Plan> = read.map_ok(|plan| (plan.id, plan)).try_collect().await?;
    let (mut checked, mut moved) = (CheckedChangeSet { to_send: Vec::new(), already_set: 0 }, Vec::new());
    for target in targets {
        let mut counters = TargetPatch::new();
        for change in &target.changes {
            let cell = crate::domain::change::counter_change::CounterRef {
                target: target.target,
                counter: change.counter.clone(),
            };
            let theirs = plans.get(&target.target.plan).and_then(|plan| counter_reading(plan, &cell));
            let number = |n: Option<Count>| n.map_or_else(|| "nothing".into(), |n| n.to_string());
            let (base, mine) = (number(change.base), change.mine);
            let what = format!("{}: {} {base} → {mine}", target.label, change.counter);
            match merge_counter(change.base, mine, theirs) {
                CounterMerge::Sendable => counters.push((change.counter.clone(), mine)),
                CounterMerge::AlreadySaved => checked.already_set += 1,
                CounterMerge::Conflict(now) => {
                    moved.push(format!("conflict: {what}, but the server has {} now", number(now)));
                }
                CounterMerge::Gone => {
                    moved.push(format!("gone: {what}, but the server has no such counter now"));
                }
            }
        }
        if !counters.is_empty() {
            checked.to_send.push(TargetPatchPlan {
                place: target.target,
                label: target.label.clone(),
                counters,
            });
        }
    }
    if moved.is_empty() {
        return Ok(checked);
    }
    let many = pluralize(moved.len(), "counter");
    moved.push(format!("{many} moved since the file was written; nothing was sent"));
    Err(CliError::new(ErrorKind::Conflict, moved))
}

impl CheckedChangeSet {
    /// Sends one request per target, to several plans at once and to each plan one after the other; after a failure nothing
    /// more is sent. Fails when a counter was not saved; the last line then says how many were.
    async fn send(self, writes: usize, client: &Client) -> Result<String, CliError> {
        let mut by_plan: BTreeMap<PlanId, Vec<(usize, &TargetPatchPlan)>> = BTreeMap::new();
        for (at, patch) in self.to_send.iter().enumerate() {
            by_plan.entry(patch.place.plan).or_default().push((at, patch));
        }
        let all: usize = self.to_send.iter().map(|patch| patch.counters.len()).sum();
        let has_failed = Cell::new(false);
        let shown = RefCell::new((Progress::new(), 0));
        let to_plan = async |patches: Vec<(usize, &TargetPatchPlan)>| {
            let mut outcomes = Vec::new();
            for (at, patch) in patches {
                if has_failed.get() {
                    break;
                }
                let outcome = patch.send(client).await;
                has_failed.set(has_failed.get() || outcome.is_err());
                let (progress, done) = &mut *shown.borrow_mut();
                *done += patch.counters.len();
                progress.show_count(*done, all);
                outcomes.push((at, outcome));
            }
            outcomes
        };
        let sent = stream::iter(by_plan.into_values()).map(to_plan).buffer_unordered(writes);
        let mut outcomes: Vec<_> = sent.collect::<Vec<_>>().await.into_iter().flatten().collect();
        shown.borrow().0.clear();
        outcomes.sort_unstable_by_key(|(at, _)| *at);
        self.result_of(outcomes)
    }

    /// The result of the requests that were sent, each with its place in the change set: the counters that were not taken in
    /// words, or its failure.
    fn result_of(&self, outcomes: Vec<(usize, Result<Vec<String>, CliError>)>) -> Result<String, CliError> {
        let (mut saved, mut lines, mut failure) = (0, Vec::new(), None::<CliError>);
        let mut has_refused = false;
        for (at, outcome) in outcomes {
            let patch = &self.to_send[at];
            let words = match outcome {
                Ok(not_taken) => {
                    saved += patch.counters.len() - not_taken.len();
                    has_refused |= !not_taken.is_empty();
                    not_taken
                }
                Err(error) => {
                    let words = error.messages.iter().cloned().chain(error.hint.map(str::to_owned));
                    let words = words.collect();
                    // An outcome that nobody knows matters most.
                    let is_worse = |other: &CliError| {
                        error.kind == ErrorKind::UnknownOutcome && other.kind != ErrorKind::UnknownOutcome
                    };
                    if failure.as_ref().is_none_or(is_worse) {
                        failure = Some(error);
                    }
                    words
                }
            };
            lines.extend(words.into_iter().map(|words| format!("{}: {words}", patch.label)));
        }
        let words = self.summary(&format!("{saved} of"), "saved");
        match failure {
            None if !has_refused => Ok(words),
            None => {
                lines.push(words);
                Err(CliError::new(ErrorKind::Failed, lines))
            }
            Some(CliError { kind, source, .. }) => {
                lines.push(words);
                // `NotSent` and `Busy` claim that nothing was done, so they do not fit once a counter was saved. A counter
                // that was not taken outweighs all but an unknown outcome or a signal.
                let is_less = saved > 0 && matches!(kind, ErrorKind::NotSent | ErrorKind::Busy)
                    || has_refused && !matches!(kind, ErrorKind::UnknownOutcome | ErrorKind::Signal(_));
                let kind = if is_less { ErrorKind::Failed } else { kind };
                Err(CliError { messages: lines, kind, hint: None, source })
            }
        }
    }

    /// The result in words: how many of all counters were handled, and how many the server had already.
    fn summary(&self, of: &str, what: &str) -> String {
        let all: usize = self.to_send.iter().map(|patch| patch.counters.len()).sum();
        let already = match self.already_set {
            0 => String::new(),
            n => format!("; {} the server has already", pluralize(n, "counter")),
        };
        format!("{of} {} {what}{already}", pluralize(all, "counter")).trim_start().to_owned()
    }
}
