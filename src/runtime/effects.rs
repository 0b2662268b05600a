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
use crate::effect::{Alarm, Anew, Clip, Effect, Pause, RequestId, StoreOp, Way};
use crate::runtime::clipboard::Clipboard;
use crate::runtime::store::{Restored, Store};
use crate::runtime::{files, paths};

/// The runtime of background tasks.
pub fn background() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

/// A pause as long as chance has it.
pub fn drawn(pause: Pause) -> Duration {
    match pause {
        Pause::Exactly(pause) => pause,
        Pause::UpTo(longest) => longest.mul_f64(fastrand::f64()),
    }
}

/// How timers are kept: by the clock, or set off by hand in a test.
#[derive(Debug)]
pub enum Timers {
    /// Tokio's clock.
    Clock(HashMap<Alarm, AbortHandle>),
    /// Those asked for and not set off yet.
    ByHand(Vec<(Alarm, Duration)>),
}

/// What the event loop has to do itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Todo {
    /// Ring the bell.
    pub bell: bool,
    /// Ask the terminal to put this on its clipboard.
    pub clip: Option<String>,
    /// End.
    pub quit: bool,
    /// Begin anew.
    pub anew: Option<Anew>,
}

/// The disk, the network and time.
#[derive(Debug)]
pub struct Outside {
    client: Arc<Client>,
    /// The journal, or why there is none.
    store: Result<Store, String>,
    /// What could not be written yet, in order.
    unwritten: Vec<StoreOp>,
    /// Whether it was said that names are left on disk.
    told_of_names: bool,
    inbox: UnboundedSender<Msg>,
    calls: HashMap<RequestId, AbortHandle>,
    /// Where text is copied to.
    pub clipboard: Clipboard,
    /// The timers.
    pub timers: Timers,
}

impl Outside {
    /// The outside of one profile.
    pub fn new(
        client: Client,
        store: Result<Store, String>,
        inbox: UnboundedSender<Msg>,
        timers: Timers,
    ) -> Self {
        let (client, calls) = (Arc::new(client), HashMap::new());
        let (unwritten, clipboard) = (Vec::new(), Clipboard::default());
        Self { client, store, unwritten, told_of_names: false, inbox, calls, clipboard, timers }
    }

    /// What is to be said at the end when records that were sent are still on disk.
    ///
    /// # Errors
    ///
    /// The sentence.
    pub fn forget_sent(&mut self) -> Result<(), String> {
        self.store.as_mut().map_or(Ok(()), Store::forget_sent)
    }

    /// Does all that was wished, in order. A write is not sent when the journal entry before it could not be made.
    pub fn perform(&mut self, effects: Vec<Effect>) -> Todo {
        let mut todo = Todo::default();
        let mut journalled = true;
        for effect in effects {
            match effect {
                Effect::Store(op) => journalled &= self.write(op),
                Effect::Call(id, call) if journalled || call.request().method.is_read() => {
                    self.call(id, call);
                }
                Effect::Call(id, call) => {
                    let failure = Failure::NotSent("the journal cannot be written".into());
                    let error = ApiError::of(&call.request(), failure);
                    let _ = self.inbox.send(Msg::Reply(id, Err(error)));
                }
                Effect::Cancel(id) => {
                    if let Some(task) = self.calls.remove(&id) {
                        task.abort();
                    }
                }
                Effect::After(alarm, pause) => self.after(alarm, pause),
                Effect::Pause(alarm, pause) => {
                    // By hand, a pause lasts as long as it may.
                    let by_hand = matches!(self.timers, Timers::ByHand(_));
                    self.after(alarm, if by_hand { pause.longest() } else { drawn(pause) });
                }
                Effect::ReadFile(path) => {
                    self.in_background(move || {
                        let read = files::read(&paths::typed(&path));
                        Msg::FileRead(path, read)
                    });
                }
                Effect::ReadSheets(path) => {
                    self.in_background(move || {
                        let read = files::read_sheets(&paths::typed(&path));
                        Msg::SheetsRead(path, read)
                    });
                }
                Effect::WriteFile(path, document) => {
                    self.in_background(move || {
                        let path = paths::typed(&path);
                        let written = files::write(&path, &document).map(|()| document.words());
                        Msg::FileWritten(path, written)
                    });
                }
                Effect::Copy(clip, tried) => todo.clip = self.copy(clip, tried).or(todo.clip),
                Effect::ReadClipboard(plan) => {
                    let clipboard = self.clipboard.clone();
                    self.in_background(move || Msg::Clipboard(plan, clipboard.read()));
                }
                Effect::Bell => todo.bell = true,
                Effect::Quit => todo.quit = true,
                Effect::Anew(anew) => todo.anew = Some(anew),
            }
        }
        todo
    }

    /// Writes what could not be written before, then this; whether all is on disk.
    fn write(&mut self, op: StoreOp) -> bool {
        let Ok(store) = &mut self.store else { return false };
        let failed_before = !self.unwritten.is_empty();
        if op != StoreOp::Changes(Vec::new()) {
            self.unwritten.push(op);
        }
        match if failed_before { store.restore() } else { Ok(Restored::AsItWas) } {
            Ok(Restored::AsItWas) => {}
            Ok(Restored::MadeAnew) => {
                let _ = self.inbox.send(Msg::JournalAnew);
            }
            Err(why) => {
                let _ = self.inbox.send(Msg::NotStored(why));
                return false;
            }
        }
        let done = self.unwritten.iter().try_fold(0, |done, op| match store.write(op) {
            Ok(()) => Ok(done + 1),
            Err(why) => Err((done, why)),
        });
        match done {
            Ok(_) => {
                self.unwritten.clear();
                if let Err(why) = store.forget_sent()
                    && !std::mem::replace(&mut self.told_of_names, true)
                {
                    let _ = self.inbox.send(Msg::NamesLeft(why));
                }
                if failed_before {
                    let _ = self.inbox.send(Msg::StoredAgain);
                }
                true
            }
            Err((done, why)) => {
                self.unwritten.drain(..done);
                let _ = self.inbox.send(Msg::NotStored(why));
                false
            }
        }
    }

    fn call(&mut self, id: RequestId, call: Call) {
        self.calls.retain(|_, task| !task.is_finished());
        let (client, inbox) = (self.client.clone(), self.inbox.clone());
        let request = call.request();
        let (method, template) = (request.method, request.template);
        let work = tokio::spawn(async move { client.run(&call).await });
        let abort = work.abort_handle();
        tokio::spawn(async move {
            let begun = Instant::now();
            let result = match work.await {
                Ok(result) => result,
                Err(e) if e.is_cancelled() => return,
                // A fault of our own: nobody knows how far it had come.
                Err(_) => {
                    let failure = Failure::NoAnswer("a fault in bee-tui itself".into());
                    Err(ApiError { method, template, failure, server_words: None })
                }
            };
            let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            match &result {
                Ok(_) => tracing::info!(method = method.name(), template, ms, "answered"),
                Err(e) => tracing::warn!(method = method.name(), template, ms, failure = e.kind(), "failed"),
            }
            let _ = inbox.send(Msg::Reply(id, result));
        });
        self.calls.insert(id, abort);
    }

    /// Copies text by the next way there is; what the terminal is to be asked for.
    fn copy(&mut self, clip: Clip, tried: Option<Way>) -> Option<String> {
        self.clipboard.keep(&clip.text);
        let clipboard = self.clipboard.clone();
        let way = clipboard.way_after(tried);
        match way {
            Some(Way::Native) => self.in_background(move || {
                if clipboard.copy_natively(&clip.text) {
                    Msg::Copied(clip, Way::Native, None)
                } else {
                    Msg::NotCopied(clip, way, String::new())
                }
            }),
            Some(Way::Terminal) if Clipboard::terminal_takes(&clip.text) => {
                let text = clip.text.clone();
                let _ = self.inbox.send(Msg::Copied(clip, Way::Terminal, None));
                return Some(text);
            }
            Some(Way::File) => self.in_background(move || match clipboard.copy_to_file(&clip.text) {
                Ok(file) => Msg::Copied(clip, Way::File, Some(file)),
                Err(why) => Msg::NotCopied(clip, way, format!(": {why}")),
            }),
            Some(Way::Terminal) | None => {
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

    fn after(&mut self, alarm: Alarm, pause: Duration) {
        match &mut self.timers {
            Timers::ByHand(asked) => {
                asked.retain(|(a, _)| *a != alarm);
                asked.push((alarm, pause));
            }
            Timers::Clock(running) => {
                running.retain(|_, task| !task.is_finished());
                let inbox = self.inbox.clone();
                let rings = alarm.clone();
                let task = tokio::spawn(async move {
                    tokio::time::sleep(pause).await;
                    let _ = inbox.send(Msg::Alarm(rings));
                });
                if let Some(old) = running.insert(alarm, task.abort_handle()) {
                    old.abort();
                }
            }
        }
    }
}
