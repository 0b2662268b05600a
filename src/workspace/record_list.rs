//! A list read page by page in the background: shown while it grows, and kept while it is read again.

use std::sync::Arc;

use jiff::Timestamp;

use crate::api::page::Page;
use crate::api::page_sequence::{MAX_READS, PageSequence, PagedRow};
use crate::domain::record::Record;

/// A list of records with the state of its read.
#[derive(Debug, PartialEq, Default)]
pub struct RecordList {
    /// The list as last read to the end.
    whole: Option<ListContents>,
    /// The list being read now.
    partial: Option<ListContents>,
    /// How many reads in a row did not match the server's count.
    inconsistent_reads: u8,
    /// Grows whenever rows shown were changed other than by appending.
    generation: u64,
    /// The rows removed last, of which each made a generation; the last of them made the present one.
    removed: Vec<usize>,
}

/// How many removed rows are remembered, for a screen that was not drawn meanwhile.
const MAX_REMOVED_ROWS: usize = 1000;

/// The rows of a list, complete or as far as read.
#[derive(Debug, PartialEq)]
pub struct ListContents {
    pages: PageSequence<Record>,
    /// When its first page arrived.
    pub read_at: Timestamp,
    /// Whether the list changed during the last read; actions on several rows are refused then.
    pub is_inconsistent: bool,
}

impl ListContents {
    /// The records in the server's order, without duplicates.
    pub fn rows(&self) -> &[Record] {
        self.pages.rows.rows()
    }

    /// The same records, shared with whoever writes or copies them in the background.
    pub fn shared_rows(&self) -> Arc<Vec<Record>> {
        self.pages.rows.shared()
    }

    /// How many rows could not be parsed.
    pub fn unreadable(&self) -> usize {
        self.pages.unreadable
    }

    /// How many rows the server says there are.
    pub fn count(&self) -> Option<u64> {
        self.pages.count
    }

    /// The record with an id; `None` when there is none.
    pub fn record_by_id(&self, id: Option<i64>) -> Option<&Record> {
        self.rows().get(self.pages.rows.position(&id?)?)
    }

    /// Puts a record in the place of the one with its id, or at the end; returns whether one was replaced.
    fn upsert(&mut self, record: Record) -> bool {
        let place = record.row_id().and_then(|id| self.pages.rows.position(&id));
        match place {
            Some(at) => self.pages.rows.replace(at, record),
            None => {
                self.pages.rows.push(record);
                self.pages.count = self.pages.count.map(|count| count + 1);
            }
        }
        place.is_some()
    }
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

impl RecordList {
    /// The rows to show: the list as last read to its end, or else the rows read so far. `None` before the
    /// first page.
    pub fn shown(&self) -> Option<&ListContents> {
        self.whole.as_ref().or(self.partial.as_ref())
    }

    /// A number that grows whenever rows shown were changed other than by appending.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The list as last read to its end; `None` before that.
    pub fn whole(&self) -> Option<&ListContents> {
        self.whole.as_ref()
    }

    /// The number of rows that have arrived and the expected total; `None` when no read is in progress.
    pub fn progress(&self) -> Option<(usize, Option<u64>)> {
        let partial = self.partial.as_ref()?;
        Some((partial.pages.arrived(), partial.count()))
    }

    /// Adds a page. Page 1 starts a new read.
    pub fn add_page(&mut self, page: u32, rows: Page<Record>, now: Timestamp) -> PageResult {
        if page == 1 {
            if self.whole.is_none() {
                self.note_changed();
            }
            let pages = PageSequence::begin(rows);
            self.partial = Some(ListContents { pages, read_at: now, is_inconsistent: false });
        } else if let Some(partial) = &mut self.partial {
            partial.pages.add(page, rows);
        }
        match &self.partial {
            Some(partial) if partial.pages.is_over() => self.finish_read(),
            Some(partial) => PageResult::More(partial.pages.pages()),
            None => PageResult::Whole,
        }
    }

    /// Cancels the read; rows of a list that was never complete stay visible.
    pub fn cancel_read(&mut self) {
        if self.whole.is_some() {
            self.partial = None;
        }
    }

    fn finish_read(&mut self) -> PageResult {
        let Some(mut read) = self.partial.take() else { return PageResult::Whole };
        let is_consistent = read.pages.is_consistent();
        self.inconsistent_reads = if is_consistent { 0 } else { self.inconsistent_reads + 1 };
        let again = !is_consistent && self.inconsistent_reads < MAX_READS;
        read.is_inconsistent = !is_consistent;
        // A list shown while it grew only had rows appended; one that replaces another is a new generation.
        if self.whole.is_some() {
            self.note_changed();
        }
        self.whole = Some(read);
        if !again {
            self.inconsistent_reads = 0;
        }
        if again { PageResult::ReadAgain } else { PageResult::Whole }
    }

    /// Puts a record from a response in its old position, or at the end.
    pub fn put(&mut self, record: &Record) {
        if let Some(read) = &mut self.whole {
            read.upsert(record.clone());
            self.note_changed();
        }
    }

    /// Appends records that were just created.
    pub fn append_created(&mut self, records: impl Iterator<Item = Record>) {
        let Some(read) = &mut self.whole else { return };
        let mut replaced = false;
        for record in records {
            // One that was in the list already was updated by the creation.
            replaced |= read.upsert(record);
        }
        if replaced {
            self.note_changed();
        }
    }

    /// Removes the record with this id, which was just deleted.
    pub fn remove(&mut self, id: i64) {
        if let Some(read) = &mut self.whole
            && let Some(at) = read.pages.rows.position(&id)
        {
            read.pages.rows.remove(at);
            read.pages.count = read.pages.count.map(|count| count.saturating_sub(1));
            self.generation += 1;
            if self.removed.len() == MAX_REMOVED_ROWS {
                self.removed.clear();
            } else {
                self.removed.push(at);
            }
        }
    }

    /// Notes that rows changed other than by appending or by the removal of one.
    fn note_changed(&mut self) {
        self.generation += 1;
        self.removed.clear();
    }

    /// The rows removed since a generation, one after the other, each by its place at that time; `None` when other things
    /// changed too.
    pub fn removed_since(&self, generation: u64) -> Option<&[usize]> {
        let since = usize::try_from(self.generation.checked_sub(generation)?).ok()?;
        self.removed.get(self.removed.len().checked_sub(since)?..)
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
        listing.shown().unwrap().rows().iter().map(|row| row.value("id").to_string()).collect()
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
        assert_eq!(
            listing.progress(),
            Some((4, Some(6))),
            "what has come is counted, also behind a late page"
        );
        assert_eq!(listing.add_page(2, page(&[3, 4], 6, Some(3)), now()), PageResult::Whole);
        assert_eq!(ids(&listing), ["1", "2", "3", "4", "5", "6"]);
        assert!(!listing.whole().unwrap().is_inconsistent);
    }

    #[test]
    fn a_list_that_changes_while_it_is_read_is_read_again_and_then_reported() {
        let mut listing = RecordList::default();
        for grew in [PageResult::ReadAgain, PageResult::ReadAgain, PageResult::Whole] {
            listing.add_page(1, page(&[1, 2], 4, Some(2)), now());
            // A record was deleted meanwhile, so row 3 has moved to page 1 and is missed.
            assert_eq!(listing.add_page(2, page(&[4], 3, Some(2)), now()), grew);
        }
        assert!(listing.whole().unwrap().is_inconsistent);
        listing.add_page(1, page(&[1, 2], 3, Some(2)), now());
        assert_eq!(listing.add_page(2, page(&[4], 3, Some(2)), now()), PageResult::Whole);
        assert!(!listing.whole().unwrap().is_inconsistent);
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

    #[test]
    fn a_removed_row_is_told_by_its_place_until_anything_else_changes() {
        let mut listing = RecordList::default();
        listing.add_page(1, page(&[1, 2, 3, 4, 5], 5, Some(1)), now());
        let before = listing.generation();
        listing.remove(2);
        listing.remove(2);
        listing.remove(4);
        assert_eq!(ids(&listing), ["1", "3", "5"]);
        assert_eq!(listing.removed_since(before), Some(&[1, 2][..]), "4 stood behind 1 and 3 then");
        assert_eq!(listing.removed_since(before + 1), Some(&[2][..]));
        let record =
            |id| listing.whole().unwrap().record_by_id(Some(id)).map(|row| row.value("id").to_string());
        assert_eq!((record(5), record(3), record(4)), (Some("5".into()), Some("3".into()), None));
        let row = listing.whole().unwrap().rows()[1].clone();
        listing.put(&row);
        assert_eq!(listing.removed_since(before), None);
        assert_eq!(listing.removed_since(listing.generation()), Some(&[][..]));
    }
}
