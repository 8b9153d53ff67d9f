//! By when an instance has to end, where that is known before it is dropped.

use std::time::{Duration, Instant};

use registry_core::sync::atomic::{AtomicBool, Ordering};

/// By when an instance has to end, and how it did. It is given to the instance while that can be called,
/// and read after the instance was dropped.
#[derive(Debug)]
pub(crate) struct Farewell {
    until: Instant,
    killed: AtomicBool,
    left: AtomicBool,
}

impl Farewell {
    /// An end by `until`.
    pub(crate) fn by(until: Instant) -> Self {
        Self {
            until,
            killed: AtomicBool::new(false),
            left: AtomicBool::new(false),
        }
    }

    /// What is left of the time, and no more than `bound`.
    pub(crate) fn at_most(&self, bound: Duration) -> Duration {
        let left = self.until.saturating_duration_since(Instant::now());
        bound.min(left)
    }

    // Relaxed throughout: whoever reads has waited for the drop, which orders the memory.

    /// The instance was ended by force, and its planner perhaps not told.
    pub(crate) fn note_killed(&self) {
        self.killed.store(true, Ordering::Relaxed);
    }

    /// Something of the instance has not ended.
    pub(crate) fn note_left(&self) {
        self.left.store(true, Ordering::Relaxed);
    }

    pub(crate) fn was_killed(&self) -> bool {
        self.killed.load(Ordering::Relaxed)
    }

    pub(crate) fn is_left(&self) -> bool {
        self.left.load(Ordering::Relaxed)
    }
}
