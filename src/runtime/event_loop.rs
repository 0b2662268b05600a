//! The loop: wait, take all that waits, draw once, then do what was wished.

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{Event, KeyCode, KeyEventKind};
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::layout::Size;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::app::model::{Model, Msg};
use crate::effect::{Effect, Effects, Restart};
use crate::runtime::effects::{EffectRunner, LoopAction};
use crate::runtime::input::{InputEvent, TerminalInput};
use crate::runtime::terminal;
use crate::seeded::{SeededFault, panic_if_planted};

/// The model with its screen and its outside. Steps, frames and effects can be had one by one, for tests.
#[derive(Debug)]
pub struct EventLoop<B: Backend> {
    /// The whole state.
    pub model: Model,
    /// The screen.
    pub terminal: Terminal<B>,
    /// The disk, the network and time.
    pub effect_runner: EffectRunner,
    fx: Effects,
    dirty: bool,
}

/// How the program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEnd {
    /// The user quit.
    Quit,
    /// The user wants to begin anew.
    Restart(Restart),
    /// The terminal is gone.
    Hangup,
    /// A signal of that number.
    Signal(u8),
}

impl<B: Backend> EventLoop<B> {
    /// A program about to start; `fx` holds its first wishes.
    pub fn new(model: Model, fx: Effects, terminal: Terminal<B>, outside: EffectRunner) -> Self {
        Self { model, terminal, effect_runner: outside, fx, dirty: true }
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
    pub fn perform_effects(&mut self) -> LoopAction {
        self.effect_runner.perform(self.fx.take())
    }

    /// Whether an edit waits to be written: it is painted and written before anything else is read.
    fn has_unwritten_edit(&self) -> bool {
        self.fx.queued().iter().any(|effect| matches!(effect, Effect::Journal(_)))
    }
}

/// Runs until the user quits, a signal comes or the terminal is gone.
pub async fn run<B: Backend>(runner: &mut EventLoop<B>, inbox: &mut UnboundedReceiver<Msg>) -> SessionEnd {
    let Ok(mut input) = TerminalInput::open() else { return SessionEnd::Hangup };
    let mut signals = Signals::new();
    let mut painted = None;
    loop {
        // What has arrived before a dialog is painted is no answer to it. What comes while it is being painted is left to
        // the dialog's own pause.
        let question = runner.model.question_asked_at();
        if std::mem::replace(&mut painted, question) != question && input.mark_early().is_err() {
            return SessionEnd::Hangup;
        }
        let drawn = runner.draw();
        // A terminal that is gone must not keep an edit from the disk.
        let todo = runner.perform_effects();
        if drawn.is_err() {
            return SessionEnd::Hangup;
        }
        if todo.quit {
            return SessionEnd::Quit;
        }
        if let Some(restart) = todo.restart {
            return SessionEnd::Restart(restart);
        }
        if let Some(text) = todo.terminal_copy {
            let _ = crossterm::execute!(std::io::stdout(), CopyToClipboard::to_clipboard_from(text));
        }
        if todo.ring_bell {
            let _ = crossterm::execute!(std::io::stdout(), crossterm::style::Print('\u{7}'));
        }
        tokio::select! {
            biased;
            signal = signals.next() => match signal {
                SignalAction::End(number) => return SessionEnd::Signal(number),
                SignalAction::Suspend => {
                    terminal::suspend();
                    if !resume(runner) {
                        return SessionEnd::Hangup;
                    }
                }
                SignalAction::Resume if !resume(runner) => return SessionEnd::Hangup,
                SignalAction::Resume => {}
                SignalAction::Resize => resize(runner),
            },
            arrived = input.wait() => match arrived {
                Ok(()) => dispatch_next_event(runner, &mut input),
                Err(_) => return SessionEnd::Hangup,
            },
            Some(msg) = inbox.recv() => runner.step(Timestamp::now(), msg),
        }
        // Whatever waits already is taken before the one drawing, but for an edit, which goes to disk first, and for a
        // dialog, which is painted first.
        while !runner.has_unwritten_edit() && runner.model.question_asked_at() == painted {
            if input.read_available().is_err() {
                return SessionEnd::Hangup;
            }
            if input.is_ready() {
                dispatch_next_event(runner, &mut input);
            } else if let Ok(msg) = inbox.try_recv() {
                runner.step(Timestamp::now(), msg);
            } else {
                break;
            }
        }
    }
}

/// Takes the next event of the queue as a message.
fn dispatch_next_event<B: Backend>(runner: &mut EventLoop<B>, input: &mut TerminalInput) {
    let Some((arrived, early)) = input.pop() else { return };
    let msg = match arrived {
        InputEvent::Event(Event::Key(key)) if key.kind != KeyEventKind::Release => {
            if key.code == KeyCode::Char('n') {
                panic_if_planted(SeededFault::PanicAtKey);
            }
            if early { Msg::EarlyKey(key.into()) } else { Msg::Key(key.into()) }
        }
        InputEvent::Event(Event::Paste(text)) if early => Msg::EarlyPaste(text),
        InputEvent::Event(Event::Paste(text)) => Msg::Paste(text),
        InputEvent::Event(Event::Resize(width, height)) => Msg::Resize(Size { width, height }),
        InputEvent::Event(_) => return,
        InputEvent::UnterminatedPaste => Msg::UnterminatedPaste,
    };
    runner.step(Timestamp::now(), msg);
}

/// Takes the terminal again after the program was stopped, and draws all of it anew; whether there still is one.
fn resume<B: Backend>(runner: &mut EventLoop<B>) -> bool {
    let taken = terminal::set_up_terminal().is_ok();
    terminal::force_full_redraw(&mut runner.terminal);
    resize(runner);
    taken
}

/// Takes the terminal's size as it is now.
fn resize<B: Backend>(runner: &mut EventLoop<B>) {
    if let Ok((width, height)) = crossterm::terminal::size() {
        runner.step(Timestamp::now(), Msg::Resize(Size { width, height }));
    }
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy)]
enum SignalAction {
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
    list: Vec<(SignalAction, tokio::signal::unix::Signal)>,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> Self {
        use rustix::process::Signal;
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [
            (SignalAction::End(1), Signal::HUP),
            (SignalAction::End(2), Signal::INT),
            (SignalAction::End(15), Signal::TERM),
            (SignalAction::Suspend, Signal::TSTP),
            (SignalAction::Resume, Signal::CONT),
            (SignalAction::Resize, Signal::WINCH),
        ];
        let listen = |(sent, kind): (SignalAction, Signal)| {
            Some((sent, signal(SignalKind::from_raw(kind.as_raw())).ok()?))
        };
        Self { list: kinds.into_iter().filter_map(listen).collect() }
    }

    #[cfg(not(unix))]
    fn new() -> Self {
        Self {}
    }

    /// The next one.
    #[cfg(unix)]
    async fn next(&mut self) -> SignalAction {
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
    async fn next(&mut self) -> SignalAction {
        std::future::pending().await
    }
}
