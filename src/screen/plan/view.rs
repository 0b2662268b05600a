//! Drawing a plan's grid, what is said of the cell under the cursor, and the year's other table where there is room.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::desk::Desk;
use crate::domain::change::Standing;
use crate::domain::counter::{Column, Counter, Gender, Race, Slice};
use crate::domain::date::clock;
use crate::domain::matrix::per_cent;
use crate::domain::target::{Count, Reading};
use crate::domain::text::count;
use crate::input::command::Command;
use crate::kit::grid::layout::Layout;
use crate::kit::grid::paste::Block;
use crate::kit::grid::select::Range;
use crate::kit::grid::sheet::{At, Mark};
use crate::kit::grid::view::Shown;
use crate::kit::pen::{Pen, wrap};
use crate::nav::Context;
use crate::screen::plan::against::{Against, Panel, of_cell};
use crate::screen::plan::moving::Stand;
use crate::screen::plan::panel::Below;
use crate::screen::plan::paste::Ghost;
use crate::screen::plan::table::{ShownTarget, breaks_rule};
use crate::screen::plan::typing::{self, number_of};

/// Whether the plan is being read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Progress<'a> {
    /// It was.
    Done,
    /// It is.
    Now,
    /// It could not be; the reason.
    Failed(&'a str),
}

/// Rows of a table that are kept when something stands below it.
const LEAST_ROWS: u16 = 9;
/// All that is seen of a plan.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) stand: &'a Stand,
    /// What is being typed into the cell under the cursor.
    pub(super) draft: Option<&'a str>,
    /// The block that is held over the table.
    pub(super) block: Option<&'a Block>,
    pub(super) against: Against,
    /// Whether cells are shown in per cent of their level.
    pub(super) shares: bool,
    pub(super) reading: Progress<'a>,
    pub(super) desk: &'a Desk,
    pub(super) cx: &'a Context<'a>,
}

impl View<'_> {
    /// Draws it.
    pub(super) fn draw(&self, buf: &mut Buffer) {
        let Self { desk, cx, stand, .. } = *self;
        let area = cx.area;
        self.head(buf);
        let Some(mut shown) = stand.at.shown(desk) else {
            let (text, style) = match (self.reading, desk.plan(stand.at.plan)) {
                (Progress::Failed(why), _) => (why, cx.theme.error),
                (Progress::Now, None) => ("reading the plan…", cx.theme.dim),
                _ => ("This year has no table that could be read.", cx.theme.dim),
            };
            for (at, line) in (2..).zip(wrap(text, area.width.saturating_sub(4))) {
                Pen::new(buf, area, at).skip(2).text(&line, style);
            }
            return;
        };
        shown.table.sheet.shares = self.shares;
        let ghost = self.block.map(|block| Ghost::of(block, stand, &shown, desk));
        let typed = self.draft.and_then(|draft| number_of(draft, &shown, stand.at.cursor, desk).ok());
        let preview = self.preview(&shown, ghost.as_ref(), typed);
        let panel = Panel::of(self.against, &stand.at, &preview, desk);
        let body = Rect { y: area.y + 1, height: area.height.saturating_sub(3), ..area };
        // Of what stands there before what is held or typed counts.
        let said = self.draft.and_then(|draft| typing::preview(draft, &shown, stand.at.cursor, desk));
        for ((row, column), number) in ghost.iter().flat_map(|ghost| &ghost.cells) {
            shown.table.sheet.hold(At { row: *row, column: *column }, *number, Mark::Held);
        }
        // What is only being typed counts in the panel: totals that jumped with every digit would move the columns.
        if ghost.is_some() {
            shown.table.measure();
        }
        let sheet = &shown.table.sheet;
        // The panel stands below the table, whose rows scroll where there is no room for both.
        let wanted = panel.as_ref().map_or(0, Panel::height);
        let least = Layout::height(sheet).min(LEAST_ROWS);
        let panel_height = wanted.min((body.height + 1).saturating_sub(least));
        let table = Rect { height: body.height.min(body.height + 1 - panel_height), ..body };
        let layout = Layout::new(sheet, table.width, table.height, stand.at.cursor);
        let range = stand.range();
        Shown {
            sheet,
            layout: &layout,
            cursor: Some(stand.at.cursor),
            range,
            draft: self.draft,
            theme: cx.theme,
        }
        .draw(table, buf);
        let mut used = Layout::height(sheet).min(table.height);
        if let Some(panel) = panel {
            let height = panel_height.min(body.height + 1 - used);
            let area = Rect { y: body.y + used, height, ..body };
            Below { panel: &panel, sheet, layout: &layout, row: stand.at.cursor.row, theme: cx.theme }
                .draw(area, buf);
            used += height;
        }
        self.other(body, used, buf);
        match (&ghost, range) {
            (Some(ghost), _) => {
                let lines = wrap(&format!("paste: {}", ghost.tally), area.width.saturating_sub(2));
                let first = area.height.saturating_sub(lines.len().min(2) as u16);
                for (at, line) in (first..).zip(lines.iter().take(2)) {
                    ratatui::widgets::Widget::render(
                        ratatui::widgets::Clear,
                        Rect { y: area.y + at, height: 1, ..area },
                        buf,
                    );
                    Pen::new(buf, area, at).skip(1).text(line, cx.theme.title);
                }
            }
            (None, Some(range)) => self.figures(range, &shown, buf),
            (None, None) => self.cell(&shown, said, &preview, buf),
        }
    }

    /// What is typed or held over the table, as if it were taken.
    fn preview(
        &self,
        shown: &ShownTarget,
        ghost: Option<&Ghost>,
        typed: Option<Count>,
    ) -> BTreeMap<Counter, Count> {
        let cursor = shown.table.cell(self.stand.at.cursor).zip(typed);
        let held = ghost.into_iter().flat_map(|ghost| ghost.settings.iter().flatten().cloned());
        held.chain(cursor).map(|(cell, count)| (cell.counter, count)).collect()
    }

    /// Which table, what is staged, when it was read, what could not be read.
    fn head(&self, buf: &mut Buffer) {
        let Self { desk, cx, .. } = *self;
        let mut pen = Pen::new(buf, cx.area, 0);
        pen.skip(1);
        let Some(known) = desk.plans.get(&self.stand.at.plan) else { return };
        let milestone = known.what.milestones.get(self.stand.at.year);
        // The one shown stands first, whatever its colour.
        let mut targets: Vec<_> = milestone.into_iter().flat_map(|m| &m.targets).collect();
        targets.sort_by_key(|target| target.target_type != self.stand.at.table);
        for (at, target) in targets.into_iter().enumerate() {
            if at > 0 {
                pen.text(&format!("  [{}] ", cx.keymap.hint(Command::OtherTable)), cx.theme.key);
            }
            let style = if target.target_type == self.stand.at.table { cx.theme.title } else { cx.theme.dim };
            pen.text(&target.target_type.to_string(), style);
        }
        let damaged = known.what.damaged.len() + milestone.map_or(0, |m| m.damaged.len());
        if damaged > 0 {
            pen.text(&format!("   {damaged} parts of this plan could not be read"), cx.theme.warning);
        }
        let staged = match desk.changes.len_of(self.stand.at.plan) {
            0 => String::new(),
            n => format!("{n} staged · "),
        };
        let read = if matches!(self.reading, Progress::Now) {
            "reading…".into()
        } else {
            format!("read {}", clock(known.read_at))
        };
        pen.at_end(&format!("{staged}{read} "), cx.theme.dim);
    }

    /// What is to be said of the range that is taken.
    fn figures(&self, range: Range, shown: &ShownTarget, buf: &mut Buffer) {
        let theme = self.cx.theme;
        let known = range.figures(&shown.table.sheet);
        let number = |n: Option<u32>| n.map_or_else(|| "–".into(), |n| n.to_string());
        let text = format!(
            "{} · sum {} · min {} · max {}",
            count(known.count, "number"),
            known.sum,
            number(known.least),
            number(known.most)
        );
        let mut pen = Pen::new(buf, self.cx.area, self.cx.area.height.saturating_sub(1));
        let (rows, columns) = (range.rows().count(), range.columns().count());
        pen.skip(1).text(&format!("{rows} × {columns}: "), theme.title).text(&text, theme.plain);
    }

    /// What is to be said of the cell under the cursor.
    fn cell(
        &self,
        shown: &ShownTarget,
        said: Option<Result<String, String>>,
        preview: &BTreeMap<Counter, Count>,
        buf: &mut Buffer,
    ) {
        let Self { desk, cx, .. } = *self;
        let mut pen = Pen::new(buf, cx.area, cx.area.height.saturating_sub(1));
        pen.skip(1);
        let Some(cell) = shown.table.cell(self.stand.at.cursor) else {
            pen.text("the server returned no counter here", cx.theme.dim);
            return;
        };
        if let Some(said) = said {
            let style = if said.is_ok() { cx.theme.changed } else { cx.theme.warning };
            pen.text(&cell.counter.to_string(), cx.theme.title).text(" ", cx.theme.plain);
            pen.text(&said.unwrap_or_else(|why| why), style);
            return;
        }
        let reading = desk.reading(&cell);
        let value = desk.value(&cell);
        let number = |n: Option<Count>| n.map_or_else(|| "–".into(), |n| n.to_string());
        pen.text(&cell.counter.to_string(), cx.theme.title).text(": ", cx.theme.plain);
        let server = reading.and_then(Reading::count);
        match desk.changes.change(&cell) {
            Some(change) => {
                let by = i64::from(change.mine) - i64::from(server.unwrap_or(0));
                pen.text(&format!("{} → {} ({by:+})", number(server), change.mine), cx.theme.changed);
                if let Some(standing) = desk.standing(&cell).filter(|standing| *standing != Standing::Staged)
                {
                    pen.text(&format!(" · {standing}"), cx.theme.warning);
                }
            }
            None => {
                pen.text(&number(value), cx.theme.plain);
                if let Some(Reading::Damaged(what)) = reading {
                    pen.text(
                        &format!(" · the server sent {what}; it cannot be edited safely"),
                        cx.theme.error,
                    );
                }
            }
        }
        if let Some((disabled, all)) = breaks_rule(desk, &cell, value, shown.milestone, shown.target) {
            let sign = Mark::Warning.sign();
            pen.text(&format!(" · {sign} {disabled} disabled of {all} employees"), cx.theme.warning);
        }
        let sheet = &shown.table.sheet;
        let held = of_cell(self.against, &self.stand.at, &cell.counter, preview, desk);
        if let Some(held) = held {
            pen.at_end(&format!("{held} "), cx.theme.plain);
        } else if let Counter::Cell(Slice::Level(_), _) = cell.counter {
            let row = &sheet.rows[self.stand.at.cursor.row];
            let women: u64 = (0..Column::ALL.len())
                .filter(|at| Column::ALL[*at].gender == Gender::Female)
                .filter_map(|at| row.cells.get(at).copied().flatten().and_then(|c| c.value))
                .map(u64::from)
                .sum();
            let people = sheet.row_sum(self.stand.at.cursor.row).value;
            let foreign = Column::ALL
                .iter()
                .position(|column| column.race == Race::Foreign && column.gender == Gender::Female);
            let foreign =
                foreign.and_then(|at| row.cells.get(at).copied().flatten()?.value).map_or(0, u64::from);
            if people > 0 {
                let mut words = format!("women {} % of level", per_cent(women, people));
                // The sector's targets count designated women only.
                if foreign > 0 {
                    words += &format!(", {} % without foreign women", per_cent(women - foreign, people));
                }
                pen.at_end(&format!("{words} "), cx.theme.dim);
            }
        }
    }

    /// The other tables of the year below, where there is room for them.
    fn other(&self, body: Rect, used: u16, buf: &mut Buffer) {
        let Self { desk, cx, .. } = *self;
        let Some(plan) = desk.plan(self.stand.at.plan) else { return };
        let Some(milestone) = plan.milestones.get(self.stand.at.year) else { return };
        let mut top = used + 1;
        for target in milestone.targets.iter().filter(|t| t.target_type != self.stand.at.table) {
            let Some(other) =
                ShownTarget::of(desk, self.stand.at.plan, self.stand.at.year, &target.target_type)
            else {
                continue;
            };
            let needed = Layout::height(&other.table.sheet) + 1;
            if top + needed > body.height {
                return;
            }
            Pen::new(buf, body, top).skip(1).text(&target.target_type.to_string(), cx.theme.dim);
            let area = Rect { y: body.y + top + 1, height: needed - 1, ..body };
            let sheet = &other.table.sheet;
            let layout = Layout::new(
                sheet,
                area.width,
                area.height,
                At { row: 0, column: self.stand.at.cursor.column },
            );
            Shown { sheet, layout: &layout, cursor: None, range: None, draft: None, theme: cx.theme }
                .draw(area, buf);
            top += needed + 1;
        }
    }
}
