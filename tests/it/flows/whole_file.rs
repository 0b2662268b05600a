//! A whole file of several training programs, imported into a scorecard: grouped, staged, reviewed and sent, each
//! checked in the server's state.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bee_tui::runtime::journal::Journal;
use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::FaultAction;
use insta::assert_snapshot;

use crate::support::harness::{App, Setup, account, rows, sandbox};

const PROGRAMS: &str = "scorecards/scorecard_Y2EQKp8z1r9jeToPW6deGwo9/training_programs";
const NAMES: [&str; 3] = ["First aid level 2", "Project management", "Bricklaying learnership"];

/// A workbook of this many people in three programs, with a title above the headings and a total below, written by a
/// library that the program does not use.
fn workbook(dir: &Path, people: usize) -> PathBuf {
    let mut book = umya_spreadsheet::new_file();
    let sheet = book.sheet_by_name_mut("Sheet1").unwrap();
    sheet.cell_mut("A1").set_value_string("Acme Construction: skills development 2025/26");
    let headings = [
        "Programme *",
        "Category",
        "Training Provider",
        "First Name *",
        "Surname *",
        "Race",
        "Gender",
        "Disabled",
        "Foreign National",
        "Employed",
        "Employment Status",
        "Start Date",
        "Course Cost (R)",
    ];
    let mut set = |column: usize, row: usize, text: &str| {
        let at = (column as u32 + 1, row as u32);
        sheet.cell_mut(at).set_value_string(text);
    };
    for (column, heading) in headings.into_iter().enumerate() {
        set(column, 3, heading);
    }
    for at in 0..people {
        let (name, category) = (NAMES[at % 3], ["E", "B", "C"][at % 3]);
        let gender = if at == 4 { "Mann" } else { "F" };
        let cost = if at == 7 { "90 000,00" } else { "1 500,50" };
        let person = format!("Thandi{at}");
        let cells = [
            name,
            category,
            "SkillsCo",
            &person,
            "Example",
            "African",
            gender,
            "No",
            "No",
            "Yes",
            "Permanent",
            "2026/02/03",
            cost,
        ];
        for (column, cell) in cells.into_iter().enumerate() {
            set(column, at + 4, cell);
        }
    }
    set(3, people + 4, "TOTAL");
    set(12, people + 4, "1234");
    let path = dir.join("year.xlsx");
    umya_spreadsheet::writer::xlsx::write(&book, &path).unwrap();
    path
}

/// An app with the answers of a file that is imported into Acme's scorecard.
async fn at_answers(sandbox: &Sandbox, setup: Setup, path: &Path) -> App {
    let mut app = App::open_with(sandbox, setup).await;
    at_programs(&mut app).await;
    app.keys("I").await.text(path.to_str().unwrap()).await.keys("enter").await.await_file().await;
    app
}

async fn at_programs(app: &mut App) {
    app.keys("2 /").await.text("acme construction").await.keys("enter enter").await;
}

/// The names of the people of each of the three programs on the server; a program may be there once.
async fn people(sandbox: &Sandbox) -> BTreeMap<String, Vec<String>> {
    let mut there = BTreeMap::new();
    for program in rows(sandbox, PROGRAMS).await {
        let name = program["name"].as_str().unwrap().to_owned();
        if !NAMES.contains(&name.as_str()) {
            continue;
        }
        let people = rows(sandbox, &format!("{PROGRAMS}/{}/participants", program["id"])).await;
        let mut names: Vec<String> =
            people.iter().map(|p| p["full_name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        assert!(there.insert(name.clone(), names).is_none(), "{name} is there twice");
    }
    there
}

/// The people of each program as the workbook has them.
fn wanted(people: usize) -> BTreeMap<String, Vec<String>> {
    let mut wanted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for at in 0..people {
        wanted.entry(NAMES[at % 3].to_owned()).or_default().push(format!("Thandi{at} Example"));
    }
    for names in wanted.values_mut() {
        names.sort();
    }
    wanted
}

/// Says that `Mann` is a man, and stages the file.
async fn stage(app: &mut App) {
    app.shows("3 training programs");
    app.text("male").await.keys("ctrl-s").await;
}

#[tokio::test]
async fn a_whole_workbook_becomes_programs_and_their_participants_once() {
    let sandbox = sandbox().await;
    let dir = tempfile::tempdir().unwrap();
    let path = workbook(dir.path(), 24);
    for size in [(80, 24), (120, 40)] {
        let mut app = at_answers(&sandbox, Setup { size, ..App::setup(&sandbox) }, &path).await;
        assert_snapshot!(format!("whole_file_answers_{}", size.0), app.screen());
        stage(&mut app).await;
        app.keys("ctrl-s").await;
        assert_snapshot!(format!("whole_file_review_{}", size.0), app.screen());
    }
    let mut app = at_answers(&sandbox, App::setup(&sandbox), &path).await;
    stage(&mut app).await;
    app.keys("ctrl-s").await;
    assert_eq!(
        app.line("First aid level 2").split_whitespace().collect::<Vec<_>>()[2..],
        ["First", "aid", "level", "2", "new", "8", "participants", "│"]
    );
    app.shows("Participants of Project management (new) · 7 ready, 1 held");
    assert!(people(&sandbox).await.is_empty(), "nothing is sent before the yes");
    // The row with ten times the cost waits for a word of its own.
    app.keys("A y").await;
    let mut all_but_one = wanted(24);
    all_but_one.get_mut("Project management").unwrap().retain(|name| name != "Thandi7 Example");
    assert_eq!(people(&sandbox).await, all_but_one);
    app.keys("esc esc B").await.shows("1 reason");
    app.keys("m ctrl-s A y").await;
    assert_eq!(people(&sandbox).await, wanted(24));
    let course = rows(&sandbox, PROGRAMS).await.into_iter().find(|p| p["name"] == NAMES[1]).unwrap();
    assert_eq!(
        (course["category"].as_str(), course["training_provider"].as_str()),
        (Some("B"), Some("SkillsCo"))
    );
}

#[tokio::test]
async fn a_meaning_that_is_none_of_the_choices_is_refused_and_nothing_is_staged() {
    let sandbox = sandbox().await;
    let dir = tempfile::tempdir().unwrap();
    let path = workbook(dir.path(), 6);
    let mut app = at_answers(&sandbox, App::setup(&sandbox), &path).await;
    app.text("martian").await.keys("tab tab ctrl-s").await;
    app.shows("column Gender: `martian` cannot be what `Mann` means; choose one from the list");
    app.hides("staged; nothing");
    app.keys("ctrl-u").await.text("male").await.keys("ctrl-s").await.shows("6 rows staged");
}

#[tokio::test]
async fn a_file_that_is_there_already_stages_nothing() {
    let sandbox = sandbox().await;
    let dir = tempfile::tempdir().unwrap();
    let path = workbook(dir.path(), 6);
    let mut app = at_answers(&sandbox, App::setup(&sandbox), &path).await;
    stage(&mut app).await;
    app.keys("ctrl-s A y").await;
    assert_eq!(people(&sandbox).await, wanted(6));
    drop(app);
    let mut app = at_answers(&sandbox, App::setup(&sandbox), &path).await;
    app.shows("5 on the server already");
    app.text("male").await.keys("tab").await;
    app.shows("6 on the server already");
    app.keys("ctrl-s").await.hides("staged");
    assert_eq!(people(&sandbox).await, wanted(6));
}

#[tokio::test]
async fn a_program_that_is_not_saved_holds_its_participants_and_the_others_go() {
    let sandbox = sandbox().await;
    let dir = tempfile::tempdir().unwrap();
    let path = workbook(dir.path(), 6);
    let mut app = at_answers(&sandbox, App::setup(&sandbox), &path).await;
    stage(&mut app).await;
    let refused = r#"{"errors": ["Name is reserved"]}"#;
    sandbox.inject_fault("POST", "training_programs", FaultAction::Respond(422, refused.into()));
    app.keys("ctrl-s A y").await;
    let mut others = wanted(6);
    others.remove(NAMES[0]);
    assert_eq!(people(&sandbox).await, others);
    app.shows("Name is reserved");
    app.keys("n 4").await;
    assert_eq!(app.line("Thandi0 Example").matches("waits").count(), 1, "{}", app.screen());
    app.keys("ctrl-s A y").await;
    assert_eq!(people(&sandbox).await, wanted(6), "sent again, everything is there once");
}

#[tokio::test]
async fn killed_after_any_reply_and_started_again_nothing_is_twice() {
    let mut is_over = false;
    for replies in 0.. {
        if is_over {
            // Three programs and the people of each, and what is read to be sure of them.
            assert!(replies > 6, "the import takes {replies} replies");
            break;
        }
        let sandbox = sandbox().await;
        let dir = tempfile::tempdir().unwrap();
        let path = workbook(dir.path(), 6);
        let journal = || Ok(Journal::open(dir.path(), &account(&sandbox)).unwrap().journal);
        let setup = || Setup { journal: journal(), ..App::setup(&sandbox) };
        let mut app = at_answers(&sandbox, setup(), &path).await;
        stage(&mut app).await;
        app.keys("ctrl-s A").await;
        app.wait(std::time::Duration::from_secs(1));
        app.key_at_once("y");
        is_over = app.kill_after_replies(replies).await;
        drop(app);
        let mut app = App::open_with(&sandbox, setup()).await;
        app.keys("ctrl-s").await;
        if app.screen().contains(" staged") {
            app.keys("A y").await;
        }
        assert_eq!(people(&sandbox).await, wanted(6), "killed after {replies} replies");
    }
}

#[tokio::test]
async fn a_whole_group_is_mended_released_and_dropped_at_once() {
    let sandbox = sandbox().await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("people.csv");
    let mut text = String::from("Full name;Gender;Race;Disabled;Foreign;Employed;Course cost\n");
    for at in 0..8 {
        let (gender, cost) = (if at < 3 { "Mann" } else { "F" }, if at == 7 { "20000,00" } else { "150,50" });
        text += &format!("Thandi{at} Example;{gender};African;no;no;no;{cost}\n");
    }
    std::fs::write(&path, text).unwrap();
    for size in [(80, 24), (120, 40)] {
        let mut app = App::open_with(&sandbox, Setup { size, ..App::setup(&sandbox) }).await;
        at_programs(&mut app).await;
        app.keys("enter I").await.text(path.to_str().unwrap()).await.keys("enter").await.await_file().await;
        assert_snapshot!(format!("panel_of_values_{}", size.0), app.screen());
        app.keys("ctrl-s").await.shows("4 ready (A sends) · 3 to mend (n) · 1 held (m)");
        app.keys("B").await.shows("2 reasons");
        assert_snapshot!(format!("staged_groups_{}", size.0), app.screen());
        // All three at once, taken back at once, and done again.
        app.keys("e M ctrl-s").await.shows("1 reason");
        app.keys("u").await.shows("2 reasons");
        app.keys("U").await.shows("1 reason");
        app.keys("m").await.shows("0 reasons");
        app.keys("u").await.shows("1 reason");
        app.keys("X").await.shows("0 reasons");
        app.keys("esc").await.shows("7 ready (A sends)");
        app.keys("n").await;
        app.hides("Thandi7");
    }
}

#[tokio::test]
async fn a_new_program_is_sent_with_the_category_that_is_said_and_with_no_other() {
    let sandbox = sandbox().await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("export.csv");
    let text = "Qualification Title,Full Name,Gender,Race,Disabled,Foreign,Starting Employment Status\n\
                First aid level 2,Ann Example,F,White,No,No,Unemployed\n";
    std::fs::write(&path, text).unwrap();
    let mut app = at_answers(&sandbox, App::setup(&sandbox), &path).await;
    app.shows("Category of First aid level 2");
    app.text("Z").await.keys("ctrl-s").await;
    app.shows("`Z` is no category of First aid level 2; choose one from the list");
    app.hides("rows staged");
    app.keys("ctrl-u").await.text("E").await.keys("ctrl-s ctrl-s A y").await;
    let programs = rows(&sandbox, PROGRAMS).await;
    let made = programs.iter().find(|program| program["name"] == "First aid level 2").unwrap();
    assert_eq!(made["category"], "E");
    assert_eq!(people(&sandbox).await["First aid level 2"], ["Ann Example"]);
}
