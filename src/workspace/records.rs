//! Staging, deciding and undoing changes of records.

use jiff::Timestamp;

use crate::domain::change::collection::{Collection, RecordId};
use crate::domain::change::counter_change::ChangeState;
use crate::domain::change::history::Transition;
use crate::domain::change::record_change::{
    ChangeNumber, Hold, Intent, RecordChange, RecordStanding, ServerRecord,
};
use crate::domain::change::record_changes::RecordEntry;
use crate::domain::record::Record;
use crate::workspace::record_list::RecordList;
use crate::workspace::state::{RecordHistory, Workspace};

impl Workspace {
    /// The records of a collection as shown, and whether that is all of them: read to the end, each row readable, and
    /// nothing changed meanwhile.
    pub fn records<'a>(
        &'a self,
        collection: &Collection,
    ) -> Option<(Box<dyn Iterator<Item = &'a Record> + 'a>, bool)> {
        match collection {
            Collection::Scorecards => {
                let known = &self.scorecard_list.as_ref()?.value;
                let rows = known.rows.iter().map(|scorecard| &scorecard.record);
                Some((Box::new(rows), known.unreadable.is_empty()))
            }
            Collection::Plans => {
                let known = &self.plan_list.as_ref()?.value;
                Some((Box::new(known.rows.iter().map(|plan| &plan.record)), known.unreadable.is_empty()))
            }
            _ => {
                let listing = self.record_lists.get(collection)?;
                let complete = listing.whole().is_some_and(|read| !read.inconsistent && read.damaged == 0);
                Some((Box::new(listing.shown()?.rows.iter()), complete))
            }
        }
    }

    /// Puts records in their list that were just created; scorecards and plans are put there as they are read.
    pub fn append_created(&mut self, collection: &Collection, records: Vec<Record>) {
        if let Some(listing) = self.record_lists.get_mut(collection) {
            listing.append_created(records.into_iter());
        }
    }

    /// Puts a record in its list as an answer showed it.
    pub fn update_listed(&mut self, collection: &Collection, record: &Record) {
        if let Some(listing) = self.record_lists.get_mut(collection) {
            listing.put(collection, record);
        }
    }

    /// Takes a record out of its list that was just deleted.
    pub fn remove_record(&mut self, collection: &Collection, id: &RecordId) {
        let is = |record: &Record| collection.id_of(record).as_ref() == Some(id);
        match collection {
            Collection::Scorecards => {
                self.scorecard_list.iter_mut().for_each(|known| known.value.rows.retain(|s| !is(&s.record)));
            }
            Collection::Plans => {
                self.plan_list.iter_mut().for_each(|known| known.value.rows.retain(|p| !is(&p.record)));
                self.plans.retain(|plan, _| plan.to_string() != id.as_str());
            }
            _ => {
                if let Some(listing) = self.record_lists.get_mut(collection) {
                    listing.remove(is);
                }
            }
        }
    }

    /// A record as last read.
    pub fn record(&self, collection: &Collection, id: &RecordId) -> ServerRecord<'_> {
        let Some((mut rows, whole)) = self.records(collection) else { return ServerRecord::NotRead };
        let found = match self.record_lists.get(collection).and_then(RecordList::shown) {
            Some(read) => read.record_by_id(id.as_str().parse().ok()),
            None => rows.find(|row| collection.id_of(row).as_ref() == Some(id)),
        };
        match found {
            Some(record) => ServerRecord::Present(record),
            None if whole => ServerRecord::Gone,
            None => ServerRecord::NotRead,
        }
    }

    /// What was read of a change's record. Only one that needs its record is looked up.
    pub fn server_record(&self, change: &RecordChange) -> ServerRecord<'_> {
        match &change.intent {
            Intent::Update { id, .. } | Intent::Replace { id, .. } => self.record(&change.collection, id),
            Intent::Create(_) | Intent::Delete(_) => ServerRecord::NotRead,
        }
    }

    /// Decides a conflict or an unknown outcome for "mine".
    pub fn keep_my_record(&mut self, number: ChangeNumber) -> Result<Vec<RecordEntry>, &'static str> {
        self.check_edits_allowed()?;
        let change = self.record_changes.change(number).ok_or("it is not staged any more")?;
        let theirs = match self.server_record(change) {
            ServerRecord::Present(record) => Some(record.clone()),
            ServerRecord::NotRead | ServerRecord::Gone => None,
        };
        let seen = theirs.as_ref().map_or(ServerRecord::NotRead, ServerRecord::Present);
        Ok(vec![self.record_changes.keep_mine(number, seen)?])
    }

    /// How a staged change of a record stands.
    pub fn record_standing(&self, change: &RecordChange) -> RecordStanding {
        change.standing(self.server_record(change))
    }

    /// Whether the change of a record may be edited now; the reason if not.
    pub fn check_record_unlocked(&self, number: ChangeNumber) -> Result<(), &'static str> {
        self.check_edits_allowed()?;
        match self.record_changes.change(number).map(|change| &change.state) {
            Some(ChangeState::Sending) => Err("this record is being sent; wait for the answer"),
            Some(ChangeState::OutcomeUnknown) => {
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
            let about = change
                .intent
                .record_id()
                .and_then(|id| self.record_changes.for_record(&change.collection, id));
            let number = number.or(about.map(|(number, _)| number));
            if let Some(number) = number {
                self.check_record_unlocked(number)?;
            }
            placed.push((number, change));
        }
        self.check_edits_allowed()?;
        let placed = placed.into_iter().map(|(number, mut change)| {
            let number = number.unwrap_or_else(|| self.record_changes.next_number());
            change.revision = self.record_changes.next_number();
            (number, Some(change))
        });
        let placed = placed.collect();
        Ok(self.commit_records(placed))
    }

    /// Drops staged changes of records as one step that can be undone.
    pub fn drop_records(&mut self, numbers: &[ChangeNumber]) -> Result<Vec<RecordEntry>, &'static str> {
        for number in numbers {
            self.check_record_unlocked(*number)?;
        }
        if numbers.is_empty() {
            return Err("nothing is staged here");
        }
        Ok(self.commit_records(numbers.iter().map(|number| (*number, None)).collect()))
    }

    fn commit_records(&mut self, changes: Vec<(ChangeNumber, Option<RecordChange>)>) -> Vec<RecordEntry> {
        let (mut turns, mut entries) = (Vec::new(), Vec::new());
        for (number, change) in changes {
            let before = self.record_changes.change(number).cloned();
            turns.push(Transition { key: number, before, after: change.clone() });
            entries.push(self.record_changes.put(RecordEntry { number, change }));
        }
        self.record_history.record(turns);
        entries
    }

    /// Gives the word that held changes wait for, as a step that can be undone.
    pub fn release_records(&mut self, numbers: &[ChangeNumber]) -> Result<Vec<RecordEntry>, &'static str> {
        let mut released = Vec::new();
        for number in numbers {
            self.check_record_unlocked(*number)?;
            let held =
                self.record_changes.change(*number).filter(|change| matches!(change.hold, Hold::Held(_)));
            if let Some(mut change) = held.cloned() {
                change.hold = Hold::Released;
                change.revision = self.record_changes.next_number();
                released.push((*number, Some(change)));
            }
        }
        if released.is_empty() {
            return Err("nothing here waits for a word");
        }
        Ok(self.commit_records(released))
    }

    /// Takes the last step of editing records back, or does it again; returns what to journal and what it was about.
    pub fn undo_or_redo_records(
        &mut self,
        back: bool,
        now: Timestamp,
    ) -> Result<(Vec<RecordEntry>, String), &'static str> {
        let (nothing, turns) = if back {
            ("nothing to undo here", self.record_history.undo())
        } else {
            ("nothing to redo here", self.record_history.redo())
        };
        let turns = turns.ok_or(nothing)?;
        let put_back = if back { RecordHistory::redo } else { RecordHistory::undo };
        let same = |turn: &Transition<ChangeNumber, Option<RecordChange>>| {
            let revision = |change: &RecordChange| change.revision;
            let now = self.record_changes.change(turn.key).map(revision);
            now == turn.before.as_ref().map(revision)
        };
        let free = |turn: &Transition<ChangeNumber, Option<RecordChange>>| {
            let Some(change) = &turn.after else { return true };
            let about = change
                .intent
                .record_id()
                .and_then(|id| self.record_changes.for_record(&change.collection, id));
            about.is_none_or(|(number, _)| turns.iter().any(|turn| turn.key == number))
        };
        if !turns.iter().all(|turn| same(turn) && free(turn)) {
            // It cannot be done any more, and does not stand in the way of earlier steps.
            self.record_history.discard_last(back);
            return Err("what that was about has been sent or changed since; the step before it is next");
        }
        if let Some(why) = turns.iter().find_map(|turn| self.check_record_unlocked(turn.key).err()) {
            put_back(&mut self.record_history);
            return Err(why);
        }
        let name = |turn: &Transition<ChangeNumber, Option<RecordChange>>| {
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
                    change.edited_at = now;
                }
                self.record_changes.put(RecordEntry { number: turn.key, change })
            })
            .collect();
        Ok((entries, about))
    }
}
