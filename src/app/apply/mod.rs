//! An apply: first the counters of plans, then records. It belongs to no screen, so that leaving one does not stop it.

pub mod brought;
mod counters;
mod records;

use std::collections::BTreeSet;

use crate::api::error::ApiError;
use crate::api::reply::Reply;
use crate::app::apply::brought::Brought;
use crate::app::apply::counters::CounterApply;
use crate::app::apply::records::RecordApply;
use crate::desk::{Confirmed, Desk};
use crate::domain::collection::{Collection, RecordId};
use crate::domain::id::{PlanId, ScorecardId};
use crate::effect::{Effects, RequestId};
use crate::nav::{Notice, Tone};

/// An apply that is going on.
#[derive(Debug, PartialEq)]
pub struct Apply {
    counters: CounterApply,
    records: RecordApply,
}

impl Apply {
    /// Begins with what was said yes to.
    pub fn start(confirmed: Confirmed, desk: &mut Desk, fx: &mut Effects) -> Self {
        let records = RecordApply::new(confirmed.records, desk);
        let mut apply = Self { counters: CounterApply::start(confirmed.counters, fx), records };
        apply.go_on(desk, fx);
        apply
    }

    /// Begins with the records once the counters are through.
    fn go_on(&mut self, desk: &mut Desk, fx: &mut Effects) {
        if self.counters.is_over() && !self.counters.is_broken_off() {
            self.records.start(desk, fx);
        }
    }

    /// A reply to its call came, and what it brought is on the desk.
    pub fn reply(
        &mut self,
        id: RequestId,
        result: Result<Reply, ApiError>,
        brought: &Brought,
        desk: &mut Desk,
        fx: &mut Effects,
    ) {
        if self.counters.is_over() {
            self.records.reply(id, result, desk, fx);
        } else if self.counters.reply(result, &brought.counters, desk, fx) {
            self.go_on(desk, fx);
        }
    }

    /// A collection was read to its end, or could not be; what that did to what is staged of it.
    pub fn was_read(
        &mut self,
        collection: &Collection,
        error: Option<&ApiError>,
        brought: &Brought,
        desk: &mut Desk,
        fx: &mut Effects,
    ) {
        if self.counters.is_over() {
            self.records.was_read(collection, error, &brought.records, desk, fx);
        }
    }

    /// Whether nothing is left to be done.
    pub fn is_over(&self) -> bool {
        self.counters.is_over() && (self.counters.is_broken_off() || self.records.is_over())
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
    pub fn failure(&self) -> Option<&ApiError> {
        self.counters.failure().or(self.records.failure())
    }

    /// What came of it.
    pub fn notice(&self, desk: &Desk) -> Notice {
        let mut said = self.counters.said(desk);
        let records = self.records.said(desk);
        let clean = said.len() <= 1 && records.len() <= 1;
        said.extend(records);
        let tone = match self.failure() {
            Some(error) => {
                let broken_off = self.counters.is_broken_off() || self.records.is_broken_off();
                let rest = if broken_off { "broken off, the rest stays staged: " } else { "" };
                said.push(format!("{rest}{error}"));
                Tone::Error
            }
            None if clean => Tone::Good,
            None => Tone::Warning,
        };
        if self.counters.already() > 0 {
            said.push(format!("{} the server had already", self.counters.already()));
        }
        Notice::new(tone, said.join(" · "))
    }

    /// The scorecards whose data was touched.
    pub fn scorecards(&self, desk: &Desk) -> BTreeSet<ScorecardId> {
        let mut touched = self.counters.scorecards(desk);
        touched.extend(self.records.scorecards());
        touched
    }

    /// The record that was created last: the cursor goes there.
    pub fn last_made(&self) -> Option<&(Collection, RecordId)> {
        self.records.last_made()
    }

    /// The plan that was created, when it was the only thing done: it is what one wants to see.
    pub fn created_plan(&self) -> Option<PlanId> {
        self.records.created_plan()
    }
}
