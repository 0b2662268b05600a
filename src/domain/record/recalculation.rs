//! Watches a recalculation by reading its scorecard (Scorecards, "Processing behaviour"). There is no status
//! endpoint: only `updated_at` shows the end, and an edit moves it too.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::date::{seconds_since, time_of_day};
use crate::domain::id::ScorecardId;
use crate::domain::text::Text;

/// Who started a recalculation, or edited what counts in its scorecard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// bee-tui, by a write of its own.
    Here,
    /// Someone else; a recalculation that they started answers bee-tui's PUT with 409.
    Elsewhere,
}

/// What is known of a recalculation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecalculationState {
    /// The PUT was sent and has no response yet.
    Requested,
    /// It runs; says who started it.
    Running(Author),
    /// `updated_at` moved past the baseline and no edit is known; holds when that was seen.
    Finished(Timestamp),
    /// `updated_at` moved again after an edit, so it ended or was edited once more; holds when that was seen.
    FinishedOrEdited(Timestamp),
    /// Watching stopped: `updated_at` did not move for 60 minutes.
    NoEndSeen,
    /// Watching stopped: `updated_at` did not move again for 60 minutes after an edit.
    NoEndSeenAfterEdit,
    /// The server refused it, in its own words.
    Failed(Text),
    /// The server has been unreachable since this time. The recalculation may still run; its starter is kept
    /// when it was known.
    LostTouch(Timestamp, Option<Author>),
}

impl RecalculationState {
    /// Whether watching has ended.
    pub fn is_over(&self) -> bool {
        matches!(
            self,
            Self::Finished(_)
                | Self::FinishedOrEdited(_)
                | Self::NoEndSeen
                | Self::NoEndSeenAfterEdit
                | Self::Failed(_)
        )
    }

    /// When the end was seen; `None` when it was not.
    pub fn end_seen_at(&self) -> Option<Timestamp> {
        match self {
            Self::Finished(seen) | Self::FinishedOrEdited(seen) => Some(*seen),
            _ => None,
        }
    }
}

/// These words are fixed: scripts depend on them.
impl fmt::Display for RecalculationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Requested => "requested",
            Self::Running(Author::Here) => "running (started here)",
            Self::Running(Author::Elsewhere) => "running (started elsewhere)",
            Self::Finished(_) => "finished",
            Self::FinishedOrEdited(_) => "finished, or edited",
            Self::NoEndSeen => "no sign of an end",
            Self::NoEndSeenAfterEdit => "no sign of an end, or ended with the edit",
            Self::Failed(_) => "failed",
            Self::LostTouch(..) => "lost touch",
        })
    }
}

/// What the user wants while another recalculation runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusyChoice {
    /// Only to see it end.
    WatchOnly,
    /// To start a new one after it has ended.
    StartAfterwards,
}

/// What a read of the scorecard showed, as far as a watch compares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// Its `updated_at`; `None` when that could not be read.
    pub updated_at: Option<Timestamp>,
    /// All its other documented fields as text to compare; `None` when they were not kept.
    pub fields: Option<Text>,
}

/// An edit that moved `updated_at`, or may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObservedEdit {
    /// Who made it.
    pub editor: Author,
    /// When it was made: by the server's clock where that is known, else when it was noticed.
    pub edited_at: Timestamp,
    /// When bee-tui noticed it.
    pub seen_at: Timestamp,
}

/// `edited from here`, or `edited elsewhere at 10:30`.
impl fmt::Display for ObservedEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.editor {
            Author::Here => f.write_str("edited from here"),
            Author::Elsewhere => write!(f, "edited elsewhere at {}", time_of_day(self.edited_at)),
        }
    }
}

/// The outcome of a write by bee-tui.
#[derive(Debug, Clone, PartialEq)]
pub enum WriteOutcome {
    /// It was refused or never sent: nothing was changed.
    NotWritten,
    /// It was applied, or may have been; holds the scorecard when the response showed it.
    MayBeWritten(Option<Observation>),
}

/// The watch over one scorecard's recalculation.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// The scorecard.
    pub scorecard: ScorecardId,
    /// The scorecard's description, for messages.
    pub description: Text,
    /// When the user asked for the recalculation.
    pub asked_at: Timestamp,
    /// The scorecard before the PUT or after the last edit, which later reads are compared with; `None` when
    /// it could not be read.
    pub baseline: Option<Observation>,
    /// The last edit since then, if any.
    pub last_edit: Option<ObservedEdit>,
    /// Writes by bee-tui that have no response yet.
    pub writes_in_flight: u32,
    /// When a write that may have moved `updated_at` was answered, until a read shows whether it did.
    pub unseen_write_at: Option<Timestamp>,
    /// What is known of the recalculation.
    pub state: RecalculationState,
    /// What the user wants while another recalculation runs.
    pub busy_choice: BusyChoice,
    /// When the scorecard was last read; `None` before the first read.
    pub last_read_at: Option<Timestamp>,
    /// How many times it was read or started; selects the next delay.
    pub attempts: u32,
}

/// The next step of a watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchStep {
    /// Read the scorecard after this delay.
    Read(Duration),
    /// Read the scorecard and send the PUT after this delay.
    Start(Duration),
    /// Nothing: watching has ended.
    Done,
}

/// Watching stops after this many seconds without a sign of the end.
const WATCH_LIMIT_SECS: u64 = 60 * 60;
/// The PUT is retried for this many seconds while another recalculation runs.
const START_LIMIT_SECS: u64 = 75 * 60;

impl Watch {
    /// A watch for a PUT that is about to be sent; `noted` is the scorecard before it.
    pub fn new(
        scorecard: ScorecardId,
        description: Text,
        noted: Option<Observation>,
        now: Timestamp,
    ) -> Self {
        Self {
            scorecard,
            description,
            asked_at: now,
            baseline: noted,
            last_edit: None,
            writes_in_flight: 0,
            unseen_write_at: None,
            state: RecalculationState::Requested,
            busy_choice: BusyChoice::WatchOnly,
            last_read_at: None,
            attempts: 0,
        }
    }

    /// Whether a recalculation started by bee-tui runs or may run.
    pub fn may_run_from_here(&self) -> bool {
        match self.state {
            RecalculationState::Requested | RecalculationState::Running(Author::Here) => true,
            RecalculationState::LostTouch(_, starter) => starter != Some(Author::Elsewhere),
            _ => false,
        }
    }

    /// How long it ran, in seconds: until `updated_at` when that lies between the request and `now`, else
    /// until `now`.
    pub fn running_secs(&self, updated_at: Option<Timestamp>, now: Timestamp) -> u64 {
        let seen = seconds_since(self.asked_at, now);
        let server_seconds =
            updated_at.filter(|at| *at > self.asked_at).map(|at| seconds_since(self.asked_at, at));
        server_seconds.map_or(seen, |server_seconds| server_seconds.min(seen))
    }

    /// Records that the PUT was accepted; the delays start over.
    pub fn mark_accepted(&mut self) {
        self.state = RecalculationState::Running(Author::Here);
        self.busy_choice = BusyChoice::WatchOnly;
        self.attempts = 0;
    }

    /// Records that the PUT was answered 409: a recalculation started elsewhere is running.
    pub fn mark_running_elsewhere(&mut self) {
        self.state = RecalculationState::Running(Author::Elsewhere);
    }

    /// Whether the PUT has been retried long enough and must not be sent again.
    pub fn is_start_limit_reached(&self, now: Timestamp) -> bool {
        seconds_since(self.asked_at, now) >= START_LIMIT_SECS
    }

    /// Records that a write that touches the scorecard was sent.
    pub fn note_write_sent(&mut self) {
        self.writes_in_flight += 1;
    }

    /// Records that a write was answered or given up.
    pub fn note_write_response(&mut self, written: WriteOutcome, now: Timestamp) {
        self.writes_in_flight = self.writes_in_flight.saturating_sub(1);
        let WriteOutcome::MayBeWritten(shown) = written else { return };
        self.last_edit = Some(ObservedEdit { editor: Author::Here, edited_at: now, seen_at: now });
        match shown.filter(|shown| shown.updated_at.is_some()) {
            // The response itself shows the `updated_at` that the write led to.
            Some(shown) => self.baseline = Some(shown),
            None => self.unseen_write_at = Some(now),
        }
    }

    /// Takes in a read requested at `asked`; returns whether it ended the watch.
    ///
    /// A later `updated_at` is an end only when no edit explains it: another field changed, or bee-tui wrote.
    /// After an edit, the next move is the end or another edit.
    pub fn observe(&mut self, seen: &Observation, asked: Timestamp, now: Timestamp) -> bool {
        if self.state.is_over() {
            return false;
        }
        self.last_read_at = Some(now);
        self.attempts += 1;
        if let RecalculationState::LostTouch(_, starter) = self.state {
            self.state = starter.map_or(RecalculationState::Requested, RecalculationState::Running);
        }
        let before = self.baseline.as_ref();
        let moved = match (seen.updated_at, before.and_then(|before| before.updated_at)) {
            (Some(after), Some(before)) => after > before,
            _ => false,
        };
        let is_edited = match (&seen.fields, before.and_then(|before| before.fields.as_ref())) {
            (Some(after), Some(before)) => after != before,
            _ => false,
        };
        let wrote = self.writes_in_flight > 0 || self.unseen_write_at.is_some();
        if is_edited || moved && wrote {
            let by = if wrote { Author::Here } else { Author::Elsewhere };
            self.last_edit = Some(ObservedEdit {
                editor: by,
                edited_at: seen.updated_at.filter(|_| moved).unwrap_or(now),
                seen_at: now,
            });
            self.baseline = Some(seen.clone());
            self.unseen_write_at = None;
        } else if moved {
            self.state = if self.last_edit.is_some() {
                RecalculationState::FinishedOrEdited(now)
            } else {
                RecalculationState::Finished(now)
            };
        } else {
            // A read requested after the write was answered shows that the write did not move `updated_at`.
            self.unseen_write_at.take_if(|written| *written < asked);
            if before.is_none_or(|before| before.updated_at.is_none()) {
                // There was no baseline before the PUT: the first read becomes the baseline.
                self.baseline = Some(seen.clone());
            }
        }
        let since = self.last_edit.map_or(self.asked_at, |edit| edit.seen_at.max(self.asked_at));
        if !self.state.is_over() && seconds_since(since, now) >= WATCH_LIMIT_SECS {
            self.state = self.no_end_state();
        }
        self.state.is_over()
    }

    /// The state when watching stops without having seen an end.
    fn no_end_state(&self) -> RecalculationState {
        if self.last_edit.is_some() {
            RecalculationState::NoEndSeenAfterEdit
        } else {
            RecalculationState::NoEndSeen
        }
    }

    /// Records that a read failed because the server cannot be reached.
    pub fn mark_lost_touch(&mut self, now: Timestamp) {
        self.attempts += 1;
        match self.state {
            RecalculationState::LostTouch(since, _) if seconds_since(since, now) >= WATCH_LIMIT_SECS => {
                self.state = self.no_end_state();
            }
            RecalculationState::LostTouch(..) => {}
            RecalculationState::Running(starter) => {
                self.state = RecalculationState::LostTouch(now, Some(starter));
            }
            _ => self.state = RecalculationState::LostTouch(now, None),
        }
    }

    /// The next step and its delay: reads after 5, 15, 30, then 60 s; starts after 15, 30, 60, then 120 s.
    pub fn next_step(&self) -> WatchStep {
        let pause = |pauses: [u64; 4]| Duration::from_secs(pauses[(self.attempts as usize).min(3)]);
        match (&self.state, self.busy_choice) {
            (state, _) if state.is_over() => WatchStep::Done,
            (RecalculationState::Running(Author::Elsewhere), BusyChoice::StartAfterwards) => {
                WatchStep::Start(pause([15, 30, 60, 120]))
            }
            _ => WatchStep::Read(pause([5, 15, 30, 60])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    /// A read with this `updated_at` and this description.
    fn seen(second: i64, description: &str) -> Observation {
        Observation { updated_at: Some(at(second)), fields: Some(description.into()) }
    }

    fn watch() -> Watch {
        let noted = Some(seen(-100, "YTD"));
        let mut watch = Watch::new("scorecard_1".parse().unwrap(), "YTD".into(), noted, at(0));
        watch.mark_accepted();
        watch
    }

    /// Observes a read that was answered at once.
    fn look(watch: &mut Watch, shown: &Observation, second: i64) -> bool {
        watch.observe(shown, at(second), at(second))
    }

    #[test]
    fn only_a_later_updated_at_counts_as_the_end() {
        let mut watch = watch();
        assert!(!look(&mut watch, &seen(-100, "YTD"), 5));
        assert_eq!(watch.state.to_string(), "running (started here)");
        assert!(look(&mut watch, &seen(18, "YTD"), 20));
        assert_eq!(watch.state.to_string(), "finished");
        assert_eq!(watch.next_step(), WatchStep::Done);
    }

    #[test]
    fn an_edit_elsewhere_is_not_the_end_and_makes_the_end_uncertain() {
        let mut watch = watch();
        assert!(!look(&mut watch, &seen(10, "YTD, edited"), 12));
        assert_eq!(watch.state.to_string(), "running (started here)");
        assert!(watch.last_edit.unwrap().to_string().starts_with("edited elsewhere at "));
        assert!(!look(&mut watch, &seen(10, "YTD, edited"), 20));
        assert!(look(&mut watch, &seen(25, "YTD, edited"), 30));
        assert_eq!(watch.state.to_string(), "finished, or edited");
    }

    #[test]
    fn a_write_from_here_explains_the_next_change_of_updated_at() {
        let mut watch = watch();
        watch.note_write_sent();
        // The read is answered before the write is.
        assert!(!look(&mut watch, &seen(10, "YTD"), 12));
        watch.note_write_response(WriteOutcome::MayBeWritten(None), at(13));
        assert!(!look(&mut watch, &seen(14, "YTD"), 20));
        assert_eq!(watch.last_edit.unwrap().to_string(), "edited from here");
        assert!(look(&mut watch, &seen(25, "YTD"), 30));
        assert_eq!(watch.state.to_string(), "finished, or edited");
    }

    #[test]
    fn a_write_that_left_updated_at_unchanged_does_not_hide_the_end() {
        let mut watch = watch();
        watch.note_write_sent();
        watch.note_write_response(WriteOutcome::MayBeWritten(None), at(5));
        // This read was requested before the write was answered, the next one after.
        assert!(!watch.observe(&seen(-100, "YTD"), at(4), at(6)));
        assert!(watch.unseen_write_at.is_some());
        assert!(!look(&mut watch, &seen(-100, "YTD"), 10));
        assert!(look(&mut watch, &seen(25, "YTD"), 30));
        assert_eq!(watch.state.to_string(), "finished, or edited");
    }

    #[test]
    fn a_write_that_was_refused_changes_nothing() {
        let mut watch = watch();
        watch.note_write_sent();
        watch.note_write_response(WriteOutcome::NotWritten, at(5));
        assert!(look(&mut watch, &seen(25, "YTD"), 30));
        assert_eq!(watch.state.to_string(), "finished");
    }

    #[test]
    fn an_hour_after_an_edit_the_end_is_uncertain() {
        let mut watch = watch();
        assert!(!look(&mut watch, &seen(3000, "edited"), 3000));
        assert!(!look(&mut watch, &seen(3000, "edited"), 6599));
        assert!(look(&mut watch, &seen(3000, "edited"), 6600));
        assert_eq!(watch.state.to_string(), "no sign of an end, or ended with the edit");
    }

    #[test]
    fn polling_slows_down_and_stops_after_an_hour() {
        let mut watch = watch();
        let mut pauses = Vec::new();
        let unmoved = seen(-100, "YTD");
        for _ in 0..5 {
            let WatchStep::Read(pause) = watch.next_step() else { panic!("it rests") };
            pauses.push(pause.as_secs());
            look(&mut watch, &unmoved, 10);
        }
        assert_eq!(pauses, [5, 15, 30, 60, 60]);
        assert!(!look(&mut watch, &unmoved, 3599));
        assert!(look(&mut watch, &unmoved, 3600));
        assert_eq!(watch.state.to_string(), "no sign of an end");
    }

    #[test]
    fn after_a_409_bee_tui_waits_up_to_75_minutes_to_start_mine() {
        let mut watch = watch();
        watch.mark_running_elsewhere();
        assert_eq!(watch.state.to_string(), "running (started elsewhere)");
        assert_eq!(watch.next_step(), WatchStep::Read(Duration::from_secs(5)));
        watch.busy_choice = BusyChoice::StartAfterwards;
        assert_eq!(watch.next_step(), WatchStep::Start(Duration::from_secs(15)));
        assert!(!watch.is_start_limit_reached(at(75 * 60 - 1)));
        assert!(watch.is_start_limit_reached(at(75 * 60)));
    }

    #[test]
    fn losing_touch_is_not_the_end() {
        let mut watch = watch();
        watch.mark_lost_touch(at(5));
        assert_eq!(watch.state.to_string(), "lost touch");
        assert!(matches!(watch.next_step(), WatchStep::Read(_)));
        assert!(look(&mut watch, &seen(30, "YTD"), 40));
        assert_eq!(watch.state.to_string(), "finished");
    }

    /// What may happen between two reads.
    #[derive(Debug, Clone, Copy)]
    enum Event {
        EditElsewhere,
        SendWrite,
        ApplyWrite,
        AnswerWrite,
        RefuseWrite,
        Look,
        End,
    }

    proptest::proptest! {
        /// In any order of events, "finished" appears only after the end, and without "or edited" only when
        /// nothing was edited.
        #[test]
        fn finished_is_never_said_before_the_end(
            events in proptest::collection::vec(
                proptest::sample::select(&[
                    Event::EditElsewhere, Event::SendWrite, Event::ApplyWrite, Event::AnswerWrite,
                    Event::RefuseWrite, Event::Look, Event::Look, Event::End,
                ][..]), 0..40)
        ) {
            let mut watch = watch();
            let (mut updated, mut description) = (-100, 0);
            // Writes the server has not applied yet, and writes it has applied but not answered.
            let (mut sent, mut done) = (0, 0);
            let (mut ended, mut edited, mut now) = (false, false, 0);
            for event in events {
                now += 10;
                match event {
                    Event::EditElsewhere => {
                        (updated, description, edited) = (now, description + 1, true);
                    }
                    Event::SendWrite => {
                        sent += 1;
                        watch.note_write_sent();
                    }
                    Event::ApplyWrite if sent > 0 => {
                        (sent, done, updated, edited) = (sent - 1, done + 1, now, true);
                    }
                    Event::AnswerWrite if done > 0 => {
                        done -= 1;
                        watch.note_write_response(WriteOutcome::MayBeWritten(None), at(now));
                    }
                    Event::RefuseWrite if sent > 0 => {
                        sent -= 1;
                        watch.note_write_response(WriteOutcome::NotWritten, at(now));
                    }
                    Event::Look => {
                        look(&mut watch, &seen(updated, &description.to_string()), now);
                    }
                    Event::End if !ended => (updated, ended) = (now, true),
                    _ => {}
                }
                let said = watch.state.to_string();
                if said == "finished" {
                    proptest::prop_assert!(ended);
                }
                if watch.last_edit.is_some() {
                    proptest::prop_assert!(said != "finished");
                }
                if !edited && !ended {
                    proptest::prop_assert!(!said.contains("finished"));
                }
                if watch.state.is_over() {
                    break;
                }
            }
        }
    }
}
