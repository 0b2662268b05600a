//! A day in the grid: each thing an Excel user does there, by keys in the real program, checked in the
//! server's state or in the file that was written.

use crate::end_to_end::program::Served;
use crate::flows::ranges::{COLUMNS, LEVELS};
use crate::support::harness::{counter, plan, set_elsewhere};
use crate::support::pty::Pty;

/// The program in a terminal of its own, with the grid of the first plan open, and the server behind it.
pub struct Day {
    pub pty: Pty,
    served: Served,
    state: tempfile::TempDir,
}

impl Day {
    pub async fn begin(rows: u16, columns: u16) -> Self {
        Self::begin_with(rows, columns, &[]).await
    }

    /// Begins with more environment variables.
    pub async fn begin_with(rows: u16, columns: u16, more: &[(&str, &str)]) -> Self {
        let served = Served::start(&[]);
        set_elsewhere(&served.sandbox, 42, 2, 0, "african_male_top_managers", 2).await;
        set_elsewhere(&served.sandbox, 42, 2, 1, "african_male_top_managers", 3).await;
        let (origin, state) = (served.sandbox.origin(), tempfile::tempdir().unwrap());
        let mut environment = served.environment(&origin, state.path().to_str().unwrap());
        environment.push(("SSH_TTY", "/dev/pts/9"));
        environment.extend(more);
        let mut pty = Pty::start(rows, columns, &[], &environment);
        pty.until("FY26 EE Plan");
        pty.send("\r");
        pty.until("Six levels");
        Self { pty, served, state }
    }

    /// Presses keys, then waits until the screen shows `then`.
    pub fn keys(&mut self, keys: &str, then: &str) -> &mut Self {
        self.pty.send(keys);
        self.pty.until(then);
        self
    }

    /// Reviews, applies and quits; returns the server's numbers of the second year, all employees.
    async fn apply(mut self, saved: &str) -> Vec<Vec<u64>> {
        self.keys("\x13", "→");
        self.keys("A", "Apply ──");
        self.pty.answer("y", saved);
        self.pty.until("Recalculate Acme Construction");
        self.pty.answer("n", "Six levels");
        self.pty.send("\x11");
        assert_eq!(self.pty.exit_code(), 0);
        self.numbers(2).await
    }

    pub async fn numbers(&self, year: usize) -> Vec<Vec<u64>> {
        let plan = plan(&self.served.sandbox, 42).await;
        let row = |level: &str| {
            COLUMNS.iter().map(|column| counter(&plan, year, 0, &format!("{column}_{level}"))).collect()
        };
        LEVELS.iter().map(|level| row(level)).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_typed_into_a_selected_row_fills_the_row() {
    let mut day = Day::begin(24, 80).await;
    let before = day.numbers(2).await;
    day.keys("jV", "1 × 10: 10 numbers").keys("5", "5▏").keys("\n", "sum 50").keys("+", "sum 60");
    let after = day.apply("10 counters saved").await;
    assert_eq!(after[1], [6; 10]);
    assert_eq!((&after[0], &after[2..]), (&before[0], &before[2..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_from_excel_is_previewed_before_it_is_staged() {
    let mut day = Day::begin(24, 80).await;
    let before = day.numbers(2).await;
    let block = "\tAF\tWM\tTotal\r\nSenior\t1 234\t\t1 234\r\nUnskilled\t7\t1.0\t8";
    day.keys(&format!("\x1b[200~{block}\x1b[201~"), "paste: 3 cells change · 1 blank");
    assert!(day.pty.contents().contains("»1234") && !day.pty.contents().contains("staged"));
    day.keys("\r", "3 staged");
    let after = day.apply("3 counters saved").await;
    let mut wanted = before;
    (wanted[1][4], wanted[5][4], wanted[5][3]) = (1234, 7, 1);
    assert_eq!(after, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_is_copied_and_pasted_below_through_the_programs_own_clipboard() {
    let mut day = Day::begin(24, 80).await;
    let before = day.numbers(2).await;
    day.keys("Vy", "10 cells copied")
        .keys("j", "African male · Senior")
        .keys("p", "paste: ")
        .keys("\r", "staged");
    let after = day.apply("saved").await;
    assert_eq!(after[1], before[0]);
    assert_eq!(after[2..], before[2..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expression_is_previewed_and_its_number_sent() {
    let mut day = Day::begin(24, 80).await;
    let (first, before) = (day.numbers(1).await, day.numbers(2).await);
    day.keys("j=prev+2", &format!("= {}", first[1][0] + 2)).keys("\r", "1 staged");
    let total: u64 = before[2].iter().sum();
    let share = (total as f64 * 0.45).round() as u64;
    day.keys("=45%", &format!("→ {share}")).keys("\r", "2 staged");
    let after = day.apply("2 counters saved").await;
    assert_eq!((after[1][0], after[2][0]), (first[1][0] + 2, share));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_is_copied_forward_and_a_ramp_fills_the_years_between() {
    let mut day = Day::begin(24, 80).await;
    let second = day.numbers(2).await;
    day.keys("Vf", "changed").keys("\x1b", "Enter edit").keys("jVR", "staged");
    let (first, last) = (day.numbers(1).await, day.numbers(5).await);
    day.keys("\x13", "→").keys("A", "Apply ──");
    day.pty.answer("y", "saved");
    let after = plan(&day.served.sandbox, 42).await;
    let at = |year: usize, level: usize, column: usize| {
        counter(&after, year, 0, &format!("{}_{}", COLUMNS[column], LEVELS[level]))
    };
    for column in 0..10 {
        assert_eq!(at(3, 0, column), second[0][column], "copied");
        let (from, to) = (first[1][column] as f64, last[1][column] as f64);
        for year in 2..5 {
            let exact = from + (to - from) * (year as f64 - 1.0) / 4.0;
            assert!((at(year, 1, column) as f64 - exact).abs() < 1.0, "year {year}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shortfall_to_the_sector_target_updates_while_a_number_is_typed() {
    let mut day = Day::begin(40, 120).await;
    day.keys("OOOO", "GN 6124, GG 52514, 15 April 2025");
    day.pty.until("14.3/24.8 1 short");
    // With one more woman at the top there are two of eight.
    day.keys("llll", "African female · Top").keys("2", "25.0/24.8 met").keys("\r", "1 staged");
    let after = day.apply("1 counter saved").await;
    assert_eq!(after[0][4], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_is_visited_fixed_and_then_disappears() {
    let mut day = Day::begin(24, 80).await;
    day.keys("n", "1 of ")
        .keys("c", "Findings; the server")
        .keys("disabled of", "Year 2 · Top AM: 3 disabled");
    day.keys("\r", "disabled  [t] all employees")
        .keys("2\r", "1 staged")
        .keys("c", "Findings; the server")
        .keys("disabled of", "nothing matches");
    day.keys("\x1b", "Enter edit").keys("\x13", "3 → 2").keys("A", "Apply ──");
    day.pty.answer("y", "1 counter saved");
    let after = plan(&day.served.sandbox, 42).await;
    assert_eq!(counter(&after, 2, 1, "african_male_top_managers"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_exported_as_a_workbook_and_a_changed_table_is_imported() {
    let mut day = Day::begin(24, 80).await;
    let file = day.state.path().join("plan.xlsx");
    day.keys("E", "Export the plan").keys("\x15", "File");
    day.keys(&format!("{}\t", file.display()), "What").keys("\r", "10 tables written to");
    let mut book = umya_spreadsheet::reader::xlsx::read(&file).unwrap();
    book.sheet_by_name_mut("Year 2 all employees").unwrap().cell_mut("K7").set_value_number(321.0);
    umya_spreadsheet::writer::xlsx::write(&book, &file).unwrap();
    day.keys("I", "Import into the plan").keys(&format!("{}\r", file.display()), "Stage the file?");
    day.pty.until("Year 2 · all employees: 1 counter changes");
    day.pty.answer("y", "→ 321");
    day.keys("A", "Apply ──");
    day.pty.answer("y", "1 counter saved");
    assert_eq!(day.numbers(2).await[5][9], 321);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cursor_jumps_to_a_named_cell_and_a_few_letters_find_a_command() {
    let mut day = Day::begin(24, 80).await;
    day.keys("\x07", "Go to").keys("unskilled ff", "Unskilled FF").keys("\r", "Foreign female · Unskilled");
    day.keys("%", "28.6").keys("9", "9▏").keys("\r", "1 staged");
    day.keys("\x10", "Commands and records").keys("rev stag", "review:").keys("\r", "→ 9");
    day.keys("\x1b", "Enter edit");
    let after = day.apply("1 counter saved").await;
    assert_eq!(after[5][9], 9);
}
