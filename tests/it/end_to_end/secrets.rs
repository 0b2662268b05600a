//! No secret leaves the program: everything written is searched for the key, the secret, the signatures and
//! an ID number in all their encodings; and every file is private to its owner under any umask.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bee_tui::api::sign::hex;
use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::FaultAction;

use crate::support::fault_server::FaultServer;
use crate::support::harness::sandbox;
use crate::support::pty::{BINARY, Pty};

const ID_NUMBER: &str = "8001015009087";

/// Everything below a folder, file by file.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        if entry.path().is_dir() {
            all.extend(files(&entry.path()));
        } else {
            all.push(entry.path());
        }
    }
    all
}

/// The encodings in which a secret could be written.
fn spellings(secret: &str) -> Vec<Vec<u8>> {
    let digits = hex(secret.as_bytes());
    let base64 = STANDARD.encode(secret);
    // Inside a longer text, its base64 depends on the offset; the middle is the same for one offset in three.
    let shifted = [1, 2].map(|n| {
        let padded = STANDARD.encode(format!("{}{secret}", "x".repeat(n)));
        padded[4..padded.len() - 4].to_owned()
    });
    let all = [secret.to_owned(), digits.to_uppercase(), digits, base64.trim_end_matches('=').to_owned()];
    all.into_iter().chain(shifted).map(String::into_bytes).collect()
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    spellings(secret).iter().any(|spelling| bytes.windows(spelling.len()).any(|w| w == spelling.as_slice()))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_output_contains_a_secret_a_signature_or_an_id_number() {
    let behind = sandbox().await;
    let server = FaultServer::before(&behind).await;
    let front = Sandbox::at_address(server.address, behind.options.clone());
    let dir = tempfile::tempdir().unwrap();
    let (origin, root) = (front.origin(), dir.path().to_owned());
    let (key, secret) = (front.options.key.clone(), front.options.secret.clone());
    // Some requests fail, because errors are where secrets leak.
    for (method, path, does) in [
        ("GET", "plans", FaultAction::Respond(200, format!("[{{\"id\": \"{ID_NUMBER}\"}}, {ID_NUMBER}"))),
        (
            "POST",
            "participants",
            FaultAction::Respond(422, format!("{{\"errors\": [\"{ID_NUMBER} is odd\"]}}")),
        ),
    ] {
        behind.inject_fault(method, path, does);
    }
    let painted = tokio::task::spawn_blocking(move || {
        let path = |name: &str| root.join(name).display().to_string();
        std::fs::create_dir(root.join("tmp")).unwrap();
        let (state, log, tmp, config) = (path("state"), path("log"), path("tmp"), path("config.toml"));
        std::fs::write(&config, "").unwrap();
        let environment = [
            ("BEE_TUI_BASE_URL", origin.as_str()),
            ("BEE_TUI_API_KEY", &key),
            ("BEE_TUI_API_SECRET", &secret),
            ("BEE_TUI_STATE_DIR", &state),
            ("BEE_TUI_CONFIG", &config),
            ("TMPDIR", &tmp),
        ];
        let arguments = ["--log", &log, "--log-level", "trace"];
        let mut pty = Pty::start(40, 120, &arguments, &environment);
        pty.until("breaks off");
        pty.send("r");
        pty.until("FY26 EE Plan");
        let pid = pty.child.process_id().unwrap();
        let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        pty.send("2");
        pty.until("Acme Construction");
        pty.send("/acme construction\r\r");
        pty.until("Training programs");
        pty.until("Participants");
        pty.send("\r");
        pty.until("participants");
        pty.send("a");
        pty.until("New participant");
        pty.send(&format!("Canary Person\tf\t\t\tafrican\t{ID_NUMBER}\x13"));
        pty.until("Review");
        pty.send("A");
        pty.until("y Yes");
        pty.answer("y", "refused");
        // The second time the server accepts it.
        pty.send("A");
        pty.until("y Yes");
        pty.answer("y", "1 record saved");
        pty.send("n\x1b\x1b!");
        pty.until("Requests");
        pty.send("\x11");
        pty.exit_code();
        (pty.painted, arguments)
    });
    let (painted, arguments) = painted.await.unwrap();
    let signatures: Vec<String> = server
        .seen()
        .iter()
        .filter_map(|seen| {
            Some(seen.head.split_once("authorization: HMAC ")?.1.lines().next()?.trim().to_owned())
        })
        .collect();
    assert!(signatures.len() > 5, "it did send: {}", server.seen().len());
    let mut canaries = vec![front.options.key.clone(), front.options.secret.clone(), ID_NUMBER.to_owned()];
    canaries.extend(signatures);
    let log = std::fs::read(dir.path().join("log")).unwrap();
    assert!(log.len() > 1000, "the log says something");
    for canary in &canaries {
        // The list and the form show a person's ID number to the user; no other secret is ever shown.
        assert!(canary == ID_NUMBER || !holds(&painted, canary), "{canary} was shown");
        assert!(!holds(&arguments, canary), "{canary} is an argument");
        for file in files(dir.path()) {
            assert!(!holds(&std::fs::read(&file).unwrap(), canary), "{canary} is in {}", file.display());
        }
    }
}

#[test]
fn every_file_is_private_to_its_owner_under_any_umask() {
    for umask in ["000", "022", "077"] {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).display().to_string();
        let script = format!("umask {umask}; exec \"$0\" \"$@\"");
        let (state, log, config) = (path("deep/state"), path("log"), path("config.toml"));
        std::fs::write(
            &config,
            "[profiles.a]\napi_key = \"k\"\napi_secret = \"s\"\nbase_url = \"http://127.0.0.1:1\"\n",
        )
        .unwrap();
        let environment = [("BEE_TUI_STATE_DIR", state.as_str()), ("BEE_TUI_CONFIG", &config)];
        let mut pty = Pty::start_program("sh", 24, 80, &["-c", &script, BINARY, "--log", &log], &environment);
        pty.until("OFFLINE");
        pty.send("\x11");
        pty.exit_code();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(Path::new(&state)), 0o700, "umask {umask}");
        let mut written = files(Path::new(&state));
        assert!(written.len() >= 2, "{written:?}");
        written.push(log.into());
        for file in written {
            assert_eq!(mode(&file), 0o600, "{} under umask {umask}", file.display());
        }
    }
}
