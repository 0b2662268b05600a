//! The employees with disabilities of a draft (docs/drafting.md, "People with disabilities").

use crate::domain::benchmark::Share;
use crate::domain::benchmark::shortfall::{MeasuredGroup, ShareReading};
use crate::domain::draft::leavers::{Group, first_that, least_turnover};
use crate::domain::draft::rate::AnnualRate;
use crate::domain::draft::{DraftBasis, Unreached};
use crate::domain::plan::matrix::Matrix;
use crate::domain::plan::target::Count;

/// How many cells the six levels have.
const CELLS: usize = 60;

/// The disabled-employees tables of a draft.
pub(super) struct DisabledDraft<'a> {
    pub(super) basis: &'a DraftBasis<'a>,
    /// The drafted all-employees tables.
    pub(super) all: Vec<Matrix>,
    /// The share of the whole workforce that is wanted; `None` where there is none.
    pub(super) target: Option<Share>,
}

/// A cell of both tables.
#[derive(Debug, Clone, Copy)]
struct Cell {
    disabled: u64,
    /// The people without disabilities, whose leavers make room.
    others: Group,
}

impl DisabledDraft<'_> {
    /// The tables of each year; the turnover of a level is at least `turnover`.
    pub(super) fn years(&self, turnover: AnnualRate) -> Vec<Matrix> {
        let (profile, disabled) = (cells(&self.basis.profile.all), cells(&self.basis.profile.disabled));
        let mut now: Vec<Cell> =
            profile.iter().zip(disabled).map(|(all, disabled)| Cell::new(*all, disabled)).collect();
        let today: Vec<u64> = now.iter().map(|cell| cell.disabled).collect();
        let needed = |all: u64| self.target.map_or(0, |target| target.min_people(all));
        let short = needed(profile.iter().sum()).saturating_sub(today.iter().sum());
        let all_sizes: Vec<[u64; CELLS]> = self.all.iter().map(cells).collect();
        let mut tables = Vec::with_capacity(self.all.len());
        for (year, all) in (1..).zip(&self.all) {
            let sizes = cells(all);
            let total: u64 = sizes.iter().sum();
            // The shortfall becomes smaller evenly.
            let years = self.all.len() as u64;
            let people = needed(total).saturating_sub(short * (years - year) / years);
            let bounds = now.iter().zip(&sizes).enumerate().map(|(at, (cell, size))| {
                // Not fewer than today, unless the cell itself is smaller.
                let least = cell.disabled.max(today[at]).min(*size);
                let turnover = self.basis.assumptions[at / 10].turnover.max(turnover);
                let most = size.saturating_sub(cell.others.smallest_next(turnover)).max(least);
                // Leavers make room once: not for new people with disabilities and for a smaller cell as well.
                let later = (year - 1..years).map(|year| all_sizes[usize::try_from(year).unwrap_or(0)][at]);
                let is_too_many = |disabled: u64| !is_allowed(cell.others, later.clone(), disabled, turnover);
                let first_too_many = first_that(least + 1, most + 1, is_too_many);
                (least, first_too_many - 1)
            });
            let disabled = spread(people, &sizes, &bounds.collect::<Vec<_>>());
            for ((cell, size), disabled) in now.iter_mut().zip(&sizes).zip(&disabled) {
                *cell = Cell { disabled: *disabled, others: cell.others.after_year(size - disabled) };
            }
            let mut table = Matrix::default();
            for (at, people) in disabled.iter().enumerate() {
                table.0[at / 10][at % 10] = Count::try_from(*people).ok();
            }
            tables.push(table);
        }
        tables
    }

    /// The target, if the last year does not reach it.
    pub(super) fn unreached(&self) -> Option<Unreached> {
        let (target, all) = (self.target?, self.all.last()?);
        let reading = |turnover| {
            let disabled = self.years(turnover).last().map_or(0, Matrix::grand_total);
            ShareReading::new(disabled, all.grand_total(), target)
        };
        let now = reading(AnnualRate::default());
        let turnover = || least_turnover(|turnover| reading(turnover).is_met());
        (!now.is_met()).then(|| Unreached {
            group: MeasuredGroup::Disability,
            reading: now,
            turnover: turnover(),
        })
    }
}

/// Whether the turnover allows the people without disabilities of a cell that has these sizes, and in all these years as many
/// people with disabilities.
fn is_allowed(others: Group, sizes: impl Iterator<Item = u64>, disabled: u64, turnover: AnnualRate) -> bool {
    let mut others = others;
    for size in sizes {
        let next = size.saturating_sub(disabled);
        if next < others.size && next < others.smallest_next(turnover) {
            return false;
        }
        others = others.after_year(next);
    }
    true
}

impl Cell {
    fn new(all: u64, disabled: u64) -> Self {
        // A profile with more disabled people than people is read as if all of them were disabled.
        let disabled = disabled.min(all);
        Self { disabled, others: Group::new(all - disabled) }
    }
}

/// The numbers of the six levels, level by level; missing ones are 0.
fn cells(matrix: &Matrix) -> [u64; CELLS] {
    let mut cells = [0; CELLS];
    for (cell, count) in cells.iter_mut().zip(matrix.0.as_flattened()) {
        *cell = u64::from(count.unwrap_or(0));
    }
    cells
}

/// Spreads people over cells in proportion to their sizes, within the bounds of each (least, most): as near as possible to
/// the exact shares, which without bounds is the method of the largest remainder. The first cell is served first among
/// equals. Where the bounds do not allow as many people, as many as they allow.
fn spread(people: u64, sizes: &[u64], bounds: &[(u64, u64)]) -> Vec<u64> {
    let total: i128 = sizes.iter().map(|size| i128::from(*size)).sum();
    let mut spread: Vec<u64> = bounds.iter().map(|(least, _)| *least).collect();
    let missing = people.saturating_sub(spread.iter().sum());
    for _ in 0..missing {
        let open = (0..spread.len()).filter(|at| spread[*at] < bounds[*at].1);
        let lacks =
            |at: &usize| i128::from(people) * i128::from(sizes[*at]) - i128::from(spread[*at]) * total;
        let Some(at) = open.max_by_key(|at| (lacks(at), std::cmp::Reverse(*at))) else { break };
        spread[at] += 1;
    }
    spread
}
