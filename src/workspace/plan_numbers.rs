//! The numbers of a plan's years: the server's, with staged changes applied.

use crate::domain::benchmark::finding::{
    Contracts, Finding, FindingBenchmarks, FindingSubject, YearNumbers, findings,
};
use crate::domain::benchmark::{Eap, SectorTarget};
use crate::domain::change::counter_change::{CounterRef, TargetRef};
use crate::domain::id::PlanId;
use crate::domain::plan::Milestone;
use crate::domain::plan::counter::{Counter, Level, Slice};
use crate::domain::plan::matrix::Matrix;
use crate::domain::plan::table_ref::{TableRef, YearIndex};
use crate::domain::plan::target::{Target, TargetType};
use crate::workspace::{ComparedPlan, Workspace};

impl Workspace {
    /// The target of a table, with its milestone; `None` when it was not read.
    pub fn table(&self, table: &TableRef) -> Option<(&Milestone, &Target)> {
        let milestone = self.plan(table.plan)?.milestone(table.year)?;
        Some((milestone, milestone.target_of_type(&table.table)?))
    }

    /// A counter of a table; `None` when the server did not return it.
    pub fn counter_in(&self, table: &TableRef, counter: &Counter) -> Option<CounterRef> {
        let (milestone, target) = self.table(table)?;
        target.reading(counter)?;
        let target = TargetRef { plan: table.plan, milestone: milestone.id, target: target.id };
        Some(CounterRef { target, counter: counter.clone() })
    }

    /// The same counter in the previous year; `None` when there is none.
    pub fn previous_year_counter(&self, cell: &CounterRef) -> Option<CounterRef> {
        let plan = self.plan(cell.target.plan)?;
        let (milestone, target) = plan.target(cell.target.milestone, cell.target.target)?;
        let year = self.previous_year(plan.id, milestone.year)?;
        let table = TableRef { plan: plan.id, year, table: target.target_type.clone() };
        self.counter_in(&table, &cell.counter)
    }

    /// The index of the year before `year`, which is a year's number; `None` when that was not read.
    pub fn previous_year(&self, plan: PlanId, year: u32) -> Option<YearIndex> {
        let mut years = self.plan(plan)?.years();
        years.find(|(_, m)| m.year.checked_add(1) == Some(year)).map(|(year, _)| year)
    }

    /// The six levels of a year's table with staged changes applied; `None` when the table was not read.
    pub fn matrix(&self, table: &TableRef) -> Option<Matrix> {
        let (milestone, target) = self.table(table)?;
        let target = TargetRef { plan: table.plan, milestone: milestone.id, target: target.id };
        let staged = self.counter_changes.target(&target);
        let mut matrix = self.server_matrix(table)?;
        for (counter, change) in staged.into_iter().flat_map(|staged| &staged.changes) {
            if let Counter::Cell(Slice::Level(level), column) = counter {
                matrix.set(*level, *column, Some(change.mine));
            }
        }
        Some(matrix)
    }

    /// The numbers of temporary and permanent employees in a year; `None` unless the server returns both.
    fn contracts(&self, plan: PlanId, year: YearIndex) -> Option<Contracts> {
        let milestone = self.plan(plan)?.milestone(year)?;
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
    pub fn server_matrix(&self, table: &TableRef) -> Option<Matrix> {
        self.table(table).map(|(_, target)| Matrix::from(target))
    }

    /// The sector whose targets a plan is compared with: the plan's own when there are targets for it, else
    /// the one the user chose, else the plan's own. `None` when it has neither.
    pub fn sector(&self, plan: PlanId) -> Option<&str> {
        let own = self.own_sector(plan);
        let chosen = self.sectors.get(&plan).map(String::as_str);
        own.filter(|own| self.benchmarks.sector(own).is_some()).or(chosen).or(own)
    }

    /// The plan that a plan is compared with; `None` until one was chosen.
    pub fn compared_plan(&self, plan: PlanId) -> Option<ComparedPlan> {
        self.compared_plans.get(&plan).copied()
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
        let numbers = read.years().map(|(year, milestone)| YearNumbers {
            number: milestone.year,
            all_employees: self.matrix(&TableRef { plan, year, table: TargetType::AllEmployees }),
            disabled_employees: self.matrix(&TableRef { plan, year, table: TargetType::DisabledEmployees }),
            contracts: self.contracts(plan, year),
        });
        let sector = self.sector_target(plan).map(|sector| (sector, self.benchmarks.targets_source.as_str()));
        let against =
            FindingBenchmarks { sector, eap: self.eap(), is_complete: read.unreadable_milestones.is_empty() };
        let mut all_findings = findings(&numbers.collect::<Vec<_>>(), &against);
        all_findings.retain(|finding| self.counter_of_finding(plan, finding).is_some());
        all_findings
    }

    /// The plan's first year by its number; `None` when it could not be parsed.
    pub fn first_year(&self, plan: PlanId) -> Option<YearIndex> {
        self.plan(plan)?.years().find(|(_, m)| m.year == 1).map(|(year, _)| year)
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
            let table = TableRef { plan, year: finding.year, table: finding.table.clone() };
            self.counter_in(&table, &counter)
        };
        columns.map(cell).find_map(|cell| cell)
    }
}
