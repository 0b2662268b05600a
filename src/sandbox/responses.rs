//! The sandbox's responses: JSON bodies, the documented error shapes, pages; and how request bodies are read.

use axum::body::Body;
use axum::extract::Query;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// A record as a response shows it.
pub(super) type JsonObject = Map<String, Value>;

/// A response with a JSON body.
pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    let head = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    (status, head, Body::from(body.to_string())).into_response()
}

/// 200 with a JSON body.
pub(super) fn ok(body: &Value) -> Response {
    answer(StatusCode::OK, body)
}

/// 204.
pub(super) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// 404 for a path that is no endpoint.
pub(super) async fn not_found_fallback() -> Response {
    not_found_response()
}

/// 404; its body is not documented.
pub(super) fn not_found_response() -> Response {
    answer(StatusCode::NOT_FOUND, &json!({"error": "Not found"}))
}

/// 422 in the shape of the Employment Equity Plans page.
pub(super) fn errors(errors: &[String]) -> Response {
    answer(StatusCode::UNPROCESSABLE_ENTITY, &json!({"errors": errors}))
}

/// 422 in the shape of the Training Programs and Participants pages.
pub(super) fn invalid_records_response(message: &str, records: Vec<Value>) -> Response {
    let mut error = json!({"message": message});
    if !records.is_empty() {
        error["invalid_records"] = records.into();
    }
    answer(StatusCode::UNPROCESSABLE_ENTITY, &json!({"error": error}))
}

/// The value under the root key of a body. Fails with 400 when the body is no JSON or lacks the key.
fn root(body: &[u8], key: &str) -> Result<Value, Box<Response>> {
    let wrong = || Box::new(answer(StatusCode::BAD_REQUEST, &json!({"error": "Bad request"})));
    let mut json: Value = serde_json::from_slice(body).map_err(|_| wrong())?;
    json.get_mut(key).map(Value::take).ok_or_else(wrong)
}

/// The record under the root key of a body. Fails with 400 without the key, with 422 when it is no object.
pub(super) fn parse_record(body: &[u8], key: &str) -> Result<Value, Box<Response>> {
    let given = root(body, key)?;
    if given.is_object() { Ok(given) } else { Err(Box::new(errors(&[format!("{key} must be an object")]))) }
}

/// The records in the list under the root key of a body. Fails with 400 without the key, with 422 when it is
/// no list of objects.
pub(super) fn parse_records(body: &[u8], key: &str) -> Result<Vec<JsonObject>, Box<Response>> {
    let Value::Array(items) = root(body, key)? else {
        return Err(Box::new(invalid_records_response(&format!("{key} must be a list"), Vec::new())));
    };
    let record = |item| match item {
        Value::Object(record) => Ok(record),
        _ => Err(Box::new(invalid_records_response(&format!("{key} must be a list of objects"), Vec::new()))),
    };
    items.into_iter().map(record).collect()
}

/// 405; its body is not documented.
pub(super) async fn not_allowed() -> Response {
    answer(StatusCode::METHOD_NOT_ALLOWED, &json!({"error": "Method not allowed"}))
}

/// `page` and `per_page` of a request; if one is given twice, the last counts.
pub(super) type PageParameters = std::collections::HashMap<String, String>;

/// One page of a list of `count` rows; `rows` returns those at a range of indices.
pub(super) fn page(
    path: &str,
    Query(paging): Query<PageParameters>,
    count: usize,
    rows: impl FnOnce(std::ops::Range<usize>) -> Vec<Value>,
) -> Response {
    let figure = |name: &str, default: usize, most: usize| {
        paging.get(name).and_then(|text| text.parse().ok()).unwrap_or(default).clamp(1, most)
    };
    let (page, items) = (figure("page", 1, 100_000), figure("per_page", 50, 1000));
    let pages = count.div_ceil(items).max(1);
    let first = ((page - 1) * items).min(count);
    let link = |page: usize| format!("{path}?page={page}&per_page={items}");
    ok(&json!({
        "data": rows(first..(first + items).min(count)),
        "meta": {
            "prev_url": (page > 1).then(|| link(page - 1)),
            "next_url": (page < pages).then(|| link(page + 1)),
            "count": count,
            "page": page,
            "items": items,
            "pages": pages,
        }
    }))
}

/// A time in the documents' form: `2026-04-22T08:30:00.000Z`.
pub(super) fn format_timestamp(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The current time in the documents' form.
pub(super) fn now() -> Value {
    format_timestamp(jiff::Timestamp::now()).into()
}

/// The date in a field of a request, as `YYYY-MM-DD`; `None` for anything else.
pub(super) fn date(value: Option<&Value>) -> Option<jiff::civil::Date> {
    let text = value?.as_str()?;
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

/// Whether a field is absent, null or blank.
pub(super) fn blank(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(_) => false,
    }
}
