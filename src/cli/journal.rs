//! `bee-tui journal list` and `bee-tui wipe`: list the staged changes on this machine, and remove all that
//! bee-tui keeps.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::cli::error::{CliError, ErrorKind, complain, say};
use crate::cli::print::{Format, escaped, io_error};
use crate::config::Config;
use crate::config::secret::{SecretRemoval, SecretStore};
use crate::domain::text::{Text, escape_spreadsheet_cell, pluralize};
use crate::runtime::clipboard;
use crate::runtime::journal::{JournalRow, is_held_lock, is_journal_file, journals_set_aside, list_staged};

/// `bee-tui journal` and `bee-tui wipe`.
pub(super) fn commands() -> [Command; 2] {
    let format = Format::argument("Format");
    let listing =
        Command::new("list").about("List what is staged, being sent or of unknown outcome").arg(format);
    let journal = Command::new("journal")
        .about("The journal of staged changes on this machine")
        .long_about(
            "The journal of staged changes on this machine.\n\nIt is readable by you only, and not encrypted. What was sent \
             is removed from it; a journal that could not be read is set aside until bee-tui wipe removes it.",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(listing);
    let yes = Arg::new("yes").long("yes").action(ArgAction::SetTrue).help("Without another question");
    let wipe = Command::new("wipe")
        .about("Remove everything bee-tui keeps on this machine but the configuration: staged changes, logs, secrets")
        .arg(yes);
    [journal, wipe]
}

/// Runs `bee-tui journal list` for the profile and returns the exit code.
pub(super) fn run(matches: &ArgMatches, config: &Config) -> ExitCode {
    let Some(("list", matches)) = matches.subcommand() else { return ErrorKind::Usage.exit_code() };
    let Some(profile) = &config.profile else {
        return complain("no account is configured, so there is no journal", ErrorKind::Usage);
    };
    let format = matches.get_one::<Format>("output").copied().unwrap_or(Format::Table);
    let printed = match list_staged(&config.state_dir, &profile.toolkit) {
        Ok(rows) => print(&mut io::stdout().lock(), format, &rows),
        Err(why) => return complain(&why, ErrorKind::Failed),
    };
    for (file, days) in journals_set_aside(&config.state_dir) {
        say(set_aside_message(&file.display().to_string(), days));
    }
    match printed {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => complain(e, ErrorKind::Failed),
        _ => ExitCode::SUCCESS,
    }
}

fn print(out: &mut dyn Write, format: Format, rows: &[JournalRow]) -> io::Result<()> {
    match format {
        Format::Json => {
            let rows: Vec<String> =
                rows.iter().map(|row| serde_json::Value::from(row.clone()).to_string()).collect();
            let rows = if rows.is_empty() { "[]".into() } else { format!("[\n{}\n]", rows.join(",\n")) };
            writeln!(out, "{}", escaped(&rows))
        }
        Format::Table => {
            for row in rows {
                let [state, at, what, change] = cells(row);
                writeln!(out, "{state:<9} {at:<20} {change} · {what}")?;
            }
            Ok(())
        }
        Format::Csv => {
            let mut csv = csv::Writer::from_writer(out);
            csv.write_record(["state", "at", "what", "change"]).map_err(io_error)?;
            for row in rows {
                csv.write_record(cells(row).iter().map(|cell| escape_spreadsheet_cell(cell).into_owned()))
                    .map_err(io_error)?;
            }
            csv.flush()
        }
    }
}

/// The message about a journal that was set aside.
pub(super) fn set_aside_message(file: &str, days: Option<u64>) -> String {
    let when = match days {
        None => "at an unknown time".into(),
        Some(0) => "today".into(),
        Some(days) => format!("{} ago", pluralize(usize::try_from(days).unwrap_or(usize::MAX), "day")),
    };
    format!("{file} was set aside {when}; it may hold names and ID numbers until bee-tui wipe removes it")
}

/// A row's state, time, what it changes, and how.
fn cells(row: &JournalRow) -> [String; 4] {
    let word = |name: &str| match row.get(name) {
        Some(serde_json::Value::String(text)) => Text::from(text.as_str()).to_string(),
        Some(serde_json::Value::Null) | None => "–".into(),
        Some(other) => other.to_string(),
    };
    let (what, change) = if row.contains_key("counter") {
        let what = format!("{}, year {}, {}", word("plan_name"), word("year"), word("target_type"));
        (what, format!("{} {} → {}", word("counter"), word("base"), word("mine")))
    } else {
        (word("collection"), format!("{} {}", word("intent"), word("name")))
    };
    [word("state"), word("at"), what, change]
}

/// Removes everything that bee-tui keeps but the configuration, once the user confirms it.
pub(super) fn wipe(matches: &ArgMatches, config: &Config) -> ExitCode {
    match wipe_files(matches.get_flag("yes"), config) {
        Ok(words) => {
            say(&words);
            ExitCode::SUCCESS
        }
        Err(error) => error.report(),
    }
}

fn wipe_files(yes: bool, config: &Config) -> Result<String, CliError> {
    let vault = SecretStore::for_config(&config.file);
    let mut files: Vec<PathBuf> = in_folder(&config.state_dir)?;
    if let Some(folder) =
        vault.file().parent().filter(|folder| folder.is_dir() && *folder != config.state_dir)
    {
        files.extend(in_folder(folder)?.into_iter().filter(|path| is_temporary(path)));
    }
    files.extend(config.log.clone().filter(|path| path.exists()));
    files.extend(Some(vault.file().to_owned()).filter(|path| path.exists()));
    if files.iter().any(|file| is_held_lock(file)) {
        return Err("a bee-tui is running; end it first. Nothing was removed".into());
    }
    if !yes {
        if !io::stdin().is_terminal() {
            return Err("wiping needs --yes; nothing was removed".into());
        }
        for file in &files {
            say(format!("would be removed: {}", file.display()));
        }
        let _ = write!(
            io::stderr(),
            "Staged changes in them are lost. Type wipe to remove them and the secrets in the keyring: "
        );
        let mut line = String::new();
        io::stdin().read_line(&mut line).map_err(|e| e.to_string())?;
        if line.trim() != "wipe" {
            return Err("you did not type wipe; nothing was removed".into());
        }
    }
    for account in config.accounts() {
        if let SecretRemoval::RemovedFromFileOnly(why) | SecretRemoval::KeyringUnavailable(why) =
            vault.remove(&account.0, &account.1)?
        {
            say(format!("the keyring could not be asked for a secret ({why})"));
        }
    }
    for file in &files {
        match std::fs::remove_file(file) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(format!("{}: {e}", file.display()).into());
            }
            _ => {}
        }
    }
    let mut words = format!("{} removed", pluralize(files.len(), "file"));
    if config.file.exists() {
        words += &format!("; the configuration is as it was: {}", config.file.display());
    }
    Ok(words)
}

/// The files that bee-tui wrote into a folder: journals with their companions, temporary files, and the file
/// that stands in for a clipboard. Fails when the folder cannot be read.
fn in_folder(dir: &Path) -> Result<Vec<PathBuf>, CliError> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(format!("{}: {e}", dir.display()).into()),
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let clip = std::ffi::OsStr::new(clipboard::FALLBACK_FILE_NAME);
    let is_ours =
        |path: &PathBuf| is_journal_file(path) || is_temporary(path) || path.file_name() == Some(clip);
    let is_no_folder = |path: &PathBuf| std::fs::symlink_metadata(path).is_ok_and(|found| !found.is_dir());
    Ok(paths.filter(is_ours).filter(is_no_folder).collect())
}

/// Whether a file is one that was being written when the program was killed: it holds secrets or copied text.
fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.strip_prefix(".tmp")
        .is_some_and(|rest| rest.len() == 6 && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}
