//! A plan's target grid: years, two tables, typing, stepping, undo.

mod table;

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::api::error::ApiError;
use crate::api::{Call, plans, scorecards};
use crate::desk::Desk;
use crate::domain::change::{Cell, TargetPlace};
use crate::domain::counter::{Column, Counter, Gender, Slice};
use crate::domain::date::{clock, today};
use crate::domain::id::PlanId;
use crate::domain::plan::{Milestone, Plan};
use crate::domain::target::{Count, MOST, Reading, Target, TargetType};
use crate::effect::{Effects, RequestId};
use crate::input::command::{Command, Scope};
use crate::input::key::Key;
use crate::kit::grid::layout::Layout;
use crate::kit::grid::sheet::{At, Mark};
use crate::kit::grid::view::Shown;
use crate::kit::pen::{Pen, wrap};
use crate::nav::{Ask, Context, Nav, state_words};
use crate::screen::plan::table::{Table, breaks_rule, height, per_cent};

/// A plan's grid and where one stands in it.
#[derive(Debug)]
pub struct PlanScreen {
    plan: PlanId,
    /// The index of the year shown.
    year: usize,
    table: TargetType,
    cursor: At,
    /// The column in which a run of Tabs began.
    run: Option<usize>,
    /// What is being typed; it is staged when it is committed.
    draft: Option<String>,
    reading: Option<RequestId>,
    failure: Option<String>,
    /// A cell to go to once the plan has been read.
    wanted: Option<Wanted>,
}

/// Where to go in a plan that is not read yet.
#[derive(Debug)]
enum Wanted {
    /// The year that holds today.
    Today,
    /// A cell.
    Cell(Cell),
}

impl PlanScreen {
    /// The grid of a plan, at a cell if one is meant, else in the year that holds today. The plan is read again.
    pub fn open(plan: PlanId, cell: Option<&Cell>, desk: &Desk, cx: &Context, fx: &mut Effects) -> Self {
        let mut screen = Self {
            plan,
            year: 0,
            table: TargetType::AllEmployees,
            cursor: At::default(),
            run: None,
            draft: None,
            reading: Some(fx.call(Call::Plans(plans::Call::Read(plan)))),
            failure: None,
            wanted: Some(cell.cloned().map_or(Wanted::Today, Wanted::Cell)),
        };
        // Its scorecard's name is wanted when a recalculation is offered.
        if desk.scorecards.is_none() {
            fx.call(Call::Scorecards(scorecards::Call::List));
        }
        screen.settle(desk, cx);
        screen
    }

    /// Goes where it was wanted, if the plan is there.
    fn settle(&mut self, desk: &Desk, cx: &Context) {
        let Some(plan) = desk.plan(self.plan) else { return };
        match self.wanted.take() {
            Some(Wanted::Today) => self.year = plan.year_of(today(cx.now)),
            Some(Wanted::Cell(cell)) => self.go_to(&cell, desk),
            None => {}
        }
    }

    /// Moves to a cell.
    fn go_to(&mut self, cell: &Cell, desk: &Desk) {
        let Some(plan) = desk.plan(self.plan) else { return };
        let Some(year) = plan.milestones.iter().position(|m| m.id == cell.place.milestone) else { return };
        let Some((_, target)) = plan.target(cell.place.milestone, cell.place.target) else { return };
        self.year = year;
        self.table = target.target_type.clone();
        if let Some(at) = self.shown(desk).and_then(|shown| shown.table.find(&cell.counter)) {
            self.cursor = at;
        }
    }

    /// The plan's name.
    pub fn title(&self, desk: &Desk) -> String {
        let listed = || desk.plan_list.as_ref()?.what.rows.iter().find(|p| p.id == self.plan);
        desk.plan(self.plan)
            .or_else(listed)
            .map_or_else(|| format!("Plan {}", self.plan), |p| p.name().to_string())
    }

    /// `Year 3 of 5 · 2027-09-01 – 2028-08-31`.
    pub fn headline(&self, desk: &Desk) -> String {
        let Some(plan) = desk.plan(self.plan) else { return String::new() };
        let Some(milestone) = plan.milestones.get(self.year) else { return String::new() };
        let days = milestone.days.map(|(first, last)| format!(" · {first} – {last}")).unwrap_or_default();
        format!("Year {} of {}{days}", milestone.year, years(plan))
    }

    /// The scopes of keys that are open.
    pub fn scopes(&self) -> &'static [Scope] {
        if self.draft.is_some() { &[Scope::Typing] } else { &[Scope::Grid, Scope::Moving, Scope::Everywhere] }
    }

    /// The commands to be named in the hint line.
    pub fn hints(&self) -> &'static [Command] {
        if self.draft.is_some() {
            return &[Command::Commit, Command::CommitRight, Command::GiveUp];
        }
        &[
            Command::Edit,
            Command::NextCell,
            Command::Increase,
            Command::PreviousYear,
            Command::NextYear,
            Command::OtherTable,
            Command::Undo,
            Command::Review,
        ]
    }

    /// Takes a key that is no command: digits begin or go on typing.
    pub fn key(&mut self, key: Key, desk: &Desk) -> Nav {
        let Some(draft) = &mut self.draft else {
            return match key.typed() {
                Some(c) if c.is_ascii_digit() => match self.editable(desk) {
                    Ok(_) => {
                        self.draft = Some(c.to_string());
                        Nav::Stay
                    }
                    Err(why) => Nav::refuse(why),
                },
                _ => Nav::Stay,
            };
        };
        match key.code {
            KeyCode::Backspace => {
                draft.pop();
                Nav::Stay
            }
            _ => match key.typed() {
                Some(c) => type_into(draft, c),
                None => Nav::Stay,
            },
        }
    }

    /// Takes pasted text: into the cell that is typed in, if it is a whole number.
    pub fn paste(&mut self, text: &str) -> Nav {
        match &mut self.draft {
            Some(draft) => {
                let refused = text.trim().chars().map(|c| type_into(draft, c)).find(|nav| *nav != Nav::Stay);
                refused.unwrap_or(Nav::Stay)
            }
            None => Nav::refuse("to paste a number, begin to edit the cell first"),
        }
    }

    /// Does a command.
    pub fn command(&mut self, command: Command, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        match command {
            Command::ReadAgain => {
                if self.reading.is_none() {
                    self.reading = Some(fx.call(Call::Plans(plans::Call::Read(self.plan))));
                }
                return Nav::Stay;
            }
            Command::Back => return Nav::Back,
            Command::GiveUp => {
                self.draft = None;
                return Nav::Stay;
            }
            Command::ClearInput => {
                self.draft = Some(String::new());
                return Nav::Stay;
            }
            Command::Recalculate => {
                return match desk.plan(self.plan).map(Plan::scorecard) {
                    Some(Some(scorecard)) => Nav::Ask(Ask::Recalculate(scorecard)),
                    Some(None) => Nav::refuse("this plan is bound to no scorecard"),
                    None => Nav::refuse("the plan has not been read yet"),
                };
            }
            _ => {}
        }
        let (Some((_, target)), columns) = (self.target(desk), Column::ALL.len()) else {
            return Nav::refuse("the plan has not been read yet");
        };
        let rows = height(target);
        match command {
            Command::Edit => match self.editable(desk) {
                Ok((_, value)) => self.draft = Some(value.map(|v| v.to_string()).unwrap_or_default()),
                Err(why) => return Nav::refuse(why),
            },
            Command::Increase | Command::Decrease => {
                let by: i64 = if command == Command::Increase { 1 } else { -1 };
                return self.set_with(desk, cx, fx, |value| {
                    let next = i64::from(value.unwrap_or(0)) + by;
                    Count::try_from(next)
                        .ok()
                        .filter(|n| *n <= MOST)
                        .ok_or("a count of people is not below 0")
                });
            }
            Command::Zero => return self.set_with(desk, cx, fx, |_| Ok(0)),
            Command::Commit | Command::CommitRight => {
                let nav = self.commit(desk, cx, fx);
                if nav != Nav::Stay {
                    return nav;
                }
                if command == Command::CommitRight {
                    self.tab(columns, rows);
                } else {
                    self.cursor.column = self.run.take().unwrap_or(self.cursor.column);
                    self.cursor.row = (self.cursor.row + 1).min(rows - 1);
                }
            }
            Command::NextCell => self.tab(columns, rows),
            Command::PreviousCell => {
                if self.cursor.column > 0 {
                    self.cursor.column -= 1;
                } else if self.cursor.row > 0 {
                    self.cursor = At { row: self.cursor.row - 1, column: columns - 1 };
                }
            }
            Command::ServerValue => return self.server_value(desk, fx),
            Command::Undo | Command::Redo => {
                let step = if command == Command::Undo { Desk::undo } else { Desk::redo };
                return match step(desk, self.plan, cx.now) {
                    Ok((entries, cell)) => {
                        fx.store(entries);
                        self.go_to(&cell, desk);
                        Nav::Stay
                    }
                    Err(why) => Nav::refuse(why),
                };
            }
            Command::NextYear | Command::PreviousYear => {
                let years = desk.plan(self.plan).map_or(0, |plan| plan.milestones.len());
                let next =
                    if command == Command::NextYear { self.year + 1 } else { self.year.wrapping_sub(1) };
                if next >= years {
                    return Nav::refuse(if command == Command::NextYear {
                        "this is the plan's last year"
                    } else {
                        "this is the plan's first year"
                    });
                }
                self.year = next;
            }
            Command::OtherTable => return self.other_table(desk),
            // An arrow also takes what is being typed.
            _ => {
                let taken = self.commit(desk, cx, fx);
                return if taken == Nav::Stay { self.go(command, rows, columns) } else { taken };
            }
        }
        Nav::Stay
    }

    fn go(&mut self, command: Command, rows: usize, columns: usize) -> Nav {
        let At { row, column } = self.cursor;
        self.cursor = match command {
            Command::Up => At { row: row.saturating_sub(1), column },
            Command::Down => At { row: (row + 1).min(rows - 1), column },
            Command::Left => At { row, column: column.saturating_sub(1) },
            Command::Right => At { row, column: (column + 1).min(columns - 1) },
            Command::First | Command::PageUp => At { row: 0, column },
            Command::Last | Command::PageDown => At { row: rows - 1, column },
            Command::RowStart => At { row, column: 0 },
            Command::RowEnd => At { row, column: columns - 1 },
            _ => return Nav::refuse("that does nothing here; ? shows what does"),
        };
        self.run = None;
        Nav::Stay
    }

    fn tab(&mut self, columns: usize, rows: usize) {
        self.run.get_or_insert(self.cursor.column);
        if self.cursor.column + 1 < columns {
            self.cursor.column += 1;
        } else if self.cursor.row + 1 < rows {
            self.cursor = At { row: self.cursor.row + 1, column: 0 };
        }
    }

    fn other_table(&mut self, desk: &Desk) -> Nav {
        let Some(milestone) = desk.plan(self.plan).and_then(|plan| plan.milestones.get(self.year)) else {
            return Nav::refuse("this year could not be read");
        };
        let at = milestone.targets.iter().position(|t| t.target_type == self.table);
        let next = at.map_or(0, |at| (at + 1) % milestone.targets.len().max(1));
        match milestone.targets.get(next) {
            Some(target) => self.table = target.target_type.clone(),
            None => return Nav::refuse("this year has no other table"),
        }
        Nav::Stay
    }

    /// The cell under the cursor and its number, if it can be edited; else why not.
    fn editable(&self, desk: &Desk) -> Result<(Cell, Option<Count>), &'static str> {
        let shown = self.shown(desk).ok_or("the plan has not been read yet")?;
        let cell = shown.table.cell(self.cursor).ok_or("the server returned no counter here")?;
        match desk.reading(&cell) {
            Some(Reading::Damaged(_)) => {
                return Err("the server sent no number here; it cannot be edited safely");
            }
            None => return Err("the server returned no counter here"),
            Some(_) => {}
        }
        desk.changes.free(&cell)?;
        let value = desk.value(&cell);
        Ok((cell, value))
    }

    /// Sets the cell under the cursor to what `next` makes of its number.
    fn set_with(
        &mut self,
        desk: &mut Desk,
        cx: &Context,
        fx: &mut Effects,
        next: impl FnOnce(Option<Count>) -> Result<Count, &'static str>,
    ) -> Nav {
        let done = self.editable(desk).and_then(|(cell, value)| {
            let after = next(value)?;
            desk.edit(self.plan, vec![(cell, Some(after))], cx.now)
        });
        match done {
            Ok(entries) => {
                fx.store(entries);
                Nav::Stay
            }
            Err(why) => Nav::refuse(why),
        }
    }

    /// Takes what was typed; nothing typed changes nothing.
    fn commit(&mut self, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        let Some(draft) = self.draft.take() else { return Nav::Stay };
        let Ok(value) = draft.parse::<Count>() else { return Nav::Stay };
        let nav = self.set_with(desk, cx, fx, |_| Ok(value));
        if nav != Nav::Stay {
            // Refused: what was typed is not lost.
            self.draft = Some(draft);
        }
        nav
    }

    fn server_value(&mut self, desk: &mut Desk, fx: &mut Effects) -> Nav {
        let Some(cell) = self.shown(desk).and_then(|shown| shown.table.cell(self.cursor)) else {
            return Nav::refuse("the server returned no counter here");
        };
        if let Err(why) = desk.changes.free(&cell) {
            return Nav::refuse(why);
        }
        if desk.changes.change(&cell).is_none() {
            return Nav::refuse("this counter is as on the server");
        }
        fx.store(desk.drop_change(&cell));
        Nav::Stay
    }

    /// The reply to one of its calls came; what it brought is on the desk.
    pub fn reply(&mut self, id: RequestId, error: Option<&ApiError>, desk: &Desk, cx: &Context) {
        if self.reading == Some(id) {
            self.reading = None;
            self.failure = error.map(ToString::to_string);
            self.settle(desk, cx);
        }
    }

    /// Keeps year, table and cursor inside what the plan has now.
    pub fn arrange(&mut self, desk: &Desk) {
        let Some(plan) = desk.plan(self.plan) else { return };
        self.year = self.year.min(plan.milestones.len().saturating_sub(1));
        if let Some(milestone) = plan.milestones.get(self.year)
            && milestone.table(&self.table).is_none()
            && let Some(first) = milestone.targets.first()
        {
            self.table = first.target_type.clone();
        }
        if let Some((_, target)) = self.target(desk) {
            self.cursor.row = self.cursor.row.min(height(target) - 1);
        }
    }

    fn target<'a>(&self, desk: &'a Desk) -> Option<(&'a Milestone, &'a Target)> {
        let milestone = desk.plan(self.plan)?.milestones.get(self.year)?;
        Some((milestone, milestone.table(&self.table)?))
    }

    fn shown<'a>(&self, desk: &'a Desk) -> Option<ShownTarget<'a>> {
        ShownTarget::of(desk, self.plan, self.year, &self.table)
    }

    /// Draws it.
    pub fn view(&self, desk: &Desk, cx: &Context, buf: &mut Buffer) {
        let area = cx.area;
        self.view_head(desk, cx, buf);
        let Some(shown) = self.shown(desk) else {
            let text = match (&self.failure, self.reading) {
                (Some(why), _) => why.as_str(),
                (None, Some(_)) => "reading the plan…",
                (None, None) => "This year has no table that could be read.",
            };
            let style = if self.failure.is_some() { cx.theme.error } else { cx.theme.dim };
            for (at, line) in (2..).zip(wrap(text, area.width.saturating_sub(4))) {
                Pen::new(buf, area, at).skip(2).text(&line, style);
            }
            return;
        };
        let sheet = &shown.table.sheet;
        let body = Rect { y: area.y + 1, height: area.height.saturating_sub(3), ..area };
        let layout = Layout::new(sheet, body.width, body.height, self.cursor);
        let draft = self.draft.as_deref();
        Shown { sheet, layout: &layout, cursor: Some(self.cursor), draft, theme: cx.theme }.draw(body, buf);
        self.view_cell(&shown, desk, cx, buf);
        self.view_other(desk, cx, body, Layout::height(sheet), buf);
    }

    /// Which table, what is staged, when it was read, what could not be read.
    fn view_head(&self, desk: &Desk, cx: &Context, buf: &mut Buffer) {
        let mut pen = Pen::new(buf, cx.area, 0);
        pen.skip(1);
        let Some(known) = desk.plans.get(&self.plan) else { return };
        let milestone = known.what.milestones.get(self.year);
        for (at, target) in milestone.into_iter().flat_map(|m| &m.targets).enumerate() {
            if at > 0 {
                pen.text(&format!("  [{}] ", cx.keymap.hint(Command::OtherTable)), cx.theme.key);
            }
            let style = if target.target_type == self.table { cx.theme.title } else { cx.theme.dim };
            pen.text(&target.target_type.to_string(), style);
        }
        let damaged = known.what.damaged.len() + milestone.map_or(0, |m| m.damaged.len());
        if damaged > 0 {
            pen.text(&format!("   {damaged} parts of this plan could not be read"), cx.theme.warning);
        }
        let staged = match desk.changes.len_of(self.plan) {
            0 => String::new(),
            n => format!("{n} staged · "),
        };
        let read = if self.reading.is_some() {
            "reading…".into()
        } else {
            format!("read {}", clock(known.read_at))
        };
        pen.at_end(&format!("{staged}{read} "), cx.theme.dim);
    }

    /// What is to be said of the cell under the cursor.
    fn view_cell(&self, shown: &ShownTarget, desk: &Desk, cx: &Context, buf: &mut Buffer) {
        let mut pen = Pen::new(buf, cx.area, cx.area.height.saturating_sub(1));
        pen.skip(1);
        let Some(cell) = shown.table.cell(self.cursor) else {
            pen.text("the server returned no counter here", cx.theme.dim);
            return;
        };
        let reading = desk.reading(&cell);
        let value = desk.value(&cell);
        let number = |n: Option<Count>| n.map_or_else(|| "–".into(), |n| n.to_string());
        pen.text(&cell.counter.to_string(), cx.theme.title).text(": ", cx.theme.plain);
        let server = reading.and_then(Reading::count);
        match desk.changes.change(&cell) {
            Some(change) => {
                let by = i64::from(change.mine) - i64::from(server.unwrap_or(0));
                pen.text(&format!("{} → {} ({by:+})", number(server), change.mine), cx.theme.changed);
                let words = state_words(&cell, change, desk);
                if words != "staged" {
                    pen.text(&format!(" · {words}"), cx.theme.warning);
                }
            }
            None => {
                pen.text(&number(value), cx.theme.plain);
                if let Some(Reading::Damaged(what)) = reading {
                    pen.text(
                        &format!(" · the server sent {what}; it cannot be edited safely"),
                        cx.theme.error,
                    );
                }
            }
        }
        if let Some((disabled, all)) = breaks_rule(desk, &cell, value, shown.milestone, shown.target) {
            let sign = Mark::Warning.sign();
            pen.text(&format!(" · {sign} {disabled} disabled of {all} employees"), cx.theme.warning);
        }
        let sheet = &shown.table.sheet;
        if let Counter::Cell(Slice::Level(_), _) = cell.counter {
            let row = &sheet.rows[self.cursor.row];
            let women: u64 = (0..Column::ALL.len())
                .filter(|at| Column::ALL[*at].gender == Gender::Female)
                .filter_map(|at| row.cells.get(at).copied().flatten().and_then(|c| c.value))
                .map(u64::from)
                .sum();
            let of = per_cent(women, sheet.row_sum(self.cursor.row).value);
            pen.at_end(&format!("women {of} % of level "), cx.theme.dim);
        }
    }

    /// The other tables of the year below, where there is room for them.
    fn view_other(&self, desk: &Desk, cx: &Context, body: Rect, used: u16, buf: &mut Buffer) {
        let Some(plan) = desk.plan(self.plan) else { return };
        let Some(milestone) = plan.milestones.get(self.year) else { return };
        let mut top = used + 1;
        for target in milestone.targets.iter().filter(|t| t.target_type != self.table) {
            let Some(other) = ShownTarget::of(desk, self.plan, self.year, &target.target_type) else {
                continue;
            };
            let needed = Layout::height(&other.table.sheet) + 1;
            if top + needed > body.height {
                return;
            }
            Pen::new(buf, body, top).skip(1).text(&target.target_type.to_string(), cx.theme.dim);
            let area = Rect { y: body.y + top + 1, height: needed - 1, ..body };
            let sheet = &other.table.sheet;
            let layout =
                Layout::new(sheet, area.width, area.height, At { row: 0, column: self.cursor.column });
            Shown { sheet, layout: &layout, cursor: None, draft: None, theme: cx.theme }.draw(area, buf);
            top += needed + 1;
        }
    }
}

/// The target that is shown, with its table.
struct ShownTarget<'a> {
    milestone: &'a Milestone,
    target: &'a Target,
    table: Table,
}

impl<'a> ShownTarget<'a> {
    fn of(desk: &'a Desk, plan: PlanId, year: usize, target_type: &TargetType) -> Option<Self> {
        let milestone = desk.plan(plan)?.milestones.get(year)?;
        let target = milestone.table(target_type)?;
        let place = TargetPlace { plan, milestone: milestone.id, target: target.id };
        Some(Self { milestone, target, table: Table::of(desk, place, milestone, target) })
    }
}

/// The number of years a plan has, damaged ones counted.
fn years(plan: &Plan) -> u32 {
    let all = plan.milestones.len() + plan.damaged.len();
    plan.milestones.last().map_or(0, |m| m.year).max(u32::try_from(all).unwrap_or(u32::MAX))
}

/// Types a character into a cell: whole numbers from 0 only.
fn type_into(draft: &mut String, c: char) -> Nav {
    if !c.is_ascii_digit() {
        return Nav::refuse("only whole numbers from 0: people are counted");
    }
    let longer = format!("{draft}{c}");
    match longer.parse::<Count>() {
        Ok(count) if count <= MOST => longer.trim_start_matches('0').clone_into(draft),
        _ => return Nav::refuse(format!("{MOST} is the largest count the server can hold")),
    }
    if draft.is_empty() {
        draft.push('0');
    }
    Nav::Stay
}
