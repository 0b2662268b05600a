//! The list of a scorecard's training programs.

use crate::domain::change::collection::Collection;
use crate::domain::id::ScorecardId;
use crate::domain::import::file_rows::ImportTarget;
use crate::domain::record::Record;
use crate::domain::record::training_program::TRAINING_PROGRAM;
use crate::domain::refusal::Refusal;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::table::{ListTable, TableColumn, TableRows, TableSource};
use crate::nav::{Context, Destination, FormPurpose, Nav, Question};
use crate::workspace::Workspace;

/// The table of one scorecard's training programs.
#[derive(Debug)]
pub struct TrainingPrograms(pub ScorecardId);

impl TrainingPrograms {
    fn collection(&self) -> Collection {
        Collection::TrainingPrograms(self.0.clone())
    }
}

impl ListTable for TrainingPrograms {
    type Row = Record;

    fn title(&self, workspace: &Workspace) -> String {
        format!("{} › Training programs", workspace.scorecard_name(&self.0))
    }

    fn noun(&self) -> &'static str {
        "training program"
    }

    fn empty(&self) -> &'static str {
        "There is no training program on this scorecard yet; a adds one."
    }

    fn columns(&self) -> Vec<TableColumn<Record>> {
        let count = "total_number_of_participants";
        let first = ["name", "category", count, "training_provider", "municipality"];
        let columns = TableColumn::for_schema(&TRAINING_PROGRAM, &first, &[]).into_iter().enumerate();
        columns
            .map(
                |(at, column)| {
                    if first.get(at) == Some(&count) { column.headed("Participants") } else { column }
                },
            )
            .collect()
    }

    fn rows<'a>(&self, workspace: &'a Workspace) -> TableRows<'a, Record> {
        TableRows::from_list(workspace.record_lists.get(&self.collection()))
    }

    fn source(&self) -> TableSource {
        TableSource::Collection(self.collection())
    }

    fn record<'a>(&self, row: &'a Record) -> Option<&'a Record> {
        Some(row)
    }

    fn own_commands(&self) -> &'static [Command] {
        &[Command::Open, Command::Import, Command::ByReason, Command::Recalculate, Command::Spend]
    }

    fn hints(&self) -> &'static [Command] {
        &[
            Command::Open,
            Command::Add,
            Command::EditRecord,
            Command::Delete,
            Command::Details,
            Command::Import,
            Command::Filter,
        ]
    }

    fn run_table_command(
        &mut self,
        command: Command,
        _: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        match command {
            Command::Import => {
                let purpose = FormPurpose::ImportFile(ImportTarget::Scorecard(self.0.clone()));
                Some(Ok(Nav::Open(Destination::Form(Box::new(purpose)))))
            }
            Command::Spend => Some(Ok(Nav::Open(Destination::Spend(self.0.clone())))),
            Command::ByReason => Some(Ok(Nav::Open(Destination::StagedGroups(self.0.clone())))),
            _ => None,
        }
    }

    fn run_row_command(
        &self,
        command: Command,
        program: &Record,
        _: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        match command {
            Command::Open => {
                Some(match self.collection().id_of(program).and_then(|id| id.as_str().parse().ok()) {
                    Some(id) => Ok(Nav::Open(Destination::Participants(self.0.clone(), id))),
                    None => Err(Refusal::from("its id cannot be used, so it cannot be opened")),
                })
            }
            Command::Recalculate => Some(Ok(Nav::Ask(Question::Recalculate(self.0.clone())))),
            _ => None,
        }
    }
}
