//! A draft of a plan, made from the numbers of the workspace: the server's, with staged changes applied.

use jiff::civil::Date;
use strum::VariantArray;

use crate::domain::change::counter_change::CounterRef;
use crate::domain::draft::drafting::draft;
use crate::domain::draft::plan_draft::{DraftRequest, DraftYears, ProfileSource, assumptions};
use crate::domain::draft::{DraftBasis, Meet, Unreached, YearTables};
use crate::domain::id::PlanId;
use crate::domain::plan::counter::{Counter, Level, Slice, StatutoryColumn};
use crate::domain::plan::table_ref::TableRef;
use crate::domain::plan::target::{Count, TargetType};
use crate::domain::refusal::Refusal;
use crate::domain::text::Text;
use crate::workspace::{PLAN_UNREAD, Workspace};

/// A draft of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanDraft {
    /// The plan.
    pub plan: PlanId,
    /// The years that are drafted.
    pub years: DraftYears,
    /// The counters that change, with their numbers.
    pub counters: Vec<(CounterRef, Count)>,
    /// What it rests on, line by line.
    pub assumptions: Vec<String>,
    /// The targets that its last year, which has this number, does not reach.
    pub unreached: (u32, Vec<Unreached>),
}

impl Workspace {
    /// Makes a draft. Fails, and says why, when a plan or table it needs was not read, when the plan has no sector whose targets
    /// are to be met, when nothing is left to draft, or when a counter it would set cannot be edited.
    pub fn draft_plan(&self, request: &DraftRequest, today: Date) -> Result<PlanDraft, Refusal> {
        let plan = self.plan(request.plan).ok_or(PLAN_UNREAD)?;
        let from = match request.from {
            ProfileSource::OtherPlan(other, year) if other == request.plan => ProfileSource::OwnYear(year),
            from => from,
        };
        let years = DraftYears::of(plan, from, request.by, today)?;
        let (source, year) = match from {
            ProfileSource::OwnYear(year) => (plan, year),
            ProfileSource::OtherPlan(other, year) => {
                (self.plan(other).ok_or("the plan of the profile has not been read yet")?, year)
            }
        };
        let in_profile = |table: TargetType| {
            let missing = format!("{}, Year {year}: no table of {table}", source.name());
            let table = TableRef { plan: source.id, year: source.year_numbered(year)?, table };
            self.matrix(&table).ok_or_else(|| Refusal::from(missing))
        };
        let profile = YearTables {
            all: in_profile(TargetType::AllEmployees)?,
            disabled: in_profile(TargetType::DisabledEmployees)?,
        };
        let sector = self.sector_target(request.plan);
        if sector.is_none() && request.meet != Meet::Eap {
            return Err(self.missing_sector(request.plan));
        }
        let eap = self
            .benchmarks
            .eap_of(&request.region, Some(&request.vintage))
            .and_then(|at| self.benchmarks.eaps().get(at))
            .ok_or("there is no EAP of this region and survey")?;
        let DraftRequest { assumptions: levels, meet, .. } = *request;
        let basis = DraftBasis { profile, years: years.count(), assumptions: levels, meet, sector, eap };
        let drafted = draft(&basis)?;
        let mut counters = Vec::new();
        for (year, tables) in years.iter().zip(&drafted.years) {
            for (table, matrix) in
                [(TargetType::AllEmployees, &tables.all), (TargetType::DisabledEmployees, &tables.disabled)]
            {
                let table = TableRef { plan: request.plan, year, table };
                for level in Level::VARIANTS.iter().copied() {
                    for column in StatutoryColumn::ALL {
                        let count = matrix.count(level, column).unwrap_or(0);
                        counters.extend(self.drafted_counter(&table, level, column, count)?);
                    }
                }
            }
        }
        let last = plan.milestone(years.last).map_or(0, |milestone| milestone.year);
        let source_of_targets = self.benchmarks.targets_source.as_str();
        let sector =
            self.sector(request.plan).filter(|_| sector.is_some()).map(|name| (name, source_of_targets));
        let assumptions = assumptions(&basis, &format!("{}, Year {year}", source.name()), last, sector);
        Ok(PlanDraft {
            plan: request.plan,
            years,
            counters,
            assumptions,
            unreached: (last, drafted.unreached),
        })
    }

    /// The counter of a drafted number, if it changes. Fails where the counter cannot be edited, or where the server returned
    /// none although somebody is drafted for it.
    fn drafted_counter(
        &self,
        table: &TableRef,
        level: Level,
        column: StatutoryColumn,
        count: Count,
    ) -> Result<Option<(CounterRef, Count)>, Refusal> {
        let counter = Counter::Cell(Slice::Level(level), column);
        let place = || {
            let year =
                self.plan(table.plan).and_then(|plan| plan.milestone(table.year)).map_or(0, |year| year.year);
            format!("Year {year}, {}: {counter}", table.table)
        };
        let Some(cell) = self.counter_in(table, &counter) else {
            let missing = || format!("{}: the server returned no such counter", place());
            return if count == 0 { Ok(None) } else { Err(missing().into()) };
        };
        if self.counter_value(&cell) == Some(count) {
            return Ok(None);
        }
        self.check_counter_editable(&cell).map_err(|why| Refusal::from(format!("{}: {why}", place())))?;
        Ok(Some((cell, count)))
    }

    /// Why a plan's targets cannot be said: it names no sector, or one without targets.
    fn missing_sector(&self, plan: PlanId) -> Refusal {
        let named = self.sector(plan).map(Text::from);
        match named {
            Some(sector) => format!("there are no targets for the plan's sector {sector}").into(),
            None => "the plan names no sector, so its targets are not known".into(),
        }
    }
}
