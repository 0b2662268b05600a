//! The list of staged changes: counters of all plans, and records.

use crate::domain::change::counter_change::{self, CounterChange, CounterRef, TargetLabel};
use crate::domain::change::record_change::ChangeNumber;
use crate::domain::refusal::Refusal;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::input::command::key;
use crate::nav::table::{ListTable, TableColumn, TableRows, TableSource};
use crate::nav::{Context, Destination, FormPurpose, Nav};
use crate::workspace::Workspace;

/// The table of staged changes.
#[derive(Debug)]
pub struct Staged;

/// One staged change.
#[derive(Debug, Clone)]
pub enum StagedRow {
    /// A change of a counter, with the label of its target.
    Counter(CounterRef, TargetLabel, CounterChange),
    /// A change of a record.
    Record(ChangeNumber),
}

impl ListTable for Staged {
    type Row = StagedRow;

    fn title(&self, _: &Workspace) -> String {
        "Staged".into()
    }

    fn noun(&self) -> &'static str {
        "staged change"
    }

    fn empty(&self) -> &'static str {
        "Nothing is staged. What you edit in a plan's grid or in a form waits here until it is applied."
    }

    fn columns(&self) -> Vec<TableColumn<StagedRow>> {
        vec![
            TableColumn::computed("Name", 16, 2, |row, workspace| match row {
                StagedRow::Counter(_, label, _) => label.plan.printable(),
                StagedRow::Record(number) => workspace
                    .record_changes
                    .change(*number)
                    .map_or("".into(), |change| change.name.printable()),
            }),
            TableColumn::computed("What", 22, 2, |row, workspace| match row {
                StagedRow::Counter(_, label, _) => {
                    format!("Year {} · {}", label.year, label.target_type).into()
                }
                StagedRow::Record(number) => {
                    let change = workspace.record_changes.change(*number);
                    let words = |c: &crate::domain::change::record_change::RecordChange| {
                        format!("{} · {}", c.collection.schema().name, c.verb())
                    };
                    change.map(words).unwrap_or_default().into()
                }
            }),
            TableColumn::computed("Change", 24, 3, |row, workspace| match row {
                StagedRow::Counter(cell, _, change) => {
                    let base = change.base.map_or_else(|| "–".into(), |base| base.to_string());
                    format!("{base} → {} {}", change.mine, cell.counter).into()
                }
                StagedRow::Record(number) => {
                    let change = workspace.record_changes.change(*number);
                    change.map(|change| change.describe_fields().join(", ")).unwrap_or_default().into()
                }
            }),
            TableColumn::computed("State", 10, 2, |row, workspace| match row {
                StagedRow::Counter(cell, ..) => {
                    workspace.counter_standing(cell).map(|s| s.to_string()).unwrap_or_default().into()
                }
                StagedRow::Record(number) => {
                    let change = workspace.record_changes.change(*number);
                    change.map(|c| workspace.record_standing(c).to_string()).unwrap_or_default().into()
                }
            }),
        ]
    }

    fn rows<'a>(&self, workspace: &'a Workspace) -> TableRows<'a, StagedRow> {
        let counters = workspace
            .counter_changes
            .iter()
            .map(|(cell, label, change)| StagedRow::Counter(cell, label.clone(), change.clone()));
        TableRows::local(
            counters.chain(workspace.record_changes.iter().map(|(n, _)| StagedRow::Record(n))).collect(),
        )
    }

    fn source(&self) -> TableSource {
        TableSource::Local
    }

    fn change(&self, row: &StagedRow) -> Option<ChangeNumber> {
        match row {
            StagedRow::Counter(..) => None,
            StagedRow::Record(number) => Some(*number),
        }
    }

    fn is_notable(&self, row: &StagedRow, workspace: &Workspace) -> bool {
        match row {
            StagedRow::Counter(cell, ..) => {
                workspace.counter_standing(cell).is_some_and(|s| s != counter_change::CounterStanding::Staged)
            }
            StagedRow::Record(number) => {
                let change = workspace.record_changes.change(*number);
                change.is_some_and(|change| !workspace.record_standing(change).is_sendable())
            }
        }
    }

    fn own_commands(&self) -> &'static [Command] {
        &[Command::Open, Command::EditRecord, Command::Unstage, Command::Export]
    }

    fn hints(&self) -> &'static [Command] {
        &[Command::Open, Command::Unstage, Command::Review, Command::Export, Command::Filter, Command::Undo]
    }

    fn run_table_command(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        match command {
            Command::Export if workspace.counter_changes.is_empty() => {
                Some(Err(Refusal::from("no counter is staged; only counters are written to a change set")))
            }
            Command::Export => Some(Ok(Nav::Open(Destination::Form(Box::new(FormPurpose::ExportChanges))))),
            _ => None,
        }
    }

    fn run_row_command(
        &self,
        command: Command,
        row: &StagedRow,
        workspace: &mut Workspace,
        _: &Context,
        fx: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        match (command, row) {
            (Command::Open, StagedRow::Counter(cell, ..)) => {
                Some(Ok(Nav::Open(Destination::Plan(cell.target.plan, Some(cell.clone())))))
            }
            (Command::Unstage, StagedRow::Counter(cell, ..)) => {
                Some(Nav::counters_edited(workspace.drop_counter(cell), fx))
            }
            (Command::Open | Command::EditRecord, StagedRow::Record(number)) => {
                Some(open_form(*number, workspace))
            }
            _ => None,
        }
    }
}

/// Opens the form for a staged record change; a deletion has no fields to edit.
fn open_form(number: ChangeNumber, workspace: &Workspace) -> Result<Nav, Refusal> {
    match workspace.record_changes.change(number).map(|change| change.intent.draft().is_some()) {
        Some(true) => Ok(Nav::Open(Destination::Form(Box::new(FormPurpose::EditStaged(number))))),
        Some(false) => {
            Err(Refusal::from(concat!("a deletion has no fields to edit; ", key!("unstage"), " drops it")))
        }
        None => Err(Refusal::from("it is not staged any more")),
    }
}
