//! The keys that mean something, those of the screen below first; all from the table of commands.

use strum::VariantArray;

use crate::input::command::{Command, Scope, TABLE};
use crate::input::keymap::Keymap;
use crate::nav::Line;

/// The lines of the help for what is open now.
pub fn lines(scopes: &'static [Scope], keymap: &Keymap) -> Vec<Line> {
    let rest = Scope::VARIANTS.iter().filter(|scope| !scopes.contains(scope));
    let mut lines = Vec::new();
    for scope in scopes.iter().chain(rest) {
        lines.push(Line::Title(scope.title().into()));
        let entries = TABLE.iter().filter(|entry| entry.scope == *scope);
        lines.extend(entries.map(|e| Line::Field(format!("  {}", keys(keymap, e.command)), e.help.into())));
    }
    lines
}

fn keys(keymap: &Keymap, command: Command) -> String {
    let keys: Vec<String> = keymap.keys(command).iter().map(ToString::to_string).collect();
    if keys.is_empty() { keymap.hint(command) } else { keys.join(" ") }
}
