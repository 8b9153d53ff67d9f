//! A place for one thing that is expensive to build, built exactly once however many ask.
//!
//! ```text
//!            claim                 finish(Ok)
//!   empty ──────────▶ building ───────────────▶ ready      (for the life of the slot)
//!     ▲                │  │ finish(Err)
//!     └── turn dropped ┘  └──────▶ failed ──── backoff over, or reset ────▶ claimable again
//! ```
//!
//! Invariants:
//! - At most one thread builds at a time, and after a success nobody builds again: the decision to
//!   build is taken under the slot's lock, after looking once more for a value.
//! - No lock is held while the constructor runs. What holds the place meanwhile is a [`Turn`], and
//!   dropping it, by a panic for instance, gives the place up and wakes the waiters.
//! - Callers that waited for an attempt get that attempt's outcome: its value or its one error.
//! - Waiting is bounded, and asking from inside one's own constructor is an error.
//! - A closed slot stays without a value: what an attempt under way still builds is dropped by its
//!   builder.

mod error;
mod turn;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub use error::SlotError;

use self::turn::Turn;
use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::sync::{Condvar, Mutex, MutexGuard, OnceLock, broken, thread_ordinal};

/// How slots wait and retry; shared by many slots and given with each call.
#[derive(Clone, Debug)]
pub struct SlotPolicy {
    /// The clock that backoff is measured with.
    pub clock: Clock,
    /// How long a caller waits for somebody else's attempt.
    pub wait_max: Duration,
    /// The wait between failed attempts.
    pub backoff: Backoff,
}

/// A place for one value, built at most once.
#[derive(Debug)]
pub struct Slot<T, E> {
    value: OnceLock<T>,
    state: Mutex<State<E>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<E> {
    builder: Option<Builder>,
    /// Attempts begun so far; the number of the latest one.
    attempts: u64,
    failure: Option<Failure<E>>,
    closed: bool,
}

#[derive(Debug)]
struct Builder {
    thread: usize,
    since: Duration,
}

#[derive(Debug)]
struct Failure<E> {
    error: Arc<E>,
    attempt: u64,
    /// Failures in a row, this one included.
    count: u32,
    retry_at: Duration,
}

/// What a slot is doing, for reports.
#[derive(Debug)]
pub enum SlotPhase<E> {
    /// Nothing was built yet and nobody is building.
    Empty,
    /// Somebody has been building for this long.
    Building {
        /// Time since the attempt began.
        elapsed: Duration,
    },
    /// The value is there.
    Ready,
    /// The latest attempt failed.
    Failed {
        /// The error of that attempt.
        error: Arc<E>,
        /// Failures in a row.
        failures: u32,
        /// Time until the next attempt may be made; zero when it may be made now.
        retry_after: Duration,
    },
    /// Nothing will be built here any more.
    Closed,
}

enum Claim<'a, T, E> {
    Ready(&'a T),
    Mine(Turn<'a, T, E>),
}

impl<T, E> Slot<T, E> {
    /// An empty slot.
    pub fn new() -> Self {
        Self {
            value: OnceLock::new(),
            state: Mutex::new(State {
                builder: None,
                attempts: 0,
                failure: None,
                closed: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// The value, if it was built: one acquiring load, nothing written.
    #[inline]
    pub fn get(&self) -> Option<&T> {
        self.value.get()
    }

    /// The value, built by `build` if nobody else has built it or is building it.
    pub fn get_or_build(
        &self,
        policy: &SlotPolicy,
        build: impl FnOnce() -> Result<T, E>,
    ) -> Result<&T, SlotError<E>> {
        if let Some(value) = self.value.get() {
            return Ok(value);
        }
        match self.claim(policy)? {
            Claim::Ready(value) => Ok(value),
            Claim::Mine(turn) => {
                let outcome = build();
                turn.finish(policy, outcome)
            }
        }
    }

    /// Forgets failures, so that the next caller tries at once; `false` when there were none.
    pub fn reset(&self) -> bool {
        // Taken out under the lock, dropped after it.
        let forgotten = self.state.lock().failure.take();
        forgotten.is_some()
    }

    /// Ends building for good, and gives the value if there is one.
    ///
    /// An attempt under way runs to its end; its builder drops what it built and gets
    /// [`SlotError::Closed`], as does everyone who waits for it.
    pub fn close(&self) -> Option<&T> {
        self.state.lock().closed = true;
        self.changed.notify_all();
        self.value.get()
    }

    /// What the slot is doing now.
    pub fn phase(&self, policy: &SlotPolicy) -> SlotPhase<E> {
        if self.value.get().is_some() {
            return SlotPhase::Ready;
        }
        let now = policy.clock.now();
        let state = self.state.lock();
        match (&state.builder, &state.failure) {
            // The value may have arrived since the first look, but not since the lock was taken.
            _ if self.value.get().is_some() => SlotPhase::Ready,
            (Some(builder), _) => SlotPhase::Building {
                elapsed: now.saturating_sub(builder.since),
            },
            _ if state.closed => SlotPhase::Closed,
            (None, Some(failure)) => SlotPhase::Failed {
                error: Arc::clone(&failure.error),
                failures: failure.count,
                retry_after: failure.retry_at.saturating_sub(now),
            },
            (None, None) => SlotPhase::Empty,
        }
    }

    /// Waits until there is a value, an error to share, or nobody who builds.
    fn claim(&self, policy: &SlotPolicy) -> Result<Claim<'_, T, E>, SlotError<E>> {
        let me = thread_ordinal();
        let mut joined = None;
        let mut deadline = None;
        let mut timed_out = false;
        let mut state = self.state.lock();
        loop {
            // The double check: the value may have come between the look without the lock and now.
            if !broken("slot.no_recheck")
                && let Some(value) = self.value.get()
            {
                return Ok(Claim::Ready(value));
            }
            if state.closed && !broken("slot.ignore_closed") {
                return Err(SlotError::Closed);
            }
            if let Some(error) = state.shared_error(joined, policy) {
                return Err(error);
            }
            let Some(builder) = &state.builder else {
                return Ok(Claim::Mine(self.begin(state, me, policy)));
            };
            if builder.thread == me && !broken("slot.no_owner") {
                return Err(SlotError::Reentered);
            }
            if timed_out {
                return Err(SlotError::TimedOut {
                    waited: policy.wait_max,
                });
            }
            joined = Some(state.attempts);
            let until = *deadline.get_or_insert_with(|| deadline_after(policy.wait_max));
            (state, timed_out) = self.changed.wait_until(state, until);
        }
    }

    /// Takes the place, under the same lock that found it free.
    fn begin<'a>(
        &'a self,
        mut state: MutexGuard<'a, State<E>>,
        thread: usize,
        policy: &SlotPolicy,
    ) -> Turn<'a, T, E> {
        if broken("slot.lock_gap") {
            drop(state);
            state = self.state.lock();
        }
        state.attempts += 1;
        state.builder = Some(Builder {
            thread,
            since: policy.clock.now(),
        });
        Turn::new(self, state.attempts)
    }

    /// Wakes everyone who waits for an attempt.
    fn notify(&self) {
        if !broken("slot.no_notify") {
            self.changed.notify_all();
        }
    }
}

impl<T, E> Default for Slot<T, E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> State<E> {
    /// The error to give now: that of an attempt the caller waited for, or, while its backoff
    /// lasts, that of the latest one.
    fn shared_error(&self, joined: Option<u64>, policy: &SlotPolicy) -> Option<SlotError<E>> {
        let failure = self.failure.as_ref()?;
        let retry_after = failure.retry_at.saturating_sub(policy.clock.now());
        let waited_for =
            joined.is_some_and(|attempt| attempt <= failure.attempt) && !broken("slot.own_error");
        let too_early = !retry_after.is_zero() && !broken("slot.no_backoff");
        (waited_for || (too_early && self.builder.is_none())).then(|| SlotError::Failed {
            error: Arc::clone(&failure.error),
            failures: failure.count,
            retry_after,
        })
    }
}

fn deadline_after(wait_max: Duration) -> Instant {
    // A bound too large to represent is a day: nobody waits for that long.
    const DAY: Duration = Duration::from_hours(24);
    let now = Instant::now();
    now.checked_add(wait_max).unwrap_or(now + DAY)
}

#[cfg(test)]
mod tests;
