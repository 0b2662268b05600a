//! How a command fails: its kind with an exit code, its messages on stderr, and what to do next.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use crate::api::error::{ApiError, Failure};
use crate::api::request::OriginError;
use crate::config::CertificateError;
use crate::config::permissions::PermissionError;
use crate::config::secret::SecretError;
use crate::domain::text::Text;
use crate::effect::FileError;

/// How a command ended, other than well; each kind has an exit code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Nothing is wrong: whoever read standard output has read enough.
    Done,
    /// Any failure without a code of its own.
    Failed,
    /// The arguments or the configuration are wrong; nothing was sent.
    Usage,
    /// The server's validation refused the request (422).
    Rejected,
    /// The server rejected the key (401, 403).
    Unauthorized,
    /// Not found (404).
    NotFound,
    /// The server is busy (409).
    Busy,
    /// The network or the server failed, and certainly nothing was changed.
    NotSent,
    /// The outcome is unknown: a write may have been carried out.
    UnknownOutcome,
    /// A counter has changed on the server since its change was staged, or a check found something.
    Conflict,
    /// A signal with this number ended the program.
    Signal(u8),
}

impl ErrorKind {
    /// The kind of a failed call.
    pub(super) fn of(error: &ApiError) -> Self {
        match &error.failure {
            Failure::ValidationFailed(_) => Self::Rejected,
            Failure::Unauthorized(_) => Self::Unauthorized,
            Failure::NotFound => Self::NotFound,
            Failure::Busy => Self::Busy,
            // Nothing was attempted: the profile, its keys or its certificates must be corrected first.
            Failure::NotSent(_) => Self::Usage,
            Failure::Unreachable(_) | Failure::Untrusted(..) => Self::NotSent,
            _ if error.is_outcome_unknown() => Self::UnknownOutcome,
            Failure::NoResponse(_) | Failure::RetryLater(..) | Failure::OtherStatus(500..) => Self::NotSent,
            _ => Self::Failed,
        }
    }

    /// The exit code, which is a contract with scripts.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Rejected => 3,
            Self::Unauthorized => 4,
            Self::NotFound => 5,
            Self::Busy => 6,
            Self::NotSent => 7,
            Self::UnknownOutcome => 8,
            Self::Conflict => 9,
            Self::Signal(number) => 128 + number,
        }
    }

    /// The exit code as the process returns it.
    pub fn exit_code(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

/// Prints a line on stderr, after the program's name.
pub fn say(words: impl Display) {
    let _ = writeln!(std::io::stderr(), "bee-tui: {}", Text::from(words.to_string()));
}

/// Prints on stderr what is wrong, and returns the exit code.
pub fn complain(words: impl Display, kind: ErrorKind) -> ExitCode {
    say(words);
    kind.exit_code()
}

/// What to do about an unknown outcome.
pub(super) const CHECK_BEFORE_RESENDING: &str =
    "the server may have carried it out: check before you send it again";

/// Why a verb failed.
#[derive(Debug)]
pub(super) struct CliError {
    /// What kind of failure it is.
    pub(super) kind: ErrorKind,
    /// What happened, line by line: in our words, then the server's.
    pub(super) messages: Vec<String>,
    /// What to do next, where that is not part of a message.
    pub(super) hint: Option<&'static str>,
    /// The failed call, where that is the cause.
    pub(super) source: Option<Box<ApiError>>,
}

impl CliError {
    /// An error of a kind; one of unknown outcome says what to do about it.
    pub(super) fn new(kind: ErrorKind, messages: Vec<String>) -> Self {
        let hint = (kind == ErrorKind::UnknownOutcome).then_some(CHECK_BEFORE_RESENDING);
        Self { kind, messages, hint, source: None }
    }

    /// A wrong argument or setting: nothing was sent.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, vec![message.into()])
    }

    /// Prints the messages and the hint on stderr and returns the exit code.
    pub(super) fn report(self) -> ExitCode {
        for line in self.messages.iter().map(String::as_str).chain(self.hint) {
            say(line);
        }
        self.kind.exit_code()
    }
}

impl Display for CliError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.messages.join("; "))
    }
}

impl std::error::Error for CliError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|error| error as _)
    }
}

impl From<ApiError> for CliError {
    fn from(error: ApiError) -> Self {
        let mut messages = vec![error.to_string()];
        if let Failure::ValidationFailed(refusal) = &error.failure {
            let record = |record: &crate::api::error::InvalidRecord| {
                let text = |list: Vec<String>| list.join(", ");
                let fields = record.fields.iter().map(|(name, value)| format!("{name} {value}")).collect();
                let errors = record.errors.iter().map(ToString::to_string).collect();
                format!("{}: {}", text(fields), text(errors))
            };
            messages.extend(refusal.records.iter().map(record));
        }
        Self { source: Some(Box::new(error.clone())), ..Self::new(ErrorKind::of(&error), messages) }
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::new(ErrorKind::Done, Vec::new());
        }
        failed(error.to_string())
    }
}

/// A sentence about the arguments or the configuration.
impl From<String> for CliError {
    fn from(message: String) -> Self {
        Self::usage(message)
    }
}

impl From<&str> for CliError {
    fn from(message: &str) -> Self {
        Self::usage(message)
    }
}

/// Errors about what was given: an argument, a file, the configuration.
macro_rules! usage_errors {
    ($($error:ty),*) => {
        $(impl From<$error> for CliError {
            fn from(error: $error) -> Self {
                Self::usage(error)
            }
        })*
    };
}

usage_errors!(CertificateError, FileError, OriginError, PermissionError, SecretError);

/// An error without a kind of its own.
pub(super) fn failed(message: impl Into<String>) -> CliError {
    CliError::new(ErrorKind::Failed, vec![message.into()])
}
