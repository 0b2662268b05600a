//! Copying, cutting and pasting in the grid: what the preview shows, what is left out, what is sent.

use base64::Engine as _;
use bee_tui::app::message::Msg;
use bee_tui::app::model::Model;
use bee_tui::effect::Effects;
use proptest::prelude::*;

use crate::flows::ranges::{COLUMNS, LEVELS, grid, numbers};
use crate::support::harness::{App, grid_of, press, sandbox, screen_of, start_of_time};
use crate::support::pty::Pty;

fn paste(app: &mut App, text: &str) {
    app.step(Msg::Paste(text.into()));
}

#[tokio::test]
async fn a_block_is_previewed_staged_as_one_undo_step_and_sent() {
    let sandbox = sandbox().await;
    let server = numbers(&sandbox).await;
    let mut app = grid(&sandbox).await;
    app.keys("down right").await;
    paste(&mut app, "12\t1\u{a0}234\r\n\t3.0\r\n7\t4\r\n");
    app.shows("»1234");
    app.shows("paste: 5 cells change · 1 blank");
    app.hides("staged");
    app.keys("enter").await.shows("5 staged");
    app.keys("u").await.hides("staged");
    app.keys("U ctrl-s A y").await;
    let after = numbers(&sandbox).await;
    let mut wanted = server.clone();
    (wanted[1][1], wanted[1][2], wanted[2][2], wanted[3][1], wanted[3][2]) = (12, 1234, 3, 7, 4);
    assert_eq!(after, wanted);
}

#[tokio::test]
async fn arrows_move_the_paste_preview_and_esc_changes_nothing() {
    let sandbox = sandbox().await;
    let mut app = grid(&sandbox).await;
    paste(&mut app, "8888");
    app.keys("down down").await;
    assert!(app.line("Middle").contains("»8888"));
    app.keys("A").await;
    assert!(app.status().contains("first take what would be pasted, or leave it"), "{}", app.status());
    app.keys("esc").await.hides("8888");
    app.hides("staged");
}

#[tokio::test]
async fn a_table_from_the_statutory_form_is_placed_by_its_names_without_its_totals() {
    let sandbox = sandbox().await;
    let server = numbers(&sandbox).await;
    let mut app = grid(&sandbox).await;
    // The cursor is elsewhere: names take precedence.
    app.keys("G right right").await;
    let form = "Occupational Levels\tMale\t\t\t\tFemale\t\t\t\tForeign Nationals\t\tTotal\n\
                \tA\tC\tI\tW\tA\tC\tI\tW\tMale\tFemale\t\n\
                Senior management\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t55\n\
                Top management\t1\t0\t0\t0\t0\t0\t0\t0\t0\t0\t1\n\
                Interns\t5\t5\t5\t5\t5\t5\t5\t5\t5\t5\t50\n\
                TOTAL PERMANENT\t2\t2\t3\t4\t5\t6\t7\t8\t9\t10\t56\n";
    paste(&mut app, form);
    app.shows("10 outside the table");
    app.shows("by name");
    app.keys("enter ctrl-s A y").await;
    let after = numbers(&sandbox).await;
    assert_eq!(after[1], (1..=10).collect::<Vec<u64>>());
    assert_eq!(after[0], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(after[2..], server[2..]);
}

#[tokio::test]
async fn a_form_with_women_first_and_subtotals_is_placed_by_its_headings() {
    let sandbox = sandbox().await;
    let mut app = grid(&sandbox).await;
    let form = "\tFemale\t\t\t\t\tMale\n\tA\tC\tI\tW\tTotal\tA\tC\tI\tW\tTotal\nTop\t71\t72\t73\t74\t290\t81\t82\t83\t84\t330";
    paste(&mut app, form);
    app.shows("paste: 8 cells change · 2 totals · by name");
    app.keys("enter ctrl-s A y").await;
    assert_eq!(numbers(&sandbox).await[0][..8], [81, 82, 83, 84, 71, 72, 73, 74]);
}

#[tokio::test]
async fn unknown_headings_paste_nothing() {
    let sandbox = sandbox().await;
    let mut app = grid(&sandbox).await;
    paste(&mut app, "\tWhite\tIndian\tColoured\nTop\t1\t2\t3");
    assert!(app.status().contains("its heads are not understood"), "{}", app.status());
    app.hides("staged");
}

#[tokio::test]
async fn cells_outside_the_grid_or_without_a_number_are_reported_and_left_out() {
    let sandbox = sandbox().await;
    let mut app = grid(&sandbox).await;
    app.keys("end").await;
    paste(&mut app, "77\t8\n-3\t9\n1.000\t");
    app.shows("paste: 1 cell changes · 1 blank · 2 no number (“-3”) · 2 outside the table");
    app.keys("enter").await.shows("1 staged");
    paste(&mut app, "none of it");
    assert!(app.status().contains("nothing was pasted"), "{}", app.status());
    app.shows("1 staged");
}

#[tokio::test]
async fn a_single_number_fills_the_range_and_goes_into_a_cell_that_is_typed_in() {
    let sandbox = sandbox().await;
    let mut app = grid(&sandbox).await;
    app.keys("shift-right shift-down").await;
    paste(&mut app, "41\n");
    app.keys("enter ctrl-s A y n").await;
    let after = numbers(&sandbox).await;
    assert_eq!((&after[0][..2], &after[1][..2]), (&[41, 41][..], &[41, 41][..]));
    app.keys("esc G enter ctrl-u").await;
    paste(&mut app, "1,234");
    app.keys("enter").await.shows("*1234");
}

#[tokio::test]
async fn a_copied_row_is_pasted_into_another_row_and_a_cut_leaves_zeros() {
    let sandbox = sandbox().await;
    let server = numbers(&sandbox).await;
    let mut app = grid(&sandbox).await;
    app.keys("V y").await;
    assert!(app.status().contains("10 cells copied"), "{}", app.status());
    app.keys("down p").await.await_file().await;
    app.keys("enter").await;
    app.keys("down V ctrl-x").await;
    assert!(app.status().contains("10 cells cut"), "{}", app.status());
    app.keys("u U ctrl-s A y").await;
    let after = numbers(&sandbox).await;
    assert_eq!(after[1], server[0]);
    assert_eq!(after[2], [0; 10]);
    assert_eq!(after[3..], server[3..]);
}

/// The text that the terminal was last asked to copy.
fn clip(painted: &[u8]) -> String {
    let text = String::from_utf8_lossy(painted);
    let from = text.rfind("\x1b]52;c;").unwrap() + 7;
    let end = text[from..].find(['\x07', '\x1b']).unwrap();
    let bytes = base64::engine::general_purpose::STANDARD.decode(&text[from..from + end]).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Over SSH the only clipboard is the terminal's.
const REMOTE: (&str, &str) = ("SSH_TTY", "/dev/pts/9");

#[test]
fn copied_rows_have_headings_and_labels_and_reach_the_terminals_clipboard() {
    let mut pty = Pty::start(24, 80, &["--demo"], &[REMOTE]);
    pty.until("FY26 EE Plan");
    pty.send("\r");
    pty.until("Six levels");
    pty.send("Vy");
    pty.until("10 cells copied through the terminal (OSC 52), if it allows that");
    let copied = clip(&pty.painted);
    let (heads, row) = copied.split_once('\n').unwrap();
    assert_eq!(heads, "\tAM\tCM\tIM\tWM\tAF\tCF\tIF\tWF\tFM\tFF");
    let shown = pty.contents();
    let shown = shown.lines().find(|line| line.contains("Top")).unwrap().replace('│', " ");
    let shown: Vec<&str> = shown.split_whitespace().collect();
    assert_eq!(row.split('\t').collect::<Vec<_>>(), shown[..11]);
    // Two cells are copied without headings and labels.
    pty.send("\x1b");
    pty.until("African male · Top");
    pty.send("\x1b[1;2C");
    pty.until("1 × 2");
    pty.send("y");
    pty.until("2 cells copied");
    assert_eq!(clip(&pty.painted), shown[1..3].join("\t"));
    pty.send("Y");
    pty.until_painted(b"\x1b]52;c;");
    pty.until("2 cells copied");
    let json: serde_json::Value = serde_json::from_str(&clip(&pty.painted)).unwrap();
    let wanted = serde_json::json!({
        "number_of_african_male_top_managers": shown[1].parse::<u64>().unwrap(),
        "number_of_coloured_male_top_managers": shown[2].parse::<u64>().unwrap(),
    });
    assert_eq!(json, wanted);
    pty.send("\x11");
    assert_eq!(pty.exit_code(), 0);
}

#[test]
fn a_burst_of_keys_is_a_paste_where_the_terminal_does_not_mark_pastes() {
    let mut pty = Pty::start(24, 80, &["--demo"], &[("TERM", "linux"), REMOTE]);
    pty.until("FY26 EE Plan");
    pty.send("\r");
    pty.until("Six levels");
    pty.send("\tAM\tD\rTop\t7777\tx\rSenior\t8888\tA\r");
    pty.until("paste: 2 cells change");
    pty.until("»8888");
    pty.send("\r");
    pty.until("2 staged");
    // Keys that are typed one after the other stay keys.
    pty.send("5");
    pty.until("5▏");
    pty.until("Enter commit");
    pty.send("\x1b");
    pty.until("Enter edit");
    pty.send("\x11");
    pty.until("the demo forgets what is staged");
    pty.send("\x11");
    assert_eq!(pty.exit_code(), 0);
}

#[test]
fn list_rows_are_copied_as_shown_and_records_as_json() {
    let mut pty = Pty::start(24, 120, &["--demo"], &[REMOTE]);
    pty.until("FY26 EE Plan");
    pty.send("  y");
    pty.until("2 rows copied");
    let copied = clip(&pty.painted);
    let lines: Vec<Vec<&str>> = copied.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!((lines.len(), lines[0][0], lines[1][0]), (3, "Plan", "FY26 EE Plan"));
    assert_eq!(lines[1][2..5], ["2025-09-01", "2030-08-31", "Construction"]);
    pty.send("Y");
    pty.until_painted(b"\x1b]52;c;");
    let json: serde_json::Value = serde_json::from_str(&clip(&pty.painted)).unwrap();
    assert_eq!((json[0]["id"].as_u64(), json[0]["sector"].as_str()), (Some(42), Some("Construction")));
    assert_eq!(json.as_array().unwrap().len(), 2);
    // So are the lines of a popup.
    pty.send("d");
    pty.until("Start date");
    pty.until("Scorecard ID");
    pty.send("y");
    pty.until("lines copied");
    assert!(clip(&pty.painted).contains("Name\t"), "{}", clip(&pty.painted));
    pty.send("\x11");
    assert_eq!(pty.exit_code(), 0);
}

#[tokio::test]
async fn a_copied_row_is_pasted_correctly_whatever_line_ends_the_terminal_sends() {
    let sandbox = sandbox().await;
    let server = numbers(&sandbox).await;
    let mut app = grid(&sandbox).await;
    app.keys("V shift-down y").await;
    let row = |label: &str, row: &[u64]| {
        format!("{label}\t{}", row.iter().map(u64::to_string).collect::<Vec<_>>().join("\t"))
    };
    let (top, senior) = (row("Top", &server[0]), row("Senior", &server[1]));
    app.keys("esc g down down").await;
    paste(&mut app, &format!("\tAM\tCM\tIM\tWM\tAF\tCF\tIF\tWF\tFM\tFF\r{top}\r{senior}"));
    app.keys("enter ctrl-s A y").await;
    let after = numbers(&sandbox).await;
    assert_eq!((&after[2], &after[3]), (&server[0], &server[1]));
    assert_eq!(after[..2], server[..2]);
}

#[tokio::test]
async fn a_form_with_two_tables_reports_the_cells_that_are_named_twice() {
    let sandbox = sandbox().await;
    let mut app = grid(&sandbox).await;
    paste(&mut app, "\tAM\tAF\nTop\t71\t72\nSenior\t73\t74\nTop\t1\t1");
    app.shows("2 named twice: the first counts");
    app.keys("enter ctrl-s A y").await;
    assert_eq!(numbers(&sandbox).await[0][0], 71);
}

/// A plan of one year whose table has every counter but one, one of them damaged.
fn plan() -> String {
    let mut counters = String::new();
    for (row, level) in LEVELS.iter().enumerate() {
        for (column, name) in COLUMNS.iter().enumerate() {
            match (row, column) {
                (2, 3) => {}
                (3, 4) => counters += &format!(r#","number_of_{name}_{level}":"many""#),
                _ => counters += &format!(r#","number_of_{name}_{level}":{}"#, row * 10 + column),
            }
        }
    }
    format!(
        r#"{{"id":42,"name":"P","milestones":[{{"id":1,"year_number":1,"start_date":"2025-09-01",
            "end_date":"2026-08-31","targets":[{{"id":2,"target_type":"all_employees"{counters}}}]}}]}}"#
    )
}

fn text() -> impl Strategy<Value = String> {
    let cell = prop_oneof![
        8 => "[0-9]{1,4}",
        1 => Just(String::new()),
        1 => "[0-9]{1,3}[ ,.'][0-9]{1,3}",
        1 => Just("AM".to_owned()),
        1 => Just("WF".to_owned()),
        1 => Just("Total".to_owned()),
        1 => Just("Senior".to_owned()),
        1 => Just("\"a\nb\"".to_owned()),
        1 => "\\PC{0,6}",
    ];
    let row = prop::collection::vec(cell, 1..13).prop_map(|cells| cells.join("\t"));
    prop_oneof![
        4 => prop::collection::vec(row, 1..9).prop_map(|rows| rows.join("\r\n")),
        1 => any::<String>(),
    ]
}

fn staged(model: &Model) -> Vec<(String, u32)> {
    model
        .workspace()
        .counter_changes
        .iter()
        .map(|(cell, _, change)| (cell.counter.name(), change.mine))
        .collect()
}

fn paste_into(model: &mut Model, text: &str) {
    model.update(start_of_time(), Msg::Paste(text.to_owned()), &mut Effects::default());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_paste_is_staged_before_it_is_confirmed_and_one_undo_reverts_it(
        text in text(), down in 0usize..6, right in 0usize..10,
    ) {
        let mut model = grid_of(&plan(), (80, 24));
        press(&mut model, &"down ".repeat(down));
        press(&mut model, &"right ".repeat(right));
        paste_into(&mut model, &text);
        screen_of(&model);
        prop_assert!(staged(&model).is_empty());
        press(&mut model, "enter");
        let taken = staged(&model);
        for (name, _) in &taken {
            prop_assert!(name != "number_of_white_male_middle_managers", "a counter the server did not return");
            prop_assert!(name != "number_of_african_female_junior_managers", "one it sent no number for");
        }
        if !taken.is_empty() {
            press(&mut model, "u");
            prop_assert!(staged(&model).is_empty());
            press(&mut model, "U");
            prop_assert_eq!(staged(&model), taken);
        }
    }

    #[test]
    fn plain_numbers_are_pasted_in_order_from_the_cursor(
        block in prop::collection::vec(prop::collection::vec(0u32..5000, 3), 1..5), down in 0usize..6, right in 0usize..10,
    ) {
        let mut model = grid_of(&plan(), (80, 24));
        press(&mut model, &"down ".repeat(down));
        press(&mut model, &"right ".repeat(right));
        let rows = block.iter().map(|row| row.iter().map(u32::to_string).collect::<Vec<_>>().join("\t"));
        paste_into(&mut model, &rows.collect::<Vec<_>>().join("\n"));
        press(&mut model, "enter");
        let mut wanted = Vec::new();
        for (i, row) in block.iter().enumerate() {
            for (j, number) in row.iter().enumerate() {
                let (row, column) = (down + i, right + j);
                let missing = row > 5 || column > 9 || (row, column) == (2, 3) || (row, column) == (3, 4);
                if !missing && *number as usize != row * 10 + column {
                    wanted.push((format!("number_of_{}_{}", COLUMNS[column], LEVELS[row]), *number));
                }
            }
        }
        let mut taken = staged(&model);
        taken.sort();
        wanted.sort();
        prop_assert_eq!(taken, wanted);
    }
}

#[tokio::test]
async fn text_too_long_for_the_terminals_clipboard_goes_to_a_private_file_with_a_notice() {
    use bee_tui::runtime::clipboard::Clipboard;
    let dir = tempfile::tempdir().unwrap();
    let options = bee_tui::sandbox::state::SandboxOptions { participants: 95_000, ..Default::default() };
    let sandbox = bee_tui::sandbox::Sandbox::start(options).await.unwrap();
    let mut app = App::open(&sandbox).await;
    // A test has no display, so the terminal is tried first, and then the file.
    app.runner.effect_runner.clipboard = Clipboard::without_display(dir.path());
    app.keys("2 /").await.text("acme construction").await.keys("enter enter enter").await;
    let rows: usize = app.line(" participants ").split_whitespace().next().unwrap().parse().unwrap();
    assert!(rows > 1000, "{rows} rows are not much");
    app.keys("ctrl-a y").await.await_file().await;
    let file = dir.path().join("clipboard.txt");
    assert!(app.screen().contains("there is no clipboard here, so to"), "{}", app.screen());
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), rows + 1, "heads and rows");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[cfg(unix)]
#[test]
fn the_clipboard_file_is_removed_when_the_program_ends_or_next_starts() {
    use crate::support::pty::Pty;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("clipboard.txt");
    std::fs::write(&file, "Thandiwe Nkosi").unwrap();
    let state = dir.path().to_str().unwrap();
    let environment = [
        ("BEE_TUI_STATE_DIR", state),
        ("BEE_TUI_CONFIG", "/dev/null"),
        ("BEE_TUI_BASE_URL", "http://127.0.0.1:1"),
        ("BEE_TUI_API_KEY", "k"),
        ("BEE_TUI_API_SECRET", "s"),
    ];
    let mut pty = Pty::start(40, 120, &[], &environment);
    pty.until("the file that stood in for a clipboard was removed");
    assert!(!file.exists(), "one that a killed program left");
    std::fs::write(&file, "Thandiwe Nkosi").unwrap();
    pty.send("q");
    assert_eq!(pty.exit_code(), 0);
    assert!(!file.exists(), "one that was copied to");
}
