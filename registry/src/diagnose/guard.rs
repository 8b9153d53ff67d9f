//! What the guard around a planner's calls knows of it: outcomes, breaker, holds, overdue calls.

use std::time::Duration;

use registry_core::breaker::BreakerPhase;
use serde::Serialize;

use super::{PlannerState, Problem, Reliability, ReliabilitySource};
use crate::moment::Moment;
use crate::planner::{BreakerOpen, OverdueCall, Planner, Quarantine};

/// What the guard around a planner's calls knows of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct GuardStatus {
    /// How long a call may take, in milliseconds.
    pub limit_ms: u64,
    /// How long a call took in the mean, in milliseconds; none before the first.
    pub mean_ms: Option<f64>,
    /// When it last gave a plan.
    pub last_success: Option<Moment>,
    /// The latest failure, its code first, cut at 240 characters.
    pub last_error: Option<String>,
    /// Its breaker.
    pub breaker: BreakerStatus,
    /// Who holds it back, if anybody does.
    pub quarantine: Option<Quarantine>,
    /// Calls that should have returned and have not.
    pub overdue: Vec<OverdueCall>,
}

/// What a planner's breaker is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct BreakerStatus {
    /// Whether it lets calls through.
    pub state: BreakerState,
    /// Failures in a row.
    pub failures: u32,
    /// Since when it has been open; none for a closed one.
    pub since: Option<Moment>,
    /// How long it takes until a call may be tried, in milliseconds; none for a closed one.
    pub retry_in_ms: Option<u64>,
}

/// Whether a breaker lets calls through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BreakerState {
    /// All of them.
    #[default]
    Closed,
    /// None.
    Open,
    /// One, which decides.
    HalfOpen,
}

impl BreakerState {
    /// The words of the text rendering.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "one call is on trial",
        }
    }
}

impl GuardStatus {
    pub(super) fn of(planner: &Planner) -> Self {
        let record = planner.track_record();
        Self {
            limit_ms: millis_up(planner.plan_timeout()),
            mean_ms: record.mean_duration.map(|mean| mean.as_secs_f64() * 1e3),
            last_success: record.last_success,
            last_error: record.last_error,
            breaker: BreakerStatus::of(planner),
            quarantine: planner.quarantine(),
            overdue: planner.overdue_calls(),
        }
    }

    /// What it makes of the planner, if it keeps it from being called.
    pub(super) fn verdict(&self, planner: &Planner) -> Option<(PlannerState, Problem)> {
        if let Some(quarantine) = &self.quarantine {
            return Some((PlannerState::Quarantined, held(quarantine)));
        }
        let open = planner.breaker_open()?;
        Some((PlannerState::BreakerOpen, refusing(planner, &open)))
    }
}

impl BreakerStatus {
    fn of(planner: &Planner) -> Self {
        let (phase, standing) = planner.breaker();
        let (state, failures, retry_after) = match phase {
            BreakerPhase::Closed { failures } => (BreakerState::Closed, failures, None),
            BreakerPhase::Open { retry_after } => {
                (BreakerState::Open, standing.failures, Some(retry_after))
            }
            BreakerPhase::HalfOpen => (BreakerState::HalfOpen, standing.failures, None),
        };
        Self {
            state,
            failures,
            since: standing.open.map(|span| Moment::of(span.since)),
            retry_in_ms: retry_after.map(millis_up),
        }
    }
}

/// How reliable a planner is: as its outcomes say, or else as nobody but its manifest does.
pub(super) fn reliability(planner: &Planner) -> Option<Reliability> {
    let record = planner.track_record();
    let score = record.score?;
    Some(Reliability {
        score,
        source: ReliabilitySource::Live,
        samples: record.succeeded.saturating_add(record.failed),
    })
}

/// A hold, as a problem.
pub(super) fn held(quarantine: &Quarantine) -> Problem {
    Problem {
        code: quarantine.code(),
        reason: quarantine.account(),
        remedy: quarantine.remedy(),
    }
}

/// An open breaker, as a problem.
pub(super) fn refusing(planner: &Planner, open: &BreakerOpen) -> Problem {
    Problem::new(open.code(), open, open.remedy(planner.name()))
}

/// Rounded up, so that zero means now.
pub(super) fn millis_up(wait: Duration) -> u64 {
    u64::try_from(wait.as_micros().div_ceil(1000)).unwrap_or(u64::MAX)
}
