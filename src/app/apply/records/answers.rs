//! What an answer makes of the records that were sent: each compared with what was asked, what it does not tell left
//! open.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::api::error::{ApiError, Failure, InvalidRecord, Refusal};
use crate::api::reply::Reply;
use crate::app::apply::records::{Known, RecordApply};
use crate::desk::Desk;
use crate::desk::sending::Step;
use crate::domain::change::State;
use crate::domain::collection::Collection;
use crate::domain::likeness::{is_like, made_otherwise, may_be};
use crate::domain::record::{Draft, Record, Value};
use crate::domain::record_change::{ChangeNumber, Hold, Seen, Sent};
use crate::domain::record_changes::{Compared, RecordEntry};
use crate::domain::text::Text;
use crate::effect::Effects;

impl RecordApply {
    /// The answer to a creation; whether it left something open.
    pub(super) fn created(
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
        if let Some(last) = answered.last() {
            self.touch(&collection);
            self.last_made = collection.id_of(last).map(|id| (collection.clone(), id));
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
    pub(super) fn updated(
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
    pub(super) fn deleted(
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
