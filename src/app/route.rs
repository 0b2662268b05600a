//! Where a key goes, and what a screen's or an overlay's word makes happen.

use std::collections::BTreeSet;

use crate::app::apply::Apply;
use crate::app::model::{Model, Parts};
use crate::app::requests::Owner;
use crate::config::Guard;
use crate::domain::change::{Confirmed, Standing};
use crate::domain::recalculation::Watch;
use crate::domain::text::{Text, count};
use crate::effect::{Effect, Effects};
use crate::input::command::{Command, Scope};
use crate::input::key::Key;
use crate::nav::{Nav, Notice, Place, Question, Tone};
use crate::overlay::Overlay;
use crate::overlay::command_line::CommandLine;
use crate::overlay::confirm::Confirm;
use crate::overlay::details::Details;
use crate::overlay::help::Help;
use crate::overlay::review::Review;
use crate::overlay::watch::WatchPanel;

impl Model {
    /// Takes a key: as a command of what is on top, or as typing.
    pub(super) fn key(&mut self, key: Key, fx: &mut Effects) {
        self.status.notice = None;
        let scopes = self.scopes();
        match self.keymap.command(scopes, key) {
            Some(command) => self.command(command, fx),
            None if scopes == [Scope::Typing] && key.typed().is_none() => self.key_while_typing(key, fx),
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

    /// Takes pasted text to what is on top. In a grid without an open cell it is refused, never typed as keys.
    pub(super) fn paste(&mut self, text: &str, fx: &mut Effects) {
        let nav = match (self.overlays.last_mut(), self.screens.last_mut()) {
            (Some(overlay), _) => {
                overlay.paste(text);
                Nav::Stay
            }
            (None, Some((_, screen))) => screen.paste(text, &self.desk),
            (None, None) => Nav::Stay,
        };
        self.follow(nav, fx);
    }

    /// Does a command: the app's own here, all others by what is on top.
    pub(super) fn command(&mut self, command: Command, fx: &mut Effects) {
        match command {
            Command::Quit => self.quit(fx),
            Command::Help => self.overlays.push(Overlay::Help(Help::new(self.scopes()))),
            Command::CommandLine => self.overlays.push(Overlay::CommandLine(CommandLine::new(self.scopes()))),
            Command::Plans => self.go(&Place::Plans, fx),
            Command::Scorecards => self.go(&Place::Scorecards, fx),
            Command::Staged => self.go(&Place::Staged, fx),
            Command::Watch => self.show_watches(),
            Command::Stop => self.stop(fx),
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

    fn pass_on(&mut self, command: Command, fx: &mut Effects) {
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
            Nav::Details(record) => self.overlays.push(Overlay::Details(Details::new(record))),
            Nav::Do(command) => {
                self.overlays.pop();
                self.command(command, fx);
            }
            Nav::Ask(ask) => self.ask(ask),
            Nav::Confirmed(ask) => {
                self.overlays.pop();
                match ask {
                    Question::Apply(confirmed) => self.start_apply(confirmed, fx),
                    Question::Recalculate(scorecard) => {
                        self.show_watches();
                        self.start_recalculation(scorecard, fx);
                    }
                }
            }
            Nav::Busy(scorecard, wish) => {
                self.overlays.pop();
                self.decide_busy(scorecard, wish, fx);
            }
            Nav::Look(scorecard) => self.look(scorecard, fx),
        }
    }

    fn back(&mut self, fx: &mut Effects) {
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
        let keep = usize::from(self.screens.first().is_some_and(|(_, screen)| screen.is_at(place)));
        for (number, _) in self.screens.split_off(keep) {
            self.cancel_reads(&Owner::Screen(number), fx);
        }
        if keep == 0 {
            self.open(place, fx);
        }
    }

    fn quit(&mut self, fx: &mut Effects) {
        if self.sends() && !self.status.quit_asked {
            self.status.quit_asked = true;
            let quit = self.keymap.hint(Command::Quit);
            let text =
                format!("something is being sent; {quit} again quits, and its outcome is then unknown");
            self.say(Notice::new(Tone::Warning, text));
        } else {
            fx.push(Effect::Quit);
        }
    }

    fn stop(&mut self, fx: &mut Effects) {
        let reads: Vec<_> = self.requests.iter().filter(|(_, p)| p.reads()).map(|(id, _)| *id).collect();
        if reads.is_empty() {
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
            self.requests.iter().filter(|(_, p)| p.reads() && p.owner == *owner).map(|(id, _)| *id).collect();
        for id in reads {
            self.requests.remove(&id);
            fx.push(Effect::Cancel(id));
        }
    }

    fn review_is_open(&self) -> bool {
        matches!(self.overlays.last(), Some(Overlay::Review(_)))
    }

    fn review(&mut self, fx: &mut Effects) {
        let review = Review::open(&self.desk, fx);
        self.overlays.push(Overlay::Review(review));
        let number = self.screens.last().map_or(0, |(number, _)| *number);
        self.own_calls(&Owner::Screen(number), fx);
    }

    /// Begins to send what was said yes to.
    fn start_apply(&mut self, confirmed: Confirmed, fx: &mut Effects) {
        if self.desk.not_stored.is_some() {
            self.say(Notice::new(Tone::Error, "nothing is sent while the journal cannot be written"));
            return;
        }
        self.apply = Some(Apply::start(confirmed, fx));
        self.own_calls(&Owner::Apply, fx);
    }

    /// Says what came of an apply, closes the review when all is done, and notes what is to be recalculated.
    pub(super) fn end_apply(&mut self, apply: &Apply) {
        if self.desk.changes.is_empty() {
            self.overlays.retain(|overlay| !matches!(overlay, Overlay::Review(_)));
        }
        self.owed.extend(apply.scorecards(&self.desk));
        self.say(apply.notice(&self.desk));
    }

    /// Offers a recalculation of what an apply has touched, one question at a time, once no conflict is left that
    /// another apply would follow.
    pub(super) fn offer_owed(&mut self) {
        let asked = self.overlays.iter().any(|o| matches!(o, Overlay::Confirm(_) | Overlay::Busy(_)));
        let typing = self.scopes() == [Scope::Typing];
        if asked || typing || self.owed.is_empty() || self.apply.is_some() || self.desk.conflicts() > 0 {
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

    /// Opens the question that stands before something is sent.
    pub(super) fn ask(&mut self, question: Question) {
        if self.guard == Guard::ReadOnly {
            self.say(Notice::new(Tone::Warning, "this profile is READ-ONLY: nothing is sent"));
            return;
        }
        let (title, lines, name) = match &question {
            Question::Apply(confirmed) => {
                if self.apply.is_some() {
                    self.say(Notice::new(Tone::Warning, "an apply is going on; wait for its end"));
                    return;
                }
                self.question_of_apply(confirmed)
            }
            Question::Recalculate(scorecard) => {
                let name = self.desk.scorecard_name(scorecard);
                if self.desk.watches.get(scorecard).is_some_and(Watch::may_run_here) {
                    self.show_watches();
                    self.say(Notice::new(Tone::Plain, "a recalculation started here may still be running"));
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
        let name = (self.guard == Guard::Production).then_some(name);
        self.overlays.push(Overlay::Confirm(Confirm::new(question, title, lines, name, self.now)));
    }

    /// What is asked before an apply: how many counters of how many targets, and what is held back.
    fn question_of_apply(&self, confirmed: &Confirmed) -> (&'static str, Vec<String>, Text) {
        let held = |cell| matches!(self.desk.standing(cell), Some(Standing::Conflict(_) | Standing::Gone));
        let going: Vec<_> = confirmed.keys().filter(|cell| !held(cell)).collect();
        let targets: BTreeSet<_> = going.iter().map(|cell| cell.place).collect();
        let places = confirmed.keys().map(|cell| cell.place).collect::<BTreeSet<_>>();
        let labels = places.iter().filter_map(|place| self.desk.changes.target(place));
        let plans: BTreeSet<_> = labels.map(|target| target.label.plan.clone()).collect();
        let names: Vec<_> = plans.iter().map(ToString::to_string).collect();
        let (counters, tables) = (count(going.len(), "counter"), count(targets.len(), "table"));
        let mut lines = vec![
            format!("{counters} in {tables} of {}.", names.join(", ")),
            "Each plan is read again first; what was changed there since is not overwritten but shown as a conflict."
                .into(),
        ];
        if going.len() < confirmed.len() {
            lines.push(format!("{} not sent: in conflict or gone.", confirmed.len() - going.len()));
        }
        let name = match plans.first() {
            Some(only) if plans.len() == 1 => only.clone(),
            _ => self.profile.clone().unwrap_or_default().into(),
        };
        ("Apply", lines, name)
    }
}
