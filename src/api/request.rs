//! A request before it is signed: method, path, query, body bytes; and the origins it may go to.

use std::fmt;
use std::str::FromStr;

use crate::domain::shape_error::message_error;
use serde::Serialize;

/// An HTTP method, with what the API uses it for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, or upserts training programs.
    Post,
    /// Changes a scorecard, or starts a recalculation.
    Put,
    /// Changes a plan or a target.
    Patch,
    /// Deletes.
    Delete,
}

impl Method {
    /// The method's name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether it only reads, as GET does.
    pub fn is_read(self) -> bool {
        self == Self::Get
    }
}

/// The two products, each with its own host and key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// BEEtoolkit, `/api/public/v1/…`.
    Toolkit,
    /// The Supplier Management System, `/api/v1/…`.
    Suppliers,
}

/// A request before it is signed.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The product, which decides host and key.
    pub product: Product,
    /// The method.
    pub method: Method,
    /// The path with its ids left out, for logs and messages.
    pub path_template: &'static str,
    /// The path as sent, encoded, without the query.
    pub path: String,
    /// The query without `?`; not signed.
    pub query: Option<String>,
    /// The body, serialised once: the same bytes are hashed and sent.
    pub body: Option<Vec<u8>>,
}

impl Request {
    /// A request without query and body.
    pub fn new(product: Product, method: Method, template: &'static str, path: String) -> Self {
        Self { product, method, path_template: template, path, query: None, body: None }
    }

    /// Sets the body to a JSON object with `value` under the key `root`.
    #[must_use]
    pub fn with_body(mut self, root: &str, value: &impl Serialize) -> Self {
        let mut json = format!("{{{}:", serde_json::Value::from(root)).into_bytes();
        let done = serde_json::to_writer(&mut json, value);
        debug_assert!(done.is_ok(), "only maps with text keys are serialised here");
        json.push(b'}');
        self.body = Some(json);
        self
    }

    /// The body as text, to show the exact request before it is sent; `None` without a body.
    pub fn body_text(&self) -> Option<&str> {
        self.body.as_deref().and_then(|body| std::str::from_utf8(body).ok())
    }
}

/// Debug never shows the path's ids, the query or the body.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.name(), self.path_template)
    }
}

/// Which page of a list to read: `page` from 1 to 100000, `per_page` from 1 to 1000; others are clamped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageQuery {
    /// The page, from 1.
    pub page: u32,
    /// Rows per page.
    pub per_page: u32,
}

impl PageQuery {
    /// The most rows that the API puts on a page.
    pub const MAX_PER_PAGE: u32 = 1000;

    /// The query of a request for this page, without `?`.
    pub fn query(self) -> String {
        let (page, per_page) = (self.page.clamp(1, 100_000), self.per_page.clamp(1, Self::MAX_PER_PAGE));
        format!("page={page}&per_page={per_page}")
    }
}

/// Where requests go: scheme, host and port, and nothing else; `http` only for this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    text: String,
    loopback: bool,
}

impl Origin {
    /// The origin as text, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host without the port.
    pub fn host(&self) -> &str {
        let host = self.text.split_once("://").map_or(self.text.as_str(), |(_, host)| host);
        host.rsplit_once(':')
            .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
            .map_or(host, |(host, _)| host)
    }

    /// Whether the host is this machine, where `http` is accepted.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }
}

message_error! {
    /// Why an address cannot be used as an origin.
    OriginError
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let url = reqwest::Url::parse(text)
            .map_err(|_| "it is no address; write it like https://www.beetoolkit.co.za")?;
        let host = url.host_str().unwrap_or_default();
        let loopback = host == "localhost"
            || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                return Err("http is accepted for this machine only (127.0.0.1, localhost); use https".into());
            }
            _ => return Err("it must begin with https://".into()),
        }
        if !(url.username().is_empty() && url.password().is_none()) {
            return Err("leave user and password out of the address".into());
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err("write only scheme, host and port, without a path".into());
        }
        Ok(Self { text: url.as_str().trim_end_matches('/').to_owned(), loopback })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_https_or_loopback_and_has_no_path() {
        for good in [
            "https://www.beetoolkit.co.za",
            "https://x.test:8443/",
            "http://127.0.0.1:8080",
            "http://localhost:1",
            "http://[::1]:9",
        ] {
            assert!(good.parse::<Origin>().is_ok(), "{good}");
        }
        for bad in [
            "http://www.beetoolkit.co.za",
            "http://localhost.evil.test",
            "https://x.test/api",
            "https://u:p@x.test",
            "ftp://127.0.0.1",
            "www.beetoolkit.co.za",
            "",
            "https://x.test?y",
        ] {
            assert!(bad.parse::<Origin>().is_err(), "{bad}");
        }
    }

    #[test]
    fn debug_of_a_request_shows_no_ids_and_no_body() {
        let request = Request::new(Product::Toolkit, Method::Post, "/x/{id}", "/x/secretid".into())
            .with_body("participants", &["8001015009087"]);
        let debug = format!("{request:?}");
        assert!(!debug.contains("secretid") && !debug.contains("8001"), "{debug}");
        assert_eq!(request.body_text(), Some(r#"{"participants":["8001015009087"]}"#));
    }
}
