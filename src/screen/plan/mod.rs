//! A plan's target grid: years, two tables, typing, stepping, undo.

mod table;
mod view;

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;

use crate::api::error::ApiError;
use crate::api::{Call, plans, scorecards};
use crate::desk::Desk;
use crate::domain::change::Cell;
use crate::domain::counter::Column;
use crate::domain::date::today;
use crate::domain::id::PlanId;
use crate::domain::plan::Plan;
use crate::domain::target::{Count, MOST, Reading, TargetType};
use crate::domain::text::count;
use crate::effect::{Effects, RequestId};
use crate::input::command::{Command, Scope};
use crate::input::key::Key;
use crate::kit::grid::select::Range;
use crate::kit::grid::sheet::At;
use crate::nav::{Context, Nav, Notice, Question, Tone};
use crate::screen::plan::table::{ShownTarget, Where, height, years};
use crate::screen::plan::view::{Progress, View};

/// A plan's grid and where one stands in it.
#[derive(Debug)]
pub struct PlanScreen {
    at: Where,
    /// The column in which a run of Tabs began.
    run: Option<usize>,
    /// Where the range that is taken was begun; it reaches to the cursor.
    begun: Option<Begun>,
    /// What is being typed; it is staged when it is committed.
    draft: Option<String>,
    reading: Option<RequestId>,
    failure: Option<String>,
    /// A cell to go to once the plan has been read.
    wanted: Option<Wanted>,
}

/// The corner of a range that the cursor is not at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Begun {
    at: At,
    /// Whether a plain arrow extends the range; else it gives it up.
    extends: bool,
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
            at: Where { plan, year: 0, table: TargetType::AllEmployees, cursor: At::default() },
            run: None,
            begun: None,
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
        let Some(plan) = desk.plan(self.at.plan) else { return };
        match self.wanted.take() {
            Some(Wanted::Today) => self.at.year = plan.year_of(today(cx.now)),
            Some(Wanted::Cell(cell)) => self.go_to(&cell, desk),
            None => {}
        }
    }

    /// Moves to a cell.
    pub fn go_to(&mut self, cell: &Cell, desk: &Desk) {
        let Some(plan) = desk.plan(self.at.plan) else { return };
        let Some(year) = plan.milestones.iter().position(|m| m.id == cell.place.milestone) else { return };
        let Some((_, target)) = plan.target(cell.place.milestone, cell.place.target) else { return };
        self.at.year = year;
        self.at.table = target.target_type.clone();
        if let Some(at) = self.at.shown(desk).and_then(|shown| shown.table.find(&cell.counter)) {
            self.at.cursor = at;
        }
    }

    /// The plan it shows.
    pub fn plan(&self) -> PlanId {
        self.at.plan
    }

    /// The plan's name.
    pub fn title(&self, desk: &Desk) -> String {
        let listed = || desk.plan_list.as_ref()?.what.rows.iter().find(|p| p.id == self.at.plan);
        desk.plan(self.at.plan)
            .or_else(listed)
            .map_or_else(|| format!("Plan {}", self.at.plan), |p| p.name().to_string())
    }

    /// `Year 3 of 5 · 2027-09-01 – 2028-08-31`.
    pub fn headline(&self, desk: &Desk) -> String {
        let Some(plan) = desk.plan(self.at.plan) else { return String::new() };
        let Some(milestone) = plan.milestones.get(self.at.year) else { return String::new() };
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
            return &[Command::Commit, Command::CommitRight, Command::CommitAll, Command::GiveUp];
        }
        if self.begun.is_some() {
            return &[
                Command::FillDown,
                Command::FillRight,
                Command::Zero,
                Command::ServerValue,
                Command::Increase,
                Command::Review,
                Command::Undo,
                Command::Back,
            ];
        }
        &[
            Command::Edit,
            Command::NextCell,
            Command::Review,
            Command::OtherTable,
            Command::NextYear,
            Command::Undo,
            Command::PreviousYear,
            Command::Increase,
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
                _ => Nav::nothing(key),
            };
        };
        match (key.code, key.typed()) {
            (KeyCode::Backspace, _) => {
                draft.pop();
                Nav::Stay
            }
            (_, Some(c)) => {
                draft.push(c);
                // What is no number stands there to be seen and mended; it is not taken.
                whole_number(draft).map_or_else(Nav::refuse, |_| Nav::Stay)
            }
            (_, None) => Nav::refuse("that does nothing while a number is typed"),
        }
    }

    /// Takes pasted text: into the cell that is typed in, if it is a whole number; else nothing of it.
    pub fn paste(&mut self, text: &str) -> Nav {
        match (&mut self.draft, whole_number(text)) {
            (Some(draft), Ok(count)) => {
                draft.push_str(&count.to_string());
                whole_number(draft).map_or_else(Nav::refuse, |_| Nav::Stay)
            }
            (Some(_), Err(why)) => Nav::refuse(format!("nothing was pasted: {why}")),
            (None, _) => Nav::refuse("to paste a number, begin to edit the cell first"),
        }
    }

    /// Does a command.
    pub fn command(&mut self, command: Command, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        match command {
            Command::ReadAgain => {
                if self.reading.is_none() {
                    self.reading = Some(fx.call(Call::Plans(plans::Call::Read(self.at.plan))));
                }
                return Nav::Stay;
            }
            Command::Back if self.begun.take().is_some() => return Nav::Stay,
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
                return match desk.plan(self.at.plan).map(Plan::scorecard) {
                    Some(Some(scorecard)) => Nav::Ask(Question::Recalculate(scorecard)),
                    Some(None) => Nav::refuse("this plan is bound to no scorecard"),
                    None => Nav::refuse("the plan has not been read yet"),
                };
            }
            _ => {}
        }
        let (Some((_, target)), columns) = (self.at.target(desk), Column::ALL.len()) else {
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
            Command::CommitAll => return self.commit_all(desk, cx, fx),
            Command::FillDown | Command::FillRight => return self.fill(command, desk, cx, fx),
            Command::Range => {
                self.begun = match self.begun {
                    Some(begun) if begun.extends => None,
                    Some(begun) => Some(Begun { extends: true, ..begun }),
                    None => Some(Begun { at: self.at.cursor, extends: true }),
                };
            }
            Command::ExtendUp | Command::ExtendDown | Command::ExtendLeft | Command::ExtendRight => {
                let begun = self.begun.unwrap_or(Begun { at: self.at.cursor, extends: false });
                let nav = self.go(arrow(command), rows, columns);
                self.begun = Some(begun);
                return nav;
            }
            Command::SelectRow => {
                self.take(At { column: 0, ..self.at.cursor }, At { column: columns - 1, ..self.at.cursor });
            }
            Command::SelectColumn | Command::SelectAll => {
                // The levels: other slices are no part of their sum.
                let last = self.at.shown(desk).map_or(rows, |shown| shown.table.sheet.counted()).max(1) - 1;
                let At { column, .. } = self.at.cursor;
                match command {
                    Command::SelectColumn => self.take(At { row: 0, column }, At { row: last, column }),
                    _ => self.take(At::default(), At { row: last, column: columns - 1 }),
                }
            }
            Command::Commit | Command::CommitRight => {
                let nav = self.commit(desk, cx, fx);
                if nav != Nav::Stay {
                    return nav;
                }
                self.begun = None;
                if command == Command::CommitRight {
                    self.tab(columns, rows);
                } else {
                    self.at.cursor.column = self.run.take().unwrap_or(self.at.cursor.column);
                    self.at.cursor.row = (self.at.cursor.row + 1).min(rows - 1);
                }
            }
            Command::NextCell => {
                self.begun = None;
                self.tab(columns, rows);
            }
            Command::PreviousCell => {
                self.begun = None;
                if self.at.cursor.column > 0 {
                    self.at.cursor.column -= 1;
                } else if self.at.cursor.row > 0 {
                    self.at.cursor = At { row: self.at.cursor.row - 1, column: columns - 1 };
                }
            }
            Command::ServerValue => return self.server_value(desk, cx, fx),
            Command::Undo | Command::Redo => {
                let step = if command == Command::Undo { Desk::undo } else { Desk::redo };
                return match step(desk, self.at.plan, cx.now) {
                    Ok((entries, cell)) => {
                        fx.store(entries);
                        // The cursor goes where something changed, and a range would reach there.
                        self.begun = None;
                        self.go_to(&cell, desk);
                        let did = if command == Command::Undo { "undone" } else { "done again" };
                        let shows = desk.value(&cell).map_or_else(|| "–".into(), |value| value.to_string());
                        Nav::Say(Notice::new(Tone::Plain, format!("{did}: {} shows {shows}", cell.counter)))
                    }
                    Err(why) => Nav::refuse(why),
                };
            }
            Command::NextYear | Command::PreviousYear => {
                let years = desk.plan(self.at.plan).map_or(0, |plan| plan.milestones.len());
                let next = if command == Command::NextYear {
                    self.at.year + 1
                } else {
                    self.at.year.wrapping_sub(1)
                };
                if next >= years {
                    return Nav::refuse(if command == Command::NextYear {
                        "this is the plan's last year"
                    } else {
                        "this is the plan's first year"
                    });
                }
                self.at.year = next;
                self.begun = None;
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
        let At { row, column } = self.at.cursor;
        self.at.cursor = match command {
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
        self.begun.take_if(|begun| !begun.extends);
        Nav::Stay
    }

    /// Takes a range; the cursor is at its first cell.
    fn take(&mut self, first: At, last: At) {
        self.at.cursor = first;
        self.begun = Some(Begun { at: last, extends: false });
    }

    /// The range that is taken, if one is.
    fn range(&self) -> Option<Range> {
        self.begun.map(|begun| Range::between(begun.at, self.at.cursor))
    }

    fn tab(&mut self, columns: usize, rows: usize) {
        self.run.get_or_insert(self.at.cursor.column);
        if self.at.cursor.column + 1 < columns {
            self.at.cursor.column += 1;
        } else if self.at.cursor.row + 1 < rows {
            self.at.cursor = At { row: self.at.cursor.row + 1, column: 0 };
        }
    }

    fn other_table(&mut self, desk: &Desk) -> Nav {
        let Some(milestone) = desk.plan(self.at.plan).and_then(|plan| plan.milestones.get(self.at.year))
        else {
            return Nav::refuse("this year could not be read");
        };
        let at = milestone.targets.iter().position(|t| t.target_type == self.at.table);
        let next = at.map_or(0, |at| (at + 1) % milestone.targets.len().max(1));
        match milestone.targets.get(next) {
            Some(target) => self.at.table = target.target_type.clone(),
            None => return Nav::refuse("this year has no other table"),
        }
        self.begun = None;
        Nav::Stay
    }

    /// The cell under the cursor and its number, if it can be edited; else why not.
    fn editable(&self, desk: &Desk) -> Result<(Cell, Option<Count>), &'static str> {
        let shown = self.at.shown(desk).ok_or("the plan has not been read yet")?;
        editable_at(&shown, self.at.cursor, desk)
    }

    /// Sets the cells of the range, or the one under the cursor, to what `next` makes of their numbers, as one step.
    fn set_with(
        &mut self,
        desk: &mut Desk,
        cx: &Context,
        fx: &mut Effects,
        next: impl Fn(Option<Count>) -> Result<Count, &'static str>,
    ) -> Nav {
        let cells: Vec<At> = match self.range() {
            Some(range) => range.cells().collect(),
            None => vec![self.at.cursor],
        };
        self.set_cells(desk, cx, fx, |shown, desk| {
            let set = |at: &At| {
                let (cell, value) = editable_at(shown, *at, desk)?;
                Ok((cell, next(value)?))
            };
            cells.iter().map(set).collect()
        })
    }

    /// Fills the range with its first row or column, or the cell under the cursor with its neighbour.
    fn fill(&mut self, command: Command, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        let At { row, column } = self.at.cursor;
        let down = command == Command::FillDown;
        let before = match (down, row.checked_sub(1), column.checked_sub(1)) {
            (true, Some(row), _) => At { row, column },
            (false, _, Some(column)) => At { row, column },
            _ if self.begun.is_some() => self.at.cursor,
            (true, None, _) => return Nav::refuse("there is no row above to fill from"),
            (false, _, None) => return Nav::refuse("there is no column to the left to fill from"),
        };
        let range = self.range().unwrap_or_else(|| Range::between(before, self.at.cursor));
        let pairs: Vec<(At, At)> = if down { range.down().collect() } else { range.right().collect() };
        if pairs.is_empty() {
            return Nav::refuse("the range has only what it would be filled with");
        }
        self.set_cells(desk, cx, fx, |shown, desk| {
            let set = |(at, from): &(At, At)| {
                let value = shown.table.cell(*from).and_then(|cell| desk.value(&cell));
                let (cell, _) = editable_at(shown, *at, desk)?;
                Ok((cell, value.ok_or("there is no number to fill from")?))
            };
            pairs.iter().map(set).collect()
        })
    }

    /// Sets cells as one step; those that cannot be set are left as they are, and said.
    fn set_cells(
        &mut self,
        desk: &mut Desk,
        cx: &Context,
        fx: &mut Effects,
        cells: impl FnOnce(&ShownTarget, &Desk) -> Vec<Result<(Cell, Count), &'static str>>,
    ) -> Nav {
        let Some(shown) = self.at.shown(desk) else { return Nav::refuse("the plan has not been read yet") };
        let (mut set, mut left) = (Vec::new(), Vec::new());
        for cell in cells(&shown, desk) {
            match cell {
                Ok(cell) => set.push(cell),
                Err(why) => left.push(why),
            }
        }
        match (set.len(), left.first()) {
            (0, Some(why)) => Nav::refuse(*why),
            (done, Some(why)) => {
                let nav = Nav::edited(desk.edit(self.at.plan, set, cx.now), fx);
                let text = format!("{} set; {} left as they are: {why}", count(done, "cell"), left.len());
                if nav == Nav::Stay { Nav::refuse(text) } else { nav }
            }
            (_, None) => Nav::edited(desk.edit(self.at.plan, set, cx.now), fx),
        }
    }

    /// Takes what was typed for the whole range.
    fn commit_all(&mut self, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        let Some(draft) = &self.draft else { return Nav::Stay };
        match whole_number(draft) {
            Ok(value) => {
                self.draft = None;
                self.set_with(desk, cx, fx, |_| Ok(value))
            }
            Err(why) => Nav::refuse(why),
        }
    }

    /// Takes what was typed; nothing typed changes nothing.
    fn commit(&mut self, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        let Some(draft) = self.draft.take() else { return Nav::Stay };
        let nav = match whole_number(&draft) {
            _ if draft.is_empty() => Nav::Stay,
            Ok(value) => {
                let cursor = self.at.cursor;
                self.set_cells(desk, cx, fx, |shown, desk| {
                    vec![editable_at(shown, cursor, desk).map(|(cell, _)| (cell, value))]
                })
            }
            Err(why) => Nav::refuse(why),
        };
        if nav != Nav::Stay {
            // Refused: what was typed is not lost.
            self.draft = Some(draft);
        }
        nav
    }

    fn server_value(&mut self, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        if let Some(range) = self.range() {
            return self.set_cells(desk, cx, fx, |shown, desk| {
                let changed = range.cells().filter(|at| {
                    shown.table.cell(*at).is_some_and(|cell| desk.changes.change(&cell).is_some())
                });
                let set = |at: At| {
                    let (cell, _) = editable_at(shown, at, desk)?;
                    let server = desk.reading(&cell).and_then(Reading::count);
                    Ok((cell, server.ok_or("the server has no number here")?))
                };
                changed.map(set).collect()
            });
        }
        let Some(cell) = self.at.shown(desk).and_then(|shown| shown.table.cell(self.at.cursor)) else {
            return Nav::refuse("the server returned no counter here");
        };
        Nav::edited(desk.drop_change(&cell), fx)
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
        let Some(plan) = desk.plan(self.at.plan) else { return };
        self.at.year = self.at.year.min(plan.milestones.len().saturating_sub(1));
        if let Some(milestone) = plan.milestones.get(self.at.year)
            && milestone.table(&self.at.table).is_none()
            && let Some(first) = milestone.targets.first()
        {
            self.at.table = first.target_type.clone();
        }
        if let Some((_, target)) = self.at.target(desk) {
            self.at.cursor.row = self.at.cursor.row.min(height(target) - 1);
        }
    }

    /// Draws it.
    pub fn view(&self, desk: &Desk, cx: &Context, buf: &mut Buffer) {
        let state = match (&self.failure, self.reading) {
            (_, Some(_)) => Progress::Now,
            (Some(why), None) => Progress::Failed(why),
            (None, None) => Progress::Done,
        };
        let (draft, range) = (self.draft.as_deref(), self.range());
        View { at: &self.at, draft, range, reading: state, desk, cx }.draw(buf);
    }
}

/// The cell at a place and its number, if it can be edited; else why not.
fn editable_at(shown: &ShownTarget, at: At, desk: &Desk) -> Result<(Cell, Option<Count>), &'static str> {
    let cell = shown.table.cell(at).ok_or("the server returned no counter here")?;
    match desk.reading(&cell) {
        Some(Reading::Damaged(_)) => {
            return Err("the server sent no number here; it cannot be edited safely");
        }
        None => return Err("the server returned no counter here"),
        Some(_) => {}
    }
    desk.free(&cell)?;
    let value = desk.value(&cell);
    Ok((cell, value))
}

/// The arrow of a command that extends a range.
fn arrow(command: Command) -> Command {
    match command {
        Command::ExtendUp => Command::Up,
        Command::ExtendDown => Command::Down,
        Command::ExtendLeft => Command::Left,
        _ => Command::Right,
    }
}

/// Reads what was typed into a cell: a whole number, blanks between its digits allowed.
fn whole_number(draft: &str) -> Result<Count, String> {
    let blank = [' ', '\u{a0}', '\u{202f}'];
    let digits: String = draft.trim().chars().filter(|c| !blank.contains(c)).collect();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err("only whole numbers from 0: people are counted".into());
    }
    let count = digits.parse::<Count>().ok().filter(|count| *count <= MOST);
    count.ok_or_else(|| format!("{MOST} is the largest count the server can hold"))
}
