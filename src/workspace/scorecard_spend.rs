//! The spend of a scorecard's training, as the workspace keeps it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::id::TrainingProgramId;
use crate::domain::spend::SpendTable;

/// The spend of the training programs of a scorecard whose participants were read.
#[derive(Debug, Default, PartialEq)]
pub struct ScorecardSpend {
    pub(super) programs: BTreeMap<TrainingProgramId, ProgramSpend>,
    pub(super) failures: BTreeMap<TrainingProgramId, (String, Timestamp)>,
    total: SpendTable,
    generation: u64,
}

/// The spend of one training program.
#[derive(Debug, PartialEq)]
pub(super) struct ProgramSpend {
    pub(super) table: SpendTable,
    pub(super) read_at: Timestamp,
    pub(super) unreadable: usize,
    pub(super) is_inconsistent: bool,
}

impl ScorecardSpend {
    /// The figures of all programs that were read.
    pub fn total(&self) -> &SpendTable {
        &self.total
    }

    /// A number that changes whenever the figures do.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// How many participants could not be parsed and are in no figure.
    pub fn unreadable(&self) -> usize {
        self.programs.values().map(|program| program.unreadable).sum()
    }

    /// Whether a list changed while it was read, so that its figures may be wrong.
    pub fn is_inconsistent(&self) -> bool {
        self.programs.values().any(|program| program.is_inconsistent)
    }

    /// When the program read first was read; `None` if none was.
    pub fn read_at(&self) -> Option<Timestamp> {
        self.programs.values().map(|program| program.read_at).min()
    }

    /// How many programs could not be read, and the reason of the first.
    pub fn failures(&self) -> Option<(usize, &str)> {
        Some((self.failures.len(), self.failures.values().next()?.0.as_str()))
    }

    /// Puts the figures of a program in the place of its older ones.
    pub(super) fn put(&mut self, id: TrainingProgramId, program: ProgramSpend) {
        self.forget(id);
        self.total.add(&program.table);
        self.programs.insert(id, program);
        self.generation += 1;
    }

    /// Leaves a program out of the figures.
    pub(super) fn forget(&mut self, id: TrainingProgramId) {
        self.failures.remove(&id);
        if let Some(program) = self.programs.remove(&id) {
            self.total.subtract(&program.table);
            self.generation += 1;
        }
    }
}
