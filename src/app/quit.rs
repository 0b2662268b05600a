//! Quitting and restarting, and what prevents them: an edited form, unsaved edits, a write in flight.

use crate::app::engine::EndingRequest;
use crate::app::model::Model;
use crate::effect::{Effect, Effects, Restart};
use crate::input::command::{Command, Scope};
use crate::nav::{Notice, Question, Severity};
use crate::popup::Popup;
use crate::workspace::EditsBlocked;

impl Model {
    /// If a form has been edited, goes to it and asks whether to leave it. Returns whether it asked.
    pub(super) fn ask_to_leave_form(&mut self, fx: &mut Effects) -> bool {
        let Some(at) = self.screens.iter().position(|(_, screen)| screen.is_touched()) else { return false };
        self.popups.clear();
        for (number, _) in self.screens.split_off(at + 1) {
            self.cancel_reads_of(number, fx);
        }
        self.ask(Question::LeaveForm);
        true
    }

    /// Restarts with another profile or key, unless an edit or a write in flight would be lost.
    pub(super) fn restart(&mut self, restart: Restart, fx: &mut Effects) {
        self.popups.clear();
        if self.ask_to_leave_form(fx) {
            return;
        }
        if self.engine.is_sending() || self.engine.is_applying() {
            self.show_notice(Notice::new(
                Severity::Warning,
                "a change is being sent; wait for the response, then try again",
            ));
        } else if !self.warn_of_loss(EndingRequest::Restart, "do the same again to continue") {
            fx.push(Effect::Restart(restart));
        }
    }

    /// Warns that staged changes would be lost; `how` says how to go on. Returns false when there is nothing
    /// to lose or the user was already warned.
    pub(super) fn warn_of_loss(&mut self, ending: EndingRequest, how: &str) -> bool {
        let why = match &self.engine.workspace.edits_blocked {
            _ if self.engine.workspace.is_ephemeral => "the demo forgets what is staged",
            Some(EditsBlocked::JournalFailed(_)) => "the last edits are not on disk and would be lost",
            _ => return false,
        };
        self.engine.workspace.staged_count() > 0 && self.warn_once(ending, &format!("{why}; {how}"))
    }

    /// Shows a warning, unless it was already shown for the same request. Returns whether it was shown now.
    pub(super) fn warn_once(&mut self, ending: EndingRequest, why: &str) -> bool {
        let asked = Some((ending, self.engine.workspace.staged_count()));
        if std::mem::replace(&mut self.engine.status.unconfirmed_end, asked) == asked {
            return false;
        }
        self.show_notice(Notice::new(Severity::Warning, why));
        true
    }

    /// Quits, whatever is open. Dialogs are answered with No. What was typed into a cell is committed first;
    /// if it is not valid, the program stays open.
    pub(super) fn quit_from_anywhere(&mut self, fx: &mut Effects) {
        let mut leaves_form = false;
        loop {
            match self.popups.last() {
                Some(Popup::Busy(busy)) => {
                    let scorecard = busy.scorecard().clone();
                    self.popups.pop();
                    self.engine.decide_busy(scorecard, None, fx);
                }
                Some(Popup::Confirm(confirm)) => {
                    leaves_form |= *confirm.question() == Question::LeaveForm;
                    self.popups.pop();
                }
                Some(Popup::CommandLine(_) | Popup::Choice(_)) => {
                    self.popups.pop();
                }
                _ => break,
            }
        }
        match self.scopes() {
            [Scope::Pasting, ..] => self.command(Command::CancelPaste, fx),
            [Scope::Drafting, ..] => self.command(Command::LeaveDraft, fx),
            [Scope::Editing, ..] => self.command(Command::Commit, fx),
            _ => {}
        }
        // Text that is not valid stays open, with a notice that says why.
        if matches!(self.scopes(), [Scope::Editing, ..]) {
            return;
        }
        // Pressing the key again in the question whether to leave the form means yes.
        if leaves_form && let Some((number, _)) = self.screens.pop() {
            self.cancel_reads_of(number, fx);
        }
        self.quit(fx);
    }

    pub(super) fn quit(&mut self, fx: &mut Effects) {
        let again = format!("{} again quits", self.settings.keymap.hint(Command::Quit));
        if self.ask_to_leave_form(fx) || self.warn_of_loss(EndingRequest::Quit, &again) {
            return;
        }
        let text = format!("a change is being sent; {again}, but its outcome will be unknown");
        if !self.engine.is_sending() || !self.warn_once(EndingRequest::Quit, &text) {
            fx.push(Effect::Quit);
        }
    }
}
