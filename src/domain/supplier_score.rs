//! Supplier scores: the record (Supplier scores, "Response Fields").

use crate::domain::record::Kind::{Choice, DayFirstDate, DayFirstTime, Decimal, Flag, Text, Time};
use crate::domain::record::Need::ResponseOnly;
use crate::domain::record::{Field, Schema};

const fn field(name: &'static str, kind: crate::domain::record::Kind, about: &'static str) -> Field {
    Field::new(name, kind, ResponseOnly, about)
}

/// The fields of a supplier's score; the last two stand only where `source` is `beagle`.
pub static SUPPLIER_SCORE: Schema = Schema {
    name: "score",
    fields: &[
        field("level", Text, "B-BBEE level, 1 to 8."),
        field("score", Text, "B-BBEE score."),
        field("company_size", Text, "Company size classification."),
        field("valid_from", DayFirstDate, "Scorecard validity start date (DD/MM/YYYY)."),
        field("valid_until", DayFirstDate, "Scorecard validity end date (DD/MM/YYYY)."),
        field("black_ownership", Decimal, "Percentage of black ownership."),
        field("black_female_ownership", Decimal, "Percentage of black female ownership."),
        field("flow_through_black_ownership", Decimal, "Percentage of flow-through black ownership."),
        field("black_designated_group_ownership", Decimal, "Percentage of black designated group ownership."),
        field("value_adding_supplier", Flag, "Whether the supplier is a value-adding supplier."),
        field("empowering", Flag, "Whether the supplier qualifies as empowering."),
        field("measured_under", Text, "The charter or code the score was measured under."),
        field("verification_agency", Text, "Agency that issued the certificate."),
        field("certificate_number", Text, "Verification certificate number."),
        field("id", Text, "Score identifier; empty for scores from Beagle."),
        field("created_at", DayFirstTime, "Creation timestamp (DD/MM/YYYY HH:MM:SS)."),
        field("updated_at", DayFirstTime, "Last update timestamp (DD/MM/YYYY HH:MM:SS)."),
        field("source", Choice(&["beagle", "local"]), "Origin of the score."),
        field("beagle_scorecard_url", Text, "Where to view the scorecard on Beagle."),
        field("beagle_scorecard_url_expires_at", Time, "When that address expires."),
    ],
};
