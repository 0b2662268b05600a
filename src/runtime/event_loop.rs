//! The loop: wait, take all that waits, draw once, then do what was wished.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{Event, EventStream, KeyCode, KeyEventKind, KeyModifiers};
use futures_util::StreamExt;
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::Backend;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::app::model::{Model, Msg};
use crate::effect::{Anew, Effect, Effects};
use crate::runtime::effects::{Outside, Todo};
use crate::runtime::terminal;
use crate::seeded::{Fault, panic_if};

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
    /// The user wants to begin anew.
    Anew(Anew),
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
    let bursts = !terminal::marks_pastes();
    let mut ahead: VecDeque<Event> = VecDeque::new();
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
        if let Some(anew) = todo.anew {
            return End::Anew(anew);
        }
        if let Some(text) = todo.clip {
            let _ = crossterm::execute!(std::io::stdout(), CopyToClipboard::to_clipboard_from(text));
        }
        if todo.bell {
            let _ = crossterm::execute!(std::io::stdout(), crossterm::style::Print('\u{7}'));
        }
        tokio::select! {
            biased;
            signal = signals.next() => match signal {
                Sent::End(number) => return End::Signal(number),
                Sent::Suspend => {
                    terminal::suspend();
                    if !resume(runner) {
                        return End::Hangup;
                    }
                }
                Sent::Resume if !resume(runner) => return End::Hangup,
                Sent::Resume => {}
            },
            event = next(&mut ahead, &mut events) => match event {
                Some(Ok(event)) if bursts && ahead.is_empty() => {
                    ahead = gathered(event, &mut events).await;
                    if let Some(text) = burst(&ahead) {
                        ahead.clear();
                        runner.step(Timestamp::now(), Msg::Paste(text));
                    } else if let Some(event) = ahead.pop_front() {
                        take(runner, event);
                    }
                }
                Some(Ok(event)) => take(runner, event),
                Some(Err(_)) | None => return End::Hangup,
            },
            Some(msg) = inbox.recv() => runner.step(Timestamp::now(), msg),
        }
        // Whatever waits already is taken before the one drawing, but for an edit, which goes to disk first.
        while !bursts && !runner.holds_edit() {
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

/// The next event: one that was read ahead, else one of the terminal's.
async fn next(ahead: &mut VecDeque<Event>, events: &mut EventStream) -> Option<std::io::Result<Event>> {
    match ahead.pop_front() {
        Some(event) => Some(Ok(event)),
        None => events.next().await,
    }
}

/// The longest pause inside a burst of keys.
const PAUSE: Duration = Duration::from_millis(10);
/// The fewest keys that are a burst.
const BURST: usize = 4;

/// An event with all that comes right behind it. An event that comes alone is not kept waiting.
async fn gathered(first: Event, events: &mut EventStream) -> VecDeque<Event> {
    let mut gathered = VecDeque::from([first]);
    let mut pause = Duration::ZERO;
    while let Ok(Some(Ok(event))) = tokio::time::timeout(pause, events.next()).await {
        gathered.push_back(event);
        pause = PAUSE;
    }
    gathered
}

/// The text of a burst of keys: characters, tabs and line ends only, numbers among them, in more than one column.
fn burst(events: &VecDeque<Event>) -> Option<String> {
    let mut text = String::new();
    for event in events {
        let Event::Key(key) = event else { return None };
        match key.code {
            _ if key.kind == KeyEventKind::Release => {}
            KeyCode::Char(c) if (key.modifiers - KeyModifiers::SHIFT).is_empty() => text.push(c),
            KeyCode::Tab => text.push('\t'),
            KeyCode::Enter => text.push('\n'),
            _ => return None,
        }
    }
    // Numbers with Enter between them are typed quickly, and come to the same.
    let cells = text.trim_end().contains('\t') && text.contains(|c: char| c.is_ascii_digit());
    (cells && text.chars().count() >= BURST).then_some(text)
}

/// A terminal's event as a message.
fn take<B: Backend>(runner: &mut Runner<B>, event: Event) {
    let msg = match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            if key.code == KeyCode::Char('n') {
                panic_if(Fault::PanicAtKey);
            }
            Msg::Key(key.into())
        }
        Event::Paste(text) => Msg::Paste(text),
        Event::Resize(width, height) => Msg::Resize(ratatui::layout::Size { width, height }),
        _ => return,
    };
    runner.step(Timestamp::now(), msg);
}

/// Takes the terminal again after the program was stopped, and draws all of it anew; whether there still is one.
fn resume<B: Backend>(runner: &mut Runner<B>) -> bool {
    let taken = terminal::take_again().is_ok();
    terminal::draw_whole(&mut runner.terminal);
    if let Ok((width, height)) = crossterm::terminal::size() {
        runner.step(Timestamp::now(), Msg::Resize(ratatui::layout::Size { width, height }));
    }
    taken
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy)]
enum Sent {
    /// To end; the signal's number.
    End(u8),
    /// To stop until it is resumed.
    Suspend,
    /// To go on.
    Resume,
}

/// The signals that are listened to.
struct Signals {
    #[cfg(unix)]
    list: Vec<(Sent, tokio::signal::unix::Signal)>,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> Self {
        use rustix::process::Signal;
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [
            (Sent::End(1), Signal::HUP),
            (Sent::End(2), Signal::INT),
            (Sent::End(15), Signal::TERM),
            (Sent::Suspend, Signal::TSTP),
            (Sent::Resume, Signal::CONT),
        ];
        let listen =
            |(sent, kind): (Sent, Signal)| Some((sent, signal(SignalKind::from_raw(kind.as_raw())).ok()?));
        Self { list: kinds.into_iter().filter_map(listen).collect() }
    }

    #[cfg(not(unix))]
    fn new() -> Self {
        Self {}
    }

    /// The next one.
    #[cfg(unix)]
    async fn next(&mut self) -> Sent {
        std::future::poll_fn(|cx| {
            let ready = self
                .list
                .iter_mut()
                .find_map(|(sent, signal)| signal.poll_recv(cx).is_ready().then_some(*sent));
            ready.map_or(std::task::Poll::Pending, std::task::Poll::Ready)
        })
        .await
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> Sent {
        std::future::pending().await
    }
}
