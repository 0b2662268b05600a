//! The participants of a training program.

use crate::desk::Desk;
use crate::desk::listing::Listing;
use crate::domain::collection::Collection;
use crate::domain::id::{ScorecardId, TrainingProgramId};
use crate::domain::import::Content;
use crate::domain::participant::PARTICIPANT;
use crate::domain::record::Record;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::table::{Column, Rows, Table, Wanted};
use crate::nav::{Context, Nav, Place, Purpose, Question};

/// The list of one program's participants.
#[derive(Debug)]
pub struct Participants(pub ScorecardId, pub TrainingProgramId);

impl Participants {
    fn collection(&self) -> Collection {
        Collection::Participants(self.0.clone(), self.1)
    }
}

impl Table for Participants {
    type Row = Record;

    fn title(&self, desk: &Desk) -> String {
        desk.program_name(&self.0, self.1)
    }

    fn noun(&self) -> &'static str {
        "participant"
    }

    fn empty(&self) -> &'static str {
        "There is no participant in this training program yet: a adds one, I imports a file, E writes a template to \
         fill in."
    }

    fn columns(&self) -> Vec<Column<Record>> {
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
        Column::all_of(&PARTICIPANT, &first, &[])
    }

    fn rows<'a>(&self, desk: &'a Desk) -> Rows<'a, Record> {
        Rows::listed(desk.listings.get(&self.collection()))
    }

    fn wanted(&self) -> Wanted {
        Wanted::Collection(self.collection())
    }

    fn record<'a>(&self, row: &'a Record) -> Option<&'a Record> {
        Some(row)
    }

    fn acts(&self) -> &'static [Command] {
        &[Command::Open, Command::Import, Command::Export, Command::Recalculate]
    }

    fn hints(&self) -> &'static [Command] {
        &[
            Command::Details,
            Command::Add,
            Command::Change,
            Command::Delete,
            Command::Mark,
            Command::Import,
            Command::Filter,
            Command::Right,
        ]
    }

    fn act(&mut self, command: Command, desk: &mut Desk, _: &Context, _: &mut Effects) -> Option<Nav> {
        match command {
            // What was imported and is not sent yet comes first: importing it again would make it twice.
            Command::Import if desk.record_changes.of(&self.collection()).any(|(_, c)| c.row.is_some()) => {
                Some(Nav::Open(Place::NewParticipants(self.collection())))
            }
            Command::Import => Some(Nav::Open(Place::Form(Box::new(Purpose::OpenFile(self.collection()))))),
            Command::Export => {
                let collection = self.collection();
                let listing = desk.listings.get(&collection);
                let Some(read) = listing.and_then(Listing::whole) else {
                    return Some(Nav::refuse("the list has not been read to its end; read it again first"));
                };
                let content = if read.rows.is_empty() { Content::Template } else { Content::List };
                Some(Nav::Open(Place::Form(Box::new(Purpose::SaveFile(collection, content)))))
            }
            Command::Recalculate => Some(Nav::Ask(Question::Recalculate(self.0.clone()))),
            _ => None,
        }
    }

    fn command(&self, command: Command, row: &Record, _: &mut Desk, _: &mut Effects) -> Option<Nav> {
        (command == Command::Open).then(|| Nav::details(row))
    }
}
