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
use crate::seeded::{Fault, is_planted, panic_if};

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
    /// The server's clock, if it tells.
    pub date: Option<jiff::Timestamp>,
}

/// The keys of a profile and how the servers are reached with them.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// BEEtoolkit; calls of a product without an account fail before they are sent.
    pub toolkit: Option<Account>,
    /// The Supplier Management System.
    pub suppliers: Option<Account>,
    /// Root certificates trusted besides the system's, as PEM.
    pub roots: Option<Vec<u8>>,
    /// How long is waited.
    pub patience: Patience,
}

/// How long is waited for a server.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the next byte of an answer, but for that to a creation.
    pub idle: Duration,
    /// For a whole answer.
    pub total: Duration,
    /// For the answer to a creation, which may be of a hundred records.
    pub total_post: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            idle: Duration::from_secs(20),
            total: Duration::from_mins(1),
            total_post: Duration::from_mins(2),
        }
    }
}

/// The most that is read of one answer, after decompression.
const CAP: usize = 32 << 20;
/// The most that is read of the body of an error.
const MOST_OF_AN_ERROR_BYTES: usize = 1 << 20;
/// How long the body of an error is waited for.
const WORDS_PATIENCE: Duration = Duration::from_secs(5);

/// A request that only reads; a [`Reader`] takes nothing else.
#[derive(Debug, Clone, Copy)]
pub struct Read<'a>(&'a Request);

impl<'a> Read<'a> {
    /// The request, if it only reads.
    pub fn of(request: &'a Request) -> Option<Self> {
        request.method.is_read().then_some(Self(request))
    }
}

/// Signs and sends reads, and cannot send anything else: the client of a read-only profile.
#[derive(Debug)]
pub struct Reader(Transport);

impl Reader {
    /// A reader with these keys.
    pub fn new(access: Access) -> Self {
        Self(Transport::new(access))
    }

    /// Sends a read and brings back the body of a 2xx.
    pub async fn read(&self, request: Read<'_>) -> Result<RawAnswer, ApiError> {
        self.0.exchange(request.0).await
    }
}

/// Signs and sends everything.
#[derive(Debug)]
pub struct Writer(Transport);

impl Writer {
    /// A writer with these keys.
    pub fn new(access: Access) -> Self {
        Self(Transport::new(access))
    }

    /// Sends a request and brings back the body of a 2xx.
    pub async fn send(&self, request: &Request) -> Result<RawAnswer, ApiError> {
        if request.method == Method::Patch {
            panic_if(Fault::PanicInBackground);
        }
        let answer = self.0.exchange(request).await;
        if is_planted(Fault::StrayDelete) && request.path.ends_with("/42") {
            let _ = self.0.exchange(&Request { method: Method::Delete, ..request.clone() }).await;
        }
        match answer {
            Err(error) if is_planted(Fault::PostTwice) && error.outcome_unknown() => {
                self.0.exchange(request).await
            }
            answer => answer,
        }
    }
}

/// What a profile may send.
#[derive(Debug)]
pub enum Client {
    /// Reads.
    ReadOnly(Reader),
    /// Everything.
    Full(Writer),
}

impl Client {
    /// A client that sends everything.
    pub fn full(access: Access) -> Self {
        Self::Full(Writer::new(access))
    }

    /// A client that has no way to send anything but reads.
    pub fn read_only(access: Access) -> Self {
        Self::ReadOnly(Reader::new(access))
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
        match (self, Read::of(request)) {
            (Self::Full(writer), _) => writer.send(request).await,
            (Self::ReadOnly(reader), Some(read)) => reader.read(read).await,
            (Self::ReadOnly(_), None) => {
                Err(ApiError::of(request, Failure::NotSent("this profile is READ-ONLY".into())))
            }
        }
    }
}

/// Signs and sends. No redirects, no retries, no proxies to this machine, time-outs, a cap on the body.
#[derive(Debug)]
struct Transport {
    access: Access,
    /// For each product, one for POSTs and one for all else.
    http: [[OnceLock<Result<reqwest::Client, String>>; 2]; 2],
}

impl Transport {
    fn new(access: Access) -> Self {
        Self { access, http: Default::default() }
    }

    async fn exchange(&self, request: &Request) -> Result<RawAnswer, ApiError> {
        self.try_exchange(request).await.map_err(|Failed { failure, server_words }| ApiError {
            server_words,
            ..ApiError::of(request, failure)
        })
    }

    async fn try_exchange(&self, request: &Request) -> Result<RawAnswer, Failed> {
        let (account, what) = match request.product {
            Product::Toolkit => (&self.access.toolkit, "BEEtoolkit"),
            Product::Suppliers => (&self.access.suppliers, "the Supplier Management System"),
        };
        let Some(account) = account else {
            return Err(Failure::NotSent(format!("no key of {what} is configured for this profile")).into());
        };
        let sent = self.http(account, request)?.send().await;
        let mut response = sent.map_err(|e| lost(&e, &account.origin))?;
        let status = response.status().as_u16();
        let expiry = expiry(response.headers());
        let wait = retry_after(response.headers());
        let date = text_of(response.headers(), "date").and_then(|text| http_date(text.raw()));
        match status {
            200..=299 => {
                let body = body(&mut response, &account.origin).await?;
                Ok(RawAnswer { body, expiry, status, date })
            }
            300..=399 => Err(Failure::Redirect(location(response.headers())).into()),
            _ => {
                let refusal = Refusal::read(&self.words(&mut response).await);
                let server_words = refusal.words().filter(|_| status != 422);
                let failure = match status {
                    401 | 403 => Failure::NotLetIn(status),
                    404 => Failure::NotFound,
                    409 => Failure::Busy,
                    422 => Failure::Refused(refusal),
                    429 => Failure::Wait(429, wait),
                    503 if wait.is_some() => Failure::Wait(503, wait),
                    _ => Failure::Status(status),
                };
                Err(Failed { failure, server_words })
            }
        }
    }

    /// The body that goes with an error status, as much of it as comes soon: the status counts without it.
    async fn words(&self, response: &mut reqwest::Response) -> Vec<u8> {
        let mut words = Vec::new();
        let read = async {
            while let Ok(Some(chunk)) = response.chunk().await {
                words.extend_from_slice(&chunk);
                if words.len() > MOST_OF_AN_ERROR_BYTES {
                    break;
                }
            }
        };
        let _ = tokio::time::timeout(self.access.patience.idle.min(WORDS_PATIENCE), read).await;
        words
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
        let Patience { total, total_post, .. } = self.access.patience;
        if is_planted(Fault::LoggedKey) {
            tracing::info!(key = account.key, signed, "sent");
        }
        let (method, total) = match request.method {
            Method::Get => (reqwest::Method::GET, total),
            Method::Post => (reqwest::Method::POST, total_post),
            Method::Put => (reqwest::Method::PUT, total),
            Method::Patch => (reqwest::Method::PATCH, total),
            Method::Delete => (reqwest::Method::DELETE, total),
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
            let patience = self.access.patience;
            let mut builder = reqwest::Client::builder()
                .redirect(Policy::none())
                .referer(false)
                .retry(reqwest::retry::never())
                .connect_timeout(patience.connect)
                // A bulk creation may well take long before the first byte of its answer.
                .read_timeout(if post { patience.total_post } else { patience.idle })
                .https_only(!loopback)
                .http1_only()
                .tcp_nodelay(true)
                .user_agent(concat!("bee-tui/", env!("CARGO_PKG_VERSION")));
            let roots = match &self.access.roots {
                Some(pem) => reqwest::Certificate::from_pem_bundle(pem).map_err(|e| chain(&e))?,
                None => Vec::new(),
            };
            if loopback {
                builder = builder.no_proxy().tls_certs_only(roots);
            } else if !roots.is_empty() {
                builder = builder.tls_certs_merge(roots);
            }
            if post {
                builder = builder.pool_max_idle_per_host(0);
            }
            builder.build().map_err(|e| chain(&e))
        });
        made.as_ref().map_err(|why| Failure::NotSent(why.clone()))
    }
}

/// How a call failed, and what the server said of it.
struct Failed {
    failure: Failure,
    server_words: Option<Text>,
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self { failure, server_words: None }
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
async fn body(response: &mut reqwest::Response, origin: &Origin) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| lost(&e, origin))? {
        if body.len() + chunk.len() > CAP {
            return Err(Failure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Whether bytes may have left: only a failure to connect rules it out.
fn lost(error: &reqwest::Error, origin: &Origin) -> Failure {
    if error.is_builder() {
        Failure::NotSent(chain(error))
    } else if error.is_connect() {
        match tls(error) {
            Some(why) => Failure::Untrusted(origin.host().into(), why),
            None => {
                let who =
                    proxy(origin).map_or_else(|| "the server".into(), |proxy| format!("the proxy {proxy}"));
                Failure::Unreachable(format!("{who} cannot be reached ({})", chain(error)))
            }
        }
    } else if error.is_timeout() {
        Failure::NoAnswer("the server took too long".into())
    } else {
        Failure::NoAnswer(chain(error))
    }
}

/// The proxy of the environment that requests to an origin go through, if there is one.
fn proxy(origin: &Origin) -> Option<String> {
    if origin.is_loopback() {
        return None;
    }
    let to: http::Uri = origin.as_str().parse().ok()?;
    let proxy = hyper_util::client::proxy::matcher::Matcher::from_system().intercept(&to)?;
    let port = proxy.uri().port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}{port}", proxy.uri().host()?))
}

/// What TLS has against the server, if that is the reason.
fn tls(error: &reqwest::Error) -> Option<String> {
    let mut reason: Option<&(dyn std::error::Error + 'static)> = error.source();
    while let Some(error) = reason {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(tls.to_string());
        }
        // An I/O error hides what it is about from `source`.
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        reason = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// The innermost reason, which never names the address.
fn chain(error: &reqwest::Error) -> String {
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    if error.source().is_none() {
        return "the request could not be made".into();
    }
    // The system's number says nothing to a person.
    let words = reason.to_string();
    words.split_once(" (os error").map_or_else(|| words.clone(), |(words, _)| words.to_owned())
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

/// A date of a header.
fn http_date(text: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// How many seconds the server asks to wait: a number, or the time until a date.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let text = text_of(headers, "retry-after")?;
    let text = text.raw().trim();
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let until = http_date(text)?;
    let seconds = until.as_second() - jiff::Timestamp::now().as_second();
    Some(u64::try_from(seconds).unwrap_or(0))
}
