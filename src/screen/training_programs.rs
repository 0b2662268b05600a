//! The training programs of a scorecard.

use crate::desk::Desk;
use crate::domain::collection::Collection;
use crate::domain::id::ScorecardId;
use crate::domain::record::Record;
use crate::domain::training_program::TRAINING_PROGRAM;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::table::{Column, Rows, Table, Wanted};
use crate::nav::{Nav, Place, Question};

/// The list of one scorecard's programs.
#[derive(Debug)]
pub struct TrainingPrograms(pub ScorecardId);

impl TrainingPrograms {
    fn collection(&self) -> Collection {
        Collection::TrainingPrograms(self.0.clone())
    }
}

impl Table for TrainingPrograms {
    type Row = Record;

    fn title(&self, desk: &Desk) -> String {
        format!("{} › Training programs", desk.scorecard_name(&self.0))
    }

    fn noun(&self) -> &'static str {
        "training program"
    }

    fn empty(&self) -> &'static str {
        "There is no training program on this scorecard yet; a adds one."
    }

    fn columns(&self) -> Vec<Column<Record>> {
        let count = "total_number_of_participants";
        let first = ["name", "category", count, "training_provider", "municipality"];
        let columns = Column::all_of(&TRAINING_PROGRAM, &first, &[]).into_iter().enumerate();
        columns
            .map(
                |(at, column)| {
                    if first.get(at) == Some(&count) { column.headed("Participants") } else { column }
                },
            )
            .collect()
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
        &[Command::Open, Command::Recalculate]
    }

    fn hints(&self) -> &'static [Command] {
        &[
            Command::Open,
            Command::Add,
            Command::Change,
            Command::Delete,
            Command::Details,
            Command::Filter,
            Command::Sort,
        ]
    }

    fn command(&self, command: Command, program: &Record, _: &mut Desk, _: &mut Effects) -> Option<Nav> {
        match command {
            Command::Open => {
                Some(match self.collection().id_of(program).and_then(|id| id.as_str().parse().ok()) {
                    Some(id) => Nav::Open(Place::Participants(self.0.clone(), id)),
                    None => Nav::refuse("its id cannot be used, so it cannot be opened"),
                })
            }
            Command::Recalculate => Some(Nav::Ask(Question::Recalculate(self.0.clone()))),
            _ => None,
        }
    }
}
