//! The record part of an apply. For each collection: read it, then create, update and delete. Each response
//! is compared with what was sent, and an unknown outcome is reconciled by a read before anything more is
//! created.

mod answers;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use crate::api::error::ApiError;
use crate::api::reply::Reply;
use crate::app::apply::halt::Halt;
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::ChangeState;
use crate::domain::change::natural_key::{NaturalKeyCounts, matches_natural_key};
use crate::domain::change::record_change::{
    ChangeNumber, Hold, Intent, ReconcileReads, SentRequest, ServerRecord,
};
use crate::domain::change::record_changes::RecordReconciliation;
use crate::domain::id::RecordId;
use crate::domain::id::{PlanId, ScorecardId};
use crate::domain::text::pluralize;
use crate::effect::{Effects, Owner, ReadReason, RequestId};
use crate::input::command::key;
use crate::workspace::Workspace;
use crate::workspace::record_requests::RecordRequest;

/// Changes of records that are being applied.
#[derive(Debug, PartialEq)]
pub(super) struct RecordApply {
    /// The changes still to be sent, with the revision the user confirmed; one edited since then is not sent.
    confirmed: BTreeMap<ChangeNumber, u64>,
    /// Every change the user confirmed at the start.
    all_confirmed: BTreeSet<ChangeNumber>,
    /// The collections that wait for their turn.
    waiting: BTreeSet<Collection>,
    /// Whether sending has begun; the counters are applied first.
    has_begun: bool,
    /// The collections that are worked on now.
    lanes: Vec<Lane>,
    /// How many writes may be in flight at once.
    max_writes: usize,
    tally: RecordTally,
    /// Where the server's records differ from what was sent, for the status line.
    deviations: Vec<String>,
    touched_scorecards: BTreeSet<ScorecardId>,
    created_plan: Option<PlanId>,
    /// The record created last.
    last_created: Option<(Collection, RecordId)>,
    failures: Vec<ApiError>,
    /// Why no further request is sent; `None` while requests may be sent.
    halt: Option<Halt>,
}

/// The work on one collection.
#[derive(Debug, PartialEq)]
enum Lane {
    /// The collection is being read, before anything is sent or because an outcome is unknown.
    Reading(Collection),
    /// Requests are in flight.
    Sending(CollectionWork),
}

/// The collection being worked on: its requests and the natural keys of its records.
#[derive(Debug, PartialEq)]
struct CollectionWork {
    collection: Collection,
    /// The requests that are left.
    requests: VecDeque<RecordRequest>,
    natural_keys: NaturalKeyCounts,
    /// The requests in flight: several deletions of participants, or one of any other kind.
    in_flight: Vec<SentRecordRequest>,
    /// Whether a response left an outcome unknown, so that the collection is read before anything more is sent.
    has_unknown: bool,
}

/// A request in flight.
#[derive(Debug, PartialEq)]
struct SentRecordRequest {
    id: RequestId,
    request: RecordRequest,
    /// The changes it sends.
    numbers: Vec<ChangeNumber>,
}

/// How many changes ended in each outcome.
#[derive(Debug, PartialEq, Default)]
struct RecordTally {
    saved: usize,
    /// How many of the saved changes are deletions.
    deleted: usize,
    already_saved: usize,
    not_taken: usize,
    refused: usize,
    restaged: usize,
    held: usize,
}

impl Lane {
    fn collection(&self) -> &Collection {
        match self {
            Self::Reading(collection) => collection,
            Self::Sending(work) => &work.collection,
        }
    }
}

impl CollectionWork {
    fn new(
        collection: Collection,
        requests: VecDeque<RecordRequest>,
        natural_keys: NaturalKeyCounts,
    ) -> Self {
        Self { collection, requests, natural_keys, in_flight: Vec::new(), has_unknown: false }
    }

    /// Whether the next request may be sent beside those in flight: the first, or the deletion of a participant beside
    /// other deletions. Everything else has one write in flight, because its outcome decides what may be sent next.
    fn may_send_beside(&self) -> bool {
        let is_deletion = |request: &RecordRequest| matches!(request, RecordRequest::Delete(_));
        match self.requests.front() {
            Some(next) => {
                self.in_flight.is_empty()
                    || self.collection.holds_participants()
                        && is_deletion(next)
                        && self.in_flight.iter().all(|sent| is_deletion(&sent.request))
            }
            None => false,
        }
    }
}

impl RecordApply {
    /// Changes the user confirmed, of which so many may be in flight at once.
    pub(super) fn new(confirmed: BTreeMap<ChangeNumber, u64>, max_writes: usize) -> Self {
        Self {
            waiting: BTreeSet::new(),
            max_writes,
            all_confirmed: confirmed.keys().copied().collect(),
            confirmed,
            has_begun: false,
            lanes: Vec::new(),
            tally: RecordTally::default(),
            deviations: Vec::new(),
            touched_scorecards: BTreeSet::new(),
            created_plan: None,
            last_created: None,
            failures: Vec::new(),
            halt: None,
        }
    }

    pub(super) fn last_created(&self) -> Option<&(Collection, RecordId)> {
        self.last_created.as_ref()
    }

    pub(super) fn start(&mut self, workspace: &mut Workspace, fx: &mut Effects) {
        self.has_begun = true;
        self.waiting = workspace.confirmed_collections(&self.confirmed);
        self.fill_lanes(workspace, fx);
    }

    pub(super) fn is_over(&self) -> bool {
        self.has_begun && self.lanes.is_empty()
    }

    pub(super) fn is_aborted(&self) -> bool {
        self.halt == Some(Halt::Aborted)
    }

    pub(super) fn last_error(&self) -> Option<&ApiError> {
        self.failures.last()
    }

    pub(super) fn stop(&mut self) {
        self.halt.get_or_insert(Halt::Stopped);
    }

    pub(super) fn progress(&self) -> Option<(usize, usize)> {
        let RecordTally { saved, refused, already_saved: already, .. } = self.tally;
        (self.all_confirmed.len() > 1 && !self.lanes.is_empty())
            .then_some((saved + refused + already, self.all_confirmed.len()))
    }

    pub(super) fn touched_scorecards(&self) -> BTreeSet<ScorecardId> {
        self.touched_scorecards.clone()
    }

    pub(super) fn created_plan(&self) -> Option<PlanId> {
        self.created_plan.filter(|_| self.all_confirmed.len() == 1)
    }

    /// Starts work on further collections: reads each, or starts sending where only deletions are confirmed. Participants
    /// of several programs are sent side by side; everything else goes alone and before them.
    fn fill_lanes(&mut self, workspace: &mut Workspace, fx: &mut Effects) {
        while self.halt.is_none() && self.lanes.len() < self.max_writes {
            let is_alone = |lane: &Lane| !lane.collection().holds_participants();
            if self.lanes.iter().any(is_alone) {
                break;
            }
            let Some(collection) = self.next_collection() else { break };
            let needs_reading =
                workspace.record_changes.in_collection(&collection).any(|(number, change)| {
                    self.confirmed.contains_key(&number) && !matches!(change.intent, Intent::Delete(_))
                });
            if needs_reading {
                self.read_collection(collection, fx);
                continue;
            }
            let requests = workspace.record_requests(&collection, &self.confirmed).into();
            let work = CollectionWork::new(collection, requests, NaturalKeyCounts::default());
            self.continue_work(work, workspace, fx);
        }
        // What just ended has left room for the deletions of others.
        for _ in 0..self.lanes.len() {
            match self.lanes.remove(0) {
                Lane::Sending(work) if work.in_flight.is_empty() || work.may_send_beside() => {
                    self.continue_work(work, workspace, fx);
                }
                lane => self.lanes.push(lane),
            }
        }
    }

    /// The next collection to work on. Participants of new programs get one once their program is on the server.
    fn next_collection(&mut self) -> Option<Collection> {
        let is_of_new_program =
            |collection: &&Collection| matches!(collection, Collection::NewProgramParticipants(..));
        let next = self.waiting.iter().find(|collection| !is_of_new_program(collection))?.clone();
        if !self.lanes.is_empty() && !next.holds_participants() {
            return None;
        }
        self.waiting.remove(&next);
        Some(next)
    }

    fn read_collection(&mut self, collection: Collection, fx: &mut Effects) {
        fx.read_list(&collection, ReadReason::Fresh);
        self.lanes.push(Lane::Reading(collection));
    }

    /// Handles a response. If it answers a request in flight, it is compared with what was sent.
    pub(super) fn reply(
        &mut self,
        id: RequestId,
        result: Result<Reply, ApiError>,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) {
        let answers = |lane: &Lane| match lane {
            Lane::Sending(work) => work.in_flight.iter().any(|sent| sent.id == id),
            Lane::Reading(_) => false,
        };
        let Some(at) = self.lanes.iter().position(answers) else { return };
        let Lane::Sending(mut work) = self.lanes.remove(at) else { return };
        let Some(sent) = work.in_flight.extract_if(.., |sent| sent.id == id).next() else { return };
        let collection = work.collection.clone();
        work.has_unknown |= match &sent.request {
            RecordRequest::Create(_) => self.handle_created(&mut work, &sent.numbers, result, workspace, fx),
            RecordRequest::Update(number) => self.handle_updated(&collection, *number, result, workspace, fx),
            RecordRequest::Delete(number) => self.handle_deleted(&collection, *number, result, workspace, fx),
        };
        if matches!(collection, Collection::TrainingPrograms(_)) {
            // The participants of a program that was just created can be sent now.
            let open = workspace.confirmed_collections(&self.confirmed);
            self.waiting.extend(open.into_iter().filter(Collection::holds_participants));
        }
        self.continue_work(work, workspace, fx);
        self.fill_lanes(workspace, fx);
    }

    /// Handles the end of a list read: starts sending, or goes on once unknown outcomes are decided. While an
    /// outcome is unknown or the list is incomplete, nothing is created.
    pub(super) fn handle_list_read(
        &mut self,
        collection: &Collection,
        error: Option<&ApiError>,
        reconciliation: &RecordReconciliation,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) {
        let Some(at) = self.lanes.iter().position(|lane| *lane == Lane::Reading(collection.clone())) else {
            return;
        };
        self.lanes.remove(at);
        if let Some(error) = error {
            self.record_failure(error.clone());
            self.fill_lanes(workspace, fx);
            return;
        }
        self.tally.saved += reconciliation.saved;
        self.tally.already_saved += reconciliation.already_saved;
        self.tally.restaged += reconciliation.restaged;
        let unknown = workspace
            .record_changes
            .in_collection(collection)
            .any(|(_, change)| change.state == ChangeState::OutcomeUnknown);
        let complete = workspace.records(collection).is_some_and(|(_, complete)| complete);
        let rows = workspace.records(collection).into_iter().flat_map(|(rows, _)| rows);
        let natural_keys = NaturalKeyCounts::from_records(collection, rows);
        self.hold_duplicates(collection, &natural_keys, workspace, fx);
        let mut steps: VecDeque<RecordRequest> =
            workspace.record_requests(collection, &self.confirmed).into();
        if unknown || !complete {
            let before = steps.len();
            steps.retain(|step| !matches!(step, RecordRequest::Create(_)));
            if !complete && steps.len() < before {
                self.deviations.push("nothing is created while the list cannot be read whole".into());
            }
        }
        let work = CollectionWork::new(collection.clone(), steps, natural_keys);
        self.continue_work(work, workspace, fx);
        self.fill_lanes(workspace, fx);
    }

    /// Holds creations that match a record on the server or another one being sent, and those that would
    /// change an existing training program: the user decides.
    fn hold_duplicates(
        &mut self,
        collection: &Collection,
        natural_keys: &NaturalKeyCounts,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) {
        let on_server = if collection.is_idempotent() {
            "a program with the same six fields is there, and would be changed"
        } else {
            "one like it is on the server"
        };
        let mut sent_per_key: HashMap<String, u32> = HashMap::new();
        let mut duplicates = Vec::new();
        for number in self.confirmed.keys() {
            let Some(change) = workspace.record_changes.change(*number) else { continue };
            let Some(draft) = change.intent.created_draft().filter(|_| change.collection == *collection)
            else {
                continue;
            };
            // A replacement with an unchanged natural key matches the record it replaces.
            let old_is_like = match workspace.server_record(change) {
                ServerRecord::Present(old) => matches_natural_key(collection, draft, old),
                ServerRecord::NotRead | ServerRecord::Gone => false,
            };
            let own = u32::from(matches!(change.intent, Intent::Replace { .. }) && old_is_like);
            let free = change.hold == Hold::NotHeld && change.state != ChangeState::OutcomeUnknown;
            let like = collection.natural_key(|name| draft.value(name));
            let before = sent_per_key.entry(like).or_default();
            if free && natural_keys.count(collection, draft) > own {
                duplicates.push((*number, on_server));
            } else if free && *before > 0 {
                duplicates.push((*number, "one like it is sent with it"));
            } else {
                *before += 1;
            }
        }
        self.tally.held += duplicates.len();
        let hold = |(number, why): &(ChangeNumber, &str)| {
            workspace.record_changes.amend(*number, |change| change.hold = Hold::Held((*why).into()))
        };
        fx.journal_records(duplicates.iter().filter_map(hold).collect());
    }

    /// Journals and sends the next requests of a collection that still have something to send, as many as may be in flight.
    /// When none is left or an outcome is unknown, and every response has come, the work on it is over.
    fn continue_work(&mut self, mut work: CollectionWork, workspace: &mut Workspace, fx: &mut Effects) {
        while self.halt.is_none() && !work.has_unknown && work.may_send_beside() {
            if self.writes_in_flight() + work.in_flight.len() >= self.max_writes {
                break;
            }
            let Some(request) = work.requests.pop_front() else { break };
            self.send(&mut work, request, workspace, fx);
        }
        if !work.in_flight.is_empty() {
            self.lanes.push(Lane::Sending(work));
        } else if work.has_unknown {
            // The remaining requests are worked out again once the collection has been read.
            self.read_collection(work.collection, fx);
        } else if !work.requests.is_empty() && self.halt.is_none() {
            // Others have all the writes that are allowed; it goes on when one of them ends.
            self.lanes.push(Lane::Sending(work));
        }
    }

    fn writes_in_flight(&self) -> usize {
        let of_lane = |lane: &Lane| if let Lane::Sending(work) = lane { work.in_flight.len() } else { 0 };
        self.lanes.iter().map(of_lane).sum()
    }

    /// Journals and sends a request, if it still has something to send.
    fn send(
        &mut self,
        work: &mut CollectionWork,
        request: RecordRequest,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) {
        let is_half_done = |number: &ChangeNumber| {
            let change = workspace.record_changes.change(*number);
            change.is_some_and(|change| matches!(change.intent, Intent::Replace { .. }))
        };
        if matches!(&request, RecordRequest::Delete(number) if is_half_done(number)) {
            // The new record was not created, so the old one is kept.
            return;
        }
        let Some((call, numbers)) = workspace.call_for_request(&work.collection, &request, &self.confirmed)
        else {
            return;
        };
        let mark = |number: &ChangeNumber| {
            let change = workspace.record_changes.change(*number)?;
            let before = change.intent.created_draft().map(|d| work.natural_keys.count(&work.collection, d));
            workspace.record_changes.amend(*number, |change| {
                change.state = ChangeState::Sending;
                change.sent_request = before.map(SentRequest::new);
            })
        };
        fx.journal_records(numbers.iter().filter_map(mark).collect());
        let id = fx.call(Owner::Apply, call);
        // One confirmation sends one request: what fails is offered again, not sent again.
        for number in &numbers {
            self.confirmed.remove(number);
        }
        work.in_flight.push(SentRecordRequest { id, request, numbers });
    }

    fn note_touched(&mut self, collection: &Collection) {
        self.touched_scorecards.extend(collection.scorecard().cloned());
    }

    /// Records a failure. A rejected key or an unreachable server halts the whole apply; any other failure
    /// affects only its own changes.
    fn record_failure(&mut self, error: ApiError) {
        if Halt::is_called_for(&error) {
            self.halt = Some(Halt::Aborted);
        }
        self.failures.push(error);
    }

    /// The outcome in phrases for the status line; empty when there was nothing to send.
    pub(super) fn summary(&self, workspace: &Workspace) -> Vec<String> {
        if self.all_confirmed.is_empty() {
            return Vec::new();
        }
        let unknown = self.all_confirmed.iter().filter_map(|number| workspace.record_changes.change(*number));
        let (mut looking, mut open) = (0, 0);
        for change in unknown.filter(|change| change.state == ChangeState::OutcomeUnknown) {
            let looked = change.sent_request.is_some_and(|sent| sent.reads != ReconcileReads::None);
            *(if looked { &mut looking } else { &mut open }) += 1;
        }
        let RecordTally { saved, deleted, already_saved: already, not_taken, refused, restaged: back, held } =
            self.tally;
        let mut saved = format!("{} saved", pluralize(saved, "record"));
        if deleted > 0 {
            saved = format!("{saved} ({deleted} deleted)");
        }
        let mut phrases = vec![saved];
        for (n, words) in [
            (already, "as on the server already"),
            (not_taken, "not taken: the server kept its own values"),
            (refused, "refused by the server; they stay staged"),
            (back, "not made; they stay staged"),
            (held, "held, each for its reason"),
            (looking, "unknown: no response; they are looked for again in 30 s"),
            (
                open,
                concat!(
                    "unknown: look, then decide in the review with ",
                    key!("mine"),
                    " or ",
                    key!("theirs")
                ),
            ),
        ] {
            if n > 0 {
                phrases.push(format!("{n} {words}"));
            }
        }
        phrases.extend(self.deviations.iter().take(2).cloned());
        if self.halt == Some(Halt::Stopped) {
            phrases.push("stopped; the rest stays staged".into());
        }
        phrases
    }
}
