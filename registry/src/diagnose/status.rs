//! What is known of one planner without loading it.

use std::path::PathBuf;
use std::sync::Arc;

use plugin_api::manifest::Manifest;
use serde::Serialize;

use super::{GuardStatus, Problem, json};
use crate::config::Policy;
use crate::crash::Crash;
use crate::isolate::sandbox::Enforced;
use crate::name::PlannerName;
use crate::select::RELIABILITY_DEFAULT;

/// What is known of one planner, without loading it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct PlannerStatus {
    /// Its name.
    pub name: PlannerName,
    /// Where it stands.
    pub state: PlannerState,
    /// Where its code runs; none if there is no code.
    pub isolation: Option<Isolation>,
    /// How far it is trusted to succeed; none if nothing is known of it.
    pub reliability: Option<Reliability>,
    /// What it says of itself.
    #[serde(serialize_with = "json::optional_shared")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Option<plugin_api::manifest::Manifest>")
    )]
    pub manifest: Option<Arc<Manifest>>,
    /// The file it comes from; none for one that the host brought along, or an absent one.
    #[serde(serialize_with = "json::optional_path")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub path: Option<PathBuf>,
    /// The digest of the bytes that were loaded, `blake3:…`.
    pub digest: Option<String>,
    /// How often it was asked for a plan.
    pub calls: u64,
    /// How many of these calls gave no plan.
    pub failures: u64,
    /// What the guard around its calls knows of it; none if there is no code.
    pub guard: Option<GuardStatus>,
    /// Why it cannot be used.
    pub problem: Option<Problem>,
    /// The permissions that it asks for and is not granted, where it does not run in process alone.
    pub not_granted: Vec<String>,
    /// What its worker's sandbox is made of, as the worker itself says; none while there is no worker.
    pub sandbox: Option<Enforced>,
    /// How its worker ended last, if it ever ended by itself.
    pub last_crash: Option<Crash>,
    /// How long it takes until a failed start may be tried again, in milliseconds; none if no start
    /// failed.
    pub retry_in_ms: Option<u64>,
}

/// Where a planner stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PlannerState {
    /// Loaded, and ready to plan.
    Ready,
    /// Being loaded at this moment.
    Starting,
    /// Found, and loaded when it is first asked for.
    NotLoaded,
    /// It could not be started.
    Failed,
    /// Its file did not pass the checks.
    Refused,
    /// Allowed, but no file declares it.
    Absent,
    /// Somebody holds it back.
    Quarantined,
    /// It failed too often in a row, and is not called for a while.
    BreakerOpen,
}

/// Where a planner's code runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Isolation {
    /// In the host's own process.
    InProcess,
    /// In the host's own process, after it did no harm in a child.
    Probe,
    /// In a supervised process of its own.
    Worker,
}

/// How far a planner is trusted to succeed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Reliability {
    /// From 0 to 1.
    pub score: f64,
    /// Who says so.
    pub source: ReliabilitySource,
    /// How many outcomes it has had, forgotten ones included.
    pub samples: u64,
}

/// Who says how reliable a planner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReliabilitySource {
    /// The outcomes of its calls.
    Live,
    /// Its author.
    Prior,
    /// Nobody: it is the value for planners that say nothing.
    Default,
}

impl PlannerStatus {
    /// A planner with code: what `manifest` tells of it, and where it stands.
    pub fn new(name: PlannerName, state: PlannerState, manifest: Arc<Manifest>) -> Self {
        let reliability = match manifest.reliability {
            Some(score) => Reliability {
                score,
                source: ReliabilitySource::Prior,
                samples: 0,
            },
            None => Reliability {
                score: RELIABILITY_DEFAULT,
                source: ReliabilitySource::Default,
                samples: 0,
            },
        };
        Self {
            isolation: Some(Isolation::InProcess),
            reliability: Some(reliability),
            manifest: Some(manifest),
            ..Self::without_manifest(name, state)
        }
    }

    /// A planner of which only the name is known, because no file declares it or its file is refused.
    pub fn without_manifest(name: PlannerName, state: PlannerState) -> Self {
        Self {
            name,
            state,
            isolation: None,
            reliability: None,
            manifest: None,
            path: None,
            digest: None,
            calls: 0,
            failures: 0,
            guard: None,
            problem: None,
            not_granted: Vec::new(),
            sandbox: None,
            last_crash: None,
            retry_in_ms: None,
        }
    }
}

impl PlannerState {
    /// The words of the text rendering.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Starting => "starting",
            Self::NotLoaded => "not loaded",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Absent => "absent",
            Self::Quarantined => "quarantined",
            Self::BreakerOpen => "breaker open",
        }
    }

    /// Whether `plan` may succeed.
    pub const fn is_usable(self) -> bool {
        matches!(self, Self::Ready | Self::Starting | Self::NotLoaded)
    }
}

impl From<Policy> for Isolation {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::InProcess => Self::InProcess,
            Policy::Probe => Self::Probe,
            Policy::Worker => Self::Worker,
        }
    }
}

impl Isolation {
    /// The words of the text rendering.
    pub const fn label(self) -> &'static str {
        match self {
            Self::InProcess => "in-process",
            Self::Probe => "probe",
            Self::Worker => "worker",
        }
    }
}

impl ReliabilitySource {
    /// The words of the text rendering.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Prior => "prior",
            Self::Default => "default",
        }
    }
}
