//! Draws a plan's grid, the details of the cell under the cursor, and the year's other tables where there is
//! room.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::cell_range::{CellPosition, CellRange};
use crate::domain::change::counter_change::CounterStanding;
use crate::domain::date::time_of_day;
use crate::domain::import::pasted_block::PastedBlock;
use crate::domain::plan::counter::{Counter, Gender, Race, Slice, StatutoryColumn};
use crate::domain::plan::matrix::format_percent;
use crate::domain::plan::target::{Count, CounterReading};
use crate::domain::refusal::Refusal;
use crate::domain::text::pluralize;
use crate::input::command::Command;
use crate::kit::grid::layout::GridLayout;
use crate::kit::grid::selection_figures::SelectionFigures;
use crate::kit::grid::sheet::CellMark;
use crate::kit::grid::view::GridView;
use crate::kit::pen::{Pen, wrap};
use crate::nav::Context;
use crate::screen::plan::cell_input::{self, evaluate_draft};
use crate::screen::plan::overlay::{Overlay, OverlayPanel, PreviewedCounts, cell_comparison};
use crate::screen::plan::panel::PanelBelow;
use crate::screen::plan::paste::PastePreview;
use crate::screen::plan::selection::GridSelection;
use crate::screen::plan::table::{ShownTarget, disabled_exceeding_all};
use crate::workspace::Workspace;
use crate::workspace::plan_draft::PlanDraft;

/// The state of reading the plan.
#[derive(Debug, Clone, Copy)]
pub(super) enum PlanReadState<'a> {
    /// It has been read, or no read was started.
    Read,
    /// It is being read.
    Reading,
    /// Reading failed, for this reason.
    Failed(&'a str),
}

/// Rows of the table that stay visible above an overlay panel.
const MIN_TABLE_ROWS: u16 = 9;
/// Everything needed to draw a plan.
#[derive(Clone, Copy)]
pub(super) struct PlanView<'a> {
    pub(super) selection: &'a GridSelection,
    /// The text being typed into the cell under the cursor.
    pub(super) draft: Option<&'a str>,
    /// The pasted block that is being previewed.
    pub(super) pasted_block: Option<&'a PastedBlock>,
    /// The draft of the plan that is being previewed.
    pub(super) plan_draft: Option<&'a PlanDraft>,
    pub(super) overlay: Overlay,
    /// Whether cells are shown as percentages of their level's total.
    pub(super) show_per_cent: bool,
    pub(super) read_state: PlanReadState<'a>,
    pub(super) workspace: &'a Workspace,
    pub(super) cx: &'a Context<'a>,
}

impl PlanView<'_> {
    pub(super) fn draw(&self, buf: &mut Buffer) {
        let Self { workspace, cx, selection, .. } = *self;
        let area = cx.area;
        self.draw_header(buf);
        let Some(mut shown) = selection.position.shown_target(workspace) else {
            let (text, style) = match (self.read_state, workspace.plan(selection.position.shown.plan)) {
                (PlanReadState::Failed(why), _) => (why, cx.theme.error),
                (PlanReadState::Reading, None) => ("reading the plan…", cx.theme.dim),
                _ => ("This year has no table that could be read.", cx.theme.dim),
            };
            for (at, line) in (2..).zip(wrap(text, area.width.saturating_sub(4))) {
                Pen::new(buf, area, at).skip(2).text(&line, style);
            }
            return;
        };
        shown.table.sheet.in_percent = self.show_per_cent;
        let paste_preview =
            self.pasted_block.map(|block| PastePreview::new(block, selection, &shown, workspace));
        let typed = self
            .draft
            .and_then(|draft| evaluate_draft(draft, &shown, selection.position.cursor, workspace).ok());
        let preview = self.previewed_counts(&shown, paste_preview.as_ref(), typed);
        // Whether a draft meets the targets is what it is looked at for.
        let overlay = match (self.overlay, self.plan_draft) {
            (Overlay::Nothing, Some(_)) => Overlay::SectorTarget,
            (overlay, _) => overlay,
        };
        let panel = OverlayPanel::for_table(overlay, &selection.position, &preview, workspace);
        let body = Rect { y: area.y + 1, height: area.height.saturating_sub(3), ..area };
        // An expression is evaluated from the numbers before the preview is applied.
        let draft_preview = self.draft.and_then(|draft| {
            cell_input::expression_preview(draft, &shown, selection.position.cursor, workspace)
        });
        for ((row, column), number) in paste_preview.iter().flat_map(|paste_preview| &paste_preview.cells) {
            shown.table.sheet.preview_number(
                CellPosition { row: *row, column: *column },
                *number,
                CellMark::Preview,
            );
        }
        for (cell, number) in self.plan_draft.iter().flat_map(|draft| &draft.counters) {
            if let Some(at) =
                shown.table.position_of(&cell.counter).filter(|_| cell.target == shown.table.place)
            {
                shown.table.sheet.preview_number(at, *number, CellMark::Preview);
            }
        }
        // A typed number is only included in the panel: totals that change with every digit would shift the
        // columns.
        if paste_preview.is_some() || self.plan_draft.is_some() {
            shown.table.compute_shares();
        }
        let sheet = &shown.table.sheet;
        // The panel is below the table, whose rows scroll when there is no room for both.
        let wanted = panel.as_ref().map_or(0, OverlayPanel::height);
        let least = GridLayout::height(sheet).min(MIN_TABLE_ROWS);
        let panel_height = wanted.min((body.height + 1).saturating_sub(least));
        let table = Rect { height: body.height.min(body.height + 1 - panel_height), ..body };
        let layout = GridLayout::new(sheet, table.width, table.height, selection.position.cursor);
        let range = selection.range();
        GridView {
            sheet,
            layout: &layout,
            cursor: Some(selection.position.cursor),
            range,
            draft: self.draft,
            theme: cx.theme,
        }
        .draw(table, buf);
        let mut used = GridLayout::height(sheet).min(table.height);
        if let Some(panel) = panel {
            let height = panel_height.min(body.height + 1 - used);
            let area = Rect { y: body.y + used, height, ..body };
            PanelBelow {
                panel: &panel,
                sheet,
                layout: &layout,
                cursor_row: selection.position.cursor.row,
                theme: cx.theme,
            }
            .draw(area, buf);
            used += height;
        }
        if let Some(draft) = self.plan_draft {
            self.draw_draft_notes(draft, body, used, buf);
            return;
        }
        self.draw_other_tables(body, used, buf);
        match (&paste_preview, range) {
            (Some(paste_preview), _) => {
                let lines = wrap(&format!("paste: {}", paste_preview.summary), area.width.saturating_sub(2));
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
            (None, Some(range)) => self.draw_range_figures(range, &shown, buf),
            (None, None) => self.draw_cell_details(&shown, draft_preview, &preview, buf),
        }
    }

    /// The counts as if the typed number or the paste preview were committed.
    fn previewed_counts(
        &self,
        shown: &ShownTarget,
        paste_preview: Option<&PastePreview>,
        typed: Option<Count>,
    ) -> PreviewedCounts {
        let cursor = shown.table.counter_at(self.selection.position.cursor).zip(typed);
        let paste_cells = paste_preview
            .into_iter()
            .flat_map(|paste_preview| paste_preview.settings.iter().flatten().cloned());
        let drafted = self.plan_draft.into_iter().flat_map(|draft| draft.counters.iter().cloned());
        drafted.chain(paste_cells).chain(cursor).collect()
    }

    /// Draws the header: the tables, how much is staged, when the plan was read, and what could not be read.
    fn draw_header(&self, buf: &mut Buffer) {
        let Self { workspace, cx, .. } = *self;
        let mut pen = Pen::new(buf, cx.area, 0);
        pen.skip(1);
        let Some(known) = workspace.plans.get(&self.selection.position.shown.plan) else { return };
        let milestone = known.value.milestone(self.selection.position.shown.year);
        // The table shown comes first, so that it can be told without colour.
        let mut targets: Vec<_> = milestone.into_iter().flat_map(|m| &m.targets).collect();
        targets.sort_by_key(|target| target.target_type != self.selection.position.shown.table);
        for (at, target) in targets.into_iter().enumerate() {
            if at > 0 {
                pen.text(&format!("  [{}] ", cx.keymap.hint(Command::OtherTable)), cx.theme.key);
            }
            let style = if target.target_type == self.selection.position.shown.table {
                cx.theme.title
            } else {
                cx.theme.dim
            };
            pen.text(&target.target_type.to_string(), style);
        }
        let damaged =
            known.value.unreadable_milestones.len() + milestone.map_or(0, |m| m.unreadable_targets.len());
        if damaged > 0 {
            pen.text(&format!("   {damaged} parts of this plan could not be read"), cx.theme.warning);
        }
        let staged = match workspace.counter_changes.count_in_plan(self.selection.position.shown.plan) {
            0 => String::new(),
            n => format!("{n} staged · "),
        };
        let read = if matches!(self.read_state, PlanReadState::Reading) {
            "reading…".into()
        } else {
            format!("read {}", time_of_day(known.read_at))
        };
        pen.text_at_end(&format!("{staged}{read} "), cx.theme.dim);
    }

    /// Draws what a draft rests on and what it cannot reach, as far as there is room; below, how much it changes.
    fn draw_draft_notes(&self, draft: &PlanDraft, body: Rect, used: u16, buf: &mut Buffer) {
        let theme = self.cx.theme;
        let columns = body.width.saturating_sub(2);
        let (last, unreached) = &draft.unreached;
        let unreached =
            unreached.iter().map(|unreached| format!("not reached in Year {last}: {}", unreached.words()));
        let unreached = unreached.flat_map(|line| wrap(&line, columns)).map(|line| (line, theme.warning));
        let assumed =
            draft.assumptions.iter().flat_map(|line| wrap(line, columns)).map(|line| (line, theme.dim));
        let lines: Vec<_> = unreached.chain(assumed).collect();
        let room = usize::from(body.height.saturating_sub(used));
        let fits = lines.len() <= room;
        let shown = if fits { lines.len() } else { room.saturating_sub(1) };
        for (at, (line, style)) in (used..).zip(lines.iter().take(shown)) {
            Pen::new(buf, body, at).skip(1).text(line, *style);
        }
        if !fits && room > 0 {
            let more = format!("… and {}", pluralize(lines.len() - shown, "line"));
            Pen::new(buf, body, used + shown as u16).skip(1).text(&more, theme.dim);
        }
        let (cells, years) =
            (pluralize(draft.counters.len(), "cell"), pluralize(draft.years.count(), "year"));
        let mut pen = Pen::new(buf, self.cx.area, self.cx.area.height.saturating_sub(1));
        pen.skip(1).text(&format!("draft: {cells} change in {years}; nothing is staged yet"), theme.title);
    }

    /// Draws count, sum, smallest and largest number of the selected range.
    fn draw_range_figures(&self, range: CellRange, shown: &ShownTarget, buf: &mut Buffer) {
        let theme = self.cx.theme;
        let known = SelectionFigures::of(range, &shown.table.sheet);
        let number = |n: Option<u32>| n.map_or_else(|| "–".into(), |n| n.to_string());
        let text = format!(
            "{} · sum {} · min {} · max {}",
            pluralize(known.count, "number"),
            known.sum,
            number(known.least),
            number(known.most)
        );
        let mut pen = Pen::new(buf, self.cx.area, self.cx.area.height.saturating_sub(1));
        let (rows, columns) = (range.rows().count(), range.columns().count());
        pen.skip(1).text(&format!("{rows} × {columns}: "), theme.title).text(&text, theme.plain);
    }

    /// Draws the details of the cell under the cursor.
    fn draw_cell_details(
        &self,
        shown: &ShownTarget,
        draft_preview: Option<Result<String, Refusal>>,
        preview: &PreviewedCounts,
        buf: &mut Buffer,
    ) {
        let Self { workspace, cx, .. } = *self;
        let mut pen = Pen::new(buf, cx.area, cx.area.height.saturating_sub(1));
        pen.skip(1);
        let Some(cell) = shown.table.counter_at(self.selection.position.cursor) else {
            pen.text("the server returned no counter here", cx.theme.dim);
            return;
        };
        if let Some(draft_preview) = draft_preview {
            let style = if draft_preview.is_ok() { cx.theme.changed } else { cx.theme.warning };
            pen.text(&cell.counter.to_string(), cx.theme.title).text(" ", cx.theme.plain);
            pen.text(&draft_preview.unwrap_or_else(|why| why.to_string()), style);
            return;
        }
        let reading = workspace.counter_reading(&cell);
        let value = workspace.counter_value(&cell);
        let number = |n: Option<Count>| n.map_or_else(|| "–".into(), |n| n.to_string());
        pen.text(&cell.counter.to_string(), cx.theme.title).text(": ", cx.theme.plain);
        let server = reading.and_then(CounterReading::count);
        match workspace.counter_changes.change(&cell) {
            Some(change) => {
                let by = i64::from(change.mine) - i64::from(server.unwrap_or(0));
                pen.text(&format!("{} → {} ({by:+})", number(server), change.mine), cx.theme.changed);
                if let Some(standing) =
                    workspace.counter_standing(&cell).filter(|standing| *standing != CounterStanding::Staged)
                {
                    pen.text(&format!(" · {standing}"), cx.theme.warning);
                }
            }
            None => {
                pen.text(&number(value), cx.theme.plain);
                if let Some(CounterReading::Unreadable(what)) = reading {
                    pen.text(
                        &format!(" · the server sent {what}; it cannot be edited safely"),
                        cx.theme.error,
                    );
                }
            }
        }
        if let Some((disabled, all)) =
            disabled_exceeding_all(workspace, &cell, value, shown.milestone, shown.target)
        {
            let sign = CellMark::Warning.sign();
            pen.text(&format!(" · {sign} {disabled} disabled of {all} employees"), cx.theme.warning);
        }
        let sheet = &shown.table.sheet;
        let comparison =
            cell_comparison(self.overlay, &self.selection.position, &cell.counter, preview, workspace);
        if let Some(comparison) = comparison {
            pen.text_at_end(&format!("{comparison} "), cx.theme.plain);
        } else if let Counter::Cell(Slice::Level(_), _) = cell.counter {
            let row = &sheet.rows[self.selection.position.cursor.row];
            let women: u64 = (0..StatutoryColumn::ALL.len())
                .filter(|at| StatutoryColumn::ALL[*at].gender == Gender::Female)
                .filter_map(|at| row.cells.get(at).copied().flatten().and_then(|c| c.value))
                .map(u64::from)
                .sum();
            let people = sheet.row_sum(self.selection.position.cursor.row).value;
            let foreign = StatutoryColumn::ALL
                .iter()
                .position(|column| column.race == Race::Foreign && column.gender == Gender::Female);
            let foreign =
                foreign.and_then(|at| row.cells.get(at).copied().flatten()?.value).map_or(0, u64::from);
            if people > 0 {
                let mut words = format!("women {} % of level", format_percent(women, people));
                // The sector's targets count designated women only, which excludes foreign women.
                if foreign > 0 {
                    words +=
                        &format!(", {} % without foreign women", format_percent(women - foreign, people));
                }
                pen.text_at_end(&format!("{words} "), cx.theme.dim);
            }
        }
    }

    /// Draws the other tables of the year below, where there is room.
    fn draw_other_tables(&self, body: Rect, used: u16, buf: &mut Buffer) {
        let Self { workspace, cx, .. } = *self;
        let Some(plan) = workspace.plan(self.selection.position.shown.plan) else { return };
        let Some(milestone) = plan.milestone(self.selection.position.shown.year) else { return };
        let mut top = used + 1;
        for target in
            milestone.targets.iter().filter(|t| t.target_type != self.selection.position.shown.table)
        {
            let shown = self.selection.position.shown.of_type(&target.target_type);
            let Some(other) = ShownTarget::find(workspace, &shown) else { continue };
            let needed = GridLayout::height(&other.table.sheet) + 1;
            if top + needed > body.height {
                return;
            }
            Pen::new(buf, body, top).skip(1).text(&target.target_type.to_string(), cx.theme.dim);
            let area = Rect { y: body.y + top + 1, height: needed - 1, ..body };
            let sheet = &other.table.sheet;
            let layout = GridLayout::new(
                sheet,
                area.width,
                area.height,
                CellPosition { row: 0, column: self.selection.position.cursor.column },
            );
            GridView { sheet, layout: &layout, cursor: None, range: None, draft: None, theme: cx.theme }
                .draw(area, buf);
            top += needed + 1;
        }
    }
}
