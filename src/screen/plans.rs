//! The list of Employment Equity plans.

use crate::api::Call;
use crate::api::plans;
use crate::desk::Desk;
use crate::domain::plan::Plan;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::kit::list::Column;
use crate::nav::table::{Rows, Table, day};
use crate::nav::{Nav, Place, Question};

/// The kind of list.
#[derive(Debug)]
pub struct Plans;

impl Table for Plans {
    type Row = Plan;

    const TITLE: &'static str = "Plans";
    const EMPTY: &'static str = "There is no Employment Equity plan on this account yet.";
    const COLUMNS: &'static [Column<Plan, Desk>] = &[
        Column {
            head: "Plan",
            min: 24,
            grow: 3,
            right: false,
            text: |plan, _| plan.name().to_string().into(),
        },
        Column {
            head: "Staged",
            min: 6,
            grow: 0,
            right: true,
            text: |plan, desk| match desk.changes.len_of(plan.id) {
                0 => "".into(),
                n => n.to_string().into(),
            },
        },
        Column {
            head: "From",
            min: 10,
            grow: 0,
            right: false,
            text: |plan, _| plan.record.value("start_date").to_string().into(),
        },
        Column {
            head: "To",
            min: 10,
            grow: 0,
            right: false,
            text: |plan, _| plan.record.value("end_date").to_string().into(),
        },
        Column {
            head: "Sector",
            min: 12,
            grow: 2,
            right: false,
            text: |plan, _| plan.record.value("sector").to_string().into(),
        },
        Column {
            head: "Updated",
            min: 10,
            grow: 0,
            right: false,
            text: |plan, _| day(plan.record.value("updated_at")).into(),
        },
    ];

    fn rows(desk: &Desk) -> Rows<'_, Plan> {
        Rows::of(desk.plan_list.as_ref())
    }

    fn call() -> Option<Call> {
        Some(Call::Plans(plans::Call::List))
    }

    fn command(command: Command, plan: &Plan, _: &mut Desk, _: &mut Effects) -> Option<Nav> {
        match command {
            Command::Open => Some(Nav::Open(Place::Plan(plan.id, None))),
            Command::Recalculate => Some(match plan.scorecard() {
                Some(scorecard) => Nav::Ask(Question::Recalculate(scorecard)),
                None => Nav::refuse("this plan is bound to no scorecard"),
            }),
            _ => None,
        }
    }
}
