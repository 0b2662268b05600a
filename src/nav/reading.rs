//! Reading a collection to its end: the first page, then up to eight at a time; again when it changed meanwhile.

use std::collections::BTreeSet;

use crate::api::collection;
use crate::api::error::ApiError;
use crate::desk::Desk;
use crate::desk::listing::{Grew, Listing};
use crate::domain::collection::Collection;
use crate::effect::{Effects, RequestId};

/// Pages asked for at once.
const AT_ONCE: usize = 8;

/// A collection that is being read; what comes goes on the desk.
#[derive(Debug, PartialEq)]
pub struct Reading {
    collection: Collection,
    in_flight: BTreeSet<RequestId>,
    /// The next page to ask for.
    next: u32,
}

/// How far a reading is.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// The reply was not one of its own.
    Foreign,
    /// More is to come.
    More,
    /// The whole collection is on the desk.
    Done,
    /// It failed; the pages still in flight are to be cancelled.
    Failed(Vec<RequestId>),
}

impl Reading {
    /// Asks for the first page.
    pub fn start(collection: &Collection, fx: &mut Effects) -> Self {
        let first = fx.call(collection::list(collection, 1));
        Self { collection: collection.clone(), in_flight: BTreeSet::from([first]), next: 2 }
    }

    /// What is read.
    pub fn collection(&self) -> &Collection {
        &self.collection
    }

    /// A reply came, and what it brought is on the desk: asks for more, if there is more.
    pub fn reply(
        &mut self,
        id: RequestId,
        error: Option<&ApiError>,
        grew: Option<Grew>,
        fx: &mut Effects,
    ) -> Progress {
        if !self.in_flight.remove(&id) {
            return Progress::Foreign;
        }
        if error.is_some() {
            return Progress::Failed(std::mem::take(&mut self.in_flight).into_iter().collect());
        }
        match grew {
            Some(Grew::Again) => {
                *self = Self::start(&self.collection, fx);
                Progress::More
            }
            Some(Grew::More(pages)) => {
                // How many pages there are is not always said: then one is asked for after the other.
                let (last, at_once) = pages.map_or((u32::MAX, 1), |pages| (pages, AT_ONCE));
                while self.in_flight.len() < at_once && self.next <= last {
                    self.in_flight.insert(fx.call(collection::list(&self.collection, self.next)));
                    self.next += 1;
                }
                // Pages asked for by somebody else may have made the list grow already.
                if self.in_flight.is_empty() { Progress::Done } else { Progress::More }
            }
            // A page behind the end may still be in flight; nobody waits for it.
            Some(Grew::Whole) | None => Progress::Done,
        }
    }

    /// What is shown of how far it is: `reading… 3000 of 20000`.
    pub fn words(&self, desk: &Desk) -> String {
        match desk.listings.get(&self.collection).and_then(Listing::progress) {
            Some((rows, Some(count))) => format!("reading… {rows} of {count}"),
            Some((rows, None)) => format!("reading… {rows}"),
            None => "reading…".into(),
        }
    }
}
