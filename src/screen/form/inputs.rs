//! What the fields of a record take in a form, and what is said of each.

use std::collections::BTreeMap;

use crate::desk::Desk;
use crate::domain::collection::Collection;
use crate::domain::record::{self, Kind, Need};
use crate::domain::scorecard::{PROVINCES, Scorecard, charter_words};
use crate::domain::text::Text;
use crate::domain::training_program::category_words;
use crate::domain::typed;
use crate::kit::form::{Choice, Input};

/// What is said of a field.
pub(super) fn about(collection: &Collection, field: &record::Field, there: bool) -> String {
    let mut about = field.about.to_owned();
    match (collection, field.name) {
        (Collection::Plans, "start_date") => {
            about.push_str(" It fixes the financial years (1 September to 31 August).");
        }
        (Collection::Plans, "end_date") => {
            about = "Plan end date. A later one than 2030-08-31 is made 2030-08-31 by the server.".into();
        }
        (Collection::Plans, "scorecard_id") if there => about = "The scorecard the plan is bound to.".into(),
        _ => {}
    }
    let takes = match field.kind {
        Kind::Date | Kind::Integer | Kind::Decimal => format!(" It takes {}.", typed::takes(field.kind)),
        _ => String::new(),
    };
    let need = match field.need {
        Need::Required => " Has to be given.",
        Need::Conditional | Need::Optional | Need::Nullable | Need::ResponseOnly => "",
    };
    format!("{about}{takes}{need}")
}

/// What a field of a record takes.
pub(super) fn input(field: &record::Field, desk: &Desk) -> Input {
    let plain = |word: &&str| Choice::plain(word);
    match (field.name, field.kind) {
        ("charter_id", Kind::Choice(ids)) => {
            let words =
                |id: &&str| Choice { value: (*id).to_owned(), words: charter_words(&Text::from(*id)) };
            Input::Words(ids.iter().map(words).collect())
        }
        ("category", Kind::Choice(codes)) => {
            let words = |code: &&str| Choice {
                value: (*code).to_owned(),
                words: format!("{code} · {}", category_words(code)),
            };
            Input::Words(codes.iter().map(words).collect())
        }
        (_, Kind::Choice(words)) => Input::Words(words.iter().map(plain).collect()),
        (_, Kind::Flag) => Input::Words(["yes", "no"].iter().map(plain).collect()),
        ("scorecard_id", _) => {
            let rows = desk.scorecards.as_ref().map(|known| &known.what.rows[..]).unwrap_or_default();
            let mut times: BTreeMap<String, usize> = BTreeMap::new();
            for scorecard in rows {
                *times.entry(scorecard.description().to_string()).or_default() += 1;
            }
            let words = |s: &Scorecard| {
                let name = s.description().to_string();
                let words = if times[&name] > 1 { format!("{name} ({})", s.id) } else { name };
                Choice { value: s.id.to_string(), words }
            };
            if rows.is_empty() { Input::Line } else { Input::Words(rows.iter().map(words).collect()) }
        }
        ("province", _) => {
            let rows = desk.scorecards.as_ref().map(|known| &known.what.rows[..]).unwrap_or_default();
            let used = rows.iter().map(|s| s.record.value("province").typed().into_owned());
            let mut used: Vec<_> = used.filter(|province| !province.is_empty()).collect();
            used.extend(PROVINCES.iter().map(|province| (*province).to_owned()));
            used.sort();
            used.dedup();
            Input::Suggestions(used.iter().map(|province| Choice::plain(province)).collect())
        }
        _ => Input::Line,
    }
}
