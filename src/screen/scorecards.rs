//! The list of scorecards.

use crate::api::{Call, scorecards};
use crate::desk::Desk;
use crate::domain::record::Value;
use crate::domain::scorecard::{Scorecard, charter_words};
use crate::effect::Effects;
use crate::input::command::Command;
use crate::kit::list::Column;
use crate::nav::table::{Rows, Table, day};
use crate::nav::{Nav, Question};

/// The kind of list.
#[derive(Debug)]
pub struct Scorecards;

impl Table for Scorecards {
    type Row = Scorecard;

    const TITLE: &'static str = "Scorecards";
    const EMPTY: &'static str = "There is no scorecard on this account yet.";
    const COLUMNS: &'static [Column<Scorecard, Desk>] = &[
        Column {
            head: "Scorecard",
            min: 22,
            grow: 3,
            right: false,
            text: |s, _| s.description().to_string().into(),
        },
        Column {
            head: "Recalculation",
            min: 13,
            grow: 1,
            right: false,
            text: |s, desk| desk.watches.get(&s.id).map_or("".into(), |w| w.state.to_string().into()),
        },
        Column {
            head: "Charter",
            min: 12,
            grow: 2,
            right: false,
            text: |s, _| match s.record.value("charter_id") {
                Value::Text(id) => charter_words(id).into(),
                other => other.to_string().into(),
            },
        },
        Column {
            head: "From",
            min: 10,
            grow: 0,
            right: false,
            text: |s, _| s.record.value("start_date").to_string().into(),
        },
        Column {
            head: "To",
            min: 10,
            grow: 0,
            right: false,
            text: |s, _| s.record.value("end_date").to_string().into(),
        },
        Column {
            head: "Province",
            min: 8,
            grow: 1,
            right: false,
            text: |s, _| s.record.value("province").to_string().into(),
        },
        Column {
            head: "Updated",
            min: 10,
            grow: 0,
            right: false,
            text: |s, _| day(s.record.value("updated_at")).into(),
        },
    ];

    fn rows(desk: &Desk) -> Rows<'_, Scorecard> {
        Rows::of(desk.scorecards.as_ref())
    }

    fn call() -> Option<Call> {
        Some(Call::Scorecards(scorecards::Call::List))
    }

    fn command(command: Command, scorecard: &Scorecard, _: &mut Desk, _: &mut Effects) -> Option<Nav> {
        match command {
            Command::Recalculate => Some(Nav::Ask(Question::Recalculate(scorecard.id.clone()))),
            Command::Open => Some(Nav::Details(Box::new(scorecard.record.clone()))),
            _ => None,
        }
    }
}
