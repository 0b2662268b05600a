//! `bee-tui apply FILE`: sends the staged counters of a file, if none of them has changed on the server
//! since.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::api::client::Client;
use crate::api::{Call, plans};
use crate::cli::account::{AccountUse, confirm_argument, dry_run};
use crate::cli::check::read_plan;
use crate::cli::error::{CliError, ErrorKind, say};
use crate::cli::send::{send, with_client};
use crate::cli::text_input::named_text;
use crate::cli::verify::{check_readable, counters_not_taken};
use crate::config::Config;
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
        let checked = match compare_with_server(targets, client).await {
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
        checked.send(client).await
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
}

/// A change set that was compared with the plans on the server, without a conflict.
struct CheckedChangeSet {
    to_send: Vec<TargetPatchPlan>,
    /// How many counters have the wanted number on the server already.
    already_set: usize,
}

/// Reads the plans and compares each counter with its base. Fails when a plan cannot be read, and with
/// `ErrorKind::Conflict` when a counter has changed or is gone: then nothing is sent, and each line names a counter and
/// the change.
async fn compare_with_server(
    targets: &[ChangeSetTarget],
    client: &Client,
) -> Result<CheckedChangeSet, CliError> {
    let mut plans: BTreeMap<PlanId, Plan> = BTreeMap::new();
    for target in targets {
        let id = target.target.plan;
        if let std::collections::btree_map::Entry::Vacant(e) = plans.entry(id) {
            e.insert(read_plan(id, client).await?);
        }
    }
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
    /// Sends one request per target and stops at the first failure. Fails when a counter was not saved; the
    /// last line then says how many were.
    async fn send(self, client: &Client) -> Result<String, CliError> {
        let (mut saved, mut refused) = (0, Vec::new());
        for patch in &self.to_send {
            let call = patch.call();
            let sent = async {
                let answer = send(&call, &call.request(), client).await?;
                check_readable(&call, &answer.body)?;
                Ok(String::from_utf8_lossy(&answer.body).into_owned())
            };
            match sent.await {
                Ok(text) => {
                    let not_taken = counters_not_taken(&call, &text);
                    saved += patch.counters.len() - not_taken.len();
                    refused.extend(not_taken.into_iter().map(|words| format!("{}: {words}", patch.label)));
                }
                Err(CliError { messages, kind, hint, source }) => {
                    // `NotSent` and `Busy` claim that nothing was done, so they do not fit once a counter was
                    // saved. A counter that was not taken before outweighs all but an unknown outcome or a
                    // signal.
                    let is_less = saved > 0 && matches!(kind, ErrorKind::NotSent | ErrorKind::Busy)
                        || !refused.is_empty()
                            && !matches!(kind, ErrorKind::UnknownOutcome | ErrorKind::Signal(_));
                    let kind = if is_less { ErrorKind::Failed } else { kind };
                    refused.extend(
                        messages
                            .into_iter()
                            .chain(hint.map(str::to_owned))
                            .map(|words| format!("{}: {words}", patch.label)),
                    );
                    refused.push(self.summary(&format!("{saved} of"), "saved"));
                    return Err(CliError { messages: refused, kind, hint: None, source });
                }
            }
        }
        let words = self.summary(&format!("{saved} of"), "saved");
        if refused.is_empty() {
            return Ok(words);
        }
        refused.push(words);
        Err(CliError::new(ErrorKind::Failed, refused))
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
