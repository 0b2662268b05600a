//! Rates per year: the growth and the turnover of a level.

use std::fmt;
use std::str::FromStr;

use num_bigint::BigUint;

use crate::domain::shape_error::message_error;

/// The parts of a whole that a rate is counted in: 1 % is 10,000 of them.
const WHOLE: i64 = 1_000_000;
/// The greatest growth a year, in per cent: beyond it, something else was meant.
const MAX_GROWTH_PERCENT: i64 = 1_000;

/// A rate per year in per cent, with at most four decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AnnualRate(i64);

message_error! {
    /// Why a text is no rate.
    RateError
}

impl AnnualRate {
    /// A whole number of per cent.
    pub const fn percent(percent: i64) -> Self {
        Self(percent * (WHOLE / 100))
    }

    /// The rate as growth: more than -100 % and at most 1,000 %. Fails with the bounds in words.
    pub fn as_growth(self) -> Result<Self, RateError> {
        let is_growth = self > Self::percent(-100) && self <= Self::percent(MAX_GROWTH_PERCENT);
        let bounds =
            || format!("growth is more than -100 % and at most {MAX_GROWTH_PERCENT} % a year").into();
        is_growth.then_some(self).ok_or_else(bounds)
    }

    /// The rate as turnover: from 0 to 100 %. Fails with the bounds in words.
    pub fn as_turnover(self) -> Result<Self, RateError> {
        let is_turnover = self >= Self::default() && self <= Self::percent(100);
        is_turnover.then_some(self).ok_or_else(|| "turnover is from 0 to 100 % a year".into())
    }

    /// This share of a number, rounded down; the rate is not negative.
    pub(super) fn floor_of(self, number: u64) -> u64 {
        let part = u128::from(self.unsigned()) * u128::from(number) / u128::from(WHOLE.unsigned_abs());
        u64::try_from(part).unwrap_or(u64::MAX)
    }

    /// This share of a number, rounded up; the rate is not negative.
    pub(super) fn ceil_of(self, number: u64) -> u64 {
        let part =
            (u128::from(self.unsigned()) * u128::from(number)).div_ceil(u128::from(WHOLE.unsigned_abs()));
        u64::try_from(part).unwrap_or(u64::MAX)
    }

    /// The greatest number of which this share can be taken and at most `left` be left; `None` when any number will do.
    pub(super) fn greatest_leaving(self, left: u64) -> Option<u64> {
        let kept = u128::from(WHOLE.unsigned_abs().saturating_sub(self.unsigned()));
        let number = (u128::from(left) * u128::from(WHOLE.unsigned_abs())).checked_div(kept)?;
        Some(u64::try_from(number).unwrap_or(u64::MAX))
    }

    fn unsigned(self) -> u64 {
        u64::try_from(self.0).unwrap_or(0)
    }

    /// A number after some years of growth at this rate: number × (1 + rate)^years, rounded half up once, at the end.
    pub fn grown(self, number: u64, years: u32) -> u64 {
        let whole = BigUint::from(WHOLE.unsigned_abs());
        let factor = BigUint::from(WHOLE.saturating_add(self.0).max(0).unsigned_abs());
        let (above, below) = (BigUint::from(number) * factor.pow(years), whole.pow(years));
        let rounded: BigUint = (above * 2_u32 + &below) / (below * 2_u32);
        u64::try_from(rounded).unwrap_or(u64::MAX)
    }
}

/// A number of per cent with at most four decimals, with or without its sign: `7.5`, `-2`, `10%`, `0,5`.
impl FromStr for AnnualRate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let bad = || RateError::from(format!("“{text}” is no per cent, such as 7.5"));
        let number = text.trim().trim_end_matches('%').trim_end();
        let (is_negative, digits) = match number.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, number.strip_prefix('+').unwrap_or(number)),
        };
        let (whole, decimals) = digits.split_once(['.', ',']).unwrap_or((digits, ""));
        let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty()
            || whole.len() > 6
            || decimals.len() > 4
            || !is_digits(whole)
            || !is_digits(decimals)
        {
            return Err(bad());
        }
        let rate: i64 = format!("{whole}{decimals:0<4}").parse().map_err(|_| bad())?;
        Ok(Self(if is_negative { -rate } else { rate }))
    }
}

/// The number of per cent, with no more decimals than it has: `7.5`.
impl fmt::Display for AnnualRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, decimals) = (self.0.abs() / 10_000, format!("{:04}", self.0.abs() % 10_000));
        match decimals.trim_end_matches('0') {
            "" => f.pad(&format!("{sign}{whole}")),
            decimals => f.pad(&format!("{sign}{whole}.{decimals}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> AnnualRate {
        text.parse().unwrap()
    }

    #[test]
    fn growth_is_compounded_exactly_and_rounded_once() {
        // 10 × 1.05² = 11.025; rounding each year would give 11 (10.5 → 11, 11.55 → 12).
        assert_eq!(rate("5").grown(10, 2), 11);
        assert_eq!(rate("5").grown(10, 1), 11, "10.5 is rounded up");
        assert_eq!(rate("-10").grown(50, 2), 41, "40.5 is rounded up");
        assert_eq!(rate("7.25").grown(1000, 9), 1877, "1877.48");
        assert_eq!(rate("0").grown(7, 5), 7);
        assert_eq!(rate("0.0001").grown(2_000_000_000, 40), 2_000_080_002, "no digit is lost");
    }

    #[test]
    fn a_rate_is_read_as_people_write_it_and_printed_without_spare_digits() {
        for (text, printed) in
            [("7.5", "7.5"), ("7,50 %", "7.5"), ("-2", "-2"), ("+10%", "10"), ("0.0125", "0.0125")]
        {
            assert_eq!(rate(text).to_string(), printed);
        }
        for bad in ["", "%", "x", "1.23456", "1e3", "--1", ".5", "1 000"] {
            assert!(bad.parse::<AnnualRate>().is_err(), "{bad}");
        }
        assert!(rate("100").as_turnover().is_ok() && rate("100.1").as_turnover().is_err());
        assert!(rate("-0.1").as_turnover().is_err());
        assert!(rate("-99.9").as_growth().is_ok() && rate("-100").as_growth().is_err());
    }
}
