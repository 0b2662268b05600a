//! The real binary in a pseudo-terminal: keys go in, its screen is read.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

pub const BINARY: &str = env!("CARGO_BIN_EXE_bee-tui");
/// Far longer than anything takes; only a fault reaches it.
const LONG: Duration = Duration::from_mins(1);

/// A program in a pseudo-terminal.
pub struct Pty {
    pub child: Box<dyn portable_pty::Child + Send + Sync>,
    pub keys: Box<dyn Write + Send>,
    pub bytes: Receiver<Vec<u8>>,
    pub screen: vt100::Parser,
    // The terminal closes when this is dropped.
    pub master: Box<dyn portable_pty::MasterPty + Send>,
    /// The terminal's settings before the program began.
    pub settings_before: String,
    /// Every byte that was written to it and read so far.
    pub painted: Vec<u8>,
}

impl Pty {
    pub fn start(rows: u16, cols: u16, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::start_program(BINARY, rows, cols, arguments, environment)
    }

    /// Starts another program, which may run this one.
    pub fn start_program(
        program: &str,
        rows: u16,
        cols: u16,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let pair =
            native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let settings_before = settings(pair.master.as_ref());
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, bytes) = channel();
        std::thread::spawn(move || {
            let mut chunk = [0; 8192];
            while let Ok(n @ 1..) = reader.read(&mut chunk) {
                if sender.send(chunk[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        let screen = vt100::Parser::new(rows.try_into().unwrap(), cols.try_into().unwrap(), 0);
        Self { child, keys, bytes, screen, master: pair.master, settings_before, painted: Vec::new() }
    }

    /// The terminal's settings now.
    pub fn settings(&self) -> String {
        settings(self.master.as_ref())
    }

    pub fn send(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Reads until the screen shows a text.
    #[track_caller]
    pub fn until(&mut self, text: &str) {
        assert!(self.comes(&[text]).is_some(), "`{text}` never came up:\n{}", self.contents());
    }

    /// Reads until these bytes were written to the terminal, counted from now.
    #[track_caller]
    pub fn until_painted(&mut self, wanted: &[u8]) {
        let from = self.painted.len();
        while !self.painted[from..].windows(wanted.len()).any(|w| w == wanted) {
            match self.bytes.recv_timeout(LONG) {
                Ok(bytes) => self.take(&bytes),
                Err(why) => panic!("{wanted:?} was never written ({why}):\n{}", self.contents()),
            }
        }
    }

    /// What the screen shows.
    pub fn contents(&self) -> String {
        self.screen.screen().contents()
    }

    /// Reads until the screen shows one of these texts and returns its index; `None` when the program ends first.
    pub fn comes(&mut self, texts: &[&str]) -> Option<usize> {
        let deadline = Instant::now() + LONG;
        loop {
            let contents = self.contents();
            if let Some(at) = texts.iter().position(|text| contents.contains(text)) {
                return Some(at);
            }
            match self.bytes.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Answers a dialog that is on screen. A dialog ignores keys in its first 300 ms, so that a key meant for
    /// the screen before it confirms nothing; this waits until they are over.
    #[track_caller]
    pub fn answer(&mut self, key: &str, then: &str) {
        self.outlast_deafness();
        self.send(key);
        self.until(then);
    }

    /// Reads on until a dialog that has just appeared accepts an answer.
    pub fn outlast_deafness(&mut self) {
        let deaf_until = Instant::now() + Duration::from_millis(350);
        while let Ok(bytes) = self.bytes.recv_timeout(deaf_until.saturating_duration_since(Instant::now())) {
            self.take(&bytes);
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        self.painted.extend_from_slice(bytes);
    }

    /// Waits until the program has ended, reading what it still paints, and returns its exit code.
    pub fn exit_code(&mut self) -> u32 {
        let deadline = Instant::now() + LONG;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(Instant::now() < deadline, "it never ended:\n{}", self.contents());
            if let Ok(bytes) = self.bytes.recv_timeout(Duration::from_millis(10)) {
                self.take(&bytes);
            }
        }
    }
}

#[cfg(unix)]
fn settings(master: &(dyn portable_pty::MasterPty + Send)) -> String {
    format!("{:?}", master.get_termios())
}

#[cfg(not(unix))]
fn settings(_: &(dyn portable_pty::MasterPty + Send)) -> String {
    String::new()
}
