//! Shortfalls: how many people a level lacks to meet a target, counted in two ways, and whether leaving foreign
//! nationals out of its total would decide otherwise (GN 6124 does not say which is meant).

use std::fmt;

use strum::VariantArray;

use crate::domain::benchmark::{SectorTarget, Share};
use crate::domain::plan::counter::{Gender, Level, Race};
use crate::domain::plan::matrix::{Matrix, format_percent_beside};

/// Some people out of a whole, compared with a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShareReading {
    /// How many there are.
    pub have: u64,
    /// Out of how many; 0 where there is nobody to measure, which meets any target.
    pub total: u64,
    /// The share that is wanted.
    pub target: Share,
    /// How many of the total are foreign nationals, where they can be left out of it.
    foreign: u64,
}

impl ShareReading {
    /// A reading of a whole in which foreign nationals count like everybody else.
    pub fn new(have: u64, total: u64, target: Share) -> Self {
        Self { have, total, target, foreign: 0 }
    }

    /// The designated people of a level, of one gender or, for `None`, of both.
    pub fn of_level(all: &Matrix, level: Level, gender: Option<Gender>, target: Share) -> Self {
        Self {
            have: all.designated(level, gender),
            total: all.total(level),
            target,
            foreign: all.count_where(level, |column| column.race == Race::Foreign),
        }
    }

    /// Whether the target is met; an empty whole meets it.
    pub fn is_met(self) -> bool {
        self.short_by_replacement() == 0
    }

    /// How many people are short when others make room for them, so that the whole stays as large: the smallest whole
    /// number that meets the target.
    pub fn short_by_replacement(self) -> u64 {
        self.target.min_people(self.total).saturating_sub(self.have)
    }

    /// How many people are short when they are added to the whole; `None` when no number would do.
    pub fn short_by_hiring(self) -> Option<u64> {
        if self.is_met() {
            return Some(0);
        }
        let (whole, target) = (10_000_u128, u128::from(self.target.hundredths()));
        let missing = (target * u128::from(self.total)).saturating_sub(whole * u128::from(self.have));
        let per_person = whole.checked_sub(target).filter(|left| *left > 0)?;
        u64::try_from(missing.div_ceil(per_person)).ok()
    }

    /// The same people without foreign nationals in the whole, where that decides otherwise.
    pub fn without_foreign(self) -> Option<Self> {
        let other = Self { total: self.total - self.foreign, foreign: 0, ..self };
        (other.is_met() != self.is_met()).then_some(other)
    }

    /// The share in per cent as a number to draw; 0 where there is nobody.
    pub fn percent(self) -> f64 {
        if self.total == 0 { 0.0 } else { self.have as f64 * 100.0 / self.total as f64 }
    }

    /// `met`, `7 short` by replacement, or `nobody`, where there is no room for more.
    pub fn short_words(self) -> String {
        match self.short_by_replacement() {
            _ if self.total == 0 => "nobody".into(),
            0 => "met".into(),
            people => format!("{people} short"),
        }
    }

    /// The share in per cent, with one decimal or, where it would else look like the target that it misses, with more;
    /// `–` where there is nobody.
    pub fn share(self) -> String {
        format_percent_beside(self.have, self.total, self.target.hundredths())
    }
}

/// `met`, `7 short by replacement · 10 by hiring`, or `nobody`; with the other answer where foreign nationals decide.
impl fmt::Display for ShareReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.total == 0 {
            return f.write_str("nobody");
        }
        if self.is_met() {
            f.write_str("met")?;
        } else {
            write!(f, "{} short by replacement", self.short_by_replacement())?;
            match self.short_by_hiring() {
                Some(people) => write!(f, " · {people} by hiring")?,
                None => f.write_str(" · not by hiring")?,
            }
        }
        match self.without_foreign() {
            Some(other) if other.total == 0 => f.write_str("; nobody is left without foreign nationals"),
            // A smaller total never asks for more people.
            Some(_) => f.write_str("; met without foreign nationals"),
            None => Ok(()),
        }
    }
}

/// What a target is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MeasuredGroup {
    /// The designated people of a level, of one gender or, for `None`, of both.
    Level(Level, Option<Gender>),
    /// People with disabilities among the whole workforce.
    Disability,
}

/// The people of one gender in words, or for `None` of both: `men`, `women`, `all`.
pub fn who(gender: Option<Gender>) -> &'static str {
    match gender {
        Some(Gender::Male) => "men",
        Some(Gender::Female) => "women",
        None => "all",
    }
}

/// `Senior women`, or `Disability`.
impl fmt::Display for MeasuredGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level(level, gender) => write!(f, "{} {}", level.label(), who(*gender)),
            Self::Disability => f.write_str("Disability"),
        }
    }
}

/// Every target of a sector compared with the two tables of a year: of each level men, women and all, then disability.
/// Without the disabled-employees table disability is left out.
pub fn measured_targets(
    sector: &SectorTarget,
    all: &Matrix,
    disabled: Option<&Matrix>,
) -> Vec<(MeasuredGroup, ShareReading)> {
    let mut measured = Vec::new();
    for level in Level::VARIANTS.iter().copied() {
        let Some(target) = sector.level(level) else { continue };
        for gender in [Some(Gender::Male), Some(Gender::Female), None] {
            let reading = ShareReading::of_level(all, level, gender, target.for_gender(gender));
            measured.push((MeasuredGroup::Level(level, gender), reading));
        }
    }
    if let (Some(target), Some(disabled)) = (sector.disability, disabled) {
        let reading = ShareReading::new(disabled.grand_total(), all.grand_total(), target);
        measured.push((MeasuredGroup::Disability, reading));
    }
    measured
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(have: u64, total: u64, target: &str, foreign: u64) -> ShareReading {
        ShareReading { foreign, ..ShareReading::new(have, total, Share::parse(target).unwrap()) }
    }

    #[test]
    fn a_shortfall_is_said_in_both_ways_of_counting() {
        for (have, total, target, words) in [
            (0, 0, "30", "nobody"),
            (3, 10, "30", "met"),
            (2, 10, "30", "1 short by replacement · 2 by hiring"),
            (10, 50, "34.4", "8 short by replacement · 11 by hiring"),
            (9, 10, "100", "1 short by replacement · not by hiring"),
            (0, 1, "0.01", "1 short by replacement · 1 by hiring"),
        ] {
            assert_eq!(reading(have, total, target, 0).to_string(), words);
        }
    }

    #[test]
    fn foreign_nationals_are_named_where_they_decide() {
        // The example of the notes on the figures: 9 of 30 with 4 foreign nationals against 34.4 %.
        let open = reading(9, 30, "34.4", 4);
        assert_eq!(open.to_string(), "2 short by replacement · 3 by hiring; met without foreign nationals");
        assert_eq!(reading(8, 30, "34.4", 4).without_foreign(), None, "short either way");
        assert_eq!(reading(11, 30, "34.4", 4).without_foreign(), None, "met either way");
    }

    #[test]
    fn a_share_just_below_its_target_shows_that_it_is() {
        assert_eq!(reading(2726, 10_000, "27.3", 0).share(), "27.26");
        assert_eq!(reading(27_299, 100_000, "27.3", 0).share(), "27.299", "two decimals would say 27.30");
        assert_eq!(reading(2731, 10_000, "27.3", 0).share(), "27.3", "above it");
        assert_eq!(reading(1, 3, "27.3", 0).share(), "33.3");
        assert_eq!(reading(0, 0, "27.3", 0).share(), "–");
    }
}
