//! Sends signed calls: the only file of the API that awaits.

use std::error::Error as _;
use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};

use crate::api::Call;
use crate::api::error::{ApiError, Failure, Refusal};
use crate::api::reply::{Answer, KeyExpiry};
use crate::api::request::{Method, Origin, Product, Request};
use crate::api::sign::signature;
use crate::domain::date::iso_time;
use crate::domain::text::Text;

/// A key of one product and where it is valid.
#[derive(Clone)]
pub struct Account {
    /// The only origin its credentials go to.
    pub origin: Origin,
    /// `X-Api-Key`.
    pub key: String,
    /// What signatures are made with.
    pub secret: SecretString,
    /// How often the HMAC is folded.
    pub folds: u32,
}

/// Debug shows where, never the key.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// An answer as it came, with a status that is not an error.
pub struct RawAnswer {
    /// The body, decompressed.
    pub body: Vec<u8>,
    /// When the key expires, if the server said so.
    pub expiry: Option<KeyExpiry>,
    /// The status.
    pub status: u16,
}

/// Signs and sends. No redirects, no retries, no proxies to this machine, time-outs, a cap on the body.
#[derive(Debug)]
pub struct Client {
    toolkit: Option<Account>,
    suppliers: Option<Account>,
    read_only: bool,
    /// For each product, one for POSTs and one for all else.
    http: [[OnceLock<Result<reqwest::Client, String>>; 2]; 2],
}

/// The most that is read of one answer, after decompression.
const CAP: usize = 32 << 20;
const CONNECT: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(20);
const TOTAL: Duration = Duration::from_mins(1);
const TOTAL_POST: Duration = Duration::from_mins(2);

impl Client {
    /// A client of these accounts; an absent one makes calls of its product fail before they are sent.
    pub fn new(toolkit: Option<Account>, suppliers: Option<Account>) -> Self {
        Self { toolkit, suppliers, read_only: false, http: Default::default() }
    }

    /// One that lets nothing out but reads.
    #[must_use]
    pub fn read_only(self) -> Self {
        Self { read_only: true, ..self }
    }

    /// Sends a call and reads the answer.
    pub async fn run(&self, call: &Call) -> Result<Answer, ApiError> {
        let request = call.request();
        let raw = self.send(&request).await?;
        let reply = call.read(&raw.body).map_err(|why| ApiError::of(&request, Failure::Unreadable(why)))?;
        Ok(Answer { reply, expiry: raw.expiry, status: raw.status, bytes: raw.body.len() })
    }

    /// Sends a request and brings back the body of a 2xx.
    pub async fn send(&self, request: &Request) -> Result<RawAnswer, ApiError> {
        self.exchange(request).await.map_err(|failure| ApiError::of(request, failure))
    }

    async fn exchange(&self, request: &Request) -> Result<RawAnswer, Failure> {
        if self.read_only && !request.method.is_read() {
            return Err(Failure::NotSent("this profile is READ-ONLY".into()));
        }
        let (account, what) = match request.product {
            Product::Toolkit => (&self.toolkit, "BEEtoolkit"),
            Product::Suppliers => (&self.suppliers, "the Supplier Management System"),
        };
        let Some(account) = account else {
            return Err(Failure::NotSent(format!("no key of {what} is configured for this profile")));
        };
        let mut response = self.http(account, request)?.send().await.map_err(|e| lost(&e))?;
        let status = response.status().as_u16();
        let expiry = expiry(response.headers());
        match status {
            200..=299 => Ok(RawAnswer { body: body(&mut response).await?, expiry, status }),
            300..=399 => Err(Failure::Redirect(location(response.headers()))),
            401 | 403 => Err(Failure::NotLetIn(status)),
            404 => Err(Failure::NotFound),
            409 => Err(Failure::Busy),
            422 => Err(Failure::Refused(Refusal::read(&body(&mut response).await.unwrap_or_default()))),
            429 => Err(Failure::TooMany(retry_after(response.headers()))),
            _ => Err(Failure::Status(status)),
        }
    }

    /// The signed request, ready to go.
    fn http(&self, account: &Account, request: &Request) -> Result<reqwest::RequestBuilder, Failure> {
        let mut url = reqwest::Url::parse(account.origin.as_str())
            .map_err(|_| Failure::NotSent("the address cannot be used".into()))?;
        url.set_path(&request.path);
        if url.path() != request.path {
            return Err(Failure::NotSent("the path would be changed on its way".into()));
        }
        url.set_query(request.query.as_deref());
        let body = request.body.as_deref().unwrap_or_default();
        let signed = signature(account.secret.expose_secret(), &request.path, body, account.folds);
        let (method, total) = match request.method {
            Method::Get => (reqwest::Method::GET, TOTAL),
            Method::Post => (reqwest::Method::POST, TOTAL_POST),
            Method::Put => (reqwest::Method::PUT, TOTAL),
            Method::Patch => (reqwest::Method::PATCH, TOTAL),
            Method::Delete => (reqwest::Method::DELETE, TOTAL),
        };
        let mut builder = self
            .transport(request, account.origin.is_loopback())?
            .request(method, url)
            .timeout(total)
            .header(header::ACCEPT, "application/json")
            .header("x-api-key", secret_header(&account.key)?)
            .header(header::AUTHORIZATION, secret_header(&format!("HMAC {signed}"))?);
        if let Some(body) = &request.body {
            builder = builder.header(header::CONTENT_TYPE, "application/json").body(body.clone());
        }
        Ok(builder)
    }

    /// The connections: POSTs go over ones that were never idle, since a stale one would lose them silently.
    fn transport(&self, request: &Request, loopback: bool) -> Result<&reqwest::Client, Failure> {
        let post = request.method == Method::Post;
        let made = self.http[request.product as usize][usize::from(post)].get_or_init(|| {
            // Signing and TLS share one provider; a second install is refused and changes nothing.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let mut builder = reqwest::Client::builder()
                .redirect(Policy::none())
                .referer(false)
                .retry(reqwest::retry::never())
                .connect_timeout(CONNECT)
                // A bulk creation may well take long before the first byte of its answer.
                .read_timeout(if post { TOTAL_POST } else { IDLE })
                .https_only(!loopback)
                .http1_only()
                .tcp_nodelay(true)
                .user_agent(concat!("bee-tui/", env!("CARGO_PKG_VERSION")));
            if loopback {
                builder = builder.no_proxy().tls_certs_only([]);
            }
            if post {
                builder = builder.pool_max_idle_per_host(0);
            }
            builder.build().map_err(|e| chain(&e))
        });
        made.as_ref().map_err(|why| Failure::NotSent(why.clone()))
    }
}

/// A header that no log and no Debug shows.
fn secret_header(text: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| Failure::NotSent("the key has characters that no header can carry".into()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Reads the body up to the cap.
async fn body(response: &mut reqwest::Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| lost(&e))? {
        if body.len() + chunk.len() > CAP {
            return Err(Failure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Whether bytes may have left: only a failure to connect rules it out.
fn lost(error: &reqwest::Error) -> Failure {
    if error.is_connect() || error.is_builder() {
        Failure::NotSent(format!("the server cannot be reached ({})", chain(error)))
    } else if error.is_timeout() {
        Failure::NoAnswer("the server took too long".into())
    } else {
        Failure::NoAnswer(chain(error))
    }
}

/// The innermost reason, which never names the address.
fn chain(error: &reqwest::Error) -> String {
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    if error.source().is_none() { "the request could not be made".into() } else { reason.to_string() }
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<Text> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned().into())
}

fn expiry(headers: &HeaderMap) -> Option<KeyExpiry> {
    let at = text_of(headers, "x-api-key-expires").and_then(|text| iso_time(text.raw()));
    let left = text_of(headers, "x-api-key-expires-in");
    (at.is_some() || left.is_some()).then_some(KeyExpiry { at, left })
}

fn location(headers: &HeaderMap) -> Text {
    let to = text_of(headers, "location").unwrap_or_default();
    let host = reqwest::Url::parse(to.raw()).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.map_or_else(|| "another address".into(), Into::into)
}

fn retry_after(headers: &HeaderMap) -> Option<u64> {
    text_of(headers, "retry-after")?.raw().trim().parse().ok()
}
