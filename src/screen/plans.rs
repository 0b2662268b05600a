//! The list of Employment Equity plans.

use crate::domain::change::collection::Collection;
use crate::domain::plan::{PLAN, Plan};
use crate::domain::record::Record;
use crate::domain::refusal::Refusal;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::plan_commands::plan_command;
use crate::nav::table::{ListTable, TableColumn, TableRows, TableSource, day};
use crate::nav::{Context, Destination, Nav};
use crate::workspace::Workspace;

/// The table of plans.
#[derive(Debug)]
pub struct Plans;

impl ListTable for Plans {
    type Row = Plan;

    fn title(&self, _: &Workspace) -> String {
        "Plans".into()
    }

    fn noun(&self) -> &'static str {
        "plan"
    }

    fn empty(&self) -> &'static str {
        "There is no Employment Equity plan on this account yet; a adds one."
    }

    fn columns(&self) -> Vec<TableColumn<Plan>> {
        let staged = |plan: &Plan, workspace: &Workspace| {
            let id = plan.id.to_string().parse();
            let record =
                id.is_ok_and(|id| workspace.record_changes.for_record(&Collection::Plans, &id).is_some());
            match workspace.counter_changes.count_in_plan(plan.id) + usize::from(record) {
                0 => "".into(),
                n => n.to_string().into(),
            }
        };
        let own = vec![
            TableColumn::computed("Plan", 20, 3, |plan: &Plan, _| plan.name().to_string().into()),
            TableColumn::computed("Staged", 6, 0, staged).right(),
        ];
        let fields =
            ["start_date", "end_date", "sector"].iter().filter_map(|name| TableColumn::field(&PLAN, name));
        let short = TableColumn::computed("Short", 5, 0, |plan: &Plan, workspace| {
            let year = workspace.measured_year(plan.id);
            let short = year.map(|year| year.worst.map_or(0, |(_, reading)| reading.short_by_replacement()));
            short.map_or_else(String::new, |short| short.to_string()).into()
        });
        let updated =
            TableColumn::computed("Updated", 10, 0, |p: &Plan, _| day(p.record.value("updated_at")).into());
        own.into_iter().chain(fields).chain([short.right(), updated]).collect()
    }

    fn rows<'a>(&self, workspace: &'a Workspace) -> TableRows<'a, Plan> {
        TableRows::from_snapshot(workspace.plan_list.as_ref())
    }

    fn source(&self) -> TableSource {
        TableSource::Collection(Collection::Plans)
    }

    fn record<'a>(&self, plan: &'a Plan) -> Option<&'a Record> {
        Some(&plan.record)
    }

    fn nested_staged_count(&self, plan: &Plan, workspace: &Workspace) -> usize {
        workspace.counter_changes.count_in_plan(plan.id)
    }

    fn own_commands(&self) -> &'static [Command] {
        &[Command::Open, Command::Summary, Command::Recalculate, Command::Training]
    }

    fn hints(&self) -> &'static [Command] {
        &[
            Command::Open,
            Command::Add,
            Command::EditRecord,
            Command::Delete,
            Command::Filter,
            Command::Recalculate,
            Command::ReadAgain,
        ]
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
            Command::Open => Some(Ok(Nav::Open(Destination::Plan(plan.id, None)))),
            _ => plan_command(command, plan, workspace, cx, fx),
        }
    }
}
