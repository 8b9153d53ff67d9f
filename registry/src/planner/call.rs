//! The guard around every plan call.

use std::time::Instant;

use plugin_api::{Plan, PlanError, PlanRequest};

use super::call_error::{CallError, CallProblem};
use super::cancel::CancelToken;
use super::start::late;
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
        let outcome = self.call(request, cancel).map_err(|problem| CallError {
            planner: self.name.clone(),
            problem,
        });
        match &outcome {
            Ok(_) => self.counts.record(true),
            // Nobody was called, so nobody failed.
            Err(error) if !error.problem.is_of_a_call() => {
                tracing::debug!(
                    planner = self.name.as_str(),
                    code = error.code(),
                    "not called"
                );
            }
            Err(error) => {
                self.counts.record(false);
                tracing::warn!(
                    planner = self.name.as_str(),
                    code = error.code(),
                    "call failed"
                );
            }
        }
        outcome
    }

    fn call(&self, request: &PlanRequest, cancel: &CancelToken) -> Result<Plan, CallProblem> {
        let begun = Instant::now();
        let timeout = self.options.plan_timeout;
        let timeout = request
            .deadline()
            .map_or(timeout, |deadline| deadline.min(timeout));
        let request_json = request.to_json().map_err(CallProblem::InvalidRequest)?;
        let instance = self.started().map_err(CallProblem::NotStarted)?;
        let state = self.call_state(begun, timeout, cancel);
        let answer = instance.call(|started| {
            // A cold start may have used up the time.
            if cancel.is_cancelled() {
                return Err(CallProblem::NotCalled(PlanError::cancelled()));
            }
            if begun.elapsed() > timeout {
                return Err(CallProblem::NotCalled(PlanError::deadline()));
            }
            started
                .instance
                .plan(&state, &request_json)
                .map_err(|failure| self.problem(failure, timeout))
        });
        let answer = answer.map_err(|_| CallProblem::Retired)??;
        if begun.elapsed() > timeout {
            return Err(late(timeout));
        }
        Plan::from_json(&answer).map_err(CallProblem::InvalidPlan)
    }
}
