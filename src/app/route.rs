//! Where a key goes, and what a screen's or an overlay's word makes happen.

use std::collections::BTreeSet;

use crate::app::apply::Apply;
use crate::app::model::{EndingRequest, Model, ModelParts};
use crate::domain::change::counter_change::CounterStanding;
use crate::domain::refusal::Refusal;
use crate::effect::Owner;
use crate::effect::{Effect, Effects, ReadReason, Restart};
use crate::input::command::{Command, Scope, TABLE};
use crate::input::key::Key;
use crate::nav::{ChoiceMade, ChoiceRequest, Destination, Nav, NextStep, Notice, Question, Severity};
use crate::popup::Popup;
use crate::popup::choice::ChoicePopup;
use crate::popup::command_line::CommandLine;
use crate::popup::confirm::BusyDialog;
use crate::popup::details::DetailsPopup;
use crate::popup::review::Review;
use crate::popup::watch::WatchPanel;
use crate::popup::years::YearsPopup;
use crate::workspace::{ConfirmedChanges, EditsBlocked, PLAN_UNREAD};

impl Model {
    /// Takes a key: as a command of what is on top, or as typing.
    pub(super) fn key(&mut self, key: Key, fx: &mut Effects) {
        self.status.notice = None;
        let scopes = self.scopes();
        let is_quit = self.keymap.command(&[Scope::Everywhere], key) == Some(Command::Quit);
        if is_quit && (key.typed_char().is_none() || scopes.contains(&Scope::Everywhere)) {
            return self.quit_from_anywhere(fx);
        }
        match self.keymap.command(scopes, key) {
            Some(command) => self.command(command, fx),
            None if scopes == [Scope::Editing] && key.typed_char().is_none() => {
                self.key_while_typing(key, fx);
            }
            None if scopes == [Scope::Form] && key.typed_char().is_none() => self.key_in_form(key, fx),
            None => self.type_key(key, fx),
        }
    }

    /// The scopes of keys that are open.
    pub(super) fn scopes(&self) -> &'static [Scope] {
        match (self.popups.last(), self.screens.last()) {
            (Some(popup), _) => popup.scopes(),
            (None, Some((_, screen))) => screen.scopes(),
            (None, None) => &[],
        }
    }

    /// Whether a command of the scopes that are open can do something now: help, hints and palette name no other.
    pub fn enabled(&self, command: Command) -> bool {
        match command {
            Command::Stop => !self.requests.is_empty() || self.apply.is_some(),
            Command::Profile => self.profiles.len() > 1,
            Command::Login => {
                let from_environment = self.profile.is_some() && self.profiles.is_empty();
                !self.workspace.is_ephemeral && !from_environment
            }
            Command::ReadAgain if self.is_unauthorized() => true,
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
                (Some(popup), _) => popup.enabled(command, &self.workspace),
                (None, Some((_, screen))) => screen.enabled(command, &self.workspace),
                (None, None) => false,
            },
        }
    }

    /// The commands that can do something now, in the order of the scopes that are open.
    pub(super) fn enabled_commands(&self) -> Vec<Command> {
        let of_scope = |scope: &'static Scope| TABLE.iter().filter(move |entry| entry.scope == *scope);
        let entries = self.scopes().iter().flat_map(of_scope);
        entries.map(|entry| entry.command).filter(|command| self.enabled(*command)).collect()
    }

    /// The commands that are done by their names: those that can do something now, and the places to go to from anywhere.
    fn named_commands(&self) -> Vec<Command> {
        let mut commands = self.enabled_commands();
        commands.retain(|command| command.entry().scope != Scope::Navigating);
        let places =
            TABLE.iter().filter(|entry| entry.scope == Scope::OutsideGrid).map(|entry| entry.command);
        let places: Vec<Command> = places.filter(|place| !commands.contains(place)).collect();
        commands.extend(places);
        // As they stand in the table.
        commands.sort_by_key(|command| *command as usize);
        commands
    }

    /// Whether keys are typed, so that nothing may come up under them.
    pub(super) fn is_typing(&self) -> bool {
        matches!(self.scopes(), [] | [Scope::Editing | Scope::Form] | [Scope::Pasting, ..])
    }

    /// In a form, help is there and quitting leaves it by its own question.
    fn key_in_form(&mut self, key: Key, fx: &mut Effects) {
        match self.keymap.command(&[Scope::Everywhere], key) {
            Some(Command::Help) => self.command(Command::Help, fx),
            Some(Command::Close) => self.command(Command::LeaveForm, fx),
            _ => self.type_key(key, fx),
        }
    }

    /// While a cell is typed in, an arrow takes it and moves; other commands wait.
    fn key_while_typing(&mut self, key: Key, fx: &mut Effects) {
        if let Some(command) = self.keymap.command(&[Scope::Navigating], key) {
            self.command(command, fx);
        } else if let Some(command) = self.keymap.command(&[Scope::Grid, Scope::Everywhere], key) {
            let (take, give_up) = (self.keymap.hint(Command::Commit), self.keymap.hint(Command::CancelEdit));
            let name = command.entry().name;
            let text = format!("{name} waits: first take what you typed ({take}) or give it up ({give_up})");
            self.show_notice(Notice::new(Severity::Warning, text));
        } else {
            self.type_key(key, fx);
        }
    }

    fn type_key(&mut self, key: Key, fx: &mut Effects) {
        let ModelParts { screens, popups, workspace, cx } = self.parts();
        let nav = match (popups.last_mut(), screens.last_mut()) {
            (Some(popup), _) => popup.key(key, &cx),
            (None, Some((_, screen))) => screen.key(key, workspace),
            (None, None) => Ok(Nav::Stay),
        };
        self.follow_or_refuse(nav, fx);
    }

    /// Takes pasted text to what is on top. It is never taken as keys.
    pub(super) fn paste(&mut self, text: &str, fx: &mut Effects) {
        let ModelParts { screens, popups, workspace, cx } = self.parts();
        let nav = match (popups.last_mut(), screens.last_mut()) {
            (Some(popup), _) => popup.paste(text),
            (None, Some((_, screen))) => screen.paste(text, workspace, &cx),
            (None, None) => Ok(Nav::Stay),
        };
        self.follow_or_refuse(nav, fx);
    }

    /// Does a command: the app's own here, all others by what is on top.
    pub(super) fn command(&mut self, command: Command, fx: &mut Effects) {
        match command {
            Command::Quit => self.quit(fx),
            Command::Help => {
                let keys = ChoicePopup::of_keys(&self.enabled_commands(), &self.keymap);
                self.popups.push(Popup::Choice(keys));
            }
            Command::CommandLine => {
                let line = CommandLine::new(self.named_commands());
                self.popups.push(Popup::CommandLine(line));
            }
            Command::Plans => self.go(&Destination::Plans, fx),
            Command::Scorecards => self.go(&Destination::Scorecards, fx),
            Command::Staged => self.go(&Destination::Staged, fx),
            Command::Suppliers => self.go(&Destination::Suppliers, fx),
            Command::Training if self.open_training_programs(fx) => {}
            Command::Log => self.follow(Nav::Open(Destination::Log), fx),
            Command::Palette => {
                let everything = ChoicePopup::of_commands_and_records(
                    &self.workspace,
                    &self.keymap,
                    &self.named_commands(),
                );
                self.popups.push(Popup::Choice(everything));
            }
            Command::Watch => self.show_watches(),
            Command::Stop => self.stop(fx),
            // The key may have been changed meanwhile.
            Command::ReadAgain if self.is_unauthorized() => {
                if let Some(profile) = self.profile.clone() {
                    self.restart(Restart::Profile(profile), fx);
                }
            }
            Command::Login if self.workspace.is_ephemeral => {
                self.show_notice(Notice::new(Severity::Info, "the demo needs no key"));
            }
            Command::Login if self.profile.is_some() && self.profiles.is_empty() => {
                let text = "the key comes from the environment; it is changed there";
                self.show_notice(Notice::new(Severity::Info, text));
            }
            Command::Login => self.restart(Restart::Login(self.profile.clone()), fx),
            Command::Profile if self.profiles.len() < 2 => {
                let text = "there was no other profile at the start; bee-tui login --profile NAME makes one";
                self.show_notice(Notice::new(Severity::Info, text));
            }
            Command::Profile => {
                let profiles = ChoicePopup::of_profiles(&self.profiles, self.profile.as_deref());
                self.popups.push(Popup::Choice(profiles));
            }
            Command::Review if self.review_is_open() => {
                let apply = self.keymap.hint(Command::Apply);
                self.show_notice(Notice::new(Severity::Info, format!("this is the review; {apply} applies")));
            }
            Command::Review => self.review(fx),
            Command::Close if self.popups.is_empty() => self.close(fx),
            Command::Close => self.back(fx),
            other => self.forward_command(other, fx),
        }
    }

    /// Passes a command on to what is on top.
    pub(super) fn forward_command(&mut self, command: Command, fx: &mut Effects) {
        let ModelParts { screens, popups, workspace, cx } = self.parts();
        let nav = match (popups.last_mut(), screens.last_mut()) {
            (Some(popup), _) => popup.command(command, workspace, &cx, fx),
            (None, Some((_, screen))) => screen.command(command, workspace, &cx, fx),
            (None, None) => Ok(Nav::Stay),
        };
        self.register_requests(fx);
        self.follow_or_refuse(nav, fx);
    }

    /// Does what a screen or a popup answered; a refusal becomes a notice here and nowhere else.
    fn follow_or_refuse(&mut self, nav: Result<Nav, Refusal>, fx: &mut Effects) {
        match nav {
            Ok(nav) => self.follow(nav, fx),
            Err(why) => self.refuse(&why),
        }
    }

    /// Makes happen what a screen or an overlay said.
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
                    self.cancel_owned_reads(&Owner::Screen(number), fx);
                }
                self.show_notice(notice);
                match then {
                    NextStep::Stay => {}
                    NextStep::Open(place) => self.follow(Nav::Open(place), fx),
                    NextStep::Run(command) => self.command(command, fx),
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
                self.decide_busy(scorecard, busy_choice, fx);
            }
            Nav::Choose(choosing) => self.choose(choosing),
            Nav::Chosen(chosen) => {
                self.popups.pop();
                match chosen {
                    ChoiceMade::Sector(plan, sector) => {
                        self.workspace.sectors.insert(plan, sector);
                    }
                    ChoiceMade::Region(region) => self.workspace.region_index = region,
                }
            }
            Nav::Years(plan, table, level, year) => {
                self.popups.push(Popup::Years(YearsPopup::new(plan, table, level, year)));
            }
            Nav::PollRecalculation(scorecard) => self.poll_recalculation(scorecard, fx),
            Nav::Restart(restart) => self.restart(restart, fx),
        }
    }

    /// Puts a choice to the person, if there is anything to choose from.
    fn choose(&mut self, choosing: ChoiceRequest) {
        let (choice, none) = match choosing {
            ChoiceRequest::Cell(plan, year, table) => {
                let cells = ChoicePopup::of_cells(&self.workspace, plan, year, &table);
                (cells, PLAN_UNREAD)
            }
            ChoiceRequest::Sector(plan) => {
                (ChoicePopup::of_sectors(&self.workspace, plan), "there are no sector targets")
            }
            ChoiceRequest::Region => (ChoicePopup::of_regions(&self.workspace), "there is no EAP"),
            ChoiceRequest::Finding(plan) => {
                (ChoicePopup::of_findings(&self.workspace, plan), "nothing in this plan deserves a look")
            }
        };
        if choice.is_empty() {
            self.show_notice(Notice::new(Severity::Info, none));
        } else {
            self.popups.push(Popup::Choice(choice));
        }
    }

    /// Goes to the training programs of the scorecard one is at; whether there is one. In a list of scorecards or plans
    /// it is the one under the cursor, which the list knows.
    fn open_training_programs(&mut self, fx: &mut Effects) -> bool {
        let at = self.screens.iter().rev().find_map(|(_, screen)| screen.scorecard());
        let Some(scorecard) = at.cloned() else {
            let here = self.screens.last().is_some_and(|(_, screen)| {
                screen.is_at(&Destination::Scorecards) || screen.is_at(&Destination::Plans)
            });
            if !here {
                self.go(&Destination::Scorecards, fx);
                let open = self.keymap.hint(Command::Open);
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
                self.cancel_owned_reads(&Owner::Screen(number), fx);
            }
        } else if !self.is_home() {
            self.go(&Destination::Plans, fx);
        } else {
            let quit = self.keymap.hint(Command::Quit);
            self.show_notice(Notice::new(Severity::Info, format!("this is the first screen; {quit} quits")));
        }
    }

    /// Whether the screen at the bottom is the one everything begins at.
    fn is_home(&self) -> bool {
        self.profile.is_none()
            || self.screens.first().is_some_and(|(_, screen)| screen.is_at(&Destination::Plans))
    }

    fn close(&mut self, fx: &mut Effects) {
        if self.screens.len() > 1 || !self.is_home() { self.back(fx) } else { self.quit(fx) }
    }

    /// Goes to a place at the bottom: back to its screen as it was, if that is the one there, else to a new one.
    fn go(&mut self, place: &Destination, fx: &mut Effects) {
        self.popups.clear();
        if self.ask_to_leave_form(fx) {
            return;
        }
        let keep = usize::from(self.screens.first().is_some_and(|(_, screen)| screen.is_at(place)));
        for (number, _) in self.screens.split_off(keep) {
            self.cancel_owned_reads(&Owner::Screen(number), fx);
        }
        if keep == 0 {
            self.open_screen(place, fx);
        }
    }

    /// Whether something is typed in a form that would be lost: it comes up, and whether to leave it is asked.
    fn ask_to_leave_form(&mut self, fx: &mut Effects) -> bool {
        let Some(at) = self.screens.iter().position(|(_, screen)| screen.is_touched()) else { return false };
        self.popups.clear();
        for (number, _) in self.screens.split_off(at + 1) {
            self.cancel_owned_reads(&Owner::Screen(number), fx);
        }
        self.ask(Question::LeaveForm);
        true
    }

    /// Begins anew, when nothing is lost by it.
    fn restart(&mut self, restart: Restart, fx: &mut Effects) {
        self.popups.clear();
        if self.ask_to_leave_form(fx) {
        } else if self.is_sending() || self.apply.is_some() {
            self.show_notice(Notice::new(
                Severity::Warning,
                "something is being sent; wait for the answer, then change",
            ));
        } else if !self.warn_of_loss(EndingRequest::Restart, "the same again goes on") {
            fx.push(Effect::Restart(restart));
        }
    }

    /// Whether what is staged would be lost with the program, and how to go on all the same has only just been said.
    fn warn_of_loss(&mut self, ending: EndingRequest, how: &str) -> bool {
        let why = match &self.workspace.edits_blocked {
            _ if self.workspace.is_ephemeral => "the demo forgets what is staged",
            Some(EditsBlocked::JournalFailed(_)) => "the last edits are not on disk and would be lost",
            _ => return false,
        };
        self.workspace.staged_count() > 0 && self.warn_once(ending, &format!("{why}; {how}"))
    }

    /// Says why something is better not done, unless that was said just before it was asked for again.
    fn warn_once(&mut self, ending: EndingRequest, why: &str) -> bool {
        let asked = Some((ending, self.workspace.staged_count()));
        if std::mem::replace(&mut self.status.unconfirmed_end, asked) == asked {
            return false;
        }
        self.show_notice(Notice::new(Severity::Warning, why));
        true
    }

    /// Quits, whatever is open. It is the No of a dialog and the end of typing: what was typed into a cell is taken first,
    /// and one that cannot be taken keeps the program open.
    fn quit_from_anywhere(&mut self, fx: &mut Effects) {
        let mut leaves_form = false;
        loop {
            match self.popups.last() {
                Some(Popup::Busy(busy)) => {
                    let scorecard = busy.scorecard().clone();
                    self.popups.pop();
                    self.decide_busy(scorecard, None, fx);
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
            [Scope::Editing, ..] => self.command(Command::Commit, fx),
            _ => {}
        }
        // What could not be taken says why.
        if matches!(self.scopes(), [Scope::Editing, ..]) {
            return;
        }
        // Asked whether to leave a form, the same key again says that it is meant.
        if leaves_form && let Some((number, _)) = self.screens.pop() {
            self.cancel_owned_reads(&Owner::Screen(number), fx);
        }
        self.quit(fx);
    }

    fn quit(&mut self, fx: &mut Effects) {
        let again = format!("{} again quits", self.keymap.hint(Command::Quit));
        if self.ask_to_leave_form(fx) || self.warn_of_loss(EndingRequest::Quit, &again) {
            return;
        }
        let text = format!("something is being sent; {again}, and its outcome is then unknown");
        if !self.is_sending() || !self.warn_once(EndingRequest::Quit, &text) {
            fx.push(Effect::Quit);
        }
    }

    fn stop(&mut self, fx: &mut Effects) {
        if let Some(apply) = &mut self.apply {
            apply.stop();
            self.cancel_retries(fx);
            if self.apply.is_some() {
                let text = "no more is sent after the request that is under way; the rest stays staged";
                self.show_notice(Notice::new(Severity::Info, text));
            }
            return;
        }
        let waited = self.cancel_retries(fx);
        let reads: Vec<_> = self.requests.iter().filter(|(_, p)| p.is_read).map(|(id, _)| *id).collect();
        if reads.is_empty() && !waited {
            let text = if self.is_sending() {
                "what is being sent is not stopped; wait for the answer".to_owned()
            } else {
                format!("nothing is being read; {} quits", self.keymap.hint(Command::Quit))
            };
            self.show_notice(Notice::new(Severity::Info, text));
        }
        for id in reads {
            self.cancel_request(id, fx);
        }
    }

    fn cancel_owned_reads(&mut self, owner: &Owner, fx: &mut Effects) {
        let reads: Vec<_> =
            self.requests.iter().filter(|(_, p)| p.is_read && p.owner == *owner).map(|(id, _)| *id).collect();
        for id in reads {
            self.requests.remove(&id);
            fx.push(Effect::Cancel(id));
        }
        self.cancel_unneeded_list_reads(fx);
    }

    fn review_is_open(&self) -> bool {
        matches!(self.popups.last(), Some(Popup::Review(_)))
    }

    fn review(&mut self, fx: &mut Effects) {
        let review = Review::open(&self.workspace, &self.context(), fx);
        self.popups.push(Popup::Review(review));
        self.register_requests(fx);
        // What was edited is held against what is there now.
        let edited =
            self.workspace.record_changes.iter().filter(|(_, change)| change.intent.record_id().is_some());
        for collection in edited.map(|(_, change)| change.collection.clone()).collect::<BTreeSet<_>>() {
            fx.read_list(&collection, ReadReason::Needed);
        }
    }

    /// Begins to send what was said yes to.
    pub fn start_apply(&mut self, confirmed: ConfirmedChanges, fx: &mut Effects) {
        if let Err(why) = self.workspace.check_edits_allowed() {
            self.show_notice(Notice::new(Severity::Error, format!("nothing is sent: {why}")));
            return;
        }
        let apply = Apply::start(confirmed, &mut self.workspace, fx);
        self.continue_apply(apply, fx);
    }

    /// Keeps an apply that has more to do, or says what came of it.
    pub(super) fn continue_apply(&mut self, apply: Apply, fx: &mut Effects) {
        self.register_requests(fx);
        if apply.is_over() {
            self.end_apply(&apply, fx);
        } else {
            self.apply = Some(apply);
            self.start_list_reads(fx);
        }
    }

    /// Says what came of an apply, closes the review when all is done, and notes what is to be recalculated.
    pub(super) fn end_apply(&mut self, apply: &Apply, fx: &mut Effects) {
        if self.workspace.staged_count() == 0 {
            self.popups.retain(|popup| !matches!(popup, Popup::Review(_)));
        }
        self.status.apply_error = apply.last_error().cloned();
        self.recalculations_to_offer.extend(apply.touched_scorecards(&self.workspace));
        if let (Some((collection, id)), Some((_, screen))) = (apply.last_created(), self.screens.last_mut()) {
            screen.select_record(collection, id, &self.workspace);
        }
        if let Some(plan) = apply.created_plan().filter(|_| !self.is_typing()) {
            self.follow(Nav::Open(Destination::Plan(plan, None)), fx);
        }
        self.show_notice(apply.notice(&self.workspace));
    }

    /// Asks what to do about a recalculation that runs already, where nothing else is open but the watches.
    pub(super) fn ask_about_busy(&mut self) {
        let free = matches!(self.popups.last(), None | Some(Popup::Watch(_)));
        if free
            && !self.is_typing()
            && let Some(scorecard) = self.busy_scorecards.pop_first()
        {
            self.popups.push(Popup::Busy(BusyDialog::new(scorecard, self.now)));
        }
    }

    /// Offers a recalculation of what an apply has touched, one question at a time, once no conflict is left that
    /// another apply would follow.
    pub(super) fn offer_recalculation(&mut self) {
        let asked = self.popups.iter().any(|o| matches!(o, Popup::Confirm(_) | Popup::Busy(_)));
        let typing = self.is_typing();
        // What has just been decided in the review is still to be sent.
        let deciding =
            self.review_is_open() && self.workspace.count_counters(|s| *s == CounterStanding::Staged) > 0;
        if asked
            || typing
            || deciding
            || self.is_unauthorized()
            || self.recalculations_to_offer.is_empty()
            || self.apply.is_some()
            || self.workspace.counter_conflicts() > 0
        {
            return;
        }
        if let Some(scorecard) = self.recalculations_to_offer.pop_first() {
            let said = self.status.notice.take();
            self.ask(Question::Recalculate(scorecard));
            self.status.notice = said.or(self.status.notice.take());
        }
    }

    pub(super) fn show_watches(&mut self) {
        if !self.popups.iter().any(|o| matches!(o, Popup::Watch(_))) {
            self.popups.push(Popup::Watch(WatchPanel::default()));
        }
    }
}
