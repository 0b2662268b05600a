//! Drafting a plan on screen: the form, the preview over the grid, and what the server holds in the end.

use serde_json::Value;

use bee_tui::runtime::journal::Journal;
use bee_tui::sandbox::Sandbox;

use crate::support::harness::{App, Setup, account, ask, sandbox};

/// The first plan as the server holds it.
async fn plan(sandbox: &Sandbox) -> Value {
    ask(sandbox, "GET", "/api/public/v1/employment_equity_plans/42", None).await.1
}

/// The people of a level in a year: designated men, and all.
fn men_of(plan: &Value, year: usize, level: &str) -> (u64, u64) {
    let table = &plan["milestones"][year - 1]["targets"][0];
    let count =
        |race: &str, gender: &str| table[format!("number_of_{race}_{gender}_{level}")].as_u64().unwrap();
    let men = ["african", "coloured", "indian"].map(|race| count(race, "male")).iter().sum();
    let races = ["african", "coloured", "indian", "white", "foreign"];
    let all = races.iter().flat_map(|race| ["male", "female"].map(|gender| count(race, gender))).sum();
    (men, all)
}

#[tokio::test]
async fn a_draft_is_shown_over_the_grid_and_then_staged_and_applied() {
    let sandbox = sandbox().await;
    let before = plan(&sandbox).await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter T").await.shows("Profile from");
    // Junior, the fourth level, with a growth of 2 and a turnover of 40 per cent a year.
    app.keys("down down down down ctrl-u").await;
    app.text("2 / 40").await;
    app.keys("ctrl-s").await.shows("nothing is staged yet");
    app.shows("Year 5 of 5");
    app.shows("every target is met in Year 5");
    app.shows("Junior: 457 people, growth 2 % and turnover 40 % a year: 495 in Year 5");
    assert!(app.line("Junior").contains('»'), "{}", app.screen());
    // Nothing else is edited meanwhile; years and tables can be looked at.
    app.keys("x").await.shows("first take the draft (Enter) or leave it (Esc)");
    app.keys("{ t").await.shows("Year 4 of 5");
    app.shows("disabled  [t] all employees");
    app.keys("d").await.shows("nothing: every target is met");
    app.keys("esc").await.shows("nothing is staged yet");
    app.keys("enter").await.shows("cells in 4 years");
    app.keys("ctrl-s A y n").await;
    let after = plan(&sandbox).await;
    let (men, all) = men_of(&after, 5, "junior_managers");
    assert_eq!(all, 495);
    assert!(men * 1000 >= 498 * all, "{men} of {all}: construction asks for 49.8 %");
    assert_eq!(after["milestones"][0], before["milestones"][0], "the profile stays");
}

#[tokio::test]
async fn a_draft_is_one_step_of_undo_and_can_be_left() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter T ctrl-s").await.shows("nothing is staged yet");
    app.keys("esc").await.hides("nothing is staged yet");
    app.hides(" staged");
    app.keys("T ctrl-s enter").await.shows("216 staged");
    app.keys("u").await.shows("216 cells changed");
    app.hides("216 staged");
    // The same draft again has nothing left to change once it is staged.
    app.keys("U T ctrl-s").await.shows("nothing would change");
}

#[tokio::test]
async fn a_profile_can_come_from_another_plan() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter T ctrl-u").await;
    app.text("Karoo").await;
    // The other plan is read when the field is left.
    app.keys("enter ctrl-s").await.shows("profile: Karoo Lodges EE plan, Year 1");
    app.shows("in 4 years");
    app.keys("{ { { {").await.shows("Year 1 of 5");
    assert!(!app.line("Top").contains('»'), "a year that is over stays: {}", app.screen());
}

#[tokio::test]
async fn a_field_of_the_draft_that_cannot_be_read_is_named() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter T down down ctrl-u").await;
    app.text("2").await;
    app.keys("ctrl-s").await.shows("Senior: growth and turnover a year in per cent are written 2 / 10");
    app.keys("ctrl-u").await;
    app.text("-30 / 10").await;
    app.keys("ctrl-s").await.shows("Senior: a growth of -30 % a year asks for more leavers");
    app.keys("ctrl-u").await;
    app.text("0 / 200").await;
    app.keys("ctrl-s").await.shows("turnover is from 0 to 100 % a year");
    app.keys("ctrl-u").await;
    app.text("0 / 10").await;
    app.keys("up up ctrl-u").await;
    app.text("no such year").await;
    app.keys("ctrl-s").await.shows("choose one of the list");
}

#[tokio::test]
async fn what_a_draft_was_made_from_is_offered_again_in_the_next_session() {
    let sandbox = sandbox().await;
    let dir = tempfile::tempdir().unwrap();
    let open = async || {
        let journal = Journal::open(dir.path(), &account(&sandbox)).unwrap().journal;
        App::open_with(&sandbox, Setup { journal: Ok(journal), ..App::setup(&sandbox) }).await
    };
    let mut app = open().await;
    app.keys("enter T down down ctrl-u").await;
    app.text("1.5 / 7.25").await;
    app.keys("ctrl-s").await.shows("nothing is staged yet");
    app.keys("esc").await;
    drop(app);
    let mut app = open().await;
    app.keys("enter T").await.shows("1.5 / 7.25");
    assert!(app.line("Senior").contains("1.5 / 7.25"), "{}", app.screen());
    assert!(app.line("Junior").contains("0 / 10"), "{}", app.screen());
    // Another plan has the first values.
    app.keys("esc esc down enter T").await.hides("1.5 / 7.25");
}
