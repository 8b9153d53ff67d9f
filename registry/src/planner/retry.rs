//! Calls that are made again, because the planner says that they may succeed later.
//!
//! Only the planner knows whether asking again makes sense and is harmless, so only an error that it
//! marks as transient counts. It is off unless the operator turns it on: a call may cost money, and a
//! planner may have tried several times already. The budget is a number of attempts, and the time that
//! the call has; every attempt is an outcome of its own, and a breaker that opens ends them.

use std::hash::BuildHasher as _;
use std::time::Duration;

use registry_core::backoff::Backoff;
use registry_core::clock::Clock;

use super::call_error::CallProblem;

/// The wait after the first attempt is at most the first of these, and grows up to the second.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(5));

/// How soon a wait notices that its caller has given up.
const STEP: Duration = Duration::from_millis(20);

/// How long to wait before the next attempt; none if `problem` is the answer. `left` is the time that
/// the call still has, `made` the number of attempts so far.
pub(super) fn wait_after(
    problem: &CallProblem,
    made: u32,
    retries: u32,
    left: Duration,
) -> Option<Duration> {
    let is_transient = matches!(problem, CallProblem::Planner(error) if error.is_transient());
    if !is_transient || made > retries {
        return None;
    }
    let random = foldhash::fast::RandomState::default().hash_one(made);
    let wait = BACKOFF.delay(made, random);
    // A call that has no time left to be made would only turn one error into another.
    (wait < left).then_some(wait)
}

/// Waits, unless the call is given up; whether the wait came to its end.
pub(super) fn pause(clock: &Clock, wait: Duration, is_given_up: impl Fn() -> bool) -> bool {
    let mut left = wait;
    while !left.is_zero() && !is_given_up() {
        let step = left.min(STEP);
        clock.pause(step);
        left = left.saturating_sub(step);
    }
    !is_given_up()
}

#[cfg(test)]
mod tests {
    use plugin_api::PlanError;
    use registry_core::clock::ManualClock;

    use super::super::cancel::CancelToken;
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn only_a_transient_error_is_worth_a_wait_within_attempts_and_time() {
        let transient = CallProblem::Planner(PlanError::unavailable("busy"));
        let lasting = CallProblem::Planner(PlanError::failed("broken"));
        let wait = |problem: &CallProblem, made, left| wait_after(problem, made, 2, left);
        for (made, most) in [(1, 250), (2, 500)] {
            let wait = wait(&transient, made, MINUTE).unwrap();
            let most = Duration::from_millis(most);
            assert!((most / 2..=most).contains(&wait), "{wait:?}");
        }
        assert_eq!(wait(&transient, 3, MINUTE), None);
        assert_eq!(wait(&transient, 1, Duration::from_millis(125)), None);
        assert_eq!(wait(&lasting, 1, MINUTE), None);
        assert_eq!(wait(&CallProblem::Retired, 1, MINUTE), None);
    }

    #[test]
    fn a_wait_ends_early_when_the_caller_gives_up() {
        let (hand, cancel) = (ManualClock::new(), CancelToken::new());
        assert!(pause(&hand.clock(), MINUTE, || cancel.is_cancelled()));
        assert_eq!(hand.clock().now(), MINUTE);
        cancel.cancel();
        assert!(!pause(&hand.clock(), MINUTE, || cancel.is_cancelled()));
        assert_eq!(hand.clock().now(), MINUTE);
    }
}
