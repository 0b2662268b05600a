//! The messages that drive the program.

use std::path::PathBuf;
use std::sync::Arc;

use ratatui::layout::Size;

use crate::api::error::ApiError;
use crate::api::reply::Response;
use crate::domain::file_grid::FileGrid;
use crate::domain::file_table::FileSheet;
use crate::domain::id::PlanId;
use crate::domain::import::preview::{FileJudgement, ImportPreview};
use crate::effect::{ClipboardError, FileError};
use crate::effect::{ClipboardMethod, ClipboardText, RequestId, Timer};
use crate::input::key::Key;

/// A message: something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// A key that arrived before the dialog on top was painted, so it does not answer it.
    EarlyKey(Key),
    /// Pasted text that arrived before the dialog on top was painted, so it does not answer it.
    EarlyPaste(String),
    /// A paste began and its end did not arrive; it was dropped.
    UnterminatedPaste,
    /// The terminal was resized.
    Resize(Size),
    /// A request got a response or failed.
    Reply(RequestId, Result<Response, ApiError>),
    /// A timer expired.
    Timer(Timer),
    /// A file of people was read; the reason if that failed.
    FileRead(PathBuf, Result<Arc<Vec<FileGrid>>, FileError>),
    /// A file of people was judged.
    FileJudged(Box<FileJudgement>, Arc<ImportPreview>),
    /// A workbook was read as sheets; the reason if that failed.
    SheetsRead(PathBuf, Result<Vec<FileSheet>, FileError>),
    /// A file is being written: so many of so many rows are.
    WritingFile(PathBuf, usize, usize),
    /// A file was written; what it contains in words, or the reason if that failed.
    FileWritten(PathBuf, Result<String, FileError>),
    /// Text was copied by this method; the path if it was written to a file.
    Copied(ClipboardText, ClipboardMethod, Option<PathBuf>),
    /// Copying failed; the method that was tried (`None` if none is left), and the reason, which may be
    /// empty.
    NotCopied(ClipboardText, Option<ClipboardMethod>, String),
    /// The clipboard was read for a plan; the reason if that failed.
    Clipboard(PlanId, Result<String, ClipboardError>),
    /// Sent records could not be removed from the disk yet; the text of the warning.
    ErasureFailed(String),
    /// The journal could not be written; the reason.
    JournalFailed(String),
    /// The journal can be written again.
    JournalRecovered,
    /// The other program that had this account open has ended.
    JournalReleased,
    /// The settings were read again, and the account is the same.
    AccountUnchanged,
    /// The journal file was removed and created again, so everything staged must be written to it.
    JournalRecreated,
}
