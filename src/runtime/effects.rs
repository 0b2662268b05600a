//! Does what was wished: journal first, then calls on background tasks; replies come back on the one inbox.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

use crate::api::Call;
use crate::api::client::Client;
use crate::api::error::{ApiError, Failure};
use crate::app::model::Msg;
use crate::effect::{ClipboardMethod, ClipboardText, Delay, Effect, JournalOp, RequestId, Restart, Timer};
use crate::runtime::clipboard::Clipboard;
use crate::runtime::journal::{Journal, JournalFileState};
use crate::runtime::{files, paths};

/// The runtime of background tasks.
pub fn background_runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

/// A pause as long as chance has it.
pub fn jittered_delay(pause: Delay) -> Duration {
    match pause {
        Delay::Exactly(pause) => pause,
        Delay::UpTo(longest) => longest.mul_f64(fastrand::f64()),
    }
}

/// How timers are kept: by the clock, or set off by hand in a test.
#[derive(Debug)]
pub enum Timers {
    /// Tokio's clock.
    Clock(HashMap<Timer, AbortHandle>),
    /// Those asked for and not set off yet.
    Manual(Vec<(Timer, Duration)>),
}

/// What the event loop has to do itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoopAction {
    /// Ring the bell.
    pub ring_bell: bool,
    /// Ask the terminal to put this on its clipboard.
    pub terminal_copy: Option<String>,
    /// End.
    pub quit: bool,
    /// Begin anew.
    pub restart: Option<Restart>,
}

/// The disk, the network and time.
#[derive(Debug)]
pub struct EffectRunner {
    client: Arc<Client>,
    /// The journal, or why there is none.
    journal: Result<Journal, String>,
    /// What could not be written yet, in order.
    unwritten: Vec<JournalOp>,
    /// Whether it was said that names are left on disk.
    wal_warning_sent: bool,
    inbox: UnboundedSender<Msg>,
    in_flight: HashMap<RequestId, AbortHandle>,
    /// Where text is copied to.
    pub clipboard: Clipboard,
    /// The timers.
    pub timers: Timers,
}

impl EffectRunner {
    /// The outside of one profile.
    pub fn new(
        client: Client,
        journal: Result<Journal, String>,
        inbox: UnboundedSender<Msg>,
        timers: Timers,
    ) -> Self {
        let (client, calls) = (Arc::new(client), HashMap::new());
        let (unwritten, clipboard) = (Vec::new(), Clipboard::default());
        Self {
            client,
            journal,
            unwritten,
            wal_warning_sent: false,
            inbox,
            in_flight: calls,
            clipboard,
            timers,
        }
    }

    /// What is to be said at the end when records that were sent are still on disk.
    ///
    /// # Errors
    ///
    /// The sentence.
    pub fn purge_sent_records(&mut self) -> Result<(), String> {
        self.journal.as_mut().map_or(Ok(()), Journal::purge_sent_records)
    }

    /// Does all that was wished, in order. A write is not sent when the journal entry before it could not be made.
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
                    // By hand, a pause lasts as long as it may.
                    let by_hand = matches!(self.timers, Timers::Manual(_));
                    self.start_timer(
                        timer,
                        if by_hand { pause.max_duration() } else { jittered_delay(pause) },
                    );
                }
                Effect::ReadFile(path) => {
                    self.in_background(move || {
                        let read = files::read_table(&paths::resolve(&path));
                        Msg::FileRead(path, read)
                    });
                }
                Effect::ReadSheets(path) => {
                    self.in_background(move || {
                        let read = files::read_sheets(&paths::resolve(&path));
                        Msg::SheetsRead(path, read)
                    });
                }
                Effect::WriteFile(path, document) => {
                    self.in_background(move || {
                        let path = paths::resolve(&path);
                        let written = files::write_new(&path, &document).map(|()| document.summary());
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

    /// Writes what could not be written before, then this; whether all is on disk.
    fn write_to_journal(&mut self, op: JournalOp) -> bool {
        let Ok(journal) = &mut self.journal else { return false };
        let failed_before = !self.unwritten.is_empty();
        if op != JournalOp::Counters(Vec::new()) {
            self.unwritten.push(op);
        }
        match if failed_before { journal.recreate_if_missing() } else { Ok(JournalFileState::Unchanged) } {
            Ok(JournalFileState::Unchanged) => {}
            Ok(JournalFileState::Recreated) => {
                let _ = self.inbox.send(Msg::JournalRecreated);
            }
            Err(why) => {
                let _ = self.inbox.send(Msg::JournalFailed(why));
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
                    let _ = self.inbox.send(Msg::ErasureFailed(why));
                }
                if failed_before {
                    let _ = self.inbox.send(Msg::JournalRecovered);
                }
                true
            }
            Err((done, why)) => {
                self.unwritten.drain(..done);
                let _ = self.inbox.send(Msg::JournalFailed(why));
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
            let begun = Instant::now();
            let result = match work.await {
                Ok(result) => result,
                Err(e) if e.is_cancelled() => return,
                // A fault of our own: nobody knows how far it had come.
                Err(_) => {
                    let failure = Failure::NoResponse("a fault in bee-tui itself".into());
                    Err(ApiError { method, path_template: template, failure, server_message: None })
                }
            };
            let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            match &result {
                Ok(_) => tracing::info!(method = method.name(), template, ms, "answered"),
                Err(e) => tracing::warn!(method = method.name(), template, ms, failure = e.kind(), "failed"),
            }
            let _ = inbox.send(Msg::Reply(id, result));
        });
        self.in_flight.insert(id, abort);
    }

    /// Copies text by the next way there is; what the terminal is to be asked for.
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

    /// Does something slow away from the event loop.
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
