//! What a discovery found and changed, and what a registry keeps.

use std::sync::Arc;
use std::time::Duration;

use super::admission::Rejected;
use crate::discovery::{CacheError, Changes, Fingerprint, Resolution, Scan};
use crate::state::StateError;

/// What a discovery found, and what it changed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct DiscoveryReport {
    /// What was read, and what could not be.
    pub scan: Arc<Scan>,
    /// Files that were added, changed or removed since the discovery before.
    pub changes: Changes,
    /// One value for the whole content of all folders.
    pub fingerprint: Option<Fingerprint>,
    /// Whether anything was remembered to compare the files with, by this registry or in the cache.
    pub compared: bool,
    /// How many files were opened and read.
    pub files_read: usize,
    /// Why nothing was remembered from or for other processes.
    pub cache_problem: Option<Arc<CacheError>>,
    /// Why not all that earlier processes left is used: how planners did, who is held back, and what was checked or
    /// probed.
    pub state_problem: Option<Arc<StateError>>,
    /// Well-formed plugins that a trust gate turned away.
    pub rejected: Vec<Rejected>,
    /// Which of several files of one name counts.
    pub resolution: Resolution,
    /// Whether the catalog changed.
    pub catalog_changed: bool,
    /// What became of planners that the catalog no longer holds.
    pub retired: Retired,
    /// How long listing and reading took.
    pub reading_took: Duration,
    /// How long sorting the findings took, fingerprint included.
    pub sorting_took: Duration,
    /// How long it took altogether.
    pub took: Duration,
}

/// What became of planners that were taken out of service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retired {
    /// Shut down and dropped.
    pub shut_down: usize,
    /// Still being called at the end of the bound; dropped with the registry, or when it is compacted.
    pub leaked: usize,
    /// Never started.
    pub never_started: usize,
}

/// What a registry keeps so that references into earlier generations stay good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Held {
    /// Generations of the catalog, the current one included.
    pub generations: usize,
    /// Bytes of their tables.
    pub table_bytes: usize,
}
