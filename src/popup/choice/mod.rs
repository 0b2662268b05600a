//! A choice among many, found by a few letters: commands and records, cells, profiles, sectors, checks.

mod palette;
mod plan_choices;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::id::PlanId;
use crate::domain::plan::target::TargetType;
use crate::effect::{Effects, Restart};
use crate::input::command::Command;
use crate::input::key::Key;
use crate::input::keymap::Keymap;
use crate::kit::frame::{centred, draw};
use crate::kit::picker::{Picker, PickerItem, PickerOutcome};
use crate::nav::{Context, Nav};
use crate::workspace::Workspace;

/// The choice; each item is what is done when it is chosen.
#[derive(Debug)]
pub struct ChoicePopup {
    title: String,
    picker: Picker<Nav>,
}

impl ChoicePopup {
    fn with_items(title: impl Into<String>, items: Vec<PickerItem<Nav>>) -> Self {
        Self { title: title.into(), picker: Picker::new(items, 0) }
    }

    /// Of the profiles, the cursor on the one in use.
    pub fn of_profiles(names: &[String], used: Option<&str>) -> Self {
        let at = names.iter().position(|name| Some(name.as_str()) == used).unwrap_or(0);
        let item = |(number, name): (usize, &String)| {
            let beside = if number == at { "(now)" } else { "" };
            PickerItem::new(name.clone(), beside.into(), Nav::Restart(Restart::Profile(name.clone())))
        };
        let items = names.iter().enumerate().map(item).collect();
        Self { title: "Change to a profile".into(), picker: Picker::new(items, at) }
    }

    /// Of these commands, and of all records that were read.
    pub fn of_commands_and_records(workspace: &Workspace, keymap: &Keymap, commands: &[Command]) -> Self {
        Self::with_items("Commands and records", palette::palette_items(workspace, keymap, commands))
    }

    /// Of the keys that do something now, in the order of the scopes they are of.
    pub fn of_keys(commands: &[Command], keymap: &Keymap) -> Self {
        Self::with_items("Keys", palette::key_items(commands, keymap))
    }

    /// Of a plan's cells, those of a year and a table first.
    pub fn of_cells(workspace: &Workspace, plan: PlanId, year: usize, table: &TargetType) -> Self {
        Self::with_items("Go to", plan_choices::cells(workspace, plan, year, table))
    }

    /// Of the sectors there are targets for.
    pub fn of_sectors(workspace: &Workspace, plan: PlanId) -> Self {
        Self::with_items("Hold the plan against the targets of", plan_choices::sectors(workspace, plan))
    }

    /// Of the regions of the EAP.
    pub fn of_regions(workspace: &Workspace) -> Self {
        let items = plan_choices::regions(workspace);
        Self {
            title: "EAP of (every figure is unverified)".into(),
            picker: Picker::new(items, workspace.region_index),
        }
    }

    /// Of what deserves a look in a plan.
    pub fn of_findings(workspace: &Workspace, plan: PlanId) -> Self {
        Self::with_items(
            "What deserves a look; nothing of it is refused by the server",
            plan_choices::findings(workspace, plan),
        )
    }

    /// Whether there is nothing to choose from.
    pub fn is_empty(&self) -> bool {
        self.picker.is_empty()
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key, _: &Context) -> Nav {
        match self.picker.key(key) {
            PickerOutcome::Chosen(nav) => nav,
            PickerOutcome::Cancelled => Nav::Back,
            PickerOutcome::Open => Nav::Stay,
        }
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        self.picker.paste(text);
    }

    /// Everything is typed here; no command reaches it.
    pub fn command(&mut self, _: Command, _: &mut Workspace, _: &Context, _: &mut Effects) -> Nav {
        Nav::Stay
    }

    fn outer_area(&self, cx: &Context) -> Rect {
        let columns = (self.picker.width() + 4).clamp(50, cx.area.width.max(50));
        let rows = u16::try_from(self.picker.len()).unwrap_or(u16::MAX);
        let rows = rows.saturating_add(if self.picker.has_help() { 5 } else { 3 });
        centred(cx.area, columns, rows.min(cx.area.height.saturating_sub(2)).max(5))
    }

    /// Keeps the cursor in sight.
    pub fn arrange(&mut self, cx: &Context) {
        let rows = self.outer_area(cx).height.saturating_sub(2);
        self.picker.arrange(rows);
    }

    /// Draws it.
    pub fn view(&self, _: &Workspace, cx: &Context, buf: &mut Buffer) {
        let inner = draw(buf, self.outer_area(cx), &self.title, cx.theme.title, cx.theme.frame);
        self.picker.draw(cx.theme, inner, buf);
    }
}
