//! The performance promises: from a key's arrival to the painted buffer, decoding a plan, signing.

#[path = "support/session.rs"]
mod session;

use std::hint::black_box;

use bee_tui::api::page::Page;
use bee_tui::api::sign::signature;
use bee_tui::app::message::Msg;
use bee_tui::app::model::Model;
use bee_tui::domain::change::collection::Collection;
use bee_tui::domain::id::TrainingProgramId;
use bee_tui::domain::plan::{Plan, read_plan};
use bee_tui::domain::record::participant::PARTICIPANT;
use bee_tui::effect::Effects;
use bee_tui::input::key::Key;
use bee_tui::workspace::{Snapshot, Workspace};
use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use serde::de::DeserializeSeed;
use serde_json::value::RawValue;

/// A plan as large as the documents say one is: five years of two tables with some hundred counters each.
fn plan_json() -> String {
    let mut levels = "top_managers senior_managers middle_managers junior_managers semi_skilled_employees \
                      unskilled_employees temporary_employees permanent_employees contract_employees \
                      seasonal_employees"
        .split_whitespace()
        .cycle();
    let mut target = |id: usize, target_type: &str| {
        let mut counters = String::new();
        for _ in 0..10 {
            let level = levels.next().unwrap_or_default();
            for race in ["african", "coloured", "indian", "white", "foreign"] {
                for gender in ["male", "female"] {
                    counters += &format!(r#","number_of_{race}_{gender}_{level}":{}"#, id % 97);
                }
            }
        }
        format!(r#"{{"id":{id},"target_type":"{target_type}"{counters}}}"#)
    };
    let mut years = Vec::new();
    for year in 1..=5 {
        let targets = [target(200 + 2 * year, "all_employees"), target(201 + 2 * year, "disabled_employees")];
        years.push(format!(
            r#"{{"id":{},"year_number":{year},"start_date":"{}-09-01","end_date":"{}-08-31","targets":[{}]}}"#,
            100 + year,
            2024 + year,
            2025 + year,
            targets.join(",")
        ));
    }
    format!(r#"{{"id":42,"name":"FY26 EE Plan","milestones":[{}]}}"#, years.join(","))
}

fn plan(json: &str) -> Option<Plan> {
    let raw: &RawValue = serde_json::from_str(json).ok()?;
    read_plan(raw).ok()
}

/// The model with the plan's grid on screen.
fn grid(size: Size) -> Model {
    grid_with(Workspace::default(), size)
}

/// The grid, over a workspace that holds more.
fn grid_with(mut workspace: Workspace, size: Size) -> Model {
    let now = Timestamp::UNIX_EPOCH;
    if let Some(plan) = plan(&plan_json()) {
        let rows = Page { rows: vec![plan.clone()], unreadable: Vec::new(), meta: None };
        workspace.plan_list = Some(Snapshot { value: rows, read_at: now });
        workspace.update_plan(plan, now);
    }
    let start = session::start(workspace, size, now);
    let mut model = Model::new(start, &mut Effects::default());
    press(&mut model, "enter");
    model
}

fn press(model: &mut Model, key: &str) {
    if let Ok(key) = key.parse::<Key>() {
        model.update(Timestamp::UNIX_EPOCH, Msg::Key(key), &mut Effects::default());
    }
}

fn keys(c: &mut Criterion) {
    for (width, height) in [(120, 40), (200, 60)] {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let mut model = grid(Size { width, height });
        let mut turn = ["down", "right", "up", "left"].into_iter().cycle();
        c.bench_function(&format!("cursor move, update and draw, {width}x{height}"), |b| {
            b.iter(|| {
                press(&mut model, turn.next().unwrap_or_default());
                buffer.reset();
                model.view(&mut buffer);
            });
        });
        let mut turn = ["1", "2", "3", "ctrl-u"].into_iter().cycle();
        c.bench_function(&format!("typed digit, update and draw, {width}x{height}"), |b| {
            b.iter(|| {
                press(&mut model, turn.next().unwrap_or_default());
                buffer.reset();
                model.view(&mut buffer);
            });
        });
    }
}

fn paste_text(model: &mut Model, text: &str) {
    model.update(Timestamp::UNIX_EPOCH, Msg::Paste(text.into()), &mut Effects::default());
}

/// What each overlay adds to the time that a typed digit takes.
fn overlays(c: &mut Criterion) {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
    let mut group = c.benchmark_group("typed digit, update and draw, against");
    for (name, presses) in [("nothing", 0), ("the year before", 2), ("the sector target", 4), ("the EAP", 5)]
    {
        let mut model = grid(Size { width: 120, height: 40 });
        (0..presses).for_each(|_| press(&mut model, "O"));
        let mut turn = ["1", "2", "3", "ctrl-u"].into_iter().cycle();
        group.bench_function(name, |b| {
            b.iter(|| {
                press(&mut model, turn.next().unwrap_or_default());
                buffer.reset();
                model.view(&mut buffer);
            });
        });
    }
    group.finish();
}

/// Pastes a block of 60 x 10 cells: shows the preview, then takes it and undoes it.
fn paste(c: &mut Criterion) {
    let rows: Vec<String> = (0..60u32)
        .map(|row| (0..10).map(|column| (row * 10 + column).to_string()).collect::<Vec<_>>().join("\t"))
        .collect();
    let block = rows.join("\r\n");
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
    let mut model = grid(Size { width: 120, height: 40 });
    c.bench_function("paste 60 x 10 cells, shown, taken, undone", |b| {
        b.iter(|| {
            paste_text(&mut model, black_box(&block));
            buffer.reset();
            model.view(&mut buffer);
            press(&mut model, "enter");
            buffer.reset();
            model.view(&mut buffer);
            press(&mut model, "u");
        });
    });
}

/// Opens the palette over 20,000 participants and types a letter in it.
fn palette(c: &mut Criterion) {
    let collection = Collection::Participants(
        "scorecard_1".parse().unwrap_or_else(|why| unreachable!("{why}")),
        TrainingProgramId::new(7).unwrap_or_else(|| unreachable!()),
    );
    let names = ["Thandi", "Pieter", "Aisha", "Sipho", "Johanna", "Riaan", "Nomsa", "Ravi"];
    let person = |id: u32| {
        let (first, last) = (names[id as usize % 8], names[id as usize / 8 % 8]);
        let json = format!(r#"{{"id":{id},"full_name":"{first} {last} {id}","gender":"Female"}}"#);
        PARTICIPANT.deserialize(&mut serde_json::Deserializer::from_str(&json)).ok()
    };
    let rows = Page { rows: (1..=20_000).filter_map(person).collect(), unreadable: Vec::new(), meta: None };
    let mut workspace = Workspace::default();
    workspace.add_page(&collection, 1, rows, Timestamp::UNIX_EPOCH);
    let mut model = grid_with(workspace, Size { width: 120, height: 40 });
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
    c.bench_function("palette over 20,000 records, opened and drawn", |b| {
        b.iter(|| {
            press(&mut model, "ctrl-p");
            buffer.reset();
            model.view(&mut buffer);
            press(&mut model, "esc");
        });
    });
    press(&mut model, "ctrl-p");
    let mut turn = ["a", "r", "n", "backspace", "backspace", "backspace"].into_iter().cycle();
    c.bench_function("palette over 20,000 records, a letter, update and draw", |b| {
        b.iter(|| {
            press(&mut model, turn.next().unwrap_or_default());
            buffer.reset();
            model.view(&mut buffer);
        });
    });
}

fn decode(c: &mut Criterion) {
    let json = plan_json();
    c.bench_function("decode a plan of 1000 counters", |b| b.iter(|| plan(black_box(&json))));
}

fn sign(c: &mut Criterion) {
    let body = br#"{"employment_equity_target":{"number_of_african_male_top_managers":3}}"#;
    c.bench_function("sign a request", |b| {
        b.iter(|| signature(black_box("secret"), "/api/public/v1/employment_equity_plans/42", body, 5));
    });
}

criterion_group!(promises, keys, overlays, paste, palette, decode, sign);
criterion_main!(promises);
