//! `bee-tui doctor`: whether everything it needs is there, in words that are safe to paste anywhere: no key, no name of
//! an account, no path of a home.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use clap::{ArgMatches, Command};
use jiff::Timestamp;
use serde_json::json;

use crate::api::client::{Account, Client};
use crate::api::error::{ApiError, Failure};
use crate::api::{Call, plans, supplier_scores};
use crate::cli::exit::{FAILED, complain};
use crate::cli::journal::aside_words;
use crate::cli::print::{Format, escaped, io_error};
use crate::cli::sending::key_end;
use crate::config::permissions::{Judged, check_configuration, check_private_folder, is_open_to_others};
use crate::config::secret::{Vault, probe_keyring};
use crate::config::{self, Config, ConfigError, Guard, Options, Profile, SUPPLIERS, TOOLKIT};
use crate::domain::date::{seconds_since, span};
use crate::domain::id::VendorCode;
use crate::domain::text::{Text, count, spreadsheet_safe};
use crate::runtime::effects::background;
use crate::runtime::store::{list, set_aside};

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Ok,
    /// It works, and something may be amiss.
    Note,
    /// Something will not work.
    Bad,
}

impl Found {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Bad => "bad",
        }
    }
}

/// A check, how it came out, and what is said of it.
type Check = (&'static str, Found, String);

/// Days before its end from which a key's end is worth a note.
const SOON: u64 = 30;
/// The most seconds two clocks differ before it is said.
const SKEW: i64 = 60;

/// The command.
pub(super) fn command() -> Command {
    Command::new("doctor")
        .about("Check the terminal, the keyring, the network, the clock, the key and the files; safe to paste in public")
        .arg(
            Format::argument("Format"),
        )
}

/// Checks everything; it fails when something is bad.
pub(super) fn run(matches: &ArgMatches, loaded: Result<Config, ConfigError>, options: &Options) -> ExitCode {
    let mut checks = vec![("version", Found::Ok, env!("CARGO_PKG_VERSION").to_owned())];
    checks.extend(terminal());
    checks.push(match probe_keyring() {
        Ok(()) => ("keyring", Found::Ok, "answers".into()),
        Err(why) => {
            ("keyring", Found::Note, format!("none can be used ({why}); a secret can be kept in a file"))
        }
    });
    if let Some(place) = config::place(options) {
        checks.extend(files(&place));
    }
    match loaded {
        Ok(config) => checks.extend(account(&config)),
        // What is wrong may name the profile: only where it is wrong is told.
        Err(error) => {
            let says = format!("{}: cannot be used; any other command says why", private(error.place()));
            checks.push(("settings", Found::Bad, says));
        }
    }
    let format = matches.get_one::<Format>("output").copied().unwrap_or(Format::Table);
    let printed = print(&mut io::stdout().lock(), format, &checks);
    match printed {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => complain(&e.to_string(), FAILED),
        _ if checks.iter().any(|(_, found, _)| *found == Found::Bad) => ExitCode::from(FAILED),
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
                csv.write_record([check, found.word(), &spreadsheet_safe(&shown(says))]).map_err(io_error)?;
            }
            csv.flush()
        }
    }
}

fn terminal() -> Vec<Check> {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let term = variable("TERM");
    let size = crossterm::terminal::size().ok();
    let terminal = match (io::stdin().is_terminal() && io::stdout().is_terminal(), size) {
        (true, Some((width, height))) if width >= 60 && height >= 15 => {
            (Found::Ok, format!("{term}, {width}x{height}"))
        }
        (true, Some((width, height))) => (Found::Bad, format!("{term}, {width}x{height}; it needs 60x15")),
        _ => (Found::Note, "none here: shell verbs work, the program itself needs one".into()),
    };
    let no_color = !variable("NO_COLOR").is_empty();
    let colours = match variable("COLORTERM").as_str() {
        _ if no_color => "off by NO_COLOR",
        "truecolor" | "24bit" => "true colour",
        _ if term.contains("256") => "256",
        _ => "16",
    };
    // Copying goes through the terminal: whether it does as it is told cannot be asked.
    let clipboard = match (variable("SSH_TTY").is_empty(), variable("DISPLAY") + &variable("WAYLAND_DISPLAY"))
    {
        (false, _) => "over SSH: only what the terminal takes (OSC 52)",
        (true, display) if display.is_empty() => "no display: only what the terminal takes (OSC 52)",
        _ => "a display is there",
    };
    vec![
        ("terminal", terminal.0, terminal.1),
        ("colours", Found::Ok, colours.into()),
        ("clipboard", Found::Ok, clipboard.into()),
    ]
}

/// A path without the home it is in.
fn shown(path: &Path) -> String {
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    match home.and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

/// Words in which no home is named.
fn private(words: &str) -> String {
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().display().to_string());
    home.filter(|home| home.len() > 1).map_or_else(|| words.to_owned(), |home| words.replace(&home, "~"))
}

fn files(config: &Path) -> Vec<Check> {
    let vault = Vault::beside(config);
    let mut checks = Vec::new();
    checks.push(match check_configuration(config) {
        Ok(Judged::Well) => ("permissions", Found::Ok, "nobody else can write the configuration".into()),
        Ok(Judged::Unchecked) => {
            ("permissions", Found::Note, "unchecked: this system or disk does not say who may write".into())
        }
        Err(why) => ("permissions", Found::Bad, private(&why)),
    });
    for (check, path) in [("configuration", config), ("secrets", vault.file())] {
        checks.push(match (path.exists(), is_open_to_others(path)) {
            (false, _) => (check, Found::Ok, format!("{}: not there", shown(path))),
            (true, false) => (check, Found::Ok, format!("{}: readable by you only", shown(path))),
            (true, true) => {
                let found = if check == "secrets" { Found::Bad } else { Found::Note };
                (check, found, format!("{0}: others can read it; chmod 600 {0}", shown(path)))
            }
        });
    }
    checks
}

/// What a folder lets us do: nothing is left behind.
fn folder(path: &Path) -> (Found, String) {
    let name = shown(path);
    if !path.exists() {
        return (Found::Ok, format!("{name}: not there yet, made at the first start"));
    }
    if let Err(why) = check_private_folder(path) {
        return (Found::Bad, format!("{name}: {why}"));
    }
    match tempfile::NamedTempFile::new_in(path) {
        Err(e) => (Found::Bad, format!("{name}: nothing can be written ({})", e.kind())),
        Ok(_) if is_open_to_others(path) => {
            (Found::Note, format!("{name}: others can look into it; chmod 700 {name}"))
        }
        Ok(_) => (Found::Ok, format!("{name}: writable, yours only")),
    }
}

fn account(config: &Config) -> Vec<Check> {
    let (found, says) = folder(&config.state_dir);
    let mut checks = vec![("state", found, says)];
    if let Some(log) = &config.log {
        let folder = log.parent().filter(|folder| !folder.as_os_str().is_empty());
        let (found, says) = if folder.is_some_and(|folder| !folder.is_dir()) {
            (Found::Bad, format!("{}: there is no such folder", shown(log)))
        } else if is_open_to_others(log) {
            (Found::Note, format!("{}: others can read it", shown(log)))
        } else {
            (Found::Ok, shown(log))
        };
        checks.push(("log", found, says));
    }
    let Some(profile) = &config.profile else {
        checks.push(("profile", Found::Note, "none is configured; bee-tui login makes one".into()));
        return checks;
    };
    let guard = match profile.guard {
        Guard::Usual => "may write",
        Guard::Production => "PRODUCTION",
        Guard::ReadOnly => "READ-ONLY",
    };
    checks.push(("profile", Found::Ok, format!("one of {}, {guard}", config.profiles.len().max(1))));
    checks.push(match list(&config.state_dir, &profile.toolkit) {
        Ok(rows) => {
            let of = |state: &str| rows.iter().filter(|row| row["state"] == state).count();
            (
                "journal",
                Found::Ok,
                format!("{}, {} unknown; not encrypted", count(rows.len(), "staged change"), of("unknown")),
            )
        }
        Err(why) => ("journal", Found::Bad, private(&why)),
    });
    for (file, days) in set_aside(&config.state_dir) {
        checks.push(("set aside", Found::Note, aside_words(&shown(&file), days)));
    }
    match background() {
        Ok(runtime) => {
            checks.extend(runtime.block_on(network(profile)));
            runtime.shutdown_background();
        }
        Err(e) => checks.push(("network", Found::Bad, e.to_string())),
    }
    checks
}

/// A signed read, and what its answer tells of the clock and the key.
async fn network(profile: &Profile) -> Vec<Check> {
    let origin = profile.toolkit.origin.as_str();
    let host = if [TOOLKIT, SUPPLIERS].contains(&origin) { origin } else { "a host of its own" };
    let client: Client = profile.client();
    let call = Call::Plans(plans::Call::List);
    let begun = Instant::now();
    let answer = match client.send(&call.request()).await {
        Ok(answer) => answer,
        Err(ApiError { failure, .. }) if host == origin => {
            let error = ApiError::of(&call.request(), failure);
            return vec![("network", Found::Bad, without_proxy(&format!("{host}: {error}")))];
        }
        // The words could name the host.
        Err(error) => {
            let why = match &error.failure {
                Failure::Unreachable(why) | Failure::NoAnswer(why) => format!(" ({why})"),
                Failure::Untrusted(_, why) => format!(" ({})", without_names(why)),
                _ => String::new(),
            };
            return vec![("network", Found::Bad, without_proxy(&format!("{host}: {}{why}", error.kind())))];
        }
    };
    let ms = begun.elapsed().as_millis();
    let mut checks = vec![match call.read(&answer.body) {
        Ok(_) => ("network", Found::Ok, format!("{host}: the key is let in, {ms} ms")),
        Err(why) => ("network", Found::Bad, format!("{host}: {why}")),
    }];
    let now = Timestamp::now();
    checks.push(match answer.date.map(|date| (date.as_second() - now.as_second()).abs()) {
        None => ("clock", Found::Note, "the server does not tell its time".into()),
        Some(skew) if skew > SKEW => {
            let skew = span(skew.unsigned_abs());
            ("clock", Found::Note, format!("{skew} off the server's; ages and dates are off by it"))
        }
        Some(_) => ("clock", Found::Ok, "as the server's".into()),
    });
    let end = answer.expiry.and_then(|expiry| expiry.at);
    checks.push(match end.map(|at| (seconds_since(now, at) / 86_400, key_end(at, now))) {
        None => ("key", Found::Ok, "the server tells of no end".into()),
        Some((_, None)) => ("key", Found::Bad, "has expired; make a new one in BEEtoolkit".into()),
        Some((days, Some(left))) if days < SOON => {
            ("key", Found::Note, format!("ends in {left}; make a new one in BEEtoolkit"))
        }
        Some((_, Some(left))) => ("key", Found::Ok, format!("ends in {left}")),
    });
    if let Some(account) = &profile.suppliers {
        checks.push(suppliers(account, &client).await);
    }
    checks
}

/// Whether the Supplier Management System lets its key in. It is asked about a vendor code that nobody has: an answer of
/// "not found" comes only to a key that is let in.
async fn suppliers(account: &Account, client: &Client) -> Check {
    let host = if account.origin.as_str() == SUPPLIERS { SUPPLIERS } else { "a host of its own" };
    let says = |found, words: &str| ("suppliers", found, format!("{host}: {words}"));
    let Ok(code) = "bee-tui-doctor".parse::<VendorCode>() else {
        return says(Found::Note, "cannot be asked");
    };
    let call = Call::SupplierScores(supplier_scores::Call::Heartbeat(code));
    match client.send(&call.request()).await {
        Ok(_) => says(Found::Ok, "the key is let in"),
        Err(ApiError { failure: Failure::NotFound | Failure::Refused(_), .. }) => {
            says(Found::Ok, "the key is let in")
        }
        Err(error) => says(Found::Bad, &error.kind()),
    }
}

/// Words without the name of a proxy, which may be a company's own.
fn without_proxy(words: &str) -> String {
    let Some((before, after)) = words.split_once("the proxy ") else { return words.to_owned() };
    let rest = after.split_once(' ').map_or("", |(_, rest)| rest);
    format!("{before}the proxy of this machine {rest}").trim_end().to_owned()
}

/// Why a certificate is not trusted, without the names in it: they may be a company's own.
fn without_names(why: &str) -> String {
    if why.contains("for name") || why.contains("DnsName") || why.contains('"') {
        return "invalid peer certificate: it is for another name".into();
    }
    why.to_owned()
}
