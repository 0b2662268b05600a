//! Records on a server that answers wrongly, late or not at all, and in a workspace where much happens at
//! once: nothing is lost, nothing is sent twice, and nothing is claimed that is not known.

use std::time::Duration;

use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::{FaultAction, SandboxOptions};
use serde_json::{Value, json};

use crate::flows::records::{at_acme, at_participants, at_programs};
use crate::support::harness::{ACME, App, api, ask, fault_each, rows, sandbox};

#[tokio::test]
async fn a_replacement_keeps_the_old_record_when_the_response_shows_no_new_one() {
    for echo in ["100000", "null"] {
        let sandbox = sandbox().await;
        let (mut app, path) = at_participants(&sandbox).await;
        let old = rows(&sandbox, &path).await[0].clone();
        app.keys("e ctrl-u").await.text("Renamed Person").await.keys("ctrl-s").await;
        let mut answer = old.clone();
        answer["full_name"] = json!("Renamed Person");
        let body = json!([answer]).to_string().replace("100000,", &format!("{echo},"));
        sandbox.inject_fault("POST", "participants", FaultAction::Respond(201, body));
        app.keys("A").await.text(old["full_name"].as_str().unwrap()).await.keys("enter").await;
        app.shows("0 records saved");
        assert!(
            rows(&sandbox, &path).await.iter().any(|p| p["id"] == old["id"]),
            "the old one is still there"
        );
    }
}

#[tokio::test]
async fn a_deletion_answered_with_a_web_page_is_not_saved_until_reading_shows_it() {
    let sandbox = sandbox().await;
    let (mut app, path) = at_participants(&sandbox).await;
    let before = rows(&sandbox, &path).await;
    let name = before[0]["full_name"].as_str().unwrap();
    app.keys("D ctrl-s").await;
    sandbox.inject_fault(
        "DELETE",
        "participants",
        FaultAction::Respond(200, "<html>logged out</html>".into()),
    );
    app.keys("A").await.text(name).await.keys("enter").await.shows("0 records saved");
    app.shows("1 staged");
    assert_eq!(rows(&sandbox, &path).await.len(), before.len());
    app.keys("A").await.text(name).await.keys("enter").await.shows("1 record saved (1 deleted)");
    assert_eq!(rows(&sandbox, &path).await.len(), before.len() - 1);
}

#[tokio::test]
async fn a_failed_page_leaves_nothing_in_flight_and_says_how_much_was_read() {
    let options = SandboxOptions { participants: 20_000, in_one_program: true, ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let mut app = at_programs(&sandbox).await;
    sandbox.inject_fault("GET", "participants", FaultAction::Pass);
    sandbox.inject_fault("GET", "participants", FaultAction::Pass);
    for _ in 0..40 {
        sandbox.inject_fault("GET", "participants", FaultAction::Respond(500, String::new()));
    }
    app.keys("enter").await.shows("the server failed (500)");
    sandbox.clear_faults();
    assert!(app.runner.model.engine().requests().is_empty());
    app.shows("of 20000 could be read");
    app.keys("r").await.shows("20000 participants");
    app.hides("could be read");
}

#[tokio::test]
async fn editing_a_conflict_again_leaves_it_a_conflict() {
    let sandbox = sandbox().await;
    let mut app = at_acme(&sandbox).await;
    app.keys("e").await.fill(&["", "", "", "", "Limpopo"]).await.keys("enter").await;
    let path = api(&format!("scorecards/{ACME}"));
    let body = json!({"scorecard": {"province": "North West"}});
    ask(&sandbox, "PUT", &path, Some(body)).await;
    app.keys("r e").await.fill(&["", "", "", "", "Free State"]).await.keys("ctrl-s").await;
    app.shows("conflict: the server has province North West now");
}

#[tokio::test]
async fn a_form_never_changes_a_field_nobody_touched() {
    let sandbox = sandbox().await;
    let list = json!([{"id": ACME, "description": "Odd", "start_date": "2025-09-01", "end_date": "2026-08-31",
        "charter_id": "agri", "province": "Western", "created_at": null, "updated_at": null}]);
    let mut app = App::open(&sandbox).await;
    sandbox.inject_fault("GET", "scorecards", FaultAction::Respond(200, list.to_string()));
    app.keys("2 e").await.text(" one").await.keys("tab tab tab tab tab").await;
    sandbox.inject_fault("GET", "scorecards", FaultAction::Respond(200, list.to_string()));
    app.keys("ctrl-s v").await.shows(r#"{"scorecard":{"description":"Odd one"}}"#);
}

#[tokio::test]
async fn no_popup_opens_while_somebody_types_in_a_form() {
    let sandbox = sandbox().await;
    let (mut app, _) = at_participants(&sandbox).await;
    app.keys("a").await.fill(&["One", "f", "", "", "african"]).await.keys("ctrl-s A").await;
    app.wait(std::time::Duration::from_secs(1));
    for key in ["y", "esc", "a", "T"] {
        app.key_at_once(key);
    }
    app.settle().await;
    app.shows("New participant");
    app.hides("Recalculate One");
    app.text("yyy").await.shows("Tyyy");
    assert!(app.runner.model.workspace().watches.is_empty(), "no recalculation was started");
    app.keys("esc").await.wait(std::time::Duration::from_secs(1));
    app.keys("y").await.shows("Recalculate");
}

#[tokio::test]
async fn a_change_dropped_during_an_apply_is_not_sent() {
    let sandbox = sandbox().await;
    let (mut app, path) = at_participants(&sandbox).await;
    let twin = ["Twin", "f", "", "", "african"];
    app.keys("a").await.fill(&twin).await.keys("ctrl-s A y").await.shows("1 record saved");
    app.keys("n a").await.fill(&twin).await.keys("ctrl-s A y").await.shows("held");
    app.keys("esc a").await.fill(&["New", "f", "", "", "african"]).await.keys("ctrl-s A").await;
    app.wait(std::time::Duration::from_secs(1));
    app.key_at_once("y");
    app.key_at_once("m");
    app.settle().await;
    let names: Vec<Value> = rows(&sandbox, &path).await.iter().map(|p| p["full_name"].clone()).collect();
    assert_eq!(names.iter().filter(|name| **name == "Twin").count(), 1);
    assert_eq!(names.iter().filter(|name| **name == "New").count(), 1);
}

#[tokio::test]
async fn a_creation_without_a_response_is_sent_once_and_found_by_reading() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    sandbox.inject_fault("POST", "scorecards", FaultAction::DropResponse);
    app.keys("2 a").await;
    app.fill(&["New scorecard", "01/09/2026", "2027-08-31", "attorneys", "Limpopo"]).await;
    app.keys("ctrl-s A y").await;
    let (_, scorecards) = ask(&sandbox, "GET", &api("scorecards"), None).await;
    let named = |card: &&Value| card["description"] == "New scorecard";
    assert_eq!(scorecards.as_array().unwrap().iter().filter(named).count(), 1);
    assert_eq!(app.runner.model.workspace().staged_count(), 0, "reading has found it");
}

#[tokio::test]
async fn a_row_sent_while_its_form_was_open_is_not_created_twice() {
    let sandbox = sandbox().await;
    let (mut app, path) = at_participants(&sandbox).await;
    let before = rows(&sandbox, &path).await.len();
    app.keys("a").await.fill(&["One", "f", "", "", "african"]).await.keys("ctrl-s A").await;
    app.wait(std::time::Duration::from_secs(1));
    for key in ["y", "enter", "X"] {
        app.key_at_once(key);
    }
    app.settle().await;
    app.keys("ctrl-s").await.shows("has been sent or changed since this form was opened");
    assert_eq!(rows(&sandbox, &path).await.len(), before + 1);
}

#[tokio::test]
async fn a_rounded_response_is_saved_with_a_notice_and_one_with_another_name_is_not() {
    let sandbox = sandbox().await;
    let (mut app, path) = at_participants(&sandbox).await;
    let person = |name: &str| {
        json!([{"id": 777, "full_name": name, "gender": "Female", "race": "African",
        "course_cost": "10.1"}])
    };
    let fields = ["Ann Nkosi", "f", "", "", "african", "", "", "", "", "", "", "", "", "", "10.1264"];
    app.keys("a").await.fill(&fields).await.keys("ctrl-s").await;
    sandbox.inject_fault(
        "POST",
        "participants",
        FaultAction::Respond(201, person("Somebody Else").to_string()),
    );
    app.keys("A y").await.shows("0 records saved");
    app.shows("unknown");
    assert!(rows(&sandbox, &path).await.iter().all(|p| p["full_name"] != "Ann Nkosi"));
    app.keys("m").await;
    sandbox.inject_fault("POST", "participants", FaultAction::Respond(201, person("ann  nkosi").to_string()));
    app.keys("A y").await.shows("1 record saved");
    app.shows("Course cost is 10.1 instead of 10.1264");
}

/// Renames the first participant and applies that on a server with this fault.
async fn rename_first(app: &mut App, path: &str, sandbox: &Sandbox, does: FaultAction) -> Value {
    let old = rows(sandbox, path).await[0].clone();
    app.keys("e ctrl-u").await.text("Renamed Person").await.keys("ctrl-s").await;
    sandbox.inject_fault("POST", "participants", does);
    app.keys("A").await.text(old["full_name"].as_str().unwrap()).await.keys("enter").await;
    old
}

async fn is_there(sandbox: &Sandbox, path: &str, record: &Value) -> bool {
    rows(sandbox, path).await.iter().any(|p| p["id"] == record["id"])
}

#[tokio::test]
async fn a_replacement_keeps_the_old_record_when_the_response_lacks_or_alters_the_person() {
    let another = json!({"id": 9999, "full_name": "Renamed Person", "id_number": "8001015009087"});
    for body in [json!({"id": 9999}), another] {
        let sandbox = sandbox().await;
        let (mut app, path) = at_participants(&sandbox).await;
        let answer = FaultAction::Respond(201, json!([body]).to_string());
        let old = rename_first(&mut app, &path, &sandbox, answer).await;
        app.shows("0 records saved");
        assert!(is_there(&sandbox, &path, &old).await);
    }
    let sandbox = sandbox().await;
    let (mut app, path) = at_participants(&sandbox).await;
    let mut answer = rows(&sandbox, &path).await[0].clone();
    answer["id"] = json!(9999);
    answer["full_name"] = json!("Renamed Person");
    answer["business_unit"] = json!("Made up by the server");
    let does = FaultAction::Respond(201, json!([answer]).to_string());
    let old = rename_first(&mut app, &path, &sandbox, does).await;
    app.shows("Business unit is Made up by the server");
    app.keys("n A").await.shows("nothing can be sent: each change says what stands in its way");
    assert!(is_there(&sandbox, &path, &old).await, "a person looks before it is deleted");
    app.keys("m A").await.text(old["full_name"].as_str().unwrap()).await.keys("enter").await;
    app.shows("1 record saved (1 deleted)");
    assert!(!is_there(&sandbox, &path, &old).await);
}

#[tokio::test]
async fn dropping_a_replacement_of_unknown_outcome_never_deletes_the_old_record() {
    let sandbox = sandbox().await;
    let (mut app, path) = at_participants(&sandbox).await;
    let old = rename_first(&mut app, &path, &sandbox, FaultAction::DropRequest).await;
    app.shows("unknown");
    app.keys("t").await.hides("1 staged");
    assert!(is_there(&sandbox, &path, &old).await);
}

#[tokio::test]
async fn two_staged_records_with_the_same_natural_key_are_held_until_confirmed() {
    let sandbox = sandbox().await;
    let (mut app, path) = at_participants(&sandbox).await;
    let before = rows(&sandbox, &path).await.len();
    let twin = ["Twin", "f", "", "", "african"];
    app.keys("a").await.fill(&twin).await.keys("ctrl-s esc a").await.fill(&twin).await;
    app.keys("ctrl-s A y").await.shows("1 record saved");
    app.shows("1 held");
    assert_eq!(rows(&sandbox, &path).await.len(), before + 1);
}

#[tokio::test]
async fn undo_and_redo_do_not_stage_a_sent_change_again() {
    let sandbox = sandbox().await;
    let (mut app, _) = at_participants(&sandbox).await;
    app.keys("a").await.fill(&["New", "f", "", "", "african"]).await.keys("ctrl-s A y n").await;
    app.keys("u").await.shows("has been sent or changed since");
    app.keys("U").await.shows("nothing to redo here");
    app.hides("staged");
}

#[tokio::test]
async fn a_staged_deletion_is_kept_when_a_list_lacks_the_record() {
    let sandbox = sandbox().await;
    let (mut app, path) = at_participants(&sandbox).await;
    let before = rows(&sandbox, &path).await;
    app.keys("D").await.shows("1 staged");
    sandbox.inject_fault("GET", "participants", FaultAction::Respond(200, json!(before[1..]).to_string()));
    app.keys("r").await.shows("1 staged");
    let name = before[0]["full_name"].as_str().unwrap();
    app.keys("ctrl-s A").await.text(name).await.keys("enter").await.shows("1 record saved (1 deleted)");
    assert_eq!(rows(&sandbox, &path).await.len(), before.len() - 1);
}

#[tokio::test]
async fn a_program_with_an_unreadable_field_is_not_sent_without_that_field() {
    let sandbox = sandbox().await;
    let mut app = at_programs(&sandbox).await;
    let mut list = rows(&sandbox, &format!("scorecards/{ACME}/training_programs")).await;
    app.keys("e").await.fill(&["", "", "", "y"]).await.keys("enter ctrl-s esc").await;
    list[0]["municipality"] = json!(["a", "list"]);
    for _ in 0..2 {
        sandbox.inject_fault("GET", "training_programs", FaultAction::Respond(200, json!(list).to_string()));
    }
    app.keys("r ctrl-s").await.shows("Municipality cannot be read and would be lost");
    app.keys("A").await.shows("nothing can be sent: each change says what stands in its way");
    let after = rows(&sandbox, &format!("scorecards/{ACME}/training_programs")).await;
    assert_eq!(after[0]["scholarship"], false);
}

#[tokio::test]
async fn an_update_stays_unknown_while_the_list_omits_its_field() {
    let sandbox = sandbox().await;
    let mut app = at_acme(&sandbox).await;
    app.keys("e").await.fill(&["", "", "", "", "Limpopo"]).await.keys("ctrl-s").await;
    let list = json!([{"id": ACME, "description": "Acme"}]);
    sandbox.inject_fault("GET", "scorecards", FaultAction::Pass);
    sandbox.inject_fault("GET", "scorecards", FaultAction::Respond(200, list.to_string()));
    fault_each(&sandbox, "PUT", "scorecards", &FaultAction::DropResponse);
    app.keys("A y").await.shows("1 unknown");
    app.keys("esc r").await.hides("1 staged");
}

#[tokio::test]
async fn a_list_with_an_impossible_page_count_is_never_taken_for_complete() {
    let options = SandboxOptions { participants: 2_000, in_one_program: true, ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let mut app = at_programs(&sandbox).await;
    app.keys("enter").await.shows("2000 participants");
    let path = format!("scorecards/{ACME}/training_programs");
    let program = rows(&sandbox, &path).await[0]["id"].clone();
    let people = rows(&sandbox, &format!("{path}/{program}/participants")).await;
    assert_eq!(people.len(), 1000, "a page each");
    for person in &people {
        let body = json!({"data": [person], "meta": {"pages": 5000, "count": 5000}});
        sandbox.inject_fault("GET", "participants", FaultAction::Respond(200, body.to_string()));
    }
    app.keys("r").await.shows("more pages than are read");
    app.shows("2000 participants");
}

#[tokio::test]
async fn late_popups_wait_until_the_form_is_left() {
    let options = SandboxOptions { recalculation: Duration::from_hours(1), ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let mut app = at_acme(&sandbox).await;
    ask(&sandbox, "PUT", &api(&format!("scorecards/{ACME}/recalculate")), None).await;
    app.keys("C").await.wait(Duration::from_secs(1));
    for key in ["y", "esc", "J", "a", "Q"] {
        app.key_at_once(key);
    }
    app.settle().await;
    app.text(" now2").await.shows("Q now2");
    app.hides("Already running");
    app.keys("esc").await.wait(Duration::from_secs(1));
    app.keys("y").await.shows("Already running");
}

#[tokio::test]
async fn a_creation_that_may_exist_with_other_values_is_resent_only_after_confirmation() {
    let sandbox = sandbox().await;
    let (mut app, path) = at_participants(&sandbox).await;
    app.keys("a").await.fill(&["Lost", "f", "", "", "african"]).await.keys("ctrl-s").await;
    sandbox.inject_fault("POST", "participants", FaultAction::DropRequest);
    app.keys("A y").await.shows("1 unknown");
    let made = json!({"participants": [{"full_name": "Lost", "gender": "Female", "race": "African",
        "disabled": false, "foreign": false, "course_cost": "9.5"}]});
    assert_eq!(ask(&sandbox, "POST", &api(&path), Some(made)).await.0, 201);
    app.ring().await;
    app.shows("held: one of that name is there");
    app.keys("A").await.shows("nothing can be sent");
}

#[tokio::test]
async fn undo_never_stages_a_second_change_of_a_record() {
    let sandbox = sandbox().await;
    let (mut app, path) = at_participants(&sandbox).await;
    app.keys("e").await.text(" one").await.keys("ctrl-s X esc").await.hides("staged");
    let mut answer = rows(&sandbox, &path).await[0].clone();
    answer["id"] = json!(9999);
    answer["full_name"] = json!("Renamed Person");
    answer["business_unit"] = json!("Made up by the server");
    rename_first(&mut app, &path, &sandbox, FaultAction::Respond(201, json!([answer]).to_string())).await;
    app.keys("n esc").await.shows("1 staged");
    for key in ["u", "u", "U", "U"] {
        app.keys(key).await.shows("1 staged");
    }
}

#[tokio::test]
async fn a_form_is_never_lost_without_asking_whatever_popup_is_open() {
    let sandbox = sandbox().await;
    let mut app = at_programs(&sandbox).await;
    app.keys("a").await.text("Welding").await;
    for over in ["ctrl-q", "f1 ctrl-q", "esc"] {
        app.keys(over).await.shows("Leave the form?");
        app.keys("n").await.shows("Welding");
    }
}
