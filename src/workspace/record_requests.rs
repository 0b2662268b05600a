//! Turns the staged record changes of an apply into requests.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::{Call, collection};
use crate::domain::change::collection::Collection;
use crate::domain::change::record_change::{ChangeNumber, Intent, RecordChange, ServerRecord};
use crate::domain::record::RecordDraft;
use crate::workspace::state::Workspace;

/// One request of an apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordRequest {
    /// Create these records, at most one batch.
    Create(Vec<ChangeNumber>),
    /// Update a record.
    Update(ChangeNumber),
    /// Delete a record.
    Delete(ChangeNumber),
}

impl Workspace {
    /// The collections that confirmed changes belong to.
    pub fn confirmed_collections(&self, confirmed: &BTreeMap<ChangeNumber, u64>) -> BTreeSet<Collection> {
        let changes = confirmed.keys().filter_map(|number| self.record_changes.change(*number));
        changes.map(|change| change.collection.clone()).collect()
    }

    /// A change that has not been edited since it was confirmed and can be sent; else `None`.
    fn ready_change(
        &self,
        number: ChangeNumber,
        confirmed: &BTreeMap<ChangeNumber, u64>,
    ) -> Option<&RecordChange> {
        let change = self.record_changes.change(number)?;
        let same = confirmed.get(&number) == Some(&change.revision);
        (same && self.record_standing(change).is_sendable()).then_some(change)
    }

    /// The requests for the confirmed changes of a collection that can be sent: first creations, then
    /// updates, then deletions.
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

    /// The API call for a request, with the numbers of the changes it sends; changes that can no longer be
    /// sent are left out. `None` when none remains.
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
                if numbers.is_empty() {
                    return None;
                }
                Some((collection::create_call(collection, drafts)?, numbers))
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
