//! The question before an apply, and its first request.

use bee_tui::api::{Call, plans};

use crate::steps::{Steps, participants, programs, staged};

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
