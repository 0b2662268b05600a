//! Starts, continues and ends the reads of lists.

use std::time::Duration;

use crate::api::Call;
use crate::api::error::{ApiError, Failure};
use crate::api::reply::Reply;
use crate::app::apply::read_outcome::ReadOutcome;
use crate::app::engine::{Engine, Event};
use crate::app::list_reader::{ListReader, ReadProgress};
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::ChangeState;
use crate::domain::change::record_changes::SECOND_READ_DELAY_SECS;
use crate::effect::{Effect, Effects, ReadReason, RequestId, Timer};
use crate::workspace::record_list::{PageResult, RecordList};

impl Engine {
    /// Starts the list reads that were asked for. `OnScreen` and `Needed` join a read that is in progress;
    /// `Fresh` restarts it.
    pub(super) fn start_list_reads(&mut self, fx: &mut Effects) {
        for (collection, why) in fx.take_list_reads() {
            let under_way = self.list_reads.iter_mut().find(|paging| paging.collection == collection);
            match (under_way, why) {
                (Some(_), ReadReason::OnScreen) => continue,
                (Some(paging), ReadReason::Needed) => {
                    paging.needed = true;
                    continue;
                }
                (Some(_), ReadReason::Fresh) => self.cancel_list_read(&collection, fx),
                (None, _) => {}
            }
            self.start_list_read(&collection, why != ReadReason::OnScreen, fx);
        }
    }

    pub(super) fn start_list_read(&mut self, collection: &Collection, needed: bool, fx: &mut Effects) {
        let Some(reader) = ListReader::start(collection, needed, fx) else { return };
        self.list_reads.push(reader);
        self.workspace.collections_being_read.insert(collection.clone());
        self.register_requests(fx);
    }

    /// Ends the read of a list and cancels its requests.
    pub(super) fn cancel_list_read(&mut self, collection: &Collection, fx: &mut Effects) {
        let Some(at) = self.list_reads.iter().position(|paging| paging.collection == *collection) else {
            return;
        };
        for id in self.list_reads.remove(at).requests() {
            self.requests.remove(&id);
            fx.push(Effect::Cancel(id));
        }
        self.workspace.collections_being_read.remove(collection);
    }

    /// Cancels the list reads that no screen shows and nothing else needs.
    pub(super) fn cancel_unneeded_list_reads(&mut self, fx: &mut Effects) {
        let is_shown = |collection: &Collection| {
            self.shown_lists.iter().flatten().any(|c| c == collection) || self.is_for_spend(collection)
        };
        let unneeded = self.list_reads.iter().filter(|p| !p.needed && !is_shown(&p.collection));
        for collection in unneeded.map(|paging| paging.collection.clone()).collect::<Vec<_>>() {
            self.cancel_list_read(&collection, fx);
            self.workspace.record_lists.get_mut(&collection).into_iter().for_each(RecordList::cancel_read);
        }
    }

    /// Handles the reply to the request of a page.
    pub(super) fn handle_page_reply(
        &mut self,
        id: RequestId,
        call: &Call,
        result: Result<Reply, ApiError>,
        fx: &mut Effects,
    ) {
        let mut error = result.as_ref().err().cloned();
        let mut outcome = self.accept_read(call, result, false, fx);
        let Some(at) = self.list_reads.iter().position(|paging| paging.owns(id)) else { return };
        let progress = self.list_reads[at].reply(id, outcome.page_result, fx);
        self.register_requests(fx);
        if progress == ReadProgress::More {
            return;
        }
        let (collection, kept) = (self.list_reads[at].collection.clone(), self.list_reads[at].needed);
        self.cancel_list_read(&collection, fx);
        if let Some(PageResult::More(_)) = outcome.page_result {
            let endless = Failure::Unreadable("the list has more pages than are read".into());
            let endless = ApiError::new(&call.request(), endless);
            error = Some(endless.clone());
            outcome = self.accept_read(call, Err(endless), false, fx);
        }
        if outcome.page_result == Some(PageResult::ReadAgain) {
            self.start_list_read(&collection, kept, fx);
        } else {
            self.finish_list_read(&collection, error.as_ref(), &outcome, fx);
        }
    }

    fn finish_list_read(
        &mut self,
        collection: &Collection,
        error: Option<&ApiError>,
        outcome: &ReadOutcome,
        fx: &mut Effects,
    ) {
        self.note_spend_read(collection, error);
        self.events.push(Event::ListRead(collection.clone(), error.cloned()));
        // An empty list on top of the screen shows its read error itself, so the notice would repeat it.
        let is_on_top = self.shown_lists.last().is_some_and(|top| top.as_ref() == Some(collection));
        if error.is_some()
            && is_on_top
            && self.workspace.records(collection).is_none_or(|(mut rows, _)| rows.next().is_none())
        {
            self.status.notice = None;
        }
        let open = self
            .workspace
            .record_changes
            .in_collection(collection)
            .any(|(_, change)| change.state == ChangeState::OutcomeUnknown);
        if error.is_some() && open {
            // The outcome is still unknown, so the list is read again later.
            let pause = Duration::from_secs(SECOND_READ_DELAY_SECS);
            fx.push(Effect::SetTimer(Timer::Recheck(collection.clone()), pause));
        }
        self.handle_apply_list_read(collection, error, outcome, fx);
    }
}
