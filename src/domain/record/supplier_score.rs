//! Supplier scores: the record (Supplier scores, "Response Fields").

use crate::domain::record::FieldKind::{Choice, DayFirstDate, DayFirstTime, Decimal, Flag, Text, Time};
use crate::domain::record::Requirement::ResponseOnly;
use crate::domain::record::{Record, Schema, SchemaField, Value};

const fn field(
    name: &'static str,
    kind: crate::domain::record::FieldKind,
    about: &'static str,
) -> SchemaField {
    SchemaField::new(name, kind, ResponseOnly, about)
}

/// The fields of a supplier's score; the last two are present only where `source` is `beagle`.
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

/// Whether a score is valid on a day. The documents do not say which of several scores counts, so each is
/// judged by its own dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// The day is in its period.
    Current,
    /// Its period is over.
    Expired,
    /// Its period is still to come.
    Future,
    /// A date is missing.
    Unknown,
}

impl std::fmt::Display for Validity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Current => "current",
            Self::Expired => "expired",
            Self::Future => "future",
            Self::Unknown => "no dates",
        })
    }
}

/// Whether a score is valid on a day; its first and last day are part of its period.
pub fn validity(score: &Record, day: jiff::civil::Date) -> Validity {
    match (score.value("valid_from"), score.value("valid_until")) {
        (Value::Date(from), _) if day < *from => Validity::Future,
        (_, Value::Date(until)) if day > *until => Validity::Expired,
        (Value::Date(_), Value::Date(_)) => Validity::Current,
        _ => Validity::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use serde::de::DeserializeSeed;

    #[test]
    fn a_score_is_valid_from_its_first_to_its_last_day() {
        // The first score of the document's example.
        let json = r#"{"valid_from": "02/10/2023", "valid_until": "01/10/2024"}"#;
        let score = (&SUPPLIER_SCORE).deserialize(&mut serde_json::Deserializer::from_str(json)).unwrap();
        let on = |year, month, day| validity(&score, date(year, month, day));
        assert_eq!(on(2023, 10, 1), Validity::Future);
        assert_eq!(on(2023, 10, 2), Validity::Current);
        assert_eq!(on(2024, 10, 1), Validity::Current);
        assert_eq!(on(2024, 10, 2), Validity::Expired);
    }

    #[test]
    fn a_score_without_dates_is_not_judged() {
        let json = r#"{"valid_from": "", "valid_until": "01/10/2024"}"#;
        let score = (&SUPPLIER_SCORE).deserialize(&mut serde_json::Deserializer::from_str(json)).unwrap();
        assert_eq!(validity(&score, date(2024, 1, 1)), Validity::Unknown);
    }
}
