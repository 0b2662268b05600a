//! Input through a real terminal: a lot at once, keys before a dialog is visible, pastes without an end,
//! unmarked pastes.

#![cfg(unix)]

use crate::flows::day::Day;
use crate::support::pty::Pty;

fn demo(environment: &[(&str, &str)]) -> (Pty, tempfile::TempDir) {
    let state = tempfile::tempdir().unwrap();
    let mut all =
        vec![("BEE_TUI_STATE_DIR", state.path().to_str().unwrap()), ("BEE_TUI_CONFIG", "/dev/null")];
    all.extend(environment);
    let mut pty = Pty::start(24, 80, &["--demo"], &all);
    pty.until("FY26 EE Plan");
    (pty, state)
}

/// A block of numbers for the whole table, with more rows than the table has.
fn block() -> String {
    vec!["1\t2\t3\t4\t5\t6\t7\t8\t9\t10"; 25].join("\r")
}

#[test]
fn the_last_of_a_thousand_keys_is_handled_without_waiting_for_another() {
    for before in [1_023, 1_024, 1_025, 20_000] {
        let (mut pty, _state) = demo(&[]);
        pty.send(&format!("{}?", "z".repeat(before)));
        pty.until("Keys ──");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enter_sent_with_a_paste_does_not_confirm_its_preview() {
    let mut day = Day::begin(24, 80).await;
    let paste = format!("\x1b[B\x1b[200~{}\x1b[201~", block());
    day.keys(&paste, "paste: ").pty.until("»");
    assert!(!day.pty.contents().contains("staged"));
    day.keys("\x1b", "Enter edit");
    // Keys typed before the preview was painted are no answer to it.
    day.keys(&format!("{paste}\r"), "you typed it before this question was on screen");
    assert!(!day.pty.contents().contains("staged"), "{}", day.pty.contents());
    day.keys("\r", "staged");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_typed_before_its_dialog_was_painted_sends_nothing() {
    let mut day = Day::begin(24, 80).await;
    let before = day.numbers(2).await;
    day.keys("7\r", "1 staged").keys("\x13", "→");
    day.keys(&format!("A{}y", "z".repeat(1_100)), "Apply ──").pty.outlast_deafness();
    day.keys("\x1b[B", "does nothing here");
    assert!(day.pty.contents().contains("Apply ──"), "{}", day.pty.contents());
    day.keys("\x1b", "A apply  Esc");
    assert_eq!(day.numbers(2).await, before);
    // Asked again, a yes that is typed after the dialog appeared sends.
    day.keys("A", "Apply ──").pty.answer("y", "1 counter saved");
}

#[test]
fn a_paste_without_an_end_is_dropped_with_a_notice_and_keys_work_again() {
    let (mut pty, _state) = demo(&[]);
    pty.send("\x1b[200~12\t13\rabc");
    pty.send("\x11");
    pty.until("the end of a paste did not arrive");
    assert!(pty.contents().contains("FY26 EE Plan"));
    pty.send("\x11");
    assert_eq!(pty.exit_code(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn doubled_line_ends_do_not_shift_pasted_rows() {
    let mut day = Day::begin(24, 80).await;
    day.keys("\x1b[200~3\r\r4\r\r5\r\r\x1b[201~", "paste: 3 cells change");
    day.keys("\r", "3 staged");
    let screen = day.pty.contents();
    for (level, number) in [("Top", "*3"), ("Senior", "*4"), ("Middle", "*5")] {
        let row = screen.lines().find(|line| line.trim_start().starts_with(level)).unwrap();
        assert!(row.contains(number), "{screen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unmarked_paste_of_headings_is_a_block_and_runs_no_command() {
    let raw = "\tAM\tfem\rfoo\tx\tfFR\r";
    let mut day = Day::begin_with(24, 80, &[("TERM", "vt100")]).await;
    day.keys(raw, "past");
    assert!(!day.pty.contents().contains("staged"), "{}", day.pty.contents());
    day.keys("\x1b[B", "African male · Senior").keys("Top\rf\rR\r", "past");
    assert!(!day.pty.contents().contains("staged"), "{}", day.pty.contents());
    // In the review, in its dialog and in a list, a pasted block does nothing.
    day.keys("\x1b[B", "African male · Middle")
        .keys("7", "7▏")
        .keys("\r", "1 staged")
        .keys("\x13", "Review ·");
    day.keys("X\tA\ty\r", "pasted where no text is typed");
    day.keys("A", "Apply ──").pty.outlast_deafness();
    day.keys("y\ry\ry\r", "pasted where no text is typed");
    day.keys("n", "A apply  Esc").keys("\x1b", "Six levels").keys("\x1b", "6 plans");
    day.keys("D\tD\ry\r", "pasted where no text is typed");
    assert!(day.pty.contents().contains("1 staged"), "{}", day.pty.contents());
}

#[test]
fn quitting_from_a_dialog_works_and_counts_as_no() {
    let (mut pty, _state) = demo(&[]);
    pty.send("D");
    pty.until("staged");
    pty.send("\x13");
    pty.until("A apply  Esc");
    pty.send("A");
    pty.until("Enter; Esc sends nothing");
    // The first Ctrl-Q warns that the demo forgets what is staged, the second quits.
    pty.send("\x11");
    pty.until("the demo forgets what is staged");
    assert!(!pty.contents().contains("Esc sends nothing"), "{}", pty.contents());
    pty.send("\x11");
    assert_eq!(pty.exit_code(), 0);
}
