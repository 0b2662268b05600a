//! A recalculation watched from outside: its states and the evidence for each (Scorecards, "Processing
//! behaviour"). There is no status endpoint; only `updated_at` tells.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::date::seconds_since;
use crate::domain::id::ScorecardId;
use crate::domain::text::Text;

/// Who started the recalculation that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Starter {
    /// Our PUT was accepted.
    Here,
    /// Our PUT was answered 409.
    Elsewhere,
}

/// What is known of a recalculation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The PUT was sent and is not answered.
    Requested,
    /// It runs.
    Running(Starter),
    /// `updated_at` is later than noted before the PUT; it was seen then.
    Finished(Timestamp),
    /// 60 minutes, and `updated_at` has not moved.
    NoSign,
    /// The server refused, in words.
    Failed(Text),
    /// The server cannot be reached since then; it may run on, started by whom it was if that was known.
    LostTouch(Timestamp, Option<Starter>),
}

impl State {
    /// Whether nothing more will be learnt.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Finished(_) | Self::NoSign | Self::Failed(_))
    }
}

/// The words that stand fixed for scripts and people.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Requested => "requested",
            Self::Running(Starter::Here) => "running (started here)",
            Self::Running(Starter::Elsewhere) => "running (started elsewhere)",
            Self::Finished(_) => "finished",
            Self::NoSign => "no sign of an end",
            Self::Failed(_) => "failed",
            Self::LostTouch(..) => "lost touch",
        })
    }
}

/// What is wanted of a recalculation that another one stands in the way of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Only to see its end.
    Watch,
    /// To start one's own when it has ended.
    StartMine,
}

/// One scorecard's recalculation under watch.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// The scorecard.
    pub scorecard: ScorecardId,
    /// What it is called.
    pub description: Text,
    /// When it was asked for here.
    pub asked_at: Timestamp,
    /// The scorecard's `updated_at` before the PUT; `None` when it could not be read.
    pub noted: Option<Timestamp>,
    /// What is known.
    pub state: State,
    /// What is wanted.
    pub wish: Wish,
    /// When it was last looked at.
    pub last_look: Option<Timestamp>,
    /// How often it was looked at or started, which sets the pause before the next time.
    pub turns: u32,
}

/// What a watch does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Read the scorecard after this pause.
    Look(Duration),
    /// Read it and send the PUT after this pause.
    Start(Duration),
    /// Nothing: it is over, or an answer is awaited.
    Rest,
}

/// Without a sign for so long, looking ends.
const LONGEST: u64 = 60 * 60;
/// So long a start of one's own is tried while another runs.
const LONGEST_WAIT: u64 = 75 * 60;

impl Watch {
    /// A watch of a recalculation about to be asked for.
    pub fn new(scorecard: ScorecardId, description: Text, noted: Option<Timestamp>, now: Timestamp) -> Self {
        Self {
            scorecard,
            description,
            asked_at: now,
            noted,
            state: State::Requested,
            wish: Wish::Watch,
            last_look: None,
            turns: 0,
        }
    }

    /// Whether a recalculation that was asked for here runs or may run.
    pub fn may_run_here(&self) -> bool {
        match self.state {
            State::Requested | State::Running(Starter::Here) => true,
            State::LostTouch(_, starter) => starter != Some(Starter::Elsewhere),
            _ => false,
        }
    }

    /// How long it ran, in seconds: by the server's clock where that is believable, else until it was seen.
    pub fn ran(&self, updated_at: Option<Timestamp>, now: Timestamp) -> u64 {
        let seen = seconds_since(self.asked_at, now);
        let told = updated_at.filter(|at| *at > self.asked_at).map(|at| seconds_since(self.asked_at, at));
        told.map_or(seen, |told| told.min(seen))
    }

    /// The PUT was accepted.
    pub fn accepted(&mut self) {
        self.state = State::Running(Starter::Here);
        self.wish = Wish::Watch;
        self.turns = 0;
    }

    /// The PUT was answered 409: one runs that was started elsewhere.
    pub fn busy(&mut self) {
        self.state = State::Running(Starter::Elsewhere);
    }

    /// Whether a PUT may not be tried again, for it has been tried long enough.
    pub fn waited_enough(&self, now: Timestamp) -> bool {
        seconds_since(self.asked_at, now) >= LONGEST_WAIT
    }

    /// A look showed this `updated_at`; returns whether it ended the watch.
    pub fn looked(&mut self, updated_at: Option<Timestamp>, now: Timestamp) -> bool {
        if self.state.is_over() {
            return false;
        }
        self.last_look = Some(now);
        self.turns += 1;
        if let State::LostTouch(_, starter) = self.state {
            self.state = starter.map_or(State::Requested, State::Running);
        }
        match (updated_at, self.noted) {
            (Some(after), Some(before)) if after > before => self.state = State::Finished(now),
            // Nothing could be noted before the PUT: the first look is what later ones are held against.
            (Some(_), None) => self.noted = updated_at,
            _ if seconds_since(self.asked_at, now) >= LONGEST => self.state = State::NoSign,
            _ => {}
        }
        self.state.is_over()
    }

    /// A look failed; the server cannot be reached.
    pub fn out_of_reach(&mut self, now: Timestamp) {
        self.turns += 1;
        match self.state {
            State::LostTouch(since, _) if seconds_since(since, now) >= LONGEST => self.state = State::NoSign,
            State::LostTouch(..) => {}
            State::Running(starter) => self.state = State::LostTouch(now, Some(starter)),
            _ => self.state = State::LostTouch(now, None),
        }
    }

    /// What to do next, and after what pause: looks at 5, then 15, 30, 60 s; starts at 15, 30, 60, 120 s.
    pub fn next(&self) -> Next {
        let pause = |pauses: [u64; 4]| Duration::from_secs(pauses[(self.turns as usize).min(3)]);
        match (&self.state, self.wish) {
            (state, _) if state.is_over() => Next::Rest,
            (State::Running(Starter::Elsewhere), Wish::StartMine) => Next::Start(pause([15, 30, 60, 120])),
            _ => Next::Look(pause([5, 15, 30, 60])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn watch() -> Watch {
        let mut watch = Watch::new("scorecard_1".parse().unwrap(), "YTD".into(), Some(at(-100)), at(0));
        watch.accepted();
        watch
    }

    #[test]
    fn only_a_later_updated_at_is_an_end() {
        let mut watch = watch();
        assert!(!watch.looked(Some(at(-100)), at(5)));
        assert_eq!(watch.state.to_string(), "running (started here)");
        assert!(watch.looked(Some(at(18)), at(20)));
        assert_eq!(watch.state.to_string(), "finished");
        assert_eq!(watch.next(), Next::Rest);
    }

    #[test]
    fn looks_grow_apart_and_stop_after_an_hour() {
        let mut watch = watch();
        let mut pauses = Vec::new();
        for _ in 0..5 {
            let Next::Look(pause) = watch.next() else { panic!("it rests") };
            pauses.push(pause.as_secs());
            watch.looked(watch.noted, at(10));
        }
        assert_eq!(pauses, [5, 15, 30, 60, 60]);
        assert!(!watch.looked(watch.noted, at(3599)));
        assert!(watch.looked(watch.noted, at(3600)));
        assert_eq!(watch.state.to_string(), "no sign of an end");
    }

    #[test]
    fn a_409_can_be_waited_out_to_start_mine_for_75_minutes() {
        let mut watch = watch();
        watch.busy();
        assert_eq!(watch.state.to_string(), "running (started elsewhere)");
        assert_eq!(watch.next(), Next::Look(Duration::from_secs(5)));
        watch.wish = Wish::StartMine;
        assert_eq!(watch.next(), Next::Start(Duration::from_secs(15)));
        assert!(!watch.waited_enough(at(75 * 60 - 1)));
        assert!(watch.waited_enough(at(75 * 60)));
    }

    #[test]
    fn losing_touch_is_not_an_end() {
        let mut watch = watch();
        watch.out_of_reach(at(5));
        assert_eq!(watch.state.to_string(), "lost touch");
        assert!(matches!(watch.next(), Next::Look(_)));
        assert!(watch.looked(Some(at(30)), at(40)));
        assert_eq!(watch.state.to_string(), "finished");
    }
}
