//! The command line: what `bee-tui` takes, and its ways of running.

pub mod exit;
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
        Err(e) => exit::complain(&e.to_string(), exit::USAGE),
    }
}
