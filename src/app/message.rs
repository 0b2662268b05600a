//! Everything that can happen to the program.

use std::path::PathBuf;

use ratatui::layout::Size;

use crate::api::error::ApiError;
use crate::api::reply::Response;
use crate::domain::file_table::{FileSheet, FileTable};
use crate::domain::id::PlanId;
use crate::effect::{ClipboardMethod, ClipboardText, RequestId, Timer};
use crate::input::key::Key;

/// Everything that can happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// A key that had arrived before the dialog on top was painted: no answer to it.
    EarlyKey(Key),
    /// Text that had arrived before the dialog on top was painted: no answer to it either.
    EarlyPaste(String),
    /// A paste was begun, and its end did not come; it was dropped.
    UnterminatedPaste,
    /// The terminal has another size.
    Resize(Size),
    /// A call was answered or failed.
    Reply(RequestId, Result<Response, ApiError>),
    /// A timer went off.
    Timer(Timer),
    /// A file of rows was read, or could not be.
    FileRead(PathBuf, Result<FileTable, String>),
    /// A file was read as sheets, or could not be.
    SheetsRead(PathBuf, Result<Vec<FileSheet>, String>),
    /// A file was written, with what is in it in words, or could not be.
    FileWritten(PathBuf, Result<String, String>),
    /// Text was copied this way, to that file where it is one.
    Copied(ClipboardText, ClipboardMethod, Option<PathBuf>),
    /// Text could not be copied this way, or there is no way; the reason where there is one.
    NotCopied(ClipboardText, Option<ClipboardMethod>, String),
    /// The clipboard was read for a plan, or could not be.
    Clipboard(PlanId, Result<String, String>),
    /// Records that were sent could not be removed from the disk yet; what is to be said.
    ErasureFailed(String),
    /// The journal could not be written; the reason.
    JournalFailed(String),
    /// The journal can be written again.
    JournalRecovered,
    /// The other program that had this account open has ended.
    JournalReleased,
    /// The settings were read again, and the account is the same.
    AccountUnchanged,
    /// The journal was taken away and is a new one: all that is staged is to be written to it.
    JournalRecreated,
}
