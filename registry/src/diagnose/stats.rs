//! A registry in numbers.

use serde::Serialize;

use super::{Diagnosis, Health, Profiles};
use crate::planner::Held;

/// A registry in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Planners that there is code for.
    pub found: usize,
    /// Those that can be asked for a plan.
    pub active: usize,
    /// Those that are held back.
    pub quarantined: usize,
    /// Those whose start failed, and the next try has to wait.
    pub failed: usize,
    /// The mean reliability of the active planners; none without any.
    pub reliability: Option<f64>,
    /// How often planners were asked for a plan.
    pub calls: u64,
    /// How many of these calls gave no plan.
    pub failures: u64,
    /// How long selections and starts took.
    pub profiles: Profiles,
    /// Generations of the catalog that are kept, the current one included.
    pub generations: usize,
    /// Bytes of their tables.
    pub table_bytes: usize,
}

impl Stats {
    pub(crate) fn of(diagnosis: Diagnosis, held: Held) -> Self {
        let health = Health::of(&diagnosis, 0);
        let planners = diagnosis.planners.iter();
        let (calls, failures) = planners.fold((0, 0), |(calls, failures), own| {
            (calls + own.calls, failures + own.failures)
        });
        Self {
            found: diagnosis.found(),
            active: health.active,
            quarantined: health.quarantined,
            failed: health.failed,
            reliability: health.reliability,
            calls,
            failures,
            profiles: diagnosis.profiles,
            generations: held.generations,
            table_bytes: held.table_bytes,
        }
    }
}
