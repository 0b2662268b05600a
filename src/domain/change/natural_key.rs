//! Natural keys: recognizing a record on the server when the outcome of creating it is unknown.

use std::collections::HashMap;

use crate::domain::change::collection::Collection;
use crate::domain::record::{Record, RecordDraft, Value};
use crate::domain::text::to_nfc;

/// Whether the server will name the record: it makes up a plan's name from its dates.
fn is_named_by_the_server(collection: &Collection, draft: &RecordDraft) -> bool {
    *collection == Collection::Plans && draft.value("name").is_blank()
}

/// Whether a record has a draft's natural key, except for a name made up by the server.
pub fn matches_natural_key(collection: &Collection, draft: &RecordDraft, record: &Record) -> bool {
    let (wanted, made) =
        (collection.natural_key(|name| draft.value(name)), collection.natural_key(|name| record.value(name)));
    wanted == made || (is_named_by_the_server(collection, draft) && made.ends_with(&wanted))
}

/// Whether a record may be what a draft asked for although their natural keys differ: it has the draft's
/// name, and its ID number, gender and race do not contradict the draft. Blanks and case are ignored.
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

/// Describes each field in which the created record differs from the draft, such as a clamped end. Fields the
/// draft left blank and fields missing from the response are skipped, because the server may fill or omit
/// them; with `replaces` they count, because the new record must equal the old one there.
pub fn describe_differences(draft: &RecordDraft, record: &Record, replaces: bool) -> Vec<String> {
    let says_no = |value: &Value| value.is_blank() || *value == Value::Flag(false);
    let shown = |value: &Value| if value.is_blank() { "–".into() } else { value.to_string() };
    let fields =
        record.entries().filter(|(field, made)| field.is_sendable() && (replaces || **made != Value::Absent));
    let otherwise = fields.filter_map(|(field, made)| {
        let sent = draft.value(field.name);
        // False and blank count as equal.
        let same = made.is_equivalent(sent) || says_no(made) && says_no(sent);
        let own = sent.is_blank() && !replaces;
        let describe = || {
            // ID numbers are never printed.
            if field.is_personal() {
                return format!("{} is another", field.label());
            }
            format!("{} is {} instead of {}", field.label(), shown(made), shown(sent))
        };
        (!same && !own).then(describe)
    });
    otherwise.collect()
}

/// How many of the server's records have each natural key.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NaturalKeyCounts(HashMap<String, u32>);

impl NaturalKeyCounts {
    /// Counts the records of a list.
    pub fn from_records<'a>(collection: &Collection, rows: impl Iterator<Item = &'a Record>) -> Self {
        let mut counts = Self::default();
        rows.for_each(|row| counts.add(collection, row));
        counts
    }

    /// Counts one more record.
    pub fn add(&mut self, collection: &Collection, row: &Record) {
        *self.0.entry(collection.natural_key(|name| row.value(name))).or_default() += 1;
    }

    /// How many records have this natural key.
    pub fn count_key(&self, natural_key: &str) -> u32 {
        self.0.get(natural_key).copied().unwrap_or(0)
    }

    /// How many records have this draft's natural key. For a plan without a name, which the server will name,
    /// any name matches.
    pub fn count(&self, collection: &Collection, draft: &RecordDraft) -> u32 {
        let wanted = collection.natural_key(|name| draft.value(name));
        if is_named_by_the_server(collection, draft) {
            return self.0.iter().filter(|(key, _)| key.ends_with(&wanted)).map(|(_, n)| n).sum();
        }
        self.0.get(&wanted).copied().unwrap_or(0)
    }
}
