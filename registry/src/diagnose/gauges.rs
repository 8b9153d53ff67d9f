//! What a report tells, as gauges (feature `metrics`).

use std::sync::Arc;

use registry_core::breaker::BreakerPhase;

use super::Health;
use crate::meter::{self, Breaker};
use crate::planner::{Held, Planner};

/// Brings the gauges of the host's recorder up to date.
pub(crate) fn record(health: &Health, held: Held, planners: &[&Arc<Planner>]) {
    let states = [
        ("active", health.active),
        ("quarantined", health.quarantined),
        ("breaker_open", health.breaker_open),
        ("failed", health.failed),
        ("refused", health.refused),
        ("absent", health.absent),
    ];
    meter::standing(&states, held.generations);
    for planner in planners {
        let (phase, _) = planner.breaker();
        let state = match phase {
            BreakerPhase::Closed { .. } => Breaker::Closed,
            BreakerPhase::HalfOpen => Breaker::HalfOpen,
            BreakerPhase::Open { .. } => Breaker::Open,
        };
        meter::breaker(planner.name(), state);
    }
}
