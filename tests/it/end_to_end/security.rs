//! Who may write the files the program depends on, tested with a second user where the tests run as root.

#![cfg(unix)]

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::{Command, Output};

use bee_tui::sandbox::Sandbox;

use crate::support::harness::sandbox;
use crate::support::pty::{BINARY, Pty};

/// The user id of `nobody`, as the second user.
const SOMEBODY: u32 = 65_534;

/// Whether files can be given to another user; prints a note where they cannot.
fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("skipped: giving a file to a second user needs root");
    }
    root
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A configuration whose secret command leaves a trace file.
fn configuration(dir: &Path, sandbox: &Sandbox) -> (std::path::PathBuf, std::path::PathBuf) {
    configuration_that(dir, sandbox, "touch")
}

/// The same, but the secret command first runs `does` on the trace file.
fn configuration_that(dir: &Path, sandbox: &Sandbox, does: &str) -> (std::path::PathBuf, std::path::PathBuf) {
    let (config, trace) = (dir.join("config.toml"), dir.join("was-run"));
    let text = format!(
        "[profiles.acme]\nbase_url = \"{}\"\napi_key = \"{}\"\nsecret_command = [\"sh\", \"-c\", \"{does} {}; printf %s {}\"]\n",
        sandbox.origin(),
        sandbox.options.key,
        trace.display(),
        sandbox.options.secret
    );
    std::fs::write(&config, text).unwrap();
    set_mode(&config, 0o600);
    (config, trace)
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    for name in ["BASE_URL", "API_KEY", "API_SECRET", "PROFILE", "CONFIG", "STATE_DIR"] {
        command.env_remove(format!("BEE_TUI_{name}"));
    }
    command.args(arguments);
    command
}

async fn run(mut command: Command) -> (i32, String, Output) {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr.clone()).unwrap(), output)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_others_can_write_or_own_is_refused_and_its_command_not_run() {
    let sandbox = sandbox().await;
    let dir = tempfile::tempdir().unwrap();
    let (config, trace) = configuration(dir.path(), &sandbox);
    let list = || {
        let mut command = command(&["plans", "list", "--config"]);
        command.arg(&config);
        command
    };
    let (code, said, _) = run(list()).await;
    assert!(code == 0 && trace.exists(), "{said}");
    std::fs::remove_file(&trace).unwrap();
    let refused = async |why: &str| {
        let (code, said, _) = run(list()).await;
        assert_eq!(code, 2, "{why}: {said}");
        assert!(said.contains(why), "{why}: {said}");
        assert!(!trace.exists(), "{why}: the command was run");
    };
    set_mode(&config, 0o666);
    refused("chmod go-w").await;
    set_mode(&config, 0o600);
    set_mode(dir.path(), 0o777);
    refused("chmod go-w").await;
    set_mode(dir.path(), 0o700);
    if is_root() {
        chown(&config, Some(SOMEBODY), None).unwrap();
        refused("belongs to somebody else").await;
        chown(&config, Some(0), None).unwrap();
        chown(dir.path(), Some(SOMEBODY), None).unwrap();
        refused("belongs to somebody else").await;
        chown(dir.path(), Some(0), None).unwrap();
    }
    assert_eq!(run(list()).await.0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_home_folder_no_file_of_the_working_directory_is_read() {
    let sandbox = sandbox().await;
    let dir = tempfile::tempdir().unwrap();
    let (_, trace) = configuration(dir.path(), &sandbox);
    let without_home = |arguments: &[&str]| {
        let mut command = command(arguments);
        // An unknown user without HOME has no home folder.
        command.env_remove("HOME").env_remove("XDG_CONFIG_HOME").current_dir(dir.path());
        if rustix::process::geteuid().is_root() {
            use std::os::unix::process::CommandExt;
            set_mode(dir.path(), 0o755);
            command.uid(54_321).gid(54_321);
        }
        command
    };
    if !is_root() {
        return;
    }
    let binary = dir.path().join("bee-tui");
    std::fs::copy(BINARY, &binary).unwrap();
    set_mode(&binary, 0o755);
    let program = |arguments: &[&str]| {
        use std::os::unix::process::CommandExt;
        let template = without_home(arguments);
        let mut command = Command::new(&binary);
        command.args(arguments).current_dir(dir.path()).env_remove("HOME").env_remove("XDG_CONFIG_HOME");
        for (name, value) in template.get_envs() {
            if value.is_none() {
                command.env_remove(name);
            }
        }
        command.uid(54_321).gid(54_321);
        command
    };
    let (code, said, _) = run(program(&["plans", "list"])).await;
    assert!(code == 2 && said.contains("no home folder is known"), "{code} {said}");
    assert!(!trace.exists(), "a command of the working directory was run");
    let mut variables = program(&["plans", "list"]);
    variables.env("BEE_TUI_BASE_URL", sandbox.origin()).env("BEE_TUI_API_KEY", &sandbox.options.key);
    variables.env("BEE_TUI_API_SECRET", &sandbox.options.secret);
    let (code, said, _) = run(variables).await;
    assert_eq!(code, 0, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_state_folder_is_made_private_and_a_foreign_one_or_a_link_is_refused() {
    let sandbox = sandbox().await;
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    std::fs::create_dir(&state).unwrap();
    set_mode(&state, 0o777);
    let origin = sandbox.origin();
    let environment = [
        ("BEE_TUI_BASE_URL", origin.as_str()),
        ("BEE_TUI_API_KEY", &sandbox.options.key),
        ("BEE_TUI_API_SECRET", &sandbox.options.secret),
        ("BEE_TUI_CONFIG", "/dev/null"),
        ("BEE_TUI_STATE_DIR", state.to_str().unwrap()),
    ];
    let mut pty = Pty::start(24, 200, &[], &environment);
    pty.until("FY26 EE Plan");
    pty.send("q");
    assert_eq!(pty.exit_code(), 0);
    assert_eq!(mode(&state), 0o700, "one's own is closed");
    // A link in place of the lock is neither followed nor emptied.
    let lock = std::fs::read_dir(&state).unwrap().flatten().map(|entry| entry.path());
    let lock = lock.into_iter().find(|path| path.extension().is_some_and(|e| e == "lock")).unwrap();
    let precious = dir.path().join("precious");
    std::fs::write(&precious, "kept").unwrap();
    set_mode(&precious, 0o644);
    std::fs::remove_file(&lock).unwrap();
    symlink(&precious, &lock).unwrap();
    let mut pty = Pty::start(24, 200, &[], &environment);
    pty.until("is a link, which is not followed");
    pty.send("\x11");
    pty.exit_code();
    assert_eq!((std::fs::read_to_string(&precious).unwrap().as_str(), mode(&precious)), ("kept", 0o644));
    let log = dir.path().join("log");
    symlink(&precious, &log).unwrap();
    let mut logged = command(&["plans", "list", "--config", "/dev/null", "--log", log.to_str().unwrap()]);
    logged.envs(environment);
    let (code, said, _) = run(logged).await;
    assert!(code == 2 && said.contains("is a link"), "{said}");
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "kept");
    if is_root() {
        std::fs::remove_file(&lock).unwrap();
        chown(&state, Some(SOMEBODY), None).unwrap();
        let mut pty = Pty::start(24, 200, &[], &environment);
        pty.until("belongs to somebody else");
        pty.send("\x11");
        pty.exit_code();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_command_does_not_see_the_other_secret_and_a_dry_run_shows_hidden_characters() {
    let sandbox = sandbox().await;
    let dir = tempfile::tempdir().unwrap();
    let (config, trace) = configuration_that(dir.path(), &sandbox, "env >");
    let mut list = command(&["plans", "list", "--config"]);
    list.arg(&config).env("BEE_TUI_SUPPLIERS_API_SECRET", "hunter2").env("BEE_TUI_SUPPLIERS_API_KEY", "k");
    let (code, said, _) = run(list).await;
    assert_eq!(code, 0, "{said}");
    assert!(!std::fs::read_to_string(&trace).unwrap().contains("hunter2"));
    let mut dry = command(&["plans", "update", "42", "--name", "a\u{9b}b\u{202e}c", "--dry-run", "--config"]);
    dry.arg(&config);
    let (code, said, output) = run(dry).await;
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(code == 0 && shown.contains("a\\u009bb\\u202ec"), "{said}{shown}");
    assert!(!shown.contains(['\u{9b}', '\u{202e}']), "{shown}");
}

/// Whoever can write to a folder can put a pipe or a link in place of a configuration.
#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_or_a_chain_of_links_that_others_could_replace_is_refused_like_a_file() {
    let sandbox = sandbox().await;
    let dir = tempfile::tempdir().unwrap();
    let (config, trace) = configuration(dir.path(), &sandbox);
    let open = dir.path().join("open");
    std::fs::create_dir(&open).unwrap();
    let (fifo, hop, link) = (open.join("pipe"), open.join("hop"), dir.path().join("link"));
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    std::os::unix::fs::symlink(&config, &hop).unwrap();
    std::os::unix::fs::symlink(&hop, &link).unwrap();
    set_mode(&open, 0o777);
    for place in [&fifo, &link] {
        let mut list = command(&["plans", "list", "--config"]);
        list.arg(place);
        let (code, said, _) = run(list).await;
        assert!(code == 2 && said.contains("chmod go-w"), "{}: {code} {said}", place.display());
    }
    assert!(!trace.exists(), "its command was run");
    // A pipe that the shell makes for one program has no name that others could replace.
    let mut shell = Command::new("bash");
    let words = format!("{BINARY} plans list --config <(cat {})", config.display());
    shell.args(["-c", &words]);
    let (code, said, _) = run(shell).await;
    assert!(code == 0 && trace.exists(), "{code} {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn login_and_logout_refuse_a_configuration_that_others_could_have_written() {
    let sandbox = sandbox().await;
    let dir = tempfile::tempdir().unwrap();
    let (config, _) = configuration(dir.path(), &sandbox);
    set_mode(&config, 0o666);
    let before = std::fs::read(&config).unwrap();
    for verb in [&["login", "--profile", "acme", "--in-file"][..], &["logout", "--profile", "acme"]] {
        let mut command = command(verb);
        command.arg("--config").arg(&config);
        command.stdin(std::process::Stdio::null());
        let (code, said, _) = run(command).await;
        assert!(code == 2 && said.contains("chmod go-w"), "{verb:?}: {code} {said}");
    }
    assert_eq!(std::fs::read(&config).unwrap(), before);
    set_mode(&config, 0o600);
    // Nor is a new configuration written where anybody can write to it.
    let open = dir.path().join("open");
    std::fs::create_dir(&open).unwrap();
    set_mode(&open, 0o777);
    let mut login = command(&["login", "--profile", "acme", "--in-file", "--config"]);
    login.arg(open.join("config.toml")).stdin(std::process::Stdio::null());
    let (code, said, _) = run(login).await;
    assert!(code == 2 && said.contains("chmod go-w"), "{code} {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_home_folder_nothing_in_the_working_directory_is_used_or_removed() {
    let sandbox = sandbox().await;
    let dir = tempfile::tempdir().unwrap();
    let (config, trace) = configuration(dir.path(), &sandbox);
    let beside = dir.path().join(".config/bee-tui");
    std::fs::create_dir_all(&beside).unwrap();
    std::fs::rename(&config, beside.join("config.toml")).unwrap();
    let here = [dir.path().join("secrets.toml"), dir.path().join("clipboard.txt")];
    for file in &here {
        std::fs::write(file, "").unwrap();
        set_mode(file, 0o600);
    }
    for home in [".", ""] {
        let here = |arguments: &[&str]| {
            let mut command = command(arguments);
            command.current_dir(dir.path()).env("HOME", home);
            command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_STATE_HOME");
            command
        };
        if home == "." {
            let (code, said, _) = run(here(&["plans", "list"])).await;
            assert!(code == 2 && said.contains("no home folder"), "{code} {said}");
        }
        run(here(&["wipe", "--yes"])).await;
    }
    assert!(!trace.exists(), "a command of the working directory was run");
    assert!(here.iter().all(|file| file.exists()), "a file of the working directory was removed");
    assert!(!dir.path().join(".bee-tui").exists());
}

#[tokio::test]
async fn a_link_or_a_shared_folder_is_refused_as_state_folder() {
    let dir = tempfile::tempdir().unwrap();
    let (real, link, all) = (dir.path().join("real"), dir.path().join("link"), dir.path().join("all"));
    for folder in [&real, &all] {
        std::fs::create_dir(folder).unwrap();
    }
    set_mode(&real, 0o755);
    set_mode(&all, 0o1777);
    std::os::unix::fs::symlink(&real, &link).unwrap();
    for folder in [&link, &all] {
        assert!(bee_tui::config::permissions::ensure_private_folder(folder).is_err());
    }
    assert_eq!((mode(&real), mode(&all)), (0o755, 0o777));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_accepts_no_verb_so_that_none_reaches_an_account_by_mistake() {
    let sandbox = sandbox().await;
    let mut delete = command(&["--demo", "plans", "delete", "42", "--yes"]);
    delete.env("BEE_TUI_BASE_URL", sandbox.origin()).env("BEE_TUI_API_KEY", &sandbox.options.key);
    delete.env("BEE_TUI_API_SECRET", &sandbox.options.secret).env("BEE_TUI_CONFIG", "/dev/null");
    let (code, said, _) = run(delete).await;
    assert!(code == 2 && said.contains("nothing was sent"), "{code} {said}");
    let (code, _) =
        crate::support::harness::ask(&sandbox, "GET", "/api/public/v1/employment_equity_plans/42", None)
            .await;
    assert_eq!(code, 200, "the plan is still there");
}
