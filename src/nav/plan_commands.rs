//! The commands that every list of plans has.

use crate::api::{Call, plans};
use crate::domain::benchmark::shortfall::MeasuredGroup;
use crate::domain::plan::Plan;
use crate::domain::plan::counter::Level;
use crate::domain::plan::table_ref::{TableRef, YearIndex};
use crate::domain::plan::target::TargetType;
use crate::domain::refusal::Refusal;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::{Context, Destination, Nav, Question};
use crate::workspace::Workspace;

/// Runs a command that every list of plans has; `None` for any other.
pub fn plan_command(
    command: Command,
    plan: &Plan,
    workspace: &Workspace,
    cx: &Context,
    fx: &mut Effects,
) -> Option<Result<Nav, Refusal>> {
    let bound = || plan.scorecard_id().ok_or_else(|| Refusal::from("this plan is bound to no scorecard"));
    match command {
        Command::Summary => {
            if workspace.plan(plan.id).is_none() {
                fx.call(cx.owner(), Call::Plans(plans::Call::Read(plan.id)));
            }
            Some(Ok(summary_of(plan, workspace)))
        }
        Command::Recalculate => Some(bound().map(|scorecard| Nav::Ask(Question::Recalculate(scorecard)))),
        Command::Training => {
            Some(bound().map(|scorecard| Nav::Open(Destination::TrainingPrograms(scorecard))))
        }
        _ => None,
    }
}

/// The summary of a plan, on the level that is furthest from a target.
fn summary_of(plan: &Plan, workspace: &Workspace) -> Nav {
    let year = workspace.measured_year(plan.id);
    let level = match year.and_then(|year| year.worst) {
        Some((MeasuredGroup::Level(level, _), _)) => level,
        _ => Level::Top,
    };
    let year = year.map_or(YearIndex::FIRST, |year| year.year);
    Nav::Summary(TableRef { plan: plan.id, year, table: TargetType::AllEmployees }, level)
}
