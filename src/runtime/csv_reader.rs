//! Reads text files as tables, in the encodings and dialects that spreadsheets write.

use std::borrow::Cow;

use crate::domain::file_grid::{FileCell, FileGrid};
use crate::domain::text::unescape_spreadsheet_cell;
use crate::effect::FileError;
use crate::runtime::workbook_reader::{MAX_COLUMNS, MAX_ROWS};

/// Stands in decoded text before the two digits of a byte that does not belong to the encoding. It is a private
/// character that no keyboard writes.
const BAD_BYTE: char = '\u{f8ff}';
/// What a spreadsheet writes where a formula gave an error.
const ERROR_TEXTS: [&str; 8] =
    ["#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!"];
/// How many rows decide the delimiter.
const SAMPLE_ROWS: usize = 50;

/// The rows of a text file; rows are counted as a spreadsheet counts them, blank ones too. Fails when it is no
/// text, or when a quote is never closed.
pub(super) fn read_csv(name: &str, bytes: &[u8]) -> Result<FileGrid, FileError> {
    let text = decode(bytes);
    if text.contains('\0') {
        return Err("is no table of text; save it as CSV or XLSX".into());
    }
    // One kind of line end, so that rows can be counted.
    let mut text =
        if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.into_owned() };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let (text, declared_delimiter) = match text.strip_prefix("sep=") {
        // Excel's own way of naming the delimiter.
        Some(rest) => (rest.split_once('\n').map_or("", |(_, rest)| rest), rest.bytes().next()),
        None => (text.as_str(), None),
    };
    let mut grid = FileGrid::new(name);
    grid.is_text = true;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(declared_delimiter.unwrap_or_else(|| delimiter(text)))
        .from_reader(text.as_bytes());
    let (mut record, mut swallowed) = (csv::StringRecord::new(), None);
    let mut row = u32::from(declared_delimiter.is_some());
    loop {
        let first_line = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(_) => return Err(format!("cannot be read as CSV (line {first_line})").into()),
        }
        // Blank lines, which the reader skips, are rows of a spreadsheet; line ends inside a cell begin none.
        let lines = reader.position().line() - first_line;
        let inside = record.iter().map(|cell| cell.matches('\n').count() as u64).sum::<u64>();
        row = row.saturating_add(u32::try_from(lines.saturating_sub(inside).max(1)).unwrap_or(u32::MAX));
        if grid.rows().len() >= MAX_ROWS || record.len() > MAX_COLUMNS {
            return Err(format!("has more than {MAX_ROWS} rows or {MAX_COLUMNS} columns").into());
        }
        grid.push_row(row, false);
        for (column, cell) in record.iter().enumerate() {
            if swallowed.is_none() && cell.contains('\n') {
                swallowed = Some(row);
            }
            if cell.contains(BAD_BYTE) {
                grid.push(column, FileCell::Damaged(&cell.replace(BAD_BYTE, "byte 0x")));
            } else if ERROR_TEXTS.contains(&cell.trim()) {
                grid.push(column, FileCell::Error(cell.trim()));
            } else {
                grid.push(column, FileCell::Text(&unescape_spreadsheet_cell(cell)));
            }
        }
    }
    // A quote that is never closed swallows the rows after it.
    if let (true, Some(row)) = (text.bytes().filter(|b| *b == b'"').count() % 2 == 1, swallowed) {
        return Err(format!("has a quote in row {row} that is opened and never closed").into());
    }
    grid.finish();
    Ok(grid)
}

/// Decodes the file, by one encoding for all of it: that of its byte order mark, else UTF-16 if every other
/// byte is zero, else UTF-8 if it holds more letters of UTF-8 than bytes that are none, else Windows-1252, which
/// Excel writes in South Africa. Bytes that do not belong are marked.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let (encoding, bytes) = match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (encoding, &bytes[mark..]),
        None => (likely_encoding(bytes), bytes),
    };
    if encoding != encoding_rs::UTF_8 {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes
            .utf8_chunks()
            .flat_map(|chunk| {
                let bad = chunk.invalid().iter().map(|byte| format!("{BAD_BYTE}{byte:02X}"));
                std::iter::once(chunk.valid().to_owned()).chain(bad)
            })
            .collect::<String>()
            .into(),
    }
}

fn likely_encoding(bytes: &[u8]) -> &'static encoding_rs::Encoding {
    let zeros_at = |odd: usize| bytes.iter().skip(odd).step_by(2).take(200).filter(|b| **b == 0).count();
    let pairs = bytes.len().min(400) / 2;
    if pairs > 4 && zeros_at(1) * 10 > pairs * 8 {
        return encoding_rs::UTF_16LE;
    }
    if pairs > 4 && zeros_at(0) * 10 > pairs * 8 {
        return encoding_rs::UTF_16BE;
    }
    let (mut valid, mut invalid) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        invalid += chunk.invalid().len();
    }
    if invalid > 0 && invalid >= valid { encoding_rs::WINDOWS_1252 } else { encoding_rs::UTF_8 }
}

/// The delimiter that cuts the most of the first rows into the same number of cells; a comma if none does.
fn delimiter(text: &str) -> u8 {
    let mut best = (0, 0, b',');
    for delimiter in [b';', b',', b'\t', b'|'] {
        let mut quoted = false;
        let mut counts = vec![0_usize];
        for byte in text.bytes() {
            quoted ^= byte == b'"';
            if byte == b'\n' && !quoted {
                if counts.len() > SAMPLE_ROWS {
                    break;
                }
                counts.push(0);
            } else if let (true, Some(count)) = (byte == delimiter && !quoted, counts.last_mut()) {
                *count += 1;
            }
        }
        counts.retain(|count| *count > 0);
        let alike = |count: &usize| counts.iter().filter(|other| *other == count).count();
        if let Some(usual) = counts.iter().max_by_key(|count| (alike(count), **count)) {
            best = best.max((alike(usual), *usual, delimiter));
        }
    }
    best.2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::file_grid::DateSystem;

    fn rows(bytes: &[u8]) -> Vec<(u32, Vec<String>)> {
        let grid = read_csv("people", bytes).unwrap();
        let text = |row| grid.cells(row).map(|cell| cell.to_text(DateSystem::From1900)).collect();
        grid.rows().iter().enumerate().map(|(at, row)| (row.number, text(at))).collect()
    }

    fn row(number: u32, cells: &[&str]) -> (u32, Vec<String>) {
        (number, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn the_delimiter_and_the_code_page_are_found_out() {
        let wanted = [row(1, &["full_name", "course_cost"]), row(2, &["Zoë, A", "1,5"])];
        for bytes in [
            "full_name,course_cost\n\"Zoë, A\",\"1,5\"\n".as_bytes(),
            "\u{feff}full_name;course_cost\r\nZoë, A;1,5\r\n".as_bytes(),
            b"full_name;course_cost\r\nZo\xeb, A;1,5\r\n",
            "full_name\tcourse_cost\nZoë, A\t1,5".as_bytes(),
        ] {
            assert_eq!(rows(bytes), wanted);
        }
        for units in [u16::to_le_bytes, u16::to_be_bytes] {
            for mark in ["\u{feff}", ""] {
                let text = format!("{mark}full_name\tcourse_cost\nZoë, A\t1,5");
                assert_eq!(rows(&text.encode_utf16().flat_map(units).collect::<Vec<u8>>()), wanted);
            }
        }
        assert_eq!(rows("Skills, 2026\n\nname;cost\nZoë, A;1,5\nB;2,5\n".as_bytes())[1].1, ["name", "cost"]);
        assert_eq!(rows(b"sep=;\nname;cost\nA;1,5\n")[1], row(3, &["A", "1,5"]), "rows count as in the file");
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_counts_them() {
        for line_end in ["\n", "\r\n", "\r"] {
            let text = ["name,gender", "\"A\nB\",F", "", ",", "C,M"].join(line_end);
            let numbers: Vec<u32> = rows(text.as_bytes()).into_iter().map(|(number, _)| number).collect();
            assert_eq!(numbers, [1, 2, 5], "{line_end:?}");
        }
    }

    #[test]
    fn a_byte_that_is_not_utf_8_damages_its_own_cell_and_no_other() {
        let bytes = "name,race\nZoë É,W\nBjörn,W\n".bytes().chain(*b"Ren\xe9,W\n").collect::<Vec<u8>>();
        let grid = read_csv("people", &bytes).unwrap();
        assert!(grid.cell(1, 0) == FileCell::Text("Zoë É") && grid.cell(2, 0) == FileCell::Text("Björn"));
        assert!(
            grid.cell(3, 0) == FileCell::Damaged("Renbyte 0xE9") && grid.cell(3, 1) == FileCell::Text("W")
        );
        let marked: Vec<u8> = b"\xef\xbb\xbfname\nRen\xe9\n".to_vec();
        assert!(read_csv("people", &marked).unwrap().cell(1, 0) == FileCell::Damaged("Renbyte 0xE9"));
    }

    #[test]
    fn an_unclosed_quote_is_an_error_and_swallows_no_rows() {
        let why = read_csv("x", b"a,b\n1,\"x\n2,y\n3,z\n").unwrap_err();
        assert!(why.to_string().contains("a quote in row 2"), "{why}");
        assert_eq!(rows(b"a,b\n1,5\" pipe\n")[1].1, ["1", "5\" pipe"], "a quote inside a cell is a quote");
        assert!(read_csv("x", b"a\0b\x01").unwrap_err().to_string().contains("no table of text"));
    }
}
