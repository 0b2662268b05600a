//! Interpolates the years between a first and a last one in whole people.

/// Interpolates in equal steps between the numbers of the first and the last year; returns one row for each
/// of the `between` years. Exact values are rounded to whole people by the largest remainder, so that each
/// year's sum is the rounded exact sum where possible. Each number only rises or only falls.
pub fn ramp(first: &[u32], last: &[u32], between: usize) -> Vec<Vec<u32>> {
    let steps = between as u64 + 1;
    let mut before: Vec<u64> = first.iter().map(|n| u64::from(*n)).collect();
    let mut years = Vec::new();
    for year in 1..steps {
        // Exact values, in units of 1/`steps` of a person.
        let exact: Vec<u64> = (first.iter().zip(last))
            .map(|(first, last)| u64::from(*first) * (steps - year) + u64::from(*last) * year)
            .collect();
        let wanted = (exact.iter().sum::<u64>() * 2 + steps) / (steps * 2);
        let bounds: Vec<(u64, u64)> = exact
            .iter()
            .enumerate()
            .map(|(at, exact)| match (exact / steps, exact.div_ceil(steps)) {
                (low, high) if first[at] <= last[at] => (low.max(before[at]), high),
                (low, high) => (low, high.min(before[at])),
            })
            .collect();
        let mut now: Vec<u64> = bounds.iter().map(|(low, _)| *low).collect();
        let mut open: Vec<usize> = (0..now.len()).filter(|at| bounds[*at].0 < bounds[*at].1).collect();
        open.sort_by_key(|at| std::cmp::Reverse(exact[*at] - now[*at] * steps));
        let missing = usize::try_from(wanted.saturating_sub(now.iter().sum())).unwrap_or(usize::MAX);
        for at in open.into_iter().take(missing) {
            now[at] += 1;
        }
        years.push(now.iter().map(|n| u32::try_from(*n).unwrap_or(u32::MAX)).collect());
        before = now;
    }
    years
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn steps_are_equal_and_a_years_sum_is_the_rounded_exact_one() {
        assert_eq!(ramp(&[0], &[8], 3), [[2], [4], [6]]);
        assert_eq!(ramp(&[10, 0], &[6, 4], 3), [[9, 1], [8, 2], [7, 3]]);
        // Three groups each growing by one person over three years: one person a year.
        let years = ramp(&[0, 0, 0], &[1, 1, 1], 2);
        assert_eq!(years.iter().map(|year| year.iter().sum::<u32>()).collect::<Vec<_>>(), [1, 2]);
        assert!(ramp(&[3], &[3], 0).is_empty());
    }

    proptest! {
        #[test]
        fn a_ramp_never_reverses_and_is_never_off_by_a_person(
            ends in prop::collection::vec((0u32..2000, 0u32..2000), 1..12),
            between in 0usize..4,
        ) {
            let (first, last): (Vec<u32>, Vec<u32>) = ends.into_iter().unzip();
            let mut years = vec![first.clone()];
            years.extend(ramp(&first, &last, between));
            years.push(last.clone());
            let steps = between as f64 + 1.0;
            for at in 0..first.len() {
                for (year, pair) in years.windows(2).enumerate() {
                    let (before, after) = (pair[0][at], pair[1][at]);
                    let goes_on = if first[at] <= last[at] { before <= after } else { before >= after };
                    prop_assert!(goes_on);
                    let exact = f64::from(first[at]) + (f64::from(last[at]) - f64::from(first[at])) * (year as f64 + 1.0) / steps;
                    prop_assert!((f64::from(after) - exact).abs() < 1.0);
                }
            }
        }
    }
}
