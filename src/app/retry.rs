//! Decides whether a failed request is retried, and after what delay.

use std::time::Duration;

use crate::api::error::{ApiError, Failure};
use crate::api::request::Method;
use crate::api::{Call, scorecards, training_programs};
use crate::effect::Delay;

/// The most attempts of a read, or of a write that may be repeated.
const MAX_ATTEMPTS: u32 = 3;
/// A write is not retried later than this after it was first sent, because the data it was based on is too
/// old by then.
const WRITE_RETRY_WINDOW: Duration = Duration::from_secs(30);
/// The longest wait that the server may ask for.
const MAX_RETRY_AFTER_SECS: u64 = 120;
/// The first and the longest back-off delay of a retry.
const RETRY_BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(20));

/// The retries that are left, at most 10; each successful response adds one. It keeps an outage from causing
/// a flood of retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryBudget(u32);

impl Default for RetryBudget {
    fn default() -> Self {
        Self(Self::FULL)
    }
}

impl RetryBudget {
    const FULL: u32 = 10;

    fn spend(&mut self) -> bool {
        let left = self.0.checked_sub(1);
        self.0 = left.unwrap_or(0);
        left.is_some()
    }

    /// Adds one retry after a successful response, up to the full budget.
    pub fn earn(&mut self) {
        self.0 = (self.0 + 1).min(Self::FULL);
    }
}

/// How often a request was sent, and when first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// The number of attempts, from 1.
    pub attempts: u32,
    /// The time since the first attempt.
    pub elapsed: Duration,
}

/// The delay after which a failed request is retried; `None` when the failure is final. A retry is taken from
/// the budget.
///
/// A POST that creates something is never repeated once bytes may have left. Nor is a recalculation, because
/// the request starts one.
pub fn retry_delay(
    call: &Call,
    error: &ApiError,
    so_far: Attempts,
    budget: &mut RetryBudget,
) -> Option<Delay> {
    if so_far.attempts >= max_attempts(call, error) {
        return None;
    }
    let delay = match error.failure {
        Failure::RetryLater(_, Some(seconds)) if seconds > MAX_RETRY_AFTER_SECS => return None,
        Failure::RetryLater(_, Some(seconds)) => Delay::Exactly(Duration::from_secs(seconds)),
        _ => backoff_delay(RETRY_BACKOFF, so_far.attempts),
    };
    let in_time = error.method.is_read() || so_far.elapsed + delay.max_duration() <= WRITE_RETRY_WINDOW;
    (in_time && budget.spend()).then_some(delay)
}

/// The error to report for a request that was sent more than once. If an earlier attempt may have reached the
/// server and the last error does not settle that, the earlier error is reported.
pub fn final_error(earlier: Option<ApiError>, last: ApiError) -> ApiError {
    let settles =
        last.is_outcome_unknown() || matches!(last.failure, Failure::ValidationFailed(_) | Failure::NotFound);
    match earlier.filter(|earlier| earlier.is_outcome_unknown() && !settles) {
        Some(earlier) => earlier,
        None => last,
    }
}

/// The back-off delay after this many attempts: the first delay, doubled with each attempt up to the longest,
/// with random jitter below it.
pub fn backoff_delay((first, longest): (Duration, Duration), attempts: u32) -> Delay {
    Delay::UpTo(first.saturating_mul(1 << attempts.saturating_sub(1).min(10)).min(longest))
}

fn max_attempts(call: &Call, error: &ApiError) -> u32 {
    let left = match error.failure {
        // Nothing was sent, so any request may be repeated.
        Failure::Unreachable(_) => return MAX_ATTEMPTS,
        Failure::NoResponse(_) | Failure::RetryLater(..) => true,
        Failure::OtherStatus(status) => status >= 500 || matches!(status, 408 | 425),
        _ => false,
    };
    let told_to_wait = matches!(error.failure, Failure::RetryLater(..));
    match (error.method, call) {
        _ if !left => 1,
        (Method::Put, Call::Scorecards(scorecards::Call::Recalculate(_))) => 1,
        (Method::Get | Method::Put | Method::Patch, _) => MAX_ATTEMPTS,
        (Method::Delete, _) => 2,
        // The server matches a program by six fields, and a retry sends the same six.
        (Method::Post, Call::TrainingPrograms(training_programs::Call::Upsert(..))) if !told_to_wait => 2,
        (Method::Post, _) => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::participants::{self, Action};
    use crate::api::plans;
    use crate::domain::record::RecordDraft;

    fn calls() -> Vec<(&'static str, Call, u32)> {
        let card: crate::domain::id::ScorecardId = "scorecard_1".parse().unwrap();
        let program = "7".parse().unwrap();
        let people =
            |ask| Call::Participants(participants::Call { scorecard: card.clone(), program, action: ask });
        let draft = || RecordDraft::new(Vec::new());
        // The attempts that the API reference's table "May it be repeated?" allows, once bytes may have left.
        vec![
            ("GET", Call::Plans(plans::Call::List), 3),
            ("PATCH plan", Call::Plans(plans::Call::Update("1".parse().unwrap(), draft())), 3),
            ("PUT scorecard", Call::Scorecards(scorecards::Call::Update(card.clone(), draft())), 3),
            ("PUT recalculate", Call::Scorecards(scorecards::Call::Recalculate(card.clone())), 1),
            ("POST scorecard", Call::Scorecards(scorecards::Call::Create(draft())), 1),
            ("POST plan", Call::Plans(plans::Call::Create(draft())), 1),
            ("POST participants", people(Action::Create(vec![draft()])), 1),
            ("DELETE", people(Action::Delete("3".parse().unwrap())), 2),
            (
                "POST training programs",
                Call::TrainingPrograms(training_programs::Call::Upsert(card.clone(), vec![draft()])),
                2,
            ),
        ]
    }

    /// The number of attempts when each fails at once with this failure.
    fn sent(call: &Call, failure: &Failure) -> u32 {
        let error = ApiError::new(&call.request(), failure.clone());
        let mut budget = RetryBudget::default();
        let mut attempts = 1;
        while retry_delay(call, &error, Attempts { attempts, elapsed: Duration::ZERO }, &mut budget).is_some()
        {
            attempts += 1;
        }
        attempts
    }

    #[test]
    fn each_request_is_retried_as_often_as_the_table_allows() {
        for (name, call, most) in calls() {
            for failure in
                [Failure::NoResponse("reset".into()), Failure::OtherStatus(502), Failure::OtherStatus(500)]
            {
                assert_eq!(sent(&call, &failure), most, "{name} {failure:?}");
            }
        }
    }

    #[test]
    fn an_unsent_request_may_be_retried_and_an_answered_one_is_not() {
        for (name, call, _) in calls() {
            assert_eq!(sent(&call, &Failure::Unreachable("refused".into())), 3, "{name}");
            for failure in [
                Failure::Unauthorized(401),
                Failure::Unauthorized(403),
                Failure::NotFound,
                Failure::Busy,
                Failure::Unreadable("a web page".into()),
                Failure::Untrusted("host".into(), "unknown issuer".into()),
                Failure::NotSent("READ-ONLY".into()),
                Failure::Cancelled,
                Failure::OtherStatus(400),
            ] {
                assert_eq!(sent(&call, &failure), 1, "{name} {failure:?}");
            }
        }
    }

    #[test]
    fn retry_after_is_obeyed_up_to_two_minutes_and_a_post_waits_for_the_user() {
        let (_, read, _) = &calls()[0];
        let made = Attempts { attempts: 1, elapsed: Duration::ZERO };
        let pause = |call: &Call, seconds| {
            let error = ApiError::new(&call.request(), Failure::RetryLater(429, Some(seconds)));
            retry_delay(call, &error, made, &mut RetryBudget::default())
        };
        assert_eq!(pause(read, 120), Some(Delay::Exactly(Duration::from_mins(2))));
        assert_eq!(pause(read, 121), None);
        for (name, call, _) in calls().iter().filter(|(name, ..)| name.starts_with("POST")) {
            assert_eq!(pause(call, 1), None, "{name}");
        }
    }

    #[test]
    fn a_write_is_not_retried_after_half_a_minute() {
        let (_, call, _) = &calls()[1];
        let error = ApiError::new(&call.request(), Failure::NoResponse("reset".into()));
        let pause = |since| {
            let made = Attempts { attempts: 1, elapsed: Duration::from_secs(since) };
            retry_delay(call, &error, made, &mut RetryBudget::default())
        };
        assert!(pause(29).is_some());
        assert_eq!(pause(30), None);
    }

    #[test]
    fn the_retry_budget_limits_an_outage_and_a_response_refills_it_slowly() {
        let (_, call, _) = &calls()[0];
        let error = ApiError::new(&call.request(), Failure::NoResponse("reset".into()));
        let mut budget = RetryBudget::default();
        let made = Attempts { attempts: 1, elapsed: Duration::ZERO };
        let repeated = (0..100).filter(|_| retry_delay(call, &error, made, &mut budget).is_some()).count();
        assert_eq!(repeated, 10, "of a hundred calls that failed at once");
        budget.earn();
        assert!(retry_delay(call, &error, made, &mut budget).is_some());
        assert!(retry_delay(call, &error, made, &mut budget).is_none());
    }

    #[test]
    fn an_unsent_last_attempt_does_not_hide_an_earlier_one_that_may_have_arrived() {
        let (_, call, _) = &calls()[1];
        let error = |failure| ApiError::new(&call.request(), failure);
        let lost = || error(Failure::NoResponse("reset".into()));
        for last in [
            Failure::Unreachable("refused".into()),
            Failure::Unauthorized(401),
            Failure::RetryLater(429, None),
            Failure::OtherStatus(400),
        ] {
            assert!(final_error(Some(lost()), error(last.clone())).is_outcome_unknown(), "{last:?}");
            assert!(!final_error(None, error(last.clone())).is_outcome_unknown(), "{last:?}");
        }
        // The same request is rejected for the same reason, whichever attempt it was.
        let refused = error(Failure::ValidationFailed(crate::api::error::ValidationErrors::default()));
        assert_eq!(final_error(Some(lost()), refused.clone()), refused);
    }

    #[test]
    fn the_back_off_doubles_up_to_twenty_seconds() {
        let longest =
            (1..8).map(|n| backoff_delay(RETRY_BACKOFF, n).max_duration().as_secs()).collect::<Vec<_>>();
        assert_eq!(longest, [1, 2, 4, 8, 16, 20, 20]);
    }
}
