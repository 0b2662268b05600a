//! Drafts, held against the rules of docs/drafting.md: nothing here is taken from the code that drafts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use bee_tui::domain::benchmark::Benchmarks;
use bee_tui::domain::draft::drafting::draft;
use bee_tui::domain::draft::rate::AnnualRate;
use bee_tui::domain::draft::{Draft, DraftBasis, LevelAssumption, Meet, YearTables};
use bee_tui::domain::plan::SECTORS;
use bee_tui::domain::plan::matrix::Matrix;
use proptest::prelude::*;

/// The ten groups of a level: AM CM IM WM AF CF IF WF FM FF.
type Groups = [u64; 10];

/// The published targets by sector and level, men and women, in hundredths of a per cent.
static TARGETS: LazyLock<BTreeMap<(String, String), [u64; 2]>> = LazyLock::new(|| {
    let table = include_str!("../../assets/sectoral_targets.csv");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let heads = reader.headers().unwrap().clone();
    let at = |name: &str| heads.iter().position(|head| head == name).unwrap();
    let [sector, level, men, women] = ["sector", "level", "male_pct", "female_pct"].map(at);
    let share = |text: &str| text.parse::<f64>().map_or(0, |percent| (percent * 100.0).round() as u64);
    let rows = reader.records().map(Result::unwrap);
    rows.map(|row| ((row[sector].to_owned(), row[level].to_owned()), [share(&row[men]), share(&row[women])]))
        .collect()
});

/// What a draft is asked for.
#[derive(Debug, Clone)]
struct Asked {
    all: [Groups; 6],
    disabled: [Groups; 6],
    years: usize,
    /// Per cent a year by level.
    growth: [i64; 6],
    turnover: [u64; 6],
    sector: &'static str,
    eap: usize,
    meet: Meet,
}

impl Asked {
    fn draft(&self) -> Result<Draft, String> {
        let benchmarks = Benchmarks::default();
        let assumptions = [0, 1, 2, 3, 4, 5].map(|at| LevelAssumption {
            growth: AnnualRate::percent(self.growth[at]),
            turnover: AnnualRate::percent(i64::try_from(self.turnover[at]).unwrap()),
        });
        let basis = DraftBasis {
            profile: YearTables { all: matrix(&self.all), disabled: matrix(&self.disabled) },
            years: self.years,
            assumptions,
            meet: self.meet,
            sector: benchmarks.sector(self.sector),
            eap: &benchmarks.eaps()[self.eap],
        };
        draft(&basis).map_err(|why| why.to_string())
    }

    /// The targets of a level, men and women, in hundredths of a per cent; none for the lower two levels.
    fn targets(&self, level: usize) -> Option<[u64; 2]> {
        let names = ["top_managers", "senior_managers", "middle_managers", "junior_managers"];
        TARGETS.get(&(self.sector.to_owned(), (*names.get(level)?).to_owned())).copied()
    }

    /// The total of a level after each year.
    fn totals(&self, level: usize) -> Vec<u64> {
        let (above, below) = (u128::from((100 + self.growth[level]).unsigned_abs()), 100_u128);
        let total: u64 = self.all[level].iter().sum();
        let of = |k: u32| (2 * u128::from(total) * above.pow(k) + below.pow(k)) / (2 * below.pow(k));
        (1..=self.years as u32).map(|k| u64::try_from(of(k)).unwrap()).collect()
    }
}

fn matrix(levels: &[Groups; 6]) -> Matrix {
    Matrix(levels.map(|groups| groups.map(|size| Some(u32::try_from(size).unwrap()))))
}

fn groups(matrix: &Matrix, level: usize) -> Groups {
    matrix.0[level].map(|count| u64::from(count.unwrap()))
}

/// The designated men and women.
fn designated(groups: &Groups) -> [u64; 2] {
    [groups[..3].iter().sum(), groups[4..8].iter().sum()]
}

/// How many men and women are short, with the total held fixed.
fn short(groups: &Groups, targets: [u64; 2]) -> [u64; 2] {
    let (total, people): (u64, _) = (groups.iter().sum(), designated(groups));
    [0, 1].map(|at| (targets[at] * total).div_ceil(10_000).saturating_sub(people[at]))
}

/// By how many people a draft's years are further from a target than the ones before, added up.
fn further(years: &[Groups], targets: [u64; 2]) -> u64 {
    let shorts = years.windows(2).map(|pair| (short(&pair[0], targets), short(&pair[1], targets)));
    shorts.map(|(a, b)| b[0].saturating_sub(a[0]) + b[1].saturating_sub(a[1])).sum()
}

/// A group's history as far as the rule for leavers looks at it: its size, its leavers, its sizes at the years' starts.
type History = (u64, u64, u64);

/// The history a year later; `None` where the turnover forbids it.
fn year_on((size, left, person_years): History, next: u64, turnover: u64) -> Option<History> {
    let leavers = size.saturating_sub(next);
    let allowed = 100 * leavers <= turnover * size + 100
        && (leavers == 0 || left + leavers <= (turnover * (person_years + size)).div_ceil(100));
    allowed.then_some((next, left + leavers, person_years + size))
}

/// The smallest size that a group can have after some years.
fn smallest(size: u64, years: usize, turnover: u64) -> u64 {
    let mut known: BTreeSet<History> = [(size, 0, 0)].into();
    for _ in 0..years {
        let mut next: BTreeMap<u64, History> = BTreeMap::new();
        for history in known {
            for to in 0..=history.0 {
                if let Some(after) = year_on(history, to, turnover)
                    && next.get(&to).is_none_or(|best| best.2 < after.2)
                {
                    next.insert(to, after);
                }
            }
        }
        known = next.into_values().collect();
    }
    known.iter().map(|history| history.0).min().unwrap()
}

/// What is checked of every draft, whatever it was asked for.
fn check(asked: &Asked, draft: &Draft) -> Result<(), TestCaseError> {
    prop_assert_eq!(draft.years.len(), asked.years);
    for level in 0..6 {
        let mut years = vec![asked.all[level]];
        years.extend(draft.years.iter().map(|year| groups(&year.all, level)));
        let totals: Vec<u64> = years[1..].iter().map(|groups| groups.iter().sum()).collect();
        prop_assert_eq!(&totals, &asked.totals(level), "the totals of level {}", level);
        for group in 0..10 {
            let mut history = (years[0][group], 0, 0);
            for year in &years[1..] {
                let next = year_on(history, year[group], asked.turnover[level]);
                prop_assert!(
                    next.is_some(),
                    "level {level}, group {group}: {:?}",
                    years.iter().map(|y| y[group]).collect::<Vec<_>>()
                );
                history = next.unwrap();
            }
        }
        for group in 0..10 {
            // The leavers among people without disabilities make room once.
            let mut history = (asked.all[level][group].saturating_sub(asked.disabled[level][group]), 0, 0);
            let mut before = asked.disabled[level][group];
            for year in &draft.years {
                let (all, disabled) = (groups(&year.all, level)[group], groups(&year.disabled, level)[group]);
                let next = year_on(history, all - disabled, asked.turnover[level]);
                prop_assert!(next.is_some() || disabled <= before, "level {level}, group {group}");
                let left = history.0.saturating_sub(all - disabled);
                history = next.unwrap_or((all - disabled, history.1 + left, history.2 + history.0));
                before = disabled;
            }
        }
        for year in &draft.years {
            let (all, disabled) = (groups(&year.all, level), groups(&year.disabled, level));
            for group in 0..10 {
                prop_assert!(disabled[group] <= all[group], "never more disabled than all");
                let today = asked.disabled[level][group].min(asked.all[level][group]);
                prop_assert!(
                    disabled[group] >= today || all[group] < asked.all[level][group],
                    "never fewer than today"
                );
            }
        }
    }
    Ok(())
}

fn asked(
    most: u64,
    years: std::ops::RangeInclusive<usize>,
    growth: std::ops::RangeInclusive<i64>,
) -> impl Strategy<Value = Asked> {
    let cell = prop_oneof![2 => Just(0), 3 => 0..=most, 1 => 0..=most * 3];
    let tables = (prop::collection::vec(cell, 60), prop::collection::vec(0..=most / 8, 60));
    let turnover = prop_oneof![0..=50_u64, Just(10), Just(15)];
    let rates = (prop::collection::vec(growth, 6), prop::collection::vec(turnover, 6));
    let table = |cells: &[u64]| {
        [0, 1, 2, 3, 4, 5].map(|level| <Groups>::try_from(&cells[level * 10..level * 10 + 10]).unwrap())
    };
    (tables, rates, years, prop::sample::select(SECTORS.to_vec()), 0..20_usize).prop_map(
        move |((all, disabled), (growth, turnover), years, sector, eap)| Asked {
            all: table(&all),
            disabled: table(&disabled),
            years,
            growth: growth.try_into().unwrap(),
            turnover: turnover.try_into().unwrap(),
            sector,
            eap,
            meet: Meet::Both,
        },
    )
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn a_draft_of_a_growing_employer_keeps_every_rule_and_reaches_what_can_be_reached(asked in asked(16, 1..=5, 0..=12)) {
        let draft = asked.draft().map_err(TestCaseError::fail)?;
        check(&asked, &draft)?;
        for level in 0..4 {
            let targets = asked.targets(level).unwrap();
            let last = groups(&draft.years[asked.years - 1].all, level);
            let least = asked.all[level].map(|size| smallest(size, asked.years, asked.turnover[level]));
            let (total, people): (u64, _) = (last.iter().sum(), designated(&least));
            let others: u64 = least[3] + least[8] + least[9];
            let wanted = [0, 1].map(|at| (targets[at] * total).div_ceil(10_000).max(people[at]));
            let bound = (wanted[0] + wanted[1] + others).saturating_sub(total);
            prop_assert_eq!(short(&last, targets).iter().sum::<u64>(), bound, "level {}", level);
            let mut years = vec![asked.all[level]];
            years.extend(draft.years.iter().map(|year| groups(&year.all, level)));
            if asked.growth[level] == 0 {
                prop_assert_eq!(further(&years, targets), 0, "level {}: {:?}", level, years);
            }
        }
        prop_assert_eq!(asked.draft(), Ok(draft));
    }

    #[test]
    fn a_draft_of_any_employer_keeps_every_rule(asked in asked(25, 1..=5, -12..=20)) {
        if let Ok(draft) = asked.draft() {
            check(&asked, &draft)?;
        }
    }
}

/// The least people short in the last year, and with it the least that years are further from a target than the ones before,
/// found by trying every way for these groups; `None` where no way has the totals.
fn best(
    start: &Groups,
    at: &[usize],
    totals: &[u64],
    turnover: u64,
    targets: [u64; 2],
) -> Option<(u64, u64)> {
    type State = Vec<History>;
    let first: State = at.iter().map(|at| (start[*at], 0, 0)).collect();
    let mut known: BTreeMap<State, u64> = [(first, 0)].into();
    let sizes = |state: &State| {
        let mut groups = [0; 10];
        at.iter().zip(state).for_each(|(at, history)| groups[*at] = history.0);
        groups
    };
    for total in totals {
        let mut next: BTreeMap<State, u64> = BTreeMap::new();
        for (state, so_far) in &known {
            let mut partial: Vec<State> = vec![Vec::new()];
            for history in state {
                partial = partial
                    .into_iter()
                    .flat_map(|done| {
                        let used: u64 = done.iter().map(|history| history.0).sum();
                        let on = (0..=total - used).filter_map(|next| year_on(*history, next, turnover));
                        on.map(|history| [done.clone(), vec![history]].concat()).collect::<Vec<_>>()
                    })
                    .collect();
            }
            for after in partial
                .into_iter()
                .filter(|after| after.iter().map(|history| history.0).sum::<u64>() == *total)
            {
                let cost = so_far + further(&[sizes(state), sizes(&after)], targets);
                let entry = next.entry(after).or_insert(cost);
                *entry = cost.min(*entry);
            }
        }
        known = next;
    }
    known.into_iter().map(|(state, further)| (short(&sizes(&state), targets).iter().sum(), further)).min()
}

/// A level with few people in four of its groups.
fn small_level(growth: std::ops::RangeInclusive<i64>) -> impl Strategy<Value = Asked> {
    let people = prop::collection::vec(0..=3_u64, 4);
    (people, 1..=3_usize, growth, 0..=100_u64, prop::sample::select(SECTORS.to_vec())).prop_filter_map(
        "more people than can be tried",
        |(people, years, growth, turnover, sector)| {
            let mut all = [[0; 10]; 6];
            SMALL.iter().zip(people).for_each(|(at, size)| all[0][*at] = size);
            let (disabled, growth, turnover) = ([[0; 10]; 6], [growth; 6], [turnover; 6]);
            let asked = Asked { all, disabled, years, growth, turnover, sector, eap: 0, meet: Meet::Both };
            asked.totals(0).iter().all(|total| *total <= 7).then_some(asked)
        },
    )
}

/// African and white men, African women and foreign men: groups of each kind that a target knows.
const SMALL: [usize; 4] = [0, 3, 4, 8];

/// What trying every way finds best, and what the draft is.
fn best_and_drafted(asked: &Asked) -> [Option<(u64, u64)>; 2] {
    let targets = asked.targets(0).unwrap();
    let best = best(&asked.all[0], &SMALL, &asked.totals(0), asked.turnover[0], targets);
    let drafted = asked.draft().ok().map(|draft| {
        let mut years = vec![asked.all[0]];
        years.extend(draft.years.iter().map(|year| groups(&year.all, 0)));
        (short(&years[asked.years], targets).iter().sum(), further(&years, targets))
    });
    [best, drafted]
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn no_way_of_a_growing_level_is_better_than_the_draft(asked in small_level(0..=30)) {
        let [best, drafted] = best_and_drafted(&asked);
        prop_assert_eq!(best, drafted);
    }

    #[test]
    fn no_way_of_a_shrinking_level_is_less_short_than_the_draft(asked in small_level(-30..=-1)) {
        let [best, drafted] = best_and_drafted(&asked);
        prop_assert_eq!(best.map(|best| best.0), drafted.map(|drafted| drafted.0));
    }
}

/// A draft with EAP or the sector alone.
fn meeting(meet: Meet) -> impl Strategy<Value = Asked> {
    asked(12, 1..=4, 0..=5).prop_map(move |asked| Asked { meet, ..asked })
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn a_sector_alone_changes_nobody_beyond_what_growth_and_the_targets_ask(asked in meeting(Meet::Sector)) {
        let draft = asked.draft().map_err(TestCaseError::fail)?;
        check(&asked, &draft)?;
        for level in 0..4 {
            let (targets, start) = (asked.targets(level).unwrap(), &asked.all[level]);
            let last = groups(&draft.years[asked.years - 1].all, level);
            let changes: u64 = (0..10).map(|at| last[at].abs_diff(start[at])).sum();
            let growth = last.iter().sum::<u64>() - start.iter().sum::<u64>();
            let total = last.iter().sum::<u64>();
            let (before, after) = (designated(start), designated(&last));
            // Those who have to come are hired; as far as they are more than the level grows by, others leave.
            let came: u64 = [0, 1].map(|at| ((targets[at] * total).div_ceil(10_000).min(after[at])).saturating_sub(before[at])).iter().sum();
            prop_assert_eq!(changes, came.max(growth) * 2 - growth, "level {}: {:?} {:?}", level, start, last);
        }
    }

    #[test]
    fn without_growth_no_group_comes_and_goes(asked in meeting(Meet::Sector)) {
        let asked = Asked { growth: [0; 6], ..asked };
        let draft = asked.draft().map_err(TestCaseError::fail)?;
        for level in 0..6 {
            let mut years = vec![asked.all[level]];
            years.extend(draft.years.iter().map(|year| groups(&year.all, level)));
            for at in 0..10 {
                let sizes: Vec<u64> = years.iter().map(|year| year[at]).collect();
                prop_assert!(sizes.is_sorted() || sizes.is_sorted_by(|a, b| a >= b), "level {}: {:?}", level, sizes);
            }
        }
    }
}

#[test]
fn the_rates_of_a_level_do_not_reach_into_another() {
    // The growth and turnover of one level do not reach into another.
    let table = |seed: u64| {
        std::array::from_fn(|level| {
            std::array::from_fn(|at| (seed * 7 + level as u64 * 5 + at as u64 * 3) % 17)
        })
    };
    for seed in 0..17 {
        let base = Asked {
            all: table(seed),
            disabled: [[0; 10]; 6],
            years: 5,
            growth: [0; 6],
            turnover: [10; 6],
            sector: "Manufacturing",
            eap: 0,
            meet: Meet::Both,
        };
        let mut other = base.clone();
        (other.growth[2], other.turnover[2]) = (8, 30);
        let (one, two) = (base.draft().unwrap(), other.draft().unwrap());
        for (one, two) in one.years.iter().zip(&two.years) {
            for level in [0, 1, 3, 4, 5] {
                assert_eq!(groups(&one.all, level), groups(&two.all, level));
            }
        }
    }
}

/// Levels whose years need mending: the total grows by one person, who cannot be a man and a woman.
#[test]
fn a_year_is_not_further_from_a_target_where_another_way_avoids_it() {
    for (targets, people, years, growth, turnover) in [
        ([4980, 4190], [1, 0, 2, 0], 3, 21, 23),
        ([1860, 3810], [0, 0, 2, 3], 3, 22, 51),
        ([1860, 3810], [1, 1, 2, 1], 2, 18, 59),
    ] {
        let sector = SECTORS
            .into_iter()
            .find(|sector| TARGETS.get(&((*sector).to_owned(), "top_managers".to_owned())) == Some(&targets));
        let mut all = [[0; 10]; 6];
        SMALL.iter().zip(people).for_each(|(at, size)| all[0][*at] = size);
        let (disabled, growth, turnover) = ([[0; 10]; 6], [growth; 6], [turnover; 6]);
        let asked = Asked {
            all,
            disabled,
            years,
            growth,
            turnover,
            sector: sector.unwrap(),
            eap: 0,
            meet: Meet::Both,
        };
        let [best, drafted] = best_and_drafted(&asked);
        assert_eq!((best, best.map(|best| best.1)), (drafted, Some(0)), "{people:?}");
    }
}

/// Where every way has a year that is further from a target, keeping a person more in a group gains nothing, and the split by
/// EAP counts.
#[test]
fn a_year_that_is_further_away_all_the_same_does_not_spoil_the_split_by_eap() {
    let mut all = [[0; 10]; 6];
    all[3] = [0, 2, 0, 0, 0, 0, 1, 1, 0, 0];
    let (growth, turnover) = ([0, 0, 0, 10, 0, 0], [10; 6]);
    let sector = "Administrative and Support Activities";
    let asked =
        Asked { all, disabled: [[0; 10]; 6], years: 4, growth, turnover, sector, eap: 0, meet: Meet::Both };
    let draft = asked.draft().unwrap();
    let years: Vec<Groups> =
        [all[3]].into_iter().chain(draft.years.iter().map(|year| groups(&year.all, 3))).collect();
    assert!(further(&years, asked.targets(3).unwrap()) > 0, "{years:?}");
    // Two Coloured men of three is further from the EAP than one.
    assert_eq!(years[4], [2, 1, 0, 0, 2, 0, 0, 1, 0, 0]);
}
