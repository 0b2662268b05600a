//! The report of a plan: what a committee is shown. One HTML file without anything from outside it.

mod charts;
pub mod html;

use jiff::civil::Date;

use crate::domain::benchmark::shortfall::{MeasuredGroup, ShareReading};
use crate::domain::id::PlanId;
use crate::domain::plan::export::ExportTable;
use crate::domain::text::Text;

/// What a report of a plan shows.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanReport {
    /// The plan.
    pub plan: PlanId,
    /// Its name.
    pub name: Text,
    /// Its first and last day; `None` when they could not be read.
    pub period: Option<(Date, Date)>,
    /// The sector it is measured by; `None` when it names none.
    pub sector: Option<Text>,
    /// Where the sector's targets are published.
    pub targets_source: Text,
    /// How many staged counters are in its numbers, which the server does not have yet.
    pub staged: usize,
    /// The day it was written.
    pub written_on: Date,
    /// The years that could be read.
    pub years: Vec<ReportYear>,
    /// What could not be read, in words.
    pub unread: Vec<String>,
}

/// A year of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportYear {
    /// The year of the plan, from 1.
    pub number: u32,
    /// Its first and last day; `None` when they could not be read.
    pub period: Option<(Date, Date)>,
    /// Its tables, with staged numbers applied.
    pub tables: Vec<ExportTable>,
    /// Every target of the sector compared with it; empty where there are none.
    pub measured: Vec<(MeasuredGroup, ShareReading)>,
    /// What deserves a look, each with its rule.
    pub findings: Vec<(String, String)>,
}

impl ReportYear {
    /// How a group compares with its target in this year; `None` where it was not measured.
    fn reading(&self, group: MeasuredGroup) -> Option<ShareReading> {
        self.measured.iter().find(|(known, _)| *known == group).map(|(_, reading)| *reading)
    }
}
