//! The planner as its users see it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use plugin_api::manifest::Manifest;
use registry_core::backoff::Backoff;
use registry_core::instance::Instance as Cell;
use registry_core::resident::Resident;
use registry_core::slot::{SlotPhase, SlotPolicy};
use registry_core::sync::{Mutex, OnceLock};

use super::closing::Closing;
use super::history::History;
use super::ledger::Ledger;
use super::permissions::granted_net;
use super::record::Record;
use super::start_error::StartFailure;
use crate::config::{self, Config, PlannerSettings, SandboxMode, Table};
use crate::crash::Crash;
use crate::discovery::Candidate;
use crate::isolate::sandbox::{Enforced, Mode, Spec};
use crate::isolate::{Ends, Instance, Prober, Program, ProgramError};
use crate::load::{self, Farewell, Layouts, LogLimit};
use crate::name::PlannerName;
use crate::state::StateFolder;
use crate::trust::{Policy, Signatures};

/// Wait after the first failed start of a planner; it doubles with each further one.
const RETRY_FIRST: Duration = Duration::from_millis(200);

/// Longest wait between failed starts of a planner.
const RETRY_MAX: Duration = Duration::from_mins(1);

/// A planner under supervision. Deadline and accounting apply to every call; the plugin's own object
/// is not reachable.
#[derive(Debug)]
pub struct Planner {
    pub(super) name: PlannerName,
    pub(super) manifest: Arc<Manifest>,
    pub(super) source: Source,
    pub(super) options: Options,
    pub(super) supervision: Arc<Supervision>,
    pub(super) resident: Resident<Started, StartFailure>,
    /// Shared with the planners of this name before and after it.
    pub(super) record: Arc<Record>,
    /// When a start of it last failed, on the ledger's clock.
    pub(super) failed_at: Mutex<Option<Duration>>,
    /// What a probe of its bytes found before anybody asked for it here.
    pub(super) blamed: Mutex<Option<StartFailure>>,
    pub(super) log_limit: LogLimit,
    /// How its processes ended, once there was one.
    pub(super) ends: OnceLock<Arc<Ends>>,
}

/// Where a planner's code comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// A library that discovery found.
    Library(Arc<Candidate>),
    /// Linked into the host.
    Builtin(Arc<Cell<load::Instance>>),
}

/// A planner that can be called.
#[derive(Debug)]
pub(crate) struct Started {
    /// Dropping it shuts the planner down.
    pub(super) instance: Runs,
    /// Of the bytes that run, unless they are the host's.
    pub(super) digest: Option<blake3::Hash>,
}

/// What is called.
#[derive(Debug)]
pub(super) enum Runs {
    /// What every registry and generation shares, for it lives as long as the host does.
    Builtin(Arc<Cell<load::Instance>>),
    /// What this start made.
    Own(Instance),
}

impl Started {
    /// Says by when it has to have ended once it is dropped.
    pub(super) fn end_by(&self, farewell: &Arc<Farewell>) {
        match &self.instance {
            Runs::Builtin(_) => {}
            Runs::Own(instance) => instance.end_by(farewell),
        }
    }
}

/// What the operator set for one planner.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Options {
    /// Bounds one plan call.
    pub(crate) plan_timeout: Duration,
    /// How often a call is made again after a transient error.
    pub(crate) retries: u32,
    /// Whether it is held back.
    pub(crate) hold: bool,
    /// What the planner's context shows it.
    pub(crate) settings: Table,
    /// Where it runs, unless it is linked into the host.
    pub(crate) policy: config::Policy,
    /// The words that it may ask for.
    pub(crate) permissions: Vec<String>,
    /// Variables of the host's that its worker is given.
    pub(crate) variables: Vec<String>,
    /// What its worker takes away from itself.
    pub(crate) sandbox: Spec,
}

impl Options {
    /// What `config` says of the planner `name`.
    pub(crate) fn of(config: &Config, name: &PlannerName) -> Self {
        let own = config.planners().get(name);
        Self {
            plan_timeout: config.plan_timeout(name),
            retries: own
                .and_then(|own| own.retries)
                .unwrap_or(config.isolation().plan_retries),
            hold: own.and_then(|own| own.hold).unwrap_or(false),
            settings: own.and_then(|own| own.config.clone()).unwrap_or_default(),
            policy: config.policy(name),
            permissions: own
                .and_then(|own| own.permissions.clone())
                .unwrap_or_default(),
            variables: own.and_then(|own| own.env.clone()).unwrap_or_default(),
            sandbox: sandbox_of(config, own),
        }
    }
}

/// The sandbox of a planner's worker. Asking for a permission in a manifest grants nothing.
fn sandbox_of(config: &Config, own: Option<&PlannerSettings>) -> Spec {
    let mut spec = Spec::new(match config.isolation().sandbox {
        SandboxMode::Strict => Mode::Strict,
        SandboxMode::Off => Mode::Off,
        SandboxMode::BestEffort => Mode::BestEffort,
    });
    let memory = u64::from(config.isolation().worker_memory_mib) << 20;
    // What is reserved beside it, for threads and libraries, stays as much as it is by default.
    let reserved = spec.limits.address_space_bytes - spec.limits.data_bytes;
    spec.limits.data_bytes = memory;
    spec.limits.address_space_bytes = memory.saturating_add(reserved);
    spec.net = own.map(granted_net).unwrap_or_default();
    spec.read = own.and_then(|own| own.read.clone()).unwrap_or_default();
    spec
}

/// What all planners of a registry are held to.
#[derive(Debug)]
pub(crate) struct Supervision {
    /// What may run.
    pub(crate) policy: Policy,
    /// Layout checks that need not be made again.
    pub(crate) layouts: Layouts,
    /// How starts are awaited and tried again.
    pub(crate) slot: SlotPolicy,
    /// Bounds construction, and the self-test again.
    pub(crate) start_timeout: Duration,
    /// Processor time that a worker may use for one call.
    pub(crate) worker_cpu_time: Duration,
    /// What workers run, where any planner may have one.
    pub(crate) program: Option<Arc<Program>>,
    /// Tries what is to be probed.
    pub(crate) prober: Prober,
    /// How starts went.
    pub(crate) history: History,
    /// How they did.
    pub(crate) ledger: Ledger,
    /// Whether anything may begin.
    pub(crate) closing: Closing,
}

impl Supervision {
    /// What `config` holds all planners to.
    pub(crate) fn of(config: &Config, signatures: Signatures) -> Result<Self, ProgramError> {
        Self::with_ledger(config, signatures, Ledger::of(config))
    }

    pub(crate) fn with_ledger(
        config: &Config,
        signatures: Signatures,
        ledger: Ledger,
    ) -> Result<Self, ProgramError> {
        let start_timeout = config.isolation().self_test_timeout;
        Ok(Self {
            policy: Policy::of(config, signatures),
            layouts: Layouts::of(config),
            slot: SlotPolicy {
                clock: ledger.clock.clone(),
                wait_max: start_timeout,
                backoff: Backoff::new(RETRY_FIRST, RETRY_MAX),
            },
            start_timeout,
            worker_cpu_time: config.isolation().worker_cpu_time,
            program: program(config)?,
            prober: Prober::new(StateFolder::of(config)),
            history: History::of(config),
            ledger,
            closing: Closing::default(),
        })
    }
}

/// The program of workers, where a planner may have one. It is looked for now, because a policy that
/// cannot be kept later would have to be broken.
fn program(config: &Config) -> Result<Option<Arc<Program>>, ProgramError> {
    let mut policies = config.planners().keys().map(|name| config.policy(name));
    let in_process = config::Policy::InProcess;
    if config.isolation().policy == in_process && policies.all(|policy| policy == in_process) {
        return Ok(None);
    }
    let program = match config.isolation().worker_program.path() {
        Some(path) => Program::at(path),
        None => Program::own(),
    };
    Ok(Some(Arc::new(program?)))
}

/// How far a planner has come, for reports.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Phase {
    /// Nobody has asked for it yet.
    NotLoaded,
    /// It is being started.
    Starting {
        /// For how long.
        elapsed: Duration,
    },
    /// It can be called.
    Ready,
    /// The latest attempt to start it failed.
    Failed {
        /// Why.
        cause: Arc<StartFailure>,
        /// Failures in a row.
        failures: u32,
        /// Time until the next attempt may be made.
        retry_after: Duration,
    },
    /// It was taken out of service.
    Retired,
}

/// How often a planner was called, by this process and those before it that remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCounts {
    /// Calls that gave a plan.
    pub succeeded: u64,
    /// Calls that did not.
    pub failed: u64,
}

impl Planner {
    /// A planner that nobody has asked for yet.
    pub(crate) fn new(
        name: PlannerName,
        manifest: Arc<Manifest>,
        source: Source,
        options: Options,
        supervision: Arc<Supervision>,
    ) -> Self {
        let record = supervision.ledger.record(&name);
        if manifest.quarantined || options.hold {
            record.begin_note();
        }
        Self {
            record,
            failed_at: Mutex::new(None),
            blamed: Mutex::new(None),
            name,
            manifest,
            source,
            options,
            supervision,
            resident: Resident::new(),
            log_limit: LogLimit::new(),
            ends: OnceLock::new(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &PlannerName {
        &self.name
    }

    /// What it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The same, to be kept.
    pub(crate) fn shared_manifest(&self) -> Arc<Manifest> {
        Arc::clone(&self.manifest)
    }

    /// The file it comes from, `None` where it is linked into the host.
    pub fn path(&self) -> Option<&Path> {
        self.candidate().map(|candidate| candidate.path())
    }

    /// The file it comes from, as it was discovered; `None` where it is linked into the host.
    pub(crate) fn candidate(&self) -> Option<&Arc<Candidate>> {
        match &self.source {
            Source::Library(candidate) => Some(candidate),
            Source::Builtin(_) => None,
        }
    }

    /// BLAKE3 of the bytes that run, in hexadecimal digits; `None` while it is not started, when it was
    /// replaced, and where it is linked into the host.
    pub fn digest(&self) -> Option<String> {
        let started = self.resident.get()?;
        let digest = started.call(|started| started.digest).ok()??;
        Some(digest.to_hex().to_string())
    }

    /// Where its code runs, or is to run.
    pub fn policy(&self) -> config::Policy {
        match &self.source {
            Source::Library(_) => self.options.policy,
            Source::Builtin(_) => config::Policy::InProcess,
        }
    }

    /// How long one call of it may take.
    pub fn plan_timeout(&self) -> Duration {
        self.options.plan_timeout
    }

    /// What its worker's sandbox is made of, as the worker itself says; `None` while it has no worker.
    pub fn sandbox(&self) -> Option<Enforced> {
        let started = self.resident.get()?;
        let sandbox = |started: &Started| match &started.instance {
            Runs::Builtin(_) => None,
            Runs::Own(instance) => instance.enforced(),
        };
        started.call(sandbox).ok()?
    }

    /// Whether it was started and is replaced now.
    #[inline]
    pub(super) fn is_retired(&self) -> bool {
        self.resident.get().is_some_and(Cell::is_retired)
    }

    /// The part of it that lives and dies.
    pub(super) fn resident(&self) -> &Resident<Started, StartFailure> {
        &self.resident
    }

    /// Whether it comes from the very state of the very file that `candidate` was read from.
    pub(super) fn is_of(&self, candidate: &Candidate) -> bool {
        match &self.source {
            Source::Library(own) => {
                own.path() == candidate.path() && own.identity() == candidate.identity()
            }
            Source::Builtin(_) => false,
        }
    }

    /// How its worker ended last, if it ever ended by itself. One that was tried first counts as well.
    pub fn last_crash(&self) -> Option<Crash> {
        self.ends.get()?.last()
    }

    /// How far it has come. Never starts it.
    pub fn phase(&self) -> Phase {
        match self.resident.phase(&self.supervision.slot) {
            SlotPhase::Empty => Phase::NotLoaded,
            SlotPhase::Building { elapsed } => Phase::Starting { elapsed },
            SlotPhase::Ready if self.is_retired() => Phase::Retired,
            SlotPhase::Ready => Phase::Ready,
            SlotPhase::Failed {
                error: cause,
                failures,
                retry_after,
            } => Phase::Failed {
                cause,
                failures,
                retry_after,
            },
            SlotPhase::Closed => Phase::Retired,
        }
    }

    /// How often it was called. A call that its caller gave up, or whose request was bad, does not count.
    pub fn call_counts(&self) -> CallCounts {
        let totals = self.record.reliability.totals();
        CallCounts {
            succeeded: totals.successes,
            failed: totals.failures,
        }
    }
}
