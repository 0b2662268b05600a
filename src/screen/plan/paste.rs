//! What is copied from a plan's grid, and where a block pasted into it lands.

use std::collections::BTreeMap;

use crate::desk::Desk;
use crate::desk::called::Called;
use crate::domain::change::Cell;
use crate::domain::counter::Column;
use crate::domain::target::Count;
use crate::domain::text::spreadsheet_safe;
use crate::kit::grid::paste::{Block, Landing};
use crate::kit::grid::select::Range;
use crate::kit::grid::sheet::At;
use crate::screen::plan::editing::{Setting, editable_at};
use crate::screen::plan::moving::Stand;
use crate::screen::plan::table::{COLUMNS, ShownTarget};

/// A block where it would land: its numbers that can be set, and what is to be said of the rest.
pub(super) struct Ghost {
    /// The numbers, by row and column.
    pub(super) cells: BTreeMap<(usize, usize), Count>,
    /// They, as they are set.
    pub(super) settings: Vec<Setting>,
    /// What comes of it, in words.
    pub(super) tally: String,
}

impl Ghost {
    /// Of a block over what is shown.
    pub(super) fn of(block: &Block, stand: &Stand, shown: &ShownTarget, desk: &Desk) -> Self {
        let labels: Vec<&str> = shown.table.sheet.rows.iter().map(|row| row.label.as_str()).collect();
        let landing = block.land(stand.at.cursor, stand.range(), &Called(&labels));
        let (mut cells, mut settings, mut changes, mut stuck) = (BTreeMap::new(), Vec::new(), 0, None);
        for (at, number) in landing.numbers() {
            match editable_at(shown, at, desk) {
                Ok((cell, value)) => {
                    changes += usize::from(value != Some(number));
                    cells.insert((at.row, at.column), number);
                    settings.push(Ok((cell, number)));
                }
                Err(why) => {
                    let (many, _) = stuck.unwrap_or((0, why));
                    stuck = Some((many + 1, why));
                }
            }
        }
        let tally = tally(&landing, changes, cells.len() - changes, stuck);
        Self { cells, settings, tally }
    }
}

/// `12 cells change · 2 as before · 3 blank · 1 no number (“n/a”) · 4 outside the table · by name`.
fn tally(landing: &Landing, changes: usize, same: usize, stuck: Option<(usize, &str)>) -> String {
    let mut said = vec![match changes {
        1 => "1 cell changes".to_owned(),
        n => format!("{n} cells change"),
    }];
    if same > 0 {
        said.push(format!("{same} as before"));
    }
    if let Some((many, why)) = stuck {
        said.push(format!("{many} cannot be set: {why}"));
    }
    said.extend(landing.words());
    said.join(" · ")
}

/// Cells that were copied as tab-separated text.
#[derive(Debug)]
pub(super) struct Copied {
    /// As a spreadsheet takes it: with heads and labels where whole rows are taken.
    pub(super) text: String,
    /// As it is pasted in here: without labels, so that a row can be copied into another one.
    here: String,
    pub(super) cells: usize,
}

impl Copied {
    /// The cells that are taken.
    pub(super) fn of(stand: &Stand, shown: &ShownTarget) -> Self {
        let sheet = &shown.table.sheet;
        let number =
            |at: At| sheet.cell(at).and_then(|cell| cell.value).map(|n| n.to_string()).unwrap_or_default();
        let range = stand.range().unwrap_or_else(|| Range::between(stand.at.cursor, stand.at.cursor));
        let row =
            |row| range.columns().map(|column| number(At { row, column })).collect::<Vec<_>>().join("\t");
        let rows: Vec<String> = range.rows().map(row).collect();
        let cells = range.cells().count();
        if range.columns().count() < COLUMNS {
            let text = rows.join("\n");
            return Self { here: text.clone(), text, cells };
        }
        let heads = Column::ALL.map(Column::head).join("\t");
        let labelled = range
            .rows()
            .zip(&rows)
            .map(|(at, row)| format!("\n{}\t{row}", spreadsheet_safe(&sheet.rows[at].label)));
        let text = format!("\t{heads}{}", labelled.collect::<String>());
        Self { here: format!("{heads}\n{}", rows.join("\n")), text, cells }
    }

    /// The block to be pasted for one that was read: of what was copied here, the rows land where one is.
    pub(super) fn pasted(&self, block: Block) -> Block {
        // As blocks: a terminal may have made other line ends of it.
        let same = Block::read(&self.text).is_ok_and(|copied| copied == block);
        if same { Block::read(&self.here).unwrap_or(block) } else { block }
    }
}

/// The counters of the cells that are taken, under the API's names.
pub(super) fn copied_json(stand: &Stand, shown: &ShownTarget, desk: &Desk) -> (String, usize) {
    let cells: Vec<Cell> = stand.taken().into_iter().filter_map(|at| shown.table.cell(at)).collect();
    let pairs = cells.iter().map(|cell| (cell.counter.name(), desk.value(cell).into()));
    let object: serde_json::Map<String, serde_json::Value> = pairs.collect();
    (format!("{:#}", serde_json::Value::Object(object)), cells.len())
}
