//! Which key triggers which command in which scope: the default keys, replaced by the user's own where set.

use std::collections::{BTreeMap, HashMap};

use strum::VariantArray;

use crate::domain::shape_error::message_error;
use crate::input::command::{Command, Scope, TABLE};
use crate::input::key::{Key, KeyError};

message_error! {
    /// Why the keys of the configuration cannot be used: the command, and what is wrong with its keys.
    KeymapError
}

/// The keys of every command, by scope.
#[derive(Debug, Clone, PartialEq)]
pub struct Keymap {
    commands: HashMap<(Scope, Key), Command>,
    keys: HashMap<Command, Vec<Key>>,
}

/// The scopes that are active together; within each row a key may have only one meaning.
const SCOPES_OPEN_TOGETHER: &[&[Scope]] = &[
    &[Scope::Grid, Scope::Navigating, Scope::Everywhere],
    &[Scope::List, Scope::Navigating, Scope::Everywhere, Scope::OutsideGrid],
    &[Scope::Review, Scope::Navigating, Scope::Everywhere, Scope::OutsideGrid],
    &[Scope::Years, Scope::Navigating, Scope::Everywhere],
    &[Scope::Summary, Scope::Navigating, Scope::Everywhere],
    &[Scope::Pasting, Scope::Navigating],
    &[Scope::Drafting, Scope::Navigating],
    &[Scope::Editing],
    &[Scope::Form],
    &[Scope::Dialog],
    &[Scope::Busy],
];

impl Keymap {
    /// The default keys, with the keys of the commands named in `overrides` replaced.
    ///
    /// Fails when a name is not a command, when a text is not a key, when the user's keys give one key two
    /// meanings in scopes that are active together, and when a digit is bound in the grid, where digits are
    /// typed.
    pub fn new(overrides: &BTreeMap<String, Vec<String>>) -> Result<Self, KeymapError> {
        let mut own = HashMap::new();
        for (name, keys) in overrides {
            let command = Command::from_name(name).ok_or_else(|| {
                let close = TABLE.iter().map(|e| e.name).find(|n| n.starts_with(name.as_str()));
                let hint =
                    close.map_or_else(|| "see `?` for the names".into(), |n| format!("did you mean `{n}`?"));
                format!("`{name}` is no command; {hint}")
            })?;
            let parsed: Result<Vec<Key>, KeyError> = keys.iter().map(|key| key.parse()).collect();
            let parsed = parsed.map_err(|why| format!("keys of `{name}`: {why}"))?;
            let digit = |key: &&Key| key.typed_char().is_some_and(|c| c.is_ascii_digit());
            let in_grid = scopes_shared_with(command.entry().scope).any(|scope| scope == Scope::Grid);
            if let (Some(key), true) = (parsed.iter().find(digit), in_grid) {
                return Err(format!("`{key}` cannot mean `{name}`: digits are typed in the grid").into());
            }
            own.insert(command, parsed);
        }
        let (mut commands, mut all) = (HashMap::new(), HashMap::new());
        for entry in TABLE {
            let table = || entry.keys.split_whitespace().filter_map(|key| key.parse().ok()).collect();
            let keys: Vec<Key> = own.get(&entry.command).cloned().unwrap_or_else(table);
            for key in &keys {
                for scope in scopes_shared_with(entry.scope) {
                    let other_binding = commands
                        .get(&(scope, *key))
                        .filter(|c| scope == entry.scope || is_either_overridden(&own, **c, entry.command));
                    if let Some(other) = other_binding {
                        let other = Command::entry(*other).name;
                        return Err(format!("`{key}` cannot mean both `{other}` and `{}`", entry.name).into());
                    }
                }
                commands.insert((entry.scope, *key), entry.command);
            }
            all.insert(entry.command, keys);
        }
        Ok(Self { commands, keys: all })
    }

    /// The command a key triggers; the first scope that binds it wins. `None` when no scope does.
    pub fn command(&self, scopes: &[Scope], key: Key) -> Option<Command> {
        scopes.iter().find_map(|scope| self.commands.get(&(*scope, key)).copied())
    }

    /// The keys of a command; hints show the first one. Empty when it has none.
    pub fn keys(&self, command: Command) -> &[Key] {
        self.keys.get(&command).map_or(&[], Vec::as_slice)
    }

    /// A sentence with the key of each command in the place of its marker (see [`key`](crate::input::command)).
    pub fn with_keys(&self, text: &str) -> String {
        let mut parts = text.split('\u{e000}');
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('\u{e001}').unwrap_or((part, ""));
            out += &Command::from_name(name).map_or_else(|| name.to_owned(), |command| self.hint(command));
            out += rest;
        }
        out
    }

    /// The first key of a command for hints and sentences; `:name` when it has no key.
    pub fn hint(&self, command: Command) -> String {
        self.keys(command).first().map_or_else(|| format!(":{}", command.entry().name), Key::to_string)
    }
}

fn is_either_overridden(own: &HashMap<Command, Vec<Key>>, a: Command, b: Command) -> bool {
    own.contains_key(&a) || own.contains_key(&b)
}

/// The scopes that are active together with a scope, including itself.
fn scopes_shared_with(scope: Scope) -> impl Iterator<Item = Scope> {
    let shared = move |other: &Scope| {
        SCOPES_OPEN_TOGETHER.iter().any(|row| row.contains(&scope) && row.contains(other))
    };
    Scope::VARIANTS.iter().copied().filter(shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, key: &str) -> Result<Keymap, KeymapError> {
        Keymap::new(&BTreeMap::from([(name.to_owned(), vec![key.to_owned()])]))
    }

    #[test]
    fn the_table_has_no_clash_and_every_key_parses() {
        let keymap = Keymap::new(&BTreeMap::new()).unwrap();
        for entry in TABLE {
            assert_eq!(
                keymap.keys(entry.command).len(),
                entry.keys.split_whitespace().count(),
                "{}",
                entry.name
            );
            for key in keymap.keys(entry.command) {
                assert_eq!(keymap.command(&[entry.scope], *key), Some(entry.command), "{key}");
            }
        }
    }

    #[test]
    fn no_key_of_the_table_means_two_things_where_both_are_open() {
        let keymap = Keymap::new(&BTreeMap::new()).unwrap();
        for entry in TABLE {
            for key in keymap.keys(entry.command) {
                let others = scopes_shared_with(entry.scope).filter_map(|s| keymap.command(&[s], *key));
                assert_eq!(others.collect::<Vec<_>>(), [entry.command], "{key} of {}", entry.name);
            }
        }
    }

    #[test]
    fn a_users_key_replaces_the_tables() {
        let keymap = with("review", "ctrl-b").unwrap();
        assert_eq!(keymap.command(&[Scope::Everywhere], "ctrl-b".parse().unwrap()), Some(Command::Review));
        assert_eq!(keymap.command(&[Scope::Everywhere], "ctrl-s".parse().unwrap()), None);
        assert_eq!(keymap.hint(Command::Review), "Ctrl-B");
    }

    #[test]
    fn a_clash_an_unknown_command_and_an_invalid_key_are_refused_with_a_reason() {
        assert_eq!(with("zero", "u").unwrap_err().to_string(), "`u` cannot mean both `undo` and `zero`");
        assert_eq!(
            with("revie", "u").unwrap_err().to_string(),
            "`revie` is no command; did you mean `review`?"
        );
        assert!(with("review", "7").unwrap_err().to_string().contains("digits are typed in the grid"));
        assert_eq!(with("review", "nope").unwrap_err().to_string(), "keys of `review`: `nope` is no key");
    }

    #[test]
    fn a_sentence_names_the_key_that_the_user_has_bound() {
        let overrides = BTreeMap::from([("mine".to_owned(), vec!["f3".to_owned()])]);
        let sentence = concat!(
            "decide with ",
            crate::input::command::key!("mine"),
            " or ",
            crate::input::command::key!("theirs"),
            " first"
        );
        assert_eq!(Keymap::new(&overrides).unwrap().with_keys(sentence), "decide with F3 or t first");
        assert_eq!(Keymap::new(&BTreeMap::new()).unwrap().with_keys("no key"), "no key");
    }
}
