//! The program with the real runtime, real HTTP and a sandbox on loopback; its terminal is a buffer, and
//! tests advance its clock and timers.

use std::time::Duration;

use bee_tui::api::client::{Client, ClientSettings, Credentials, Timeouts};
use bee_tui::api::page::Page;
use bee_tui::app::message::Msg;
use bee_tui::app::model::{Model, SessionSettings, Start};
use bee_tui::config::{ParallelRequests, WritePolicy};
use bee_tui::domain::plan::read_plan;
use bee_tui::effect::JournalError;
use bee_tui::effect::{Effects, Restart, Timer};
use bee_tui::input::key::Key;
use bee_tui::input::keymap::Keymap;
use bee_tui::runtime::effects::{EffectRunner, Timers};
use bee_tui::runtime::event_loop::EventLoop;
use bee_tui::runtime::journal::Journal;
use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::{FaultAction, SandboxOptions};
use bee_tui::theme::Theme;
use bee_tui::workspace::{EditsBlocked, Snapshot, Workspace};
use jiff::{Span, Timestamp};
use ratatui::backend::TestBackend;
use ratatui::layout::Size;
use ratatui::{Terminal, buffer::Cell};
use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// The program under test.
pub struct App {
    pub runner: Box<EventLoop<TestBackend>>,
    inbox: UnboundedReceiver<Msg>,
    now: Timestamp,
    pub quit: bool,
    pub bells: usize,
    /// What the program wants to restart with.
    pub restart: Option<Restart>,
    /// How many file and clipboard operations have finished and were not awaited yet.
    files: usize,
}

/// How to start an app.
pub struct Setup {
    pub size: (u16, u16),
    pub guard: WritePolicy,
    pub journal: Result<Journal, JournalError>,
    pub profile: Option<&'static str>,
    pub patience: Timeouts,
}

pub const ACME: &str = "scorecard_Y2EQKp8z1r9jeToPW6deGwo9";

/// The clock of every test begins here: in the second year of the sandbox's plans.
pub fn start_of_time() -> Timestamp {
    "2026-11-22T08:00:00Z".parse().unwrap()
}

pub async fn sandbox() -> Sandbox {
    Sandbox::start(SandboxOptions { recalculation: Duration::ZERO, ..SandboxOptions::default() })
        .await
        .unwrap()
}

/// The sandbox's account.
pub fn account(sandbox: &Sandbox) -> Credentials {
    Credentials {
        origin: sandbox.origin().parse().unwrap(),
        key: sandbox.options.key.clone(),
        secret: SecretString::from(sandbox.options.secret.clone()),
        folds: sandbox.options.folds,
    }
}

/// Credentials for both products of the sandbox.
pub fn access(sandbox: &Sandbox) -> ClientSettings {
    let (toolkit, suppliers) = (Some(account(sandbox)), Some(account(sandbox)));
    ClientSettings { toolkit, suppliers, ..ClientSettings::default() }
}

impl App {
    /// Opens at 120x40 with a journal in memory and the first list read.
    pub async fn open(sandbox: &Sandbox) -> Self {
        Self::open_with(sandbox, Self::setup(sandbox)).await
    }

    pub fn setup(sandbox: &Sandbox) -> Setup {
        let journal = Journal::in_memory(&account(sandbox));
        Setup {
            size: (120, 40),
            guard: WritePolicy::Standard,
            journal,
            profile: Some("acme"),
            patience: Timeouts::default(),
        }
    }

    pub async fn open_with(sandbox: &Sandbox, setup: Setup) -> Self {
        let now = start_of_time();
        let (sender, inbox) = unbounded_channel();
        let mut workspace = Workspace::default();
        if let Ok(journal) = &setup.journal {
            journal.load(&mut workspace).unwrap();
        }
        workspace.edits_blocked = setup
            .profile
            .and(setup.journal.as_ref().err().cloned())
            .map(|why| EditsBlocked::JournalFailed(why.into()));
        let (width, height) = setup.size;
        let mut fx = Effects::default();
        let start = Start {
            settings: SessionSettings {
                profile: setup.profile.map(str::to_owned),
                profiles: vec!["acme".into(), "other".into()],
                guard: setup.guard,
                keymap: Keymap::new(&std::collections::BTreeMap::new()).unwrap(),
                theme: Theme::colour(),
                parallel: ParallelRequests::default(),
            },
            workspace,
            notice: None,
            size: Size { width, height },
            now,
        };
        let model = Model::new(start, &mut fx);
        let client = Client::full(ClientSettings { timeouts: setup.patience, ..access(sandbox) });
        let outside = EffectRunner::new(client, setup.journal, sender, Timers::Manual(Vec::new()));
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let runner = Box::new(EventLoop::new(model, fx, terminal, outside));
        let mut app = Self { runner, inbox, now, quit: false, bells: 0, restart: None, files: 0 };
        app.act();
        app.settle().await;
        app
    }

    fn act(&mut self) {
        self.runner.draw().unwrap();
        let todo = self.runner.perform_effects();
        self.quit |= todo.quit;
        self.restart = todo.restart.or(self.restart.take());
        self.bells += usize::from(todo.ring_bell);
    }

    /// Handles one message, a second after the last.
    pub fn step(&mut self, msg: Msg) {
        let outcome = matches!(
            msg,
            Msg::FileRead(..)
                | Msg::SheetsRead(..)
                | Msg::FileWritten(..)
                | Msg::Clipboard(..)
                | Msg::Copied(..)
        );
        self.files += usize::from(outcome);
        self.now += Span::new().seconds(1);
        self.runner.step(self.now, msg);
        self.act();
    }

    /// Handles replies until no request is in flight; the delay of a request that waits to retry is skipped.
    pub async fn settle(&mut self) {
        while !self.runner.model.engine().requests().is_empty() || self.runner.model.awaits_judgement() {
            if self.end_pause() {
                continue;
            }
            let msg = self.inbox.recv().await.unwrap();
            self.step(msg);
        }
        while let Ok(msg) = self.inbox.try_recv() {
            self.step(msg);
        }
    }

    /// Presses keys, written with blanks between (`enter 9 tab ctrl-s A y`), and waits for every reply.
    pub async fn keys(&mut self, script: &str) -> &mut Self {
        for key in script.split_whitespace() {
            let key: Key = key.parse().unwrap();
            self.step(Msg::Key(key));
            self.settle().await;
        }
        self
    }

    /// Types text, key by key.
    pub async fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            let key = if c == ' ' { "space".to_owned() } else { c.to_string() };
            self.step(Msg::Key(key.parse().unwrap()));
            self.settle().await;
        }
        self
    }

    /// Fills fields of a form from the top, one after the other; an empty text leaves a field as it is.
    pub async fn fill(&mut self, fields: &[&str]) -> &mut Self {
        for (at, field) in fields.iter().enumerate() {
            if at > 0 {
                self.keys("tab").await;
            }
            if !field.is_empty() {
                self.keys("ctrl-u").await.text(field).await;
            }
        }
        self
    }

    /// Waits until the next file or clipboard operation has finished; it may have finished already.
    pub async fn await_file(&mut self) -> &mut Self {
        while self.files == 0 {
            // Far longer than any file takes; only a fault reaches it.
            let msg = tokio::time::timeout(Duration::from_secs(30), self.inbox.recv()).await;
            let msg = msg.unwrap_or_else(|_| panic!("no file came:\n{}", self.screen()));
            self.step(msg.unwrap());
        }
        self.files -= 1;
        self.settle().await;
        self
    }

    /// Presses a key that sends something, and stops as soon as it has reached the server, as a kill would.
    pub async fn kill_after_sending(&mut self, key: &str) {
        self.step(Msg::Key(key.parse().unwrap()));
        self.step_replies_until_sending().await;
        // The response is on its way or lost; it is never handled.
        self.inbox.recv().await.unwrap();
    }

    /// Handles this many replies and loses the next one, as a kill would. Returns whether nothing was in flight any more.
    pub async fn kill_after_replies(&mut self, replies: usize) -> bool {
        for _ in 0..replies {
            let msg = self.inbox.recv().await.unwrap();
            self.step(msg);
            if self.runner.model.engine().requests().is_empty() {
                return true;
            }
        }
        // The response is on its way or lost; it is never handled.
        self.inbox.recv().await.unwrap();
        false
    }

    /// Handles replies until something is being sent.
    pub async fn step_replies_until_sending(&mut self) {
        while !self.runner.model.engine().is_sending() {
            let msg = self.inbox.recv().await.unwrap();
            self.step(msg);
        }
    }

    /// Handles replies until something holds.
    pub async fn step_replies_until(&mut self, is: impl Fn(&Self) -> bool) {
        while !is(self) {
            let msg = self.inbox.recv().await.unwrap();
            self.step(msg);
        }
    }

    /// Handles replies until a request waits to retry.
    pub async fn step_replies_until_waiting(&mut self) {
        while self.runner.model.engine().requests().values().all(|pending| pending.waiting().is_none()) {
            let msg = self.inbox.recv().await.unwrap();
            self.step(msg);
        }
    }

    /// Presses a key without advancing the clock.
    pub fn key_at_once(&mut self, key: &str) {
        self.runner.step(self.now, Msg::Key(key.parse().unwrap()));
        self.act();
    }

    /// Advances the clock while nothing happens.
    pub fn wait(&mut self, span: Duration) {
        self.now = self.now.checked_add(span).unwrap();
    }

    /// Advances the clock to the next watch timer and triggers it; returns its delay, `None` without such a timer.
    pub async fn ring(&mut self) -> Option<Duration> {
        let Timers::Manual(asked) = &mut self.runner.effect_runner.timers else { return None };
        let at = asked.iter().position(|(timer, _)| !matches!(timer, Timer::Tick | Timer::ProbeServer))?;
        let (timer, pause) = asked.remove(at);
        self.wait(pause);
        self.step(Msg::Timer(timer));
        self.settle().await;
        Some(pause)
    }

    /// Advances the clock to the next probe of an offline server; returns the longest that its delay may be.
    pub async fn reconnect(&mut self) -> Duration {
        let Timers::Manual(asked) = &mut self.runner.effect_runner.timers else { panic!("no timers") };
        let at = asked.iter().position(|(timer, _)| *timer == Timer::ProbeServer).unwrap();
        let (timer, pause) = asked.remove(at);
        self.wait(pause);
        self.step(Msg::Timer(timer));
        self.settle().await;
        pause
    }

    /// Skips the delay of a request that waits to retry; returns whether there was one.
    pub fn end_pause(&mut self) -> bool {
        let Timers::Manual(asked) = &mut self.runner.effect_runner.timers else { return false };
        let Some(at) = asked.iter().position(|(timer, _)| matches!(timer, Timer::Retry(_))) else {
            return false;
        };
        let (timer, pause) = asked.remove(at);
        self.wait(pause);
        self.step(Msg::Timer(timer));
        true
    }

    /// The screen as text, trailing blanks cut.
    pub fn screen(&self) -> String {
        let buffer = self.runner.terminal.backend().buffer();
        let rows = buffer.content().chunks(usize::from(buffer.area.width));
        let row = |cells: &[Cell]| cells.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned();
        rows.map(row).collect::<Vec<_>>().join("\n")
    }

    /// The line of the screen that holds a text.
    #[track_caller]
    pub fn line(&self, text: &str) -> String {
        let screen = self.screen();
        let line = screen.lines().find(|line| line.contains(text));
        line.unwrap_or_else(|| panic!("`{text}` is not on the screen:\n{screen}")).to_owned()
    }

    /// The status line.
    pub fn status(&self) -> String {
        let screen = self.screen();
        screen.lines().rev().nth(1).unwrap_or_default().trim().to_owned()
    }

    #[track_caller]
    pub fn shows(&self, text: &str) {
        self.line(text);
    }

    #[track_caller]
    pub fn hides(&self, text: &str) {
        let screen = self.screen();
        assert!(!screen.contains(text), "`{text}` is on the screen:\n{screen}");
    }
}

/// A model whose effects are not performed, with a plan's grid on screen.
pub fn grid_of(plan: &str, size: (u16, u16)) -> Model {
    let now = start_of_time();
    let mut workspace = Workspace::default();
    let raw: &serde_json::value::RawValue = serde_json::from_str(plan).unwrap();
    let plan = read_plan(raw).unwrap();
    workspace.plan_list = Some(Snapshot {
        value: Page { rows: vec![plan.clone()], unreadable: Vec::new(), meta: None },
        read_at: now,
    });
    workspace.update_plan(plan, now);
    let start = Start {
        settings: SessionSettings {
            profile: Some("acme".into()),
            profiles: Vec::new(),
            guard: WritePolicy::Standard,
            keymap: Keymap::new(&std::collections::BTreeMap::new()).unwrap(),
            theme: Theme::colour(),
            parallel: ParallelRequests::default(),
        },
        workspace,
        notice: None,
        size: Size { width: size.0, height: size.1 },
        now,
    };
    let mut model = Model::new(start, &mut Effects::default());
    press(&mut model, "enter");
    model
}

/// Presses keys on a model whose effects are not performed.
pub fn press(model: &mut Model, script: &str) {
    for key in script.split_whitespace() {
        model.update(start_of_time(), Msg::Key(key.parse().unwrap()), &mut Effects::default());
    }
}

/// The screen of a model as text.
pub fn screen_of(model: &Model) -> String {
    let area = ratatui::layout::Rect::new(0, 0, model.size().width, model.size().height);
    let mut buffer = ratatui::buffer::Buffer::empty(area);
    model.view(&mut buffer);
    let rows = buffer.content().chunks(usize::from(area.width));
    let row = |cells: &[Cell]| cells.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned();
    rows.map(row).collect::<Vec<_>>().join("\n")
}

/// Injects a fault that applies to a request and all its retries.
pub fn fault_each(sandbox: &Sandbox, method: &'static str, path: &str, does: &FaultAction) {
    for _ in 0..3 {
        sandbox.inject_fault(method, path, does.clone());
    }
}

/// Sends a signed request of another client than the one under test; returns the status and the JSON of the response.
pub async fn ask(sandbox: &Sandbox, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let (status, text) = ask_raw(sandbox, method, path, body.map(|b| b.to_string())).await;
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

pub async fn ask_raw(sandbox: &Sandbox, method: &str, path: &str, body: Option<String>) -> (u16, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let options = &sandbox.options;
    let signed = path.split('?').next().unwrap();
    let bytes = body.clone().unwrap_or_default();
    let signature = bee_tui::api::sign::signature(&options.secret, signed, bytes.as_bytes(), options.folds);
    let mut request = reqwest::Client::builder()
        .tls_certs_only([])
        .build()
        .unwrap()
        .request(method.parse().unwrap(), format!("{}{path}", sandbox.origin()))
        .header("accept", "application/json")
        .header("x-api-key", &options.key)
        .header("authorization", format!("HMAC {signature}"));
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body);
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// A plan of the server.
pub async fn plan(sandbox: &Sandbox, id: u64) -> Value {
    ask(sandbox, "GET", &format!("/api/public/v1/employment_equity_plans/{id}"), None).await.1
}

/// A counter on the server; `year` counts from 1, `table` is 0 for all employees and 1 for disabled.
pub fn counter(plan: &Value, year: usize, table: usize, name: &str) -> u64 {
    plan["milestones"][year - 1]["targets"][table][format!("number_of_{name}")].as_u64().unwrap()
}

/// Sets a counter as another client would.
pub async fn set_elsewhere(sandbox: &Sandbox, id: u64, year: usize, table: usize, name: &str, count: u64) {
    let plan = plan(sandbox, id).await;
    let milestone = &plan["milestones"][year - 1];
    let path = format!(
        "/api/public/v1/employment_equity_plans/{id}/employment_equity_milestones/{}/employment_equity_targets/{}",
        milestone["id"], milestone["targets"][table]["id"]
    );
    let body = serde_json::json!({"employment_equity_target": {format!("number_of_{name}"): count}});
    let (status, _) = ask(sandbox, "PATCH", &path, Some(body)).await;
    assert_eq!(status, 200);
}

/// A path of the API below `/api/public/v1`.
pub fn api(path: &str) -> String {
    format!("/api/public/v1/{path}")
}

/// All rows of a paged list of the server, with as many as one page takes.
pub async fn rows(sandbox: &Sandbox, path: &str) -> Vec<Value> {
    let (status, page) = ask(sandbox, "GET", &api(&format!("{path}?per_page=1000")), None).await;
    assert_eq!(status, 200, "{page}");
    page["data"].as_array().unwrap().clone()
}

/// Repeatable random keys: those of every command, digits, letters and a paste now and then.
pub fn monkey(seed: u64) -> impl FnMut() -> Msg {
    let keys: Vec<&str> = bee_tui::input::command::TABLE
        .iter()
        .flat_map(|entry| entry.keys.split_whitespace())
        // It does not quit, and it writes no files into the folder that the tests run in.
        .filter(|key| !["ctrl-q", "q", "E"].contains(key))
        .chain("0 1 9 a z - . / backspace".split_whitespace())
        .collect();
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let pick = (state >> 33) as usize;
        if pick.is_multiple_of(97) {
            return Msg::Paste("1\t2\ny\r".into());
        }
        Msg::Key(keys[pick % keys.len()].parse().unwrap())
    }
}
