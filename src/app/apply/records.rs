//! The records' part of an apply: per collection read again, then created, changed, deleted; each answer compared with
//! what was sent; what no answer told is found out by reading before anything more is created.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use jiff::Timestamp;

use crate::api::error::{ApiError, Failure, InvalidRecord, Refusal};
use crate::api::reply::Reply;
use crate::desk::Desk;
use crate::desk::sending::Step;
use crate::domain::change::State;
use crate::domain::collection::Collection;
use crate::domain::id::{PlanId, ScorecardId};
use crate::domain::likeness::{Likenesses, is_like, may_be};
use crate::domain::record::{Draft, Record, Value};
use crate::domain::record_change::{ChangeNumber, Hold, Intent, Seen, Sent};
use crate::domain::record_changes::{Compared, Found, RecordEntry};
use crate::domain::text::{Text, count};
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
            failures: Vec::new(),
            broken_off: false,
            stopped: false,
        }
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

    /// The answer to a creation; whether it left something open.
    fn created(
        &mut self,
        known: &mut Known,
        numbers: &[ChangeNumber],
        result: Result<Reply, ApiError>,
        desk: &mut Desk,
        fx: &mut Effects,
    ) -> bool {
        let mut entries = Vec::new();
        let open = match result {
            Ok(reply) => self.made(known, numbers, &reply, desk, &mut entries),
            Err(ApiError { failure: Failure::Refused(refusal), .. }) => {
                self.refused(numbers, &refusal, desk, &mut entries)
            }
            Err(error) => {
                let open = error.outcome_unknown();
                let state = if open { State::Unknown } else { State::Staged };
                entries.extend(numbers.iter().filter_map(|n| desk.record_changes.mark(*n, state.clone())));
                if open {
                    self.failures.push(error);
                } else {
                    // What stands in the way of one batch stands in the way of the next.
                    known.steps.retain(|step| !matches!(step, Step::Create(_)));
                    self.fail(error);
                }
                open
            }
        };
        fx.store_records(entries);
        open
    }

    /// Lays the records of an answer to the drafts that were sent: those that are like one, then, where there are as
    /// many as were sent, in their order if they are of the same person or thing, since a server may round or tidy what it
    /// stores. What no record answers is for a reading, and then for a person, to decide.
    fn made(
        &mut self,
        known: &mut Known,
        numbers: &[ChangeNumber],
        reply: &Reply,
        desk: &mut Desk,
        entries: &mut Vec<RecordEntry>,
    ) -> bool {
        let collection = known.collection.clone();
        let new = |record: &&Record| match collection.id_of(record) {
            // A participant that was there before was not made now.
            Some(id) if matches!(collection, Collection::Participants(..)) => {
                !matches!(desk.record(&collection, &id), Seen::There(_))
            }
            id => id.is_some(),
        };
        let mut made: Vec<&Record> = reply.records().into_iter().filter(new).collect();
        let as_many = made.len() == numbers.len();
        let mut pairs: Vec<(ChangeNumber, Draft, Option<&Record>)> = Vec::new();
        for number in numbers {
            let draft = drafted(desk, *number);
            let like = made.iter().position(|record| is_like(&collection, &draft, record));
            pairs.push((*number, draft, like.map(|at| made.remove(at))));
        }
        let mut rest = made.into_iter();
        let mut arrived: BTreeMap<String, u32> = BTreeMap::new();
        let mut answered = Vec::new();
        let (mut open, mut missing) = (false, Vec::new());
        for (number, draft, record) in pairs {
            let in_order = || rest.next().filter(|record| as_many && may_be(&collection, &draft, record));
            let Some(record) = record.or_else(in_order) else {
                open = true;
                missing.push(number);
                continue;
            };
            *arrived.entry(collection.likeness(|name| record.value(name))).or_default() += 1;
            let change = desk.record_changes.change(number);
            let replaces = change.is_some_and(|change| change.intent.deletes());
            let otherwise = made_otherwise(&draft, record, replaces);
            known.likenesses.add(&collection, record);
            answered.push(record.clone());
            let entry = desk.record_changes.created(number);
            match entry.as_ref().and_then(|entry| entry.change.as_ref()) {
                None => {
                    self.tally.saved += 1;
                    self.otherwise.extend(otherwise);
                }
                // A person looks at the new record before the old one goes for it.
                Some(_) if !otherwise.is_empty() => {
                    let why = otherwise.join(", ");
                    let why = format!("the new record is there, but {why}: is the old one to go?");
                    let hold = Hold::Waits(why.as_str().into());
                    entries.extend(desk.record_changes.amend(number, |change| change.hold = hold));
                    self.tally.held += 1;
                }
                // The half that is left of a replacement was said yes to with it.
                Some(change) => drop(self.confirmed.insert(number, change.revision)),
            }
            entries.extend(entry);
        }
        for number in missing {
            let draft = drafted(desk, number);
            let arrived = arrived.get(&collection.likeness(|name| draft.value(name))).copied().unwrap_or(0);
            entries.extend(desk.record_changes.amend(number, |change| {
                change.state = State::Unknown;
                change.sent = change.sent.map(|sent| Sent { answered: true, arrived, ..sent });
            }));
        }
        if let Reply::Plan(plan) = reply {
            self.created_plan = Some(plan.id);
        }
        if !answered.is_empty() {
            self.touch(&collection);
        }
        desk.put_created(&collection, answered);
        open
    }

    /// The server's words laid to the records they name, each entry to one record. Whether the others were made all the
    /// same is not documented: reading tells.
    fn refused(
        &mut self,
        numbers: &[ChangeNumber],
        refusal: &Refusal,
        desk: &mut Desk,
        entries: &mut Vec<RecordEntry>,
    ) -> bool {
        let mut named: Vec<&InvalidRecord> = refusal.records.iter().collect();
        let mut words = Vec::new();
        for number in numbers {
            let draft = drafted(desk, *number);
            let at = named.iter().position(|record| names(record, &draft));
            let record = at.map(|at| named.remove(at));
            let errors =
                record.map(|record| record.errors.iter().map(Text::raw).collect::<Vec<_>>().join("; "));
            words.push((*number, errors.map(Text::from)));
        }
        let none_named = words.iter().all(|(_, words)| words.is_none());
        if none_named && numbers.len() > 1 && !refusal.records.is_empty() {
            // It names records, but none of these: they are looked for, and not sent again by themselves.
            self.otherwise.push(format!("the server refused: {}", refusal.line()));
        }
        let mut open = false;
        for (number, words) in words {
            let state = match words {
                Some(words) => State::Refused(words),
                None if none_named && (numbers.len() == 1 || refusal.records.is_empty()) => {
                    State::Refused(words_of(refusal))
                }
                None => State::Unknown,
            };
            open |= state == State::Unknown;
            if let State::Refused(_) = state {
                self.tally.refused += 1;
            }
            entries.extend(desk.record_changes.amend(number, |change| {
                // The server did answer: one look is enough to tell.
                if let (State::Unknown, Some(sent)) = (&state, &mut change.sent) {
                    sent.looked = Some(Timestamp::UNIX_EPOCH);
                }
                change.state = state;
            }));
        }
        open
    }

    /// The answer to a change; whether it left something open.
    fn updated(
        &mut self,
        collection: &Collection,
        number: ChangeNumber,
        result: Result<Reply, ApiError>,
        desk: &mut Desk,
        fx: &mut Effects,
    ) -> bool {
        let state = match result {
            Ok(reply) => {
                let Some(record) = reply.records().first().copied() else {
                    return end_step(number, State::Unknown, desk, fx);
                };
                let (compared, entry) = desk.record_changes.compare(number, record);
                fx.store_records(entry.into_iter().collect());
                match compared {
                    Compared::Saved => {
                        self.tally.saved += 1;
                        self.touch(collection);
                    }
                    Compared::NotTaken => self.tally.not_taken += 1,
                    Compared::Unshown => return true,
                    Compared::Another => {
                        self.otherwise.push("the server answered with another record".into());
                        self.touch(collection);
                        return true;
                    }
                }
                desk.put_changed(collection, record);
                return false;
            }
            Err(error) => self.state_after(error),
        };
        end_step(number, state, desk, fx)
    }

    /// The answer to a deletion; whether it left something open.
    fn deleted(
        &mut self,
        collection: &Collection,
        number: ChangeNumber,
        result: Result<Reply, ApiError>,
        desk: &mut Desk,
        fx: &mut Effects,
    ) -> bool {
        let state = match result {
            // What is not there may be deleted, or not be where it is looked for: reading tells.
            Err(ApiError { failure: Failure::NotFound, .. }) => State::Unknown,
            Ok(_) => {
                let change = desk.record_changes.change(number);
                let id = change.and_then(|change| change.intent.record()).cloned();
                self.tally.saved += 1;
                self.tally.deleted += 1;
                self.touch(collection);
                fx.store_records(desk.record_changes.forget(number).into_iter().collect());
                if let Some(id) = id {
                    desk.remove(collection, &id);
                }
                return false;
            }
            Err(error) => self.state_after(error),
        };
        end_step(number, state, desk, fx)
    }

    /// How a change or a deletion stands after a failure.
    fn state_after(&mut self, error: ApiError) -> State {
        match error {
            ApiError { failure: Failure::Refused(refusal), .. } => {
                self.tally.refused += 1;
                State::Refused(words_of(&refusal))
            }
            error if error.outcome_unknown() => {
                self.failures.push(error);
                State::Unknown
            }
            error => {
                self.fail(error);
                State::Staged
            }
        }
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

/// What the server made otherwise than it was asked: an end that was clamped, a name made up. What was left out may be
/// given a value of its own, but not where the record stands for another one that was to be kept as it is.
fn made_otherwise(draft: &Draft, record: &Record, replaces: bool) -> Vec<String> {
    let says_no = |value: &Value| value.is_blank() || *value == Value::Flag(false);
    let shown = |value: &Value| if value.is_blank() { "–".into() } else { value.to_string() };
    let fields = record.entries().filter(|(field, _)| field.is_sent());
    let otherwise = fields.filter_map(|(field, made)| {
        let sent = draft.value(field.name);
        // "No" and nothing said are one.
        let same = made.says_same(sent) || says_no(made) && says_no(sent);
        let own = sent.is_blank() && !replaces;
        (!same && !own).then(|| format!("{} is {} instead of {}", field.label(), shown(made), shown(sent)))
    });
    otherwise.collect()
}

/// Journals how a change stands; whether that left something open.
fn end_step(number: ChangeNumber, state: State, desk: &mut Desk, fx: &mut Effects) -> bool {
    let open = state == State::Unknown;
    fx.store_records(desk.record_changes.mark(number, state).into_iter().collect());
    open
}

/// The fields of the record a change makes.
fn drafted(desk: &Desk, number: ChangeNumber) -> Draft {
    let change = desk.record_changes.change(number);
    change.and_then(|change| change.intent.created()).cloned().unwrap_or_default()
}

/// Whether a refused record is this one: each field it names has the draft's value.
fn names(refused: &InvalidRecord, draft: &Draft) -> bool {
    let known = refused.fields.iter().filter(|(name, _)| name.raw() != "id");
    let mut named = known.filter_map(|(name, value)| {
        let (_, mine) = draft.entries().iter().find(|(field, _)| *field == name.raw())?;
        let mine = match mine {
            Value::Flag(flag) => flag.to_string(),
            other => other.typed().trim().to_owned(),
        };
        Some(mine == value.raw().trim())
    });
    named.next().is_some_and(|first| first && named.all(|same| same))
}

/// The server's words on one record.
fn words_of(refusal: &Refusal) -> Text {
    let errors: Vec<_> = refusal.records.iter().flat_map(|record| &record.errors).map(Text::raw).collect();
    if errors.is_empty() { refusal.line() } else { errors.join("; ").into() }
}
