//! The questions that stand before something is sent or lost.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::model::Model;
use crate::config::WritePolicy;
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::CounterStanding;
use crate::domain::change::record_change::{Intent, RecordChange};
use crate::domain::record::recalculation::Watch;
use crate::domain::text::{Text, pluralize};
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::{Nav, NextStep, Notice, Question, Severity};
use crate::popup::Popup;
use crate::popup::confirm::ConfirmDialog;
use crate::workspace::ConfirmedChanges;

/// The most lines said of a file.
const MAX_FILE_NOTES: usize = 11;

impl Model {
    /// Opens the question that stands before something is sent.
    pub(super) fn ask(&mut self, question: Question) {
        let sends = matches!(question, Question::Apply(_) | Question::Recalculate(_));
        if self.guard == WritePolicy::ReadOnly && sends {
            self.show_notice(Notice::new(Severity::Warning, "this profile is READ-ONLY: nothing is sent"));
            return;
        }
        let (title, lines, name) = match &question {
            Question::LeaveForm => {
                let lines = vec!["What was typed into the form is lost then.".into()];
                self.popups.push(Popup::Confirm(ConfirmDialog::new(
                    question,
                    "Leave the form?",
                    lines,
                    None,
                    self.now,
                )));
                return;
            }
            Question::TakeFile(_, returned) => {
                let mut lines = vec![format!(
                    "{} would be staged as one step; nothing is sent. The review shows each of them.",
                    pluralize(returned.edits.len(), "counter")
                )];
                if returned.unchanged_tables > 0 {
                    lines
                        .push(format!("{} as they are here.", pluralize(returned.unchanged_tables, "table")));
                }
                let (shown, more) = returned.notes.split_at(returned.notes.len().min(MAX_FILE_NOTES));
                lines.extend(shown.iter().cloned());
                if !more.is_empty() {
                    lines.push(format!("and {} more", pluralize(more.len(), "line")));
                }
                let title = "Take the file?";
                self.popups.push(Popup::Confirm(ConfirmDialog::new(question, title, lines, None, self.now)));
                return;
            }
            Question::SecondProgram(_, change) => {
                let lines = vec![
                    format!(
                        "The server knows a program by six fields, and one of them is another now. It will make \
                             {} as a second program; the participants stay on the old one.",
                        change.name
                    ),
                    "Yes stages the new program. No goes back to the form.".into(),
                ];
                self.popups.push(Popup::Confirm(ConfirmDialog::new(
                    question.clone(),
                    "A second program?",
                    lines,
                    None,
                    self.now,
                )));
                return;
            }
            Question::Apply(confirmed) => {
                if self.apply.is_some() {
                    self.show_notice(Notice::new(
                        Severity::Warning,
                        "an apply is going on; wait for its end",
                    ));
                    return;
                }
                self.apply_question(confirmed)
            }
            Question::Recalculate(scorecard) => {
                let name = self.workspace.scorecard_name(scorecard);
                if self.workspace.watches.get(scorecard).is_some_and(Watch::may_run_from_here) {
                    self.show_watches();
                    self.show_notice(Notice::new(
                        Severity::Info,
                        "a recalculation started here may still be running",
                    ));
                    return;
                }
                let lines = vec![
                    format!("Recalculate {name}?"),
                    "It runs on the server, up to an hour for large scorecards, and is watched from here."
                        .into(),
                ];
                ("Recalculate", lines, name)
            }
        };
        let deletes = matches!(&question, Question::Apply(confirmed) if self.confirmed_deletions(confirmed).next().is_some());
        let name = (self.guard == WritePolicy::Production || deletes).then_some(name);
        self.popups.push(Popup::Confirm(ConfirmDialog::new(question, title, lines, name, self.now)));
    }

    /// Does what was asked about, after a yes.
    pub(super) fn run_confirmed(&mut self, question: Question, fx: &mut Effects) {
        match question {
            Question::Apply(confirmed) => self.start_apply(confirmed, fx),
            Question::Recalculate(scorecard) => {
                self.show_watches();
                self.start_recalculation(scorecard, fx);
            }
            Question::LeaveForm => self.back(fx),
            Question::TakeFile(plan, returned) => {
                let wanted = returned.edits.len();
                match self.workspace.edit_counters_from(plan, returned.edits, self.now) {
                    Ok((entries, left)) => {
                        fx.journal_counters(entries);
                        let mut text =
                            format!("{} staged from the file", pluralize(wanted - left.len(), "counter"));
                        if let Some(why) = left.first() {
                            text += &format!("; {} left as they are: {why}", left.len());
                        }
                        let said = Notice::new(Severity::Success, text);
                        self.follow(Nav::Finished(said.clone(), NextStep::Run(Command::Review)), fx);
                        self.show_notice(said);
                    }
                    Err(why) => self.refuse(&why),
                }
            }
            Question::SecondProgram(staged, change) => {
                let words = format!("{}: {} staged", change.name, change.verb());
                match self.workspace.stage_records(vec![(staged, *change)]) {
                    Ok(entries) => {
                        fx.journal_records(entries);
                        let said = Notice::staged(&words, &self.context());
                        self.follow(Nav::Finished(said, NextStep::Run(Command::Review)), fx);
                    }
                    Err(why) => self.refuse(&why),
                }
            }
        }
    }

    /// The confirmed changes that delete a record.
    fn confirmed_deletions<'a>(
        &'a self,
        confirmed: &'a ConfirmedChanges,
    ) -> impl Iterator<Item = &'a RecordChange> {
        let changes =
            confirmed.records.keys().filter_map(|number| self.workspace.record_changes.change(*number));
        changes.filter(|change| change.intent.deletes())
    }

    /// What is asked before an apply: how much of what is sent, and what is held back.
    fn apply_question(&self, confirmed: &ConfirmedChanges) -> (&'static str, Vec<String>, Text) {
        let held = |cell| {
            matches!(
                self.workspace.counter_standing(cell),
                Some(CounterStanding::Conflict(_) | CounterStanding::Gone)
            )
        };
        let going: Vec<_> = confirmed.counters.keys().filter(|cell| !held(cell)).collect();
        let targets: BTreeSet<_> = going.iter().map(|cell| cell.target).collect();
        let places = confirmed.counters.keys().map(|cell| cell.target).collect::<BTreeSet<_>>();
        let labels = places.iter().filter_map(|place| self.workspace.counter_changes.target(place));
        let plans: BTreeSet<_> = labels.map(|target| target.label.plan.clone()).collect();
        let names: Vec<_> = plans.iter().map(ToString::to_string).collect();
        let mut lines = Vec::new();
        if !confirmed.counters.is_empty() {
            let (counters, tables) = (pluralize(going.len(), "counter"), pluralize(targets.len(), "table"));
            lines.push(format!("{counters} in {tables} of {}.", names.join(", ")));
            lines.push(
                "Each plan is read again first; what was changed there since is not overwritten but shown as a conflict."
                    .into(),
            );
        }
        let changes =
            confirmed.records.keys().filter_map(|number| self.workspace.record_changes.change(*number));
        let (ready, waiting): (Vec<_>, Vec<_>) =
            changes.partition(|change| self.workspace.record_standing(change).is_sendable());
        let mut kinds: BTreeMap<(String, &str), usize> = BTreeMap::new();
        for change in &ready {
            *kinds.entry((self.workspace.collection_name(&change.collection), change.verb())).or_default() +=
                1;
        }
        for ((collection, verb), n) in kinds {
            lines.push(format!("{collection}: {n} to {}.", if verb == "new" { "create" } else { verb }));
        }
        let batches =
            ready.iter().filter(|change| change.intent.created_draft().is_some()).count().div_ceil(100);
        if batches > 1 {
            lines.push(format!(
                "They go in {batches} requests of at most 100; {} stops in between.",
                self.keymap.hint(Command::Stop)
            ));
        }
        let back = confirmed.counters.len() - going.len() + waiting.len();
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
                _ => self.profile.clone().unwrap_or_default().into(),
            },
        };
        ("Apply", lines, name)
    }
}

/// What the documents say, or do not say, of what a deletion takes with it.
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
