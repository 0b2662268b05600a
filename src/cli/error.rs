//! Exit codes, which are a contract with scripts, and messages on stderr.

use std::io::Write;
use std::process::ExitCode;

use crate::api::error::{ApiError, Failure};
use crate::domain::text::Text;

/// Any failure without a code of its own.
pub const FAILED: u8 = 1;
/// The arguments or the configuration are wrong; nothing was sent.
pub const USAGE: u8 = 2;
/// The server's validation refused the request (422).
pub const REFUSED: u8 = 3;
/// The server rejected the key (401, 403).
pub const UNAUTHORIZED: u8 = 4;
/// Not found (404).
pub const NOT_FOUND: u8 = 5;
/// The server is busy (409).
pub const BUSY: u8 = 6;
/// The network or the server failed, and certainly nothing was changed.
pub const NOT_SENT: u8 = 7;
/// The outcome is unknown: a write may have been carried out.
pub const UNKNOWN: u8 = 8;

/// A conflict: a counter has changed on the server since its change was staged.
pub const CONFLICT: u8 = 9;

/// Prints a line on stderr, after the program's name.
pub fn say(words: &str) {
    let _ = writeln!(std::io::stderr(), "bee-tui: {}", Text::from(words));
}

/// Prints on stderr what is wrong, and returns the exit code.
pub fn complain(words: &str, code: u8) -> ExitCode {
    say(words);
    ExitCode::from(code)
}

/// The exit code for a failed call.
pub(super) fn exit_code_of(error: &ApiError) -> u8 {
    match &error.failure {
        Failure::ValidationFailed(_) => REFUSED,
        Failure::Unauthorized(_) => UNAUTHORIZED,
        Failure::NotFound => NOT_FOUND,
        Failure::Busy => BUSY,
        // Nothing was attempted: the profile, its keys or its certificates must be corrected first.
        Failure::NotSent(_) => USAGE,
        Failure::Unreachable(_) | Failure::Untrusted(..) => NOT_SENT,
        _ if error.is_outcome_unknown() => UNKNOWN,
        Failure::NoResponse(_) | Failure::RetryLater(..) | Failure::OtherStatus(500..) => NOT_SENT,
        _ => FAILED,
    }
}

/// What to do about an unknown outcome.
pub(super) const CHECK_BEFORE_RESENDING: &str =
    "it may have been carried out all the same: look before you send it again";

/// Why a verb failed: lines for stderr, and the exit code.
pub(super) struct CliError {
    pub(super) messages: Vec<String>,
    pub(super) code: u8,
}

impl CliError {
    /// Prints the messages on stderr and returns the exit code.
    pub(super) fn report(self) -> ExitCode {
        for line in &self.messages {
            say(line);
        }
        ExitCode::from(self.code)
    }
}

impl From<ApiError> for CliError {
    fn from(error: ApiError) -> Self {
        let code = exit_code_of(&error);
        let mut words = vec![error.to_string()];
        if let Failure::ValidationFailed(refusal) = &error.failure {
            let record = |record: &crate::api::error::InvalidRecord| {
                let text = |list: Vec<String>| list.join(", ");
                let fields = record.fields.iter().map(|(name, value)| format!("{name} {value}")).collect();
                let errors = record.errors.iter().map(ToString::to_string).collect();
                format!("{}: {}", text(fields), text(errors))
            };
            words.extend(refusal.records.iter().map(record));
        }
        if code == UNKNOWN {
            words.push(CHECK_BEFORE_RESENDING.into());
        }
        Self { messages: words, code }
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        // The reader of standard output closed it, having read enough: no failure.
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self { messages: Vec::new(), code: 0 };
        }
        Self { messages: vec![error.to_string()], code: FAILED }
    }
}

pub(super) fn failed(words: impl Into<String>) -> CliError {
    CliError { messages: vec![words.into()], code: FAILED }
}
