//! Setting cells of a plan's grid: one, or all of a range, each time as one step.

use crate::desk::{Desk, NOT_RETURNED, UNREAD};
use crate::domain::change::Cell;
use crate::domain::target::{Count, Reading};
use crate::domain::text::count;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::kit::grid::select::Range;
use crate::kit::grid::sheet::At;
use crate::nav::{Context, Nav};
use crate::screen::plan::moving::Stand;
use crate::screen::plan::table::{ShownTarget, Where};

/// A cell with the number it shall have, or why it cannot have one.
pub(super) type Setting = Result<(Cell, Count), String>;

/// What came of setting cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Done {
    /// All were set.
    All,
    /// Some were; how many, and why not the others.
    Part(String),
    /// None was; why.
    Nothing(String),
}

impl Done {
    /// What is said of it, where there is something to be said.
    pub(super) fn nav(self) -> Nav {
        match self {
            Self::All => Nav::Stay,
            Self::Part(words) | Self::Nothing(words) => Nav::refuse(words),
        }
    }
}

/// The cell at a place and its number, if it can be edited; else why not.
pub(super) fn editable_at(
    shown: &ShownTarget,
    at: At,
    desk: &Desk,
) -> Result<(Cell, Option<Count>), &'static str> {
    let cell = shown.table.cell(at).ok_or(NOT_RETURNED)?;
    desk.editable(&cell)?;
    let value = desk.value(&cell);
    Ok((cell, value))
}

/// Sets cells as one step; those that cannot be set are left as they are.
pub(super) fn set(
    settings: Vec<Setting>,
    at: &Where,
    desk: &mut Desk,
    cx: &Context,
    fx: &mut Effects,
) -> Done {
    let (mut good, mut left) = (Vec::new(), Vec::new());
    for setting in settings {
        match setting {
            Ok(cell) => good.push(cell),
            Err(why) => left.push(why),
        }
    }
    let done = good.len();
    if let (0, Some(why)) = (done, left.first()) {
        return Done::Nothing(why.clone());
    }
    match (desk.edit(at.plan, good, cx.now), left.first()) {
        (Err(why), _) => Done::Nothing(why.into()),
        (Ok(entries), why) => {
            fx.store(entries);
            why.map_or(Done::All, |why| {
                Done::Part(format!("{} set; {} left as they are: {why}", count(done, "cell"), left.len()))
            })
        }
    }
}

/// Sets the cells of the range, or the one under the cursor, to what `next` makes of each.
pub(super) fn set_each(
    stand: &Stand,
    desk: &mut Desk,
    cx: &Context,
    fx: &mut Effects,
    next: impl Fn(&ShownTarget, At, Option<Count>) -> Result<Count, String>,
) -> Done {
    let Some(shown) = stand.at.shown(desk) else { return Done::Nothing(UNREAD.into()) };
    let one = |at: At| {
        let (cell, value) = editable_at(&shown, at, desk)?;
        Ok((cell, next(&shown, at, value)?))
    };
    let settings = stand.taken().into_iter().map(one).collect();
    set(settings, &stand.at, desk, cx, fx)
}

/// One more or one less.
pub(super) fn step(by: i64) -> impl Fn(&ShownTarget, At, Option<Count>) -> Result<Count, String> {
    move |_, _, value| {
        let next = Count::try_from(i64::from(value.unwrap_or(0)) + by).ok();
        let next = next.filter(|n| *n <= crate::domain::target::MOST);
        next.ok_or_else(|| "a count of people is not below 0".into())
    }
}

/// Fills the range with its first row or column, or the cell under the cursor with its neighbour.
pub(super) fn fill(command: Command, stand: &Stand, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
    let At { row, column } = stand.at.cursor;
    let down = command == Command::FillDown;
    let taken = stand.range();
    let before = match (down, row.checked_sub(1), column.checked_sub(1)) {
        (true, Some(row), _) => At { row, column },
        (false, _, Some(column)) => At { row, column },
        _ if taken.is_some() => stand.at.cursor,
        (true, None, _) => return Nav::refuse("there is no row above to fill from"),
        (false, _, None) => return Nav::refuse("there is no column to the left to fill from"),
    };
    let range = taken.unwrap_or_else(|| Range::between(before, stand.at.cursor));
    let pairs: Vec<(At, At)> = if down { range.down().collect() } else { range.right().collect() };
    if pairs.is_empty() {
        return Nav::refuse("the range has only what it would be filled with");
    }
    let Some(shown) = stand.at.shown(desk) else { return Nav::refuse(UNREAD) };
    let one = |(at, from): &(At, At)| {
        let value = shown.table.cell(*from).and_then(|cell| desk.value(&cell));
        let (cell, _) = editable_at(&shown, *at, desk)?;
        Ok((cell, value.ok_or("there is no number to fill from")?))
    };
    let settings = pairs.iter().map(one).collect();
    set(settings, &stand.at, desk, cx, fx).nav()
}

/// Back to the server's values: in the range, or in the cell under the cursor.
pub(super) fn server_value(stand: &Stand, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
    let Some(shown) = stand.at.shown(desk) else { return Nav::refuse(UNREAD) };
    if let Some(range) = stand.range() {
        let changed = range
            .cells()
            .filter(|at| shown.table.cell(*at).is_some_and(|cell| desk.changes.change(&cell).is_some()));
        let one = |at: At| {
            let (cell, _) = editable_at(&shown, at, desk)?;
            let server = desk.reading(&cell).and_then(Reading::count);
            Ok((cell, server.ok_or("the server has no number here")?))
        };
        let settings = changed.map(one).collect();
        return set(settings, &stand.at, desk, cx, fx).nav();
    }
    match shown.table.cell(stand.at.cursor) {
        Some(cell) => Nav::edited(desk.drop_change(&cell), fx),
        None => Nav::refuse(NOT_RETURNED),
    }
}
