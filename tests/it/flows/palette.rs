//! The palette and the go-to-cell prompt: a few letters find a command, a record or a cell.

use crate::flows::ranges::grid;
use crate::support::harness::{App, sandbox};

#[tokio::test]
async fn a_few_letters_find_a_command_and_enter_runs_it() {
    let sandbox = sandbox().await;
    let mut app = grid(&sandbox).await;
    app.keys("9 enter ctrl-p").await.text("revstag").await.keys("enter").await;
    app.shows("1 staged");
    app.shows("→ 9");
    // A command that does nothing on this screen is not offered.
    app.keys("esc ctrl-p").await.text("stage its deletion").await.shows("nothing matches");
    app.keys("esc").await.shows("Year 2 of 5");
}

#[tokio::test]
async fn the_palette_finds_and_opens_records_that_were_read() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("2 down down enter").await;
    app.keys("ctrl-p").await.text("fy26").await.keys("enter").await.shows("Year 2 of 5");
    app.keys("ctrl-p").await.text("acme construction").await.keys("enter").await.shows("Training programs");
    app.shows("Excel Advanced");
}

#[tokio::test]
async fn the_cursor_jumps_to_a_named_cell_in_any_year_and_table() {
    let sandbox = sandbox().await;
    let mut app = grid(&sandbox).await;
    app.keys("ctrl-g").await.text("senior AF year 4 disabled").await.keys("enter").await;
    app.shows("Year 4 of 5");
    app.shows("African female · Senior");
    app.keys("7 enter").await;
    assert_eq!(
        staged(&app),
        ("Year 4 disabled".to_owned(), "number_of_african_female_senior_managers".to_owned())
    );
}

/// Year and table, and the counter, of the one change that is staged.
fn staged(app: &App) -> (String, String) {
    let (cell, label, _) = app.runner.model.workspace().counter_changes.iter().next().unwrap();
    (format!("Year {} {}", label.year, label.target_type), cell.counter.name())
}

#[tokio::test]
async fn a_cell_name_without_a_year_means_the_table_shown() {
    let sandbox = sandbox().await;
    let mut app = grid(&sandbox).await;
    app.keys("t ctrl-g").await.text("senior AF").await.keys("enter 7 enter").await;
    assert_eq!(
        staged(&app),
        ("Year 2 disabled".to_owned(), "number_of_african_female_senior_managers".to_owned())
    );
}

#[tokio::test]
async fn tab_cycles_through_the_commands_that_begin_with_the_typed_text() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys(":").await.text("re").await;
    let typed = |app: &App| app.line(" :").trim().to_owned();
    let mut seen = Vec::new();
    for _ in 0..3 {
        app.keys("tab").await;
        seen.push(typed(&app));
    }
    assert!(seen.iter().all(|line| line.starts_with(":re")), "{seen:?}");
    assert!(seen[0] != seen[1] && seen[1] != seen[2], "{seen:?}");
    app.keys("backtab").await;
    assert_eq!(typed(&app), seen[1]);
}
