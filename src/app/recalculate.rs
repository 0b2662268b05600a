//! Recalculations: note `updated_at`, send the PUT, watch by reading until it has moved.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use crate::api::error::{ApiError, Failure};
use crate::api::reply::{Answer, Reply};
use crate::api::{Call, scorecards};
use crate::app::model::Model;
use crate::app::requests::{Owner, Phase, Through};
use crate::domain::change;
use crate::domain::collection::Collection;
use crate::domain::date::{seconds_since, span};
use crate::domain::id::ScorecardId;
use crate::domain::recalculation::{Next, Starter, State, Watch, Wish, Written};
use crate::domain::scorecard::Scorecard;
use crate::effect::{Alarm, Effect, Effects, StoreOp};
use crate::nav::{Notice, Tone};
use crate::overlay::Overlay;

impl Model {
    /// Takes up the watches that were stored.
    pub(super) fn resume_watches(&mut self, fx: &mut Effects) {
        // What was being sent when the program ended may have moved `updated_at` of a scorecard that is watched.
        let unknown =
            self.desk.record_changes.iter().filter(|(_, change)| change.state == change::State::Unknown);
        let touched = unknown.filter_map(|(_, change)| match &change.collection {
            Collection::Scorecards => change.intent.record().cloned(),
            other => other.scorecard().cloned(),
        });
        for scorecard in touched.collect::<BTreeSet<_>>() {
            if let Some(watch) = self.desk.watches.get_mut(&scorecard) {
                watch.write_answered(Written::Perhaps(None), self.now);
            }
        }
        for (scorecard, watch) in &self.desk.watches {
            if !watch.state.is_over() && !self.is_undecided(scorecard) {
                fx.push(Effect::After(Alarm::Watch(scorecard.clone()), Duration::ZERO));
            }
        }
    }

    /// A write was answered: whoever watches the scorecard that it edits has to know that it may have moved `updated_at`.
    pub(super) fn note_write(&mut self, call: &Call, result: &Result<Answer, ApiError>, fx: &mut Effects) {
        let watch = call.edits_scorecard().and_then(|id| self.desk.watches.get_mut(id));
        let Some(watch) = watch.filter(|watch| !watch.state.is_over()) else { return };
        let written = match result {
            Ok(Answer { reply: Reply::Scorecard(shown), .. }) => Written::Perhaps(Some(shown.observation())),
            Ok(_) => Written::Perhaps(None),
            // One that was given up may have been done.
            Err(error) if error.outcome_unknown() || error.failure == Failure::Stopped => {
                Written::Perhaps(None)
            }
            Err(_) => Written::Nothing,
        };
        watch.write_answered(written, self.now);
        fx.push(Effect::Store(StoreOp::Watch(Box::new(watch.clone()))));
    }

    /// Begins a recalculation: notes `updated_at`, then sends the PUT.
    pub(super) fn start_recalculation(&mut self, scorecard: ScorecardId, fx: &mut Effects) {
        // Another one that is watched already goes on being watched, whatever comes of mine.
        let watched = self.desk.watches.get(&scorecard).is_some_and(|watch| !watch.state.is_over());
        if !watched {
            let name = self.desk.scorecard_name(&scorecard);
            let watch = Watch::new(scorecard.clone(), name, None, self.now);
            self.desk.watches.insert(scorecard.clone(), watch);
        }
        self.watch_call(scorecard, Phase::Note(Through::One), fx);
    }

    fn watch_call(&mut self, scorecard: ScorecardId, phase: Phase, fx: &mut Effects) {
        let call = match phase {
            Phase::Put => scorecards::Call::Recalculate(scorecard.clone()),
            Phase::Note(Through::One) | Phase::Look(Through::One) => {
                scorecards::Call::Read(scorecard.clone())
            }
            Phase::Note(Through::List) | Phase::Look(Through::List) => scorecards::Call::List,
        };
        fx.call(Call::Scorecards(call));
        self.own_calls(&Owner::Watch(scorecard, phase), fx);
    }

    /// Whether it is still to be decided what to do about another one that runs.
    fn is_undecided(&self, scorecard: &ScorecardId) -> bool {
        let asked =
            |overlay: &Overlay| matches!(overlay, Overlay::Busy(busy) if busy.scorecard() == scorecard);
        self.busy.contains(scorecard) || self.overlays.iter().any(asked)
    }

    /// Whether a call of a watch is under way.
    fn is_asking(&self, scorecard: &ScorecardId) -> bool {
        let of_watch = |owner: &Owner| matches!(owner, Owner::Watch(id, _) if id == scorecard);
        self.requests.values().any(|pending| of_watch(&pending.owner))
    }

    /// Looks now; a look that is under way is enough.
    pub(super) fn look(&mut self, scorecard: ScorecardId, fx: &mut Effects) {
        if !self.is_asking(&scorecard) {
            self.watch_call(scorecard, Phase::Look(Through::One), fx);
        }
    }

    /// The time for a look or a start has come.
    pub(super) fn watch_alarm(&mut self, scorecard: ScorecardId, fx: &mut Effects) {
        // Its answer sets the next alarm: a start that is under way is not begun a second time.
        if self.is_asking(&scorecard) {
            return;
        }
        match self.desk.watches.get_mut(&scorecard).map(|watch| (watch.next(), watch)) {
            Some((Next::Start(_), watch)) if watch.waited_enough(self.now) => {
                watch.state = State::Failed("another one was still running after 75 minutes".into());
                self.end_watch(&scorecard, fx);
            }
            Some((Next::Start(_), watch)) => {
                watch.turns += 1;
                self.start_recalculation(scorecard, fx);
            }
            Some((Next::Look(_), _)) => self.look(scorecard, fx),
            Some((Next::Rest, _)) | None => {}
        }
    }

    /// A reply to one of a watch's calls.
    pub(super) fn watch_reply(
        &mut self,
        scorecard: ScorecardId,
        phase: Phase,
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
        let missing =
            matches!(&error, Some(ApiError { failure: Failure::NotFound | Failure::Status(400..500), .. }));
        match phase {
            Phase::Note(Through::One) if missing => {
                self.watch_call(scorecard, Phase::Note(Through::List), fx);
            }
            Phase::Look(Through::One) if missing => {
                self.watch_call(scorecard, Phase::Look(Through::List), fx);
            }
            Phase::Note(_) => self.noted(scorecard, read, error, fx),
            Phase::Put => self.put_answered(&scorecard, error, fx),
            Phase::Look(_) => self.looked(&scorecard, asked, read.as_ref(), error, fx),
        }
    }

    fn noted(
        &mut self,
        scorecard: ScorecardId,
        read: Option<Scorecard>,
        error: Option<ApiError>,
        fx: &mut Effects,
    ) {
        let Some(watch) = self.desk.watches.get_mut(&scorecard) else { return };
        match read {
            Some(read) => {
                watch.noted = Some(read.observation());
                watch.edit = None;
                watch.unseen_write = None;
                watch.description = read.description();
                if watch.wish == Wish::Watch {
                    watch.state = State::Requested;
                }
                fx.push(Effect::Store(StoreOp::Watch(Box::new(watch.clone()))));
                self.watch_call(scorecard, Phase::Put, fx);
            }
            None if watch.wish == Wish::StartMine => self.rest(&scorecard, fx),
            None => {
                let why = error.map_or_else(|| "the scorecard is not there".into(), |e| e.to_string());
                watch.state = State::Failed(format!("not started: {why}").into());
                self.end_watch(&scorecard, fx);
            }
        }
    }

    fn put_answered(&mut self, scorecard: &ScorecardId, error: Option<ApiError>, fx: &mut Effects) {
        let Some(watch) = self.desk.watches.get_mut(scorecard) else { return };
        match error {
            None => {
                // What is waited for begins now, not when it was first wished.
                watch.asked_at = self.now;
                watch.accepted();
            }
            Some(ApiError { failure: Failure::Busy, .. }) => {
                watch.busy();
                if watch.wish == Wish::Watch {
                    // Until it is decided, nothing is looked for: the question does not go stale.
                    self.busy.insert(scorecard.clone());
                    fx.push(Effect::Store(StoreOp::Watch(Box::new(watch.clone()))));
                    return;
                }
            }
            // It may have been started: looking tells, and it is not asked for again.
            Some(error) if error.outcome_unknown() => {
                watch.state = State::Requested;
                watch.wish = Wish::Watch;
                watch.asked_at = self.now;
            }
            Some(error) => {
                watch.state = State::Failed(error.to_string().into());
                self.end_watch(scorecard, fx);
                return;
            }
        }
        self.rest(scorecard, fx);
    }

    /// The answer to the dialog after a 409.
    pub(super) fn decide_busy(&mut self, scorecard: ScorecardId, wish: Option<Wish>, fx: &mut Effects) {
        match (wish, self.desk.watches.get_mut(&scorecard)) {
            (Some(wish), Some(watch)) => {
                watch.wish = wish;
                watch.turns = 0;
                if wish == Wish::StartMine && watch.state.is_over() {
                    // The other one has ended meanwhile.
                    self.start_recalculation(scorecard, fx);
                } else {
                    self.rest(&scorecard, fx);
                }
            }
            (None, Some(watch)) if watch.last_look.is_some() => self.rest(&scorecard, fx),
            (None, _) => {
                self.desk.watches.remove(&scorecard);
                fx.push(Effect::Store(StoreOp::EndWatch(scorecard)));
            }
            (Some(_), None) => {}
        }
    }

    fn looked(
        &mut self,
        scorecard: &ScorecardId,
        asked: Timestamp,
        read: Option<&Scorecard>,
        error: Option<ApiError>,
        fx: &mut Effects,
    ) {
        let Some(watch) = self.desk.watches.get_mut(scorecard) else { return };
        let started = watch.state.clone();
        match (read, error) {
            (Some(read), _) => {
                watch.looked(&read.observation(), asked, self.now);
            }
            (None, Some(ApiError { failure: Failure::Stopped, .. })) => {}
            // A look that failed says nothing of the recalculation.
            (None, Some(error)) if error.failure != Failure::NotFound => watch.out_of_reach(self.now),
            (None, _) => watch.state = State::Failed("the scorecard is not there any more".into()),
        }
        // Only an end that is sure says how long it took.
        let finished = matches!(watch.state, State::Finished(_));
        let other_ended = watch.state.end_seen().is_some() && watch.wish == Wish::StartMine;
        let seconds = watch.ran(read.and_then(Scorecard::updated_at), self.now);
        if other_ended {
            // The other one is over: mine can start at once.
            watch.state = State::Running(Starter::Elsewhere);
            self.start_recalculation(scorecard.clone(), fx);
        } else if watch.state.is_over() {
            if finished && started == State::Running(Starter::Here) {
                fx.push(Effect::Store(StoreOp::Ran(scorecard.clone(), seconds)));
                self.desk.runs.entry(scorecard.clone()).or_default().push(seconds);
            }
            self.end_watch(scorecard, fx);
        } else {
            self.rest(scorecard, fx);
        }
    }

    /// Stores the watch as it stands and sets the alarm for its next turn.
    fn rest(&mut self, scorecard: &ScorecardId, fx: &mut Effects) {
        let Some(watch) = self.desk.watches.get(scorecard) else { return };
        fx.push(Effect::Store(StoreOp::Watch(Box::new(watch.clone()))));
        if let Next::Look(pause) | Next::Start(pause) = watch.next() {
            fx.push(Effect::After(Alarm::Watch(scorecard.clone()), pause));
        }
    }

    /// A watch is over: the bell rings once, and the status line says how it ended.
    fn end_watch(&mut self, scorecard: &ScorecardId, fx: &mut Effects) {
        let Some(watch) = self.desk.watches.get(scorecard) else { return };
        let tone = if watch.state.end_seen().is_some() { Tone::Good } else { Tone::Error };
        let took = match watch.state {
            State::Finished(seen) => {
                format!(", {} after it was asked for", span(seconds_since(watch.asked_at, seen)))
            }
            State::FinishedOrEdited(_) | State::NoSignOrEdited => {
                watch.edit.map(|edit| format!(": {edit}")).unwrap_or_default()
            }
            State::Failed(ref words) => format!(": {words}"),
            _ => String::new(),
        };
        let text = format!("recalculation of {}: {}{took}", watch.description, watch.state);
        fx.push(Effect::Bell);
        fx.push(Effect::Store(StoreOp::EndWatch(scorecard.clone())));
        self.say(Notice::new(tone, text));
    }
}
