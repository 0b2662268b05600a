//! A level's years mended where one is further from a target than the one before (docs/drafting.md, "The years between").

use crate::domain::draft::allocation::{Class, GenderTargets, Groups};
use crate::domain::draft::leavers::Group;
use crate::domain::draft::rate::AnnualRate;

/// The sizes of a level's groups, year by year.
#[derive(Debug, Clone)]
pub(super) struct Path {
    pub(super) start: Groups,
    pub(super) turnover: AnnualRate,
    /// The targets that no year may be further from than the one before.
    pub(super) targets: Option<GenderTargets>,
    pub(super) years: Vec<Groups>,
}

/// How good a path is, the best first: how many people are short in the last year, by how many people years are further
/// from a target than the ones before, and how many changes there are.
type Rank = (u64, u64, u64);

impl Path {
    /// The same years with people moved from one group to another for some years, as long as that makes them better, where
    /// a year is further from a target than the one before.
    #[must_use]
    pub(super) fn improved(mut self) -> Self {
        let mut rank = self.rank();
        while rank.1 > 0 {
            let moves = self.moves().filter_map(|people| self.moved(people));
            let Some((better, path)) = moves.map(|path| (path.rank(), path)).min_by_key(|(rank, _)| *rank)
            else {
                break;
            };
            if (better.0, better.1) >= (rank.0, rank.1) {
                break;
            }
            (rank, self) = (better, path);
        }
        self
    }

    /// By how many people years are further from a target than the ones before.
    pub(super) fn further(&self) -> u64 {
        self.rank().1
    }

    /// How many people are short in the last year, and by how many people years are further from a target than the ones
    /// before.
    pub(super) fn short_and_further(&self) -> (u64, u64) {
        let (short, further, _) = self.rank();
        (short, further)
    }

    fn rank(&self) -> Rank {
        let (mut further, mut changes, mut before) = (0, 0, &self.start);
        let short = |class, year| self.targets.map_or(0, |targets| targets.short(class, year));
        for year in &self.years {
            let of_class = |class| short(class, year).saturating_sub(short(class, before));
            further += Class::ALL.into_iter().map(of_class).sum::<u64>();
            changes += year.iter().zip(before).map(|(now, before)| now.abs_diff(*before)).sum::<u64>();
            before = year;
        }
        (Class::ALL.into_iter().map(|class| short(class, before)).sum(), further, changes)
    }

    /// Every move of one person: from a group to another, and the years it is for.
    fn moves(&self) -> impl Iterator<Item = (usize, usize, std::ops::Range<usize>)> + use<> {
        let years = self.years.len();
        let spans = (0..years).flat_map(move |first| (first + 1..=years).map(move |after| first..after));
        let groups = (0..10_usize)
            .flat_map(|from| (0..10_usize).map(move |to| (from, to)))
            .filter(|(from, to)| from != to);
        groups.flat_map(move |(from, to)| spans.clone().map(move |span| (from, to, span)))
    }

    /// The path after a move; `None` where nobody is there to be moved, or the turnover does not allow it.
    fn moved(&self, (from, to, span): (usize, usize, std::ops::Range<usize>)) -> Option<Self> {
        let mut years = self.years.clone();
        for year in &mut years[span] {
            year[from] = year[from].checked_sub(1)?;
            year[to] += 1;
        }
        let path = Self { years, ..*self };
        (path.is_allowed(from) && path.is_allowed(to)).then_some(path)
    }

    /// Whether the turnover allows the sizes of a group.
    fn is_allowed(&self, at: usize) -> bool {
        let mut group = Group::new(self.start[at]);
        self.years.iter().all(|year| {
            let is_allowed = year[at] >= group.size || year[at] >= group.smallest_next(self.turnover);
            group = group.after_year(year[at]);
            is_allowed
        })
    }
}
