//! What clap can write about the program: completions for shells, and man pages.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use clap_complete::Shell;

use crate::cli::exit::{FAILED, complain};

/// The commands that write them.
pub(super) fn commands() -> [Command; 2] {
    let shell =
        Arg::new("shell").required(true).value_parser(clap::value_parser!(Shell)).help("For which shell");
    let dir = Arg::new("dir").required(true).value_name("DIR").help("Where they go");
    [
        Command::new("completions").about("Print the completions of a shell").arg(shell),
        Command::new("man").about("Write the man pages into a folder").arg(dir),
    ]
}

/// Writes what was asked for; nothing when something else was.
pub(super) fn run(matches: &ArgMatches, mut command: Command) -> Option<ExitCode> {
    let done = match matches.subcommand()? {
        ("completions", matches) => {
            let shell = matches.get_one::<Shell>("shell").copied()?;
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut command, "bee-tui", &mut text);
            std::io::stdout().write_all(&text)
        }
        ("man", matches) => clap_mangen::generate_to(command, Path::new(matches.get_one::<String>("dir")?)),
        _ => return None,
    };
    Some(done.map_or_else(|e| complain(&e.to_string(), FAILED), |()| ExitCode::SUCCESS))
}
