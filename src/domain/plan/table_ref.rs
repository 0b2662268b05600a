//! Which table of a plan is meant.

use crate::domain::id::PlanId;
use crate::domain::plan::target::TargetType;

/// The position of a year among the years of a plan that could be read, from 0. It is not the year's number, which the
/// server gives and which may leave some out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct YearIndex(usize);

impl YearIndex {
    /// The first year.
    pub const FIRST: Self = Self(0);

    /// The year at this position.
    pub const fn new(index: usize) -> Self {
        Self(index)
    }

    /// The position.
    pub const fn get(self) -> usize {
        self.0
    }

    /// The year after this one, whether there is one or not.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The year before this one; `None` for the first.
    pub fn previous(self) -> Option<Self> {
        self.0.checked_sub(1).map(Self)
    }
}

/// A table of a plan: the target of this type in the year at this position.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableRef {
    /// The plan.
    pub plan: PlanId,
    /// The year.
    pub year: YearIndex,
    /// Which of the year's tables.
    pub table: TargetType,
}

impl TableRef {
    /// The table of the same type in another year.
    #[must_use]
    pub fn in_year(&self, year: YearIndex) -> Self {
        Self { year, ..self.clone() }
    }

    /// Another table of the same year.
    #[must_use]
    pub fn of_type(&self, table: &TargetType) -> Self {
        Self { table: table.clone(), ..self.clone() }
    }
}
