//! The terminal on every way out, when stopped and resumed, gone, far too small, and flooded.

#![cfg(unix)]

use std::time::{Duration, Instant};

use bee_tui::app::message::Msg;
use portable_pty::PtySize;
use ratatui::layout::Size;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::harness::{App, plan, sandbox};
use crate::support::pty::Pty;

/// A program at its first list, and the terminal's settings before it started.
fn started() -> (Pty, tempfile::TempDir, String) {
    let state = tempfile::tempdir().unwrap();
    let environment =
        [("BEE_TUI_STATE_DIR", state.path().to_str().unwrap()), ("BEE_TUI_CONFIG", "/dev/null")];
    let mut pty = Pty::start(24, 80, &["--demo"], &environment);
    let before = pty.settings_before.clone();
    pty.until("FY26 EE Plan");
    assert_ne!(pty.settings(), before, "it takes the terminal");
    (pty, state, before)
}

fn pid(pty: &Pty) -> Pid {
    Pid::from_raw(pty.child.process_id().unwrap().try_into().unwrap()).unwrap()
}

/// Reads until the program has ended and printed its last output.
fn drain(pty: &mut Pty) {
    while let Ok(bytes) = pty.bytes.recv() {
        pty.screen.process(&bytes);
    }
}

fn is_given_back(pty: &Pty, before: &str) -> bool {
    let screen = pty.screen.screen();
    pty.settings() == before
        && !screen.alternate_screen()
        && !screen.hide_cursor()
        && !screen.bracketed_paste()
}

/// Whether the system has stopped the program; where the system cannot tell, a restored terminal shows it.
fn is_stopped(pty: &Pty) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pty.child.process_id().unwrap()));
    stat.map_or(true, |stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T')))
}

#[test]
fn the_terminal_is_restored_on_every_way_out() {
    for (way, code) in [("q", 0), ("\x11", 0)] {
        let (mut pty, _state, before) = started();
        pty.send(way);
        assert_eq!(pty.exit_code(), code);
        drain(&mut pty);
        assert!(is_given_back(&pty, &before));
    }
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)] {
        let (mut pty, _state, before) = started();
        kill_process(pid(&pty), signal).unwrap();
        assert_eq!(pty.exit_code(), code);
        drain(&mut pty);
        assert!(is_given_back(&pty, &before));
    }
}

#[test]
fn stopping_restores_the_terminal_and_resuming_redraws_everything() {
    let (mut pty, _state, before) = started();
    kill_process(pid(&pty), Signal::TSTP).unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    while !is_given_back(&pty, &before) || !is_stopped(&pty) {
        assert!(Instant::now() < deadline, "it never stopped");
        if let Ok(bytes) = pty.bytes.recv_timeout(Duration::from_millis(20)) {
            pty.screen.process(&bytes);
        }
    }
    // Another program writes over the screen meanwhile.
    pty.screen.process(b"\x1b[2J");
    kill_process(pid(&pty), Signal::CONT).unwrap();
    pty.until("FY26 EE Plan");
    assert!(pty.screen.screen().alternate_screen());
    pty.send("2");
    pty.until("Scorecards");
    pty.send("qq");
    assert_eq!(pty.exit_code(), 0);
    drain(&mut pty);
    assert!(is_given_back(&pty, &before));
}

#[test]
fn a_closed_terminal_ends_the_program() {
    let (pty, _state, _) = started();
    let Pty { mut child, master, keys, bytes, .. } = pty;
    drop((master, keys));
    drop(bytes);
    assert_eq!(child.wait().unwrap().exit_code(), 129);
}

#[test]
fn many_resizes_down_to_nothing_lose_no_edit() {
    let (mut pty, _state, _) = started();
    pty.send("\r");
    pty.until("Year 2 of 5");
    pty.send("8\r");
    pty.until("1 staged");
    for (rows, cols) in [(0, 0), (1, 1), (0, 80), (24, 0), (2, 300), (200, 2), (5, 59)].repeat(20) {
        pty.master.resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
    }
    // None of these sizes is large enough for the plan: it appears again with the last one, which differs
    // from the first.
    pty.screen.process(b"\x1b[2J");
    pty.screen.screen_mut().set_size(30.try_into().unwrap(), 100.try_into().unwrap());
    pty.master.resize(PtySize { rows: 30, cols: 100, pixel_width: 0, pixel_height: 0 }).unwrap();
    pty.until("Year 2 of 5");
    pty.send("\x13");
    pty.until("Review · 1 staged");
}

#[tokio::test]
async fn a_too_small_terminal_says_so_and_ignores_keys() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter 8 enter").await.shows("1 staged");
    for (width, height) in [(0, 0), (1, 1), (59, 40), (120, 14)] {
        app.step(Msg::Resize(Size { width, height }));
        app.keys("x D ctrl-s A y").await;
    }
    app.step(Msg::Resize(Size { width: 120, height: 40 }));
    app.shows("1 staged");
    app.hides("Review");
}

#[tokio::test]
async fn a_flood_of_pasted_text_sends_nothing_wherever_it_lands() {
    let sandbox = sandbox().await;
    let before = plan(&sandbox, 42).await;
    let flood = "y\rA\ty\x1b[201~\u{13}D1\r\n".repeat(100_000);
    for script in [
        "",
        "enter",
        "enter 1",
        "a",
        "2",
        ":",
        "/",
        "enter 8 enter ctrl-s",
        "enter 8 enter ctrl-s A",
        "D ctrl-s A",
    ] {
        let mut app = App::open(&sandbox).await;
        app.keys(script).await;
        let sent = app.runner.model.workspace().log.iter().filter(|logged| logged.method != "GET").count();
        app.step(Msg::Paste(flood.clone()));
        app.settle().await;
        assert_eq!(
            app.runner.model.workspace().log.iter().filter(|logged| logged.method != "GET").count(),
            sent
        );
        assert!(plan(&sandbox, 42).await == before, "sent from `{script}`");
        app.keys("?").await;
    }
}
