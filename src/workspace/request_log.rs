//! The requests of this session as they may be shown: without headers, with personal fields masked.

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::api::request::Request;
use crate::domain::text::Text;

/// A request that has been answered or has failed.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedRequest {
    /// When it was sent.
    pub at: Timestamp,
    /// The HTTP method.
    pub method: &'static str,
    /// The path template, without ids.
    pub template: &'static str,
    /// The path and query as sent.
    pub path: String,
    /// The status of the response, or why there is none.
    pub outcome: String,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// Milliseconds from sending to the end of the response.
    pub elapsed_ms: i64,
    /// Size of the response body in bytes, decompressed; `None` without a response.
    pub bytes: Option<usize>,
    /// The body as sent, with personal fields masked and at most `MAX_SHOWN_RECORDS` records of a list;
    /// `None` without a body.
    pub body: Option<Text>,
}

/// JSON fields with personal information, whose values are masked.
const PERSONAL_FIELDS: [&str; 13] = [
    "full_name",
    "id_number",
    "race",
    "gender",
    "disabled",
    "foreign",
    "age",
    "province",
    "business_unit",
    "employee_code",
    "custom_data",
    "legal_attorney_status",
    "designated_group",
];
/// How many records of a request body are shown; the others look alike.
const MAX_SHOWN_RECORDS: usize = 3;

/// The body of a request with personal fields masked; `None` when it has none or it is not JSON.
pub fn masked_body(request: &Request) -> Option<Text> {
    let mut json: Json = serde_json::from_slice(request.body.as_deref()?).ok()?;
    mask(&mut json);
    Some(json.to_string().into())
}

fn mask(json: &mut Json) {
    match json {
        Json::Object(map) => {
            for (key, value) in map {
                if PERSONAL_FIELDS.contains(&key.as_str()) {
                    *value = "•••".into();
                } else {
                    mask(value);
                }
            }
        }
        Json::Array(items) => {
            let more = items.len().saturating_sub(MAX_SHOWN_RECORDS);
            items.truncate(MAX_SHOWN_RECORDS);
            items.iter_mut().for_each(mask);
            if more > 0 {
                items.push(format!("… and {more} more").into());
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::collection;
    use crate::domain::record::{RecordDraft, Value};

    #[test]
    fn a_logged_body_identifies_nobody() {
        let draft = RecordDraft::new(vec![
            ("full_name", Value::Text("Thandi".into())),
            ("id_number", Value::Text("8001015009087".into())),
            ("course_cost", Value::Integer(5)),
        ]);
        let of = "participants scorecard_1 7".parse().unwrap();
        let request = collection::create_call(&of, vec![draft; 5]).unwrap().request();
        let shown = masked_body(&request).unwrap();
        assert!(!shown.raw().contains("Thandi") && !shown.raw().contains("8001"), "{}", shown.raw());
        assert!(shown.raw().contains(r#""course_cost":5"#) && shown.raw().contains("and 2 more"));
    }
}
