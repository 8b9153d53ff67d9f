//! How far a discovery that is under way has come, for whoever waits for it.

use registry_core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How far the latest discovery has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Files that were found by now; folders that are not listed yet add to it.
    pub listed: u64,
    /// How many of them were looked at.
    pub examined: u64,
}

impl Progress {
    /// So many files looked at of so many.
    pub fn new(examined: u64, listed: u64) -> Self {
        Self { listed, examined }
    }
}

/// Counts what a discovery does while others look on.
///
/// Two discoveries at the same time count together: it is for showing, and decides nothing.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    listed: AtomicU64,
    examined: AtomicU64,
    stopped: AtomicBool,
}

impl Counter {
    // Relaxed throughout: the counts are shown to people and order nothing, and the flag guards no other
    // memory.

    /// Has discoveries from now on look at nothing more. What they find then says nothing.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    pub(crate) fn progress(&self) -> Progress {
        Progress {
            listed: self.listed.load(Ordering::Relaxed),
            examined: self.examined.load(Ordering::Relaxed),
        }
    }

    pub(super) fn begin(&self) {
        self.listed.store(0, Ordering::Relaxed);
        self.examined.store(0, Ordering::Relaxed);
    }

    pub(super) fn listed(&self, files: usize) {
        self.listed.fetch_add(files as u64, Ordering::Relaxed);
    }

    pub(super) fn examined(&self, files: usize) {
        self.examined.fetch_add(files as u64, Ordering::Relaxed);
    }
}
