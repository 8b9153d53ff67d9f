//! Why a planner could not be started.

use std::sync::Arc;
use std::time::Duration;

use registry_core::slot::SlotError;

use super::call_error::CallProblem;
use super::probing::ProbeFailure;
use crate::load::LoadError;
use crate::name::PlannerName;
use crate::trust::Refusal;

/// Why a planner could not be started.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The attempt failed; everyone who waited for it gets the same cause.
    #[error("planner {planner:?} could not be started", planner = planner.as_str())]
    Failed {
        /// Which planner.
        planner: PlannerName,
        /// What went wrong.
        #[source]
        cause: Arc<StartFailure>,
        /// Failures in a row.
        failures: u32,
        /// Time until the next attempt may be made.
        retry_after: Duration,
    },
    /// Another thread is still starting it.
    #[error("planner {planner:?} did not start within {waited:?}", planner = planner.as_str())]
    TimedOut {
        /// Which planner.
        planner: PlannerName,
        /// How long this caller waited.
        waited: Duration,
    },
    /// The planner asked for itself while it was being started.
    #[error("planner {planner:?} asked for itself while it was being started", planner = planner.as_str())]
    Reentered {
        /// Which planner.
        planner: PlannerName,
    },
    /// The planner was taken out of service.
    #[error("planner {planner:?} was taken out of service", planner = planner.as_str())]
    Retired {
        /// Which planner.
        planner: PlannerName,
    },
    /// The registry was shut down.
    #[error("planner {planner:?} is not started: the registry is shut down", planner = planner.as_str())]
    ShuttingDown {
        /// Which planner.
        planner: PlannerName,
    },
    /// A promise of this crate was broken.
    #[error("our bug: planner {planner:?} was started twice", planner = planner.as_str())]
    Bug {
        /// Which planner.
        planner: PlannerName,
    },
}

impl StartError {
    /// The slot's error in the words of this layer.
    pub(super) fn of(planner: &PlannerName, error: SlotError<StartFailure>) -> Self {
        let planner = planner.clone();
        match error {
            SlotError::Failed {
                error: cause,
                failures,
                retry_after,
            } => Self::Failed {
                planner,
                cause,
                failures,
                retry_after,
            },
            SlotError::TimedOut { waited } => Self::TimedOut { planner, waited },
            SlotError::Reentered => Self::Reentered { planner },
            SlotError::Closed => Self::Retired { planner },
            _ => Self::Bug { planner },
        }
    }

    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Failed { cause, .. } => cause.code(),
            Self::TimedOut { .. } => "E_LOAD_TIMEOUT",
            Self::Reentered { .. } => "E_REENTERED",
            Self::Retired { .. } => "E_RETIRED",
            Self::ShuttingDown { .. } => "E_SHUTTING_DOWN",
            Self::Bug { .. } => "E_BUG",
        }
    }

    /// What the operator can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Failed { planner, cause, .. } => cause.remedy(planner),
            Self::TimedOut { .. } => {
                "See which planner is still starting, with `registry diagnose`.".to_owned()
            }
            Self::Reentered { .. } => "Report it to the plugin's author.".to_owned(),
            Self::Retired { .. } => "Ask for the planner again.".to_owned(),
            Self::ShuttingDown { .. } => {
                "Build a new registry, or run the command again.".to_owned()
            }
            Self::Bug { .. } => "Report it to the maintainers of registry.".to_owned(),
        }
    }
}

/// What went wrong on the way from a file to a planner that can be called.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartFailure {
    /// The file failed a trust gate.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Its bytes failed in a child, and are not loaded into this process.
    #[error(transparent)]
    Probe(ProbeFailure),
    /// The library could not be turned into a module.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Its worker did not come so far as to hold its library.
    #[error("its library was not loaded")]
    Map(#[source] CallProblem),
    /// The planner could not be made.
    #[error("its construction failed")]
    Construct(#[source] CallProblem),
    /// The planner's own check of itself failed.
    #[error("its self-test failed")]
    SelfTest(#[source] CallProblem),
    /// Its worker ended, and the wait before it is started anew is not over.
    #[error("its worker ended")]
    Ended(#[source] CallProblem),
    /// A promise of this crate was broken.
    #[error("our bug: there is no program for its worker")]
    Bug,
}

impl StartFailure {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Probe(_) => "E_PROBE_FAILED",
            Self::Load(error) => error.code(),
            Self::Map(problem) | Self::Ended(problem) => problem.code_or("E_BUG"),
            Self::Bug => "E_BUG",
            Self::Construct(CallProblem::Panic { .. }) => "E_CONSTRUCT_PANIC",
            Self::Construct(problem) => problem.code_or("E_CONSTRUCT_FAILED"),
            Self::SelfTest(CallProblem::Panic { .. }) => "E_SELF_TEST_PANIC",
            Self::SelfTest(problem) => problem.code_or("E_SELF_TEST_FAILED"),
        }
    }

    /// What the operator can do about it.
    pub fn remedy(&self, planner: &PlannerName) -> String {
        match self {
            Self::Refused(refusal) => refusal.remedy(),
            Self::Probe(_) => format!(
                "Report it to the plugin's author, or set `[planners.{planner}] isolation = \"worker\"`; a \
                 reload tries it again."
            ),
            Self::Load(error) => error.remedy(),
            Self::Bug => "Report it to the maintainers of registry.".to_owned(),
            // Mapping, making and testing a planner share one time.
            Self::Map(CallProblem::Late { .. })
            | Self::Construct(CallProblem::Late { .. })
            | Self::SelfTest(CallProblem::Late { .. }) => {
                "Raise PLANNER_SELF_TEST_TIMEOUT.".to_owned()
            }
            Self::Map(problem)
            | Self::Construct(problem)
            | Self::SelfTest(problem)
            | Self::Ended(problem) => problem.remedy(planner),
        }
    }
}
