//! A server that misbehaves during an apply or a recalculation: what is reported, what is kept, what is sent again.

use std::time::Duration;

use bee_tui::app::message::Msg;
use bee_tui::effect::Timer;
use bee_tui::runtime::journal::Journal;
use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::{FaultAction, SandboxOptions};

use crate::support::harness::{
    App, Setup, account, counter, fault_each, monkey, plan, sandbox, set_elsewhere,
};

const TARGET: &str = "employment_equity_targets";
const SCORECARD: &str = "scorecard_Y2EQKp8z1r9jeToPW6deGwo9";

async fn top(sandbox: &Sandbox) -> u64 {
    counter(&plan(sandbox, 42).await, 2, 0, "african_male_top_managers")
}

/// An app with one staged change: African male at the top, 8.
async fn staged(sandbox: &Sandbox) -> App {
    let mut app = App::open(sandbox).await;
    app.keys("enter 8 enter").await.shows("1 staged");
    app
}

#[tokio::test]
async fn a_refused_change_stays_staged_with_the_servers_message() {
    let sandbox = sandbox().await;
    let mut app = staged(&sandbox).await;
    let body = r#"{"errors": ["Number of african male top managers is too high"]}"#;
    sandbox.inject_fault("PATCH", TARGET, FaultAction::Respond(422, body.into()));
    app.keys("ctrl-s A y").await.shows("0 counters saved · 1 refused by the server");
    app.shows("refused: Number of african male top managers is too high");
    app.keys("esc").await.shows("?8");
    app.keys("ctrl-s A y").await.shows("1 counter saved");
    assert_eq!(top(&sandbox).await, 8);
}

#[tokio::test]
async fn a_counter_the_server_did_not_change_is_not_taken_and_never_shown_as_saved() {
    let sandbox = sandbox().await;
    let mut app = staged(&sandbox).await;
    let target = plan(&sandbox, 42).await["milestones"][1]["targets"][0].clone();
    sandbox.inject_fault("PATCH", TARGET, FaultAction::Respond(200, target.to_string()));
    app.keys("ctrl-s A y").await.shows("0 counters saved · 1 not taken");
    app.shows("not taken: the server kept its own value");
    app.shows("1 staged");
}

#[tokio::test]
async fn a_response_without_the_counter_is_verified_by_reading() {
    let sandbox = sandbox().await;
    for body in [
        r#"{"id": 47, "target_type": "all_employees"}"#,
        r#"{"id": 4711, "target_type": "x"}"#,
        "{}",
        "<html>",
    ] {
        let mut app = staged(&sandbox).await;
        sandbox.inject_fault("PATCH", TARGET, FaultAction::Respond(200, body.into()));
        app.keys("ctrl-s A y").await.shows("0 counters saved");
        app.shows("1 staged");
        assert_ne!(top(&sandbox).await, 8, "{body}");
    }
}

#[tokio::test]
async fn a_write_that_lost_its_response_is_reconciled_and_not_sent_twice() {
    let sandbox = sandbox().await;
    let mut app = staged(&sandbox).await;
    sandbox.inject_fault("PATCH", TARGET, FaultAction::DropResponse);
    app.keys("ctrl-s A y").await.shows("1 counter saved");
    app.hides("1 staged");
    assert_eq!(top(&sandbox).await, 8);
}

#[tokio::test]
async fn a_change_whose_request_was_lost_stays_staged_with_a_notice() {
    let sandbox = sandbox().await;
    for does in [FaultAction::DropRequest, FaultAction::Respond(500, "oops".into())] {
        let mut app = staged(&sandbox).await;
        let before = top(&sandbox).await;
        fault_each(&sandbox, "PATCH", TARGET, &does);
        app.keys("ctrl-s A y").await.shows("0 counters saved · 1 did not arrive; they stay staged");
        app.shows("1 staged");
        assert_eq!(top(&sandbox).await, before);
    }
}

#[tokio::test]
async fn an_unknown_outcome_blocks_the_change_until_reading_reconciles_it() {
    let sandbox = sandbox().await;
    let mut app = staged(&sandbox).await;
    let before = top(&sandbox).await;
    app.keys("ctrl-s A").await;
    fault_each(&sandbox, "PATCH", TARGET, &FaultAction::DropRequest);
    sandbox.inject_fault("GET", "employment_equity_plans/42", FaultAction::Pass);
    fault_each(&sandbox, "GET", "employment_equity_plans/42", &FaultAction::Respond(503, String::new()));
    app.keys("y").await.shows("0 counters saved · 1 unknown");
    app.shows("unknown: no response says whether it was carried out");
    app.keys("esc up").await.shows("~8");
    app.keys("+").await.shows("not known yet whether this counter arrived");
    app.keys("r").await.shows("1 change of unknown outcome did not arrive: staged again");
    app.shows("*8");
    assert_eq!(top(&sandbox).await, before);
}

#[tokio::test]
async fn an_edit_made_while_another_table_is_sent_is_kept_and_not_sent() {
    let sandbox = sandbox().await;
    let mut app = staged(&sandbox).await;
    app.keys("t 1 enter ctrl-s A").await.shows("2 counters in 2 tables");
    app.keys("esc esc t g").await;
    // The dialog is confirmed, and before any response the other table's counter is edited again.
    app.keys("ctrl-s A").await;
    app.wait(Duration::from_secs(1));
    app.step(Msg::Key("y".parse().unwrap()));
    for key in ["esc", "t", "down", "9", "enter"] {
        app.step(Msg::Key(key.parse().unwrap()));
    }
    app.settle().await;
    let after = plan(&sandbox, 42).await;
    assert_eq!(counter(&after, 2, 0, "african_male_top_managers"), 8, "what was confirmed");
    assert_ne!(counter(&after, 2, 1, "african_male_senior_managers"), 9, "what was not");
    app.shows("1 staged");
    app.keys("n esc ctrl-s A y").await;
    assert_eq!(counter(&plan(&sandbox, 42).await, 2, 1, "african_male_senior_managers"), 9, "kept");
}

#[tokio::test]
async fn a_deleted_plan_keeps_its_edits_and_does_not_block_other_plans() {
    let sandbox = sandbox().await;
    let mut app = staged(&sandbox).await;
    app.keys("esc down enter 7 enter").await.shows("2 staged");
    crate::support::harness::ask(&sandbox, "DELETE", "/api/public/v1/employment_equity_plans/42", None).await;
    app.keys("ctrl-s A y").await.shows("1 counter saved");
    app.shows("not found (404)");
    app.shows("1 staged");
    let other = plan(&sandbox, 1001).await;
    assert_eq!(counter(&other, 2, 0, "african_male_top_managers"), 7);
}

#[tokio::test]
async fn a_response_with_another_plan_is_rejected() {
    let sandbox = sandbox().await;
    let mut app = staged(&sandbox).await;
    set_elsewhere(&sandbox, 42, 2, 0, "african_male_top_managers", 5).await;
    let other = plan(&sandbox, 1001).await.to_string();
    app.keys("ctrl-s esc").await;
    sandbox.inject_fault("GET", "employment_equity_plans/42", FaultAction::Respond(200, other.clone()));
    app.keys("r").await.shows("the server answered with another plan");
    sandbox.inject_fault("GET", "employment_equity_plans/42", FaultAction::Respond(200, other));
    app.keys("ctrl-s A y").await;
    assert_eq!(top(&sandbox).await, 5, "nothing is sent on an old reading");
}

#[tokio::test]
async fn a_sent_change_that_reading_does_not_show_stays_unknown() {
    let sandbox = sandbox().await;
    let mut app = staged(&sandbox).await;
    app.keys("ctrl-s A").await;
    fault_each(&sandbox, "PATCH", TARGET, &FaultAction::DropResponse);
    sandbox.inject_fault("GET", "employment_equity_plans/42", FaultAction::Pass);
    let empty = r#"{"id": 42, "milestones": []}"#;
    sandbox.inject_fault("GET", "employment_equity_plans/42", FaultAction::Respond(200, empty.into()));
    app.keys("y").await.shows("unknown");
    app.keys("r").await.shows("1 change of unknown outcome turned out to be saved");
    assert_eq!(top(&sandbox).await, 8);
}

#[tokio::test]
async fn undo_after_an_apply_stages_the_reverse_change() {
    let sandbox = sandbox().await;
    let mut app = staged(&sandbox).await;
    let before = 2;
    app.keys("ctrl-s A y n").await.hides("staged");
    app.keys("u").await.shows(&format!("8 → {before}"));
    app.keys("U").await.hides("staged");
    app.keys("u ctrl-s A y").await.shows("1 counter saved");
    assert_eq!(top(&sandbox).await, before);
}

#[tokio::test]
async fn undo_and_redo_restore_a_conflict_and_overwrite_nothing() {
    let sandbox = sandbox().await;
    for script in ["u U", "X u", "x 8 enter up"] {
        set_elsewhere(&sandbox, 42, 2, 0, "african_male_top_managers", 2).await;
        let mut app = staged(&sandbox).await;
        set_elsewhere(&sandbox, 42, 2, 0, "african_male_top_managers", 5).await;
        app.keys("g r").await.shows("!8");
        app.keys(script).await.shows("conflict: the server has 5 now");
        app.keys("ctrl-s A").await.shows("nothing can be sent");
        assert_eq!(top(&sandbox).await, 5, "{script}");
    }
}

#[tokio::test]
async fn a_failing_journal_refuses_edits_sends_nothing_and_recovers() {
    let sandbox = sandbox().await;
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(dir.path(), &account(&sandbox)).unwrap().journal;
    let mut app = App::open_with(&sandbox, Setup { journal: Ok(journal), ..App::setup(&sandbox) }).await;
    app.keys("enter 8 enter").await.shows("1 staged");
    let before = top(&sandbox).await;
    // Another writer holds the database.
    let path = std::fs::read_dir(dir.path()).unwrap().map(|f| f.unwrap().path());
    let path = path.into_iter().find(|p| p.extension().is_some_and(|e| e == "sqlite")).unwrap();
    let holder = rusqlite::Connection::open(path).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    app.keys("7 enter").await.shows("edits are not being saved");
    app.keys("6").await.shows("edits are not being saved");
    app.hides("6▏");
    app.keys("ctrl-s A y").await.shows("nothing is sent: edits cannot be saved now");
    app.shows("edits are not being saved");
    assert_eq!(top(&sandbox).await, before, "nothing is sent that cannot be journalled");
    // What is not on disk is not lost silently, and confirming one way to quit does not confirm another.
    app.keys("ctrl-q").await.shows("would be lost; Ctrl-Q again quits");
    app.keys("esc @ down enter").await.shows("would be lost; do the same again to continue");
    assert!(!app.quit && app.restart.is_none());
    holder.execute_batch("ROLLBACK").unwrap();
    drop(holder);
    app.step(Msg::Timer(Timer::RetryJournal));
    app.settle().await;
    app.hides("not being saved");
    drop(app);
    let journal = Journal::open(dir.path(), &account(&sandbox)).unwrap().journal;
    let app = App::open_with(&sandbox, Setup { journal: Ok(journal), ..App::setup(&sandbox) }).await;
    app.shows("2 staged");
}

#[tokio::test]
async fn losing_touch_with_a_recalculation_is_reported_and_not_taken_for_its_end() {
    let sandbox = Sandbox::start(SandboxOptions {
        recalculation: Duration::from_hours(1),
        ..SandboxOptions::default()
    });
    let sandbox = sandbox.await.unwrap();
    let mut app = App::open(&sandbox).await;
    app.keys("enter C y").await.shows("running (started here)");
    for body in [
        FaultAction::DropResponse,
        FaultAction::Respond(503, String::new()),
        FaultAction::Respond(200, "<html>".into()),
    ] {
        fault_each(&sandbox, "GET", SCORECARD, &body);
        app.ring().await;
        app.shows("lost touch");
        sandbox.clear_faults();
    }
    app.ring().await;
    app.shows("running (started here)");
    assert_eq!(app.bells, 0);
}

#[tokio::test]
async fn a_refused_recalculation_has_failed_and_a_second_request_sends_no_second_put() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    sandbox.inject_fault(
        "PUT",
        "recalculate",
        FaultAction::Respond(422, r#"{"errors": ["Charter is not supported"]}"#.into()),
    );
    app.keys("enter C y").await.shows("failed");
    app.shows("refused: Charter is not supported");
    app.keys("esc C y").await.shows("running (started here)");
    app.keys("esc C").await.shows("a recalculation started here may still be running");
    app.hides("Already running");
}

#[tokio::test]
async fn a_recalculation_without_a_response_is_watched_since_it_may_run() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    sandbox.inject_fault("PUT", "recalculate", FaultAction::DropResponse);
    app.keys("enter C y").await.shows("requested");
    app.ring().await;
    app.shows("finished");
}

#[tokio::test]
async fn random_keys_never_panic_and_a_read_only_profile_changes_nothing() {
    let sandbox = sandbox().await;
    let state = async || {
        let mut all =
            vec![crate::support::harness::ask(&sandbox, "GET", "/api/public/v1/scorecards", None).await.1];
        for id in [42, 1001, 2001, 3001, 4001, 5001] {
            all.push(plan(&sandbox, id).await);
        }
        all
    };
    let before = state().await;
    for seed in 0..4 {
        let setup = Setup { guard: bee_tui::config::WritePolicy::ReadOnly, ..App::setup(&sandbox) };
        let mut app = App::open_with(&sandbox, setup).await;
        let mut next = monkey(seed);
        for _ in 0..700 {
            app.step(next());
            app.settle().await;
        }
    }
    assert!(state().await == before, "something was sent");
}

#[tokio::test]
async fn random_keys_send_nothing_without_a_confirmation() {
    let sandbox = sandbox().await;
    let mut before = plan(&sandbox, 42).await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter").await;
    let mut next = monkey(7);
    for _ in 0..1500 {
        let asked = app.screen().contains("y Yes");
        app.step(next());
        app.settle().await;
        let after = plan(&sandbox, 42).await;
        assert!(after == before || asked, "sent without a question:\n{}", app.screen());
        before = after;
    }
}
