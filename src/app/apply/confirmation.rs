//! The review, and the question that lists what an apply would send.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::model::Model;
use crate::domain::change::collection::Collection;
use crate::domain::change::record_change::{Intent, RecordChange};
use crate::domain::text::{Text, pluralize};
use crate::effect::{Effects, ReadReason};
use crate::input::command::Command;
use crate::popup::Popup;
use crate::popup::review::Review;
use crate::workspace::ConfirmedChanges;

impl Model {
    /// The title, the lines and the name to type for the question before an apply: how many changes would be
    /// sent, and how many would not.
    pub(in crate::app) fn apply_question(
        &self,
        confirmed: &ConfirmedChanges,
    ) -> (&'static str, Vec<String>, Text) {
        let held =
            |cell| self.engine.workspace.counter_standing(cell).is_some_and(|standing| standing.is_held());
        let sendable_counters: Vec<_> = confirmed.counters.keys().filter(|cell| !held(cell)).collect();
        let targets: BTreeSet<_> = sendable_counters.iter().map(|cell| cell.target).collect();
        let places = confirmed.counters.keys().map(|cell| cell.target).collect::<BTreeSet<_>>();
        let labels = places.iter().filter_map(|place| self.engine.workspace.counter_changes.target(place));
        let plans: BTreeSet<_> = labels.map(|target| target.label.plan.clone()).collect();
        let names: Vec<_> = plans.iter().map(ToString::to_string).collect();
        let mut lines = Vec::new();
        if !confirmed.counters.is_empty() {
            let (counters, tables) =
                (pluralize(sendable_counters.len(), "counter"), pluralize(targets.len(), "table"));
            lines.push(format!("{counters} in {tables} of {}.", names.join(", ")));
            lines.push(
                "Each plan is read again first; what was changed there since is not overwritten but shown as a conflict."
                    .into(),
            );
        }
        let changes = confirmed
            .records
            .keys()
            .filter_map(|number| self.engine.workspace.record_changes.change(*number));
        let (ready, waiting): (Vec<_>, Vec<_>) =
            changes.partition(|change| self.engine.workspace.record_standing(change).is_sent_by_apply());
        // Programs come before their participants, as they are sent.
        let mut kinds: BTreeMap<(&Collection, &str), usize> = BTreeMap::new();
        for change in &ready {
            *kinds.entry((&change.collection, change.verb())).or_default() += 1;
        }
        for ((collection, verb), n) in kinds {
            let collection = self.engine.workspace.collection_name(collection);
            lines.push(format!("{collection}: {n} to {}.", if verb == "new" { "create" } else { verb }));
        }
        lines.extend(self.creation_requests(&ready));
        let back = confirmed.counters.len() - sendable_counters.len() + waiting.len();
        if back > 0 {
            lines.push(format!("{back} not sent: in conflict, gone, held or not complete."));
        }
        let mut deleted = self.confirmed_deletions(confirmed);
        let mut gone: Vec<_> =
            self.confirmed_deletions(confirmed).filter_map(deletion_side_effects).collect();
        gone.sort_unstable();
        gone.dedup();
        lines.extend(gone.into_iter().map(str::to_owned));
        let name = match (deleted.next(), deleted.count(), plans.first()) {
            (Some(only), 0, _) => only.name.clone(),
            (Some(_), more, _) => (more + 1).to_string().into(),
            (None, _, Some(only)) if plans.len() == 1 && ready.is_empty() => only.clone(),
            (None, ..) => match &ready[..] {
                [only] if plans.is_empty() => only.name.clone(),
                _ => self.settings.profile.clone().unwrap_or_default().into(),
            },
        };
        ("Apply", lines, name)
    }

    /// In how many requests records are created, where it is more than one: each collection has a batch size of its own.
    fn creation_requests(&self, ready: &[&RecordChange]) -> Option<String> {
        let mut created: BTreeMap<&Collection, usize> = BTreeMap::new();
        for change in ready.iter().filter(|change| change.intent.created_draft().is_some()) {
            *created.entry(&change.collection).or_default() += 1;
        }
        let requests: usize =
            created.iter().map(|(collection, n)| n.div_ceil(collection.max_batch_size())).sum();
        let sizes: BTreeSet<usize> = created.keys().map(|collection| collection.max_batch_size()).collect();
        let size = match (sizes.first(), sizes.len()) {
            (Some(1), 1) => " of one record each".to_owned(),
            (Some(most), 1) => format!(" of at most {most}"),
            _ => String::new(),
        };
        let stop = self.settings.keymap.hint(Command::Stop);
        (requests > 1).then(|| format!("They go in {requests} requests{size}; {stop} stops in between."))
    }

    /// The confirmed changes that delete a record.
    pub(in crate::app) fn confirmed_deletions<'a>(
        &'a self,
        confirmed: &'a ConfirmedChanges,
    ) -> impl Iterator<Item = &'a RecordChange> {
        let changes = confirmed
            .records
            .keys()
            .filter_map(|number| self.engine.workspace.record_changes.change(*number));
        changes.filter(|change| change.intent.deletes())
    }

    pub(in crate::app) fn review(&mut self, fx: &mut Effects) {
        let review = Review::open(&self.engine.workspace, &self.context(), fx);
        self.popups.push(Popup::Review(review));
        self.engine.register_requests(fx);
        // Edits are compared with the server's current records, so their lists are read.
        let edited = self
            .engine
            .workspace
            .record_changes
            .iter()
            .filter(|(_, change)| change.intent.record_id().is_some());
        for collection in edited.map(|(_, change)| change.collection.clone()).collect::<BTreeSet<_>>() {
            fx.read_list(&collection, ReadReason::Needed);
        }
    }

    pub(in crate::app) fn review_is_open(&self) -> bool {
        matches!(self.popups.last(), Some(Popup::Review(_)))
    }
}

/// What the API documents about other records deleted with this one; `None` where nothing needs saying.
fn deletion_side_effects(change: &RecordChange) -> Option<&'static str> {
    match (&change.intent, &change.collection) {
        (Intent::Delete(_), Collection::Plans) => {
            Some("Its milestones and all their targets are deleted with it.")
        }
        (Intent::Delete(_), Collection::Scorecards) => {
            Some("What becomes of its training programs, and of plans bound to it, is not documented.")
        }
        (Intent::Delete(_), Collection::TrainingPrograms(_)) => {
            Some("Whether its participants are deleted with it is not documented.")
        }
        _ => None,
    }
}
