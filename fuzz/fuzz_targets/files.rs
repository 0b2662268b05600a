//! Any bytes as a file of rows: read and judged, or refused.

#![no_main]

use std::io::Write;

use bee_tui::domain::import::answers::Answers;
use bee_tui::domain::import::file_rows::ImportTarget;
use bee_tui::domain::import::preview::ImportPreview;
use bee_tui::domain::import::server_knowledge::ServerKnowledge;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut file) = tempfile::NamedTempFile::new() else { return };
    if file.write_all(bytes).is_ok() {
        if let Ok(grids) = bee_tui::runtime::files::read_grids(file.path())
            && let Ok(scorecard) = "scorecard_Y2EQKp8z1r9jeToPW6deGwo9".parse()
        {
            let target = ImportTarget::Scorecard(scorecard);
            ImportPreview::new(&grids, &target, &Answers::default(), &ServerKnowledge::default());
        }
        let _ = bee_tui::runtime::files::read_sheets(file.path());
    }
});
