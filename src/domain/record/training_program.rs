//! Training programs: the record (Training Programs, "Attributes").

use crate::domain::record::FieldKind::{Choice, Date, Flag, Integer, Text, Time};
use crate::domain::record::Requirement::{Nullable, Optional, Required, ResponseOnly};
use crate::domain::record::{Schema, SchemaField};

/// The training categories of the B-BBEE codes.
pub static CATEGORIES: [&str; 7] = ["A", "B", "C", "D", "E", "F", "G"];

/// The six fields by which the server matches a record; a change in any of them makes a second program.
pub static MATCHED_FIELDS: [&str; 6] =
    ["name", "category", "abet", "mandatory", "training_provider", "municipality"];

/// The fields of a training program.
pub static TRAINING_PROGRAM: Schema = Schema {
    name: "training program",
    fields: &[
        SchemaField::new("id", Integer, ResponseOnly, "Internal identifier for the training program."),
        SchemaField::new("name", Text, Required, "Training program name."),
        SchemaField::new("category", Choice(&CATEGORIES), Required, "Training category code, A to G."),
        SchemaField::new("abet", Flag, Optional, "Indicates ABET training."),
        SchemaField::new("scholarship", Flag, Optional, "Indicates a scholarship program."),
        SchemaField::new("municipality", Text, Nullable, "Municipality name when applicable."),
        SchemaField::new("mandatory", Flag, Optional, "Indicates mandatory training."),
        SchemaField::new("training_provider", Text, Nullable, "Training provider name when applicable."),
        SchemaField::new(
            "scarce_or_critical_skills",
            Flag,
            Optional,
            "Indicates scarce or critical skills training.",
        ),
        SchemaField::new("rail_related", Flag, Optional, "Indicates rail-related training."),
        SchemaField::new(
            "is_tourism_related_expenditure",
            Flag,
            Optional,
            "Indicates tourism-related expenditure.",
        ),
        SchemaField::new("bursary_program", Flag, Optional, "Indicates a bursary program."),
        SchemaField::new(
            "invoice_transaction_date",
            Date,
            Optional,
            "Invoice transaction date (YYYY-MM-DD).",
        ),
        SchemaField::new(
            "specialised_areas_of_law",
            Text,
            Nullable,
            "Specialised legal area when applicable.",
        ),
        SchemaField::new(
            "continuous_legal_education_program",
            Text,
            Nullable,
            "CLE program when applicable.",
        ),
        SchemaField::new(
            "total_number_of_participants",
            Integer,
            ResponseOnly,
            "Participants in this program.",
        ),
        SchemaField::new("created_at", Time, ResponseOnly, "Record creation timestamp."),
        SchemaField::new("updated_at", Time, ResponseOnly, "Record update timestamp."),
    ],
};

/// A category in words, by the learning programme matrix of the B-BBEE codes.
pub fn category_description(code: &str) -> &'static str {
    match code {
        "A" => "theory at an institution (bursaries)",
        "B" => "theory at an institution with practice at an employer",
        "C" => "structured experience at work after a qualification (internships)",
        "D" => "work-based, with a formal contract (learnerships, apprenticeships)",
        "E" => "work-based, without a formal contract (skills programmes)",
        "F" => "informal, off the job (seminars, conferences, short courses)",
        "G" => "informal, at work",
        _ => "not a category of the codes",
    }
}
