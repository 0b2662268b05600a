//! Overlays and findings: the numbers shown equal those computed from the published tables as their README says.

use bee_tui::domain::plan::SECTORS;
use bee_tui::sandbox::Sandbox;
use proptest::prelude::*;
use serde_json::Value;

use crate::flows::ranges::{COLUMNS, LEVELS, grid, numbers};
use crate::support::harness::{App, Setup, ask, grid_of, press, sandbox, screen_of, set_elsewhere};

const LABELS: [&str; 6] = ["Top", "Senior", "Middle", "Junior", "Semi-skilled", "Unskilled"];

/// The rows of a shipped table, by heading.
fn table(text: &str) -> Vec<std::collections::HashMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

fn tenths(text: &str) -> u64 {
    let (whole, tenth) = text.split_once('.').unwrap();
    assert_eq!(tenth.len(), 1, "{text}");
    whole.parse::<u64>().unwrap() * 10 + tenth.parse::<u64>().unwrap()
}

/// How many more people a level needs, found by trying, with the level's total fixed.
fn gap(people: u64, total: u64, target_tenths: u64) -> u64 {
    (0..=total).find(|more| (people + more) * 1000 >= target_tenths * total).unwrap()
}

type Numbers = Vec<Vec<u32>>;

fn plan(sector: &str, all: &Numbers, disabled: &Numbers) -> String {
    let counters = |numbers: &Numbers| {
        let cell = |row: usize, column: usize| {
            format!(r#","number_of_{}_{}":{}"#, COLUMNS[column], LEVELS[row], numbers[row][column])
        };
        (0..60).map(|at| cell(at / 10, at % 10)).collect::<String>()
    };
    format!(
        r#"{{"id":42,"name":"P","sector":{},"milestones":[{{"id":1,"year_number":1,"start_date":"2025-09-01",
            "end_date":"2026-08-31","targets":[{{"id":2,"target_type":"all_employees"{}}},
            {{"id":3,"target_type":"disabled_employees"{}}}]}}]}}"#,
        Value::from(sector),
        counters(all),
        counters(disabled)
    )
}

/// The words of the line in the panel below the table that begins with this label.
fn line(screen: &str, label: &str) -> Vec<String> {
    let source = |line: &&str| !line.contains("GN 6124") && !line.contains("unverified");
    let line = screen.lines().skip_while(source).find(|line| line.trim_start().starts_with(label)).unwrap();
    line.replace(label, "").split_whitespace().map(str::to_owned).collect()
}

/// Checks `28.6/30.0 1 short` against people, total and target; returns the words after it.
fn check<'a>(words: &'a [String], people: u64, total: u64, target: &str) -> &'a [String] {
    let (share, shown_target) = words[0].split_once('/').unwrap();
    assert_eq!(shown_target, target);
    if total == 0 {
        assert_eq!((share, words[1].as_str()), ("–", "nobody"));
        return &words[2..];
    }
    let exact = people as f64 * 100.0 / total as f64;
    assert!((share.parse::<f64>().unwrap() - exact).abs() < 0.0501, "{share} of {exact}");
    match gap(people, total, tenths(target)) {
        0 => {
            assert_eq!(words[1], "met");
            &words[2..]
        }
        more => {
            assert_eq!((words[1].as_str(), words[2].as_str()), (more.to_string().as_str(), "short"));
            &words[3..]
        }
    }
}

fn numbers_of_people() -> impl Strategy<Value = Numbers> {
    let count = prop_oneof![1 => Just(0u32), 4 => 0u32..6, 3 => 0u32..400];
    let row = prop_oneof![9 => prop::collection::vec(count, 10), 1 => Just(vec![0; 10])];
    prop::collection::vec(row, 6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    // From the data's README: designated male = African + Coloured + Indian male; designated female = African + Coloured +
    // Indian + White female; each divided by all people at that level, white males and foreign nationals included.
    #[test]
    fn the_overlays_equal_the_published_tables(
        all in numbers_of_people(), disabled in numbers_of_people(), sector in 0usize..18,
    ) {
        let sector = SECTORS[sector];
        let mut model = grid_of(&plan(sector, &all, &disabled), (120, 40));
        press(&mut model, "O O O O");
        let screen = screen_of(&model);
        prop_assert!(screen.contains("GN 6124, GG 52514, 15 April 2025"));
        let targets = table(include_str!("../../../assets/sectoral_targets.csv"));
        let sum = |row: &[u32], columns: &[usize]| columns.iter().map(|at| u64::from(row[*at])).sum::<u64>();
        for (level, label) in LABELS.iter().enumerate().take(4) {
            let target = targets.iter().find(|row| row["sector"] == sector && row["level"] == LEVELS[level]).unwrap();
            let total = sum(&all[level], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
            let (men, women) = (sum(&all[level], &[0, 1, 2]), sum(&all[level], &[4, 5, 6, 7]));
            let words = line(&screen, label);
            let rest = check(&words, men, total, &target["male_pct"]);
            let rest = check(rest, women, total, &target["female_pct"]);
            let rest = check(rest, men + women, total, &target["total_pct"]);
            prop_assert_eq!(rest, [disabled[level][3].to_string()], "white men with disabilities stand apart");
        }
        prop_assert!(screen.contains("Semi-skilled, Unskilled: no sector target"));
        let everyone = |numbers: &Numbers| numbers.iter().flatten().map(|n| u64::from(*n)).sum::<u64>();
        let words = line(&screen, "People with disabilities:");
        check(&words, everyone(&disabled), everyone(&all), "3.0");

        press(&mut model, "O");
        let screen = screen_of(&model);
        prop_assert!(screen.contains("unverified"));
        let eap = &table(include_str!("../../../assets/eap.csv"))[0];
        prop_assert!(screen.contains(&eap["vintage"]));
        for (level, label) in LABELS.iter().enumerate() {
            let total: u64 = all[level].iter().map(|n| u64::from(*n)).sum();
            let words = line(&screen, label);
            let shown: Vec<&str> = words.iter().map(String::as_str).filter(|word| *word != "│").collect();
            let mut wanted = Vec::new();
            for (column, name) in COLUMNS.iter().enumerate().take(8) {
                let people = u64::from(all[level][column]);
                let hundredths = tenths(&eap[*name]) * 10;
                let least = (0..=total).find(|n| n * 10_000 >= hundredths * total).unwrap();
                let by = people as i64 - least as i64;
                if total > 0 {
                    wanted.push(if by == 0 { "·".to_owned() } else { format!("{by:+}") });
                }
            }
            prop_assert_eq!(shown, wanted, "{}", label);
        }
    }
}

#[tokio::test]
async fn the_shortfall_follows_the_number_being_typed() {
    let sandbox = sandbox().await;
    let server = numbers(&sandbox).await;
    let mut app = grid(&sandbox).await;
    app.keys("down O O O O").await.shows("Sector target: Construction");
    let total: u64 = server[1].iter().sum();
    let men: u64 = server[1][..3].iter().sum();
    let before = line(&app.screen(), "Senior");
    check(&before, men, total, "38.3");
    app.keys("9 9").await;
    let (men, total) = (men - server[1][0] + 99, total - server[1][0] + 99);
    check(&line(&app.screen(), "Senior"), men, total, "38.3");
    app.keys("esc").await;
    assert_eq!(line(&app.screen(), "Senior"), before, "given up, it counts no more");
}

#[tokio::test]
async fn a_plan_without_a_sector_asks_for_one_and_overlays_can_be_cycled() {
    let sandbox = sandbox().await;
    let path = "/api/public/v1/employment_equity_plans/42";
    let body = serde_json::json!({"employment_equity_plan": {"sector": null}});
    assert_eq!(ask(&sandbox, "PATCH", path, Some(body)).await.0, 200);
    let mut app = grid(&sandbox).await;
    app.keys("O").await.shows("Against the server");
    app.keys("O").await.shows("Against the year before");
    app.keys("O").await.shows("Against the first year");
    app.keys("O").await.shows("Compare the plan with the targets of");
    app.text("mining").await.keys("enter").await.shows("Sector target: Mining and Quarrying");
    app.keys("O").await.shows("EAP National");
    app.keys("O").await.shows("Compare the plan with");
    app.keys("esc").await.shows(":compare chooses the plan");
    app.keys("O").await.hides("Against another plan");
    app.text(":region").await.keys("enter").await.shows("EAP of (every figure is unverified)");
    app.text("gauteng 26").await.keys("enter O O O O O").await.shows("EAP Gauteng");
}

#[tokio::test]
async fn the_eap_overlay_counts_the_number_being_typed_in_cell_and_panel() {
    let sandbox = sandbox().await;
    let server = numbers(&sandbox).await;
    let mut app = grid(&sandbox).await;
    app.keys("O O O O O 9 9").await;
    let total: u64 = server[0].iter().sum::<u64>() - server[0][0] + 99;
    app.shows(&format!("{:.1} % of level, EAP 44.0 %: met", 9900.0 / total as f64));
}

#[tokio::test]
async fn a_plan_with_a_sector_is_not_silently_compared_with_another_sector() {
    let sandbox = sandbox().await;
    let mut app = grid(&sandbox).await;
    app.text(":sector").await.keys("enter").await;
    assert!(app.status().contains("the plan's own sector is Construction"), "{}", app.status());
}

#[tokio::test]
async fn findings_can_be_visited_with_their_rule_and_listed() {
    let sandbox = sandbox().await;
    // More people with disabilities than people, in the third year.
    set_elsewhere(&sandbox, 42, 3, 0, "african_male_top_managers", 1).await;
    set_elsewhere(&sandbox, 42, 3, 1, "african_male_top_managers", 2).await;
    let mut app = App::open_with(&sandbox, Setup { size: (200, 50), ..App::setup(&sandbox) }).await;
    app.keys("enter c").await.shows("the server rejects none of them");
    app.text("disabled of").await.shows("Year 3 · Top AM: 2 disabled of 1 employees");
    app.keys("enter").await.shows("Year 3 of 5");
    assert!(app.line("Top ").contains("^2"), "{}", app.line("Top "));
    // Walking on from there returns to it.
    let mut seen = Vec::new();
    for _ in 0..200 {
        app.keys("n").await;
        let status = app.status();
        if seen.contains(&status) {
            break;
        }
        seen.push(status);
    }
    let all: usize = seen[0].split(" of ").nth(1).unwrap().split(':').next().unwrap().parse().unwrap();
    assert_eq!(seen.len(), all, "each once: {seen:#?}");
    assert!(
        seen.iter()
            .any(|said| said.contains("2 disabled of 1 employees (people with disabilities are counted"))
    );
    assert!(seen.iter().any(|said| said.contains("GN 6124")), "{seen:#?}");
    app.keys("N").await;
    assert_eq!(app.status(), seen[all - 1]);
    app.hides("staged");
}

/// The server's number of a counter in every year.
async fn years(sandbox: &Sandbox, table: usize, name: &str) -> Vec<u64> {
    let plan = crate::support::harness::plan(sandbox, 42).await;
    (1..=5).map(|year| crate::support::harness::counter(&plan, year, table, name)).collect()
}

#[tokio::test]
async fn an_expression_shows_its_result_and_only_the_number_is_kept() {
    let sandbox = sandbox().await;
    let server = numbers(&sandbox).await;
    let before = years(&sandbox, 0, "african_male_senior_managers").await;
    let mut app = grid(&sandbox).await;
    app.keys("down").await.text("=prev+2").await;
    app.shows(&format!("= {}", before[0] + 2));
    app.keys("enter").await;
    let total: u64 = server[2].iter().sum();
    app.text("=45%").await;
    let exact = total as f64 * 0.45;
    app.shows(&format!("→ {}", exact.round()));
    app.keys("enter").await.text("=1-5").await.shows("a count of people is not below 0");
    app.keys("enter").await.shows("=1-5");
    app.keys("esc ctrl-s A y").await;
    let after = numbers(&sandbox).await;
    assert_eq!((after[1][0], after[2][0], after[3][0]), (before[0] + 2, exact.round() as u64, server[3][0]));
}

#[tokio::test]
async fn an_expression_for_a_range_is_evaluated_in_each_cell() {
    let sandbox = sandbox().await;
    let (first, server) = (crate::support::harness::plan(&sandbox, 42).await, numbers(&sandbox).await);
    let mut app = grid(&sandbox).await;
    app.keys("V").await.text("=prev*2").await.keys("ctrl-j ctrl-s A y").await;
    let after = numbers(&sandbox).await;
    let doubled = COLUMNS
        .map(|name| 2 * crate::support::harness::counter(&first, 1, 0, &format!("{name}_top_managers")));
    assert_eq!(after[0], doubled);
    assert_eq!(after[1..], server[1..]);
}

#[tokio::test]
async fn cells_can_show_per_cent_of_the_level_while_numbers_are_edited() {
    let sandbox = sandbox().await;
    let server = numbers(&sandbox).await;
    let mut app = grid(&sandbox).await;
    app.keys("%").await;
    let total: u64 = server[5].iter().sum();
    let share = format!("{:.1}", server[5][0] as f64 * 100.0 / total as f64);
    assert!(app.line("Unskilled").contains(&share), "{}", app.line("Unskilled"));
    app.keys("G 7 7 enter % ").await.shows("*77");
}

#[test]
fn a_users_own_table_replaces_the_shipped_one_and_is_named_beside_its_figures() {
    let dir = tempfile::tempdir().unwrap();
    let own = "sector,level,male_pct,female_pct,total_pct\nConstruction,top_managers,1.0,99.0,100.0\n";
    std::fs::write(dir.path().join("mine.csv"), own).unwrap();
    let write = |name: &str| {
        let config = dir.path().join("config.toml");
        let table = dir.path().join(name);
        std::fs::write(&config, format!("sectoral_targets = {:?}\n", table.to_str().unwrap())).unwrap();
        config
    };
    let config = write("mine.csv");
    let environment = [("BEE_TUI_CONFIG", config.to_str().unwrap())];
    let mut pty = crate::support::pty::Pty::start(24, 100, &["--demo"], &environment);
    pty.until("FY26 EE Plan");
    pty.send("\r");
    pty.until("Six levels");
    pty.send("OOOO");
    pty.until("Sector target: Construction");
    assert!(pty.contents().contains("mine.csv") && !pty.contents().contains("GN 6124"));
    assert!(pty.contents().contains("/99.0"));
    pty.send("\x11");
    assert_eq!(pty.exit_code(), 0);
    // A missing file is reported with the line of the configuration, and nothing starts.
    let config = write("none.csv");
    let output = std::process::Command::new(crate::support::pty::BINARY)
        .args(["plans", "list", "--config", config.to_str().unwrap()])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(2) && said.contains("line 1") && said.contains("none.csv"),
        "{said}"
    );
}

#[tokio::test]
async fn the_summary_changes_with_each_edit_and_leads_to_the_level_and_year() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    // The second year opens; 10 African men among 15 top managers meet 30 % of men.
    app.keys("enter 1 0 enter S").await.shows("Senior all");
    app.keys("up up up up up").await.shows("Top men: 66.7 % of 30.0 %");
    app.keys("esc u S up up up up up").await.shows("Top men: 28.6 % of 30.0 %");
    app.shows("1 short by replacement · 1 by hiring");
    // Women among senior managers in the fourth year.
    app.keys("down down down down right right enter").await;
    app.shows("Year 4 of 5");
    app.shows("African female · Senior");
    app.keys("S down down down down down down down down down down enter")
        .await
        .shows("disabled  [t] all employees");
}

#[tokio::test]
async fn the_summary_of_a_plan_without_a_sector_says_how_to_choose_one() {
    let sandbox = sandbox().await;
    let body = serde_json::json!({"employment_equity_plan": {"sector": null}});
    ask(&sandbox, "PATCH", "/api/public/v1/employment_equity_plans/42", Some(body)).await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter S").await.shows("this plan names no sector; :sector chooses one");
    app.keys("enter").await.shows("there are no targets to go to");
}

#[tokio::test]
async fn another_plan_says_what_is_achieved_there() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    // The overlay after the EAP asks which plan; the second year is on screen.
    app.keys("enter O O O O O O").await.shows("Compare the plan with");
    app.text("Karoo").await;
    app.keys("enter")
        .await
        .shows("Against Karoo Lodges EE plan, Year 2: people more (+) or fewer (-) than there");
    app.shows("✗ Senior not achieved there: men 1 of 13 (by share achieved)");
    app.shows("there 0 (+2)");
    // With no more men and women than there are, the level is achieved; edits are in it.
    app.keys("down 1 enter up").await;
    app.keys(":").await;
    app.text("compare").await;
    app.keys("enter").await;
    app.text("FY26 EE Plan · Year 1").await;
    app.keys("enter").await.shows("Against FY26 EE Plan, Year 1");
    app.hides("✗ Senior not achieved");
    app.keys("9 9 enter").await.shows("✗ Senior not achieved there: men 13 of ");
}
