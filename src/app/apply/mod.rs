//! An apply: first the counters of plans, then records. It belongs to the engine and not to a screen, so
//! leaving a screen does not stop it.

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

/// An apply that is running.
#[derive(Debug, PartialEq)]
pub struct Apply {
    counters: CounterApply,
    records: RecordApply,
}

impl Apply {
    /// Starts applying the changes the user confirmed, with so many writes in flight at once.
    pub fn start(
        confirmed: ConfirmedChanges,
        max_writes: usize,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) -> Self {
        let records = RecordApply::new(confirmed.records, max_writes);
        let mut apply = Self { counters: CounterApply::start(confirmed.counters, max_writes, fx), records };
        apply.start_records_when_ready(workspace, fx);
        apply
    }

    /// Starts the records once the counters are done, unless the counters were aborted.
    fn start_records_when_ready(&mut self, workspace: &mut Workspace, fx: &mut Effects) {
        if self.counters.is_over() && !self.counters.is_aborted() {
            self.records.start(workspace, fx);
        }
    }

    /// Handles the response to one of its requests, once the workspace is updated with it.
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
        } else {
            self.counters.reply(id, result, &outcome.counters, workspace, fx);
            self.start_records_when_ready(workspace, fx);
        }
    }

    /// Handles the end of a list read. `outcome` says which staged changes the read settled.
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

    /// Whether nothing is left to do.
    pub fn is_over(&self) -> bool {
        self.counters.is_over() && (self.counters.is_aborted() || self.records.is_over())
    }

    /// Stops after the requests in flight.
    pub fn stop(&mut self) {
        self.counters.stop();
        self.records.stop();
    }

    /// Changes done and changes in total, of counters first and then of records; `None` unless there are several.
    pub fn progress(&self) -> Option<(usize, usize)> {
        self.counters.progress().or_else(|| self.records.progress()).filter(|(_, all)| *all > 1)
    }

    /// The most recent error, apart from validation errors; `None` if there was none.
    pub fn last_error(&self) -> Option<&ApiError> {
        self.counters.last_error().or(self.records.last_error())
    }

    /// The outcome, as a notice for the status line.
    pub fn notice(&self, workspace: &Workspace) -> Notice {
        let mut phrases = self.counters.summary(workspace);
        let records = self.records.summary(workspace);
        let clean = phrases.len() <= 1 && records.len() <= 1;
        phrases.extend(records);
        let tone = match self.last_error() {
            Some(error) => {
                let broken_off = self.counters.is_aborted() || self.records.is_aborted();
                let rest = if broken_off { "stopped, the rest stays staged: " } else { "" };
                phrases.push(format!("{rest}{error}"));
                Severity::Error
            }
            None if clean => Severity::Success,
            None => Severity::Warning,
        };
        if self.counters.already_saved() > 0 {
            phrases.push(format!("{} the server had already", self.counters.already_saved()));
        }
        Notice::new(tone, phrases.join(" · "))
    }

    /// The scorecards whose data the apply changed.
    pub fn touched_scorecards(&self, workspace: &Workspace) -> BTreeSet<ScorecardId> {
        let mut touched = self.counters.touched_scorecards(workspace);
        touched.extend(self.records.touched_scorecards());
        touched
    }

    /// The record created last, for the cursor to go to.
    pub fn last_created(&self) -> Option<&(Collection, RecordId)> {
        self.records.last_created()
    }

    /// The plan that was created, if that was the only change, so that it can be opened.
    pub fn created_plan(&self) -> Option<PlanId> {
        self.records.created_plan()
    }
}
