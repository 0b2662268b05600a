//! Why a call failed, in words for the user; and the three bodies of a 422.

use crate::domain::shape_error::ShapeError;
use std::fmt;

use serde_json::Value as Json;

use crate::api::request::{Method, Request};
use crate::domain::text::Text;

/// A failed call: which one, and why. It names the method and the path template, never ids, headers or body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// The method of the call.
    pub method: Method,
    /// Its path with the ids left out.
    pub path_template: &'static str,
    /// Why it failed.
    pub failure: Failure,
    /// The server's own message, if it sent one; the messages of a 422 are in [`Failure::ValidationFailed`].
    pub server_message: Option<Text>,
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It was not attempted: the profile has no key or is read-only, or the journal cannot be written. Holds
    /// the reason.
    NotSent(String),
    /// No connection could be made (unknown host, refused, no route), so nothing left this machine. Holds who
    /// cannot be reached, and why.
    Unreachable(String),
    /// The server's certificate was rejected, so nothing was sent: the host, and why.
    Untrusted(Text, String),
    /// Bytes may have left this machine, and no complete response arrived. Holds the reason.
    NoResponse(String),
    /// A read that the user cancelled.
    Cancelled,
    /// 422: the server's validation errors.
    ValidationFailed(ValidationErrors),
    /// 401 or 403: the server rejected the key, or the key may not do this. Holds the status.
    Unauthorized(u16),
    /// 404.
    NotFound,
    /// 409: for a recalculation, another one is running; for any other call, the server's message says why.
    Busy,
    /// 429, or 503 with `Retry-After`: the status, and the seconds to wait if the server gave them.
    RetryLater(u16, Option<u64>),
    /// 3xx: the host it names. Redirects are not followed.
    Redirect(Text),
    /// A 2xx whose body is not as documented. Holds the reason.
    Unreadable(ShapeError),
    /// The response is larger than the cap on decompressed bytes (32 MiB).
    TooLarge,
    /// Any other status.
    OtherStatus(u16),
}

/// What the server says in a 422.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ValidationErrors {
    /// Messages about the request as a whole or its fields.
    pub messages: Vec<Text>,
    /// The invalid records that it names.
    pub records: Vec<InvalidRecord>,
}

/// An entry of `invalid_records`: it has no index, only some of the record's fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRecord {
    /// The names and values of the fields that it shows.
    pub fields: Vec<(Text, Text)>,
    /// The server's messages about it.
    pub errors: Vec<Text>,
}

/// The longest summary of the server's messages; a reason is a sentence, not a book.
const MAX_MESSAGE_CHARS: usize = 1000;

impl ValidationErrors {
    /// Parses the body of a 422: `{"error":{"message","invalid_records"}}`, `{"errors":[…]}`, or anything
    /// else.
    pub fn parse(body: &[u8]) -> Self {
        let mut refusal = Self::default();
        match serde_json::from_slice::<Json>(body) {
            Ok(json) => {
                for key in ["error", "errors", "message"] {
                    refusal.collect(json.get(key).unwrap_or(&Json::Null));
                }
                if let Json::Array(_) | Json::String(_) = json {
                    refusal.collect(&json);
                }
            }
            Err(_) => {
                let text = String::from_utf8_lossy(body);
                let text: String = text.trim().chars().take(200).collect();
                if !text.is_empty() && !text.starts_with('<') {
                    refusal.messages.push(text.into());
                }
            }
        }
        refusal
    }

    /// Collects the messages of one node of the body: text, a list of texts, a map of field to texts, or the
    /// documented object.
    fn collect(&mut self, node: &Json) {
        match node {
            Json::String(text) => self.messages.push(text.as_str().into()),
            Json::Array(items) => items.iter().for_each(|item| self.collect(item)),
            Json::Object(map) => {
                for (key, value) in map {
                    match (key.as_str(), value) {
                        ("message", _) => self.collect(value),
                        ("invalid_records", Json::Array(records)) => {
                            self.records.extend(records.iter().map(InvalidRecord::parse));
                        }
                        (field, _) => {
                            for words in texts(value) {
                                self.messages.push(format!("{field} {}", words.raw()).into());
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// All messages as one line, or that the server gave no reason.
    pub fn summary_or_default(&self) -> Text {
        self.summary().unwrap_or_else(|| "the server gave no reason".into())
    }

    /// All messages as one line; `None` if there are none.
    pub fn summary(&self) -> Option<Text> {
        let of_records = self.records.iter().flat_map(|r| &r.errors);
        let mut line = String::new();
        for words in self.messages.iter().chain(of_records).map(Text::raw) {
            let joint = if line.is_empty() { "" } else { "; " };
            line.extend(
                joint.chars().chain(words.chars()).take(MAX_MESSAGE_CHARS.saturating_sub(line.len())),
            );
        }
        (!line.is_empty()).then(|| line.into())
    }
}

impl InvalidRecord {
    fn parse(json: &Json) -> Self {
        let mut record = Self { fields: Vec::new(), errors: Vec::new() };
        for (key, value) in json.as_object().into_iter().flatten() {
            if key == "errors" {
                record.errors.extend(texts(value));
            } else {
                record.fields.extend(texts(value).into_iter().map(|text| (key.as_str().into(), text)));
            }
        }
        record
    }
}

fn texts(json: &Json) -> Vec<Text> {
    match json {
        Json::String(text) => vec![text.as_str().into()],
        Json::Array(items) => items.iter().flat_map(texts).collect(),
        Json::Null => Vec::new(),
        other => vec![other.to_string().into()],
    }
}

impl ApiError {
    /// The failure of this request, without a message from the server.
    pub fn new(request: &Request, failure: Failure) -> Self {
        Self { method: request.method, path_template: request.path_template, failure, server_message: None }
    }

    /// The kind of failure, without any of the server's text: for the log.
    pub fn kind(&self) -> String {
        match &self.failure {
            Failure::NotSent(_) => "not sent".into(),
            Failure::Unreachable(_) => "unreachable".into(),
            Failure::Untrusted(..) => "not trusted".into(),
            Failure::NoResponse(_) => "no answer".into(),
            Failure::Cancelled => "stopped".into(),
            Failure::ValidationFailed(_) => "refused (422)".into(),
            Failure::Unauthorized(status) | Failure::OtherStatus(status) => status.to_string(),
            Failure::NotFound => "not found (404)".into(),
            Failure::Busy => "busy (409)".into(),
            Failure::RetryLater(429, _) => "too many (429)".into(),
            Failure::RetryLater(status, _) => format!("wait ({status})"),
            Failure::Redirect(_) => "redirect".into(),
            Failure::Unreadable(_) => "unreadable".into(),
            Failure::TooLarge => "too large".into(),
        }
    }

    /// Whether a write may have been carried out although it failed: no response arrived, or one that cannot
    /// be trusted. Always false for a read.
    pub fn is_outcome_unknown(&self) -> bool {
        let may_have_arrived = match self.failure {
            // A redirect, or the server's own time-out, says nothing about what was done before it.
            Failure::NoResponse(_) | Failure::Unreadable(_) | Failure::TooLarge | Failure::Redirect(_) => {
                true
            }
            Failure::OtherStatus(status) => {
                !(400..500).contains(&status) || matches!(status, 408 | 425 | 499)
            }
            Failure::RetryLater(status, _) => status >= 500,
            _ => false,
        };
        may_have_arrived && !self.method.is_read()
    }

    /// Whether the server could not be reached or is unavailable, rather than refusing this call.
    pub fn is_offline(&self) -> bool {
        match self.failure {
            Failure::NotSent(_)
            | Failure::Unreachable(_)
            | Failure::Untrusted(..)
            | Failure::NoResponse(_)
            | Failure::RetryLater(..) => true,
            Failure::OtherStatus(status) => status >= 500,
            _ => false,
        }
    }
}

/// Why it failed, the server's message if there is one, and which call it was.
impl std::error::Error for ApiError {}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.failure {
            Failure::NotSent(why) | Failure::Unreachable(why) => write!(f, "not sent: {why}"),
            Failure::Untrusted(host, why) => write!(
                f,
                "not sent: the certificate of {host} is not trusted ({why}). If a firewall decrypts traffic, set ca_file to \
                 its root certificate"
            ),
            Failure::NoResponse(why) => write!(f, "no answer: {why}"),
            Failure::Cancelled => f.write_str("stopped"),
            Failure::ValidationFailed(refusal) => write!(f, "refused: {}", refusal.summary_or_default()),
            Failure::Unauthorized(401) => f.write_str(
                "the server rejected the key (401): the key is unknown or expired, or the secret (rarely, folds) is wrong; bee-tui \
                 login stores another",
            ),
            Failure::Unauthorized(status) => write!(f, "not allowed ({status}): the key may not do this"),
            Failure::NotFound => f.write_str("not found (404): it is not on this account, or was deleted"),
            Failure::Busy if self.path_template.ends_with("/recalculate") => {
                f.write_str("busy (409): a recalculation is already in progress")
            }
            Failure::Busy => f.write_str("busy (409): the server cannot do that now; try again later"),
            Failure::RetryLater(429, None) => f.write_str("too many calls (429): wait a little"),
            Failure::RetryLater(status, seconds) => {
                let what = if *status == 429 { "too many calls" } else { "the server is busy" };
                write!(f, "{what} ({status}): it asks to wait")?;
                seconds.map_or(Ok(()), |seconds| write!(f, " {seconds} s"))
            }
            Failure::Redirect(host) => {
                write!(f, "the server redirects to {host}; bee-tui does not send the key there. Check base_url")
            }
            Failure::Unreadable(why) => f.write_str(&why.to_string()),
            Failure::TooLarge => f.write_str("the answer is larger than 32 MiB and was not read"),
            Failure::OtherStatus(status) if *status >= 500 => write!(f, "the server failed ({status})"),
            Failure::OtherStatus(status) => write!(f, "the server answered {status}"),
        }?;
        if let Some(words) = &self.server_message {
            write!(f, "; the server says: {words}")?;
        }
        write!(f, " · {} {}", self.method.name(), self.path_template)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(body: &str) -> String {
        ValidationErrors::parse(body.as_bytes()).summary_or_default().to_string()
    }

    #[test]
    fn the_three_bodies_of_a_422_are_read() {
        assert_eq!(
            line(r#"{"errors": ["Start date cannot be before 01/09/2025"]}"#),
            "Start date cannot be before 01/09/2025"
        );
        let refusal = ValidationErrors::parse(
            br#"{"error": {"message": "One or more participant records are invalid.", "invalid_records":
                [{"id": null, "full_name": "John Doe", "gender": "Malee", "errors": ["Gender is not included in the list"]}]}}"#,
        );
        assert_eq!(refusal.messages, ["One or more participant records are invalid.".into()]);
        assert_eq!(refusal.records[0].errors, ["Gender is not included in the list".into()]);
        assert!(refusal.records[0].fields.contains(&("gender".into(), "Malee".into())));
        assert_eq!(line("Scorecard not found"), "Scorecard not found");
    }

    #[test]
    fn the_servers_message_follows_ours_whatever_the_status() {
        let told = |failure, template| {
            let server_words = Some("the plan is locked".into());
            ApiError { method: Method::Patch, path_template: template, failure, server_message: server_words }
                .to_string()
        };
        for failure in [
            Failure::Busy,
            Failure::Unauthorized(403),
            Failure::Unauthorized(401),
            Failure::NotFound,
            Failure::RetryLater(503, Some(3)),
            Failure::OtherStatus(400),
            Failure::OtherStatus(500),
        ] {
            let told = told(failure.clone(), "/plans/{id}");
            assert!(told.ends_with("; the server says: the plan is locked · PATCH /plans/{id}"), "{told}");
            assert!(!told.contains("recalculation"), "{told}");
        }
        assert!(told(Failure::Busy, "/scorecards/{id}/recalculate").contains("already in progress"));
    }

    #[test]
    fn other_error_bodies_still_give_the_servers_message() {
        assert_eq!(line(r#"{"errors": {"name": ["is too long"]}}"#), "name is too long");
        assert_eq!(line(r#"{"error": "Scorecard not found"}"#), "Scorecard not found");
        assert_eq!(line(r#"{"message": "no"}"#), "no");
        assert_eq!(line(r#"["a", "b"]"#), "a; b");
        for silent in ["", "{}", "<html>oops</html>", "null", "7"] {
            assert_eq!(line(silent), "the server gave no reason", "{silent}");
        }
    }
}
