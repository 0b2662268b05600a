//! The items of the palette: commands with their keys, and every record that was read.

use crate::domain::change::collection::Collection;
use crate::domain::text::Text;
use crate::input::command::Command;
use crate::input::keymap::Keymap;
use crate::kit::picker::PickerItem;
use crate::nav::{Destination, FormPurpose, Nav};
use crate::workspace::Workspace;
use crate::workspace::record_list::{ListContents, RecordList};

/// One item for each command, with its keys and help line.
pub(super) fn key_items(commands: &[Command], keymap: &Keymap) -> Vec<PickerItem<Nav>> {
    let item = |command: &Command| {
        let entry = command.entry();
        let help = format!("{:<16} {}", key_names(*command, keymap), entry.help);
        PickerItem::new(help, entry.scope.title().into(), Nav::Run(*command))
    };
    commands.iter().map(item).collect()
}

/// The keys of a command, or its name for the command line when it has none.
fn key_names(command: Command, keymap: &Keymap) -> String {
    let keys: Vec<String> = keymap.keys(command).iter().map(ToString::to_string).collect();
    if keys.is_empty() { keymap.hint(command) } else { keys.join(" ") }
}

/// These commands, then all records.
pub(super) fn palette_items(
    workspace: &Workspace,
    keymap: &Keymap,
    commands: &[Command],
) -> Vec<PickerItem<Nav>> {
    let item = |command: &Command| {
        let (entry, keys) = (command.entry(), keymap.keys(*command));
        let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
        PickerItem::new(format!("{}: {}", entry.name, entry.help), keys.join(" "), Nav::Run(*command))
    };
    let mut items: Vec<_> = commands.iter().map(item).collect();
    let mut record = |kind: &str, name: &Text, place: Destination| {
        items.push(PickerItem::new(name.printable().into_owned(), kind.into(), Nav::Open(place)));
    };
    for plan in workspace.plan_list.iter().flat_map(|known| &known.value.rows) {
        record("plan", &plan.name(), Destination::Plan(plan.id, None));
    }
    for scorecard in workspace.scorecard_list.iter().flat_map(|known| &known.value.rows) {
        record("scorecard", &scorecard.description(), Destination::TrainingPrograms(scorecard.id.clone()));
    }
    for code in &workspace.recent_codes {
        record("supplier", &code.as_str().into(), Destination::Scores(code.clone()));
    }
    for (collection, listing) in &workspace.record_lists {
        let kind = collection.schema().name;
        for row in listing_rows(listing) {
            let Some(id) = collection.id_of(row) else { continue };
            let name = row.value(collection.name_field());
            let place = match collection {
                Collection::TrainingPrograms(scorecard) => id
                    .as_str()
                    .parse()
                    .ok()
                    .map(|program| Destination::Participants(scorecard.clone(), program)),
                _ => Some(Destination::Form(Box::new(FormPurpose::Edit(collection.clone(), id)))),
            };
            if let Some(place) = place {
                record(kind, &name.printable().into_owned().into(), place);
            }
        }
    }
    items
}

fn listing_rows(listing: &RecordList) -> impl Iterator<Item = &crate::domain::record::Record> {
    listing.shown().into_iter().flat_map(ListContents::rows)
}
