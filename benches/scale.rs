//! What grows with the number of plans: an apply to many of them, beside a bare loop of the same requests with four plans at
//! a time.
//!
//! `cargo bench --bench scale`, with `-- --delay 50` for 50 ms before each answer.

#![expect(clippy::unwrap_used, reason = "a bench stops where its ground is gone")]

#[path = "support/session.rs"]
mod session;

use std::time::{Duration, Instant};

use bee_tui::api::client::{Client, ClientSettings, Credentials};
use bee_tui::api::reply::Reply;
use bee_tui::api::{Call, plans};
use bee_tui::app::message::Msg;
use bee_tui::app::model::Model;
use bee_tui::domain::change::counter_change::{CounterRef, TargetRef};
use bee_tui::domain::id::PlanId;
use bee_tui::domain::plan::Plan;
use bee_tui::domain::plan::counter::Counter;
use bee_tui::domain::record::{RecordDraft, Value};
use bee_tui::effect::Effects;
use bee_tui::runtime::effects::{EffectRunner, Timers};
use bee_tui::runtime::journal::Journal;
use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::SandboxOptions;
use bee_tui::workspace::Workspace;
use futures_util::StreamExt;
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use secrecy::SecretString;
use tokio::sync::mpsc::unbounded_channel;

const PLANS: usize = 100;
const AT_ONCE: usize = 4;

fn client(sandbox: &Sandbox) -> (Client, Credentials) {
    let account = Credentials {
        origin: sandbox.origin().parse().unwrap(),
        key: sandbox.options.key.clone(),
        secret: SecretString::from(sandbox.options.secret.clone()),
        folds: sandbox.options.folds,
    };
    let settings = ClientSettings { toolkit: Some(account.clone()), ..ClientSettings::default() };
    (Client::full(settings), account)
}

async fn read(client: &Client, plan: PlanId) -> Plan {
    match client.send_call(&Call::Plans(plans::Call::Read(plan))).await.unwrap().reply {
        Reply::Plan(plan) => *plan,
        other => unreachable!("{other:?}"),
    }
}

/// The first counter of each table of a plan.
fn first_counters(plan: &Plan) -> Vec<CounterRef> {
    let counter = Counter::parse("number_of_african_male_top_managers").unwrap();
    let tables = plan.milestones.iter().flat_map(|year| year.targets.iter().map(|table| (year.id, table.id)));
    let cell = |(milestone, target)| CounterRef {
        target: TargetRef { plan: plan.id, milestone, target },
        counter: counter.clone(),
    };
    tables.map(cell).collect()
}

/// The bare loop: four plans at a time, each read and then sent its tables one after the other.
async fn bare(client: &Client, plans: &[PlanId], count: u32) -> Duration {
    let begun = Instant::now();
    let to_plan = async |plan: PlanId| {
        for cell in first_counters(&read(client, plan).await) {
            let patch = vec![(cell.counter, count)];
            client.send_call(&Call::Plans(plans::Call::UpdateTarget(cell.target, patch))).await.unwrap();
        }
    };
    futures_util::stream::iter(plans.iter().copied()).for_each_concurrent(AT_ONCE, to_plan).await;
    begun.elapsed()
}

/// The program without a terminal, from the yes to the end of the apply.
async fn program(sandbox: &Sandbox, plans: &[PlanId], count: u32) -> Duration {
    let (client, account) = client(sandbox);
    let mut workspace = Workspace::default();
    let now = Timestamp::now();
    for id in plans {
        let plan = read(&client, *id).await;
        let edits = first_counters(&plan).into_iter().map(|cell| (cell, count)).collect();
        workspace.update_plan(plan, now);
        workspace.edit_counters(*id, edits, now).unwrap();
    }
    let (sender, mut inbox) = unbounded_channel();
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), &account).unwrap().journal;
    let timers = Timers::Clock(std::collections::HashMap::new());
    let mut outside = EffectRunner::new(client, Ok(journal), sender, timers);
    let mut fx = Effects::default();
    let start = session::start(workspace, Size { width: 120, height: 40 }, now);
    let mut model = Model::new(start, &mut fx);
    outside.perform(fx.take());
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
    // A dialog takes no answer in its first moment, so the model's clock is ahead for the yes.
    let mut ahead = jiff::SignedDuration::ZERO;
    let mut step = |model: &mut Model, msg: Msg| {
        ahead += jiff::SignedDuration::from_secs(i64::from(matches!(msg, Msg::Key(_))));
        model.update(Timestamp::now() + ahead, msg, &mut fx);
        buffer.reset();
        model.view(&mut buffer);
        outside.perform(fx.take());
    };
    for key in ["ctrl-s", "A"] {
        step(&mut model, Msg::Key(key.parse().unwrap()));
        while !model.engine().requests().is_empty() {
            step(&mut model, inbox.recv().await.unwrap());
        }
    }
    let begun = Instant::now();
    step(&mut model, Msg::Key("y".parse().unwrap()));
    while model.engine().is_applying() {
        step(&mut model, inbox.recv().await.unwrap());
    }
    let elapsed = begun.elapsed();
    assert_eq!(model.workspace().staged_count(), 0, "everything is saved");
    elapsed
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let delay =
        arguments.iter().position(|a| a == "--delay").and_then(|at| arguments.get(at + 1)?.parse().ok());
    let delay = Duration::from_millis(delay.unwrap_or(20));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let sandbox = Sandbox::start(SandboxOptions { delay, ..SandboxOptions::default() }).await.unwrap();
        let (client, _) = client(&sandbox);
        let mut ids = Vec::new();
        for at in 0..PLANS {
            let text = |text: &str| Value::Text(text.into());
            let draft = RecordDraft::new(vec![
                ("name", text(&format!("Plan {at}"))),
                ("start_date", Value::Date("2025-09-01".parse().unwrap())),
                ("end_date", Value::Date("2030-08-31".parse().unwrap())),
                ("sector", text("Education")),
            ]);
            match client.send_call(&Call::Plans(plans::Call::Create(draft))).await.unwrap().reply {
                Reply::Plan(plan) => ids.push(plan.id),
                other => unreachable!("{other:?}"),
            }
        }
        let mut ratios = Vec::new();
        for round in 0..3 {
            let bare = bare(&client, &ids, 10 + round).await;
            let program = program(&sandbox, &ids, 20 + round).await;
            ratios.push(program.as_secs_f64() / bare.as_secs_f64());
            println!("apply to {PLANS} plans, ten tables each: bare loop {bare:.2?}, program {program:.2?}");
        }
        ratios.sort_by(f64::total_cmp);
        println!("program / bare loop of four: {:.2} (middle of three)", ratios[1]);
    });
}
