//! The overview of all plans: what each is short of, read in the background.

use serde_json::json;

use bee_tui::sandbox::state::FaultAction;

use crate::support::harness::{App, ask, sandbox};

/// The lines of the list that begin with a plan's name, from top to bottom.
fn plans(app: &App) -> Vec<String> {
    let names = ["Mzansi", "Overberg", "FY26", "Umhlanga", "Thuthuka", "Karoo"];
    let screen = app.screen();
    let lines = screen.lines().map(|line| line.trim_start_matches(['>', '*', ' ']));
    lines.filter(|line| names.iter().any(|name| line.starts_with(name))).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_overview_lists_all_plans_with_the_worst_first_and_leads_to_a_summary() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("5").await.shows("Overview");
    let order: Vec<String> = plans(&app)
        .iter()
        .map(|line| line.split_whitespace().next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(order, ["Mzansi", "Overberg", "FY26", "Umhlanga", "Thuthuka", "Karoo"], "{}", app.screen());
    app.hides("reading plans");
    // The year that holds today is the second: its figures are those of `plans check 42 --year 2`.
    let line = plans(&app)[2].clone();
    assert!(line.contains("3 of 13") && line.contains("57 Junior men"), "{line}");
    app.keys("down down").await.shows("Junior men: 57 short by replacement · 112 by hiring (37.8 of 49.8 %)");
    app.keys("enter").await.shows("Summary of FY26 EE Plan");
    app.shows("Junior all: 82.9 % of 95.9 %");
    app.keys("enter").await.shows("Year 2 of 5");
}

#[tokio::test]
async fn the_list_of_plans_shows_the_figure_once_it_is_known_and_opens_the_summary_by_name() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.shows("Short");
    assert!(!app.line("FY26 EE Plan").contains("57"), "not known yet: {}", app.screen());
    app.keys(":").await;
    app.text("summary").await;
    app.keys("enter").await.shows("Summary of FY26 EE Plan");
    app.shows("Junior men");
    app.keys("esc").await;
    assert!(app.line("FY26 EE Plan").contains("57"), "{}", app.screen());
}

#[tokio::test]
async fn a_plan_that_cannot_be_read_says_so_in_its_row_and_hides_no_other() {
    let sandbox = sandbox().await;
    sandbox.inject_fault(
        "GET",
        "/api/public/v1/employment_equity_plans/5001",
        FaultAction::Respond(404, "{}".into()),
    );
    let body = json!({"employment_equity_plan": {"sector": null}});
    ask(&sandbox, "PATCH", "/api/public/v1/employment_equity_plans/2001", Some(body)).await;
    let mut app = App::open(&sandbox).await;
    app.keys("5").await.shows("Overberg");
    assert!(plans(&app)[0].starts_with("Overberg"), "what is not known comes last: {}", app.screen());
    app.keys("G").await.shows("not found");
    app.keys("k").await.shows("it names no sector; :sector chooses one to measure it by");
    app.keys(":").await;
    app.text("sector").await;
    app.keys("enter").await;
    app.text("Construction").await;
    app.keys("enter").await.shows("Junior men: ");
    // Read again, the other one is there.
    app.keys("r").await;
    assert!(plans(&app)[0].starts_with("Mzansi"), "{}", app.screen());
}

#[tokio::test]
async fn plans_are_read_eight_at_a_time_and_no_longer_once_the_overview_is_left() {
    let sandbox = sandbox().await;
    for at in 0..20 {
        let body = json!({"employment_equity_plan": {"name": format!("Plan {at}"), "start_date": "2026-09-01",
            "end_date": "2029-08-31", "sector": "Education"}});
        assert!(ask(&sandbox, "POST", "/api/public/v1/employment_equity_plans", Some(body)).await.0 < 300);
    }
    let mut app = App::open(&sandbox).await;
    app.key_at_once("5");
    // The list is read again first; then eight plans are on their way.
    app.step_replies_until(|app| app.screen().contains("reading plans: 0 of 26")).await;
    assert_eq!(app.runner.model.engine().requests().len(), 8);
    app.key_at_once("1");
    app.settle().await;
    app.keys("5").await.hides("reading plans");
    assert!(app.screen().contains("26 plans"));
}
