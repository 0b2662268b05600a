//! Untrue answers, as the options choose them: writes refused in unusual ways, and responses that cannot be
//! read.

use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::sandbox::responses::{answer, ok};
use crate::sandbox::state::UntrueAnswer;

/// Levels of nesting in a response that is nested too deeply.
const NESTING_LEVELS: usize = 10_000;

/// The refusal that a write gets instead of being carried out; `None` for a read, or if none of these ways is
/// one.
pub(super) fn refusal_response(ways: &[UntrueAnswer], request: &Parts) -> Option<Response> {
    if request.method == Method::GET {
        return None;
    }
    let recalculates = request.uri.path().ends_with("/recalculate");
    ways.iter().find_map(|way| match way {
        UntrueAnswer::Locked if !recalculates => {
            let words = json!({"errors": ["The record is locked by another user."]});
            Some(answer(StatusCode::CONFLICT, &words))
        }
        UntrueAnswer::Forbidden => {
            let words = json!({"error": "This key may not change this account."});
            Some(answer(StatusCode::FORBIDDEN, &words))
        }
        _ => None,
    })
}

/// The response to a request that was carried out: the true one, or what one of these ways replaces it with.
pub(super) async fn untrue_response(
    ways: &[UntrueAnswer],
    method: &Method,
    query: Option<&str>,
    done: Response,
) -> Response {
    if !done.status().is_success() {
        return done;
    }
    let writes = *method != Method::GET;
    let deep = || format!("{}1{}", "[".repeat(NESTING_LEVELS), "]".repeat(NESTING_LEVELS));
    for way in ways {
        match way {
            UntrueAnswer::NotUtf8 if writes => {
                return (StatusCode::OK, vec![b'{', 0xff, 0xfe, b'}']).into_response();
            }
            UntrueAnswer::TooDeep if writes => return (StatusCode::OK, deep()).into_response(),
            UntrueAnswer::OtherShape if writes => return ok(&json!({"status": "ok"})),
            UntrueAnswer::EmptyPage if query.is_some_and(is_later_page) => return without_rows(done).await,
            _ => {}
        }
    }
    done
}

fn is_later_page(query: &str) -> bool {
    let page = query.split('&').find_map(|pair| pair.strip_prefix("page="));
    page.is_some_and(|page| page != "1")
}

/// A page without its rows; its `meta` stays as it was.
async fn without_rows(page: Response) -> Response {
    let (parts, body) = page.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let mut json: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if let Some(data) = json.get_mut("data") {
        *data = json!([]);
    }
    Response::from_parts(parts, Body::from(json.to_string()))
}
