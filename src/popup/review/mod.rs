//! The review: every staged change before it is applied, conflicts to decide, and the exact requests.

mod requests;

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::api::{Call, plans};
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::{
    ChangeState, CounterChange, CounterRef, CounterStanding, TargetLabel, counter_reading,
};
use crate::domain::change::record_change::{self, ChangeNumber, Hold, Intent, RecordChange, ServerRecord};
use crate::domain::plan::Plan;
use crate::domain::plan::counter::Counter;
use crate::domain::plan::target::CounterReading;
use crate::domain::record::RecordDraft;
use crate::domain::refusal::Refusal;
use crate::domain::text::{Text, pluralize};
use crate::effect::Effects;
use crate::input::command::Command;
use crate::input::command::key;
use crate::kit::frame::draw;
use crate::kit::pen::{Pen, fit, highlight, width, wrap};
use crate::nav::{Context, Destination, FormPurpose, Nav, Notice, Question, Severity};
use crate::popup::review::requests::RequestLine;
use crate::workspace::staged_groups::StandingCounts;
use crate::workspace::{Excluded, Workspace};

/// The review of everything that is staged.
#[derive(Debug)]
pub struct Review {
    excluded: Excluded,
    /// The change under the cursor and its index among all; a read may remove others.
    current: Option<ReviewItem>,
    cursor: usize,
    top: usize,
    tab: ReviewTab,
    /// The first visible line of the requests.
    requests_top: usize,
}

/// A staged change.
#[derive(Debug, Clone, PartialEq)]
enum ReviewItem {
    Counter(CounterRef),
    Record(ChangeNumber),
}

#[derive(Debug, Clone, PartialEq)]
enum ReviewTab {
    Changes,
    /// The requests as computed when the tab was opened or last updated.
    Requests(Vec<(String, RequestLine)>),
}

/// The most lines shown at the bottom for the record under the cursor.
const MAX_DETAIL_LINES: usize = 6;

/// A line of the list of changes.
enum ReviewLine<'a> {
    Target(&'a TargetLabel),
    Counter(CounterRef, &'a CounterChange),
    Collection(&'a Collection),
    Record(ChangeNumber, &'a RecordChange),
    /// One of the lines that describe a record change, by its index.
    Detail(&'a RecordChange, usize),
}

impl ReviewLine<'_> {
    fn is_for(&self, item: &ReviewItem) -> bool {
        match (self, item) {
            (Self::Counter(cell, _), ReviewItem::Counter(wanted)) => cell == wanted,
            (Self::Record(number, _), ReviewItem::Record(wanted)) => number == wanted,
            _ => false,
        }
    }
}

/// Replaces the ids of scorecards in a line by their names.
fn with_scorecard_names(line: String, workspace: &Workspace) -> String {
    let scorecards = workspace.scorecard_list.iter().flat_map(|known| &known.value.rows);
    let named = scorecards.filter(|scorecard| line.contains(scorecard.id.as_str()));
    let named: Vec<_> = named.collect();
    named.into_iter().fold(line, |line, scorecard| {
        line.replace(scorecard.id.as_str(), &scorecard.description().printable())
    })
}

impl Review {
    /// Opens the review; every plan with staged changes is read again.
    pub fn open(workspace: &Workspace, cx: &Context, fx: &mut Effects) -> Self {
        for plan in workspace.counter_changes.plans() {
            fx.call(cx.owner(), Call::Plans(plans::Call::Read(plan)));
        }
        Self {
            excluded: Excluded::default(),
            current: None,
            cursor: 0,
            top: 0,
            tab: ReviewTab::Changes,
            requests_top: 0,
        }
    }

    /// The commands shown in the hint line.
    pub fn hints(&self) -> &'static [Command] {
        &[
            Command::Apply,
            Command::Back,
            Command::ToggleExcluded,
            Command::Drop,
            Command::KeepMine,
            Command::TakeTheirs,
            Command::ShowRequests,
            Command::Jump,
        ]
    }

    /// Runs a command and returns what the app should do next.
    pub fn command(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        let page = usize::from(cx.area.height.saturating_sub(4)).max(1);
        let place = if self.tab == ReviewTab::Changes { &mut self.cursor } else { &mut self.requests_top };
        match command {
            Command::Up => *place = place.saturating_sub(1),
            Command::Down => *place += 1,
            Command::PageUp => *place = place.saturating_sub(page),
            Command::PageDown => *place += page,
            Command::First => *place = 0,
            Command::Last => *place = usize::MAX,
            Command::ShowRequests => {
                self.tab = match self.tab {
                    ReviewTab::Changes => self.requests_tab(workspace, cx),
                    ReviewTab::Requests(_) => ReviewTab::Changes,
                };
                self.requests_top = 0;
            }
            Command::ReadAgain => {
                let left_out = std::mem::take(&mut self.excluded);
                *self = Self {
                    excluded: left_out,
                    current: self.current.take(),
                    ..Self::open(workspace, cx, fx)
                };
            }
            Command::Apply => return self.ask_to_apply(workspace),
            Command::ToggleExcluded
            | Command::Jump
            | Command::Drop
            | Command::KeepMine
            | Command::TakeTheirs => {
                let nav = match self.current.clone() {
                    None => Err(Refusal::from("nothing is staged")),
                    Some(ReviewItem::Counter(cell)) => self.run_on_counter(command, cell, workspace, fx),
                    Some(ReviewItem::Record(number)) => {
                        self.run_on_record(command, number, workspace, cx, fx)
                    }
                };
                if let ReviewTab::Requests(_) = self.tab {
                    self.tab = self.requests_tab(workspace, cx);
                }
                return nav;
            }
            Command::Undo | Command::Redo => {
                let nav = self.undo_or_redo(command == Command::Undo, workspace, cx, fx);
                if let ReviewTab::Requests(_) = self.tab {
                    self.tab = self.requests_tab(workspace, cx);
                }
                return nav;
            }
            // Back goes one step: from the requests to the changes they are made from.
            Command::Back if self.tab != ReviewTab::Changes => self.tab = ReviewTab::Changes,
            Command::Back | Command::Close => return Ok(Nav::Back),
            _ => {
                return Err(Refusal::from(concat!(
                    "that does nothing in the review; ",
                    key!("back"),
                    " goes back"
                )));
            }
        }
        let items = Self::items(workspace);
        self.cursor = self.cursor.min(items.len().saturating_sub(1));
        self.current = items.get(self.cursor).cloned();
        Ok(Nav::Stay)
    }

    /// Undoes or redoes the last edit: of the plan the cursor is in, or of the records.
    fn undo_or_redo(
        &self,
        back: bool,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        let done = match &self.current {
            None => return Err(Refusal::from("nothing is staged; leave the review to undo elsewhere")),
            Some(ReviewItem::Counter(cell)) => {
                let stepped = workspace.undo_or_redo_counters(back, cell.target.plan, cx.now);
                stepped.map(|(entries, _, words)| {
                    fx.journal_counters(entries);
                    words
                })
            }
            Some(ReviewItem::Record(_)) => {
                workspace.undo_or_redo_records(back, cx.now).map(|(entries, words)| {
                    fx.journal_records(entries);
                    words
                })
            }
        };
        done.map_or_else(Err, |words| Ok(Nav::Notify(Notice::new(Severity::Info, words))))
    }

    fn run_on_counter(
        &mut self,
        command: Command,
        cell: CounterRef,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        match command {
            Command::Jump => Ok(Nav::Open(Destination::Plan(cell.target.plan, Some(cell)))),
            Command::ToggleExcluded => {
                if !self.excluded.counters.remove(&cell) {
                    self.excluded.counters.insert(cell);
                }
                Ok(Nav::Stay)
            }
            Command::Drop => Nav::counters_edited(workspace.drop_counter(&cell), fx),
            Command::TakeTheirs => match workspace.counter_standing(&cell) {
                Some(CounterStanding::Conflict(_)) => Nav::counters_edited(workspace.drop_counter(&cell), fx),
                _ => Err(Refusal::from("there is no conflict here to decide")),
            },
            _ => Nav::counters_edited(workspace.keep_my_counter(&cell), fx),
        }
    }

    fn run_on_record(
        &mut self,
        command: Command,
        number: ChangeNumber,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        let Some(change) = workspace.record_changes.change(number) else {
            return Err(Refusal::from("it is gone"));
        };
        let done = match command {
            Command::Jump if change.intent.draft().is_some() => {
                return Ok(Nav::Open(Destination::Form(Box::new(FormPurpose::EditStaged(number)))));
            }
            Command::Jump => return Err(Refusal::from("a deletion has no fields to go to")),
            Command::ToggleExcluded => {
                if !self.excluded.records.remove(&number) {
                    self.excluded.records.insert(number);
                }
                return Ok(Nav::Stay);
            }
            Command::Drop => workspace.drop_records(&[number]),
            Command::TakeTheirs if let Err(why) = workspace.check_edits_allowed() => Err(why),
            Command::TakeTheirs => match remaining_change(change, workspace.server_record(change), cx) {
                Ok(Some(rest)) => workspace.stage_records(vec![(Some(number), rest)]),
                // A replacement, too, has nothing left to send: the old record is kept.
                Ok(None) if change.state == ChangeState::OutcomeUnknown => {
                    Ok(workspace.record_changes.remove(number).into_iter().collect())
                }
                Ok(None) => workspace.drop_records(&[number]),
                Err(why) => Err(why),
            },
            _ if change.state != ChangeState::OutcomeUnknown && matches!(change.hold, Hold::Held(_)) => {
                workspace.release_records(&[number])
            }
            _ => workspace.keep_my_record(number),
        };
        match done {
            Ok(entries) => {
                fx.journal_records(entries);
                Ok(Nav::Stay)
            }
            Err(why) => Err(why),
        }
    }

    fn ask_to_apply(&self, workspace: &Workspace) -> Result<Nav, Refusal> {
        let confirmed = workspace.confirmable_changes(&self.excluded);
        let is_blocked =
            |cell: &CounterRef| workspace.counter_standing(cell).is_some_and(|standing| standing.is_held());
        let can_go = |number: &ChangeNumber| {
            let change = workspace.record_changes.change(*number);
            change.is_some_and(|change| workspace.record_standing(change).is_sent_by_apply())
        };
        if confirmed.is_empty() {
            return Err(Refusal::from("there is nothing to send"));
        }
        if confirmed.counters.keys().all(is_blocked) && !confirmed.records.keys().any(can_go) {
            let conflict = confirmed.records.is_empty()
                || workspace.record_changes.iter().any(|(_, change)| {
                    matches!(workspace.record_standing(change), record_change::RecordStanding::Conflict(_))
                });
            return Err(Refusal::from(if conflict {
                concat!(
                    "nothing can be sent: decide each conflict with ",
                    key!("mine"),
                    " or ",
                    key!("theirs"),
                    " first"
                )
            } else {
                "nothing can be sent: each change says what stands in its way"
            }));
        }
        Ok(Nav::Ask(Question::Apply(confirmed)))
    }

    fn requests_tab(&self, workspace: &Workspace, cx: &Context) -> ReviewTab {
        let confirmed = workspace.confirmable_changes(&self.excluded);
        ReviewTab::Requests(requests::request_lines(workspace, &confirmed, cx.area.width.saturating_sub(4)))
    }

    /// Every change in the order shown: counters, then records by collection.
    fn items(workspace: &Workspace) -> Vec<ReviewItem> {
        let counters = workspace.counter_changes.iter().map(|(cell, ..)| ReviewItem::Counter(cell));
        let records = changes_by_collection(workspace).into_values().flatten();
        counters.chain(records.map(|(number, _)| ReviewItem::Record(number))).collect()
    }

    fn lines(workspace: &Workspace) -> Vec<ReviewLine<'_>> {
        let mut lines = Vec::new();
        for (place, staged) in workspace.counter_changes.targets() {
            lines.push(ReviewLine::Target(&staged.label));
            for (counter, change) in &staged.changes {
                lines.push(ReviewLine::Counter(
                    CounterRef { target: *place, counter: counter.clone() },
                    change,
                ));
            }
        }
        for (collection, changes) in changes_by_collection(workspace) {
            lines.push(ReviewLine::Collection(collection));
            for (number, change) in changes {
                lines.push(ReviewLine::Record(number, change));
                let details = match &change.intent {
                    Intent::Update { mine, .. } => mine.entries().len(),
                    Intent::Create(_) | Intent::Replace { .. } => 1,
                    Intent::Delete(_) => 0,
                };
                lines.extend((0..details).map(|at| ReviewLine::Detail(change, at)));
            }
        }
        lines
    }

    /// Keeps the cursor on its change, and the change visible.
    pub fn arrange(&mut self, workspace: &Workspace, cx: &Context) {
        let items = Self::items(workspace);
        let at = self.current.as_ref().and_then(|current| items.iter().position(|item| item == current));
        self.cursor = at.unwrap_or(self.cursor).min(items.len().saturating_sub(1));
        self.current = items.get(self.cursor).cloned();
        // The plan or record that was missing may have arrived by now.
        if matches!(&self.tab, ReviewTab::Requests(lines) if lines.iter().any(|(_, kind)| *kind == RequestLine::Waiting))
        {
            self.tab = self.requests_tab(workspace, cx);
        }
        if let ReviewTab::Requests(lines) = &self.tab {
            let height = usize::from(cx.area.height.saturating_sub(2));
            self.requests_top = self.requests_top.min(lines.len().saturating_sub(height));
        }
        let lines = Self::lines(workspace);
        let at = self.current.as_ref().and_then(|current| lines.iter().position(|line| line.is_for(current)));
        let at = at.unwrap_or(0);
        let below = self.detail_lines(workspace, cx.area.width.saturating_sub(4)).len();
        let page = usize::from(cx.area.height.saturating_sub(4)).saturating_sub(below).max(1);
        // The line before the first change of a target names the target, so keep it visible too.
        self.top = self.top.min(at.saturating_sub(1)).max((at + 1).saturating_sub(page));
    }

    /// Draws the changes or the requests.
    pub fn view(&self, workspace: &Workspace, cx: &Context, buf: &mut Buffer) {
        let theme = cx.theme;
        let conflicts = workspace.counter_conflicts()
            + workspace
                .record_changes
                .iter()
                .filter(|(_, change)| matches!(change.intent, Intent::Update { .. }))
                .filter(|(_, c)| {
                    matches!(workspace.record_standing(c), record_change::RecordStanding::Conflict(_))
                })
                .count();
        let conflicts = if conflicts > 0 { format!(" · {conflicts} in conflict") } else { String::new() };
        let title = format!("Review · {} staged{conflicts}", workspace.staged_count());
        let inner = draw(buf, cx.area, &title, theme.title, theme.frame);
        if workspace.staged_count() == 0 {
            Pen::new(buf, inner, 1).text("Nothing is staged.", theme.dim);
            return;
        }
        match &self.tab {
            ReviewTab::Changes => self.draw_changes(workspace, cx, inner, buf),
            ReviewTab::Requests(lines) => self.draw_requests(lines, cx, inner, buf),
        }
    }

    /// The full description of the record under the cursor, when its own lines are too short for it; else
    /// empty.
    fn detail_lines(&self, workspace: &Workspace, columns: u16) -> Vec<String> {
        let Some(ReviewItem::Record(number)) = &self.current else { return Vec::new() };
        let Some(change) = workspace.record_changes.change(*number) else { return Vec::new() };
        let standing = match workspace.record_standing(change) {
            record_change::RecordStanding::Staged => String::new(),
            standing => standing.to_string(),
        };
        let lines: Vec<String> =
            change.describe_fields().into_iter().map(|line| with_scorecard_names(line, workspace)).collect();
        let cut = lines.iter().any(|line| width(line) + 8 > columns) || width(&standing) + 48 > columns;
        if !cut {
            return Vec::new();
        }
        let details = std::iter::once(standing).chain(lines).filter(|line| !line.is_empty());
        let mut below: Vec<_> = details.flat_map(|line| wrap(&line, columns)).collect();
        below.truncate(MAX_DETAIL_LINES);
        below.insert(0, "─".repeat(usize::from(columns)));
        below
    }

    fn draw_changes(&self, workspace: &Workspace, cx: &Context, area: Rect, buf: &mut Buffer) {
        let theme = cx.theme;
        let below = self.detail_lines(workspace, area.width);
        let whole = area;
        let area = Rect { height: area.height.saturating_sub(below.len() as u16), ..area };
        for (at, line) in (area.height..whole.height).zip(&below) {
            Pen::new(buf, whole, at).text(line, theme.dim);
        }
        let widest = workspace
            .counter_changes
            .iter()
            .map(|(.., change)| width(&counter_change_text(change)))
            .max()
            .unwrap_or(0);
        for (at, line) in (0..area.height).zip(Self::lines(workspace).iter().skip(self.top)) {
            let mut pen = Pen::new(buf, area, at);
            match line {
                ReviewLine::Target(label) => {
                    let text = format!("{} · Year {} · {}", label.plan, label.year, label.target_type);
                    pen.text(&text, theme.title);
                }
                ReviewLine::Counter(cell, change) => {
                    let out = self.excluded.counters.contains(cell);
                    pen.text(if out { "  [ ] " } else { "  [x] " }, theme.plain);
                    pen.text_left(&cell.counter.to_string(), 28, if out { theme.dim } else { theme.plain });
                    pen.text_left(
                        &counter_change_text(change),
                        widest + 2,
                        if out { theme.dim } else { theme.changed },
                    );
                    match workspace.counter_standing(cell) {
                        Some(CounterStanding::Staged) | None => {
                            pen.text(&self.row_total(workspace, cell).unwrap_or_default(), theme.dim);
                        }
                        Some(standing) => {
                            pen.text(&standing.to_string(), theme.warning);
                        }
                    }
                }
                ReviewLine::Collection(collection) => {
                    pen.text(&workspace.collection_name(collection), theme.title);
                    if collection.holds_participants() {
                        let of_collection = workspace.record_changes.in_collection(collection);
                        let counts = workspace.count_standings(of_collection.map(|(_, change)| change));
                        pen.text(&format!(" · {}", standing_text(counts)), theme.dim);
                    }
                }
                ReviewLine::Record(number, change) => {
                    let out = self.excluded.records.contains(number);
                    pen.text(if out { "  [ ] " } else { "  [x] " }, theme.plain);
                    pen.text_left(&change.name.printable(), 34, if out { theme.dim } else { theme.plain });
                    let style = match () {
                        () if out => theme.dim,
                        () if change.intent.deletes() => theme.error,
                        () => theme.changed,
                    };
                    pen.skip(1).text(change.verb(), style).skip(2);
                    let people = participants_of(*number, change, workspace);
                    if people > 0 {
                        pen.text(&pluralize(people, "participant"), theme.plain).skip(2);
                    }
                    match workspace.record_standing(change) {
                        record_change::RecordStanding::Staged => {}
                        standing => {
                            let room = pen.columns_left();
                            pen.text(&fit(&standing.to_string(), room), theme.warning);
                        }
                    }
                }
                ReviewLine::Detail(change, at) => {
                    let text = change.describe_fields().into_iter().nth(*at).unwrap_or_default();
                    let text = with_scorecard_names(text, workspace);
                    pen.skip(8);
                    let room = pen.columns_left();
                    pen.text(&fit(&text, room), theme.dim);
                }
            }
            if self.current.as_ref().is_some_and(|current| line.is_for(current)) {
                highlight(buf, area, at, theme.cursor);
            }
        }
    }

    /// The total of a row before and after the changes that are not excluded, like `Senior 41 → 44`. `None`
    /// for counters outside the grid, unread plans and missing numbers.
    fn row_total(&self, workspace: &Workspace, cell: &CounterRef) -> Option<String> {
        let Counter::Cell(slice, _) = &cell.counter else { return None };
        let plan: &Plan = workspace.plan(cell.target.plan)?;
        let (_, target) = plan.target(cell.target.milestone, cell.target.target)?;
        let row = target.counters.iter().filter_map(|(counter, _)| match counter {
            Counter::Cell(s, _) if s == slice => {
                Some(CounterRef { target: cell.target, counter: counter.clone() })
            }
            _ => None,
        });
        let (mut before, mut after) = (0, 0);
        for cell in row {
            let server = counter_reading(plan, &cell).and_then(CounterReading::count)?;
            before += u64::from(server);
            let kept = if self.excluded.counters.contains(&cell) {
                server
            } else {
                workspace.counter_value(&cell).unwrap_or(0)
            };
            after += u64::from(kept);
        }
        let label = Text::from(slice.label());
        Some(format!("{label} {before} → {after}"))
    }

    fn draw_requests(&self, lines: &[(String, RequestLine)], cx: &Context, area: Rect, buf: &mut Buffer) {
        for (at, (line, kind)) in (0..area.height).zip(lines.iter().skip(self.requests_top)) {
            let style = match kind {
                RequestLine::Head => cx.theme.title,
                RequestLine::Body => cx.theme.plain,
                RequestLine::Note | RequestLine::Waiting => cx.theme.dim,
            };
            Pen::new(buf, area, at).text(line, style);
        }
    }
}

fn counter_change_text(change: &CounterChange) -> String {
    let base = change.base.map_or_else(|| "–".into(), |base| base.to_string());
    let by = i64::from(change.mine) - i64::from(change.base.unwrap_or(0));
    format!("{base} → {} ({by:+})", change.mine)
}

fn standing_text(counts: StandingCounts) -> String {
    let StandingCounts { ready, to_mend, held } = counts;
    let parts = [(ready, "ready"), (to_mend, "to mend"), (held, "held")];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    parts.map(|(count, words)| format!("{count} {words}")).collect::<Vec<_>>().join(", ")
}

/// How many staged participants wait for a staged training program.
fn participants_of(number: ChangeNumber, change: &RecordChange, workspace: &Workspace) -> usize {
    let Collection::TrainingPrograms(scorecard) = &change.collection else { return 0 };
    let people = Collection::NewProgramParticipants(scorecard.clone(), number);
    workspace.record_changes.in_collection(&people).count()
}

fn changes_by_collection(workspace: &Workspace) -> BTreeMap<&Collection, Vec<(ChangeNumber, &RecordChange)>> {
    let mut by: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (number, change) in workspace.record_changes.iter() {
        by.entry(&change.collection).or_default().push((number, change));
    }
    by
}

/// What is left of a change when the server's values are taken for all conflicting fields. `None` when
/// nothing is left or when the outcome was unknown. Fails when there is no conflict to decide.
fn remaining_change(
    change: &RecordChange,
    seen: ServerRecord<'_>,
    cx: &Context,
) -> Result<Option<RecordChange>, Refusal> {
    if change.state == ChangeState::OutcomeUnknown {
        return Ok(None);
    }
    let (
        Intent::Update { id, base, mine },
        ServerRecord::Present(theirs),
        record_change::RecordStanding::Conflict(_),
    ) = (&change.intent, seen, change.standing(seen))
    else {
        return Err("there is no conflict here to decide".into());
    };
    let kept = mine.entries().iter().filter(|(name, value)| {
        let now = theirs.value(name);
        now.is_equivalent(value) || now.is_equivalent(base.value(name))
    });
    let mine = RecordDraft::new(kept.cloned().collect());
    if mine.is_empty() {
        return Ok(None);
    }
    let intent = Intent::Update { id: id.clone(), base: base.clone(), mine };
    Ok(Some(RecordChange::new(change.collection.clone(), change.name.clone(), intent, cx.now)))
}
