//! Reading a collection to its end: the first page, then up to eight at a time; again when it changed meanwhile. There
//! is one such reading of a collection at a time, whoever wants it.

use std::collections::BTreeSet;

use crate::api::collection;
use crate::desk::listing::Grew;
use crate::domain::collection::Collection;
use crate::effect::{Effects, RequestId};

/// Pages asked for at once.
const AT_ONCE: usize = 8;
/// A list of more pages than this is not one that ends.
const MOST_PAGES: u32 = 1000;

/// A collection that is being read; what comes goes on the desk.
#[derive(Debug, PartialEq)]
pub(super) struct Paging {
    /// What is read.
    pub(super) collection: Collection,
    /// Whether it goes on when the screen that shows it is left: an apply or a change of unknown outcome waits for it.
    pub(super) kept: bool,
    in_flight: BTreeSet<RequestId>,
    /// The next page to ask for.
    next: u32,
}

/// How far a reading is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// More is to come.
    More,
    /// It is over, well or not.
    Over,
}

impl Paging {
    /// Asks for the first page.
    pub(super) fn start(collection: &Collection, kept: bool, fx: &mut Effects) -> Self {
        let first = fx.call(collection::list(collection, 1));
        Self { collection: collection.clone(), kept, in_flight: BTreeSet::from([first]), next: 2 }
    }

    /// Whether a call is one of its own.
    pub(super) fn owns(&self, id: RequestId) -> bool {
        self.in_flight.contains(&id)
    }

    /// The calls still in flight.
    pub(super) fn calls(&self) -> impl Iterator<Item = RequestId> {
        self.in_flight.iter().copied()
    }

    /// A reply came, and what it brought is on the desk; nothing when it failed. Asks for more, if there is more.
    pub(super) fn reply(&mut self, id: RequestId, grew: Option<Grew>, fx: &mut Effects) -> Progress {
        self.in_flight.remove(&id);
        match grew {
            Some(Grew::More(pages)) => {
                // How many pages there are is not always said: then one is asked for after the other.
                let (last, at_once) = pages.map_or((MOST_PAGES, 1), |pages| (pages.min(MOST_PAGES), AT_ONCE));
                while self.in_flight.len() < at_once && self.next <= last {
                    self.in_flight.insert(fx.call(collection::list(&self.collection, self.next)));
                    self.next += 1;
                }
                if self.in_flight.is_empty() { Progress::Over } else { Progress::More }
            }
            Some(Grew::Again | Grew::Whole) | None => Progress::Over,
        }
    }
}
