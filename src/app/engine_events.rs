//! Shows the engine's events on the screens.

use crate::api::{Call, plans};
use crate::app::engine::Event;
use crate::app::model::{Model, ModelParts};
use crate::effect::{Effects, Owner};
use crate::input::command::Command;
use crate::nav::{Destination, DetailLine, Nav, Notice, Severity};
use crate::popup::Popup;
use crate::popup::details::DetailsPopup;

/// The title of the popup that says that the server rejects the key.
const KEY_REJECTED_TITLE: &str = "The server rejected the key";

impl Model {
    /// Handles the engine's events, including those that handling them raises, until none is left.
    pub(super) fn handle_engine_events(&mut self, fx: &mut Effects) {
        while !self.engine.events.is_empty() {
            for event in std::mem::take(&mut self.engine.events) {
                self.handle_engine_event(event, fx);
            }
            self.engine.finish_update(fx);
        }
    }

    fn handle_engine_event(&mut self, event: Event, fx: &mut Effects) {
        match event {
            Event::ScreenReply(id, request, error) => {
                let ModelParts { screens, workspace, cx, .. } = self.parts();
                if let Some((_, screen)) = screens.iter_mut().find(|(screen, _)| *screen == id) {
                    screen.reply(request, error.as_ref(), workspace, &cx);
                }
            }
            Event::ListRead(collection, error) => {
                let ModelParts { screens, workspace, cx, .. } = self.parts();
                for (_, screen) in screens {
                    screen.was_read(&collection, error.as_ref(), workspace, &cx, fx);
                }
            }
            Event::RawRecord(_) if self.is_typing() || !self.popups.is_empty() => {
                let again = self.settings.keymap.hint(Command::Json);
                let text =
                    format!("the JSON arrived while you did something else; {again} requests it again");
                self.show_notice(Notice::new(Severity::Info, text));
            }
            Event::RawRecord(lines) => {
                let lines = lines.iter().map(|line| DetailLine::field("", line.to_string())).collect();
                let details = DetailsPopup::new("JSON, as the server sends it".into(), lines);
                self.popups.push(Popup::Details(details));
            }
            Event::KeyAccepted => self.popups.retain(
                |popup| !matches!(popup, Popup::Details(details) if details.title() == KEY_REJECTED_TITLE),
            ),
            Event::BackOnline if self.popups.is_empty() && !self.is_typing() => {
                // The notice that the server is back matters more than one from a screen with nothing to
                // read.
                let notice = self.engine.status.notice.take();
                self.forward_command(Command::ReadAgain, fx);
                self.engine.status.notice = notice.or(self.engine.status.notice.take());
            }
            Event::BackOnline => {}
            Event::ApplyEnded { last_created, created_plan } => {
                if self.engine.workspace.staged_count() == 0 {
                    self.popups.retain(|popup| !matches!(popup, Popup::Review(_)));
                }
                if let (Some((collection, id)), Some((_, screen))) = (last_created, self.screens.last_mut()) {
                    screen.select_record(&collection, &id, &self.engine.workspace);
                }
                if let Some(plan) = created_plan.filter(|_| !self.is_typing()) {
                    self.follow(Nav::Open(Destination::Plan(plan, None)), fx);
                }
            }
        }
    }

    /// Tries the key again by reading. Polling resumes once the server accepts it.
    pub(super) fn retry_key(&mut self, fx: &mut Effects) {
        self.forward_command(Command::ReadAgain, fx);
        self.engine.start_list_reads(fx);
        if !self.engine.is_calling_toolkit() {
            // The screen on top reads nothing from the toolkit, so the plans are read to test the key.
            self.engine.send(Owner::Background, Call::Plans(plans::Call::List), fx);
        }
    }

    /// Shows once that the server rejects the key, as soon as no popup is open and nothing is being typed.
    pub(super) fn show_unauthorized(&mut self) {
        let free = self.popups.is_empty() && !self.is_typing();
        let Some(unauthorized) =
            self.engine.connectivity.unauthorized.as_mut().filter(|unauthorized| free && !unauthorized.shown)
        else {
            return;
        };
        unauthorized.shown = true;
        let why = unauthorized.error.to_string();
        let hint = |command| self.settings.keymap.hint(command);
        let kept = match self.engine.workspace.staged_count() {
            0 => "Nothing is staged, and nothing more is sent.".to_owned(),
            n => format!("{n} staged; they are kept, and nothing more is sent."),
        };
        let expired = self
            .engine
            .status
            .expiry
            .as_ref()
            .and_then(|expiry| expiry.expires_at)
            .filter(|at| *at <= self.engine.now);
        let expired = expired.map(|_| "According to the server, the key has expired.".to_owned());
        let profile = self.settings.profile.as_deref().unwrap_or_default();
        let (login, again, profiles) =
            (hint(Command::Login), hint(Command::ReadAgain), hint(Command::Profile));
        let next = if self.settings.profiles.is_empty() {
            "The key comes from the environment: set BEE_TUI_API_KEY and BEE_TUI_API_SECRET anew, and start again.".into()
        } else {
            format!(
                "{login} takes another key, as bee-tui login --profile {profile} does; {again} reads the settings and tries \
                 again; {profiles} changes to another profile. What is staged belongs to the key it was staged with."
            )
        };
        let mut lines = vec![DetailLine::field("", why)];
        lines.extend(expired.map(|text| DetailLine::field("", text)));
        lines.extend([DetailLine::field("Kept", kept), DetailLine::field("Next", next)]);
        self.popups.push(Popup::Details(DetailsPopup::new(KEY_REJECTED_TITLE.into(), lines)));
    }
}
