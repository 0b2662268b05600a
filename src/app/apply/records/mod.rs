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
    /// The collections that were worked on.
    done: BTreeSet<Collection>,
    /// Whether sending has begun; the counters are applied first.
    has_begun: bool,
    /// The collections that are worked on now.
    lanes: Vec<Lane>,
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

/// How many collections of participants are written to at once; each has one write in flight.
const MAX_LANES: usize = 4;

/// The work on one collection.
#[derive(Debug, PartialEq)]
enum Lane {
    /// The collection is being read, before anything is sent or because an outcome is unknown.
    Reading(Collection),
    /// A request is in flight.
    Sending { call: RequestId, known: CollectionWork, step: RecordRequest, numbers: Vec<ChangeNumber> },
}

/// The collection being worked on: its remaining requests and the natural keys of its records.
#[derive(Debug, PartialEq)]
struct CollectionWork {
    collection: Collection,
    requests: VecDeque<RecordRequest>,
    natural_keys: NaturalKeyCounts,
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
            Self::Sending { known, .. } => &known.collection,
        }
    }
}

impl RecordApply {
    pub(super) fn new(confirmed: BTreeMap<ChangeNumber, u64>) -> Self {
        Self {
            done: BTreeSet::new(),
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
        while self.halt.is_none() && self.lanes.len() < MAX_LANES {
            let is_alone = |lane: &Lane| !lane.collection().holds_participants();
            if self.lanes.iter().any(is_alone) {
                return;
            }
            let Some(collection) = self.next_collection(workspace) else { return };
            let needs_reading =
                workspace.record_changes.in_collection(&collection).any(|(number, change)| {
                    self.confirmed.contains_key(&number) && !matches!(change.intent, Intent::Delete(_))
                });
            if needs_reading {
                self.read_collection(collection, fx);
                continue;
            }
            let steps = workspace.record_requests(&collection, &self.confirmed).into();
            let known =
                CollectionWork { collection, requests: steps, natural_keys: NaturalKeyCounts::default() };
            self.send_next(known, workspace, fx);
        }
    }

    /// The next collection to work on. Participants of new programs get one once their program is on the server.
    fn next_collection(&mut self, workspace: &Workspace) -> Option<Collection> {
        let open = workspace.confirmed_collections(&self.confirmed).into_iter();
        let mut open =
            open.filter(|collection| !matches!(collection, Collection::NewProgramParticipants(..)));
        let next = open.find(|collection| !self.done.contains(collection))?;
        if !self.lanes.is_empty() && !next.holds_participants() {
            return None;
        }
        self.done.insert(next.clone());
        Some(next)
    }

    fn read_collection(&mut self, collection: Collection, fx: &mut Effects) {
        fx.read_list(&collection, ReadReason::Fresh);
        self.lanes.push(Lane::Reading(collection));
    }

    /// Handles a response. If it answers the request in flight, it is compared with what was sent.
    pub(super) fn reply(
        &mut self,
        id: RequestId,
        result: Result<Reply, ApiError>,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) {
        let answers = |lane: &Lane| matches!(lane, Lane::Sending { call, .. } if *call == id);
        let Some(at) = self.lanes.iter().position(answers) else { return };
        let Lane::Sending { mut known, step, numbers, .. } = self.lanes.remove(at) else { return };
        let collection = known.collection.clone();
        let open = match &step {
            RecordRequest::Create(_) => self.handle_created(&mut known, &numbers, result, workspace, fx),
            RecordRequest::Update(number) => self.handle_updated(&collection, *number, result, workspace, fx),
            RecordRequest::Delete(number) => self.handle_deleted(&collection, *number, result, workspace, fx),
        };
        if open {
            // The remaining requests are worked out again once the collection has been read.
            self.read_collection(collection, fx);
        } else {
            self.send_next(known, workspace, fx);
        }
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
        let known = CollectionWork { collection: collection.clone(), requests: steps, natural_keys };
        self.send_next(known, workspace, fx);
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

    /// Journals and sends the next request that still has something to send, if there is one.
    fn send_next(&mut self, mut known: CollectionWork, workspace: &mut Workspace, fx: &mut Effects) {
        if self.halt.is_some() {
            return;
        }
        while let Some(step) = known.requests.pop_front() {
            let half_done = |number: &ChangeNumber| {
                let change = workspace.record_changes.change(*number);
                change.is_some_and(|change| matches!(change.intent, Intent::Replace { .. }))
            };
            if matches!(&step, RecordRequest::Delete(number) if half_done(number)) {
                // The new record was not created, so the old one is kept.
                continue;
            }
            let Some((call, numbers)) = workspace.call_for_request(&known.collection, &step, &self.confirmed)
            else {
                continue;
            };
            let mark = |number: &ChangeNumber| {
                let change = workspace.record_changes.change(*number)?;
                let before =
                    change.intent.created_draft().map(|d| known.natural_keys.count(&known.collection, d));
                workspace.record_changes.amend(*number, |change| {
                    change.state = ChangeState::Sending;
                    change.sent_request = before.map(SentRequest::new);
                })
            };
            fx.journal_records(numbers.iter().filter_map(mark).collect());
            let call = fx.call(Owner::Apply, call);
            // One confirmation sends one request: what fails is offered again, not sent again.
            self.confirmed.retain(|number, _| !numbers.contains(number));
            self.lanes.push(Lane::Sending { call, known, step, numbers });
            return;
        }
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
