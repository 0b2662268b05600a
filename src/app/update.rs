//! One step: something happened, the state changes, wishes come out. No I/O, no clock.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use crate::api::error::{ApiError, Failure};
use crate::api::page::Rows;
use crate::api::reply::{Answer, Reply};
use crate::api::{Call, plans, supplier_scores};
use crate::app::apply::brought::Brought;
use crate::app::failure::told;
use crate::app::model::{Model, Msg, Parts};
use crate::app::requests::{Owner, Pending};
use crate::desk::listing::{Grew, Listing};
use crate::desk::log::{Logged, masked};
use crate::desk::{Known, NoEdits};
use crate::domain::change::{Entry, Reconciled, State};
use crate::domain::collection::Collection;
use crate::domain::id::{PlanId, VendorCode};
use crate::domain::import::{FileSheet, FileTable};
use crate::domain::plan::Plan;
use crate::domain::record::Record;
use crate::domain::record_changes::{RecordEntry, SECOND_LOOK};
use crate::domain::text::count;
use crate::effect::{Alarm, Anew, Effect, Effects, RequestId, StoreOp, Way, Why};
use crate::input::command::{Command, Scope};
use crate::nav::{Line, Notice, Place, Purpose, Question, Tone};
use crate::overlay::Overlay;
use crate::overlay::reader::Reader;
use crate::screen::Screen;

/// The pause before what could not be written is tried again.
const RETRY: Duration = Duration::from_secs(5);
/// What is said of input that cannot be meant for the question on top.
const TYPED_BEFORE: &str = "not taken: it was typed before this question was on screen; answer it now";
/// Requests of the session that are kept to be looked at.
const MOST_LOGGED: usize = 500;

impl Model {
    /// Takes a message with the time it came at.
    pub fn update(&mut self, at: Timestamp, msg: Msg, fx: &mut Effects) {
        self.now = at;
        match msg {
            // What is not seen is not steered.
            Msg::Key(_) | Msg::Paste(_) | Msg::EarlyKey(_) | Msg::EarlyPaste(_) if self.too_small() => {}
            Msg::EarlyKey(_) | Msg::EarlyPaste(_) if self.question().is_some() && !quits(&msg, self) => {
                self.say(Notice::new(Tone::Warning, TYPED_BEFORE));
            }
            Msg::Key(key) | Msg::EarlyKey(key) => self.key(key, fx),
            Msg::Paste(text) | Msg::EarlyPaste(text) => self.paste(&text, fx),
            Msg::EndlessPaste => {
                let text =
                    "a paste had begun and its end did not come: nothing of it was taken; paste it again";
                self.say(Notice::new(Tone::Warning, text));
            }
            Msg::Resize(size) => self.size = size,
            Msg::Reply(id, result) => self.reply(id, result, fx),
            // What rests goes on when the key is let in again.
            Msg::Alarm(Alarm::Watch(_) | Alarm::Look(_)) if self.rests() => {}
            Msg::Alarm(Alarm::Watch(scorecard)) => self.watch_alarm(scorecard, fx),
            Msg::Alarm(Alarm::Look(collection)) => fx.read(&collection, Why::Kept),
            Msg::Alarm(Alarm::Again(id)) => self.send_again(id, fx),
            Msg::Alarm(Alarm::Reconnect) => self.reconnect(fx),
            Msg::FileRead(path, read) => self.file_read(path, read, fx),
            Msg::SheetsRead(path, read) => self.sheets_read(&path, read),
            Msg::FileWritten(path, written) => self.file_written(&path, written, fx),
            Msg::Copied(clip, way, file) => {
                let file = file.map(|file| file.display().to_string()).unwrap_or_default();
                let text = match way {
                    Way::Native => format!("{} to the clipboard", clip.what),
                    Way::Terminal => {
                        format!("{} through the terminal (OSC 52), if it allows that", clip.what)
                    }
                    Way::File => format!(
                        "{}: there is no clipboard here, so to {file}, which is removed when you quit or change the profile",
                        clip.what
                    ),
                };
                self.say(Notice::new(Tone::Good, text));
            }
            Msg::NotCopied(clip, Some(way), _) if way != Way::File => {
                fx.push(Effect::Copy(clip, Some(way)));
            }
            Msg::NotCopied(clip, _, why) => {
                let text = format!("{}, to be pasted inside bee-tui only{why}", clip.what);
                self.say(Notice::new(Tone::Warning, text));
            }
            Msg::Clipboard(plan, read) => match read {
                // What asked for it is no longer on top.
                _ if !self.overlays.is_empty() || !self.shows_plan(plan) => {}
                Ok(text) => self.paste(&text, fx),
                Err(why) => self.say(Notice::new(Tone::Warning, why)),
            },
            Msg::Alarm(Alarm::Tick) => self.ticking = false,
            Msg::Alarm(Alarm::Journal) => fx.push(Effect::Store(StoreOp::Changes(Vec::new()))),
            Msg::JournalFree => self.take_over(fx),
            Msg::NamesLeft(why) => self.say(Notice::new(Tone::Warning, why)),
            Msg::NotStored(why) => {
                self.desk.no_edits = Some(NoEdits::NotStored(why));
                fx.push(Effect::After(Alarm::Journal, RETRY));
            }
            Msg::StoredAgain => self.desk.no_edits = None,
            Msg::JournalAnew => self.store_all(fx),
            Msg::SameAccount => self.try_the_key_again(fx),
        }
        self.settle(fx);
    }

    /// The other program that had this account open has ended: its journal is taken over, unless something is being typed.
    fn take_over(&mut self, fx: &mut Effects) {
        let typed = self.is_typing() || self.screens.iter().any(|(_, screen)| screen.is_touched());
        match self.profile.clone() {
            Some(profile) if !typed => fx.push(Effect::Anew(Anew::TakeOver(profile))),
            _ => {
                let again = self.keymap.hint(Command::Quit);
                let text = format!(
                    "the other bee-tui has ended; press {again}, then start bee-tui again to edit here"
                );
                self.say(Notice::new(Tone::Plain, text));
            }
        }
    }

    /// Wishes all that is staged to be written.
    fn store_all(&mut self, fx: &mut Effects) {
        let counters = self.desk.changes.cells().map(|(cell, label, change)| Entry {
            cell,
            label: label.clone(),
            change: Some(change.clone()),
        });
        let counters = counters.collect();
        let records = self.desk.record_changes.iter();
        let records =
            records.map(|(number, change)| RecordEntry { number, change: Some(change.clone()) }).collect();
        fx.store(counters);
        fx.store_records(records);
    }

    /// Brings cursors and windows in step, and keeps the clock ticking only while something is seen to run.
    pub fn settle(&mut self, fx: &mut Effects) {
        self.begin_readings(fx);
        let Parts { screens, overlays, desk, cx } = self.parts();
        if let Some((_, screen)) = screens.last_mut() {
            screen.arrange(desk, &cx);
        }
        if let Some(overlay) = overlays.last_mut() {
            overlay.arrange(desk, &cx);
        }
        self.show_shut();
        self.ask_busy();
        self.offer_owed();
        let running = self.desk.watches.values().any(|w| !w.state.is_over());
        let watching = matches!(self.overlays.last(), Some(Overlay::Watch(_))) && running;
        if (watching || !self.requests.is_empty()) && !self.ticking {
            self.ticking = true;
            fx.push(Effect::After(Alarm::Tick, Duration::from_secs(1)));
        }
    }

    /// Reads the plans with changes of unknown outcome, so that they are decided before anything is offered again.
    pub(super) fn read_unknown(&mut self, fx: &mut Effects) {
        let unknown = self.desk.changes.cells().filter(|(.., change)| change.state == State::Unknown);
        for plan in unknown.map(|(cell, ..)| cell.place.plan).collect::<BTreeSet<_>>() {
            fx.call(Call::Plans(plans::Call::Read(plan)));
        }
        self.own_calls(&Owner::Desk, fx);
        let unknown = self.desk.record_changes.iter().filter(|(_, change)| change.state == State::Unknown);
        for collection in unknown.map(|(_, change)| change.collection.clone()).collect::<BTreeSet<_>>() {
            fx.read(&collection, Why::Kept);
        }
    }

    /// Gives a call up and tells its owner.
    pub(super) fn stop_call(&mut self, id: RequestId, fx: &mut Effects) {
        let Some(pending) = self.requests.get(&id) else { return };
        let error = ApiError::of(&pending.call.request(), Failure::Stopped);
        fx.push(Effect::Cancel(id));
        self.reply(id, Err(error), fx);
    }

    /// Whether a reply is older than what is known: a plan asked for before a later reading or writing of it.
    fn is_stale(&mut self, id: RequestId, call: &Call, answered: bool, fx: &Effects) -> bool {
        match call {
            Call::Plans(plans::Call::Read(plan)) if answered => {
                let known_by = self.known_by.entry(*plan).or_default();
                let stale = id < *known_by;
                *known_by = id.max(*known_by);
                stale
            }
            Call::Plans(plans::Call::UpdateTarget(place, _)) => {
                self.known_by.insert(place.plan, fx.last_call());
                false
            }
            _ => false,
        }
    }

    /// A reply: it goes out again if that may help, else it is settled.
    fn reply(&mut self, id: RequestId, result: Result<Answer, ApiError>, fx: &mut Effects) {
        let Some(pending) = self.requests.remove(&id) else { return };
        self.log(&pending, &result);
        let pending = match &result {
            Ok(_) => Some(pending),
            Err(error) => self.goes_again(id, pending, error, fx),
        };
        let Some(mut pending) = pending else { return };
        let error = result.as_ref().err().cloned();
        let lost = pending.lost.take();
        let result = result.map_err(|last| told(lost, last));
        // The other product has a host and a key of its own.
        let of_toolkit = pending.is_of_toolkit();
        if error.is_none() {
            self.reach.budgets[usize::from(of_toolkit)].earn();
        }
        let looked = of_toolkit && self.take_reach(id, error.as_ref(), fx);
        let said = self.status.notice.clone();
        self.settle_reply(id, pending, result, fx);
        if looked {
            self.status.notice = said;
        }
        if let Some(error) = error.filter(|error| of_toolkit && error.failure == Failure::NotLetIn(401)) {
            self.shut(error, fx);
        }
    }

    /// What a reply brought goes on the desk, then its owner is told.
    pub(super) fn settle_reply(
        &mut self,
        id: RequestId,
        pending: Pending,
        result: Result<Answer, ApiError>,
        fx: &mut Effects,
    ) {
        // What was asked because of a write is no longer so; a list that comes in between changes nothing.
        if !pending.reads && !self.sends() {
            self.status.asked = None;
        }
        self.note_write(&pending.call, &result, fx);
        let stale = self.is_stale(id, &pending.call, result.is_ok(), fx);
        let result = result.map(|answer| {
            self.status.expiry = answer.expiry.or(self.status.expiry.take());
            answer.reply
        });
        match pending.owner {
            Owner::Desk => {
                self.read(&pending.call, result, stale, fx);
            }
            Owner::Reading => self.page_reply(id, &pending.call, result, fx),
            Owner::Screen(number) => {
                let error = result.as_ref().err().cloned();
                self.read(&pending.call, result, stale, fx);
                self.tell_screens(number, id, error.as_ref());
            }
            Owner::Apply => {
                let brought = self.take_copy(&pending.call, &result, stale, fx);
                let Some(mut apply) = self.apply.take() else { return };
                apply.reply(id, result, &brought, &mut self.desk, fx);
                self.go_on(apply, fx);
            }
            Owner::Watch(scorecard, phase) => {
                self.take_copy(&pending.call, &result, stale, fx);
                self.watch_reply(scorecard, phase, pending.sent_at, result, fx);
            }
        }
    }

    /// Notes a call down for the list of requests.
    fn log(&mut self, pending: &Pending, result: &Result<Answer, ApiError>) {
        let request = pending.call.request();
        let query = request.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        self.desk.log.push_back(Logged {
            at: pending.sent_at,
            method: request.method.name(),
            template: request.template,
            path: format!("{}{query}", request.path),
            outcome: match result {
                Ok(answer) => answer.status.to_string(),
                Err(error) => error.kind(),
            },
            good: result.is_ok(),
            ms: (self.now.as_millisecond() - pending.sent_at.as_millisecond()).max(0),
            bytes: result.as_ref().ok().map(|answer| answer.bytes),
            body: masked(&request),
        });
        if self.desk.log.len() > MOST_LOGGED {
            self.desk.log.pop_front();
        }
    }

    /// What was read for a screen goes on the desk; the status line tells what it did to the staged changes, or that
    /// it failed, since a list or a plan that is on screen already stays there.
    pub(super) fn read(
        &mut self,
        call: &Call,
        result: Result<Reply, ApiError>,
        stale: bool,
        fx: &mut Effects,
    ) -> Brought {
        match result {
            Ok(reply) => {
                if std::mem::take(&mut self.status.read_failed) {
                    self.status.notice = None;
                }
                if stale {
                    return Brought::default();
                }
                let brought = self.take(call, reply, fx);
                self.say_found(&brought);
                brought
            }
            Err(error) => {
                if let Some((collection, _)) = call.lists() {
                    self.desk.listings.get_mut(&collection).into_iter().for_each(Listing::give_up);
                }
                self.say(Notice::new(Tone::Error, error.to_string()));
                self.status.read_failed = true;
                self.status.unread = Some(error);
                Brought::default()
            }
        }
    }

    /// Puts a copy on the desk of what its owner goes on to look at.
    fn take_copy(
        &mut self,
        call: &Call,
        result: &Result<Reply, ApiError>,
        stale: bool,
        fx: &mut Effects,
    ) -> Brought {
        match result {
            Ok(reply) if !stale => self.take(call, reply.clone(), fx),
            _ => Brought::default(),
        }
    }

    fn tell_screens(&mut self, number: u64, id: RequestId, error: Option<&ApiError>) {
        let Parts { screens, desk, cx, .. } = self.parts();
        if let Some((_, screen)) = screens.iter_mut().find(|(n, _)| *n == number) {
            screen.reply(id, error, desk, &cx);
        }
    }

    /// Puts what a reply brought on the desk, and journals what that did to what is staged.
    fn take(&mut self, call: &Call, reply: Reply, fx: &mut Effects) -> Brought {
        let mut brought = Brought::default();
        let now = self.now;
        match (reply, call.lists()) {
            (Reply::Plans(rows), _) => {
                self.desk.plan_list = Some(Known { what: rows, read_at: now });
                brought.grew = Some(Grew::Whole);
                brought.records = self.desk.reconcile(&Collection::Plans, now);
            }
            (Reply::Scorecards(rows), _) => {
                self.desk.scorecards = Some(Known { what: rows, read_at: now });
                brought.grew = Some(Grew::Whole);
                brought.records = self.desk.reconcile(&Collection::Scorecards, now);
            }
            (Reply::Records(rows), Some((collection, page))) => {
                let (grew, found) = self.desk.take_page(&collection, page, rows, now);
                (brought.grew, brought.records) = (Some(grew), found);
            }
            (Reply::Records(rows), None) => {
                if let Call::SupplierScores(supplier_scores::Call::Scores(code)) = call {
                    self.take_scores(code, Known { what: rows, read_at: now }, fx);
                }
            }
            (Reply::Scorecard(scorecard), _) => {
                if let Some(known) = &mut self.desk.scorecards {
                    put(&mut known.what.rows, scorecard, |a, b| a.id == b.id);
                }
            }
            (Reply::Plan(plan), _) => {
                if let Some(known) = &mut self.desk.plan_list {
                    let listed = Plan { milestones: Vec::new(), damaged: Vec::new(), ..(*plan).clone() };
                    put(&mut known.what.rows, listed, |a, b| a.id == b.id);
                }
                brought.counters = self.desk.take_plan(*plan, now);
            }
            (Reply::Alive, _) => {
                let text = "the Supplier Management System answers and lets the key in";
                self.say(Notice::new(Tone::Good, text));
            }
            (Reply::Raw(_), _) if self.is_typing() || !self.overlays.is_empty() => {
                let text = format!(
                    "the JSON came while you were at something else; {} asks again",
                    self.keymap.hint(Command::Json)
                );
                self.say(Notice::new(Tone::Plain, text));
            }
            (Reply::Raw(lines), _) => {
                let lines = lines.iter().map(|line| Line::field("", line.to_string())).collect();
                self.overlays
                    .push(Overlay::Reader(Reader::new("JSON, as the server sends it".into(), lines)));
            }
            (Reply::Target(_) | Reply::Accepted | Reply::Deleted, _) => {}
        }
        if brought.records.again
            && let Some((collection, _)) = call.lists()
        {
            fx.push(Effect::After(Alarm::Look(collection), Duration::from_secs(SECOND_LOOK)));
        }
        fx.store(brought.counters.entries.clone());
        fx.store_records(std::mem::take(&mut brought.records.entries));
        brought
    }

    fn take_scores(&mut self, code: &VendorCode, scores: Known<Rows<Record>>, fx: &mut Effects) {
        self.desk.scores.insert(code.clone(), scores);
        self.desk.recent_codes.retain(|recent| recent != code);
        self.desk.recent_codes.insert(0, code.clone());
        fx.push(Effect::Store(StoreOp::Code(code.clone())));
    }

    /// A file to be imported was read: its columns are to be laid to fields.
    fn file_read(&mut self, path: PathBuf, read: Result<FileTable, String>, fx: &mut Effects) {
        let awaits = self.screens.last().and_then(|(_, screen)| screen.awaits_file(&path)).cloned();
        let Some(collection) = awaits else { return };
        match read {
            Ok(table) => {
                self.screens.pop();
                self.status.notice = None;
                self.open(&Place::Form(Box::new(Purpose::Columns(collection, path, table))), fx);
            }
            Err(why) => self.say(Notice::new(Tone::Error, why)),
        }
    }

    /// Whether a plan's grid is the screen on top.
    fn shows_plan(&self, plan: PlanId) -> bool {
        matches!(self.screens.last(), Some((_, Screen::Plan(screen))) if screen.plan() == plan)
    }

    /// A file for a plan was read: what it would change is asked about.
    fn sheets_read(&mut self, path: &Path, read: Result<Vec<FileSheet>, String>) {
        // Asked for twice, it is asked about once.
        let top = self.screens.last().filter(|_| self.overlays.is_empty());
        let awaits = top.and_then(|(_, screen)| screen.awaits_sheets(path));
        let Some((plan, year, table)) = awaits.map(|(plan, year, table)| (plan, year, table.clone())) else {
            return;
        };
        match read.map(|sheets| self.desk.returned(plan, (year, &table), &sheets)) {
            Ok(returned) if returned.edits.is_empty() => {
                let why = returned.words.join("; ");
                self.say(Notice::new(Tone::Warning, format!("nothing to take from the file. {why}")));
            }
            Ok(returned) => {
                self.status.notice = None;
                self.ask(Question::TakeFile(plan, Box::new(returned)));
            }
            Err(why) => self.say(Notice::new(Tone::Error, why)),
        }
    }

    fn file_written(&mut self, path: &Path, written: Result<String, String>, fx: &mut Effects) {
        match written {
            Ok(words) => {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
                self.desk.written.extend(name);
                if self.screens.last().is_some_and(|(_, screen)| screen.awaits_written()) {
                    self.back(fx);
                }
                let text = format!("{words} written to {}", path.display());
                self.say(Notice::new(Tone::Good, text));
            }
            Err(why) => self.say(Notice::new(Tone::Error, why)),
        }
    }

    /// Says what a reading did to the staged changes.
    pub(super) fn say_found(&mut self, brought: &Brought) {
        let (counters, records) = (&brought.counters, &brought.records);
        let found = Reconciled {
            saved: counters.saved + records.saved,
            back: counters.back + records.back,
            already: counters.already + records.already,
            entries: Vec::new(),
        };
        let mut said = Vec::new();
        if found.saved > 0 {
            said.push(format!("{} of unknown outcome turned out to be saved", count(found.saved, "change")));
        }
        if found.back > 0 {
            said.push(format!(
                "{} of unknown outcome did not arrive: staged again",
                count(found.back, "change")
            ));
        }
        if found.already > 0 {
            said.push(format!("{} the server has already", count(found.already, "staged value")));
        }
        if !said.is_empty() {
            self.say(Notice::new(Tone::Plain, said.join("; ")));
        }
    }
}

/// Whether a message is the key that quits from anywhere.
fn quits(msg: &Msg, model: &Model) -> bool {
    matches!(msg, Msg::EarlyKey(key) if model.keymap.command(&[Scope::Everywhere], *key) == Some(Command::Quit))
}

/// Puts a record in the place of the same one, or at the end.
fn put<T>(rows: &mut Vec<T>, record: T, same: impl Fn(&T, &T) -> bool) {
    match rows.iter_mut().find(|row| same(row, &record)) {
        Some(row) => *row = record,
        None => rows.push(record),
    }
}
