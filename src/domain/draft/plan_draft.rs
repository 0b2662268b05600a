//! A draft for a plan: which of its years it is about, and in words what it rests on.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use strum::VariantArray;

use crate::domain::benchmark::shortfall::MeasuredGroup;
use crate::domain::benchmark::{Eap, Share};
use crate::domain::draft::rate::AnnualRate;
use crate::domain::draft::{DraftBasis, LevelAssumption, Meet, Unreached};
use crate::domain::id::PlanId;
use crate::domain::plan::counter::Level;
use crate::domain::plan::table_ref::YearIndex;
use crate::domain::plan::{Milestone, Plan};
use crate::domain::refusal::Refusal;
use crate::domain::text::Text;

/// Where the profile of a draft comes from. Years are the plans' own numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProfileSource {
    /// A year of the plan itself; the years after it are drafted.
    OwnYear(u32),
    /// A year of another plan, which stands for the year before the first that is drafted.
    OtherPlan(PlanId, u32),
}

impl fmt::Display for ProfileSource {
    /// `3`, or `42:1` for a year of another plan.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnYear(year) => write!(f, "{year}"),
            Self::OtherPlan(plan, year) => write!(f, "{plan}:{year}"),
        }
    }
}

impl FromStr for ProfileSource {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let bad = || Refusal::from("it is a year, such as 1, or a plan and its year, such as 42:1");
        let year = |text: &str| text.trim().parse::<u32>().map_err(|_| bad());
        Ok(match text.split_once(':') {
            Some((plan, of_plan)) => Self::OtherPlan(plan.trim().parse().map_err(|_| bad())?, year(of_plan)?),
            None => Self::OwnYear(year(text)?),
        })
    }
}

/// A request as it is remembered; rates in per cent, level by level.
#[derive(Serialize, Deserialize)]
struct RememberedRequest {
    from: String,
    by: Option<u32>,
    growth: [String; 6],
    turnover: [String; 6],
    meet: String,
    region: String,
    vintage: String,
}

impl DraftRequest {
    /// The request as JSON, to be remembered for its plan. Fails when it cannot be written.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&RememberedRequest {
            from: self.from.to_string(),
            by: self.by,
            growth: self.assumptions.map(|level| level.growth.to_string()),
            turnover: self.assumptions.map(|level| level.turnover.to_string()),
            meet: self.meet.to_string(),
            region: self.region.clone(),
            vintage: self.vintage.clone(),
        })
    }

    /// A request that was remembered for a plan; `None` when it cannot be read.
    pub fn from_json(plan: PlanId, text: &str) -> Option<Self> {
        let RememberedRequest { from, by, growth, turnover, meet, region, vintage } =
            serde_json::from_str(text).ok()?;
        let mut assumptions = [LevelAssumption::default(); 6];
        for (assumption, (growth, turnover)) in assumptions.iter_mut().zip(growth.iter().zip(&turnover)) {
            assumption.growth = growth.parse::<AnnualRate>().and_then(AnnualRate::as_growth).ok()?;
            assumption.turnover = turnover.parse::<AnnualRate>().and_then(AnnualRate::as_turnover).ok()?;
        }
        let (from, meet) = (from.parse().ok()?, meet.parse().ok()?);
        Some(Self { plan, from, by, assumptions, meet, region, vintage })
    }
}

impl ProfileSource {
    /// The other plan that it comes from, if any.
    pub fn other_plan(self) -> Option<PlanId> {
        match self {
            Self::OwnYear(_) => None,
            Self::OtherPlan(plan, _) => Some(plan),
        }
    }
}

/// What a draft of a plan is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftRequest {
    /// The plan.
    pub plan: PlanId,
    /// Where the profile comes from.
    pub from: ProfileSource,
    /// The number of the year in which the targets are to be met; `None` for the last.
    pub by: Option<u32>,
    /// The assumptions, by level.
    pub assumptions: [LevelAssumption; 6],
    /// What is to be met.
    pub meet: Meet,
    /// The region of the EAP.
    pub region: String,
    /// The survey the EAP is from. A draft keeps it, whatever comes out later.
    pub vintage: String,
}

/// The years of a plan that are drafted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DraftYears {
    /// The first.
    pub first: YearIndex,
    /// The last, in which the targets are to be met.
    pub last: YearIndex,
}

impl DraftYears {
    /// The years of a plan that are drafted with a profile, up to the year with the number `by`, or to the last. Fails where
    /// there are none.
    pub fn of(plan: &Plan, from: ProfileSource, by: Option<u32>, today: Date) -> Result<Self, Refusal> {
        if let Some(why) = plan.unreadable_milestones.first() {
            return Err(
                format!("the plan could not be read whole ({why}); a draft needs all of its years").into()
            );
        }
        let first = match from {
            ProfileSource::OwnYear(year) => plan.year_numbered(year)?.next(),
            ProfileSource::OtherPlan(..) => {
                let is_over = |milestone: &Milestone| milestone.period.is_some_and(|(_, last)| last < today);
                let open = plan.years().find(|(_, milestone)| !is_over(milestone));
                open.map(|(year, _)| year)
                    .ok_or("every year of the plan has passed; none is left to draft")?
            }
        };
        let last = match by {
            Some(year) => plan.year_numbered(year)?,
            None => YearIndex::new(plan.milestones.len()).previous().unwrap_or_default(),
        };
        if first > last {
            let last = plan.milestone(last).map_or(0, |milestone| milestone.year);
            return Err(format!("no year is left to draft: the profile is not before Year {last}").into());
        }
        Ok(Self { first, last })
    }

    /// How many they are.
    pub fn count(self) -> usize {
        self.last.get() + 1 - self.first.get()
    }

    /// Their places in the plan.
    pub fn iter(self) -> impl Iterator<Item = YearIndex> {
        (self.first.get()..=self.last.get()).map(YearIndex::new)
    }
}

/// The year a draft takes its profile from unless another is asked for: the one before the year that holds today, else the
/// first. `None` for a plan without years.
pub fn default_profile(plan: &Plan, today: Date) -> Option<ProfileSource> {
    let year = plan.year_on(today);
    let year = plan.milestone(year.previous().unwrap_or(year))?;
    Some(ProfileSource::OwnYear(year.year))
}

/// What a draft rests on, in words: the profile, what is met, the figures, then a line for each level that has people.
pub fn assumptions(
    basis: &DraftBasis,
    profile: &str,
    last: u32,
    sector: Option<(&str, &str)>,
) -> Vec<String> {
    let Eap { region, vintage, .. } = basis.eap;
    let eap = format!(
        "EAP of {} ({}; one transcription, not verified)",
        Text::from(region.as_str()),
        Text::from(vintage.as_str())
    );
    let sector = sector.map_or_else(
        || "no sector".to_owned(),
        |(name, source)| format!("targets of {} ({})", Text::from(name), Text::from(source)),
    );
    let meets = match basis.meet {
        Meet::Both => format!("{sector}; {eap}"),
        Meet::Sector => format!("{sector}; where groups are equal, the {eap}"),
        Meet::Eap => eap,
    };
    let mut lines = vec![format!("profile: {profile}; to be met in Year {last}: {meets}")];
    for level in Level::VARIANTS.iter().copied() {
        let LevelAssumption { growth, turnover } = basis.assumptions[level as usize];
        let people = basis.profile.all.total(level);
        if people > 0 {
            let then = growth.grown(people, u32::try_from(basis.years).unwrap_or(u32::MAX));
            let people = if people == 1 { "1 person".to_owned() } else { format!("{people} people") };
            lines.push(format!(
                "{}: {people}, growth {growth} % and turnover {turnover} % a year: {then} in Year {last}",
                level.label()
            ));
        }
    }
    lines
}

impl Unreached {
    /// `Senior women: 3 short by replacement · 5 by hiring (31.3 of 38.1 %); a turnover of 24 % would do for the level`.
    pub fn words(&self) -> String {
        let Self { group, reading, turnover } = self;
        let target: Share = reading.target;
        // Men and women of a level are worked out together.
        let whole = match group {
            MeasuredGroup::Level(..) => "the level",
            MeasuredGroup::Disability => "all levels",
        };
        let would_do = turnover.map_or_else(
            || {
                format!(
                    "no turnover would do for {whole}: there are too few people for whole numbers to meet it"
                )
            },
            |turnover| format!("a turnover of {turnover} % would do for {whole}"),
        );
        format!("{group}: {reading} ({} of {target} %); {would_do}", reading.share())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_remembered_as_it_was_made() {
        let plan = PlanId::new(42).unwrap();
        let mut assumptions = [LevelAssumption::default(); 6];
        assumptions[2] =
            LevelAssumption { growth: "-1.25".parse().unwrap(), turnover: "33.3333".parse().unwrap() };
        let request = DraftRequest {
            plan,
            from: ProfileSource::OtherPlan(PlanId::new(7).unwrap(), 2),
            by: Some(4),
            assumptions,
            meet: Meet::Sector,
            region: "KwaZulu-Natal".into(),
            vintage: "QLFS-2026Q1".into(),
        };
        assert_eq!(DraftRequest::from_json(plan, &request.to_json().unwrap()), Some(request));
        for damaged in ["", "{}", "null", r#"{"from":"x"}"#] {
            assert_eq!(DraftRequest::from_json(plan, damaged), None, "{damaged}");
        }
    }
}
