//! Scorecards: the record, and what a charter id means (Scorecards, "Attributes", "Accepted Charter IDs").

use crate::domain::shape_error::ShapeError;
use jiff::Timestamp;

use crate::domain::id::ScorecardId;
use crate::domain::record::FieldKind::{Choice, Date, Text as Words, Time};
use crate::domain::record::Requirement::{Required, ResponseOnly};
use crate::domain::record::recalculation::Observation;
use crate::domain::record::{Record, Schema, SchemaField, Value};
use crate::domain::text::Text;

/// The fields of a scorecard.
pub static SCORECARD: Schema = Schema {
    name: "scorecard",
    fields: &[
        SchemaField::new("id", Words, ResponseOnly, "Unique scorecard identifier."),
        SchemaField::new("description", Words, Required, "Free-text description for internal use."),
        SchemaField::new("start_date", Date, Required, "Start date for the scorecard period (YYYY-MM-DD)."),
        SchemaField::new("end_date", Date, Required, "End date for the scorecard period (YYYY-MM-DD)."),
        SchemaField::new(
            "charter_id",
            Choice(&CHARTER_IDS),
            Required,
            "B-BBEE charter used for calculations.",
        ),
        SchemaField::new("province", Words, Required, "Province used for reporting and funding allocation."),
        SchemaField::new("created_at", Time, ResponseOnly, "Creation timestamp."),
        SchemaField::new("updated_at", Time, ResponseOnly, "Last update timestamp."),
    ],
};

/// The 24 accepted charter ids.
pub static CHARTER_IDS: [&str; 24] = [
    "bravo_generic",
    "bravo_agri",
    "bravo_forestry",
    "bravo_transport_public_sector",
    "bravo_construction_built_environment_professionals",
    "bravo_construction_contractors",
    "bravo_specialised",
    "bravo_tourism",
    "bravo_specialised_ict",
    "bravo_ict",
    "bravo_mac",
    "bravo_transport_road_freight",
    "bravo_transport_bus_commuter",
    "bravo_transport_coach_services",
    "bravo_financial_long_term",
    "bravo_financial_short_term",
    "bravo_financial_other",
    "bravo_financial_specialised",
    "bravo_financial_stock_exchanges",
    "bravo_financial_banking",
    "bravo_property_internal_management",
    "bravo_property_owners",
    "bravo_defence",
    "bravo_legal_attorneys",
];

/// Suggestions for the province: South Africa's nine, and `National`, which the documents use. The documents
/// do not list what the server accepts, so other values are allowed.
pub static PROVINCES: [&str; 10] = [
    "Eastern Cape",
    "Free State",
    "Gauteng",
    "KwaZulu-Natal",
    "Limpopo",
    "Mpumalanga",
    "National",
    "North West",
    "Northern Cape",
    "Western Cape",
];

/// A charter id in words: `Construction · contractors`; an id that is not on the list is shown as it is.
pub fn charter_label(id: &Text) -> String {
    let known = CHARTER_IDS.contains(&id.raw());
    let Some(name) = known.then(|| id.raw().trim_start_matches("bravo_")) else { return id.to_string() };
    match name {
        "ict" => return "ICT".into(),
        "specialised_ict" => return "Specialised ICT".into(),
        "mac" => return "Marketing, advertising & communication".into(),
        "agri" => return "AgriBEE".into(),
        _ => {}
    }
    let families = ["transport", "construction", "financial", "property", "legal"];
    let (family, rest) = name.split_once('_').unwrap_or((name, ""));
    if families.contains(&family) {
        format!("{} · {}", crate::domain::text::label_from_api_name(family), rest.replace('_', " "))
    } else {
        crate::domain::text::label_from_api_name(name)
    }
}

/// A scorecard whose id could be read; without one it can be neither opened nor recalculated.
#[derive(Debug, Clone, PartialEq)]
pub struct Scorecard {
    /// The id, used in paths.
    pub id: ScorecardId,
    /// All its fields.
    pub record: Record,
}

impl Scorecard {
    /// Wraps a record. Fails when the record's id is missing or cannot be used.
    pub fn new(record: Record) -> Result<Self, ShapeError> {
        let id = record.value("id").raw().and_then(|id| id.parse().ok());
        id.map(|id| Self { id, record }).ok_or_else(|| "its id is missing or cannot be used".into())
    }

    /// The free-text description, or the id when that is blank.
    pub fn description(&self) -> Text {
        match self.record.value("description") {
            Value::Text(text) if !text.is_blank() => text.clone(),
            _ => self.id.as_str().into(),
        }
    }

    /// What a watch compares: `updated_at`, and all other fields as text.
    pub fn observation(&self) -> Observation {
        let mut fields = self.record.all_fields();
        fields.set("updated_at", Value::Absent);
        Observation { updated_at: self.updated_at(), fields: Some(fields.to_journal().into()) }
    }

    /// When it was last changed; `None` when that could not be read.
    pub fn updated_at(&self) -> Option<Timestamp> {
        match self.record.value("updated_at") {
            Value::Time(time) => Some(*time),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_charter_has_a_readable_name_and_an_unknown_one_is_shown_unchanged() {
        let words: std::collections::BTreeSet<_> =
            CHARTER_IDS.iter().map(|id| charter_label(&(*id).into())).collect();
        assert_eq!(words.len(), 24);
        assert!(words.iter().all(|w| !w.contains('_')));
        assert_eq!(charter_label(&"bravo_construction_contractors".into()), "Construction · contractors");
        assert_eq!(charter_label(&"alpha_generic".into()), "alpha_generic");
    }
}
