//! Settles sent record changes by the response: each change is compared with the returned record, and what
//! the response does not tell stays an unknown outcome.

use std::collections::BTreeMap;

use crate::api::error::{ApiError, Failure, InvalidRecord, ValidationErrors};
use crate::api::reply::Reply;
use crate::app::apply::records::{CollectionWork, RecordApply};
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::ChangeState;
use crate::domain::change::natural_key::{describe_differences, matches_natural_key, may_match};
use crate::domain::change::record_change::{ChangeNumber, Hold, ReconcileReads, SentRequest, ServerRecord};
use crate::domain::change::record_changes::{RecordEntry, UpdateOutcome};
use crate::domain::record::{Record, RecordDraft, Value};
use crate::domain::text::Text;
use crate::effect::Effects;
use crate::workspace::Workspace;
use crate::workspace::record_requests::RecordRequest;

impl RecordApply {
    /// Handles the response to a creation. Returns whether an outcome is unknown.
    pub(super) fn handle_created(
        &mut self,
        work: &mut CollectionWork,
        numbers: &[ChangeNumber],
        result: Result<Reply, ApiError>,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) -> bool {
        let mut entries = Vec::new();
        let open = match result {
            Ok(reply) => self.match_created(work, numbers, &reply, workspace, &mut entries),
            Err(ApiError { failure: Failure::ValidationFailed(refusal), .. }) => {
                self.match_refusal(numbers, &refusal, workspace, &mut entries)
            }
            Err(error) => {
                let open = error.is_outcome_unknown();
                let state = if open { ChangeState::OutcomeUnknown } else { ChangeState::Staged };
                entries.extend(
                    numbers.iter().filter_map(|n| workspace.record_changes.set_state(*n, state.clone())),
                );
                if open {
                    self.failures.push(error);
                } else {
                    // The error that stopped one batch would stop the next one too.
                    work.requests.retain(|step| !matches!(step, RecordRequest::Create(_)));
                    self.record_failure(error);
                }
                open
            }
        };
        fx.journal_records(entries);
        open
    }

    /// Pairs the returned records with the drafts that were sent. A record with the draft's natural key comes
    /// first. If the response holds as many records as were sent, the rest are paired in order where they may
    /// be the same person or thing, since a server may round or normalize values. A draft without a record
    /// has an unknown outcome: a read decides it, or else the user.
    fn match_created(
        &mut self,
        work: &mut CollectionWork,
        numbers: &[ChangeNumber],
        reply: &Reply,
        workspace: &mut Workspace,
        entries: &mut Vec<RecordEntry>,
    ) -> bool {
        let collection = work.collection.clone();
        let new = |record: &&Record| match collection.id_of(record) {
            // A participant that was already listed was not created by this request.
            Some(id) if collection.holds_participants() => {
                !matches!(workspace.record(&collection, &id), ServerRecord::Present(_))
            }
            id => id.is_some(),
        };
        let mut made: Vec<&Record> = reply.records().into_iter().filter(new).collect();
        let same_count = made.len() == numbers.len();
        let mut pairs: Vec<(ChangeNumber, RecordDraft, Option<&Record>)> = Vec::new();
        for number in numbers {
            let draft = created_draft(workspace, *number);
            let match_index = made.iter().position(|record| matches_natural_key(&collection, &draft, record));
            pairs.push((*number, draft, match_index.map(|at| made.remove(at))));
        }
        let mut rest = made.into_iter();
        let mut arrived: BTreeMap<String, u32> = BTreeMap::new();
        let mut answered = Vec::new();
        let (mut open, mut missing) = (false, Vec::new());
        for (number, draft, record) in pairs {
            let in_order =
                || rest.next().filter(|record| same_count && may_match(&collection, &draft, record));
            let Some(record) = record.or_else(in_order) else {
                open = true;
                missing.push(number);
                continue;
            };
            *arrived.entry(collection.natural_key(|name| record.value(name))).or_default() += 1;
            let change = workspace.record_changes.change(number);
            let replaces = change.is_some_and(|change| change.intent.deletes());
            let otherwise = describe_differences(&draft, record, replaces);
            work.natural_keys.add(&collection, record);
            answered.push(record.clone());
            if let Some(id) = collection.id_of(record).and_then(|id| id.as_str().parse().ok())
                && matches!(collection, Collection::TrainingPrograms(_))
            {
                entries.extend(workspace.record_changes.adopt_participants(number, id));
            }
            let entry = workspace.record_changes.settle_creation(number);
            match entry.as_ref().and_then(|entry| entry.change.as_ref()) {
                None => {
                    self.tally.saved += 1;
                    self.deviations.extend(otherwise);
                }
                // The user checks the new record before the old one is deleted.
                Some(_) if !otherwise.is_empty() => {
                    let why = otherwise.join(", ");
                    let why = format!("the new record is there, but {why}: is the old one to go?");
                    let hold = Hold::Held(why.as_str().into());
                    entries.extend(workspace.record_changes.amend(number, |change| change.hold = hold));
                    self.tally.held += 1;
                }
                // The user's confirmation of a replacement covers the deletion of the old record too.
                Some(change) => drop(self.confirmed.insert(number, change.revision)),
            }
            entries.extend(entry);
        }
        for number in missing {
            let draft = created_draft(workspace, number);
            let arrived =
                arrived.get(&collection.natural_key(|name| draft.value(name))).copied().unwrap_or(0);
            entries.extend(workspace.record_changes.amend(number, |change| {
                change.state = ChangeState::OutcomeUnknown;
                change.sent_request = change.sent_request.map(|sent| SentRequest {
                    answered_ok: true,
                    matches_arrived: arrived,
                    ..sent
                });
            }));
        }
        if let Reply::Plan(plan) = reply {
            self.created_plan = Some(plan.id);
        }
        if let Some(last) = answered.last() {
            self.note_touched(&collection);
            self.last_created = collection.id_of(last).map(|id| (collection.clone(), id));
        }
        workspace.append_created(&collection, answered);
        open
    }

    /// Assigns the server's validation errors to the records they name, each entry to one record. The
    /// documents do not say whether the other records were created: a read tells.
    fn match_refusal(
        &mut self,
        numbers: &[ChangeNumber],
        refusal: &ValidationErrors,
        workspace: &mut Workspace,
        entries: &mut Vec<RecordEntry>,
    ) -> bool {
        let mut named: Vec<&InvalidRecord> = refusal.records.iter().collect();
        let mut words = Vec::new();
        for number in numbers {
            let draft = created_draft(workspace, *number);
            let at = named.iter().position(|record| is_refused_record(record, &draft));
            let record = at.map(|at| named.remove(at));
            let errors =
                record.map(|record| record.errors.iter().map(Text::raw).collect::<Vec<_>>().join("; "));
            words.push((*number, errors.map(Text::from)));
        }
        let none_named = words.iter().all(|(_, words)| words.is_none());
        if none_named && numbers.len() > 1 && !refusal.records.is_empty() {
            // The errors name records, but none of these. A read looks for them; they are not sent again
            // automatically.
            self.deviations.push(format!("the server refused: {}", refusal.summary_or_default()));
        }
        let mut open = false;
        for (number, words) in words {
            let state = match words {
                Some(words) => ChangeState::Rejected(words),
                None if none_named && (numbers.len() == 1 || refusal.records.is_empty()) => {
                    ChangeState::Rejected(refusal_text(refusal))
                }
                None => ChangeState::OutcomeUnknown,
            };
            open |= state == ChangeState::OutcomeUnknown;
            if let ChangeState::Rejected(_) = state {
                self.tally.refused += 1;
            }
            entries.extend(workspace.record_changes.amend(number, |change| {
                // The server did respond, so one read is enough to decide.
                if let (ChangeState::OutcomeUnknown, Some(sent)) = (&state, &mut change.sent_request) {
                    sent.reads = ReconcileReads::OneIsEnough;
                }
                change.state = state;
            }));
        }
        open
    }

    /// Handles the response to an update. Returns whether the outcome is unknown.
    pub(super) fn handle_updated(
        &mut self,
        collection: &Collection,
        number: ChangeNumber,
        result: Result<Reply, ApiError>,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) -> bool {
        let state = match result {
            Ok(reply) => {
                let Some(record) = reply.records().first().copied() else {
                    return set_state(number, ChangeState::OutcomeUnknown, workspace, fx);
                };
                let (compared, entry) = workspace.record_changes.settle_response(number, record);
                fx.journal_records(entry.into_iter().collect());
                match compared {
                    UpdateOutcome::Saved => {
                        self.tally.saved += 1;
                        self.note_touched(collection);
                    }
                    UpdateOutcome::NotTaken => self.tally.not_taken += 1,
                    UpdateOutcome::NotShown => return true,
                    UpdateOutcome::OtherRecord => {
                        self.deviations.push("the server answered with another record".into());
                        self.note_touched(collection);
                        return true;
                    }
                }
                workspace.update_listed(collection, record);
                return false;
            }
            Err(error) => self.state_after_error(error),
        };
        set_state(number, state, workspace, fx)
    }

    /// Handles the response to a deletion. Returns whether the outcome is unknown.
    pub(super) fn handle_deleted(
        &mut self,
        collection: &Collection,
        number: ChangeNumber,
        result: Result<Reply, ApiError>,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) -> bool {
        let state = match result {
            // After a 404 the record may be deleted already, or the path may be wrong: a read tells.
            Err(ApiError { failure: Failure::NotFound, .. }) => ChangeState::OutcomeUnknown,
            Ok(_) => {
                let change = workspace.record_changes.change(number);
                let id = change.and_then(|change| change.intent.record_id()).cloned();
                self.tally.saved += 1;
                self.tally.deleted += 1;
                self.note_touched(collection);
                fx.journal_records(workspace.record_changes.remove(number).into_iter().collect());
                if let Some(id) = id {
                    workspace.remove_record(collection, &id);
                }
                return false;
            }
            Err(error) => self.state_after_error(error),
        };
        set_state(number, state, workspace, fx)
    }

    /// The state of an update or a deletion after an error.
    fn state_after_error(&mut self, error: ApiError) -> ChangeState {
        match error {
            ApiError { failure: Failure::ValidationFailed(refusal), .. } => {
                self.tally.refused += 1;
                ChangeState::Rejected(refusal_text(&refusal))
            }
            error if error.is_outcome_unknown() => {
                self.failures.push(error);
                ChangeState::OutcomeUnknown
            }
            error => {
                self.record_failure(error);
                ChangeState::Staged
            }
        }
    }
}

/// Sets and journals the state of a change. Returns whether its outcome is unknown.
fn set_state(number: ChangeNumber, state: ChangeState, workspace: &mut Workspace, fx: &mut Effects) -> bool {
    let open = state == ChangeState::OutcomeUnknown;
    fx.journal_records(workspace.record_changes.set_state(number, state).into_iter().collect());
    open
}

/// The draft of the record that a change creates; empty if it creates none.
fn created_draft(workspace: &Workspace, number: ChangeNumber) -> RecordDraft {
    let change = workspace.record_changes.change(number);
    change.and_then(|change| change.intent.created_draft()).cloned().unwrap_or_default()
}

/// Whether a rejected record is this draft: every field it names, apart from `id`, has the draft's value.
fn is_refused_record(refused: &InvalidRecord, draft: &RecordDraft) -> bool {
    let known = refused.fields.iter().filter(|(name, _)| name.raw() != "id");
    let mut named = known.filter_map(|(name, value)| {
        let (_, mine) = draft.entries().iter().find(|(field, _)| *field == name.raw())?;
        let mine = match mine {
            Value::Flag(flag) => flag.to_string(),
            other => other.edit_text().trim().to_owned(),
        };
        Some(mine == value.raw().trim())
    });
    named.next().is_some_and(|first| first && named.all(|same| same))
}

/// The validation errors of all records, joined; the summary if there are none.
fn refusal_text(refusal: &ValidationErrors) -> Text {
    let errors: Vec<_> = refusal.records.iter().flat_map(|record| &record.errors).map(Text::raw).collect();
    if errors.is_empty() { refusal.summary_or_default() } else { errors.join("; ").into() }
}
