//! What keeps a planner of the catalog from being called.

use std::sync::Arc;
use std::time::Duration;

use super::breaker_open::BreakerOpen;
use super::hold::{Holder, Quarantine};
use super::start_error::StartFailure;
use super::supervised::{Phase, Planner};
use crate::name::PlannerName;
use crate::problem::Problem;

/// What keeps a planner of the catalog from being called.
#[derive(Clone, Debug)]
pub(crate) enum Obstacle {
    /// Somebody holds it back.
    Quarantined(Box<Quarantine>),
    /// It failed too often in a row.
    BreakerOpen(Box<BreakerOpen>),
    /// It could not be started, and the wait before the next attempt is not over.
    Failed {
        cause: Arc<StartFailure>,
        retry_after: Duration,
    },
}

impl Obstacle {
    /// What is wrong with the planner of this name.
    pub(crate) fn problem(&self, planner: &PlannerName) -> Problem {
        match self {
            Self::Quarantined(quarantine) => {
                Problem::new(quarantine.code(), &**quarantine, quarantine.remedy())
            }
            Self::BreakerOpen(open) => Problem::new(open.code(), &**open, open.remedy(planner)),
            Self::Failed { cause, .. } => {
                Problem::new(cause.code(), &**cause, cause.remedy(planner))
            }
        }
    }
}

impl Planner {
    /// What keeps it from being called now. Takes no lock where nothing was ever noted of it.
    #[inline]
    pub(crate) fn obstacle(&self) -> Option<Obstacle> {
        if self.record.is_blank() {
            return None;
        }
        self.look_for_obstacle()
    }

    /// Takes away what keeps it from being called and nobody ordered, which is the wait after a failed
    /// start; tells what it was. A breaker that is open waits for its own trial.
    pub(crate) fn release(&self) -> Option<Obstacle> {
        let obstacle = self.obstacle()?;
        match obstacle {
            Obstacle::Quarantined(ref quarantine) if quarantine.by != Holder::SelfTest => None,
            Obstacle::BreakerOpen(_) => None,
            Obstacle::Quarantined(_) | Obstacle::Failed { .. } => {
                self.resident.reset().then_some(obstacle)
            }
        }
    }

    #[cold]
    fn look_for_obstacle(&self) -> Option<Obstacle> {
        if let Some(quarantine) = self.lasting_hold() {
            return Some(Obstacle::Quarantined(Box::new(quarantine)));
        }
        let (failed, probed) = match self.phase() {
            Phase::Failed {
                cause, retry_after, ..
            } => {
                let probed = self.failed_probe(&cause);
                (Some((cause, retry_after)), probed)
            }
            Phase::NotLoaded => (None, self.remembered_probe()),
            _ => (None, None),
        };
        if let Some(quarantine) = probed {
            return Some(Obstacle::Quarantined(Box::new(quarantine)));
        }
        if let Some((cause, retry_after)) = failed
            && !retry_after.is_zero()
        {
            return Some(match self.failed_self_test(&cause, retry_after) {
                Some(quarantine) => Obstacle::Quarantined(Box::new(quarantine)),
                None => Obstacle::Failed { cause, retry_after },
            });
        }
        let open = self.breaker_open()?;
        Some(Obstacle::BreakerOpen(Box::new(open)))
    }
}

#[cfg(test)]
mod tests {
    use registry_core::clock::ManualClock;

    use super::super::hold::{HoldEnd, Holder};
    use super::super::testing::broken;
    use super::*;

    /// The wait before the next attempt, if a failure is what keeps it from being called.
    fn wait(planner: &Planner) -> Option<Duration> {
        match planner.obstacle() {
            Some(Obstacle::Quarantined(quarantine)) => {
                assert_eq!(quarantine.by, Holder::SelfTest);
                let Phase::Failed { retry_after, .. } = planner.phase() else {
                    panic!("it did not fail");
                };
                Some(retry_after)
            }
            Some(other) => panic!("{other:?}"),
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
        let Some(Obstacle::Quarantined(quarantine)) = planner.obstacle() else {
            panic!("nobody holds it back");
        };
        assert_eq!(
            (quarantine.by, quarantine.ends),
            (Holder::Author, HoldEnd::OtherVersion)
        );
    }
}
