//! Lists, bare or in pages of `data` and `meta`, read row by row so that one bad row loses no other.

use crate::domain::shape_error::ShapeError;
use std::num::NonZeroU64;
use std::ops::RangeInclusive;

use serde::de::DeserializeSeed;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::domain::record::{Record, Schema};
use crate::domain::text::pluralize;

/// The `meta` of a page; `None` where a number is missing or unreadable. The URLs in it are never followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub struct PageMeta {
    /// Rows in the whole list.
    #[serde(default, deserialize_with = "number")]
    pub count: Option<u64>,
    /// This page, from 1.
    #[serde(default, deserialize_with = "number")]
    pub page: Option<u64>,
    /// Pages in all.
    #[serde(default, deserialize_with = "number")]
    pub pages: Option<u64>,
}

/// A number, written as one or as text; `None` for anything else.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(raw.get().trim_matches('"').parse().ok())
}

/// The rows of a list or of one page of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The rows that could be read, in the server's order.
    pub rows: Vec<T>,
    /// Why each of the others could not be read, with its place from 1.
    pub unreadable: Vec<String>,
    /// The page's `meta`; `None` for a bare list.
    pub meta: Option<PageMeta>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    meta: Option<&'a RawValue>,
}

/// Parses a bare list or a page, each row by `read`; a row that it cannot read goes into `unreadable`. Fails
/// when the body is no list.
pub fn read_page<T>(
    body: &[u8],
    read: impl Fn(&RawValue) -> Result<T, ShapeError>,
) -> Result<Page<T>, ShapeError> {
    let bare = body.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'[');
    let envelope = if bare {
        serde_json::from_slice(body).map(|data| Envelope { data, meta: None })
    } else {
        serde_json::from_slice::<Envelope<'_>>(body)
    }
    .map_err(|e| unreadable_reason(body, &e))?;
    let meta = envelope.meta.and_then(|raw| serde_json::from_str(raw.get()).ok());
    // A page whose `meta` cannot be read is still a page, without any counts.
    let meta = (!bare).then(|| meta.unwrap_or_default());
    let mut rows = Page { rows: Vec::with_capacity(envelope.data.len()), unreadable: Vec::new(), meta };
    for (at, raw) in envelope.data.into_iter().enumerate() {
        match read(raw) {
            Ok(row) => rows.rows.push(row),
            Err(what) => rows.unreadable.push(format!("row {}: {what}", at + 1)),
        }
    }
    Ok(rows)
}

/// The deepest nesting that is accepted; the documents have five levels.
const MAX_NESTING: usize = 64;

/// Fails when a body is not UTF-8, or is nested far deeper than anything documented.
pub fn check_body(body: &[u8]) -> Result<(), ShapeError> {
    std::str::from_utf8(body).map_err(|_| "the server's answer is not UTF-8")?;
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > MAX_NESTING {
                    return Err(
                        format!("the server's answer is nested more than {MAX_NESTING} levels deep").into()
                    );
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Parses the records that a creation returned. Fails when one is unreadable or lacks the server's id, or
/// when their number is not within `sent`, whose end is the number of records sent.
pub fn read_created(
    schema: &'static Schema,
    sent: RangeInclusive<usize>,
    body: &[u8],
) -> Result<Page<Record>, ShapeError> {
    let rows = read_page(body, |json| read_record(schema, json))?;
    if let Some(why) = rows.unreadable.first() {
        return Err(format!("the server's answer is not as documented ({why})").into());
    }
    if rows.rows.iter().any(|record| record.value("id").to_string().parse::<NonZeroU64>().is_err()) {
        return Err(format!("the server's answer holds a {} without an id", schema.name).into());
    }
    if !sent.contains(&rows.rows.len()) {
        return Err(format!(
            "the server's answer holds {} for {} sent",
            pluralize(rows.rows.len(), schema.name),
            sent.end()
        )
        .into());
    }
    Ok(rows)
}

/// Parses one record of a schema. Fails when the JSON is not as documented.
pub fn read_record(schema: &'static Schema, json: &RawValue) -> Result<Record, ShapeError> {
    schema.deserialize(json).map_err(|e| format!("not as documented (column {})", e.column()).into())
}

/// The one JSON value of a body, not parsed yet. Fails when the body is not exactly one JSON value.
pub fn single_value(body: &[u8]) -> Result<&RawValue, ShapeError> {
    serde_json::from_slice(body).map_err(|e| unreadable_reason(body, &e).into())
}

/// Fails when the response to a deletion is not empty, as it should be (204). A page or a record with a good
/// status says something else, and the outcome is unknown.
pub fn check_deleted(body: &[u8]) -> Result<(), ShapeError> {
    match body.iter().find(|b| !b.is_ascii_whitespace()) {
        None => Ok(()),
        Some(b'<') => Err("the server answered with a web page".into()),
        Some(_) => Err("the server answered a deletion with something else than nothing".into()),
    }
}

/// Fails when the body is a web page, which is not the API's. Any other body will do, for responses whose
/// body is not documented.
pub fn check_not_html(body: &[u8]) -> Result<(), ShapeError> {
    match body.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'<') => Err("the server answered with a web page".into()),
        _ => Ok(()),
    }
}

/// Why a body is not a response of the API, without quoting it.
pub fn unreadable_reason(body: &[u8], error: &serde_json::Error) -> String {
    match body.iter().find(|b| !b.is_ascii_whitespace()) {
        None => "the server answered with nothing".into(),
        Some(b'<') => "the server answered with a web page".into(),
        Some(_) if error.is_eof() => "the server's answer breaks off".into(),
        Some(_) if error.is_data() => "the server's answer is not as documented".into(),
        Some(_) => {
            format!("the server's answer is no JSON (line {}, column {})", error.line(), error.column())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::record::training_program::TRAINING_PROGRAM;

    fn read(body: &str) -> Result<Page<Record>, ShapeError> {
        read_page(body.as_bytes(), |raw| read_record(&TRAINING_PROGRAM, raw))
    }

    #[test]
    fn one_bad_row_does_not_lose_the_list() {
        let rows =
            read(r#"{"data": [{"id": 1}, 7, {"id": 2, "id": 3}, {"id": 4}], "meta": {"pages": 2}}"#).unwrap();
        assert_eq!(rows.rows.len(), 2);
        assert_eq!(rows.unreadable.len(), 2);
        assert_eq!(rows.meta.unwrap().pages, Some(2));
    }

    #[test]
    fn bare_and_paged_lists_are_both_read() {
        assert_eq!(read(r#" [{"id": 1}]"#).unwrap().meta, None);
        assert_eq!(read(r#"{"data": [], "meta": "odd"}"#).unwrap().meta, Some(PageMeta::default()));
        assert_eq!(
            read(r#"{"data": []}"#).unwrap().meta,
            Some(PageMeta::default()),
            "a page that tells nothing"
        );
    }

    #[test]
    fn a_creation_response_has_an_id_for_each_record_sent() {
        let read = |body: &str| read_created(&TRAINING_PROGRAM, 1..=2, body.as_bytes());
        assert_eq!(read(r#"[{"id": 1}]"#).unwrap().rows.len(), 1);
        assert_eq!(read(r#"{"data": [{"id": 1}, {"id": 2}]}"#).unwrap().rows.len(), 2);
        for bad in [
            "[]",
            r#"[{"ok": true}]"#,
            r#"[{"id": null}]"#,
            r#"[{"id": 1}, 7]"#,
            r#"[{"id":1},{"id":2},{"id":3}]"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn invalid_utf8_and_endless_nesting_are_no_valid_response() {
        assert!(check_body(br#"{"a": [["[[[[\"[["]]}"#).is_ok());
        assert!(check_body(b"{\"a\": \"\xff\"}").is_err());
        assert!(check_body(format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000)).as_bytes()).is_err());
        // Brackets inside a text do not nest.
        assert!(check_body(format!("\"{}\"", "[".repeat(10_000)).as_bytes()).is_ok());
    }

    #[test]
    fn a_response_that_is_no_list_is_an_error_and_never_an_empty_list() {
        assert_eq!(read("<html>").unwrap_err().to_string(), "the server answered with a web page");
        assert_eq!(read("").unwrap_err().to_string(), "the server answered with nothing");
        assert_eq!(read(r#"[{"id": 1}"#).unwrap_err().to_string(), "the server's answer breaks off");
        for bad in ["{}", "null", "7", r#"{"data": null}"#, "[] []"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
