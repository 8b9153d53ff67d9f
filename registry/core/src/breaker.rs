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
    /// In a row, trials included.
    failures: u32,
    /// When it was last closed and opened; of no meaning while it is closed.
    opened_at: Duration,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed,
    Open { until: Duration },
    HalfOpen { until: Duration },
}

/// A change of a breaker's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerChange {
    /// It refuses calls from now on.
    Opened,
    /// One call is on trial.
    HalfOpened,
    /// It admits all calls again.
    Closed,
}

/// What outlives a process of a breaker; as of the clock of its policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Failures in a row.
    pub failures: u32,
    /// Since when it has not been closed, and until when it refuses; none for a closed one.
    pub open: Option<OpenSpan>,
}

/// How long a breaker is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenSpan {
    /// When it opened.
    pub since: Duration,
    /// When a call may be tried.
    pub until: Duration,
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
    is_trial: bool,
    verdict: Verdict,
    is_settled: bool,
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
                state: State::Closed,
                epoch: 0,
                failures: 0,
                opened_at: Duration::ZERO,
            }),
        }
    }

    /// Admits a call, or refuses it while the breaker is open.
    pub fn admit<'a>(&'a self, policy: &'a BreakerPolicy) -> Result<Admission<'a>, BreakerOpen> {
        let now = policy.clock.now();
        let mut inner = self.inner.lock();
        let is_trial = !matches!(inner.state, State::Closed);
        match inner.state {
            State::Closed => {}
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
            is_trial,
            verdict: Verdict::Failure,
            is_settled: false,
        })
    }

    /// Closes the breaker and forgets its failures; calls under way no longer count. Gives what it was.
    pub fn reset(&self) -> Standing {
        let mut inner = self.inner.lock();
        let before = inner.standing();
        inner.close();
        before
    }

    /// Failures in a row, and how long it is open.
    pub fn standing(&self) -> Standing {
        self.inner.lock().standing()
    }

    /// Goes on from what was remembered, unless something has happened to it already. It never refuses
    /// for longer than its cooldown from now on.
    pub fn recall(&self, remembered: Standing, policy: &BreakerPolicy) {
        let now = policy.clock.now();
        let mut inner = self.inner.lock();
        if inner.epoch != 0 || inner.failures != 0 {
            return;
        }
        match remembered.open {
            Some(span) => {
                inner.failures = remembered.failures.max(1);
                inner.opened_at = span.since.min(now);
                let until = span.until.min(now.saturating_add(policy.cooldown));
                inner.enter(State::Open { until });
            }
            None => {
                let most = policy.failures_max.saturating_sub(1);
                inner.failures = remembered.failures.min(most);
            }
        }
    }

    /// What the breaker is doing now.
    pub fn phase(&self, policy: &BreakerPolicy) -> BreakerPhase {
        let now = policy.clock.now();
        let inner = self.inner.lock();
        match inner.state {
            State::Closed => BreakerPhase::Closed {
                failures: inner.failures,
            },
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

    fn close(&mut self) {
        self.failures = 0;
        self.enter(State::Closed);
    }

    fn standing(&self) -> Standing {
        let open = match self.state {
            State::Closed => None,
            State::Open { until } | State::HalfOpen { until } => Some(OpenSpan {
                since: self.opened_at,
                until,
            }),
        };
        Standing {
            failures: self.failures,
            open,
        }
    }

    fn settle(
        &mut self,
        verdict: Verdict,
        now: Duration,
        policy: &BreakerPolicy,
    ) -> Option<BreakerChange> {
        if matches!(verdict, Verdict::Failure) {
            self.failures = self.failures.saturating_add(1);
        }
        let until = now.saturating_add(policy.cooldown);
        match (self.state, verdict) {
            (State::Closed, Verdict::Success) => {
                self.failures = 0;
                None
            }
            (State::Closed, Verdict::Failure) if self.failures >= policy.failures_max => {
                self.opened_at = now;
                self.enter(State::Open { until });
                Some(BreakerChange::Opened)
            }
            (State::HalfOpen { .. }, Verdict::Success) => {
                self.close();
                Some(BreakerChange::Closed)
            }
            (State::HalfOpen { .. }, Verdict::Failure) => {
                self.enter(State::Open { until });
                Some(BreakerChange::Opened)
            }
            (State::HalfOpen { .. }, Verdict::Withdrawn) => {
                self.enter(State::Open { until: now });
                Some(BreakerChange::Opened)
            }
            (State::Closed, Verdict::Failure | Verdict::Withdrawn) | (State::Open { .. }, _) => {
                None
            }
        }
    }
}

impl Admission<'_> {
    /// Whether this call decides whether the breaker closes.
    pub fn is_trial(&self) -> bool {
        self.is_trial
    }

    /// The call succeeded. Gives what it changed.
    pub fn succeeded(mut self) -> Option<BreakerChange> {
        self.verdict = Verdict::Success;
        self.settle()
    }

    /// The call failed. Gives what it changed.
    pub fn failed(mut self) -> Option<BreakerChange> {
        self.settle()
    }

    /// The call says nothing about what was called: it was never made, or its request was bad. Gives
    /// what it changed.
    pub fn withdraw(mut self) -> Option<BreakerChange> {
        self.verdict = Verdict::Withdrawn;
        self.settle()
    }

    fn settle(&mut self) -> Option<BreakerChange> {
        if std::mem::replace(&mut self.is_settled, true) {
            return None;
        }
        let now = self.policy.clock.now();
        let mut inner = self.breaker.inner.lock();
        if inner.epoch == self.epoch || broken("breaker.any_epoch") {
            inner.settle(self.verdict, now, self.policy)
        } else {
            None
        }
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        self.settle();
    }
}

#[cfg(test)]
mod tests;
