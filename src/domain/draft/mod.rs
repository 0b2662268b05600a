//! Drafts: what the years of a plan have to be so that its targets are met in the last one. The method, its assumptions
//! and its proof are in docs/drafting.md.

mod allocation;
mod disabled;
pub mod drafting;
mod leavers;
mod path;
pub mod plan_draft;
pub mod rate;
mod schedule;

use strum::VariantArray;

use crate::domain::benchmark::shortfall::{MeasuredGroup, ShareReading};
use crate::domain::benchmark::{Eap, SectorTarget};
use crate::domain::draft::rate::AnnualRate;
use crate::domain::plan::matrix::Matrix;

/// What a draft is to meet.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    VariantArray,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::Display,
)]
#[strum(serialize_all = "lowercase")]
pub enum Meet {
    /// The sector's targets, and the split by EAP within men and within women.
    Both,
    /// The sector's targets with as few changes as possible.
    Sector,
    /// The EAP of each race and gender.
    Eap,
}

/// What is assumed about a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LevelAssumption {
    /// By how much the level's total grows a year.
    pub growth: AnnualRate,
    /// How much of each group leaves in a year.
    pub turnover: AnnualRate,
}

/// Growth 0 and turnover 10 %.
impl Default for LevelAssumption {
    fn default() -> Self {
        Self { growth: AnnualRate::default(), turnover: AnnualRate::percent(10) }
    }
}

/// The two tables of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct YearTables {
    /// All employees.
    pub all: Matrix,
    /// Employees with disabilities.
    pub disabled: Matrix,
}

/// What a draft is made from.
#[derive(Debug, Clone, Copy)]
pub struct DraftBasis<'a> {
    /// The year that the first drafted one follows; missing numbers count as 0.
    pub profile: YearTables,
    /// How many years are drafted.
    pub years: usize,
    /// The assumptions, by level.
    pub assumptions: [LevelAssumption; 6],
    /// What is to be met.
    pub meet: Meet,
    /// The targets of the plan's sector; `None` where it has none.
    pub sector: Option<&'a SectorTarget>,
    /// The EAP of the region.
    pub eap: &'a Eap,
}

/// A draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The tables of the years after the profile.
    pub years: Vec<YearTables>,
    /// The targets that its last year does not reach.
    pub unreached: Vec<Unreached>,
}

/// A target that the last year of a draft does not reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreached {
    /// Whom it is about.
    pub group: MeasuredGroup,
    /// How the last year compares with it.
    pub reading: ShareReading,
    /// The least whole per cent of turnover a year with which everything that is asked of the level is reached; `None` where
    /// none would do.
    pub turnover: Option<AnnualRate>,
}
