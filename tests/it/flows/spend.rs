//! The spend of a scorecard's training over all of its programs.

use std::collections::BTreeMap;
use std::path::Path;

use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::FaultAction;

use crate::support::harness::{App, api, ask, fault_each, rows, sandbox};

/// Participants and costs in cents of each group, worked out from the server's JSON by the documents' words.
async fn expected(sandbox: &Sandbox, scorecard: &str) -> BTreeMap<String, (u64, i64)> {
    let mut groups: BTreeMap<String, (u64, i64)> = BTreeMap::new();
    for program in rows(sandbox, &format!("scorecards/{scorecard}/training_programs")).await {
        let path = format!("scorecards/{scorecard}/training_programs/{}/participants", program["id"]);
        for person in rows(sandbox, &path).await {
            let cents: i64 = person
                .as_object()
                .unwrap()
                .iter()
                .filter(|(name, _)| name.ends_with("_cost") || name.ends_with("_costs"))
                .map(|(_, cost)| (cost.as_str().unwrap().parse::<f64>().unwrap() * 100.0).round() as i64)
                .sum();
            let is = |name: &str| person[name].as_bool().unwrap();
            let word = |name: &str| person[name].as_str().unwrap().to_owned();
            let pick = |name: &str, words: [&str; 2]| words[usize::from(!is(name))].to_owned();
            let is_black = word("race") != "White" && !is("foreign");
            for group in [
                "All participants".to_owned(),
                format!("Category {}", program["category"].as_str().unwrap()),
                format!("Race {}", word("race")),
                if is_black { "Black people" } else { "Not Black people" }.into(),
                pick("foreign", ["Foreign nationals", "South Africans"]),
                format!("Gender {}", word("gender")),
                pick("disabled", ["With a disability", "Without a disability"]),
                pick("employed", ["Employed", "Unemployed"]),
                pick("absorbed", ["Absorbed", "Not absorbed"]),
            ] {
                let figures = groups.entry(group).or_default();
                *figures = (figures.0 + 1, figures.1 + cents);
            }
        }
    }
    groups
}

/// The scorecard with the most training programs.
async fn scorecard(sandbox: &Sandbox) -> (String, String) {
    let (_, cards) = ask(sandbox, "GET", &api("scorecards"), None).await;
    let cards = cards.as_array().or(cards["data"].as_array()).unwrap().clone();
    let mut found: Vec<(usize, String, String)> = Vec::new();
    for card in cards {
        let text = |name: &str| card[name].as_str().unwrap().to_owned();
        // Not every type of scorecard has training programs.
        let path = api(&format!("scorecards/{}/training_programs", text("id")));
        let (_, programs) = ask(sandbox, "GET", &path, None).await;
        let programs = programs["data"].as_array().map_or(0, Vec::len);
        found.push((programs, text("id"), text("description")));
    }
    let (programs, id, name) = found.into_iter().max().unwrap();
    assert!(programs > 1);
    (id, name)
}

async fn open_spend(app: &mut App, name: &str) {
    app.keys("2 /").await.text(name).await.keys("enter :").await.text("spend").await.keys("enter").await;
}

/// The written figures by group: participants and spend.
fn written(path: &Path) -> BTreeMap<String, (u64, i64)> {
    let mut table = csv::Reader::from_path(path).unwrap();
    let cents = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
    let row = |row: Result<csv::StringRecord, _>| {
        let row = row.unwrap();
        assert_eq!(cents(&row[2]) + cents(&row[3]), cents(&row[4]), "training and salary make the spend");
        (row[0].to_owned(), (row[1].parse().unwrap(), cents(&row[4])))
    };
    table.records().map(row).collect()
}

#[tokio::test]
async fn the_spend_of_a_scorecard_is_that_of_all_its_programs_and_is_exported() {
    let sandbox = sandbox().await;
    let (id, name) = scorecard(&sandbox).await;
    let expected = expected(&sandbox, &id).await;
    let dir = tempfile::tempdir().unwrap();
    let mut app = App::open(&sandbox).await;
    open_spend(&mut app, &name).await;
    app.shows("Spend");
    let (people, cents) = expected["All participants"];
    let line = app.line("All participants");
    assert!(line.contains(&people.to_string()), "{line}");
    assert!(
        line.contains(&format!("{}.{:02}", cents / 100, cents % 100)) && line.contains("100.0"),
        "{line}"
    );
    app.shows("a person in two programs is counted twice");
    app.keys("E ctrl-u").await.text(dir.path().join("spend.csv").to_str().unwrap()).await;
    app.keys("enter").await.await_file().await.shows("rows written to");
    assert_eq!(written(&dir.path().join("spend.csv")), expected);

    // As a workbook its figures are numbers.
    app.keys("E ctrl-u").await.text(dir.path().join("spend.xlsx").to_str().unwrap()).await;
    app.keys("enter").await.await_file().await.shows("rows written to");
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(dir.path().join("spend.xlsx")).unwrap();
    let sheet = calamine::Reader::worksheet_range_at(&mut book, 0).unwrap().unwrap();
    assert_eq!(sheet.get((1, 1)), Some(&calamine::Data::Float(people as f64)));
    assert_eq!(sheet.get((1, 4)), Some(&calamine::Data::Float(cents as f64 / 100.0)));
}

#[tokio::test]
async fn a_program_that_cannot_be_read_is_said_and_its_spend_is_not_exported_as_whole() {
    let sandbox = sandbox().await;
    let (id, name) = scorecard(&sandbox).await;
    let program = rows(&sandbox, &format!("scorecards/{id}/training_programs")).await.remove(0);
    let path = api(&format!("scorecards/{id}/training_programs/{}/participants", program["id"]));
    fault_each(&sandbox, "GET", &path, &FaultAction::Respond(404, "{}".into()));
    let mut app = App::open(&sandbox).await;
    open_spend(&mut app, &name).await;
    app.shows("1 program not read: ");
    app.keys("E").await.shows("the sums are not whole");
    sandbox.clear_faults();
    app.keys("r").await.hides("not read: ");
    app.keys("E").await.shows("Export the spend");
}

#[tokio::test]
async fn what_is_read_for_a_spend_stops_when_it_is_left_and_goes_on_when_it_is_shown_again() {
    let sandbox = sandbox().await;
    let (id, name) = scorecard(&sandbox).await;
    let all = expected(&sandbox, &id).await["All participants"].0;
    let mut app = App::open(&sandbox).await;
    app.keys("2 /").await.text(&name).await.keys("enter :").await.text("spend").await;
    app.key_at_once("enter");
    app.step_replies_until(|app| app.screen().contains("reading programs: 0 of")).await;
    let reads = app.runner.model.engine().requests().values();
    assert!(reads.filter(|read| read.call.listed_page().is_some()).count() > 1, "some programs at a time");
    app.key_at_once("esc");
    assert_eq!(app.runner.model.engine().requests().len(), 0, "cancelled");
    app.keys(":").await.text("spend").await.keys("enter").await;
    app.hides("reading programs");
    assert!(app.line("All participants").contains(&all.to_string()), "{}", app.screen());
}

#[tokio::test]
async fn participants_that_are_staged_are_not_in_the_spend_and_counted_apart() {
    let sandbox = sandbox().await;
    let (id, name) = scorecard(&sandbox).await;
    let all = expected(&sandbox, &id).await["All participants"].0;
    let program = rows(&sandbox, &format!("scorecards/{id}/training_programs")).await.remove(0);
    let path = format!("scorecards/{id}/training_programs/{}/participants", program["id"]);
    let first = rows(&sandbox, &path).await.remove(0);
    let mut app = App::open(&sandbox).await;
    app.keys("2 /").await.text(&name).await.keys("enter enter enter D").await.shows("deletion staged");
    app.keys(":").await.text("spend").await.keys("enter").await.shows("1 staged, not counted");
    assert!(app.line("All participants").contains(&format!(" {all} ")), "{}", app.screen());
    app.keys("ctrl-s A").await.text(first["full_name"].as_str().unwrap()).await.keys("enter").await;
    app.shows("1 deleted");
    // The recalculation that is offered is declined; what was deleted is gone from the figures that are read next.
    app.keys("n r").await.hides("not counted");
    assert!(app.line("All participants").contains(&format!(" {} ", all - 1)), "{}", app.screen());
}
