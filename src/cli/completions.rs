//! Shell completions and man pages. The completion scripts run the program at each TAB: clap's static script
//! for bash completes nothing below the first word (clap issue 6421).

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command};
use clap_complete::CompleteEnv;
use clap_complete::env::Shells;

use crate::cli::error::{ErrorKind, complain};

const NAME: &str = "bee-tui";
/// The environment variable through which the completion scripts call the program; people do not set it.
const COMPLETE: &str = "BEE_TUI_COMPLETE";

/// `bee-tui completions` and `bee-tui man`.
pub(super) fn commands() -> [Command; 2] {
    let shells = PossibleValuesParser::new(Shells::builtins().names());
    let shell = Arg::new("shell").required(true).value_parser(shells).help("For which shell");
    let dir = Arg::new("dir").required(true).value_name("DIR").value_hint(clap::ValueHint::DirPath);
    [
        Command::new("completions").about("Print the completions of a shell").arg(shell),
        Command::new("man").about("Write the man pages into a folder").arg(dir.help("Where they go")),
    ]
}

/// Prints completions and exits if a completion script runs the program; does nothing otherwise.
pub(super) fn complete(command: fn() -> Command) {
    CompleteEnv::with_factory(command).var(COMPLETE).bin(NAME).completer(NAME).complete();
}

/// The completion script of a shell. Fails when clap cannot write it.
fn script(shell: &str) -> std::io::Result<Vec<u8>> {
    // clap's own script breaks at `--output=j` and at a space in a file name.
    if shell == "bash" {
        let program = std::env::current_exe().unwrap_or_default().display().to_string();
        let text = include_str!("complete.bash").replace("@PROGRAM@", &program.replace('\'', "'\\''"));
        return Ok(text.into_bytes());
    }
    let mut text = Vec::new();
    if let Some(completer) = Shells::builtins().completer(shell) {
        completer.write_registration(COMPLETE, NAME, NAME, NAME, &mut text)?;
    }
    if shell == "zsh" {
        // zsh runs a script from fpath at the first TAB, and that TAB has to be answered too.
        text.extend_from_slice(
            b"if [[ ${funcstack[1]} = _bee-tui ]]; then _clap_dynamic_completer_bee_tui \"$@\"; fi\n",
        );
    }
    Ok(text)
}

/// Runs `bee-tui completions` or `bee-tui man`; `None` for any other command.
pub(super) fn run(matches: &ArgMatches, command: Command) -> Option<ExitCode> {
    let done = match matches.subcommand()? {
        ("completions", matches) => {
            let shell = matches.get_one::<String>("shell")?;
            script(shell).and_then(|text| std::io::stdout().write_all(&text))
        }
        ("man", matches) => {
            let dir = Path::new(matches.get_one::<String>("dir")?);
            let written = std::fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(command, dir));
            written.map_err(|e| std::io::Error::new(e.kind(), format!("{}: {e}", dir.display())))
        }
        _ => return None,
    };
    Some(done.map_or_else(|e| complain(e, ErrorKind::Failed), |()| ExitCode::SUCCESS))
}
