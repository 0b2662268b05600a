//! Single steps: a state, keys, and the effects they have, compared as values. Nothing is performed.

mod apply;
mod popups;
mod reads;
mod screens;

use bee_tui::api::Call;
use bee_tui::api::page::{Page, read_record};
use bee_tui::app::message::Msg;
use bee_tui::app::model::{Model, SessionSettings, Start};
use bee_tui::config::{ParallelRequests, WritePolicy};
use bee_tui::domain::change::collection::Collection;
use bee_tui::domain::change::counter_change::{CounterRef, TargetRef};
use bee_tui::domain::change::record_change::{Intent, RecordChange};
use bee_tui::domain::plan::counter::Counter;
use bee_tui::domain::plan::{Plan, read_plan};
use bee_tui::domain::record::scorecard::Scorecard;
use bee_tui::domain::record::{FieldKind, RecordDraft, Value as FieldValue};
use bee_tui::effect::{Effect, Effects};
use bee_tui::input::keymap::Keymap;
use bee_tui::theme::Theme;
use bee_tui::workspace::{Snapshot, Workspace};
use ratatui::layout::Size;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::support::harness::{screen_of, start_of_time};

pub const CARD: &str = "scorecard_1";

/// A model at the start of a session, with what an earlier read brought.
pub struct Steps {
    pub model: Model,
    /// Numbers requests over all steps, as the event loop does.
    fx: Effects,
}

pub fn raw(value: &Value) -> Box<RawValue> {
    RawValue::from_string(value.to_string()).unwrap()
}

pub fn programs() -> Collection {
    format!("training_programs {CARD}").parse().unwrap()
}

pub fn participants() -> Collection {
    format!("participants {CARD} 7").parse().unwrap()
}

/// One plan with two years, one scorecard, one program and two participants, all read.
pub fn workspace() -> Workspace {
    let now = start_of_time();
    let mut workspace = Workspace::default();
    let year = |number: u64| {
        json!({"id": number, "year_number": number, "start_date": format!("{}-09-01", 2024 + number),
            "end_date": format!("{}-08-31", 2025 + number), "targets": [{"id": 10 + number, "target_type": "all_employees",
            "number_of_african_male_top_managers": 3, "number_of_african_female_top_managers": 2}]})
    };
    let plan =
        raw(&json!({"id": 42, "name": "Plan", "scorecard_id": CARD, "milestones": [year(1), year(2)]}));
    let plan = read_plan(&plan).unwrap();
    let rows = Page { rows: vec![plan.clone()], unreadable: Vec::new(), meta: None };
    workspace.plan_list = Some(Snapshot { value: rows, read_at: now });
    workspace.update_plan(plan, now);
    let card =
        json!({"id": CARD, "description": "Card", "start_date": "2025-09-01", "end_date": "2026-08-31"});
    let card = read_record(Collection::Scorecards.schema(), &raw(&card)).unwrap();
    let rows = Page { rows: vec![Scorecard::new(card).unwrap()], unreadable: Vec::new(), meta: None };
    workspace.scorecard_list = Some(Snapshot { value: rows, read_at: now });
    for (collection, rows) in [
        (programs(), vec![json!({"id": 7, "name": "Course", "category": "C"})]),
        (participants(), vec![json!({"id": 1, "full_name": "Ann"}), json!({"id": 2, "full_name": "Ben"})]),
    ] {
        let rows = rows.iter().map(|row| read_record(collection.schema(), &raw(row)).unwrap()).collect();
        workspace.add_page(&collection, 1, Page { rows, unreadable: Vec::new(), meta: None }, now);
    }
    workspace.recent_lists = vec![participants()];
    workspace
}

impl Steps {
    pub fn new() -> Self {
        Self::over(workspace())
    }

    pub fn over(workspace: Workspace) -> Self {
        let start = Start {
            settings: SessionSettings {
                profile: Some("acme".into()),
                profiles: vec!["acme".into(), "beta".into()],
                guard: WritePolicy::Standard,
                keymap: Keymap::new(&std::collections::BTreeMap::new()).unwrap(),
                theme: Theme::mono(),
                parallel: ParallelRequests::default(),
            },
            workspace,
            notice: None,
            size: Size { width: 120, height: 40 },
            now: start_of_time(),
        };
        let mut fx = Effects::default();
        let model = Model::new(start, &mut fx);
        fx.take();
        Self { model, fx }
    }

    /// Goes somewhere first; what that asks for is not looked at.
    pub fn at(script: &str) -> Self {
        let mut steps = Self::new();
        steps.press(script);
        steps
    }

    /// Presses keys a second apart; the effects of the last, without timers.
    pub fn press(&mut self, script: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for key in script.split_whitespace() {
            effects = self.step(Msg::Key(key.parse().unwrap()));
        }
        effects
    }

    /// Types a text.
    pub fn text(&mut self, text: &str) {
        for c in text.chars() {
            let key = if c == ' ' { "space".to_owned() } else { c.to_string() };
            self.step(Msg::Key(key.parse().unwrap()));
        }
    }

    pub fn step(&mut self, msg: Msg) -> Vec<Effect> {
        let later = self.model.context().now + jiff::SignedDuration::from_secs(1);
        self.model.update(later, msg, &mut self.fx);
        let is_timer = |effect: &Effect| matches!(effect, Effect::SetTimer(..));
        self.fx.take().into_iter().filter(|effect| !is_timer(effect)).collect()
    }

    /// The calls that keys make.
    pub fn calls(&mut self, script: &str) -> Vec<Call> {
        let call = |effect| if let Effect::Call(_, call) = effect { Some(call) } else { None };
        self.press(script).into_iter().filter_map(call).collect()
    }

    #[track_caller]
    pub fn shows(&self, text: &str) {
        let screen = screen_of(&self.model);
        assert!(screen.contains(text), "`{text}` is not on screen:\n{screen}");
    }

    #[track_caller]
    pub fn hides(&self, text: &str) {
        let screen = screen_of(&self.model);
        assert!(!screen.contains(text), "`{text}` is on screen:\n{screen}");
    }
}

/// The model over staged rows, so many of each collection, that lack nothing.
pub fn staged(collections: &[(Collection, usize)]) -> Steps {
    let mut workspace = workspace();
    for (collection, count) in collections {
        let change = |n: usize| {
            let field = collection.name_field();
            let mut draft = RecordDraft::default();
            draft.set(field, FieldValue::Text(format!("Record {n}").as_str().into()));
            for (name, value) in [("category", "C"), ("gender", "Female"), ("race", "african")] {
                if collection.schema().field(name).is_some() {
                    draft.set(name, FieldValue::Text(value.into()));
                }
            }
            for flag in collection.schema().fields.iter().filter(|field| field.kind == FieldKind::Flag) {
                draft.set(flag.name, FieldValue::Flag(false));
            }
            let name = format!("Record {n}").as_str().into();
            let mut change =
                RecordChange::new(collection.clone(), name, Intent::Create(draft), start_of_time());
            change.file_row = u32::try_from(n).ok();
            (None, change)
        };
        workspace.stage_records((0..*count).map(change).collect()).unwrap();
    }
    Steps::over(workspace)
}

pub fn staged_rows(collection: &Collection, count: usize) -> Steps {
    staged(&[(collection.clone(), count)])
}

/// A plan of one year and one table with one counter, as the server sends it.
pub fn plan_json(number: u64, count: u64) -> Value {
    let target = json!({"id": 10 + number, "target_type": "all_employees", "number_of_african_male_top_managers": count});
    let year = json!({"id": number, "year_number": 1, "start_date": "2025-09-01", "end_date": "2026-08-31",
        "targets": [target]});
    json!({"id": number, "name": format!("Plan {number}"), "milestones": [year]})
}

/// Adds a plan as read and stages its first counter.
pub fn stage_first_counter(workspace: &mut Workspace, plan: Plan) -> CounterRef {
    let (id, target) = (plan.id, &plan.milestones[0].targets[0]);
    let target = TargetRef { plan: id, milestone: plan.milestones[0].id, target: target.id };
    workspace.update_plan(plan, start_of_time());
    let counter = Counter::parse("number_of_african_male_top_managers").unwrap();
    let cell = CounterRef { target, counter };
    workspace.edit_counters(id, vec![(cell.clone(), 5)], start_of_time()).unwrap();
    cell
}

/// Thirty plans, each with a staged counter.
pub fn thirty_plans() -> (Workspace, Vec<CounterRef>) {
    let mut workspace = workspace();
    let plans = (11_u64..41).map(|number| read_plan(&raw(&plan_json(number, 3))).unwrap());
    let cells = plans.map(|plan| stage_first_counter(&mut workspace, plan)).collect();
    (workspace, cells)
}
