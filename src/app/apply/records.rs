//! The records' part of an apply: per collection read again, then created, changed, deleted; each answer compared with
//! what was sent; what no answer told is found out by reading before anything more is created.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;

use crate::api::error::{ApiError, Failure, InvalidRecord, Refusal};
use crate::api::reply::Reply;
use crate::app::apply::brought::Brought;
use crate::desk::Desk;
use crate::desk::sending::Step;
use crate::domain::change::State;
use crate::domain::collection::Collection;
use crate::domain::id::{PlanId, ScorecardId};
use crate::domain::record::{Draft, Field, Record, Value};
use crate::domain::record_change::{
    ChangeNumber, Found, Hold, Intent, Likenesses, RecordEntry, Sent, is_like,
};
use crate::domain::text::{Text, count};
use crate::effect::{Effects, RequestId};
use crate::nav::reading::{Progress, Reading};

/// Changes of records being applied.
#[derive(Debug, PartialEq)]
pub(super) struct RecordApply {
    /// What was said yes to; a change edited since is not sent.
    confirmed: BTreeMap<ChangeNumber, u64>,
    /// How many that were at first; those that had their answer are taken out.
    total: usize,
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
    Reading(Reading),
    /// A request is under way.
    Sending { known: Known, step: Step, numbers: Vec<ChangeNumber> },
}

/// What is known of the collection that is worked on.
#[derive(Debug, PartialEq)]
struct Known {
    collection: Collection,
    steps: VecDeque<Step>,
    likenesses: Likenesses,
}

/// How many records came to what.
#[derive(Debug, PartialEq, Default)]
struct Tally {
    created: usize,
    changed: usize,
    deleted: usize,
    already: usize,
    not_taken: usize,
    refused: usize,
    back: usize,
    held: usize,
    unknown: usize,
}

impl RecordApply {
    pub(super) fn new(confirmed: BTreeMap<ChangeNumber, u64>, desk: &Desk) -> Self {
        Self {
            collections: desk.collections(&confirmed).into_iter().collect(),
            total: confirmed.len(),
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

    pub(super) fn is_clean(&self) -> bool {
        let Tally { not_taken, refused, back, held, unknown, .. } = self.tally;
        not_taken + refused + back + held + unknown == 0
    }

    pub(super) fn failure(&self) -> Option<&ApiError> {
        self.failures.last()
    }

    pub(super) fn stop(&mut self) -> bool {
        let waiting = match &self.stage {
            Some(Stage::Sending { known, .. }) => known.steps.len(),
            Some(Stage::Reading(_)) => 1,
            None => 0,
        };
        self.stopped |= waiting > 0 || !self.collections.is_empty();
        self.stopped
    }

    pub(super) fn progress(&self) -> Option<(usize, usize)> {
        let Tally { created, changed, deleted, refused, already, .. } = self.tally;
        (self.total > 1 && self.stage.is_some())
            .then_some((created + changed + deleted + refused + already, self.total))
    }

    pub(super) fn scorecards(&self) -> BTreeSet<ScorecardId> {
        self.touched.clone()
    }

    pub(super) fn created_plan(&self) -> Option<PlanId> {
        self.created_plan.filter(|_| self.total == 1)
    }

    /// Reads the next collection, or ends.
    fn next_collection(&mut self, desk: &mut Desk, fx: &mut Effects) {
        self.stage = None;
        if self.broken_off || self.stopped {
            return;
        }
        while let Some(collection) = self.collections.pop_front() {
            let changes = desk.record_changes.of(&collection);
            let confirmed = changes.filter(|(number, _)| self.confirmed.contains_key(number));
            let only_deletes = confirmed.into_iter().all(|(_, c)| matches!(c.intent, Intent::Delete(_)));
            if !only_deletes {
                self.stage = Some(Stage::Reading(Reading::start(&collection, fx)));
                return;
            }
            let steps = desk.steps_of(&collection, &self.confirmed).into();
            let known = Known { collection, steps, likenesses: Likenesses::default() };
            if self.send_next(known, desk, fx) {
                return;
            }
        }
    }

    /// A reply to one of its calls came, and what it brought is on the desk.
    pub(super) fn reply(
        &mut self,
        id: RequestId,
        result: Result<Reply, ApiError>,
        brought: &Brought,
        desk: &mut Desk,
        fx: &mut Effects,
    ) {
        self.tally_found(&brought.records);
        match self.stage.take() {
            Some(Stage::Reading(mut reading)) => {
                match reading.reply(id, result.as_ref().err(), brought.grew, fx) {
                    Progress::Foreign | Progress::More => {
                        self.stage = Some(Stage::Reading(reading));
                    }
                    Progress::Done => self.was_read(reading.collection().clone(), desk, fx),
                    Progress::Failed(rest) => {
                        fx.cancel(rest);
                        if let Err(error) = result {
                            self.fail(error);
                        }
                        self.next_collection(desk, fx);
                    }
                }
            }
            Some(Stage::Sending { known, step, numbers }) => {
                let collection = known.collection.clone();
                let mut known = known;
                let open = match &step {
                    Step::Create(_) => self.created(&mut known, &numbers, result, desk, fx),
                    Step::Update(number) => self.updated(&collection, *number, result, desk, fx),
                    Step::Delete(number) => self.deleted(&collection, *number, result, desk, fx),
                };
                if open {
                    // What is left to be sent is worked out anew once it is known what is there.
                    self.stage = Some(Stage::Reading(Reading::start(&collection, fx)));
                } else if !self.send_next(known, desk, fx) {
                    self.next_collection(desk, fx);
                }
            }
            None => {}
        }
    }

    /// The collection is on the desk as it is now: begins to send, or goes on after what was open has been decided.
    fn was_read(&mut self, collection: Collection, desk: &mut Desk, fx: &mut Effects) {
        let open = |desk: &Desk| {
            desk.record_changes.of(&collection).filter(|(_, change)| change.state == State::Unknown).count()
        };
        let unknown = open(desk);
        self.tally.unknown = unknown;
        let rows = desk.records(&collection).into_iter().flat_map(|(rows, _)| rows);
        let likenesses = Likenesses::of(&collection, rows);
        if !collection.is_idempotent() {
            self.hold_doubles(&collection, &likenesses, desk, fx);
        }
        let mut steps: VecDeque<Step> = desk.steps_of(&collection, &self.confirmed).into();
        if unknown > 0 {
            // Nothing more is created while it is not known what is there.
            steps.retain(|step| !matches!(step, Step::Create(_)));
        }
        let known = Known { collection, steps, likenesses };
        if !self.send_next(known, desk, fx) {
            self.next_collection(desk, fx);
        }
    }

    /// What would make a record like one that is there waits for a person's word.
    fn hold_doubles(
        &mut self,
        collection: &Collection,
        likenesses: &Likenesses,
        desk: &mut Desk,
        fx: &mut Effects,
    ) {
        let double = |number: &ChangeNumber| {
            let change = desk.record_changes.change(*number)?;
            let draft = change.intent.created().filter(|_| change.collection == *collection)?;
            // A replacement that differs only where records are not told apart is like the one it replaces.
            let own = u32::from(matches!(change.intent, Intent::Replace { .. }));
            let free = change.hold == Hold::No && change.state != State::Unknown;
            (free && likenesses.count(collection, draft) > own).then_some(*number)
        };
        let doubles: Vec<_> = self.confirmed.keys().filter_map(double).collect();
        self.tally.held += doubles.len();
        let hold = |number: &ChangeNumber| {
            let why = "one like it is on the server; m lets it go all the same";
            desk.record_changes.amend(*number, |change| change.hold = Hold::Waits(why.into()))
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
                    change.sent = before.map(|before| Sent { before, arrived: 0, looked: None });
                })
            };
            fx.store_records(numbers.iter().filter_map(mark).collect());
            fx.call(call);
            if !matches!(step, Step::Create(_)) {
                self.confirmed.retain(|number, _| !numbers.contains(number));
            }
            self.stage = Some(Stage::Sending { known, step, numbers });
            return true;
        }
        false
    }

    fn tally_found(&mut self, found: &Found) {
        self.tally.created += found.saved;
        self.tally.already += found.already;
        self.tally.back += found.back;
    }

    fn touch(&mut self, collection: &Collection) {
        self.touched.extend(collection.scorecard().cloned());
    }

    /// Notes a failure; a key that is not let in or a server out of reach ends everything.
    fn fail(&mut self, error: ApiError) {
        self.broken_off |= error.out_of_reach() || matches!(error.failure, Failure::NotLetIn(_));
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
        let collection = known.collection.clone();
        let mut entries = Vec::new();
        let mut open = false;
        match result {
            Ok(reply) => {
                let mut made: Vec<&Record> = reply.records();
                let mut appended = Vec::new();
                for number in numbers {
                    let draft = drafted(desk, *number);
                    let at = made.iter().position(|record| is_like(&collection, &draft, record));
                    let Some(record) = at.map(|at| made.remove(at)) else {
                        open = true;
                        entries.extend(desk.record_changes.mark(*number, State::Unknown));
                        continue;
                    };
                    self.tally.created += 1;
                    self.note_otherwise(&collection, &draft, record);
                    known.likenesses.add(&collection, record);
                    appended.push(record.clone());
                    entries.extend(desk.record_changes.created(*number));
                }
                if let Reply::Plan(plan) = &reply {
                    self.created_plan = Some(plan.id);
                }
                if !appended.is_empty() {
                    self.touch(&collection);
                }
                desk.put_created(&collection, appended);
            }
            Err(ApiError { failure: Failure::Refused(refusal), .. }) => {
                open = self.refused(numbers, &refusal, desk, &mut entries);
            }
            Err(error) => {
                open = error.outcome_unknown();
                let state = if open { State::Unknown } else { State::Staged };
                entries.extend(numbers.iter().filter_map(|n| desk.record_changes.mark(*n, state.clone())));
                if open {
                    self.failures.push(error);
                } else {
                    // What stands in the way of one batch stands in the way of the next.
                    known.steps.retain(|step| !matches!(step, Step::Create(_)));
                    self.fail(error);
                }
            }
        }
        fx.store_records(entries);
        open
    }

    /// The server's words laid to the records they name. Whether those it does not name were made all the same is not
    /// documented: reading tells.
    fn refused(
        &mut self,
        numbers: &[ChangeNumber],
        refusal: &Refusal,
        desk: &mut Desk,
        entries: &mut Vec<RecordEntry>,
    ) -> bool {
        let named = |number: &ChangeNumber| {
            let draft = drafted(desk, *number);
            let mut words = refusal.records.iter().filter(|record| names(record, &draft));
            let errors = words.next()?.errors.iter().map(Text::raw).collect::<Vec<_>>().join("; ");
            Some(Text::from(errors))
        };
        let words: Vec<_> = numbers.iter().map(|number| (*number, named(number))).collect();
        let none_named = words.iter().all(|(_, words)| words.is_none());
        let mut open = false;
        for (number, words) in words {
            let state = match words {
                Some(words) => State::Refused(words),
                None if none_named => State::Refused(refusal.line()),
                None => {
                    open = true;
                    State::Unknown
                }
            };
            if let State::Refused(_) = state {
                self.tally.refused += 1;
                self.confirmed.remove(&number);
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

    /// Says where the server made something else than it was asked: an end that was clamped, a name made up.
    fn note_otherwise(&mut self, collection: &Collection, draft: &Draft, record: &Record) {
        let differs = |(name, value): &&(&'static str, Value)| {
            !value.is_blank() && !record.value(name).says_same(value) && !matches!(value, Value::Flag(false))
        };
        if let Some((name, value)) = draft.entries().iter().find(differs) {
            let name = collection.schema().field(name).map_or_else(String::new, Field::label);
            let shown = record.entries().find(|(field, _)| field.label() == name).map(|(_, v)| v.to_string());
            self.otherwise.push(format!("{name} is {} instead of {value}", shown.unwrap_or_default()));
        }
    }

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
                if let Some(record) = reply.records().first() {
                    let (saved, entry) = desk.record_changes.compare(number, record);
                    fx.store_records(entry.into_iter().collect());
                    *(if saved { &mut self.tally.changed } else { &mut self.tally.not_taken }) += 1;
                    if saved {
                        self.touch(collection);
                    }
                    desk.put_changed(collection, record);
                    return false;
                }
                State::Unknown
            }
            Err(ApiError { failure: Failure::Refused(refusal), .. }) => {
                self.tally.refused += 1;
                State::Refused(words_of(&refusal))
            }
            Err(error) if error.outcome_unknown() => {
                self.failures.push(error);
                State::Unknown
            }
            Err(error) => {
                self.fail(error);
                State::Staged
            }
        };
        let open = state == State::Unknown;
        fx.store_records(desk.record_changes.mark(number, state).into_iter().collect());
        open
    }

    fn deleted(
        &mut self,
        collection: &Collection,
        number: ChangeNumber,
        result: Result<Reply, ApiError>,
        desk: &mut Desk,
        fx: &mut Effects,
    ) -> bool {
        let state = match result {
            Ok(_) | Err(ApiError { failure: Failure::NotFound, .. }) => {
                let change = desk.record_changes.change(number);
                let id = change.and_then(|change| change.intent.record()).cloned();
                self.tally.deleted += 1;
                self.touch(collection);
                fx.store_records(desk.record_changes.forget(number).into_iter().collect());
                if let Some(id) = id {
                    desk.remove(collection, &id);
                }
                return false;
            }
            Err(ApiError { failure: Failure::Refused(refusal), .. }) => {
                self.tally.refused += 1;
                State::Refused(words_of(&refusal))
            }
            Err(error) if error.outcome_unknown() => {
                self.failures.push(error);
                State::Unknown
            }
            Err(error) => {
                self.fail(error);
                State::Staged
            }
        };
        let open = state == State::Unknown;
        fx.store_records(desk.record_changes.mark(number, state).into_iter().collect());
        open
    }

    /// What came of it, in words.
    pub(super) fn said(&self) -> Vec<String> {
        if self.total == 0 {
            return Vec::new();
        }
        let Tally { created, changed, deleted, already, not_taken, refused, back, held, unknown } =
            self.tally;
        let saved = created + changed + deleted;
        let mut said = vec![format!("{} saved", count(saved, "record"))];
        let several = [created, changed, deleted].iter().filter(|n| **n > 0).count() > 1;
        for (n, words) in [(created, "created"), (changed, "changed"), (deleted, "deleted")] {
            if n > 0 && several {
                said.push(format!("{n} {words}"));
            }
        }
        for (n, words) in [
            (already, "as on the server already"),
            (not_taken, "not taken: the server kept its own values"),
            (refused, "refused by the server; they stay staged"),
            (back, "did not arrive; they stay staged"),
            (held, "held: one like it is on the server"),
            (unknown, "unknown: no answer told; they are looked for again in 30 s"),
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
