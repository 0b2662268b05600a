//! The review: every staged change before it is sent, conflicts to decide, and the exact requests.

mod requests;

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::api::{Call, plans};
use crate::desk::{Desk, LeftOut};
use crate::domain::change::{Cell, Change, Standing, State, TargetLabel, reading};
use crate::domain::collection::Collection;
use crate::domain::counter::Counter;
use crate::domain::plan::Plan;
use crate::domain::record::Draft;
use crate::domain::record_change::{self, ChangeNumber, Hold, Intent, RecordChange, Seen};
use crate::domain::target::Reading;
use crate::domain::text::Text;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::kit::frame::draw;
use crate::kit::pen::{Pen, fit, highlight, width, wrap};
use crate::nav::{Context, Nav, Notice, Place, Purpose, Question, Tone};
use crate::overlay::review::requests::Kind;

/// The review of everything that is staged.
#[derive(Debug)]
pub struct Review {
    left_out: LeftOut,
    /// The change under the cursor, and where it stands among all; a reading may take others out.
    current: Option<Item>,
    cursor: usize,
    top: usize,
    shows: Shows,
    /// The first line seen of the requests.
    requests_top: usize,
}

/// A staged change.
#[derive(Debug, Clone, PartialEq)]
enum Item {
    Counter(Cell),
    Record(ChangeNumber),
}

#[derive(Debug, Clone, PartialEq)]
enum Shows {
    Changes,
    /// The requests as they were when they were asked for.
    Requests(Vec<(String, Kind)>),
}

/// The most lines that the record under the cursor is given below.
const MOST_BELOW: usize = 6;

/// A line of the list of changes.
enum Line<'a> {
    Target(&'a TargetLabel),
    Counter(Cell, &'a Change),
    Collection(&'a Collection),
    Record(ChangeNumber, &'a RecordChange),
    /// One of the lines that say what a change does.
    Detail(&'a RecordChange, usize),
}

impl Line<'_> {
    fn is(&self, item: &Item) -> bool {
        match (self, item) {
            (Self::Counter(cell, _), Item::Counter(wanted)) => cell == wanted,
            (Self::Record(number, _), Item::Record(wanted)) => number == wanted,
            _ => false,
        }
    }
}

/// A line with the names of scorecards in the place of their ids.
fn with_names(line: String, desk: &Desk) -> String {
    let scorecards = desk.scorecards.iter().flat_map(|known| &known.what.rows);
    let named = scorecards.filter(|scorecard| line.contains(scorecard.id.as_str()));
    let named: Vec<_> = named.collect();
    named
        .into_iter()
        .fold(line, |line, scorecard| line.replace(scorecard.id.as_str(), &scorecard.description().shown()))
}

impl Review {
    /// The review; every plan with staged changes is read again.
    pub fn open(desk: &Desk, fx: &mut Effects) -> Self {
        for plan in desk.changes.plans() {
            fx.call(Call::Plans(plans::Call::Read(plan)));
        }
        Self {
            left_out: LeftOut::default(),
            current: None,
            cursor: 0,
            top: 0,
            shows: Shows::Changes,
            requests_top: 0,
        }
    }

    /// The commands to be named in the hint line.
    pub fn hints(&self) -> &'static [Command] {
        &[
            Command::Apply,
            Command::Back,
            Command::LeaveOut,
            Command::Drop,
            Command::Mine,
            Command::Theirs,
            Command::View,
            Command::Jump,
        ]
    }

    /// Does a command.
    pub fn command(&mut self, command: Command, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        let page = usize::from(cx.area.height.saturating_sub(4)).max(1);
        let place = if self.shows == Shows::Changes { &mut self.cursor } else { &mut self.requests_top };
        match command {
            Command::Up => *place = place.saturating_sub(1),
            Command::Down => *place += 1,
            Command::PageUp => *place = place.saturating_sub(page),
            Command::PageDown => *place += page,
            Command::First => *place = 0,
            Command::Last => *place = usize::MAX,
            Command::View => {
                self.shows = match self.shows {
                    Shows::Changes => self.requests(desk, cx),
                    Shows::Requests(_) => Shows::Changes,
                };
                self.requests_top = 0;
            }
            Command::ReadAgain => {
                let left_out = std::mem::take(&mut self.left_out);
                *self = Self { left_out, current: self.current.take(), ..Self::open(desk, fx) };
            }
            Command::Apply => return self.apply(desk),
            Command::LeaveOut | Command::Jump | Command::Drop | Command::Mine | Command::Theirs => {
                let nav = match self.current.clone() {
                    None => Nav::refuse("nothing is staged"),
                    Some(Item::Counter(cell)) => self.on_cell(command, cell, desk, fx),
                    Some(Item::Record(number)) => self.on_record(command, number, desk, cx, fx),
                };
                if let Shows::Requests(_) = self.shows {
                    self.shows = self.requests(desk, cx);
                }
                return nav;
            }
            Command::Undo | Command::Redo => {
                let nav = self.step_back(command == Command::Undo, desk, cx, fx);
                if let Shows::Requests(_) = self.shows {
                    self.shows = self.requests(desk, cx);
                }
                return nav;
            }
            // One step back: from the requests to the changes they come from.
            Command::Back if self.shows != Shows::Changes => self.shows = Shows::Changes,
            Command::Back | Command::Close => return Nav::Back,
            _ => return Nav::refuse("that does nothing in the review; Esc goes back"),
        }
        let items = Self::items(desk);
        self.cursor = self.cursor.min(items.len().saturating_sub(1));
        self.current = items.get(self.cursor).cloned();
        Nav::Stay
    }

    /// Takes the last step back, or does it again: of the plan, or of the records, that the cursor is at.
    fn step_back(&self, back: bool, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        let done = match &self.current {
            None => return Nav::refuse("nothing is staged; leave the review to undo elsewhere"),
            Some(Item::Counter(cell)) => {
                let stepped = desk.step_counters(back, cell.place.plan, cx.now);
                stepped.map(|(entries, _, words)| {
                    fx.store(entries);
                    words
                })
            }
            Some(Item::Record(_)) => desk.step_records(back, cx.now).map(|(entries, about)| {
                fx.store_records(entries);
                format!("{}: {about}", if back { "undone" } else { "done again" })
            }),
        };
        done.map_or_else(Nav::refuse, |words| Nav::Say(Notice::new(Tone::Plain, words)))
    }

    fn on_cell(&mut self, command: Command, cell: Cell, desk: &mut Desk, fx: &mut Effects) -> Nav {
        match command {
            Command::Jump => Nav::Open(Place::Plan(cell.place.plan, Some(cell))),
            Command::LeaveOut => {
                if !self.left_out.cells.remove(&cell) {
                    self.left_out.cells.insert(cell);
                }
                Nav::Stay
            }
            Command::Drop => Nav::edited(desk.drop_change(&cell), fx),
            Command::Theirs => match desk.standing(&cell) {
                Some(Standing::Conflict(_)) => Nav::edited(desk.drop_change(&cell), fx),
                _ => Nav::refuse("there is no conflict here to decide"),
            },
            _ => Nav::edited(desk.keep_mine(&cell), fx),
        }
    }

    fn on_record(
        &mut self,
        command: Command,
        number: ChangeNumber,
        desk: &mut Desk,
        cx: &Context,
        fx: &mut Effects,
    ) -> Nav {
        let Some(change) = desk.record_changes.change(number) else { return Nav::refuse("it is gone") };
        let done = match command {
            Command::Jump if change.intent.draft().is_some() => {
                return Nav::Open(Place::Form(Box::new(Purpose::Amend(number))));
            }
            Command::Jump => return Nav::refuse("a deletion has no fields to go to"),
            Command::LeaveOut => {
                if !self.left_out.records.remove(&number) {
                    self.left_out.records.insert(number);
                }
                return Nav::Stay;
            }
            Command::Drop => desk.drop_records(&[number]),
            Command::Theirs if let Err(why) = desk.takes_edits() => Err(why),
            Command::Theirs => match theirs(change, desk.seen(change), cx) {
                Ok(Some(rest)) => desk.stage_records(vec![(Some(number), rest)]),
                // Of a replacement, too, nothing is left to be sent: the old record stays.
                Ok(None) if change.state == State::Unknown => {
                    Ok(desk.record_changes.forget(number).into_iter().collect())
                }
                Ok(None) => desk.drop_records(&[number]),
                Err(why) => Err(why),
            },
            _ if change.state != State::Unknown && matches!(change.hold, Hold::Waits(_)) => {
                desk.release(&[number])
            }
            _ => desk.keep_my_record(number),
        };
        match done {
            Ok(entries) => {
                fx.store_records(entries);
                Nav::Stay
            }
            Err(why) => Nav::refuse(why),
        }
    }

    fn apply(&self, desk: &Desk) -> Nav {
        let confirmed = desk.confirmed(&self.left_out);
        let held = |cell: &Cell| matches!(desk.standing(cell), Some(Standing::Conflict(_) | Standing::Gone));
        let can_go = |number: &ChangeNumber| {
            let change = desk.record_changes.change(*number);
            change.is_some_and(|change| desk.record_standing(change).can_go())
        };
        if confirmed.is_empty() {
            return Nav::refuse("there is nothing to send");
        }
        if confirmed.counters.keys().all(held) && !confirmed.records.keys().any(can_go) {
            let conflict = confirmed.records.is_empty()
                || desk.record_changes.iter().any(|(_, change)| {
                    matches!(desk.record_standing(change), record_change::Standing::Conflict(_))
                });
            return Nav::refuse(if conflict {
                "nothing can be sent: decide each conflict with m or t first"
            } else {
                "nothing can be sent: each change says what stands in its way"
            });
        }
        Nav::Ask(Question::Apply(confirmed))
    }

    fn requests(&self, desk: &Desk, cx: &Context) -> Shows {
        let confirmed = desk.confirmed(&self.left_out);
        Shows::Requests(requests::lines(desk, &confirmed, cx.area.width.saturating_sub(4)))
    }

    /// Every change, in the order shown: counters, then records by where they live.
    fn items(desk: &Desk) -> Vec<Item> {
        let counters = desk.changes.cells().map(|(cell, ..)| Item::Counter(cell));
        let records = by_collection(desk).into_values().flatten();
        counters.chain(records.map(|(number, _)| Item::Record(number))).collect()
    }

    fn lines(desk: &Desk) -> Vec<Line<'_>> {
        let mut lines = Vec::new();
        for (place, staged) in desk.changes.targets() {
            lines.push(Line::Target(&staged.label));
            for (counter, change) in &staged.cells {
                lines.push(Line::Counter(Cell { place: *place, counter: counter.clone() }, change));
            }
        }
        for (collection, changes) in by_collection(desk) {
            lines.push(Line::Collection(collection));
            for (number, change) in changes {
                lines.push(Line::Record(number, change));
                let details = match &change.intent {
                    Intent::Update { mine, .. } => mine.entries().len(),
                    Intent::Create(_) | Intent::Replace { .. } => 1,
                    Intent::Delete(_) => 0,
                };
                lines.extend((0..details).map(|at| Line::Detail(change, at)));
            }
        }
        lines
    }

    /// Keeps the cursor on a change and in sight.
    pub fn arrange(&mut self, desk: &Desk, cx: &Context) {
        let items = Self::items(desk);
        let at = self.current.as_ref().and_then(|current| items.iter().position(|item| item == current));
        self.cursor = at.unwrap_or(self.cursor).min(items.len().saturating_sub(1));
        self.current = items.get(self.cursor).cloned();
        // What was being read may be there now.
        if matches!(&self.shows, Shows::Requests(lines) if lines.iter().any(|(_, kind)| *kind == Kind::Waiting))
        {
            self.shows = self.requests(desk, cx);
        }
        if let Shows::Requests(lines) = &self.shows {
            let height = usize::from(cx.area.height.saturating_sub(2));
            self.requests_top = self.requests_top.min(lines.len().saturating_sub(height));
        }
        let lines = Self::lines(desk);
        let at = self.current.as_ref().and_then(|current| lines.iter().position(|line| line.is(current)));
        let at = at.unwrap_or(0);
        let below = self.below(desk, cx.area.width.saturating_sub(4)).len();
        let page = usize::from(cx.area.height.saturating_sub(4)).saturating_sub(below).max(1);
        // The line before the first change of a target names it: keep it in sight too.
        self.top = self.top.min(at.saturating_sub(1)).max((at + 1).saturating_sub(page));
    }

    /// Draws it.
    pub fn view(&self, desk: &Desk, cx: &Context, buf: &mut Buffer) {
        let theme = cx.theme;
        let conflicts = desk.conflicts()
            + desk
                .record_changes
                .iter()
                .filter(|(_, change)| matches!(change.intent, Intent::Update { .. }))
                .filter(|(_, c)| matches!(desk.record_standing(c), record_change::Standing::Conflict(_)))
                .count();
        let conflicts = if conflicts > 0 { format!(" · {conflicts} in conflict") } else { String::new() };
        let title = format!("Review · {} staged{conflicts}", desk.staged());
        let inner = draw(buf, cx.area, &title, theme.title, theme.frame);
        if desk.staged() == 0 {
            Pen::new(buf, inner, 1).text("Nothing is staged.", theme.dim);
            return;
        }
        match &self.shows {
            Shows::Changes => self.view_changes(desk, cx, inner, buf),
            Shows::Requests(lines) => self.view_requests(lines, cx, inner, buf),
        }
    }

    /// The whole of what is said of the record under the cursor, where its own lines have no room for it.
    fn below(&self, desk: &Desk, columns: u16) -> Vec<String> {
        let Some(Item::Record(number)) = &self.current else { return Vec::new() };
        let Some(change) = desk.record_changes.change(*number) else { return Vec::new() };
        let standing = match desk.record_standing(change) {
            record_change::Standing::Staged => String::new(),
            standing => standing.to_string(),
        };
        let lines: Vec<String> = change.lines().into_iter().map(|line| with_names(line, desk)).collect();
        let cut = lines.iter().any(|line| width(line) + 8 > columns) || width(&standing) + 48 > columns;
        if !cut {
            return Vec::new();
        }
        let said = std::iter::once(standing).chain(lines).filter(|line| !line.is_empty());
        let mut below: Vec<_> = said.flat_map(|line| wrap(&line, columns)).collect();
        below.truncate(MOST_BELOW);
        below.insert(0, "─".repeat(usize::from(columns)));
        below
    }

    fn view_changes(&self, desk: &Desk, cx: &Context, area: Rect, buf: &mut Buffer) {
        let theme = cx.theme;
        let below = self.below(desk, area.width);
        let whole = area;
        let area = Rect { height: area.height.saturating_sub(below.len() as u16), ..area };
        for (at, line) in (area.height..whole.height).zip(&below) {
            Pen::new(buf, whole, at).text(line, theme.dim);
        }
        let widest = desk.changes.cells().map(|(.., change)| width(&turn(change))).max().unwrap_or(0);
        for (at, line) in (0..area.height).zip(Self::lines(desk).iter().skip(self.top)) {
            let mut pen = Pen::new(buf, area, at);
            match line {
                Line::Target(label) => {
                    let text = format!("{} · Year {} · {}", label.plan, label.year, label.target_type);
                    pen.text(&text, theme.title);
                }
                Line::Counter(cell, change) => {
                    let out = self.left_out.cells.contains(cell);
                    pen.text(if out { "  [ ] " } else { "  [x] " }, theme.plain);
                    pen.left_in(&cell.counter.to_string(), 28, if out { theme.dim } else { theme.plain });
                    pen.left_in(&turn(change), widest + 2, if out { theme.dim } else { theme.changed });
                    match desk.standing(cell) {
                        Some(Standing::Staged) | None => {
                            pen.text(&self.row_total(desk, cell).unwrap_or_default(), theme.dim);
                        }
                        Some(standing) => {
                            pen.text(&standing.to_string(), theme.warning);
                        }
                    }
                }
                Line::Collection(collection) => {
                    pen.text(&desk.collection_name(collection), theme.title);
                }
                Line::Record(number, change) => {
                    let out = self.left_out.records.contains(number);
                    pen.text(if out { "  [ ] " } else { "  [x] " }, theme.plain);
                    pen.left_in(&change.name.shown(), 34, if out { theme.dim } else { theme.plain });
                    let style = match () {
                        () if out => theme.dim,
                        () if change.intent.deletes() => theme.error,
                        () => theme.changed,
                    };
                    pen.skip(1).text(change.verb(), style).skip(2);
                    match desk.record_standing(change) {
                        record_change::Standing::Staged => {}
                        standing => {
                            let room = pen.left();
                            pen.text(&fit(&standing.to_string(), room), theme.warning);
                        }
                    }
                }
                Line::Detail(change, at) => {
                    let text = change.lines().into_iter().nth(*at).unwrap_or_default();
                    let text = with_names(text, desk);
                    pen.skip(8);
                    let room = pen.left();
                    pen.text(&fit(&text, room), theme.dim);
                }
            }
            if self.current.as_ref().is_some_and(|current| line.is(current)) {
                highlight(buf, area, at, theme.cursor);
            }
        }
    }

    /// `Senior 41 → 44`: what the changes that are not left out make of the total of a row.
    fn row_total(&self, desk: &Desk, cell: &Cell) -> Option<String> {
        let Counter::Cell(slice, _) = &cell.counter else { return None };
        let plan: &Plan = desk.plan(cell.place.plan)?;
        let (_, target) = plan.target(cell.place.milestone, cell.place.target)?;
        let row = target.counters.iter().filter_map(|(counter, _)| match counter {
            Counter::Cell(s, _) if s == slice => Some(Cell { place: cell.place, counter: counter.clone() }),
            _ => None,
        });
        let (mut before, mut after) = (0, 0);
        for cell in row {
            let server = reading(plan, &cell).and_then(Reading::count)?;
            before += u64::from(server);
            let kept =
                if self.left_out.cells.contains(&cell) { server } else { desk.value(&cell).unwrap_or(0) };
            after += u64::from(kept);
        }
        let label = Text::from(slice.label());
        Some(format!("{label} {before} → {after}"))
    }

    fn view_requests(&self, lines: &[(String, Kind)], cx: &Context, area: Rect, buf: &mut Buffer) {
        for (at, (line, kind)) in (0..area.height).zip(lines.iter().skip(self.requests_top)) {
            let style = match kind {
                Kind::Head => cx.theme.title,
                Kind::Body => cx.theme.plain,
                Kind::Aside | Kind::Waiting => cx.theme.dim,
            };
            Pen::new(buf, area, at).text(line, style);
        }
    }
}

fn turn(change: &Change) -> String {
    let base = change.base.map_or_else(|| "–".into(), |base| base.to_string());
    let by = i64::from(change.mine) - i64::from(change.base.unwrap_or(0));
    format!("{base} → {} ({by:+})", change.mine)
}

fn by_collection(desk: &Desk) -> BTreeMap<&Collection, Vec<(ChangeNumber, &RecordChange)>> {
    let mut by: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (number, change) in desk.record_changes.iter() {
        by.entry(&change.collection).or_default().push((number, change));
    }
    by
}

/// What is left of a change when the server's values stand where both sides changed something; nothing when it was
/// only that, or when a record of unknown outcome is there after all.
fn theirs(change: &RecordChange, seen: Seen<'_>, cx: &Context) -> Result<Option<RecordChange>, &'static str> {
    if change.state == State::Unknown {
        return Ok(None);
    }
    let (Intent::Update { id, base, mine }, Seen::There(theirs), record_change::Standing::Conflict(_)) =
        (&change.intent, seen, change.standing(seen))
    else {
        return Err("there is no conflict here to decide");
    };
    let kept = mine.entries().iter().filter(|(name, value)| {
        let now = theirs.value(name);
        now.says_same(value) || now.says_same(base.value(name))
    });
    let mine = Draft::new(kept.cloned().collect());
    if mine.is_empty() {
        return Ok(None);
    }
    let intent = Intent::Update { id: id.clone(), base: base.clone(), mine };
    Ok(Some(RecordChange::new(change.collection.clone(), change.name.clone(), intent, cx.now)))
}
