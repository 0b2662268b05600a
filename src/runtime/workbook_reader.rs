//! Reads XLSX workbooks as typed cells. Every sheet is read or named: a sheet that cannot be read is never
//! passed over.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::io::{Cursor, Read, Write};

use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx};
use memchr::memmem;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use crate::domain::file_grid::{DateSystem, FileCell, FileGrid, MergedCells};
use crate::effect::FileError;

/// The most rows that are read; no list of participants has more.
pub(super) const MAX_ROWS: usize = 200_000;
/// The most columns that are read.
pub(super) const MAX_COLUMNS: usize = 1000;
/// The largest size of a workbook once it is unpacked, in bytes.
const MAX_UNPACKED_BYTES: u64 = 512 << 20;
/// The largest size of the texts of a workbook once they are unpacked, in bytes: they are all held in memory.
const MAX_TEXT_BYTES: u64 = 96 << 20;
/// Deflate makes nothing smaller than by this factor.
const MAX_DEFLATE_RATIO: u64 = 1032;
/// The name of the thread that reads cells. A panic on it is no fault of the program.
pub const READER_THREAD: &str = "workbook";
/// A formula has at most 8,192 characters; a longer piece is no formula's cell.
const LONGEST_FORMULA: usize = 1 << 20;
/// How much of a sheet is looked at for its declared size, which stands before the cells.
const HEAD_BYTES: u64 = 64 << 10;

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// The sheets of a workbook, hidden ones too. Fails when the workbook or any of its sheets cannot be read, or
/// when it is too large.
pub(super) fn read_workbook(bytes: &[u8]) -> Result<Vec<FileGrid>, FileError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged())?;
    let size_of_others = check_sizes(&mut archive, 0, |name| !is_of_cells(name))?;
    let bytes = with_plain_dimensions(bytes, &mut archive)?;
    let (bytes, parts) = (&*bytes, sheet_parts(&mut archive));
    // Hidden rows and merged cells stand in the same parts as the cells, and unpacking these takes a while.
    let (say_size, size) = std::sync::mpsc::sync_channel(1);
    let (sheets, layouts) = std::thread::scope(|scope| {
        let (archive, parts) = (&mut archive, &parts);
        let layouts = scope.spawn(move || {
            // The texts are read meanwhile, and the cells once the sizes are known.
            let checked = check_sizes(archive, size_of_others, is_of_cells).map(|_| ());
            let _ = say_size.send(checked.clone());
            checked.map(|()| sheet_layouts(bytes, parts))
        });
        let sheets = on_reader_thread(move || {
            read_sheets(bytes, Formulas::HaveResults, || size.recv().unwrap_or_else(|_| Err(damaged())))
        });
        (sheets, layouts.join().unwrap_or_else(|_| Err(damaged())))
    });
    let (layouts, mut sheets) = (layouts?, sheets?);
    let is_whole = |sheet: &FileGrid| layouts.get(&sheet.name).is_some_and(|layout| !layout.has_open_formula);
    if !sheets.iter().all(is_whole) {
        // To look for formulas without a result takes twice as long, and few files have any.
        sheets = on_reader_thread(|| read_sheets(bytes, Formulas::MayLackResults, || Ok(())))?;
    }
    let with_layout = |mut sheet: FileGrid| {
        if let Some(layout) = layouts.get(&sheet.name) {
            sheet.merged.clone_from(&layout.merged);
            sheet.hidden_columns.clone_from(&layout.hidden_columns);
            sheet.hide_rows(&layout.hidden_rows);
        }
        sheet
    };
    Ok(sheets.into_iter().map(with_layout).collect())
}

/// Reads on a thread of its own: the library panics on some damaged files, which is an error like any other there.
fn on_reader_thread(
    read: impl FnOnce() -> Result<Vec<FileGrid>, FileError> + Send,
) -> Result<Vec<FileGrid>, FileError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name(READER_THREAD.into());
        let ended = thread.spawn_scoped(scope, read).map(std::thread::ScopedJoinHandle::join);
        ended.map_err(|_| damaged())?.map_err(|_| damaged())?
    })
}

/// Whether a sheet may have formulas whose result was never worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Formulas {
    HaveResults,
    MayLackResults,
}

fn damaged() -> FileError {
    "is a workbook that is cut short or damaged; fetch it again, or open it and save it anew".into()
}

/// Refuses a workbook that would need too much memory, judged by the parts for which `is` holds; the others have `size`
/// bytes. Returns the size of both.
fn check_sizes(
    archive: &mut Archive<'_>,
    mut size: u64,
    is: impl Fn(&str) -> bool,
) -> Result<u64, FileError> {
    for at in 0..archive.len() {
        let name = part_name(&archive.by_index_raw(at).map_err(|_| damaged())?).to_lowercase();
        if !is(&name) {
            continue;
        }
        // All texts are held at once.
        let cap = if name.ends_with("sharedstrings.xml") { MAX_TEXT_BYTES } else { MAX_UNPACKED_BYTES };
        size += unpacked_size(archive, at, cap)?;
        if size > MAX_UNPACKED_BYTES {
            return Err(too_large(MAX_UNPACKED_BYTES));
        }
    }
    Ok(size)
}

/// Whether a part, by its name in lower case, holds the cells of a sheet, which are read one after the other.
fn is_of_cells(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or_default();
    name.contains("worksheets/") && file.strip_suffix(".xml").is_some_and(|stem| !OTHER_PARTS.contains(&stem))
}

/// Parts that are no sheets, wherever a workbook keeps them.
const OTHER_PARTS: [&str; 4] = ["workbook", "sharedstrings", "styles", "metadata"];

/// The size of a part once it is unpacked, or more. Sizes are declared by the file itself, so a part that could be larger
/// than allowed is unpacked into nothing and counted. Fails when it is larger than `cap`.
fn unpacked_size(archive: &mut Archive<'_>, at: usize, cap: u64) -> Result<u64, FileError> {
    let packed = archive.by_index_raw(at).map_err(|_| damaged())?.compressed_size();
    let possible = packed.saturating_mul(MAX_DEFLATE_RATIO);
    if possible <= cap / 16 {
        return Ok(possible);
    }
    let part = archive.by_index(at).map_err(|_| damaged())?;
    let size = std::io::copy(&mut part.take(cap + 1), &mut std::io::sink()).map_err(|_| damaged())?;
    if size > cap { Err(too_large(cap)) } else { Ok(size) }
}

fn too_large(cap: u64) -> FileError {
    format!(
        "is larger than {} MiB once unpacked and was not read; copy the sheet into a new workbook",
        cap >> 20
    )
    .into()
}

/// The name of a part; empty when it is no text.
fn part_name<R: Read>(part: &zip::read::ZipFile<'_, R>) -> String {
    part.name().map(Cow::into_owned).unwrap_or_default()
}

/// All bytes of a part; `None` when there is none of that name or it cannot be read.
fn part_bytes(archive: &mut Archive<'_>, name: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    archive.by_name(name).ok()?.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The workbook, with the declared size of each sheet in the form that the library reads. Old `LibreOffice`
/// declares whole rows (`1:49`), which Excel accepts.
fn with_plain_dimensions<'a>(bytes: &'a [u8], archive: &mut Archive<'a>) -> Result<Cow<'a, [u8]>, FileError> {
    let mut odd = Vec::new();
    for at in 0..archive.len() {
        let Ok(part) = archive.by_index(at) else { continue };
        let name = part_name(&part);
        if !is_of_cells(&name.to_lowercase()) {
            continue;
        }
        let mut head = Vec::new();
        // What cannot be unpacked is found, and named, when the sheet is read.
        let _ = part.take(HEAD_BYTES).read_to_end(&mut head);
        odd.extend(
            dimension_ref(&head)
                .filter(|place| !is_plain_range(&head[place.clone()]))
                .map(|place| (name, place)),
        );
    }
    if odd.is_empty() {
        return Ok(bytes.into());
    }
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for at in 0..archive.len() {
        let part = archive.by_index_raw(at).map_err(|_| damaged())?;
        let own_name = part_name(&part);
        let Some((name, place)) = odd.iter().find(|(name, _)| *name == own_name) else {
            writer.raw_copy_file(part).map_err(|_| damaged())?;
            continue;
        };
        drop(part);
        unpacked_size(archive, at, MAX_UNPACKED_BYTES)?;
        let whole = part_bytes(archive, name).ok_or_else(damaged)?;
        writer.start_file(name, stored).map_err(|_| damaged())?;
        for piece in [&whole[..place.start], b"A1", &whole[place.end..]] {
            writer.write_all(piece).map_err(|_| damaged())?;
        }
    }
    Ok(writer.finish().map_err(|_| damaged())?.into_inner().into())
}

/// Where the range of a sheet's `dimension` tag stands.
fn dimension_ref(head: &[u8]) -> Option<std::ops::Range<usize>> {
    let tag = memmem::find(head, b"dimension ")?;
    let end = tag + memchr::memchr(b'>', &head[tag..])?;
    let start = tag + memmem::find(&head[tag..end], b"ref=")? + 4;
    let quote = *head.get(start)?;
    let length = memchr::memchr(quote, &head[start + 1..end])?;
    Some(start + 1..start + 1 + length)
}

/// Whether a range has the form `A1` or `A1:L10`, its corners in order.
fn is_plain_range(range: &[u8]) -> bool {
    let Ok(range) = std::str::from_utf8(range) else { return false };
    let corners: Option<Vec<_>> = range.split(':').map(cell_place).collect();
    match corners.as_deref() {
        Some([_]) => true,
        Some([(left, top), (right, bottom)]) => left <= right && top <= bottom,
        _ => false,
    }
}

/// The column, from 0, and the row, from 1, of a place like `AB12`.
fn cell_place(place: &str) -> Option<(u32, u32)> {
    let letters = place.bytes().take_while(u8::is_ascii_uppercase).count();
    if !(1..=3).contains(&letters) {
        return None;
    }
    let column = place[..letters].bytes().fold(0, |n, b| n * 26 + u32::from(b - b'A') + 1) - 1;
    Some((column, place[letters..].parse().ok()?))
}

/// The part of the archive that holds each sheet, by the sheet's name; without those that cannot be found.
fn sheet_parts(archive: &mut Archive<'_>) -> HashMap<String, String> {
    let book =
        archive.file_names().flatten().find(|name| name.ends_with("workbook.xml")).map(Cow::into_owned);
    let Some(book) = book else { return HashMap::new() };
    let (folder, file) = book.rsplit_once('/').unwrap_or(("", &book));
    let mut targets = HashMap::new();
    let relations = part_bytes(archive, &format!("{folder}/_rels/{file}.rels")).unwrap_or_default();
    for_each_tag(&relations, |tag| {
        if let (Some(id), Some(target)) = (attribute(tag, "Id"), attribute(tag, "Target")) {
            let path = target.strip_prefix('/').map_or_else(|| format!("{folder}/{target}"), str::to_owned);
            targets.insert(id, path);
        }
    });
    let mut parts = HashMap::new();
    for_each_tag(&part_bytes(archive, &book).unwrap_or_default(), |tag| {
        if let (true, Some(name), Some(id)) =
            (tag.local_name().as_ref() == "sheet", attribute(tag, "name"), attribute(tag, "id"))
        {
            parts.extend(targets.get(&id).map(|part| (name, part.clone())));
        }
    });
    parts
}

fn for_each_tag(xml: &[u8], mut take: impl FnMut(&BytesStart<'_>)) {
    let mut reader = quick_xml::Reader::from_reader(xml);
    let mut buffer = Vec::new();
    while let Ok(event) = reader.read_event_into(&mut buffer) {
        match event {
            Event::Start(tag) | Event::Empty(tag) => take(&tag),
            Event::Eof => return,
            _ => {}
        }
        buffer.clear();
    }
}

/// The value of a tag's attribute, by its name without a prefix.
fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let wanted = tag.attributes().flatten().find(|known| known.key.local_name().as_ref() == name)?;
    Some(wanted.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?.into_owned())
}

/// What the library does not tell about a sheet.
#[derive(Debug, Default)]
struct SheetLayout {
    hidden_rows: BTreeSet<u32>,
    hidden_columns: Vec<(u32, u32)>,
    merged: Vec<MergedCells>,
    /// Whether a formula stands there without a result, or may stand there.
    has_open_formula: bool,
}

/// The layout of each sheet, by the sheet's name.
fn sheet_layouts(bytes: &[u8], parts: &HashMap<String, String>) -> HashMap<String, SheetLayout> {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else { return HashMap::new() };
    let mut layouts = HashMap::new();
    for (sheet, part) in parts {
        if let Ok(part) = archive.by_name(part) {
            layouts.insert(sheet.clone(), sheet_layout(part));
        }
    }
    layouts
}

/// Looks through a sheet for the few tags that matter, without parsing the rest.
fn sheet_layout(mut part: impl Read) -> SheetLayout {
    const CHUNK: usize = 256 << 10;
    let (hidden, merge) = (memmem::Finder::new(b" hidden="), memmem::Finder::new(b"mergeCell "));
    let mut layout = SheetLayout::default();
    let mut buffer = Vec::with_capacity(CHUNK * 2);
    loop {
        let read = part.by_ref().take(CHUNK as u64).read_to_end(&mut buffer).unwrap_or(0);
        // Only whole tags are looked at, and whole cells where they have a formula; the rest waits for what comes next.
        let mut end = memchr::memrchr(b'>', &buffer).map_or(0, |end| end + 1);
        match open_formula(&buffer[..end]) {
            Some(OpenFormula::CutAt(at)) if read > 0 && end - at < LONGEST_FORMULA => end = at,
            Some(_) => layout.has_open_formula = true,
            None => {}
        }
        let text = &buffer[..end];
        for at in hidden.find_iter(text) {
            let Some(tag) = tag_around(text, at) else { continue };
            let name = tag.split([' ', '\n', '\t', '\r']).next().unwrap_or_default();
            if !matches!(raw_attribute(tag, "hidden"), Some("1" | "true")) {
                continue;
            }
            let number = |name: &str| raw_attribute(tag, name)?.parse::<u32>().ok();
            match name.rsplit(':').next() {
                Some("row") => layout.hidden_rows.extend(number("r")),
                Some("col") => {
                    let range = number("min").zip(number("max"));
                    layout
                        .hidden_columns
                        .extend(range.map(|(first, last)| (first.saturating_sub(1), last.saturating_sub(1))));
                }
                _ => {}
            }
        }
        for at in merge.find_iter(text) {
            let range = tag_around(text, at).and_then(|tag| raw_attribute(tag, "ref"));
            layout.merged.extend(range.and_then(merged_cells));
        }
        buffer.drain(..end);
        if read == 0 {
            return layout;
        }
    }
}

/// What is known of the formulas in a piece of a sheet.
enum OpenFormula {
    /// One has no result.
    Found,
    /// The cell of the last one, whose formula begins here, is cut off.
    CutAt(usize),
}

/// Looks for a formula without a result: in its cell no value that is not blank comes after it. A sheet that writes
/// its tags with a prefix is not looked through, and counts as having one.
fn open_formula(text: &[u8]) -> Option<OpenFormula> {
    if memmem::find(text, b":sheetData").is_some() {
        return Some(OpenFormula::Found);
    }
    let mut from = 0;
    while let Some(at) = memmem::find(&text[from..], b"<f") {
        let at = from + at;
        from = at + 2;
        // `<f>`, `<f t="shared" …>` and `<f/>`, but not `<formula>`.
        if !matches!(text.get(from), Some(b'>' | b' ' | b'/' | b'\n' | b'\r' | b'\t')) {
            continue;
        }
        let Some(cell) = memmem::find(&text[from..], b"</c>") else { return Some(OpenFormula::CutAt(at)) };
        let rest = &text[from..from + cell];
        let value = memmem::find(rest, b"<v").and_then(|value| {
            let end = value + memchr::memchr(b'>', &rest[value..])?;
            Some(rest[end - 1] != b'/' && rest.get(end + 1).is_some_and(|next| *next != b'<'))
        });
        if value != Some(true) {
            return Some(OpenFormula::Found);
        }
        from += cell;
    }
    None
}

/// The text of the tag around a place, without its brackets.
fn tag_around(text: &[u8], at: usize) -> Option<&str> {
    let start = memchr::memrchr(b'<', &text[..at])? + 1;
    let end = at + memchr::memchr(b'>', &text[at..])?;
    std::str::from_utf8(&text[start..end]).ok()
}

fn raw_attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}="))?;
    let quote = rest.chars().next()?;
    rest[1..].split(quote).next()
}

fn merged_cells(range: &str) -> Option<MergedCells> {
    let (from, to) = range.split_once(':')?;
    let ((left, top), (right, bottom)) = (cell_place(from)?, cell_place(to)?);
    Some(MergedCells { rows: (top, bottom), columns: (left, right) })
}

/// The cells of all sheets. Formulas are not evaluated: their stored results count. `check` is waited for once the
/// texts are read.
fn read_sheets(
    bytes: &[u8],
    formulas: Formulas,
    check: impl FnOnce() -> Result<(), FileError>,
) -> Result<Vec<FileGrid>, FileError> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| damaged())?;
    check()?;
    let dates = if book.has_1904_epoch() { DateSystem::From1904 } else { DateSystem::From1900 };
    let mut sheets = Vec::new();
    for sheet in book.sheets_metadata().to_vec() {
        if sheet.typ != SheetType::WorkSheet {
            continue;
        }
        let mut grid = FileGrid::new(sheet.name.as_str());
        (grid.is_hidden, grid.dates) = (sheet.visible != SheetVisible::Visible, dates);
        read_cells(&mut book, &mut grid, formulas)?;
        sheets.push(grid);
    }
    Ok(sheets)
}

fn read_cells(
    book: &mut Xlsx<Cursor<&[u8]>>,
    grid: &mut FileGrid,
    formulas: Formulas,
) -> Result<(), FileError> {
    let name = grid.name.clone();
    let unreadable = || SheetFault::Unreadable.of(&name);
    let mut cells = book.worksheet_cells_reader(&name).map_err(|_| unreadable())?;
    match formulas {
        Formulas::HaveResults => {
            while let Some(cell) = cells.next_cell().map_err(|_| unreadable())? {
                add_cell(grid, cell.get_position(), cell.get_value(), false).map_err(|why| why.of(&name))?;
            }
        }
        Formulas::MayLackResults => {
            while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(|_| unreadable())? {
                let is_formula = cell.formula.is_some();
                add_cell(grid, cell.pos, &cell.value, is_formula).map_err(|why| why.of(&name))?;
            }
        }
    }
    grid.finish();
    Ok(())
}

/// Adds a cell at a row and column, both from 0.
fn add_cell(
    grid: &mut FileGrid,
    (row, column): (u32, u32),
    content: &DataRef<'_>,
    is_formula: bool,
) -> Result<(), SheetFault> {
    let error;
    let value = match content {
        DataRef::Empty if is_formula => FileCell::Uncalculated,
        DataRef::Empty => return Ok(()),
        DataRef::Float(n) => FileCell::Number(*n),
        DataRef::Int(n) => FileCell::Number(*n as f64),
        DataRef::Bool(yes) => FileCell::Flag(*yes),
        DataRef::DateTime(time) if time.is_duration() => FileCell::Duration(time.as_f64()),
        DataRef::DateTime(time) => FileCell::DateTime(time.as_f64()),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            FileCell::Text(text)
        }
        DataRef::SharedString(text) => FileCell::Text(text),
        DataRef::Error(what) => {
            error = what.to_string();
            FileCell::Error(&error)
        }
    };
    let (number, column) = (row + 1, column as usize);
    let last = grid.rows().last().map_or(0, |row| row.number);
    let fault = match () {
        () if column >= MAX_COLUMNS || grid.rows().len() > MAX_ROWS => Some(SheetFault::TooLarge),
        () if number < last => Some(SheetFault::Disordered),
        () => None,
    };
    if let Some(fault) = fault {
        // A blank text is no cell, wherever it stands.
        return if value.is_blank() { Ok(()) } else { Err(fault) };
    }
    if number > last {
        grid.push_row(number, false);
    }
    grid.push(column, value);
    Ok(())
}

/// Why a sheet is not read.
#[derive(Debug, Clone, Copy)]
enum SheetFault {
    /// It has too many rows or columns.
    TooLarge,
    /// Rows out of order would lose cells.
    Disordered,
    /// The library does not read it.
    Unreadable,
}

impl SheetFault {
    fn of(self, sheet: &str) -> FileError {
        match self {
            Self::TooLarge => {
                format!("the sheet `{sheet}` has more than {MAX_ROWS} rows or {MAX_COLUMNS} columns").into()
            }
            Self::Disordered | Self::Unreadable => format!(
                "the sheet `{sheet}` cannot be read, and no other was taken instead; open the workbook and save it anew"
            )
            .into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_xlsxwriter::{Format, Formula, Workbook};

    fn text(grid: &FileGrid, row: usize, column: usize) -> String {
        grid.cell(row, column).to_text(grid.dates)
    }

    /// A workbook with the named parts changed by a function from text to text; `None` removes the part.
    fn changed(bytes: &[u8], part: &str, change: impl Fn(String) -> Option<String>) -> Vec<u8> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let stored =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        for at in 0..archive.len() {
            let mut file = archive.by_index(at).unwrap();
            let name = part_name(&file);
            let mut text = Vec::new();
            file.read_to_end(&mut text).unwrap();
            let text = if name == part {
                change(String::from_utf8(text).unwrap()).map(String::into_bytes)
            } else {
                Some(text)
            };
            if let Some(text) = text {
                writer.start_file(name, stored).unwrap();
                writer.write_all(&text).unwrap();
            }
        }
        writer.finish().unwrap().into_inner()
    }

    fn two_sheets() -> Vec<u8> {
        let mut book = Workbook::new();
        for (name, person) in [("Learners", "Ann"), ("Last year", "Ben")] {
            let sheet = book.add_worksheet().set_name(name).unwrap();
            sheet.write_string(0, 0, "full_name").unwrap();
            sheet.write_string(1, 0, person).unwrap();
        }
        book.save_to_buffer().unwrap()
    }

    #[test]
    fn cells_keep_their_types_and_hidden_rows_and_merged_cells_are_told() {
        let mut book = Workbook::new();
        let day = Format::new().set_num_format("dd/mm/yyyy");
        let hours = Format::new().set_num_format("[h]:mm");
        let sheet = book.add_worksheet();
        sheet.write_number_with_format(1, 0, 46_056.0, &day).unwrap();
        sheet.write_number_with_format(1, 1, 1.5, &hours).unwrap();
        sheet.write_boolean(1, 2, true).unwrap();
        sheet.write_number(1, 3, 0.1 + 0.2).unwrap();
        sheet.write_formula(2, 0, Formula::new("=NA()").set_result("#N/A")).unwrap();
        sheet.write_string(3, 0, "Zoë").unwrap();
        sheet.set_row_hidden(3).unwrap();
        sheet.merge_range(4, 1, 6, 1, "5", &Format::new()).unwrap();
        book.add_worksheet().set_name("Lists").unwrap().set_hidden(true).write_string(0, 0, "x").unwrap();
        let sheets = read_workbook(&book.save_to_buffer().unwrap()).unwrap();
        let grid = &sheets[0];
        assert!(
            matches!(grid.cell(0, 0), FileCell::DateTime(_))
                && matches!(grid.cell(0, 1), FileCell::Duration(_))
        );
        assert!(
            matches!(grid.cell(0, 2), FileCell::Flag(true))
                && text(grid, 0, 3) == "0.3"
                && text(grid, 0, 0) == "2026-02-03"
        );
        assert!(matches!(grid.cell(1, 0), FileCell::Error("#N/A")));
        assert_eq!(
            grid.rows().iter().map(|row| (row.number, row.is_hidden)).collect::<Vec<_>>(),
            [(2, false), (3, false), (4, true), (5, false)]
        );
        assert_eq!(grid.merged, [MergedCells { rows: (5, 7), columns: (1, 1) }]);
        assert!(!grid.is_hidden && sheets[1].is_hidden && sheets[1].name == "Lists");
    }

    #[test]
    fn a_sheet_that_cannot_be_read_is_named_and_no_other_is_taken() {
        let first = "xl/worksheets/sheet1.xml";
        for broken in [
            changed(&two_sheets(), first, |_| None),
            changed(&two_sheets(), first, |text| Some(text[..text.len() / 2].to_owned())),
            changed(&two_sheets(), first, |text| Some(text.replace("<v>0</v>", "<v>999</v>"))),
        ] {
            let why = read_workbook(&broken).unwrap_err().to_string();
            assert!(why.contains("the sheet `Learners` cannot be read"), "{why}");
        }
        assert!(read_workbook(b"PK\x03\x04junk").unwrap_err().to_string().contains("damaged"));
    }

    #[test]
    fn a_size_declared_in_whole_rows_or_turned_round_is_read_all_the_same() {
        for size in ["1:49", "A:F", "B2:A1", "", "A1:B2:C3"] {
            let odd = changed(&two_sheets(), "xl/worksheets/sheet1.xml", |text| {
                let (head, rest) = text.split_once("<dimension ref=\"").unwrap();
                let (_, rest) = rest.split_once('"').unwrap();
                Some(format!("{head}<dimension ref=\"{size}\"{rest}"))
            });
            let sheets = read_workbook(&odd).unwrap();
            assert_eq!(
                (text(&sheets[0], 1, 0), text(&sheets[1], 1, 0)),
                ("Ann".into(), "Ben".into()),
                "{size}"
            );
        }
    }

    #[test]
    fn a_formula_without_a_result_is_not_a_blank() {
        let bytes = changed(&two_sheets(), "xl/worksheets/sheet1.xml", |text| {
            Some(text.replace(
                "<c r=\"A2\" t=\"s\"><v>1</v></c>",
                "<c r=\"A2\"><f>1+1</f><v></v></c><c r=\"B2\" t=\"str\"><f>\"\"</f><v></v></c>",
            ))
        });
        let grid = &read_workbook(&bytes).unwrap()[0];
        assert!(matches!(grid.cell(1, 0), FileCell::Uncalculated) && grid.cell(1, 1).is_blank());
    }

    #[test]
    fn a_cell_in_the_last_row_is_cheap_and_too_many_columns_are_refused() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_string(0, 0, "full_name").unwrap();
        sheet.write_string(1_048_575, 0, "Ann").unwrap();
        let grid = read_workbook(&book.save_to_buffer().unwrap()).unwrap().remove(0);
        assert_eq!((grid.rows().len(), grid.rows()[1].number), (2, 1_048_576));
        let mut book = Workbook::new();
        book.add_worksheet().write_string(0, 16_383, "x").unwrap();
        assert!(read_workbook(&book.save_to_buffer().unwrap()).unwrap_err().to_string().contains("columns"));
    }

    #[test]
    fn texts_that_would_fill_the_memory_are_refused_before_they_are_unpacked() {
        let text = format!("<sst>{}</sst>", "<si><t>a</t></si>".repeat(8 << 20));
        let bytes = changed(&two_sheets(), "xl/sharedStrings.xml", |_| None);
        let mut archive = ZipArchive::new(Cursor::new(&bytes[..])).unwrap();
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for at in 0..archive.len() {
            writer.raw_copy_file(archive.by_index_raw(at).unwrap()).unwrap();
        }
        let packed =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        writer.start_file("xl/sharedStrings.xml", packed).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
        let bomb = writer.finish().unwrap().into_inner();
        assert!(bomb.len() < 2 << 20, "{}", bomb.len());
        let why = read_workbook(&bomb).unwrap_err().to_string();
        assert!(why.contains("larger than 96 MiB"), "{why}");
    }

    #[test]
    fn a_formula_without_a_result_is_found_in_its_cell() {
        let found = |text: &str| match open_formula(text.as_bytes()) {
            None => "none".to_owned(),
            Some(OpenFormula::Found) => "found".to_owned(),
            Some(OpenFormula::CutAt(at)) => format!("cut at {at}"),
        };
        for (text, wanted) in [
            ("<c r=\"A1\"><f>1+1</f><v>2</v></c><c r=\"B1\"><v>1</v></c>", "none"),
            ("<c r=\"A1\"><f t=\"shared\" si=\"0\"/><v>1</v></c>", "none"),
            ("<conditionalFormatting><cfRule><formula>A1</formula></cfRule></conditionalFormatting>", "none"),
            ("<c r=\"A1\"><f>1+1</f></c><c r=\"B1\"><v>1</v></c>", "found"),
            ("<c r=\"A1\"><f>1+1</f><v></v></c>", "found"),
            ("<c r=\"A1\"><f>1+1</f><v/></c>", "found"),
            ("<c r=\"A1\"><v>1</v></c><c r=\"B1\"><f>1+1</f><v>2", "cut at 32"),
            ("<x:sheetData><x:row/>", "found"),
        ] {
            assert_eq!(found(text), wanted, "{text}");
        }
    }
}
