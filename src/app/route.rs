//! Routes keys and commands, and carries out what a screen or popup returns.

use crate::api::{Call, plans};
use crate::app::model::{Model, ModelParts};
use crate::domain::refusal::Refusal;
use crate::effect::{Effects, Owner, Restart, ScreenId};
use crate::input::command::{Command, Scope, TABLE};
use crate::input::key::Key;
use crate::nav::{ChoiceMade, ChoiceRequest, Destination, Nav, NextStep, Notice, Severity};
use crate::popup::Popup;
use crate::popup::choice::ChoicePopup;
use crate::popup::command_line::CommandLine;
use crate::popup::details::DetailsPopup;
use crate::popup::summary::SummaryPopup;
use crate::popup::years::YearsPopup;
use crate::workspace::PLAN_UNREAD;

impl Model {
    /// Handles a key, as a command of what is on top or as typing.
    pub(super) fn key(&mut self, key: Key, fx: &mut Effects) {
        self.engine.status.notice = None;
        let scopes = self.scopes();
        let is_quit = self.settings.keymap.command(&[Scope::Everywhere], key) == Some(Command::Quit);
        if is_quit && (key.typed_char().is_none() || scopes.contains(&Scope::Everywhere)) {
            return self.quit_from_anywhere(fx);
        }
        match self.settings.keymap.command(scopes, key) {
            Some(command) => self.command(command, fx),
            None if scopes == [Scope::Editing] && key.typed_char().is_none() => {
                self.key_while_typing(key, fx);
            }
            None if scopes.contains(&Scope::Drafting) => self.key_over_draft(key, fx),
            None if scopes == [Scope::Form] && key.typed_char().is_none() => self.key_in_form(key, fx),
            None => self.type_key(key, fx),
        }
    }

    /// The key scopes that are active, in order of precedence.
    pub(super) fn scopes(&self) -> &'static [Scope] {
        match (self.popups.last(), self.screens.last()) {
            (Some(popup), _) => popup.scopes(),
            (None, Some((_, screen))) => screen.scopes(),
            (None, None) => &[],
        }
    }

    /// Whether a command of the active scopes can do something now. Help, hints and palette list only those.
    pub fn enabled(&self, command: Command) -> bool {
        match command {
            Command::Stop => !self.engine.requests.is_empty() || self.engine.is_applying(),
            Command::Profile => self.settings.profiles.len() > 1,
            Command::Login => {
                let from_environment = self.settings.profile.is_some() && self.settings.profiles.is_empty();
                !self.engine.workspace.is_ephemeral && !from_environment
            }
            Command::ReadAgain if self.engine.is_unauthorized() => true,
            Command::Review => !self.review_is_open(),
            Command::Help
            | Command::CommandLine
            | Command::Log
            | Command::Palette
            | Command::Watch
            | Command::Back
            | Command::Close
            | Command::Quit
            | Command::Training => true,
            _ if command.entry().scope == Scope::OutsideGrid => true,
            _ => match (self.popups.last(), self.screens.last()) {
                (Some(popup), _) => popup.enabled(command, &self.engine.workspace),
                (None, Some((_, screen))) => screen.enabled(command, &self.engine.workspace),
                (None, None) => false,
            },
        }
    }

    /// The commands that can do something now, in the order of the active scopes.
    pub(super) fn enabled_commands(&self) -> Vec<Command> {
        let of_scope = |scope: &'static Scope| TABLE.iter().filter(move |entry| entry.scope == *scope);
        let entries = self.scopes().iter().flat_map(of_scope);
        entries.map(|entry| entry.command).filter(|command| self.enabled(*command)).collect()
    }

    /// The commands that can be run by name: those that can do something now, and the destinations reachable
    /// from everywhere.
    pub(super) fn named_commands(&self) -> Vec<Command> {
        let mut commands = self.enabled_commands();
        commands.retain(|command| command.entry().scope != Scope::Navigating);
        let places =
            TABLE.iter().filter(|entry| entry.scope == Scope::OutsideGrid).map(|entry| entry.command);
        let places: Vec<Command> = places.filter(|place| !commands.contains(place)).collect();
        commands.extend(places);
        // A list of plans has some commands of the grid, without their keys.
        let of_grid = TABLE.iter().filter(|entry| entry.scope == Scope::Grid).map(|entry| entry.command);
        let of_grid: Vec<Command> =
            of_grid.filter(|command| !commands.contains(command) && self.enabled(*command)).collect();
        commands.extend(of_grid);
        // The order of the command table.
        commands.sort_by_key(|command| *command as usize);
        commands
    }

    /// Whether the user is typing or placing a paste, so that no popup may open.
    pub(super) fn is_typing(&self) -> bool {
        matches!(self.scopes(), [] | [Scope::Editing | Scope::Form] | [Scope::Pasting | Scope::Drafting, ..])
    }

    /// Handles a key that is typed in a form: help works, and closing asks before leaving the form.
    pub(super) fn key_in_form(&mut self, key: Key, fx: &mut Effects) {
        match self.settings.keymap.command(&[Scope::Everywhere], key) {
            Some(Command::Help) => self.command(Command::Help, fx),
            Some(Command::Close) => self.command(Command::LeaveForm, fx),
            _ => self.type_key(key, fx),
        }
    }

    /// Handles a key while a cell is being edited: an arrow commits the edit and moves; other commands are
    /// refused.
    pub(super) fn key_while_typing(&mut self, key: Key, fx: &mut Effects) {
        if let Some(command) = self.settings.keymap.command(&[Scope::Navigating], key) {
            self.command(command, fx);
        } else if let Some(command) = self.settings.keymap.command(&[Scope::Grid, Scope::Everywhere], key) {
            let (take, give_up) =
                (self.settings.keymap.hint(Command::Commit), self.settings.keymap.hint(Command::CancelEdit));
            let name = command.entry().name;
            let text = format!("{name} is not possible while typing: accept ({take}) or cancel ({give_up})");
            self.show_notice(Notice::new(Severity::Warning, text));
        } else {
            self.type_key(key, fx);
        }
    }

    /// Handles a key over the preview of a draft: years and tables change as in the grid.
    fn key_over_draft(&mut self, key: Key, fx: &mut Effects) {
        use Command::{NextYear, OtherTable, PerCent, PreviousYear};
        match self.settings.keymap.command(&[Scope::Grid], key) {
            Some(command @ (NextYear | PreviousYear | OtherTable | PerCent)) => self.command(command, fx),
            _ => self.type_key(key, fx),
        }
    }

    pub(super) fn type_key(&mut self, key: Key, fx: &mut Effects) {
        let ModelParts { screens, popups, workspace, cx } = self.parts();
        let nav = match (popups.last_mut(), screens.last_mut()) {
            (Some(popup), _) => popup.key(key, &cx),
            (None, Some((_, screen))) => screen.key(key, workspace),
            (None, None) => Ok(Nav::Stay),
        };
        self.follow_or_refuse(nav, fx);
    }

    /// Hands pasted text to what is on top. It is never interpreted as keys.
    pub(super) fn paste(&mut self, text: &str, fx: &mut Effects) {
        let ModelParts { screens, popups, workspace, cx } = self.parts();
        let nav = match (popups.last_mut(), screens.last_mut()) {
            (Some(popup), _) => popup.paste(text),
            (None, Some((_, screen))) => screen.paste(text, workspace, &cx),
            (None, None) => Ok(Nav::Stay),
        };
        self.follow_or_refuse(nav, fx);
    }

    /// Runs a command: the program's own here, all others in what is on top.
    pub(super) fn command(&mut self, command: Command, fx: &mut Effects) {
        match command {
            Command::Quit => self.quit(fx),
            Command::Help => {
                let keys = ChoicePopup::of_keys(&self.enabled_commands(), &self.settings.keymap);
                self.popups.push(Popup::Choice(keys));
            }
            Command::CommandLine => {
                let line = CommandLine::new(self.named_commands());
                self.popups.push(Popup::CommandLine(line));
            }
            Command::Plans => self.go(&Destination::Plans, fx),
            Command::Scorecards => self.go(&Destination::Scorecards, fx),
            Command::Overview => self.go(&Destination::Overview, fx),
            Command::Staged => self.go(&Destination::Staged, fx),
            Command::Suppliers => self.go(&Destination::Suppliers, fx),
            Command::Training if self.open_training_programs(fx) => {}
            Command::Log => self.follow(Nav::Open(Destination::Log), fx),
            Command::Palette => {
                let everything = ChoicePopup::of_commands_and_records(
                    &self.engine.workspace,
                    &self.settings.keymap,
                    &self.named_commands(),
                );
                self.popups.push(Popup::Choice(everything));
            }
            Command::Watch => self.show_watches(),
            Command::Stop => self.stop(fx),
            // The key may have been changed in the settings, so they are read again.
            Command::ReadAgain if self.engine.is_unauthorized() => {
                if let Some(profile) = self.settings.profile.clone() {
                    self.restart(Restart::Profile(profile), fx);
                }
            }
            Command::Login if self.engine.workspace.is_ephemeral => {
                self.show_notice(Notice::new(Severity::Info, "the demo needs no key"));
            }
            Command::Login if self.settings.profile.is_some() && self.settings.profiles.is_empty() => {
                let text = "the key comes from the environment; it is changed there";
                self.show_notice(Notice::new(Severity::Info, text));
            }
            Command::Login => self.restart(Restart::Login(self.settings.profile.clone()), fx),
            Command::Profile if self.settings.profiles.len() < 2 => {
                let text = "there was no other profile at the start; bee-tui login --profile NAME makes one";
                self.show_notice(Notice::new(Severity::Info, text));
            }
            Command::Profile => {
                let profiles =
                    ChoicePopup::of_profiles(&self.settings.profiles, self.settings.profile.as_deref());
                self.popups.push(Popup::Choice(profiles));
            }
            Command::Review if self.review_is_open() => {
                let apply = self.settings.keymap.hint(Command::Apply);
                self.show_notice(Notice::new(Severity::Info, format!("this is the review; {apply} applies")));
            }
            Command::Review => self.review(fx),
            Command::Close if self.popups.is_empty() => self.close(fx),
            Command::Close => self.back(fx),
            other => self.forward_command(other, fx),
        }
    }

    /// Passes a command to what is on top.
    pub(super) fn forward_command(&mut self, command: Command, fx: &mut Effects) {
        let ModelParts { screens, popups, workspace, cx } = self.parts();
        let nav = match (popups.last_mut(), screens.last_mut()) {
            (Some(popup), _) => popup.command(command, workspace, &cx, fx),
            (None, Some((_, screen))) => screen.command(command, workspace, &cx, fx),
            (None, None) => Ok(Nav::Stay),
        };
        self.engine.register_requests(fx);
        self.follow_or_refuse(nav, fx);
    }

    /// Carries out what a screen or popup returned. A refusal becomes a notice here and nowhere else.
    pub(super) fn follow_or_refuse(&mut self, nav: Result<Nav, Refusal>, fx: &mut Effects) {
        match nav {
            Ok(nav) => self.follow(nav, fx),
            Err(why) => self.refuse(&why),
        }
    }

    /// Carries out what a screen or popup asked for.
    pub(super) fn follow(&mut self, nav: Nav, fx: &mut Effects) {
        match nav {
            Nav::Stay => {}
            Nav::Notify(notice) => self.show_notice(notice),
            Nav::Open(place) => {
                self.popups.clear();
                let ModelParts { screens, workspace, .. } = self.parts();
                if !screens.last_mut().is_some_and(|(_, screen)| screen.navigate_within(&place, workspace)) {
                    self.open_screen(&place, fx);
                }
            }
            Nav::Back => self.back(fx),
            Nav::Show(title, lines) => self.popups.push(Popup::Details(DetailsPopup::new(title, lines))),
            Nav::Finished(notice, then) => {
                if let Some((number, _)) = self.screens.pop() {
                    self.cancel_reads_of(number, fx);
                }
                self.show_notice(notice);
                match then {
                    NextStep::Stay => {}
                    NextStep::Open(place) => self.follow(Nav::Open(place), fx),
                    NextStep::Run(command) => self.command(command, fx),
                    NextStep::PreviewDraft(draft) => {
                        let now = self.engine.now;
                        if let Some((_, screen)) = self.screens.last_mut() {
                            screen.preview_draft(*draft, now);
                        }
                    }
                }
            }
            Nav::Run(command) => {
                self.popups.pop();
                self.command(command, fx);
            }
            Nav::Ask(ask) => self.ask(ask),
            Nav::Confirmed(question) => {
                self.popups.pop();
                self.run_confirmed(question, fx);
            }
            Nav::DecideBusy(scorecard, busy_choice) => {
                self.popups.pop();
                self.engine.decide_busy(scorecard, busy_choice, fx);
            }
            Nav::Choose(choosing) => self.choose(choosing),
            Nav::Chosen(chosen) => {
                self.popups.pop();
                match chosen {
                    ChoiceMade::Sector(plan, sector) => {
                        self.engine.workspace.sectors.insert(plan, sector);
                    }
                    ChoiceMade::Region(region) => self.engine.workspace.region_index = region,
                    ChoiceMade::ComparedPlan(plan, compared) => {
                        self.engine.workspace.compared_plans.insert(plan, compared);
                        if self.engine.workspace.plan(compared.plan).is_none() {
                            let read = Call::Plans(plans::Call::Read(compared.plan));
                            self.engine.send(Owner::Background, read, fx);
                        }
                    }
                }
            }
            Nav::Years(table, level) => self.popups.push(Popup::Years(YearsPopup::new(table, level))),
            Nav::Summary(table, level) => {
                self.popups.push(Popup::Summary(SummaryPopup::new(table, level)));
            }
            Nav::PollRecalculation(scorecard) => self.engine.poll_recalculation(scorecard, fx),
            Nav::Restart(restart) => self.restart(restart, fx),
        }
    }

    /// Opens the popup of a choice, or a notice if there is nothing to choose from.
    pub(super) fn choose(&mut self, choosing: ChoiceRequest) {
        let (choice, none) = match choosing {
            ChoiceRequest::Cell(shown) => {
                let cells = ChoicePopup::of_cells(&self.engine.workspace, &shown);
                (cells, PLAN_UNREAD)
            }
            ChoiceRequest::Sector(plan) => {
                (ChoicePopup::of_sectors(&self.engine.workspace, plan), "there are no sector targets")
            }
            ChoiceRequest::Region => (ChoicePopup::of_regions(&self.engine.workspace), "there is no EAP"),
            ChoiceRequest::ComparedPlan(plan) => (
                ChoicePopup::of_compared_plans(&self.engine.workspace, plan),
                "the list of plans was not read yet",
            ),
            ChoiceRequest::Finding(plan) => {
                (ChoicePopup::of_findings(&self.engine.workspace, plan), "this plan has no findings")
            }
        };
        if choice.is_empty() {
            self.show_notice(Notice::new(Severity::Info, none));
        } else {
            self.popups.push(Popup::Choice(choice));
        }
    }

    /// Opens the training programs of the current scorecard. Returns false if the cursor's row decides which
    /// scorecard, in the list of scorecards or of plans; then the list handles the command.
    pub(super) fn open_training_programs(&mut self, fx: &mut Effects) -> bool {
        let at = self.screens.iter().rev().find_map(|(_, screen)| screen.scorecard());
        let Some(scorecard) = at.cloned() else {
            let here = self.screens.last().is_some_and(|(_, screen)| {
                [Destination::Scorecards, Destination::Plans, Destination::Overview]
                    .iter()
                    .any(|place| screen.is_at(place))
            });
            if !here {
                self.go(&Destination::Scorecards, fx);
                let open = self.settings.keymap.hint(Command::Open);
                let text = format!("choose a scorecard: {open} leads to its training programs");
                self.show_notice(Notice::new(Severity::Info, text));
            }
            return !here;
        };
        self.follow(Nav::Open(Destination::TrainingPrograms(scorecard)), fx);
        true
    }

    pub(super) fn back(&mut self, fx: &mut Effects) {
        if self.popups.pop().is_some() {
            return;
        }
        if self.screens.len() > 1 {
            if let Some((number, _)) = self.screens.pop() {
                self.cancel_reads_of(number, fx);
            }
        } else if !self.is_home() {
            self.go(&Destination::Plans, fx);
        } else {
            let quit = self.settings.keymap.hint(Command::Quit);
            self.show_notice(Notice::new(Severity::Info, format!("this is the first screen; {quit} quits")));
        }
    }

    /// Whether the bottom screen is the list of plans, or no profile is configured.
    pub(super) fn is_home(&self) -> bool {
        self.settings.profile.is_none()
            || self.screens.first().is_some_and(|(_, screen)| screen.is_at(&Destination::Plans))
    }

    pub(super) fn close(&mut self, fx: &mut Effects) {
        if self.screens.len() > 1 || !self.is_home() { self.back(fx) } else { self.quit(fx) }
    }

    /// Goes to a top-level destination. Its screen is kept if it is already at the bottom; otherwise a new
    /// one is opened.
    pub(super) fn go(&mut self, place: &Destination, fx: &mut Effects) {
        self.popups.clear();
        if self.ask_to_leave_form(fx) {
            return;
        }
        let keep = usize::from(self.screens.first().is_some_and(|(_, screen)| screen.is_at(place)));
        for (number, _) in self.screens.split_off(keep) {
            self.cancel_reads_of(number, fx);
        }
        if keep == 0 {
            self.open_screen(place, fx);
        }
    }

    /// Stops what can be stopped: an apply after the request in flight, reads at once. Writes are never
    /// cancelled.
    pub(super) fn stop(&mut self, fx: &mut Effects) {
        if self.engine.is_applying() {
            self.engine.stop_apply();
            self.engine.cancel_retries(fx);
            if self.engine.is_applying() {
                let text = "bee-tui stops after the request in flight; the rest stays staged";
                self.show_notice(Notice::new(Severity::Info, text));
            }
            return;
        }
        let waited = self.engine.cancel_retries(fx);
        let reads: Vec<_> =
            self.engine.requests.iter().filter(|(_, p)| p.is_read).map(|(id, _)| *id).collect();
        if reads.is_empty() && !waited {
            let text = if self.engine.is_sending() {
                "a write in flight cannot be stopped; wait for the response".to_owned()
            } else {
                format!("nothing is being read; {} quits", self.settings.keymap.hint(Command::Quit))
            };
            self.show_notice(Notice::new(Severity::Info, text));
        }
        for id in reads {
            self.engine.cancel_request(id, fx);
        }
    }

    /// Cancels the reads of a screen that was left.
    pub(super) fn cancel_reads_of(&mut self, id: ScreenId, fx: &mut Effects) {
        self.note_shown();
        self.engine.cancel_owned_reads(&Owner::Screen(id), fx);
    }
}
