//! The review: every staged change before it is sent, conflicts to decide, and the exact requests.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::api::{Call, plans};
use crate::desk::Desk;
use crate::domain::change::{Cell, Change, TargetLabel, reading};
use crate::domain::counter::Counter;
use crate::domain::plan::Plan;
use crate::domain::target::{Merge, Reading};
use crate::effect::Effects;
use crate::input::command::Command;
use crate::kit::frame::draw;
use crate::kit::pen::{Pen, highlight, wrap_behind};
use crate::nav::{Ask, Context, Nav, Place, state_words};

/// The review of everything that is staged.
#[derive(Debug)]
pub struct Review {
    left_out: BTreeSet<Cell>,
    /// The index of a change among all.
    cursor: usize,
    top: usize,
    shows: Shows,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    Changes,
    Requests,
}

/// A line of the list of changes.
enum Line<'a> {
    Target(&'a TargetLabel),
    Change(usize, Cell, &'a Change),
}

impl Review {
    /// The review; every plan with staged changes is read again.
    pub fn open(desk: &Desk, fx: &mut Effects) -> Self {
        for plan in desk.changes.plans() {
            fx.call(Call::Plans(plans::Call::Read(plan)));
        }
        Self { left_out: BTreeSet::new(), cursor: 0, top: 0, shows: Shows::Changes }
    }

    /// The commands to be named in the hint line.
    pub fn hints(&self) -> &'static [Command] {
        &[
            Command::Apply,
            Command::LeaveOut,
            Command::Drop,
            Command::Jump,
            Command::Mine,
            Command::Theirs,
            Command::View,
            Command::Back,
        ]
    }

    fn current(&self, desk: &Desk) -> Option<Cell> {
        desk.changes.cells().nth(self.cursor).map(|(cell, ..)| cell)
    }

    /// Does a command.
    pub fn command(&mut self, command: Command, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        let last = desk.changes.len().saturating_sub(1);
        let page = usize::from(cx.area.height.saturating_sub(4)).max(1);
        match command {
            Command::Up => self.cursor = self.cursor.saturating_sub(1),
            Command::Down => self.cursor = (self.cursor + 1).min(last),
            Command::PageUp => self.cursor = self.cursor.saturating_sub(page),
            Command::PageDown => self.cursor = (self.cursor + page).min(last),
            Command::First => self.cursor = 0,
            Command::Last => self.cursor = last,
            Command::View => {
                self.shows = if self.shows == Shows::Changes { Shows::Requests } else { Shows::Changes };
            }
            Command::ReadAgain => *self = Self { left_out: self.left_out.clone(), ..Self::open(desk, fx) },
            Command::Apply => return self.apply(desk, cx),
            Command::LeaveOut | Command::Jump | Command::Drop | Command::Mine | Command::Theirs => {
                let Some(cell) = self.current(desk) else { return Nav::refuse("nothing is staged") };
                return self.on_cell(command, cell, desk, fx);
            }
            Command::Back | Command::Close | Command::Review => return Nav::Back,
            other => return Nav::Do(other),
        }
        Nav::Stay
    }

    fn on_cell(&mut self, command: Command, cell: Cell, desk: &mut Desk, fx: &mut Effects) -> Nav {
        if command == Command::Jump {
            return Nav::Open(Place::Plan(cell.place.plan, Some(cell)));
        }
        if let Err(why) = desk.changes.free(&cell) {
            return Nav::refuse(why);
        }
        match (command, desk.merge(&cell)) {
            (Command::LeaveOut, _) => {
                if !self.left_out.remove(&cell) {
                    self.left_out.insert(cell);
                }
            }
            (Command::Drop, _) | (Command::Theirs, Some(Merge::Conflict(_))) => {
                fx.store(desk.drop_change(&cell));
            }
            (Command::Mine, Some(Merge::Conflict(theirs))) => {
                fx.store(desk.changes.keep_mine(&cell, theirs).into_iter().collect());
            }
            _ => return Nav::refuse("there is no conflict here to decide"),
        }
        Nav::Stay
    }

    fn apply(&self, desk: &Desk, cx: &Context) -> Nav {
        if cx.guard == crate::config::Guard::ReadOnly {
            return Nav::refuse("this profile is READ-ONLY: nothing is sent; what is staged stays staged");
        }
        let staged = desk.changes.cells().any(|(cell, ..)| !self.left_out.contains(&cell));
        if staged {
            Nav::Ask(Ask::Apply(self.left_out.clone()))
        } else {
            Nav::refuse("there is nothing to send")
        }
    }

    fn lines(desk: &Desk) -> Vec<Line<'_>> {
        let mut lines = Vec::new();
        let mut number = 0;
        for (place, staged) in desk.changes.targets() {
            lines.push(Line::Target(&staged.label));
            for (counter, change) in &staged.cells {
                lines.push(Line::Change(number, Cell { place: *place, counter: counter.clone() }, change));
                number += 1;
            }
        }
        lines
    }

    /// Keeps the cursor on a change and in sight.
    pub fn arrange(&mut self, desk: &Desk, cx: &Context) {
        self.cursor = self.cursor.min(desk.changes.len().saturating_sub(1));
        let lines = Self::lines(desk);
        let at =
            lines.iter().position(|l| matches!(l, Line::Change(n, ..) if *n == self.cursor)).unwrap_or(0);
        let page = usize::from(cx.area.height.saturating_sub(4)).max(1);
        // The line before the first change of a target names it: keep it in sight too.
        self.top = self.top.min(at.saturating_sub(1)).max((at + 1).saturating_sub(page));
    }

    /// Draws it.
    pub fn view(&self, desk: &Desk, cx: &Context, buf: &mut Buffer) {
        let theme = cx.theme;
        let conflicts = desk.conflicts();
        let conflicts = if conflicts > 0 { format!(" · {conflicts} in conflict") } else { String::new() };
        let title = format!("Review · {} staged{conflicts}", desk.changes.len());
        let inner = draw(buf, cx.area, &title, theme.title, theme.frame);
        if desk.changes.is_empty() {
            Pen::new(buf, inner, 1).text("Nothing is staged.", theme.dim);
            return;
        }
        match self.shows {
            Shows::Changes => self.view_changes(desk, cx, inner, buf),
            Shows::Requests => self.view_requests(desk, cx, inner, buf),
        }
    }

    fn view_changes(&self, desk: &Desk, cx: &Context, area: Rect, buf: &mut Buffer) {
        let theme = cx.theme;
        for (at, line) in (0..area.height).zip(Self::lines(desk).iter().skip(self.top)) {
            match line {
                Line::Target(label) => {
                    let text = format!("{} · Year {} · {}", label.plan, label.year, label.target_type);
                    Pen::new(buf, area, at).text(&text, theme.title);
                }
                Line::Change(number, cell, change) => {
                    let out = self.left_out.contains(cell);
                    let mut pen = Pen::new(buf, area, at);
                    pen.text(if out { "  [ ] " } else { "  [x] " }, theme.plain);
                    pen.left_in(&cell.counter.to_string(), 28, if out { theme.dim } else { theme.plain });
                    let base = change.base.map_or_else(|| "–".into(), |base| base.to_string());
                    let by = i64::from(change.mine) - i64::from(change.base.unwrap_or(0));
                    let text = format!("{base} → {} ({by:+})", change.mine);
                    pen.left_in(&text, 16, if out { theme.dim } else { theme.changed });
                    let words = state_words(cell, change, desk);
                    if words == "staged" {
                        pen.text(&row_total(desk, cell).unwrap_or_default(), theme.dim);
                    } else {
                        pen.text(&words, theme.warning);
                    }
                    if *number == self.cursor {
                        highlight(buf, area, at, theme.cursor);
                    }
                }
            }
        }
    }

    fn view_requests(&self, desk: &Desk, cx: &Context, area: Rect, buf: &mut Buffer) {
        let mut lines = Vec::new();
        for id in desk.changes.plans() {
            let Some(plan) = desk.plan(id) else {
                lines.push((format!("Plan {id} is being read; then its requests stand here."), cx.theme.dim));
                continue;
            };
            for (place, counters) in desk.changes.to_send(plan, &self.left_out) {
                let request = Call::Plans(plans::Call::UpdateTarget(place, counters)).request();
                let head = format!("{} {}", request.method.name(), request.path);
                lines.extend(
                    wrap_behind(&head, '/', area.width).into_iter().map(|line| (line, cx.theme.title)),
                );
                lines.push(("Authorization: HMAC <signature>   X-Api-Key: <key>".into(), cx.theme.dim));
                let body = request.body_text().unwrap_or_default();
                lines.extend(
                    wrap_behind(body, ',', area.width).into_iter().map(|line| (line, cx.theme.plain)),
                );
                lines.push((String::new(), cx.theme.plain));
            }
        }
        if lines.is_empty() {
            lines
                .push(("Nothing would be sent: everything is left out or in conflict.".into(), cx.theme.dim));
        }
        let first = self.cursor.min(lines.len().saturating_sub(usize::from(area.height)));
        for (at, (line, style)) in (0..area.height).zip(lines.iter().skip(first)) {
            Pen::new(buf, area, at).text(line, *style);
        }
    }
}

/// `Senior 41 → 44`: what the change makes of the total of its row.
fn row_total(desk: &Desk, cell: &Cell) -> Option<String> {
    let Counter::Cell(slice, _) = &cell.counter else { return None };
    let plan: &Plan = desk.plan(cell.place.plan)?;
    let (_, target) = plan.target(cell.place.milestone, cell.place.target)?;
    let row = target.counters.iter().filter_map(|(counter, _)| match counter {
        Counter::Cell(s, _) if s == slice => Some(Cell { place: cell.place, counter: counter.clone() }),
        _ => None,
    });
    let (mut before, mut after) = (0, 0);
    for cell in row {
        before += u64::from(reading(plan, &cell).and_then(Reading::count).unwrap_or(0));
        after += u64::from(desk.value(&cell).unwrap_or(0));
    }
    let label = crate::domain::text::Text::from(slice.label());
    Some(format!("{label} {before} → {after}"))
}
