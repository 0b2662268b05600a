//! The HTTP client: signs a request, sends it once and reads the response. The only file of the API that
//! awaits.

use std::error::Error as _;
use std::fmt;
use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};

use crate::api::Call;
use crate::api::error::{ApiError, Failure, ValidationErrors};
use crate::api::reply::{KeyExpiry, Response};
use crate::api::request::{Method, Origin, Product, Request};
use crate::api::sign::signature;
use crate::domain::date::iso_time;
use crate::domain::text::Text;
use crate::seeded::{SeededFault, is_planted, panic_if_planted};

/// One key of one product, and the origin it is valid for.
#[derive(Clone)]
pub struct Credentials {
    /// The only origin that this key and its signatures are sent to.
    pub origin: Origin,
    /// Sent as the `X-Api-Key` header.
    pub key: String,
    /// The key of the HMAC that signs requests; never sent.
    pub secret: SecretString,
    /// Rounds of HMAC in a signature, as issued with the key.
    pub folds: u32,
}

/// Shows the origin only, never the key or the secret.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// The response to a request that succeeded (2xx); its body is not parsed yet.
pub struct RawResponse {
    /// The body, decompressed.
    pub body: Vec<u8>,
    /// When the key expires; `None` if the response has no expiry header.
    pub key_expiry: Option<KeyExpiry>,
    /// The HTTP status code.
    pub status: u16,
    /// The server's clock (`Date` header); `None` if it is missing or unreadable.
    pub server_time: Option<jiff::Timestamp>,
}

/// The keys of a profile, the certificates it trusts and its time-outs.
#[derive(Debug, Clone, Default)]
pub struct ClientSettings {
    /// The key of BEEtoolkit; without it, every call of that product fails before anything is sent.
    pub toolkit: Option<Credentials>,
    /// The key of the Supplier Management System; likewise.
    pub suppliers: Option<Credentials>,
    /// Root certificates trusted besides the system's, as PEM.
    pub roots: Option<Vec<u8>>,
    /// How long each request may take.
    pub timeouts: Timeouts,
}

/// How long to wait for a server.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For the connection.
    pub connect: Duration,
    /// For the next byte of a response; a POST waits `total_post` for it instead.
    pub idle: Duration,
    /// For a complete response.
    pub total: Duration,
    /// For the complete response to a POST, which may create a hundred records.
    pub total_post: Duration,
    /// After which a read without an answer is asked a second time.
    pub late_read: Duration,
    /// How long after its last answer a connection is taken for alive, so that a POST may go out on it.
    pub alive_after_answer: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            idle: Duration::from_secs(20),
            total: Duration::from_mins(1),
            total_post: Duration::from_mins(2),
            late_read: Duration::from_secs(2),
            alive_after_answer: Duration::from_secs(2),
        }
    }
}

/// The largest response body that is read, in bytes after decompression.
const MAX_BODY_BYTES: usize = 32 << 20;
/// How much of an error response's body is read, in bytes.
const MAX_ERROR_BODY_BYTES: usize = 1 << 20;
/// The longest wait for the body of an error response.
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// A request that only reads: all that a [`ReadClient`] accepts.
#[derive(Debug, Clone, Copy)]
pub struct ReadRequest<'a>(&'a Request);

impl<'a> ReadRequest<'a> {
    /// Wraps the request; `None` if its method is not GET.
    pub fn from_request(request: &'a Request) -> Option<Self> {
        request.method.is_read().then_some(Self(request))
    }
}

/// Signs and sends reads, and cannot send anything else: the client of a read-only profile.
#[derive(Debug)]
pub struct ReadClient(Transport);

impl ReadClient {
    /// Makes a client; it connects when the first request is sent.
    pub fn new(access: ClientSettings) -> Self {
        Self(Transport::new(access))
    }

    /// Sends a read, and once more while its answer is late; the first good answer counts. Fails when it cannot be sent, when
    /// no response arrives, or when the response is not a 2xx or is too large.
    pub async fn read(&self, request: ReadRequest<'_>) -> Result<RawResponse, ApiError> {
        self.0.exchange(request.0).await
    }
}

/// Signs and sends reads and writes.
#[derive(Debug)]
pub struct WriteClient(Transport);

impl WriteClient {
    /// Makes a client; it connects when the first request is sent.
    pub fn new(access: ClientSettings) -> Self {
        Self(Transport::new(access))
    }

    /// Sends a write once, and a read as [`ReadClient::read`] does. Fails for the same reasons.
    pub async fn send(&self, request: &Request) -> Result<RawResponse, ApiError> {
        if request.method == Method::Patch {
            panic_if_planted(SeededFault::PanicInBackground);
        }
        let answer = self.0.exchange(request).await;
        if is_planted(SeededFault::StrayDelete) && request.path.ends_with("/42") {
            let _ = self.0.exchange(&Request { method: Method::Delete, ..request.clone() }).await;
        }
        match answer {
            Err(error) if is_planted(SeededFault::PostTwice) && error.is_outcome_unknown() => {
                self.0.exchange(request).await
            }
            answer => answer,
        }
    }
}

/// The client of a profile, by what the profile may send.
#[derive(Debug)]
pub enum Client {
    /// Reads only.
    ReadOnly(ReadClient),
    /// Reads and writes.
    Full(WriteClient),
}

impl Client {
    /// A client that sends reads and writes.
    pub fn full(access: ClientSettings) -> Self {
        Self::Full(WriteClient::new(access))
    }

    /// A client that has no way to send anything but reads.
    pub fn read_only(access: ClientSettings) -> Self {
        Self::ReadOnly(ReadClient::new(access))
    }

    /// Sends a call and parses the response. Fails as [`Self::send`] does, and when the body of a 2xx is not
    /// what the documents have for this call.
    pub async fn send_call(&self, call: &Call) -> Result<Response, ApiError> {
        let request = call.request();
        let raw = self.send(&request).await?;
        let reply = call.read(&raw.body).map_err(|why| ApiError::new(&request, Failure::Unreadable(why)))?;
        Ok(Response { reply, key_expiry: raw.key_expiry, status: raw.status, body_bytes: raw.body.len() })
    }

    /// Sends a write once, and a read as [`ReadClient::read`] does. Fails as that does; a read-only client fails a write with
    /// [`Failure::NotSent`].
    pub async fn send(&self, request: &Request) -> Result<RawResponse, ApiError> {
        match (self, ReadRequest::from_request(request)) {
            (Self::Full(writer), _) => writer.send(request).await,
            (Self::ReadOnly(reader), Some(read)) => reader.read(read).await,
            (Self::ReadOnly(_), None) => {
                Err(ApiError::new(request, Failure::NotSent("this profile is READ-ONLY".into())))
            }
        }
    }
}

/// Signs and sends requests: without redirects, retries or a proxy for this machine, with time-outs and a
/// capped body.
#[derive(Debug)]
struct Transport {
    settings: ClientSettings,
    /// For each product, one for all methods but POST, then one for POSTs; made on first use.
    clients: [[OnceLock<Result<reqwest::Client, Failure>>; 2]; 2],
}

impl Transport {
    fn new(access: ClientSettings) -> Self {
        Self { settings: access, clients: Default::default() }
    }

    /// Sends a write once. A read that is late is asked a second time, since its connection may be lost or its answer stuck
    /// behind others; the answer that comes first counts, and an error only when both have failed.
    async fn exchange(&self, request: &Request) -> Result<RawResponse, ApiError> {
        if !request.method.is_read() {
            return self.exchange_once(request).await;
        }
        let mut first = pin!(self.exchange_once(request));
        if let Ok(answer) = tokio::time::timeout(self.settings.timeouts.late_read, &mut first).await {
            return answer;
        }
        let mut second = pin!(self.exchange_once(request));
        tokio::select! {
            answer = &mut first => match answer {
                Ok(answer) => Ok(answer),
                Err(_) => second.await,
            },
            answer = &mut second => match answer {
                Ok(answer) => Ok(answer),
                Err(_) => first.await,
            },
        }
    }

    async fn exchange_once(&self, request: &Request) -> Result<RawResponse, ApiError> {
        self.try_exchange(request).await.map_err(
            |FailedResponse { failure, server_message: server_words }| ApiError {
                server_message: server_words,
                ..ApiError::new(request, failure)
            },
        )
    }

    async fn try_exchange(&self, request: &Request) -> Result<RawResponse, FailedResponse> {
        let (account, what) = match request.product {
            Product::Toolkit => (&self.settings.toolkit, "BEEtoolkit"),
            Product::Suppliers => (&self.settings.suppliers, "the Supplier Management System"),
        };
        let Some(account) = account else {
            return Err(Failure::NotSent(format!("no key of {what} is configured for this profile")).into());
        };
        let sent = self.signed_request(account, request)?.send().await;
        let mut response = sent.map_err(|e| transport_failure(&e, &account.origin))?;
        let status = response.status().as_u16();
        let expiry = key_expiry(response.headers());
        let wait = retry_after_secs(response.headers());
        let date = header_text(response.headers(), "date").and_then(|text| parse_http_date(text.raw()));
        match status {
            200..=299 => {
                let body = read_body(&mut response, &account.origin).await?;
                Ok(RawResponse { body, key_expiry: expiry, status, server_time: date })
            }
            300..=399 => Err(Failure::Redirect(location(response.headers())).into()),
            _ => {
                let refusal = ValidationErrors::parse(&self.error_body(&mut response).await);
                let server_words = refusal.summary().filter(|_| status != 422);
                let failure = match status {
                    401 | 403 => Failure::Unauthorized(status),
                    404 => Failure::NotFound,
                    409 => Failure::Busy,
                    422 => Failure::ValidationFailed(refusal),
                    429 => Failure::RetryLater(429, wait),
                    503 if wait.is_some() => Failure::RetryLater(503, wait),
                    _ => Failure::OtherStatus(status),
                };
                Err(FailedResponse { failure, server_message: server_words })
            }
        }
    }

    /// Reads as much of an error response's body as arrives soon. The status alone decides the failure, so
    /// the body may be incomplete.
    async fn error_body(&self, response: &mut reqwest::Response) -> Vec<u8> {
        let mut words = Vec::new();
        let read = async {
            while let Ok(Some(chunk)) = response.chunk().await {
                words.extend_from_slice(&chunk);
                if words.len() > MAX_ERROR_BODY_BYTES {
                    break;
                }
            }
        };
        let _ = tokio::time::timeout(self.settings.timeouts.idle.min(ERROR_BODY_TIMEOUT), read).await;
        words
    }

    /// Builds the signed request. Fails when the address, the path or the key cannot be put into a request
    /// unchanged.
    fn signed_request(
        &self,
        account: &Credentials,
        request: &Request,
    ) -> Result<reqwest::RequestBuilder, Failure> {
        let mut url = reqwest::Url::parse(account.origin.as_str())
            .map_err(|_| Failure::NotSent("the address cannot be used".into()))?;
        url.set_path(&request.path);
        if url.path() != request.path {
            return Err(Failure::NotSent("the path would be changed on its way".into()));
        }
        url.set_query(request.query.as_deref());
        let body = request.body.as_deref().unwrap_or_default();
        let signed = signature(account.secret.expose_secret(), &request.path, body, account.folds);
        let Timeouts { total, total_post, .. } = self.settings.timeouts;
        if is_planted(SeededFault::LoggedKey) {
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
            .http_client(request, account.origin.is_loopback())?
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

    /// The HTTP client for a request. POSTs have one of their own: they never go out on a connection that has been idle for
    /// longer than a moment, since a dead one would lose them silently.
    fn http_client(&self, request: &Request, loopback: bool) -> Result<&reqwest::Client, Failure> {
        let post = request.method == Method::Post;
        let not_built = |e: reqwest::Error| Failure::NotSent(root_cause(&e));
        let made = self.clients[request.product as usize][usize::from(post)].get_or_init(|| {
            // Signing and TLS share one provider; a second install is refused and changes nothing.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let patience = self.settings.timeouts;
            let mut builder = reqwest::Client::builder()
                .redirect(Policy::none())
                .referer(false)
                .retry(reqwest::retry::never())
                .connect_timeout(patience.connect)
                // A bulk creation may take long before the first byte of its response.
                .read_timeout(if post { patience.total_post } else { patience.idle })
                .https_only(!loopback)
                .http1_only()
                .tcp_nodelay(true)
                .user_agent(concat!("bee-tui/", env!("CARGO_PKG_VERSION")));
            let roots = match &self.settings.roots {
                Some(pem) => reqwest::Certificate::from_pem_bundle(pem).map_err(not_built)?,
                None => Vec::new(),
            };
            if loopback {
                builder = builder.no_proxy().tls_certs_only(roots);
            } else if !roots.is_empty() {
                builder = builder.tls_certs_merge(roots);
            }
            if post {
                builder = builder.pool_idle_timeout(patience.alive_after_answer);
            }
            builder.build().map_err(not_built)
        });
        made.as_ref().map_err(Failure::clone)
    }
}

/// Why a request failed, and the server's own message, if it sent one.
struct FailedResponse {
    failure: Failure,
    server_message: Option<Text>,
}

impl From<Failure> for FailedResponse {
    fn from(failure: Failure) -> Self {
        Self { failure, server_message: None }
    }
}

/// A header value that no log and no `Debug` shows. Fails when the text has characters that a header cannot
/// carry.
fn secret_header(text: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| Failure::NotSent("the key has characters that no header can carry".into()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Reads the body. Fails when it exceeds the cap, or breaks off.
async fn read_body(response: &mut reqwest::Response, origin: &Origin) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| transport_failure(&e, origin))? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(Failure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The failure behind an error of the HTTP client. Bytes may have left this machine unless the request could
/// not be built or the connection could not be made.
fn transport_failure(error: &reqwest::Error, origin: &Origin) -> Failure {
    if error.is_builder() {
        Failure::NotSent(root_cause(error))
    } else if error.is_connect() {
        match tls(error) {
            Some(why) => Failure::Untrusted(origin.host().into(), why),
            None => {
                let who =
                    proxy(origin).map_or_else(|| "the server".into(), |proxy| format!("the proxy {proxy}"));
                Failure::Unreachable(format!("{who} cannot be reached ({})", root_cause(error)))
            }
        }
    } else if error.is_timeout() {
        Failure::NoResponse("the server took too long".into())
    } else {
        Failure::NoResponse(root_cause(error))
    }
}

/// The proxy (`host:port`) that the environment sets for this origin; `None` if there is none.
fn proxy(origin: &Origin) -> Option<String> {
    if origin.is_loopback() {
        return None;
    }
    let to: http::Uri = origin.as_str().parse().ok()?;
    let proxy = hyper_util::client::proxy::matcher::Matcher::from_system().intercept(&to)?;
    let port = proxy.uri().port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}{port}", proxy.uri().host()?))
}

/// Why TLS rejected the server; `None` if that is not the cause.
fn tls(error: &reqwest::Error) -> Option<String> {
    let mut reason: Option<&(dyn std::error::Error + 'static)> = error.source();
    while let Some(error) = reason {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(tls.to_string());
        }
        // An I/O error does not return the error it wraps from `source`.
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        reason = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// The innermost cause, which never names the address.
fn root_cause(error: &reqwest::Error) -> String {
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    if error.source().is_none() {
        return "the request could not be made".into();
    }
    // The operating system's error number means nothing to a reader.
    let words = reason.to_string();
    words.split_once(" (os error").map_or_else(|| words.clone(), |(words, _)| words.to_owned())
}

fn header_text(headers: &HeaderMap, name: &str) -> Option<Text> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned().into())
}

fn key_expiry(headers: &HeaderMap) -> Option<KeyExpiry> {
    let at = header_text(headers, "x-api-key-expires").and_then(|text| iso_time(text.raw()));
    let left = header_text(headers, "x-api-key-expires-in");
    (at.is_some() || left.is_some()).then_some(KeyExpiry { expires_at: at, expires_in: left })
}

fn location(headers: &HeaderMap) -> Text {
    let to = header_text(headers, "location").unwrap_or_default();
    let host = reqwest::Url::parse(to.raw()).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.map_or_else(|| "another address".into(), Into::into)
}

/// The time in a header (RFC 2822); `None` if it is not one.
fn parse_http_date(text: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// The seconds that the server asks to wait (`Retry-After`): a number, or the time left until a date, at
/// least 0.
fn retry_after_secs(headers: &HeaderMap) -> Option<u64> {
    let text = header_text(headers, "retry-after")?;
    let text = text.raw().trim();
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let until = parse_http_date(text)?;
    let seconds = until.as_second() - jiff::Timestamp::now().as_second();
    Some(u64::try_from(seconds).unwrap_or(0))
}
