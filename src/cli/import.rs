//! `bee-tui participants import`: the interactive import without a screen. It has the same rows, checks,
//! batches and comparisons; the reasons go to stderr and, with `--reasons`, into a file.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command};
use jiff::Timestamp;
use tokio::sync::mpsc::unbounded_channel;

use crate::api::collection;
use crate::app::import::{Import, ImportOutcome, ImportProgress, ImportRequest};
use crate::cli::account::{self, AccountUse, confirm_argument, dry_run};
use crate::cli::error::{CliError, ErrorKind, complain, failed, say};
use crate::cli::print::{self, Format};
use crate::cli::send::{TerminationSignal, wait_for_interrupt};
use crate::config::{Config, Profile};
use crate::domain::change::collection::Collection;
use crate::domain::change::record_change::{Hold, RecordChange, RecordStanding};
use crate::domain::file_table::{FileContent, FileTable};
use crate::domain::import::{self, ColumnMapping, normalize_heading};
use crate::effect::{Document, Effects};
use crate::input::keymap::Keymap;
use crate::runtime::effects::{EffectRunner, Timers, background_runtime};
use crate::runtime::journal::Journal;
use crate::runtime::{files, paths};
use crate::workspace::Workspace;

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
        Err(error) => return error.report(),
    };
    for (heading, field) in table.headings.iter().zip(&mapping) {
        if field.is_none() {
            say(format!("column `{heading}` fills no field and is left out"));
        }
    }
    let missing: Vec<&str> =
        import::unmapped_required_fields(&collection, &mapping).into_iter().map(|field| field.name).collect();
    if !missing.is_empty() {
        let words = format!(
            "no column fills {}, which every row needs; see --column; nothing was sent",
            missing.join(", ")
        );
        return complain(&words, ErrorKind::Usage);
    }
    if let Some(Err(why)) = path(matches, "reasons").map(|path| files::check_new_table_file(&path)) {
        return complain(format!("{why}; nothing was sent"), ErrorKind::Usage);
    }
    if matches.get_flag("dry-run") {
        return print_batches(matches, &collection, &table, &mapping, &config);
    }
    let state_dir = config.state_dir.clone();
    let profile = match account::profile_for(config, AccountUse::write(matches)) {
        Ok(profile) => profile,
        Err(error) => return error.report(),
    };
    let runtime = match background_runtime() {
        Ok(runtime) => runtime,
        Err(e) => return complain(e, ErrorKind::Failed),
    };
    let sends_duplicates = matches.get_flag("doubles");
    let request = ImportRequest { collection, table, mapping, sends_duplicates };
    let ended = runtime.block_on(send(profile, &state_dir, request));
    runtime.shutdown_background();
    match ended {
        Ok(ended) => ended.report(matches),
        Err(error) => error.report(),
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
        let blocking: Vec<_> =
            change.field_findings().into_iter().filter(|remark| remark.blocks_sending).collect();
        let mut why: Vec<_> = blocking.iter().map(|r| format!("{}: {}", r.field, r.message)).collect();
        if let Hold::Held(reason) = &change.hold {
            why.push(reason.to_string());
        }
        if why.is_empty() {
            drafts.extend(change.intent.created_draft().cloned());
        } else {
            left_out += 1;
            say(format!("row {}: {}", change.file_row.unwrap_or(0), why.join("; ")));
        }
    }
    for batch in drafts.chunks(collection.max_batch_size()) {
        let request = collection::create_call(collection, batch.to_vec()).request();
        if let Err(end) = dry_run(&request, config) {
            return end.report();
        }
    }
    say("the server was not asked: without --dry-run, rows like those it already has are held");
    if left_out == 0 { ExitCode::SUCCESS } else { ErrorKind::Rejected.exit_code() }
}

/// The path given as an argument, made absolute so that a message can say where the file was looked for.
fn path(matches: &ArgMatches, name: &str) -> Option<PathBuf> {
    matches.get_one::<PathBuf>(name).map(|path| paths::resolve(path))
}

/// The file's rows, and which field each column fills. Fails when an id or a `--column` is wrong, or when the
/// file cannot be read.
fn rows(matches: &ArgMatches) -> Result<(Collection, FileTable, ColumnMapping), CliError> {
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
            return Err(format!("--column `{column}`: the file has no column `{heading}`").into());
        }
        if !field.is_empty() && import::importable_fields(&collection).all(|known| known.name != field) {
            return Err(format!("--column `{column}`: a participant has no field `{field}`").into());
        }
        by_hand.insert(normalize_heading(heading), field.to_owned());
    }
    let mapping = import::map_columns(&collection, &table.headings, &by_hand);
    Ok((collection, table, mapping))
}

/// How an import of this verb ended.
struct ImportResult {
    outcome: ImportOutcome,
    collection: Collection,
    /// The signal that ended the import early; `None` if none did.
    signal: Option<TerminationSignal>,
}

/// Lets the import send the rows. Fails when the journal cannot be opened, when the participants cannot be read in full, or
/// when a signal arrives before anything is sent.
async fn send(profile: Profile, state_dir: &Path, request: ImportRequest) -> Result<ImportResult, CliError> {
    let (inbox, mut messages) = unbounded_channel();
    let opened = Journal::open(state_dir, &profile.toolkit).map_err(|why| failed(why.to_string()))?;
    opened.warnings().iter().for_each(say);
    let journal = opened.journal;
    // An earlier run may have left unknown outcomes in the journal; reading the list reconciles them.
    let mut workspace = Workspace::default();
    journal.load(&mut workspace).map_err(failed)?;
    let timers = Timers::Clock(std::collections::HashMap::new());
    let mut runner = EffectRunner::new(profile.client(), Ok(journal), inbox, timers);
    let (mut fx, collection) = (Effects::default(), request.collection.clone());
    let mut import = Import::start(request, workspace, Timestamp::now(), &mut fx);
    runner.perform(fx.take());
    let is_watched = std::io::stderr().is_terminal();
    let mut interrupt = Box::pin(wait_for_interrupt());
    let mut signal = None;
    while !import.is_over() && signal.is_none() {
        tokio::select! {
            biased;
            came = &mut interrupt => signal = Some(came),
            msg = tokio::time::timeout(Duration::from_secs(1), messages.recv()) => {
                import.update(Timestamp::now(), msg.ok().flatten(), &mut fx);
                runner.perform(fx.take());
            }
        }
        if is_watched {
            show_progress(import.progress());
        }
    }
    if is_watched {
        let _ = write!(std::io::stderr(), "\r\u{1b}[K");
    }
    if let Some(signal) = signal.filter(|_| !import.has_begun_to_send()) {
        let messages = vec![signal.message("this run sent nothing")];
        return Err(CliError::new(signal.kind(), messages));
    }
    let outcome = import.finish(&mut fx).map_err(|error| {
        let kind = error.source.as_ref().map_or(ErrorKind::Failed, ErrorKind::of);
        CliError { source: error.source.map(Box::new), ..CliError::new(kind, vec![error.message]) }
    })?;
    runner.perform(fx.take());
    if let Err(why) = runner.purge_sent_records() {
        say(&why);
    }
    Ok(ImportResult { outcome, collection, signal })
}

/// Writes what the import waits for over the last line of a terminal.
fn show_progress(progress: ImportProgress) {
    let text = match progress {
        ImportProgress::Reconciling(left) => {
            format!("what was sent without an answer is looked for, {left} s left")
        }
        ImportProgress::Sending(Some((done, all))) => format!("{done} of {all}"),
        ImportProgress::Reading | ImportProgress::Sending(None) => return,
    };
    let _ = write!(std::io::stderr(), "\r{text} \u{1b}[K");
}

impl ImportResult {
    /// The changes of the rows that were not saved, by row number.
    fn unsaved_rows(&self) -> BTreeMap<u32, (&RecordChange, RecordStanding)> {
        let unsaved = self.outcome.unsaved();
        unsaved.filter_map(|(change, standing)| Some((change.file_row?, (change, standing)))).collect()
    }

    /// Prints the outcome of each row on stdout and the reasons on stderr and into a file; returns the exit
    /// code.
    fn report(self, matches: &ArgMatches) -> ExitCode {
        let mut lines = Vec::new();
        let mut left = Vec::new();
        let standings = self.unsaved_rows();
        for (row, name) in &self.outcome.rows {
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
                    say(format!("row {row}: {reason}"));
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
        match (self.signal, &self.outcome.error, &self.outcome.journal_error) {
            (Some(signal), ..) => say(signal.message(&tally)),
            (None, _, Some(why)) => say(format!("the journal cannot be written ({why}); {tally}")),
            (None, Some(failure), None) => say(format!("{failure}; {tally}")),
            (None, None, None) => {
                // The keys of the interactive program, which its sentences name.
                let keymap = Keymap::new(&BTreeMap::new()).ok();
                let notice = self.outcome.notice.iter().zip(&keymap);
                notice.for_each(|(notice, keymap)| say(keymap.with_keys(notice)));
            }
        }
        let wrote = path(matches, "reasons").filter(|_| !left.is_empty()).map(|path| {
            let table =
                import::rejected_rows_table(&self.collection, left.iter().map(|(c, why)| (*c, why.clone())));
            let reasons = Document::Rows(table, FileContent::RejectedRows);
            files::write_new(&path, &reasons).map(|()| {
                say(format!("{} written to {}", reasons.summary(), path.display()));
            })
        });
        if let Some(Err(why)) = wrote {
            say(&why);
        }
        let format = matches.get_one::<Format>("output").copied().unwrap_or(Format::Table);
        let heads = ["row", "full_name", "outcome", "reason"];
        let lines_in_all = lines.len();
        let printed = print::outcomes(&mut std::io::stdout().lock(), format, &heads, lines);
        let kind = self.kind();
        match printed {
            Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
                say(format!(
                    "the outcome of each row could not be printed ({e}): {saved} of {lines_in_all} saved"
                ));
                let is_unknown = kind == ErrorKind::UnknownOutcome;
                if is_unknown { kind.exit_code() } else { ErrorKind::Failed.exit_code() }
            }
            _ => kind.exit_code(),
        }
    }

    /// How the import ended.
    fn kind(&self) -> ErrorKind {
        let standings: Vec<_> = self.unsaved_rows().into_values().map(|(_, standing)| standing).collect();
        if standings.is_empty() {
            return ErrorKind::Done;
        }
        if standings.contains(&RecordStanding::OutcomeUnknown) {
            return ErrorKind::UnknownOutcome;
        }
        if let Some(signal) = self.signal {
            return signal.kind();
        }
        if self.outcome.journal_error.is_some() {
            return ErrorKind::Failed;
        }
        match &self.outcome.error {
            // A further read has shown that the server does not have it.
            Some(failure) if failure.is_outcome_unknown() => ErrorKind::NotSent,
            Some(failure) if standings.contains(&RecordStanding::Staged) => ErrorKind::of(failure),
            _ => ErrorKind::Rejected,
        }
    }
}
