//! What an apply sends of the staged changes of records, request by request.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::{Call, collection};
use crate::domain::change::collection::Collection;
use crate::domain::change::record_change::{ChangeNumber, Intent, RecordChange, ServerRecord};
use crate::domain::record::RecordDraft;
use crate::workspace::state::Workspace;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordRequest {
    /// Creates records, as many as one request takes.
    Create(Vec<ChangeNumber>),
    /// Changes a record.
    Update(ChangeNumber),
    /// Deletes a record.
    Delete(ChangeNumber),
}

impl Workspace {
    /// The collections of confirmed changes.
    pub fn confirmed_collections(&self, confirmed: &BTreeMap<ChangeNumber, u64>) -> BTreeSet<Collection> {
        let changes = confirmed.keys().filter_map(|number| self.record_changes.change(*number));
        changes.map(|change| change.collection.clone()).collect()
    }

    /// A change that is still as it was confirmed and can be sent.
    fn ready_change(
        &self,
        number: ChangeNumber,
        confirmed: &BTreeMap<ChangeNumber, u64>,
    ) -> Option<&RecordChange> {
        let change = self.record_changes.change(number)?;
        let same = confirmed.get(&number) == Some(&change.revision);
        (same && self.record_standing(change).is_sendable()).then_some(change)
    }

    /// The requests for the confirmed changes of a collection that can be sent: what is created, then what is changed,
    /// then what is deleted.
    pub fn record_requests(
        &self,
        collection: &Collection,
        confirmed: &BTreeMap<ChangeNumber, u64>,
    ) -> Vec<RecordRequest> {
        let (mut created, mut updates, mut deletions) = (Vec::new(), Vec::new(), Vec::new());
        for number in confirmed.keys() {
            let Some(change) = self.ready_change(*number, confirmed).filter(|c| c.collection == *collection)
            else {
                continue;
            };
            match &change.intent {
                Intent::Create(_) => created.push(*number),
                Intent::Update { .. } => updates.push(RecordRequest::Update(*number)),
                Intent::Delete(_) => deletions.push(RecordRequest::Delete(*number)),
                Intent::Replace { .. } => {
                    created.push(*number);
                    deletions.push(RecordRequest::Delete(*number));
                }
            }
        }
        let created =
            created.chunks(collection.max_batch_size()).map(|batch| RecordRequest::Create(batch.to_vec()));
        created.chain(updates).chain(deletions).collect()
    }

    /// The call of a step with the changes it sends: those that still can go. None when nothing is left of it.
    pub fn call_for_request(
        &self,
        collection: &Collection,
        step: &RecordRequest,
        confirmed: &BTreeMap<ChangeNumber, u64>,
    ) -> Option<(Call, Vec<ChangeNumber>)> {
        match step {
            RecordRequest::Create(numbers) => {
                let ready = numbers.iter().filter_map(|number| {
                    let change = self.ready_change(*number, confirmed)?;
                    Some((*number, change.intent.created_draft()?.clone()))
                });
                let (numbers, drafts): (Vec<_>, Vec<RecordDraft>) = ready.unzip();
                (!numbers.is_empty()).then(|| (collection::create_call(collection, drafts), numbers))
            }
            RecordRequest::Update(number) => {
                let change = self.ready_change(*number, confirmed)?;
                let (Intent::Update { id, .. }, ServerRecord::Present(theirs)) =
                    (&change.intent, self.server_record(change))
                else {
                    return None;
                };
                let call = collection::update_call(collection, id, theirs, change.sendable_fields(theirs)?)?;
                Some((call, vec![*number]))
            }
            RecordRequest::Delete(number) => {
                let id = self.ready_change(*number, confirmed)?.intent.record_id()?;
                Some((collection::delete_call(collection, id)?, vec![*number]))
            }
        }
    }
}
