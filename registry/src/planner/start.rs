//! The cold path: from a catalog entry to an instance that can be called.

use std::env;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::{Duration, Instant};

use plugin_api::{PlanError, PlanErrorKind};
use registry_core::instance::Instance as Cell;
use registry_core::slot::SlotError;
use registry_core::sync::atomic::AtomicBool;

use super::call_error::CallProblem;
use super::cancel::CancelToken;
use super::change::{Change, tell};
use super::get_error::GetError;
use super::probing::ProbeCause;
use super::start_error::{StartError, StartFailure};
use super::supervised::{Planner, Runs, Source, Started};
use crate::config::Policy;
use crate::discovery::Candidate;
use crate::event::{Call, Event, EventKind};
use crate::isolate::{Ends, Failure, Instance, Launch, Stage, StartFault, Worker};
use crate::load::{self, CallFailure, CallState};
use crate::problem::causes;
use crate::trust::{self, Refusal, Verified};

impl Planner {
    /// Whether it was started already.
    #[inline]
    pub(crate) fn is_started(&self) -> bool {
        self.resident.get().is_some()
    }

    /// Starts it now if nobody has, unless somebody holds it back.
    #[inline]
    pub(crate) fn start_if_allowed(&self) -> Result<(), GetError> {
        if self.is_started() {
            return Ok(());
        }
        self.start_slowly()
    }

    #[cold]
    fn start_slowly(&self) -> Result<(), GetError> {
        if let Some(quarantine) = self.lasting_hold() {
            return Err(GetError::Quarantined(Box::new(quarantine)));
        }
        self.started()?;
        Ok(())
    }

    /// The instance, made now if nobody has made it yet.
    pub(super) fn started(&self) -> Result<&Cell<Started>, StartError> {
        if let Some(started) = self.resident.get() {
            return Ok(started);
        }
        let closing = &self.supervision.closing;
        let shutting_down = || StartError::ShuttingDown {
            planner: self.name.clone(),
        };
        let _starting = closing.begin_start().ok_or_else(shutting_down)?;
        let mut is_tried = false;
        let started = self.resident.get_or_build(&self.supervision.slot, || {
            is_tried = true;
            self.start()
                .inspect_err(|failure| self.note_failure(failure))
        });
        if is_tried {
            self.save_journal();
        }
        started.map_err(|error| match error {
            SlotError::Closed if closing.is_closed() => shutting_down(),
            error => StartError::of(&self.name, error),
        })
    }

    /// Lets a thread write what happened: who asked for the planner does not wait for a file.
    fn save_journal(&self) {
        if !self.supervision.ledger.journal.want_save() {
            return;
        }
        let supervision = Arc::clone(&self.supervision);
        let thread = std::thread::Builder::new().name("registry-journal".to_owned());
        let spawned = thread.spawn(move || supervision.ledger.journal.save_all_wanted());
        if spawned.is_err() {
            self.supervision.ledger.journal.save_all_wanted();
        }
    }

    /// What selections are to know, before the slot tells of the failure.
    fn note_failure(&self, failure: &StartFailure) {
        self.record.begin_note();
        let now = self.supervision.ledger.clock.now();
        *self.failed_at.lock() = Some(now);
        let journal = &self.supervision.ledger.journal;
        match failure {
            StartFailure::SelfTest(_) => tell(journal, &self.name, &Change::SelfTestFailed),
            // What is only remembered was told when it was found.
            StartFailure::Probe(probe) if matches!(probe.cause, ProbeCause::Found(_)) => {
                if let Some(quarantine) = self.failed_probe(failure) {
                    tell(journal, &self.name, &Change::Quarantined(&quarantine));
                }
            }
            _ => {}
        }
    }

    /// Verify → map → construct → self-test. No lock of ours is held meanwhile.
    fn start(&self) -> Result<Started, StartFailure> {
        let call = Call::begin();
        let _traced = call.traced("start", &self.name);
        let begun = Instant::now();
        let outcome = self.make().and_then(|started| {
            if self.manifest.self_test {
                self.self_test(&started.instance)?;
            }
            Ok(started)
        });
        let outcome = outcome.map_err(|failure| self.as_given_up(failure));
        self.supervision
            .history
            .record_start(&self.name, begun.elapsed(), &outcome);
        self.supervision
            .ledger
            .journal
            .record(self.event_of(&outcome));
        outcome
    }

    /// The failure, unless the start was given up because the registry ends.
    fn as_given_up(&self, failure: StartFailure) -> StartFailure {
        let is_cancelled = |problem: &CallProblem| matches!(problem, CallProblem::Planner(error) if error.kind() == PlanErrorKind::Cancelled);
        match failure {
            StartFailure::Construct(problem) | StartFailure::SelfTest(problem)
                if self.supervision.closing.is_closed() && is_cancelled(&problem) =>
            {
                StartFailure::Construct(CallProblem::ShuttingDown)
            }
            failure => failure,
        }
    }

    fn event_of(&self, outcome: &Result<Started, StartFailure>) -> Event {
        let event = match outcome {
            Ok(started) => Event::now(EventKind::Loaded).digest(started.digest.as_ref()),
            Err(failure) => Event::now(EventKind::Failed)
                .digest(self.candidate().and_then(|candidate| candidate.digest()))
                .code(failure.code())
                .detail(causes(failure).join(": ")),
        };
        let event = event.planner(&self.name);
        match self.path() {
            Some(path) => event.path(path),
            None => event,
        }
    }

    fn make(&self) -> Result<Started, StartFailure> {
        match &self.source {
            Source::Builtin(instance) => Ok(Started {
                instance: Runs::Builtin(Arc::clone(instance)),
                digest: None,
            }),
            Source::Library(candidate) => self.load(candidate),
        }
    }

    fn load(&self, candidate: &Candidate) -> Result<Started, StartFailure> {
        let verified = trust::verify(candidate, &self.name, &self.supervision.policy)?;
        // What is known of the planner, and was decided by it, is the manifest of discovery.
        if *verified.manifest() != *self.manifest {
            return Err(StartFailure::Refused(Refusal::Replaced {
                expected: self.name.clone(),
                found: verified.manifest().name.clone(),
            }));
        }
        let policy = &self.supervision.policy;
        policy.guards.accept(&verified, policy.now())?;
        let digest = Some(verified.digest());
        let instance = match self.options.policy {
            Policy::InProcess => Instance::InProcess(self.load_in_process(verified)?),
            Policy::Probe => Instance::InProcess(self.load_in_process(self.probed(verified)?)?),
            Policy::Worker => Instance::Worker(self.start_worker(verified)?),
        };
        let instance = Runs::Own(instance);
        Ok(Started { instance, digest })
    }

    fn load_in_process(&self, verified: Verified) -> Result<load::Instance, StartFailure> {
        let digest = verified.digest();
        let (layouts, wait_max) = (&self.supervision.layouts, self.supervision.slot.wait_max);
        let layout = layouts.recall(digest);
        tracing::debug!(
            planner = self.name.as_str(),
            layout_known = layout.is_some(),
            "loading"
        );
        let module = load::open(verified, layout.as_ref(), wait_max)?;
        if layout.is_none() {
            layouts.remember(&digest);
        }
        let timeout = self.supervision.start_timeout;
        let (begun, cancel) = (Instant::now(), CancelToken::new());
        let instance = module
            .construct(&self.start_state(begun, timeout, &cancel))
            .map_err(|failure| StartFailure::Construct(problem_of(failure)))?;
        if begun.elapsed() > timeout {
            return Err(StartFailure::Construct(late(timeout)));
        }
        Ok(instance)
    }

    /// What it takes to start a process for it.
    pub(super) fn launch(&self, verified: Verified) -> Result<Launch, StartFailure> {
        let Some(program) = &self.supervision.program else {
            return Err(StartFailure::Bug);
        };
        Ok(Launch {
            program: Arc::clone(program),
            verified,
            settings: self.options.settings.clone(),
            environment: self.environment(),
            sandbox: self.options.sandbox.clone(),
            within: self.supervision.start_timeout,
            processor_time: self.supervision.worker_cpu_time,
            ends: self.ends(),
        })
    }

    /// The variables that its process is given, as they are now.
    pub(super) fn environment(&self) -> Vec<(OsString, OsString)> {
        let variables = self.options.variables.iter();
        let granted = variables.filter_map(|name| Some((name.into(), env::var_os(name)?)));
        granted.collect()
    }

    fn ends(&self) -> Arc<Ends> {
        let ends = self.ends.get_or_init(|| {
            let journal = Arc::clone(&self.supervision.ledger.journal);
            Arc::new(Ends::new(self.name.clone(), self.path(), journal))
        });
        Arc::clone(ends)
    }

    fn start_worker(&self, verified: Verified) -> Result<Box<Worker>, StartFailure> {
        let launch = self.launch(verified)?;
        let timeout = self.supervision.start_timeout;
        let cancel = CancelToken::new();
        let state = self.start_state(Instant::now(), timeout, &cancel);
        let policy = self.supervision.slot.clone();
        let worker = Worker::start(launch, policy, &state);
        worker
            .map(Box::new)
            .map_err(|fault| self.start_failure(fault))
    }

    fn self_test(&self, instance: &Runs) -> Result<(), StartFailure> {
        let timeout = self.supervision.start_timeout;
        let (begun, cancel) = (Instant::now(), CancelToken::new());
        instance
            .self_test(&self.start_state(begun, timeout, &cancel))
            .map_err(|failure| StartFailure::SelfTest(self.problem(failure, timeout)))?;
        if begun.elapsed() > timeout {
            return Err(StartFailure::SelfTest(late(timeout)));
        }
        Ok(())
    }

    /// A start that a worker failed, in the words of this layer.
    pub(super) fn start_failure(&self, fault: StartFault) -> StartFailure {
        let (stage, failure) = match fault {
            StartFault::Load(error) => return error.into(),
            StartFault::At(stage, failure) => (stage, failure),
        };
        let problem = self.problem(failure, self.supervision.start_timeout);
        match stage {
            Stage::Spawn | Stage::Map => StartFailure::Map(problem),
            Stage::Construct => StartFailure::Construct(problem),
            Stage::SelfTest => StartFailure::SelfTest(problem),
            Stage::Serve => StartFailure::Ended(problem),
        }
    }

    /// A failed call in the words of this layer.
    pub(super) fn problem(&self, failure: Failure, deadline: Duration) -> CallProblem {
        match failure {
            Failure::Call(failure) => problem_of(failure),
            Failure::Late => late(deadline),
            Failure::Cancelled if self.supervision.closing.is_closed() => CallProblem::ShuttingDown,
            Failure::Cancelled => CallProblem::Planner(PlanError::cancelled()),
            Failure::Worker(fault) => CallProblem::Worker(fault),
            Failure::NotStarted {
                cause,
                failures,
                retry_after,
            } => CallProblem::NotStarted(StartError::Failed {
                planner: self.name.clone(),
                cause: Arc::new(self.start_failure((*cause).clone())),
                failures,
                retry_after,
            }),
            Failure::StartTimedOut { waited } => CallProblem::NotStarted(StartError::TimedOut {
                planner: self.name.clone(),
                waited,
            }),
            Failure::Bug => CallProblem::NotStarted(StartError::Bug {
                planner: self.name.clone(),
            }),
        }
    }

    /// What the plugin may ask of us while it is started, which began at `begun`. Nobody needs what a
    /// closed registry starts.
    pub(super) fn start_state<'a>(
        &'a self,
        begun: Instant,
        timeout: Duration,
        cancel: &'a CancelToken,
    ) -> CallState<'a> {
        self.call_state(begun, timeout, cancel, self.supervision.closing.closed())
    }

    /// What the plugin may ask of us during a call that began at `started`.
    pub(super) fn call_state<'a>(
        &'a self,
        started: Instant,
        timeout: Duration,
        cancel: &'a CancelToken,
        halted: &'a AtomicBool,
    ) -> CallState<'a> {
        CallState {
            planner: &self.name,
            // A timeout too long for the clock is no deadline.
            deadline: started.checked_add(timeout),
            cancelled: cancel.flag(),
            halted,
            settings: &self.options.settings,
            log_limit: &self.log_limit,
            relay: None,
        }
    }
}

impl Runs {
    /// Passes a request and returns the answer.
    pub(super) fn plan(&self, state: &CallState<'_>, request: &[u8]) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Builtin(instance) => Ok(of_host(instance, |own| own.plan(state, request))?),
            Self::Own(instance) => instance.plan(state, request),
        }
    }

    fn self_test(&self, state: &CallState<'_>) -> Result<(), Failure> {
        match self {
            Self::Builtin(instance) => Ok(of_host(instance, |own| own.self_test(state))?),
            Self::Own(instance) => instance.self_test(state),
        }
    }
}

/// Calls a planner linked into the host, unless the registry's end has taken it.
fn of_host<R>(
    instance: &Cell<load::Instance>,
    call: impl FnOnce(&load::Instance) -> Result<R, CallFailure>,
) -> Result<R, Failure> {
    Ok(instance.call(call).map_err(|_| Failure::Cancelled)??)
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
            what: what.into_owned(),
        },
        CallFailure::Error(json) => match serde_json::from_value::<PlanError>(json) {
            Ok(error) => CallProblem::Planner(error),
            Err(_) => CallProblem::Protocol {
                what: "its error has another form".to_owned(),
            },
        },
    }
}
