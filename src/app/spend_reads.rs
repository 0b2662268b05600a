//! Reads the participants of all training programs of the scorecard whose spend is shown, some programs at a time.

use crate::api::error::ApiError;
use crate::app::engine::Engine;
use crate::domain::change::collection::Collection;
use crate::effect::Effects;

impl Engine {
    /// While a spend is shown, reads the participants that were not read since the list of programs was.
    pub(super) fn continue_spend(&mut self, fx: &mut Effects) {
        let Some(scorecard) = self.shown_spend.clone() else {
            self.workspace.spend_progress = None;
            return;
        };
        // The participants are read for the list of programs that is coming.
        if self.workspace.collections_being_read.contains(&Collection::TrainingPrograms(scorecard.clone())) {
            return;
        }
        let Some((unread, all)) = self.workspace.unread_spend(&scorecard) else { return };
        self.workspace.spend_progress = (!unread.is_empty()).then(|| (all - unread.len(), all));
        let under_way = self.list_reads.iter().filter(|read| self.is_for_spend(&read.collection)).count();
        let collections = unread.into_iter().map(|id| Collection::Participants(scorecard.clone(), id));
        let not_read = |collection: &Collection| !self.workspace.collections_being_read.contains(collection);
        let room = self.parallel.reads.saturating_sub(under_way);
        for collection in collections.filter(not_read).take(room).collect::<Vec<_>>() {
            self.start_list_read(&collection, false, fx);
        }
    }

    /// Whether a list is read for the spend that is shown.
    pub(super) fn is_for_spend(&self, collection: &Collection) -> bool {
        collection.holds_participants()
            && self.shown_spend.is_some()
            && self.shown_spend.as_ref() == collection.scorecard()
    }

    /// Takes up the participants of a program of the spend that is shown, or notes why they could not be read.
    pub(super) fn note_spend_read(&mut self, collection: &Collection, error: Option<&ApiError>) {
        let Collection::Participants(scorecard, program) = collection else { return };
        if !self.is_for_spend(collection) {
            return;
        }
        match error {
            None => self.workspace.take_up_spend(scorecard, *program),
            Some(error) => {
                self.workspace.note_spend_failure(scorecard, *program, error.to_string(), self.now);
            }
        }
    }
}
