//! A plan's target grid: years, two tables, typing, stepping, undo.

mod against;
mod checks;
mod editing;
mod hand;
mod moving;
mod panel;
mod paste;
mod table;
mod typing;
mod view;
mod years;

use jiff::Timestamp;
use ratatui::buffer::Buffer;

use crate::api::error::ApiError;
use crate::api::{Call, plans, scorecards};
use crate::desk::{Desk, UNREAD};
use crate::domain::change::Cell;
use crate::domain::date::today;
use crate::domain::id::PlanId;
use crate::domain::plan::Plan;
use crate::domain::target::TargetType;
use crate::domain::text::{Text, count};
use crate::effect::{Effect, Effects, RequestId};
use crate::input::command::{Command, Scope};
use crate::input::key::Key;
use crate::kit::grid::sheet::At;
use crate::nav::{Choosing, Context, Nav, Notice, Place, Purpose, Question, Tone};
use crate::screen::plan::against::Against;
use crate::screen::plan::editing::{Done, Setting, fill, server_value, set, set_each, step};
use crate::screen::plan::hand::{Doing, Hand};
use crate::screen::plan::moving::Stand;
use crate::screen::plan::table::{Where, years as count_years};
use crate::screen::plan::typing::SIGN;
use crate::screen::plan::view::{Progress, View};

/// What works in every plan, beside the commands of its own scopes.
const EVERY_PLAN_DOES: [Command; 7] = [
    Command::Undo,
    Command::Redo,
    Command::Import,
    Command::Export,
    Command::Copy,
    Command::CopyJson,
    Command::ReadAgain,
];

/// A plan's grid and where one stands in it.
#[derive(Debug)]
pub struct PlanScreen {
    hand: Hand,
    /// What the table is held against.
    against: Against,
    /// Whether cells are shown in per cent of their level.
    shares: bool,
    /// Which of the plan's findings was shown last.
    walked: Option<usize>,
    reading: Option<RequestId>,
    failure: Option<String>,
    /// A cell to go to once the plan has been read.
    wanted: Option<Wanted>,
}

/// Where to go in a plan that is not read yet.
#[derive(Debug)]
enum Wanted {
    /// The year that holds today.
    Today,
    /// A cell.
    Cell(Cell),
}

impl PlanScreen {
    /// The grid of a plan, at a cell if one is meant, else in the year that holds today. The plan is read again.
    pub fn open(plan: PlanId, cell: Option<&Cell>, desk: &Desk, cx: &Context, fx: &mut Effects) -> Self {
        let at = Where { plan, year: 0, table: TargetType::AllEmployees, cursor: At::default() };
        let mut screen = Self {
            hand: Hand::new(Stand::new(at)),
            against: Against::Nothing,
            shares: false,
            walked: None,
            reading: Some(fx.call(Call::Plans(plans::Call::Read(plan)))),
            failure: None,
            wanted: Some(cell.cloned().map_or(Wanted::Today, Wanted::Cell)),
        };
        // Its scorecard's name is wanted when a recalculation is offered.
        if desk.scorecards.is_none() {
            fx.call(Call::Scorecards(scorecards::Call::List));
        }
        screen.settle(desk, cx);
        screen
    }

    /// Goes where it was wanted, if the plan is there.
    fn settle(&mut self, desk: &Desk, cx: &Context) {
        let Some(plan) = desk.plan(self.plan()) else { return };
        match self.wanted.take() {
            Some(Wanted::Today) => self.hand.stand.at.year = plan.year_of(today(cx.now)),
            Some(Wanted::Cell(cell)) => self.go_to(&cell, desk),
            None => {}
        }
    }

    /// Moves to a cell.
    pub fn go_to(&mut self, cell: &Cell, desk: &Desk) {
        let Some(plan) = desk.plan(self.plan()) else { return };
        let Some(year) = plan.milestones.iter().position(|m| m.id == cell.place.milestone) else { return };
        let Some((_, target)) = plan.target(cell.place.milestone, cell.place.target) else { return };
        self.hand.stand.let_go();
        let at = &mut self.hand.stand.at;
        at.year = year;
        at.table = target.target_type.clone();
        if let Some(place) = at.shown(desk).and_then(|shown| shown.table.find(&cell.counter)) {
            at.cursor = place;
        }
    }

    /// The plan it shows.
    pub fn plan(&self) -> PlanId {
        self.hand.stand.at.plan
    }

    /// The plan's name.
    pub fn title(&self, desk: &Desk) -> String {
        let listed = || desk.plan_list.as_ref()?.what.rows.iter().find(|p| p.id == self.hand.stand.at.plan);
        desk.plan(self.hand.stand.at.plan)
            .or_else(listed)
            .map_or_else(|| format!("Plan {}", self.hand.stand.at.plan), |p| p.name().to_string())
    }

    /// `Year 3 of 5 · 2027-09-01 – 2028-08-31`.
    pub fn headline(&self, desk: &Desk) -> String {
        let Some(plan) = desk.plan(self.hand.stand.at.plan) else { return String::new() };
        let Some(milestone) = plan.milestones.get(self.hand.stand.at.year) else { return String::new() };
        let days = milestone.days.map(|(first, last)| format!(" · {first} – {last}")).unwrap_or_default();
        format!("Year {} of {}{days}", milestone.year, count_years(plan))
    }

    /// The scopes of keys that are open.
    pub fn scopes(&self) -> &'static [Scope] {
        match self.hand.doing {
            Doing::Moving => &[Scope::Grid, Scope::Moving, Scope::Everywhere],
            Doing::Typing(_) => &[Scope::Typing],
            Doing::Pasting(..) => &[Scope::Pasting, Scope::Moving],
        }
    }

    /// The commands to be named in the hint line.
    pub fn hints(&self) -> &'static [Command] {
        match self.hand.doing {
            Doing::Typing(_) => &[Command::Commit, Command::CommitRight, Command::CommitAll, Command::GiveUp],
            Doing::Pasting(..) => &[Command::TakePaste, Command::LeavePaste],
            Doing::Moving if self.hand.stand.range().is_some() => &[
                Command::Copy,
                Command::Paste,
                Command::FillDown,
                Command::FillRight,
                Command::Zero,
                Command::ServerValue,
                Command::Increase,
                Command::Review,
                Command::Back,
            ],
            Doing::Moving => &[
                Command::Edit,
                Command::Review,
                Command::OtherTable,
                Command::NextYear,
                Command::Against,
                Command::Range,
                Command::Undo,
                Command::Palette,
            ],
        }
    }

    /// Whether a command can do something here.
    pub fn enabled(&self, command: Command, desk: &Desk) -> bool {
        let plan = desk.plan(self.plan());
        match command {
            Command::Recalculate => plan.and_then(Plan::scorecard).is_some(),
            _ if EVERY_PLAN_DOES.contains(&command) => true,
            Command::OtherTable => self.hand.stand.tables(desk) > 1,
            Command::NextYear | Command::PreviousYear => plan.is_some_and(|plan| plan.milestones.len() > 1),
            _ => command.entry().scope != Scope::Everywhere,
        }
    }

    /// Takes a key that is no command: digits begin or go on typing.
    pub fn key(&mut self, key: Key, desk: &Desk) -> Nav {
        self.hand.key(key, desk)
    }

    /// When the block that is held over the table was pasted, if one is.
    pub fn asked_at(&self) -> Option<Timestamp> {
        if let Doing::Pasting(_, since) = self.hand.doing { Some(since) } else { None }
    }

    /// Takes pasted text: a number into the cell that is typed in, else a block held over where it would land.
    pub fn paste(&mut self, text: &str, desk: &Desk, cx: &Context) -> Nav {
        self.hand.paste(text, desk, cx)
    }

    /// Does a command.
    pub fn command(&mut self, command: Command, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        match command {
            Command::ReadAgain => {
                if self.reading.is_none() {
                    self.reading = Some(fx.call(Call::Plans(plans::Call::Read(self.plan()))));
                }
                return Nav::Stay;
            }
            Command::Back => return if self.hand.stand.let_go() { Nav::Stay } else { Nav::Back },
            Command::GiveUp | Command::LeavePaste => {
                self.hand.doing = Doing::Moving;
                return Nav::Stay;
            }
            Command::ClearInput => {
                self.hand.doing = Doing::Typing(String::new());
                return Nav::Stay;
            }
            Command::Recalculate => {
                return match desk.plan(self.plan()).map(Plan::scorecard) {
                    Some(Some(scorecard)) => Nav::Ask(Question::Recalculate(scorecard)),
                    Some(None) => Nav::refuse("this plan is bound to no scorecard"),
                    None => Nav::refuse(UNREAD),
                };
            }
            _ => {}
        }
        if self.hand.stand.at.target(desk).is_none() {
            return Nav::refuse(UNREAD);
        }
        if self.hand.stand.select(command, desk) {
            return Nav::Stay;
        }
        match command {
            Command::Edit => {
                let shown = self.hand.stand.at.shown(desk);
                let cell = shown.and_then(|shown| shown.table.cell(self.hand.stand.at.cursor));
                let value = cell.and_then(|cell| desk.value(&cell));
                self.hand.begin(value.map(|v| v.to_string()).unwrap_or_default(), desk)
            }
            Command::Expression => self.hand.begin(SIGN.to_string(), desk),
            Command::Increase => set_each(&self.hand.stand, desk, cx, fx, step(1)).nav(),
            Command::Decrease => set_each(&self.hand.stand, desk, cx, fx, step(-1)).nav(),
            Command::Zero => set_each(&self.hand.stand, desk, cx, fx, |_, _, _| Ok(0)).nav(),
            Command::FillDown | Command::FillRight => fill(command, &self.hand.stand, desk, cx, fx),
            Command::ServerValue => server_value(&self.hand.stand, desk, cx, fx),
            Command::Copy | Command::CopyJson | Command::Cut => self.hand.copy(command, desk, cx, fx),
            Command::Paste => {
                fx.push(Effect::ReadClipboard(self.plan()));
                Nav::Stay
            }
            Command::TakePaste => self.hand.take_paste(desk, cx, fx),
            Command::CommitAll => self.hand.commit_all(desk, cx, fx),
            Command::Commit | Command::CommitRight => {
                let nav = self.hand.commit(desk, cx, fx);
                match (&nav, command) {
                    (Nav::Stay, Command::CommitRight) => self.hand.stand.tab(desk),
                    (Nav::Stay, _) => self.hand.stand.line_down(desk),
                    _ => {}
                }
                nav
            }
            Command::NextCell => {
                self.hand.stand.tab(desk);
                Nav::Stay
            }
            Command::PreviousCell => {
                self.hand.stand.tab_back();
                Nav::Stay
            }
            Command::Undo | Command::Redo => self.step_back(command, desk, cx, fx),
            Command::NextYear | Command::PreviousYear => {
                let turned = self.hand.stand.turn_year(command == Command::NextYear, desk);
                turned.map_or_else(Nav::refuse, |()| Nav::Stay)
            }
            Command::OtherTable => self.hand.stand.turn_table(desk).map_or_else(Nav::refuse, |()| Nav::Stay),
            Command::Against => {
                self.against = self.against.next();
                if self.against == Against::SectorTarget && desk.sector(self.plan()).is_none() {
                    return Nav::Choose(Choosing::Sector(self.plan()));
                }
                Nav::Stay
            }
            Command::Shares => {
                self.shares = !self.shares;
                Nav::Stay
            }
            Command::CopyYear | Command::CopyYears => {
                let settings = years::forward(command == Command::CopyYears, &self.hand.stand, desk);
                self.carry(settings, desk, cx, fx)
            }
            Command::Ramp => self.carry(years::between(&self.hand.stand, desk), desk, cx, fx),
            Command::Export | Command::Import => {
                let Where { plan, year, table, .. } = &self.hand.stand.at;
                let purpose = if command == Command::Export { Purpose::SavePlan } else { Purpose::OpenPlan };
                Nav::Open(Place::Form(Box::new(purpose(*plan, *year, table.clone()))))
            }
            Command::GoTo => {
                let Where { year, table, .. } = &self.hand.stand.at;
                Nav::Choose(Choosing::Cell(self.plan(), *year, table.clone()))
            }
            Command::Checks => Nav::Choose(Choosing::Finding(self.plan())),
            Command::NextCheck | Command::PreviousCheck => self.walk(command == Command::NextCheck, desk),
            Command::Sector => match desk.own_sector(self.plan()) {
                Some(own) if desk.benchmarks.sector(own).is_some() => {
                    let own = Text::from(own);
                    Nav::refuse(format!(
                        "the plan's own sector is {own}; it is changed where the plan is edited"
                    ))
                }
                _ => Nav::Choose(Choosing::Sector(self.plan())),
            },
            Command::Region => Nav::Choose(Choosing::Region),
            Command::Years => self.level(desk),
            // An arrow also takes what is being typed.
            _ => {
                let taken = self.hand.commit(desk, cx, fx);
                if taken != Nav::Stay {
                    return taken;
                }
                if self.hand.stand.go(command, desk) {
                    Nav::Stay
                } else {
                    Nav::refuse("that does nothing here; ? shows what does")
                }
            }
        }
    }

    /// Undoes or does again, and goes where something changed.
    fn step_back(&mut self, command: Command, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        match desk.step_counters(command == Command::Undo, self.plan(), cx.now) {
            Ok((entries, cell, words)) => {
                fx.store(entries);
                self.go_to(&cell, desk);
                Nav::Say(Notice::new(Tone::Plain, words))
            }
            Err(why) => Nav::refuse(why),
        }
    }

    /// Stages what was carried from year to year, as one step.
    fn carry(
        &mut self,
        settings: Result<Vec<Setting>, &'static str>,
        desk: &mut Desk,
        cx: &Context,
        fx: &mut Effects,
    ) -> Nav {
        let settings = match settings {
            Ok(settings) => settings,
            Err(why) => return Nav::refuse(why),
        };
        let places = years::places(&settings, desk);
        match years::changed(&settings, desk) {
            0 if settings.iter().all(Result::is_ok) => Nav::refuse("those years have these numbers already"),
            changed => match set(settings, &self.hand.stand.at, desk, cx, fx) {
                Done::All => {
                    Nav::Say(Notice::staged(&format!("{} changed in {places}", count(changed, "cell")), cx))
                }
                done => done.nav(),
            },
        }
    }

    /// Goes to the next thing that deserves a look, and says what and why.
    fn walk(&mut self, forward: bool, desk: &Desk) -> Nav {
        let findings = desk.findings(self.plan());
        let Some(at) = checks::next(&findings, self.walked, forward, &self.hand.stand.at, desk) else {
            return Nav::Say(Notice::new(Tone::Good, "nothing in this plan deserves a look"));
        };
        let finding = &findings[at];
        if let Some(cell) = desk.cell_of(self.plan(), finding) {
            self.go_to(&cell, desk);
        }
        self.walked = Some(at);
        let text = format!("{} of {}: {} ({})", at + 1, findings.len(), finding.words, finding.rule);
        Nav::Say(Notice::new(Tone::Plain, text))
    }

    /// All years of the level under the cursor.
    fn level(&self, desk: &Desk) -> Nav {
        let Where { plan, table, cursor, .. } = &self.hand.stand.at;
        match strum::VariantArray::VARIANTS.get(cursor.row) {
            Some(level) if desk.plan(*plan).is_some() => {
                Nav::Years(*plan, table.clone(), *level, self.hand.stand.at.year)
            }
            _ => Nav::refuse("the years are compared level by level; go to one of the six first"),
        }
    }

    /// The reply to one of its calls came; what it brought is on the desk.
    pub fn reply(&mut self, id: RequestId, error: Option<&ApiError>, desk: &Desk, cx: &Context) {
        if self.reading == Some(id) {
            self.reading = None;
            self.failure = error.map(ToString::to_string);
            self.settle(desk, cx);
        }
    }

    /// Keeps year, table and cursor inside what the plan has now.
    pub fn arrange(&mut self, desk: &Desk) {
        self.hand.stand.arrange(desk);
    }

    /// Draws it.
    pub fn view(&self, desk: &Desk, cx: &Context, buf: &mut Buffer) {
        let reading = match (&self.failure, self.reading) {
            (_, Some(_)) => Progress::Now,
            (Some(why), None) => Progress::Failed(why),
            (None, None) => Progress::Done,
        };
        let (draft, block) = match &self.hand.doing {
            Doing::Moving => (None, None),
            Doing::Typing(draft) => (Some(draft.as_str()), None),
            Doing::Pasting(block, _) => (None, Some(block)),
        };
        let Self { hand: Hand { stand, .. }, against, shares, .. } = self;
        View { stand, draft, block, against: *against, shares: *shares, reading, desk, cx }.draw(buf);
    }
}
