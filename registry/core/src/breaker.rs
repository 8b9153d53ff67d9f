//! Stops calling what keeps failing, and finds out with one call at a time whether it recovered.
//!
//! ```text
//!             failures_max in a row              cooldown over, one caller
//!   closed ───────────────────────────▶ open ─────────────────────────────▶ half-open (trial)
//!     ▲                                  ▲ ▲                                    │ │ │
//!     │                                  │ └────────────── failure ─────────────┘ │ │
//!     │                                  └──── withdrawn, may be tried at once ───┘ │
//!     └──────────────────────────────────────────── success ────────────────────────┘
//! ```
//!
//! Every change of state begins a new epoch, and a call's outcome counts only in the epoch it was
//! admitted in: what started before the breaker opened says nothing about the trial. A trial that
//! lasts longer than the cooldown no longer keeps others from being tried.

use std::time::Duration;

use thiserror::Error;

use crate::clock::Clock;
use crate::sync::{Mutex, broken};

/// When breakers open and try again; shared by many and given with each call.
#[derive(Clone, Debug)]
pub struct BreakerPolicy {
    /// The clock that cooldowns are measured with.
    pub clock: Clock,
    /// Failures in a row that open the breaker.
    pub failures_max: u32,
    /// How long an open breaker refuses before it tries again.
    pub cooldown: Duration,
}

/// Stops calling what keeps failing.
#[derive(Debug)]
pub struct Breaker {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: State,
    epoch: u64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Duration },
    HalfOpen { until: Duration },
}

/// What a breaker is doing, for reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerPhase {
    /// Calls are admitted.
    Closed {
        /// Failures in a row so far.
        failures: u32,
    },
    /// Calls are refused.
    Open {
        /// Time until one is admitted on trial; zero when the next one will be.
        retry_after: Duration,
    },
    /// One call is on trial, and others are refused.
    HalfOpen,
}

/// The breaker refused a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("breaker open, next try in {retry_after:?}")]
pub struct BreakerOpen {
    /// Time until a call may be admitted again; while one is on trial, until it is given up on.
    pub retry_after: Duration,
}

impl BreakerOpen {
    /// The stable code of this error.
    pub const fn code(self) -> &'static str {
        "E_BREAKER_OPEN"
    }
}

/// The right to make one call; dropped without a verdict, by a panic for instance, it counts as a
/// failure.
#[derive(Debug)]
#[must_use = "dropping an admission counts as a failure"]
pub struct Admission<'a> {
    breaker: &'a Breaker,
    policy: &'a BreakerPolicy,
    epoch: u64,
    verdict: Verdict,
}

#[derive(Clone, Copy, Debug)]
enum Verdict {
    Success,
    Failure,
    Withdrawn,
}

impl Breaker {
    /// A closed breaker without failures.
    pub fn new() -> Self {
        Self {
            inner: Mutex::new(Inner {
                state: State::Closed { failures: 0 },
                epoch: 0,
            }),
        }
    }

    /// Admits a call, or refuses it while the breaker is open.
    pub fn admit<'a>(&'a self, policy: &'a BreakerPolicy) -> Result<Admission<'a>, BreakerOpen> {
        let now = policy.clock.now();
        let mut inner = self.inner.lock();
        match inner.state {
            State::Closed { .. } => {}
            State::Open { until } | State::HalfOpen { until } if until > now => {
                let retry_after = until.saturating_sub(now);
                return Err(BreakerOpen { retry_after });
            }
            State::Open { .. } | State::HalfOpen { .. } => {
                if broken("breaker.check_gap") {
                    drop(inner);
                    inner = self.inner.lock();
                }
                let until = now.saturating_add(policy.cooldown);
                inner.enter(State::HalfOpen { until });
            }
        }
        Ok(Admission {
            breaker: self,
            policy,
            epoch: inner.epoch,
            verdict: Verdict::Failure,
        })
    }

    /// Closes the breaker and forgets its failures; calls under way no longer count.
    pub fn reset(&self) {
        self.inner.lock().enter(State::Closed { failures: 0 });
    }

    /// What the breaker is doing now.
    pub fn phase(&self, policy: &BreakerPolicy) -> BreakerPhase {
        let now = policy.clock.now();
        match self.inner.lock().state {
            State::Closed { failures } => BreakerPhase::Closed { failures },
            State::HalfOpen { until } if until > now => BreakerPhase::HalfOpen,
            State::Open { until } | State::HalfOpen { until } => BreakerPhase::Open {
                retry_after: until.saturating_sub(now),
            },
        }
    }
}

impl Default for Breaker {
    fn default() -> Self {
        Self::new()
    }
}

impl Inner {
    fn enter(&mut self, state: State) {
        self.state = state;
        self.epoch += 1;
    }

    fn settle(&mut self, verdict: Verdict, now: Duration, policy: &BreakerPolicy) {
        let open = State::Open {
            until: now.saturating_add(policy.cooldown),
        };
        match (self.state, verdict) {
            (State::Closed { .. }, Verdict::Success) => {
                self.state = State::Closed { failures: 0 };
            }
            (State::Closed { failures }, Verdict::Failure) => {
                let failures = failures.saturating_add(1);
                if failures >= policy.failures_max {
                    self.enter(open);
                } else {
                    self.state = State::Closed { failures };
                }
            }
            (State::HalfOpen { .. }, Verdict::Success) => {
                self.enter(State::Closed { failures: 0 });
            }
            (State::HalfOpen { .. }, Verdict::Failure) => self.enter(open),
            (State::HalfOpen { .. }, Verdict::Withdrawn) => self.enter(State::Open { until: now }),
            (State::Closed { .. }, Verdict::Withdrawn) | (State::Open { .. }, _) => {}
        }
    }
}

impl Admission<'_> {
    /// The call succeeded.
    pub fn succeeded(mut self) {
        self.verdict = Verdict::Success;
    }

    /// The call failed.
    pub fn failed(mut self) {
        self.verdict = Verdict::Failure;
    }

    /// The call says nothing about what was called: it was never made, or its request was bad.
    pub fn withdraw(mut self) {
        self.verdict = Verdict::Withdrawn;
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        let now = self.policy.clock.now();
        let mut inner = self.breaker.inner.lock();
        if inner.epoch == self.epoch || broken("breaker.any_epoch") {
            inner.settle(self.verdict, now, self.policy);
        }
    }
}

#[cfg(test)]
mod tests {
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
}
