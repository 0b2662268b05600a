//! The command line: what `bee-tui` takes, and its ways of running.

pub mod interactive;
pub mod serve;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::{self, Options};

/// Employment Equity plans and B-BBEE scorecards of BEEtoolkit, in the terminal
#[derive(Debug, Parser)]
#[command(name = "bee-tui", version, about)]
struct Arguments {
    /// Run against the sandbox inside the program: no account, no network
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Serve only the sandbox on 127.0.0.1, for developing against the API
    Sandbox(serve::Arguments),
}

/// Exit codes, a contract with scripts.
pub mod exit {
    /// It failed.
    pub const FAILED: u8 = 1;
    /// It was called wrongly, or configured so; nothing was sent.
    pub const USAGE: u8 = 2;
}

/// Runs the program with the arguments of the process; returns its exit code.
pub fn main() -> ExitCode {
    // The place of the configuration is this machine's, so help can only name it now.
    let place = directories::ProjectDirs::from("", "", "bee-tui")
        .map(|dirs| dirs.config_dir().join("config.toml").display().to_string())
        .unwrap_or_default();
    let command = Arguments::command().after_help(format!("Configuration: {place}"));
    let arguments = match Arguments::from_arg_matches(&command.get_matches()) {
        Ok(arguments) => arguments,
        Err(e) => e.exit(),
    };
    if let Some(Verb::Sandbox(arguments)) = arguments.verb {
        return serve::run(&arguments);
    }
    let environment = |name: &str| std::env::var(name).ok();
    match config::load(&arguments.options, &environment) {
        Ok(config) => interactive::run(config, arguments.demo),
        Err(e) => complain(&e.to_string(), exit::USAGE),
    }
}

/// Says what is wrong on stderr and ends with a code.
fn complain(words: &str, code: u8) -> ExitCode {
    use std::io::Write;
    let words = crate::domain::text::Text::from(words);
    let _ = writeln!(std::io::stderr(), "bee-tui: {words}");
    ExitCode::from(code)
}

/// The runtime of background tasks.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}
