//! What changed between two discoveries.

use std::path::PathBuf;

/// What changed between two discoveries, file by file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Files that were not there before.
    pub added: Vec<PathBuf>,
    /// Files whose content changed; without a deep fingerprint, whose identity did.
    pub changed: Vec<PathBuf>,
    /// Files that are gone.
    pub removed: Vec<PathBuf>,
    /// How many other files there are.
    pub unchanged: usize,
    /// How many of those are in another state with the same content.
    pub(super) touched: usize,
    /// How many of all changes concern candidates, which are worth caching.
    pub(super) of_candidates: usize,
}

impl Changes {
    /// Whether every file is as it was.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.changed.is_empty()
            && self.removed.is_empty()
            && self.touched == 0
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.added.extend(other.added);
        self.changed.extend(other.changed);
        self.removed.extend(other.removed);
        self.touched += other.touched;
        self.of_candidates += other.of_candidates;
    }
}
