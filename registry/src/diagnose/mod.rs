//! What a registry knows, as data and as text. Layer 8.
//!
//! [`Diagnosis`] and [`PlannerStatus`] are read-only snapshots. They are made from what lower layers
//! already know, and making, showing or serialising one opens no file and runs no plugin.
//!
//! ```text
//! Config + DiscoveryReport + planners → Diagnosis ─┬→ JSON, by serde
//!                                                  └→ text, by `text`
//! ```
//!
//! Both renderings say the same; the text says it shorter. Every text that a plugin, a file or the
//! environment had a hand in is escaped where the text rendering takes it in, so that none can forge
//! a row or steer the terminal.

mod advice;
mod diagnosis;
mod discovered;
mod document;
mod explain;
mod export;
#[cfg(feature = "metrics")]
mod gauges;
mod guard;
mod health;
mod json;
mod loading;
mod locking;
mod observe;
mod past;
mod profiles;
#[cfg(feature = "schema")]
mod schema;
mod signatures;
mod slow;
mod stats;
mod status;
pub mod text;

pub use crate::isolate::{Doctor, DoctorError, Fact, FactState};
pub use crate::problem::{Problem, causes};
pub use diagnosis::{
    Check, Diagnosis, ExcludedFile, Files, FolderStatus, RefusedFile, Setting, ShadowedFile, Step,
};
pub use discovered::{DiscoveryStatus, FileCounts};
pub use document::{SCHEMA, document};
pub use explain::{Explanation, Gate, GateKind, Verdict};
pub(crate) use export::export;
pub use export::{ExportError, ExportFormat};
#[cfg(feature = "metrics")]
pub(crate) use gauges::record;
pub use guard::{BreakerState, BreakerStatus, GuardStatus};
pub use health::{Health, HealthStatus};
pub use loading::LoadingStatus;
pub use locking::{LockState, LockStatus};
pub(crate) use observe::Observed;
pub use past::PastFailure;
pub use profiles::{Bucket, Distribution, Profiles};
#[cfg(feature = "schema")]
pub use schema::{schema, schema_text};
pub use signatures::{KeyState, KeyStatus, SignatureStatus};
pub use slow::{Slow, SlowKind};
pub use stats::Stats;
pub use status::{Isolation, PlannerState, PlannerStatus, Reliability, ReliabilitySource};
