//! The overview of all plans: of each one the targets of the year that holds today, kept until its numbers change.

use jiff::civil::Date;

use crate::domain::benchmark::shortfall::{MeasuredGroup, ShareReading, measured_targets};
use crate::domain::id::PlanId;
use crate::domain::plan::counter::Level;
use crate::domain::plan::matrix::Matrix;
use crate::domain::plan::table_ref::{TableRef, YearIndex};
use crate::domain::plan::target::TargetType;
use crate::workspace::Workspace;
use crate::workspace::plan_standing::{KnownStanding, MeasuredYear, PlanStanding};

impl Workspace {
    /// How a plan compares with its targets; `None` when it was not read.
    pub fn standing(&self, plan: PlanId) -> Option<&PlanStanding> {
        Some(&self.overview.plans.get(&plan)?.standing)
    }

    /// The year of a plan as measured; `None` when it was not read or cannot be measured.
    pub fn measured_year(&self, plan: PlanId) -> Option<&MeasuredYear> {
        match self.standing(plan)? {
            PlanStanding::Measured(year) => Some(year),
            PlanStanding::NoSector | PlanStanding::NoTargets | PlanStanding::Unreadable => None,
        }
    }

    /// Works out the standing of each plan whose numbers may have changed.
    pub fn refresh_overview(&mut self, today: Date) {
        for (id, snapshot) in &self.plans {
            let (id, read_at) = (*id, snapshot.read_at);
            let staged = self.counter_changes.count_in_plan(id);
            let is_known = self.overview.plans.get(&id).is_some_and(|known| {
                known.read_at == read_at
                    && known.today == today
                    && (known.staged, staged) == (0, 0)
                    && known.sector.as_deref() == self.sector(id)
            });
            if !is_known {
                let sector = self.sector(id).map(str::to_owned);
                let standing = self.work_out_standing(id, today);
                self.overview.plans.insert(id, KnownStanding { read_at, today, staged, sector, standing });
            }
        }
    }

    fn work_out_standing(&self, id: PlanId, today: Date) -> PlanStanding {
        let Some(plan) = self.plan(id) else { return PlanStanding::Unreadable };
        if self.sector(id).is_none() {
            return PlanStanding::NoSector;
        }
        let Some(targets) = self.sector_target(id) else { return PlanStanding::NoTargets };
        let year = plan.year_on(today);
        let table = |year, table| self.matrix(&TableRef { plan: id, year, table });
        let tables = (table(year, TargetType::AllEmployees), table(year, TargetType::DisabledEmployees));
        let (Some(milestone), (Some(all), Some(disabled))) = (plan.milestone(year), tables) else {
            return PlanStanding::Unreadable;
        };
        let measured = measured_targets(targets, &all, Some(&disabled));
        let of_gender = measured.iter().filter(|(group, reading)| {
            matches!(group, MeasuredGroup::Level(_, Some(_))) && !reading.is_met()
        });
        let people = |(_, reading): &&(MeasuredGroup, ShareReading)| reading.short_by_replacement();
        // The first of equals.
        let worst = of_gender.rev().max_by_key(people).copied();
        let disability = measured.iter().find(|(group, _)| *group == MeasuredGroup::Disability);
        let last = YearIndex::new(plan.milestones.len()).previous().unwrap_or_default();
        let then = table(last, TargetType::AllEmployees).map(|table| designated(&table));
        PlanStanding::Measured(MeasuredYear {
            year,
            number: milestone.year,
            met: measured.iter().filter(|(_, reading)| reading.is_met()).count(),
            targets: measured.len(),
            worst,
            disability: disability.map(|(_, reading)| *reading),
            designated: designated(&all),
            change_a_year: then
                .and_then(|then| change_a_year(designated(&all), then, last.get() - year.get())),
        })
    }
}

/// The designated people of the six levels, and all.
fn designated(table: &Matrix) -> (u64, u64) {
    let levels = <Level as strum::VariantArray>::VARIANTS.iter();
    (levels.map(|level| table.designated(*level, None)).sum(), table.grand_total())
}

/// By how many tenths of a percentage point a share, as (part, whole), changes a year.
fn change_a_year(now: (u64, u64), then: (u64, u64), years: usize) -> Option<i64> {
    if now.1 == 0 || then.1 == 0 || years == 0 {
        return None;
    }
    let [a, b, c, d] = [now.0, now.1, then.0, then.1].map(i128::from);
    let (above, below) = (1000 * (c * b - a * d), b * d * i128::try_from(years).ok()?);
    i64::try_from((2 * above + below).div_euclid(2 * below)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_a_share_is_said_a_year_in_tenths_of_a_point() {
        // 50 of 100 now, 60 of 100 in four years: ten points in four years.
        assert_eq!(change_a_year((50, 100), (60, 100), 4), Some(25));
        assert_eq!(change_a_year((60, 100), (50, 100), 4), Some(-25));
        assert_eq!(change_a_year((1, 3), (1, 3), 2), Some(0));
        assert_eq!(change_a_year((0, 0), (1, 3), 2), None);
        assert_eq!(change_a_year((1, 3), (1, 3), 0), None);
    }
}
