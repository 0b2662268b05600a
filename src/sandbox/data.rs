//! The sandbox's records, and how new ones are made.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::{Date, date as day};
use serde_json::{Value, json};
use strum::VariantArray;

use crate::domain::plan::counter::{Counter, Level, Slice, StatutoryColumn};
use crate::sandbox::fixtures::{self, Workforce};
use crate::sandbox::responses::{JsonObject, blank, format_timestamp};

/// A scorecard with its training programs and its workforce.
pub(super) struct StoredScorecard {
    pub record: JsonObject,
    /// When the running recalculation will end; `None` while none runs.
    pub recalculating_until: Option<Timestamp>,
    /// Whether its participants need an ID number.
    pub ids_compulsory: bool,
    pub programs: BTreeMap<u64, StoredProgram>,
    /// The workforce that pre-fills the targets of a new plan.
    pub workforce: Workforce,
}

impl StoredScorecard {
    pub(super) fn charter(&self) -> &str {
        self.record["charter_id"].as_str().unwrap_or_default()
    }

    /// Whether its charter supports training programs.
    pub(super) fn has_programs(&self) -> bool {
        self.charter() != "bravo_property_owners"
    }
}

/// A training program with its participants.
pub(super) struct StoredProgram {
    pub record: JsonObject,
    pub participants: StoredParticipants,
}

/// Participants of a program: some generated from their id whenever they are read, some posted, some deleted.
#[derive(Default)]
pub(super) struct StoredParticipants {
    /// The first id of the generated ones: `first..first + count`.
    pub first: u64,
    pub count: u64,
    pub deleted: BTreeSet<u64>,
    pub posted: BTreeMap<u64, JsonObject>,
}

impl StoredParticipants {
    pub(super) fn len(&self) -> usize {
        self.count as usize - self.deleted.len() + self.posted.len()
    }

    /// The participants at these indices, in order of id.
    pub(super) fn rows(&self, range: std::ops::Range<usize>) -> Vec<Value> {
        let made = (self.first..self.first + self.count).filter(|id| !self.deleted.contains(id));
        let made = made.map(|id| Value::Object(fixtures::participant(id)));
        let posted = self.posted.values().cloned().map(Value::Object);
        if self.deleted.is_empty() {
            // None is deleted, so start at the page instead of counting up to it.
            let start = range.start.min(self.count as usize) as u64;
            let made = (self.first + start..self.first + self.count)
                .map(|id| Value::Object(fixtures::participant(id)));
            return made.chain(posted.skip(range.start - start as usize)).take(range.len()).collect();
        }
        made.chain(posted).skip(range.start).take(range.len()).collect()
    }

    /// Deletes a participant; false if it does not exist.
    pub(super) fn delete(&mut self, id: u64) -> bool {
        let made = (self.first..self.first + self.count).contains(&id);
        self.posted.remove(&id).is_some() || (made && self.deleted.insert(id))
    }
}

/// An employment equity plan: its own fields, and its milestones.
pub(super) struct StoredPlan {
    pub record: JsonObject,
    pub milestones: Vec<StoredMilestone>,
}

/// A financial year of a plan.
pub(super) struct StoredMilestone {
    pub id: u64,
    pub record: JsonObject,
    pub targets: Vec<JsonObject>,
}

/// Everything on the account.
pub(super) struct SandboxData {
    pub scorecards: BTreeMap<String, StoredScorecard>,
    pub plans: BTreeMap<u64, StoredPlan>,
    pub next_id: u64,
}

impl SandboxData {
    /// An id that was never used.
    pub(super) fn allocate_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Applies someone else's edit of a scorecard, which moves its `updated_at`.
    pub(super) fn edit_scorecard(&mut self, id: &str, fields: JsonObject) {
        if let Some(scorecard) = self.scorecards.get_mut(id) {
            scorecard.record.extend(fields);
            scorecard.record.insert("updated_at".into(), format_timestamp(Timestamp::now()).into());
        }
    }

    /// Ends the recalculations whose time is up: `updated_at` moves to their end.
    pub(super) fn end_recalculations(&mut self, now: Timestamp) {
        for scorecard in self.scorecards.values_mut() {
            if let Some(end) = scorecard.recalculating_until.filter(|end| *end <= now) {
                scorecard.recalculating_until = None;
                scorecard.record.insert("updated_at".into(), format_timestamp(end).into());
            }
        }
    }
}

/// The fields of a program that can be sent, with the value stored for one that is left out.
pub(super) fn program_defaults() -> JsonObject {
    let json = json!({
        "name": null, "category": null, "abet": false, "scholarship": false, "municipality": null,
        "mandatory": false, "training_provider": null, "scarce_or_critical_skills": false,
        "rail_related": false, "is_tourism_related_expenditure": false, "bursary_program": false,
        "invoice_transaction_date": null, "specialised_areas_of_law": null,
        "continuous_legal_education_program": null,
    });
    json.as_object().cloned().unwrap_or_default()
}

/// The value to store: null in a boolean field becomes the default.
pub(super) fn stored(value: &Value, default: &Value) -> Value {
    if value.is_null() && default.is_boolean() { default.clone() } else { value.clone() }
}

/// A program's record, with its fields in the documents' order.
pub(super) fn program_record(
    id: u64,
    given: &JsonObject,
    created_at: Value,
    updated_at: Value,
) -> JsonObject {
    let mut record = JsonObject::new();
    record.insert("id".into(), id.into());
    for (field, default) in program_defaults() {
        let value = given.get(&field).map_or_else(|| default.clone(), |value| stored(value, &default));
        record.insert(field, value);
    }
    record.insert("total_number_of_participants".into(), 0.into());
    record.insert("created_at".into(), created_at);
    record.insert("updated_at".into(), updated_at);
    record
}

/// The name of a plan created without one: a description of its dates (Employment Equity Plans, "Notes").
pub(super) fn derived_name(start: &Value, end: &Value) -> Value {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!("EE Plan {} - {}", text(start), text(end)).into()
}

/// Makes a plan from the given fields, with a milestone per financial year. `workforces` gives the counters
/// of each year; the last one serves all years after it.
pub(super) fn new_plan(
    world: &mut SandboxData,
    given: &Value,
    start: Date,
    end: Date,
    workforces: &[Workforce],
    created: Value,
) -> StoredPlan {
    let mut record = JsonObject::new();
    record.insert("id".into(), world.allocate_id().into());
    let name = given.get("name").filter(|name| !blank(Some(name))).cloned();
    let (first, last): (Value, Value) = (start.to_string().into(), end.to_string().into());
    record.insert("name".into(), name.unwrap_or_else(|| derived_name(&first, &last)));
    record.insert("start_date".into(), first);
    record.insert("end_date".into(), last);
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
    StoredPlan { record, milestones }
}

fn new_milestone(
    world: &mut SandboxData,
    year: usize,
    from: Date,
    to: Date,
    workforce: &Workforce,
) -> StoredMilestone {
    let id = world.allocate_id();
    let mut record = JsonObject::new();
    record.insert("id".into(), id.into());
    record.insert("year_number".into(), year.into());
    record.insert("start_date".into(), from.to_string().into());
    record.insert("end_date".into(), to.to_string().into());
    let targets = [("all_employees", false), ("disabled_employees", true)]
        .map(|(target_type, disabled)| target(world.allocate_id(), target_type, workforce, disabled));
    StoredMilestone { id, record, targets: targets.into() }
}

/// A target with its fields in the order of the documents' example: level by level, in each the four races
/// male, then female, then foreign; the further slices last.
fn target(id: u64, target_type: &str, workforce: &Workforce, disabled: bool) -> JsonObject {
    let mut record = JsonObject::new();
    record.insert("id".into(), id.into());
    record.insert("target_type".into(), target_type.into());
    let levels = Level::VARIANTS.iter().map(|level| Slice::Level(*level));
    let further = ["temporary_employees", "permanent_employees"].map(|name| Slice::Further(name.into()));
    for (row, slice) in levels.chain(further).enumerate() {
        for (at, column) in StatutoryColumn::ALL.into_iter().enumerate() {
            let count = workforce.count(row, at, disabled);
            record.insert(Counter::Cell(slice.clone(), column).name(), count.into());
        }
    }
    record
}
