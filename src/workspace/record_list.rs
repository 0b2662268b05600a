//! A list read page by page in the background: shown while it grows, and kept while it is read again.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::api::page::Page;
use crate::domain::change::collection::Collection;
use crate::domain::record::{Record, Value};

/// A list of records with the state of its read.
#[derive(Debug, PartialEq, Default)]
pub struct RecordList {
    /// The list as last read to the end.
    whole: Option<ListContents>,
    /// The list being read now.
    partial: Option<PartialList>,
    /// How many reads in a row did not match the server's count.
    inconsistent_reads: u8,
    /// Grows whenever rows shown were changed other than by appending.
    generation: u64,
}

/// The rows of a list, complete or as far as read.
#[derive(Debug, PartialEq, Default)]
pub struct ListContents {
    /// The records in the server's order, without duplicates.
    pub rows: Vec<Record>,
    /// When its first page arrived.
    pub read_at: Timestamp,
    /// How many rows could not be parsed.
    pub damaged: usize,
    /// How many rows the server says there are.
    pub count: Option<u64>,
    /// Whether the list changed during the last read; actions on several rows are refused then.
    pub inconsistent: bool,
    /// The index of each record by its id.
    positions: HashMap<i64, usize>,
}

impl ListContents {
    /// The record with an id; `None` when there is none.
    pub fn record_by_id(&self, id: Option<i64>) -> Option<&Record> {
        self.rows.get(*self.positions.get(&id?)?)
    }

    /// Appends a record; returns `false` when its id is in the list already.
    fn push(&mut self, row: Record) -> bool {
        let place = self.rows.len();
        if let Some(id) = integer(row.value("id")) {
            if self.positions.contains_key(&id) {
                return false;
            }
            self.positions.insert(id, place);
        }
        self.rows.push(row);
        true
    }
}

#[derive(Debug, PartialEq)]
struct PartialList {
    contents: ListContents,
    /// Pages that arrived before an earlier page.
    early_pages: BTreeMap<u32, Page<Record>>,
    /// The number of the next page to append.
    next: u32,
    /// How many pages there are; `None` when the server does not say.
    pages: Option<u32>,
    /// How many rows arrived more than once.
    duplicates: usize,
}

/// The state of a read after a page was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageResult {
    /// More pages are needed; the total number of pages, if known.
    More(Option<u32>),
    /// The list is complete.
    Whole,
    /// The list has been read to its end but does not match the server's count: it changed meanwhile and must
    /// be read again.
    ReadAgain,
}

fn integer(value: &Value) -> Option<i64> {
    if let Value::Integer(id) = value { Some(*id) } else { None }
}

/// How often a list is read before it is shown as inconsistent.
const MAX_READS: u8 = 3;

impl RecordList {
    /// The rows to show: the list as last read to its end, or else the rows read so far. `None` before the
    /// first page.
    pub fn shown(&self) -> Option<&ListContents> {
        self.whole.as_ref().or(self.partial.as_ref().map(|growing| &growing.contents))
    }

    /// A number that grows whenever rows shown were changed other than by appending.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The list as last read to its end; `None` before that.
    pub fn whole(&self) -> Option<&ListContents> {
        self.whole.as_ref()
    }

    /// The number of rows read so far and the expected total; `None` when no read is in progress.
    pub fn progress(&self) -> Option<(usize, Option<u64>)> {
        let growing = self.partial.as_ref()?;
        Some((growing.contents.rows.len(), growing.contents.count))
    }

    /// Adds a page. Page 1 starts a new read.
    pub fn add_page(&mut self, page: u32, rows: Page<Record>, now: Timestamp) -> PageResult {
        if page == 1 {
            self.generation += u64::from(self.whole.is_none());
            let meta = rows.meta.unwrap_or_default();
            // A bare list without meta is complete; with meta but no page count, pages are read until one has
            // nothing new.
            let pages = if rows.meta.is_none() { Some(1) } else { meta.pages };
            self.partial = Some(PartialList {
                contents: ListContents { read_at: now, count: meta.count, ..ListContents::default() },
                early_pages: BTreeMap::new(),
                next: 1,
                pages: pages.map(|pages| u32::try_from(pages.max(1)).unwrap_or(u32::MAX)),
                duplicates: 0,
            });
        }
        let Some(growing) = &mut self.partial else { return PageResult::Whole };
        growing.early_pages.insert(page, rows);
        let over = growing.append_ready_pages();
        if !over {
            return PageResult::More(growing.pages);
        }
        self.finish_read()
    }

    /// Cancels the read; rows of a list that was never complete stay visible.
    pub fn cancel_read(&mut self) {
        if self.whole.is_some() {
            self.partial = None;
        }
    }

    fn finish_read(&mut self) -> PageResult {
        let Some(PartialList { contents: mut read, duplicates: twice, .. }) = self.partial.take() else {
            return PageResult::Whole;
        };
        let right =
            read.count.is_none_or(|count| count == (read.rows.len() + read.damaged) as u64) && twice == 0;
        self.inconsistent_reads = if right { 0 } else { self.inconsistent_reads + 1 };
        let again = !right && self.inconsistent_reads < MAX_READS;
        read.inconsistent = !right;
        // A list shown while it grew only had rows appended; one that replaces another is a new generation.
        self.generation += u64::from(self.whole.is_some());
        self.whole = Some(read);
        if !again {
            self.inconsistent_reads = 0;
        }
        if again { PageResult::ReadAgain } else { PageResult::Whole }
    }

    /// Puts a record from a response in its old position, or at the end.
    pub fn put(&mut self, collection: &Collection, record: &Record) {
        let Some(read) = &mut self.whole else { return };
        self.generation += 1;
        let id = collection.id_of(record).and_then(|id| id.as_str().parse::<i64>().ok());
        match id.and_then(|id| read.positions.get(&id)) {
            Some(place) => read.rows[*place].clone_from(record),
            None => {
                let more = u64::from(read.push(record.clone()));
                read.count = read.count.map(|count| count + more);
            }
        }
    }

    /// Appends records that were just created.
    pub fn append_created(&mut self, records: impl Iterator<Item = Record>) {
        if let Some(read) = &mut self.whole {
            for record in records {
                match integer(record.value("id")).and_then(|id| read.positions.get(&id).copied()) {
                    // It was in the list already, and the creation updated it.
                    Some(place) => {
                        read.rows[place] = record;
                        self.generation += 1;
                    }
                    None => {
                        read.push(record);
                        read.count = read.count.map(|count| count + 1);
                    }
                }
            }
        }
    }

    /// Removes a record that was just deleted.
    pub fn remove(&mut self, is: impl Fn(&Record) -> bool) {
        if let Some(read) = &mut self.whole
            && let Some(at) = read.rows.iter().position(is)
        {
            read.rows.remove(at);
            self.generation += 1;
            let ids = read.rows.iter().map(|row| integer(row.value("id"))).enumerate();
            read.positions = ids.filter_map(|(at, id)| Some((id?, at))).collect();
            read.count = read.count.map(|count| count.saturating_sub(1));
        }
    }
}

impl PartialList {
    /// Appends the pages that are next in order; returns whether the list is complete.
    fn append_ready_pages(&mut self) -> bool {
        while let Some(rows) = self.early_pages.remove(&self.next) {
            self.next += 1;
            let before = self.contents.rows.len();
            self.contents.damaged += rows.unreadable.len();
            for row in rows.rows {
                self.duplicates += usize::from(!self.contents.push(row));
            }
            // Stop when a server repeats pages without anything new.
            let nothing_new = self.contents.rows.len() == before && rows.unreadable.is_empty();
            if nothing_new || self.pages.is_some_and(|pages| self.next > pages) {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::page::{PageMeta, read_record};

    fn page(ids: &[u64], count: u64, pages: Option<u64>) -> Page<Record> {
        let row = |id: &u64| {
            let raw = serde_json::value::RawValue::from_string(format!(r#"{{"id": {id}}}"#)).unwrap();
            read_record(&crate::domain::record::participant::PARTICIPANT, &raw).unwrap()
        };
        let meta = PageMeta { count: Some(count), page: None, pages };
        Page { rows: ids.iter().map(row).collect(), unreadable: Vec::new(), meta: Some(meta) }
    }

    fn ids(listing: &RecordList) -> Vec<String> {
        listing.shown().unwrap().rows.iter().map(|row| row.value("id").to_string()).collect()
    }

    fn now() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    #[test]
    fn pages_are_put_in_order_however_they_arrive() {
        let mut listing = RecordList::default();
        assert_eq!(listing.add_page(1, page(&[1, 2], 6, Some(3)), now()), PageResult::More(Some(3)));
        assert_eq!(ids(&listing), ["1", "2"], "the first page is shown at once");
        listing.add_page(3, page(&[5, 6], 6, Some(3)), now());
        assert_eq!(ids(&listing), ["1", "2"]);
        assert_eq!(listing.add_page(2, page(&[3, 4], 6, Some(3)), now()), PageResult::Whole);
        assert_eq!(ids(&listing), ["1", "2", "3", "4", "5", "6"]);
        assert!(!listing.whole().unwrap().inconsistent);
    }

    #[test]
    fn a_list_that_changes_while_it_is_read_is_read_again_and_then_reported() {
        let mut listing = RecordList::default();
        for grew in [PageResult::ReadAgain, PageResult::ReadAgain, PageResult::Whole] {
            listing.add_page(1, page(&[1, 2], 4, Some(2)), now());
            // A record was deleted meanwhile, so row 3 has moved to page 1 and is missed.
            assert_eq!(listing.add_page(2, page(&[4], 3, Some(2)), now()), grew);
        }
        assert!(listing.whole().unwrap().inconsistent);
        listing.add_page(1, page(&[1, 2], 3, Some(2)), now());
        assert_eq!(listing.add_page(2, page(&[4], 3, Some(2)), now()), PageResult::Whole);
        assert!(!listing.whole().unwrap().inconsistent);
    }

    #[test]
    fn a_server_that_repeats_its_first_page_ends_the_reading() {
        let mut listing = RecordList::default();
        assert_eq!(listing.add_page(1, page(&[1, 2], 2, None), now()), PageResult::More(None));
        assert_ne!(listing.add_page(2, page(&[1, 2], 2, None), now()), PageResult::More(None));
        assert_eq!(ids(&listing), ["1", "2"]);
    }

    #[test]
    fn the_old_list_stays_until_the_new_one_is_complete() {
        let mut listing = RecordList::default();
        listing.add_page(1, page(&[1, 2], 2, Some(1)), now());
        listing.add_page(1, page(&[7], 2, Some(2)), now());
        assert_eq!(ids(&listing), ["1", "2"]);
        assert_eq!(listing.progress(), Some((1, Some(2))));
        listing.add_page(2, page(&[8], 2, Some(2)), now());
        assert_eq!(ids(&listing), ["7", "8"]);
    }
}
