//! The terminal: set up at the start and restored on every way out.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write, stdin, stdout};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::domain::shape_error::message_error;
use crate::seeded::{SeededFault, is_planted};

/// The terminal the program draws on; output is buffered, so that a frame is written in one go.
pub type TerminalScreen = Terminal<Backend>;
/// The ratatui backend that writes to it.
pub type Backend = CrosstermBackend<BufWriter<Stdout>>;

message_error! {
    /// Why the program cannot run in this terminal.
    TerminalError
}

/// Owns the terminal and restores it when dropped.
#[derive(Debug)]
pub struct TerminalGuard(());

impl TerminalGuard {
    /// Sets the terminal up: raw mode, alternate screen, bracketed paste. Fails with a message when there is
    /// no terminal or it cannot be set up.
    pub fn acquire() -> Result<(Self, TerminalScreen), TerminalError> {
        if !stdin().is_terminal() || !stdout().is_terminal() {
            return Err("it needs a terminal; from a script use its shell verbs (bee-tui --help)".into());
        }
        let words = |e: io::Error| TerminalError::from(format!("the terminal cannot be used: {e}"));
        let guard = Self(());
        set_up_terminal().map_err(words)?;
        restore_terminal_on_panic();
        exit_on_hangup();
        let backend = CrosstermBackend::new(BufWriter::with_capacity(1 << 16, stdout()));
        Ok((guard, Terminal::new(backend).map_err(words)?))
    }
}

impl TerminalGuard {
    /// Restores the terminal while `work` uses it, then sets it up again.
    pub fn release_while<T>(&self, screen: &mut TerminalScreen, work: impl FnOnce() -> T) -> T {
        restore_terminal();
        let done = run_exiting_on_signals(work);
        let _ = set_up_terminal();
        force_full_redraw(screen);
        done
    }
}

/// Runs `work` while the event loop does not run; SIGTERM and SIGHUP still end the program. The terminal has
/// been restored already, and every edit is on disk.
#[cfg(unix)]
fn run_exiting_on_signals<T>(work: impl FnOnce() -> T) -> T {
    use tokio::signal::unix::{SignalKind, signal};
    let wait = |kind: SignalKind| {
        tokio::spawn(async move {
            if let Ok(mut signals) = signal(kind)
                && signals.recv().await.is_some()
            {
                std::process::exit(128 + kind.as_raw_value());
            }
        })
    };
    // Ctrl-C is meant for the program that has the terminal now.
    let waiting = [SignalKind::terminate(), SignalKind::hangup()].map(wait);
    let done = work();
    for task in waiting {
        task.abort();
    }
    done
}

/// Runs `work` while the event loop does not run.
#[cfg(not(unix))]
fn run_exiting_on_signals<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// Discards what was drawn, so that the next frame is drawn completely. `Terminal::clear` would query the
/// cursor position, and the input queue would read the answer.
pub(super) fn force_full_redraw<B: ratatui::backend::Backend>(screen: &mut Terminal<B>) {
    let _ = screen.backend_mut().clear();
    screen.swap_buffers();
    screen.swap_buffers();
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        if !is_planted(SeededFault::KeptScreen) {
            restore_terminal();
        }
    }
}

/// Sets the terminal up, for the first time or after [`suspend`]. Fails when it cannot be written.
pub(super) fn set_up_terminal() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)
}

/// Restores the terminal and stops the process until it is resumed.
pub(super) fn suspend() {
    restore_terminal();
    #[cfg(unix)]
    {
        use rustix::process::{Signal, getpid, kill_process};
        let _ = kill_process(getpid(), Signal::STOP);
    }
}

/// When a terminal disappears silently, its readers spin. A thread here waits for the hang-up and ends the
/// program a second later, if it has not ended by itself. Every edit is on disk by then.
fn exit_on_hangup() {
    #[cfg(unix)]
    std::thread::spawn(|| {
        use rustix::event::{PollFd, PollFlags, poll};
        let stdin = stdin();
        let mut waiting = [PollFd::new(&stdin, PollFlags::empty())];
        // No event is requested; a hang-up is reported anyway, so the thread sleeps until then.
        while let Err(rustix::io::Errno::INTR) = poll(&mut waiting, None) {}
        if waiting[0].revents().contains(PollFlags::HUP) {
            std::thread::sleep(std::time::Duration::from_secs(1));
            std::process::exit(128 + 1);
        }
    });
}

/// Whether the terminal supports bracketed paste. Where it does not, a paste arrives as a burst of keys.
pub(super) fn supports_bracketed_paste() -> bool {
    // Judged by the terminal's name: the answer to a query would arrive among the keys.
    let name = std::env::var("TERM").unwrap_or_default();
    let plain = ["linux", "vt", "ansi", "dumb", "cons25", "sun"].iter().any(|plain| name.starts_with(plain));
    !cfg!(windows) && !plain
}

fn restore_terminal() {
    // Each step runs on its own, so that one that fails does not prevent the next.
    let _ = execute!(stdout(), DisableBracketedPaste);
    let _ = execute!(stdout(), LeaveAlternateScreen);
    let _ = execute!(stdout(), cursor::Show);
    let _ = disable_raw_mode();
    let _ = stdout().flush();
}

/// A panic of this thread restores the terminal and prints its source location; a panic of a background task
/// leaves the screen alone. The panic's own message is never shown: it may contain data.
fn restore_terminal_on_panic() {
    let here = std::thread::current().id();
    std::panic::set_hook(Box::new(move |info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a fault of bee-tui itself");
        if std::thread::current().id() == here {
            restore_terminal();
            let mut stderr = io::stderr();
            let _ = writeln!(stderr, "bee-tui stopped by a fault of its own at {place}.");
            let _ = writeln!(stderr, "Committed edits are kept and will be there at the next start.");
        }
    }));
}
