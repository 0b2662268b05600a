//! Where a key goes, and what a screen's or an overlay's word makes happen.

use std::collections::BTreeSet;

use crate::app::apply::Apply;
use crate::app::model::{Model, Parts};
use crate::app::requests::Owner;
use crate::config::Guard;
use crate::domain::change::{Cell, State};
use crate::domain::recalculation::Starter;
use crate::domain::text::count;
use crate::effect::{Effect, Effects};
use crate::input::command::{Command, Scope};
use crate::input::key::Key;
use crate::nav::{Ask, Nav, Notice, Place, Tone};
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
            Command::Review if !self.review_is_open() => self.review(fx),
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
            Nav::Go(place) => self.go(&place, fx),
            Nav::Open(place) => {
                self.overlays.clear();
                self.open(&place, fx);
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
                    Ask::Apply(left_out) => self.start_apply(left_out, fx),
                    Ask::Recalculate(scorecard) => self.start_recalculation(scorecard, fx),
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
        } else {
            let quit = self.keymap.hint(Command::Quit);
            self.say(Notice::new(Tone::Plain, format!("this is the first screen; {quit} quits")));
        }
    }

    fn close(&mut self, fx: &mut Effects) {
        if self.screens.len() > 1 { self.back(fx) } else { self.quit(fx) }
    }

    /// Begins anew at a place; cursor and filter of the screen at the bottom are kept when it is that place.
    fn go(&mut self, place: &Place, fx: &mut Effects) {
        self.overlays.clear();
        for (number, _) in std::mem::take(&mut self.screens) {
            self.cancel_reads(&Owner::Screen(number), fx);
        }
        self.open(place, fx);
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
        let reads: Vec<_> = self.requests.iter().filter(|(_, p)| p.reads).map(|(id, _)| *id).collect();
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
            self.requests.iter().filter(|(_, p)| p.reads && p.owner == *owner).map(|(id, _)| *id).collect();
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

    /// Begins to send what is staged, but for what is left out.
    fn start_apply(&mut self, left_out: BTreeSet<Cell>, fx: &mut Effects) {
        if self.status.not_stored.is_some() {
            self.say(Notice::new(Tone::Error, "nothing is sent while the journal cannot be written"));
            return;
        }
        self.apply = Some(Apply::start(left_out, &self.desk, fx));
        self.own_calls(&Owner::Apply, fx);
    }

    /// Says what came of an apply, closes the review when all is done, and offers to recalculate.
    pub(super) fn end_apply(&mut self, apply: &Apply) {
        if self.desk.changes.is_empty() {
            self.overlays.retain(|overlay| !matches!(overlay, Overlay::Review(_)));
        }
        let notice = apply.notice(&self.desk);
        // With conflicts left to decide, another apply follows; the offer waits for that one.
        if self.desk.conflicts() == 0 {
            for scorecard in apply.scorecards(&self.desk) {
                self.ask(Ask::Recalculate(scorecard));
            }
        }
        self.say(notice);
    }

    pub(super) fn show_watches(&mut self) {
        if !self.overlays.iter().any(|o| matches!(o, Overlay::Watch(_))) {
            self.overlays.push(Overlay::Watch(WatchPanel::default()));
        }
    }

    /// Opens the question that stands before something is sent.
    pub(super) fn ask(&mut self, ask: Ask) {
        if self.guard == Guard::ReadOnly {
            self.say(Notice::new(Tone::Warning, "this profile is READ-ONLY: nothing is sent"));
            return;
        }
        let (title, lines, name) = match &ask {
            Ask::Apply(left_out) => {
                if self.apply.is_some() {
                    self.say(Notice::new(Tone::Warning, "an apply is going on; wait for its end"));
                    return;
                }
                let cells = self.desk.changes.cells().filter(|(cell, ..)| !left_out.contains(cell));
                let cells: Vec<_> = cells.collect();
                let mut targets: Vec<_> = cells.iter().map(|(cell, ..)| cell.place).collect();
                targets.dedup();
                let mut plans: Vec<_> = cells.iter().map(|(_, label, _)| label.plan.clone()).collect();
                plans.dedup();
                let unknown = cells.iter().filter(|(.., c)| c.state == State::Unknown).count();
                let conflicts = self.desk.conflicts();
                let mut lines = vec![
                    format!("{} in {} of {}.", count(cells.len(), "counter"), count(targets.len(), "table"), plans
                        .iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
                    "Each plan is read again first; what was changed there since is not overwritten but shown as a \
                     conflict.".into(),
                ];
                if conflicts + unknown > 0 {
                    lines.push(format!("{} not sent: in conflict or unknown.", conflicts + unknown));
                }
                let name = if let [only] = plans.as_slice() {
                    only.clone()
                } else {
                    self.profile.clone().unwrap_or_default().into()
                };
                ("Apply", lines, name)
            }
            Ask::Recalculate(scorecard) => {
                let name = self.desk.scorecard_name(scorecard);
                if let Some(watch) = self.desk.watches.get(scorecard)
                    && matches!(watch.state, crate::domain::recalculation::State::Running(Starter::Here))
                {
                    self.show_watches();
                    self.say(Notice::new(Tone::Plain, "a recalculation started here is still running"));
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
        self.overlays.push(Overlay::Confirm(Confirm::new(ask, title, lines, name, self.now)));
    }
}
