//! Damaged responses: no panic, no invented counter, and whatever is intact is shown.

use bee_tui::api::reply::Reply;
use bee_tui::api::{Call, plans};
use bee_tui::domain::plan::target::CounterReading;
use proptest::prelude::*;
use serde_json::{Value, json};

fn plan() -> Value {
    let target = |id: u64| {
        json!({"id": id, "target_type": if id % 2 == 1 { "all_employees" } else { "disabled_employees" },
            "number_of_african_male_top_managers": 3, "number_of_white_female_unskilled_employees": 4})
    };
    let year = |n: u64| {
        json!({"id": 100 + n, "year_number": n, "start_date": "2025-09-01", "end_date": "2026-08-31",
            "targets": [target(200 + 2 * n - 1), target(200 + 2 * n)]})
    };
    json!({"id": 42, "name": "FY26 EE Plan", "milestones": [year(1), year(2), year(3)]})
}

fn read_call() -> Call {
    Call::Plans(plans::Call::Read("42".parse().unwrap()))
}

/// An id in any form a server might write it.
fn is_id(target: &Value, id: u64) -> bool {
    let text = target["id"].as_str().and_then(|text| text.parse().ok());
    target["id"].as_u64().or(text) == Some(id)
}

/// Another value in place of one.
fn other() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
        Just(json!(-1)),
        Just(json!(1.5)),
        Just(json!("")),
        Just(json!("99999999999999999999999")),
        Just(json!(true)),
        any::<i64>().prop_map(|n| json!(n)),
        ".{0,12}".prop_map(|s| json!(s)),
    ]
}

/// Every place in a JSON value, as a pointer.
fn places(json: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match json {
        Value::Object(map) => map.iter().for_each(|(key, value)| places(value, &format!("{at}/{key}"), out)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| places(item, &format!("{at}/{n}"), out));
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_damaged_value_in_a_plan_invents_no_counter_and_hides_no_other_year(
        place in any::<prop::sample::Index>(),
        value in other(),
    ) {
        let mut json = plan();
        let mut all = Vec::new();
        places(&json, "", &mut all);
        let place = place.get(&all).clone();
        *json.pointer_mut(&place).unwrap() = value;
        let body = json.to_string();
        if let Ok(Reply::Plan(read)) = read_call().read(body.as_bytes()) {
            for milestone in &read.milestones {
                for target in &milestone.targets {
                    for (counter, reading) in &target.counters {
                        let (year, id) = (milestone.year, target.id.as_u64());
                        let said = json["milestones"].as_array().unwrap().iter()
                            .flat_map(|m| m["targets"].as_array().cloned().unwrap_or_default())
                            .any(|t| is_id(&t, id) && match reading {
                                CounterReading::Count(count) => t[counter.name()] == *count
                                    || t[counter.name()].as_str().is_some_and(|s| s.parse() == Ok(*count))
                                    || t[counter.name()].as_f64() == Some(f64::from(*count)),
                                CounterReading::Null => t[counter.name()].is_null(),
                                CounterReading::Unreadable(_) => !t[counter.name()].is_null(),
                            });
                        prop_assert!(said, "year {year} target {id} {counter}: {reading:?} in {body}");
                    }
                }
            }
            // A mutation inside one milestone leaves the other milestones unchanged.
            if let Some(hit) = place.strip_prefix("/milestones/").and_then(|p| p.chars().next()) {
                let whole = read.milestones.iter().filter(|m| m.targets.len() == 2).count();
                let others = ('0'..='2').filter(|n| *n != hit).count();
                prop_assert!(whole >= others, "{body}");
            }
        } else {
            let of_plan = !place.starts_with("/milestones/");
            prop_assert!(of_plan, "a fault inside a milestone lost the plan: {body}");
        }
    }

    #[test]
    fn any_bytes_as_a_response_cause_no_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_call().read(&body);
        let _ = Call::Plans(plans::Call::List).read(&body);
        let _ = bee_tui::api::error::ValidationErrors::parse(&body).summary_or_default();
    }

    #[test]
    fn a_cut_response_is_never_taken_for_a_complete_one(cut in 1..900_usize) {
        let body = plan().to_string();
        let cut = cut.min(body.len() - 1);
        prop_assert!(read_call().read(&body.as_bytes()[..cut]).is_err());
    }
}
