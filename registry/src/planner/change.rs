//! What changes in the standing of planners, told in one place.

use registry_core::breaker::BreakerChange;

use super::hold::{Holder, Quarantine};
use crate::event::{Event, EventKind};
use crate::journal::Journal;
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

/// Tells whoever listens, and the journal, which saves it later.
pub(super) fn tell(journal: &Journal, planner: &PlannerName, change: &Change<'_>) {
    journal.record(change.event().planner(planner));
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

impl Change<'_> {
    fn event(&self) -> Event {
        let breaker = |detail: &str| Event::now(EventKind::BreakerMoved).detail(detail);
        let hold = |detail: &str| Event::now(EventKind::Quarantined).detail(detail);
        match self {
            Self::Breaker(BreakerChange::Opened) => breaker("open").code("E_BREAKER_OPEN"),
            Self::Breaker(BreakerChange::HalfOpened) => breaker("half-open: one call may try"),
            Self::Breaker(BreakerChange::Closed) => breaker("closed"),
            Self::BreakerReset => breaker("closed: reset by hand"),
            Self::Quarantined(quarantine) => hold(&quarantine.account()).code(quarantine.code()),
            Self::SelfTestFailed => hold(Holder::SelfTest.phrase()),
            Self::Released { lifted: true } => hold("released: lifted"),
            Self::Released { lifted: false } => hold("released: the hold has ended"),
        }
    }
}
