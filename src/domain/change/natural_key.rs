//! How a record is known again when no answer told whether it was made: by what it is like.

use std::collections::HashMap;

use crate::domain::change::collection::Collection;
use crate::domain::record::{Record, RecordDraft, Value};
use crate::domain::text::to_nfc;

/// Whether the server will give it a name: a plan's, made from its dates.
fn is_named_by_the_server(collection: &Collection, draft: &RecordDraft) -> bool {
    *collection == Collection::Plans && draft.value("name").is_blank()
}

/// Whether a record is what a draft asked for: like it in the fields by which records are known again.
pub fn matches_natural_key(collection: &Collection, draft: &RecordDraft, record: &Record) -> bool {
    let (wanted, made) =
        (collection.natural_key(|name| draft.value(name)), collection.natural_key(|name| record.value(name)));
    wanted == made || (is_named_by_the_server(collection, draft) && made.ends_with(&wanted))
}

/// Whether a record may well be what a draft asked for, though the server made it otherwise: it bears the name, and nothing
/// in it says that it is another person; blanks and capitals aside.
pub fn may_match(collection: &Collection, draft: &RecordDraft, record: &Record) -> bool {
    let plain = |value: &Value| {
        let text = to_nfc(&value.edit_text()).to_lowercase();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let same = |name| {
        let (sent, answered) = (draft.value(name), record.value(name));
        sent.is_blank() || plain(sent) == plain(answered)
    };
    let tells = ["id_number", "gender", "race"].iter().filter(|name| *record.value(name) != Value::Absent);
    same(collection.name_field()) && tells.into_iter().all(|name| same(name))
}

/// What the server made otherwise than it was asked: an end that was clamped, a name made up. What was left out may be
/// given a value of its own, and an answer need not show all of a record, but not where that stands for another one that
/// was to be kept as it is.
pub fn describe_differences(draft: &RecordDraft, record: &Record, replaces: bool) -> Vec<String> {
    let says_no = |value: &Value| value.is_blank() || *value == Value::Flag(false);
    let shown = |value: &Value| if value.is_blank() { "–".into() } else { value.to_string() };
    let fields =
        record.entries().filter(|(field, made)| field.is_sendable() && (replaces || **made != Value::Absent));
    let otherwise = fields.filter_map(|(field, made)| {
        let sent = draft.value(field.name);
        // "No" and nothing said are one.
        let same = made.is_equivalent(sent) || says_no(made) && says_no(sent);
        let own = sent.is_blank() && !replaces;
        let said = || {
            // An ID number is for nobody's terminal.
            if field.is_personal() {
                return format!("{} is another", field.label());
            }
            format!("{} is {} instead of {}", field.label(), shown(made), shown(sent))
        };
        (!same && !own).then(said)
    });
    otherwise.collect()
}

/// How many records of each likeness a server has.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NaturalKeyCounts(HashMap<String, u32>);

impl NaturalKeyCounts {
    /// Counts records.
    pub fn from_records<'a>(collection: &Collection, rows: impl Iterator<Item = &'a Record>) -> Self {
        let mut counts = Self::default();
        rows.for_each(|row| counts.add(collection, row));
        counts
    }

    /// Counts one more.
    pub fn add(&mut self, collection: &Collection, row: &Record) {
        *self.0.entry(collection.natural_key(|name| row.value(name))).or_default() += 1;
    }

    /// How many are like this draft. A plan without a name is given one by the server, so any name is like it.
    pub fn count(&self, collection: &Collection, draft: &RecordDraft) -> u32 {
        let wanted = collection.natural_key(|name| draft.value(name));
        if is_named_by_the_server(collection, draft) {
            return self.0.iter().filter(|(key, _)| key.ends_with(&wanted)).map(|(_, n)| n).sum();
        }
        self.0.get(&wanted).copied().unwrap_or(0)
    }
}
