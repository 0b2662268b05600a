//! The questions of a practitioner, by keys alone in a pseudo-terminal: where am I short, and what should the plan be. What the
//! server holds in the end is the judge.

use crate::end_to_end::program::Served;
use crate::end_to_end::shell::run;
use crate::support::pty::Pty;

/// How many men and women are short in the last year of a plan, over all levels.
async fn short_at_last(served: &Served, plan: &str) -> u64 {
    let checked = run(&served.sandbox, &["plans", "check", plan, "-o", "json"]).await.json();
    let rows = checked.as_array().unwrap();
    let last = rows.iter().map(|row| row["year"].as_u64().unwrap()).max().unwrap();
    let of_gender = rows
        .iter()
        .filter(|row| row["year"] == last && row["level"] != "disability" && row["gender"] != "all");
    of_gender.map(|row| row["short_by_replacement"].as_u64().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_worst_of_all_plans_to_a_plan_that_meets_its_targets() {
    let served = Served::start(&[]);
    let (origin, state) = (served.sandbox.origin(), tempfile::tempdir().unwrap());
    assert!(short_at_last(&served, "5001").await > 0, "the bank is short before");
    let mut pty = Pty::start(24, 80, &[], &served.environment(&origin, state.path().to_str().unwrap()));
    pty.until("FY26 EE Plan");
    pty.send("5");
    pty.until("Overview");
    // What the worst of all is short of is said below the list once it is read.
    pty.send("/Mzansi\r");
    pty.until("Junior men: ");
    pty.send("\r");
    pty.until("Summary of Mzansi Bank group plan");
    pty.send("\r");
    pty.until("all employees  [t] disabled");
    pty.send("T");
    pty.until("Profile from");
    // Enough turnover at each level: past the profile, then level by level.
    pty.send("\r");
    for _ in 0..6 {
        pty.send("\x150 / 60\r");
    }
    pty.send("\x13");
    pty.until("nothing is staged yet");
    pty.until("every target is met");
    pty.answer("\r", " staged");
    pty.send("\x13");
    pty.until("Review");
    pty.send("A");
    pty.until("Apply ──");
    pty.answer("y", " saved");
    assert_eq!(short_at_last(&served, "5001").await, 0, "{}", pty.contents());
}
