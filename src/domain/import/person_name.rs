//! Joins the parts of a person's name.

use std::borrow::Cow;

use crate::domain::change::rule::{Rule, RuleSeverity};
use crate::domain::import::columns::FileColumn;
use crate::domain::import::program_groups::is_placeholder;
use crate::domain::import::row_values::{RowProblem, RowValues};
use crate::domain::import::vocabulary::{ColumnRole, NamePart, normalize_word};
use crate::domain::record::Value;

/// The parts of a name, each at the place of its [`NamePart`]; blank where the row has none.
pub type NameParts<'a> = [Cow<'a, str>; 5];

/// Joins the parts of a name, and turns `Surname, Name` round.
pub fn join_names(columns: &[FileColumn], values: &mut RowValues, names: &NameParts<'_>) {
    let column =
        |role: &dyn Fn(ColumnRole) -> bool| columns.iter().position(|column| column.role.is_some_and(role));
    let reversed = &names[NamePart::Reversed as usize];
    if !reversed.is_empty() {
        let at = column(&|role| role == ColumnRole::Name(NamePart::Reversed));
        let words: Vec<&str> = reversed.split(' ').filter(|word| !word.is_empty()).collect();
        let (name, rule) = match (turned_round(reversed), &words[..]) {
            (Some(name), _) => (name, Rule::NameTurned),
            (None, [surname, first]) => (format!("{first} {surname}"), Rule::NameTurned),
            (None, _) => (reversed.clone().into_owned(), Rule::NameOrder),
        };
        values.problems.push(RowProblem { column: at, ..RowProblem::of(rule) });
        values.set("full_name", Value::Text(name.into()));
        return;
    }
    let has = |part: NamePart| !names[part as usize].is_empty();
    let given = if has(NamePart::First) { NamePart::First } else { NamePart::Initials };
    let surname = &names[NamePart::Surname as usize];
    let own = names[given as usize].as_ref();
    let first = turned_round(own).map_or(Cow::Borrowed(own), Cow::Owned);
    let is_doubled = !surname.is_empty() && ends_with_words(&first, surname);
    let parts = [first.as_ref(), &names[NamePart::Middle as usize], if is_doubled { "" } else { surname }];
    let joined = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let has_surname_column = column(&|role| role == ColumnRole::Name(NamePart::Surname)).is_some();
    if joined.is_empty() {
        let at = column(&|role| matches!(role, ColumnRole::Field(field) if field.name == "full_name"));
        if let Some(name) = values.value("full_name").raw().and_then(turned_round) {
            values.problems.push(RowProblem { column: at, ..RowProblem::of(Rule::NameTurned) });
            values.set("full_name", Value::Text(name.into()));
        }
    } else {
        let is_broken = values.problems.iter().any(|problem| {
            let role = problem.column.and_then(|at| columns[at].role);
            matches!(role, Some(ColumnRole::Name(_))) && problem.rule.severity() == RuleSeverity::Stop
        });
        if is_doubled {
            values.problems.push(RowProblem::of(Rule::NameDoubled).about("full_name"));
        } else if has_surname_column && (first.is_empty() || surname.is_empty()) && !is_broken {
            values.problems.push(RowProblem::of(Rule::NamePart).about("full_name"));
        }
        if !is_broken {
            values.set("full_name", Value::Text(joined.into()));
        }
    }
    let is_name = |name: &str| name.chars().any(char::is_alphabetic) && !is_placeholder(name);
    if let Value::Text(name) = values.value("full_name")
        && !name.is_blank()
        && !is_name(name.raw())
    {
        values.problems.push(RowProblem::of(Rule::NamePlaceholder).about("full_name"));
    }
}

/// Whether a name ends with the words of a surname, whatever their case.
fn ends_with_words(name: &str, surname: &str) -> bool {
    let last = |text: &str| text.trim_end().bytes().last().filter(u8::is_ascii_alphabetic);
    // Most names are told apart by their last letter.
    if let (Some(one), Some(other)) = (last(name), last(surname))
        && !one.eq_ignore_ascii_case(&other)
    {
        return false;
    }
    let (name, surname) = (normalize_word(name), normalize_word(surname));
    name == surname || name.strip_suffix(&surname).is_some_and(|head| head.ends_with(' '))
}

/// `Nkosi, Thandi` as `Thandi Nkosi`; `None` without exactly one comma between words.
fn turned_round(name: &str) -> Option<String> {
    let (surname, first) = name.split_once(',')?;
    let (surname, first) = (surname.trim(), first.trim().trim_end_matches(',').trim());
    let is_plain = !surname.is_empty() && !first.is_empty() && !first.contains(',');
    is_plain.then(|| format!("{first} {surname}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_turned_round_at_its_only_comma() {
        assert_eq!(turned_round("van der Merwe, Jan Hendrik").as_deref(), Some("Jan Hendrik van der Merwe"));
        assert_eq!((turned_round("Ann"), turned_round("Ann,"), turned_round("A, B, C")), (None, None, None));
    }
}
