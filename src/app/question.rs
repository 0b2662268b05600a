//! The questions that stand before something is sent or lost.

use crate::app::model::Model;
use crate::config::WritePolicy;
use crate::domain::record::recalculation::Watch;
use crate::domain::text::pluralize;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::{Nav, NextStep, Notice, Question, Severity};
use crate::popup::Popup;
use crate::popup::confirm::ConfirmDialog;

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
}
