//! The years of a level from its profile to the last year of a draft (docs/drafting.md, "The years between").

use crate::domain::draft::allocation::{Class, GenderTargets, Groups};
use crate::domain::draft::leavers::Group;
use crate::domain::draft::path::Path;
use crate::domain::draft::rate::AnnualRate;
use crate::domain::plan::counter::StatutoryColumn;

/// What leads from a level's profile to its last year.
pub(super) struct Schedule<'a> {
    pub(super) start: &'a Groups,
    pub(super) end: &'a Groups,
    /// The level's total after each year.
    pub(super) totals: &'a [u64],
    pub(super) turnover: AnnualRate,
    /// The targets that no year may be further from than the one before.
    pub(super) targets: Option<GenderTargets>,
}

/// A level on its way.
struct Step<'a> {
    schedule: &'a Schedule<'a>,
    /// The years from this one to the last, both counted.
    years_left: usize,
    groups: Groups<Group>,
    /// The smallest and the largest next size of each group.
    bounds: Groups<(u64, u64)>,
    next: Groups,
}

impl Schedule<'_> {
    /// The sizes after each year; `None` where this way finds none that has these totals.
    pub(super) fn path(&self) -> Option<Path> {
        let mut groups = self.start.map(Group::new);
        let mut years = Vec::with_capacity(self.totals.len());
        for (at, total) in self.totals.iter().enumerate() {
            let next = self.step(groups, self.totals.len() - at)?.year(*total)?;
            for (group, size) in groups.iter_mut().zip(next) {
                *group = group.after_year(size);
            }
            years.push(next);
        }
        Some(Path { start: *self.start, turnover: self.turnover, targets: self.targets, years }.improved())
    }

    fn step(&self, groups: Groups<Group>, years_left: usize) -> Option<Step<'_>> {
        let mut bounds = [(0, 0); 10];
        for (at, group) in groups.iter().enumerate() {
            let end = self.end[at];
            bounds[at] = if end < group.size {
                group.sizes_next(end, years_left, self.turnover)?
            } else {
                (group.size, end)
            };
        }
        Some(Step { schedule: self, years_left, groups, bounds, next: groups.map(|group| group.size) })
    }
}

impl Step<'_> {
    /// Whether a group has more people than in the last year.
    fn loses(&self, at: usize) -> bool {
        self.schedule.end[at] < self.groups[at].size
    }

    /// The sizes a year later: leavers and those who come evenly over the years, as far as the total of the year, the
    /// turnover and the targets allow.
    fn year(mut self, total: u64) -> Option<Groups> {
        for at in 0..self.next.len() {
            let (low, high) = self.bounds[at];
            if self.loses(at) {
                self.next[at] = self.even(at).clamp(low, high);
            }
        }
        let wanted = Class::ALL.map(|class| self.wanted(class, total));
        // Those who come are as many as leave, and as many more as the level grows. Where that is too few or more than is
        // wanted, others leave earlier or later.
        let must: u64 = wanted.iter().map(|(must, _)| must).sum();
        let goal: u64 = wanted.iter().map(|(_, goal)| goal).sum();
        let room = |next: &Groups| total.checked_sub(next.iter().sum());
        while room(&self.next).is_none_or(|room| room < must) {
            let Some(at) = self.most_behind(|step, at| step.next[at] > step.bounds[at].0) else { break };
            self.next[at] -= 1;
        }
        while room(&self.next).is_some_and(|room| room > goal.max(must)) {
            let Some(at) = self.most_ahead(|step, at| step.next[at] < step.bounds[at].1) else { break };
            self.next[at] += 1;
        }
        // A level that becomes smaller may need leavers of groups that have none in the end; others come back later.
        while room(&self.next).is_none() {
            let at = self.spare(total)?;
            self.next[at] -= 1;
        }
        let mut room = room(&self.next)?;
        for stage in [Stage::Must, Stage::Goal, Stage::Rest] {
            for (class, (must, goal)) in Class::ALL.into_iter().zip(wanted) {
                let mut people = match stage {
                    Stage::Must => must,
                    Stage::Goal => goal.saturating_sub(must),
                    Stage::Rest => u64::MAX,
                };
                while people > 0 && room > 0 {
                    let grows = |step: &Self, at: usize| {
                        Class::of(StatutoryColumn::ALL[at]) == class
                            && !step.loses(at)
                            && step.next[at] < step.bounds[at].1
                    };
                    let Some(at) = self.furthest_below(grows) else { break };
                    self.next[at] += 1;
                    (people, room) = (people - 1, room - 1);
                }
            }
        }
        (room == 0).then_some(self.next)
    }

    /// The size of a group after this year if it changed by as much in every year that is left, rounded half up.
    fn even(&self, at: usize) -> u64 {
        let years = self.years_left as u64;
        (self.groups[at].size * (years - 1) * 2 + self.schedule.end[at] * 2 + years) / (years * 2)
    }

    /// How many people have to come to a class so that it is no further from its target, and how many are wanted on an even
    /// way to the last year.
    fn wanted(&self, class: Class, total: u64) -> (u64, u64) {
        let schedule = self.schedule;
        let may_come: u64 = (0..self.next.len())
            .filter(|at| Class::of(StatutoryColumn::ALL[*at]) == class && !self.loses(*at))
            .map(|at| schedule.end[at] - self.next[at])
            .sum();
        let before = self.groups.map(|group| group.size);
        let now = class.sum(&self.next);
        let needed = schedule.targets.and_then(|targets| Some((targets, targets.needed(class, total)?)));
        let Some((targets, needed)) = needed else {
            let of_class = (0..self.next.len()).filter(|at| Class::of(StatutoryColumn::ALL[*at]) == class);
            let even =
                of_class.filter(|at| !self.loses(*at)).map(|at| self.even(at).saturating_sub(self.next[at]));
            return (0, even.sum::<u64>().min(may_come));
        };
        let must = needed.saturating_sub(targets.short(class, &before)).saturating_sub(now).min(may_come);
        // Measured from what is needed, which changes with the total.
        let beyond = |groups: &Groups| {
            let needed = targets.needed(class, groups.iter().sum()).unwrap_or(0);
            i128::from(class.sum(groups)) - i128::from(needed)
        };
        let years = self.years_left as i128;
        let even = (beyond(&before) * (years - 1) + beyond(schedule.end)).div_euclid(years);
        let goal = u64::try_from(even + i128::from(needed) - i128::from(now)).unwrap_or(0).min(may_come);
        (must, goal.max(must))
    }

    /// The group that is furthest below its even size, among those for which `is` holds; the first of equals.
    fn furthest_below(&self, is: impl Fn(&Self, usize) -> bool) -> Option<usize> {
        let below = |at: &usize| i128::from(self.even(*at)) - i128::from(self.next[*at]);
        (0..self.next.len()).filter(|at| is(self, *at)).max_by_key(|at| (below(at), std::cmp::Reverse(*at)))
    }

    /// The group that would have lost least so far, among those that lose people and for which `is` holds.
    fn most_behind(&self, is: impl Fn(&Self, usize) -> bool) -> Option<usize> {
        let losers = |at: &usize| self.loses(*at) && is(self, *at);
        let is_other = |at: usize| Class::of(StatutoryColumn::ALL[at]) == Class::Others;
        (0..self.next.len())
            .filter(losers)
            .max_by_key(|at| (is_other(*at), self.next[*at], std::cmp::Reverse(*at)))
    }

    /// The group without leavers in the end that can best lose a person now: of the class furthest beyond its target, and of
    /// that the largest.
    fn spare(&self, total: u64) -> Option<usize> {
        let turnover = self.schedule.turnover;
        let can = |at: &usize| !self.loses(*at) && self.next[*at] > self.groups[*at].smallest_next(turnover);
        let beyond = |at: usize| {
            let class = Class::of(StatutoryColumn::ALL[at]);
            let needed = self.schedule.targets.and_then(|targets| targets.needed(class, total));
            i128::from(class.sum(&self.next)) - needed.map_or(i128::MIN / 2, i128::from)
        };
        (0..self.next.len())
            .filter(can)
            .max_by_key(|at| (beyond(*at), self.next[*at], std::cmp::Reverse(*at)))
    }

    /// The group whose leavers can best stay another year.
    fn most_ahead(&self, is: impl Fn(&Self, usize) -> bool) -> Option<usize> {
        let losers = |at: &usize| self.loses(*at) && is(self, *at);
        (0..self.next.len())
            .filter(losers)
            .max_by_key(|at| (self.groups[*at].size - self.next[*at], std::cmp::Reverse(*at)))
    }
}

#[derive(Clone, Copy)]
enum Stage {
    Must,
    Goal,
    Rest,
}
