//! A framed box in the middle of the screen: the base of every popup.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::border;
use ratatui::widgets::{Block, Clear, Widget};

use crate::kit::pen::{Pen, fit};

/// A box in the middle of `area`, with at most that many columns and rows.
pub fn centred(area: Rect, columns: u16, rows: u16) -> Rect {
    let (width, height) = (columns.min(area.width), rows.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// Clears the box, draws its frame and title, and returns the area inside, one column narrower at each side.
pub fn draw(buf: &mut Buffer, outer: Rect, title: &str, title_style: Style, style: Style) -> Rect {
    let outer = outer.intersection(buf.area);
    Clear.render(outer, buf);
    let block = Block::bordered().border_set(border::ROUNDED).border_style(style);
    let inner = block.inner(outer);
    block.render(outer, buf);
    let title = fit(title, outer.width.saturating_sub(6)).into_owned();
    if outer.width > 6 {
        Pen::new(buf, outer, 0).skip(2).text(&format!(" {title} "), title_style);
    }
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}
