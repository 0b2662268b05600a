//! Reading a list page by page to its end: which page is next, which rows are new, and whether the list changed meanwhile.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::ops::Range;
use std::sync::Arc;

use serde_json::value::RawValue;

use crate::api::page::Page;
use crate::domain::record::{Record, Value};

/// How often a list that changes while it is read is read from its first page.
pub const MAX_READS: u8 = 3;
/// How many pages are requested at once, where the server says how many there are.
const MAX_PAGES_IN_FLIGHT: usize = 8;
/// The last page that can be asked for (Training Programs and Participants, "Pagination").
pub const LAST_PAGE: u32 = 100_000;

/// A row of a list that comes in pages.
pub trait PagedRow: Clone {
    /// What tells rows apart.
    type Id: Eq + Hash + std::fmt::Debug;

    /// The row's id; `None` when it has none, and then it is never taken for a duplicate.
    fn row_id(&self) -> Option<Self::Id>;
}

impl PagedRow for Record {
    type Id = i64;

    fn row_id(&self) -> Option<i64> {
        if let Value::Integer(id) = self.value("id") { Some(*id) } else { None }
    }
}

impl PagedRow for Box<RawValue> {
    type Id = String;

    /// The id as it is written.
    fn row_id(&self) -> Option<String> {
        #[derive(serde::Deserialize)]
        struct Row<'a> {
            #[serde(borrow)]
            id: &'a RawValue,
        }
        serde_json::from_str::<Row>(self.get()).ok().map(|row| row.id.get().to_owned())
    }
}

/// Rows in the server's order, each id once.
#[derive(Debug, PartialEq)]
pub struct UniqueRows<R: PagedRow> {
    /// The rows, shared with whoever writes or copies them in the background.
    rows: Arc<Vec<R>>,
    /// The number of each row, in order: rows are numbered as they come, and keep their numbers when others are removed.
    numbers: Vec<u32>,
    /// The number of each row by its id.
    by_id: HashMap<R::Id, u32>,
}

impl<R: PagedRow> Default for UniqueRows<R> {
    fn default() -> Self {
        Self { rows: Arc::default(), numbers: Vec::new(), by_id: HashMap::new() }
    }
}

impl<R: PagedRow> UniqueRows<R> {
    /// The rows.
    pub fn rows(&self) -> &[R] {
        &self.rows
    }

    /// The rows as they are now, shared: later changes are made to a copy.
    pub fn shared(&self) -> Arc<Vec<R>> {
        self.rows.clone()
    }

    /// The rows, taken out.
    pub fn into_rows(self) -> Vec<R> {
        Arc::unwrap_or_clone(self.rows)
    }

    /// The index of the row with an id; `None` when there is none.
    pub fn position(&self, id: &R::Id) -> Option<usize> {
        self.numbers.binary_search(self.by_id.get(id)?).ok()
    }

    /// Appends a row; returns `false` when its id is there already.
    pub fn push(&mut self, row: R) -> bool {
        let number = self.numbers.last().map_or(0, |last| last + 1);
        if let Some(id) = row.row_id() {
            match self.by_id.entry(id) {
                Entry::Occupied(_) => return false,
                Entry::Vacant(free) => free.insert(number),
            };
        }
        self.numbers.push(number);
        Arc::make_mut(&mut self.rows).push(row);
        true
    }

    /// Puts a row in the place of another with the same id.
    pub fn replace(&mut self, at: usize, row: R) {
        if let Some(old) = Arc::make_mut(&mut self.rows).get_mut(at) {
            *old = row;
        }
    }

    /// Removes the row at an index.
    pub fn remove(&mut self, at: usize) {
        let row = Arc::make_mut(&mut self.rows).remove(at);
        self.numbers.remove(at);
        if let Some(id) = row.row_id() {
            self.by_id.remove(&id);
        }
    }
}

/// The pages of one read of a list, in whatever order they arrive.
#[derive(Debug, PartialEq)]
pub struct PageSequence<R: PagedRow> {
    /// The rows of the pages that have arrived, up to the first that is missing.
    pub rows: UniqueRows<R>,
    /// How many rows could not be parsed.
    pub unreadable: usize,
    /// How many rows the server says there are.
    pub count: Option<u64>,
    /// How many pages there are; `None` when the server does not say: then pages are read until one has nothing new.
    pages: Option<u32>,
    /// Pages that arrived before an earlier page.
    early: BTreeMap<u32, Page<R>>,
    /// The number of the next page to append.
    next: u32,
    /// How many rows arrived more than once.
    duplicates: usize,
    /// The page that ended the read, when it had nothing new although more pages were to come.
    barren_page: Option<u32>,
    is_over: bool,
}

impl<R: PagedRow> PageSequence<R> {
    /// Begins with the first page. A bare list without meta is complete.
    pub fn begin(first: Page<R>) -> Self {
        let meta = first.meta.unwrap_or_default();
        let pages = if first.meta.is_none() { Some(1) } else { meta.pages };
        let mut sequence = Self {
            rows: UniqueRows::default(),
            unreadable: 0,
            count: meta.count,
            pages: pages.map(|pages| u32::try_from(pages.max(1)).unwrap_or(u32::MAX)),
            early: BTreeMap::new(),
            next: 1,
            duplicates: 0,
            barren_page: None,
            is_over: false,
        };
        sequence.add(1, first);
        sequence
    }

    /// How many pages there are, where the server says so.
    pub fn pages(&self) -> Option<u32> {
        self.pages
    }

    /// How many rows have arrived, also those of pages behind one that is missing.
    pub fn arrived(&self) -> usize {
        self.rows.rows().len() + self.early.values().map(|page| page.rows.len()).sum::<usize>()
    }

    /// Adds a page.
    pub fn add(&mut self, page: u32, rows: Page<R>) {
        self.early.insert(page, rows);
        while let Some(rows) = self.early.remove(&self.next).filter(|_| !self.is_over) {
            let (before, arrived) = (self.rows.rows().len(), rows.rows.len());
            self.unreadable += rows.unreadable.len();
            for row in rows.rows {
                self.rows.push(row);
            }
            let new = self.rows.rows().len() - before;
            // A server that repeats pages would never come to an end.
            let has_nothing_new = new == 0 && rows.unreadable.is_empty();
            // In a list of unknown length, a page that repeats earlier rows is its end.
            if !(has_nothing_new && self.pages.is_none()) {
                self.duplicates += arrived - new;
            }
            let was_last = self.pages.is_some_and(|pages| self.next >= pages);
            if has_nothing_new && !was_last {
                self.barren_page = Some(self.next);
            }
            self.next += 1;
            self.is_over = has_nothing_new || was_last;
        }
    }

    /// Whether the list has been read to its end.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether there are as many rows as the server counts, or no page had nothing new before the last.
    pub fn is_complete(&self) -> bool {
        let read = (self.rows.rows().len() + self.unreadable) as u64;
        self.count.map_or(self.barren_page().is_none(), |count| count == read)
    }

    /// Whether the list is complete and no row arrived twice: else it changed while it was read.
    pub fn is_consistent(&self) -> bool {
        self.is_complete() && self.duplicates == 0
    }

    /// The page that ended the read although more were to come, where the server says how many there are.
    pub fn barren_page(&self) -> Option<(u32, u32)> {
        Some((self.barren_page?, self.pages?))
    }
}

/// The pages to request now, none after `limit`, when `next` is the first that was not requested and `in_flight` are on their
/// way. Where the server does not say how many pages there are, one is requested after the other.
pub fn pages_to_request(pages: Option<u32>, limit: u32, next: u32, in_flight: usize) -> Range<u32> {
    let (last, at_once) = pages.map_or((limit, 1), |pages| (pages.min(limit), MAX_PAGES_IN_FLIGHT));
    let free = u32::try_from(at_once.saturating_sub(in_flight)).unwrap_or(0);
    next..next.saturating_add(free).min(last + 1).max(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::page::PageMeta;

    fn page(ids: &[u64], count: Option<u64>, pages: Option<u64>) -> Page<Box<RawValue>> {
        let row = |id: &u64| RawValue::from_string(format!(r#"{{"id": {id}}}"#)).unwrap();
        let meta = PageMeta { count, page: None, pages };
        Page { rows: ids.iter().map(row).collect(), unreadable: Vec::new(), meta: Some(meta) }
    }

    fn ids(sequence: &PageSequence<Box<RawValue>>) -> Vec<String> {
        sequence.rows.rows().iter().filter_map(PagedRow::row_id).collect()
    }

    #[test]
    fn a_page_without_new_rows_ends_a_list_of_unknown_length() {
        let mut sequence = PageSequence::begin(page(&[1, 2], None, None));
        assert!(!sequence.is_over());
        sequence.add(2, page(&[2, 3], None, None));
        assert!(!sequence.is_over());
        sequence.add(3, page(&[3], None, None));
        assert!(sequence.is_over());
        assert_eq!(ids(&sequence), ["1", "2", "3"]);
        assert!(sequence.is_complete() && !sequence.is_consistent(), "a row came twice");
        assert_eq!(sequence.barren_page(), None, "nobody said that there were more");
    }

    #[test]
    fn an_empty_page_before_the_last_is_reported() {
        let mut sequence = PageSequence::begin(page(&[1], Some(3), Some(3)));
        sequence.add(2, page(&[], Some(3), Some(3)));
        assert!(sequence.is_over() && !sequence.is_consistent());
        assert_eq!(sequence.barren_page(), Some((2, 3)));
    }

    #[test]
    fn eight_pages_are_requested_at_once_and_one_where_the_end_is_unknown() {
        assert_eq!(pages_to_request(Some(20), 1000, 2, 0), 2..10);
        assert_eq!(pages_to_request(Some(20), 1000, 10, 6), 10..12);
        assert_eq!(pages_to_request(Some(3), 1000, 2, 0), 2..4);
        assert_eq!(pages_to_request(Some(3), 1000, 4, 0), 4..4);
        assert_eq!(pages_to_request(None, 1000, 2, 0), 2..3);
        assert_eq!(pages_to_request(None, 1000, 3, 1), 3..3);
        assert_eq!(pages_to_request(Some(4_000_000), 1000, 999, 0), 999..1001, "a list that never ends");
    }
}
