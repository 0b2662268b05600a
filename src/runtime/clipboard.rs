//! The clipboard: the machine's own, else the terminal's (OSC 52), else a file.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::effect::ClipboardMethod;

/// The most text a terminal is asked to put on its clipboard: more is cut off or ignored by several.
const MAX_TERMINAL_BYTES: usize = 74_000;

/// The file that stands in for a clipboard.
pub const FALLBACK_FILE_NAME: &str = "clipboard.txt";

/// Where text can be copied to on this machine.
#[derive(Debug, Clone, Default)]
pub struct Clipboard {
    methods: Vec<ClipboardMethod>,
    /// The machine's clipboard; on X11 its content goes when this does.
    native: Arc<Mutex<Native>>,
    /// What was copied last, for where no clipboard can be read.
    last_copied: Option<Arc<str>>,
    /// The file text is written to where nothing else is left.
    fallback_file: PathBuf,
}

#[derive(Default)]
struct Native(Option<arboard::Clipboard>);

impl std::fmt::Debug for Native {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Native")
    }
}

/// Asks the machine to keep what is copied out of its clipboard's history: it may be names and ID numbers.
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
    /// The one of this machine: over SSH the machine's own is another person's.
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

    /// The one of a machine without a display, or of another one: the terminal's, then the file.
    pub fn without_display(state_dir: &Path) -> Self {
        if state_dir.as_os_str().is_empty() {
            return Self { methods: vec![ClipboardMethod::Terminal], ..Self::default() };
        }
        let ways = vec![ClipboardMethod::Terminal, ClipboardMethod::File];
        Self { methods: ways, fallback_file: state_dir.join(FALLBACK_FILE_NAME), ..Self::default() }
    }

    /// The way after another, or the first; none when all were tried.
    pub(super) fn next_method(&self, tried: Option<ClipboardMethod>) -> Option<ClipboardMethod> {
        match tried {
            None => self.methods.first().copied(),
            Some(tried) => {
                let at = self.methods.iter().position(|way| *way == tried)?;
                self.methods.get(at + 1).copied()
            }
        }
    }

    /// Keeps what was copied, to be pasted where no clipboard can be read.
    pub(super) fn remember_copied(&mut self, text: &str) {
        self.last_copied = Some(text.into());
    }

    /// Whether the terminal may be asked to take so much.
    pub(super) fn fits_terminal(text: &str) -> bool {
        text.len() <= MAX_TERMINAL_BYTES
    }

    /// Puts text on the machine's clipboard; slow where that does not answer.
    pub(super) fn copy_natively(&self, text: &str) -> bool {
        self.with_native(|native| exclude_from_history(native.set()).text(text)).is_some()
    }

    /// Removes the file that stands in for a clipboard; whether there was one.
    ///
    /// # Errors
    ///
    /// Why it could not be removed: what was copied is still on disk then.
    pub fn remove_fallback_file(&self) -> Result<bool, String> {
        match std::fs::remove_file(&self.fallback_file) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(e) => {
                Err(format!("{}: {e}; what was copied last is still in it", self.fallback_file.display()))
            }
        }
    }

    /// Writes text to the file; its path, or why not.
    pub(super) fn copy_to_file(&self, text: &str) -> Result<PathBuf, String> {
        let say = |e: std::io::Error| format!("{}: {e}", self.fallback_file.display());
        let folder = self.fallback_file.parent().unwrap_or_else(|| Path::new("."));
        // Only its owner reads it: `tempfile` makes it so.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(say)?;
        file.write_all(text.as_bytes()).map_err(say)?;
        file.persist(&self.fallback_file).map_err(|e| say(e.error))?;
        Ok(self.fallback_file.clone())
    }

    /// The text on the clipboard: the machine's, else what was copied last here.
    pub(super) fn read(&self) -> Result<String, String> {
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
