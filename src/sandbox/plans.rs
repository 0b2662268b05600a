//! Employment equity plans of the sandbox.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, patch};
use jiff::civil::{Date, date as day};
use serde_json::{Value, json};

use crate::domain::plan::SECTORS;
use crate::domain::text::label_from_api_name;
use crate::sandbox::data::{SandboxData, StoredMilestone, StoredPlan, derived_name, new_plan};
use crate::sandbox::path_ids::{PathIds, wrong_types};
use crate::sandbox::responses::{
    answer, blank, date, errors, no_content, not_found_response, now, ok, parse_record,
};
use crate::sandbox::state::{SandboxState, SharedSandbox};

/// The first day that a plan may start on, and the last day that it may end on.
const EARLIEST_START: Date = day(2025, 9, 1);
const LATEST_END: Date = day(2030, 8, 31);

pub(super) fn routes() -> Router<std::sync::Arc<SandboxState>> {
    let base = "/api/public/v1/employment_equity_plans";
    let target = format!(
        "{base}/{{plan}}/employment_equity_milestones/{{milestone}}/employment_equity_targets/{{target}}"
    );
    Router::new()
        .route(base, get(list).post(create))
        .route(&format!("{base}/{{id}}"), get(read).patch(update).delete(delete))
        .route(&target, patch(update_target))
}

/// A plan with its milestones, as a response shows it.
fn whole(plan: &StoredPlan) -> Value {
    let milestone = |m: &StoredMilestone| {
        let mut record = m.record.clone();
        record.insert("targets".into(), m.targets.iter().cloned().map(Value::Object).collect());
        Value::Object(record)
    };
    let mut record = plan.record.clone();
    record.insert("milestones".into(), plan.milestones.iter().map(milestone).collect());
    record.into()
}

async fn list(State(shared): SharedSandbox) -> Response {
    ok(&shared.data().plans.values().map(|p| Value::Object(p.record.clone())).collect())
}

async fn read(State(shared): SharedSandbox, PathIds(id): PathIds<u64>) -> Response {
    shared.data().plans.get(&id).map_or_else(not_found_response, |plan| ok(&whole(plan)))
}

async fn create(State(shared): SharedSandbox, body: Bytes) -> Response {
    let given = match parse_record(&body, "employment_equity_plan") {
        Ok(given) => given,
        Err(refusal) => return *refusal,
    };
    let mut world = shared.data();
    let mut wrong = Vec::new();
    let (start, end) = (date(given.get("start_date")), date(given.get("end_date")));
    match start {
        None => wrong.push("Start date can't be blank".to_owned()),
        Some(start) if start < EARLIEST_START => wrong.push("Start date cannot be before 01/09/2025".into()),
        Some(start) if start > LATEST_END => wrong.push("Start date cannot be after 31/08/2030".into()),
        Some(_) => {}
    }
    match end {
        None => wrong.push("End date can't be blank".into()),
        Some(end) if start.is_some_and(|start| end < start) => {
            wrong.push("End date must be after start date".into());
        }
        Some(_) => {}
    }
    wrong.extend(check(&world, &given));
    let (Some(start), Some(end), true) = (start, end, wrong.is_empty()) else { return errors(&wrong) };
    let scorecard = given.get("scorecard_id").and_then(Value::as_str).and_then(|id| world.scorecards.get(id));
    let workforce = scorecard.map(|s| s.workforce.clone()).unwrap_or_default();
    let plan = new_plan(&mut world, &given, start, end.min(LATEST_END), &[workforce], now());
    let shown = whole(&plan);
    world.plans.insert(shown["id"].as_u64().unwrap_or_default(), plan);
    answer(StatusCode::CREATED, &shown)
}

async fn update(State(shared): SharedSandbox, PathIds(id): PathIds<u64>, body: Bytes) -> Response {
    let given = match parse_record(&body, "employment_equity_plan") {
        Ok(given) => given,
        Err(refusal) => return *refusal,
    };
    let mut world = shared.data();
    let wrong = check(&world, &given);
    let Some(plan) = world.plans.get_mut(&id) else { return not_found_response() };
    if !wrong.is_empty() {
        return errors(&wrong);
    }
    for field in ["name", "scorecard_id", "sector"] {
        if let Some(value) = given.get(field) {
            let value = match (field, blank(Some(value))) {
                // A blank name is derived again, as on creation.
                ("name", true) => derived_name(&plan.record["start_date"], &plan.record["end_date"]),
                (_, true) => Value::Null,
                (_, false) => value.clone(),
            };
            plan.record.insert(field.into(), value);
        }
    }
    plan.record.insert("updated_at".into(), now());
    ok(&whole(plan))
}

/// What is wrong with the fields of a plan, apart from the range and order of its dates; empty if nothing is.
fn check(world: &SandboxData, given: &Value) -> Vec<String> {
    let types =
        json!({"name": null, "scorecard_id": null, "sector": null, "start_date": null, "end_date": null});
    let mut wrong = match (given.as_object(), types.as_object()) {
        (Some(given), Some(types)) => wrong_types(given, types),
        _ => Vec::new(),
    };
    if !wrong.is_empty() {
        return wrong;
    }
    let known = |id: &Value| id.as_str().is_some_and(|id| world.scorecards.contains_key(id));
    if given.get("scorecard_id").is_some_and(|id| !blank(Some(id)) && !known(id)) {
        wrong.push("Scorecard not found".into());
    }
    let listed = |sector: &Value| sector.as_str().is_some_and(|sector| SECTORS.contains(&sector));
    if given.get("sector").is_some_and(|sector| !blank(Some(sector)) && !listed(sector)) {
        wrong.push("Sector is not included in the list".into());
    }
    wrong
}

async fn delete(State(shared): SharedSandbox, PathIds(id): PathIds<u64>) -> Response {
    if shared.data().plans.remove(&id).is_some() { no_content() } else { not_found_response() }
}

async fn update_target(
    State(shared): SharedSandbox,
    PathIds((plan, milestone, target)): PathIds<(u64, u64, u64)>,
    body: Bytes,
) -> Response {
    let given = match parse_record(&body, "employment_equity_target") {
        Ok(given) => given,
        Err(refusal) => return *refusal,
    };
    let mut world = shared.data();
    let Some(plan) = world.plans.get_mut(&plan) else { return not_found_response() };
    let milestone = plan.milestones.iter_mut().find(|m| m.id == milestone);
    let target = milestone.and_then(|m| m.targets.iter_mut().find(|t| t["id"] == target));
    let Some(target) = target else { return not_found_response() };
    let known: Vec<_> = given
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| key.starts_with("number_of_") && target.contains_key(*key))
        .collect();
    let wrong: Vec<String> = known
        .iter()
        .filter(|(_, value)| value.as_u64().is_none_or(|n| n > i32::MAX as u64))
        .map(|(key, _)| format!("{} must be greater than or equal to 0", label_from_api_name(key)))
        .collect();
    if !wrong.is_empty() {
        return errors(&wrong);
    }
    for (key, value) in known {
        target.insert(key.clone(), value.clone());
    }
    let shown = target.clone().into();
    plan.record.insert("updated_at".into(), now());
    ok(&shown)
}
