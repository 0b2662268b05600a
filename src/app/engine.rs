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
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::CounterEntry;
use crate::domain::change::record_changes::RecordEntry;
use crate::domain::id::RecordId;
use crate::domain::id::{PlanId, ScorecardId};
use crate::domain::refusal::Refusal;
use crate::domain::text::Text;
use crate::effect::{Effect, Effects, JournalOp, NewRequest, Owner, ReadReason, RequestId, ScreenId, Timer};
use crate::nav::{Notice, Severity};
use crate::workspace::{EditsBlocked, Workspace};

/// The pause before what could not be written is tried again.
const JOURNAL_RETRY_DELAY: Duration = Duration::from_secs(5);

/// What ends a session with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndingRequest {
    /// To quit.
    Quit,
    /// To begin anew with another one.
    Restart,
}

/// The status line's own state.
#[derive(Debug, Default)]
pub struct StatusLine {
    /// The last thing said.
    pub notice: Option<Notice>,
    /// When it was said.
    pub notice_at: Timestamp,
    /// Whether the last thing said is that a reading failed; a reading that works takes it back.
    pub shows_read_error: bool,
    /// When the key expires, if the server said so.
    pub expiry: Option<KeyExpiry>,
    /// Why the last reading failed, if it did.
    pub read_error: Option<ApiError>,
    /// What stood in the way of the last apply, if something did.
    pub apply_error: Option<ApiError>,
    /// What would end the session and was asked for, with how much was staged then: the same again does it.
    pub unconfirmed_end: Option<(EndingRequest, usize)>,
}

/// What the screens have to know of what the engine did in a step, in order.
#[derive(Debug)]
pub enum Event {
    /// The reply to a request of a screen came, and the workspace has what it brought; the error when it failed.
    ScreenReply(ScreenId, RequestId, Option<ApiError>),
    /// A list was read to its end, or the reading failed.
    ListRead(Collection, Option<ApiError>),
    /// A record came as the server sends it, a line per field.
    RawRecord(Vec<Text>),
    /// The server accepts the key again.
    KeyAccepted,
    /// The server answers again after an outage.
    BackOnline,
    /// An apply is over; its outcome stands in the status line.
    ApplyEnded {
        /// The record that was created last.
        last_created: Option<(Collection, RecordId)>,
        /// The plan that was created, when that was all that was done.
        created_plan: Option<PlanId>,
    },
}

/// Everything between the screens and the server. It is driven by messages, like the model, and sees no screen: the shell's
/// import runs it alone.
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
    /// What happened in this step that screens have to know.
    pub(super) events: Vec<Event>,
    /// The lists on screen, the one on top last: reads of other lists that nothing waits for are cancelled.
    pub(super) shown_lists: Vec<Option<Collection>>,
    /// Scorecards whose recalculation is still to be offered.
    pub(super) recalculations_to_offer: BTreeSet<ScorecardId>,
    /// Scorecards that are being recalculated for somebody else, where it is undecided what to do about it.
    pub(super) busy_scorecards: BTreeSet<ScorecardId>,
    pub(super) apply: Option<Apply>,
    pub(super) list_reads: Vec<ListReader>,
    /// Reads of a plan that were asked for before this request are older than what is known of it.
    pub(super) latest_plan_request: BTreeMap<PlanId, RequestId>,
    pub(super) connectivity: Connectivity,
}

impl Engine {
    /// An engine at rest.
    pub fn new(workspace: Workspace, notice: Option<Notice>, now: Timestamp) -> Self {
        Self {
            workspace,
            requests: BTreeMap::new(),
            status: StatusLine { notice, notice_at: now, ..StatusLine::default() },
            now,
            events: Vec::new(),
            shown_lists: Vec::new(),
            recalculations_to_offer: BTreeSet::new(),
            busy_scorecards: BTreeSet::new(),
            apply: None,
            list_reads: Vec::new(),
            latest_plan_request: BTreeMap::new(),
            connectivity: Connectivity::default(),
        }
    }

    /// Takes up what an earlier session left: changes of unknown outcome are looked for, watches go on.
    pub fn resume(&mut self, fx: &mut Effects) {
        self.read_unknown_outcomes(fx);
        self.resume_watches(fx);
    }

    /// Handles a message that concerns the server or the journal; gives back any other.
    pub fn update(&mut self, at: Timestamp, msg: Msg, fx: &mut Effects) -> Option<Msg> {
        self.now = at;
        match msg {
            Msg::Reply(id, result) => self.handle_reply(id, result, fx),
            // While the key is rejected, nothing is sent that nobody asked for just now.
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

    /// Ends a step: the requests that were made are counted, the lists that were asked for are read.
    pub fn finish_update(&mut self, fx: &mut Effects) {
        self.register_requests(fx);
        self.start_list_reads(fx);
    }

    /// The records as last read, and what is staged.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Requests without a final reply.
    pub fn requests(&self) -> &BTreeMap<RequestId, PendingRequest> {
        &self.requests
    }

    /// What the status line says.
    pub fn status(&self) -> &StatusLine {
        &self.status
    }

    /// Whether something is being sent that must not be cut off.
    pub fn is_sending(&self) -> bool {
        self.requests.values().any(|pending| !pending.is_read)
    }

    /// Counts the requests just asked for among those in flight.
    pub(super) fn register_requests(&mut self, fx: &mut Effects) {
        for NewRequest { id, owner, call } in fx.take_new_requests() {
            let is_read = call.request().method.is_read();
            if let Some(watch) = call.edited_scorecard().and_then(|id| self.workspace.watches.get_mut(id)) {
                watch.note_write_sent();
            }
            let (first_sent_at, sent_at) = (self.now, self.now);
            let state = RequestState::InFlight;
            let pending = PendingRequest {
                owner,
                call,
                first_sent_at,
                sent_at,
                is_read,
                attempts: 1,
                uncertain_error: None,
                state,
            };
            self.requests.insert(id, pending);
        }
    }

    /// Sends a call of the model itself.
    pub(super) fn send(&mut self, owner: Owner, call: Call, fx: &mut Effects) -> RequestId {
        let id = fx.call(owner, call);
        self.register_requests(fx);
        id
    }

    /// Wishes all that is staged to be written.
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

    /// Says why something was not done.
    pub(super) fn refuse(&mut self, why: &Refusal) {
        self.show_notice(Notice::new(Severity::Warning, why.text()));
    }

    pub(super) fn show_notice(&mut self, notice: Notice) {
        self.status.notice = Some(notice);
        self.status.notice_at = self.now;
        self.status.shows_read_error = false;
    }
}
