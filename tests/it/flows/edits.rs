//! Random editing of the pure model: undo is the inverse of editing, and only the differences would be sent.

use std::collections::{BTreeMap, BTreeSet};

use bee_tui::domain::change::counter_change::{CounterRef, TargetRef};
use bee_tui::domain::plan::target::CounterReading;
use bee_tui::domain::plan::{Plan, read_plan};
use bee_tui::workspace::Workspace;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;
use serde_json::value::RawValue;

/// A plan of two years with a handful of counters, one of them null.
fn plan() -> Plan {
    let target = |id: u64, target_type: &str| {
        json!({"id": id, "target_type": target_type, "number_of_african_male_top_managers": 3,
            "number_of_white_female_unskilled_employees": 0, "number_of_african_male_temporary_employees": 7,
            "number_of_indian_male_top_managers": null, "number_of_things": 12})
    };
    let year = |n: u64| {
        json!({"id": 100 + n, "year_number": n, "targets":
            [target(200 + n, "all_employees"), target(300 + n, "disabled_employees")]})
    };
    let json = json!({"id": 42, "name": "P", "milestones": [year(1), year(2)]}).to_string();
    read_plan(&RawValue::from_string(json).unwrap()).unwrap()
}

fn cells(plan: &Plan) -> Vec<CounterRef> {
    let targets = plan.milestones.iter().flat_map(|m| m.targets.iter().map(move |t| (m.id, t)));
    targets
        .flat_map(|(milestone, t)| {
            let place = TargetRef { plan: plan.id, milestone, target: t.id };
            t.counters.iter().map(move |(counter, _)| CounterRef { target: place, counter: counter.clone() })
        })
        .collect()
}

#[derive(Debug, Clone)]
enum Do {
    Edit(Vec<(usize, u32)>),
    Drop(usize),
    Undo,
    Redo,
}

fn steps() -> impl Strategy<Value = Vec<Do>> {
    let edit = proptest::collection::vec((0..20_usize, 0..5_u32), 1..4).prop_map(Do::Edit);
    let step = prop_oneof![4 => edit, 1 => (0..20_usize).prop_map(Do::Drop), 2 => Just(Do::Undo), 1 => Just(Do::Redo)];
    proptest::collection::vec(step, 0..40)
}

#[derive(Debug, Clone)]
enum Move {
    Edit(usize, u32),
    ServerSets(usize, u32),
    ReadAgain,
    Mine(usize),
    Theirs(usize),
}

fn moving_steps() -> impl Strategy<Value = Vec<Move>> {
    // Few cells and numbers, so that both sides often change the same cell.
    let at = || 0..3_usize;
    let step = prop_oneof![
        4 => (at(), 0..4_u32).prop_map(|(at, value)| Move::Edit(at, value)),
        3 => (at(), 0..4_u32).prop_map(|(at, value)| Move::ServerSets(at, value)),
        4 => Just(Move::ReadAgain),
        1 => at().prop_map(Move::Mine),
        1 => at().prop_map(Move::Theirs),
    ];
    proptest::collection::vec(step, 0..40)
}

fn shown(workspace: &Workspace, cells: &[CounterRef]) -> Vec<Option<u32>> {
    cells.iter().map(|cell| workspace.counter_value(cell)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn undo_is_the_inverse_of_every_edit_and_only_the_difference_would_be_sent(steps in steps()) {
        let now = Timestamp::UNIX_EPOCH;
        let base = plan();
        let cells = cells(&base);
        let mut workspace = Workspace::default();
        workspace.update_plan(base.clone(), now);
        // A simple reference model: a stack of whole states.
        let (mut past, mut future) = (vec![shown(&workspace, &cells)], Vec::new());
        for step in steps {
            match step {
                Do::Edit(edits) => {
                    let mut last = BTreeMap::new();
                    for (at, value) in edits {
                        last.insert(at, value);
                    }
                    let edits = last.into_iter().map(|(at, value)| (cells[at].clone(), value)).collect();
                    workspace.edit_counters(base.id, edits, now).unwrap();
                    let state = shown(&workspace, &cells);
                    if past.last() != Some(&state) {
                        past.push(state);
                        future.clear();
                    }
                }
                Do::Drop(at) => {
                    let _ = workspace.drop_counter(&cells[at]);
                    let state = shown(&workspace, &cells);
                    if past.last() != Some(&state) {
                        past.push(state);
                        future.clear();
                    }
                }
                Do::Undo => {
                    prop_assert_eq!(workspace.undo_counters(base.id, now).is_ok(), past.len() > 1);
                    if past.len() > 1 {
                        future.push(past.pop().unwrap());
                    }
                }
                Do::Redo => {
                    prop_assert_eq!(workspace.redo_counters(base.id, now).is_ok(), !future.is_empty());
                    past.extend(future.pop());
                }
            }
            prop_assert_eq!(&shown(&workspace, &cells), past.last().unwrap());
        }
        // Exactly the cells whose shown value differs from the server's would be sent, with that value.
        let expected: BTreeSet<(CounterRef, u32)> = cells
            .iter()
            .filter(|cell| workspace.counter_value(cell) != workspace.counter_reading(cell).and_then(CounterReading::count))
            .map(|cell| (cell.clone(), workspace.counter_value(cell).unwrap()))
            .collect();
        let sent: BTreeSet<(CounterRef, u32)> = workspace
            .counter_changes
            .sendable_patches(&base, &workspace.counter_changes.confirmable(&BTreeSet::new()))
            .into_iter()
            .flat_map(|(place, counters)| {
                counters.into_iter().map(move |(counter, count)| (CounterRef { target: place, counter }, count))
            })
            .collect();
        prop_assert_eq!(sent, expected);
        // After undoing everything, nothing is staged.
        while workspace.undo_counters(base.id, now).is_ok() {}
        prop_assert!(workspace.counter_changes.is_empty());
    }

    #[test]
    fn a_changed_server_value_is_never_overwritten_without_a_decision_and_no_edit_is_lost(steps in moving_steps()) {
        let now = Timestamp::UNIX_EPOCH;
        let mut server = plan();
        let cells = cells(&server);
        let mut workspace = Workspace::default();
        workspace.update_plan(server.clone(), now);
        // Cells whose server value changed under a staged edit and that were not decided since.
        let mut moved = BTreeSet::new();
        for step in steps {
            match step {
                Move::Edit(at, value) => {
                    workspace.edit_counters(server.id, vec![(cells[at].clone(), value)], now).unwrap();
                    prop_assert_eq!(workspace.counter_value(&cells[at]), Some(value), "the committed number shows");
                    if workspace.counter_changes.change(&cells[at]).is_none() {
                        moved.remove(&at);
                    }
                }
                Move::ServerSets(at, value) => {
                    let place = cells[at].target;
                    let milestone = server.milestones.iter_mut().find(|m| m.id == place.milestone).unwrap();
                    let target = milestone.targets.iter_mut().find(|t| t.id == place.target).unwrap();
                    let counter = target.counters.get_mut(&cells[at].counter).unwrap();
                    *counter = CounterReading::Count(value);
                }
                Move::ReadAgain => {
                    let before = shown(&workspace, &cells);
                    let old: Vec<_> = cells.iter().map(|cell| workspace.counter_reading(cell)).collect();
                    workspace.update_plan(server.clone(), now);
                    for (at, cell) in cells.iter().enumerate() {
                        if workspace.counter_changes.change(cell).is_some() {
                            prop_assert_eq!(workspace.counter_value(cell), before[at], "a reading keeps staged numbers");
                            if workspace.counter_reading(cell) != old[at] {
                                moved.insert(at);
                            }
                        } else {
                            moved.remove(&at);
                        }
                    }
                }
                Move::Mine(at) => {
                    if workspace.keep_my_counter(&cells[at]).is_ok() {
                        moved.remove(&at);
                    }
                }
                Move::Theirs(at) => {
                    let _ = workspace.drop_counter(&cells[at]);
                    moved.remove(&at);
                }
            }
            let sent: BTreeSet<CounterRef> = workspace
                .counter_changes
                .sendable_patches(workspace.plan(server.id).unwrap(), &workspace.counter_changes.confirmable(&BTreeSet::new()))
                .into_iter()
                .flat_map(|(place, counters)| counters.into_iter().map(move |(counter, _)| CounterRef { target: place, counter }))
                .collect();
            for at in &moved {
                let base = workspace.counter_changes.change(&cells[*at]).map(|change| change.base);
                let server = workspace.counter_reading(&cells[*at]).and_then(CounterReading::count);
                // The value may have changed back to the edit's base; then nobody's change is overwritten.
                prop_assert!(base == Some(server) || !sent.contains(&cells[*at]), "{:?}", cells[*at]);
            }
        }
    }
}
