//! The sandbox compared with the vendor's documents: every JSON example, error and rule in them.

use serde_json::{Value, json};

use crate::support::harness::ACME;
use crate::support::harness::{ask, ask_raw, counter, plan, sandbox};
use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::SandboxOptions;

const SCORECARDS: &str = "/api/public/v1/scorecards";
const SCORECARD: &str = "/api/public/v1/scorecards/scorecard_mG712bEVavpq3ukr0Z5R89qY";
const PLANS: &str = "/api/public/v1/employment_equity_plans";

/// Checks that a response has the fields of the document's example, each of its type; null matches any.
#[track_caller]
fn same_shape(example: &Value, answer: &Value, at: &str) {
    match (example, answer) {
        (Value::Object(example), Value::Object(answer)) => {
            for (key, value) in example {
                let theirs = answer.get(key).unwrap_or_else(|| panic!("{at}: `{key}` is missing"));
                same_shape(value, theirs, &format!("{at}.{key}"));
            }
            let more: Vec<_> = answer.keys().filter(|key| !example.contains_key(*key)).collect();
            assert!(more.is_empty(), "{at}: {more:?} are not in the example");
        }
        (Value::Array(example), Value::Array(answer)) => {
            for (n, answer) in answer.iter().enumerate() {
                same_shape(&example[n.min(example.len() - 1)], answer, &format!("{at}[{n}]"));
            }
        }
        (Value::Null, _) | (_, Value::Null) => {}
        _ => assert_eq!(std::mem::discriminant(example), std::mem::discriminant(answer), "{at}"),
    }
}

fn scorecard_example() -> Value {
    json!({
        "id": "scorecard_mG712bEVavpq3ukr0Z5R89qY", "description": "YTD Scorecard Nov 2024",
        "start_date": "2024-01-01", "end_date": "2024-11-30", "charter_id": "bravo_generic",
        "province": "National", "created_at": "2024-11-15T08:00:00.000Z", "updated_at": "2024-11-15T08:00:00.000Z"
    })
}

#[tokio::test]
async fn scorecards_are_listed_created_updated_and_deleted_as_documented() {
    let sandbox = sandbox().await;
    let (status, list) = ask(&sandbox, "GET", SCORECARDS, None).await;
    assert_eq!(status, 200);
    same_shape(&json!([scorecard_example()]), &list, "list");
    let body = json!({"scorecard": {
        "description": "YTD Scorecard Nov 2024", "start_date": "2024-01-01", "end_date": "2024-11-30",
        "charter_id": "bravo_generic", "province": "National"
    }});
    let (_, made) = ask(&sandbox, "POST", SCORECARDS, Some(body)).await;
    same_shape(&scorecard_example(), &made, "created");
    let path = format!("{SCORECARDS}/{}", made["id"].as_str().unwrap());
    let body = json!({"scorecard": {"description": "Updated Scorecard Description"}});
    let (_, updated) = ask(&sandbox, "PUT", &path, Some(body)).await;
    assert_eq!(updated["description"], "Updated Scorecard Description");
    assert_eq!(updated["charter_id"], "bravo_generic", "updates are partial");
    assert_eq!(ask(&sandbox, "DELETE", &path, None).await.0, 204);
    assert_eq!(ask(&sandbox, "GET", &path, None).await.0, 404);
}

#[tokio::test]
async fn a_charter_that_is_not_accepted_is_refused() {
    let sandbox = sandbox().await;
    let body = json!({"scorecard": {"charter_id": "bravo_nope"}});
    assert_eq!(ask(&sandbox, "PUT", SCORECARD, Some(body)).await.0, 422);
}

#[tokio::test]
async fn a_second_recalculation_is_a_409_until_the_first_has_ended() {
    let options =
        SandboxOptions { recalculation: std::time::Duration::from_hours(1), ..SandboxOptions::default() };
    let slow = Sandbox::start(options).await.unwrap();
    let path = format!("{SCORECARD}/recalculate");
    assert!((200..300).contains(&ask(&slow, "PUT", &path, None).await.0));
    assert_eq!(ask(&slow, "PUT", &path, None).await.0, 409);
    let quick = sandbox().await;
    let before = ask(&quick, "GET", SCORECARD, None).await.1;
    ask(&quick, "PUT", &path, None).await;
    let after = ask(&quick, "GET", SCORECARD, None).await.1;
    assert!(after["updated_at"].as_str() > before["updated_at"].as_str());
    assert!((200..300).contains(&ask(&quick, "PUT", &path, None).await.0));
}

fn program_example() -> Value {
    json!({
        "id": 32003, "name": "Excel Advanced", "category": "E", "abet": true, "scholarship": false,
        "municipality": null, "mandatory": false, "training_provider": null, "scarce_or_critical_skills": false,
        "rail_related": false, "is_tourism_related_expenditure": false, "bursary_program": false,
        "invoice_transaction_date": "2021-03-21", "specialised_areas_of_law": null,
        "continuous_legal_education_program": null, "total_number_of_participants": 13,
        "created_at": "2026-02-10T07:23:33.000Z", "updated_at": "2026-02-10T07:23:34.000Z"
    })
}

fn meta_example() -> Value {
    json!({"prev_url": null, "next_url": null, "count": 1, "page": 1, "items": 50, "pages": 1})
}

#[tokio::test]
async fn training_programs_are_listed_and_upserted_as_documented() {
    let sandbox = sandbox().await;
    let path = format!("{SCORECARD}/training_programs");
    let (_, list) = ask(&sandbox, "GET", &format!("{path}?page=1&per_page=50"), None).await;
    same_shape(&json!({"data": [program_example()], "meta": meta_example()}), &list, "list");
    assert_eq!(list["meta"]["items"], 50);
    let body = json!({"training_programs": [{
        "name": "Leadership Development Program X", "category": "E", "abet": false, "scholarship": false,
        "municipality": "Johannesburg", "mandatory": false, "training_provider": "ABC Training Solutions",
        "scarce_or_critical_skills": false, "invoice_transaction_date": "2024-01-15"
    }]});
    let (_, made) = ask(&sandbox, "POST", &path, Some(body.clone())).await;
    same_shape(&json!([program_example()]), &made, "created");
    assert_eq!(made[0]["total_number_of_participants"], 0);
    let mut again = body;
    again["training_programs"][0]["scholarship"] = true.into();
    let (_, updated) = ask(&sandbox, "POST", &path, Some(again.clone())).await;
    assert_eq!(updated[0]["id"], made[0]["id"], "the six fields match: it is updated");
    assert_eq!(updated[0]["scholarship"], true);
    again["training_programs"][0]["category"] = "F".into();
    let (_, second) = ask(&sandbox, "POST", &path, Some(again)).await;
    assert_ne!(second[0]["id"], made[0]["id"], "one of the six differs: a second program");
    assert_eq!(ask(&sandbox, "DELETE", &format!("{path}/{}", made[0]["id"]), None).await.0, 204);
    assert_eq!(
        ask(&sandbox, "DELETE", &format!("{path}/99999999"), None).await.0,
        204,
        "even if it does not exist"
    );
}

#[tokio::test]
async fn an_invalid_training_program_is_returned_with_its_errors() {
    let sandbox = sandbox().await;
    let body = json!({"training_programs": [{
        "name": "Leadership Development Program", "category": "z", "abet": false, "mandatory": false,
        "training_provider": "ABC Training Solutions", "municipality": "Johannesburg"
    }]});
    let (status, answer) = ask(&sandbox, "POST", &format!("{SCORECARD}/training_programs"), Some(body)).await;
    let example = json!({"error": {
        "message": "One or more training program records are invalid.",
        "invalid_records": [{
            "name": "Leadership Development Program", "category": "z", "abet": false, "mandatory": false,
            "training_provider": "ABC Training Solutions", "municipality": "Johannesburg",
            "errors": ["Category is not a valid category"]
        }]
    }});
    assert_eq!((status, answer), (422, example));
}

#[tokio::test]
async fn a_scorecard_type_without_training_programs_says_so_on_each_call() {
    let sandbox = sandbox().await;
    let (_, list) = ask(&sandbox, "GET", SCORECARDS, None).await;
    let owners =
        list.as_array().unwrap().iter().find(|s| s["charter_id"] == "bravo_property_owners").unwrap();
    let path = format!("{SCORECARDS}/{}/training_programs", owners["id"].as_str().unwrap());
    let body = json!({"training_programs": [{"name": "A", "category": "A"}]});
    let (status, answer) = ask(&sandbox, "POST", &path, Some(body)).await;
    assert_eq!(status, 422);
    assert_eq!(answer["error"]["message"], "The scorecard type does not support training programs.");
    assert_eq!(ask(&sandbox, "DELETE", &format!("{path}/1"), None).await.0, 422);
}

fn participant_example() -> Value {
    json!({
        "id": 32050, "full_name": "John Doe", "gender": "Male", "disabled": false, "foreign": false,
        "race": "African", "id_number": null, "office_based": false, "age": 0, "province": null,
        "business_unit": null, "employee_code": null, "employed": true, "completed": false, "absorbed": false,
        "course_cost": "5000.0", "travel_cost": "0.0", "catering_cost": "0.0", "stationery_cost": "0.0",
        "training_facility_cost": "0.0", "salary_cost": "0.0", "other_costs": "0.0", "start_date": null,
        "end_date": null, "accommodation_cost": "0.0", "custom_data": null, "man_hours": "0.0", "driver": false,
        "starting_employment_status": "Permanent", "yes_employee": false, "absorption_date": null,
        "legal_attorney_status": null, "admission_as_legal_practitioner": false,
        "created_at": "2026-02-17T07:17:42.000Z", "updated_at": "2026-02-17T07:17:42.000Z"
    })
}

/// A program with participants of a scorecard that does not enforce ID numbers.
async fn participants_path(sandbox: &Sandbox) -> String {
    let scorecard = "/api/public/v1/scorecards/scorecard_Y2EQKp8z1r9jeToPW6deGwo9";
    let (_, programs) = ask(sandbox, "GET", &format!("{scorecard}/training_programs"), None).await;
    format!("{scorecard}/training_programs/{}/participants", programs["data"][0]["id"])
}

#[tokio::test]
async fn participants_are_listed_created_and_deleted_as_documented() {
    let sandbox = sandbox().await;
    let path = participants_path(&sandbox).await;
    let (_, list) = ask(&sandbox, "GET", &format!("{path}?page=1&per_page=5"), None).await;
    let mut listed = participant_example();
    // Only the example of a list has this field.
    listed["designated_group"] = false.into();
    same_shape(&json!({"data": [listed], "meta": meta_example()}), &list, "list");
    assert_eq!(list["data"].as_array().unwrap().len(), 5);
    let body = json!({"participants": [
        {"full_name": "John Doe", "race": "African", "gender": "Male", "course_cost": 5000}
    ]});
    let (_, made) = ask(&sandbox, "POST", &path, Some(body)).await;
    let mut expected = participant_example();
    for made_up in ["id", "created_at", "updated_at"] {
        expected[made_up] = made[0][made_up].clone();
    }
    assert_eq!(made, json!([expected]), "the create example, value for value");
    let one = format!("{path}/{}", made[0]["id"]);
    assert_eq!(ask(&sandbox, "DELETE", &one, None).await.0, 204);
    let (_, after) = ask(&sandbox, "GET", &path, None).await;
    assert_eq!(after["meta"]["count"], list["meta"]["count"]);
}

#[tokio::test]
async fn an_invalid_participant_is_returned_with_its_errors_and_none_is_saved() {
    let sandbox = sandbox().await;
    let path = participants_path(&sandbox).await;
    let before = ask(&sandbox, "GET", &path, None).await.1["meta"]["count"].clone();
    let body = json!({"participants": [
        {"full_name": "Jane Doe", "gender": "Female", "race": "African"},
        {"full_name": "John Doe", "gender": "Malee", "race": "African"}
    ]});
    let (status, answer) = ask(&sandbox, "POST", &path, Some(body)).await;
    let example = json!({"error": {
        "message": "One or more participant records are invalid.",
        "invalid_records": [{
            "id": null, "full_name": "John Doe", "gender": "Malee", "race": "African",
            "errors": ["Gender is not included in the list"]
        }]
    }});
    assert_eq!((status, answer), (422, example));
    assert_eq!(ask(&sandbox, "GET", &path, None).await.1["meta"]["count"], before);
}

#[tokio::test]
async fn pages_cover_a_list_without_gap_or_overlap() {
    let sandbox =
        Sandbox::start(SandboxOptions { participants: 100_000, ..SandboxOptions::default() }).await.unwrap();
    let path = participants_path(&sandbox).await;
    let mut ids = std::collections::BTreeSet::new();
    let first = ask(&sandbox, "GET", &format!("{path}?per_page=1000"), None).await.1;
    let (count, pages) = (first["meta"]["count"].as_u64().unwrap(), first["meta"]["pages"].as_u64().unwrap());
    assert_eq!(pages, count.div_ceil(1000));
    for page in 1..=pages {
        let (_, rows) = ask(&sandbox, "GET", &format!("{path}?page={page}&per_page=1000"), None).await;
        for row in rows["data"].as_array().unwrap() {
            assert!(ids.insert(row["id"].as_u64().unwrap()));
        }
    }
    assert_eq!(ids.len() as u64, count);
    let (status, past) = ask(&sandbox, "GET", &format!("{path}?page={}", pages + 1000), None).await;
    assert_eq!((status, past["data"].as_array().unwrap().len()), (200, 0));
}

fn plan_example() -> Value {
    json!({
        "id": 42, "name": "FY26 EE Plan", "start_date": "2025-09-01", "end_date": "2030-08-31",
        "era": "post_2025", "scorecard_id": "scorecard_Y2EQKp8z1r9jeToPW6deGwo9", "sector": "Construction",
        "created_at": "2026-04-22T08:30:00.000Z", "updated_at": "2026-04-22T08:30:00.000Z"
    })
}

#[tokio::test]
async fn a_plan_list_omits_milestones_and_a_plan_has_them_in_order() {
    let sandbox = sandbox().await;
    let (_, list) = ask(&sandbox, "GET", PLANS, None).await;
    same_shape(&json!([plan_example()]), &list, "list");
    let plan = plan(&sandbox, 42).await;
    let years: Vec<_> =
        plan["milestones"].as_array().unwrap().iter().map(|m| m["year_number"].clone()).collect();
    assert_eq!(years, [1, 2, 3, 4, 5]);
    let first = &plan["milestones"][0];
    assert_eq!((&first["start_date"], &first["end_date"]), (&json!("2025-09-01"), &json!("2026-08-31")));
    let keys: Vec<&String> = first["targets"][0].as_object().unwrap().keys().collect();
    let example = "id target_type number_of_african_male_top_managers number_of_coloured_male_top_managers \
        number_of_indian_male_top_managers number_of_white_male_top_managers \
        number_of_african_female_top_managers number_of_coloured_female_top_managers \
        number_of_indian_female_top_managers number_of_white_female_top_managers \
        number_of_foreign_male_top_managers number_of_foreign_female_top_managers \
        number_of_african_male_senior_managers number_of_coloured_male_senior_managers";
    assert_eq!(keys[..14], example.split_whitespace().collect::<Vec<_>>());
    assert_eq!(first["targets"][0]["target_type"], "all_employees");
    assert_eq!(first["targets"][1]["target_type"], "disabled_employees");
}

#[tokio::test]
async fn a_plan_is_created_prefilled_or_empty_and_clamped() {
    let sandbox = sandbox().await;
    let body = json!({"employment_equity_plan": {
        "name": "FY26 EE Plan", "start_date": "2025-09-01", "end_date": "2034-08-31",
        "scorecard_id": "scorecard_Y2EQKp8z1r9jeToPW6deGwo9", "sector": "Construction"
    }});
    let (status, made) = ask(&sandbox, "POST", PLANS, Some(body)).await;
    assert_eq!((status, &made["end_date"]), (201, &json!("2030-08-31")));
    assert!(counter(&made, 1, 0, "african_male_junior_managers") > 0, "the workforce of the scorecard");
    let body = json!({"employment_equity_plan": {"start_date": "2026-09-01", "end_date": "2028-08-31"}});
    let (_, empty) = ask(&sandbox, "POST", PLANS, Some(body)).await;
    assert_eq!(empty["milestones"].as_array().unwrap().len(), 2);
    assert_eq!(counter(&empty, 2, 0, "african_male_junior_managers"), 0);
    assert!(!empty["name"].as_str().unwrap().is_empty(), "a description from the plan dates");
}

#[tokio::test]
async fn an_invalid_plan_is_refused_with_the_documented_messages() {
    let sandbox = sandbox().await;
    let plan = |fields: Value| {
        let mut plan = json!({"start_date": "2025-09-01", "end_date": "2030-08-31"});
        plan.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        Some(json!({"employment_equity_plan": plan}))
    };
    let early = ask(&sandbox, "POST", PLANS, plan(json!({"start_date": "2025-08-31"}))).await;
    assert_eq!(early, (422, json!({"errors": ["Start date cannot be before 01/09/2025"]})));
    let unknown = ask(&sandbox, "POST", PLANS, plan(json!({"scorecard_id": "scorecard_nope"}))).await;
    assert_eq!(unknown, (422, json!({"errors": ["Scorecard not found"]})));
    assert_eq!(ask(&sandbox, "POST", PLANS, plan(json!({"sector": "construction"}))).await.0, 422);
    let (status, made) = ask(&sandbox, "POST", PLANS, plan(json!({"sector": ""}))).await;
    assert_eq!((status, &made["sector"]), (201, &Value::Null));
}

#[tokio::test]
async fn only_name_scorecard_and_sector_of_a_plan_change_and_rebinding_prefills_nothing() {
    let sandbox = sandbox().await;
    let before = plan(&sandbox, 42).await;
    let body = json!({"employment_equity_plan": {
        "name": "Updated plan name", "scorecard_id": "scorecard_mG712bEVavpq3ukr0Z5R89qY",
        "sector": "Education", "start_date": "2027-09-01", "end_date": "2028-08-31"
    }});
    let (status, after) = ask(&sandbox, "PATCH", &format!("{PLANS}/42"), Some(body)).await;
    assert_eq!((status, &after["name"]), (200, &json!("Updated plan name")));
    assert_eq!(after["start_date"], before["start_date"]);
    assert_eq!(after["milestones"], before["milestones"]);
    assert_eq!(
        ask(&sandbox, "PATCH", &format!("{PLANS}/4711"), Some(json!({"employment_equity_plan": {}}))).await.0,
        404
    );
}

#[tokio::test]
async fn deleting_a_plan_deletes_its_targets() {
    let sandbox = sandbox().await;
    assert_eq!(ask(&sandbox, "DELETE", &format!("{PLANS}/42"), None).await.0, 204);
    assert_eq!(ask(&sandbox, "DELETE", &format!("{PLANS}/42"), None).await.0, 404);
    assert_eq!(ask(&sandbox, "GET", &format!("{PLANS}/42"), None).await.0, 404);
}

#[tokio::test]
async fn a_target_update_changes_the_counters_sent_and_ignores_unknown_names() {
    let sandbox = sandbox().await;
    let before = plan(&sandbox, 42).await;
    let milestone = &before["milestones"][0];
    let path = format!(
        "{PLANS}/42/employment_equity_milestones/{}/employment_equity_targets/{}",
        milestone["id"], milestone["targets"][0]["id"]
    );
    let body = json!({"employment_equity_target": {
        "number_of_african_male_top_managers": 3, "number_of_coloured_female_senior_managers": 1,
        "target_type": "disabled_employees", "number_of_green_people": 9
    }});
    let (status, after) = ask(&sandbox, "PATCH", &path, Some(body)).await;
    let mut expected = milestone["targets"][0].clone();
    expected["number_of_african_male_top_managers"] = 3.into();
    expected["number_of_coloured_female_senior_managers"] = 1.into();
    assert_eq!((status, after), (200, expected.clone()));
    for bad in [json!(-1), json!(1.5), json!("3"), json!(null)] {
        let body = json!({"employment_equity_target": {
            "number_of_african_male_top_managers": 7, "number_of_coloured_female_senior_managers": bad
        }});
        let (status, answer) = ask(&sandbox, "PATCH", &path, Some(body)).await;
        assert_eq!(status, 422);
        assert!(answer["errors"].is_array());
    }
    assert_eq!(
        plan(&sandbox, 42).await["milestones"][0]["targets"][0],
        expected,
        "a refusal changes nothing"
    );
}

#[tokio::test]
async fn the_documented_scores_and_heartbeat_are_returned() {
    let sandbox = sandbox().await;
    let (_, scores) = ask(&sandbox, "GET", "/api/v1/suppliers/T100/scores", None).await;
    let example = json!([
        {
            "level": "2", "score": "", "company_size": "2", "valid_from": "02/10/2023",
            "valid_until": "01/10/2024", "black_ownership": "0.0", "black_female_ownership": "0.0",
            "flow_through_black_ownership": "0.0", "black_designated_group_ownership": "0.0",
            "value_adding_supplier": "false", "empowering": "false", "measured_under": "1",
            "verification_agency": "ABC Verification", "certificate_number": "", "id": "",
            "created_at": "14/01/2026 08:08:19", "updated_at": "14/01/2026 08:08:19", "source": "beagle",
            "beagle_scorecard_url": "https://www.beagledatabase.co.za/scorecards/YZgTZL?token=...",
            "beagle_scorecard_url_expires_at": "2026-04-10T08:58:24Z"
        },
        {
            "level": "4", "score": "0", "company_size": "1", "valid_from": "10/03/2029",
            "valid_until": "09/03/2030", "black_ownership": "0.0", "black_female_ownership": "0.0",
            "flow_through_black_ownership": "0.0", "black_designated_group_ownership": "0.0",
            "value_adding_supplier": "false", "empowering": "false", "measured_under": "RCoGP",
            "verification_agency": "", "certificate_number": "", "id": "104",
            "created_at": "09/03/2026 08:34:52", "updated_at": "09/03/2026 08:34:52", "source": "local"
        }
    ]);
    assert_eq!(scores, example);
    assert_eq!(ask(&sandbox, "GET", "/api/v1/suppliers/T100/scores/heartbeat", None).await.0, 200);
    assert_eq!(ask(&sandbox, "GET", "/api/v1/suppliers/NOPE/scores", None).await.0, 404);
}

#[tokio::test]
async fn only_a_valid_key_and_signature_are_accepted() {
    let sandbox = sandbox().await;
    let mut other = Sandbox::at_address(sandbox.address, sandbox.options.clone());
    other.options.secret.push('x');
    assert_eq!(ask(&other, "GET", SCORECARDS, None).await.0, 401);
    other.options = SandboxOptions { key: "mpk_other".into(), ..sandbox.options.clone() };
    assert_eq!(ask(&other, "GET", SCORECARDS, None).await.0, 401);
    other.options = SandboxOptions { folds: 4, ..sandbox.options.clone() };
    assert_eq!(ask(&other, "GET", SCORECARDS, None).await.0, 401);
    assert_eq!(ask(&sandbox, "GET", SCORECARDS, None).await.0, 200);
}

#[tokio::test]
async fn a_malformed_body_is_refused_and_each_start_has_the_same_data() {
    let (one, two) = (sandbox().await, sandbox().await);
    let (status, _) = ask_raw(&one, "POST", SCORECARDS, Some("{".into())).await;
    assert_eq!(status, 400);
    assert_eq!(ask(&one, "GET", SCORECARDS, None).await, ask(&two, "GET", SCORECARDS, None).await);
    assert_eq!(plan(&one, 42).await, plan(&two, 42).await);
}

#[tokio::test]
async fn values_of_a_wrong_type_are_refused_with_the_field_and_nothing_is_stored() {
    let sandbox = sandbox().await;
    let programs = format!("/api/public/v1/scorecards/{ACME}/training_programs");
    let program = ask(&sandbox, "GET", &programs, None).await.1["data"][0]["id"].to_string();
    let people = format!("{programs}/{program}/participants");
    let before = ask(&sandbox, "GET", &people, None).await.1["meta"]["count"].clone();
    for (method, path, body, words) in [
        (
            "POST",
            &programs,
            json!({"training_programs": [{"name": "X", "category": "A",
            "continuous_legal_education_program": {"a": 1}}]}),
            "Continuous legal education program",
        ),
        (
            "POST",
            &programs,
            json!({"training_programs": [{"name": "X", "category": "A", "abet": "perhaps"}]}),
            "ABET",
        ),
        ("POST", &programs, json!({"training_programs": [7]}), "training_programs must be a list of objects"),
        ("POST", &programs, json!({"training_programs": {"name": "X"}}), "training_programs must be a list"),
        (
            "POST",
            &people,
            json!({"participants": [{"full_name": "X", "gender": "Male", "race": "African",
            "course_cost": "-2.2e-309"}]}),
            "Course cost",
        ),
        (
            "POST",
            &people,
            json!({"participants": [{"full_name": ["X"], "gender": "Male", "race": "African"}]}),
            "Full name",
        ),
        (
            "PUT",
            &format!("/api/public/v1/scorecards/{ACME}"),
            json!({"scorecard": {"province": 7}}),
            "Province",
        ),
        (
            "PUT",
            &format!("/api/public/v1/scorecards/{ACME}"),
            json!({"scorecard": [1]}),
            "scorecard must be an object",
        ),
        (
            "PATCH",
            &"/api/public/v1/employment_equity_plans/42".to_owned(),
            json!({"employment_equity_plan": {"name": {"x": 1}}}),
            "Name",
        ),
    ] {
        let (status, answer) = ask(&sandbox, method, path, Some(body)).await;
        assert_eq!(status, 422, "{words}: {answer}");
        assert!(answer.to_string().contains(words), "{words}: {answer}");
    }
    assert_eq!(ask(&sandbox, "GET", &people, None).await.1["meta"]["count"], before);
}

#[tokio::test]
async fn an_unknown_path_or_method_gets_a_json_error() {
    let sandbox = sandbox().await;
    for path in [
        "employment_equity_plans/abc",
        "employment_equity_plans/-1",
        "scorecards/x/training_programs/y/participants",
        "nowhere",
    ] {
        let (status, answer) = ask(&sandbox, "GET", &format!("/api/public/v1/{path}"), None).await;
        assert_eq!((status, &answer), (404, &json!({"error": "Not found"})), "{path}");
    }
    let (status, answer) = ask(&sandbox, "POST", "/api/public/v1/employment_equity_plans/42", None).await;
    assert!(status == 405 && answer["error"].is_string(), "{answer}");
}

#[tokio::test]
async fn a_plan_without_a_name_is_described_by_its_dates() {
    let sandbox = sandbox().await;
    for name in [json!(""), json!(null), json!("  ")] {
        let body = json!({"employment_equity_plan": {"name": name}});
        let (_, answer) =
            ask(&sandbox, "PATCH", "/api/public/v1/employment_equity_plans/42", Some(body)).await;
        let (name, start) = (answer["name"].as_str().unwrap(), answer["start_date"].as_str().unwrap());
        assert!(name.contains(start), "{name}");
    }
}

#[tokio::test]
async fn the_sandbox_injects_faults_on_request() {
    use bee_tui::sandbox::state::UntrueAnswer;
    let body = || Some(json!({"employment_equity_plan": {"name": "Told untruly"}}).to_string());
    let plan = "/api/public/v1/employment_equity_plans/42";
    for (way, status, words) in [
        (UntrueAnswer::OtherShape, 200, "ok"),
        (UntrueAnswer::TooDeep, 200, "[[[["),
        (UntrueAnswer::Locked, 409, "locked"),
        (UntrueAnswer::Forbidden, 403, "may not"),
    ] {
        let sandbox =
            Sandbox::start(SandboxOptions { untrue: vec![way], ..SandboxOptions::default() }).await.unwrap();
        let (told, text) = ask_raw(&sandbox, "PATCH", plan, body()).await;
        assert!(told == status && text.contains(words), "{way:?}: {told} {text:.80}");
        let (_, after) = ask(&sandbox, "GET", plan, None).await;
        assert_eq!(after["name"] == "Told untruly", status == 200, "{way:?}");
    }
    let options = SandboxOptions {
        participants: 3000,
        in_one_program: true,
        untrue: vec![UntrueAnswer::EmptyPage],
        ..SandboxOptions::default()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let programs = format!("/api/public/v1/scorecards/{ACME}/training_programs");
    let program = ask(&sandbox, "GET", &programs, None).await.1["data"][0]["id"].to_string();
    let second = format!("{programs}/{program}/participants?page=2&per_page=1000");
    let (_, page) = ask(&sandbox, "GET", &second, None).await;
    assert_eq!((page["data"].as_array().unwrap().len(), &page["meta"]["count"]), (0, &json!(3000)));
}

#[tokio::test]
async fn the_last_of_repeated_page_parameters_counts_and_a_null_boolean_means_false() {
    let sandbox = sandbox().await;
    let programs = format!("/api/public/v1/scorecards/{ACME}/training_programs");
    let (status, page) =
        ask(&sandbox, "GET", &format!("{programs}?page=1&page=2&per_page=1&per_page=2"), None).await;
    assert_eq!((status, &page["meta"]["page"]), (200, &json!(2)));
    let body = json!({"training_programs": [{"name": "Nulls", "category": "B", "abet": null}]});
    let (_, made) = ask(&sandbox, "POST", &programs, Some(body)).await;
    assert_eq!(made[0]["abet"], json!(false), "{made}");
}
