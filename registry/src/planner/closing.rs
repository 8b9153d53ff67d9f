//! Whether a registry still takes calls, and what is given up once it does not.
//!
//! Two flags, each raised once and never lowered. *Closed* turns away whatever would begin, and gives up
//! the starts and discoveries under way, for nobody could use what they give. *Halted* gives up the calls
//! in flight. A call that looked before the first flag was raised finds its planner retired, or is one of
//! those in flight.

use std::time::Instant;

use registry_core::sync::atomic::{AtomicBool, Ordering};
use registry_core::sync::{Condvar, Mutex};

/// Whether a registry still takes calls.
#[derive(Debug, Default)]
pub(crate) struct Closing {
    closed: AtomicBool,
    halted: AtomicBool,
    /// Threads that start a planner, or wait for one to be started.
    starts: Mutex<usize>,
    idle: Condvar,
}

/// A start under way, until it is dropped.
#[derive(Debug)]
pub(super) struct Starting<'a>(&'a Closing);

impl Closing {
    // Relaxed throughout: the flags guard no other memory. That no start begins once the registry is
    // closed comes from the lock.

    /// Whether nothing may begin any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Whether calls in flight are given up.
    pub(super) fn is_halted(&self) -> bool {
        self.halted.load(Ordering::Relaxed)
    }

    /// The flag that starts look at.
    pub(super) fn closed(&self) -> &AtomicBool {
        &self.closed
    }

    /// The flag that calls look at.
    pub(super) fn halted(&self) -> &AtomicBool {
        &self.halted
    }

    /// Lets nothing begin from now on.
    pub(super) fn close(&self) {
        let _no_start_begins = self.starts.lock();
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Gives up the calls in flight.
    pub(super) fn halt(&self) {
        self.halted.store(true, Ordering::Relaxed);
    }

    /// Leave to start a planner; none once the registry is closed.
    pub(super) fn begin_start(&self) -> Option<Starting<'_>> {
        let mut starts = self.starts.lock();
        if self.is_closed() {
            return None;
        }
        *starts += 1;
        Some(Starting(self))
    }

    /// Waits until no start is under way, at most until `until`; how many are.
    pub(super) fn await_starts(&self, until: Instant) -> usize {
        let mut starts = self.starts.lock();
        let mut timed_out = false;
        while *starts > 0 && !timed_out {
            (starts, timed_out) = self.idle.wait_until(starts, until);
        }
        *starts
    }
}

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        let mut starts = self.0.starts.lock();
        *starts = starts.saturating_sub(1);
        if *starts == 0 {
            self.0.idle.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn no_start_begins_once_it_is_closed_and_those_before_are_awaited() {
        let closing = Closing::default();
        let first = closing.begin_start().unwrap();
        closing.close();
        assert!(closing.begin_start().is_none());
        assert_eq!(closing.await_starts(Instant::now()), 1);
        std::thread::scope(|scope| {
            scope.spawn(move || drop(first));
            let minute = Instant::now() + Duration::from_mins(1);
            assert_eq!(closing.await_starts(minute), 0);
        });
        assert!(closing.is_closed() && !closing.is_halted());
    }
}
