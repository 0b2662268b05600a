//! Makes a draft, level by level (docs/drafting.md).

use strum::VariantArray;

use crate::domain::benchmark::shortfall::{MeasuredGroup, ShareReading};
use crate::domain::draft::allocation::{EapShares, GenderTargets, Groups, LastYear};
use crate::domain::draft::disabled::DisabledDraft;
use crate::domain::draft::leavers::{Group, least_turnover};
use crate::domain::draft::path::Path;
use crate::domain::draft::rate::AnnualRate;
use crate::domain::draft::schedule::Schedule;
use crate::domain::draft::{Draft, DraftBasis, LevelAssumption, Meet, Unreached, YearTables};
use crate::domain::plan::counter::{Gender, Level};
use crate::domain::plan::matrix::Matrix;
use crate::domain::plan::target::{Count, MAX_COUNT};
use crate::domain::refusal::Refusal;

/// Makes a draft. The same basis gives the same draft. Fails, with the level, where a level is to become smaller faster than
/// its turnover allows, or larger than the server can hold.
pub fn draft(basis: &DraftBasis) -> Result<Draft, Refusal> {
    let mut years = vec![YearTables::default(); basis.years];
    let mut unreached = Vec::new();
    for level in Level::VARIANTS.iter().copied() {
        let of_level = LevelDraft::new(basis, level)?;
        for (year, groups) in years.iter_mut().zip(of_level.years()?) {
            year.all.0[level as usize] = groups.map(|size| Count::try_from(size).ok());
        }
        if let Some(last) = years.last() {
            unreached.extend(of_level.unreached(&last.all));
        }
    }
    let target = basis.sector.and_then(|sector| sector.disability);
    let disabled = DisabledDraft { basis, all: years.iter().map(|year| year.all).collect(), target };
    for (year, disabled) in years.iter_mut().zip(disabled.years(AnnualRate::default())) {
        year.disabled = disabled;
    }
    unreached.extend(disabled.unreached());
    Ok(Draft { years, unreached })
}

/// The most people of a level that is drafted: more are a mistyped number, and would take long.
const MOST_PEOPLE: u64 = 200_000;

/// The draft of one level.
struct LevelDraft<'a> {
    basis: &'a DraftBasis<'a>,
    level: Level,
    assumption: LevelAssumption,
    start: Groups,
    totals: Vec<u64>,
    targets: Option<GenderTargets>,
    eap: EapShares,
}

impl<'a> LevelDraft<'a> {
    /// A level of a draft. Fails where it would become larger than the server can hold.
    fn new(basis: &'a DraftBasis<'a>, level: Level) -> Result<Self, Refusal> {
        let start = basis.profile.all.0[level as usize].map(|count| u64::from(count.unwrap_or(0)));
        let assumption = basis.assumptions[level as usize];
        let total: u64 = start.iter().sum();
        let years = 1..=u32::try_from(basis.years).unwrap_or(u32::MAX);
        let totals: Vec<u64> = years.map(|year| assumption.growth.grown(total, year)).collect();
        if totals.iter().any(|total| *total > u64::from(MAX_COUNT)) {
            let words = format!("{}: with a growth of {} % a year", level.label(), assumption.growth);
            return Err(format!("{words} it would have more people than the server can hold").into());
        }
        if totals.iter().chain([&total]).any(|total| *total > MOST_PEOPLE) {
            let words =
                format!("{}: a level of more than {MOST_PEOPLE} people is not drafted", level.label());
            return Err(format!("{words}; is a number mistyped?").into());
        }
        let sector = basis.sector.filter(|_| basis.meet != Meet::Eap);
        let targets = sector.and_then(|sector| sector.level(level)).map(GenderTargets);
        Ok(Self { basis, level, assumption, start, totals, targets, eap: basis.eap.into() })
    }

    /// The groups in the last year, none of them smaller than `smallest`; `None` where they cannot become that small.
    fn last_year(&self, smallest: &Groups) -> Option<Groups> {
        LastYear {
            start: &self.start,
            smallest,
            total: *self.totals.last()?,
            targets: self.targets,
            eap: &self.eap,
            meet: self.basis.meet,
        }
        .sizes()
    }

    /// The smallest size of each group in the last year that a turnover allows.
    fn smallest(&self, turnover: AnnualRate) -> Groups {
        self.start.map(|size| Group::new(size).smallest(self.totals.len(), turnover))
    }

    /// The groups of each year with some turnover; `None` where the level would have to become smaller faster.
    fn years_with(&self, turnover: AnnualRate) -> Option<Vec<Groups>> {
        let mut smallest = self.smallest(turnover);
        let years = |smallest: &Groups| -> Option<Path> {
            let end = self.last_year(smallest)?;
            let (start, targets) = (&self.start, self.targets);
            Schedule { start, end: &end, totals: &self.totals, turnover, targets }.path()
        };
        let raised = |smallest: &Groups, at: usize| {
            let mut raised = *smallest;
            raised[at] = (raised[at] + 1).min(self.start[at]);
            raised
        };
        // Where a level becomes smaller, people may have to leave so early that a group cannot become quite as small as it
        // could by itself. A level that grows is never short of leavers.
        loop {
            let best = years(&smallest);
            let less = (0..smallest.len()).map(|at| raised(&smallest, at)).filter(|less| *less != smallest);
            let best = match best {
                Some(path) if path.further() == 0 => Some(path),
                // The first of equals: its last year was worked out with the smallest groups, so that its split is the best.
                best => best
                    .into_iter()
                    .chain(less.filter_map(|less| years(&less)))
                    .min_by_key(Path::short_and_further),
            };
            if let Some(best) = best {
                return Some(best.years);
            }
            let all = (0..smallest.len()).fold(smallest, |all, at| raised(&all, at));
            if all == smallest {
                return None;
            }
            smallest = all;
        }
    }

    /// The groups of each year. Fails where the level is to become smaller faster than its turnover allows.
    fn years(&self) -> Result<Vec<Groups>, Refusal> {
        if self.totals.is_empty() {
            return Ok(Vec::new());
        }
        self.years_with(self.assumption.turnover).ok_or_else(|| {
            let (level, LevelAssumption { growth, turnover }) = (self.level.label(), self.assumption);
            let would_do = least_turnover(|turnover| self.years_with(turnover).is_some());
            let would_do = would_do.map_or_else(String::new, |rate| format!("; {rate} % would do"));
            format!(
                "{level}: a growth of {growth} % a year asks for more leavers than a turnover of {turnover} % allows{would_do}"
            )
            .into()
        })
    }

    /// The targets of the level that its last year does not reach.
    fn unreached(&self, last: &Matrix) -> Vec<Unreached> {
        let Some(targets) = self.targets else { return Vec::new() };
        let readings = [Gender::Male, Gender::Female].map(|gender| {
            let target = targets.0.for_gender(Some(gender));
            (
                MeasuredGroup::Level(self.level, Some(gender)),
                ShareReading::of_level(last, self.level, Some(gender), target),
            )
        });
        let unmet: Vec<_> = readings.into_iter().filter(|(_, reading)| !reading.is_met()).collect();
        if unmet.is_empty() {
            return Vec::new();
        }
        let turnover = least_turnover(|turnover| {
            self.last_year(&self.smallest(turnover)).is_some_and(|groups| targets.short_of_both(&groups) == 0)
        });
        unmet.into_iter().map(|(group, reading)| Unreached { group, reading, turnover }).collect()
    }
}
