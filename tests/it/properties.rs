//! What must hold for any input: responses, merges, text, files, settings and keys that nobody thought of.

use std::collections::BTreeSet;

use bee_tui::api::participants::Action;
use bee_tui::api::request::PageQuery;
use bee_tui::api::{Call, participants, plans, scorecards, supplier_scores, training_programs};
use bee_tui::config::{AccountNeeds, GlobalOptions, load};
use bee_tui::domain::benchmark::Benchmarks;
use bee_tui::domain::change::change_set;
use bee_tui::domain::change::counter_change::{ChangeState, CounterChange, CounterStanding};
use bee_tui::domain::import::answers::Answers;
use bee_tui::domain::import::file_rows::ImportTarget;
use bee_tui::domain::import::preview::ImportPreview;
use bee_tui::domain::import::server_knowledge::ServerKnowledge;
use bee_tui::domain::plan::target::CounterReading;
use bee_tui::domain::text::{Text, escape_spreadsheet_cell, unescape_spreadsheet_cell};
use bee_tui::input::command::TABLE;
use bee_tui::input::keymap::Keymap;
use bee_tui::runtime::files;
use proptest::prelude::*;
use serde_json::{Value, json};

fn config() -> ProptestConfig {
    ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() }
}

/// One call for each kind of response.
fn calls() -> Vec<Call> {
    let card: bee_tui::domain::id::ScorecardId = "scorecard_1".parse().unwrap();
    let program = "7".parse().unwrap();
    let page = PageQuery { page: 1, per_page: 1000 };
    let people =
        |ask| Call::Participants(participants::Call { scorecard: card.clone(), program, action: ask });
    vec![
        Call::Plans(plans::Call::List),
        Call::Plans(plans::Call::Read("42".parse().unwrap())),
        Call::Plans(plans::Call::Delete("42".parse().unwrap())),
        Call::Scorecards(scorecards::Call::List),
        Call::Scorecards(scorecards::Call::Read(card.clone())),
        Call::Scorecards(scorecards::Call::Recalculate(card.clone())),
        Call::TrainingPrograms(training_programs::Call::List(card.clone(), page)),
        people(Action::List(page)),
        people(Action::Create(Vec::new())),
        Call::SupplierScores(supplier_scores::Call::Scores("T100".parse().unwrap())),
    ]
}

/// Any JSON, with the documented field names among its keys.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "canary-[a-z0-9]{1,9}".prop_map(Value::from),
        Just(Value::from("2025-09-01")),
    ];
    let key = prop_oneof![
        Just("id".to_owned()),
        Just("data".to_owned()),
        Just("meta".to_owned()),
        Just("name".to_owned()),
        Just("milestones".to_owned()),
        Just("targets".to_owned()),
        Just("updated_at".to_owned()),
        Just("number_of_african_male_top_managers".to_owned()),
        "[a-z_]{1,8}",
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// A body as the documents have it for a call.
fn documented(call: &Call) -> Value {
    let plan = json!({"id": 42, "name": "Plan", "milestones": [{"id": 7, "year_number": 1, "targets": [
        {"id": 9, "target_type": "all_employees", "number_of_african_male_top_managers": 3}]}]});
    let card = json!({"id": "scorecard_1", "description": "Card", "updated_at": "2026-01-01T10:00:00.000Z"});
    let person = json!({"id": 3, "full_name": "Thandi", "race": "african", "gender": "Female"});
    let meta = json!({"count": 1, "page": 1, "pages": 1});
    match call {
        Call::Plans(plans::Call::List) => json!([plan]),
        Call::Plans(plans::Call::Read(_)) => plan,
        Call::Scorecards(scorecards::Call::List) => json!([card]),
        Call::Scorecards(scorecards::Call::Read(_)) => card,
        Call::Participants(participants::Call { action: Action::List(_), .. }) => {
            json!({"data": [person], "meta": meta})
        }
        Call::Participants(_) => json!([]),
        Call::TrainingPrograms(_) => json!({"data": [{"id": 7, "name": "Course"}], "meta": meta}),
        Call::SupplierScores(_) => json!([{"vendor_code": "T100", "name": "Supplier"}]),
        _ => json!({}),
    }
}

/// A body with one of its values, at any depth, replaced by another.
fn damaged(body: &Value, at: usize, with: &Value) -> Value {
    fn replace(value: &mut Value, left: &mut usize, with: &Value) {
        if *left == 0 {
            *value = with.clone();
        }
        *left = left.wrapping_sub(1);
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| replace(item, left, with)),
            Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, left, with)),
            _ => {}
        }
    }
    let (mut body, mut left) = (body.clone(), at);
    replace(&mut body, &mut left, with);
    body
}

/// A text with a piece of it replaced, somewhere.
fn edited(text: &str, at: usize, length: usize, with: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = at % chars.len();
    let end = (at + length).min(chars.len());
    let with: Vec<char> = with.chars().collect();
    chars[..at].iter().chain(&with).chain(&chars[end..]).collect()
}

const SECTORS: &str = include_str!("../../assets/sectoral_targets.csv");
const EAP: &str = include_str!("../../assets/eap.csv");
const CHANGE_SET: &str = "form = 1\n\n[[target]]\nplan = 42\nmilestone = 7\ntarget = 9\nlabel = \"Plan\"\n\n\
                          [target.counters]\nnumber_of_african_male_top_managers = { base = 3, mine = 8 }\n";

#[test]
fn the_bodies_and_files_that_are_damaged_below_are_readable() {
    for call in calls() {
        // A deletion is answered with nothing, which leaves nothing to damage.
        let is_deletion = matches!(call, Call::Plans(plans::Call::Delete(_)));
        let body = if is_deletion { String::new() } else { documented(&call).to_string() };
        assert!(call.read(body.as_bytes()).is_ok(), "{call:?}: {body}");
    }
    assert!(change_set::read(CHANGE_SET).is_ok());
    assert!(Benchmarks::default().with_targets(SECTORS, "x".into()).is_ok());
    assert!(Benchmarks::default().with_eap(EAP, "x".into()).is_ok());
}

/// Text as an attacker would write it.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        Just("\x1b]52;c;AAAA\x07".to_owned()),
        Just("\u{202e}".to_owned()),
        Just("\u{301}".to_owned()),
        Just("\u{e0041}".to_owned()),
        Just("\u{9b}2J".to_owned()),
        Just("=cmd|".to_owned()),
        "[ -~]{0,6}",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_damaged_body_is_read_or_refused_without_quoting_it(with in json(), at in 0..24_usize) {
        for call in calls() {
            let body = damaged(&documented(&call), at, &with).to_string();
            if let Err(why) = call.read(body.as_bytes()) {
                prop_assert!(!why.to_string().contains("canary"), "{why}");
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        for call in calls() {
            let _ = call.read(&body);
        }
    }

    #[test]
    fn a_merge_sends_only_values_nobody_else_changed(
        base in proptest::option::of(0..5_u32),
        mine in 0..5_u32,
        theirs in proptest::option::of(0..5_u32),
    ) {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let change = CounterChange { base, mine, state: ChangeState::Staged, edited_at: at };
        let standing = change.standing(Some(Some(theirs.map_or(CounterReading::Null, CounterReading::Count))));
        // The rule of a three-way merge: a value unchanged there, or equal to mine already, goes ahead; else
        // a person decides.
        let goes_on = theirs == base || theirs == Some(mine);
        match standing {
            CounterStanding::Staged => prop_assert!(goes_on),
            CounterStanding::Conflict(_) => prop_assert!(!goes_on),
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn shown_text_contains_no_control_or_invisible_characters(text in hostile()) {
        let shown = Text::from(text.as_str()).to_string();
        for c in shown.chars() {
            let hidden = c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
            prop_assert!(!hidden, "{c:?} of {text:?}");
        }
        prop_assert_eq!(Text::from(shown.as_str()).to_string(), shown.clone(), "shown once more it is the same");
        let ordinary = text.chars().all(|c| (' '..='~').contains(&c));
        prop_assert!(!ordinary || shown == text);
    }

    #[test]
    fn no_cell_of_a_spreadsheet_is_a_formula(text in hostile()) {
        let cell = escape_spreadsheet_cell(&text);
        let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        prop_assert!(!formula || cell.parse::<f64>().is_ok(), "{cell:?}");
        prop_assert_eq!(unescape_spreadsheet_cell(&cell), text.as_str());
    }

    #[test]
    fn any_file_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400), rows in hostile()) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.csv");
        let packed = [b"PK\x03\x04".as_slice(), &bytes].concat();
        for content in [bytes.clone(), packed, rows.into_bytes()] {
            std::fs::write(&path, content).unwrap();
            if let Ok(grids) = files::read_grids(&path) {
                let target = ImportTarget::Program("scorecard_1".parse().unwrap(), "7".parse().unwrap());
                let preview = ImportPreview::new(&grids, &target, &Answers::default(), &ServerKnowledge::default());
                prop_assert_eq!(preview.rows.len() + preview.left_out.len(), preview.sheets.iter().map(|sheet| {
                    let grid = &grids[sheet.grid];
                    grid.rows().iter().filter(|row| row.number > sheet.heading_row).count()
                        + preview.left_out.iter().filter(|(row, _)| row.number < sheet.heading_row).count()
                }).sum::<usize>(), "each row is a person or left out");
            }
        }
    }

    #[test]
    fn any_configuration_is_read_or_refused_without_its_secret(
        noise in "[ -~\n]{0,40}",
        quote in prop_oneof![Just("\""), Just("'"), Just(""), Just("\"\"\"")],
        at_end in any::<bool>(),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        let secret = format!("[profiles.acme]\napi_key = \"k\"\napi_secret = {quote}s3cret-canary{quote}\n");
        let text = if at_end { format!("{noise}\n{secret}") } else { format!("{secret}{noise}") };
        std::fs::write(&path, text).unwrap();
        let options = GlobalOptions { config: Some(path), ..GlobalOptions::default() };
        if let Err(error) = load(&options, AccountNeeds::Account, &|_| None) {
            prop_assert!(!error.to_string().contains("s3cret-canary"), "{error}");
        }
    }

    #[test]
    fn any_key_bindings_are_accepted_without_a_clash_or_refused(
        wishes in proptest::collection::btree_map(
            (0..TABLE.len()).prop_map(|at| TABLE[at].name.to_owned()),
            proptest::collection::vec("(ctrl-|alt-)?([a-z0-9]|enter|esc|f[1-9]|tab|é)", 0..3),
            0..6,
        ),
    ) {
        let Ok(keymap) = Keymap::new(&wishes) else { return Ok(()) };
        for (name, keys) in &wishes {
            let entry = TABLE.iter().find(|entry| entry.name == name).unwrap();
            for key in keys {
                let key = key.parse().unwrap();
                prop_assert_eq!(keymap.command(&[entry.scope], key), Some(entry.command));
            }
        }
    }
}

fn sheet_cell() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[0-9]{1,5}",
        1 => Just(String::new()),
        1 => prop::sample::select(vec![
            "Year", "Table", "Level", "Total", "AM", "WF", "A", "C", "I", "W", "Male", "Female", "Senior", "Top",
            "Six levels", "Year 2", "2", "disabled", "plan", "counter", "number", "table", "year",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,8}",
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_expression_gives_a_count_or_a_reason(text in ".{0,40}", total in any::<u32>()) {
        use bee_tui::domain::plan::expression::{ExpressionTerms, evaluate};
        let terms = ExpressionTerms { previous: Some(3), server: None, total: total.into() };
        match evaluate(&text, &terms) {
            Ok(outcome) => prop_assert!(i32::try_from(outcome.count).is_ok()),
            Err(why) => prop_assert!(!why.text().is_empty()),
        }
    }

    #[test]
    fn an_edited_change_set_or_table_is_read_or_refused_with_a_reason(
        at in any::<usize>(),
        length in 0..9_usize,
        with in "\\PC{0,6}",
    ) {
        if let Err(why) = change_set::read(&edited(CHANGE_SET, at, length, &with)) {
            prop_assert!(!why.to_string().is_empty());
        }
        if let Err(why) = Benchmarks::default().with_targets(&edited(SECTORS, at, length, &with), "x".into()) {
            prop_assert!(!why.to_string().is_empty());
        }
        if let Err(why) = Benchmarks::default().with_eap(&edited(EAP, at, length, &with), "x".into()) {
            prop_assert!(!why.to_string().is_empty());
        }
    }

    #[test]
    fn each_row_of_a_file_ends_in_exactly_one_way(
        rows in prop::collection::vec(
            prop::sample::subsequence((0_usize..12).collect::<Vec<_>>(), 0..5),
            1..40,
        ),
        title in any::<bool>(),
        into_scorecard in any::<bool>(),
    ) {
        // Each number chooses another value for a cell; what is not chosen is blank.
        const CELLS: [(usize, &str); 12] = [
            (0, "Thandi Example"), (0, "TOTAL"), (0, "e.g. John"), (0, "Full name"), (1, "F"), (1, "Klingon"),
            (2, "African"), (2, "Race"), (3, "8001015009087"), (3, "N/A"), (4, "1500.50"), (5, "Ladders"),
        ];
        let headings = "Full name,Gender,Race,ID number,Course cost,Programme\n";
        let mut text = String::from(if title { "Acme: learners of the year,,,,,\n" } else { "" });
        text += headings;
        let first = text.lines().count() + 1;
        let mut filled = Vec::new();
        for (at, chosen) in rows.iter().enumerate() {
            let mut cells = [""; 6];
            for place in chosen {
                let (column, cell) = CELLS[*place];
                cells[column] = cell;
            }
            filled.extend(cells.iter().any(|cell| !cell.is_empty()).then_some((first + at) as u32));
            text += &(cells.join(",") + "\n");
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("people.csv");
        std::fs::write(&path, &text).unwrap();
        let grids = files::read_grids(&path).unwrap();
        let scorecard = "scorecard_1".parse().unwrap();
        let target = if into_scorecard {
            ImportTarget::Scorecard(scorecard)
        } else {
            ImportTarget::Program(scorecard, "7".parse().unwrap())
        };
        let preview = ImportPreview::new(&grids, &target, &Answers::default(), &ServerKnowledge::default());
        let heading = preview.sheets[0].heading_row;
        let people = preview.rows.iter().map(|row| row.place.number);
        let mut ended: Vec<u32> = people.chain(preview.left_out.iter().map(|(place, _)| place.number)).collect();
        ended.retain(|row| *row > heading);
        ended.sort_unstable();
        filled.retain(|row| *row > heading);
        prop_assert_eq!(ended, filled, "{}", text);
    }

    #[test]
    fn an_imported_workbook_changes_only_counters_of_its_plan(
        sheets in prop::collection::vec(
            ("(Year [0-9] )?(all employees|disabled|bee-tui base|\\PC{0,8})",
             prop::collection::vec(prop::collection::vec(sheet_cell(), 0..14), 0..9)),
            0..4,
        ),
    ) {
        use bee_tui::domain::file_table::FileSheet;
        use bee_tui::domain::plan::table_ref::{TableRef, YearIndex};
        use bee_tui::domain::plan::target::TargetType;
        let plan = r#"{"id":42,"name":"P","milestones":[{"id":1,"year_number":2,"targets":[{"id":2,
            "target_type":"all_employees","number_of_african_male_top_managers":3,
            "number_of_white_female_senior_managers":4,"number_of_people":5}]}]}"#;
        let model = crate::support::harness::grid_of(plan, (80, 24));
        let sheets: Vec<FileSheet> = sheets.into_iter().map(|(name, rows)| FileSheet { name, rows }).collect();
        let shown =
            TableRef { plan: "42".parse().unwrap(), year: YearIndex::FIRST, table: TargetType::AllEmployees };
        let returned = model.workspace().changes_in_file(&shown, &sheets);
        let mut seen = BTreeSet::new();
        for edit in &returned.edits {
            prop_assert!(model.workspace().counter_reading(&edit.counter).is_some());
            prop_assert_ne!(model.workspace().counter_value(&edit.counter), Some(edit.mine));
            prop_assert!(seen.insert(edit.counter.clone()), "each once");
        }
    }
}

/// The headings of the generated files, each with cells as people write them.
const CELLS: [(&str, &[&str]); 14] = [
    (
        "Programme",
        &["Excel", "Excel", "First aid: level 2", "\"Ladders\", scaffolds", "=1+1", "Zoë's course", "12"],
    ),
    (
        "First name",
        &[
            "Thandi",
            "Zoë  Anne",
            " Ann ",
            "Nkosi, Ben",
            "=cmd|x",
            "'Jan",
            "-",
            "Thandi\nExample",
            "a\u{200b}b",
        ],
    ),
    (
        "Surname",
        &["Example", "van der Merwe", "O'Brien", "+Smith", "@home", "Total", "Müller;Co", "Example\t2"],
    ),
    ("Gender", &["F", "male", "Vrou", "Klingon", "M"]),
    ("Race", &["African", "C", "indian", "Blue", "White"]),
    (
        "ID number",
        &[
            "8001015009087",
            "'8001015009087",
            "80 0101 5009 087",
            "8.00102E12",
            "801015009087",
            "N/A",
            "AB123456",
        ],
    ),
    ("Disabled", &["No", "Y", "n", "perhaps"]),
    ("Foreign", &["No", "Ja", "x"]),
    ("Employment status", &["Permanent", "Temp", "Unemployed", "Fixed-Term", "jobless"]),
    ("Province", &["GP", "Gauteng", "KwaZulu-Natal", "Atlantis"]),
    (
        "Start date",
        &["2026/02/03", "2026-02-03", "3 Feb 2026", "03/02/2026", "31/01/2026", "soon", "9999-01-01"],
    ),
    (
        "Course cost incl VAT",
        &["1 500,50", "R1,234.56", "1.000", "1,234", "0.1", "-5", "free", "1e3", "2000.125"],
    ),
    ("Man hours", &["8", "8:30", "40 hours", "7.5", "0.001"]),
    ("Employee code", &["007", "E-12", "=SUM(A1)", "1.50", "TRUE", "2026-01-01"]),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..config() })]

    #[test]
    fn a_written_file_reads_back_to_the_same_values(
        rows in prop::collection::vec(prop::collection::vec(0..20_usize, CELLS.len()), 1..8),
        answered in any::<[bool; 4]>(),
        into_scorecard in any::<bool>(),
        ending in prop::sample::select(vec!["csv", "xlsx"]),
    ) {
        use bee_tui::domain::change::collection::Collection;
        use bee_tui::domain::file_table::{FileContent, FileTable};
        use bee_tui::domain::import::answers::{DateOrderAnswer, DecimalAnswer, EmploymentAnswer, VatAnswer, YesNo};
        use bee_tui::domain::import::written_tables::{WrittenRows, reasons_table, rejected_rows_table};
        use bee_tui::domain::change::record_change::RecordChange;
        use bee_tui::domain::record::{RecordDraft, Value as FieldValue};
        use serde::de::DeserializeSeed;
        use bee_tui::effect::Document;

        // Everybody has a first name: a row of costs without one may as well be the sum of those above.
        let cell = |(at, place): (usize, &usize)| match CELLS[at] {
            ("First name", names) => names[place % names.len()].to_owned(),
            (_, cells) => cells.get(*place).copied().unwrap_or("").to_owned(),
        };
        let headings = CELLS.map(|(heading, _)| heading.to_owned()).into();
        let cells = rows.iter().map(|row| row.iter().enumerate().map(cell).collect());
        let dir = tempfile::tempdir().unwrap();
        let write_rows = |name: &str, ending: &str, rows: WrittenRows| {
            let path = dir.path().join(format!("{name}.{ending}"));
            files::write_new(&path, &Document::Rows(rows, FileContent::RejectedRows), |_, _| {}).unwrap();
            files::read_grids(&path).unwrap()
        };
        let write = |name: &str, ending: &str, table: FileTable| write_rows(name, ending, WrittenRows::Table(table));
        let scorecard: bee_tui::domain::id::ScorecardId = "scorecard_1".parse().unwrap();
        let program = "7".parse().unwrap();
        let target = if into_scorecard {
            ImportTarget::Scorecard(scorecard.clone())
        } else {
            ImportTarget::Program(scorecard.clone(), program)
        };
        let answers = Answers {
            employed: answered[0].then_some(EmploymentAnswer::Permanent),
            disabled: answered[0].then_some(YesNo::No),
            date_order: Some(if answered[1] { DateOrderAnswer::DayFirst } else { DateOrderAnswer::MonthFirst }),
            decimal: Some(if answered[2] { DecimalAnswer::Comma } else { DecimalAnswer::Point }),
            vat: answered[3].then_some(VatAnswer::Remove),
            ..Answers::default()
        };
        let server = ServerKnowledge::default();
        let read = |grids: &[_], answers: &Answers| {
            let preview = ImportPreview::new(grids, &target, answers, &server);
            let values: Vec<_> = preview
                .read_rows(grids, answers)
                .map(|(_, values)| (values.program, values.participant))
                .collect();
            (preview, values)
        };
        let grids = write("people", "csv", FileTable { headings, rows: (2..).zip(cells).collect() });
        let (preview, values) = read(&grids, &answers);
        if values.is_empty() {
            return Ok(());
        }
        let reasons = reasons_table(&preview, &grids, &answers, |at| Some(format!("it, \"{at}\"\nwaits")));
        let returned = write("reasons", ending, reasons);
        let (_, again) = read(&returned, &Answers::default());
        prop_assert_eq!(&again, &values);

        let participants = Collection::Participants(scorecard, program);
        let now = "2026-02-03T10:00:00Z".parse().unwrap();
        let changes = preview.changes(&grids, &answers, now, |_| Some(participants.clone()));
        let table = rejected_rows_table(participants.schema(), changes.iter().map(|change| (change, "held".into())));
        let (_, again) = read(&write("rejected", ending, table), &Answers::default());
        let people = |values: &[(Vec<_>, Vec<_>)]| values.iter().map(|(_, person)| person.clone()).collect::<Vec<_>>();
        prop_assert_eq!(people(&again), people(&values));

        // What the server holds of them, as a list that is written.
        let is_whole = |change: &&RecordChange| {
            let draft = change.intent.created_draft();
            draft.is_some_and(|draft| draft.entries().iter().all(|(_, value)| !matches!(value, FieldValue::Unparsed(_))))
        };
        let whole: Vec<_> = changes.iter().filter(is_whole).filter_map(|change| change.intent.created_draft()).collect();
        let record = |draft: &&RecordDraft| {
            let mut json = json!(draft);
            json["id"] = json!(9001);
            participants.schema().deserialize(json).unwrap()
        };
        let records: Vec<_> = whole.iter().map(record).collect();
        if !records.is_empty() {
            let rows = WrittenRows::Records(participants.schema(), records.into());
            let (_, again) = read(&write_rows("list", ending, rows), &Answers::default());
            let sent: Vec<_> = whole.iter().map(|draft| draft.entries().to_vec()).collect();
            prop_assert_eq!(people(&again), sent);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..config() })]

    #[test]
    fn shortfalls_are_what_adding_people_one_by_one_shows(
        counts in prop::collection::vec(0..60_u32, 60),
        sector in prop::sample::select(bee_tui::domain::plan::SECTORS.to_vec()),
    ) {
        use bee_tui::domain::benchmark::shortfall::{MeasuredGroup, measured_targets};
        use bee_tui::domain::plan::counter::{Gender, Level};
        use bee_tui::domain::plan::matrix::Matrix;

        // The rows of the published table, read without the program: sector, level, and the three shares.
        let table = include_str!("../../assets/sectoral_targets.csv");
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let heads = reader.headers().unwrap().clone();
        let at = |name: &str| heads.iter().position(|head| head == name).unwrap();
        let hundredths = |text: &str| (text.parse::<f64>().unwrap() * 100.0).round() as u64;
        let rows: Vec<(String, [u64; 3])> = reader
            .records()
            .map(Result::unwrap)
            .filter(|row| &row[at("sector")] == sector && &row[at("level")] != "disability")
            .map(|row| (row[at("level")].to_owned(), ["male_pct", "female_pct", "total_pct"].map(|name| hundredths(&row[at(name)]))))
            .collect();
        let mut matrix = Matrix::default();
        for (place, count) in counts.iter().enumerate() {
            matrix.0[place / 10][place % 10] = Some(*count);
        }
        let benchmarks = Benchmarks::default();
        let measured = measured_targets(benchmarks.sector(sector).unwrap(), &matrix, None);
        prop_assert_eq!(measured.len(), 12);
        let levels = ["top_managers", "senior_managers", "middle_managers", "junior_managers"];
        for (group, reading) in measured {
            let MeasuredGroup::Level(level, gender) = group else { panic!("no disability without its table") };
            let level_at = [Level::Top, Level::Senior, Level::Middle, Level::Junior].iter().position(|l| *l == level).unwrap();
            // AM CM IM WM AF CF IF WF FM FF
            let own: Vec<u64> = counts[level_at * 10..level_at * 10 + 10].iter().map(|n| u64::from(*n)).collect();
            let (men, women): (u64, u64) = (own[..3].iter().sum(), own[4..8].iter().sum());
            let (have, share_at) = match gender {
                Some(Gender::Male) => (men, 0),
                Some(Gender::Female) => (women, 1),
                None => (men + women, 2),
            };
            let target = rows.iter().find(|(name, _)| *name == levels[level_at]).unwrap().1[share_at];
            let meets = |have: u64, total: u64| total == 0 || have * 10_000 >= target * total;
            let replaced = |total: u64| (0..1000).find(|more| meets(have + more, total)).unwrap();
            let total: u64 = own.iter().sum();
            let without = total - own[8] - own[9];
            prop_assert_eq!(reading.is_met(), meets(have, total));
            prop_assert_eq!(reading.short_by_replacement(), replaced(total));
            prop_assert_eq!(reading.short_by_hiring(), (0..100_000).find(|more| meets(have + more, total + more)));
            let other = reading.without_foreign().map(|other| (other.is_met(), other.short_by_replacement()));
            let decides = meets(have, total) != meets(have, without);
            prop_assert_eq!(other, decides.then(|| (meets(have, without), replaced(without))));
        }
    }
}
