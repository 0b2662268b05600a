//! The question before an apply, its first request, and how many are in flight.

use std::collections::BTreeMap;

use bee_tui::api::participants::Action;
use bee_tui::api::reply::{Reply, Response};
use bee_tui::api::{Call, plans};
use bee_tui::app::message::Msg;
use bee_tui::app::requests::RequestState;
use bee_tui::domain::change::collection::Collection;
use bee_tui::domain::change::record_change::{Intent, RecordChange};
use bee_tui::domain::plan::read_plan;
use bee_tui::effect::RequestId;
use serde_json::json;

use crate::steps::{Steps, participants, plan_json, programs, raw, staged, thirty_plans, workspace};
use crate::support::harness::start_of_time;

#[test]
fn the_question_counts_requests_by_each_collections_own_batch_size() {
    // Programs are created one by one, participants a hundred at a time.
    let mut steps = staged(&[(programs(), 150)]);
    steps.press("ctrl-s A");
    steps.shows("They go in 150 requests of one record each");
    let mut steps = staged(&[(participants(), 150)]);
    steps.press("ctrl-s A");
    steps.shows("They go in 2 requests of at most 100");
    let mut steps = staged(&[(programs(), 2), (participants(), 150)]);
    steps.press("ctrl-s A");
    steps.shows("They go in 4 requests;");
}

#[test]
fn an_apply_reads_the_plan_again_before_it_sends() {
    let mut steps = Steps::at("enter 8 enter ctrl-s A");
    steps.shows("1 counter in 1 table of Plan");
    assert_eq!(steps.calls("y"), [Call::Plans(plans::Call::Read("42".parse().unwrap()))]);
}

#[test]
fn a_second_yes_starts_no_second_apply() {
    let mut steps = Steps::at("enter 8 enter ctrl-s A y");
    assert_eq!(steps.calls("A y"), []);
}

/// The requests in flight.
fn in_flight(steps: &Steps) -> Vec<(RequestId, Call)> {
    let requests = steps.model.engine().requests().iter();
    let sent = requests.filter(|(_, pending)| pending.state == RequestState::InFlight);
    sent.map(|(id, pending)| (*id, pending.call.clone())).collect()
}

/// What writes go to: a plan, or a program with its scorecard.
fn written_to(call: &Call) -> Option<String> {
    match call {
        Call::Plans(plans::Call::UpdateTarget(place, _)) => Some(place.plan.to_string()),
        Call::Participants(of) if !matches!(of.action, Action::List(_)) => Some(of.program.to_string()),
        _ => None,
    }
}

/// Answers the requests of an apply, the oldest first, until none is in flight: the most writes that were in flight at once,
/// in all and to one place, and every write in order.
fn answer_all(steps: &mut Steps, reply: impl Fn(&Call) -> Reply) -> (usize, usize, Vec<Call>) {
    let (mut most, mut most_to_one, mut writes) = (0, 0, BTreeMap::new());
    loop {
        let requests = in_flight(steps);
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for (id, call) in &requests {
            if let Some(place) = written_to(call) {
                *places.entry(place).or_default() += 1;
                writes.insert(*id, call.clone());
            }
        }
        most = most.max(places.values().sum());
        most_to_one = most_to_one.max(places.values().copied().max().unwrap_or_default());
        let Some((id, call)) = requests.into_iter().next() else { break };
        let reply = reply(&call);
        steps.step(Msg::Reply(id, Ok(Response { reply, key_expiry: None, status: 200, body_bytes: 0 })));
    }
    (most, most_to_one, writes.into_values().collect())
}

/// The server of thirty plans, which takes what it is sent.
fn plan_server(call: &Call) -> Reply {
    match call {
        Call::Plans(plans::Call::Read(id)) => {
            Reply::Plan(Box::new(read_plan(&raw(&plan_json(id.as_u64(), 3))).unwrap()))
        }
        Call::Plans(plans::Call::UpdateTarget(place, patch)) => {
            let [(counter, count)] = &patch[..] else { panic!("{patch:?}") };
            let target =
                json!({"id": place.target.as_u64(), "target_type": "all_employees", counter.name(): count});
            Reply::Target(serde_json::from_value(target).unwrap())
        }
        _ => Reply::Plans(bee_tui::api::page::Page { rows: Vec::new(), unreadable: Vec::new(), meta: None }),
    }
}

#[test]
fn counters_go_to_four_plans_at_once_and_to_each_once() {
    let (workspace, _) = thirty_plans();
    let mut steps = Steps::over(workspace);
    steps.press("ctrl-s A y");
    let (most, most_to_one, writes) = answer_all(&mut steps, plan_server);
    assert_eq!((most, most_to_one, writes.len()), (4, 1, 30));
    assert_eq!(steps.model.workspace().staged_count(), 0);
    steps.shows("30 counters saved");
}

#[test]
fn an_apply_that_is_stopped_sends_nothing_more_and_keeps_the_rest() {
    let (workspace, _) = thirty_plans();
    let mut steps = Steps::over(workspace);
    steps.press("ctrl-s A y");
    while in_flight(&steps).iter().filter_map(|(_, call)| written_to(call)).count() < 4 {
        let (id, call) = in_flight(&steps).into_iter().find(|(_, call)| written_to(call).is_none()).unwrap();
        let reply = plan_server(&call);
        steps.step(Msg::Reply(id, Ok(Response { reply, key_expiry: None, status: 200, body_bytes: 0 })));
    }
    steps.press("ctrl-c");
    let (_, _, writes) = answer_all(&mut steps, plan_server);
    assert_eq!(writes.len(), 4, "those in flight, and no other");
    assert_eq!(steps.model.workspace().staged_count(), 26);
    steps.shows("4 counters saved");
}

/// Deletions of so many participants of each of these programs.
fn deletions(programs: &[(u64, u64)]) -> Steps {
    let mut workspace = workspace();
    for (program, count) in programs {
        let collection: Collection = format!("participants scorecard_1 {program}").parse().unwrap();
        let change = |n: u64| {
            let intent = Intent::Delete((1000 * program + n).to_string().parse().unwrap());
            let name = format!("Person {n}").as_str().into();
            (None, RecordChange::new(collection.clone(), name, intent, start_of_time()))
        };
        workspace.stage_records((0..*count).map(change).collect()).unwrap();
    }
    Steps::over(workspace)
}

#[test]
fn participants_are_deleted_four_at_a_time_over_all_programs() {
    for programs in [&[(7, 20)][..], &[(7, 9), (8, 1), (9, 30)]] {
        let all: u64 = programs.iter().map(|(_, count)| count).sum();
        let mut steps = deletions(programs);
        steps.press("ctrl-s A");
        steps.text(&all.to_string());
        steps.press("enter");
        let (most, _, writes) = answer_all(&mut steps, |_| Reply::Deleted);
        assert_eq!((most, writes.len() as u64), (4, all), "{programs:?}");
        assert_eq!(steps.model.workspace().staged_count(), 0);
    }
}
