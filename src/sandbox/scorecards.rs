//! Scorecards of the sandbox.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, put};
use serde_json::{Value, json};

use crate::domain::record::scorecard::CHARTER_IDS;
use crate::sandbox::data::StoredScorecard;
use crate::sandbox::fixtures;
use crate::sandbox::path_ids::{PathIds, wrong_types};
use crate::sandbox::responses::{
    JsonObject, answer, blank, date, errors, no_content, not_found_response, now, ok, parse_record,
};
use crate::sandbox::state::{SandboxState, SharedSandbox};

const FIELDS: [&str; 5] = ["description", "start_date", "end_date", "charter_id", "province"];

pub(super) fn routes() -> Router<std::sync::Arc<SandboxState>> {
    Router::new()
        .route("/api/public/v1/scorecards", get(list).post(create))
        .route("/api/public/v1/scorecards/{id}", get(read).put(update).delete(delete))
        .route("/api/public/v1/scorecards/{id}/recalculate", put(recalculate))
}

async fn list(State(shared): SharedSandbox) -> Response {
    let world = shared.data();
    ok(&world.scorecards.values().map(|s| Value::Object(s.record.clone())).collect())
}

async fn read(State(shared): SharedSandbox, PathIds(id): PathIds<String>) -> Response {
    shared.data().scorecards.get(&id).map_or_else(not_found_response, |s| ok(&s.record.clone().into()))
}

async fn create(State(shared): SharedSandbox, body: Bytes) -> Response {
    let given = match parse_record(&body, "scorecard") {
        Ok(given) => given,
        Err(refusal) => return *refusal,
    };
    let mut world = shared.data();
    let id = format!("scorecard_{}", fixtures::token(world.allocate_id()));
    let mut record = JsonObject::new();
    record.insert("id".into(), id.clone().into());
    for field in FIELDS {
        record.insert(field.into(), given.get(field).cloned().unwrap_or_default());
    }
    record.insert("created_at".into(), now());
    record.insert("updated_at".into(), now());
    let wrong = check(&record);
    if !wrong.is_empty() {
        return errors(&wrong);
    }
    let scorecard = StoredScorecard {
        record: record.clone(),
        recalculating_until: None,
        ids_compulsory: false,
        programs: std::collections::BTreeMap::new(),
        workforce: fixtures::Workforce::default(),
    };
    world.scorecards.insert(id, scorecard);
    answer(StatusCode::CREATED, &record.into())
}

async fn update(State(shared): SharedSandbox, PathIds(id): PathIds<String>, body: Bytes) -> Response {
    let given = match parse_record(&body, "scorecard") {
        Ok(given) => given,
        Err(refusal) => return *refusal,
    };
    let mut world = shared.data();
    let Some(scorecard) = world.scorecards.get_mut(&id) else { return not_found_response() };
    let mut record = scorecard.record.clone();
    for field in FIELDS {
        if let Some(value) = given.get(field) {
            record.insert(field.into(), value.clone());
        }
    }
    let wrong = check(&record);
    if !wrong.is_empty() {
        return errors(&wrong);
    }
    record.insert("updated_at".into(), now());
    scorecard.record.clone_from(&record);
    ok(&record.into())
}

async fn recalculate(State(shared): SharedSandbox, PathIds(id): PathIds<String>) -> Response {
    let mut world = shared.data();
    let Some(scorecard) = world.scorecards.get_mut(&id) else { return not_found_response() };
    if scorecard.recalculating_until.is_some() {
        let words = "A recalculation is already in progress for this scorecard.";
        return answer(StatusCode::CONFLICT, &json!({"error": words}));
    }
    scorecard.recalculating_until = jiff::Timestamp::now().checked_add(shared.options.recalculation).ok();
    answer(StatusCode::ACCEPTED, &json!({}))
}

async fn delete(State(shared): SharedSandbox, PathIds(id): PathIds<String>) -> Response {
    let mut world = shared.data();
    if world.scorecards.remove(&id).is_none() {
        return not_found_response();
    }
    for plan in world.plans.values_mut() {
        if plan.record["scorecard_id"] == id.as_str() {
            plan.record.insert("scorecard_id".into(), Value::Null);
        }
    }
    no_content()
}

fn check(record: &JsonObject) -> Vec<String> {
    let types: JsonObject = FIELDS.iter().map(|field| ((*field).to_owned(), Value::Null)).collect();
    let mut wrong = wrong_types(record, &types);
    if !wrong.is_empty() {
        return wrong;
    }
    for (field, words) in [("description", "Description"), ("province", "Province")] {
        if blank(record.get(field)) {
            wrong.push(format!("{words} can't be blank"));
        }
    }
    let days = (date(record.get("start_date")), date(record.get("end_date")));
    if days.0.is_none() {
        wrong.push("Start date is not a valid date".into());
    }
    if days.1.is_none() {
        wrong.push("End date is not a valid date".into());
    }
    if let (Some(start), Some(end)) = days
        && end < start
    {
        wrong.push("End date must be after start date".into());
    }
    if !record.get("charter_id").and_then(Value::as_str).is_some_and(|id| CHARTER_IDS.contains(&id)) {
        wrong.push("Charter is not included in the list".into());
    }
    wrong
}
