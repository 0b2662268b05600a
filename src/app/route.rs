//! Where a key goes, and what a screen's or an overlay's word makes happen.

use std::collections::BTreeSet;

use crate::app::apply::Apply;
use crate::app::model::{Ending, Model, Parts};
use crate::app::requests::Owner;
use crate::desk::{Confirmed, NoEdits, UNREAD};
use crate::domain::change::Standing;
use crate::effect::{Anew, Effect, Effects, Why};
use crate::input::command::{Command, Scope, TABLE};
use crate::input::key::Key;
use crate::nav::{Choosing, Chosen, Nav, Notice, Place, Question, Then, Tone};
use crate::overlay::Overlay;
use crate::overlay::choice::Choice;
use crate::overlay::command_line::CommandLine;
use crate::overlay::confirm::Busy;
use crate::overlay::reader::Reader;
use crate::overlay::review::Review;
use crate::overlay::watch::WatchPanel;
use crate::overlay::years::Years;

impl Model {
    /// Takes a key: as a command of what is on top, or as typing.
    pub(super) fn key(&mut self, key: Key, fx: &mut Effects) {
        self.status.notice = None;
        let scopes = self.scopes();
        let is_quit = self.keymap.command(&[Scope::Everywhere], key) == Some(Command::Quit);
        if is_quit && (key.typed().is_none() || scopes.contains(&Scope::Everywhere)) {
            return self.quit_from_anywhere(fx);
        }
        match self.keymap.command(scopes, key) {
            Some(command) => self.command(command, fx),
            None if scopes == [Scope::Typing] && key.typed().is_none() => self.key_while_typing(key, fx),
            None if scopes == [Scope::Form] && key.typed().is_none() => self.key_in_form(key, fx),
            None => self.type_key(key, fx),
        }
    }

    /// The scopes of keys that are open.
    pub(super) fn scopes(&self) -> &'static [Scope] {
        match (self.overlays.last(), self.screens.last()) {
            (Some(overlay), _) => overlay.scopes(),
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
                !self.desk.forgets && !from_environment
            }
            Command::ReadAgain if self.rests() => true,
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
            _ if command.entry().scope == Scope::Places => true,
            _ => match (self.overlays.last(), self.screens.last()) {
                (Some(overlay), _) => overlay.enabled(command, &self.desk),
                (None, Some((_, screen))) => screen.enabled(command, &self.desk),
                (None, None) => false,
            },
        }
    }

    /// The commands that can do something now, in the order of the scopes that are open.
    pub(super) fn open_commands(&self) -> Vec<Command> {
        let of_scope = |scope: &'static Scope| TABLE.iter().filter(move |entry| entry.scope == *scope);
        let entries = self.scopes().iter().flat_map(of_scope);
        entries.map(|entry| entry.command).filter(|command| self.enabled(*command)).collect()
    }

    /// The commands that are done by their names: those that can do something now, and the places to go to from anywhere.
    fn named_commands(&self) -> Vec<Command> {
        let mut commands = self.open_commands();
        commands.retain(|command| command.entry().scope != Scope::Moving);
        let places = TABLE.iter().filter(|entry| entry.scope == Scope::Places).map(|entry| entry.command);
        let places: Vec<Command> = places.filter(|place| !commands.contains(place)).collect();
        commands.extend(places);
        // As they stand in the table.
        commands.sort_by_key(|command| *command as usize);
        commands
    }

    /// Whether keys are typed, so that nothing may come up under them.
    pub(super) fn is_typing(&self) -> bool {
        matches!(self.scopes(), [] | [Scope::Typing | Scope::Form] | [Scope::Pasting, ..])
    }

    /// In a form, help is there and quitting leaves it by its own question.
    fn key_in_form(&mut self, key: Key, fx: &mut Effects) {
        match self.keymap.command(&[Scope::Everywhere], key) {
            Some(Command::Help) => self.command(Command::Help, fx),
            Some(Command::Close) => self.command(Command::Leave, fx),
            _ => self.type_key(key, fx),
        }
    }

    /// While a cell is typed in, an arrow takes it and moves; other commands wait.
    fn key_while_typing(&mut self, key: Key, fx: &mut Effects) {
        if let Some(command) = self.keymap.command(&[Scope::Moving], key) {
            self.command(command, fx);
        } else if let Some(command) = self.keymap.command(&[Scope::Grid, Scope::Everywhere], key) {
            let (take, give_up) = (self.keymap.hint(Command::Commit), self.keymap.hint(Command::GiveUp));
            let name = command.entry().name;
            let text = format!("{name} waits: first take what you typed ({take}) or give it up ({give_up})");
            self.say(Notice::new(Tone::Warning, text));
        } else {
            self.type_key(key, fx);
        }
    }

    fn type_key(&mut self, key: Key, fx: &mut Effects) {
        let Parts { screens, overlays, desk, cx } = self.parts();
        let nav = match (overlays.last_mut(), screens.last_mut()) {
            (Some(overlay), _) => overlay.key(key, &cx),
            (None, Some((_, screen))) => screen.key(key, desk),
            (None, None) => Nav::Stay,
        };
        self.follow(nav, fx);
    }

    /// Takes pasted text to what is on top. It is never taken as keys.
    pub(super) fn paste(&mut self, text: &str, fx: &mut Effects) {
        let Parts { screens, overlays, desk, cx } = self.parts();
        let nav = match (overlays.last_mut(), screens.last_mut()) {
            (Some(overlay), _) => overlay.paste(text),
            (None, Some((_, screen))) => screen.paste(text, desk, &cx),
            (None, None) => Nav::Stay,
        };
        self.follow(nav, fx);
    }

    /// Does a command: the app's own here, all others by what is on top.
    pub(super) fn command(&mut self, command: Command, fx: &mut Effects) {
        match command {
            Command::Quit => self.quit(fx),
            Command::Help => {
                let keys = Choice::of_keys(&self.open_commands(), &self.keymap);
                self.overlays.push(Overlay::Choice(keys));
            }
            Command::CommandLine => {
                let line = CommandLine::new(self.named_commands());
                self.overlays.push(Overlay::CommandLine(line));
            }
            Command::Plans => self.go(&Place::Plans, fx),
            Command::Scorecards => self.go(&Place::Scorecards, fx),
            Command::Staged => self.go(&Place::Staged, fx),
            Command::Suppliers => self.go(&Place::Suppliers, fx),
            Command::Training if self.training(fx) => {}
            Command::Log => self.follow(Nav::Open(Place::Log), fx),
            Command::Palette => {
                let everything = Choice::of_everything(&self.desk, &self.keymap, &self.named_commands());
                self.overlays.push(Overlay::Choice(everything));
            }
            Command::Watch => self.show_watches(),
            Command::Stop => self.stop(fx),
            // The key may have been changed meanwhile.
            Command::ReadAgain if self.rests() => {
                if let Some(profile) = self.profile.clone() {
                    self.begin_anew(Anew::Profile(profile), fx);
                }
            }
            Command::Login if self.desk.forgets => {
                self.say(Notice::new(Tone::Plain, "the demo needs no key"));
            }
            Command::Login if self.profile.is_some() && self.profiles.is_empty() => {
                let text = "the key comes from the environment; it is changed there";
                self.say(Notice::new(Tone::Plain, text));
            }
            Command::Login => self.begin_anew(Anew::Login(self.profile.clone()), fx),
            Command::Profile if self.profiles.len() < 2 => {
                let text = "there was no other profile at the start; bee-tui login --profile NAME makes one";
                self.say(Notice::new(Tone::Plain, text));
            }
            Command::Profile => {
                let profiles = Choice::of_profiles(&self.profiles, self.profile.as_deref());
                self.overlays.push(Overlay::Choice(profiles));
            }
            Command::Review if self.review_is_open() => {
                let apply = self.keymap.hint(Command::Apply);
                self.say(Notice::new(Tone::Plain, format!("this is the review; {apply} applies")));
            }
            Command::Review => self.review(fx),
            Command::Close if self.overlays.is_empty() => self.close(fx),
            Command::Close => self.back(fx),
            other => self.pass_on(other, fx),
        }
    }

    pub(super) fn pass_on(&mut self, command: Command, fx: &mut Effects) {
        let Parts { screens, overlays, desk, cx } = self.parts();
        let (nav, number) = match (overlays.last_mut(), screens.last_mut()) {
            (Some(overlay), last) => {
                (overlay.command(command, desk, &cx, fx), last.map_or(0, |(number, _)| *number))
            }
            (None, Some((number, screen))) => (screen.command(command, desk, &cx, fx), *number),
            (None, None) => (Nav::Stay, 0),
        };
        self.own_calls(&Owner::Screen(number), fx);
        self.follow(nav, fx);
    }

    /// Makes happen what a screen or an overlay said.
    pub(super) fn follow(&mut self, nav: Nav, fx: &mut Effects) {
        match nav {
            Nav::Stay => {}
            Nav::Say(notice) => self.say(notice),
            Nav::Open(place) => {
                self.overlays.clear();
                let Parts { screens, desk, .. } = self.parts();
                if !screens.last_mut().is_some_and(|(_, screen)| screen.revisit(&place, desk)) {
                    self.open(&place, fx);
                }
            }
            Nav::Back => self.back(fx),
            Nav::Show(title, lines) => self.overlays.push(Overlay::Reader(Reader::new(title, lines))),
            Nav::Finished(notice, then) => {
                if let Some((number, _)) = self.screens.pop() {
                    self.cancel_reads(&Owner::Screen(number), fx);
                }
                self.say(notice);
                match then {
                    Then::Stay => {}
                    Then::Open(place) => self.follow(Nav::Open(place), fx),
                    Then::Do(command) => self.command(command, fx),
                }
            }
            Nav::Do(command) => {
                self.overlays.pop();
                self.command(command, fx);
            }
            Nav::Ask(ask) => self.ask(ask),
            Nav::Confirmed(question) => {
                self.overlays.pop();
                self.confirmed(question, fx);
            }
            Nav::Busy(scorecard, wish) => {
                self.overlays.pop();
                self.decide_busy(scorecard, wish, fx);
            }
            Nav::Choose(choosing) => self.choose(choosing),
            Nav::Chosen(chosen) => {
                self.overlays.pop();
                match chosen {
                    Chosen::Sector(plan, sector) => {
                        self.desk.sectors.insert(plan, sector);
                    }
                    Chosen::Region(region) => self.desk.region = region,
                }
            }
            Nav::Years(plan, table, level, year) => {
                self.overlays.push(Overlay::Years(Years::new(plan, table, level, year)));
            }
            Nav::Look(scorecard) => self.look(scorecard, fx),
            Nav::Anew(anew) => self.begin_anew(anew, fx),
        }
    }

    /// Puts a choice to the person, if there is anything to choose from.
    fn choose(&mut self, choosing: Choosing) {
        let (choice, none) = match choosing {
            Choosing::Cell(plan, year, table) => {
                let cells = Choice::of_cells(&self.desk, plan, year, &table);
                (cells, UNREAD)
            }
            Choosing::Sector(plan) => (Choice::of_sectors(&self.desk, plan), "there are no sector targets"),
            Choosing::Region => (Choice::of_regions(&self.desk), "there is no EAP"),
            Choosing::Finding(plan) => {
                (Choice::of_findings(&self.desk, plan), "nothing in this plan deserves a look")
            }
        };
        if choice.is_empty() {
            self.say(Notice::new(Tone::Plain, none));
        } else {
            self.overlays.push(Overlay::Choice(choice));
        }
    }

    /// Goes to the training programs of the scorecard one is at; whether there is one. In a list of scorecards or plans
    /// it is the one under the cursor, which the list knows.
    fn training(&mut self, fx: &mut Effects) -> bool {
        let at = self.screens.iter().rev().find_map(|(_, screen)| screen.scorecard());
        let Some(scorecard) = at.cloned() else {
            let here = self
                .screens
                .last()
                .is_some_and(|(_, screen)| screen.is_at(&Place::Scorecards) || screen.is_at(&Place::Plans));
            if !here {
                self.go(&Place::Scorecards, fx);
                let open = self.keymap.hint(Command::Open);
                let text = format!("choose a scorecard: {open} leads to its training programs");
                self.say(Notice::new(Tone::Plain, text));
            }
            return !here;
        };
        self.follow(Nav::Open(Place::TrainingPrograms(scorecard)), fx);
        true
    }

    pub(super) fn back(&mut self, fx: &mut Effects) {
        if self.overlays.pop().is_some() {
            return;
        }
        if self.screens.len() > 1 {
            if let Some((number, _)) = self.screens.pop() {
                self.cancel_reads(&Owner::Screen(number), fx);
            }
        } else if !self.is_home() {
            self.go(&Place::Plans, fx);
        } else {
            let quit = self.keymap.hint(Command::Quit);
            self.say(Notice::new(Tone::Plain, format!("this is the first screen; {quit} quits")));
        }
    }

    /// Whether the screen at the bottom is the one everything begins at.
    fn is_home(&self) -> bool {
        self.profile.is_none() || self.screens.first().is_some_and(|(_, screen)| screen.is_at(&Place::Plans))
    }

    fn close(&mut self, fx: &mut Effects) {
        if self.screens.len() > 1 || !self.is_home() { self.back(fx) } else { self.quit(fx) }
    }

    /// Goes to a place at the bottom: back to its screen as it was, if that is the one there, else to a new one.
    fn go(&mut self, place: &Place, fx: &mut Effects) {
        self.overlays.clear();
        if self.keeps_form(fx) {
            return;
        }
        let keep = usize::from(self.screens.first().is_some_and(|(_, screen)| screen.is_at(place)));
        for (number, _) in self.screens.split_off(keep) {
            self.cancel_reads(&Owner::Screen(number), fx);
        }
        if keep == 0 {
            self.open(place, fx);
        }
    }

    /// Whether something is typed in a form that would be lost: it comes up, and whether to leave it is asked.
    fn keeps_form(&mut self, fx: &mut Effects) -> bool {
        let Some(at) = self.screens.iter().position(|(_, screen)| screen.is_touched()) else { return false };
        self.overlays.clear();
        for (number, _) in self.screens.split_off(at + 1) {
            self.cancel_reads(&Owner::Screen(number), fx);
        }
        self.ask(Question::LeaveForm);
        true
    }

    /// Begins anew, when nothing is lost by it.
    fn begin_anew(&mut self, anew: Anew, fx: &mut Effects) {
        self.overlays.clear();
        if self.keeps_form(fx) {
        } else if self.sends() || self.apply.is_some() {
            self.say(Notice::new(Tone::Warning, "something is being sent; wait for the answer, then change"));
        } else if !self.would_lose(Ending::Anew, "the same again goes on") {
            fx.push(Effect::Anew(anew));
        }
    }

    /// Whether what is staged would be lost with the program, and how to go on all the same has only just been said.
    fn would_lose(&mut self, ending: Ending, how: &str) -> bool {
        let why = match &self.desk.no_edits {
            _ if self.desk.forgets => "the demo forgets what is staged",
            Some(NoEdits::NotStored(_)) => "the last edits are not on disk and would be lost",
            _ => return false,
        };
        self.desk.staged() > 0 && self.asks_first(ending, &format!("{why}; {how}"))
    }

    /// Says why something is better not done, unless that was said just before it was asked for again.
    fn asks_first(&mut self, ending: Ending, why: &str) -> bool {
        let asked = Some((ending, self.desk.staged()));
        if std::mem::replace(&mut self.status.asked, asked) == asked {
            return false;
        }
        self.say(Notice::new(Tone::Warning, why));
        true
    }

    /// Quits, whatever is open. It is the No of a dialog and the end of typing: what was typed into a cell is taken first,
    /// and one that cannot be taken keeps the program open.
    fn quit_from_anywhere(&mut self, fx: &mut Effects) {
        let mut leaves_form = false;
        loop {
            match self.overlays.last() {
                Some(Overlay::Busy(busy)) => {
                    let scorecard = busy.scorecard().clone();
                    self.overlays.pop();
                    self.decide_busy(scorecard, None, fx);
                }
                Some(Overlay::Confirm(confirm)) => {
                    leaves_form |= *confirm.question() == Question::LeaveForm;
                    self.overlays.pop();
                }
                Some(Overlay::CommandLine(_) | Overlay::Choice(_)) => {
                    self.overlays.pop();
                }
                _ => break,
            }
        }
        match self.scopes() {
            [Scope::Pasting, ..] => self.command(Command::LeavePaste, fx),
            [Scope::Typing, ..] => self.command(Command::Commit, fx),
            _ => {}
        }
        // What could not be taken says why.
        if matches!(self.scopes(), [Scope::Typing, ..]) {
            return;
        }
        // Asked whether to leave a form, the same key again says that it is meant.
        if leaves_form && let Some((number, _)) = self.screens.pop() {
            self.cancel_reads(&Owner::Screen(number), fx);
        }
        self.quit(fx);
    }

    fn quit(&mut self, fx: &mut Effects) {
        let again = format!("{} again quits", self.keymap.hint(Command::Quit));
        if self.keeps_form(fx) || self.would_lose(Ending::Quit, &again) {
            return;
        }
        let text = format!("something is being sent; {again}, and its outcome is then unknown");
        if !self.sends() || !self.asks_first(Ending::Quit, &text) {
            fx.push(Effect::Quit);
        }
    }

    fn stop(&mut self, fx: &mut Effects) {
        if let Some(apply) = &mut self.apply {
            apply.stop();
            self.give_up_waiting(fx);
            if self.apply.is_some() {
                let text = "no more is sent after the request that is under way; the rest stays staged";
                self.say(Notice::new(Tone::Plain, text));
            }
            return;
        }
        let waited = self.give_up_waiting(fx);
        let reads: Vec<_> = self.requests.iter().filter(|(_, p)| p.reads).map(|(id, _)| *id).collect();
        if reads.is_empty() && !waited {
            let text = if self.sends() {
                "what is being sent is not stopped; wait for the answer".to_owned()
            } else {
                format!("nothing is being read; {} quits", self.keymap.hint(Command::Quit))
            };
            self.say(Notice::new(Tone::Plain, text));
        }
        for id in reads {
            self.stop_call(id, fx);
        }
    }

    fn cancel_reads(&mut self, owner: &Owner, fx: &mut Effects) {
        let reads: Vec<_> =
            self.requests.iter().filter(|(_, p)| p.reads && p.owner == *owner).map(|(id, _)| *id).collect();
        for id in reads {
            self.requests.remove(&id);
            fx.push(Effect::Cancel(id));
        }
        self.leave_readings(fx);
    }

    fn review_is_open(&self) -> bool {
        matches!(self.overlays.last(), Some(Overlay::Review(_)))
    }

    fn review(&mut self, fx: &mut Effects) {
        let review = Review::open(&self.desk, fx);
        self.overlays.push(Overlay::Review(review));
        let number = self.screens.last().map_or(0, |(number, _)| *number);
        self.own_calls(&Owner::Screen(number), fx);
        // What was edited is held against what is there now.
        let edited = self.desk.record_changes.iter().filter(|(_, change)| change.intent.record().is_some());
        for collection in edited.map(|(_, change)| change.collection.clone()).collect::<BTreeSet<_>>() {
            fx.read(&collection, Why::Kept);
        }
    }

    /// Begins to send what was said yes to.
    pub fn start_apply(&mut self, confirmed: Confirmed, fx: &mut Effects) {
        if let Err(why) = self.desk.takes_edits() {
            self.say(Notice::new(Tone::Error, format!("nothing is sent: {why}")));
            return;
        }
        let apply = Apply::start(confirmed, &mut self.desk, fx);
        self.go_on(apply, fx);
    }

    /// Keeps an apply that has more to do, or says what came of it.
    pub(super) fn go_on(&mut self, apply: Apply, fx: &mut Effects) {
        self.own_calls(&Owner::Apply, fx);
        if apply.is_over() {
            self.end_apply(&apply, fx);
        } else {
            self.apply = Some(apply);
            self.begin_readings(fx);
        }
    }

    /// Says what came of an apply, closes the review when all is done, and notes what is to be recalculated.
    pub(super) fn end_apply(&mut self, apply: &Apply, fx: &mut Effects) {
        if self.desk.staged() == 0 {
            self.overlays.retain(|overlay| !matches!(overlay, Overlay::Review(_)));
        }
        self.status.failure = apply.failure().cloned();
        self.owed.extend(apply.scorecards(&self.desk));
        if let (Some((collection, id)), Some((_, screen))) = (apply.last_made(), self.screens.last_mut()) {
            screen.select(collection, id, &self.desk);
        }
        if let Some(plan) = apply.created_plan().filter(|_| !self.is_typing()) {
            self.follow(Nav::Open(Place::Plan(plan, None)), fx);
        }
        self.say(apply.notice(&self.desk));
    }

    /// Asks what to do about a recalculation that runs already, where nothing else is open but the watches.
    pub(super) fn ask_busy(&mut self) {
        let free = matches!(self.overlays.last(), None | Some(Overlay::Watch(_)));
        if free
            && !self.is_typing()
            && let Some(scorecard) = self.busy.pop_first()
        {
            self.overlays.push(Overlay::Busy(Busy::new(scorecard, self.now)));
        }
    }

    /// Offers a recalculation of what an apply has touched, one question at a time, once no conflict is left that
    /// another apply would follow.
    pub(super) fn offer_owed(&mut self) {
        let asked = self.overlays.iter().any(|o| matches!(o, Overlay::Confirm(_) | Overlay::Busy(_)));
        let typing = self.is_typing();
        // What has just been decided in the review is still to be sent.
        let deciding = self.review_is_open() && self.desk.count(|s| *s == Standing::Staged) > 0;
        if asked
            || typing
            || deciding
            || self.rests()
            || self.owed.is_empty()
            || self.apply.is_some()
            || self.desk.conflicts() > 0
        {
            return;
        }
        if let Some(scorecard) = self.owed.pop_first() {
            let said = self.status.notice.take();
            self.ask(Question::Recalculate(scorecard));
            self.status.notice = said.or(self.status.notice.take());
        }
    }

    pub(super) fn show_watches(&mut self) {
        if !self.overlays.iter().any(|o| matches!(o, Overlay::Watch(_))) {
            self.overlays.push(Overlay::Watch(WatchPanel::default()));
        }
    }
}
