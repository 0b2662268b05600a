//! A program of 20,000 participants: the whole list and its first rows, compared in the same run with a bare
//! loop that decodes typed rows with as many requests in flight; then a filter keystroke, and memory.
//!
//! `cargo bench --bench participants`, with `-- --delay 50` for 50 ms added to each answer.

#![expect(clippy::unwrap_used, reason = "a bench stops where its ground is gone")]

#[path = "support/session.rs"]
mod session;

use std::time::{Duration, Instant};

use bee_tui::api::client::{Client, ClientSettings, Credentials};
use bee_tui::api::sign::signature;
use bee_tui::app::message::Msg;
use bee_tui::app::model::Model;
use bee_tui::domain::change::collection::Collection;
use bee_tui::domain::id::TrainingProgramId;
use bee_tui::domain::import::answers::Answers;
use bee_tui::domain::import::file_rows::ImportTarget;
use bee_tui::domain::import::preview::ImportPreview;
use bee_tui::domain::import::server_knowledge::ServerKnowledge;
use bee_tui::effect::Effects;
use bee_tui::input::key::Key;
use bee_tui::runtime::effects::{EffectRunner, Timers};
use bee_tui::runtime::files::read_grids;
use bee_tui::runtime::journal::Journal;
use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::SandboxOptions;
use bee_tui::workspace::Workspace;
use futures_util::StreamExt;
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

const ROWS: u32 = 20_000;
const PAGES: u32 = ROWS / 1000;
const AT_ONCE: usize = 8;
const PATH: &str =
    "/api/public/v1/scorecards/scorecard_Y2EQKp8z1r9jeToPW6deGwo9/training_programs/32000/participants";

/// A participant as a program that needs nothing else would decode it: every field, in the type that the API sends.
#[derive(Deserialize)]
#[expect(dead_code, clippy::struct_excessive_bools, reason = "it is decoded as it comes, and not looked at")]
struct Bare {
    id: u64,
    full_name: String,
    gender: String,
    disabled: bool,
    foreign: bool,
    race: String,
    id_number: Option<String>,
    office_based: bool,
    age: i64,
    province: Option<String>,
    business_unit: Option<String>,
    employee_code: Option<String>,
    employed: bool,
    completed: bool,
    absorbed: bool,
    course_cost: String,
    travel_cost: String,
    catering_cost: String,
    stationery_cost: String,
    training_facility_cost: String,
    salary_cost: String,
    other_costs: String,
    start_date: Option<String>,
    end_date: Option<String>,
    accommodation_cost: String,
    custom_data: Option<String>,
    man_hours: String,
    driver: bool,
    starting_employment_status: String,
    yes_employee: bool,
    absorption_date: Option<String>,
    legal_attorney_status: Option<String>,
    admission_as_legal_practitioner: bool,
    created_at: String,
    updated_at: String,
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Bare>,
}

async fn bare_page(http: &reqwest::Client, origin: &str, options: &SandboxOptions, page: u32) -> Vec<Bare> {
    let signed = signature(&options.secret, PATH, b"", options.folds);
    let request = http
        .get(format!("{origin}{PATH}?page={page}&per_page=1000"))
        .header("accept", "application/json")
        .header("x-api-key", &options.key)
        .header("authorization", format!("HMAC {signed}"));
    let body = request.send().await.unwrap().bytes().await.unwrap();
    serde_json::from_slice::<Page>(&body).unwrap().data
}

/// The whole list by the bare loop: the first page, then eight at a time, each decoded on a task of its own.
async fn bare(http: &reqwest::Client, origin: &str, options: &SandboxOptions) -> (Duration, Duration) {
    let begun = Instant::now();
    let mut rows = bare_page(http, origin, options, 1).await;
    let first = begun.elapsed();
    let page = |page| {
        let (http, origin, options) = (http.clone(), origin.to_owned(), options.clone());
        tokio::spawn(async move { bare_page(&http, &origin, &options, page).await })
    };
    let mut rest = futures_util::stream::iter((2..=PAGES).map(page)).buffered(AT_ONCE);
    while let Some(page) = rest.next().await {
        rows.extend(page.unwrap());
    }
    assert_eq!(rows.len(), ROWS as usize);
    (first, begun.elapsed())
}

/// The program without a terminal; frames are drawn into a buffer.
struct Program {
    model: Model,
    outside: EffectRunner,
    inbox: UnboundedReceiver<Msg>,
    fx: Effects,
    buffer: Buffer,
}

impl Program {
    fn new(sandbox: &Sandbox) -> Self {
        Self::over(Workspace::default(), sandbox)
    }

    /// The program over a workspace that an earlier session left.
    fn over(workspace: Workspace, sandbox: &Sandbox) -> Self {
        let account = Credentials {
            origin: sandbox.origin().parse().unwrap(),
            key: sandbox.options.key.clone(),
            secret: SecretString::from(sandbox.options.secret.clone()),
            folds: sandbox.options.folds,
        };
        let (sender, inbox) = unbounded_channel();
        let store = Journal::in_memory(&account);
        let client = Client::full(ClientSettings {
            toolkit: Some(account.clone()),
            suppliers: Some(account),
            ..ClientSettings::default()
        });
        let mut outside =
            EffectRunner::new(client, store, sender, Timers::Clock(std::collections::HashMap::new()));
        let mut fx = Effects::default();
        let start = session::start(workspace, Size { width: 120, height: 40 }, Timestamp::now());
        let model = Model::new(start, &mut fx);
        outside.perform(fx.take());
        let buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
        Self { model, outside, inbox, fx, buffer }
    }

    /// Handles one message and draws its frame, as the event loop does.
    fn step(&mut self, msg: Msg) {
        self.model.update(Timestamp::now(), msg, &mut self.fx);
        self.buffer.reset();
        self.model.view(&mut self.buffer);
        self.outside.perform(self.fx.take());
    }

    fn keys(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            self.step(Msg::Key(key.parse::<Key>().unwrap()));
        }
    }

    async fn settle(&mut self) {
        while !self.model.engine().requests().is_empty() {
            let msg = self.inbox.recv().await.unwrap();
            self.step(msg);
        }
    }

    /// From the key that opens the participants to the first frame with rows, and to the one with all of them.
    async fn open(&mut self) -> (Duration, Duration) {
        let begun = Instant::now();
        self.keys("enter");
        let mut first = None;
        while !self.model.engine().requests().is_empty() {
            let msg = self.inbox.recv().await.unwrap();
            let page = matches!(msg, Msg::Reply(..));
            self.step(msg);
            if page {
                first.get_or_insert(begun.elapsed());
            }
        }
        let shown: String = self.buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        assert!(shown.contains("20000 participants"), "the list is whole");
        (first.unwrap(), begun.elapsed())
    }
}

/// The smallest, the middle and the largest of some durations, in milliseconds.
fn spread(mut times: Vec<Duration>) -> [f64; 3] {
    times.sort();
    let ms = |at: usize| times[at].as_secs_f64() * 1000.0;
    [ms(0), ms(times.len() / 2), ms(times.len() - 1)]
}

fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = status.split(' ').nth(1).and_then(|n| n.parse().ok()).unwrap_or(0.0);
    pages * 4096.0 / f64::from(1 << 20)
}

/// Stages as many rows of a file; measures that, and a key in their list and in the review.
fn staged(sandbox: &Sandbox, runtime: &tokio::runtime::Runtime, row: &dyn Fn(&str, Vec<Duration>) -> f64) {
    let collection = Collection::Participants(
        "scorecard_Y2EQKp8z1r9jeToPW6deGwo9".parse().unwrap(),
        TrainingProgramId::new(32_000).unwrap(),
    );
    let person = |at: u32| format!("Person {at},F,African,no,no,no,{at}.50\n");
    let rows: String = (0..ROWS).map(person).collect();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("people.csv");
    std::fs::write(&file, format!("Full Name,Gender,Race,Disabled,Foreign,Employed,Course Cost\n{rows}"))
        .unwrap();
    let target = ImportTarget::Program(
        "scorecard_Y2EQKp8z1r9jeToPW6deGwo9".parse().unwrap(),
        TrainingProgramId::new(32_000).unwrap(),
    );
    let (answers, server) = (Answers::default(), ServerKnowledge::default());
    let mut workspace = Workspace::default();
    let begun = Instant::now();
    let grids = read_grids(&file).unwrap();
    let preview = ImportPreview::new(&grids, &target, &answers, &server);
    row("20,000 rows of a file, read and judged", vec![begun.elapsed()]);
    let begun = Instant::now();
    let changes = preview.changes(&grids, &answers, Timestamp::now(), |_| Some(collection.clone()));
    assert_eq!(changes.len(), ROWS as usize, "each row becomes a change");
    let changes = changes.into_iter().map(|change| (None, change)).collect();
    let entries = workspace.stage_records(changes).unwrap();
    row("… and staged", vec![begun.elapsed()]);
    let mut program = Program::over(workspace, sandbox);
    runtime.block_on(program.settle());
    let begun = Instant::now();
    program.fx.journal_records(entries);
    program.outside.perform(program.fx.take());
    row("… and written to the journal (in memory)", vec![begun.elapsed()]);
    program.keys("4");
    let keys = |program: &mut Program, what: &str| {
        let mut times = Vec::new();
        for key in ["j", "j", "pagedown", "G", "k", "g", "n"] {
            let begun = Instant::now();
            program.keys(key);
            times.push(begun.elapsed());
        }
        row(what, times);
    };
    keys(&mut program, "key in the list of what is staged");
    program.keys("esc ctrl-s");
    runtime.block_on(program.settle());
    keys(&mut program, "key in the review");
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let delay =
        arguments.iter().position(|a| a == "--delay").and_then(|at| arguments.get(at + 1)?.parse().ok());
    let delay = Duration::from_millis(delay.unwrap_or(0));
    let rounds = 9;
    // The server runs on its own threads, so that both clients have the same conditions.
    let server = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let options =
        SandboxOptions { participants: ROWS, in_one_program: true, delay, ..SandboxOptions::default() };
    let sandbox = server.block_on(Sandbox::start(options)).unwrap();
    let runtime = bee_tui::runtime::effects::background_runtime().unwrap();
    let _inside = runtime.enter();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().http1_only().tcp_nodelay(true).tls_certs_only([]).build().unwrap();

    let (mut bare_first, mut bare_all, mut first, mut all) = (vec![], vec![], vec![], vec![]);
    let mut key = vec![];
    let mut grown = None;
    for round in 0..=rounds {
        let mut program = Program::new(&sandbox);
        let ours = runtime.block_on(async {
            program.settle().await;
            program.keys("2");
            program.settle().await;
            program.keys("/ a c m e space c enter enter");
            program.settle().await;
            let before = resident();
            let took = program.open().await;
            // Only the very first list is measured: later ones reuse what the allocator keeps.
            grown.get_or_insert(resident() - before);
            took
        });
        let (one, whole) = runtime.block_on(bare(&http, &sandbox.origin(), &sandbox.options));
        program.keys("/");
        for typed in ["t", "h", "a", "backspace", "backspace", "x", "backspace", "backspace", "2", "0"] {
            let begun = Instant::now();
            program.keys(typed);
            key.push(begun.elapsed());
        }
        // The first round is only a warm-up.
        if round > 0 {
            bare_first.push(one);
            bare_all.push(whole);
            first.push(ours.0);
            all.push(ours.1);
        }
    }
    println!(
        "{ROWS} participants, {} ms added to each answer, {rounds} rounds: least, median, most",
        delay.as_millis()
    );
    let row = |what: &str, times: Vec<Duration>| {
        let [least, median, most] = spread(times);
        println!("{what:<44} {least:9.2} {median:9.2} {most:9.2} ms");
        median
    };
    let (one, whole) = (row("bare loop, first page", bare_first), row("bare loop, all pages", bare_all));
    let (ours, all) =
        (row("bee-tui, key to first rows painted", first), row("bee-tui, key to all rows painted", all));
    row("bee-tui, filter keystroke, update and draw", key);
    staged(&sandbox, &runtime, &row);
    println!("first rows {:.2} x one page; whole list {:.2} x the bare loop", ours / one, all / whole);
    println!("memory grown by the list, the sandbox's own share included: {:.1} MB", grown.unwrap_or(0.0));
}
