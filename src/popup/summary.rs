//! The summary of a plan: each target of its sector, level by level, and every year; met, or how many people are short.

use ratatui::buffer::Buffer;

use crate::domain::benchmark::shortfall::{MeasuredGroup, ShareReading, measured_targets};
use crate::domain::plan::counter::{Counter, Gender, Level, Slice, StatutoryColumn};
use crate::domain::plan::table_ref::{TableRef, YearIndex};
use crate::domain::plan::target::TargetType;
use crate::domain::refusal::Refusal;
use crate::domain::text::Text;
use crate::effect::Effects;
use crate::input::command::{Command, key};
use crate::kit::frame::{centred, draw};
use crate::kit::pen::Pen;
use crate::nav::{Context, Destination, Nav};
use crate::workspace::Workspace;

/// Width of a row's label.
const LABEL_WIDTH: u16 = 15;
/// Width of a year's column.
const YEAR_WIDTH: u16 = 12;

/// The summary of one plan.
#[derive(Debug)]
pub struct SummaryPopup {
    /// A table of the year under the cursor.
    table: TableRef,
    /// The target under the cursor.
    group: MeasuredGroup,
}

impl SummaryPopup {
    /// The summary of a table's plan, with the cursor on its year and on all people of this level.
    pub fn new(table: TableRef, level: Level) -> Self {
        Self { table, group: MeasuredGroup::Level(level, None) }
    }

    /// The row under the cursor, the first where no row has the target.
    fn row(&self, rows: &[(MeasuredGroup, Vec<Option<ShareReading>>)]) -> usize {
        rows.iter().position(|(group, _)| *group == self.group).unwrap_or_default()
    }

    /// What each target shows in a year; nothing when the year was not read.
    fn measured(&self, year: YearIndex, workspace: &Workspace) -> Vec<(MeasuredGroup, ShareReading)> {
        let matrix = |table| workspace.matrix(&self.table.in_year(year).of_type(&table));
        let (all, disabled) = (matrix(TargetType::AllEmployees), matrix(TargetType::DisabledEmployees));
        let target = workspace.sector_target(self.table.plan);
        let both = target.zip(all);
        both.map(|(target, all)| measured_targets(target, &all, disabled.as_ref())).unwrap_or_default()
    }

    /// The rows: every target that any year can be measured by, each with its years.
    fn rows(&self, workspace: &Workspace) -> Vec<(MeasuredGroup, Vec<Option<ShareReading>>)> {
        let years = workspace.plan(self.table.plan).map_or(0, |plan| plan.milestones.len());
        let of_years: Vec<_> =
            (0..years).map(|year| self.measured(YearIndex::new(year), workspace)).collect();
        let fullest = of_years.iter().max_by_key(|year| year.len());
        let in_year = |year: &Vec<(MeasuredGroup, ShareReading)>, group: MeasuredGroup| {
            year.iter().find(|(known, _)| *known == group).map(|(_, reading)| *reading)
        };
        let row = |group| (group, of_years.iter().map(|year| in_year(year, group)).collect());
        fullest.into_iter().flatten().map(|(group, _)| row(*group)).collect()
    }

    /// Runs a command: arrows move, Enter goes to the level in that year.
    pub fn command(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Result<Nav, Refusal> {
        let rows = self.rows(workspace);
        let years = workspace.plan(self.table.plan).map_or(0, |plan| plan.milestones.len());
        match command {
            Command::Up | Command::Down => {
                let row = self.row(&rows);
                let to = if command == Command::Up { row.checked_sub(1) } else { Some(row + 1) };
                let group = to.and_then(|to| rows.get(to)).map(|(group, _)| *group);
                self.group = group.unwrap_or(self.group);
            }
            Command::Left => self.table.year = self.table.year.previous().unwrap_or_default(),
            Command::Right if self.table.year.next().get() < years => {
                self.table.year = self.table.year.next();
            }
            Command::Right => {}
            Command::Back | Command::LeaveSummary => return Ok(Nav::Back),
            Command::GoToShortfall => {
                let Some((group, _)) = rows.get(self.row(&rows)) else {
                    return Err("there are no targets to go to".into());
                };
                let (table, counter) = first_counter(*group);
                let cell = workspace.counter_in(&self.table.of_type(&table), &counter);
                let cell = cell.ok_or("the server returned no counter there")?;
                return Ok(Nav::Open(Destination::Plan(self.table.plan, Some(cell))));
            }
            _ => {
                return Err(Refusal::from(concat!(
                    "arrows move over levels and years; ",
                    key!("to-shortfall"),
                    " goes there"
                )));
            }
        }
        Ok(Nav::Stay)
    }

    /// Draws the targets as rows and the years as columns, and below them the target under the cursor in words.
    pub fn view(&self, workspace: &Workspace, cx: &Context, buf: &mut Buffer) {
        let rows = self.rows(workspace);
        let row = self.row(&rows);
        let years = rows.first().map_or(0, |(_, years)| years.len());
        let width = LABEL_WIDTH + YEAR_WIDTH * u16::try_from(years).unwrap_or(u16::MAX).min(20) + 6;
        let height = u16::try_from(rows.len()).unwrap_or(u16::MAX).saturating_add(7);
        let outer = centred(cx.area, width.max(76), height);
        let theme = cx.theme;
        let title = workspace.plan(self.table.plan).map(|plan| format!("Summary of {}", plan.name()));
        let inner = draw(buf, outer, &title.unwrap_or_default(), theme.title, theme.frame);
        let source = match (workspace.sector(self.table.plan), rows.is_empty()) {
            _ if workspace.plan(self.table.plan).is_none() => "reading the plan…".to_owned(),
            (None, _) => "this plan names no sector; :sector chooses one to measure it by".to_owned(),
            (Some(_), true) => "there are no targets for this sector; :sector chooses another".to_owned(),
            (Some(sector), false) => format!(
                "{} · {}",
                Text::from(sector),
                Text::from(workspace.benchmarks.targets_source.as_str())
            ),
        };
        Pen::new(buf, inner, 0).skip(1).text(&source, theme.dim);
        // The year under the cursor stays visible where not all fit.
        let fitting = usize::from(inner.width.saturating_sub(LABEL_WIDTH + 1) / YEAR_WIDTH).max(1);
        let first = (self.table.year.get() + 1).saturating_sub(fitting);
        let mut pen = Pen::new(buf, inner, 1);
        pen.skip(LABEL_WIDTH + 1);
        let numbers = workspace.plan(self.table.plan).into_iter().flat_map(|plan| &plan.milestones);
        for milestone in numbers.skip(first).take(fitting) {
            pen.text_left(&format!("Year {}", milestone.year), YEAR_WIDTH, theme.title);
        }
        for (at, (group, readings)) in rows.iter().enumerate() {
            let mut pen = Pen::new(buf, inner, u16::try_from(at + 2).unwrap_or(u16::MAX));
            pen.skip(1).text_left(&group.to_string(), LABEL_WIDTH, theme.plain);
            for (year, reading) in readings.iter().enumerate().skip(first).take(fitting) {
                let (text, style) = match reading {
                    None => ("– not read".to_owned(), theme.dim),
                    Some(reading) if reading.total == 0 => ("· nobody".to_owned(), theme.dim),
                    Some(reading) if reading.is_met() => ("✓ met".to_owned(), theme.success),
                    Some(reading) => (format!("✗ {}", reading.short_words()), theme.warning),
                };
                let is_here = at == row && year == self.table.year.get();
                pen.text_left(&text, YEAR_WIDTH, if is_here { theme.cursor } else { style });
            }
        }
        let here =
            rows.get(row).and_then(|(group, years)| Some((group, (*years.get(self.table.year.get())?)?)));
        if let Some((group, reading)) = here {
            let below = u16::try_from(rows.len() + 3).unwrap_or(u16::MAX);
            let share = format!("{}: {} % of {} %", group, reading.share(), reading.target);
            Pen::new(buf, inner, below).skip(1).text(&share, theme.title);
            Pen::new(buf, inner, below + 1).skip(1).text(&reading.to_string(), theme.plain);
        }
    }
}

/// Where a target is edited: the first cell of its people.
fn first_counter(group: MeasuredGroup) -> (TargetType, Counter) {
    let column = |gender| StatutoryColumn::ALL.into_iter().find(|column| column.gender == gender);
    let (table, level, column) = match group {
        MeasuredGroup::Level(level, gender) => {
            (TargetType::AllEmployees, level, column(gender.unwrap_or(Gender::Male)))
        }
        MeasuredGroup::Disability => (TargetType::DisabledEmployees, Level::Top, None),
    };
    (table, Counter::Cell(Slice::Level(level), column.unwrap_or(StatutoryColumn::ALL[0])))
}
