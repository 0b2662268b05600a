//! The watched recalculations: the state of each and the evidence for it.

use crate::domain::refusal::Refusal;
use ratatui::buffer::Buffer;

use crate::domain::date::{format_duration, seconds_since, time_of_day};
use crate::domain::record::recalculation::{Author, BusyChoice, RecalculationState, Watch};
use crate::effect::Effects;
use crate::input::command::Command;
use crate::kit::frame::{centred, draw};
use crate::kit::pen::{Pen, fit};
use crate::nav::{Context, Nav, Question};
use crate::workspace::Workspace;

/// The popup with the watched recalculations.
#[derive(Debug, Default)]
pub struct WatchPanel {
    cursor: usize,
}

/// Screen rows per recalculation.
const ROWS_PER_WATCH: u16 = 4;

impl WatchPanel {
    /// Runs a command; one it does not have closes the popup.
    pub fn command(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Result<Nav, Refusal> {
        let last = workspace.watches.len().saturating_sub(1);
        self.cursor = self.cursor.min(last);
        let scorecard = workspace.watches.keys().nth(self.cursor).cloned();
        match (command, scorecard) {
            (Command::Up, _) => self.cursor = self.cursor.saturating_sub(1),
            (Command::Down, _) => self.cursor = (self.cursor + 1).min(last),
            (Command::ReadAgain, Some(scorecard)) => return Ok(Nav::PollRecalculation(scorecard)),
            (Command::Recalculate, Some(scorecard)) => return Ok(Nav::Ask(Question::Recalculate(scorecard))),
            (Command::ReadAgain | Command::Recalculate, None) => {
                return Err(Refusal::from("nothing is watched"));
            }
            _ => return Ok(Nav::Back),
        }
        Ok(Nav::Stay)
    }

    /// Draws the recalculations, three lines each.
    pub fn view(&self, workspace: &Workspace, cx: &Context, buf: &mut Buffer) {
        let rows = (workspace.watches.len() as u16 * ROWS_PER_WATCH).max(2);
        let outer = centred(cx.area, 76, rows + 2);
        let inner = draw(buf, outer, "Recalculations", cx.theme.title, cx.theme.frame);
        if workspace.watches.is_empty() {
            let hint = cx.keymap.hint(Command::Recalculate);
            let text = format!("Nothing is watched. {hint} on a scorecard or a plan starts a recalculation.");
            Pen::new(buf, inner, 0).text(&text, cx.theme.dim);
            return;
        }
        let seen = usize::from(inner.height / ROWS_PER_WATCH).max(1);
        let cursor = self.cursor.min(workspace.watches.len() - 1);
        let first = (cursor + 1).saturating_sub(seen);
        for (at, (number, watch)) in workspace.watches.values().enumerate().skip(first).take(seen).enumerate()
        {
            let top = at as u16 * ROWS_PER_WATCH;
            let style = if number == cursor { cx.theme.cursor } else { cx.theme.title };
            let mut pen = Pen::new(buf, inner, top);
            pen.text(
                &format!(" {} ", fit(&watch.description.to_string(), inner.width.saturating_sub(3))),
                style,
            );
            let style = match watch.state {
                RecalculationState::Finished(_) | RecalculationState::FinishedOrEdited(_) => cx.theme.success,
                RecalculationState::Failed(_)
                | RecalculationState::NoEndSeen
                | RecalculationState::NoEndSeenAfterEdit => cx.theme.error,
                RecalculationState::LostTouch(..) => cx.theme.warning,
                RecalculationState::Requested | RecalculationState::Running(_) => cx.theme.changed,
            };
            let mut pen = Pen::new(buf, inner, top + 1);
            pen.skip(2).text(&watch.state.to_string(), style).text(&elapsed(watch, cx), cx.theme.plain);
            Pen::new(buf, inner, top + 2).skip(2).text(&evidence(watch, workspace), cx.theme.dim);
        }
    }
}

/// How long the recalculation has been running or took, measured from the request.
fn elapsed(watch: &Watch, cx: &Context) -> String {
    match watch.state {
        RecalculationState::Failed(_) => String::new(),
        RecalculationState::Finished(seen) | RecalculationState::FinishedOrEdited(seen) => {
            format!(
                " · {} after it was asked for, seen {}",
                format_duration(seconds_since(watch.asked_at, seen)),
                time_of_day(seen)
            )
        }
        _ => format!(" · {} since it was asked for", format_duration(seconds_since(watch.asked_at, cx.now))),
    }
}

/// What is known about the recalculation, and from which evidence.
fn evidence(watch: &Watch, workspace: &Workspace) -> String {
    let look = watch
        .last_read_at
        .map_or_else(|| "not looked yet".into(), |at| format!("last look {}", time_of_day(at)));
    let runs = workspace.run_seconds.get(&watch.scorecard).map_or(&[][..], Vec::as_slice);
    let runs: Vec<String> = runs.iter().rev().take(3).map(|seconds| format_duration(*seconds)).collect();
    let earlier =
        if runs.is_empty() { String::new() } else { format!(" · earlier runs took {}", runs.join(", ")) };
    let edited = watch.last_edit.map(|edit| format!("{edit} · ")).unwrap_or_default();
    match (&watch.state, watch.busy_choice) {
        (RecalculationState::Failed(words), _) => words.to_string(),
        (RecalculationState::Finished(_), _) => {
            format!("the scorecard was updated, and nobody edited it{earlier}")
        }
        (RecalculationState::FinishedOrEdited(_), _) => {
            format!("{edited}then the scorecard was updated once more")
        }
        (RecalculationState::NoEndSeen, _) => {
            format!("the scorecard was not updated in an hour; it may still run · {look}")
        }
        (RecalculationState::NoEndSeenAfterEdit, _) => {
            format!("{edited}then it was not updated in an hour · {look}")
        }
        (RecalculationState::LostTouch(since, _), _) => {
            format!("not read since {}; it may still be running", time_of_day(*since))
        }
        (RecalculationState::Running(Author::Elsewhere), BusyChoice::StartAfterwards) => {
            format!("bee-tui starts yours when that one ends · {look}")
        }
        (RecalculationState::Requested, _) => format!("requested, no response yet · {look}"),
        _ => format!("{edited}no update of the scorecard yet · {look}{earlier}"),
    }
}
