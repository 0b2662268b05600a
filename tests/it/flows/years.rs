//! Numbers carried from year to year: copying a year forward, the ramp, the years of a level side by side.

use bee_tui::sandbox::Sandbox;

use crate::flows::ranges::{COLUMNS, LEVELS, grid};
use crate::support::harness::{counter, plan, sandbox};

/// The server's numbers: year, table, level, column.
async fn all(sandbox: &Sandbox) -> Vec<Vec<Vec<Vec<u64>>>> {
    let plan = plan(sandbox, 42).await;
    let row = |year, table, level: &str| {
        COLUMNS.map(|column| counter(&plan, year, table, &format!("{column}_{level}"))).to_vec()
    };
    let table = |year, table| LEVELS.map(|level| row(year, table, level)).to_vec();
    (1..=5).map(|year| vec![table(year, 0), table(year, 1)]).collect()
}

#[tokio::test]
async fn a_year_is_copied_into_the_next_or_all_that_follow_as_one_step() {
    let sandbox = sandbox().await;
    let before = all(&sandbox).await;
    let mut app = grid(&sandbox).await;
    app.keys("f u").await.hides("staged");
    app.keys("U ctrl-s A y n").await;
    let after = all(&sandbox).await;
    assert_eq!(after[2], before[1], "both tables");
    assert_eq!((&after[..2], &after[3..]), (&before[..2], &before[3..]));
    // With a range selected, only the range is copied, into all years that follow.
    app.keys("V F ctrl-s A y").await;
    let after = all(&sandbox).await;
    assert!(after[2..].iter().all(|year| year[0][0] == before[1][0][0]));
    assert_eq!(after[4][0][1..], before[4][0][1..]);
    assert_eq!(after[4][1], before[4][1]);
}

#[tokio::test]
async fn the_last_year_cannot_be_copied_forward() {
    let sandbox = sandbox().await;
    let mut app = grid(&sandbox).await;
    app.keys("} } } f").await;
    assert!(app.status().contains("this is the plan's last year"), "{}", app.status());
    app.hides("staged");
}

#[tokio::test]
async fn the_ramp_goes_from_the_first_to_the_last_year_in_whole_people_and_never_reverses() {
    let sandbox = sandbox().await;
    let before = all(&sandbox).await;
    let mut app = grid(&sandbox).await;
    app.keys("ctrl-a R").await;
    app.keys("ctrl-s A y").await;
    let after = all(&sandbox).await;
    assert_eq!((&after[0], &after[4]), (&before[0], &before[4]), "the ends stay");
    for year in 1..4 {
        assert_eq!(after[year][1], before[year][1], "the other table stays");
        for (level, _) in LEVELS.iter().enumerate() {
            let sum = |year: usize| after[year][0][level].iter().sum::<u64>() as f64;
            let exact = sum(0) + (sum(4) - sum(0)) * year as f64 / 4.0;
            assert!((sum(year) - exact).abs() <= 0.5, "level {level}, year {year}: {} of {exact}", sum(year));
            for (column, _) in COLUMNS.iter().enumerate() {
                let at = |year: usize| after[year][0][level][column];
                let rises = at(0) <= at(4);
                assert!(if rises { at(year - 1) <= at(year) } else { at(year - 1) >= at(year) });
                assert!(if rises { at(year) <= at(4) } else { at(year) >= at(4) });
            }
        }
    }
}

#[tokio::test]
async fn temporary_and_permanent_add_up_to_the_six_levels_all_along_the_ramp() {
    let sandbox = sandbox().await;
    let mut app = grid(&sandbox).await;
    app.keys("R").await;
    app.keys("ctrl-s A y").await.shows("saved");
    let plan = crate::support::harness::plan(&sandbox, 42).await;
    for year in 1..=5 {
        for column in COLUMNS {
            let at = |slice: &str| counter(&plan, year, 0, &format!("{column}_{slice}"));
            let six: u64 = LEVELS.iter().map(|level| at(level)).sum();
            assert_eq!(at("temporary_employees") + at("permanent_employees"), six, "{column}, year {year}");
        }
    }
}

#[tokio::test]
async fn the_years_of_a_level_are_shown_side_by_side_and_open_a_year() {
    let sandbox = sandbox().await;
    let server = all(&sandbox).await;
    let mut app = grid(&sandbox).await;
    app.keys("down 5 enter up m").await.shows("Senior over the years · all employees");
    for (year, tables) in server.iter().enumerate() {
        let mut row = tables[0][1].clone();
        if year == 1 {
            row[0] = 5;
        }
        let line = app.line(&format!("│ Year {} ", year + 1)).replace('│', " ");
        let shown: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        assert_eq!(shown[1..11], row, "staged numbers count");
        let designated: u64 = row[..3].iter().chain(&row[4..8]).sum();
        let total: u64 = row.iter().sum();
        assert!(line.trim_end().ends_with(&format!("{:.1}", designated as f64 * 100.0 / total as f64)));
    }
    app.shows("GN 6124, GG 52514, 15 April 2025");
    app.keys("right").await.shows("Middle over the years");
    app.keys("down down enter").await.shows("Year 4 of 5");
    app.shows("African male · Middle");
}
