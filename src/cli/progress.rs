//! The progress of a longer work, over the last line of a terminal.

use std::io::{IsTerminal, Write};
use std::time::Instant;

use crate::domain::date;

/// Shows how much is done on standard error, where that is a terminal.
pub(super) struct Progress {
    is_watched: bool,
    /// When the work began that the rate is counted from; `None` before that.
    began_at: Option<Instant>,
}

impl Progress {
    /// A progress of which nothing is shown yet.
    pub(super) fn new() -> Self {
        Self { is_watched: std::io::stderr().is_terminal(), began_at: None }
    }

    /// Shows how much of how many is done, how fast that goes and how long it will take.
    pub(super) fn show_count(&mut self, done: usize, all: usize) {
        let seconds = self.began_at.get_or_insert_with(Instant::now).elapsed().as_secs();
        self.show(&format!("{done} of {all}{}", date::format_rate(done, all, seconds)));
    }

    /// Shows what is waited for.
    pub(super) fn show(&self, text: &str) {
        if self.is_watched {
            let _ = write!(std::io::stderr(), "\r{text} \u{1b}[K");
        }
    }

    /// Removes what is shown.
    pub(super) fn clear(&self) {
        if self.is_watched {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}
