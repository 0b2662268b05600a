//! Performs effects in order. Requests run on background tasks; their replies come back as messages in one inbox.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

use crate::api::Call;
use crate::api::client::Client;
use crate::api::error::{ApiError, Failure};
use crate::app::message::Msg;
use crate::effect::JournalError;
use crate::effect::{ClipboardMethod, ClipboardText, Delay, Effect, JournalOp, RequestId, Restart, Timer};
use crate::runtime::clipboard::Clipboard;
use crate::runtime::journal::{Journal, JournalFileState};
use crate::runtime::{files, paths};

/// Starts the runtime of background tasks, with two threads. Fails when the system cannot provide it.
pub fn background_runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

/// The length of a delay: exact, or random up to its maximum (jitter).
pub fn jittered_delay(pause: Delay) -> Duration {
    match pause {
        Delay::Exactly(pause) => pause,
        Delay::UpTo(longest) => longest.mul_f64(fastrand::f64()),
    }
}

/// How timers run: by the clock, or triggered by a test.
#[derive(Debug)]
pub enum Timers {
    /// Tokio's clock, with the task of each running timer.
    Clock(HashMap<Timer, AbortHandle>),
    /// Timers that were set and not triggered yet, with their delays.
    Manual(Vec<(Timer, Duration)>),
}

/// What the event loop itself has to do after effects were performed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoopAction {
    /// Ring the terminal's bell.
    pub ring_bell: bool,
    /// Ask the terminal to copy this text to its clipboard.
    pub terminal_copy: Option<String>,
    /// End the program.
    pub quit: bool,
    /// End this session and restart with this.
    pub restart: Option<Restart>,
}

/// Performs effects on the disk, the network and the clock.
#[derive(Debug)]
pub struct EffectRunner {
    client: Arc<Client>,
    /// The journal, or why there is none.
    journal: Result<Journal, JournalError>,
    /// Operations that could not be written yet, in order.
    unwritten: Vec<JournalOp>,
    /// Whether the user was already told that sent records are still on disk.
    wal_warning_sent: bool,
    inbox: UnboundedSender<Msg>,
    in_flight: HashMap<RequestId, AbortHandle>,
    /// Where text is copied to and read from.
    pub clipboard: Clipboard,
    /// The running timers.
    pub timers: Timers,
}

impl EffectRunner {
    /// The effect runner of one profile. Results of effects are sent to `inbox`.
    pub fn new(
        client: Client,
        journal: Result<Journal, JournalError>,
        inbox: UnboundedSender<Msg>,
        timers: Timers,
    ) -> Self {
        Self {
            client: Arc::new(client),
            journal,
            unwritten: Vec::new(),
            wal_warning_sent: false,
            inbox,
            in_flight: HashMap::new(),
            clipboard: Clipboard::default(),
            timers,
        }
    }

    /// Tries to erase sent records from the disk. Fails with a message for the user while some are still
    /// there.
    pub fn purge_sent_records(&mut self) -> Result<(), JournalError> {
        self.journal.as_mut().map_or(Ok(()), Journal::purge_sent_records)
    }

    /// Performs effects in order and returns what is left for the event loop. A write request is not sent
    /// when a journal write before it failed.
    pub fn perform(&mut self, effects: Vec<Effect>) -> LoopAction {
        let mut todo = LoopAction::default();
        let mut journalled = true;
        for effect in effects {
            match effect {
                Effect::Journal(op) => journalled &= self.write_to_journal(op),
                Effect::Call(id, call) if journalled || call.request().method.is_read() => {
                    self.start_request(id, call);
                }
                Effect::Call(id, call) => {
                    let failure = Failure::NotSent("the journal cannot be written".into());
                    let error = ApiError::new(&call.request(), failure);
                    let _ = self.inbox.send(Msg::Reply(id, Err(error)));
                }
                Effect::Cancel(id) => {
                    if let Some(task) = self.in_flight.remove(&id) {
                        task.abort();
                    }
                }
                Effect::SetTimer(timer, pause) => self.start_timer(timer, pause),
                Effect::SetTimerWithJitter(timer, pause) => {
                    // In a test a delay takes its maximum.
                    let by_hand = matches!(self.timers, Timers::Manual(_));
                    self.start_timer(
                        timer,
                        if by_hand { pause.max_duration() } else { jittered_delay(pause) },
                    );
                }
                Effect::ReadFile(path) => {
                    self.in_background(move || {
                        let read = files::read_grids(&paths::resolve(&path)).map(Arc::new);
                        Msg::FileRead(path, read)
                    });
                }
                Effect::JudgeFile(judgement) => {
                    self.in_background(move || {
                        let preview = Arc::new(judgement.preview());
                        Msg::FileJudged(judgement, preview)
                    });
                }
                Effect::ReadSheets(path) => {
                    self.in_background(move || {
                        let read = files::read_sheets(&paths::resolve(&path));
                        Msg::SheetsRead(path, read)
                    });
                }
                Effect::WriteFile(path, document) => {
                    let inbox = self.inbox.clone();
                    self.in_background(move || {
                        let path = paths::resolve(&path);
                        let progress = |done, all| {
                            let _ = inbox.send(Msg::WritingFile(path.clone(), done, all));
                        };
                        let written = files::write_new(&path, &document, progress);
                        let written = written.map(|()| document.summary());
                        Msg::FileWritten(path, written)
                    });
                }
                Effect::Copy(clip, tried) => {
                    todo.terminal_copy = self.copy(clip, tried).or(todo.terminal_copy);
                }
                Effect::ReadClipboard(plan) => {
                    let clipboard = self.clipboard.clone();
                    self.in_background(move || Msg::Clipboard(plan, clipboard.read()));
                }
                Effect::Bell => todo.ring_bell = true,
                Effect::Quit => todo.quit = true,
                Effect::Restart(restart) => todo.restart = Some(restart),
            }
        }
        todo
    }

    /// Writes the operations that could not be written before, then this one; returns whether all are on disk.
    fn write_to_journal(&mut self, op: JournalOp) -> bool {
        let Ok(journal) = &mut self.journal else { return false };
        let failed_before = !self.unwritten.is_empty();
        if op != JournalOp::RetryDelayed {
            self.unwritten.push(op);
        }
        match if failed_before { journal.recreate_if_missing() } else { Ok(JournalFileState::Unchanged) } {
            Ok(JournalFileState::Unchanged) => {}
            Ok(JournalFileState::Recreated) => {
                let _ = self.inbox.send(Msg::JournalRecreated);
            }
            Err(why) => {
                let _ = self.inbox.send(Msg::JournalFailed(why.into()));
                return false;
            }
        }
        let done = self.unwritten.iter().try_fold(0, |done, op| match journal.write(op) {
            Ok(()) => Ok(done + 1),
            Err(why) => Err((done, why)),
        });
        match done {
            Ok(_) => {
                self.unwritten.clear();
                if let Err(why) = journal.purge_sent_records()
                    && !std::mem::replace(&mut self.wal_warning_sent, true)
                {
                    let _ = self.inbox.send(Msg::ErasureFailed(why.into()));
                }
                if failed_before {
                    let _ = self.inbox.send(Msg::JournalRecovered);
                }
                true
            }
            Err((done, why)) => {
                self.unwritten.drain(..done);
                let _ = self.inbox.send(Msg::JournalFailed(why.into()));
                false
            }
        }
    }

    fn start_request(&mut self, id: RequestId, call: Call) {
        self.in_flight.retain(|_, task| !task.is_finished());
        let (client, inbox) = (self.client.clone(), self.inbox.clone());
        let request = call.request();
        let (method, template) = (request.method, request.path_template);
        let work = tokio::spawn(async move { client.send_call(&call).await });
        let abort = work.abort_handle();
        tokio::spawn(async move {
            let started_at = Instant::now();
            let result = match work.await {
                Ok(result) => result,
                Err(e) if e.is_cancelled() => return,
                // The task panicked: nobody knows how far the request got.
                Err(_) => {
                    let failure = Failure::NoResponse("a fault in bee-tui itself".into());
                    Err(ApiError { method, path_template: template, failure, server_message: None })
                }
            };
            let ms = u64::try_from(started_at.elapsed().as_millis()).unwrap_or(u64::MAX);
            match &result {
                Ok(_) => tracing::info!(method = method.name(), template, ms, "answered"),
                Err(e) => tracing::warn!(method = method.name(), template, ms, failure = e.kind(), "failed"),
            }
            let _ = inbox.send(Msg::Reply(id, result));
        });
        self.in_flight.insert(id, abort);
    }

    /// Copies text by the method after `tried`. Returns the text if the terminal has to copy it.
    fn copy(&mut self, clip: ClipboardText, tried: Option<ClipboardMethod>) -> Option<String> {
        self.clipboard.remember_copied(&clip.text);
        let clipboard = self.clipboard.clone();
        let way = clipboard.next_method(tried);
        match way {
            Some(ClipboardMethod::Native) => self.in_background(move || {
                if clipboard.copy_natively(&clip.text) {
                    Msg::Copied(clip, ClipboardMethod::Native, None)
                } else {
                    Msg::NotCopied(clip, way, String::new())
                }
            }),
            Some(ClipboardMethod::Terminal) if Clipboard::fits_terminal(&clip.text) => {
                let text = clip.text.clone();
                let _ = self.inbox.send(Msg::Copied(clip, ClipboardMethod::Terminal, None));
                return Some(text);
            }
            Some(ClipboardMethod::File) => {
                self.in_background(move || match clipboard.copy_to_file(&clip.text) {
                    Ok(file) => Msg::Copied(clip, ClipboardMethod::File, Some(file)),
                    Err(why) => Msg::NotCopied(clip, way, format!(": {why}")),
                });
            }
            Some(ClipboardMethod::Terminal) | None => {
                let _ = self.inbox.send(Msg::NotCopied(clip, way, String::new()));
            }
        }
        None
    }

    /// Runs slow work on a thread of its own and sends its message to the inbox.
    fn in_background(&mut self, work: impl FnOnce() -> Msg + Send + 'static) {
        let inbox = self.inbox.clone();
        tokio::task::spawn_blocking(move || {
            let _ = inbox.send(work());
        });
    }

    fn start_timer(&mut self, timer: Timer, pause: Duration) {
        match &mut self.timers {
            Timers::Manual(asked) => {
                asked.retain(|(a, _)| *a != timer);
                asked.push((timer, pause));
            }
            Timers::Clock(running) => {
                running.retain(|_, task| !task.is_finished());
                let inbox = self.inbox.clone();
                let rings = timer.clone();
                let task = tokio::spawn(async move {
                    tokio::time::sleep(pause).await;
                    let _ = inbox.send(Msg::Timer(rings));
                });
                if let Some(old) = running.insert(timer, task.abort_handle()) {
                    old.abort();
                }
            }
        }
    }
}
