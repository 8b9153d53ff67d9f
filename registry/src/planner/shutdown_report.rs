//! How a registry ended.

use std::sync::Arc;
use std::time::Duration;

use registry_core::instance::InsideCall;

use crate::name::PlannerName;
use crate::state::StateError;

/// How a registry ended: what did so in time, and what was left behind. Names are sorted.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// Planners that were told of the end and came to it.
    pub shut_down: Vec<PlannerName>,
    /// Planners whose workers were ended by force.
    pub killed: Vec<PlannerName>,
    /// Planners of which something is left: a call or a shutdown that does not return.
    pub left_behind: Vec<PlannerName>,
    /// Calls that were in flight when it began.
    pub calls: usize,
    /// How many of them were given up, because they did not end in time by themselves.
    pub calls_given_up: usize,
    /// How many of them have not returned.
    pub calls_left: usize,
    /// Starts that have not returned.
    pub starts_left: usize,
    /// Whether a discovery has not returned.
    pub discovery_left: bool,
    /// Why not all was written that later processes have to know.
    pub state_problem: Option<Arc<StateError>>,
    /// Whether that is still being written.
    pub state_left: bool,
    /// How long it took.
    pub took: Duration,
}

impl ShutdownReport {
    /// Whether nothing was left behind.
    pub fn is_complete(&self) -> bool {
        self.left_behind.is_empty()
            && self.calls_left == 0
            && self.starts_left == 0
            && !self.discovery_left
            && !self.state_left
            && self.state_problem.is_none()
    }
}

/// Why a registry did not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShutdownError {
    /// A planner asked for it from inside a call, which it would have to wait for.
    #[error("a shutdown was asked for from inside a planner's call")]
    InsideCall,
}

impl ShutdownError {
    pub(super) fn inside_call(_: InsideCall) -> Self {
        Self::InsideCall
    }

    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InsideCall => "E_INSIDE_CALL",
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::InsideCall => "Shut down from a thread that is in no planner's call.".to_owned(),
        }
    }
}
