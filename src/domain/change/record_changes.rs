//! All staged changes of records, and what answers and readings make of them.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::domain::change::collection::{Collection, RecordId};
use crate::domain::change::counter_change::ChangeState;
use crate::domain::change::natural_key::{NaturalKeyCounts, may_match};
use crate::domain::change::record_change::{
    ChangeNumber, Hold, Intent, RecordChange, RecordStanding, SentRequest, ServerRecord,
};
use crate::domain::date::seconds_since;
use crate::domain::record::{Record, RecordDraft, Value};

/// A row of the journal: a change as it is now, or none.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordEntry {
    /// Its number.
    pub number: ChangeNumber,
    /// The change; `None` takes it out of the journal.
    pub change: Option<RecordChange>,
}

/// What an answer to an update shows of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateOutcome {
    /// All of it.
    Saved,
    /// Some fields have other values.
    NotTaken,
    /// Some fields are not in it; reading tells.
    NotShown,
    /// It is another record's; reading tells.
    OtherRecord,
}

/// What a reading did to the staged changes of a collection.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordReconciliation {
    /// Rows to journal.
    pub entries: Vec<RecordEntry>,
    /// Of unknown outcome, and turned out to be done.
    pub saved: usize,
    /// Staged, and so on the server already.
    pub already_saved: usize,
    /// Of unknown outcome, and did not arrive.
    pub restaged: usize,
    /// Without a sign at the first look: the server is looked at once more after [`SECOND_LOOK`].
    pub needs_second_read: bool,
}

/// A request without an answer is looked for once more after so many seconds.
pub const SECOND_READ_DELAY_SECS: u64 = 30;

/// All staged changes of records.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordChanges {
    changes: BTreeMap<ChangeNumber, RecordChange>,
    by_record: BTreeMap<Collection, BTreeMap<RecordId, ChangeNumber>>,
    last_number: ChangeNumber,
    generation: u64,
}

impl RecordChanges {
    /// All of them, in the order they were first staged.
    pub fn iter(&self) -> impl Iterator<Item = (ChangeNumber, &RecordChange)> {
        self.changes.iter().map(|(number, change)| (*number, change))
    }

    /// Those of one collection.
    pub fn in_collection<'a>(
        &'a self,
        collection: &'a Collection,
    ) -> impl Iterator<Item = (ChangeNumber, &'a RecordChange)> {
        self.iter().filter(move |(_, change)| change.collection == *collection)
    }

    /// One of them.
    pub fn change(&self, number: ChangeNumber) -> Option<&RecordChange> {
        self.changes.get(&number)
    }

    /// The one about a record.
    pub fn for_record(
        &self,
        collection: &Collection,
        id: &RecordId,
    ) -> Option<(ChangeNumber, &RecordChange)> {
        let number = *self.by_record.get(collection)?.get(id)?;
        Some((number, self.changes.get(&number)?))
    }

    /// Another number after each change of anything.
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

    /// Gives no new change this number: something else has it.
    pub fn reserve_number(&mut self, number: ChangeNumber) {
        self.last_number = self.last_number.max(number);
    }

    /// A number that was never used, for a change or a revision of one.
    pub fn next_number(&mut self) -> ChangeNumber {
        self.last_number += 1;
        self.last_number
    }

    /// Puts a row in, or takes it out, and hands it back to be journalled.
    pub fn put(&mut self, entry: RecordEntry) -> RecordEntry {
        self.generation += 1;
        self.last_number = self.last_number.max(entry.number);
        if let Some(old) = self.changes.remove(&entry.number)
            && let (Some(id), Some(of)) = (old.intent.record_id(), self.by_record.get_mut(&old.collection))
            && of.get(id) == Some(&entry.number)
        {
            of.remove(id);
        }
        if let Some(change) = &entry.change {
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

    /// Changes one, if it is there.
    pub fn amend(
        &mut self,
        number: ChangeNumber,
        how: impl FnOnce(&mut RecordChange),
    ) -> Option<RecordEntry> {
        let mut change = self.change(number)?.clone();
        how(&mut change);
        Some(self.put(RecordEntry { number, change: Some(change) }))
    }

    /// Changes one so that what was confirmed of it before does not count any more.
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

    /// Marks one.
    pub fn set_state(&mut self, number: ChangeNumber, state: ChangeState) -> Option<RecordEntry> {
        self.amend(number, |change| change.state = state)
    }

    /// Takes one out.
    pub fn remove(&mut self, number: ChangeNumber) -> Option<RecordEntry> {
        self.change(number)?;
        Some(self.put(RecordEntry { number, change: None }))
    }

    /// What it made is there: it is forgotten, and of a replacement the old record remains to be deleted.
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

    /// Decides a conflict or an unknown outcome for "mine": what the server has now is the base, or it is sent anew.
    pub fn keep_mine(
        &mut self,
        number: ChangeNumber,
        seen: ServerRecord<'_>,
    ) -> Result<RecordEntry, &'static str> {
        const NOTHING: &str = "there is no conflict here to decide";
        let change = self.change(number).ok_or("it is not staged any more")?;
        let intent = match (change.standing(seen), seen) {
            (RecordStanding::OutcomeUnknown, _) => change.intent.clone(),
            (RecordStanding::Conflict(_), ServerRecord::Present(theirs)) => {
                change.rebased(theirs).ok_or(NOTHING)?
            }
            _ => return Err(NOTHING),
        };
        let revised = self.revise(number, |change| {
            change.state = ChangeState::Staged;
            change.sent_request = None;
            change.intent = intent;
        });
        revised.ok_or(NOTHING)
    }

    /// Holds an update's answer against what was sent: what the answer shows is saved, what it shows otherwise is
    /// `not taken`, and what it does not show is of unknown outcome. A plan's name that was blanked is the server's to
    /// make.
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

    /// Holds the changes of a collection against a reading of it: unknown outcomes are decided, and what the server has
    /// already is taken out. What is on its way is left alone. Where rows are missing, as in a list that changed while it
    /// was read, only what is seen counts: nothing is taken for gone or not arrived.
    pub fn reconcile<'a>(
        &mut self,
        collection: &Collection,
        rows: impl Iterator<Item = &'a Record>,
        complete: bool,
        now: Timestamp,
    ) -> RecordReconciliation {
        let mut found = RecordReconciliation::default();
        let open = |change: &RecordChange| {
            change.state == ChangeState::OutcomeUnknown
                || (change.state != ChangeState::Sending && change.intent.record_id().is_some())
        };
        let numbers: Vec<_> =
            self.in_collection(collection).filter(|(_, c)| open(c)).map(|(n, _)| n).collect();
        if numbers.is_empty() {
            return found;
        }
        let rows: Vec<&Record> = rows.collect();
        let by_id: HashMap<RecordId, &Record> =
            rows.iter().filter_map(|row| Some((collection.id_of(row)?, *row))).collect();
        let natural_keys = NaturalKeyCounts::from_records(collection, rows.iter().copied());
        // Of records that are alike, as many are taken for arrived as there are more than before.
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
                    // A list that moved while it was read may lack it; what was only staged is for its request to tell.
                    if !complete || !unknown {
                        continue;
                    }
                    found.saved += 1;
                    self.remove(number)
                }
                (Intent::Update { id, mine, .. }, _) => match by_id.get(id) {
                    Some(theirs) if mine.entries().iter().all(|(n, v)| theirs.value(n).is_equivalent(v)) => {
                        *(if unknown { &mut found.saved } else { &mut found.already_saved }) += 1;
                        self.remove(number)
                    }
                    Some(theirs) if mine.entries().iter().any(|(n, _)| *theirs.value(n) == Value::Absent) => {
                        None
                    }
                    Some(_) if unknown => {
                        found.restaged += 1;
                        self.set_state(number, ChangeState::Staged)
                    }
                    None if unknown && complete => self.set_state(number, ChangeState::Staged),
                    _ => None,
                },
                _ if unknown => {
                    found.restaged += 1;
                    self.set_state(number, ChangeState::Staged)
                }
                _ => None,
            };
            found.entries.extend(entry);
        }
        for numbers in alike.into_values() {
            let back = self.settle_creations(
                collection,
                &numbers,
                &natural_keys,
                complete.then_some(now),
                &mut found,
            );
            for number in back {
                let may_be_there = |change: &RecordChange| {
                    let other = |row: &&Record| collection.id_of(row).as_ref() != change.intent.record_id();
                    let draft = change.intent.created_draft()?;
                    rows.iter().copied().filter(other).find(|row| may_match(collection, draft, row))
                };
                if self.change(number).and_then(may_be_there).is_some() {
                    let why = "one of that name is there: look whether it is this one, made otherwise";
                    found.entries.extend(self.amend(number, |change| change.hold = Hold::Held(why.into())));
                }
            }
        }
        found
    }

    /// Decides requests of unknown outcome that would make like records; without a time, only those that arrived.
    /// Returns those that did not, and are staged again.
    fn settle_creations(
        &mut self,
        collection: &Collection,
        numbers: &[ChangeNumber],
        natural_keys: &NaturalKeyCounts,
        now: Option<Timestamp>,
        found: &mut RecordReconciliation,
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
        // Like ones were there before, or there are more than were sent: a person decides.
        if before > 0 || there > numbers.len() || !numbers.iter().all(numbered) {
            return back;
        }
        for (at, number) in numbers.iter().enumerate() {
            let sent = self.changes[number].sent_request;
            let entry = if at < there {
                let entry = self.settle_creation(*number);
                found.saved += usize::from(entry.as_ref().is_some_and(|entry| entry.change.is_none()));
                entry
            } else {
                let Some(now) = now.filter(|_| sent.is_none_or(|sent| !sent.answered_ok)) else { continue };
                match sent.and_then(|sent| sent.first_read_at) {
                    Some(first) if seconds_since(first, now) >= SECOND_READ_DELAY_SECS => {
                        found.restaged += 1;
                        back.push(*number);
                        self.amend(*number, |change| {
                            change.state = ChangeState::Staged;
                            change.sent_request = None;
                        })
                    }
                    looked => {
                        found.needs_second_read = true;
                        let sent = SentRequest {
                            matches_before: before,
                            matches_arrived: arrived + there as u32,
                            first_read_at: Some(looked.unwrap_or(now)),
                            answered_ok: false,
                        };
                        self.amend(*number, |change| change.sent_request = Some(sent))
                    }
                }
            };
            found.entries.extend(entry);
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
    fn what_is_on_the_server_is_saved_and_what_is_missing_is_offered_again_only_after_a_second_look() {
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
    fn like_records_from_before_or_too_many_of_them_are_for_a_person_to_decide() {
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
    fn a_field_changed_on_both_sides_is_a_conflict_until_it_is_decided() {
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
    fn an_answer_that_keeps_the_old_value_is_not_taken_and_never_saved() {
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
    fn a_deletion_is_done_when_the_record_is_not_there_any_more() {
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
    fn a_replacement_of_a_record_that_moved_is_a_conflict_and_mine_keeps_their_other_fields() {
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
    fn a_replacement_deletes_the_old_record_only_once_the_new_one_is_there() {
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
