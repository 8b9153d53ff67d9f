//! What keeps a planner of the catalog from being called.

use std::sync::Arc;
use std::time::Duration;

use registry_core::sync::atomic::Ordering;

use super::start_error::StartFailure;
use super::supervised::{Phase, Planner};

/// What keeps a planner of the catalog from being called.
#[derive(Debug)]
pub(crate) enum Obstacle {
    /// Its author holds it back.
    Held,
    /// It could not be started, and the wait before the next attempt is not over.
    Failed {
        cause: Arc<StartFailure>,
        retry_after: Duration,
    },
}

impl Planner {
    /// What keeps it from being called now. Takes no lock unless a start of it failed once.
    #[inline]
    pub(crate) fn obstacle(&self) -> Option<Obstacle> {
        if self.manifest.quarantined {
            return Some(Obstacle::Held);
        }
        // Relaxed: the flag is set before the slot hands the failure out, so whoever knows of the
        // failure finds it set; what it leads to is read under the slot's lock.
        if self.start_failed.load(Ordering::Relaxed) {
            return self.failure();
        }
        None
    }

    #[cold]
    fn failure(&self) -> Option<Obstacle> {
        match self.phase() {
            Phase::Failed {
                cause, retry_after, ..
            } if !retry_after.is_zero() => Some(Obstacle::Failed { cause, retry_after }),
            _ => None,
        }
    }
}
