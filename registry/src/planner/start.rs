//! The cold path: from a catalog entry to an instance that can be called.

use std::sync::Arc;
use std::time::{Duration, Instant};

use plugin_api::PlanError;
use registry_core::instance::Instance as Cell;

use super::call_error::CallProblem;
use super::cancel::CancelToken;
use super::get_error::GetError;
use super::start_error::{StartError, StartFailure};
use super::supervised::{Planner, Source};
use crate::discovery::Candidate;
use crate::load::{self, CallFailure, CallState, Instance};
use crate::trust;

impl Planner {
    /// Whether it was started already.
    #[inline]
    pub(crate) fn is_started(&self) -> bool {
        self.resident.get().is_some()
    }

    /// Starts it now if nobody has, unless its author holds it back.
    #[inline]
    pub(crate) fn start_if_allowed(&self) -> Result<(), GetError> {
        if self.is_started() {
            return Ok(());
        }
        self.start_slowly()
    }

    #[cold]
    fn start_slowly(&self) -> Result<(), GetError> {
        if self.manifest.quarantined {
            return Err(GetError::Quarantined {
                planner: self.name.clone(),
            });
        }
        self.started()?;
        Ok(())
    }

    /// The instance, made now if nobody has made it yet.
    pub(crate) fn started(&self) -> Result<&Cell<Arc<Instance>>, StartError> {
        self.resident
            .get_or_build(&self.supervision.slot, || self.start())
            .map_err(|error| StartError::of(&self.name, error))
    }

    /// Verify → map → construct → self-test. No lock of ours is held meanwhile.
    fn start(&self) -> Result<Arc<Instance>, StartFailure> {
        let started = Instant::now();
        let instance = match &self.source {
            Source::Builtin(instance) => Arc::clone(instance),
            Source::Library(candidate) => Arc::new(self.construct(candidate, started)?),
        };
        if self.manifest.self_test {
            self.self_test(&instance, started)?;
        }
        let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::info!(planner = self.name.as_str(), duration_us, "planner started");
        Ok(instance)
    }

    fn construct(&self, candidate: &Candidate, started: Instant) -> Result<Instance, StartFailure> {
        let verified = trust::verify(candidate, &self.name, &self.supervision.policy)?;
        // A later start of the same header reads the same file state, so the first digest stands.
        let _known = self.digest.set(verified.digest());
        let module = load::open(verified, &self.supervision.slot)?;
        let cancel = CancelToken::new();
        let state = self.call_state(started, self.supervision.start_timeout, &cancel);
        module
            .construct(&state)
            .map_err(|failure| StartFailure::Construct(problem_of(failure)))
    }

    fn self_test(&self, instance: &Instance, started: Instant) -> Result<(), StartFailure> {
        let timeout = self.supervision.start_timeout;
        let cancel = CancelToken::new();
        instance
            .self_test(&self.call_state(started, timeout, &cancel))
            .map_err(|failure| StartFailure::SelfTest(problem_of(failure)))?;
        if started.elapsed() > timeout {
            return Err(StartFailure::SelfTest(late(timeout)));
        }
        Ok(())
    }

    /// What the plugin may ask of us during a call that began at `started`.
    pub(super) fn call_state<'a>(
        &'a self,
        started: Instant,
        timeout: Duration,
        cancel: &'a CancelToken,
    ) -> CallState<'a> {
        CallState {
            planner: &self.name,
            // A timeout too long for the clock is no deadline.
            deadline: started.checked_add(timeout),
            cancelled: cancel.flag(),
            settings: &self.options.settings,
            log_limit: &self.log_limit,
        }
    }
}

/// An answer that came too late.
pub(super) fn late(deadline: Duration) -> CallProblem {
    CallProblem::Late {
        deadline_ms: u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX),
    }
}

/// A failed call in the words of this layer, which knows what a planner's error looks like.
pub(super) fn problem_of(failure: CallFailure) -> CallProblem {
    match failure {
        CallFailure::Panic(text) => CallProblem::Panic { text },
        CallFailure::TooLarge { size_bytes_max } => CallProblem::Protocol {
            what: format!("its answer is larger than {size_bytes_max} bytes"),
        },
        CallFailure::Protocol(what) => CallProblem::Protocol {
            what: what.to_owned(),
        },
        CallFailure::Error(json) => match serde_json::from_slice::<PlanError>(&json) {
            Ok(error) => CallProblem::Planner(error),
            Err(_) => CallProblem::Protocol {
                what: "its error is no JSON".to_owned(),
            },
        },
    }
}
