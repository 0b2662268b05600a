//! The shell verbs, called as a script calls them: output, exit codes, and the server's state afterwards.

use std::io::Write;
use std::process::{Command, Stdio};

use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::{FaultAction, SandboxOptions};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::harness::{ask, ask_raw, counter, plan, rows, sandbox};

pub const ACME: &str = "scorecard_Y2EQKp8z1r9jeToPW6deGwo9";

/// The result of a run.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}\n{}", self.out, self.err))
    }
}

/// Runs the binary against an origin with the sandbox's key and `input` as its standard input.
pub async fn run_at(origin: &str, options: &SandboxOptions, arguments: &[&str], input: &str) -> Ran {
    let state = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bee-tui"));
    command.env("BEE_TUI_STATE_DIR", state.path());
    command.args(arguments).env("BEE_TUI_CONFIG", "/dev/null").env_remove("BEE_TUI_PROFILE");
    for (name, value) in [("API_KEY", &options.key), ("API_SECRET", &options.secret)] {
        command.env(format!("BEE_TUI_{name}"), value).env(format!("BEE_TUI_SUPPLIERS_{name}"), value);
    }
    command.env("BEE_TUI_BASE_URL", origin).env("BEE_TUI_SUPPLIERS_URL", origin);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let input = input.to_owned();
    let output = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        // A program that does not read its input may have ended before it is written.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    });
    let output = output.await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// Runs the binary with the sandbox's account.
pub async fn run(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    run_at(&sandbox.origin(), &sandbox.options, arguments, "").await
}

const VERBS: [&str; 23] = [
    "plans list",
    "plans get",
    "plans create",
    "plans update",
    "plans delete",
    "targets get",
    "targets set",
    "scorecards list",
    "scorecards get",
    "scorecards create",
    "scorecards update",
    "scorecards delete",
    "scorecards recalculate",
    "training-programs list",
    "training-programs upsert",
    "training-programs delete",
    "participants list",
    "participants create",
    "participants import",
    "training-programs import",
    "participants delete",
    "suppliers heartbeat",
    "suppliers scores",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_has_help_and_needs_no_account_for_it() {
    let sandbox = sandbox().await;
    for verb in VERBS {
        let arguments: Vec<&str> = verb.split(' ').chain(["--help"]).collect();
        let ran = run(&sandbox, &arguments).await;
        assert!(ran.code == 0 && ran.out.contains(&format!("bee-tui {verb}")), "{verb}: {}", ran.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_output_is_what_the_server_sent_and_lists_are_complete() {
    let sandbox =
        Sandbox::start(SandboxOptions { participants: 100_000, ..SandboxOptions::default() }).await.unwrap();
    let plans = run(&sandbox, &["plans", "list", "-o", "json"]).await;
    let theirs = ask_raw(&sandbox, "GET", "/api/public/v1/employment_equity_plans", None).await.1;
    assert_eq!(plans.json(), serde_json::from_str::<Value>(&theirs).unwrap());
    let one = run(&sandbox, &["plans", "get", "42", "-o", "json"]).await;
    let theirs = ask_raw(&sandbox, "GET", "/api/public/v1/employment_equity_plans/42", None).await.1;
    assert_eq!(one.out.trim(), theirs, "character for character");
    let path = format!("/api/public/v1/scorecards/{ACME}/training_programs");
    let program = ask(&sandbox, "GET", &path, None).await.1["data"][0]["id"].to_string();
    let count =
        ask(&sandbox, "GET", &format!("{path}/{program}/participants"), None).await.1["meta"]["count"]
            .clone();
    assert!(count.as_u64() > Some(1000), "more than a page");
    let people = run(&sandbox, &["participants", "list", ACME, &program, "-o", "json"]).await.json();
    let ids: std::collections::BTreeSet<_> =
        people.as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect();
    assert_eq!(Some(ids.len() as u64), count.as_u64());
    let second = ["participants", "list", ACME, &program, "--page", "2", "--per-page", "7", "-o", "json"];
    assert_eq!(run(&sandbox, &second).await.json().as_array().unwrap().len(), 7);
}

/// The command line's options for a record's fields; an ID number comes from this file.
fn options(fields: &Value, id_number: &std::path::Path) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let option = |(name, value): (&String, &Value)| {
        let mut text = text(value);
        if name == "id_number" {
            std::fs::write(id_number, text + "\n").unwrap();
            text = id_number.display().to_string();
        }
        [format!("--{}", name.replace('_', "-")), text]
    };
    fields.as_object().unwrap().iter().flat_map(option).collect()
}

async fn run_with(sandbox: &Sandbox, words: &[&str], fields: &Value) -> Ran {
    let file = tempfile::NamedTempFile::new().unwrap();
    let options = options(fields, file.path());
    let arguments: Vec<&str> = words.iter().copied().chain(options.iter().map(String::as_str)).collect();
    run(sandbox, &[arguments.as_slice(), &["-o", "json"]].concat()).await
}

#[track_caller]
fn holds(record: &Value, fields: &Value) {
    for (name, value) in fields.as_object().unwrap() {
        let same = match (record[name].as_str(), value.as_f64()) {
            (Some(text), Some(number)) => text.parse() == Ok(number),
            _ => record[name] == *value,
        };
        assert!(same, "{name}: {} instead of {value}", record[name]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_every_record_is_set_and_read_back() {
    let sandbox = sandbox().await;
    let scorecard = json!({"description": "Zoë's \"card\"", "start_date": "2025-09-01", "end_date": "2026-08-31",
        "charter_id": "bravo_legal_attorneys", "province": "Western Cape"});
    let made = run_with(&sandbox, &["scorecards", "create"], &scorecard).await.json();
    holds(&made, &scorecard);
    let card = made["id"].as_str().unwrap();
    let change = json!({"description": "Another"});
    holds(&run_with(&sandbox, &["scorecards", "update", card], &change).await.json(), &change);
    holds(&run(&sandbox, &["scorecards", "get", card, "-o", "json"]).await.json(), &change);

    let fields = json!({"name": "Plan", "start_date": "2026-09-01", "end_date": "2029-08-31", "scorecard_id": card,
        "sector": "Education"});
    let made = run_with(&sandbox, &["plans", "create"], &fields).await.json();
    holds(&made, &fields);
    let id = made["id"].to_string();
    let fields = json!({"name": "New", "scorecard_id": ACME, "sector": "Construction"});
    holds(&run_with(&sandbox, &["plans", "update", &id], &fields).await.json(), &fields);
    let unbound = run(&sandbox, &["plans", "update", &id, "--scorecard-id", "", "-o", "json"]).await.json();
    assert_eq!(unbound["scorecard_id"], Value::Null, "blank is null where null may be");

    let fields = json!({"name": "Welding", "category": "C", "abet": true, "scholarship": true,
        "municipality": "Cape Town", "mandatory": true, "training_provider": "ABC", "scarce_or_critical_skills": true,
        "rail_related": true, "is_tourism_related_expenditure": true, "bursary_program": true,
        "invoice_transaction_date": "2026-01-15", "specialised_areas_of_law": "Tax",
        "continuous_legal_education_program": "CLE"});
    let made = run_with(&sandbox, &["training-programs", "upsert", card], &fields).await.json();
    holds(&made[0], &fields);
    let program = made[0]["id"].to_string();
    let listed = run(&sandbox, &["training-programs", "list", card, "-o", "json"]).await.json();
    holds(&listed[0], &fields);

    let fields = json!({"full_name": "Thandiwe Nkosi", "gender": "Female", "disabled": true, "foreign": true,
        "race": "African", "id_number": "8001015009087", "office_based": true, "age": 46, "province": "Gauteng",
        "business_unit": "Plant", "employee_code": "E1", "employed": false, "completed": true, "absorbed": true,
        "course_cost": 5000.55, "travel_cost": 1.5, "catering_cost": 2.5, "stationery_cost": 3.5,
        "training_facility_cost": 4.5, "salary_cost": 5.5, "other_costs": 6.5, "start_date": "2026-01-01",
        "end_date": "2026-02-01", "accommodation_cost": 7.5, "custom_data": "x", "man_hours": 8.5, "driver": true,
        "starting_employment_status": "Fixed-Term", "yes_employee": true, "absorption_date": "2026-03-01",
        "legal_attorney_status": "Candidate", "admission_as_legal_practitioner": true});
    let made = run_with(&sandbox, &["participants", "create", card, &program], &fields).await.json();
    holds(&made[0], &fields);
    let listed = run(&sandbox, &["participants", "list", card, &program, "-o", "json"]).await.json();
    holds(&listed[0], &fields);

    let person = made[0]["id"].to_string();
    for arguments in [
        vec!["participants", "delete", card, &program, &person],
        vec!["training-programs", "delete", card, &program],
        vec!["plans", "delete", &id],
        vec!["scorecards", "delete", card],
    ] {
        let refused = run(&sandbox, &arguments).await;
        assert!(refused.code == 2 && refused.err.contains("--yes"), "{}", refused.err);
        assert_eq!(run(&sandbox, &[arguments.as_slice(), &["--yes"]].concat()).await.code, 0);
    }
    assert_eq!(run(&sandbox, &["scorecards", "get", card]).await.code, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_is_shown_and_its_counters_set() {
    let sandbox = sandbox().await;
    let before = plan(&sandbox, 42).await;
    let (milestone, target) = (&before["milestones"][0], &before["milestones"][0]["targets"][1]);
    let ids = ["42".to_owned(), milestone["id"].to_string(), target["id"].to_string()];
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let shown = run(&sandbox, &[&["targets", "get"], ids.as_slice(), &["-o", "json"]].concat()).await;
    assert_eq!(shown.json(), *target);
    let counters = ["number_of_african_male_top_managers=3", "coloured_female_senior_managers=1"];
    let set =
        run(&sandbox, &[&["targets", "set"], ids.as_slice(), &counters, &["-o", "json"]].concat()).await;
    let mut expected = target.clone();
    expected["number_of_african_male_top_managers"] = 3.into();
    expected["number_of_coloured_female_senior_managers"] = 1.into();
    assert_eq!(set.json(), expected);
    for bad in ["african_male_top_managers=-1", "african_male_top_managers=1.5", "african_male_top_managers"]
    {
        assert_eq!(
            run(&sandbox, &[&["targets", "set"], ids.as_slice(), &[bad]].concat()).await.code,
            2,
            "{bad}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_body_comes_from_an_option_a_file_or_standard_input() {
    let sandbox = sandbox().await;
    let body = |name: &str| json!({"employment_equity_plan": {"name": name}}).to_string();
    let name = async || plan(&sandbox, 42).await["name"].clone();
    let update = ["plans", "update", "42"];
    assert_eq!(run(&sandbox, &[update.as_slice(), &["--json", &body("A")]].concat()).await.code, 0);
    assert_eq!(name().await, "A");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), body("B")).unwrap();
    let path = file.path().to_str().unwrap();
    assert_eq!(run(&sandbox, &[update.as_slice(), &["--file", path]].concat()).await.code, 0);
    assert_eq!(name().await, "B");
    for (stdin, arguments) in [("C", vec!["-"]), ("D", vec!["--file", "-"])] {
        let arguments = [update.as_slice(), &arguments].concat();
        let ran = run_at(&sandbox.origin(), &sandbox.options, &arguments, &body(stdin)).await;
        assert_eq!((ran.code, name().await), (0, stdin.into()), "{}", ran.err);
    }
    for bad in [vec!["--json", "{"], vec!["--json", "{}", "--name", "x"], vec![], vec!["--file", "/no/such"]]
    {
        assert_eq!(run(&sandbox, &[update.as_slice(), &bad].concat()).await.code, 2, "{bad:?}");
    }
    assert_eq!(name().await, "D");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_the_request_without_the_secret_and_sends_nothing() {
    let sandbox = sandbox().await;
    let before = plan(&sandbox, 42).await;
    let ran = run(&sandbox, &["plans", "update", "42", "--name", "X", "--dry-run"]).await;
    assert!(
        ran.out
            .starts_with(&format!("PATCH {}/api/public/v1/employment_equity_plans/42\n", sandbox.origin()))
    );
    assert!(ran.out.ends_with("\n\n{\"employment_equity_plan\":{\"name\":\"X\"}}\n"), "{}", ran.out);
    for secret in [&sandbox.options.secret, &sandbox.options.key] {
        assert!(!ran.out.contains(secret.as_str()));
    }
    assert_eq!((ran.code, plan(&sandbox, 42).await), (0, before));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_exit_code_means_what_is_documented() {
    let slow =
        SandboxOptions { recalculation: std::time::Duration::from_hours(1), ..SandboxOptions::default() };
    let sandbox = Sandbox::start(slow).await.unwrap();
    let early = ["plans", "create", "--start-date", "2025-08-31", "--end-date", "2030-08-31"];
    let refused = run(&sandbox, &early).await;
    assert_eq!(refused.code, 3);
    assert!(refused.err.contains("Start date cannot be before 01/09/2025"), "{}", refused.err);
    assert_eq!(refused.out, "");
    let wrong = SandboxOptions { secret: "wrong".into(), ..sandbox.options.clone() };
    assert_eq!(run_at(&sandbox.origin(), &wrong, &["plans", "list"], "").await.code, 4);
    assert_eq!(run(&sandbox, &["plans", "get", "4711"]).await.code, 5);
    assert_eq!(run(&sandbox, &["scorecards", "recalculate", ACME]).await.code, 0);
    assert_eq!(run(&sandbox, &["scorecards", "recalculate", ACME]).await.code, 6);
    assert_eq!(run_at("http://127.0.0.1:1", &sandbox.options, &["plans", "list"], "").await.code, 7);
    assert_eq!(
        run_at("http://127.0.0.1:1", &sandbox.options, &["plans", "delete", "42", "--yes"], "").await.code,
        7
    );
    for wrong in [
        vec!["plans", "get", "0"],
        vec!["plans", "get", "../scorecards"],
        vec!["scorecards", "get", "a/b"],
        vec!["plans", "update", "42", "--sector", "construction"],
        vec!["plans", "create", "--start-date", "2025-02-30"],
        vec!["plans", "list", "--read-only", "--nope"],
        vec!["plans", "delete", "42", "--yes", "--read-only"],
    ] {
        assert_eq!(run(&sandbox, &wrong).await.code, 2, "{wrong:?}");
    }
    assert_eq!(plan(&sandbox, 42).await["id"], 42);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_without_a_response_exits_with_8_and_a_read_with_7() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        // Reads each request and closes the connection without a response.
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.shutdown().await;
        }
    });
    let options = SandboxOptions::default();
    let ran = run_at(&origin, &options, &["plans", "update", "42", "--name", "X"], "").await;
    assert!(ran.code == 8 && ran.err.contains("check before you send it again"), "{}", ran.err);
    assert_eq!(run_at(&origin, &options, &["plans", "list"], "").await.code, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_recalculation_ends_with_the_recalculation() {
    let sandbox = sandbox().await;
    let before = ask(&sandbox, "GET", &format!("/api/public/v1/scorecards/{ACME}"), None).await.1;
    let ran = run(&sandbox, &["scorecards", "recalculate", ACME, "--wait"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    let after = ask(&sandbox, "GET", &format!("/api/public/v1/scorecards/{ACME}"), None).await.1;
    assert!(after["updated_at"].as_str() > before["updated_at"].as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_and_csv_are_plain_text_and_a_hostile_name_is_harmless() {
    let sandbox = sandbox().await;
    let name = "=cmd()\u{1b}[31m\u{202e}evil";
    let body = json!({"employment_equity_plan": {"name": name}});
    ask(&sandbox, "PATCH", "/api/public/v1/employment_equity_plans/42", Some(body)).await;
    let table = run(&sandbox, &["plans", "list"]).await;
    assert!(table.out.contains("=cmd()^[[31m\\u{202e}evil"), "{}", table.out);
    let csv = run(&sandbox, &["plans", "list", "-o", "csv"]).await;
    assert!(csv.out.starts_with("id,name,start_date,"));
    assert!(csv.out.contains("42,'=cmd()^[[31m\\u{202e}evil,2025-09-01"), "{}", csv.out);
    let json = run(&sandbox, &["plans", "list", "-o", "json"]).await;
    assert_eq!(json.json()[0]["name"], name);
    for out in [table.out, csv.out, json.out] {
        assert!(!out.contains(['\u{1b}', '\u{202e}']), "{out}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn completions_and_man_pages_cover_every_verb() {
    let sandbox = sandbox().await;
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let ran = run(&sandbox, &["completions", shell]).await;
        assert!(ran.code == 0 && ran.out.contains("bee-tui"), "{shell}: {}", ran.err);
    }
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run(&sandbox, &["man", dir.path().to_str().unwrap()]).await.code, 0);
    for verb in VERBS {
        let page = dir.path().join(format!("bee-tui-{}.1", verb.replace(' ', "-")));
        assert!(page.exists(), "{}", page.display());
    }
    // A folder that does not exist is created; the error names one that cannot be.
    let inside = dir.path().join("made/deep");
    assert_eq!(run(&sandbox, &["man", inside.to_str().unwrap()]).await.code, 0);
    assert!(inside.join("bee-tui.1").exists());
    let below_a_file = inside.join("bee-tui.1/pages");
    let ran = run(&sandbox, &["man", below_a_file.to_str().unwrap()]).await;
    assert!(ran.code == 1 && ran.err.contains(below_a_file.to_str().unwrap()), "{}", ran.err);
}

/// Runs an import into Acme's first program.
async fn import(sandbox: &Sandbox, text: &str, options: &[&str]) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("people.csv");
    std::fs::write(&path, text).unwrap();
    let mut arguments = vec!["participants", "import", ACME, "32000", path.to_str().unwrap()];
    arguments.extend(["--employed", "server", "--disabled", "no", "--foreign", "no"]);
    arguments.extend(options);
    run(sandbox, &arguments).await
}

/// A file of two training programs, the third row with a cost that waits for a word.
fn whole_file(dir: &std::path::Path) -> String {
    let mut text = String::from(
        "Programme,Category,Full name,Gender,Race,Disabled,Foreign,Employed,Employment status,Course cost\n",
    );
    for at in 0..12 {
        let (program, category) = if at % 2 == 0 { ("Ladders", "E") } else { ("Welding", "D") };
        let cost = if at == 2 { 90_000 } else { 1500 };
        text += &format!("{program},{category},Person {at},F,African,no,no,yes,Permanent,{cost}\n");
    }
    let path = dir.join("year.csv");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The names of a program's people on the server.
async fn people_of(sandbox: &Sandbox, program: &str) -> Vec<String> {
    let programs = rows(sandbox, &format!("scorecards/{ACME}/training_programs")).await;
    let found: Vec<&Value> = programs.iter().filter(|known| known["name"] == program).collect();
    assert!(found.len() <= 1, "{program} is there {} times", found.len());
    let Some(known) = found.first() else { return Vec::new() };
    let path = format!("scorecards/{ACME}/training_programs/{}/participants", known["id"]);
    let mut names: Vec<String> =
        rows(sandbox, &path).await.iter().map(|p| p["full_name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_file_goes_into_its_programs_and_what_is_held_waits_for_its_word() {
    let sandbox = sandbox().await;
    let dir = tempfile::tempdir().unwrap();
    let path = whole_file(dir.path());
    let import = ["training-programs", "import", ACME, &path];
    let judged = run(&sandbox, &[&import[..], &["--dry-run", "-o", "json"]].concat()).await.json();
    assert_eq!((&judged["ready"], &judged["held"]), (&json!(11), &json!(1)));
    let programs = judged["programs"].as_array().unwrap().iter();
    let programs: Vec<_> =
        programs.map(|p| (p["name"].as_str().unwrap(), p["participants"].as_u64().unwrap())).collect();
    assert_eq!(programs, [("Ladders", 6), ("Welding", 6)]);
    assert!(people_of(&sandbox, "Ladders").await.is_empty(), "a dry run sends nothing");
    // Held now, and held when the others are there already.
    for _ in 0..2 {
        let ran = run(&sandbox, &import).await;
        assert_eq!(ran.code, 3, "{}", ran.err);
        assert_eq!(
            (people_of(&sandbox, "Ladders").await.len(), people_of(&sandbox, "Welding").await.len()),
            (5, 6)
        );
    }
    let ran = run(&sandbox, &[&import[..], &["--release", "cost-outlier:4"]].concat()).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ladders: Vec<String> = [0, 10, 2, 4, 6, 8].map(|at| format!("Person {at}")).to_vec();
    assert_eq!(people_of(&sandbox, "Ladders").await, ladders);
    let again = run(&sandbox, &[&import[..], &["-o", "json"]].concat()).await;
    assert_eq!(again.code, 0, "a file that is there already is a success: {}", again.err);
    assert_eq!(people_of(&sandbox, "Ladders").await, ladders);
    let wrong = run(&sandbox, &[&import[..], &["--release", "unknown-word"]].concat()).await;
    assert_eq!(wrong.code, 2, "a word that is not known cannot be sent all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_says_something_impossible_is_refused_by_name() {
    let sandbox = sandbox().await;
    let before = participants(&sandbox).await.len();
    let dir = tempfile::tempdir().unwrap();
    let mapping = dir.path().join("mapping.toml");
    std::fs::write(&mapping, "[values.Sex]\nMalee = \"Martian\"\n").unwrap();
    let text = "full_name,Sex,race\nAnn,F,African\nBen,Malee,White\n";
    let ran = import(&sandbox, text, &["--mapping", mapping.to_str().unwrap()]).await;
    assert_eq!((ran.code, participants(&sandbox).await.len()), (2, before));
    assert!(ran.err.contains("Sex: `Malee` cannot mean `Martian`"), "{}", ran.err);
}

/// A folder with a file of one participant.
fn dir_with(name: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join(name),
        "full_name,gender,race,disabled,foreign,employed\nAnn,F,African,no,no,no\n",
    )
    .unwrap();
    dir
}

async fn participants(sandbox: &Sandbox) -> Vec<Value> {
    rows(sandbox, &format!("scorecards/{ACME}/training_programs/32000/participants")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_sends_the_valid_rows_and_reports_why_others_were_left_out() {
    let sandbox = sandbox().await;
    let before = participants(&sandbox).await.len();
    let dir = tempfile::tempdir().unwrap();
    let reasons = dir.path().join("left.csv");
    let text = "full_name;Sex;race;Shoe\nAnn;F;African;1\nBen;Malee;White;2\nAnn;F;African;3\n";
    let ran = import(&sandbox, text, &["-o", "json", "--reasons", reasons.to_str().unwrap()]).await;
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert_eq!(participants(&sandbox).await.len(), before + 1);
    let outcomes: Vec<String> =
        ran.json().as_array().unwrap().iter().map(|r| r["outcome"].to_string()).collect();
    assert_eq!(outcomes, ["\"saved\"", "\"held\"", "\"held\""]);
    assert!(
        ran.err.contains("hold · 1 row (3) · Sex: the meaning of this word is not known: `malee`"),
        "{}",
        ran.err
    );
    assert!(
        ran.err.contains("hold · 1 row (4) · it is the same as another row of the file: row 2"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("not read: `Shoe`"), "{}", ran.err);
    let written = bee_tui::runtime::files::read_sheets(&reasons).unwrap();
    assert_eq!(written[0].rows.len(), 3, "a row of headings and the two that are left");
    let ran = import(&sandbox, "full_name,gender,race\nCleo,F,Indian\n", &[]).await;
    assert_eq!((ran.code, participants(&sandbox).await.len()), (0, before + 2), "{}", ran.err);
    let ran = import(&sandbox, "full_name,gender,race\nCleo,F,Indian\n", &[]).await;
    assert_eq!((ran.code, participants(&sandbox).await.len()), (0, before + 2), "it is there: {}", ran.err);
    for (option, code) in
        [("--existing=skip", 0), ("--existing=hold", 3), ("--doubles", 0), ("--doubles=hold", 3)]
    {
        let ran =
            import(&sandbox, "Wer,gender,race\nCleo,F,Indian\n", &["--column", "Wer=full_name", option])
                .await;
        assert_eq!(
            (ran.code, participants(&sandbox).await.len()),
            (code, before + 2),
            "{option}: {}",
            ran.err
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_of_an_import_names_what_stopped_it() {
    let sandbox = sandbox().await;
    let before = participants(&sandbox).await.len();
    let text = "full_name,gender,race\nAnn,F,African\n";
    let refused = r#"{"errors": ["no"]}"#;
    for (does, code) in [
        (FaultAction::Respond(422, refused.into()), 3),
        (FaultAction::Respond(401, String::new()), 4),
        (FaultAction::Respond(404, String::new()), 5),
        (FaultAction::Respond(429, String::new()), 7),
    ] {
        sandbox.inject_fault("POST", "participants", does);
        let ran = import(&sandbox, text, &[]).await;
        assert_eq!(ran.code, code, "{}", ran.err);
    }
    for options in [&["--column", "x=age"][..], &["--column", "race=shoe"]] {
        assert_eq!(import(&sandbox, text, options).await.code, 2);
    }
    assert_eq!(import(&sandbox, "", &[]).await.code, 2);
    let there = dir_with("left.csv");
    let left = there.path().join("left.csv");
    assert_eq!(
        import(&sandbox, text, &["--reasons", left.to_str().unwrap()]).await.code,
        2,
        "never written over"
    );
    let missing = ["participants", "import", ACME, "99999", left.to_str().unwrap()];
    assert_eq!(run(&sandbox, &missing).await.code, 5);
    let bad = import(&sandbox, "full_name,gender,race\nBen,Malee,White\n", &["--dry-run"]).await;
    assert!(
        bad.code == 3
            && bad.out.contains("1 row (2) · gender: the meaning of this word is not known: `malee`"),
        "{}",
        bad.out
    );
    let ran = import(&sandbox, text, &["--dry-run"]).await;
    assert!(ran.code == 0 && ran.out.contains("1 row: 1 ready, 0 held"), "{}", ran.out);
    assert_eq!(participants(&sandbox).await.len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_lost_a_response_reconciles_first_and_creates_nobody_twice() {
    let sandbox = sandbox().await;
    let before = participants(&sandbox).await.len();
    let rows: String = (0..150).map(|at| format!("Person {at},F,African\n")).collect();
    sandbox.inject_fault("POST", "participants", FaultAction::DropResponse);
    let ran = import(&sandbox, &format!("full_name,gender,race\n{rows}"), &[]).await;
    assert_eq!((ran.code, participants(&sandbox).await.len()), (0, before + 150), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_resends_rows_that_were_refused_only_because_of_another_row() {
    let sandbox = sandbox().await;
    let before = participants(&sandbox).await.len();
    let refused = json!({"error": {"message": "One or more participant records are invalid.",
        "invalid_records": [{"id": null, "full_name": "Ben", "gender": "Male", "race": "White",
            "errors": ["Full name has been taken"]}]}});
    sandbox.inject_fault("POST", "participants", FaultAction::Respond(422, refused.to_string()));
    let text = "full_name,gender,race\nAnn,F,African\nBen,M,White\nCleo,F,Indian\n";
    let ran = import(&sandbox, text, &[]).await;
    assert_eq!((ran.code, participants(&sandbox).await.len()), (3, before + 2), "{}", ran.err);
    assert!(ran.err.contains("row 3: refused: Full name has been taken"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_changes_while_it_is_read_is_read_again_and_no_row_is_printed_twice() {
    let options = SandboxOptions { participants: 2_500, in_one_program: true, ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let path = format!("scorecards/{ACME}/training_programs");
    let program = rows(&sandbox, &path).await[0]["id"].to_string();
    let first = rows(&sandbox, &format!("{path}/{program}/participants")).await;
    let verb = ["participants", "list", ACME, &program, "-o", "json"];
    // The second page repeats the first, as when records are deleted meanwhile.
    let page = json!({"data": first, "meta": {"count": 2500, "page": 2, "pages": 3}}).to_string();
    sandbox.inject_fault("GET", "participants", FaultAction::Pass);
    sandbox.inject_fault("GET", "participants", FaultAction::Respond(200, page.clone()));
    let ran = run(&sandbox, &verb).await;
    assert_eq!((ran.code, ran.json().as_array().unwrap().len()), (0, 2500), "{}", ran.err);
    // Pages of another size make a complete list too.
    let smaller = [&verb[..], &["--per-page", "300"]].concat();
    assert_eq!(run(&sandbox, &smaller).await.json().as_array().unwrap().len(), 2500);
    // When the list keeps changing, the error says so.
    for _ in 0..3 {
        sandbox.inject_fault("GET", "participants", FaultAction::Pass);
        sandbox.inject_fault("GET", "participants", FaultAction::Respond(200, page.clone()));
    }
    let ran = run(&sandbox, &verb).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("1,000 of 2,500 rows"), "{}", ran.err);
    assert_eq!(ran.json().as_array().unwrap().len(), 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verb_retries_what_is_safe_to_retry_and_never_a_creation() {
    let sandbox = sandbox().await;
    sandbox.inject_fault("GET", "plans", FaultAction::DropResponse);
    sandbox.inject_fault("GET", "plans", FaultAction::Respond(503, String::new()));
    assert_eq!(run(&sandbox, &["plans", "list"]).await.code, 0);
    let scorecards =
        async || ask(&sandbox, "GET", "/api/public/v1/scorecards", None).await.1.as_array().unwrap().len();
    let before = scorecards().await;
    sandbox.inject_fault("POST", "scorecards", FaultAction::DropResponse);
    let create = [
        "scorecards",
        "create",
        "--description",
        "X",
        "--start-date",
        "2025-09-01",
        "--end-date",
        "2026-08-31",
        "--charter-id",
        "bravo_generic",
        "--province",
        "Gauteng",
    ];
    let ran = run(&sandbox, &create).await;
    assert_eq!((ran.code, scorecards().await), (8, before + 1), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_that_the_server_ignores_is_reported_as_not_taken() {
    let sandbox = sandbox().await;
    let plan = plan(&sandbox, 42).await;
    let milestone = &plan["milestones"][1];
    let (year, target) = (milestone["id"].to_string(), milestone["targets"][0]["id"].to_string());
    let set = ["targets", "set", "42", &year, &target];
    let ran = run(
        &sandbox,
        &[&set[..], &["african_female_senior_manager=99", "white_male_senior_managers=99"]].concat(),
    )
    .await;
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("nearest: number_of_african_female_senior_managers"), "{}", ran.err);
    assert_eq!(crate::support::harness::plan(&sandbox, 42).await, plan, "the other one was not sent either");
    // The response reveals a server that ignores a counter it returned a moment ago.
    let path = format!("targets/{target}");
    sandbox.inject_fault("PATCH", &path, FaultAction::Respond(200, milestone["targets"][0].to_string()));
    let ran = run(&sandbox, &[&set[..], &["african_female_senior_managers=99"]].concat()).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("not taken: number_of_african_female_senior_managers"), "{}", ran.err);
    assert!(!ran.out.is_empty(), "the server's answer is printed all the same");
    let ran = run(&sandbox, &[&set[..], &["african_female_senior_managers=9"]].concat()).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_answered_with_a_web_page_has_an_unknown_outcome() {
    let sandbox = sandbox().await;
    let plan = plan(&sandbox, 42).await;
    let milestone = &plan["milestones"][1];
    let (year, target) = (milestone["id"].to_string(), milestone["targets"][0]["id"].to_string());
    let program = rows(&sandbox, &format!("scorecards/{ACME}/training_programs")).await[0]["id"].to_string();
    let body = r#"{"participants": [{"full_name": "X", "gender": "Male", "race": "African", "disabled": false, "foreign": false}]}"#;
    for (method, path, verb) in [
        (
            "PATCH",
            "targets",
            &["targets", "set", "42", &year, &target, "african_male_top_managers=3", "-o", "json"][..],
        ),
        ("POST", "participants", &["participants", "create", ACME, &program, "--json", body]),
        ("PUT", "recalculate", &["scorecards", "recalculate", ACME]),
    ] {
        sandbox.inject_fault(method, path, FaultAction::Respond(200, "<html>Sign in</html>".into()));
        let ran = run(&sandbox, verb).await;
        assert_eq!(ran.code, 8, "{verb:?}: {}", ran.err);
        assert!(ran.out.is_empty() && ran.err.contains("web page"), "{}{}", ran.out, ran.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_says_for_each_target_how_many_people_are_short() {
    let sandbox = sandbox().await;
    let checked = run(&sandbox, &["plans", "check", "42", "--year", "1", "-o", "json"]).await;
    assert_eq!(checked.code, 0, "{}", checked.err);
    let rows = checked.json();
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 13, "four levels, each for men, women and all, and disability");
    let twice = run(&sandbox, &["plans", "check", "42", "42", "--year", "1", "-o", "json"]).await;
    assert_eq!(twice.out, checked.out, "a plan that is named twice is measured once");
    let plan = plan(&sandbox, 42).await;
    let row = |level: &str, gender: &str| {
        rows.iter().find(|row| row["level"] == level && row["gender"] == gender).unwrap()
    };
    // Counted here from what the server holds: the top managers of the first year.
    let count = |key: &str| counter(&plan, 1, 0, &format!("{key}_top_managers"));
    let men: u64 = ["african_male", "coloured_male", "indian_male"].map(count).iter().sum();
    let women: u64 =
        ["african_female", "coloured_female", "indian_female", "white_female"].map(count).iter().sum();
    let others: u64 = ["white_male", "foreign_male", "foreign_female"].map(count).iter().sum();
    let top = row("top_managers", "male");
    assert_eq!((&top["have"], &top["total"]), (&json!(men), &json!(men + women + others)));
    assert_eq!(top["met"], men * 1000 >= 300 * (men + women + others), "construction asks for 30.0 %");
    assert_eq!(row("disability", "all")["target_type"], "disabled_employees");

    let short = run(&sandbox, &["plans", "check", "--exit-code"]).await;
    assert_eq!(short.code, 9, "{}", short.err);
    assert!(short.out.contains("short by replacement"), "{}", short.out);
    let none = run(&sandbox, &["plans", "check", "99"]).await;
    assert_eq!((none.code, none.out.as_str()), (5, "plan  year  level  who  have  %  target %  standing\n"));
    let sector = run(&sandbox, &["plans", "check", "--sector", "Knitting"]).await;
    assert_eq!(sector.code, 2);
    assert!(sector.err.contains("the sectors are Accommodation"), "{}", sector.err);
    let year = run(&sandbox, &["plans", "check", "42", "--year", "9", "--exit-code"]).await;
    assert_eq!((year.code, year.err.contains("no plan has a year 9")), (2, true), "{}", year.err);
    let csv = run(&sandbox, &["plans", "check", "42", "--year", "2", "-o", "csv"]).await;
    assert!(csv.out.starts_with("profile,plan_id,plan,year,"), "{}", csv.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_without_a_sector_is_asked_for_one_and_the_others_are_measured() {
    let sandbox = sandbox().await;
    let body = json!({"employment_equity_plan": {"sector": null}});
    ask(&sandbox, "PATCH", "/api/public/v1/employment_equity_plans/1001", Some(body)).await;
    let open = run(&sandbox, &["plans", "check", "42", "1001"]).await;
    assert_eq!(open.code, 2);
    assert!(open.err.contains("--sector gives one") && open.out.contains("FY26 EE Plan"), "{}", open.err);
    let told = run(&sandbox, &["plans", "check", "1001", "--sector", "Construction", "-o", "json"]).await;
    assert_eq!(told.code, 0, "{}", told.err);
    let rows = told.json();
    assert_eq!((&rows[0]["level"], &rows[0]["target"]), (&json!("top_managers"), &json!(30.0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_is_applied_meets_the_targets_in_its_last_year() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("draft.toml").display().to_string();
    let draft = run(&sandbox, &["plans", "draft", "42", "--turnover", "45", "--by", "4"]).await;
    assert_eq!(draft.code, 0, "{}", draft.err);
    assert!(draft.err.contains("profile: FY26 EE Plan, Year 1; to be met in Year 4"), "{}", draft.err);
    assert!(
        draft.err.contains("turnover 45 % a year") && !draft.err.contains("not reached"),
        "{}",
        draft.err
    );
    std::fs::write(&file, &draft.out).unwrap();
    let before = plan(&sandbox, 42).await;
    let applied = run(&sandbox, &["apply", &file]).await;
    assert_eq!(applied.code, 0, "{}", applied.err);
    let after = plan(&sandbox, 42).await;
    for (year, changes) in [(1, false), (2, true), (3, true), (4, true), (5, false)] {
        let at = year - 1;
        let years = [&before, &after].map(|plan| plan["milestones"][at].clone());
        assert_eq!(years[0]["targets"] != years[1]["targets"], changes, "year {year}");
    }
    let met = run(&sandbox, &["plans", "check", "42", "--year", "4", "--exit-code"]).await;
    assert_eq!(met.code, 0, "{}", met.out);
    // The counters below the totals are nobody's business here.
    let further = |plan: &serde_json::Value| {
        plan["milestones"][3]["targets"][0]["number_of_african_male_temporary_employees"].clone()
    };
    assert_eq!(further(&before), further(&after));
    let again = run(&sandbox, &["plans", "draft", "42", "--turnover", "45", "--by", "4"]).await;
    assert!(
        again.err.contains("draft: 0 counters in 3 years"),
        "the same draft again changes nothing: {}",
        again.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_says_what_it_cannot_reach_and_what_would_do() {
    let sandbox = sandbox().await;
    let little =
        run(&sandbox, &["plans", "draft", "42", "--turnover", "2", "--turnover", "top_managers=0"]).await;
    assert_eq!(little.code, 0, "a draft that falls short is a draft: {}", little.err);
    assert!(little.err.contains("not reached in Year 5: Junior men: "), "{}", little.err);
    assert!(
        little.err.contains("short by replacement") && little.err.contains("% would do"),
        "{}",
        little.err
    );
    assert!(
        little.err.contains("Top: 9 people, growth 0 % and turnover 0 % a year: 9 in Year 5"),
        "{}",
        little.err
    );
    let other = run(&sandbox, &["plans", "draft", "42", "--from", "2001:1", "--meet", "sector"]).await;
    assert_eq!(other.code, 0, "{}", other.err);
    assert!(other.err.contains("profile: Karoo Lodges EE plan, Year 1"), "{}", other.err);
    assert!(other.out.contains("Year 2") && !other.out.contains("Year 1 "), "past years stay");
    for (arguments, words) in [
        (vec!["42", "--growth", "-20"], "asks for more leavers than a turnover of 10 % allows; "),
        (vec!["42", "--from", "42:5"], "no year is left to draft"),
        (vec!["42", "--growth", "1000"], "is a number mistyped?"),
        (vec!["42", "--from", "9"], "FY26 EE Plan has no Year 9; it has the years 1, 2, 3, 4, 5"),
        (vec!["42", "--from", "5"], "no year is left to draft"),
        (vec!["42", "--region", "Natal"], "there is no EAP of Natal; there are National"),
        (vec!["42", "--turnover", "bosses=3"], "“bosses” is no level; the levels are top_managers"),
        (vec!["42", "--turnover", "101"], "turnover is from 0 to 100 % a year"),
        (vec!["42", "--growth", "much"], "“much” is no per cent"),
        (vec!["42", "--from", "a:b"], "a plan and its year, such as 42:1"),
    ] {
        let refused = run(&sandbox, &[&["plans", "draft"][..], &arguments].concat()).await;
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{arguments:?}: {}", refused.err);
        assert!(refused.err.contains(words), "{arguments:?}: {}", refused.err);
    }
    let sector = run(&sandbox, &["plans", "draft", "42", "--sector", "Education"]).await;
    assert!(sector.code == 0 && sector.err.contains("so --sector is not used"), "{}", sector.err);
    let body = json!({"employment_equity_plan": {"sector": null}});
    ask(&sandbox, "PATCH", "/api/public/v1/employment_equity_plans/42", Some(body)).await;
    let open = run(&sandbox, &["plans", "draft", "42"]).await;
    assert!(open.code == 2 && open.err.contains("--sector gives one"), "{}", open.err);
    let eap = run(
        &sandbox,
        &["plans", "draft", "42", "--meet", "eap", "--region", "gauteng", "--vintage", "CEE26-QLFS-2025Q3"],
    )
    .await;
    assert!(eap.code == 0 && eap.err.contains("EAP of Gauteng (CEE26-QLFS-2025Q3;"), "{}", eap.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_plans_are_compared_cell_by_cell_and_by_what_is_achieved() {
    let sandbox = sandbox().await;
    let compared = run(&sandbox, &["plans", "diff", "42:2", "2001:1", "-o", "json"]).await;
    assert_eq!(compared.code, 0, "{}", compared.err);
    let compared = compared.json();
    let (planned, actual) = (plan(&sandbox, 42).await, plan(&sandbox, 2001).await);
    // Two tables of six levels and ten groups, and of six levels for men, women and all.
    assert_eq!(compared["cells"].as_array().unwrap().len(), 120);
    let groups = compared["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 36);
    assert_eq!(
        (&compared["planned"]["year"], &compared["actual"]["plan"]),
        (&json!(2), &json!("Karoo Lodges EE plan"))
    );
    for cell in
        compared["cells"].as_array().unwrap().iter().filter(|cell| cell["target_type"] == "all_employees")
    {
        let key = cell["counter"].as_str().unwrap().strip_prefix("number_of_").unwrap();
        let [from, to] = [counter(&planned, 2, 0, key), counter(&actual, 1, 0, key)];
        assert_eq!((&cell["planned"], &cell["actual"]), (&json!(from), &json!(to)), "{key}");
        assert_eq!(
            cell["difference"],
            json!(i64::try_from(to).unwrap() - i64::try_from(from).unwrap()),
            "{key}"
        );
    }
    let women = |plan: &Value, year: usize| -> u64 {
        let races = ["african", "coloured", "indian", "white"];
        races.iter().map(|race| counter(plan, year, 0, &format!("{race}_female_middle_managers"))).sum()
    };
    let of_middle = groups.iter().find(|row| {
        row["level"] == "middle_managers"
            && row["gender"] == "female"
            && row["target_type"] == "all_employees"
    });
    let of_middle = of_middle.unwrap();
    let (wanted, have) = (women(&planned, 2), women(&actual, 1));
    assert_eq!((&of_middle["planned"], &of_middle["actual"]), (&json!(wanted), &json!(have)));
    assert_eq!(of_middle["achieved"], json!(have >= wanted));

    let same = run(&sandbox, &["plans", "diff", "42:3", "42:3"]).await;
    assert_eq!(same.code, 0);
    assert!(!same.out.contains(" no") && !same.out.contains("+1"), "{}", same.out);
    let csv = run(&sandbox, &["plans", "diff", "42", "2001", "-o", "csv"]).await;
    assert_eq!(csv.out.lines().count(), 1 + 120 + 36, "{}", csv.out);
    let year = run(&sandbox, &["plans", "diff", "42:9", "2001"]).await;
    assert_eq!(
        (year.code, year.err.contains("has no Year 9; it has the years 1, 2, 3, 4, 5")),
        (2, true),
        "{}",
        year.err
    );
    assert_eq!(run(&sandbox, &["plans", "diff", "42", "99"]).await.code, 5);
}
