//! Text that a verb is given in a file or on standard input.

use crate::cli::error::CliError;
use std::io::{self, Read};

/// The most bytes that are read; the largest body in the documents is far smaller.
const MAX_BYTES: u64 = 16 << 20;

/// The text of a file, or of standard input for `-`. Fails when it cannot be read, is no UTF-8, or is larger
/// than 16 MiB: `/dev/zero` never ends.
pub(super) fn text(place: &str) -> io::Result<String> {
    let given: Box<dyn Read> =
        if place == "-" { Box::new(io::stdin()) } else { Box::new(std::fs::File::open(place)?) };
    let mut text = String::new();
    given.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("more than {} MB", MAX_BYTES >> 20)));
    }
    Ok(text)
}

/// Like [`text`], but the error names the file.
pub(super) fn named_text(place: &str) -> Result<String, CliError> {
    let name = if place == "-" { "standard input" } else { place };
    text(place).map_err(|e| format!("{name}: {e}").into())
}
