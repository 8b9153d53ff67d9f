//! How long a caller waits for a worker, and what for.
//!
//! It is asked before each sleep: whether the worker is there, the time is up or the caller gave up. From
//! the first sleep on the call is charged with what the worker uses.

use std::time::{Duration, Instant};

use super::meter::Charge;
use super::process::Process;
use crate::isolate::wire::{Fault, Pause};
use crate::load::CallState;

/// Time that a planner has to answer after its caller gave up, before the answer is no longer awaited.
const CANCEL_GRACE: Duration = Duration::from_millis(100);

/// Time between the first looks at whether the caller gave up, and between the later ones.
const LOOK_FIRST: Duration = Duration::from_millis(1);
const LOOK_MAX: Duration = Duration::from_millis(20);

/// How long a caller waits, and what for.
pub(super) struct Patience<'a> {
    process: &'a Process,
    until: Option<Instant>,
    pub(super) state: Option<&'a CallState<'a>>,
    /// The call, once it has a number, and its slot.
    pub(super) call: Option<(u64, usize)>,
    /// Once the call waits.
    charge: Option<Charge<'a>>,
    /// When it was seen that the caller gave up.
    cancelled: Option<Instant>,
    look: Duration,
}

impl<'a> Patience<'a> {
    pub(super) fn new(
        process: &'a Process,
        until: Option<Instant>,
        state: Option<&'a CallState<'a>>,
    ) -> Self {
        Self {
            process,
            until,
            state,
            call: None,
            charge: None,
            cancelled: None,
            look: LOOK_FIRST,
        }
    }

    /// The time left.
    pub(super) fn left(&self) -> Duration {
        self.left_at(Instant::now())
    }

    fn left_at(&self, now: Instant) -> Duration {
        match self.until {
            Some(until) => until.saturating_duration_since(now),
            None => Duration::MAX,
        }
    }

    /// Tells the worker, once, that the caller gave up; after a little, the answer is not awaited.
    fn pass_on_cancellation(&mut self, now: Instant) -> Result<(), Fault> {
        if !self.state.is_some_and(CallState::is_given_up) {
            return Ok(());
        }
        let Some((call, slot)) = self.call else {
            return Err(Fault::Cancelled);
        };
        let since = *self.cancelled.get_or_insert_with(|| {
            self.process.ends(slot).own.cancel(call);
            now
        });
        if now.duration_since(since) >= CANCEL_GRACE {
            return Err(Fault::Cancelled);
        }
        Ok(())
    }
}

impl Pause for Patience<'_> {
    fn next(&mut self) -> Result<Duration, Fault> {
        if self.process.end().is_some() {
            return Err(Fault::Gone);
        }
        if self.charge.is_none() {
            let process = self.process;
            self.charge = self.call.map(|(call, _)| process.meter.charge(call));
        }
        let now = Instant::now();
        let left = self.left_at(now);
        if left.is_zero() {
            return Err(Fault::Late);
        }
        self.pass_on_cancellation(now)?;
        let bound = self.look.min(left);
        self.look = (self.look * 2).min(LOOK_MAX);
        Ok(bound)
    }
}
