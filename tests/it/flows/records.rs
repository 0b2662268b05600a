//! Every kind of record in the documents, on screen: listed, created, edited, deleted by form, each checked
//! in the server's state.

use bee_tui::config::WritePolicy;
use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::{FaultAction, SandboxOptions};
use serde_json::{Value, json};

use crate::support::harness::{ACME, App, Setup, api, ask, plan, rows, sandbox};

const PROPERTY: &str = "Baobab Property Owners";

async fn scorecards(sandbox: &Sandbox) -> Vec<Value> {
    ask(sandbox, "GET", &api("scorecards"), None).await.1.as_array().unwrap().clone()
}

async fn scorecard(sandbox: &Sandbox, description: &str) -> Option<Value> {
    scorecards(sandbox).await.into_iter().find(|s| s["description"] == description)
}

async fn programs(sandbox: &Sandbox) -> Vec<Value> {
    rows(sandbox, &format!("scorecards/{ACME}/training_programs")).await
}

/// An app with the list of scorecards, the cursor on Acme's.
pub async fn at_acme(sandbox: &Sandbox) -> App {
    let mut app = App::open(sandbox).await;
    app.keys("2 /").await.text("acme construction").await.keys("enter").await;
    app
}

/// The same one level down: the programs of Acme's scorecard.
pub async fn at_programs(sandbox: &Sandbox) -> App {
    let mut app = at_acme(sandbox).await;
    app.keys("enter").await.shows("Training programs");
    app
}

/// And one more level down: the participants of the first program.
pub async fn at_participants(sandbox: &Sandbox) -> (App, String) {
    let program = programs(sandbox).await[0]["id"].clone();
    let mut app = at_programs(sandbox).await;
    app.keys("enter").await.shows("participants");
    (app, format!("scorecards/{ACME}/training_programs/{program}/participants"))
}

#[tokio::test]
async fn a_scorecard_is_created_by_form_and_reviewed_before_anything_is_sent() {
    let sandbox = sandbox().await;
    let before = scorecards(&sandbox).await.len();
    let mut app = App::open(&sandbox).await;
    app.keys("2 a").await.shows("New scorecard");
    app.fill(&["FY27 measured", "01/09/2026", "2027-08-31", "attorneys", "Limpopo"]).await;
    app.shows("Legal · attorneys");
    app.keys("ctrl-s").await.shows("Review · 1 staged");
    app.shows("FY27 measured");
    app.keys("v").await.shows(r#"{"scorecard":{"description":"FY27 measured","start_date":"2026-09-01","#);
    assert_eq!(scorecards(&sandbox).await.len(), before, "nothing is sent before the yes");
    app.keys("v A y").await.shows("1 record saved");
    let made = scorecard(&sandbox, "FY27 measured").await.unwrap();
    assert_eq!(made["start_date"], "2026-09-01");
    assert_eq!(made["end_date"], "2027-08-31");
    assert_eq!(made["charter_id"], "bravo_legal_attorneys");
    assert_eq!(made["province"], "Limpopo");
    app.shows("FY27 measured");
    app.hides("1 staged");
}

#[tokio::test]
async fn an_edited_scorecard_sends_only_the_changed_fields() {
    let sandbox = sandbox().await;
    let mut app = at_acme(&sandbox).await;
    let name = "Acme Construction";
    let before = scorecards(&sandbox).await.into_iter().find(|s| s["id"] == ACME).unwrap();
    app.keys("e").await.shows("Edit scorecard");
    app.fill(&["", "", "", "", "Mpumalanga"]).await.keys("enter").await.shows("change staged");
    app.keys("ctrl-s")
        .await
        .shows(&format!("province {} → Mpumalanga", before["province"].as_str().unwrap()));
    app.keys("v").await.shows(r#"{"scorecard":{"province":"Mpumalanga"}}"#);
    app.keys("v A y").await.shows("1 record saved");
    let after = scorecards(&sandbox).await.into_iter().find(|s| s["id"] == ACME).unwrap();
    assert_eq!(after["province"], "Mpumalanga");
    assert_eq!(after["description"], before["description"]);
    assert!(after["description"].as_str().unwrap().contains(name));
}

#[tokio::test]
async fn deleting_a_scorecard_is_staged_and_asks_for_its_description() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("2 /").await.text("karoo").await.keys("enter D").await.shows("1 deletion staged");
    let name = app.line("Karoo").trim_start_matches([' ', '-', '*']).split("  ").next().unwrap().to_owned();
    assert!(scorecard(&sandbox, &name).await.is_some(), "`{name}` is there until it is applied");
    app.keys("ctrl-s A").await.shows("type Karoo");
    app.keys("y enter").await.shows("the name does not match");
    assert!(scorecard(&sandbox, &name).await.is_some());
    app.keys("backspace").await.text(&name).await.keys("enter").await.shows("1 record saved");
    assert!(scorecard(&sandbox, &name).await.is_none());
    app.keys("esc").await.hides("Karoo");
}

#[tokio::test]
async fn a_refused_record_stays_staged_and_the_servers_message_is_shown_at_its_field() {
    let sandbox = sandbox().await;
    let mut app = at_acme(&sandbox).await;
    app.keys("e").await.fill(&["", "2030-01-01"]).await.keys("ctrl-s").await;
    let words = r#"{"errors": ["Start date must be before the end date"]}"#;
    sandbox.inject_fault("PUT", "scorecards", FaultAction::Respond(422, words.into()));
    app.keys("A y").await.shows("0 records saved · 1 refused by the server");
    app.shows("refused: Start date must be before the end date");
    app.keys("enter").await.shows("Edit scorecard");
    let line = app.line(" *Start date");
    assert!(line.contains("2030-01-01") && line.contains("Start date must be before"), "{line}");
}

#[tokio::test]
async fn someone_elses_change_of_the_same_field_is_a_conflict_and_is_not_overwritten() {
    let sandbox = sandbox().await;
    let mut app = at_acme(&sandbox).await;
    app.keys("e").await.fill(&["", "", "", "", "Limpopo"]).await.keys("enter").await.shows("change staged");
    let path = api(&format!("scorecards/{ACME}"));
    let body = json!({"scorecard": {"province": "North West"}});
    assert_eq!(ask(&sandbox, "PUT", &path, Some(body)).await.0, 200);
    app.keys("ctrl-s").await.shows("conflict: the server has province North West now");
    app.keys("A").await.shows("decide each conflict");
    assert_eq!(ask(&sandbox, "GET", &path, None).await.1["province"], "North West");
    app.keys("m A y").await.shows("1 record saved");
    assert_eq!(ask(&sandbox, "GET", &path, None).await.1["province"], "Limpopo");
}

#[tokio::test]
async fn a_created_plan_is_prefilled_has_its_end_clamped_and_opens() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("a").await.shows("New plan");
    app.fill(&["FY27 plan", "2025-08-31"]).await.keys("tab").await;
    app.shows("a plan cannot start before 2025-09-01");
    app.keys("backtab").await.fill(&["2026-09-01", "2031-08-31"]).await;
    app.shows("the server will make it 2030-08-31");
    app.keys("tab").await.text("acme").await.keys("tab").await.text("constr").await.keys("tab").await;
    app.shows("Construction");
    app.keys("ctrl-s A y").await.shows("1 record saved");
    app.shows("End date is 2030-08-31 instead of 2031-08-31");
    app.shows("Year 1 of 4");
    let (_, plans) = ask(&sandbox, "GET", &api("employment_equity_plans"), None).await;
    let made = plans.as_array().unwrap().iter().find(|p| p["name"] == "FY27 plan").unwrap();
    assert_eq!((&made["scorecard_id"], &made["sector"]), (&json!(ACME), &json!("Construction")));
    let whole = plan(&sandbox, made["id"].as_u64().unwrap()).await;
    let count = &whole["milestones"][0]["targets"][0]["number_of_african_male_unskilled_employees"];
    assert!(count.as_u64().unwrap() > 0, "it was pre-filled");
}

#[tokio::test]
async fn a_scorecard_name_typed_before_the_list_is_read_is_resolved_and_never_sent_as_typed() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    for key in "a P tab 2 0 2 6 - 0 9 - 0 1 tab 2 0 2 8 - 0 8 - 3 1 tab a c m e tab ctrl-s".split(' ') {
        app.key_at_once(key);
    }
    app.shows("no scorecard has been read");
    app.settle().await;
    assert!(app.line("Scorecard ID").contains("Acme Construction"));
    app.keys("ctrl-s v").await.shows(&format!(r#""scorecard_id":"{ACME}""#));
}

#[tokio::test]
async fn a_plans_name_scorecard_and_sector_are_edited_and_its_dates_are_not_offered() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("e").await.shows("does not pre-fill the targets again");
    app.hides("Start date");
    app.fill(&["Renamed", "", "mining"]).await.keys("ctrl-s v").await;
    app.shows(r#"{"employment_equity_plan":{"name":"Renamed","sector":"Mining and Quarrying"}}"#);
    app.keys("v A y").await.shows("1 record saved");
    let after = plan(&sandbox, 42).await;
    assert_eq!((&after["name"], &after["sector"]), (&json!("Renamed"), &json!("Mining and Quarrying")));
    app.keys("e tab tab ctrl-u tab ctrl-s v").await.shows(r#"{"employment_equity_plan":{"sector":null}}"#);
    app.keys("v A y").await.shows("1 record saved");
    assert_eq!(plan(&sandbox, 42).await["sector"], Value::Null);
}

#[tokio::test]
async fn deleting_a_plan_says_what_is_deleted_with_it_and_asks_for_its_name() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("D ctrl-s A").await.shows("milestones and all their targets");
    app.text("FY26 EE Plan").await.keys("enter").await.shows("1 record saved");
    assert_eq!(ask(&sandbox, "GET", &api("employment_equity_plans/42"), None).await.0, 404);
    app.keys("esc").await.hides("FY26 EE Plan");
}

#[tokio::test]
async fn a_training_program_is_created_with_every_field_and_read_back() {
    let sandbox = sandbox().await;
    let mut app = at_programs(&sandbox).await;
    let values = [
        "Welding",
        "D",
        "yes",
        "yes",
        "Msunduzi",
        "yes",
        "Weld (Pty) Ltd",
        "yes",
        "yes",
        "yes",
        "yes",
        "2026-03-04",
        "Mining law",
        "CLE 7",
    ];
    app.keys("a").await.fill(&values).await.keys("ctrl-s A y").await.shows("1 record saved");
    let made = programs(&sandbox).await.into_iter().find(|p| p["name"] == "Welding").unwrap();
    let names = [
        "name",
        "category",
        "abet",
        "scholarship",
        "municipality",
        "mandatory",
        "training_provider",
        "scarce_or_critical_skills",
        "rail_related",
        "is_tourism_related_expenditure",
        "bursary_program",
        "invoice_transaction_date",
        "specialised_areas_of_law",
        "continuous_legal_education_program",
    ];
    for (name, value) in names.iter().zip(values) {
        let wanted = if value == "yes" { json!(true) } else { json!(value) };
        assert_eq!(made[name], wanted, "{name}");
    }
    app.keys("n /").await.text("welding").await.shows("1 of");
}

#[tokio::test]
async fn editing_a_program_sends_all_fields_so_that_none_is_reset() {
    let sandbox = sandbox().await;
    let before = programs(&sandbox).await[0].clone();
    let mut app = at_programs(&sandbox).await;
    app.keys("e").await.shows("what the server knows the");
    let bursary = if before["bursary_program"] == true { "no" } else { "yes" };
    app.keys("up up up up").await.text(bursary).await.keys("ctrl-s A y").await.shows("1 record saved");
    let after = programs(&sandbox).await;
    let after = after.iter().find(|p| p["id"] == before["id"]).unwrap();
    for (field, value) in before.as_object().unwrap() {
        let wanted = if field == "bursary_program" { json!(bursary == "yes") } else { value.clone() };
        if field != "updated_at" {
            assert_eq!(after[field], wanted, "{field}");
        }
    }
}

#[tokio::test]
async fn changing_a_natural_key_field_warns_that_a_second_program_would_be_created() {
    let sandbox = sandbox().await;
    let before = programs(&sandbox).await;
    let name = before[0]["name"].as_str().unwrap();
    let mut app = at_programs(&sandbox).await;
    app.keys("e").await.text(" II").await.shows("this will make a second program");
    app.keys("ctrl-s").await.shows("A second program?");
    app.keys("n").await.shows("Edit training program");
    app.keys("ctrl-s y").await.shows("new staged");
    app.keys("ctrl-s A y").await.shows("1 record saved");
    let after = programs(&sandbox).await;
    assert_eq!(after.len(), before.len() + 1);
    assert!(after.iter().any(|p| p["name"] == format!("{name} II")));
    assert!(after.iter().any(|p| p["name"] == name), "the old one is still there");
}

#[tokio::test]
async fn a_validation_error_is_shown_at_the_program_field_it_names() {
    let sandbox = sandbox().await;
    let mut app = at_programs(&sandbox).await;
    app.keys("a").await.fill(&["Welding", "D"]).await.keys("ctrl-s").await;
    let body = json!({"error": {"message": "One or more training program records are invalid.",
        "invalid_records": [{"name": "Welding", "category": "D", "errors": ["Category is not a valid category"]}]}});
    sandbox.inject_fault("POST", "training_programs", FaultAction::Respond(422, body.to_string()));
    app.keys("A y").await.shows("1 refused by the server");
    app.keys("enter").await;
    let line = app.line(" *Category");
    assert!(line.contains("Category is not a valid"), "{line}");
}

#[tokio::test]
async fn a_scorecard_without_training_programs_says_so() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("2 /").await.text(PROPERTY).await.keys("enter enter").await;
    let said = app.screen().matches("The scorecard type does not support training programs.").count();
    assert_eq!(said, 1, "it is said once");
}

#[tokio::test]
async fn a_training_program_is_deleted_after_typing_its_name() {
    let sandbox = sandbox().await;
    let name = programs(&sandbox).await[0]["name"].as_str().unwrap().to_owned();
    let mut app = at_programs(&sandbox).await;
    app.keys("D ctrl-s A").await.text(&name).await.keys("enter").await.shows("1 record saved");
    assert!(programs(&sandbox).await.iter().all(|p| p["name"] != name));
    app.shows("Recalculate");
}

/// A participant's form fields, with values of every kind.
const PERSON: [(&str, &str); 32] = [
    ("full_name", "Zoë O'Brien"),
    ("gender", "Female"),
    ("disabled", "yes"),
    ("foreign", "no"),
    ("race", "Coloured"),
    ("id_number", "9202204720082"),
    ("office_based", "yes"),
    ("age", "34"),
    ("province", "Limpopo"),
    ("business_unit", "Plant"),
    ("employee_code", "E7"),
    ("employed", "no"),
    ("completed", "yes"),
    ("absorbed", "yes"),
    ("course_cost", "5000.5"),
    ("travel_cost", "1"),
    ("catering_cost", "2"),
    ("stationery_cost", "3"),
    ("training_facility_cost", "4"),
    ("salary_cost", "5"),
    ("other_costs", "6"),
    ("start_date", "2026-01-02"),
    ("end_date", "2026-02-03"),
    ("accommodation_cost", "7"),
    ("custom_data", "x=1"),
    ("man_hours", "8.5"),
    ("driver", "yes"),
    ("starting_employment_status", "Unemployed"),
    ("yes_employee", "yes"),
    ("absorption_date", "2026-03-04"),
    ("legal_attorney_status", "Candidate"),
    ("admission_as_legal_practitioner", "yes"),
];

fn same(sent: &str, got: &Value) -> bool {
    match got {
        Value::Bool(flag) => sent == if *flag { "yes" } else { "no" },
        Value::String(text) => {
            text == sent || (text.parse::<f64>().is_ok() && text.parse::<f64>() == sent.parse::<f64>())
        }
        other => *other.to_string() == *sent,
    }
}

#[tokio::test]
async fn a_participant_is_created_with_every_field_and_read_back() {
    let sandbox = sandbox().await;
    let (mut app, path) = at_participants(&sandbox).await;
    app.keys("a").await.fill(&PERSON.map(|(_, value)| value)).await;
    app.keys("ctrl-s A y").await.shows("1 record saved");
    let made = rows(&sandbox, &path).await.into_iter().find(|p| p["full_name"] == "Zoë O'Brien").unwrap();
    for (name, value) in PERSON {
        assert!(same(value, &made[name]), "{name}: {} instead of {value}", made[name]);
    }
    app.keys("n").await.shows("Zoë O'Brien");
}

#[tokio::test]
async fn the_cursor_moves_to_a_created_record() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("2 a").await;
    app.fill(&["Zz last of all", "01/09/2026", "2027-08-31", "attorneys", "Limpopo"]).await;
    app.keys("ctrl-s A y").await.shows("1 record saved");
    app.keys("e").await.shows("Edit scorecard");
    app.shows("Zz last of all");
}

#[tokio::test]
async fn the_cursor_stays_on_its_record_when_others_are_removed() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("2 down down down e").await.shows("Edit scorecard");
    let edited = app.line("*Description");
    let first = scorecards(&sandbox).await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(ask(&sandbox, "DELETE", &api(&format!("scorecards/{first}")), None).await.0, 204);
    app.keys("esc r e").await.shows("Edit scorecard");
    assert_eq!(app.line("*Description"), edited);
}

#[tokio::test]
async fn marks_and_what_is_staged_inside_a_plan_show_in_the_list_of_plans() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    let name = "FY26 EE Plan";
    app.keys("/").await.text(name).await.keys("enter enter").await.shows("Year 2 of 5");
    app.keys("9 enter 8 enter esc").await.shows("Plans");
    let line = app.line(name);
    let cells: Vec<&str> = line.split(name).nth(1).unwrap().split_whitespace().collect();
    assert_eq!(cells[0], "2", "two counters are staged inside: {line}");
    assert!(line.starts_with('*'), "and the line is marked: {line}");
}

#[tokio::test]
async fn home_and_end_go_to_the_first_and_the_last_column_and_an_arrow_shows_the_order() {
    let sandbox = sandbox().await;
    let setup = Setup { size: (60, 24), ..App::setup(&sandbox) };
    let mut app = App::open_with(&sandbox, setup).await;
    app.keys("2").await.shows("Scorecard  ");
    app.hides("Updated");
    app.keys("end").await.shows("Updated");
    app.keys("home").await.hides("Updated");
    app.keys("s").await.shows("Scorecard ↑");
    let first = app.screen().lines().nth(2).unwrap().to_owned();
    app.keys("S").await.shows("Scorecard ↓");
    assert_ne!(app.screen().lines().nth(2).unwrap(), first);
}

#[tokio::test]
async fn editing_a_participant_warns_of_delete_and_create_and_keeps_all_other_fields() {
    let sandbox = sandbox().await;
    let (mut app, path) = at_participants(&sandbox).await;
    let before = rows(&sandbox, &path).await;
    let old = before[0].clone();
    app.keys("e").await.shows("The API cannot change a participant");
    app.keys("ctrl-u")
        .await
        .text("Renamed Person")
        .await
        .keys("ctrl-s")
        .await
        .shows("delete and create anew");
    app.keys("A").await.shows("type");
    app.text(old["full_name"].as_str().unwrap()).await.keys("enter").await.shows("1 record saved");
    let after = rows(&sandbox, &path).await;
    assert_eq!(after.len(), before.len());
    assert!(after.iter().all(|p| p["id"] != old["id"]));
    let new = after.iter().find(|p| p["full_name"] == "Renamed Person").unwrap();
    for (field, value) in old.as_object().unwrap() {
        if !["id", "full_name", "created_at", "updated_at", "designated_group"].contains(&field.as_str()) {
            assert_eq!(&new[field], value, "{field}");
        }
    }
}

#[tokio::test]
async fn a_participant_whose_new_record_is_refused_is_not_deleted() {
    let sandbox = sandbox().await;
    let (mut app, path) = at_participants(&sandbox).await;
    let old = rows(&sandbox, &path).await[0].clone();
    app.keys("e ctrl-u").await.text("Renamed Person").await.keys("ctrl-s").await;
    sandbox.inject_fault("POST", "participants", FaultAction::Respond(422, r#"{"errors": ["no"]}"#.into()));
    app.keys("A").await.text(old["full_name"].as_str().unwrap()).await.keys("enter").await;
    app.shows("0 records saved · 1 refused");
    assert!(rows(&sandbox, &path).await.iter().any(|p| p["id"] == old["id"]));
}

#[tokio::test]
async fn marked_participants_are_deleted_together_after_typing_how_many() {
    let sandbox = sandbox().await;
    let (mut app, path) = at_participants(&sandbox).await;
    let before = rows(&sandbox, &path).await;
    app.keys("space down space D").await.shows("2 deletions staged");
    app.keys("ctrl-s A").await.shows("type 2");
    app.keys("2 enter").await.shows("2 records saved");
    let after = rows(&sandbox, &path).await;
    assert_eq!(after.len(), before.len() - 2);
    assert!(after.iter().all(|p| p["id"] != before[0]["id"] && p["id"] != before[2]["id"]));
    app.shows("Recalculate");
}

#[tokio::test]
async fn a_creation_that_lost_its_response_is_reconciled_and_never_sent_twice() {
    let sandbox = sandbox().await;
    let (mut app, path) = at_participants(&sandbox).await;
    let before = rows(&sandbox, &path).await.len();
    app.keys("a").await.fill(&["Lost Answer", "f", "", "", "african"]).await.keys("ctrl-s").await;
    sandbox.inject_fault("POST", "participants", FaultAction::DropResponse);
    app.keys("A y").await.shows("1 record saved");
    assert_eq!(rows(&sandbox, &path).await.len(), before + 1);
    app.hides("1 staged");
}

#[tokio::test]
async fn a_lost_creation_is_unknown_until_a_second_read_and_only_then_offered_again() {
    let sandbox = sandbox().await;
    let (mut app, path) = at_participants(&sandbox).await;
    let before = rows(&sandbox, &path).await.len();
    app.keys("a").await.fill(&["Lost Request", "f", "", "", "african"]).await.keys("ctrl-s").await;
    sandbox.inject_fault("POST", "participants", FaultAction::DropRequest);
    app.keys("A y").await.shows("1 unknown");
    app.shows("unknown: no response says whether it was carried out");
    app.keys("A").await.shows("there is nothing to send");
    assert_eq!(app.ring().await.unwrap().as_secs(), 30);
    app.shows("did not arrive: staged again");
    assert_eq!(rows(&sandbox, &path).await.len(), before);
    app.keys("A y").await.shows("1 record saved");
    assert_eq!(rows(&sandbox, &path).await.len(), before + 1);
}

#[tokio::test]
async fn a_record_with_the_natural_key_of_an_existing_one_is_held_until_confirmed() {
    let sandbox = sandbox().await;
    let (mut app, path) = at_participants(&sandbox).await;
    let before = rows(&sandbox, &path).await.len();
    let twin = ["Twin", "f", "", "", "african"];
    app.keys("a").await.fill(&twin).await.keys("ctrl-s A y").await.shows("1 record saved");
    // The documents give omitted fields values of their own: that is no difference from what was asked.
    app.hides("instead of");
    app.keys("n a").await.fill(&twin).await.keys("ctrl-s A y").await.shows("0 records saved");
    app.shows("held: one like it is on the server");
    assert_eq!(rows(&sandbox, &path).await.len(), before + 1);
    app.keys("m A y").await.shows("1 record saved");
    assert_eq!(rows(&sandbox, &path).await.len(), before + 2);
}

#[tokio::test]
async fn staged_records_can_be_dropped_and_the_drop_undone_and_redone() {
    let sandbox = sandbox().await;
    let mut app = at_programs(&sandbox).await;
    app.keys("a").await.fill(&["Welding", "D"]).await.keys("ctrl-s esc").await.shows("1 staged");
    app.keys("4 X").await.shows("dropped");
    app.hides("Welding  ");
    app.keys("u").await.shows("undone: Welding");
    app.shows("1 staged");
    app.keys("u").await.hides("1 staged");
    app.keys("U").await.shows("1 staged");
}

#[tokio::test]
async fn leaving_a_form_asks_before_typed_text_is_lost() {
    let sandbox = sandbox().await;
    let mut app = at_programs(&sandbox).await;
    app.keys("a").await.text("Half a na").await.keys("esc").await.shows("Leave the form?");
    app.keys("n").await.shows("Half a na");
    app.keys("esc y").await.hides("Half a na");
    app.keys("a esc").await.hides("Leave the form?");
}

#[tokio::test]
async fn a_form_that_is_not_complete_is_not_staged_and_says_why() {
    let sandbox = sandbox().await;
    let mut app = at_programs(&sandbox).await;
    app.keys("a").await.fill(&["", "Z"]).await.keys("ctrl-s").await.shows("Name: it has to be given");
    app.keys("tab").await.shows("it takes one of: A, B, C, D, E, F, G");
    app.hides("staged");
}

#[tokio::test]
async fn a_read_only_profile_stages_but_sends_nothing() {
    let sandbox = sandbox().await;
    let setup = Setup { guard: WritePolicy::ReadOnly, ..App::setup(&sandbox) };
    let mut app = App::open_with(&sandbox, setup).await;
    app.keys("2 D ctrl-s A").await.shows("READ-ONLY");
    assert_eq!(scorecards(&sandbox).await.len(), 9);
}

#[tokio::test]
async fn a_suppliers_scores_are_shown_with_their_validity_today() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("3").await.shows("No supplier has been looked up yet");
    app.keys("a").await.text("T100").await.keys("enter").await.shows("2 scores");
    app.shows("expired");
    app.shows("future");
    app.shows("until 2026-04-10");
    app.keys("enter").await.shows("ABC Verification");
    app.keys("esc H").await.shows("answers and accepts the key");
    app.keys("esc").await.shows("T100");
    app.keys(":").await.text("suppliers T101").await.keys("enter").await.shows("T101");
    app.keys("esc").await;
    assert!(app.line("T100").contains("level 2, level 4"), "{}", app.screen());
}

#[tokio::test]
async fn the_json_of_a_record_is_shown_as_the_server_sends_it() {
    let sandbox = sandbox().await;
    let (mut app, path) = at_participants(&sandbox).await;
    let first = rows(&sandbox, &path).await[0].clone();
    app.keys("J").await.shows(&format!("\"id\":{}", first["id"]));
    app.keys("G").await.shows("\"updated_at\":");
}

#[tokio::test]
async fn the_request_log_names_every_request_and_no_person() {
    let sandbox = sandbox().await;
    let (mut app, _) = at_participants(&sandbox).await;
    app.keys("a").await.fill(&["Secret Person", "f", "", "", "african"]).await.keys("ctrl-s A y n").await;
    app.keys("!").await.shows("/participants");
    let line = app.line("POST");
    assert!(line.contains("201"), "{line}");
    app.keys("/").await.text("post").await.keys("enter enter").await.shows("Body sent");
    app.hides("Secret Person");
    app.hides(&sandbox.options.secret);
    app.shows("•••");
}

#[tokio::test]
async fn twenty_thousand_participants_stream_in_and_can_be_filtered_to_their_end() {
    let options = SandboxOptions { participants: 20_000, in_one_program: true, ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let path = format!("scorecards/{ACME}/training_programs/32000/participants");
    let first = programs(&sandbox).await.iter().position(|p| p["id"] == 32000);
    let mut app =
        if first == Some(0) { at_participants(&sandbox).await.0 } else { panic!("another scorecard") };
    app.shows("20000 participants");
    let (_, last) = ask(&sandbox, "GET", &api(&format!("{path}?page=20000&per_page=1")), None).await;
    let last = &last["data"][0];
    app.keys("G").await.shows(last["id_number"].as_str().unwrap());
    app.keys("/")
        .await
        .text(last["id_number"].as_str().unwrap())
        .await
        .keys("enter")
        .await
        .shows("1 of 20000");
}

#[tokio::test]
async fn the_last_three_lists_of_participants_are_kept_and_those_with_staged_changes() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    let kept = |app: &App| {
        let lists = app.runner.model.workspace().record_lists.keys();
        lists.filter(|of| of.holds_participants()).map(ToString::to_string).collect::<Vec<_>>()
    };
    // The first program keeps a staged deletion; four more are only looked at.
    app.keys("2 enter enter D").await.shows("deletion staged");
    let staged = kept(&app);
    for _ in 0..4 {
        app.keys("esc down enter").await;
    }
    let lists = kept(&app);
    assert!(lists.contains(&staged[0]), "{lists:?}");
    assert_eq!(lists.len(), 4, "{lists:?}");
    // What was read for the spend of all programs is not kept either.
    app.keys("esc :").await.text("spend").await.keys("enter").await.shows("All participants");
    assert_eq!(kept(&app), lists);
    // A list that was released is read again when it is shown.
    app.keys("esc g down enter").await.shows(" participants");
    assert!(app.runner.model.workspace().record_changes.len() == 1, "nothing staged is lost");
}
