//! One record of a list as the server sent it, for users who want to see the JSON itself.

use crate::domain::shape_error::ShapeError;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::api::page::read_page;
use crate::api::reply::Reply;
use crate::domain::text::Text;

/// Which record of a list, or of a page of it, is to be shown as the server sent it.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordPosition {
    /// The record's `id` as it is shown; empty for a record without one, which is found by its index.
    pub id: String,
    /// The record's index in the rows of the response, from 0.
    pub index: usize,
}

#[derive(Deserialize)]
struct Id {
    id: serde_json::Value,
}

impl RecordPosition {
    /// Finds the record in the body of a response. Fails when the body is no list, or no longer holds the
    /// record.
    pub(super) fn read(&self, body: &[u8]) -> Result<Reply, ShapeError> {
        let rows = read_page(body, |raw| Ok(raw.to_owned()))?.rows;
        let is = |raw: &RawValue| {
            let id = serde_json::from_str::<Id>(raw.get()).map(|record| record.id);
            id.is_ok_and(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned) == self.id)
        };
        let found = if self.id.is_empty() { rows.get(self.index) } else { rows.iter().find(|raw| is(raw)) };
        let raw = found.ok_or("the record is not on that page any more; read the list again")?;
        Ok(Reply::Raw(split_fields(raw.get())))
    }
}

/// Splits JSON into lines after the commas of its outermost object.
fn split_fields(raw: &str) -> Vec<Text> {
    let (mut out, mut line) = (Vec::new(), String::new());
    let (mut depth, mut in_text, mut escaped) = (0, false, false);
    for c in raw.chars().filter(|c| !matches!(c, '\n' | '\r')) {
        if line.is_empty() && c == ' ' {
            continue;
        }
        line.push(c);
        match c {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '{' | '[' if !in_text => depth += 1,
            '}' | ']' if !in_text => depth -= 1,
            ',' if !in_text && depth == 1 => out.push(std::mem::take(&mut line).into()),
            _ => {}
        }
    }
    out.push(line.into());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_shown_character_for_character_a_field_a_line() {
        let at = |id: &str, index| RecordPosition { id: id.into(), index };
        let body = br#"{"data": [{"id": 1}, {"id": 2, "a": "x, \"y\"", "n": 1.10, "l": [1,2]}]}"#;
        let shown = |position: RecordPosition| match position.read(body) {
            Ok(Reply::Raw(lines)) => lines.iter().map(|line| line.raw().to_owned()).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        let second = [r#"{"id": 2,"#, r#""a": "x, \"y\"","#, r#""n": 1.10,"#, r#""l": [1,2]}"#];
        assert_eq!(shown(at("2", 0)), second);
        assert_eq!(shown(at("", 1)), second);
        assert!(at("3", 0).read(body).is_err());
    }
}
