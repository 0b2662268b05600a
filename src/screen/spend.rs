//! The spend of a scorecard's training: participants and costs by category, race, gender, disability, employment and
//! absorption, over all of its programs.

use crate::domain::change::collection::Collection;
use crate::domain::id::ScorecardId;
use crate::domain::refusal::Refusal;
use crate::domain::spend::{SpendFigures, SpendGroup, amount_text};
use crate::domain::text::pluralize;
use crate::effect::Effects;
use crate::input::command::{Command, key};
use crate::nav::table::{ListTable, TableColumn, TableRows, TableSource};
use crate::nav::{Context, Destination, FormPurpose, Nav, Question};
use crate::workspace::Workspace;

/// The table of one scorecard's spend.
#[derive(Debug)]
pub struct Spend(pub ScorecardId);

/// A group with its figures, and those of all participants.
#[derive(Debug, Clone)]
pub struct SpendRow {
    group: SpendGroup,
    figures: SpendFigures,
    all: SpendFigures,
}

impl ListTable for Spend {
    type Row = SpendRow;

    fn title(&self, workspace: &Workspace) -> String {
        format!("{} › Spend", workspace.scorecard_name(&self.0))
    }

    fn noun(&self) -> &'static str {
        "group"
    }

    fn empty(&self) -> &'static str {
        concat!(
            "There is no participant on this scorecard yet; ",
            key!("training"),
            " leads to its training programs."
        )
    }

    fn columns(&self) -> Vec<TableColumn<SpendRow>> {
        let amount = |head, amount| TableColumn::computed(head, 12, 0, amount).right();
        vec![
            TableColumn::computed("Group", 20, 1, |row: &SpendRow, _| row.group.to_string().into()),
            TableColumn::computed("Participants", 12, 0, |row: &SpendRow, _| {
                row.figures.participants.to_string().into()
            })
            .right(),
            amount("Training", |row: &SpendRow, _| amount_text(row.figures.training).into()),
            amount("Salary", |row: &SpendRow, _| amount_text(row.figures.salary).into()),
            amount("Spend", |row: &SpendRow, _| amount_text(row.figures.spend()).into()),
            TableColumn::computed("% of spend", 8, 0, |row: &SpendRow, _| {
                let share = row.figures.share_of(&row.all);
                share.map_or_else(String::new, |share| format!("{share:.1}")).into()
            })
            .headed("%")
            .right(),
        ]
    }

    fn rows<'a>(&self, workspace: &'a Workspace) -> TableRows<'a, SpendRow> {
        let Some(spend) = workspace.spend.get(&self.0) else { return TableRows::local(Vec::new()) };
        let all = spend.total().all();
        let row = |(group, figures): (&SpendGroup, &SpendFigures)| SpendRow {
            group: group.clone(),
            figures: *figures,
            all,
        };
        TableRows {
            rows: spend.total().rows().map(row).collect::<Vec<_>>().into(),
            read_at: spend.read_at(),
            damaged: spend.unreadable(),
            inconsistent: spend.is_inconsistent(),
            generation: Some(spend.generation()),
        }
    }

    fn source(&self) -> TableSource {
        TableSource::FiguresOf(Collection::TrainingPrograms(self.0.clone()))
    }

    fn headline(&self, workspace: &Workspace, _: &Context) -> String {
        let mut said = Vec::new();
        if let Some((read, all)) = workspace.spend_progress {
            said.push(format!("reading programs: {read} of {all}"));
        }
        if let Some(spend) = workspace.spend.get(&self.0) {
            if let Some((programs, why)) = spend.failures() {
                said.push(format!("{} not read: {why}", pluralize(programs, "program")));
            }
            let costs = spend.total().all().unreadable_costs;
            if costs > 0 {
                said.push(format!("{} no number, left out", pluralize(costs as usize, "cost")));
            }
        }
        let staged = workspace.staged_participants(&self.0);
        if staged > 0 {
            said.push(format!("{staged} staged, not counted"));
        }
        said.join(" · ")
    }

    fn own_commands(&self) -> &'static [Command] {
        &[Command::Open, Command::Export, Command::Recalculate]
    }

    fn hints(&self) -> &'static [Command] {
        &[
            Command::Export,
            Command::Copy,
            Command::Sort,
            Command::Filter,
            Command::ReadAgain,
            Command::Training,
        ]
    }

    fn row_note_height(&self) -> u16 {
        1
    }

    fn row_note(&self, row: &SpendRow, _: &Workspace) -> String {
        row.group.description().into()
    }

    fn run_table_command(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        match command {
            Command::Open => Some(Ok(Nav::Open(Destination::TrainingPrograms(self.0.clone())))),
            Command::Export => Some(match workspace.complete_spend(&self.0) {
                Ok(_) => Ok(Nav::Open(Destination::Form(Box::new(FormPurpose::ExportSpend(self.0.clone()))))),
                Err(why) => Err(why),
            }),
            Command::Recalculate => Some(Ok(Nav::Ask(Question::Recalculate(self.0.clone())))),
            _ => None,
        }
    }

    fn run_row_command(
        &self,
        _: Command,
        _: &SpendRow,
        _: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        None
    }
}
