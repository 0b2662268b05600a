//! Draws the overlay's figures below a table, aligned with its columns.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::kit::grid::layout::GridLayout;
use crate::kit::grid::sheet::Sheet;
use crate::kit::pen::{Pen, fit, width};
use crate::screen::plan::overlay::{DifferenceLine, OverlayFigures, OverlayPanel, SectorLine};
use crate::theme::Theme;

/// The panel below a table.
pub(super) struct PanelBelow<'a> {
    pub(super) panel: &'a OverlayPanel,
    pub(super) sheet: &'a Sheet,
    pub(super) layout: &'a GridLayout,
    /// The row of the cursor; its line stays visible when not all lines fit.
    pub(super) cursor_row: usize,
    pub(super) theme: &'a Theme,
}

/// Width of a level's name.
const SECTOR_LABEL_WIDTH: u16 = 14;

impl SectorLine {
    /// Width of its longest share; for a note, the width of the column head.
    fn widest_share(&self) -> u16 {
        match self {
            Self::Level { shares, .. } => shares.iter().map(|share| width(share)).max().unwrap_or(0),
            Self::Note(_) => "women/target %".len() as u16,
        }
    }
}

impl OverlayPanel {
    /// How many rows the panel needs.
    pub(super) fn height(&self) -> u16 {
        match &self.figures {
            OverlayFigures::None(_) => 2,
            OverlayFigures::Differences(lines) => lines.len() as u16 + 1,
            OverlayFigures::Progress(lines, notes) => (lines.len() + notes.len()) as u16 + 1,
            OverlayFigures::Sector(lines) => lines.len() as u16 + 2,
        }
    }
}

impl PanelBelow<'_> {
    pub(super) fn draw(&self, area: Rect, buf: &mut Buffer) {
        let Self { panel, theme, .. } = *self;
        let mut pen = Pen::new(buf, area, 0);
        pen.skip(1);
        // The source of the figures is always visible; the title is shortened for it.
        let room = pen.columns_left().saturating_sub(width(&panel.source) + 2);
        pen.text(&fit(&panel.title, room), theme.title).text_at_end(&format!("{} ", panel.source), theme.dim);
        // When not all lines fit, the line of the cursor's row stays visible.
        let room = usize::from(area.height.saturating_sub(1));
        let first = |lines: usize| {
            let row = self.cursor_row.min(lines.saturating_sub(1));
            (row + 1).saturating_sub(room).min(lines.saturating_sub(room))
        };
        match &panel.figures {
            OverlayFigures::None(why) => {
                Pen::new(buf, area, 1).skip(1).text(why, theme.dim);
            }
            OverlayFigures::Differences(lines) => self.draw_differences(lines, first(lines.len()), area, buf),
            OverlayFigures::Progress(lines, notes) => {
                // What is not achieved is what the panel is looked at for, so its lines are kept.
                let kept = room.saturating_sub(notes.len());
                let row = self.cursor_row.min(lines.len().saturating_sub(1));
                let skip = (row + 1).saturating_sub(kept).min(lines.len().saturating_sub(kept));
                let lines = &lines[skip..(skip + kept).min(lines.len())];
                self.draw_differences(lines, 0, area, buf);
                for (at, note) in (lines.len() as u16 + 1..).zip(notes) {
                    let style = if note.starts_with('✓') { theme.success } else { theme.warning };
                    Pen::new(buf, area, at).skip(1).text(note, style);
                }
            }
            OverlayFigures::Sector(lines) => {
                let widest = lines.iter().map(SectorLine::widest_share).max().unwrap_or(0) + 2;
                let mut pen = Pen::new(buf, area, 1);
                pen.skip(SECTOR_LABEL_WIDTH);
                for head in ["men", "women", "all"] {
                    pen.text_left(&format!("{head}/target %"), widest, theme.dim);
                }
                let head = "white men with disabilities";
                pen.text(if pen.columns_left() < width(head) { "WM dis." } else { head }, theme.dim);
                let room = room.saturating_sub(1);
                let skip = (self.cursor_row + 1).saturating_sub(room).min(lines.len().saturating_sub(room));
                for (at, line) in (2..).zip(lines.iter().skip(skip)) {
                    let mut pen = Pen::new(buf, area, at);
                    match line {
                        SectorLine::Note(words) => {
                            pen.skip(1).text(words, theme.plain);
                        }
                        SectorLine::Level {
                            level,
                            shares,
                            met,
                            white_men_with_disabilities: white_disabled,
                        } => {
                            let here = *level as usize == self.cursor_row;
                            let style = if here { theme.title } else { theme.plain };
                            pen.skip(1).text_left(level.label(), SECTOR_LABEL_WIDTH - 1, style);
                            for (share, met) in shares.iter().zip(met) {
                                let style = if *met { theme.plain } else { theme.warning };
                                pen.text_left(share, widest, style);
                            }
                            pen.text(&white_disabled.to_string(), theme.plain);
                        }
                    }
                }
            }
        }
    }

    fn draw_differences(&self, lines: &[DifferenceLine], skip: usize, area: Rect, buf: &mut Buffer) {
        let Self { sheet, layout, theme, .. } = *self;
        for (at, (label, cells, total)) in (1..).zip(lines.iter().skip(skip)) {
            let text = |by: &Option<i64>| match by {
                None => String::new(),
                Some(0) => "·".into(),
                Some(by) => format!("{by:+}"),
            };
            let cells: Vec<String> = cells.iter().map(text).collect();
            layout.aligned(sheet, label, &cells, &text(total), theme, &mut Pen::new(buf, area, at));
        }
    }
}
