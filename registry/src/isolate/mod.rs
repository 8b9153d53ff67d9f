//! Planners in processes of their own. Layer 4, above `load/`.
//!
//! ```text
//! host                                            worker
//! supervise: starts, watches, ends    ── spawn ─►  worker: opens through `load`, serves
//! wire: frames in shared memory       ◄────────►  wire: the same
//! ```
//!
//! [`sandbox`] is what the worker does to itself before a plugin's code is mapped into it, and
//! [`machine`] finds out beforehand how much of that the kernel will grant. [`groups`] bound its memory. [`probe`] tries a library in a
//! worker before it is mapped into the host.
//! [`Instance`] is what `planner/` calls, wherever its code runs. The worker is not trusted: what it
//! writes is copied once, judged, and only then believed; every wait for it has a bound, and what does
//! not keep to the rules is ended with all its processes.

mod ends;
mod failure;
mod groups;
mod instance;
mod machine;
mod probe;
mod probe_key;
pub mod sandbox;
mod supervise;
mod verdicts;
mod wire;
pub mod worker;

pub(crate) use ends::Ends;
pub use failure::WorkerFault;
pub(crate) use failure::{Failure, Stage, StartFault};
pub(crate) use instance::Instance;
pub use machine::{Doctor, DoctorError, Fact, FactState, doctor};
pub(crate) use probe::{Prober, Unproven};
pub(crate) use probe_key::{ProbeKey, Trial};
pub use supervise::ProgramError;
pub(crate) use supervise::{Launch, Program, Worker};
pub(crate) use verdicts::{Kept as KeptVerdicts, ProbeFault, Verdict};
