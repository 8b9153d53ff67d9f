//! How planners were started, newest kept.

use std::time::{Duration, SystemTime};

use registry_core::clock::Clock;
use registry_core::failure_log::{FailureLog, FailureLogLimits};
use registry_core::ring::Ring;

use super::start_error::StartFailure;
use super::supervised::Started;
use crate::config::Config;
use crate::meter;
use crate::name::PlannerName;

/// Bounds of the log of failed starts.
const FAILURES: FailureLogLimits = FailureLogLimits {
    live_max: 256,
    archived_max: 1024,
    names_max: 1024,
};

/// How planners were started.
#[derive(Debug)]
pub(crate) struct History {
    clock: Clock,
    starts: Ring<StartSample>,
    failures: FailureLog<StartFailure>,
}

/// One start of a planner.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StartSample {
    /// When it ended, by the system's clock.
    pub at: SystemTime,
    /// Which planner.
    pub planner: PlannerName,
    /// How long it took.
    pub took: Duration,
    /// The code of its failure, if it failed.
    pub failure: Option<&'static str>,
}

/// One failed start of a planner.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FailedStart {
    /// Its number among all failures, from 0.
    pub number: u64,
    /// Which planner.
    pub planner: String,
    /// Why.
    pub failure: StartFailure,
    /// Whether a discovery has come since.
    pub archived: bool,
}

impl History {
    /// An empty history of the size that `config` asks for.
    pub(crate) fn of(config: &Config) -> Self {
        let profiles = config.profiles();
        let capacity = if profiles.instantiation {
            profiles.max
        } else {
            0
        };
        Self {
            clock: Clock::monotonic(),
            starts: Ring::new(usize::try_from(capacity).unwrap_or(usize::MAX)),
            failures: FailureLog::new(FAILURES),
        }
    }

    pub(super) fn record_start(
        &self,
        planner: &PlannerName,
        took: Duration,
        outcome: &Result<Started, StartFailure>,
    ) {
        let failure = outcome.as_ref().err();
        let code = failure.map(StartFailure::code);
        if let Some(failure) = failure {
            self.failures.record(planner.as_str(), failure.clone());
        }
        let is_full = self.starts.push(
            self.clock.now(),
            StartSample {
                at: SystemTime::now(),
                planner: planner.clone(),
                took,
                failure: code,
            },
        );
        if is_full {
            meter::dropped(meter::Ring::Starts);
        }
        meter::loaded(planner, code, took);
        let duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let planner = planner.as_str();
        match code {
            None => tracing::info!(planner, duration_us, "planner started"),
            Some(code) => tracing::warn!(planner, duration_us, code, "planner did not start"),
        }
    }

    /// Failures from before belong to what was there before.
    pub(super) fn archive_failures(&self) {
        self.failures.archive();
    }

    /// The newest starts, oldest first.
    pub(crate) fn starts(&self) -> Vec<StartSample> {
        self.starts.snapshot()
    }

    /// The newest failed starts, oldest first.
    pub(crate) fn failures(&self) -> Vec<FailedStart> {
        let log = self.failures.snapshot();
        let archived = log.archived.into_iter().map(|entry| (entry, true));
        let live = log.live.into_iter().map(|entry| (entry, false));
        archived
            .chain(live)
            .map(|(entry, archived)| FailedStart {
                number: entry.number,
                planner: entry.name.to_string(),
                failure: entry.failure,
                archived,
            })
            .collect()
    }
}
