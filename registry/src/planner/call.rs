//! The guard around every plan call.
//!
//! ```text
//! request → hold? → breaker → start if need be → call → deadline → checked plan
//!                      └────────────── outcome ─────────────┘
//! ```
//!
//! Whoever is refused before the planner is called is told why, and nothing is held against the
//! planner. Every call that was made has one outcome, which moves its reliability and its breaker:
//! a plan; a failure, which is whatever else the planner is to blame for; or no verdict, where the
//! caller gave up or asked for what cannot be planned.

use std::sync::Arc;
use std::time::{Duration, Instant};

use plugin_api::{Plan, PlanError, PlanErrorKind, PlanRequest};
use registry_core::breaker::{Admission, BreakerChange};

use super::breaker_open::BreakerOpen;
use super::call_error::{CallError, CallProblem};
use super::cancel::CancelToken;
use super::change::{Change, tell};
use super::retry;
use super::start::late;
use super::start_error::StartError;
use super::supervised::Planner;
use crate::event::{Call, Event, EventKind};
use crate::isolate::WorkerFault;
use crate::meter;

/// One call, as it is asked for.
struct Asked<'a> {
    request_json: Vec<u8>,
    cancel: &'a CancelToken,
    begun: Instant,
    timeout: Duration,
}

impl Planner {
    /// Turns a request into a plan that obeys the rules for plans, within the request's deadline or
    /// the operator's timeout, whichever is shorter.
    ///
    /// The planner runs on this thread. It learns of the deadline when it polls its context; one that
    /// does not poll cannot be stopped, is told of as overdue by reports meanwhile, and its answer is
    /// then refused as late. One that is held back, or whose breaker is open, is not called.
    pub fn plan(&self, request: &PlanRequest) -> Result<Plan, CallError> {
        self.plan_unless(request, &CancelToken::new())
    }

    /// Like [`plan`](Self::plan), and can be given up from another thread.
    pub fn plan_unless(
        &self,
        request: &PlanRequest,
        cancel: &CancelToken,
    ) -> Result<Plan, CallError> {
        let begun = meter::begin();
        let call = Call::begin();
        let _traced = call.traced("plan", &self.name);
        let outcome = self.guarded(request, cancel).map_err(|problem| CallError {
            planner: self.name.clone(),
            call_id: call.id(),
            problem,
        });
        let failure = outcome.as_ref().err();
        let was_called = failure.is_none_or(|failure| failure.problem.is_of_a_call());
        let code = failure.map(CallError::code);
        meter::planned(&self.name, code, was_called.then_some(begun));
        if let Err(error) = &outcome {
            let (planner, code) = (self.name.as_str(), error.code());
            // Nobody was called, so nobody failed.
            if error.problem.is_of_a_call() {
                tracing::warn!(planner, code, "call failed");
            } else {
                tracing::debug!(planner, code, "not called");
            }
        }
        outcome
    }

    fn guarded(&self, request: &PlanRequest, cancel: &CancelToken) -> Result<Plan, CallProblem> {
        let begun = Instant::now();
        let timeout = self.options.plan_timeout;
        let timeout = request
            .deadline()
            .map_or(timeout, |deadline| deadline.min(timeout));
        let asked = Asked {
            request_json: request.to_json().map_err(CallProblem::InvalidRequest)?,
            cancel,
            begun,
            timeout,
        };
        if self.supervision.closing.is_closed() {
            return Err(CallProblem::ShuttingDown);
        }
        if let Some(quarantine) = self.lasting_hold() {
            return Err(CallProblem::Quarantined(Box::new(quarantine)));
        }
        let mut admission = self.admit()?;
        let mut made = 0;
        loop {
            let called = Instant::now();
            let outcome = self
                .call(&asked)
                .map_err(|problem| self.as_shut_down(problem));
            self.settle(admission, &outcome, called.elapsed(), cancel);
            made += 1;
            let Err(problem) = outcome else {
                return outcome;
            };
            let left = timeout.saturating_sub(begun.elapsed());
            let wait = retry::wait_after(&problem, made, self.options.retries, left);
            let clock = &self.supervision.ledger.clock;
            let is_given_up = || cancel.is_cancelled() || self.supervision.closing.is_closed();
            if !wait.is_some_and(|wait| retry::pause(clock, wait, is_given_up)) {
                return Err(problem);
            }
            // The planner's own error says more than that nobody may try again.
            admission = match self.admit() {
                Ok(admission) => admission,
                Err(_) => return Err(problem),
            };
        }
    }

    /// Asks the breaker.
    fn admit(&self) -> Result<Admission<'_>, CallProblem> {
        let policy = &self.supervision.ledger.breaker;
        let admission = self.record.breaker.admit(policy).map_err(|refused| {
            // Whoever closed it in between is not waited for: the caller was refused.
            let open = self.breaker_open().unwrap_or_else(|| {
                let standing = self.record.breaker.standing();
                BreakerOpen::refused(refused.retry_after, policy.clock.now(), standing)
            });
            CallProblem::BreakerOpen(Box::new(open))
        })?;
        if admission.is_trial() {
            tell(
                &self.supervision.ledger.journal,
                &self.name,
                &Change::Breaker(BreakerChange::HalfOpened),
            );
        }
        Ok(admission)
    }

    fn call(&self, asked: &Asked<'_>) -> Result<Plan, CallProblem> {
        let Asked {
            request_json,
            cancel,
            begun,
            timeout,
        } = asked;
        let (begun, timeout) = (*begun, *timeout);
        let instance = self.started().map_err(CallProblem::NotStarted)?;
        let halted = self.supervision.closing.halted();
        let state = self.call_state(begun, timeout, cancel, halted);
        let answer = instance.call(|started| {
            // A cold start may have used up the time.
            if cancel.is_cancelled() {
                return Err(CallProblem::NotCalled(PlanError::cancelled()));
            }
            let Some(left) = timeout.checked_sub(begun.elapsed()) else {
                return Err(CallProblem::NotCalled(PlanError::deadline()));
            };
            let ledger = &self.supervision.ledger;
            let now = ledger.clock.now();
            let under_way = &self.record.under_way;
            let _listed = under_way.list(ledger.next_call(), now, now.saturating_add(left));
            started
                .instance
                .plan(&state, request_json)
                .map_err(|failure| self.problem(failure, timeout))
        });
        let answer = answer.map_err(|_| CallProblem::Retired)??;
        if begun.elapsed() > timeout {
            return Err(late(timeout));
        }
        Plan::from_json(&answer).map_err(CallProblem::InvalidPlan)
    }

    /// The problem, unless it came of the registry's end: of that no planner is to blame.
    fn as_shut_down(&self, problem: CallProblem) -> CallProblem {
        let closing = &self.supervision.closing;
        let is_of_the_end = match &problem {
            CallProblem::Retired | CallProblem::NotStarted(StartError::ShuttingDown { .. }) => {
                closing.is_closed()
            }
            CallProblem::Planner(_)
            | CallProblem::NotCalled(_)
            | CallProblem::Late { .. }
            | CallProblem::InvalidPlan(_) => closing.is_halted(),
            _ => false,
        };
        if is_of_the_end {
            CallProblem::ShuttingDown
        } else {
            problem
        }
    }

    /// Draws the consequences of a call's outcome.
    fn settle(
        &self,
        admission: Admission<'_>,
        outcome: &Result<Plan, CallProblem>,
        took: Duration,
        cancel: &CancelToken,
    ) {
        let now = self.supervision.ledger.clock.now();
        let reliability = &self.record.reliability;
        // The outcome is known before the breaker moves: who finds it open finds the last error, too.
        let change = match outcome {
            Ok(_) => {
                self.record.begin_note();
                reliability.succeeded(now, took);
                admission.succeeded()
            }
            Err(problem) if is_held_against(problem, cancel) => {
                self.record.begin_note();
                let (code, words) = (code_of(problem), in_words(problem));
                if self.record.is_news(code, now) {
                    let event = Event::now(EventKind::CallFailed).planner(&self.name);
                    let journal = &self.supervision.ledger.journal;
                    journal.record(event.code(code).detail(&words));
                }
                reliability.failed(now, took, &format!("{code}: {words}"));
                admission.failed()
            }
            Err(_) => admission.withdraw(),
        };
        if let Some(change) = change {
            tell(
                &self.supervision.ledger.journal,
                &self.name,
                &Change::Breaker(change),
            );
        }
        self.write_when_due();
    }

    /// Lets a thread write what is to be remembered, if it is time. It ends with the write.
    fn write_when_due(&self) {
        if !self.supervision.ledger.is_due() {
            return;
        }
        let supervision = Arc::clone(&self.supervision);
        let thread = std::thread::Builder::new().name("registry-state".to_owned());
        let spawned = thread.spawn(move || supervision.ledger.flush_when_due());
        if let Err(error) = spawned {
            tracing::warn!(%error, "no thread to write what is to be remembered");
            self.supervision.ledger.give_up_flush();
        }
    }
}

/// Whether the planner is to blame. Once its caller has given up, only what no planner may ever do is
/// held against it.
fn is_held_against(problem: &CallProblem, cancel: &CancelToken) -> bool {
    match problem {
        CallProblem::Panic { .. }
        | CallProblem::Protocol { .. }
        | CallProblem::Worker(
            WorkerFault::Crashed(_) | WorkerFault::Limit { .. } | WorkerFault::Protocol { .. },
        ) => true,
        CallProblem::Planner(error) => {
            error.kind() != PlanErrorKind::InvalidInput && !cancel.is_cancelled()
        }
        CallProblem::Late { .. } | CallProblem::InvalidPlan(_) => !cancel.is_cancelled(),
        _ => false,
    }
}

fn code_of(problem: &CallProblem) -> &'static str {
    match problem {
        CallProblem::Panic { .. } => "E_PLAN_PANIC",
        problem => problem.code_or("E_PLAN_FAILED"),
    }
}

/// The failure in one line.
fn in_words(problem: &CallProblem) -> String {
    match std::error::Error::source(problem) {
        Some(cause) => format!("{problem}: {cause}"),
        None => problem.to_string(),
    }
}
