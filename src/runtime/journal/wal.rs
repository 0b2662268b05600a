//! Detects damage in the middle of the journal's write-ahead log. SQLite takes the first frame with a wrong checksum
//! for the end of the log, so everything committed after it would be lost silently (SQLite, "WAL-mode File Format").

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

const HEADER_BYTES: u64 = 32;
const FRAME_HEADER_BYTES: u64 = 24;

/// The number of frames up to the last commit of the log's current generation, as the file holds them; `None`
/// when there is no readable log.
pub(super) fn committed_frames(log: &Path) -> Option<u64> {
    let mut file = File::open(log).ok()?;
    let length = file.metadata().ok()?.len();
    let mut header = [0; HEADER_BYTES as usize];
    file.read_exact(&mut header).ok()?;
    let page = u64::from(u32::from_be_bytes(header[8..12].try_into().ok()?));
    let salts: [u8; 8] = header[16..24].try_into().ok()?;
    let frame = FRAME_HEADER_BYTES + page;
    let (mut committed, mut at) = (0, 0);
    // The last frame may have been cut off while it was being written.
    while page > 0 && HEADER_BYTES + (at + 1) * frame <= length {
        let mut header = [0; FRAME_HEADER_BYTES as usize];
        file.seek(SeekFrom::Start(HEADER_BYTES + at * frame)).ok()?;
        file.read_exact(&mut header).ok()?;
        at += 1;
        // Frames of an earlier generation are left over from before SQLite restarted the log.
        let commits = u32::from_be_bytes(header[4..8].try_into().ok()?) > 0;
        if header[8..16] == salts && commits {
            committed = at;
        }
    }
    Some(committed)
}
