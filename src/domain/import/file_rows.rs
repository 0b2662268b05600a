//! The sheets and rows of a file that is imported, and where it is imported to.

use crate::domain::id::{ScorecardId, TrainingProgramId};
use crate::domain::import::columns::FileColumn;
use crate::domain::import::fill_down::FilledCell;

/// What a file is imported into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportTarget {
    /// One training program.
    Program(ScorecardId, TrainingProgramId),
    /// A scorecard: each row goes to the program that it names.
    Scorecard(ScorecardId),
}

impl ImportTarget {
    /// The scorecard.
    pub fn scorecard(&self) -> &ScorecardId {
        match self {
            Self::Program(scorecard, _) | Self::Scorecard(scorecard) => scorecard,
        }
    }
}

impl ImportTarget {
    /// The program that is imported into; `None` for a scorecard.
    pub fn program(&self) -> Option<TrainingProgramId> {
        match self {
            Self::Program(_, program) => Some(*program),
            Self::Scorecard(_) => None,
        }
    }
}

/// A sheet that is read.
#[derive(Debug, Clone, PartialEq)]
pub struct PreviewSheet {
    /// Its index in the file.
    pub grid: usize,
    /// Its name; `None` for a text file, which has no sheets.
    pub name: Option<String>,
    /// The number of its row of headings.
    pub heading_row: u32,
    /// Whether any heading is known; else the first row was taken for headings.
    pub has_headings: bool,
    /// Its columns.
    pub columns: Vec<FileColumn>,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowPlace {
    /// The index of its sheet in the preview's sheets.
    pub sheet: usize,
    /// Its number in the sheet, from 1.
    pub number: u32,
}

/// What will become of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowStanding {
    /// It is sent.
    Ready,
    /// It is on the server already.
    Existing,
    /// It waits for a word.
    Held,
    /// It cannot be sent.
    Stopped,
}

impl RowStanding {
    /// Its name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Existing => "existing",
            Self::Held => "held",
            Self::Stopped => "stopped",
        }
    }
}

/// A row with a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewRow {
    /// Where it stands.
    pub place: RowPlace,
    /// What will become of it.
    pub standing: RowStanding,
    /// The index of its program in the preview's programs; `None` when it is imported into one program, or names
    /// none.
    pub program: Option<usize>,
    /// Its index in the sheet's rows.
    pub(super) grid_row: usize,
    /// The cells above that may stand for its blanks.
    pub(super) filled: Vec<FilledCell>,
}
