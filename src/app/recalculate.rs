//! Recalculations: note `updated_at`, send the PUT, then poll the scorecard until `updated_at` has moved.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use crate::api::error::{ApiError, Failure};
use crate::api::reply::{Reply, Response};
use crate::api::{Call, scorecards};
use crate::app::engine::Engine;
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change;
use crate::domain::date::{format_duration, seconds_since};
use crate::domain::id::{RecordId, ScorecardId};
use crate::domain::record::recalculation::{
    Author, BusyChoice, RecalculationState, Watch, WatchStep, WriteOutcome,
};
use crate::domain::record::scorecard::Scorecard;
use crate::effect::{Effect, Effects, JournalOp, Owner, ScorecardSource, Timer, WatchPhase};
use crate::nav::{Notice, Severity};

impl Engine {
    /// Resumes the watches that the journal held or that were suspended.
    pub(super) fn resume_watches(&mut self, fx: &mut Effects) {
        // A write in flight when the program ended may have moved the `updated_at` of a watched scorecard.
        let unknown = self
            .workspace
            .record_changes
            .iter()
            .filter(|(_, change)| change.state == counter_change::ChangeState::OutcomeUnknown);
        let touched = unknown.filter_map(|(_, change)| match &change.collection {
            Collection::Scorecards => change.intent.record_id().map(RecordId::to_scorecard),
            other => other.scorecard().cloned(),
        });
        for scorecard in touched.collect::<BTreeSet<_>>() {
            if let Some(watch) = self.workspace.watches.get_mut(&scorecard) {
                watch.note_write_response(WriteOutcome::MayBeWritten(None), self.now);
            }
        }
        for (scorecard, watch) in &self.workspace.watches {
            if !watch.state.is_over() && !self.busy_scorecards.contains(scorecard) {
                fx.push(Effect::SetTimer(Timer::Watch(scorecard.clone()), Duration::ZERO));
            }
        }
    }

    /// Tells the watch of a scorecard that a write to it was answered, since the write may have moved
    /// `updated_at`.
    pub(super) fn note_write(&mut self, call: &Call, result: &Result<Response, ApiError>, fx: &mut Effects) {
        let watch = call.edited_scorecard().and_then(|id| self.workspace.watches.get_mut(id));
        let Some(watch) = watch.filter(|watch| !watch.state.is_over()) else { return };
        let written = match result {
            Ok(Response { reply: Reply::Scorecard(shown), .. }) => {
                WriteOutcome::MayBeWritten(Some(shown.observation()))
            }
            Ok(_) => WriteOutcome::MayBeWritten(None),
            // A cancelled write may have reached the server.
            Err(error) if error.is_outcome_unknown() || error.failure == Failure::Cancelled => {
                WriteOutcome::MayBeWritten(None)
            }
            Err(_) => WriteOutcome::NotWritten,
        };
        watch.note_write_response(written, self.now);
        fx.push(Effect::Journal(JournalOp::Watch(Box::new(watch.clone()))));
    }

    /// Starts a recalculation: notes `updated_at`, then sends the PUT.
    pub(super) fn start_recalculation(&mut self, scorecard: ScorecardId, fx: &mut Effects) {
        // A watch that is still running is kept, even if this start fails.
        let watched = self.workspace.watches.get(&scorecard).is_some_and(|watch| !watch.state.is_over());
        if !watched {
            let name = self.workspace.scorecard_name(&scorecard);
            let watch = Watch::new(scorecard.clone(), name, None, self.now);
            self.workspace.watches.insert(scorecard.clone(), watch);
        }
        self.send_watch_request(scorecard, WatchPhase::NoteUpdatedAt(ScorecardSource::ById), fx);
    }

    pub(super) fn send_watch_request(&mut self, scorecard: ScorecardId, phase: WatchPhase, fx: &mut Effects) {
        let call =
            match phase {
                WatchPhase::Start => scorecards::Call::Recalculate(scorecard.clone()),
                WatchPhase::NoteUpdatedAt(ScorecardSource::ById)
                | WatchPhase::Poll(ScorecardSource::ById) => scorecards::Call::Read(scorecard.clone()),
                WatchPhase::NoteUpdatedAt(ScorecardSource::List)
                | WatchPhase::Poll(ScorecardSource::List) => scorecards::Call::List,
            };
        self.send(Owner::Watch(scorecard, phase), Call::Scorecards(call), fx);
    }

    /// Whether a request of a scorecard's watch is pending.
    pub(super) fn has_watch_request(&self, scorecard: &ScorecardId) -> bool {
        let of_watch = |owner: &Owner| matches!(owner, Owner::Watch(id, _) if id == scorecard);
        self.requests.values().any(|pending| of_watch(&pending.owner))
    }

    /// Polls the scorecard now, unless a request of its watch is pending.
    pub(super) fn poll_recalculation(&mut self, scorecard: ScorecardId, fx: &mut Effects) {
        if !self.has_watch_request(&scorecard) {
            self.send_watch_request(scorecard, WatchPhase::Poll(ScorecardSource::ById), fx);
        }
    }

    /// Handles a watch's timer: polls the scorecard or tries to start the recalculation.
    pub(super) fn handle_watch_timer(&mut self, scorecard: ScorecardId, fx: &mut Effects) {
        // The reply to the pending request sets the next timer, so the recalculation is not started twice.
        if self.has_watch_request(&scorecard) {
            return;
        }
        match self.workspace.watches.get_mut(&scorecard).map(|watch| (watch.next_step(), watch)) {
            Some((WatchStep::Start(_), watch)) if watch.is_start_limit_reached(self.now) => {
                watch.state =
                    RecalculationState::Failed("another one was still running after 75 minutes".into());
                self.end_watch(&scorecard, fx);
            }
            Some((WatchStep::Start(_), watch)) => {
                watch.attempts += 1;
                self.start_recalculation(scorecard, fx);
            }
            Some((WatchStep::Read(_), _)) => self.poll_recalculation(scorecard, fx),
            Some((WatchStep::Done, _)) | None => {}
        }
    }

    /// Handles the reply to one of a watch's requests.
    pub(super) fn handle_watch_reply(
        &mut self,
        scorecard: ScorecardId,
        phase: WatchPhase,
        asked: Timestamp,
        result: Result<Reply, ApiError>,
        fx: &mut Effects,
    ) {
        let (read, error) = match result {
            Ok(Reply::Scorecard(read)) => (Some(read), None),
            Ok(Reply::Scorecards(rows)) => (rows.rows.into_iter().find(|s| s.id == scorecard), None),
            Ok(_) => (None, None),
            Err(error) => (None, Some(error)),
        };
        let missing = error.as_ref().is_some_and(scorecards::is_to_be_read_from_list);
        match phase {
            WatchPhase::NoteUpdatedAt(ScorecardSource::ById) if missing => {
                self.send_watch_request(scorecard, WatchPhase::NoteUpdatedAt(ScorecardSource::List), fx);
            }
            WatchPhase::Poll(ScorecardSource::ById) if missing => {
                self.send_watch_request(scorecard, WatchPhase::Poll(ScorecardSource::List), fx);
            }
            WatchPhase::NoteUpdatedAt(_) => self.handle_updated_at(scorecard, read, error, fx),
            WatchPhase::Start => self.handle_start_reply(&scorecard, error, fx),
            WatchPhase::Poll(_) => self.handle_poll_reply(&scorecard, asked, read.as_ref(), error, fx),
        }
    }

    pub(super) fn handle_updated_at(
        &mut self,
        scorecard: ScorecardId,
        read: Option<Scorecard>,
        error: Option<ApiError>,
        fx: &mut Effects,
    ) {
        let Some(watch) = self.workspace.watches.get_mut(&scorecard) else { return };
        match read {
            Some(read) => {
                watch.baseline = Some(read.observation());
                watch.last_edit = None;
                watch.unseen_write_at = None;
                watch.description = read.description();
                if watch.busy_choice == BusyChoice::WatchOnly {
                    watch.state = RecalculationState::Requested;
                }
                fx.push(Effect::Journal(JournalOp::Watch(Box::new(watch.clone()))));
                self.send_watch_request(scorecard, WatchPhase::Start, fx);
            }
            None if watch.busy_choice == BusyChoice::StartAfterwards => {
                self.schedule_next_step(&scorecard, fx);
            }
            None => {
                let why = error.map_or_else(|| "the scorecard is not there".into(), |e| e.to_string());
                watch.state = RecalculationState::Failed(format!("not started: {why}").into());
                self.end_watch(&scorecard, fx);
            }
        }
    }

    pub(super) fn handle_start_reply(
        &mut self,
        scorecard: &ScorecardId,
        error: Option<ApiError>,
        fx: &mut Effects,
    ) {
        let Some(watch) = self.workspace.watches.get_mut(scorecard) else { return };
        match error {
            None => {
                // The duration counts from the accepted PUT, not from the user's command.
                watch.asked_at = self.now;
                watch.mark_accepted();
            }
            Some(ApiError { failure: Failure::Busy, .. }) => {
                watch.mark_running_elsewhere();
                if watch.busy_choice == BusyChoice::WatchOnly {
                    // Polling waits for the user's decision, so that the question stays valid.
                    self.busy_scorecards.insert(scorecard.clone());
                    fx.push(Effect::Journal(JournalOp::Watch(Box::new(watch.clone()))));
                    return;
                }
            }
            // The recalculation may have started: polling tells, and the PUT is not sent again.
            Some(error) if error.is_outcome_unknown() => {
                watch.state = RecalculationState::Requested;
                watch.busy_choice = BusyChoice::WatchOnly;
                watch.asked_at = self.now;
            }
            Some(error) => {
                watch.state = RecalculationState::Failed(error.to_string().into());
                self.end_watch(scorecard, fx);
                return;
            }
        }
        self.schedule_next_step(scorecard, fx);
    }

    /// Carries out the user's choice after a 409; `None` means not to watch.
    pub(super) fn decide_busy(
        &mut self,
        scorecard: ScorecardId,
        busy_choice: Option<BusyChoice>,
        fx: &mut Effects,
    ) {
        self.busy_scorecards.remove(&scorecard);
        match (busy_choice, self.workspace.watches.get_mut(&scorecard)) {
            (Some(busy_choice), Some(watch)) => {
                watch.busy_choice = busy_choice;
                watch.attempts = 0;
                if busy_choice == BusyChoice::StartAfterwards && watch.state.is_over() {
                    // The other recalculation has ended meanwhile.
                    self.start_recalculation(scorecard, fx);
                } else {
                    self.schedule_next_step(&scorecard, fx);
                }
            }
            (None, Some(watch)) if watch.last_read_at.is_some() => self.schedule_next_step(&scorecard, fx),
            (None, _) => {
                self.workspace.watches.remove(&scorecard);
                fx.push(Effect::Journal(JournalOp::EndWatch(scorecard)));
            }
            (Some(_), None) => {}
        }
    }

    pub(super) fn handle_poll_reply(
        &mut self,
        scorecard: &ScorecardId,
        asked: Timestamp,
        read: Option<&Scorecard>,
        error: Option<ApiError>,
        fx: &mut Effects,
    ) {
        let Some(watch) = self.workspace.watches.get_mut(scorecard) else { return };
        let state_before = watch.state.clone();
        match (read, error) {
            (Some(read), _) => {
                watch.observe(&read.observation(), asked, self.now);
            }
            (None, Some(ApiError { failure: Failure::Cancelled, .. })) => {}
            // A failed poll says nothing about the recalculation.
            (None, Some(error)) if error.failure != Failure::NotFound => watch.mark_lost_touch(self.now),
            (None, _) => {
                watch.state = RecalculationState::Failed("the scorecard is not there any more".into());
            }
        }
        // Only a certain end gives a usable duration.
        let finished = matches!(watch.state, RecalculationState::Finished(_));
        let other_ended =
            watch.state.end_seen_at().is_some() && watch.busy_choice == BusyChoice::StartAfterwards;
        let seconds = watch.running_secs(read.and_then(Scorecard::updated_at), self.now);
        if other_ended {
            // The other recalculation is over, so this one can start at once.
            watch.state = RecalculationState::Running(Author::Elsewhere);
            self.start_recalculation(scorecard.clone(), fx);
        } else if watch.state.is_over() {
            if finished && state_before == RecalculationState::Running(Author::Here) {
                fx.push(Effect::Journal(JournalOp::RunSeconds(scorecard.clone(), seconds)));
                self.workspace.run_seconds.entry(scorecard.clone()).or_default().push(seconds);
            }
            self.end_watch(scorecard, fx);
        } else {
            self.schedule_next_step(scorecard, fx);
        }
    }

    /// Journals the watch and sets the timer of its next step.
    pub(super) fn schedule_next_step(&mut self, scorecard: &ScorecardId, fx: &mut Effects) {
        let Some(watch) = self.workspace.watches.get(scorecard) else { return };
        fx.push(Effect::Journal(JournalOp::Watch(Box::new(watch.clone()))));
        if let WatchStep::Read(pause) | WatchStep::Start(pause) = watch.next_step() {
            fx.push(Effect::SetTimer(Timer::Watch(scorecard.clone()), pause));
        }
    }

    /// Ends a watch: rings the bell once and shows the result in the status line.
    pub(super) fn end_watch(&mut self, scorecard: &ScorecardId, fx: &mut Effects) {
        let Some(watch) = self.workspace.watches.get(scorecard) else { return };
        let tone = if watch.state.end_seen_at().is_some() { Severity::Success } else { Severity::Error };
        let took = match watch.state {
            RecalculationState::Finished(seen) => {
                format!(", {} after it was asked for", format_duration(seconds_since(watch.asked_at, seen)))
            }
            RecalculationState::FinishedOrEdited(_) | RecalculationState::NoEndSeenAfterEdit => {
                watch.last_edit.map(|edit| format!(": {edit}")).unwrap_or_default()
            }
            RecalculationState::Failed(ref words) => format!(": {words}"),
            _ => String::new(),
        };
        let text = format!("recalculation of {}: {}{took}", watch.description, watch.state);
        fx.push(Effect::Bell);
        fx.push(Effect::Journal(JournalOp::EndWatch(scorecard.clone())));
        self.show_notice(Notice::new(tone, text));
    }
}
