//! One update: a message changes the state and returns effects. It does no I/O and reads no clock.

use std::time::Duration;

use jiff::Timestamp;

use crate::app::message::Msg;
use crate::app::model::{Model, ModelParts};
use crate::effect::{ClipboardMethod, Effect, Effects, Restart, Timer};
use crate::input::command::{Command, Scope};
use crate::nav::{Destination, Notice, Severity};
use crate::popup::Popup;
use crate::screen::Screen;

/// The notice for input that cannot be meant for the question on top.
const EARLY_INPUT_IGNORED: &str = "ignored: you typed it before this question was on screen; answer it now";

impl Model {
    /// Handles a message that arrived at `at`.
    pub fn update(&mut self, at: Timestamp, msg: Msg, fx: &mut Effects) {
        self.note_shown();
        if let Some(msg) = self.engine.update(at, msg, fx) {
            self.handle(msg, fx);
        }
        self.finish_update(fx);
    }

    /// Tells the engine what is shown, for it to read that and nothing else.
    pub(super) fn note_shown(&mut self) {
        let top = self.screens.last().map(|(_, screen)| screen);
        self.engine.shows_overview = top.is_some_and(|screen| screen.is_at(&Destination::Overview));
        self.engine.shown_spend = top.and_then(Screen::spend_of).cloned();
        // Forms and the review compare with lists that were read for them.
        self.engine.keeps_lists = !self.popups.is_empty()
            || self.screens.iter().any(|(_, screen)| matches!(screen, Screen::Form(_)));
        self.engine.shown_lists = self.screens.iter().map(|(_, screen)| screen.collection()).collect();
    }

    fn handle(&mut self, msg: Msg, fx: &mut Effects) {
        match msg {
            // While the terminal is too small to show anything, keys do nothing.
            Msg::Key(_) | Msg::Paste(_) | Msg::EarlyKey(_) | Msg::EarlyPaste(_) if self.too_small() => {}
            Msg::EarlyKey(_) | Msg::EarlyPaste(_)
                if self.question_asked_at().is_some() && !is_quit_key(&msg, self) =>
            {
                self.show_notice(Notice::new(Severity::Warning, EARLY_INPUT_IGNORED));
            }
            Msg::Key(key) | Msg::EarlyKey(key) => self.key(key, fx),
            Msg::Paste(text) | Msg::EarlyPaste(text) => self.paste(&text, fx),
            Msg::UnterminatedPaste => {
                let text = "the end of a paste did not arrive, so nothing was pasted; paste it again";
                self.show_notice(Notice::new(Severity::Warning, text));
            }
            Msg::Resize(size) => self.size = size,
            Msg::FileRead(path, read) => self.handle_file_read(path, read, fx),
            Msg::FileJudged(judgement, preview) => self.handle_file_judged(&judgement, &preview, fx),
            Msg::SheetsRead(path, read) => self.handle_sheets_read(&path, read),
            Msg::WritingFile(path, done, all) => self.show_writing(&path, done, all),
            Msg::FileWritten(path, written) => self.handle_file_written(&path, written, fx),
            Msg::Copied(clip, way, file) => {
                let file = file.map(|file| file.display().to_string()).unwrap_or_default();
                let text = match way {
                    ClipboardMethod::Native => format!("{} to the clipboard", clip.description),
                    ClipboardMethod::Terminal => {
                        format!("{} through the terminal (OSC 52), if it allows that", clip.description)
                    }
                    ClipboardMethod::File => format!(
                        "{}: there is no clipboard here, so to {file}, which is removed when you quit or change the profile",
                        clip.description
                    ),
                };
                self.show_notice(Notice::new(Severity::Success, text));
            }
            Msg::NotCopied(clip, Some(way), _) if way != ClipboardMethod::File => {
                fx.push(Effect::Copy(clip, Some(way)));
            }
            Msg::NotCopied(clip, _, why) => {
                let text = format!("{}, to be pasted inside bee-tui only{why}", clip.description);
                self.show_notice(Notice::new(Severity::Warning, text));
            }
            Msg::Clipboard(plan, read) => match read {
                // The plan that the clipboard was read for is no longer on top.
                _ if !self.popups.is_empty() || !self.shows_plan(plan) => {}
                Ok(text) => self.paste(&text, fx),
                Err(why) => self.show_notice(Notice::new(Severity::Warning, why)),
            },
            Msg::Timer(Timer::Tick) => self.tick_scheduled = false,
            Msg::JournalReleased => self.take_over_journal(fx),
            Msg::AccountUnchanged => self.retry_key(fx),
            // The engine handles these messages.
            Msg::Reply(..)
            | Msg::Timer(_)
            | Msg::ErasureFailed(_)
            | Msg::JournalFailed(_)
            | Msg::JournalRecovered
            | Msg::JournalRecreated => {}
        }
    }

    /// Takes over the journal after the other program on this account has ended, unless something is being
    /// typed.
    pub(super) fn take_over_journal(&mut self, fx: &mut Effects) {
        let typed = self.is_typing() || self.screens.iter().any(|(_, screen)| screen.is_touched());
        match self.settings.profile.clone() {
            Some(profile) if !typed => fx.push(Effect::Restart(Restart::TakeOver(profile))),
            _ => {
                let again = self.settings.keymap.hint(Command::Quit);
                let text = format!(
                    "the other bee-tui has ended; press {again}, then start bee-tui again to edit here"
                );
                self.show_notice(Notice::new(Severity::Info, text));
            }
        }
    }

    /// Finishes a step: adjusts cursors and scroll positions, opens pending popups, and keeps the clock
    /// ticking while something is running.
    pub fn finish_update(&mut self, fx: &mut Effects) {
        self.note_shown();
        self.engine.finish_update(fx);
        self.handle_engine_events(fx);
        let ModelParts { screens, popups, workspace, cx } = self.parts();
        if let Some((_, screen)) = screens.last_mut() {
            screen.arrange(workspace, &cx);
        }
        if let Some(popup) = popups.last_mut() {
            popup.arrange(workspace, &cx);
        }
        self.show_unauthorized();
        self.ask_about_busy();
        self.offer_recalculation();
        let running = self.engine.workspace.watches.values().any(|w| !w.state.is_over());
        let watching = matches!(self.popups.last(), Some(Popup::Watch(_))) && running;
        if (watching || !self.engine.requests.is_empty()) && !self.tick_scheduled {
            self.tick_scheduled = true;
            fx.push(Effect::SetTimer(Timer::Tick, Duration::from_secs(1)));
        }
    }
}

/// Whether a message is the key that quits from everywhere.
fn is_quit_key(msg: &Msg, model: &Model) -> bool {
    matches!(msg, Msg::EarlyKey(key) if model.settings.keymap.command(&[Scope::Everywhere], *key) == Some(Command::Quit))
}
