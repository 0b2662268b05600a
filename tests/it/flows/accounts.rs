//! Accounts and what is kept of them on this machine: login, logout, listing the journal, wipe, doctor.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use bee_tui::effect::JournalOp;
use bee_tui::runtime::journal::Journal;
use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::{FaultAction, SandboxOptions};
use serde_json::Value;

use crate::support::fault_server::{End, FaultServer, Kind, Rule};
use crate::support::harness::{account, sandbox};
use crate::support::pty::{BINARY, Pty};

/// Keeps the tests away from the keyring of whoever runs them.
const NO_KEYRING: (&str, &str) = ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");

/// A home for one test: a configuration, a state folder, and the binary run with only these.
struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn config(&self) -> std::path::PathBuf {
        self.dir.path().join("config.toml")
    }

    fn secrets(&self) -> std::path::PathBuf {
        self.dir.path().join("secrets.toml")
    }

    fn state(&self) -> std::path::PathBuf {
        self.dir.path().join("state")
    }

    fn environment(&self) -> Vec<(String, String)> {
        vec![
            ("BEE_TUI_CONFIG".into(), self.config().display().to_string()),
            ("BEE_TUI_STATE_DIR".into(), self.state().display().to_string()),
            ("HOME".into(), self.dir.path().display().to_string()),
            (NO_KEYRING.0.into(), NO_KEYRING.1.into()),
        ]
    }

    /// Runs the binary; its exit code and both outputs.
    async fn run(&self, arguments: &[&str], input: &str) -> (i32, String, String) {
        let mut command = Command::new(BINARY);
        command.args(arguments).envs(self.environment());
        for name in ["BASE_URL", "API_KEY", "API_SECRET", "PROFILE"] {
            command.env_remove(format!("BEE_TUI_{name}"));
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let input = input.to_owned();
        let output = tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().unwrap();
            let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
            child.wait_with_output().unwrap()
        });
        let output = output.await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// A profile `acme` on the sandbox, its secret in the file.
    async fn login(&self, sandbox: &Sandbox) {
        let (code, _, err) = self.run(&login(sandbox, &["--in-file"]), &both(&sandbox.options)).await;
        assert_eq!(code, 0, "{err}");
    }
}

fn login<'a>(sandbox: &Sandbox, more: &[&'a str]) -> Vec<&'a str> {
    let origin: &'static str = Box::leak(sandbox.origin().into_boxed_str());
    [&["login", "--profile", "acme", "--base-url", origin], more].concat()
}

fn both(options: &SandboxOptions) -> String {
    format!("{}\n{}\n", options.key, options.secret)
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn login_tests_and_stores_a_key_and_logout_removes_it() {
    let (sandbox, home) = (sandbox().await, Home::new());
    std::fs::write(home.config(), "# mine\ncolour = true\n").unwrap();
    home.login(&sandbox).await;
    let config = std::fs::read_to_string(home.config()).unwrap();
    assert!(config.starts_with("# mine\ncolour = true\n"), "{config}");
    assert!(config.contains("[profiles.acme]") && config.contains(&sandbox.options.key), "{config}");
    assert!(!config.contains(&sandbox.options.secret));
    assert_eq!((mode(&home.secrets()), mode(&home.config())), (0o600, 0o600));
    let (code, out, _) = home.run(&["plans", "list", "-o", "json"], "").await;
    assert_eq!(code, 0);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap().as_array().unwrap().len(), 6);
    let (code, _, err) = home.run(&["logout"], "").await;
    assert!(code == 0 && err.contains("its secret is forgotten"), "{err}");
    assert!(!home.secrets().exists());
    let (code, _, err) = home.run(&["plans", "list"], "").await;
    assert!(code == 2 && err.contains("bee-tui login --profile acme"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_key_is_not_stored_nor_a_secret_without_consent_to_the_file() {
    let (sandbox, home) = (sandbox().await, Home::new());
    let wrong = format!("{}\nwrong-secret\n", sandbox.options.key);
    let (code, _, err) = home.run(&login(&sandbox, &["--in-file"]), &wrong).await;
    assert!(code == 4 && err.contains("nothing was kept"), "{err}");
    let (code, _, err) = home.run(&login(&sandbox, &[]), &both(&sandbox.options)).await;
    assert!(code == 1 && err.contains(&home.secrets().display().to_string()), "the file is named: {err}");
    let mut nobody = Sandbox::at_address(sandbox.address, sandbox.options.clone());
    nobody.address.set_port(1);
    let (code, _, err) = home.run(&login(&nobody, &["--in-file"]), &both(&sandbox.options)).await;
    assert!(code == 7 && err.contains("nothing was kept"), "{err}");
    assert!(!home.config().exists() && !home.secrets().exists());
    assert!(!err.contains(&sandbox.options.secret));
}

#[tokio::test(flavor = "multi_thread")]
async fn login_on_a_terminal_hides_the_secret_and_asks_before_using_the_file() {
    let (sandbox, home) = (sandbox().await, Home::new());
    let (origin, options) = (sandbox.origin(), sandbox.options.clone());
    let environment = home.environment();
    let screen = tokio::task::spawn_blocking(move || {
        let environment: Vec<_> =
            environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut pty = Pty::start(24, 100, &["login"], &environment);
        pty.until("A name for this profile [main]");
        pty.send("acme\r");
        pty.until("Address of BEEtoolkit [https://www.beetoolkit.co.za]");
        pty.send(&format!("{origin}\r"));
        pty.until("API key");
        pty.send(&format!("{}\r", options.key));
        pty.until("API secret (not shown)");
        pty.send(&format!("{}\r", options.secret));
        pty.until("secrets.toml, which only you");
        pty.send("y\r");
        pty.until("accepts the key");
        assert_eq!(pty.exit_code(), 0);
        pty.screen.screen().contents()
    });
    let screen = screen.await.unwrap();
    assert!(!screen.contains(&sandbox.options.secret), "{screen}");
    assert!(home.secrets().exists());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_can_come_from_a_command() {
    let (sandbox, home) = (sandbox().await, Home::new());
    let profile = |command: &str| {
        let (origin, key) = (sandbox.origin(), &sandbox.options.key);
        format!("[profiles.acme]\nbase_url = \"{origin}\"\napi_key = \"{key}\"\nsecret_command = {command}\n")
    };
    std::fs::write(home.config(), profile(&format!("[\"printf\", \"{}\"]", sandbox.options.secret))).unwrap();
    assert_eq!(home.run(&["plans", "list"], "").await.0, 0);
    std::fs::write(home.config(), profile("[\"false\"]")).unwrap();
    let (code, _, err) = home.run(&["plans", "list"], "").await;
    assert!(code == 2 && err.contains("config.toml, line 4") && err.contains("exit status: 1"), "{err}");
}

/// A journal with one staged counter and one participant that is being sent.
fn journal(home: &Home, sandbox: &Sandbox) -> Journal {
    let mut journal = Journal::open(&home.state(), &account(sandbox)).unwrap().journal;
    journal.write(&JournalOp::Counters(vec![crate::contract::journal::staged_counter()])).unwrap();
    journal.write(&JournalOp::Records(vec![crate::contract::journal::sending_participant()])).unwrap();
    journal
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_is_listed_for_scripts_without_id_numbers() {
    let (sandbox, home) = (sandbox().await, Home::new());
    home.login(&sandbox).await;
    let (code, out, _) = home.run(&["journal", "list", "-o", "json"], "").await;
    assert_eq!((code, out.trim()), (0, "[]"));
    let journal = journal(&home, &sandbox);
    let states = async || {
        let (code, out, err) = home.run(&["journal", "list", "-o", "json"], "").await;
        assert_eq!(code, 0, "{err}");
        assert!(!out.contains("8001015009087"), "{out}");
        let rows: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(rows[0]["counter"], "number_of_african_male_top_managers");
        assert_eq!((&rows[0]["base"], &rows[0]["mine"]), (&3.into(), &9.into()));
        assert_eq!((&rows[1]["intent"], &rows[1]["name"]), (&"create".into(), &"Thandiwe Nkosi".into()));
        [rows[0]["state"].clone(), rows[1]["state"].clone()]
    };
    // While the program runs, the participant is being sent; once it has ended, the outcome is unknown.
    assert_eq!(states().await, ["staged", "sending"]);
    drop(journal);
    assert_eq!(states().await, ["staged", "unknown"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn wipe_removes_all_of_an_accounts_data_and_no_other_files() {
    let (sandbox, home) = (sandbox().await, Home::new());
    home.login(&sandbox).await;
    let journal = journal(&home, &sandbox);
    std::fs::write(home.state().join("Cargo.lock"), "somebody's").unwrap();
    let (code, _, err) = home.run(&["wipe", "--yes"], "").await;
    assert!(code == 2 && err.contains("is running"), "{err}");
    drop(journal);
    let (code, _, err) = home.run(&["wipe"], "wipe\n").await;
    assert!(code == 2 && err.contains("--yes"), "{err}");
    let (code, _, err) = home.run(&["wipe", "--yes"], "").await;
    assert_eq!(code, 0, "{err}");
    let left: Vec<_> = std::fs::read_dir(home.state()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(left, ["Cargo.lock"]);
    assert!(!home.secrets().exists() && home.config().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_reports_the_setup_without_personal_data() {
    let (sandbox, home) = (sandbox().await, Home::new());
    std::fs::write(home.config(), "").unwrap();
    let (code, out, _) = home.run(&["doctor", "-o", "json"], "").await;
    assert_eq!(code, 0, "nothing configured is no illness: {out}");
    home.login(&sandbox).await;
    let check = async |name: &str| {
        let (code, out, _) = home.run(&["doctor", "-o", "json"], "").await;
        for private in [&sandbox.options.key, &sandbox.options.secret, &sandbox.origin(), "acme"] {
            assert!(!out.contains(private), "{private} in {out}");
        }
        assert!(!out.contains(&home.dir.path().display().to_string()), "{out}");
        let rows: Value = serde_json::from_str(&out).unwrap();
        let row = rows.as_array().unwrap().iter().find(|row| row["check"] == name).cloned().unwrap();
        (code, row["found"].as_str().unwrap().to_owned(), row["says"].as_str().unwrap().to_owned())
    };
    let (code, found, says) = check("network").await;
    assert_eq!((code, found.as_str()), (0, "ok"), "{says}");
    assert_eq!(check("clock").await.1, "ok");
    assert_eq!(check("keyring").await.1, "note");
    assert_eq!(check("secrets").await.2, "~/secrets.toml: readable by you only");
    sandbox.inject_fault("GET", "plans", FaultAction::Respond(401, String::new()));
    let (code, found, says) = check("network").await;
    assert_eq!((code, found.as_str()), (1, "bad"), "{says}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keys_expiry_is_reported_a_month_ahead() {
    for (days, found) in [(12, "note"), (90, "ok")] {
        let life = std::time::Duration::from_hours(24 * days);
        let sandbox =
            Sandbox::start(SandboxOptions { key_expires_in: Some(life), ..SandboxOptions::default() })
                .await
                .unwrap();
        let home = Home::new();
        home.login(&sandbox).await;
        let (_, out, _) = home.run(&["doctor", "-o", "json"], "").await;
        let rows: Value = serde_json::from_str(&out).unwrap();
        let row = rows.as_array().unwrap().iter().find(|row| row["check"] == "key").unwrap();
        assert_eq!(row["found"], found, "{row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_welcome_screen_accepts_a_key_or_starts_the_demo() {
    let (sandbox, home) = (sandbox().await, Home::new());
    std::fs::write(home.config(), "").unwrap();
    let environment = home.environment();
    let (origin, options) = (sandbox.origin(), sandbox.options.clone());
    let done = tokio::task::spawn_blocking(move || {
        let environment: Vec<_> =
            environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut demo = Pty::start(24, 100, &[], &environment);
        demo.until("No account is configured");
        demo.send("\r");
        demo.until("FY26 EE Plan");
        demo.send("\x11");
        assert_eq!(demo.exit_code(), 0);
        let mut pty = Pty::start(24, 100, &[], &environment);
        pty.until("No account is configured");
        pty.send("L");
        pty.until("A name for this profile");
        assert!(!pty.screen.screen().alternate_screen());
        pty.send("acme\r");
        pty.until("Address of BEEtoolkit");
        pty.send(&format!("{origin}\r"));
        pty.until("API key");
        pty.send(&format!("{}\r", options.key));
        pty.until("API secret");
        pty.send(&format!("{}\r", options.secret));
        pty.until("secrets.toml, which only you");
        pty.send("y\r");
        pty.until("Enter goes on");
        pty.send("\r");
        pty.until("FY26 EE Plan");
        assert!(pty.contents().contains("acme › Plans") && pty.screen.screen().alternate_screen());
        pty.send("\x11");
        assert_eq!(pty.exit_code(), 0);
    });
    done.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_key_is_accepted_again_the_session_continues_where_it_was() {
    let (behind, home) = (sandbox().await, Home::new());
    let server = FaultServer::before(&behind).await;
    let front = Sandbox::at_address(server.address, behind.options.clone());
    home.login(&front).await;
    let environment = home.environment();
    let done = tokio::task::spawn_blocking(move || {
        let environment: Vec<_> =
            environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut pty = Pty::start(24, 100, &[], &environment);
        pty.until("FY26 EE Plan");
        pty.send("\r");
        pty.until("Year 2 of 5");
        pty.send("8\r");
        pty.until("1 staged");
        let answer = b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n".to_vec();
        let kind = Kind::Instead(answer, End::Close);
        server.set(Some(Rule { method: "GET", strikes: |_| true, kind, times: 1 }));
        pty.send("r");
        pty.until("The server rejected the key");
        pty.until("1 staged; they are kept");
        pty.send("r");
        // The terminal is restored while the settings are read, then set up again: the alternate screen, then a frame.
        pty.until_painted(b"\x1b[?1049h");
        pty.until("Year 2 of 5");
        pty.send("u");
        pty.until("undone: African male · Top shows 2");
        pty.send("\x11");
        assert_eq!(pty.exit_code(), 0);
    });
    done.await.unwrap();
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn adding_a_second_profile_makes_the_first_the_default_and_keeps_comments() {
    let (sandbox, home) = (sandbox().await, Home::new());
    home.login(&sandbox).await;
    let config = std::fs::read_to_string(home.config()).unwrap();
    let config = config.replace("[profiles.acme]", "# the first\n[profiles.acme]").replace(
        &format!("api_key = \"{}\"", sandbox.options.key),
        &format!("api_key = \"{}\" # of last year", sandbox.options.key),
    );
    std::fs::write(home.config(), config).unwrap();
    let origin = sandbox.origin();
    let arguments = ["login", "--profile", "beta", "--base-url", &origin, "--in-file"];
    let (code, _, err) = home.run(&arguments, &both(&sandbox.options)).await;
    assert!(code == 0 && err.contains("bee-tui uses acme unless you name another"), "{err}");
    assert_eq!(home.run(&["plans", "list"], "").await.0, 0);
    home.login(&sandbox).await;
    let config = std::fs::read_to_string(home.config()).unwrap();
    assert!(config.contains("# the first\n") && config.contains("# of last year"), "{config}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_logout_the_journal_can_still_be_listed_and_wiped() {
    let (sandbox, home) = (sandbox().await, Home::new());
    home.login(&sandbox).await;
    drop(journal(&home, &sandbox));
    assert_eq!(home.run(&["logout"], "").await.0, 0);
    let (code, out, err) = home.run(&["journal", "list"], "").await;
    assert!(code == 0 && out.contains("Thandiwe Nkosi"), "{err}");
    assert_eq!(home.run(&["wipe", "--yes"], "").await.0, 0);
    assert_eq!(std::fs::read_dir(home.state()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_shared_by_two_profiles_is_removed_only_for_both() {
    let (sandbox, home) = (sandbox().await, Home::new());
    home.login(&sandbox).await;
    let origin = sandbox.origin();
    let beta = ["login", "--profile", "beta", "--base-url", &origin, "--in-file"];
    assert_eq!(home.run(&beta, &both(&sandbox.options)).await.0, 0);
    let (code, _, err) = home.run(&["logout", "--profile", "beta"], "").await;
    assert!(code == 2 && err.contains("nothing was forgotten: acme has the same address and key"), "{err}");
    assert_eq!(home.run(&["plans", "list", "--profile", "acme"], "").await.0, 0);
    let (code, _, err) = home.run(&["logout", "--profile", "beta", "--all"], "").await;
    assert!(code == 0 && err.contains("its secret is forgotten"), "{err}");
    assert!(!home.secrets().exists());
    for profile in ["acme", "beta"] {
        assert_eq!(home.run(&["plans", "list", "--profile", profile], "").await.0, 2);
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_the_program_while_a_secret_command_has_its_terminal() {
    use rustix::process::{Pid, Signal, kill_process};
    let (sandbox, home) = (sandbox().await, Home::new());
    home.login(&sandbox).await;
    let mut config = std::fs::read_to_string(home.config()).unwrap();
    config += "[profiles.slow]\napi_key = \"k\"\nsecret_command = [\"sh\", \"-c\", \"echo asked for a word >&2; sleep 600\"]\n";
    let config = format!("profile = \"acme\"\n{config}");
    std::fs::write(home.config(), config).unwrap();
    let environment = home.environment();
    let ended = tokio::task::spawn_blocking(move || {
        let environment: Vec<(&str, &str)> = environment.iter().map(|(n, v)| (&**n, &**v)).collect();
        let mut pty = Pty::start(24, 80, &[], &environment);
        pty.until("FY26 EE Plan");
        pty.send("@");
        pty.until("slow");
        pty.send("slow\r");
        pty.until("asked for a word");
        let pid = pty.child.process_id().unwrap();
        kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), Signal::TERM).unwrap();
        pty.exit_code()
    });
    assert_eq!(ended.await.unwrap(), 143);
}
