//! The right to build, held by one thread at a time and given back whatever happens.

use std::hash::BuildHasher;
use std::sync::Arc;

use super::{Failure, Slot, SlotError, SlotPolicy};
use crate::sync::broken;

/// The one right to build in a slot; dropping it unfinished gives the place to the next caller.
pub(super) struct Turn<'a, T, E> {
    slot: &'a Slot<T, E>,
    attempt: u64,
    finished: bool,
}

impl<'a, T, E> Turn<'a, T, E> {
    pub(super) fn new(slot: &'a Slot<T, E>, attempt: u64) -> Self {
        Self {
            slot,
            attempt,
            finished: false,
        }
    }

    /// Makes the outcome known and wakes the waiters.
    pub(super) fn finish(
        mut self,
        policy: &SlotPolicy,
        outcome: Result<T, E>,
    ) -> Result<&'a T, SlotError<E>> {
        self.finished = true;
        match outcome {
            Ok(value) => self.succeed(value),
            Err(error) => Err(self.fail(policy, Arc::new(error))),
        }
    }

    /// The value is set before the place is free, under one lock: whoever finds the place free
    /// finds the value too.
    fn succeed(&self, value: T) -> Result<&'a T, SlotError<E>> {
        let mut state = self.slot.state.lock();
        state.builder = None;
        if state.closed && !broken("slot.ignore_closed") {
            drop(state);
            self.slot.notify();
            // Dropping what was built may take long, and nobody needs to wait for it.
            drop(value);
            return Err(SlotError::Closed);
        }
        let previous = state.failure.take();
        let set = self.slot.value.set(value);
        drop(state);
        self.slot.notify();
        drop(previous);
        match set {
            Ok(()) => self.slot.value.get().ok_or(SlotError::BuiltTwice),
            Err(_second) => Err(SlotError::BuiltTwice),
        }
    }

    fn fail(&self, policy: &SlotPolicy, error: Arc<E>) -> SlotError<E> {
        let random = foldhash::fast::RandomState::default().hash_one(self.attempt);
        let now = policy.clock.now();
        let mut state = self.slot.state.lock();
        let failures = state.failure.as_ref().map_or(0, |f| f.count);
        let failures = failures.saturating_add(1);
        let retry_after = policy.backoff.delay(failures, random);
        let previous = state.failure.replace(Failure {
            error: Arc::clone(&error),
            attempt: self.attempt,
            count: failures,
            retry_at: now.saturating_add(retry_after),
        });
        state.builder = None;
        drop(state);
        self.slot.notify();
        drop(previous);
        SlotError::Failed {
            error,
            failures,
            retry_after,
        }
    }
}

impl<T, E> Drop for Turn<'_, T, E> {
    fn drop(&mut self) {
        if self.finished || broken("slot.no_guard") {
            return;
        }
        self.slot.state.lock().builder = None;
        self.slot.notify();
    }
}
