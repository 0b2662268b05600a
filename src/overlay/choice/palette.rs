//! What the palette offers: commands with their keys, and every record that was read.

use crate::desk::Desk;
use crate::desk::listing::Listing;
use crate::domain::collection::Collection;
use crate::domain::text::Text;
use crate::input::command::Command;
use crate::input::keymap::Keymap;
use crate::kit::picker::Item;
use crate::nav::{Nav, Place, Purpose};

/// The keys of these commands, with what they do.
pub(super) fn keys(commands: &[Command], keymap: &Keymap) -> Vec<Item<Nav>> {
    let item = |command: &Command| {
        let entry = command.entry();
        let help = format!("{:<16} {}", named_keys(*command, keymap), entry.help);
        Item::new(help, entry.scope.title().into(), Nav::Do(*command))
    };
    commands.iter().map(item).collect()
}

/// The keys of a command, or how it is done by its name.
fn named_keys(command: Command, keymap: &Keymap) -> String {
    let keys: Vec<String> = keymap.keys(command).iter().map(ToString::to_string).collect();
    if keys.is_empty() { keymap.hint(command) } else { keys.join(" ") }
}

/// These commands, then the records.
pub(super) fn items(desk: &Desk, keymap: &Keymap, commands: &[Command]) -> Vec<Item<Nav>> {
    let item = |command: &Command| {
        let (entry, keys) = (command.entry(), keymap.keys(*command));
        let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
        Item::new(format!("{}: {}", entry.name, entry.help), keys.join(" "), Nav::Do(*command))
    };
    let mut items: Vec<_> = commands.iter().map(item).collect();
    let mut record = |kind: &str, name: &Text, place: Place| {
        items.push(Item::new(name.shown().into_owned(), kind.into(), Nav::Open(place)));
    };
    for plan in desk.plan_list.iter().flat_map(|known| &known.what.rows) {
        record("plan", &plan.name(), Place::Plan(plan.id, None));
    }
    for scorecard in desk.scorecards.iter().flat_map(|known| &known.what.rows) {
        record("scorecard", &scorecard.description(), Place::TrainingPrograms(scorecard.id.clone()));
    }
    for code in &desk.recent_codes {
        record("supplier", &code.as_str().into(), Place::Scores(code.clone()));
    }
    for (collection, listing) in &desk.listings {
        let kind = collection.schema().name;
        for row in listing_rows(listing) {
            let Some(id) = collection.id_of(row) else { continue };
            let name = row.value(collection.name_field());
            let place = match collection {
                Collection::TrainingPrograms(scorecard) => {
                    id.as_str().parse().ok().map(|program| Place::Participants(scorecard.clone(), program))
                }
                _ => Some(Place::Form(Box::new(Purpose::Edit(collection.clone(), id)))),
            };
            if let Some(place) = place {
                record(kind, &name.shown().into_owned().into(), place);
            }
        }
    }
    items
}

fn listing_rows(listing: &Listing) -> impl Iterator<Item = &crate::domain::record::Record> {
    listing.shown().into_iter().flat_map(|read| &read.rows)
}
