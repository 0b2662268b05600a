//! What the shell verbs report about an outcome: unknown, incomplete, refused before sending, interrupted, guarded.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::{FaultAction, SandboxOptions};
use serde_json::{Value, json};

use crate::end_to_end::shell::{ACME, Ran, run, run_at};
use crate::support::harness::{plan, rows, sandbox};

/// The ids of a target of the first plan.
async fn target(sandbox: &Sandbox) -> [String; 3] {
    let plan = plan(sandbox, 42).await;
    let milestone = &plan["milestones"][1];
    ["42".into(), milestone["id"].to_string(), milestone["targets"][0]["id"].to_string()]
}

async fn program(sandbox: &Sandbox) -> String {
    rows(sandbox, &format!("scorecards/{ACME}/training_programs")).await[0]["id"].to_string()
}

/// The binary with a sandbox's account; it reaches the sandbox at `origin`.
fn command(sandbox: &Sandbox, origin: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bee-tui"));
    command
        .env("BEE_TUI_BASE_URL", origin)
        .env("BEE_TUI_API_KEY", &sandbox.options.key)
        .env("BEE_TUI_API_SECRET", &sandbox.options.secret)
        .env("BEE_TUI_CONFIG", "/dev/null")
        .args(arguments);
    command
}

const SCORECARD: &str = r#"{"scorecard": {"description": "X", "start_date": "2025-09-01", "end_date": "2026-08-31",
    "charter_id": "bravo_generic", "province": "Gauteng"}}"#;
const PERSON: &str = r#"{"participants": [{"full_name": "X", "gender": "Male", "race": "African"}]}"#;
const PROGRAM: &str = r#"{"training_programs": [{"name": "X", "category": "B"}]}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_write_with_an_unreadable_response_exits_with_8_and_is_never_reported_as_failed() {
    let sandbox = sandbox().await;
    let [plan, year, target] = target(&sandbox).await;
    let program = program(&sandbox).await;
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let of_another_shape = [r#"{"status": "ok"}"#, "[]", r#"[{"ok": true}]"#, "7", r#"{"id": 1"#, "", &deep];
    for (method, path, verb) in [
        ("POST", "scorecards", vec!["scorecards", "create", "--json", SCORECARD]),
        ("PUT", "scorecards", vec!["scorecards", "update", ACME, "--description", "X"]),
        ("POST", "plans", vec!["plans", "create", "--start-date", "2026-09-01", "--end-date", "2029-08-31"]),
        ("PATCH", "plans", vec!["plans", "update", "42", "--name", "X"]),
        ("PATCH", "targets", vec!["targets", "set", &plan, &year, &target, "african_male_top_managers=3"]),
        ("POST", "training_programs", vec!["training-programs", "upsert", ACME, "--json", PROGRAM]),
        ("POST", "participants", vec!["participants", "create", ACME, &program, "--json", PERSON]),
    ] {
        for body in of_another_shape {
            for format in ["json", "table"] {
                sandbox.inject_fault(method, path, FaultAction::Respond(200, body.into()));
                let ran = run(&sandbox, &[&verb[..], &["-o", format]].concat()).await;
                let body = &body[..body.len().min(40)];
                assert_eq!((ran.code, ran.out.as_str()), (8, ""), "{verb:?} {body}: {}", ran.err);
                assert!(ran.err.contains("check before you send it again"), "{}", ran.err);
            }
        }
    }
    for verb in [vec!["plans", "delete", "42", "--yes"], vec!["scorecards", "delete", ACME, "--yes"]] {
        sandbox.inject_fault("DELETE", verb[0], FaultAction::Respond(200, r#"{"status": "ok"}"#.into()));
        assert_eq!(run(&sandbox, &verb).await.code, 8);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_the_server_saved_differently_is_never_reported_as_done() {
    let sandbox = sandbox().await;
    let program = program(&sandbox).await;
    let scorecard = |description: &str| {
        format!(
            r#"{{"id": "{ACME}", "description": "{description}", "start_date": "2025-09-01", "end_date": "2026-08-31", "charter_id": "bravo_generic", "province": "Gauteng"}}"#
        )
    };
    let other = r#"[{"id": 7, "full_name": "Somebody Else", "gender": "Female", "race": "White"}]"#;
    let participants = ["participants", "create", ACME, &program, "--json", PERSON];
    let upsert = ["training-programs", "upsert", ACME, "--json", PROGRAM];
    let update = ["plans", "update", "42", "--name", "X", "--sector", "Education"];
    let rename = ["scorecards", "update", ACME, "--description", "X"];
    let create = ["scorecards", "create", "--json", SCORECARD];
    for (method, path, verb, answer, code, said) in [
        ("POST", "participants", &participants[..], other.to_owned(), 8, "does not show X"),
        ("POST", "participants", &participants, r#"[{"id": 7}]"#.into(), 8, "does not show"),
        ("POST", "participants", &participants, r#"[{"id": {"a": 1}}]"#.into(), 8, "without an id"),
        ("POST", "participants", &participants, r#"[{"id": -1}]"#.into(), 8, "without an id"),
        (
            "POST",
            "training_programs",
            &upsert,
            r#"[{"id": 7, "name": "X", "category": "E"}]"#.into(),
            1,
            "Category is E instead of B",
        ),
        (
            "PATCH",
            "plans",
            &update,
            r#"{"id": 42, "name": "X", "sector": "Mining", "milestones": []}"#.into(),
            1,
            "not taken: Sector; the server has Mining",
        ),
        (
            "PATCH",
            "plans",
            &update,
            r#"{"id": 42, "name": "X", "milestones": []}"#.into(),
            8,
            "does not show Sector",
        ),
        ("PUT", "scorecards", &rename, scorecard("Y"), 1, "not taken: Description; the server has Y"),
        ("POST", "scorecards", &create, scorecard("Y"), 8, "does not show X"),
        (
            "POST",
            "scorecards",
            &create,
            scorecard("X").replace("Gauteng", "Limpopo"),
            1,
            "Province is Limpopo instead of Gauteng",
        ),
        ("POST", "scorecards", &create, scorecard("X"), 0, ""),
    ] {
        sandbox.inject_fault(method, path, FaultAction::Respond(200, answer.clone()));
        let ran = run(&sandbox, verb).await;
        assert!(ran.code == code && ran.err.contains(said), "{verb:?} {answer}: {} {}", ran.code, ran.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_with_an_unknown_field_or_a_repeated_root_key_is_not_sent() {
    let sandbox = sandbox().await;
    let [plan, year, target] = target(&sandbox).await;
    let program = program(&sandbox).await;
    let root = r#"{"employment_equity_target": {"number_of_african_male_top_managers": 3}"#;
    let twice = format!("{root}, {}", root.replacen('{', "", 1) + "}");
    let seen = r#"{"participants": [{"full_name": "X", "gender": "Male", "race": "African", "id\u005fnumber": "8001015009087"}]}"#;
    for (verb, said) in [
        (vec!["targets", "set", &plan, &year, &target, "--json", &twice], "one root key"),
        (
            vec![
                "plans",
                "update",
                "42",
                "--json",
                r#"{"employment_equity_plan": {"name": "X", "start_date": "2027-09-01"}}"#,
            ],
            "start_date cannot be changed",
        ),
        (
            vec![
                "plans",
                "update",
                "42",
                "--json",
                r#"{"employment_equity_plan": {"name": "X", "bogus": {}}}"#,
            ],
            "no field bogus",
        ),
        (vec!["participants", "create", ACME, &program, "--json", seen], "seen by everyone"),
    ] {
        let ran = run(&sandbox, &verb).await;
        assert!(ran.code == 2 && ran.err.contains(said), "{verb:?}: {} {}", ran.code, ran.err);
        assert!(!ran.err.contains("8001015009087"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_could_not_be_read_completely_exits_with_1_in_every_format() {
    let options = SandboxOptions { participants: 2_500, in_one_program: true, ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let program = program(&sandbox).await;
    let empty = json!({"data": [], "meta": {"count": 2500, "page": 3, "pages": 3}}).to_string();
    for format in ["json", "csv", "table"] {
        for _ in 0..3 {
            sandbox.inject_fault("GET", "participants", FaultAction::Pass);
            sandbox.inject_fault("GET", "participants", FaultAction::Pass);
            sandbox.inject_fault("GET", "participants", FaultAction::Respond(200, empty.clone()));
        }
        let ran = run(&sandbox, &["participants", "list", ACME, &program, "-o", format]).await;
        assert_eq!(ran.code, 1, "{format}");
        assert!(ran.err.contains("2,000 of 2,500 rows"), "{format}: {}", ran.err);
        assert!(ran.out.lines().count() > 2000, "what was read is printed");
    }
    let damaged = r#"[{"id": 1, "name": "A"}, 7, {"id": 2, "id": 3}]"#;
    for format in ["json", "csv", "table"] {
        sandbox.inject_fault("GET", "plans", FaultAction::Respond(200, damaged.into()));
        let ran = run(&sandbox, &["plans", "list", "-o", format]).await;
        assert_eq!(ran.code, 1, "{format}: {}", ran.err);
        assert!(
            ran.err.contains("1 of 3 rows: 2 rows of the server's answer could not be read"),
            "{}",
            ran.err
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_complete_or_reported_incomplete_whatever_its_meta_says() {
    let options = SandboxOptions { participants: 2_500, in_one_program: true, ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let program = program(&sandbox).await;
    let path =
        format!("/api/public/v1/scorecards/{ACME}/training_programs/{program}/participants?per_page=1000");
    let (_, first) = crate::support::harness::ask(&sandbox, "GET", &path, None).await;
    let with = |meta: Value| json!({"data": first["data"], "meta": meta}).to_string();
    let list = ["participants", "list", ACME, &program, "-o", "json"];
    let empty = FaultAction::Respond(200, r#"{"data": []}"#.into());
    // A page's `meta`, what happens to the second page, the exit code, and how many rows are printed.
    for (meta, second, code, rows) in [
        (json!({"count": "2500", "page": 1, "pages": "3"}), FaultAction::Pass, 0, 2500),
        (Value::Null, FaultAction::Pass, 0, 2500),
        (json!({"pages": 3}), FaultAction::Pass, 0, 2500),
        (json!({"pages": 3}), empty, 1, 1000),
        (json!({"count": 2500, "pages": 3}), FaultAction::Respond(200, "<html>".into()), 1, 1000),
        (json!({"count": 2500, "pages": 3}), FaultAction::Respond(404, String::new()), 1, 1000),
    ] {
        let tries = if code == 0 || meta["count"].is_u64() { 1 } else { 3 };
        for _ in 0..tries {
            sandbox.inject_fault("GET", "participants", FaultAction::Respond(200, with(meta.clone())));
            sandbox.inject_fault("GET", "participants", second.clone());
        }
        let ran = run(&sandbox, &list).await;
        assert_eq!(ran.code, code, "{meta}: {}", ran.err);
        let printed: Vec<Value> = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(printed.len(), rows, "{meta}: {}", ran.err);
        assert!(
            code == 0 || ran.err.contains("1,000") && ran.err.contains("could not be read whole"),
            "{}",
            ran.err
        );
    }
    let none = json!({"data": [], "meta": {"count": 2500, "pages": 3}}).to_string();
    sandbox.inject_fault("GET", "participants", FaultAction::Respond(200, none));
    let ran = run(&sandbox, &[&list[..], &["--page", "3"]].concat()).await;
    assert!(ran.code == 1 && ran.err.contains("page 3 of 3"), "{}", ran.err);
    let plans = json!({"data": [{"id": 1, "name": "A"}], "meta": {"count": 6, "pages": 2}}).to_string();
    sandbox.inject_fault("GET", "plans", FaultAction::Respond(200, plans));
    let ran = run(&sandbox, &["plans", "list", "-o", "json"]).await;
    assert!(ran.code == 1 && ran.err.contains("1 of 6 rows"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_message_is_shown_for_every_status() {
    let sandbox = sandbox().await;
    let says = r#"{"errors": ["The plan is locked by Thandi"]}"#;
    for (status, code) in [(400, 1), (401, 4), (403, 4), (404, 5), (409, 6), (418, 1), (422, 3)] {
        sandbox.inject_fault("PATCH", "plans/42", FaultAction::Respond(status, says.into()));
        let ran = run(&sandbox, &["plans", "update", "42", "--name", "X"]).await;
        assert_eq!(ran.code, code, "{status}: {}", ran.err);
        assert!(ran.err.contains("The plan is locked by Thandi"), "{status}: {}", ran.err);
        assert!(!ran.err.contains("recalculation"), "{}", ran.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_error_exits_with_7_for_a_read_and_8_for_a_write() {
    let sandbox = sandbox().await;
    let fault =
        |method, does: &FaultAction| (0..3).for_each(|_| sandbox.inject_fault(method, "plans", does.clone()));
    for does in [
        FaultAction::Respond(503, String::new()),
        FaultAction::RetryAfter(503, "0".into()),
        FaultAction::Respond(500, String::new()),
    ] {
        fault("GET", &does);
        assert_eq!(run(&sandbox, &["plans", "list"]).await.code, 7, "{does:?}");
        fault("PATCH", &does);
        assert_eq!(run(&sandbox, &["plans", "update", "42", "--name", "X"]).await.code, 8, "{does:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_error_that_the_client_can_find_exits_with_2_and_sends_nothing() {
    let sandbox = sandbox().await;
    let [plan_id, year, target] = target(&sandbox).await;
    let set = ["targets", "set", &plan_id, &year, &target];
    let program = program(&sandbox).await;
    let create = ["participants", "create", ACME, &program];
    let before =
        (plan(&sandbox, 42).await, rows(&sandbox, &format!("scorecards/{ACME}/training_programs")).await);
    for (verb, words) in [
        (vec!["plans", "update", "42", "--json", r#"{"plan": {"name": "X"}}"#], "root key"),
        (vec!["plans", "update", "42", "--json", r#"{"name": "X"}"#], "root key"),
        (vec!["plans", "update", "42", "--json", r#"{"employment_equity_plan": {"sector": "Bees"}}"#], "sector"),
        (vec!["plans", "update", "42", "--json", r#"{"employment_equity_plan": {"name": "a", "name": "b"}}"#], "twice"),
        (vec!["plans", "create", "--name", "X"], "start_date has to be given"),
        (vec!["scorecards", "create", "--description", "X"], "charter_id has to be given"),
        ([&create[..], &["--full-name", "X"]].concat(), "gender has to be given"),
        ([&create[..], &["--json", r#"{"participants": [{"full_name": "X", "gender": "Male"}]}"#]].concat(), "race has to be given"),
        ([&create[..], &["--json", r#"{"participants": []}"#]].concat(), "empty"),
        ([&create[..], &["--json", r#"{"participants": {"full_name": "X"}}"#]].concat(), "list"),
        ([&set[..], &["african_male_top_managers=3", "african_male_top_managers=4"]].concat(), "twice"),
        ([&set[..], &["--json", r#"{"employment_equity_target": {"number_of_african_male_top_managers": -1}}"#]].concat(), "from 0"),
        ([&set[..], &["--json", r#"{"employment_equity_target": {"number_of_african_male_top_managers": 1, "number_of_african_male_top_managers": 2}}"#]].concat(), "twice"),
        ([&set[..], &["--json", r#"{"employment_equity_target": {"number_of_african_male_top_managers": 1, "number_of_martian_male_top_managers": 2}}"#]].concat(), "no such counter"),
        (vec!["plans", "update", "42", "--start-date", "2026-09-01"], "the API does not change it"),
        ([&create[..], &["--id-number", "8001015009087"]].concat(), "seen by everyone"),
        ([&create[..], &["--json", r#"{"participants": [{"full_name": "X", "gender": "Male", "race": "African", "id_number": "8001015009087"}]}"#]].concat(), "--file"),
    ] {
        let ran = run(&sandbox, &verb).await;
        assert_eq!(ran.code, 2, "{verb:?}: {}", ran.err);
        assert!(ran.err.contains(words), "{verb:?}: {}", ran.err);
        assert!(!ran.err.contains("8001015009087"), "{}", ran.err);
    }
    let after =
        (plan(&sandbox, 42).await, rows(&sandbox, &format!("scorecards/{ACME}/training_programs")).await);
    assert_eq!(before, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_suppliers_key_is_a_usage_error() {
    let sandbox = sandbox().await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_bee-tui"));
    command
        .env("BEE_TUI_BASE_URL", sandbox.origin())
        .env("BEE_TUI_API_KEY", "k")
        .env("BEE_TUI_API_SECRET", "s");
    command.env("BEE_TUI_CONFIG", "/dev/null").args(["suppliers", "scores", "T100"]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_are_read_from_standard_input_too() {
    let sandbox = sandbox().await;
    let [plan_id, year, target] = target(&sandbox).await;
    let body = r#"{"employment_equity_target": {"number_of_african_male_top_managers": 61}}"#;
    let verb = ["targets", "set", &plan_id, &year, &target, "-"];
    let ran = run_at(&sandbox.origin(), &sandbox.options, &verb, body).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(
        crate::support::harness::counter(&plan(&sandbox, 42).await, 2, 0, "african_male_top_managers"),
        61
    );
}

async fn rows_of_plans(sandbox: &Sandbox) -> Vec<Value> {
    let (_, plans) =
        crate::support::harness::ask(sandbox, "GET", "/api/public/v1/employment_equity_plans", None).await;
    plans.as_array().unwrap().clone()
}

/// Runs with a production profile; `--confirm` and the like are among the arguments.
async fn run_in_production(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    let text = profile_text("acme", &sandbox.origin(), sandbox) + "production = true\n";
    run_configured(&text, arguments).await
}

/// A profile of a configuration, with the sandbox's key.
fn profile_text(name: &str, origin: &str, sandbox: &Sandbox) -> String {
    let (key, secret) = (&sandbox.options.key, &sandbox.options.secret);
    format!("[profiles.{name}]\nbase_url = \"{origin}\"\napi_key = \"{key}\"\napi_secret = \"{secret}\"\n")
}

/// Runs with a configuration of this text and no account in the environment.
async fn run_configured(text: &str, arguments: &[&str]) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config.toml");
    bee_tui::config::secret::write_private(&config, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bee-tui"));
    command.env("BEE_TUI_STATE_DIR", dir.path().join("state")).arg("--config").arg(&config).args(arguments);
    for name in ["BASE_URL", "API_KEY", "API_SECRET"] {
        command.env_remove(format!("BEE_TUI_{name}"));
    }
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_all_profiles_goes_on_behind_one_that_fails() {
    let (one, other) = (sandbox().await, sandbox().await);
    // No profile is the default, and one has no server.
    let text = [
        profile_text("acme", &one.origin(), &one),
        profile_text("gone", "http://127.0.0.1:1", &one),
        profile_text("karoo", &other.origin(), &other),
    ]
    .concat();
    let ran = run_configured(&text, &["plans", "check", "--all-profiles", "--year", "1", "-o", "json"]).await;
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("gone: ") && !ran.err.contains("acme: "), "{}", ran.err);
    let rows = ran.json();
    let names: std::collections::BTreeSet<&str> =
        rows.as_array().unwrap().iter().map(|row| row["profile"].as_str().unwrap()).collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["acme", "karoo"]);
    let table = run_configured(&text, &["plans", "check", "--all-profiles", "--year", "1"]).await;
    assert!(table.out.starts_with("profile  plan"), "{}", table.out);
    let one_of_them =
        run_configured(&text, &["--profile", "karoo", "plans", "check", "42", "--year", "1"]).await;
    assert_eq!(one_of_them.code, 0, "{}", one_of_them.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_production_profile_requires_its_name_for_every_write_from_the_shell() {
    let sandbox = sandbox().await;
    let [plan_id, year, target] = target(&sandbox).await;
    let program = program(&sandbox).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("people.csv");
    std::fs::write(&file, "full_name,gender,race,disabled,foreign,employed\nAnn,F,African,no,no,no\n")
        .unwrap();
    let file = file.to_str().unwrap();
    let changes = dir.path().join("set.toml");
    let set = format!(
        "form = 1\n[[target]]\nplan = 42\nmilestone = {year}\ntarget = {target}\nlabel = \"Year 2\"\n\
         [target.counters.number_of_african_male_top_managers]\nbase = 3\nmine = 4\n"
    );
    std::fs::write(&changes, set).unwrap();
    let other = rows_of_plans(&sandbox).await[1]["id"].to_string();
    let writes: Vec<Vec<&str>> = vec![
        vec!["plans", "update", "42", "--name", "X"],
        vec!["plans", "delete", &other, "--yes"],
        vec!["plans", "create", "--start-date", "2026-09-01", "--end-date", "2029-08-31"],
        vec!["targets", "set", &plan_id, &year, &target, "african_male_top_managers=3"],
        vec!["scorecards", "recalculate", ACME],
        vec!["training-programs", "upsert", ACME, "--json", PROGRAM],
        vec!["participants", "create", ACME, &program, "--json", PERSON],
        vec!["participants", "import", ACME, &program, file],
        vec!["apply", changes.to_str().unwrap()],
    ];
    for write in writes {
        let refused = run_in_production(&sandbox, &write).await;
        assert_eq!(refused.code, 2, "{write:?}: {}", refused.err);
        assert!(refused.err.contains("--confirm acme"), "{}", refused.err);
        let other = run_in_production(&sandbox, &[&write[..], &["--confirm", "beta"]].concat()).await;
        assert_eq!(other.code, 2, "{write:?}: {}", other.err);
        let confirmed = run_in_production(&sandbox, &[&write[..], &["--confirm", "acme"]].concat()).await;
        assert_eq!(confirmed.code, 0, "{write:?}: {}", confirmed.err);
    }
    assert_eq!(run_in_production(&sandbox, &["plans", "list"]).await.code, 0);
    std::fs::write(&changes, "form = 1\n").unwrap();
    let nothing = run_in_production(&sandbox, &["apply", changes.to_str().unwrap()]).await;
    assert!(nothing.code == 0 && nothing.err.contains("nothing to send"), "{}", nothing.err);
    let dry = ["plans", "update", "42", "--name", "Y", "--dry-run"];
    assert_eq!(run_in_production(&sandbox, &dry).await.code, 0);
}

/// Runs a verb against a server that never answers writes; the sandbox behind it answers reads.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_write_says_what_was_sent_and_exits_with_8() {
    use rustix::process::{Pid, Signal, kill_process};
    for signal in [Signal::TERM, Signal::INT] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let mut command = Command::new(env!("CARGO_BIN_EXE_bee-tui"));
        command.env("BEE_TUI_BASE_URL", &origin).env("BEE_TUI_API_KEY", "k").env("BEE_TUI_API_SECRET", "s");
        command.env("BEE_TUI_CONFIG", "/dev/null").args(["plans", "update", "42", "--name", "X"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // The request has arrived and is never answered.
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut first = [0; 5];
        tokio::io::AsyncReadExt::read_exact(&mut stream, &mut first).await.unwrap();
        kill_process(Pid::from_raw(child.id().try_into().unwrap()).unwrap(), signal).unwrap();
        let status = tokio::task::block_in_place(|| child.wait().unwrap());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(status.code(), Some(8), "{said}");
        assert!(said.contains("PATCH") && said.contains("outcome is unknown"), "{said}");
    }
}

/// The verb waits in a read between writes, or prints into a pipe that nobody reads: a signal ends it either way.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_a_verb_whatever_it_waits_for() {
    use crate::support::fault_server::{End, FaultServer, Kind, Rule};
    use rustix::process::{Pid, Signal, kill_process};
    let options = SandboxOptions { participants: 5_000, in_one_program: true, ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let program = program(&sandbox).await;
    let server = FaultServer::before(&sandbox).await;
    let recalculate = vec!["scorecards", "recalculate", ACME, "--wait"];
    let list = vec!["participants", "list", ACME, &program, "-o", "json"];
    for (verb, hangs, code) in [(recalculate, true, 130), (list, false, 143)] {
        let mut command = command(&sandbox, &format!("http://{}", server.address), &verb);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        if hangs {
            let kind = Kind::After(Vec::new(), End::Hang);
            server.set(Some(Rule { method: "GET", strikes: |_| true, kind, times: 1 }));
        }
        let mut child = command.spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        if hangs {
            while server.seen().is_empty() {
                tokio::task::yield_now().await;
            }
        } else {
            // It has begun to print, and is now filling the pipe.
            tokio::task::block_in_place(|| out.read_exact(&mut [0; 1]).unwrap());
        }
        let signal = if hangs { Signal::INT } else { Signal::TERM };
        kill_process(Pid::from_raw(child.id().try_into().unwrap()).unwrap(), signal).unwrap();
        let status = tokio::task::block_in_place(|| child.wait().unwrap());
        assert_eq!(status.code(), Some(code), "{verb:?}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn an_unprintable_write_response_exits_with_8_and_a_read_into_a_closed_pipe_with_0() {
    let sandbox = sandbox().await;
    let command = |arguments: &[&str]| {
        let mut command = command(&sandbox, &sandbox.origin(), arguments);
        command.stderr(Stdio::piped());
        command
    };
    let mut write = command(&["plans", "update", "42", "--name", "Full disk", "-o", "json"]);
    write.stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let output = tokio::task::spawn_blocking(move || write.output().unwrap()).await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(8), "{said}");
    assert!(said.contains("PATCH") && said.contains("could not be printed"), "{said}");
    assert_eq!(plan(&sandbox, 42).await["name"], "Full disk");
    for format in ["csv", "json", "table"] {
        let mut read = command(&["plans", "list", "-o", format]);
        let mut child = read.stdout(Stdio::piped()).spawn().unwrap();
        // Nobody reads the output.
        drop(child.stdout.take());
        let status = tokio::task::block_in_place(|| child.wait().unwrap());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((status.code(), said.as_str()), (Some(0), ""), "{format}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_keeps_times_and_numbers_as_the_server_wrote_them() {
    let sandbox = sandbox().await;
    let row = json!({"id": 7, "name": "A", "created_at": "2026-01-02T03:04:03.500Z", "updated_at": "2026-01-02T03:04:05+02:00"});
    sandbox.inject_fault("GET", "plans", FaultAction::Respond(200, json!([row]).to_string()));
    let ran = run(&sandbox, &["plans", "list", "-o", "csv"]).await;
    assert!(ran.out.contains("2026-01-02T03:04:03.500Z"), "{}", ran.out);
    assert!(ran.out.contains("2026-01-02T03:04:05+02:00"), "{}", ran.out);
    let score = json!({"level": "1", "score": "100.10", "created_at": "01/02/2026 10:11:12"});
    sandbox.inject_fault("GET", "scores", FaultAction::Respond(200, json!([score]).to_string()));
    let ran = run(&sandbox, &["suppliers", "scores", "T100", "-o", "csv"]).await;
    assert!(ran.out.contains("100.10") && ran.out.contains("01/02/2026 10:11:12"), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn verbs_and_doctor_warn_about_a_key_that_expires_within_hours() {
    let options =
        SandboxOptions { key_expires_in: Some(Duration::from_hours(5)), ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let ran = run(&sandbox, &["plans", "list"]).await;
    assert!(ran.code == 0 && ran.err.contains("the key expires in "), "{}", ran.err);
    let doctor = run(&sandbox, &["doctor"]).await;
    assert!(doctor.out.contains("expires in ") && !doctor.out.contains("0 d"), "{}", doctor.out);
    assert!(doctor.out.contains("suppliers") && doctor.out.contains("the key is accepted"), "{}", doctor.out);
    let wrong = SandboxOptions { secret: "wrong".into(), ..sandbox.options.clone() };
    let doctor = run_at(&sandbox.origin(), &wrong, &["doctor", "-o", "json"], "").await;
    assert_eq!(doctor.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heartbeat_prints_what_the_server_answered() {
    let sandbox = sandbox().await;
    let ran = run(&sandbox, &["suppliers", "heartbeat", "T100", "-o", "json"]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(serde_json::from_str::<Value>(&ran.out).is_ok(), "{}", ran.out);
}

#[test]
fn a_refusing_proxy_is_named_in_the_error() {
    let output = Command::new(env!("CARGO_BIN_EXE_bee-tui"))
        .env("BEE_TUI_BASE_URL", "https://bee.example")
        .env("BEE_TUI_API_KEY", "k")
        .env("BEE_TUI_API_SECRET", "s")
        .env("BEE_TUI_CONFIG", "/dev/null")
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .args(["plans", "delete", "1", "--yes"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(7), "{said}");
    assert!(said.contains("the proxy 127.0.0.1:1 cannot be reached"), "{said}");
}

#[test]
fn a_malformed_secret_command_error_shows_the_syntax_and_the_demo_needs_no_configuration() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config.toml");
    let text = "[profiles.a]\napi_key = \"k\"\nsecret_command = \"pass show bee\"\n";
    bee_tui::config::secret::write_private(&config, text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_bee-tui"))
        .args(["plans", "list", "--config"])
        .arg(&config)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(2) && said.contains("secret_command = [\"pass\", \"show\""),
        "{said}"
    );
    let missing = dir.path().join("missing.toml");
    let mut pty = crate::support::pty::Pty::start(
        24,
        80,
        &["--demo"],
        &[("BEE_TUI_CONFIG", missing.to_str().unwrap()), ("BEE_TUI_STATE_DIR", dir.path().to_str().unwrap())],
    );
    let begun = Instant::now();
    pty.until("FY26 EE Plan");
    assert!(begun.elapsed() < Duration::from_mins(1));
    pty.send("q");
    assert_eq!(pty.exit_code(), 0);
}

/// An import of 150 rows that a signal ends while the first hundred are in flight; then the same import again.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_import_is_completed_by_running_it_again() {
    use crate::support::fault_server::{End, FaultServer, Kind, Rule};
    use rustix::process::{Pid, Signal, kill_process};
    for signal in [Signal::TERM, Signal::KILL] {
        let sandbox = sandbox().await;
        let server = FaultServer::before(&sandbox).await;
        let program = program(&sandbox).await;
        let people = format!("scorecards/{ACME}/training_programs/{program}/participants");
        let before = rows(&sandbox, &people).await.len();
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("people.csv");
        let lines: String = (0..150).map(|n| format!("Person {n},F,African,no,no,no\n")).collect();
        std::fs::write(&file, format!("full_name,gender,race,disabled,foreign,employed\n{lines}")).unwrap();
        let command = |arguments: &[&str]| {
            let mut command = command(&sandbox, &format!("http://{}", server.address), arguments);
            command.env("BEE_TUI_STATE_DIR", dir.path().join("state"));
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command
        };
        let import = ["participants", "import", ACME, &program, file.to_str().unwrap()];
        let kind = Kind::After(Vec::new(), End::Hang);
        server.set(Some(Rule { method: "POST", strikes: |_| true, kind, times: 1 }));
        let child = command(&import).spawn().unwrap();
        // The server has created the rows, and its response never arrives.
        while rows(&sandbox, &people).await.len() < before + 100 {
            tokio::task::yield_now().await;
        }
        kill_process(Pid::from_raw(child.id().try_into().unwrap()).unwrap(), signal).unwrap();
        let ended = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
        if signal == Signal::TERM {
            let said = String::from_utf8(ended.stderr).unwrap();
            assert_eq!(ended.status.code(), Some(8), "{said}");
            assert!(said.contains("0 saved, 100 unknown, 50 not sent"), "{said}");
        }
        let mut again = command(&import);
        let again = tokio::task::spawn_blocking(move || again.output().unwrap()).await.unwrap();
        let said = String::from_utf8(again.stderr).unwrap();
        assert_eq!(again.status.code(), Some(0), "{said}");
        assert!(said.contains("50 saved, 100 on the server already"), "{said}");
        assert_eq!(rows(&sandbox, &people).await.len(), before + 150, "nobody twice, nobody missing: {said}");
        let mut journal = command(&["journal", "list", "-o", "json"]);
        let journal = tokio::task::spawn_blocking(move || journal.output().unwrap()).await.unwrap();
        assert_eq!(String::from_utf8(journal.stdout).unwrap().trim(), "[]");
        let left = std::fs::read_dir(dir.path().join("state")).unwrap().flatten();
        for entry in left {
            let bytes = std::fs::read(entry.path()).unwrap();
            let holds = bytes.windows(8).any(|window| window == b"Person 1");
            assert!(!holds, "{}: a name is still on disk", entry.path().display());
        }
    }
}

/// An import into a scorecard that is killed while a training program or its people are in flight; then the same again.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_of_a_whole_file_is_completed_by_running_it_again() {
    use crate::support::fault_server::{End, FaultServer, Kind, Rule};
    let stages: [fn(&str) -> bool; 2] =
        [|path| !path.contains("participants"), |path| path.contains("participants")];
    for strikes in stages {
        let sandbox = sandbox().await;
        let server = FaultServer::before(&sandbox).await;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("year.csv");
        let line = |at: usize| {
            let (program, category) = if at.is_multiple_of(2) { ("Ladders", "E") } else { ("Welding", "D") };
            format!("{program},{category},Person {at},F,African,no,no,no\n")
        };
        let lines: String = (0..20).map(line).collect();
        let headings = "Programme,Category,Full name,Gender,Race,Disabled,Foreign,Employed\n";
        std::fs::write(&file, format!("{headings}{lines}")).unwrap();
        let import = || {
            let arguments = ["training-programs", "import", ACME, file.to_str().unwrap()];
            let mut command = command(&sandbox, &format!("http://{}", server.address), &arguments);
            command.env("BEE_TUI_STATE_DIR", dir.path().join("state"));
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command
        };
        let kind = Kind::After(Vec::new(), End::Hang);
        server.set(Some(Rule { method: "POST", strikes, kind, times: 1 }));
        let mut child = import().spawn().unwrap();
        // The server has carried the request out, and its response never arrives.
        while !server.seen().iter().any(|seen| seen.method == "POST" && strikes(&seen.path)) {
            tokio::task::yield_now().await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let again = tokio::task::spawn_blocking({
            let mut command = import();
            move || command.output().unwrap()
        });
        let again = again.await.unwrap();
        assert_eq!(again.status.code(), Some(0), "{}", String::from_utf8_lossy(&again.stderr));
        let programs = rows(&sandbox, &format!("scorecards/{ACME}/training_programs")).await;
        for name in ["Ladders", "Welding"] {
            let named: Vec<_> = programs.iter().filter(|program| program["name"] == name).collect();
            assert_eq!(named.len(), 1, "{name} is there once");
            let people = format!("scorecards/{ACME}/training_programs/{}/participants", named[0]["id"]);
            assert_eq!(rows(&sandbox, &people).await.len(), 10, "nobody twice, nobody missing in {name}");
        }
    }
}

fn people(dir: &std::path::Path, rows: usize) -> String {
    let file = dir.join("people.csv");
    let lines: String = (0..rows).map(|n| format!("Person {n},F,African,no,no,no\n")).collect();
    std::fs::write(&file, format!("full_name,gender,race,disabled,foreign,employed\n{lines}")).unwrap();
    file.to_str().unwrap().to_owned()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn an_import_reports_its_outcome_without_standard_output_and_shows_the_servers_message() {
    let sandbox = sandbox().await;
    let program = program(&sandbox).await;
    let dir = tempfile::tempdir().unwrap();
    let file = people(dir.path(), 2);
    let import = ["participants", "import", ACME, &program, &file];
    let says = r#"{"errors": ["Closed for the audit"]}"#;
    for (status, code) in [(401, 4), (429, 7), (400, 1)] {
        sandbox.inject_fault("POST", "participants", FaultAction::Respond(status, says.into()));
        let ran = run(&sandbox, &import).await;
        assert_eq!(ran.code, code, "{status}: {}", ran.err);
        assert!(!ran.err.contains("stay staged") && !ran.err.contains("stays staged"), "{}", ran.err);
        assert!(ran.err.contains("0 saved, 2 not sent"), "{status}: {}", ran.err);
        assert!(status == 429 || ran.err.contains("Closed for the audit"), "{status}: {}", ran.err);
    }
    let mut command = command(&sandbox, &sandbox.origin(), &import);
    command
        .env("BEE_TUI_STATE_DIR", dir.path().join("state"))
        .stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let ran = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(said.contains("could not be printed") && said.contains("2 of 2 saved"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_says_that_a_journal_was_set_aside() {
    let sandbox = sandbox().await;
    let program = program(&sandbox).await;
    let dir = tempfile::tempdir().unwrap();
    let (file, state) = (people(dir.path(), 1), dir.path().join("state"));
    let import = |file: &str| {
        let verb = ["participants", "import", ACME, &program, file];
        let mut command = command(&sandbox, &sandbox.origin(), &verb);
        command.env("BEE_TUI_STATE_DIR", &state);
        tokio::task::spawn_blocking(move || command.output().unwrap())
    };
    assert!(import(&file).await.unwrap().status.success());
    let mut files = std::fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().path());
    let journal = files.find(|path| path.extension().is_some_and(|e| e == "sqlite")).unwrap();
    std::fs::write(&journal, "this is no journal, and it is long enough to be looked at: ".repeat(100))
        .unwrap();
    let again = import(&file).await.unwrap();
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(again.status.success() && said.contains("the journal could not be read"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partly_refused_apply_exits_with_1_and_names_the_tables() {
    let sandbox = sandbox().await;
    let [plan_id, year, target] = target(&sandbox).await;
    let whole = plan(&sandbox, 42).await;
    let second = &whole["milestones"][1]["targets"][1];
    let name = "number_of_african_male_top_managers";
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("set.toml");
    let table = |label: &str, target: &str, base: &Value| {
        format!(
            "[[target]]\nplan = {plan_id}\nmilestone = {year}\ntarget = {target}\nlabel = \"{label}\"\n\
             [target.counters.{name}]\nbase = {base}\nmine = 77\n"
        )
    };
    let first = &whole["milestones"][1]["targets"][0];
    let set = format!(
        "form = 1\n{}{}",
        table("the first", &target, &first[name]),
        table("the second", &second["id"].to_string(), &second[name])
    );
    std::fs::write(&file, set).unwrap();
    sandbox.inject_fault("PATCH", "targets", FaultAction::Respond(200, first.to_string()));
    sandbox.inject_fault("PATCH", "targets", FaultAction::Respond(422, r#"{"errors": ["no"]}"#.into()));
    let ran = run(&sandbox, &["apply", file.to_str().unwrap()]).await;
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("the first: not taken") && ran.err.contains("the second: "), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_arguments_are_refused_before_anything_is_sent_and_paths_are_shown_in_full() {
    let sandbox = sandbox().await;
    let program = program(&sandbox).await;
    let dir = tempfile::tempdir().unwrap();
    let file = people(dir.path(), 1);
    let two = dir.path().join("two");
    std::fs::write(&two, "8001015009087\n9001015009087\n").unwrap();
    let many = json!({"participants": (0..101).map(|n| json!({"full_name": format!("P {n}"), "gender": "Male", "race": "African"})).collect::<Vec<_>>()});
    let many_file = dir.path().join("many.json");
    std::fs::write(&many_file, many.to_string()).unwrap();
    let before =
        rows(&sandbox, &format!("scorecards/{ACME}/training_programs/{program}/participants")).await.len();
    let create = ["participants", "create", ACME, &program];
    let import = ["participants", "import", ACME, &program];
    let missing = std::path::absolute("nosuch.csv").unwrap();
    for (verb, said) in [
        (
            [
                &create[..],
                &[
                    "--full-name",
                    "A",
                    "--gender",
                    "Male",
                    "--race",
                    "African",
                    "--id-number",
                    two.to_str().unwrap(),
                ],
            ]
            .concat(),
            "it is one line",
        ),
        (
            [&create[..], &["--file", many_file.to_str().unwrap()]].concat(),
            "101 participants: a request takes 100",
        ),
        ([&create[..], &["--file", r#"{"participants": []}"#]].concat(), "not the body itself"),
        ([&import[..], &[&file, "--reasons", "left.doc"]].concat(), "has to end in .csv or .xlsx"),
        ([&import[..], &[&file, "--reasons", "/no/such/folder/left.csv"]].concat(), "no such folder"),
        ([&import[..], &["nosuch.csv"]].concat(), missing.to_str().unwrap()),
    ] {
        let ran = run(&sandbox, &verb).await;
        assert!(ran.code == 2 && ran.err.contains(said), "{verb:?}: {} {}", ran.code, ran.err);
        assert!(!ran.err.contains("8001015009087"));
    }
    let after =
        rows(&sandbox, &format!("scorecards/{ACME}/training_programs/{program}/participants")).await.len();
    assert_eq!(before, after);
    #[cfg(target_os = "linux")]
    {
        let ran = run(&sandbox, &[&create[..], &["--file", "/dev/zero"]].concat()).await;
        assert!(ran.code == 2, "{}", ran.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_lost_its_response_is_reported_done_only_if_reading_shows_it() {
    let sandbox = sandbox().await;
    let [plan_id, year, target] = target(&sandbox).await;
    for (method, path, verb) in [
        ("PATCH", "plans", vec!["plans", "update", "42", "--name", "Looked for"]),
        (
            "PATCH",
            "targets",
            vec!["targets", "set", &plan_id, &year, &target, "african_male_top_managers=31"],
        ),
        ("PUT", "scorecards", vec!["scorecards", "update", ACME, "--description", "Looked for"]),
        ("DELETE", "plans", vec!["plans", "delete", "42", "--yes"]),
        ("DELETE", "scorecards", vec!["scorecards", "delete", ACME, "--yes"]),
    ] {
        // Applied by the server, and every response is lost, including those to retries.
        (0..3).for_each(|_| sandbox.inject_fault(method, path, FaultAction::DropResponse));
        let ran = run(&sandbox, &verb).await;
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{verb:?}: {}", ran.err);
        assert!(ran.err.contains("reading shows that it was carried out"), "{}", ran.err);
    }
    // Not applied: the request may still arrive, so the outcome is unknown.
    let other = rows_of_plans(&sandbox).await[1]["id"].to_string();
    sandbox.inject_fault("PATCH", "plans", FaultAction::Respond(200, "<html>".into()));
    let ran = run(&sandbox, &["plans", "update", &other, "--name", "Never"]).await;
    assert_eq!(ran.code, 8, "{}", ran.err);
}
