//! Files as rows of text, whatever their format was: what is read from them and written to them.

use std::fmt;

/// A file as rows of text.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct FileTable {
    /// Its first row.
    pub headings: Vec<String>,
    /// The rows below it, each with the number it has in the file.
    pub rows: Vec<(u32, Vec<String>)>,
}

/// Debug says only how large it is: names and ID numbers stay out of logs.
impl fmt::Debug for FileTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileTable({} x {})", self.rows.len(), self.headings.len())
    }
}

/// A sheet of a file as rows of text; rows without anything in them are left out.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct FileSheet {
    /// Its name; the file's, where it has only one.
    pub name: String,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
}

/// Debug says only how large it is.
impl fmt::Debug for FileSheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileSheet({} rows)", self.rows.len())
    }
}

/// What a written file is, for the words about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileContent {
    /// A file to be filled in.
    Template,
    /// Rows that were not accepted, with the reasons.
    RejectedRows,
    /// A list as it is shown.
    List,
}
