//! Snapshots of the screens as text; people read them before they were accepted.

use bee_tui::app::message::Msg;
use bee_tui::sandbox::Sandbox;
use ratatui::layout::Size;

use crate::support::harness::{App, Setup, sandbox};

/// The same screen at both sizes. Times of day come from the test's own clock.
async fn both(name: &str, sandbox: &Sandbox, script: &str) {
    for size in [(80, 24), (120, 40)] {
        let mut app = App::open_with(sandbox, Setup { size, ..App::setup(sandbox) }).await;
        app.keys(script).await;
        insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), app.screen());
    }
}

#[tokio::test]
async fn the_list_of_plans() {
    both("plans", &sandbox().await, "").await;
}

#[tokio::test]
async fn the_grid_with_edits() {
    both("grid", &sandbox().await, "enter down 9 tab 4 tab 1 2 enter down 3").await;
}

#[tokio::test]
async fn the_largest_plan_keeps_its_totals() {
    both("grid-large", &sandbox().await, "G enter down right 9 9 9 9 enter").await;
}

#[tokio::test]
async fn the_grid_with_the_overlays_of_the_previous_year_the_sector_and_the_eap() {
    let sandbox = sandbox().await;
    both("overlay-year", &sandbox, "enter down 5 enter O O").await;
    both("overlay-sector", &sandbox, "enter down 5 enter O O O O").await;
    both("overlay-eap", &sandbox, "enter down 5 enter O O O O O").await;
}

#[tokio::test]
async fn the_grid_in_per_cent() {
    both("per-cent", &sandbox().await, "enter down 5 enter %").await;
}

#[tokio::test]
async fn the_years_of_a_level_with_their_chart() {
    both("years", &sandbox().await, "enter down m down").await;
}

#[tokio::test]
async fn the_summary_of_a_plan() {
    both("summary", &sandbox().await, "enter down S down right").await;
}

#[tokio::test]
async fn the_overview_of_all_plans() {
    both("overview", &sandbox().await, "5 down").await;
}

#[tokio::test]
async fn the_form_of_a_draft_and_its_preview() {
    both("draft-form", &sandbox().await, "enter T down").await;
    both("draft-preview", &sandbox().await, "enter T ctrl-s").await;
}

#[tokio::test]
async fn the_spend_of_a_scorecard() {
    both("spend", &sandbox().await, "2 : s p e n d enter").await;
}

#[tokio::test]
async fn the_list_of_findings() {
    both("checks", &sandbox().await, "enter c").await;
}

#[tokio::test]
async fn the_palette() {
    both("palette", &sandbox().await, "enter ctrl-p s t a").await;
}

#[tokio::test]
async fn the_paste_preview() {
    let sandbox = sandbox().await;
    for size in [(80, 24), (120, 40)] {
        let mut app = App::open_with(&sandbox, Setup { size, ..App::setup(&sandbox) }).await;
        app.keys("enter down right O O O O").await;
        app.step(Msg::Paste("12\t1 234\r\n\tn/a\r\n7\t9".into()));
        insta::assert_snapshot!(format!("paste-preview-{}x{}", size.0, size.1), app.screen());
    }
}

#[tokio::test]
async fn the_review() {
    both("review", &sandbox().await, "enter down 9 9 tab 4 enter t 7 enter ctrl-s down").await;
}

#[tokio::test]
async fn the_requests_of_the_review() {
    both("requests", &sandbox().await, "enter down 9 9 tab 4 enter t 7 enter ctrl-s v").await;
}

#[tokio::test]
async fn the_watched_recalculations() {
    both("watch", &sandbox().await, "enter C y").await;
}

#[tokio::test]
async fn the_help() {
    both("help", &sandbox().await, "enter ?").await;
}

#[tokio::test]
async fn the_scorecards() {
    both("scorecards", &sandbox().await, "2").await;
}

/// From the first list to the participants of Acme's first program.
const PARTICIPANTS: &str = "2 down down enter enter";

#[tokio::test]
async fn the_training_programs() {
    both("programs", &sandbox().await, "2 down down enter").await;
}

#[tokio::test]
async fn the_participants_scrolled_sorted_and_marked() {
    let script = format!("{PARTICIPANTS} s s right right space down D");
    both("participants", &sandbox().await, &script).await;
}

#[tokio::test]
async fn a_form_with_something_wrong() {
    let script = format!("{PARTICIPANTS} a A n n tab m tab tab tab x tab 1 2 tab");
    both("form", &sandbox().await, &script).await;
}

#[tokio::test]
async fn the_review_of_records() {
    let script = format!("{PARTICIPANTS} e ctrl-u A n n enter ctrl-s esc e tab f ctrl-s");
    both("review-records", &sandbox().await, &script).await;
}

#[tokio::test]
async fn the_scores_of_a_supplier() {
    both("scores", &sandbox().await, "3 a T 1 0 0 enter").await;
}

#[tokio::test]
async fn no_account_configured() {
    let sandbox = sandbox().await;
    for size in [(80, 24), (120, 40)] {
        let journal = Err("no account is configured".into());
        let app =
            App::open_with(&sandbox, Setup { size, profile: None, journal, ..App::setup(&sandbox) }).await;
        insta::assert_snapshot!(format!("welcome-{}x{}", size.0, size.1), app.screen());
    }
}

#[tokio::test]
async fn a_terminal_that_is_too_small_says_what_it_needs_and_loses_nothing() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter 9 9 enter").await.shows("1 staged");
    for (width, height) in [(59, 15), (60, 14), (10, 3), (1, 1), (0, 0)] {
        app.runner.terminal.backend_mut().resize(width, height);
        app.step(Msg::Resize(Size { width, height }));
        app.keys("x x").await;
    }
    app.runner.terminal.backend_mut().resize(40, 10);
    app.step(Msg::Resize(Size { width: 40, height: 10 }));
    app.shows("needs 60x15");
    insta::assert_snapshot!("narrow-40x10", app.screen());
    app.runner.terminal.backend_mut().resize(60, 15);
    app.step(Msg::Resize(Size { width: 60, height: 15 }));
    app.shows("1 staged");
    insta::assert_snapshot!("narrow-60x15", app.screen());
}

#[tokio::test]
async fn every_size_can_be_drawn() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter 9 enter").await;
    let records = "esc 2 down down enter enter a A enter 8 ctrl-s";
    for script in [
        "",
        "ctrl-s",
        "v",
        "esc esc ?",
        "esc :",
        "esc w",
        "esc esc 2",
        "a",
        "esc",
        records,
        "v",
        "esc esc !",
        "1",
    ] {
        app.keys(script).await;
        for (width, height) in
            [(60, 15), (61, 16), (75, 20), (80, 24), (99, 30), (200, 60), (400, 15), (60, 200)]
        {
            app.runner.terminal.backend_mut().resize(width, height);
            app.step(Msg::Resize(Size { width, height }));
        }
    }
}

#[tokio::test]
async fn a_terminal_that_shrinks_before_the_resize_message_is_still_drawn() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter 9 enter").await;
    for script in ["C", "esc ?", "esc ctrl-s", "v", "esc :", "esc w", "esc esc 2", "enter"] {
        app.keys(script).await;
        for (width, height) in [(80, 24), (60, 1), (1, 60), (0, 0), (119, 39), (200, 60)] {
            app.runner.terminal.backend_mut().resize(width, height);
            app.step(Msg::Timer(bee_tui::effect::Timer::Tick));
        }
        app.runner.terminal.backend_mut().resize(120, 40);
    }
}
