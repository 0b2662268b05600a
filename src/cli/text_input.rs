//! Text that is given to a verb: a file, or standard input.

use std::io::{self, Read};

/// The most bytes that are read; the largest body of the documents is far smaller.
const MAX_BYTES: u64 = 16 << 20;

/// The text of a file, or of standard input for `-`.
///
/// # Errors
///
/// When it cannot be read, is no text, or is without end (`/dev/zero`).
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

/// The same, with the place in the words of the error.
pub(super) fn named_text(place: &str) -> Result<String, String> {
    let name = if place == "-" { "standard input" } else { place };
    text(place).map_err(|e| format!("{name}: {e}"))
}
