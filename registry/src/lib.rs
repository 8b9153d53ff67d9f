//! Finds, checks, loads and supervises planner plugins: shared libraries that turn an objective into
//! a checked plan.
//!
//! ```no_run
//! use registry::Registry;
//! use registry::plugin_api::PlanRequest;
//!
//! let registry = Registry::builder()
//!     .plugin_dir("/opt/planners")
//!     .allow(["structural_planner", "risk_planner"])
//!     .build()?; // checks the configuration, opens nothing
//!
//! let planner = registry.get("structural_planner")?; // loaded here, once
//! let plan = planner.plan(&PlanRequest::new("Split the billing module"))?;
//! println!("{}", plan.to_mermaid());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Discovery reads files and runs nothing; a library is opened when its planner is first asked for,
//! once, whatever the number of threads that ask. A planner in this process can do whatever the
//! process can: load only code that you would link.

#[cfg(not(target_os = "linux"))]
compile_error!(
    "registry loads plugins from sealed memory files and reads ELF, which this system lacks; \
     only Linux is supported"
);

#[cfg(feature = "async")]
mod asynchronous;
mod builder;
pub mod config;
mod crash;
pub mod diagnose;
pub mod discovery;
mod event;
#[cfg(feature = "ops")]
mod exposing;
mod heal;
mod isolate;
mod journal;
mod load;
mod meter;
mod moment;
mod name;
#[cfg(feature = "ops")]
pub mod ops;
mod planner;
pub mod predecessor;
mod problem;
mod registry;
pub mod scrub;
mod select;
mod state;
mod suggest;
mod trust;

/// What is counted and timed; see `docs/metrics.md`.
#[cfg(feature = "metrics")]
pub mod metrics {
    pub use crate::meter::{METRICS, Metric, MetricKind, describe};
}

pub use builder::{BuildError, Builder};
pub use crash::{Crash, Fault, Limit};
pub use discovery::{Progress, inspect, inspect_within};
pub use event::{CallId, Event, EventKind};
pub use heal::{HealError, HealOutcome, HealReport, Treated};
pub use isolate::{ProgramError, WorkerFault, doctor, sandbox, worker};
pub use load::{LoadError, MappedLibraries, abi_fingerprint};
pub use moment::Moment;
pub use name::{NameError, PlannerName};
pub use planner::{
    BreakerOpen, Builtin, BuiltinError, CallCounts, CallError, CallProblem, CancelToken,
    ChangeError, DiscoverError, DiscoveryReport, FailedStart, GetError, Handle, Held, Hold,
    HoldEnd, Holder, Include, Lifted, LockProposal, Lockable, LockingError, OverdueCall, Phase,
    PlanFailure, Planner, ProbeCause, ProbeFailure, Quarantine, Rejected, Retired, ShutdownError,
    ShutdownReport, StartError, StartFailure, StartSample, Verification, VerifyError,
};
pub use plugin_api;
pub use registry::{Registry, WarmUp};
pub use select::{
    Boosts, Breakdown, Excluded, Exclusion, Query, Ranked, SelectError, Selection, SelectionSample,
};
pub use state::StateError;
pub use trust::{
    KeyFault, KeyId, KeysError, KeysFault, Lock, LockChange, LockEntry, LockError, LockFault,
    LockRefusal, Refusal, RevokedKey, SignatureRefusal, SignatureStanding, SigningKey,
};
