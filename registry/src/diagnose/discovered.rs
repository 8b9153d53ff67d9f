//! What the latest discovery did, and how long it took.

use serde::Serialize;

use super::Problem;
use crate::discovery::CacheError;
use crate::planner::DiscoveryReport;
use crate::state::StateError;

/// What the latest discovery did, and how long it took.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct DiscoveryStatus {
    /// The fingerprint of all plugin folders, in hexadecimal digits; `na` if contents are not read.
    pub fingerprint: String,
    /// Whether every file is as it was at the discovery before, which may be that of another process
    /// that left a cache; none if nothing was remembered.
    pub unchanged: Option<bool>,
    /// How many files were found in which state.
    pub file_counts: FileCounts,
    /// How long listing and reading files took, in microseconds.
    pub reading_us: u64,
    /// How long sorting what was found took, fingerprint included.
    pub sorting_us: u64,
    /// How long everything else took: the gates, the cache, and taking planners in and out of service.
    pub settling_us: u64,
    /// How long it took altogether.
    pub took_us: u64,
    /// Why nothing was remembered from or for other processes.
    pub cache_problem: Option<Problem>,
    /// Why not all that earlier processes left is used: how planners did, who is held back, and what was
    /// checked or probed.
    pub state_problem: Option<Problem>,
    /// Why later processes do not get to know what was learnt here.
    pub unsaved_problem: Option<Problem>,
}

/// How many files a discovery found in which state, compared with the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct FileCounts {
    /// Files that were not there before.
    pub added: usize,
    /// Files whose content changed.
    pub changed: usize,
    /// Files that are gone.
    pub removed: usize,
    /// All others.
    pub unchanged: usize,
    /// How many of all these had to be read.
    pub read: usize,
}

impl DiscoveryStatus {
    pub(super) fn of(report: &DiscoveryReport, unsaved: Option<&StateError>) -> Self {
        let file_counts = FileCounts {
            added: report.changes.added.len(),
            changed: report.changes.changed.len(),
            removed: report.changes.removed.len(),
            unchanged: report.changes.unchanged,
            read: report.files_read,
        };
        let settling = report
            .took
            .saturating_sub(report.reading_took + report.sorting_took);
        let micros =
            |took: std::time::Duration| u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        Self {
            fingerprint: report
                .fingerprint
                .map_or_else(|| "na".to_owned(), |fingerprint| fingerprint.to_string()),
            unchanged: report.compared.then(|| file_counts.is_unchanged()),
            file_counts,
            reading_us: micros(report.reading_took),
            sorting_us: micros(report.sorting_took),
            settling_us: micros(settling),
            took_us: micros(report.took),
            cache_problem: report.cache_problem.as_deref().map(cache_problem),
            state_problem: report.state_problem.as_deref().map(state_problem),
            unsaved_problem: unsaved.map(state_problem),
        }
    }
}

impl FileCounts {
    /// Whether every file is as it was.
    pub fn is_unchanged(&self) -> bool {
        (self.added, self.changed, self.removed) == (0, 0, 0)
    }
}

fn state_problem(error: &StateError) -> Problem {
    Problem::new(error.code(), error, error.remedy().to_owned())
}

fn cache_problem(error: &CacheError) -> Problem {
    Problem::new(error.code(), error, error.remedy().to_owned())
}
