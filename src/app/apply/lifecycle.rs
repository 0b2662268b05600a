//! The lifecycle of an apply: its start, the replies it waits for, its outcome, and unknown outcomes from an
//! earlier session.

use std::collections::BTreeSet;

use crate::api::error::ApiError;
use crate::api::reply::Reply;
use crate::api::{Call, plans};
use crate::app::apply::Apply;
use crate::app::apply::read_outcome::ReadOutcome;
use crate::app::engine::{Engine, Event};
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::ChangeState;
use crate::domain::date::{format_rate, seconds_since};
use crate::effect::{Effects, Owner, ReadReason, RequestId};
use crate::nav::{Notice, Severity};
use crate::workspace::ConfirmedChanges;

impl Engine {
    /// Starts sending the confirmed changes; shows an error instead while edits are blocked.
    pub fn start_apply(&mut self, confirmed: ConfirmedChanges, fx: &mut Effects) {
        if let Err(why) = self.workspace.check_edits_allowed() {
            self.show_notice(Notice::new(Severity::Error, format!("nothing is sent: {why}")));
            return;
        }
        self.apply_began_at = self.now;
        let apply = Apply::start(confirmed, self.parallel.writes, &mut self.workspace, fx);
        self.continue_apply(apply, fx);
    }

    /// Passes a reply on to the apply that asked for it.
    pub(in crate::app) fn handle_apply_reply(
        &mut self,
        id: RequestId,
        result: Result<Reply, ApiError>,
        outcome: &ReadOutcome,
        fx: &mut Effects,
    ) {
        if let Some(mut apply) = self.apply.take() {
            apply.reply(id, result, outcome, &mut self.workspace, fx);
            self.continue_apply(apply, fx);
        }
    }

    /// Tells the apply that the read of a list has ended, with the error if it failed.
    pub(in crate::app) fn handle_apply_list_read(
        &mut self,
        collection: &Collection,
        error: Option<&ApiError>,
        outcome: &ReadOutcome,
        fx: &mut Effects,
    ) {
        if let Some(mut apply) = self.apply.take() {
            apply.handle_list_read(collection, error, outcome, &mut self.workspace, fx);
            self.continue_apply(apply, fx);
        }
    }

    /// Ends the apply after the requests in flight.
    pub(in crate::app) fn stop_apply(&mut self) {
        self.apply.iter_mut().for_each(Apply::stop);
    }

    /// Whether an apply is running.
    pub fn is_applying(&self) -> bool {
        self.apply.is_some()
    }

    /// Changes done and changes in total; `None` unless several are being applied.
    pub fn apply_progress(&self) -> Option<(usize, usize)> {
        self.apply.as_ref().and_then(Apply::progress)
    }

    /// How fast the apply goes and how long it will take, in words; empty while that is not known.
    pub fn apply_rate(&self) -> String {
        let seconds = seconds_since(self.apply_began_at, self.now);
        self.apply_progress().map_or_else(String::new, |(done, all)| format_rate(done, all, seconds))
    }

    /// Keeps an apply that has more to do. When it is over, shows its outcome and notes which recalculations
    /// to offer.
    fn continue_apply(&mut self, apply: Apply, fx: &mut Effects) {
        self.register_requests(fx);
        if !apply.is_over() {
            self.apply = Some(apply);
            self.start_list_reads(fx);
            return;
        }
        self.status.apply_error = apply.last_error().cloned();
        self.recalculations_to_offer.extend(apply.touched_scorecards(&self.workspace));
        self.events.push(Event::ApplyEnded {
            last_created: apply.last_created().cloned(),
            created_plan: apply.created_plan(),
        });
        self.show_notice(apply.notice(&self.workspace));
    }

    /// Reads the plans and lists with changes of unknown outcome, to decide those before they are offered
    /// again.
    pub(in crate::app) fn read_unknown_outcomes(&mut self, fx: &mut Effects) {
        let unknown = self
            .workspace
            .counter_changes
            .iter()
            .filter(|(.., change)| change.state == ChangeState::OutcomeUnknown);
        for plan in unknown.map(|(cell, ..)| cell.target.plan).collect::<BTreeSet<_>>() {
            self.send(Owner::Background, Call::Plans(plans::Call::Read(plan)), fx);
        }
        let unknown = self
            .workspace
            .record_changes
            .iter()
            .filter(|(_, change)| change.state == ChangeState::OutcomeUnknown);
        for collection in unknown.map(|(_, change)| change.collection.clone()).collect::<BTreeSet<_>>() {
            fx.read_list(&collection, ReadReason::Needed);
        }
    }
}
