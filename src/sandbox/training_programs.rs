//! Training programs of the sandbox.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;

use crate::domain::record::training_program::{CATEGORIES, MATCHED_FIELDS};
use crate::sandbox::data::{StoredParticipants, StoredProgram, program_defaults, program_record, stored};
use crate::sandbox::path_ids::{PathIds, wrong_types};
use crate::sandbox::responses::{
    JsonObject, PageParameters, blank, invalid_records_response, no_content, not_found_response, now, ok,
    page, parse_records,
};
use crate::sandbox::state::{SandboxState, SharedSandbox};

pub(super) fn routes() -> Router<std::sync::Arc<SandboxState>> {
    Router::new()
        .route("/api/public/v1/scorecards/{scorecard}/training_programs", get(list).post(upsert))
        .route("/api/public/v1/scorecards/{scorecard}/training_programs/{id}", axum::routing::delete(delete))
}

fn unsupported() -> Response {
    invalid_records_response("The scorecard type does not support training programs.", Vec::new())
}

/// A program as a response shows it.
pub(super) fn program_json(program: &StoredProgram) -> Value {
    let mut record = program.record.clone();
    record.insert("total_number_of_participants".into(), program.participants.len().into());
    record.into()
}

async fn list(
    State(shared): SharedSandbox,
    PathIds(scorecard): PathIds<String>,
    uri: Uri,
    query: Query<PageParameters>,
) -> Response {
    let world = shared.data();
    let Some(scorecard) = world.scorecards.get(&scorecard) else { return not_found_response() };
    if !scorecard.has_programs() {
        return unsupported();
    }
    let programs: Vec<_> = scorecard.programs.values().collect();
    page(uri.path(), query, programs.len(), |range| programs[range].iter().map(|p| program_json(p)).collect())
}

async fn upsert(State(shared): SharedSandbox, PathIds(scorecard): PathIds<String>, body: Bytes) -> Response {
    let records = match parse_records(&body, "training_programs") {
        Ok(records) => records,
        Err(refusal) => return *refusal,
    };
    let mut world = shared.data();
    let fresh: Vec<u64> = records.iter().map(|_| world.allocate_id()).collect();
    let Some(scorecard) = world.scorecards.get_mut(&scorecard) else { return not_found_response() };
    if !scorecard.has_programs() {
        return unsupported();
    }
    let refused: Vec<Value> = records.iter().filter_map(refusal).collect();
    if !refused.is_empty() {
        return invalid_records_response("One or more training program records are invalid.", refused);
    }
    let mut answers = Vec::new();
    for (given, id) in records.into_iter().zip(fresh) {
        let key = |record: &JsonObject| MATCHED_FIELDS.map(|field| matching(record.get(field)));
        let known = scorecard.programs.values_mut().find(|p| key(&p.record) == key(&given));
        match known {
            Some(program) => {
                for (field, default) in program_defaults() {
                    if let Some(value) = given.get(&field) {
                        let value = stored(value, &default);
                        program.record.insert(field, value);
                    }
                }
                program.record.insert("updated_at".into(), now());
                answers.push(program_json(program));
            }
            None => {
                let program = StoredProgram {
                    record: program_record(id, &given, now(), now()),
                    participants: StoredParticipants::default(),
                };
                answers.push(program_json(&program));
                scorecard.programs.insert(id, program);
            }
        }
    }
    ok(&answers.into())
}

/// A field's value for matching: absent, null, blank and false are alike.
fn matching(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Bool(true)) => "true".into(),
        _ => String::new(),
    }
}

fn refusal(record: &JsonObject) -> Option<Value> {
    let mut wrong = wrong_types(record, &program_defaults());
    if blank(record.get("name")) {
        wrong.push("Name can't be blank".into());
    }
    if !record.get("category").and_then(Value::as_str).is_some_and(|c| CATEGORIES.contains(&c)) {
        wrong.push("Category is not a valid category".into());
    }
    let shown: JsonObject = ["name", "category", "abet", "mandatory", "training_provider", "municipality"]
        .into_iter()
        .map(|field| (field.to_owned(), record.get(field).cloned().unwrap_or_default()))
        .chain([("errors".to_owned(), wrong.clone().into())])
        .collect();
    (!wrong.is_empty()).then(|| shown.into())
}

async fn delete(State(shared): SharedSandbox, PathIds((scorecard, id)): PathIds<(String, u64)>) -> Response {
    let mut world = shared.data();
    let Some(scorecard) = world.scorecards.get_mut(&scorecard) else { return not_found_response() };
    if !scorecard.has_programs() {
        return unsupported();
    }
    scorecard.programs.remove(&id);
    no_content()
}
