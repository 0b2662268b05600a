//! The event loop: draw once, perform the effects, wait, then handle everything that has arrived.

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{Event, KeyCode, KeyEventKind};
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::layout::Size;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::app::message::Msg;
use crate::app::model::Model;
use crate::effect::{Effect, Effects, Restart};
use crate::runtime::effects::{EffectRunner, LoopAction};
use crate::runtime::input::{InputEvent, TerminalInput};
use crate::runtime::terminal;
use crate::seeded::{SeededFault, panic_if_planted};

/// The model with its terminal and its effect runner. Tests call its steps, frames and effects one by one.
#[derive(Debug)]
pub struct EventLoop<B: Backend> {
    /// The program's whole state.
    pub model: Model,
    /// The terminal that frames are drawn on.
    pub terminal: Terminal<B>,
    /// Performs the model's effects.
    pub effect_runner: EffectRunner,
    fx: Effects,
    dirty: bool,
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEnd {
    /// The user quit.
    Quit,
    /// The user wants to restart with this.
    Restart(Restart),
    /// The terminal is gone.
    Hangup,
    /// A signal with this number arrived.
    Signal(u8),
}

impl<B: Backend> EventLoop<B> {
    /// An event loop that has not run yet; `fx` holds the effects of the model's start.
    pub fn new(model: Model, fx: Effects, terminal: Terminal<B>, outside: EffectRunner) -> Self {
        Self { model, terminal, effect_runner: outside, fx, dirty: true }
    }

    /// Takes the terminal back once the session has ended.
    pub fn into_terminal(self) -> Terminal<B> {
        self.terminal
    }

    /// Updates the model with a message that arrived at `at`.
    pub fn step(&mut self, at: Timestamp, msg: Msg) {
        self.model.update(at, msg, &mut self.fx);
        self.dirty = true;
    }

    /// Draws a frame if the model may have changed since the last one. Fails when the terminal cannot be written.
    pub fn draw(&mut self) -> Result<(), B::Error> {
        if std::mem::take(&mut self.dirty) {
            self.terminal.draw(|frame| self.model.view(frame.buffer_mut()))?;
        }
        Ok(())
    }

    /// Performs the queued effects and returns what is left for the caller.
    pub fn perform_effects(&mut self) -> LoopAction {
        self.effect_runner.perform(self.fx.take())
    }

    /// Whether an edit is not on disk yet: it is painted and written before more input is handled.
    fn has_unwritten_edit(&self) -> bool {
        self.fx.queued().iter().any(|effect| matches!(effect, Effect::Journal(_)))
    }
}

/// Runs until the user quits or restarts, a signal arrives or the terminal is gone.
pub async fn run<B: Backend>(runner: &mut EventLoop<B>, inbox: &mut UnboundedReceiver<Msg>) -> SessionEnd {
    let Ok(mut input) = TerminalInput::open() else { return SessionEnd::Hangup };
    let mut signals = Signals::new();
    let mut painted = None;
    loop {
        // Keys that arrived before a dialog was painted are no answer to it. Keys that arrive while it is
        // being painted are covered by the dialog's own input grace period.
        let question = runner.model.question_asked_at();
        if std::mem::replace(&mut painted, question) != question && input.mark_early().is_err() {
            return SessionEnd::Hangup;
        }
        let drawn = runner.draw();
        // Even when the terminal is gone, an edit still has to reach the disk.
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
        // Everything that has already arrived is handled before the next frame, with two exceptions: an edit
        // is written first, and a dialog is painted first.
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

/// Passes the next event of the queue to the model as a message.
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

/// Sets the terminal up again after the program was stopped, and redraws it completely; returns whether it is
/// still there.
fn resume<B: Backend>(runner: &mut EventLoop<B>) -> bool {
    let taken = terminal::set_up_terminal().is_ok();
    terminal::force_full_redraw(&mut runner.terminal);
    resize(runner);
    taken
}

/// Tells the model the terminal's current size.
fn resize<B: Backend>(runner: &mut EventLoop<B>) {
    if let Ok((width, height)) = crossterm::terminal::size() {
        runner.step(Timestamp::now(), Msg::Resize(Size { width, height }));
    }
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(unix), expect(dead_code, reason = "Windows sends no signals"))]
enum SignalAction {
    /// End the program; the signal's number.
    End(u8),
    /// Stop until the program is resumed.
    Suspend,
    /// Continue after a stop.
    Resume,
    /// Read the terminal's new size.
    Resize,
}

/// The signals that the program handles.
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

    /// Waits for the next signal.
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
