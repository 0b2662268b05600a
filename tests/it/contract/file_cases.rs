//! Small files that failed once, each with what is right for it.

use std::path::{Path, PathBuf};

use bee_tui::domain::id::TrainingProgramId;
use bee_tui::domain::import::answers::Answers;
use bee_tui::domain::import::file_rows::ImportTarget;
use bee_tui::domain::import::preview::ImportPreview;
use bee_tui::domain::import::report::ImportReport;
use bee_tui::domain::import::server_knowledge::ServerKnowledge;
use bee_tui::runtime::files::read_grids;
use serde_json::Value;

/// What every file is told that does not say it itself.
const SAID: &str = "employed = \"permanent\"\ndisabled = \"no\"\nforeign = \"no\"\n";

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/cases").join(name)
}

/// The report of a file imported into a program of which nothing is known.
fn report(name: &str, answers: &str) -> Value {
    report_at(&case(name), answers)
}

fn report_at(path: &Path, answers: &str) -> Value {
    let grids = read_grids(path).unwrap();
    let answers = Answers::from_toml(&format!("{SAID}{answers}")).unwrap();
    let target = ImportTarget::Program(
        "scorecard_Y2EQKp8z1r9jeToPW6deGwo9".parse().unwrap(),
        TrainingProgramId::new(1).unwrap(),
    );
    let preview = ImportPreview::new(&grids, &target, &answers, &ServerKnowledge::default());
    serde_json::to_value(ImportReport::new(String::new(), &preview, &grids, &answers)).unwrap()
}

/// Each row with its standing and some of its fields, then what the rules that stop or hold found.
fn rows(report: &Value, fields: &[&str]) -> Vec<String> {
    let records = report["records"].as_array().unwrap().iter();
    let mut lines: Vec<String> = records
        .map(|record| {
            let shown = fields.iter().map(|field| match &record["body"][field] {
                Value::String(text) => text.clone(),
                value => value.to_string(),
            });
            let shown: Vec<String> = shown.collect();
            format!("{} {}: {}", record["row"], record["standing"].as_str().unwrap(), shown.join(", "))
        })
        .collect();
    let left_out = report["left_out"].as_array().unwrap().iter();
    lines.extend(left_out.map(|row| format!("{} left out: {}", row["row"], row["why"].as_str().unwrap())));
    lines
}

fn questions(report: &Value) -> Vec<&str> {
    report["questions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|question| question["name"].as_str().unwrap())
        .collect()
}

/// The rows of a rule's findings.
fn found(report: &Value, rule: &str) -> Vec<u64> {
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == rule);
    findings.flat_map(|finding| finding["rows"].as_array().unwrap()).filter_map(Value::as_u64).collect()
}

/// The messages of a rule's findings.
fn messages(report: &Value, rule: &str) -> String {
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == rule);
    findings.map(|finding| finding["message"].as_str().unwrap()).collect::<Vec<_>>().join("; ")
}

/// Checks that the rows and the whole of the counts are these.
#[track_caller]
fn assert_rows(report: &Value, fields: &[&str], expected: &[&str]) {
    assert_eq!(rows(report, fields), expected);
    let count = |name: &str| report[name].as_u64().unwrap() as usize;
    let heading_row = count("heading_row") as u64;
    let below = report["left_out"].as_array().unwrap().iter();
    let below = below.filter(|row| row["row"].as_u64().unwrap() > heading_row).count();
    let sum = count("ready") + count("held") + count("stopped") + count("existing") + below;
    assert_eq!(count("rows"), sum, "each row below the headings is counted once");
}

#[test]
fn line_ends_of_carriage_returns_alone_give_each_row_its_own_number() {
    assert_rows(
        &report("c01-cr-only.csv", ""),
        &["full_name", "gender", "race"],
        &[
            "2 ready: Thandi Example, Female, African",
            "3 ready: Johan Example, Male, White",
            "4 held: Kim Example, Male, null",
        ],
    );
    let two_bad = report("c43-cr-only-two-bad.csv", "");
    assert_rows(
        &two_bad,
        &["full_name"],
        &["2 held: Thandi Example", "3 held: Johan Example", "4 ready: Kim Example"],
    );
    assert_eq!(found(&two_bad, "unknown-word"), [2, 3]);
}

#[test]
fn id_numbers_are_freed_of_apostrophes_and_formulas_and_checked() {
    let report = report("c03-apostrophe-id.csv", "");
    assert_rows(
        &report,
        &["id_number"],
        &["2 ready: 0101010009085", "3 held: 8001015009087", "4 held: 8001015009087"],
    );
    assert_eq!(found(&report, "id-checksum"), [2], "0101010009085 has 4 as its check digit");
    assert_eq!(found(&report, "duplicate-person").len(), 2, "both rows of one number wait");
}

#[test]
fn one_bad_byte_stops_its_row_and_no_other() {
    let report = report("c05-utf8-one-bad-byte.csv", "");
    assert_rows(
        &report,
        &["full_name"],
        &["2 ready: Zoë Éxample", "3 ready: Björn Example", "4 stopped: null"],
    );
    assert!(messages(&report, "damaged-text").contains("0xE9 (A4)"), "the byte and the cell are named");
}

#[test]
fn dates_are_read_where_they_can_only_mean_one_day() {
    let open = report("c08-dates.csv", "");
    assert_eq!(questions(&open), ["date-order", "date-system"]);
    let report = report("c08-dates.csv", "date-order = \"dmy\"\ndate-system = \"1900\"\n");
    assert_rows(
        &report,
        &["start_date"],
        &[
            "2 ready: 2026-02-03",
            "3 ready: 2026-02-03",
            "4 ready: 2026-02-03",
            "5 ready: 2026-02-03",
            "6 ready: 2026-02-03",
            "7 ready: 2026-02-03",
            "8 stopped: null",
            "9 ready: 2023-03-15",
            "10 ready: 2026-02-03",
            "11 ready: 2026-02-03",
            "12 ready: 2026-02-03",
            "13 ready: 2026-02-03",
            "14 ready: 2026-02-03",
            "15 ready: 2026-02-03",
            "16 ready: 2026-02-13",
            "17 ready: 2026-02-13",
            "18 stopped: null",
            "19 stopped: null",
            "20 held: null",
            "21 held: null",
            "22 ready: 2026-02-03",
            "23 stopped: null",
            "24 stopped: null",
            "25 ready: 2026-02-03",
            "26 ready: 2026-02-03",
            "27 ready: 2026-02-03",
        ],
    );
    assert_eq!(found(&report, "date-range"), [19, 23, 24]);
}

#[test]
fn amounts_with_one_reading_are_read_and_those_with_two_are_asked() {
    let open = report("c09-amounts.csv", "");
    assert_eq!(questions(&open), ["decimal"]);
    let point = report("c09-amounts.csv", "decimal = \"point\"\n");
    let cost = |report: &Value, row: u64| {
        let records = report["records"].as_array().unwrap();
        records.iter().find(|record| record["row"] == row).unwrap()["body"]["course_cost"].to_string()
    };
    // (row, amount): the rows whose amount needs no answer, then the two that do.
    for (row, amount) in [
        (2, "1234.56"),
        (3, "1234.56"),
        (4, "1234.56"),
        (6, "0"),
        (8, "0"),
        (9, "0"),
        (11, "500"),
        (12, "500"),
        (14, "1234567"),
        (15, "1234"),
        (16, "1234.56"),
        (17, "1234.56"),
        (18, "1234.56"),
        (22, "5000"),
        (24, "1234.5"),
        (27, "500"),
        (30, "500"),
        (33, "12345.6"),
        (34, "500"),
        (35, "500"),
        (13, "1234"),
        (31, "1"),
    ] {
        let read: rust_decimal::Decimal = cost(&point, row).parse().unwrap();
        assert_eq!(read, amount.parse().unwrap(), "row {row}");
    }
    let comma = report("c09-amounts.csv", "decimal = \"comma\"\n");
    assert_eq!((cost(&comma, 13).as_str(), cost(&comma, 31).as_str()), ("1.234", "1000"));
    assert_eq!(found(&point, "negative"), [5, 19, 20, 21, 28]);
    assert_eq!(found(&point, "unreadable-value"), [25, 26, 36]);
    assert_eq!(found(&point, "unknown-word"), [7], "n/a is in the panel of values");
}

#[test]
fn genders_and_races_are_read_by_word_letter_and_code() {
    let report = report("c11-gender-race.csv", "");
    assert_rows(
        &report,
        &["gender", "race"],
        &[
            "2 ready: Female, African",
            "3 ready: Female, African",
            "4 ready: Female, African",
            "5 held: Male, null",
            "6 ready: Male, African",
            "7 held: Male, null",
            "8 ready: Female, Coloured",
            "9 held: null, Coloured",
            "10 ready: Female, Indian",
            "11 ready: Male, Indian",
            "12 held: Male, null",
            "13 held: null, White",
            "14 held: Female, null",
            "15 ready: Male, White",
            "16 held: Female, null",
            "17 stopped: null, null",
            "18 stopped: null, null",
            "19 held: null, null",
            "20 held: null, null",
            "21 ready: Female, African",
            "22 ready: Female, Coloured",
            "23 ready: Male, White",
            "24 ready: Male, White",
        ],
    );
    let said = "[values.race]\nBlack = \"African\"\nBLACK = \"African\"\n";
    let said = self::report("c11-gender-race.csv", said);
    assert_eq!(rows(&said, &["race"])[3], "5 ready: African", "a word once known is read everywhere");
}

#[test]
fn totals_titles_and_units_are_told_from_people() {
    assert_rows(
        &report("c27-total-row.csv", ""),
        &["full_name", "course_cost"],
        &["2 ready: Thandi Example, 5000", "3 left out: total"],
    );
    assert_rows(
        &report("c35-headings-with-units.csv", ""),
        &["full_name", "gender", "race", "course_cost", "id_number"],
        &["2 ready: Thandi Example, Female, African, 500, 8001010009088"],
    );
    assert_rows(
        &report("x09-title-rows.xlsx", ""),
        &["full_name"],
        &["4 ready: Thandi Example", "1 left out: title"],
    );
}

#[test]
fn first_names_and_surname_are_joined() {
    assert_rows(&report("c29-first-and-last.csv", ""), &["full_name"], &["2 ready: Thandi Example"]);
    assert_rows(
        &report("x11-name-and-surname.xlsx", ""),
        &["full_name"],
        &["2 ready: Thandi Example", "3 ready: Johan van der Voorbeeld"],
    );
}

#[test]
fn line_breaks_and_invisible_characters_are_taken_off_and_said() {
    let report = report("c44-line-break-in-name.csv", "");
    assert_rows(
        &report,
        &["full_name", "province"],
        &["2 held: Thandi Example, KwaZulu-Natal", "3 held: Johan Example, null"],
    );
    assert_eq!((found(&report, "line-break"), found(&report, "invisible")), (vec![2], vec![2, 3]));
}

#[test]
fn what_the_screen_notes_is_in_the_report() {
    let report = report("c47-notes-in-shell.csv", "");
    assert_eq!(found(&report, "id-length"), [2]);
    assert_eq!(found(&report, "id-gender"), [3]);
    assert_eq!(found(&report, "id-checksum"), [4]);
    assert_eq!(report["ready"], 3, "notes hold nobody");
}

#[test]
fn error_cells_and_formulas_that_were_never_calculated_stop_their_rows() {
    let errors = report("x01-error-cells.xlsx", "");
    assert_rows(&errors, &["full_name"], &["2 stopped: Thandi Example", "3 stopped: null"]);
    for named in ["#N/A (D2)", "#REF! (E2)", "#N/A (A3)", "#NAME? (F3)"] {
        assert!(messages(&errors, "error-cell").contains(named), "{named}");
    }
    let formula = report("x05-formula-never-calculated.xlsx", "");
    assert_rows(&formula, &["course_cost"], &["2 stopped: null"]);
    assert!(messages(&formula, "uncalculated").contains("open the workbook in a spreadsheet program"));
}

#[test]
fn durations_are_hours() {
    assert_rows(
        &report("x03-hours-as-duration.xlsx", ""),
        &["man_hours"],
        &["2 ready: 8.5", "3 ready: 40", "4 ready: 8.5"],
    );
}

#[test]
fn hidden_sheets_are_not_read_unless_they_are_named() {
    let lists = report("x07-hidden-lists-sheet-first.xlsx", "");
    assert_eq!(lists["sheet"], "Learners");
    assert_rows(&lists, &["full_name"], &["2 ready: Thandi Example"]);
    let visible = report("x19-hidden-sheet-with-people-first.xlsx", "");
    assert_eq!(
        (visible["sheet"].as_str(), rows(&visible, &["full_name"])[0].as_str()),
        (Some("2026"), "2 ready: Thandi Example")
    );
    let grids = read_grids(&case("x19-hidden-sheet-with-people-first.xlsx")).unwrap();
    let hidden = grids.iter().find(|grid| grid.is_hidden).unwrap();
    let named =
        report("x19-hidden-sheet-with-people-first.xlsx", &format!("sheets = [\"{}\"]\n", hidden.name));
    assert_eq!(named["sheet"], hidden.name.as_str());
    assert_ne!(rows(&named, &["full_name"]), rows(&visible, &["full_name"]));
}

#[test]
fn a_cost_merged_over_rows_is_asked_and_each_answer_is_kept_to() {
    assert_eq!(questions(&report("x15-merged-cost.xlsx", "")), ["merged"]);
    for (answer, costs) in [
        ("each", ["2 ready: 5000", "3 ready: 5000", "4 ready: 5000"]),
        ("divided", ["2 ready: 1666.67", "3 ready: 1666.67", "4 ready: 1666.66"]),
        ("first", ["2 ready: 5000", "3 ready: null", "4 ready: null"]),
    ] {
        assert_rows(
            &report("x15-merged-cost.xlsx", &format!("merged = \"{answer}\"\n")),
            &["course_cost"],
            &costs,
        );
    }
}

#[test]
fn a_sheet_with_a_strange_extent_is_read_and_last_years_is_not_taken_for_it() {
    let report = report("x17-row-dimension-two-sheets.xlsx", "");
    assert_eq!(report["sheet"], "Learners");
    assert_rows(&report, &["full_name"], &["2 ready: Thandi Example"]);
    assert!(messages(&report, "other-sheet").contains("Last year"), "the other sheet is named");
}

#[test]
fn sheets_alike_are_all_offered_and_read_together_when_named() {
    let open = report("x20-one-sheet-per-month.xlsx", "");
    assert_eq!(questions(&open), ["sheet"]);
    let choices = open["questions"][0]["choices"].as_array().unwrap();
    let names: Vec<String> = choices.iter().map(|name| format!("{name}")).collect();
    let together = report("x20-one-sheet-per-month.xlsx", &format!("sheets = [{}]\n", names.join(", ")));
    assert!(questions(&together).is_empty());
    assert_eq!(together["ready"].as_u64().unwrap() as usize, choices.len(), "each sheet has one learner");
    assert_eq!(together["sheets"].as_array().unwrap(), choices);
}

/// The report of a text file imported into a program of which nothing is known.
fn report_of(text: &str, answers: &str) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("people.csv");
    std::fs::write(&path, text).unwrap();
    report(path.to_str().unwrap(), answers)
}

#[test]
fn of_one_person_twice_the_second_row_waits_and_of_two_people_with_one_number_both() {
    let file = |second: &str| {
        format!(
            "Full name,ID number,Gender,Race,Start date\nAnn Example,8001015009087,M,A,2026-01-05\n{second},8001015009087,M,A,2026-02-05\n"
        )
    };
    assert_rows(
        &report_of(&file("Ann Example"), ""),
        &["start_date"],
        &["2 ready: 2026-01-05", "3 held: 2026-02-05"],
    );
    assert_rows(
        &report_of(&file("Ben Example"), ""),
        &["start_date"],
        &["2 held: 2026-01-05", "3 held: 2026-02-05"],
    );
}

#[test]
fn lost_zeros_wait_and_are_given_back_once_released() {
    let file = "Full name,ID number,Gender,Race\nAnn Example,101010001085,F,A\n";
    assert_rows(&report_of(file, ""), &["id_number"], &["2 held: 101010001085"]);
    assert_rows(
        &report_of(file, "release = [\"id-lost-zeros\"]\n"),
        &["id_number"],
        &["2 ready: 0101010001085"],
    );
}

#[test]
fn cells_beyond_the_headings_stop_their_row_unless_the_heading_row_has_blank_cells_there() {
    let rows = "Ann Example,F,A,100,ok\nBen Example,M,A,100,\n";
    let shifted = report_of(&format!("Full name,Gender,Race,Course cost\n{rows}"), "");
    assert_rows(&shifted, &["full_name"], &["2 stopped: Ann Example", "3 ready: Ben Example"]);
    let remarks = report_of(&format!("Full name,Gender,Race,Course cost,\n{rows}"), "");
    assert_rows(&remarks, &["full_name"], &["2 ready: Ann Example", "3 ready: Ben Example"]);
}

#[test]
fn a_hint_below_the_headings_settles_the_order_of_dates() {
    for (hint, day) in [("dd/mm/yyyy", "2026-02-03"), ("mm/dd/yyyy", "2026-03-02")] {
        let text = format!("Full name,Gender,Race,Start date\n,M/F,,{hint}\nAnn Example,F,A,03/02/2026\n");
        let report = report_of(&text, "");
        assert!(questions(&report).is_empty(), "{report}");
        assert_rows(&report, &["start_date"], &[&format!("3 ready: {day}"), "2 left out: hint"]);
    }
}

#[test]
fn a_word_that_is_not_known_cannot_be_released() {
    let file = "Full name,Gender,Race\nAnn Example,F,Purple\n";
    assert_rows(&report_of(file, "release = [\"unknown-word\"]\n"), &["race"], &["2 held: null"]);
}

/// The report of a whole file imported into a scorecard of which nothing is known.
fn report_into_scorecard(text: &str, answers: &str) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("people.csv");
    std::fs::write(&path, text).unwrap();
    let grids = read_grids(&path).unwrap();
    let answers = Answers::from_toml(&format!("{SAID}{answers}")).unwrap();
    let target = ImportTarget::Scorecard("scorecard_Y2EQKp8z1r9jeToPW6deGwo9".parse().unwrap());
    let preview = ImportPreview::new(&grids, &target, &answers, &ServerKnowledge::default());
    serde_json::to_value(ImportReport::new(String::new(), &preview, &grids, &answers)).unwrap()
}

#[test]
fn each_new_program_without_a_category_is_asked_for_its_own() {
    let file = "Qualification Title,Full Name,Gender,Race\nWelding,Ann Example,F,White\nWelding,Ben Example,M,White\nNursing,Cleo Example,F,White\n";
    let report = report_into_scorecard(file, "");
    assert_eq!(found(&report, "category-missing"), [2, 3, 4]);
    assert_eq!((&report["ready"], &report["stopped"]), (&0.into(), &3.into()));
    let asked = |report: &Value| {
        let words = report["values"].as_array().unwrap().iter();
        let own = words.filter(|word| word["column"] == "program.category");
        own.map(|word| format!("{} {} {}", word["word"], word["rows"], word["value"])).collect::<Vec<_>>()
    };
    assert_eq!(asked(&report), [r#""Welding" 2 null"#, r#""Nursing" 1 null"#]);

    let said = report_into_scorecard(
        file,
        "[values.\"program.category\"]\nwelding = \"D\"\nNursing = \"nursing\"\n",
    );
    assert_eq!(found(&said, "category-missing"), [4], "a category is one of the letters");
    assert_eq!(asked(&said), [r#""Welding" 2 "D""#, r#""Nursing" 1 null"#]);
    let category = said["programs"].as_array().unwrap().iter().map(|program| &program["category"]);
    assert_eq!(category.collect::<Vec<_>>(), [&Value::from("D"), &Value::Null]);
}

#[test]
fn what_a_workbook_hides_and_what_is_read_by_its_column_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("people.xlsx");
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let rows = [
        ["Full Name", "Gender", "Race", "Completed", "Province", "Course Cost"],
        ["Ann Example", "F", "White", "✓", "GP", "100"],
        ["Ben Example", "M", "White", "x", "Atlantis", "100"],
    ];
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            sheet.write(row, column, cell).unwrap();
        }
    }
    sheet.set_column_hidden(5).unwrap();
    book.save(&path).unwrap();
    let report = report_at(&path, "");
    assert_rows(
        &report,
        &["full_name", "completed", "province", "course_cost"],
        &["2 ready: Ann Example, true, Gauteng, 100", "3 ready: Ben Example, false, Atlantis, 100"],
    );
    assert_eq!(found(&report, "cross-is-no"), [3]);
    assert_eq!(found(&report, "other-province"), [3]);
    assert_eq!(
        messages(&report, "hidden-column"),
        "Course Cost: the workbook hides the column; it is read all the same"
    );
    assert_eq!(found(&report, "hidden-column"), [2, 3]);
}

#[test]
fn a_row_without_a_category_joins_the_program_that_a_person_says() {
    let file = "Programme,Category,Full Name,Gender,Race\nWelding,C,Ann Example,F,White\nWelding,D,Ben Example,M,White\nWelding,,Cleo Example,F,White\n";
    let programs = |answers: &str| {
        let report = report_into_scorecard(file, &format!("fill-down = \"no\"\n{answers}"));
        let programs = report["programs"].as_array().unwrap().iter();
        programs
            .map(|program| format!("{} {}", program["category"], program["participants"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(programs(""), ["\"C\" 1", "\"D\" 1", "null 1"]);
    assert_eq!(programs("[values.\"program.category\"]\nWelding = \"D\"\n"), ["\"C\" 1", "\"D\" 2"]);
}
