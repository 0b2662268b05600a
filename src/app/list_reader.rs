//! The requests of one read of a list: the first page, then several at a time. There is one such read of a list at a time,
//! whoever wants it.

use std::collections::BTreeSet;

use crate::api::collection;
use crate::api::page_sequence::pages_to_request;
use crate::domain::change::collection::Collection;
use crate::effect::{Effects, Owner, RequestId};
use crate::workspace::record_list::PageResult;

/// A list of more pages than this is not one that ends, or one that fits into memory.
const MAX_PAGES: u32 = 1000;

/// The read of one collection. Its pages go into the workspace.
#[derive(Debug, PartialEq)]
pub(super) struct ListReader {
    /// The collection.
    pub(super) collection: Collection,
    /// Whether the read continues after its screen is left, because an apply or a change of unknown outcome
    /// waits for it.
    pub(super) needed: bool,
    in_flight: BTreeSet<RequestId>,
    /// The next page to request, counted from 1.
    next: u32,
}

/// Whether a list read has more pages to come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ReadProgress {
    /// More pages are in flight.
    More,
    /// No more pages are in flight: the list is complete, changed meanwhile, or failed.
    Done,
}

impl ListReader {
    /// Requests the first page; `None` for a collection that the server has no list of.
    pub(super) fn start(collection: &Collection, kept: bool, fx: &mut Effects) -> Option<Self> {
        let first = fx.call(Owner::ListRead, collection::list_call(collection, 1)?);
        let in_flight = BTreeSet::from([first]);
        Some(Self { collection: collection.clone(), needed: kept, in_flight, next: 2 })
    }

    /// Whether a request belongs to this read.
    pub(super) fn owns(&self, id: RequestId) -> bool {
        self.in_flight.contains(&id)
    }

    /// The requests in flight.
    pub(super) fn requests(&self) -> impl Iterator<Item = RequestId> {
        self.in_flight.iter().copied()
    }

    /// Handles a reply once its page is in the workspace; `grew` is `None` when it failed. Requests further
    /// pages, if there are any.
    pub(super) fn reply(
        &mut self,
        id: RequestId,
        page_result: Option<PageResult>,
        fx: &mut Effects,
    ) -> ReadProgress {
        self.in_flight.remove(&id);
        match page_result {
            Some(PageResult::More(pages)) => {
                for page in pages_to_request(pages, MAX_PAGES, self.next, self.in_flight.len()) {
                    let Some(call) = collection::list_call(&self.collection, page) else { break };
                    self.in_flight.insert(fx.call(Owner::ListRead, call));
                    self.next = page + 1;
                }
                if self.in_flight.is_empty() { ReadProgress::Done } else { ReadProgress::More }
            }
            Some(PageResult::ReadAgain | PageResult::Whole) | None => ReadProgress::Done,
        }
    }
}
