//! Participants of a training program: the record (Training Program Participants, "Attributes").

use crate::domain::record::FieldKind::{Choice, Date, Decimal, Flag, Integer, Text, Time};
use crate::domain::record::Requirement::{Conditional, Nullable, Optional, Required, ResponseOnly};
use crate::domain::record::{Schema, SchemaField};

/// The fields of a participant; `designated_group` appears only in the document's list example.
pub static PARTICIPANT: Schema = Schema {
    name: "participant",
    fields: &[
        SchemaField::new("id", Integer, ResponseOnly, "Internal identifier for the participant."),
        SchemaField::new("full_name", Text, Required, "Participant full name."),
        SchemaField::new("gender", Choice(&["Male", "Female"]), Required, "Male or Female."),
        SchemaField::new("disabled", Flag, Required, "Indicates a disability."),
        SchemaField::new("foreign", Flag, Required, "Indicates a foreign national."),
        SchemaField::new("race", Choice(&["African", "Coloured", "Indian", "White"]), Required, "Race."),
        SchemaField::new(
            "id_number",
            Text,
            Conditional,
            "Required when the scorecard enforces compulsory ID numbers.",
        ),
        SchemaField::new("office_based", Flag, Optional, "Indicates office-based training."),
        SchemaField::new("age", Integer, Optional, "Participant age."),
        SchemaField::new("province", Text, Optional, "Participant province."),
        SchemaField::new("business_unit", Text, Optional, "Business unit."),
        SchemaField::new("employee_code", Text, Optional, "Employee code."),
        SchemaField::new("employed", Flag, Optional, "Indicates employment status."),
        SchemaField::new("completed", Flag, Optional, "Indicates course completion."),
        SchemaField::new("absorbed", Flag, Optional, "Indicates absorption status."),
        SchemaField::new("designated_group", Flag, ResponseOnly, "Member of a designated group."),
        SchemaField::new("course_cost", Decimal, Optional, "Course cost."),
        SchemaField::new("travel_cost", Decimal, Optional, "Travel cost."),
        SchemaField::new("catering_cost", Decimal, Optional, "Catering cost."),
        SchemaField::new("stationery_cost", Decimal, Optional, "Stationery cost."),
        SchemaField::new("training_facility_cost", Decimal, Optional, "Training facility cost."),
        SchemaField::new("salary_cost", Decimal, Optional, "Salary cost."),
        SchemaField::new("other_costs", Decimal, Optional, "Other costs."),
        SchemaField::new("start_date", Date, Nullable, "Start date (YYYY-MM-DD)."),
        SchemaField::new("end_date", Date, Nullable, "End date (YYYY-MM-DD)."),
        SchemaField::new("accommodation_cost", Decimal, Optional, "Accommodation cost."),
        SchemaField::new("custom_data", Text, Optional, "Custom data payload."),
        SchemaField::new("man_hours", Decimal, Optional, "Man hours."),
        SchemaField::new("driver", Flag, Optional, "Indicates driver training."),
        SchemaField::new(
            "starting_employment_status",
            Choice(&["Permanent", "Fixed-Term", "Unemployed"]),
            Optional,
            "Employment status at start of training.",
        ),
        SchemaField::new("yes_employee", Flag, Optional, "Indicates YES employee status."),
        SchemaField::new("absorption_date", Date, Nullable, "Absorption date (YYYY-MM-DD)."),
        SchemaField::new(
            "legal_attorney_status",
            Text,
            Conditional,
            "Required for Legal Attorneys charter scorecards.",
        ),
        SchemaField::new(
            "admission_as_legal_practitioner",
            Flag,
            Optional,
            "Indicates admission as legal practitioner.",
        ),
        SchemaField::new("created_at", Time, ResponseOnly, "Record creation timestamp."),
        SchemaField::new("updated_at", Time, ResponseOnly, "Record update timestamp."),
    ],
};
