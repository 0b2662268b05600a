//! The numbers of a plan's years: the server's, with staged changes applied.

use crate::domain::benchmark::finding::{
    Contracts, Finding, FindingBenchmarks, FindingSubject, YearNumbers, findings,
};
use crate::domain::benchmark::{Eap, SectorTarget};
use crate::domain::change::counter_change::{CounterRef, TargetRef};
use crate::domain::id::PlanId;
use crate::domain::plan::counter::{Counter, Level, Slice};
use crate::domain::plan::matrix::Matrix;
use crate::domain::plan::target::{CounterReading, TargetType};
use crate::workspace::Workspace;

impl Workspace {
    /// The counter in the table of this type in the year with this index; `None` when the server did not
    /// return it.
    pub fn counter_in(
        &self,
        plan: PlanId,
        year: usize,
        table: &TargetType,
        counter: &Counter,
    ) -> Option<CounterRef> {
        let milestone = self.plan(plan)?.milestones.get(year)?;
        let target = milestone.target_of_type(table)?;
        target.reading(counter)?;
        let place = TargetRef { plan, milestone: milestone.id, target: target.id };
        Some(CounterRef { target: place, counter: counter.clone() })
    }

    /// The same counter in the previous year; `None` when there is none.
    pub fn previous_year_counter(&self, cell: &CounterRef) -> Option<CounterRef> {
        let plan = self.plan(cell.target.plan)?;
        let (milestone, target) = plan.target(cell.target.milestone, cell.target.target)?;
        let year = self.previous_year(plan.id, milestone.year)?;
        self.counter_in(plan.id, year, &target.target_type, &cell.counter)
    }

    /// The index of the year before `year`, which is a year's number; `None` when that was not read.
    pub fn previous_year(&self, plan: PlanId, year: u32) -> Option<usize> {
        self.plan(plan)?.milestones.iter().position(|m| m.year.checked_add(1) == Some(year))
    }

    /// The six levels of a year's table with staged changes applied; `None` when the table was not read.
    pub fn matrix(&self, plan: PlanId, year: usize, table: &TargetType) -> Option<Matrix> {
        let milestone = self.plan(plan)?.milestones.get(year)?;
        let target = milestone.target_of_type(table)?;
        let place = TargetRef { plan, milestone: milestone.id, target: target.id };
        let staged = self.counter_changes.target(&place);
        let mut matrix = self.server_matrix(plan, year, table)?;
        for (counter, change) in staged.into_iter().flat_map(|staged| &staged.changes) {
            if let Counter::Cell(Slice::Level(level), column) = counter {
                matrix.set(*level, *column, Some(change.mine));
            }
        }
        Some(matrix)
    }

    /// The numbers of temporary and permanent employees in a year; `None` unless the server returns both.
    fn contracts(&self, plan: PlanId, year: usize) -> Option<Contracts> {
        let milestone = self.plan(plan)?.milestones.get(year)?;
        let target = milestone.target_of_type(&TargetType::AllEmployees)?;
        let place = TargetRef { plan, milestone: milestone.id, target: target.id };
        let sum = |begins: &str| -> Option<u64> {
            let is_of = |counter: &&Counter| matches!(counter, Counter::Cell(Slice::Further(name), _) if name.starts_with(begins));
            let counters: Vec<&Counter> =
                target.counters.iter().map(|(counter, _)| counter).filter(is_of).collect();
            let number = |counter: &&Counter| {
                self.counter_value(&CounterRef { target: place, counter: (*counter).clone() })
            };
            if counters.is_empty() {
                None
            } else {
                counters.iter().map(number).map(|n| n.map(u64::from)).sum()
            }
        };
        Some(Contracts { temporary: sum("temp")?, permanent: sum("perm")? })
    }

    /// The six levels of a year's table as last read from the server; `None` when the table was not read.
    pub fn server_matrix(&self, plan: PlanId, year: usize, table: &TargetType) -> Option<Matrix> {
        let target = self.plan(plan)?.milestones.get(year)?.target_of_type(table)?;
        let mut matrix = Matrix::default();
        for (counter, reading) in &target.counters {
            if let Counter::Cell(Slice::Level(level), column) = counter {
                matrix.set(*level, *column, CounterReading::count(*reading));
            }
        }
        Some(matrix)
    }

    /// The sector whose targets a plan is compared with: the plan's own when there are targets for it, else
    /// the one the user chose, else the plan's own. `None` when it has neither.
    pub fn sector(&self, plan: PlanId) -> Option<&str> {
        let own = self.own_sector(plan);
        let chosen = self.sectors.get(&plan).map(String::as_str);
        own.filter(|own| self.benchmarks.sector(own).is_some()).or(chosen).or(own)
    }

    /// The sector named in the plan; `None` when it is blank.
    pub fn own_sector(&self, plan: PlanId) -> Option<&str> {
        self.plan(plan)?.record.value("sector").raw().filter(|sector| !sector.trim().is_empty())
    }

    /// The targets of a plan's sector; `None` when there are none.
    pub fn sector_target(&self, plan: PlanId) -> Option<&SectorTarget> {
        self.benchmarks.sector(self.sector(plan)?)
    }

    /// The EAP of the selected region; `None` when the benchmarks have none.
    pub fn eap(&self) -> Option<&Eap> {
        self.benchmarks.eaps().get(self.region_index)
    }

    /// The findings of a plan whose counters the server returned; empty when the plan was not read.
    pub fn findings(&self, plan: PlanId) -> Vec<Finding> {
        let Some(read) = self.plan(plan) else { return Vec::new() };
        let numbers = read.milestones.iter().enumerate().map(|(at, milestone)| YearNumbers {
            number: milestone.year,
            all_employees: self.matrix(plan, at, &TargetType::AllEmployees),
            disabled_employees: self.matrix(plan, at, &TargetType::DisabledEmployees),
            contracts: self.contracts(plan, at),
        });
        let sector = self.sector_target(plan).map(|sector| (sector, self.benchmarks.targets_source.as_str()));
        let against =
            FindingBenchmarks { sector, eap: self.eap(), is_complete: read.unreadable_milestones.is_empty() };
        let mut found = findings(&numbers.collect::<Vec<_>>(), &against);
        found.retain(|finding| self.counter_of_finding(plan, finding).is_some());
        found
    }

    /// The index of the plan's first year; `None` when it could not be parsed.
    pub fn first_year(&self, plan: PlanId) -> Option<usize> {
        self.plan(plan)?.milestones.iter().position(|m| m.year == 1)
    }

    /// The counter a finding is about, or the first one of its level; `None` when the server returned none.
    pub fn counter_of_finding(&self, plan: PlanId, finding: &Finding) -> Option<CounterRef> {
        let columns = finding.column.into_iter().chain(crate::domain::plan::counter::StatutoryColumn::ALL);
        let cell = |column| {
            let level = match finding.subject {
                FindingSubject::Level(level) => level,
                FindingSubject::AllLevels => Level::Top,
            };
            let counter = Counter::Cell(Slice::Level(level), column);
            self.counter_in(plan, finding.year_index, &finding.table, &counter)
        };
        columns.map(cell).find_map(|cell| cell)
    }
}
