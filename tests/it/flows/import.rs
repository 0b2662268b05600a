//! Participants from a file: columns, checks, refused rows, batches, unknown outcomes, restarts; each checked
//! in the server's state.

use std::fs;
use std::path::PathBuf;

use bee_tui::runtime::journal::Journal;
use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::FaultAction;
use serde_json::{Value, json};

use crate::support::harness::{App, Setup, account, rows, sandbox};

const PATH: &str = "scorecards/scorecard_Y2EQKp8z1r9jeToPW6deGwo9/training_programs/32000/participants";

/// A file in a folder of its own.
fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    (dir, path)
}

async fn there(sandbox: &Sandbox) -> Vec<Value> {
    rows(sandbox, PATH).await
}

async fn at_participants(app: &mut App) {
    app.keys("2 /").await.text("acme construction").await.keys("enter enter enter").await;
    app.shows("Excel Advanced");
}

/// An app that shows the columns of a file.
async fn at_columns(sandbox: &Sandbox, path: &std::path::Path) -> App {
    let mut app = App::open(sandbox).await;
    at_participants(&mut app).await;
    app.keys("I").await.text(path.to_str().unwrap()).await.keys("enter").await.await_file().await;
    app
}

/// The rows of a file of this many people, all different.
fn people(n: usize) -> String {
    let row = |at: usize| format!("Person {at:04};F;African;100,5;no;no;no\r\n");
    format!(
        "Full name;Sex;Race;Course cost;Disabled;Foreign;Employed\r\n{}",
        (0..n).map(row).collect::<String>()
    )
}

#[tokio::test]
async fn a_south_african_excel_file_is_read_checked_staged_and_sent_in_batches() {
    let sandbox = sandbox().await;
    let before = there(&sandbox).await.len();
    let text = people(250).replace("Person 0003", "Zoë van Wyk");
    let (bytes, ..) = encoding(&text);
    let (_dir, path) = file("people.csv", &bytes);
    let mut app = at_columns(&sandbox, &path).await;
    app.shows("people.csv · headings in row 1 · 250 rows: 250 ready");
    assert!(app.line("Sex").contains("Gender"));
    app.keys("ctrl-s").await.shows("250 ready (A sends)");
    assert_eq!(there(&sandbox).await.len(), before, "nothing is sent before the yes");
    app.keys("A").await.shows("3 requests of at most 100");
    app.keys("y").await.shows("250 records saved");
    let after = there(&sandbox).await;
    assert_eq!(after.len(), before + 250);
    let zoe = after.iter().find(|p| p["full_name"] == "Zoë van Wyk").unwrap();
    assert_eq!((&zoe["gender"], &zoe["course_cost"]), (&json!("Female"), &json!("100.5")));
    app.keys("n esc").await.shows(&format!("{} participants", before + 250));
}

/// The text in Windows-1252, which Excel writes in South Africa.
fn encoding(text: &str) -> (Vec<u8>, usize) {
    let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let size = bytes.len();
    (bytes, size)
}

#[tokio::test]
async fn a_column_is_assigned_to_a_field_by_hand_and_remembered() {
    let sandbox = sandbox().await;
    let dir = tempfile::tempdir().unwrap();
    let journal = || Ok(Journal::open(dir.path(), &account(&sandbox)).unwrap().journal);
    let (_dir, path) =
        file("x.csv", b"Wer,gender,race,disabled,foreign,employed\nAnn,Female,White,no,no,no\n");
    let mut app = App::open_with(&sandbox, Setup { journal: journal(), ..App::setup(&sandbox) }).await;
    at_participants(&mut app).await;
    let keys =
        format!("I {} enter", path.to_str().unwrap().chars().map(|c| format!("{c} ")).collect::<String>());
    app.keys(&keys).await.await_file().await;
    assert!(app.line("Wer").contains("(leave out)"), "{}", app.screen());
    app.text("full name").await.keys("ctrl-s").await.shows("1 ready");
    app.keys("X").await;
    drop(app);
    let mut app = App::open_with(&sandbox, Setup { journal: journal(), ..App::setup(&sandbox) }).await;
    at_participants(&mut app).await;
    app.keys(&keys).await.await_file().await;
    assert!(app.line("Wer").contains("Full name"), "{}", app.screen());
}

#[tokio::test]
async fn rows_with_problems_are_held_fixed_in_place_and_then_sent() {
    let sandbox = sandbox().await;
    let before = there(&sandbox).await.len();
    let text = "full_name,gender,race,start_date,disabled,foreign,employed\nAnn,F,African,2026-02-03,no,no,no\n\
                Ben,Malee,White,13/02/2026,no,no,no\nCleo,F,Indian,31/02/2026,no,no,no\n";
    let (_dir, path) = file("x.csv", text.as_bytes());
    let mut app = at_columns(&sandbox, &path).await;
    app.keys("ctrl-s").await.shows("1 ready (A sends) · 2 to mend (n)");
    assert!(app.line("Ben").contains("cannot be sent: gender"), "{}", app.screen());
    app.keys("A y").await.shows("1 record saved");
    assert_eq!(there(&sandbox).await.len(), before + 1);
    app.keys("n enter").await.shows("Row 3");
    app.keys("ctrl-u M ctrl-s").await.shows("1 ready (A sends) · 1 to mend");
    app.keys("A y").await.shows("1 record saved");
    let ben = there(&sandbox).await.into_iter().find(|p| p["full_name"] == "Ben").unwrap();
    assert_eq!((&ben["gender"], &ben["start_date"]), (&json!("Male"), &json!("2026-02-13")));
    app.keys("n").await.shows("Cleo");
}

#[tokio::test]
async fn refused_rows_keep_the_servers_message_and_only_unaccepted_rows_are_sent_again() {
    let sandbox = sandbox().await;
    let before = there(&sandbox).await.len();
    let (_dir, path) = file("x.csv", people(120).as_bytes());
    let mut app = at_columns(&sandbox, &path).await;
    app.keys("ctrl-s").await;
    let refused = json!({"error": {"message": "One or more participant records are invalid.",
        "invalid_records": [{"id": null, "full_name": "Person 0007", "gender": "Female", "race": "African",
            "errors": ["Full name has been taken"]}]}});
    sandbox.inject_fault("POST", "participants", FaultAction::Respond(422, refused.to_string()));
    // The rows refused together with it are looked up and offered again; one yes sends one request for each.
    app.keys("A y").await.shows(
        "20 records saved · 1 refused by the server; they stay staged · 99 not made; they stay staged",
    );
    assert_eq!(there(&sandbox).await.len(), before + 20);
    app.keys("n").await;
    assert!(app.line("Person 0007").contains("refused: Full name has been taken"), "{}", app.screen());
    app.keys("A y").await.shows("100 records saved");
    let names: Vec<String> = there(&sandbox).await.iter().map(|p| p["full_name"].to_string()).collect();
    let mut people: Vec<&String> = names.iter().filter(|name| name.contains("Person ")).collect();
    people.sort();
    people.dedup();
    assert_eq!((people.len(), names.len()), (120, before + 120), "everybody is there once");
}

#[tokio::test]
async fn refused_rows_are_exported_with_their_reasons_and_can_be_imported_again() {
    let sandbox = sandbox().await;
    let (dir, path) = file("x.csv", b"full_name,gender,race,disabled,foreign,employed\nAnn,F,African,no,no,no\nBen,Malee,White,no,no,no\n");
    let mut app = at_columns(&sandbox, &path).await;
    for name in ["left.csv", "left.xlsx"] {
        let out = dir.path().join(name);
        if name == "left.csv" {
            app.keys("ctrl-s").await;
        }
        app.keys("E ctrl-u").await.text(out.to_str().unwrap()).await.keys("enter").await.await_file().await;
        app.shows("1 row written to");
        let read = bee_tui::runtime::files::read_sheets(&out).unwrap().remove(0).rows;
        assert_eq!(read[0][..4], ["reason", "row", "full_name", "gender"]);
        assert!(read[1][0].contains("gender: it takes one of: Male, Female"), "{}", read[1][0]);
        assert_eq!(read[1][1..4], ["3", "Ben", "Malee"]);
    }
}

#[tokio::test]
async fn duplicates_in_the_file_and_on_the_server_are_held_until_confirmed() {
    let sandbox = sandbox().await;
    let first = there(&sandbox).await[0].clone();
    let mut text = String::from(
        "full_name,id_number,gender,race,start_date,end_date,course_cost,travel_cost,\
                                 catering_cost,salary_cost,man_hours\n",
    );
    let field = |name: &str| first[name].as_str().unwrap().to_owned();
    let cells = [
        "full_name",
        "id_number",
        "gender",
        "race",
        "start_date",
        "end_date",
        "course_cost",
        "travel_cost",
        "catering_cost",
        "salary_cost",
        "man_hours",
    ];
    text += &(cells.map(field).join(",") + "\n");
    text += "Ann,,F,African,,,,,,,\nAnn,,F,African,,,,,,,\n";
    let (_dir, path) = file("x.csv", text.as_bytes());
    let mut app = at_columns(&sandbox, &path).await;
    app.shows("3 rows: 1 ready, 1 held, 1 on the server already");
    app.text("server")
        .await
        .keys("tab n o tab n o tab n o ctrl-s")
        .await
        .shows("1 ready (A sends) · 1 held (m)");
    app.shows("2 rows staged; 1 are on the server already");
    app.shows("held: it is the same as another r");
    app.keys("A y").await.shows("1 record saved");
    app.keys("n G m A y").await.shows("1 record saved");
    assert_eq!(there(&sandbox).await.iter().filter(|p| p["full_name"] == "Ann").count(), 2);
}

#[tokio::test]
async fn an_import_resumes_after_a_restart_and_a_lost_response_creates_nobody_twice() {
    let sandbox = sandbox().await;
    let before = there(&sandbox).await.len();
    let dir = tempfile::tempdir().unwrap();
    let journal = || Ok(Journal::open(dir.path(), &account(&sandbox)).unwrap().journal);
    let (_dir, path) = file("x.csv", people(150).as_bytes());
    let mut app = App::open_with(&sandbox, Setup { journal: journal(), ..App::setup(&sandbox) }).await;
    at_participants(&mut app).await;
    app.keys("I").await.text(path.to_str().unwrap()).await.keys("enter").await.await_file().await;
    app.keys("ctrl-s").await.shows("150 ready");
    // The response to the first batch is lost, and the program is killed before it can reconcile.
    sandbox.inject_fault("POST", "participants", FaultAction::DropResponse);
    app.keys("A").await;
    app.kill_after_sending("y").await;
    assert_eq!(there(&sandbox).await.len(), before + 100);
    drop(app);
    let mut app = App::open_with(&sandbox, Setup { journal: journal(), ..App::setup(&sandbox) }).await;
    app.shows("100 changes of unknown outcome turned out to be saved");
    at_participants(&mut app).await;
    app.keys("I").await.shows("50 ready");
    app.keys("A y").await.shows("50 records saved");
    let names: std::collections::BTreeSet<String> = there(&sandbox)
        .await
        .iter()
        .map(|p| p["full_name"].to_string())
        .filter(|n| n.contains("Person"))
        .collect();
    assert_eq!((names.len(), there(&sandbox).await.len()), (150, before + 150));
    drop(app);
    // None of the people's data is left on disk.
    for entry in fs::read_dir(dir.path()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(9).any(|w| w == b"Person 00"), "a name is still on disk");
    }
}

#[tokio::test]
async fn an_import_is_stopped_between_two_batches_and_the_rest_stays_staged() {
    let sandbox = sandbox().await;
    let before = there(&sandbox).await.len();
    let (_dir, path) = file("x.csv", people(300).as_bytes());
    let mut app = at_columns(&sandbox, &path).await;
    app.keys("ctrl-s A").await;
    app.wait(std::time::Duration::from_secs(1));
    app.key_at_once("y");
    app.step_replies_until_sending().await;
    app.key_at_once("ctrl-c");
    app.shows("bee-tui stops after the request in flight");
    app.settle().await;
    app.shows("stopped; the rest stays staged");
    assert_eq!(there(&sandbox).await.len(), before + 100);
    app.shows("200 ready");
}

#[tokio::test]
async fn a_template_is_written_filled_in_and_imported() {
    let sandbox = sandbox().await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("template.csv");
    let mut app = App::open(&sandbox).await;
    app.keys("2 /").await.text("acme construction").await.keys("enter enter a").await;
    app.fill(&["Empty program", "E"]).await.keys("ctrl-s A y n /").await;
    app.text("Empty program").await.keys("enter enter").await.shows("E writes a template");
    app.keys("E ctrl-u").await.text(path.to_str().unwrap()).await.keys("enter").await.await_file().await;
    let mut text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("full_name,gender,disabled,foreign,race,id_number"), "{text}");
    text += "Ann,Female,no,no,African\n";
    fs::write(&path, text).unwrap();
    app.keys("I").await.text(path.to_str().unwrap()).await.keys("enter").await.await_file().await;
    app.text("server").await.keys("ctrl-s A y").await.shows("1 record saved");
}

#[tokio::test]
async fn an_unreadable_file_is_reported_and_nothing_is_staged() {
    let sandbox = sandbox().await;
    let (dir, path) = file("x.csv", b"");
    let mut app = at_columns(&sandbox, &path).await;
    app.shows("has no rows");
    app.keys("ctrl-u").await.text(dir.path().join("none.csv").to_str().unwrap()).await;
    app.keys("enter").await.await_file().await.shows("none.csv");
    app.hides("1 staged");
}
