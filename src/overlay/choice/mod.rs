//! A choice among many, found by a few letters: commands and records, cells, profiles, sectors, checks.

mod of_plan;
mod palette;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::desk::Desk;
use crate::domain::id::PlanId;
use crate::domain::target::TargetType;
use crate::effect::{Anew, Effects};
use crate::input::command::Command;
use crate::input::key::Key;
use crate::input::keymap::Keymap;
use crate::kit::frame::{centred, draw};
use crate::kit::picker::{Item, Picked, Picker};
use crate::nav::{Context, Nav};

/// The choice; each item is what is done when it is chosen.
#[derive(Debug)]
pub struct Choice {
    title: String,
    picker: Picker<Nav>,
}

impl Choice {
    fn of(title: impl Into<String>, items: Vec<Item<Nav>>) -> Self {
        Self { title: title.into(), picker: Picker::new(items, 0) }
    }

    /// Of the profiles, the cursor on the one in use.
    pub fn of_profiles(names: &[String], used: Option<&str>) -> Self {
        let at = names.iter().position(|name| Some(name.as_str()) == used).unwrap_or(0);
        let item = |(number, name): (usize, &String)| {
            let beside = if number == at { "(now)" } else { "" };
            Item::new(name.clone(), beside.into(), Nav::Anew(Anew::Profile(name.clone())))
        };
        let items = names.iter().enumerate().map(item).collect();
        Self { title: "Change to a profile".into(), picker: Picker::new(items, at) }
    }

    /// Of these commands, and of all records that were read.
    pub fn of_everything(desk: &Desk, keymap: &Keymap, commands: &[Command]) -> Self {
        Self::of("Commands and records", palette::items(desk, keymap, commands))
    }

    /// Of the keys that do something now, in the order of the scopes they are of.
    pub fn of_keys(commands: &[Command], keymap: &Keymap) -> Self {
        Self::of("Keys", palette::keys(commands, keymap))
    }

    /// Of a plan's cells, those of a year and a table first.
    pub fn of_cells(desk: &Desk, plan: PlanId, year: usize, table: &TargetType) -> Self {
        Self::of("Go to", of_plan::cells(desk, plan, year, table))
    }

    /// Of the sectors there are targets for.
    pub fn of_sectors(desk: &Desk, plan: PlanId) -> Self {
        Self::of("Hold the plan against the targets of", of_plan::sectors(desk, plan))
    }

    /// Of the regions of the EAP.
    pub fn of_regions(desk: &Desk) -> Self {
        let items = of_plan::regions(desk);
        Self { title: "EAP of (every figure is unverified)".into(), picker: Picker::new(items, desk.region) }
    }

    /// Of what deserves a look in a plan.
    pub fn of_findings(desk: &Desk, plan: PlanId) -> Self {
        Self::of(
            "What deserves a look; nothing of it is refused by the server",
            of_plan::findings(desk, plan),
        )
    }

    /// Whether there is nothing to choose from.
    pub fn is_empty(&self) -> bool {
        self.picker.is_empty()
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key, _: &Context) -> Nav {
        match self.picker.key(key) {
            Picked::Chosen(nav) => nav,
            Picked::GivenUp => Nav::Back,
            Picked::Open => Nav::Stay,
        }
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) {
        self.picker.paste(text);
    }

    /// Everything is typed here; no command reaches it.
    pub fn command(&mut self, _: Command, _: &mut Desk, _: &Context, _: &mut Effects) -> Nav {
        Nav::Stay
    }

    fn outer(&self, cx: &Context) -> Rect {
        let columns = (self.picker.width() + 4).clamp(50, cx.area.width.max(50));
        let rows = u16::try_from(self.picker.len()).unwrap_or(u16::MAX);
        let rows = rows.saturating_add(if self.picker.says() { 5 } else { 3 });
        centred(cx.area, columns, rows.min(cx.area.height.saturating_sub(2)).max(5))
    }

    /// Keeps the cursor in sight.
    pub fn arrange(&mut self, cx: &Context) {
        let rows = self.outer(cx).height.saturating_sub(2);
        self.picker.arrange(rows);
    }

    /// Draws it.
    pub fn view(&self, _: &Desk, cx: &Context, buf: &mut Buffer) {
        let inner = draw(buf, self.outer(cx), &self.title, cx.theme.title, cx.theme.frame);
        self.picker.draw(cx.theme, inner, buf);
    }
}
