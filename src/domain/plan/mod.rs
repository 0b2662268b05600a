//! Employment Equity plans and their milestones (Employment Equity Plans, "Attributes").

pub mod achievement;
pub mod counter;
pub mod export;
pub mod expression;
pub mod matrix;
pub mod number;
pub mod ramp;
pub mod table_ref;
pub mod target;
pub mod target_rows;

use crate::domain::plan::table_ref::YearIndex;
use crate::domain::shape_error::ShapeError;
use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::domain::id::{MilestoneId, PlanId, ScorecardId, TargetId};
use crate::domain::plan::target::{Target, TargetType};
use crate::domain::record::FieldKind::{Choice, Date as Day, Integer, Text as Words, Time};
use crate::domain::record::Requirement::{Nullable, Optional, Required, ResponseOnly};
use crate::domain::record::{JsonKey, Record, Schema, SchemaField, Value};
use crate::domain::refusal::Refusal;
use crate::domain::text::Text;

/// The fields of a plan that an update may send (Employment Equity Plans, "Editable fields").
pub const EDITABLE_FIELDS: [&str; 3] = ["name", "scorecard_id", "sector"];

/// The fields of a plan, without its milestones.
pub static PLAN: Schema = Schema {
    name: "plan",
    fields: &[
        SchemaField::new("id", Integer, ResponseOnly, "Plan ID."),
        SchemaField::new(
            "name",
            Words,
            Optional,
            "Human-readable plan name; blank: made from the plan dates.",
        ),
        SchemaField::new("start_date", Day, Required, "Plan start date, on or after 2025-09-01."),
        SchemaField::new("end_date", Day, Required, "Plan end date, clamped to 2030-08-31."),
        SchemaField::new("era", Choice(&["pre_2025", "post_2025"]), ResponseOnly, "pre_2025 or post_2025."),
        SchemaField::new(
            "scorecard_id",
            Words,
            Nullable,
            "Scorecard whose workforce pre-fills the plan on create.",
        ),
        SchemaField::new(
            "sector",
            Choice(&SECTORS),
            Nullable,
            "Sector whose sectoral targets the plan is held against.",
        ),
        SchemaField::new("created_at", Time, ResponseOnly, "Creation timestamp."),
        SchemaField::new("updated_at", Time, ResponseOnly, "Last update timestamp."),
    ],
};

static MILESTONE: Schema = Schema {
    name: "milestone",
    fields: &[
        SchemaField::new("id", Integer, ResponseOnly, "Milestone ID."),
        SchemaField::new("year_number", Integer, ResponseOnly, "Year of the plan, from 1."),
        SchemaField::new("start_date", Day, ResponseOnly, "Start of the financial year."),
        SchemaField::new("end_date", Day, ResponseOnly, "End of the financial year."),
    ],
};

/// The 18 sectors, case-sensitive ("Sector values").
pub static SECTORS: [&str; 18] = [
    "Accommodation and Food Service Activities",
    "Administrative and Support Activities",
    "Agriculture, Forestry & Fishing",
    "Arts, Entertainment and Recreation",
    "Construction",
    "Education",
    "Electricity, Gas Steam and Air Conditioning Supply",
    "Financial and Insurance Activities",
    "Human Health and Social Work",
    "Information and Communication",
    "Manufacturing",
    "Mining and Quarrying",
    "Professional Scientific and Technical",
    "Public Administration and Defence; Compulsory Social Security",
    "Real Estate Activities",
    "Transport and Storage",
    "Water Supply, Sewerage, Waste Management and Remediation Activities",
    "Wholesale and Retail Trade; Repair of Motor Vehicles and Motorcycles",
];

/// One financial year of a plan, 1 September to 31 August.
#[derive(Debug, Clone, PartialEq)]
pub struct Milestone {
    /// The id, used in the path of an update.
    pub id: MilestoneId,
    /// The year of the plan, from 1.
    pub year: u32,
    /// First and last day; `None` when they could not be read.
    pub period: Option<(Date, Date)>,
    /// Its targets, all employees before disabled.
    pub targets: Vec<Target>,
    /// The targets that could not be read, each with the reason in words.
    pub unreadable_targets: Vec<String>,
}

/// A plan. It has its milestones only when it was read by itself: a list leaves them out.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The id, used in paths.
    pub id: PlanId,
    /// Its fields without the milestones, by [`PLAN`].
    pub record: Record,
    /// Its milestones in order of year; empty when the plan came from a list.
    pub milestones: Vec<Milestone>,
    /// The milestones that could not be read, each with the reason in words.
    pub unreadable_milestones: Vec<String>,
}

impl Plan {
    /// Its name, or `Plan 42` (its id) when it has none.
    pub fn name(&self) -> Text {
        match self.record.value("name") {
            Value::Text(name) if !name.is_blank() => name.clone(),
            _ => format!("Plan {}", self.id).into(),
        }
    }

    /// The scorecard it is bound to; `None` when it has none or the id cannot be used.
    pub fn scorecard_id(&self) -> Option<ScorecardId> {
        self.record.value("scorecard_id").raw().and_then(|id| id.parse().ok())
    }

    /// The milestone of a year; `None` when there is no such year.
    pub fn milestone(&self, year: YearIndex) -> Option<&Milestone> {
        self.milestones.get(year.get())
    }

    /// The years that could be read, with their milestones.
    pub fn years(&self) -> impl Iterator<Item = (YearIndex, &Milestone)> {
        self.milestones.iter().enumerate().map(|(at, milestone)| (YearIndex::new(at), milestone))
    }

    /// The year that contains `day`; the first when none does.
    pub fn year_on(&self, day: Date) -> YearIndex {
        let holds = |m: &Milestone| m.period.is_some_and(|(first, last)| first <= day && day <= last);
        self.milestones.iter().position(holds).map_or(YearIndex::FIRST, YearIndex::new)
    }

    /// The place of the year with a number. Fails, and names the years there are, when there is none.
    pub fn year_numbered(&self, number: u32) -> Result<YearIndex, Refusal> {
        let found = self.years().find(|(_, milestone)| milestone.year == number).map(|(year, _)| year);
        found.ok_or_else(|| {
            let years: Vec<String> =
                self.milestones.iter().map(|milestone| milestone.year.to_string()).collect();
            let has = if years.is_empty() {
                "no years".to_owned()
            } else {
                format!("the years {}", years.join(", "))
            };
            format!("{} has no Year {number}; it has {has}", self.name()).into()
        })
    }

    /// The milestone and target with these ids; `None` when the plan does not have them.
    pub fn target(&self, milestone: MilestoneId, target: TargetId) -> Option<(&Milestone, &Target)> {
        let milestone = self.milestones.iter().find(|m| m.id == milestone)?;
        let target = milestone.targets.iter().find(|t| t.id == target)?;
        Some((milestone, target))
    }

    /// Updates a target's counters from a response; counters the response leaves out stay as they were.
    pub fn update_target(&mut self, milestone: MilestoneId, answer: &Target) {
        let targets = self.milestones.iter_mut().filter(|m| m.id == milestone).flat_map(|m| &mut m.targets);
        for target in targets.filter(|t| t.id == answer.id) {
            for (counter, reading) in &mut target.counters {
                *reading = answer.reading(counter).unwrap_or(*reading);
            }
        }
    }
}

impl Milestone {
    /// The target of this type; `None` when the milestone has none.
    pub fn target_of_type(&self, target_type: &TargetType) -> Option<&Target> {
        self.targets.iter().find(|t| t.target_type == *target_type)
    }
}

fn to_unsigned(value: &Value) -> Option<u64> {
    match value {
        Value::Integer(n) => u64::try_from(*n).ok(),
        _ => None,
    }
}

/// An object split into the part a schema reads and one list inside it, each item still raw.
struct ObjectParts<'a> {
    record: Record,
    list: Vec<&'a RawValue>,
}

/// Reads `json` twice: once for the schema's fields, once for the items of `list`.
fn parts<'a>(
    json: &'a RawValue,
    schema: &'static Schema,
    list: &'static str,
) -> Result<ObjectParts<'a>, ShapeError> {
    let record = schema.deserialize(json).map_err(|e| describe_json_error(schema, &e))?;
    let list = ListIn(list).deserialize(json).map_err(|e| describe_json_error(schema, &e))?;
    Ok(ObjectParts { record, list })
}

/// Describes a JSON error and its position without quoting the data.
fn describe_json_error(schema: &Schema, error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Data => "is not as documented",
        _ => "cannot be read",
    };
    format!("a {} {what} (line {}, column {})", schema.name, error.line(), error.column())
}

struct ListIn(&'static str);

impl<'de> DeserializeSeed<'de> for ListIn {
    type Value = Vec<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ListIn {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with a list of {}", self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut list = None;
        while let Some(JsonKey(key)) = map.next_key()? {
            if key != self.0 {
                map.next_value::<IgnoredAny>()?;
            } else if list.replace(map.next_value::<Option<Vec<&RawValue>>>()?).is_some() {
                return Err(serde::de::Error::custom("a key stands twice"));
            }
        }
        Ok(list.flatten().unwrap_or_default())
    }
}

/// Reads a plan, with or without milestones. A milestone or target that cannot be read is described in
/// `unreadable_milestones` or `unreadable_targets` and hides no other. Fails when the plan itself is not as
/// documented or has no usable id.
pub fn read_plan(json: &RawValue) -> Result<Plan, ShapeError> {
    let ObjectParts { record, list } = parts(json, &PLAN, "milestones")?;
    let id = to_unsigned(record.value("id")).and_then(PlanId::new).ok_or("a plan has no usable id")?;
    let mut plan = Plan { id, record, milestones: Vec::new(), unreadable_milestones: Vec::new() };
    for (at, raw) in list.into_iter().enumerate() {
        match read_milestone(raw) {
            Ok(milestone) => plan.milestones.push(milestone),
            Err(what) => plan.unreadable_milestones.push(format!("milestone {}: {what}", at + 1)),
        }
    }
    plan.milestones.sort_by_key(|m| m.year);
    Ok(plan)
}

fn read_milestone(json: &RawValue) -> Result<Milestone, ShapeError> {
    let ObjectParts { record, list } = parts(json, &MILESTONE, "targets")?;
    let id = to_unsigned(record.value("id")).and_then(MilestoneId::new).ok_or("it has no usable id")?;
    let year = to_unsigned(record.value("year_number"))
        .and_then(|n| u32::try_from(n).ok())
        .ok_or("it has no year")?;
    let days = match (record.value("start_date"), record.value("end_date")) {
        (Value::Date(first), Value::Date(last)) => Some((*first, *last)),
        _ => None,
    };
    let mut milestone =
        Milestone { id, year, period: days, targets: Vec::new(), unreadable_targets: Vec::new() };
    for raw in list {
        match Target::deserialize(raw) {
            Ok(target) => milestone.targets.push(target),
            Err(e) => {
                milestone
                    .unreadable_targets
                    .push(format!("a target is not as documented (column {})", e.column()));
            }
        }
    }
    milestone.targets.sort_by(|a, b| a.target_type.cmp(&b.target_type));
    number_duplicate_types(&mut milestone.targets);
    Ok(milestone)
}

/// Numbers targets of the same type, so that each can be reached; the documents have one of each type.
fn number_duplicate_types(targets: &mut [Target]) {
    let mut seen: BTreeMap<TargetType, u32> = BTreeMap::new();
    for target in targets {
        let before = seen.entry(target.target_type.clone()).or_default();
        *before += 1;
        if *before > 1 {
            target.target_type = TargetType::Other(format!("{} ({before})", target.target_type).into());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn plan(json: &str) -> Result<Plan, ShapeError> {
        read_plan(&RawValue::from_string(json.into()).unwrap())
    }

    #[test]
    fn two_tables_of_one_type_get_different_names() {
        let plan = plan(
            r#"{"id": 42, "name": "P", "milestones": [{"id": 101, "year_number": 1, "targets": [
                {"id": 201, "target_type": "all_employees"}, {"id": 202, "target_type": "all_employees"},
                {"id": 203, "target_type": "disabled_employees"}]}]}"#,
        )
        .unwrap();
        let names: BTreeSet<String> =
            plan.milestones[0].targets.iter().map(|target| target.target_type.to_string()).collect();
        assert_eq!(names, ["all employees", "all employees (2)", "disabled"].map(str::to_owned).into());
    }

    #[test]
    fn one_bad_milestone_does_not_hide_the_others() {
        let plan = plan(
            r#"{"id": 42, "name": "", "milestones": [
                {"id": 103, "year_number": 3, "targets": []},
                {"id": "no", "year_number": 2, "targets": []},
                7,
                {"id": 101, "year_number": 1, "start_date": "2025-09-01", "end_date": "2026-08-31",
                 "targets": [{"id": 202, "target_type": "disabled_employees"}, {"id": null},
                             {"id": 201, "target_type": "all_employees"}]}]}"#,
        )
        .unwrap();
        assert_eq!(plan.name().raw(), "Plan 42");
        assert_eq!(plan.milestones.iter().map(|m| m.year).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(plan.unreadable_milestones.len(), 2);
        let first = &plan.milestones[0];
        assert_eq!(first.unreadable_targets.len(), 1);
        assert_eq!(first.targets[0].target_type, TargetType::AllEmployees);
    }

    #[test]
    fn a_plan_opens_on_the_year_that_holds_today_else_the_first() {
        let plan = plan(
            r#"{"id": 1, "milestones": [
                {"id": 1, "year_number": 1, "start_date": "2025-09-01", "end_date": "2026-08-31"},
                {"id": 2, "year_number": 2, "start_date": "2026-09-01", "end_date": "2027-08-31"}]}"#,
        )
        .unwrap();
        assert_eq!(plan.year_on(jiff::civil::date(2026, 11, 22)), YearIndex::new(1));
        assert_eq!(plan.year_on(jiff::civil::date(2024, 1, 1)), YearIndex::FIRST);
    }

    #[test]
    fn null_or_absent_milestones_are_read_as_none() {
        assert!(plan(r#"{"id": 1, "milestones": null}"#).unwrap().milestones.is_empty());
        assert!(plan(r#"{"id": 1}"#).unwrap().milestones.is_empty());
        assert!(plan(r#"{"name": "no id"}"#).is_err());
        assert!(plan(r#"{"id": 1, "milestones": [], "milestones": []}"#).is_err());
    }
}
