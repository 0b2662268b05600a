//! Any bytes as a file of rows: read or refused.

#![no_main]

use std::io::Write;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut file) = tempfile::NamedTempFile::new() else { return };
    if file.write_all(bytes).is_ok() {
        let _ = bee_tui::runtime::files::read_table(file.path());
        let _ = bee_tui::runtime::files::read_sheets(file.path());
    }
});
