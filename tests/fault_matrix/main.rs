//! Every fault times every kind of call, each checked against the promises: keys are handled, no edit is
//! lost, one state is shown and "saved" only when it is, one confirmation sends one creation, nothing secret
//! or unsanitised is shown, nothing is sent elsewhere, and an error names its call. Afterwards the server
//! works again, and the edit arrives once.
//!
//! Each cell is a test of its own: `cargo test --test fault_matrix -- patch_target` runs those of one call, and
//! `-- "patch_target::done, then reset"` one of them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where its ground is gone")]
#![expect(unreachable_pub, dead_code, reason = "what the tests share is shared by several programs")]

#[path = "../it/support/mod.rs"]
mod support;

use std::io::Write as _;
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use bee_tui::api::client::Timeouts;
use bee_tui::app::message::Msg;
use bee_tui::nav::Severity;
use bee_tui::runtime::journal::Journal;
use bee_tui::sandbox::Sandbox;
use serde_json::Value;
use strum::VariantArray;

use crate::support::fault_server::{End, FaultServer, Kind, Rule};
use crate::support::harness::ACME;
use crate::support::harness::{App, Setup, account, api, ask, counter, plan, rows, sandbox};

/// Text in faulty responses that must never be shown: a message names the call, not the body or the headers.
const LEAK: &str = "leaky-body-4711";

fn http(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut answer =
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

fn gzip_bomb() -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"[").unwrap();
    for _ in 0..40 {
        packed.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    http("200 OK", "content-encoding: gzip\r\n", packed.finish().unwrap())
}

/// The faults, each with its name. `elsewhere` is an origin that must never be called.
fn kinds(elsewhere: &str) -> Vec<(String, Kind)> {
    use End::{Close, Hang, Reset};
    let mut kinds: Vec<(String, Kind)> = Vec::new();
    let mut add = |name: &str, kind: Kind| kinds.push((name.to_owned(), kind));
    let instead = |bytes: &[u8]| Kind::Instead(bytes.to_vec(), Close);
    let after = |bytes: &[u8]| Kind::After(bytes.to_vec(), Close);
    let ok = |body: &str| http("200 OK", "content-type: application/json\r\n", body);
    // The connection.
    add("closed before it is read", Kind::Unread(Close));
    add("reset before it is read", Kind::Unread(Reset));
    add("closed without an answer", instead(b""));
    add("reset without an answer", Kind::Instead(Vec::new(), Reset));
    add("hangs without an answer", Kind::Instead(Vec::new(), Hang));
    add("done, then closed", after(b""));
    add("done, then reset", Kind::After(Vec::new(), Reset));
    add("done, then hangs", Kind::After(Vec::new(), Hang));
    add("gone without a word", Kind::Gone { passed: false });
    add("done, then gone", Kind::Gone { passed: true });
    add("cut in the status line", Kind::Cut(20, 0, Close));
    add("cut in the headers", Kind::Cut(600, 0, Close));
    add("cut after the headers", Kind::Cut(1000, 0, Reset));
    add("cut in the body", Kind::Cut(1000, 500, Close));
    add("cut in the body, reset", Kind::Cut(1000, 500, Reset));
    add("cut in the body, hangs", Kind::Cut(1000, 500, Hang));
    add(
        "drips",
        Kind::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), b" ".to_vec(), Duration::from_millis(40)),
    );
    add(
        "endless headers",
        Kind::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"x: y\r\n".repeat(100), Duration::ZERO),
    );
    let endless = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let chunk = [b"10000\r\n".to_vec(), vec![b' '; 0x10000], b"\r\n".to_vec()].concat();
    add("an endless body", Kind::Endless(endless, chunk, Duration::ZERO));
    add("a gzip bomb", instead(&gzip_bomb()));
    // What is not HTTP.
    add("garbage", instead(&[0, 159, 146, 150, 13, 10, 13, 10]));
    add("plain text", instead(format!("{LEAK}\r\n\r\n").as_bytes()));
    add("an alert of TLS", instead(&[0x15, 3, 3, 0, 2, 2, 40]));
    add("another protocol", instead(b"SSH-2.0-OpenSSH_9.9\r\n"));
    for (name, head) in [
        ("no number for a status", "HTTP/1.1 abc OK\r\n\r\n"),
        ("a negative length", "HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n[]"),
        ("two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 9\r\n\r\n[]"),
        ("a length that is too long", "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n[]"),
        ("a bad chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n[]\r\n0\r\n\r\n"),
        ("gzip that is none", "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n[]"),
        ("another protocol is switched to", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"),
        ("goes on for ever with 100", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"),
    ] {
        add(name, instead(head.as_bytes()));
    }
    // A success status whose body is no valid response.
    let page = format!("<!doctype html><title>{LEAK}</title>");
    for (name, body) in [
        ("a web page", page.as_str()),
        ("nothing", ""),
        ("null", "null"),
        ("a number", "7"),
        ("a text", "\"leaky-body-4711\""),
        ("an empty object", "{}"),
        ("JSON that breaks off", "[{\"id\": 1, \"name\": \"leaky-body-4711"),
        ("a key twice", "{\"id\": 1, \"id\": 2}"),
        ("an object in a list's place", "{\"data\": 7}"),
        ("rows of other kinds", "[7, null, \"leaky-body-4711\", [], {}]"),
        ("fields of other kinds", "{\"id\": {\"leaky-body-4711\": []}, \"name\": 7}"),
    ] {
        add(&format!("200 with {name}"), instead(&ok(body)));
        add(&format!("done, 200 with {name}"), after(&ok(body)));
    }
    // For a write each of these is an unknown outcome, whether it was applied or not.
    let deep = format!("{}7{}", "[".repeat(10_000), "]".repeat(10_000));
    for (name, body) in [
        ("nested ten thousand deep", deep.as_bytes()),
        ("no text at all", b"{\"id\": 1, \"name\": \"\xff\xfe\"}"),
        ("of another shape", br#"{"status": "ok"}"#),
    ] {
        let answer = http("200 OK", "content-type: application/json\r\n", body);
        add(&format!("200, {name}"), instead(&answer));
        add(&format!("done, 200, {name}"), after(&answer));
    }
    add("204 in an answer's place", instead(&http("204 No Content", "", "")));
    add("202, done later", instead(&http("202 Accepted", "", "")));
    add("206, a part", instead(&http("206 Partial Content", "", "[")));
    // Redirects to another host.
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        add(status, instead(&http(status, &format!("location: {elsewhere}/{LEAK}\r\n"), "")));
    }
    add("done, 303", after(&http("303 See Other", &format!("location: {elsewhere}/x\r\n"), "")));
    // Other statuses.
    for status in [400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 418, 423, 425, 429, 431, 451, 499] {
        // The API's own message is shown; anybody could have written the text of the status line.
        let words = r#"{"error": "not today"}"#;
        add(&status.to_string(), instead(&http(&format!("{status} {LEAK}"), "", words)));
    }
    for status in [500, 501, 502, 503, 504, 507, 599] {
        add(&status.to_string(), instead(&http(&format!("{status} Oops"), "", &page)));
        add(&format!("done, {status}"), after(&http(&format!("{status} Oops"), "", &page)));
    }
    for (name, wait) in [
        ("seconds", "1"),
        ("a date", "Wed, 21 Oct 2015 07:28:00 GMT"),
        ("no sense", "soon"),
        ("an hour", "3600"),
    ] {
        add(
            &format!("429, wait: {name}"),
            instead(&http("429 Too Many", &format!("retry-after: {wait}\r\n"), "")),
        );
        add(
            &format!("503, wait: {name}"),
            instead(&http("503 Busy", &format!("retry-after: {wait}\r\n"), "")),
        );
    }
    for (name, body) in [
        ("of plans", r#"{"errors": ["Start date cannot be before 01/09/2025"]}"#),
        (
            "of participants",
            r#"{"error": {"message": "Invalid.", "invalid_records": [{"full_name": "X", "errors": ["no"]}]}}"#,
        ),
        ("of neither", r#"{"reason": "no"}"#),
        ("that would fool a terminal", "{\"errors\": [\"\\u001b[2J\\u202e\\u0007 no\"]}"),
        ("that is a web page", page.as_str()),
    ] {
        add(&format!("422 {name}"), instead(&http("422 Unprocessable", "", body)));
    }
    add(
        "a byte lost",
        Kind::Changed(|mut answer| {
            let at = answer.len() - 2;
            answer.remove(at);
            answer
        }),
    );
    kinds
}

/// A call that a fault is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
enum Operation {
    ReadList,
    ReadPlan,
    PatchTarget,
    PatchPlan,
    PutScorecard,
    Recalculate,
    PostParticipant,
    PostProgram,
    PostScorecard,
    PostPlan,
    DeleteParticipant,
}

use Operation::{
    DeleteParticipant, PatchPlan, PatchTarget, PostParticipant, PostPlan, PostProgram, PostScorecard,
    PutScorecard, ReadList, ReadPlan, Recalculate,
};

impl Operation {
    /// The first part of the names of its tests.
    fn name(self) -> &'static str {
        match self {
            ReadList => "read_list",
            ReadPlan => "read_plan",
            PatchTarget => "patch_target",
            PatchPlan => "patch_plan",
            PutScorecard => "put_scorecard",
            Recalculate => "recalculate",
            PostParticipant => "post_participant",
            PostProgram => "post_program",
            PostScorecard => "post_scorecard",
            PostPlan => "post_plan",
            DeleteParticipant => "delete_participant",
        }
    }

    fn method(self) -> &'static str {
        match self {
            ReadList | ReadPlan => "GET",
            PatchTarget | PatchPlan => "PATCH",
            PutScorecard | Recalculate => "PUT",
            PostParticipant | PostProgram | PostScorecard | PostPlan => "POST",
            DeleteParticipant => "DELETE",
        }
    }

    fn strikes(self) -> fn(&str) -> bool {
        match self {
            ReadList => |path| path.ends_with("employment_equity_plans"),
            ReadPlan => |path| path.ends_with("employment_equity_plans/42"),
            _ => |_| true,
        }
    }

    /// Whether one confirmation may send it at most once.
    fn is_once(self) -> bool {
        matches!(self, Recalculate | PostParticipant | PostScorecard | PostPlan)
    }

    /// Brings the program to the point where the returned key sends the call.
    async fn prepare(self, app: &mut App) -> &'static str {
        let acme = async |app: &mut App| {
            app.keys("2 /").await.text("acme construction").await.keys("enter").await;
        };
        match self {
            ReadList => return "r",
            ReadPlan => {
                app.keys("enter").await;
                return "r";
            }
            PatchTarget => app.keys("enter 8 enter ctrl-s A").await,
            PatchPlan => app.keys("e ctrl-u").await.text("Renamed plan").await.keys("ctrl-s A").await,
            PutScorecard => {
                acme(app).await;
                app.keys("e").await.fill(&["", "", "", "", "Mpumalanga"]).await.keys("ctrl-s A").await
            }
            Recalculate => app.keys("enter C").await,
            PostScorecard => {
                app.keys("2 a").await;
                app.fill(&["New scorecard", "01/09/2026", "2027-08-31", "attorneys", "Limpopo"]).await;
                app.keys("ctrl-s A").await
            }
            PostPlan => {
                app.keys("a").await.fill(&["New plan", "2026-09-01", "2030-08-31"]).await;
                app.keys("tab").await.text("acme").await.keys("ctrl-s A").await
            }
            PostProgram => {
                acme(app).await;
                app.keys("enter a").await.fill(&["New program", "C"]).await.keys("ctrl-s A").await
            }
            PostParticipant => {
                acme(app).await;
                app.keys("enter enter a").await.fill(&["New Person", "f", "", "", "african"]).await;
                app.keys("ctrl-s A").await
            }
            DeleteParticipant => {
                acme(app).await;
                app.keys("enter enter D ctrl-s A").await;
                let line = app.line("type ");
                let name = line.split("type ").nth(1).unwrap().split(", then").next().unwrap().to_owned();
                app.text(&name).await;
                return "enter";
            }
        };
        "y"
    }

    /// How many times the server has what was asked for.
    async fn done(self, sandbox: &Sandbox) -> usize {
        let named =
            |rows: &[Value], field: &str, name: &str| rows.iter().filter(|r| r[field] == name).count();
        let programs = format!("scorecards/{ACME}/training_programs");
        let list = async |path: &str| {
            let (_, list) = ask(sandbox, "GET", &api(path), None).await;
            list.as_array().cloned().unwrap_or_default()
        };
        match self {
            // What these do is judged by `is_true_of_screen`.
            ReadList | ReadPlan | Recalculate => 1,
            PatchTarget => {
                usize::from(counter(&plan(sandbox, 42).await, 2, 0, "african_male_top_managers") == 8)
            }
            PatchPlan => named(&list("employment_equity_plans").await, "name", "Renamed plan"),
            PostPlan => named(&list("employment_equity_plans").await, "name", "New plan"),
            PutScorecard => {
                let cards = list("scorecards").await;
                cards.iter().filter(|c| c["id"] == ACME && c["province"] == "Mpumalanga").count()
            }
            PostScorecard => named(&list("scorecards").await, "description", "New scorecard"),
            PostProgram => named(&rows(sandbox, &programs).await, "name", "New program"),
            PostParticipant | DeleteParticipant => {
                let program = rows(sandbox, &programs).await[0]["id"].clone();
                let people = rows(sandbox, &format!("{programs}/{program}/participants")).await;
                match self {
                    PostParticipant => named(&people, "full_name", "New Person"),
                    _ => usize::from(people.len() < FIRST_PROGRAM),
                }
            }
        }
    }
}

impl Operation {
    /// Whether what the screen says of the call is so: what was read is there, and a recalculation that is said to have been
    /// started here runs on the server.
    async fn is_true_of_screen(self, app: &mut App, sandbox: &Sandbox) -> bool {
        match self {
            // A list whose rows are no records is read, and says how many it could not read.
            ReadList => {
                ["FY26 EE Plan", "5 could not be read"].iter().any(|text| app.screen().contains(text))
            }
            ReadPlan => app.screen().contains("Year 2 of 5"),
            Recalculate => {
                app.keys(":").await.text("watch").await.keys("enter").await;
                let is_claimed = app.screen().contains("running (started here)");
                app.keys("esc").await;
                // The sandbox answers 409 while one runs.
                let path = api("scorecards/scorecard_Y2EQKp8z1r9jeToPW6deGwo9/recalculate");
                !is_claimed || ask(sandbox, "PUT", &path, None).await.0 == 409
            }
            _ => true,
        }
    }
}

/// How many participants the sandbox's first program has.
const FIRST_PROGRAM: usize = 50;

/// What went wrong with one fault and one call, in words.
#[derive(Default)]
struct Cell {
    wrong: Vec<String>,
}

impl Cell {
    fn hold(&mut self, held: bool, words: impl FnOnce() -> String) {
        if !held {
            self.wrong.push(words());
        }
    }
}

/// Checks what must be true of the screen at any time.
fn look(app: &App, cell: &mut Cell) {
    let screen = app.screen();
    cell.hold(!screen.chars().any(|c| c.is_control() && c != '\n'), || {
        "a control character is on screen".into()
    });
    for secret in [LEAK, "sandbox-secret-not-a-real-one", "HMAC "] {
        cell.hold(!screen.contains(secret), || format!("`{secret}` is on screen:\n{screen}"));
    }
}

async fn run(operation: Operation, kind: Kind, times: usize, elsewhere: &TcpListener) -> Vec<String> {
    let mut cell = Cell::default();
    let behind = sandbox().await;
    let server = FaultServer::before(&behind).await;
    let front = Sandbox::at_address(server.address, behind.options.clone());
    let dir = tempfile::tempdir().unwrap();
    let setup = || {
        let patience = Timeouts {
            connect: Duration::from_secs(1),
            idle: Duration::from_millis(250),
            total: Duration::from_millis(900),
            total_post: Duration::from_millis(900),
            ..Timeouts::default()
        };
        let journal = Journal::open(dir.path(), &account(&front)).unwrap().journal;
        Setup { journal: Ok(journal), patience, ..App::setup(&front) }
    };
    let mut app = App::open_with(&front, setup()).await;
    let key = operation.prepare(&mut app).await;
    let staged = app.runner.model.workspace().staged_count();
    let before = server.seen().len();
    server.set(Some(Rule { method: operation.method(), strikes: operation.strikes(), kind, times }));
    // The key that sends, and another right after it: no fault blocks input.
    app.step(Msg::Key(key.parse().unwrap()));
    app.wait(Duration::from_secs(1));
    app.step(Msg::Key("?".parse().unwrap()));
    cell.hold(app.screen().contains("Keys"), || "a key is not answered".into());
    app.step(Msg::Key("esc".parse().unwrap()));
    app.settle().await;
    look(&app, &mut cell);
    let sent: Vec<_> = server.seen().split_off(before);
    let once =
        sent.iter().filter(|s| s.method == operation.method() && (operation.strikes())(&s.path)).count();
    cell.hold(!operation.is_once() || once <= 1, || format!("sent {once} times"));
    if matches!(operation, ReadList | ReadPlan) {
        let is_kept = operation.is_true_of_screen(&mut app, &behind).await;
        cell.hold(is_kept, || format!("what was read before is gone:\n{}", app.screen()));
    }
    let arrived = operation.done(&behind).await;
    let screen = app.screen();
    let saved = screen.contains("1 counter saved") || screen.contains("1 record saved");
    cell.hold(!saved || arrived > 0, || format!("saved is said, and it is not:\n{screen}"));
    let kept = app.runner.model.workspace().staged_count();
    cell.hold(kept > 0 || staged == 0 || arrived > 0, || format!("the edit is lost:\n{screen}"));
    if let Some(notice) =
        app.runner.model.engine().status().notice.as_ref().filter(|n| n.severity == Severity::Error)
    {
        let named = notice.text.contains("/api/public/v1/") || notice.text.contains("the JSON");
        cell.hold(named, || format!("the call is not named: {}", notice.text));
        cell.hold(!notice.text.contains(LEAK), || format!("the body is shown: {}", notice.text));
    }
    // After a kill here and a restart, everything is still there; the server works again.
    drop(app);
    server.set(None);
    server.come_back().await;
    let journal: Vec<u8> = std::fs::read_dir(dir.path())
        .unwrap()
        .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect();
    for secret in [LEAK, "sandbox-secret-not-a-real-one"] {
        let there = journal.windows(secret.len()).any(|w| w == secret.as_bytes());
        cell.hold(!there, || format!("`{secret}` is in the journal"));
    }
    let mut app = App::open_with(&front, setup()).await;
    cell.hold(
        app.runner.model.workspace().staged_count() == kept || operation.done(&behind).await > 0,
        || format!("{kept} were staged, and after a restart {}", app.runner.model.workspace().staged_count()),
    );
    // Whatever is still open is reconciled, then sent if it did not arrive: in the end it is there, once.
    for round in 0..3 {
        while app.ring().await.is_some() {}
        if app.runner.model.workspace().staged_count() > 0 {
            // What a good response did not show has to be released by a person.
            app.keys(if round < 2 { "ctrl-s A" } else { "ctrl-s m A" }).await;
            if app.screen().contains("type ") {
                let line = app.line("type ");
                let name = line.split("type ").nth(1).unwrap().split(", then").next().unwrap().to_owned();
                app.text(&name).await.keys("enter").await;
            } else {
                app.keys("y").await;
            }
            app.keys("n esc esc esc").await;
        }
        look(&app, &mut cell);
    }
    let end = operation.done(&behind).await;
    if operation == ReadPlan {
        app.keys("enter").await;
    }
    let is_true = operation.is_true_of_screen(&mut app, &behind).await;
    let screen = app.screen();
    cell.hold(is_true, || format!("in the end the screen is not true:\n{screen}"));
    cell.hold(end == 1, || format!("in the end it is there {end} times:\n{screen}"));
    cell.hold(app.runner.model.workspace().staged_count() == 0, || {
        format!("in the end it is still staged:\n{screen}")
    });
    // A recalculation was confirmed once, and a restart is no second confirmation.
    let puts = server.seen().iter().filter(|seen| seen.path.ends_with("/recalculate")).count();
    cell.hold(puts <= 1, || format!("{puts} recalculations were asked for"));
    let accepted = elsewhere.accept().is_ok();
    cell.hold(!accepted, || "another host was called".into());
    cell.wrong
}

/// Most of a cell is waiting, so many run at once however few processors there are.
const CELLS_AT_ONCE: usize = 12;

fn main() -> ExitCode {
    let mut arguments = libtest_mimic::Arguments::from_args();
    arguments.test_threads.get_or_insert(CELLS_AT_ONCE);
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let kinds = kinds(&format!("http://{}", elsewhere.local_addr().unwrap()));
    let elsewhere = Arc::new(elsewhere);
    let cells = kinds
        .iter()
        .flat_map(|(name, kind)| Operation::VARIANTS.iter().map(move |operation| (*operation, name, kind)));
    let trial = |(at, (operation, name, kind)): (usize, (Operation, &String, &Kind))| {
        let (kind, elsewhere) = (kind.clone(), elsewhere.clone());
        // Once, which a retry may get over, and for as long as it lasts.
        let times = if at.is_multiple_of(2) { usize::MAX } else { 1 };
        libtest_mimic::Trial::test(format!("{}::{name}", operation.name()), move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
            let wrong = runtime.block_on(run(operation, kind, times, &elsewhere));
            if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
        })
    };
    let trials = cells.enumerate().map(trial).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}
