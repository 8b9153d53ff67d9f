//! A planner that its user owns.

use std::ops::Deref;
use std::sync::Arc;

use plugin_api::{Plan, PlanRequest};

use super::call_error::{CallError, CallProblem};
use super::cancel::CancelToken;
use super::get_error::PlanFailure;
use super::roster::Roster;
use super::supervised::Planner;

/// A planner that its user owns: it can be stored, cloned and sent to other threads, and keeps the
/// registry's planners alive.
///
/// It stands for the planner of one generation. When that is replaced, each call finds the successor.
#[derive(Clone, Debug)]
pub struct Handle {
    roster: Arc<Roster>,
    planner: Arc<Planner>,
}

impl Handle {
    pub(crate) fn new(roster: &Arc<Roster>, planner: &Arc<Planner>) -> Self {
        Self {
            roster: Arc::clone(roster),
            planner: Arc::clone(planner),
        }
    }

    /// Turns a request into a plan; see [`Planner::plan`]. A planner that was replaced meanwhile is
    /// looked up once more.
    pub fn plan(&self, request: &PlanRequest) -> Result<Plan, PlanFailure> {
        self.plan_unless(request, &CancelToken::new())
    }

    /// Like [`plan`](Self::plan), and can be given up from another thread.
    pub fn plan_unless(
        &self,
        request: &PlanRequest,
        cancel: &CancelToken,
    ) -> Result<Plan, PlanFailure> {
        match self.planner.plan_unless(request, cancel) {
            Err(CallError {
                problem: CallProblem::Retired,
                ..
            }) => {
                let successor = self.roster.find(self.planner.name().as_str())?;
                successor.start_if_allowed()?;
                Ok(successor.plan_unless(request, cancel)?)
            }
            outcome => Ok(outcome?),
        }
    }
}

impl Deref for Handle {
    type Target = Planner;

    fn deref(&self) -> &Planner {
        &self.planner
    }
}
