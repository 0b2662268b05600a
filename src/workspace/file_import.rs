//! What an import needs of the workspace: what the server is known to hold, and which lists tell it.

use jiff::Timestamp;

use crate::domain::change::collection::Collection;
use crate::domain::date;
use crate::domain::file_grid::FileGrid;
use crate::domain::id::TrainingProgramId;
use crate::domain::import::answers::{Answers, heading_key};
use crate::domain::import::file_rows::ImportTarget;
use crate::domain::import::server_knowledge::ServerKnowledge;
use crate::domain::import::sheet_table::choose_sheets;
use crate::domain::record::Value;
use crate::workspace::Workspace;

impl Workspace {
    /// What is known of the server, for judging a file.
    pub fn server_knowledge(&self, target: &ImportTarget, now: Timestamp) -> ServerKnowledge {
        let scorecard = target.scorecard();
        let mut known = ServerKnowledge::default();
        known.today = Some(date::today(now));
        let mut scorecards = self.records(&Collection::Scorecards).into_iter().flat_map(|(rows, _)| rows);
        let is_own = |id: crate::domain::id::RecordId| id.as_str() == scorecard.as_str();
        if let Some(record) =
            scorecards.find(|record| Collection::Scorecards.id_of(record).is_some_and(is_own))
        {
            known.add_scorecard(record);
        }
        let programs = Collection::TrainingPrograms(scorecard.clone());
        self.records(&programs)
            .into_iter()
            .flat_map(|(rows, _)| rows)
            .for_each(|record| known.add_program(record));
        let listed = known.program_ids();
        for id in
            target.program().into_iter().chain(listed.into_iter().filter(|id| Some(*id) != target.program()))
        {
            if let Some((rows, _)) = self.records(&Collection::Participants(scorecard.clone(), id)) {
                known.add_participants(scorecard, id, rows);
            }
        }
        known
    }

    /// The programs whose participants a file is compared with, in the order in which they are read: the one that is
    /// imported into, those that the file names, then the others that have any by the server's count. That count may
    /// wait for a recalculation, so it decides only about the others.
    pub fn programs_to_compare(
        &self,
        target: &ImportTarget,
        named: &[TrainingProgramId],
    ) -> Vec<TrainingProgramId> {
        let collection = Collection::TrainingPrograms(target.scorecard().clone());
        let mut ids: Vec<TrainingProgramId> = target.program().into_iter().collect();
        let listed = self.records(&collection).into_iter().flat_map(|(rows, _)| rows);
        let others =
            listed.filter(|record| *record.value("total_number_of_participants") != Value::Integer(0));
        let others = others.filter_map(|record| collection.id_of(record)?.as_str().parse().ok());
        for id in named.iter().copied().chain(others) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    /// What was said about an earlier file of the same headings, with the fields of single headings.
    pub fn remembered_answers(&self, grids: &[FileGrid]) -> Answers {
        let choice = choose_sheets(grids, &Answers::default());
        let Some((_, row)) = choice.sheets.first() else { return Answers::default() };
        let mut remembered = Answers::default();
        for heading in &row.headings {
            if let Some(field) = self.heading_fields.get(&heading_key(heading)) {
                remembered.columns.insert(heading.clone(), field.clone());
            }
        }
        let of_set = self.heading_fields.get(&set_key(&row.headings));
        let of_set = of_set.and_then(|text| Answers::from_toml(text).ok()).unwrap_or_default();
        remembered.with(of_set)
    }

    /// Remembers what was said about a file for the next one of the same headings; returns what to journal. Sheets and
    /// released rows are not remembered: they are those of one file.
    pub fn remember_answers(&mut self, grids: &[FileGrid], answers: &Answers) -> Vec<(String, String)> {
        let choice = choose_sheets(grids, answers);
        let Some((_, row)) = choice.sheets.first() else { return Vec::new() };
        let kept = Answers { sheets: Vec::new(), release: Vec::new(), ..answers.clone() };
        let Ok(text) = kept.to_toml() else { return Vec::new() };
        let entry = (set_key(&row.headings), text);
        self.heading_fields.extend([entry.clone()]);
        vec![entry]
    }
}

/// The key under which answers for a set of headings are kept.
fn set_key(headings: &[String]) -> String {
    let mut keys: Vec<String> =
        headings.iter().map(|heading| heading_key(heading)).filter(|key| !key.is_empty()).collect();
    keys.sort_unstable();
    format!("set {}", keys.join(" "))
}
