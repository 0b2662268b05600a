//! Fills the two fields of employment from each other and from the answers.

use crate::domain::change::rule::Rule;
use crate::domain::import::answers::EmploymentAnswer;
use crate::domain::import::row_values::{RowProblem, RowValues};
use crate::domain::record::Value;

/// Fills employment and status from each other, then from the answer.
pub fn fill_employment(answer: Option<EmploymentAnswer>, values: &mut RowValues) {
    let employed = match values.value("employed") {
        Value::Flag(yes) => Some(*yes),
        Value::Absent => None,
        _ => return,
    };
    let status = match values.value("starting_employment_status") {
        Value::Text(status) => Some(status.raw() == "Unemployed"),
        Value::Absent => None,
        _ => return,
    };
    let mut derive = |name: &'static str, value: Value| {
        values.set(name, value);
        let already = values.problems.iter().any(|problem| problem.rule == Rule::StatusDerived);
        if !already {
            values.problems.push(RowProblem::of(Rule::StatusDerived));
        }
    };
    let status_text = |status: &str| Value::Text(status.into());
    match (employed, status, answer) {
        (Some(_), Some(_), _) => {}
        (None, Some(is_unemployed), _) => derive("employed", Value::Flag(!is_unemployed)),
        (Some(false), None, _) => derive("starting_employment_status", status_text("Unemployed")),
        (Some(true), None, Some(EmploymentAnswer::Permanent)) => {
            values.set("starting_employment_status", status_text("Permanent"));
        }
        (Some(true), None, Some(EmploymentAnswer::FixedTerm)) => {
            values.set("starting_employment_status", status_text("Fixed-Term"));
        }
        (Some(true), None, _) | (None, None, Some(EmploymentAnswer::Server)) => {
            values.problems.push(RowProblem::of(Rule::StatusByServer));
        }
        (None, None, Some(answer)) => {
            let (employed, status) = match answer {
                EmploymentAnswer::Permanent => (true, "Permanent"),
                EmploymentAnswer::FixedTerm => (true, "Fixed-Term"),
                _ => (false, "Unemployed"),
            };
            values.set("employed", Value::Flag(employed));
            values.set("starting_employment_status", status_text(status));
        }
        (None, None, None) => values.open.employed = true,
    }
}
