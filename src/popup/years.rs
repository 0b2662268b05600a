//! All years of one level side by side, and the designated share of every level over the years as a chart.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use strum::VariantArray;

use crate::domain::plan::Plan;
use crate::domain::plan::counter::{Counter, Level, Slice, StatutoryColumn};
use crate::domain::plan::matrix::{Matrix, format_percent};
use crate::domain::plan::table_ref::TableRef;
use crate::domain::plan::target::TargetType;
use crate::domain::refusal::Refusal;
use crate::domain::text::Text;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::input::command::key;
use crate::kit::frame::{centred, draw};
use crate::kit::pen::{Pen, highlight};
use crate::nav::{Context, Destination, Nav};
use crate::workspace::Workspace;

/// The years of one level.
#[derive(Debug)]
pub struct YearsPopup {
    /// The table of the year under the cursor.
    table: TableRef,
    level: Level,
}

/// Width of the chart's labels.
const LABEL_WIDTH: u16 = 14;
/// Width of a number.
const NUMBER_WIDTH: u16 = 5;

/// The line before a column that begins a group; empty before others.
fn group_separator(at: usize, column: StatutoryColumn) -> &'static str {
    if at > 0 && column.begins_group() { " │" } else { "" }
}

impl YearsPopup {
    /// The years of a level in tables of this type, with the cursor on the year of this one.
    pub fn new(table: TableRef, level: Level) -> Self {
        Self { table, level }
    }

    /// Runs a command: up and down change the year, left and right the level.
    pub fn command(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Result<Nav, Refusal> {
        let years = workspace.plan(self.table.plan).map_or(0, |plan| plan.milestones.len());
        let at = self.level as usize;
        let level = |at: usize| Level::VARIANTS.get(at).copied();
        match command {
            Command::Up => self.table.year = self.table.year.previous().unwrap_or_default(),
            Command::Down if self.table.year.next().get() < years => {
                self.table.year = self.table.year.next();
            }
            Command::Down => {}
            Command::Left => self.level = at.checked_sub(1).and_then(level).unwrap_or(self.level),
            Command::Right => self.level = level(at + 1).unwrap_or(self.level),
            Command::Back | Command::LeaveYears => return Ok(Nav::Back),
            Command::GoToYear => {
                let counter = Counter::Cell(Slice::Level(self.level), StatutoryColumn::ALL[0]);
                let cell = workspace.counter_in(&self.table, &counter);
                return cell.map_or_else(
                    || Err(Refusal::from("the server returned no counter there")),
                    |cell| Ok(Nav::Open(Destination::Plan(self.table.plan, Some(cell)))),
                );
            }
            _ => {
                return Err(Refusal::from(concat!(
                    "up and down change the year, left and right the level; ",
                    key!("to-year"),
                    " goes there"
                )));
            }
        }
        Ok(Nav::Stay)
    }

    /// Draws the table of the years and, below it, the chart.
    pub fn view(&self, workspace: &Workspace, cx: &Context, buf: &mut Buffer) {
        let years = workspace.plan(self.table.plan).map_or(0, |plan| plan.milestones.len());
        let shown = u16::try_from(years).unwrap_or(u16::MAX);
        let rows = shown.saturating_add(13);
        let outer = centred(cx.area, 118, rows);
        let title = format!("{} over the years · {}", self.level.label(), self.table.table);
        let inner = draw(buf, outer, &title, cx.theme.title, cx.theme.frame);
        let theme = cx.theme;
        let mut pen = Pen::new(buf, inner, 0);
        pen.skip(7);
        for (at, column) in StatutoryColumn::ALL.into_iter().enumerate() {
            pen.text(group_separator(at, column), theme.dim);
            pen.text_right(column.heading(), NUMBER_WIDTH, theme.title);
        }
        pen.text(" │", theme.dim).text_right("Total", 6, theme.title).text_right("Des. %", 7, theme.title);
        let Some(plan) = workspace.plan(self.table.plan) else { return };
        for (at, (year, milestone)) in (1..).zip(plan.years()) {
            let mut pen = Pen::new(buf, inner, at);
            pen.text_left(&format!("Year {}", milestone.year), 7, theme.plain);
            let Some(matrix) = workspace.matrix(&self.table.in_year(year)) else { continue };
            for (at, column) in StatutoryColumn::ALL.into_iter().enumerate() {
                pen.text(group_separator(at, column), theme.dim);
                let count = matrix.count(self.level, column);
                pen.text_right(
                    &count.map_or_else(|| "–".into(), |n| n.to_string()),
                    NUMBER_WIDTH,
                    theme.plain,
                );
            }
            let (total, designated) = (matrix.total(self.level), matrix.designated(self.level, None));
            pen.text(" │", theme.dim).text_right(&total.to_string(), 6, theme.total);
            pen.text_right(&format_percent(designated, total), 7, theme.plain);
            if year == self.table.year {
                highlight(buf, inner, at, theme.cursor);
            }
        }
        let below = Rect {
            y: inner.y.saturating_add(shown).saturating_add(2),
            height: inner.height.saturating_sub(shown.saturating_add(2)),
            ..inner
        };
        self.draw_chart(workspace, cx, below, buf);
    }

    /// One line per level: each year's number marks its designated share on a scale to 100 %, and `│` marks
    /// the target.
    fn draw_chart(&self, workspace: &Workspace, cx: &Context, area: Rect, buf: &mut Buffer) {
        let theme = cx.theme;
        let all_employees = self.table.of_type(&TargetType::AllEmployees);
        let years: Vec<(u32, Option<Matrix>)> = workspace
            .plan(self.table.plan)
            .into_iter()
            .flat_map(Plan::years)
            .map(|(year, m)| (m.year, workspace.matrix(&all_employees.in_year(year))))
            .collect();
        let target = workspace.sector_target(self.table.plan);
        let from = match (workspace.sector(self.table.plan), target) {
            (Some(sector), Some(_)) => {
                let source = Text::from(workspace.benchmarks.targets_source.as_str());
                format!("│ target: {} · {source}", Text::from(sector))
            }
            (Some(_), None) => "there are no targets for this sector; :sector chooses another".into(),
            (None, _) => "this plan names no sector; :sector chooses one".into(),
        };
        Pen::new(buf, area, 0).text(
            "Designated share of each level, all employees: every year's number on a scale",
            theme.title,
        );
        Pen::new(buf, area, 1).text(&from, theme.dim);
        let scale = area.width.saturating_sub(LABEL_WIDTH + 22).max(10);
        let designated = |matrix: &Matrix, level: Level| {
            let total = matrix.total(level);
            (total > 0).then(|| matrix.designated(level, None) * 1000 / total)
        };
        let known = Level::VARIANTS.iter().flat_map(|level| {
            let goal = target
                .and_then(|target| target.level(*level))
                .map(|goal| goal.for_gender(None).min_people(1000));
            years.iter().filter_map(|(_, matrix)| designated(matrix.as_ref()?, *level)).chain(goal)
        });
        // The scale starts at the ten per cent step below the lowest share, so that similar shares can be
        // told apart.
        let least = known.min().unwrap_or(0) / 100 * 100;
        let least = least.min(900);
        let place = |share: u64| ((share - least) * u64::from(scale - 1) / (1000 - least)) as usize;
        let mut pen = Pen::new(buf, area, 2);
        let ruler = format!("{:<1$}100 %", least / 10, usize::from(scale) - 3);
        pen.skip(LABEL_WIDTH).text(&ruler, theme.dim);
        for (row, level) in (3..).zip(Level::VARIANTS.iter().copied()) {
            let mut line = vec!['·'; usize::from(scale)];
            let goal = target.and_then(|target| target.level(level)).map(|target| target.for_gender(None));
            if let Some(goal) = goal {
                line[place(goal.min_people(1000).min(1000))] = '│';
            }
            let mut ends = Vec::new();
            for (year, matrix) in &years {
                let Some(matrix) = matrix else { continue };
                let (people, total) = (matrix.designated(level, None), matrix.total(level));
                if total == 0 {
                    continue;
                }
                ends.push(format_percent(people, total));
                line[designated(matrix, level).map_or(0, place)] =
                    char::from_digit(year % 10, 10).unwrap_or('?');
            }
            let here = level == self.level;
            let mut pen = Pen::new(buf, area, row);
            pen.text_left(level.label(), LABEL_WIDTH, if here { theme.title } else { theme.plain });
            pen.text(&line.into_iter().collect::<String>(), if here { theme.plain } else { theme.dim });
            let ends = match ends.as_slice() {
                [] => "nobody".to_owned(),
                [only] => only.clone(),
                [from, .., to] => format!("{from} → {to}"),
            };
            let goal = goal.map(|goal| format!(" of {goal}")).unwrap_or_default();
            pen.text(&format!(" {ends}{goal}"), theme.plain);
        }
    }
}
