//! The list of scorecards.

use crate::domain::change::collection::Collection;
use crate::domain::record::scorecard::{SCORECARD, Scorecard, charter_label};
use crate::domain::record::{Record, Value};
use crate::domain::refusal::Refusal;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::table::{ListTable, TableColumn, TableRows, TableSource, day};
use crate::nav::{Context, Destination, Nav, Question};
use crate::workspace::Workspace;

/// The table of scorecards.
#[derive(Debug)]
pub struct Scorecards;

impl ListTable for Scorecards {
    type Row = Scorecard;

    fn title(&self, _: &Workspace) -> String {
        "Scorecards".into()
    }

    fn noun(&self) -> &'static str {
        "scorecard"
    }

    fn empty(&self) -> &'static str {
        "There is no scorecard on this account yet; a adds one."
    }

    fn columns(&self) -> Vec<TableColumn<Scorecard>> {
        let recalculation = |s: &Scorecard, workspace: &Workspace| {
            workspace.watches.get(&s.id).map_or_else(String::new, |watch| watch.state.to_string()).into()
        };
        let own = vec![
            TableColumn::computed("Scorecard", 22, 3, |s: &Scorecard, _| s.description().to_string().into()),
            TableColumn::computed("Recalculation", 13, 1, recalculation),
            TableColumn::computed("Charter", 12, 2, |s: &Scorecard, _| match s.record.value("charter_id") {
                Value::Text(id) => charter_label(id).into(),
                other => other.printable(),
            }),
        ];
        let fields =
            ["start_date", "end_date"].iter().filter_map(|name| TableColumn::field(&SCORECARD, name));
        let last = [
            TableColumn::computed("Province", 8, 1, |s: &Scorecard, _| {
                s.record.value("province").printable()
            }),
            TableColumn::computed("Updated", 10, 0, |s: &Scorecard, _| {
                day(s.record.value("updated_at")).into()
            }),
        ];
        own.into_iter().chain(fields).chain(last).collect()
    }

    fn rows<'a>(&self, workspace: &'a Workspace) -> TableRows<'a, Scorecard> {
        TableRows::from_snapshot(workspace.scorecard_list.as_ref())
    }

    fn source(&self) -> TableSource {
        TableSource::Collection(Collection::Scorecards)
    }

    fn record<'a>(&self, scorecard: &'a Scorecard) -> Option<&'a Record> {
        Some(&scorecard.record)
    }

    fn own_commands(&self) -> &'static [Command] {
        &[Command::Open, Command::Recalculate, Command::Training, Command::Spend]
    }

    fn hints(&self) -> &'static [Command] {
        &[
            Command::Open,
            Command::Add,
            Command::EditRecord,
            Command::Delete,
            Command::Details,
            Command::Recalculate,
            Command::Filter,
        ]
    }

    fn run_row_command(
        &self,
        command: Command,
        scorecard: &Scorecard,
        _: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        match command {
            Command::Recalculate => Some(Ok(Nav::Ask(Question::Recalculate(scorecard.id.clone())))),
            Command::Spend => Some(Ok(Nav::Open(Destination::Spend(scorecard.id.clone())))),
            Command::Open | Command::Training => {
                Some(Ok(Nav::Open(Destination::TrainingPrograms(scorecard.id.clone()))))
            }
            _ => None,
        }
    }
}
