//! The readings of collections that go on: begun for whoever wants one, their pages taken, their end told.

use std::time::Duration;

use crate::api::Call;
use crate::api::error::{ApiError, Failure};
use crate::api::reply::Reply;
use crate::app::apply::brought::Brought;
use crate::app::model::Model;
use crate::app::paging::{Paging, Progress};
use crate::app::requests::Owner;
use crate::desk::listing::{Grew, Listing};
use crate::domain::change::State;
use crate::domain::collection::Collection;
use crate::domain::record_changes::SECOND_LOOK;
use crate::effect::{Alarm, Effect, Effects, RequestId, Why};

impl Model {
    /// Begins the readings that were wished for. What is only to be shown joins one that is under way; what has to know
    /// how things are now begins anew.
    pub(super) fn begin_readings(&mut self, fx: &mut Effects) {
        for (collection, why) in fx.take_reads() {
            let under_way = self.readings.iter_mut().find(|paging| paging.collection == collection);
            match (under_way, why) {
                (Some(_), Why::Shown) => continue,
                (Some(paging), Why::Kept) => {
                    paging.kept = true;
                    continue;
                }
                (Some(_), Why::Fresh) => self.give_up_reading(&collection, fx),
                (None, _) => {}
            }
            self.begin_reading(&collection, why != Why::Shown, fx);
        }
    }

    fn begin_reading(&mut self, collection: &Collection, kept: bool, fx: &mut Effects) {
        self.readings.push(Paging::start(collection, kept, fx));
        self.desk.being_read.insert(collection.clone());
        self.own_calls(&Owner::Reading, fx);
    }

    /// Ends a reading and takes its calls back.
    pub(super) fn give_up_reading(&mut self, collection: &Collection, fx: &mut Effects) {
        let Some(at) = self.readings.iter().position(|paging| paging.collection == *collection) else {
            return;
        };
        for id in self.readings.remove(at).calls() {
            self.requests.remove(&id);
            fx.push(Effect::Cancel(id));
        }
        self.desk.being_read.remove(collection);
    }

    /// Ends the readings that nobody sees or waits for any more.
    pub(super) fn leave_readings(&mut self, fx: &mut Effects) {
        let seen: Vec<_> = self.screens.iter().filter_map(|(_, screen)| screen.collection()).collect();
        let left = self.readings.iter().filter(|p| !p.kept && !seen.contains(&p.collection));
        for collection in left.map(|paging| paging.collection.clone()).collect::<Vec<_>>() {
            self.give_up_reading(&collection, fx);
            self.desk.listings.get_mut(&collection).into_iter().for_each(Listing::give_up);
        }
    }

    /// A page came, or failed.
    pub(super) fn page_reply(
        &mut self,
        id: RequestId,
        call: &Call,
        result: Result<Reply, ApiError>,
        fx: &mut Effects,
    ) {
        let mut error = result.as_ref().err().cloned();
        let mut brought = self.read(call, result, false, fx);
        let Some(at) = self.readings.iter().position(|paging| paging.owns(id)) else { return };
        let progress = self.readings[at].reply(id, brought.grew, fx);
        self.own_calls(&Owner::Reading, fx);
        if progress == Progress::More {
            return;
        }
        let (collection, kept) = (self.readings[at].collection.clone(), self.readings[at].kept);
        self.give_up_reading(&collection, fx);
        if let Some(Grew::More(_)) = brought.grew {
            let endless = Failure::Unreadable("the list has more pages than are read".into());
            let endless = ApiError::of(&call.request(), endless);
            error = Some(endless.clone());
            brought = self.read(call, Err(endless), false, fx);
        }
        if brought.grew == Some(Grew::Again) {
            self.begin_reading(&collection, kept, fx);
        } else {
            self.reading_ended(&collection, error.as_ref(), &brought, fx);
        }
    }

    fn reading_ended(
        &mut self,
        collection: &Collection,
        error: Option<&ApiError>,
        brought: &Brought,
        fx: &mut Effects,
    ) {
        for (_, screen) in &mut self.screens {
            screen.was_read(collection, error);
        }
        // A list that could not be read says so itself; it is said once.
        let shows =
            self.screens.last().is_some_and(|(_, screen)| screen.collection().as_ref() == Some(collection));
        if error.is_some()
            && shows
            && self.desk.records(collection).is_none_or(|(mut rows, _)| rows.next().is_none())
        {
            self.status.notice = None;
        }
        let open = self.desk.record_changes.of(collection).any(|(_, change)| change.state == State::Unknown);
        if error.is_some() && open {
            // What is not known yet is looked for until it is.
            let pause = Duration::from_secs(SECOND_LOOK);
            fx.push(Effect::After(Alarm::Look(collection.clone()), pause));
        }
        if let Some(mut apply) = self.apply.take() {
            apply.was_read(collection, error, brought, &mut self.desk, fx);
            self.go_on(apply, fx);
        }
    }
}
