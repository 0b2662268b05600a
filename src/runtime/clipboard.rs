//! The clipboard: the system's own, else the terminal's (OSC 52), else a file.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::effect::ClipboardError;
use crate::effect::ClipboardMethod;

/// The longest text, in bytes, that a terminal is asked to copy; several terminals cut off or ignore more.
const MAX_TERMINAL_BYTES: usize = 74_000;

/// The name of the file that takes copied text where no clipboard works.
pub const FALLBACK_FILE_NAME: &str = "clipboard.txt";

/// The ways to copy text on this machine, in the order they are tried.
#[derive(Debug, Clone, Default)]
pub struct Clipboard {
    methods: Vec<ClipboardMethod>,
    /// The system clipboard; on X11 its content is lost when this is dropped.
    native: Arc<Mutex<Native>>,
    /// The text that was copied last, for pasting where no clipboard can be read.
    last_copied: Option<Arc<str>>,
    /// The file that takes copied text where no clipboard works.
    fallback_file: PathBuf,
}

#[derive(Default)]
struct Native(Option<arboard::Clipboard>);

impl std::fmt::Debug for Native {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Native")
    }
}

/// Asks the system to keep the copied text out of clipboard histories: it may contain names and ID numbers.
fn exclude_from_history(set: arboard::Set<'_>) -> arboard::Set<'_> {
    #[cfg(target_os = "macos")]
    use arboard::SetExtApple as _;
    #[cfg(all(unix, not(target_os = "macos")))]
    use arboard::SetExtLinux as _;
    #[cfg(windows)]
    use arboard::SetExtWindows as _;
    #[cfg(windows)]
    let set = set.exclude_from_cloud();
    set.exclude_from_history()
}

impl Clipboard {
    /// Finds this machine's ways to copy. Over SSH the system clipboard is not the user's, so it is not used.
    pub fn detect(state_dir: &Path) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let remote = set("SSH_TTY") || set("SSH_CONNECTION");
        let display = !cfg!(all(unix, not(target_os = "macos"))) || set("DISPLAY");
        let elsewhere = Self::without_display(state_dir);
        if remote || !display {
            return elsewhere;
        }
        let ways = [ClipboardMethod::Native].into_iter().chain(elsewhere.methods).collect();
        Self { methods: ways, fallback_file: elsewhere.fallback_file, ..Self::default() }
    }

    /// The ways to copy without a display: the terminal, then a file in `state_dir` unless that path is empty.
    pub fn without_display(state_dir: &Path) -> Self {
        if state_dir.as_os_str().is_empty() {
            return Self { methods: vec![ClipboardMethod::Terminal], ..Self::default() };
        }
        let ways = vec![ClipboardMethod::Terminal, ClipboardMethod::File];
        Self { methods: ways, fallback_file: state_dir.join(FALLBACK_FILE_NAME), ..Self::default() }
    }

    /// The method after `tried`, or the first; `None` when all were tried.
    pub(super) fn next_method(&self, tried: Option<ClipboardMethod>) -> Option<ClipboardMethod> {
        match tried {
            None => self.methods.first().copied(),
            Some(tried) => {
                let at = self.methods.iter().position(|way| *way == tried)?;
                self.methods.get(at + 1).copied()
            }
        }
    }

    /// Remembers what was copied, for pasting where no clipboard can be read.
    pub(super) fn remember_copied(&mut self, text: &str) {
        self.last_copied = Some(text.into());
    }

    /// Whether the text is short enough for the terminal to copy.
    pub(super) fn fits_terminal(text: &str) -> bool {
        text.len() <= MAX_TERMINAL_BYTES
    }

    /// Copies text to the system clipboard and returns whether that worked; slow when the clipboard does not respond.
    pub(super) fn copy_natively(&self, text: &str) -> bool {
        self.with_native(|native| exclude_from_history(native.set()).text(text)).is_some()
    }

    /// Removes the fallback file and returns whether there was one. Fails with a message when it cannot be
    /// removed: the text that was copied last is still on disk then.
    pub fn remove_fallback_file(&self) -> Result<bool, ClipboardError> {
        match std::fs::remove_file(&self.fallback_file) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(e) => {
                Err(format!("{}: {e}; what was copied last is still in it", self.fallback_file.display())
                    .into())
            }
        }
    }

    /// Writes text to the fallback file and returns its path. Fails with a message.
    pub(super) fn copy_to_file(&self, text: &str) -> Result<PathBuf, ClipboardError> {
        let say = |e: std::io::Error| format!("{}: {e}", self.fallback_file.display());
        let folder = self.fallback_file.parent().unwrap_or_else(|| Path::new("."));
        // `tempfile` creates a file that only its owner can read.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(say)?;
        file.write_all(text.as_bytes()).map_err(say)?;
        file.persist(&self.fallback_file).map_err(|e| say(e.error))?;
        Ok(self.fallback_file.clone())
    }

    /// The text on the system clipboard, else what was copied last in this program. Fails with a message when
    /// there is neither.
    pub(super) fn read(&self) -> Result<String, ClipboardError> {
        let native = self.methods.contains(&ClipboardMethod::Native);
        let text = native.then(|| self.with_native(arboard::Clipboard::get_text)).flatten();
        text.or_else(|| self.last_copied.as_deref().map(str::to_owned)).ok_or_else(|| {
            "no clipboard can be read here; paste with your terminal's own key (often Ctrl-Shift-V)".into()
        })
    }

    fn with_native<T>(
        &self,
        work: impl Fn(&mut arboard::Clipboard) -> Result<T, arboard::Error>,
    ) -> Option<T> {
        let mut native = self.native.lock().ok()?;
        if native.0.is_none() {
            native.0 = arboard::Clipboard::new().ok();
        }
        let done = work(native.0.as_mut()?);
        if matches!(done, Err(arboard::Error::ClipboardNotSupported)) {
            native.0 = None;
        }
        done.ok()
    }
}
