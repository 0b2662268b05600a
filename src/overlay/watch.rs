//! The recalculations under watch: what is known of each, and by what evidence.

use ratatui::buffer::Buffer;

use crate::desk::Desk;
use crate::domain::date::{clock, seconds_since, span};
use crate::domain::recalculation::{Starter, State, Watch, Wish};
use crate::effect::Effects;
use crate::input::command::Command;
use crate::kit::frame::{centred, draw};
use crate::kit::pen::{Pen, fit};
use crate::nav::{Context, Nav, Question};

/// The watch panel.
#[derive(Debug, Default)]
pub struct WatchPanel {
    cursor: usize,
}

/// Rows a watch takes.
const ROWS: u16 = 4;

impl WatchPanel {
    /// Does a command.
    pub fn command(&mut self, command: Command, desk: &mut Desk, _: &Context, _: &mut Effects) -> Nav {
        let last = desk.watches.len().saturating_sub(1);
        self.cursor = self.cursor.min(last);
        let scorecard = desk.watches.keys().nth(self.cursor).cloned();
        match (command, scorecard) {
            (Command::Up, _) => self.cursor = self.cursor.saturating_sub(1),
            (Command::Down, _) => self.cursor = (self.cursor + 1).min(last),
            (Command::ReadAgain, Some(scorecard)) => return Nav::Look(scorecard),
            (Command::Recalculate, Some(scorecard)) => return Nav::Ask(Question::Recalculate(scorecard)),
            (Command::ReadAgain | Command::Recalculate, None) => return Nav::refuse("nothing is watched"),
            _ => return Nav::Back,
        }
        Nav::Stay
    }

    /// Draws it.
    pub fn view(&self, desk: &Desk, cx: &Context, buf: &mut Buffer) {
        let rows = (desk.watches.len() as u16 * ROWS).max(2);
        let outer = centred(cx.area, 76, rows + 2);
        let inner = draw(buf, outer, "Recalculations", cx.theme.title, cx.theme.frame);
        if desk.watches.is_empty() {
            let hint = cx.keymap.hint(Command::Recalculate);
            let text = format!("Nothing is watched. {hint} on a scorecard or a plan starts a recalculation.");
            Pen::new(buf, inner, 0).text(&text, cx.theme.dim);
            return;
        }
        let seen = usize::from(inner.height / ROWS).max(1);
        let cursor = self.cursor.min(desk.watches.len() - 1);
        let first = (cursor + 1).saturating_sub(seen);
        for (at, (number, watch)) in desk.watches.values().enumerate().skip(first).take(seen).enumerate() {
            let top = at as u16 * ROWS;
            let style = if number == cursor { cx.theme.cursor } else { cx.theme.title };
            let mut pen = Pen::new(buf, inner, top);
            pen.text(
                &format!(" {} ", fit(&watch.description.to_string(), inner.width.saturating_sub(3))),
                style,
            );
            let style = match watch.state {
                State::Finished(_) | State::FinishedOrEdited(_) => cx.theme.good,
                State::Failed(_) | State::NoSign | State::NoSignOrEdited => cx.theme.error,
                State::LostTouch(..) => cx.theme.warning,
                State::Requested | State::Running(_) => cx.theme.changed,
            };
            let mut pen = Pen::new(buf, inner, top + 1);
            pen.skip(2).text(&watch.state.to_string(), style).text(&elapsed(watch, cx), cx.theme.plain);
            Pen::new(buf, inner, top + 2).skip(2).text(&evidence(watch, desk), cx.theme.dim);
        }
    }
}

/// How long it runs or ran, as seen from here.
fn elapsed(watch: &Watch, cx: &Context) -> String {
    match watch.state {
        State::Failed(_) => String::new(),
        State::Finished(seen) | State::FinishedOrEdited(seen) => {
            format!(
                " · {} after it was asked for, seen {}",
                span(seconds_since(watch.asked_at, seen)),
                clock(seen)
            )
        }
        _ => format!(" · {} since it was asked for", span(seconds_since(watch.asked_at, cx.now))),
    }
}

/// What is known, and from what.
fn evidence(watch: &Watch, desk: &Desk) -> String {
    let look =
        watch.last_look.map_or_else(|| "not looked yet".into(), |at| format!("last look {}", clock(at)));
    let runs = desk.runs.get(&watch.scorecard).map_or(&[][..], Vec::as_slice);
    let runs: Vec<String> = runs.iter().rev().take(3).map(|seconds| span(*seconds)).collect();
    let earlier =
        if runs.is_empty() { String::new() } else { format!(" · earlier runs took {}", runs.join(", ")) };
    let edited = watch.edit.map(|edit| format!("{edit} · ")).unwrap_or_default();
    match (&watch.state, watch.wish) {
        (State::Failed(words), _) => words.to_string(),
        (State::Finished(_), _) => format!("the scorecard was updated, and nobody edited it{earlier}"),
        (State::FinishedOrEdited(_), _) => format!("{edited}then the scorecard was updated once more"),
        (State::NoSign, _) => format!("the scorecard was not updated in an hour; it may still run · {look}"),
        (State::NoSignOrEdited, _) => format!("{edited}then it was not updated in an hour · {look}"),
        (State::LostTouch(since, _), _) => format!("out of reach since {}; it may run on", clock(*since)),
        (State::Running(Starter::Elsewhere), Wish::StartMine) => {
            format!("yours is started when that one has ended · {look}")
        }
        (State::Requested, _) => format!("asked for, no answer yet · {look}"),
        _ => format!("{edited}no update of the scorecard yet · {look}{earlier}"),
    }
}
