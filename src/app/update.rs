//! One step: something happened, the state changes, wishes come out. No I/O, no clock.

use std::time::Duration;

use jiff::Timestamp;

use crate::app::model::{Model, ModelParts, Msg};
use crate::domain::change::counter_change::CounterEntry;
use crate::domain::change::record_changes::RecordEntry;
use crate::effect::{ClipboardMethod, Effect, Effects, JournalOp, ReadReason, Restart, Timer};
use crate::input::command::{Command, Scope};
use crate::nav::{Notice, Severity};
use crate::popup::Popup;
use crate::workspace::EditsBlocked;

/// The pause before what could not be written is tried again.
const JOURNAL_RETRY_DELAY: Duration = Duration::from_secs(5);
/// What is said of input that cannot be meant for the question on top.
const EARLY_INPUT_IGNORED: &str = "not taken: it was typed before this question was on screen; answer it now";

impl Model {
    /// Takes a message with the time it came at.
    pub fn update(&mut self, at: Timestamp, msg: Msg, fx: &mut Effects) {
        self.now = at;
        match msg {
            // What is not seen is not steered.
            Msg::Key(_) | Msg::Paste(_) | Msg::EarlyKey(_) | Msg::EarlyPaste(_) if self.too_small() => {}
            Msg::EarlyKey(_) | Msg::EarlyPaste(_)
                if self.question_asked_at().is_some() && !is_quit_key(&msg, self) =>
            {
                self.show_notice(Notice::new(Severity::Warning, EARLY_INPUT_IGNORED));
            }
            Msg::Key(key) | Msg::EarlyKey(key) => self.key(key, fx),
            Msg::Paste(text) | Msg::EarlyPaste(text) => self.paste(&text, fx),
            Msg::UnterminatedPaste => {
                let text =
                    "a paste had begun and its end did not come: nothing of it was taken; paste it again";
                self.show_notice(Notice::new(Severity::Warning, text));
            }
            Msg::Resize(size) => self.size = size,
            Msg::Reply(id, result) => self.handle_reply(id, result, fx),
            // What rests goes on when the key is let in again.
            Msg::Timer(Timer::Watch(_) | Timer::Recheck(_)) if self.is_unauthorized() => {}
            Msg::Timer(Timer::Watch(scorecard)) => self.handle_watch_timer(scorecard, fx),
            Msg::Timer(Timer::Recheck(collection)) => fx.read_list(&collection, ReadReason::Needed),
            Msg::Timer(Timer::Retry(id)) => self.send_retry(id, fx),
            Msg::Timer(Timer::ProbeServer) => self.probe_server(fx),
            Msg::FileRead(path, read) => self.handle_file_read(path, read, fx),
            Msg::SheetsRead(path, read) => self.handle_sheets_read(&path, read),
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
                // What asked for it is no longer on top.
                _ if !self.popups.is_empty() || !self.shows_plan(plan) => {}
                Ok(text) => self.paste(&text, fx),
                Err(why) => self.show_notice(Notice::new(Severity::Warning, why)),
            },
            Msg::Timer(Timer::Tick) => self.tick_scheduled = false,
            Msg::Timer(Timer::RetryJournal) => fx.push(Effect::Journal(JournalOp::Counters(Vec::new()))),
            Msg::JournalReleased => self.take_over_journal(fx),
            Msg::ErasureFailed(why) => self.show_notice(Notice::new(Severity::Warning, why)),
            Msg::JournalFailed(why) => {
                self.workspace.edits_blocked = Some(EditsBlocked::JournalFailed(why));
                fx.push(Effect::SetTimer(Timer::RetryJournal, JOURNAL_RETRY_DELAY));
            }
            Msg::JournalRecovered => self.workspace.edits_blocked = None,
            Msg::JournalRecreated => self.journal_all_staged(fx),
            Msg::AccountUnchanged => self.retry_key(fx),
        }
        self.finish_update(fx);
    }

    /// The other program that had this account open has ended: its journal is taken over, unless something is being typed.
    pub(super) fn take_over_journal(&mut self, fx: &mut Effects) {
        let typed = self.is_typing() || self.screens.iter().any(|(_, screen)| screen.is_touched());
        match self.profile.clone() {
            Some(profile) if !typed => fx.push(Effect::Restart(Restart::TakeOver(profile))),
            _ => {
                let again = self.keymap.hint(Command::Quit);
                let text = format!(
                    "the other bee-tui has ended; press {again}, then start bee-tui again to edit here"
                );
                self.show_notice(Notice::new(Severity::Info, text));
            }
        }
    }

    /// Wishes all that is staged to be written.
    pub(super) fn journal_all_staged(&mut self, fx: &mut Effects) {
        let counters = self.workspace.counter_changes.iter().map(|(cell, label, change)| CounterEntry {
            cell,
            label: label.clone(),
            change: Some(change.clone()),
        });
        let counters = counters.collect();
        let records = self.workspace.record_changes.iter();
        let records =
            records.map(|(number, change)| RecordEntry { number, change: Some(change.clone()) }).collect();
        fx.journal_counters(counters);
        fx.journal_records(records);
    }

    /// Brings cursors and windows in step, and keeps the clock ticking only while something is seen to run.
    pub fn finish_update(&mut self, fx: &mut Effects) {
        self.register_requests(fx);
        self.start_list_reads(fx);
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
        let running = self.workspace.watches.values().any(|w| !w.state.is_over());
        let watching = matches!(self.popups.last(), Some(Popup::Watch(_))) && running;
        if (watching || !self.requests.is_empty()) && !self.tick_scheduled {
            self.tick_scheduled = true;
            fx.push(Effect::SetTimer(Timer::Tick, Duration::from_secs(1)));
        }
    }
}

/// Whether a message is the key that quits from anywhere.
fn is_quit_key(msg: &Msg, model: &Model) -> bool {
    matches!(msg, Msg::EarlyKey(key) if model.keymap.command(&[Scope::Everywhere], *key) == Some(Command::Quit))
}
