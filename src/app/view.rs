//! Draws the frame: breadcrumb, screen, popups, status line and hint line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::model::{MIN_TERMINAL_SIZE, Model};
use crate::config::WritePolicy;
use crate::domain::date::{format_duration, seconds_since, time_of_day};
use crate::input::command::Command;
use crate::kit::pen::{Pen, fit, width, wrap};
use crate::nav::Severity;
use crate::workspace::EditsBlocked;

/// How long before its expiry the key's expiry is shown: 30 days.
const EXPIRY_NOTICE_SECS: u64 = 30 * 86_400;

impl Model {
    /// Draws the frame.
    pub fn view(&self, buf: &mut Buffer) {
        let area = buf.area;
        if self.too_small() {
            let text =
                format!("needs {}x{}; nothing is lost", MIN_TERMINAL_SIZE.width, MIN_TERMINAL_SIZE.height);
            Pen::new(buf, area, area.height / 2).text(&text, self.settings.theme.warning);
            return;
        }
        self.view_crumbs(buf);
        let cx = self.context();
        if let Some((_, screen)) = self.screens.last() {
            screen.view(&self.engine.workspace, &cx, buf);
        }
        for popup in &self.popups {
            popup.view(&self.engine.workspace, &cx, buf);
        }
        self.view_hints(buf);
        self.view_status(buf);
    }

    fn view_crumbs(&self, buf: &mut Buffer) {
        let theme = &self.settings.theme;
        let row = Rect { height: 1, ..buf.area };
        let headline = self
            .screens
            .last()
            .map(|(_, screen)| screen.headline(&self.engine.workspace))
            .unwrap_or_default();
        let mut pen = Pen::new(buf, row, 0);
        pen.text(" ", theme.plain);
        pen.text(self.settings.profile.as_deref().unwrap_or("bee-tui"), theme.key);
        match self.settings.guard {
            WritePolicy::Standard => {}
            WritePolicy::Production => {
                pen.text(" ", theme.plain).text(" PRODUCTION ", theme.production);
            }
            WritePolicy::ReadOnly => {
                pen.text(" ", theme.plain).text("READ-ONLY", theme.warning);
                if let Some(EditsBlocked::OpenElsewhere(process)) = &self.engine.workspace.edits_blocked {
                    pen.text(&format!(" (open in process {process})"), theme.warning);
                }
            }
        }
        if let Some(tag) = self.connectivity_tag() {
            pen.text(" ", theme.plain).text(tag, theme.warning);
        }
        let room = pen.columns_left().saturating_sub(width(&headline) + 2);
        let titles: Vec<String> =
            self.screens.iter().map(|(_, screen)| screen.title(&self.engine.workspace)).collect();
        let crumbs = format!(" › {}", titles.join(" › "));
        pen.text(&fit(&crumbs, room), theme.title);
        pen.text_at_end(&format!("{headline} "), theme.plain);
    }

    fn view_status(&self, buf: &mut Buffer) {
        let theme = &self.settings.theme;
        let row = Rect { y: buf.area.height.saturating_sub(2), height: 1, ..buf.area };
        let mut facts = Vec::new();
        facts.extend(self.expiry_text());
        let running = self.engine.workspace.watches.values().filter(|w| !w.state.is_over()).count();
        if running > 0 {
            facts.push(format!("{running} recalculating"));
        }
        if self.engine.workspace.staged_count() > 0 {
            facts.push(format!("{} staged", self.engine.workspace.staged_count()));
        }
        let facts = facts.join(" · ");
        let mut pen = Pen::new(buf, row, 0);
        pen.skip(1);
        let (text, style) = self.status_text();
        let below = Rect { y: row.y + 1, ..row };
        // While edits are not being saved, the hint line says so whatever the status line shows.
        if let (Some(why), Some(_)) = (self.unsaved_text(), &self.engine.status.notice) {
            pen.text(&fit(&text, pen.columns_left()), style);
            ratatui::widgets::Widget::render(ratatui::widgets::Clear, below, buf);
            let mut pen = Pen::new(buf, below, 0);
            pen.skip(1);
            pen.text(&fit(&why, pen.columns_left()), theme.production);
            return;
        }
        // A long notice takes precedence over the facts beside it.
        let beside = width(&text) + width(&facts) + 2 <= pen.columns_left();
        if beside {
            pen.text(&text, style).text_at_end(&format!("{facts} "), theme.changed);
            return;
        }
        // The rest of a long notice covers the hint line until the next key.
        let mut lines = wrap(&text, pen.columns_left().saturating_sub(1)).into_iter();
        pen.text(&lines.next().unwrap_or_default(), style);
        let rest = lines.collect::<Vec<_>>().join(" ");
        if !rest.is_empty() {
            ratatui::widgets::Widget::render(ratatui::widgets::Clear, below, buf);
            let mut pen = Pen::new(buf, below, 0);
            pen.skip(1);
            pen.text(&fit(&rest, pen.columns_left()), style);
        }
    }

    /// That edits are not being saved, and why; `None` while they are saved.
    fn unsaved_text(&self) -> Option<String> {
        match &self.engine.workspace.edits_blocked {
            Some(EditsBlocked::JournalFailed(why)) => Some(format!("edits are not being saved: {why}")),
            _ => None,
        }
    }

    /// The text of the status line and its style: the most important thing now.
    fn status_text(&self) -> (String, Style) {
        let theme = &self.settings.theme;
        if let (Some(why), None) = (self.unsaved_text(), &self.engine.status.notice) {
            return (why, theme.production);
        }
        if let Some(notice) = &self.engine.status.notice {
            let style = match notice.severity {
                Severity::Success => theme.success,
                Severity::Info => theme.plain,
                Severity::Warning => theme.warning,
                Severity::Error => theme.error,
            };
            // An error shows its time, since it may be read later.
            let at = if notice.severity == Severity::Error {
                time_of_day(self.engine.status.notice_at) + " "
            } else {
                String::new()
            };
            return (self.settings.keymap.with_keys(&format!("{at}{}", notice.text)), style);
        }
        match self.in_flight_text() {
            some if !some.is_empty() => (some, theme.dim),
            _ => (self.connectivity_text().unwrap_or_default(), theme.warning),
        }
    }

    /// When the key expires, if that is near. If the server gives no date, its own words are shown.
    fn expiry_text(&self) -> Option<String> {
        let expiry = self.engine.status.expiry.as_ref()?;
        let time_left = match (expiry.expires_at, &expiry.expires_in) {
            (Some(at), _) if at <= self.engine.now => return Some("key expired".into()),
            (Some(at), _) => {
                let seconds = seconds_since(self.engine.now, at);
                (seconds < EXPIRY_NOTICE_SECS).then(|| format_duration(seconds))?
            }
            (None, time_left) => fit(&time_left.as_ref()?.printable(), 12).into_owned(),
        };
        Some(format!("key expires in {time_left}"))
    }

    /// What is being sent or read, and for how long once that is a second or more; empty if nothing is.
    fn in_flight_text(&self) -> String {
        if let Some(words) = self.retry_text() {
            return words;
        }
        let Some(oldest) = self.engine.requests.values().map(|p| p.made_at).min() else {
            return String::new();
        };
        let progress = self.engine.apply_progress();
        let what = match progress {
            Some((done, all)) => format!("sending… {done} of {all}{}", self.engine.apply_rate()),
            None if self.engine.is_sending() => "sending…".into(),
            None => "reading…".into(),
        };
        match seconds_since(oldest, self.engine.now) {
            0 => what,
            seconds => format!("{what} {seconds} s"),
        }
    }

    fn view_hints(&self, buf: &mut Buffer) {
        let theme = &self.settings.theme;
        let row = Rect { y: buf.area.height.saturating_sub(1), height: 1, ..buf.area };
        let commands = match (self.popups.last(), self.screens.last()) {
            (Some(popup), _) => popup.hints(),
            (None, Some((_, screen))) => screen.hints(),
            (None, None) => &[],
        };
        let help = format!("{} keys", self.settings.keymap.hint(Command::Help));
        let typing = self.scopes().len() <= 1;
        let mut pen = Pen::new(buf, row, 0);
        pen.skip(1);
        for command in commands.iter().filter(|command| self.enabled(**command)) {
            let (key, name) = (self.settings.keymap.hint(*command), command.entry().name.replace('-', " "));
            let wanted = width(&key) + width(&name) + 3;
            if pen.columns_left() < wanted + width(&help) + 1 {
                break;
            }
            pen.text(&key, theme.key).skip(1).text(&name, theme.dim).skip(2);
        }
        if !typing {
            pen.text_at_end(&format!("{help} "), theme.dim);
        }
    }

    /// The connectivity for the breadcrumb line; `None` while online.
    pub(super) fn connectivity_tag(&self) -> Option<&'static str> {
        match (&self.engine.connectivity.unauthorized, &self.engine.connectivity.offline) {
            (Some(_), _) => Some("UNAUTHORIZED"),
            (None, Some(_)) => Some("OFFLINE"),
            (None, None) => None,
        }
    }

    /// The connectivity in words, shown while there is no notice; `None` while online.
    pub(super) fn connectivity_text(&self) -> Option<String> {
        let again = self.settings.keymap.hint(Command::ReadAgain);
        if self.engine.connectivity.unauthorized.is_some() {
            let login = self.settings.keymap.hint(Command::Login);
            return Some(format!(
                "the server rejected the key; edits are kept; {again} tries again, {login} takes another"
            ));
        }
        let offline = self.engine.connectivity.offline.as_ref()?;
        Some(format!(
            "offline since {}; edits are kept; bee-tui retries, {again} tries now",
            time_of_day(offline.since)
        ))
    }

    /// What the status line says of requests that are waiting to retry; `None` if none is.
    pub(super) fn retry_text(&self) -> Option<String> {
        let waiting = self.engine.requests.values().filter_map(|p| Some((p, p.waiting()?)));
        let (pending, retry) = waiting.max_by_key(|(_, retry)| retry.until)?;
        Some(match retry.until {
            Some(until) => {
                let seconds = seconds_since(self.engine.now, until);
                format!(
                    "the server asks to wait: {seconds} s · {} stops",
                    self.settings.keymap.hint(Command::Stop)
                )
            }
            None => format!("{}: bee-tui will retry (attempt {})", retry.error.kind(), pending.attempts + 1),
        })
    }
}
