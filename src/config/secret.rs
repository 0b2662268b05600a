//! Where a secret comes from when no setting and no environment variable gives it: a command, the system
//! keyring, or the user's secrets file.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::api::request::{Origin, OriginError};
use crate::config::permissions::{ensure_private_folder, is_open_to_others};
use crate::domain::shape_error::message_error;

/// How long a keyring call may take; some keyrings never respond.
const KEYRING_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a secret command may take; it may ask the user for something.
const COMMAND_TIMEOUT: Duration = Duration::from_mins(1);
/// How many times, 20 ms apart, a command that has printed its line is polled for its exit.
const MAX_EXIT_POLLS: u32 = 50;
/// How much of a command's output is read, in bytes; a secret is one line.
const MAX_OUTPUT_BYTES: u64 = 1 << 16;
/// The service name of bee-tui's secrets in the keyring.
const KEYRING_SERVICE: &str = "bee-tui";

message_error! {
    /// Why a secret could not be read, kept or removed. Never holds the secret.
    SecretError
}

/// Stores the secrets that a configuration does not hold itself, in the system keyring or in a file.
#[derive(Debug, Clone)]
pub struct SecretStore {
    file: PathBuf,
}

#[derive(Serialize, Deserialize, Default)]
struct Secrets {
    #[serde(default)]
    secret: Vec<StoredSecret>,
}

#[derive(Serialize, Deserialize)]
struct StoredSecret {
    origin: String,
    key: String,
    secret: String,
}

/// The result of removing a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretRemoval {
    /// It was stored, and has been removed.
    Removed,
    /// It was not stored anywhere.
    NotFound,
    /// It was removed from the file; the keyring could not be used, for this reason.
    RemovedFromFileOnly(String),
    /// It was not in the file; the keyring could not be used, for this reason.
    KeyringUnavailable(String),
}

impl SecretStore {
    /// The store for a configuration file, with its own file beside it; without a file when the path is empty.
    pub fn for_config(config: &Path) -> Self {
        let is_placed = !config.as_os_str().is_empty();
        Self { file: if is_placed { config.with_file_name("secrets.toml") } else { PathBuf::new() } }
    }

    /// The path of the file that holds secrets where there is no keyring.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The secret of a key, from the file, else from the keyring. Fails with the reason when there is none,
    /// or when others can read the file.
    pub fn secret(&self, origin: &Origin, key: &str) -> Result<SecretString, SecretError> {
        if let Some(kept) = self.read()?.secret.into_iter().find(|kept| kept.is_of(origin, key)) {
            return Ok(kept.secret.into());
        }
        with_keyring_entry(origin, key, |entry| match entry.get_password() {
            Ok(secret) => Ok(SecretString::from(secret)),
            Err(keyring::v1::Error::NoEntry) => Err("the keyring has none".into()),
            Err(e) => Err(format!("the keyring cannot be used: {e}").into()),
        })
    }

    /// Stores a secret in the keyring. Fails when the keyring cannot be used, or an older secret stays in the file.
    pub fn store_in_keyring(
        &self,
        origin: &Origin,
        key: &str,
        secret: &SecretString,
    ) -> Result<(), SecretError> {
        let secret = secret.clone();
        with_keyring_entry(origin, key, move |entry| {
            entry.set_password(secret.expose_secret()).map_err(|e| e.to_string().into())
        })?;
        // An earlier secret left in the file would take precedence.
        self.remove_from_file(origin, key).map(|_| ())
    }

    /// Stores a secret in the file, which only its owner can read. Fails when others can read the file
    /// already, or it cannot be written.
    pub fn store_in_file(
        &self,
        origin: &Origin,
        key: &str,
        secret: &SecretString,
    ) -> Result<(), SecretError> {
        let mut secrets = self.read()?;
        secrets.secret.retain(|kept| !kept.is_of(origin, key));
        secrets.secret.push(StoredSecret {
            origin: origin.as_str().to_owned(),
            key: key.to_owned(),
            secret: secret.expose_secret().to_owned(),
        });
        self.write(&secrets)
    }

    /// Removes a secret from the file and the keyring. Fails when the file cannot be read or written; a
    /// failing keyring is part of the result.
    pub fn remove(&self, origin: &Origin, key: &str) -> Result<SecretRemoval, SecretError> {
        let in_file = self.remove_from_file(origin, key)?;
        let in_keyring = with_keyring_entry(origin, key, |entry| match entry.delete_credential() {
            Ok(()) => Ok(true),
            Err(keyring::v1::Error::NoEntry) => Ok(false),
            Err(e) => Err(e.to_string().into()),
        });
        Ok(match in_keyring {
            Ok(in_keyring) if in_file || in_keyring => SecretRemoval::Removed,
            Ok(_) => SecretRemoval::NotFound,
            Err(why) if in_file => SecretRemoval::RemovedFromFileOnly(why.to_string()),
            Err(why) => SecretRemoval::KeyringUnavailable(why.to_string()),
        })
    }

    fn remove_from_file(&self, origin: &Origin, key: &str) -> Result<bool, SecretError> {
        let mut secrets = self.read_unchecked()?;
        let before = secrets.secret.len();
        secrets.secret.retain(|kept| !kept.is_of(origin, key));
        if secrets.secret.len() == before {
            return Ok(false);
        }
        if secrets.secret.is_empty() {
            std::fs::remove_file(&self.file).map_err(|e| self.file_error(&e))?;
        } else {
            self.write(&secrets)?;
        }
        Ok(true)
    }

    /// The content of the file, empty if there is none. Fails when others can read the file.
    fn read(&self) -> Result<Secrets, SecretError> {
        if is_open_to_others(&self.file) {
            let file = self.file.display();
            return Err(
                format!("{file} can be read by others; chmod 600 {file}, and think of a new key").into()
            );
        }
        self.read_unchecked()
    }

    fn read_unchecked(&self) -> Result<Secrets, SecretError> {
        match std::fs::read_to_string(&self.file) {
            // The parser's own message could quote a secret.
            Ok(text) => toml::from_str(&text)
                .map_err(|_| format!("{} cannot be read as TOML", self.file.display()).into()),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(Secrets::default()),
            Err(e) => Err(self.file_error(&e).into()),
        }
    }

    fn write(&self, secrets: &Secrets) -> Result<(), SecretError> {
        let text =
            toml::to_string(secrets).map_err(|_| "the secrets cannot be written as TOML".to_owned())?;
        write_private(&self.file, &text).map_err(|e| self.file_error(&e).into())
    }

    fn file_error(&self, error: &std::io::Error) -> String {
        format!("{}: {error}", self.file.display())
    }
}

impl StoredSecret {
    fn is_of(&self, origin: &Origin, key: &str) -> bool {
        self.origin == origin.as_str() && self.key == key
    }
}

/// Writes a file that only its owner can read, whole or not at all, and creates its folder if necessary.
/// Fails when the folder or the file cannot be written.
pub fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    // A link stays a link: its target is written.
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !dir.is_dir() {
        ensure_private_folder(dir)?;
    }
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Checks that the keyring responds. Fails with the reason.
pub fn probe_keyring() -> Result<(), SecretError> {
    let origin: Origin = "https://bee-tui.invalid".parse().map_err(|why: OriginError| why.to_string())?;
    with_keyring_entry(&origin, "probe", |entry| match entry.get_password() {
        Ok(_) | Err(keyring::v1::Error::NoEntry) => Ok(()),
        Err(e) => Err(e.to_string().into()),
    })
}

/// Runs `work` on a keyring entry, on a thread that is abandoned after [`KEYRING_TIMEOUT`]. Fails with the reason.
fn with_keyring_entry<T: Send + 'static>(
    origin: &Origin,
    key: &str,
    work: impl FnOnce(&keyring::v1::Entry) -> Result<T, SecretError> + Send + 'static,
) -> Result<T, SecretError> {
    let user = format!("{} {key}", origin.as_str());
    let (done, answer) = channel();
    std::thread::spawn(move || {
        let entry = keyring::v1::Entry::new(KEYRING_SERVICE, &user).map_err(|e| e.to_string().into());
        let _ = done.send(entry.and_then(|entry| work(&entry)));
    });
    answer.recv_timeout(KEYRING_TIMEOUT).unwrap_or_else(|_| Err("it does not answer within 3 s".into()))
}

/// The first line that a command prints, trimmed. Fails when the command cannot be run, ends with an error,
/// prints nothing, or takes longer than a minute.
pub fn from_command(argv: &[String]) -> Result<SecretString, SecretError> {
    let Some((program, arguments)) = argv.split_first() else {
        return Err("it names no program; write it like [\"pass\", \"show\", \"beetoolkit\"]".into());
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    // The command for one secret must not see the others.
    for secret in ["BEE_TUI_API_SECRET", "BEE_TUI_SUPPLIERS_API_SECRET"] {
        command.env_remove(secret);
    }
    let mut child = command.spawn().map_err(|e| format!("{program} cannot be run: {e}"))?;
    let (done, printed) = channel();
    if let Some(out) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut line = Vec::new();
            let read = BufReader::new(out.take(MAX_OUTPUT_BYTES)).read_until(b'\n', &mut line);
            let _ = done.send(read.map(|_| line));
        });
    }
    let Ok(line) = printed.recv_timeout(COMMAND_TIMEOUT) else {
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!("{program} has not answered in {} s", COMMAND_TIMEOUT.as_secs()).into());
    };
    // The exit status counts too, but what the command leaves running is not waited for.
    let mut status = child.try_wait().ok().flatten();
    for _ in 0..MAX_EXIT_POLLS {
        if status.is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
        status = child.try_wait().ok().flatten();
    }
    if let Some(status) = status.filter(|status| !status.success()) {
        return Err(format!("{program} ended with {status}").into());
    }
    let text = line.ok().and_then(|line| String::from_utf8(line).ok());
    let text = text.ok_or_else(|| format!("what {program} printed is no text"))?;
    match text.trim() {
        "" => Err(format!("{program} printed nothing").into()),
        secret => Ok(secret.to_owned().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> (tempfile::TempDir, SecretStore, Origin) {
        let dir = tempfile::tempdir().unwrap();
        let vault = SecretStore::for_config(&dir.path().join("config.toml"));
        (dir, vault, "https://www.beetoolkit.co.za".parse().unwrap())
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_in_the_file_is_private_and_removing_the_last_one_removes_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let (_dir, vault, origin) = vault();
        vault.store_in_file(&origin, "mpk_1", &"s3cret".to_owned().into()).unwrap();
        vault.store_in_file(&origin, "mpk_2", &"other".to_owned().into()).unwrap();
        vault.store_in_file(&origin, "mpk_1", &"n3w".to_owned().into()).unwrap();
        let mode = std::fs::metadata(vault.file()).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        let secret = |key| vault.secret(&origin, key).ok().map(|s| s.expose_secret().to_owned());
        assert_eq!(secret("mpk_1").as_deref(), Some("n3w"));
        assert_eq!(secret("mpk_2").as_deref(), Some("other"));
        let elsewhere: Origin = "https://elsewhere.test".parse().unwrap();
        assert!(vault.secret(&elsewhere, "mpk_1").is_err(), "a secret is of one origin");
        for key in ["mpk_1", "mpk_2"] {
            assert!(matches!(
                vault.remove(&origin, key).unwrap(),
                SecretRemoval::Removed | SecretRemoval::RemovedFromFileOnly(_)
            ));
        }
        assert!(!vault.file().exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let (_dir, vault, origin) = vault();
        vault.store_in_file(&origin, "mpk_1", &"s3cret".to_owned().into()).unwrap();
        std::fs::set_permissions(vault.file(), std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = vault.secret(&origin, "mpk_1").unwrap_err();
        assert!(error.to_string().contains("chmod 600") && !error.to_string().contains("s3cret"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_linked_file_stays_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (real, link) = (dir.path().join("real.toml"), dir.path().join("link.toml"));
        std::fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write_private(&link, "new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_to_string(real).unwrap(), "new");
    }

    #[test]
    fn an_invalid_secrets_file_is_reported_without_quoting_it() {
        let (_dir, vault, origin) = vault();
        write_private(vault.file(), "secret = s3cret").unwrap();
        assert!(!vault.secret(&origin, "mpk_1").unwrap_err().to_string().contains("s3cret"));
    }

    #[cfg(unix)]
    #[test]
    fn a_command_gives_its_first_line_or_a_reason() {
        let run = |argv: &[&str]| {
            let argv: Vec<String> = argv.iter().map(|&s| s.to_owned()).collect();
            from_command(&argv).map(|s| s.expose_secret().to_owned())
        };
        assert_eq!(run(&["printf", " s3cret \nuser: me\n"]).as_deref(), Ok("s3cret"));
        // What a command leaves running, with or without its output, must not delay the result.
        let begun = std::time::Instant::now();
        for left in ["echo s3cret; exec >&-; exec sleep 30", "echo s3cret; sleep 30 &"] {
            assert_eq!(run(&["sh", "-c", left]).as_deref(), Ok("s3cret"));
        }
        assert!(begun.elapsed() < Duration::from_secs(20));
        assert!(run(&["true"]).unwrap_err().to_string().contains("printed nothing"));
        assert!(run(&["false"]).unwrap_err().to_string().contains("exit status: 1"));
        assert!(run(&["no-such-program-here"]).unwrap_err().to_string().contains("cannot be run"));
        assert!(run(&[]).unwrap_err().to_string().contains("names no program"));
    }
}
