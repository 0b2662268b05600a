//! Ranges of the grid: selected, summed, filled, set and reverted, each as one undo step, checked in the
//! server's state.

use bee_tui::sandbox::Sandbox;

use crate::support::harness::{App, counter, plan, sandbox};

pub const LEVELS: [&str; 6] = [
    "top_managers",
    "senior_managers",
    "middle_managers",
    "junior_managers",
    "semi_skilled_employees",
    "unskilled_employees",
];
pub const COLUMNS: [&str; 10] = [
    "african_male",
    "coloured_male",
    "indian_male",
    "white_male",
    "african_female",
    "coloured_female",
    "indian_female",
    "white_female",
    "foreign_male",
    "foreign_female",
];

/// The second year's numbers of all employees on the server, level by level in the statutory order.
pub async fn numbers(sandbox: &Sandbox) -> Vec<Vec<u64>> {
    let plan = plan(sandbox, 42).await;
    let row = |level| COLUMNS.map(|column| counter(&plan, 2, 0, &format!("{column}_{level}"))).to_vec();
    LEVELS.map(row).to_vec()
}

pub async fn grid(sandbox: &Sandbox) -> App {
    let mut app = App::open(sandbox).await;
    app.keys("enter").await.shows("Year 2 of 5");
    app
}

#[tokio::test]
async fn a_range_shows_count_sum_minimum_and_maximum() {
    let sandbox = sandbox().await;
    let server = numbers(&sandbox).await;
    let mut app = grid(&sandbox).await;
    app.keys("shift-down shift-down shift-right").await;
    let taken: Vec<u64> = server[..3].iter().flat_map(|row| row[..2].to_vec()).collect();
    let (sum, least, most) =
        (taken.iter().sum::<u64>(), taken.iter().min().unwrap(), taken.iter().max().unwrap());
    app.shows(&format!("3 × 2: 6 numbers · sum {sum} · min {least} · max {most}"));
    // All levels add up to the total of the sheet, without the slices below.
    app.keys("ctrl-a").await;
    let total: u64 = server.iter().flatten().sum();
    app.shows(&format!("6 × 10: 60 numbers · sum {total}"));
    app.keys("esc V").await.shows(&format!("1 × 10: 10 numbers · sum {}", server[0].iter().sum::<u64>()));
    app.keys("esc |").await;
    app.shows(&format!("6 × 1: 6 numbers · sum {}", server.iter().map(|row| row[0]).sum::<u64>()));
}

#[tokio::test]
async fn a_plain_arrow_clears_a_range_and_v_lets_arrows_extend_it_until_esc() {
    let sandbox = sandbox().await;
    let mut app = grid(&sandbox).await;
    app.keys("shift-right").await.shows("1 × 2:");
    app.keys("down").await.hides("1 × 2:");
    app.keys("v down right right").await.shows("2 × 3:");
    app.keys("esc").await.hides("2 × 3:");
    app.shows("Year 2 of 5");
    app.keys("v down v").await.hides("2 × 1:");
    app.keys("shift-down }").await.hides("2 × 1:");
}

#[tokio::test]
async fn a_fill_copies_the_first_row_or_column_and_is_one_undo_step() {
    let sandbox = sandbox().await;
    let server = numbers(&sandbox).await;
    let mut app = grid(&sandbox).await;
    app.keys("7 enter").await;
    app.keys("g home shift-down shift-down shift-right ctrl-d").await.shows("3 × 2:");
    app.keys("esc ctrl-s A y n").await;
    let after = numbers(&sandbox).await;
    for row in 0..3 {
        assert_eq!(after[row][..2], [7, server[0][1]], "row {row}");
        assert_eq!(after[row][2..], server[row][2..]);
    }
    app.keys("g home shift-right shift-right shift-down ctrl-r").await;
    app.keys("u").await.hides("staged");
    app.keys("U ctrl-s A y").await;
    let after = numbers(&sandbox).await;
    assert_eq!((&after[0][..3], &after[1][..3]), (&[7, 7, 7][..], &[7, 7, 7][..]));
}

#[tokio::test]
async fn a_fill_without_a_range_copies_the_cell_above_or_to_the_left() {
    let sandbox = sandbox().await;
    let server = numbers(&sandbox).await;
    let mut app = grid(&sandbox).await;
    app.keys("ctrl-d").await.shows("there is no row above to fill from");
    app.keys("ctrl-r").await.shows("there is no column to the left to fill from");
    app.keys("down ctrl-d right ctrl-r ctrl-s A y").await;
    let after = numbers(&sandbox).await;
    assert_eq!(after[1][..2], [server[0][0], server[0][0]]);
}

#[tokio::test]
async fn typing_zero_and_steps_change_the_whole_range_and_x_restores_the_servers_values() {
    let sandbox = sandbox().await;
    let server = numbers(&sandbox).await;
    let mut app = grid(&sandbox).await;
    app.keys("V 5 ctrl-j").await.shows("1 × 10: 10 numbers · sum 50");
    app.keys("u").await.hides("staged");
    app.keys("V 5 ctrl-j + ctrl-s A y n").await;
    assert_eq!(numbers(&sandbox).await[0], [6; 10]);
    app.keys("down | x").await.shows("6 × 1: 6 numbers · sum 0");
    app.keys("X").await.hides("staged");
    app.keys("| x ctrl-s A y").await;
    let after = numbers(&sandbox).await;
    assert!(after.iter().all(|row| row[0] == 0));
    assert_eq!(after[5][1..], server[5][1..]);
}

#[tokio::test]
async fn cells_that_cannot_be_set_are_left_alone_and_reported() {
    let sandbox = sandbox().await;
    let mut app = grid(&sandbox).await;
    app.keys("0 enter g shift-down -").await;
    app.shows("1 cell set; 1 left as they are: a count of people is not below 0");
    app.keys("u").await;
    assert_eq!(app.runner.model.workspace().staged_count(), 1, "what was set is one step");
}
