//! The frame: breadcrumbs above, the screen, what lies over it, and the two lines below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::model::{Model, SMALLEST};
use crate::config::Guard;
use crate::desk::NoEdits;
use crate::domain::date::{clock, seconds_since, span};
use crate::input::command::Command;
use crate::kit::pen::{Pen, fit, width, wrap};
use crate::nav::Tone;

/// From so many seconds before its end on, the key's end is told: 30 days.
const NEAR: u64 = 30 * 86_400;

impl Model {
    /// Draws everything.
    pub fn view(&self, buf: &mut Buffer) {
        let area = buf.area;
        if self.too_small() {
            let text = format!("needs {}x{}; nothing is lost", SMALLEST.width, SMALLEST.height);
            Pen::new(buf, area, area.height / 2).text(&text, self.theme.warning);
            return;
        }
        self.view_crumbs(buf);
        let cx = self.context();
        if let Some((_, screen)) = self.screens.last() {
            screen.view(&self.desk, &cx, buf);
        }
        for overlay in &self.overlays {
            overlay.view(&self.desk, &cx, buf);
        }
        self.view_hints(buf);
        self.view_status(buf);
    }

    fn view_crumbs(&self, buf: &mut Buffer) {
        let theme = &self.theme;
        let row = Rect { height: 1, ..buf.area };
        let headline = self.screens.last().map(|(_, screen)| screen.headline(&self.desk)).unwrap_or_default();
        let mut pen = Pen::new(buf, row, 0);
        pen.text(" ", theme.plain);
        pen.text(self.profile.as_deref().unwrap_or("bee-tui"), theme.key);
        match self.guard {
            Guard::Usual => {}
            Guard::Production => {
                pen.text(" ", theme.plain).text(" PRODUCTION ", theme.production);
            }
            Guard::ReadOnly => {
                pen.text(" ", theme.plain).text("READ-ONLY", theme.warning);
                if let Some(NoEdits::OpenElsewhere(process)) = &self.desk.no_edits {
                    pen.text(&format!(" (open in process {process})"), theme.warning);
                }
            }
        }
        if let Some(tag) = self.reach_tag() {
            pen.text(" ", theme.plain).text(tag, theme.warning);
        }
        let room = pen.left().saturating_sub(width(&headline) + 2);
        let titles: Vec<String> = self.screens.iter().map(|(_, screen)| screen.title(&self.desk)).collect();
        let crumbs = format!(" › {}", titles.join(" › "));
        pen.text(&fit(&crumbs, room), theme.title);
        pen.at_end(&format!("{headline} "), theme.plain);
    }

    fn view_status(&self, buf: &mut Buffer) {
        let theme = &self.theme;
        let row = Rect { y: buf.area.height.saturating_sub(2), height: 1, ..buf.area };
        let mut facts = Vec::new();
        facts.extend(self.expiry_words());
        let running = self.desk.watches.values().filter(|w| !w.state.is_over()).count();
        if running > 0 {
            facts.push(format!("{running} recalculating"));
        }
        if self.desk.staged() > 0 {
            facts.push(format!("{} staged", self.desk.staged()));
        }
        let facts = facts.join(" · ");
        let mut pen = Pen::new(buf, row, 0);
        pen.skip(1);
        let (text, style) = self.status_words();
        let below = Rect { y: row.y + 1, ..row };
        // While edits are not being saved, that stands there whatever else is said.
        if let (Some(why), Some(_)) = (self.unsaved_words(), &self.status.notice) {
            pen.text(&fit(&text, pen.left()), style);
            ratatui::widgets::Widget::render(ratatui::widgets::Clear, below, buf);
            let mut pen = Pen::new(buf, below, 0);
            pen.skip(1);
            pen.text(&fit(&why, pen.left()), theme.production);
            return;
        }
        // A long sentence is worth more than the facts beside it.
        let beside = width(&text) + width(&facts) + 2 <= pen.left();
        if beside {
            pen.text(&text, style).at_end(&format!("{facts} "), theme.changed);
            return;
        }
        // What has no room goes on where the hints are, until the next key.
        let mut lines = wrap(&text, pen.left().saturating_sub(1)).into_iter();
        pen.text(&lines.next().unwrap_or_default(), style);
        let rest = lines.collect::<Vec<_>>().join(" ");
        if !rest.is_empty() {
            ratatui::widgets::Widget::render(ratatui::widgets::Clear, below, buf);
            let mut pen = Pen::new(buf, below, 0);
            pen.skip(1);
            pen.text(&fit(&rest, pen.left()), style);
        }
    }

    /// That edits are not being saved, and why.
    fn unsaved_words(&self) -> Option<String> {
        match &self.desk.no_edits {
            Some(NoEdits::NotStored(why)) => Some(format!("edits are not being saved: {why}")),
            _ => None,
        }
    }

    /// The sentence of the status line: what matters most now.
    fn status_words(&self) -> (String, Style) {
        let theme = &self.theme;
        if let (Some(why), None) = (self.unsaved_words(), &self.status.notice) {
            return (why, theme.production);
        }
        if let Some(notice) = &self.status.notice {
            let style = match notice.tone {
                Tone::Good => theme.good,
                Tone::Plain => theme.plain,
                Tone::Warning => theme.warning,
                Tone::Error => theme.error,
            };
            // When it went wrong is worth knowing later on.
            let at =
                if notice.tone == Tone::Error { clock(self.status.said_at) + " " } else { String::new() };
            return (format!("{at}{}", notice.text), style);
        }
        match self.in_flight() {
            some if !some.is_empty() => (some, theme.dim),
            _ => (self.reach_words().unwrap_or_default(), theme.warning),
        }
    }

    /// When the key expires, once that is near; the server's own words for how long where it does not tell the moment.
    fn expiry_words(&self) -> Option<String> {
        let expiry = self.status.expiry.as_ref()?;
        let left = match (expiry.at, &expiry.left) {
            (Some(at), _) if at <= self.now => return Some("key expired".into()),
            (Some(at), _) => {
                let seconds = seconds_since(self.now, at);
                (seconds < NEAR).then(|| span(seconds))?
            }
            (None, left) => fit(&left.as_ref()?.shown(), 12).into_owned(),
        };
        Some(format!("key expires in {left}"))
    }

    /// What is being sent or read, and for how long when that is noticeable.
    fn in_flight(&self) -> String {
        if let Some(words) = self.waiting_words() {
            return words;
        }
        let Some(oldest) = self.requests.values().map(|p| p.since).min() else { return String::new() };
        let progress = self.apply.as_ref().and_then(crate::app::apply::Apply::progress);
        let what = match progress {
            Some((done, all)) => format!("sending… {done} of {all}"),
            None if self.sends() => "sending…".into(),
            None => "reading…".into(),
        };
        match seconds_since(oldest, self.now) {
            0 => what,
            seconds => format!("{what} {seconds} s"),
        }
    }

    fn view_hints(&self, buf: &mut Buffer) {
        let theme = &self.theme;
        let row = Rect { y: buf.area.height.saturating_sub(1), height: 1, ..buf.area };
        let commands = match (self.overlays.last(), self.screens.last()) {
            (Some(overlay), _) => overlay.hints(),
            (None, Some((_, screen))) => screen.hints(),
            (None, None) => &[],
        };
        let help = format!("{} keys", self.keymap.hint(Command::Help));
        let typing = self.scopes().len() <= 1;
        let mut pen = Pen::new(buf, row, 0);
        pen.skip(1);
        for command in commands.iter().filter(|command| self.enabled(**command)) {
            let (key, name) = (self.keymap.hint(*command), command.entry().name.replace('-', " "));
            let wanted = width(&key) + width(&name) + 3;
            if pen.left() < wanted + width(&help) + 1 {
                break;
            }
            pen.text(&key, theme.key).skip(1).text(&name, theme.dim).skip(2);
        }
        if !typing {
            pen.at_end(&format!("{help} "), theme.dim);
        }
    }
}
