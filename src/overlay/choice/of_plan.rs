//! What is chosen of a plan: its cells, its sector, the region of the EAP, what deserves a look.

use crate::desk::Desk;
use crate::domain::change::{Cell, TargetPlace};
use crate::domain::counter::Counter;
use crate::domain::id::PlanId;
use crate::domain::target::TargetType;
use crate::domain::text::Text;
use crate::kit::picker::Item;
use crate::nav::{Chosen, Nav, Place};

/// Every cell of the plan, those of a year and a table first.
pub(super) fn cells(desk: &Desk, plan: PlanId, year: usize, table: &TargetType) -> Vec<Item<Nav>> {
    let mut items = Vec::new();
    let milestones = desk.plan(plan).into_iter().flat_map(|plan| plan.milestones.iter().enumerate());
    let mut milestones: Vec<_> = milestones.collect();
    milestones.sort_by_key(|(at, _)| *at != year);
    for (_, milestone) in milestones {
        let mut targets: Vec<_> = milestone.targets.iter().collect();
        targets.sort_by_key(|target| target.target_type != *table);
        for target in targets {
            let place = TargetPlace { plan, milestone: milestone.id, target: target.id };
            let beside = format!("Year {} · {}", milestone.year, target.target_type);
            for (counter, _) in &target.counters {
                let text = match counter {
                    Counter::Cell(slice, column) => {
                        format!("{} {} · {}", Text::from(slice.label()), column.head(), column.words())
                    }
                    Counter::Other(_) => counter.to_string(),
                };
                let cell = Cell { place, counter: counter.clone() };
                let text = format!("{text} · {beside}");
                items.push(Item::new(text, String::new(), Nav::Open(Place::Plan(plan, Some(cell)))));
            }
        }
    }
    items
}

/// The sectors there are targets for.
pub(super) fn sectors(desk: &Desk, plan: PlanId) -> Vec<Item<Nav>> {
    let used = desk.sector(plan);
    let item = |sector: &str| {
        let beside = if used == Some(sector) { "(now)" } else { "" };
        let chosen = Chosen::Sector(plan, sector.to_owned());
        Item::new(Text::from(sector).to_string(), beside.into(), Nav::Chosen(chosen))
    };
    desk.benchmarks.sectors().map(item).collect()
}

/// The regions of the EAP in their vintages.
pub(super) fn regions(desk: &Desk) -> Vec<Item<Nav>> {
    let item = |(at, eap): (usize, &crate::domain::benchmark::Eap)| {
        let used = if at == desk.region { "(now)" } else { "" };
        let vintage = Text::from(eap.vintage.as_str());
        let text = format!("{} · {vintage}", Text::from(eap.region.as_str()));
        Item::new(text, used.into(), Nav::Chosen(Chosen::Region(at)))
    };
    desk.benchmarks.regions().iter().enumerate().map(item).collect()
}

/// What deserves a look, each with its rule.
pub(super) fn findings(desk: &Desk, plan: PlanId) -> Vec<Item<Nav>> {
    let milestones = desk.plan(plan).map_or(&[][..], |plan| &plan.milestones);
    let findings = desk.findings(plan);
    let item = |finding: &crate::domain::finding::Finding| {
        let year = milestones.get(finding.year).map_or(0, |m| m.year);
        let column = finding.column.map(|column| format!(" {}", column.head())).unwrap_or_default();
        let text = format!("Year {year} · {}{column}: {}", finding.subject.label(), finding.words);
        let cell = desk.cell_of(plan, finding)?;
        let goes = Nav::Open(Place::Plan(plan, Some(cell)));
        Some(Item::new(text, String::new(), goes).about(format!("Rule: {}", finding.rule)))
    };
    findings.iter().filter_map(item).collect()
}
