//! Staging, deciding and undoing changes of records.

use jiff::Timestamp;

use crate::desk::listing::Listing;
use crate::desk::state::{Desk, RecordSteps};
use crate::domain::change::State;
use crate::domain::collection::{Collection, RecordId};
use crate::domain::history::Turn;
use crate::domain::record::Record;
use crate::domain::record_change::{ChangeNumber, Hold, Intent, RecordChange, Seen, Standing};
use crate::domain::record_changes::RecordEntry;

impl Desk {
    /// The records of a collection as shown, and whether that is all of them: read to the end, each row readable, and
    /// nothing changed meanwhile.
    pub fn records<'a>(
        &'a self,
        collection: &Collection,
    ) -> Option<(Box<dyn Iterator<Item = &'a Record> + 'a>, bool)> {
        match collection {
            Collection::Scorecards => {
                let known = &self.scorecards.as_ref()?.what;
                let rows = known.rows.iter().map(|scorecard| &scorecard.record);
                Some((Box::new(rows), known.damaged.is_empty()))
            }
            Collection::Plans => {
                let known = &self.plan_list.as_ref()?.what;
                Some((Box::new(known.rows.iter().map(|plan| &plan.record)), known.damaged.is_empty()))
            }
            _ => {
                let listing = self.listings.get(collection)?;
                let complete = listing.whole().is_some_and(|read| !read.drifted && read.damaged == 0);
                Some((Box::new(listing.shown()?.rows.iter()), complete))
            }
        }
    }

    /// Puts records in their list that were just created; scorecards and plans are put there as they are read.
    pub fn put_created(&mut self, collection: &Collection, records: Vec<Record>) {
        if let Some(listing) = self.listings.get_mut(collection) {
            listing.append(records.into_iter());
        }
    }

    /// Puts a record in its list as an answer showed it.
    pub fn put_changed(&mut self, collection: &Collection, record: &Record) {
        if let Some(listing) = self.listings.get_mut(collection) {
            listing.put(collection, record);
        }
    }

    /// Takes a record out of its list that was just deleted.
    pub fn remove(&mut self, collection: &Collection, id: &RecordId) {
        let is = |record: &Record| collection.id_of(record).as_ref() == Some(id);
        match collection {
            Collection::Scorecards => {
                self.scorecards.iter_mut().for_each(|known| known.what.rows.retain(|s| !is(&s.record)));
            }
            Collection::Plans => {
                self.plan_list.iter_mut().for_each(|known| known.what.rows.retain(|p| !is(&p.record)));
                self.plans.retain(|plan, _| plan.to_string() != id.as_str());
            }
            _ => {
                if let Some(listing) = self.listings.get_mut(collection) {
                    listing.remove(is);
                }
            }
        }
    }

    /// A record as last read.
    pub fn record(&self, collection: &Collection, id: &RecordId) -> Seen<'_> {
        let Some((mut rows, whole)) = self.records(collection) else { return Seen::Unread };
        let found = match self.listings.get(collection).and_then(Listing::shown) {
            Some(read) => read.row(id.as_str().parse().ok()),
            None => rows.find(|row| collection.id_of(row).as_ref() == Some(id)),
        };
        match found {
            Some(record) => Seen::There(record),
            None if whole => Seen::Gone,
            None => Seen::Unread,
        }
    }

    /// What was read of a change's record. Only one that needs its record is looked up.
    pub fn seen(&self, change: &RecordChange) -> Seen<'_> {
        match &change.intent {
            Intent::Update { id, .. } | Intent::Replace { id, .. } => self.record(&change.collection, id),
            Intent::Create(_) | Intent::Delete(_) => Seen::Unread,
        }
    }

    /// Decides a conflict or an unknown outcome for "mine".
    pub fn keep_my_record(&mut self, number: ChangeNumber) -> Result<Vec<RecordEntry>, &'static str> {
        self.takes_edits()?;
        let change = self.record_changes.change(number).ok_or("it is not staged any more")?;
        let theirs = match self.seen(change) {
            Seen::There(record) => Some(record.clone()),
            Seen::Unread | Seen::Gone => None,
        };
        let seen = theirs.as_ref().map_or(Seen::Unread, Seen::There);
        Ok(vec![self.record_changes.keep_mine(number, seen)?])
    }

    /// How a staged change of a record stands.
    pub fn record_standing(&self, change: &RecordChange) -> Standing {
        change.standing(self.seen(change))
    }

    /// Whether the change of a record may be edited now; the reason if not.
    pub fn record_free(&self, number: ChangeNumber) -> Result<(), &'static str> {
        self.takes_edits()?;
        match self.record_changes.change(number).map(|change| &change.state) {
            Some(State::Sending) => Err("this record is being sent; wait for the answer"),
            Some(State::Unknown) => {
                Err("not known yet whether this record arrived; look, then decide with m or t in the review")
            }
            _ => Ok(()),
        }
    }

    /// Stages changes of records as one step that can be undone: new ones, or others in the place of those that have
    /// the number. A record that has a change gets the new one instead.
    pub fn stage_records(
        &mut self,
        changes: Vec<(Option<ChangeNumber>, RecordChange)>,
    ) -> Result<Vec<RecordEntry>, &'static str> {
        let mut placed = Vec::new();
        for (number, change) in changes {
            let about =
                change.intent.record().and_then(|id| self.record_changes.about(&change.collection, id));
            let number = number.or(about.map(|(number, _)| number));
            if let Some(number) = number {
                self.record_free(number)?;
            }
            placed.push((number, change));
        }
        self.takes_edits()?;
        let placed = placed.into_iter().map(|(number, mut change)| {
            let number = number.unwrap_or_else(|| self.record_changes.next_number());
            change.revision = self.record_changes.next_number();
            (number, Some(change))
        });
        let placed = placed.collect();
        Ok(self.turn_records(placed))
    }

    /// Drops staged changes of records as one step that can be undone.
    pub fn drop_records(&mut self, numbers: &[ChangeNumber]) -> Result<Vec<RecordEntry>, &'static str> {
        for number in numbers {
            self.record_free(*number)?;
        }
        if numbers.is_empty() {
            return Err("nothing is staged here");
        }
        Ok(self.turn_records(numbers.iter().map(|number| (*number, None)).collect()))
    }

    fn turn_records(&mut self, changes: Vec<(ChangeNumber, Option<RecordChange>)>) -> Vec<RecordEntry> {
        let (mut turns, mut entries) = (Vec::new(), Vec::new());
        for (number, change) in changes {
            let before = self.record_changes.change(number).cloned();
            turns.push(Turn { key: number, before, after: change.clone() });
            entries.push(self.record_changes.put(RecordEntry { number, change }));
        }
        self.record_steps.record(turns);
        entries
    }

    /// Gives the word that held changes wait for, as a step that can be undone.
    pub fn release(&mut self, numbers: &[ChangeNumber]) -> Result<Vec<RecordEntry>, &'static str> {
        let mut released = Vec::new();
        for number in numbers {
            self.record_free(*number)?;
            let held =
                self.record_changes.change(*number).filter(|change| matches!(change.hold, Hold::Waits(_)));
            if let Some(mut change) = held.cloned() {
                change.hold = Hold::Released;
                change.revision = self.record_changes.next_number();
                released.push((*number, Some(change)));
            }
        }
        if released.is_empty() {
            return Err("nothing here waits for a word");
        }
        Ok(self.turn_records(released))
    }

    /// Takes the last step of editing records back, or does it again; returns what to journal and what it was about.
    pub fn step_records(
        &mut self,
        back: bool,
        now: Timestamp,
    ) -> Result<(Vec<RecordEntry>, String), &'static str> {
        let (nothing, turns) = if back {
            ("nothing to undo here", self.record_steps.undo())
        } else {
            ("nothing to redo here", self.record_steps.redo())
        };
        let turns = turns.ok_or(nothing)?;
        let put_back = if back { RecordSteps::redo } else { RecordSteps::undo };
        let same = |turn: &Turn<ChangeNumber, Option<RecordChange>>| {
            let revision = |change: &RecordChange| change.revision;
            let now = self.record_changes.change(turn.key).map(revision);
            now == turn.before.as_ref().map(revision)
        };
        let free = |turn: &Turn<ChangeNumber, Option<RecordChange>>| {
            let Some(change) = &turn.after else { return true };
            let about =
                change.intent.record().and_then(|id| self.record_changes.about(&change.collection, id));
            about.is_none_or(|(number, _)| turns.iter().any(|turn| turn.key == number))
        };
        if !turns.iter().all(|turn| same(turn) && free(turn)) {
            // It cannot be done any more, and does not stand in the way of earlier steps.
            self.record_steps.lose(back);
            return Err("what that was about has been sent or changed since; the step before it is next");
        }
        if let Some(why) = turns.iter().find_map(|turn| self.record_free(turn.key).err()) {
            put_back(&mut self.record_steps);
            return Err(why);
        }
        let name = |turn: &Turn<ChangeNumber, Option<RecordChange>>| {
            turn.before.as_ref().or(turn.after.as_ref()).map(|change| change.name.to_string())
        };
        let about = match (turns.first().and_then(name), turns.len()) {
            (Some(name), 1) => name,
            (_, n) => format!("{n} records"),
        };
        let entries = turns
            .into_iter()
            .map(|turn| {
                let mut change = turn.after;
                if let Some(change) = &mut change {
                    change.at = now;
                }
                self.record_changes.put(RecordEntry { number: turn.key, change })
            })
            .collect();
        Ok((entries, about))
    }
}
