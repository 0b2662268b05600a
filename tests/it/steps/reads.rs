//! The queue of reads: how many are in flight, and which goes next.

use bee_tui::api::error::{ApiError, Failure};
use bee_tui::api::reply::{Reply, Response};
use bee_tui::api::{Call, scorecards};
use bee_tui::app::message::Msg;
use bee_tui::app::requests::RequestState;
use bee_tui::domain::change::counter_change::ChangeState;
use bee_tui::domain::id::PlanId;
use bee_tui::domain::plan::read_plan;
use bee_tui::domain::plan::target::CounterReading;
use bee_tui::effect::{Effect, RequestId};

use crate::steps::{Steps, plan_json, raw, stage_first_counter, thirty_plans};

fn sent(effects: &[Effect]) -> Vec<(RequestId, Call)> {
    let call = |effect: &Effect| match effect {
        Effect::Call(id, call) => Some((*id, call.clone())),
        _ => None,
    };
    effects.iter().filter_map(call).collect()
}

/// The reply that a path is not found, which ends a read for good.
fn not_found(id: RequestId, call: &Call) -> Msg {
    Msg::Reply(id, Err(ApiError::new(&call.request(), Failure::NotFound)))
}

#[test]
fn the_review_of_many_plans_has_as_many_reads_in_flight_as_the_settings_allow() {
    let (workspace, _) = thirty_plans();
    let mut steps = Steps::over(workspace);
    // The list of plans is being read: one of the eight.
    let mut in_flight = sent(&steps.press("ctrl-s"));
    assert_eq!(in_flight.len(), 7);
    let mut plans: Vec<PlanId> = Vec::new();
    while let Some((id, call)) = in_flight.pop() {
        plans.extend(call.read_plan());
        let next = sent(&steps.step(not_found(id, &call)));
        in_flight.extend(next);
        assert!(in_flight.len() <= 7, "{in_flight:?}");
    }
    plans.sort_unstable();
    assert_eq!(plans.len(), 30);
    assert!(plans.windows(2).all(|pair| pair[0] < pair[1]), "each plan is read once");
}

#[test]
fn a_read_for_the_screen_goes_before_those_that_nobody_waits_for() {
    let (mut workspace, cells) = thirty_plans();
    for cell in &cells {
        workspace.counter_changes.set_state(cell, ChangeState::OutcomeUnknown);
    }
    // At the start the plans of unknown outcome are read; only some of them are sent at once.
    let mut steps = Steps::over(workspace);
    let next = sent(&steps.press("2")).into_iter().map(|(_, call)| call).collect::<Vec<_>>();
    assert_eq!(
        next,
        [Call::Scorecards(scorecards::Call::List)],
        "not one of the plans that were asked for before"
    );
}

#[test]
fn a_plan_that_waited_for_its_turn_is_newer_than_one_read_meanwhile() {
    let (mut workspace, mut cells) = thirty_plans();
    cells.push(stage_first_counter(&mut workspace, read_plan(&raw(&plan_json(42, 3))).unwrap()));
    for cell in &cells {
        workspace.counter_changes.set_state(cell, ChangeState::OutcomeUnknown);
    }
    // Plan 42 is the last of those in the queue. Opening it reads it at once.
    let mut steps = Steps::over(workspace);
    steps.press("enter");
    let mut numbers = [7, 8].into_iter();
    for _ in 0..40 {
        let requests = steps.model.engine().requests().iter();
        let mut in_flight = requests.filter(|(_, pending)| pending.state == RequestState::InFlight);
        let Some((id, call)) = in_flight.next_back().map(|(id, pending)| (*id, pending.call.clone())) else {
            break;
        };
        let reply = match call.read_plan() {
            Some(plan) if plan.to_string() == "42" => {
                let plan = read_plan(&raw(&plan_json(42, numbers.next().unwrap()))).unwrap();
                let reply = Reply::Plan(Box::new(plan));
                Msg::Reply(id, Ok(Response { reply, key_expiry: None, status: 200, body_bytes: 0 }))
            }
            _ => not_found(id, &call),
        };
        steps.step(reply);
    }
    assert_eq!(numbers.next(), None, "it was read twice");
    let shown = steps.model.workspace().counter_reading(&cells[30]).and_then(CounterReading::count);
    assert_eq!(shown, Some(8));
}
