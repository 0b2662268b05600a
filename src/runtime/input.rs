//! The terminal's input: everything that has arrived is read into one queue, in order.
//!
//! The event loop takes events from the queue one by one. Events that were in the queue before a dialog was painted
//! are marked as early, since nobody can have meant them as an answer to a dialog that was not on screen yet.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};

use crate::runtime::terminal;

#[cfg(unix)]
use unix::InputSource;
#[cfg(windows)]
use windows::InputSource;

/// The longest pause between the keys of one burst. A terminal that does not mark pastes delivers a paste as
/// a burst of keys.
const MAX_BURST_GAP: Duration = Duration::from_millis(10);
/// A burst of fewer characters than this is not taken for a paste.
const MIN_BURST_CHARS: usize = 3;

/// What the terminal delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputEvent {
    /// A key, a paste or a new terminal size.
    Event(Event),
    /// A bracketed paste began, its end never came, and what had arrived of it was dropped.
    UnterminatedPaste,
}

/// The terminal's input queue.
pub struct TerminalInput {
    source: InputSource,
    queue: VecDeque<InputEvent>,
    /// How many events at the front of the queue arrived before the present dialog was painted.
    early_count: usize,
    /// How many events at the front of the queue were checked and are not part of a paste that came as keys.
    checked_count: usize,
    has_bracketed_paste: bool,
}

impl TerminalInput {
    /// Opens the input of the terminal this program runs in. Fails when standard input cannot be waited for.
    pub fn open() -> io::Result<Self> {
        let marks_pastes = terminal::supports_bracketed_paste();
        Ok(Self {
            source: InputSource::open()?,
            queue: VecDeque::new(),
            early_count: 0,
            checked_count: 0,
            has_bracketed_paste: marks_pastes,
        })
    }

    /// Reads everything that has arrived by now, without waiting. Fails when the terminal is gone.
    pub fn read_available(&mut self) -> io::Result<()> {
        self.source.read(&mut self.queue)
    }

    /// Marks everything that has arrived by now as typed before the dialog that is about to be painted. Fails
    /// when the terminal is gone.
    pub fn mark_early(&mut self) -> io::Result<()> {
        self.read_available()?;
        self.early_count = self.queue.len();
        Ok(())
    }

    /// Takes the next event and whether it is early; `None` when no event has been read.
    pub fn pop(&mut self) -> Option<(InputEvent, bool)> {
        let event = self.queue.pop_front()?;
        self.checked_count = self.checked_count.saturating_sub(1);
        let early = self.early_count > 0;
        self.early_count = self.early_count.saturating_sub(1);
        Some((event, early))
    }

    /// Waits until an event has been read. Dropping the future loses no event. Fails when the terminal is
    /// gone.
    pub async fn wait(&mut self) -> io::Result<()> {
        while self.queue.is_empty() {
            self.source.wait(&mut self.queue).await?;
        }
        if !self.has_bracketed_paste && self.checked_count == 0 {
            self.gather_burst().await?;
        }
        Ok(())
    }

    /// Whether an event can be taken now, without calling [`Self::wait`].
    pub fn is_ready(&self) -> bool {
        !self.queue.is_empty() && (self.has_bracketed_paste || self.checked_count > 0)
    }

    /// Waits for the end of a burst and, if it is a paste, replaces its keys by one paste event. A single key
    /// is passed on at once.
    async fn gather_burst(&mut self) -> io::Result<()> {
        self.read_available()?;
        let mut gathered = 1;
        while self.queue.len() > gathered {
            gathered = self.queue.len();
            match tokio::time::timeout(MAX_BURST_GAP, self.source.wait(&mut self.queue)).await {
                Ok(read) => read?,
                Err(_) => break,
            }
        }
        if let Some(text) = paste_from_burst(&self.queue) {
            self.early_count = self.early_count.min(1);
            self.queue.clear();
            self.queue.push_back(InputEvent::Event(Event::Paste(text)));
        }
        self.checked_count = self.queue.len();
        Ok(())
    }
}

impl std::fmt::Debug for TerminalInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What was typed is private, so the debug output does not show it.
        f.debug_struct("Input").field("queued", &self.queue.len()).finish_non_exhaustive()
    }
}

/// The text of a burst of keys if the burst is a paste, else `None`. A paste has only characters, tabs and
/// line ends, and among them either a tab, or line ends between lines that are not all plain numbers: numbers
/// with Enter between them may have been typed.
fn paste_from_burst(queue: &VecDeque<InputEvent>) -> Option<String> {
    let mut text = String::new();
    for arrived in queue {
        let InputEvent::Event(Event::Key(key)) = arrived else { return None };
        match key.code {
            _ if key.kind == KeyEventKind::Release => {}
            KeyCode::Char('j') if key.modifiers == KeyModifiers::CONTROL => text.push('\n'),
            KeyCode::Char(c) if (key.modifiers - KeyModifiers::SHIFT).is_empty() => text.push(c),
            KeyCode::Tab => text.push('\t'),
            KeyCode::Enter => text.push('\r'),
            _ => return None,
        }
    }
    let lines = || text.split(['\r', '\n']).filter(|line| !line.trim().is_empty());
    let is_number = |line: &str| line.trim().chars().all(|c| c.is_ascii_digit());
    let is_block = text.trim_end().contains('\t') || lines().count() > 1 && !lines().all(is_number);
    (is_block && text.chars().count() >= MIN_BURST_CHARS).then_some(text)
}

#[cfg(unix)]
mod unix {
    use std::collections::VecDeque;
    use std::io;
    use std::time::{Duration, Instant};

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    use super::decoder::InputDecoder;
    use super::{Event, InputEvent};

    /// How many bytes one read takes at most.
    const READ_CHUNK_BYTES: usize = 64 << 10;
    /// How long to wait for the rest of an escape sequence, or of a long input that the system delivers in pieces.
    const PARTIAL_INPUT_WAIT: Duration = Duration::from_millis(5);

    /// Standard input. Its mode is shared with the shell, so it is not made non-blocking; instead tokio waits
    /// for it, and it is read only when it holds something.
    pub(super) struct InputSource {
        tty: AsyncFd<io::Stdin>,
        decoder: InputDecoder,
        chunk: Vec<u8>,
    }

    impl InputSource {
        #[expect(
            deprecated,
            reason = "its successor is unsafe, for descriptors that may be closed; standard input stays open"
        )]
        pub(super) fn open() -> io::Result<Self> {
            let tty = AsyncFd::with_interest(io::stdin(), Interest::READABLE)?;
            Ok(Self { tty, decoder: InputDecoder::default(), chunk: vec![0; READ_CHUNK_BYTES] })
        }

        /// Reads until no more input is available. Fails when the terminal is gone.
        pub(super) fn read(&mut self, queue: &mut VecDeque<InputEvent>) -> io::Result<()> {
            let mut wait = Duration::ZERO;
            let mut bytes = Vec::new();
            while holds_input(self.tty.get_ref(), wait)? {
                let read = rustix::io::read(self.tty.get_ref(), &mut self.chunk[..]);
                match read {
                    Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                    Ok(read) => bytes.extend_from_slice(&self.chunk[..read]),
                    Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => continue,
                    Err(e) => return Err(e.into()),
                }
                // A terminal's buffer holds 4 KiB; the rest of a longer input follows a moment later.
                let goes_on = bytes.len() >= 1024 || bytes.last() == Some(&0x1b);
                wait = if goes_on { PARTIAL_INPUT_WAIT } else { Duration::ZERO };
            }
            self.decoder.feed(&bytes, Instant::now(), queue);
            Ok(())
        }

        /// Waits until at least one event has been read or an unterminated paste has been dropped.
        pub(super) async fn wait(&mut self, queue: &mut VecDeque<InputEvent>) -> io::Result<()> {
            loop {
                let gives_up = self.decoder.paste_deadline();
                let late = async {
                    match gives_up {
                        Some(at) => tokio::time::sleep_until(at.into()).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    biased;
                    ready = self.tty.readable() => {
                        let mut ready = ready?;
                        if !holds_input(self.tty.get_ref(), Duration::ZERO)? {
                            ready.clear_ready();
                            continue;
                        }
                    }
                    () = late => {
                        self.decoder.drop_paste();
                        queue.push_back(InputEvent::UnterminatedPaste);
                        return Ok(());
                    }
                }
                let before = queue.len();
                self.read(queue)?;
                if queue.len() > before {
                    return Ok(());
                }
            }
        }
    }

    /// Whether there is input to read, waiting for it at most `within`; a closed terminal counts as input.
    fn holds_input(tty: &io::Stdin, within: Duration) -> io::Result<bool> {
        let mut waiting = [PollFd::new(tty, PollFlags::IN)];
        let within = Timespec { tv_sec: 0, tv_nsec: within.subsec_nanos().into() };
        match poll(&mut waiting, Some(&within)) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(e) => Err(e.into()),
        }
    }

    impl From<Event> for InputEvent {
        fn from(event: Event) -> Self {
            Self::Event(event)
        }
    }
}

#[cfg(unix)]
mod decoder {
    use std::collections::VecDeque;
    use std::time::{Duration, Instant};

    use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
    use termina::Parser;
    use termina::event::{self, Modifiers};

    use super::InputEvent;

    /// The escape sequence that begins a bracketed paste.
    const PASTE_BEGIN: &[u8] = b"\x1b[200~";
    /// How long after its last progress an unfinished paste is dropped.
    const PASTE_TIMEOUT: Duration = Duration::from_secs(2);
    /// This many bytes within that time count as progress: the paste is still arriving, since nobody types as fast.
    const PASTE_PROGRESS_BYTES: usize = 256;

    /// Decodes the terminal's bytes into events.
    #[derive(Default)]
    pub(super) struct InputDecoder {
        parser: Parser,
        /// The last bytes, which have not made an event yet.
        pending_bytes: Vec<u8>,
        paste: Option<PasteInProgress>,
    }

    /// A bracketed paste that has begun and not ended.
    struct PasteInProgress {
        /// When it last grew by [`PASTE_PROGRESS_BYTES`].
        grew_at: Instant,
        /// How many bytes have come since then.
        bytes_since: usize,
    }

    impl InputDecoder {
        /// Decodes bytes that have arrived and appends their events to the queue.
        pub(super) fn feed(&mut self, bytes: &[u8], now: Instant, queue: &mut VecDeque<InputEvent>) {
            if let Some(paste) = &mut self.paste {
                paste.bytes_since += bytes.len();
                if paste.bytes_since >= PASTE_PROGRESS_BYTES {
                    *paste = PasteInProgress { grew_at: now, bytes_since: 0 };
                }
            }
            for (at, byte) in bytes.iter().enumerate() {
                self.parser.parse(std::slice::from_ref(byte), at + 1 < bytes.len());
                if let Some(event) = self.parser.pop() {
                    self.pending_bytes.clear();
                    self.paste = None;
                    queue.extend(terminal_event(event).map(InputEvent::Event));
                } else if self.paste.is_none() {
                    self.pending_bytes.push(*byte);
                    if self.pending_bytes.ends_with(PASTE_BEGIN) {
                        self.paste = Some(PasteInProgress { grew_at: now, bytes_since: 0 });
                    }
                }
            }
        }

        /// When the unfinished paste is to be dropped if no more of it comes; `None` when there is none.
        pub(super) fn paste_deadline(&self) -> Option<Instant> {
            self.paste.as_ref().map(|paste| paste.grew_at + PASTE_TIMEOUT)
        }

        /// Drops the unfinished paste and resets the decoder.
        pub(super) fn drop_paste(&mut self) {
            *self = Self::default();
        }
    }

    /// The event as crossterm has it; `None` for answers and reports of the terminal that nobody asked for.
    fn terminal_event(event: termina::Event) -> Option<Event> {
        match event {
            termina::Event::Key(key) => Some(Event::Key(terminal_key(key)?)),
            termina::Event::Paste(text) => Some(Event::Paste(text)),
            _ => None,
        }
    }

    fn terminal_key(key: event::KeyEvent) -> Option<KeyEvent> {
        use event::KeyCode as Code;
        let code = match key.code {
            Code::Char(c) => KeyCode::Char(c),
            Code::Enter => KeyCode::Enter,
            Code::Backspace => KeyCode::Backspace,
            Code::Tab => KeyCode::Tab,
            Code::Escape => KeyCode::Esc,
            Code::Left => KeyCode::Left,
            Code::Right => KeyCode::Right,
            Code::Up => KeyCode::Up,
            Code::Down => KeyCode::Down,
            Code::Home => KeyCode::Home,
            Code::End => KeyCode::End,
            Code::BackTab => KeyCode::BackTab,
            Code::PageUp => KeyCode::PageUp,
            Code::PageDown => KeyCode::PageDown,
            Code::Insert => KeyCode::Insert,
            Code::Delete => KeyCode::Delete,
            Code::Function(number) => KeyCode::F(number),
            _ => return None,
        };
        let mut modifiers = KeyModifiers::NONE;
        for (theirs, ours) in [
            (Modifiers::SHIFT, KeyModifiers::SHIFT),
            (Modifiers::CONTROL, KeyModifiers::CONTROL),
            (Modifiers::ALT, KeyModifiers::ALT),
        ] {
            modifiers.set(ours, key.modifiers.contains(theirs));
        }
        let kind = match key.kind {
            event::KeyEventKind::Press => KeyEventKind::Press,
            event::KeyEventKind::Repeat => KeyEventKind::Repeat,
            event::KeyEventKind::Release => KeyEventKind::Release,
        };
        Some(KeyEvent::new_with_kind(code, modifiers, kind))
    }
}

#[cfg(windows)]
mod windows {
    use std::collections::VecDeque;
    use std::future::poll_fn;
    use std::io;
    use std::task::Poll;

    use crossterm::event::EventStream;
    use futures_util::StreamExt;

    use super::InputEvent;

    /// The Windows console, which delivers events one by one.
    pub(super) struct InputSource {
        events: EventStream,
    }

    impl InputSource {
        pub(super) fn open() -> io::Result<Self> {
            Ok(Self { events: EventStream::new() })
        }

        /// Reads until no more input is available. Fails when the console is gone.
        pub(super) fn read(&mut self, queue: &mut VecDeque<InputEvent>) -> io::Result<()> {
            while crossterm::event::poll(std::time::Duration::ZERO)? {
                queue.push_back(InputEvent::Event(crossterm::event::read()?));
            }
            Ok(())
        }

        /// Waits until at least one event has been read.
        pub(super) async fn wait(&mut self, queue: &mut VecDeque<InputEvent>) -> io::Result<()> {
            let event = poll_fn(|cx| match self.events.poll_next_unpin(cx) {
                Poll::Ready(event) => Poll::Ready(event.unwrap_or(Err(io::ErrorKind::UnexpectedEof.into()))),
                Poll::Pending => Poll::Pending,
            });
            queue.push_back(InputEvent::Event(event.await?));
            self.read(queue)
        }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyEvent;

    use super::*;

    fn keys(text: &str) -> VecDeque<InputEvent> {
        let key = |c| match c {
            '\t' => KeyCode::Tab,
            '\r' => KeyCode::Enter,
            c => KeyCode::Char(c),
        };
        text.chars()
            .map(|c| InputEvent::Event(Event::Key(KeyEvent::new(key(c), KeyModifiers::NONE))))
            .collect()
    }

    #[test]
    fn a_burst_with_a_tab_or_lines_of_words_is_a_paste_and_typed_keys_are_not() {
        for paste in ["AM\tCM\r1\t2\r", "1\t2", "Top\rSenior", "f\rR\r", "12\rn/a\r13", "\tAM\r"] {
            assert_eq!(paste_from_burst(&keys(paste)).as_deref(), Some(paste));
        }
        for typed in ["12\r13\r14\r", "zzzz", ":plans\r", "5\t", "5", "\r\r\r", "jjj\r"] {
            assert_eq!(paste_from_burst(&keys(typed)), None, "{typed:?}");
        }
    }

    #[cfg(unix)]
    mod bytes {
        use std::time::{Duration, Instant};

        use super::super::decoder::InputDecoder;
        use super::*;

        fn decoded(pieces: &[&[u8]]) -> Vec<Event> {
            let (mut decoder, mut queue) = (InputDecoder::default(), VecDeque::new());
            for piece in pieces {
                decoder.feed(piece, Instant::now(), &mut queue);
            }
            let event = |arrived| match arrived {
                InputEvent::Event(event) => event,
                InputEvent::UnterminatedPaste => panic!("no paste was given up"),
            };
            queue.into_iter().map(event).collect()
        }

        fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
            Event::Key(KeyEvent::new(code, modifiers))
        }

        #[test]
        fn keys_and_pastes_are_decoded_wherever_the_bytes_are_split() {
            let bytes = "a\x1b[A\x1b[200~1\t2\rÉ\x1b[201~\x11\x1bOP\x1b[1;5C\x1b[Z".as_bytes();
            let expected = [
                key(KeyCode::Char('a'), KeyModifiers::NONE),
                key(KeyCode::Up, KeyModifiers::NONE),
                Event::Paste("1\t2\rÉ".into()),
                key(KeyCode::Char('q'), KeyModifiers::CONTROL),
                key(KeyCode::F(1), KeyModifiers::NONE),
                key(KeyCode::Right, KeyModifiers::CONTROL),
                key(KeyCode::BackTab, KeyModifiers::SHIFT),
            ];
            assert_eq!(decoded(&[bytes]), expected);
            for cut in 1..bytes.len() {
                // An escape byte at the end of a piece is decoded as the Esc key.
                if bytes[cut - 1] != 0x1b {
                    assert_eq!(decoded(&[&bytes[..cut], &bytes[cut..]]), expected, "cut at {cut}");
                }
            }
        }

        #[test]
        fn an_unterminated_paste_is_dropped_two_seconds_after_it_last_grew() {
            let (mut decoder, mut queue) = (InputDecoder::default(), VecDeque::new());
            let begun = Instant::now();
            let after = |ms| begun + Duration::from_millis(ms);
            decoder.feed(b"\x1b[200~12\r", begun, &mut queue);
            assert_eq!(decoder.paste_deadline(), Some(after(2000)));
            // Keys pressed meanwhile do not extend the deadline; more of the paste does.
            decoder.feed(b"\x11\x1b[A", after(500), &mut queue);
            assert_eq!(decoder.paste_deadline(), Some(after(2000)));
            decoder.feed(&[b'7'; 1000], after(1500), &mut queue);
            assert_eq!(decoder.paste_deadline(), Some(after(3500)));
            assert!(queue.is_empty());
            decoder.drop_paste();
            decoder.feed(b"\x11", after(4000), &mut queue);
            assert_eq!(queue, [InputEvent::Event(key(KeyCode::Char('q'), KeyModifiers::CONTROL))]);
            assert_eq!(decoder.paste_deadline(), None);
        }
    }
}
