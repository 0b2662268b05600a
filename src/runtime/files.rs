//! Reads and writes files: tables as CSV, in the dialects that spreadsheets write, and as XLSX; plans also as text.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use calamine::{Data, Reader as _, Xlsx};
use rust_xlsxwriter::{Format, Workbook};

use crate::domain::file_table::{FileContent, FileSheet, FileTable};
use crate::domain::text::{Text, escape_spreadsheet_cell, pluralize, unescape_spreadsheet_cell};
use crate::effect::Document;
use crate::effect::FileError;
use crate::runtime::workbook;

/// The largest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 64 << 20;
/// The largest size of a workbook once it is unpacked, in bytes.
const MAX_UNPACKED_BYTES: u64 = 512 << 20;
/// The most columns that are read.
const MAX_COLUMNS: u32 = 1000;
/// The most rows that are read; no list of participants has more.
const MAX_ROWS: usize = 200_000;

/// Reads the first non-empty sheet of a file. The content decides the format, not the file's name. Formulas
/// are not evaluated: their stored results count. Fails with a message that names the file.
pub fn read_table(path: &Path) -> Result<FileTable, FileError> {
    let say = |what: FileError| FileError::from(format!("{}: {what}", path.display()));
    let (_, rows) =
        sheets(path, SheetChoice::First)?.into_iter().next().ok_or_else(|| say("has no rows".into()))?;
    table_from_rows(rows).map_err(say)
}

/// Reads all sheets of a file, without their empty rows. Fails with a message that names the file.
pub fn read_sheets(path: &Path) -> Result<Vec<FileSheet>, FileError> {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    if matches!(ending.as_str(), "md" | "json" | "toml") {
        return Err(format!("{}: only .xlsx and .csv come back into a plan", path.display()).into());
    }
    let sheet = |(name, rows): (String, Vec<NumberedRow>)| {
        let mut rows: Vec<Vec<String>> = rows.into_iter().map(|(_, cells)| cells).collect();
        rows.iter_mut().flatten().for_each(|cell| *cell = cell.trim().to_owned());
        rows.retain(|row| row.iter().any(|cell| !cell.is_empty()));
        FileSheet { name, rows }
    };
    Ok(sheets(path, SheetChoice::All)?.into_iter().map(sheet).collect())
}

/// Which sheets of a workbook are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SheetChoice {
    /// The first that is not empty.
    First,
    /// All that are not empty.
    All,
}

/// A row of cells with its number in the file, from 1.
type NumberedRow = (u32, Vec<String>);

/// The sheets of a file that are not empty; a text file is one sheet, named after the file.
fn sheets(path: &Path, which: SheetChoice) -> Result<Vec<(String, Vec<NumberedRow>)>, FileError> {
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
    if bytes.starts_with(b"PK\x03\x04") {
        return read_xlsx(bytes, which).map_err(say);
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(say("is an old XLS workbook; save it as XLSX or CSV first".into()));
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(vec![(name, read_csv(&bytes).map_err(say)?)])
}

/// Takes the first non-empty row for the headings, and drops empty rows and columns. Fails when there are no
/// rows or too many.
fn table_from_rows(rows: Vec<NumberedRow>) -> Result<FileTable, FileError> {
    let mut rows = rows.into_iter().skip_while(|(_, cells)| cells.iter().all(|cell| cell.trim().is_empty()));
    let (_, headings) = rows.next().ok_or("has no rows")?;
    let mut rows: Vec<_> = rows.collect();
    rows.retain(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty()));
    if rows.len() > MAX_ROWS {
        return Err(format!("has {}; at most {MAX_ROWS} are read", pluralize(rows.len(), "row")).into());
    }
    // Spreadsheets often contain columns with neither a heading nor a value.
    let used = |at: usize| {
        let filled = |(_, cells): &NumberedRow| cells.get(at).is_some_and(|cell| !cell.trim().is_empty());
        headings.get(at).is_some_and(|heading| !heading.trim().is_empty()) || rows.iter().any(filled)
    };
    let columns = rows.iter().map(|(_, cells)| cells.len()).chain([headings.len()]).max().unwrap_or(0);
    let kept: Vec<usize> = (0..columns).filter(|at| used(*at)).collect();
    let keep = |cells: &[String]| {
        kept.iter().map(|at| cells.get(*at).map_or("", |cell| cell.trim()).to_owned()).collect::<Vec<_>>()
    };
    let named = |(at, heading): (usize, String)| {
        if heading.is_empty() { format!("column {}", at + 1) } else { heading }
    };
    Ok(FileTable {
        headings: keep(&headings).into_iter().enumerate().map(named).collect(),
        rows: rows.iter().map(|(row, cells)| (*row, keep(cells))).collect(),
    })
}

/// Reads CSV: UTF-8 or UTF-16 by its byte order mark, else UTF-8 if it is valid, else Windows-1252, which
/// Excel writes in South Africa.
fn read_csv(bytes: &[u8]) -> Result<Vec<NumberedRow>, FileError> {
    let text = match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, mark)) => encoding.decode_without_bom_handling(&bytes[mark..]).0,
        None => match std::str::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(_) => encoding_rs::WINDOWS_1252.decode(bytes).0,
        },
    };
    if text.contains('\0') {
        return Err("is no table of text; save it as CSV or XLSX".into());
    }
    // Row numbers count line ends, so there must be only one kind of them.
    let text = text.replace("\r\n", "\n");
    let (text, declared_delimiter) = match text.strip_prefix("sep=") {
        // Excel's own way of naming the delimiter.
        Some(rest) => (rest.split_once('\n').map_or("", |(_, rest)| rest), rest.bytes().next()),
        None => (text.as_str(), None),
    };
    let skipped = u32::from(declared_delimiter.is_some());
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(declared_delimiter.unwrap_or_else(|| delimiter(text)))
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| {
            let line = e.position().map_or(0, csv::Position::line);
            format!("cannot be read as CSV (line {line})")
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let line = u32::try_from(line).unwrap_or(u32::MAX).saturating_add(skipped);
        rows.push((line, record.iter().map(|cell| unescape_spreadsheet_cell(cell).into_owned()).collect()));
    }
    // A quote that is never closed swallows the rows after it.
    let odd = text.bytes().filter(|b| *b == b'"').count() % 2 == 1;
    let swallowed =
        rows.iter().find(|(_, cells): &&NumberedRow| cells.iter().any(|cell| cell.contains('\n')));
    if let (true, Some((line, _))) = (odd, swallowed) {
        return Err(format!("has a quote in line {line} that is opened and never closed").into());
    }
    Ok(rows)
}

/// The delimiter that occurs most often outside quotes in the first non-empty line; a comma if there is none.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut quoted = false;
    let mut counts = [(b';', 0), (b',', 0), (b'\t', 0), (b'|', 0)];
    for byte in first.bytes() {
        quoted ^= byte == b'"';
        if let Some((_, n)) = counts.iter_mut().find(|(d, _)| *d == byte && !quoted) {
            *n += 1;
        }
    }
    let most = counts.iter().map(|(_, n)| *n).max().unwrap_or(0);
    counts.iter().find(|(_, n)| *n == most && most > 0).map_or(b',', |(d, _)| *d)
}

/// Reads the non-empty sheets of a workbook cell by cell, since a sheet may have a cell at its far corner and
/// next to nothing else.
fn read_xlsx(bytes: Vec<u8>, which: SheetChoice) -> Result<Vec<(String, Vec<NumberedRow>)>, FileError> {
    let broken = || "is a workbook that cannot be read; is it protected by a password?".to_owned();
    let mut parts = zip::ZipArchive::new(Cursor::new(&bytes)).map_err(|_| broken())?;
    let sizes = (0..parts.len()).map(|at| parts.by_index_raw(at).map_or(0, |part| part.size()));
    if sizes.sum::<u64>() > MAX_UNPACKED_BYTES {
        return Err("is larger than 512 MiB once unpacked and was not read".into());
    }
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| broken())?;
    let mut sheets = Vec::new();
    for sheet in book.sheet_names() {
        let Ok(mut cells) = book.worksheet_cells_reader(&sheet) else { continue };
        let mut rows: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        while let Some(found) = cells.next_cell().map_err(|_| broken())? {
            let (row, column) = found.get_position();
            let text = cell(&found.get_value().clone().into());
            if text.trim().is_empty() {
                continue;
            }
            if column >= MAX_COLUMNS || rows.len() > MAX_ROWS {
                return Err(format!("has more than {MAX_ROWS} rows or {MAX_COLUMNS} columns").into());
            }
            let cells = rows.entry(row + 1).or_default();
            cells.resize(cells.len().max(column as usize + 1), String::new());
            cells[column as usize] = text;
        }
        if !rows.is_empty() {
            sheets.push((sheet, rows.into_iter().collect()));
            if which == SheetChoice::First {
                break;
            }
        }
    }
    if sheets.is_empty() { Err("has no sheet with anything in it".into()) } else { Ok(sheets) }
}

/// A cell as the text a person sees, except that dates are ISO and numbers are not rounded.
fn cell(data: &Data) -> String {
    match data {
        Data::Empty => String::new(),
        Data::Float(n) => n.to_string(),
        Data::Int(n) => n.to_string(),
        Data::Bool(yes) => if *yes { "yes" } else { "no" }.into(),
        Data::DateTime(time) => {
            let (year, month, day, ..) = time.to_ymd_hms_milli();
            if time.is_datetime() {
                format!("{year:04}-{month:02}-{day:02}")
            } else {
                time.as_f64().to_string()
            }
        }
        Data::DateTimeIso(text) => text.split('T').next().unwrap_or_default().to_owned(),
        Data::String(text) | Data::DurationIso(text) => text.clone(),
        Data::Error(error) => error.to_string(),
    }
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

/// Writes a document to a new file; the name's ending chooses the format. Fails when the ending does not fit
/// the document, the file exists, or writing fails, after which no file is left behind.
pub fn write_new(path: &Path, document: &Document) -> Result<(), FileError> {
    let say = |what: FileError| FileError::from(format!("{}: {what}", path.display()));
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let bytes = match (document, ending.as_str()) {
        (Document::Rows(table, _), "csv") => to_csv(table),
        (Document::Rows(table, content), "xlsx") => to_xlsx(table, *content),
        (Document::Rows(..), _) => return Err(say(ROWS_ENDING.into())),
        (Document::Book(book), "csv") => to_csv(&book.to_file_table()),
        (Document::Book(book), "xlsx") => workbook::to_xlsx(book),
        (Document::Book(book), "md") => Ok(book.to_markdown().into_bytes()),
        (Document::Book(book), "json") => Ok(book.to_json().into_bytes()),
        (Document::Book(_), _) => {
            return Err(say("the name has to end in .xlsx, .csv, .md or .json".into()));
        }
        (Document::ChangeSet(_, text), "toml") => Ok(text.clone().into_bytes()),
        (Document::ChangeSet(..), _) => return Err(say("the name has to end in .toml".into())),
    };
    let bytes = bytes.map_err(say)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    // The file may hold people's names and ID numbers: only the owner may read it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => {
            say("is there already and was left alone; choose another name".into())
        }
        _ => say(e.to_string().into()),
    })?;
    let written = file.write_all(&bytes).and_then(|()| file.sync_all());
    if let Err(e) = written {
        let _ = fs::remove_file(path);
        return Err(say(e.to_string().into()));
    }
    Ok(())
}

/// CSV that Excel opens correctly: UTF-8 with a byte order mark, and no cell that a spreadsheet takes for a formula.
fn to_csv(table: &FileTable) -> Result<Vec<u8>, FileError> {
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    let rows = table.rows.iter().map(|(_, cells)| cells);
    for cells in std::iter::once(&table.headings).chain(rows) {
        let cells = cells.iter().map(|cell| {
            let shown = Text::from(cell.as_str());
            escape_spreadsheet_cell(&shown.printable()).into_owned()
        });
        writer.write_record(cells).map_err(|e| e.to_string())?;
    }
    writer.into_inner().map_err(|e| e.to_string().into())
}

/// A workbook of text cells, so that an ID number keeps its leading zeros; headings are frozen.
fn to_xlsx(table: &FileTable, content: FileContent) -> Result<Vec<u8>, FileError> {
    let mut book = Workbook::new();
    let (bold, text) = (Format::new().set_bold(), Format::new().set_num_format("@"));
    let sheet = book.add_worksheet();
    let words = |e: rust_xlsxwriter::XlsxError| FileError::from(e.to_string());
    sheet.set_name("Participants").map_err(words)?;
    sheet.set_freeze_panes(1, 1).map_err(words)?;
    for (at, heading) in (0..).zip(&table.headings) {
        sheet.write_string_with_format(0, at, heading, &bold).map_err(words)?;
        sheet.set_column_width(at, 16).map_err(words)?;
        if content == FileContent::Template {
            sheet.set_column_format(at, &text).map_err(words)?;
        }
    }
    for (row, (_, cells)) in (1..).zip(&table.rows) {
        for (at, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write_string_with_format(row, at, cell, &text).map_err(words)?;
        }
    }
    book.save_to_buffer().map_err(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(bytes: &[u8]) -> FileTable {
        table_from_rows(read_csv(bytes).unwrap()).unwrap()
    }

    #[test]
    fn csv_is_read_with_the_delimiter_and_code_page_it_was_written_in() {
        let wanted = FileTable {
            headings: vec!["full_name".into(), "course_cost".into()],
            rows: vec![(2, vec!["Zoë, A".into(), "1,5".into()])],
        };
        assert_eq!(csv("full_name,course_cost\n\"Zoë, A\",\"1,5\"\n".as_bytes()), wanted);
        assert_eq!(csv("\u{feff}full_name;course_cost\r\nZoë, A;1,5\r\n".as_bytes()), wanted);
        assert_eq!(csv(b"full_name;course_cost\r\nZo\xeb, A;1,5\r\n"), wanted, "Windows-1252");
        assert_eq!(csv("full_name\tcourse_cost\nZoë, A\t1,5".as_bytes()), wanted);
        let utf16: Vec<u8> =
            "\u{feff}full_name\tcourse_cost\nZoë, A\t1,5".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(csv(&utf16), wanted);
        let told = csv("sep=;\nfull_name;course_cost\nZoë, A;1,5\n".as_bytes());
        assert_eq!((told.rows[0].0, &told.rows[0].1), (3, &wanted.rows[0].1), "rows count as in the file");
    }

    #[test]
    fn empty_rows_and_columns_are_left_out() {
        let read = csv(b"a,b,,\n1,,,\n,,,\n2,3,,\n");
        assert_eq!(read.headings, ["a", "b"]);
        assert_eq!(read.rows, [(2, vec!["1".into(), String::new()]), (4, vec!["2".into(), "3".into()])]);
    }

    #[test]
    fn a_written_table_reads_back_and_never_overwrites_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let wanted = FileTable {
            headings: vec!["full_name".into(), "id_number".into()],
            rows: vec![(2, vec!["Zoë".into(), "0801015009087".into()])],
        };
        let list = Document::Rows(wanted.clone(), FileContent::List);
        for name in ["x.csv", "x.xlsx"] {
            let path = dir.path().join(name);
            assert_eq!(write_new(&path, &list), Ok(()));
            assert_eq!(read_table(&path).unwrap(), wanted, "{name}");
            assert!(write_new(&path, &list).unwrap_err().to_string().contains("is there already"));
        }
        assert!(
            write_new(&dir.path().join("x.doc"), &list).unwrap_err().to_string().contains(".csv or .xlsx")
        );
    }

    #[test]
    fn no_cell_of_a_written_csv_is_a_formula() {
        let table = FileTable { headings: vec!["a".into()], rows: vec![(2, vec!["=1+1".into()])] };
        let text = String::from_utf8(to_csv(&table).unwrap()).unwrap();
        assert!(text.contains("'=1+1"), "{text}");
        assert_eq!(csv(text.as_bytes()), table);
    }

    #[test]
    fn an_unclosed_quote_is_an_error_and_swallows_no_rows() {
        let why = read_csv(b"a,b\n1,\"x\n2,y\n3,z\n").unwrap_err();
        assert!(why.to_string().contains("a quote in line 2"), "{why}");
        assert_eq!(
            csv(b"a,b\n1,5\" pipe\n").rows[0].1,
            ["1", "5\" pipe"],
            "a quote inside a cell is a quote"
        );
    }

    #[test]
    fn a_cell_in_the_last_row_is_cheap_and_too_many_columns_are_refused() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_string(0, 0, "full_name").unwrap();
        sheet.write_string(1_048_575, 0, "Ann").unwrap();
        let rows = table_from_rows(
            read_xlsx(book.save_to_buffer().unwrap(), SheetChoice::First).unwrap().remove(0).1,
        )
        .unwrap();
        assert_eq!(rows.rows, [(1_048_576, vec!["Ann".to_owned()])]);
        let mut book = Workbook::new();
        book.add_worksheet().write_string(0, 16_383, "x").unwrap();
        assert!(
            read_xlsx(book.save_to_buffer().unwrap(), SheetChoice::First)
                .unwrap_err()
                .to_string()
                .contains("columns")
        );
    }

    #[test]
    fn a_file_that_is_no_table_is_refused_with_a_reason() {
        let dir = tempfile::tempdir().unwrap();
        for (bytes, words) in [
            (&b""[..], "has no rows"),
            (b"PK\x03\x04junk", "cannot be read"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old XLS"),
            (b"a\0b\x01", "no table of text"),
        ] {
            let path = dir.path().join("x");
            std::fs::write(&path, bytes).unwrap();
            let why = read_table(&path).unwrap_err();
            assert!(why.to_string().contains(words), "{why}");
        }
        assert!(read_table(&dir.path().join("none.csv")).is_err());
    }
}
