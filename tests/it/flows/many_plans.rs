//! An apply to many plans, of which several are worked on at once.

use bee_tui::runtime::journal::Journal;
use bee_tui::sandbox::Sandbox;
use serde_json::json;

use crate::support::harness::{App, Setup, account, api, ask, counter, plan, sandbox};

/// The first counter of both tables of the year that each plan opens on, on the server.
async fn first_counters(sandbox: &Sandbox, plans: &[u64], years: &[usize]) -> Vec<[u64; 2]> {
    let mut counters = Vec::new();
    for (id, year) in plans.iter().zip(years) {
        let plan = plan(sandbox, *id).await;
        counters.push([0, 1].map(|table| counter(&plan, *year, table, "african_male_top_managers")));
    }
    counters
}

#[tokio::test]
async fn an_apply_to_many_plans_that_is_killed_after_any_reply_loses_nothing_and_needs_no_decision() {
    let mut is_over = false;
    for replies in 0.. {
        if is_over {
            assert!(replies > 20, "eight plans are read and written to twice: {replies} replies");
            break;
        }
        let sandbox = sandbox().await;
        for at in 0..2 {
            let body = json!({"employment_equity_plan": {"name": format!("Plan {at}"), "start_date": "2026-09-01",
                "end_date": "2029-08-31", "sector": "Education"}});
            ask(&sandbox, "POST", &api("employment_equity_plans"), Some(body)).await;
        }
        let (_, list) = ask(&sandbox, "GET", &api("employment_equity_plans"), None).await;
        let list = list.as_array().or(list["data"].as_array()).unwrap();
        let plans: Vec<u64> = list.iter().map(|plan| plan["id"].as_u64().unwrap()).collect();
        let dir = tempfile::tempdir().unwrap();
        let journal = || Ok(Journal::open(dir.path(), &account(&sandbox)).unwrap().journal);
        let setup = || Setup { journal: journal(), ..App::setup(&sandbox) };
        let mut app = App::open_with(&sandbox, setup()).await;
        let mut years = Vec::new();
        for _ in &plans {
            app.keys("enter 7 7 enter up t 5 enter").await;
            let year = app.screen().split("Year ").nth(1).unwrap().chars().next().unwrap();
            years.push(year.to_digit(10).unwrap() as usize);
            app.keys("esc down").await;
        }
        app.shows("16 staged");
        app.keys("ctrl-s A").await;
        app.wait(std::time::Duration::from_secs(1));
        app.key_at_once("y");
        is_over = app.kill_after_replies(replies).await;
        drop(app);
        let mut app = App::open_with(&sandbox, setup()).await;
        app.keys("ctrl-s").await.hides("conflict");
        if app.screen().contains(" staged") {
            app.keys("A y").await;
        }
        app.hides("unknown:");
        assert_eq!(
            app.runner.model.workspace().staged_count(),
            0,
            "killed after {replies} replies: {}",
            app.screen()
        );
        assert_eq!(
            first_counters(&sandbox, &plans, &years).await,
            vec![[77, 5]; 8],
            "killed after {replies} replies"
        );
    }
}
