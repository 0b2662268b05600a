//! `bee-tui doctor`: checks whether everything bee-tui needs is there. Its output is safe to paste anywhere:
//! it names no key, no account and no home folder.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use clap::{ArgMatches, Command};
use jiff::Timestamp;
use serde_json::json;

use crate::api::client::{Client, Credentials};
use crate::api::error::{ApiError, Failure};
use crate::api::{Call, plans, supplier_scores};
use crate::cli::error::{ErrorKind, complain};
use crate::cli::journal::set_aside_message;
use crate::cli::print::{Format, escaped, io_error};
use crate::cli::send::key_time_left;
use crate::config::permissions::{
    PermissionCheck, check_configuration, check_private_folder, is_open_to_others,
};
use crate::config::secret::{SecretStore, probe_keyring};
use crate::config::{
    self, Config, ConfigError, GlobalOptions, Profile, SUPPLIERS_ORIGIN, TOOLKIT_ORIGIN, WritePolicy,
};
use crate::domain::date::{format_duration, seconds_since};
use crate::domain::id::VendorCode;
use crate::domain::text::{Text, escape_spreadsheet_cell, pluralize};
use crate::runtime::effects::background_runtime;
use crate::runtime::journal::{journals_set_aside, list_staged};

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CheckResult {
    Ok,
    /// It works, but something may be wrong.
    Note,
    /// Something will not work.
    Bad,
}

impl CheckResult {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Bad => "bad",
        }
    }
}

/// A check's name, its result, and the details.
type Check = (&'static str, CheckResult, String);

/// A key that expires within this many days is worth a note.
const KEY_EXPIRY_NOTICE_DAYS: u64 = 30;
/// The most seconds by which two clocks may differ without a note.
const MAX_CLOCK_SKEW_SECONDS: i64 = 60;

/// `bee-tui doctor` with its options.
pub(super) fn command() -> Command {
    Command::new("doctor")
        .about("Check the terminal, the keyring, the network, the clock, the key and the files; safe to paste in public")
        .arg(
            Format::argument("Format"),
        )
}

/// Runs and prints all checks; the exit code is `ErrorKind::Failed` when one of them is bad.
pub(super) fn run(
    matches: &ArgMatches,
    loaded: Result<Config, ConfigError>,
    options: &GlobalOptions,
) -> ExitCode {
    let mut checks = vec![("version", CheckResult::Ok, env!("CARGO_PKG_VERSION").to_owned())];
    checks.extend(check_terminal());
    checks.push(match probe_keyring() {
        Ok(()) => ("keyring", CheckResult::Ok, "answers".into()),
        Err(why) => (
            "keyring",
            CheckResult::Note,
            format!("none can be used ({why}); a secret can be kept in a file"),
        ),
    });
    if let Some(place) = config::config_path(options) {
        checks.extend(check_files(&place));
    }
    match loaded {
        Ok(config) => checks.extend(check_account(&config)),
        // The error may name the profile, so only its place is shown.
        Err(error) => {
            let says = format!("{}: cannot be used; any other command says why", without_home(error.place()));
            checks.push(("settings", CheckResult::Bad, says));
        }
    }
    let format = matches.get_one::<Format>("output").copied().unwrap_or(Format::Table);
    let printed = print(&mut io::stdout().lock(), format, &checks);
    match printed {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => complain(e, ErrorKind::Failed),
        _ if checks.iter().any(|(_, result, _)| *result == CheckResult::Bad) => ErrorKind::Failed.exit_code(),
        _ => ExitCode::SUCCESS,
    }
}

fn print(out: &mut dyn Write, format: Format, checks: &[Check]) -> io::Result<()> {
    let shown = |says: &str| Text::from(says).to_string();
    match format {
        Format::Table => {
            for (check, found, says) in checks {
                writeln!(out, "{:<5} {check:<14} {}", found.word(), shown(says))?;
            }
            Ok(())
        }
        Format::Json => {
            let rows: Vec<String> = checks
                .iter()
                .map(|(check, found, says)| {
                    json!({"check": check, "found": found.word(), "says": shown(says)}).to_string()
                })
                .collect();
            writeln!(out, "[\n{}\n]", escaped(&rows.join(",\n")))
        }
        Format::Csv => {
            let mut csv = csv::Writer::from_writer(out);
            csv.write_record(["check", "found", "says"]).map_err(io_error)?;
            for (check, found, says) in checks {
                csv.write_record([check, found.word(), &escape_spreadsheet_cell(&shown(says))])
                    .map_err(io_error)?;
            }
            csv.flush()
        }
    }
}

fn check_terminal() -> Vec<Check> {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let term = variable("TERM");
    let size = crossterm::terminal::size().ok();
    let terminal = match (io::stdin().is_terminal() && io::stdout().is_terminal(), size) {
        (true, Some((width, height))) if width >= 60 && height >= 15 => {
            (CheckResult::Ok, format!("{term}, {width}x{height}"))
        }
        (true, Some((width, height))) => {
            (CheckResult::Bad, format!("{term}, {width}x{height}; it needs 60x15"))
        }
        _ => (CheckResult::Note, "no terminal here: shell verbs work, the screens need one".into()),
    };
    let no_color = !variable("NO_COLOR").is_empty();
    let colours = match variable("COLORTERM").as_str() {
        _ if no_color => "off by NO_COLOR",
        "truecolor" | "24bit" => "true colour",
        _ if term.contains("256") => "256",
        _ => "16",
    };
    // The terminal does the copying, and it cannot be asked whether it did.
    let clipboard = match (variable("SSH_TTY").is_empty(), variable("DISPLAY") + &variable("WAYLAND_DISPLAY"))
    {
        (false, _) => "over SSH: only what the terminal takes (OSC 52)",
        (true, display) if display.is_empty() => "no display: only what the terminal takes (OSC 52)",
        _ => "a display is there",
    };
    vec![
        ("terminal", terminal.0, terminal.1),
        ("colours", CheckResult::Ok, colours.into()),
        ("clipboard", CheckResult::Ok, clipboard.into()),
    ]
}

/// A path with `~` for the home folder.
fn home_relative_path(path: &Path) -> String {
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    match home.and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

/// A text with `~` for the home folder.
fn without_home(words: &str) -> String {
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().display().to_string());
    home.filter(|home| home.len() > 1).map_or_else(|| words.to_owned(), |home| words.replace(&home, "~"))
}

fn check_files(config: &Path) -> Vec<Check> {
    let vault = SecretStore::for_config(config);
    let mut checks = Vec::new();
    checks.push(match check_configuration(config) {
        Ok(PermissionCheck::Safe) => {
            ("permissions", CheckResult::Ok, "nobody else can write the configuration".into())
        }
        Ok(PermissionCheck::Unchecked) => (
            "permissions",
            CheckResult::Note,
            "unchecked: this system or disk does not say who may write".into(),
        ),
        Err(why) => ("permissions", CheckResult::Bad, without_home(&why.to_string())),
    });
    for (check, path) in [("configuration", config), ("secrets", vault.file())] {
        checks.push(match (path.exists(), is_open_to_others(path)) {
            (false, _) => (check, CheckResult::Ok, format!("{}: not there", home_relative_path(path))),
            (true, false) => {
                (check, CheckResult::Ok, format!("{}: readable by you only", home_relative_path(path)))
            }
            (true, true) => {
                let result = if check == "secrets" { CheckResult::Bad } else { CheckResult::Note };
                (check, result, format!("{0}: others can read it; chmod 600 {0}", home_relative_path(path)))
            }
        });
    }
    checks
}

/// Checks that a folder is private and can be written; leaves no file behind.
fn check_folder(path: &Path) -> (CheckResult, String) {
    let name = home_relative_path(path);
    if !path.exists() {
        return (CheckResult::Ok, format!("{name}: not there yet, made at the first start"));
    }
    if let Err(why) = check_private_folder(path) {
        return (CheckResult::Bad, format!("{name}: {why}"));
    }
    match tempfile::NamedTempFile::new_in(path) {
        Err(e) => (CheckResult::Bad, format!("{name}: nothing can be written ({})", e.kind())),
        Ok(_) if is_open_to_others(path) => {
            (CheckResult::Note, format!("{name}: others can look into it; chmod 700 {name}"))
        }
        Ok(_) => (CheckResult::Ok, format!("{name}: writable, yours only")),
    }
}

fn check_account(config: &Config) -> Vec<Check> {
    let (result, says) = check_folder(&config.state_dir);
    let mut checks = vec![("state", result, says)];
    if let Some(log) = &config.log {
        let folder = log.parent().filter(|folder| !folder.as_os_str().is_empty());
        let (result, says) = if folder.is_some_and(|folder| !folder.is_dir()) {
            (CheckResult::Bad, format!("{}: there is no such folder", home_relative_path(log)))
        } else if is_open_to_others(log) {
            (CheckResult::Note, format!("{}: others can read it", home_relative_path(log)))
        } else {
            (CheckResult::Ok, home_relative_path(log))
        };
        checks.push(("log", result, says));
    }
    let Some(profile) = &config.profile else {
        checks.push(("profile", CheckResult::Note, "none is configured; bee-tui login makes one".into()));
        return checks;
    };
    let guard = match profile.guard {
        WritePolicy::Standard => "may write",
        WritePolicy::Production => "PRODUCTION",
        WritePolicy::ReadOnly => "READ-ONLY",
    };
    checks.push(("profile", CheckResult::Ok, format!("one of {}, {guard}", config.profiles.len().max(1))));
    checks.push(match list_staged(&config.state_dir, &profile.toolkit) {
        Ok(rows) => {
            let of = |state: &str| rows.iter().filter(|row| row["state"] == state).count();
            (
                "journal",
                CheckResult::Ok,
                format!(
                    "{}, {} unknown; not encrypted",
                    pluralize(rows.len(), "staged change"),
                    of("unknown")
                ),
            )
        }
        Err(why) => ("journal", CheckResult::Bad, without_home(&why.to_string())),
    });
    for (file, days) in journals_set_aside(&config.state_dir) {
        checks.push(("set aside", CheckResult::Note, set_aside_message(&home_relative_path(&file), days)));
    }
    match background_runtime() {
        Ok(runtime) => {
            checks.extend(runtime.block_on(check_network(profile)));
            runtime.shutdown_background();
        }
        Err(e) => checks.push(("network", CheckResult::Bad, e.to_string())),
    }
    checks
}

/// Sends a signed read and checks the network, the clock and the key by its response.
async fn check_network(profile: &Profile) -> Vec<Check> {
    let origin = profile.toolkit.origin.as_str();
    let host =
        if [TOOLKIT_ORIGIN, SUPPLIERS_ORIGIN].contains(&origin) { origin } else { "a host of its own" };
    let client: Client = profile.client();
    let call = Call::Plans(plans::Call::List);
    let started_at = Instant::now();
    let answer = match client.send(&call.request()).await {
        Ok(answer) => answer,
        Err(ApiError { failure, .. }) if host == origin => {
            let error = ApiError::new(&call.request(), failure);
            return vec![("network", CheckResult::Bad, without_proxy(&format!("{host}: {error}")))];
        }
        // The full message could name the host.
        Err(error) => {
            let why = match &error.failure {
                Failure::Unreachable(why) | Failure::NoResponse(why) => format!(" ({why})"),
                Failure::Untrusted(_, why) => format!(" ({})", without_names(why)),
                _ => String::new(),
            };
            return vec![(
                "network",
                CheckResult::Bad,
                without_proxy(&format!("{host}: {}{why}", error.kind())),
            )];
        }
    };
    let ms = started_at.elapsed().as_millis();
    let mut checks = vec![match call.read(&answer.body) {
        Ok(_) => ("network", CheckResult::Ok, format!("{host}: the key is accepted, {ms} ms")),
        Err(why) => ("network", CheckResult::Bad, format!("{host}: {why}")),
    }];
    let now = Timestamp::now();
    checks.push(match answer.server_time.map(|date| (date.as_second() - now.as_second()).abs()) {
        None => ("clock", CheckResult::Note, "the server does not tell its time".into()),
        Some(skew) if skew > MAX_CLOCK_SKEW_SECONDS => {
            let skew = format_duration(skew.unsigned_abs());
            (
                "clock",
                CheckResult::Note,
                format!("{skew} different from the server's; ages and dates are wrong by that"),
            )
        }
        Some(_) => ("clock", CheckResult::Ok, "as the server's".into()),
    });
    let end = answer.key_expiry.and_then(|expiry| expiry.expires_at);
    checks.push(match end.map(|at| (seconds_since(now, at) / 86_400, key_time_left(at, now))) {
        None => ("key", CheckResult::Ok, "the server gives no expiry date".into()),
        Some((_, None)) => ("key", CheckResult::Bad, "has expired; make a new one in BEEtoolkit".into()),
        Some((days, Some(left))) if days < KEY_EXPIRY_NOTICE_DAYS => {
            ("key", CheckResult::Note, format!("expires in {left}; create a new one in BEEtoolkit"))
        }
        Some((_, Some(left))) => ("key", CheckResult::Ok, format!("expires in {left}")),
    });
    if let Some(account) = &profile.suppliers {
        checks.push(check_suppliers(account, &client).await);
    }
    checks
}

/// Checks whether the Supplier Management System accepts its key. It asks for a vendor code that nobody has:
/// only a key that is accepted gets "not found".
async fn check_suppliers(account: &Credentials, client: &Client) -> Check {
    let host =
        if account.origin.as_str() == SUPPLIERS_ORIGIN { SUPPLIERS_ORIGIN } else { "a host of its own" };
    let says = |result, words: &str| ("suppliers", result, format!("{host}: {words}"));
    let Ok(code) = "bee-tui-doctor".parse::<VendorCode>() else {
        return says(CheckResult::Note, "cannot be asked");
    };
    let call = Call::SupplierScores(supplier_scores::Call::Heartbeat(code));
    match client.send(&call.request()).await {
        Ok(_) => says(CheckResult::Ok, "the key is accepted"),
        Err(ApiError { failure: Failure::NotFound | Failure::ValidationFailed(_), .. }) => {
            says(CheckResult::Ok, "the key is accepted")
        }
        Err(error) => says(CheckResult::Bad, &error.kind()),
    }
}

/// A message without the name of a proxy, which may identify a company.
fn without_proxy(words: &str) -> String {
    let Some((before, after)) = words.split_once("the proxy ") else { return words.to_owned() };
    let rest = after.split_once(' ').map_or("", |(_, rest)| rest);
    format!("{before}the proxy of this machine {rest}").trim_end().to_owned()
}

/// Why a certificate is not trusted, without the names in it, which may identify a company.
fn without_names(why: &str) -> String {
    if why.contains("for name") || why.contains("DnsName") || why.contains('"') {
        return "invalid peer certificate: it is for another name".into();
    }
    why.to_owned()
}
