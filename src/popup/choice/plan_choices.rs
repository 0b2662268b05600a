//! The items that can be chosen in a plan: cells, sectors, EAP regions, findings.

use crate::domain::change::counter_change::{CounterRef, TargetRef};
use crate::domain::id::PlanId;
use crate::domain::plan::Plan;
use crate::domain::plan::counter::Counter;
use crate::domain::plan::table_ref::TableRef;
use crate::domain::text::Text;
use crate::kit::picker::PickerItem;
use crate::nav::{ChoiceMade, Destination, Nav};
use crate::workspace::{ComparedPlan, Workspace};

/// Every cell of the plan; those of this year index and table come first.
pub(super) fn cells(workspace: &Workspace, shown: &TableRef) -> Vec<PickerItem<Nav>> {
    let TableRef { plan, year, table } = shown;
    let (plan, mut items) = (*plan, Vec::new());
    let mut milestones: Vec<_> = workspace.plan(plan).into_iter().flat_map(Plan::years).collect();
    milestones.sort_by_key(|(at, _)| at != year);
    for (_, milestone) in milestones {
        let mut targets: Vec<_> = milestone.targets.iter().collect();
        targets.sort_by_key(|target| target.target_type != *table);
        for target in targets {
            let place = TargetRef { plan, milestone: milestone.id, target: target.id };
            let beside = format!("Year {} · {}", milestone.year, target.target_type);
            for (counter, _) in &target.counters {
                let text = match counter {
                    Counter::Cell(slice, column) => {
                        format!("{} {} · {}", Text::from(slice.label()), column.heading(), column.label())
                    }
                    Counter::Other(_) => counter.to_string(),
                };
                let cell = CounterRef { target: place, counter: counter.clone() };
                let text = format!("{text} · {beside}");
                items.push(PickerItem::new(
                    text,
                    String::new(),
                    Nav::Open(Destination::Plan(plan, Some(cell))),
                ));
            }
        }
    }
    items
}

/// The sectors that have targets.
pub(super) fn sectors(workspace: &Workspace, plan: PlanId) -> Vec<PickerItem<Nav>> {
    let used = workspace.sector(plan);
    let item = |sector: &str| {
        let beside = if used == Some(sector) { "(now)" } else { "" };
        let chosen = ChoiceMade::Sector(plan, sector.to_owned());
        PickerItem::new(Text::from(sector).to_string(), beside.into(), Nav::Chosen(chosen))
    };
    workspace.benchmarks.sector_names().map(item).collect()
}

/// The regions of the EAP, each with the year of its figures.
pub(super) fn regions(workspace: &Workspace) -> Vec<PickerItem<Nav>> {
    let item = |(at, eap): (usize, &crate::domain::benchmark::Eap)| {
        let used = if at == workspace.region_index { "(now)" } else { "" };
        let vintage = Text::from(eap.vintage.as_str());
        let text = format!("{} · {vintage}", Text::from(eap.region.as_str()));
        PickerItem::new(text, used.into(), Nav::Chosen(ChoiceMade::Region(at)))
    };
    workspace.benchmarks.eaps().iter().enumerate().map(item).collect()
}

/// The plans of the account and their years, as far as they were read; this plan comes last.
pub(super) fn compared_plans(workspace: &Workspace, plan: PlanId) -> Vec<PickerItem<Nav>> {
    let used = workspace.compared_plan(plan);
    let item = |other: &Plan, compared: ComparedPlan| {
        let year = compared.year.map_or_else(|| "the same year".to_owned(), |year| format!("Year {year}"));
        let beside = if used == Some(compared) { "(now)" } else { "" };
        let chosen = Nav::Chosen(ChoiceMade::ComparedPlan(plan, compared));
        PickerItem::new(format!("{} · {year}", other.name()), beside.into(), chosen)
    };
    let mut listed: Vec<&Plan> = workspace.plan_list.iter().flat_map(|list| &list.value.rows).collect();
    listed.sort_by_key(|other| other.id == plan);
    let mut items = Vec::new();
    for other in listed {
        if other.id != plan {
            items.push(item(other, ComparedPlan { plan: other.id, year: None }));
        }
        let years = workspace.plan(other.id).map_or(&[][..], |read| &read.milestones);
        items.extend(years.iter().map(|m| item(other, ComparedPlan { plan: other.id, year: Some(m.year) })));
    }
    items
}

/// The findings of a plan, each with its rule.
pub(super) fn findings(workspace: &Workspace, plan: PlanId) -> Vec<PickerItem<Nav>> {
    let milestones = workspace.plan(plan).map_or(&[][..], |plan| &plan.milestones);
    let findings = workspace.findings(plan);
    let item = |finding: &crate::domain::benchmark::finding::Finding| {
        let year = milestones.get(finding.year.get()).map_or(0, |m| m.year);
        let column = finding.column.map(|column| format!(" {}", column.heading())).unwrap_or_default();
        let text = format!("Year {year} · {}{column}: {}", finding.subject.label(), finding.message);
        let cell = workspace.counter_of_finding(plan, finding)?;
        let destination = Nav::Open(Destination::Plan(plan, Some(cell)));
        Some(PickerItem::new(text, String::new(), destination).with_help(format!("Rule: {}", finding.rule)))
    };
    findings.iter().filter_map(item).collect()
}
