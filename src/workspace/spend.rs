//! The spend of a scorecard's training, worked out once for each program when its participants were read.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::change::collection::Collection;
use crate::domain::id::{ScorecardId, TrainingProgramId};
use crate::domain::record::Record;
use crate::domain::refusal::Refusal;
use crate::domain::spend::SpendTable;
use crate::domain::text::pluralize;
use crate::workspace::Workspace;
use crate::workspace::record_list::RecordList;
use crate::workspace::scorecard_spend::ProgramSpend;

impl Workspace {
    /// The training programs of a scorecard, as last read to the end, with the time of that.
    fn whole_programs(
        &self,
        scorecard: &ScorecardId,
    ) -> Option<(Timestamp, impl Iterator<Item = (TrainingProgramId, &Record)>)> {
        let collection = Collection::TrainingPrograms(scorecard.clone());
        let list = self.record_lists.get(&collection).and_then(RecordList::whole)?;
        let with_id = move |program| {
            let id = collection.id_of(program)?.as_str().parse().ok()?;
            Some((id, program))
        };
        Some((list.read_at, list.rows().iter().filter_map(with_id)))
    }

    /// The programs whose participants were not read since the list of programs was, and the number of all; `None` while
    /// that list was never read. Programs that are gone are left out of the figures.
    pub fn unread_spend(&mut self, scorecard: &ScorecardId) -> Option<(Vec<TrainingProgramId>, usize)> {
        let (read_at, programs) = self.whole_programs(scorecard)?;
        let programs: Vec<TrainingProgramId> = programs.map(|(id, _)| id).collect();
        let known = self.spend.entry(scorecard.clone()).or_default();
        let there: BTreeSet<TrainingProgramId> = programs.iter().copied().collect();
        let gone = known.programs.keys().chain(known.failures.keys()).filter(|id| !there.contains(id));
        for id in gone.copied().collect::<BTreeSet<_>>() {
            known.forget(id);
        }
        let is_read = |id: &TrainingProgramId| {
            let came_at = known.programs.get(id).map(|program| program.read_at);
            let failed_at = known.failures.get(id).map(|(_, at)| *at);
            came_at.max(failed_at).is_some_and(|at| at >= read_at)
        };
        let all = programs.len();
        Some((programs.into_iter().filter(|id| !is_read(id)).collect(), all))
    }

    /// The figures of a scorecard, once the participants of all its programs were read. Fails while they were not.
    pub fn complete_spend(&self, scorecard: &ScorecardId) -> Result<&SpendTable, Refusal> {
        if let Some((read, all)) = self.spend_progress {
            return Err(format!("only {read} of {all} programs are read; wait for the rest").into());
        }
        let spend = self.spend.get(scorecard).ok_or("the training programs were not read yet")?;
        match spend.failures() {
            Some((programs, why)) => {
                let programs = pluralize(programs, "program");
                Err(format!("{programs} could not be read, so the sums are not whole: {why}").into())
            }
            None => Ok(spend.total()),
        }
    }

    /// How many participants of a scorecard are staged.
    pub fn staged_participants(&self, scorecard: &ScorecardId) -> usize {
        let changes = self.record_changes.iter().map(|(_, change)| &change.collection);
        changes.filter(|of| of.holds_participants() && of.scorecard() == Some(scorecard)).count()
    }

    /// Works out the spend of a program whose participants were just read.
    pub fn take_up_spend(&mut self, scorecard: &ScorecardId, id: TrainingProgramId) {
        let participants = Collection::Participants(scorecard.clone(), id);
        let Some(list) = self.record_lists.get(&participants).and_then(RecordList::whole) else { return };
        let Some((_, mut programs)) = self.whole_programs(scorecard) else { return };
        let Some((_, program)) = programs.find(|(program, _)| *program == id) else { return };
        let spend = ProgramSpend {
            table: SpendTable::of_program(program.value("category"), list.rows().iter()),
            read_at: list.read_at,
            unreadable: list.unreadable(),
            is_inconsistent: list.is_inconsistent,
        };
        drop(programs);
        self.spend.entry(scorecard.clone()).or_default().put(id, spend);
    }

    /// Notes why the participants of a program could not be read.
    pub fn note_spend_failure(
        &mut self,
        scorecard: &ScorecardId,
        id: TrainingProgramId,
        why: String,
        now: Timestamp,
    ) {
        self.spend.entry(scorecard.clone()).or_default().failures.insert(id, (why, now));
    }
}
