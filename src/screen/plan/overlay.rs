//! Overlays: what a plan's table can be compared with, and the resulting figures line by line.

use std::collections::BTreeMap;

use strum::VariantArray;

use crate::domain::benchmark::shortfall::{ShareReading, who};
use crate::domain::benchmark::{SectorTarget, Share, ShareStanding};
use crate::domain::cell_range::CellPosition;
use crate::domain::change::counter_change::{CounterRef, TargetRef};
use crate::domain::plan::achievement::achievements;
use crate::domain::plan::counter::{Counter, Gender, Level, Race, Slice, StatutoryColumn};
use crate::domain::plan::export::SUMS_LABEL;
use crate::domain::plan::matrix::{Matrix, format_percent};
use crate::domain::plan::table_ref::{TableRef, YearIndex};
use crate::domain::plan::target::{Count, TargetType};
use crate::domain::text::Text;
use crate::screen::plan::table::{COLUMN_COUNT, PlanPosition};
use crate::workspace::Workspace;

/// What a table is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub(super) enum Overlay {
    /// Nothing.
    Nothing,
    /// The server's numbers as last read.
    Server,
    /// The previous year.
    PreviousYear,
    /// The plan's first year, its baseline.
    Baseline,
    /// The targets of the plan's sector.
    SectorTarget,
    /// The economically active population (EAP).
    Eap,
    /// Another plan, such as one prefilled from today's workforce.
    OtherPlan,
}

impl Overlay {
    /// The next overlay; after the last one comes the first.
    pub(super) fn next(self) -> Self {
        let all = Self::VARIANTS;
        all[(self as usize + 1) % all.len()]
    }
}

/// The figures of an overlay.
pub(super) struct OverlayPanel {
    /// The name of the overlay and how to read its figures.
    pub(super) title: String,
    /// Where its figures come from; empty for the plan's own numbers.
    pub(super) source: String,
    pub(super) figures: OverlayFigures,
}

/// The figures, by kind.
pub(super) enum OverlayFigures {
    /// There are no figures; the text says why.
    None(String),
    /// For each level and for all six together: how many people more or fewer, in each column and in total.
    Differences(Vec<DifferenceLine>),
    /// The differences from another plan, and below them in words what that has not achieved.
    Progress(Vec<DifferenceLine>, Vec<String>),
    /// How each level compares with the sector's targets.
    Sector(Vec<SectorLine>),
}

/// A level's label, how many people more (+) or fewer (-) it has in each column, and in total.
pub(super) type DifferenceLine = (&'static str, [Option<i64>; COLUMN_COUNT], Option<i64>);

/// A line of the sector's targets.
pub(super) enum SectorLine {
    /// A level: the shares of designated men, women and all, whether each target is met, and the number of
    /// white men with disabilities.
    Level { level: Level, shares: [String; 3], met: [bool; 3], white_men_with_disabilities: u64 },
    /// A note on what the lines for the levels do not show.
    Note(String),
}

/// The numbers that are previewed, by counter: a typed one, a paste or a draft.
pub(super) type PreviewedCounts = BTreeMap<CounterRef, Count>;

/// The plan's tables with what is previewed already included.
struct PreviewedYear<'a> {
    workspace: &'a Workspace,
    position: &'a PlanPosition,
    shown_matrix: Matrix,
    preview: &'a PreviewedCounts,
}

impl OverlayPanel {
    /// The figures for the table at a position, with what is being typed included. `None` without an overlay
    /// or a readable table.
    pub(super) fn for_table(
        overlay: Overlay,
        at: &PlanPosition,
        preview: &PreviewedCounts,
        workspace: &Workspace,
    ) -> Option<Self> {
        if overlay == Overlay::Nothing {
            return None;
        }
        let mut held = PreviewedYear { workspace, position: at, shown_matrix: Matrix::default(), preview };
        held.shown_matrix = held.previewed_matrix(&at.shown)?;
        Some(match overlay {
            Overlay::Nothing => return None,
            Overlay::Server => {
                held.difference_panel("the server", Some(at.shown.year), PreviewedYear::server_matrix)
            }
            Overlay::PreviousYear => {
                let year = workspace.plan(at.shown.plan)?.milestone(at.shown.year)?.year;
                let before = workspace.previous_year(at.shown.plan, year);
                held.difference_panel("the year before", before, PreviewedYear::previewed_matrix)
            }
            Overlay::Baseline => held.difference_panel(
                "the first year",
                workspace.first_year(at.shown.plan),
                PreviewedYear::previewed_matrix,
            ),
            Overlay::SectorTarget => held.sector_panel(),
            Overlay::Eap => held.eap_panel(),
            Overlay::OtherPlan => held.progress_panel(),
        })
    }
}

impl PreviewedYear<'_> {
    /// A table with the preview included. `None` when it could not be read.
    fn previewed_matrix(&self, table: &TableRef) -> Option<Matrix> {
        let mut matrix = self.workspace.matrix(table)?;
        let (milestone, target) = self.workspace.table(table)?;
        let place = TargetRef { plan: table.plan, milestone: milestone.id, target: target.id };
        for (cell, count) in self.preview.iter().filter(|(cell, _)| cell.target == place) {
            if let Counter::Cell(Slice::Level(level), column) = cell.counter {
                matrix.set(level, column, Some(*count));
            }
        }
        Some(matrix)
    }

    /// The same year's table of another type, with the preview included.
    fn previewed_table(&self, table: &TargetType) -> Option<Matrix> {
        self.previewed_matrix(&self.position.shown.of_type(table))
    }

    fn server_matrix(&self, table: &TableRef) -> Option<Matrix> {
        self.workspace.server_matrix(table)
    }

    fn difference_panel(
        &self,
        what: &str,
        year: Option<YearIndex>,
        numbers: fn(&Self, &TableRef) -> Option<Matrix>,
    ) -> OverlayPanel {
        let other = year.and_then(|year| numbers(self, &self.position.shown.in_year(year)));
        let title = format!("Against {what}: people more (+) or fewer (-)");
        let from = String::new();
        let Some(other) = other else {
            return OverlayPanel {
                title,
                source: from,
                figures: OverlayFigures::None(format!("there is no table of {what}")),
            };
        };
        OverlayPanel { title, source: from, figures: OverlayFigures::Differences(self.differences(&other)) }
    }

    fn differences(&self, other: &Matrix) -> Vec<DifferenceLine> {
        difference_lines(|level, column| {
            let number = |matrix: &Matrix| matrix.count(level, column).map(i64::from);
            Some(number(&self.shown_matrix)? - number(other)?)
        })
    }

    /// The panel of another plan: this one is what was planned, the other one what is there.
    fn progress_panel(&self) -> OverlayPanel {
        let none = |title: &str, why: &str| OverlayPanel {
            title: title.to_owned(),
            source: String::new(),
            figures: OverlayFigures::None(why.to_owned()),
        };
        let shown = &self.position.shown;
        let Some(compared) = self.workspace.compared_plan(shown.plan) else {
            return none("Against another plan", ":compare chooses the plan");
        };
        let Some(plan) = self.workspace.plan(compared.plan) else {
            return none("Against another plan", "reading the plan…");
        };
        let number =
            self.workspace.plan(shown.plan).and_then(|plan| plan.milestone(shown.year)).map_or(0, |m| m.year);
        let (year, number) = compared.year_in(plan, number);
        let title =
            format!("Against {}, Year {number}: people more (+) or fewer (-) than there", plan.name());
        let table = TableRef { plan: compared.plan, year, table: shown.table.clone() };
        let Some(actual) = self.workspace.matrix(&table) else {
            return none(&title, "there is no such table");
        };
        let missing = achievements(&shown.table, &self.shown_matrix, &actual);
        let missing: Vec<_> =
            missing.into_iter().filter(|one| one.gender.is_some() && !one.is_achieved()).collect();
        let mut notes: Vec<String> = Vec::new();
        for level in Level::VARIANTS.iter().copied() {
            let of_level = missing.iter().filter(|one| one.level == level);
            let words: Vec<String> = of_level.map(|one| format!("{} {one}", who(one.gender))).collect();
            if !words.is_empty() {
                notes.push(format!("✗ {} not achieved there: {}", level.label(), words.join(", ")));
            }
        }
        if notes.is_empty() {
            notes.push("✓ achieved there: men and women of every level".into());
        }
        let figures = OverlayFigures::Progress(self.differences(&actual), notes);
        OverlayPanel { title, source: String::new(), figures }
    }

    fn eap_panel(&self) -> OverlayPanel {
        let Some(eap) = self.workspace.eap() else {
            let figures = OverlayFigures::None("there are no figures".into());
            return OverlayPanel { title: "EAP".into(), source: String::new(), figures };
        };
        let file = self
            .workspace
            .benchmarks
            .eap_source
            .as_ref()
            .map(|file| format!(", {}", Text::from(file.as_str())));
        let from = format!("{}, unverified{}", Text::from(eap.vintage.as_str()), file.unwrap_or_default());
        let title = format!("EAP {}: people above (+) or short (-)", Text::from(eap.region.as_str()));
        let over = |people: u64, whole: u64, share: Share| match share.standing(people, whole) {
            ShareStanding::Nobody => None,
            ShareStanding::Met(over) => i64::try_from(over).ok(),
            ShareStanding::Short(short) => i64::try_from(short).ok().map(|short| -short),
        };
        let by = |level: Level, column: StatutoryColumn| {
            over(
                self.shown_matrix.count(level, column)?.into(),
                self.shown_matrix.total(level),
                eap.share(column)?,
            )
        };
        let mut lines = difference_lines(by);
        // For the whole workforce, measure the share itself instead of adding up the gaps of the levels.
        for line in &mut lines {
            line.2 = None;
        }
        if let Some((_, all, _)) = lines.last_mut() {
            for (at, column) in StatutoryColumn::ALL.into_iter().enumerate() {
                let people =
                    Level::VARIANTS.iter().filter_map(|level| self.shown_matrix.count(*level, column));
                let people = people.map(u64::from).sum();
                all[at] =
                    eap.share(column).and_then(|share| over(people, self.shown_matrix.grand_total(), share));
            }
        }
        OverlayPanel { title, source: from, figures: OverlayFigures::Differences(lines) }
    }

    fn sector_panel(&self) -> OverlayPanel {
        let plan = &self.position.shown.plan;
        let Some(sector) = self.workspace.sector(*plan) else {
            let words = "this plan names no sector; :sector chooses one to compare it with".to_owned();
            let (title, from) = ("Sector target".into(), String::new());
            return OverlayPanel { title, source: from, figures: OverlayFigures::None(words) };
        };
        let from = Text::from(self.workspace.benchmarks.targets_source.as_str()).to_string();
        let title = format!("Sector target: {} · designated people", Text::from(sector));
        let Some(target) = self.workspace.sector_target(*plan) else {
            return OverlayPanel {
                title,
                source: from,
                figures: OverlayFigures::None("there are no targets for this sector".into()),
            };
        };
        let (all, disabled) = (
            self.previewed_table(&TargetType::AllEmployees),
            self.previewed_table(&TargetType::DisabledEmployees),
        );
        let Some(all) = all else {
            return OverlayPanel {
                title,
                source: from,
                figures: OverlayFigures::None("the table of all employees could not be read".into()),
            };
        };
        OverlayPanel {
            title,
            source: from,
            figures: OverlayFigures::Sector(sector_lines(
                target,
                &all,
                disabled.as_ref(),
                self.position.cursor,
            )),
        }
    }
}

/// The differences of each level and of all six together.
fn difference_lines(by: impl Fn(Level, StatutoryColumn) -> Option<i64>) -> Vec<DifferenceLine> {
    let sum = |cells: &[Option<i64>]| {
        let known: Vec<i64> = cells.iter().flatten().copied().collect();
        (!known.is_empty()).then(|| known.iter().sum())
    };
    let line = |level: &Level| {
        let cells = StatutoryColumn::ALL.map(|column| by(*level, column));
        (level.label(), cells, sum(&cells))
    };
    let mut lines: Vec<_> = Level::VARIANTS.iter().map(line).collect();
    let mut all = [None; COLUMN_COUNT];
    for (at, all) in all.iter_mut().enumerate() {
        *all = sum(&lines.iter().map(|(_, cells, _)| cells[at]).collect::<Vec<_>>());
    }
    lines.push((SUMS_LABEL, all, sum(&all)));
    lines
}

/// The lines of the levels, then in words what is short at the cursor.
fn sector_lines(
    target: &SectorTarget,
    all: &Matrix,
    disabled: Option<&Matrix>,
    cursor: CellPosition,
) -> Vec<SectorLine> {
    let (mut lines, mut details) = (Vec::new(), Vec::new());
    let mut without = Vec::new();
    for level in Level::VARIANTS.iter().copied() {
        let Some(target) = target.level(level) else {
            without.push(level.label());
            continue;
        };
        let readings = [Some(Gender::Male), Some(Gender::Female), None]
            .map(|gender| ShareReading::of_level(all, level, gender, target.for_gender(gender)));
        let white_men = |column: StatutoryColumn| column.race == Race::White && column.gender == Gender::Male;
        let white_disabled = disabled.map_or(0, |disabled| disabled.count_where(level, white_men));
        let shares = readings
            .map(|reading| format!("{}/{} {}", reading.share(), reading.target, reading.short_words()));
        let met = readings.map(ShareReading::is_met);
        lines.push(SectorLine::Level { level, shares, met, white_men_with_disabilities: white_disabled });
        if level as usize == cursor.row {
            // The gender of the column that the cursor is in; beyond the last one both.
            let gender = StatutoryColumn::ALL.get(cursor.column).map(|column| column.gender);
            let reading = ShareReading::of_level(all, level, gender, target.for_gender(gender));
            let is_open = !reading.is_met() || reading.without_foreign().is_some();
            details.extend(is_open.then(|| format!("{}, {}: {reading}", level.label(), who(gender))));
        }
    }
    let mut rest = details;
    if !without.is_empty() {
        rest.push(format!("{}: no sector target; EAP is the yardstick", without.join(", ")));
    }
    if let (Some(share), Some(disabled)) = (target.disability, disabled) {
        let reading = ShareReading::new(disabled.grand_total(), all.grand_total(), share);
        rest.push(format!("People with disabilities: {}/{share} {reading}", reading.share()));
    }
    lines.extend(rest.into_iter().map(SectorLine::Note));
    lines
}

/// `met`, or how many people short, or `nobody` when there are no people to measure.
fn standing_text(standing: ShareStanding) -> String {
    match standing {
        ShareStanding::Nobody => "nobody".into(),
        ShareStanding::Met(_) => "met".into(),
        ShareStanding::Short(short) => format!("{short} short"),
    }
}

/// The comparison for a single cell, with what is being typed included; `None` when the overlay has no figure
/// for it.
pub(super) fn cell_comparison(
    overlay: Overlay,
    at: &PlanPosition,
    counter: &Counter,
    preview: &PreviewedCounts,
    workspace: &Workspace,
) -> Option<String> {
    let Counter::Cell(Slice::Level(level), column) = counter else { return None };
    let cell = workspace.counter_in(&at.shown, counter)?;
    let shown = PreviewedYear { workspace, position: at, shown_matrix: Matrix::default(), preview }
        .previewed_matrix(&at.shown)?;
    let value = shown.count(*level, *column)?;
    let of = |what: &str, other: Option<Count>| {
        let by = i64::from(value) - i64::from(other?);
        Some(format!("{what} {} ({by:+})", other?))
    };
    match overlay {
        Overlay::PreviousYear => {
            of("year before", workspace.counter_value(&workspace.previous_year_counter(&cell)?))
        }
        Overlay::Baseline => of(
            "first year",
            workspace.counter_value(
                &workspace.counter_in(&at.shown.in_year(workspace.first_year(at.shown.plan)?), counter)?,
            ),
        ),
        Overlay::Eap => {
            let share = workspace.eap()?.share(*column)?;
            let total = shown.total(*level);
            // When a group is above its share, say by how many people.
            let standing = match share.standing(value.into(), total) {
                ShareStanding::Met(over) if over > 0 => format!("met, {over} above"),
                standing => standing_text(standing),
            };
            Some(format!("{} % of level, EAP {share} %: {standing}", format_percent(value.into(), total)))
        }
        Overlay::OtherPlan => {
            let compared = workspace.compared_plan(at.shown.plan)?;
            let number = workspace.plan(at.shown.plan)?.milestone(at.shown.year)?.year;
            let (year, _) = compared.year_in(workspace.plan(compared.plan)?, number);
            let table = TableRef { plan: compared.plan, year, table: at.shown.table.clone() };
            of("there", workspace.counter_value(&workspace.counter_in(&table, counter)?))
        }
        Overlay::Nothing | Overlay::Server | Overlay::SectorTarget => None,
    }
}
