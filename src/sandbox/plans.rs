//! Employment equity plans of the sandbox.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, patch};
use jiff::civil::{Date, date as day};
use serde_json::Value;

use crate::domain::counter::{Column, Counter, Level, Slice, label_of};
use crate::domain::plan::SECTORS;
use crate::sandbox::answer::{Object, answer, blank, date, errors, missing, no_content, now, ok, root};
use crate::sandbox::seed::Workforce;
use crate::sandbox::state::{Milestone, Plan, World};
use crate::sandbox::{App, Shared};

/// The first day a plan may begin on, and the last it may end on.
const FLOOR: Date = day(2025, 9, 1);
const CEILING: Date = day(2030, 8, 31);

pub(super) fn routes() -> Router<std::sync::Arc<Shared>> {
    let base = "/api/public/v1/employment_equity_plans";
    let target = format!(
        "{base}/{{plan}}/employment_equity_milestones/{{milestone}}/employment_equity_targets/{{target}}"
    );
    Router::new()
        .route(base, get(list).post(create))
        .route(&format!("{base}/{{id}}"), get(read).patch(update).delete(delete))
        .route(&target, patch(update_target))
}

/// A plan with its milestones, as it stands in an answer.
fn whole(plan: &Plan) -> Value {
    let milestone = |m: &Milestone| {
        let mut record = m.record.clone();
        record.insert("targets".into(), m.targets.iter().cloned().map(Value::Object).collect());
        Value::Object(record)
    };
    let mut record = plan.record.clone();
    record.insert("milestones".into(), plan.milestones.iter().map(milestone).collect());
    record.into()
}

async fn list(State(shared): App) -> Response {
    ok(&shared.world().plans.values().map(|p| Value::Object(p.record.clone())).collect())
}

async fn read(State(shared): App, Path(id): Path<u64>) -> Response {
    shared.world().plans.get(&id).map_or_else(missing, |plan| ok(&whole(plan)))
}

async fn create(State(shared): App, body: Bytes) -> Response {
    let given = match root(&body, "employment_equity_plan") {
        Ok(given) => given,
        Err(refusal) => return *refusal,
    };
    let mut world = shared.world();
    let mut wrong = Vec::new();
    let (start, end) = (date(given.get("start_date")), date(given.get("end_date")));
    match start {
        None => wrong.push("Start date can't be blank".to_owned()),
        Some(start) if start < FLOOR => wrong.push("Start date cannot be before 01/09/2025".into()),
        Some(start) if start > CEILING => wrong.push("Start date cannot be after 31/08/2030".into()),
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
    let plan = new_plan(&mut world, &given, start, end.min(CEILING), &[workforce], now());
    let shown = whole(&plan);
    world.plans.insert(shown["id"].as_u64().unwrap_or_default(), plan);
    answer(StatusCode::CREATED, &shown)
}

/// A plan from its given fields, with a milestone per financial year; `workforces` gives each year's counters, the
/// last one all that follow.
pub(super) fn new_plan(
    world: &mut World,
    given: &Value,
    start: Date,
    end: Date,
    workforces: &[Workforce],
    created: Value,
) -> Plan {
    let mut record = Object::new();
    record.insert("id".into(), world.id().into());
    let name = given.get("name").filter(|name| !blank(Some(name))).cloned();
    record.insert("name".into(), name.unwrap_or_else(|| format!("EE Plan {start} - {end}").into()));
    record.insert("start_date".into(), start.to_string().into());
    record.insert("end_date".into(), end.to_string().into());
    record.insert("era".into(), "post_2025".into());
    for field in ["scorecard_id", "sector"] {
        record
            .insert(field.into(), given.get(field).filter(|v| !blank(Some(v))).cloned().unwrap_or_default());
    }
    record.insert("created_at".into(), created.clone());
    record.insert("updated_at".into(), created);
    let mut milestones = Vec::new();
    let mut from = start;
    while from <= end {
        let year = if from.month() >= 9 { from.year() + 1 } else { from.year() };
        let to = day(year, 8, 31).min(end);
        let nothing = Workforce::default();
        let workforce = workforces.get(milestones.len()).or(workforces.last()).unwrap_or(&nothing);
        milestones.push(new_milestone(world, milestones.len() + 1, from, to, workforce));
        from = day(year, 9, 1);
    }
    Plan { record, milestones }
}

fn new_milestone(world: &mut World, year: usize, from: Date, to: Date, workforce: &Workforce) -> Milestone {
    let id = world.id();
    let mut record = Object::new();
    record.insert("id".into(), id.into());
    record.insert("year_number".into(), year.into());
    record.insert("start_date".into(), from.to_string().into());
    record.insert("end_date".into(), to.to_string().into());
    let targets = [("all_employees", false), ("disabled_employees", true)]
        .map(|(target_type, disabled)| target(world.id(), target_type, workforce, disabled));
    Milestone { id, record, targets: targets.into() }
}

/// A target in the order of the document's example: level by level, in each the four races male, then female,
/// then foreign; last the further slices.
fn target(id: u64, target_type: &str, workforce: &Workforce, disabled: bool) -> Object {
    use strum::VariantArray;
    let mut record = Object::new();
    record.insert("id".into(), id.into());
    record.insert("target_type".into(), target_type.into());
    let levels = Level::VARIANTS.iter().map(|level| Slice::Level(*level));
    let further = ["temporary_employees", "permanent_employees"].map(|name| Slice::Further(name.into()));
    for (row, slice) in levels.chain(further).enumerate() {
        for (at, column) in Column::ALL.into_iter().enumerate() {
            let count = workforce.count(row, at, disabled);
            record.insert(Counter::Cell(slice.clone(), column).name(), count.into());
        }
    }
    record
}

async fn update(State(shared): App, Path(id): Path<u64>, body: Bytes) -> Response {
    let given = match root(&body, "employment_equity_plan") {
        Ok(given) => given,
        Err(refusal) => return *refusal,
    };
    let mut world = shared.world();
    let wrong = check(&world, &given);
    let Some(plan) = world.plans.get_mut(&id) else { return missing() };
    if !wrong.is_empty() {
        return errors(&wrong);
    }
    for field in ["name", "scorecard_id", "sector"] {
        if let Some(value) = given.get(field) {
            let blanked = field != "name" && blank(Some(value));
            plan.record.insert(field.into(), if blanked { Value::Null } else { value.clone() });
        }
    }
    plan.record.insert("updated_at".into(), now());
    ok(&whole(plan))
}

/// What is wrong with the scorecard or sector of a plan.
fn check(world: &World, given: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
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

async fn delete(State(shared): App, Path(id): Path<u64>) -> Response {
    if shared.world().plans.remove(&id).is_some() { no_content() } else { missing() }
}

async fn update_target(
    State(shared): App,
    Path((plan, milestone, target)): Path<(u64, u64, u64)>,
    body: Bytes,
) -> Response {
    let given = match root(&body, "employment_equity_target") {
        Ok(given) => given,
        Err(refusal) => return *refusal,
    };
    let mut world = shared.world();
    let Some(plan) = world.plans.get_mut(&plan) else { return missing() };
    let milestone = plan.milestones.iter_mut().find(|m| m.id == milestone);
    let target = milestone.and_then(|m| m.targets.iter_mut().find(|t| t["id"] == target));
    let Some(target) = target else { return missing() };
    let known: Vec<_> = given
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| key.starts_with("number_of_") && target.contains_key(*key))
        .collect();
    let wrong: Vec<String> = known
        .iter()
        .filter(|(_, value)| value.as_u64().is_none_or(|n| n > i32::MAX as u64))
        .map(|(key, _)| format!("{} must be greater than or equal to 0", label_of(key)))
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
