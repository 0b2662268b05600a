//! How the program ends: exit codes, a contract with scripts, and a last word on stderr.

use std::io::Write;
use std::process::ExitCode;

use crate::domain::text::Text;

/// It failed.
pub const FAILED: u8 = 1;
/// It was called wrongly, or configured so; nothing was sent.
pub const USAGE: u8 = 2;

/// Says what is wrong on stderr and ends with a code.
pub fn complain(words: &str, code: u8) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "bee-tui: {}", Text::from(words));
    ExitCode::from(code)
}
