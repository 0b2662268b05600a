//! The interactive program: terminal, journal, client and model are put together here.

use std::io::Write;
use std::process::ExitCode;

use jiff::Timestamp;
use ratatui::layout::Size;
use secrecy::SecretString;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::api::client::{Access, Account, Client};
use crate::app::model::{Model, Msg, Start};
use crate::cli::exit::{FAILED, USAGE, complain, say};
use crate::config::{Config, ConfigError, Guard, Options, Profile};
use crate::desk::{Desk, NoEdits};
use crate::domain::date::age;
use crate::effect::{Anew, Effects};
use crate::nav::{Notice, Tone};
use crate::runtime::clipboard::Clipboard;
use crate::runtime::effects::{Outside, Timers, background};
use crate::runtime::event_loop::{self, End, Runner};
use crate::runtime::store::{NotOpened, Store, when_free};
use crate::runtime::terminal::{Backend, Held, Screen};
use crate::sandbox::{Sandbox, shared as sandbox};
use crate::theme::Theme;

/// How the settings are read, for a profile if one is named.
pub(super) type Load<'a> = &'a dyn Fn(Option<&str>) -> Result<Config, ConfigError>;

/// What comes after a session with one account.
enum Next {
    /// The end, with this exit code.
    End(i32),
    /// Another account, or the same one with other settings; or why they cannot be used.
    Account(Result<Box<Config>, ConfigError>),
    /// The sandbox inside the program.
    Demo,
}

/// Runs until the user quits; changing to another profile begins anew with its settings.
pub(super) fn run(mut config: Config, load: Load, options: &Options, demo: bool) -> ExitCode {
    let runtime = match background() {
        Ok(runtime) => runtime,
        Err(e) => return complain(&e.to_string(), FAILED),
    };
    let inside = runtime.enter();
    let mut sandbox = None;
    if demo && let Err(why) = runtime.block_on(begin_demo(&mut config, &mut sandbox)) {
        return complain(&why, FAILED);
    }
    let (guard, mut terminal) = match Held::take() {
        Ok(taken) => taken,
        Err(why) => return complain(&why, USAGE),
    };
    let mut said = None;
    loop {
        let mut taken_over = false;
        let (inbox, mut messages) = unbounded_channel();
        let mut runner = begin(&config, sandbox.is_some(), said.take(), terminal, inbox);
        let next = loop {
            match runtime.block_on(event_loop::run(&mut runner, &mut messages)) {
                End::Quit => break Next::End(0),
                End::Hangup => break Next::End(128 + 1),
                End::Signal(number) => break Next::End(128 + i32::from(number)),
                End::Anew(Anew::Demo) => break Next::Demo,
                End::Anew(Anew::Login(profile)) => {
                    let loaded = guard.lend(&mut runner.terminal, || {
                        log_in(options, profile.as_deref());
                        load(profile.as_deref())
                    });
                    match loaded {
                        Ok(loaded) if loaded.is_same_account(&config) => {
                            runner.step(Timestamp::now(), Msg::SameAccount);
                        }
                        loaded => break Next::Account(loaded.map(Box::new)),
                    }
                }
                End::Anew(Anew::TakeOver(name)) => {
                    let name =
                        Some(name.as_str()).filter(|name| config.profiles.iter().any(|known| known == name));
                    let loaded = guard.lend(&mut runner.terminal, || load(name));
                    taken_over = loaded.is_ok();
                    break Next::Account(loaded.map(Box::new));
                }
                // Where the secret comes from may ask its user for something.
                End::Anew(Anew::Profile(name)) => {
                    let name =
                        Some(name.as_str()).filter(|name| config.profiles.iter().any(|known| known == name));
                    match guard.lend(&mut runner.terminal, || load(name)) {
                        Ok(loaded) if loaded.is_same_account(&config) => {
                            runner.step(Timestamp::now(), Msg::SameAccount);
                        }
                        loaded => break Next::Account(loaded.map(Box::new)),
                    }
                }
            }
        };
        let left = [runner.outside.clipboard.remove_file().map(|_| ()), runner.outside.forget_sent()];
        let left = left.into_iter().find_map(Result::err);
        match next {
            Next::End(0) => {
                drop(guard);
                if let Some(why) = &left {
                    say(why);
                }
                break;
            }
            Next::End(code) => {
                drop(guard);
                if let Some(why) = &left {
                    say(why);
                }
                // The terminal may be gone, and dropping its handle would write to it. All that counts is on disk.
                std::process::exit(code);
            }
            Next::Account(Ok(loaded)) => {
                config = *loaded;
                said = taken_over.then(|| {
                    let text =
                        "the other bee-tui has ended: its journal is taken over, and edits are taken here";
                    Notice::new(Tone::Good, text)
                });
            }
            Next::Account(Err(why)) => said = Some(Notice::new(Tone::Error, why.to_string())),
            Next::Demo => {
                let begun = runtime.block_on(begin_demo(&mut config, &mut sandbox));
                said = begun.err().map(|why| Notice::new(Tone::Error, why));
            }
        }
        said = left.map(|why| Notice::new(Tone::Warning, why)).or(said);
        // The journal is let go of before the next one is opened.
        terminal = runner.into_terminal();
    }
    drop(inside);
    runtime.shutdown_background();
    ExitCode::SUCCESS
}

/// Takes a key as `bee-tui login` does: a program of its own, so that Ctrl-C ends that one and not this.
fn log_in(options: &Options, profile: Option<&str>) {
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

/// Starts the sandbox inside the program and takes its account.
async fn begin_demo(config: &mut Config, sandbox: &mut Option<Sandbox>) -> Result<(), String> {
    let started = Sandbox::start(sandbox::Options::default()).await;
    let started = started.map_err(|e| format!("the sandbox cannot be started: {e}"))?;
    config.profile = Some(Profile { guard: config.guard(), ..demo_profile(&started)? });
    config.profiles.clear();
    *sandbox = Some(started);
    Ok(())
}

/// The program of one profile, about to start.
fn begin(
    config: &Config,
    demo: bool,
    mut notice: Option<Notice>,
    terminal: Screen,
    inbox: UnboundedSender<Msg>,
) -> Runner<Backend> {
    let size = terminal.size().unwrap_or(Size { width: 80, height: 24 });
    let now = Timestamp::now();
    let (mut desk, mut store) = (Desk::default(), Err("no account is configured".to_owned()));
    let mut profile = config.profile.clone();
    if let Some(profile) = &mut profile {
        store = match open_store(config, profile, demo, &mut notice) {
            Ok(store) => Ok(store),
            Err(why) => {
                let why_not = why.to_string();
                desk.no_edits = Some(match why {
                    NotOpened::Elsewhere(process) => {
                        let inbox = inbox.clone();
                        when_free(&config.state_dir, &profile.toolkit, move || {
                            let _ = inbox.send(Msg::JournalFree);
                        });
                        profile.guard = Guard::ReadOnly;
                        notice = Some(Notice::new(Tone::Warning, format!("READ-ONLY: {why_not}")));
                        NoEdits::OpenElsewhere(process)
                    }
                    NotOpened::Failed(_) => {
                        NoEdits::NotStored(format!("{why_not}; mend that and start again"))
                    }
                });
                Err(why_not)
            }
        };
        let trouble = match store.as_ref().map(|store| store.load(&mut desk)) {
            Ok(Ok(0)) | Err(_) => None,
            Ok(Ok(damaged)) => {
                Some(format!("{damaged} rows of the journal could not be read; they are kept"))
            }
            Ok(Err(why)) => Some(format!("the journal could not be read whole: {why}")),
        };
        notice = notice.or(trouble.map(|text| Notice::new(Tone::Error, text)));
        notice = notice.or_else(|| restored(&desk, now));
        desk.forgets = demo;
    }
    desk.benchmarks = config.benchmarks.clone();
    let clipboard = Clipboard::of_this_machine(&config.state_dir);
    // One that was left behind by a program that was killed. Another that runs may still want its own.
    if store.is_ok() && !demo {
        notice = match clipboard.remove_file() {
            Ok(true) => notice.or_else(|| {
                Some(Notice::new(
                    Tone::Plain,
                    "the file that stood in for a clipboard was removed: an earlier bee-tui left it, and it held what was copied",
                ))
            }),
            Ok(false) => notice,
            Err(why) => Some(Notice::new(Tone::Warning, why)),
        };
    }
    let start = Start {
        profile: profile.as_ref().map(|p| p.name.clone()),
        profiles: config.profiles.clone(),
        guard: profile.as_ref().map(|p| p.guard).unwrap_or_default(),
        keymap: config.keymap.clone(),
        theme: if config.colour { Theme::colour() } else { Theme::mono() },
        desk,
        notice,
        size,
        now,
    };
    let mut fx = Effects::default();
    let model = Model::new(start, &mut fx);
    let client = profile.map_or_else(|| Client::read_only(Access::default()), |profile| profile.client());
    let mut outside = Outside::new(client, store, inbox, Timers::Clock(std::collections::HashMap::new()));
    outside.clipboard = clipboard;
    Runner::new(model, fx, terminal, outside)
}

/// The account of the sandbox inside the program.
fn demo_profile(sandbox: &Sandbox) -> Result<Profile, String> {
    let account = Account {
        origin: sandbox.origin().parse()?,
        key: sandbox.options.key.clone(),
        secret: SecretString::from(sandbox.options.secret.clone()),
        folds: sandbox.options.folds,
    };
    Ok(Profile {
        name: "demo".into(),
        guard: Guard::Usual,
        toolkit: account.clone(),
        suppliers: Some(account),
        roots: None,
    })
}

/// The profile's journal; the demo's is gone with it.
fn open_store(
    config: &Config,
    profile: &Profile,
    demo: bool,
    notice: &mut Option<Notice>,
) -> Result<Store, NotOpened> {
    if demo {
        return Ok(Store::in_memory(&profile.toolkit)?);
    }
    let opened = Store::open(&config.state_dir, &profile.toolkit)?;
    if let Some(text) = opened.trouble().pop() {
        *notice = Some(Notice::new(Tone::Error, text));
    }
    Ok(opened.store)
}

/// What is said of edits that were staged when the program last ended.
fn restored(desk: &Desk, now: Timestamp) -> Option<Notice> {
    let counters = desk.changes.cells().map(|(.., change)| change.at);
    let oldest = counters.chain(desk.record_changes.iter().map(|(_, change)| change.at)).min()?;
    let text = format!("{} staged from before, the oldest {}", desk.staged(), age(oldest, now));
    Some(Notice::new(Tone::Plain, text))
}
