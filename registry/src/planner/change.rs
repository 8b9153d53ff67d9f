//! What changes in the standing of planners, told in one place.

use registry_core::breaker::BreakerChange;

use super::hold::{Holder, Quarantine};
use crate::name::PlannerName;

/// A change of a planner's standing.
#[derive(Clone, Debug)]
pub(super) enum Change<'a> {
    /// A call moved its breaker.
    Breaker(BreakerChange),
    /// Its breaker was reset by hand.
    BreakerReset,
    /// Somebody holds it back from now on.
    Quarantined(&'a Quarantine),
    /// Its self-test failed, which holds it back until the next try is due.
    SelfTestFailed,
    /// A hold ended, by itself or lifted.
    Released {
        /// Whether somebody lifted it.
        lifted: bool,
    },
}

/// Tells whoever listens.
pub(super) fn tell(planner: &PlannerName, change: &Change<'_>) {
    let planner = planner.as_str();
    match change {
        Change::Breaker(BreakerChange::Opened) => {
            tracing::warn!(planner, code = "E_BREAKER_OPEN", "breaker opened");
        }
        Change::Breaker(BreakerChange::HalfOpened) => {
            tracing::info!(planner, "breaker lets one call try");
        }
        Change::Breaker(BreakerChange::Closed) => tracing::info!(planner, "breaker closed"),
        Change::BreakerReset => tracing::info!(planner, "breaker reset by hand"),
        Change::Quarantined(quarantine) => {
            tracing::warn!(
                planner,
                by = quarantine.by.word(),
                code = quarantine.code(),
                "planner quarantined"
            );
        }
        Change::SelfTestFailed => {
            tracing::warn!(planner, by = Holder::SelfTest.word(), "planner quarantined");
        }
        Change::Released { lifted } => tracing::info!(planner, lifted, "planner released"),
    }
}
