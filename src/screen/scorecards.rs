//! The list of scorecards.

use crate::desk::Desk;
use crate::domain::collection::Collection;
use crate::domain::record::{Record, Value};
use crate::domain::scorecard::{SCORECARD, Scorecard, charter_words};
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::table::{Column, Rows, Table, Wanted, day};
use crate::nav::{Nav, Place, Question};

/// The kind of list.
#[derive(Debug)]
pub struct Scorecards;

impl Table for Scorecards {
    type Row = Scorecard;

    fn title(&self, _: &Desk) -> String {
        "Scorecards".into()
    }

    fn noun(&self) -> &'static str {
        "scorecard"
    }

    fn empty(&self) -> &'static str {
        "There is no scorecard on this account yet; a adds one."
    }

    fn columns(&self) -> Vec<Column<Scorecard>> {
        let recalculation = |s: &Scorecard, desk: &Desk| {
            desk.watches.get(&s.id).map_or_else(String::new, |watch| watch.state.to_string()).into()
        };
        let own = vec![
            Column::made("Scorecard", 22, 3, |s: &Scorecard, _| s.description().to_string().into()),
            Column::made("Recalculation", 13, 1, recalculation),
            Column::made("Charter", 12, 2, |s: &Scorecard, _| match s.record.value("charter_id") {
                Value::Text(id) => charter_words(id).into(),
                other => other.shown(),
            }),
        ];
        let fields = ["start_date", "end_date"].iter().filter_map(|name| Column::field(&SCORECARD, name));
        let last = [
            Column::made("Province", 8, 1, |s: &Scorecard, _| s.record.value("province").shown()),
            Column::made("Updated", 10, 0, |s: &Scorecard, _| day(s.record.value("updated_at")).into()),
        ];
        own.into_iter().chain(fields).chain(last).collect()
    }

    fn rows<'a>(&self, desk: &'a Desk) -> Rows<'a, Scorecard> {
        Rows::of(desk.scorecards.as_ref())
    }

    fn wanted(&self) -> Wanted {
        Wanted::Collection(Collection::Scorecards)
    }

    fn record<'a>(&self, scorecard: &'a Scorecard) -> Option<&'a Record> {
        Some(&scorecard.record)
    }

    fn acts(&self) -> &'static [Command] {
        &[Command::Open, Command::Recalculate, Command::Training]
    }

    fn hints(&self) -> &'static [Command] {
        &[
            Command::Open,
            Command::Add,
            Command::Change,
            Command::Delete,
            Command::Details,
            Command::Recalculate,
            Command::Filter,
        ]
    }

    fn command(&self, command: Command, scorecard: &Scorecard, _: &mut Desk, _: &mut Effects) -> Option<Nav> {
        match command {
            Command::Recalculate => Some(Nav::Ask(Question::Recalculate(scorecard.id.clone()))),
            Command::Open | Command::Training => {
                Some(Nav::Open(Place::TrainingPrograms(scorecard.id.clone())))
            }
            _ => None,
        }
    }
}
