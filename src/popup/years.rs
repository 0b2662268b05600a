//! All years of one level side by side, with its share of designated men and women against the targets as charts.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::symbols::Marker;
use ratatui::text::Line;
use ratatui::widgets::{Axis, Bar, BarChart, Chart, Dataset, GraphType, Widget};
use strum::VariantArray;

use crate::domain::benchmark::shortfall::{ShareReading, who};
use crate::domain::plan::Milestone;
use crate::domain::plan::counter::{Counter, Gender, Level, Slice, StatutoryColumn};
use crate::domain::plan::matrix::format_percent;
use crate::domain::plan::table_ref::{TableRef, YearIndex};
use crate::domain::plan::target::TargetType;
use crate::domain::refusal::Refusal;
use crate::domain::text::Text;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::input::command::key;
use crate::kit::frame::{centred, draw};
use crate::kit::pen::{Pen, highlight};
use crate::nav::{Context, Destination, Nav};
use crate::theme::Theme;
use crate::workspace::Workspace;

/// The years of one level.
#[derive(Debug)]
pub struct YearsPopup {
    /// The table of the year under the cursor.
    table: TableRef,
    level: Level,
}

/// Rows of the popup besides those of the years, as far as there is room.
const CHART_ROWS: u16 = 21;
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
        let rows = shown.saturating_add(CHART_ROWS);
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
        self.draw_charts(workspace, cx, below, buf);
    }

    /// The share of men and of women of the level in every year as lines, with their targets; beside it the year under the
    /// cursor as bars, each above the bar of its target.
    fn draw_charts(&self, workspace: &Workspace, cx: &Context, area: Rect, buf: &mut Buffer) {
        let theme = cx.theme;
        let readings = self.readings(workspace);
        if readings.is_empty() {
            let why = match (workspace.sector(self.table.plan), workspace.sector_target(self.table.plan)) {
                (None, _) => "this plan names no sector; :sector chooses one to draw it against",
                (Some(_), None) => "there are no targets for this sector; :sector chooses another",
                (Some(_), Some(_)) => {
                    "the sector has no target for this level, so there is nothing to draw it against"
                }
            };
            Pen::new(buf, area, 0).skip(1).text(why, theme.dim);
            return;
        }
        let sector = workspace.sector(self.table.plan).unwrap_or_default();
        let source = Text::from(workspace.benchmarks.targets_source.as_str());
        let title = format!("{} · {source}", Text::from(sector));
        Pen::new(buf, area, 0).skip(1).text(&title, theme.dim);
        let area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        let [lines, bars] =
            Layout::horizontal([Constraint::Fill(3), Constraint::Max(BARS_WIDTH)]).spacing(2).areas(area);
        let [lines, legend] = Layout::vertical([Constraint::Fill(1), Constraint::Length(2)]).areas(lines);
        draw_lines(&readings, theme, lines, buf);
        for (at, (gender, sign, target)) in SIGNS.iter().enumerate() {
            let ends = |year: &YearReadings| year.readings[at].share();
            let (first, last) = (readings.first().map(ends), readings.last().map(ends));
            let wanted = readings.first().map(|year| year.readings[at].target.to_string());
            let words = format!(
                "{sign} {}: {} → {} %  {target} target {}",
                who(Some(*gender)),
                first.unwrap_or_default(),
                last.unwrap_or_default(),
                wanted.unwrap_or_default()
            );
            Pen::new(buf, legend, at as u16).skip(1).text(&words, style_of(*gender, theme));
        }
        if let Some(year) = readings.iter().find(|year| year.year == self.table.year) {
            draw_bars(year, theme, bars, buf);
        }
    }

    /// Men, women and all of the level in each year, compared with their targets; empty where there are none.
    fn readings(&self, workspace: &Workspace) -> Vec<YearReadings> {
        let Some(plan) = workspace.plan(self.table.plan) else { return Vec::new() };
        let targets = workspace.sector_target(self.table.plan).and_then(|sector| sector.level(self.level));
        let Some(targets) = targets else { return Vec::new() };
        let all_employees = self.table.of_type(&TargetType::AllEmployees);
        let of_year = |(year, milestone): (YearIndex, &Milestone)| {
            let matrix = workspace.matrix(&all_employees.in_year(year))?;
            let readings = [Some(Gender::Male), Some(Gender::Female), None].map(|gender| {
                ShareReading::of_level(&matrix, self.level, gender, targets.for_gender(gender))
            });
            Some(YearReadings { year, number: milestone.year, readings })
        };
        plan.years().filter_map(of_year).collect()
    }
}

/// A level in a year: men, women and all.
struct YearReadings {
    year: YearIndex,
    number: u32,
    readings: [ShareReading; 3],
}

/// The sign of a gender's points in the chart, and of its target's line: nothing is told by colour alone.
const SIGNS: [(Gender, char, char); 2] = [(Gender::Male, 'm', '-'), (Gender::Female, 'w', '=')];

/// The width of the bars with their labels and numbers.
const BARS_WIDTH: u16 = 34;

/// The style of a gender's line.
fn style_of(gender: Gender, theme: &Theme) -> Style {
    match gender {
        Gender::Male => theme.total,
        Gender::Female => theme.changed,
    }
}

/// The shares of men and women over the years.
fn draw_lines(years: &[YearReadings], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let numbers = || years.iter().map(|year| f64::from(year.number));
    let (first, last) = (numbers().fold(f64::MAX, f64::min), numbers().fold(f64::MIN, f64::max));
    let shown = years.iter().flat_map(|year| &year.readings[..2]);
    let most = shown.map(|reading| reading.percent().max(reading.target.percent())).fold(10.0, f64::max);
    // The scale ends at the next twenty per cent.
    let most = ((most / 20.0).ceil() * 20.0).min(100.0);
    let of = |figure: fn(ShareReading) -> f64| {
        [0, 1].map(|at| {
            years.iter().map(|year| (f64::from(year.number), figure(year.readings[at]))).collect::<Vec<_>>()
        })
    };
    let (shares, targets) = (of(ShareReading::percent), of(|reading| reading.target.percent()));
    let mut sets = Vec::new();
    for (at, (gender, _, sign)) in SIGNS.iter().enumerate() {
        let line =
            Dataset::default().data(&targets[at]).marker(Marker::Custom(*sign)).graph_type(GraphType::Line);
        sets.push(line.style(style_of(*gender, theme)));
    }
    for (at, (gender, sign, _)) in SIGNS.iter().enumerate() {
        let style = style_of(*gender, theme);
        let line = Dataset::default().data(&shares[at]).marker(Marker::Braille).graph_type(GraphType::Line);
        let points =
            Dataset::default().data(&shares[at]).marker(Marker::Custom(*sign)).graph_type(GraphType::Scatter);
        sets.extend([line.style(style), points.style(style.add_modifier(Modifier::BOLD))]);
    }
    let years = years.iter().map(|year| format!("Y{}", year.number)).collect::<Vec<_>>();
    let scale = [0.0, most / 2.0, most].map(|percent| format!("{percent:.0}%"));
    Chart::new(sets)
        .style(theme.plain)
        .legend_position(None)
        .x_axis(Axis::default().bounds([first, last]).labels(years).style(theme.dim))
        .y_axis(Axis::default().bounds([0.0, most]).labels(scale).style(theme.dim))
        .render(area, buf);
}

/// A year as bars: what is there, and below it what is wanted.
fn draw_bars(year: &YearReadings, theme: &Theme, area: Rect, buf: &mut Buffer) {
    Pen::new(buf, area, 0).text(&format!("Year {}", year.number), theme.title);
    let bars = year.readings.iter().zip(["men", "women", "all"]).flat_map(|(reading, who)| {
        let style = if reading.is_met() { theme.success } else { theme.warning };
        let sign = if reading.is_met() { '✓' } else { '✗' };
        let tenths = |percent: f64| (percent * 10.0).round() as u64;
        let bar = |label: String, value: f64, text: String, style: Style| {
            Bar::default()
                .label(Line::from(label))
                .value(tenths(value))
                .text_value(text)
                .style(style)
                .value_style(style.add_modifier(Modifier::REVERSED))
        };
        [
            bar(format!("{sign} {who}"), reading.percent(), format!("{} %", reading.share()), style),
            bar("target".into(), reading.target.percent(), format!("{} %", reading.target), theme.dim),
        ]
    });
    let area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    BarChart::horizontal(bars.collect::<Vec<_>>())
        .bar_width(1)
        .bar_gap(0)
        .max(1000)
        .label_style(theme.plain)
        .render(area, buf);
}
