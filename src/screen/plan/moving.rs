//! Moving in a plan's grid, and the range that is taken there.

use crate::desk::Desk;
use crate::domain::table::rows;
use crate::input::command::Command;
use crate::kit::grid::select::Range;
use crate::kit::grid::sheet::At;
use crate::screen::plan::table::{COLUMNS, Where};

/// Where one stands in a plan, and what is taken there.
#[derive(Debug)]
pub(super) struct Stand {
    pub(super) at: Where,
    /// The column in which a run of Tabs began.
    run: Option<usize>,
    /// Where the range that is taken was begun; it reaches to the cursor.
    begun: Option<Begun>,
}

/// The corner of a range that the cursor is not at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Begun {
    at: At,
    /// Whether a plain arrow extends the range; else it gives it up.
    extends: bool,
}

impl Stand {
    /// At a place, nothing taken.
    pub(super) fn new(at: Where) -> Self {
        Self { at, run: None, begun: None }
    }

    /// The range that is taken, if one is.
    pub(super) fn range(&self) -> Option<Range> {
        self.begun.map(|begun| Range::between(begun.at, self.at.cursor))
    }

    /// The cells of the range, or the one under the cursor.
    pub(super) fn taken(&self) -> Vec<At> {
        self.range().map_or_else(|| vec![self.at.cursor], |range| range.cells().collect())
    }

    /// Gives the range up; whether there was one.
    pub(super) fn let_go(&mut self) -> bool {
        self.begun.take().is_some()
    }

    /// Moves by an arrow or to an end; whether the command is one of those.
    pub(super) fn go(&mut self, command: Command, desk: &Desk) -> bool {
        let last = self.rows(desk) - 1;
        let At { row, column } = self.at.cursor;
        self.at.cursor = match command {
            Command::Up => At { row: row.saturating_sub(1), column },
            Command::Down => At { row: (row + 1).min(last), column },
            Command::Left => At { row, column: column.saturating_sub(1) },
            Command::Right => At { row, column: (column + 1).min(COLUMNS - 1) },
            Command::First | Command::PageUp => At { row: 0, column },
            Command::Last | Command::PageDown => At { row: last, column },
            Command::RowStart => At { row, column: 0 },
            Command::RowEnd => At { row, column: COLUMNS - 1 },
            _ => return false,
        };
        self.run = None;
        self.begun.take_if(|begun| !begun.extends);
        true
    }

    /// Begins, extends or ends a range; whether the command is one for that.
    pub(super) fn select(&mut self, command: Command, desk: &Desk) -> bool {
        let cursor = self.at.cursor;
        match command {
            Command::Range => {
                self.begun = match self.begun {
                    Some(begun) if begun.extends => None,
                    Some(begun) => Some(Begun { extends: true, ..begun }),
                    None => Some(Begun { at: cursor, extends: true }),
                };
            }
            Command::ExtendUp => self.extend(Command::Up, desk),
            Command::ExtendDown => self.extend(Command::Down, desk),
            Command::ExtendLeft => self.extend(Command::Left, desk),
            Command::ExtendRight => self.extend(Command::Right, desk),
            Command::SelectRow => {
                self.take(At { column: 0, ..cursor }, At { column: COLUMNS - 1, ..cursor });
            }
            // The levels: other slices are no part of their sum.
            Command::SelectColumn => {
                self.take(At { row: 0, ..cursor }, At { row: self.last_level(desk), ..cursor });
            }
            Command::SelectAll => {
                self.take(At::default(), At { row: self.last_level(desk), column: COLUMNS - 1 });
            }
            _ => return false,
        }
        true
    }

    fn extend(&mut self, arrow: Command, desk: &Desk) {
        let begun = self.begun.unwrap_or(Begun { at: self.at.cursor, extends: false });
        self.go(arrow, desk);
        self.begun = Some(begun);
    }

    /// Takes a range; the cursor is at its first cell.
    fn take(&mut self, first: At, last: At) {
        self.at.cursor = first;
        self.begun = Some(Begun { at: last, extends: false });
    }

    fn rows(&self, desk: &Desk) -> usize {
        self.at.target(desk).map_or(1, |(_, target)| rows(target).len()).max(1)
    }

    fn last_level(&self, desk: &Desk) -> usize {
        self.at.shown(desk).map_or(1, |shown| shown.table.sheet.counted()).max(1) - 1
    }

    /// To the next cell, in a run of Tabs.
    pub(super) fn tab(&mut self, desk: &Desk) {
        self.begun = None;
        self.run.get_or_insert(self.at.cursor.column);
        if self.at.cursor.column + 1 < COLUMNS {
            self.at.cursor.column += 1;
        } else if self.at.cursor.row + 1 < self.rows(desk) {
            self.at.cursor = At { row: self.at.cursor.row + 1, column: 0 };
        }
    }

    /// To the cell before.
    pub(super) fn tab_back(&mut self) {
        self.begun = None;
        if self.at.cursor.column > 0 {
            self.at.cursor.column -= 1;
        } else if self.at.cursor.row > 0 {
            self.at.cursor = At { row: self.at.cursor.row - 1, column: COLUMNS - 1 };
        }
    }

    /// Down, to the column in which the run of Tabs began.
    pub(super) fn line_down(&mut self, desk: &Desk) {
        self.begun = None;
        let column = self.run.take().unwrap_or(self.at.cursor.column);
        self.at.cursor = At { row: (self.at.cursor.row + 1).min(self.rows(desk) - 1), column };
    }

    /// To the next year or the one before; the reason when there is none.
    pub(super) fn turn_year(&mut self, forward: bool, desk: &Desk) -> Result<(), &'static str> {
        let years = desk.plan(self.at.plan).map_or(0, |plan| plan.milestones.len());
        let next = if forward { self.at.year + 1 } else { self.at.year.wrapping_sub(1) };
        if next >= years {
            return Err(if forward {
                "this is the plan's last year"
            } else {
                "this is the plan's first year"
            });
        }
        self.at.year = next;
        self.begun = None;
        Ok(())
    }

    /// How many tables the year has.
    pub(super) fn tables(&self, desk: &Desk) -> usize {
        let plan = desk.plan(self.at.plan);
        plan.and_then(|plan| plan.milestones.get(self.at.year)).map_or(0, |milestone| milestone.targets.len())
    }

    /// To the year's next table; the reason when there is none.
    pub(super) fn turn_table(&mut self, desk: &Desk) -> Result<(), &'static str> {
        let plan = desk.plan(self.at.plan);
        let milestone =
            plan.and_then(|plan| plan.milestones.get(self.at.year)).ok_or("this year could not be read")?;
        let at = milestone.targets.iter().position(|t| t.target_type == self.at.table);
        let next = at.map_or(0, |at| (at + 1) % milestone.targets.len().max(1));
        let target = milestone.targets.get(next).ok_or("this year has no other table")?;
        self.at.table = target.target_type.clone();
        self.begun = None;
        Ok(())
    }

    /// Keeps year, table and cursor inside what the plan has now.
    pub(super) fn arrange(&mut self, desk: &Desk) {
        let Some(plan) = desk.plan(self.at.plan) else { return };
        self.at.year = self.at.year.min(plan.milestones.len().saturating_sub(1));
        if let Some(milestone) = plan.milestones.get(self.at.year)
            && milestone.table(&self.at.table).is_none()
            && let Some(first) = milestone.targets.first()
        {
            self.at.table = first.target_type.clone();
        }
        self.at.cursor.row = self.at.cursor.row.min(self.rows(desk) - 1);
    }
}
