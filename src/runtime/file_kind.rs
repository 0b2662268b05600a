//! Tells what a file is by its content, and what to do with one that cannot be read.

use std::io::Cursor;

use crate::effect::FileError;

/// What a file that can be read is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    /// An XLSX or XLSM workbook.
    Workbook,
    /// Text, read as CSV.
    Text,
}

/// The kind of a file. Fails with what it is and what to do with it when it cannot be read here.
pub(super) fn file_kind(bytes: &[u8]) -> Result<FileKind, FileError> {
    let why = match bytes {
        _ if bytes.starts_with(b"PK\x03\x04") => return zip_kind(bytes),
        _ if bytes.starts_with(b"PK\x05\x06") => "is an empty ZIP archive",
        [0xd0, 0xcf, 0x11, 0xe0, ..] => ole_kind(bytes),
        _ if bytes.starts_with(b"%PDF") => {
            "is a PDF document, which has no cells to read; ask for the workbook it was printed from, or type it into one"
        }
        _ if bytes.starts_with(b"{\\rtf") => {
            "is an RTF document; copy its table into a workbook and save that as XLSX"
        }
        [0x89, b'P', b'N', b'G', ..] | [0xff, 0xd8, 0xff, ..] | [b'G', b'I', b'F', b'8', ..] => {
            "is a picture; type its table into a workbook"
        }
        [0x1f, 0x8b, ..] | [b'R', b'a', b'r', b'!', ..] | [b'7', b'z', 0xbc, ..] => {
            "is a compressed archive; unpack it and import the file inside"
        }
        _ => return text_kind(bytes),
    };
    Err(why.into())
}

fn zip_kind(bytes: &[u8]) -> Result<FileKind, FileError> {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        return Err("is a workbook or archive that is cut short or damaged; fetch it again, or open it and save it anew".into());
    };
    let names: Vec<String> =
        archive.file_names().flatten().map(|name| name.trim_start_matches('/').to_lowercase()).collect();
    let has = |name: &str| names.iter().any(|known| known == name);
    let begins = |start: &str| names.iter().any(|known| known.starts_with(start));
    let mut mimetype = String::new();
    if let Ok(mut part) = archive.by_name("mimetype") {
        let _ = std::io::Read::read_to_string(&mut std::io::Read::take(&mut part, 200), &mut mimetype);
    }
    let why = match () {
        () if has("xl/workbook.bin") => {
            "is a binary workbook (XLSB); open it in Excel and save it as an Excel workbook (XLSX)"
        }
        () if has("xl/workbook.xml") || begins("xl/worksheets/") => return Ok(FileKind::Workbook),
        () if mimetype.contains("spreadsheet") => {
            "is an OpenDocument spreadsheet (ODS); open it in LibreOffice and save it as Excel 2007-365 (XLSX)"
        }
        () if mimetype.contains("opendocument") => {
            "is an OpenDocument text or drawing, which holds no sheets; copy its table into a workbook"
        }
        () if begins("word/") => "is a Word document; copy its table into a workbook and save that as XLSX",
        () if begins("ppt/") => "is a presentation; copy its table into a workbook and save that as XLSX",
        () if begins("index/") || has("index.zip") => {
            "is a Numbers document; export it from Numbers as Excel (XLSX) or CSV"
        }
        // Producers other than Excel may keep the workbook in another folder.
        () if has("[content_types].xml") => return Ok(FileKind::Workbook),
        () => "is a ZIP archive; unpack it and import the file inside",
    };
    Err(why.into())
}

/// What an OLE container is: the format of Office before 2007, and of encrypted documents.
fn ole_kind(bytes: &[u8]) -> &'static str {
    let wide = |name: &str| name.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let has = |name: &str| memchr::memmem::find(bytes, &wide(name)).is_some();
    match () {
        () if has("EncryptedPackage") => {
            "is protected by a password; open it in Excel, remove the password (File, Info, Protect Workbook) and save it"
        }
        () if has("WordDocument") => {
            "is an old Word document; copy its table into a workbook and save that as XLSX"
        }
        () => {
            "is a workbook of Excel 97-2003 (XLS); open it in Excel and save it as an Excel workbook (XLSX)"
        }
    }
}

fn text_kind(bytes: &[u8]) -> Result<FileKind, FileError> {
    let start = &bytes[..bytes.len().min(4096)];
    let text: String = match encoding_rs::Encoding::for_bom(start) {
        Some((encoding, mark)) => encoding.decode_without_bom_handling(&start[mark..]).0.into_owned(),
        None => String::from_utf8_lossy(start).into_owned(),
    };
    let text = text.trim_start().to_lowercase();
    if text.starts_with("<?xml") || text.starts_with("<workbook") {
        return Err(if text.contains("schemas-microsoft-com:office:spreadsheet") {
            "is an XML spreadsheet of Excel 2003; open it in Excel and save it as an Excel workbook (XLSX)"
                .into()
        } else {
            "is an XML document; open it in the program it comes from and save it as XLSX or CSV".into()
        });
    }
    if ["<!doctype html", "<html", "<table", "<meta", "<head", "<style", "<body"]
        .iter()
        .any(|tag| text.starts_with(tag))
    {
        return Err("is a web page, whatever its name ends in; open it in Excel and save it as an Excel workbook (XLSX)".into());
    }
    Ok(FileKind::Text)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in parts {
            let options =
                zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
            writer.start_file(*name, options).unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn ole(stream: &str) -> Vec<u8> {
        let mut bytes = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
        bytes.extend(stream.encode_utf16().flat_map(u16::to_le_bytes));
        bytes
    }

    #[test]
    fn what_cannot_be_read_is_told_by_its_content_with_a_way_out() {
        let cut = {
            let whole = archive(&[("xl/workbook.xml", "<workbook/>")]);
            whole[..whole.len() / 2].to_vec()
        };
        for (bytes, what, way_out) in [
            (ole("EncryptedPackage"), "password", "remove the password"),
            (ole("Workbook"), "97-2003", "save it as"),
            (ole("WordDocument"), "Word", "workbook"),
            (
                archive(&[("mimetype", "application/vnd.oasis.opendocument.spreadsheet")]),
                "ODS",
                "LibreOffice",
            ),
            (archive(&[("xl/workbook.bin", "")]), "XLSB", "save it as"),
            (archive(&[("word/document.xml", "")]), "Word", "copy its table"),
            (archive(&[("people.csv", "a")]), "ZIP archive", "unpack it"),
            (cut, "cut short or damaged", "fetch it again"),
            (b"%PDF-1.7".to_vec(), "PDF", "workbook"),
            (b"\xef\xbb\xbf\r\n<html><table>".to_vec(), "web page", "save it as"),
            (b"<table border=1><tr>".to_vec(), "web page", "save it as"),
            (
                b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">"
                    .to_vec(),
                "Excel 2003",
                "save it as",
            ),
            (b"\x89PNG\r\n".to_vec(), "picture", "type"),
            (b"\x1f\x8b\x08".to_vec(), "compressed", "unpack it"),
        ] {
            let why = file_kind(&bytes).unwrap_err().to_string();
            assert!(why.contains(what) && why.contains(way_out), "{why}");
        }
        assert_eq!(file_kind(&archive(&[("xl/workbook.xml", "")])), Ok(FileKind::Workbook));
        assert_eq!(file_kind(b"name;cost\n"), Ok(FileKind::Text));
        assert_eq!(file_kind(b""), Ok(FileKind::Text));
    }
}
