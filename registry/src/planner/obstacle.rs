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

#[cfg(test)]
mod tests {
    use registry_core::clock::ManualClock;

    use super::super::testing::broken;
    use super::*;

    /// The wait before the next attempt, if a failure is what keeps it from being called.
    fn wait(planner: &Planner) -> Option<Duration> {
        match planner.obstacle() {
            Some(Obstacle::Failed { cause, retry_after }) => {
                assert_eq!(cause.code(), "E_SELF_TEST_FAILED");
                Some(retry_after)
            }
            Some(Obstacle::Held) => panic!("nobody holds it back"),
            None => None,
        }
    }

    #[test]
    fn a_failed_start_is_an_obstacle_until_the_next_attempt_is_due() {
        const TICK: Duration = Duration::from_nanos(1);
        let hand = ManualClock::new();
        let planner = broken(&hand, false);
        assert_eq!(wait(&planner), None);
        for _ in 0..2 {
            let error = planner.start_if_allowed().unwrap_err();
            assert_eq!(error.code(), "E_SELF_TEST_FAILED");
            let whole = wait(&planner).unwrap();
            assert!(whole > TICK, "{whole:?}");
            hand.advance(whole.saturating_sub(TICK));
            assert_eq!(wait(&planner), Some(TICK));
            hand.advance(TICK);
            assert_eq!(wait(&planner), None);
        }
    }

    #[test]
    fn a_planner_that_its_author_holds_back_stays_so() {
        let planner = broken(&ManualClock::new(), true);
        let error = planner.start_if_allowed().unwrap_err();
        assert_eq!(error.code(), "E_QUARANTINED");
        assert!(matches!(planner.obstacle(), Some(Obstacle::Held)));
    }
}
