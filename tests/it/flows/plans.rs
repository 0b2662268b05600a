//! What a user does, key by key, checked in the server's state.

use std::time::Duration;

use bee_tui::app::message::Msg;
use bee_tui::config::WritePolicy;
use bee_tui::runtime::journal::Journal;
use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::{FaultAction, SandboxOptions};

use crate::support::harness::{App, account, ask, counter, plan, sandbox, set_elsewhere};

const PLAN: u64 = 42;
const SCORECARD: &str = "/api/public/v1/scorecards/scorecard_Y2EQKp8z1r9jeToPW6deGwo9";

#[tokio::test]
async fn a_typed_counter_is_staged_reviewed_applied_and_on_the_server() {
    let sandbox = sandbox().await;
    let before = plan(&sandbox, PLAN).await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter").await.shows("Year 2 of 5 · 2026-09-01 – 2027-08-31");
    app.keys("down right 7 7 7 enter").await.shows("1 staged");
    assert_eq!(plan(&sandbox, PLAN).await, before, "nothing is sent while editing");
    app.keys("ctrl-s").await;
    let old = counter(&before, 2, 0, "coloured_male_senior_managers");
    app.shows(&format!("{old} → 777"));
    app.keys("A y").await.shows("1 counter saved");
    app.shows("Recalculate Acme Construction");
    let after = plan(&sandbox, PLAN).await;
    assert_eq!(counter(&after, 2, 0, "coloured_male_senior_managers"), 777);
    let mut expected = before.clone();
    expected["milestones"][1]["targets"][0]["number_of_coloured_male_senior_managers"] = 777.into();
    expected["updated_at"] = after["updated_at"].clone();
    assert_eq!(after, expected, "nothing else changed");
}

#[tokio::test]
async fn enter_returns_to_the_column_where_tabbing_began() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter right 1 tab 2 tab 3 enter 4 enter ctrl-s A y").await;
    let after = plan(&sandbox, PLAN).await;
    for (name, count) in [
        ("coloured_male_top_managers", 1),
        ("indian_male_top_managers", 2),
        ("white_male_top_managers", 3),
        ("coloured_male_senior_managers", 4),
    ] {
        assert_eq!(counter(&after, 2, 0, name), count, "{name}");
    }
}

#[tokio::test]
async fn stepping_zeroing_and_reverting_can_be_undone() {
    let sandbox = sandbox().await;
    let before = counter(&plan(&sandbox, PLAN).await, 2, 0, "african_male_senior_managers");
    let mut app = App::open(&sandbox).await;
    app.keys("enter down + +").await.shows(&format!("{before} → {} (+2)", before + 2));
    app.keys("x").await.shows(&format!("{before} → 0 (-{before})"));
    app.keys("-").await;
    assert_eq!(app.status().split("  ").next(), Some("a count of people is not below 0"));
    app.keys("X").await.hides("staged");
    app.keys("u").await.shows(&format!("{before} → 0 (-{before})"));
    app.keys("u u u").await.hides("staged");
    app.keys("u").await.shows("nothing to undo");
    app.keys("U U U U").await.hides("staged");
    app.keys("u ctrl-z").await.shows(&format!("{before} → {} (+2)", before + 2));
}

#[tokio::test]
async fn text_that_is_no_count_is_refused_in_the_cell() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter 1 2 .").await.shows("only whole numbers from 0");
    app.keys("5 enter").await.shows("12.5▏");
    app.shows("only whole numbers from 0");
    app.hides("staged");
    app.keys("ctrl-u 2 1 4 7 4 8 3 6 4 8 enter").await.shows("2147483647 is the largest count");
    app.hides("staged");
    app.keys("ctrl-u").await;
    app.step(Msg::Paste("1 234".into()));
    app.keys("enter").await.shows("*1234");
    app.keys("u").await.hides("staged");
    app.keys("3").await;
    for block in ["1\t2", "1\n2", "12.5", "-1", "x"] {
        app.step(Msg::Paste(block.into()));
        app.shows("nothing was pasted");
    }
    app.keys("esc").await.hides("staged");
    app.keys("5 ctrl-s").await.shows("review is not possible while typing");
}

#[tokio::test]
async fn edits_in_both_tables_and_all_years_send_one_request_per_table() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter 8 enter t 1 enter } t 6 enter ctrl-s").await.shows("3 staged");
    app.shows("FY26 EE Plan · Year 2 · disabled");
    app.keys("v").await;
    assert_eq!(app.screen().matches("PATCH /api").count(), 3);
    app.hides(&sandbox.options.secret);
    app.keys("v A y").await.shows("3 counters saved");
    let after = plan(&sandbox, PLAN).await;
    assert_eq!(counter(&after, 2, 0, "african_male_top_managers"), 8);
    assert_eq!(counter(&after, 2, 1, "african_male_senior_managers"), 1);
    assert_eq!(counter(&after, 3, 0, "african_male_middle_managers"), 6);
}

#[tokio::test]
async fn undocumented_slices_are_rows_below_the_totals_and_editable() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter").await;
    let total = app.line("Six levels");
    app.keys("G 5 5 5 enter").await.shows("Permanent");
    assert_eq!(app.line("Six levels"), total, "a further slice is in no sum");
    app.keys("ctrl-s A y").await.shows("1 counter saved");
    assert_eq!(counter(&plan(&sandbox, PLAN).await, 2, 0, "african_male_permanent_employees"), 555);
}

#[tokio::test]
async fn more_disabled_people_than_people_warns_on_both_tables_and_blocks_nothing() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter t 9 9 enter up").await.shows("99 disabled of 2 employees");
    app.keys("t").await.shows("99 disabled of 2 employees");
    app.keys("ctrl-s A y").await.shows("1 counter saved");
}

#[tokio::test]
async fn a_conflict_keeps_the_edit_and_overwrites_nothing_until_it_is_resolved() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter 8 enter").await;
    set_elsewhere(&sandbox, PLAN, 2, 0, "african_male_top_managers", 5).await;
    set_elsewhere(&sandbox, PLAN, 2, 0, "african_male_senior_managers", 33).await;
    app.keys("ctrl-s").await.shows("conflict: the server has 5 now");
    app.keys("A").await.shows("nothing can be sent: decide each conflict");
    assert_eq!(counter(&plan(&sandbox, PLAN).await, 2, 0, "african_male_top_managers"), 5);
    app.keys("m A y").await.shows("1 counter saved");
    let after = plan(&sandbox, PLAN).await;
    assert_eq!(counter(&after, 2, 0, "african_male_top_managers"), 8);
    assert_eq!(
        counter(&after, 2, 0, "african_male_senior_managers"),
        33,
        "the other client's change survives"
    );
}

#[tokio::test]
async fn theirs_takes_the_servers_value_and_drops_the_edit() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter 8 enter").await;
    set_elsewhere(&sandbox, PLAN, 2, 0, "african_male_top_managers", 5).await;
    app.keys("ctrl-s t").await.shows("Nothing is staged");
    app.keys("esc up").await.shows("African male · Top: 5");
    app.keys("ctrl-s t").await.shows("nothing is staged");
}

#[tokio::test]
async fn a_server_change_between_the_review_and_the_confirmation_is_still_found() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter 8 enter ctrl-s A").await;
    set_elsewhere(&sandbox, PLAN, 2, 0, "african_male_top_managers", 5).await;
    app.keys("y").await.shows("1 in conflict");
    assert_eq!(counter(&plan(&sandbox, PLAN).await, 2, 0, "african_male_top_managers"), 5);
}

#[tokio::test]
async fn an_excluded_change_stays_staged_and_a_dropped_one_is_gone() {
    let sandbox = sandbox().await;
    let before = plan(&sandbox, PLAN).await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter 8 enter 7 enter 6 enter ctrl-s").await;
    app.keys("space down X A y").await.shows("1 counter saved");
    app.shows("1 staged");
    let after = plan(&sandbox, PLAN).await;
    let of = |level: &str| {
        let name = format!("african_male_{level}_managers");
        (counter(&before, 2, 0, &name), counter(&after, 2, 0, &name))
    };
    let (old, new) = of("top");
    assert_eq!(old, new, "left out");
    let (old, new) = of("senior");
    assert_eq!(old, new, "dropped");
    assert_eq!(of("middle").1, 6);
}

#[tokio::test]
async fn jump_goes_to_the_cell_and_answering_no_sends_nothing() {
    let sandbox = sandbox().await;
    let before = plan(&sandbox, PLAN).await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter } t right 8 enter { ctrl-s enter").await.shows("Year 3 of 5");
    app.shows("Coloured male · Top");
    app.keys("ctrl-s A n A esc A enter A tab tab enter").await.shows("1 staged");
    assert_eq!(plan(&sandbox, PLAN).await, before, "enter presses the safe button");
}

#[tokio::test]
async fn a_yes_within_the_input_grace_period_of_a_dialog_is_ignored() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter 8 enter ctrl-s A").await;
    app.key_at_once("y");
    app.settle().await;
    app.shows("the question has only just come up");
    // A key pressed in that time does not move to the other button either, or a later Enter would be a yes.
    app.keys("esc A").await;
    app.key_at_once("tab");
    app.keys("enter").await.shows("1 staged");
    app.keys("A y").await.shows("1 counter saved");
}

#[tokio::test]
async fn a_read_only_profile_sends_nothing_but_reads() {
    let sandbox = sandbox().await;
    let setup = crate::support::harness::Setup { guard: WritePolicy::ReadOnly, ..App::setup(&sandbox) };
    let before = plan(&sandbox, PLAN).await;
    let mut app = App::open_with(&sandbox, setup).await;
    app.shows("READ-ONLY");
    app.keys("enter 8 enter ctrl-s A y").await.shows("1 staged");
    app.keys("esc C").await.shows("READ-ONLY: nothing is sent");
    assert_eq!(plan(&sandbox, PLAN).await, before);
}

#[tokio::test]
async fn on_a_production_profile_only_the_typed_name_confirms() {
    let sandbox = sandbox().await;
    let setup = crate::support::harness::Setup { guard: WritePolicy::Production, ..App::setup(&sandbox) };
    let mut app = App::open_with(&sandbox, setup).await;
    app.shows("PRODUCTION");
    app.keys("enter 8 enter ctrl-s A y enter").await.shows("the name does not match");
    app.keys("ctrl-u F Y 2 6 space E E space P l a n enter").await.shows("1 counter saved");
    assert_eq!(counter(&plan(&sandbox, PLAN).await, 2, 0, "african_male_top_managers"), 8);
}

#[tokio::test]
async fn staged_edits_survive_a_restart_and_none_was_sent() {
    let sandbox = sandbox().await;
    let before = plan(&sandbox, PLAN).await;
    let dir = tempfile::tempdir().unwrap();
    let setup = || {
        let journal = Journal::open(dir.path(), &account(&sandbox)).unwrap().journal;
        crate::support::harness::Setup { journal: Ok(journal), ..App::setup(&sandbox) }
    };
    let mut app = App::open_with(&sandbox, setup()).await;
    app.keys("enter 8 enter 7 enter").await.shows("2 staged");
    drop(app);
    assert_eq!(plan(&sandbox, PLAN).await, before);
    let mut app = App::open_with(&sandbox, setup()).await;
    app.shows("2 staged");
    app.keys("ctrl-s A y").await.shows("2 counters saved");
    drop(app);
    App::open_with(&sandbox, setup()).await.hides("staged");
}

#[tokio::test]
async fn another_key_sees_none_of_the_staged_edits() {
    let sandbox = sandbox().await;
    let dir = tempfile::tempdir().unwrap();
    let mut other = account(&sandbox);
    other.key = "mpk_other".into();
    let journal = Journal::open(dir.path(), &account(&sandbox)).unwrap().journal;
    let mut app = App::open_with(
        &sandbox,
        crate::support::harness::Setup { journal: Ok(journal), ..App::setup(&sandbox) },
    )
    .await;
    app.keys("enter 8 enter").await.shows("1 staged");
    drop(app);
    let journal = Journal::open(dir.path(), &other).unwrap().journal;
    let app = App::open_with(
        &sandbox,
        crate::support::harness::Setup { journal: Ok(journal), ..App::setup(&sandbox) },
    )
    .await;
    app.hides("staged");
}

#[tokio::test]
async fn without_a_journal_edits_are_refused_with_a_reason() {
    let sandbox = sandbox().await;
    let journal = Err("the disk is full".into());
    let mut app =
        App::open_with(&sandbox, crate::support::harness::Setup { journal, ..App::setup(&sandbox) }).await;
    app.keys("enter 8 enter").await.shows("edits are not being saved: the disk is full");
    app.keys("x + ctrl-s").await.shows("Nothing is staged");
}

async fn slow() -> Sandbox {
    let options = SandboxOptions { recalculation: Duration::from_hours(1), ..SandboxOptions::default() };
    Sandbox::start(options).await.unwrap()
}

#[tokio::test]
async fn a_recalculation_is_started_and_watched_and_its_end_rings_the_bell_once() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter C y").await.shows("running (started here)");
    app.shows("1 recalculating");
    assert_eq!(app.ring().await, Some(Duration::from_secs(5)));
    app.shows("finished");
    assert_eq!((app.bells, app.ring().await), (1, None));
    app.hides("recalculating");
}

#[tokio::test]
async fn a_recalculation_that_runs_elsewhere_is_watched_only_on_request() {
    let sandbox = slow().await;
    ask(&sandbox, "PUT", &format!("{SCORECARD}/recalculate"), None).await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter C y").await.shows("Already running");
    app.keys("o").await.shows("running (started elsewhere)");
    assert_eq!(app.ring().await, Some(Duration::from_secs(5)));
    assert_eq!(app.ring().await, Some(Duration::from_secs(15)));
    app.shows("running (started elsewhere)");
    // Its end, as the server shows it: `updated_at` moves.
    let body = serde_json::json!({"scorecard": {"province": "Gauteng"}});
    ask(&sandbox, "PUT", SCORECARD, Some(body)).await;
    assert_eq!(app.ring().await, Some(Duration::from_secs(30)));
    app.shows("finished");
}

#[tokio::test]
async fn waiting_to_start_mine_starts_it_when_the_other_recalculation_has_ended() {
    let options = SandboxOptions { recalculation: Duration::ZERO, ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let mut app = App::open(&sandbox).await;
    sandbox.inject_fault("PUT", "recalculate", FaultAction::Respond(409, String::new()));
    app.keys("enter C y").await.shows("Already running");
    app.keys("w").await.shows("running (started elsewhere)");
    // The other recalculation ends.
    assert_eq!(ask(&sandbox, "PUT", &format!("{SCORECARD}/recalculate"), None).await.0, 202);
    loop {
        let pause = app.ring().await.expect("it goes on waiting");
        assert!(pause >= Duration::from_secs(5));
        if app.screen().contains("running (started here)") {
            break;
        }
    }
}

#[tokio::test]
async fn watches_survive_a_restart() {
    let sandbox = slow().await;
    let dir = tempfile::tempdir().unwrap();
    let setup = || {
        let journal = Journal::open(dir.path(), &account(&sandbox)).unwrap().journal;
        crate::support::harness::Setup { journal: Ok(journal), ..App::setup(&sandbox) }
    };
    let mut app = App::open_with(&sandbox, setup()).await;
    app.keys("enter C y").await.shows("running (started here)");
    drop(app);
    let mut app = App::open_with(&sandbox, setup()).await;
    app.shows("1 recalculating");
    app.keys("w").await.shows("running (started here)");
    assert_eq!(app.ring().await, Some(Duration::ZERO), "it looks at once");
    let body = serde_json::json!({"scorecard": {"province": "Gauteng"}});
    ask(&sandbox, "PUT", SCORECARD, Some(body)).await;
    app.ring().await;
    app.shows("finished");
    drop(app);
    App::open_with(&sandbox, setup()).await.hides("recalculating");
}

#[tokio::test]
async fn polling_stops_with_a_notice_after_an_hour_without_an_end() {
    let sandbox = slow().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter C y").await;
    let mut looks = 0;
    while app.ring().await.is_some() {
        looks += 1;
    }
    app.shows("no sign of an end");
    assert!((60..70).contains(&looks), "{looks} looks");
    assert_eq!(app.bells, 1);
}

#[tokio::test]
async fn several_recalculations_run_at_once_and_are_counted_everywhere() {
    let sandbox = slow().await;
    let mut app = App::open(&sandbox).await;
    app.keys("2 C y esc down C y").await.shows("2 recalculating");
    assert_eq!(app.screen().matches("running (started here)").count(), 2);
    app.keys("esc 1").await.shows("2 recalculating");
}

#[tokio::test]
async fn the_prompt_runs_commands_and_completes_them() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys(": s c o enter").await.shows("9 scorecards");
    app.keys(": s t a tab").await.shows(":staged");
    app.keys("enter").await.shows("Nothing is staged");
    app.keys(": n o p e enter").await.shows("there is no such command");
    app.keys("esc : q enter").await;
    assert!(app.quit);
}

#[tokio::test]
async fn esc_first_clears_the_filter_then_goes_back_and_the_list_is_as_it_was() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("/ k a r enter").await.shows("1 of 6");
    app.keys("enter").await.shows("Year 2 of 5");
    app.keys("esc").await.shows("1 of 6");
    app.keys("esc").await.hides("1 of 6");
    app.keys("esc").await.shows("this is the first screen");
    assert!(!app.quit);
    app.keys("q").await;
    assert!(app.quit);
}

#[tokio::test]
async fn a_wrong_secret_is_reported_and_not_shown() {
    let sandbox = sandbox().await;
    let mut wrong = Sandbox::at_address(sandbox.address, sandbox.options.clone());
    wrong.options.secret = "an0ther".into();
    let app = App::open(&wrong).await;
    app.shows("the server rejected the key (401)");
    app.hides("an0ther");
}

#[tokio::test]
async fn an_unreachable_server_is_reported() {
    let mut sandbox = sandbox().await;
    sandbox.address.set_port(1);
    let app = App::open(&sandbox).await;
    app.shows("not sent: the server cannot be reached (Connection refused");
}

#[tokio::test]
async fn undo_after_resolving_a_conflict_with_mine_restores_the_servers_value() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter 9 enter").await.shows("1 staged");
    set_elsewhere(&sandbox, 42, 2, 0, "african_male_top_managers", 77).await;
    app.keys("ctrl-s A y").await.shows("conflict");
    app.keys("m A y").await.shows("1 counter saved");
    app.keys("n u").await;
    assert!(app.status().contains("shows 77"), "{}", app.status());
    app.keys("ctrl-s A y").await;
    assert_eq!(counter(&plan(&sandbox, 42).await, 2, 0, "african_male_top_managers"), 77);
}
