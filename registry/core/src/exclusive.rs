//! Something that one thread at a time works with, outside of every lock.
//!
//! Whoever has its turn takes the value out and works with it while nothing is locked; giving it back,
//! by dropping, wakes the next. The wait for a turn is bounded, so that one who never finishes holds
//! nobody else up for good.

use std::time::{Duration, Instant};

use thiserror::Error;

use crate::sync::{Condvar, Mutex, broken};

/// A value that one thread at a time takes out and gives back.
#[derive(Debug)]
pub struct Exclusive<T> {
    value: Mutex<Option<T>>,
    given_back: Condvar,
}

/// The value, until it is given back by dropping this.
#[derive(Debug)]
pub struct Turn<'a, T> {
    owner: &'a Exclusive<T>,
    /// Empty only while it is dropped.
    value: Option<T>,
}

/// Somebody else worked with the value all the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("somebody else had the turn for {waited:?}")]
pub struct NoTurn {
    /// How long this caller waited.
    pub waited: Duration,
}

impl<T> Exclusive<T> {
    /// A value that nobody works with.
    pub fn new(value: T) -> Self {
        Self {
            value: Mutex::new(Some(value)),
            given_back: Condvar::new(),
        }
    }

    /// Waits at most `within` for the value.
    pub fn take(&self, within: Duration) -> Result<Turn<'_, T>, NoTurn> {
        let deadline = Instant::now().checked_add(within);
        let mut timed_out = deadline.is_none();
        let mut value = self.value.lock();
        loop {
            if let Some(value) = value.take() {
                return Ok(Turn {
                    owner: self,
                    value: Some(value),
                });
            }
            let Some(deadline) = deadline.filter(|_| !timed_out) else {
                return Err(NoTurn { waited: within });
            };
            (value, timed_out) = self.given_back.wait_until(value, deadline);
        }
    }
}

impl<T> Turn<'_, T> {
    /// Works with the value.
    pub fn with<R>(&mut self, work: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.value.as_mut().map(work)
    }
}

impl<T> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        *self.owner.value.lock() = self.value.take();
        if !broken("exclusive.no_notify") {
            self.owner.given_back.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::thread;

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn turns_follow_each_other_and_keep_the_value() {
        let counter = Exclusive::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        counter.take(MINUTE).unwrap().with(|count| *count += 1);
                    }
                });
            }
        });
        assert_eq!(
            counter.take(MINUTE).unwrap().with(|count| *count),
            Some(800)
        );
    }

    #[test]
    fn a_turn_that_is_not_given_back_ends_the_wait_at_its_bound() {
        let value = Exclusive::new(1);
        let turn = value.take(MINUTE).unwrap();
        let within = Duration::from_millis(1);
        assert_eq!(value.take(within).map(drop), Err(NoTurn { waited: within }));
        drop(turn);
        assert_eq!(value.take(within).unwrap().with(|value| *value), Some(1));
    }

    #[test]
    fn a_panic_gives_the_value_back() {
        let value = Exclusive::new(1);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            value.take(MINUTE).unwrap().with(|_| panic!("in its turn"))
        }));
        assert!(panicked.is_err());
        assert_eq!(value.take(MINUTE).unwrap().with(|value| *value), Some(1));
    }
}
