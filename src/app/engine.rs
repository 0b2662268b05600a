//! The engine: everything between the screens and the server.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use crate::api::Call;
use crate::api::error::ApiError;
use crate::api::reply::KeyExpiry;
use crate::app::apply::Apply;
use crate::app::connectivity::Connectivity;
use crate::app::list_reader::ListReader;
use crate::app::message::Msg;
use crate::app::requests::{PendingRequest, RequestState};
use crate::config::ParallelRequests;
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::CounterEntry;
use crate::domain::change::record_changes::RecordEntry;
use crate::domain::date::today;
use crate::domain::id::RecordId;
use crate::domain::id::{PlanId, ScorecardId};
use crate::domain::refusal::Refusal;
use crate::domain::text::Text;
use crate::effect::{Effect, Effects, JournalOp, NewRequest, Owner, ReadReason, RequestId, ScreenId, Timer};
use crate::nav::{Notice, Severity};
use crate::workspace::{EditsBlocked, Workspace};

/// The delay before a failed journal write is retried.
const JOURNAL_RETRY_DELAY: Duration = Duration::from_secs(5);

/// A request of the user that ends the session with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndingRequest {
    /// Quit the program.
    Quit,
    /// Restart with another profile.
    Restart,
}

/// The state of the status line.
#[derive(Debug, Default)]
pub struct StatusLine {
    /// The notice shown last; `None` once it is dismissed.
    pub notice: Option<Notice>,
    /// When that notice was shown.
    pub notice_at: Timestamp,
    /// Whether that notice reports a failed read; the next successful read removes it.
    pub shows_read_error: bool,
    /// When the key expires; `None` if the server has not told.
    pub expiry: Option<KeyExpiry>,
    /// The error of the last failed read.
    pub read_error: Option<ApiError>,
    /// The error that stopped the last apply, if one did.
    pub apply_error: Option<ApiError>,
    /// The request to end the session that was answered with a warning, with the number of staged changes
    /// then. The same request again is carried out.
    pub unconfirmed_end: Option<(EndingRequest, usize)>,
}

/// What the screens have to know about the engine's work in a step, in order.
#[derive(Debug)]
pub enum Event {
    /// A screen's request has its final reply and the workspace is updated; the error if it failed.
    ScreenReply(ScreenId, RequestId, Option<ApiError>),
    /// The read of a list has ended, with the error if it failed.
    ListRead(Collection, Option<ApiError>),
    /// A record's JSON as the server sends it, one line per field.
    RawRecord(Vec<Text>),
    /// The server accepts the key again.
    KeyAccepted,
    /// The server answers again after an outage.
    BackOnline,
    /// An apply is over; the status line shows its outcome.
    ApplyEnded {
        /// The record created last.
        last_created: Option<(Collection, RecordId)>,
        /// The plan that was created, if that was the only change.
        created_plan: Option<PlanId>,
    },
}

/// Everything between the screens and the server. Like the model it is driven by messages, but it knows no
/// screens, so `bee-tui import` can run it alone.
#[derive(Debug)]
pub struct Engine {
    /// The records as last read, and what is staged.
    pub(super) workspace: Workspace,
    /// Requests without a final reply.
    pub(super) requests: BTreeMap<RequestId, PendingRequest>,
    /// What the status line says.
    pub(super) status: StatusLine,
    /// The time of the last step.
    pub(super) now: Timestamp,
    /// Events of this step that the screens have not handled yet.
    pub(super) events: Vec<Event>,
    /// The list of each screen, the top one last. Reads of other lists are cancelled unless they are needed.
    pub(super) shown_lists: Vec<Option<Collection>>,
    /// Whether something on screen or a running import needs lists that no screen shows, so that none is released.
    pub(super) keeps_lists: bool,
    /// Whether the overview is shown, for which all plans are read.
    pub(super) shows_overview: bool,
    /// The scorecard whose spend is shown, for which all its participants are read.
    pub(super) shown_spend: Option<ScorecardId>,
    /// Scorecards whose recalculation is to be offered.
    pub(super) recalculations_to_offer: BTreeSet<ScorecardId>,
    /// Scorecards that are already being recalculated (409), until the user has decided what to do.
    pub(super) busy_scorecards: BTreeSet<ScorecardId>,
    pub(super) apply: Option<Apply>,
    /// When the last apply began.
    pub(super) apply_began_at: Timestamp,
    pub(super) list_reads: Vec<ListReader>,
    /// For each plan the place, among all requests sent, of the latest whose reply counts: a read sent earlier is stale.
    pub(super) latest_plan_request: BTreeMap<PlanId, u64>,
    /// How many requests were sent.
    pub(super) sent_requests: u64,
    /// How many requests may be in flight at once.
    pub(super) parallel: ParallelRequests,
    pub(super) connectivity: Connectivity,
}

impl Engine {
    /// An engine without requests in flight.
    pub fn new(
        workspace: Workspace,
        parallel: ParallelRequests,
        notice: Option<Notice>,
        now: Timestamp,
    ) -> Self {
        Self {
            workspace,
            requests: BTreeMap::new(),
            status: StatusLine { notice, notice_at: now, ..StatusLine::default() },
            now,
            events: Vec::new(),
            shown_lists: Vec::new(),
            keeps_lists: true,
            shows_overview: false,
            shown_spend: None,
            recalculations_to_offer: BTreeSet::new(),
            busy_scorecards: BTreeSet::new(),
            apply: None,
            apply_began_at: now,
            list_reads: Vec::new(),
            latest_plan_request: BTreeMap::new(),
            sent_requests: 0,
            parallel,
            connectivity: Connectivity::default(),
        }
    }

    /// Continues what an earlier session left: reads to reconcile unknown outcomes and resumes watches.
    pub fn resume(&mut self, fx: &mut Effects) {
        self.read_unknown_outcomes(fx);
        self.resume_watches(fx);
    }

    /// Handles a message that concerns the server or the journal. Returns any other message.
    pub fn update(&mut self, at: Timestamp, msg: Msg, fx: &mut Effects) -> Option<Msg> {
        self.now = at;
        match msg {
            Msg::Reply(id, result) => self.handle_reply(id, result, fx),
            // While the key is rejected, only requests the user asks for are sent.
            Msg::Timer(Timer::Watch(_) | Timer::Recheck(_)) if self.is_unauthorized() => {}
            Msg::Timer(Timer::Watch(scorecard)) => self.handle_watch_timer(scorecard, fx),
            Msg::Timer(Timer::Recheck(collection)) => fx.read_list(&collection, ReadReason::Needed),
            Msg::Timer(Timer::Retry(id)) => self.send_retry(id, fx),
            Msg::Timer(Timer::ProbeServer) => self.probe_server(fx),
            Msg::Timer(Timer::RetryJournal) => fx.push(Effect::Journal(JournalOp::RetryDelayed)),
            Msg::ErasureFailed(why) => self.show_notice(Notice::new(Severity::Warning, why)),
            Msg::JournalFailed(why) => {
                self.workspace.edits_blocked = Some(EditsBlocked::JournalFailed(why));
                fx.push(Effect::SetTimer(Timer::RetryJournal, JOURNAL_RETRY_DELAY));
            }
            Msg::JournalRecovered => self.workspace.edits_blocked = None,
            Msg::JournalRecreated => self.journal_all_staged(fx),
            other => return Some(other),
        }
        None
    }

    /// Ends a step: registers the new requests and starts the list reads that were asked for.
    pub fn finish_update(&mut self, fx: &mut Effects) {
        self.register_requests(fx);
        self.start_list_reads(fx);
        self.continue_overview(fx);
        self.continue_spend(fx);
        self.send_queued_reads(fx);
        self.workspace.refresh_overview(today(self.now));
        if !self.keeps_lists && self.apply.is_none() {
            self.workspace.release_lists(&self.shown_lists);
        }
    }

    /// The records as last read, and what is staged.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Requests without a final reply.
    pub fn requests(&self) -> &BTreeMap<RequestId, PendingRequest> {
        &self.requests
    }

    /// The state of the status line.
    pub fn status(&self) -> &StatusLine {
        &self.status
    }

    /// Whether a write is in flight or waiting to retry, so that quitting would leave its outcome unknown.
    pub fn is_sending(&self) -> bool {
        self.requests.values().any(|pending| !pending.is_read)
    }

    /// Adds the new requests of this step to those without a reply: writes are in flight, reads wait for their turn.
    pub(super) fn register_requests(&mut self, fx: &mut Effects) {
        for NewRequest { id, owner, call, is_read } in fx.take_new_requests() {
            if let Some(watch) = call.edited_scorecard().and_then(|id| self.workspace.watches.get_mut(id)) {
                watch.note_write_sent();
            }
            let pending = PendingRequest {
                owner,
                call,
                made_at: self.now,
                sent_at: self.now,
                sent_order: if is_read { 0 } else { self.next_sent_order() },
                is_read,
                attempts: 1,
                uncertain_error: None,
                state: if is_read { RequestState::Queued } else { RequestState::InFlight },
            };
            self.requests.insert(id, pending);
        }
    }

    /// Makes a request and registers it. Returns its id.
    pub(super) fn send(&mut self, owner: Owner, call: Call, fx: &mut Effects) -> RequestId {
        let id = fx.call(owner, call);
        self.register_requests(fx);
        id
    }

    /// Journals every staged change, for a journal that was created anew.
    pub(super) fn journal_all_staged(&mut self, fx: &mut Effects) {
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

    /// Shows a refusal as a warning.
    pub(super) fn refuse(&mut self, why: &Refusal) {
        self.show_notice(Notice::new(Severity::Warning, why.text()));
    }

    pub(super) fn show_notice(&mut self, notice: Notice) {
        self.status.notice = Some(notice);
        self.status.notice_at = self.now;
        self.status.shows_read_error = false;
    }
}
