//! What an apply sends of the staged changes of records, request by request.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::{Call, collection};
use crate::desk::state::Desk;
use crate::domain::collection::Collection;
use crate::domain::record::Draft;
use crate::domain::record_change::{ChangeNumber, Intent, RecordChange, Seen};

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Creates records, as many as one request takes.
    Create(Vec<ChangeNumber>),
    /// Changes a record.
    Update(ChangeNumber),
    /// Deletes a record.
    Delete(ChangeNumber),
}

impl Desk {
    /// The collections of confirmed changes.
    pub fn collections(&self, confirmed: &BTreeMap<ChangeNumber, u64>) -> BTreeSet<Collection> {
        let changes = confirmed.keys().filter_map(|number| self.record_changes.change(*number));
        changes.map(|change| change.collection.clone()).collect()
    }

    /// A change that is still as it was confirmed and can be sent.
    fn ready(&self, number: ChangeNumber, confirmed: &BTreeMap<ChangeNumber, u64>) -> Option<&RecordChange> {
        let change = self.record_changes.change(number)?;
        let same = confirmed.get(&number) == Some(&change.revision);
        (same && self.record_standing(change).can_go()).then_some(change)
    }

    /// The requests for the confirmed changes of a collection that can be sent: what is created, then what is changed,
    /// then what is deleted.
    pub fn steps_of(&self, collection: &Collection, confirmed: &BTreeMap<ChangeNumber, u64>) -> Vec<Step> {
        let (mut created, mut updates, mut deletions) = (Vec::new(), Vec::new(), Vec::new());
        for number in confirmed.keys() {
            let Some(change) = self.ready(*number, confirmed).filter(|c| c.collection == *collection) else {
                continue;
            };
            match &change.intent {
                Intent::Create(_) => created.push(*number),
                Intent::Update { .. } => updates.push(Step::Update(*number)),
                Intent::Delete(_) => deletions.push(Step::Delete(*number)),
                Intent::Replace { .. } => {
                    created.push(*number);
                    deletions.push(Step::Delete(*number));
                }
            }
        }
        let created = created.chunks(collection.batch()).map(|batch| Step::Create(batch.to_vec()));
        created.chain(updates).chain(deletions).collect()
    }

    /// The call of a step with the changes it sends: those that still can go. None when nothing is left of it.
    pub fn call_of(
        &self,
        collection: &Collection,
        step: &Step,
        confirmed: &BTreeMap<ChangeNumber, u64>,
    ) -> Option<(Call, Vec<ChangeNumber>)> {
        match step {
            Step::Create(numbers) => {
                let ready = numbers.iter().filter_map(|number| {
                    let change = self.ready(*number, confirmed)?;
                    Some((*number, change.intent.created()?.clone()))
                });
                let (numbers, drafts): (Vec<_>, Vec<Draft>) = ready.unzip();
                (!numbers.is_empty()).then(|| (collection::create(collection, drafts), numbers))
            }
            Step::Update(number) => {
                let change = self.ready(*number, confirmed)?;
                let (Intent::Update { id, .. }, Seen::There(theirs)) = (&change.intent, self.seen(change))
                else {
                    return None;
                };
                let call = collection::update(collection, id, theirs, change.to_send(theirs)?)?;
                Some((call, vec![*number]))
            }
            Step::Delete(number) => {
                let id = self.ready(*number, confirmed)?.intent.record()?;
                Some((collection::delete(collection, id)?, vec![*number]))
            }
        }
    }
}
