//! The questions asked before something is sent or lost.

use crate::app::model::Model;
use crate::config::WritePolicy;
use crate::domain::change::counter_change::CounterStanding;
use crate::domain::record::recalculation::Watch;
use crate::domain::text::pluralize;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::{Nav, NextStep, Notice, Question, Severity};
use crate::popup::Popup;
use crate::popup::confirm::{BusyDialog, ConfirmDialog};
use crate::popup::watch::WatchPanel;

/// The most notes about a file that its question shows.
const MAX_FILE_NOTES: usize = 11;

impl Model {
    /// Opens the dialog of a question. Shows a notice instead when the answer could not be carried out.
    pub(super) fn ask(&mut self, question: Question) {
        let sends = matches!(question, Question::Apply(_) | Question::Recalculate(_));
        if self.settings.guard == WritePolicy::ReadOnly && sends {
            self.show_notice(Notice::new(Severity::Warning, "this profile is READ-ONLY: nothing is sent"));
            return;
        }
        let (title, lines, name) = match &question {
            Question::LeaveForm => {
                let lines = vec!["What you typed into the form will be lost.".into()];
                self.popups.push(Popup::Confirm(ConfirmDialog::new(
                    question,
                    "Leave the form?",
                    lines,
                    None,
                    self.engine.now,
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
                let title = "Stage the file?";
                self.popups.push(Popup::Confirm(ConfirmDialog::new(
                    question,
                    title,
                    lines,
                    None,
                    self.engine.now,
                )));
                return;
            }
            Question::SecondProgram(_, change) => {
                let lines = vec![
                    format!(
                        "The server identifies a program by six fields, and you changed one of them. It will create \
                             {} as a second program; the participants stay with the old one.",
                        change.name
                    ),
                    "Yes stages the new program. No goes back to the form.".into(),
                ];
                self.popups.push(Popup::Confirm(ConfirmDialog::new(
                    question.clone(),
                    "A second program?",
                    lines,
                    None,
                    self.engine.now,
                )));
                return;
            }
            Question::Apply(confirmed) => {
                if self.engine.is_applying() {
                    self.show_notice(Notice::new(
                        Severity::Warning,
                        "an apply is in progress; wait until it ends",
                    ));
                    return;
                }
                self.apply_question(confirmed)
            }
            Question::Recalculate(scorecard) => {
                let name = self.engine.workspace.scorecard_name(scorecard);
                if self.engine.workspace.watches.get(scorecard).is_some_and(Watch::may_run_from_here) {
                    self.show_watches();
                    self.show_notice(Notice::new(
                        Severity::Info,
                        "a recalculation started here may still be running",
                    ));
                    return;
                }
                let lines = vec![
                    format!("Recalculate {name}?"),
                    "The server needs up to an hour for large scorecards; bee-tui watches until it ends."
                        .into(),
                ];
                ("Recalculate", lines, name)
            }
        };
        let deletes = matches!(&question, Question::Apply(confirmed) if self.confirmed_deletions(confirmed).next().is_some());
        let name = (self.settings.guard == WritePolicy::Production || deletes).then_some(name);
        self.popups.push(Popup::Confirm(ConfirmDialog::new(question, title, lines, name, self.engine.now)));
    }

    /// Carries out what a question asked about, after the user confirmed it.
    pub(super) fn run_confirmed(&mut self, question: Question, fx: &mut Effects) {
        match question {
            Question::Apply(confirmed) => self.engine.start_apply(confirmed, fx),
            Question::Recalculate(scorecard) => {
                self.show_watches();
                self.engine.start_recalculation(scorecard, fx);
            }
            Question::LeaveForm => self.back(fx),
            Question::TakeFile(plan, returned) => {
                let wanted = returned.edits.len();
                match self.engine.workspace.edit_counters_from(plan, returned.edits, self.engine.now) {
                    Ok((entries, left)) => {
                        fx.journal_counters(entries);
                        let mut text =
                            format!("{} staged from the file", pluralize(wanted - left.len(), "counter"));
                        if let Some(why) = left.first() {
                            text += &format!("; {} left as they are: {why}", left.len());
                        }
                        let notice = Notice::new(Severity::Success, text);
                        self.follow(Nav::Finished(notice.clone(), NextStep::Run(Command::Review)), fx);
                        self.show_notice(notice);
                    }
                    Err(why) => self.refuse(&why),
                }
            }
            Question::SecondProgram(staged, change) => {
                let words = format!("{}: {} staged", change.name, change.verb());
                match self.engine.workspace.stage_records(vec![(staged, *change)]) {
                    Ok(entries) => {
                        fx.journal_records(entries);
                        let notice = Notice::staged(&words, &self.context());
                        self.follow(Nav::Finished(notice, NextStep::Run(Command::Review)), fx);
                    }
                    Err(why) => self.refuse(&why),
                }
            }
        }
    }

    /// Asks what to do when the scorecard is already being recalculated (409), unless a popup other than the
    /// watches is open.
    pub(super) fn ask_about_busy(&mut self) {
        let is_asked = self.popups.iter().any(|popup| matches!(popup, Popup::Busy(_)));
        let free = !is_asked && matches!(self.popups.last(), None | Some(Popup::Watch(_)));
        if free
            && !self.is_typing()
            && let Some(scorecard) = self.engine.busy_scorecards.first().cloned()
        {
            self.popups.push(Popup::Busy(BusyDialog::new(scorecard, self.engine.now)));
        }
    }

    /// Offers to recalculate a scorecard that an apply changed, one at a time. Waits while conflicts are
    /// left, because another apply would follow.
    pub(super) fn offer_recalculation(&mut self) {
        let asked = self.popups.iter().any(|o| matches!(o, Popup::Confirm(_) | Popup::Busy(_)));
        let typing = self.is_typing();
        // Conflicts just decided in the review are still to be applied.
        let deciding = self.review_is_open()
            && self.engine.workspace.count_counters(|s| *s == CounterStanding::Staged) > 0;
        if asked
            || typing
            || deciding
            || self.engine.is_unauthorized()
            || self.engine.recalculations_to_offer.is_empty()
            || self.engine.is_applying()
            || self.engine.workspace.counter_conflicts() > 0
        {
            return;
        }
        if let Some(scorecard) = self.engine.recalculations_to_offer.pop_first() {
            let notice_before = self.engine.status.notice.take();
            self.ask(Question::Recalculate(scorecard));
            self.engine.status.notice = notice_before.or(self.engine.status.notice.take());
        }
    }

    pub(super) fn show_watches(&mut self) {
        if !self.popups.iter().any(|o| matches!(o, Popup::Watch(_))) {
            self.popups.push(Popup::Watch(WatchPanel::default()));
        }
    }
}
