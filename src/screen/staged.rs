//! The list of staged changes over all plans.

use crate::api::Call;
use crate::desk::Desk;
use crate::domain::change::{Cell, Change, TargetLabel};
use crate::effect::Effects;
use crate::input::command::Command;
use crate::kit::list::Column;
use crate::nav::table::{Rows, Table};
use crate::nav::{Nav, Place};

/// The kind of list.
#[derive(Debug)]
pub struct Staged;

/// A staged change with where it belongs.
#[derive(Debug, Clone)]
pub struct Row {
    cell: Cell,
    label: TargetLabel,
    change: Change,
}

impl Table for Staged {
    type Row = Row;

    const TITLE: &'static str = "Staged";
    const EMPTY: &'static str =
        "Nothing is staged. What you edit in a plan's grid waits here until it is applied.";
    const COLUMNS: &'static [Column<Row, Desk>] = &[
        Column { head: "Plan", min: 12, grow: 2, right: false, text: |r, _| r.label.plan.to_string().into() },
        Column { head: "Year", min: 4, grow: 0, right: true, text: |r, _| r.label.year.to_string().into() },
        Column {
            head: "Table",
            min: 13,
            grow: 0,
            right: false,
            text: |r, _| r.label.target_type.to_string().into(),
        },
        Column {
            head: "Counter",
            min: 20,
            grow: 2,
            right: false,
            text: |r, _| r.cell.counter.to_string().into(),
        },
        Column {
            head: "Change",
            min: 16,
            grow: 0,
            right: false,
            text: |r, _| {
                let base = r.change.base.map_or_else(|| "–".into(), |base| base.to_string());
                format!("{base} → {}", r.change.mine).into()
            },
        },
        Column {
            head: "State",
            min: 10,
            grow: 1,
            right: false,
            text: |r, desk| desk.standing(&r.cell).map_or("".into(), |standing| standing.to_string().into()),
        },
    ];

    fn rows(desk: &Desk) -> Rows<'_, Row> {
        let row = |(cell, label, change): (Cell, &TargetLabel, &Change)| Row {
            cell,
            label: label.clone(),
            change: change.clone(),
        };
        Rows { rows: desk.changes.cells().map(row).collect::<Vec<_>>().into(), read_at: None, damaged: 0 }
    }

    fn call() -> Option<Call> {
        None
    }

    fn command(command: Command, row: &Row, desk: &mut Desk, fx: &mut Effects) -> Option<Nav> {
        match command {
            Command::Open => Some(Nav::Open(Place::Plan(row.cell.place.plan, Some(row.cell.clone())))),
            Command::Unstage => Some(Nav::edited(desk.drop_change(&row.cell), fx)),
            _ => None,
        }
    }
}
