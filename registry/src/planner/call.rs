//! The guard around every plan call.

use std::time::Instant;

use plugin_api::{Plan, PlanRequest};

use super::call_error::{CallError, CallProblem};
use super::cancel::CancelToken;
use super::start::{late, problem_of};
use super::supervised::Planner;

impl Planner {
    /// Turns a request into a plan that obeys the rules for plans, within the request's deadline or
    /// the operator's timeout, whichever is shorter.
    ///
    /// The planner runs on this thread. It learns of the deadline when it polls its context; one that
    /// does not poll cannot be stopped, and its answer is then refused as late.
    pub fn plan(&self, request: &PlanRequest) -> Result<Plan, CallError> {
        self.plan_unless(request, &CancelToken::new())
    }

    /// Like [`plan`](Self::plan), and can be given up from another thread.
    pub fn plan_unless(
        &self,
        request: &PlanRequest,
        cancel: &CancelToken,
    ) -> Result<Plan, CallError> {
        let outcome = self.call(request, cancel);
        self.counts.record(outcome.is_ok());
        outcome.map_err(|problem| {
            let error = CallError {
                planner: self.name.clone(),
                problem,
            };
            tracing::warn!(
                planner = self.name.as_str(),
                code = error.code(),
                "call failed"
            );
            error
        })
    }

    fn call(&self, request: &PlanRequest, cancel: &CancelToken) -> Result<Plan, CallProblem> {
        let request_json = request.to_json().map_err(CallProblem::InvalidRequest)?;
        let instance = self.started().map_err(CallProblem::NotStarted)?;
        let started = Instant::now();
        let timeout = request
            .deadline()
            .map_or(self.options.plan_timeout, |deadline| {
                deadline.min(self.options.plan_timeout)
            });
        let state = self.call_state(started, timeout, cancel);
        let answer = instance
            .call(|instance| instance.plan(&state, &request_json))
            .map_err(|_| CallProblem::Retired)?
            .map_err(problem_of)?;
        if started.elapsed() > timeout {
            return Err(late(timeout));
        }
        Plan::from_json(&answer).map_err(CallProblem::InvalidPlan)
    }
}
