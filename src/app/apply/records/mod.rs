//! The records' part of an apply: per collection read again, then created, changed, deleted; each answer compared with
//! what was sent; what no answer told is found out by reading before anything more is created.

mod answers;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use crate::api::error::{ApiError, Failure};
use crate::api::reply::Reply;
use crate::desk::Desk;
use crate::desk::sending::Step;
use crate::domain::change::State;
use crate::domain::collection::{Collection, RecordId};
use crate::domain::id::{PlanId, ScorecardId};
use crate::domain::likeness::{Likenesses, is_like};
use crate::domain::record_change::{ChangeNumber, Hold, Intent, Seen, Sent};
use crate::domain::record_changes::Found;
use crate::domain::text::count;
use crate::effect::{Effects, RequestId, Why};

/// Changes of records being applied.
#[derive(Debug, PartialEq)]
pub(super) struct RecordApply {
    /// What was said yes to; a change edited since is not sent. Those that had their answer are taken out.
    confirmed: BTreeMap<ChangeNumber, u64>,
    /// All that was said yes to at first.
    all: BTreeSet<ChangeNumber>,
    collections: VecDeque<Collection>,
    /// Where it stands; none before it begins and once it is over.
    stage: Option<Stage>,
    tally: Tally,
    /// What the server made otherwise than it was asked.
    otherwise: Vec<String>,
    touched: BTreeSet<ScorecardId>,
    created_plan: Option<PlanId>,
    /// The record that was created last.
    last_made: Option<(Collection, RecordId)>,
    failures: Vec<ApiError>,
    /// Whether a failure stands in the way of everything else.
    broken_off: bool,
    /// Whether the user wants no more to be sent.
    stopped: bool,
}

#[derive(Debug, PartialEq)]
enum Stage {
    /// The collection is read: before anything is sent, or because an answer left something open.
    Reading(Collection),
    /// A request is under way.
    Sending { call: RequestId, known: Known, step: Step, numbers: Vec<ChangeNumber> },
}

/// What is known of the collection that is worked on.
#[derive(Debug, PartialEq)]
struct Known {
    collection: Collection,
    steps: VecDeque<Step>,
    likenesses: Likenesses,
}

/// How many changes came to what.
#[derive(Debug, PartialEq, Default)]
struct Tally {
    saved: usize,
    /// Of them, those that were deleted.
    deleted: usize,
    already: usize,
    not_taken: usize,
    refused: usize,
    back: usize,
    held: usize,
}

impl RecordApply {
    pub(super) fn new(confirmed: BTreeMap<ChangeNumber, u64>, desk: &Desk) -> Self {
        Self {
            collections: desk.collections(&confirmed).into_iter().collect(),
            all: confirmed.keys().copied().collect(),
            confirmed,
            stage: None,
            tally: Tally::default(),
            otherwise: Vec::new(),
            touched: BTreeSet::new(),
            created_plan: None,
            last_made: None,
            failures: Vec::new(),
            broken_off: false,
            stopped: false,
        }
    }

    pub(super) fn last_made(&self) -> Option<&(Collection, RecordId)> {
        self.last_made.as_ref()
    }

    pub(super) fn start(&mut self, desk: &mut Desk, fx: &mut Effects) {
        self.next_collection(desk, fx);
    }

    pub(super) fn is_over(&self) -> bool {
        self.stage.is_none() && (self.collections.is_empty() || self.broken_off || self.stopped)
    }

    pub(super) fn is_broken_off(&self) -> bool {
        self.broken_off
    }

    pub(super) fn failure(&self) -> Option<&ApiError> {
        self.failures.last()
    }

    pub(super) fn stop(&mut self) {
        self.stopped = true;
    }

    pub(super) fn progress(&self) -> Option<(usize, usize)> {
        let Tally { saved, refused, already, .. } = self.tally;
        (self.all.len() > 1 && self.stage.is_some()).then_some((saved + refused + already, self.all.len()))
    }

    pub(super) fn scorecards(&self) -> BTreeSet<ScorecardId> {
        self.touched.clone()
    }

    pub(super) fn created_plan(&self) -> Option<PlanId> {
        self.created_plan.filter(|_| self.all.len() == 1)
    }

    /// Has the next collection read, or ends.
    fn next_collection(&mut self, desk: &mut Desk, fx: &mut Effects) {
        self.stage = None;
        if self.broken_off || self.stopped {
            return;
        }
        while let Some(collection) = self.collections.pop_front() {
            let needs_reading = desk.record_changes.of(&collection).any(|(number, change)| {
                self.confirmed.contains_key(&number) && !matches!(change.intent, Intent::Delete(_))
            });
            if needs_reading {
                self.read(collection, fx);
                return;
            }
            let steps = desk.steps_of(&collection, &self.confirmed).into();
            let known = Known { collection, steps, likenesses: Likenesses::default() };
            if self.send_next(known, desk, fx) {
                return;
            }
        }
    }

    fn read(&mut self, collection: Collection, fx: &mut Effects) {
        fx.read(&collection, Why::Fresh);
        self.stage = Some(Stage::Reading(collection));
    }

    /// A reply came; if it is the answer to what was sent, it is held against that.
    pub(super) fn reply(
        &mut self,
        id: RequestId,
        result: Result<Reply, ApiError>,
        desk: &mut Desk,
        fx: &mut Effects,
    ) {
        match self.stage.take() {
            Some(Stage::Sending { call, mut known, step, numbers }) if call == id => {
                let collection = known.collection.clone();
                let open = match &step {
                    Step::Create(_) => self.created(&mut known, &numbers, result, desk, fx),
                    Step::Update(number) => self.updated(&collection, *number, result, desk, fx),
                    Step::Delete(number) => self.deleted(&collection, *number, result, desk, fx),
                };
                if open {
                    // What is left to be sent is worked out anew once it is known what is there.
                    self.read(collection, fx);
                } else if !self.send_next(known, desk, fx) {
                    self.next_collection(desk, fx);
                }
            }
            other => self.stage = other,
        }
    }

    /// A collection was read: begins to send, or goes on after what was open has been decided. While it is not known
    /// what is there, nothing more is created.
    pub(super) fn was_read(
        &mut self,
        collection: &Collection,
        error: Option<&ApiError>,
        found: &Found,
        desk: &mut Desk,
        fx: &mut Effects,
    ) {
        if self.stage != Some(Stage::Reading(collection.clone())) {
            return;
        }
        if let Some(error) = error {
            self.fail(error.clone());
            self.next_collection(desk, fx);
            return;
        }
        self.tally.saved += found.saved;
        self.tally.already += found.already;
        self.tally.back += found.back;
        let unknown = desk.record_changes.of(collection).any(|(_, change)| change.state == State::Unknown);
        let complete = desk.records(collection).is_some_and(|(_, complete)| complete);
        let rows = desk.records(collection).into_iter().flat_map(|(rows, _)| rows);
        let likenesses = Likenesses::of(collection, rows);
        self.hold_doubles(collection, &likenesses, desk, fx);
        let mut steps: VecDeque<Step> = desk.steps_of(collection, &self.confirmed).into();
        if unknown || !complete {
            let before = steps.len();
            steps.retain(|step| !matches!(step, Step::Create(_)));
            if !complete && steps.len() < before {
                self.otherwise.push("nothing is created while the list cannot be read whole".into());
            }
        }
        let known = Known { collection: collection.clone(), steps, likenesses };
        if !self.send_next(known, desk, fx) {
            self.next_collection(desk, fx);
        }
    }

    /// What would make a record like one that is there, or change a training program that is there, waits for a
    /// person's word.
    fn hold_doubles(
        &mut self,
        collection: &Collection,
        likenesses: &Likenesses,
        desk: &mut Desk,
        fx: &mut Effects,
    ) {
        let on_server = if collection.is_idempotent() {
            "a program with the same six fields is there, and would be changed"
        } else {
            "one like it is on the server"
        };
        let mut goes: HashMap<String, u32> = HashMap::new();
        let mut doubles = Vec::new();
        for number in self.confirmed.keys() {
            let Some(change) = desk.record_changes.change(*number) else { continue };
            let Some(draft) = change.intent.created().filter(|_| change.collection == *collection) else {
                continue;
            };
            // A replacement that differs only where records are not told apart is like the one it replaces.
            let old_is_like = match desk.seen(change) {
                Seen::There(old) => is_like(collection, draft, old),
                Seen::Unread | Seen::Gone => false,
            };
            let own = u32::from(matches!(change.intent, Intent::Replace { .. }) && old_is_like);
            let free = change.hold == Hold::No && change.state != State::Unknown;
            let like = collection.likeness(|name| draft.value(name));
            let before = goes.entry(like).or_default();
            if free && likenesses.count(collection, draft) > own {
                doubles.push((*number, on_server));
            } else if free && *before > 0 {
                doubles.push((*number, "one like it is sent with it"));
            } else {
                *before += 1;
            }
        }
        self.tally.held += doubles.len();
        let hold = |(number, why): &(ChangeNumber, &str)| {
            desk.record_changes.amend(*number, |change| change.hold = Hold::Waits((*why).into()))
        };
        fx.store_records(doubles.iter().filter_map(hold).collect());
    }

    /// Journals and sends the next step that still has something to send; whether there was one.
    fn send_next(&mut self, mut known: Known, desk: &mut Desk, fx: &mut Effects) -> bool {
        if self.broken_off || self.stopped {
            return false;
        }
        while let Some(step) = known.steps.pop_front() {
            let half_done = |number: &ChangeNumber| {
                let change = desk.record_changes.change(*number);
                change.is_some_and(|change| matches!(change.intent, Intent::Replace { .. }))
            };
            if matches!(&step, Step::Delete(number) if half_done(number)) {
                // The new record is not there, so the old one stays.
                continue;
            }
            let Some((call, numbers)) = desk.call_of(&known.collection, &step, &self.confirmed) else {
                continue;
            };
            let mark = |number: &ChangeNumber| {
                let change = desk.record_changes.change(*number)?;
                let before = change.intent.created().map(|d| known.likenesses.count(&known.collection, d));
                desk.record_changes.amend(*number, |change| {
                    change.state = State::Sending;
                    change.sent = before.map(Sent::new);
                })
            };
            fx.store_records(numbers.iter().filter_map(mark).collect());
            let call = fx.call(call);
            // One yes, one request: what comes back is offered again, not sent again.
            self.confirmed.retain(|number, _| !numbers.contains(number));
            self.stage = Some(Stage::Sending { call, known, step, numbers });
            return true;
        }
        false
    }

    fn touch(&mut self, collection: &Collection) {
        self.touched.extend(collection.scorecard().cloned());
    }

    /// Notes a failure; a key that is not let in or a server out of reach ends everything, the rest only what it is
    /// about.
    fn fail(&mut self, error: ApiError) {
        self.broken_off |= error.out_of_reach() || matches!(error.failure, Failure::NotLetIn(401));
        self.failures.push(error);
    }

    /// What came of it, in words; nothing when there was nothing to send.
    pub(super) fn said(&self, desk: &Desk) -> Vec<String> {
        if self.all.is_empty() {
            return Vec::new();
        }
        let unknown = self.all.iter().filter_map(|number| desk.record_changes.change(*number));
        let (mut looking, mut open) = (0, 0);
        for change in unknown.filter(|change| change.state == State::Unknown) {
            let looked = change.sent.is_some_and(|sent| sent.looked.is_some());
            *(if looked { &mut looking } else { &mut open }) += 1;
        }
        let Tally { saved, deleted, already, not_taken, refused, back, held } = self.tally;
        let mut saved = format!("{} saved", count(saved, "record"));
        if deleted > 0 {
            saved = format!("{saved} ({deleted} deleted)");
        }
        let mut said = vec![saved];
        for (n, words) in [
            (already, "as on the server already"),
            (not_taken, "not taken: the server kept its own values"),
            (refused, "refused by the server; they stay staged"),
            (back, "not made; they stay staged"),
            (held, "held, each for its reason"),
            (looking, "unknown: no answer told; they are looked for again in 30 s"),
            (open, "unknown: look, then decide in the review with m or t"),
        ] {
            if n > 0 {
                said.push(format!("{n} {words}"));
            }
        }
        said.extend(self.otherwise.iter().take(2).cloned());
        if self.stopped {
            said.push("stopped; the rest stays staged".into());
        }
        said
    }
}
