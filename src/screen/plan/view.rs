//! Drawing a plan's grid, what is said of the cell under the cursor, and the year's other table where there is room.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::desk::Desk;
use crate::domain::change::Standing;
use crate::domain::counter::{Column, Counter, Gender, Slice};
use crate::domain::date::clock;
use crate::domain::target::{Count, Reading};
use crate::domain::text::count;
use crate::input::command::Command;
use crate::kit::grid::layout::Layout;
use crate::kit::grid::select::Range;
use crate::kit::grid::sheet::{At, Mark};
use crate::kit::grid::view::Shown;
use crate::kit::pen::{Pen, wrap};
use crate::nav::Context;
use crate::screen::plan::table::{ShownTarget, Where, breaks_rule, per_cent};

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

/// All that is seen of a plan.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) at: &'a Where,
    /// What is being typed into the cell under the cursor.
    pub(super) draft: Option<&'a str>,
    /// The range that is taken, if one is.
    pub(super) range: Option<Range>,
    pub(super) reading: Progress<'a>,
    pub(super) desk: &'a Desk,
    pub(super) cx: &'a Context<'a>,
}

impl View<'_> {
    /// Draws it.
    pub(super) fn draw(&self, buf: &mut Buffer) {
        let Self { desk, cx, .. } = *self;
        let area = cx.area;
        self.head(buf);
        let Some(shown) = self.at.shown(desk) else {
            let (text, style) = match (self.reading, desk.plan(self.at.plan)) {
                (Progress::Failed(why), _) => (why, cx.theme.error),
                (Progress::Now, None) => ("reading the plan…", cx.theme.dim),
                _ => ("This year has no table that could be read.", cx.theme.dim),
            };
            for (at, line) in (2..).zip(wrap(text, area.width.saturating_sub(4))) {
                Pen::new(buf, area, at).skip(2).text(&line, style);
            }
            return;
        };
        let sheet = &shown.table.sheet;
        let body = Rect { y: area.y + 1, height: area.height.saturating_sub(3), ..area };
        let layout = Layout::new(sheet, body.width, body.height, self.at.cursor);
        let draft = self.draft;
        let range = self.range;
        Shown { sheet, layout: &layout, cursor: Some(self.at.cursor), range, draft, theme: cx.theme }
            .draw(body, buf);
        match range {
            Some(range) => self.figures(range, &shown, buf),
            None => self.cell(&shown, buf),
        }
        self.other(body, Layout::height(sheet), buf);
    }

    /// Which table, what is staged, when it was read, what could not be read.
    fn head(&self, buf: &mut Buffer) {
        let Self { desk, cx, .. } = *self;
        let mut pen = Pen::new(buf, cx.area, 0);
        pen.skip(1);
        let Some(known) = desk.plans.get(&self.at.plan) else { return };
        let milestone = known.what.milestones.get(self.at.year);
        for (at, target) in milestone.into_iter().flat_map(|m| &m.targets).enumerate() {
            if at > 0 {
                pen.text(&format!("  [{}] ", cx.keymap.hint(Command::OtherTable)), cx.theme.key);
            }
            let style = if target.target_type == self.at.table { cx.theme.title } else { cx.theme.dim };
            pen.text(&target.target_type.to_string(), style);
        }
        let damaged = known.what.damaged.len() + milestone.map_or(0, |m| m.damaged.len());
        if damaged > 0 {
            pen.text(&format!("   {damaged} parts of this plan could not be read"), cx.theme.warning);
        }
        let staged = match desk.changes.len_of(self.at.plan) {
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
    fn cell(&self, shown: &ShownTarget, buf: &mut Buffer) {
        let Self { desk, cx, .. } = *self;
        let mut pen = Pen::new(buf, cx.area, cx.area.height.saturating_sub(1));
        pen.skip(1);
        let Some(cell) = shown.table.cell(self.at.cursor) else {
            pen.text("the server returned no counter here", cx.theme.dim);
            return;
        };
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
        if let Counter::Cell(Slice::Level(_), _) = cell.counter {
            let row = &sheet.rows[self.at.cursor.row];
            let women: u64 = (0..Column::ALL.len())
                .filter(|at| Column::ALL[*at].gender == Gender::Female)
                .filter_map(|at| row.cells.get(at).copied().flatten().and_then(|c| c.value))
                .map(u64::from)
                .sum();
            let people = sheet.row_sum(self.at.cursor.row).value;
            if people > 0 {
                pen.at_end(&format!("women {} % of level ", per_cent(women, people)), cx.theme.dim);
            }
        }
    }

    /// The other tables of the year below, where there is room for them.
    fn other(&self, body: Rect, used: u16, buf: &mut Buffer) {
        let Self { desk, cx, .. } = *self;
        let Some(plan) = desk.plan(self.at.plan) else { return };
        let Some(milestone) = plan.milestones.get(self.at.year) else { return };
        let mut top = used + 1;
        for target in milestone.targets.iter().filter(|t| t.target_type != self.at.table) {
            let Some(other) = ShownTarget::of(desk, self.at.plan, self.at.year, &target.target_type) else {
                continue;
            };
            let needed = Layout::height(&other.table.sheet) + 1;
            if top + needed > body.height {
                return;
            }
            Pen::new(buf, body, top).skip(1).text(&target.target_type.to_string(), cx.theme.dim);
            let area = Rect { y: body.y + top + 1, height: needed - 1, ..body };
            let sheet = &other.table.sheet;
            let layout =
                Layout::new(sheet, area.width, area.height, At { row: 0, column: self.at.cursor.column });
            Shown { sheet, layout: &layout, cursor: None, range: None, draft: None, theme: cx.theme }
                .draw(area, buf);
            top += needed + 1;
        }
    }
}
