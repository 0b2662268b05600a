//! One step: something happened, the state changes, wishes come out. No I/O, no clock.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use crate::api::error::{ApiError, Failure};
use crate::api::page::Page;
use crate::api::reply::{Reply, Response};
use crate::api::{Call, plans, supplier_scores};
use crate::app::apply::read_outcome::ReadOutcome;
use crate::app::model::{Model, ModelParts, Msg};
use crate::app::requests::PendingRequest;
use crate::app::retry::final_error;
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::{ChangeState, CounterEntry, CounterReconciliation};
use crate::domain::change::record_changes::{RecordEntry, SECOND_READ_DELAY_SECS};
use crate::domain::file_table::{FileSheet, FileTable};
use crate::domain::id::{PlanId, VendorCode};
use crate::domain::plan::Plan;
use crate::domain::record::Record;
use crate::domain::text::pluralize;
use crate::effect::Owner;
use crate::effect::{
    ClipboardMethod, Effect, Effects, JournalOp, ReadReason, RequestId, Restart, ScreenId, Timer,
};
use crate::input::command::{Command, Scope};
use crate::nav::{Destination, DetailLine, FormPurpose, Notice, Question, Severity};
use crate::popup::Popup;
use crate::popup::details::DetailsPopup;
use crate::screen::Screen;
use crate::workspace::record_list::{PageResult, RecordList};
use crate::workspace::request_log::{LoggedRequest, masked_body};
use crate::workspace::{EditsBlocked, Snapshot};

/// The pause before what could not be written is tried again.
const JOURNAL_RETRY_DELAY: Duration = Duration::from_secs(5);
/// What is said of input that cannot be meant for the question on top.
const EARLY_INPUT_IGNORED: &str = "not taken: it was typed before this question was on screen; answer it now";
/// Requests of the session that are kept to be looked at.
const MAX_LOGGED_REQUESTS: usize = 500;

impl Model {
    /// Takes a message with the time it came at.
    pub fn update(&mut self, at: Timestamp, msg: Msg, fx: &mut Effects) {
        self.now = at;
        match msg {
            // What is not seen is not steered.
            Msg::Key(_) | Msg::Paste(_) | Msg::EarlyKey(_) | Msg::EarlyPaste(_) if self.too_small() => {}
            Msg::EarlyKey(_) | Msg::EarlyPaste(_)
                if self.question_asked_at().is_some() && !is_quit_key(&msg, self) =>
            {
                self.show_notice(Notice::new(Severity::Warning, EARLY_INPUT_IGNORED));
            }
            Msg::Key(key) | Msg::EarlyKey(key) => self.key(key, fx),
            Msg::Paste(text) | Msg::EarlyPaste(text) => self.paste(&text, fx),
            Msg::UnterminatedPaste => {
                let text =
                    "a paste had begun and its end did not come: nothing of it was taken; paste it again";
                self.show_notice(Notice::new(Severity::Warning, text));
            }
            Msg::Resize(size) => self.size = size,
            Msg::Reply(id, result) => self.handle_reply(id, result, fx),
            // What rests goes on when the key is let in again.
            Msg::Timer(Timer::Watch(_) | Timer::Recheck(_)) if self.is_unauthorized() => {}
            Msg::Timer(Timer::Watch(scorecard)) => self.handle_watch_timer(scorecard, fx),
            Msg::Timer(Timer::Recheck(collection)) => fx.read_list(&collection, ReadReason::Needed),
            Msg::Timer(Timer::Retry(id)) => self.send_retry(id, fx),
            Msg::Timer(Timer::ProbeServer) => self.probe_server(fx),
            Msg::FileRead(path, read) => self.handle_file_read(path, read, fx),
            Msg::SheetsRead(path, read) => self.handle_sheets_read(&path, read),
            Msg::FileWritten(path, written) => self.handle_file_written(&path, written, fx),
            Msg::Copied(clip, way, file) => {
                let file = file.map(|file| file.display().to_string()).unwrap_or_default();
                let text = match way {
                    ClipboardMethod::Native => format!("{} to the clipboard", clip.description),
                    ClipboardMethod::Terminal => {
                        format!("{} through the terminal (OSC 52), if it allows that", clip.description)
                    }
                    ClipboardMethod::File => format!(
                        "{}: there is no clipboard here, so to {file}, which is removed when you quit or change the profile",
                        clip.description
                    ),
                };
                self.show_notice(Notice::new(Severity::Success, text));
            }
            Msg::NotCopied(clip, Some(way), _) if way != ClipboardMethod::File => {
                fx.push(Effect::Copy(clip, Some(way)));
            }
            Msg::NotCopied(clip, _, why) => {
                let text = format!("{}, to be pasted inside bee-tui only{why}", clip.description);
                self.show_notice(Notice::new(Severity::Warning, text));
            }
            Msg::Clipboard(plan, read) => match read {
                // What asked for it is no longer on top.
                _ if !self.popups.is_empty() || !self.shows_plan(plan) => {}
                Ok(text) => self.paste(&text, fx),
                Err(why) => self.show_notice(Notice::new(Severity::Warning, why)),
            },
            Msg::Timer(Timer::Tick) => self.tick_scheduled = false,
            Msg::Timer(Timer::RetryJournal) => fx.push(Effect::Journal(JournalOp::Counters(Vec::new()))),
            Msg::JournalReleased => self.take_over_journal(fx),
            Msg::ErasureFailed(why) => self.show_notice(Notice::new(Severity::Warning, why)),
            Msg::JournalFailed(why) => {
                self.workspace.edits_blocked = Some(EditsBlocked::JournalFailed(why));
                fx.push(Effect::SetTimer(Timer::RetryJournal, JOURNAL_RETRY_DELAY));
            }
            Msg::JournalRecovered => self.workspace.edits_blocked = None,
            Msg::JournalRecreated => self.journal_all_staged(fx),
            Msg::AccountUnchanged => self.retry_key(fx),
        }
        self.finish_update(fx);
    }

    /// The other program that had this account open has ended: its journal is taken over, unless something is being typed.
    fn take_over_journal(&mut self, fx: &mut Effects) {
        let typed = self.is_typing() || self.screens.iter().any(|(_, screen)| screen.is_touched());
        match self.profile.clone() {
            Some(profile) if !typed => fx.push(Effect::Restart(Restart::TakeOver(profile))),
            _ => {
                let again = self.keymap.hint(Command::Quit);
                let text = format!(
                    "the other bee-tui has ended; press {again}, then start bee-tui again to edit here"
                );
                self.show_notice(Notice::new(Severity::Info, text));
            }
        }
    }

    /// Wishes all that is staged to be written.
    fn journal_all_staged(&mut self, fx: &mut Effects) {
        let counters = self.workspace.counter_changes.iter().map(|(cell, label, change)| CounterEntry {
            cell,
            label: label.clone(),
            change: Some(change.clone()),
        });
        let counters = counters.collect();
        let records = self.workspace.record_changes.iter();
        let records =
            records.map(|(number, change)| RecordEntry { number, change: Some(change.clone()) }).collect();
        fx.journal_counters(counters);
        fx.journal_records(records);
    }

    /// Brings cursors and windows in step, and keeps the clock ticking only while something is seen to run.
    pub fn finish_update(&mut self, fx: &mut Effects) {
        self.register_requests(fx);
        self.start_list_reads(fx);
        let ModelParts { screens, popups, workspace, cx } = self.parts();
        if let Some((_, screen)) = screens.last_mut() {
            screen.arrange(workspace, &cx);
        }
        if let Some(popup) = popups.last_mut() {
            popup.arrange(workspace, &cx);
        }
        self.show_unauthorized();
        self.ask_about_busy();
        self.offer_recalculation();
        let running = self.workspace.watches.values().any(|w| !w.state.is_over());
        let watching = matches!(self.popups.last(), Some(Popup::Watch(_))) && running;
        if (watching || !self.requests.is_empty()) && !self.tick_scheduled {
            self.tick_scheduled = true;
            fx.push(Effect::SetTimer(Timer::Tick, Duration::from_secs(1)));
        }
    }

    /// Reads the plans with changes of unknown outcome, so that they are decided before anything is offered again.
    pub(super) fn read_unknown_outcomes(&mut self, fx: &mut Effects) {
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

    /// Gives a call up and tells its owner.
    pub(super) fn cancel_request(&mut self, id: RequestId, fx: &mut Effects) {
        let Some(pending) = self.requests.get(&id) else { return };
        let error = ApiError::new(&pending.call.request(), Failure::Cancelled);
        fx.push(Effect::Cancel(id));
        self.handle_reply(id, Err(error), fx);
    }

    /// Whether a reply is older than what is known: a plan asked for before a later reading or writing of it.
    fn is_stale(&mut self, id: RequestId, call: &Call, answered: bool, fx: &Effects) -> bool {
        match call {
            Call::Plans(plans::Call::Read(plan)) if answered => {
                let known_by = self.latest_plan_request.entry(*plan).or_default();
                let stale = id < *known_by;
                *known_by = id.max(*known_by);
                stale
            }
            Call::Plans(plans::Call::UpdateTarget(place, _)) => {
                self.latest_plan_request.insert(place.plan, fx.last_request());
                false
            }
            _ => false,
        }
    }

    /// A reply: it goes out again if that may help, else it is settled.
    fn handle_reply(&mut self, id: RequestId, result: Result<Response, ApiError>, fx: &mut Effects) {
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
            self.connectivity.retry_budgets[usize::from(of_toolkit)].earn();
        }
        let looked = of_toolkit && self.update_connectivity(id, error.as_ref(), fx);
        let said = self.status.notice.clone();
        self.deliver_reply(id, pending, result, fx);
        if looked {
            self.status.notice = said;
        }
        if let Some(error) = error.filter(|error| of_toolkit && error.failure == Failure::Unauthorized(401)) {
            self.enter_unauthorized(error, fx);
        }
    }

    /// What a reply brought goes on the desk, then its owner is told.
    pub(super) fn deliver_reply(
        &mut self,
        id: RequestId,
        pending: PendingRequest,
        result: Result<Response, ApiError>,
        fx: &mut Effects,
    ) {
        // What was asked because of a write is no longer so; a list that comes in between changes nothing.
        if !pending.is_read && !self.is_sending() {
            self.status.unconfirmed_end = None;
        }
        self.note_write(&pending.call, &result, fx);
        let stale = self.is_stale(id, &pending.call, result.is_ok(), fx);
        let result = result.map(|answer| {
            self.status.expiry = answer.key_expiry.or(self.status.expiry.take());
            answer.reply
        });
        match pending.owner {
            Owner::Background => {
                self.accept_read(&pending.call, result, stale, fx);
            }
            Owner::ListRead => self.handle_page_reply(id, &pending.call, result, fx),
            Owner::Screen(number) => {
                let error = result.as_ref().err().cloned();
                self.accept_read(&pending.call, result, stale, fx);
                self.notify_screen(number, id, error.as_ref());
            }
            Owner::Apply => {
                let outcome = self.accept_copy(&pending.call, &result, stale, fx);
                let Some(mut apply) = self.apply.take() else { return };
                apply.reply(id, result, &outcome, &mut self.workspace, fx);
                self.continue_apply(apply, fx);
            }
            Owner::Watch(scorecard, phase) => {
                self.accept_copy(&pending.call, &result, stale, fx);
                self.handle_watch_reply(scorecard, phase, pending.sent_at, result, fx);
            }
        }
    }

    /// Notes a call down for the list of requests.
    fn log(&mut self, pending: &PendingRequest, result: &Result<Response, ApiError>) {
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

    /// What was read for a screen goes on the desk; the status line tells what it did to the staged changes, or that
    /// it failed, since a list or a plan that is on screen already stays there.
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

    /// Puts a copy on the desk of what its owner goes on to look at.
    fn accept_copy(
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

    fn notify_screen(&mut self, number: ScreenId, id: RequestId, error: Option<&ApiError>) {
        let ModelParts { screens, workspace, cx, .. } = self.parts();
        if let Some((_, screen)) = screens.iter_mut().find(|(n, _)| *n == number) {
            screen.reply(id, error, workspace, &cx);
        }
    }

    /// Puts what a reply brought on the desk, and journals what that did to what is staged.
    fn update_workspace(&mut self, call: &Call, reply: Reply, fx: &mut Effects) -> ReadOutcome {
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
                let (grew, found) = self.workspace.add_page(&collection, page, rows, now);
                (outcome.page_result, outcome.records) = (Some(grew), found);
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
                let text = "the Supplier Management System answers and lets the key in";
                self.show_notice(Notice::new(Severity::Success, text));
            }
            (Reply::Raw(_), _) if self.is_typing() || !self.popups.is_empty() => {
                let text = format!(
                    "the JSON came while you were at something else; {} asks again",
                    self.keymap.hint(Command::Json)
                );
                self.show_notice(Notice::new(Severity::Info, text));
            }
            (Reply::Raw(lines), _) => {
                let lines = lines.iter().map(|line| DetailLine::field("", line.to_string())).collect();
                self.popups
                    .push(Popup::Details(DetailsPopup::new("JSON, as the server sends it".into(), lines)));
            }
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

    fn store_supplier_scores(&mut self, code: &VendorCode, scores: Snapshot<Page<Record>>, fx: &mut Effects) {
        self.workspace.supplier_scores.insert(code.clone(), scores);
        self.workspace.recent_codes.retain(|recent| recent != code);
        self.workspace.recent_codes.insert(0, code.clone());
        fx.push(Effect::Journal(JournalOp::VendorCode(code.clone())));
    }

    /// A file to be imported was read: its columns are to be laid to fields.
    fn handle_file_read(&mut self, path: PathBuf, read: Result<FileTable, String>, fx: &mut Effects) {
        let awaits =
            self.screens.last().and_then(|(_, screen)| screen.collection_awaiting_file(&path)).cloned();
        let Some(collection) = awaits else { return };
        match read {
            Ok(table) => {
                self.screens.pop();
                self.status.notice = None;
                self.open_screen(
                    &Destination::Form(Box::new(FormPurpose::Columns(collection, path, table))),
                    fx,
                );
            }
            Err(why) => self.show_notice(Notice::new(Severity::Error, why)),
        }
    }

    /// Whether a plan's grid is the screen on top.
    fn shows_plan(&self, plan: PlanId) -> bool {
        matches!(self.screens.last(), Some((_, Screen::Plan(screen))) if screen.plan_id() == plan)
    }

    /// A file for a plan was read: what it would change is asked about.
    fn handle_sheets_read(&mut self, path: &Path, read: Result<Vec<FileSheet>, String>) {
        // Asked for twice, it is asked about once.
        let top = self.screens.last().filter(|_| self.popups.is_empty());
        let awaits = top.and_then(|(_, screen)| screen.plan_awaiting_file(path));
        let Some((plan, year, table)) = awaits.map(|(plan, year, table)| (plan, year, table.clone())) else {
            return;
        };
        match read.map(|sheets| self.workspace.changes_in_file(plan, (year, &table), &sheets)) {
            Ok(returned) if returned.edits.is_empty() => {
                let why = returned.notes.join("; ");
                self.show_notice(Notice::new(
                    Severity::Warning,
                    format!("nothing to take from the file. {why}"),
                ));
            }
            Ok(returned) => {
                self.status.notice = None;
                self.ask(Question::TakeFile(plan, Box::new(returned)));
            }
            Err(why) => self.show_notice(Notice::new(Severity::Error, why)),
        }
    }

    fn handle_file_written(&mut self, path: &Path, written: Result<String, String>, fx: &mut Effects) {
        match written {
            Ok(words) => {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
                self.workspace.written_files.extend(name);
                if self.screens.last().is_some_and(|(_, screen)| screen.awaits_file_write()) {
                    self.back(fx);
                }
                let text = format!("{words} written to {}", path.display());
                self.show_notice(Notice::new(Severity::Success, text));
            }
            Err(why) => self.show_notice(Notice::new(Severity::Error, why)),
        }
    }

    /// Says what a reading did to the staged changes.
    pub(super) fn report_reconciliation(&mut self, outcome: &ReadOutcome) {
        let (counters, records) = (&outcome.counters, &outcome.records);
        let found = CounterReconciliation {
            saved: counters.saved + records.saved,
            restaged: counters.restaged + records.restaged,
            already_saved: counters.already_saved + records.already_saved,
            entries: Vec::new(),
        };
        let mut said = Vec::new();
        if found.saved > 0 {
            said.push(format!(
                "{} of unknown outcome turned out to be saved",
                pluralize(found.saved, "change")
            ));
        }
        if found.restaged > 0 {
            said.push(format!(
                "{} of unknown outcome did not arrive: staged again",
                pluralize(found.restaged, "change")
            ));
        }
        if found.already_saved > 0 {
            said.push(format!("{} the server has already", pluralize(found.already_saved, "staged value")));
        }
        if !said.is_empty() {
            self.show_notice(Notice::new(Severity::Info, said.join("; ")));
        }
    }
}

/// Whether a message is the key that quits from anywhere.
fn is_quit_key(msg: &Msg, model: &Model) -> bool {
    matches!(msg, Msg::EarlyKey(key) if model.keymap.command(&[Scope::Everywhere], *key) == Some(Command::Quit))
}

/// Puts a record in the place of the same one, or at the end.
fn upsert<T>(rows: &mut Vec<T>, record: T, same: impl Fn(&T, &T) -> bool) {
    match rows.iter_mut().find(|row| same(row, &record)) {
        Some(row) => *row = record,
        None => rows.push(record),
    }
}
