//! The overview of all plans: how far each is from the targets of its sector in the year that holds today.

use std::borrow::Cow;

use crate::domain::change::collection::Collection;
use crate::domain::plan::Plan;
use crate::domain::plan::matrix::format_percent;
use crate::domain::record::Record;
use crate::domain::refusal::Refusal;
use crate::domain::text::Text;
use crate::effect::Effects;
use crate::input::command::{Command, key};
use crate::nav::plan_commands::plan_command;
use crate::nav::table::{ListTable, TableColumn, TableRows, TableSource};
use crate::nav::{ChoiceRequest, Context, Nav};
use crate::workspace::Workspace;
use crate::workspace::plan_standing::{MeasuredYear, PlanStanding};

/// The table of the overview.
#[derive(Debug)]
pub struct PlanOverview;

/// The column that the overview is sorted by: how many people the worst group is short.
const SHORT_COLUMN: usize = 4;

impl ListTable for PlanOverview {
    type Row = Plan;

    fn title(&self, _: &Workspace) -> String {
        "Overview".into()
    }

    fn noun(&self) -> &'static str {
        "plan"
    }

    fn empty(&self) -> &'static str {
        concat!("There is no Employment Equity plan on this account yet; ", key!("add"), " adds one.")
    }

    fn columns(&self) -> Vec<TableColumn<Plan>> {
        vec![
            TableColumn::computed("Plan", 20, 2, |plan: &Plan, _| plan.name().to_string().into()),
            TableColumn::computed("Sector", 12, 1, |plan: &Plan, workspace| {
                let sector = workspace.sector(plan.id).or_else(|| plan.record.value("sector").raw());
                Text::from(sector.unwrap_or_default()).to_string().into()
            }),
            TableColumn::computed("Year", 4, 0, |plan: &Plan, workspace| {
                measured(plan, workspace, |year| year.number.to_string())
            })
            .right(),
            TableColumn::computed("Met", 8, 0, |plan: &Plan, workspace| {
                measured(plan, workspace, |year| format!("{} of {}", year.met, year.targets))
            }),
            TableColumn::computed("Short", 7, 0, |plan: &Plan, workspace| {
                measured(plan, workspace, |year| {
                    year.worst.map_or(0, |(_, reading)| reading.short_by_replacement()).to_string()
                })
            })
            .right(),
            TableColumn::computed("Worst", 12, 0, |plan: &Plan, workspace| {
                measured(plan, workspace, |year| {
                    year.worst.map_or_else(String::new, |(group, _)| group.to_string())
                })
            }),
            TableColumn::computed("Disability short", 10, 0, |plan: &Plan, workspace| {
                measured(plan, workspace, |year| {
                    year.disability
                        .map_or_else(String::new, |reading| reading.short_by_replacement().to_string())
                })
            })
            .headed("Dis. short")
            .right(),
            TableColumn::computed("Designated %", 6, 0, |plan: &Plan, workspace| {
                measured(plan, workspace, |year| format_percent(year.designated.0, year.designated.1))
            })
            .headed("Design. %")
            .right(),
            TableColumn::computed("A year", 6, 0, |plan: &Plan, workspace| {
                measured(plan, workspace, |year| year.change_a_year.map_or_else(String::new, signed_tenths))
            })
            .right(),
        ]
    }

    fn rows<'a>(&self, workspace: &'a Workspace) -> TableRows<'a, Plan> {
        TableRows::from_snapshot(workspace.plan_list.as_ref())
    }

    fn source(&self) -> TableSource {
        TableSource::Collection(Collection::Plans)
    }

    fn first_order(&self) -> Option<(usize, bool)> {
        Some((SHORT_COLUMN, true))
    }

    fn record<'a>(&self, plan: &'a Plan) -> Option<&'a Record> {
        Some(&plan.record)
    }

    fn headline(&self, workspace: &Workspace, _: &Context) -> String {
        let progress = workspace.overview.progress;
        progress.map_or_else(String::new, |(read, all)| format!("reading plans: {read} of {all}"))
    }

    fn nested_staged_count(&self, plan: &Plan, workspace: &Workspace) -> usize {
        workspace.counter_changes.count_in_plan(plan.id)
    }

    fn own_commands(&self) -> &'static [Command] {
        &[Command::Open, Command::Summary, Command::Sector, Command::Recalculate, Command::Training]
    }

    fn hints(&self) -> &'static [Command] {
        &[Command::Open, Command::Sort, Command::Filter, Command::Copy, Command::ReadAgain]
    }

    fn row_note_height(&self) -> u16 {
        1
    }

    fn row_note(&self, plan: &Plan, workspace: &Workspace) -> String {
        if let Some((why, _)) = workspace.overview.failures.get(&plan.id) {
            return why.clone();
        }
        match workspace.standing(plan.id) {
            None => "not read yet".into(),
            Some(PlanStanding::NoSector) => "it names no sector; :sector chooses one to measure it by".into(),
            Some(PlanStanding::NoTargets) => {
                "there are no targets for its sector; :sector chooses another".into()
            }
            Some(PlanStanding::Unreadable) => "a table of the year that holds today could not be read".into(),
            Some(PlanStanding::Measured(year)) => year.worst.map_or_else(String::new, |(group, reading)| {
                format!("{group}: {reading} ({} of {} %)", reading.share(), reading.target)
            }),
        }
    }

    fn run_row_command(
        &self,
        command: Command,
        plan: &Plan,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        match command {
            Command::Open => plan_command(Command::Summary, plan, workspace, cx, fx),
            Command::Sector => Some(Ok(Nav::Choose(ChoiceRequest::Sector(plan.id)))),
            _ => plan_command(command, plan, workspace, cx, fx),
        }
    }
}

/// A figure of a plan that was measured; empty for any other.
fn measured<'a>(
    plan: &Plan,
    workspace: &'a Workspace,
    figure: impl Fn(&MeasuredYear) -> String,
) -> Cow<'a, str> {
    workspace.measured_year(plan.id).map(figure).unwrap_or_default().into()
}

/// Tenths with their sign: `+1.4`.
fn signed_tenths(tenths: i64) -> String {
    let sign = if tenths < 0 { '-' } else { '+' };
    format!("{sign}{}.{}", tenths.abs() / 10, tenths.abs() % 10)
}
