//! The cursor and selection of a plan's grid.

use crate::domain::cell_range::{CellPosition, CellRange};
use crate::domain::plan::table_ref::YearIndex;
use crate::domain::plan::target_rows::target_rows;
use crate::domain::refusal::Refusal;
use crate::input::command::Command;
use crate::screen::plan::table::{COLUMN_COUNT, PlanPosition};
use crate::workspace::Workspace;

/// The position in a plan and the selected range.
#[derive(Debug)]
pub(super) struct GridSelection {
    pub(super) position: PlanPosition,
    /// The column where a series of Tabs started; committing with Enter returns to it.
    tab_start_column: Option<usize>,
    /// The anchor of the selected range, which reaches to the cursor; `None` without a range.
    anchor: Option<SelectionAnchor>,
}

/// The corner of a range opposite the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SelectionAnchor {
    cell: CellPosition,
    /// Whether plain arrows extend the range; otherwise they clear it.
    arrows_extend: bool,
}

impl GridSelection {
    /// A position with no range selected.
    pub(super) fn new(at: PlanPosition) -> Self {
        Self { position: at, tab_start_column: None, anchor: None }
    }

    /// The selected range; `None` when there is none.
    pub(super) fn range(&self) -> Option<CellRange> {
        self.anchor.map(|begun| CellRange::between(begun.cell, self.position.cursor))
    }

    /// The cells of the range, or the cell under the cursor.
    pub(super) fn selected_cells(&self) -> Vec<CellPosition> {
        self.range().map_or_else(|| vec![self.position.cursor], |range| range.cells().collect())
    }

    /// Clears the range; returns whether there was one.
    pub(super) fn clear_range(&mut self) -> bool {
        self.anchor.take().is_some()
    }

    /// Moves the cursor by an arrow key or to an end; returns whether the command was one of those.
    pub(super) fn move_cursor(&mut self, command: Command, workspace: &Workspace) -> bool {
        let last = self.row_count(workspace) - 1;
        let CellPosition { row, column } = self.position.cursor;
        self.position.cursor = match command {
            Command::Up => CellPosition { row: row.saturating_sub(1), column },
            Command::Down => CellPosition { row: (row + 1).min(last), column },
            Command::Left => CellPosition { row, column: column.saturating_sub(1) },
            Command::Right => CellPosition { row, column: (column + 1).min(COLUMN_COUNT - 1) },
            Command::First | Command::PageUp => CellPosition { row: 0, column },
            Command::Last | Command::PageDown => CellPosition { row: last, column },
            Command::RowStart => CellPosition { row, column: 0 },
            Command::RowEnd => CellPosition { row, column: COLUMN_COUNT - 1 },
            _ => return false,
        };
        self.tab_start_column = None;
        self.anchor.take_if(|begun| !begun.arrows_extend);
        true
    }

    /// Starts, extends or ends a range; returns whether the command was one of those.
    pub(super) fn update_range(&mut self, command: Command, workspace: &Workspace) -> bool {
        let cursor = self.position.cursor;
        match command {
            Command::Range => {
                self.anchor = match self.anchor {
                    Some(begun) if begun.arrows_extend => None,
                    Some(begun) => Some(SelectionAnchor { arrows_extend: true, ..begun }),
                    None => Some(SelectionAnchor { cell: cursor, arrows_extend: true }),
                };
            }
            Command::ExtendUp => self.extend_range(Command::Up, workspace),
            Command::ExtendDown => self.extend_range(Command::Down, workspace),
            Command::ExtendLeft => self.extend_range(Command::Left, workspace),
            Command::ExtendRight => self.extend_range(Command::Right, workspace),
            Command::SelectRow => {
                self.select_between(
                    CellPosition { column: 0, ..cursor },
                    CellPosition { column: COLUMN_COUNT - 1, ..cursor },
                );
            }
            // Only the levels: other slices are not part of their total.
            Command::SelectColumn => {
                self.select_between(
                    CellPosition { row: 0, ..cursor },
                    CellPosition { row: self.last_level_row(workspace), ..cursor },
                );
            }
            Command::SelectAll => {
                self.select_between(
                    CellPosition::default(),
                    CellPosition { row: self.last_level_row(workspace), column: COLUMN_COUNT - 1 },
                );
            }
            _ => return false,
        }
        true
    }

    fn extend_range(&mut self, arrow: Command, workspace: &Workspace) {
        let new_anchor =
            self.anchor.unwrap_or(SelectionAnchor { cell: self.position.cursor, arrows_extend: false });
        self.move_cursor(arrow, workspace);
        self.anchor = Some(new_anchor);
    }

    /// Selects a range and puts the cursor on its first cell.
    fn select_between(&mut self, first: CellPosition, last: CellPosition) {
        self.position.cursor = first;
        self.anchor = Some(SelectionAnchor { cell: last, arrows_extend: false });
    }

    fn row_count(&self, workspace: &Workspace) -> usize {
        self.position.target(workspace).map_or(1, |(_, target)| target_rows(target).len()).max(1)
    }

    fn last_level_row(&self, workspace: &Workspace) -> usize {
        self.position.shown_target(workspace).map_or(1, |shown| shown.table.sheet.counted()).max(1) - 1
    }

    /// Moves to the next cell and remembers where a series of Tabs started.
    pub(super) fn move_to_next_cell(&mut self, workspace: &Workspace) {
        self.anchor = None;
        self.tab_start_column.get_or_insert(self.position.cursor.column);
        if self.position.cursor.column + 1 < COLUMN_COUNT {
            self.position.cursor.column += 1;
        } else if self.position.cursor.row + 1 < self.row_count(workspace) {
            self.position.cursor = CellPosition { row: self.position.cursor.row + 1, column: 0 };
        }
    }

    /// Moves to the previous cell.
    pub(super) fn move_to_previous_cell(&mut self) {
        self.anchor = None;
        if self.position.cursor.column > 0 {
            self.position.cursor.column -= 1;
        } else if self.position.cursor.row > 0 {
            self.position.cursor =
                CellPosition { row: self.position.cursor.row - 1, column: COLUMN_COUNT - 1 };
        }
    }

    /// Moves down, to the column where the series of Tabs started.
    pub(super) fn move_to_next_row(&mut self, workspace: &Workspace) {
        self.anchor = None;
        let column = self.tab_start_column.take().unwrap_or(self.position.cursor.column);
        self.position.cursor =
            CellPosition { row: (self.position.cursor.row + 1).min(self.row_count(workspace) - 1), column };
    }

    /// Moves to the next or previous year. Fails when the plan has no such year.
    pub(super) fn change_year(&mut self, forward: bool, workspace: &Workspace) -> Result<(), Refusal> {
        let years = workspace.plan(self.position.shown.plan).map_or(0, |plan| plan.milestones.len());
        let year = self.position.shown.year;
        let next = if forward { Some(year.next()) } else { year.previous() };
        let Some(next) = next.filter(|next| next.get() < years) else {
            let which = if forward { "last" } else { "first" };
            return Err(format!("this is the plan's {which} year").into());
        };
        self.position.shown.year = next;
        self.anchor = None;
        Ok(())
    }

    /// How many tables the year has; 0 when it was not read.
    pub(super) fn table_count(&self, workspace: &Workspace) -> usize {
        let plan = workspace.plan(self.position.shown.plan);
        plan.and_then(|plan| plan.milestone(self.position.shown.year))
            .map_or(0, |milestone| milestone.targets.len())
    }

    /// Switches to the year's next table. Fails when the year could not be read or has no table.
    pub(super) fn switch_table(&mut self, workspace: &Workspace) -> Result<(), Refusal> {
        let plan = workspace.plan(self.position.shown.plan);
        let milestone = plan
            .and_then(|plan| plan.milestone(self.position.shown.year))
            .ok_or("this year could not be read")?;
        let at = milestone.targets.iter().position(|t| t.target_type == self.position.shown.table);
        let next = at.map_or(0, |at| (at + 1) % milestone.targets.len().max(1));
        let target = milestone.targets.get(next).ok_or("this year has no other table")?;
        self.position.shown.table = target.target_type.clone();
        self.anchor = None;
        Ok(())
    }

    /// Keeps the year, table and cursor within the current plan.
    pub(super) fn clamp_to_plan(&mut self, workspace: &Workspace) {
        let Some(plan) = workspace.plan(self.position.shown.plan) else { return };
        let last = YearIndex::new(plan.milestones.len().saturating_sub(1));
        self.position.shown.year = self.position.shown.year.min(last);
        if let Some(milestone) = plan.milestone(self.position.shown.year)
            && milestone.target_of_type(&self.position.shown.table).is_none()
            && let Some(first) = milestone.targets.first()
        {
            self.position.shown.table = first.target_type.clone();
        }
        self.position.cursor.row = self.position.cursor.row.min(self.row_count(workspace) - 1);
    }
}
