//! The list of a training program's participants.

use crate::domain::change::collection::Collection;
use crate::domain::file_table::FileContent;
use crate::domain::id::{ScorecardId, TrainingProgramId};
use crate::domain::import::file_rows::ImportTarget;
use crate::domain::record::Record;
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::refusal::Refusal;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::table::{ListTable, TableColumn, TableRows, TableSource};
use crate::nav::{Context, Destination, FormPurpose, Nav, Question};
use crate::workspace::Workspace;
use crate::workspace::record_list::RecordList;

/// The table of one program's participants.
#[derive(Debug)]
pub struct Participants(pub ScorecardId, pub TrainingProgramId);

impl Participants {
    fn collection(&self) -> Collection {
        Collection::Participants(self.0.clone(), self.1)
    }
}

impl ListTable for Participants {
    type Row = Record;

    fn title(&self, workspace: &Workspace) -> String {
        workspace.program_name(&self.0, self.1)
    }

    fn noun(&self) -> &'static str {
        "participant"
    }

    fn empty(&self) -> &'static str {
        "There is no participant in this training program yet: a adds one, I imports a file, E writes a template to \
         fill in."
    }

    fn columns(&self) -> Vec<TableColumn<Record>> {
        let first = [
            "full_name",
            "gender",
            "race",
            "disabled",
            "foreign",
            "id_number",
            "employee_code",
            "course_cost",
            "start_date",
            "end_date",
        ];
        TableColumn::for_schema(&PARTICIPANT, &first, &[])
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
        &[Command::Open, Command::Import, Command::Export, Command::Recalculate, Command::Spend]
    }

    fn hints(&self) -> &'static [Command] {
        &[
            Command::Details,
            Command::Add,
            Command::EditRecord,
            Command::Delete,
            Command::Mark,
            Command::Import,
            Command::Filter,
            Command::Right,
        ]
    }

    fn run_table_command(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        match command {
            // Imported rows that are not sent yet are shown first: a second import would create them twice.
            Command::Import
                if workspace
                    .record_changes
                    .in_collection(&self.collection())
                    .any(|(_, c)| c.file_row.is_some()) =>
            {
                Some(Ok(Nav::Open(Destination::StagedParticipants(self.collection()))))
            }
            Command::Import => Some(Ok(Nav::Open(Destination::Form(Box::new(FormPurpose::ImportFile(
                ImportTarget::Program(self.0.clone(), self.1),
            )))))),
            Command::Export => {
                let collection = self.collection();
                let listing = workspace.record_lists.get(&collection);
                let Some(read) = listing.and_then(RecordList::whole) else {
                    return Some(Err(Refusal::from(
                        "the list has not been read to its end; read it again first",
                    )));
                };
                let content = if read.rows().is_empty() { FileContent::Template } else { FileContent::List };
                Some(Ok(Nav::Open(Destination::Form(Box::new(FormPurpose::ExportFile(collection, content))))))
            }
            Command::Spend => Some(Ok(Nav::Open(Destination::Spend(self.0.clone())))),
            Command::Recalculate => Some(Ok(Nav::Ask(Question::Recalculate(self.0.clone())))),
            _ => None,
        }
    }

    fn run_row_command(
        &self,
        command: Command,
        row: &Record,
        _: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        (command == Command::Open).then(|| Ok(Nav::details(row)))
    }
}
