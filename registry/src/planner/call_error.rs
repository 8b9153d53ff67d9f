//! Why a call gave no plan.

use plugin_api::{PlanError, PlanErrorKind};

use super::breaker_open::BreakerOpen;
use super::hold::Quarantine;
use super::start_error::StartError;
use crate::event::CallId;
use crate::isolate::WorkerFault;
use crate::name::PlannerName;

/// Why a call gave no plan.
#[derive(Clone, Debug, thiserror::Error)]
#[error("planner {planner:?} gave no plan", planner = planner.as_str())]
#[non_exhaustive]
pub struct CallError {
    /// Which planner.
    pub planner: PlannerName,
    /// Which call; its log lines and events carry the same id.
    pub call_id: CallId,
    /// What went wrong.
    #[source]
    pub problem: CallProblem,
}

impl CallError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match &self.problem {
            CallProblem::Panic { .. } => "E_PLAN_PANIC",
            problem => problem.code_or("E_PLAN_FAILED"),
        }
    }

    /// Whether the planner was replaced before it was called.
    pub(super) fn is_retired(&self) -> bool {
        matches!(
            self.problem,
            CallProblem::Retired | CallProblem::NotStarted(StartError::Retired { .. })
        )
    }

    /// Whether the planner says that the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(&self.problem, CallProblem::Planner(error) if error.is_transient())
    }

    /// What the operator can do about it.
    pub fn remedy(&self) -> String {
        let planner = &self.planner;
        match &self.problem {
            CallProblem::Late { .. } => raise_the_deadline(planner),
            CallProblem::Planner(error) | CallProblem::NotCalled(error)
                if error.kind() == PlanErrorKind::Deadline =>
            {
                raise_the_deadline(planner)
            }
            problem => problem.remedy(planner),
        }
    }
}

fn raise_the_deadline(planner: &PlannerName) -> String {
    format!("Raise the deadline, PLANNER_DEFAULT_TIMEOUT or `[planners.{planner}] timeout`.")
}

/// What went wrong in a call into a plugin.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallProblem {
    /// The planner could not be started.
    #[error(transparent)]
    NotStarted(StartError),
    /// Somebody holds the planner back.
    #[error(transparent)]
    Quarantined(Box<Quarantine>),
    /// The planner failed too often in a row, and is not called for a while.
    #[error(transparent)]
    BreakerOpen(Box<BreakerOpen>),
    /// The registry is shut down: the planner is not called, or its call was given up.
    #[error("the registry is shut down")]
    ShuttingDown,
    /// A newer generation of the planner took its place.
    #[error("it was replaced by a newer generation")]
    Retired,
    /// The caller gave up, or time ran out, before the planner was called.
    #[error(transparent)]
    NotCalled(PlanError),
    /// The planner returned an error.
    #[error(transparent)]
    Planner(PlanError),
    /// The planner panicked.
    #[error("it panicked: {text}")]
    Panic {
        /// The panic's text.
        text: String,
    },
    /// The answer came after the deadline.
    #[error("it answered after its deadline of {deadline_ms} ms")]
    Late {
        /// The deadline.
        deadline_ms: u64,
    },
    /// The answer is no valid plan.
    #[error("its answer is not a valid plan")]
    InvalidPlan(#[source] PlanError),
    /// The request cannot be sent.
    #[error("the request is invalid")]
    InvalidRequest(#[source] PlanError),
    /// The planner's worker failed.
    #[error(transparent)]
    Worker(WorkerFault),
    /// The plugin broke the rules of the interface.
    #[error("it broke the rules of the interface: {what}")]
    Protocol {
        /// The broken rule.
        what: String,
    },
}

impl CallProblem {
    /// Whether the planner was called at all.
    pub(super) fn is_of_a_call(&self) -> bool {
        !matches!(
            self,
            Self::NotStarted(_)
                | Self::Quarantined(_)
                | Self::BreakerOpen(_)
                | Self::NotCalled(_)
                | Self::Retired
                | Self::ShuttingDown
                | Self::InvalidRequest(_)
                | Self::Worker(WorkerFault::Start { .. } | WorkerFault::Sandbox { .. })
        )
    }

    /// The problem's own code, or `otherwise` for a plain failure of the planner.
    pub(super) fn code_or(&self, otherwise: &'static str) -> &'static str {
        match self {
            Self::NotStarted(error) => error.code(),
            Self::Quarantined(quarantine) => quarantine.code(),
            Self::BreakerOpen(open) => open.code(),
            Self::Planner(error) if error.kind() != PlanErrorKind::Failed => error.code(),
            Self::Planner(_) | Self::Panic { .. } => otherwise,
            Self::NotCalled(error) | Self::InvalidRequest(error) | Self::InvalidPlan(error) => {
                error.code()
            }
            Self::Retired => "E_RETIRED",
            Self::ShuttingDown => "E_SHUTTING_DOWN",
            Self::Late { .. } => "E_DEADLINE",
            Self::Worker(fault) => fault.code(),
            Self::Protocol { .. } => "E_PROTOCOL",
        }
    }

    /// What the operator can do about it, whatever was asked of the planner.
    pub(super) fn remedy(&self, planner: &PlannerName) -> String {
        match self {
            Self::NotStarted(error) => error.remedy(),
            Self::Quarantined(quarantine) => quarantine.remedy(),
            Self::BreakerOpen(open) => open.remedy(planner),
            Self::Planner(error) => match (error.kind(), error.setting()) {
                (PlanErrorKind::Config, Some(setting)) => format!(
                    "Mend {setting}: a variable, or a value in `[planners.{planner}.config]`."
                ),
                (PlanErrorKind::InvalidInput, _) => "Mend the objective or the context.".to_owned(),
                (PlanErrorKind::InvalidPlan, _) => "Report it to the plugin's author.".to_owned(),
                (PlanErrorKind::Cancelled, _) => "Ask again.".to_owned(),
                _ if error.is_transient() => "Try again later.".to_owned(),
                _ => format!("See what {planner} logged about it."),
            },
            Self::NotCalled(_) | Self::Late { .. } | Self::Retired => "Ask again.".to_owned(),
            Self::ShuttingDown => "Build a new registry, or run the command again.".to_owned(),
            Self::Worker(fault) => fault.remedy().to_owned(),
            Self::InvalidRequest(_) => "Mend the objective or the context.".to_owned(),
            Self::Panic { .. } | Self::InvalidPlan(_) | Self::Protocol { .. } => {
                "Report it to the plugin's author.".to_owned()
            }
        }
    }
}
