//! A plan exported to a file and imported again, and staged counters as a change set that the shell applies.

use std::fs;
use std::path::{Path, PathBuf};

use bee_tui::domain::file_table::FileSheet;
use bee_tui::domain::plan::table_ref::{TableRef, YearIndex};
use bee_tui::domain::plan::target::TargetType;
use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::FaultAction;
use bee_tui::workspace::CounterEdit;
use calamine::{Data, Reader as _, Xlsx, open_workbook};
use rust_xlsxwriter::Workbook;

use crate::end_to_end::shell::run;
use crate::flows::ranges::{COLUMNS, LEVELS, grid, numbers};
use crate::support::harness::{App, counter, plan, sandbox, set_elsewhere};

/// The first table of plan 42.
fn first_table() -> TableRef {
    TableRef { plan: "42".parse().unwrap(), year: YearIndex::FIRST, table: TargetType::AllEmployees }
}

fn dir() -> (tempfile::TempDir, impl Fn(&str) -> PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_owned();
    (dir, move |name: &str| path.join(name))
}

/// Exports with `E`; `what` is how many times the choice is moved on from "all years".
async fn export(app: &mut App, path: &Path, what: usize) {
    app.keys("E ctrl-u").await.text(path.to_str().unwrap()).await;
    app.keys("tab").await.keys(&"right ".repeat(what)).await.keys("enter").await.await_file().await;
    app.shows("written to");
}

async fn import(app: &mut App, path: &Path) {
    app.keys("I").await.text(path.to_str().unwrap()).await.keys("enter").await.await_file().await;
}

#[tokio::test]
async fn a_plan_is_exported_as_a_workbook_that_two_libraries_read() {
    let sandbox = sandbox().await;
    let server = plan(&sandbox, 42).await;
    let (_dir, path) = dir();
    let mut app = grid(&sandbox).await;
    app.keys("7 7 enter").await;
    export(&mut app, &path("plan.xlsx"), 0).await;
    app.shows("10 tables written to");

    let mut book: Xlsx<_> = open_workbook(path("plan.xlsx")).unwrap();
    let names = book.sheet_names();
    assert_eq!(
        (names.len(), names[2].as_str(), names[3].as_str()),
        (11, "Year 2 all employees", "Year 2 disabled")
    );
    let sheet = book.worksheet_range("Year 2 all employees").unwrap();
    let cell = |row: u32, column| sheet.get_value((row, column)).cloned().unwrap_or(Data::Empty);
    let row = |row: u32| (0..12).map(|column| cell(row, column)).collect::<Vec<_>>();
    let heads: Vec<String> = row(0).iter().map(ToString::to_string).collect();
    assert_eq!(heads.join(" "), "Level AM CM IM WM AF CF IF WF FM FF Total");
    let mut sums = [0.0; 10];
    for (at, level) in LEVELS.iter().enumerate() {
        let cells: Vec<f64> =
            row(at as u32 + 1)[1..].iter().map(|cell| cell.to_string().parse().unwrap()).collect();
        let mut wanted: Vec<f64> =
            COLUMNS.iter().map(|c| counter(&server, 2, 0, &format!("{c}_{level}")) as f64).collect();
        if at == 0 {
            wanted[0] = 77.0;
        }
        assert_eq!(cells[..10], wanted, "{level}");
        assert!((cells[10] - wanted.iter().sum::<f64>()).abs() < 0.1, "the total's last result");
        sums.iter_mut().zip(&wanted).for_each(|(sum, n)| *sum += n);
    }
    let below: Vec<String> = row(7).iter().map(ToString::to_string).collect();
    assert_eq!(below[0], "Six levels");
    assert_eq!(below[1..11], sums.iter().map(f64::to_string).collect::<Vec<_>>());
    let formulas = book.worksheet_formula("Year 2 all employees").unwrap();
    assert_eq!(formulas.get_value((1, 11)).unwrap(), "SUM(B2:K2)");
    assert_eq!(formulas.get_value((7, 1)).unwrap(), "SUM(B2:B7)");

    let other = umya_spreadsheet::reader::xlsx::read(path("plan.xlsx")).unwrap();
    let sheet = other.sheet_by_name("Year 2 all employees").unwrap();
    assert_eq!(sheet.value("B2"), "77");
    assert_eq!(sheet.cell("L2").unwrap().formula(), "SUM(B2:K2)");
    let pane = sheet.sheets_views().sheet_view_list()[0].pane().unwrap();
    assert_eq!((pane.horizontal_split(), pane.vertical_split()), (1.0, 1.0), "heads stay in sight");
}

/// Sets a cell of a workbook as a colleague would.
fn edit(path: &Path, sheet: &str, cell: &str, number: u32) {
    let mut book = umya_spreadsheet::reader::xlsx::read(path).unwrap();
    book.sheet_by_name_mut(sheet).unwrap().cell_mut(cell).set_value_number(f64::from(number));
    umya_spreadsheet::writer::xlsx::write(&book, path).unwrap();
}

#[tokio::test]
async fn importing_a_workbook_stages_only_what_was_changed_in_it() {
    let sandbox = sandbox().await;
    let before = numbers(&sandbox).await;
    let (_dir, path) = dir();
    let mut app = grid(&sandbox).await;
    export(&mut app, &path("plan.xlsx"), 0).await;
    edit(&path("plan.xlsx"), "Year 2 all employees", "C3", 55);
    edit(&path("plan.xlsx"), "Year 5 disabled", "B2", 1);
    // Meanwhile the server has another number in a cell the colleague left alone.
    set_elsewhere(&sandbox, 42, 2, 0, "african_male_unskilled_employees", 500).await;
    app.keys("r").await;
    import(&mut app, &path("plan.xlsx")).await;
    app.shows("Stage the file?");
    app.shows("2 counters would be staged");
    app.shows("Year 2 · all employees: 1 counter changes");
    app.shows("Year 5 · disabled: 1 counter changes");
    app.hides("2 staged");
    app.keys("y").await.shows(&format!("{} → 55", before[1][1]));
    app.keys("A y").await;
    let after = numbers(&sandbox).await;
    let mut wanted = before.clone();
    (wanted[1][1], wanted[5][0]) = (55, 500);
    assert_eq!(after, wanted);
    assert_eq!(counter(&plan(&sandbox, 42).await, 5, 1, "african_male_top_managers"), 1);
    // Imported once more, the file changes nothing.
    app.keys("n").await;
    import(&mut app, &path("plan.xlsx")).await;
    app.shows("nothing to stage from the file");
}

#[tokio::test]
async fn sheets_whose_extent_names_rows_alone_are_read_and_no_year_is_dropped() {
    let sandbox = sandbox().await;
    let mut app = grid(&sandbox).await;
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/cases/p16-row-dimension.xlsx");
    import(&mut app, &case).await;
    app.shows("1 counter would be staged");
    app.shows("Year 2 · all employees: 1 counter changes");
    app.keys("y A y").await;
    assert_eq!(counter(&plan(&sandbox, 42).await, 2, 0, "african_male_senior_managers"), 99);
}

#[tokio::test]
async fn a_server_change_since_the_export_is_a_conflict() {
    let sandbox = sandbox().await;
    let (_dir, path) = dir();
    let mut app = grid(&sandbox).await;
    export(&mut app, &path("plan.xlsx"), 0).await;
    edit(&path("plan.xlsx"), "Year 2 all employees", "B2", 55);
    set_elsewhere(&sandbox, 42, 2, 0, "african_male_top_managers", 44).await;
    app.keys("r").await;
    import(&mut app, &path("plan.xlsx")).await;
    app.keys("y").await.shows("conflict: the server has 44 now");
    // The review can undo the whole step too, and redo it.
    app.keys("u").await.hides("conflict: the server has 44 now");
    app.keys("esc U ctrl-s").await.shows("conflict: the server has 44 now");
    app.keys("A y").await;
    assert_eq!(numbers(&sandbox).await[0][0], 44, "nothing is overwritten silently");
    // One undo reverts all of it.
    app.keys("esc u").await.hides("staged");
}

#[tokio::test]
async fn a_year_as_csv_is_imported_by_its_names_in_any_order() {
    let sandbox = sandbox().await;
    let before = numbers(&sandbox).await;
    let (_dir, path) = dir();
    let mut app = grid(&sandbox).await;
    export(&mut app, &path("year.csv"), 1).await;
    let text = fs::read_to_string(path("year.csv")).unwrap();
    let first =
        format!("2,all employees,Top,{}", before[0].iter().map(u64::to_string).collect::<Vec<_>>().join(","));
    assert!(text.contains(&first), "{text}");
    assert!(text.starts_with("\u{feff}Year,Table,Level,AM,CM,IM,WM,AF,CF,IF,WF,FM,FF,Total"));
    assert!(!text.contains("\n3,"), "one year");
    // Semicolons and a changed number, as a South African Excel saves it; the rows are upside down.
    let mut lines: Vec<String> = text.lines().map(|line| line.replace(',', ";")).collect();
    lines[1..].reverse();
    let from = format!("2;all employees;Top;{};", before[0][0]);
    let text = lines.join("\r\n").replace(&from, "2;all employees;Top;1 234;");
    fs::write(path("back.csv"), text).unwrap();
    import(&mut app, &path("back.csv")).await;
    app.shows("1 counter would be staged");
    app.keys("y A y").await;
    assert_eq!(numbers(&sandbox).await[0][0], 1234);
    assert_eq!(numbers(&sandbox).await[1..], before[1..]);
}

#[tokio::test]
async fn a_sheet_without_a_year_is_imported_into_the_table_shown_and_odd_cells_are_reported() {
    let sandbox = sandbox().await;
    let before = numbers(&sandbox).await;
    let (_dir, path) = dir();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in [["", "AF", "Remarks"], ["Senior", "88", "ok"], ["Boss", "1", ""], ["Top", "n/a", ""]]
        .iter()
        .enumerate()
    {
        for (column, cell) in cells.iter().enumerate() {
            sheet.write_string(row as u32, column as u16, *cell).unwrap();
        }
    }
    book.save(path("x.xlsx")).unwrap();
    let mut app = grid(&sandbox).await;
    import(&mut app, &path("x.xlsx")).await;
    app.shows("Year 2 · all employees: 1 counter changes");
    app.shows("no number");
    app.shows("1 outside the table");
    app.keys("n").await.shows("Import into the plan");
    app.keys("enter").await.await_file().await.keys("y A y").await;
    assert_eq!(numbers(&sandbox).await[1][4], 88);
    assert_eq!(numbers(&sandbox).await[0], before[0]);
}

#[tokio::test]
async fn a_table_is_exported_as_markdown_and_as_the_apis_json() {
    let sandbox = sandbox().await;
    let (server, text) = (plan(&sandbox, 42).await, numbers(&sandbox).await);
    let (_dir, path) = dir();
    let mut app = grid(&sandbox).await;
    export(&mut app, &path("table.md"), 2).await;
    let markdown = fs::read_to_string(path("table.md")).unwrap();
    let top = text[0].iter().map(u64::to_string).collect::<Vec<_>>().join(" | ");
    let sum: u64 = text[0].iter().sum();
    assert!(markdown.contains(&format!("| Top | {top} | {sum} |")), "{markdown}");
    assert_eq!(markdown.matches("\n## ").count(), 1);
    export(&mut app, &path("plan.json"), 0).await;
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(path("plan.json")).unwrap()).unwrap();
    for year in 0..5 {
        for table in 0..2 {
            let (ours, theirs) =
                (&json["milestones"][year]["targets"][table], &server["milestones"][year]["targets"][table]);
            for (name, number) in
                theirs.as_object().unwrap().iter().filter(|(name, _)| name.starts_with("number_of"))
            {
                assert_eq!(&ours[name], number, "{name}");
            }
            assert_eq!(ours["id"], theirs["id"]);
        }
    }
    // A file that exists is left alone, and an unknown ending is rejected.
    app.keys("E ctrl-u")
        .await
        .text(path("plan.json").to_str().unwrap())
        .await
        .keys("tab enter")
        .await
        .await_file()
        .await;
    app.shows("is there already");
    app.keys("up ctrl-u")
        .await
        .text(path("plan.doc").to_str().unwrap())
        .await
        .keys("tab enter")
        .await
        .await_file()
        .await;
    app.shows(".xlsx, .csv, .md or .json");
}

/// What an import of these sheets would do, in words, and the counters it would change.
fn returned(plan: &str, sheets: &[(&str, &[&[&str]])]) -> (Vec<String>, Vec<(String, u32)>) {
    let model = crate::support::harness::grid_of(plan, (80, 24));
    let sheet = |(name, rows): &(&str, &[&[&str]])| FileSheet {
        name: (*name).to_owned(),
        rows: rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect(),
    };
    let sheets: Vec<FileSheet> = sheets.iter().map(sheet).collect();
    let returned = model.workspace().changes_in_file(&first_table(), &sheets);
    let edit = |edit: &CounterEdit| (edit.counter.counter.name(), edit.mine);
    (returned.notes, returned.edits.iter().map(edit).collect())
}

/// One year with one table of three counters, one of them damaged.
const SMALL: &str = r#"{"id":42,"name":"P","milestones":[{"id":1,"year_number":2,"targets":[{"id":2,
    "target_type":"all_employees","number_of_african_male_top_managers":3,
    "number_of_african_male_senior_managers":4,"number_of_african_female_top_managers":"many"}]}]}"#;

#[test]
fn a_counter_the_server_sent_no_number_for_is_not_taken_from_a_file() {
    let (words, edits) =
        returned(SMALL, &[("Year 2 all employees", &[&["", "AM", "AF"], &["Top", "9", "9"]])]);
    assert_eq!(edits, [("number_of_african_male_top_managers".to_owned(), 9)]);
    let said = "1 counter changes, 1 cannot be set: the server sent no number here";
    assert!(words.iter().any(|words| words.contains(said)), "{words:?}");
}

#[test]
fn rows_of_another_or_no_year_are_left_out_and_not_imported_into_the_table_shown() {
    let rows: &[&[&str]] = &[
        &["Year", "Table", "Level", "AM"],
        &["2", "all employees", "Top", "8"],
        &["", "", "Senior", "9"],
        &["7", "all employees", "Top", "9"],
        &["2", "interns", "Top", "9"],
    ];
    let (words, edits) = returned(SMALL, &[("export", rows)]);
    assert_eq!(edits, [("number_of_african_male_top_managers".to_owned(), 8)]);
    assert_eq!(
        words.iter().filter(|words| words.contains("has no such table; 1 row left out")).count(),
        3,
        "{words:?}"
    );
}

#[test]
fn years_are_found_in_any_column_and_another_tables_file_is_not_imported_into_the_one_shown() {
    let rows: &[&[&str]] = &[
        &["Table", "Level", "AM", "Financial year"],
        &["all", "Top", "8", "2.0"],
        &["all", "Top", "9", "1 of 2"],
    ];
    let (_, edits) = returned(SMALL, &[("x", rows)]);
    assert_eq!(edits, [("number_of_african_male_top_managers".to_owned(), 8)]);
    let top: &[&[&str]] = &[&["Level", "AM"], &["Top", "8"]];
    for name in ["disabled employees", "Year2", "FY2027", "Year 4 disabled"] {
        assert!(returned(SMALL, &[(name, top)]).1.is_empty(), "{name}");
    }
    let blocks: &[&[&str]] =
        &[&["Year 1"], &["Level", "AM"], &["Top", "8"], &["Year 2"], &["Level", "AM"], &["Top", "9"]];
    assert!(returned(SMALL, &[("x", blocks)]).1.is_empty());
    // Without headings, or with unknown ones, nothing is assigned by position.
    for rows in [&[&["Top", "8", "9"][..]][..], &[&["Level", "White", "Indian"], &["Top", "8", "9"]]] {
        assert!(returned(SMALL, &[("x", rows)]).1.is_empty());
    }
    assert_eq!(returned(SMALL, &[("x", top)]).1.len(), 1);
}

#[test]
fn a_sheet_with_a_blank_first_column_is_found_by_its_levels() {
    let rows: &[&[&str]] = &[&["", "", "AM"], &["", "Senior", "8"], &["", "Top", "7"]];
    let (_, edits) = returned(SMALL, &[("Sheet1", rows)]);
    let top = ("number_of_african_male_top_managers".to_owned(), 7);
    assert_eq!(edits, [top, ("number_of_african_male_senior_managers".to_owned(), 8)]);
}

#[test]
fn the_base_numbers_of_another_plans_file_are_ignored() {
    let base: &[&[&str]] = &[
        &["plan", "year", "table", "counter", "number", "server"],
        &["43", "2", "all_employees", "number_of_african_male_top_managers", "9", "9"],
    ];
    let sheets: &[(&str, &[&[&str]])] =
        &[("Year 2 all employees", &[&["", "AM"], &["Top", "9"]]), ("bee-tui base", base)];
    let (words, edits) = returned(SMALL, sheets);
    assert_eq!(edits, [("number_of_african_male_top_managers".to_owned(), 9)], "it differs, so it is taken");
    assert!(words.iter().any(|words| words.contains("another plan")), "{words:?}");
}

#[tokio::test]
async fn changes_staged_at_the_export_make_no_conflict_and_outdated_numbers_do() {
    let sandbox = sandbox().await;
    let (_dir, path) = dir();
    let mut app = grid(&sandbox).await;
    // Exported with 77 staged, undone here, and changed further in the file: the server's value did not change.
    app.keys("7 7 enter").await;
    export(&mut app, &path("plan.xlsx"), 0).await;
    app.keys("u").await.hides("staged");
    edit(&path("plan.xlsx"), "Year 2 all employees", "B2", 79);
    import(&mut app, &path("plan.xlsx")).await;
    app.keys("y").await.shows("→ 79");
    app.hides("conflict");
    app.keys("A y n").await;
    assert_eq!(numbers(&sandbox).await[0][0], 79);
    // The server's value changes and is edited here, and then the old file brings another number.
    set_elsewhere(&sandbox, 42, 2, 0, "african_male_top_managers", 34).await;
    app.keys("r g home +").await.shows("*35");
    edit(&path("plan.xlsx"), "Year 2 all employees", "B2", 50);
    import(&mut app, &path("plan.xlsx")).await;
    app.keys("y").await.shows("conflict: the server has 34 now");
}

#[test]
fn an_unknown_table_and_a_duplicate_sheet_are_left_out_and_reported() {
    let top: &[&[&str]] = &[&["", "AM"], &["Top", "8"]];
    let other: &[&[&str]] = &[&["", "AM"], &["Top", "9"]];
    let sheets: &[(&str, &[&[&str]])] = &[
        ("Year 2 all employees", top),
        ("Year 2 all employees (2)", other),
        ("Year 2 contract_employees", other),
        ("Year 2 notes", other),
        ("year 2", other),
    ];
    let (words, edits) = returned(SMALL, sheets);
    assert_eq!(edits, [("number_of_african_male_top_managers".to_owned(), 8)]);
    assert_eq!(words.iter().filter(|words| words.contains("no such table")).count(), 3, "{words:?}");
    assert_eq!(words.iter().filter(|words| words.contains("in the file already")).count(), 1, "{words:?}");
}

/// Stages two counters and writes them to a change set.
async fn change_set(sandbox: &Sandbox, path: &Path) -> App {
    let mut app = grid(sandbox).await;
    app.keys("7 7 enter t 1 enter esc 4 E ctrl-u").await.text(path.to_str().unwrap()).await;
    app.keys("enter").await.await_file().await.shows("2 staged counters written to");
    app
}

#[tokio::test]
async fn a_change_set_is_applied_from_the_shell_when_the_server_is_unchanged() {
    let sandbox = sandbox().await;
    let before = numbers(&sandbox).await;
    let (_dir, path) = dir();
    change_set(&sandbox, &path("set.toml")).await;
    let file = path("set.toml");
    let file = file.to_str().unwrap();
    let shown = run(&sandbox, &["apply", file, "--dry-run"]).await;
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(shown.err.contains("2 counters would be sent"), "{}", shown.err);
    assert_eq!(shown.out.matches("PATCH ").count(), 2);
    assert!(shown.out.contains(r#"{"employment_equity_target":{"number_of_african_male_top_managers":77}}"#));
    assert!(!shown.out.contains(&sandbox.options.key), "no key is printed");
    assert_eq!(numbers(&sandbox).await, before, "nothing was sent");
    let done = run(&sandbox, &["apply", file]).await;
    assert_eq!((done.code, done.out.as_str()), (0, ""), "{}", done.err);
    assert!(done.err.contains("2 of 2 counters saved"), "{}", done.err);
    assert_eq!(numbers(&sandbox).await[0][0], 77);
    // Applied once more, there is nothing to send.
    let again = run(&sandbox, &["apply", file]).await;
    assert_eq!(again.code, 0);
    assert!(again.err.contains("2 counters the server has already"), "{}", again.err);
}

#[tokio::test]
async fn a_change_set_with_a_conflict_is_refused_entirely_with_the_difference() {
    let sandbox = sandbox().await;
    let before = numbers(&sandbox).await;
    let (_dir, path) = dir();
    change_set(&sandbox, &path("set.toml")).await;
    set_elsewhere(&sandbox, 42, 2, 0, "african_male_top_managers", 44).await;
    let file = path("set.toml");
    for (options, code) in [(&[][..], 9), (&["--dry-run"][..], 0), (&["--dry-run", "--exit-code"][..], 9)] {
        let refused = run(&sandbox, &[&["apply", file.to_str().unwrap()], options].concat()).await;
        assert_eq!((refused.code, refused.out.as_str()), (code, ""), "{}", refused.err);
        let wanted = format!("African male · Top {} → 77, but the server has 44 now", before[0][0]);
        assert!(refused.err.contains(&wanted), "{}", refused.err);
        assert!(refused.err.contains("nothing was sent"));
    }
    assert_eq!(
        counter(&plan(&sandbox, 42).await, 2, 1, "african_male_top_managers"),
        0,
        "the other one neither"
    );
}

#[tokio::test]
async fn a_failing_change_set_says_what_was_saved_and_an_invalid_one_is_refused() {
    let sandbox = sandbox().await;
    let (_dir, path) = dir();
    change_set(&sandbox, &path("set.toml")).await;
    let file = path("set.toml");
    let file = file.to_str().unwrap();
    // An invalid change set is refused; of a valid one, the first table is saved and the second has an
    // unknown outcome.
    let placed = fs::read_to_string(file).unwrap().replacen(
        "number_of_african_male_top_managers",
        "number_of_nobody = 1\nnumber_of_african_male_top_managers",
        1,
    );
    fs::write(path("nobody.toml"), placed).unwrap();
    let gone = run(&sandbox, &["apply", path("nobody.toml").to_str().unwrap()]).await;
    assert!(gone.code == 2 && gone.err.contains("nobody.toml: line"), "{}", gone.err);
    sandbox.inject_fault("PATCH", "/employment_equity_targets/", FaultAction::Pass);
    for _ in 0..3 {
        sandbox.inject_fault("PATCH", "/employment_equity_targets/", FaultAction::DropRequest);
    }
    let lost = run(&sandbox, &["apply", file]).await;
    assert_eq!(lost.code, 8, "{}", lost.err);
    assert!(lost.err.contains("1 of 2 counters saved"), "{}", lost.err);
    assert_eq!(numbers(&sandbox).await[0][0], 77);
    let read_only = run(&sandbox, &["apply", file, "--read-only"]).await;
    assert_eq!(read_only.code, 2);
    fs::write(path("bad.toml"), "form = 1\n[[target]]\nplan = 42\n").unwrap();
    let bad = run(&sandbox, &["apply", path("bad.toml").to_str().unwrap()]).await;
    assert_eq!(bad.code, 2);
    assert!(bad.err.contains("bad.toml: line 2"), "{}", bad.err);
    assert_eq!(run(&sandbox, &["apply", "/nope.toml"]).await.code, 2);
}
