//! The list of Employment Equity plans.

use crate::desk::Desk;
use crate::domain::collection::Collection;
use crate::domain::plan::{PLAN, Plan};
use crate::domain::record::Record;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::table::{Column, Rows, Table, Wanted, day};
use crate::nav::{Nav, Place, Question};

/// The kind of list.
#[derive(Debug)]
pub struct Plans;

impl Table for Plans {
    type Row = Plan;

    fn title(&self, _: &Desk) -> String {
        "Plans".into()
    }

    fn noun(&self) -> &'static str {
        "plan"
    }

    fn empty(&self) -> &'static str {
        "There is no Employment Equity plan on this account yet; a adds one."
    }

    fn columns(&self) -> Vec<Column<Plan>> {
        let staged = |plan: &Plan, desk: &Desk| {
            let id = plan.id.to_string().parse();
            let record = id.is_ok_and(|id| desk.record_changes.about(&Collection::Plans, &id).is_some());
            match desk.changes.len_of(plan.id) + usize::from(record) {
                0 => "".into(),
                n => n.to_string().into(),
            }
        };
        let own = vec![
            Column::made("Plan", 24, 3, |plan: &Plan, _| plan.name().to_string().into()),
            Column::made("Staged", 6, 0, staged).right(),
        ];
        let fields =
            ["start_date", "end_date", "sector"].iter().filter_map(|name| Column::field(&PLAN, name));
        let updated = Column::made("Updated", 10, 0, |p: &Plan, _| day(p.record.value("updated_at")).into());
        own.into_iter().chain(fields).chain([updated]).collect()
    }

    fn rows<'a>(&self, desk: &'a Desk) -> Rows<'a, Plan> {
        Rows::of(desk.plan_list.as_ref())
    }

    fn wanted(&self) -> Wanted {
        Wanted::Collection(Collection::Plans)
    }

    fn record<'a>(&self, plan: &'a Plan) -> Option<&'a Record> {
        Some(&plan.record)
    }

    fn staged_inside(&self, plan: &Plan, desk: &Desk) -> usize {
        desk.changes.len_of(plan.id)
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
            Command::Filter,
            Command::Recalculate,
            Command::ReadAgain,
        ]
    }

    fn command(&self, command: Command, plan: &Plan, _: &mut Desk, _: &mut Effects) -> Option<Nav> {
        match command {
            Command::Open => Some(Nav::Open(Place::Plan(plan.id, None))),
            Command::Recalculate => Some(match plan.scorecard() {
                Some(scorecard) => Nav::Ask(Question::Recalculate(scorecard)),
                None => Nav::refuse("this plan is bound to no scorecard"),
            }),
            Command::Training => Some(match plan.scorecard() {
                Some(scorecard) => Nav::Open(Place::TrainingPrograms(scorecard)),
                None => Nav::refuse("this plan is bound to no scorecard"),
            }),
            _ => None,
        }
    }
}
