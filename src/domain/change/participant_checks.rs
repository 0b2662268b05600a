//! Judges one participant: what its own values say about each other, about its training program and about the
//! scorecard.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::domain::change::rule::Rule;
use crate::domain::record::id_number::{IdContext, IdOddity, ages, id_oddities, is_in_scientific_notation};
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::record::{FieldKind, Value};

/// The charter whose participants need a legal attorney status (Training Program Participants, "Attributes").
pub const LEGAL_CHARTER: &str = "bravo_legal_attorneys";
/// More than any training of one person costs, in rand.
const LARGEST_COST: u64 = 1_000_000_000;
/// The ages that people in training have.
const PLAUSIBLE_AGES: std::ops::RangeInclusive<i64> = 14..=100;
/// The ages that YES takes.
const YES_AGES: std::ops::RangeInclusive<i64> = 18..=35;

/// What is known of the program and scorecard that a participant belongs to; nothing by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct ParticipantContext<'a> {
    /// The category of its training program, `A` to `G`.
    pub category: Option<&'a str>,
    /// The first and last day of the scorecard's period.
    pub period: Option<(Date, Date)>,
    /// The scorecard's charter.
    pub charter: Option<&'a str>,
    /// Today, for ages that no start date tells.
    pub today: Option<Date>,
}

/// Whether salaries count for training programs of a category.
pub fn takes_salaries(category: &str) -> bool {
    matches!(category, "B" | "C" | "D")
}

/// Each rule that a participant breaks, with the field it is about. `value` looks up a value by field name.
pub fn participant_findings<'a>(
    value: impl Fn(&str) -> &'a Value,
    context: ParticipantContext<'_>,
) -> Vec<(&'static str, Rule)> {
    let mut findings = Vec::new();
    let flag = |name| match value(name) {
        Value::Flag(yes) => Some(*yes),
        _ => None,
    };
    let day = |name| match value(name) {
        Value::Date(day) => Some(*day),
        _ => None,
    };
    let word = |name| value(name).raw().filter(|word| !word.is_empty());

    let id = value("id_number").edit_text();
    let id = id.trim();
    if is_in_scientific_notation(id) {
        findings.push(("id_number", Rule::IdRounded));
    }
    let id_context = IdContext { gender: word("gender"), foreign: flag("foreign") };
    findings.extend(id_oddities(id, id_context).into_iter().map(|odd| ("id_number", id_rule(odd))));

    let (start, end) = (day("start_date"), day("end_date"));
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        findings.push(("end_date", Rule::DatesReversed));
    }
    if let Some((first, last)) = context.period {
        for field in ["start_date", "end_date", "absorption_date"] {
            if day(field).is_some_and(|day| day < first || day > last) {
                findings.push((field, Rule::OutsidePeriod));
            }
        }
    }
    let absorbed_on = day("absorption_date");
    if let (Some(start), Some(absorbed_on)) = (start, absorbed_on)
        && absorbed_on < start
    {
        findings.push(("absorption_date", Rule::AbsorptionBeforeStart));
    }
    if absorbed_on.is_some() && flag("absorbed") == Some(false) {
        findings.push(("absorption_date", Rule::AbsorptionDateAlone));
    }

    let on = start.or(context.today);
    let by_id = on.map(|on| ages(id, on)).unwrap_or_default();
    let stated_age = match value("age") {
        Value::Integer(age) => Some(*age),
        _ => None,
    };
    if let Some(age) = stated_age {
        if age < 0 {
            findings.push(("age", Rule::Negative));
        } else if age > 0 && !PLAUSIBLE_AGES.contains(&age) {
            findings.push(("age", Rule::AgeRange));
        } else if age > 0 && !by_id.is_empty() && by_id.iter().all(|own| (own - age).abs() > 1) {
            // A year more or less is the time between the two days.
            findings.push(("age", Rule::IdAge));
        }
    }

    for field in PARTICIPANT.fields.iter().filter(|field| field.kind == FieldKind::Decimal) {
        if let Value::Decimal(n) = value(field.name) {
            if n.is_sign_negative() && !n.is_zero() {
                findings.push((field.name, Rule::Negative));
            } else if *n > Decimal::from(LARGEST_COST) {
                findings.push((field.name, Rule::TooLarge));
            }
        }
    }
    let has_salary = matches!(value("salary_cost"), Value::Decimal(n) if !n.is_zero());
    if has_salary && context.category.is_some_and(|category| !takes_salaries(category)) {
        findings.push(("salary_cost", Rule::SalaryCategory));
    }

    if flag("absorbed") == Some(true) {
        if flag("completed") == Some(false) {
            findings.push(("absorbed", Rule::AbsorbedNotCompleted));
        }
        if value("absorption_date").is_blank() {
            findings.push(("absorption_date", Rule::AbsorbedWithoutDate));
        }
    }
    let status = word("starting_employment_status");
    match (flag("employed"), status) {
        (Some(true), Some("Unemployed")) | (Some(false), Some("Permanent" | "Fixed-Term")) => {
            findings.push(("starting_employment_status", Rule::StatusAgainstEmployed));
        }
        _ => {}
    }
    if flag("yes_employee") == Some(true) {
        let ages = stated_age.filter(|age| *age > 0).map_or(by_id, |age| vec![age]);
        if !ages.is_empty() && !ages.iter().any(|age| YES_AGES.contains(age)) {
            findings.push(("yes_employee", Rule::YesAge));
        }
        if flag("foreign") == Some(true) {
            findings.push(("yes_employee", Rule::YesForeign));
        }
        if matches!(status, Some("Permanent" | "Fixed-Term")) {
            findings.push(("yes_employee", Rule::YesEmployed));
        }
    }
    if context.charter == Some(LEGAL_CHARTER) && value("legal_attorney_status").is_blank() {
        findings.push(("legal_attorney_status", Rule::LegalStatus));
    }
    findings
}

fn id_rule(odd: IdOddity) -> Rule {
    match odd {
        IdOddity::Length => Rule::IdLength,
        IdOddity::LostZeros => Rule::IdLostZeros,
        IdOddity::Checksum => Rule::IdChecksum,
        IdOddity::Birthday => Rule::IdBirthday,
        IdOddity::CitizenDigit => Rule::IdCitizenDigit,
        IdOddity::IsMan | IdOddity::IsWoman => Rule::IdGender,
        IdOddity::IsCitizen | IdOddity::IsNoCitizen => Rule::IdForeign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::record::{RecordDraft, typed_input};

    fn rules(values: &[(&str, &str)], context: ParticipantContext<'_>) -> Vec<String> {
        let value = |(name, text): &(&str, &str)| {
            let field = PARTICIPANT.field(name).unwrap();
            (field.name, typed_input::parse_input(field, text))
        };
        let draft = RecordDraft::new(values.iter().map(value).collect());
        let found = participant_findings(|name| draft.value(name), context);
        found.into_iter().map(|(field, rule)| format!("{field}: {}", rule.id())).collect()
    }

    #[test]
    fn each_rule_finds_what_it_is_for_and_nothing_else() {
        let none = ParticipantContext::default();
        let today = ParticipantContext { today: Some(jiff::civil::date(2026, 3, 1)), ..none };
        for (values, wanted) in [
            (&[("full_name", "Ann"), ("id_number", "8001015009087"), ("gender", "Male")][..], &[][..]),
            (&[("id_number", "8001015009088")], &["id_number: id-checksum"]),
            (&[("id_number", "8001015009087"), ("gender", "Female")], &["id_number: id-gender"]),
            (&[("id_number", "8.00102E12")], &["id_number: id-rounded"]),
            (&[("start_date", "2026-02-02"), ("end_date", "2026-02-01")], &["end_date: dates-reversed"]),
            (&[("age", "30"), ("id_number", "8001015009087")], &["age: id-age"]),
            (&[("age", "46"), ("id_number", "8001015009087")], &[]),
            (&[("course_cost", "-5")], &["course_cost: negative"]),
            (&[("course_cost", "2000000000")], &["course_cost: too-large"]),
            (
                &[("absorbed", "yes"), ("completed", "no"), ("absorption_date", "2026-01-01")],
                &["absorbed: absorbed-not-completed"],
            ),
            (&[("absorbed", "yes"), ("completed", "yes")], &["absorption_date: absorbed-without-date"]),
            (
                &[("employed", "no"), ("starting_employment_status", "Permanent")],
                &["starting_employment_status: status-against-employed"],
            ),
            (&[("yes_employee", "yes"), ("age", "46")], &["yes_employee: yes-age"]),
            (&[("yes_employee", "yes"), ("id_number", "8001015009087")], &["yes_employee: yes-age"]),
            (&[("yes_employee", "yes"), ("age", "20"), ("foreign", "yes")], &["yes_employee: yes-foreign"]),
            (
                &[("yes_employee", "yes"), ("age", "20"), ("starting_employment_status", "Permanent")],
                &["yes_employee: yes-employed"],
            ),
        ] {
            assert_eq!(rules(values, today), wanted, "{values:?}");
        }
        let salary = [("salary_cost", "100")];
        let category = |category| ParticipantContext { category: Some(category), ..none };
        assert_eq!(rules(&salary, category("E")), ["salary_cost: salary-category"]);
        assert_eq!(rules(&salary, category("D")), [""; 0]);
        let period = (jiff::civil::date(2025, 3, 1), jiff::civil::date(2026, 2, 28));
        let in_period = ParticipantContext { period: Some(period), ..none };
        assert_eq!(rules(&[("start_date", "2024-03-01")], in_period), ["start_date: outside-period"]);
        assert_eq!(rules(&[("start_date", "2026-02-28")], in_period), [""; 0]);
        let legal = ParticipantContext { charter: Some(LEGAL_CHARTER), ..none };
        assert_eq!(rules(&[("full_name", "Ann")], legal), ["legal_attorney_status: legal-status"]);
    }
}
