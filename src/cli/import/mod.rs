//! `bee-tui participants import` and `bee-tui training-programs import`: the interactive import without a screen. It
//! has the same rules, batches and comparisons; the reasons go to stderr and, with `--reasons`, into a file.

mod options;
mod report;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command};
use jiff::Timestamp;
use tokio::sync::mpsc::unbounded_channel;

use crate::app::import::{Import, ImportOutcome, ImportProgress, ImportRequest, RowOutcome};
use crate::cli::account::{self, AccountUse, confirm_argument};
use crate::cli::error::{CliError, ErrorKind, complain, failed, say};
use crate::cli::import::report::{mapping_text, open_texts, print_report, say_findings, say_layout};
use crate::cli::print::{self, Format};
use crate::cli::progress::Progress;
use crate::cli::send::{TerminationSignal, wait_for_interrupt};
use crate::config::{Config, ParallelRequests, Profile};
use crate::domain::change::rule::RuleSeverity;
use crate::domain::file_table::FileContent;
use crate::domain::import::answers::heading_key;
use crate::domain::import::file_rows::{ImportTarget, RowStanding};
use crate::domain::import::preview::ImportPreview;
use crate::domain::import::server_knowledge::ServerKnowledge;
use crate::domain::import::written_tables::{WrittenRows, reasons_table};
use crate::effect::{Document, Effects};
use crate::input::keymap::Keymap;
use crate::runtime::effects::{EffectRunner, Timers, background_runtime};
use crate::runtime::journal::Journal;
use crate::runtime::{files, paths};
use crate::workspace::Workspace;

/// `import` with its options, for participants of one program or for the training programs of a scorecard.
pub(super) fn command(resource: &str) -> Command {
    let option = |name: &'static str, about: &'static str| Arg::new(name).long(name).help(about);
    let into_program = resource == "participants";
    let about = if into_program {
        "Create participants from a CSV or XLSX file, in batches of at most 100"
    } else {
        "Create training programs and their participants from a CSV or XLSX file"
    };
    let programs = if into_program {
        "Rows whose program columns name another program are held."
    } else {
        "Each row goes to the training program that its columns name; programs that are not there are created first."
    };
    let mut command = Command::new("import")
        .about(about)
        .long_about(format!(
            "{about}.\n\n\
             The sheet and its headings are found wherever they stand. Rows that are on the server already are skipped, rows \
             that cannot be sent or that wait for a word are said with the reason, the others are sent. {programs} What the \
             file does not say is asked once, and answered by an option.\n\n\
             Exit codes: 0 all is there; 2 a question is open, nothing was sent; 3 some rows were held, stopped or refused; 8 the \
             outcome of some is unknown.",
        ))
        .after_help(if into_program {
            "Examples:\n  bee-tui participants import SCORECARD 32000 people.xlsx --dry-run\n  \
             bee-tui participants import SCORECARD 32000 people.csv --employed permanent --disabled no --foreign no --reasons left.csv"
        } else {
            "Examples:\n  bee-tui training-programs import SCORECARD year.xlsx --dry-run\n  \
             bee-tui training-programs import SCORECARD year.xlsx --sheet Skills --fill-down yes --vat remove"
        })
        .arg(Arg::new("SCORECARD").required(true).help("The scorecard's id"));
    if into_program {
        command = command.arg(Arg::new("PROGRAM").required(true).help("The training program's id"));
    }
    command
        .arg(
            Arg::new("FILE")
                .required(true)
                .value_parser(clap::value_parser!(PathBuf))
                .value_hint(clap::ValueHint::FilePath)
                .help("The CSV or XLSX file"),
        )
        .args(options::arguments())
        .arg(
            option(
                "print-mapping",
                "Print what columns and words mean as a file for --mapping, and send nothing",
            )
            .action(ArgAction::SetTrue),
        )
        .arg(
            option(
                "reasons",
                "Write the rows that were not accepted to a new .csv or .xlsx file, with the reasons",
            )
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf)),
        )
        .arg(confirm_argument())
        .arg(Format::argument("Format of the report, and of the outcome of each row"))
        .arg(
            option("dry-run", "Read file and server, print what would be done, and send nothing")
                .action(ArgAction::SetTrue),
        )
}

/// Runs the import and returns the exit code.
pub(super) fn run(matches: &ArgMatches, config: Config) -> ExitCode {
    let request = match request(matches, config.parallel) {
        Ok(request) => request,
        Err(error) => return error.report(),
    };
    if matches.get_flag("print-mapping") {
        return print_mapping(&request);
    }
    let is_dry_run = request.is_dry_run;
    if let Some(Err(why)) = path(matches, "reasons").map(|path| files::check_new_table_file(&path)) {
        return complain(format!("{why}; nothing was sent"), ErrorKind::Usage);
    }
    let state_dir = config.state_dir.clone();
    let purpose = if is_dry_run { AccountUse::Read } else { AccountUse::write(matches) };
    let profile = match account::profile_for(config, purpose) {
        Ok(profile) => profile,
        Err(error) => return error.report(),
    };
    let runtime = match background_runtime() {
        Ok(runtime) => runtime,
        Err(e) => return complain(e, ErrorKind::Failed),
    };
    let ended = runtime.block_on(send(profile, &state_dir, request));
    runtime.shutdown_background();
    match ended {
        Ok(ended) if is_dry_run => ended.report_dry_run(matches),
        Ok(ended) => ended.report(matches),
        Err(error) => error.report(),
    }
}

/// The path given as an argument, made absolute so that a message can say where the file was looked for.
fn path(matches: &ArgMatches, name: &str) -> Option<PathBuf> {
    matches.get_one::<PathBuf>(name).map(|path| paths::resolve(path))
}

/// What is to be imported. Fails when an id, an option or a sheet's name is wrong, or when the file cannot be read.
fn request(matches: &ArgMatches, parallel: ParallelRequests) -> Result<ImportRequest, CliError> {
    let text = |name: &str| matches.try_get_one::<String>(name).ok().flatten().cloned();
    let id = |what: &str, why: crate::domain::id::IdError| format!("`{what}`: {why}");
    let scorecard = text("SCORECARD").unwrap_or_default();
    let scorecard = scorecard.parse().map_err(|why| id(&scorecard, why))?;
    let target = match text("PROGRAM") {
        Some(program) => ImportTarget::Program(scorecard, program.parse().map_err(|why| id(&program, why))?),
        None => ImportTarget::Scorecard(scorecard),
    };
    let answers = options::answers(matches)?;
    let file = path(matches, "FILE").unwrap_or_default();
    let grids = files::read_grids(&file)?;
    let request = ImportRequest { target, grids, answers, is_dry_run: matches.get_flag("dry-run"), parallel };
    check_against_file(&request, &file)?;
    Ok(request)
}

/// Checks that the sheets and columns that were named are in the file, and that it holds people.
fn check_against_file(request: &ImportRequest, file: &Path) -> Result<(), CliError> {
    let ImportRequest { target, grids, answers, .. } = request;
    let say = |why: String| CliError::usage(format!("{}: {why}; nothing was sent", file.display()));
    let names: Vec<&str> = grids.iter().map(|grid| grid.name.as_str()).collect();
    let is_there = |name: &String| names.iter().any(|known| heading_key(known) == heading_key(name));
    if let Some(name) = answers.sheets.iter().find(|name| !is_there(name)) {
        return Err(say(format!("there is no sheet `{name}`; the sheets are {}", names.join(", "))));
    }
    let preview = ImportPreview::new(grids, target, answers, &ServerKnowledge::default());
    if preview.sheets.is_empty() {
        let hidden: Vec<&str> =
            grids.iter().filter(|grid| grid.is_hidden).map(|grid| grid.name.as_str()).collect();
        let hidden = if hidden.is_empty() {
            String::new()
        } else {
            format!("; hidden sheets are read only by --sheet: {}", hidden.join(", "))
        };
        return Err(say(format!("no sheet holds a table{hidden}")));
    }
    if preview.sheets.iter().all(|sheet| !sheet.has_headings) {
        let why =
            "no row of headings was found in the first 30 rows; --column \"HEADING=field\" names columns";
        return Err(say(why.into()));
    }
    if preview.rows.is_empty() {
        return Err(say("it holds headings only, and nobody below them".into()));
    }
    let columns = || preview.sheets.iter().flat_map(|sheet| &sheet.columns);
    let has_column = |heading: &str| columns().any(|column| heading_key(&column.key) == heading_key(heading));
    if let Some((heading, _)) =
        answers.columns.iter().find(|(heading, field)| !field.is_empty() && !has_column(heading))
    {
        return Err(say(format!("the file has no column `{heading}`")));
    }
    for word in preview.words.iter().filter(|word| word.meaning.is_none()) {
        if let Some(said) = answers.word(&word.heading, &word.word) {
            return Err(say(format!(
                "{}: `{}` cannot mean `{said}`, which is no value of the field",
                word.heading, word.word
            )));
        }
    }
    Ok(())
}

/// Prints the mapping of the file.
fn print_mapping(request: &ImportRequest) -> ExitCode {
    let ImportRequest { target, grids, answers, .. } = request;
    let preview = ImportPreview::new(grids, target, answers, &ServerKnowledge::default());
    match std::io::stdout().write_all(mapping_text(&preview, answers).as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => complain(e, ErrorKind::Failed),
        _ => ExitCode::SUCCESS,
    }
}

/// How an import of this verb ended.
struct ImportResult {
    outcome: ImportOutcome,
    /// The signal that ended the import early; `None` if none did.
    signal: Option<TerminationSignal>,
}

/// Lets the import run. Fails when the journal cannot be opened, when what it needs cannot be read in full, or
/// when a signal arrives before anything is sent.
async fn send(profile: Profile, state_dir: &Path, request: ImportRequest) -> Result<ImportResult, CliError> {
    let (inbox, mut messages) = unbounded_channel();
    let mut workspace = Workspace::default();
    let journal = if request.is_dry_run {
        Err("a dry run writes nothing".into())
    } else {
        let opened = Journal::open(state_dir, &profile.toolkit).map_err(|why| failed(why.to_string()))?;
        opened.warnings().iter().for_each(say);
        // An earlier run may have left unknown outcomes in the journal; reading the lists reconciles them.
        opened.journal.load(&mut workspace).map_err(failed)?;
        Ok(opened.journal)
    };
    let timers = Timers::Clock(std::collections::HashMap::new());
    let mut runner = EffectRunner::new(profile.client(), journal, inbox, timers);
    let mut fx = Effects::default();
    let mut import = Import::start(request, workspace, Timestamp::now(), &mut fx);
    runner.perform(fx.take());
    let mut interrupt = Box::pin(wait_for_interrupt());
    let (mut signal, mut progress, mut is_told) = (None, Progress::new(), false);
    while !import.is_over() && signal.is_none() {
        tokio::select! {
            biased;
            came = &mut interrupt => signal = Some(came),
            msg = tokio::time::timeout(Duration::from_secs(1), messages.recv()) => {
                import.update(Timestamp::now(), msg.ok().flatten(), &mut fx);
                runner.perform(fx.take());
            }
        }
        if let (ImportProgress::Reconciling(left), false) = (import.progress(), is_told) {
            say(format!("an earlier run was interrupted; what it sent is looked for, up to {left} s"));
            is_told = true;
        }
        show_progress(import.progress(), &mut progress);
    }
    progress.clear();
    if let Some(signal) = signal.filter(|_| !import.has_begun_to_send()) {
        let messages = vec![signal.message("this run sent nothing")];
        return Err(CliError::new(signal.kind(), messages));
    }
    let outcome = import.finish(&mut fx).map_err(|error| {
        let kind = error.source.as_ref().map_or(ErrorKind::Failed, ErrorKind::of);
        CliError { source: error.source.map(Box::new), ..CliError::new(kind, vec![error.message]) }
    })?;
    runner.perform(fx.take());
    if !outcome.request.is_dry_run
        && let Err(why) = runner.purge_sent_records()
    {
        say(&why);
    }
    Ok(ImportResult { outcome, signal })
}

/// Shows what the import waits for.
fn show_progress(import: ImportProgress, progress: &mut Progress) {
    match import {
        ImportProgress::Reconciling(left) => {
            progress.show(&format!("what was sent without an answer is looked for, {left} s left"));
        }
        ImportProgress::Sending(Some((done, all))) => progress.show_count(done, all),
        ImportProgress::Reading => progress.show("reading what the server has"),
        ImportProgress::Sending(None) => {}
    }
}

impl ImportResult {
    /// Prints the report of a dry run; returns the exit code.
    fn report_dry_run(self, matches: &ArgMatches) -> ExitCode {
        let ImportOutcome { preview, request, unchecked, .. } = &self.outcome;
        unchecked.iter().for_each(say);
        if let Some(signal) = self.signal {
            say(signal.message("nothing was sent"));
            return signal.kind().exit_code();
        }
        let file = path(matches, "FILE").unwrap_or_default();
        let file = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let format = matches.get_one::<Format>("output").copied().unwrap_or(Format::Table);
        let mut out = std::io::stdout().lock();
        let printed = print_report(&mut out, format, &file, preview, &request.grids, &request.answers)
            .and_then(|()| out.flush());
        match printed {
            Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => return complain(e, ErrorKind::Failed),
            _ => {}
        }
        if !preview.is_answered() {
            open_texts(preview).iter().for_each(say);
            return ErrorKind::Usage.exit_code();
        }
        let is_waiting = preview.count(RowStanding::Held) + preview.count(RowStanding::Stopped) > 0;
        if is_waiting { ErrorKind::Rejected.exit_code() } else { ExitCode::SUCCESS }
    }

    /// Prints the outcome of each row on stdout and the reasons on stderr and into a file; returns the exit
    /// code.
    fn report(self, matches: &ArgMatches) -> ExitCode {
        let ImportOutcome { preview, request, rows, unchecked, .. } = &self.outcome;
        say_layout(preview);
        unchecked.iter().for_each(say);
        if self.signal.is_none() && !preview.is_answered() && self.outcome.error.is_none() {
            open_texts(preview).iter().for_each(say);
            return complain(
                "nothing was sent: answer what is open; --dry-run shows the whole file",
                ErrorKind::Usage,
            );
        }
        say_findings(preview, RuleSeverity::Note);
        let mut lines = Vec::new();
        let has_sheets = preview.sheets.len() > 1;
        let read = preview.read_rows(&request.grids, &request.answers);
        for ((row, values), (outcome, reason)) in read.zip(rows) {
            let sheet = preview.sheets[row.place.sheet].name.clone().filter(|_| has_sheets);
            let place = sheet.map_or_else(
                || row.place.number.to_string(),
                |sheet| format!("{sheet} {}", row.place.number),
            );
            if matches!(outcome, RowOutcome::Refused | RowOutcome::Unknown | RowOutcome::NotSent) {
                say(format!("row {place}: {reason}"));
            }
            lines.push(vec![
                place,
                values.value("full_name").to_string(),
                outcome.as_str().to_owned(),
                reason.clone(),
            ]);
        }
        self.say_tally();
        self.write_reasons(matches);
        let format = matches.get_one::<Format>("output").copied().unwrap_or(Format::Table);
        let heads = ["row", "full_name", "outcome", "reason"];
        let (saved, all) = (self.count(RowOutcome::Saved), lines.len());
        let printed = print::outcomes(&mut std::io::stdout().lock(), format, &heads, lines);
        let kind = self.kind();
        match printed {
            Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
                say(format!("the outcome of each row could not be printed ({e}): {saved} of {all} saved"));
                let is_unknown = kind == ErrorKind::UnknownOutcome;
                if is_unknown { kind.exit_code() } else { ErrorKind::Failed.exit_code() }
            }
            _ => kind.exit_code(),
        }
    }

    fn count(&self, outcome: RowOutcome) -> usize {
        self.outcome.rows.iter().filter(|(known, _)| *known == outcome).count()
    }

    /// Says how many rows ended in each outcome, after what stopped the import.
    fn say_tally(&self) {
        let of = |outcome| self.count(outcome);
        let counted = [
            (of(RowOutcome::Saved), "saved"),
            (of(RowOutcome::Existing), "on the server already"),
            (of(RowOutcome::Unknown), "unknown"),
            (of(RowOutcome::Refused), "refused"),
            (of(RowOutcome::Held), "held"),
            (of(RowOutcome::Stopped), "stopped"),
            (of(RowOutcome::NotSent), "not sent"),
        ];
        let phrases = counted.iter().enumerate().filter(|(at, (n, _))| *at == 0 || *n > 0);
        let tally = phrases.map(|(_, (n, words))| format!("{n} {words}")).collect::<Vec<_>>().join(", ");
        let again = "run it again to go on: what has arrived is found and not sent twice";
        match (self.signal, &self.outcome.error, &self.outcome.journal_error) {
            (Some(signal), ..) => say(signal.message(&format!("{tally}; {again}"))),
            (None, _, Some(why)) => say(format!("the journal cannot be written ({why}); {tally}; {again}")),
            (None, Some(failure), None) => say(format!("{failure}; {tally}; {again}")),
            (None, None, None) => {
                say(tally);
                // The keys of the interactive program, which its sentences name.
                let keymap = Keymap::new(&std::collections::BTreeMap::new()).ok();
                let notice = self.outcome.notice.iter().zip(&keymap);
                notice.for_each(|(notice, keymap)| say(keymap.with_keys(notice)));
            }
        }
    }

    /// Writes the rows that were not accepted, with their reasons, where a file was named for them.
    fn write_reasons(&self, matches: &ArgMatches) {
        let ImportOutcome { preview, request, rows, .. } = &self.outcome;
        let is_left = |(outcome, _): &&(RowOutcome, String)| {
            !matches!(outcome, RowOutcome::Saved | RowOutcome::Existing)
        };
        let Some(path) = path(matches, "reasons").filter(|_| rows.iter().any(|row| is_left(&row))) else {
            return;
        };
        let table = reasons_table(preview, &request.grids, &request.answers, |at| {
            rows.get(at).filter(|row| is_left(row)).map(|(_, reason)| reason.clone())
        });
        let reasons = Document::Rows(WrittenRows::Table(table), FileContent::RejectedRows);
        match files::write_new(&path, &reasons, |_, _| {}) {
            Ok(()) => say(format!("{} written to {}", reasons.summary(), path.display())),
            Err(why) => say(&why),
        }
    }

    /// How the import ended.
    fn kind(&self) -> ErrorKind {
        let left = self.outcome.rows.len() - self.count(RowOutcome::Saved) - self.count(RowOutcome::Existing);
        if left == 0 {
            return ErrorKind::Done;
        }
        if self.count(RowOutcome::Unknown) > 0 {
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
            Some(failure) if self.count(RowOutcome::NotSent) > 0 => ErrorKind::of(failure),
            _ => ErrorKind::Rejected,
        }
    }
}
