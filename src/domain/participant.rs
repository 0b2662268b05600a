//! Participants of a training program: the record (Training Program Participants, "Attributes").

use crate::domain::record::Kind::{Choice, Date, Decimal, Flag, Integer, Text, Time};
use crate::domain::record::Need::{Conditional, Nullable, Optional, Required, ResponseOnly};
use crate::domain::record::{Field, Schema};

/// The fields of a participant; `designated_group` stands only in the document's list example.
pub static PARTICIPANT: Schema = Schema {
    name: "participant",
    fields: &[
        Field::new("id", Integer, ResponseOnly, "Internal identifier for the participant."),
        Field::new("full_name", Text, Required, "Participant full name."),
        Field::new("gender", Choice(&["Male", "Female"]), Required, "Male or Female."),
        Field::new("disabled", Flag, Required, "Indicates a disability."),
        Field::new("foreign", Flag, Required, "Indicates a foreign national."),
        Field::new("race", Choice(&["African", "Coloured", "Indian", "White"]), Required, "Race."),
        Field::new(
            "id_number",
            Text,
            Conditional,
            "Required when the scorecard enforces compulsory ID numbers.",
        ),
        Field::new("office_based", Flag, Optional, "Indicates office-based training."),
        Field::new("age", Integer, Optional, "Participant age."),
        Field::new("province", Text, Optional, "Participant province."),
        Field::new("business_unit", Text, Optional, "Business unit."),
        Field::new("employee_code", Text, Optional, "Employee code."),
        Field::new("employed", Flag, Optional, "Indicates employment status."),
        Field::new("completed", Flag, Optional, "Indicates course completion."),
        Field::new("absorbed", Flag, Optional, "Indicates absorption status."),
        Field::new("designated_group", Flag, ResponseOnly, "Member of a designated group."),
        Field::new("course_cost", Decimal, Optional, "Course cost."),
        Field::new("travel_cost", Decimal, Optional, "Travel cost."),
        Field::new("catering_cost", Decimal, Optional, "Catering cost."),
        Field::new("stationery_cost", Decimal, Optional, "Stationery cost."),
        Field::new("training_facility_cost", Decimal, Optional, "Training facility cost."),
        Field::new("salary_cost", Decimal, Optional, "Salary cost."),
        Field::new("other_costs", Decimal, Optional, "Other costs."),
        Field::new("start_date", Date, Nullable, "Start date (YYYY-MM-DD)."),
        Field::new("end_date", Date, Nullable, "End date (YYYY-MM-DD)."),
        Field::new("accommodation_cost", Decimal, Optional, "Accommodation cost."),
        Field::new("custom_data", Text, Optional, "Custom data payload."),
        Field::new("man_hours", Decimal, Optional, "Man hours."),
        Field::new("driver", Flag, Optional, "Indicates driver training."),
        Field::new(
            "starting_employment_status",
            Choice(&["Permanent", "Fixed-Term", "Unemployed"]),
            Optional,
            "Employment status at start of training.",
        ),
        Field::new("yes_employee", Flag, Optional, "Indicates YES employee status."),
        Field::new("absorption_date", Date, Nullable, "Absorption date (YYYY-MM-DD)."),
        Field::new(
            "legal_attorney_status",
            Text,
            Conditional,
            "Required for Legal Attorneys charter scorecards.",
        ),
        Field::new(
            "admission_as_legal_practitioner",
            Flag,
            Optional,
            "Indicates admission as legal practitioner.",
        ),
        Field::new("created_at", Time, ResponseOnly, "Record creation timestamp."),
        Field::new("updated_at", Time, ResponseOnly, "Record update timestamp."),
    ],
};
