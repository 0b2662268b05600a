//! The list of staged changes: counters of all plans, and records.

use crate::desk::Desk;
use crate::domain::change::{self, Cell, Change, TargetLabel};
use crate::domain::record_change::ChangeNumber;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::table::{Column, Rows, Table, Wanted};
use crate::nav::{Context, Nav, Place, Purpose};

/// The kind of list.
#[derive(Debug)]
pub struct Staged;

/// A staged change with where it belongs.
#[derive(Debug, Clone)]
pub enum Row {
    /// Of a counter.
    Counter(Cell, TargetLabel, Change),
    /// Of a record.
    Record(ChangeNumber),
}

impl Table for Staged {
    type Row = Row;

    fn title(&self, _: &Desk) -> String {
        "Staged".into()
    }

    fn noun(&self) -> &'static str {
        "staged change"
    }

    fn empty(&self) -> &'static str {
        "Nothing is staged. What you edit in a plan's grid or in a form waits here until it is applied."
    }

    fn columns(&self) -> Vec<Column<Row>> {
        vec![
            Column::made("Name", 16, 2, |row, desk| match row {
                Row::Counter(_, label, _) => label.plan.shown(),
                Row::Record(number) => {
                    desk.record_changes.change(*number).map_or("".into(), |change| change.name.shown())
                }
            }),
            Column::made("What", 22, 2, |row, desk| match row {
                Row::Counter(_, label, _) => format!("Year {} · {}", label.year, label.target_type).into(),
                Row::Record(number) => {
                    let change = desk.record_changes.change(*number);
                    let words = |c: &crate::domain::record_change::RecordChange| {
                        format!("{} · {}", c.collection.schema().name, c.verb())
                    };
                    change.map(words).unwrap_or_default().into()
                }
            }),
            Column::made("Change", 24, 3, |row, desk| match row {
                Row::Counter(cell, _, change) => {
                    let base = change.base.map_or_else(|| "–".into(), |base| base.to_string());
                    format!("{base} → {} {}", change.mine, cell.counter).into()
                }
                Row::Record(number) => {
                    let change = desk.record_changes.change(*number);
                    change.map(|change| change.lines().join(", ")).unwrap_or_default().into()
                }
            }),
            Column::made("State", 10, 2, |row, desk| match row {
                Row::Counter(cell, ..) => {
                    desk.standing(cell).map(|s| s.to_string()).unwrap_or_default().into()
                }
                Row::Record(number) => {
                    let change = desk.record_changes.change(*number);
                    change.map(|c| desk.record_standing(c).to_string()).unwrap_or_default().into()
                }
            }),
        ]
    }

    fn rows<'a>(&self, desk: &'a Desk) -> Rows<'a, Row> {
        let counters = desk
            .changes
            .cells()
            .map(|(cell, label, change)| Row::Counter(cell, label.clone(), change.clone()));
        Rows::own(counters.chain(desk.record_changes.iter().map(|(n, _)| Row::Record(n))).collect())
    }

    fn wanted(&self) -> Wanted {
        Wanted::Nothing
    }

    fn change(&self, row: &Row) -> Option<ChangeNumber> {
        match row {
            Row::Counter(..) => None,
            Row::Record(number) => Some(*number),
        }
    }

    fn is_notable(&self, row: &Row, desk: &Desk) -> bool {
        match row {
            Row::Counter(cell, ..) => desk.standing(cell).is_some_and(|s| s != change::Standing::Staged),
            Row::Record(number) => {
                let change = desk.record_changes.change(*number);
                change.is_some_and(|change| !desk.record_standing(change).can_go())
            }
        }
    }

    fn acts(&self) -> &'static [Command] {
        &[Command::Open, Command::Change, Command::Unstage, Command::Export]
    }

    fn hints(&self) -> &'static [Command] {
        &[Command::Open, Command::Unstage, Command::Review, Command::Export, Command::Filter, Command::Undo]
    }

    fn act(&mut self, command: Command, desk: &mut Desk, _: &Context, _: &mut Effects) -> Option<Nav> {
        match command {
            Command::Export if desk.changes.is_empty() => {
                Some(Nav::refuse("no counter is staged; only counters are written to a change set"))
            }
            Command::Export => Some(Nav::Open(Place::Form(Box::new(Purpose::SaveChanges)))),
            _ => None,
        }
    }

    fn command(&self, command: Command, row: &Row, desk: &mut Desk, fx: &mut Effects) -> Option<Nav> {
        match (command, row) {
            (Command::Open, Row::Counter(cell, ..)) => {
                Some(Nav::Open(Place::Plan(cell.place.plan, Some(cell.clone()))))
            }
            (Command::Unstage, Row::Counter(cell, ..)) => Some(Nav::edited(desk.drop_change(cell), fx)),
            (Command::Open | Command::Change, Row::Record(number)) => Some(open(*number, desk)),
            _ => None,
        }
    }
}

/// A staged change of a record is opened as a form; of a deletion there is nothing to edit.
fn open(number: ChangeNumber, desk: &Desk) -> Nav {
    match desk.record_changes.change(number).map(|change| change.intent.draft().is_some()) {
        Some(true) => Nav::Open(Place::Form(Box::new(Purpose::Amend(number)))),
        Some(false) => Nav::refuse("a deletion has no fields to edit; X drops it"),
        None => Nav::refuse("it is not staged any more"),
    }
}
