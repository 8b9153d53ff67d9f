mod threads;

use super::*;
use crate::clock::ManualClock;

const COOLDOWN: Duration = Duration::from_mins(1);

fn policy() -> (BreakerPolicy, ManualClock) {
    let hand = ManualClock::new();
    let policy = BreakerPolicy {
        clock: hand.clock(),
        failures_max: 3,
        cooldown: COOLDOWN,
    };
    (policy, hand)
}

fn fail(breaker: &Breaker, policy: &BreakerPolicy, times: u32) {
    for _ in 0..times {
        breaker.admit(policy).unwrap().failed();
    }
}

#[test]
fn it_opens_after_three_failures_in_a_row_and_not_before() {
    let (policy, hand) = policy();
    let breaker = Breaker::new();
    fail(&breaker, &policy, 2);
    breaker.admit(&policy).unwrap().succeeded();
    fail(&breaker, &policy, 2);
    assert_eq!(breaker.phase(&policy), BreakerPhase::Closed { failures: 2 });
    fail(&breaker, &policy, 1);
    hand.advance(Duration::from_secs(18));
    let refused = breaker.admit(&policy).unwrap_err();
    assert_eq!(refused.retry_after, Duration::from_secs(42));
    assert_eq!(refused.code(), "E_BREAKER_OPEN");
}

#[test]
fn after_the_cooldown_one_call_is_on_trial_and_decides() {
    let (policy, hand) = policy();
    let breaker = Breaker::new();
    fail(&breaker, &policy, 3);
    hand.advance(COOLDOWN);
    let trial = breaker.admit(&policy).unwrap();
    assert_eq!(breaker.phase(&policy), BreakerPhase::HalfOpen);
    assert_eq!(breaker.admit(&policy).unwrap_err().retry_after, COOLDOWN);
    trial.failed();
    let open = BreakerPhase::Open {
        retry_after: COOLDOWN,
    };
    assert_eq!(breaker.phase(&policy), open);
    hand.advance(COOLDOWN);
    breaker.admit(&policy).unwrap().succeeded();
    assert_eq!(breaker.phase(&policy), BreakerPhase::Closed { failures: 0 });
}

#[test]
fn a_withdrawn_trial_leaves_the_next_one_free_and_a_dropped_one_fails() {
    let (policy, hand) = policy();
    let breaker = Breaker::new();
    fail(&breaker, &policy, 3);
    hand.advance(COOLDOWN);
    breaker.admit(&policy).unwrap().withdraw();
    drop(breaker.admit(&policy).unwrap());
    assert_eq!(breaker.admit(&policy).unwrap_err().retry_after, COOLDOWN);
}

#[test]
fn an_outcome_from_before_the_breaker_opened_does_not_decide_the_trial() {
    let (policy, hand) = policy();
    let breaker = Breaker::new();
    let slow = breaker.admit(&policy).unwrap();
    fail(&breaker, &policy, 3);
    hand.advance(COOLDOWN);
    let trial = breaker.admit(&policy).unwrap();
    slow.succeeded();
    assert_eq!(breaker.phase(&policy), BreakerPhase::HalfOpen);
    trial.succeeded();
    assert_eq!(breaker.phase(&policy), BreakerPhase::Closed { failures: 0 });
}

#[test]
fn a_trial_that_never_ends_does_not_refuse_for_ever() {
    let (policy, hand) = policy();
    let breaker = Breaker::new();
    fail(&breaker, &policy, 3);
    hand.advance(COOLDOWN);
    let hung = breaker.admit(&policy).unwrap();
    hand.advance(COOLDOWN);
    breaker.admit(&policy).unwrap().succeeded();
    hung.failed();
    assert_eq!(breaker.phase(&policy), BreakerPhase::Closed { failures: 0 });
}

#[test]
fn reset_closes_it_and_disregards_calls_under_way() {
    let (policy, _hand) = policy();
    let breaker = Breaker::new();
    fail(&breaker, &policy, 2);
    let under_way = breaker.admit(&policy).unwrap();
    breaker.reset();
    under_way.failed();
    assert_eq!(breaker.phase(&policy), BreakerPhase::Closed { failures: 0 });
}

#[test]
fn every_change_is_told_by_the_call_that_made_it() {
    let (policy, hand) = policy();
    let breaker = Breaker::new();
    let fail = || breaker.admit(&policy).unwrap().failed();
    assert_eq!(
        [fail(), fail(), fail()],
        [None, None, Some(BreakerChange::Opened)]
    );
    hand.advance(COOLDOWN);
    let trial = breaker.admit(&policy).unwrap();
    assert!(trial.is_trial());
    assert_eq!(trial.withdraw(), Some(BreakerChange::Opened));
    let trial = breaker.admit(&policy).unwrap();
    assert_eq!(trial.succeeded(), Some(BreakerChange::Closed));
    assert!(!breaker.admit(&policy).unwrap().is_trial());
}

#[test]
fn what_is_remembered_goes_on_and_never_refuses_longer_than_the_cooldown() {
    let (policy, hand) = policy();
    hand.advance(COOLDOWN);
    let span = |since, until| Standing {
        failures: 4,
        open: Some(OpenSpan { since, until }),
    };
    let recalled = |remembered| {
        let breaker = Breaker::new();
        breaker.recall(remembered, &policy);
        breaker
    };
    let breaker = recalled(span(COOLDOWN * 5, COOLDOWN * 100));
    assert_eq!(breaker.standing(), span(COOLDOWN, COOLDOWN * 2));
    assert_eq!(breaker.admit(&policy).unwrap_err().retry_after, COOLDOWN);
    assert_eq!(breaker.reset(), span(COOLDOWN, COOLDOWN * 2));
    assert_eq!(breaker.standing(), Standing::default());
    let closed = recalled(Standing {
        failures: 9,
        open: None,
    });
    assert_eq!(closed.phase(&policy), BreakerPhase::Closed { failures: 2 });
    closed.recall(span(COOLDOWN, COOLDOWN * 2), &policy);
    assert_eq!(closed.standing().open, None, "its own outcomes come first");
}
