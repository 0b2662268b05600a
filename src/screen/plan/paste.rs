//! Copying from a plan's grid, and placing a block that is pasted into it.

use std::collections::BTreeMap;

use crate::domain::cell_range::{CellPosition, CellRange};
use crate::domain::change::counter_change::CounterRef;
use crate::domain::import::pasted_block::{PastePlacement, PastedBlock};
use crate::domain::import::table_labels::TableLabels;
use crate::domain::plan::counter::StatutoryColumn;
use crate::domain::plan::target::Count;
use crate::domain::refusal::Refusal;
use crate::domain::text::escape_spreadsheet_cell;
use crate::screen::plan::editing::{CellSetting, editable_cell};
use crate::screen::plan::selection::GridSelection;
use crate::screen::plan::table::{COLUMN_COUNT, ShownTarget};
use crate::workspace::Workspace;

/// A preview of a pasted block: the numbers that can be set, and a summary of all cells.
pub(super) struct PastePreview {
    /// The numbers, by (row, column).
    pub(super) cells: BTreeMap<(usize, usize), Count>,
    /// The same numbers as settings for their counters.
    pub(super) settings: Vec<CellSetting>,
    /// What pasting would change, in words.
    pub(super) summary: String,
}

impl PastePreview {
    /// Previews a block at the selection, over the target shown.
    pub(super) fn new(
        block: &PastedBlock,
        selection: &GridSelection,
        shown: &ShownTarget,
        workspace: &Workspace,
    ) -> Self {
        let labels: Vec<&str> = shown.table.sheet.rows.iter().map(|row| row.label.as_str()).collect();
        let landing = block.place(selection.position.cursor, selection.range(), &TableLabels(&labels));
        let (mut cells, mut settings, mut changes, mut stuck) = (BTreeMap::new(), Vec::new(), 0, None);
        for (at, number) in landing.numbers() {
            match editable_cell(shown, at, workspace) {
                Ok((cell, value)) => {
                    changes += usize::from(value != Some(number));
                    cells.insert((at.row, at.column), number);
                    settings.push(Ok((cell, number)));
                }
                Err(why) => {
                    stuck = Some((stuck.map_or(0, |(many, _)| many) + 1, why));
                }
            }
        }
        let tally = paste_summary(&landing, changes, cells.len() - changes, stuck);
        Self { cells, settings, summary: tally }
    }
}

/// The summary, like `12 cells change · 2 as before · 3 blank · 1 no number (“n/a”) · 4 outside the table ·
/// by name`.
fn paste_summary(
    landing: &PastePlacement,
    changes: usize,
    same: usize,
    stuck: Option<(usize, Refusal)>,
) -> String {
    let mut phrases = vec![match changes {
        1 => "1 cell changes".to_owned(),
        n => format!("{n} cells change"),
    }];
    if same > 0 {
        phrases.push(format!("{same} as before"));
    }
    if let Some((many, why)) = stuck {
        phrases.push(format!("{many} cannot be set: {why}"));
    }
    phrases.extend(landing.notes());
    phrases.join(" · ")
}

/// Cells copied as tab-separated text.
#[derive(Debug)]
pub(super) struct CopiedCells {
    /// The text for a spreadsheet; with headings and labels when whole rows are copied.
    pub(super) text: String,
    /// The text for pasting back into bee-tui: without labels, so that a row can be pasted into another one.
    text_without_labels: String,
    pub(super) cell_count: usize,
}

impl CopiedCells {
    /// Copies the selected cells.
    pub(super) fn from_selection(selection: &GridSelection, shown: &ShownTarget) -> Self {
        let sheet = &shown.table.sheet;
        let number = |at: CellPosition| {
            sheet.cell(at).and_then(|cell| cell.value).map(|n| n.to_string()).unwrap_or_default()
        };
        let range = selection
            .range()
            .unwrap_or_else(|| CellRange::between(selection.position.cursor, selection.position.cursor));
        let row = |row| {
            range.columns().map(|column| number(CellPosition { row, column })).collect::<Vec<_>>().join("\t")
        };
        let rows: Vec<String> = range.rows().map(row).collect();
        let cells = range.cells().count();
        if range.columns().count() < COLUMN_COUNT {
            let text = rows.join("\n");
            return Self { text_without_labels: text.clone(), text, cell_count: cells };
        }
        let heads = StatutoryColumn::ALL.map(StatutoryColumn::heading).join("\t");
        let labelled = range
            .rows()
            .zip(&rows)
            .map(|(at, row)| format!("\n{}\t{row}", escape_spreadsheet_cell(&sheet.rows[at].label)));
        let text = format!("\t{heads}{}", labelled.collect::<String>());
        Self { text_without_labels: format!("{heads}\n{}", rows.join("\n")), text, cell_count: cells }
    }

    /// The block to paste in place of one read from the clipboard: when that is what was copied here, the
    /// version without row labels, so that it goes to the cursor.
    pub(super) fn block_to_paste(&self, block: PastedBlock) -> PastedBlock {
        // Compared as blocks because a terminal may have changed the line ends.
        let same = PastedBlock::parse(&self.text).is_ok_and(|copied| copied == block);
        if same { PastedBlock::parse(&self.text_without_labels).unwrap_or(block) } else { block }
    }
}

/// The selected counters as a JSON object with the API's names, and how many they are.
pub(super) fn selected_counters_json(
    selection: &GridSelection,
    shown: &ShownTarget,
    workspace: &Workspace,
) -> (String, usize) {
    let cells: Vec<CounterRef> =
        selection.selected_cells().into_iter().filter_map(|at| shown.table.counter_at(at)).collect();
    let pairs = cells.iter().map(|cell| (cell.counter.name(), workspace.counter_value(cell).into()));
    let object: serde_json::Map<String, serde_json::Value> = pairs.collect();
    (format!("{:#}", serde_json::Value::Object(object)), cells.len())
}
