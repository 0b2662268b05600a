//! Handles replies: retries the request or updates the workspace and informs the owner.

use std::time::Duration;

use crate::api::error::{ApiError, Failure};
use crate::api::page::Page;
use crate::api::reply::{Reply, Response};
use crate::api::{Call, plans, supplier_scores};
use crate::app::apply::read_outcome::ReadOutcome;
use crate::app::engine::{Engine, Event};
use crate::app::requests::PendingRequest;
use crate::app::retry::final_error;
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::CounterReconciliation;
use crate::domain::change::record_changes::SECOND_READ_DELAY_SECS;
use crate::domain::id::VendorCode;
use crate::domain::plan::Plan;
use crate::domain::record::Record;
use crate::domain::text::pluralize;
use crate::effect::{Effect, Effects, JournalOp, Owner, RequestId, Timer};
use crate::nav::{Notice, Severity};
use crate::workspace::Snapshot;
use crate::workspace::record_list::{PageResult, RecordList};
use crate::workspace::request_log::{LoggedRequest, masked_body};

/// How many requests of the session the log keeps.
const MAX_LOGGED_REQUESTS: usize = 500;

impl Engine {
    /// Handles a reply: schedules a retry if that may help, else delivers it as final.
    pub(super) fn handle_reply(
        &mut self,
        id: RequestId,
        result: Result<Response, ApiError>,
        fx: &mut Effects,
    ) {
        let Some(pending) = self.requests.remove(&id) else { return };
        self.log(&pending, &result);
        let pending = match &result {
            Ok(_) => Some(pending),
            Err(error) => self.schedule_retry(id, pending, error, fx),
        };
        let Some(mut pending) = pending else { return };
        let error = result.as_ref().err().cloned();
        let lost = pending.uncertain_error.take();
        let result = result.map_err(|last| final_error(lost, last));
        // The other product has a host and a key of its own.
        let of_toolkit = pending.goes_to_toolkit();
        if error.is_none() {
            self.connectivity.retry_budgets.of(pending.product()).earn();
        }
        let probe_failed = of_toolkit && self.update_connectivity(id, error.as_ref(), fx);
        let notice_before = self.status.notice.clone();
        self.deliver_reply(id, pending, result, fx);
        if probe_failed {
            self.status.notice = notice_before;
        }
        if let Some(error) = error.filter(|error| of_toolkit && error.failure == Failure::Unauthorized(401)) {
            self.enter_unauthorized(error, fx);
        }
    }

    /// Puts a final reply into the workspace and informs the owner of the request.
    pub(super) fn deliver_reply(
        &mut self,
        id: RequestId,
        pending: PendingRequest,
        result: Result<Response, ApiError>,
        fx: &mut Effects,
    ) {
        // A warning about a write in flight is obsolete once no write is; replies to reads do not affect it.
        if !pending.is_read && !self.is_sending() {
            self.status.unconfirmed_end = None;
        }
        self.note_write(&pending.call, &result, fx);
        let stale = self.is_stale(&pending, result.is_ok());
        let result = result.map(|answer| {
            self.status.expiry = answer.key_expiry.or(self.status.expiry.take());
            answer.reply
        });
        match pending.owner {
            Owner::Background => {
                self.accept_read(&pending.call, result, stale, fx);
            }
            Owner::ListRead => self.handle_page_reply(id, &pending.call, result, fx),
            Owner::Overview => {
                self.note_overview_read(&pending.call, &result);
                self.accept_copy(&pending.call, &result, stale, fx);
            }
            Owner::Screen(number) => {
                let error = result.as_ref().err().cloned();
                self.accept_read(&pending.call, result, stale, fx);
                self.events.push(Event::ScreenReply(number, id, error));
            }
            Owner::Apply => {
                let outcome = self.accept_copy(&pending.call, &result, stale, fx);
                self.handle_apply_reply(id, result, &outcome, fx);
            }
            Owner::Watch(scorecard, phase) => {
                self.accept_copy(&pending.call, &result, stale, fx);
                self.handle_watch_reply(scorecard, phase, pending.sent_at, result, fx);
            }
        }
    }

    /// Whether a reply is stale: the plan was read or written again after this read was sent.
    fn is_stale(&mut self, pending: &PendingRequest, answered: bool) -> bool {
        match &pending.call {
            Call::Plans(plans::Call::Read(plan)) if answered => {
                let latest = self.latest_plan_request.entry(*plan).or_default();
                let stale = pending.sent_order < *latest;
                *latest = pending.sent_order.max(*latest);
                stale
            }
            Call::Plans(plans::Call::UpdateTarget(place, _)) => {
                self.latest_plan_request.insert(place.plan, self.sent_requests + 1);
                false
            }
            _ => false,
        }
    }

    /// Adds a request to the log.
    pub(super) fn log(&mut self, pending: &PendingRequest, result: &Result<Response, ApiError>) {
        let request = pending.call.request();
        let query = request.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        self.workspace.log.push_back(LoggedRequest {
            at: pending.sent_at,
            method: request.method.name(),
            template: request.path_template,
            path: format!("{}{query}", request.path),
            outcome: match result {
                Ok(answer) => answer.status.to_string(),
                Err(error) => error.kind(),
            },
            succeeded: result.is_ok(),
            elapsed_ms: (self.now.as_millisecond() - pending.sent_at.as_millisecond()).max(0),
            bytes: result.as_ref().ok().map(|answer| answer.body_bytes),
            body: masked_body(&request),
        });
        if self.workspace.log.len() > MAX_LOGGED_REQUESTS {
            self.workspace.log.pop_front();
        }
    }

    /// Puts the reply to a read into the workspace and reports which staged changes it settled. A failure is
    /// shown in the status line, since the list or plan on screen stays visible.
    pub(super) fn accept_read(
        &mut self,
        call: &Call,
        result: Result<Reply, ApiError>,
        stale: bool,
        fx: &mut Effects,
    ) -> ReadOutcome {
        match result {
            Ok(reply) => {
                if std::mem::take(&mut self.status.shows_read_error) {
                    self.status.notice = None;
                }
                if stale {
                    return ReadOutcome::default();
                }
                let outcome = self.update_workspace(call, reply, fx);
                self.report_reconciliation(&outcome);
                outcome
            }
            Err(error) => {
                if let Some((collection, _)) = call.listed_page() {
                    self.workspace
                        .record_lists
                        .get_mut(&collection)
                        .into_iter()
                        .for_each(RecordList::cancel_read);
                }
                self.show_notice(Notice::new(Severity::Error, error.to_string()));
                self.status.shows_read_error = true;
                self.status.read_error = Some(error);
                ReadOutcome::default()
            }
        }
    }

    /// Puts a copy of a reply into the workspace, for an owner that goes on to use the reply itself. Stale
    /// and failed replies change nothing.
    pub(super) fn accept_copy(
        &mut self,
        call: &Call,
        result: &Result<Reply, ApiError>,
        stale: bool,
        fx: &mut Effects,
    ) -> ReadOutcome {
        match result {
            Ok(reply) if !stale => self.update_workspace(call, reply.clone(), fx),
            _ => ReadOutcome::default(),
        }
    }

    /// Puts a reply into the workspace, and journals the staged changes it settled.
    pub(super) fn update_workspace(&mut self, call: &Call, reply: Reply, fx: &mut Effects) -> ReadOutcome {
        let mut outcome = ReadOutcome::default();
        let now = self.now;
        match (reply, call.listed_page()) {
            (Reply::Plans(rows), _) => {
                self.workspace.plan_list = Some(Snapshot { value: rows, read_at: now });
                outcome.page_result = Some(PageResult::Whole);
                outcome.records = self.workspace.reconcile_records(&Collection::Plans, now);
            }
            (Reply::Scorecards(rows), _) => {
                self.workspace.scorecard_list = Some(Snapshot { value: rows, read_at: now });
                outcome.page_result = Some(PageResult::Whole);
                outcome.records = self.workspace.reconcile_records(&Collection::Scorecards, now);
            }
            (Reply::Records(rows), Some((collection, page))) => {
                let (grew, reconciliation) = self.workspace.add_page(&collection, page, rows, now);
                (outcome.page_result, outcome.records) = (Some(grew), reconciliation);
            }
            (Reply::Records(rows), None) => {
                if let Call::SupplierScores(supplier_scores::Call::Scores(code)) = call {
                    self.store_supplier_scores(code, Snapshot { value: rows, read_at: now }, fx);
                }
            }
            (Reply::Scorecard(scorecard), _) => {
                if let Some(known) = &mut self.workspace.scorecard_list {
                    upsert(&mut known.value.rows, scorecard, |a, b| a.id == b.id);
                }
            }
            (Reply::Plan(plan), _) => {
                if let Some(known) = &mut self.workspace.plan_list {
                    let listed =
                        Plan { milestones: Vec::new(), unreadable_milestones: Vec::new(), ..(*plan).clone() };
                    upsert(&mut known.value.rows, listed, |a, b| a.id == b.id);
                }
                outcome.counters = self.workspace.update_plan(*plan, now);
            }
            (Reply::Alive, _) => {
                let text = "the Supplier Management System answers and accepts the key";
                self.show_notice(Notice::new(Severity::Success, text));
            }
            (Reply::Raw(lines), _) => self.events.push(Event::RawRecord(lines)),
            (Reply::Target(_) | Reply::Accepted | Reply::Deleted, _) => {}
        }
        if outcome.records.needs_second_read
            && let Some((collection, _)) = call.listed_page()
        {
            fx.push(Effect::SetTimer(
                Timer::Recheck(collection),
                Duration::from_secs(SECOND_READ_DELAY_SECS),
            ));
        }
        fx.journal_counters(outcome.counters.entries.clone());
        fx.journal_records(std::mem::take(&mut outcome.records.entries));
        outcome
    }

    pub(super) fn store_supplier_scores(
        &mut self,
        code: &VendorCode,
        scores: Snapshot<Page<Record>>,
        fx: &mut Effects,
    ) {
        self.workspace.supplier_scores.insert(code.clone(), scores);
        self.workspace.recent_codes.retain(|recent| recent != code);
        self.workspace.recent_codes.insert(0, code.clone());
        fx.push(Effect::Journal(JournalOp::VendorCode(code.clone())));
    }

    /// Reports which staged changes a read settled.
    pub(super) fn report_reconciliation(&mut self, outcome: &ReadOutcome) {
        let (counters, records) = (&outcome.counters, &outcome.records);
        let totals = CounterReconciliation {
            saved: counters.saved + records.saved,
            restaged: counters.restaged + records.restaged,
            already_saved: counters.already_saved + records.already_saved,
            entries: Vec::new(),
        };
        let mut phrases = Vec::new();
        if totals.saved > 0 {
            phrases.push(format!(
                "{} of unknown outcome turned out to be saved",
                pluralize(totals.saved, "change")
            ));
        }
        if totals.restaged > 0 {
            phrases.push(format!(
                "{} of unknown outcome did not arrive: staged again",
                pluralize(totals.restaged, "change")
            ));
        }
        if totals.already_saved > 0 {
            phrases
                .push(format!("the server already has {}", pluralize(totals.already_saved, "staged value")));
        }
        if !phrases.is_empty() {
            self.show_notice(Notice::new(Severity::Info, phrases.join("; ")));
        }
    }
}

/// Replaces the matching row, or appends the record if there is none.
fn upsert<T>(rows: &mut Vec<T>, record: T, same: impl Fn(&T, &T) -> bool) {
    match rows.iter_mut().find(|row| same(row, &record)) {
        Some(row) => *row = record,
        None => rows.push(record),
    }
}
