//! The sandbox's records.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::sandbox::answer::{Object, stamp};
use crate::sandbox::seed;

/// A scorecard with what hangs on it.
pub(super) struct Scorecard {
    pub record: Object,
    /// When the recalculation that runs will end.
    pub recalculating_until: Option<Timestamp>,
    /// Whether participants need an ID number.
    pub ids_compulsory: bool,
    pub programs: BTreeMap<u64, Program>,
    /// The workforce a plan is pre-filled with: `[all, disabled]`, each 6 levels × 10 columns.
    pub workforce: seed::Workforce,
}

impl Scorecard {
    pub(super) fn charter(&self) -> &str {
        self.record["charter_id"].as_str().unwrap_or_default()
    }
}

/// A training program with its participants.
pub(super) struct Program {
    pub record: Object,
    pub participants: Participants,
}

/// Participants of a program: some made from their index when asked for, some posted, some deleted.
#[derive(Default)]
pub(super) struct Participants {
    /// Ids of those made from their index: `first..first + count`.
    pub first: u64,
    pub count: u64,
    pub deleted: BTreeSet<u64>,
    pub posted: BTreeMap<u64, Object>,
}

impl Participants {
    pub(super) fn len(&self) -> usize {
        self.count as usize - self.deleted.len() + self.posted.len()
    }

    /// The rows of a range, in order of id.
    pub(super) fn rows(&self, range: std::ops::Range<usize>) -> Vec<Value> {
        let made = (self.first..self.first + self.count).filter(|id| !self.deleted.contains(id));
        let made = made.map(|id| Value::Object(seed::participant(id)));
        let posted = self.posted.values().cloned().map(Value::Object);
        if self.deleted.is_empty() {
            // Nothing to step over: begin at the page instead of counting up to it.
            let start = range.start.min(self.count as usize) as u64;
            let made =
                (self.first + start..self.first + self.count).map(|id| Value::Object(seed::participant(id)));
            return made.chain(posted.skip(range.start - start as usize)).take(range.len()).collect();
        }
        made.chain(posted).skip(range.start).take(range.len()).collect()
    }

    /// Takes one out; whether it was there.
    pub(super) fn delete(&mut self, id: u64) -> bool {
        let made = (self.first..self.first + self.count).contains(&id);
        self.posted.remove(&id).is_some() || (made && self.deleted.insert(id))
    }
}

/// An employment equity plan: its own fields, and its milestones as `[id, fields, targets]`.
pub(super) struct Plan {
    pub record: Object,
    pub milestones: Vec<Milestone>,
}

/// A financial year of a plan.
pub(super) struct Milestone {
    pub id: u64,
    pub record: Object,
    pub targets: Vec<Object>,
}

/// Everything on the account.
pub(super) struct World {
    pub scorecards: BTreeMap<String, Scorecard>,
    pub plans: BTreeMap<u64, Plan>,
    pub next_id: u64,
}

impl World {
    /// An id that was never used.
    pub(super) fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Ends what has run its time: `updated_at` moves to the end.
    pub(super) fn end_recalculations(&mut self, now: Timestamp) {
        for scorecard in self.scorecards.values_mut() {
            if let Some(end) = scorecard.recalculating_until.filter(|end| *end <= now) {
                scorecard.recalculating_until = None;
                scorecard.record.insert("updated_at".into(), stamp(end).into());
            }
        }
    }
}
