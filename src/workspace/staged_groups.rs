//! Staged participants of a scorecard, grouped by what is wrong or odd about them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::change::record_change::{
    ChangeNumber, Hold, Intent, REASON_DIVIDER, RecordChange, RecordStanding,
};
use crate::domain::change::record_changes::RecordEntry;
use crate::domain::change::rule::RuleSeverity;
use crate::domain::id::ScorecardId;
use crate::domain::record::Value;
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::refusal::Refusal;
use crate::domain::text::Text;
use crate::workspace::Workspace;

/// Staged participants with the same thing wrong or odd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedGroup {
    /// How serious it is.
    pub severity: RuleSeverity,
    /// The field that it is about, if it is about one.
    pub field: Option<&'static str>,
    /// What is wrong, in words.
    pub words: String,
    /// The changes, in the order in which they were staged.
    pub numbers: Vec<ChangeNumber>,
}

/// How many staged changes stand in each way; each is counted once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StandingCounts {
    /// Sent at the next apply.
    pub ready: usize,
    /// Not sent before somebody mends them.
    pub to_mend: usize,
    /// Not sent before somebody releases them.
    pub held: usize,
}

impl Workspace {
    /// How changes stand.
    pub fn count_standings<'a>(&self, changes: impl IntoIterator<Item = &'a RecordChange>) -> StandingCounts {
        let mut counts = StandingCounts::default();
        for change in changes {
            match self.record_standing(change) {
                RecordStanding::Held(_) => counts.held += 1,
                RecordStanding::Staged | RecordStanding::Waiting(_) | RecordStanding::Sending => {
                    counts.ready += 1;
                }
                _ => counts.to_mend += 1,
            }
        }
        counts
    }

    /// The groups, the most serious first, then the largest.
    pub fn staged_groups(&self, scorecard: &ScorecardId) -> Vec<StagedGroup> {
        let mut groups: BTreeMap<(RuleSeverity, Option<&'static str>, String), Vec<ChangeNumber>> =
            BTreeMap::new();
        for (number, change) in
            self.record_changes.iter().filter(|(_, change)| is_staged_person(change, scorecard))
        {
            for finding in change.field_findings() {
                let severity = if finding.blocks_sending { RuleSeverity::Stop } else { RuleSeverity::Note };
                groups.entry((severity, Some(finding.field), finding.message)).or_default().push(number);
            }
            if let Hold::Held(reasons) = &change.hold {
                for reason in reasons.raw().split(REASON_DIVIDER) {
                    groups
                        .entry((RuleSeverity::Hold, field_of(reason), reason.to_owned()))
                        .or_default()
                        .push(number);
                }
            }
        }
        let group = |((severity, field, words), numbers)| StagedGroup { severity, field, words, numbers };
        let mut groups: Vec<StagedGroup> = groups.into_iter().map(group).collect();
        groups.sort_by_key(|group| std::cmp::Reverse((group.severity, group.numbers.len())));
        groups
    }

    /// Changes one field of several staged participants as one undo step: `value` gives the new value from the old one.
    /// What held them because of this field holds them no more. Returns what to journal. Fails when edits are blocked or
    /// a change is locked.
    pub fn mend_records(
        &mut self,
        numbers: &[ChangeNumber],
        field: &'static str,
        value: impl Fn(&Value) -> Value,
        now: Timestamp,
    ) -> Result<Vec<RecordEntry>, Refusal> {
        let mut mended = Vec::new();
        for number in numbers {
            let Some(mut change) = self.record_changes.change(*number).cloned() else { continue };
            let Intent::Create(draft) = &mut change.intent else { continue };
            let new = value(draft.value(field));
            draft.set(field, new);
            if let Hold::Held(reasons) = &change.hold {
                let left: Vec<&str> = reasons
                    .raw()
                    .split(REASON_DIVIDER)
                    .filter(|reason| field_of(reason) != Some(field))
                    .collect();
                change.hold = if left.is_empty() {
                    Hold::NotHeld
                } else {
                    Hold::Held(Text::from(left.join(REASON_DIVIDER)))
                };
            }
            if field == change.collection.name_field()
                && let Intent::Create(draft) = &change.intent
            {
                change.name = change.collection.name_of(draft);
            }
            change.edited_at = now;
            mended.push((Some(*number), change));
        }
        if mended.is_empty() {
            return Err("these rows are not staged any more".into());
        }
        self.stage_records(mended)
    }
}

/// Whether a change creates a participant of a scorecard.
fn is_staged_person(change: &RecordChange, scorecard: &ScorecardId) -> bool {
    change.collection.holds_participants()
        && change.collection.scorecard() == Some(scorecard)
        && matches!(change.intent, Intent::Create(_))
}

/// The field that a reason begins with: `Course cost: …`.
fn field_of(reason: &str) -> Option<&'static str> {
    let (label, _) = reason.split_once(':')?;
    PARTICIPANT
        .fields
        .iter()
        .find(|field| field.is_sendable() && field.label() == label)
        .map(|field| field.name)
}
