//! Files as rows of text, independent of their format.

use std::fmt;

/// A file with a heading row, as text.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct FileTable {
    /// The cells of its first row.
    pub headings: Vec<String>,
    /// The rows below it, each with its row number in the file; the heading row is number 1.
    pub rows: Vec<(u32, Vec<String>)>,
}

/// Shows only the size, so that names and ID numbers stay out of logs.
impl fmt::Debug for FileTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileTable({} x {})", self.rows.len(), self.headings.len())
    }
}

/// A sheet of a file as rows of text; blank rows are left out.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct FileSheet {
    /// The sheet's name; the file's name when the file has only one sheet.
    pub name: String,
    /// Its rows of cells, from the top.
    pub rows: Vec<Vec<String>>,
}

/// Shows only the number of rows, so that the cells stay out of logs.
impl fmt::Debug for FileSheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileSheet({} rows)", self.rows.len())
    }
}

/// What a file written by bee-tui holds, so that messages can name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileContent {
    /// An empty table with headings, to be filled in.
    Template,
    /// Rejected rows with their reasons.
    RejectedRows,
    /// The records of a list as shown on screen.
    List,
}
