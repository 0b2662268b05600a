//! A searchable choice: commands and records, cells, profiles, sectors, regions, findings.

mod palette;
mod plan_choices;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::id::PlanId;
use crate::domain::plan::table_ref::TableRef;
use crate::domain::refusal::Refusal;
use crate::effect::{Effects, Restart};
use crate::input::command::Command;
use crate::input::key::Key;
use crate::input::keymap::Keymap;
use crate::kit::frame::{centred, draw};
use crate::kit::picker::{Picker, PickerItem, PickerOutcome};
use crate::nav::{Context, Nav};
use crate::workspace::Workspace;

/// The popup for a choice; each item carries the action taken when it is chosen.
#[derive(Debug)]
pub struct ChoicePopup {
    title: String,
    picker: Picker<Nav>,
}

impl ChoicePopup {
    fn with_items(title: impl Into<String>, items: Vec<PickerItem<Nav>>) -> Self {
        Self { title: title.into(), picker: Picker::new(items, 0) }
    }

    /// A choice of profile, with the cursor on the one in use.
    pub fn of_profiles(names: &[String], used: Option<&str>) -> Self {
        let at = names.iter().position(|name| Some(name.as_str()) == used).unwrap_or(0);
        let item = |(number, name): (usize, &String)| {
            let beside = if number == at { "(now)" } else { "" };
            PickerItem::new(name.clone(), beside.into(), Nav::Restart(Restart::Profile(name.clone())))
        };
        let items = names.iter().enumerate().map(item).collect();
        Self { title: "Change to a profile".into(), picker: Picker::new(items, at) }
    }

    /// A choice of command or record; the records are all that were read.
    pub fn of_commands_and_records(workspace: &Workspace, keymap: &Keymap, commands: &[Command]) -> Self {
        Self::with_items("Commands and records", palette::palette_items(workspace, keymap, commands))
    }

    /// A list of the keys that are active now, in the order of their scopes.
    pub fn of_keys(commands: &[Command], keymap: &Keymap) -> Self {
        Self::with_items("Keys", palette::key_items(commands, keymap))
    }

    /// A choice of cell in a plan; the cells of this year index and table are listed first.
    pub fn of_cells(workspace: &Workspace, shown: &TableRef) -> Self {
        Self::with_items("Go to", plan_choices::cells(workspace, shown))
    }

    /// A choice of sector, among those with targets.
    pub fn of_sectors(workspace: &Workspace, plan: PlanId) -> Self {
        Self::with_items("Compare the plan with the targets of", plan_choices::sectors(workspace, plan))
    }

    /// A choice of region for the EAP.
    pub fn of_regions(workspace: &Workspace) -> Self {
        let items = plan_choices::regions(workspace);
        Self {
            title: "EAP of (every figure is unverified)".into(),
            picker: Picker::new(items, workspace.region_index),
        }
    }

    /// A choice of the plan that a plan is compared with.
    pub fn of_compared_plans(workspace: &Workspace, plan: PlanId) -> Self {
        Self::with_items("Compare the plan with", plan_choices::compared_plans(workspace, plan))
    }

    /// A choice among the findings of a plan.
    pub fn of_findings(workspace: &Workspace, plan: PlanId) -> Self {
        Self::with_items("Findings; the server rejects none of them", plan_choices::findings(workspace, plan))
    }

    /// Whether there is nothing to choose from.
    pub fn is_empty(&self) -> bool {
        self.picker.is_empty()
    }

    /// Handles a key.
    pub fn key(&mut self, key: Key, _: &Context) -> Result<Nav, Refusal> {
        match self.picker.key(key) {
            PickerOutcome::Chosen(nav) => Ok(nav),
            PickerOutcome::Cancelled => Ok(Nav::Back),
            PickerOutcome::Open => Ok(Nav::Stay),
        }
    }

    /// Inserts pasted text.
    pub fn paste(&mut self, text: &str) {
        self.picker.paste(text);
    }

    /// Does nothing: every key is typed here, so no command reaches this popup.
    pub fn command(
        &mut self,
        _: Command,
        _: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Result<Nav, Refusal> {
        Ok(Nav::Stay)
    }

    fn outer_area(&self, cx: &Context) -> Rect {
        let columns = (self.picker.width() + 4).clamp(50, cx.area.width.max(50));
        let rows = u16::try_from(self.picker.len()).unwrap_or(u16::MAX);
        let rows = rows.saturating_add(if self.picker.has_help() { 5 } else { 3 });
        centred(cx.area, columns, rows.min(cx.area.height.saturating_sub(2)).max(5))
    }

    /// Scrolls so that the cursor is visible.
    pub fn arrange(&mut self, cx: &Context) {
        let rows = self.outer_area(cx).height.saturating_sub(2);
        self.picker.arrange(rows);
    }

    /// Draws the popup over the screen below.
    pub fn view(&self, _: &Workspace, cx: &Context, buf: &mut Buffer) {
        let inner = draw(buf, self.outer_area(cx), &self.title, cx.theme.title, cx.theme.frame);
        self.picker.draw(cx.theme, inner, buf);
    }
}
