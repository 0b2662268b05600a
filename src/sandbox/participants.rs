//! Participants of the sandbox.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use crate::sandbox::data::StoredScorecard;
use crate::sandbox::fixtures::participant_defaults;
use crate::sandbox::path_ids::{PathIds, wrong_types};
use crate::sandbox::responses::{
    JsonObject, PageParameters, answer, blank, invalid_records_response, no_content, not_found_response, now,
    page, parse_records,
};
use crate::sandbox::state::{SandboxState, SharedSandbox};

const AMOUNTS: [&str; 9] = [
    "course_cost",
    "travel_cost",
    "catering_cost",
    "stationery_cost",
    "training_facility_cost",
    "salary_cost",
    "other_costs",
    "accommodation_cost",
    "man_hours",
];

pub(super) fn routes() -> Router<std::sync::Arc<SandboxState>> {
    let base = "/api/public/v1/scorecards/{scorecard}/training_programs/{program}/participants";
    Router::new()
        .route(base, get(list).post(create))
        .route(&format!("{base}/{{id}}"), axum::routing::delete(delete))
}

async fn list(
    State(shared): SharedSandbox,
    PathIds((scorecard, program)): PathIds<(String, u64)>,
    uri: Uri,
    query: Query<PageParameters>,
) -> Response {
    let world = shared.data();
    let program = world.scorecards.get(&scorecard).and_then(|s| s.programs.get(&program));
    let Some(program) = program else { return not_found_response() };
    let participants = &program.participants;
    page(uri.path(), query, participants.len(), |range| participants.rows(range))
}

async fn create(
    State(shared): SharedSandbox,
    PathIds((scorecard, program)): PathIds<(String, u64)>,
    body: Bytes,
) -> Response {
    let records = match parse_records(&body, "participants") {
        Ok(records) => records,
        Err(refusal) => return *refusal,
    };
    let mut world = shared.data();
    let ids: Vec<u64> = records.iter().map(|_| world.allocate_id()).collect();
    let Some(scorecard) = world.scorecards.get_mut(&scorecard) else { return not_found_response() };
    let refused: Vec<Value> = records.iter().filter_map(|record| refusal(scorecard, record)).collect();
    if !refused.is_empty() {
        return invalid_records_response("One or more participant records are invalid.", refused);
    }
    let Some(program) = scorecard.programs.get_mut(&program) else { return not_found_response() };
    let mut made = Vec::new();
    for (given, id) in records.into_iter().zip(ids) {
        let mut record = JsonObject::new();
        record.insert("id".into(), id.into());
        for (field, default) in participant_defaults() {
            let value = given.get(&field).filter(|value| !value.is_null()).cloned().unwrap_or(default);
            let value = if AMOUNTS.contains(&field.as_str()) { amount(&value) } else { value };
            record.insert(field, value);
        }
        record.insert("created_at".into(), now());
        record.insert("updated_at".into(), now());
        made.push(Value::Object(record.clone()));
        program.participants.posted.insert(id, record);
    }
    program.record.insert("updated_at".into(), now());
    answer(StatusCode::CREATED, &made.into())
}

/// An amount as the server returns it: a string with at least one decimal.
fn amount(value: &Value) -> Value {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if text.contains('.') { text.into() } else { format!("{text}.0").into() }
}

fn refusal(scorecard: &StoredScorecard, record: &JsonObject) -> Option<Value> {
    let word = |field: &str| record.get(field).and_then(Value::as_str).unwrap_or_default();
    let mut wrong = wrong_types(record, &participant_defaults());
    if blank(record.get("full_name")) {
        wrong.push("Full name can't be blank".into());
    }
    for (field, words, list) in [
        ("gender", "Gender", &["Male", "Female"][..]),
        ("race", "Race", &["African", "Coloured", "Indian", "White"]),
        (
            "starting_employment_status",
            "Starting employment status",
            &["Permanent", "Fixed-Term", "Unemployed"],
        ),
    ] {
        let optional = field == "starting_employment_status" && blank(record.get(field));
        if !optional && !list.contains(&word(field)) {
            wrong.push(format!("{words} is not included in the list"));
        }
    }
    if scorecard.ids_compulsory && blank(record.get("id_number")) {
        wrong.push("Id number can't be blank".into());
    }
    if scorecard.charter() == "bravo_legal_attorneys" && blank(record.get("legal_attorney_status")) {
        wrong.push("Legal attorney status can't be blank".into());
    }
    (!wrong.is_empty()).then(|| {
        json!({
            "id": null, "full_name": record.get("full_name"), "gender": record.get("gender"),
            "race": record.get("race"), "errors": wrong,
        })
    })
}

async fn delete(
    State(shared): SharedSandbox,
    PathIds((scorecard, program, id)): PathIds<(String, u64, u64)>,
) -> Response {
    let mut world = shared.data();
    let program = world.scorecards.get_mut(&scorecard).and_then(|s| s.programs.get_mut(&program));
    let Some(program) = program else { return not_found_response() };
    if program.participants.delete(id) { no_content() } else { not_found_response() }
}
