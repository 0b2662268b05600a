//! Plans: a draft of 100 levels over five years, the summary after an edit, and the overview of 200 plans from answers that
//! are stored. Beside each stands the least that any program would have to do for the same.
//!
//! `cargo bench --bench plans`

#![expect(clippy::unwrap_used, reason = "a bench stops where its ground is gone")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use bee_tui::api::reply::Reply;
use bee_tui::api::{Call, plans};
use bee_tui::domain::benchmark::Benchmarks;
use bee_tui::domain::benchmark::shortfall::measured_targets;
use bee_tui::domain::draft::drafting::draft;
use bee_tui::domain::draft::{DraftBasis, LevelAssumption, Meet, YearTables};
use bee_tui::domain::plan::Plan;
use bee_tui::domain::plan::counter::Level;
use bee_tui::domain::plan::matrix::Matrix;
use bee_tui::domain::plan::table_ref::{TableRef, YearIndex};
use bee_tui::domain::plan::target::TargetType;
use bee_tui::workspace::{Snapshot, Workspace};
use jiff::Timestamp;
use serde_json::json;

const PLANS: u64 = 200;
const RUNS: usize = 15;

/// The middle one of several runs.
fn middle(mut run: impl FnMut()) -> Duration {
    let mut spans: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    spans.sort();
    spans[RUNS / 2]
}

/// A plan of five years as the server answers it, with made-up numbers.
fn answer(id: u64) -> Vec<u8> {
    let target = |year: u64, at: u64, kind: &str| {
        let mut target = json!({"id": id * 100 + year * 2 + at, "target_type": kind});
        for (level, name) in <Level as strum::VariantArray>::VARIANTS.iter().enumerate() {
            for (column, group) in bee_tui::domain::plan::counter::StatutoryColumn::ALL.iter().enumerate() {
                let key =
                    format!("number_of_{}_{}", group.label().to_lowercase().replace(' ', "_"), name.name());
                target[key] = ((id + year * 7 + level as u64 * 11 + column as u64 * 5)
                    % (20 / (at * 9 + 1) + 1))
                    .into();
            }
        }
        target
    };
    let year = |year: u64| {
        let targets = [target(year, 0, "all_employees"), target(year, 1, "disabled_employees")];
        let days = (format!("{}-09-01", 2024 + year), format!("{}-08-31", 2025 + year));
        json!({"id": id * 10 + year, "year_number": year, "start_date": days.0, "end_date": days.1, "targets": targets})
    };
    let years: Vec<_> = (1..=5).map(year).collect();
    let plan = json!({"id": id, "name": format!("Plan {id}"), "sector": "Construction", "start_date": "2025-09-01",
        "end_date": "2030-08-31", "milestones": years});
    plan.to_string().into_bytes()
}

fn read(id: u64, body: &[u8]) -> Plan {
    let call = Call::Plans(plans::Call::Read(id.to_string().parse().unwrap()));
    match call.read(body).unwrap() {
        Reply::Plan(plan) => *plan,
        _ => unreachable!(),
    }
}

fn main() {
    let answers: Vec<(u64, Vec<u8>)> = (1..=PLANS).map(|id| (id, answer(id))).collect();
    let now: Timestamp = "2026-12-01T10:00:00Z".parse().unwrap();
    let today = jiff::civil::date(2026, 12, 1);

    let parsed = middle(|| {
        for (_, body) in &answers {
            black_box(serde_json::from_slice::<serde_json::Value>(body).unwrap());
        }
    });
    let overview = middle(|| {
        let mut workspace = Workspace::default();
        for (id, body) in &answers {
            let plan = read(*id, body);
            workspace.plans.insert(plan.id, Snapshot { value: plan, read_at: now });
        }
        workspace.refresh_overview(today);
        assert!(workspace.plans.keys().all(|plan| workspace.measured_year(*plan).is_some()));
        black_box(&workspace);
    });
    println!(
        "overview of {PLANS} plans from stored answers: {overview:?}, the answers as JSON alone {parsed:?}"
    );

    let mut workspace = Workspace::default();
    for (id, body) in &answers {
        let plan = read(*id, body);
        workspace.plans.insert(plan.id, Snapshot { value: plan, read_at: now });
    }
    workspace.refresh_overview(today);
    let again = middle(|| workspace.refresh_overview(today));
    println!("the same again, nothing changed: {again:?}");

    let plan = *workspace.plans.keys().next().unwrap();
    let benchmarks = Benchmarks::default();
    let targets = benchmarks.sector("Construction").unwrap();
    let summary = middle(|| {
        for year in 0..5 {
            let table = |table| workspace.matrix(&TableRef { plan, year: YearIndex::new(year), table });
            let (all, disabled) =
                (table(TargetType::AllEmployees).unwrap(), table(TargetType::DisabledEmployees));
            black_box(measured_targets(targets, &all, disabled.as_ref()));
        }
    });
    println!("summary of a plan, as after each key: {summary:?}");

    for (most, what) in [(20_u32, "about 100 people a level"), (200, "about 1,000 people a level")] {
        let profile = |seed: u32| {
            let mut all = Matrix::default();
            for (at, count) in (0_u32..).zip(all.0.as_flattened_mut()) {
                *count = Some((seed * 31 + at * 17) % most);
            }
            YearTables { all, disabled: Matrix::default() }
        };
        // 17 employers of six levels.
        let drafts = middle(|| {
            for seed in 0..17 {
                let basis = DraftBasis {
                    profile: profile(seed),
                    years: 5,
                    assumptions: [LevelAssumption::default(); 6],
                    meet: Meet::Both,
                    sector: Some(targets),
                    eap: &benchmarks.eaps()[0],
                };
                black_box(draft(&basis).unwrap());
            }
        });
        println!("draft of 102 levels over five years, {what}: {drafts:?} (a frame is 16.7 ms)");
    }
}
