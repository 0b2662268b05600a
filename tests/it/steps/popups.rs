//! Each popup: what it answers to keys, and what it lets through.

use bee_tui::api::{Call, scorecards};
use bee_tui::effect::{Effect, JournalOp, Restart};

use crate::steps::{CARD, Steps};

fn read_card() -> Call {
    Call::Scorecards(scorecards::Call::Read(CARD.parse().unwrap()))
}

#[test]
fn the_command_line_runs_a_command_by_its_name_and_by_an_older_one() {
    let mut steps = Steps::at("enter :");
    steps.text("years");
    steps.press("enter");
    steps.shows("over the years");
    for name in ["findings", "checks"] {
        let mut steps = Steps::at("enter :");
        steps.text(name);
        steps.press("enter");
        steps.hides("is no command");
    }
}

#[test]
fn a_dialog_takes_no_answer_at_once_and_no_is_what_enter_means() {
    let mut steps = Steps::at("enter C");
    steps.shows("Recalculate Card?");
    assert_eq!(steps.press("enter"), [], "the safe button has the focus");
    steps.hides("Recalculate Card?");
    assert_eq!(Steps::at("enter C").calls("y"), [read_card()]);
}

#[test]
fn a_name_has_to_be_typed_before_anything_is_deleted() {
    let mut steps = Steps::at("2 enter enter D ctrl-s A");
    steps.shows("type Ann");
    steps.text("Bob");
    assert_eq!(steps.press("enter"), []);
    steps.shows("the name does not match");
}

#[test]
fn the_review_leaves_out_drops_and_shows_the_requests() {
    let mut steps = Steps::at("enter 8 enter ctrl-s");
    steps.press("space");
    assert_eq!(steps.press("A"), [], "nothing is left to send");
    steps.press("space v");
    steps.shows("PATCH");
    let effects = steps.press("v X");
    let [Effect::Journal(JournalOp::Counters(entries))] = &effects[..] else { unreachable!("{effects:?}") };
    assert!(entries.iter().all(|entry| entry.change.is_none()));
}

#[test]
fn the_watch_panel_polls_the_recalculation_under_its_cursor() {
    let mut steps = Steps::at("enter C y");
    steps.shows("requested");
    assert_eq!(steps.calls("r"), [], "one request of a watch at a time");
}

#[test]
fn the_years_go_to_the_level_in_the_year_under_the_cursor() {
    let mut steps = Steps::at("enter m up");
    steps.press("enter");
    steps.shows("Year 1 of 2");
}

#[test]
fn a_choice_does_what_is_chosen() {
    let mut steps = Steps::at("@");
    steps.text("beta");
    assert_eq!(steps.press("enter"), [Effect::Restart(Restart::Profile("beta".into()))]);
}

#[test]
fn details_are_read_copied_and_closed() {
    let mut steps = Steps::at("2 enter d");
    steps.shows("Course");
    assert!(matches!(&steps.press("y")[..], [Effect::Copy(text, None)] if text.text.contains("Course")));
    assert_eq!(steps.press("esc"), []);
}

#[test]
fn a_busy_scorecard_is_watched_started_afterwards_or_left_alone() {
    use bee_tui::api::error::{ApiError, Failure};
    use bee_tui::api::reply::{Reply, Response};
    use bee_tui::app::message::Msg;
    use bee_tui::domain::record::scorecard::Scorecard;
    let mut steps = Steps::new();
    let card: Scorecard = steps.model.workspace().scorecard_list.as_ref().unwrap().value.rows[0].clone();
    let request = |effects: &[Effect]| match effects {
        [.., Effect::Call(id, call)] => (*id, call.clone()),
        other => unreachable!("{other:?}"),
    };
    let (read, _) = request(&steps.press("enter C y"));
    let response = Response { reply: Reply::Scorecard(card), status: 200, key_expiry: None, body_bytes: 2 };
    let (put, call) = request(&steps.step(Msg::Reply(read, Ok(response))));
    assert_eq!(call, Call::Scorecards(scorecards::Call::Recalculate(CARD.parse().unwrap())));
    steps.step(Msg::Reply(put, Err(ApiError::new(&call.request(), Failure::Busy))));
    steps.shows("Already running");
    let effects = steps.press("esc");
    assert!(matches!(&effects[..], [Effect::Journal(JournalOp::EndWatch(_))]), "{effects:?}");
}
