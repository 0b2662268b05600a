//! All staged changes of records, and how responses and reads settle them.

use crate::domain::refusal::Refusal;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::ChangeState;
use crate::domain::change::natural_key::{NaturalKeyCounts, may_match};
use crate::domain::change::record_change::{
    ChangeNumber, Hold, Intent, ReconcileReads, RecordChange, RecordStanding, SentRequest, ServerRecord,
};
use crate::domain::date::seconds_since;
use crate::domain::id::{RecordId, TrainingProgramId};
use crate::domain::record::{Record, RecordDraft, Value};

/// A row to write to the journal: what has become of a change.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordEntry {
    /// The change's number.
    pub number: ChangeNumber,
    /// The change; `None` removes it from the journal.
    pub change: Option<RecordChange>,
}

/// What the response to an update says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateOutcome {
    /// All fields were saved.
    Saved,
    /// The server kept its own value of some fields.
    NotTaken,
    /// Some fields are missing from the response; a read decides.
    NotShown,
    /// The response shows another record; a read decides.
    OtherRecord,
}

/// What reconciling with a read of a collection changed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordReconciliation {
    /// Rows to write to the journal.
    pub entries: Vec<RecordEntry>,
    /// Changes of unknown outcome that turned out to be saved.
    pub saved: usize,
    /// Staged changes that the server already has.
    pub already_saved: usize,
    /// Changes of unknown outcome that did not arrive and are staged again.
    pub restaged: usize,
    /// Whether a created record was not found by the first read, so that the server must be read again after
    /// [`SECOND_READ_DELAY_SECS`].
    pub needs_second_read: bool,
}

/// Seconds between the read that did not find a created record and the second one.
pub const SECOND_READ_DELAY_SECS: u64 = 30;

/// All staged changes of records.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordChanges {
    changes: BTreeMap<ChangeNumber, RecordChange>,
    by_collection: BTreeMap<Collection, BTreeSet<ChangeNumber>>,
    by_record: BTreeMap<Collection, BTreeMap<RecordId, ChangeNumber>>,
    last_number: ChangeNumber,
    generation: u64,
}

impl RecordChanges {
    /// All changes, in the order they were first staged.
    pub fn iter(&self) -> impl Iterator<Item = (ChangeNumber, &RecordChange)> {
        self.changes.iter().map(|(number, change)| (*number, change))
    }

    /// The changes of one collection.
    pub fn in_collection<'a>(
        &'a self,
        collection: &'a Collection,
    ) -> impl Iterator<Item = (ChangeNumber, &'a RecordChange)> {
        let numbers = self.by_collection.get(collection).into_iter().flatten();
        numbers.filter_map(|number| Some((*number, self.changes.get(number)?)))
    }

    /// The collections that have changes.
    pub fn collections(&self) -> impl Iterator<Item = &Collection> {
        self.by_collection.keys()
    }

    /// The change with this number, if any.
    pub fn change(&self, number: ChangeNumber) -> Option<&RecordChange> {
        self.changes.get(&number)
    }

    /// The change of an existing record, if any.
    pub fn for_record(
        &self,
        collection: &Collection,
        id: &RecordId,
    ) -> Option<(ChangeNumber, &RecordChange)> {
        let number = *self.by_record.get(collection)?.get(id)?;
        Some((number, self.changes.get(&number)?))
    }

    /// Grows whenever any change is put or removed.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Keeps this number and lower ones from being given to new changes, because something else uses it.
    pub fn reserve_number(&mut self, number: ChangeNumber) {
        self.last_number = self.last_number.max(number);
    }

    /// An unused number, for a change or a revision of one.
    pub fn next_number(&mut self) -> ChangeNumber {
        self.last_number += 1;
        self.last_number
    }

    /// Applies a row and returns it to be journalled.
    pub fn put(&mut self, entry: RecordEntry) -> RecordEntry {
        self.generation += 1;
        self.last_number = self.last_number.max(entry.number);
        if let Some(old) = self.changes.remove(&entry.number) {
            if let Some(numbers) = self.by_collection.get_mut(&old.collection) {
                numbers.remove(&entry.number);
                if numbers.is_empty() {
                    self.by_collection.remove(&old.collection);
                }
            }
            if let (Some(id), Some(of)) = (old.intent.record_id(), self.by_record.get_mut(&old.collection))
                && of.get(id) == Some(&entry.number)
            {
                of.remove(id);
            }
        }
        if let Some(change) = &entry.change {
            self.by_collection.entry(change.collection.clone()).or_default().insert(entry.number);
            if let Some(id) = change.intent.record_id() {
                let of = self.by_record.entry(change.collection.clone()).or_default();
                of.insert(id.clone(), entry.number);
            }
            let mut change = change.clone();
            change.update_blocked_reason();
            self.changes.insert(entry.number, change);
        }
        entry
    }

    /// Changes one in place; `None` when it is not staged.
    pub fn amend(
        &mut self,
        number: ChangeNumber,
        how: impl FnOnce(&mut RecordChange),
    ) -> Option<RecordEntry> {
        let mut change = self.change(number)?.clone();
        how(&mut change);
        Some(self.put(RecordEntry { number, change: Some(change) }))
    }

    /// Changes one and gives it a new revision, so that an earlier confirmation no longer counts.
    pub fn revise(
        &mut self,
        number: ChangeNumber,
        how: impl FnOnce(&mut RecordChange),
    ) -> Option<RecordEntry> {
        let revision = self.next_number();
        self.amend(number, |change| {
            how(change);
            change.revision = revision;
        })
    }

    /// Sets the state of one; `None` when it is not staged.
    pub fn set_state(&mut self, number: ChangeNumber, state: ChangeState) -> Option<RecordEntry> {
        self.amend(number, |change| change.state = state)
    }

    /// Removes one; `None` when it is not staged.
    pub fn remove(&mut self, number: ChangeNumber) -> Option<RecordEntry> {
        self.change(number)?;
        Some(self.put(RecordEntry { number, change: None }))
    }

    /// Moves the participants that wait for a new training program to it, once it is on the server with this id. To be
    /// journalled together with the end of the program's own change.
    pub fn adopt_participants(&mut self, program: ChangeNumber, id: TrainingProgramId) -> Vec<RecordEntry> {
        let waits = |change: &RecordChange| matches!(change.collection, Collection::NewProgramParticipants(_, number) if number == program);
        let waiting: Vec<ChangeNumber> =
            self.iter().filter(|(_, change)| waits(change)).map(|(number, _)| number).collect();
        let adopt = |change: &mut RecordChange| {
            if let Collection::NewProgramParticipants(scorecard, _) = &change.collection {
                change.collection = Collection::Participants(scorecard.clone(), id);
            }
        };
        waiting.into_iter().filter_map(|number| self.amend(number, adopt)).collect()
    }

    /// Settles a change whose new record is on the server: it is removed, or, if it was a replacement,
    /// becomes the deletion of the old record.
    pub fn settle_creation(&mut self, number: ChangeNumber) -> Option<RecordEntry> {
        match &self.change(number)?.intent {
            Intent::Replace { id, .. } => {
                let id = id.clone();
                self.revise(number, |change| {
                    change.intent = Intent::Delete(id);
                    change.state = ChangeState::Staged;
                    change.sent_request = None;
                })
            }
            _ => self.remove(number),
        }
    }

    /// Decides a conflict or an unknown outcome for "mine": the server's record now becomes the base, or the
    /// change is staged to be sent again. Fails when it is not staged any more or there is nothing to decide.
    pub fn keep_mine(
        &mut self,
        number: ChangeNumber,
        seen: ServerRecord<'_>,
    ) -> Result<RecordEntry, Refusal> {
        const NOTHING: &str = "there is no conflict here to decide";
        let change = self.change(number).ok_or("it is not staged any more")?;
        let intent = match (change.standing(seen), seen) {
            (RecordStanding::OutcomeUnknown, _) => change.intent.clone(),
            (RecordStanding::Conflict(_), ServerRecord::Present(theirs)) => {
                change.rebased(theirs).ok_or(NOTHING)?
            }
            _ => return Err(NOTHING.into()),
        };
        let revised = self.revise(number, |change| {
            change.state = ChangeState::Staged;
            change.sent_request = None;
            change.intent = intent;
        });
        revised.ok_or_else(|| NOTHING.into())
    }

    /// Compares the response to an update with what was sent: fields that match are saved, others are not
    /// taken, and a missing field makes the outcome unknown. A plan name that was blanked is skipped, because
    /// the server makes one up.
    pub fn settle_response(
        &mut self,
        number: ChangeNumber,
        answer: &Record,
    ) -> (UpdateOutcome, Option<RecordEntry>) {
        let change = self.change(number).cloned();
        let Some(RecordChange { intent: Intent::Update { id, mine, .. }, collection, .. }) = change else {
            return (UpdateOutcome::NotShown, None);
        };
        if collection.id_of(answer).as_ref() != Some(&id) {
            return (UpdateOutcome::OtherRecord, self.set_state(number, ChangeState::OutcomeUnknown));
        }
        let made_up =
            |name: &str, value: &Value| collection == Collection::Plans && name == "name" && value.is_blank();
        let kept = mine
            .entries()
            .iter()
            .filter(|(name, value)| !answer.value(name).is_equivalent(value) && !made_up(name, value));
        let kept: Vec<_> = kept.cloned().collect();
        if kept.is_empty() {
            return (UpdateOutcome::Saved, self.remove(number));
        }
        if kept.iter().any(|(name, _)| *answer.value(name) == Value::Absent) {
            return (UpdateOutcome::NotShown, self.set_state(number, ChangeState::OutcomeUnknown));
        }
        let base = kept.iter().map(|(name, _)| (*name, answer.value(name).clone())).collect();
        let entry = self.amend(number, |change| {
            change.state = ChangeState::NotTaken;
            if let Intent::Update { base: old, mine, .. } = &mut change.intent {
                (*old, *mine) = (RecordDraft::new(base), RecordDraft::new(kept));
            }
        });
        (UpdateOutcome::NotTaken, entry)
    }

    /// Reconciles the changes of a collection with a read of it: decides unknown outcomes and removes what
    /// the server already has. Requests in flight are left alone. When rows are missing (not `complete`), as
    /// in a list that changed while it was read, nothing is taken for gone or not arrived.
    pub fn reconcile<'a>(
        &mut self,
        collection: &Collection,
        rows: impl Iterator<Item = &'a Record>,
        complete: bool,
        now: Timestamp,
    ) -> RecordReconciliation {
        let mut reconciliation = RecordReconciliation::default();
        let open = |change: &RecordChange| {
            change.state == ChangeState::OutcomeUnknown
                || (change.state != ChangeState::Sending && change.intent.record_id().is_some())
        };
        let numbers: Vec<_> =
            self.in_collection(collection).filter(|(_, c)| open(c)).map(|(n, _)| n).collect();
        if numbers.is_empty() {
            return reconciliation;
        }
        let rows: Vec<&Record> = rows.collect();
        let by_id: HashMap<RecordId, &Record> =
            rows.iter().filter_map(|row| Some((collection.id_of(row)?, *row))).collect();
        let natural_keys = NaturalKeyCounts::from_records(collection, rows.iter().copied());
        // Changes with the same natural key are decided together: as many arrived as there are more such
        // records than before.
        let mut alike: BTreeMap<String, Vec<ChangeNumber>> = BTreeMap::new();
        for number in numbers {
            let change = &self.changes[&number];
            let unknown = change.state == ChangeState::OutcomeUnknown;
            let entry = match (&change.intent, change.natural_key()) {
                (Intent::Create(_) | Intent::Replace { .. }, Some(natural_key)) => {
                    if unknown {
                        alike.entry(natural_key).or_default().push(number);
                    }
                    None
                }
                (Intent::Delete(id), _) if !by_id.contains_key(id) => {
                    // An incomplete list may lack it, and a deletion that was only staged is left to its own
                    // request.
                    if !complete || !unknown {
                        continue;
                    }
                    reconciliation.saved += 1;
                    self.remove(number)
                }
                (Intent::Update { id, mine, .. }, _) => match by_id.get(id) {
                    Some(theirs) if mine.entries().iter().all(|(n, v)| theirs.value(n).is_equivalent(v)) => {
                        *(if unknown {
                            &mut reconciliation.saved
                        } else {
                            &mut reconciliation.already_saved
                        }) += 1;
                        self.remove(number)
                    }
                    Some(theirs) if mine.entries().iter().any(|(n, _)| *theirs.value(n) == Value::Absent) => {
                        None
                    }
                    Some(_) if unknown => {
                        reconciliation.restaged += 1;
                        self.set_state(number, ChangeState::Staged)
                    }
                    None if unknown && complete => self.set_state(number, ChangeState::Staged),
                    _ => None,
                },
                _ if unknown => {
                    reconciliation.restaged += 1;
                    self.set_state(number, ChangeState::Staged)
                }
                _ => None,
            };
            reconciliation.entries.extend(entry);
        }
        let is_program = matches!(collection, Collection::TrainingPrograms(_));
        for (natural_key, numbers) in alike {
            let back = self.settle_creations(
                collection,
                &numbers,
                &natural_keys,
                complete.then_some(now),
                &mut reconciliation,
            );
            for number in numbers.iter().filter(|_| is_program) {
                let same = |row: &&&Record| collection.natural_key(|name| row.value(name)) == natural_key;
                let id = rows.iter().find(same).and_then(|row| collection.id_of(row)?.as_str().parse().ok());
                if let (None, Some(id)) = (self.change(*number), id) {
                    reconciliation.entries.extend(self.adopt_participants(*number, id));
                }
            }
            for number in back {
                let may_be_there = |change: &RecordChange| {
                    let other = |row: &&Record| collection.id_of(row).as_ref() != change.intent.record_id();
                    let draft = change.intent.created_draft()?;
                    rows.iter().copied().filter(other).find(|row| may_match(collection, draft, row))
                };
                if self.change(number).and_then(may_be_there).is_some() {
                    let why = "one of that name is there: look whether it is this one, made otherwise";
                    reconciliation
                        .entries
                        .extend(self.amend(number, |change| change.hold = Hold::Held(why.into())));
                }
            }
        }
        reconciliation
    }

    /// Decides requests of unknown outcome whose records have the same natural key; without `now`, only those
    /// that arrived. Returns those that did not arrive and are staged again.
    fn settle_creations(
        &mut self,
        collection: &Collection,
        numbers: &[ChangeNumber],
        natural_keys: &NaturalKeyCounts,
        now: Option<Timestamp>,
        reconciliation: &mut RecordReconciliation,
    ) -> Vec<ChangeNumber> {
        let mut back = Vec::new();
        let Some(change) = numbers.first().and_then(|number| self.change(*number)) else { return back };
        let Some(draft) = change.intent.created_draft() else { return back };
        let sent = numbers.iter().filter_map(|n| self.changes[n].sent_request);
        let (before, arrived) = sent.fold((0, 0), |(before, arrived), s| {
            (s.matches_before.max(before), s.matches_arrived.max(arrived))
        });
        let there = natural_keys.count(collection, draft).saturating_sub(arrived) as usize;
        let numbered = |n: &ChangeNumber| self.changes[n].sent_request.is_some();
        // Such records existed before, or there are more than were sent: a person decides.
        if before > 0 || there > numbers.len() || !numbers.iter().all(numbered) {
            return back;
        }
        for (at, number) in numbers.iter().enumerate() {
            let sent = self.changes[number].sent_request;
            let entry = if at < there {
                let entry = self.settle_creation(*number);
                reconciliation.saved +=
                    usize::from(entry.as_ref().is_some_and(|entry| entry.change.is_none()));
                entry
            } else {
                let Some(now) = now.filter(|_| sent.is_none_or(|sent| !sent.answered_ok)) else { continue };
                let reads = sent.map_or(ReconcileReads::None, |sent| sent.reads);
                let is_decided = match reads {
                    ReconcileReads::None => false,
                    ReconcileReads::First(first) => seconds_since(first, now) >= SECOND_READ_DELAY_SECS,
                    ReconcileReads::OneIsEnough => true,
                };
                match reads {
                    _ if is_decided => {
                        reconciliation.restaged += 1;
                        back.push(*number);
                        self.amend(*number, |change| {
                            change.state = ChangeState::Staged;
                            change.sent_request = None;
                        })
                    }
                    reads => {
                        reconciliation.needs_second_read = true;
                        let first = if let ReconcileReads::First(first) = reads { first } else { now };
                        let sent = SentRequest {
                            matches_before: before,
                            matches_arrived: arrived + there as u32,
                            reads: ReconcileReads::First(first),
                            answered_ok: false,
                        };
                        self.amend(*number, |change| change.sent_request = Some(sent))
                    }
                }
            };
            reconciliation.entries.extend(entry);
        }
        back
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::record::parse_value;
    use serde::de::DeserializeSeed;

    fn collection() -> Collection {
        "participants scorecard_1 7".parse().unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn draft(of: &Collection, fields: &[(&str, &str)]) -> RecordDraft {
        let value = |(name, text): &(&str, &str)| {
            let field = of.schema().field(name).unwrap();
            (field.name, parse_value(field.kind, text).unwrap())
        };
        RecordDraft::new(fields.iter().map(value).collect())
    }

    fn row(of: &Collection, json: &str) -> Record {
        of.schema().deserialize(&mut serde_json::Deserializer::from_str(json)).unwrap()
    }

    /// Changes of unknown outcome that would create these people.
    fn unknown(names: &[&str], before: u32) -> RecordChanges {
        let of = collection();
        let mut changes = RecordChanges::default();
        for name in names {
            let intent = Intent::Create(draft(&of, &[("full_name", name), ("course_cost", "0")]));
            let mut change = RecordChange::new(of.clone(), (*name).into(), intent, at(0));
            change.state = ChangeState::OutcomeUnknown;
            change.sent_request = Some(SentRequest::new(before));
            let number = changes.next_number();
            changes.put(RecordEntry { number, change: Some(change) });
        }
        changes
    }

    fn people(names: &[&str]) -> Vec<Record> {
        let json = |(at, name): (usize, &&str)| {
            let json = format!(r#"{{"id": {}, "full_name": "{name}", "course_cost": "0.0"}}"#, at + 1);
            row(&collection(), &json)
        };
        names.iter().enumerate().map(json).collect()
    }

    #[test]
    fn a_found_creation_is_saved_and_a_missing_one_is_offered_again_only_after_a_second_read() {
        let mut changes = unknown(&["Ann", "Ben", "Ann"], 0);
        let rows = people(&["Ann", "Zoë"]);
        let found = changes.reconcile(&collection(), rows.iter(), true, at(0));
        assert_eq!(
            (found.saved, found.restaged, found.needs_second_read),
            (1, 0, true),
            "one of two like ones is there"
        );
        let found = changes.reconcile(&collection(), rows.iter(), true, at(29));
        assert_eq!(
            (found.saved, found.restaged, found.needs_second_read),
            (0, 0, true),
            "too early, and Ann is one only"
        );
        let found = changes.reconcile(&collection(), rows.iter(), true, at(60));
        assert_eq!((found.saved, found.restaged), (0, 2));
        assert!(changes.iter().all(|(_, change)| change.state == ChangeState::Staged));
        assert_eq!(changes.len(), 2);
    }

    #[test]
    fn existing_or_multiple_records_with_the_same_natural_key_need_a_decision() {
        for (before, there) in [(1, vec!["Ann", "Ann"]), (1, vec!["Ann"]), (0, vec!["Ann", "Ann"])] {
            let mut changes = unknown(&["Ann"], before);
            let found = changes.reconcile(&collection(), people(&there).iter(), true, at(0));
            changes.reconcile(&collection(), people(&there).iter(), true, at(100));
            assert_eq!(found, RecordReconciliation::default());
            assert_eq!(changes.iter().next().unwrap().1.state, ChangeState::OutcomeUnknown);
        }
    }

    fn update(base: &str, mine: &str) -> RecordChanges {
        let of = Collection::Scorecards;
        let intent = Intent::Update {
            id: "scorecard_1".parse().unwrap(),
            base: draft(&of, &[("province", base)]),
            mine: draft(&of, &[("province", mine)]),
        };
        let mut changes = RecordChanges::default();
        let change = RecordChange::new(of, "YTD".into(), intent, at(0));
        let number = changes.next_number();
        changes.put(RecordEntry { number, change: Some(change) });
        changes
    }

    fn scorecard(province: &str) -> Record {
        row(&Collection::Scorecards, &format!(r#"{{"id": "scorecard_1", "province": "{province}"}}"#))
    }

    #[test]
    fn a_field_changed_on_both_sides_is_a_conflict_until_it_is_resolved() {
        let mut changes = update("Gauteng", "Limpopo");
        let theirs = scorecard("National");
        let standing = |changes: &RecordChanges, theirs| {
            changes.change(1).unwrap().standing(ServerRecord::Present(theirs))
        };
        assert_eq!(standing(&changes, &theirs).to_string(), "conflict: the server has province National now");
        assert_eq!(changes.change(1).unwrap().sendable_fields(&theirs), None);
        changes.keep_mine(1, ServerRecord::Present(&theirs)).unwrap();
        assert_eq!(standing(&changes, &theirs), RecordStanding::Staged);
        assert!(changes.change(1).unwrap().sendable_fields(&theirs).is_some());
    }

    #[test]
    fn a_response_with_the_old_value_is_not_taken_and_never_saved() {
        let mut changes = update("Gauteng", "Limpopo");
        assert_eq!(changes.settle_response(1, &scorecard("Gauteng")).0, UpdateOutcome::NotTaken);
        assert_eq!(changes.change(1).unwrap().state, ChangeState::NotTaken);
        let other = row(&Collection::Scorecards, r#"{"id": "scorecard_2", "province": "Limpopo"}"#);
        assert_eq!(
            changes.settle_response(1, &other).0,
            UpdateOutcome::OtherRecord,
            "it says nothing of this one"
        );
        let short = row(&Collection::Scorecards, r#"{"id": "scorecard_1"}"#);
        assert_eq!(changes.settle_response(1, &short).0, UpdateOutcome::NotShown);
        assert_eq!(changes.change(1).unwrap().state, ChangeState::OutcomeUnknown);
        assert_eq!(changes.settle_response(1, &scorecard("Limpopo")).0, UpdateOutcome::Saved);
        assert!(changes.is_empty());
    }

    #[test]
    fn a_deletion_is_done_when_the_record_is_gone() {
        let mut changes = RecordChanges::default();
        let number = changes.next_number();
        let intent = Intent::Delete("2".parse().unwrap());
        let mut change = RecordChange::new(collection(), "Ben".into(), intent, at(0));
        change.state = ChangeState::OutcomeUnknown;
        changes.put(RecordEntry { number, change: Some(change) });
        let there = people(&["Ann", "Ben"]);
        assert_eq!(changes.reconcile(&collection(), there.iter(), true, at(0)).restaged, 1);
        changes.set_state(number, ChangeState::OutcomeUnknown);
        assert_eq!(changes.reconcile(&collection(), there[..1].iter(), true, at(0)).saved, 1);
        assert!(changes.is_empty());
    }

    #[test]
    fn replacing_a_changed_record_is_a_conflict_and_mine_keeps_their_other_fields() {
        let of = collection();
        let field = |cost: &str| draft(&of, &[("full_name", "Ann"), ("course_cost", cost)]);
        let mine = draft(&of, &[("full_name", "Bea"), ("course_cost", "100")]);
        let intent = Intent::Replace { id: "9".parse().unwrap(), base: field("100"), mine };
        let mut changes = RecordChanges::default();
        let number = changes.next_number();
        let change = RecordChange::new(of.clone(), "Ann".into(), intent, at(0));
        changes.put(RecordEntry { number, change: Some(change) });
        let theirs = row(&of, r#"{"id": 9, "full_name": "Ann", "course_cost": "999.0"}"#);
        let standing = changes.change(number).unwrap().standing(ServerRecord::Present(&theirs));
        assert_eq!(standing.to_string(), "conflict: the server has course_cost 999.0 now");
        let before = changes.change(number).unwrap().revision;
        changes.keep_mine(number, ServerRecord::Present(&theirs)).unwrap();
        let after = changes.change(number).unwrap();
        assert_ne!(after.revision, before, "what was confirmed before does not count any more");
        let sent = after.intent.created_draft().unwrap();
        assert_eq!(sent.value("full_name"), &Value::Text("Bea".into()));
        assert_eq!(sent.value("course_cost").to_string(), "999.0");
    }

    #[test]
    fn a_replacement_deletes_the_old_record_only_once_the_new_one_exists() {
        let of = collection();
        let mut changes = RecordChanges::default();
        let named = |name| draft(&of, &[("full_name", name)]);
        let intent = Intent::Replace { id: "9".parse().unwrap(), base: named("Bea"), mine: named("Ann") };
        let number = changes.next_number();
        let change = RecordChange::new(of.clone(), "Ann".into(), intent, at(0));
        changes.put(RecordEntry { number, change: Some(change) });
        changes.settle_creation(number);
        assert_eq!(changes.change(number).unwrap().intent, Intent::Delete("9".parse().unwrap()));
        assert_eq!(changes.for_record(&of, &"9".parse().unwrap()).unwrap().0, number);
    }
}
