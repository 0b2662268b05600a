//! An apply: first the counters of plans, then records. It belongs to no screen, so that leaving one does not stop it.

mod confirmation;
mod counters;
mod halt;
mod lifecycle;
pub mod read_outcome;
mod records;

use std::collections::BTreeSet;

use crate::api::error::ApiError;
use crate::api::reply::Reply;
use crate::app::apply::counters::CounterApply;
use crate::app::apply::read_outcome::ReadOutcome;
use crate::app::apply::records::RecordApply;
use crate::domain::change::collection::Collection;
use crate::domain::id::RecordId;
use crate::domain::id::{PlanId, ScorecardId};
use crate::effect::{Effects, RequestId};
use crate::nav::{Notice, Severity};
use crate::workspace::{ConfirmedChanges, Workspace};

/// An apply that is going on.
#[derive(Debug, PartialEq)]
pub struct Apply {
    counters: CounterApply,
    records: RecordApply,
}

impl Apply {
    /// Begins with what was said yes to.
    pub fn start(confirmed: ConfirmedChanges, workspace: &mut Workspace, fx: &mut Effects) -> Self {
        let records = RecordApply::new(confirmed.records, workspace);
        let mut apply = Self { counters: CounterApply::start(confirmed.counters, fx), records };
        apply.start_records_when_ready(workspace, fx);
        apply
    }

    /// Begins with the records once the counters are through.
    fn start_records_when_ready(&mut self, workspace: &mut Workspace, fx: &mut Effects) {
        if self.counters.is_over() && !self.counters.is_aborted() {
            self.records.start(workspace, fx);
        }
    }

    /// A reply to its call came, and what it brought is on the desk.
    pub fn reply(
        &mut self,
        id: RequestId,
        result: Result<Reply, ApiError>,
        outcome: &ReadOutcome,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) {
        if self.counters.is_over() {
            self.records.reply(id, result, workspace, fx);
        } else if self.counters.reply(result, &outcome.counters, workspace, fx) {
            self.start_records_when_ready(workspace, fx);
        }
    }

    /// A collection was read to its end, or could not be; what that did to what is staged of it.
    pub fn handle_list_read(
        &mut self,
        collection: &Collection,
        error: Option<&ApiError>,
        outcome: &ReadOutcome,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) {
        if self.counters.is_over() {
            self.records.handle_list_read(collection, error, &outcome.records, workspace, fx);
        }
    }

    /// Whether nothing is left to be done.
    pub fn is_over(&self) -> bool {
        self.counters.is_over() && (self.counters.is_aborted() || self.records.is_over())
    }

    /// Ends it after the request that is under way.
    pub fn stop(&mut self) {
        self.counters.stop();
        self.records.stop();
    }

    /// How many records were done of how many, while there are several.
    pub fn progress(&self) -> Option<(usize, usize)> {
        self.records.progress()
    }

    /// What went wrong last, besides refusals.
    pub fn last_error(&self) -> Option<&ApiError> {
        self.counters.last_error().or(self.records.last_error())
    }

    /// What came of it.
    pub fn notice(&self, workspace: &Workspace) -> Notice {
        let mut said = self.counters.summary(workspace);
        let records = self.records.summary(workspace);
        let clean = said.len() <= 1 && records.len() <= 1;
        said.extend(records);
        let tone = match self.last_error() {
            Some(error) => {
                let broken_off = self.counters.is_aborted() || self.records.is_aborted();
                let rest = if broken_off { "broken off, the rest stays staged: " } else { "" };
                said.push(format!("{rest}{error}"));
                Severity::Error
            }
            None if clean => Severity::Success,
            None => Severity::Warning,
        };
        if self.counters.already_saved() > 0 {
            said.push(format!("{} the server had already", self.counters.already_saved()));
        }
        Notice::new(tone, said.join(" · "))
    }

    /// The scorecards whose data was touched.
    pub fn touched_scorecards(&self, workspace: &Workspace) -> BTreeSet<ScorecardId> {
        let mut touched = self.counters.touched_scorecards(workspace);
        touched.extend(self.records.touched_scorecards());
        touched
    }

    /// The record that was created last: the cursor goes there.
    pub fn last_created(&self) -> Option<&(Collection, RecordId)> {
        self.records.last_created()
    }

    /// The plan that was created, when it was the only thing done: it is what one wants to see.
    pub fn created_plan(&self) -> Option<PlanId> {
        self.records.created_plan()
    }
}
