//! The review: every staged change before it is sent, conflicts to decide, and the exact requests.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::api::{Call, plans};
use crate::desk::Desk;
use crate::domain::change::{Cell, Change, Standing, TargetLabel, reading};
use crate::domain::counter::Counter;
use crate::domain::plan::Plan;
use crate::domain::target::Reading;
use crate::domain::text::Text;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::kit::frame::draw;
use crate::kit::pen::{Pen, highlight, width, wrap_behind};
use crate::nav::{Context, Nav, Place, Question};

/// The review of everything that is staged.
#[derive(Debug)]
pub struct Review {
    left_out: BTreeSet<Cell>,
    /// The change under the cursor, and where it stands among all; a reading may take others out.
    current: Option<Cell>,
    cursor: usize,
    top: usize,
    shows: Shows,
    /// The first line seen of the requests.
    requests_top: usize,
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
        Self {
            left_out: BTreeSet::new(),
            current: None,
            cursor: 0,
            top: 0,
            shows: Shows::Changes,
            requests_top: 0,
        }
    }

    /// The commands to be named in the hint line.
    pub fn hints(&self) -> &'static [Command] {
        &[
            Command::Apply,
            Command::Back,
            Command::LeaveOut,
            Command::Drop,
            Command::Mine,
            Command::Theirs,
            Command::View,
            Command::Jump,
        ]
    }

    /// Does a command.
    pub fn command(&mut self, command: Command, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        let last = desk.changes.len().saturating_sub(1);
        let page = usize::from(cx.area.height.saturating_sub(4)).max(1);
        let place = if self.shows == Shows::Changes { &mut self.cursor } else { &mut self.requests_top };
        match command {
            Command::Up => *place = place.saturating_sub(1),
            Command::Down => *place += 1,
            Command::PageUp => *place = place.saturating_sub(page),
            Command::PageDown => *place += page,
            Command::First => *place = 0,
            Command::Last => *place = usize::MAX,
            Command::View => {
                self.shows = if self.shows == Shows::Changes { Shows::Requests } else { Shows::Changes };
                self.requests_top = 0;
            }
            Command::ReadAgain => {
                let left_out = std::mem::take(&mut self.left_out);
                *self = Self { left_out, current: self.current.take(), ..Self::open(desk, fx) };
            }
            Command::Apply => return self.apply(desk),
            Command::LeaveOut | Command::Jump | Command::Drop | Command::Mine | Command::Theirs => {
                let Some(cell) = self.current.clone() else { return Nav::refuse("nothing is staged") };
                return self.on_cell(command, cell, desk, fx);
            }
            Command::Back | Command::Close => return Nav::Back,
            _ => return Nav::refuse("that does nothing in the review; Esc goes back to the grid"),
        }
        self.cursor = self.cursor.min(last);
        self.current = desk.changes.cells().nth(self.cursor).map(|(cell, ..)| cell);
        Nav::Stay
    }

    fn on_cell(&mut self, command: Command, cell: Cell, desk: &mut Desk, fx: &mut Effects) -> Nav {
        match command {
            Command::Jump => Nav::Open(Place::Plan(cell.place.plan, Some(cell))),
            Command::LeaveOut => {
                if !self.left_out.remove(&cell) {
                    self.left_out.insert(cell);
                }
                Nav::Stay
            }
            Command::Drop => Nav::edited(desk.drop_change(&cell), fx),
            Command::Theirs => match desk.standing(&cell) {
                Some(Standing::Conflict(_)) => Nav::edited(desk.drop_change(&cell), fx),
                _ => Nav::refuse("there is no conflict here to decide"),
            },
            _ => Nav::edited(desk.keep_mine(&cell), fx),
        }
    }

    fn apply(&self, desk: &Desk) -> Nav {
        let confirmed = desk.changes.confirmed(&self.left_out);
        let held = |cell: &Cell| matches!(desk.standing(cell), Some(Standing::Conflict(_) | Standing::Gone));
        if confirmed.is_empty() {
            return Nav::refuse("there is nothing to send");
        }
        if confirmed.keys().all(held) {
            return Nav::refuse("nothing can be sent: decide each conflict with m or t first");
        }
        Nav::Ask(Question::Apply(confirmed))
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
        let at = desk.changes.cells().position(|(cell, ..)| Some(&cell) == self.current.as_ref());
        self.cursor = at.unwrap_or(self.cursor).min(desk.changes.len().saturating_sub(1));
        self.current = desk.changes.cells().nth(self.cursor).map(|(cell, ..)| cell);
        if self.shows == Shows::Requests {
            let height = usize::from(cx.area.height.saturating_sub(2));
            let lines = self.requests(desk, cx.area.width.saturating_sub(4)).len();
            self.requests_top = self.requests_top.min(lines.saturating_sub(height));
        }
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
        let turn = |change: &Change| {
            let base = change.base.map_or_else(|| "–".into(), |base| base.to_string());
            let by = i64::from(change.mine) - i64::from(change.base.unwrap_or(0));
            format!("{base} → {} ({by:+})", change.mine)
        };
        let widest = desk.changes.cells().map(|(.., change)| width(&turn(change))).max().unwrap_or(0);
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
                    pen.left_in(&turn(change), widest + 2, if out { theme.dim } else { theme.changed });
                    match desk.standing(cell) {
                        Some(Standing::Staged) | None => {
                            pen.text(&self.row_total(desk, cell).unwrap_or_default(), theme.dim);
                        }
                        Some(standing) => {
                            pen.text(&standing.to_string(), theme.warning);
                        }
                    }
                    if *number == self.cursor {
                        highlight(buf, area, at, theme.cursor);
                    }
                }
            }
        }
    }

    /// `Senior 41 → 44`: what the changes that are not left out make of the total of a row.
    fn row_total(&self, desk: &Desk, cell: &Cell) -> Option<String> {
        let Counter::Cell(slice, _) = &cell.counter else { return None };
        let plan: &Plan = desk.plan(cell.place.plan)?;
        let (_, target) = plan.target(cell.place.milestone, cell.place.target)?;
        let row = target.counters.iter().filter_map(|(counter, _)| match counter {
            Counter::Cell(s, _) if s == slice => Some(Cell { place: cell.place, counter: counter.clone() }),
            _ => None,
        });
        let (mut before, mut after) = (0, 0);
        for cell in row {
            let server = reading(plan, &cell).and_then(Reading::count)?;
            before += u64::from(server);
            let kept = if self.left_out.contains(&cell) { server } else { desk.value(&cell).unwrap_or(0) };
            after += u64::from(kept);
        }
        let label = Text::from(slice.label());
        Some(format!("{label} {before} → {after}"))
    }

    /// The exact requests, in lines of so many columns; what kind of line each is.
    fn requests(&self, desk: &Desk, columns: u16) -> Vec<(String, Kind)> {
        let confirmed = desk.changes.confirmed(&self.left_out);
        let mut lines = Vec::new();
        for id in desk.changes.plans() {
            let Some(plan) = desk.plan(id) else {
                lines.push((format!("Plan {id} is being read; then its requests stand here."), Kind::Aside));
                continue;
            };
            for (place, counters) in desk.changes.to_send(plan, &confirmed) {
                let request = Call::Plans(plans::Call::UpdateTarget(place, counters)).request();
                let head = format!("{} {}", request.method.name(), request.path);
                lines.extend(wrap_behind(&head, '/', columns).into_iter().map(|line| (line, Kind::Head)));
                lines.push(("Authorization: HMAC <signature>   X-Api-Key: <key>".into(), Kind::Aside));
                let body = request.body_text().unwrap_or_default();
                let body = Text::from(body);
                lines.extend(
                    wrap_behind(&body.shown(), ',', columns).into_iter().map(|line| (line, Kind::Body)),
                );
                lines.push((String::new(), Kind::Body));
            }
        }
        if lines.is_empty() {
            let text = "Nothing would be sent: everything is left out, in conflict or on its way.";
            lines.push((text.into(), Kind::Aside));
        }
        lines
    }

    fn view_requests(&self, desk: &Desk, cx: &Context, area: Rect, buf: &mut Buffer) {
        let lines = self.requests(desk, area.width);
        for (at, (line, kind)) in (0..area.height).zip(lines.iter().skip(self.requests_top)) {
            let style = match kind {
                Kind::Head => cx.theme.title,
                Kind::Body => cx.theme.plain,
                Kind::Aside => cx.theme.dim,
            };
            Pen::new(buf, area, at).text(line, style);
        }
    }
}

/// A line of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Method and path.
    Head,
    /// The body.
    Body,
    /// What is said besides.
    Aside,
}
