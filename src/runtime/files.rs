//! Reads and writes files: tables as CSV, in the dialects that spreadsheets write, and as XLSX; plans also as text.

use std::fs;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use rust_xlsxwriter::{Format, Workbook, Worksheet};

use crate::domain::file_grid::FileGrid;
use crate::domain::file_table::{FileContent, FileSheet, FileTable};
use crate::domain::import::written_tables::WrittenRows;
use crate::domain::text::{Text, escape_spreadsheet_cell};
use crate::effect::Document;
use crate::effect::FileError;
use crate::runtime::csv_reader::read_csv;
use crate::runtime::eea13;
use crate::runtime::file_kind::{FileKind, file_kind};
use crate::runtime::workbook;
use crate::runtime::workbook_reader::read_workbook;

/// The largest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// Reads all sheets of a file, hidden ones too; a text file is one sheet, named after the file. The content
/// decides the format, not the file's name. Fails with a message that names the file.
pub fn read_grids(path: &Path) -> Result<Vec<FileGrid>, FileError> {
    let say = |what: FileError| FileError::from(format!("{}: {what}", path.display()));
    let kind = fs::metadata(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => say("there is no such file".into()),
        _ => say(e.to_string().into()),
    })?;
    if !kind.is_file() {
        return Err(say("is no file".into()));
    }
    let file = fs::File::open(path).map_err(|e| say(e.to_string().into()))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|e| say(e.to_string().into()))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(say("is larger than 64 MiB and was not read".into()));
    }
    let grids = match file_kind(&bytes).map_err(say)? {
        FileKind::Workbook => read_workbook(&bytes).map_err(say)?,
        FileKind::Text => {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            vec![read_csv(&name, &bytes).map_err(say)?]
        }
    };
    if grids.iter().all(|grid| grid.rows().is_empty()) {
        return Err(say("has no rows".into()));
    }
    Ok(grids)
}

/// Reads all sheets of a file as text, without their empty rows, to be compared with a plan. Fails with a message
/// that names the file.
pub fn read_sheets(path: &Path) -> Result<Vec<FileSheet>, FileError> {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    if matches!(ending.as_str(), "md" | "json" | "toml") {
        return Err(format!("{}: only .xlsx and .csv come back into a plan", path.display()).into());
    }
    let sheet = |grid: FileGrid| {
        let row = |at: usize| grid.cells(at).map(|cell| cell.to_text(grid.dates)).collect();
        FileSheet { rows: (0..grid.rows().len()).map(row).collect(), name: grid.name }
    };
    let grids = read_grids(path)?.into_iter().filter(|grid| !grid.rows().is_empty());
    Ok(grids.map(sheet).collect())
}

/// Checks that a table could be written to a new file of this name, before work starts whose result it is to
/// hold. Fails when the ending is not .csv or .xlsx, the file exists, or its folder does not.
pub fn check_new_table_file(path: &Path) -> Result<(), FileError> {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let why = match () {
        () if !matches!(ending.as_str(), "csv" | "xlsx") => ROWS_ENDING,
        () if path.exists() => "is there already",
        () if folder.is_some_and(|folder| !folder.is_dir()) => "there is no such folder",
        () => return Ok(()),
    };
    Err(format!("{}: {why}", path.display()).into())
}

const ROWS_ENDING: &str = "the name has to end in .csv or .xlsx";

/// After how many rows of a file its progress is told.
const PROGRESS_ROWS: usize = 5000;

/// The format of a file, by its name's ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileFormat {
    Csv,
    Xlsx,
    Markdown,
    Json,
    Html,
    Toml,
}

impl FileFormat {
    /// The format of a document in a file with this ending. Fails when it is none for such a document.
    fn of(document: &Document, ending: &str) -> Result<Self, &'static str> {
        let (formats, why): (&[(&str, Self)], _) = match document {
            Document::Rows(..) | Document::Figures(_) => {
                (&[("csv", Self::Csv), ("xlsx", Self::Xlsx)], ROWS_ENDING)
            }
            Document::Book(_) => (
                &[("csv", Self::Csv), ("xlsx", Self::Xlsx), ("md", Self::Markdown), ("json", Self::Json)],
                "the name has to end in .xlsx, .csv, .md or .json",
            ),
            Document::Report(_) => (&[("html", Self::Html)], "the name of a report has to end in .html"),
            Document::Eea13(_) => (&[("xlsx", Self::Xlsx)], "the name has to end in .xlsx"),
            Document::ChangeSet(..) => (&[("toml", Self::Toml)], "the name has to end in .toml"),
        };
        formats.iter().find(|(name, _)| *name == ending).map(|(_, format)| *format).ok_or(why)
    }
}

/// Writes a document to a new file; the name's ending chooses the format. Rows are made and written one after the other, and
/// `progress` is told how many of how many are. Fails when the ending does not fit the document, the file exists, or writing
/// fails, after which no file is left behind.
pub fn write_new(
    path: &Path,
    document: &Document,
    mut progress: impl FnMut(usize, usize),
) -> Result<(), FileError> {
    let say = |what: FileError| FileError::from(format!("{}: {what}", path.display()));
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let format = FileFormat::of(document, &ending).map_err(|why| say(why.into()))?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    // The file may hold people's names and ID numbers: only the owner may read it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => {
            say("is there already and was left alone; choose another name".into())
        }
        std::io::ErrorKind::NotFound => say("there is no such folder; nothing was written".into()),
        _ => say(e.to_string().into()),
    })?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut out = BufWriter::new(&file);
    let written = write_document(&mut out, folder, document, format, &mut progress)
        .and_then(|()| out.flush().and_then(|()| file.sync_all()).map_err(|e| e.to_string().into()));
    if let Err(why) = written {
        let _ = fs::remove_file(path);
        return Err(say(why));
    }
    Ok(())
}

/// Writes a document in a format that fits it. What does not fit into memory lies in `folder` meanwhile, in a file without a
/// name.
fn write_document(
    out: &mut BufWriter<&fs::File>,
    folder: &Path,
    document: &Document,
    format: FileFormat,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(), FileError> {
    let bytes = match (document, format) {
        (Document::Rows(rows, _), FileFormat::Csv) => return write_csv(out, rows, progress),
        (Document::Rows(rows, content), _) => return write_workbook(out, folder, rows, *content, progress),
        (Document::Figures(table), FileFormat::Csv) => {
            return write_csv(out, &WrittenRows::Table(table.clone()), progress);
        }
        (Document::Figures(table), _) => figures_to_xlsx(table)?,
        (Document::Book(book), FileFormat::Csv) => {
            return write_csv(out, &WrittenRows::Table(book.to_file_table()), progress);
        }
        (Document::Book(book), FileFormat::Markdown) => book.to_markdown().into_bytes(),
        (Document::Book(book), FileFormat::Json) => book.to_json().into_bytes(),
        (Document::Book(book), _) => workbook::to_xlsx(book)?,
        (Document::Report(report), _) => report.to_html().into_bytes(),
        (Document::Eea13(report), _) => eea13::to_xlsx(report)?,
        (Document::ChangeSet(_, text), _) => text.clone().into_bytes(),
    };
    out.write_all(&bytes).map_err(|e| e.to_string().into())
}

/// Writes CSV that Excel opens correctly: UTF-8 with a byte order mark, and no cell that a spreadsheet takes for a formula.
fn write_csv(
    out: &mut impl Write,
    rows: &WrittenRows,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(), FileError> {
    out.write_all("\u{feff}".as_bytes()).map_err(|e| e.to_string())?;
    let mut writer = csv::Writer::from_writer(out);
    let escaped =
        |cell: &String| escape_spreadsheet_cell(&Text::from(cell.as_str()).printable()).into_owned();
    writer.write_record(rows.headings().iter().map(escaped)).map_err(|e| e.to_string())?;
    for (done, cells) in rows.rows().enumerate() {
        if done % PROGRESS_ROWS == PROGRESS_ROWS - 1 {
            progress(done, rows.len());
        }
        writer.write_record(cells.iter().map(escaped)).map_err(|e| e.to_string())?;
    }
    writer.flush().map_err(|e| e.to_string().into())
}

/// Writes a workbook of text cells, so that an ID number keeps its leading zeros; headings are frozen. Only one row is in
/// memory at a time.
fn write_workbook(
    out: &mut BufWriter<&fs::File>,
    folder: &Path,
    rows: &WrittenRows,
    content: FileContent,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(), FileError> {
    let mut book = Workbook::new();
    let text = Format::new().set_num_format("@");
    let words = |e: rust_xlsxwriter::XlsxError| FileError::from(e.to_string());
    book.set_tempdir(folder).map_err(words)?;
    let sheet = book.add_worksheet_with_constant_memory().map_err(words)?;
    sheet.set_name("Participants").map_err(words)?;
    let headings = rows.headings();
    if content == FileContent::Template {
        for at in (0..).take(headings.len()) {
            sheet.set_column_format(at, &text).map_err(words)?;
        }
    }
    write_headings(sheet, &headings).map_err(words)?;
    for (row, cells) in (1..).zip(rows.rows()) {
        if (row as usize).is_multiple_of(PROGRESS_ROWS) {
            progress(row as usize, rows.len());
        }
        for (at, cell) in (0..).zip(&*cells).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write_string_with_format(row, at, cell, &text).map_err(words)?;
        }
    }
    book.save_to_writer(out).map_err(words)
}

/// Writes the headings in bold, and keeps them and the first column in view.
fn write_headings(sheet: &mut Worksheet, headings: &[String]) -> Result<(), rust_xlsxwriter::XlsxError> {
    let bold = Format::new().set_bold();
    sheet.set_freeze_panes(1, 1)?;
    for (at, heading) in (0..).zip(headings) {
        sheet.set_column_width(at, 16)?;
        sheet.write_string_with_format(0, at, heading, &bold)?;
    }
    Ok(())
}

/// A workbook whose cells right of the first column are numbers; headings are frozen.
fn figures_to_xlsx(table: &FileTable) -> Result<Vec<u8>, FileError> {
    let mut book = Workbook::new();
    let (whole, decimal) = (Format::new().set_num_format("#,##0"), Format::new().set_num_format("#,##0.00"));
    let sheet = book.add_worksheet();
    let words = |e: rust_xlsxwriter::XlsxError| FileError::from(e.to_string());
    write_headings(sheet, &table.headings).map_err(words)?;
    sheet.set_column_width(0, 28).map_err(words)?;
    for (row, (_, cells)) in (1..).zip(&table.rows) {
        for (at, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            match cell.parse::<f64>() {
                Ok(number) if at > 0 => {
                    let format = if cell.contains('.') { &decimal } else { &whole };
                    sheet.write_number_with_format(row, at, number, format).map_err(words)?
                }
                _ => sheet.write_string(row, at, cell).map_err(words)?,
            };
        }
    }
    book.save_to_buffer().map_err(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_table_reads_back_and_never_overwrites_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let wanted = FileTable {
            headings: vec!["full_name".into(), "id_number".into()],
            rows: vec![
                (2, vec!["Zoë".into(), "0801015009087".into()]),
                (3, vec!["=1+1".into(), "-5".into()]),
            ],
        };
        let list = Document::Rows(WrittenRows::Table(wanted.clone()), FileContent::List);
        for name in ["x.csv", "x.xlsx"] {
            let path = dir.path().join(name);
            assert_eq!(write_new(&path, &list, |_, _| {}), Ok(()));
            let mut rows = read_sheets(&path).unwrap().remove(0).rows.into_iter();
            assert_eq!(rows.next(), Some(wanted.headings.clone()), "{name}");
            assert_eq!(
                rows.collect::<Vec<_>>(),
                wanted.rows.iter().map(|(_, cells)| cells.clone()).collect::<Vec<_>>()
            );
            assert!(write_new(&path, &list, |_, _| {}).unwrap_err().to_string().contains("is there already"));
        }
        let no_folder = write_new(&dir.path().join("none/x.csv"), &list, |_, _| {}).unwrap_err();
        assert!(
            no_folder.to_string().contains("there is no such folder; nothing was written"),
            "{no_folder}"
        );
        assert!(
            write_new(&dir.path().join("x.doc"), &list, |_, _| {})
                .unwrap_err()
                .to_string()
                .contains(".csv or .xlsx")
        );
    }

    #[test]
    fn no_cell_of_a_written_csv_is_a_formula() {
        let table = FileTable { headings: vec!["a".into()], rows: vec![(2, vec!["=1+1".into()])] };
        let mut bytes = Vec::new();
        write_csv(&mut bytes, &WrittenRows::Table(table), &mut |_, _| {}).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("'=1+1"), "{text}");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_refused_by_name_and_with_a_reason() {
        let dir = tempfile::tempdir().unwrap();
        for (bytes, words) in [
            (&b""[..], "has no rows"),
            (b"\n\n", "has no rows"),
            (b"PK\x03\x04junk", "cut short or damaged"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "97-2003"),
            (b"a\0b\x01", "no table of text"),
        ] {
            let path = dir.path().join("people");
            std::fs::write(&path, bytes).unwrap();
            let why = read_grids(&path).unwrap_err().to_string();
            assert!(why.contains(words) && why.contains("people: "), "{why}");
        }
        assert!(read_grids(&dir.path().join("none.csv")).is_err());
    }
}
