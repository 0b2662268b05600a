//! How plans compare with the targets of their sectors, as the overview keeps it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::benchmark::shortfall::{MeasuredGroup, ShareReading};
use crate::domain::id::PlanId;
use crate::domain::plan::table_ref::YearIndex;

/// The overview of the plans that were read.
#[derive(Debug, Default, PartialEq)]
pub struct Overview {
    pub(super) plans: BTreeMap<PlanId, KnownStanding>,
    /// How many of all plans have been read since their list was, and how many there are; `None` while none is being read.
    pub progress: Option<(usize, usize)>,
    /// Why plans could not be read, and when.
    pub failures: BTreeMap<PlanId, (String, Timestamp)>,
}

/// What a plan's standing was worked out from.
#[derive(Debug, PartialEq)]
pub(super) struct KnownStanding {
    pub(super) read_at: Timestamp,
    pub(super) today: Date,
    pub(super) staged: usize,
    pub(super) sector: Option<String>,
    pub(super) standing: PlanStanding,
}

/// How a plan compares with the targets of its sector.
#[derive(Debug, Clone, PartialEq)]
pub enum PlanStanding {
    /// It names no sector.
    NoSector,
    /// There are no targets for its sector.
    NoTargets,
    /// A table of the year could not be read.
    Unreadable,
    /// It was measured.
    Measured(MeasuredYear),
}

/// A year of a plan compared with the targets of its sector.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredYear {
    /// The place of the year that holds today, or of the first.
    pub year: YearIndex,
    /// The number of that year.
    pub number: u32,
    /// How many of the targets are met: of each level men, women and all, and disability.
    pub met: usize,
    /// How many targets there are.
    pub targets: usize,
    /// The men or women of a level who are most people short, by replacement; `None` where nobody is.
    pub worst: Option<(MeasuredGroup, ShareReading)>,
    /// People with disabilities; `None` where there is no target for them.
    pub disability: Option<ShareReading>,
    /// The designated people of the six levels, and all.
    pub designated: (u64, u64),
    /// By how many tenths of a percentage point their share changes a year, up to the last year, rounded half up; `None`
    /// where there is no later year or nobody to measure.
    pub change_a_year: Option<i64>,
}
