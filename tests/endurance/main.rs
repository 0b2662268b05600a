//! Long tests with the real binary: killed at any moment and at every system call, and on a disk that fails.
//!
//! `cargo test --test endurance` runs all of them; `-- kills 500`, `-- imports 40`, `-- keys 20`, `-- calls`
//! or `-- disk` runs one. The last two need `strace`. With `--features seeded-faults`, `-- seeded` shows that
//! each catches a planted fault.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where its ground is gone")]
#![expect(unreachable_pub, dead_code, reason = "the pseudo-terminal is that of the other tests")]

#[path = "../it/support/mod.rs"]
mod support;

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use bee_tui::config::WritePolicy;
use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::SandboxOptions;
use serde_json::Value;

use crate::support::fault_server::FaultServer;
use crate::support::harness;
use crate::support::pty::{BINARY, Pty};

/// What the program is made to do in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Session {
    /// Three counters are edited and applied.
    Counters,
    /// Three counters are edited, and nothing is sent.
    Edits,
    /// A participant is created.
    Participant,
}

/// How a session is disturbed.
#[derive(Debug, Clone)]
enum Disturbed {
    /// The program is killed this long after it began.
    Killed(Duration),
    /// The program runs under strace, which injects this fault.
    Strace(String),
}

/// The surroundings of a session: a journal and a sandbox.
struct Scene {
    runtime: tokio::runtime::Runtime,
    sandbox: Sandbox,
    state: tempfile::TempDir,
}

/// What was seen of a session before it ended.
#[derive(Debug, Default)]
struct Seen {
    /// How many changes must be on disk: the screen showed the effect of a later key.
    committed: usize,
    /// Whether the screen said that the changes are saved.
    saved: bool,
    /// Whether the screen said that edits are not saved.
    warned: bool,
    /// Whether the session ran to its end.
    whole: bool,
}

impl Seen {
    /// A later key had its effect: this many changes are on disk, unless the screen says otherwise.
    fn note(&mut self, pty: &Pty, committed: usize) {
        let contents = pty.contents();
        self.warned |= contents.contains("not being saved") || contents.contains("cannot be saved");
        if !self.warned {
            self.committed = committed;
        }
    }
}

const COUNTERS: [(&str, &str); 3] = [
    ("number_of_african_male_top_managers", "81"),
    ("number_of_african_male_senior_managers", "82"),
    ("number_of_african_male_middle_managers", "83"),
];
const PERSON: &str = "Endura Person";

impl Scene {
    fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let sandbox = runtime.block_on(Sandbox::start(SandboxOptions::default())).unwrap();
        Self { runtime, sandbox, state: tempfile::tempdir().unwrap() }
    }

    fn environment(&self) -> Vec<(String, String)> {
        let options = &self.sandbox.options;
        vec![
            ("BEE_TUI_BASE_URL".into(), self.sandbox.origin()),
            ("BEE_TUI_API_KEY".into(), options.key.clone()),
            ("BEE_TUI_API_SECRET".into(), options.secret.clone()),
            ("BEE_TUI_STATE_DIR".into(), self.state.path().display().to_string()),
            ("BEE_TUI_CONFIG".into(), "/dev/null".into()),
        ]
    }

    fn start(&self, disturbed: &Disturbed) -> Pty {
        let environment = self.environment();
        let environment: Vec<_> =
            environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        match disturbed {
            Disturbed::Killed(after) => {
                let pty = Pty::start(40, 120, &[], &environment);
                let (pid, after) = (pty.child.process_id().unwrap(), *after);
                std::thread::spawn(move || {
                    std::thread::sleep(after);
                    let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
                    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
                });
                pty
            }
            Disturbed::Strace(inject) => {
                let trace = inject.split_once('=').map_or("all", |(_, rest)| rest.split(':').next().unwrap());
                let trace = format!("trace={trace}");
                let arguments = ["-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", inject, BINARY];
                Pty::start_program("strace", 40, 120, &arguments, &environment)
            }
        }
    }

    fn ask(&self, path: &str) -> Value {
        let options = &self.sandbox.options;
        let path = format!("/api/public/v1/{path}");
        let signed = path.split('?').next().unwrap();
        let signature = bee_tui::api::sign::signature(&options.secret, signed, b"", options.folds);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
        let request = client
            .get(format!("{}{path}", self.sandbox.origin()))
            .header("accept", "application/json")
            .header("x-api-key", &options.key)
            .header("authorization", format!("HMAC {signature}"));
        let text = self.runtime.block_on(async { request.send().await.unwrap().text().await.unwrap() });
        serde_json::from_str(&text).unwrap()
    }

    /// How many times the server has each of the changes.
    fn on_server(&self, session: Session) -> Vec<usize> {
        match session {
            Session::Counters | Session::Edits => {
                let plan = self.ask("employment_equity_plans/42");
                let target = &plan["milestones"][1]["targets"][0];
                COUNTERS
                    .iter()
                    .map(|(name, value)| usize::from(target[*name].to_string() == **value))
                    .collect()
            }
            Session::Participant => {
                let programs = "scorecards/scorecard_Y2EQKp8z1r9jeToPW6deGwo9/training_programs";
                let program = self.ask(&format!("{programs}?per_page=1000"))["data"][0]["id"].clone();
                let people = self.ask(&format!("{programs}/{program}/participants?per_page=1000"));
                vec![people["data"].as_array().unwrap().iter().filter(|p| p["full_name"] == PERSON).count()]
            }
        }
    }

    /// The state of each change in the journal, as listed for scripts.
    fn in_journal(&self, session: Session) -> Result<Vec<Option<String>>, String> {
        let output = Command::new(BINARY)
            .args(["journal", "list", "-o", "json"])
            .envs(self.environment())
            .output()
            .map_err(|e| e.to_string())?;
        let rows: Value = serde_json::from_slice(&output.stdout)
            .map_err(|_| format!("journal list: {}", String::from_utf8_lossy(&output.stderr)))?;
        let find = |field: &str, name: &str| {
            let row = rows.as_array()?.iter().find(|row| row[field] == name)?;
            Some(row["state"].as_str()?.to_owned())
        };
        Ok(match session {
            Session::Counters | Session::Edits => {
                COUNTERS.iter().map(|(name, _)| find("counter", name)).collect()
            }
            Session::Participant => vec![find("name", PERSON)],
        })
    }

    /// Runs a session until it or the program ends.
    fn drive(&self, session: Session, pty: &mut Pty) -> Seen {
        let mut seen = Seen::default();
        let _ = match session {
            Session::Counters | Session::Edits => counters(session, pty, &mut seen),
            Session::Participant => participant(pty, &mut seen),
        };
        // What was painted last counts too.
        while let Ok(bytes) = pty.bytes.recv_timeout(Duration::from_millis(if seen.whole { 0 } else { 50 })) {
            pty.screen.process(&bytes);
        }
        let contents = pty.contents();
        seen.saved |= contents.contains("counters saved") && !contents.contains("0 counters saved");
        seen.saved |= contents.contains("1 record saved");
        seen
    }

    /// Checks that the program opens the journal again within a second, without losing it.
    fn opens_again(&self) -> Result<(), String> {
        let environment = self.environment();
        let environment: Vec<_> =
            environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let begun = Instant::now();
        let mut pty = Pty::start(40, 120, &[], &environment);
        if pty.comes(&["FY26 EE Plan"]).is_none() {
            return Err(format!("it does not open again:\n{}", pty.contents()));
        }
        let took = begun.elapsed();
        if pty.contents().contains("not being saved") {
            return Err(format!("it opens without a journal:\n{}", pty.contents()));
        }
        pty.send("\x11\x11");
        let _ = pty.child.wait();
        if took > Duration::from_secs(1) { Err(format!("it opened after {took:?}")) } else { Ok(()) }
    }

    /// Compares what is on disk and on the server with what was seen.
    fn hold(&self, session: Session, seen: &Seen) -> Result<(), String> {
        let server = self.on_server(session);
        let journal = self.in_journal(session)?;
        for (at, (there, state)) in server.iter().zip(&journal).enumerate() {
            let what =
                format!("change {at}: {there} times on the server, {state:?} in the journal, {seen:?}");
            if *there > 1 {
                return Err(format!("twice on the server: {what}"));
            }
            if at < seen.committed && *there == 0 && state.is_none() {
                return Err(format!("lost: {what}"));
            }
            if *there == 1 && session == Session::Participant && state.as_deref() == Some("staged") {
                return Err(format!("it would be made twice: {what}"));
            }
            if seen.saved && *there == 0 {
                return Err(format!("saved is said, and it is not: {what}"));
            }
        }
        Ok(())
    }
}

/// Edits three counters and applies them; `None` when the program ends first.
fn counters(session: Session, pty: &mut Pty, seen: &mut Seen) -> Option<()> {
    const TROUBLE: &str = "not being saved";
    pty.comes(&["FY26 EE Plan"])?;
    pty.send("\r");
    pty.comes(&["Year 2 of 5"])?;
    for (at, (_, value)) in COUNTERS.iter().enumerate() {
        pty.send(&format!("{value}\r"));
        pty.comes(&[&format!("{} staged", at + 1), TROUBLE, "cannot be saved"])?;
        seen.note(pty, at);
    }
    pty.send("\x13");
    pty.comes(&["Review", TROUBLE, "cannot be saved"])?;
    seen.note(pty, COUNTERS.len());
    if session == Session::Edits {
        seen.whole = true;
        return Some(());
    }
    pty.send("A");
    if pty.comes(&["y Yes", TROUBLE, "nothing"])? > 0 {
        seen.whole = true;
        return Some(());
    }
    pty.outlast_deafness();
    pty.send("y");
    pty.comes(&["counters saved", "journal", TROUBLE])?;
    seen.whole = true;
    Some(())
}

/// Creates a participant by form; `None` when the program ends first.
fn participant(pty: &mut Pty, seen: &mut Seen) -> Option<()> {
    const TROUBLE: &str = "not being saved";
    pty.comes(&["FY26 EE Plan"])?;
    pty.send("2");
    pty.comes(&["Acme Construction"])?;
    pty.send("/acme construction\r\r");
    pty.comes(&["Training programs"])?;
    pty.comes(&["Participants"])?;
    pty.send("\r");
    pty.comes(&["participants"])?;
    pty.send("a");
    pty.comes(&["New participant"])?;
    pty.send(&format!("{PERSON}\tf\t\t\tafrican\x13"));
    pty.comes(&["Review", TROUBLE, "cannot be saved"])?;
    pty.send("A");
    if pty.comes(&["y Yes", TROUBLE, "nothing", "cannot be saved"])? > 0 {
        seen.whole = true;
        return Some(());
    }
    seen.note(pty, 1);
    pty.outlast_deafness();
    pty.send("y");
    pty.comes(&["record saved", "records saved", "journal", TROUBLE])?;
    seen.whole = true;
    Some(())
}

/// Runs one disturbed session. Fails with what is wrong.
fn run(session: Session, disturbed: &Disturbed) -> Result<Outcome, String> {
    let scene = Scene::new();
    let mut pty = scene.start(disturbed);
    let seen = scene.drive(session, &mut pty);
    let _ = pty.child.kill();
    let _ = pty.child.wait();
    drop(pty);
    let held = scene
        .hold(session, &seen)
        .and_then(|()| scene.opens_again())
        .and_then(|()| scene.hold(session, &seen));
    held.map_err(|why| format!("{session:?}, {disturbed:?}: {why}"))?;
    Ok(Outcome { whole: seen.whole, held: seen.committed })
}

/// The result of a session whose promises were kept.
struct Outcome {
    /// Whether the session ran to its end.
    whole: bool,
    /// How many changes were certainly written.
    held: usize,
}

/// The totals of a series of sessions.
#[derive(Default)]
struct Tally {
    runs: usize,
    whole: usize,
    /// How many changes were certainly written, and were found on disk or on the server.
    held: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn add(&mut self, outcome: Result<Outcome, String>) -> bool {
        self.runs += 1;
        match outcome {
            Ok(Outcome { whole, held }) => {
                self.whole += usize::from(whole);
                self.held += held;
                whole
            }
            Err(why) => {
                eprintln!("{why}");
                self.wrong.push(why);
                false
            }
        }
    }

    fn told(self, name: &str) -> bool {
        println!(
            "{name}: {} sessions, {} to their end, {} written changes held, {} promises broken",
            self.runs,
            self.whole,
            self.held,
            self.wrong.len()
        );
        // A series in which nothing was written proves nothing.
        self.wrong.is_empty() && self.held > 0
    }
}

/// Kills the program at random moments.
fn kills(count: usize) -> bool {
    let mut tally = Tally::default();
    let mut random = fastrand::Rng::with_seed(20_261_126);
    for n in 0..count {
        let session = if n % 2 == 0 { Session::Counters } else { Session::Participant };
        let after = Duration::from_millis(random.u64(20..900));
        tally.add(run(session, &Disturbed::Killed(after)));
    }
    tally.told("killed at random moments")
}

/// How many rows the file of an import has: more than one request takes.
const PEOPLE: usize = 150;

/// Kills an import from the shell and runs it again: into a program, or of a whole file into a scorecard. Fails with what
/// is wrong.
fn import(after: Duration, whole: bool) -> Result<Outcome, String> {
    let scene = Scene::new();
    let file = scene.state.path().join("people.csv");
    let line = |n: usize| {
        let named = if n.is_multiple_of(2) { "Ladders,E" } else { "Welding,D" };
        format!("{PERSON} {n},F,African,no,no,no,{}\n", if whole { named } else { "," })
    };
    let lines: String = (0..PEOPLE).map(line).collect();
    let headings = "full_name,gender,race,disabled,foreign,employed,programme,category\n";
    std::fs::write(&file, format!("{headings}{lines}")).unwrap();
    let scorecard = "scorecard_Y2EQKp8z1r9jeToPW6deGwo9";
    let programs = format!("scorecards/{scorecard}/training_programs");
    let program = scene.ask(&format!("{programs}?per_page=1000"))["data"][0]["id"].to_string();
    let command = || {
        let mut command = Command::new(BINARY);
        if whole {
            command.args(["training-programs", "import", scorecard]);
        } else {
            command.args(["participants", "import", scorecard, &program]);
        }
        command.arg(&file).envs(scene.environment());
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command
    };
    let names = || {
        let there = scene.ask(&format!("{programs}?per_page=1000"));
        let there = there["data"].as_array().unwrap().iter();
        let names = there.flat_map(|program| {
            let people = scene.ask(&format!("{programs}/{}/participants?per_page=1000", program["id"]));
            let names = people["data"].as_array().unwrap().iter().map(|p| p["full_name"].to_string());
            names.collect::<Vec<_>>()
        });
        names.filter(|name| name.contains(PERSON)).collect::<Vec<_>>()
    };
    let mut child = command().spawn().unwrap();
    std::thread::sleep(after);
    let ended = child.try_wait().unwrap().is_some();
    let _ = child.kill();
    child.wait().unwrap();
    let there = names().len();
    let again = command().output().unwrap();
    let (mut made, said) = (names(), String::from_utf8_lossy(&again.stderr).into_owned());
    let all = made.len();
    made.sort();
    made.dedup();
    if (made.len(), all) != (PEOPLE, PEOPLE) {
        return Err(format!("killed after {after:?}: {} people, {all} records: {said}", made.len()));
    }
    let journal = Command::new(BINARY)
        .args(["journal", "list", "-o", "json"])
        .envs(scene.environment())
        .output()
        .unwrap();
    let journal = String::from_utf8_lossy(&journal.stdout).trim().to_owned();
    if journal != "[]" {
        return Err(format!("killed after {after:?}: the journal holds {journal}: {said}"));
    }
    Ok(Outcome { whole: ended, held: there })
}

/// Kills imports at random moments and runs them again.
fn imports(count: usize) -> bool {
    let mut tally = Tally::default();
    let mut random = fastrand::Rng::with_seed(20_261_130);
    for n in 0..count {
        tally.add(import(Duration::from_millis(random.u64(20..200)), n % 2 == 1));
    }
    tally.told("imports killed at random moments and run again")
}

/// The system calls with effects outside the process.
const CALLS: &str = "write,pwrite64,fsync,fdatasync,ftruncate,unlink,sendto,openat,rename,flock,fcntl";

/// Kills the program at every nth of these system calls.
fn calls() -> bool {
    let mut tally = Tally::default();
    for session in [Session::Counters, Session::Participant] {
        for nth in 1..2000 {
            let inject = format!("inject={CALLS}:signal=SIGKILL:when={nth}");
            if tally.add(run(session, &Disturbed::Strace(inject))) {
                break;
            }
        }
    }
    tally.told("killed at every call")
}

/// Makes writing and syncing fail from the nth time on, or once.
fn disk() -> bool {
    let mut tally = Tally::default();
    for session in [Session::Edits, Session::Counters, Session::Participant] {
        for (calls, error) in [("pwrite64", "ENOSPC"), ("fdatasync,fsync", "EIO"), ("ftruncate", "EIO")] {
            for nth in 1..40 {
                for when in [format!("{nth}+"), nth.to_string()] {
                    let inject = format!("inject={calls}:error={error}:when={when}");
                    tally.add(run(session, &Disturbed::Strace(inject)));
                }
            }
        }
    }
    tally.told("on a disk that fails")
}

/// Presses random keys against a sandbox: a deletion needs its typed name, and a read-only profile only reads.
fn keys(seeds: usize) -> bool {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut tally = Tally::default();
    // The keys also write files, by names without a folder.
    let folder = tempfile::tempdir().unwrap();
    std::env::set_current_dir(&folder).unwrap();
    for seed in 0..seeds as u64 {
        for guard in [WritePolicy::Standard, WritePolicy::ReadOnly] {
            tally.add(
                runtime
                    .block_on(random_keys(seed, guard))
                    .map_err(|why| format!("seed {seed}, {guard:?}: {why}")),
            );
        }
    }
    tally.told("10,000 random keys each")
}

async fn random_keys(seed: u64, guard: WritePolicy) -> Result<Outcome, String> {
    let behind = harness::sandbox().await;
    let server = FaultServer::before(&behind).await;
    let front = Sandbox::at_address(server.address, behind.options.clone());
    let setup = harness::Setup { guard, ..harness::App::setup(&front) };
    let mut app = harness::App::open_with(&front, setup).await;
    let mut next = harness::monkey(seed);
    let mut known = 0;
    for _ in 0..10_000 {
        let before = app.screen();
        app.step(next());
        app.settle().await;
        for seen in &server.seen()[known..] {
            known += 1;
            let typed = before.contains(", then Enter");
            if seen.method == "DELETE" && !typed {
                return Err(format!("{} was deleted without a word, from\n{before}", seen.path));
            }
            if seen.method != "GET" && guard == WritePolicy::ReadOnly {
                return Err(format!("{} {} was sent, from\n{before}", seen.method, seen.path));
            }
        }
    }
    Ok(Outcome { whole: true, held: app.runner.model.workspace().staged_count() })
}

/// Runs each series with a planted fault that it has to catch.
#[cfg(feature = "seeded-faults")]
fn seeded() -> bool {
    let series = [("LateJournal", "kills", "40"), ("DeafDisk", "disk", "1"), ("StrayDelete", "keys", "1")];
    series.into_iter().all(|(fault, name, count)| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let output = command.args([name, count]).env("BEE_TUI_SEEDED", fault).output().unwrap();
        let caught = !output.status.success();
        println!("{fault}: {} by {name}", if caught { "caught" } else { "not caught" });
        caught
    })
}

#[cfg(not(feature = "seeded-faults"))]
fn seeded() -> bool {
    println!("seeded asks for --features seeded-faults");
    false
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let count = arguments.iter().find_map(|a| a.parse().ok()).unwrap_or(500);
    if arguments.iter().any(|a| a == "seeded") {
        return ExitCode::from(u8::from(!seeded()));
    }
    let wanted = |name: &str| {
        arguments.iter().all(|a| a.parse::<usize>().is_ok()) || arguments.iter().any(|a| a == name)
    };
    let mut well = true;
    if wanted("imports") {
        well &= imports(count.min(60));
    }
    if wanted("kills") {
        well &= kills(count);
    }
    if wanted("keys") {
        well &= keys(count.min(20));
    }
    let traced = Command::new("strace").arg("-V").output().is_ok();
    if !traced && (wanted("calls") || wanted("disk")) {
        println!("strace is not here: neither calls nor the disk are disturbed");
        return ExitCode::FAILURE;
    }
    if wanted("calls") {
        well &= calls();
    }
    if wanted("disk") {
        well &= disk();
    }
    ExitCode::from(u8::from(!well))
}
