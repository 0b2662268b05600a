//! The report as one HTML file: it asks for nothing from outside, and prints to A4.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use strum::VariantArray;

use crate::domain::benchmark::shortfall::{MeasuredGroup, ShareReading};
use crate::domain::plan::counter::{Level, StatutoryColumn};
use crate::domain::plan::export::{ExportTable, SUMS_LABEL};
use crate::domain::report::charts::{level_lines, year_bars};
use crate::domain::report::{PlanReport, ReportYear};

/// The report's looks. Nothing in it is loaded.
const STYLE: &str = include_str!("../../../assets/report.css");

/// A browser that opens the report may load nothing at all.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

impl PlanReport {
    /// The report as an HTML document.
    pub fn to_html(&self) -> String {
        let title = format!("Employment Equity plan: {}", self.name);
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    (self.first_page(&title))
                    @for year in &self.years { (year_page(year)) }
                    (self.sources())
                }
            }
        };
        page.into_string()
    }

    fn first_page(&self, title: &str) -> Markup {
        let years = |(first, last)| format!("{first} – {last}");
        let period = self.period.map_or_else(|| "not known".to_owned(), years);
        let sector = self.sector.as_ref().map_or_else(|| "none is named".to_owned(), ToString::to_string);
        html! {
            header {
                h1 { (title) }
                dl {
                    dt { "Plan" } dd { (self.name) " (" (self.plan) ")" }
                    dt { "Period" } dd { (period) }
                    dt { "Sector" } dd { (sector) }
                    dt { "Written" } dd { (self.written_on) }
                }
                @if self.staged > 0 {
                    p class="note" {
                        "Of the numbers in this report, " (self.staged)
                        " are staged: they are not on the server yet."
                    }
                }
                @for why in &self.unread { p class="note" { "Not in this report: " (why) } }
            }
            section {
                h2 { "Summary" }
                (self.summary())
                div class="charts" {
                    @for level in Level::VARIANTS.iter().copied() {
                        @if let Some(chart) = level_lines(self, level) { (chart) }
                    }
                }
                @if self.years.iter().any(|year| !year.measured.is_empty()) {
                    p class="legend" {
                        "Designated people in per cent of everybody at the level. Round points: men. Square points: women. \
                         Dashed: the target."
                    }
                }
            }
        }
    }

    /// Every target in every year: met, or how many people are short.
    fn summary(&self) -> Markup {
        let groups: Vec<MeasuredGroup> = self
            .years
            .iter()
            .map(|year| &year.measured)
            .max_by_key(|measured| measured.len())
            .map_or_else(Vec::new, |measured| measured.iter().map(|(group, _)| *group).collect());
        if groups.is_empty() {
            return html! { p { "There are no targets to measure this plan by: its sector is not known or has none." } };
        }
        html! {
            table class="summary" {
                thead { tr {
                    th scope="col" { "Target" }
                    @for year in &self.years { th scope="col" { "Year " (year.number) } }
                } }
                tbody {
                    @for group in groups {
                        tr {
                            th scope="row" { (group) }
                            @for year in &self.years {
                                @match year.reading(group) {
                                    None => td { "–" },
                                    Some(reading) => td class=(class_of(reading)) { (sign_of(reading)) (reading.short_words()) },
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn sources(&self) -> Markup {
        html! {
            footer {
                h2 { "Sources and how it is counted" }
                ul {
                    li { "Numbers: the plan as read from BEEtoolkit on " (self.written_on) "." }
                    li { "Targets: " (self.targets_source) ". The reference is given, not a claim that it is in force." }
                    li {
                        "Designated are African, Coloured and Indian people and women. Each gender is divided by everybody at the \
                         level, white men and foreign nationals included. Where leaving foreign nationals out decides, both answers \
                         are given."
                    }
                    li {
                        "Short by replacement: the level stays as large and others make room. Short by hiring: people are added."
                    }
                    li { "People with disabilities are compared with 3 % of everybody at the six levels." }
                }
            }
        }
    }
}

/// A year on a page of its own.
fn year_page(year: &ReportYear) -> Markup {
    let period = year.period.map_or_else(String::new, |(first, last)| format!(" · {first} – {last}"));
    html! {
        section class="year" {
            h2 { "Year " (year.number) (period) }
            @for table in &year.tables { (table_of(table)) }
            @if !year.measured.is_empty() {
                h3 { "Targets of the sector" }
                (year_bars(year))
                (shortfalls(year))
            }
            @if !year.findings.is_empty() {
                h3 { "What deserves a look" }
                ul { @for (message, rule) in &year.findings { li { (message) " " span class="rule" { "(" (rule) ")" } } } }
            }
        }
    }
}

fn class_of(reading: ShareReading) -> &'static str {
    match reading {
        _ if reading.total == 0 => "nobody",
        _ if reading.is_met() => "met",
        _ => "short",
    }
}

fn sign_of(reading: ShareReading) -> &'static str {
    match class_of(reading) {
        "met" => "✓ ",
        "short" => "✗ ",
        _ => "",
    }
}

/// One table of a year, in statutory order, with its sums.
fn table_of(table: &ExportTable) -> Markup {
    html! {
        table class="counts" {
            caption { (table.target_type) }
            thead { tr {
                th scope="col" { "Level" }
                @for column in StatutoryColumn::ALL {
                    th scope="col" class=[column.begins_group().then_some("group")] title=(column.label()) { (column.heading()) }
                }
                th scope="col" class="group" { "Total" }
            } }
            tbody {
                @for (label, numbers, sum) in table.lines_with_sums() {
                    tr class=[(label == SUMS_LABEL).then_some("sum")] {
                        th scope="row" { (label) }
                        @for (column, number) in StatutoryColumn::ALL.into_iter().zip(numbers) {
                            td class=[column.begins_group().then_some("group")] { @if let Some(number) = number { (number) } }
                        }
                        td class="group" { (sum) }
                    }
                }
            }
        }
    }
}

/// In words what is short in a year.
fn shortfalls(year: &ReportYear) -> Markup {
    let is_open = |reading: &ShareReading| !reading.is_met() || reading.without_foreign().is_some();
    let open: Vec<_> = year.measured.iter().filter(|(_, reading)| is_open(reading)).collect();
    html! {
        @if open.is_empty() {
            p class="met" { "✓ Every target is met." }
        } @else {
            table class="short-list" {
                thead { tr {
                    th scope="col" { "Target" } th scope="col" { "Have" } th scope="col" { "Share" } th scope="col" { "Wanted" }
                    th scope="col" { "Standing" }
                } }
                tbody { @for (group, reading) in open {
                    tr {
                        th scope="row" { (group) }
                        td { (reading.have) " of " (reading.total) }
                        td { (reading.share()) " %" }
                        td { (reading.target) " %" }
                        td { (reading) }
                    }
                } }
            }
        }
    }
}
