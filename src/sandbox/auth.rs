//! Who is let in: key, signature and expiry (Authentication).

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::api::sign::signature;
use crate::sandbox::answer::{answer, stamp};
use crate::sandbox::shared::{Does, Shared};
use crate::sandbox::untrue;

/// The largest request taken.
const LARGEST: usize = 64 << 20;

/// Lets a signed request through and adds the expiry headers to its answer.
pub(super) async fn check(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let options = &shared.options;
    if !options.delay.is_zero() {
        tokio::time::sleep(options.delay).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return answer(StatusCode::PAYLOAD_TOO_LARGE, &json!({"error": "Payload too large"}));
    };
    let header =
        |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let expected = signature(&options.secret, parts.uri.path(), &body, options.folds);
    let signed = header("authorization").strip_prefix("HMAC ") == Some(expected.as_str());
    let expires = options.key_expires_in.and_then(|life| shared.started.checked_add(life).ok());
    let now = jiff::Timestamp::now();
    let mut response = if header("x-api-key") == options.key && signed && expires.is_none_or(|at| now < at) {
        match shared.strike(parts.method.as_str(), parts.uri.path()) {
            None => match untrue::refused(&shared.options.untrue, &parts) {
                Some(refused) => refused,
                None => {
                    let (method, query) = (parts.method.clone(), parts.uri.query().map(str::to_owned));
                    let answer = next.run(Request::from_parts(parts, Body::from(body))).await;
                    untrue::told(&shared.options.untrue, &method, query.as_deref(), answer).await
                }
            },
            Some(Does::Pass) => next.run(Request::from_parts(parts, Body::from(body))).await,
            Some(Does::EditFirst(scorecard, fields)) => {
                shared.world().edit_scorecard(&scorecard, fields);
                next.run(Request::from_parts(parts, Body::from(body))).await
            }
            Some(Does::Answer(status, text)) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                (status, text).into_response()
            }
            Some(Does::Wait(status, pause)) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::TOO_MANY_REQUESTS);
                (status, [("retry-after", pause)]).into_response()
            }
            Some(Does::LoseAnswer) => {
                next.run(Request::from_parts(parts, Body::from(body))).await;
                broken_off()
            }
            Some(Does::LoseRequest) => broken_off(),
        }
    } else {
        answer(StatusCode::UNAUTHORIZED, &json!({"error": "Unauthorized"}))
    };
    if let Some(at) = expires {
        let headers = response.headers_mut();
        let seconds = (at.as_second() - now.as_second()).max(0);
        let left =
            if seconds > 86_400 { format!("{}d", seconds / 86_400) } else { format!("{}h", seconds / 3600) };
        if let Ok(at) = HeaderValue::from_str(&stamp(at)) {
            headers.insert("x-api-key-expires", at);
        }
        if let (true, Ok(left)) = (seconds <= 30 * 86_400, HeaderValue::from_str(&left)) {
            headers.insert("x-api-key-expires-in", left);
        }
    }
    response
}

/// An answer that begins and never ends.
fn broken_off() -> Response {
    let cut = futures_util::stream::iter([Ok("{\"id\":"), Err(std::io::Error::other("cut"))]);
    Body::from_stream(cut).into_response()
}
