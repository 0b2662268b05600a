//! The loop: wait, take all that waits, draw once, then do what was wished.

use std::future::poll_fn;
use std::task::Poll;

use crossterm::event::{Event, EventStream, KeyEventKind};
use futures_util::StreamExt;
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::Backend;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::app::model::{Model, Msg};
use crate::effect::{Effect, Effects};
use crate::runtime::effects::{Outside, Todo};

/// The model with its screen and its outside. Steps, frames and effects can be had one by one, for tests.
#[derive(Debug)]
pub struct Runner<B: Backend> {
    /// The whole state.
    pub model: Model,
    /// The screen.
    pub terminal: Terminal<B>,
    /// The disk, the network and time.
    pub outside: Outside,
    fx: Effects,
    dirty: bool,
}

/// How the program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The user quit.
    Quit,
    /// The user changed to another profile.
    Switch(String),
    /// The terminal is gone.
    Hangup,
    /// A signal of that number.
    Signal(u8),
}

impl<B: Backend> Runner<B> {
    /// A program about to start; `fx` holds its first wishes.
    pub fn new(model: Model, fx: Effects, terminal: Terminal<B>, outside: Outside) -> Self {
        Self { model, terminal, outside, fx, dirty: true }
    }

    /// The screen, when all is over.
    pub fn into_terminal(self) -> Terminal<B> {
        self.terminal
    }

    /// One step.
    pub fn step(&mut self, at: Timestamp, msg: Msg) {
        self.model.update(at, msg, &mut self.fx);
        self.dirty = true;
    }

    /// Draws, if something changed.
    pub fn draw(&mut self) -> Result<(), B::Error> {
        if std::mem::take(&mut self.dirty) {
            self.terminal.draw(|frame| self.model.view(frame.buffer_mut()))?;
        }
        Ok(())
    }

    /// Does what was wished.
    pub fn act(&mut self) -> Todo {
        self.outside.perform(self.fx.take())
    }

    /// Whether an edit waits to be written: it is painted and written before anything else is read.
    fn holds_edit(&self) -> bool {
        self.fx.wished().iter().any(|effect| matches!(effect, Effect::Store(_)))
    }
}

/// Runs until the user quits, a signal comes or the terminal is gone.
pub async fn run<B: Backend>(runner: &mut Runner<B>, inbox: &mut UnboundedReceiver<Msg>) -> End {
    let mut events = EventStream::new();
    let mut signals = Signals::new();
    loop {
        let drawn = runner.draw();
        // A terminal that is gone must not keep an edit from the disk.
        let todo = runner.act();
        if drawn.is_err() {
            return End::Hangup;
        }
        if todo.quit {
            return End::Quit;
        }
        if let Some(profile) = todo.switch {
            return End::Switch(profile);
        }
        if todo.bell {
            let _ = crossterm::execute!(std::io::stdout(), crossterm::style::Print('\u{7}'));
        }
        tokio::select! {
            biased;
            signal = signals.next() => return End::Signal(signal),
            event = events.next() => match event {
                Some(Ok(event)) => take(runner, event),
                Some(Err(_)) | None => return End::Hangup,
            },
            Some(msg) = inbox.recv() => runner.step(Timestamp::now(), msg),
        }
        // Whatever waits already is taken before the one drawing, but for an edit, which goes to disk first.
        while !runner.holds_edit() {
            // Polled with this task's own waker: the stream wakes whoever polled it first.
            let event = poll_fn(|cx| Poll::Ready(events.poll_next_unpin(cx))).await;
            match (event, inbox.try_recv()) {
                (Poll::Ready(Some(Ok(event))), msg) => {
                    take(runner, event);
                    if let Ok(msg) = msg {
                        runner.step(Timestamp::now(), msg);
                    }
                }
                (Poll::Ready(_), _) => return End::Hangup,
                (Poll::Pending, Ok(msg)) => runner.step(Timestamp::now(), msg),
                (Poll::Pending, Err(_)) => break,
            }
        }
    }
}

/// A terminal's event as a message.
fn take<B: Backend>(runner: &mut Runner<B>, event: Event) {
    let msg = match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Msg::Key(key.into()),
        Event::Paste(text) => Msg::Paste(text),
        Event::Resize(width, height) => Msg::Resize(ratatui::layout::Size { width, height }),
        _ => return,
    };
    runner.step(Timestamp::now(), msg);
}

/// The signals that end the program.
struct Signals {
    #[cfg(unix)]
    list: Vec<(u8, tokio::signal::unix::Signal)>,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [(1, SignalKind::hangup()), (2, SignalKind::interrupt()), (15, SignalKind::terminate())];
        Self { list: kinds.into_iter().filter_map(|(n, kind)| Some((n, signal(kind).ok()?))).collect() }
    }

    #[cfg(not(unix))]
    fn new() -> Self {
        Self {}
    }

    /// The number of the next one.
    #[cfg(unix)]
    async fn next(&mut self) -> u8 {
        std::future::poll_fn(|cx| {
            let ready =
                self.list.iter_mut().find_map(|(n, signal)| signal.poll_recv(cx).is_ready().then_some(*n));
            ready.map_or(std::task::Poll::Pending, std::task::Poll::Ready)
        })
        .await
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> u8 {
        std::future::pending().await
    }
}
