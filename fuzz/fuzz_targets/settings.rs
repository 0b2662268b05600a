//! Any text as the configuration, keys included: read or refused.

#![no_main]

use std::io::Write;

use bee_tui::config::{AccountNeeds, GlobalOptions, load};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // A command that a setting names would be run.
    if text.contains("command") {
        return;
    }
    let Ok(mut file) = tempfile::NamedTempFile::new() else { return };
    if file.write_all(text.as_bytes()).is_ok() {
        let options = GlobalOptions { config: Some(file.path().to_owned()), ..GlobalOptions::default() };
        let _ = load(&options, AccountNeeds::Account, &|_| None);
    }
});
