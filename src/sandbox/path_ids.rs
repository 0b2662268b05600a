//! Checks the ids in a path and the field values in a body against the documented types; a wrong one gets the
//! API's own JSON error.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::response::Response;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::domain::text::label_from_api_name;
use crate::sandbox::responses::{JsonObject, blank, date, not_found_response};

/// The ids in a path. Text that cannot be an id gets 404, like the id of a record that does not exist.
pub(super) struct PathIds<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathIds<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let Path(ids) = Path::from_request_parts(parts, state).await.map_err(|_| not_found_response())?;
        Ok(Self(ids))
    }
}

/// What is wrong with the types of a record's fields, one message per field. A field's type is that of its
/// default: a boolean, a whole number, an amount as text, else text, or a date if its name ends in `_date`.
pub(super) fn wrong_types(given: &JsonObject, defaults: &JsonObject) -> Vec<String> {
    let wrong = |(field, default): (&String, &Value)| {
        let value = given.get(field).filter(|value| !value.is_null())?;
        let expected = match default {
            Value::Bool(_) if !value.is_boolean() => "must be true or false",
            Value::Number(_) if !value.is_i64() && !value.is_u64() => "is not a whole number",
            Value::String(_) if is_amount(default) && !is_amount(value) => "is not a number",
            Value::String(_) if is_amount(default) => return None,
            Value::Null | Value::String(_) if !value.is_string() => "must be a text",
            Value::Null if field.ends_with("_date") && !blank(Some(value)) && date(Some(value)).is_none() => {
                "is not a valid date"
            }
            _ => return None,
        };
        Some(format!("{} {expected}", label_from_api_name(field)))
    };
    defaults.iter().filter_map(wrong).collect()
}

/// Whether a value is an amount: a number or the text of one, written with digits and no exponent.
fn is_amount(value: &Value) -> bool {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |text: &str| (1..=15).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    (value.is_number() || value.is_string()) && is_digits(whole) && is_digits(part)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_of_the_wrong_type_is_reported_with_its_field() {
        let defaults = json!({"driver": false, "age": 0, "course_cost": "0.0", "full_name": null, "start_date": null, "status": "Permanent"});
        let wrong = |given: Value| {
            wrong_types(
                given.as_object().unwrap_or(&JsonObject::new()),
                defaults.as_object().unwrap_or(&JsonObject::new()),
            )
        };
        assert_eq!(
            wrong(
                json!({"driver": true, "age": 3, "course_cost": 5000.5, "full_name": "A", "start_date": "2026-01-31"})
            ),
            [""; 0]
        );
        assert_eq!(wrong(json!({"driver": null, "course_cost": "-12.50", "start_date": ""})), [""; 0]);
        for (given, told) in [
            (json!({"driver": "yes"}), "Driver must be true or false"),
            (json!({"age": "old"}), "Age is not a whole number"),
            (json!({"age": 1.5}), "Age is not a whole number"),
            (json!({"course_cost": "-2.2e-309"}), "Course cost is not a number"),
            (json!({"course_cost": 1e300}), "Course cost is not a number"),
            (json!({"course_cost": true}), "Course cost is not a number"),
            (json!({"full_name": {"a": 1}}), "Full name must be a text"),
            (json!({"status": 7}), "Status must be a text"),
            (json!({"full_name": 7}), "Full name must be a text"),
            (json!({"start_date": "31/01/2026"}), "Start date is not a valid date"),
        ] {
            assert_eq!(wrong(given), [told]);
        }
    }
}
