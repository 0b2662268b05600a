//! The report of a plan, made from the numbers of the workspace.

use jiff::civil::Date;

use crate::domain::benchmark::shortfall::measured_targets;
use crate::domain::id::PlanId;
use crate::domain::plan::table_ref::TableRef;
use crate::domain::plan::target::TargetType;
use crate::domain::record::Value;
use crate::domain::report::{PlanReport, ReportYear};
use crate::domain::text::Text;
use crate::workspace::Workspace;
use crate::workspace::plan_file::ExportScope;

impl Workspace {
    /// The report of a plan with staged changes applied; `None` when the plan was not read.
    pub fn plan_report(&self, id: PlanId, today: Date) -> Option<PlanReport> {
        let plan = self.plan(id)?;
        let findings = self.findings(id);
        let mut years = Vec::new();
        for (year, milestone) in plan.years() {
            let table = |table| self.matrix(&TableRef { plan: id, year, table });
            let all = table(TargetType::AllEmployees);
            let disabled = table(TargetType::DisabledEmployees);
            let measured = self
                .sector_target(id)
                .zip(all)
                .map(|(targets, all)| measured_targets(targets, &all, disabled.as_ref()));
            let of_year = findings.iter().filter(|finding| finding.year == year);
            let words = of_year.map(|finding| {
                let column =
                    finding.column.map(|column| format!(" {}", column.heading())).unwrap_or_default();
                (format!("{}{column}: {}", finding.subject.label(), finding.message), finding.rule.clone())
            });
            years.push(ReportYear {
                number: milestone.year,
                period: milestone.period,
                tables: self.plan_export(id, &ExportScope::Year(year))?.tables,
                measured: measured.unwrap_or_default(),
                findings: words.collect(),
            });
        }
        let period = match (plan.record.value("start_date"), plan.record.value("end_date")) {
            (Value::Date(first), Value::Date(last)) => Some((*first, *last)),
            _ => None,
        };
        let unread = plan.unreadable_milestones.iter();
        let unread = unread.chain(plan.milestones.iter().flat_map(|year| &year.unreadable_targets));
        Some(PlanReport {
            plan: id,
            name: plan.name(),
            period,
            sector: self.sector(id).map(Text::from),
            targets_source: Text::from(self.benchmarks.targets_source.as_str()),
            staged: self.counter_changes.count_in_plan(id),
            written_on: today,
            years,
            unread: unread.cloned().collect(),
        })
    }
}
