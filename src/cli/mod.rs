//! The command line: parses the arguments of `bee-tui` and runs the command they name.

mod account;
pub mod apply;
mod check;
mod completions;
mod diff;
mod doctor;
mod draft;
pub mod error;
pub mod import;
pub mod interactive;
pub mod journal;
mod list_output;
mod log;
pub mod login;
mod plan_files;
pub mod print;
mod progress;
mod request_body;
mod send;
pub mod serve;
pub mod shell;
mod text_input;
pub mod verbs;
mod verify;

use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser};

use crate::config::{self, AccountNeeds, GlobalOptions};
use crate::runtime::workbook_reader::READER_THREAD;

/// Employment Equity plans and B-BBEE scorecards of BEEtoolkit, in the terminal
#[derive(Debug, Parser)]
#[command(name = "bee-tui", version, about)]
struct Arguments {
    /// Run against the sandbox inside the program: no account, no network
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    options: GlobalOptions,
}

/// Reports a panic by its place alone: its message could hold data.
fn keep_panics_short() {
    std::panic::set_hook(Box::new(|info| {
        if std::thread::current().name() == Some(READER_THREAD) {
            return;
        }
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        error::say(format!(
            "stopped by a fault of its own at {place}; if something was being sent, its outcome is unknown: look before you \
             send it again"
        ));
    }));
}

/// Prevents a core dump, which would hold secrets, and keeps the user's other programs from reading this
/// one's memory.
fn keep_memory_private() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

const SANDBOX_ABOUT: &str = "Serve only the sandbox on 127.0.0.1, for developing against the API";

/// The whole command line, for parsing, completions and man pages.
fn command() -> clap::Command {
    // The configuration's path depends on the machine, so the help can only name it at run time.
    let place = directories::ProjectDirs::from("", "", "bee-tui")
        .map(|dirs| dirs.config_dir().join("config.toml").display().to_string())
        .unwrap_or_default();
    let sandbox = clap::Command::new("sandbox");
    Arguments::command()
        .after_help(format!("Without a command it runs in the terminal. Configuration: {place}"))
        .subcommands(shell::commands())
        .subcommand(serve::ServeArguments::augment_args(sandbox).about(SANDBOX_ABOUT))
        .subcommands(login::commands())
        .subcommand(apply::command())
        .subcommands(journal::commands())
        .subcommand(doctor::command())
        .subcommands(completions::commands())
}

/// Runs the program with the arguments of the process; returns its exit code.
pub fn main() -> ExitCode {
    keep_panics_short();
    keep_memory_private();
    completions::complete(command);
    let matches = command().get_matches();
    if let Some(code) = completions::run(&matches, command()) {
        return code;
    }
    let mut arguments = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(e) => e.exit(),
    };
    arguments.options.drop_empty_values();
    if let Some(("sandbox", matches)) = matches.subcommand() {
        return match serve::ServeArguments::from_arg_matches(matches) {
            Ok(arguments) => serve::run(&arguments),
            Err(e) => e.exit(),
        };
    }
    if let Some((verb, _)) = matches.subcommand().filter(|_| arguments.demo) {
        let words = format!(
            "--demo shows the program on a sandbox and takes no verb; nothing was sent. For {verb}, run \
                             `bee-tui sandbox` and name it by BEE_TUI_BASE_URL, or leave --demo out"
        );
        return error::complain(&words, error::ErrorKind::Usage);
    }
    match matches.subcommand() {
        Some(("login", matches)) => return login::login(matches, &arguments.options),
        Some(("logout", matches)) => return login::logout(matches, &arguments.options),
        _ => {}
    }
    let environment = |name: &str| std::env::var(name).ok();
    let needs = match matches.subcommand() {
        None if arguments.demo => AccountNeeds::Nothing,
        Some(("wipe", _)) => AccountNeeds::Nothing,
        Some(("journal", _)) => AccountNeeds::Key,
        Some(("plans", matches)) if check::is_of_all_profiles(matches) => AccountNeeds::Names,
        _ => AccountNeeds::Account,
    };
    let load_for = |needs: AccountNeeds, profile: Option<&str>| {
        let mut options = arguments.options.clone();
        options.profile = profile.map(str::to_owned).or(options.profile);
        config::load(&options, needs, &environment)
    };
    let load = |profile: Option<&str>| load_for(needs, profile);
    let loaded = load(None);
    // The doctor checks the log itself.
    let is_doctor = matches.subcommand_name() == Some("doctor");
    if let Ok(config) = loaded.as_ref()
        && !is_doctor
        && let Err(why) = log::start(config)
    {
        return why.report();
    }
    match (loaded, matches.subcommand()) {
        (Ok(config), None) => interactive::run(config, &load, &arguments.options, arguments.demo),
        (Ok(config), Some(("journal", matches))) => journal::run(matches, &config),
        (loaded, Some(("doctor", matches))) => doctor::run(matches, loaded, &arguments.options),
        (Ok(config), Some(("apply", matches))) => apply::run(matches, &config),
        (Ok(config), Some(("wipe", matches))) => journal::wipe(matches, &config),
        (Ok(config), Some((resource, matches))) => {
            shell::run(resource, matches, config, &|profile| load_for(AccountNeeds::Account, profile))
        }
        (Err(e), _) => error::complain(e, error::ErrorKind::Usage),
    }
}
