//! The cold path: from a catalog entry to an instance that can be called.

use std::sync::Arc;
use std::time::{Duration, Instant};

use plugin_api::PlanError;
use registry_core::instance::Instance as Cell;
use registry_core::sync::atomic::Ordering;

use super::call_error::CallProblem;
use super::cancel::CancelToken;
use super::get_error::GetError;
use super::start_error::{StartError, StartFailure};
use super::supervised::{Planner, Source, Started};
use crate::discovery::Candidate;
use crate::load::{self, CallFailure, CallState, Instance};
use crate::trust::{self, Refusal};

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
    pub(super) fn started(&self) -> Result<&Cell<Started>, StartError> {
        self.resident
            .get_or_build(&self.supervision.slot, || {
                self.start()
                    .inspect_err(|_| self.hindered_once.store(true, Ordering::Relaxed))
            })
            .map_err(|error| StartError::of(&self.name, error))
    }

    /// Verify → map → construct → self-test. No lock of ours is held meanwhile.
    fn start(&self) -> Result<Started, StartFailure> {
        let begun = Instant::now();
        let outcome = self.make().and_then(|started| {
            if self.manifest.self_test {
                self.self_test(&started.instance)?;
            }
            Ok(started)
        });
        self.supervision
            .history
            .record_start(&self.name, begun.elapsed(), &outcome);
        outcome
    }

    fn make(&self) -> Result<Started, StartFailure> {
        match &self.source {
            Source::Builtin(instance) => Ok(Started {
                instance: Arc::clone(instance),
                digest: None,
            }),
            Source::Library(candidate) => self.load(candidate),
        }
    }

    fn load(&self, candidate: &Candidate) -> Result<Started, StartFailure> {
        let verified = trust::verify(candidate, &self.name, &self.supervision.policy)?;
        // What is known of the planner, and was decided by it, is the manifest of discovery.
        if *verified.manifest() != self.manifest {
            return Err(StartFailure::Refused(Refusal::Replaced {
                expected: self.name.clone(),
                found: verified.manifest().name.clone(),
            }));
        }
        let digest = Some(verified.digest());
        let module = load::open(verified, self.supervision.slot.wait_max)?;
        let timeout = self.supervision.start_timeout;
        let (begun, cancel) = (Instant::now(), CancelToken::new());
        let instance = module
            .construct(&self.call_state(begun, timeout, &cancel))
            .map_err(|failure| StartFailure::Construct(problem_of(failure)))?;
        if begun.elapsed() > timeout {
            return Err(StartFailure::Construct(late(timeout)));
        }
        let instance = Arc::new(instance);
        Ok(Started { instance, digest })
    }

    fn self_test(&self, instance: &Instance) -> Result<(), StartFailure> {
        let timeout = self.supervision.start_timeout;
        let (begun, cancel) = (Instant::now(), CancelToken::new());
        instance
            .self_test(&self.call_state(begun, timeout, &cancel))
            .map_err(|failure| StartFailure::SelfTest(problem_of(failure)))?;
        if begun.elapsed() > timeout {
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
        CallFailure::Error(json) => match serde_json::from_value::<PlanError>(json) {
            Ok(error) => CallProblem::Planner(error),
            Err(_) => CallProblem::Protocol {
                what: "its error has another form".to_owned(),
            },
        },
    }
}
