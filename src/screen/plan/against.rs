//! What a plan's table can be held against, and the figures of that, line by line.

use std::collections::BTreeMap;

use strum::VariantArray;

use crate::desk::Desk;
use crate::domain::benchmark::{SectorTarget, Share, Standing};
use crate::domain::book::SUMS;
use crate::domain::counter::{Column, Counter, Gender, Level, Race, Slice};
use crate::domain::matrix::{Matrix, per_cent};
use crate::domain::target::{Count, TargetType};
use crate::domain::text::Text;
use crate::screen::plan::table::{COLUMNS, Where};

/// What a table is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub(super) enum Against {
    /// Nothing.
    Nothing,
    /// What the server has.
    Server,
    /// The year before.
    PreviousYear,
    /// The plan's first year.
    Baseline,
    /// The targets of the plan's sector.
    SectorTarget,
    /// The economically active population.
    Eap,
}

impl Against {
    /// The one that comes next.
    pub(super) fn next(self) -> Self {
        let all = Self::VARIANTS;
        all[(self as usize + 1) % all.len()]
    }
}

/// The figures of what a table is held against.
pub(super) struct Panel {
    /// What it is.
    pub(super) title: String,
    /// Where its figures are from.
    pub(super) from: String,
    pub(super) figures: Figures,
}

/// The figures, as they are laid out.
pub(super) enum Figures {
    /// There are none; the reason.
    None(String),
    /// For each level, and for all six: so many people more or fewer, column by column, and in all.
    Differences(Vec<DifferenceLine>),
    /// How the levels stand to the sector's targets.
    Sector(Vec<SectorLine>),
}

/// So many people more or fewer at a level: its label, column by column, in all.
pub(super) type DifferenceLine = (&'static str, [Option<i64>; COLUMNS], Option<i64>);

/// A line of the sector's targets.
pub(super) enum SectorLine {
    /// A level: designated men, women, all; and the white men with disabilities there.
    Level { level: Level, shares: [String; 3], met: [bool; 3], white_disabled: u64 },
    /// Something to be said of the rest.
    Words(String),
}

/// The table shown and the year's tables with what is typed or held over it already in its place.
struct Held<'a> {
    desk: &'a Desk,
    at: &'a Where,
    shown: Matrix,
    preview: &'a BTreeMap<Counter, Count>,
}

impl Panel {
    /// The figures of a table; what is being typed counts already.
    pub(super) fn of(
        against: Against,
        at: &Where,
        preview: &BTreeMap<Counter, Count>,
        desk: &Desk,
    ) -> Option<Self> {
        if against == Against::Nothing {
            return None;
        }
        let mut held = Held { desk, at, shown: Matrix::default(), preview };
        held.shown = held.table(&at.table)?;
        Some(match against {
            Against::Nothing => return None,
            Against::Server => held.differences("the server", Some(at.year), Desk::server_matrix),
            Against::PreviousYear => {
                let year = desk.plan(at.plan)?.milestones.get(at.year)?.year;
                let before = desk.year_before(at.plan, year);
                held.differences("the year before", before, Desk::matrix)
            }
            Against::Baseline => held.differences("the first year", desk.first_year(at.plan), Desk::matrix),
            Against::SectorTarget => held.sector(),
            Against::Eap => held.eap(),
        })
    }
}

impl Held<'_> {
    /// A table of the year; of the one shown, what is typed counts.
    fn table(&self, table: &TargetType) -> Option<Matrix> {
        let mut matrix = self.desk.matrix(self.at.plan, self.at.year, table)?;
        if *table == self.at.table {
            for (counter, count) in self.preview {
                if let Counter::Cell(Slice::Level(level), column) = counter {
                    matrix.put(*level, *column, Some(*count));
                }
            }
        }
        Some(matrix)
    }

    fn differences(
        &self,
        what: &str,
        year: Option<usize>,
        numbers: fn(&Desk, crate::domain::id::PlanId, usize, &TargetType) -> Option<Matrix>,
    ) -> Panel {
        let Where { plan, table, .. } = self.at;
        let other = year.and_then(|year| numbers(self.desk, *plan, year, table));
        let title = format!("Against {what}: people more (+) or fewer (-)");
        let from = String::new();
        let Some(other) = other else {
            return Panel { title, from, figures: Figures::None(format!("there is no table of {what}")) };
        };
        let by = |level: Level, column: Column| {
            let number = |matrix: &Matrix| matrix.count(level, column).map(i64::from);
            Some(number(&self.shown)? - number(&other)?)
        };
        Panel { title, from, figures: Figures::Differences(lines(by)) }
    }

    fn eap(&self) -> Panel {
        let Some(eap) = self.desk.eap() else {
            let figures = Figures::None("there are no figures".into());
            return Panel { title: "EAP".into(), from: String::new(), figures };
        };
        let file =
            self.desk.benchmarks.eap_from.as_ref().map(|file| format!(", {}", Text::from(file.as_str())));
        let from = format!("{}, unverified{}", Text::from(eap.vintage.as_str()), file.unwrap_or_default());
        let title = format!("EAP {}: people above (+) or short (-)", Text::from(eap.region.as_str()));
        let over = |people: u64, whole: u64, share: Share| match share.standing(people, whole) {
            Standing::Nobody => None,
            Standing::Met(over) => i64::try_from(over).ok(),
            Standing::Short(short) => i64::try_from(short).ok().map(|short| -short),
        };
        let by = |level: Level, column: Column| {
            over(self.shown.count(level, column)?.into(), self.shown.total(level), eap.share(column)?)
        };
        let mut lines = lines(by);
        // Of the whole workforce the share is measured, not the levels' gaps added up.
        for line in &mut lines {
            line.2 = None;
        }
        if let Some((_, all, _)) = lines.last_mut() {
            for (at, column) in Column::ALL.into_iter().enumerate() {
                let people = Level::VARIANTS.iter().filter_map(|level| self.shown.count(*level, column));
                let people = people.map(u64::from).sum();
                all[at] = eap.share(column).and_then(|share| over(people, self.shown.everyone(), share));
            }
        }
        Panel { title, from, figures: Figures::Differences(lines) }
    }

    fn sector(&self) -> Panel {
        let Where { plan, .. } = self.at;
        let Some(sector) = self.desk.sector(*plan) else {
            let words = "this plan names no sector; :sector chooses one to hold it against".to_owned();
            let (title, from) = ("Sector target".into(), String::new());
            return Panel { title, from, figures: Figures::None(words) };
        };
        let from = Text::from(self.desk.benchmarks.targets_from.as_str()).to_string();
        let title = format!("Sector target: {} · designated people", Text::from(sector));
        let Some(target) = self.desk.sector_target(*plan) else {
            return Panel {
                title,
                from,
                figures: Figures::None("there are no targets for this sector".into()),
            };
        };
        let (all, disabled) =
            (self.table(&TargetType::AllEmployees), self.table(&TargetType::DisabledEmployees));
        let Some(all) = all else {
            return Panel {
                title,
                from,
                figures: Figures::None("the table of all employees could not be read".into()),
            };
        };
        Panel { title, from, figures: Figures::Sector(sector_lines(target, &all, disabled.as_ref())) }
    }
}

/// The differences of each level and of all six.
fn lines(by: impl Fn(Level, Column) -> Option<i64>) -> Vec<DifferenceLine> {
    let sum = |cells: &[Option<i64>]| {
        let known: Vec<i64> = cells.iter().flatten().copied().collect();
        (!known.is_empty()).then(|| known.iter().sum())
    };
    let line = |level: &Level| {
        let cells = Column::ALL.map(|column| by(*level, column));
        (level.label(), cells, sum(&cells))
    };
    let mut lines: Vec<_> = Level::VARIANTS.iter().map(line).collect();
    let mut all = [None; COLUMNS];
    for (at, all) in all.iter_mut().enumerate() {
        *all = sum(&lines.iter().map(|(_, cells, _)| cells[at]).collect::<Vec<_>>());
    }
    lines.push((SUMS, all, sum(&all)));
    lines
}

fn sector_lines(target: &SectorTarget, all: &Matrix, disabled: Option<&Matrix>) -> Vec<SectorLine> {
    let mut lines = Vec::new();
    let mut without = Vec::new();
    for level in Level::VARIANTS.iter().copied() {
        let Some(target) = target.level(level) else {
            without.push(level.label());
            continue;
        };
        let total = all.total(level);
        let stands = [Some(Gender::Male), Some(Gender::Female), None].map(|gender| {
            let people = all.designated(level, gender);
            let standing = target.of(gender).standing(people, total);
            let share = target.of(gender);
            (
                format!("{}/{share} {}", per_cent(people, total), words(standing)),
                !matches!(standing, Standing::Short(_)),
            )
        });
        let white_men = |column: Column| column.race == Race::White && column.gender == Gender::Male;
        let white_disabled = disabled.map_or(0, |disabled| disabled.people(level, white_men));
        let (met, shares) = (stands.each_ref().map(|(_, met)| *met), stands.map(|(text, _)| text));
        lines.push(SectorLine::Level { level, shares, met, white_disabled });
    }
    let mut rest = Vec::new();
    if !without.is_empty() {
        rest.push(format!("{}: no sector target; EAP is the yardstick", without.join(", ")));
    }
    if let (Some(share), Some(disabled)) = (target.disability, disabled) {
        let (people, whole) = (disabled.everyone(), all.everyone());
        let standing = words(share.standing(people, whole));
        rest.push(format!(
            "People with disabilities, all levels: {}/{share} {standing}",
            per_cent(people, whole)
        ));
    }
    lines.extend(rest.into_iter().map(SectorLine::Words));
    lines
}

/// `met`, or how many people are short.
fn words(standing: Standing) -> String {
    match standing {
        Standing::Nobody => "nobody".into(),
        Standing::Met(_) => "met".into(),
        Standing::Short(short) => format!("{short} short"),
    }
}

/// What is said of one cell: what it is held against there; what is being typed counts already.
pub(super) fn of_cell(
    against: Against,
    at: &Where,
    counter: &Counter,
    preview: &BTreeMap<Counter, Count>,
    desk: &Desk,
) -> Option<String> {
    let Counter::Cell(Slice::Level(level), column) = counter else { return None };
    let cell = desk.cell_in(at.plan, at.year, &at.table, counter)?;
    let shown = Held { desk, at, shown: Matrix::default(), preview }.table(&at.table)?;
    let value = shown.count(*level, *column)?;
    let of = |what: &str, other: Option<Count>| {
        let by = i64::from(value) - i64::from(other?);
        Some(format!("{what} {} ({by:+})", other?))
    };
    match against {
        Against::PreviousYear => of("year before", desk.value(&desk.cell_before(&cell)?)),
        Against::Baseline => of(
            "first year",
            desk.value(&desk.cell_in(at.plan, desk.first_year(at.plan)?, &at.table, counter)?),
        ),
        Against::Eap => {
            let share = desk.eap()?.share(*column)?;
            let total = shown.total(*level);
            // Far above its share a group is said to be, not only that it is met.
            let standing = match share.standing(value.into(), total) {
                Standing::Met(over) if over > 0 => format!("met, {over} above"),
                standing => words(standing),
            };
            Some(format!("{} % of level, EAP {share} %: {standing}", per_cent(value.into(), total)))
        }
        Against::Nothing | Against::Server | Against::SectorTarget => None,
    }
}
