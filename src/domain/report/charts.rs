//! The charts of a report, as SVG. Shapes, dashes and words say what colours say.

use maud::{Markup, html};

use crate::domain::benchmark::shortfall::{MeasuredGroup, who};
use crate::domain::plan::counter::{Gender, Level};
use crate::domain::report::{PlanReport, ReportYear};

/// Width and height of a level's line chart, in pixels of the drawing.
const CHART: (f64, f64) = (380.0, 190.0);
/// The room around the lines: for the scale at the left, the last figures at the right, and the years below.
const MARGINS: (f64, f64, f64, f64) = (30.0, 78.0, 14.0, 22.0);
/// The width of a bar of 100 %.
const BAR_WIDTH: f64 = 260.0;
/// The height of a bar with the room around it.
const BAR_STEP: f64 = 22.0;

/// A level's shares of men and women in each year, with their targets as dashed lines. `None` where the level has no target.
pub(super) fn level_lines(report: &PlanReport, level: Level) -> Option<Markup> {
    let genders = [Gender::Male, Gender::Female];
    let readings = |gender| {
        let group = MeasuredGroup::Level(level, Some(gender));
        report
            .years
            .iter()
            .filter_map(move |year| Some((year.number, year.reading(group)?)))
            .collect::<Vec<_>>()
    };
    let lines = genders.map(|gender| (gender, readings(gender)));
    if lines.iter().any(|(_, points)| points.is_empty()) {
        return None;
    }
    let (width, height) = CHART;
    let (left, right, top, bottom) = MARGINS;
    let shown = lines
        .iter()
        .flat_map(|(_, points)| points)
        .map(|(_, reading)| reading.percent().max(reading.target.percent()));
    // The scale ends at the next ten per cent.
    let most = (shown.fold(10.0, f64::max) / 10.0).ceil() * 10.0;
    let years = report.years.len();
    let x = |at: usize| {
        left + (width - left - right) * if years < 2 { 0.5 } else { at as f64 / (years - 1) as f64 }
    };
    let y = |percent: f64| top + (height - top - bottom) * (1.0 - percent / most);
    let place = |number: u32| report.years.iter().position(|year| year.number == number).unwrap_or_default();
    let title = format!("{}: designated men and women in per cent of the level, by year", level.label());
    Some(html! {
        figure {
            svg viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(title) {
                title { (title) }
                @for tenth in 0..=(most / 20.0) as u32 {
                    @let at = f64::from(tenth) * 20.0;
                    line class="grid" x1=(left) x2=(width - right) y1=(y(at)) y2=(y(at)) {}
                    text class="scale" x=(left - 4.0) y=(y(at) + 3.0) text-anchor="end" { (at) }
                }
                @for (at, year) in report.years.iter().enumerate() {
                    text class="scale" x=(x(at)) y=(height - 6.0) text-anchor="middle" { "Y" (year.number) }
                }
                @for (gender, points) in &lines {
                    @let class = who(Some(*gender));
                    @if let Some((_, reading)) = points.last() {
                        @let at = y(reading.target.percent());
                        line class=(format!("{class} target")) x1=(left) x2=(width - right) y1=(at) y2=(at) {}
                    }
                    @let path = points.iter().map(|(year, reading)| format!("{:.1},{:.1}", x(place(*year)), y(reading.percent())));
                    polyline class=(class) points=(path.collect::<Vec<_>>().join(" ")) {}
                    @for (year, reading) in points {
                        @let (x, y) = (x(place(*year)), y(reading.percent()));
                        @if *gender == Gender::Male {
                            circle class=(class) cx=(x) cy=(y) r="3" {}
                        } @else {
                            rect class=(class) x=(x - 3.0) y=(y - 3.0) width="6" height="6" {}
                        }
                    }
                }
                @for (gender, at) in label_heights(&lines.each_ref().map(|(_, points)| points.last().map_or(0.0, |(_, r)| y(r.percent())))) {
                    @let (gender, points) = &lines[gender];
                    @if let Some((_, reading)) = points.last() {
                        text class=(format!("{} label", who(Some(*gender)))) x=(width - right + 6.0) y=(at + 3.0) {
                            (who(Some(*gender))) " " (reading.share())
                        }
                    }
                }
            }
            figcaption { (level.label()) }
        }
    })
}

/// The heights of the two labels at the ends of the lines, moved apart where they would cover each other.
fn label_heights(ends: &[f64; 2]) -> [(usize, f64); 2] {
    const APART: f64 = 11.0;
    let (upper, lower) = if ends[0] <= ends[1] { (0, 1) } else { (1, 0) };
    let missing = (APART - (ends[lower] - ends[upper])).max(0.0);
    [(upper, ends[upper] - missing / 2.0), (lower, ends[lower] + missing / 2.0)]
}

/// Every target of a year as a bar of the share that is there, with a mark where the target is.
pub(super) fn year_bars(year: &ReportYear) -> Markup {
    let label_width = 110.0;
    let height = year.measured.len() as f64 * BAR_STEP + 6.0;
    let width = label_width + BAR_WIDTH + 250.0;
    let x = |percent: f64| label_width + BAR_WIDTH * percent / 100.0;
    let title = format!("Year {}: shares that are there, and the targets", year.number);
    html! {
        svg class="bars" viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(title) {
            title { (title) }
            @for (at, (group, reading)) in year.measured.iter().enumerate() {
                @let top = at as f64 * BAR_STEP + 4.0;
                @let class = if reading.is_met() { "met" } else { "short" };
                text class="name" x=(label_width - 6.0) y=(top + 11.0) text-anchor="end" { (group) }
                rect class="rail" x=(label_width) y=(top) width=(BAR_WIDTH) height="14" {}
                rect class=(class) x=(label_width) y=(top) width=(format!("{:.1}", x(reading.percent()) - label_width)) height="14" {}
                line class="mark" x1=(x(reading.target.percent())) x2=(x(reading.target.percent())) y1=(top - 3.0) y2=(top + 17.0) {}
                text class="value" x=(label_width + BAR_WIDTH + 8.0) y=(top + 11.0) {
                    (if reading.is_met() { "✓ " } else { "✗ " })
                    (reading.share()) " of " (reading.target) " % · " (reading.short_words())
                }
            }
        }
    }
}
