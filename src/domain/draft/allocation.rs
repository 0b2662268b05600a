//! The sizes of a level's groups in the last year of a draft (docs/drafting.md, "The last year").

use crate::domain::benchmark::{Eap, LevelTarget, Share};
use crate::domain::draft::Meet;
use crate::domain::plan::counter::{Gender, StatutoryColumn};
use crate::domain::plan::matrix::is_designated;

/// One number for each race and gender, in statutory order.
pub(super) type Groups<T = u64> = [T; 10];

/// What one more person in a group costs, the weightiest part first; the sums of two drafts are compared in this order.
type Cost = [i64; 6];

/// A share's whole, in hundredths of a per cent.
const WHOLE: i64 = 10_000;

/// The people of a level that a target counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Designated people of a gender.
    Designated(Gender),
    /// White men and foreign nationals.
    Others,
}

impl Class {
    pub(super) const ALL: [Self; 3] =
        [Self::Designated(Gender::Male), Self::Designated(Gender::Female), Self::Others];

    /// The class of a column.
    pub(super) fn of(column: StatutoryColumn) -> Self {
        if is_designated(column) { Self::Designated(column.gender) } else { Self::Others }
    }

    /// The places of its columns.
    pub(super) fn members(self) -> impl Iterator<Item = usize> {
        (0..StatutoryColumn::ALL.len()).filter(move |at| Self::of(StatutoryColumn::ALL[*at]) == self)
    }

    /// The people of this class.
    pub(super) fn sum(self, groups: &Groups) -> u64 {
        self.members().map(|at| groups[at]).sum()
    }
}

/// The sector's targets of a level, for men and for women.
#[derive(Debug, Clone, Copy)]
pub(super) struct GenderTargets(pub(super) LevelTarget);

impl GenderTargets {
    /// How many designated people of a class a level of `total` people needs; `None` for people who are not designated.
    pub(super) fn needed(self, class: Class, total: u64) -> Option<u64> {
        match class {
            Class::Designated(gender) => Some(self.0.for_gender(Some(gender)).min_people(total)),
            Class::Others => None,
        }
    }

    /// How many people of a class are short by replacement.
    pub(super) fn short(self, class: Class, groups: &Groups) -> u64 {
        let needed = self.needed(class, groups.iter().sum()).unwrap_or(0);
        needed.saturating_sub(class.sum(groups))
    }

    /// How many men and women are short, added up.
    pub(super) fn short_of_both(self, groups: &Groups) -> u64 {
        Class::ALL.into_iter().map(|class| self.short(class, groups)).sum()
    }
}

/// The last year of a level.
#[derive(Debug, Clone, Copy)]
pub(super) struct LastYear<'a> {
    /// The groups in the profile.
    pub(super) start: &'a Groups,
    /// The smallest size of each group that the turnover allows.
    pub(super) smallest: &'a Groups,
    /// How many people the level has.
    pub(super) total: u64,
    /// The targets; `None` where there are none or they are not to be met.
    pub(super) targets: Option<GenderTargets>,
    /// The EAP of each group.
    pub(super) eap: &'a EapShares,
    pub(super) meet: Meet,
}

/// The EAP of each group in hundredths of a per cent; 0 for foreign nationals and where the source gives none.
#[derive(Debug, Clone, Copy)]
pub(super) struct EapShares(Groups<i64>);

impl From<&Eap> for EapShares {
    fn from(eap: &Eap) -> Self {
        Self(StatutoryColumn::ALL.map(|column| eap.share(column).map_or(0, Share::hundredths).into()))
    }
}

impl LastYear<'_> {
    /// The best sizes; `None` where the groups cannot become as small as the total asks.
    ///
    /// Each part of the cost is a convex function of one group or of a class of groups, and the classes do not overlap. For
    /// such costs, adding one person after the other where it costs least ends in the least cost of all (Murota: a minimum
    /// of an M♮-convex function for one person more lies one step from the one before).
    pub(super) fn sizes(&self) -> Option<Groups> {
        let sizes = fill(*self.smallest, self.total, |at, sizes| Some(self.cost(at, sizes)))?;
        if self.meet != Meet::Both || self.targets.is_none() {
            return Some(sizes);
        }
        // How many men and women there are is settled; among them the split by EAP comes before the number of changes.
        let mut split = sizes;
        for class in [Class::Designated(Gender::Male), Class::Designated(Gender::Female)] {
            let people = class.sum(&sizes);
            class.members().for_each(|at| split[at] = self.smallest[at]);
            let of_class = |at| Class::of(StatutoryColumn::ALL[at]) == class;
            split = fill(split, self.total, |at, sizes| {
                of_class(at).then(|| self.split_cost(at, sizes, people))
            })?;
        }
        Some(split)
    }

    /// What one more person in a group costs.
    fn cost(&self, at: usize, sizes: &Groups) -> Cost {
        let (mut short, mut further) = (0, 0);
        let class = Class::of(StatutoryColumn::ALL[at]);
        if let Some(targets) = self.targets
            && let Some(needed) = targets.needed(class, self.total)
        {
            let people = class.sum(sizes);
            short = -i64::from(people < needed);
            further = -i64::from(people + targets.short(class, self.start) < needed);
        }
        let (above, change, eap) =
            (self.above_eap(at, sizes), self.change(at, sizes), self.eap_distance(at, sizes));
        match (self.meet, self.targets) {
            (Meet::Both, Some(_)) => [short, further, above, change, eap, 0],
            (Meet::Sector, _) => [short, further, change, eap, 0, 0],
            (Meet::Eap, _) | (Meet::Both, None) => [eap, change, 0, 0, 0, 0],
        }
    }

    /// What one more person in a group of a class with `people` people costs, once they are settled.
    fn split_cost(&self, at: usize, sizes: &Groups, people: u64) -> Cost {
        let class = Class::of(StatutoryColumn::ALL[at]);
        let eap_of_class: i64 = class.members().map(|at| self.eap.0[at]).sum();
        let wanted = self.eap.0[at] * signed(people);
        // The square of the distance grows by as much, in parts of a person that divide evenly.
        let split = 2 * (signed(sizes[at]) * eap_of_class - wanted) + eap_of_class;
        [self.above_eap(at, sizes), split, self.change(at, sizes), 0, 0, 0]
    }

    /// 1 where one more person is added to a group that is at or above its EAP.
    fn above_eap(&self, at: usize, sizes: &Groups) -> i64 {
        let up_to = self.eap.0[at] * signed(self.total) / WHOLE;
        i64::from(signed(sizes[at]) >= up_to.max(signed(self.start[at])))
    }

    /// How much further the group is from its size in the profile with one person more.
    fn change(&self, at: usize, sizes: &Groups) -> i64 {
        if sizes[at] < self.start[at] { -1 } else { 1 }
    }

    /// By how much the square of the distance from EAP grows with one person more.
    fn eap_distance(&self, at: usize, sizes: &Groups) -> i64 {
        let wanted = self.eap.0[at] * signed(self.total);
        2 * (signed(sizes[at]) * WHOLE - wanted) + WHOLE
    }
}

/// A number of people, which the server can hold many times over.
fn signed(people: u64) -> i64 {
    i64::try_from(people).unwrap_or(i64::MAX)
}

/// Adds people to the groups until they are `total`, each where it costs least, the first column first; `None` where there
/// are more people than that already.
fn fill(mut sizes: Groups, total: u64, cost: impl Fn(usize, &Groups) -> Option<Cost>) -> Option<Groups> {
    let missing = total.checked_sub(sizes.iter().sum())?;
    let mut costs: Groups<Option<Cost>> = std::array::from_fn(|at| cost(at, &sizes));
    for _ in 0..missing {
        let (_, at) =
            costs.iter().zip(0..).filter_map(|(cost, at): (_, usize)| Some(((*cost)?, at))).min()?;
        sizes[at] += 1;
        // A cost depends on the group itself and on its class.
        for member in Class::of(StatutoryColumn::ALL[at]).members() {
            costs[member] = cost(member, &sizes);
        }
    }
    Some(sizes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::benchmark::Benchmarks;
    use crate::domain::plan::counter::{Level, Race};

    /// What two drafts of a last year are compared by, as docs/drafting.md says it, of a whole level.
    fn parts(last: &LastYear, sizes: &Groups) -> Vec<i128> {
        let eap = |at: usize| i128::from(last.eap.0[at]);
        let groups = 0..10_usize;
        let total = i128::from(last.total);
        let short = |groups: &Groups| {
            let total: u64 = groups.iter().sum();
            let is = |at: usize, gender| Class::of(StatutoryColumn::ALL[at]) == Class::Designated(gender);
            [Gender::Male, Gender::Female].map(|gender| {
                let target =
                    last.targets.map_or(0, |targets| targets.0.for_gender(Some(gender)).hundredths());
                let people: u64 = (0..10).filter(|at| is(*at, gender)).map(|at| groups[at]).sum();
                i128::from((total * u64::from(target)).div_ceil(10_000)) - i128::from(people)
            })
        };
        let (before, after) = (short(last.start), short(sizes));
        let short_now: i128 = after.iter().map(|short| (*short).max(0)).sum();
        let further: i128 =
            before.iter().zip(after).map(|(before, after)| (after.max(0) - (*before).max(0)).max(0)).sum();
        let above = groups.clone().map(|at| {
            let most = (eap(at) * total / 10_000).max(i128::from(last.start[at]));
            (i128::from(sizes[at]) - most).max(0)
        });
        let change = groups.clone().map(|at| i128::from(sizes[at].abs_diff(last.start[at])));
        let from_eap = groups.map(|at| (i128::from(sizes[at]) * 10_000 - eap(at) * total).pow(2));
        match (last.meet, last.targets) {
            (Meet::Both, Some(_)) => vec![short_now, further, above.sum(), change.sum(), from_eap.sum()],
            (Meet::Sector, _) => vec![short_now, further, change.sum(), from_eap.sum()],
            _ => vec![from_eap.sum(), change.sum()],
        }
    }

    fn every(smallest: &[u64], total: u64) -> Vec<Vec<u64>> {
        match smallest {
            [] => {
                if total == 0 {
                    vec![Vec::new()]
                } else {
                    Vec::new()
                }
            }
            [first, rest @ ..] => (*first..=total)
                .flat_map(|size| {
                    every(rest, total - size).into_iter().map(move |rest| [vec![size], rest].concat())
                })
                .collect(),
        }
    }

    #[test]
    fn the_last_year_is_the_best_of_all_that_the_bounds_allow() {
        let benchmarks = Benchmarks::default();
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..60 {
            let start: Groups = std::array::from_fn(|_| random.u64(0..=2));
            let smallest = start.map(|size| random.u64(0..=size));
            let total = smallest.iter().sum::<u64>() + random.u64(0..=5);
            let sectors: Vec<&str> = benchmarks.sector_names().collect();
            let sector = benchmarks.sector(sectors[random.usize(0..sectors.len())]).unwrap();
            let targets = sector.level(Level::Junior).map(GenderTargets).filter(|_| random.bool());
            let eap = &EapShares::from(&benchmarks.eaps()[random.usize(0..20)]);
            for meet in [Meet::Eap, Meet::Sector, Meet::Both] {
                let targets = targets.filter(|_| meet != Meet::Eap);
                let last = LastYear { start: &start, smallest: &smallest, total, targets, eap, meet };
                let sizes = last.sizes().unwrap();
                let all = every(&smallest, total).into_iter().map(|sizes| Groups::try_from(sizes).unwrap());
                let best = all.clone().map(|sizes| parts(&last, &sizes)).min().unwrap();
                let is_split = meet == Meet::Both && targets.is_some();
                // The split within a gender is a matter of its own, below; it leaves the first three parts as they are.
                let compared = if is_split { 3 } else { best.len() };
                assert_eq!(
                    parts(&last, &sizes)[..compared],
                    best[..compared],
                    "{start:?} {smallest:?} {total} {meet}"
                );
                if !is_split {
                    continue;
                }
                // With as many men and women as this, no other split is nearer to the EAP.
                let people = Class::ALL.map(|class| class.sum(&sizes));
                let split = |groups: &Groups| {
                    let of_class = |class: Class| {
                        let share = |at: &usize| i128::from(last.eap.0[*at]);
                        let of = || (0..10).filter(|at| Class::of(StatutoryColumn::ALL[*at]) == class);
                        let (all, people): (i128, u64) = (of().map(|at| share(&at)).sum(), class.sum(groups));
                        of().map(|at| (i128::from(groups[at]) * all - share(&at) * i128::from(people)).pow(2))
                            .sum::<i128>()
                    };
                    // The others' part is the same in all of them.
                    [of_class(Class::ALL[0]), of_class(Class::ALL[1])]
                };
                let same = |groups: &Groups| Class::ALL.map(|class| class.sum(groups)) == people;
                let is_best = |groups: &Groups| {
                    let parts = parts(&last, groups);
                    parts[..3] == best[..3] && same(groups)
                };
                for other in all.filter(is_best) {
                    let (mine, other) = (split(&sizes), split(&other));
                    assert!(mine[0] <= other[0] && mine[1] <= other[1], "{start:?} {smallest:?} {total}");
                }
            }
        }
    }

    #[test]
    fn a_gender_is_split_as_the_eap_has_it() {
        let benchmarks = Benchmarks::default();
        let eap = benchmarks.eaps().iter().find(|eap| eap.region == "National").unwrap();
        let eap = &EapShares::from(eap);
        let sector = benchmarks.sector("Education").unwrap();
        let mut start = [0; 10];
        (start[3], start[4]) = (50, 50);
        let targets = sector.level(Level::Senior).map(GenderTargets);
        let last = LastYear { start: &start, smallest: &[0; 10], total: 100, targets, eap, meet: Meet::Both };
        let sizes = last.sizes().unwrap();
        assert_eq!(targets.unwrap().short_of_both(&sizes), 0);
        let white = StatutoryColumn { race: Race::White, gender: Gender::Female };
        let at = StatutoryColumn::ALL.iter().position(|column| *column == white).unwrap();
        assert!(sizes[at] >= 3, "white women are 3.5 of 45.7 % in the EAP: {sizes:?}");
    }
}
