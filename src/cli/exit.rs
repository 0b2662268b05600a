//! How the program ends: exit codes, a contract with scripts, and words on stderr.

use std::io::Write;
use std::process::ExitCode;

use crate::api::error::{ApiError, Failure};
use crate::domain::text::Text;

/// It failed.
pub const FAILED: u8 = 1;
/// It was called wrongly, or configured so; nothing was sent.
pub const USAGE: u8 = 2;
/// The server's validation refused it (422).
pub const REFUSED: u8 = 3;
/// Not let in (401, 403).
pub const NOT_LET_IN: u8 = 4;
/// Not found (404).
pub const NOT_FOUND: u8 = 5;
/// Busy (409).
pub const BUSY: u8 = 6;
/// The network failed, and it is known that nothing was done.
pub const NOT_SENT: u8 = 7;
/// Nobody knows whether it was done.
pub const UNKNOWN: u8 = 8;

/// What was compared has moved: a conflict.
pub const CONFLICT: u8 = 9;

/// Says a line on stderr.
pub fn say(words: &str) {
    let _ = writeln!(std::io::stderr(), "bee-tui: {}", Text::from(words));
}

/// Says what is wrong and ends with a code.
pub fn complain(words: &str, code: u8) -> ExitCode {
    say(words);
    ExitCode::from(code)
}

/// The code of a call that failed.
pub(super) fn code_of(error: &ApiError) -> u8 {
    match &error.failure {
        Failure::Refused(_) => REFUSED,
        Failure::NotLetIn(_) => NOT_LET_IN,
        Failure::NotFound => NOT_FOUND,
        Failure::Busy => BUSY,
        // Nothing was even tried: the profile, its keys or its certificates have to be mended first.
        Failure::NotSent(_) => USAGE,
        Failure::Unreachable(_) | Failure::Untrusted(..) => NOT_SENT,
        _ if error.outcome_unknown() => UNKNOWN,
        Failure::NoAnswer(_) | Failure::Wait(..) | Failure::Status(500..) => NOT_SENT,
        _ => FAILED,
    }
}

/// What is to be done about an unknown outcome.
pub(super) const LOOK_FIRST: &str =
    "it may have been carried out all the same: look before you send it again";

/// Why a verb did not do what was asked: lines for stderr, and the exit code.
pub(super) struct End {
    pub(super) words: Vec<String>,
    pub(super) code: u8,
}

impl End {
    /// Says the words; the exit code.
    pub(super) fn tell(self) -> ExitCode {
        for line in &self.words {
            say(line);
        }
        ExitCode::from(self.code)
    }
}

impl From<ApiError> for End {
    fn from(error: ApiError) -> Self {
        let code = code_of(&error);
        let mut words = vec![error.to_string()];
        if let Failure::Refused(refusal) = &error.failure {
            let record = |record: &crate::api::error::InvalidRecord| {
                let text = |list: Vec<String>| list.join(", ");
                let fields = record.fields.iter().map(|(name, value)| format!("{name} {value}")).collect();
                let errors = record.errors.iter().map(ToString::to_string).collect();
                format!("{}: {}", text(fields), text(errors))
            };
            words.extend(refusal.records.iter().map(record));
        }
        if code == UNKNOWN {
            words.push(LOOK_FIRST.into());
        }
        Self { words, code }
    }
}

impl From<std::io::Error> for End {
    fn from(error: std::io::Error) -> Self {
        // Whoever reads has read enough.
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self { words: Vec::new(), code: 0 };
        }
        Self { words: vec![error.to_string()], code: FAILED }
    }
}

pub(super) fn failed(words: impl Into<String>) -> End {
    End { words: vec![words.into()], code: FAILED }
}
