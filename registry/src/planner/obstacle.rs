//! What keeps a planner of the catalog from being called.

use std::sync::Arc;
use std::time::Duration;

use registry_core::sync::atomic::Ordering;

use super::start_error::StartFailure;
use super::supervised::{Phase, Planner};

/// What keeps a planner of the catalog from being called.
#[derive(Clone, Debug)]
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
    /// What keeps it from being called now. Takes no lock where nothing ever did.
    #[inline]
    pub(crate) fn obstacle(&self) -> Option<Obstacle> {
        // Relaxed: the flag is set before the slot hands a failure out, so whoever knows of the
        // failure finds it set; what it leads to is read under the slot's lock.
        if self.hindered_once.load(Ordering::Relaxed) {
            return self.look_for_obstacle();
        }
        None
    }

    #[cold]
    fn look_for_obstacle(&self) -> Option<Obstacle> {
        if self.manifest.quarantined {
            return Some(Obstacle::Held);
        }
        match self.phase() {
            Phase::Failed {
                cause, retry_after, ..
            } if !retry_after.is_zero() => Some(Obstacle::Failed { cause, retry_after }),
            _ => None,
        }
    }
}
