//! A target as rows and columns: the six levels, further slices in the server's order, then counters of
//! another form.

use indexmap::IndexSet;
use strum::VariantArray;

use crate::domain::plan::counter::{Counter, Level, Slice, StatutoryColumn};
use crate::domain::plan::target::Target;
use crate::domain::text::Text;

/// A row of a target's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetRow {
    /// Its label, as it may be printed.
    pub label: String,
    /// Whether it is one of the six levels, which the totals add up.
    pub is_level: bool,
    /// Its counters in statutory order; `None` where the server returned none. A counter of another form is
    /// in the first cell.
    pub counters: [Option<Counter>; 10],
}

/// The rows of a target in display order. The six levels are always among them, even without counters.
pub fn target_rows(target: &Target) -> Vec<TargetRow> {
    let mut slices: IndexSet<Slice> = Level::VARIANTS.iter().map(|level| Slice::Level(*level)).collect();
    for counter in target.counters.keys() {
        if let Counter::Cell(slice, _) = counter
            && !slices.contains(slice)
        {
            slices.insert(slice.clone());
        }
    }
    let mut rows: Vec<TargetRow> = slices
        .iter()
        .map(|slice| TargetRow {
            label: Text::from(slice.label()).to_string(),
            is_level: matches!(slice, Slice::Level(_)),
            counters: Default::default(),
        })
        .collect();
    for counter in target.counters.keys() {
        match counter {
            Counter::Cell(slice, column) => {
                let row = slices.get_index_of(slice).unwrap_or(0);
                let column = StatutoryColumn::ALL.iter().position(|c| c == column).unwrap_or(0);
                rows[row].counters[column] = Some(counter.clone());
            }
            Counter::Other(_) => {
                let mut counters: [Option<Counter>; 10] = Default::default();
                counters[0] = Some(counter.clone());
                rows.push(TargetRow { label: format!("Other: {counter}"), is_level: false, counters });
            }
        }
    }
    rows
}
