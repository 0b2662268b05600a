//! Staged counters as a TOML file. Each carries its base, so that it can be applied elsewhere and later.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::change::counter_change::{CounterChanges, TargetRef};
use crate::domain::id::{MilestoneId, PlanId, TargetId};
use crate::domain::plan::counter::Counter;
use crate::domain::plan::target::{Count, MAX_COUNT};
use crate::domain::shape_error::message_error;

/// The version of the file format; [`read`] refuses any other.
const FORMAT_VERSION: u32 = 1;
/// The comment at the top of the file.
const ABOUT: &str = "# Staged counters of bee-tui, each with the number it was made from.\n\
                     # bee-tui apply FILE --dry-run shows what it would send; what has moved since is refused.\n";

message_error! {
    /// Why a file is no change set, or cannot be written: the line or the target, and what is wrong there.
    ChangeSetError
}

/// One counter's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSetCounter {
    /// The counter.
    pub counter: Counter,
    /// The server's number when it was edited; `None` for `null`.
    pub base: Option<Count>,
    /// The staged number.
    pub mine: Count,
}

/// The changes of one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSetTarget {
    /// The ids of its plan, milestone and target.
    pub target: TargetRef,
    /// Plan, year and target type in words, for messages.
    pub label: String,
    /// Its changes.
    pub changes: Vec<ChangeSetCounter>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    form: u32,
    #[serde(default)]
    target: Vec<FileTarget>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTarget {
    plan: u64,
    milestone: u64,
    target: u64,
    label: String,
    counters: BTreeMap<String, FileChange>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<Count>,
    mine: Count,
}

/// Writes all staged counters as the text of a file. Fails when they cannot be written as TOML.
pub fn write(changes: &CounterChanges) -> Result<String, ChangeSetError> {
    let target =
        |(place, staged): (&TargetRef, &crate::domain::change::counter_change::StagedTarget)| FileTarget {
            plan: place.plan.as_u64(),
            milestone: place.milestone.as_u64(),
            target: place.target.as_u64(),
            label: format!(
                "{} · Year {} · {}",
                staged.label.plan, staged.label.year, staged.label.target_type
            ),
            counters: staged
                .changes
                .iter()
                .map(|(counter, change)| {
                    (counter.name(), FileChange { base: change.base, mine: change.mine })
                })
                .collect(),
        };
    let file = File { form: FORMAT_VERSION, target: changes.targets().map(target).collect() };
    let text = toml::to_string(&file).map_err(|e| e.to_string())?;
    Ok(format!("{ABOUT}\n{text}"))
}

/// Parses the text of a file. Fails when it is no TOML of this format, an id, counter or count is invalid, or
/// a target is there twice; the error names the line or the target.
pub fn read(text: &str) -> Result<Vec<ChangeSetTarget>, ChangeSetError> {
    let file: File = toml::from_str(text).map_err(|e| {
        let line = e.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        format!("line {line}: {}", e.message())
    })?;
    if file.form != FORMAT_VERSION {
        return Err(format!("is of form {}, and this program reads form {FORMAT_VERSION}", file.form).into());
    }
    let mut targets = Vec::new();
    for target in file.target {
        let bad = |what: &str| ChangeSetError::from(format!("{}: {what}", target.label));
        let place = TargetRef {
            plan: PlanId::new(target.plan).ok_or_else(|| bad("plan is no id"))?,
            milestone: MilestoneId::new(target.milestone).ok_or_else(|| bad("milestone is no id"))?,
            target: TargetId::new(target.target).ok_or_else(|| bad("target is no id"))?,
        };
        let mut changes = Vec::new();
        for (name, FileChange { base, mine }) in target.counters {
            let counter = Counter::parse(&name).ok_or_else(|| bad(&format!("{name} is no counter")))?;
            if mine > MAX_COUNT {
                return Err(bad(&format!("{name}: {MAX_COUNT} is the largest count the server can hold")));
            }
            changes.push(ChangeSetCounter { counter, base, mine });
        }
        if targets.iter().any(|known: &ChangeSetTarget| known.target == place) {
            return Err(bad("stands there twice"));
        }
        targets.push(ChangeSetTarget { target: place, label: target.label, changes });
    }
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "form = 1\n[[target]]\nplan = 42\nmilestone = 102\ntarget = 203\nlabel = \"P · Year 2\"\n\
                        [target.counters]\nnumber_of_african_male_top_managers = { base = 2, mine = 5 }\n\
                        number_of_white_male_top_managers = { mine = 0 }\n";

    #[test]
    fn a_change_set_states_the_base_of_each_number() {
        let read = read(FILE).unwrap();
        assert_eq!((read[0].target.plan.as_u64(), read[0].changes.len()), (42, 2));
        assert_eq!((read[0].changes[0].base, read[0].changes[0].mine), (Some(2), 5));
        assert_eq!(read[0].changes[1].base, None);
    }

    #[test]
    fn an_unreadable_change_set_says_where_and_why() {
        let refused = |from: &str, to: &str| read(&FILE.replace(from, to)).unwrap_err().to_string();
        assert_eq!(refused("form = 1", "form = 2"), "is of form 2, and this program reads form 1");
        assert!(
            refused("mine = 5", "mine = -5").starts_with("line 8:"),
            "{}",
            refused("mine = 5", "mine = -5")
        );
        assert!(refused("plan = 42", "plan = 0").contains("plan is no id"));
        assert!(refused("number_of_african", "african").contains("is no counter"));
        assert!(refused("mine = 5", "mine = 4294967295").contains("largest count"));
        assert_eq!(read("form = 1\n"), Ok(Vec::new()), "an empty one is none the worse");
        let target = FILE.split_once('\n').unwrap().1;
        assert!(read(&format!("{FILE}{target}")).unwrap_err().to_string().contains("stands there twice"));
    }
}
