//! The terminal: taken at the start, given back on every way out.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write, stdin, stdout};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::seeded::{SeededFault, is_planted};

/// The terminal of the program: a frame is written in one go.
pub type TerminalScreen = Terminal<Backend>;
/// What draws on it.
pub type Backend = CrosstermBackend<BufWriter<Stdout>>;

/// Holds the terminal; gives it back when dropped.
#[derive(Debug)]
pub struct TerminalGuard(());

impl TerminalGuard {
    /// Takes the terminal: raw mode, the other screen, bracketed paste. An error in words when there is none.
    pub fn acquire() -> Result<(Self, TerminalScreen), String> {
        if !stdin().is_terminal() || !stdout().is_terminal() {
            return Err("it needs a terminal; from a script use its shell verbs (bee-tui --help)".into());
        }
        let words = |e: io::Error| format!("the terminal cannot be used: {e}");
        let guard = Self(());
        set_up_terminal().map_err(words)?;
        restore_terminal_on_panic();
        exit_on_hangup();
        let backend = CrosstermBackend::new(BufWriter::with_capacity(1 << 16, stdout()));
        Ok((guard, Terminal::new(backend).map_err(words)?))
    }
}

impl TerminalGuard {
    /// Gives the terminal back while something else talks through it, then takes it again.
    pub fn release_while<T>(&self, screen: &mut TerminalScreen, work: impl FnOnce() -> T) -> T {
        restore_terminal();
        let done = run_exiting_on_signals(work);
        let _ = set_up_terminal();
        force_full_redraw(screen);
        done
    }
}

/// Does something while the event loop does not run: a signal that ends the program still does. The terminal is given back
/// already, and all that counts is on disk.
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
    // Ctrl-C is for the program that has the terminal now.
    let waiting = [SignalKind::terminate(), SignalKind::hangup()].map(wait);
    let done = work();
    for task in waiting {
        task.abort();
    }
    done
}

/// Does something while the event loop does not run.
#[cfg(not(unix))]
fn run_exiting_on_signals<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// Forgets what was drawn, so that the next frame is drawn whole. `Terminal::clear` would ask for the cursor's place, and
/// its answer is read by the events.
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

/// Takes the terminal, for the first time or after [`suspend`].
pub(super) fn set_up_terminal() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)
}

/// Gives the terminal back and stops until the program is resumed.
pub(super) fn suspend() {
    restore_terminal();
    #[cfg(unix)]
    {
        use rustix::process::{Signal, getpid, kill_process};
        let _ = kill_process(getpid(), Signal::STOP);
    }
}

/// A terminal that goes away without a word leaves readers spinning: whoever waits for its end here ends the program,
/// after a moment in which it may do so itself. All that counts is on disk by then.
fn exit_on_hangup() {
    #[cfg(unix)]
    std::thread::spawn(|| {
        use rustix::event::{PollFd, PollFlags, poll};
        let stdin = stdin();
        let mut waiting = [PollFd::new(&stdin, PollFlags::empty())];
        // Nothing is asked for but the hang-up, which is always told: it sleeps until then.
        while let Err(rustix::io::Errno::INTR) = poll(&mut waiting, None) {}
        if waiting[0].revents().contains(PollFlags::HUP) {
            std::thread::sleep(std::time::Duration::from_secs(1));
            std::process::exit(128 + 1);
        }
    });
}

/// Whether the terminal marks what is pasted. Where it does not, a paste comes as a burst of keys.
pub(super) fn supports_bracketed_paste() -> bool {
    // By the name it goes by: asking it would put the answer among the keys.
    let name = std::env::var("TERM").unwrap_or_default();
    let plain = ["linux", "vt", "ansi", "dumb", "cons25", "sun"].iter().any(|plain| name.starts_with(plain));
    !cfg!(windows) && !plain
}

fn restore_terminal() {
    // Each on its own: one that fails must not keep the next from being done.
    let _ = execute!(stdout(), DisableBracketedPaste);
    let _ = execute!(stdout(), LeaveAlternateScreen);
    let _ = execute!(stdout(), cursor::Show);
    let _ = disable_raw_mode();
    let _ = stdout().flush();
}

/// A panic of this thread gives the terminal back and says where it was; one of a background task leaves the
/// screen alone. The panic's own message is never shown: it could hold data.
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
