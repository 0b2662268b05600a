//! How fast a group can become smaller: the leavers that a turnover allows (docs/drafting.md, "Leavers").

use crate::domain::draft::rate::AnnualRate;

/// A group of a level between two years of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group {
    /// How many people it has.
    pub(super) size: u64,
    /// How many have left since the profile.
    left: u64,
    /// Its sizes at the starts of all years so far, added up.
    person_years: u64,
}

impl Group {
    /// A group of this size in the profile.
    pub(super) fn new(size: u64) -> Self {
        Self { size, left: 0, person_years: 0 }
    }

    /// The group a year later.
    #[must_use]
    pub(super) fn after_year(self, size: u64) -> Self {
        Self {
            size,
            left: self.left + self.size.saturating_sub(size),
            person_years: self.person_years + self.size,
        }
    }

    /// The smallest size after the next year, whatever comes after it.
    pub(super) fn smallest_next(self, turnover: AnnualRate) -> u64 {
        let of_year = turnover.floor_of(self.size) + 1;
        let of_all = turnover.ceil_of(self.person_years + self.size).saturating_sub(self.left);
        self.size.saturating_sub(of_year.min(of_all))
    }

    /// The largest size after the next year from which `end` can still be reached in `years` years; `None` when it
    /// cannot be reached. `end` is not larger than the group.
    ///
    /// People who leave as late as possible keep the group, and with it the leavers that are allowed, as large as possible
    /// in every year. So `end` can be reached exactly if it can be reached that way.
    fn latest_next(self, end: u64, years: usize, turnover: AnnualRate) -> Option<u64> {
        let (mut size, mut after, mut person_years) = (end, end, self.person_years);
        for _ in 0..years {
            after = size;
            let before = turnover.greatest_leaving(size.saturating_add(1)).unwrap_or(u64::MAX);
            size = before.min(self.size);
            person_years += size;
        }
        let left = self.left + self.size - end;
        (size == self.size && left <= turnover.ceil_of(person_years)).then_some(after)
    }

    /// The smallest size that can be reached in `years` years.
    pub(super) fn smallest(self, years: usize, turnover: AnnualRate) -> u64 {
        first_that(0, self.size, |end| self.latest_next(end, years, turnover).is_some())
    }

    /// The smallest and the largest size after the next year from which `end`, which is not larger than the group, can
    /// still be reached in `years` years; `None` when it cannot be reached.
    pub(super) fn sizes_next(self, end: u64, years: usize, turnover: AnnualRate) -> Option<(u64, u64)> {
        let latest = self.latest_next(end, years, turnover)?;
        let smallest = self.smallest_next(turnover).max(end);
        let reaches = |size| self.after_year(size).latest_next(end, years - 1, turnover).is_some();
        Some((first_that(smallest.min(latest), latest, reaches), latest))
    }
}

/// The least whole per cent of turnover for which `does` holds; `None` where it does not hold for 100 %.
pub(super) fn least_turnover(does: impl Fn(AnnualRate) -> bool) -> Option<AnnualRate> {
    let rate = |percent: u64| AnnualRate::percent(i64::try_from(percent).unwrap_or(100));
    let least = first_that(0, 100, |percent| does(rate(percent)));
    does(rate(least)).then(|| rate(least))
}

/// The first number from `low` to `high` for which `is` holds, where it holds for `high` and all between it and the
/// first.
pub(super) fn first_that(mut low: u64, mut high: u64, is: impl Fn(u64) -> bool) -> u64 {
    while low < high {
        let middle = low + (high - low) / 2;
        if is(middle) { high = middle } else { low = middle + 1 }
    }
    low
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// All sizes that can be reached, by trying every path that only falls, from the rule's own words.
    fn reachable(sizes: &[u64], years: usize, percent: u64) -> BTreeSet<u64> {
        let now = sizes[sizes.len() - 1];
        if years == 0 {
            return [now].into();
        }
        let left_before = sizes[0] - now;
        let person_years: u64 = sizes.iter().sum();
        let leaves = |people: &u64| {
            people * 100 <= percent * now + 100
                && left_before + people <= (percent * person_years).div_ceil(100)
        };
        let on = (0..=now).filter(leaves).flat_map(|people| {
            let mut sizes = sizes.to_vec();
            sizes.push(now - people);
            reachable(&sizes, years - 1, percent)
        });
        on.collect()
    }

    #[test]
    fn what_can_be_reached_is_what_trying_every_path_reaches() {
        for percent in [0, 1, 5, 10, 12, 25, 30, 50, 99, 100] {
            let turnover = AnnualRate::percent(percent);
            for (size, years) in (0..=12).flat_map(|size| (1..=5).map(move |years| (size, years))) {
                let tried = reachable(&[size], years, percent.unsigned_abs());
                let group = Group::new(size);
                let smallest = group.smallest(years, turnover);
                let all: BTreeSet<u64> = (smallest..=size).collect();
                assert_eq!(tried, all, "{size} people, {years} years, {percent} %");
                for end in all {
                    let (low, high) = group.sizes_next(end, years, turnover).unwrap();
                    let next = (0..=size).filter(|next| {
                        let is_allowed = reachable(&[size], 1, percent.unsigned_abs()).contains(next);
                        is_allowed
                            && reachable(&[size, *next], years - 1, percent.unsigned_abs()).contains(&end)
                    });
                    assert_eq!(
                        next.collect::<Vec<_>>(),
                        (low..=high).collect::<Vec<_>>(),
                        "{size} to {end}, {percent} %"
                    );
                }
            }
        }
    }

    #[test]
    fn a_small_group_loses_a_person_in_some_year() {
        let ten = AnnualRate::percent(10);
        assert_eq!(Group::new(1).smallest(1, ten), 0);
        assert_eq!(Group::new(5).smallest(5, ten), 2, "5, 5, 5, 4, 3, 2: 0.1 × 22 people is 3 leavers");
        assert_eq!(Group::new(100).smallest(1, ten), 90);
        assert_eq!(Group::new(5).smallest(5, AnnualRate::percent(0)), 5);
    }
}
