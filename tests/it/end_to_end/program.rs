//! The real binary in a pseudo-terminal against a sandbox of its own, by keys alone.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::SandboxOptions;

use crate::support::harness::{ask, counter, plan};
use crate::support::pty::{BINARY, Pty};

/// A sandbox served by the binary itself.
pub struct Served {
    child: Child,
    pub sandbox: Sandbox,
}

impl Served {
    pub fn start(arguments: &[&str]) -> Self {
        let mut child =
            Command::new(BINARY).arg("sandbox").args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let settings: std::collections::BTreeMap<String, String> = lines
            .take(6)
            .map(|line| {
                line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap()
            })
            .collect();
        let address = settings["BEE_TUI_BASE_URL"].strip_prefix("http://").unwrap().parse().unwrap();
        let options = SandboxOptions {
            key: settings["BEE_TUI_API_KEY"].clone(),
            secret: settings["BEE_TUI_API_SECRET"].clone(),
            ..SandboxOptions::default()
        };
        Self { child, sandbox: Sandbox::at_address(address, options) }
    }

    pub fn environment<'a>(&'a self, origin: &'a str, state: &'a str) -> Vec<(&'a str, &'a str)> {
        vec![
            ("BEE_TUI_BASE_URL", origin),
            ("BEE_TUI_API_KEY", &self.sandbox.options.key),
            ("BEE_TUI_API_SECRET", &self.sandbox.options.secret),
            ("BEE_TUI_STATE_DIR", state),
            ("BEE_TUI_CONFIG", "/dev/null"),
        ]
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_are_edited_reviewed_and_applied_end_to_end() {
    let served = Served::start(&["--recalculation", "1"]);
    let (origin, state) = (served.sandbox.origin(), tempfile::tempdir().unwrap());
    let state = state.path().to_str().unwrap();
    let scorecard = "/api/public/v1/scorecards/scorecard_Y2EQKp8z1r9jeToPW6deGwo9";
    let before = ask(&served.sandbox, "GET", scorecard, None).await.1;
    let mut pty = Pty::start(24, 80, &[], &served.environment(&origin, state));
    pty.until("FY26 EE Plan");
    pty.send("\r");
    pty.until("Six levels");
    pty.send("{{{{");
    pty.until("Year 1 of 5");
    pty.send("77\t5\r");
    pty.until("2 staged");
    pty.send("\x13");
    pty.until("→ 77");
    pty.send("A");
    pty.until("Apply ──");
    pty.answer("y", "2 counters saved");
    let after = plan(&served.sandbox, 42).await;
    assert_eq!(counter(&after, 1, 0, "african_male_top_managers"), 77);
    assert_eq!(counter(&after, 1, 0, "coloured_male_top_managers"), 5);
    pty.until("Recalculate Acme Construction");
    pty.answer("y", "running (started here)");
    pty.until("finished");
    let end = ask(&served.sandbox, "GET", scorecard, None).await.1;
    assert!(end["updated_at"].as_str() > before["updated_at"].as_str());
    pty.send("\x11");
    assert_eq!(pty.exit_code(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_kill_9_at_each_of_a_hundred_commits_all_edits_are_staged_and_none_was_sent() {
    let served = Served::start(&[]);
    let (origin, state) = (served.sandbox.origin(), tempfile::tempdir().unwrap());
    let state = state.path().to_str().unwrap();
    let environment = served.environment(&origin, state);
    let before = plan(&served.sandbox, 42).await;
    // Ten columns of ten counters, each with its own number; before each kill one more is edited.
    let mut expected = std::collections::BTreeMap::new();
    let columns = "african_male coloured_male indian_male white_male african_female coloured_female indian_female \
                   white_female foreign_male foreign_female";
    let levels = "top_managers senior_managers middle_managers junior_managers semi_skilled_employees";
    let mut keys = Vec::new();
    for table in 0..2 {
        for (row, level) in levels.split_whitespace().enumerate() {
            for (column, name) in columns.split_whitespace().enumerate() {
                let count = 1000 + (table * 100 + row * 10 + column) as u64;
                let down = "j".repeat(row);
                let right = "l".repeat(column);
                let other = if table == 1 { "t" } else { "" };
                keys.push((
                    format!("{other}{down}{right}{count}\r"),
                    (table, format!("{name}_{level}"), count),
                ));
            }
        }
    }
    assert_eq!(keys.len(), 100);
    for (n, (script, (table, name, count))) in keys.into_iter().enumerate() {
        let mut pty = Pty::start(24, 80, &[], &environment);
        pty.until("FY26 EE Plan");
        if n > 0 {
            pty.until(&format!("{n} staged"));
        }
        pty.send("\r");
        pty.until("Six levels");
        pty.send(&script);
        pty.until(&format!("{} staged", n + 1));
        // A key is handled only once the edit before it is on disk: its effect is the sign to kill the program.
        pty.send("G");
        pty.until("· Permanent:");
        pty.child.kill().unwrap();
        pty.child.wait().unwrap();
        expected.insert((table, name), count);
    }
    assert_eq!(plan(&served.sandbox, 42).await, before, "none was sent");
    let mut pty = Pty::start(24, 80, &[], &environment);
    pty.until("100 staged");
    pty.send("\x13");
    pty.until("Review · 100 staged");
    pty.send("A");
    pty.until("100 counters in 2 tables");
    pty.answer("y", "100 counters saved");
    let after = plan(&served.sandbox, 42).await;
    for ((table, name), count) in expected {
        assert_eq!(counter(&after, 2, table, &name), count, "{table} {name}");
    }
}

#[test]
fn the_demo_needs_no_account_and_leaves_the_terminal_as_it_was() {
    let state = tempfile::tempdir().unwrap();
    let mut pty = Pty::start(24, 80, &["--demo"], &[("BEE_TUI_STATE_DIR", state.path().to_str().unwrap())]);
    pty.until("FY26 EE Plan");
    pty.send("q");
    assert_eq!(pty.exit_code(), 0);
    while let Ok(bytes) = pty.bytes.recv() {
        pty.screen.process(&bytes);
    }
    let screen = pty.screen.screen();
    assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
    assert_eq!(std::fs::read_dir(state.path()).unwrap().count(), 0, "the demo keeps nothing");
}

#[test]
fn pasted_text_is_previewed_as_a_block_and_never_run_as_keys() {
    let mut pty = Pty::start(24, 80, &["--demo"], &[]);
    pty.until("FY26 EE Plan");
    pty.send("\r");
    pty.until("Six levels");
    pty.send("\x1b[200~xxxx\t9\ry\x13Ay\x1b[201~");
    pty.until("nothing was pasted: 0 cells change");
    assert!(!pty.screen.screen().contents().contains("staged"));
    pty.send("\x11");
    assert_eq!(pty.exit_code(), 0);
}

/// Runs the binary without a terminal.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(BINARY)
        .args(arguments)
        .env("BEE_TUI_CONFIG", "/dev/null")
        .env_remove("BEE_TUI_PROFILE")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn without_a_terminal_it_says_so_and_exits_with_2() {
    let (code, out, err) = run(&[]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert_eq!(err, "bee-tui: it needs a terminal; from a script use its shell verbs (bee-tui --help)\n");
}

#[test]
fn wrong_arguments_and_settings_exit_with_2_and_say_what_is_allowed() {
    assert_eq!(run(&["--nope"]).0, 2);
    let (code, _, err) = run(&["--profile", "nope"]);
    assert_eq!((code, err.as_str()), (2, "bee-tui: /dev/null: no profile `nope`; there is none\n"));
    let (code, _, err) = run(&["--config", "/no/such/file"]);
    assert!(code == 2 && err.contains("/no/such/file: "), "{err}");
    assert_eq!(run(&["sandbox", "--participants", "100001"]).0, 2);
    assert_eq!(run(&["--version"]).0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_created_edited_and_deleted_by_keys_alone() {
    let served = Served::start(&[]);
    let (origin, state) = (served.sandbox.origin(), tempfile::tempdir().unwrap());
    let mut pty = Pty::start(24, 80, &[], &served.environment(&origin, state.path().to_str().unwrap()));
    pty.until("FY26 EE Plan");
    pty.send("2");
    pty.until("9 scorecards");
    pty.send("aQwerty\t2026-09-01\t2027-08-31\tgeneric\tlimp\r");
    pty.until("Qwerty: new staged");
    pty.send("\x13");
    pty.until("Review · 1 staged");
    pty.send("A");
    pty.until("1 to create");
    pty.answer("y", "1 record saved");
    pty.send("/qwerty\re");
    pty.until("Edit scorecard");
    pty.send("\t\t\t\t\x15north west\x13");
    pty.until("province Limpopo → North West");
    pty.send("A");
    pty.until("1 to change");
    pty.answer("y", "1 record saved");
    let scorecards = ask(&served.sandbox, "GET", "/api/public/v1/scorecards", None).await.1;
    let made = scorecards.as_array().unwrap().iter().find(|s| s["description"] == "Qwerty").unwrap();
    assert_eq!((&made["province"], &made["charter_id"]), (&"North West".into(), &"bravo_generic".into()));
    // Its training program, then a participant of that program.
    pty.send("\r");
    pty.until("no training program on this scorecard");
    pty.send("aWelding\tD\x13");
    pty.until("Review · 1 staged");
    pty.send("A");
    pty.until("1 to create");
    pty.answer("y", "Recalculate Qwerty?");
    pty.answer("n", "1 training program");
    // Scholarship is not one of the six fields that would make a second program.
    pty.send("e\t\t\ty\x13");
    pty.until("scholarship no → yes");
    pty.send("A");
    pty.until("1 to change");
    pty.answer("y", "Recalculate Qwerty?");
    pty.answer("n", "1 training program");
    let programs = format!("/api/public/v1/scorecards/{}/training_programs", made["id"].as_str().unwrap());
    let program = ask(&served.sandbox, "GET", &programs, None).await.1["data"][0].clone();
    assert_eq!((&program["name"], &program["scholarship"]), (&"Welding".into(), &true.into()));
    let participants = format!("{programs}/{}/participants", program["id"]);
    pty.send("\r");
    pty.until("no participant in this training program");
    pty.send("aAnn\tf\t\t\tafrican\x13");
    pty.until("Review · 1 staged");
    pty.send("A");
    pty.until("1 to create");
    pty.answer("y", "Recalculate Qwerty?");
    pty.answer("n", "1 participant");
    pty.send("e");
    pty.until("The API cannot change a participant");
    pty.send("\x15Ann Nkosi\x13");
    pty.until("delete and create anew");
    pty.send("A");
    pty.until("type Ann");
    pty.answer("Ann\r", "Recalculate Qwerty?");
    pty.answer("n", "1 participant");
    let people = ask(&served.sandbox, "GET", &participants, None).await.1["data"].clone();
    assert_eq!((people.as_array().unwrap().len(), &people[0]["full_name"]), (1, &"Ann Nkosi".into()));
    pty.send("D\x13");
    pty.until("Review · 1 staged");
    pty.send("A");
    pty.until("type Ann Nkosi");
    pty.answer("Ann Nkosi\r", "Recalculate Qwerty?");
    pty.answer("n", "no participant in this training program");
    assert_eq!(ask(&served.sandbox, "GET", &participants, None).await.1["data"], serde_json::json!([]));
    pty.send("\x1b");
    pty.until("1 training program");
    pty.send("D\x13A");
    pty.until("type Welding");
    pty.answer("Welding\r", "Recalculate Qwerty?");
    pty.answer("n", "no training program on this scorecard");
    pty.send("\x1b");
    pty.until("1 of 10");
    assert_eq!(ask(&served.sandbox, "GET", &programs, None).await.1["data"], serde_json::json!([]));
    pty.send("D\x13A");
    pty.until("type Qwerty");
    pty.answer("Qwerty\r", "1 record saved (1 deleted)");
    pty.send("\x11");
    assert_eq!(pty.exit_code(), 0);
    let scorecards = ask(&served.sandbox, "GET", "/api/public/v1/scorecards", None).await.1;
    assert!(scorecards.as_array().unwrap().iter().all(|s| s["id"] != made["id"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_created_edited_and_deleted_by_keys_alone() {
    let served = Served::start(&[]);
    let (origin, state) = (served.sandbox.origin(), tempfile::tempdir().unwrap());
    let mut pty = Pty::start(24, 80, &[], &served.environment(&origin, state.path().to_str().unwrap()));
    pty.until("FY26 EE Plan");
    pty.send("a");
    pty.until("New plan");
    pty.send("Qwerty\t2026-09-01\t2031-08-31\tacme\tconstr\t");
    pty.until("Acme Construction");
    pty.send("\x13");
    pty.until("Review · 1 staged");
    pty.send("A");
    pty.until("1 to create");
    pty.answer("y", "Year 1 of 4");
    let plans = async || ask(&served.sandbox, "GET", "/api/public/v1/employment_equity_plans", None).await.1;
    let named = |plans: &serde_json::Value, name: &str| {
        plans.as_array().unwrap().iter().find(|plan| plan["name"] == name).cloned()
    };
    let made = named(&plans().await, "Qwerty").unwrap();
    assert_eq!((&made["start_date"], &made["end_date"]), (&"2026-09-01".into(), &"2030-08-31".into()));
    pty.send("\x1b");
    pty.until("7 plans");
    pty.send("/qwerty\re\x15Asdf\x13");
    pty.until("name Qwerty → Asdf");
    pty.send("A");
    pty.until("1 to change");
    pty.answer("y", "1 record saved");
    assert_eq!(named(&plans().await, "Asdf").unwrap()["id"], made["id"]);
    pty.until("qwerty  0 of 7");
    pty.send("/\x15asdf\rD\x13A");
    pty.until("type Asdf");
    pty.answer("Asdf\r", "1 record saved (1 deleted)");
    assert!(named(&plans().await, "Asdf").is_none());
    pty.send("\x11");
    assert_eq!(pty.exit_code(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_imported_and_a_refused_row_is_fixed_and_sent() {
    let served = Served::start(&[]);
    let (origin, state) = (served.sandbox.origin(), tempfile::tempdir().unwrap());
    let program =
        "/api/public/v1/scorecards/scorecard_Y2EQKp8z1r9jeToPW6deGwo9/training_programs/32000/participants";
    let before = ask(&served.sandbox, "GET", program, None).await.1["meta"]["count"].as_u64().unwrap();
    let path = state.path().join("people.csv");
    std::fs::write(
        &path,
        "Full name;Sex;Race;Course cost;Disabled;Foreign;Employed\r\nAnn;F;African;1 000,50;no;no;no\r\n\
         Ben;Malee;White;2;no;no;no\r\n",
    )
    .unwrap();
    let mut pty = Pty::start(40, 120, &[], &served.environment(&origin, state.path().to_str().unwrap()));
    pty.until("FY26 EE Plan");
    pty.send("2");
    pty.until("9 scorecards");
    pty.send("/acme con\r\r");
    pty.until("12 training programs");
    pty.send("\r");
    pty.until("6 participants");
    pty.send("I");
    pty.until("A CSV or XLSX file");
    pty.send(path.to_str().unwrap());
    pty.send("\r");
    pty.until("2 rows: 1 ready, 1 held");
    pty.send("\x13");
    pty.until("1 ready (A sends) · 1 to mend (n)");
    pty.send("A");
    pty.until("1 to create");
    pty.answer("y", "Recalculate Acme");
    pty.answer("n", "0 ready (A sends) · 1 to mend (n)");
    pty.send("e");
    pty.until("it takes one of: Male, Female");
    pty.send("\x15m\x13");
    pty.until("1 ready (A sends)");
    pty.send("A");
    pty.until("1 to create");
    pty.answer("y", "Recalculate Acme");
    pty.answer("n", "Nothing is left to be sent here.");
    pty.send("\x11");
    assert_eq!(pty.exit_code(), 0);
    let after = ask(&served.sandbox, "GET", program, None).await.1;
    assert_eq!(after["meta"]["count"].as_u64().unwrap(), before + 2);
    let people = after["data"].as_array().unwrap();
    let ann = people.iter().find(|p| p["full_name"] == "Ann").unwrap();
    assert_eq!((&ann["gender"], &ann["course_cost"]), (&"Female".into(), &"1000.5".into()));
    assert!(people.iter().any(|p| p["full_name"] == "Ben" && p["gender"] == "Male"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_program_on_an_account_is_read_only_and_names_the_first() {
    let served = Served::start(&[]);
    let state = tempfile::tempdir().unwrap();
    let (origin, state) = (served.sandbox.origin(), state.path().display().to_string());
    let environment = served.environment(&origin, &state);
    let mut first = Pty::start(40, 120, &[], &environment);
    first.until("FY26 EE Plan");
    let mut second = Pty::start(40, 120, &[], &environment);
    second.until("READ-ONLY: another bee-tui (process ");
    assert!(
        second.contents().contains(&first.child.process_id().unwrap().to_string()),
        "{}",
        second.contents()
    );
    second.until("FY26 EE Plan");
    second.send("\r");
    second.until("Year 2 of 5");
    second.send("8\r");
    second.until("READ-ONLY here: another bee-tui has this account open");
    first.send("\r");
    first.until("Year 2 of 5");
    first.send("8\r");
    first.until("1 staged");
    assert!(!second.contents().contains("1 staged"));
    first.send("\x11");
    first.exit_code();
    // The second program takes over the journal, with what the first one staged.
    second.until("the other bee-tui has ended: its journal is taken over");
    second.until("FY26 EE Plan");
    second.send("\r");
    second.until("*8");
    second.send("j7\r");
    second.until("2 staged");
    second.send("\x11");
    assert_eq!(second.exit_code(), 0);
}
