//! The loop: wait, take all that waits, draw once, then do what was wished.

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{Event, KeyCode, KeyEventKind};
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::layout::Size;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::app::model::{Model, Msg};
use crate::effect::{Anew, Effect, Effects};
use crate::runtime::effects::{Outside, Todo};
use crate::runtime::input::{Arrived, Input};
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
    let Ok(mut input) = Input::open() else { return End::Hangup };
    let mut signals = Signals::new();
    let mut painted = None;
    loop {
        // What has arrived before a dialog is painted is no answer to it. What comes while it is being painted is left to
        // the dialog's own pause.
        let question = runner.model.question();
        if std::mem::replace(&mut painted, question) != question && input.mark_early().is_err() {
            return End::Hangup;
        }
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
                Sent::Resize => resize(runner),
            },
            arrived = input.wait() => match arrived {
                Ok(()) => take_next(runner, &mut input),
                Err(_) => return End::Hangup,
            },
            Some(msg) = inbox.recv() => runner.step(Timestamp::now(), msg),
        }
        // Whatever waits already is taken before the one drawing, but for an edit, which goes to disk first, and for a
        // dialog, which is painted first.
        while !runner.holds_edit() && runner.model.question() == painted {
            if input.read().is_err() {
                return End::Hangup;
            }
            if input.is_ready() {
                take_next(runner, &mut input);
            } else if let Ok(msg) = inbox.try_recv() {
                runner.step(Timestamp::now(), msg);
            } else {
                break;
            }
        }
    }
}

/// Takes the next event of the queue as a message.
fn take_next<B: Backend>(runner: &mut Runner<B>, input: &mut Input) {
    let Some((arrived, early)) = input.pop() else { return };
    let msg = match arrived {
        Arrived::Event(Event::Key(key)) if key.kind != KeyEventKind::Release => {
            if key.code == KeyCode::Char('n') {
                panic_if(Fault::PanicAtKey);
            }
            if early { Msg::EarlyKey(key.into()) } else { Msg::Key(key.into()) }
        }
        Arrived::Event(Event::Paste(text)) if early => Msg::EarlyPaste(text),
        Arrived::Event(Event::Paste(text)) => Msg::Paste(text),
        Arrived::Event(Event::Resize(width, height)) => Msg::Resize(Size { width, height }),
        Arrived::Event(_) => return,
        Arrived::EndlessPaste => Msg::EndlessPaste,
    };
    runner.step(Timestamp::now(), msg);
}

/// Takes the terminal again after the program was stopped, and draws all of it anew; whether there still is one.
fn resume<B: Backend>(runner: &mut Runner<B>) -> bool {
    let taken = terminal::take_again().is_ok();
    terminal::draw_whole(&mut runner.terminal);
    resize(runner);
    taken
}

/// Takes the terminal's size as it is now.
fn resize<B: Backend>(runner: &mut Runner<B>) {
    if let Ok((width, height)) = crossterm::terminal::size() {
        runner.step(Timestamp::now(), Msg::Resize(Size { width, height }));
    }
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
    /// To look at the terminal's size.
    Resize,
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
            (Sent::Resize, Signal::WINCH),
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
