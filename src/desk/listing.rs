//! A list as it is read: page by page in the background, shown as it grows, kept while it is read again.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::api::page::Rows;
use crate::domain::collection::Collection;
use crate::domain::record::{Record, Value};

/// A list of records.
#[derive(Debug, PartialEq, Default)]
pub struct Listing {
    /// The list as last read to its end.
    whole: Option<Read>,
    /// The list that is being read.
    growing: Option<Growing>,
    /// How often it has been read without its count coming out right.
    tries: u8,
    /// Another number whenever what is shown was not only appended to.
    edition: u64,
}

/// A list or the beginning of one.
#[derive(Debug, PartialEq, Default)]
pub struct Read {
    /// The records, in the server's order, each once.
    pub rows: Vec<Record>,
    /// When its first page came.
    pub read_at: Timestamp,
    /// Rows that could not be read.
    pub damaged: usize,
    /// How many the server says there are.
    pub count: Option<u64>,
    /// Whether the list changed while it was read, three times over: then nothing is done to many at once.
    pub drifted: bool,
    /// Where each record stands, by its id.
    places: HashMap<i64, usize>,
}

impl Read {
    /// The record of an id.
    pub fn row(&self, id: Option<i64>) -> Option<&Record> {
        self.rows.get(*self.places.get(&id?)?)
    }

    /// Puts a record at the end; one that is there already is not put there again, and said.
    fn push(&mut self, row: Record) -> bool {
        let place = self.rows.len();
        if let Some(id) = integer(row.value("id")) {
            if self.places.contains_key(&id) {
                return false;
            }
            self.places.insert(id, place);
        }
        self.rows.push(row);
        true
    }
}

#[derive(Debug, PartialEq)]
struct Growing {
    read: Read,
    /// Pages that came before one in front of them.
    waiting: BTreeMap<u32, Rows<Record>>,
    /// The next page to be appended.
    next: u32,
    /// Pages in all, if the server says so.
    pages: Option<u32>,
    /// Rows that came twice.
    twice: usize,
}

/// What a page did to a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grew {
    /// More pages are to come; so many in all, where that is known.
    More(Option<u32>),
    /// It is whole.
    Whole,
    /// It is whole, but its count is not what the server said: it changed meanwhile and has to be read again.
    Again,
}

fn integer(value: &Value) -> Option<i64> {
    if let Value::Integer(id) = value { Some(*id) } else { None }
}

/// So often a list is read before its drift is accepted and said.
const TRIES: u8 = 3;

impl Listing {
    /// What is to be shown: the list as last read to its end, else as much as has come.
    pub fn shown(&self) -> Option<&Read> {
        self.whole.as_ref().or(self.growing.as_ref().map(|growing| &growing.read))
    }

    /// Another number whenever what is shown was not only appended to.
    pub fn edition(&self) -> u64 {
        self.edition
    }

    /// The list, if it has been read to its end.
    pub fn whole(&self) -> Option<&Read> {
        self.whole.as_ref()
    }

    /// How many rows of how many have come, while it is being read.
    pub fn progress(&self) -> Option<(usize, Option<u64>)> {
        let growing = self.growing.as_ref()?;
        Some((growing.read.rows.len(), growing.read.count))
    }

    /// Takes a page in. The first one begins a reading.
    pub fn take(&mut self, page: u32, rows: Rows<Record>, now: Timestamp) -> Grew {
        if page == 1 {
            self.edition += u64::from(self.whole.is_none());
            let meta = rows.meta.unwrap_or_default();
            // A bare list has no meta and is whole; a page that does not say how many there are is asked on.
            let pages = if rows.meta.is_none() { Some(1) } else { meta.pages };
            self.growing = Some(Growing {
                read: Read { read_at: now, count: meta.count, ..Read::default() },
                waiting: BTreeMap::new(),
                next: 1,
                pages: pages.map(|pages| u32::try_from(pages.max(1)).unwrap_or(u32::MAX)),
                twice: 0,
            });
        }
        let Some(growing) = &mut self.growing else { return Grew::Whole };
        growing.waiting.insert(page, rows);
        let over = growing.append();
        if !over {
            return Grew::More(growing.pages);
        }
        self.end()
    }

    /// The reading was given up; what came of a list that was never whole stays.
    pub fn give_up(&mut self) {
        if self.whole.is_some() {
            self.growing = None;
        }
    }

    fn end(&mut self) -> Grew {
        let Some(Growing { mut read, twice, .. }) = self.growing.take() else { return Grew::Whole };
        let right =
            read.count.is_none_or(|count| count == (read.rows.len() + read.damaged) as u64) && twice == 0;
        self.tries = if right { 0 } else { self.tries + 1 };
        let again = !right && self.tries < TRIES;
        read.drifted = !right;
        // A list shown while it grew is shown on; one shown in the place of another is another edition.
        self.edition += u64::from(self.whole.is_some());
        self.whole = Some(read);
        if !again {
            self.tries = 0;
        }
        if again { Grew::Again } else { Grew::Whole }
    }

    /// Puts a record in that the server just answered with: in its old place, or at the end.
    pub fn put(&mut self, collection: &Collection, record: &Record) {
        let Some(read) = &mut self.whole else { return };
        self.edition += 1;
        let id = collection.id_of(record).and_then(|id| id.as_str().parse::<i64>().ok());
        match id.and_then(|id| read.places.get(&id)) {
            Some(place) => read.rows[*place].clone_from(record),
            None => {
                let more = u64::from(read.push(record.clone()));
                read.count = read.count.map(|count| count + more);
            }
        }
    }

    /// Puts records at the end that were just created.
    pub fn append(&mut self, records: impl Iterator<Item = Record>) {
        if let Some(read) = &mut self.whole {
            for record in records {
                match integer(record.value("id")).and_then(|id| read.places.get(&id).copied()) {
                    // It was there, and the creation changed it.
                    Some(place) => {
                        read.rows[place] = record;
                        self.edition += 1;
                    }
                    None => {
                        read.push(record);
                        read.count = read.count.map(|count| count + 1);
                    }
                }
            }
        }
    }

    /// Takes a record out that was just deleted.
    pub fn remove(&mut self, is: impl Fn(&Record) -> bool) {
        if let Some(read) = &mut self.whole
            && let Some(at) = read.rows.iter().position(is)
        {
            read.rows.remove(at);
            self.edition += 1;
            let ids = read.rows.iter().map(|row| integer(row.value("id"))).enumerate();
            read.places = ids.filter_map(|(at, id)| Some((id?, at))).collect();
            read.count = read.count.map(|count| count.saturating_sub(1));
        }
    }
}

impl Growing {
    /// Appends the pages whose turn it is; whether that was all.
    fn append(&mut self) -> bool {
        while let Some(rows) = self.waiting.remove(&self.next) {
            self.next += 1;
            let before = self.read.rows.len();
            self.read.damaged += rows.damaged.len();
            for row in rows.rows {
                self.twice += usize::from(!self.read.push(row));
            }
            // A server that goes on repeating itself is not asked on.
            let nothing_new = self.read.rows.len() == before && rows.damaged.is_empty();
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
    use crate::api::page::{Meta, read_record};

    fn page(ids: &[u64], count: u64, pages: Option<u64>) -> Rows<Record> {
        let row = |id: &u64| {
            let raw = serde_json::value::RawValue::from_string(format!(r#"{{"id": {id}}}"#)).unwrap();
            read_record(&crate::domain::participant::PARTICIPANT, &raw).unwrap()
        };
        let meta = Meta { count: Some(count), page: None, pages };
        Rows { rows: ids.iter().map(row).collect(), damaged: Vec::new(), meta: Some(meta) }
    }

    fn ids(listing: &Listing) -> Vec<String> {
        listing.shown().unwrap().rows.iter().map(|row| row.value("id").to_string()).collect()
    }

    fn now() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    #[test]
    fn pages_are_put_in_order_however_they_come() {
        let mut listing = Listing::default();
        assert_eq!(listing.take(1, page(&[1, 2], 6, Some(3)), now()), Grew::More(Some(3)));
        assert_eq!(ids(&listing), ["1", "2"], "the first page is shown at once");
        listing.take(3, page(&[5, 6], 6, Some(3)), now());
        assert_eq!(ids(&listing), ["1", "2"]);
        assert_eq!(listing.take(2, page(&[3, 4], 6, Some(3)), now()), Grew::Whole);
        assert_eq!(ids(&listing), ["1", "2", "3", "4", "5", "6"]);
        assert!(!listing.whole().unwrap().drifted);
    }

    #[test]
    fn a_list_that_changes_while_it_is_read_is_read_again_and_then_said() {
        let mut listing = Listing::default();
        for grew in [Grew::Again, Grew::Again, Grew::Whole] {
            listing.take(1, page(&[1, 2], 4, Some(2)), now());
            // A record was deleted: row 3 has moved to the first page and is missed.
            assert_eq!(listing.take(2, page(&[4], 3, Some(2)), now()), grew);
        }
        assert!(listing.whole().unwrap().drifted);
        listing.take(1, page(&[1, 2], 3, Some(2)), now());
        assert_eq!(listing.take(2, page(&[4], 3, Some(2)), now()), Grew::Whole);
        assert!(!listing.whole().unwrap().drifted);
    }

    #[test]
    fn a_server_that_repeats_its_first_page_ends_the_reading() {
        let mut listing = Listing::default();
        assert_eq!(listing.take(1, page(&[1, 2], 2, None), now()), Grew::More(None));
        assert_ne!(listing.take(2, page(&[1, 2], 2, None), now()), Grew::More(None));
        assert_eq!(ids(&listing), ["1", "2"]);
    }

    #[test]
    fn the_old_list_stays_until_the_new_one_is_whole() {
        let mut listing = Listing::default();
        listing.take(1, page(&[1, 2], 2, Some(1)), now());
        listing.take(1, page(&[7], 2, Some(2)), now());
        assert_eq!(ids(&listing), ["1", "2"]);
        assert_eq!(listing.progress(), Some((1, Some(2))));
        listing.take(2, page(&[8], 2, Some(2)), now());
        assert_eq!(ids(&listing), ["7", "8"]);
    }
}
