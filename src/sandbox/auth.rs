//! The sandbox's authentication: key, signature and expiry (Authentication).

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::api::sign::signature;
use crate::sandbox::responses::{answer, format_timestamp};
use crate::sandbox::state::{FaultAction, SandboxState};
use crate::sandbox::untrue_answers;

/// The largest request body that is accepted, in bytes.
const MAX_BODY_BYTES: usize = 64 << 20;

/// Lets a correctly signed request through, unless a fault or an untrue answer is due; any other gets 401.
/// Adds the expiry headers to every response.
pub(super) async fn check(State(shared): State<Arc<SandboxState>>, request: Request, next: Next) -> Response {
    let options = &shared.options;
    if !options.delay.is_zero() {
        tokio::time::sleep(options.delay).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        return answer(StatusCode::PAYLOAD_TOO_LARGE, &json!({"error": "Payload too large"}));
    };
    let header =
        |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let expected = signature(&options.secret, parts.uri.path(), &body, options.folds);
    let signed = header("authorization").strip_prefix("HMAC ") == Some(expected.as_str());
    let expires = options.key_expires_in.and_then(|life| shared.started.checked_add(life).ok());
    let now = jiff::Timestamp::now();
    let mut response = if header("x-api-key") == options.key && signed && expires.is_none_or(|at| now < at) {
        match shared.take_fault(parts.method.as_str(), parts.uri.path()) {
            None => match untrue_answers::refusal_response(&shared.options.untrue, &parts) {
                Some(refused) => refused,
                None => {
                    let (method, query) = (parts.method.clone(), parts.uri.query().map(str::to_owned));
                    let answer = next.run(Request::from_parts(parts, Body::from(body))).await;
                    untrue_answers::untrue_response(&shared.options.untrue, &method, query.as_deref(), answer)
                        .await
                }
            },
            Some(FaultAction::Pass) => next.run(Request::from_parts(parts, Body::from(body))).await,
            Some(FaultAction::EditFirst(scorecard, fields)) => {
                shared.data().edit_scorecard(&scorecard, fields);
                next.run(Request::from_parts(parts, Body::from(body))).await
            }
            Some(FaultAction::Respond(status, text)) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                (status, text).into_response()
            }
            Some(FaultAction::RetryAfter(status, pause)) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::TOO_MANY_REQUESTS);
                (status, [("retry-after", pause)]).into_response()
            }
            Some(FaultAction::DropResponse) => {
                next.run(Request::from_parts(parts, Body::from(body))).await;
                broken_response()
            }
            Some(FaultAction::DropRequest) => broken_response(),
        }
    } else {
        answer(StatusCode::UNAUTHORIZED, &json!({"error": "Unauthorized"}))
    };
    if let Some(at) = expires {
        let headers = response.headers_mut();
        let seconds = (at.as_second() - now.as_second()).max(0);
        let left =
            if seconds > 86_400 { format!("{}d", seconds / 86_400) } else { format!("{}h", seconds / 3600) };
        if let Ok(at) = HeaderValue::from_str(&format_timestamp(at)) {
            headers.insert("x-api-key-expires", at);
        }
        if let (true, Ok(left)) = (seconds <= 30 * 86_400, HeaderValue::from_str(&left)) {
            headers.insert("x-api-key-expires-in", left);
        }
    }
    response
}

/// A response whose body breaks off.
fn broken_response() -> Response {
    let cut = futures_util::stream::iter([Ok("{\"id\":"), Err(std::io::Error::other("cut"))]);
    Body::from_stream(cut).into_response()
}
