//! `bee-tui sandbox`: serves the sandbox alone until the process is stopped.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use crate::cli::error::{ErrorKind, complain};
use crate::runtime::effects::background_runtime;
use crate::sandbox::Sandbox;
use crate::sandbox::state::{SandboxOptions, UntrueAnswer};

/// How large the sandbox is and how it behaves.
#[derive(Debug, clap::Args)]
pub(super) struct ServeArguments {
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0, value_name = "N")]
    port: u16,
    /// Participants over all training programs
    #[arg(long, default_value_t = 400, value_name = "N", value_parser = clap::value_parser!(u32).range(..=100_000))]
    participants: u32,
    /// Put all of them into the first training program
    #[arg(long)]
    in_one_program: bool,
    /// Seconds a recalculation runs
    #[arg(long, default_value_t = 20, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=86_400))]
    recalculation: u64,
    /// Milliseconds added before each answer
    #[arg(long, default_value_t = 0, value_name = "MS", value_parser = clap::value_parser!(u64).range(..=600_000))]
    delay: u64,
    /// Days after which the key expires
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u64).range(..=36_500))]
    key_expires: Option<u64>,
    /// Answer untruly in this way; may be given more than once
    #[arg(long, value_name = "WAY")]
    untrue: Vec<UntrueAnswer>,
}

/// Prints the environment variables that reach the sandbox, and serves it until Ctrl-C.
pub(super) fn run(arguments: &ServeArguments) -> ExitCode {
    let options = SandboxOptions {
        port: arguments.port,
        participants: arguments.participants,
        in_one_program: arguments.in_one_program,
        recalculation: Duration::from_secs(arguments.recalculation),
        delay: Duration::from_millis(arguments.delay),
        key_expires_in: arguments.key_expires.map(|days| Duration::from_secs(days * 86_400)),
        untrue: arguments.untrue.clone(),
        ..SandboxOptions::default()
    };
    let runtime = match background_runtime() {
        Ok(runtime) => runtime,
        Err(e) => return complain(e, ErrorKind::Failed),
    };
    runtime.block_on(async {
        let sandbox = match Sandbox::start(options).await {
            Ok(sandbox) => sandbox,
            Err(e) => {
                let words = format!("port {} of 127.0.0.1 cannot be used: {e}; --port 0 takes a free one", arguments.port);
                return complain(&words, ErrorKind::Failed);
            }
        };
        let (origin, options) = (sandbox.origin(), &sandbox.options);
        let written = writeln!(
            std::io::stdout(),
            "BEE_TUI_BASE_URL={origin}\nBEE_TUI_API_KEY={key}\nBEE_TUI_API_SECRET={secret}\n\
             BEE_TUI_SUPPLIERS_URL={origin}\nBEE_TUI_SUPPLIERS_API_KEY={key}\nBEE_TUI_SUPPLIERS_API_SECRET={secret}",
            key = options.key,
            secret = options.secret,
        );
        if written.is_err() {
            return ErrorKind::Failed.exit_code();
        }
        let _ = tokio::signal::ctrl_c().await;
        ExitCode::SUCCESS
    })
}
