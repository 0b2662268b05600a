//! `bee-tui participants import`: the interactive import without a screen. It has the same rows, checks,
//! batches and comparisons; the reasons go to stderr and, with `--reasons`, into a file.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Arg, ArgAction, ArgMatches, Command};
use jiff::Timestamp;
use ratatui::layout::Size;
use tokio::sync::mpsc::unbounded_channel;

use crate::api::collection;
use crate::app::apply::Apply;
use crate::app::model::{Model, Msg, Start};
use crate::cli::account::{self, AccountUse, confirm_argument, dry_run};
use crate::cli::error::{FAILED, NOT_SENT, REFUSED, UNKNOWN, USAGE, complain, exit_code_of, say};
use crate::cli::print::{self, Format};
use crate::cli::send::{TerminationSignal, wait_for_interrupt};
use crate::config::{Config, Profile};
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::ChangeState;
use crate::domain::change::record_change::{ChangeNumber, Hold, Intent, RecordChange, RecordStanding};
use crate::domain::change::record_changes::{RecordEntry, SECOND_READ_DELAY_SECS};
use crate::domain::file_table::{FileContent, FileTable};
use crate::domain::import::{self, ColumnMapping, normalize_heading};
use crate::domain::text::Text;
use crate::effect::{Document, Effects, ReadReason};
use crate::runtime::effects::{EffectRunner, Timers, background_runtime};
use crate::runtime::journal::Journal;
use crate::runtime::{files, paths};
use crate::theme::Theme;
use crate::workspace::{EditsBlocked, Excluded, Workspace};

/// How long to wait for the second read that reconciles an unknown outcome, with a margin.
const RECONCILE_TIMEOUT: Duration = Duration::from_secs(SECOND_READ_DELAY_SECS + 15);

/// Whether a change has an unknown outcome that a further read may still decide.
fn has_unknown_outcome(model: &Model) -> bool {
    let mut changes = model.workspace.record_changes.iter();
    changes.any(|(_, change)| {
        change.state == ChangeState::OutcomeUnknown
            && change.sent_request.is_some_and(|sent| sent.matches_before == 0 && !sent.answered_ok)
    })
}

/// `bee-tui participants import` with its options.
pub(super) fn command() -> Command {
    let option = |name: &'static str, about: &'static str| Arg::new(name).long(name).help(about);
    Command::new("import")
        .about("Create participants from a CSV or XLSX file, in batches of at most 100")
        .long_about(
            "Create participants from a CSV or XLSX file, in batches of at most 100.\n\n\
             The first row names the columns. Rows that cannot be sent, and rows like an earlier one or like a \
             participant that is there, are left out and said with the reason; the others are sent. Exit code 3 says \
             that some were left out or refused.",
        )
        .arg(Arg::new("SCORECARD").required(true).help("The scorecard's id"))
        .arg(Arg::new("PROGRAM").required(true).help("The training program's id"))
        .arg(Arg::new("FILE")
                .required(true)
                .value_parser(clap::value_parser!(PathBuf))
                .help("The CSV or XLSX file, its first row naming the columns"))
        .arg(
            option("column", "Which field a column fills, like \"Wer=full_name\"; nothing after = leaves it out")
                .value_name("HEADING=FIELD")
                .action(ArgAction::Append),
        )
        .arg(
            option("reasons", "Write the rows that were not accepted to a new .csv or .xlsx file, with the reasons")
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf)),
        )
        .arg(option("doubles", "Send rows that are like another one too").action(ArgAction::SetTrue))
        .arg(confirm_argument())
        .arg(
            Format::argument("Format of the outcome of each row"),
        )
        .arg(
            option("dry-run", "Print the requests instead of sending them; the server is not asked for doubles")
                .action(ArgAction::SetTrue),
        )
}

/// Runs the import and returns the exit code.
pub(super) fn run(matches: &ArgMatches, config: Config) -> ExitCode {
    let (collection, table, mapping) = match rows(matches) {
        Ok(rows) => rows,
        Err(why) => return complain(&why, USAGE),
    };
    for (heading, field) in table.headings.iter().zip(&mapping) {
        if field.is_none() {
            say(&format!("column `{heading}` fills no field and is left out"));
        }
    }
    let missing: Vec<&str> =
        import::unmapped_required_fields(&collection, &mapping).into_iter().map(|field| field.name).collect();
    if !missing.is_empty() {
        let words = format!(
            "no column fills {}, which every row needs; see --column; nothing was sent",
            missing.join(", ")
        );
        return complain(&words, USAGE);
    }
    if let Some(Err(why)) = path(matches, "reasons").map(|path| files::check_new_table_file(&path)) {
        return complain(&format!("{why}; nothing was sent"), USAGE);
    }
    if matches.get_flag("dry-run") {
        return print_batches(matches, &collection, &table, &mapping, &config);
    }
    let state_dir = config.state_dir.clone();
    let profile = match account::profile_for(config, AccountUse::write(matches)) {
        Ok(profile) => profile,
        Err(why) => return complain(&why, USAGE),
    };
    let runtime = match background_runtime() {
        Ok(runtime) => runtime,
        Err(e) => return complain(&e.to_string(), FAILED),
    };
    let doubles = matches.get_flag("doubles");
    let ended = runtime.block_on(send(profile, &state_dir, &collection, &table, &mapping, doubles));
    runtime.shutdown_background();
    match ended {
        Ok(ended) => ended.report(matches),
        Err((why, code)) => complain(&why, code),
    }
}

/// The dry run: prints the requests, and says which rows would be left out.
fn print_batches(
    matches: &ArgMatches,
    collection: &Collection,
    table: &FileTable,
    mapping: &ColumnMapping,
    config: &Config,
) -> ExitCode {
    let changes = import::rows_to_changes(collection, table, mapping, std::iter::empty(), Timestamp::now());
    let (mut drafts, mut left_out) = (Vec::new(), 0);
    for mut change in changes {
        if matches.get_flag("doubles") {
            change.hold = Hold::Released;
        }
        let stops: Vec<_> =
            change.field_findings().into_iter().filter(|remark| remark.blocks_sending).collect();
        let mut why: Vec<_> = stops.iter().map(|r| format!("{}: {}", r.field, r.message)).collect();
        if let Hold::Held(reason) = &change.hold {
            why.push(reason.to_string());
        }
        if why.is_empty() {
            drafts.extend(change.intent.created_draft().cloned());
        } else {
            left_out += 1;
            say(&format!("row {}: {}", change.file_row.unwrap_or(0), why.join("; ")));
        }
    }
    for batch in drafts.chunks(collection.max_batch_size()) {
        let request = collection::create_call(collection, batch.to_vec()).request();
        if let Err(end) = dry_run(&request, config) {
            return end.report();
        }
    }
    say("the server was not asked: without --dry-run, rows like those it already has are held");
    if left_out == 0 { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) }
}

/// The path given as an argument, made absolute so that a message can say where the file was looked for.
fn path(matches: &ArgMatches, name: &str) -> Option<PathBuf> {
    matches.get_one::<PathBuf>(name).map(|path| paths::resolve(path))
}

/// The file's rows, and which field each column fills. Fails when an id or a `--column` is wrong, or when the
/// file cannot be read.
fn rows(matches: &ArgMatches) -> Result<(Collection, FileTable, ColumnMapping), String> {
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let id = |what: &str, why: crate::domain::id::IdError| format!("`{what}`: {why}");
    let (scorecard, program) = (text("SCORECARD"), text("PROGRAM"));
    let collection = Collection::Participants(
        scorecard.parse().map_err(|why| id(&scorecard, why))?,
        program.parse().map_err(|why| id(&program, why))?,
    );
    let table = files::read_table(&path(matches, "FILE").unwrap_or_default())?;
    let mut by_hand = BTreeMap::new();
    for column in matches.get_many::<String>("column").into_iter().flatten() {
        let (heading, field) =
            column.split_once('=').ok_or_else(|| format!("--column `{column}`: write HEADING=FIELD"))?;
        if !table.headings.iter().any(|known| normalize_heading(known) == normalize_heading(heading)) {
            return Err(format!("--column `{column}`: the file has no column `{heading}`"));
        }
        if !field.is_empty() && import::importable_fields(&collection).all(|known| known.name != field) {
            return Err(format!("--column `{column}`: a participant has no field `{field}`"));
        }
        by_hand.insert(normalize_heading(heading), field.to_owned());
    }
    let mapping = import::map_columns(&collection, &table.headings, &by_hand);
    Ok((collection, table, mapping))
}

/// The result of an import.
struct ImportResult {
    workspace: Workspace,
    collection: Collection,
    /// The changes that were staged for the file's rows.
    staged: BTreeSet<ChangeNumber>,
    /// Every row of the file with its name, in order.
    rows: Vec<(u32, Text)>,
    failure: Option<crate::api::error::ApiError>,
    /// Why the journal could not be written; `None` if it could.
    journal_error: Option<String>,
    notice: Option<String>,
    /// The signal that ended the import early; `None` if none did.
    signal: Option<TerminationSignal>,
}

/// Stages the rows in a workspace of its own and sends them through the program's own update function,
/// without a screen. Fails, with an exit code, when the journal cannot be opened, when the participants
/// cannot be read in full, or when a signal arrives before anything is sent.
async fn send(
    profile: Profile,
    state_dir: &Path,
    collection: &Collection,
    table: &FileTable,
    mapping: &ColumnMapping,
    doubles: bool,
) -> Result<ImportResult, (String, u8)> {
    let failed = |why: String| (why, FAILED);
    let (inbox, mut messages) = unbounded_channel();
    let opened = Journal::open(state_dir, &profile.toolkit).map_err(|why| failed(why.to_string()))?;
    opened.warnings().iter().for_each(|words| say(words));
    let journal = opened.journal;
    let client = profile.client();
    // An earlier run may have left unknown outcomes in the journal; reading the list reconciles them.
    let mut workspace = Workspace::default();
    journal.load(&mut workspace).map_err(failed)?;
    let mut outside =
        EffectRunner::new(client, Ok(journal), inbox, Timers::Clock(std::collections::HashMap::new()));
    let mut fx = Effects::default();
    let start = Start {
        profiles: Vec::new(),
        profile: None,
        guard: profile.guard,
        keymap: crate::input::keymap::Keymap::new(&BTreeMap::new()).map_err(failed)?,
        theme: Theme::mono(),
        workspace,
        notice: None,
        size: Size { width: 80, height: 24 },
        now: Timestamp::now(),
    };
    let mut model = Model::new(start, &mut fx);
    // Read the existing participants first, so that rows that match one of them are held.
    fx.read_list(collection, ReadReason::Needed);
    model.finish_update(&mut fx);
    outside.perform(fx.take());
    let watched = std::io::stderr().is_terminal();
    let mut signal = Box::pin(wait_for_interrupt());
    // First reconcile the unknown outcomes of an earlier run: read the list now, and once more after a pause.
    let mut looking = RECONCILE_TIMEOUT;
    while !model.requests.is_empty() || (has_unknown_outcome(&model) && !looking.is_zero()) {
        let begun = Instant::now();
        tokio::select! {
            signal = &mut signal => return Err((signal.message("this run sent nothing"), signal.exit_code())),
            msg = tokio::time::timeout(Duration::from_secs(1), messages.recv()) => {
                if let Ok(msg) = msg {
                    step(&mut model, msg, &mut fx, &mut outside);
                }
            }
        }
        if model.requests.is_empty() && has_unknown_outcome(&model) {
            looking = looking.saturating_sub(begun.elapsed());
            if watched {
                let left = looking.as_secs();
                let _ = write!(
                    std::io::stderr(),
                    "\rwhat an earlier run sent is looked for, {left} s left \u{1b}[K"
                );
            }
        }
    }
    if watched {
        let _ = write!(std::io::stderr(), "\r\u{1b}[K");
    }
    let there = model.workspace.records(collection).filter(|(_, whole)| *whole);
    if there.is_none() {
        let words = model.status.notice.take().map(|notice| notice.text);
        let words =
            words.unwrap_or_else(|| "the participants could not be read whole; nothing was sent".into());
        return Err((words, model.status.read_error.as_ref().map_or(FAILED, exit_code_of)));
    }
    let there = there.into_iter().flat_map(|(rows, _)| rows);
    let mut changes = import::rows_to_changes(collection, table, mapping, there, Timestamp::now());
    if doubles {
        for change in &mut changes {
            change.hold = Hold::Released;
        }
    }
    let rows: Vec<_> = changes.iter().filter_map(|c| Some((c.file_row?, c.name.clone()))).collect();
    fx.journal_records(forget_earlier_staged(&mut model.workspace, collection, &changes));
    let staged = changes.into_iter().map(|change| (None, change)).collect();
    let entries = model.workspace.stage_records(staged).map_err(|why| failed(why.to_string()))?;
    let staged: BTreeSet<_> = entries.iter().map(|entry| entry.number).collect();
    fx.journal_records(entries);
    let all = rows.len();
    let (mut refused, mut ending) = (0, None);
    'sending: loop {
        let mut confirmed = model.workspace.confirmable_changes(&Excluded::default());
        confirmed.records.retain(|number, _| {
            let change = model.workspace.record_changes.change(*number);
            let standing = change.map(|change| model.workspace.record_standing(change));
            staged.contains(number) && standing == Some(RecordStanding::Staged)
        });
        if confirmed.is_empty() {
            break;
        }
        model.start_apply(confirmed, &mut fx);
        outside.perform(fx.take());
        // A request without a response is reconciled by a read at once and by another after a pause; its
        // outcome is reported only then.
        let mut looking = RECONCILE_TIMEOUT;
        while model.apply.is_some()
            || !model.requests.is_empty()
            || (has_unknown_outcome(&model) && !looking.is_zero())
        {
            let begun = Instant::now();
            tokio::select! {
                biased;
                signal = &mut signal => {
                    ending = Some(signal);
                    break 'sending;
                }
                msg = tokio::time::timeout(Duration::from_secs(1), messages.recv()) => {
                    if let Ok(msg) = msg {
                        step(&mut model, msg, &mut fx, &mut outside);
                    }
                }
            }
            if model.apply.is_none() && model.requests.is_empty() {
                looking = looking.saturating_sub(begun.elapsed());
            }
            if let Some((done, all)) = model.apply.as_ref().and_then(Apply::progress).filter(|_| watched) {
                let _ = write!(std::io::stderr(), "\r{done} of {all} ");
            }
        }
        // Rows that were refused only because others in their batch are invalid are sent again without those.
        let now = model
            .workspace
            .record_changes
            .iter()
            .filter(|(_, c)| matches!(c.state, ChangeState::Rejected(_)))
            .count();
        if now == std::mem::replace(&mut refused, now) || model.status.apply_error.is_some() {
            break;
        }
    }
    if watched && all > 1 {
        let _ = write!(std::io::stderr(), "\r\u{1b}[K");
    }
    // A request in flight when a signal arrives may have reached the server.
    let sending = model
        .workspace
        .record_changes
        .in_collection(collection)
        .filter(|(_, c)| c.state == ChangeState::Sending);
    let sending: Vec<_> = sending.map(|(number, _)| number).collect();
    let unknown = sending
        .into_iter()
        .filter_map(|n| model.workspace.record_changes.set_state(n, ChangeState::OutcomeUnknown))
        .collect();
    fx.journal_records(unknown);
    // The file still has the rows that were not accepted, so only unknown outcomes stay in the journal.
    let left: Vec<_> =
        model.workspace.record_changes.in_collection(collection).map(|(number, _)| number).collect();
    let left = left.into_iter().filter(|number| {
        let change = model.workspace.record_changes.change(*number);
        staged.contains(number) && change.is_some_and(|change| change.state != ChangeState::OutcomeUnknown)
    });
    let gone = left.map(|number| RecordEntry { number, change: None }).collect();
    fx.journal_records(gone);
    outside.perform(fx.take());
    if let Err(why) = outside.purge_sent_records() {
        say(&why);
    }
    let notice = model.status.notice.take().map(|notice| notice.text).filter(|text| !text.is_empty());
    let (workspace, failure) = (model.workspace, model.status.apply_error);
    let not_stored = match &workspace.edits_blocked {
        Some(EditsBlocked::JournalFailed(why)) => Some(why.clone()),
        _ => None,
    };
    Ok(ImportResult {
        workspace,
        collection: collection.clone(),
        staged,
        rows,
        failure,
        journal_error: not_stored,
        notice,
        signal: ending,
    })
}

/// Removes the changes that an earlier run staged from rows of this file and did not send before it was
/// ended: this run stages them itself. Changes that are not in the file stay. Returns the journal entries of
/// the removal.
fn forget_earlier_staged(
    workspace: &mut Workspace,
    collection: &Collection,
    changes: &[RecordChange],
) -> Vec<RecordEntry> {
    let of_file: HashSet<String> = changes.iter().filter_map(RecordChange::natural_key).collect();
    let is_left = |change: &RecordChange| {
        let creates = matches!(change.intent, Intent::Create(_));
        let may_be_sent = matches!(change.state, ChangeState::Sending | ChangeState::OutcomeUnknown);
        let is_of_file = change.natural_key().is_some_and(|natural_key| of_file.contains(&natural_key));
        change.file_row.is_some() && creates && !may_be_sent && is_of_file
    };
    let left = workspace.record_changes.in_collection(collection).filter(|(_, change)| is_left(change));
    let left: Vec<_> = left.map(|(number, _)| number).collect();
    left.into_iter().filter_map(|number| workspace.record_changes.remove(number)).collect()
}

fn step(model: &mut Model, msg: Option<Msg>, fx: &mut Effects, outside: &mut EffectRunner) {
    if let Some(msg) = msg {
        model.update(Timestamp::now(), msg, fx);
        outside.perform(fx.take());
    }
}

impl ImportResult {
    /// The changes of the rows that were not saved, by row number.
    fn unsaved_rows(&self) -> BTreeMap<u32, (&RecordChange, RecordStanding)> {
        let changes = self.workspace.record_changes.iter().filter(|(number, _)| self.staged.contains(number));
        changes.filter_map(|(_, c)| Some((c.file_row?, (c, self.workspace.record_standing(c))))).collect()
    }

    /// Prints the outcome of each row on stdout and the reasons on stderr and into a file; returns the exit
    /// code.
    fn report(self, matches: &ArgMatches) -> ExitCode {
        let mut lines = Vec::new();
        let mut left = Vec::new();
        let standings = self.unsaved_rows();
        for (row, name) in &self.rows {
            let (outcome, reason) = match standings.get(row) {
                None => ("saved", String::new()),
                Some((change, standing)) => {
                    let outcome = match standing {
                        RecordStanding::OutcomeUnknown | RecordStanding::Sending => "unknown",
                        RecordStanding::Rejected(_) => "refused",
                        RecordStanding::Blocked(_) | RecordStanding::Held(_) => "left out",
                        _ => "not sent",
                    };
                    let reason = if *standing == RecordStanding::Staged {
                        "not sent".into()
                    } else {
                        standing.to_string()
                    };
                    say(&format!("row {row}: {reason}"));
                    left.push((*change, reason.clone()));
                    (outcome, reason)
                }
            };
            lines.push(vec![row.to_string(), name.to_string(), outcome.to_owned(), reason]);
        }
        let of = |outcome: &str| lines.iter().filter(|line: &&Vec<String>| line[2] == outcome).count();
        let (saved, unknown) = (of("saved"), of("unknown"));
        let again = if matches.get_flag("doubles") {
            "with --doubles those that are saved would be created again: take them out of the file before you run it again"
        } else {
            "run it again to go on: what has arrived is found and not sent twice"
        };
        let rest = lines.len() - saved - unknown;
        let tally =
            format!("{saved} saved, {unknown} unknown, {rest} refused, left out or not sent; {again}");
        match (self.signal, &self.failure, &self.journal_error) {
            (Some(signal), ..) => say(&signal.message(&tally)),
            (None, _, Some(why)) => say(&format!("the journal cannot be written ({why}); {tally}")),
            (None, Some(failure), None) => say(&format!("{failure}; {tally}")),
            (None, None, None) => self.notice.iter().for_each(|notice| say(notice)),
        }
        let wrote = path(matches, "reasons").filter(|_| !left.is_empty()).map(|path| {
            let table =
                import::rejected_rows_table(&self.collection, left.iter().map(|(c, why)| (*c, why.clone())));
            let reasons = Document::Rows(table, FileContent::RejectedRows);
            files::write_new(&path, &reasons).map(|()| {
                say(&format!("{} written to {}", reasons.summary(), path.display()));
            })
        });
        if let Some(Err(why)) = wrote {
            say(&why);
        }
        let format = matches.get_one::<Format>("output").copied().unwrap_or(Format::Table);
        let heads = ["row", "full_name", "outcome", "reason"];
        let lines_in_all = lines.len();
        let printed = print::outcomes(&mut std::io::stdout().lock(), format, &heads, lines);
        let code = self.exit_code();
        match printed {
            Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
                say(&format!(
                    "the outcome of each row could not be printed ({e}): {saved} of {lines_in_all} saved"
                ));
                ExitCode::from(if code == UNKNOWN { UNKNOWN } else { FAILED })
            }
            _ => ExitCode::from(code),
        }
    }

    fn exit_code(&self) -> u8 {
        let standings: Vec<_> = self.unsaved_rows().into_values().map(|(_, standing)| standing).collect();
        if standings.is_empty() {
            return 0;
        }
        if standings.contains(&RecordStanding::OutcomeUnknown) {
            return UNKNOWN;
        }
        if let Some(signal) = self.signal {
            return signal.exit_code();
        }
        if self.journal_error.is_some() {
            return FAILED;
        }
        match &self.failure {
            // A further read has shown that the server does not have it.
            Some(failure) if failure.is_outcome_unknown() => NOT_SENT,
            Some(failure) if standings.contains(&RecordStanding::Staged) => exit_code_of(failure),
            _ => REFUSED,
        }
    }
}
