//! The interactive program: puts terminal, journal, client and model together.

use std::io::Write;
use std::process::ExitCode;

use jiff::Timestamp;
use ratatui::layout::Size;
use secrecy::SecretString;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::api::client::{Client, ClientSettings, Credentials};
use crate::app::message::Msg;
use crate::app::model::{Model, SessionSettings, Start};
use crate::cli::error::{CliError, ErrorKind, complain, failed, say};
use crate::config::{Config, ConfigError, GlobalOptions, Profile, WritePolicy};
use crate::domain::date::format_age;
use crate::effect::JournalError;
use crate::effect::{Effects, Restart};
use crate::nav::{Notice, Severity};
use crate::runtime::clipboard::Clipboard;
use crate::runtime::effects::{EffectRunner, Timers, background_runtime};
use crate::runtime::event_loop::{self, EventLoop, SessionEnd};
use crate::runtime::journal::{Journal, OpenError, call_when_unlocked};
use crate::runtime::terminal::{Backend, TerminalGuard, TerminalScreen};
use crate::sandbox::{Sandbox, state as sandbox};
use crate::theme::Theme;
use crate::workspace::{EditsBlocked, Workspace};

/// Loads the settings, for the named profile if there is a name.
pub(super) type ConfigLoader<'a> = &'a dyn Fn(Option<&str>) -> Result<Config, ConfigError>;

/// What follows a session with one account.
enum NextSession {
    /// The program ends, with this exit code.
    End(i32),
    /// A session with another account, or with other settings; or why these cannot be used.
    Account(Result<Box<Config>, ConfigError>),
    /// A session with the sandbox inside the program.
    Demo,
}

/// Runs until the user quits; each change of profile starts a new session with its settings.
pub(super) fn run(mut config: Config, load: ConfigLoader, options: &GlobalOptions, demo: bool) -> ExitCode {
    let runtime = match background_runtime() {
        Ok(runtime) => runtime,
        Err(e) => return complain(e, ErrorKind::Failed),
    };
    let inside = runtime.enter();
    let mut sandbox = None;
    if demo && let Err(why) = runtime.block_on(begin_demo(&mut config, &mut sandbox)) {
        return why.report();
    }
    let (guard, mut terminal) = match TerminalGuard::acquire() {
        Ok(taken) => taken,
        Err(why) => return complain(&why, ErrorKind::Usage),
    };
    let mut notice = None;
    loop {
        let mut taken_over = false;
        let (inbox, mut messages) = unbounded_channel();
        let mut runner = new_event_loop(&config, sandbox.is_some(), notice.take(), terminal, inbox);
        let next = loop {
            match runtime.block_on(event_loop::run(&mut runner, &mut messages)) {
                SessionEnd::Quit => break NextSession::End(0),
                SessionEnd::Hangup => break NextSession::End(128 + 1),
                SessionEnd::Signal(number) => break NextSession::End(128 + i32::from(number)),
                SessionEnd::Restart(Restart::Demo) => break NextSession::Demo,
                SessionEnd::Restart(Restart::Login(profile)) => {
                    let loaded = guard.release_while(&mut runner.terminal, || {
                        log_in(options, profile.as_deref());
                        load(profile.as_deref())
                    });
                    match loaded {
                        Ok(loaded) if loaded.is_same_account(&config) => {
                            runner.step(Timestamp::now(), Msg::AccountUnchanged);
                        }
                        loaded => break NextSession::Account(loaded.map(Box::new)),
                    }
                }
                SessionEnd::Restart(Restart::TakeOver(name)) => {
                    let name =
                        Some(name.as_str()).filter(|name| config.profiles.iter().any(|known| known == name));
                    let loaded = guard.release_while(&mut runner.terminal, || load(name));
                    taken_over = loaded.is_ok();
                    break NextSession::Account(loaded.map(Box::new));
                }
                // The command that supplies the secret may ask the user for something.
                SessionEnd::Restart(Restart::Profile(name)) => {
                    let name =
                        Some(name.as_str()).filter(|name| config.profiles.iter().any(|known| known == name));
                    match guard.release_while(&mut runner.terminal, || load(name)) {
                        Ok(loaded) if loaded.is_same_account(&config) => {
                            runner.step(Timestamp::now(), Msg::AccountUnchanged);
                        }
                        loaded => break NextSession::Account(loaded.map(Box::new)),
                    }
                }
            }
        };
        let cleanup_error = [
            runner.effect_runner.clipboard.remove_fallback_file().err().map(String::from),
            runner.effect_runner.purge_sent_records().err().map(String::from),
        ];
        let cleanup_error = cleanup_error.into_iter().flatten().next();
        match next {
            NextSession::End(0) => {
                drop(guard);
                if let Some(why) = &cleanup_error {
                    say(why);
                }
                break;
            }
            NextSession::End(code) => {
                drop(guard);
                if let Some(why) = &cleanup_error {
                    say(why);
                }
                // The terminal may be gone, and dropping its handle would write to it. All that must be kept
                // is on disk.
                std::process::exit(code);
            }
            NextSession::Account(Ok(loaded)) => {
                config = *loaded;
                notice = taken_over.then(|| {
                    let text =
                        "the other bee-tui has ended: its journal is taken over, and edits are taken here";
                    Notice::new(Severity::Success, text)
                });
            }
            NextSession::Account(Err(why)) => notice = Some(Notice::new(Severity::Error, why.to_string())),
            NextSession::Demo => {
                let demo_started = runtime.block_on(begin_demo(&mut config, &mut sandbox));
                notice = demo_started.err().map(|why| Notice::new(Severity::Error, why.to_string()));
            }
        }
        notice = cleanup_error.map(|why| Notice::new(Severity::Warning, why)).or(notice);
        // Close this session's journal before the next one is opened.
        terminal = runner.into_terminal();
    }
    drop(inside);
    runtime.shutdown_background();
    ExitCode::SUCCESS
}

/// Runs `bee-tui login` as a separate process, so that Ctrl-C ends that process and not this one.
fn log_in(options: &GlobalOptions, profile: Option<&str>) {
    let Ok(program) = std::env::current_exe() else { return };
    let mut login = std::process::Command::new(program);
    login.arg("login");
    if let Some(profile) = profile.or(options.profile.as_deref()) {
        login.args(["--profile", profile]);
    }
    if let Some(config) = &options.config {
        login.arg("--config").arg(config);
    }
    let done = login.status();
    let failed = done.is_err();
    let _ = write!(
        std::io::stderr(),
        "{}Enter goes on: ",
        if failed { "bee-tui login could not be run. " } else { "" }
    );
    let _ = std::io::stdin().read_line(&mut String::new());
}

/// Starts the sandbox inside the program and uses its account. Fails when the sandbox cannot be started.
async fn begin_demo(config: &mut Config, sandbox: &mut Option<Sandbox>) -> Result<(), CliError> {
    let started = Sandbox::start(sandbox::SandboxOptions::default()).await;
    let started = started.map_err(|e| failed(format!("the sandbox cannot be started: {e}")))?;
    config.profile = Some(Profile { guard: config.default_guard(), ..demo_profile(&started)? });
    config.profiles.clear();
    *sandbox = Some(started);
    Ok(())
}

/// The event loop of a new session with one profile.
fn new_event_loop(
    config: &Config,
    demo: bool,
    mut notice: Option<Notice>,
    terminal: TerminalScreen,
    inbox: UnboundedSender<Msg>,
) -> EventLoop<Backend> {
    let size = terminal.size().unwrap_or(Size { width: 80, height: 24 });
    let now = Timestamp::now();
    let mut workspace = Workspace::default();
    let mut journal = Err(JournalError::from("no account is configured"));
    let mut profile = config.profile.clone();
    if let Some(profile) = &mut profile {
        journal = match open_journal(config, profile, demo, &mut notice) {
            Ok(journal) => Ok(journal),
            Err(why) => {
                let why_not = why.to_string();
                workspace.edits_blocked = Some(match why {
                    OpenError::OpenElsewhere(process) => {
                        let inbox = inbox.clone();
                        call_when_unlocked(&config.state_dir, &profile.toolkit, move || {
                            let _ = inbox.send(Msg::JournalReleased);
                        });
                        profile.guard = WritePolicy::ReadOnly;
                        notice = Some(Notice::new(Severity::Warning, format!("READ-ONLY: {why_not}")));
                        EditsBlocked::OpenElsewhere(process)
                    }
                    OpenError::Failed(_) => {
                        EditsBlocked::JournalFailed(format!("{why_not}; mend that and start again"))
                    }
                });
                Err(why_not.into())
            }
        };
        let trouble = match journal.as_ref().map(|journal| journal.load(&mut workspace)) {
            Ok(Ok(0)) | Err(_) => None,
            Ok(Ok(damaged)) => {
                Some(format!("{damaged} rows of the journal could not be read; they are kept"))
            }
            Ok(Err(why)) => Some(format!("the journal could not be read whole: {why}")),
        };
        notice = notice.or(trouble.map(|text| Notice::new(Severity::Error, text)));
        notice = notice.or_else(|| staged_changes_notice(&workspace, now));
        workspace.is_ephemeral = demo;
    }
    workspace.benchmarks = config.benchmarks.clone();
    let clipboard = Clipboard::detect(&config.state_dir);
    // A program that was killed may have left this file. Another bee-tui that is running may still need its
    // own.
    if journal.is_ok() && !demo {
        notice = match clipboard.remove_fallback_file() {
            Ok(true) => notice.or_else(|| {
                Some(Notice::new(
                    Severity::Info,
                    "the file that stood in for a clipboard was removed: an earlier bee-tui left it, and it held what was copied",
                ))
            }),
            Ok(false) => notice,
            Err(why) => Some(Notice::new(Severity::Warning, why)),
        };
    }
    let start = Start {
        settings: SessionSettings {
            profile: profile.as_ref().map(|p| p.name.clone()),
            profiles: config.profiles.clone(),
            guard: profile.as_ref().map(|p| p.guard).unwrap_or_default(),
            keymap: config.keymap.clone(),
            theme: if config.colour { Theme::colour() } else { Theme::mono() },
            parallel: config.parallel,
        },
        workspace,
        notice,
        size,
        now,
    };
    let mut fx = Effects::default();
    let model = Model::new(start, &mut fx);
    let client =
        profile.map_or_else(|| Client::read_only(ClientSettings::default()), |profile| profile.client());
    let mut outside =
        EffectRunner::new(client, journal, inbox, Timers::Clock(std::collections::HashMap::new()));
    outside.clipboard = clipboard;
    EventLoop::new(model, fx, terminal, outside)
}

/// The profile of the sandbox inside the program.
fn demo_profile(sandbox: &Sandbox) -> Result<Profile, CliError> {
    let account = Credentials {
        origin: sandbox.origin().parse()?,
        key: sandbox.options.key.clone(),
        secret: SecretString::from(sandbox.options.secret.clone()),
        folds: sandbox.options.folds,
    };
    Ok(Profile {
        name: "demo".into(),
        guard: WritePolicy::Standard,
        toolkit: account.clone(),
        suppliers: Some(account),
        roots: None,
    })
}

/// Opens the profile's journal; the demo's is in memory only. Fails when it cannot be opened or another
/// bee-tui has it open.
fn open_journal(
    config: &Config,
    profile: &Profile,
    demo: bool,
    notice: &mut Option<Notice>,
) -> Result<Journal, OpenError> {
    if demo {
        return Ok(Journal::in_memory(&profile.toolkit)?);
    }
    let opened = Journal::open(&config.state_dir, &profile.toolkit)?;
    if let Some(text) = opened.warnings().pop() {
        *notice = Some(Notice::new(Severity::Error, text));
    }
    Ok(opened.journal)
}

/// Tells how many changes were staged before the program last ended; `None` if there are none.
fn staged_changes_notice(workspace: &Workspace, now: Timestamp) -> Option<Notice> {
    let counters = workspace.counter_changes.iter().map(|(.., change)| change.edited_at);
    let oldest = counters.chain(workspace.record_changes.iter().map(|(_, change)| change.edited_at)).min()?;
    let text =
        format!("{} staged from before, the oldest {}", workspace.staged_count(), format_age(oldest, now));
    Some(Notice::new(Severity::Info, text))
}
