//! How a record is known again when no answer told whether it was made: by what it is like.

use std::collections::HashMap;

use crate::domain::collection::Collection;
use crate::domain::record::{Draft, Record};

/// Whether the server will give it a name: a plan's, made from its dates.
fn is_named_by_the_server(collection: &Collection, draft: &Draft) -> bool {
    *collection == Collection::Plans && draft.value("name").is_blank()
}

/// Whether a record is what a draft asked for: like it in the fields by which records are known again.
pub fn is_like(collection: &Collection, draft: &Draft, record: &Record) -> bool {
    let (wanted, made) =
        (collection.likeness(|name| draft.value(name)), collection.likeness(|name| record.value(name)));
    wanted == made || (is_named_by_the_server(collection, draft) && made.ends_with(&wanted))
}

/// How many records of each likeness a server has.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Likenesses(HashMap<String, u32>);

impl Likenesses {
    /// Counts records.
    pub fn of<'a>(collection: &Collection, rows: impl Iterator<Item = &'a Record>) -> Self {
        let mut counts = Self::default();
        rows.for_each(|row| counts.add(collection, row));
        counts
    }

    /// Counts one more.
    pub fn add(&mut self, collection: &Collection, row: &Record) {
        *self.0.entry(collection.likeness(|name| row.value(name))).or_default() += 1;
    }

    /// How many are like this draft. A plan without a name is given one by the server, so any name is like it.
    pub fn count(&self, collection: &Collection, draft: &Draft) -> u32 {
        let wanted = collection.likeness(|name| draft.value(name));
        if is_named_by_the_server(collection, draft) {
            return self.0.iter().filter(|(key, _)| key.ends_with(&wanted)).map(|(_, n)| n).sum();
        }
        self.0.get(&wanted).copied().unwrap_or(0)
    }
}
