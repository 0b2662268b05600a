//! A raw TCP server between the program and the sandbox: it can reset, cut, hang, drip and lie, which no HTTP
//! framework can.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bee_tui::sandbox::Sandbox;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How a faulty response ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The connection is closed.
    Close,
    /// The connection is reset.
    Reset,
    /// The connection stays open, and nothing more comes.
    Hang,
}

/// What goes wrong.
#[derive(Debug, Clone)]
pub enum Kind {
    /// The connection ends before the request is read.
    Unread(End),
    /// The request is not forwarded; these bytes are the response.
    Instead(Vec<u8>, End),
    /// The request is forwarded; these bytes replace the response.
    After(Vec<u8>, End),
    /// The request is forwarded; the response is cut after so many thousandths of its head, then of its body.
    Cut(usize, usize, End),
    /// The request is forwarded, and its response is changed.
    Changed(fn(Vec<u8>) -> Vec<u8>),
    /// The request is forwarded or not, there is no response, and the server is gone: connections are refused.
    Gone { passed: bool },
    /// The request is not forwarded; the first bytes are sent once, the others for ever, with this delay between them.
    Endless(Vec<u8>, Vec<u8>, Duration),
}

/// A fault for the requests that it matches.
#[derive(Debug, Clone)]
pub struct Rule {
    pub method: &'static str,
    /// Whether the fault applies to a path.
    pub strikes: fn(&str) -> bool,
    pub kind: Kind,
    /// How many more times the fault applies.
    pub times: usize,
}

/// A request of the program that was read completely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub method: String,
    pub path: String,
    /// The text of its head, to check that nothing private is sent.
    pub head: String,
}

#[derive(Debug, Default)]
struct Shared {
    /// True while the server is gone; set to false to bring it back.
    gone: tokio::sync::watch::Sender<bool>,
    rule: Mutex<Option<Rule>>,
    seen: Mutex<Vec<Seen>>,
}

/// The server.
#[derive(Debug)]
pub struct FaultServer {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

impl FaultServer {
    /// Starts the server in front of a sandbox, until the runtime ends.
    pub async fn before(sandbox: &Sandbox) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let (behind, mine) = (sandbox.address, shared.clone());
        let mut gone = shared.gone.subscribe();
        tokio::spawn(async move {
            let mut listener = listener;
            loop {
                tokio::select! {
                    Ok((stream, _)) = listener.accept() => drop(tokio::spawn(serve(stream, behind, mine.clone()))),
                    _ = gone.changed() => {}
                }
                if *gone.borrow_and_update() {
                    drop(listener);
                    while *gone.borrow_and_update() {
                        gone.changed().await.unwrap();
                    }
                    listener = TcpListener::bind(address).await.unwrap();
                }
            }
        });
        Self { address, shared }
    }

    /// Sets the fault from now on; `None` for no fault.
    pub fn set(&self, rule: Option<Rule>) {
        *self.shared.rule.lock().unwrap() = rule;
    }

    /// Accepts connections again if the server is gone.
    pub async fn come_back(&self) {
        if self.shared.gone.send_replace(false) {
            while tokio::net::TcpStream::connect(self.address).await.is_err() {
                tokio::task::yield_now().await;
            }
        }
    }

    /// The requests of the program so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }
}

impl Shared {
    fn strike(&self, method: &str, path: &str) -> Option<Kind> {
        let mut rule = self.rule.lock().unwrap();
        let rule = rule.as_mut().filter(|r| r.times > 0 && r.method == method && (r.strikes)(path))?;
        rule.times -= 1;
        Some(rule.kind.clone())
    }
}

async fn serve(mut stream: TcpStream, behind: SocketAddr, shared: Arc<Shared>) {
    // Nobody knows which request it is before it is read, so a fault that does not read applies to all of them.
    let unread = {
        let mut rule = shared.rule.lock().unwrap();
        match rule.as_mut() {
            Some(Rule { kind: Kind::Unread(end), times, .. }) if *times > 0 => {
                *times -= 1;
                Some(*end)
            }
            _ => None,
        }
    };
    if let Some(end) = unread {
        return finish(stream, end).await;
    }
    let Some((head, request)) = read_request(&mut stream).await else { return };
    let mut words = head.split_whitespace();
    let (method, path) =
        (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
    let of_program = head.contains("user-agent: bee-tui/");
    let kind = of_program.then(|| shared.strike(&method, &path)).flatten();
    if of_program {
        shared.seen.lock().unwrap().push(Seen { method, path, head: head.clone() });
    }
    match kind {
        None => {
            let answer = pass_on(&request, behind).await;
            let _ = stream.write_all(&answer).await;
            finish(stream, End::Close).await;
        }
        Some(Kind::Unread(end)) => finish(stream, end).await,
        Some(Kind::Gone { passed }) => {
            if passed {
                pass_on(&request, behind).await;
            }
            shared.gone.send_replace(true);
            // The test is told only once connections really fail.
            while TcpStream::connect(stream.local_addr().unwrap()).await.is_ok() {
                tokio::task::yield_now().await;
            }
            finish(stream, End::Reset).await;
        }
        Some(Kind::Instead(bytes, end)) => {
            let _ = stream.write_all(&bytes).await;
            finish(stream, end).await;
        }
        Some(Kind::After(bytes, end)) => {
            pass_on(&request, behind).await;
            let _ = stream.write_all(&bytes).await;
            finish(stream, end).await;
        }
        Some(Kind::Cut(of_head, of_body, end)) => {
            let answer = pass_on(&request, behind).await;
            let body = answer.windows(4).position(|w| w == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
            let cut = body * of_head / 1000 + (answer.len() - body) * of_body / 1000;
            let _ = stream.write_all(&answer[..cut]).await;
            finish(stream, end).await;
        }
        Some(Kind::Changed(change)) => {
            let answer = change(pass_on(&request, behind).await);
            let _ = stream.write_all(&answer).await;
            finish(stream, End::Close).await;
        }
        Some(Kind::Endless(first, more, pause)) => {
            let mut alive = stream.write_all(&first).await.is_ok();
            while alive {
                alive = stream.write_all(&more).await.is_ok();
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }
}

/// A request with its body, and its head as text.
async fn read_request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut request = Vec::new();
    let mut chunk = [0; 8192];
    loop {
        if let Some(at) = request.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..at]).to_ascii_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
            if request.len() >= at + 4 + length.unwrap_or(0usize) {
                return Some((String::from_utf8_lossy(&request[..at]).into_owned(), request));
            }
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => request.extend_from_slice(&chunk[..n]),
        }
    }
}

/// The sandbox's response to a request, read to the end of the connection.
async fn pass_on(request: &[u8], behind: SocketAddr) -> Vec<u8> {
    let at = request.windows(2).position(|w| w == b"\r\n").unwrap();
    let mut stream = TcpStream::connect(behind).await.unwrap();
    let mut closing = request[..at].to_vec();
    closing.extend_from_slice(b"\r\nconnection: close");
    closing.extend_from_slice(&request[at..]);
    stream.write_all(&closing).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    answer
}

async fn finish(mut stream: TcpStream, end: End) {
    match end {
        End::Close => {
            let _ = stream.shutdown().await;
            // What the other side still sends is read, since closing would reset the connection otherwise.
            let mut rest = [0; 4096];
            let all = async { while matches!(stream.read(&mut rest).await, Ok(n) if n > 0) {} };
            let _ = tokio::time::timeout(Duration::from_secs(5), all).await;
        }
        End::Reset => {
            let _ = stream.set_zero_linger();
        }
        End::Hang => {
            let mut rest = [0; 4096];
            while matches!(stream.read(&mut rest).await, Ok(n) if n > 0) {}
        }
    }
}
