//! A watched recalculation while somebody edits the scorecard: what is reported as its end, and what is not.

use std::time::Duration;

use bee_tui::runtime::journal::Journal;
use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::{FaultAction, SandboxOptions};
use serde_json::json;

use crate::flows::records::at_acme;
use crate::support::harness::ACME;
use crate::support::harness::{App, account, api, ask, sandbox};

/// A server whose recalculations last longer than any test.
async fn slow() -> Sandbox {
    Sandbox::start(SandboxOptions { recalculation: Duration::from_hours(1), ..SandboxOptions::default() })
        .await
        .unwrap()
}

fn path() -> String {
    api(&format!("scorecards/{ACME}"))
}

/// Another client edits the scorecard. If it sets the present province, only `updated_at` changes, as at a
/// recalculation's end.
async fn set_province(sandbox: &Sandbox, province: &str) {
    let body = json!({"scorecard": {"province": province}});
    assert_eq!(ask(sandbox, "PUT", &path(), Some(body)).await.0, 200);
}

#[tokio::test]
async fn an_edit_elsewhere_is_reported_and_makes_the_end_uncertain() {
    let sandbox = slow().await;
    let mut app = at_acme(&sandbox).await;
    app.keys("C y").await.shows("running (started here)");
    set_province(&sandbox, "Limpopo").await;
    app.ring().await;
    app.shows("edited elsewhere at ");
    app.shows("running (started here)");
    app.hides("finished");
    assert_eq!(app.bells, 0);
    set_province(&sandbox, "Limpopo").await;
    app.ring().await;
    app.shows("finished, or edited");
    assert_eq!(app.bells, 1);
    assert!(
        app.runner.model.workspace().run_seconds.is_empty(),
        "no run is remembered whose end is not sure"
    );
}

#[tokio::test]
async fn a_write_from_here_is_not_taken_for_the_end() {
    let sandbox = slow().await;
    let mut app = at_acme(&sandbox).await;
    app.keys("C y").await.shows("running (started here)");
    app.keys("esc e")
        .await
        .fill(&["Acme, edited here"])
        .await
        .keys("ctrl-s A y")
        .await
        .shows("1 record saved");
    app.keys("n w").await.shows("running (started here)");
    app.ring().await;
    app.shows("edited from here");
    app.hides("finished");
    assert_eq!(app.bells, 0);
    let province = ask(&sandbox, "GET", &path(), None).await.1["province"].as_str().unwrap().to_owned();
    set_province(&sandbox, &province).await;
    app.ring().await;
    app.shows("finished, or edited");
}

#[tokio::test]
async fn an_observed_edit_survives_a_restart() {
    let sandbox = slow().await;
    let state = tempfile::tempdir().unwrap();
    let setup = || {
        let journal = Journal::open(state.path(), &account(&sandbox)).map(|opened| opened.journal);
        crate::support::harness::Setup {
            journal: journal.map_err(|why| why.to_string().into()),
            ..App::setup(&sandbox)
        }
    };
    let mut app = App::open_with(&sandbox, setup()).await;
    app.keys("2 /")
        .await
        .text("acme construction")
        .await
        .keys("enter C y")
        .await
        .shows("running (started here)");
    set_province(&sandbox, "Limpopo").await;
    app.ring().await;
    app.shows("edited elsewhere at ");
    drop(app);
    let mut app = App::open_with(&sandbox, setup()).await;
    app.keys("w").await.shows("running (started here)");
    app.shows("edited elsewhere at ");
    set_province(&sandbox, "Limpopo").await;
    app.ring().await;
    app.shows("finished, or edited");
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_in_the_shell_does_not_take_an_edit_for_the_end() {
    use std::process::{Command, Stdio};
    let sandbox = slow().await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_bee-tui"));
    command.env("BEE_TUI_BASE_URL", sandbox.origin()).env("BEE_TUI_CONFIG", "/dev/null");
    command.env("BEE_TUI_API_KEY", &sandbox.options.key).env("BEE_TUI_API_SECRET", &sandbox.options.secret);
    command.args(["scorecards", "recalculate", ACME, "--wait"]).stderr(Stdio::piped());
    // The baseline before the start, then the first read, which shows an edit, and the second, which shows the end.
    let edited = json!({"province": "Limpopo"}).as_object().unwrap().clone();
    sandbox.inject_fault("GET", ACME, FaultAction::Pass);
    sandbox.inject_fault("GET", ACME, FaultAction::EditFirst(ACME.into(), edited));
    sandbox.inject_fault("GET", ACME, FaultAction::EditFirst(ACME.into(), serde_json::Map::new()));
    let child = command.spawn().unwrap();
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("finished, or edited: edited elsewhere at "), "{said}");
}

#[tokio::test]
async fn an_end_without_an_edit_counts_as_finished_and_its_duration_is_remembered() {
    let sandbox = sandbox().await;
    let mut app = at_acme(&sandbox).await;
    app.keys("C y").await;
    app.ring().await;
    app.shows("finished");
    app.hides("finished, or edited");
    assert_eq!(app.runner.model.workspace().run_seconds.len(), 1);
}
