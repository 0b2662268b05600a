//! Each screen: what opening it reads, and what its keys ask for.

use bee_tui::api::participants::{self, Action};
use bee_tui::api::request::PageQuery;
use bee_tui::api::{Call, collection, plans, scorecards, supplier_scores, training_programs};
use bee_tui::domain::change::collection::Collection;
use bee_tui::domain::change::record_change::Intent;
use bee_tui::effect::{Effect, JournalOp};

use crate::steps::{CARD, Steps, participants, programs, staged_rows};

const FIRST_PAGE: PageQuery = PageQuery { page: 1, per_page: 1000 };

fn read_plan() -> Call {
    Call::Plans(plans::Call::Read("42".parse().unwrap()))
}

/// The intents that are journalled by effects.
fn journalled(effects: &[Effect]) -> Vec<Intent> {
    let records = effects.iter().filter_map(|effect| match effect {
        Effect::Journal(JournalOp::Records(entries)) => Some(entries),
        _ => None,
    });
    records.flatten().filter_map(|entry| Some(entry.change.clone()?.intent)).collect()
}

#[test]
fn the_list_of_plans_reads_again_and_opens_a_plan() {
    let mut steps = Steps::new();
    steps.press("2 1");
    assert_eq!(Steps::new().calls("2 1"), [collection::list_call(&Collection::Plans, 1).unwrap()]);
    assert_eq!(steps.calls("enter"), [read_plan()]);
    steps.shows("Year 2 of 2");
}

#[test]
fn the_grid_reads_its_plan_once_however_often_it_is_asked() {
    let mut steps = Steps::at("enter");
    assert_eq!(steps.calls("r"), [], "the read of opening it is still in flight");
    assert_eq!(steps.press("8"), [], "a digit is a draft");
    let [Effect::Journal(JournalOp::Counters(entries))] = &steps.press("enter")[..] else {
        unreachable!("an edit is journalled before anything else")
    };
    assert_eq!(entries.iter().map(|e| e.change.as_ref().unwrap().mine).collect::<Vec<_>>(), [8]);
}

#[test]
fn the_list_of_scorecards_reads_itself_and_opens_programs() {
    let mut steps = Steps::new();
    assert_eq!(steps.calls("2"), [Call::Scorecards(scorecards::Call::List)]);
    let list = training_programs::Call::List(CARD.parse().unwrap(), FIRST_PAGE);
    assert_eq!(steps.calls("enter"), [Call::TrainingPrograms(list)]);
}

#[test]
fn the_list_of_programs_opens_participants_and_stages_a_deletion() {
    let mut steps = Steps::at("2 enter");
    assert_eq!(journalled(&steps.press("D")), [Intent::Delete("7".parse().unwrap())]);
    let call = participants::Call {
        scorecard: CARD.parse().unwrap(),
        program: "7".parse().unwrap(),
        action: Action::List(FIRST_PAGE),
    };
    assert_eq!(steps.calls("enter"), [Call::Participants(call)]);
}

#[test]
fn the_list_of_participants_deletes_what_is_marked_and_undoes_it_as_one_step() {
    let mut steps = Steps::at("2 enter enter");
    let deleted = journalled(&steps.press("ctrl-a D"));
    assert_eq!(deleted, ["1", "2"].map(|id| Intent::Delete(id.parse().unwrap())));
    steps.shows("2 staged");
    steps.press("u");
    steps.hides("2 staged");
}

#[test]
fn a_form_stages_a_record_and_sends_nothing() {
    let mut steps = Steps::at("2 enter a");
    steps.text("New course");
    steps.press("tab");
    steps.text("C");
    let effects = steps.press("ctrl-s");
    let staged = journalled(&effects);
    let [Intent::Create(draft)] = &staged[..] else { unreachable!("{effects:?}") };
    assert_eq!(draft.value("name").edit_text(), "New course");
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::Call(_, call) if !call.request().method.is_read()))
    );
}

#[test]
fn staged_rows_of_a_file_are_listed_before_another_import_and_dropped() {
    let mut steps = staged_rows(&participants(), 1);
    steps.press("2 enter enter I");
    steps.shows("Record 0");
    let effects = steps.press("X");
    let [Effect::Journal(JournalOp::Records(entries))] = &effects[..] else { unreachable!("{effects:?}") };
    assert!(entries.iter().all(|entry| entry.change.is_none()), "taken out of the journal");
}

#[test]
fn suppliers_are_looked_up_by_their_code_and_asked_whether_they_answer() {
    let mut steps = Steps::at("3 a");
    steps.text("T100");
    let code = || "T100".parse().unwrap();
    assert_eq!(steps.calls("enter"), [Call::SupplierScores(supplier_scores::Call::Scores(code()))]);
    assert_eq!(steps.calls("H"), [Call::SupplierScores(supplier_scores::Call::Heartbeat(code()))]);
}

#[test]
fn the_list_of_what_is_staged_goes_to_the_cell() {
    let mut steps = Steps::at("enter 8 enter esc 4");
    steps.shows("3 → 8");
    steps.press("enter");
    steps.shows("Year 2 of 2");
}

#[test]
fn the_requests_of_the_session_are_listed_without_a_request() {
    let mut steps = Steps::at("2");
    assert_eq!(steps.calls("!"), []);
    assert_eq!(steps.calls("r"), [], "they are not the server's");
}

#[test]
fn the_json_of_a_record_is_asked_of_the_list_it_stands_in() {
    for (script, list) in [("2 enter", programs()), ("2 enter enter", participants())] {
        let calls = Steps::at(script).calls("J");
        let [Call::RawRecord { list: asked, .. }] = &calls[..] else { unreachable!("{calls:?}") };
        assert_eq!(**asked, collection::list_call(&list, 1).unwrap());
    }
}

#[test]
fn the_welcome_asks_for_nothing() {
    let mut workspace = bee_tui::workspace::Workspace::default();
    workspace.is_ephemeral = true;
    let mut steps = Steps::over(workspace);
    assert_eq!(steps.press("esc"), []);
}
