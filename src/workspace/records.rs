//! Stages record changes, decides their conflicts, and undoes and redoes them.

use crate::domain::refusal::Refusal;
use crate::input::command::key;
use jiff::Timestamp;

use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::ChangeState;
use crate::domain::change::history::Transition;
use crate::domain::change::record_change::{
    ChangeNumber, Hold, Intent, RecordChange, RecordStanding, ServerRecord,
};
use crate::domain::change::record_changes::RecordEntry;
use crate::domain::id::RecordId;
use crate::domain::record::Record;
use crate::workspace::record_list::RecordList;
use crate::workspace::state::{RecordHistory, Workspace, history_word};

/// How many of the lists of participants that were shown last are kept.
const KEPT_LISTS: usize = 3;

impl Workspace {
    /// The records of a collection as shown, and whether they are complete: read to the end, every row
    /// parsed, and nothing changed during the read. `None` when it was never read.
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
                let complete =
                    listing.whole().is_some_and(|read| !read.is_inconsistent && read.unreadable() == 0);
                Some((Box::new(listing.shown()?.rows().iter()), complete))
            }
        }
    }

    /// Releases the lists of participants that are not needed: all but those that are shown, those that were shown last,
    /// those with staged changes, and those being read. Lists of training programs are small, and their names are needed.
    pub fn release_lists(&mut self, shown: &[Option<Collection>]) {
        for collection in shown.iter().flatten().filter(|collection| collection.holds_participants()) {
            if self.recent_lists.first() != Some(collection) {
                self.recent_lists.retain(|recent| recent != collection);
                self.recent_lists.insert(0, collection.clone());
            }
        }
        self.recent_lists.truncate(KEPT_LISTS.max(shown.len()));
        let (recent, being_read) = (&self.recent_lists, &self.collections_being_read);
        let changes = &self.record_changes;
        self.record_lists.retain(|collection, _| {
            !collection.holds_participants()
                || recent.contains(collection)
                || being_read.contains(collection)
                || changes.in_collection(collection).next().is_some()
        });
    }

    /// Appends records that were just created to their list. Scorecards and plans appear when their list is
    /// read again.
    pub fn append_created(&mut self, collection: &Collection, records: Vec<Record>) {
        if let Some(listing) = self.record_lists.get_mut(collection) {
            listing.append_created(records.into_iter());
        }
    }

    /// Updates a record in its list with the one in a response.
    pub fn update_listed(&mut self, collection: &Collection, record: &Record) {
        if let Some(listing) = self.record_lists.get_mut(collection) {
            listing.put(record);
        }
    }

    /// Removes a record that was just deleted from its list.
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
                if let (Some(listing), Ok(id)) = (self.record_lists.get_mut(collection), id.as_str().parse())
                {
                    listing.remove(id);
                }
            }
        }
    }

    /// A record as last read.
    pub fn record(&self, collection: &Collection, id: &RecordId) -> ServerRecord<'_> {
        let Some((mut rows, whole)) = self.records(collection) else { return ServerRecord::NotRead };
        let listed = match self.record_lists.get(collection).and_then(RecordList::shown) {
            Some(read) => read.record_by_id(id.as_str().parse().ok()),
            None => rows.find(|row| collection.id_of(row).as_ref() == Some(id)),
        };
        match listed {
            Some(record) => ServerRecord::Present(record),
            None if whole => ServerRecord::Gone,
            None => ServerRecord::NotRead,
        }
    }

    /// The server's record of a change, for updates and replacements; `NotRead` for other changes, which do
    /// not need it.
    pub fn server_record(&self, change: &RecordChange) -> ServerRecord<'_> {
        match &change.intent {
            Intent::Update { id, .. } | Intent::Replace { id, .. } => self.record(&change.collection, id),
            Intent::Create(_) | Intent::Delete(_) => ServerRecord::NotRead,
        }
    }

    /// Decides a conflict or an unknown outcome in favour of "mine". Fails when edits are blocked, the change
    /// is no longer staged, or there is nothing to decide.
    pub fn keep_my_record(&mut self, number: ChangeNumber) -> Result<Vec<RecordEntry>, Refusal> {
        self.check_edits_allowed()?;
        let change = self.record_changes.change(number).ok_or("it is not staged any more")?;
        let theirs = match self.server_record(change) {
            ServerRecord::Present(record) => Some(record.clone()),
            ServerRecord::NotRead | ServerRecord::Gone => None,
        };
        let seen = theirs.as_ref().map_or(ServerRecord::NotRead, ServerRecord::Present);
        Ok(vec![self.record_changes.keep_mine(number, seen)?])
    }

    /// The standing of a staged record change against the server's record as last read.
    pub fn record_standing(&self, change: &RecordChange) -> RecordStanding {
        let standing = change.standing(self.server_record(change));
        match &change.collection {
            Collection::NewProgramParticipants(_, program) if standing.is_sendable() => {
                match self.record_changes.change(*program) {
                    Some(program) => match self.record_standing(program) {
                        RecordStanding::Staged => RecordStanding::Waiting("it is staged".into()),
                        standing => RecordStanding::Waiting(standing.to_string()),
                    },
                    None => RecordStanding::Blocked(
                        "its training program is no longer staged; import the row again".into(),
                    ),
                }
            }
            _ => standing,
        }
    }

    /// Fails when the change of a record cannot be edited now: edits are blocked, it is being sent, or its
    /// outcome is unknown.
    pub fn check_record_unlocked(&self, number: ChangeNumber) -> Result<(), Refusal> {
        self.check_edits_allowed()?;
        match self.record_changes.change(number).map(|change| &change.state) {
            Some(ChangeState::Sending) => Err("this record is being sent; wait for the answer".into()),
            Some(ChangeState::OutcomeUnknown) => Err(concat!(
                "not known yet whether this record arrived; look, then decide with ",
                key!("mine"),
                " or ",
                key!("theirs"),
                " in the review"
            )
            .into()),
            _ => Ok(()),
        }
    }

    /// Stages record changes as one undo step and returns what to journal. A change with a number replaces
    /// that one; a record that already has a change gets the new one instead. Fails when edits are blocked or
    /// a change is locked.
    pub fn stage_records(
        &mut self,
        changes: Vec<(Option<ChangeNumber>, RecordChange)>,
    ) -> Result<Vec<RecordEntry>, Refusal> {
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

    /// Drops staged record changes as one undo step and returns what to journal. Fails when `numbers` is
    /// empty, edits are blocked, or a change is locked.
    pub fn drop_records(&mut self, numbers: &[ChangeNumber]) -> Result<Vec<RecordEntry>, Refusal> {
        for number in numbers {
            self.check_record_unlocked(*number)?;
        }
        if numbers.is_empty() {
            return Err("nothing is staged here".into());
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

    /// Releases held changes so that they can be sent, as one undo step; returns what to journal. Fails when
    /// none of them is held, edits are blocked, or a change is locked.
    pub fn release_records(&mut self, numbers: &[ChangeNumber]) -> Result<Vec<RecordEntry>, Refusal> {
        let mut released = Vec::new();
        for number in numbers {
            self.check_record_unlocked(*number)?;
            let held_change =
                self.record_changes.change(*number).filter(|change| matches!(change.hold, Hold::Held(_)));
            if let Some(mut change) = held_change.cloned() {
                change.hold = Hold::Released;
                change.revision = self.record_changes.next_number();
                released.push((*number, Some(change)));
            }
        }
        if released.is_empty() {
            return Err("nothing here waits for a word".into());
        }
        Ok(self.commit_records(released))
    }

    /// Undoes the last edit of records, or redoes it when `back` is false; returns what to journal and a
    /// description of the records. Fails when there is nothing to do, or when a record was sent, changed or
    /// locked since.
    pub fn undo_or_redo_records(
        &mut self,
        back: bool,
        now: Timestamp,
    ) -> Result<(Vec<RecordEntry>, String), Refusal> {
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
            // The step is no longer possible; discard it so that earlier steps can still be undone.
            self.record_history.discard_last(back);
            return Err(
                "what that was about has been sent or changed since; the step before it is next".into()
            );
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
        Ok((entries, format!("{}: {about}", history_word(back))))
    }
}
